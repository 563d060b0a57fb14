"""Units of predictors and fluxes, and what turns one into another."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error, nearest_name

FLUX_UNITS = "g C m-2 month-1"
GRAMS_OF_CARBON_PER_MOL = 12.011
GRAMS_OF_CO2_PER_MOL = 44.009

Days = int | NDArray[np.int64]


@dataclass(frozen=True)
class Conversion:
    """values * factor * days_in_month ** month_power + offset."""

    factor: float = 1.0
    offset: float = 0.0
    month_power: int = 0

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return self == Conversion()

    def is_close(self, other: Conversion) -> bool:
        """Whether another one gives the same values, but for rounding."""
        return (
            math.isclose(self.factor, other.factor, rel_tol=1e-6)
            and math.isclose(self.offset, other.offset, abs_tol=1e-9)
            and self.month_power == other.month_power
        )

    def __call__(self, values: ArrayLike, days_in_month: Days) -> NDArray[np.float64]:
        """Converted values, float64 of the shape of `values`.

        Parameters
        ----------
        values : a number or an array.
        days_in_month : the days of the month that each value is of; one for all, or an array that
            broadcasts.
        """
        days = np.asarray(days_in_month, np.float64) ** self.month_power
        converted: NDArray[np.float64] = (
            np.asarray(values, np.float64) * (self.factor * days) + self.offset
        )
        return converted


# Each unit as an exact multiple (and offset) of a base unit: base = value * factor + offset.
# What is here needs no pint, so that a map can be made without it. "month" is written "day" here.
COMMON: dict[str, tuple[str, float, float]] = {
    "degC": ("degC", 1.0, 0.0),
    "K": ("degC", 1.0, -273.15),
    "mm": ("mm", 1.0, 0.0),
    "cm": ("mm", 10.0, 0.0),
    "m": ("mm", 1000.0, 0.0),
    "km": ("mm", 1e6, 0.0),
    "mm day-1": ("mm day-1", 1.0, 0.0),
    "cm day-1": ("mm day-1", 10.0, 0.0),
    "m day-1": ("mm day-1", 1000.0, 0.0),
    "mm s-1": ("mm day-1", 86400.0, 0.0),
    "W m-2": ("W m-2", 1.0, 0.0),
    "J m-2 day-1": ("W m-2", 1 / 86400, 0.0),
    "MJ m-2 day-1": ("W m-2", 1e6 / 86400, 0.0),
    "1": ("1", 1.0, 0.0),
    "%": ("1", 0.01, 0.0),
    "m3 m-3": ("1", 1.0, 0.0),
    "kg kg-1": ("1", 1.0, 0.0),
    "g kg-1": ("1", 0.001, 0.0),
    "dg kg-1": ("1", 0.0001, 0.0),
    "kg m-3": ("kg m-3", 1.0, 0.0),
    "g cm-3": ("kg m-3", 1000.0, 0.0),
    "cg cm-3": ("kg m-3", 10.0, 0.0),
    "g m-2 day-1": ("g m-2 day-1", 1.0, 0.0),
    "kg ha-1 day-1": ("g m-2 day-1", 0.1, 0.0),
    "mol m-2 day-1": ("mol m-2 day-1", 1.0, 0.0),
    "umol m-2 s-1": ("mol m-2 day-1", 0.0864, 0.0),
}

_SAME_NAME = {
    **dict.fromkeys(("deg_C", "degreeC", "degrees_C", "celsius", "degrees_celsius"), "degC"),
    **dict.fromkeys(("degree_celsius", "Celsius", "degree_Celsius", "degrees_Celsius"), "degC"),
    **dict.fromkeys(("kelvin", "Kelvin", "degK"), "K"),
    **dict.fromkeys(("percent", "Percent"), "%"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("mo", "mon", "mth", "month", "months"), "month"),
    **dict.fromkeys(("a", "y", "yr", "year", "years"), "year"),
    **dict.fromkeys(("dimensionless", "unitless"), "1"),
}
# What a row of units holds for columns that have none, and symbols that are units by themselves.
_UNIT_WORDS = frozenset(
    (
        *(
            "deg",
            "degree",
            "degrees",
            "degrees_north",
            "degrees_east",
            "decimal degrees",
            "°",
            "dd",
        ),
        *("degree_north", "degree_east", "yyyy", "yyyymm", "yyyymmdd", "yyyy-mm-dd", "mm"),
        *("[-]", "(-)", "unitless", "dimensionless"),
    )
)
_UNIT_SYMBOLS = frozenset(
    (
        *("g", "kg", "mg", "ug", "t", "mol", "mmol", "umol", "nmol", "C", "m", "cm", "mm", "km"),
        *("ha", "s", "min", "h", "day", "month", "year", "degC", "K", "%", "Pa", "hPa", "kPa"),
        *("W", "J", "MJ", "ppm"),
    )
)
_PLAIN_SIGNS = str.maketrans(
    {**dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)), "−": "-", "µ": "u", "μ": "u"}
    | {"\u2013": "-", "\u2011": "-"}  # a dash, a hyphen that does not break
    | dict.fromkeys("·×⋅", " ")
)
# Other ways to write the same, as people do in headers: "[gC m^{-2} d^{-1}]", "g C/(m2 month)",
# "m-2d-1", "m -2", "g C m-2 per month".
_SPELLINGS = (
    (re.compile(r"^\s*[\[(]([^\[\]]*)[\])]\s*$"), r"\1"),
    (re.compile(r"\^?[{(]\s*([+-]?\d+)\s*[})]"), r"\1"),
    (re.compile(r"\((C|CO2|CO2-C|C-CO2)\)"), r" \1"),
    (re.compile(r"\s+per\s+"), " /"),
    (re.compile(r"(?<=[A-Za-z])\s+(?=[-+]\d)"), ""),
    (re.compile(r"([-+]\d)(?=[A-Za-z])"), r"\1 "),
    (re.compile(r"(C|CO2|mol)(?=m(?:\^|\*\*)?(?:-2|2)\b)"), r"\1 "),
    (re.compile(r"\bmumol"), "umol"),
)
_DIVIDED_GROUP = re.compile(r"/\s*\(([^()]*)\)")
_TERM = re.compile(r"(/?)([A-Za-z_%]+)\^?([+-]?\d+)?")
_MASS_OR_AMOUNT = re.compile(r"\w*(g|grams?|t|tonnes?|mol|moles?)")
_AMOUNT = re.compile(r"\w*(mol|moles?)")
_GLUED_CARBON = re.compile(r"(?<!\w)([A-Za-z]?g|[a-z]?mol|t)[-_]?(CO2-C|C-CO2|CO2|C)(?![\w-])")
_GRAMS_OF_CARBON = {
    "C": 1.0,
    "CO2-C": 1.0,
    "C-CO2": 1.0,
    "CO2": GRAMS_OF_CARBON_PER_MOL / GRAMS_OF_CO2_PER_MOL,
}


class _Term(NamedTuple):
    symbol: str
    power: int

    def __str__(self) -> str:
        return self.symbol if self.power == 1 else f"{self.symbol}{self.power}"


def conversion(stored: str, wanted: str, where: str) -> Conversion:
    """What turns values in `stored` units into `wanted` ones.

    Unit texts are those of CF and udunits: "m day-1", "W m-2", "g/kg", "degC", "%", "1". A month
    has its real number of days: going from a day to a month multiplies by them.

    Parameters
    ----------
    where : the predictor or column and its file, for the message.

    Raises
    ------
    Wco2Error : for a text that is no unit, or two units that measure different things.
    """
    if stored.strip() == wanted.strip():
        return Conversion()
    have, want = _parse(stored, where), _parse(wanted, where)
    month_power = _months(have) - _months(want)
    have, want = _with_days(have), _with_days(want)
    if have == want:
        return Conversion(month_power=month_power)
    from_table = _by_table(_text(have), _text(want))
    factor, offset = from_table or _by_pint(have, want, f"'{stored}' to '{wanted}'", where)
    return Conversion(factor, offset, month_power)


def flux_conversion(stored: str, where: str) -> Conversion:
    """What turns a CO2 flux in `stored` units into `FLUX_UNITS`.

    The mass or amount may be followed by C, CO2, CO2-C or C-CO2: "g C m-2 day-1",
    "umol CO2 m-2 s-1", "gC m-2 month-1". A mass without such a word is carbon; a mole, of whichever
    word, holds 12.011 g of carbon.

    Raises
    ------
    Wco2Error : when the text is no flux of carbon.
    """
    not_a_flux = Wco2Error(
        f"{where}: '{stored}' is no unit of a CO2 flux.",
        "Write e.g. 'g C m-2 day-1', 'umol CO2 m-2 s-1' or 'g CO2 m-2 month-1'.",
    )
    words = _words(_GLUED_CARBON.sub(r"\1 \2", _spelled(stored)))
    carbon = [k for k, word in enumerate(words) if word in _GRAMS_OF_CARBON]
    if len(carbon) > 1 or any(
        k == 0 or not _MASS_OR_AMOUNT.fullmatch(words[k - 1]) for k in carbon
    ):
        raise not_a_flux
    named = words[carbon[0]] if carbon else "C"
    rest = [word for word in words if word not in _GRAMS_OF_CARBON]
    is_amount = any(_AMOUNT.fullmatch(word) for word in rest)
    try:
        plain = conversion(" ".join(rest), f"{'mol' if is_amount else 'g'} m-2 month-1", where)
    except Wco2Error as error:
        raise not_a_flux from error
    grams = GRAMS_OF_CARBON_PER_MOL if is_amount else _GRAMS_OF_CARBON[named]
    return Conversion(plain.factor * grams, 0.0, plain.month_power)


_NO_QUANTITY = {"", "1", "class", "classes", "code", "codes", "flag", "flags", "category"}


def is_quantity(units: str | None) -> bool:
    """Whether units tell that numbers are amounts, and not names of classes."""
    return (units or "").strip().lower() not in _NO_QUANTITY


def is_unit(text: str) -> bool:
    """Whether a text is surely a unit, as a row of units below a header has it.

    Only what is known by name counts, so that no site's name is one.
    """
    if text.strip().lower() in _UNIT_WORDS:
        return True
    words = _words(_GLUED_CARBON.sub(r"\1 \2", _spelled(text)))
    terms = [_TERM.fullmatch(word) for word in words if word not in (*_GRAMS_OF_CARBON, "1")]
    return bool(terms or text.strip() == "1") and all(
        match is not None and _SAME_NAME.get(match[2], match[2]) in _UNIT_SYMBOLS for match in terms
    )


def _spelled(text: str) -> str:
    """A text of units with other spellings in the plain one."""
    text = text.translate(_PLAIN_SIGNS)
    for pattern, plain in _SPELLINGS:
        text = pattern.sub(plain, text)
    return _DIVIDED_GROUP.sub(lambda m: "".join(f" /{word}" for word in m[1].split()), text)


def _words(text: str) -> list[str]:
    """The parts of a unit text; one that divides keeps its slash."""
    text = text.translate(_PLAIN_SIGNS).replace("**", "^").replace("*", " ").replace("°C", "degC")
    text = re.sub(r"\.(?=[A-Za-z])", " ", text)
    return re.sub(r"\s*/\s*", " /", text).split()


def _parse(text: str, where: str) -> tuple[_Term, ...]:
    terms = []
    for word in _words(text):
        if word == "1":
            continue
        match = _TERM.fullmatch(word)
        if match is None:
            raise _unknown(word, text, where)
        symbol = _SAME_NAME.get(match[2], match[2])
        if symbol == "C":
            raise Wco2Error(
                f"{where}: unit '{text}' has C, which is the coulomb.",
                "Write 'degC' for degrees Celsius.",
            )
        if symbol != "1":
            terms.append(_Term(symbol, int(match[3] or 1) * (-1 if match[1] else 1)))
    return tuple(terms)


def _text(terms: tuple[_Term, ...]) -> str:
    return " ".join(map(str, terms)) or "1"


def _months(terms: tuple[_Term, ...]) -> int:
    return sum(term.power for term in terms if term.symbol == "month")


def _with_days(terms: tuple[_Term, ...]) -> tuple[_Term, ...]:
    return tuple(_Term("day", t.power) if t.symbol == "month" else t for t in terms)


def _by_table(have: str, want: str) -> tuple[float, float] | None:
    """Factor and offset when the table knows both units and they share a base."""
    if have not in COMMON or want not in COMMON:
        return None
    base, factor, offset = COMMON[have]
    wanted_base, wanted_factor, wanted_offset = COMMON[want]
    if base != wanted_base:
        return None
    return factor / wanted_factor, (offset - wanted_offset) / wanted_factor


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry()
    if "percent" not in registry:  # pint before 0.21
        registry.define("percent = 0.01")
    return registry


def _by_pint(
    have: tuple[_Term, ...], want: tuple[_Term, ...], what: str, where: str
) -> tuple[float, float]:
    """Factor and offset from pint's definitions."""
    try:
        import pint
    except ImportError as error:
        raise Wco2Error(
            f"{where}: turning {what} needs the library pint.",
            "Install it (apt install python3-pint, or pip install pint).",
        ) from error
    source, target = _pint_unit(have, where), _pint_unit(want, where)
    registry = _registry()
    try:
        zero = registry.Quantity(0.0, source).to(target).magnitude
        one = registry.Quantity(1.0, source).to(target).magnitude
    except pint.DimensionalityError as error:
        raise Wco2Error(
            f"{where}: {what} can't be converted, they measure different things.",
            "Correct the unit that is wrong.",
        ) from error
    return float(one - zero), float(zero)


def _pint_unit(terms: tuple[_Term, ...], where: str) -> Any:
    import pint

    registry = _registry()
    unit = registry.Unit("dimensionless")
    for symbol, power in terms:
        try:
            unit = unit * registry.Unit("percent" if symbol == "%" else symbol) ** power
        except (pint.UndefinedUnitError, pint.DefinitionSyntaxError) as error:
            raise _unknown(symbol, _text(terms), where) from error
    return unit


def _unknown(part: str, text: str, where: str) -> Wco2Error:
    """The error for a text that is no unit."""
    if not any(sign.isalpha() for sign in part):
        hint = "Write '1' for a plain number or a fraction, '%' for percent."
    else:
        hint = nearest_name(part, {*COMMON, *_SAME_NAME})
    inside = "" if part == text else f" in '{text}'"
    return Wco2Error(f"{where}: unknown unit '{part}'{inside}.", hint)
