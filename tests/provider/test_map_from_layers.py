"""The shortest way: a layer of fluxes and rasters of the project to winter maps."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import rasterio


@pytest.mark.qgis
def test_layers_become_maps_by_three_parameters_and_an_extent(qgis, study, corner, tmp_path):
    rasters = [study / f"rasters/{name}.tif" for name in ("elevation", "soil_organic_carbon")]
    folder = tmp_path / "premières cartes"
    given = {
        "FLUXES": study / "fluxes.csv",
        "RASTERS": rasters,
        "YEARS": "2001-2002",
        "TREES": 10,
        "OUTPUT": folder,
        **corner,
    }
    run = qgis.run("mapfromlayers", **given)
    results = run.ok()
    assert "Flux field: Flux_gC_m2_day" in run.said and "Year field: Year" in run.said
    maps = [Path(path) for path in results["MAPS"]]
    assert [path.name for path in maps] == ["winter_flux_2001.tif", "winter_flux_2002.tif"]
    with rasterio.open(maps[0]) as file:
        assert (file.read(1) != file.nodata).any()
    study_file = tomllib.loads((folder / "study.toml").read_text("utf-8"))
    west, south, east, north = study_file["region"][0]["bbox"]  # of the rasters, not of the map
    assert west < 100 and south < 60 and east > 115 and north > 69 and south >= 23.5
    assert "Layers" not in (folder / "catalogue.toml").read_text("utf-8")
    assert {path.name for path in folder.iterdir()} >= {"catalogue.toml", "study.toml", "results"}
    again = qgis.run("mapfromlayers", **given)
    assert again.ok() and "train: done before" in again.said


@pytest.mark.qgis
def test_a_field_that_no_name_tells_is_asked_for(qgis, study, corner, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("where,a,b,lon,lat,value\nx,2001,1,100,60,3\n", encoding="utf-8")
    run = qgis.run(
        "mapfromlayers",
        FLUXES=table,
        RASTERS=[study / "rasters/elevation.tif"],
        YEARS="2001",
        OUTPUT=tmp_path / "out",
        **corner,
    )
    assert run.code == 1 and "Traceback" not in run.said
    assert "which column is site, year, month, flux? There are where, a, b, lon, lat" in run.said
    assert "Choose the field of each" in run.said


@pytest.fixture(scope="module")
def dialog(qgis, study):
    script = Path(__file__).with_name("dialogs_in_qgis.py")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", script, qgis.plugins, study / "fluxes.csv"],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.qgis
def test_fields_are_guessed_and_shown_when_a_layer_is_chosen(dialog):
    first = dialog["first"]
    assert [first[name] for name in ("FLUX", "YEAR", "MONTH", "SITE")] == [
        *("Reco", "Year", "Month", "Site")
    ]
    assert not first["LONGITUDE"] and not first["LATITUDE"]  # the points say it
    assert [dialog["second"][name] for name in ("FLUX", "YEAR")] == ["通量", "年份"]
    assert not any(dialog["third"].values())
    table = dialog["table"]
    assert (table["FLUX"], table["LONGITUDE"]) == ("Flux_gC_m2_day", "Lon")


@pytest.mark.qgis
def test_guessed_fields_can_be_changed_and_a_former_choice_counts(dialog):
    assert dialog["changed"] == {**dialog["table"], "FLUX": "Method"}
    assert dialog["again"] == {**dialog["first"], "FLUX": "lon"}
