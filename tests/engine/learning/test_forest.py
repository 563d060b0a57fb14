"""The forest decides like scikit-learn's, with the same bits whatever walks it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from wco2_engine.errors import Wco2Error
from wco2_engine.learning import forest as module
from wco2_engine.learning._nodes import LARGE_NODE, SMALL_NODE, TOGETHER
from wco2_engine.learning.forest import (
    MAX_DEPTH,
    Forest,
    round_down,
    sort_keys,
    walker,
)
from wco2_engine.learning.joining import split_forest
from wco2_engine.learning.partings import partings

REPOSITORY = Path(__file__).resolve().parents[3]
HAS_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="numba is not installed")
KERNELS = ["numpy", pytest.param("numba", marks=needs_numba)]
EVERY_KERNEL = ["numpy", "numba"] if HAS_NUMBA else ["numpy"]

Table = NDArray[np.float32]


def training(n_rows: int = 300, n_features: int = 6, seed: int = 0) -> tuple[Table, Any]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    target = 3 * rows[:, 0] + np.sin(rows[:, -1]) + rng.normal(size=n_rows)
    return rows, target


def query(n_rows: int, n_features: int = 6, seed: int = 1) -> Table:
    return np.random.default_rng(seed).normal(size=(n_rows, n_features)).astype(np.float32)


def grown(seed: int = 0, trees: int = 20) -> tuple[ExtraTreesRegressor, Forest]:
    estimator = ExtraTreesRegressor(trees, random_state=seed).fit(*training(seed=seed))
    return estimator, Forest.from_sklearn(estimator)


def trees_of(estimator: Any) -> list[Any]:
    return list(getattr(estimator, "estimators_", [estimator]))


def by_hand(**changes: Any) -> Forest:
    """Two trees. x0 <= 0.5 gives 1, else x1 <= -2 gives 10, else 20; and always 4."""
    parts: dict[str, Any] = {
        "feature": np.array([0, 0, 1, 0, 0, 0], np.uint16),
        "threshold": np.array([0.5, np.inf, -2, np.inf, np.inf, np.inf], np.float32),
        "left": np.array([1, 1, 3, 3, 4, 0], np.uint32),
        "value": np.array([0, 1, 0, 10, 20, 4], np.float64),
        "root": np.array([0, 5], np.uint32),
        "n_features": 2,
    }
    return Forest(**{**parts, **changes})


def chain(n_inner: int) -> Forest:
    """One tree in which every right child splits again: as deep as it has inner nodes."""
    n_nodes = 2 * n_inner + 1
    left = np.arange(n_nodes, dtype=np.uint32)
    left[: n_nodes - 1 : 2] += 1
    threshold = np.full(n_nodes, np.inf, np.float32)
    threshold[: n_nodes - 1 : 2] = np.arange(n_inner)
    return Forest(
        feature=np.zeros(n_nodes, np.uint16),
        threshold=threshold,
        left=left,
        value=np.arange(n_nodes, dtype=np.float64),
        root=np.zeros(1, np.uint32),
        n_features=1,
    )


# What it predicts


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_forest_made_by_hand_gives_the_means_worked_by_hand(kernel: str) -> None:
    rows = [[0.5, 9], [0.50001, -2], [3, -1.99999], [-7, -7]]
    assert by_hand().predict(rows, kernel=kernel).tolist() == [2.5, 7.0, 12.0, 2.5]
    assert by_hand().apply(rows, kernel=kernel).tolist() == [[1, 5], [3, 5], [4, 5], [1, 5]]


def test_the_facts_of_a_forest_made_by_hand() -> None:
    forest = by_hand()
    assert (forest.n_trees, forest.n_nodes, forest.n_features, forest.depth) == (2, 6, 2, 2)
    assert forest.nbytes == 6 * (2 + 4 + 4 + 8) + 2 * 4


ESTIMATORS = {
    "extra trees": ExtraTreesRegressor(30, random_state=3),
    "extra trees, leaves of five": ExtraTreesRegressor(30, min_samples_leaf=5, random_state=3),
    "extra trees, bootstrap": ExtraTreesRegressor(10, bootstrap=True, random_state=3),
    "extra trees, best first": ExtraTreesRegressor(10, max_leaf_nodes=17, random_state=3),
    "random forest": RandomForestRegressor(20, random_state=3),
    "random forest, absolute error": RandomForestRegressor(
        3, criterion="absolute_error", random_state=3
    ),
    "one extra tree": ExtraTreesRegressor(1, random_state=3),
    "a tree by itself": DecisionTreeRegressor(random_state=3),
    "an extra tree by itself": ExtraTreeRegressor(random_state=3),
    "a pruned tree": DecisionTreeRegressor(ccp_alpha=0.05, random_state=3),
    "stumps": ExtraTreesRegressor(40, max_depth=1, random_state=3),
}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_it_predicts_what_scikit_learn_predicts(name: str, kernel: str) -> None:
    estimator = ESTIMATORS[name].fit(*training())
    forest = Forest.from_sklearn(estimator)
    for rows in (query(1003), training()[0]):
        np.testing.assert_allclose(
            forest.predict(rows, kernel=kernel), estimator.predict(rows), rtol=0, atol=1e-12
        )
    assert forest.n_nodes == sum(tree.tree_.node_count for tree in trees_of(estimator))
    assert forest.depth == max(tree.get_depth() for tree in trees_of(estimator))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_rows_share_a_leaf_where_scikit_learn_says_so(name: str) -> None:
    estimator = ESTIMATORS[name].fit(*training())
    forest, rows = Forest.from_sklearn(estimator), query(500)
    leaves = forest.apply(rows)
    assert leaves.dtype == np.uint32
    assert leaves.shape == (500, forest.n_trees)
    for tree, member in enumerate(trees_of(estimator)):
        pairs = set(zip(member.apply(rows).tolist(), leaves[:, tree].tolist(), strict=True))
        assert (
            len(pairs) == len({theirs for theirs, _ in pairs}) == len({ours for _, ours in pairs})
        )
    np.testing.assert_allclose(
        forest.value[leaves].mean(axis=1), forest.predict(rows), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    ("rows", "target"),
    [
        (np.ones((50, 3)), np.arange(50.0)),
        (np.repeat(np.arange(6.0), 8).reshape(-1, 1), np.arange(48.0)),
        (np.arange(20.0).reshape(-1, 2), np.full(10, 7.25)),
        (np.array([[1.0, 2.0]]), np.array([3.0])),
        (2.0 ** np.arange(-120, 120).reshape(-1, 1), np.arange(240.0)),
    ],
    ids=["constant features", "duplicates", "constant target", "one row", "very deep"],
)
def test_odd_training_data_give_the_same_predictions(rows: Table, target: Any) -> None:
    estimator = ExtraTreesRegressor(10, random_state=0).fit(rows, target)
    forest = Forest.from_sklearn(estimator)
    asked = np.concatenate([rows, rows + 0.5, rows * 0.7, -rows]).astype(np.float32)
    for kernel in EVERY_KERNEL:
        assert np.array_equal(forest.predict(asked, kernel=kernel), estimator.predict(asked))


def test_a_very_deep_tree_is_really_deep() -> None:
    rows = 2.0 ** np.arange(-120, 120).reshape(-1, 1)
    estimator = ExtraTreesRegressor(3, random_state=0).fit(rows, np.arange(240.0))
    assert Forest.from_sklearn(estimator).depth > 60


few_values = st.sampled_from(
    np.array([-3e38, -1.5, -1e-42, 0, 1e-45, 0.1, 0.25, 1, 1.0000001, 7e20], np.float32).tolist()
)


@given(data=st.data(), n_features=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_any_training_data_give_the_same_predictions(
    data: st.DataObject, n_features: int, seed: int
) -> None:
    shape = (data.draw(st.integers(1, 40)), n_features)
    rows = data.draw(arrays(np.float32, shape, elements=few_values | st.floats(-9, 9, width=32)))
    target = data.draw(arrays(np.float64, shape[0], elements=st.floats(-1e3, 1e3)))
    asked = data.draw(arrays(np.float32, (30, n_features), elements=few_values))
    asked = np.concatenate([rows, asked])
    kind = data.draw(st.sampled_from([ExtraTreesRegressor, RandomForestRegressor]))
    estimator = kind(3, random_state=seed).fit(rows, target)
    predicted = Forest.from_sklearn(estimator).predict(asked)
    np.testing.assert_allclose(predicted, estimator.predict(asked), rtol=1e-12, atol=1e-12)


def test_the_way_that_more_training_rows_took_comes_first() -> None:
    values = np.array([[0], [1], [2], [3], [4], [50], [60]])
    tree = DecisionTreeRegressor(max_depth=2, random_state=0)
    forest = Forest.from_sklearn(tree.fit(values, [0, 0, 1, 1, 1, 90, 99]))
    # Five rows go left of 27, where the next pair of siblings so stands; two go right.
    assert forest.threshold[0] == 27
    assert forest.left.tolist() == [1, 3, 5, 3, 4, 5, 6]
    mirrored = Forest.from_sklearn(tree.fit(-values, [0, 0, 1, 1, 1, 90, 99]))
    assert mirrored.left.tolist() == [1, 5, 3, 3, 4, 5, 6]


# Thresholds


@given(threshold=st.floats(allow_nan=False), value=st.floats(width=32, allow_nan=False))
@settings(max_examples=500)
def test_a_threshold_rounded_down_decides_alike_for_every_float32(
    threshold: float, value: float
) -> None:
    rounded = round_down(np.array([threshold]))
    with np.errstate(over="ignore", under="ignore"):
        nearest = np.float32(threshold)
        around = [nearest, rounded[0], np.float32(value), np.float32(0.0), np.float32(-0.0)]
        around += [np.nextafter(x, np.float32(to)) for x in around for to in (-np.inf, np.inf)]
    tested = np.array([x for x in around if np.isfinite(x)], np.float32)
    assert rounded.dtype == np.float32
    assert np.array_equal(tested <= rounded, tested.astype(np.float64) <= threshold)


def test_values_on_and_next_to_every_threshold_go_where_scikit_learn_sends_them() -> None:
    estimator, forest = grown(seed=5, trees=4)
    thresholds = np.concatenate(
        [m.tree_.threshold[m.tree_.feature >= 0] for m in trees_of(estimator)]
    )
    on = thresholds.astype(np.float32)
    near = np.concatenate([on, np.nextafter(on, -np.inf), np.nextafter(on, np.inf)])
    rows = np.repeat(near.astype(np.float32)[:, None], 6, axis=1)
    assert np.array_equal(forest.predict(rows), estimator.predict(rows))


# The same bits whatever walks


@needs_numba
@pytest.mark.parametrize("n_rows", [0, 1, 7, 8, 9, 1000, 20_011])
def test_numba_and_numpy_give_the_same_bits(n_rows: int) -> None:
    _, forest = grown()
    rows = query(n_rows)
    with_numba = forest.predict(rows, kernel="numba")
    assert with_numba.tobytes() == forest.predict(rows, kernel="numpy").tobytes()
    assert np.array_equal(forest.apply(rows, kernel="numba"), forest.apply(rows, kernel="numpy"))


@pytest.mark.parametrize("kernel", KERNELS)
@given(
    block=st.integers(1, 700),
    threads=st.integers(1, 5),
    first=st.integers(0, 699),
)
@settings(max_examples=25)
def test_no_block_threads_or_neighbours_change_a_bit(
    kernel: str, block: int, threads: int, first: int
) -> None:
    forest, rows = FOREST, query(700)
    whole = forest.predict(rows, kernel=kernel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_ROWS", block)
        patch.setattr(module, "LEAST_ROWS_PER_THREAD", 1)
        assert forest.predict(rows, threads, kernel).tobytes() == whole.tobytes()
        part = forest.predict(rows[first:], threads, kernel)
    assert part.tobytes() == whole[first:].tobytes()


FOREST = grown(seed=8, trees=7)[1]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("members", [1, 5, 20])
@pytest.mark.parametrize("threads", [1, 2])
def test_members_predicted_together_get_the_bits_of_their_own_forests(
    kernel: str, members: int, threads: int
) -> None:
    forest = grown(seed=4, trees=20)[1]
    for rows in (query(1101), alike(1101), query(0)):
        together = forest.predict_members(rows, members, threads, kernel)
        assert together.shape == (members, len(rows))
        for found, own in zip(together, split_forest(forest, members), strict=True):
            assert found.tobytes() == own.predict(rows, kernel=kernel).tobytes()


@pytest.mark.parametrize("kernel", KERNELS)
def test_members_worked_by_hand_stand_in_the_order_of_their_trees(kernel: str) -> None:
    rows = [[0.5, 9], [0.50001, -2], [3, -1.99999]]
    found = by_hand().predict_members(rows, 2, kernel=kernel)
    assert found.tolist() == [[1.0, 10.0, 20.0], [4.0, 4.0, 4.0]]


@pytest.mark.parametrize("members", [0, -1, 3])
def test_members_that_can_not_have_equally_many_trees_are_refused(members: int) -> None:
    with pytest.raises(ValueError, match=f"2 trees are not {members} forests of equally many"):
        by_hand().predict_members([[0, 0]], members)


@pytest.mark.parametrize("kernel", KERNELS)
def test_trees_too_large_for_short_indices_are_walked_alike(kernel: str) -> None:
    values = np.arange(40_000, dtype=np.float32)[:, None]
    target = np.random.default_rng(0).normal(size=40_000)
    estimator = DecisionTreeRegressor(random_state=0).fit(values, target)
    forest = Forest.from_sklearn(estimator)
    assert forest.n_nodes > 2**16
    assert forest._nodes.dtype == LARGE_NODE
    assert by_hand()._nodes.dtype == SMALL_NODE
    rows = values[::37] + np.float32(0.25)
    assert np.array_equal(forest.predict(rows, kernel=kernel), estimator.predict(rows))
    found = forest.value[forest.apply(rows, kernel=kernel)[:, 0]]
    assert np.array_equal(found, estimator.predict(rows))


def alike(n_rows: int, n_features: int = 6, seed: int = 2, step: float = 0.01) -> Table:
    """Rows of which each is a short step from the one before, as neighbouring cells are."""
    steps = np.random.default_rng(seed).normal(scale=step, size=(n_rows, n_features))
    return np.cumsum(steps, axis=0).astype(np.float32)


@needs_numba
@pytest.mark.parametrize("n_rows", [1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 5 * TOGETHER + 3])
@pytest.mark.parametrize("step", [0, 0.001, 0.01, 0.1, 1])
def test_rows_that_are_alike_get_the_same_bits(n_rows: int, step: float) -> None:
    rows = alike(n_rows, step=step)
    shuffled = np.random.default_rng(0).permutation(n_rows)
    expected = WIDE.predict(rows, kernel="numpy")
    assert WIDE.predict(rows, kernel="numba").tobytes() == expected.tobytes()
    assert WIDE.predict(rows[shuffled]).tobytes() == expected[shuffled].tobytes()
    assert np.array_equal(WIDE.apply(rows, kernel="numba"), WIDE.apply(rows, kernel="numpy"))


WIDE_ESTIMATOR, WIDE = grown(seed=11, trees=25)


@needs_numba
@given(seed=st.integers(0, 999), n_rows=st.integers(1, 400), step=st.sampled_from([0, 0.003, 0.05]))
@settings(max_examples=60)
def test_rows_on_and_next_to_thresholds_get_the_same_bits(
    seed: int, n_rows: int, step: float
) -> None:
    """The smallest and largest value of rows that go together are often a threshold itself."""
    rng = np.random.default_rng(seed)
    rows = alike(n_rows, seed=seed, step=step)
    for column in range(6):
        thresholds = WIDE.threshold[(WIDE.feature == column) & np.isfinite(WIDE.threshold)]
        at = np.sort(rng.choice(thresholds, n_rows))
        beside = np.nextafter(at, rng.choice(np.array([-np.inf, np.inf], np.float32), n_rows))
        at = np.where(rng.random(n_rows) < 0.5, at, beside)
        rows[:, column] = np.where(rng.random(n_rows) < 0.5, at, rows[:, column])
    rows = np.where(np.isfinite(rows), rows, 0).astype(np.float32)
    expected = WIDE.predict(rows, kernel="numpy")
    assert WIDE.predict(rows, kernel="numba").tobytes() == expected.tobytes()
    np.testing.assert_allclose(expected, WIDE_ESTIMATOR.predict(rows), rtol=0, atol=1e-12)


@given(values=arrays(np.float32, 20, elements=st.floats(width=32, allow_nan=False)))
@settings(max_examples=200)
def test_keys_are_in_the_order_of_the_values(values: Table) -> None:
    keys = sort_keys(values)
    assert keys.dtype == np.int32
    assert np.array_equal(keys[:, None] > keys[None], values[:, None] > values[None])
    assert np.array_equal(keys[:, None] == keys[None], values[:, None] == values[None])


def test_both_zeros_have_the_same_key() -> None:
    assert sort_keys(np.array([0.0, -0.0], np.float32)).tolist() == [0, 0]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_feature_may_have_more_thresholds_than_16_bits_can_count(kernel: str) -> None:
    values = np.arange(40_000, dtype=np.float32)[:, None]
    target = np.random.default_rng(0).normal(size=40_000)
    estimator = ExtraTreesRegressor(3, random_state=0).fit(values, target)
    forest = Forest.from_sklearn(estimator)
    assert np.unique(forest.threshold).size > 65_536
    for rows in (values[::53] + np.float32(0.4), values[20_000:20_300] + np.float32(0.3)):
        expected = estimator.predict(rows)
        np.testing.assert_allclose(
            forest.predict(rows, kernel=kernel), expected, rtol=0, atol=1e-12
        )


@needs_numba
def test_the_order_is_kept_where_neighbours_are_alike_and_made_where_not() -> None:
    from wco2_engine.learning._alike_numba import order

    rows = np.repeat(query(16), TOGETHER, axis=0)
    shuffled = np.random.default_rng(3).permutation(len(rows))
    keys = sort_keys(rows)
    assert order(WIDE._nodes, WIDE._bounds, keys, WIDE._partings) is None
    found = order(WIDE._nodes, WIDE._bounds, keys[shuffled], WIDE._partings)
    assert np.array_equal(np.sort(found), np.arange(len(rows)))
    groups = shuffled[found].reshape(16, TOGETHER) // TOGETHER
    assert sum(len(set(own.tolist())) for own in groups) < 40  # all 16 in each: 256


@needs_numba
@settings(deadline=None)
@given(
    values=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60, unique=True),
    nth=st.integers(0, 59),
)
def test_the_nth_smallest_is_brought_to_its_place(values: list[int], nth: int) -> None:
    from wco2_engine.learning._alike_numba import _select

    nth %= len(values)
    array = np.array(values, np.int64)
    _select(array, np.uint64(nth))
    assert sorted(array.tolist()) == sorted(values)
    assert array[nth] == sorted(values)[nth]
    assert (array[:nth] < array[nth]).all()


def test_a_threshold_parts_rows_by_the_share_of_leaves_below_it() -> None:
    # One tree: feature 0 at 5, then to its left feature 1 at 2, then to the left of that feature 0
    # at 3: four leaves, so that the shares are 1, 3/4 and 2/4.
    nodes = np.array(
        [(5, 0, 1), (2, 1, 3), (9, 0, 2), (3, 0, 5), (9, 0, 4), (9, 0, 5), (9, 0, 6)], SMALL_NODE
    )
    found = partings(nodes, np.array([0, 7], np.uint64), 3)
    assert found.threshold.tolist() == [3, 5, 2]
    assert found.up_to.tolist() == [0, 0.5, 1.5, 2.25]
    assert found.begin.tolist() == [0, 2, 3, 3]


def test_lists_other_types_and_memory_orders_are_taken() -> None:
    rows = query(20)
    expected = FOREST.predict(rows)
    for same in (rows.tolist(), rows.astype(np.float64), np.asfortranarray(rows)):
        assert np.array_equal(FOREST.predict(same), expected)


def test_a_fixed_array_can_be_predicted_from() -> None:
    rows = query(20)
    rows.flags.writeable = False
    assert np.array_equal(FOREST.predict(rows), FOREST.predict(rows.copy()))


# Rows that are refused


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((4, 5)), r"shape \(4, 5\); the forest needs \(n_rows, 6\)"),
        (np.zeros(6), r"shape \(6,\)"),
        (np.full((2, 6), np.nan), "NaN or infinity; mask"),
        (np.full((2, 6), -np.inf), "NaN or infinity; mask"),
        (np.full((2, 6), 1e300), "NaN or infinity; mask"),
        (np.ma.masked_equal(np.full((2, 6), -9999.0), -9999.0), "masked cells"),
    ],
    ids=["columns", "one row without its axis", "NaN", "infinity", "beyond float32", "masked"],
)
def test_rows_that_mean_nothing_are_refused(rows: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FOREST.predict(rows)
    with pytest.raises(ValueError, match=said):
        FOREST.apply(rows)


def test_no_threads_are_refused() -> None:
    with pytest.raises(ValueError, match="0 threads"):
        FOREST.predict(query(3), threads=0)


# Estimators that are refused


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (ExtraTreesClassifier(2).fit([[0], [1]], [0, 1]), "no forest or tree for regression"),
        (GradientBoostingRegressor().fit([[0], [1]], [0, 1]), "no forest or tree for regression"),
        (ExtraTreesRegressor(2).fit([[0], [1]], [[0, 1], [1, 0]]), "several targets"),
        (ExtraTreesRegressor(2), "not fitted"),
        (DecisionTreeRegressor(), "not fitted"),
        ("forest", "str is no forest"),
    ],
    ids=["classifier", "boosting", "targets", "unfitted", "unfitted tree", "text"],
)
def test_what_is_no_fitted_forest_for_one_target_is_refused(estimator: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Forest.from_sklearn(estimator)


# Nodes that are refused


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"left": np.array([0, 1, 2, 3, 4, 0], np.uint32)}, "one parent"),
        ({"left": np.array([1, 1, 1, 3, 4, 0], np.uint32)}, "points back"),
        ({"left": np.array([1, 0, 3, 3, 4, 0], np.uint32)}, "points back"),
        ({"left": np.array([1, 1, 4, 3, 4, 0], np.uint32)}, "out of its tree"),
        ({"left": np.array([1, 1, 2**32 - 1, 3, 4, 0], np.uint32)}, "out of its tree"),
        ({"left": np.array([1, 1, 3, 3, 4, 1], np.uint32)}, "out of its tree"),
        ({"left": np.array([3, 1, 3, 3, 4, 0], np.uint32)}, "one parent"),
        ({"left": np.array([2, 1, 3, 3, 4, 0], np.uint32)}, "one parent"),
        ({"left": np.array([1, 1, 3, 3, 4], np.uint32)}, "differ in length"),
        ({"left": np.array([1, 1, 3, 3, 4, 0], np.int32)}, "not an array of uint32"),
        ({"left": np.array([[1, 1, 3, 3, 4, 0]], np.uint32)}, "2 dimensions"),
        ({"left": [1, 1, 3, 3, 4, 0]}, "not an array"),
        ({"feature": np.array([0, 0, 2, 0, 0, 0], np.uint16)}, "beyond the 2 features"),
        ({"threshold": np.array([np.nan] + [np.inf] * 5, np.float32)}, "holds NaN"),
        ({"threshold": np.array([0.5, 1, 2, *[np.inf] * 3], np.float32)}, "in a leaf"),
        ({"value": np.array([0, 1, 0, 10, np.inf, 4])}, "value holds NaN or infinity"),
        ({"value": np.array([0, 1, 0, 10, np.nan, 4])}, "value holds NaN or infinity"),
        ({"value": np.zeros(6, object)}, "not an array of float64"),
        ({"root": np.array([0, 6], np.uint32)}, "not sorted from 0"),
        ({"root": np.array([1, 5], np.uint32)}, "not sorted from 0"),
        ({"root": np.array([0, 0], np.uint32)}, "not sorted from 0"),
        ({"root": np.array([0], np.uint32)}, "one parent|points back|out of its tree"),
        ({"root": np.zeros(0, np.uint32)}, "is no forest"),
        ({"n_features": 0}, "out of bounds"),
        ({"n_features": 2**16 + 1}, "out of bounds"),
    ],
)
def test_nodes_that_are_no_forest_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        by_hand(**changes)


def test_a_tree_deeper_than_any_real_one_is_refused() -> None:
    assert chain(50).depth == 50
    assert chain(MAX_DEPTH).predict([[MAX_DEPTH]]).tolist() == [2 * MAX_DEPTH]
    with pytest.raises(ValueError, match="deeper than"):
        chain(MAX_DEPTH + 1)


@given(where=st.integers(0, 5), to=st.integers(0, 2**32 - 1) | st.integers(0, 7))
@settings(max_examples=300)
def test_a_flipped_child_is_refused_or_changes_nothing(where: int, to: int) -> None:
    left = by_hand().left.copy()
    was = int(left[where])
    left[where] = to
    if to == was:
        by_hand(left=left)
    else:
        with pytest.raises(ValueError, match="forest"):
            by_hand(left=left)


def test_the_arrays_of_a_forest_can_not_be_changed() -> None:
    for array in FOREST.arrays().values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# Which kernel


def test_the_kernel_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WCO2_NUMBA", "0")
    assert walker().name == "numpy"
    assert walker().about == f"numpy {np.__version__} (WCO2_NUMBA=0)"
    monkeypatch.delenv("WCO2_NUMBA")
    assert walker().name == EVERY_KERNEL[-1]
    assert walker("numpy").name == "numpy"
    with pytest.raises(ValueError, match="no kernel is called 'fortran'"):
        walker("fortran")


PREDICT = """
import json, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in MISSING:
            raise ImportError(name + " is hidden")
sys.meta_path.insert(0, Missing())
import numpy as np
from wco2_engine.errors import Wco2Error
from wco2_engine.learning.forest import Forest, walker
parts = json.loads(sys.stdin.read())
dtypes = {"feature": "u2", "threshold": "f4", "left": "u4", "value": "f8", "root": "u4"}
forest = Forest(**{k: np.array(v, dtypes[k]) for k, v in parts["forest"].items()}, n_features=6)
try:
    forced = walker("numba").name
except Wco2Error as error:
    forced = str(error)
rows = np.array(parts["rows"], np.float32)
predicted = forest.predict(rows, threads=2).tobytes().hex()
# What maps of applicability and training need besides takes as long to compile, and tells no more.
for name in ("_grow_numba", "_nearest_numba"):
    sys.modules["wco2_engine.learning." + name] = type(sys)(name)
from wco2_engine.learning.compiling import ready
from wco2_engine.progress import Silent
class Told(Silent):
    notes = ""
    def note(self, message):
        self.notes += message
told = Told()
ready(told)
sys.stdout.write(json.dumps([walker().name, walker().about, forced, predicted, told.notes]))
"""


def predict_elsewhere(
    missing: tuple[str, ...], folder: Path = REPOSITORY, **environment: str
) -> tuple[list[str], Table]:
    """What another process, in which some libraries are missing, says and predicts."""
    rows = query(1500)
    asked = {
        "forest": {name: array.tolist() for name, array in FOREST.arrays().items()},
        "rows": rows.tolist(),
    }
    result = subprocess.run(
        [sys.executable, "-c", f"MISSING = {missing!r}\n{PREDICT}"],
        input=json.dumps(asked),
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), rows


def test_predicting_needs_neither_scikit_learn_nor_numba() -> None:
    said, rows = predict_elsewhere(("sklearn", "scipy", "pandas", "numba", "joblib"))
    assert said[:2] == [
        "numpy",
        f"numpy {np.__version__} (slower than with numba, which can't be used: "
        "ImportError: numba is hidden)",
    ]
    assert said[2].startswith("numba can't be used: ImportError")
    assert said[3] == FOREST.predict(rows).tobytes().hex()
    assert said[4] == ""


@needs_numba
def test_where_compiled_code_can_not_be_kept_it_is_compiled_each_time(tmp_path: Path) -> None:
    shutil.copytree(
        REPOSITORY / "wco2_engine",
        tmp_path / "wco2_engine",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # A file where the cache's folder would be, and no home: nowhere to write, even for root.
    (tmp_path / "wco2_engine" / "learning" / "__pycache__").write_text("")
    nowhere = str(tmp_path / "wco2_engine" / "__init__.py")
    said, rows = predict_elsewhere(
        ("sklearn",), tmp_path, HOME=nowhere, XDG_CACHE_HOME=nowhere, PYTHONDONTWRITEBYTECODE="1"
    )
    assert said[0] == said[2] == "numba"
    assert said[3] == FOREST.predict(rows).tobytes().hex()
    assert "compiled for this run alone" in said[4]
    assert "NUMBA_CACHE_DIR" in said[4]


@needs_numba
def test_numba_asked_for_by_name_is_had() -> None:
    assert walker("numba").name == "numba"


def test_a_missing_numba_that_was_asked_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_numba_walker", lambda: "ImportError: none")
    with pytest.raises(Wco2Error, match="numba can't be used: ImportError: none"):
        FOREST.predict(query(1), kernel="numba")
