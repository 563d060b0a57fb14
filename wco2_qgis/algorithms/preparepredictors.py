"""Prepare predictors: downloads as they come become GeoTIFFs that are quick to read."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFolderDestination,
)

from wco2_qgis.algorithms.base import INPUTS, Algorithm, Values, given
from wco2_qgis.places import DEGREES, extent_in
from wco2_qgis.runner import run_job


class PreparePredictors(Algorithm):
    """`wco2:preparepredictors`."""

    ID = "preparepredictors"
    TITLE = "Prepare predictors"
    GROUP = INPUTS
    PAGE = "predictor-stack"
    SUMMARY = "Turns downloads (netCDF, GRIB, HDF, Zarr, archives) into GeoTIFFs by year and month."
    HELP = (
        "In: a catalogue that names downloads as they come.\n"
        "Out: a folder with a GeoTIFF a predictor and year, one band a month, which QGIS opens, "
        "and a catalogue of these files. What was made before and is still true is kept. Sampling "
        "and mapping prepare what they need by themselves; this does it once, for all of it."
    )
    TAGS = ("netcdf", "grib", "stack", "predictors")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_catalogue()
        self.add_text(
            "YEARS",
            "Winters",
            None,
            "1983, 1990-1999 or 1990,1995. Empty: all months that the files have.",
            optional=True,
        )
        self.add_regions()
        self.add(
            QgsProcessingParameterExtent("EXTENT", "Extent", optional=True),
            "In any CRS. West, east, south, north: across the antimeridian, count on beyond 180, "
            "as in 170,200,60,72 [EPSG:4326]. Empty: all that the files cover.",
        )
        self.add_threads()
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder of prepared predictors"),
            "With a catalogue.toml that can be used in place of the first one.",
        )
        self.addOutput(QgsProcessingOutputNumber("PREPARED", "Predictors prepared"))
        self.addOutput(QgsProcessingOutputNumber("MADE", "Files made"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        degrees = QgsCoordinateReferenceSystem(DEGREES)
        self._extent = extent_in(self, parameters, "EXTENT", degrees, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        folder = self.target(parameters, "OUTPUT", context)
        job = {
            "job": "prepare",
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": folder,
            "years": self.text(parameters, "YEARS", context),
            "regions": self.optional_file(parameters, "REGIONS", context),
            "extent": self._extent,
            "crs": DEGREES,
            "jobs": self.whole(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback)
        for name, why in facts["prepared"].items():
            feedback.pushInfo(f"{name}: {why}")
        if not facts["prepared"]:
            feedback.pushInfo("Nothing to prepare: all predictors are read as they are.")
        return {"OUTPUT": folder, "PREPARED": len(facts["prepared"]), "MADE": facts["made"]}
