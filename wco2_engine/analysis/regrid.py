"""Conservative regridding: what the cells of one grid share with those of another, in m2.

Means are weighted by the area that is shared, so a total is the same before and after (first-order
conservative remapping, Jones 1999). In one CRS, cells are cut along the edges of the other grid,
exactly. Between two, each finer cell is cut into parts, and a part belongs to the cell that holds
its centre: all of its area is kept, and only where it goes is rounded, by a part at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.ground import cell_areas, zone_areas
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, parse_crs, project
from wco2_engine.progress import Progress, stop_if_cancelled

FloatArray = NDArray[np.float64]
PARTS_ACROSS = 16  # parts that fit along a coarser cell's side …
LEAST_PARTS, MOST_PARTS = 2, 8  # … within what a finer cell is cut into, along each side
POINTS_AT_A_TIME = 2_000_000
SAME_EDGE = 1e-6  # of a cell: edges this near are one


class Regridded(NamedTuple):
    """Values on the target grid, `(rows, columns)` both.

    `means` are of what lies in each cell, NaN where nothing does; `areas` are the m2 that they
    stand for, so that the sum of their product is the total.
    """

    means: FloatArray
    areas: FloatArray


@dataclass(frozen=True)
class Overlap:
    """What the cells of a source grid share with those of a target grid. Made by `overlap`.

    Attributes
    ----------
    areas : of the source's cells, m2, `(rows, columns)`.
    rows, columns : the share of each source row and column in each target row and column, sparse
        `(target, source)`, where both grids have the same axes; else None.
    pairs : m2 shared, sparse `(target cells, source cells)`, where they have not; else None.
    """

    target: Grid
    areas: FloatArray
    rows: Any = None
    columns: Any = None
    pairs: Any = None

    def regrid(self, values: FloatArray) -> Regridded:
        """Values of the source grid `(rows, columns)`, NaN where there are none, on the target."""
        valid = np.isfinite(values)
        areas = self.sums(valid.astype(np.float64))
        sums = self.sums(np.where(valid, values, 0.0))
        means = np.full(areas.shape, np.nan)
        np.divide(sums, areas, out=means, where=areas > 0)
        return Regridded(means, areas)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sums of values times shared m2, by target cell `(rows, columns)`."""
        if self.pairs is not None:
            found = self.pairs @ values.ravel()
        else:
            found = (self.columns @ (self.rows @ (values * self.areas)).T).T
        return np.asarray(found, np.float64).reshape(self.target.shape)


def overlap(source: Grid, target: Grid, held: NDArray[np.bool_], progress: Progress) -> Overlap:
    """What the cells of two grids share, the source being the finer one.

    Parameters
    ----------
    held : source cells `(rows, columns)` that ever have a value; the others are passed over.

    Raises
    ------
    Wco2Error : when no held cell lies in the target grid.
    """
    areas = cell_areas(source)
    if parse_crs(source.crs).to_wkt() == parse_crs(target.crs).to_wkt():
        rows, columns = _row_shares(source, target), _column_shares(source, target)
        found = Overlap(target, areas, rows=rows, columns=columns)
    else:
        pairs = _pairs(source, target, areas, held, progress)
        found = Overlap(target, areas, pairs=pairs)
    if not found.sums(held.astype(np.float64)).any():
        raise Wco2Error(
            "The maps do not meet: no cell with a value of the finer one lies in the other.",
            "Look at the CRS that each of them is said to have.",
        )
    return found


def is_coarser(grid: Grid, other: Grid) -> bool:
    """Whether the cells of one grid are larger, on average, than those of another."""
    return _mean_area(grid) > _mean_area(other) * (1.0 + SAME_EDGE)


def _mean_area(grid: Grid) -> float:
    """The mean area of a grid's cells, m2."""
    areas = [cell_areas(grid, strip) for strip in grid.strips(64)]
    return float(np.mean([area.mean() for area in areas]))


def _row_shares(source: Grid, target: Grid) -> Any:
    """The share of each source row in each target row, by area."""

    def measure(down: FloatArray) -> FloatArray:
        if not source.geographic:
            return down
        return zone_areas(0.0, np.clip(down, -90.0, 90.0), 1.0)

    from_edges = _edges(-source.corner[1], source.dy, source.height)
    to_edges = _edges(-target.corner[1], target.dy, target.height)
    return _shares(from_edges, to_edges, measure)


def _column_shares(source: Grid, target: Grid) -> Any:
    """The share of each source column in each target column; degrees go around."""
    from_edges = _edges(source.corner[0], source.dx, source.width)
    to_edges = _edges(target.corner[0], target.dx, target.width)
    turns = (-360.0, 0.0, 360.0) if source.geographic else (0.0,)
    found = [_shares(from_edges + turn, to_edges, lambda x: x) for turn in turns]
    return sum(found[1:], start=found[0])


def _edges(start: float, step: float, count: int) -> FloatArray:
    return np.asarray(start + step * np.arange(count + 1), np.float64)


def _shares(source: FloatArray, target: FloatArray, measure: Any) -> Any:
    """The share of each source interval in each target interval, sparse `(target, source)`.

    Edges rise. `measure` gives the amount up to an edge, of which shares are taken.
    """
    from scipy.sparse import csr_matrix

    step = (source[-1] - source[0]) / (source.size - 1)
    nearest = np.clip(np.rint((target - source[0]) / step), 0, source.size - 1).astype(np.int64)
    near = np.abs(target - source[nearest]) < SAME_EDGE * abs(step)
    target = np.where(near, source[nearest], target)
    cuts = np.unique(np.concatenate([source, target]))
    middle = (cuts[1:] + cuts[:-1]) / 2.0
    to, of = np.searchsorted(target, middle) - 1, np.searchsorted(source, middle) - 1
    inside = (to >= 0) & (to < target.size - 1) & (of >= 0) & (of < source.size - 1)
    amounts, wholes = np.diff(measure(cuts))[inside], np.diff(measure(source))[of[inside]]
    shares = np.divide(amounts, wholes, out=np.zeros_like(amounts), where=wholes > 0)
    shape = (target.size - 1, source.size - 1)
    return csr_matrix((shares, (to[inside], of[inside])), shape=shape)


def _pairs(
    source: Grid,
    target: Grid,
    areas: FloatArray,
    held: NDArray[np.bool_],
    progress: Progress,
) -> Any:
    """m2 that cells of grids in two CRSs share, sparse `(target cells, source cells)`."""
    from scipy.sparse import coo_matrix, csr_matrix

    shape = (target.height * target.width, source.height * source.width)
    cells = np.flatnonzero(held)
    parts = _parts(source, target)
    weights = _part_weights(source, parts)
    at_a_time = max(1, POINTS_AT_A_TIME // parts**2)
    found = [csr_matrix(shape)]
    flat = areas.ravel()
    for start in range(0, cells.size, at_a_time):
        stop_if_cancelled(progress)
        progress.update(start / cells.size, "Cutting cells")
        some = cells[start : start + at_a_time]
        rows, columns = np.divmod(some, source.width)
        to = _holding(source, target, rows, columns, parts)
        shared = flat[some, np.newaxis, np.newaxis] * weights[rows][:, :, np.newaxis]
        shared = np.broadcast_to(shared, to.shape).ravel()
        of = np.broadcast_to(some[:, np.newaxis, np.newaxis], to.shape).ravel()
        inside = to.ravel() >= 0
        entries = (shared[inside], (to.ravel()[inside], of[inside]))
        found.append(coo_matrix(entries, shape=shape).tocsr())
        while len(found) > 1 and found[-2].nnz <= 2 * found[-1].nnz:
            found[-2:] = [found[-2] + found[-1]]
    return sum(found[1:], start=found[0])


def _parts(source: Grid, target: Grid) -> int:
    """Into how many parts a source cell is cut along each side."""
    ratio = (_mean_area(source) / _mean_area(target)) ** 0.5
    return int(np.clip(np.ceil(PARTS_ACROSS * ratio), LEAST_PARTS, MOST_PARTS))


def _part_weights(source: Grid, parts: int) -> FloatArray:
    """The share of a cell's area that each of its parts has, by row of cells and row of parts."""
    if not source.geographic:
        return np.full((source.height, parts), 1.0 / parts**2)
    step = -source.dy / parts
    edges = np.clip(_edges(source.corner[1], step, source.height * parts), -90.0, 90.0)
    bands = zone_areas(edges[1:], edges[:-1], 1.0).reshape(source.height, parts)
    wholes = bands.sum(axis=1, keepdims=True)  # 0 where a row lies beyond the pole
    shares = np.divide(bands, wholes, out=np.zeros_like(bands), where=wholes > 0)
    return np.asarray(shares / parts)


def _holding(
    source: Grid,
    target: Grid,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    parts: int,
) -> NDArray[np.int64]:
    """The target cell that holds the centre of each part, -1 where none does: `(cells, rows of
    parts, columns of parts)`.
    """
    west, north = source.corner
    middle = (np.arange(parts) + 0.5) / parts
    x = west + source.dx * (columns[:, np.newaxis] + middle)
    y = north - source.dy * (rows[:, np.newaxis] + middle)
    shape = (rows.size, parts, parts)
    if source.geographic:
        x = (x + 180.0) % 360.0 - 180.0
    across = np.broadcast_to(x[:, np.newaxis, :], shape).ravel()
    down = np.broadcast_to(y[:, :, np.newaxis], shape).ravel()
    across, down = project(across, down, source.crs, target.crs)
    west, north = target.corner
    if target.geographic:
        across = west + (across - west) % 360.0
    with np.errstate(invalid="ignore"):
        column = np.floor((across - west) / target.dx)
        row = np.floor((north - down) / target.dy)
        inside = (column >= 0) & (column < target.width) & (row >= 0) & (row < target.height)
    found = np.where(inside, row * target.width + column, -1.0)
    return found.astype(np.int64).reshape(shape)
