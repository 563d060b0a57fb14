"""Sample predictors: look the rasters of a catalogue up at the observations."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterCrs,
    QgsProcessingParameterVectorDestination,
)

from wco2_qgis.algorithms.base import MODEL, Algorithm, Values, given
from wco2_qgis.algorithms.forests import add_months
from wco2_qgis.i18n import engines_words
from wco2_qgis.places import DEGREES, crs_of, crs_text
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file


class SamplePredictors(Algorithm):
    """`wco2:samplepredictors`."""

    ID = "samplepredictors"
    TITLE = "Sample predictors at observations"
    GROUP = MODEL
    PAGE = "models"
    SUMMARY = "Looks every predictor up at each observation, for the month of its measurement."
    HELP = (
        "In: prepared observations and a catalogue of rasters.\n"
        "Out: the training table, in the units that the catalogue names, and the observations "
        "that could not be sampled, with the reason. Only months of a region's winter are taken, "
        "unless all months are to train."
    )
    TAGS = ("extract", "training")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table("OBSERVATIONS", "Observations", "What 'Prepare observations' wrote.")
        self.add_catalogue()
        self.add_regions()
        self.add_choice(
            "AT",
            "Look up at",
            ("cell", "point"),
            "cell",
            "cell: the centre of the map cell that holds the site, so that training and map see "
            "the same; point: the site itself.",
            advanced=True,
        )
        self.add_number(
            "RESOLUTION", "Cell size", 0.1, "Of the map to come, in units of its CRS.", least=1e-9
        )
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of the map to come", DEGREES, optional=True),
            "The CRS that the cells lie in. Empty: degrees.",
            advanced=True,
        )
        add_months(self)
        self.add(
            QgsProcessingParameterVectorDestination(
                "TRAINING", "Training table", QgsProcessing.SourceType.TypeVectorPoint
            ),
            "GeoPackage of points (EPSG:4326), or CSV.",
        )
        self.add_output(
            "REJECTED",
            "Observations not sampled",
            "CSV (*.csv)",
            "Every observation left out, with its reason.",
        )
        self.addOutput(QgsProcessingOutputNumber("READ", "Months of sites read"))
        self.addOutput(QgsProcessingOutputNumber("KEPT", "Months of sites kept"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "OBSERVATIONS", context)
        training = self.parameterAsOutputLayer(parameters, "TRAINING", context)
        rejected = self.target(parameters, "REJECTED", context)
        table.keep(training, rejected)
        job = {
            "job": "sample",
            "observations": table.path,
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": training,
            "rejected": rejected,
            "regions": self.optional_file(parameters, "REGIONS", context),
            "at": self.parameterAsEnumString(parameters, "AT", context),
            "resolution": self.parameterAsDouble(parameters, "RESOLUTION", context),
            "crs": crs_text(crs_of(self, parameters, "CRS", context)),
            "train_months": self.parameterAsEnumString(parameters, "TRAIN_MONTHS", context),
        }
        counts = run_job(given(job), feedback, table.names)["counts"]
        for what, number in counts.items():
            feedback.pushInfo(f"{number:8d}  {engines_words(what)}")
        return {
            "TRAINING": training,
            "REJECTED": rejected,
            "READ": counts["site_months_read"],
            "KEPT": counts["site_months_kept"],
        }
