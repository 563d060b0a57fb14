"""Colours of maps: classes with round bounds, told apart by any colour vision and in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
MIDDLE = (2.0, 98.0)  # percentiles of the values that classes span
CLASSES = 9  # at most
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)  # steps that a legend can say
# From dark to light or from light to dark in even steps, so that grey tells their order too.
FLUX, WIDTH, REACH, DIFFERENCE, BIAS = "viridis", "cividis", "YlOrBr", "RdBu_r", "PuOr_r"


@dataclass(frozen=True)
class Ramp:
    """Classes of values and their colours.

    Attributes
    ----------
    breaks : the bounds of the classes, rising; values beyond have colours of their own.
    colors : of matplotlib, by name.
    label : what the values are, with their unit.
    names : of the classes, where each is one value and not a span.
    below, above : whether there are values beyond the breaks.
    """

    breaks: tuple[float, ...]
    colors: str
    label: str
    names: tuple[str, ...] = ()
    below: bool = False
    above: bool = False

    @classmethod
    def of(cls, values: FloatArray, colors: str, label: str) -> Ramp:
        """Classes over the middle of some values, with round bounds."""
        low, high = _middle(values)
        step = round_step((high - low) / CLASSES)
        first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
        breaks = np.arange(first, last + 1) * step
        return cls._around(values, breaks, colors, label)

    @classmethod
    def of_both_signs(cls, values: FloatArray, label: str, colors: str = DIFFERENCE) -> Ramp:
        """Classes that are the same below 0 as above, over the middle of the values' sizes."""
        _, most = _middle(np.abs(values))
        step = round_step(2 * most / CLASSES)
        half = max(1.0, float(np.ceil(most / step - 1e-9)))
        return cls._around(values, np.arange(-half, half + 1) * step, colors, label)

    @classmethod
    def of_counts(cls, most: int, colors: str, label: str) -> Ramp:
        """A class for each whole number from 0 to `most`."""
        names = tuple(str(k) for k in range(most + 1))
        return cls(tuple(np.arange(-0.5, most + 1)), colors, label, names)

    @classmethod
    def of_classes(cls, names: Sequence[str], colors: str, label: str = "") -> Ramp:
        """A class for each name, whose values are 0, 1 and so on."""
        return cls(tuple(np.arange(-0.5, len(names))), colors, label, tuple(names))

    @classmethod
    def _around(cls, values: FloatArray, breaks: FloatArray, colors: str, label: str) -> Ramp:
        known = values[np.isfinite(values)]
        below = bool(known.size and known.min() < breaks[0])
        above = bool(known.size and known.max() > breaks[-1])
        rounded = tuple(float(f"{each:.12g}") for each in breaks)
        return cls(rounded, colors, label, (), below, above)

    @cached_property
    def looks(self) -> dict[str, Any]:
        """`cmap` and `norm` of matplotlib."""
        from matplotlib import colormaps
        from matplotlib.colors import BoundaryNorm, ListedColormap

        n = len(self.breaks) - 1
        shades = n + self.below + self.above
        span = {REACH: (0.06, 0.97), DIFFERENCE: (0.04, 0.96)}.get(self.colors, (0.0, 1.0))
        colors = colormaps[self.colors](np.linspace(*span, shades))
        cmap = ListedColormap(colors[self.below : self.below + n])
        ends = {"under": colors[0]} if self.below else {}
        ends |= {"over": colors[-1]} if self.above else {}
        cmap = cmap.with_extremes(bad=(0.0, 0.0, 0.0, 0.0), **ends)
        return {"cmap": cmap, "norm": BoundaryNorm(self.breaks, n)}

    @property
    def hex_colors(self) -> list[str]:
        """The colours of what is below, of each class, and of what is above, e.g. "#440154"."""
        from matplotlib.colors import to_hex

        cmap = self.looks["cmap"]
        classes = [to_hex(each) for each in cmap.colors]
        return [to_hex(cmap.get_under()), *classes, to_hex(cmap.get_over())]

    @property
    def extend(self) -> str:
        """Which ends of a colour bar are pointed, in matplotlib's word."""
        return {
            (False, False): "neither",
            (True, False): "min",
            (False, True): "max",
            (True, True): "both",
        }[self.below, self.above]

    @property
    def ticks(self) -> tuple[list[float], list[str]]:
        """Where a colour bar has its marks, and what they say."""
        if self.names:
            middles = [(a + b) / 2 for a, b in zip(self.breaks, self.breaks[1:], strict=False)]
            return middles, list(self.names)
        return list(self.breaks), [_told(each) for each in self.breaks]


def round_step(rough: float) -> float:
    """The next round number that is no smaller: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(each for each in ROUND if each * power >= rough * (1 - 1e-9)) * power)


def _middle(values: FloatArray) -> tuple[float, float]:
    """What the middle of the values spans, never nothing; 0 to 1 where there are none."""
    known = values[np.isfinite(values)]
    low, high = (float(each) for each in np.percentile(known, MIDDLE)) if known.size else (0.0, 1.0)
    least = max(1e-9, 1e-6 * abs(high))
    return low, high if high - low > least else low + max(1.0, abs(low)) * 0.1


def _told(number: float) -> str:
    return f"{number:.6g}".replace("-", "−")
