"""Steps into months, layers into one, and the few operations on several variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.details import Steps
from wco2_engine.stack.shares import Share

Values = NDArray[np.float64]


class MonthOfSteps:
    """One month as its steps come in, in any order but that of `last`."""

    def __init__(self, shares: Sequence[Share], steps: Steps | None, days: int) -> None:
        self._steps = steps
        self._shares = len(shares)
        self._days = float(days)
        self._plain: NDArray[np.float32] | None = None
        self._total: Values | None = None
        self._known: Values | None = None
        self._latest: Values | None = None

    def add(self, share: Share, plane: NDArray[np.float32]) -> None:
        """A step's values."""
        if self._steps is None or (self._shares == 1 and share.days >= self._days):
            self._plain = plane
            return
        there = ~np.isnan(plane)
        if self._total is None or self._known is None:
            start = {"max": -np.inf, "min": np.inf}.get(self._steps.reduce, 0.0)
            self._total = np.full(plane.shape, start)
            self._known = np.zeros(plane.shape)
        reduce = self._steps.reduce
        if reduce == "mean":
            self._total += np.where(there, plane * share.days, 0.0)
        elif reduce == "sum":
            self._total += np.where(there, plane * (share.days / share.length), 0.0)
        elif reduce == "last":
            self._keep_latest(self._total, share, plane, there)
        else:
            pick = np.fmax if reduce == "max" else np.fmin
            self._total = pick(self._total, plane)
        self._known += there * share.days

    def _keep_latest(
        self, total: Values, share: Share, plane: NDArray[np.float32], there: NDArray[np.bool_]
    ) -> None:
        if self._latest is None:
            self._latest = np.full(plane.shape, -np.inf)
        begin = float(np.array(share.step.begin, "datetime64[D]").astype(np.int64))
        newer = there & (begin > self._latest)
        total[newer] = plane[newer]
        self._latest[newer] = begin

    def value(self) -> NDArray[np.float32] | Values:
        """The month, NaN where too few of its days have a value."""
        if self._plain is not None:
            return self._plain
        if self._steps is None or self._total is None or self._known is None:
            raise ValueError("no step was added")
        enough = (self._known > 0) & (self._known >= self._steps.least * self._days - 1e-9)
        if self._steps.reduce == "mean":
            mean = np.full(self._total.shape, np.nan)
            return np.divide(self._total, self._known, out=mean, where=enough)
        return np.where(enough, self._total, np.nan)


def layered(weights: Sequence[float], layers: Sequence[Values]) -> Values:
    """The mean of layers by their thickness; missing where one is missing."""
    total = np.zeros(layers[0].shape)
    for weight, layer in zip(weights, layers, strict=True):
        total += layer * (weight / sum(weights))
    return total


def derived(operation: str, operands: Sequence[Values]) -> Values:
    """What an operation makes of its operands; infinite values are missing.

    snow_depth: water in mm (kg m-2) by density in kg m-3, in m; a negative one is missing, and
    without water there is none, whatever the density.
    """
    first, second = operands
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if operation == "sum":
            found = first + second
        elif operation == "difference":
            found = first - second
        else:
            found = first / second
        if operation == "snow_depth":
            found = np.where(first == 0.0, 0.0, found)
            found = np.where((found < 0) | (second < 0), np.nan, found)
    return np.where(np.isfinite(found), found, np.nan)
