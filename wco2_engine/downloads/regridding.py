"""Grids that are regular in no CRS, put onto longitude and latitude by neighbours on the sphere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.grids import Curvilinear
from wco2_engine.downloads.series import Plane, Series, Step
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, Tile

FloatArray = NDArray[np.float64]
MOST_TARGETS = 30_000_000
SMALLEST = 1e-7  # degrees from cell to cell; less is no grid
AT_ONCE = 500_000  # targets looked up together
_REACH = 0.75  # of the local cell: how far its own middle may be; its corner is 0.71 away
_WIDEST = 3.0  # cells: corners farther apart than this are no neighbours
_HOLDS = 1e-6  # of a cell: what rounding may put a point outside of four corners


class RegriddedSeries:
    """A series on longitude and latitude, made from one on a curvilinear grid.

    It is read as `Series` is. Its cells are as large as the source's usually are.
    """

    def __init__(self, source: Series, bilinear: bool, where: str) -> None:
        if not isinstance(source.grid, Curvilinear):
            raise TypeError("the source is on a regular grid")
        self._source = source
        self._curvilinear = source.grid
        self._bilinear = bilinear
        self.grid: Grid = regular_grid(source.grid, where)
        self.units = source.units
        self.steps = source.steps
        self.attributes: Mapping[str, Any] = source.attributes
        self.block = (source.block[0], *self.grid.shape)

    def __enter__(self) -> RegriddedSeries:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _neighbours(self) -> Neighbours:
        return neighbours(self._curvilinear, *self.grid.centres(), bilinear=self._bilinear)

    def plane(self, step: Step, part: Tile | None = None) -> Plane:
        """See `Series.plane`."""
        plane: Plane = self.planes([step], part)[0]
        return plane

    def planes(self, steps: Sequence[Step], part: Tile | None = None) -> Plane:
        """See `Series.planes`; the source is read whole, as its cells lie in no order."""
        part = part or self.grid.whole
        values = np.empty((len(steps), part.height, part.width), np.float32)
        stored = self._source.planes(steps)
        rows = slice(part.row, part.row + part.height)
        columns = slice(part.column, part.column + part.width)
        for k, plane in enumerate(stored):
            whole = self._neighbours.values(plane).reshape(self.grid.shape)
            values[k] = whole[rows, columns]
        return values

    def close(self) -> None:
        """Close the files."""
        self._source.close()


def regridded(series: Series, resampling: str, where: str) -> Series | RegriddedSeries:
    """A series on a regular grid: itself, or its cells put onto longitude and latitude.

    Parameters
    ----------
    resampling : "bilinear" lets the four neighbours share; all else takes the nearest.

    Raises
    ------
    Wco2Error : when cells lie nowhere, or there would be too many.
    """
    if isinstance(series.grid, Grid):
        return series
    return RegriddedSeries(series, resampling == "bilinear", where)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which source cells give each target its value, and with which weight.

    Attributes
    ----------
    cells : `(n, 4)` of the source, row by row; the first is the nearest one.
    weights : `(n, 4)`; all 0 where nothing is near.
    """

    cells: NDArray[np.int32]
    weights: NDArray[np.float32]

    def values(self, plane: Plane) -> Plane:
        """Values `(n,)` at the targets, of a plane `(height, width)` of the source.

        A target on a missing cell is missing; elsewhere missing neighbours have no weight.
        """
        around = plane.ravel()[self.cells]
        there = ~np.isnan(around)
        weights = self.weights * there
        total = weights.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (np.where(there, around, 0) * weights).sum(axis=1) / total
        mean[~there[:, 0] | (total == 0)] = np.nan
        return mean.astype(np.float32)


def neighbours(
    source: Curvilinear, longitude: FloatArray, latitude: FloatArray, *, bilinear: bool
) -> Neighbours:
    """The neighbours of targets `(n,)` among the cells of a curvilinear grid.

    The nearest by distance on the sphere; with `bilinear` the four whose quadrilateral holds the
    target, with the weights of a bilinear patch in the plane that touches the Earth there. Beyond
    the middles of the outermost cells the nearest one goes on, to the cell's edge.
    """
    from scipy.spatial import cKDTree

    vectors = unit_vectors(source.longitude, source.latitude)
    flat = vectors.reshape(-1, 3)
    held = np.flatnonzero(np.isfinite(flat).all(axis=1))
    local = _local_spacing(vectors)
    tree = cKDTree(flat[held])
    cells = np.zeros((longitude.size, 4), np.int32)
    weights = np.zeros((longitude.size, 4), np.float32)
    for start in range(0, longitude.size, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        targets = unit_vectors(longitude[some], latitude[some])
        distance, found = tree.query(targets)
        nearest = held[found]
        cells[some] = nearest[:, None]
        near = distance <= _REACH * local[nearest]
        weights[some, 0] = near
        if bilinear and min(source.longitude.shape) > 1:
            _patches(vectors, local, targets, nearest, cells[some], weights[some])
    return Neighbours(cells, weights)


def _patches(
    vectors: FloatArray,
    local: FloatArray,
    targets: FloatArray,
    nearest: NDArray[Any],
    cells: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> None:
    """Put cells and weights of the quadrilaterals that hold targets in the place of the nearest."""
    height, width = vectors.shape[:2]
    flat = vectors.reshape(-1, 3)
    row, column = np.divmod(nearest, width)
    open_ = np.ones(len(targets), bool)
    for down in (-1, 1):
        for right in (-1, 1):
            rows, columns = row + down, (column + right) % width
            inside = open_ & (rows >= 0) & (rows < height)
            who = np.flatnonzero(inside)
            if not who.size:
                continue
            corners = np.stack(
                [
                    nearest[who],
                    row[who] * width + columns[who],
                    rows[who] * width + column[who],
                    rows[who] * width + columns[who],
                ],
                axis=1,
            )
            points, fit = _touching_plane(flat[corners], targets[who], local[nearest[who]])
            u, v, solved = _inverse_bilinear(points)
            good = fit & solved & _within(u) & _within(v)
            kept = who[good]
            u, v = np.clip(u[good], 0, 1), np.clip(v[good], 0, 1)
            cells[kept] = corners[good]
            weights[kept] = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v], axis=1)
            open_[kept] = False


def _touching_plane(
    corners: FloatArray, targets: FloatArray, local: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Corners `(n, 4, 3)` in the plane that touches the sphere at the targets, `(n, 4, 2)`.

    And whether they are neighbours: near each other, for the cells around.
    """
    polar = np.abs(targets[:, 2]) > 0.9
    axis = np.where(polar[:, None], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0])
    east = np.cross(axis, targets)
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    north = np.cross(targets, east)
    with np.errstate(invalid="ignore", divide="ignore"):
        depth = np.einsum("nkc,nc->nk", corners, targets)
        x = np.einsum("nkc,nc->nk", corners, east) / depth
        y = np.einsum("nkc,nc->nk", corners, north) / depth
        reach = np.linalg.norm(corners - targets[:, None], axis=2).max(axis=1)
        near = (reach <= _WIDEST * local) & (depth > 0.1).all(axis=1)
    return np.stack([x, y], axis=2), near


def _inverse_bilinear(
    points: FloatArray,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Where in the patch of corners `(n, 4, 2)` the origin lies, by Newton's method."""
    a = points[:, 0]
    b, c = points[:, 1] - a, points[:, 2] - a
    d = points[:, 3] - points[:, 1] - points[:, 2] + a
    u = np.full(len(points), 0.25)
    v = np.full(len(points), 0.25)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(8):
            rest = a + u[:, None] * b + v[:, None] * c + (u * v)[:, None] * d
            du, dv = b + v[:, None] * d, c + u[:, None] * d
            area = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
            u = u - (rest[:, 0] * dv[:, 1] - rest[:, 1] * dv[:, 0]) / area
            v = v - (du[:, 0] * rest[:, 1] - du[:, 1] * rest[:, 0]) / area
        rest = a + u[:, None] * b + v[:, None] * c + (u * v)[:, None] * d
        size = np.abs(points).max(axis=(1, 2))
        solved = np.abs(rest).max(axis=1) < 1e-9 * np.maximum(size, 1e-12) + 1e-14
    return u, v, solved


def _within(share: FloatArray) -> NDArray[np.bool_]:
    return (share >= -_HOLDS) & (share <= 1 + _HOLDS)


def unit_vectors(longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """Points on a sphere of radius 1, `(…, 3)`."""
    east, north = np.radians(longitude), np.radians(latitude)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1
    )


def _local_spacing(vectors: FloatArray) -> FloatArray:
    """The distance of each cell `(height * width,)` to its farthest neighbour in row or column."""
    height, width = vectors.shape[:2]
    if min(height, width) == 1:  # a list of points, as a reduced Gaussian grid is
        return _list_spacing(vectors.reshape(-1, 3))
    found = np.zeros((height, width))
    for axis in (0, 1):
        gap = np.linalg.norm(np.diff(vectors, axis=axis), axis=-1)
        gap = np.where(np.isfinite(gap), gap, 0.0)
        # At a seam of longitudes neighbours in the file may lie across the Earth.
        usual = np.median(gap[gap > 0]) if (gap > 0).any() else 0.0
        gap = np.minimum(gap, 4 * usual)
        before: tuple[slice, ...] = (slice(None),) * axis + (slice(0, -1),)
        after: tuple[slice, ...] = (slice(None),) * axis + (slice(1, None),)
        found[before] = np.maximum(found[before], gap)
        found[after] = np.maximum(found[after], gap)
    spacing: FloatArray = found.ravel()
    return spacing


def _list_spacing(flat: FloatArray) -> FloatArray:
    from scipy.spatial import cKDTree

    held = np.isfinite(flat).all(axis=1)
    found = np.zeros(len(flat))
    distance, _ = cKDTree(flat[held]).query(flat[held], k=min(5, int(held.sum())))
    found[held] = distance[:, -1]
    return found


def spacing(grid: Curvilinear) -> float:
    """The usual distance of neighbouring cells, in degrees of a great circle; 0 for none."""
    vectors = unit_vectors(grid.longitude, grid.latitude)
    if min(grid.longitude.shape) == 1:
        chords = [_list_spacing(vectors.reshape(-1, 3)) / math.sqrt(2)]
    else:
        chords = [np.linalg.norm(np.diff(vectors, axis=axis), axis=-1) for axis in (0, 1)]
    usual = []
    for each in chords:
        good = each[np.isfinite(each) & (each > 0)]
        if good.size:
            usual.append(math.degrees(2 * math.asin(min(1.0, float(np.median(good)) / 2))))
    return min(usual, default=0.0)


def regular_grid(source: Curvilinear, where: str) -> Grid:
    """Longitude and latitude that cover a curvilinear grid, in cells as large as its own.

    Raises
    ------
    Wco2Error : when its cells lie nowhere, or there would be too many.
    """
    good = np.isfinite(source.longitude) & np.isfinite(source.latitude)
    across, down = _sizes(source) if good.sum() > 1 else (0.0, 0.0)
    if not min(across, down) > SMALLEST:
        raise Wco2Error(
            f"{where}: the longitudes and latitudes of its cells are missing or all the same.",
            "The file does not say where its cells lie: download it again.",
        )
    dx, dy = _round(across), _round(down)
    latitude, longitude = source.latitude[good], source.longitude[good]
    south = max(-90.0, math.floor((latitude.min() - dy / 2) / dy + 1e-6) * dy)
    north = min(90.0, math.ceil((latitude.max() + dy / 2) / dy - 1e-6) * dy)
    west, east = _longitudes(longitude, dx / max(0.01, math.cos(math.radians(latitude.min()))))
    if east - west > 360.0 - 2 * dx:
        width = round(360.0 / dx)
        west, dx = -180.0, 360.0 / width
    else:
        west = math.floor(west / dx + 1e-6) * dx
        width = math.ceil((east - west) / dx - 1e-6)
    height = max(1, round((north - south) / dy))
    if width * height > MOST_TARGETS:
        raise Wco2Error(
            f"{where}: its cells, {dx:g} degrees apart, would become {width} x {height} cells of "
            "longitude and latitude.",
            "Choose a coarser version of the product, or one of a smaller region.",
        )
    return Grid.of_pixels(GEOGRAPHIC, west, north, dx, (north - south) / height, width, height)


def _sizes(source: Curvilinear) -> tuple[float, float]:
    """Degrees of longitude and of latitude from cell to cell.

    Rows that only stand unevenly, as those of a Gaussian grid, keep the columns that they have.
    """
    x, y = source.longitude, source.latitude
    if min(x.shape) > 1 and (x == x[:1]).all() and (y == y[:, :1]).all():
        steps = np.abs(np.diff(np.unwrap(x[0], period=360.0))), np.abs(np.diff(y[:, 0]))
        return float(np.median(steps[0])), float(np.median(steps[1]))
    size = spacing(source)
    return size, size


def _round(size: float) -> float:
    """A spacing that fits a degree, where it nearly does: 0.4999 becomes 0.5."""
    whole = round(1 / size)
    if whole and abs(1 / whole - size) < 0.05 * size:
        return 1 / whole
    return float(f"{size:.2g}")


def _longitudes(longitude: FloatArray, reach: float) -> tuple[float, float]:
    """West and east of points: around the Earth, but for the widest gap between them."""
    turned = np.sort(longitude % 360.0)
    gaps = np.diff(np.concatenate([turned, [turned[0] + 360.0]]))
    widest = int(gaps.argmax())
    if gaps[widest] <= 2 * reach:
        return -180.0, 180.0
    west = turned[(widest + 1) % turned.size] - reach / 2
    east = turned[widest] + reach / 2
    if east <= west:
        east += 360.0
    while west >= 180.0:
        west, east = west - 360.0, east - 360.0
    return float(west), float(east)
