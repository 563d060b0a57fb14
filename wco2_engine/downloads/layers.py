"""One variable of one file, as every reader of a format gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.dates import Stamp
from wco2_engine.downloads.decoding import Decoding
from wco2_engine.downloads.grids import Curvilinear
from wco2_engine.errors import Wco2Error, reason_of
from wco2_engine.grid import Grid, Tile

MOST_CELLS = 500_000_000  # of what is read at once
# What libraries raise over a file whose bytes are not what they should be.
DAMAGE = (OSError, RuntimeError, LookupError, ValueError, OverflowError, MemoryError)


class StoredReader(Protocol):
    """Reads stored numbers of some steps, north row first, within a part of the grid.

    Gives `(steps, alternatives, height, width)`. Several alternatives are those of a dimension of
    which the first that is not missing counts.
    """

    def __call__(self, steps: Sequence[int], part: Tile) -> NDArray[Any]: ...


@dataclass(frozen=True, eq=False)
class Layer:
    """One variable of one file.

    Attributes
    ----------
    stamps : what the file says of the time of each step.
    block : how many steps, rows and columns are stored together.
    stored : reads its numbers.
    close : closes the file, which is opened again where it is needed.
    """

    path: Path
    grid: Grid | Curvilinear
    stamps: tuple[Stamp, ...]
    decoding: Decoding
    units: str | None
    block: tuple[int, int, int]
    stored: StoredReader
    close: Callable[[], None]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return grid_shape(self.grid)


def grid_shape(grid: Grid | Curvilinear) -> tuple[int, int]:
    """Rows, columns."""
    if isinstance(grid, Grid):
        return grid.height, grid.width
    height, width = grid.longitude.shape
    return height, width


def check_size(cells: int, where: str) -> None:
    """Refuse to read more cells at once than memory should hold.

    Raises
    ------
    Wco2Error : naming the number.
    """
    if cells > MOST_CELLS:
        raise Wco2Error(
            f"{where}: {cells:.3g} cells would be read at once.",
            "Ask for a smaller extent; if the file is not that large, it is damaged.",
        )


def placed_part(part: Tile, shape: tuple[int, int], flips: tuple[bool, bool]) -> tuple[Any, Any]:
    """Slices of stored rows and columns for a part of the grid; turned ones still to be turned."""
    height, width = shape
    row = height - part.row - part.height if flips[0] else part.row
    column = width - part.column - part.width if flips[1] else part.column
    return slice(row, row + part.height), slice(column, column + part.width)


def turned(planes: NDArray[Any], flips: tuple[bool, bool]) -> NDArray[Any]:
    """Planes `(…, height, width)` with rows and columns turned to north-up and west to east."""
    if flips[0]:
        planes = planes[..., ::-1, :]
    if flips[1]:
        planes = planes[..., ::-1]
    return np.ascontiguousarray(planes)


def damaged(path: Path, error: BaseException, what: str = "") -> Wco2Error:
    """The error for a file that can't be read."""
    return Wco2Error(
        f"{path}{what} can't be read: {reason_of(error)}.",
        "The file looks truncated or damaged: copy or download it again.",
    )
