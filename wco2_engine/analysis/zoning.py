"""How much of each cell of a map lies in which zone: regions, polygons or classes of a raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.coverage_fraction import sparse_fractions
from wco2_engine.analysis.polygons import PolygonZoning, polygon_zoning
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, project
from wco2_engine.inputs.rasters import (
    AS_STORED,
    MAX_WINDOW_PIXELS,
    Encoding,
    Points,
    RasterInfo,
    Rasters,
    Sampler,
    gdal_path,
    subcell_count,
)
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region, read_regions
from wco2_engine.inputs.vectors import VECTOR_SUFFIXES
from wco2_engine.inputs.zones import Zones, parse_zones

FloatArray = NDArray[np.float64]
MAX_CLASSES = 256


class Zoning(Protocol):
    """Zones of one kind.

    Attributes
    ----------
    kind : what they are, e.g. "region".
    names : of the zones.
    whole : whether a zone's cells without any value belong to it, so that they are missing there.
    """

    @property
    def kind(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def whole(self) -> bool: ...

    def fractions(self, tile: Tile) -> Any:
        """The coverage fraction of each cell in each zone, sparse `(n_zones, height * width)`."""


@dataclass(frozen=True)
class AllCells:
    """One zone of all cells."""

    kind = "all"
    names = ("all",)
    whole = False

    def fractions(self, tile: Tile) -> Any:
        from scipy.sparse import csr_matrix

        return csr_matrix(np.ones((1, tile.height * tile.width)))


@dataclass(frozen=True)
class RegionZoning:
    """The regions of a model: a cell belongs to the first that holds its centre."""

    grid: Grid
    regions: tuple[Region, ...]
    kind = "region"
    whole = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(region.name for region in self.regions)

    def fractions(self, tile: Tile) -> Any:
        x, y = self.grid.centres(tile)
        owners = assign_region(self.regions, *project(x, y, self.grid.crs, GEOGRAPHIC))
        held = np.flatnonzero(owners != NO_REGION)
        return sparse_fractions(owners[held], held, np.ones(held.size), len(self.regions), x.size)


@dataclass(frozen=True, eq=False)
class ClassZoning:
    """Classes of a raster; a cell's fractions are those of a regular set of points in it.

    The points are as dense as the raster's pixels, 16 by 16 in a cell at most.
    """

    grid: Grid
    raster: str
    encoding: Encoding
    classes: Mapping[float, str]
    kind = "zone"
    whole = True

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.classes.values())

    def fractions(self, tile: Tile) -> Any:
        x, y = self.grid.centres(tile)
        dx, dy = self.grid.dx, self.grid.dy
        values = np.array(list(self.classes))
        order = np.argsort(values)
        total = sparse_fractions([], [], [], len(values), x.size)
        with Rasters() as rasters:
            info = rasters.info(self.raster, self.encoding)
            points = Points(x, y, self.grid.crs, self.grid.resolution)
            count = subcell_count(info.georeference, points)
            steps = (np.arange(count) + 0.5) / count - 0.5
            for down in steps:
                for across in steps:
                    moved = Points(x + across * dx, y - down * dy, self.grid.crs)
                    found = Sampler(rasters, moved).values(info, 1, "nearest")
                    place = np.searchsorted(values[order], found).clip(max=len(values) - 1)
                    held = np.flatnonzero(values[order][place] == found)
                    ones = np.full(held.size, 1.0 / count**2)
                    total = total + sparse_fractions(
                        order[place[held]], held, ones, len(values), x.size
                    )
        return total


@dataclass(frozen=True, eq=False)
class Fraction:
    """The share of each cell that counts, e.g. of land: a raster, averaged over the cell."""

    grid: Grid
    raster: str
    encoding: Encoding = AS_STORED

    def of(self, tile: Tile) -> FloatArray:
        """`(height * width,)`, 0 to 1, NaN where the raster has no value.

        Raises
        ------
        Wco2Error : when the raster holds anything but shares.
        """
        x, y = self.grid.centres(tile)
        points = Points(x, y, self.grid.crs, self.grid.resolution)
        with Rasters() as rasters:
            info = rasters.info(self.raster, self.encoding)
            shares = Sampler(rasters, points).values(info, 1, "average")
        with np.errstate(invalid="ignore"):
            wrong = shares[(shares < -1e-6) | (shares > 1 + 1e-6)]
        if wrong.size:
            raise Wco2Error(
                f"{self.raster} holds {wrong[0]:g}, and shares of a cell lie between 0 and 1.",
                "For percent, set its scale: gdal_edit.py -scale 0.01. For a mask, use 0 and 1.",
            )
        return np.clip(shares, 0.0, 1.0)


def cell_fraction(path: str, grid: Grid) -> Fraction:
    """The shares in a raster, ready to be looked up.

    Raises
    ------
    Wco2Error : when it is missing, can't be opened or states no CRS.
    """
    raster = gdal_path(path, None, Path(), "Fraction")
    with Rasters() as rasters:
        rasters.info(raster, AS_STORED)
    return Fraction(grid, raster)


def zoning_of(entry: Mapping[str, Any], grid: Grid) -> PolygonZoning | ClassZoning:
    """How much of a map's cells lies in zones.

    Parameters
    ----------
    entry : `path`, with `name_field` for polygons, or with `names`, `crs`, `variable` and `nodata`
        for a raster, as in a study's `[zones]`. Polygons may do without a field: see
        `polygon_zoning`.

    Raises
    ------
    Wco2Error : for other keys, or a file that can't be used.

    Examples
    --------
    >>> import geopandas, shapely.geometry
    >>> from wco2_engine import MapSeries, budget, zoning_of
    >>> square = shapely.geometry.box(100.25, 69.0, 100.5, 70.0)  # a quarter of a cell
    >>> frame = geopandas.GeoDataFrame({"name": ["bog"]}, geometry=[square], crs="EPSG:4326")
    >>> frame.to_file("zones.gpkg")
    >>> series = MapSeries.read("results/maps")
    >>> zones = zoning_of({"path": "zones.gpkg", "name_field": "name"}, series.grid)
    >>> float(zones.fractions(series.grid.whole)[0, 0].round(6))
    0.25
    """
    path, field = entry.get("path"), entry.get("name_field")
    if isinstance(path, str) and Path(path).suffix.lower() in VECTOR_SUFFIXES:
        check_names(entry, ("path", "name_field"), "Zones of a vector file")
        return polygon_zoning(path, field, grid)
    if field is not None:
        raise Wco2Error(
            f"Zones: {path} is a raster, and has no column '{field}'.",
            "Name its values, e.g. with --zone-names 1=continuous,2=discontinuous.",
        )
    zones = parse_zones(entry, Path(), "Zones")
    if zones is None or zones.raster is None:
        raise Wco2Error("Zones have no path.", "Name a file of polygons or a raster of classes.")
    return class_zoning(zones, grid)


def class_zoning(zones: Zones, grid: Grid) -> ClassZoning:
    """The classes of a raster as zones; those without names are named by their value.

    Raises
    ------
    Wco2Error : when the raster's values are no classes.
    """
    raster, classes = str(zones.raster), zones.names
    if not classes:
        with Rasters() as rasters:
            values = _values_in(rasters, rasters.info(raster, zones.encoding))
        classes = {value: f"{value:g}" for value in values}
    return ClassZoning(grid, raster, zones.encoding, classes)


def region_zoning(path: str | None, record: Mapping[str, Any], grid: Grid) -> RegionZoning | None:
    """The regions of a model file or a TOML file, else those that the maps' record names, if any.

    Raises
    ------
    Wco2Error : when the file or the record can't be read.
    """
    if path is None:
        stated = record.get("regions")
        regions = tuple(map(Region.from_json, stated)) if isinstance(stated, list) else ()
    elif path.lower().endswith(".toml"):
        regions = read_regions(Path(path))
    else:
        from wco2_engine.learning.model import Model

        regions = tuple(part.region for part in Model.read(Path(path)).regions)
    return RegionZoning(grid, regions) if regions else None


def _values_in(rasters: Rasters, info: RasterInfo) -> list[float]:
    """All values of a raster of classes, sorted."""
    shape = info.georeference
    rows = max(1, MAX_WINDOW_PIXELS // shape.width)
    found: set[float] = set()
    for row in range(0, shape.height, rows):
        values = rasters.window(info, 1, row, 0, min(rows, shape.height - row), shape.width)
        found.update(np.unique(values[~np.isnan(values)]).tolist())
        if len(found) > MAX_CLASSES:
            raise Wco2Error(
                f"Zones: {info.path} holds more than {MAX_CLASSES} values, so they are no classes.",
                "Give a raster of classes, or name those that count with --zone-names.",
            )
    if not found:
        raise Wco2Error(f"Zones: {info.path} holds no values.")
    return sorted(found)
