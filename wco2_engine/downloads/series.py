"""A variable in downloaded files as a series of planes, read right or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.season import Month

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """One plane of a series, and the time that it stands for.

    Attributes
    ----------
    begin, end : first day and the day after the last; None where the file has no time.
    month : the month that it is of; None for what is longer than a month or has no year.
    calendar_month : 1 to 12 for a step of a climatology.
    source, index : the file, and which step of it this is, from 0.
    """

    source: Path
    index: int
    begin: np.datetime64 | None = None
    end: np.datetime64 | None = None
    month: Month | None = None
    calendar_month: int | None = None


@dataclass(frozen=True, eq=False)
class Curvilinear:
    """A grid that is regular in no known CRS: the middle of each cell, `(height, width)`, degrees.

    `regridding.regridded` puts a series of it onto longitude and latitude.
    """

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]


class Window(Protocol):
    """Rows and columns of a plane, from its north-west corner."""

    row: int
    column: int
    height: int
    width: int


class Series(Protocol):
    """Planes of one variable, from one file or many.

    Attributes
    ----------
    units : as the files state them; None where they don't.
    grid : of all its planes.
    steps : by time.
    attributes : what the file says of the variable.
    block : how many steps, rows and columns are stored together, and so inflated together.
    """

    units: str | None
    grid: Grid | Curvilinear
    steps: tuple[Step, ...]
    attributes: Mapping[str, Any]
    block: tuple[int, int, int]

    def plane(self, step: Step, window: Window | None = None) -> Plane:
        """Values `(height, width)`, north row first, NaN where missing, in the file's units."""

    def planes(self, steps: Sequence[Step], window: Window | None = None) -> Plane:
        """Values `(steps, height, width)`; each stored block is read and inflated once."""

    def close(self) -> None:
        """Close the files."""


def open_series(files: Sequence[Path | NamedFile], reading: Reading, where: str) -> Series:
    """A variable in files as a series of planes.

    Parameters
    ----------
    where : who asks, for messages: "catalogue.toml: predictor 'snow'".

    Raises
    ------
    Wco2Error : when a file can't be read, or says something else than the catalogue.
    """
    raise Wco2Error(f"{where}: {len(files)} files of this kind are not read.")
