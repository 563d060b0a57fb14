"""Look for trends: the slope of each cell over the winters, and which are more than chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterRasterDestination,
)

from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.algorithms.mapfolders import add_map_folder, add_unsaid, unsaid
from wco2_qgis.findings import show_trend
from wco2_qgis.runner import Facts, run_job

PREWHITENINGS = ("residuals", "pw", "tfpw", "none")


class FluxTrend(Algorithm):
    """`wco2:fluxtrend`."""

    ID = "fluxtrend"
    TITLE = "Look for trends"
    GROUP = FINDINGS
    PAGE = "findings"
    SUMMARY = "Maps the trend of each cell over the winters, and which are more than chance."
    HELP = (
        "In: a folder with maps of 10 winters or more.\n"
        "Out: a GeoTIFF of four bands: Theil-Sen slope (g C m-2 winter-1 a-1), p of the "
        "Mann-Kendall test on pre-whitened values, significant (1 or 0) with the rate of false "
        "discoveries kept (Wilks 2016, doi:10.1175/BAMS-D-15-00267.1), winters with a value; a "
        "page with a map; with a budget the trends of its zones. Cells without a significant trend "
        "are shown pale."
    )
    TAGS = ("Theil-Sen", "Mann-Kendall", "slope", "change", "time series")

    def initAlgorithm(self, configuration: Any = None) -> None:
        add_map_folder(self)
        self.add_number(
            "ALPHA",
            "Rate of false discoveries",
            0.05,
            "Of the cells shown as significant, about this share is so by chance.",
            least=0.0,
            most=1.0,
        )
        self.add_file(
            "BUDGET",
            "Budget, for trends by zone",
            "csv",
            "The table that 'Add winter maps up' wrote.",
            optional=True,
        )
        self.add_switch(
            "CORRELATED",
            "Twice the rate (correlated cells)",
            False,
            "Where neighbours resemble each other, as in maps of a model, the test is strict.",
            advanced=True,
        )
        self.add_choice(
            "PREWHITENING",
            "Winters resemble the ones before",
            PREWHITENINGS,
            "residuals",
            "How that is taken out before the test. residuals: as it is about the slope; pw: as it "
            "is in the series, which misses strong trends; tfpw: trend-free pre-whitening, which "
            "finds more, in noise too; none: not at all.",
            advanced=True,
        )
        add_unsaid(self)
        self.add(
            QgsProcessingParameterRasterDestination("TREND", "Trends"),
            "GeoTIFF; figure and the trends of zones are files beside it.",
        )
        self.add_page("Trends on a page", "trends")
        self.addOutput(QgsProcessingOutputFile("FIGURE", "Map of the trends"))
        self.addOutput(QgsProcessingOutputFile("OF_ZONES", "Trends of the budget's zones"))
        for name, title in (
            ("CELLS", "Cells with a trend"),
            ("RISING", "Cells that rise significantly"),
            ("FALLING", "Cells that fall significantly"),
            ("SLOPE", "Median slope (g C m-2 winter-1 a-1)"),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        trend = self.parameterAsOutputLayer(parameters, "TREND", context)
        job = {
            "job": "trend",
            "maps": self.file(parameters, "MAPS", context),
            "output": trend,
            "alpha": self.parameterAsDouble(parameters, "ALPHA", context),
            "correlated": self.parameterAsBoolean(parameters, "CORRELATED", context),
            "prewhitening": self.parameterAsEnumString(parameters, "PREWHITENING", context),
            "budget": self.optional_file(parameters, "BUDGET", context),
            **unsaid(self, parameters, context),
            "page": self.page_beside(parameters, trend, context),
        }
        facts = run_job(given(job), feedback)
        files = {Path(path).suffix: path for path in facts["outputs"]}
        feedback.pushInfo(_told(facts))
        if context.willLoadLayerOnCompletion(trend):
            show_trend(trend, context)
        return {
            "TREND": trend,
            "REPORT": job["page"],
            "FIGURE": files[".png"],
            "OF_ZONES": files.get(".csv"),
            "CELLS": facts["cells"],
            "RISING": facts["rising"],
            "FALLING": facts["falling"],
            "SLOPE": facts["median_slope"],
        }


def _told(facts: Facts) -> str:
    return (
        f"Of {facts['cells']:,} cells {facts['rising']:,} rise and {facts['falling']:,} fall "
        f"significantly, with false discoveries kept at {facts['rate']:.0%}. Half of all slopes "
        f"lie above {facts['median_slope']:.3g} g C m⁻² winter⁻¹ a⁻¹."
    )
