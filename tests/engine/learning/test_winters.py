"""Bounds of winters hold as many winters as they say, whatever goes together in their months."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wco2_engine.learning.winters import (
    HeldOutMonths,
    correlation_of_months,
    share_of_sum,
    winter_bounds,
    winter_factor,
    winters_of_sites,
)
from wco2_engine.season import Winter

WINTER = Winter((10, 11, 12, 1, 2, 3, 4))


def drawn(
    rng: np.random.Generator, correlation: float, sites: int, most: int = 7, width: float = 1.645
) -> HeldOutMonths:
    """Normal errors of spread 1, of which months of one winter share a part; `most` months each.

    Bounds of 1.645 about the prediction hold 90 % of the months.
    """
    size = rng.integers(2, most + 1, sites)
    site = np.repeat(np.arange(sites), size)
    month = np.concatenate([rng.permutation(WINTER.months)[:n] for n in size])
    shared = rng.normal(size=sites)[site]
    error = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(size=len(site))
    zero = np.zeros(len(site))
    return HeldOutMonths(site, site, month, error, zero, zero - width, zero + width)


def test_a_winter_of_a_site_is_known_by_its_name_and_a_month_alone_is_none() -> None:
    site = np.array([1, 1, 1, 1, 2, 2])
    year = np.array([2000, 2001, 2001, 2002, 2001, 2001])
    month = np.array([12, 1, 10, 4, 2, 10])
    # December 2000 and January 2001 are of 2001, October 2001 and April 2002 of 2002; the other
    # site has one month in each.
    assert winters_of_sites(site, year, month, WINTER).tolist() == [0, 0, 1, 1, -1, -1]
    none = np.zeros(0, int)
    assert winters_of_sites(none, none, none, WINTER).tolist() == []


def test_bounds_come_nearer_to_the_estimate_by_the_factor() -> None:
    estimate, lower, upper = np.array([10.0, 10.0]), np.array([4.0, 12.0]), np.array([20.0, 16.0])
    low, high = winter_bounds(estimate, lower, upper, 0.5)
    assert low.tolist() == [7.0, 10.0]  # a lower bound above the estimate is put onto it
    assert high.tolist() == [15.0, 13.0]


def test_errors_spread_by_their_correlation() -> None:
    total, squares = np.array([4.0]), np.array([4.0])  # four months of half width 1
    assert share_of_sum(total, squares, 1.0).tolist() == [1.0]
    assert share_of_sum(total, squares, 0.0).tolist() == [0.5]
    assert share_of_sum(total, squares, 0.2).tolist() == [pytest.approx(np.sqrt(0.4))]
    assert share_of_sum(np.zeros(1), np.zeros(1), 0.5).tolist() == [1.0]


def test_the_correlation_is_that_of_pairs_with_two_sites_more_of_wholly_equal_errors() -> None:
    # Two winters of equal errors, two of opposite ones and two with one error alone: all pairs
    # come to 1 - 1 + 0 of squares of 1, 1 and 1/2 a site. Two sites of 1 are put beside the six.
    error = np.array([1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    site, zero = np.repeat(np.arange(6), 2), np.zeros(12)
    month = np.resize([1, 2], 12)
    held = HeldOutMonths(site, site, month, error, zero, zero - 1, zero + 1)
    assert correlation_of_months(held) == pytest.approx(2 / 8)
    assert correlation_of_months(held.subset(site < 4)) is None
    # Of twins only two count as errors that go together.
    assert correlation_of_months(held.subset(site != 5)) == pytest.approx(2 / 7)
    still = HeldOutMonths(site, site, month, zero, zero, zero - 1, zero + 1)
    assert correlation_of_months(still) is None


def test_one_far_error_decides_nothing() -> None:
    rng = np.random.default_rng(0)
    held = drawn(rng, 0.5, 400)
    wild = held.observed.copy()
    wild[:2] = 1e6, -1e6
    far = HeldOutMonths(**{**vars(held), "observed": wild})
    found = correlation_of_months(held)
    assert found == pytest.approx(0.5, abs=0.06)
    assert correlation_of_months(far) == pytest.approx(found, abs=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.9])
def test_whole_winters_are_held_though_those_that_tell_lack_months(correlation: float) -> None:
    """Held-out winters of two to four months; judged are winters of seven.

    Where errors have nothing in common, the two sites that are added keep bounds a little wide.
    """
    rng = np.random.default_rng(3)
    held, factors = [], []
    for _ in range(60):
        factor = winter_factor(drawn(rng, correlation, 40, most=4), 0.9, WINTER)
        assert factor is not None
        shared = rng.normal(size=500)
        off = 7 * np.sqrt(correlation) * shared
        off += np.sqrt(7 * (1 - correlation)) * rng.normal(size=500)
        held.append(np.mean(np.abs(off) <= factor * 7 * 1.645))
        factors.append(factor)
    assert np.mean(held) == pytest.approx(0.94 if correlation == 0 else 0.9, abs=0.02)
    told = (40 * correlation + 2) / 42
    assert np.mean(factors) == pytest.approx(np.sqrt(told + (1 - told) / 7), abs=0.04)


@given(st.floats(0.1, 100), st.integers(0, 20))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_fluxes_and_the_names_of_sites_change_nothing(unit: float, seed: int) -> None:
    held = drawn(np.random.default_rng(seed), 0.5, 12)
    same = HeldOutMonths(
        100 - held.site,
        held.winter,
        held.month,
        *(unit * v for v in (held.observed, held.predicted, held.lower, held.upper)),
    )
    factor = winter_factor(held, 0.8, WINTER)
    assert factor is not None
    assert winter_factor(same, 0.8, WINTER) == pytest.approx(factor)


def test_few_sites_tell_no_factor() -> None:
    rng = np.random.default_rng(1)
    assert winter_factor(drawn(rng, 0.5, 9), 0.9, WINTER) is None
    assert winter_factor(drawn(rng, 0.5, 4), 0.5, WINTER) is None
    assert winter_factor(drawn(rng, 0.5, 5), 0.5, WINTER) is not None
    assert winter_factor(drawn(rng, 0.5, 40, width=0.0), 0.5, WINTER) is None
