"""Check the environment: which libraries are there, from where, and whether they get along."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsProcessingOutputNumber, QgsProcessingOutputString

from wco2_qgis import engine, libraries, pages, settings
from wco2_qgis.algorithms.base import SET_UP, Algorithm, Values
from wco2_qgis.runner import run_job


class CheckEnvironment(Algorithm):
    """`wco2:checkenvironment`."""

    ID = "checkenvironment"
    TITLE = "Check the environment"
    GROUP = SET_UP
    SUMMARY = "Shows which libraries there are, where each comes from, and what is amiss."
    HELP = (
        "In: nothing.\n"
        "Out: a page with the versions and folders of all libraries in QGIS's Python and, where "
        "one is set, in the engine's own interpreter; and what to do where something is missing "
        "or would crash QGIS."
    )
    TAGS = ("doctor", "install", "dependencies")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_output("REPORT", "Report", "HTML (*.html)", "The page.")
        self.addOutput(QgsProcessingOutputNumber("PROBLEMS", "Problems found"))
        self.addOutput(QgsProcessingOutputString("INTERPRETER", "Where the engine runs"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        page = self.target(parameters, "REPORT", context)
        interpreter = settings.interpreter()
        obstacle = libraries.obstacle("run")
        problems = [obstacle] if obstacle and interpreter is None else []
        parts = [pages.heading("QGIS's Python"), _own_libraries()]
        # Importing what does not get along would crash QGIS, so the engine looks only when it can.
        if not problems:
            facts = run_job({"job": "doctor"}, feedback)
            problems += facts["problems"]
            keys = ("library", "purpose", "version", "place", "error")
            parts += [
                pages.heading(f"Where the engine runs: {interpreter or 'in QGIS'}"),
                pages.facts({"engine": facts["engine"], "Python": facts["python"]}),
                pages.table(keys, [[row[key] for key in keys] for row in facts["libraries"]]),
                pages.facts({"GDAL": facts["gdal"]}),
            ]
        for problem in problems:
            feedback.reportError(problem)
        parts.insert(0, pages.verdict(problems, "All is well."))
        about = {"QGIS": Qgis.QGIS_VERSION, "engine's folder": str(engine.folder())}
        pages.write_page(page, "Environment of Winter CO2", [pages.facts(about), *parts])
        return {"REPORT": page, "PROBLEMS": len(problems), "INTERPRETER": interpreter or "QGIS"}


def _own_libraries() -> str:
    def remark(library: libraries.Library) -> str:
        if library.is_foreign:
            return "brings its own GDAL, GEOS or PROJ: crashes inside QGIS"
        return "" if library.place else "missing"

    return pages.table(
        ("library", "for", "version", "folder", ""),
        [(x.name, x.purpose, x.version, x.place, remark(x)) for x in libraries.examine()],
    )
