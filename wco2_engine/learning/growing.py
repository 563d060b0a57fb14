"""A forest grown from plain arrays: on which scale of the target, and with which weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.learning.forest import Forest

FloatArray = NDArray[np.float64]
Features = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]  # of sites or folds

# Roots and logarithms of the size, with the sign kept: winter fluxes may be negative.
TRANSFORMS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "none": lambda flux: flux,
    "sqrt": lambda flux: np.sign(flux) * np.sqrt(np.abs(flux)),
    "log1p": lambda flux: np.sign(flux) * np.log1p(np.abs(flux)),
}


@dataclass(frozen=True)
class Growth:
    """How a forest grows.

    The defaults are the bare Extremely Randomized Trees of Geurts et al. (2006,
    doi 10.1007/s10994-006-6226-1).

    Parameters
    ----------
    trees : how many.
    min_samples_leaf : rows that a leaf has at least.
    max_features : share of the predictors that are tried at each split.
    transform : the scale of the target on which splits are compared; see `grow`.

    Raises
    ------
    Wco2Error : for a value out of its range.
    """

    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"

    def __post_init__(self) -> None:
        checks = (
            ("trees", 1 <= self.trees <= 100_000, "from 1 to 100000"),
            ("min_samples_leaf", self.min_samples_leaf >= 1, "1 or more"),
            ("max_features", 0.0 < self.max_features <= 1.0, "above 0 and at most 1"),
        )
        for name, right, range_ in checks:
            if not right:
                raise Wco2Error(f"{name} = {getattr(self, name)} is not {range_}.")
        if self.transform not in TRANSFORMS:
            raise Wco2Error(
                f"Unknown target transform '{self.transform}'.",
                nearest_name(self.transform, TRANSFORMS),
            )


def grow(
    features: Features,
    target: FloatArray,
    growth: Growth,
    seed: int,
    weight: FloatArray | None = None,
    threads: int = 1,
) -> Forest:
    """A forest that predicts in units of the target, whatever its transform. See
    `grow_with_impurity`, which tells its importances too."""
    return grow_with_impurity(features, target, growth, seed, weight, threads)[0]


def grow_with_impurity(
    features: Features,
    target: FloatArray,
    growth: Growth,
    seed: int,
    weight: FloatArray | None = None,
    threads: int = 1,
) -> tuple[Forest, FloatArray]:
    """A forest that predicts in units of the target, whatever its transform.

    A transform decides where trees split, never what leaves say: they say the mean of the target
    itself. So nothing is transformed back, and no bias comes of it, where back-transforming the
    mean of logarithms falls short of the mean (Duan 1983, doi 10.1080/01621459.1983.10478017).

    Parameters
    ----------
    features : `(n_rows, n_features)`.
    target : `(n_rows,)`.
    weight : `(n_rows,)`, above 0; None counts all rows alike.
    threads : the forest is the same for any number.

    Returns
    -------
    The forest, and each predictor's share `(n_features,)` of what all splits took from the variance
    of the target, on the scale where splits are compared.

    Raises
    ------
    Wco2Error : when a predictor or the target has a gap. Some versions of scikit-learn would grow
        trees around gaps, for which maps have no rule.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    if not np.isfinite(target).all():
        raise Wco2Error(
            f"The flux has {int((~np.isfinite(target)).sum())} gaps.", "Leave them out."
        )
    gaps = np.argwhere(~np.isfinite(features))
    if gaps.size:
        row, column = gaps[0]
        raise Wco2Error(
            f"Predictor {column + 1} has no value in row {row + 1} ({len(gaps)} gaps in all).",
            "Leave such rows or this predictor out.",
        )
    estimator = ExtraTreesRegressor(
        n_estimators=growth.trees,
        min_samples_leaf=growth.min_samples_leaf,
        max_features=growth.max_features,
        random_state=seed,
        n_jobs=threads,
    ).fit(features, TRANSFORMS[growth.transform](target), sample_weight=weight)
    forest, impurity = Forest.from_sklearn(estimator), np.asarray(estimator.feature_importances_)
    if growth.transform == "none":
        return forest, impurity
    leaves = forest.apply(features, threads=threads).reshape(-1)
    heft = np.repeat(np.ones(len(target)) if weight is None else weight, forest.n_trees)
    flux = np.repeat(target, forest.n_trees)
    total = np.bincount(leaves, heft * flux, minlength=forest.n_nodes)
    rows = np.bincount(leaves, heft, minlength=forest.n_nodes)
    value = np.divide(total, rows, out=np.zeros(forest.n_nodes), where=rows > 0)
    return replace(forest, value=value), impurity


def fold_forests(
    features: Features,
    target: FloatArray,
    folds: Labels,
    growth: Growth,
    seed: int,
    weight: FloatArray | None = None,
    threads: int = 1,
) -> Iterator[tuple[Forest, NDArray[np.bool_]]]:
    """For each fold from 0, a forest of the other rows, and which rows `(n_rows,)` it never saw.

    Rows of fold -1 always train. One seed serves all folds and all calls, so that two ways to grow
    differ by their growth, and less by chance.
    """
    for fold in np.unique(folds[folds >= 0]):
        test = folds == fold
        train = ~test
        heft = None if weight is None else weight[train]
        yield grow(features[train], target[train], growth, seed, heft, threads), test


def held_out(
    features: Features,
    target: FloatArray,
    folds: Labels,
    growth: Growth,
    seed: int,
    weight: FloatArray | None = None,
    threads: int = 1,
) -> FloatArray:
    """Predictions `(n_rows,)` by forests that did not see the row; NaN for rows of fold -1."""
    predicted = np.full(len(target), np.nan)
    for forest, test in fold_forests(features, target, folds, growth, seed, weight, threads):
        predicted[test] = forest.predict(features[test], threads=threads)
    return predicted


def check_target(target: FloatArray, purpose: str) -> None:
    """Raise when the target does not vary, for then no choice is better than another.

    Raises
    ------
    Wco2Error : naming the `purpose`.
    """
    if len(target) == 0 or float(np.ptp(target)) == 0.0:
        raise Wco2Error(
            f"{purpose} is impossible: the flux is the same in all {len(target)} rows.",
            "Check the flux column and its units; leave this step out for this region.",
        )
