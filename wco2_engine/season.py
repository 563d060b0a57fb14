"""Months, winters and the year that a winter is named by."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, NamedTuple, get_args

from wco2_engine.errors import Wco2Error

Label = Literal["january", "start", "calendar"]
LABELS: tuple[str, ...] = get_args(Label)
FIRST_YEAR, LAST_YEAR = 1800, 2300
# Not those of `calendar`, which speaks the language that the process is set to, as QGIS's is.
MONTHS_IN_FULL = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTH_NAMES = tuple(name[:3] for name in MONTHS_IN_FULL)
# What a month may be called in a table, in small letters, and its number.
MONTH_WORDS = {
    **{name.lower(): k for k, name in enumerate(MONTHS_IN_FULL, start=1)},
    **{name.lower(): k for k, name in enumerate(MONTH_NAMES, start=1)},
    "sept": 9,
    **{f"{k}月": k for k in range(1, 13)},
    **{f"{name}月": k for k, name in enumerate("一二三四五六七八九十", start=1)},
    **{"十一月": 11, "十二月": 12},
}


class Month(NamedTuple):
    """One month of one year. Sorts by time."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def days(self) -> int:
        """The number of days that this month really has."""
        return calendar.monthrange(self.year, self.month)[1]

    def shift(self, months: int) -> Month:
        """The month `months` later (earlier where negative)."""
        year, month0 = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month0 + 1)


@dataclass(frozen=True)
class Winter:
    """The months of a region's winter, and how its winters are named.

    Parameters
    ----------
    months : the calendar months (1 to 12) in any order; they follow one another without a gap.
    label : "january" names a winter by the year of its January (a winter that starts in July or
        later belongs to the next year), "start" by the year of its first month, and "calendar"
        takes the winter months of one calendar year, though they come from two winters.

    Raises
    ------
    Wco2Error : for months outside 1 to 12, repeated, none or all of them, or with a gap.
    """

    months: tuple[int, ...]
    label: Label = "january"

    def __post_init__(self) -> None:
        months = tuple(self.months)
        if not months or any(type(m) is not int or not 1 <= m <= 12 for m in months):
            raise Wco2Error(
                f"Winter months {list(months)} are not months of the year.",
                "Give whole numbers from 1 to 12, e.g. [10, 11, 12, 1, 2, 3, 4].",
            )
        starts = [m for m in months if (m - 2) % 12 + 1 not in months]
        if len(set(months)) != len(months) or len(starts) != 1:
            raise Wco2Error(
                f"Winter months {list(months)} are not one run of months.",
                "Name each month once, without a gap and not all twelve, e.g. [11, 12, 1, 2, 3].",
            )
        if self.label not in LABELS:
            raise Wco2Error(
                f"Unknown winter label '{self.label}'.", f"Choose one of {', '.join(LABELS)}."
            )
        first = starts[0]
        ordered = tuple((first - 1 + k) % 12 + 1 for k in range(len(months)))
        object.__setattr__(self, "months", ordered)

    @property
    def start(self) -> int:
        """The first month of the winter, 1 to 12."""
        return self.months[0]

    def months_of(self, year: int) -> tuple[Month, ...]:
        """The months that make up the winter named `year`, by time."""
        if self.label == "calendar":
            return tuple(Month(year, m) for m in sorted(self.months))
        starts_before = self.label == "january" and self.start >= 7
        first = Month(year - 1 if starts_before else year, self.start)
        return tuple(first.shift(k) for k in range(len(self.months)))

    def year_of(self, month: Month) -> int:
        """The name of the winter that holds `month`.

        Raises
        ------
        ValueError : when the month is no winter month.
        """
        if month.month not in self.months:
            raise ValueError(f"{month} is not in a winter of months {self.months}")
        if self.label == "calendar":
            return month.year
        first = month.shift(-self.months.index(month.month))
        return first.year + (1 if self.label == "january" and self.start >= 7 else 0)

    def last_begun(self, month: Month) -> int:
        """The name of the winter that holds `month`, or else of the one before it."""
        while month.month not in self.months:
            month = month.shift(-1)
        return self.year_of(month)

    def __str__(self) -> str:
        names = "-".join(MONTH_NAMES[m - 1] for m in (self.months[0], self.months[-1]))
        return f"{names}, named by {self.label}"


def parse_years(text: str | int | Iterable[int]) -> tuple[int, ...]:
    """Years from "1983", "1990-1999", "1990,1995" or numbers, sorted, each once.

    Raises
    ------
    Wco2Error : when the text is no list of years from 1800 to 2300, or a range runs backwards.
    """
    if isinstance(text, int):
        years = {text}
    elif isinstance(text, str):
        years = set()
        for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*([-–:])\s*", r"\1", text))):
            match = re.fullmatch(r"([0-9]{4})(?:[-–:]([0-9]{4}))?", part)
            if match is None:
                raise _not_years(text)
            first, last = int(match[1]), int(match[2] or match[1])
            if first > last:
                raise Wco2Error(f"Years '{part}' run backwards.", f"Write {last}-{first} instead.")
            if not FIRST_YEAR <= first <= last <= LAST_YEAR:
                raise _not_years(text)
            years.update(range(first, last + 1))
    else:
        try:
            years = {index(year) for year in text}
        except TypeError as error:
            raise _not_years(text) from error
    if not years or not all(FIRST_YEAR <= year <= LAST_YEAR for year in years):
        raise _not_years(text)
    return tuple(sorted(years))


def _not_years(text: object) -> Wco2Error:
    return Wco2Error(
        f"'{text}' names no years from {FIRST_YEAR} to {LAST_YEAR}.",
        "Write e.g. 1983, 1990-1999 or 1990,1995.",
    )


def format_years(years: Sequence[int]) -> str:
    """The shortest text that `parse_years` reads back as `years`."""
    runs: list[list[int]] = []
    for year in sorted(set(years)):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
