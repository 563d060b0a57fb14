"""Add winter maps up: totals and means by winter, region and zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterLayer,
)

from wco2_qgis.algorithms.areas import add_zones, zone_words, zones_of
from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.algorithms.mapfolders import add_map_folder, add_unsaid, unsaid
from wco2_qgis.findings import show_table, show_zones
from wco2_qgis.layers import layer_of, layer_path
from wco2_qgis.runner import run_job
from wco2_qgis.wording import in_toolbox_words


class ZonalBudget(Algorithm):
    """`wco2:zonalbudget`."""

    ID = "zonalbudget"
    TITLE = "Add winter maps up"
    GROUP = FINDINGS
    PAGE = "findings"
    SUMMARY = "Adds winter maps up: Tg C and g C m-2 by winter, region and zone."
    HELP = (
        "In: a folder of winter maps and, if wanted, zones.\n"
        "Out: a table with a row a zone and winter, with ground covered and missing; a page with "
        "a figure over time and the mean winter of each zone; the zones with their numbers. "
        "Totals have intervals where the members were mapped too. Ground is that of the "
        "ellipsoid, and cells that a zone's edge cuts count with their share."
    )
    TAGS = ("zonal statistics", "total", "sum", "teragram", "emissions")

    def initAlgorithm(self, configuration: Any = None) -> None:
        add_map_folder(self)
        add_zones(self, "winters are added up by zone too")
        self.add_number(
            "INTERVAL",
            "Level of the intervals",
            0.9,
            "Share of totals that they hold, between 0 and 1. There are intervals only where the "
            "members were mapped.",
            least=0.0,
            most=1.0,
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterLayer(
                "FRACTION", "Share of ground that counts", optional=True
            ),
            "Raster of 0 to 1, e.g. of land or forest. Empty: all ground counts.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFile(
                "REGIONS",
                "Model or file of the regions",
                optional=True,
                fileFilter="Models and studies (*.wco2 *.toml)",
            ),
            "A model or TOML file whose regions are added up each by itself. Empty: those of the "
            "model that made the maps.",
            advanced=True,
        )
        add_unsaid(self)
        self.add_switch(
            "LOAD",
            "Load table and zones",
            True,
            "Zones are coloured by the mean flux of their ground.",
            advanced=True,
        )
        self.add_output(
            "BUDGET",
            "Budget",
            "CSV (*.csv)",
            "A row a zone and winter; summary, figure and zones are files beside it.",
        )
        self.add_page("Budget on a page", "table")
        self.addOutput(QgsProcessingOutputVectorLayer("SUMMARY", "Mean winters by zone"))
        self.addOutput(QgsProcessingOutputVectorLayer("OF_ZONES", "Zones with their numbers"))
        self.addOutput(QgsProcessingOutputFile("FIGURE", "Totals over time"))
        self.addOutput(QgsProcessingOutputNumber("TOTAL", "Mean winter of all cells (Tg C)"))
        self.addOutput(QgsProcessingOutputNumber("MEAN", "Mean winter of all cells (g C m-2)"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        self._zones = zones_of(self, parameters, context)
        fraction = layer_of(self, parameters, "FRACTION", context)
        self._fraction = None if fraction is None else layer_path(fraction, "The share", context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = self.target(parameters, "BUDGET", context)
        job = {
            "job": "budget",
            "maps": self.file(parameters, "MAPS", context),
            "output": table,
            "zones": self._zones,
            "fraction": self._fraction,
            "regions": self.optional_file(parameters, "REGIONS", context),
            "level": self.parameterAsDouble(parameters, "INTERVAL", context),
            **unsaid(self, parameters, context),
            "page": self.page_beside(parameters, table, context),
        }
        facts = run_job(given(job), feedback, zone_words(self._zones))
        for note in facts["notes"]:
            feedback.pushInfo(in_toolbox_words(note))
        files = {Path(path).suffix: path for path in facts["outputs"] if path != table}
        zones = files.get(".gpkg")
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_table(table, context)
            if zones:
                show_zones(zones, context)
        everything = facts["summary"][0]
        return {
            "BUDGET": table,
            "REPORT": job["page"],
            "SUMMARY": files[".csv"],
            "OF_ZONES": zones,
            "FIGURE": files[".png"],
            "TOTAL": everything["total_tg"],
            "MEAN": everything["mean_g_m2"],
        }
