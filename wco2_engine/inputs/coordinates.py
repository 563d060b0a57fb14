"""Degrees of longitude and latitude as people write them: -149.6, 149.6W, 149°36'00"W, N 68.63."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from wco2_engine.inputs.cells import Numbers, numbers

if TYPE_CHECKING:
    import pandas

# By axis, the letters of its hemispheres and their sign. O is east in German and west in French.
_SIGNS = {
    "longitude": {"E": 1, "W": -1, "东": 1, "西": -1},
    "latitude": {"N": 1, "S": -1, "北": 1, "南": -1},
}
_LETTER = r"[NSEWnsew北南东西]?"
_PART = r"(\d{1,3}(?:[.,]\d+)?)"
_ANGLE = re.compile(
    rf"({_LETTER})\s*([-+\u2212]?)\s*{_PART}\s*[°º˚度]?"
    rf"(?:\s*{_PART}\s*(?:['′\u2019\u2018]|分)(?:\s*{_PART}\s*(?:\"|″|\u201d|''|′′|秒))?)?\s*({_LETTER})"
)
_SIGN_OF_AN_ANGLE = re.compile(r"[NSEWnsew北南东西°º˚度′']")


def degrees(texts: pandas.Series, axis: str, decimal_comma: bool, where: str) -> Numbers:
    """A column of coordinates in degrees, those of the south and the west below 0; `(n_rows,)`.

    What has a letter of another axis, a sign besides its letter, or 60 minutes is unreadable.

    Parameters
    ----------
    axis : "longitude" or "latitude".
    decimal_comma, where : as of `numbers`, which reads what is a plain number.

    Raises
    ------
    Wco2Error : as `numbers` does.
    """
    as_angle = texts.str.contains(_SIGN_OF_AN_ANGLE).to_numpy(bool)
    if not as_angle.any():
        return numbers(texts, decimal_comma, where)
    plain = numbers(texts.mask(as_angle, ""), decimal_comma, where)
    known = {text: _degrees(text, axis) for text in set(texts[as_angle])}
    values = plain.values.copy()
    values[as_angle] = [known[text] for text in texts[as_angle]]
    return Numbers(values, plain.missing & ~as_angle)


def _degrees(text: str, axis: str) -> float:
    match = _ANGLE.fullmatch(text.strip())
    if match is None:
        return np.nan
    ahead, sign, whole, minutes, seconds, behind = match.groups()
    letter = (ahead or behind).upper()
    parts = [float((part or "0").replace(",", ".")) for part in (whole, minutes, seconds)]
    several = ahead and behind
    if several or (sign and letter) or max(parts[1:]) >= 60:
        return np.nan
    if letter and letter not in _SIGNS[axis]:
        return np.nan
    size = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -size if sign in ("-", "\u2212") else size * _SIGNS[axis].get(letter, 1)
