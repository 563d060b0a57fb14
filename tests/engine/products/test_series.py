"""Predictors drafted from rasters that a person chose: files, or layers of a project."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wco2_engine.drafting.series import ChosenRaster, series_of
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs import job_from_json
from wco2_engine.progress import Silent


def draft(*files, bands=1, when="auto"):
    (found,) = series_of([ChosenRaster(file, bands) for file in files], when)
    return found.name, found.path, found.when


def run(target: Path, *chosen: dict, **more):
    job = {"job": "catalogue", "output": str(target), "rasters": list(chosen), "replace": True}
    return job_from_json({**job, **more}).run(Silent())


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
            [f"/d/rain_{month:02d}.tif" for month in range(1, 13)],
            1,
            ("rain", "/d/rain_{month:02d}.tif", "climatology"),
        ),
        (["/d/tmax/2001.tif", "/d/tmax/2002.tif"], 12, ("tmax", "/d/tmax/{year}.tif", "monthly")),
        (["/d/rain.nc"], 12, ("rain", "/d/rain.nc", "climatology")),
        (["/d/t.nc"], 375, ("t", "/d/t.nc", "monthly")),
        (["/d/layer_10.tif"], 1, ("layer_10", "/d/layer_10.tif", "static")),
        (["/d/elevation {m}.tif"], 1, ("elevation", "/d/elevation {{m}}.tif", "static")),
        (["/d/12.tif"], 1, ("p_12", "/d/12.tif", "static")),
    ],
)
def test_dates_in_names_become_year_and_month(files, bands, expected):
    assert draft(*files, bands=bands) == expected


def test_numbers_are_months_where_a_person_says_that_it_is_a_climatology():
    files = ["/d/rain_01.tif", "/d/rain_02.tif"]
    assert draft(*files, when="climatology") == ("rain", "/d/rain_{month:02d}.tif", "climatology")
    assert len(series_of([ChosenRaster(file) for file in files])) == 2


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (["/d/x_20010101.tif", "/d/x_20010102.tif"], "/d/x_{year}{month:02d}{day:02d}.tif"),
        (["/d/x_2001001.tif", "/d/x_2001009.tif"], "/d/x_{year}{doy:03d}.tif"),
        (["/d/x_1950-1959.nc", "/d/x_1960-1969.nc"], "/d/x_*.nc"),
        (["/d/tas_01_1980.tif", "/d/tas_02_1980.tif"], "/d/tas_{month:02d}_{year}.tif"),
    ],
)
def test_days_and_ranges_in_names_are_dates_too(files, path):
    assert draft(*files)[1] == path


def test_a_variable_of_a_netcdf_file_is_kept():
    sources = [f'NETCDF:"/d/era5_{year}.nc":t2m' for year in (2001, 2002)]
    (found,) = series_of([ChosenRaster(source, 12) for source in sources])
    assert (found.name, found.path, found.variable) == ("t2m", "/d/era5_{year}.nc", "t2m")


def test_what_is_written_reads_back_as_a_catalogue(tmp_path):
    folder = tmp_path / "é"
    rasters = [{"source": f'{folder}/it\'s "t"_{year}.tif', "bands": 12} for year in (2001, 2002)]
    facts = run(tmp_path / "c.toml", *rasters, units="K", to="degC")
    (predictor,) = Catalogue.read(tmp_path / "c.toml").predictors
    assert predictor.path == 'é/it\'s "t"_{year}.tif'
    assert (predictor.units, predictor.to) == ("K", "degC")
    assert facts["names"] == ["it_s_t"]
    assert facts["predictors"][0]["files"] == 2


def test_a_layer_brings_its_name_and_its_crs(tmp_path):
    run(
        tmp_path / "c.toml",
        {"source": 'NETCDF:"/d/a.nc":t2m', "name": "Winter air", "crs": "EPSG:4326"},
        {"source": 'NETCDF:"/d/b.nc":t2m', "name": "Summer air"},
    )
    tables = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert [table["name"] for table in tables] == ["winter_air", "summer_air"]
    assert [table.get("crs") for table in tables] == ["EPSG:4326", None]


def test_a_crs_that_is_given_for_all_is_that_of_all(tmp_path):
    raster = {"source": "/d/a.tif", "crs": "EPSG:4326"}
    run(tmp_path / "c.toml", raster, crs="EPSG:6931")
    (table,) = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert table["crs"] == "EPSG:6931"


def test_names_of_archives_stay_as_gdal_has_them(tmp_path):
    run(tmp_path / "c.toml", {"source": "/vsizip//abs/n.zip/ndvi.tif"})
    (table,) = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert table["path"] == "/vsizip//abs/n.zip/ndvi.tif"


def test_rasters_are_added_to_a_catalogue(tmp_path):
    target = tmp_path / "c.toml"
    run(target, {"source": "/d/a.tif"}, name="first")
    before = target.read_text()
    facts = run(target, {"source": "/d/b.tif"}, existing=str(target), group="soil")
    assert facts["names"] == ["first", "b"]
    assert target.read_text().startswith(before)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "x"}, "One name, 'x', is given for 2"),
        ({"name": "a-b", "rasters": [{"source": "/d/a.tif"}]}, "'a-b' is no name"),
        ({"rasters": [{"source": "/d/a.tif"}, {"source": "/e/a.tif"}]}, "would be called 'a'"),
        ({"existing": "/elsewhere/c.toml"}, "different folders"),
        ({"rasters": []}, "Name folders of downloads, or rasters"),
        ({"rasters": [{"path": "/d/a.tif"}]}, "path"),
    ],
)
def test_rasters_that_make_no_catalogue_are_refused_and_nothing_is_written(tmp_path, more, message):
    rasters = [{"source": "/d/a.tif"}, {"source": "/d/b.tif"}]
    with pytest.raises(Wco2Error, match=message):
        run(tmp_path / "c.toml", **{"rasters": rasters, **more})
    assert not (tmp_path / "c.toml").exists()
