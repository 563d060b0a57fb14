"""Prepare observations: a layer or table of measured fluxes becomes one row a site and month."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
)

from wco2_qgis.algorithms.base import INPUTS, Algorithm, Values, given
from wco2_qgis.runner import run_job
from wco2_qgis.tables import table_file

FORMATS = ("auto", "wco2", "dgrsd")
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
}
_ADVANCED = ("DATE", "DAY_OF_YEAR", "LONGITUDE", "LATITUDE", "TREATMENT", "METHOD", "SOURCE")


class PrepareObservations(Algorithm):
    """`wco2:prepareobservations`."""

    ID = "prepareobservations"
    TITLE = "Prepare observations"
    GROUP = INPUTS
    SUMMARY = (
        "Reads, converts, screens and merges measured CO2 fluxes into one row a site and month."
    )
    HELP = (
        "In: a point layer, a table or a CSV file. Either its format is known by its columns, or "
        "name the fields and the unit.\n"
        "Out: points with the flux in g C m-2 month-1, positive = release, and a table of every "
        "row that was left out, with the reason; the counts add up."
    )
    TAGS = ("measurements", "csv", "table")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_table(
            "INPUT",
            "Measured fluxes",
            "Point layer, or table or CSV file with coordinates in columns.",
        )
        self.add_choice(
            "FORMAT",
            "Format",
            FORMATS,
            "auto",
            "A published format; auto knows it by its columns, or takes the fields below.",
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
            "Several rows of a site and month become their",
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
        table = table_file(self, parameters, "INPUT", context)
        columns = {
            name.lower(): fields[0]
            for name in FIELDS
            if (fields := self.parameterAsFields(parameters, name, context))
        }
        if columns and table.longitude:
            columns = {"longitude": table.longitude, "latitude": table.latitude, **columns}
        observations = self.parameterAsOutputLayer(parameters, "OBSERVATIONS", context)
        rejected = self.target(parameters, "REJECTED", context)
        job = {
            "job": "observations",
            "input": table.path,
            "output": observations,
            "rejected": rejected,
            "format": self.parameterAsEnumString(parameters, "FORMAT", context),
            "columns": columns or None,
            "flux_units": self.text(parameters, "FLUX_UNITS", context),
            "screen": self._screen(parameters, context),
        }
        counts = run_job(given(job), feedback, table.names)["counts"]
        for what, number in counts.items():
            feedback.pushInfo(f"{number:8d}  {what.replace('_', ' ')}")
        return {
            "OBSERVATIONS": observations,
            "REJECTED": rejected,
            "ROWS_READ": counts["rows_read"],
            "ROWS_KEPT": counts["rows_kept"],
            "SITE_MONTHS": counts["site_months"],
        }

    def _screen(self, parameters: Values, context: Any) -> Values:
        treatments = self.text(parameters, "TREATMENTS", context) or "control"
        bounds = [
            self.parameterAsDouble(parameters, name, context)
            for name in ("LEAST", "MOST")
            if parameters.get(name) is not None
        ]
        screen = {
            "treatments": treatments
            if treatments in ("control", "all")
            else [part.strip() for part in treatments.split(";")],
            "years": self.text(parameters, "YEARS", context),
            "flux_range": bounds or None,
            "bad_rows": self.parameterAsEnumString(parameters, "BAD_ROWS", context),
            "merge": self.parameterAsEnumString(parameters, "MERGE", context),
        }
        return given(screen)
