"""Folds that keep sites apart, and scores that agree with scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.spatial_folds import Places
from wco2_engine.learning.validation import (
    check_methods,
    make_folds,
    score,
    score_table,
)

SEEDS = st.integers(0, 2**32 - 1)
SITES = st.lists(st.integers(0, 60), min_size=20, max_size=200).map(
    lambda sites: np.unique(sites, return_inverse=True)[1].astype(np.int32)
)


@given(SITES, SEEDS)
def test_rows_of_one_site_are_in_one_fold(group: np.ndarray, seed: int) -> None:
    folds = make_folds("site", group, seed)
    for site in np.unique(group):
        assert len(set(folds[group == site].tolist())) == 1
    assert sorted(set(folds.tolist())) == list(range(int(folds.max()) + 1))  # none is empty


@given(SITES, SEEDS)
def test_random_folds_are_ten_of_equal_size(group: np.ndarray, seed: int) -> None:
    sizes = np.bincount(make_folds("random", group, seed))
    assert len(sizes) == 10
    assert sizes.max() - sizes.min() <= 1


def test_up_to_twenty_sites_are_left_out_one_by_one() -> None:
    group = np.repeat(np.arange(20), 3).astype(np.int32)
    assert make_folds("site", group, 5).tolist() == group.tolist()


def test_more_sites_share_ten_folds_of_nearly_equal_rows() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(80), rng.integers(1, 30, 80)).astype(np.int32)
    sizes = np.bincount(make_folds("site", group, 1))
    assert len(sizes) == 10
    assert sizes.max() - sizes.min() <= 3


def test_folds_follow_the_seed() -> None:
    group = np.repeat(np.arange(40), 4).astype(np.int32)
    for method in ("random", "site"):
        one = make_folds(method, group, 1)
        assert (one == make_folds(method, group, 1)).all()
        assert (one != make_folds(method, group, 2)).any()


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    observed = rng.normal(10, 5, 200)
    predicted = observed + rng.normal(1, 3, 200)
    found = score(observed, predicted)
    assert found["r2"] == pytest.approx(metrics.r2_score(observed, predicted), rel=1e-12)
    assert found["mae"] == pytest.approx(
        metrics.mean_absolute_error(observed, predicted), rel=1e-12
    )
    assert found["rmse"] ** 2 == pytest.approx(
        metrics.mean_squared_error(observed, predicted), rel=1e-12
    )


def test_bias_is_predicted_minus_observed() -> None:
    found = score(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]))
    assert found["bias"] == pytest.approx(1.0)  # (1 + 0 + 2) / 3
    assert found["mae"] == pytest.approx(1.0)
    assert found["rmse"] == pytest.approx((5 / 3) ** 0.5)
    assert found["r2"] == pytest.approx(1 - 5 / 2)


@pytest.mark.parametrize("value", [0.0, 7.3, 1e6])
def test_r2_is_none_where_the_observed_do_not_vary(value: float) -> None:
    observed = np.full(30, value)
    assert np.isnan(score(observed, observed + 1)["r2"])
    assert score(observed, observed + 1)["mae"] == pytest.approx(1.0)


def test_the_table_pools_all_months_and_then_each_in_the_order_of_a_winter() -> None:
    month = np.array([1, 10, 1, 4, 12, 10])
    observed = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    rows = score_table(
        "arctic", "site", observed, observed + 1, month, np.array([0, 0, 1, 2, 3, 3], np.int32)
    )
    assert [row["month"] for row in rows] == ["all", 10, 12, 1, 4]
    assert [row["n"] for row in rows] == [6, 2, 1, 2, 1]
    assert [row["sites"] for row in rows] == [4, 2, 1, 2, 1]
    assert all(row["bias"] == pytest.approx(1.0) for row in rows)


def test_an_unknown_validation_is_refused_with_the_nearest() -> None:
    with pytest.raises(Wco2Error, match=r"'sites'.*'site'"):
        check_methods(["random", "sites"])


def test_a_validation_named_twice_is_done_once() -> None:
    assert check_methods(["site", "random", "site"]) == ("site", "random")


def lattice_of_sites() -> tuple[Places, np.ndarray]:
    """Sites every 10 degrees from 60 to 70 N, three rows each."""
    longitude, latitude = np.meshgrid(np.arange(-180.0, 180.0, 10.0), [60.0, 65.0, 70.0])
    places = Places(np.repeat(longitude.ravel(), 3), np.repeat(latitude.ravel(), 3))
    return places, np.repeat(np.arange(longitude.size), 3).astype(np.int32)


@pytest.mark.parametrize("method", ["blocks", "knndm"])
def test_folds_by_distance_keep_sites_whole(method: str) -> None:
    places, group = lattice_of_sites()
    cells = Places(np.linspace(-179, 179, 300), np.full(300, 75.0))
    folds = make_folds(method, group, 0, places, cells)
    for site in np.unique(group):
        assert len(set(folds[group == site].tolist())) == 1
    assert len(set(folds.tolist())) == (10 if method == "blocks" else 5)


def test_few_blocks_make_five_folds_and_fewer_none() -> None:
    near = Places(np.repeat([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], 4), np.full(24, 60.0))
    group = np.repeat(np.arange(6), 4).astype(np.int32)
    assert len(set(make_folds("blocks", group, 0, near).tolist())) == 5
    with pytest.raises(Wco2Error, match="too few"):
        make_folds("blocks", group, 0, Places(np.zeros(24), np.linspace(60.0, 60.5, 24)))


@pytest.mark.parametrize("method", ["blocks", "knndm"])
def test_folds_by_distance_need_places(method: str) -> None:
    with pytest.raises(ValueError, match="lie"):
        make_folds(method, np.repeat(np.arange(30), 2).astype(np.int32), 0)
