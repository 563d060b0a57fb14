"""Where a model knows its way: dissimilarity index, area of applicability, local point density.

Meyer and Pebesma 2021 (doi 10.1111/2041-210X.13650) and Schumacher et al. 2025
(doi 10.5194/gmd-18-10185-2025), with the numbers of the R package CAST 1.1. Predicting needs numpy
alone, and is faster with numba.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.classes import NUMBERS, Classes
from wco2_engine.learning.features import feature_names, feature_table
from wco2_engine.learning.nearest import (
    BLOCK_PAIRS,
    CompiledSearch,
    NearestSearch,
    nearest_search,
)

FloatArray = NDArray[np.float64]
Split = tuple[ArrayLike, ArrayLike]  # indices of rows: those that train, those held out

CHUNK_PAIRS = 2**21  # of a row and a training row at a time: bounds the memory


class Applicable(NamedTuple):
    """What `AreaOfApplicability.predict` says of rows. All is missing where a predictor is.

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


class AreaOfApplicability:
    """The area of applicability of a model, as an estimator in scikit-learn's manner.

    It tells of any row how unlike the training rows it is, the dissimilarity index (DI): the
    distance to the nearest of them among standardised and weighted predictors, divided by the mean
    distance between training rows. Inside is what is no more unlike than held-out training rows
    were (Meyer and Pebesma 2021, doi 10.1111/2041-210X.13650). The local point density (LPD) counts
    the training rows that are as near (Schumacher et al. 2025, doi 10.5194/gmd-18-10185-2025). The
    numbers are those of the R package CAST 1.1.

    Attributes
    ----------
    n_features_in_ : the number of predictors.
    feature_names_in_ : their names, tuple of text.
    mean_, sd_ : `(n_columns,)`, of the training rows; sd with the divisor n - 1. A column is a
        predictor, or one of its classes.
    weights_ : `(n_columns,)`, as used: 0 where negative or where the predictor is constant.
    constant_ : predictors that don't vary among the training rows. They are left out, because
        nothing tells how large a step away from them is.
    mean_distance_ : the mean distance between two training rows, standardised and weighted.
    training_di_ : `(n_rows,)`, of each training row while it was held out; NaN if it never was.
    threshold_ : the largest DI inside: min(Q75 + 1.5 (Q75 - Q25), max) of `training_di_`.
    training_lpd_ : `(n_rows,)`, how many of the rows that trained while a training row was held out
        are nearer to it than the threshold; -1 if it never was held out.
    average_lpd_ : the rounded mean of `training_lpd_`; None when a row was never held out.
    points_ : `(n_used, n_rows)`, the training rows where distances are measured, by predictor of
        weight above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import AreaOfApplicability
    >>> training = np.array([[-30.0, 0.1], [-20.0, 0.3], [-10.0, 0.2], [0.0, 0.4]])
    >>> area = AreaOfApplicability().fit(training, weights=[3.0, 1.0], folds=[0, 0, 1, 1])
    >>> found = area.predict([[-15.0, 0.25], [25.0, 0.25]])
    >>> found.inside.tolist()
    [True, False]
    >>> area
    AreaOfApplicability(n_features=2, n_rows=4, threshold=1.14)
    """

    n_features_in_: int
    feature_names_in_: tuple[str, ...]
    mean_: FloatArray
    sd_: FloatArray
    weights_: FloatArray
    constant_: tuple[str, ...]
    mean_distance_: float
    training_di_: FloatArray
    threshold_: float
    points_: FloatArray
    _factor: FloatArray  # what standardises, weights, and divides by the mean distance
    _holdout: _Holdout | None
    _classes: Classes

    def fit(
        self,
        X: Any,  # noqa: N803
        weights: ArrayLike | None = None,
        folds: ArrayLike | Sequence[Split] | None = None,
        names: Sequence[str] | None = None,
        classes: Classes = NUMBERS,
    ) -> AreaOfApplicability:
        """Learn from the rows that a model was trained on.

        Parameters
        ----------
        X : `(n_rows, n_features)`, an array or a DataFrame, whose columns' names are kept.
        weights : `(n_features,)`, importances in any unit: a common factor changes nothing, and
            negative ones count as 0. None makes all equal.
        folds : of the validation whose score goes with the map: fold numbers `(n_rows,)` from 0,
            with -1 for rows that always train, or pairs of the rows that train and those held out,
            as a splitter's `split` gives them. None holds out each row by itself.
        names : of the predictors of an array, for messages.
        classes : which predictors are classes: each class is a column of 0 and 1, with the weight
            of the predictor.

        Raises
        ------
        Wco2Error : when the rows and weights leave nothing to measure a distance by.
        ValueError : when shapes or folds don't fit together.
        """
        names = names or feature_names(X)
        table = np.asarray(X, np.float64)
        if table.ndim != 2 or len(table) < 2:
            raise ValueError(f"features of shape {table.shape} are no table of two rows or more")
        n_rows, n_features = table.shape
        names = names or [f"predictor {column + 1}" for column in range(n_features)]
        importances = np.ones(n_features) if weights is None else np.asarray(weights, np.float64)
        if len(names) != n_features or importances.shape != (n_features,):
            raise ValueError(f"names or weights are not of {n_features} predictors")
        _check_numbers(table, importances, names)
        source = classes.source(n_features)
        table, importances = classes.expanded(table), importances[source]
        holdout = None if folds is None else _Holdout.of(_splits(folds, n_rows), n_rows)

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
        factor = np.divide(used / largest, sd, out=np.zeros(len(source)), where=used > 0)
        apart = _mean_distance(_columns(table, mean, factor))
        factor /= apart
        points = _columns(table, mean, factor)
        training_di = _training_di(points, holdout)
        known = training_di[~np.isnan(training_di)]
        low, high = np.quantile(known, [0.25, 0.75])
        # What was derived from other rows goes.
        for name in ("training_lpd_", "_search"):
            self.__dict__.pop(name, None)
        self.n_features_in_ = n_features
        self.feature_names_in_ = tuple(names)
        self.mean_ = mean
        self.sd_ = sd
        self.weights_ = used
        self.constant_ = tuple(name for k, name in enumerate(names) if constant[source == k].all())
        self.mean_distance_ = apart * largest
        self.training_di_ = training_di
        self.threshold_ = float(min(high + 1.5 * (high - low), known.max()))
        self.points_ = points
        self._factor = factor
        self._holdout = holdout
        self._classes = classes
        return self

    def predict(self, X: Any, lpd: bool = True) -> Applicable:  # noqa: N803
        """DI, area of applicability and LPD of rows; each row's are the same whatever its company.

        Parameters
        ----------
        X : `(n_rows, n_features)` float32 or float64, in the units of the training rows; a
            DataFrame is taken by the names of its columns where `fit` knew them.
        lpd : whether to count the training rows nearer than the threshold.

        Raises
        ------
        Wco2Error : when `X` has another shape or lacks a column, or before `fit`.
        """
        if not hasattr(self, "points_"):
            raise Wco2Error("This area of applicability has seen no training rows.", "Call fit.")
        table = feature_table(X, self.feature_names_in_)
        di = np.full(len(table), np.nan)
        density = np.full(len(table), -1, np.int32) if lpd else None
        size = max(1, CHUNK_PAIRS // self.points_.shape[1])
        for start in range(0, len(table), size):
            chunk = table[start : start + size]
            complete = np.isfinite(chunk).all(axis=1)
            at = start + np.flatnonzero(complete)
            wide = self._classes.expanded(chunk[complete].astype(np.float64))
            columns = _columns(wide, self.mean_, self._factor)
            nearest, near = self._search.run(columns, self.threshold_ if lpd else None)
            di[at] = nearest
            if density is not None:
                density[at] = near
        return Applicable(di, di <= self.threshold_, density)

    def places(self, X: Any) -> FloatArray:  # noqa: N803
        """`(n_rows, n_used)`: where distances are measured, of rows that lack no predictor.

        The distance of two rows here is their dissimilarity, in the units of the index.
        """
        table = feature_table(X, self.feature_names_in_)
        wide = self._classes.expanded(table.astype(np.float64))
        return np.ascontiguousarray(_columns(wide, self.mean_, self._factor).T)

    def named(self, names: Sequence[str]) -> AreaOfApplicability:
        """The same area with other names of the predictors, in their order."""
        if len(names) != self.n_features_in_:
            raise ValueError(f"{len(names)} names for {self.n_features_in_} predictors")
        other = copy(self)
        new = dict(zip(self.feature_names_in_, names, strict=True))
        other.feature_names_in_ = tuple(names)
        other.constant_ = tuple(new[name] for name in self.constant_)
        return other

    @cached_property
    def training_lpd_(self) -> NDArray[np.int32]:
        counts = [
            np.count_nonzero(distance < self.threshold_, axis=1)
            for _, distance in _allowed_distances(self.points_, self._holdout)
        ]
        return np.where(np.isnan(self.training_di_), -1, np.concatenate(counts)).astype(np.int32)

    @property
    def average_lpd_(self) -> int | None:
        lpd = self.training_lpd_
        return None if (lpd < 0).any() else round(float(lpd.mean()))

    def __repr__(self) -> str:
        if not hasattr(self, "points_"):
            return "AreaOfApplicability()"
        return (
            f"AreaOfApplicability(n_features={self.n_features_in_}, "
            f"n_rows={len(self.training_di_)}, threshold={self.threshold_:.3g})"
        )

    @cached_property
    def _search(self) -> NearestSearch | CompiledSearch:
        return nearest_search(self.points_)


def _splits(folds: Any, n_rows: int) -> Sequence[Split]:
    """Splits from fold numbers, or as they are."""
    listed = folds.tolist() if isinstance(folds, np.ndarray) else list(folds)
    if listed and all(isinstance(fold, (int, np.integer)) for fold in listed):
        labels = np.asarray(listed)
        if labels.shape != (n_rows,):
            raise ValueError(f"folds of shape {labels.shape} are not of {n_rows} rows")
        return splits_of(labels)
    return tuple(listed)


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
