"""Entries drafted from rasters that a person chose: files, or layers of a project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.inputs.rasters import is_local
from wco2_engine.products.names import dated, literal, plain_name, when_of_pattern
from wco2_engine.schema import option

# As GDAL and QGIS name a variable of a file.
_VARIABLE = re.compile(r"(?:NETCDF|HDF5):\"?(.+?)\"?:/{0,2}([^:/]+)")


@dataclass(frozen=True)
class ChosenRaster:
    """A raster as GDAL names it, and what its layer says of it."""

    source: str = option("Path, or GDAL's name of a variable in a file.")
    bands: int = option("Number of bands.", 1, least=0)
    name: str | None = option("Name of its layer.", None)
    crs: str | None = option("CRS of its layer, where the file states none.", None)


@dataclass(frozen=True)
class Series:
    """Rasters that differ in a date only; `path` may have {year} and {month:02d}.

    `variable` is that of a netCDF or HDF5 file, "" for others.
    """

    name: str
    path: str
    when: str
    files: int
    variable: str = ""
    crs: str | None = None


def series_of(rasters: Sequence[ChosenRaster], when: str = "auto") -> list[Series]:
    """Series from rasters; what differs in a date only is one.

    A series is told by two or more names that differ in a date: `t2m_2001.tif`, `stl1_2001-01.tif`,
    `ndvi_2001_06.tif`. What one file alone has in its name may be a year, or be when it was made.
    One raster alone is called by its layer, if it has a name.

    Parameters
    ----------
    when : how they vary, or "auto" to go by the dates and the number of bands.
    """
    found: dict[tuple[str, str], list[tuple[str, ChosenRaster]]] = {}
    for raster in rasters:
        match = _VARIABLE.fullmatch(raster.source)
        file, variable = (match[1], match[2]) if match else (raster.source, "")
        file = file.replace("\\", "/")
        if is_local(file):  # a catalogue starts from its own folder, and this from where one is
            file = Path(file).absolute().as_posix()
        found.setdefault((dated(file), variable), []).append((file, raster))
    result = []
    for (pattern, variable), members in found.items():
        file, first = members[0]
        path = pattern if len(members) > 1 else literal(file)
        chosen = when_of_pattern(path, first.bands) if when == "auto" else when
        name = plain_name(variable or path.rpartition("/")[2])
        if len(members) == 1 and first.name:
            name = plain_name(f"{first.name}.")
        crs = next((raster.crs for _, raster in members if raster.crs), None)
        result.append(Series(name, path, chosen, len(members), variable, crs))
    return result
