"""Zones of a budget as they are asked for: polygons with names, or a raster of classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.analysis.coverage import ClassCover, class_cover
from wco2_engine.analysis.polygons import PolygonCover, polygon_cover
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.grid import Grid
from wco2_engine.inputs.domain import VECTOR_SUFFIXES
from wco2_engine.inputs.zones import parse_zones


def zone_cover(entry: Mapping[str, Any], grid: Grid) -> PolygonCover | ClassCover:
    """How much of a map's cells lies in zones.

    Parameters
    ----------
    entry : `path`, with `name_field` for polygons, or with `names`, `crs`, `variable` and `nodata`
        for a raster, as in a study's `[zones]`. Polygons may do without a field: see
        `polygon_cover`.

    Raises
    ------
    Wco2Error : for other keys, or a file that can't be used.
    """
    path, field = entry.get("path"), entry.get("name_field")
    if isinstance(path, str) and Path(path).suffix.lower() in VECTOR_SUFFIXES:
        check_names(entry, ("path", "name_field"), "Zones of a vector file")
        return polygon_cover(path, field, grid)
    if field is not None:
        raise Wco2Error(
            f"Zones: {path} is a raster, and has no column '{field}'.",
            "Name its values, e.g. with --zone-names 1=continuous,2=discontinuous.",
        )
    zones = parse_zones(entry, Path(), "Budget")
    if zones is None or zones.raster is None:
        raise Wco2Error("Zones have no path.", "Name a file of polygons or a raster of classes.")
    return class_cover(zones, grid)
