"""The domain of a map: the cells that are to be predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.files import existing_file
from wco2_engine.grid import parse_crs
from wco2_engine.inputs.areas import FloatArray, Polygons, read_polygons
from wco2_engine.inputs.rasters import AS_STORED, Encoding, Points, Rasters, Sampler, gdal_path
from wco2_engine.inputs.vectors import VECTOR_SUFFIXES


@dataclass(frozen=True)
class Domain:
    """Cells whose centre lies in one of `polygons`, or on a pixel of `raster` that counts.

    `values` are the pixels that count; without them all but nodata and 0 do.
    """

    polygons: Polygons | None = None
    raster: str | None = None
    values: tuple[float, ...] = ()
    encoding: Encoding = AS_STORED

    def __str__(self) -> str:
        if self.raster is None:
            return "cells in polygons"
        values = (
            f" is {', '.join(f'{value:g}' for value in self.values)}"
            if self.values
            else " is not 0"
        )
        return f"cells where {Path(self.raster).name}{values}"

    def mask(
        self, rasters: Rasters, points: Points, longitude: FloatArray, latitude: FloatArray
    ) -> NDArray[np.bool_]:
        """Which cells belong, `(n,)` bool; points and geographic coordinates of the same cells."""
        if self.polygons is not None:
            return self.polygons.contains(longitude, latitude)
        info = rasters.info(self.raster or "", self.encoding)
        found = Sampler(rasters, points).values(info, 1, "nearest")
        if self.values:
            return np.isin(found, self.values)
        return ~np.isnan(found) & (found != 0)


def parse_domain(entry: Any, folder: Path, where: str) -> Domain | None:
    """A domain from a study: None, a path, or a table with `path`, `values`, `crs` and `variable`.

    Raises
    ------
    Wco2Error : when the file is missing, or keys or values are wrong.
    """
    if entry is None:
        return None
    table = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(table, dict) or not isinstance(table.get("path"), str):
        raise Wco2Error(
            f"{where}: domain is neither a path nor a table with a path.",
            'Write domain = "zones.tif" or { path = "zones.tif", values = [1, 2] }.',
        )
    check_names(table, ("path", "values", "crs", "variable", "nodata"), f"{where}: domain")
    path = table["path"]
    if Path(path).suffix.lower() in VECTOR_SUFFIXES:
        if len(table) > 1:
            other = max(table.keys() - {"path"})
            raise Wco2Error(
                f"{where}: domain {path} is a vector file, which takes no {other}.",
                "Give the path alone; save only the polygons that are meant, with their CRS.",
            )
        local = existing_file(folder / path, f"{where}: domain")
        return Domain(polygons=read_polygons(local, f"{where}: domain"))
    values = table.get("values", [])
    if not isinstance(values, Sequence) or not all(map(_is_number, values)):
        raise Wco2Error(f"{where}: domain values {values!r} are no numbers.", "Write [1, 2, 3, 4].")
    raster, encoding = parse_classes(table, folder, f"{where}: domain")
    return Domain(None, raster, tuple(float(v) for v in values), encoding)


def parse_classes(table: Mapping[str, Any], folder: Path, where: str) -> tuple[str, Encoding]:
    """The GDAL name and encoding of a raster of classes, from `path`, `crs`, `variable`, `nodata`.

    Raises
    ------
    Wco2Error : when the file is missing or has several bands, or a value is of another kind.
    """
    nodata, crs, variable = (table.get(key) for key in ("nodata", "crs", "variable"))
    if nodata is not None and not _is_number(nodata):
        raise Wco2Error(f"{where} nodata {nodata!r} is no number.", "Write e.g. 255.")
    for text in (crs, variable):
        if not isinstance(text, str | None):
            raise Wco2Error(f"{where} has {text!r}, which is no text.", "Put it in quotes.")
    if crs is not None:
        parse_crs(crs)
    raster = gdal_path(table["path"], variable, folder, where)
    encoding = Encoding(crs=crs, nodata=nodata)
    with Rasters() as rasters:  # says now, not in the middle of a map, what is wrong
        if rasters.info(raster, encoding).count > 1:
            raise Wco2Error(f"{where} {table['path']} has several bands.", "Give a file with one.")
    return raster, encoding


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
