"""From made-up downloads to values at points, through a drafted catalogue: the truth comes out.

Nobody edits the catalogue in between, and every month is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wco2_engine.drafting.drafts import draft
from wco2_engine.drafting.looking import look_through
from wco2_engine.drafting.recognising import recognise
from wco2_engine.drafting.text import catalogue_text, findings_facts
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import PredictorReader, Sources
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.progress import Silent
from wco2_engine.season import Month
from wco2_engine.stack.extent import Extent
from wco2_engine.stack.prepare import prepare

# Inside of the part of the world that is there, off all centres and edges.
LON = np.array([100.613, 101.787, 102.931, 103.404])
LAT = np.array([60.641, 61.377, 61.913, 62.459])
# How far packing and a curved grid may lead off the truth, in units of the model.
CLOSE = {
    "era5-land-monthly": 0.01,
    "gimms-ndvi3g-1": 1e-4,
    "pku-gimms-ndvi-1.2": 6e-4,
    "soilgrids-2": 0.1,
    "snow-cci-swe": 0.51,
    "globsnow-swe-3": 0.6,
    "cmc-snow-depth": 0.05,
    "permafrost-cci-4": 0.51,
    "obu-2018": 1e-3,
    "vcf5kyr-1": 0.51,
    "ncscd-2": 0.051,
    "terraclimate": 0.051,
    "chelsa-2.1-monthly": 0.051,
    "cru-ts-4": 1e-3,
    "merra-2-monthly": 1e-3,
    "che-snow-depth-china": 2e-3,
    "land-cover-cci": 0.0,
}


def drafted(folder: Path, target: Path, *asked: str) -> Catalogue:
    findings = recognise(*look_through([folder]), Silent())
    entries, also = draft(findings, target, asked, ())
    assert not any(entry.todo for entry in entries), [entry.todo for entry in entries]
    target.write_text(catalogue_text(entries, also, findings_facts(findings)), encoding="utf-8")
    return Catalogue.read(target)


def values(
    catalogue: Catalogue, months: list[Month], stack: Path
) -> Iterator[tuple[Predictor, Month, np.ndarray]]:
    extent = Extent((100.5, 60.5, 103.5, 62.6))
    ready = prepare(catalogue, months, [extent], stack).catalogue
    with Rasters() as rasters:
        reader = PredictorReader(Sources(ready, rasters), rasters, Points(LON, LAT, "EPSG:4326"))
        for predictor in ready.predictors:
            for month in months:
                yield predictor, month, reader.values(predictor, month)


def cases() -> list[tuple[str, str, str]]:
    """Folder, product and variable of every truth."""
    return [
        ("era5land", "era5-land-monthly", "air_temperature"),
        ("era5land", "era5-land-monthly", "soil_temperature_level_1"),
        ("era5land", "era5-land-monthly", "snow_depth"),
        ("era5land", "era5-land-monthly", "precipitation"),
        ("ndvi3g", "gimms-ndvi3g-1", "ndvi"),
        ("pku", "pku-gimms-ndvi-1.2", "ndvi"),
        ("soilgrids", "soilgrids-2", "soil_carbon_0_30cm"),
        ("snow_cci", "snow-cci-swe", "snow_water_equivalent"),
        ("globsnow", "globsnow-swe-3", "snow_water_equivalent"),
        ("cmc", "cmc-snow-depth", "snow_depth"),
        ("permafrost_cci", "permafrost-cci-4", "ground_temperature_1m"),
        ("permafrost_cci", "permafrost-cci-4", "permafrost_extent"),
        ("obu", "obu-2018", "ground_temperature"),
        ("vcf", "vcf5kyr-1", "tree_cover"),
        ("ncscd", "ncscd-2", "soil_carbon_stock_0_100cm"),
        ("terraclimate", "terraclimate", "snow_water_equivalent"),
        ("chelsa", "chelsa-2.1-monthly", "air_temperature"),
        ("cru", "cru-ts-4", "air_temperature"),
        ("merra", "merra-2-monthly", "snow_depth"),
        ("che", "che-snow-depth-china", "snow_depth"),
        ("land_cover", "land-cover-cci", "land_cover"),
    ]


def check(
    made_up: ModuleType, catalogue: Catalogue, product: str, variable: str, stack: Path
) -> None:
    truth = made_up.TRUTH[product, variable]
    winter_only = product in ("snow-cci-swe", "globsnow-swe-3", "che-snow-depth-china")
    whole = [(year, month) for year in made_up.YEARS for month in range(1, 13)]
    months = [Month(*each) for each in (made_up.WINTER if winter_only else whole)]
    (predictor,) = catalogue.predictors
    if predictor.window is not None:  # the summer before: its last month has the largest values
        months = [month for month in months if month > Month(2008, 8)]
    seen = 0
    for _, month, found in values(catalogue, months, stack):
        of = month
        if predictor.window is not None:
            of = Month(month.year - (month.month < 9), 8)
        right = truth(LON, LAT, of.year, of.month)
        np.testing.assert_allclose(found, right, rtol=0, atol=CLOSE[product], err_msg=str(month))
        seen += 1
    assert seen == len(months) >= 7


def test_every_truth_is_looked_at(made_up):
    assert {(product, variable) for _, product, variable in cases()} == set(made_up.TRUTH)


@pytest.mark.parametrize(("folder", "product", "variable"), cases())
def test_the_truth_comes_out_of_downloads(made_up, downloads, tmp_path, folder, product, variable):
    catalogue = drafted(downloads / folder, tmp_path / "catalogue.toml", variable)
    check(made_up, catalogue, product, variable, tmp_path / "stack")


@pytest.mark.parametrize("form", ["era5_land_old", "era5_land_grib"])
@pytest.mark.parametrize("variable", ["air_temperature", "precipitation"])
def test_the_truth_comes_out_of_other_forms_of_era5_land(made_up, tmp_path, form, variable):
    getattr(made_up, form)(tmp_path / "downloads")
    catalogue = drafted(tmp_path / "downloads", tmp_path / "catalogue.toml", variable)
    check(made_up, catalogue, "era5-land-monthly", variable, tmp_path / "stack")


def test_snow_free_land_is_0_and_mountains_are_missing(made_up, downloads, tmp_path):
    catalogue = drafted(downloads / "snow_cci", tmp_path / "c.toml", "snow_water_equivalent")
    month = Month(2009, 1)
    ready = prepare(catalogue, [month], [Extent((100, 60, 104, 63))], tmp_path / "s").catalogue
    places = Points(np.array([102.05] * 3), np.array([60.05, 60.15, 60.25]), "EPSG:4326")
    with Rasters() as rasters:
        reader = PredictorReader(Sources(ready, rasters), rasters, places)
        found = reader.values(ready.predictors[0], month)
    truth = made_up.TRUTH["snow-cci-swe", "snow_water_equivalent"](102.05, 60.25, 2009, 1)
    np.testing.assert_allclose(found, [0.0, np.nan, np.round(truth)], atol=1e-6)


def test_a_year_that_does_not_exist_takes_the_nearest(made_up, downloads, tmp_path):
    catalogue = drafted(downloads / "vcf", tmp_path / "c.toml", "tree_cover")
    assert catalogue.predictors[0].missing == "nearest"
    truth = made_up.TRUTH["vcf5kyr-1", "tree_cover"](LON, LAT, 1999, 1)
    for _, _, found in values(catalogue, [Month(2000, 1), Month(1994, 12)], tmp_path / "s"):
        np.testing.assert_allclose(found, truth, atol=0.51)
