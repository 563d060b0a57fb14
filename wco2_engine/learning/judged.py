"""What a model file tells of its quality: rows of scores and of coverage, checked; levels."""

from __future__ import annotations

from typing import Any

from wco2_engine.learning.checks import get, number_of, text_of

SCORES = ("r2", "nse", "kge", "mae", "rmse", "bias")
_COUNTS = ("n", "sites")
_SCORE_NUMBERS = tuple(f"{name}{end}" for name in SCORES for end in ("", "_low", "_high"))
COVERAGE_NUMBERS = ("raw_coverage", "raw_width", "coverage", "width")
WINTER_NUMBERS = ("months", "correlation", "sum_coverage", "sum_width", "coverage", "width")


def checked_score(row: Any) -> dict[str, Any]:
    """A checked copy with all its keys: rows of early models lack some, which are None."""
    for key in ("region", "validation"):
        get(row, key, str)
    parts = ("month", "zone", "method")
    known = ("region", "validation", *parts, *_COUNTS, *_SCORE_NUMBERS)
    unknown = set(row) - set(known)
    if unknown:
        raise ValueError(f"a score has an unknown '{min(unknown)}'")
    score = {"zone": "all", "method": "all", **row}
    month = row.get("month")
    if month != "all" and (type(month) is not int or not 1 <= month <= 12):
        raise ValueError(f"a score's month is {month!r:.40}, neither 1 to 12 nor 'all'")
    for key in ("zone", "method"):
        text_of(score[key], f"a score's {key}")
    if sum(score[key] != "all" for key in parts) > 1:
        raise ValueError("a score is of several of month, zone and method")
    for key in _COUNTS:
        if get(row, key, int) < 0:
            raise ValueError(f"a score's {key} is negative")
    for key in _SCORE_NUMBERS:
        if score.setdefault(key, None) is not None:
            number_of(score[key], key)
    return {key: score[key] for key in known}


def check_coverage(row: Any, numbers: tuple[str, ...]) -> None:
    for key in ("region", "validation"):
        get(row, key, str)
    checked_level(level_text(number_of(get(row, "level", float), "level")))
    for key in _COUNTS:
        if get(row, key, int) < 0:
            raise ValueError(f"a coverage's {key} is negative")
    for key in numbers:
        if key not in row or (row[key] is not None and not number_of(row[key], key) >= 0):
            raise ValueError(f"a coverage's {key} is missing or negative")
        if key.endswith(("coverage", "correlation")) and row[key] is not None and row[key] > 1:
            raise ValueError(f"a coverage's {key} is above 1")
    unknown = set(row) - {"region", "validation", "level", *_COUNTS, *numbers}
    if unknown:
        raise ValueError(f"a coverage has an unknown '{min(unknown)}'")


def level_text(level: float) -> str:
    """How a level is written in `RegionModel.calibration`: "0.9" for 0.9."""
    return f"{level:.6g}"


def checked_level(text: Any) -> str:
    level = float(text_of(text, "a level"))
    if not 0 < level < 1 or level_text(level) != text:
        raise ValueError(f"a level is {text:.40}, not between 0 and 1")
    return str(text)
