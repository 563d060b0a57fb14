"""What a file says of its units, beside what the catalogue says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wco2_engine.downloads.reading import Reading
from wco2_engine.errors import Wco2Error
from wco2_engine.units import conversion

ZERO_CELSIUS = 273.15
# Spellings in public products that are no units of udunits.
_MEANT = (
    (re.compile(r"degrees?[ _]?(c|celsius|centigrade)|deg[ _.]?c|°\s?c|celsius|c"), "degC"),
    (re.compile(r"degrees?[ _]?k(elvin)?|deg[ _.]?k|kelvins?"), "K"),
    (re.compile(r"m(et(er|re)s?)? of water( equivalent)?|m w\.?e\.?"), "m"),
    (re.compile(r"mm(/| per )month"), "mm month-1"),
    (re.compile(r"mm(/| per )day"), "mm day-1"),
    (re.compile(r"percent(age)?|%|percents"), "%"),
    (re.compile(r"\(?0 ?- ?1\)?|fraction|unitless|dimensionless|none|no units?|-|\[-\]|ndvi"), "1"),
    (re.compile(r"met(er|re)s?"), "m"),
    (re.compile(r"centimet(er|re)s?"), "cm"),
    (re.compile(r"millimet(er|re)s?"), "mm"),
)
# A kilogram of water on a square metre is a millimetre.
_WATER = {"kg m-2": "mm", "kg m-2 s-1": "mm s-1", "kg m-2 day-1": "mm day-1"}
# How ECMWF's monthly means mark what is accumulated within a day (GRIB_stepType, names of files).
_DAILY_MEANS = ("avgad", "avgas")


def stated_units(text: Any) -> str | None:
    """The units that a file states, spelt as `units.py` reads them; None where it states none."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str) or not text.strip():
        return None
    plain = " ".join(text.split())
    for form, meant in _MEANT:
        if form.fullmatch(plain.lower()):
            return meant
    return plain


def agreed_units(
    attributes: Mapping[str, Any], file_name: str, reading: Reading, where: str
) -> str | None:
    """The units of a variable after scaling, as file and catalogue say.

    An amount in the file may be an amount per time in the catalogue: files do not always say that
    what they hold was accumulated over a day or a month.

    Raises
    ------
    Wco2Error : when they contradict each other.
    """
    stated = _with_time(stated_units(attributes.get("units")), attributes, file_name)
    said = reading.units
    if stated is None or said is None or "units" in reading.overrule:
        return said or stated
    try:
        conversion(stated, stated, where)
        known = conversion(stated, "1", where) if stated == "1" else _parses(stated, where)
    except Wco2Error:
        known = None
    if known is None or not _contradict(stated, said, where):
        return said
    written = attributes.get("units")
    also = f" ({stated})" if stated != written else ""
    raise Wco2Error(
        f"{where}: the file says units = '{written}'{also}, and the catalogue units = '{said}'.",
        "Leave units out to take the file's, and say with to what the model is to see; if the "
        'file is wrong, add overrule = ["units"].',
    )


def kelvin_or_celsius(units: str | None, offset: float, where: str) -> None:
    """Refuse an offset between K and degC that leads to the other one than the units say.

    Raises
    ------
    Wco2Error : naming both.
    """
    for unit, wrong in (("K", -ZERO_CELSIUS), ("degC", ZERO_CELSIUS)):
        if units == unit and abs(offset - wrong) < 0.2:
            other = "degC" if unit == "K" else "K"
            raise Wco2Error(
                f"{where}: units are {unit}, and the file adds {offset:g}, which gives {other}.",
                f'Say units = "{other}", or scale and offset in the catalogue.',
            )


def _with_time(stated: str | None, attributes: Mapping[str, Any], file_name: str) -> str | None:
    """Units of accumulations in monthly means of ERA5, which are per day though it is not said."""
    if stated is None or re.search(r"(day|d|s|h|hour|month)\s*\*{0,2}\^?-1|/", stated):
        return stated
    kind = str(attributes.get("GRIB_stepType", ""))
    daily = kind in _DAILY_MEANS or re.search(r"stepType-(avgad|avgas)", file_name)
    return f"{stated} day-1" if daily else stated


def _parses(units: str, where: str) -> str | None:
    """`units` where they can be understood."""
    conversion(units, f"{units} m m-1", where)
    return units


def _contradict(stated: str, said: str, where: str) -> bool:
    if _same(stated, said, where):
        return False
    return not any(_amount(stated, said, unit, where) for unit in ("day", "month", "h", "s"))


def _same(stated: str, said: str, where: str) -> bool:
    pairs = [(stated, said)]
    plain = " ".join(stated.replace("**", "").replace("^", "").split())
    if plain in _WATER:
        pairs.append((_WATER[plain], said))
    if said in _WATER:
        pairs.append((stated, _WATER[said]))
    for have, want in pairs:
        try:
            found = conversion(have, want, where)
        except Wco2Error:
            continue
        if abs(found.factor - 1) < 1e-9 and found.offset == 0 and found.month_power == 0:
            return True
    return False


def _amount(stated: str, said: str, unit: str, where: str) -> bool:
    """Whether the catalogue adds "per `unit`" to what the file says."""
    return _same(f"{stated} {unit}-1", said, where)
