"""Dates of any calendar, and what a file says of the time of one step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wco2_engine.season import Month


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
        first = first_of(self.year, self.month)
        length = int((first_of(self.year, self.month, 1) - first).astype(int))
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


def half_month(year: int, month: int, half: int) -> tuple[np.datetime64, np.datetime64]:
    """The first (0) or second (1) half of a month: days 1 to 15, or 16 to its last."""
    first, sixteenth = first_of(year, month), first_of(year, month) + np.timedelta64(15, "D")
    return (first, sixteenth) if half == 0 else (sixteenth, first_of(year, month, 1))


def month_of(day: np.datetime64) -> Month:
    """The month that a day lies in."""
    months = int(day.astype("datetime64[M]").astype(np.int64))
    return Month(1970 + months // 12, months % 12 + 1)


def first_of(year: int, month: int, ahead: int = 0) -> np.datetime64:
    return np.datetime64((year - 1970) * 12 + month - 1 + ahead, "M").astype("datetime64[D]")
