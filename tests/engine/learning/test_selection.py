"""Predictors that help are chosen, noise and copies are not, and each round is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import rmse_gain
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.learning.selection import (
    Selection,
    collinearity,
    forward_selection,
    recursive_elimination,
)
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent

TREES = Hyperparameters(trees=10)
NAMES = ("soil_temperature", "snow", "noise_1", "noise_2", "noise_3")
BOTH = pytest.mark.parametrize("select", [forward_selection, recursive_elimination])
Select = Callable[..., Selection]


def study(sites: int = 30, rows: int = 6, seed: int = 0) -> dict[str, Any]:
    """A flux of soil temperature and snow; three predictors of noise, one of them by site."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), rows)
    features = rng.normal(size=(len(site), 5))
    features[:, 4] = rng.normal(size=sites)[site]
    flux = 20 + 4 * features[:, 0] + 3 * features[:, 1] + rng.normal(0, 0.7, sites)[site]
    return {
        "features": features.astype(np.float32),
        "target": flux + rng.normal(0, 0.7, len(site)),
        "names": NAMES,
        "site": site,
        "folds": deal_groups(site, 4, seed),
    }


def select_by(
    select: Select, case: dict[str, Any], run: RunContext | None = None, **options: Any
) -> Selection:
    rows = rows_of(case)
    return select(rows, case["folds"], TREES, run or RunContext(), **options)


def rows_of(case: dict[str, Any]) -> TrainingRows:
    return TrainingRows.from_arrays(case["features"], case["target"], case["site"], case["names"])


@BOTH
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_is_not_selected_and_what_makes_the_flux_is(select: Select, seed: int) -> None:
    found = select_by(select, study(seed=seed))
    assert found.chosen == ("soil_temperature", "snow")
    assert found.rmse < 1.05 * found.rmse_of_all


def test_forward_selection_starts_with_the_best_pair_and_tells_its_rounds() -> None:
    found = select_by(forward_selection, study())
    first, *more = found.steps
    assert (first.predictors, first.tried, first.kept) == (("soil_temperature", "snow"), 10, True)
    assert [(s.tried, s.kept, len(s.predictors)) for s in more] == [
        (3, False, 3),
        (2, False, 4),
        (1, False, 5),
    ]
    assert found.stopped == "all predictors are in"
    # All, ten pairs, three triples, two of four and one of five, with four folds.
    assert found.fits == 4 * (1 + 10 + 3 + 2 + 1)


def test_two_predictors_that_only_together_tell_something_are_both_found() -> None:
    rng = np.random.default_rng(0)
    case = study(rows=10)
    case["features"] = rng.normal(size=(300, 5)).astype(np.float32)
    case["features"][:, 2:4] = np.sign(case["features"][:, 2:4])
    case["names"] = ("a", "b", "one", "other", "noise")
    a, b, one, other, _ = case["features"].T
    case["target"] = 4 * a + 4 * b + 3 * one * other
    found = select_by(forward_selection, case)
    sets = [step.predictors for step in found.steps[:2]]
    assert sets[0] == ("a", "b")
    pair, three = (
        cross_val_predict(
            rows_of(case).with_predictors([case["names"].index(name) for name in names]),
            case["folds"],
            TREES,
        ).predicted
        for names in sets
    )
    # The first of the two brings nothing clear by itself.
    assert rmse_gain(case["target"], pair, three, case["site"]).lower < 0
    assert found.chosen == ("a", "b", "one", "other")


def test_with_any_gain_it_takes_whatever_lowers_the_error_as_cast_does_by_default() -> None:
    found = select_by(forward_selection, study(seed=3), criterion="any")
    errors = [step.rmse for step in found.steps if step.kept]
    assert errors == sorted(errors, reverse=True)
    assert found.rmse == errors[-1]
    assert all(step.rmse >= found.rmse for step in found.steps)


def test_the_error_of_a_set_is_that_of_held_out_predictions() -> None:
    case = study()
    found = select_by(forward_selection, case)
    rows = rows_of(case).with_predictors((0, 1))
    predicted = cross_val_predict(rows, case["folds"], TREES).predicted
    assert found.rmse == np.sqrt(np.mean((predicted - case["target"]) ** 2))


def test_elimination_takes_the_least_important_away_one_by_one() -> None:
    found = select_by(recursive_elimination, study())
    assert [len(step.predictors) for step in found.steps] == [5, 4, 3, 2, 1]
    assert found.steps[0].changed == NAMES
    assert {step.changed[0] for step in found.steps[1:4]} == {"noise_1", "noise_2", "noise_3"}
    assert [step.kept for step in found.steps] == [False, False, False, True, False]
    assert found.fits == 4 * 5


@BOTH
def test_the_same_call_gives_the_same_selection_for_any_number_of_threads(select: Select) -> None:
    assert select_by(select, study()) == select_by(select, study(), RunContext(threads=2))


@BOTH
def test_constant_predictors_and_copies_are_set_aside_and_named(select: Select) -> None:
    case = study()
    celsius = case["features"][:, :1]
    flat = np.full_like(celsius, 7.0)
    case["features"] = np.hstack([case["features"][:, :3], celsius + 273.15, -celsius, flat])
    case["names"] = (*NAMES[:3], "in_kelvin", "sign_changed", "flat")
    found = select_by(select, case)
    assert found.chosen == ("soil_temperature", "snow")
    assert found.set_aside == {
        "in_kelvin": "same as soil_temperature",
        "sign_changed": "same as soil_temperature",
        "flat": "constant",
    }


@BOTH
def test_of_two_nearly_equal_predictors_one_stays_at_least(select: Select) -> None:
    case = study()
    near = case["features"][:, :1] + np.random.default_rng(9).normal(0, 0.02, (180, 1))
    case["features"] = np.hstack([case["features"][:, :2], near.astype(np.float32)])
    case["names"] = ("soil_temperature", "snow", "air_temperature")
    chosen = select_by(select, case).chosen
    assert "snow" in chosen
    assert {"soil_temperature", "air_temperature"} & set(chosen)
    (pair,) = collinearity(case["features"], case["names"]).pairs
    assert pair[:2] == ("soil_temperature", "air_temperature")


@BOTH
def test_five_sites_are_enough_to_select(select: Select) -> None:
    found = select_by(select, study(sites=5, rows=12))
    assert set(found.chosen) <= set(NAMES)
    assert np.isfinite(found.rmse)


@BOTH
def test_the_one_predictor_that_varies_is_chosen(select: Select) -> None:
    case = study()
    case["features"][:, 1:] = 1.0
    found = select_by(select, case)
    assert found.chosen == ("soil_temperature",)
    assert found.rmse == found.rmse_of_all


@BOTH
def test_rows_that_are_never_held_out_train_only(select: Select) -> None:
    case = study()
    case["folds"] = np.where(case["site"] < 3, -1, case["folds"])
    assert "soil_temperature" in select_by(select, case).chosen


@BOTH
def test_a_constant_flux_is_refused(select: Select) -> None:
    case = study()
    case["target"][:] = 4.2
    with pytest.raises(Wco2Error, match="the flux is the same in all 180 rows"):
        select_by(select, case)


@BOTH
def test_predictors_that_all_stay_constant_are_refused(select: Select) -> None:
    case = study()
    case["features"][:] = 1.0
    with pytest.raises(Wco2Error, match="none of them varies"):
        select_by(select, case)


@BOTH
def test_a_predictor_with_a_gap_is_refused_by_name(select: Select) -> None:
    case = study()
    case["features"][:, 1] = np.nan
    with pytest.raises(Wco2Error, match=r"'snow' has no value in row 1 \(180 gaps in all\)"):
        select_by(select, case)


@BOTH
def test_an_unknown_criterion_is_refused_with_the_nearest(select: Select) -> None:
    with pytest.raises(Wco2Error, match="Did you mean 'clear'"):
        select_by(select, study(), criterion="cleer")


def test_a_budget_below_the_first_round_is_refused_with_what_is_needed() -> None:
    with pytest.raises(Wco2Error, match="needs 44 forests, and 43 are allowed"):
        select_by(forward_selection, study(), budget=43)
    with pytest.raises(Wco2Error, match="needs 20 forests, and 19 are allowed"):
        select_by(recursive_elimination, study(), budget=19)


def test_the_budget_ends_the_selection_before_a_round_that_would_exceed_it() -> None:
    found = select_by(forward_selection, study(), budget=44 + 11)
    assert found.stopped == "the budget is used up"
    assert found.fits == 44
    assert found.chosen == ("soil_temperature", "snow")


@BOTH
def test_selecting_tells_how_far_it_is_and_stops_when_the_user_asks(select: Select) -> None:
    class Watch(Silent):
        def __init__(self, rounds: int) -> None:
            self.told: list[float] = []
            self.rounds = rounds

        def update(self, fraction: float, message: str = "") -> None:
            self.told.append(fraction)

        def cancelled(self) -> bool:
            return len(self.told) >= self.rounds

    watch = Watch(3)
    with pytest.raises(Cancelled):
        select_by(select, study(), RunContext(progress=watch))
    assert len(watch.told) == 3
    patient = Watch(10**6)
    select_by(select, study(), RunContext(progress=patient))
    assert patient.told == sorted(patient.told)
    assert 0 <= patient.told[0] <= patient.told[-1] <= 1


def test_rank_correlations_equal_scipys() -> None:
    from scipy.stats import spearmanr

    features = study()["features"]
    features[:, 1] += features[:, 0]
    found = collinearity(features, NAMES)
    np.testing.assert_allclose(found.spearman, spearmanr(features)[0], atol=1e-12)


def test_pairs_beyond_the_threshold_are_named_the_strongest_first() -> None:
    x = np.arange(8, dtype=np.float32)
    features = np.column_stack([x, -(x**3), x % 2, [0, 1, 2, 3, 4, 5, 7, 6]]).astype(np.float32)
    found = collinearity(features, ("a", "b", "c", "d"), threshold=0.9)
    assert [pair[:2] for pair in found.pairs] == [("a", "b"), ("a", "d"), ("b", "d")]
    # Two neighbours changed places: 1 - 6 * 2 / (8 * 63).
    expected = [-1.0, 1 - 12 / 504, -(1 - 12 / 504)]
    assert [pair[2] for pair in found.pairs] == pytest.approx(expected)


def test_variance_inflation_is_one_over_the_share_that_the_others_leave() -> None:
    # b = a + e with a and e at right angles and of equal length: R2 of b from a is one half.
    a, e = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])
    found = collinearity(np.column_stack([a, a + e]).astype(np.float32), ("a", "b"))
    np.testing.assert_allclose(found.vif, [2.0, 2.0])


def test_copies_inflate_without_bound_and_constants_have_no_inflation() -> None:
    features = study()["features"]
    features[:, 3], features[:, 4] = features[:, 0] * 2, 5.0
    found = collinearity(features, NAMES)
    assert np.isinf(found.vif[[0, 3]]).all()
    assert found.vif[[1, 2]] == pytest.approx([1.0, 1.0], abs=0.1)
    assert np.isnan(found.vif[4])
    assert np.isnan(found.spearman[4]).all()
    assert found.pairs[0][:2] == ("soil_temperature", "noise_2")
