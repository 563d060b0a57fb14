"""A catalogue is drafted from downloads: what is recognised, what is missing, what is not sure."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from rasterio.crs import CRS
from rasterio.transform import from_origin

from wco2_engine.cli import main
from wco2_engine.drafting.drafts import draft
from wco2_engine.drafting.looking import look_through
from wco2_engine.drafting.recognising import recognise
from wco2_engine.drafting.text import catalogue_text, findings_facts
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs import CatalogueJob
from wco2_engine.products.reading import product_of
from wco2_engine.progress import Silent

BY_FOLDER = {
    "era5land": "era5-land-monthly",
    "ndvi3g": "gimms-ndvi3g-1",
    "pku": "pku-gimms-ndvi-1.2",
    "soilgrids": "soilgrids-2",
    "snow_cci": "snow-cci-swe",
    "globsnow": "globsnow-swe-3",
    "cmc": "cmc-snow-depth",
    "permafrost_cci": "permafrost-cci-4",
    "obu": "obu-2018",
    "vcf": "vcf5kyr-1",
    "ncscd": "ncscd-2",
    "terraclimate": "terraclimate",
    "chelsa": "chelsa-2.1-monthly",
    "cru": "cru-ts-4",
    "merra": "merra-2-monthly",
    "che": "che-snow-depth-china",
    "land_cover": "land-cover-cci",
}


def found_in(*folders: Path):
    return recognise(*look_through(folders), Silent())


def job(folder: Path, target: Path, **more):
    return CatalogueJob(str(target), [str(folder)], **more).run(Silent())


@pytest.fixture(scope="module")
def findings(downloads):
    return found_in(downloads)


def drafted_from(findings, target: Path, *asked: str):
    """The entries of a catalogue, written, and what else there is."""
    entries, also = draft(findings, target, asked, ())
    target.write_text(catalogue_text(entries, also, findings_facts(findings)), encoding="utf-8")
    return entries, also


def netcdf(path: Path, name: str, units: str, cell: float, days: float = 31.0) -> Path:
    """Two steps of a variable on 4 by 4 cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 2)
        time = file.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [0, days]
        for axis, unit in (("latitude", "degrees_north"), ("longitude", "degrees_east")):
            file.createDimension(axis, 4)
            variable = file.createVariable(axis, "f8", (axis,))
            variable.units = unit
            variable[:] = 60 - cell * np.arange(4)
        stored = file.createVariable(name, "f4", ("time", "latitude", "longitude"))
        stored.units = units
        stored[:] = 1.0
    return path


def test_every_made_up_product_has_a_builder_and_is_recognised(made_up, findings):
    assert set(BY_FOLDER) == set(made_up.BUILDERS)
    seen: dict[str, set[str]] = {}
    for group in findings.groups:
        for item in group.items:
            seen.setdefault(item.relative.split("/")[0], set()).add(group.product.id)
    assert seen == {folder: {product} for folder, product in BY_FOLDER.items()}
    assert not findings.damaged
    assert not findings.unknown
    assert not findings.disagreements


def test_the_truth_names_variables_of_the_products(made_up):
    for product, variable in made_up.TRUTH:
        product_of(product).variable(variable)


@pytest.mark.parametrize("builder", ["era5_land_old", "era5_land_grib"])
def test_other_forms_of_era5_land_are_recognised(made_up, builder, tmp_path):
    getattr(made_up, builder)(tmp_path)
    groups = found_in(tmp_path).groups
    assert {group.product.id for group in groups} == {"era5-land-monthly"}
    assert {"air_temperature", "precipitation"} <= {group.variable.name for group in groups}


def test_one_of_each_kind_is_drafted_and_the_rest_is_named(findings, tmp_path):
    entries, also = drafted_from(findings, tmp_path / "c.toml")
    drafted = {entry.name: entry.keys["product"] for entry in entries}
    assert drafted["snow_depth"] == "era5-land-monthly"
    assert drafted["tree_cover"] == "vcf5kyr-1"
    assert drafted["soil_carbon_0_30cm"] == "soilgrids-2"
    measured = [product_of(e.keys["product"]).variable(e.keys["variable"]) for e in entries]
    kinds = [(variable.group, variable.measures) for variable in measured]
    assert len(kinds) == len(set(kinds)) == 12
    assert "merra-2-monthly: snow_depth" in also
    assert ("pku-gimms-ndvi-1.2: ndvi" in also) != ("gimms-ndvi3g-1: ndvi" in also)
    assert not any(entry.todo for entry in entries)


def test_the_draft_is_a_catalogue_with_what_to_cite_and_what_goes_wrong(findings, tmp_path):
    drafted_from(findings, tmp_path / "c.toml")
    text = (tmp_path / "c.toml").read_text("utf-8")
    catalogue = Catalogue.read(tmp_path / "c.toml")
    (ndvi,) = [p for p in catalogue.predictors if p.name == "ndvi"]
    assert ndvi.window is not None and ndvi.window.months == (6, 7, 8)
    assert ndvi.window.of == "previous"
    assert "# Cite: " in text and "doi:10.24381/cds.68d2bb30" in text
    assert "# Trap: Accumulated variables are means per day" in text
    assert "# Not confirmed by any document" in text
    assert "# TODO" not in text


def test_what_is_asked_for_is_drafted_by_name_or_by_what_it_measures(findings, tmp_path):
    entries, _ = drafted_from(findings, tmp_path / "c.toml", "snow_depth")
    assert {entry.keys["product"] for entry in entries} == {
        *("che-snow-depth-china", "cmc-snow-depth", "merra-2-monthly", "era5-land-monthly"),
    }
    assert len({entry.name for entry in entries}) == 4
    entries, _ = drafted_from(findings, tmp_path / "c.toml", "bare_ground")
    assert [entry.name for entry in entries] == ["bare_ground"]
    with pytest.raises(Wco2Error, match=r"no variable 'snow_dept'.*Did you mean 'snow_depth'"):
        drafted_from(findings, tmp_path / "c.toml", "snow_dept")


def test_missing_years_are_told_apart_from_years_that_do_not_exist(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "vcf")
    facts = job(tmp_path / "d", tmp_path / "c.toml", years="1993-2009")
    (trees,) = [row for row in facts["predictors"] if row["name"] == "tree_cover"]
    assert trees["years"] == "1993, 1995, 1999, 2001, 2008-2009"
    assert trees["missing_years"] == [1994, 1996, 1997, 1998, 2000, *range(2002, 2008)]
    text = (tmp_path / "c.toml").read_text()
    assert "# The product has nothing of 1994, 2000." in text
    assert "# Missing here: 1996-1998, 2002-2007." in text


def test_a_gap_in_a_monthly_series_is_a_choice(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "merra")
    for path in (tmp_path / "d/merra").glob("*2009*"):
        path.rename(path.with_name(path.name.replace("2009", "2011")))
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert facts["predictors"][0]["missing_years"] == [2009, 2010]
    assert any("2009-2010 missing" in todo for todo in facts["todo"])


def test_an_incomplete_year_is_told(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "chelsa")
    for year in (2010, 2011):  # a year in the middle with eleven files
        for path in (tmp_path / "d/chelsa").glob("*_2008_*"):
            shutil.copy(path, path.with_name(path.name.replace("2008", str(year))))
    next((tmp_path / "d/chelsa").glob("*_03_2010_*")).unlink()
    job(tmp_path / "d", tmp_path / "c.toml")
    assert "# Incomplete: 2010 (11 of 12 files)." in (tmp_path / "c.toml").read_text()


def test_two_files_of_one_month_are_a_choice(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "merra")
    copy = tmp_path / "d/merra/MERRA2_401.tavgM_2d_lnd_Nx.200805.nc4"
    shutil.copy(tmp_path / "d/merra/MERRA2_300.tavgM_2d_lnd_Nx.200805.nc4", copy)
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert any("of the same time" in todo and copy.name in todo for todo in facts["todo"])
    assert "# TODO choose:" in (tmp_path / "c.toml").read_text()


@pytest.mark.parametrize("name", ["terraclimate", "merra", "chelsa"])
def test_a_file_that_broke_off_is_named_among_the_others(made_up, tmp_path, name):
    made_up.make_downloads(tmp_path / "d", name)
    broken = sorted((tmp_path / "d" / name).iterdir())[1]
    content = broken.read_bytes()
    broken.write_bytes(content[: len(content) * 3 // 5])
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert len(facts["damaged"]) == 1
    assert broken.name in facts["damaged"][0]
    assert f"#   {broken}" in (tmp_path / "c.toml").read_text()


def test_an_old_netcdf_and_a_zip_that_broke_off_are_named(made_up, tmp_path):
    made_up.era5_land_old(tmp_path / "d")
    made_up.make_downloads(tmp_path / "d", "era5land")
    for path in (tmp_path / "d/era5land_2009.nc", *(tmp_path / "d/era5land").iterdir()):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    damaged = found_in(tmp_path / "d").damaged
    assert {each.item.path.name for each in damaged} == {
        "era5land_2009.nc",
        "era5-land-monthly_2008.zip",
    }


def test_a_name_alone_is_no_proof(tmp_path):
    # Named as TerraClimate's snow, but on ERA5-Land's grid and with its temperature in it.
    netcdf(tmp_path / "d/TerraClimate_swe_2008.nc", "t2m", "K", 0.1)
    netcdf(tmp_path / "d/other.nc", "foo", "1", 0.3)
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    (told,) = facts["disagreements"]
    assert "named as terraclimate" in told
    assert "no variable 'swe'" in told
    assert "era5-land-monthly (air_temperature)" in told
    assert all(row["product"] != "terraclimate" for row in facts["predictors"])


@pytest.mark.parametrize(
    ("name", "units", "cell", "days", "why"),
    [
        ("t2m", "degC", 0.1, 31, "unit"),
        ("t2m", "K", 0.3, 31, "grid"),
        ("t2m", "K", 0.1, 1, "daily"),
    ],
)
def test_what_disagrees_is_not_taken_for_era5_land(tmp_path, name, units, cell, days, why):
    netcdf(tmp_path / "d/era5.nc", name, units, cell, days)
    findings = found_in(tmp_path / "d")
    assert not findings.groups, why
    assert [each.header.layers[0].name for each in findings.unknown] == ["t2m"]


def test_a_copy_on_other_cells_is_drafted_with_a_doubt(made_up, tmp_path):
    for year in (2008, 2009):
        netcdf(tmp_path / f"d/TerraClimate_swe_{year}.nc", "swe", "mm", 1.0)
    facts = job(tmp_path / "d", tmp_path / "c.toml", values=False)
    assert [row["product"] for row in facts["predictors"]] == ["terraclimate"]
    text = (tmp_path / "c.toml").read_text()
    assert "# Look at this: its cells are 1 wide, not 0.0416667." in text


def test_era5_on_other_cells_is_said_to_look_like_it(tmp_path):
    netcdf(tmp_path / "d/data_stream-moda.nc", "tp", "m", 1.0)
    facts = job(tmp_path / "d", tmp_path / "c.toml", values=False)
    (said,) = [todo for todo in facts["todo"] if "looks like" in todo]
    assert "era5-land-monthly or era5-monthly" in said
    assert "the unit is m day-1" in said


def test_soilgrids_in_a_folder_of_ones_own_is_found(made_up, tmp_path):
    made_up.make_downloads(tmp_path, "soilgrids")
    shutil.move(tmp_path / "soilgrids/soc", tmp_path / "mine")
    shutil.rmtree(tmp_path / "soilgrids")
    facts = job(tmp_path / "mine", tmp_path / "c.toml", values=False)
    assert [row["name"] for row in facts["predictors"]] == ["soil_carbon_0_30cm"]


def test_a_product_without_its_useful_variables_brings_what_it_has(made_up, tmp_path):
    made_up.make_downloads(tmp_path, "soilgrids")
    for depth in ("5-15cm", "15-30cm"):
        (tmp_path / f"soilgrids/soc/soc_{depth}_mean.vrt").unlink()
        shutil.rmtree(tmp_path / f"soilgrids/soc/soc_{depth}_mean")
    facts = job(tmp_path / "soilgrids", tmp_path / "c.toml", values=False)
    assert [row["name"] for row in facts["predictors"]] == ["soil_carbon_0_5cm"]


def test_what_can_t_be_read_as_it_comes_is_named_with_the_way_out(tmp_path):
    (tmp_path / "d").mkdir()
    name = "EASE2_N25km.snowice.20010101-20010107.v04.bin"
    (tmp_path / "d" / name).write_bytes(bytes(720 * 720))
    with pytest.raises(Wco2Error, match="Headerless bytes of 720 x 720"):
        job(tmp_path / "d", tmp_path / "c.toml")


def test_a_text_that_speaks_of_grib_is_no_grib(tmp_path, made_up):
    made_up.make_downloads(tmp_path / "d", "ncscd")
    (tmp_path / "d/README").write_text("How to read GRIB files of edition 1.")
    facts = job(tmp_path / "d", tmp_path / "c.toml", values=False)
    assert facts["damaged"] == []
    assert facts["not_understood"] == ["README is no raster that is known."]


def test_era5_and_era5_land_are_told_apart_by_their_grids(tmp_path):
    netcdf(tmp_path / "d/a.nc", "t2m", "K", 0.1)
    netcdf(tmp_path / "d/b.nc", "t2m", "K", 0.25)
    found = {group.items[0].name: group.product.id for group in found_in(tmp_path / "d").groups}
    assert found == {"a.nc": "era5-land-monthly", "b.nc": "era5-monthly"}


def test_snow_depth_of_era5_comes_from_water_and_density(tmp_path):
    netcdf(tmp_path / "d/sd.nc", "sd", "m of water equivalent", 0.25)
    netcdf(tmp_path / "d/rsn.nc", "rsn", "kg m**-3", 0.25)
    facts = job(tmp_path / "d", tmp_path / "c.toml", variables=["snow_depth"])
    assert [row["name"] for row in facts["predictors"]] == ["snow_depth"]
    (predictor,) = Catalogue.read(tmp_path / "c.toml").predictors
    assert predictor.operation == "snow_depth"
    assert [part.variable for _, part in predictor.operands] == ["sd", "rsn"]


def test_unknown_series_are_drafted_with_what_only_a_person_knows(tmp_path):
    for year in (2001, 2002):
        netcdf(tmp_path / f"d/my_{year}.nc", "foo", "K", 0.3)
        netcdf(tmp_path / f"d/odd_{year}.nc", "bar", "blorb", 0.3)
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    tables = {t["name"]: t for t in tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]}
    assert tables["foo"]["path"] == "my_{year}.nc"
    assert (tables["foo"]["when"], tables["foo"]["units"]) == ("monthly", "K")
    assert "units" not in tables["bar"]
    assert any("'blorb', which is no unit" in todo for todo in facts["todo"])
    assert sum("group" in todo for todo in facts["todo"]) == 2  # nothing tells it
    assert Catalogue.read(tmp_path / "c.toml").names == ("foo", "bar")


@pytest.mark.parametrize(
    ("name", "variable", "group"),
    [
        ("x.nc", "snow_depth", "snow"),
        ("hwsd_nh.nc", "T_CLAY", "soil"),
        ("etopo5.nc", "z", "terrain"),
        ("x.nc", "ndvi", "vegetation"),
        ("permafrost_12km.nc", "data", "permafrost"),
    ],
)
def test_a_group_is_told_by_plain_words_in_names(tmp_path, name, variable, group):
    netcdf(tmp_path / "d" / name, variable, "1", 0.3)
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert facts["predictors"][0]["group"] == group
    assert not any("group" in todo for todo in facts["todo"])


def test_daily_files_of_an_unknown_series_become_one_predictor(tmp_path):
    for day in range(1, 5):
        netcdf(tmp_path / f"d/x_200101{day:02d}.nc", "foo", "1", 0.3)
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    (table,) = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert table["path"] == "x_{year}{month:02d}{day:02d}.nc"
    assert table["steps"] == {"reduce": "mean"}
    assert any("steps of a month" in todo for todo in facts["todo"])


def test_months_that_are_named_are_one_series(tmp_path):
    for name in ("Jan", "Feb", "May"):
        netcdf(tmp_path / f"d/tas_{name}1990.nc", "tas", "K", 0.3)
    job(tmp_path / "d", tmp_path / "c.toml")
    (table,) = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert (table["path"], table["when"]) == ("tas_{Mon}{year}.nc", "monthly")


def geotiff(path: Path, *, bands: tuple[str, ...] = ("",), value: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"width": 4, "height": 3, "count": len(bands), "dtype": "float32"}
    grid = {"crs": "EPSG:4326", "transform": from_origin(-150, 70, 0.5, 0.5)}
    with rasterio.open(path, "w", driver="GTiff", **shape, **grid) as file:
        file.write(np.full((len(bands), 3, 4), value, np.float32))
        for number, name in enumerate(bands, start=1):
            file.set_band_description(number, name)
    return path


def drafted(folder: Path) -> tuple[list[dict], dict]:
    """The predictors drafted from a folder, and what was told."""
    facts = job(folder, folder.parent / "c.toml", replace=True)
    return tomllib.loads((folder.parent / "c.toml").read_text())["predictor"], facts


def test_folders_of_years_and_months_are_one_series(tmp_path):
    for year in (2001, 2002):
        for month in (1, 2):
            geotiff(tmp_path / f"d/{year}/{month:02d}/tmean.tif")
    (table,), _ = drafted(tmp_path / "d")
    assert (table["name"], table["path"], table["when"]) == (
        *("tmean", "{year}/{month:02d}/tmean.tif", "monthly"),
    )


def test_predictors_that_only_folders_name_are_called_by_them(tmp_path):
    for name in ("tmin", "tmax"):
        for year in (2001, 2002):
            geotiff(tmp_path / f"d/{name}/{year}.tif")
    tables, _ = drafted(tmp_path / "d")
    assert [(t["name"], t["path"]) for t in tables] == [
        ("tmax", "tmax/{year}.tif"),
        ("tmin", "tmin/{year}.tif"),
    ]


def test_chinese_names_are_read(tmp_path):
    for year in (2001, 2002):
        for month in (1, 12):
            geotiff(tmp_path / f"d/月平均气温_{year}年{month}月.tif")
    (table,), _ = drafted(tmp_path / "d")
    assert (table["name"], table["group"]) == ("月平均气温", "climate")
    assert table["path"] == "月平均气温_{year}年{month}月.tif"


def test_months_without_a_year_are_asked_about(tmp_path):
    for month in range(1, 13):
        geotiff(tmp_path / f"d/CHELSA_tas_{month:02d}_1981-2010_V.2.1.tif")
    (table,), facts = drafted(tmp_path / "d")
    assert (table["path"], table["when"]) == (
        *("CHELSA_tas_{month:02d}_1981-2010_V.2.1.tif", "climatology"),
    )
    assert any("numbered 01 to 12" in todo for todo in facts["todo"])


def test_nineteen_numbers_are_no_months(tmp_path):
    for number in range(1, 20):
        geotiff(tmp_path / f"d/bio_{number:02d}.tif")
    tables, _ = drafted(tmp_path / "d")
    assert {table["when"] for table in tables} == {"static"}
    assert len(tables) == 19


@pytest.mark.parametrize(
    "form", ["{year}_{month:02d}", "{year}{month:02d}_t2m", "{year}年{month}月"]
)
def test_bands_that_are_called_by_dates_need_no_choice(tmp_path, form):
    months = [(year, month) for year in (2001, 2002) for month in range(1, 13)]
    bands = tuple(form.format(year=year, month=month) for year, month in months)
    geotiff(tmp_path / "d/tmean.tif", bands=bands)
    (table,), facts = drafted(tmp_path / "d")
    assert table["when"] == "monthly"
    assert facts["predictors"][0]["years"] == "2001-2002"
    assert not any("bands" in todo for todo in facts["todo"])


def test_bands_that_say_nothing_are_asked_about(tmp_path):
    geotiff(tmp_path / "d/tmean_2001.tif", bands=tuple(f"B{k}" for k in range(1, 13)))
    _, facts = drafted(tmp_path / "d")
    assert any("12 bands" in todo for todo in facts["todo"])


def test_one_file_a_month_needs_no_choice_of_how_to_reduce(tmp_path):
    for day in (1, 32, 60):
        geotiff(tmp_path / f"d/ndvi_doy2001{day:03d}_aid0001.tif")
    (table,), facts = drafted(tmp_path / "d")
    assert table["path"] == "ndvi_doy{year}{doy:03d}_aid0001.tif"
    assert not any("steps of a month" in todo for todo in facts["todo"])


def test_a_variable_for_each_month_is_named_with_the_way_out(tmp_path):
    with netCDF4.Dataset(tmp_path / "temp_2001.nc", "w") as file:
        for name in ("lat", "lon"):
            file.createDimension(name, 3)
            file.createVariable(name, "f8", (name,))[:] = [60, 61, 62]
        for name in ("Jan", "Feb", "Mar"):
            file.createVariable(name, "f4", ("lat", "lon"))[:] = 1
    with pytest.raises(Wco2Error, match="nothing") as caught:
        job(tmp_path, tmp_path / "c.toml")
    assert "a variable for each month (Jan, Feb, Mar, …)" in caught.value.hint


def test_raw_numbers_are_known_by_the_header_beside_them(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    for month in (10, 11, 12, 1, 2):
        np.full((3, 4), month, "<i2").tofile(folder / f"tmean{month}.bil")
        (folder / f"tmean{month}.hdr").write_text(
            "BYTEORDER I\nLAYOUT BIL\nNROWS 3\nNCOLS 4\nNBANDS 1\nNBITS 16\n"
            "ULXMAP -149.75\nULYMAP 69.75\nXDIM 0.5\nYDIM 0.5\nPIXELTYPE SIGNEDINT\n"
        )
    (table,), facts = drafted(folder)
    assert (table["path"], table["when"]) == ("tmean{month}.bil", "climatology")
    assert any("crs" in todo for todo in facts["todo"])


def test_the_crs_beside_a_text_grid_is_seen(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    grid = "ncols 2\nnrows 2\nxllcorner -150\nyllcorner 60\ncellsize 1\n1 2\n3 4\n"
    (folder / "clay.asc").write_text(grid)
    _, facts = drafted(folder)
    assert any("crs" in todo for todo in facts["todo"])
    (folder / "clay.prj").write_text(CRS.from_epsg(4326).to_wkt())
    _, facts = drafted(folder)
    assert not any("crs" in todo for todo in facts["todo"])


def test_an_archive_that_is_not_looked_into_is_named(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/lst.tar.gz").write_bytes(b"\x1f\x8b" + bytes(20))
    with pytest.raises(Wco2Error, match="nothing") as caught:
        job(tmp_path / "d", tmp_path / "c.toml")
    assert "lst.tar.gz is packed: unpack first." in caught.value.hint


def test_a_water_year_goes_by_the_dates_in_its_files(tmp_path):
    for year in (2002, 2003):
        path = netcdf(tmp_path / f"d/snd_{year}.nc", "snd", "m", 0.3)
        with netCDF4.Dataset(path, "a") as file:
            file.variables["time"].units = f"days since {year - 1}-12-15"
    (table,), _ = drafted(tmp_path / "d")
    assert table["path"] == "snd_*.nc"


def test_a_look_that_fails_names_the_catalogue_that_is_written(tmp_path):
    netcdf(tmp_path / "d/x.nc", "foo", "K", 0.3)
    with netCDF4.Dataset(tmp_path / "d/x.nc", "a") as file:
        file.variables["time"].delncattr("units")
    job(tmp_path / "d", tmp_path / "c.toml")
    text = (tmp_path / "c.toml").read_text()
    assert "c.toml: predictor 'foo'" in text
    assert "partial" not in text


def test_what_is_no_raster_is_counted_or_named(tmp_path, made_up):
    made_up.make_downloads(tmp_path / "d", "ncscd")
    (tmp_path / "d/readme.pdf").write_text("x")
    (tmp_path / "d/notes.xyz").write_text("x")
    (tmp_path / "d/.hidden").write_text("x")
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert facts["ignored"] == ["1 .pdf"]
    assert facts["not_understood"] == ["notes.xyz is no raster that is known."]


def test_a_folder_with_nothing_in_it_writes_nothing(tmp_path):
    (tmp_path / "d").mkdir()
    with pytest.raises(Wco2Error, match=r"nothing in .* to draft"):
        job(tmp_path / "d", tmp_path / "c.toml")
    with pytest.raises(Wco2Error, match="There is no folder"):
        job(tmp_path / "e", tmp_path / "c.toml")
    assert not (tmp_path / "c.toml").exists()


def test_an_earlier_catalogue_is_kept_unless_asked(tmp_path, made_up):
    made_up.make_downloads(tmp_path / "d", "ncscd")
    (tmp_path / "c.toml").write_text("mine")
    with pytest.raises(Wco2Error, match="is there already"):
        job(tmp_path / "d", tmp_path / "c.toml")
    assert (tmp_path / "c.toml").read_text() == "mine"
    job(tmp_path / "d", tmp_path / "c.toml", replace=True)
    assert "ncscd-2" in (tmp_path / "c.toml").read_text()


def test_files_in_archives_are_looked_at_where_they_are(tmp_path):
    inner = netcdf(tmp_path / "x.nc", "t2m", "K", 0.1)
    (tmp_path / "d").mkdir()
    with zipfile.ZipFile(tmp_path / "d/a.zip", "w") as archive:
        archive.write(inner, "some/where.nc")
    (group,) = found_in(tmp_path / "d").groups
    assert (group.variable.name, group.items[0].relative) == (
        "air_temperature",
        "a.zip/some/where.nc",
    )


def test_a_member_without_a_name_is_passed_over(tmp_path):
    (tmp_path / "d").mkdir()
    with zipfile.ZipFile(tmp_path / "d/a.zip", "w") as archive:
        archive.writestr("qqqq", b"nothing")
        archive.write(netcdf(tmp_path / "x.nc", "foo", "K", 0.3), "x.nc")
    content = (tmp_path / "d/a.zip").read_bytes()
    (tmp_path / "d/a.zip").write_bytes(content.replace(b"qqqq", bytes(4)))
    job(tmp_path / "d", tmp_path / "c.toml")
    (table,) = tomllib.loads((tmp_path / "c.toml").read_text())["predictor"]
    assert table["path"] == "a.zip/x.nc"


def test_names_that_hold_anything_break_no_catalogue(tmp_path):
    netcdf(tmp_path / "d/good {x} 'y' #.nc", "foo", "K", 0.3)
    netcdf(tmp_path / "d/plain.nc", "bar", "K", 0.3)
    netcdf(tmp_path / "e.nc", "baz", "K", 0.3)
    (tmp_path / "e.nc").rename(tmp_path / "d" / 'a\n[[predictor]]\nname = "evil".nc')
    os.link(tmp_path / "d/plain.nc", os.fsencode(tmp_path / "d") + b"/\xff\xfe.nc")
    facts = job(tmp_path / "d", tmp_path / "c.toml")
    assert Catalogue.read(tmp_path / "c.toml").names == ("foo", "bar")
    assert len(facts["damaged"]) == 2
    assert all("its name is no text" in each for each in facts["damaged"])
    assert not [look for look in facts["values"] if look["doubts"] and "good" in look["doubts"][0]]


def test_a_folder_within_another_is_looked_at_once(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "ncscd")
    items, _ = look_through([tmp_path / "d", tmp_path / "d/ncscd"])
    assert len(items) == 1


def test_names_in_a_draft_are_each_ones_own(findings, tmp_path):
    entries, _ = drafted_from(findings, tmp_path / "c.toml", "snow_water_equivalent")
    names = [entry.name for entry in entries]
    assert len(names) == 3 and len(set(names)) == 3


def test_the_command_says_all_in_json(tmp_path, made_up):
    made_up.make_downloads(tmp_path / "d", "vcf")
    target = str(tmp_path / "c.toml")
    done = CliRunner().invoke(main, ["catalogue", str(tmp_path / "d"), "-o", target, "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.output.splitlines()[-1])
    assert result["event"] == "result"
    assert result["predictors"][0]["product"] == "vcf5kyr-1"
    assert result["outputs"] == [target]
