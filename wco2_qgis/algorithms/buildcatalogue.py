"""Build a catalogue: name the rasters of predictors and their units in one file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterCrs,
    QgsProcessingParameterMultipleLayers,
    QgsRasterLayer,
)

from wco2_qgis.algorithms.base import INPUTS, Algorithm, Values
from wco2_qgis.drafts import Draft, drafts, entry, repeated
from wco2_qgis.places import crs_text

GROUPS = ("climate", "vegetation", "snow", "soil", "permafrost", "terrain")
WHENS = ("auto", "static", "yearly", "climatology", "monthly")
RESAMPLINGS = ("bilinear", "nearest")
_START = (
    "# The catalogue of predictors: what each is called, where it lies, how it is stored.\n"
    "# Paths are relative to this file; {year} and {month:02d} are filled in.\n"
)


class BuildCatalogue(Algorithm):
    """`wco2:buildcatalogue`."""

    ID = "buildcatalogue"
    TITLE = "Build a catalogue"
    GROUP = INPUTS
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
        layers = self.parameterAsLayerList(parameters, "RASTERS", context)
        self._files = {
            layer.source(): layer.bandCount()
            for layer in layers
            if isinstance(layer, QgsRasterLayer)
        }
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
            self._files[source] = opened.RasterCount
        if not self._files:
            raise QgsProcessingException("No raster is given.\nChoose layers or files.")
        return True

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        target = Path(self.target(parameters, "CATALOGUE", context)).absolute()
        when = self.parameterAsEnumString(parameters, "WHEN", context)
        found = self._named(drafts(self._files, when), self.text(parameters, "NAME", context))
        existing = self.optional_file(parameters, "EXISTING", context)
        text = _START
        names: list[str] = []
        if existing is not None:
            text, names = _read(Path(existing), target)
        names += [draft.name for draft in found]
        twice = repeated(names)
        if twice is not None:
            raise QgsProcessingException(
                f"Two predictors would be called '{twice}'.\nGive a name, or rename a file."
            )
        units = self.text(parameters, "UNITS", context) or "1"
        values = {
            "group": self.parameterAsEnumString(parameters, "GROUP", context),
            "units": units,
            "to": self.text(parameters, "TO", context) or units,
            "resampling": self.parameterAsEnumString(parameters, "RESAMPLING", context),
        }
        crs = self.parameterAsCrs(parameters, "CRS", context)
        if crs.isValid():
            values["crs"] = crs_text(crs)
        for draft in found:
            feedback.pushInfo(f"{draft.name}: {draft.when}, {draft.files} files, {draft.path}")
            text += entry(draft, values, target.parent)
        target.write_text(text, encoding="utf-8")
        return {"CATALOGUE": str(target), "COUNT": len(names), "NAMES": ",".join(names)}

    def _named(self, found: list[Draft], name: str | None) -> list[Draft]:
        if name is None:
            return found
        if len(found) > 1:
            listed = ", ".join(draft.path for draft in found)
            raise QgsProcessingException(
                f"One name, '{name}', is given for {len(found)} predictors: {listed}.\n"
                "Leave the name empty, or add them one after the other."
            )
        if not name.isidentifier():
            raise QgsProcessingException(
                f"'{name}' is no name of a predictor.\nUse letters, digits and _."
            )
        return [replace(found[0], name=name)]


def _variables(path: str) -> list[str]:
    """The names of the variables in a file."""
    opened = gdal.Open(path)
    return [] if opened is None else [n.rpartition(":")[2] for n, _ in opened.GetSubDatasets()]


def _read(path: Path, target: Path) -> tuple[str, list[str]]:
    """The text of a catalogue and the names in it."""
    if path.absolute().parent != target.parent:
        raise QgsProcessingException(
            f"{path} and {target} lie in different folders, but paths in a catalogue are relative "
            "to it.\nWrite the new catalogue beside the old one."
        )
    import tomllib  # novermin - not there in the oldest Pythons of QGIS

    try:
        text = path.read_text(encoding="utf-8")
        names = [table["name"] for table in tomllib.loads(text).get("predictor", [])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QgsProcessingException(f"{path} is no catalogue: {error}.") from error
    return text.rstrip("\n") + "\n", names
