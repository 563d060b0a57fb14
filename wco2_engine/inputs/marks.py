"""Numbers that are no values though no file says so: -9999, 1e20, 255 of 100 % and the like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_VALUE = 1e15  # beyond it lie marks for missing values: 1e20, 9.97e36, 3.4e38
# Nobody measures these; a few of them are enough, and so is a window that holds nothing else.
_SURE = (-9999.0, -99999.0, -999999.0, -32767.0, -32768.0, -2147483648.0)
_LOW = (-99.0, -999.0, *_SURE)
_HIGH = (255.0, 9999.0, 32767.0, 65535.0, 99999.0, 999999.0, 2147483647.0, 4294967295.0)
_ISOLATED = 0.3  # of its size: how far a mark lies from all other values


def bytes_of_percent(units: str | None, dtype: str, scale: float) -> bool:
    """Whether a variable is in % and stored in bytes as it is: those above 100 are codes."""
    return units == "%" and dtype in ("uint8", "int8") and scale == 1.0


def plain_mark(stored: NDArray[Any]) -> float | None:
    """The first of stored numbers `(...)` that stands for a missing value wherever it is met.

    They may have been computed back from values in single precision.
    """
    for mark in (-999.0, *_SURE):
        if np.isclose(stored, mark, rtol=1e-6, atol=0.0).any():
            return mark
    large = stored[np.abs(stored) >= LARGEST_VALUE]
    return float(large[0]) if large.size else None


def may_be_marks(low: float, high: float) -> bool:
    """Whether the smallest and largest of some stored numbers ask for a closer look.

    They may have been computed back from values in single precision.
    """
    near = any(
        abs(end - mark) < 1e-3 * abs(mark)
        for end, marks in ((low, _LOW), (high, _HIGH))
        for mark in marks
    )
    return near or max(abs(low), abs(high)) >= LARGEST_VALUE


def mark_among(stored: NDArray[Any]) -> float | None:
    """The mark for missing values among stored numbers `(n,)` that are thought to be none.

    It is the smallest or the largest of them, and lies far from all others.
    """
    if not stored.size:
        return None
    for mark, marks in ((float(stored.min()), _LOW), (float(stored.max()), _HIGH)):
        if abs(mark) >= LARGEST_VALUE:
            return mark
        if mark not in marks:
            continue
        others = stored[stored != mark]
        if not others.size:
            if mark in _SURE:
                return mark
            continue
        nearest = float(others.min() if marks is _LOW else others.max())
        enough = mark in _SURE or stored.size - others.size > 1
        if enough and abs(mark - nearest) > _ISOLATED * abs(mark):
            return mark
    return None
