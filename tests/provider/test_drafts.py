"""Predictors drafted from file names, without QGIS."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wco2_engine.inputs.catalogue import Catalogue
from wco2_qgis.drafts import drafts, entry


def draft(*files, bands=1, when="auto"):
    (found,) = drafts(dict.fromkeys(files, bands), when)
    return found.name, found.path, found.when


@pytest.mark.parametrize(
    ("files", "bands", "expected"),
    [
        (["/d/t2m_2001.tif", "/d/t2m_2002.tif"], 12, ("t2m", "/d/t2m_{year}.tif", "monthly")),
        (["/d/land_2001.tif", "/d/land_2002.tif"], 1, ("land", "/d/land_{year}.tif", "yearly")),
        (
            ["/d/ndvi_2001_06.tif", "/d/ndvi_2001_07.tif"],
            1,
            ("ndvi", "/d/ndvi_{year}_{month:02d}.tif", "monthly"),
        ),
        (
            ["/d/swe200101.tif", "/d/swe200102.tif"],
            1,
            ("swe", "/d/swe{year}{month:02d}.tif", "monthly"),
        ),
        (["/d/t_2000_2025.nc"], 12, ("t_2000_2025", "/d/t_2000_2025.nc", "climatology")),
        (
            ["/d/rain_01.tif", "/d/rain_02.tif"],
            1,
            ("rain", "/d/rain_{month:02d}.tif", "climatology"),
        ),
        (["/d/rain.nc"], 12, ("rain", "/d/rain.nc", "climatology")),
        (["/d/t.nc"], 375, ("t", "/d/t.nc", "monthly")),
        (["/d/layer_10.tif"], 1, ("layer_10", "/d/layer_10.tif", "static")),
        (["/d/elevation {m}.tif"], 1, ("elevation", "/d/elevation {{m}}.tif", "static")),
        (["/d/12.tif"], 1, ("p_12", "/d/12.tif", "static")),
    ],
)
def test_dates_in_names_become_year_and_month(files, bands, expected):
    assert draft(*files, bands=bands) == expected


def test_a_variable_of_a_netcdf_file_is_kept():
    (found,) = drafts({f'NETCDF:"/d/era5_{year}.nc":t2m': 12 for year in (2001, 2002)})
    assert (found.name, found.path, found.variable) == ("t2m", "/d/era5_{year}.nc", "t2m")


def test_what_is_written_reads_back_as_a_catalogue():
    (found,) = drafts({f'/data/é/it\'s "t"_{year}.tif': 12 for year in (2001, 2002)})
    text = entry(found, {"units": "K", "to": "degC"}, Path("/data"))
    catalogue = Catalogue.from_tables(tomllib.loads(text)["predictor"], Path("/data"))
    assert catalogue.predictors[0].path == 'é/it\'s "t"_{year}.tif'
