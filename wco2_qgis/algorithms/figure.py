"""Draw a figure: one figure of a study, a model, maps or an analysis, for print."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingException,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
)

from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.i18n import tr
from wco2_qgis.runner import run_job

KINDS = (
    *("sites", "months_measured", "scores", "scores_by_month", "observed_against_predicted"),
    *("residuals_by_month", "residuals_by_site", "residuals_by_predictor", "coverage"),
    *("training_dissimilarity", "importance_by_predictor", "importance_by_group", "effects"),
    *("flux_and_temperature", "winter_flux", "monthly_flux", "season_flux", "interval_width"),
    *("outside_map", "trend", "totals", "difference"),
)


class Figure(Algorithm):
    """`wco2:figure`."""

    ID = "figure"
    TITLE = "Draw a figure for print"
    GROUP = FINDINGS
    PAGE = "figures"
    SUMMARY = "Draws one figure as PDF, SVG or PNG, at the width of a journal's columns."
    HELP = (
        "In: a study that has been run, from which every figure can be drawn; or a model, for "
        "figures of sites, scores and predictors; or a folder of maps, for maps; or the file that "
        "'Look for trends', 'Add winter maps up' or 'Compare winter maps' wrote.\n"
        "Out: the figure, and a caption to start from."
    )
    TAGS = ("plot", "print", "journal", "paper", "pdf", "svg")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_choice(
            "KIND",
            "Figure",
            KINDS,
            "winter_flux",
            "Maps: winter_flux, monthly_flux, season_flux, interval_width, outside_map, trend, "
            "difference. Others are graphs.",
        )
        self.add(
            QgsProcessingParameterFile("SOURCE", "Study, model or table", optional=True),
            "study.toml, a .wco2 file, trend.tif, budget.csv or difference_mean.tif.",
        )
        self.add(
            QgsProcessingParameterFile(
                "MAPS",
                "Or a folder of maps",
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            "That 'Map winter CO2 flux' made, where there is no study.",
        )
        self.add_text(
            "YEARS",
            "Winters to show",
            None,
            "1983, 1990-1999 or 1990,1995. Empty: the first and the last.",
            optional=True,
        )
        self.add_number(
            "WIDTH",
            "Width (mm)",
            None,
            "90 for one column, 180 for two. Empty: the figure's own.",
            least=40.0,
            most=400.0,
            optional=True,
        )
        self.add_whole(
            "DPI", "Dots per inch", 600, 72, "Of pixels, in PNG and within maps.", advanced=True
        )
        self.add_switch(
            "ZONES",
            "Draw the borders of zones",
            False,
            "Those of the study's [zones].",
            advanced=True,
        )
        self.add_text(
            "NAMES",
            "Names of two products",
            None,
            "Of a difference, e.g. ours,theirs.",
            optional=True,
            advanced=True,
        )
        self.add_output(
            "FIGURE",
            "Figure file",
            "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)",
            "PDF and SVG for print, PNG for slides.",
        )
        self.addOutput(QgsProcessingOutputString("CAPTION", "Caption"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        sources = [self.optional_file(parameters, name, context) for name in ("SOURCE", "MAPS")]
        chosen = [source for source in sources if source]
        if len(chosen) != 1:
            raise QgsProcessingException(
                tr("One source is needed.\nGive a study, model or table, or else a folder of maps.")
            )
        job = {
            "job": "figure",
            "kind": self.parameterAsEnumString(parameters, "KIND", context),
            "source": chosen[0],
            "output": self.target(parameters, "FIGURE", context),
            "years": self.text(parameters, "YEARS", context),
            "width": self.number(parameters, "WIDTH", context),
            "dpi": self.whole(parameters, "DPI", context),
            "zones": self.parameterAsBoolean(parameters, "ZONES", context),
            "names": self.text(parameters, "NAMES", context),
        }
        facts = run_job(given(job), feedback)
        feedback.pushInfo(facts["caption"])
        return {"FIGURE": facts["outputs"][0], "CAPTION": facts["caption"]}
