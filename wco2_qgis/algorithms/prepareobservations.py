"""Prepare observations: a layer or table of measured fluxes becomes one row a site and month."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterVectorDestination,
)

from wco2_qgis.algorithms.base import INPUTS, Algorithm, Values, given
from wco2_qgis.i18n import engines_words
from wco2_qgis.runner import run_job
from wco2_qgis.tables import TableFile, table_file

FORMATS = (*("auto", "wco2", "abcflux-v1", "abcflux-v2", "ornl-1692", "fluxnet", "srdb", "dgrsd"),)
TARGETS = ("reco", "nee")
FIELDS = {
    "SITE": "Site",
    "FLUX": "Flux",
    "YEAR": "Year",
    "MONTH": "Month",
    "DATE": "Date",
    "DAY_OF_YEAR": "Day of the year",
    "LONGITUDE": "Longitude",
    "LATITUDE": "Latitude",
    "TREATMENT": "Treatment",
    "METHOD": "Method",
    "SOURCE": "Source",
    "GAP_FILL": "Gap-filled share",
    "QUALITY": "Quality",
}
_HELP_OF_FIELDS = {
    "SITE": "Name of the measured site.",
    "FLUX": "The measured flux, in the unit given below; positive when CO2 leaves the ground.",
    "YEAR": "Calendar year of the measurement; not needed beside a date.",
    "MONTH": "Calendar month, 1 to 12; not needed beside a date or a day of the year.",
    "DATE": "Date as 2003-12-31, where there are no year and month.",
    "DAY_OF_YEAR": "Day of the year, 1 to 366, where there is no month.",
    "LONGITUDE": "Degrees. Points need none: their geometry counts, in whatever CRS.",
    "LATITUDE": "Degrees. Points need none.",
    "TREATMENT": "What was done to the plot; only untreated ones are kept unless said otherwise.",
    "METHOD": "How it was measured; carried along.",
    "SOURCE": "Where the row comes from; carried along.",
    "GAP_FILL": "Share of the month that was filled, 0 to 100 %.",
    "QUALITY": "Share of the month that was measured or filled with confidence, 0 to 1.",
}
_ADVANCED = (
    *("DATE", "DAY_OF_YEAR", "LONGITUDE", "LATITUDE", "TREATMENT", "METHOD", "SOURCE"),
    *("GAP_FILL", "QUALITY"),
)


class PrepareObservations(Algorithm):
    """`wco2:prepareobservations`."""

    ID = "prepareobservations"
    TITLE = "Prepare observations"
    GROUP = INPUTS
    PAGE = "observations"
    SUMMARY = (
        "Reads, converts, screens and merges measured CO2 fluxes into one row a site and month."
    )
    HELP = (
        "In: a point layer, a table or a CSV file, or a folder of monthly FLUXNET files. Either "
        "its format is known by its columns, or name the fields and the unit.\n"
        "Out: points with the flux in g C m-2 month-1, positive = release, and a table of every "
        "row that was left out, with the reason; the counts add up."
    )
    TAGS = ("measurements", "csv", "table")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add(
            QgsProcessingParameterFeatureSource(
                "INPUT",
                "Measured fluxes",
                [QgsProcessing.SourceType.TypeVector],
                optional=True,
            ),
            "Point layer, or table or CSV file with coordinates in columns; not needed beside a "
            "folder of FLUXNET files.",
        )
        self.add_choice(
            "FORMAT",
            "Format",
            FORMATS,
            "auto",
            "A published format; auto knows it by its columns, or takes the fields below.",
        )
        self.add_choice(
            "TARGET",
            "What the fluxes are",
            TARGETS,
            None,
            "reco, ecosystem respiration, or nee, net ecosystem exchange, for formats that have "
            "both; empty takes reco.",
            optional=True,
        )
        self.add(
            QgsProcessingParameterFile(
                "FLUXNET_FOLDER",
                "Or a folder of FLUXNET files",
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            "FLUXNET, AmeriFlux or ICOS files with MM in their names; folders below count too.",
        )
        self.add_file(
            "SITE_TABLE",
            "Site table of FLUXNET files",
            "csv",
            "CSV with SITE_ID, LOCATION_LAT and LOCATION_LONG: the files don't say where they are.",
            optional=True,
        )
        for name, title in FIELDS.items():
            field = QgsProcessingParameterField(
                name, f"{title} field", parentLayerParameterName="INPUT", optional=True
            )
            self.add(field, _HELP_OF_FIELDS[name], advanced=name in _ADVANCED)
        self.add_text(
            "FLUX_UNITS",
            "Unit of the flux field",
            None,
            "E.g. g C m-2 day-1, umol CO2 m-2 s-1 or mg CO2 m-2 h-1; a rate becomes a month's flux "
            "by the real days of the month.",
            optional=True,
        )
        self.add_whole(
            "TABLE_YEAR",
            "Year of a table without years",
            None,
            1800,
            "For a table of each month's mean over several years: the year that it stands for. "
            "Empty: the table says its years.",
            advanced=True,
        )
        self.add_text(
            "TREATMENTS",
            "Treatments to keep",
            "control",
            "control, all, or names separated by semicolons.",
            advanced=True,
        )
        self.add_text(
            "YEARS",
            "Years to keep",
            None,
            "E.g. 1990-1999; empty keeps all.",
            optional=True,
            advanced=True,
        )
        for name, title in (("LEAST", "Smallest flux to keep"), ("MOST", "Largest flux to keep")):
            self.add_number(
                name, title, None, "g C m-2 month-1; both or neither.", optional=True, advanced=True
            )
        self.add_number(
            "GAP_FILL_BELOW",
            "Gap-filled share to keep below",
            None,
            "%; empty is 100, which leaves out only what holds no measurement at all.",
            least=0.0,
            optional=True,
            advanced=True,
        )
        self.add_number(
            "MIN_QUALITY",
            "Least quality to keep",
            None,
            "Share that was measured or filled with confidence, 0 to 1; empty is 0.5.",
            least=0.0,
            optional=True,
            advanced=True,
        )
        self.add_choice(
            "CHAMBERS",
            "Chambers to keep",
            ("without_tower", "all"),
            None,
            "without_tower, as when empty, leaves a chamber out where a tower within 1 km has the "
            "same month.",
            optional=True,
            advanced=True,
        )
        self.add_choice(
            "SEASONS",
            "Means of a season",
            ("reject", "middle_month"),
            None,
            "They are of no month and left out; middle_month takes SRDB's winter mean as that of "
            "January.",
            optional=True,
            advanced=True,
        )
        self.add_choice(
            "BAD_ROWS",
            "Rows with impossible values",
            ("auto", "error", "reject"),
            "auto",
            "error stops at the first; reject lists them; auto rejects in published formats only.",
            advanced=True,
        )
        self.add_choice(
            "MERGE",
            "Merge rows of a site and month by",
            ("mean", "median"),
            "mean",
            "How fluxes of one site and month are merged.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterVectorDestination(
                "OBSERVATIONS", "Observations", QgsProcessing.SourceType.TypeVectorPoint
            ),
            "GeoPackage of points (EPSG:4326), or CSV.",
        )
        self.add_output(
            "REJECTED", "Rejected rows", "CSV (*.csv)", "Every row left out, with its reason."
        )
        for name, title in (
            ("ROWS_READ", "Rows read"),
            ("ROWS_KEPT", "Rows kept"),
            ("SITE_MONTHS", "Months of sites"),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        folder = self.optional_file(parameters, "FLUXNET_FOLDER", context)
        if folder and parameters.get("INPUT"):
            raise QgsProcessingException(
                "Measured fluxes (INPUT) and a folder of FLUXNET files are both given.\n"
                "Leave one of them empty; their observations can be merged afterwards."
            )
        if not folder and not parameters.get("INPUT"):
            raise QgsProcessingException(
                "Measured fluxes (INPUT) is empty.\nChoose a layer, or a folder of FLUXNET files."
            )
        table = (
            TableFile(folder, folder) if folder else table_file(self, parameters, "INPUT", context)
        )
        columns = {
            name.lower(): fields[0]
            for name in FIELDS
            if (fields := self.parameterAsFields(parameters, name, context))
        }
        if columns and table.longitude:
            columns = {"longitude": table.longitude, "latitude": table.latitude, **columns}
        observations = self.parameterAsOutputLayer(parameters, "OBSERVATIONS", context)
        rejected = self.target(parameters, "REJECTED", context)
        table.keep(observations, rejected)
        job = {
            "job": "observations",
            "input": table.path,
            "output": observations,
            "rejected": rejected,
            "format": self.parameterAsEnumString(parameters, "FORMAT", context),
            "columns": columns or None,
            "name": table.label if table.names else None,
            "target": self.parameterAsEnumString(parameters, "TARGET", context) or None,
            "site_table": self.optional_file(parameters, "SITE_TABLE", context),
            "year": self.whole(parameters, "TABLE_YEAR", context),
            "flux_units": self.text(parameters, "FLUX_UNITS", context),
            "screen": self._screen(parameters, context),
        }
        counts = run_job(given(job), feedback, table.names)["counts"]
        for what, number in counts.items():
            feedback.pushInfo(f"{number:8d}  {engines_words(what)}")
        return {
            "OBSERVATIONS": observations,
            "REJECTED": rejected,
            "ROWS_READ": counts["rows_read"],
            "ROWS_KEPT": counts["rows_kept"],
            "SITE_MONTHS": counts["site_months"],
        }

    def _screen(self, parameters: Values, context: Any) -> Values:
        def number(name: str) -> float | None:
            if parameters.get(name) is None:
                return None
            return float(self.parameterAsDouble(parameters, name, context))

        treatments = self.text(parameters, "TREATMENTS", context) or "control"
        bounds = [value for name in ("LEAST", "MOST") if (value := number(name)) is not None]
        screen = {
            "treatments": treatments
            if treatments in ("control", "all")
            else [part.strip() for part in treatments.split(";")],
            "years": self.text(parameters, "YEARS", context),
            "flux_range": bounds or None,
            "gap_fill_below": number("GAP_FILL_BELOW"),
            "min_quality": number("MIN_QUALITY"),
            "chambers": self.parameterAsEnumString(parameters, "CHAMBERS", context) or None,
            "seasons": self.parameterAsEnumString(parameters, "SEASONS", context) or None,
            "bad_rows": self.parameterAsEnumString(parameters, "BAD_ROWS", context),
            "merge": self.parameterAsEnumString(parameters, "MERGE", context),
        }
        return given(screen)
