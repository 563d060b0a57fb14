"""What a catalogue says of how a download is to be read, beyond what a plain raster needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from wco2_engine.errors import Wco2Error, check_names, nearest_name

Codes = tuple[tuple[float, float], ...]  # lowest and highest of each range, both included
Reduce = Literal["mean", "max", "min", "sum", "last"]
Per = Literal["day", "hour", "second", "month"]
Bands = Literal["months", "half-months", "days"]
Stamp = Literal["start", "middle", "end"]
OVERRULED = ("units", "crs", "time", "scale", "valid")
Operation = Literal["snow_depth", "sum", "difference", "ratio"]
OPERANDS: Mapping[str, tuple[str, ...]] = {
    "snow_depth": ("water", "density"),
    "sum": ("of", "and"),
    "difference": ("of", "minus"),
    "ratio": ("of", "by"),
}
MAX_CODES = 100  # in one list
MAX_LAYERS = 50
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_RANGE = re.compile(rf"\s*{_NUMBER}\s*(?:\.\.|-)\s*{_NUMBER}\s*")


@dataclass(frozen=True)
class Steps:
    """How the steps within a month become the month.

    Parameters
    ----------
    reduce : mean (by the days that each step has in the month), max, min, sum or last.
    least : the share of a month's days that must have a value.
    """

    reduce: Reduce = "mean"
    least: float = 0.5


@dataclass(frozen=True)
class Quality:
    """A layer of codes beside the values: where it has none of `keep`, values are missing.

    Parameters
    ----------
    variable, band : where the codes are; one of them.
    keep : the codes of values that are good.
    bits : first bit and number of bits that hold the code; None for all of them.
    """

    variable: str | None
    band: int | None
    keep: Codes
    bits: tuple[int, int] | None = None


@dataclass(frozen=True)
class Details:
    """How a download is to be read; nothing of it is needed for a plain raster.

    Parameters
    ----------
    select : for further axes of a variable, the coordinate to take, or "first" for the first that
        has a value: (("expver", "first"), ("depth", 0.1)).
    nodata, zero, keep : codes of stored values that are missing, that mean 0, and that are values
        although the file's valid range says otherwise.
    quality : a layer of codes beside the values.
    per : what the file's unit leaves out: of accumulations, the time that they are of.
    bands : what unnamed bands stand for, in their order, e.g. the months January to December.
    time : where in a step its time stands, where no bounds say so.
    steps : how steps within a month become the month; None where there is one a month.
    overrule : in what the catalogue is right though the file says otherwise.
    """

    select: tuple[tuple[str, str | float], ...] = ()
    nodata: Codes = ()
    zero: Codes = ()
    keep: Codes = ()
    quality: Quality | None = None
    per: Per | None = None
    bands: Bands | None = None
    time: Stamp | None = None
    steps: Steps | None = None
    overrule: tuple[str, ...] = ()


PLAIN = Details()
KEYS = (
    *("select", "nodata", "zero", "keep", "quality", "per", "bands", "time", "steps"),
    "overrule",
)


def parse_details(table: Mapping[str, Any], where: str) -> Details:
    """The details in a table of a catalogue; a single number as `nodata` is not among them.

    Raises
    ------
    Wco2Error : naming the key that is wrong.
    """
    nodata = table.get("nodata")
    return Details(
        select=_select(table.get("select", {}), f"{where}: select"),
        nodata=parse_codes(nodata, f"{where}: nodata") if isinstance(nodata, list | str) else (),
        zero=parse_codes(table.get("zero"), f"{where}: zero"),
        keep=parse_codes(table.get("keep"), f"{where}: keep"),
        quality=_quality(table.get("quality"), f"{where}: quality"),
        per=_choice(table, "per", get_args(Per), where),
        bands=_choice(table, "bands", get_args(Bands), where),
        time=_choice(table, "time", get_args(Stamp), where),
        steps=_steps(table.get("steps"), f"{where}: steps"),
        overrule=_overrule(table.get("overrule", []), f"{where}: overrule"),
    )


def parse_codes(value: Any, where: str) -> Codes:
    """Codes as ranges: from a number, a range "101-254" or "-30..-1", or a list of these.

    Raises
    ------
    Wco2Error : for anything else, or a range whose end is below its start.
    """
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_CODES:
        raise Wco2Error(f"{where} has more than {MAX_CODES} codes.", 'Write ranges: "101-254".')
    return tuple(_code(item, where) for item in items)


def _code(item: Any, where: str) -> tuple[float, float]:
    wrong = Wco2Error(f"{where} = {item!r} is not a number or a range.", 'Write e.g. "101-254".')
    if isinstance(item, str) and len(item) < 80:
        match = _RANGE.fullmatch(item)
        try:
            low, high = (float(match[1]), float(match[2])) if match else (float(item),) * 2
        except ValueError:
            raise wrong from None
    elif isinstance(item, int | float) and not isinstance(item, bool):
        low = high = float(item)
    else:
        raise wrong
    if low > high:
        raise wrong
    return low, high


def _select(table: Any, where: str) -> tuple[tuple[str, str | float], ...]:
    if not isinstance(table, Mapping) or len(table) > MAX_LAYERS:
        raise Wco2Error(f"{where} is no table.", 'Write select = { expver = "first" }.')
    found: list[tuple[str, str | float]] = []
    for axis, value in table.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Wco2Error(
                f"{where}: {axis} = {value!r} is no coordinate.", "Write a number or a text."
            )
        found.append((axis, value if isinstance(value, str) else float(value)))
    return tuple(found)


def _quality(table: Any, where: str) -> Quality | None:
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where} is no table.", "Write quality = { band = 2, keep = [0, 1] }.")
    check_names(table, ("variable", "band", "keep", "bits"), where)
    variable, band, bits = table.get("variable"), table.get("band"), table.get("bits")
    if (variable is None) == (band is None):
        raise Wco2Error(f"{where} needs variable or band, one of them.")
    if variable is not None and (not isinstance(variable, str) or not variable):
        raise Wco2Error(f"{where}: variable = {variable!r} is not a text.")
    if band is not None and (type(band) is not int or band < 1):
        raise Wco2Error(f"{where}: band = {band!r} is not a whole number of 1 or more.")
    keep = parse_codes(table.get("keep"), f"{where}: keep")
    if not keep:
        raise Wco2Error(f"{where} keeps nothing.", "Write keep = [0, 1]: the codes that are good.")
    if bits is None:
        return Quality(variable, band, keep)
    whole = isinstance(bits, list) and len(bits) == 2 and all(type(bit) is int for bit in bits)
    if not whole or not (0 <= bits[0] < 64 and 1 <= bits[1] <= 64 - bits[0]):
        raise Wco2Error(
            f"{where}: bits = {bits!r} are no bits.", "Write the first bit and how many: [0, 2]."
        )
    return Quality(variable, band, keep, (bits[0], bits[1]))


def _steps(table: Any, where: str) -> Steps | None:
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where} is no table.", 'Write steps = { reduce = "mean" }.')
    check_names(table, ("reduce", "least"), where)
    reduce = table.get("reduce", "mean")
    least = table.get("least", 1.0 if reduce == "sum" else 0.5)  # a sum lacks what is missing
    if reduce not in get_args(Reduce):
        raise Wco2Error(
            f"{where}: reduce = {reduce!r}.", nearest_name(str(reduce), get_args(Reduce))
        )
    if type(least) not in (int, float) or not 0 <= least <= 1:
        raise Wco2Error(f"{where}: least = {least!r} is no share of 0 to 1.")
    return Steps(reduce, float(least))


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str) -> Any:
    value = table.get(key)
    if value is not None and value not in choices:
        raise Wco2Error(f"{where}: {key} = {value!r}.", nearest_name(str(value)[:40], choices))
    return value


def _overrule(value: Any, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
        raise Wco2Error(f"{where} = {value!r} is not a text, or a list of texts.")
    for each in items:
        if each not in OVERRULED:
            raise Wco2Error(f"{where}: '{each:.40}'.", nearest_name(each[:40], OVERRULED))
    return tuple(sorted(set(items)))
