"""What time the steps of a file stand for, from its axis, its bands' names or its own name.

Years, months and days come from evidence alone: bounds first, then dates, then numbers whose form
says what they are. How many steps there are is never taken for what they are.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.dates import Date, Stamp, first_of, half_month, month_of
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.errors import Wco2Error
from wco2_engine.season import (
    FIRST_YEAR,
    LAST_YEAR,
    MONTH_NAMES,
    MONTH_WORDS,
    MONTHS_IN_FULL,
    Month,
)

MOST_STEPS = 1_000_000
_CALENDARS = {
    **dict.fromkeys(("", "none", "standard", "gregorian"), "standard"),
    **dict.fromkeys(("noleap", "365_day", "365", "no_leap"), "noleap"),
    **dict.fromkeys(("all_leap", "366_day", "366"), "all_leap"),
    **dict.fromkeys(("360_day", "360"), "360_day"),
    **{name: name for name in ("proleptic_gregorian", "julian")},
}
_SINCE = re.compile(r"\s*([A-Za-z]+)\s+since\s+(.+?)\s*")
_AS = re.compile(r"\s*(day|month|year)\s+as\s+%Y(%m)?(%d)?(\.%f)?\s*", re.IGNORECASE)
_WORDS = "|".join((*MONTHS_IN_FULL, *MONTH_NAMES, "sept"))
_MONTH_WORD = re.compile(rf"(?<![a-z])({_WORDS})(?![a-z])", re.IGNORECASE)
_YEAR = r"(?:1[89]|2[0-2])\d\d"
_DATE = re.compile(
    rf"(?<!\d)({_YEAR})(?:[-_./ 年]?(0[1-9]|1[0-2])(?:[-_./ 月]?(0[1-9]|[12]\d|3[01]))?"
    rf"|[-_./ 年]([1-9]))(?!\d)"
)
_YEAR_ALONE = re.compile(rf"(?<!\d)({_YEAR})(?!\d)")
_MONTH_NUMBER = re.compile(
    r"(?:(?:month|mon|(?<![a-z])m)[-_ ]?|(?<!\d)(?=\d{1,2}月))(0?[1-9]|1[0-2])(?!\d)", re.IGNORECASE
)


@dataclass(frozen=True, eq=False)
class Axis:
    """A time axis as stored.

    Attributes
    ----------
    values : `(n,)` numbers or texts.
    bounds : `(n, 2)` in the units of the values; None where there are none.
    bounds_missing : the name of bounds that the axis has according to it, and the file has not.
    climatological : whether bounds are those of a climatology, as CF has them.
    year : what the file states beside its axis, as GIMMS does.
    """

    name: str
    values: NDArray[Any]
    units: str = ""
    calendar: str = ""
    bounds: NDArray[Any] | None = None
    bounds_missing: str = ""
    climatological: bool = False
    year: int | None = None
    says_months: bool = False


def from_axis(axis: Axis, reading: Reading, named: NamedFile, where: str) -> tuple[Stamp, ...]:
    """What an axis says of each of its steps.

    Raises
    ------
    Wco2Error : when its numbers are not understood, quoting them.
    """
    if axis.values.size > MOST_STEPS:
        raise Wco2Error(f"{where}: the time axis '{axis.name}' has {axis.values.size} steps.")
    if not axis.values.size:
        return ()
    if reading.bands is not None and ("time" in reading.overrule or not _has_dates(axis)):
        return from_order(axis.values.size, reading, named, where)
    if axis.values.dtype.kind in "OUS":
        return from_names([_text(value) for value in axis.values], reading, named, where)
    dates = _dates(axis.values, axis, named, where)
    if dates is None:
        return _counted(axis, named, where)
    if axis.bounds is None:
        _check_edges(dates, axis, reading, where)
        return tuple(_year_or_date(d, axis) for d in dates)
    lows = _dates(axis.bounds[:, 0], axis, named, where)
    highs = _dates(axis.bounds[:, 1], axis, named, where)
    if lows is None or highs is None:
        return _counted(axis, named, where)
    return _bounded(dates, lows, highs, axis, where)


def _bounded(
    dates: Sequence[Date], lows: Sequence[Date], highs: Sequence[Date], axis: Axis, where: str
) -> tuple[Stamp, ...]:
    months = Counter(date.month for date in dates)
    twelve = len(dates) == 12 and len(months) == 12
    stamps = []
    for at, low, high in zip(dates, lows, highs, strict=True):
        low, high = min(low, high, key=_days), max(low, high, key=_days)
        length = high.days - low.days
        if length <= 0:  # an instant
            stamps.append(Stamp(at))
            continue
        if not low.days - length <= at.days <= high.days + length:
            raise Wco2Error(
                f"{where}: the time axis '{axis.name}' says {at}, and its bounds {low} to {high}.",
                'If the bounds are right, add overrule = ["time"] with bands; else leave the file '
                "out.",
            )
        begin, end = low.real_day, _ceiling(high)
        if axis.climatological or (twelve and length > 366):
            month = low.month if axis.climatological else at.month
            stamps.append(Stamp(at, begin, end, month))
        else:
            stamps.append(Stamp(at, begin, max(end, begin + np.timedelta64(1, "D"))))
    return tuple(stamps)


def _check_edges(dates: Sequence[Date], axis: Axis, reading: Reading, where: str) -> None:
    """Refuse dates at the turn of months whose bounds are lost: they may be either month's."""
    at_turns = all(date.day == 1.0 for date in dates)
    if axis.bounds_missing and at_turns and reading.stamp is None and len(dates) > 1:
        raise Wco2Error(
            f"{where}: the time axis '{axis.name}' lies at the turn of months ({dates[0]}, "
            f"{dates[1]}, …), and its bounds '{axis.bounds_missing}' are not in the file.",
            'Say where in its month a date lies: time = "start" or time = "end".',
        )


def from_order(
    count: int, reading: Reading, named: NamedFile, where: str, numbers: Sequence[int] = ()
) -> tuple[Stamp, ...]:
    """Steps that follow each other as `bands` says, in the time that the file's name says.

    Parameters
    ----------
    numbers : of the steps, where their names have one: "t_10" comes before "t_2" in a text's order.
    """
    order = [number - 1 for number in numbers] if numbers else list(range(count))
    if reading.bands == "months" and (named.begin is None or named.end is None):
        if count != 12:
            raise Wco2Error(
                f'{where} has {count} steps, and bands = "months" needs 12 of them, or a year in '
                "the path."
            )
        return tuple(Stamp(calendar_month=k + 1) for k in order)
    if named.begin is None or named.end is None:
        raise Wco2Error(
            f'{where}: bands = "{reading.bands}" needs the year.',
            "Name it in the path, e.g. snow_{year}.nc.",
        )
    periods = list(_periods(named.begin, named.end, reading.bands or "months"))
    if len(periods) != count:
        raise Wco2Error(
            f"{where} has {count} steps, and {named.begin} to {named.end - np.timedelta64(1, 'D')} "
            f"has {len(periods)} {reading.bands}.",
            "Correct bands, or the path.",
        )
    return tuple(Stamp(None, *periods[k]) for k in order)


def from_names(
    names: Sequence[str], reading: Reading, named: NamedFile, where: str
) -> tuple[Stamp, ...]:
    """What the names of bands or steps say: "2003-01", "t_2003_10", "Jan".

    Raises
    ------
    Wco2Error : when they say nothing of the time, quoting them.
    """
    stamps = times_in_names(names, _one_year(named))
    if stamps:
        return stamps
    if reading.bands is not None:
        return from_order(len(names), reading, named, where, _numbers(names))
    if len(names) == 1:
        return (named_stamp(named),)
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    raise Wco2Error(
        f"{where} has {len(names)} bands, and their names do not say what time they are of: "
        f"{shown}.",
        'Choose one with band; if they are months in order, add bands = "months".',
    )


def times_in_names(names: Sequence[str], year: int | None = None) -> tuple[Stamp, ...]:
    """A time for each name, all different, by what the names say; empty where they don't."""
    found = [_named_time(name) for name in names]
    stamps = [stamp if year is None else _in_year(stamp, year) for stamp in found if stamp]
    different = {(s.at, s.begin, s.calendar_month) for s in stamps}
    return tuple(stamps) if len(different) == len(names) else ()


def named_stamp(named: NamedFile) -> Stamp:
    """What a file's name says of the one step in it."""
    return Stamp(None, named.begin, named.end, named.calendar_month)


def _periods(begin: np.datetime64, end: np.datetime64, kind: str) -> Any:
    if kind == "days":
        day = begin
        while day < end:
            yield day, day + np.timedelta64(1, "D")
            day += np.timedelta64(1, "D")
        return
    month = month_of(begin)
    while first_of(*month) < end:
        if kind == "months":
            yield first_of(*month), first_of(*month.shift(1))
        else:
            for half in (0, 1):
                low, high = half_month(month.year, month.month, half)
                if begin <= low < end:
                    yield low, high
        month = month.shift(1)


def _has_dates(axis: Axis) -> bool:
    return bool(_SINCE.fullmatch(axis.units) or _AS.fullmatch(axis.units))


def _dates(values: NDArray[Any], axis: Axis, named: NamedFile, where: str) -> list[Date] | None:
    """Dates from numbers; None where they are none but count months."""
    if values.dtype.kind == "M":
        return [_from_datetime(value) for value in values.astype("datetime64[s]")]
    numbers = np.asarray(values, np.float64) if values.dtype.kind == "f" else values
    if values.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
        raise _not_understood(axis, where)
    since = _SINCE.fullmatch(axis.units)
    if since:
        return _since(numbers, since[1].lower(), since[2], axis, where)
    stated = _AS.fullmatch(axis.units)
    form = axis.units.strip().upper().replace("-", "")
    if stated or form in ("YYYYMMDD", "YYYYMM", "YYYY", "%Y%M%D", "%Y%M"):
        parts = (
            1 + bool(stated[2]) + bool(stated[3])
            if stated
            else {"YYYYMMDD": 3, "%Y%M%D": 3, "YYYYMM": 2, "%Y%M": 2, "YYYY": 1}[form]
        )
        dates = [_split(float(number), parts) for number in numbers]
        if any(date is None for date in dates):
            raise _not_understood(axis, where)
        return [date for date in dates if date is not None]
    whole = bool((numbers == np.floor(numbers)).all())
    plain = form in ("", "1", "NONE", "DATE", "TIME", "MONTH", "MONTHS")
    for parts, smallest in ((3, 10_000_000), (2, 100_000)):
        if whole and plain and numbers.min() >= smallest:
            dates = [_split(float(number), parts) for number in numbers]
            if all(d is not None and FIRST_YEAR <= d.year <= LAST_YEAR for d in dates):
                return [date for date in dates if date is not None]
    if plain or form in ("YEAR", "YEARS", "DECIMAL YEAR", "DECIMAL YEARS"):
        years = _years(numbers, whole, axis)
        if years is not None:
            return years
    return None


def _years(numbers: NDArray[Any], whole: bool, axis: Axis) -> list[Date] | None:
    """Years, or years with the month as a fraction: 2003.042."""
    if numbers.min() < FIRST_YEAR or numbers.max() > LAST_YEAR:
        return None
    if whole:
        called = "year" in axis.name.lower() or "year" in axis.units.lower()
        return [Date(int(number), 1) for number in numbers] if called else None
    if numbers.size > 1 and not np.allclose(np.diff(numbers), 1 / 12, atol=0.01):
        return None
    dates = []
    for number in numbers:
        year = math.floor(number)
        dates.append(Date(year, min(12, 1 + math.floor((number - year) * 12 + 0.02)), 15.0))
    return dates


def _counted(axis: Axis, named: NamedFile, where: str) -> tuple[Stamp, ...]:
    """Steps that are numbered by month, or by half of a month: 1, 1.5, 2, …"""
    numbers = np.asarray(axis.values, np.float64)
    year = _one_year(named) or axis.year
    months = np.floor(numbers).astype(int)
    inside = bool(((numbers >= 1) & (numbers < 13)).all())
    if inside and np.isin(numbers - months, (0.0, 0.5)).all() and (numbers != months).any():
        if year is None:
            raise Wco2Error(
                f"{where}: its time axis counts half-months ({_shown(axis)}) of a year that the "
                "file does not say.",
                "Name the year in the path, e.g. ndvi_{year}_0106.nc4.",
            )
        return tuple(
            Stamp(None, *half_month(year, int(m), int(n != m)))
            for n, m in zip(numbers, months, strict=True)
        )
    says_months = axis.says_months or re.fullmatch(
        r"months?(_?of_?year|_?number)?|mon", axis.name.lower()
    )
    units_say = axis.units.strip().lower() in ("month", "months", "month number", "month_number")
    if inside and (numbers == months).all() and (says_months or units_say):
        found = [Stamp(calendar_month=int(month)) for month in months]
        return tuple(found if year is None else (_in_year(stamp, year) for stamp in found))
    if numbers.size == 1:
        return (named_stamp(named),)
    raise _not_understood(axis, where)


def _not_understood(axis: Axis, where: str) -> Wco2Error:
    units = f"units '{axis.units}'" if axis.units else "no units"
    return Wco2Error(
        f"{where}: its time axis '{axis.name}' has {units} and values {_shown(axis)}, which are no "
        "dates.",
        'If the steps are months in order, add bands = "months"; choose one with select, e.g. '
        f"select = {{ {axis.name} = {_text(axis.values.ravel()[0])} }}.",
    )


def _shown(axis: Axis) -> str:
    values = axis.values.ravel()
    shown = ", ".join(_text(value) for value in values[:3])
    return shown + (f" … {_text(values[-1])}" if values.size > 3 else "")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float | np.floating):
        return f"{value:.10g}"
    return str(value)


def _since(numbers: NDArray[Any], unit: str, origin: str, axis: Axis, where: str) -> list[Date]:
    import cftime

    calendar = _CALENDARS.get(axis.calendar.strip().lower())
    if calendar is None:
        raise Wco2Error(
            f"{where}: the time axis '{axis.name}' has an unknown calendar '{axis.calendar}'.",
            f"Known: {', '.join(sorted(set(_CALENDARS.values())))}.",
        )
    months = re.fullmatch(r"(month|mon|year|yr|common_year)s?", unit)
    try:
        if months and not (months[1] in ("month", "mon") and calendar == "360_day"):
            return _months_since(numbers, 12 if months[1][0] in "yc" else 1, origin, calendar)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that CF has no year 0, which climatologies use
            found = cftime.num2date(
                numbers,
                f"{unit} since {origin}",
                calendar,
                only_use_cftime_datetimes=True,
                only_use_python_datetimes=False,
                has_year_zero=True if re.match(r"-?0+-", origin) else None,
            )
        return [_from_cftime(date) for date in found]
    except (ValueError, OverflowError, TypeError) as error:
        raise Wco2Error(
            f"{where}: the time axis '{axis.name}' with units '{axis.units}' and values "
            f"{_shown(axis)} can't be read: {error}.",
            'If the steps are months in order, add bands = "months" and overrule = ["time"].',
        ) from error


def _months_since(numbers: NDArray[Any], months: int, origin: str, calendar: str) -> list[Date]:
    import cftime

    start = _from_cftime(cftime.num2date(0, f"days since {origin}", calendar))
    dates = []
    for number in np.asarray(numbers, np.float64) * months:
        whole = math.floor(number + 1e-6)
        month = Month(start.year, start.month).shift(whole)
        rest = max(0.0, number - whole)  # of a month, as 0.5 is its middle
        dates.append(Date(month.year, month.month, min(start.day, 28.0) + rest * 27.0))
    # A fraction beside a date within the month leads into the next one.
    return [_carried(date, calendar) for date in dates]


def _carried(date: Date, calendar: str) -> Date:
    length = 30 if calendar == "360_day" else Month(max(date.year, 1), date.month).days
    if date.day < length + 1:
        return date
    following = Month(date.year, date.month).shift(1)
    return Date(following.year, following.month, date.day - length)


def _from_cftime(date: Any) -> Date:
    seconds = date.hour * 3600 + date.minute * 60 + date.second + date.microsecond / 1e6
    # An instant a microsecond before midnight is midnight, rounded in its axis.
    day = date.day + seconds / 86400
    return Date(date.year, date.month, day)


def _from_datetime(value: np.datetime64) -> Date:
    month = month_of(value.astype("datetime64[D]"))
    return Date(*month, 1.0 + float((value - first_of(*month)) / np.timedelta64(1, "D")))


def _split(number: float, parts: int) -> Date | None:
    """A date from 20030115.5, 200301 or 2003; None where it is none."""
    whole = math.floor(number)
    day, rest = (whole % 100, whole // 100) if parts == 3 else (1, whole)
    month, year = (rest % 100, rest // 100) if parts >= 2 else (1, rest)
    if not (1 <= month <= 12 and 1 <= day <= 31 and 0 <= year <= 9999):
        return None
    return Date(year, month, day + (number - whole if parts == 3 else 0.0))


def _year_or_date(date: Date, axis: Axis) -> Stamp:
    """A date, or the whole year on an axis that counts years."""
    called = "year" in axis.units.lower() or re.fullmatch(r"years?", axis.name.lower())
    if called and not _SINCE.fullmatch(axis.units) and (axis.values % 1 == 0).all():
        return Stamp(date, first_of(date.year, 1), first_of(date.year + 1, 1))
    return Stamp(date)


def _named_time(name: str) -> Stamp | None:
    dates = _DATE.findall(name)
    if len(set(dates)) == 1:
        year, month, day, single = dates[0]
        if day:
            try:
                at = np.datetime64(f"{year}-{month}-{day}", "D")
            except ValueError:
                return None
            return Stamp(_from_datetime(at))
        return _in_year(Stamp(calendar_month=int(month or single)), int(year))
    if dates:
        return None
    words = _MONTH_WORD.findall(name.replace("_", " "))
    numbers = _MONTH_NUMBER.findall(name)
    month = (
        MONTH_WORDS[words[0].lower()]
        if len(words) == 1
        else int(numbers[0])
        if len(numbers) == 1 and not words
        else None
    )
    if month is None:
        return None
    years = set(_YEAR_ALONE.findall(name.replace("_", " ")))
    stamp = Stamp(calendar_month=month)
    return _in_year(stamp, int(min(years))) if len(years) == 1 else stamp


def _numbers(names: Sequence[str]) -> list[int]:
    """The numbers at the end of names, where they count all of them from 1."""
    found = [re.search(r"(\d+)\D*$", name) for name in names]
    numbers = [int(match[1]) for match in found if match is not None]
    return numbers if sorted(numbers) == list(range(1, len(names) + 1)) else []


def _in_year(stamp: Stamp, year: int) -> Stamp:
    month = stamp.calendar_month
    if month is None:
        return stamp
    return Stamp(None, first_of(year, month), first_of(year, month, 1))


def _one_year(named: NamedFile) -> int | None:
    """The year that a name says, where it says one."""
    if named.begin is None or named.end is None:
        return None
    first, last = month_of(named.begin).year, month_of(named.end - np.timedelta64(1, "D")).year
    return first if first == last else None


def _ceiling(date: Date) -> np.datetime64:
    """The first day that begins at or after a date; an end at 23:59 ends its day."""
    return date.real_day + np.timedelta64(0 if date.day % 1.0 < 1e-6 else 1, "D")


def _days(date: Date) -> float:
    return date.days
