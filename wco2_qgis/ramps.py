"""How values become colours: ramps, even class breaks, and the renderers made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from qgis.core import (
    QgsColorRampShader,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from wco2_qgis.i18n import tr

# Equal steps to the eye and in grey, and to people who see fewer colours: the viridis ramp of
# Smith and van der Walt, CC0, at 0, 1/8, ... 1.
VIRIDIS = (
    *("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30"),
    "#fde725",
)
# From blue over near white to vermilion, which people of any colour vision tell apart.
DIVERGING = ("#0072b2", "#f5f5f5", "#d55e00")


def class_breaks(low: float, high: float, classes: int = 8) -> list[float]:
    """Even round numbers from below `low` to above `high`, about so many classes."""
    span = max(high - low, 1e-6)
    power = 10.0 ** math.floor(math.log10(span / classes))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if span / (power * k) <= classes)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(k * step, 10) for k in range(first, max(last, first + 1) + 1)]


def pretty(units: str) -> str:
    """Units with raised exponents, as in g C m⁻² winter⁻¹."""
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return re.sub(r"(?<=[a-zA-Z])-?\d+\b", lambda found: found[0].translate(raised), units)


def colours(ramp: Sequence[str], classes: int) -> list[QColor]:
    """The colours of classes, evenly along a ramp."""
    return [_colour(ramp, k / (classes - 1) if classes > 1 else 0.5) for k in range(classes)]


def labels(breaks: Sequence[float], units: str) -> list[str]:
    """What the classes between breaks are called; the outer ones are open."""
    between = tr("{} to {} {}")
    inner = [between.format(f"{a:g}", f"{b:g}", units) for a, b in zip(breaks, breaks[1:])]
    inner[0] = f"< {breaks[1]:g} {units}"
    inner[-1] = f"> {breaks[-2]:g} {units}"
    return inner


def by_breaks(
    layer: QgsRasterLayer, breaks: Sequence[float], ramp: Sequence[str], units: str
) -> QgsSingleBandPseudoColorRenderer:
    """The first band of a raster in even classes."""
    tops = [*breaks[1:-1], math.inf]
    shown = colours(ramp, len(tops))
    return by_classes(layer, 1, tops, shown, labels(breaks, units), breaks[0], breaks[-1])


def by_classes(
    layer: QgsRasterLayer,
    band: int,
    tops: Sequence[float],
    shown: Sequence[QColor],
    named: Sequence[str],
    low: float,
    high: float,
) -> QgsSingleBandPseudoColorRenderer:
    """A band of a raster in classes, each from the former's top to its own."""
    shading = QgsColorRampShader(low, high, None, QgsColorRampShader.Type.Discrete)
    shading.setColorRampItemList(
        [QgsColorRampShader.ColorRampItem(*item) for item in zip(tops, shown, named)]
    )
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(shading)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band, shader)
    renderer.setClassificationMin(low)
    renderer.setClassificationMax(high)
    return renderer


def _colour(ramp: Sequence[str], share: float) -> QColor:
    place = (len(ramp) - 1) * share
    left = min(int(place), len(ramp) - 2)
    beyond = place - left
    a, b = QColor(ramp[left]), QColor(ramp[left + 1])
    mixed = (
        round((1 - beyond) * x + beyond * y)
        for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    )
    return QColor(*mixed)
