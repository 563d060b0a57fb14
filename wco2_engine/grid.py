"""Where the cells of a map and the pixels of a raster lie, and points between one CRS and another.

A raster's pixels and a map's cells are the same thing here: both are a `Grid`, a finite part of
endless `Cells`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, gdal_errors

GEOGRAPHIC = "EPSG:4326"
EARTH_RADIUS_M = 6_371_010.0  # of the sphere on which distances are taken, as S2 and R's sf have it
FloatArray = NDArray[np.float64]
# GDAL takes the successor of a code that was deprecated, and Debian 12's counts EPSG:3408 (the
# EASE-Grid on a sphere) as such: its cells would lie up to 20 km off.
AS_STATED = {"OSR_USE_NON_DEPRECATED": "NO"}
METRES_A_DEGREE = 111_319.5  # of longitude at the equator
BLOCK = 512  # cells along the side of a piece; our maps are stored in such blocks
EDGE = 1e-6  # of a pixel: nearer than this, a point lies on the pixel's edge or middle
_SNAP = 1e-6  # of a cell: what rounding in an extent may be off
_TURN = 0.01  # of a pixel: what rounding in a raster's pixel size may add up to around the Earth


class Tile(NamedTuple):
    """A rectangle of cells: first row and column, and how many of each."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class Cells:
    """The endless grid: cells of `dx` by `dy` units of `crs`, edges at `x0`, `y0` plus multiples.

    A cell is known by two whole numbers, so that its centre comes out the same to the last bit
    whatever the extent of the map that holds it. Where columns fit 360 degrees a whole number of
    times, centres lie in -180..180, so that a map across the antimeridian has the same ones too.

    Examples
    --------
    >>> cells = Cells.square("EPSG:4326", 0.5)
    >>> cells.centres_of(np.array([23.9]), np.array([68.6]))
    (array([23.75]), array([68.75]))
    """

    crs: str
    dx: float
    dy: float
    x0: float = 0.0
    y0: float = 0.0

    @classmethod
    def square(cls, crs: str, size: float, x0: float = 0.0, y0: float = 0.0) -> Cells:
        """Cells as wide as high.

        Raises
        ------
        Wco2Error : for a size that is no positive number.
        """
        return cls(crs, size, size, x0, y0)

    def __post_init__(self) -> None:
        for size in (self.dx, self.dy):
            if not (math.isfinite(size) and size > 0):
                raise Wco2Error(
                    f"Resolution {size} is not a positive number.",
                    f"Give the size of a cell in units of {self.crs}, e.g. 0.1 degrees.",
                )

    @cached_property
    def geographic(self) -> bool:
        """Whether coordinates are longitude and latitude in degrees."""
        return bool(parse_crs(self.crs).is_geographic)

    @cached_property
    def turn(self) -> int:
        """Columns in 360 degrees of longitude; 0 where they do not fit, or in a projected CRS."""
        if not self.geographic:
            return 0
        turn = 360.0 / self.dx
        return round(turn) if abs(turn - round(turn)) < _SNAP else 0

    def x(self, column: NDArray[np.int64] | FloatArray) -> FloatArray:
        """Centres of columns, by whole numbers."""
        whole = np.asarray(column, np.float64)
        if self.turn:
            first = -_floor((180.0 + self.x0) / self.dx + 0.5)
            whole = (whole - first) % self.turn + first
        return self.x0 + (whole + 0.5) * self.dx

    def y(self, row: NDArray[np.int64] | FloatArray) -> FloatArray:
        """Centres of rows; row numbers grow to the south, row 0 lies just south of `y0`."""
        return self.y0 - (np.asarray(row, np.float64) + 0.5) * self.dy

    def centres_of(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The centres of the cells that hold points `(n,)`; edges belong to the east and south.

        Points that lie nowhere (inf, NaN) have centres that lie nowhere.
        """
        with np.errstate(invalid="ignore"):
            column = np.floor(_near_whole((x - self.x0) / self.dx))
            row = np.floor(_near_whole((self.y0 - y) / self.dy))
            return self.x(column), self.y(row)


@dataclass(frozen=True, repr=False)
class Grid:
    """A finite part of `cells`, north up: what a map or a raster covers.

    An immutable value, comparable and hashable. `first_column` and `first_row` are the numbers of
    its north-west cell on the endless grid. Two grids with the same cells may count them from
    different corners: `is_like` compares where they lie.

    Examples
    --------
    >>> from wco2_engine import Grid
    >>> grid = Grid.from_extent((170, 60, -170, 61), resolution=0.5)
    >>> grid
    Grid(EPSG:4326, 2 x 40 cells of 0.5 x 0.5, west 170, south 60, east 190, north 61)
    >>> x, y = grid.centres(Tile(row=0, column=18, height=1, width=4))
    >>> x
    array([ 179.25,  179.75, -179.75, -179.25])
    >>> [tile.width for tile in grid.tiles(16)]
    [16, 16, 8]
    """

    cells: Cells
    first_column: int
    first_row: int
    width: int
    height: int

    @classmethod
    def from_extent(
        cls,
        extent: tuple[float, float, float, float],
        resolution: float,
        crs: str = GEOGRAPHIC,
        snap: bool = True,
    ) -> Grid:
        """The grid of square cells that covers an extent.

        Parameters
        ----------
        extent : west, south, east, north in units of `crs`. In degrees west may exceed east: the
            map then crosses the antimeridian, and its columns run on beyond 180.
        resolution : cell size in units of `crs`.
        snap : move edges outward to multiples of the resolution; otherwise the grid starts at the
            extent's north-west corner.

        Raises
        ------
        Wco2Error : for an extent that is empty, infinite or not on Earth.
        """
        try:
            west, south, east, north = (float(value) for value in extent)
        except (TypeError, ValueError) as error:
            raise Wco2Error(
                f"Extent {extent!r} is not four numbers.", "Give west, south, east, north."
            ) from error
        if not all(map(math.isfinite, (west, south, east, north))):
            raise Wco2Error(f"Extent {list(extent)} is not four finite numbers.")
        if parse_crs(crs).is_geographic:
            if west > east:
                east += 360.0
            if not -90.0 <= south < north <= 90.0 or east - west > 360.0 or abs(west) > 360.0:
                raise Wco2Error(
                    f"Extent {list(extent)} is not west, south, east, north in degrees.",
                    "Latitudes lie in -90..90 with south below north; at most once around.",
                )
        if not (west < east and south < north):
            raise Wco2Error(
                f"Extent {list(extent)} is empty.", "Give west, south, east, north in that order."
            )
        x0, y0 = (0.0, 0.0) if snap else (west, north)
        cells = Cells.square(crs, float(resolution), x0, y0)
        first_column = _floor((west - x0) / resolution)
        first_row = _floor((y0 - north) / resolution)
        width = -_floor((x0 - east) / resolution) - first_column
        height = -_floor((south - y0) / resolution) - first_row
        if cells.geographic:
            width = min(width, max(1, round(360.0 / resolution)))
        return cls(cells, first_column, first_row, width, height)

    @classmethod
    def of_pixels(
        cls, crs: str, x0: float, y0: float, dx: float, dy: float, width: int, height: int
    ) -> Grid:
        """The grid of a raster, from its north-west corner and the size of a pixel."""
        return cls(Cells(crs, dx, dy, x0, y0), 0, 0, width, height)

    @property
    def crs(self) -> str:
        return self.cells.crs

    @property
    def geographic(self) -> bool:
        """Whether coordinates are longitude and latitude in degrees."""
        return self.cells.geographic

    @property
    def dx(self) -> float:
        """The width of a cell in units of the CRS."""
        return self.cells.dx

    @property
    def dy(self) -> float:
        """The height of a cell in units of the CRS."""
        return self.cells.dy

    @property
    def resolution(self) -> float:
        """The longer side of a cell, which is any side of a map's."""
        return max(self.dx, self.dy)

    @property
    def size_m(self) -> float:
        """The rough size of a cell in metres, to compare it with that of another."""
        return min(self.dx, self.dy) * (METRES_A_DEGREE if self.geographic else 1.0)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @cached_property
    def corner(self) -> tuple[float, float]:
        """West and north edge, free of the dust that 0.1 leaves in binary."""
        return (
            _edge(self.cells.x0, self.first_column, self.dx),
            _edge(self.cells.y0, self.first_row, -self.dy),
        )

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """The six numbers of a GeoTIFF's affine.

        x = a * column + b * row + c and y = d * column + e * row + f; b and d are 0.
        """
        west, north = self.corner
        return (self.dx, 0.0, west, 0.0, -self.dy, north)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outer edges."""
        west, north = self.corner
        return (
            west,
            _edge(north, self.height, -self.dy),
            _edge(west, self.width, self.dx),
            north,
        )

    def bounds_of(self, tile: Tile) -> tuple[float, float, float, float]:
        """West, south, east, north of the outer edges of a piece."""
        west, north = self.corner
        return (
            west + self.dx * tile.column,
            north - self.dy * (tile.row + tile.height),
            west + self.dx * (tile.column + tile.width),
            north - self.dy * tile.row,
        )

    @property
    def whole(self) -> Tile:
        """All cells as one piece."""
        return Tile(0, 0, self.height, self.width)

    def tiles(self, size: int = BLOCK) -> tuple[Tile, ...]:
        """Tiles of at most `size` x `size` cells that cover the grid once, row by row."""
        return tuple(
            Tile(row, column, min(size, self.height - row), min(size, self.width - column))
            for row in range(0, self.height, size)
            for column in range(0, self.width, size)
        )

    def strips(self, rows: int = BLOCK) -> Iterator[Tile]:
        """Pieces of at most `rows` whole rows that cover the grid once, from the north."""
        for row in range(0, self.height, rows):
            yield Tile(row, 0, min(rows, self.height - row), self.width)

    def centres(self, tile: Tile | None = None) -> tuple[FloatArray, FloatArray]:
        """x and y of the cell centres of a piece or of all, both `(height * width,)`, row by row.

        Longitudes lie in -180..180 wherever the grid begins: see `Cells`.
        """
        tile = tile or self.whole
        columns = self.first_column + tile.column + np.arange(tile.width, dtype=np.int64)
        rows = self.first_row + tile.row + np.arange(tile.height, dtype=np.int64)
        x = np.broadcast_to(self.cells.x(columns), (tile.height, tile.width)).ravel()
        y = np.repeat(self.cells.y(rows), tile.width)
        return x, y

    def axes(self) -> tuple[FloatArray, FloatArray]:
        """x of the columns `(width,)`, ever rising, and y of the rows `(height,)`, ever falling."""
        west, north = self.corner
        return (
            west + (np.arange(self.width, dtype=np.float64) + 0.5) * self.dx,
            north - (np.arange(self.height, dtype=np.float64) + 0.5) * self.dy,
        )

    @cached_property
    def period(self) -> int:
        """Columns all around the Earth, after which they come again; 0 where they do not."""
        turn = 360.0 / self.dx
        whole = round(turn)
        around = self.geographic and abs(turn - whole) < _TURN and self.width >= whole
        return whole if around else 0

    def pixel_coordinates(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Columns and rows as fractions, NaN where a point lies outside the grid."""
        west, north = self.corner
        with np.errstate(invalid="ignore"):  # points that lie nowhere in this CRS are inf
            column, row = _snapped((x - west) / self.dx), _snapped((north - y) / self.dy)
            if self.geographic:
                turn = self.period or 360.0 / self.dx
                column = _snapped((x - west) % 360.0 * (turn / 360.0))
                column = np.where(column > turn - EDGE, 0.0, column)  # just west of the first one
            inside = (column >= 0) & (column <= self.width) & (row >= 0) & (row <= self.height)
        return np.where(inside, column, np.nan), np.where(inside, row, np.nan)

    def is_like(self, other: Grid) -> bool:
        """Whether both have the same cells, but for rounding."""
        near = np.allclose(self.transform, other.transform, rtol=0, atol=_SNAP * self.dx)
        far = np.allclose(self.bounds, other.bounds, rtol=0, atol=0.01 * self.dx)
        same = parse_crs(self.crs) == parse_crs(other.crs)
        return bool(self.shape == other.shape and near and far and same)

    def __repr__(self) -> str:
        sides = zip(("west", "south", "east", "north"), self.bounds, strict=True)
        edges = ", ".join(f"{side} {value:.10g}" for side, value in sides)
        size = f"{self.dx:.10g} x {self.dy:.10g}"
        return f"Grid({crs_name(self.crs)}, {self.height} x {self.width} cells of {size}, {edges})"

    def to_json(self) -> dict[str, Any]:
        """Plain values that say everything about the grid."""
        return {
            "crs": self.crs,
            "resolution": self.resolution,
            "bounds": list(self.bounds),
            "width": self.width,
            "height": self.height,
        }


def project(
    x: FloatArray, y: FloatArray, source: str, target: str
) -> tuple[FloatArray, FloatArray]:
    """Points `(n,)` from one CRS to another, x before y always; inf where there is no answer."""
    if source == target or parse_crs(source).to_wkt() == parse_crs(target).to_wkt():
        return x, y
    from rasterio.warp import transform

    if not x.size:
        return x, y
    try:
        new_x, new_y = transform(parse_crs(source), parse_crs(target), x.tolist(), y.tolist())[:2]
        return np.asarray(new_x), np.asarray(new_y)
    except gdal_errors():  # one point beyond the projection's domain fails the whole call
        if x.size == 1:
            return np.full(1, np.inf), np.full(1, np.inf)
        half = x.size // 2
        first = project(x[:half], y[:half], source, target)
        second = project(x[half:], y[half:], source, target)
        return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def parse_crs(text: str) -> Any:
    """A rasterio CRS from an authority's code (EPSG:4326), WKT or PROJ text.

    Only these are let through: GDAL would also read files and fetch addresses that a text names.

    Raises
    ------
    Wco2Error : when the text is no CRS.
    """
    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    if text in _CRS_CACHE:
        return _CRS_CACHE[text]
    wrong = Wco2Error(
        f"'{text:.80}' is not a coordinate reference system.", "Write e.g. EPSG:4326 or EPSG:6931."
    )
    if not is_crs_text(text):
        raise wrong
    try:
        with rasterio.Env(**AS_STATED):
            return _CRS_CACHE.setdefault(text, CRS.from_user_input(text))
    except (CRSError, ValueError, TypeError) as error:
        raise wrong from error


def crs_text(crs: Any) -> str:
    """A text that `parse_crs` turns into the same CRS again: EPSG:4326, or WKT.

    Not the authority's code that rasterio finds: it is that of a similar CRS at times, e.g. of an
    ellipsoid for a sphere, which is 20 km off.
    """
    wkt = str(crs.to_wkt())
    return GEOGRAPHIC if wkt == parse_crs(GEOGRAPHIC).to_wkt() else wkt


def crs_name(text: str) -> str:
    """What a CRS is called: its code where that is all there is, else its name."""
    found = parse_crs(text)
    code = found.to_epsg()
    return f"EPSG:{code}" if code else str(found.to_wkt().split('"')[1])


def is_crs_text(text: str) -> bool:
    """Whether a text is an authority's code, WKT or PROJ text that names no file and no address."""
    return (
        len(text) <= MAX_CRS_TEXT
        and bool(_CRS_TEXT.fullmatch(text))
        and not _CRS_READS.search(text)
        and _depth(text) <= MAX_CRS_DEPTH
    )


def _depth(text: str) -> int:
    """How deep brackets are nested."""
    steps = (1 if sign in "[(" else -1 for sign in text if sign in "[]()")
    return max(accumulate(steps), default=0)


MAX_CRS_TEXT, MAX_CRS_DEPTH = 100_000, 32
_CRS_TEXT = re.compile(
    r"(?:EPSG|ESRI|OGC|CRS|IGNF|NKG|SR-ORG|IAU(?:_\d{4})?):[A-Za-z0-9]{1,20}"
    r"|[A-Z][A-Z0-9_]*\[.*|\s*\+proj=[^:/\\]*",
    re.DOTALL | re.IGNORECASE,
)
# What has PROJ open a file: grids of shifts, other than the one that stands for none.
_CRS_READS = re.compile(
    r"grids=(?!@null)|\+?\b(?:init|file|geoc_file)=|PROJ4_GRIDS\"\s*,\s*\"(?!@null)|PARAMETERFILE",
    re.IGNORECASE,
)
_CRS_CACHE: dict[str, Any] = {}


def _floor(value: float) -> int:
    nearest = round(value)
    return nearest if abs(value - nearest) < _SNAP else math.floor(value)


def _edge(start: float, count: int, step: float) -> float:
    """The edge so many cells on; where that is none, `start` itself to the last bit."""
    return round(start + count * step, 10) if count else start


def _near_whole(values: FloatArray) -> FloatArray:
    nearest = np.rint(values)
    return np.where(np.abs(values - nearest) < _SNAP, nearest, values)


def _snapped(values: FloatArray) -> FloatArray:
    """Fractions of a pixel, with those within rounding of an edge or the middle put onto it.

    So grids whose cells are the pixels get the pixels' own values, to the last bit.
    """
    nearest = np.rint(values * 2) / 2
    return np.where(np.abs(values - nearest) < EDGE, nearest, values)
