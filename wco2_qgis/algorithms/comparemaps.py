"""Compare winter maps: two products on the coarser one's cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
)

from wco2_qgis.algorithms.areas import add_zones, zone_words, zones_of
from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.algorithms.mapfolders import add_map_folder, add_unsaid, unsaid
from wco2_qgis.findings import show_difference
from wco2_qgis.runner import run_job

_OF_ALL = {
    "BIAS": ("bias", "Mean of A minus mean of B (g C m-2 winter-1)"),
    "RMSE": ("rmse", "Root of the mean squared difference (g C m-2 winter-1)"),
    "CORRELATION": ("correlation", "Correlation of cells"),
    "TOTAL_A": ("total_a", "Mean winter of A on the common ground (Tg C)"),
    "TOTAL_B": ("total_b", "Mean winter of B on the common ground (Tg C)"),
}


class CompareMaps(Algorithm):
    """`wco2:comparemaps`."""

    ID = "comparemaps"
    TITLE = "Compare winter maps"
    GROUP = FINDINGS
    PAGE = "comparison"
    SUMMARY = "Compares two folders of winter maps on the cells of the coarser one."
    HELP = (
        "In: two folders of winter maps, A and B, in any CRS and resolution.\n"
        "Out: a page with totals, bias, error and correlation by winter and zone where both have a "
        "value; a GeoTIFF of A minus B for each winter and for the mean of all. The finer product "
        "is put on the coarser one's cells by area, so that totals stay."
    )
    TAGS = ("difference", "product", "bias", "regrid")

    def initAlgorithm(self, configuration: Any = None) -> None:
        add_map_folder(self, "MAPS_A", "Winter maps A")
        add_map_folder(self, "MAPS_B", "Winter maps B")
        add_zones(self, "both are compared by zone too")
        self.add_text("PAGE_TITLE", "Title", None, "Of the page.", optional=True, advanced=True)
        add_unsaid(self, "_A", "maps A")
        add_unsaid(self, "_B", "maps B")
        self.add_switch(
            "LOAD",
            "Load the mean difference",
            True,
            "In colours about 0: A has more in the warm ones.",
            advanced=True,
        )
        self.add_output(
            "REPORT",
            "Comparison",
            "HTML (*.html)",
            "The page; tables, figures and maps lie in folders beside it.",
        )
        self.addOutput(QgsProcessingOutputRasterLayer("MEAN", "A minus B, mean of the winters"))
        self.addOutput(QgsProcessingOutputMultipleLayers("DIFFERENCES", "A minus B, by winter"))
        self.addOutput(QgsProcessingOutputFile("WINTERS", "Table of the winters"))
        for name, (_, title) in _OF_ALL.items():
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        self._zones = zones_of(self, parameters, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        report = self.target(parameters, "REPORT", context)
        job = {
            "job": "compare",
            "a": self.file(parameters, "MAPS_A", context),
            "b": self.file(parameters, "MAPS_B", context),
            "output": report,
            **unsaid(self, parameters, context, "_A"),
            **unsaid(self, parameters, context, "_B"),
            "zones": self._zones,
            "title": self.text(parameters, "PAGE_TITLE", context),
        }
        facts = run_job(given(job), feedback, zone_words(self._zones))
        maps = [path for path in facts["outputs"] if Path(path).suffix == ".tif"]
        *winters, mean = sorted(maps)  # difference_2001.tif, ..., difference_mean.tif
        (of_all,) = [r for r in facts["rows"] if (r["winter"], r["zone"]) == ("mean", "all")]
        feedback.pushInfo(
            f"A has {of_all['bias']:+.3g} g C m⁻² winter⁻¹ against B, in {len(winters)} winters."
        )
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_difference(mean, context)
        tables = [path for path in facts["outputs"] if Path(path).name == "winters.csv"]
        return {
            "REPORT": report,
            "MEAN": mean,
            "DIFFERENCES": winters,
            "WINTERS": tables[0],
            **{name: of_all[key] for name, (key, _) in _OF_ALL.items()},
        }
