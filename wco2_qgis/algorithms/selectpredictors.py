"""Select predictors: which of a catalogue help at sites that the training did not see."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingOutputFile, QgsProcessingOutputString

from wco2_qgis.algorithms.base import MODEL, Algorithm, Values, given
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file

METHODS = ("forward", "elimination")
CRITERIA = ("clear", "any")


class SelectPredictors(Algorithm):
    """`wco2:selectpredictors`."""

    ID = "selectpredictors"
    TITLE = "Select predictors"
    GROUP = MODEL
    PAGE = "models"
    SUMMARY = "Finds the predictors that help at sites which the training did not see."
    HELP = (
        "In: a training table and its catalogue.\n"
        "Out: a page that shows, by region, what was chosen and on which way, and which predictors "
        "tell the same; beside it a catalogue of the chosen ones alone, for 'Train a model'. "
        "Methods: forward selection with site folds (Meyer et al. 2018, "
        "doi:10.1016/j.envsoft.2017.12.001), recursive elimination."
    )
    TAGS = ("feature selection", "variables", "collinearity")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table("TRAINING", "Training table", "What 'Sample predictors' wrote.")
        self.add_catalogue()
        self.add_regions()
        self.add_choice(
            "METHOD",
            "Method",
            METHODS,
            "forward",
            "forward: starts with the best pair and adds; elimination: starts with all and drops.",
        )
        self.add_choice(
            "CRITERION",
            "A step counts if it is better",
            CRITERIA,
            "clear",
            "clear: by more than chance among sites; any: by however little.",
        )
        self.add_whole(
            "TREES", "Trees", 50, 1, "Of each forest that is compared; few rank as many do."
        )
        self.add_whole(
            "BUDGET",
            "Forests that a region may take",
            10000,
            1,
            "The selection ends before a round that would take more; the page says so.",
            advanced=True,
        )
        self.add_whole(
            "SEED", "Seed", 0, 0, "The same seed and libraries choose the same.", advanced=True
        )
        self.add_text("PAGE_TITLE", "Title", None, "Of the page.", optional=True, advanced=True)
        self.add_threads()
        self.add_output(
            "REPORT",
            "Selection",
            "HTML (*.html)",
            "The page; tables, figures and the catalogue of the chosen lie beside it.",
        )
        self.addOutput(QgsProcessingOutputFile("CHOSEN", "Catalogue of the chosen predictors"))
        self.addOutput(QgsProcessingOutputString("NAMES", "Chosen predictors"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "TRAINING", context)
        report = self.target(parameters, "REPORT", context)
        table.keep(report)
        job = {
            "job": "select",
            "training": table.path,
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": report,
            "regions": self.optional_file(parameters, "REGIONS", context),
            "method": self.parameterAsEnumString(parameters, "METHOD", context),
            "criterion": self.parameterAsEnumString(parameters, "CRITERION", context),
            "trees": self.parameterAsInt(parameters, "TREES", context),
            "budget": self.parameterAsInt(parameters, "BUDGET", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "title": self.text(parameters, "PAGE_TITLE", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback, table.names)
        for region, chosen in facts["chosen"].items():
            rmse = facts["rmse"][region]
            feedback.pushInfo(
                f"{region}: {', '.join(chosen)} (held-out RMSE {rmse['chosen']:.2f}, with all "
                f"{rmse['all']:.2f} g C m-2 month-1)"
            )
        names = dict.fromkeys(name for chosen in facts["chosen"].values() for name in chosen)
        return {"REPORT": report, "CHOSEN": facts["catalogue"], "NAMES": ",".join(names)}
