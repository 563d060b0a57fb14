"""How maps look: one ramp and the same class breaks for all winters of a run, units, time."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsColorRampShader,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from wco2_qgis.compat import put_in_group, show_in_time

# Equal steps to the eye and in grey, and to people who see fewer colours: the viridis ramp of
# Smith and van der Walt, CC0, at 0, 1/8, ... 1.
VIRIDIS = (
    *("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30"),
    "#fde725",
)
_CLASSES = 8
_KEPT: deque[QgsProcessingLayerPostProcessorInterface] = deque(maxlen=500)


@dataclass(frozen=True)
class MapFile:
    """What a map says of itself."""

    path: Path
    units: str
    first: date
    last: date
    low: float
    high: float
    time: str
    simulated: bool

    @classmethod
    def read(cls, path: Path) -> MapFile:
        """From its tags; the range is that of most cells, not of a few extreme ones."""
        file = gdal.Open(str(path))
        band = file.GetRasterBand(1)
        tags, numbers = file.GetMetadata(), band.GetMetadata()
        low, high, mean, deviation = (
            float(numbers.get(f"STATISTICS_{name}", 0.0))
            for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")
        )
        return cls(
            path=path,
            units=pretty(band.GetUnitType()),
            first=date.fromisoformat(tags["WCO2_VALID_FROM"]),
            last=date.fromisoformat(tags["WCO2_VALID_TO"]),
            low=max(low, mean - 2.5 * deviation),
            high=min(high, mean + 2.5 * deviation),
            time=tags["WCO2_TIME"],
            simulated=tags.get("SIMULATED") == "yes",
        )


def show_maps(paths: Sequence[str], context: QgsProcessingContext, group: str) -> None:
    """Have winter maps loaded when the algorithm is done, styled alike."""
    maps = [MapFile.read(Path(path)) for path in paths]
    if not maps or context.project() is None:
        return
    breaks = class_breaks(min(m.low for m in maps), max(m.high for m in maps))
    for number, each in enumerate(sorted(maps, key=lambda m: m.first)):
        name = f"Winter {each.time}{' (simulated)' if each.simulated else ''}"
        details = QgsProcessingContext.LayerDetails(
            name, context.project(), name, QgsProcessingUtils.LayerHint.Raster
        )
        put_in_group(details, f"{group} ({each.units})")
        style = MapStyle(each, breaks, name, is_last=number == len(maps) - 1)
        _KEPT.append(style)  # QGIS keeps no reference, and a lost one loses its override
        details.setPostProcessor(style)
        context.addLayerToLoadOnCompletion(str(each.path), details)


def class_breaks(low: float, high: float) -> list[float]:
    """Even round numbers from below `low` to above `high`, about eight classes."""
    span = max(high - low, 1e-6)
    power = 10.0 ** math.floor(math.log10(span / _CLASSES))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if span / (power * k) <= _CLASSES)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(k * step, 10) for k in range(first, max(last, first + 1) + 1)]


class MapStyle(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer once it is loaded, on the main thread."""

    def __init__(self, map_: MapFile, breaks: list[float], name: str, is_last: bool) -> None:
        super().__init__()
        self._map, self._breaks, self._name, self._is_last = map_, breaks, name, is_last

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        if not isinstance(layer, QgsRasterLayer):
            return
        layer.setName(self._name)
        layer.setRenderer(_renderer(layer, self._breaks, self._map.units))
        show_in_time(layer, self._map.first, self._map.last)
        layer.triggerRepaint()
        node = context.project().layerTreeRoot().findLayer(layer.id())
        if node is not None:
            node.setExpanded(self._is_last)


def pretty(units: str) -> str:
    """Units with raised exponents, as in g C m⁻² winter⁻¹."""
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return re.sub(r"(?<=[a-zA-Z])-?\d+\b", lambda found: found[0].translate(raised), units)


def _renderer(
    layer: QgsRasterLayer, breaks: list[float], units: str
) -> QgsSingleBandPseudoColorRenderer:
    classes = len(breaks) - 1
    ramp = QgsColorRampShader(breaks[0], breaks[-1], None, QgsColorRampShader.Type.Discrete)
    items = []
    for k in range(classes):
        is_last = k == classes - 1
        label = f"{breaks[k]:g} – {breaks[k + 1]:g} {units}"
        if k == 0:
            label = f"< {breaks[1]:g} {units}"
        if is_last:
            label = f"> {breaks[k]:g} {units}"
        top = math.inf if is_last else breaks[k + 1]
        items.append(QgsColorRampShader.ColorRampItem(top, _colour(k, classes), label))
    ramp.setColorRampItemList(items)
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(breaks[0])
    renderer.setClassificationMax(breaks[-1])
    return renderer


def _colour(number: int, classes: int) -> QColor:
    """The colour of a class, evenly along the ramp."""
    place = (len(VIRIDIS) - 1) * (number / (classes - 1) if classes > 1 else 0.5)
    left = min(int(place), len(VIRIDIS) - 2)
    share = place - left
    a, b = QColor(VIRIDIS[left]), QColor(VIRIDIS[left + 1])
    mixed = (
        round((1 - share) * x + share * y)
        for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    )
    return QColor(*mixed)
