"""Zones that scores are told by, such as permafrost extent: polygons with names, or classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.files import existing_file
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.areas import FloatArray, Polygons, polygons_of
from wco2_engine.inputs.domain import parse_classes
from wco2_engine.inputs.rasters import AS_STORED, Encoding, Points, Rasters, Sampler
from wco2_engine.inputs.vectors import VECTOR_SUFFIXES, read_features

OUTSIDE = ("none", "no", "outside", "ocean")  # what the ground outside of all zones is called
MAX_ZONES = 50  # more than that is no division into zones but another column
_HOW = 'Write path = "zones.gpkg" and name_field = "zone", or a raster\'s path and names.'


@dataclass(frozen=True)
class Zones:
    """Polygons by the name of their zone, or a raster whose values have names."""

    polygons: Mapping[str, Polygons] = field(default_factory=dict)
    raster: str | None = None
    names: Mapping[float, str] = field(default_factory=dict)
    encoding: Encoding = AS_STORED

    @property
    def all_names(self) -> tuple[str, ...]:
        """The names of the zones, but for that of the ground outside of all."""
        names = dict.fromkeys([*self.polygons, *self.names.values()])
        return tuple(name for name in names if name.lower() not in OUTSIDE)

    def at(self, longitude: FloatArray, latitude: FloatArray) -> list[str]:
        """The zone of each of `(n,)` points in degrees, the first that holds it; "" outside."""
        found = np.full(longitude.shape, "", dtype=object)
        for name, area in self.polygons.items():
            free = np.flatnonzero(found == "")
            found[free[area.contains(longitude[free], latitude[free])]] = name
        if self.raster is not None:
            with Rasters() as rasters:
                sampler = Sampler(rasters, Points(longitude, latitude, GEOGRAPHIC))
                values = sampler.values(rasters.info(self.raster, self.encoding), 1, "nearest")
            for value, name in (self.names or _own_names(values)).items():
                found[values == value] = name
        return [str(name) for name in found]


def parse_zones(entry: Any, folder: Path, where: str) -> Zones | None:
    """Zones from a study's `[zones]`: None, or a table with `path` and what names the zones.

    A vector file takes `name_field`, the column with the names. A raster may take `names`, a table
    from values to names, without which values stand for themselves, and `crs`, `variable` and
    `nodata`. Values that the table leaves out are outside of all zones.

    Raises
    ------
    Wco2Error : when the file is missing, or keys, the column or the names are wrong.
    """
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or not isinstance(entry.get("path"), str):
        raise Wco2Error(f"{where}: zones have no path.", _HOW)
    path = entry["path"]
    if Path(path).suffix.lower() in VECTOR_SUFFIXES:
        check_names(entry, ("path", "name_field"), f"{where}: zones of a vector file")
        return Zones(polygons=_polygons(entry, folder, where))
    known = ("path", "names", "crs", "variable", "nodata")
    check_names(entry, known, f"{where}: zones of a raster")
    names = _names(entry["names"], where) if "names" in entry else {}
    raster, encoding = parse_classes(entry, folder, f"{where}: zones")
    return Zones(raster=raster, names=names, encoding=encoding)


def _polygons(entry: Mapping[str, Any], folder: Path, where: str) -> dict[str, Polygons]:
    path = existing_file(folder / entry["path"], f"{where}: zones")
    column = entry.get("name_field")
    if not isinstance(column, str):
        raise Wco2Error(f"{where}: zones {path} have no name_field.", _HOW)
    frame = read_features(path, f"{where}: zones")
    if column not in frame.columns:
        raise Wco2Error(
            f"{where}: zones {path} have no column '{column}'.",
            nearest_name(column, map(str, frame.columns)),
        )
    there = frame[column].notna()
    texts = [str(v).strip() if t else "" for v, t in zip(frame[column], there, strict=True)]
    zones = list(dict.fromkeys(text for text in texts if text))
    _check_count(zones, f"{where}: zones {path} by '{column}'")
    of_feature = np.array(texts, dtype=object)
    return {
        zone: polygons_of(frame[of_feature == zone], path, f"{where}: zone '{zone}'")
        for zone in zones
    }


def _names(table: Any, where: str) -> dict[float, str]:
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where}: zones' names are no table.", 'Write names = { 1 = "…" }.')
    found: dict[float, str] = {}
    for value, name in table.items():
        try:
            number = float(value)
        except ValueError as error:
            raise Wco2Error(f"{where}: zones' names have '{value}', which is no number.") from error
        if not isinstance(name, str) or not name.strip():
            raise Wco2Error(f"{where}: zone {value} has no name ({name!r}).", "Put it in quotes.")
        found[number] = name.strip()
    _check_count(list(found.values()), f"{where}: zones")
    return found


def _own_names(values: FloatArray) -> dict[float, str]:
    found = {value: f"{value:g}" for value in np.unique(values[np.isfinite(values)]).tolist()}
    if len(found) > MAX_ZONES:
        _check_count(list(found.values()), "The zones of the raster")
    return found


def _check_count(zones: list[str], where: str) -> None:
    if not 1 <= len(zones) <= MAX_ZONES:
        raise Wco2Error(
            f"{where} are {len(zones)}, not 1 to {MAX_ZONES}.", "Name fewer and larger ones."
        )
    if "all" in zones:
        raise Wco2Error(f"{where} have one named 'all'.", "That stands for all rows; rename it.")
