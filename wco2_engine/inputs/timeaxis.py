"""The months that the bands of a raster stand for, read from its time axis (CF conventions)."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
_REAL_CALENDARS = {"", "standard", "gregorian", "proleptic_gregorian", "none"}
_FIXED_CALENDARS = {"noleap": 365, "365_day": 365, "all_leap": 366, "366_day": 366, "360_day": 360}
_LENGTHS = {
    365: (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    366: (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    360: (30,) * 12,
}


def months_of_axis(path: str, dataset: Any) -> tuple[dict[Month, int], dict[int, int], int]:
    """What time each band of an open netCDF or HDF5 dataset stands for.

    Returns
    -------
    months : band by month of a year, from a time axis with "units since date".
    calendar_months : band by month 1 to 12, from an axis that counts months.
    steps : bands that share a month; more than 1 for daily data, whose first band is named.

    Raises
    ------
    Wco2Error : for a second axis with several steps, or a calendar or unit that is not known.
    """
    tags = dataset.tags()
    axes = [
        axis
        for axis in re.findall(r"[^{},\s]+", tags.get("NETCDF_DIM_EXTRA", ""))
        if _steps(tags.get(f"NETCDF_DIM_{axis}_DEF", "")) > 1
    ]
    if not axes or dataset.count < 2:
        axes = [
            axis
            for axis in re.findall(r"[^{},\s]+", tags.get("NETCDF_DIM_EXTRA", ""))
            if " since " in tags.get(f"{axis}#units", "")
        ][:1]
    if not axes:
        return {}, {}, 1
    if len(axes) > 1:
        raise Wco2Error(
            f"{path} has more than one axis besides the map: {', '.join(axes)}.",
            "Choose one step of it with band, or write a file with a time axis only.",
        )
    axis = axes[0]
    values = [float(dataset.tags(b)[f"NETCDF_DIM_{axis}"]) for b in range(1, dataset.count + 1)]
    units = tags.get(f"{axis}#units", "")
    if " since " not in units:
        if values == [float(k) for k in range(1, 13)]:
            return {}, {int(value): band for band, value in enumerate(values, start=1)}, 1
        return {}, {}, 1
    calendar = tags.get(f"{axis}#calendar", "").lower()
    months: dict[Month, int] = {}
    for band, value in enumerate(values, start=1):
        months.setdefault(month_of(value, units, calendar, path), band)
    return months, {}, max(1, round(len(values) / len(months)))


def month_of(value: float, units: str, calendar: str, where: str) -> Month:
    """The month of a CF time: `value` in "days since 1948-01-01" and the like.

    Raises
    ------
    Wco2Error : when the unit, the date or the calendar is not known.
    """
    match = re.fullmatch(
        r"\s*(\w+?)s?\s+since\s+(-?\d{1,4})-(\d{1,2})(?:-(\d{1,2}))?"
        r"(?:[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d*)?)?)?.*",
        units,
    )
    if match is None:
        raise _unreadable(where, units)
    unit, (year, month, day) = match[1].lower(), (int(match[2]), int(match[3]), int(match[4] or 1))
    if unit in ("month", "year"):
        return Month(year, month).shift(int(value // 1) * (12 if unit == "year" else 1))
    if unit not in _SECONDS:
        raise _unreadable(where, units)
    clock = int(match[5] or 0) * 3600 + int(match[6] or 0) * 60 + int(match[7] or 0)
    seconds = value * _SECONDS[unit] + clock
    try:
        if calendar in _REAL_CALENDARS:
            date = datetime(max(year, 1), month, day) + timedelta(seconds=seconds)
            return Month(date.year, date.month)
        if calendar in _FIXED_CALENDARS:
            return _month_of_fixed(year, month, day, seconds, _FIXED_CALENDARS[calendar])
    except (ValueError, OverflowError) as error:
        raise _unreadable(where, f"{value} {units}") from error
    raise Wco2Error(
        f"{where}: the time axis has an unknown calendar '{calendar}'.",
        f"Known: standard, {', '.join(_FIXED_CALENDARS)}.",
    )


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


def describe_months(months: Mapping[Month, int]) -> str:
    """First and last month of a time axis, for messages."""
    return f"{min(months)} to {max(months)}" if months else "no dates"
