"""Quantiles of a forest: the definition worked by hand, the parity, the same bits."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from wco2_engine.learning import forest as module
from wco2_engine.learning.forest import Forest

HAS_NUMBA = importlib.util.find_spec("numba") is not None
EVERY_KERNEL = ["numpy", "numba"] if HAS_NUMBA else ["numpy"]
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="numba is missing")
KERNELS = ["numpy", pytest.param("numba", marks=needs_numba)]


def data(n_rows: int = 200, seed: int = 0, ties: bool = False) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, 5)).astype(np.float32)
    target = 3 * rows[:, 0] + rng.normal(size=n_rows)
    return rows, np.round(target) if ties else target


def one_tree(values: list[float], features: list[float], target: list[float]) -> Forest:
    """A tree that sends x <= 0 to a leaf of value values[0], else to one of values[1]."""
    forest = Forest(
        feature=np.zeros(3, np.uint16),
        threshold=np.array([0, np.inf, np.inf], np.float32),
        left=np.array([1, 1, 2], np.uint32),
        value=np.array([0, *values], np.float64),
        root=np.zeros(1, np.uint32),
        n_features=1,
    )
    return forest.with_targets(np.array(features)[:, None], target)


def weighted_quantile(weight: NDArray[Any], target: NDArray[Any], share: float) -> float:
    """Straight from the definition, row by row; targets ascend."""
    place = 1 + share * (weight.sum() - 1)
    reached, below, step = 0.0, None, 0.0
    for heft, value in zip(weight, target, strict=True):
        if heft == 0:
            continue
        if reached + heft > place:
            if below is None:
                return float(value)
            step = min(1.0, place - reached)
            return float(below + step * (value - below))
        reached += heft
        below = value
    assert below is not None
    return float(below)


def by_definition(
    estimator: Any, features: Any, target: Any, rows: Any, share: float
) -> NDArray[np.float64]:
    order = np.argsort(target, kind="stable")
    trained, asked = estimator.apply(features[order]), estimator.apply(rows)
    answers = []
    for row in asked:
        together = trained == row
        size = together.sum(axis=0)
        weight = (together / size * size.sum() / size.size).sum(axis=1)
        answers.append(weighted_quantile(weight, target[order], share))
    return np.array(answers)


@pytest.mark.parametrize("kernel", KERNELS)
def test_bounds_of_one_leaf_are_its_quantiles_worked_by_hand(kernel: str) -> None:
    forest = one_tree([3, 50], [-1, -1, -1, -1, -1, 1], [5, 1, 3, 2, 4, 50])
    mean, lower, upper = forest.predict_interval([[-2], [2]], level=0.5, kernel=kernel)
    # 1 to 5, a quarter and three quarters of the way from the first to the last; and one row.
    assert mean.tolist() == [3, 50]
    assert lower.tolist() == [2, 50]
    assert upper.tolist() == [4, 50]
    _, lower, upper = forest.predict_interval([[-2]], level=0.8, kernel=kernel)
    assert (lower[0], upper[0]) == (pytest.approx(1.4), pytest.approx(4.6))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
def test_with_one_row_a_leaf_bounds_are_quantiles_of_the_trees(kernel: str, level: float) -> None:
    rows, target = data()
    estimator = ExtraTreesRegressor(40, random_state=0).fit(rows, target)
    forest = Forest.from_sklearn(estimator)
    asked = data(300, seed=5)[0]
    each = np.stack([tree.predict(asked) for tree in estimator.estimators_])
    shares = [(1 - level) / 2, (1 + level) / 2]
    for able in (forest, forest.with_targets(rows, target)):
        mean, lower, upper = able.predict_interval(asked, level, kernel=kernel)
        assert mean.tobytes() == forest.predict(asked).tobytes()
        for bound, share in zip((lower, upper), shares, strict=True):
            np.testing.assert_allclose(bound, np.quantile(each, share, axis=0), rtol=0, atol=1e-12)


ESTIMATORS = {
    "leaves of five": ExtraTreesRegressor(15, min_samples_leaf=5, random_state=1),
    "leaves of two": ExtraTreesRegressor(30, min_samples_leaf=2, random_state=1),
    "shallow": ExtraTreesRegressor(6, max_depth=2, random_state=1),
    "random forest": RandomForestRegressor(9, bootstrap=False, max_features=0.5, random_state=1),
    "one tree": ExtraTreesRegressor(1, min_samples_leaf=7, random_state=1),
    "fully grown": ExtraTreesRegressor(20, random_state=1),
}


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_bounds_are_those_of_the_definition(name: str, kernel: str, ties: bool) -> None:
    rows, target = data(ties=ties)
    estimator = ESTIMATORS[name].fit(rows, target)
    forest = Forest.from_sklearn(estimator).with_targets(rows, target)
    asked = np.concatenate([data(60, seed=5)[0], rows[:10]])
    _, lower, upper = forest.predict_interval(asked, 0.83, kernel=kernel)
    for bound, share in ((lower, (1 - 0.83) / 2), (upper, (1 + 0.83) / 2)):
        expected = by_definition(estimator, rows, target, asked, share)
        np.testing.assert_allclose(bound, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("leaf", [1, 5])
def test_bounds_are_those_of_quantile_forest(leaf: int) -> None:
    package = pytest.importorskip("quantile_forest")
    rows, target = data(400)
    estimator = package.ExtraTreesQuantileRegressor(
        50, min_samples_leaf=leaf, max_samples_leaf=None, random_state=0
    ).fit(rows, target)
    forest = Forest.from_sklearn(estimator).with_targets(rows, target)
    asked = data(200, seed=5)[0]
    for level in (0.5, 0.8, 0.9):
        shares = [(1 - level) / 2, (1 + level) / 2]
        theirs = estimator.predict(asked, quantiles=shares, weighted_leaves=True)
        ours = np.column_stack(forest.predict_interval(asked, level)[1:])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@needs_numba
@given(
    seed=st.integers(0, 99),
    leaf=st.sampled_from([1, 1, 2, 4]),
    ties=st.booleans(),
    n_rows=st.integers(0, 300),
    threads=st.integers(1, 3),
    block=st.integers(1, 300),
)
@settings(max_examples=25, deadline=None)
def test_no_kernel_threads_or_block_change_a_bit(
    seed: int, leaf: int, ties: bool, n_rows: int, threads: int, block: int
) -> None:
    rows, target = data(120, seed=seed, ties=ties)
    estimator = ExtraTreesRegressor(7, min_samples_leaf=leaf, random_state=seed).fit(rows, target)
    forest = Forest.from_sklearn(estimator).with_targets(rows, target)
    asked = data(n_rows, seed=seed + 1)[0]
    expected = forest.predict_interval(asked, 0.9, kernel="numpy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_ROWS", block)
        patch.setattr(module, "LEAST_ROWS_PER_THREAD", 1)
        found = forest.predict_interval(asked, 0.9, threads, kernel="numba")
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


def leaves_by_chance(
    rng: np.random.Generator, n_targets: int, n_trees: int, n_rows: int, largest: int
) -> tuple[Any, Any, Any]:
    """Codes of leaves of 1 to `largest` training rows each, neighbouring rows sharing most."""
    target = np.sort(rng.normal(size=n_targets))
    several: list[int] = []
    codes = []
    for size in rng.integers(1, min(largest, n_targets) + 1, 40).tolist():
        ranks = np.sort(rng.choice(n_targets, size, replace=False)).tolist()
        codes.append(ranks[0] if size == 1 else n_targets + len(several))
        several += [size, *ranks] if size > 1 else []
    found = rng.choice(np.array(codes, np.uint32), (n_trees, n_rows))
    for row in range(1, n_rows):
        same = rng.random(n_trees) < 0.8
        found[same, row] = found[same, row - 1]
    return found, target, np.array(several, np.uint32)


def summarized(kernel: str, found: Any, target: Any, several: Any, *asked: Any) -> Any:
    shares, trim = asked
    out = np.full((found.shape[1], len(shares) + (trim > 0)), np.nan)
    walk = module.walker(kernel)
    walk.summaries(walk.reached(found), target, several, np.array(shares), trim, out)
    return out


@needs_numba
@given(
    seed=st.integers(0, 999),
    n_targets=st.integers(1, 9) | st.sampled_from([15, 16, 17, 63, 64, 65, 256, 257, 2487]),
    n_trees=st.integers(1, 30) | st.just(500),
    n_rows=st.sampled_from([1, 15, 16, 17, 127, 128, 129, 300]),
    level=st.sampled_from([1e-9, 0.3, 0.5, 0.9, 1 - 1e-9]) | st.floats(0.01, 0.99),
)
@settings(max_examples=60, deadline=None)
def test_any_ranks_have_the_same_quantiles_however_they_are_found(
    seed: int, n_targets: int, n_trees: int, n_rows: int, level: float
) -> None:
    rng = np.random.default_rng(seed)
    found, target, several = leaves_by_chance(rng, n_targets, n_trees, n_rows, 1)
    shares = [(1 - level) / 2, (1 + level) / 2]
    expected, out = (
        summarized(kernel, found, target, several, shares, 0.0) for kernel in ("numpy", "numba")
    )
    assert out.tobytes() == expected.tobytes()
    ranks = np.quantile(target[found], shares, axis=0).T
    np.testing.assert_allclose(out, ranks, rtol=0, atol=1e-12)


@needs_numba
@given(
    seed=st.integers(0, 999),
    n_targets=st.integers(2, 9) | st.sampled_from([64, 65, 300]),
    n_trees=st.integers(1, 30) | st.sampled_from([64, 500]),
    largest=st.sampled_from([2, 5, 40]),
    shares=st.lists(st.sampled_from([0.05, 0.25, 0.5, 0.95]) | st.floats(0, 1), max_size=3),
    trim=st.sampled_from([0.0, 0.1, 0.25, 0.499]),
)
@settings(max_examples=60, deadline=None)
def test_any_leaves_have_the_same_summaries_whichever_kernel_makes_them(
    seed: int, n_targets: int, n_trees: int, largest: int, shares: list[float], trim: float
) -> None:
    rng = np.random.default_rng(seed)
    found = leaves_by_chance(rng, n_targets, n_trees, 140, largest)
    expected, out = (summarized(kernel, *found, shares, trim) for kernel in ("numpy", "numba"))
    assert out.tobytes() == expected.tobytes()


@given(
    seed=st.integers(0, 999),
    n_targets=st.integers(2, 60),
    n_trees=st.integers(1, 12),
    largest=st.sampled_from([2, 5, 40]),
    share=st.sampled_from([0.25, 0.5, 0.75, 1 / 3, 0.05, 0.95]) | st.floats(0, 1),
    trim=st.sampled_from([0.1, 0.25, 1 / 3]),
)
@settings(max_examples=80, deadline=None)
def test_weights_as_whole_numbers_select_what_fractions_would(
    seed: int, n_targets: int, n_trees: int, largest: int, share: float, trim: float
) -> None:
    """Fractions have no rounding, so that "at most" means what the definition says."""
    rng = np.random.default_rng(seed)
    found, target, several = leaves_by_chance(rng, n_targets, n_trees, 4, largest)
    answers = summarized("numpy", found, target, several, [share], trim)
    for codes, (quantile, trimmed) in zip(found.T.tolist(), answers.tolist(), strict=True):
        leaves = [
            [code]
            if code < n_targets
            else several[code - n_targets + 1 :][: several[code - n_targets]]
            for code in codes
        ]
        weight = [Fraction(0)] * n_targets
        for leaf in leaves:
            for rank in leaf:
                weight[rank] += Fraction(1, len(leaf))
        assert quantile == pytest.approx(
            exact_quantile(weight, target, share, sum(map(len, leaves)), n_trees), rel=0, abs=1e-12
        )
        assert trimmed == pytest.approx(exact_trimmed(weight, target, trim), rel=0, abs=1e-12)


def exact_quantile(
    weight: list[Fraction], target: Any, share: float, n_members: int, n_trees: int
) -> float:
    place = 1 + Fraction(share) * (n_members - 1)
    reached, below = Fraction(0), None
    for each, value in zip(weight, target.tolist(), strict=True):
        if not each:
            continue
        heft = each * n_members / n_trees
        # A share such as 0.05 is not that number to the last bit; what is meant is.
        if reached + heft > place + Fraction(1, 10**9):
            step = min(Fraction(1), max(Fraction(0), place - reached))
            return value if below is None else below + float(step) * (value - below)
        reached, below = reached + heft, value
    assert below is not None
    return float(below)


def exact_trimmed(weight: list[Fraction], target: Any, trim: float) -> float:
    low, high = sum(weight) * Fraction(trim), sum(weight) * (1 - Fraction(trim))
    reached = total = Fraction(0)
    for each, value in zip(weight, target.tolist(), strict=True):
        kept = min(max(reached + each, low), high) - min(max(reached, low), high)
        total += kept * Fraction(value)
        reached += each
    return float(total / (high - low))


@needs_numba
@pytest.mark.parametrize(
    ("n_rows", "trees", "leaf"),
    [(2000, 40, 2), (40_000, 2, 1)],
    ids=["leaves of several rows", "large trees"],
)
def test_more_codes_than_16_bits_hold_get_the_same_bits(n_rows: int, trees: int, leaf: int) -> None:
    rows, target = data(n_rows)
    estimator = ExtraTreesRegressor(trees, min_samples_leaf=leaf, random_state=0, n_jobs=2)
    forest = Forest.from_sklearn(estimator.fit(rows, target)).with_targets(rows, target)
    assert forest.targets is not None
    assert max(forest.targets.n_codes, forest.n_nodes // trees) > 2**16
    asked = data(400, seed=5)[0]
    expected = forest.predict_interval(asked, kernel="numpy")
    found = forest.predict_interval(asked, kernel="numba")
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


@needs_numba
def test_rows_with_and_without_leaves_of_several_rows_stand_beside_each_other() -> None:
    """Half of the training rows are alike and stay together in a leaf; the others are alone."""
    rows, target = data(200)
    rows[100:] = 9
    forest = Forest.from_sklearn(ExtraTreesRegressor(11, random_state=0).fit(rows, target))
    forest = forest.with_targets(rows, target)
    asked = np.concatenate([data(150, seed=5)[0], np.full((20, 5), 9), data(40, seed=6)[0]])
    expected = forest.predict_interval(asked, kernel="numpy")
    found = forest.predict_interval(asked, kernel="numba")
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_constant_target_has_bounds_of_no_width(kernel: str) -> None:
    rows, _ = data(50)
    target = np.full(50, 7.25)
    estimator = ExtraTreesRegressor(5, random_state=0).fit(rows, target)
    forest = Forest.from_sklearn(estimator).with_targets(rows, target)
    for each in forest.predict_interval(rows, kernel=kernel):
        assert each.tolist() == [7.25] * 50


def test_leaves_of_several_rows_need_the_training_rows() -> None:
    rows, target = data()
    estimator = ExtraTreesRegressor(3, min_samples_leaf=5, random_state=0).fit(rows, target)
    with pytest.raises(ValueError, match="need the training rows"):
        Forest.from_sklearn(estimator).predict_interval(rows)


def test_a_forest_with_other_values_has_bounds_of_these_values() -> None:
    rows, target = data(ties=False)
    forest = Forest.from_sklearn(ExtraTreesRegressor(9, random_state=0).fit(rows, target))
    forest.predict_interval(rows)
    _, lower, upper = replace(forest, value=2 * forest.value).predict_interval(rows + 0.1)
    _, half_lower, half_upper = forest.predict_interval(rows + 0.1)
    np.testing.assert_allclose(lower, 2 * half_lower, rtol=0, atol=1e-12)
    np.testing.assert_allclose(upper, 2 * half_upper, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "target", "said"),
    [
        (slice(0, 100), slice(0, 100), "not trained on these rows"),
        (slice(0, 200), slice(0, 199), r"200 rows have targets of the shape \(199,\)"),
    ],
    ids=["other rows", "lengths"],
)
def test_rows_it_was_not_trained_on_are_refused(rows: slice, target: slice, said: str) -> None:
    features, targets = data()
    forest = Forest.from_sklearn(ExtraTreesRegressor(3, random_state=0).fit(features, targets))
    with pytest.raises(ValueError, match=said):
        forest.with_targets(features[rows], targets[target])


def test_targets_that_are_no_numbers_are_refused() -> None:
    rows, target = data()
    forest = Forest.from_sklearn(ExtraTreesRegressor(3, random_state=0).fit(rows, target))
    target[3] = np.nan
    with pytest.raises(ValueError, match="targets hold NaN"):
        forest.with_targets(rows, target)


@pytest.mark.parametrize("level", [0, 1, -0.5, 90, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    rows, target = data(20)
    forest = Forest.from_sklearn(ExtraTreesRegressor(2, random_state=0).fit(rows, target))
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        forest.predict_interval(rows, level)
