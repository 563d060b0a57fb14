"""How findings look: trends and differences about zero, zones by their flux, tables as they are."""

from __future__ import annotations

import math
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
    QgsRendererRange,
)
from qgis.PyQt.QtGui import QColor

from wco2_qgis.i18n import tr
from wco2_qgis.loading import VECTOR, Loaded, load
from wco2_qgis.ramps import DIVERGING, VIRIDIS, by_breaks, class_breaks, colours, labels, pretty
from wco2_qgis.styling import most_values

_SIGNIFICANT = 3  # the band of a trend that is 1 where it is, 0 where it is not
_MEAN = "mean_g_m2"
_MEAN_UNITS = "g C m⁻² winter⁻¹"


def show_trend(path: str, context: QgsProcessingContext) -> None:
    """Have a trend loaded in colours about 0; under a veil where it is not significant."""
    tags = gdal.Open(path).GetMetadata()
    name = tr("Trend of winter CO2 flux {}").format(tags["WCO2_TIME"] + _simulated(tags))
    rate = float(tags["WCO2_FALSE_DISCOVERY_RATE"])

    def style(layer: QgsMapLayer, project: QgsProject) -> None:
        _about_zero(layer, project)
        veil = QgsRasterLayer(
            path, tr("Pale: not significant (false discoveries {})").format(f"{rate:.0%}")
        )
        pale = QgsPalettedRasterRenderer.Class(0, QColor(255, 255, 255, 170), tr("not significant"))
        veil.setRenderer(QgsPalettedRasterRenderer(veil.dataProvider(), _SIGNIFICANT, [pale]))
        project.addMapLayer(veil, False)
        node = project.layerTreeRoot().findLayer(layer.id())
        if node is not None:
            parent = node.parent()
            parent.insertLayer(parent.children().index(node), veil)

    load(Loaded(path, name, style), context)


def show_difference(path: str, context: QgsProcessingContext) -> None:
    """Have the map of a mean difference loaded in colours about 0."""
    tags = gdal.Open(path).GetMetadata()
    time = tags["WCO2_TIME"] + _simulated(tags)
    name = tr("{} minus {}, {}").format(tags["WCO2_A"], tags["WCO2_B"], time)
    load(Loaded(path, name, _about_zero), context)


def show_zones(path: str, context: QgsProcessingContext) -> None:
    """Have the zones of a budget loaded, in colours by the mean flux of their ground."""
    load(Loaded(path, tr("Mean winter CO2 flux by zone"), _by_mean, VECTOR), context)


def show_table(path: str, context: QgsProcessingContext) -> None:
    """Have a table loaded."""
    load(Loaded(path, Path(path).stem, lambda layer, project: None, VECTOR), context)


def _simulated(tags: dict[str, str]) -> str:
    return tr(" (simulated)") if tags.get("SIMULATED") == "yes" else ""


def _about_zero(layer: QgsMapLayer, project: QgsProject) -> None:
    file = gdal.Open(layer.source())  # a band lives as long as its file
    band = file.GetRasterBand(1)
    low, high = most_values(band)
    reach = max(abs(low), abs(high)) or 1.0
    breaks = class_breaks(-reach, reach)
    layer.setRenderer(by_breaks(layer, breaks, DIVERGING, pretty(band.GetUnitType())))


def _by_mean(layer: QgsMapLayer, project: QgsProject) -> None:
    means = [feature[_MEAN] for feature in layer.getFeatures()]
    known = [mean for mean in means if isinstance(mean, float) and math.isfinite(mean)]
    if not known:
        return
    breaks = class_breaks(min(known), max(known))
    classes = len(breaks) - 1
    ranges = []
    for k, (colour, label) in enumerate(
        zip(colours(VIRIDIS, classes), labels(breaks, _MEAN_UNITS))
    ):
        symbol = QgsFillSymbol.createSimple(
            {"color": colour.name(), "outline_color": "#333333", "outline_width": "0.3"}
        )
        ranges.append(QgsRendererRange(breaks[k], breaks[k + 1], symbol, label))
    layer.setRenderer(QgsGraduatedSymbolRenderer(_MEAN, ranges))
    layer.setOpacity(0.8)
