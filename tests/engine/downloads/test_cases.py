"""The layouts of public bug reports, in the cases beside the checkout."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.series import Series, open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, project
from wco2_engine.season import Month

SITES = {"Aa": (-149.55, 68.62), "Bb": (25.05, 67.53), "Cc": (129.48, 71.52)}
YEAR = np.datetime64("2003-01-01"), np.datetime64("2004-01-01")
NOTHING: Mapping[str, Any] = {}
Values = Callable[[Any], Any]


def kelvin(values: Any) -> Any:
    return values - 273.15


def same(values: Any) -> Any:
    return values


def at_sites(series: Series, month: Month, convert: Values) -> dict[str, float]:
    """Between the middles of cells, as a catalogue asks for by default."""
    assert isinstance(series.grid, Grid)
    steps = [step for step in series.steps if step.month == month]
    plane = convert(np.mean([series.plane(step) for step in steps], axis=0))
    x, y = project(*np.array(list(SITES.values())).T, GEOGRAPHIC, series.grid.crs)
    column, row = series.grid.pixel_coordinates(x, y)
    found = {}
    for site, c, r in zip(SITES, column - 0.5, row - 0.5, strict=True):
        left, top = int(np.floor(c)), int(np.floor(r))
        near = plane[np.ix_([top, top + 1], np.array([left, left + 1]) % plane.shape[1])]
        down, right = r - top, c - left
        weights = np.outer([1 - down, down], [1 - right, right])
        found[site] = float((near * weights).sum())
    return found


def opened(cases: Path, case: str, files: list[str], **reading: Any) -> Series:
    named = [NamedFile(cases / "inputs" / case / name, *YEAR) for name in files]
    return open_series(named, Reading(**reading), case)


@pytest.mark.parametrize(
    ("case", "file", "reading", "convert"),
    [
        ("R02-era5-expver-dim", "era5_2003.nc", {"variable": "t2m", "units": "K"}, kelvin),
        ("R03-era5land-grib1", "all.grib", {"variable": "2t", "units": "K"}, kelvin),
        ("R08-cesm-time-end", "tsa_2003.nc", {"variable": "TSA", "units": "K"}, kelvin),
        ("R09-fill-and-missing-differ", "m_2003.nc", {"variable": "sm"}, same),
        ("R12-bands-in-text-order", "t_2003.tif", NOTHING, same),
        ("R19-zarr", "e.zarr", {"variable": "t2m", "units": "degC"}, same),
        ("R23-yyyymm", "q.nc", {"variable": "tas", "units": "degC"}, same),
        ("R23b-cdo-absolute", "q.nc", {"variable": "tas", "units": "degC"}, same),
        ("R37-valid-range-unscaled", "v_2003.nc", {"variable": "ndvi"}, same),
        ("R44-group-and-glob", "g_2003.nc4", {"variable": "tas", "units": "degC"}, same),
    ],
)
def test_a_case_gives_the_values_that_are_right(
    cases: Path, case: str, file: str, reading: Mapping[str, Any], convert: Values
) -> None:
    with (cases / "inputs" / case / "expect.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert rows
    with opened(cases, case, [file], **reading) as series:
        for row in rows:
            month = Month(int(row["year"]), int(row["month"]))
            found = at_sites(series, month, convert)[row["site"]]
            expected = float(row["x"]) if row["x"] else np.nan
            assert found == pytest.approx(expected, abs=0.02, nan_ok=True), row


@pytest.mark.parametrize(
    ("case", "file", "reading"),
    [
        ("R01-era5land-newcds", "data_stream-moda.nc", {"variable": "t2m", "units": "K"}),
        (
            "R07-cmip6-noleap-360",
            "tas_Amon_MADE-UP_ssp585_r1i1p1f1_gn_200201-200412.nc",
            {"variable": "tas", "units": "K"},
        ),
        ("R15-lon-lat-order", "q_2003.nc", {"variable": "tas", "units": "degC"}),
        ("R15b-time-last", "q_2003.nc", {"variable": "tas", "units": "degC"}),
    ],
)
def test_a_case_without_a_table_gives_the_truth_of_all_cases(
    cases: Path, case: str, file: str, reading: Mapping[str, Any]
) -> None:
    convert = kelvin if reading["units"] == "K" else same
    with opened(cases, case, [file], **reading) as series:
        for month in (1, 2, 3, 7, 10, 12):
            found = at_sites(series, Month(2003, month), convert)
            for site, (longitude, latitude) in SITES.items():
                truth = -30 + 2 * month + 0.1 * latitude + 0.01 * longitude
                assert found[site] == pytest.approx(truth, abs=0.02)


def test_half_months_are_two_steps_a_month(cases: Path) -> None:
    files = [f"ndvi3g_geo_v1_2003_{half}.nc4" for half in ("0106", "0712")]
    with opened(
        cases,
        "R04b-gimms-no-valid-range",
        files,
        variable="ndvi",
        scale=1e-4,
        nodata=((-5e3, -5e3),),
    ) as series:
        assert len(series.steps) == 24
        assert at_sites(series, Month(2003, 1), same)["Aa"] == pytest.approx(0.0125)


@pytest.mark.parametrize(
    "case",
    [
        "R06-ease2-2d-latlon-only",
        "R06b-ease2-xy-metres-no-crs",
        "R06f-ease2-grid-mapping-ascending-y-km",
    ],
)
@pytest.mark.parametrize("crs", [None, "EPSG:6931"])
def test_a_polar_grid_is_read_by_its_longitudes_and_latitudes(
    cases: Path, case: str, crs: str | None
) -> None:
    with opened(cases, case, ["swe_2003.nc"], variable="swe", units="mm", crs=crs) as series:
        assert isinstance(series.grid, Grid)
        assert series.grid.bounds == (-6e6, -6e6, 6e6, 6e6)
        plane = series.plane(series.steps[0])
        _, latitude = project(*series.grid.centres(), series.grid.crs, GEOGRAPHIC)
        # January's truth of these: 100 + 3 month + latitude.
        np.testing.assert_allclose(plane.ravel(), 103 + latitude, atol=1e-3)


def test_soil_in_a_virtual_raster_stays_as_it_is(cases: Path) -> None:
    file = cases / "inputs" / "R05-soilgrids-igh-vrt" / "soc_0-5cm_mean.vrt"
    with open_series([file], Reading(), "x") as series, rasterio.open(file) as source:
        stored = source.read(1, masked=True)
        np.testing.assert_array_equal(
            series.plane(series.steps[0]), stored.astype(np.float32).filled(np.nan)
        )


def test_tiles_of_hdf_eos_are_read_where_gdal_knows_them(cases: Path) -> None:
    folder = cases / "inputs" / "R18-modis-sinusoidal"
    reading = Reading(scale=0.01)
    with open_series([folder / "MOD.A2003001.h11v02.tif"], reading, "x") as series:
        tiff = series.plane(series.steps[0])
        grid = series.grid
    try:
        with open_series([folder / "m.hdf"], reading, "x") as series:
            np.testing.assert_array_equal(series.plane(series.steps[0]), tiff)
            assert isinstance(grid, Grid) and isinstance(series.grid, Grid)
            assert series.grid.is_like(grid)
    except Wco2Error as error:
        assert "needs the driver HDF4" in error.message


@pytest.mark.parametrize(
    ("case", "file", "reading", "words"),
    [
        (
            "R10-rotated-pole",
            "r_2003.nc",
            {"variable": "tas"},
            "its rotated pole puts its first cell at .*, and its 2-D longitudes and latitudes",
        ),
        (
            "R12c-12-variables-one-month",
            "clim_2003.tif",
            NOTHING,
            "names do not say what time they are of: tmean, tmin, tmax, prec",
        ),
        ("R14-nodata-untagged", "u.tif", NOTHING, "holds -9999 in 2400 of 14400 cells"),
        ("R16-flag-values", "VCF5KYR_2003.tif", {"units": "%"}, "is in %, and holds 200"),
        (
            "R17-chelsa-scale-offset",
            "CHELSA_tas_01_2003_V.2.1.tif",
            {"scale": 0.1, "units": "K"},
            "scale = 0.1, and the file offset = -273.15",
        ),
        (
            "R26-units-say-K-but-degC",
            "t_2003.nc",
            {"variable": "tas", "units": "degC"},
            "the file says units = 'K', and the catalogue units = 'degC'",
        ),
    ],
)
def test_a_case_that_contradicts_itself_is_refused_with_both_sides(
    cases: Path, case: str, file: str, reading: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(Wco2Error, match=words), opened(cases, case, [file], **reading) as series:
        series.plane(series.steps[0])


def test_the_codes_of_a_case_are_missing_where_they_are_said(cases: Path) -> None:
    codes: Mapping[str, Any] = {"units": "%", "nodata": ((200, 200),)}
    with opened(cases, "R16-flag-values", ["VCF5KYR_2003.tif"], **codes) as series:
        found = at_sites(series, Month(2003, 1), same) if series.steps[0].month else None
        assert found is None and series.steps[0].year == 2003
        plane = series.plane(series.steps[0])
        assert np.nanmin(plane) == np.nanmax(plane) == 40.0
