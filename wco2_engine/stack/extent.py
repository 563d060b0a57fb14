"""The part of a source that an extent needs, and the pieces in which it is read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, parse_crs, project

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
    """The pixels of an extent, found by points of it, and by pixels of the grid that lie in it."""
    west, south, east, north = extent.bounds
    pad = extent.cell
    west, south, east, north = west - pad, south - pad, east + pad, north + pad
    if parse_crs(extent.crs).is_geographic:
        south, north = max(south, -90.0), min(north, 90.0)
    x, y = np.linspace(west, east, MESH), np.linspace(north, south, MESH)
    across, down = (each.ravel() for each in np.meshgrid(x, y))
    column, row = grid.pixel_coordinates(*project(across, down, extent.crs, grid.crs))
    spans = []
    if not np.isnan(column).all():
        # Between the points of the mesh the extent may reach as much further as they lie apart.
        shape = (MESH, MESH)
        spans.append((_span(row.reshape(shape)), _span(column.reshape(shape))))
    # A source that is smaller than the mesh is wide lies between its points.
    rows = np.unique(np.linspace(0, grid.height - 1, MESH).astype(np.int64))
    columns = np.unique(np.linspace(0, grid.width - 1, MESH).astype(np.int64))
    edge_x, edge_y = grid.axes()
    across, down = (each.ravel() for each in np.meshgrid(edge_x[columns], edge_y[rows]))
    x, y = project(across, down, grid.crs, extent.crs)
    with np.errstate(invalid="ignore"):
        if parse_crs(extent.crs).is_geographic:
            x = west + (x - west) % 360.0
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if inside.any():
        where_row, where_column = np.divmod(np.flatnonzero(inside), columns.size)
        apart = 1 + grid.height // MESH, 1 + grid.width // MESH
        spans.append(
            tuple(
                (float(found.min()) - gap, float(found.max()) + 1 + gap)
                for found, gap in zip((rows[where_row], columns[where_column]), apart, strict=True)
            )  # type: ignore[arg-type]
        )
    if not spans:
        return None
    first, last = _limits([span[0] for span in spans], grid.height)
    left, right = _limits([span[1] for span in spans], grid.width)
    if grid.geographic and right - left > grid.width / 2:
        left, right = 0, grid.width  # it may cross the seam
    return Window(first, left, last - first, right - left)


def _span(places: Any) -> tuple[float, float]:
    """Lowest and highest of places in a mesh, with what lies between its points."""
    with np.errstate(invalid="ignore"):
        steps = [np.abs(np.diff(places, axis=axis)) for axis in (0, 1)]
    apart = max((float(np.nanmax(s)) for s in steps if not np.isnan(s).all()), default=0.0)
    low, high = float(np.nanmin(places)), float(np.nanmax(places))
    # Across a seam neighbours are a whole turn apart, which is no distance.
    apart = min(apart, (high - low) / 4)
    return low - apart, high + apart


def _limits(spans: list[tuple[float, float]], size: int) -> tuple[int, int]:
    low = math.floor(min(span[0] for span in spans)) - MARGIN
    high = math.ceil(max(span[1] for span in spans)) + MARGIN
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
