"""Areas of the Earth: boxes and polygons, and which points lie inside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.grid import GEOGRAPHIC, parse_crs, project
from wco2_engine.inputs.vectors import read_features

if TYPE_CHECKING:
    import geopandas

Ring = tuple[tuple[float, float], ...]
FloatArray = NDArray[np.float64]
MAX_VERTICES = 5_000_000
_EDGE = 1e-9  # degrees, or of a coordinate: what rounding may be off


class Area(Protocol):
    """Something that points are inside or outside of."""

    def contains(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
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

    def contains(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):  # points that lie nowhere are inf
            east_of_west = (longitude - self.west + _EDGE) % 360.0
        across = east_of_west <= _span(self.west, self.east) + 2 * _EDGE
        return across & (latitude >= self.south - _EDGE) & (latitude <= self.north + _EDGE)

    def to_json(self) -> dict[str, Any]:
        # A model's fingerprint is of these texts: whole numbers are written as they are read again.
        return {"bbox": [float(edge) for edge in (self.west, self.south, self.east, self.north)]}


@dataclass(frozen=True)
class Polygons:
    """Rings in the plane of their own CRS; inside is inside an odd number of rings.

    Holes and several parts so need no order, and a polygon around the pole stays whole in the
    polar projection that it was drawn in.
    """

    crs: str
    rings: tuple[Ring, ...]

    def contains(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        x, y = project(longitude, latitude, GEOGRAPHIC, self.crs)
        if parse_crs(self.crs).is_geographic:
            west = self.edges[:, [0, 2]].min()
            with np.errstate(invalid="ignore"):  # points that lie nowhere are inf
                x = (x - west) % 360.0 + west
        return inside_edges(self.edges, x, y)

    @cached_property
    def edges(self) -> FloatArray:
        """The sides of all rings: x and y of their start, x and y of their end; `(n, 4)`."""
        sides = []
        for ring in self.rings:
            start = np.asarray(ring, np.float64)
            sides.append(np.hstack([start, np.roll(start, -1, axis=0)]))
        return np.concatenate(sides)

    def to_json(self) -> dict[str, Any]:
        return {"crs": self.crs, "rings": [[list(xy) for xy in ring] for ring in self.rings]}


def latitudes(area: Area) -> tuple[float, float]:
    """The lowest and highest latitude of an area's corners, degrees."""
    if isinstance(area, Box):
        return area.south, area.north
    if not isinstance(area, Polygons):
        return -90.0, 90.0
    x, y = area.edges[:, 0], area.edges[:, 1]
    if not parse_crs(area.crs).is_geographic:
        _, y = project(x, y, area.crs, GEOGRAPHIC)
    known = y[np.isfinite(y)]
    return (float(known.min()), float(known.max())) if known.size else (-90.0, 90.0)


def _span(west: float, east: float) -> float:
    """Degrees from west to east; 0 where that is more than once around, or nothing."""
    turns = (east - west) / 360.0
    return 360.0 if turns == 1.0 else (east - west) % 360.0 if turns < 1.0 else 0.0


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
    wide = finite and max(abs(west), abs(east)) <= 360 and _span(west, east) > 0
    if not wide or not -90 <= south < north <= 90:
        raise Wco2Error(
            f"{where}: bbox {list(values)} is not west, south, east, north in degrees.",
            "South lies below north; west may exceed east, to cross the antimeridian.",
        )
    return Box(west, south, east, north)


def read_polygons(path: Path, where: str) -> Polygons:
    """All polygons of an OGR source in its own CRS, repaired where invalid.

    Raises
    ------
    Wco2Error : when the file is missing, states no CRS, or holds no polygon.
    """
    existing_file(path, f"{where}: geometry")
    return polygons_of(read_features(path, where), path, where)


def polygons_of(frame: geopandas.GeoDataFrame, path: Path, where: str) -> Polygons:
    """The polygons of features that were read from `path`, in their own CRS, repaired and joined.

    Raises
    ------
    Wco2Error : when they have no CRS, or none is a polygon.
    """
    from shapely.ops import unary_union

    if frame.crs is None:
        raise Wco2Error(f"{where}: {path} states no CRS.", "Save it with its CRS.")
    shapes = [repaired(shape, path, where) for shape in frame.geometry.dropna()]
    polygons = list(polygons_in(unary_union([p for s in shapes for p in polygons_in(s)])))
    if not polygons:
        raise Wco2Error(f"{where}: {path} holds no polygon.", "Give it areas, not points or lines.")
    if frame.crs.is_geographic:
        _check_degrees(unary_union(polygons).bounds, path, where)
    rings = tuple(
        tuple((float(x), float(y)) for x, y, *_ in ring.coords[:-1])
        for polygon in polygons
        for ring in rings_of(polygon)
    )
    # A code only where it is surely that CRS: pyproj, too, names similar ones.
    epsg = frame.crs.to_epsg(min_confidence=100)
    return Polygons(f"EPSG:{epsg}" if epsg else frame.crs.to_wkt(), rings)


def repaired(shape: Any, path: Path | str, where: str) -> Any:
    """A valid geometry of the same ground.

    Raises
    ------
    Wco2Error : when it has corners that are no numbers, or can't be repaired.
    """
    from shapely.errors import ShapelyError
    from shapely.validation import make_valid

    try:
        whole = shape if shape.is_valid else make_valid(shape)
        corners = [ring.coords for each in polygons_in(whole) for ring in rings_of(each)]
    except (ShapelyError, ValueError, ArithmeticError) as error:  # what GEOS could not make
        raise _no_shape(path, where) from error
    if not all(np.isfinite(np.asarray(each)).all() for each in corners):
        raise _no_shape(path, where)
    return whole


def _no_shape(path: Path | str, where: str) -> Wco2Error:
    return Wco2Error(
        f"{where}: {path} has a polygon with corners that are no numbers, or that can't be "
        "repaired.",
        "Mend or delete it in a GIS, e.g. with QGIS's 'Fix geometries'.",
    )


def rings_of(polygon: Any) -> tuple[Any, ...]:
    """The outer ring of a polygon, and those of its holes."""
    return (polygon.exterior, *polygon.interiors)


def _check_degrees(bounds: tuple[float, float, float, float], path: Path, where: str) -> None:
    """Raise for polygons whose degrees can't be longitudes and latitudes."""
    west, south, east, north = bounds
    if south >= -90 - _EDGE and north <= 90 + _EDGE and west >= -360 and east <= 360:
        return
    swapped = max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 360
    raise Wco2Error(
        f"{where}: {path} has latitudes from {south:g} to {north:g} and longitudes from {west:g} "
        f"to {east:g}, which can't be.",
        "Latitude and longitude look swapped: save the polygons with x east and y north."
        if swapped
        else "Save the polygons in degrees, or with the CRS that their numbers are in.",
    )


def polygons_in(shape: Any) -> Iterator[Any]:
    """The polygons of a geometry, which may be a collection of collections."""
    if shape.geom_type == "Polygon":
        if not shape.is_empty:
            yield shape
    else:
        for part in getattr(shape, "geoms", ()):
            yield from polygons_in(part)


def inside_edges(edges: FloatArray, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Even-odd test of points `(n,)` against the edges `(n, 4)` of closed rings in one plane.

    It looks at each point on its own, so no tiling of a map changes its answer, and it needs numpy
    alone: predicting does without a geometry library.
    """
    inside = np.zeros(x.shape, bool)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not known.size:
        return inside
    known = known[np.argsort(y[known], kind="stable")]
    x_sorted, y_sorted = x[known], y[known]
    first = np.searchsorted(y_sorted, np.minimum(edges[:, 1], edges[:, 3]))
    last = np.searchsorted(y_sorted, np.maximum(edges[:, 1], edges[:, 3]))
    # A ray to the east meets all edges at its height that lie east of all points, and none of those
    # that lie west of them. What is left is looked at point by point.
    west, east = x_sorted.min(), x_sorted.max()
    far_east = np.minimum(edges[:, 0], edges[:, 2]) > east + _EDGE * (1.0 + abs(east))
    far_west = np.maximum(edges[:, 0], edges[:, 2]) < west - _EDGE * (1.0 + abs(west))
    turns = np.zeros(known.size + 1, np.int64)
    np.add.at(turns, first[far_east], 1)
    np.add.at(turns, last[far_east], 1)
    odd = np.cumsum(turns)[:-1] % 2 == 1
    for k in np.flatnonzero((last > first) & ~far_east & ~far_west):
        (x0, y0, x1, y1), here = edges[k], slice(first[k], last[k])
        odd[here] ^= x_sorted[here] < x0 + (y_sorted[here] - y0) / (y1 - y0) * (x1 - x0)
    inside[known] = odd
    return inside
