"""Map winter CO2 flux: a model and a catalogue become a map for each winter."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterCrs,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFolderDestination,
)

from wco2_qgis.algorithms.areas import add_mask, mask_of
from wco2_qgis.algorithms.base import MAPS, Algorithm, Values, given
from wco2_qgis.places import DEGREES, crs_of, crs_text, extent_in
from wco2_qgis.runner import run_job
from wco2_qgis.styling import (
    APPLICABILITY,
    FLUX,
    LOWER,
    MEMBERS,
    UPPER,
    by_quantity,
    show_maps,
)

# By quantity: the output of all winters, that of the first, and what they show.
_OUTPUTS = {
    FLUX: ("MAPS", "FIRST", "Maps of the winters"),
    LOWER: ("LOWER", "FIRST_LOWER", "Lower bounds"),
    UPPER: ("UPPER", "FIRST_UPPER", "Upper bounds"),
    APPLICABILITY: ("APPLICABILITIES", "FIRST_APPLICABILITY", "Applicability"),
    MEMBERS: ("OF_MEMBERS", "FIRST_OF_MEMBERS", "Maps of the members"),
}


class PredictWinterFlux(Algorithm):
    """`wco2:predictwinterflux`."""

    ID = "predictwinterflux"
    TITLE = "Map winter CO2 flux"
    GROUP = MAPS
    PAGE = "maps"
    SUMMARY = "Maps the CO2 flux of one or many winters from a model and rasters."
    HELP = (
        "In: a model (.wco2), a catalogue with the rasters of the winters asked for, an extent.\n"
        "Out: a cloud-optimised GeoTIFF a winter, in g C m-2 winter-1, positive = release, nodata "
        "where a predictor is missing; the sum over the months of each region's winter. On demand "
        "its bounds, its months, where the model can be applied, and each member's map. A run "
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
        add_mask(
            self,
            "Mask",
            "Cells to predict: polygons, or a raster whose pixels count unless 0 or nodata.",
        )
        self.add_switch(
            "MONTHLY",
            "Map each month too",
            False,
            "Maps of single months, g C m-2 month-1, in monthly_flux/.",
        )
        self.add_number(
            "INTERVAL",
            "Interval of the bounds, e.g. 0.9",
            None,
            "Nine of ten months' fluxes lie between bounds of 0.9, as held-out sites show; in "
            "winter_flux_lower/ and winter_flux_upper/. Don't add them up over cells: the interval "
            "of a total comes from the members. Empty: no bounds.",
            least=0.0,
            most=1.0,
            optional=True,
        )
        self.add_switch(
            "APPLICABILITY",
            "Map where the model can be applied",
            False,
            "How unlike the training each cell is, in how many months of the winter it lies "
            "outside the area of applicability, and how many training rows are near; in "
            "applicability/. Needs a model with a validation.",
        )
        self.add_switch(
            "MEMBERS",
            "Map the members (for totals)",
            False,
            "A band for each member of the model's ensemble, in winter_flux_members/, from which "
            "'Add winter maps up' makes intervals. Needs a model with members.",
        )
        self.add_switch(
            "SNAP",
            "Edges at multiples of cell size",
            True,
            "So that maps of different extents fit onto each other.",
            advanced=True,
        )
        self.add_threads()
        self.add_number(
            "MEMORY",
            "Memory (GB)",
            None,
            "The most that the run may take. Empty: half of what is free.",
            least=0.0,
            optional=True,
            advanced=True,
        )
        self.add_text(
            "SCHEDULER",
            "Dask scheduler",
            None,
            "Address of a cluster to work on, e.g. tcp://host:8786, whose workers see the same "
            "files. Empty: this machine.",
            optional=True,
            advanced=True,
        )
        self.add_switch(
            "LOAD",
            "Load the winters into the project",
            True,
            "With one style for all, and with their times for the Temporal Controller; bounds and "
            "applicability in groups that are switched off.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the maps"),
            "Maps go to winter_flux/ in it; prediction.json says what they are.",
        )
        for maps, first, what in _OUTPUTS.values():
            self.addOutput(QgsProcessingOutputMultipleLayers(maps, what))
            title = f"{what}: the first winter"
            self.addOutput(QgsProcessingOutputRasterLayer(first, title))
        self.addOutput(QgsProcessingOutputNumber("CELLS", "Cells predicted"))
        self.addOutput(QgsProcessingOutputNumber("MISSING", "Months of cells without a value"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        crs = crs_of(self, parameters, "CRS", context)
        self._crs = crs_text(crs)
        self._extent = extent_in(self, parameters, "EXTENT", crs, context)
        self._domain = mask_of(self, parameters, context)
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
            "domain": self._domain,
            "monthly": self.parameterAsBoolean(parameters, "MONTHLY", context),
            "interval": self.number(parameters, "INTERVAL", context),
            "applicability": self.parameterAsBoolean(parameters, "APPLICABILITY", context),
            "members": self.parameterAsBoolean(parameters, "MEMBERS", context),
            "memory": self.number(parameters, "MEMORY", context),
            "scheduler": self.text(parameters, "SCHEDULER", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
        }
        facts = run_job(given(job), feedback)
        maps = by_quantity(facts["outputs"])
        missing = {name: n for name, n in facts["missing_cell_months"].items() if n}
        feedback.pushInfo(f"{facts['cells']} cells predicted.")
        for name, number in missing.items():
            feedback.pushInfo(f"{number} months of cells have no value, as {name} is missing.")
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_maps(facts["outputs"], context)
        outputs: Values = {"OUTPUT": folder, "CELLS": facts["cells"]}
        for quantity, (several, first, _) in _OUTPUTS.items():
            found = maps.get(quantity, [])
            outputs |= {several: found, first: found[0] if found else None}
        return {**outputs, "MISSING": sum(missing.values())}
