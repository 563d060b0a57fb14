"""Validate a model: scores under several ways to hold rows out, side by side, before any map."""

from __future__ import annotations

from typing import Any

from wco2_qgis.algorithms.areas import add_mask, add_zones, mask_of, zone_words, zones_of
from wco2_qgis.algorithms.base import MODEL, Algorithm, Values, given
from wco2_qgis.algorithms.forests import add_growth, add_scores, growth, scores
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file


class ValidateModel(Algorithm):
    """`wco2:validatemodel`."""

    ID = "validatemodel"
    TITLE = "Validate a model"
    GROUP = MODEL
    PAGE = "models"
    SUMMARY = "Scores a training table under several validations side by side."
    HELP = (
        "In: a training table and its catalogue.\n"
        "Out: a page with scores by region, month, zone and validation with their intervals, how "
        "often bounds hold, and which score to quote for a map; no model is kept. R2 and RMSE "
        "(g C m-2 month-1) are those of the region with most rows, with whole sites held out where "
        "that was asked for."
    )
    TAGS = ("cross-validation", "score", "error", "knndm")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table("TRAINING", "Training table", "What 'Sample predictors' wrote.")
        self.add_catalogue()
        self.add_regions()
        add_growth(self)
        self.add_text("PAGE_TITLE", "Title", None, "Of the page.", optional=True)
        add_zones(self, "scores are told by zone too")
        add_mask(
            self,
            "Cells to be mapped",
            "For the validation knndm: polygons, or a raster whose pixels count unless 0 or "
            "nodata. Empty: the whole of each region.",
        )
        self.add_switch(
            "SIMULATED", "The fluxes are simulated", False, "The page then says so.", advanced=True
        )
        self.add_threads()
        self.add_output(
            "REPORT",
            "Validation",
            "HTML (*.html)",
            "The page; its tables and figures are files in a folder beside it.",
        )
        add_scores(self)

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        self._zones = zones_of(self, parameters, context)
        self._domain = mask_of(self, parameters, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "TRAINING", context)
        report = self.target(parameters, "REPORT", context)
        table.keep(report)
        job = {
            "job": "validate",
            "training": table.path,
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": report,
            "regions": self.optional_file(parameters, "REGIONS", context),
            **growth(self, parameters, context),
            "zones": self._zones,
            "domain": self._domain,
            "title": self.text(parameters, "PAGE_TITLE", context),
            "simulated": self.parameterAsBoolean(parameters, "SIMULATED", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback, {**table.names, **zone_words(self._zones)})
        return {"REPORT": report, **scores(facts, feedback)}
