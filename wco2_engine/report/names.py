"""What predictors and units are called in print."""

from __future__ import annotations

import re

from wco2_engine.learning.model import Model
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.naming import display_name

_SYMBOLS = {"degc": "°C", "deg_c": "°C", "celsius": "°C", "degrees": "°", "degree": "°"}
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_EXPONENT = re.compile(r"(?<=[A-Za-zµΩ²)])\^?([+-]?\d{1,2})(?=$|[\s/·.*)])")


def title_of(predictor: ModelPredictor) -> str:
    """What figures call a predictor: its label, or its name in words."""
    return predictor.label or display_name(predictor.name)


def titles_of(model: Model) -> dict[str, str]:
    """What people read for each predictor's name."""
    return {predictor.name: title_of(predictor) for predictor in model.predictors}


def units_name(units: str) -> str:
    """Units as print has them: `g C m-2 month-1` with raised powers, `degC` as °C."""
    units = units.strip()
    if units.lower() in _SYMBOLS:
        return _SYMBOLS[units.lower()]
    units = units.replace("CO2", "CO₂").replace("CH4", "CH₄")
    return _EXPONENT.sub(lambda found: found[1].lstrip("+").translate(_POWERS), units)


def with_units(name: str, units: str) -> str:
    """What an axis shows: a name and its units in brackets, where it has some."""
    units = units_name(units)
    return name if units in ("", "1") else f"{name} ({units})"
