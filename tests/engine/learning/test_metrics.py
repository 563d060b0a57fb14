"""Scores by hand and against scikit-learn; intervals that hold the truth as often as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from wco2_engine.learning.metrics import LABELS, draw_sites, rmse_gain, scores, site_sums


def study(sites: int, seed: int, rows: int = 8) -> tuple[Any, Any, Any]:
    """Errors of 0 mean: of variance 4 between sites, and of 4 within."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(sites), rows)
    observed = rng.normal(20, 8, sites)[group] + rng.normal(0, 3, len(group))
    error = rng.normal(0, 2, sites)[group] + rng.normal(0, 2, len(group))
    return observed, observed + error, group


def test_scores_are_those_worked_by_hand() -> None:
    found = scores([1, 2, 3, 4], [1, 3, 3, 5], [0, 0, 1, 1])
    # Errors 0, 1, 0, 1. Observed deviate by -1.5, -0.5, 0.5, 1.5, predicted by -2, 0, 0, 2.
    r, alpha, beta = 6 / np.sqrt(5 * 8), np.sqrt(8 / 5), 3 / 2.5
    expected = {
        "r2": 1 - 2 / 5,
        "nse": 0.6,
        "mae": 0.5,
        "rmse": np.sqrt(0.5),
        "bias": 0.5,
        "kge_r": r,
        "kge_alpha": alpha,
        "kge_beta": beta,
        "kge": 1 - np.sqrt((r - 1) ** 2 + (alpha - 1) ** 2 + (beta - 1) ** 2),
    }
    assert set(expected) == set(LABELS)
    for name, value in expected.items():
        assert found.labelled(name).value == pytest.approx(value, rel=1e-12), name
    assert (found.n, found.sites) == (4, 2)


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(3, 60),
    offset=st.sampled_from([0.0, 30.0, -1e5]),
)
def test_scores_equal_scikit_learns(seed: int, rows: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    observed = rng.normal(0, 5, rows) + offset
    predicted = observed + rng.normal(1, 4, rows)
    found = scores(observed, predicted, np.arange(rows) % 3, draws=1)
    assert found.r2.value == pytest.approx(r2_score(observed, predicted), rel=1e-8, abs=1e-8)
    assert found.mae.value == pytest.approx(mean_absolute_error(observed, predicted), rel=1e-8)
    mse = mean_squared_error(observed, predicted)
    assert found.rmse.value == pytest.approx(np.sqrt(mse), rel=1e-8)
    correlation = np.corrcoef(observed, predicted)[0, 1]
    assert found.kge_r.value == pytest.approx(correlation, abs=1e-7)
    assert found.kge_alpha.value == pytest.approx(predicted.std() / observed.std(), rel=1e-7)


def test_perfect_predictions_score_one() -> None:
    observed = np.array([1.0, 5.0, 2.0, 8.0])
    found = scores(observed, observed, [0, 1, 2, 3])
    assert [found.r2.value, found.kge.value] == pytest.approx([1.0, 1.0])
    assert (found.rmse.value, found.bias.value) == (0.0, 0.0)


def test_the_interval_is_that_of_scores_of_resampled_sites() -> None:
    observed, predicted, group = study(6, seed=4)
    found = scores(observed, predicted, group, level=0.8, draws=50, seed=9)
    drawn = []
    for times in draw_sites(6, 50, seed=9).astype(int):
        rows = np.repeat(np.arange(len(group)), times[group])
        drawn.append(r2_score(observed[rows], predicted[rows]))
    assert found.r2[1:] == pytest.approx(np.quantile(drawn, [0.1, 0.9]), rel=1e-10)


def test_every_draw_takes_as_many_sites_as_there_are() -> None:
    drawn = draw_sites(7, 300, seed=0)
    assert (drawn.sum(axis=1) == 7).all()
    assert drawn.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_rows_are_summed_by_site_whatever_the_labels() -> None:
    sums = site_sums(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), [9, -3, 9])
    np.testing.assert_array_equal(sums, [[2.0, 20.0], [5.0, 50.0]])


def test_intervals_by_site_hold_the_truth_as_often_as_they_say_and_those_by_row_do_not() -> None:
    by_site, by_row, studies = 0, 0, 150
    for seed in range(studies):
        observed, predicted, group = study(60, seed)
        of_sites = scores(observed, predicted, group, draws=200).bias
        of_rows = scores(observed, predicted, np.arange(len(group)), draws=200).bias
        by_site += of_sites.lower <= 0 <= of_sites.upper
        by_row += of_rows.lower <= 0 <= of_rows.upper
    assert 0.81 <= by_site / studies <= 0.97  # 0.9 with three standard errors, less for few sites
    assert by_row / studies < 0.7


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    observed, predicted, group = study(12, seed=1)
    first, again, other = (scores(observed, predicted, group, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.rmse.value == other.rmse.value
    assert first.rmse != other.rmse


def test_constant_observations_leave_r2_and_kge_undefined() -> None:
    found = scores(np.full(6, 5.1), np.array([5.0, 5.2, 5.1, 5.4, 5.3, 5.6]), np.arange(6))
    for name in ("r2", "kge", "kge_r", "kge_alpha"):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.kge_beta.value == pytest.approx(5.2666667 / 5.1)
    assert found.mae.value == pytest.approx((0.1 + 0.1 + 0 + 0.3 + 0.2 + 0.5) / 6)
    assert found.mae.lower < found.mae.value < found.mae.upper


def test_constant_predictions_have_an_r2_but_no_correlation() -> None:
    found = scores(np.array([1.0, 2.0, 3.0, 6.0]), np.full(4, 3.0), np.arange(4))
    assert found.r2.value == 0.0
    assert found.kge_alpha.value == 0.0
    assert np.isnan([found.kge_r.value, found.kge.value]).all()


def test_observations_of_mean_0_have_no_bias_ratio() -> None:
    found = scores(np.array([-1.0, 1.0, -3.0, 3.0]), np.array([-1.0, 2.0, -2.0, 3.0]), np.arange(4))
    assert np.isnan([found.kge_beta.value, found.kge.value]).all()
    assert np.isfinite(found.r2.value)


def test_one_site_has_scores_but_no_intervals() -> None:
    found = scores([1.0, 2.0, 4.0], [1.5, 2.0, 3.0], ["a", "a", "a"])
    assert found.sites == 1
    for name in LABELS:
        score = found.labelled(name)
        assert np.isfinite(score.value), name
        assert np.isnan(score[1:]).all(), name


def test_five_sites_have_intervals_around_the_score() -> None:
    found = scores(*study(5, seed=2))
    for name in LABELS:
        value, lower, upper = found.labelled(name)
        assert lower < value < upper or name == "kge_r", name


def test_a_score_that_many_draws_leave_undefined_has_no_interval() -> None:
    # Half of the draws take one of the two sites twice, where the observed do not vary.
    found = scores([1.0, 1.0, 3.0, 3.0], [1.0, 2.0, 3.0, 2.0], [0, 0, 1, 1])
    assert found.r2.value == pytest.approx(0.5)
    assert np.isnan(found.r2[1:]).all()
    assert np.isfinite(found.mae[1:]).all()


def test_a_row_for_a_table_has_each_score_with_its_ends() -> None:
    found = scores(*study(8, seed=0))
    row = found.row()
    assert list(row)[:5] == ["n", "sites", "r2", "r2_lower", "r2_upper"]
    assert len(row) == 2 + 3 * len(LABELS)
    assert row["bias_upper"] == found.bias.upper


def test_the_gain_is_the_difference_of_the_two_rmse() -> None:
    observed, good, group = study(30, seed=6)
    bad = good + np.where(good > observed, 2.0, -2.0)
    gain = rmse_gain(observed, bad, good, group)
    alone = scores(observed, bad, group).rmse, scores(observed, good, group).rmse
    assert gain.value == pytest.approx(alone[0].value - alone[1].value)
    assert gain.lower > 0
    assert rmse_gain(observed, good, bad, group).value == -gain.value
    # What makes a site hard concerns both: their difference is known better than either.
    assert gain.upper - gain.lower < alone[1].upper - alone[1].lower


def test_equal_predictions_gain_nothing() -> None:
    observed, predicted, group = study(5, seed=0)
    assert rmse_gain(observed, predicted, predicted, group) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"observed": [], "predicted": [], "group": []}, "observed"),
        ({"predicted": [1.0]}, "predicted"),
        ({"group": [1]}, "sites"),
        ({"predicted": [1.0, np.nan]}, "gaps"),
        ({"level": 1.0}, "level"),
        ({"draws": 0}, "draws"),
    ],
)
def test_calls_that_make_no_sense_are_refused(changes: dict[str, Any], told: str) -> None:
    call: dict[str, Any] = {"observed": [1.0, 2.0], "predicted": [1.0, 2.0], "group": [0, 1]}
    with pytest.raises(ValueError, match=told):
        scores(**{**call, **changes})
