"""Where a model knows its way: dissimilarity index, area of applicability, local point density.

Meyer and Pebesma 2021 (doi 10.1111/2041-210X.13650) and Schumacher et al. 2025
(doi 10.5194/gmd-18-10185-2025), with the numbers of the R package CAST 1.1. Evaluating needs numpy
alone, and is faster with numba.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.forest import walker

FloatArray = NDArray[np.float64]
Split = tuple[ArrayLike, ArrayLike]  # indices of rows: those that train, those held out

# Pairs of a row and a training row at a time. A block's single-precision products stay in the
# processor's cache; a chunk bounds the memory when each of its pairs needs a second look.
BLOCK_PAIRS = 2**18
CHUNK_PAIRS = 2**21

HALF_ULP_SINGLE = 2.0**-24
HALF_ULP_DOUBLE = 2.0**-53
SAFE_IN_SINGLE = 1e30  # products up to here are far from the end of float32


class Applicable(NamedTuple):
    """What `Applicability.evaluate` says of rows. All is missing where a predictor is.

    Parameters
    ----------
    di : `(n_rows,)` float64, the dissimilarity index; NaN if missing.
    inside : `(n_rows,)` bool, whether the row is in the area of applicability; False if missing.
    lpd : `(n_rows,)` int32, the local point density; -1 if missing. None where not asked for.
    """

    di: FloatArray
    inside: NDArray[np.bool_]
    lpd: NDArray[np.int32] | None


def splits_of(folds: ArrayLike) -> tuple[Split, ...]:
    """For each fold number from 0, the rows that train and those held out.

    Rows of fold -1 are never held out and always train, as in `RegionModel.folds`.
    """
    labels = np.asarray(folds)
    return tuple(
        (np.flatnonzero(labels != fold), np.flatnonzero(labels == fold))
        for fold in np.unique(labels[labels >= 0])
    )


@dataclass(frozen=True, eq=False)
class Applicability:
    """The area of applicability of a model. Made by `Applicability.of`.

    Parameters
    ----------
    mean, sd : `(n_features,)`, of the training rows; sd with the divisor n - 1.
    weights : `(n_features,)`, as used: 0 where negative or where the predictor is constant.
    constant : predictors that don't vary among the training rows. They are left out, because
        nothing tells how large a step away from them is.
    mean_distance : the mean distance between two training rows, standardised and weighted.
    training_di : `(n_rows,)`, of each training row while it was held out; NaN if it never was.
    threshold : the largest DI inside: min(Q75 + 1.5 (Q75 - Q25), max) of `training_di`.
    factor : `(n_features,)`, what standardises, weights, and divides by `mean_distance`.
    points : `(n_used, n_rows)`, the training rows after that, by predictor of weight above 0. The
        distance to the nearest of them is the DI.
    """

    mean: FloatArray
    sd: FloatArray
    weights: FloatArray
    constant: tuple[str, ...]
    mean_distance: float
    training_di: FloatArray
    threshold: float
    factor: FloatArray
    points: FloatArray
    _holdout: _Holdout | None

    @classmethod
    def of(
        cls,
        features: ArrayLike,
        weights: ArrayLike | None = None,
        splits: Sequence[Split] | None = None,
        names: Sequence[str] | None = None,
    ) -> Applicability:
        """The area of applicability of a model that was trained on `features`.

        Parameters
        ----------
        features : `(n_rows, n_features)`.
        weights : `(n_features,)`, importances in any unit: a common factor changes nothing, and
            negative ones count as 0. None makes all equal.
        splits : of the validation whose score goes with the map; see `splits_of`. None holds out
            each row by itself.
        names : of the predictors, for messages and `constant`.

        Raises
        ------
        Wco2Error : when the rows and weights leave nothing to measure a distance by.
        ValueError : when shapes or splits don't fit together.
        """
        table = np.asarray(features, np.float64)
        if table.ndim != 2 or len(table) < 2:
            raise ValueError(f"features of shape {table.shape} are no table of two rows or more")
        n_rows, n_features = table.shape
        names = names or [f"predictor {column + 1}" for column in range(n_features)]
        importances = np.ones(n_features) if weights is None else np.asarray(weights, np.float64)
        if len(names) != n_features or importances.shape != (n_features,):
            raise ValueError(f"names or weights are not of {n_features} predictors")
        _check_numbers(table, importances, names)
        holdout = None if splits is None else _Holdout.of(splits, n_rows)

        constant = table.min(axis=0) == table.max(axis=0)
        used = np.where(constant, 0.0, np.maximum(importances, 0.0))
        largest = float(used.max(initial=0.0))
        if not largest:
            raise Wco2Error(
                "The area of applicability can't be told: none of the predictors that vary among "
                "the training rows has an importance above 0.",
                "Take importances of another kind, or equal weights.",
            )
        mean = table.mean(axis=0)
        sd = np.where(constant, 0.0, table.std(axis=0, ddof=1))
        # Divided by the largest, so that squares neither vanish nor overflow in any unit.
        factor = np.divide(used / largest, sd, out=np.zeros(n_features), where=used > 0)
        apart = _mean_distance(_columns(table, mean, factor))
        factor /= apart
        points = _columns(table, mean, factor)
        training_di = _training_di(points, holdout)
        known = training_di[~np.isnan(training_di)]
        low, high = np.quantile(known, [0.25, 0.75])
        return cls(
            mean=mean,
            sd=sd,
            weights=used,
            constant=tuple(name for name, flat in zip(names, constant, strict=True) if flat),
            mean_distance=apart * largest,
            training_di=training_di,
            threshold=float(min(high + 1.5 * (high - low), known.max())),
            factor=factor,
            points=points,
            _holdout=holdout,
        )

    @cached_property
    def training_lpd(self) -> NDArray[np.int32]:
        """`(n_rows,)`: how many of the rows that trained while a training row was held out are
        nearer to it than the threshold; -1 if it never was held out."""
        counts = [
            np.count_nonzero(distance < self.threshold, axis=1)
            for _, distance in _allowed_distances(self.points, self._holdout)
        ]
        return np.where(np.isnan(self.training_di), -1, np.concatenate(counts)).astype(np.int32)

    @property
    def average_lpd(self) -> int | None:
        """The rounded mean of `training_lpd`; None when a row was never held out."""
        lpd = self.training_lpd
        return None if (lpd < 0).any() else round(float(lpd.mean()))

    def evaluate(self, rows: ArrayLike, with_lpd: bool = False) -> Applicable:
        """DI, area of applicability and LPD of rows; each row's are the same whatever its company.

        Parameters
        ----------
        rows : `(n_rows, n_features)` float32 or float64, in the units of the training features.
        with_lpd : whether to count the training rows nearer than the threshold.

        Raises
        ------
        ValueError : when `rows` has another shape.
        """
        table = np.asarray(rows)
        if table.ndim != 2 or table.shape[1] != len(self.mean):
            raise ValueError(f"rows of shape {table.shape} are not of {len(self.mean)} predictors")
        di = np.full(len(table), np.nan)
        lpd = np.full(len(table), -1, np.int32) if with_lpd else None
        size = max(1, CHUNK_PAIRS // self.points.shape[1])
        for start in range(0, len(table), size):
            chunk = table[start : start + size]
            complete = np.isfinite(chunk).all(axis=1)
            at = start + np.flatnonzero(complete)
            columns = _columns(chunk[complete].astype(np.float64), self.mean, self.factor)
            nearest, near = self._search.run(columns, self.threshold if with_lpd else None)
            di[at] = nearest
            if lpd is not None:
                lpd[at] = near
        return Applicable(di, di <= self.threshold, lpd)

    @cached_property
    def _search(self) -> _Search | _CompiledSearch:
        compiled = walker().name == "numba"
        return _CompiledSearch(self.points) if compiled else _Search(self.points)


def _check_numbers(table: FloatArray, weights: FloatArray, names: Sequence[str]) -> None:
    for column, name in enumerate(names):
        missing = np.flatnonzero(~np.isfinite(table[:, column]))
        if missing.size:
            raise Wco2Error(
                f"The area of applicability can't be told: '{name}' has no value in training row "
                f"{missing[0] + 1} ({missing.size} gaps in all).",
                "Leave such rows or this predictor out.",
            )
        if not np.isfinite(weights[column]):
            raise Wco2Error(
                f"The area of applicability can't be told: the importance of '{name}' is "
                f"{weights[column]}.",
                "Take importances of another kind, or equal weights.",
            )


def _columns(table: FloatArray, mean: FloatArray, factor: FloatArray) -> FloatArray:
    """`(n_used, n_rows)`: the rows where distances are measured."""
    used = factor > 0
    return np.ascontiguousarray(((table[:, used] - mean[used]) * factor[used]).T)


# All distances below add up squares predictor by predictor, in the same order: the same two rows
# are equally far apart wherever they meet, and a copy of a row is at 0.


def _distances(points: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """For blocks of the points, their distances `(n_block, n_points)` to all of them."""
    n_points = points.shape[1]
    size = max(1, BLOCK_PAIRS // n_points)
    for start in range(0, n_points, size):
        block = slice(start, min(start + size, n_points))
        squared = np.zeros((block.stop - start, n_points))
        for values in points:
            apart = values[block, None] - values
            squared += np.multiply(apart, apart, out=apart)
        yield block, np.sqrt(squared, out=squared)


def _allowed_distances(
    points: FloatArray, holdout: _Holdout | None
) -> Iterator[tuple[slice, FloatArray]]:
    """For blocks of training rows, the distances to rows that trained while they were held out.

    Infinite to the others, NaN for a row that was never held out.
    """
    for rows, distance in _distances(points):
        if holdout is None:
            distance[np.arange(len(distance)), np.arange(rows.start, rows.stop)] = np.inf
        else:
            split = holdout.split[rows]
            distance[~holdout.trains[split]] = np.inf
            distance[split < 0] = np.nan
        yield rows, distance


def _mean_distance(points: FloatArray) -> float:
    """Over all pairs of two points, copies among them."""
    n_points = points.shape[1]
    means = [distance.sum(axis=1) / (n_points - 1) for _, distance in _distances(points)]
    return float(np.concatenate(means).mean())


def _training_di(points: FloatArray, holdout: _Holdout | None) -> FloatArray:
    return np.concatenate([d.min(axis=1) for _, d in _allowed_distances(points, holdout)])


@dataclass(frozen=True, eq=False)
class _Holdout:
    """`split` `(n_rows,)`: the one that held a row out, -1 for none; `trains` `(n_splits, n_rows)`:
    whether a row trained in it."""

    split: NDArray[np.int32]
    trains: NDArray[np.bool_]

    @classmethod
    def of(cls, splits: Sequence[Split], n_rows: int) -> _Holdout:
        split = np.full(n_rows, -1, np.int32)
        trains = np.zeros((len(splits), n_rows), bool)
        for number, (training, held_out) in enumerate(splits):
            train, test = np.asarray(training, np.intp), np.asarray(held_out, np.intp)
            trains[number, train] = True
            if not train.size:
                raise ValueError(f"split {number} leaves no row to train with")
            if trains[number, test].any():
                raise ValueError(f"split {number} trains with a row that it holds out")
            if (split[test] >= 0).any():
                raise ValueError(f"split {number} holds out a row that another one held out")
            split[test] = number
        if (split < 0).all():
            raise ValueError("the splits hold no row out")
        return cls(split, trains)


class _Search:
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


class _CompiledSearch:
    """What `_Search` finds, with the same bits; see `_nearest_numba`. It keeps off BLAS, whose
    threads would come on top of those that map tiles."""

    def __init__(self, points: FloatArray) -> None:
        from wco2_engine.learning._nearest_numba import search

        self._points = points
        self._search = search

    def run(self, rows: FloatArray, radius: float | None) -> tuple[FloatArray, NDArray[np.int64]]:
        """As `_Search.run`, in memory that grows with the rows alone."""
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
