"""Areas of the Earth: boxes and polygons, and which points lie inside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.grid import GEOGRAPHIC, parse_crs, project
from wco2_engine.inputs.vectors import read_features

Ring = tuple[tuple[float, float], ...]
FloatArray = NDArray[np.float64]
MAX_VERTICES = 5_000_000


class Area(Protocol):
    """Something that points are inside or outside of."""

    def holds(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        """Which points lie inside: two arrays `(n,)` in degrees give `(n,)` bool."""

    def to_json(self) -> dict[str, Any]:
        """Plain values that `area_from_json` reads back."""


@dataclass(frozen=True)
class Box:
    """West, south, east, north in degrees, edges included; west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        across = (longitude - self.west) % 360.0 <= (self.east - self.west) % 360.0
        if self.east - self.west >= 360.0:
            across = np.isfinite(longitude)
        return across & (latitude >= self.south) & (latitude <= self.north)

    def to_json(self) -> dict[str, Any]:
        return {"bbox": [self.west, self.south, self.east, self.north]}


@dataclass(frozen=True)
class Polygons:
    """Rings in the plane of their own CRS; inside is inside an odd number of rings.

    Holes and several parts so need no order, and a polygon around the pole stays whole in the
    polar projection that it was drawn in.
    """

    crs: str
    rings: tuple[Ring, ...]

    def holds(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        x, y = project(longitude, latitude, GEOGRAPHIC, self.crs)
        if parse_crs(self.crs).is_geographic:
            west = min(x for ring in self.rings for x, _ in ring)
            x = (x - west) % 360.0 + west
        return points_in_rings(self.rings, x, y)

    def to_json(self) -> dict[str, Any]:
        return {"crs": self.crs, "rings": [[list(xy) for xy in ring] for ring in self.rings]}


def area_from_json(data: Mapping[str, Any], where: str) -> Area:
    """The area that `to_json` wrote, with everything in it checked.

    Raises
    ------
    Wco2Error : when it is no area.
    """
    if "bbox" in data:
        return parse_box(data["bbox"], where)
    try:
        rings = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in data["rings"])
        crs = str(data["crs"])
    except (KeyError, TypeError, ValueError) as error:
        raise Wco2Error(f"{where} is neither a box nor polygons.") from error
    vertices = sum(len(ring) for ring in rings)
    finite = all(math.isfinite(v) for ring in rings for xy in ring for v in xy)
    if not 3 <= vertices <= MAX_VERTICES or min(map(len, rings)) < 3 or not finite:
        raise Wco2Error(f"{where} has polygons that can't be used ({vertices} vertices).")
    parse_crs(crs)
    return Polygons(crs, rings)


def parse_box(values: Any, where: str) -> Box:
    """A box from four degrees.

    Raises
    ------
    Wco2Error : when they are not west, south, east, north.
    """
    try:
        west, south, east, north = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise Wco2Error(
            f"{where}: bbox is not four numbers.", "Write [west, south, east, north]."
        ) from error
    finite = all(math.isfinite(value) for value in (west, south, east, north))
    if not finite or not -90 <= south < north <= 90 or max(abs(west), abs(east)) > 360:
        raise Wco2Error(
            f"{where}: bbox {list(values)} is not west, south, east, north in degrees.",
            "South lies below north; west may exceed east to cross the antimeridian.",
        )
    return Box(west, south, east, north)


def read_polygons(path: Path, where: str) -> Polygons:
    """All polygons of an OGR source in its own CRS, repaired where invalid.

    Raises
    ------
    Wco2Error : when the file is missing, states no CRS, or holds no polygon.
    """
    from shapely.ops import unary_union

    existing_file(path, f"{where}: geometry")
    frame = read_features(path, where)
    if frame.crs is None:
        raise Wco2Error(f"{where}: {path} states no CRS.", "Save it with its CRS.")
    shapes = [shape if shape.is_valid else shape.buffer(0) for shape in frame.geometry.dropna()]
    whole = unary_union(shapes)
    polygons = [
        part
        for part in getattr(whole, "geoms", [whole])
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    if not polygons:
        raise Wco2Error(f"{where}: {path} holds no polygon.", "Give it areas, not points or lines.")
    rings = tuple(
        tuple((float(x), float(y)) for x, y, *_ in ring.coords[:-1])
        for polygon in polygons
        for ring in (polygon.exterior, *polygon.interiors)
    )
    # A code only where it is surely that CRS: pyproj, too, names similar ones.
    epsg = frame.crs.to_epsg(min_confidence=100)
    return Polygons(f"EPSG:{epsg}" if epsg else frame.crs.to_wkt(), rings)


def points_in_rings(rings: Sequence[Ring], x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Even-odd test of points `(n,)` against closed rings in one plane.

    It looks at each point on its own, so no tiling of a map changes its answer, and it needs numpy
    alone: predicting does without a geometry library.
    """
    order = np.argsort(y, kind="stable")
    x_sorted, y_sorted = x[order], y[order]
    odd = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in _edges(rings):
        first, last = np.searchsorted(y_sorted, (min(y0, y1), max(y0, y1)), side="left")
        if first < last:
            height = y_sorted[first:last]
            odd[first:last] ^= x_sorted[first:last] < x0 + (height - y0) / (y1 - y0) * (x1 - x0)
    inside = np.empty(x.shape, bool)
    inside[order] = odd
    return inside


def _edges(rings: Sequence[Ring]) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    for ring in rings:
        for start, end in zip(ring, (*ring[1:], ring[0]), strict=True):
            if start[1] != end[1]:
                yield start, end
