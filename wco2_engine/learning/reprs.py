"""How values with arrays show themselves in a console: names, types and shapes, no contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

FULL_LENGTH = 60  # characters of a field that is shown as it is


def short_repr(value: Any) -> str:
    """`Class(field=…)` of a dataclass, its arrays by type and shape, long fields by their length.

    For `__repr__` of values that hold arrays, so that it fits a screen.
    """
    shown = ", ".join(
        f"{item.name}={_short(getattr(value, item.name))}"
        for item in fields(value)
        if item.repr and item.init
    )
    return f"{type(value).__name__}({shown})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {'x'.join(map(str, value.shape))}>"
    text = repr(value)
    if len(text) <= FULL_LENGTH:
        return text
    if isinstance(value, Mapping):
        return f"<{len(value)} entries>"
    if isinstance(value, (tuple, list)):
        return f"<{len(value)} values>"
    return f"{text[: FULL_LENGTH - 1]}…"
