"""Entries drafted from rasters that a person chose: files, or layers of a project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.inputs.rasters import is_local
from wco2_engine.products.names import plain_name, series_of_names, when_of_pattern
from wco2_engine.schema import option

# As GDAL and QGIS name a variable of a file.
_WITH_MONTHS = ("monthly", "climatology")
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
    by_variable: dict[str, dict[str, ChosenRaster]] = {}
    for raster in rasters:
        match = _VARIABLE.fullmatch(raster.source)
        file, variable = (match[1], match[2]) if match else (raster.source, "")
        file = file.replace("\\", "/")
        if is_local(file):  # a catalogue starts from its own folder, and this from where one is
            file = Path(file).absolute().as_posix()
        by_variable.setdefault(variable, {})[file] = raster
    return [
        _series(path, variable, [files[name] for name in names], when)
        for variable, files in by_variable.items()
        for path, names in series_of_names(files, months=when in _WITH_MONTHS).items()
    ]


def _series(path: str, variable: str, members: Sequence[ChosenRaster], when: str) -> Series:
    first = members[0]
    name = plain_name(f"{variable}." if variable else path)
    if len(members) == 1 and first.name:
        name = plain_name(f"{first.name}.")
    chosen = when_of_pattern(path, first.bands) if when == "auto" else when
    crs = next((raster.crs for raster in members if raster.crs), None)
    return Series(name, path, chosen, len(members), variable, crs)
