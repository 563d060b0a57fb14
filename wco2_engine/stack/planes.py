"""Planes of a series in an order in which each stored block is read and inflated once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.inputs.unpacking import RESERVE
from wco2_engine.stack.extent import Window

if TYPE_CHECKING:
    from wco2_engine.downloads.series import Step

Plane = NDArray[np.float32]
VALUE = 4  # bytes


def groups(series: Any, steps: Sequence[Step]) -> list[list[Step]]:
    """Steps that are stored together, group by group."""
    together = max(1, series.block[0])
    found: dict[tuple[str, int], list[Step]] = {}
    for step in steps:
        found.setdefault((str(step.source), step.index // together), []).append(step)
    return [sorted(group, key=lambda step: step.index) for group in found.values()]


def largest_group(series: Any, steps: Sequence[Step]) -> int:
    """How many steps have to be read at once."""
    return max((len(group) for group in groups(series, steps)), default=0)


def planes(series: Any, steps: Sequence[Step], window: Window) -> Iterator[tuple[Step, Plane]]:
    """Each step with its plane `(height, width)`, in the order in which they are stored."""
    for group in groups(series, steps):
        if len(group) == 1:
            yield group[0], series.plane(group[0], window)
        else:
            yield from zip(group, series.planes(group, window), strict=True)


class Unrolled:
    """Planes of a series whose blocks hold many steps, copied to disk so that each stands alone.

    Its `block` is one step and one row, so it can be read in any order.
    """

    def __init__(
        self, series: Any, steps: Sequence[Step], window: Window, folder: Path, budget: int
    ) -> None:
        self.block = (1, 1, window.width)
        self._window = window
        self._places = {(str(s.source), s.index): k for k, s in enumerate(steps)}
        shape = (len(steps), window.height, window.width)
        size = VALUE * len(steps) * window.height * window.width
        free = shutil.disk_usage(folder).free
        if size + RESERVE > free:
            raise Wco2Error(
                f"{steps[0].source} is stored in blocks of {series.block[0]} steps. Turning them "
                f"takes {size / 1e9:.1f} GB of disk, and {free / 1e9:.1f} GB are free in {folder}.",
                "Make space, or choose another folder with --stack.",
            )
        with disk_errors(folder):
            self._file: Any = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by close)
            if hasattr(os, "posix_fallocate"):  # a full disk shows now, and not as a broken page
                os.posix_fallocate(self._file.fileno(), 0, size)
            else:
                self._file.truncate(size)
        self._held: Any = np.memmap(self._file, np.float32, "r+", shape=shape)
        self._fill(series, steps, budget)

    def _fill(self, series: Any, steps: Sequence[Step], budget: int) -> None:
        _, rows, columns = series.block
        for group in groups(series, steps):
            places = [self._places[str(s.source), s.index] for s in group]
            for piece in _pieces(self._window, rows, columns, budget // (VALUE * len(group))):
                top, left = piece.row - self._window.row, piece.column - self._window.column
                read = series.planes(group, piece)
                for place, plane in zip(places, read, strict=True):
                    self._held[place, top : top + piece.height, left : left + piece.width] = plane

    def plane(self, step: Step, window: Window) -> Plane:
        """Values of a window within that of the series."""
        top, left = window.row - self._window.row, window.column - self._window.column
        place = self._places[str(step.source), step.index]
        return np.array(self._held[place, top : top + window.height, left : left + window.width])

    def close(self) -> None:
        self._held = None
        self._file.close()


def _pieces(window: Window, rows: int, columns: int, most: int) -> Iterator[Window]:
    """Rectangles of whole blocks that cover a window, of about `most` pixels each."""
    wide = window.width
    if rows * wide > most:
        wide = max(columns, most // rows // columns * columns)
    high = max(rows, most // max(wide, 1) // rows * rows)
    row, bottom, right = window.row, window.row + window.height, window.column + window.width
    while row < bottom:
        next_row = min(bottom, row // rows * rows + high)
        column = window.column
        while column < right:
            next_column = min(right, column // columns * columns + wide)
            yield Window(row, column, next_row - row, next_column - column)
            column = next_column
        row = next_row
