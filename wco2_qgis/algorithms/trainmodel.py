"""Train a model: grow a forest for each region and judge it on held-out rows."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingOutputString, QgsProcessingUtils

from wco2_qgis.algorithms.areas import add_mask, add_zones, mask_of, zone_words, zones_of
from wco2_qgis.algorithms.base import MODEL, Algorithm, Values, given
from wco2_qgis.algorithms.forests import TOTALS, add_growth, add_scores, growth, scores
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file


class TrainModel(Algorithm):
    """`wco2:trainmodel`."""

    ID = "trainmodel"
    TITLE = "Train a model"
    GROUP = MODEL
    PAGE = "models"
    SUMMARY = "Grows Extremely Randomized Trees for each region and judges them on held-out rows."
    HELP = (
        "In: a training table and its catalogue.\n"
        "Out: a model file (.wco2), and a report with scores, maps of the sites and importances. "
        "R2 and RMSE (g C m-2 month-1) are those of the region with most rows, with whole sites "
        "held out where that was asked for. Method: Geurts, Ernst and Wehenkel 2006, "
        "doi:10.1007/s10994-006-6226-1."
    )
    TAGS = ("machine learning", "extra trees", "random forest", "regression")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table("TRAINING", "Training table", "What 'Sample predictors' wrote.")
        self.add_catalogue()
        self.add_regions()
        add_growth(self)
        self.add_text("MODEL_TITLE", "Title", None, "Kept in the model.", optional=True)
        self.add_whole(
            "MEMBERS",
            "Members for totals' intervals",
            None,
            0,
            "Forests on halves of the sites, kept in the model. Empty: 20 where there are 100 "
            "trees or more, else none; 0: none.",
            advanced=True,
        )
        self.add_choice(
            "TOTALS",
            "Totals of members",
            TOTALS,
            "corrected",
            "corrected: each member is moved by what it errs at sites that it did not see, for "
            "forests give totals that are too high; plain: members as they are grown.",
            advanced=True,
        )
        self.add_switch(
            "TUNE",
            "Look for a better way to grow",
            False,
            "Tries leaves, shares of predictors, months that train (where the table has others "
            "than the winter's), scales, weights and aggregates by sites held out, nested so that "
            "scores stay honest. Takes minutes.",
            advanced=True,
        )
        add_zones(self, "scores are told by zone too", advanced=True)
        add_mask(
            self,
            "Cells to be mapped",
            "For the validation knndm: polygons, or a raster whose pixels count unless 0 or "
            "nodata. Empty: the whole of each region.",
            advanced=True,
        )
        self.add_text(
            "LICENCE",
            "Licence of the maps",
            None,
            "Kept in the model and in every map, e.g. CC BY 4.0.",
            optional=True,
            advanced=True,
        )
        self.add_switch(
            "SIMULATED",
            "The fluxes are simulated",
            False,
            "Marks the model and all its maps as simulated.",
            advanced=True,
        )
        self.add_threads()
        self.add_output(
            "MODEL", "Model", "Winter CO2 model (*.wco2)", "The model file; it holds no code."
        )
        self.add_output("REPORT", "Report", "HTML (*.html)", "Scores and figures on one page.")
        add_scores(self)
        self.addOutput(QgsProcessingOutputString("FINGERPRINT", "Fingerprint of the model"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        self._zones = zones_of(self, parameters, context)
        self._domain = mask_of(self, parameters, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "TRAINING", context)
        model = self.target(parameters, "MODEL", context)
        if model.startswith(QgsProcessingUtils.tempFolder()):
            feedback.pushWarning(
                f"The model goes to a temporary file, which QGIS deletes when it ends: {model}. "
                "Name a file to keep it."
            )
        report = self.target(parameters, "REPORT", context)
        table.keep(model, report)
        job = {
            "job": "train",
            "training": table.path,
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": model,
            "regions": self.optional_file(parameters, "REGIONS", context),
            **growth(self, parameters, context),
            "members": self.whole(parameters, "MEMBERS", context),
            "totals": self.parameterAsEnumString(parameters, "TOTALS", context),
            "tune": self.parameterAsBoolean(parameters, "TUNE", context),
            "zones": self._zones,
            "domain": self._domain,
            "title": self.text(parameters, "MODEL_TITLE", context),
            "licence": self.text(parameters, "LICENCE", context),
            "simulated": self.parameterAsBoolean(parameters, "SIMULATED", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback, {**table.names, **zone_words(self._zones)})
        told = scores(facts, feedback)
        for region, sentence in facts["tuning"].items():
            feedback.pushInfo(f"{region}: {sentence}")
        run_job({"job": "report", "model": model, "output": report}, feedback)
        return {"MODEL": model, "REPORT": report, "FINGERPRINT": facts["fingerprint"], **told}
