"""Bounds hold new sites as often as they say, because sites count and not rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wco2_engine.learning.conformal import (
    LEVELS,
    conformal_correction,
    conformity_scores,
    cross_conformal_corrections,
    enough_sites,
    share_covered,
)


def test_distances_are_positive_outside_and_negative_inside() -> None:
    observed = np.array([0.0, 3.0, 7.0, 5.0])
    lower, upper = np.full(4, 1.0), np.full(4, 5.0)
    assert conformity_scores(observed, lower, upper).tolist() == [1.0, -2.0, 2.0, 0.0]


def test_with_one_row_a_site_it_is_the_order_statistic_of_split_conformal() -> None:
    # With ten sites the ceil(11 level)-th smallest: 0.8 asks for the 9th, 0.9 for the 10th.
    distance = np.array([9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 10.0, 6.0, 4.0, 5.0])
    site = np.arange(10)
    assert conformal_correction(distance, site, 0.8) == 9.0
    assert conformal_correction(distance, site, 0.9) == 10.0
    # Moved by the others' largest, nine of ten sites are held: nothing tells how to hold more.
    assert conformal_correction(distance, site, 0.91) is None


def test_the_order_of_rows_and_the_names_of_sites_change_nothing() -> None:
    rng = np.random.default_rng(0)
    distance, site = rng.normal(size=60), np.repeat(np.arange(12), 5)
    shuffled = rng.permutation(60)
    moved = conformal_correction(distance, site, 0.8)
    assert moved == conformal_correction(distance[shuffled], 100 - site[shuffled], 0.8)


def test_a_long_record_counts_as_one_site() -> None:
    # One site of 100 rows far off, and nine at rest: two thirds of the sites are at rest, though
    # a tenth of the rows.
    distance = np.concatenate([np.full(100, 50.0), np.zeros(9)])
    site = np.concatenate([np.zeros(100, int), np.arange(1, 10)])
    assert conformal_correction(distance, site, 0.5) == conformal_correction(
        distance[-10:], site[-10:], 0.5
    )
    assert conformal_correction(distance, site, 0.91) is None


def test_bounds_that_are_too_wide_move_inward() -> None:
    assert conformal_correction(np.full(20, -3.0), np.arange(20) // 2, 0.9) == -3.0


@pytest.mark.parametrize(("level", "sites"), [(0.5, 2), (0.8, 5), (0.9, 10), (0.95, 20)])
def test_a_level_needs_as_many_sites_as_it_is_told(level: float, sites: int) -> None:
    assert enough_sites(np.arange(sites), level)
    assert not enough_sites(np.arange(sites - 1), level)
    folds = (np.arange(sites - 1) % 2).astype(np.int16)
    assert (
        cross_conformal_corrections(np.zeros(sites - 1), np.arange(sites - 1), folds, level) is None
    )


def test_one_site_tells_nothing_of_another() -> None:
    assert conformal_correction(np.zeros(30), np.zeros(30, int), 0.5) is None


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_a_higher_level_never_moves_bounds_inward(values: list[float], level: float) -> None:
    distance, site = np.array(values), np.arange(len(values)) // 2
    lower, upper = (
        conformal_correction(distance, site, level - 0.1),
        conformal_correction(distance, site, level),
    )
    if upper is not None:
        assert lower is not None
        assert lower <= upper


def test_cross_fitting_never_asks_a_site_about_itself() -> None:
    # Each fold is one site; the other two tell 1 and 2, 0 and 2, 0 and 1: of two sites one is held
    # by the other, so that the larger holds a half.
    distance, site = np.array([0.0, 1.0, 2.0, 5.0]), np.array([0, 1, 2, 3])
    folds = np.array([0, 1, 2, -1], np.int16)
    found = cross_conformal_corrections(distance, site, folds, 0.5)
    assert found is not None
    assert found[:3].tolist() == [2.0, 2.0, 1.0]
    assert np.isnan(found[3])
    assert cross_conformal_corrections(distance, site, folds, 0.8) is None


def test_one_fold_has_no_others_to_ask() -> None:
    assert (
        cross_conformal_corrections(np.zeros(4), np.arange(4), np.zeros(4, np.int16), 0.5) is None
    )


def drawn(rng: np.random.Generator, sites: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances of rows that share most of what their site has of its own."""
    site = np.repeat(np.arange(sites), rng.integers(1, 2 * rows, sites))
    return rng.normal(size=sites)[site] + 0.3 * rng.normal(size=len(site)), site


@pytest.mark.parametrize(("sites", "level"), [(10, 0.5), (10, 0.8), (15, 0.9), (40, 0.95)])
def test_new_sites_are_held_as_often_as_said(sites: int, level: float) -> None:
    """On average over 200 studies, of which each one may well be off by more."""
    rng = np.random.default_rng(1)
    held = []
    for _ in range(200):
        moved = conformal_correction(*drawn(rng, sites, 10), level)
        if moved is not None:
            held.append(share_covered(drawn(rng, 20, 10)[0], moved))
    assert len(held) > 190
    assert np.mean(held) == pytest.approx(level, abs=0.03)


def test_rows_that_count_one_by_one_would_hold_too_few_new_sites() -> None:
    """Why sites count: with eight of them the quantile of rows at level 0.8 falls short."""
    rng = np.random.default_rng(2)
    by_rows, by_sites = [], []
    for _ in range(200):
        distance, site = drawn(rng, 8, 10)
        new, _ = drawn(rng, 20, 10)
        by_rows.append(share_covered(new, float(np.quantile(distance, 0.8))))
        moved = conformal_correction(distance, site, 0.8)
        assert moved is not None
        by_sites.append(share_covered(new, moved))
    assert np.mean(by_rows) < 0.785 < np.mean(by_sites)
