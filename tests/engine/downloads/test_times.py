"""What time the steps of a file stand for."""

from __future__ import annotations

import calendar
from pathlib import Path

import cftime
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.downloads.dates import Stamp, month_of
from wco2_engine.downloads.intervals import check_name, intervals
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.times import Axis, from_axis, from_names, from_order
from wco2_engine.errors import Wco2Error
from wco2_engine.season import Month

NOTHING = Reading()
NO_NAME = NamedFile(Path("x.nc"))
CALENDARS = ("standard", "noleap", "all_leap", "360_day", "proleptic_gregorian", "julian")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def of_year(year: int) -> NamedFile:
    return NamedFile(Path(f"x_{year}.nc"), day(f"{year}-01-01"), day(f"{year + 1}-01-01"))


def months(
    axis: Axis, reading: Reading = NOTHING, named: NamedFile = NO_NAME
) -> list[Month | None]:
    return [i.month for i in intervals(from_axis(axis, reading, named, "x.nc"), reading)]


def spans(
    axis: Axis, reading: Reading = NOTHING, named: NamedFile = NO_NAME
) -> list[tuple[str, str]]:
    stamps = from_axis(axis, reading, named, "x.nc")
    return [(str(i.begin), str(i.end)) for i in intervals(stamps, reading)]


def run_of(first: Month, count: int) -> list[Month]:
    return [first.shift(k) for k in range(count)]


# ------------------------------------------------------------------ dates


@given(
    calendar_=st.sampled_from(CALENDARS),
    unit=st.sampled_from(("days", "hours", "minutes", "seconds", "day", "d", "h")),
    origin=st.sampled_from(("1900-01-01", "1850-01-01 00:00:00", "0001-01-01", "1970-1-1T00:00Z")),
    first=st.builds(Month, st.integers(1900, 2100), st.integers(1, 12)),
    count=st.integers(2, 40),
    at=st.sampled_from((1, 15, 28)),
)
def test_months_come_back_from_any_calendar_unit_and_origin(
    calendar_: str, unit: str, origin: str, first: Month, count: int, at: int
) -> None:
    wanted = run_of(first, count)
    dates = [cftime.datetime(m.year, m.month, at, calendar=calendar_) for m in wanted]
    units = f"{unit} since {origin}"
    values = np.array([cftime.date2num(date, units, calendar_) for date in dates], np.float64)
    assert months(Axis("time", values, units, calendar_)) == wanted


@given(
    calendar_=st.sampled_from(CALENDARS),
    first=st.builds(Month, st.integers(1900, 2100), st.integers(1, 12)),
    count=st.integers(1, 30),
    at=st.sampled_from(("start", "middle", "end")),
)
def test_bounds_say_the_month_wherever_the_stamp_lies(
    calendar_: str, first: Month, count: int, at: str
) -> None:
    wanted = run_of(first, count)
    units = "days since 1850-01-01"
    edges = np.array(
        [
            [
                cftime.date2num(cftime.datetime(*m, 1, calendar=calendar_), units, calendar_)
                for m in (month, month.shift(1))
            ]
            for month in wanted
        ],
        np.float64,
    )
    values = {"start": edges[:, 0], "middle": edges.mean(axis=1), "end": edges[:, 1]}[at]
    axis = Axis("time", values, units, calendar_, bounds=edges)
    found = intervals(from_axis(axis, NOTHING, NO_NAME, "x.nc"), NOTHING)
    assert [i.month for i in found] == wanted
    assert [(str(i.begin), str(i.end)) for i in found] == [
        (f"{m}-01", f"{m.shift(1)}-01") for m in wanted
    ]


@given(st.integers(1900, 2100), st.integers(1, 12), st.sampled_from((6, 8)))
def test_numbers_as_dates_say_their_months(year: int, month: int, digits: int) -> None:
    wanted = run_of(Month(year, month), 14)
    values = np.array([m.year * 100 + m.month for m in wanted])
    if digits == 8:
        values = values * 100 + 15
    for units in ("", "YYYYMMDD" if digits == 8 else "YYYYMM"):
        assert months(Axis("time", values, units)) == wanted
        assert months(Axis("time", values.astype(float), units)) == wanted


def test_stamps_at_the_end_of_their_bounds_are_of_the_month_that_the_bounds_span() -> None:
    # CESM: the mean of January 2003 is stamped 1 February, in a calendar without leap years.
    lows = 365 * 2002 + np.array([0.0, 31.0, 59.0])
    highs = 365 * 2002 + np.array([31.0, 59.0, 90.0])
    axis = Axis("time", highs, "days since 0001-01-01", "noleap", np.stack([lows, highs], axis=1))
    assert months(axis) == run_of(Month(2003, 1), 3)


def test_stamps_at_the_turn_of_months_whose_bounds_are_lost_are_asked_about() -> None:
    axis = Axis(
        "time", np.array([31.0, 59.0, 90.0]), "days since 2003-01-01", bounds_missing="time_bounds"
    )
    with pytest.raises(Wco2Error, match=r"turn of months.*'time_bounds' are not in the") as told:
        months(axis)
    assert 'time = "end"' in told.value.hint
    assert months(axis, Reading(stamp="end")) == run_of(Month(2003, 1), 3)
    assert months(axis, Reading(stamp="start")) == run_of(Month(2003, 2), 3)


def test_a_stamp_far_from_its_bounds_is_refused_with_both() -> None:
    axis = Axis("time", np.array([400.0]), "days since 2003-01-01", bounds=np.array([[0.0, 31.0]]))
    with pytest.raises(Wco2Error, match="2004-02-05, and its bounds 2003-01-01 to 2003-02-01"):
        months(axis)


def test_climatological_bounds_give_calendar_months() -> None:
    # CF 7.4: [1 January 1961, 1 February 1990] is the mean of 30 Januaries.
    units = "days since 1960-01-01"
    lows = [cftime.date2num(cftime.datetime(1961, m, 1), units) for m in range(1, 13)]
    highs = [
        cftime.date2num(cftime.datetime(1990 + (m == 12), m % 12 + 1, 1), units)
        for m in range(1, 13)
    ]
    axis = Axis(
        "time",
        np.array(lows) + 14.0,
        units,
        bounds=np.stack([lows, highs], axis=1).astype(float),
        climatological=True,
    )
    found = intervals(from_axis(axis, NOTHING, NO_NAME, "x.nc"), NOTHING)
    assert [i.calendar_month for i in found] == list(range(1, 13))
    assert {i.month for i in found} == {None}


def test_an_axis_in_the_year_0_is_a_climatology() -> None:
    values = np.array([15.0 + 30.4 * m for m in range(12)])
    axis = Axis("time", values, "days since 0000-01-01")
    found = intervals(from_axis(axis, NOTHING, NO_NAME, "x.nc"), NOTHING)
    assert [i.calendar_month for i in found] == list(range(1, 13))


def test_months_since_are_counted_as_months() -> None:
    for values in ([516.5, 517.5, 518.5], [516, 517, 518]):
        axis = Axis("T", np.array(values), "months since 1960-01-01", "360")
        assert months(axis) == run_of(Month(2003, 1), 3)
        axis = Axis("T", np.array(values), "months since 1960-01-01", "standard")
        assert months(axis) == run_of(Month(2003, 1), 3)


def test_absolute_time_of_cdo_is_read() -> None:
    axis = Axis(
        "time", np.array([20020115.0, 20020215.5]), "day as %Y%m%d.%f", "proleptic_gregorian"
    )
    assert months(axis) == [Month(2002, 1), Month(2002, 2)]


def test_decimal_years_say_months() -> None:
    values = 1982 + (np.arange(24) + 0.5) / 12
    assert months(Axis("time", values.astype(np.float32), "")) == run_of(Month(1982, 1), 24)
    assert months(Axis("time", 1982 + np.arange(24) / 12, "year")) == run_of(Month(1982, 1), 24)


def test_years_are_whole_years_and_no_months() -> None:
    found = intervals(
        from_axis(Axis("year", np.array([1982, 1983]), "years"), NOTHING, NO_NAME, "x"), NOTHING
    )
    assert [(str(i.begin), str(i.end), i.month) for i in found] == [
        ("1982-01-01", "1983-01-01", None),
        ("1983-01-01", "1984-01-01", None),
    ]


def test_half_months_of_gimms_are_two_steps_a_month() -> None:
    values = np.arange(1, 7, 0.5)
    found = spans(Axis("time", values), named=of_year(2003))
    assert found[:3] == [
        ("2003-01-01", "2003-01-16"),
        ("2003-01-16", "2003-02-01"),
        ("2003-02-01", "2003-02-16"),
    ]
    assert found[-1] == ("2003-06-16", "2003-07-01")
    assert spans(Axis("time", values, year=2003)) == found
    with pytest.raises(Wco2Error, match=r"half-months \(1, 1.5, 2 … 6.5\) of a year"):
        spans(Axis("time", values))


def test_a_count_of_twelve_is_no_proof_of_months() -> None:
    axis = Axis("time", np.arange(12), "")
    with pytest.raises(Wco2Error, match="no units and values 0, 1, 2 … 11, which are no dates"):
        months(axis, named=of_year(2003))
    counted = Axis("time", np.arange(1, 13), "")
    with pytest.raises(Wco2Error, match="no dates"):
        months(counted, named=of_year(2003))
    assert months(counted, Reading(bands="months"), of_year(2003)) == run_of(Month(2003, 1), 12)


def test_a_dimension_called_month_counts_months() -> None:
    axis = Axis("month", np.arange(1, 13))
    found = intervals(from_axis(axis, NOTHING, NO_NAME, "x"), NOTHING)
    assert [i.calendar_month for i in found] == list(range(1, 13))
    assert months(axis, named=of_year(2003)) == run_of(Month(2003, 1), 12)


def test_units_that_are_no_time_are_quoted() -> None:
    with pytest.raises(Wco2Error, match="units 'fortnights' and values 1, 2, 3 … 4"):
        months(Axis("time", np.arange(1, 5), "fortnights"))
    with pytest.raises(Wco2Error, match="'days since yesterday' and values 1, 2, 3 … 4 can't be"):
        months(Axis("time", np.arange(1, 5), "days since yesterday"))
    with pytest.raises(Wco2Error, match="unknown calendar 'mayan'"):
        months(Axis("time", np.arange(1, 5), "days since 2000-01-01", "mayan"))
    with pytest.raises(Wco2Error, match="nan"):
        months(Axis("time", np.array([1.0, np.nan]), "days since 2000-01-01"))


# ------------------------------------------------------------------ steps within a month


def test_days_are_days() -> None:
    values = np.arange(31.0)
    found = spans(Axis("time", values, "days since 2003-01-01"))
    assert found[0] == ("2003-01-01", "2003-01-02")
    assert found[-1] == ("2003-01-31", "2003-02-01")
    at_noon = spans(Axis("time", values + 0.5, "days since 2003-01-01"))
    assert at_noon == found
    late = spans(Axis("time", values + 1, "days since 2003-01-01"), Reading(stamp="end"))
    assert late == found


def test_steps_of_8_days_begin_anew_each_year() -> None:
    # MODIS: 46 a year, the last one of 5 days.
    values = np.concatenate([np.arange(0, 365, 8.0), 365 + np.arange(0, 16, 8.0)])
    found = spans(Axis("time", values, "days since 2003-01-01"))
    assert found[45] == ("2003-12-27", "2004-01-01")
    assert found[46] == ("2004-01-01", "2004-01-09")


def test_half_months_with_dates_are_told_from_16_days() -> None:
    days = [0.0, 15.0, 31.0, 46.0, 59.0, 74.0]  # 1 and 16 January, February, March 2003
    assert spans(Axis("time", np.array(days), "days since 2003-01-01"))[:2] == [
        ("2003-01-01", "2003-01-16"),
        ("2003-01-16", "2003-02-01"),
    ]
    sixteen = spans(Axis("time", np.arange(0, 365, 16.0), "days since 2003-01-01"))
    assert sixteen[1] == ("2003-01-17", "2003-02-02")


def test_times_within_a_day_are_of_that_day() -> None:
    found = spans(Axis("time", np.arange(0, 48, 6), "hours since 2003-01-31"))
    assert found[0] == found[3] == ("2003-01-31", "2003-02-01")
    assert found[4] == ("2003-02-01", "2003-02-02")


def test_a_30_february_is_of_february() -> None:
    values = np.arange(25, 32)  # 26 to 30 February, and on to 2 March
    found = months(Axis("time", values, "days since 2003-02-01", "360_day"))
    assert found == [Month(2003, 2)] * 5 + [Month(2003, 3)] * 2


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["2003-01", "2003-02"], [Month(2003, 1), Month(2003, 2)]),
        (["t_2003_1", "t_2003_10"], [Month(2003, 1), Month(2003, 10)]),
        (["x200301", "x200312"], [Month(2003, 1), Month(2003, 12)]),
        (["2003-01-15", "2003-02-15"], [Month(2003, 1), Month(2003, 2)]),
        (["Jan_2003", "Feb_2003"], [Month(2003, 1), Month(2003, 2)]),
        (["January 2003", "September 2003"], [Month(2003, 1), Month(2003, 9)]),
    ],
)
def test_names_of_bands_say_months(names: list[str], wanted: list[Month]) -> None:
    stamps = from_names(names, NOTHING, NO_NAME, "x.tif")
    assert [i.month for i in intervals(stamps, NOTHING)] == wanted


def test_names_without_a_year_are_of_the_files_year_or_a_climatology() -> None:
    names = ["Jan", "Feb", "Mar"]
    found = intervals(from_names(names, NOTHING, of_year(2003), "x.tif"), NOTHING)
    assert [i.month for i in found] == run_of(Month(2003, 1), 3)
    found = intervals(from_names(names, NOTHING, NO_NAME, "x.tif"), NOTHING)
    assert [i.calendar_month for i in found] == [1, 2, 3]
    found = intervals(from_names(["month_02", "month_01"], NOTHING, NO_NAME, "x.tif"), NOTHING)
    assert [i.calendar_month for i in found] == [2, 1]


@pytest.mark.parametrize(
    "names",
    [
        [f"bio_{k}" for k in range(1, 13)],
        [f"Band {k}" for k in range(1, 13)],
        ["tmean", "tmin", "tmax", "prec"],
        ["mayflies", "decay"],
        ["2003-01", "2003-01"],
        ["2003", "2004_depth_2005"],
    ],
)
def test_names_that_are_no_months_are_quoted(names: list[str]) -> None:
    with pytest.raises(Wco2Error, match=f"names do not say what time they are of: {names[0]}"):
        from_names(names, NOTHING, of_year(2003), "x.tif")


def test_numbers_in_names_are_the_order_where_the_catalogue_says_months() -> None:
    names = sorted(f"t_{k}" for k in range(1, 13))  # t_1, t_10, t_11, t_12, t_2, …
    stamps = from_names(names, Reading(bands="months"), of_year(2003), "x.tif")
    assert [i.month.month for i in intervals(stamps, NOTHING) if i.month][:5] == [1, 10, 11, 12, 2]


def test_bands_in_order_fit_the_time_of_the_files_name() -> None:
    assert len(from_order(24, Reading(bands="half-months"), of_year(2003), "x")) == 24
    assert len(from_order(366, Reading(bands="days"), of_year(2004), "x")) == 366
    with pytest.raises(Wco2Error, match="has 365 steps, and 2004-01-01 to 2004-12-31 has 366 days"):
        from_order(365, Reading(bands="days"), of_year(2004), "x")
    with pytest.raises(Wco2Error, match="needs the year"):
        from_order(365, Reading(bands="days"), NO_NAME, "x")
    with pytest.raises(Wco2Error, match="has 13 steps"):
        from_order(13, Reading(bands="months"), NO_NAME, "x")


def test_a_name_that_says_another_year_than_the_axis_is_refused_with_both() -> None:
    axis = Axis("time", np.array([366.0, 396.0]), "days since 2003-01-01")
    stamps = from_axis(axis, NOTHING, NO_NAME, "x")
    with pytest.raises(Wco2Error, match=r"2003-01-01 to 2003-12-31, and its time axis 2004-01-02"):
        check_name(stamps, of_year(2003), NOTHING, "x_2003.nc")
    kept = check_name(
        [*stamps, Stamp(None, day("2003-05-01"), day("2003-06-01"))], of_year(2003), NOTHING, "x"
    )
    assert kept[:2] == (None, None) and kept[2] is not None


@given(st.integers(1800, 2200), st.integers(1, 12))
def test_a_day_lies_in_its_month(year: int, month: int) -> None:
    last = calendar.monthrange(year, month)[1]
    for number in (1, last):
        assert month_of(day(f"{year}-{month:02d}-{number:02d}")) == Month(year, month)
