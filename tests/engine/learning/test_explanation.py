"""Importances and effects of forests whose making is known, and whether they make sense."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.cross_validation import SHUFFLES, shuffled
from wco2_engine.learning.explanation import (
    AccumulatedEffect,
    ApparentQ10,
    GroupImportance,
    accumulated_effects,
    apparent_q10,
    group_importances,
    plausibility,
)
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import Score
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent

NAMES = ("t_air", "t_soil", "snow", "noise")


def study(sites: int = 30, rows: int = 8, seed: int = 0) -> dict[str, Any]:
    """A flux of one temperature that is known twice, and of snow."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), rows)
    features = rng.normal(size=(len(site), 4))
    features[:, 1] = features[:, 0] + rng.normal(0, 0.05, len(site))
    target = 20 + 4 * features[:, 0] + 2 * features[:, 2] + rng.normal(0, 0.5, sites)[site]
    return {
        "features": features.astype(np.float32),
        "target": target,
        "site": site,
        "folds": deal_groups(site, 4, seed),
        "groups": {"noise": ("noise",), "climate": ("t_air", "t_soil"), "snow": ("snow",)},
        "names": NAMES,
        "hyperparameters": Hyperparameters(trees=20),
    }


def importances(case: dict[str, Any], run: RunContext | None = None) -> tuple[GroupImportance, ...]:
    rows = TrainingRows.from_arrays(case["features"], case["target"], case["site"], case["names"])
    return group_importances(rows, case["folds"], case["groups"], case["hyperparameters"], run)


def effects(
    forest: Any, features: Any, names: Any = ("x",), **options: Any
) -> list[AccumulatedEffect]:
    return list(accumulated_effects(forest, features, names, **options))


def test_groups_come_by_importance_and_noise_has_none() -> None:
    found = importances(study())
    assert [each.group for each in found] == ["climate", "snow", "noise"]
    climate, snow, noise = found
    assert climate.predictors == ("t_air", "t_soil")
    assert climate.excess.lower > snow.excess.upper > snow.excess.lower > 0
    assert abs(noise.excess.value) < 0.1 * snow.excess.value
    # The mean squared difference of two draws of 4 x is 2 * 16, that of 2 x is 2 * 4.
    assert climate.excess.value == pytest.approx(32, rel=0.3)
    assert snow.excess.value == pytest.approx(8, rel=0.3)


def test_shuffled_alone_each_of_two_kin_is_made_up_for_by_the_other() -> None:
    case = study()
    together = importances(case)[0].excess.value
    case["groups"] = {name: (name,) for name in NAMES[:2]}
    alone = [each.excess.value for each in importances(case)]
    assert sum(alone) < 0.7 * together


def test_the_share_is_the_excess_over_the_error() -> None:
    case = study()
    found = importances(case)
    errors = [each.excess.value / each.share for each in found]
    assert errors == pytest.approx([errors[0]] * 3)


def test_a_group_is_shuffled_in_company() -> None:
    # Both columns are the same: shuffled together they stay so, alone they need not.
    features = np.repeat(np.arange(20, dtype=np.float32)[:, None] // 10, 2, axis=1)
    rows = TrainingRows.from_arrays(features, np.arange(20.0), np.arange(20))
    test = np.arange(20) < 10
    moved = shuffled(rows, test, [[1], [0], [0, 1]], seed=0).reshape(3, SHUFFLES * 10, 2)
    np.testing.assert_array_equal(moved[0, :, 0], 0.0)
    np.testing.assert_array_equal(moved[1, :, 1], 0.0)
    np.testing.assert_array_equal(moved[2, :, 0], moved[2, :, 1])
    for k, column in ((0, 1), (1, 0), (2, 0)):
        assert set(moved[k, :, column].tolist()) == {0.0, 1.0}  # donors are of all rows


def test_a_static_predictor_of_a_held_out_site_is_shuffled_too() -> None:
    case = study()
    case["features"][:, 2] = np.random.default_rng(1).normal(size=30)[case["site"]]
    case["target"] = 3.0 * case["features"][:, 2].astype(np.float64)
    case["folds"] = case["site"].copy()
    case["hyperparameters"] = Hyperparameters(5)
    assert importances(case)[0].group == "snow"


def test_constant_predictors_and_a_constant_flux_have_no_importance() -> None:
    case = study()
    case["features"][:, 3] = 2.0
    by_name = {each.group: each for each in importances(case)}
    assert by_name["noise"].excess == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    case["target"] = np.full(240, 3.0)
    for each in importances(case):
        assert each.excess.value == pytest.approx(0.0, abs=1e-20)


def test_five_sites_have_importances_with_intervals() -> None:
    for each in importances(study(sites=5)):
        assert each.excess.lower <= each.excess.value <= each.excess.upper


def test_an_unknown_predictor_of_a_group_is_refused_with_the_nearest() -> None:
    with pytest.raises(Wco2Error, match="Unknown predictor 't_sol'"):
        importances({**study(), "groups": {"soil": ["t_sol"]}})


def test_the_effect_of_a_step_is_the_step(world: SimpleNamespace) -> None:
    forest = world.staircase([2.5], [10.0, 14.0])
    features = np.array([[1.0], [2.0], [3.0], [4.0]], np.float32)
    (found,) = effects(forest, features, bins=4)
    np.testing.assert_array_equal(found.edges, [1.0, 2.0, 3.0, 4.0])
    # 1 and 2 share the first bin, which has no lower neighbour. Uncentred 0, 0, 4, 4; the mean over
    # rows of the bins' middles is (2 * 0 + 1 * 2 + 1 * 4) / 4.
    np.testing.assert_array_equal(found.rows, [2, 1, 1])
    np.testing.assert_allclose(found.effect, [-1.5, -1.5, 2.5, 2.5])
    assert (found.gained, found.lost) == (4.0, 0.0)


def test_the_effects_of_an_additive_flux_are_its_parts() -> None:
    rng = np.random.default_rng(2)
    # Correlated at 0.8, where partial dependence would look far from the data.
    x = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 1500)
    features = x.astype(np.float32)
    target = 3 * x[:, 0] + x[:, 1] ** 2
    forest = fit_forest(features, target, Hyperparameters(60))
    first, second = effects(forest, features, ("a", "b"), bins=15)
    for found, part in ((first, lambda v: 3 * v), (second, lambda v: v**2)):
        inner = slice(1, -1)
        truth = part(found.edges)
        truth = truth - np.sum(found.rows * (truth[:-1] + truth[1:]) / 2) / found.rows.sum()
        error = np.abs(found.effect - truth)[inner]
        assert error.max() < 0.12 * np.ptp(truth)
        assert found.rows.sum() == 1500
    assert first.lost == 0.0


def test_effects_are_centred_over_the_rows() -> None:
    case = study()
    forest = fit_forest(case["features"], case["target"], case["hyperparameters"])
    for found in effects(forest, case["features"], NAMES):
        middles = (found.effect[:-1] + found.effect[1:]) / 2
        assert np.sum(found.rows * middles) == pytest.approx(0.0, abs=1e-9)
        assert found.rows.sum() == 240
        assert (found.rows > 0).all()
        assert (np.diff(found.edges) > 0).all()


def test_a_constant_predictor_has_one_edge_and_no_effect(world: SimpleNamespace) -> None:
    (found,) = effects(world.staircase([2.5], [1.0, 2.0]), np.full((5, 1), 3.0, np.float32))
    assert (found.edges.tolist(), found.effect.tolist(), found.rows.tolist()) == ([3.0], [0.0], [])
    assert (found.gained, found.lost) == (0.0, 0.0)


def test_a_predictor_of_two_values_has_one_bin(world: SimpleNamespace) -> None:
    features = np.array([[0.0]] * 9 + [[1.0]], np.float32)
    (found,) = effects(world.staircase([0.5], [1.0, 3.0]), features)
    assert found.edges.tolist() == [0.0, 1.0]
    np.testing.assert_allclose(found.effect, [-1.0, 1.0])


def test_q10_is_that_of_the_curve_that_it_is_given() -> None:
    temperature = np.linspace(-20.0, 5.0, 40)
    found = apparent_q10(2.0 * 3.0 ** (temperature / 10), temperature, np.arange(40) % 8)
    assert found.q10 == pytest.approx((3.0, 3.0, 3.0))
    assert found.slope.value == pytest.approx(np.log(3) / 10)
    assert (found.rows, found.sites, found.left_out) == (40, 8, 0)
    kelvin = apparent_q10(2.0 * 3.0 ** (temperature / 10), temperature + 273.15, np.arange(40) % 8)
    assert kelvin.q10.value == pytest.approx(3.0)


def test_its_interval_holds_the_truth_where_sites_differ() -> None:
    hits, rng = 0, np.random.default_rng(7)
    for _ in range(100):
        site = np.repeat(np.arange(40), 6)
        temperature = rng.normal(-8, 5, 40)[site] + rng.normal(0, 2, 240)
        log = 1.0 + 0.08 * temperature + rng.normal(0, 0.5, 40)[site] + rng.normal(0, 0.3, 240)
        found = apparent_q10(np.exp(log), temperature, site, draws=150).q10
        hits += found.lower <= np.exp(0.8) <= found.upper
    assert 0.77 <= hits / 100 <= 0.97


def test_fluxes_that_are_not_above_0_are_left_out_and_counted() -> None:
    flux = np.array([1.0, 2.0, 4.0, 0.0, -3.0])
    found = apparent_q10(flux, np.array([0.0, 10.0, 20.0, 5.0, 5.0]), np.arange(5))
    assert (found.rows, found.left_out) == (3, 2)
    assert found.q10.value == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("flux", "temperature"),
    [([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]), ([1.0, 2.0, -1.0], [1.0, 2.0, 3.0])],
)
def test_q10_is_undefined_without_a_spread_of_temperature_or_three_fluxes(
    flux: list[float], temperature: list[float]
) -> None:
    found = apparent_q10(np.array(flux), np.array(temperature), np.arange(3))
    assert np.isnan([*found.slope, *found.q10]).all()


def test_one_site_has_a_q10_without_interval() -> None:
    found = apparent_q10(np.array([1.0, 2.0, 4.0]), np.array([0.0, 10.0, 20.0]), np.zeros(3, int))
    assert found.q10.value == pytest.approx(2.0)
    assert np.isnan(found.q10[1:]).all()


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        ([0.0, 4.0, 3.0], "rises with t_soil, as is expected of respiration: from 0 to 2 it gains"),
        ([4.0, 0.0, 1.0], "falls with t_soil, which respiration does not explain"),
        ([0.0, 3.0, 0.5], "neither rises nor falls steadily with t_soil"),
        ([0.0, 0.0, 0.0], "does not depend on t_soil."),
    ],
)
def test_a_sentence_tells_whether_the_flux_follows_soil_temperature(
    effect: list[float], told: str
) -> None:
    found = AccumulatedEffect(
        "t_soil", np.array([0.0, 1.0, 2.0]), np.array(effect), np.array([5, 5])
    )
    nan = float("nan")
    slope = Score(0.07, 0.05, 0.09)
    measured = ApparentQ10(10, 3, 0, slope, Score(2.01, 1.65, 2.46))
    modelled = ApparentQ10(10, 1, 0, slope, Score(1.5, nan, nan))
    sentence = plausibility(found, measured, modelled)
    assert told in sentence
    assert sentence.endswith("Apparent Q10: 2.01 (1.65 to 2.46) measured, 1.50 predicted.")


@pytest.mark.parametrize(
    "work",
    [
        lambda case, asked: importances(case, RunContext(progress=asked)),
        lambda case, asked: effects(
            fit_forest(case["features"], case["target"], case["hyperparameters"]),
            case["features"],
            NAMES,
            progress=asked,
        ),
    ],
)
def test_work_stops_when_the_user_asks(work: Callable[[Any, Any], Any]) -> None:
    class Asked(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        work(study(), Asked())
