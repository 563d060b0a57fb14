"""Map winter CO2 flux: a model and a catalogue become a map for each winter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
)

from wco2_qgis.algorithms.base import MAPS, Algorithm, Values, given
from wco2_qgis.masks import mask_path
from wco2_qgis.places import DEGREES, crs_of, crs_text, extent_in
from wco2_qgis.runner import run_job
from wco2_qgis.styling import show_maps


class PredictWinterFlux(Algorithm):
    """`wco2:predictwinterflux`."""

    ID = "predictwinterflux"
    TITLE = "Map winter CO2 flux"
    GROUP = MAPS
    SUMMARY = "Maps the CO2 flux of one or many winters from a model and rasters."
    HELP = (
        "In: a model (.wco2), a catalogue with the rasters of the winters asked for, an extent.\n"
        "Out: a cloud-optimised GeoTIFF a winter, in g C m-2 winter-1, positive = release, nodata "
        "where a predictor is missing; the sum over the months of each region's winter. A run "
        "that was stopped goes on where it was when it is started again."
    )
    TAGS = ("predict", "raster", "emission")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("MODEL", "Model", "wco2", "A model that 'Train a model' wrote.")
        self.add_catalogue()
        self.add_text(
            "YEARS",
            "Winters",
            None,
            "1983, 1990-1999 or 1990,1995; a winter has the name that the model's regions give it, "
            "usually the year of its January.",
        )
        self.add(
            QgsProcessingParameterExtent("EXTENT", "Extent", optional=True),
            "In any CRS. West, east, south, north: across the antimeridian, count on beyond 180, "
            "as in 170,200,60,72 [EPSG:4326]. Empty: the whole northern permafrost region, if "
            "the map is in degrees.",
        )
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of the map", DEGREES, optional=True),
            "Any, e.g. EPSG:6931 for equal areas around the north pole. Empty: degrees.",
        )
        self.add_number(
            "RESOLUTION", "Cell size", 0.1, "In units of the CRS of the map.", least=1e-9
        )
        kinds = [
            QgsProcessing.SourceType.TypeRaster,
            QgsProcessing.SourceType.TypeVectorPolygon,
        ]
        self.add(
            QgsProcessingParameterMapLayer("MASK", "Mask", optional=True, types=kinds),
            "Cells to predict: polygons, or a raster whose pixels count unless 0 or nodata.",
        )
        self.add_text(
            "MASK_VALUES",
            "Values of the mask that count",
            None,
            "For a mask raster of classes, e.g. 1,2,3,4.",
            optional=True,
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("MONTHLY", "Write each month too", False),
            "Maps of single months, g C m-2 month-1, in monthly_flux/.",
        )
        self.add(
            QgsProcessingParameterBoolean("SNAP", "Edges on multiples of the cell size", True),
            "So that maps of different extents fit onto each other.",
            advanced=True,
        )
        self.add_threads()
        self.add(
            QgsProcessingParameterBoolean("LOAD", "Load the winters into the project", True),
            "With one style for all, and with their times for the Temporal Controller.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the maps"),
            "Maps go to winter_flux/ in it; prediction.json says what they are.",
        )
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Maps of the winters"))
        self.addOutput(QgsProcessingOutputRasterLayer("FIRST", "Map of the first winter"))
        self.addOutput(QgsProcessingOutputNumber("CELLS", "Cells predicted"))
        self.addOutput(QgsProcessingOutputNumber("MISSING", "Months of cells without a value"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        crs = crs_of(self, parameters, "CRS", context)
        self._crs = crs_text(crs)
        self._extent = extent_in(self, parameters, "EXTENT", crs, context)
        mask: QgsMapLayer | None = self.parameterAsLayer(parameters, "MASK", context)
        if mask is None and parameters.get("MASK"):
            raise QgsProcessingException(
                f"The mask {parameters['MASK']} can't be opened.\nGive a raster or polygons."
            )
        self._mask = None if mask is None else mask_path(mask, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        folder = self.target(parameters, "OUTPUT", context)
        job = {
            "job": "predict",
            "model": self.file(parameters, "MODEL", context),
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": folder,
            "years": self.text(parameters, "YEARS", context) or "",
            "extent": self._extent,
            "crs": self._crs,
            "resolution": self.parameterAsDouble(parameters, "RESOLUTION", context),
            "snap": self.parameterAsBoolean(parameters, "SNAP", context),
            "domain": self._domain(self.text(parameters, "MASK_VALUES", context)),
            "monthly": self.parameterAsBoolean(parameters, "MONTHLY", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback)
        winters = [path for path in facts["outputs"] if Path(path).parent.name == "winter_flux"]
        missing = {name: n for name, n in facts["missing_cell_months"].items() if n}
        feedback.pushInfo(f"{facts['cells']} cells predicted.")
        for name, number in missing.items():
            feedback.pushInfo(f"{number} months of cells have no value, as {name} is missing.")
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_maps(winters, context, "Winter CO2 flux")
        return {
            "OUTPUT": folder,
            "MAPS": winters,
            "FIRST": winters[0],
            "CELLS": facts["cells"],
            "MISSING": sum(missing.values()),
        }

    def _domain(self, values: str | None) -> Any:
        if values is None or self._mask is None:
            if values is not None:
                raise QgsProcessingException(
                    f"Values of a mask are given ({values}), but no mask.\nChoose a mask raster."
                )
            return self._mask
        try:
            numbers = [float(value) for value in values.replace(";", ",").split(",")]
        except ValueError as error:
            raise QgsProcessingException(
                f"Values of the mask, '{values}', are no numbers.\nWrite e.g. 1,2,3,4."
            ) from error
        return {"path": self._mask, "values": numbers}
