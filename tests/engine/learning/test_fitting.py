"""Forests from arrays: transforms without bias, weights, and rows that a forest never saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine import options
from wco2_engine.errors import Wco2Error
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.fitting import TRANSFORMS, fit_forest
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

SMALL = Hyperparameters(trees=10)


def training(rows: int = 60, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 3)).astype(np.float32)
    return features, np.exp(features[:, 0].astype(np.float64)) + rng.normal(0, 0.1, rows)


def test_without_a_transform_it_is_the_forest_of_scikit_learn() -> None:
    features, target = training()
    estimator = ExtraTreesRegressor(10, random_state=3).fit(features, target)
    forest = fit_forest(features, target, SMALL, RunContext(seed=3))
    np.testing.assert_allclose(forest.predict(features), estimator.predict(features), rtol=1e-12)


def test_every_transform_that_is_offered_is_known() -> None:
    assert tuple(TRANSFORMS) == options.TRANSFORMS


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_transform_keeps_the_sign_and_the_order(transform: str) -> None:
    flux = np.array([-9.0, -1.0, 0.0, 0.5, 16.0])
    moved = TRANSFORMS[transform](flux)
    assert (np.diff(moved) > 0).all()
    np.testing.assert_array_equal(np.sign(moved), np.sign(flux))


def test_roots_and_logarithms_are_those_worked_by_hand() -> None:
    np.testing.assert_allclose(TRANSFORMS["sqrt"](np.array([-9.0, 16.0])), [-3.0, 4.0])
    np.testing.assert_allclose(TRANSFORMS["log1p"](np.array([-1.0, np.e - 1])), [-np.log(2), 1.0])


@pytest.mark.parametrize("transform", ["sqrt", "log1p"])
def test_a_leaf_says_the_mean_flux_not_the_mean_transformed_back(transform: str) -> None:
    features, target = np.zeros((2, 1), np.float32), np.array([0.0, 16.0])
    forest = fit_forest(features, target, Hyperparameters(3, transform=transform))
    # The mean root is 2, whose square is 4, and the mean logarithm is that of 1 + 3.1.
    np.testing.assert_allclose(forest.predict(features), [8.0, 8.0])


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_each_leaf_says_the_weighted_mean_of_its_rows(transform: str) -> None:
    features, target = training()
    weight = np.linspace(0.2, 3.0, len(target))
    hyperparameters = Hyperparameters(4, min_samples_leaf=7, max_features=0.5, transform=transform)
    forest = fit_forest(features, target, hyperparameters, RunContext(seed=1), weight)
    leaves = forest.apply(features)
    for leaf in np.unique(leaves):
        rows = np.any(leaves == leaf, axis=1)
        expected = np.average(target[rows], weights=weight[rows])
        assert forest.value[leaf] == pytest.approx(expected, rel=1e-12)
        assert rows.sum() >= 7


def test_a_transform_decides_where_trees_split() -> None:
    features, target = training()
    plain = fit_forest(features, target, Hyperparameters(5))
    moved = fit_forest(features, target, Hyperparameters(5, transform="log1p"))
    assert plain.n_nodes != moved.n_nodes or (plain.threshold != moved.threshold).any()


def test_no_row_is_predicted_by_a_forest_that_saw_it() -> None:
    features, target = training()
    folds = np.arange(60) % 3
    folds[:6] = -1
    rows = TrainingRows.from_arrays(features, target, np.arange(60))
    predicted = cross_val_predict(rows, folds, SMALL).predicted
    assert np.isnan(predicted[:6]).all()
    for fold in range(3):
        test = folds == fold
        forest = fit_forest(features[~test], target[~test], SMALL)
        np.testing.assert_array_equal(predicted[test], forest.predict(features[test]))


def test_threads_change_nothing() -> None:
    features, target = training()
    hyperparameters = Hyperparameters(10, transform="sqrt")
    one, two = (
        fit_forest(features, target, hyperparameters, RunContext(seed=5, threads=threads))
        for threads in (1, 2)
    )
    for name, array in one.arrays().items():
        np.testing.assert_array_equal(array, two.arrays()[name])


def test_a_gap_is_refused_with_its_row_and_column() -> None:
    features, target = training()
    features[4, 2] = np.nan
    with pytest.raises(Wco2Error, match=r"Predictor 3 has no value in row 5 \(1 gaps in all\)"):
        fit_forest(features, target, SMALL)
    features[4, 2], target[7] = 0.0, np.nan
    with pytest.raises(Wco2Error, match="The flux has 1 gaps"):
        fit_forest(features, target, SMALL)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"trees": 0}, "trees = 0 is not from 1 to 100000"),
        ({"min_samples_leaf": 0}, "min_samples_leaf = 0 is not from 1 to 1000000"),
        ({"max_features": 1.5}, "max_features = 1.5 is not above 0 and at most 1"),
        ({"transform": "log"}, "Unknown transform 'log'. Did you mean 'log1p'?"),
    ],
)
def test_hyperparameters_out_of_range_are_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(Wco2Error) as caught:
        Hyperparameters(**values)
    assert told in str(caught.value)
