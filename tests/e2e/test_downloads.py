"""From a folder of downloads to winter maps: a drafted catalogue, and nobody edits it."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import rasterio
from click.testing import CliRunner

from wco2_engine.cli import main

pytestmark = pytest.mark.e2e
STUDY = """
title = "From downloads"
catalogue = "catalogue.toml"
output = "results"

[observations]
file = "fluxes.csv"
flux_units = "g C m-2 month-1"
[observations.columns]
site = "Site"
longitude = "Lon"
latitude = "Lat"
year = "Year"
month = "Month"
flux = "Flux"

[winter]
months = [10, 11, 12, 1, 2, 3, 4]

[[region]]
name = "siberia"
bbox = [100.4, 60.4, 103.6, 62.7]

[model]
trees = 20
validation = ["random"]
members = 0

[map]
extent = [101.0, 61.0, 103.0, 62.0]
resolution = 0.1
years = "2009"
"""
CLOSE = {  # of what is packed in whole numbers, in units of the model
    "tree_cover": 0.6,
    "permafrost_extent": 0.6,
    "soil_carbon_0_30cm": 0.1,
    "soil_carbon_stock_0_100cm": 0.051,
    "snow_water_equivalent": 0.051,
}


@pytest.fixture(scope="module")
def made_up() -> ModuleType:
    path = Path(__file__).parents[1] / "engine/products/made_up.py"
    spec = importlib.util.spec_from_file_location("made_up_downloads_e2e", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def wco2(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_downloads_become_winter_maps_without_an_edit(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "downloads")
    wco2("catalogue", tmp_path / "downloads", "-o", tmp_path / "catalogue.toml")
    assert "# TODO" not in (tmp_path / "catalogue.toml").read_text("utf-8")
    rng = np.random.default_rng(1)
    sites = pd.DataFrame(
        {
            "Site": [f"s{k}" for k in range(14)],
            "Lon": rng.uniform(100.6, 103.4, 14).round(3),
            "Lat": rng.uniform(60.6, 62.5, 14).round(3),
        }
    )
    dates = pd.DataFrame(made_up.WINTER, columns=["Year", "Month"])
    fluxes = sites.merge(dates, how="cross")
    fluxes["Flux"] = 5 + fluxes["Lat"] - 60 + fluxes["Month"].isin([10, 4]) * 3.0
    fluxes.to_csv(tmp_path / "fluxes.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    wco2("run", tmp_path / "study.toml")

    import geopandas

    training = geopandas.read_file(tmp_path / "results/training.gpkg")
    assert len(training) == len(fluxes)
    lon = np.floor(training["longitude"] * 10) / 10 + 0.05  # the cell that holds the site
    lat = np.floor(training["latitude"] * 10) / 10 + 0.05
    tables = tomllib.loads((tmp_path / "catalogue.toml").read_text("utf-8"))["predictor"]
    assert len(tables) == 12
    for table in tables:
        truth = made_up.TRUTH[table["product"], table["variable"]]
        year, month = training["year"], training["month"]
        if "window" in table:  # the largest of the last summer, which is its August's
            year, month = year - (month < 9), month * 0 + 8
        if table["variable"] in ("tree_cover", "permafrost_extent", "ground_temperature_1m"):
            month = month * 0 + 1
        right = [truth(*each) for each in zip(lon, lat, year, month, strict=True)]
        close = CLOSE.get(table["variable"], 0.02)
        name = table["name"]
        np.testing.assert_allclose(training[name], right, rtol=0, atol=close, err_msg=name)
    (winter,) = sorted((tmp_path / "results").rglob("winter_flux_2009.tif"))
    with rasterio.open(winter) as file:
        flux = file.read(1, masked=True)
        assert flux.shape == (10, 20)
        assert not flux.mask.any()
        assert "10.24381/cds.68d2bb30" in file.tags()["WCO2_PREDICTORS_CITE"]
