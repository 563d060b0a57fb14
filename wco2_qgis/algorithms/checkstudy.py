"""Check a study: open everything that it needs, before anything runs."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingOutputNumber

from wco2_qgis.algorithms.base import STUDIES, Algorithm, Values, given
from wco2_qgis.runner import run_job


class CheckStudy(Algorithm):
    """`wco2:checkstudy`."""

    ID = "checkstudy"
    TITLE = "Check a study"
    GROUP = STUDIES
    PAGE = "study-file"
    SUMMARY = "Opens all files of a study, for every year that it needs, before anything runs."
    HELP = (
        "In: a study file (TOML).\n"
        "Out: a page that shows by predictor and winter what is there, in which unit and grid, "
        "and the number of problems. Problems do not fail this algorithm; 'Run a study' refuses "
        "to start with them."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("STUDY", "Study", "toml", "The study file.")
        self.add_text(
            "YEARS",
            "Winters to check",
            None,
            "1983, 1990-1999 or 1990,1995; empty: those of the study's map.",
            optional=True,
        )
        self.add_output("CHECK", "Result of the check", "HTML (*.html)", "The page.")
        self.addOutput(QgsProcessingOutputNumber("PROBLEMS", "Problems found"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        page = self.target(parameters, "CHECK", context)
        job = {
            "job": "check",
            "study": self.file(parameters, "STUDY", context),
            "years": self.text(parameters, "YEARS", context),
            "page": page,
        }
        facts = run_job(given(job), feedback)
        for problem in facts["problems"]:
            feedback.reportError(problem)
        return {"CHECK": page, "PROBLEMS": len(facts["problems"])}
