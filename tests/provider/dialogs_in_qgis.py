"""Run by QGIS's Python, with windows that nobody sees: what dialogs show before anything runs.

Takes the folder of the plugin and a table of fluxes; writes what was shown as JSON to its standard
output, by the name of the case.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import QgsApplication, QgsProcessingContext, QgsProject, QgsVectorLayer  # noqa: E402

FIELDS = ("FLUX", "YEAR", "MONTH", "SITE", "LONGITUDE", "LATITUDE")


def points(name: str, *fields: str) -> QgsVectorLayer:
    listed = "".join(f"&field={field}:double" for field in fields)
    layer = QgsVectorLayer(f"Point?crs=EPSG:4326{listed}", name, "memory")
    QgsProject.instance().addMapLayer(layer)
    return layer


def shown(dialog: Any) -> dict[str, Any]:
    wrappers = dialog.mainWidget().wrappers
    values = {name: wrappers[name].parameterValue() for name in FIELDS}
    return {name: value if isinstance(value, str) else "" for name, value in values.items()}


def fields_follow_the_layer() -> dict[str, Any]:
    first = points("first", "Site", "Year", "Month", "Reco", "lon", "lat")
    second = points("second", "地点", "年份", "月份", "通量", "a", "b")
    third = points("third", "a", "b")
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("wco2:mapfromlayers")
    dialog = algorithm.createCustomParametersWidget(None)
    wrappers, context = dialog.mainWidget().wrappers, QgsProcessingContext()
    context.setProject(QgsProject.instance())
    found = {}
    for layer in (first, second, third):
        wrappers["FLUXES"].setParameterValue(layer.id(), context)
        found[layer.name()] = shown(dialog)
    wrappers["FLUXES"].setParameterValue(sys.argv[2], context)
    found["table"] = shown(dialog)
    wrappers["FLUX"].setParameterValue("Method", context)
    found["changed"] = shown(dialog)
    # As from the history: what was chosen then counts, not what is guessed.
    dialog.setParameters({"FLUXES": first.id(), "FLUX": "lon"})
    found["again"] = shown(dialog)
    return found


def main() -> None:
    application = QgsApplication([], True)  # kept: QGIS lives as long
    application.initQgis()
    from processing.core.Processing import Processing

    from wco2_qgis.plugin import Plugin

    Processing.initialize()
    plugin = Plugin(None)
    plugin.initProcessing()
    sys.stdout.write(json.dumps(fields_follow_the_layer()))
    sys.stdout.flush()
    os._exit(0)  # QGIS ends badly where Python holds dialogs


main()
