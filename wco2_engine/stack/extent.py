"""The part of a source that an extent needs, and the pieces in which it is read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, project

MARGIN = 3  # pixels on each side: neighbours for bilinear, and rounding
MESH = 129  # points along each side of an extent that are looked up in a source's CRS
TILE = 256  # pixels along the side of a tile of the stack


class Window(NamedTuple):
    """Rows and columns of a plane, from its north-west corner."""

    row: int
    column: int
    height: int
    width: int

    def holds(self, other: Window) -> bool:
        return (
            self.row <= other.row
            and self.column <= other.column
            and self.row + self.height >= other.row + other.height
            and self.column + self.width >= other.column + other.width
        )

    def union(self, other: Window) -> Window:
        row, column = min(self.row, other.row), min(self.column, other.column)
        bottom = max(self.row + self.height, other.row + other.height)
        right = max(self.column + self.width, other.column + other.width)
        return Window(row, column, bottom - row, right - column)


@dataclass(frozen=True)
class Extent:
    """What a stack has to cover: west, south, east, north in `crs`; in degrees east may be > 180.

    `cell` is the size of the cells that are looked up within, in units of `crs`.
    """

    bounds: tuple[float, float, float, float]
    crs: str = GEOGRAPHIC
    cell: float = 0.0

    @classmethod
    def around(cls, longitude: Any, latitude: Any, cell_degrees: float = 0.0) -> Extent:
        """The extent of geographic points; all around the Earth where that is no wider."""
        west, east = float(np.min(longitude)), float(np.max(longitude))
        south, north = float(np.min(latitude)), float(np.max(latitude))
        return cls((west, south, east, north), GEOGRAPHIC, cell_degrees)


def window_of(grid: Grid, extents: tuple[Extent, ...], where: str) -> Window:
    """The pixels of a grid that extents need, with a margin; all of it where there is no extent.

    Raises
    ------
    Wco2Error : when the grid covers nothing of them.
    """
    whole = Window(0, 0, grid.height, grid.width)
    windows = [found for extent in extents if (found := _window(grid, extent)) is not None]
    if not extents:
        return whole
    if not windows:
        shown = "; ".join(f"{[round(v, 4) for v in e.bounds]} ({e.crs:.20})" for e in extents)
        raise Wco2Error(
            f"{where} covers nothing of the extent {shown}.",
            "Check the extent, and the CRS of the predictor.",
        )
    found = windows[0]
    for window in windows[1:]:
        found = found.union(window)
    return found


def _window(grid: Grid, extent: Extent) -> Window | None:
    west, south, east, north = extent.bounds
    pad = extent.cell
    x = np.linspace(west - pad, east + pad, MESH)
    y = np.linspace(north + pad, south - pad, MESH)
    if extent.crs == GEOGRAPHIC:
        y = np.clip(y, -90.0, 90.0)
    across, down = np.meshgrid(x, y)
    column, row = grid.pixel_coordinates(
        *project(across.ravel(), down.ravel(), extent.crs, grid.crs)
    )
    inside = ~np.isnan(column)
    if not inside.any():
        return None
    column, row = column.reshape(MESH, MESH), row.reshape(MESH, MESH)
    # Between the points of the mesh the extent may reach further by as much as they lie apart.
    rows = _span(row, grid.height)
    columns = _span(column, grid.width)
    if grid.geographic and columns[1] - columns[0] > grid.width / 2:
        columns = 0, grid.width  # it may cross the seam
    return Window(rows[0], columns[0], rows[1] - rows[0], columns[1] - columns[0])


def _span(places: Any, size: int) -> tuple[int, int]:
    with np.errstate(invalid="ignore"):
        steps = [np.abs(np.diff(places, axis=axis)) for axis in (0, 1)]
    apart = max((float(np.nanmax(s)) for s in steps if not np.isnan(s).all()), default=0.0)
    apart = min(apart, size / 4)  # across a seam neighbours are a whole turn apart
    low = math.floor(float(np.nanmin(places)) - apart) - MARGIN
    high = math.ceil(float(np.nanmax(places)) + apart) + MARGIN
    return max(0, low), min(size, high)


def cropped(grid: Grid, window: Window) -> Grid:
    """The grid of a window of it."""
    return Grid(
        grid.cells,
        grid.first_column + window.column,
        grid.first_row + window.row,
        window.width,
        window.height,
    )


def strips(window: Window, block_rows: int, most_rows: int) -> Iterator[Window]:
    """A window in strips of rows whose edges are those of stored blocks, and of tiles if they can.

    Parameters
    ----------
    block_rows : of the source, counted from its first row.
    most_rows : that fit into memory.
    """
    if window.height <= most_rows:
        yield window
        return
    together = math.lcm(block_rows, TILE)
    step = next((size for size in (together, block_rows) if size <= most_rows), block_rows)
    step *= max(1, most_rows // step)
    row, end = window.row, window.row + window.height
    while row < end:
        # The first edge is a block's too, so that no block lies in two strips.
        after = min(end, (row // block_rows) * block_rows + step)
        yield Window(row, window.column, after - row, window.width)
        row = after
