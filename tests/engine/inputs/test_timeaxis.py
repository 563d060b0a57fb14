"""Time axes as netCDF files have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from scipy.io import netcdf_file

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.timeaxis import TimeAxis, month_of, time_axis
from wco2_engine.season import Month


@pytest.mark.parametrize(
    ("value", "units", "calendar", "month"),
    [
        (0, "days since 1948-01-01", "standard", (1948, 1)),
        (12419, "days since 1948-01-01 00:00:00", "standard", (1982, 1)),  # 34 years, 9 leap days
        (30.999, "days since 2000-01-01", "", (2000, 1)),
        (59.5, "days since 2000-01-01", "gregorian", (2000, 2)),  # noon of 29 February
        (60, "days since 2000-01-01", "proleptic_gregorian", (2000, 3)),
        (59.5, "days since 2000-01-01", "noleap", (2000, 3)),
        (59.5, "days since 2001-01-01", "366_day", (2001, 2)),
        (59.5, "days since 2000-01-01", "360_day", (2000, 2)),
        (30, "days since 2000-01-01", "360_day", (2000, 2)),
        (719.9, "days since 2000-01-01", "360_day", (2001, 12)),
        (365 * 50, "days since 1950-01-01", "365_day", (2000, 1)),
        (-1, "days since 1900-01-01", "standard", (1899, 12)),
        (-1, "days since 1900-01-01", "noleap", (1899, 12)),
        (744, "hours since 2001-01-01 00:00:00.0", "standard", (2001, 2)),
        (876576, "hours since 1900-01-01", "standard", (2000, 1)),
        (743.5, "hours since 2001-01-01T00:30", "standard", (2001, 2)),
        (31 * 86400, "seconds since 1970-01-01", "standard", (1970, 2)),
        (31 * 1440, "minutes since 1970-01-01", "standard", (1970, 2)),
        (13, "months since 1990-01-15", "standard", (1991, 2)),
        (0.5, "months since 1990-01-01", "360_day", (1990, 1)),
        (-0.5, "months since 1990-01-01", "standard", (1989, 12)),
        (35, "years since 1950-1-1", "standard", (1985, 1)),
        (5, "Days since 1982-1-30", "STANDARD".lower(), (1982, 2)),
        # 17,067,072 hours are 711,128 days: 711,126 of today's calendar, and 2 of the Julian one.
        (17067072, "hours since 1-1-1 00:00:0.0", "standard", (1948, 1)),
        (17067071, "hours since 1-1-1 00:00:0.0", "standard", (1947, 12)),
        (711126, "days since 0001-01-01", "proleptic_gregorian", (1948, 1)),
        (711125.9, "days since 0001-01-01", "proleptic_gregorian", (1947, 12)),
        (45, "days since 0000-01-01", "standard", (0, 2)),  # a climatology
        (31, "days since 0001-01-01", "standard", (1, 2)),
    ],
)
def test_a_time_lies_in_its_month(
    value: float, units: str, calendar: str, month: tuple[int, int]
) -> None:
    assert month_of(value, units, calendar, "a.nc") == Month(*month)


@pytest.mark.parametrize(
    ("value", "units"),
    [
        (0, "days since the beginning"),
        (0, "days since 01-01-1900"),  # the year is not 1
        (0, "fortnights since 1900-01-01"),
        (0, "days since 1900-13-01"),
        (0, "days since 1900-02-31"),
        (0, "months since 1900-00-01"),
        (float("nan"), "days since 1900-01-01"),
        (float("nan"), "months since 1900-01-01"),
        (float("inf"), "months since 1900-01-01"),
        (1e12, "days since 1900-01-01"),
    ],
)
def test_a_time_that_is_none_is_refused(value: float, units: str) -> None:
    with pytest.raises(Wco2Error, match=r"a\.nc: the time axis .* can't be read"):
        month_of(value, units, "standard", "a.nc")


def test_an_unknown_calendar_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Wco2Error, match=r"unknown calendar 'mayan'.*360_day"):
        month_of(0, "days since 1900-01-01", "mayan", "a.nc")


# ---------------------------------------------------------------- in files


def write(
    path: Path, axes: dict[str, Sequence[float] | int], units: dict[str, str], calendar: str = ""
) -> Path:
    """A netCDF file of one variable; an axis given by a number has no coordinates."""
    with netcdf_file(path, "w") as file:
        coordinates = {**axes, "lat": [61.0, 60.0], "lon": [10.0, 11.0, 12.0]}
        units = {**units, "lat": "degrees_north", "lon": "degrees_east"}
        for axis, values in coordinates.items():
            size = values if isinstance(values, int) else len(values)
            file.createDimension(axis, size)
            if isinstance(values, int):
                continue
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:] = np.asarray(values, float)
            if axis in units:
                variable.units = units[axis]
            if calendar and axis == "time":
                variable.calendar = calendar
        variable = file.createVariable("t", "f4", tuple(coordinates))
        variable[:] = 1.0
    return path


def axis_of(path: Path) -> TimeAxis:
    with rasterio.open(path) as dataset:
        return time_axis(str(path), dataset)


def test_dates_become_bands(tmp_path: Path) -> None:
    days = [0, 31, 59, 90]
    path = write(tmp_path / "a.nc", {"time": days}, {"time": "days since 2001-01-01"})
    found = axis_of(path)
    assert found.months == {Month(2001, m): m for m in (1, 2, 3, 4)}
    assert found.steps_per_month == 1
    assert found.problem is None


def test_the_calendar_of_the_file_counts(tmp_path: Path) -> None:
    # 20 years of months of 30 days: in the real calendar the last would lie in September 2020.
    days = 30.0 * np.arange(252)
    path = write(tmp_path / "a.nc", {"time": days}, {"time": "days since 2000-01-01"}, "360_day")
    found = axis_of(path)
    assert found.months[Month(2020, 12)] == 252
    assert len(found.months) == 252


def test_one_step_has_a_date_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", {"time": [45.0]}, {"time": "days since 2001-01-01"})
    assert axis_of(path).months == {Month(2001, 2): 1}


def test_days_share_months(tmp_path: Path) -> None:
    days = np.arange(59)
    path = write(tmp_path / "a.nc", {"time": days}, {"time": "days since 2001-01-01"})
    found = axis_of(path)
    assert found.steps_per_month == 31
    assert found.months == {Month(2001, 1): 1, Month(2001, 2): 32}


def test_one_month_that_comes_twice_is_noticed(tmp_path: Path) -> None:
    days = [0, 31, 59, 60, 90]
    path = write(tmp_path / "a.nc", {"time": days}, {"time": "days since 2001-01-01"})
    assert axis_of(path).steps_per_month == 2


def test_an_axis_of_month_numbers_is_a_climatology(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", {"month": range(1, 13)}, {})
    assert axis_of(path).calendar_months == {m: m for m in range(1, 13)}
    path = write(tmp_path / "b.nc", {"month": [*range(7, 13), *range(1, 7)]}, {})
    assert axis_of(path).calendar_months[7] == 1
    assert axis_of(path).calendar_months[1] == 7


def test_twelve_bands_without_dates_are_months(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", {"step": 12}, {})
    assert axis_of(path).calendar_months == {m: m for m in range(1, 13)}
    path = write(tmp_path / "b.nc", {"step": 11}, {})
    assert axis_of(path) == TimeAxis()


def test_a_level_of_one_step_does_not_matter(tmp_path: Path) -> None:
    axes = {"time": [0.0, 31.0], "depth": [0.1]}
    path = write(tmp_path / "a.nc", axes, {"time": "days since 2001-01-01", "depth": "m"})
    assert axis_of(path).months == {Month(2001, 1): 1, Month(2001, 2): 2}


def test_a_second_axis_is_a_problem_that_is_told(tmp_path: Path) -> None:
    axes = {"time": [0.0, 31.0], "depth": [0.1, 0.2, 0.3]}
    path = write(tmp_path / "a.nc", axes, {"time": "days since 2001-01-01", "depth": "m"})
    found = axis_of(path)
    assert found.months == {}
    assert found.problem is not None
    assert "more than one axis besides the map: time, depth" in found.problem[0]


def test_a_geotiff_has_no_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    transform = Affine(1, 0, 10, 0, -1, 60)
    profile = {"driver": "GTiff", "width": 2, "height": 2, "dtype": "uint8", "transform": transform}
    with rasterio.open(path, "w", count=3, **profile) as file:
        file.write(np.ones((3, 2, 2), np.uint8))
    assert axis_of(path) == TimeAxis()


def test_the_real_series_runs_from_january_1982_to_march_2013(realcase: Path) -> None:
    found = axis_of(realcase / "grids" / "ncep_t2m_monthly_1982_2013_eof20_nh250.nc")
    assert (min(found.months), max(found.months)) == (Month(1982, 1), Month(2013, 3))
    assert len(found.months) == 375
    assert found.steps_per_month == 1
