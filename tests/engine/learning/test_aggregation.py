"""Means, trimmed means and medians of the leaves: worked by hand, by definition, by all kernels."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.aggregation import MEAN, Aggregate
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.members import fit_members
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.options import AGGREGATES, Hyperparameters

HAS_NUMBA = importlib.util.find_spec("numba") is not None
EVERY_KERNEL = ["numpy", "numba"] if HAS_NUMBA else ["numpy"]
MEDIAN = Aggregate("median")
ALL = [MEAN, MEDIAN, Aggregate("trimmed", 0.1), Aggregate("trimmed", 0.45)]


def data(n_rows: int = 150, seed: int = 0, ties: bool = False) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, 4)).astype(np.float32)
    target = np.exp(rows[:, 0].astype(np.float64)) + rng.normal(size=n_rows)
    return rows, np.round(target) if ties else target


def by_definition(
    estimator: Any, features: Any, target: Any, rows: Any, aggregate: Aggregate
) -> NDArray[np.float64]:
    """Straight from the definition: each tree has the weight 1, which its leaf's rows share."""
    order = np.argsort(target, kind="stable")
    trained, asked = estimator.apply(features[order]), estimator.apply(rows)
    target = target[order]
    answers = []
    for row in asked:
        together = trained == row
        size = together.sum(axis=0)
        weight = (together / size).sum(axis=1)
        if aggregate.name == "median":
            several = weight * size.sum() / len(size)
            place, reached = 1 + 0.5 * (several.sum() - 1), np.cumsum(several)
            used = np.flatnonzero(several)
            below = np.searchsorted(reached[used], place + 1e-9, side="right") - 1
            one, other = used[max(below, 0)], used[min(below + 1, len(used) - 1)]
            step = min(1.0, max(0.0, place - reached[one])) if below >= 0 else 0.0
            answers.append(target[one] + step * (target[other] - target[one]))
            continue
        reached = np.cumsum(weight)
        low, high = aggregate.trim * reached[-1], (1 - aggregate.trim) * reached[-1]
        kept = np.clip(reached, low, high) - np.clip(reached - weight, low, high)
        answers.append(np.sum(kept * target) / np.sum(kept))
    return np.array(answers)


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
@pytest.mark.parametrize(
    ("aggregate", "flux"),
    [
        (MEAN, 12.0),  # of 1, 2, 3, 4 and 50
        (MEDIAN, 3.0),
        (Aggregate("trimmed", 0.2), 3.0),  # of 2, 3 and 4
        (Aggregate("trimmed", 0.1), 8.625),  # of half of 1, of 2, 3, 4 and of half of 50
        (Aggregate("trimmed", 0.45), 3.0),
    ],
    ids=str,
)
def test_one_leaf_of_five_worked_by_hand(kernel: str, aggregate: Aggregate, flux: float) -> None:
    rows, target = np.zeros((5, 1), np.float32), np.array([3.0, 50.0, 1.0, 4.0, 2.0])
    forest = fit_forest(rows, target, Hyperparameters(2))
    forest = replace(forest, aggregate=aggregate).with_targets(rows, target)
    assert forest.predict(rows[:1], kernel=kernel).tolist() == [pytest.approx(flux, rel=1e-15)]
    told = forest.estimates(rows[:1], 0.5, kernel=kernel)
    assert told.flux.tobytes() == forest.predict(rows[:1], kernel=kernel).tobytes()
    assert told.mean.tolist() == [12.0]
    assert told.bounds[:, 0].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
def test_trees_weigh_alike_and_share_their_weight_among_the_rows_of_a_leaf(kernel: str) -> None:
    """A row reaches a leaf of one row, which says 10, and one that holds it and four that say 0."""
    forest = Forest(
        feature=np.array([0, 0, 0, 1, 1, 1], np.uint16),
        threshold=np.array([0, np.inf, np.inf] * 2, np.float32),
        left=np.array([1, 1, 2, 1, 1, 2], np.uint32),
        value=np.array([0, 10, 0, 0, 2, 0], np.float64),
        root=np.array([0, 3], np.uint32),
        n_features=2,
        aggregate=Aggregate("trimmed", 0.3),
    )
    rows = np.array([[-1, -1], [1, -1], [1, -1], [1, -1], [1, -1], [1, 1]], np.float32)
    target = np.array([10.0, 0, 0, 0, 0, 0])
    forest = forest.with_targets(rows, target)
    # The row that says 10 has 1/2 + 1/10 of the weight, the others have 4/10 together. Without 0.3
    # at each end, 0.1 of zeros and 0.3 of tens are left.
    assert forest.predict(rows[:1], kernel=kernel).tolist() == [pytest.approx(7.5, rel=1e-14)]


ESTIMATORS = {
    "fully grown": ExtraTreesRegressor(15, random_state=1),
    "leaves of five": ExtraTreesRegressor(11, min_samples_leaf=5, random_state=1),
    "leaves of twenty": ExtraTreesRegressor(20, min_samples_leaf=20, random_state=1),
    "one tree": ExtraTreesRegressor(1, min_samples_leaf=7, random_state=1),
}


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize("aggregate", ALL, ids=str)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_kernel_agrees_with_the_definition(
    name: str, aggregate: Aggregate, ties: bool
) -> None:
    rows, target = data(ties=ties)
    rows[100:130] = rows[:30]  # sites that share a cell, and so a leaf
    estimator = ESTIMATORS[name].fit(rows, target)
    forest = replace(Forest.from_sklearn(estimator), aggregate=aggregate)
    forest = forest.with_targets(rows, target)
    asked = np.concatenate([data(40, seed=5)[0], rows[:10]])
    expected = by_definition(estimator, rows, target, asked, aggregate)
    for kernel in EVERY_KERNEL:
        found = forest.predict(asked, kernel=kernel)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(
    seed=st.integers(0, 99),
    leaf=st.sampled_from([1, 3, 8]),
    trim=st.floats(0.01, 0.49),
    shift=st.floats(-50, 50),
    scale=st.floats(0.1, 20),
)
@settings(max_examples=20, deadline=None)
def test_aggregates_follow_the_unit_of_the_flux_and_stay_within_the_leaves(
    seed: int, leaf: int, trim: float, shift: float, scale: float
) -> None:
    rows, target = data(60, seed)
    estimator = ExtraTreesRegressor(5, min_samples_leaf=leaf, random_state=seed).fit(rows, target)
    asked = data(20, seed + 1)[0]
    for aggregate in (MEDIAN, Aggregate("trimmed", trim)):
        forest = replace(Forest.from_sklearn(estimator), aggregate=aggregate)
        found = forest.with_targets(rows, target).predict(asked)
        moved = forest.with_targets(rows, shift + scale * target).predict(asked)
        np.testing.assert_allclose(moved, shift + scale * found, rtol=1e-9, atol=1e-9)
        assert (found >= target.min() - 1e-12).all()
        assert (found <= target.max() + 1e-12).all()


def test_leaves_of_one_row_need_no_training_rows() -> None:
    rows, target = data()
    estimator = ExtraTreesRegressor(9, random_state=0).fit(rows, target)
    forest = replace(Forest.from_sklearn(estimator), aggregate=MEDIAN)
    each = np.stack([tree.predict(rows + 0.1) for tree in estimator.estimators_])
    np.testing.assert_allclose(forest.predict(rows + 0.1), np.median(each, axis=0), rtol=1e-13)


def test_leaves_of_several_rows_need_them() -> None:
    rows, target = data()
    estimator = ExtraTreesRegressor(9, min_samples_leaf=5, random_state=0).fit(rows, target)
    forest = replace(Forest.from_sklearn(estimator), aggregate=MEDIAN)
    with pytest.raises(ValueError, match="medians and trimmed means need the training rows"):
        forest.predict(rows)


# From the hyperparameters on


def test_a_fitted_forest_predicts_by_its_aggregate_on_any_scale() -> None:
    rows, target = np.zeros((3, 1), np.float32), np.array([0.0, 1.0, 100.0])
    for transform in ("none", "log1p"):
        forest = fit_forest(rows, target, Hyperparameters(2, 1, 1.0, transform, "median"))
        assert forest.aggregate == MEDIAN
        assert forest.predict(rows).tolist() == [1.0, 1.0, 1.0]


def test_held_out_rows_are_predicted_by_the_aggregate() -> None:
    features, target = data(60)
    folds = np.arange(60) % 3
    rows = TrainingRows.from_arrays(features, target, np.arange(60))
    ways = Hyperparameters(10, 5, aggregate="trimmed", trim=0.2)
    held = cross_val_predict(rows, folds, ways, levels=[0.5], permute=[[0]])
    test = folds == 1
    forest = fit_forest(features[~test], target[~test], ways)
    np.testing.assert_array_equal(held.predicted[test], forest.predict(features[test]))
    bounds = forest.predict_interval(features[test], 0.5)[1:]
    np.testing.assert_array_equal(held.bounds[0.5][:, test], bounds)


def test_members_predict_means_whatever_the_aggregate() -> None:
    features, target = data(60)
    rows = TrainingRows.from_arrays(features, target, np.arange(60) // 5)
    mean, other = (
        fit_members(rows, Hyperparameters(8, 4, aggregate=name), members=2).predict(features)
        for name in ("mean", "median")
    )
    np.testing.assert_array_equal(mean, other)


@pytest.mark.parametrize("name", AGGREGATES)
def test_an_aggregate_comes_back_from_plain_values(name: str) -> None:
    found = Aggregate.of(Hyperparameters(aggregate=name, trim=0.25))
    assert Aggregate.from_json(found.to_json()) == found
    assert found.trim == (0.25 if name == "trimmed" else 0)
    assert found.is_mean == (name == "mean")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "mode", "trim": 0.0}, "no aggregate is called 'mode'"),
        ({"name": "mean", "trim": 0.1}, "can't be trimmed by a mean"),
        ({"name": "trimmed", "trim": 0.5}, "can't be trimmed"),
        ({"name": "trimmed", "trim": "x"}, "not a number"),
        ({"name": "median"}, "not a number"),
        ({"name": "mean", "trim": 0, "more": 1}, "unknown 'more'"),
    ],
)
def test_an_aggregate_that_can_not_be_is_refused(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Aggregate.from_json(entry)


@pytest.mark.parametrize("values", [{"aggregate": "mode"}, {"trim": 0.5}, {"trim": 0.0}])
def test_hyperparameters_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Wco2Error, match=next(iter(values))):
        Hyperparameters(**values)
