"""Describe a model: what a .wco2 file holds."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString

from wco2_qgis.algorithms.base import MODEL, Algorithm, Values
from wco2_qgis.runner import run_job


class DescribeModel(Algorithm):
    """`wco2:describemodel`."""

    ID = "describemodel"
    TITLE = "Describe a model"
    GROUP = MODEL
    PAGE = "models"
    SUMMARY = "Shows what a model file holds before it is used."
    HELP = (
        "In: a .wco2 file.\n"
        "Out: a page with its regions and winters, predictors with units and training ranges, "
        "scores (g C m-2 month-1), settings and origin."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("MODEL", "Model", "wco2", "A model that 'Train a model' wrote.")
        self.add_output("DESCRIPTION", "Description", "HTML (*.html)", "The page.")
        for name, title in (
            ("MODEL_TITLE", "Title"),
            ("FINGERPRINT", "Fingerprint"),
            ("PREDICTORS", "Predictors, separated by commas"),
            ("REGIONS", "Regions, separated by commas"),
        ):
            self.addOutput(QgsProcessingOutputString(name, title))
        self.addOutput(QgsProcessingOutputNumber("ROWS", "Rows trained on"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        path = self.file(parameters, "MODEL", context)
        page = self.target(parameters, "DESCRIPTION", context)
        facts = run_job({"job": "describe", "model": path, "page": page}, feedback)
        regions = facts["regions"]
        return {
            "DESCRIPTION": page,
            "MODEL_TITLE": facts["title"] or "",
            "FINGERPRINT": facts["fingerprint"],
            "PREDICTORS": ",".join(p["name"] for p in facts["predictors"]),
            "REGIONS": ",".join(r["name"] for r in regions),
            "ROWS": sum(r["rows"] for r in regions),
        }
