"""Build a catalogue: name the rasters of predictors and their units in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
)

from wco2_qgis.algorithms.base import INPUTS, Algorithm, Values, given
from wco2_qgis.i18n import tr
from wco2_qgis.layers import chosen_raster
from wco2_qgis.places import crs_text
from wco2_qgis.runner import run_job

GROUPS = ("climate", "vegetation", "snow", "soil", "permafrost", "terrain")
WHENS = ("auto", "static", "yearly", "climatology", "monthly")
RESAMPLINGS = ("bilinear", "nearest", "average", "mode", "min", "max")


class BuildCatalogue(Algorithm):
    """`wco2:buildcatalogue`."""

    ID = "buildcatalogue"
    TITLE = "Build a catalogue"
    GROUP = INPUTS
    PAGE = "study-file"
    SUMMARY = "Writes rasters, chosen as layers or files, into a catalogue of predictors."
    HELP = (
        "In: rasters of one unit; files that differ in year and month only (t2m_2001.tif, "
        "ndvi_2001_06.tif) become one predictor.\n"
        "Out: a catalogue (TOML), which any text editor opens. Run it again with the catalogue so "
        "far to add rasters of another unit."
    )
    TAGS = ("predictors", "toml")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers(
                "RASTERS", "Rasters", QgsProcessing.SourceType.TypeRaster, optional=True
            ),
            "Layers, or files; all of one unit. Of a series choose two files or more.",
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "FILES", "Files of several variables", QgsProcessing.SourceType.TypeFile, None, True
            ),
            "netCDF or HDF5 files that QGIS does not open as one layer; name the variable.",
        )
        self.add(
            QgsProcessingParameterFile(
                "FOLDER",
                "Folder of downloads",
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            "In place of rasters and files: public products in it are recognised, and a predictor "
            "of each kind is drafted. Read the log, and the catalogue where it says TODO.",
        )
        self.add_text("VARIABLE", "Variable in these files", None, "E.g. t2m.", optional=True)
        self.add_text(
            "NAME",
            "Name of the predictor",
            None,
            "Letters, digits and _. Empty: from the file name; needed only for one predictor.",
            optional=True,
        )
        self.add_choice("GROUP", "Group", GROUPS, "climate", "What the report sorts it under.")
        self.add_text("UNITS", "Unit as stored", "1", "E.g. K, m, dg kg-1; 1 for none.")
        self.add_text(
            "TO", "Unit for the model", None, "E.g. degC; empty: as stored.", optional=True
        )
        self.add_choice(
            "WHEN",
            "Varies",
            WHENS,
            "auto",
            "auto tells by dates in the file names, and by 12 bands a file.",
        )
        self.add_choice("RESAMPLING", "Resampling", RESAMPLINGS, "bilinear", "nearest for classes.")
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of files that state none", optional=True),
            "Leave it empty for files that state theirs.",
            advanced=True,
        )
        self.add_file(
            "EXISTING",
            "Catalogue to add to",
            "toml",
            "What is in it stays; paths in it are relative to its folder, so keep the new one "
            "there too.",
            optional=True,
        )
        self.add_output("CATALOGUE", "Catalogue", "TOML (*.toml)", "The catalogue.")
        self.addOutput(QgsProcessingOutputNumber("COUNT", "Predictors in the catalogue"))
        self.addOutput(QgsProcessingOutputString("NAMES", "Their names, separated by commas"))

    def prepareAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> bool:
        # Layers belong to the main thread; their sources, names and CRS are all that is needed.
        self._rasters = [
            chosen_raster(layer)
            for layer in self.parameterAsLayerList(parameters, "RASTERS", context)
        ]
        variable = self.text(parameters, "VARIABLE", context)
        for path in filter(None, self.parameterAsFileList(parameters, "FILES", context)):
            kind = "NETCDF" if Path(path).suffix.lower() in (".nc", ".nc4", ".cdf") else "HDF5"
            source = f'{kind}:"{path}":{variable}'
            opened = gdal.Open(source) if variable else None
            if opened is None:
                raise QgsProcessingException(
                    f"{path} has no variable '{variable or ''}' that can be read.\n"
                    f"It has {', '.join(_variables(path)) or 'none'}."
                )
            self._rasters.append({"source": source, "bands": opened.RasterCount})
        self._folder = self.text(parameters, "FOLDER", context)
        if not self._rasters and not self._folder:
            raise QgsProcessingException(
                tr("No raster is given.\nChoose layers, files or a folder.")
            )
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        target = str(Path(self.target(parameters, "CATALOGUE", context)).absolute())
        crs = self.parameterAsCrs(parameters, "CRS", context)
        job = {
            "job": "catalogue",
            "output": target,
            "replace": True,  # QGIS asks before
            "rasters": self._rasters,
            "folders": [self._folder] if self._folder else [],
            "existing": self.optional_file(parameters, "EXISTING", context),
            "name": self.text(parameters, "NAME", context),
            "group": self.parameterAsEnumString(parameters, "GROUP", context),
            "units": self.text(parameters, "UNITS", context) or "1",
            "to": self.text(parameters, "TO", context),
            "when": self.parameterAsEnumString(parameters, "WHEN", context),
            "resampling": self.parameterAsEnumString(parameters, "RESAMPLING", context),
            "crs": crs_text(crs) if crs.isValid() else None,
        }
        facts = run_job(given(job), feedback)
        for row in facts["predictors"]:
            told = (row["when"] or row["product"], f"{row['files']} files", row["path"])
            feedback.pushInfo(f"{row['name']}: {', '.join(str(each) for each in told if each)}")
        for look in facts.get("values", []):
            feedback.pushInfo(f"{look['name']}: {look['text']}")
        for said in _to_look_at(facts):
            feedback.pushWarning(said)
        names = [row["name"] for row in facts["predictors"]]
        names = facts.get("names", names)
        return {"CATALOGUE": target, "COUNT": len(names), "NAMES": ",".join(names)}


def _to_look_at(facts: Values) -> list[str]:
    """What of a folder is damaged, something else, doubtful, or a person's choice."""
    doubts = [f"{look['name']}: {d}" for look in facts.get("values", []) for d in look["doubts"]]
    kinds = ("damaged", "disagreements", "not_understood")
    todo = [f"TODO {each}" for each in facts["todo"]]
    return [*(each for kind in kinds for each in facts.get(kind, [])), *doubts, *todo]


def _variables(path: str) -> list[str]:
    """The names of the variables in a file."""
    opened = gdal.Open(path)
    return [] if opened is None else [n.rpartition(":")[2] for n, _ in opened.GetSubDatasets()]
