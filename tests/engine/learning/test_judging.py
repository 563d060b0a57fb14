"""What held-out rows tell, on rows whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled
from wco2_engine.learning.growing import Growth, grow
from wco2_engine.learning.judging import (
    MAX_PARTS,
    HeldOut,
    Rows,
    calibrate,
    coverage_rows,
    hold_out,
    score_rows,
)
from wco2_engine.progress import Silent


def rows_of(sites: int = 12, each: int = 6, seed: int = 0) -> Rows:
    """The flux follows the first predictor and the site; the second is noise."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), each).astype(np.int32)
    features = rng.normal(size=(len(site), 2)).astype(np.float32)
    target = 3.0 * features[:, 0] + rng.normal(size=sites)[site]
    return Rows(
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
GROWTH = Growth(10)


def told(rows: Rows, folds: np.ndarray, bounds: Any = None) -> HeldOut:
    predicted = np.where(folds < 0, np.nan, rows.target + 1.0)
    return HeldOut(folds, predicted, bounds or {}, None)


def test_rows_are_predicted_by_a_forest_of_the_other_folds() -> None:
    held = hold_out(ROWS, FOLDS, [GROWTH] * 4, 5, Silent(), levels=(0.9,), importance=True)
    train = FOLDS != 2
    forest = grow(ROWS.features[train], ROWS.target[train], GROWTH, 5)
    assert np.array_equal(held.predicted[~train], forest.predict(ROWS.features[~train]))
    _, lower, upper = forest.predict_interval(ROWS.features[~train], 0.9)
    assert np.array_equal(held.bounds[0.9][:, ~train], [lower, upper])
    assert held.importance is not None
    assert held.importance[0] > 5 > abs(held.importance[1])


def test_each_fold_grows_as_it_is_told() -> None:
    growths = [Growth(1), Growth(2), Growth(3), Growth(4)]
    held = hold_out(ROWS, FOLDS, growths, 5, Silent())
    for number, growth in enumerate(growths):
        alone = hold_out(ROWS, FOLDS, [growth] * 4, 5, Silent())
        test = number == FOLDS
        assert np.array_equal(held.predicted[test], alone.predicted[test])
    assert held.importance is None
    assert held.bounds == {}


def test_leaves_of_several_rows_tell_intervals_too() -> None:
    held = hold_out(ROWS, FOLDS, [Growth(10, min_samples_leaf=5)] * 4, 0, Silent(), levels=(0.8,))
    lower, upper = held.bounds[0.8]
    assert (lower < upper).all()


def test_weights_change_the_forests() -> None:
    weighted = replace(ROWS, weight=np.where(ROWS.site < 6, 100.0, 1.0))
    leaves = [Growth(5, min_samples_leaf=8)] * 4
    one, other = (hold_out(rows, FOLDS, leaves, 0, Silent()) for rows in (ROWS, weighted))
    assert not np.allclose(one.predicted, other.predicted)


def test_holding_out_can_be_cancelled() -> None:
    class Stops(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        hold_out(ROWS, FOLDS, [GROWTH] * 4, 0, Stops())


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
    assert len(methods) == MAX_PARTS
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
    moved = calibrate(rows, held)[0.8]
    assert 0.4 < moved < 1.2
    assert abs(row["coverage"] - 0.8) < 0.08
    assert abs(row["width"] - (1.0 + 2 * moved)) < 0.4


def test_too_few_sites_leave_a_level_uncalibrated() -> None:
    rows = rows_of(sites=6)
    folds = (rows.site % 3).astype(np.int16)
    wide = 1.0 + rows.site  # another distance at each site: the others' largest holds 5 of 6
    bounds = {level: np.stack([rows.target - wide, rows.target + wide]) for level in (0.5, 0.9)}
    held = told(rows, folds, bounds)
    assert set(calibrate(rows, held)) == {0.5}
    at_50, at_90 = coverage_rows("arctic", "site", rows, held)
    assert at_50["coverage"] is not None
    assert (at_90["raw_coverage"], at_90["coverage"], at_90["width"]) == (1.0, None, None)
