"""Predictors by month: which file and band, in which units, and what happens to gaps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from scipy.io import netcdf_file

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import (
    FileCache,
    PredictorReader,
    Sources,
    likely_unit,
    listed_months,
)
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.season import Month
from wco2_engine.stack.prepare import prepared

JANUARY, FEBRUARY = Month(2000, 1), Month(2000, 2)


def tif(path: Path, *bands: float, dtype: str = "float64", **options: Any) -> Path:
    """A file with one value a band; twelve are named as the months that they are."""
    profile = {
        "driver": "GTiff",
        "width": 3,
        "height": 2,
        "count": len(bands),
        "dtype": dtype,
        "crs": GEOGRAPHIC,
        "transform": Affine(1, 0, 10, 0, -1, 62),
    }
    scale, offset = options.pop("scale", 1.0), options.pop("offset", 0.0)
    with rasterio.open(path, "w", **profile, **options) as file:
        for number, value in enumerate(bands, start=1):
            file.write(np.full((2, 3), value, dtype), number)
        file.scales, file.offsets = (scale,) * len(bands), (offset,) * len(bands)
        if len(bands) == 12:
            file.descriptions = [f"month {month}" for month in range(1, 13)]
    return path


def netcdf(
    path: Path, times: Sequence[float], units: str, values: Sequence[float], calendar: str = ""
) -> Path:
    """A file with one value a time step."""
    with netcdf_file(path, "w") as file:
        for axis, found, unit in (
            ("time", times, units),
            ("lat", [61.5, 60.5], "degrees_north"),
            ("lon", [10.5, 11.5, 12.5], "degrees_east"),
        ):
            file.createDimension(axis, len(found))
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:] = np.asarray(found, float)
            variable.units = unit
            if calendar and axis == "time":
                variable.calendar = calendar
        variable = file.createVariable("t", "f8", ("time", "lat", "lon"))
        variable[:] = np.asarray(values, float)[:, None, None]
    return path


def plain(folder: Path, months: Sequence[Month], **table: Any) -> Catalogue:
    """A catalogue of one predictor, prepared where it can't be read as it is."""
    catalogue = Catalogue.from_tables([{"name": "a", **table}], folder)
    return prepared(catalogue, months, (), folder / "stack")


def value(folder: Path, month: Month = JANUARY, **table: Any) -> float:
    """The value of a predictor at a point inside all of these files."""
    catalogue = plain(folder, [month], **table)
    with Rasters() as rasters:
        points = Points(np.array([11.2]), np.array([61.1]), GEOGRAPHIC)
        reader = PredictorReader(Sources(catalogue, rasters), rasters, points)
        found: NDArray[np.float64] = reader.values(catalogue.predictors[0], month)
    return float(found[0])


def refused(folder: Path, month: Month = JANUARY, **table: Any) -> Wco2Error:
    with pytest.raises(Wco2Error) as caught:
        value(folder, month, **table)
    assert "'a'" in caught.value.message
    return caught.value


def missing(folder: Path, months: Sequence[Month], **table: Any) -> list[Month]:
    catalogue = plain(folder, months, **table)
    with Rasters() as rasters:
        return Sources(catalogue, rasters).missing(catalogue.predictors[0], months)


# ---------------------------------------------------------------- which file, which band


def test_a_static_predictor_is_the_same_at_all_times(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", 7)
    assert value(tmp_path, path="a.tif") == 7
    assert value(tmp_path, Month(1850, 7), path="a.tif") == 7


def test_a_numbered_band_is_taken(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", 1, 2, 3)
    assert value(tmp_path, path="a.tif", band=2) == 2
    assert "has 3 bands, not 4" in refused(tmp_path, path="a.tif", band=4).message
    error = refused(tmp_path, path="a.tif")
    assert "has 3 bands" in error.message
    assert "band = 1" in error.hint


def test_a_yearly_predictor_is_the_file_of_the_year(tmp_path: Path) -> None:
    for year in (1999, 2000):
        tif(tmp_path / f"a_{year}.tif", year)
    assert value(tmp_path, path="a_{year}.tif", when="yearly") == 2000
    assert value(tmp_path, Month(1999, 12), path="a_{year}.tif", when="yearly") == 1999


def test_a_yearly_predictor_is_the_step_of_the_year(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", [0, 1, 2], "years since 1999-07-01", [10, 20, 30])
    assert value(tmp_path, path="a.nc", when="yearly") == 20
    assert missing(tmp_path, [Month(2002, 1)], path="a.nc", when="yearly") == [Month(2002, 1)]


def test_months_are_not_taken_for_years(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", range(24), "months since 1999-01-01", range(24))
    error = refused(tmp_path, path="a.nc", when="yearly")
    assert "several steps in 1999" in error.message
    tif(tmp_path / "a.tif", 1, 2)
    assert "2 bands, and nothing says" in refused(tmp_path, path="a.tif", when="yearly").message


@pytest.mark.parametrize("path", ["a_{month:02d}.tif", "a.tif", "a.nc", "dated.nc"])
def test_a_climatology_is_the_same_every_year(tmp_path: Path, path: str) -> None:
    for month in range(1, 13):
        tif(tmp_path / f"a_{month:02d}.tif", month)
    tif(tmp_path / "a.tif", *range(1, 13))
    netcdf(tmp_path / "a.nc", range(1, 13), "1", range(1, 13))
    netcdf(tmp_path / "dated.nc", range(12), "months since 1990-01-01", range(1, 13))
    # That 1 to 12 are months, only a person knows.
    more = {"bands": "months"} if path == "a.nc" else {}
    for month in (Month(2000, 2), Month(1950, 2)):
        assert value(tmp_path, month, path=path, when="climatology", **more) == 2
    assert value(tmp_path, Month(2000, 12), path=path, when="climatology", **more) == 12


def test_a_climatology_needs_all_twelve_months(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", *range(11))
    netcdf(tmp_path / "two_years.nc", range(24), "months since 1990-01-01", range(24))
    error = refused(tmp_path, path="a.tif", when="climatology")
    assert "11 bands, and nothing says what time they are of" in error.message
    error = refused(tmp_path, path="two_years.nc", when="climatology")
    assert "2 steps in month 1: " in error.message


def test_monthly_files_by_name(tmp_path: Path) -> None:
    tif(tmp_path / "a_2000_01.tif", 1)
    tif(tmp_path / "a_2000_02.tif", 2)
    table = {"path": "a_{year}_{month:02d}.tif", "when": "monthly"}
    assert [value(tmp_path, m, **table) for m in (JANUARY, FEBRUARY)] == [1, 2]


def test_files_of_twelve_bands_a_year(tmp_path: Path) -> None:
    tif(tmp_path / "a_2000.tif", *range(1, 13))
    assert value(tmp_path, FEBRUARY, path="a_{year}.tif", when="monthly") == 2
    tif(tmp_path / "a_2001.tif", *range(1, 12))
    error = refused(tmp_path, Month(2001, 2), path="a_{year}.tif", when="monthly")
    assert "11 bands, and nothing says what time they are of" in error.message
    tif(tmp_path / "a.tif", *range(1, 13))
    error = refused(tmp_path, path="a.tif", when="monthly")  # of which year would they be?
    assert "12 bands whose names say no months" in error.message


def test_twelve_bands_without_names_are_months_only_where_a_person_says_so(tmp_path: Path) -> None:
    path = tif(tmp_path / "a_2000.tif", *range(1, 13))
    with rasterio.open(path, "r+") as file:
        file.descriptions = [None] * 12
    error = refused(tmp_path, FEBRUARY, path="a_{year}.tif", when="monthly")
    assert "12 bands, and nothing says what time they are of" in error.message
    assert 'bands = "months"' in error.hint
    found = value(tmp_path, FEBRUARY, path="a_{year}.tif", when="monthly", bands="months")
    assert found == 2


def test_a_mark_for_missing_values_that_the_file_does_not_name_is_refused(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", -9999, dtype="float32")
    error = refused(tmp_path, path="a.tif")
    assert "holds -9999, which looks like a missing value" in error.message
    assert "nodata = -9999" in error.hint
    assert np.isnan(value(tmp_path, path="a.tif", nodata=-9999))
    assert value(tmp_path, path="a.tif", valid=[-10000, 0]) == -9999


@pytest.mark.parametrize(
    ("units", "calendar", "step"),
    [
        ("days since 1999-01-01", "360_day", 30),
        ("days since 1999-01-15", "noleap", 30.4167),
        ("hours since 1999-01-16", "standard", 24 * 30.44),
        ("months since 1999-01-01", "standard", 1),
    ],
)
def test_a_time_axis_is_used_by_its_dates(
    tmp_path: Path, units: str, calendar: str, step: float
) -> None:
    netcdf(tmp_path / "a.nc", step * np.arange(24), units, range(24), calendar)
    assert value(tmp_path, Month(1999, 1), path="a.nc", when="monthly") == 0
    assert value(tmp_path, Month(2000, 2), path="a.nc", when="monthly") == 13
    assert value(tmp_path, Month(2000, 12), path="a.nc", when="monthly") == 23


def test_a_time_axis_out_of_order_is_used_by_its_dates(tmp_path: Path) -> None:
    netcdf(tmp_path / "a_2000.nc", [1, 0], "months since 2000-01-01", [20, 10])
    table = {"path": "a_{year}.nc", "when": "monthly"}
    assert [value(tmp_path, m, **table) for m in (JANUARY, FEBRUARY)] == [10, 20]
    assert missing(tmp_path, [Month(2000, 3)], **table) == [Month(2000, 3)]


@pytest.mark.parametrize("when", ["monthly", "climatology"])
def test_daily_files_become_months_only_as_is_said(tmp_path: Path, when: str) -> None:
    netcdf(tmp_path / "a.nc", range(366), "days since 2000-01-01", range(366))
    error = refused(tmp_path, path="a.nc", when=when)
    assert "31 steps in " in error.message
    assert 'steps = { reduce = "mean" }' in error.hint
    # January has the days 0 to 30, whose mean is 15.
    assert value(tmp_path, path="a.nc", when=when, steps={"reduce": "mean"}) == 15


def test_an_axis_that_cant_be_read_is_quoted(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", [0, 1], "days since the flood", [5, 6])
    assert "can't be read" in refused(tmp_path, path="a.nc", when="monthly").message


# ---------------------------------------------------------------- other months than the predicted


def months_of_1999_and_2000(folder: Path) -> dict[str, Any]:
    """Month k of 1999 has the value k, month k of 2000 the value 100 + k."""
    stored = [*range(1, 13), *range(101, 113)]
    netcdf(folder / "a.nc", range(24), "months since 1999-01-01", stored)
    return {"path": "a.nc", "when": "monthly"}


def test_a_lag_goes_back_across_new_year(tmp_path: Path) -> None:
    table = months_of_1999_and_2000(tmp_path)
    assert value(tmp_path, Month(2000, 3), **table, lag=1) == 102
    assert value(tmp_path, Month(2000, 1), **table, lag=1) == 12
    assert value(tmp_path, Month(2000, 1), **table, lag=12) == 1
    assert missing(tmp_path, [Month(1999, 1)], **table, lag=1) == [Month(1998, 12)]


@pytest.mark.parametrize(
    ("window", "month", "expected"),
    [
        ({"months": [6, 7, 8], "reduce": "max"}, (2000, 1), 8),
        ({"months": [6, 7, 8], "reduce": "min"}, (2000, 10), 106),
        ({"months": [6, 7, 8], "reduce": "mean"}, (2000, 10), 107),
        ({"months": [6, 7, 8], "reduce": "sum"}, (2000, 1), 21),
        ({"months": [6, 7, 8], "of": "same", "reduce": "max"}, (2000, 1), 108),
        ({"months": [11, 12, 1], "reduce": "sum"}, (2000, 2), 11 + 12 + 101),
        ({"months": [12, 1], "of": "same", "reduce": "sum"}, (1999, 2), 12 + 101),
    ],
)
def test_a_window_reduces_its_months(
    tmp_path: Path, window: dict[str, Any], month: tuple[int, int], expected: float
) -> None:
    table = months_of_1999_and_2000(tmp_path)
    assert value(tmp_path, Month(*month), **table, window=window) == expected


def test_a_window_that_lacks_a_month_can_not_be_made(tmp_path: Path) -> None:
    table = months_of_1999_and_2000(tmp_path)
    window = {"months": [11, 12, 1], "reduce": "mean"}
    # Before January 1999 the run ended in January 1998, of which nothing is there.
    lacking = missing(tmp_path, [Month(1999, 1), Month(1999, 2)], **table, window=window)
    assert lacking == [
        Month(1997, 11),
        Month(1997, 12),
        Month(1998, 1),
        Month(1998, 11),
        Month(1998, 12),
    ]


def test_a_missing_pixel_in_one_month_of_a_window_is_missing(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", range(3), "months since 2000-06-01", [1, np.nan, 3])
    for reduce in ("max", "min", "mean", "sum"):
        window = {"months": [6, 7, 8], "reduce": reduce}
        found = value(tmp_path, Month(2000, 10), path="a.nc", when="monthly", window=window)
        assert np.isnan(found)


# ---------------------------------------------------------------- gaps


def years(folder: Path, **values: float) -> dict[str, Any]:
    for year, stored in values.items():
        tif(folder / f"a_{year[1:]}.tif", stored)
    return {"path": "a_{year}.tif", "when": "yearly"}


def test_all_months_that_are_missing_are_listed(tmp_path: Path) -> None:
    table = {"path": "a_{year}_{month:02d}.tif", "when": "monthly"}
    tif(tmp_path / "a_2000_01.tif", 1)
    wanted = [Month(1999, 11).shift(k) for k in range(5)]
    assert missing(tmp_path, wanted, **table) == [m for m in wanted if m != JANUARY]
    error = refused(tmp_path, FEBRUARY, **table)
    assert "2000-02" in error.message
    assert "a_{year}_{month:02d}.tif" in error.message
    assert 'missing = "nearest"' in error.hint


def test_a_static_file_that_is_missing_is_named(tmp_path: Path) -> None:
    tif(tmp_path / "clay.tif", 1)
    error = refused(tmp_path, path="cly.tif")
    assert "cly.tif" in error.message
    assert "'clay.tif'" in error.hint


def test_the_nearest_year_takes_the_place_of_a_missing_one(tmp_path: Path) -> None:
    table = years(tmp_path, y1990=1, y1993=3, y1995=5)
    at = {
        year: value(tmp_path, Month(year, 1), **table, missing="nearest")
        for year in range(1988, 1998)
    }
    # 1991 is nearer to 1990; 1994 is as near to 1993 as to 1995, and takes the earlier one.
    assert at == {
        **dict.fromkeys((1988, 1989, 1990, 1991), 1.0),
        **dict.fromkeys((1992, 1993, 1994), 3.0),
        **dict.fromkeys((1995, 1996, 1997), 5.0),
    }


def test_the_nearest_year_of_a_month_is_that_month(tmp_path: Path) -> None:
    table = months_of_1999_and_2000(tmp_path)
    assert value(tmp_path, Month(2005, 3), **table, missing="nearest") == 103
    assert value(tmp_path, Month(1990, 3), **table, missing="nearest") == 3


def test_a_climatology_takes_the_place_of_a_missing_month(tmp_path: Path) -> None:
    table = months_of_1999_and_2000(tmp_path)
    assert value(tmp_path, Month(2005, 3), **table, missing="climatology") == (3 + 103) / 2
    assert value(tmp_path, Month(1999, 3), **table, missing="climatology") == 3


def test_what_was_replaced_is_told(tmp_path: Path) -> None:
    table = years(tmp_path, y1990=1, y1993=3)
    catalogue = Catalogue.from_tables([{"name": "a", **table, "missing": "nearest"}], tmp_path)
    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        composites = [sources.composite(catalogue.predictors[0], Month(y, 1)) for y in (1990, 1992)]
    assert [r.substitute for r in composites if r is not None] == ["", "1992 from 1993"]


def test_what_is_known_of_files_is_shared_between_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = years(tmp_path, y1990=1, y1993=3)
    catalogue = Catalogue.from_tables([{"name": "a", **table}], tmp_path)
    cache, asked = FileCache(), []
    info = Rasters.info
    monkeypatch.setattr(Rasters, "info", lambda *given: asked.append(given[1]) or info(*given))
    points = Points(np.array([11.2]), np.array([61.1]), GEOGRAPHIC)
    for _ in range(3):
        with Rasters() as rasters:
            reader = PredictorReader(Sources(catalogue, rasters, cache), rasters, points)
            for year, expected in ((1990, 1), (1993, 3)):
                found = reader.values(catalogue.predictors[0], Month(year, 1))
                assert found.tolist() == [expected]
    assert len(asked) == len(set(asked)) == 2


def test_nothing_takes_the_place_of_nothing(tmp_path: Path) -> None:
    for way in ("nearest", "climatology"):
        error = refused(tmp_path, path="a_{year}.tif", when="yearly", missing=way)
        assert "has no data for 2000" in error.message


def test_a_file_far_away_tells_by_failing_to_open(tmp_path: Path) -> None:
    packed = tif(tmp_path / "a_2000.tif", 5)
    assert packed.is_file()
    table = {"path": f"/vsisubfile/0,{tmp_path}/a_{{year}}.tif", "when": "yearly"}
    assert value(tmp_path, **table) == 5
    assert missing(tmp_path, [Month(2001, 1)], **table) == [Month(2001, 1)]


# ---------------------------------------------------------------- units and valid ranges


def test_kelvin_becomes_celsius(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", 263.15)
    assert value(tmp_path, path="a.tif", units="K", to="degC") == pytest.approx(-10)


@pytest.mark.parametrize(
    ("month", "days"), [((2000, 2), 29), ((2001, 2), 28), ((2000, 1), 31), ((1999, 4), 30)]
)
def test_a_month_has_its_real_days(tmp_path: Path, month: tuple[int, int], days: int) -> None:
    netcdf(tmp_path / "a.nc", range(60), "months since 1998-01-01", np.full(60, 0.002))
    table = {"path": "a.nc", "when": "monthly", "units": "m day-1", "to": "mm month-1"}
    assert value(tmp_path, Month(*month), **table) == pytest.approx(2.0 * days)
    table = {**table, "units": "mm month-1", "to": "mm day-1"}
    assert value(tmp_path, Month(*month), **table) == pytest.approx(0.002 / days)


def test_a_window_adds_each_month_with_its_own_days(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc", range(12), "months since 2000-01-01", np.full(12, 0.001))
    table = {"path": "a.nc", "when": "monthly", "units": "m day-1", "to": "mm month-1"}
    window = {"months": [1, 2, 3], "reduce": "sum"}
    assert value(tmp_path, Month(2000, 10), **table, window=window) == pytest.approx(31 + 29 + 31)


def test_the_scale_of_the_catalogue_takes_the_place_of_that_of_the_file(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", 5000, dtype="int16", scale=0.0001, offset=0.1)
    assert value(tmp_path, path="a.tif") == pytest.approx(0.6)
    with pytest.raises(Wco2Error, match=r"states offset 0\.1, and the catalogue scale = 0\.001"):
        value(tmp_path, path="a.tif", scale=0.001)
    assert value(tmp_path, path="a.tif", scale=1, offset=0) == 5000


@pytest.mark.parametrize(
    ("stored", "table", "hint"),
    [
        (263.15, {"valid": [-90, 60]}, 'units = "K"'),
        (-10.0, {"valid": [200, 330]}, 'units = "degC"'),
        (-9999.0, {"valid": [-90, 60]}, "nodata = -9999"),
        (-9999.0, {"units": "K", "to": "degC", "valid": [-90, 60]}, "nodata = -9999"),
        (-32768.0, {"valid": [-1, 1]}, "nodata = -32768"),
        (8000.0, {"valid": [-1, 1]}, "10000 times too large"),
        (350.0, {"valid": [0, 14]}, "100 times too large"),
        (70.0, {"valid": [0, 14]}, "10 times too large"),
        (1e12, {"valid": [0, 1]}, "Correct units"),
    ],
)
def test_a_value_that_cant_be_is_refused_with_what_it_looks_like(
    tmp_path: Path, stored: float, table: dict[str, Any], hint: str
) -> None:
    tif(tmp_path / "a.tif", stored)
    error = refused(tmp_path, path="a.tif", **table)
    assert f"{tmp_path / 'a.tif'}, band 1" in error.message
    assert f"{stored:.6g}" in error.message
    assert "valid range" in error.message
    assert hint in error.hint


def test_the_ends_of_a_valid_range_are_valid_and_so_is_missing(tmp_path: Path) -> None:
    for stored in (-90.0, 60.0, np.nan):
        tif(tmp_path / "a.tif", stored)
        found = value(tmp_path, path="a.tif", valid=[-90, 60])
        assert found == stored or np.isnan([found, stored]).all()


def test_nothing_is_guessed_where_nothing_fits() -> None:
    assert likely_unit(1e12, 0, 1) == ""


def test_months_are_listed_as_runs_all_of_them() -> None:
    table = {"name": "a", "path": "a.nc", "when": "monthly"}
    monthly = Catalogue.from_tables([table], Path()).predictors[0]
    months = [Month(2012, 10).shift(k) for k in range(4)] + [Month(2014, 2)]
    assert listed_months(monthly, months) == "2012-10 to 2013-01, 2014-02"
    yearly = Catalogue.from_tables([{**table, "when": "yearly"}], Path()).predictors[0]
    assert listed_months(yearly, [Month(y, 1) for y in (1990, 1991, 1995)]) == "1990-1991, 1995"
    cycle = Catalogue.from_tables([{**table, "when": "climatology"}], Path()).predictors[0]
    assert listed_months(cycle, [Month(1, 4), Month(1, 10)]) == "Apr, Oct"


# ---------------------------------------------------------------- the real grids


def test_the_real_temperature_of_a_siberian_january(realcase: Path, tmp_path: Path) -> None:
    """Yakutsk: January means lie near -40 degC in both real grids, July near +19."""
    tables = [
        {"name": "series", "path": "ncep_t2m_monthly_1982_2013_eof20_nh250.nc", "when": "monthly"},
        {"name": "cycle", "path": "era5_climatology_2000_2025_nh025.nc", "when": "climatology"},
    ]
    # The series states no CRS: it has to be asked for.
    common = {"variable": "t2m", "units": "degC", "valid": [-90, 60], "crs": GEOGRAPHIC}
    tables = [{**table, **common} for table in tables]
    stored = Catalogue.from_tables(tables, realcase / "grids")
    asked = [Month(1999, 1), Month(1999, 7), Month(2013, 4)]
    catalogue = prepared(stored, asked, (), tmp_path)
    points = Points(np.array([129.7]), np.array([62.0]), GEOGRAPHIC)
    with Rasters() as rasters:
        reader = PredictorReader(Sources(catalogue, rasters), rasters, points)
        for predictor in catalogue.predictors:
            assert -48 < reader.values(predictor, Month(1999, 1))[0] < -30
            assert 10 < reader.values(predictor, Month(1999, 7))[0] < 25
        lacking = Sources(catalogue, rasters).missing(catalogue.predictors[0], [Month(2013, 4)])
    assert lacking == [Month(2013, 4)]


def test_a_percentage_above_a_hundred_is_a_code_or_needs_a_valid_range(tmp_path: Path) -> None:
    tif(tmp_path / "cover.tif", 200.0)
    point = Points(np.array([11.5]), np.array([61.5]), GEOGRAPHIC)
    table: dict[str, Any] = {"name": "cover", "path": "cover.tif", "units": "%"}

    def value(**more: Any) -> float:
        catalogue = Catalogue.from_tables([{**table, **more}], tmp_path)
        with Rasters() as rasters:
            reader = PredictorReader(Sources(catalogue, rasters), rasters, point)
            return float(reader.values(catalogue.predictors[0], JANUARY)[0])

    with pytest.raises(Wco2Error, match="holds 200 %, which is no share of a whole") as error:
        value()
    assert "nodata = [200]" in str(error.value.hint)
    assert np.isnan(value(nodata=200))
    assert value(valid=[0, 300]) == 200.0
