"""Ground outside of the area of applicability."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.outside import outside_area

YEARS = (2001, 2002)
MONTHS = {
    2001: [[0, 0, np.nan], [5, 2, 0]],
    2002: [[0, 0, np.nan], [0, 0, 0]],
}


@pytest.fixture
def maps(world: SimpleNamespace, tmp_path: Path) -> Path:
    """Two winters of 2 x 3 cells of 10 degrees, the region's winter having 5 months."""
    for year in YEARS:
        months = np.array(MONTHS[year], float)
        world.write_raster(
            tmp_path / f"maps/applicability/applicability_{year}.tif",
            np.stack([months * 0.1, months, 10 - months]),
            100.0,
            75.0,
            10.0,
        )
        world.write_raster(
            tmp_path / f"maps/winter_flux/winter_flux_{year}.tif", months, 100.0, 75.0, 10.0
        )
    names = [f"{q}/{q}_{y}.tif" for q in ("winter_flux", "applicability") for y in YEARS]
    record = {
        "maps": names,
        "model": "0" * 16,
        "grid": {"width": 3, "height": 2, "resolution": 10.0, "crs": "EPSG:4326"},
        "years": list(YEARS),
        "cells": 6,
        "missing_cell_months": {"snow": 0},
        "notes": [],
    }
    (tmp_path / "maps/prediction.json").write_text(json.dumps(record))
    return tmp_path / "maps"


def band(south: float, north: float) -> float:
    """The share of a sphere between latitudes, which is near enough for shares."""
    return float(np.sin(np.radians(north)) - np.sin(np.radians(south)))


def test_shares_go_by_area_and_not_by_the_number_of_cells(judged: Model, maps: Path) -> None:
    first, second = outside_area(judged, maps)
    upper, lower = 2 * band(65, 75), 3 * band(55, 65)
    ground = upper + lower
    assert first["region"] == "siberia"
    assert first["outside_any"] == pytest.approx(2 / 3 * lower / ground, rel=2e-3)
    assert first["outside_all"] == pytest.approx(1 / 3 * lower / ground, rel=2e-3)
    assert first["outside_months"] == pytest.approx(7 / 15 * lower / ground, rel=2e-3)
    assert first["mapped_km2"] == pytest.approx(6371.0**2 * np.radians(10) * ground, rel=0.01)
    assert (second["year"], second["outside_any"], second["outside_months"]) == (2002, 0.0, 0.0)


def test_a_region_without_mapped_ground_has_no_rows(
    make_judged: Callable[..., Model], maps: Path
) -> None:
    rows = outside_area(make_judged("siberia", "elsewhere"), maps)
    assert {row["region"] for row in rows} == {"siberia"}


def test_the_report_tells_them_by_region_and_year(
    judged: Model, maps: Path, pages: SimpleNamespace, tmp_path: Path
) -> None:
    write_report(tmp_path / "r.html", ReportContext(judged, maps_folder=maps), Silent())
    shown = pages.Page((tmp_path / "r.html").read_text(encoding="utf-8")).text
    assert "of the mapped ground lies outside the area of applicability" in shown
    rows = pages.read_csv(tmp_path / "r_files/outside_area.csv")
    assert [float(row["outside_any"]) for row in rows] == [
        row["outside_any"] for row in outside_area(judged, maps)
    ]
    assert (tmp_path / "r_files/outside_map.png").is_file()
