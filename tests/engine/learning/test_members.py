"""Members of resampled sites, and the interval that they give a total."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.joining import join_forests, split_forest
from wco2_engine.learning.members import Members, fit_members, total_interval
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent

TREES = Hyperparameters(trees=20)


def study(sites: int = 12, rows: int = 5, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), rows)
    features = rng.normal(size=(len(site), 3)).astype(np.float32)
    noise = rng.normal(0, 1, sites)[site] + rng.normal(0, 0.5, len(site))
    return features, 20.0 + 4.0 * features[:, 0] + noise, site


def fitted(
    members: int = 5, draw: str = "bootstrap", seed: int = 1, threads: int = 1, **run: Any
) -> Members:
    context = RunContext(seed, threads, **run)
    return fit_members(rows_of(study()), TREES, context, members, draw)


def rows_of(arrays: tuple[Any, Any, Any], weight: Any = None) -> TrainingRows:
    return TrainingRows.from_arrays(*arrays, sample_weight=weight)


def test_members_share_the_trees_and_each_draws_as_many_sites_as_there_are() -> None:
    found = fitted()
    assert [forest.n_trees for forest in found.forests] == [4] * 5
    assert found.drawn.shape == (5, 12)
    assert (found.drawn.sum(axis=1) == 12).all()
    assert len(np.unique(found.drawn, axis=0)) == 5


def test_a_member_knows_the_sites_that_it_drew_and_no_others() -> None:
    features, target, site = study()
    found = fitted()
    exact = np.isclose(found.predict(features), target)
    # Fully grown trees repeat the flux of each row that they were grown from.
    np.testing.assert_array_equal(exact, found.drawn[:, site] > 0)


def test_a_site_that_was_drawn_twice_counts_twice() -> None:
    features, target, site = study(sites=4)
    found = fit_members(
        rows_of((features, target, site)), Hyperparameters(trees=3, min_samples_leaf=100), members=3
    )
    for forest, times in zip(found.forests, found.drawn, strict=True):
        mean = np.average(target, weights=times[site])
        np.testing.assert_allclose(forest.predict(features), mean)
    assert (found.drawn > 1).any()


def test_the_same_seed_gives_the_same_members_for_any_number_of_threads() -> None:
    features = study()[0]
    expected = fitted().predict(features)
    np.testing.assert_array_equal(fitted(threads=2).predict(features, threads=2), expected)
    assert (fitted(seed=2).predict(features) != expected).any()


def test_weights_go_with_their_rows() -> None:
    features, target, site = study(sites=4)
    weight = np.linspace(1.0, 9.0, len(target))
    trees = Hyperparameters(trees=2, min_samples_leaf=100)
    found = fit_members(rows_of((features, target, site), weight), trees, members=2)
    expected = [np.average(target, weights=weight * times[site]) for times in found.drawn]
    np.testing.assert_allclose(found.predict(features[:1])[:, 0], expected)


def test_the_joined_forest_predicts_the_mean_of_the_members() -> None:
    features = study()[0]
    found = fitted()
    joined = join_forests(found.forests)
    assert joined.n_trees == 20
    np.testing.assert_allclose(
        joined.predict(features), found.predict(features).mean(axis=0), rtol=1e-13
    )


def test_splitting_undoes_joining_and_sharing_must_be_equal() -> None:
    found = fitted()
    joined = join_forests(found.forests)
    for before, after in zip(found.forests, split_forest(joined, 5), strict=True):
        for name, array in before.arrays().items():
            np.testing.assert_array_equal(array, after.arrays()[name])
    with pytest.raises(ValueError, match="20 trees are not 3 forests"):
        split_forest(joined, 3)


def test_a_constant_flux_has_a_total_without_spread() -> None:
    features, _, site = study()
    found = fit_members(rows_of((features, np.full(len(site), 3.0), site)), TREES, members=5)
    totals = found.predict(features).sum(axis=1)
    assert total_interval(180.0, totals) == pytest.approx((180.0, 180.0))


def test_five_sites_are_enough_and_one_is_not() -> None:
    assert len(fit_members(rows_of(study(sites=5)), TREES, members=5).forests) == 5
    with pytest.raises(Wco2Error, match="all rows are of one site"):
        fit_members(rows_of(study(sites=1)), TREES, members=5)


@pytest.mark.parametrize("members", [1, 21])
def test_trees_that_can_not_be_shared_are_refused(members: int) -> None:
    with pytest.raises(Wco2Error, match=f"20 trees can't be shared by {members} members"):
        fitted(members=members)


def test_fitting_stops_when_the_user_asks() -> None:
    class Asked(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        fitted(progress=Asked())


def test_the_interval_is_students_about_the_total_of_the_map() -> None:
    # Standard deviation sqrt(8), and Student's t of one degree of freedom at 0.95 is 6.3138.
    lower, upper = total_interval(11.0, [8.0, 12.0])
    reach = 6.313752 * np.sqrt(8)
    assert [float(lower), float(upper)] == pytest.approx([11 - reach, 11 + reach], rel=1e-6)


def test_years_have_intervals_of_their_own() -> None:
    of_members = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 20.0]])
    lower, upper = total_interval([2.0, 20.0], of_members, level=0.5)
    assert upper - lower == pytest.approx((upper - lower)[0] * np.array([1.0, 10.0]))


@pytest.mark.parametrize(("totals", "level"), [([1.0], 0.9), ([1.0, 2.0], 1.0)])
def test_an_interval_needs_two_members_and_a_level_below_1(totals: Any, level: float) -> None:
    with pytest.raises(ValueError, match="give no interval"):
        total_interval(1.0, totals, level)


def test_halves_take_half_of_the_sites_each_once() -> None:
    even, odd = (
        fitted(draw="halves"),
        fit_members(rows_of(study(sites=5)), TREES, members=4, draw="halves"),
    )
    assert even.drawn.sum(axis=1).tolist() == [6] * 5
    assert odd.drawn.sum(axis=1).tolist() == [2, 3, 2, 3]
    assert set(even.drawn.ravel().tolist()) == {0, 1}
    # What one member leaves the next one takes.
    assert (even.drawn[:4:2] + even.drawn[1:4:2] == 1).all()
    assert (odd.drawn[::2] + odd.drawn[1::2] == 1).all()
    assert len(np.unique(even.drawn, axis=0)) == 5
    assert fit_members(rows_of(study(sites=2)), TREES, members=2, draw="halves").drawn.sum() == 2


def test_neighbours_are_drawn_together() -> None:
    rows = rows_of(study(sites=40))
    # Ten roads of four sites each, a site every 500 m and 20 degrees between roads.
    road = rows.site // 4
    longitude = 20.0 * road + 0.01 * (rows.site % 4) + 1.0
    placed = replace(rows, longitude=longitude, latitude=np.full(len(rows), 65.0))
    found = fit_members(placed, TREES, RunContext(1), 5, "blocks")
    by_road = found.drawn.reshape(5, 10, 4)
    assert (by_road == by_road[:, :, :1]).all()
    assert (found.drawn.sum(axis=1) == 20).all()
    assert len(np.unique(found.drawn, axis=0)) == 5


def test_sites_are_drawn_one_by_one_where_blocks_are_few_or_one_has_most() -> None:
    rows = rows_of(study(sites=12))
    plain = fit_members(rows, TREES, RunContext(1), 5, "halves").drawn
    many = np.where(rows.site < 7, 10.0, 20.0 * rows.site)  # seven of twelve in one block
    few = 20.0 * (rows.site // 4)
    for longitude in (many, few):
        placed = replace(rows, longitude=longitude.astype(float), latitude=np.full(len(rows), 65.0))
        found = fit_members(placed, TREES, RunContext(1), 5, "blocks")
        assert np.array_equal(found.drawn, plain)
    nowhere = fit_members(rows, TREES, RunContext(1), 5, "blocks").drawn
    assert nowhere.sum(axis=1).tolist() == [6] * 5


def test_an_unknown_draw_is_refused_with_the_nearest() -> None:
    with pytest.raises(Wco2Error, match="Did you mean 'halves'"):
        fitted(draw="halfs")


def test_the_interval_of_a_total_holds_the_truth_in_most_simulated_studies() -> None:
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(400, 3)).astype(np.float32)
    truth = float(np.sum(20.0 + 4.0 * cells[:, 0]))
    trees, hits, spread = Hyperparameters(trees=60), 0, {"halves": 0.0, "bootstrap": 0.0}
    for seed in range(20):
        features, target, site = study(sites=30, seed=100 + seed)
        run = RunContext(seed)
        total = fit_forest(features, target, trees, run).predict(cells).sum()
        for draw in spread:
            members = fit_members(rows_of((features, target, site)), trees, run, 20, draw)
            totals = members.predict(cells).sum(axis=1)
            spread[draw] += totals.std() / 20
            lower, upper = total_interval(total, totals, 0.9)
            hits += bool(draw == "halves" and lower <= truth <= upper)
    assert hits >= 17
    # The mean of 30 sites of standard deviation 1 has 1 / sqrt(30), and there are 400 cells.
    assert spread["bootstrap"] < 400 / np.sqrt(30) < spread["halves"]
