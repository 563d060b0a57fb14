"""The whole way through qgis_process: every algorithm, chained, and the graphical models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.qgis


def read(path):
    with rasterio.open(path) as file:
        return file.read(1), file.profile, file.tags()


def test_the_counts_of_observations_add_up(chain):
    counts = chain.observations
    rejected = Path(counts["REJECTED"]).read_text("utf-8").splitlines()
    assert counts["ROWS_READ"] == counts["ROWS_KEPT"] + len(rejected) - 1
    assert 0 < counts["SITE_MONTHS"] < counts["ROWS_KEPT"]
    assert chain.training["READ"] == counts["SITE_MONTHS"]


def test_training_gives_its_scores_as_numbers(chain):
    scores = json.loads(chain.model["SCORES"])
    region, validation = chain.model["SCORED"].split(", ")
    chosen = [s for s in scores if (s["region"], s["validation"]) == (region, validation)]
    assert validation == "site"
    assert chosen[0]["n"] == max(score["n"] for score in scores)
    assert chain.model["R2"] == chosen[0]["r2"]
    assert chain.model["RMSE"] == chosen[0]["rmse"]
    assert "<svg" in Path(chain.model["REPORT"]).read_text("utf-8")


def test_no_validation_means_the_usual_as_copy_as_python_writes_it(qgis, chain, study, tmp_path):
    found = qgis.run(
        "trainmodel",
        TRAINING=chain.training["TRAINING"],
        CATALOGUE=study / "catalogue.toml",
        REGIONS=study / "study.toml",
        TREES=4,
        MEMBERS=2,
        VALIDATION="",
        MODEL=tmp_path / "model.wco2",
        REPORT=tmp_path / "page.html",
    )
    assert "Incorrect parameter value" not in found.said
    assert Path(found.ok()["MODEL"]).is_file()


def test_a_map_a_winter_is_written_on_the_grid_asked_for(chain):
    assert [Path(p).name for p in chain.maps["MAPS"]] == [
        "winter_flux_2001.tif",
        "winter_flux_2002.tif",
    ]
    values, profile, tags = read(chain.maps["FIRST"])
    assert values.shape == (18, 30)
    assert tuple(profile["transform"])[:6] == (0.5, 0, 100, 0, -0.5, 69)
    assert tags["SIMULATED"] == "yes"
    # A cell has a winter where each of its seven months has a value.
    assert 0 < (values != -9999).sum() <= chain.maps["CELLS"]


def test_the_other_interpreter_writes_the_same_rasters(outside, chain, study, tmp_path, corner):
    maps = outside.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001-2002",
        OUTPUT=tmp_path / "maps",
        **corner,
    ).ok()
    for ours, theirs in zip(chain.maps["MAPS"], maps["MAPS"], strict=True):
        assert np.array_equal(read(ours)[0], read(theirs)[0])
        assert read(ours)[2] == read(theirs)[2]


@pytest.mark.parametrize("extent", ["176,-172,62,70 [EPSG:4326]", "176,188,62,70"])
def test_an_extent_across_the_antimeridian_is_one_map(qgis, chain, study, tmp_path, extent):
    maps = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        EXTENT=extent,
        RESOLUTION=0.5,
        OUTPUT=tmp_path,
    ).ok()
    values, profile, _ = read(maps["FIRST"])
    assert values.shape == (16, 24)
    assert profile["transform"].c == 176


def test_an_extent_in_another_crs_is_taken_to_that_of_the_map(qgis, chain, study, tmp_path):
    # The square of 2000 km around the pole in EPSG:6931 reaches to about 77 degrees at its corners.
    maps = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        EXTENT="-1000000,1000000,-1000000,1000000 [EPSG:6931]",
        RESOLUTION=2,
        OUTPUT=tmp_path,
    ).ok()
    _, profile, _ = read(maps["FIRST"])
    top, left = profile["transform"].f, profile["transform"].c
    assert (left, top, profile["width"]) == (-180, 90, 180)
    assert 76 <= top - 2 * profile["height"] <= 78


def test_a_map_in_a_polar_projection(qgis, chain, study, tmp_path):
    maps = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        CRS="EPSG:6931",
        EXTENT="100,115,60,69 [EPSG:4326]",
        RESOLUTION=50000,
        OUTPUT=tmp_path,
    ).ok()
    values, profile, _ = read(maps["FIRST"])
    assert profile["crs"].to_epsg() == 6931
    assert (values != -9999).any()


def test_a_mask_keeps_its_cells_only(qgis, chain, study, tmp_path, corner):
    polygon = {
        "type": "Polygon",
        "coordinates": [[[100, 60], [105, 60], [105, 69], [100, 69], [100, 60]]],
    }
    mask = tmp_path / "mask.geojson"
    mask.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": polygon}))
    maps = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        MASK=mask,
        OUTPUT=tmp_path / "maps",
        **corner,
    ).ok()
    assert maps["CELLS"] == 10 * 18
    whole, part = read(chain.maps["FIRST"])[0], read(maps["FIRST"])[0]
    assert np.array_equal(whole[:, :10], part[:, :10])
    assert (part[:, 10:] == -9999).all()


def test_a_model_is_described(qgis, chain, tmp_path):
    found = qgis.run(
        "describemodel", MODEL=chain.model["MODEL"], DESCRIPTION=tmp_path / "model.html"
    ).ok()
    page = Path(found["DESCRIPTION"]).read_text("utf-8")
    assert found["FINGERPRINT"] == chain.model["FINGERPRINT"]
    assert found["REGIONS"] == "tibetan_plateau,arctic"
    assert found["ROWS"] == chain.training["KEPT"]
    assert found["MODEL_TITLE"] == "Küste"
    assert "were made up" in page and "snow_water_equivalent" in page


def test_a_study_is_checked_and_run(qgis, study, tmp_path):
    text = (study / "study.toml").read_text("utf-8")
    small = study / "small.toml"
    small.write_text(
        text.replace("extent = [-180.0, 27.0, 180.0, 84.0]", "extent = [100, 60, 115, 69]")
        .replace("trees = 100", "trees = 10")
        .replace("members = 20", "members = 4")
        .replace('"2001-2002"', '"2001"')
        .replace('output = "results"', 'output = "small"'),
        encoding="utf-8",
    )
    assert qgis.run("checkstudy", STUDY=small, CHECK=tmp_path / "a.html").ok()["PROBLEMS"] == 0
    assert (
        qgis.run("checkstudy", STUDY=small, YEARS="1950", CHECK=tmp_path / "b.html").ok()[
            "PROBLEMS"
        ]
        > 0
    )
    assert "1950" in (tmp_path / "b.html").read_text("utf-8")
    done = qgis.run("runstudy", STUDY=small).ok()
    assert [Path(p).name for p in done["MAPS"]] == ["winter_flux_2001.tif"]
    assert Path(done["MODEL"]).is_file() and Path(done["REPORT"]).is_file()


def test_a_catalogue_is_built_from_files_in_two_steps(qgis, study, tmp_path):
    rasters = study / "rasters"
    first = qgis.run(
        "buildcatalogue",
        RASTERS=sorted((rasters / "air_temperature").glob("t2m_200[12].tif")),
        UNITS="K",
        TO="degC",
        NAME="air_temperature",
        CATALOGUE=study / "built.toml",
    ).ok()
    assert first["NAMES"] == "air_temperature"
    second = qgis.run(
        "buildcatalogue",
        RASTERS=sorted((rasters / "soil_temperature").glob("stl1_2001-0*.tif")),
        UNITS="degC",
        GROUP="soil",
        EXISTING=first["CATALOGUE"],
        CATALOGUE=study / "built.toml",
    ).ok()
    assert second["NAMES"] == "air_temperature,stl1"
    text = (study / "built.toml").read_text("utf-8")
    assert 'path = "rasters/air_temperature/t2m_{year}.tif"\nwhen = "monthly"' in text
    assert 'path = "rasters/soil_temperature/stl1_{year}-{month:02d}.tif"' in text


def test_a_catalogue_is_drafted_from_a_folder_of_downloads(qgis, tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    transform = rasterio.transform.from_origin(100, 63, 0.05, 0.05)
    profile = {"driver": "GTiff", "width": 80, "height": 60, "count": 3, "dtype": "uint8"}
    for year in (2001, 2002):
        path = folder / f"VCF5KYR_{year}001_001_2018224204211.tif"
        with rasterio.open(path, "w", crs="EPSG:4326", transform=transform, **profile) as file:
            file.write(np.full((3, 60, 80), 33, np.uint8))
    done = qgis.run("buildcatalogue", FOLDER=folder, CATALOGUE=tmp_path / "c.toml")
    assert done.ok()["NAMES"] == "tree_cover"
    text = (tmp_path / "c.toml").read_text("utf-8")
    assert 'product = "vcf5kyr-1"' in text and "# Values (2002): 33 to 33 %" in text


def test_the_model_from_fluxes_to_winter_maps_runs(qgis, study, tmp_path, columns, corner):
    done = qgis.run(
        "fluxestowintermaps",
        FLUXES=study / "fluxes.csv",
        CATALOGUE=study / "catalogue.toml",
        REGIONS=study / "study.toml",
        TREES=10,
        YEARS="2002",
        **columns,
        **corner,
        **{
            "prepareobservations:Rejected": tmp_path / "rejected.csv",
            "samplepredictors:Training": tmp_path / "training.gpkg",
            "trainmodel:Model": tmp_path / "model.wco2",
            "trainmodel:Report": tmp_path / "report.html",
            "predictwinterflux:Maps": tmp_path / "maps",
        },
    )
    done.ok()
    assert (tmp_path / "report.html").is_file()
    values, _, _ = read(tmp_path / "maps/winter_flux/winter_flux_2002.tif")
    assert (values != -9999).any()


def test_the_model_from_a_model_to_winter_maps_runs(qgis, chain, study, tmp_path, corner):
    qgis.run(
        "wintermapsfromamodel",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        **corner,
        **{
            "describemodel:Description": tmp_path / "model.html",
            "predictwinterflux:Maps": tmp_path / "maps",
        },
    ).ok()
    ours, _, _ = read(tmp_path / "maps/winter_flux/winter_flux_2001.tif")
    assert np.array_equal(ours, read(chain.maps["FIRST"])[0])
