"""What a cell of text says: nothing, a text, or a number in one of the ways people write it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error

if TYPE_CHECKING:
    import pandas

_MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "nat", "null", "<na>", "-9999", "-9999.0"))
# What says nothing where a number should be; among texts, "none" is a treatment and "-" a name.
_NO_NUMBER = frozenset(
    (
        *("none", "nil", "missing", "nodata", "no data", "n.a.", "-", "--", "---", "."),
        *("#value!", "#div/0!", "#num!", "#ref!", "#name?", "#null!", "#na"),
    )
)
_MISSING_NUMBER = -9999.0
# Numbers that stand for a missing flux in tables of towers, chambers and models: rows of nines,
# codes of FLUXNET's forerunners, and what GDAL, netCDF and C write for no value.
_CODES = np.array(
    [
        *(
            sign * (10.0**digits - 1 + part)
            for digits in range(3, 8)
            for sign in (-1, 1)
            for part in (0, 0.9, 0.99, 0.999)
        ),
        *(-99.0, -99.9, -99.99, -6999.0, -7777.0, -8888.0, -32768.0, 32767.0, 65535.0),
        *(-2147483648.0, 2147483647.0),
    ]
)
_NO_FLUX_FROM = 1e19  # 1e20, 9.97e36, 3.4e38 and the like are fills, not fluxes
_WITH_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_POINTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_WITH_BOTH = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d*|\d{1,3}(\.\d{3})+,\d*)")
_PLAIN = "Write numbers with a point for decimals, and without any sign for thousands."


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: `(n_rows,)` each; NaN where missing or unreadable."""

    values: NDArray[np.float64]
    missing: NDArray[np.bool_]

    @property
    def unreadable(self) -> NDArray[np.bool_]:
        """Where something stands that is no finite number."""
        return ~self.missing & ~np.isfinite(self.values)


def is_missing(texts: pandas.Series) -> NDArray[np.bool_]:
    """Where a column of text says nothing: empty, NA, N/A, NaN, null or -9999; `(n_rows,)`."""
    return np.array([text == "" for text in _plain(texts)], bool)


def plain_text(texts: pandas.Series) -> pandas.Series:
    """A column of text without spaces at its ends, "" where it says nothing."""
    import pandas

    return pandas.Series(_plain(texts), index=texts.index, dtype=object)


def is_missing_code(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where numbers are codes for a missing flux: -999, -99, -6999, 9999, 1e20 ...; `(n,)`."""
    size = np.abs(values)
    fill = (size >= _NO_FLUX_FROM) & (size < 1e300)
    return np.isin(values, _CODES) | fill


def _plain(texts: Iterable[str]) -> list[str]:
    """A column has few different texts and many rows: each text is looked at once."""
    texts = list(texts)
    plain = {text: "" if text.strip().lower() in _MISSING else text.strip() for text in set(texts)}
    return [plain[text] for text in texts]


def has_decimal_comma(texts: Collection[str]) -> bool:
    """Whether some text of a column is surely a number with a decimal comma, and none has a point.

    "0,21" is; "1,234" may be a thousand and more, and is not.
    """
    commas = [text.strip() for text in texts if "," in text]
    if not any(_WITH_COMMA.fullmatch(t) and not _THOUSANDS.fullmatch(t) for t in commas):
        return False
    return not any(_is_pointed(text.strip()) for text in texts)


def _is_pointed(text: str) -> bool:
    return "." in text and "," not in text and np.isfinite(_number(text))


def numbers(texts: pandas.Series, decimal_comma: bool = False, where: str = "") -> Numbers:
    """A column of text as numbers, with a decimal point or a decimal comma throughout.

    Parameters
    ----------
    decimal_comma : whether other columns of the table surely have decimal commas.
    where : the file and the column, for messages.

    Raises
    ------
    Wco2Error : where a column has both signs, or a sign for thousands may be meant.
    """
    spelled = [_spelled(text) for text in _plain(texts)]
    different = dict.fromkeys(spelled)
    where = where or f"Column '{texts.name}'"
    comma = _decides(different, decimal_comma, where)
    known = {text: _number(text.replace(",", ".") if comma else text) for text in different}
    values = np.array([known[text] for text in spelled], np.float64)
    missing = np.array([text == "" for text in spelled], bool) | (values == _MISSING_NUMBER)
    return Numbers(np.where(missing, np.nan, values), missing)


def _decides(different: Iterable[str], decimal_comma: bool, where: str) -> bool:
    """Whether a column's numbers have a decimal comma, from all its different texts."""
    different = list(different)
    both = next((text for text in different if _WITH_BOTH.fullmatch(text)), None)
    if both is not None:
        raise Wco2Error(f"{where}: '{both}' has a sign for thousands.", _PLAIN)
    commas = [t for t in different if _WITH_COMMA.fullmatch(t) or _THOUSANDS.fullmatch(t)]
    points = [t for t in different if _is_pointed(t)]
    if commas and points:
        raise Wco2Error(
            f"{where} has numbers with both signs: '{commas[0]}' and '{points[0]}'.", _PLAIN
        )
    doubtful = [text for text in commas if _THOUSANDS.fullmatch(text)]
    certain = len(doubtful) < len(commas)
    if any(text.count(",") > 1 for text in commas) or (doubtful and not certain | decimal_comma):
        text = max(doubtful or commas, key=lambda t: t.count(","))
        raise Wco2Error(
            f"{where}: '{text}' may be {text.replace(',', '.', 1).replace(',', '')} or "
            f"{text.replace(',', '')}.",
            _PLAIN,
        )
    if decimal_comma and points and all(map(_POINTED_THOUSANDS.fullmatch, points)):
        raise Wco2Error(
            f"{where}: '{points[0]}' may be {points[0]} or {points[0].replace('.', '')}, since "
            "other columns have decimal commas.",
            _PLAIN,
        )
    return bool(commas)


def _spelled(text: str) -> str:
    """A text as a number is looked for in it; "" where it says that there is none."""
    if text.startswith(("\u2212", "\u2013")):  # a minus or a dash, as typesetting puts it
        text = f"-{text[1:]}"
    return "" if text.lower() in _NO_NUMBER else text


def _number(text: str) -> float:
    """The float nearest to a text, which pandas before 2 misses by a bit; NaN for no finite one."""
    try:
        value = np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan
