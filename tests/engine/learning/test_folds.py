"""Folds that keep sites apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.folds import METHODS, deal_groups, make_folds
from wco2_engine.learning.locations import Locations
from wco2_engine.options import VALIDATIONS, TrainingSettings

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


def test_an_unknown_validation_is_refused_with_the_nearest() -> None:
    with pytest.raises(Wco2Error, match=r"'sites'.*'site'"):
        make_folds("sites", np.arange(20, dtype=np.int32), 0)
    with pytest.raises(Wco2Error, match="sites"):
        TrainingSettings(validation=("random", "sites"))


def test_a_validation_named_twice_is_done_once() -> None:
    assert TrainingSettings(validation=("site", "random", "site")).validation == ("site", "random")


def test_every_validation_that_is_offered_has_a_description() -> None:
    assert tuple(METHODS) == VALIDATIONS


def lattice_of_sites() -> tuple[Locations, np.ndarray]:
    """Sites every 10 degrees from 60 to 70 N, three rows each."""
    longitude, latitude = np.meshgrid(np.arange(-180.0, 180.0, 10.0), [60.0, 65.0, 70.0])
    points = Locations(np.repeat(longitude.ravel(), 3), np.repeat(latitude.ravel(), 3))
    return points, np.repeat(np.arange(longitude.size), 3).astype(np.int32)


@pytest.mark.parametrize("method", ["blocks", "knndm"])
def test_folds_by_distance_keep_sites_whole(method: str) -> None:
    points, group = lattice_of_sites()
    cells = Locations(np.linspace(-179, 179, 300), np.full(300, 75.0))
    folds = make_folds(method, group, 0, points, cells)
    for site in np.unique(group):
        assert len(set(folds[group == site].tolist())) == 1
    assert len(set(folds.tolist())) == (10 if method == "blocks" else 5)


def test_few_blocks_make_five_folds_and_fewer_none() -> None:
    near = Locations(np.repeat([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], 4), np.full(24, 60.0))
    group = np.repeat(np.arange(6), 4).astype(np.int32)
    assert len(set(make_folds("blocks", group, 0, near).tolist())) == 5
    with pytest.raises(Wco2Error, match="too few"):
        make_folds("blocks", group, 0, Locations(np.zeros(24), np.linspace(60.0, 60.5, 24)))


@pytest.mark.parametrize("method", ["blocks", "knndm"])
def test_folds_by_distance_need_points(method: str) -> None:
    with pytest.raises(ValueError, match="lie"):
        make_folds(method, np.repeat(np.arange(30), 2).astype(np.int32), 0)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30),
    folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_whole_sites_are_dealt_into_folds_of_like_size(
    sizes: list[int], folds: int, seed: int
) -> None:
    group = np.repeat(np.arange(len(sizes)) * 7 - 3, sizes)
    dealt = deal_groups(group, folds, seed)
    assert len(set(zip(group.tolist(), dealt.tolist(), strict=True))) == len(sizes)
    filled = np.bincount(dealt)
    assert len(filled) == min(folds, len(sizes))
    assert filled.min() > 0
    assert filled.max() - filled.min() <= max(sizes)
