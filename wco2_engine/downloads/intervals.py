"""The days that the steps of a series stand for, over all of its files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wco2_engine.downloads.dates import Date, Stamp, first_of, half_month, month_of
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.errors import Wco2Error
from wco2_engine.season import Month

LONGEST_MONTH_STEP = 45  # days: what is longer is no step of a month
MODEL_YEARS = 1000  # a single year before this one is that of a climatology


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
        return _of_days(first_of(moved.year, moved.month), first_of(moved.year, moved.month, 1))
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
    length = int((first_of(at.year, at.month) - first_of(*before)).astype(int))
    return replace(stamp, at=Date(before.year, before.month, length + 1 - 1e-6))


def _of_days(begin: np.datetime64, end: np.datetime64) -> Interval:
    length = int((end - begin).astype(int))
    month = month_of(begin + np.timedelta64((length - 1) // 2, "D"))
    return Interval(begin, end, month if length <= LONGEST_MONTH_STEP else None, None)


def _are_halves(dates: Sequence[Date]) -> bool:
    a_month = Counter((d.year, d.month) for d in dates)
    days = {math.floor(d.day) for d in dates}
    return max(a_month.values()) <= 2 and len(days) <= 3
