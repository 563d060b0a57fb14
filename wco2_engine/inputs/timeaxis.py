"""The months that the bands of a raster stand for, read from its time axis (CF conventions)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.season import Month

_SECONDS = {
    "second": 1.0,
    "sec": 1.0,
    "s": 1.0,
    "minute": 60.0,
    "min": 60.0,
    "hour": 3600.0,
    "hr": 3600.0,
    "h": 3600.0,
    "day": 86400.0,
    "d": 86400.0,
}
_MIXED_CALENDARS = {"", "standard", "gregorian", "none"}
_REAL_CALENDARS = {*_MIXED_CALENDARS, "proleptic_gregorian"}
_GREGORIAN = datetime(1582, 10, 15)
_FIXED_CALENDARS = {"noleap": 365, "365_day": 365, "all_leap": 366, "366_day": 366, "360_day": 360}
_LENGTHS = {
    365: (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    366: (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    360: (30,) * 12,
}


@dataclass(frozen=True)
class TimeAxis:
    """What time each band of a raster stands for.

    Attributes
    ----------
    months : band by month of a year, from an axis of dates; the first where several share a month.
    calendar_months : band by month 1 to 12, from an axis that counts months, or of 12 bands.
    steps_per_month : the most bands that share a month; more than 1 for daily data.
    problem : why the axis can't be used, and what to do; empty where it can, or where none is.
    """

    months: Mapping[Month, int] = field(default_factory=dict)
    calendar_months: Mapping[int, int] = field(default_factory=dict)
    steps_per_month: int = 1
    problem: tuple[str, str] | None = None


def time_axis(path: str, dataset: Any) -> TimeAxis:
    """The time axis of an open dataset.

    An axis that can't be understood is no error here: its bands may be chosen by number.
    """
    try:
        return _time_axis(path, dataset)
    except Wco2Error as error:
        return TimeAxis(problem=(error.message, error.hint))


def _time_axis(path: str, dataset: Any) -> TimeAxis:
    tags = dataset.tags()
    axes = re.findall(r"[^{},\s]+", tags.get("NETCDF_DIM_EXTRA", ""))
    long = [axis for axis in axes if _steps(tags.get(f"NETCDF_DIM_{axis}_DEF", "")) > 1]
    if len(long) > 1:
        raise Wco2Error(
            f"{path} has more than one axis besides the map: {', '.join(long)}.",
            "Choose one step of it with band, or write a file with a time axis only.",
        )
    axis = next(iter(long or [a for a in axes if " since " in tags.get(f"{a}#units", "")]), None)
    twelve = {month: month for month in range(1, 13)} if dataset.count == 12 else {}
    stated = [dataset.tags(b).get(f"NETCDF_DIM_{axis}") for b in range(1, dataset.count + 1)]
    try:
        values = [float(value) for value in stated if value is not None]
    except ValueError:  # names of months or the like
        return TimeAxis(calendar_months=twelve)
    if axis is None or len(values) < dataset.count:
        return TimeAxis(calendar_months=twelve)
    units = tags.get(f"{axis}#units", "")
    if " since " not in units:
        by_number = {int(value): band for band, value in enumerate(values, start=1)}
        counts_months = sorted(values) == list(range(1, 13))
        return TimeAxis(calendar_months=by_number if counts_months else twelve)
    calendar = tags.get(f"{axis}#calendar", "").lower()
    dates = [month_of(value, units, calendar, path) for value in values]
    months = {month: band for band, month in reversed(list(enumerate(dates, start=1)))}
    return TimeAxis(months=months, steps_per_month=max(Counter(dates).values()))


def month_of(value: float, units: str, calendar: str, where: str) -> Month:
    """The month of a CF time: `value` in "days since 1948-01-01" and the like.

    Raises
    ------
    Wco2Error : when the unit, the date or the calendar is not known.
    """
    match = re.fullmatch(
        r"\s*(\w+?)s?\s+since\s+(-?\d{1,4})-(\d{1,2})(?:-(\d{1,2})(?!\d))?(?![-\d])"
        r"(?:[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d*)?)?)?.*",
        units,
    )
    if match is None:
        raise _unreadable(where, units)
    unit, (year, month, day) = match[1].lower(), (int(match[2]), int(match[3]), int(match[4] or 1))
    if unit not in (*_SECONDS, "month", "year") or not 1 <= month <= 12 or not 1 <= day <= 31:
        raise _unreadable(where, units)
    clock = int(match[5] or 0) * 3600 + int(match[6] or 0) * 60 + int(match[7] or 0)
    try:
        if unit in ("month", "year"):
            return Month(year, month).shift(math.floor(value) * (12 if unit == "year" else 1))
        seconds = value * _SECONDS[unit] + clock
        if calendar in _REAL_CALENDARS:
            return _month_of_real(year, month, day, seconds, calendar in _MIXED_CALENDARS)
        if calendar in _FIXED_CALENDARS:
            return _month_of_fixed(year, month, day, seconds, _FIXED_CALENDARS[calendar])
    except (ValueError, OverflowError) as error:
        raise _unreadable(where, f"{value} {units}") from error
    raise Wco2Error(
        f"{where}: the time axis has an unknown calendar '{calendar}'.",
        f"Known: standard, {', '.join(_FIXED_CALENDARS)}.",
    )


def _month_of_real(year: int, month: int, day: int, seconds: float, mixed: bool) -> Month:
    # A year before the first one that datetime knows, as climatologies have, is moved by 400, after
    # which the calendar comes again.
    eras = 400 if year < 1 else 0
    start = datetime(year + eras, month, day)
    date = start + timedelta(seconds=seconds)
    if mixed and start < _GREGORIAN <= date:
        # The origin is a date of the Julian calendar, some days off in that of datetime.
        century = (year if month > 2 else year - 1) // 100
        date += timedelta(days=century - century // 4 - 2)
    return Month(date.year - eras, date.month)


def _month_of_fixed(year: int, month: int, day: int, seconds: float, days_a_year: int) -> Month:
    lengths = _LENGTHS[days_a_year]
    days = year * days_a_year + sum(lengths[: month - 1]) + day - 1 + int(seconds // 86400)
    year, day_of_year = divmod(days, days_a_year)
    for number, length in enumerate(lengths, start=1):
        if day_of_year < length:
            return Month(year, number)
        day_of_year -= length
    raise AssertionError("a day of the year lies in one of its months")


def _steps(definition: str) -> int:
    match = re.match(r"\{?(\d+)", definition)
    return int(match[1]) if match else 1


def _unreadable(where: str, text: str) -> Wco2Error:
    return Wco2Error(
        f"{where}: the time axis '{text}' can't be read.",
        "It should look like 'days since 1948-01-01'.",
    )
