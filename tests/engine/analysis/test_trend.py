from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wco2_engine.analysis.series import MapSeries
from wco2_engine.analysis.trend import (
    MIN_WINTERS,
    PREWHITENINGS,
    fdr_threshold,
    mann_kendall,
    map_trends,
    theil_sen,
    trends,
)
from wco2_engine.errors import Wco2Error
from wco2_engine.progress import Silent

YEARS = np.arange(1982, 2023)


def noise(n: int, persistence: float, years: int = 41, seed: int = 0) -> Any:
    """`n` series of first-order autoregressive noise, `(years, n)`."""
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=(years + 50, n))
    series = np.zeros_like(shocks)
    for k in range(1, years + 50):
        series[k] = persistence * series[k - 1] + shocks[k]
    return series[50:]


def test_the_example_by_hand_of_holy_cross() -> None:
    """J. Little, "A Mann-Kendall Example (By Hand)", College of the Holy Cross,
    mathcs.holycross.edu/~little/Montserrat/MannKendallByHand.txt: S = 54 with one tie, and
    Z = (54 - 1) / sqrt(14 * 13 * 33 / 18 - 2 * 1 * 9 / 18) = 2.9058.
    """
    values = [12.9, 14.8, 13.2, 15.7, 13.8, 15.6, 12.9, 11.0, 17.3, 15.9, 19.0, 18.3, 20.1, 21.7]
    (p,) = mann_kendall(np.array([values]))
    assert p == pytest.approx(math.erfc(2.9058 / math.sqrt(2)), rel=1e-3)
    assert round(p / 2, 4) == 0.0018


def test_the_slope_by_hand() -> None:
    """10, 15, 14, 20 has the slopes 5, 2, 10/3, -1, 5/2 and 6; between 5/2 and 10/3 is 35/12."""
    (slope,) = theil_sen(np.array([[10.0, 15.0, 14.0, 20.0]]), np.arange(4.0))
    assert slope == pytest.approx(35 / 12)


def test_a_missing_winter_keeps_the_others_at_their_years() -> None:
    values = 3.0 + 0.5 * (YEARS - 1982.0)
    values[[3, 4, 20]] = np.nan
    found = trends(values[:, np.newaxis], YEARS)
    assert found.slope[0] == pytest.approx(0.5)
    assert found.winters[0] == 38


def test_the_first_fields_example_of_benjamini_and_hochberg() -> None:
    """Benjamini and Hochberg (1995), section 4.1: at 0.05, the first four of fifteen."""
    p = np.array(
        [
            *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
            *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
        ]
    )
    assert fdr_threshold(p[::-1], 0.05) == 0.0095
    assert fdr_threshold(p[p <= 0.05], 0.05, tests=15) == 0.0095


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=60), st.floats(0.001, 0.5))
def test_the_threshold_is_the_largest_p_that_the_rate_allows(p: list[float], rate: float) -> None:
    found = fdr_threshold(np.array(p), rate)
    allowed = [q for q in p if q <= rate * sum(other <= q for other in p) / len(p)]
    assert found == max(allowed, default=0.0)


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("pw", "pre_whitening_modification_test"),
        ("tfpw", "trend_free_pre_whitening_modification_test"),
        ("none", "original_test"),
    ],
)
def test_slopes_and_p_are_those_of_pymannkendall(how: Any, name: str) -> None:
    reference: Callable[[Any], Any] = getattr(pytest.importorskip("pymannkendall"), name)
    values = noise(60, 0.4) + 0.02 * np.arange(41)[:, np.newaxis] * np.arange(60) / 10
    values[:, 1] = np.round(values[:, 1])  # ties
    values[:, 2] = values[:, 2] > 0
    found = trends(values, YEARS, how)
    for k in range(values.shape[1]):
        expected = reference(values[:, k])
        assert found.p[k] == pytest.approx(expected.p, rel=1e-9, abs=1e-14)
        assert found.slope[k] == pytest.approx(expected.slope, rel=1e-12, abs=1e-14)


def test_discoveries_are_those_of_scipy() -> None:
    """scipy's control of false discoveries gives adjusted p, which are compared with the rate."""
    if not hasattr(stats, "false_discovery_control"):
        pytest.skip("scipy has it from 1.11 on")
    values = noise(200, 0.3) + 0.15 * np.arange(41)[:, np.newaxis] * (np.arange(200) < 60)
    p = trends(values, YEARS).p
    expected = stats.false_discovery_control(p) <= 0.05
    assert 10 < expected.sum() < 190
    assert np.array_equal(p <= fdr_threshold(p, 0.05), expected)


@pytest.mark.parametrize("persistence", [0.0, 0.2, 0.4, 0.6])
def test_noise_without_trend_is_rejected_at_the_nominal_rate(persistence: float) -> None:
    """Of 4,000 series 5 % are rejected, give or take 1 % (three standard errors).

    The plain test, and that of Yue et al., reject three to eight times as many where noise is
    persistent.
    """
    values = noise(4000, persistence)
    rejected = {
        how: float((trends(values, YEARS, how).p <= 0.05).mean())  # type: ignore[arg-type]
        for how in PREWHITENINGS
    }
    assert 0.035 < rejected["residuals"] < 0.065
    assert 0.035 < rejected["pw"] < 0.065
    if persistence >= 0.4:
        assert rejected["none"] > 0.15
        assert rejected["tfpw"] > 0.15


def test_a_strong_trend_in_persistent_noise_is_found() -> None:
    """A rise by twelve standard deviations, which r of the series itself takes for persistence."""
    values = noise(500, 0.4)
    values = values + 0.3 * values.std() * np.arange(41)[:, np.newaxis]
    found = trends(values, YEARS)
    assert float(np.median(found.slope)) == pytest.approx(0.3 * noise(500, 0.4).std(), rel=0.01)
    assert (found.p <= 0.05).mean() > 0.99
    assert (trends(values, YEARS, "pw").p <= 0.05).mean() < 0.8


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.6])
def test_the_autocorrelation_that_is_taken_out_is_that_of_the_noise(persistence: float) -> None:
    """In series as short as ours and whatever trend is in them: raised by (1 + r) / n at most."""
    found = trends(noise(3000, persistence) + np.arange(41)[:, np.newaxis], YEARS)
    more = (1 + persistence) / 41
    assert float(np.mean(found.lag1)) == pytest.approx(persistence + more, abs=0.02)


def test_a_series_that_never_changes_has_no_trend() -> None:
    found = trends(np.full((41, 1), 7.0), YEARS)
    assert (found.slope[0], found.p[0]) == (0.0, 1.0)


def test_too_few_winters_have_no_trend() -> None:
    values = np.arange(41.0)[:, np.newaxis].repeat(3, axis=1)
    values[MIN_WINTERS - 1 :, 0] = np.nan
    values[MIN_WINTERS:, 1] = np.nan
    values[::2, 2] = np.nan  # enough for a slope, but none follows another
    found = trends(values, YEARS)
    assert np.isnan(found.slope).tolist() == [True, False, False]
    assert np.isnan(found.p).tolist() == [True, False, True]
    assert found.winters.tolist() == [9, 10, 20]


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = noise(50, 0.3)
    whole = trends(values, YEARS)
    monkeypatch.setattr("wco2_engine.analysis.trend._PAIRS_AT_A_TIME", 820 * 7)
    parts = trends(values, YEARS)
    assert np.array_equal(whole.p, parts.p)
    assert np.array_equal(whole.slope, parts.slope)


def test_an_unknown_prewhitening_is_refused() -> None:
    with pytest.raises(Wco2Error, match="Did you mean 'tfpw'"):
        trends(np.zeros((12, 1)), np.arange(12), "tfp")  # type: ignore[arg-type]


@pytest.fixture
def maps(tmp_path: Path, world: SimpleNamespace) -> Path:
    """12 winters of 2 x 3 cells: a steep rise, noise, no value; a late start, noise, noise."""
    rng = np.random.default_rng(4)
    for k, year in enumerate(range(1990, 2002)):
        cells = [
            [10.0 + k, 5 + rng.normal(), np.nan],
            [k if k > 6 else np.nan, *rng.normal(size=2)],
        ]
        path = world.write_raster(tmp_path / f"flux_{year}.tif", cells, 0.0, 70.0, 1.0)
        with rasterio.open(path, "r+") as target:
            target.units = ("g C m-2 winter-1",)
    return tmp_path


def test_a_map_of_trends_says_where_there_is_one(
    maps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = map_trends(MapSeries.read(maps), 0.05, "none", Silent())
    assert found.slope[0, 0] == pytest.approx(1.0)
    assert found.significant[0].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(found.p[0, 2])
    assert np.isnan(found.winters[0, 2])
    assert found.winters[1, 0] == 5
    assert np.isnan(found.significant[1, 0])
    assert found.cells == 4
    assert found.threshold == found.p[0, 0]


def test_too_few_maps_are_refused(maps: Path) -> None:
    for year in (1990, 1991, 1992):
        (maps / f"flux_{year}.tif").unlink()
    with pytest.raises(Wco2Error, match=r"holds 9 winters, and a trend takes 10"):
        map_trends(MapSeries.read(maps), 0.05, "pw", Silent())


@pytest.mark.parametrize("rate", [0.0, 1.0, math.nan])
def test_a_rate_that_is_none_is_refused(maps: Path, rate: float) -> None:
    with pytest.raises(Wco2Error, match="is not between 0 and 1"):
        map_trends(MapSeries.read(maps), rate, "pw", Silent())
