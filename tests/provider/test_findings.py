"""From maps to findings through qgis_process: validation, selection, totals, trends, comparison."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio

from wco2_engine.inputs.catalogue_text import only_predictors

pytestmark = pytest.mark.qgis

ZONES = "1=continuous,2=discontinuous"


@pytest.fixture(params=["inside", "outside"])
def either(request, qgis):
    """QGIS with the engine in its process, and with the engine in another interpreter."""
    return qgis if request.param == "inside" else request.getfixturevalue("outside")


def rows_of(path):
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def words(run):
    return " ".join(run.said.split())


def test_a_training_table_is_validated_by_zone(qgis, chain, study, tmp_path):
    found = qgis.run(
        "validatemodel",
        TRAINING=chain.training["TRAINING"],
        CATALOGUE=study / "catalogue.toml",
        REGIONS=study / "study.toml",
        TREES=5,
        VALIDATION=["random", "site"],
        ZONE_RASTER=study / "rasters/permafrost_extent.tif",
        ZONE_NAMES=ZONES,
        SIMULATED="true",
        REPORT=tmp_path / "validation.html",
    ).ok()
    scores = json.loads(found["SCORES"])
    assert {row["validation"] for row in scores} == {"random", "site"}
    assert found["SCORED"].endswith(", site") and 0 < found["R2"] < 1 < found["RMSE"]
    assert "discontinuous" in Path(found["REPORT"]).read_text("utf-8")


def test_predictors_are_selected_into_a_catalogue(qgis, chain, study, tmp_path):
    names = ["air_temperature", "soil_temperature", "elevation"]
    few = study / "few.toml"
    few.write_text(only_predictors(study / "catalogue.toml", names), encoding="utf-8")
    found = qgis.run(
        "selectpredictors",
        TRAINING=chain.training["TRAINING"],
        CATALOGUE=few,
        TREES=2,
        METHOD="elimination",
        REPORT=tmp_path / "selection.html",
    ).ok()
    chosen = found["NAMES"].split(",")
    assert chosen and set(chosen) <= {*names}
    text = Path(found["CHOSEN"]).read_text("utf-8")
    assert [name for name in names if f'name = "{name}"' in text] == chosen
    assert Path(found["REPORT"]).is_file()


def test_bounds_enclose_the_flux_and_all_products_are_told(products):
    assert [Path(path).name for path in products["MAPS"]] == [
        "winter_flux_2001.tif",
        "winter_flux_2002.tif",
    ]
    flux, low, high = (
        rasterio.open(products[name]).read(1, masked=True)
        for name in ("FIRST", "FIRST_LOWER", "FIRST_UPPER")
    )
    assert (low <= flux).all() and (flux <= high).all() and (low < high).any()
    assert rasterio.open(products["FIRST_OF_MEMBERS"]).count == 4
    assert rasterio.open(products["FIRST_APPLICABILITY"]).count == 3
    assert {
        len(products[name]) for name in ("LOWER", "UPPER", "APPLICABILITIES", "OF_MEMBERS")
    } == {2}


def test_products_that_were_not_asked_for_are_empty(chain):
    assert chain.maps["LOWER"] == [] and chain.maps["FIRST_LOWER"] is None


def test_totals_of_zones_have_intervals_from_members(either, products, study, tmp_path):
    found = either.run(
        "zonalbudget",
        MAPS=products["OUTPUT"],
        ZONE_RASTER=study / "rasters/permafrost_extent.tif",
        ZONE_NAMES=ZONES,
        BUDGET=tmp_path / "budget.csv",
    ).ok()
    summary = {row["zone"]: row for row in rows_of(found["SUMMARY"])}
    assert {"all", "arctic", "continuous", "discontinuous"} <= {*summary}
    low, total, high = (float(summary["all"][f"total{end}_tg"]) for end in ("_lower", "", "_upper"))
    assert low < total < high
    assert found["TOTAL"] == pytest.approx(total)
    assert len(rows_of(found["BUDGET"])) == 2 * len(summary)
    page = Path(found["REPORT"]).read_text("utf-8")
    assert "<svg" in page and "discontinuous" in page and "Simulated." in page
    assert found["REPORT"] == str(tmp_path / "budget.html")


def test_a_known_trend_is_found_in_its_half(either, series, tmp_path):
    budget = either.run("zonalbudget", MAPS=series, BUDGET=tmp_path / "budget.csv").ok()
    found = either.run(
        "fluxtrend",
        MAPS=series,
        BUDGET=budget["BUDGET"],
        TREND=tmp_path / "trend.tif",
        REPORT=tmp_path / "page.html",
    ).ok()
    with rasterio.open(found["TREND"]) as file:
        slope, _, significant, winters = file.read()
    assert np.allclose(slope[:, :10], 2.0, atol=0.1)
    assert (significant[:, :10] == 1).all() and (winters == 12).all()
    assert found["CELLS"] == 200 and 100 <= found["RISING"] <= 106
    (zone,) = rows_of(found["OF_ZONES"])
    assert float(zone["slope_mean_g_m2_a"]) == pytest.approx(1.0, abs=0.1)
    assert "<svg" in Path(found["REPORT"]).read_text("utf-8")


def test_figures_are_drawn_of_maps_and_of_a_model(either, chain, tmp_path):
    drawn = either.run(
        "figure", KIND="winter_flux", MAPS=chain.maps["OUTPUT"], WIDTH=90, FIGURE=tmp_path / "a.svg"
    ).ok()
    assert "<svg" in Path(drawn["FIGURE"]).read_text("utf-8") and "Winter" in drawn["CAPTION"]
    drawn = either.run(
        "figure", KIND="sites", SOURCE=chain.model["MODEL"], DPI=72, FIGURE=tmp_path / "b.png"
    ).ok()
    assert Path(drawn["FIGURE"]).read_bytes().startswith(b"\x89PNG")
    neither = either.run("figure", KIND="sites", FIGURE=tmp_path / "c.png")
    assert neither.code == 1 and "One source is needed" in neither.said


def test_a_product_compares_with_itself_and_five_more(qgis, series, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    for year in (1991, 1992, 1993):
        with rasterio.open(series / f"flux_{year}.tif") as file:
            values, profile = file.read(), file.profile
        with rasterio.open(more / f"other_{year}.tif", "w", **{**profile, "crs": None}) as file:
            file.write(values + 5)
    given = {"MAPS_A": series, "MAPS_B": more, "REPORT": tmp_path / "comparison.html"}
    refused = qgis.run("comparemaps", **given)
    assert refused.code == 1 and "CRS_B EPSG:4326" in words(refused)
    found = qgis.run("comparemaps", CRS_B="EPSG:4326", UNITS_B="g C m-2", **given).ok()
    assert found["BIAS"] == pytest.approx(-5, abs=1e-4)
    assert found["RMSE"] == pytest.approx(5, abs=1e-4)
    assert found["CORRELATION"] == pytest.approx(1, abs=1e-4)
    assert [Path(path).name for path in found["DIFFERENCES"]] == [
        f"difference_{year}.tif" for year in (1991, 1992, 1993)
    ]
    assert len(rows_of(found["WINTERS"])) == 4
    assert Path(found["MEAN"]).is_file() and Path(found["REPORT"]).is_file()


def test_a_dataset_is_published_where_its_libraries_are(outside, series, tmp_path):
    for name in ("xarray", "netCDF4", "zarr", "pystac"):
        pytest.importorskip(name, reason="the extra publish is not installed")
    given = {"MAPS": series, "OUTPUT": tmp_path / "dataset", "REPORT": tmp_path / "page.html"}
    found = outside.run("publishdataset", **given).ok()
    assert (Path(found["OUTPUT"]) / "collection.json").is_file()
    assert "licence" in found["NOT_KNOWN"].lower() and found["BYTES"] > 0
    assert "Checked" in Path(found["REPORT"]).read_text("utf-8")
    again = outside.run("publishdataset", **given)
    assert again.code == 1 and "(REPLACE)" in words(again)


def test_libraries_that_publishing_lacks_are_told_with_the_way_to_get_them(qgis, series, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "found = PathFinder.find_spec\n"
        "def find_spec(name, path=None, target=None):\n"
        "    return None if name == 'pystac' else found(name, path, target)\n"
        "PathFinder.find_spec = staticmethod(find_spec)\n"
    )
    run = qgis.with_path(tmp_path).run(
        "publishdataset", MAPS=series, OUTPUT=tmp_path / "dataset", REPORT=tmp_path / "page.html"
    )
    assert run.code == 1
    assert "pystac" in run.said and "wco2:setupengine" in run.said
    assert "Traceback" not in run.said and not (tmp_path / "dataset").exists()


@pytest.mark.parametrize(
    ("algorithm", "parameters", "message"),
    [
        ("zonalbudget", {"ZONE_NAMES": "1=a"}, "no raster. Choose it (ZONE_RASTER)"),
        ("zonalbudget", {"ZONE_FIELD": "name"}, "no polygons. Choose them (ZONES)"),
        ("zonalbudget", {"INTERVAL": 1}, "level = 1.0 is not between 0 and 1"),
        ("zonalbudget", {"MAPS": "/nowhere"}, "/nowhere is no folder of maps"),
        ("zonalbudget", {"UNITS": "kg day-1"}, "which is a rate"),
        ("fluxtrend", {"ALPHA": 0}, "not between 0 and 1"),
        ("publishdataset", {"STUDY": "s.toml"}, "Give only one of them"),
    ],
)
def test_what_makes_no_finding_is_refused(qgis, series, tmp_path, algorithm, parameters, message):
    outputs = {
        "zonalbudget": {"BUDGET": tmp_path / "b.csv"},
        "fluxtrend": {"TREND": tmp_path / "t.tif"},
        "publishdataset": {"OUTPUT": tmp_path / "d", "REPORT": tmp_path / "p.html"},
    }
    run = qgis.run(algorithm, **{"MAPS": series, **outputs[algorithm], **parameters})
    assert run.code == 1
    assert message in words(run)
    assert "Traceback" not in run.said


def test_two_winters_make_no_trend(qgis, products, tmp_path):
    run = qgis.run("fluxtrend", MAPS=products["OUTPUT"], TREND=tmp_path / "trend.tif")
    assert run.code == 1
    assert "holds 2 winters, and a trend takes 10" in words(run)
    assert not (tmp_path / "trend.tif").exists()


def test_the_model_from_a_model_to_totals_and_trends_runs(qgis, chain, study, tmp_path):
    text = (study / "catalogue.toml").read_text("utf-8")
    lenient = study / "lenient.toml"  # the study has rasters of eight years, a trend takes ten
    lenient.write_text(
        re.sub(r'^when = "(monthly|yearly)"', r'missing = "nearest"\n\g<0>', text, flags=re.M),
        encoding="utf-8",
    )
    qgis.run(
        "totalsandtrendsfromamodel",
        MODEL=chain.model["MODEL"],
        CATALOGUE=lenient,
        YEARS="1996-2005",
        EXTENT="100,104,64,67 [EPSG:4326]",
        RESOLUTION=0.5,
        ZONE_RASTER=study / "rasters/permafrost_extent.tif",
        ZONE_NAMES=ZONES,
        **{
            "predictwinterflux:Maps": tmp_path / "maps",
            "zonalbudget:Budget": tmp_path / "budget.csv",
            "zonalbudget:Page": tmp_path / "budget.html",
            "fluxtrend:Trends": tmp_path / "trend.tif",
            "fluxtrend:Page": tmp_path / "trend.html",
        },
    ).ok()
    winters = {row["year"] for row in rows_of(tmp_path / "budget.csv")}
    assert winters == {str(year) for year in range(1996, 2006)}
    assert "continuous" in (tmp_path / "trend.html").read_text("utf-8")


def test_next_sites_are_a_table_points_and_a_map(qgis, chain, study, corner, tmp_path):
    found = qgis.run(
        "nextsites",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEAR=2001,
        SITES=2,
        OUTPUT=tmp_path / "sites.csv",
        **corner,
    ).ok()
    rows = rows_of(found["OUTPUT"])
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert Path(found["MAP"]).name == "sites.tif" and Path(found["REPORT"]).name == "sites.html"
    assert found["MEAN_DI"] == pytest.approx(float(rows[0]["mean_di"]) + float(rows[0]["gain"]))
    assert (tmp_path / "sites.gpkg").is_file()
