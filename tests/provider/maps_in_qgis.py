"""Run by QGIS's Python: winter maps as QGIS would load them.

Takes the folder of the plugin, a model, a catalogue and a folder for the maps; writes what the
layers look like as JSON to its standard output.
"""

from __future__ import annotations

import json
import sys
from typing import Any

sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
)


def look(path: str, details: Any, context: QgsProcessingContext) -> dict[str, Any]:
    """A layer after what QGIS does with it when the algorithm is done."""
    layer = QgsRasterLayer(path, "as loaded")
    QgsProject.instance().addMapLayer(layer)
    details.postProcessor().postProcessLayer(layer, context, QgsProcessingFeedback())
    shader = layer.renderer().shader().rasterShaderFunction()
    times = layer.temporalProperties()
    return {
        "name": layer.name(),
        "breaks": [item.value for item in shader.colorRampItemList()][:-1],
        "labels": [item.label for item in shader.colorRampItemList()],
        "colours": [item.color.name() for item in shader.colorRampItemList()],
        "nodata": layer.dataProvider().sourceNoDataValue(1),
        "is_timed": times.isActive(),
        "from": times.fixedTemporalRange().begin().date().toString("yyyy-MM-dd"),
        "to": times.fixedTemporalRange().end().date().toString("yyyy-MM-dd"),
    }


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    from wco2_qgis import compat
    from wco2_qgis.plugin import Plugin

    plugin = Plugin(None)
    plugin.initProcessing()
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("wco2:predictwinterflux")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {
        "MODEL": sys.argv[2],
        "CATALOGUE": sys.argv[3],
        "OUTPUT": sys.argv[4],
        "YEARS": "2001-2002",
        "EXTENT": "100,115,60,69 [EPSG:4326]",
        "RESOLUTION": 0.5,
        "INTERVAL": 0.9,
        "APPLICABILITY": True,
        "MEMBERS": True,
    }
    algorithm.run(parameters, context, QgsProcessingFeedback(), {}, False)
    loaded = context.layersToLoadOnCompletion()
    layers = [look(path, loaded[path], context) for path in sorted(loaded)]
    root = QgsProject.instance().layerTreeRoot()
    groups = {
        group.name(): {
            "layers": [node.name() for node in group.children()],
            "is_shown": group.itemVisibilityChecked(),
        }
        for group in root.children()
    }
    settings = QgsProject.instance().timeSettings()
    extent = settings.temporalRange()
    time = {
        "step": settings.timeStep(),
        "is_years": settings.timeStepUnit() == compat._YEARS,
        "from": extent.begin().date().toString("yyyy-MM-dd"),
        "to": extent.end().date().toString("yyyy-MM-dd"),
    }
    sys.stdout.write(json.dumps({"layers": layers, "groups": groups, "time": time}))
    plugin.unload()
    QgsProject.instance().clear()
    application.exitQgis()


main()
