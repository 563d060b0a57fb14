"""Trends in a report, from the map and the table of `wco2 trend`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import ReportJob
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.sections import trends

ZONES = (
    "kind,zone,winters,first,last,slope_tg_a,slope_p,slope_mean_g_m2_a,slope_mean_p,lag1\n"
    "all,all,30,1983,2012,0.3691161,0.021,0.0161,0.022,0.1\n"
    "zone,sporadic,30,1983,2012,0.5,0.003,,,\n"
)
SUMMARY = (
    "kind,zone,slope_tg_a,slope_lower_tg_a,slope_upper_tg_a\n"
    "all,all,0.3691159,-1.443,2.181\n"
    "zone,sporadic,0.9,0.8,1.0\n"
)


@dataclass(frozen=True)
class Place:
    """Where a map of trends, maps of winters and a page lie."""

    trend: Path
    maps: Path
    page: Path


@pytest.fixture
def place(finished_study: Path, tmp_path: Path) -> Place:
    """Cells at the equator: 3 of 4 with a trend, of which one rises and one falls for sure."""
    trend = tmp_path / "trend.tif"
    write(trend, "trend")
    (tmp_path / "trend_zones.csv").write_text(ZONES)
    return Place(trend, finished_study.parent / "results/maps", tmp_path / "r.html")


def write(path: Path, quantity: str, **tags: str) -> None:
    bands = np.array(
        [[[2, -1, 1, -9999]], [[0.001, 0.002, 0.5, -9999]], [[1, 1, 0, -9999]], [[30, 30, 30, 0]]],
        np.float32,
    )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=4,
        height=1,
        count=4,
        dtype="float32",
        nodata=-9999,
        crs="EPSG:4326",
        transform=rasterio.Affine(1, 0, 0, 0, -1, 0.5),
    ) as target:
        target.write(bands)
        target.update_tags(
            WCO2_QUANTITY=quantity,
            WCO2_TIME="1983-2012",
            WCO2_PREWHITENING="residuals",
            WCO2_FALSE_DISCOVERY_RATE="0.05",
            **tags,
        )


def report(place: Place, model: Model) -> str:
    budget = place.trend.with_name("budget.csv")
    context = ReportContext(model, maps_folder=place.maps, budget=budget, trend=place.trend)
    write_report(place.page, context, Silent(), (trends.build,))
    return place.page.read_text(encoding="utf-8")


def test_shares_are_of_the_ground_with_a_trend_and_slopes_those_of_the_table(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    shown = pages.Page(report(place, judged)).text
    assert "33.3 % of the ground rises and 33.3 % falls significantly" in shown
    assert "false discoveries kept at 5 %" in shown
    assert "Slopes have no interval here" in shown
    first, second = pages.read_csv(place.page.with_name("r_files") / "trends.csv")
    assert (first["zone"], first["slope"], first["p"]) == ("all", "0.3691161", "0.021")
    assert (second["slope_mean"], second["slope_low"]) == ("", "")


def test_intervals_are_those_of_the_budget_where_it_tells_of_the_same_slope(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    place.trend.with_name("budget_summary.csv").write_text(SUMMARY)
    shown = pages.Page(report(place, judged)).text
    assert "0.369 (−1.443 to 2.181)" in shown
    assert "0.800" not in shown
    _, second = pages.read_csv(place.page.with_name("r_files") / "trends.csv")
    assert (second["slope_low"], second["slope_high"]) == ("", "")


def test_a_trend_without_a_table_of_zones_is_shown_as_a_map(place: Place, judged: Model) -> None:
    place.trend.with_name("trend_zones.csv").unlink()
    text = report(place, judged)
    assert 'id="figure-trend"' in text
    assert 'id="table-trends"' not in text


def test_a_trend_of_another_model_is_marked(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    write(place.trend, "trend", WCO2_MODEL_FINGERPRINT="0123456789abcdef")
    shown = pages.Page(report(place, judged)).text
    assert "The trend is of maps of another model (0123456789abcdef)" in shown


def test_a_trend_that_is_older_than_the_maps_is_not_shown(place: Place, judged: Model) -> None:
    os.utime(place.trend, (1, 1))
    text = report(place, judged)
    assert "is older than the maps and so is not shown" in text
    assert 'id="figure-trend"' not in text


def test_without_a_trend_there_is_no_such_section(place: Place, judged: Model) -> None:
    place.trend.unlink()
    assert "<h2>Trends</h2>" not in report(place, judged)


def test_a_raster_that_is_no_trend_is_named(place: Place, judged: Model) -> None:
    write(place.trend, "winter_flux")
    with pytest.raises(Wco2Error, match=r"trend\.tif can't be read as a map of trends"):
        report(place, judged)
    place.trend.write_text("text")
    with pytest.raises(Wco2Error, match=r"trend\.tif can't be read as a map of trends"):
        report(place, judged)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", ZONES.replace(",30,", ",many,")])
def test_a_table_that_is_none_of_trends_is_named(place: Place, judged: Model, text: str) -> None:
    place.trend.with_name("trend_zones.csv").write_text(text)
    with pytest.raises(Wco2Error, match=r"trend_zones\.csv can't be read as trends by zone"):
        report(place, judged)
    place.trend.with_name("trend_zones.csv").write_text(ZONES)
    place.trend.with_name("budget_summary.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Wco2Error, match=r"budget_summary\.csv can't be read as the summary"):
        report(place, judged)


def test_a_report_is_made_anew_when_a_trend_beside_it_or_its_maps_changes(tmp_path: Path) -> None:
    results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    results.mkdir()
    elsewhere.mkdir()
    job = ReportJob("model.wco2", str(elsewhere / "r.html"), maps=str(results / "maps"))
    states = [job.depends_on()]
    for folder in (results, elsewhere):
        write(folder / "trend.tif", "trend")
        states.append(job.depends_on())
    assert states[0] != states[1] != states[2]
    assert any(str(results / "trend.tif") in str(part) for part in states[1])
    assert any(str(elsewhere / "trend.tif") in str(part) for part in states[2])
