"""The nearest of some points, and how many are within a radius, in exact double precision."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.forest import walker

FloatArray = NDArray[np.float64]

# Pairs of a row and a point at a time. A block's single-precision products stay in the processor's
# cache.
BLOCK_PAIRS = 2**18

HALF_ULP_SINGLE = 2.0**-24
HALF_ULP_DOUBLE = 2.0**-53
SAFE_IN_SINGLE = 1e30  # products up to here are far from the end of float32


def nearest_search(points: FloatArray) -> NearestSearch | CompiledSearch:
    """The faster of two searches with the same results.

    Parameters
    ----------
    points : `(n_used, n_points)`, column by column.
    """
    return CompiledSearch(points) if walker().name == "numba" else NearestSearch(points)


class NearestSearch:
    """The nearest of some points, and how many are within a radius.

    Single-precision products tell all distances nearly, and quickly; a bound on their error tells
    which points may be the nearest, or may be on either side of the radius. Only these few are
    measured in double precision, and the result is that of measuring all so.
    """

    def __init__(self, points: FloatArray) -> None:
        self._points = points
        squared = np.sum(points**2, axis=0)
        self._reach = float(np.sqrt(squared.max()))
        # Times a row with a 1 below: |point|^2 - 2 row . point, which is |row - point|^2 - |row|^2.
        self._products = np.vstack([-2.0 * points, squared]).astype(np.float32)

    def run(self, rows: FloatArray, radius: float | None) -> tuple[FloatArray, NDArray[np.int64]]:
        """Distance to the nearest, and how many are nearer than `radius`; each `(n_rows,)`.

        Parameters
        ----------
        rows : `(n_used, n_rows)`. Memory grows with rows times points.
        """
        n_rows, n_points = rows.shape[1], self._points.shape[1]
        nearest = np.empty(n_rows, np.intp)
        count = np.zeros(n_rows, np.int64)
        others, unsure = _Pairs(), _Pairs()
        size = max(16, BLOCK_PAIRS // n_points)
        with np.errstate(over="ignore", invalid="ignore"):
            norm, error = self._errors(rows)
            single = np.vstack([rows, np.ones(n_rows)]).T.astype(np.float32)
            buffer = np.empty((size, n_points), np.float32)
            for start in range(0, n_rows, size):
                block = slice(start, start + size)
                near = np.matmul(single[block], self._products, out=buffer[: n_rows - start])
                if radius is not None:
                    limit = radius**2 - norm[block] ** 2
                    within = near <= _down(limit - error[block])[:, None]
                    beyond = near > _up(limit + error[block])[:, None]
                    count[block] = _count(within)
                    open_ = np.flatnonzero(count[block] + _count(beyond) < n_points)
                    unsure.add(start, open_, ~(within[open_] | beyond[open_]))
                each = np.arange(len(near))
                best = near.argmin(axis=1)
                # Both the best and another may be off by `error`.
                least = _up(near[each, best] + 2.0 * error[block])
                near[each, best] = np.inf
                open_ = np.flatnonzero(~(near.min(axis=1) > least))
                others.add(start, open_, ~(near[open_] > least[open_, None]))
                nearest[block] = best
            squared = self._squared(rows, np.arange(n_rows), nearest)
            row, point = others.joined()
            np.minimum.at(squared, row, self._squared(rows, row, point))
            if radius is not None:
                row, point = unsure.joined()
                is_near = np.sqrt(self._squared(rows, row, point)) < radius
                count += np.bincount(row[is_near], minlength=n_rows)
            return np.sqrt(squared), count

    def _errors(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The rows' norms, and how wrong a product or a distance of theirs can be.

        A sum of k products whose factors were rounded is off by at most (k + 3) half ulps of the
        sum of the absolute products, in whatever order it is taken (Higham 2002, Accuracy and
        Stability of Numerical Algorithms, ch. 3); by Cauchy and Schwarz that sum is below
        2 |row| |point| + |point|^2. NaN, of which nothing is smaller, where float32 may overflow.
        """
        norm = np.sqrt(np.sum(rows**2, axis=0))
        terms = len(rows) + 8
        product = 2.0 * norm * self._reach + self._reach**2
        error = terms * HALF_ULP_SINGLE * product
        error += 4.0 * terms * HALF_ULP_DOUBLE * (norm + self._reach) ** 2
        return norm, np.where(product < SAFE_IN_SINGLE, error, np.nan)

    def _squared(
        self, rows: FloatArray, row: NDArray[np.intp], point: NDArray[np.intp]
    ) -> FloatArray:
        """Squared distances of pairs, in double precision."""
        squared = np.zeros(len(row))
        for values, others in zip(rows, self._points, strict=True):
            apart = values[row] - others[point]
            squared += np.multiply(apart, apart, out=apart)
        return squared


class CompiledSearch:
    """What `NearestSearch` finds, with the same bits; see `_nearest_numba`.

    It keeps off BLAS, whose threads would come on top of those that map tiles.
    """

    def __init__(self, points: FloatArray) -> None:
        from wco2_engine.learning._nearest_numba import search

        self._points = points
        self._search = search

    def run(self, rows: FloatArray, radius: float | None) -> tuple[FloatArray, NDArray[np.int64]]:
        """As `NearestSearch.run`, in memory that grows with the rows alone."""
        limit = np.array([0.0 if radius is None else _least_square(radius)])
        squared, count = np.empty(rows.shape[1]), np.empty(rows.shape[1], np.int64)
        self._search(rows, self._points, limit, squared, count)
        return np.sqrt(squared), count


def _least_square(radius: float) -> float:
    """The smallest number whose root is not below `radius`."""
    square = radius * radius
    while square > 0.0 and math.sqrt(math.nextafter(square, 0.0)) >= radius:
        square = math.nextafter(square, 0.0)
    while math.sqrt(square) < radius:
        square = math.nextafter(square, math.inf)
    return square


class _Pairs:
    """Pairs of a row and a point, gathered block by block."""

    def __init__(self) -> None:
        self._rows = [np.empty(0, np.intp)]
        self._points = [np.empty(0, np.intp)]

    def add(self, start: int, rows: NDArray[np.intp], chosen: NDArray[np.bool_]) -> None:
        """Those `chosen` `(len(rows), n_points)`, where `rows` count from `start`."""
        row, point = np.nonzero(chosen)
        self._rows.append(start + rows[row])
        self._points.append(point)

    def joined(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.concatenate(self._rows), np.concatenate(self._points)


def _up(values: FloatArray) -> NDArray[np.float32]:
    """A float32 that is not below."""
    return np.nextafter(values.astype(np.float32), np.float32(np.inf))


def _down(values: FloatArray) -> NDArray[np.float32]:
    """A float32 that is not above."""
    return np.nextafter(values.astype(np.float32), np.float32(-np.inf))


def _count(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """True values a row; several times faster than `np.count_nonzero`."""
    return mask.view(np.uint8).sum(axis=1, dtype=np.int32)
