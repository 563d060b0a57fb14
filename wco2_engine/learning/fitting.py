"""A forest fitted to plain arrays: on which scale of the target, and with which weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.classes import NUMBERS, Classes
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]

# Roots and logarithms of the size, with the sign kept: winter fluxes may be negative.
TRANSFORMS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "none": lambda flux: flux,
    "sqrt": lambda flux: np.sign(flux) * np.sqrt(np.abs(flux)),
    "log1p": lambda flux: np.sign(flux) * np.log1p(np.abs(flux)),
}


def fit_forest(
    features: NDArray[np.float32],
    target: FloatArray,
    hyperparameters: Hyperparameters | None = None,
    run: RunContext | None = None,
    sample_weight: FloatArray | None = None,
    classes: Classes = NUMBERS,
) -> Forest:
    """A forest that predicts in units of the target, whatever its transform. See
    `fit_with_importances`, which tells its importances too.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import Hyperparameters, fit_forest
    >>> temperature = np.linspace(-30, 0, 60, dtype=np.float32)[:, None]
    >>> flux = 9.0 * 1.07 ** temperature[:, 0].astype(float)
    >>> forest = fit_forest(temperature, flux, Hyperparameters(trees=20))
    >>> forest.predict([[-30.0], [0.0]]).round(2).tolist()
    [1.18, 9.0]
    """
    return fit_with_importances(features, target, hyperparameters, run, sample_weight, classes)[0]


def fit_with_importances(
    features: NDArray[np.float32],
    target: FloatArray,
    hyperparameters: Hyperparameters | None = None,
    run: RunContext | None = None,
    sample_weight: FloatArray | None = None,
    classes: Classes = NUMBERS,
) -> tuple[Forest, FloatArray]:
    """A forest that predicts in units of the target, whatever its transform.

    A transform decides where trees split, never what leaves say: they say the mean of the target
    itself. So nothing is transformed back, and no bias comes of it, where back-transforming the
    mean of logarithms falls short of the mean (Duan 1983, doi 10.1080/01621459.1983.10478017).
    An aggregate other than the mean needs the targets of the leaves; the forest then holds them.

    Parameters
    ----------
    features : `(n_rows, n_features)`.
    target : `(n_rows,)`.
    hyperparameters : the defaults where None.
    run : its seed and threads; the forest is the same for any number of threads.
    sample_weight : `(n_rows,)`, above 0; None counts all rows alike.
    classes : which columns are classes; trees are grown on a column of 0 and 1 for each class.

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

    hyperparameters, run = hyperparameters or Hyperparameters(), run or RunContext()
    check_rows(features, target)
    estimator = ExtraTreesRegressor(
        n_estimators=hyperparameters.trees,
        min_samples_leaf=hyperparameters.min_samples_leaf,
        max_features=hyperparameters.max_features,
        random_state=run.seed,
        n_jobs=run.threads,
    ).fit(
        classes.expanded(features),
        TRANSFORMS[hyperparameters.transform](target),
        sample_weight=sample_weight,
    )
    n_features = features.shape[1]
    forest = replace(Forest.from_sklearn(estimator), n_features=n_features, classes=classes)
    impurity = np.zeros(n_features)
    np.add.at(impurity, classes.source(n_features), estimator.feature_importances_)
    if hyperparameters.transform != "none":
        leaves = forest.apply(features, threads=run.threads)
        value = leaf_means(leaves, target, sample_weight, forest.n_nodes)
        forest = replace(forest, value=value)
    aggregate = Aggregate.of(hyperparameters)
    if not aggregate.is_mean:
        forest = replace(forest, aggregate=aggregate).with_targets(features, target, run.threads)
    return forest, impurity


def leaf_means(
    leaves: NDArray[np.integer[Any]],
    target: FloatArray,
    sample_weight: FloatArray | None,
    n_nodes: int,
) -> FloatArray:
    """The weighted mean of the target in each leaf, `(n_nodes,)`; 0 elsewhere.

    Parameters
    ----------
    leaves : `(n_rows,)` or `(n_rows, n_trees)`, where each row ends.
    """
    weight = np.ones(len(target)) if sample_weight is None else sample_weight
    n_trees = leaves.size // len(target)
    weight, flux = np.repeat(weight, n_trees), np.repeat(target, n_trees)
    total = np.bincount(leaves.reshape(-1), weight * flux, minlength=n_nodes)
    rows = np.bincount(leaves.reshape(-1), weight, minlength=n_nodes)
    return np.divide(total, rows, out=np.zeros(n_nodes), where=rows > 0)


def check_rows(features: NDArray[np.float32], target: FloatArray) -> None:
    """Raise where rows to train with have a gap.

    Raises
    ------
    Wco2Error : naming the first row and predictor.
    """
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
