"""Run a study: all stages from observations to maps and report."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingParameterBoolean,
)

from wco2_qgis.algorithms.base import STUDIES, Algorithm, Values
from wco2_qgis.runner import run_job
from wco2_qgis.styling import FLUX, by_quantity, show_maps


class RunStudy(Algorithm):
    """`wco2:runstudy`."""

    ID = "runstudy"
    TITLE = "Run a study"
    GROUP = STUDIES
    PAGE = "study-file"
    SUMMARY = "Runs all stages of a study: observations, sampling, training, maps, report."
    HELP = (
        "In: a study file (TOML).\n"
        "Out: the folder that the study names, with a model (.wco2), a GeoTIFF a winter (g C m-2 "
        "winter-1, positive = release) and a report. Finished stages are skipped and stale ones "
        "done again, so a stopped study goes on where it was."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("STUDY", "Study", "toml", "The study file.")
        self.add(
            QgsProcessingParameterBoolean("LOAD", "Load the winters into the project", True),
            "With one style for all, and with their times for the Temporal Controller; bounds and "
            "applicability, where the study has them, in groups that are switched off.",
        )
        self.addOutput(QgsProcessingOutputFolder("FOLDER", "Folder of the results"))
        self.addOutput(QgsProcessingOutputFile("MODEL", "Model"))
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Maps of the winters"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        study = self.file(parameters, "STUDY", context)
        facts = run_job({"job": "run", "study": study}, feedback)
        stages = facts["stages"]
        for name, found in stages.items():
            feedback.pushInfo(f"{name}: {'done before' if found.get('skipped') else 'done'}")
        maps = stages["predict"]["outputs"]
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_maps(maps, context)
        return {
            "FOLDER": facts["output"],
            "MODEL": stages["train"]["outputs"][0],
            "MAPS": by_quantity(maps)[FLUX],
            "REPORT": stages["report"]["outputs"][0],
        }
