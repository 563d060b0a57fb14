"""Train a model: grow a forest for each region and judge it on held-out rows."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
)

from wco2_qgis.algorithms.base import MODEL, Algorithm, Values, given
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file

VALIDATIONS = ("random", "site", "blocks", "knndm")


class TrainModel(Algorithm):
    """`wco2:trainmodel`."""

    ID = "trainmodel"
    TITLE = "Train a model"
    GROUP = MODEL
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
        self.add_whole(
            "TREES", "Trees", 500, 1, "More are steadier and slower; 100 are enough to try."
        )
        self.add_choice(
            "VALIDATION",
            "Validation",
            VALIDATIONS,
            list(VALIDATIONS),
            "random: rows held out at random, which flatters; site: all rows of a site together.",
            several=True,
        )
        self.add_text("MODEL_TITLE", "Title", None, "Kept in the model.", optional=True)
        self.add_whole(
            "MIN_SAMPLES_LEAF", "Fewest rows in a leaf", 1, 1, "Larger smooths.", advanced=True
        )
        self.add_number(
            "MAX_FEATURES",
            "Share of predictors tried at a split",
            1.0,
            "Above 0, at most 1.",
            least=0.0,
            advanced=True,
        )
        self.add_whole(
            "SEED", "Seed", 0, 0, "The same seed and libraries make the same model.", advanced=True
        )
        self.add_text(
            "LICENCE",
            "Licence of the maps",
            None,
            "Kept in the model and in every map, e.g. CC BY 4.0.",
            optional=True,
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("SIMULATED", "The fluxes are simulated", False),
            "Marks the model and all its maps as simulated.",
            advanced=True,
        )
        self.add_threads()
        self.add_output(
            "MODEL", "Model", "Winter CO2 model (*.wco2)", "The model file; it holds no code."
        )
        self.add_output("REPORT", "Report", "HTML (*.html)", "Scores and figures on one page.")
        for name, title in (
            ("R2", "R2 on held-out rows"),
            ("RMSE", "RMSE on held-out rows (g C m-2 month-1)"),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))
        for name, title in (
            ("SCORED", "Region and validation of R2 and RMSE"),
            ("SCORES", "All scores (JSON)"),
            ("FINGERPRINT", "Fingerprint of the model"),
        ):
            self.addOutput(QgsProcessingOutputString(name, title))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "TRAINING", context)
        model = self.target(parameters, "MODEL", context)
        report = self.target(parameters, "REPORT", context)
        job = {
            "job": "train",
            "training": table.path,
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": model,
            "regions": self.optional_file(parameters, "REGIONS", context),
            "trees": self.parameterAsInt(parameters, "TREES", context),
            "min_samples_leaf": self.parameterAsInt(parameters, "MIN_SAMPLES_LEAF", context),
            "max_features": self.parameterAsDouble(parameters, "MAX_FEATURES", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "validation": self.parameterAsEnumStrings(parameters, "VALIDATION", context),
            "title": self.text(parameters, "MODEL_TITLE", context),
            "licence": self.text(parameters, "LICENCE", context),
            "simulated": self.parameterAsBoolean(parameters, "SIMULATED", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback, table.names)
        for row in facts["scores"]:
            feedback.pushInfo(
                f"{row['region']}, {row['validation']}: R2 {row['r2']:.2f}, RMSE {row['rmse']:.2f} "
                f"g C m-2 month-1 ({row['n']} rows of {row['sites']} sites)"
            )
        run_job({"job": "report", "model": model, "output": report}, feedback)
        outputs = {"MODEL": model, "REPORT": report, "FINGERPRINT": facts["fingerprint"]}
        if facts["scores"]:
            best = max(facts["scores"], key=lambda row: (row["validation"] == "site", row["n"]))
            outputs |= {
                "R2": best["r2"],
                "RMSE": best["rmse"],
                "SCORED": f"{best['region']}, {best['validation']}",
                "SCORES": json.dumps(facts["scores"]),
            }
        return outputs
