"""The coverage fraction of cells: exactly how much of each cell of a grid polygons cover.

In numpy alone: the wheels of libraries that do this, such as exactextract, bring a GEOS of their
own, which crashes within QGIS's process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_NOTHING = 1e-9  # of a cell: what rounding leaves beside a polygon


def coverage_fractions(rings: Sequence[FloatArray], rows: int, columns: int) -> FloatArray:
    """The fraction of each cell `(rows, columns)` that lies inside of rings.

    Each side is cut where it crosses from a cell to the next. A piece then adds what lies between
    it and its cell's east side to this cell, and its height to all cells further east, with the
    sign of its direction, so that only what lies between two sides stays. Glyphs are drawn so.

    Parameters
    ----------
    rings : closed, `(n, 2)` each, in cells from the north-west corner: columns to the east and rows
        to the south, within the grid. Outer rings run one way and those of holes the other.
    """
    start = np.concatenate([ring[:-1] for ring in rings])
    end = np.concatenate([ring[1:] for ring in rings])
    steep = start[:, 1] != end[:, 1]  # a level side has nothing between it and the east
    first, last = _cut(start[steep], end[steep])
    middle = (first + last) / 2.0
    column = np.clip(np.floor(middle[:, 0]), 0, columns - 1).astype(np.int64)
    row = np.clip(np.floor(middle[:, 1]), 0, rows - 1).astype(np.int64)
    height = last[:, 1] - first[:, 1]
    west = height * (middle[:, 0] - column)
    place = row * (columns + 1) + column
    added = np.bincount(
        np.concatenate([place, place + 1]),
        np.concatenate([height - west, west]),
        minlength=rows * (columns + 1),
    )
    fractions = np.cumsum(added.reshape(rows, columns + 1), axis=1)[:, :-1]
    fractions = fractions if fractions.sum() >= 0 else -fractions
    return np.where(fractions > _NOTHING, np.minimum(fractions, 1.0), 0.0)


def sparse_fractions(zones: Any, cells: Any, fractions: Any, n_zones: int, n_cells: int) -> Any:
    """Fractions as a sparse matrix `(n_zones, n_cells)`; those of the same place add up."""
    from scipy.sparse import csr_matrix

    return csr_matrix((fractions, (zones, cells)), shape=(n_zones, n_cells), dtype=np.float64)


def _cut(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Starts and ends of the pieces of sides, cut where a coordinate is whole."""
    n = len(start)
    sides, ways = [np.arange(n), np.arange(n)], [np.zeros(n), np.ones(n)]
    for axis in (0, 1):
        low = np.floor(np.minimum(start[:, axis], end[:, axis]))
        high = np.ceil(np.maximum(start[:, axis], end[:, axis]))
        lines = np.maximum(high - low - 1, 0).astype(np.int64)
        side = np.repeat(np.arange(n), lines)
        nth = np.arange(side.size) - np.repeat(np.cumsum(lines) - lines, lines)
        line = low[side] + 1 + nth
        length = end[side, axis] - start[side, axis]
        sides.append(side)
        ways.append(np.clip((line - start[side, axis]) / length, 0.0, 1.0))
    side, way = np.concatenate(sides), np.concatenate(ways)
    order = np.lexsort((way, side))
    side, way = side[order], way[order]
    points = start[side] + way[:, np.newaxis] * (end[side] - start[side])
    whole = np.flatnonzero(side[1:] == side[:-1])
    return points[whole], points[whole + 1]
