"""What held-out rows tell, on rows whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled
from wco2_engine.learning.cross_validation import HeldOutPredictions, cross_val_predict
from wco2_engine.learning.evaluation import (
    MAX_LABELS,
    conformal_corrections,
    coverage_rows,
    score_rows,
    winter_coverage_rows,
    winter_factors,
)
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent
from wco2_engine.season import Winter


def rows_of(sites: int = 12, each: int = 6, seed: int = 0) -> TrainingRows:
    """The flux follows the first predictor and the site; the second is noise."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), each).astype(np.int32)
    features = rng.normal(size=(len(site), 2)).astype(np.float32)
    target = 3.0 * features[:, 0] + rng.normal(size=sites)[site]
    return TrainingRows(
        names=("signal", "noise"),
        features=features,
        target=target.astype(np.float64),
        site=site,
        month=np.resize([12, 1, 10], len(site)).astype(np.int8),
        year=np.full(len(site), 2001, np.int16),
        longitude=site * 2.0,
        latitude=np.full(len(site), 60.0),
        zone=np.where(site < 4, "cold", np.where(site < 10, "warm", "")),
        method=np.where(site % 2, "chamber", ""),
    )


ROWS = rows_of()
FOLDS = (ROWS.site % 4).astype(np.int16)
TREES = Hyperparameters(10)


def told(rows: TrainingRows, folds: np.ndarray, bounds: Any = None) -> HeldOutPredictions:
    predicted = np.where(folds < 0, np.nan, rows.target + 1.0)
    return HeldOutPredictions(folds, predicted, bounds or {}, np.zeros((0, len(rows))))


def test_rows_are_predicted_by_a_forest_of_the_other_folds() -> None:
    run = RunContext(seed=5)
    held = cross_val_predict(ROWS, FOLDS, TREES, run, levels=(0.9,), permute=[[0], [1]])
    train = FOLDS != 2
    forest = fit_forest(ROWS.features[train], ROWS.target[train], TREES, run)
    assert np.array_equal(held.predicted[~train], forest.predict(ROWS.features[~train]))
    _, lower, upper = forest.predict_interval(ROWS.features[~train], 0.9)
    assert np.array_equal(held.bounds[0.9][:, ~train], [lower, upper])
    importance = held.excess_errors(ROWS.target).mean(axis=1)
    assert importance[0] > 5 > abs(importance[1])


def test_each_fold_has_its_own_hyperparameters() -> None:
    each_fold = [Hyperparameters(1), Hyperparameters(2), Hyperparameters(3), Hyperparameters(4)]
    held = cross_val_predict(ROWS, FOLDS, each_fold)
    for number, hyperparameters in enumerate(each_fold):
        alone = cross_val_predict(ROWS, FOLDS, hyperparameters)
        test = number == FOLDS
        assert np.array_equal(held.predicted[test], alone.predicted[test])
    assert held.permuted_errors.shape == (0, 72)
    assert held.bounds == {}


def test_leaves_of_several_rows_tell_intervals_too() -> None:
    held = cross_val_predict(ROWS, FOLDS, Hyperparameters(10, min_samples_leaf=5), levels=(0.8,))
    lower, upper = held.bounds[0.8]
    assert (lower < upper).all()


def test_weights_change_the_forests() -> None:
    weighted = replace(ROWS, sample_weight=np.where(ROWS.site < 6, 100.0, 1.0))
    leaves = Hyperparameters(5, min_samples_leaf=8)
    one, other = (cross_val_predict(rows, FOLDS, leaves) for rows in (ROWS, weighted))
    assert not np.allclose(one.predicted, other.predicted)


def test_cross_validation_can_be_cancelled() -> None:
    class Stops(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        cross_val_predict(ROWS, FOLDS, TREES, RunContext(progress=Stops()))


def test_scores_are_told_of_all_then_by_month_zone_and_method() -> None:
    found = score_rows("arctic", "site", ROWS, told(ROWS, FOLDS))
    parts = [(row["month"], row["zone"], row["method"]) for row in found]
    assert parts == [
        ("all", "all", "all"),
        *((month, "all", "all") for month in (10, 12, 1)),
        *(("all", zone, "all") for zone in ("cold", "warm")),
        ("all", "all", "chamber"),
    ]
    assert [row["n"] for row in found] == [72, 24, 24, 24, 24, 36, 36]
    assert [row["sites"] for row in found] == [12, 12, 12, 12, 4, 6, 6]
    for row in found:
        assert (row["region"], row["validation"]) == ("arctic", "site")
        assert row["bias"] == pytest.approx(1.0)
        assert row["bias_low"] == pytest.approx(row["bias_high"]) == pytest.approx(1.0)
        assert row["nse"] == row["r2"]
        assert row["r2_low"] < row["r2"] < row["r2_high"]


def test_rows_that_were_never_held_out_are_not_scored() -> None:
    folds = np.where(ROWS.zone == "cold", -1, FOLDS).astype(np.int16)
    found = score_rows("arctic", "knndm", ROWS, told(ROWS, folds))
    assert found[0]["n"] == 48
    assert "cold" not in {row["zone"] for row in found}


def test_of_many_methods_the_most_frequent_are_scored() -> None:
    names = np.array([f"method {k:03d}" for k in np.arange(72) // 2])
    names[:6] = "zebra"
    found = score_rows("arctic", "site", replace(ROWS, method=names), told(ROWS, FOLDS))
    methods = [row["method"] for row in found if row["method"] != "all"]
    assert len(methods) == MAX_LABELS
    assert methods == sorted(methods)
    assert "zebra" in methods


def test_coverage_is_the_share_within_and_calibration_brings_it_near_the_level() -> None:
    rows = rows_of(sites=40)
    folds = (rows.site % 5).astype(np.int16)
    # Bounds half a unit around the mean hold what lies within; the site's own part has spread 1.
    centre = 3.0 * rows.features[:, 0].astype(np.float64)
    held = told(rows, folds, {0.8: np.stack([centre - 0.5, centre + 0.5])})
    (row,) = coverage_rows("arctic", "site", rows, held)
    assert row["raw_coverage"] == np.mean(np.abs(rows.target - centre) <= 0.5)
    assert row["raw_width"] == pytest.approx(1.0)
    assert (row["n"], row["sites"], row["level"]) == (240, 40, 0.8)
    # The 0.8 quantile of |N(0, 1)| is 1.28.
    moved = conformal_corrections(rows, held)[0.8]
    assert 0.4 < moved < 1.2
    assert abs(row["coverage"] - 0.8) < 0.08
    assert abs(row["width"] - (1.0 + 2 * moved)) < 0.4


def test_too_few_sites_leave_a_level_uncalibrated() -> None:
    rows = rows_of(sites=6)
    folds = (rows.site % 3).astype(np.int16)
    wide = 1.0 + rows.site  # another distance at each site: the others' largest holds 5 of 6
    bounds = {level: np.stack([rows.target - wide, rows.target + wide]) for level in (0.5, 0.9)}
    held = told(rows, folds, bounds)
    assert set(conformal_corrections(rows, held)) == {0.5}
    at_50, at_90 = coverage_rows("arctic", "site", rows, held)
    assert at_50["coverage"] is not None
    assert (at_90["raw_coverage"], at_90["coverage"], at_90["width"]) == (1.0, None, None)


WINTER = Winter((10, 11, 12, 1, 2, 3, 4))


def winters_held_out(sites: int) -> tuple[TrainingRows, HeldOutPredictions]:
    """Three months of one winter a site; all errors of a site are alike, of spread 1."""
    rows = rows_of(sites, each=3)
    rows = replace(rows, year=np.where(rows.month >= 10, 2000, 2001).astype(np.int16))
    centre = rows.target + np.random.default_rng(4).normal(size=sites)[rows.site]
    bounds = {level: np.stack([centre - 1, centre + 1]) for level in (0.5, 0.8)}
    folds = (rows.site % 5).astype(np.int16)
    return rows, HeldOutPredictions(folds, centre, bounds, np.zeros((0, len(rows))))


def test_winters_of_errors_that_go_together_are_bounded_by_sums_of_months() -> None:
    rows, held = winters_held_out(60)
    corrections = conformal_corrections(rows, held)
    factors = winter_factors(rows, held, WINTER, corrections)
    assert factors == {level: pytest.approx(1.0, abs=0.02) for level in (0.5, 0.8)}
    for row in winter_coverage_rows("arctic", "site", rows, held, WINTER):
        assert (row["n"], row["sites"], row["months"]) == (60, 60, 3.0)
        assert row["correlation"] == pytest.approx(1.0)
        assert row["sum_coverage"] == pytest.approx(row["level"], abs=0.06)
        assert row["coverage"] == pytest.approx(row["level"], abs=0.06)
        assert row["width"] == pytest.approx(row["sum_width"], rel=0.1)
        # Both bounds of three months, moved outward by about the same in all folds.
        assert row["sum_width"] == pytest.approx(6 * (1 + corrections[row["level"]]), rel=0.1)


def test_without_two_months_of_a_winter_nothing_is_told_of_winters() -> None:
    rows, held = winters_held_out(20)
    alone = replace(rows, year=(1990 + np.arange(len(rows)) % 3 * 5).astype(np.int16))
    assert winter_factors(alone, held, WINTER, {0.5: 0.0}) == {}
    assert winter_coverage_rows("arctic", "site", alone, held, WINTER) == []
    few, held = winters_held_out(4)
    assert winter_factors(few, held, WINTER, {0.5: 0.0}) == {}
    assert [row["coverage"] for row in winter_coverage_rows("a", "site", few, held, WINTER)] == [
        None
    ]
