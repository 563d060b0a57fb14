"""The dates in names of files: which part of a name is a year or a month of a series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wco2_engine.inputs.patterns import MONTHS, Pattern

_Y, _M, _D = r"(1[89]\d\d|2[012]\d\d)", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_RANGE = re.compile(rf"(?<!\d){_Y}(?:\d\d)?(?:\d\d)?[-_]{_Y}(?:\d\d)?(?:\d\d)?(?!\d)")
# The longest form first: a day of the year would else be taken for a month and a digit.
_DATES = (
    (re.compile(rf"(?<!\d){_Y}([-_.]?){_M}([-_.]?){_D}(?!\d)"), r"{year}\2{month:02d}\4{day:02d}"),
    (re.compile(rf"(?<!\d){_Y}([-_.]?){_M}(?!\d)"), r"{year}\2{month:02d}"),
    (re.compile(rf"(?<!\d){_M}([-_.]?){_Y}(?!\d)"), r"{month:02d}\2{year}"),
    (re.compile(rf"(?<!\d){_Y}([-_.]?)([0-3]\d\d)(?!\d)"), r"{year}\2{doy:03d}"),
    (re.compile(rf"(?<!\d){_Y}(?!\d)"), "{year}"),
    (re.compile(rf"(?<!\d){_M}(?!\d)"), "{month:02d}"),
)


def _named_months() -> Iterator[tuple[re.Pattern[str], str]]:
    """Years beside short names of months: Jan1990, 1990_jan.

    Names in full are left to people: May would be of another series than the others.
    """
    for token in ("Mon", "mon", "MON"):
        name = rf"(?:{'|'.join(MONTHS[token])})"
        yield re.compile(rf"(?<![A-Za-z]){name}([-_.]?){_Y}(?!\d)"), rf"{{{token}}}\1{{year}}"
        yield re.compile(rf"(?<!\d){_Y}([-_.]?){name}(?![A-Za-z])"), rf"{{year}}\2{{{token}}}"


_NAMED = tuple(_named_months())


def literal(text: str) -> str:
    """A text in which braces stand for themselves, as in a path of a catalogue."""
    return text.replace("{", "{{").replace("}", "}}")


def dated(path: str) -> str:
    """A path with {year}, {month:02d} and the like in its last part, where that has dates.

    A range of years or months, as in tas_195001-201412.nc, becomes *: such files say their dates
    themselves. Only a series of two files or more proves that digits are dates: a year may be when
    a file was made, and 01 the number of anything.
    """
    folder, slash, name = path.rpartition("/")
    safe = literal(name)
    if _RANGE.search(safe):
        return f"{literal(folder)}{slash}{_RANGE.sub('*', safe, count=1)}"
    for expression, tokens in (*_NAMED, *_DATES):
        if expression.search(safe):
            safe = expression.sub(tokens, safe, count=1)
            break
    return f"{literal(folder)}{slash}{safe}"


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
    """A name of letters, digits and _ from a file name without its dates."""
    bare = re.sub(r"\{.*?\}", " ", Path(pattern).stem)
    name = re.sub(r"\W+", "_", bare.lower()).strip("_")
    name = re.sub(r"_+", "_", name) or "predictor"
    return name if name.isidentifier() else f"p_{name}"
