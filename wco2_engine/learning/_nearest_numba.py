"""The nearest of some points, and how many are within a radius, compiled by numba.

Rows that follow each other are often cells side by side, and alike. For the box around many of
them, and again for the box around a few, only those points are kept that are near enough to the box
to be the nearest to any row in it, or within the radius; the rows are measured to these alone.

Nothing here is a bound on an error. The square of a distance to a box is added up in the order in
which those of rows are, and rounding never turns around which of two numbers is larger: so it is at
most the square of any row in the box, to the last bit. Squares are compared by their bits, whose
order is the same for numbers that are not negative, and which vector instructions can search.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

from wco2_engine.learning._walk_numba import compiled, read_only

MANY, FEW = 128, 8  # rows in a box


@njit(nogil=True)
def _add_squares(total, values, at):  # type: ignore[no-untyped-def]
    for i in range(total.size):
        apart = at - values[i]
        total[i] += apart * apart


@njit(nogil=True)
def _add_gaps(total, values, low, high):  # type: ignore[no-untyped-def]
    for i in range(total.size):
        below = low - values[i]
        above = values[i] - high
        gap = below if below > above else above
        gap = gap if gap > 0.0 else 0.0
        total[i] += gap * gap


@njit(nogil=True)
def _least(bits):  # type: ignore[no-untyped-def]
    found = bits[0]
    for i in range(bits.size):
        found = min(found, bits[i])
    return found


@njit(nogil=True)
def _below(bits, limit):  # type: ignore[no-untyped-def]
    count = np.int64(0)
    for i in range(bits.size):
        count += np.int64(bits[i] < limit)
    return count


@njit(nogil=True)
def _take(out, values, at):  # type: ignore[no-untyped-def]
    for i in range(at.size):
        out[i] = values[np.uint64(at[i])]


@njit(nogil=True)
def _keep(rows, first, last, points, n_points, limit, squared, bits, kept):  # type: ignore[no-untyped-def]
    """Put in `kept` the points that matter to rows `first` to `last`; returns how many.

    They are those that are no farther from the box than the farthest of its rows is from one of the
    points that are nearest to it, or than the root of `limit`.
    """
    squared[:n_points] = 0.0
    for k in range(rows.shape[0]):
        low = high = rows[k, first]
        for row in range(first + 1, last):
            value = rows[k, row]
            low = value if value < low else low
            high = value if value > high else high
        _add_gaps(squared[:n_points], points[k, :n_points], low, high)
    least = _least(bits[:n_points])
    near = 0
    while bits[near] != least:
        near += 1
    farthest = limit
    for row in range(first, last):
        total = 0.0
        for k in range(rows.shape[0]):
            apart = rows[k, row] - points[k, near]
            total += apart * apart
        farthest = max(farthest, total)
    n_kept = np.int64(0)
    for i in range(n_points):  # their numbers take the place of distances that were looked at
        matters = squared[i] <= farthest
        bits[n_kept] = i
        n_kept += np.int64(matters)
    for k in range(rows.shape[0]):
        _take(kept[k], points[k], bits[:n_kept])
    return n_kept


@compiled(
    [
        types.void(
            read_only(types.float64, 2),
            read_only(types.float64, 2),
            read_only(types.float64),
            types.float64[::1],
            types.int64[::1],
        )
    ]
)
def search(rows, points, limit, nearest, count):  # type: ignore[no-untyped-def]
    """Squared distances of `rows` `(n_used, n_rows)` to the nearest of `points` `(n_used, n)`.

    They go to `nearest` `(n_rows,)`. To `count` `(n_rows,)` goes how many of the squared distances
    are below `limit`, the only number of an array.
    """
    n_used, n_points = points.shape
    n_rows = rows.shape[1]
    squared = np.empty(n_points, np.float64)
    bits = squared.view(np.int64)
    to_many = np.empty((n_used, n_points), np.float64)
    to_few = np.empty((n_used, n_points), np.float64)
    most, most_bits = limit[0], limit.view(np.int64)[0]
    nearest_bits = nearest.view(np.int64)
    for first in range(0, n_rows, MANY):
        last = min(first + MANY, n_rows)
        n_many = _keep(rows, first, last, points, n_points, most, squared, bits, to_many)
        for begin in range(first, last, FEW):
            end = min(begin + FEW, last)
            n_few = _keep(rows, begin, end, to_many, n_many, most, squared, bits, to_few)
            for row in range(begin, end):
                squared[:n_few] = 0.0
                for k in range(n_used):
                    _add_squares(squared[:n_few], to_few[k, :n_few], rows[k, row])
                nearest_bits[row] = _least(bits[:n_few])
                count[row] = _below(bits[:n_few], most_bits)
