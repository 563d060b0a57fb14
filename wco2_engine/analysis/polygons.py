"""Polygons as zones of a map: in its plane, with the exact coverage fractions of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.coverage_fraction import coverage_fractions, sparse_fractions
from wco2_engine.analysis.ground import zone_areas
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import existing_file
from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, crs_text, parse_crs, project
from wco2_engine.inputs.areas import polygons_in, repaired
from wco2_engine.inputs.vectors import read_features

FloatArray = NDArray[np.float64]
EDGE_DEGREES, EDGE_METRES = 0.05, 5000.0  # sides of polygons are cut so fine before they are bent
ROW_DEGREES = 0.1  # rows of larger cells are cut into such, for their ground is uneven
_POLES = (90.0, -90.0)


@dataclass(frozen=True, eq=False)
class PolygonZoning:
    """Polygons in the plane of the map, with the exact coverage fractions of its cells.

    Attributes
    ----------
    shapes : one a zone, cut to the map's extent.
    ground : m2 of each zone, wherever it lies.
    frame : the zones as they were read, one row a zone, for files that repeat their outlines.
    """

    grid: Grid
    names: tuple[str, ...]
    shapes: tuple[Any, ...]
    ground: FloatArray
    frame: Any
    kind = "zone"
    whole = True

    def fractions(self, tile: Tile) -> Any:
        from shapely.geometry import box

        bounds = self.grid.bounds_of(tile)
        frame = box(*bounds)
        cut, weight = self._rows(tile)
        rows = cut * tile.height
        zones, cells, fractions = [], [], []
        for number, shape in enumerate(self.shapes):
            if shape.is_empty or not _overlap(shape.bounds, bounds):
                continue
            part = _areal(shape.intersection(frame))
            if part.is_empty:
                continue
            covered = coverage_fractions(_rings(part, bounds, rows, tile.width), rows, tile.width)
            row, column = np.nonzero(covered)
            zones.append(np.full(row.size, number))
            cells.append(row // cut * tile.width + column)
            fractions.append(covered[row, column] * weight[row])
        n_cells = tile.height * tile.width
        if not zones:
            return sparse_fractions([], [], [], len(self.names), n_cells)
        zone, cell, fraction = (np.concatenate(part) for part in (zones, cells, fractions))
        return sparse_fractions(zone, cell, fraction, len(self.names), n_cells)

    def _rows(self, tile: Tile) -> tuple[int, FloatArray]:
        """Into how many rows each of a piece is cut, and their shares of its ground.

        In degrees the north of a cell has less ground than the south, which shows in large cells.
        """
        _, north = self.grid.corner
        cut = max(1, round(self.grid.dy / ROW_DEGREES)) if self.grid.geographic else 1
        if cut == 1:
            return 1, np.ones(tile.height)
        rows = tile.row + np.arange(tile.height * cut + 1) / cut
        edges = np.clip(north - self.grid.dy * rows, -90.0, 90.0)
        ground = zone_areas(edges[1:], edges[:-1], 1.0).reshape(tile.height, cut)
        return cut, (ground / ground.sum(axis=1, keepdims=True)).ravel()


def polygon_zoning(path: str, name_field: str | None, grid: Grid) -> PolygonZoning:
    """Polygons of an OGR source as zones; those of one name are one zone.

    They are repaired where invalid, and taken into the map's CRS with their sides cut into short
    pieces, so that a side is straight in the CRS that it was drawn in. Those that hold a pole or
    cross the antimeridian stay whole.

    Parameters
    ----------
    name_field : the column with the zones' names; "name" where there is one, if not given.

    Raises
    ------
    Wco2Error : when the file is missing, states no CRS, lacks the column or a name in it, or holds
        no polygon, or one that the map's CRS can't show.
    """
    from shapely.ops import unary_union

    frame = read_features(existing_file(Path(path), "Zones"), "Zones")
    if frame.crs is None:
        raise Wco2Error(f"Zones: {path} states no CRS.", "Save it with its CRS.")
    source = crs_text(_rasterio_crs(frame.crs))
    labels = _labels(frame, name_field, path)
    by_name: dict[str, list[Any]] = {}
    for name, shape in zip(labels, frame.geometry, strict=True):
        if shape is not None and not shape.is_empty:
            whole = _areal(repaired(shape, path, "Zones"))
            by_name.setdefault(name, []).append(whole)
    drawn = {name: unary_union(parts) for name, parts in by_name.items()}
    drawn = {name: shape for name, shape in drawn.items() if not shape.is_empty}
    if not drawn:
        raise Wco2Error(f"Zones: {path} holds no polygon.", "Give it areas, not points or lines.")
    shapes = tuple(_to_map(shape, source, grid, name) for name, shape in drawn.items())
    ground = np.array([_ground(shape, source) for shape in drawn.values()])
    outlines = frame.__class__({"zone": list(drawn)}, geometry=list(drawn.values()), crs=frame.crs)
    return PolygonZoning(grid, tuple(drawn), shapes, ground, outlines)


def _labels(frame: Any, name_field: str | None, path: str) -> list[str]:
    fields = [str(column) for column in frame.columns if column != frame.geometry.name]
    field = name_field or next((name for name in fields if name.lower() == "name"), None)
    if field is None:
        if fields and len(frame) > 1:
            raise Wco2Error(
                f"Zones: which column of {path} names them is not said.",
                f"Name it with --name-field; there are {', '.join(fields)}.",
            )
        return [str(number) for number in range(1, len(frame) + 1)]
    if field not in fields:
        raise Wco2Error(f"Zones: {path} has no column '{field}'.", nearest_name(field, fields))
    labels = []
    for row, value in enumerate(frame[field], start=1):
        if value is None or value != value or not str(value).strip():
            raise Wco2Error(f"Zones: {path}, feature {row}, has no name in '{field}'.")
        whole = isinstance(value, float) and value.is_integer()
        labels.append(str(int(value) if whole else value).strip())
    return labels


def _to_map(shape: Any, source: str, grid: Grid, name: str) -> Any:
    """A zone in the plane of the map, cut to its extent."""
    from shapely.geometry import box
    from shapely.ops import unary_union

    if parse_crs(source).is_geographic and not grid.geographic:
        shape = _near(shape, grid)  # the far side of the Earth may have no place in the map's CRS
    extent = grid.bounds
    parts = []
    for polygon in polygons_in(shape):
        area = _enclosed(polygon.exterior, source, grid, name)
        for hole in polygon.interiors:
            area = area.difference(_enclosed(hole, source, grid, name))
        parts.append(_areal(area.intersection(box(*extent))))
    return _areal(unary_union(parts))


def _enclosed(ring: Any, source: str, grid: Grid, name: str) -> Any:
    """What a ring of a zone encloses on the map."""
    from shapely.affinity import translate
    from shapely.geometry import Point, Polygon
    from shapely.ops import unary_union

    x, y = project(*_cut_fine(ring, source), source, grid.crs)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise Wco2Error(
            f"Zone '{name}' reaches where the maps' CRS has no place for it.",
            "Cut the zones to the area of the maps.",
        )
    if not grid.geographic:
        return _valid(Polygon(np.column_stack([x, y])))
    x = np.unwrap(x, period=360.0)
    if round((x[-1] - x[0]) / 360.0):  # once around a pole: what lies between ring and pole
        inside = [
            pole
            for pole in _POLES
            if Polygon(ring).contains(
                Point(
                    *(
                        float(v[0])
                        for v in project(np.zeros(1), np.array([pole]), GEOGRAPHIC, source)
                    )
                )
            )
        ]
        pole = inside[0] if len(inside) == 1 else np.copysign(90.0, y.mean())
        x, y = np.append(x, [x[-1], x[0]]), np.append(y, [pole, pole])
    area = _valid(Polygon(np.column_stack([x, y])))
    west, _, east, _ = grid.bounds
    first, last = np.ceil((west - x.max()) / 360.0), np.floor((east - x.min()) / 360.0)
    turns = np.arange(first, last + 1)
    return _areal(unary_union([translate(area, 360.0 * turn) for turn in turns]))


def _cut_fine(ring: Any, source: str) -> tuple[FloatArray, FloatArray]:
    """The corners of a closed ring, with points between them where they lie far apart."""
    corners = np.asarray(ring.coords, np.float64)[:, :2]
    crs = parse_crs(source)
    step = EDGE_DEGREES if crs.is_geographic else EDGE_METRES / crs.linear_units_factor[1]
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    pieces = np.maximum(1, np.ceil(lengths / step)).astype(np.int64)
    starts = np.repeat(np.cumsum(pieces) - pieces, pieces)
    along = (np.arange(pieces.sum()) - starts) / np.repeat(pieces, pieces)
    points = np.repeat(corners[:-1], pieces, axis=0)
    points += along[:, np.newaxis] * np.repeat(np.diff(corners, axis=0), pieces, axis=0)
    closed = np.vstack([points, corners[-1:]])
    return closed[:, 0], closed[:, 1]


def _near(shape: Any, grid: Grid) -> Any:
    """What of a shape in degrees lies between the latitudes of the map."""
    from shapely.geometry import box

    west, south, east, north = grid.bounds
    side = np.linspace(0.0, 1.0, 101)
    x, y = np.meshgrid(west + (east - west) * side, south + (north - south) * side)
    _, latitude = project(x.ravel(), y.ravel(), grid.crs, GEOGRAPHIC)
    latitude = latitude[np.isfinite(latitude)]
    low, high = max(-90.0, latitude.min() - 1.0), min(90.0, latitude.max() + 1.0)
    left, _, right, _ = shape.bounds
    return _areal(shape.intersection(box(left, low, right, high)))


def _ground(shape: Any, source: str) -> float:
    """The area of a zone on the ellipsoid, m2."""
    from pyproj import Geod

    earth = Geod(ellps="WGS84")

    def enclosed(ring: Any) -> float:
        longitude, latitude = project(*_cut_fine(ring, source), source, GEOGRAPHIC)
        return abs(float(earth.polygon_area_perimeter(longitude, latitude)[0]))

    return sum(
        enclosed(polygon.exterior) - sum(map(enclosed, polygon.interiors))
        for polygon in polygons_in(shape)
    )


def _valid(shape: Any) -> Any:
    from shapely.validation import make_valid

    return _areal(shape if shape.is_valid else make_valid(shape))


def _areal(shape: Any) -> Any:
    """The polygons of a geometry as one, without lines and points that cutting leaves."""
    from shapely.geometry import MultiPolygon

    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return MultiPolygon(list(polygons_in(shape)))


def _rings(shape: Any, bounds: tuple[float, float, float, float], rows: int, columns: int) -> Any:
    """The rings of a shape in rows and columns from the north-west corner of a piece of a map."""
    from shapely.geometry.polygon import orient

    west, south, east, north = bounds
    corner, size = np.array([west, north]), np.array([east - west, south - north])
    return [
        (np.asarray(ring.coords, np.float64)[:, :2] - corner) / size * (columns, rows)
        for polygon in polygons_in(shape)
        for ring in (orient(polygon).exterior, *orient(polygon).interiors)
    ]


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _rasterio_crs(crs: Any) -> Any:
    from rasterio.crs import CRS

    return CRS.from_wkt(crs.to_wkt())
