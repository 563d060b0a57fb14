"""The files behind a predictor, and the days that their names say they are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import file_state
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.patterns import Found
from wco2_engine.season import Month

LONGEST_STEP = 31  # days that a file named by its first day may be of


@dataclass(frozen=True)
class Candidate:
    """A file that may hold some months of a predictor.

    Attributes
    ----------
    part : which of the predictor's paths it belongs to, from 0.
    begin, end : the days that its name says, half open; None where it names no year.
    calendar_month : what its name says where it names a month and no year.
    """

    found: Found
    part: int
    begin: date | None = None
    end: date | None = None
    calendar_month: int | None = None

    @property
    def state(self) -> str:
        """Name, size and time of change of the file, or of the archive that holds it."""
        return f"{file_state(str(self.found.path))} {self.found.member}".rstrip()

    def may_hold(self, month: Month) -> bool:
        """Whether its name leaves room for a month, of any year for a climatology."""
        if self.begin is not None and self.end is not None:
            return self.begin < _first(month.shift(1)) and self.end > _first(month)
        return self.calendar_month in (None, month.month)

    @property
    def one_month(self) -> Month | None:
        """The month that it lies in, by its name; None where it may hold several."""
        if self.begin is None or self.end is None:
            return None
        first, last = self.begin, self.end - timedelta(days=1)
        same = (first.year, first.month) == (last.year, last.month)
        return Month(first.year, first.month) if same else None


def candidates(predictor: Predictor, folder: Path, where: str) -> tuple[Candidate, ...]:
    """All files that a predictor's paths stand for.

    Raises
    ------
    Wco2Error : when there is none, or a name states a date that does not exist.
    """
    found: list[Candidate] = []
    for part, pattern in enumerate(predictor.patterns):
        found += _dated(pattern.find(folder), part, predictor.when == "yearly", where)
    if not found:
        raise _nothing(predictor, folder, where)
    return tuple(found)


def _dated(files: Sequence[Found], part: int, yearly: bool, where: str) -> list[Candidate]:
    dated = [(item, _begin(item, where)) for item in files]
    named = sorted({day for _, day in dated if day is not None})
    if any({"day", "doy"} & set(item.dates) for item, _ in dated) and not yearly:
        ends = _ends(named)
    else:
        ends = {}
    made = []
    for item, day in dated:
        if day is None:
            made.append(Candidate(item, part, calendar_month=item.dates.get("month")))
        else:
            day = date(day.year, 1, 1) if yearly else day
            made.append(Candidate(item, part, day, ends.get(day) or _end(item.dates, day)))
    return made


def _begin(item: Found, where: str) -> date | None:
    dates = item.dates
    if "year" not in dates:
        return None
    try:
        if "doy" in dates:
            first = date(dates["year"], 1, 1)
            day = first + timedelta(days=dates["doy"] - 1)
            if day.year != first.year:
                raise ValueError("a day that its year does not have")
            return day
        half = 16 if dates.get("half") == 2 else 1
        return date(dates["year"], dates.get("month", 1), dates.get("day", half))
    except ValueError as error:
        raise Wco2Error(
            f"{where}: {item} is named by a date that does not exist.",
            "Correct the path of the predictor; it takes other digits for a date.",
        ) from error


def _end(dates: Mapping[str, int], begin: date) -> date:
    if "month" not in dates:
        return date(begin.year + 1, 1, 1)
    if dates.get("half") == 1:
        return begin.replace(day=16)
    return _first(Month(begin.year, begin.month).shift(1))


def _ends(begins: Sequence[date]) -> dict[date, date]:
    """Where the steps end that files are named by the first day of.

    A step lasts until the next one begins. Where one is missing, it lasts as long as the others,
    and those of a year end with it if a new one begins there. Firsts of months are months.
    """
    if all(day.day == 1 for day in begins):
        return {day: _first(Month(day.year, day.month).shift(1)) for day in begins}
    gaps = [(b - a).days for a, b in pairwise(begins)]
    usual = min(max(set(gaps), key=gaps.count), LONGEST_STEP) if gaps else 1
    ends = {}
    for day, gap in zip(begins, [*gaps, usual], strict=True):
        ends[day] = day + timedelta(days=min(gap, usual))
        new_year = date(day.year + 1, 1, 1)
        if ends[day] > new_year and usual < LONGEST_STEP - 3 and begins[0].year < day.year:
            ends[day] = new_year
    return ends


def _first(month: Month) -> date:
    return date(max(month.year, 1), month.month, 1)


def _nothing(predictor: Predictor, folder: Path, where: str) -> Wco2Error:
    pattern = predictor.patterns[0]
    whole = folder / Path(pattern.text).expanduser()
    if not pattern.fields and not pattern.wild and whole.parent.is_dir():
        siblings = [path.name for path in whole.parent.iterdir()]
        return Wco2Error(
            f"{where}: file {whole} does not exist.", nearest_name(whole.name, siblings)
        )
    shown = " or ".join(str(folder / p.text) for p in predictor.patterns[:3])
    return Wco2Error(
        f"{where}: there is no file {shown}.",
        "Correct path and root, or wait until the download is done.",
    )


def months_named(files: Iterable[Candidate]) -> set[Month]:
    """All months that the names of files leave room for; nothing of files that name no year."""
    months = set()
    for item in files:
        if item.begin is None or item.end is None:
            continue
        month = Month(item.begin.year, item.begin.month)
        while _first(month) < item.end:
            months.add(month)
            month = month.shift(1)
    return months
