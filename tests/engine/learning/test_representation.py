"""Where one more site would bring the mean dissimilarity down most."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.representation import Demand, next_sites

# Cells on a line, of one month each. All that was measured lies at 0.
LINE = np.array([1.0, 4.0, 5.0, 6.0, 20.0])


def on_a_line(weight: list[float]) -> Demand:
    share = np.array(weight)[:, None] / sum(weight)
    return Demand(LINE[:, None, None], LINE[:, None], share)


def test_the_first_site_stands_where_much_ground_is_alike() -> None:
    demand = on_a_line([1, 1, 1, 1, 1])
    # A site at 5 brings 4, 5 and 6 down to 1, 0 and 1, and 20 to 15: 3 + 5 + 5 + 5 of 5 cells.
    expected = [(1 + 1 + 1 + 1 + 1) / 5, (4 + 4 + 4 + 4) / 5, 18 / 5, (2 + 4 + 6 + 6) / 5, 20 / 5]
    np.testing.assert_allclose(demand.gains(demand.places), expected, atol=1e-12)
    first, second = next_sites([demand], 2)
    assert (first.cell, second.cell) == (4, 2)
    assert first.gain == pytest.approx(20 / 5)
    assert second.gain == pytest.approx((3 + 5 + 5) / 5)
    np.testing.assert_allclose(second.di[0].ravel(), [1, 1, 0, 1, 0], atol=1e-6)


def test_what_ground_weighs_decides() -> None:
    (first,) = next_sites([on_a_line([1, 10, 10, 10, 1])], 1)
    assert first.cell == 2


def test_a_site_measures_all_months_of_the_winter() -> None:
    # The second cell's January is like the first cell's November.
    places = np.array([[[3.0], [9.0]], [[50.0], [3.0]]])
    demand = Demand(places, np.full((2, 2), 10.0), np.full((2, 2), 0.25))
    # From cell 1: 3 and 50 are at 0, its 3 at 0, and 9 is 6 away from 3.
    np.testing.assert_allclose(
        demand.gains(places), [(10 + 10 + 10 + 0) / 4, (10 + 10 + 10 + 4) / 4], atol=1e-12
    )


def test_a_region_brings_nothing_to_another() -> None:
    near = Demand(np.zeros((3, 1, 1)), np.full((3, 1), 2.0), np.full((3, 1), 0.1))
    far = Demand(np.zeros((2, 1, 2)), np.full((2, 1), 9.0), np.full((2, 1), 0.35))
    picks = next_sites([near, far], 5)
    # Of each region one, and no third, for all cells of a region are alike.
    assert [(pick.region, round(pick.gain, 12)) for pick in picks] == [(1, 6.3), (0, 0.6)]
    np.testing.assert_array_equal(picks[0].di[0], near.di)


@given(
    cells=st.integers(2, 12),
    months=st.integers(1, 3),
    seed=st.integers(0, 999),
    n=st.integers(1, 6),
)
def test_each_next_site_is_the_best_of_what_is_left(
    cells: int, months: int, seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(cells, months, 2))
    weight = rng.uniform(0.1, 1, (cells, months))
    demand = Demand(places, rng.uniform(0, 3, (cells, months)), weight / weight.sum())
    picks = next_sites([demand], n)
    left = demand
    for pick in picks:
        gains = left.gains(places)
        assert pick.gain == pytest.approx(gains.max(), abs=1e-6)
        before, after = (np.sum(demand.weight * di) for di in (left.di, pick.di[0]))
        assert before - after == pytest.approx(pick.gain, abs=1e-9)
        left = Demand(places, pick.di[0], demand.weight)
    assert all(a.gain >= b.gain - 1e-6 for a, b in pairwise(picks))


def test_gains_are_of_the_dissimilarity_index() -> None:
    """A site that is put into the training gives the index that its gain says."""
    rng = np.random.default_rng(4)
    training, cells = rng.normal(size=(30, 3)), rng.normal(1, 1, (20, 3))
    area = AreaOfApplicability().fit(training, weights=[3.0, 1.0, 2.0])
    demand = Demand(
        area.places(cells)[:, None], area.predict(cells).di[:, None], np.full((20, 1), 0.05)
    )
    (pick,) = next_sites([demand], 1)
    site = area.places(cells[[pick.cell]])
    apart = np.sqrt(((area.places(cells) - site) ** 2).sum(axis=1))
    np.testing.assert_allclose(
        pick.di[0].ravel(), np.minimum(area.predict(cells).di, apart), atol=1e-6
    )
    at = area.places(training)
    nearest = np.sqrt(((area.places(cells)[:, None] - at) ** 2).sum(axis=2)).min(axis=1)
    np.testing.assert_allclose(area.predict(cells).di, nearest, atol=1e-12)
