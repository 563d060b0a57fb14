"""Run by QGIS's Python: findings of a memory layer's zones, as QGIS would load them.

Takes the folder of the plugin, one with winter maps and one to write to; writes what came out as
JSON to its standard output.
"""

from __future__ import annotations

import json
import sys
from typing import Any

sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)

MAPS, FOLDER = sys.argv[2:]


def zones(field: str) -> QgsVectorLayer:
    """Halves of the maps called West and East, and a third polygon that a filter hides."""
    made = QgsVectorLayer(
        f"Polygon?crs=EPSG:4326&field={field}:string&field=kind:integer", "Hälften", "memory"
    )
    for name, kind, west, east in (("West", 1, 100, 110), ("East", 1, 110, 120), ("No", 2, 0, 1)):
        feature = QgsFeature(made.fields())
        feature.setAttributes([name, kind])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(west, 60, east, 70)))
        made.dataProvider().addFeatures([feature])
    QgsProject.instance().addMapLayer(made)
    made.setSubsetString("kind = 1")
    return made


def run(name: str, **parameters: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What an algorithm returns, and its layers, from the lowest, once they are loaded."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"wco2:{name}")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    feedback = QgsProcessingFeedback()
    results, ok = algorithm.run(parameters, context, feedback, {}, False)
    if not ok:
        raise QgsProcessingException(feedback.textLog())
    before = set(QgsProject.instance().mapLayers())
    for path, details in sorted(context.layersToLoadOnCompletion().items()):
        is_raster = path.endswith(".tif")
        layer = QgsRasterLayer(path) if is_raster else QgsVectorLayer(path)
        QgsProject.instance().addMapLayer(layer)
        details.postProcessor().postProcessLayer(layer, context, QgsProcessingFeedback())
    nodes = QgsProject.instance().layerTreeRoot().findLayers()
    found = [node.layer() for node in reversed(nodes) if node.layerId() not in before]
    return results, [look(layer) for layer in found]


def look(layer: QgsMapLayer) -> dict[str, Any]:
    found: dict[str, Any] = {"name": layer.name(), "valid": layer.isValid()}
    if isinstance(layer, QgsVectorLayer):
        found["rows"] = layer.featureCount()
        if layer.isSpatial():
            found["labels"] = [item.label() for item in layer.renderer().legendSymbolItems()]
            found["zones"] = sorted(feature["zone"] for feature in layer.getFeatures())
        return found
    if hasattr(layer.renderer(), "shader"):
        items = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
        found["tops"] = [item.value for item in items][:-1]
        found["colours"] = [item.color.name() for item in items]
        found["labels"] = [item.label for item in items]
    return found


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    from wco2_qgis.plugin import Plugin

    plugin = Plugin(None)
    plugin.initProcessing()
    cases: dict[str, Any] = {}
    for field in ("fid", "Ort"):
        cases[field] = run(
            "zonalbudget",
            MAPS=MAPS,
            ZONES=zones(field),
            ZONE_FIELD=field,
            BUDGET=f"{FOLDER}/{field}.csv",
        )
    try:
        run("zonalbudget", MAPS=MAPS, ZONES=zones("Ort"), BUDGET=f"{FOLDER}/no.csv")
    except QgsProcessingException as error:
        cases["unnamed"] = str(error)
    trend = QgsProcessingOutputLayerDefinition(
        QgsProcessing.TEMPORARY_OUTPUT, QgsProject.instance()
    )
    cases["trend"] = run("fluxtrend", MAPS=MAPS, TREND=trend)
    cases["difference"] = run(
        "comparemaps", MAPS_A=MAPS, MAPS_B=MAPS, REPORT=f"{FOLDER}/comparison.html"
    )
    sys.stdout.write(json.dumps(cases))
    plugin.unload()
    QgsProject.instance().clear()
    application.exitQgis()


main()
