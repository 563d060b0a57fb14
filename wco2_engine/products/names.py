"""The dates in names of files: which names are one series, and what in them is a year or a month.

No name by itself proves that its digits are a date: a year may be when a file was made, and 01 the
number of anything. Names that differ in it do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from wco2_engine.inputs.patterns import MONTHS, Pattern
from wco2_engine.season import MONTH_WORDS

_YEAR = r"(?:1[89]|2[012])\d\d"
_SPAN = rf"{_YEAR}(?:\d\d){{0,2}}[-_]{_YEAR}(?:\d\d){{0,2}}"
_WORDS = "|".join(sorted({*MONTHS["mon"], *MONTHS["month_name"]}, key=len, reverse=True))
_PIECES = re.compile(
    rf"(?P<span>(?<!\d){_SPAN}(?!\d))|(?P<month>(?<![^\W\d_])(?i:{_WORDS})(?![^\W\d_]))"
    r"|(?P<number>[0-9]+)"
)
# What may stand between the parts of one date: 2001-01, 2001_M01, 2001年1月, 2001/tas_01.
_CLOSE = re.compile(r"[^\w\s]{0,2}|[ _]{0,2}|[-_ ]?[mMdDT]|年|月|.*/.*", re.DOTALL)
_HALVES = {"0106", "0712"}  # January to June, July to December
_FEWEST_OF_A_WINTER = 3  # months, where names tell of winters only
_STAMP = 6  # digits, of a number that tells when a file was made


@dataclass(frozen=True)
class _Parts:
    """A name: its texts, and between each two of them what may be a part of a date."""

    name: str
    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    values: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> _Parts:
        matches = list(_PIECES.finditer(name))
        ends = [0, *(match.end() for match in matches)]
        starts = [*(match.start() for match in matches), len(name)]
        return cls(
            name,
            tuple(name[end:start] for end, start in zip(ends, starts, strict=True)),
            tuple(str(match.lastgroup) for match in matches),
            tuple(match[0] for match in matches),
        )

    @property
    def shape(self) -> tuple[str, ...]:
        """What is alike in names of one series; numbers of one and of two digits are."""
        sizes = ("" if kind == "month" else str(max(2, len(value))) for kind, value in self._slots)
        return (*self.texts, *self.kinds, *sizes)

    @property
    def _slots(self) -> Iterator[tuple[str, str]]:
        return zip(self.kinds, self.values, strict=True)


@dataclass(frozen=True)
class _Slot:
    """A place in names that differ: what stands there in each, and the text that leads to it."""

    kind: str  # span, month or number
    values: tuple[str, ...]
    before: str

    @property
    def varies(self) -> bool:
        return len(set(self.values)) > 1

    @property
    def width(self) -> int:
        """Digits of its numbers; 0 where they differ in that."""
        widths = {len(value) for value in self.values}
        return widths.pop() if len(widths) == 1 else 0

    def within(self, low: int, high: int, digits: Sequence[int]) -> bool:
        """Whether all are whole numbers of so many digits, from `low` to `high`."""
        return self.kind == "number" and all(
            len(value) in digits and low <= int(value) <= high for value in self.values
        )

    @property
    def is_year(self) -> bool:
        return self.within(1800, 2299, (4,))

    @property
    def is_month(self) -> bool:
        return self.kind == "month" or self.within(1, 12, (1, 2))

    @property
    def month_token(self) -> str:
        if self.kind == "number":
            return "{month:02d}" if self.width == 2 else "{month}"
        for token, names in MONTHS.items():
            if set(self.values) <= set(names):
                return f"{{{token}}}"
        return ""  # two ways of writing

    def months(self) -> tuple[int, ...]:
        if self.kind == "number":
            return tuple(map(int, self.values))
        return tuple(MONTH_WORDS[value.lower()] for value in self.values)


def series_of_names(names: Iterable[str], *, months: bool = False) -> dict[str, list[str]]:
    """Names by their pattern; those that differ in a date only are one series.

    Parameters
    ----------
    names : of files, or their paths with slashes; folders may have dates too.
    months : whether it is known that numbers of names without a year are months. Otherwise all
        twelve have to be there, and no thirteenth; or those around the turn of the year.

    Returns
    -------
    By pattern, as a catalogue writes it, the names in their order. Dates are {year}, {month:02d},
    {Mon}, {day:02d} and {doy:03d}; * stands for spans of years or months, whose files say their
    dates themselves, and for the time when a file was made. The pattern of one name alone is that
    name.

    Examples
    --------
    >>> series_of_names(["tas/2001/01.tif", "tas/2001/02.tif"])
    {'tas/{year}/{month:02d}.tif': ['tas/2001/01.tif', 'tas/2001/02.tif']}
    >>> list(series_of_names(["bio_01.tif", "bio_02.tif", "bio_13.tif"]))
    ['bio_01.tif', 'bio_02.tif', 'bio_13.tif']
    """
    alike: dict[tuple[str, ...], list[_Parts]] = {}
    for name in dict.fromkeys(names):
        parts = _Parts.of(name)
        alike.setdefault(parts.shape, []).append(parts)
    found: dict[str, list[str]] = {}
    for members in alike.values():
        for pattern, series in _told_apart(members, months):
            found.setdefault(pattern, []).extend(series)
    return found


def literal(text: str) -> str:
    """A text in which braces stand for themselves, as in a path of a catalogue."""
    return text.replace("{", "{{").replace("}", "}}")


def _told_apart(members: Sequence[_Parts], months: bool) -> Iterator[tuple[str, list[str]]]:
    """Series among names of one shape, each with its pattern."""
    first = members[0]
    if len(members) == 1:
        yield literal(first.name), [first.name]
        return
    columns = zip(*(member.values for member in members), strict=True)
    slots = [_Slot(*of) for of in zip(first.kinds, columns, first.texts[:-1], strict=True)]
    tokens = _dates(slots, months)
    apart = next((k for k, slot in enumerate(slots) if slot.varies and k not in tokens), None)
    if apart is None:
        said = [tokens.get(k, slot.values[0]) for k, slot in enumerate(slots)]
        pairs = zip(map(literal, first.texts), [*said, ""], strict=True)
        yield "".join(part for pair in pairs for part in pair), [m.name for m in members]
        return
    by_value: dict[str, list[_Parts]] = {}
    for member in members:
        by_value.setdefault(member.values[apart], []).append(member)
    for part in by_value.values():
        yield from _told_apart(part, months)


def _dates(slots: Sequence[_Slot], months: bool) -> dict[int, str]:
    """By slot, the tokens of a series' dates, and * where names differ in no more than the ends of
    spans or when a file was made; none where nothing proves a date."""
    spans = {k: "*" for k, slot in enumerate(slots) if slot.kind == "span" and slot.varies}
    whole = next((k for k, slot in enumerate(slots) if slot.varies and _in_one(slot)), None)
    dates = _in_parts(slots, months) if whole is None else {whole: _in_one(slots[whole])}
    tokens = spans | dates
    if not tokens:
        return {}
    told = {slots[k].values: token for k, token in dates.items()}
    if whole is not None:  # its parts may stand in folders: 2001/01/ndvi_20010115.tif
        pattern = Pattern(tokens[whole])
        said = [pattern.dates_in(value) or {} for value in slots[whole].values]
        for name, token in (("year", "{year}"), ("month", "{month:02d}")):
            if name in pattern.fields:
                told[tuple(f"{of[name]:02d}" for of in said)] = token
    for k, slot in enumerate(slots):
        if k in tokens or not slot.varies:
            continue
        hour = whole is not None and k == whole + 1 and "{day" in tokens[whole] and _close(slot)
        if slot.values in told:
            tokens[k] = told[slot.values]
        elif slot.is_year or slot.width >= _STAMP or hour:
            tokens[k] = "*"
    return tokens


def _in_one(slot: _Slot) -> str:
    """The tokens of a date that is one number: 20010115, 2001015, 200101 or 012001."""
    if slot.kind != "number":
        return ""
    values = slot.values
    if slot.width == 8 and all(_is_day(v[:4], v[4:6], v[6:]) for v in values):
        day = "{day:02d}" if len({v[6:] for v in values}) > 1 else values[0][6:]
        return "{year}{month:02d}" + day
    if slot.width == 7 and all(_is_year(v[:4]) and 1 <= int(v[4:]) <= 366 for v in values):
        return "{year}{doy:03d}"
    if slot.width == 6 and all(_is_year(v[:4]) and 1 <= int(v[4:]) <= 12 for v in values):
        return "{year}{month:02d}"
    if slot.width == 6 and all(_is_year(v[2:]) and 1 <= int(v[:2]) <= 12 for v in values):
        return "{month:02d}{year}"
    return ""


def _in_parts(slots: Sequence[_Slot], months: bool) -> dict[int, str]:
    """The tokens of a date whose year, month and day are apart; none where nothing proves one."""
    years = [k for k, slot in enumerate(slots) if slot.is_year]
    year = next((k for k in years if slots[k].varies), None)
    ends = [k for k in years if k and k - 1 in years and slots[k].values != slots[k - 1].values]
    if year is not None and ends:  # from 2001 to 2010
        return {end - back: "*" for end in ends for back in (0, 1) if slots[end - back].varies}
    one = year if year is not None else years[0] if len(years) == 1 else None
    halves = {k: "*" for k, slot in enumerate(slots) if set(slot.values) == _HALVES}
    if one is not None and halves:
        return {one: "{year}", **halves}
    month = _month(slots, year)
    if month is None:
        within = {} if one is None else _within_year(slots, one)
        return {one: "{year}", **within} if one is not None and (within or one == year) else {}
    if one is None and not (months or _are_all_months(slots[month])):
        return {}
    day = _day(slots, month) if one is None or one < month else {}
    return {**({} if one is None else {one: "{year}"}), month: slots[month].month_token, **day}


def _day(slots: Sequence[_Slot], month: int) -> dict[int, str]:
    """The token of a day of the month behind it."""
    slot = slots[month + 1] if month + 1 < len(slots) else None
    if slot is None or not (slot.varies and _close(slot) and slot.within(1, 31, (1, 2))):
        return {}
    return {month + 1: "{day:02d}" if slot.width == 2 else "{day}"}


def _month(slots: Sequence[_Slot], year: int | None) -> int | None:
    """The slot of the month: beside the year, else the first that differs."""
    usable = [k for k, slot in enumerate(slots) if slot.is_month and slot.month_token]
    if year is not None:
        behind = [k for k in usable if k == year + 1 and _close(slots[k])]
        ahead = [k for k in usable if k == year - 1 and _close(slots[year])]
        for k in (*behind, *ahead):
            padded = slots[k].kind == "month" or slots[k].width == 2
            version = k in ahead and "." in slots[year].before  # cru_ts4.07.2001
            if padded and (slots[k].varies or not version):
                return k
            if k in behind and slots[k].varies:
                return k
        usable = [k for k in usable if _are_all_months(slots[k])]
    differing = [k for k in usable if slots[k].varies]
    named = [k for k in differing if slots[k].kind == "month"]
    return next(iter([*named, *differing]), None)


def _within_year(slots: Sequence[_Slot], year: int) -> dict[int, str]:
    """A day of the year, or month and day in one number, behind the year."""
    k = year + 1
    if k >= len(slots) or not slots[k].varies or not _close(slots[k]):
        return {}
    if slots[k].within(1, 366, (3,)):
        return {k: "{doy:03d}"}
    if slots[k].width == 4 and all(_is_day("2000", v[:2], v[2:]) for v in slots[k].values):
        return {k: "{month:02d}{day:02d}"}
    return {}


def _are_all_months(slot: _Slot) -> bool:
    """Whether names without a year number months: all twelve, or those around a turn of the year,
    as 10, 11, 12, 1, 2."""
    found = set(slot.months())
    after = [month for month in found if month % 12 + 1 not in found]
    turn = {1, 12} <= found and len(found) >= _FEWEST_OF_A_WINTER and len(after) == 1
    return slot.kind == "month" or len(found) == 12 or turn


def _close(slot: _Slot) -> bool:
    return _CLOSE.fullmatch(slot.before) is not None


def _is_year(text: str) -> bool:
    return re.fullmatch(_YEAR, text) is not None


def _is_day(year: str, month: str, day: str) -> bool:
    if not _is_year(year):
        return False
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def when_of_pattern(pattern: str, bands: int) -> str:
    """How a series of a dated path varies, from the dates in it and its number of bands."""
    fields = Pattern(pattern).fields
    if "year" in fields:
        by_month = fields & {"month", "doy"} or (bands > 0 and bands % 12 == 0)
        return "monthly" if by_month else "yearly"
    if "month" in fields or bands == 12:
        return "climatology"
    return "monthly" if bands > 12 else "static"


def plain_name(pattern: str) -> str:
    """A name of letters, digits and _ from a path without its dates; from its folder where its
    file is called by its date only."""
    path = PurePosixPath(re.sub(r"\{.*?\}\d*[年月日]?|\*", " ", pattern))
    for part in (path.stem, *reversed(path.parts[:-1])):
        name = re.sub(r"_+", "_", re.sub(r"\W+", "_", part.lower())).strip("_")
        if name:
            return name if name.isidentifier() else f"p_{name}"
    return "predictor"
