"""Values of unknown origin, taken only when they are of the kind that they must be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def get(table: Any, key: str, kind: type) -> Any:
    """`table[key]` when it is of that kind.

    Raises
    ------
    ValueError : when `table` is no table, or the value is missing or of another kind.
    """
    if not isinstance(table, Mapping) or key not in table:
        raise ValueError(f"'{key}' is missing")
    value = table[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"'{key}' is {type(value).__name__}, not {kind.__name__}")
    return value


def text_of(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} is {value!r:.40}, not text")
    return value


def number_of(value: Any, what: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f"'{what}' holds {value!r:.40}, not a number")
    return float(value)


def fixed(array: Any, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """A view of `array` that can't be written to, once its type and shape are as they must be."""
    if np.shape(array) != shape:
        raise ValueError(f"{what} has the shape {np.shape(array)}, not {shape}")
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(dtype):
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(f"{what} is {found}, not {np.dtype(dtype)}")
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def plain(value: Any, where: str) -> Any:
    """A copy of `value` of JSON's kinds alone: NumPy's scalars become Python's, NaN becomes None.

    Raises
    ------
    ValueError : for a kind that JSON has not, or an infinite number.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            raise ValueError(f"{where} holds infinity")
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {text_of(key, f"a key of {where}"): plain(v, where) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, where) for v in value]
    raise ValueError(f"{where} holds a {type(value).__name__}")
