"""The dates in names of files: which part of a name is a year or a month of a series."""

from __future__ import annotations

import re
from pathlib import Path

_YEAR_MONTH = re.compile(r"(?<!\d)(1[89]\d\d|2[012]\d\d)([-_.]?)(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|2[012]\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(0[1-9]|1[0-2])(?!\d)")


def literal(text: str) -> str:
    """A text in which braces stand for themselves, as in a path of a catalogue."""
    return text.replace("{", "{{").replace("}", "}}")


def dated(path: str) -> str:
    """A path with {year} and {month:02d} in its last part, where that has dates.

    Only a series of two files or more proves that they are dates: a year may be when a file was
    made, and 01 the number of anything.
    """
    folder, slash, name = path.rpartition("/")
    safe = literal(name)
    if _YEAR_MONTH.search(safe):
        safe = _YEAR_MONTH.sub(r"{year}\2{month:02d}", safe, count=1)
    elif _YEAR.search(safe):
        safe = _YEAR.sub("{year}", safe, count=1)
    else:
        safe = _MONTH.sub("{month:02d}", safe, count=1)
    return f"{literal(folder)}{slash}{safe}"


def when(pattern: str, bands: int) -> str:
    """How a series of a dated path varies, from the dates in it and its number of bands."""
    if "{year" in pattern:
        by_month = "{month" in pattern or (bands > 0 and bands % 12 == 0)
        return "monthly" if by_month else "yearly"
    if "{month" in pattern or bands == 12:
        return "climatology"
    return "monthly" if bands > 12 else "static"


def plain_name(pattern: str) -> str:
    """A name of letters, digits and _ from a file name without its dates."""
    bare = re.sub(r"\{.*?\}", " ", Path(pattern).stem)
    name = re.sub(r"\W+", "_", bare.lower()).strip("_")
    name = re.sub(r"_+", "_", name) or "predictor"
    return name if name.isidentifier() else f"p_{name}"
