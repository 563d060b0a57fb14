"""Trees grown by numba are those that scikit-learn grows for the same seed, node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.tree import ExtraTreeRegressor

from wco2_engine.learning.forest import kernel, round_down, sort_keys

pytestmark = pytest.mark.skipif(kernel() != "numba", reason="numba is not used here")


def compare(
    features: Any, target: Any, seed: int, max_features: float = 1.0, min_leaf: int = 1
) -> None:
    """Raise where the two trees differ in a node, or in where a row ends."""
    from wco2_engine.learning._grow_numba import grow, leaves

    features = np.ascontiguousarray(features, np.float32)
    target = np.ascontiguousarray(target, np.float64)
    tree = (
        ExtraTreeRegressor(max_features=max_features, min_samples_leaf=min_leaf, random_state=seed)
        .fit(features, target)
        .tree_
    )
    n_rows, n_features = features.shape
    feature, limit, right = (np.empty(2 * n_rows, np.int32) for _ in range(3))
    value, ends, asked = np.empty(2 * n_rows), np.empty(n_rows, np.uint32), np.empty(50, np.uint32)
    n_nodes = grow(
        np.ascontiguousarray(sort_keys(features).T),
        target,
        max(1, int(max_features * n_features)),
        min_leaf,
        np.uint32(np.random.RandomState(seed).randint(2**31 - 1)),
        *(feature, limit, right, value, ends),
    )
    assert n_nodes == tree.node_count
    feature, limit, right, value = (each[:n_nodes] for each in (feature, limit, right, value))
    inner = tree.children_left >= 0
    np.testing.assert_array_equal(feature >= 0, inner)
    np.testing.assert_array_equal(feature[inner], tree.feature[inner])
    np.testing.assert_array_equal(limit[inner], sort_keys(round_down(tree.threshold))[inner])
    np.testing.assert_array_equal(tree.children_left[inner], np.flatnonzero(inner) + 1)
    np.testing.assert_array_equal(right[inner], tree.children_right[inner])
    assert value.tobytes() == tree.value.tobytes()
    np.testing.assert_array_equal(ends, tree.apply(features))
    others = np.random.default_rng(seed).choice(features.reshape(-1), (50, n_features))
    leaves(feature, limit, right, sort_keys(others), asked)
    np.testing.assert_array_equal(asked, tree.apply(others))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("max_features", "min_leaf"), [(1.0, 1), (0.4, 1), (1.0, 5), (0.1, 2)])
def test_they_are_the_same_for_predictors_of_many_kinds(
    seed: int, max_features: float, min_leaf: int
) -> None:
    rng = np.random.default_rng(seed)
    site = rng.integers(0, 40, 500)
    features = np.column_stack(
        [
            rng.normal(size=500),
            rng.normal(size=40)[site],  # the same in all rows of a site
            rng.integers(0, 2, 500),  # a class
            np.full(500, 3.5),
            rng.normal(size=500) * 1e-7,  # near what counts as the same
            -np.exp(rng.normal(size=500) * 20),
            rng.choice([0.0, -0.0, 1.0], 500),
        ]
    )
    features[400:] = features[:100]  # leaves of several rows
    compare(features, np.exp(rng.normal(size=500)) + site, seed, max_features, min_leaf)


FEW = st.sampled_from(
    np.array([-3e38, -1.5, -1e-42, 0, 1e-45, 0.1, 0.25, 1, 1.0000001, 7e20], np.float32).tolist()
)


@given(data=st.data(), n_features=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_any_few_rows_grow_the_same_tree(data: st.DataObject, n_features: int, seed: int) -> None:
    shape = (data.draw(st.integers(1, 30)), n_features)
    rows = data.draw(arrays(np.float32, shape, elements=FEW | st.floats(-9, 9, width=32)))
    target = data.draw(arrays(np.float64, shape[0], elements=st.floats(-1e3, 1e3)))
    compare(
        rows, target, seed, data.draw(st.sampled_from([1.0, 0.5])), data.draw(st.integers(1, 3))
    )


def test_a_flux_that_is_the_same_everywhere_is_a_single_leaf() -> None:
    compare(np.arange(6.0).reshape(3, 2), np.full(3, 7.0), 0)
