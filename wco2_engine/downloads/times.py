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
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.errors import Wco2Error
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, Month

MOST_STEPS = 1_000_000
LONGEST_MONTH_STEP = 45  # days: what is longer is no step of a month
MODEL_YEARS = 1000  # a single year before this one is that of a climatology
_CALENDARS = {
    **dict.fromkeys(("", "none", "standard", "gregorian"), "standard"),
    **dict.fromkeys(("noleap", "365_day", "365", "no_leap"), "noleap"),
    **dict.fromkeys(("all_leap", "366_day", "366"), "all_leap"),
    **dict.fromkeys(("360_day", "360"), "360_day"),
    **{name: name for name in ("proleptic_gregorian", "julian")},
}
_SINCE = re.compile(r"\s*([A-Za-z]+)\s+since\s+(.+?)\s*")
_AS = re.compile(r"\s*(day|month|year)\s+as\s+%Y(%m)?(%d)?(\.%f)?\s*", re.IGNORECASE)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MONTH_WORD = re.compile(
    rf"(?<![a-z])({'|'.join(_FULL)}|{'|'.join(_NAMES)}|sept)(?![a-z])", re.IGNORECASE
)
_YEAR = r"(?:1[89]|2[0-2])\d\d"
_DATE = re.compile(
    rf"(?<!\d)({_YEAR})(?:[-_./ ]?(0[1-9]|1[0-2])(?:[-_./ ]?(0[1-9]|[12]\d|3[01]))?"
    rf"|[-_./ ]([1-9]))(?!\d)"
)
_YEAR_ALONE = re.compile(rf"(?<!\d)({_YEAR})(?!\d)")
_MONTH_NUMBER = re.compile(r"(?:month|mon|(?<![a-z])m)[-_ ]?(0?[1-9]|1[0-2])(?!\d)", re.IGNORECASE)


class Date(NamedTuple):
    """A date of some calendar, which may have a 30 February; `day` counts on as a fraction."""

    year: int
    month: int
    day: float = 1.0

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{math.floor(self.day):02d}"

    @property
    def real_day(self) -> np.datetime64:
        """The day of the real calendar; one that its month lacks is its month's last."""
        first = _first_of(self.year, self.month)
        length = int((_first_of(self.year, self.month, 1) - first).astype(int))
        return first + np.timedelta64(min(math.floor(self.day), length) - 1, "D")

    @property
    def days(self) -> float:
        """Days since 1970-01-01 of the real calendar."""
        return float(self.real_day.astype(np.int64)) + self.day % 1.0


@dataclass(frozen=True)
class Stamp:
    """What a file says of the time of one step.

    Attributes
    ----------
    at : its date, where the axis has dates.
    begin, end : the interval that it stands for, half open, where the file says it.
    calendar_month : of a climatology.
    """

    at: Date | None = None
    begin: np.datetime64 | None = None
    end: np.datetime64 | None = None
    calendar_month: int | None = None

    @property
    def middle(self) -> np.datetime64 | None:
        """A day in the middle of its interval, or its date."""
        if self.begin is not None and self.end is not None:
            return self.begin + (self.end - self.begin) // 2
        return None if self.at is None else self.at.real_day

    def __str__(self) -> str:
        if self.begin is not None and self.end is not None:
            return f"{self.begin} to {self.end - np.timedelta64(1, 'D')}"
        if self.at is not None:
            return str(self.at)
        return f"month {self.calendar_month}" if self.calendar_month else "no time"


NO_TIME = Stamp()


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
    assert lows is not None and highs is not None
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
    found = [_named_time(name) for name in names]
    if all(isinstance(stamp, Stamp) for stamp in found):
        stamps = [stamp for stamp in found if stamp is not None]
        year = _one_year(named)
        if year is not None:
            stamps = [_in_year(stamp, year) for stamp in stamps]
        if len({(s.at, s.begin, s.calendar_month) for s in stamps}) == len(stamps):
            return tuple(stamps)
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


def named_stamp(named: NamedFile) -> Stamp:
    """What a file's name says of the one step in it."""
    return Stamp(None, named.begin, named.end, named.calendar_month)


def check_name(
    stamps: Sequence[Stamp], named: NamedFile, reading: Reading, where: str
) -> tuple[Stamp | None, ...]:
    """The steps in the time that the file's name says, and None for those outside of it.

    Raises
    ------
    Wco2Error : when all lie outside: then the name or the file is wrong.
    """
    if named.begin is None or named.end is None or "time" in reading.overrule:
        return tuple(stamps)
    low, high = named.begin, named.end
    if len(stamps) == 1 and stamps[0].begin is None:
        day = shifted(stamps[0], reading).middle
        short = high - low <= np.timedelta64(LONGEST_MONTH_STEP, "D")
        if short and day is not None and low <= day < high:
            return (Stamp(None, low, high),)  # the name says what the date leaves open
    kept: list[Stamp | None] = []
    for stamp in stamps:
        day = shifted(stamp, reading).middle
        kept.append(stamp if day is None or low <= day < high else None)
    if stamps and not any(kept):
        first, last = stamps[0], stamps[-1]
        inside = str(first) if len(stamps) == 1 else f"{first} … {last}"
        raise Wco2Error(
            f"{where}: its name says {low} to {high - np.timedelta64(1, 'D')}, and its time axis "
            f"{inside}.",
            'Correct the path; if the name is right, add overrule = ["time"] and bands.',
        )
    return tuple(kept)


class Interval(NamedTuple):
    """Days, half open, and the month that they belong to."""

    begin: np.datetime64 | None
    end: np.datetime64 | None
    month: Month | None
    calendar_month: int | None


def intervals(stamps: Sequence[Stamp], reading: Reading) -> tuple[Interval, ...]:
    """The days that each step of a series stands for.

    Dates without bounds are told apart by their distance, over all files: a month's date stands for
    its month, a day's for the day, one of 8 days or a week for those from it on, unless
    `reading.stamp` says otherwise.
    """
    dated = sorted({s.at.days for s in stamps if s.begin is None and s.at is not None})
    # Of whole days: a month stamped at 00:00 and at 06:00 is there twice, and no two steps.
    gaps = np.diff(np.unique(np.floor(dated)))
    distance = float(np.median(gaps)) if gaps.size else 30.0
    halves = 13 <= distance <= 17 and _are_halves([s.at for s in stamps if s.at is not None])
    following = dict(pairwise(dated))
    made = [_interval(s, reading, distance, halves, following) for s in stamps]
    years = {i.month.year for i in made if i.month is not None}
    if len(made) == 12 and len(years) == 1 and max(years) < MODEL_YEARS:
        whole = {i.month.month for i in made if i.month is not None}
        if len(whole) == 12:
            return tuple(Interval(None, None, None, i.month.month) for i in made if i.month)
    return tuple(made)


def _interval(
    stamp: Stamp,
    reading: Reading,
    distance: float,
    halves: bool,
    following: dict[float, float],
) -> Interval:
    if stamp.calendar_month is not None:
        return Interval(stamp.begin, stamp.end, None, stamp.calendar_month)
    if stamp.begin is not None and stamp.end is not None:
        return _of_days(stamp.begin, stamp.end)
    if stamp.at is None:
        return Interval(None, None, None, None)
    at = stamp.at
    if halves:
        return _of_days(*half_month(at.year, at.month, 0 if at.day < 15 else 1))
    moved = shifted(stamp, reading).at or at
    if distance >= 20 or distance > LONGEST_MONTH_STEP:
        return _of_days(_first_of(moved.year, moved.month), _first_of(moved.year, moved.month, 1))
    day = moved.real_day
    if distance < 1.5:
        return _of_days(day, day + np.timedelta64(1, "D"))
    length = round(distance)
    if reading.stamp == "end":
        return _of_days(at.real_day - np.timedelta64(length, "D"), at.real_day)
    if reading.stamp == "middle":
        begin = at.real_day - np.timedelta64(length // 2, "D")
        return _of_days(begin, begin + np.timedelta64(length, "D"))
    ahead = following.get(at.days)
    shorter = length if ahead is None else min(length, max(1, round(ahead - at.days)))
    return _of_days(day, day + np.timedelta64(shorter, "D"))


def shifted(stamp: Stamp, reading: Reading) -> Stamp:
    """A stamp at the end of its interval, moved into it."""
    if reading.stamp != "end" or stamp.at is None or stamp.begin is not None:
        return stamp
    at = stamp.at
    if at.day > 1.0:
        return replace(stamp, at=Date(at.year, at.month, at.day - 1e-6))
    before = Month(at.year, at.month).shift(-1)
    length = int((_first_of(at.year, at.month) - _first_of(*before)).astype(int))
    return replace(stamp, at=Date(before.year, before.month, length + 1 - 1e-6))


def half_month(year: int, month: int, half: int) -> tuple[np.datetime64, np.datetime64]:
    """The first (0) or second (1) half of a month: days 1 to 15, or 16 to its last."""
    first, sixteenth = _first_of(year, month), _first_of(year, month) + np.timedelta64(15, "D")
    return (first, sixteenth) if half == 0 else (sixteenth, _first_of(year, month, 1))


def _of_days(begin: np.datetime64, end: np.datetime64) -> Interval:
    length = int((end - begin).astype(int))
    month = month_of(begin + np.timedelta64((length - 1) // 2, "D"))
    return Interval(begin, end, month if length <= LONGEST_MONTH_STEP else None, None)


def month_of(day: np.datetime64) -> Month:
    """The month that a day lies in."""
    months = int(day.astype("datetime64[M]").astype(np.int64))
    return Month(1970 + months // 12, months % 12 + 1)


def _are_halves(dates: Sequence[Date]) -> bool:
    a_month = Counter((d.year, d.month) for d in dates)
    days = {math.floor(d.day) for d in dates}
    return max(a_month.values()) <= 2 and len(days) <= 3


def _periods(begin: np.datetime64, end: np.datetime64, kind: str) -> Any:
    if kind == "days":
        day = begin
        while day < end:
            yield day, day + np.timedelta64(1, "D")
            day += np.timedelta64(1, "D")
        return
    month = month_of(begin)
    while _first_of(*month) < end:
        if kind == "months":
            yield _first_of(*month), _first_of(*month.shift(1))
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
    return Date(*month, 1.0 + float((value - _first_of(*month)) / np.timedelta64(1, "D")))


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
        return Stamp(date, _first_of(date.year, 1), _first_of(date.year + 1, 1))
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
        _NAMES.index(words[0][:3].lower()) + 1
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
    return Stamp(None, _first_of(year, month), _first_of(year, month, 1))


def _one_year(named: NamedFile) -> int | None:
    """The year that a name says, where it says one."""
    if named.begin is None or named.end is None:
        return None
    first, last = month_of(named.begin).year, month_of(named.end - np.timedelta64(1, "D")).year
    return first if first == last else None


def _first_of(year: int, month: int, ahead: int = 0) -> np.datetime64:
    return np.datetime64((year - 1970) * 12 + month - 1 + ahead, "M").astype("datetime64[D]")


def _ceiling(date: Date) -> np.datetime64:
    """The first day that begins at or after a date; an end at 23:59 ends its day."""
    return date.real_day + np.timedelta64(0 if date.day % 1.0 < 1e-6 else 1, "D")


def _days(date: Date) -> float:
    return date.days
