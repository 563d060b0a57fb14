"""The months that the bands of a raster stand for, by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wco2_engine.season import Month

EMPTY = "(empty)"  # at the end of a name: a band without values
_DATED = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d\d)?")
_NUMBERED = re.compile(r"month (0?[1-9]|1[0-2])", re.IGNORECASE)
_FULL = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NAMES = {name: number for number, name in enumerate(_FULL, start=1)}
_NAMES |= {name[:3]: number for name, number in _NAMES.items()}


@dataclass(frozen=True)
class TimeAxis:
    """What time each band of a raster stands for.

    Attributes
    ----------
    months : band by month of a year.
    calendar_months : band by month 1 to 12, of bands named by months without a year.
    years : band by year.
    """

    months: Mapping[Month, int] = field(default_factory=dict)
    calendar_months: Mapping[int, int] = field(default_factory=dict)
    years: Mapping[int, int] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the names say anything."""
        return bool(self.months or self.calendar_months or self.years)


def named_bands(names: Sequence[str | None]) -> TimeAxis:
    """The time of bands called "1983-01", "January", "month 1" or "1983".

    Nothing is known unless every name says a time, and each another one. A count of bands says
    nothing.
    """
    texts = [(name or "").strip() for name in names]
    if not all(texts):
        return TimeAxis()
    bands = {band: text for band, text in enumerate(texts, start=1) if not text.endswith(EMPTY)}
    plain = [text.removesuffix(EMPTY).strip() for text in texts]
    dated = [_DATED.fullmatch(text) for text in plain]
    if all(dated) and len(set(plain)) == len(plain):
        months = {Month(int(text[:4]), int(text[5:7])): band for band, text in bands.items()}
        return TimeAxis(months=months) if len(months) == len(bands) else TimeAxis()
    numbers = [_month_number(text) for text in plain]
    if all(numbers) and len(set(numbers)) == len(numbers):
        return TimeAxis(calendar_months={numbers[band - 1]: band for band in bands})
    if len(texts) > 1 and all(re.fullmatch(r"\d{4}", text) for text in plain):
        years = {int(text): band for band, text in bands.items()}
        return TimeAxis(years=years) if len(years) == len(bands) else TimeAxis()
    return TimeAxis()


def _month_number(text: str) -> int:
    match = _NUMBERED.fullmatch(text)
    return int(match[1]) if match else _NAMES.get(text.lower(), 0)
