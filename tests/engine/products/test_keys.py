"""A product's keys are those of a catalogue, for the files that lie in a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, parse_predictor
from wco2_engine.products.keys import keys_of, patterns_of
from wco2_engine.products.reading import all_products

VARIABLES = [
    pytest.param(p, v, kind, id=f"{p.id}:{v.name}:{kind.form}")
    for p in all_products()
    for v in p.variables
    for kind in p.files_of(v)
    if not p.unreadable
]


def netcdf(path: Path, *variables: str) -> Path:
    """A header with variables, of a month of two cells by two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w") as file:
        for name in ("latitude", "longitude"):
            file.createDimension(name, 2)
            file.createVariable(name, "f8", (name,))[:] = [1.0, 0.0]
        for name in variables:
            file.createVariable(name, "f4", ("latitude", "longitude"))[:] = np.zeros((2, 2))
    return path


@pytest.mark.parametrize(("product", "variable", "kind"), VARIABLES)
def test_the_keys_of_every_variable_are_those_of_a_catalogue(product, variable, kind):
    keys = keys_of(product.id, variable.name, "", paths=())
    paths = list(patterns_of(product, variable, kind))
    if any("{variable}" in path for path in paths) and not variable.layers:
        raise AssertionError(paths)
    predictor = parse_predictor({"name": "x", **keys, "path": paths}, "catalogue")
    assert predictor.group == variable.group
    assert predictor.to == variable.used_units
    if not variable.layers and not variable.derive:
        assert predictor.units == variable.units


def test_files_that_people_named_are_told_by_the_variables_in_them(tmp_path):
    netcdf(tmp_path / "a_1982.nc", "t2m")
    netcdf(tmp_path / "a_1983.nc", "t2m")
    netcdf(tmp_path / "b.nc", "tp")
    keys = keys_of("era5-land-monthly", "air_temperature", "", tmp_path)
    assert keys["path"] == "a_{year}.nc"
    assert keys_of("era5-land-monthly", "precipitation", "", tmp_path)["path"] == "b.nc"
    with pytest.raises(Wco2Error, match="no file of era5-land-monthly with snow_depth"):
        keys_of("era5-land-monthly", "snow_depth", "", tmp_path)


def test_a_year_in_the_name_of_one_file_alone_is_no_date(tmp_path):
    netcdf(tmp_path / "era5land_1982_2022.nc", "t2m")
    path = keys_of("era5-land-monthly", "air_temperature", "", tmp_path)["path"]
    assert path == "era5land_1982_2022.nc"


def test_the_files_of_a_split_download_are_found_in_its_zip(tmp_path):
    inner = netcdf(tmp_path / "x" / "data_stream-moda_stepType-avgad.nc", "tp")
    with zipfile.ZipFile(tmp_path / "era5land.zip", "w") as archive:
        archive.write(inner, inner.name)
    inner.unlink()
    path = keys_of("era5-land-monthly", "precipitation", "", tmp_path)["path"]
    assert path == "era5land.zip/data_stream-moda_stepType-avgad.nc"


def test_parts_of_a_series_follow_each_other(tmp_path):
    for name in (
        "ESACCI-LC-L4-LCCS-Map-300m-P1Y-2015-v2.0.7cds",
        "C3S-LC-L4-LCCS-Map-300m-P1Y-2016-v2.1.1",
    ):
        (tmp_path / f"{name}.nc").touch()
    keys = keys_of("land-cover-cci", "land_cover", "", tmp_path)
    assert [path.split("-")[0] for path in keys["path"]] == ["**/ESACCI", "**/C3S"]
    assert keys["when"] == "yearly"
    assert keys["resampling"] == "mode"


def test_per_day_is_said_as_the_file_leaves_it_out():
    keys = keys_of("era5-land-monthly", "precipitation", "", paths=())
    assert (keys["units"], keys["per"], keys["to"]) == ("m", "day", "mm month-1")


def test_a_unit_that_is_spelt_as_none_is_overruled():
    keys = keys_of("era5-land-monthly", "snow_albedo", "", paths=())
    assert keys["overrule"] == ["units"]
    assert "overrule" not in keys_of("era5-land-monthly", "air_temperature", "", paths=())


def test_layers_are_weighed_by_their_thickness():
    keys = keys_of("soilgrids-2", "soil_carbon_0_30cm", "", paths=())
    assert list(keys["layers"].values()) == [5, 10, 15]


def test_a_catalogue_names_a_product_and_overrides_what_it_likes(tmp_path):
    netcdf(tmp_path / "downloads" / "era5.nc", "stl1")
    (tmp_path / "catalogue.toml").write_text(
        '[[predictor]]\nname = "soil"\nproduct = "era5-land-monthly"\n'
        'variable = "soil_temperature_level_1"\nroot = "downloads"\nto = "K"\nlag = 1\n'
    )
    (predictor,) = Catalogue.read(tmp_path / "catalogue.toml").predictors
    assert (predictor.path, predictor.variable) == ("downloads/era5.nc", "stl1")
    assert (predictor.units, predictor.to, predictor.lag) == ("K", "K", 1)
    assert predictor.group == "soil"


def test_a_path_of_ones_own_is_not_looked_for(tmp_path):
    text = (
        '[[predictor]]\nname = "soil"\nproduct = "era5-land-monthly"\n'
        'variable = "soil_temperature_level_1"\npath = "not_here_yet_{year}.nc"\n'
    )
    (tmp_path / "catalogue.toml").write_text(text)
    (predictor,) = Catalogue.read(tmp_path / "catalogue.toml").predictors
    assert predictor.path == "not_here_yet_{year}.nc"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('product = "era5land"\nvariable = "x"', "Did you mean 'era5-land-monthly'"),
        ('product = "vcf5kyr-1"\nvariable = "trees"', "tree_cover"),
        ('product = "vcf5kyr-1"', "variable = None"),
        ("product = 1", "product = 1"),
        ('product = "hwsd-2"\nvariable = "mapping_unit"', "can't be read as they come"),
        ('product = "vcf5kyr-1"\nvariable = "tree_cover"', "VCF5KYR_{year}001_001_"),
    ],
)
def test_what_is_wrong_with_a_product_in_a_catalogue_is_said(tmp_path, lines, message):
    (tmp_path / "catalogue.toml").write_text(f'[[predictor]]\nname = "p"\n{lines}\n')
    with pytest.raises(Wco2Error) as error:
        Catalogue.read(tmp_path / "catalogue.toml")
    assert message in str(error.value)
    assert "predictor 'p'" in str(error.value)
