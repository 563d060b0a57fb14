"""From layers to maps: the shortest way, from a layer of fluxes and rasters of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingParameterExtent,
    QgsProcessingParameterField,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsRectangle,
)

from wco2_qgis.algorithms.base import STUDIES, Algorithm, Values, given
from wco2_qgis.compat import bounds_in
from wco2_qgis.guessing import guessing_dialog
from wco2_qgis.i18n import engines_language, engines_words, tr
from wco2_qgis.layers import chosen_raster
from wco2_qgis.places import DEGREES, extent_in
from wco2_qgis.runner import run_job
from wco2_qgis.styling import FLUX, by_quantity, show_maps
from wco2_qgis.tables import TableFile, table_file

_FIELDS = {
    "FLUX": ("Flux field", "The measured flux; positive when CO2 leaves the ground."),
    "YEAR": ("Year field", "Calendar year of the measurement."),
    "MONTH": ("Month field", "Calendar month, 1 to 12."),
    "SITE": ("Site field", "Name of the measured site."),
    "LONGITUDE": ("Longitude field", "Degrees. Points need none."),
    "LATITUDE": ("Latitude field", "Degrees. Points need none."),
}
_TROPIC = 23.5  # degrees north
_ADVANCED = ("SITE", "LONGITUDE", "LATITUDE")


class MapFromLayers(Algorithm):
    """`wco2:mapfromlayers`."""

    ID = "mapfromlayers"
    TITLE = "Layers to winter maps"
    GROUP = STUDIES
    SUMMARY = "Makes a study of the layers in the project, and runs it to maps: the shortest way."
    HELP = (
        "In: a layer or table of measured fluxes, a row a site and month, and the rasters that the "
        "fluxes may depend on.\n"
        "Out: a folder with a catalogue, a study file, a model, a report and a map of each winter "
        "in g C m-2 winter-1, positive = release. To go on from there, edit the study file and "
        "use 'Run a study'."
    )
    TAGS = ("quick", "start", "first", "wizard", "layers")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table("FLUXES", "Measured fluxes", "Points, or a table with coordinates.")
        for name, (title, help_) in _FIELDS.items():
            self.add(
                QgsProcessingParameterField(
                    name, title, parentLayerParameterName="FLUXES", optional=True
                ),
                f"{help_} Empty: guessed from the names of the fields, and told.",
                advanced=name in _ADVANCED,
            )
        self.add_text(
            "FLUX_UNITS",
            "Unit of the flux field",
            "g C m-2 day-1",
            "E.g. g C m-2 day-1, umol CO2 m-2 s-1 or g C m-2 month-1.",
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "RASTERS", "Rasters", QgsProcessing.SourceType.TypeRaster
            ),
            "What the flux may depend on. Files that differ in year and month only are one series; "
            "others do not change with time. Their units are those that the files state.",
        )
        self.add_text("YEARS", "Winters to map", None, "1983, 1990-1999 or 1990,1995.")
        self.add(
            QgsProcessingParameterExtent("EXTENT", "Extent", optional=True),
            "In any CRS. Empty: the ground that all rasters share. All sites on that ground train, "
            "also those outside of the map, but for the tropics.",
        )
        self.add_number("RESOLUTION", "Cell size (degrees)", 0.5, "0.1 is finer.", least=1e-6)
        self.add_whole("TREES", "Trees", 200, 1, "500 are steadier and slower.", advanced=True)
        self.add_number(
            "INTERVAL",
            "Interval of the bounds, e.g. 0.9",
            None,
            "Empty: no bounds.",
            least=0.0,
            most=1.0,
            optional=True,
            advanced=True,
        )
        self.add_switch(
            "LOAD",
            "Load the winters into the project",
            True,
            "With one style for all, and with their times for the Temporal Controller.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder of the study"),
            "New or empty, or that of an earlier run, which then goes on where it was.",
        )
        self.addOutput(QgsProcessingOutputFile("STUDY", "Study file"))
        self.addOutput(QgsProcessingOutputFile("MODEL", "Model"))
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Maps of the winters"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report"))

    def createCustomParametersWidget(self, parent: Any = None) -> Any:
        return guessing_dialog(
            self.create(), "FLUXES", {name: name.lower() for name in _FIELDS}, parent
        )

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        # Layers belong to the main thread; what is needed of them is taken here.
        layers = self.parameterAsLayerList(parameters, "RASTERS", context)
        if not layers:
            raise QgsProcessingException(tr("No raster is given.\nChoose layers or files."))
        self._rasters = [chosen_raster(layer) for layer in layers]
        degrees = QgsCoordinateReferenceSystem(DEGREES)
        self._extent = extent_in(self, parameters, "EXTENT", degrees, context)
        # Sites train wherever all rasters have values, however small the map is.
        self._region = _shared_extent(layers, degrees, context)
        if self._extent is None:
            self._extent = self._region
        self._region = _sites_of(self._region, self._extent)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        table = table_file(self, parameters, "FLUXES", context)
        begin = {
            "job": "begin",
            "folder": str(Path(self.target(parameters, "OUTPUT", context)).absolute()),
            "fluxes": table.path,
            "copy": bool(
                table.names
            ),  # QGIS deletes its copy of the layer: it belongs to the study
            "columns": self._columns(parameters, table, context),
            "flux_units": self.text(parameters, "FLUX_UNITS", context),
            "rasters": self._rasters,
            "extent": self._extent,
            "region": self._region,
            "years": self.text(parameters, "YEARS", context) or "",
            "resolution": self.parameterAsDouble(parameters, "RESOLUTION", context),
            "trees": self.parameterAsInt(parameters, "TREES", context),
            "interval": self.number(parameters, "INTERVAL", context),
            "language": engines_language(),
        }
        begun = run_job(given(begin), feedback, table.names, (0.0, 2.0))
        for what, name in begun["guessed"].items():
            title = tr(_FIELDS[what.upper()][0]) if what.upper() in _FIELDS else engines_words(what)
            feedback.pushInfo(f"{title}: {name}")
        for row in begun["predictors"]:
            feedback.pushInfo(f"{row['name']}: {engines_words(row['when'])}, {row['path']}")
        study = begun["study"]
        facts = run_job({"job": "run", "study": study}, feedback, table.names, (2.0, 100.0))
        stages = facts["stages"]
        for name, found in stages.items():
            feedback.pushInfo(
                f"{engines_words(name)}: "
                f"{tr('done before') if found.get('skipped') else tr('done')}"
            )
        for what, number in stages["observations"]["counts"].items():
            feedback.pushInfo(f"{engines_words(what)}: {number}")
        maps = stages["predict"]["outputs"]
        if self.parameterAsBoolean(parameters, "LOAD", context):
            show_maps(maps, context)
        return {
            "OUTPUT": begin["folder"],
            "STUDY": study,
            "MODEL": stages["train"]["outputs"][0],
            "MAPS": by_quantity(maps)[FLUX],
            "REPORT": stages["report"]["outputs"][0],
        }

    def _columns(self, parameters: Values, table: TableFile, context: Any) -> dict[str, str]:
        """The table's column of each thing, as far as it is given or comes of the geometry."""
        found = {"longitude": table.longitude, "latitude": table.latitude}
        for name in _FIELDS:
            fields = self.parameterAsFields(parameters, name, context)
            if fields:
                found[name.lower()] = fields[0]
        return {what: field for what, field in found.items() if field}


def _sites_of(shared: list[float], extent: list[float]) -> list[float]:
    """Where sites train: around the map's extent, on the ground of all rasters.

    Outside of the tropics, where October to April is no winter, unless the map reaches there.
    """
    west, east = min(shared[0], extent[0]), max(shared[2], extent[2])
    if extent[0] > extent[2]:  # across the antimeridian
        west, east = -180.0, 180.0
    return [west, min(max(shared[1], _TROPIC), extent[1]), east, max(shared[3], extent[3])]


def _shared_extent(
    layers: list[Any], degrees: QgsCoordinateReferenceSystem, context: Any
) -> list[float]:
    """West, south, east, north of the ground that all layers cover, in degrees.

    Raises
    ------
    QgsProcessingException : when they share none.
    """
    shared = QgsRectangle(-180.0, -90.0, 180.0, 90.0)
    for layer in layers:
        extent = layer.extent()
        if layer.crs().isValid() and layer.crs() != degrees:
            transform = QgsCoordinateTransform(layer.crs(), degrees, context.transformContext())
            extent = bounds_in(transform, extent, False)
        if extent.xMaximum() > 180.5:  # from 0 to 360
            extent = QgsRectangle(-180.0, extent.yMinimum(), 180.0, extent.yMaximum())
        shared = shared.intersect(extent)
        if shared.isEmpty():
            raise QgsProcessingException(
                tr(
                    "'{}' shares no ground with the rasters before it.\n"
                    "Leave it out, or give an extent."
                ).format(layer.name())
            )
    return [shared.xMinimum(), shared.yMinimum(), shared.xMaximum(), shared.yMaximum()]
