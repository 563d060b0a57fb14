"""Find the next sites: where measuring would bring a map nearest to what is measured."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterCrs,
    QgsProcessingParameterExtent,
)

from wco2_qgis.algorithms.areas import add_mask, mask_of
from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.places import DEGREES, crs_of, crs_text, extent_in
from wco2_qgis.runner import run_job

WEIGHTS = ("area", "interval")


class NextSites(Algorithm):
    """`wco2:nextsites`."""

    ID = "nextsites"
    TITLE = "Find the next sites"
    GROUP = FINDINGS
    PAGE = "next-sites"
    SUMMARY = "Finds the cells where the next sites would help most."
    HELP = (
        "In: a model (.wco2) with a validation, a catalogue with the rasters of a winter, an "
        "extent.\n"
        "Out: a table of the cells whose measuring would bring the mean dissimilarity index of the "
        "map down most, one after the other (Meyer and Pebesma 2021, "
        "doi:10.1111/2041-210X.13650; Pallandt et al. 2022, doi:10.5194/bg-19-559-2022); a "
        "GeoTIFF of what one site would bring in each cell; points (GeoPackage) and a figure "
        "beside it; a page."
    )
    TAGS = ("network", "representativeness", "campaign", "dissimilarity")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("MODEL", "Model", "wco2", "A model that 'Train a model' wrote.")
        self.add_catalogue()
        self.add_whole("YEAR", "Winter", None, 1800, "The winter whose conditions count.")
        self.add_whole("SITES", "Sites to find", 10, 1, "Best first.")
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
            "RESOLUTION", "Cell size", 0.5, "In units of the CRS of the map.", least=1e-9
        )
        add_mask(
            self,
            "Mask",
            "Cells that count: polygons, or a raster whose pixels count unless 0 or nodata.",
        )
        self.add_choice(
            "WEIGH",
            "What ground counts by",
            WEIGHTS,
            "area",
            "area: its area; interval: its area times the width of its interval, so that ground "
            "where the model is unsure counts for more.",
            advanced=True,
        )
        self.add_whole(
            "SAMPLE",
            "Cells that are compared",
            1000,
            2,
            "Drawn alike; 3000 at most. More are surer and slower.",
            advanced=True,
        )
        self.add_whole("SEED", "Seed", 0, 0, "The same seed draws the same cells.", advanced=True)
        self.add_threads()
        self.add_output(
            "OUTPUT", "Next sites", "CSV (*.csv)", "Points, map and figure lie beside it."
        )
        self.add_page("Next sites on a page", "next sites")
        self.addOutput(QgsProcessingOutputRasterLayer("MAP", "What one site would bring"))
        self.addOutput(QgsProcessingOutputNumber("MEAN_DI", "Mean dissimilarity index of the map"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        crs = crs_of(self, parameters, "CRS", context)
        self._crs = crs_text(crs)
        self._extent = extent_in(self, parameters, "EXTENT", crs, context)
        self._domain = mask_of(self, parameters, context)
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        output = self.target(parameters, "OUTPUT", context)
        job = {
            "job": "next_sites",
            "model": self.file(parameters, "MODEL", context),
            "catalogue": self.file(parameters, "CATALOGUE", context),
            "output": output,
            "year": self.whole(parameters, "YEAR", context),
            "sites": self.parameterAsInt(parameters, "SITES", context),
            "extent": self._extent,
            "crs": self._crs,
            "resolution": self.parameterAsDouble(parameters, "RESOLUTION", context),
            "domain": self._domain,
            "weigh": self.parameterAsEnumString(parameters, "WEIGH", context),
            "sample": self.parameterAsInt(parameters, "SAMPLE", context),
            "seed": self.parameterAsInt(parameters, "SEED", context),
            "jobs": self.parameterAsInt(parameters, "JOBS", context),
            "page": self.page_beside(parameters, output, context),
        }
        facts = run_job(given(job), feedback)
        for row in facts["sites"]:
            feedback.pushInfo(
                f"{row['rank']}: {row['longitude']:.2f}, {row['latitude']:.2f} ({row['gain']:.4f})"
            )
        maps = [path for path in facts["outputs"] if path.endswith(".tif")]
        return {
            "OUTPUT": output,
            "REPORT": job["page"],
            "MAP": maps[0],
            "MEAN_DI": facts["mean_di"],
        }
