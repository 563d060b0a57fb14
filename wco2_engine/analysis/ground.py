"""How much ground the cells of a map cover."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, parse_crs, project

FloatArray = NDArray[np.float64]
WGS84 = (6378137.0, 6356752.314245179)  # semi-axes, m
_NEAR_POLE = 89.9999  # degrees: a projection's factors are not defined at the pole itself


def cell_areas(grid: Grid, tile: Tile | None = None) -> FloatArray:
    """The ground under each cell of a map, or of a piece of it, m2, `(height, width)`.

    Between two meridians and two parallels it has a closed form. In a projection that keeps areas
    it is that of the cell itself, in others this divided by how much the projection enlarges areas
    at the cell's centre, which for cells of 25 km is right to a millionth.

    A CRS on a sphere stands for the Earth all the same: who made the data took latitudes for those
    on the sphere. So areas are those on the ellipsoid WGS84 at these latitudes.

    Raises
    ------
    Wco2Error : when the CRS is neither geographic nor projected.
    """
    tile = tile or grid.whole
    _, north = grid.corner
    crs = parse_crs(grid.crs)
    known = _pyproj_crs(grid.crs)
    ellipsoid = known.ellipsoid
    if ellipsoid is None:
        raise Wco2Error(f"{grid.crs:.80} says nothing of the Earth's shape.", "Give another CRS.")
    axes = ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre
    if crs.is_geographic:
        rows = np.arange(tile.row, tile.row + tile.height + 1)
        edges = np.clip(north - grid.dy * rows, -90.0, 90.0)
        band = zone_areas(edges[1:], edges[:-1], grid.dx, WGS84 if axes[0] == axes[1] else axes)
        return np.broadcast_to(band[:, np.newaxis], (tile.height, tile.width))
    if not crs.is_projected:
        raise Wco2Error(f"{grid.crs:.80} is not a CRS of the Earth's surface.")
    plane = grid.dx * grid.dy * crs.linear_units_factor[1] ** 2
    if _keeps_areas(known) and axes[0] != axes[1]:
        return np.full((tile.height, tile.width), plane)
    return (plane / _enlargement(grid, tile, known, axes)).reshape(tile.height, tile.width)


def zone_areas(
    south: ArrayLike, north: ArrayLike, width: float, axes: tuple[float, float] = WGS84
) -> FloatArray:
    """Area on an ellipsoid between parallels, `width` degrees of longitude wide, m2.

    `axes` are the semi-axes, m. Snyder (1987), Map Projections, USGS Professional Paper 1395, from
    equation 3-12.
    """
    major, minor = axes
    eccentricity = np.sqrt(1.0 - (minor / major) ** 2)

    def from_equator(latitude: ArrayLike) -> FloatArray:
        sine = np.sin(np.radians(np.asarray(latitude, np.float64)))
        if eccentricity == 0.0:
            return 2.0 * sine
        bent = eccentricity * sine
        return np.asarray(sine / (1.0 - bent**2) + np.arctanh(bent) / eccentricity)

    share = np.radians(width) * minor**2 / 2.0
    return np.asarray(share * (from_equator(north) - from_equator(south)))


def _enlargement(grid: Grid, tile: Tile, known: Any, axes: tuple[float, float]) -> FloatArray:
    """The projection's areas over those of the ground at the cells' centres; `(n,)`."""
    from pyproj import Proj

    x, y = grid.centres(tile)
    longitude, latitude = project(x, y, grid.crs, GEOGRAPHIC)
    latitude = np.clip(latitude, -_NEAR_POLE, _NEAR_POLE)
    on_earth = np.isfinite(longitude) & np.isfinite(latitude)
    scale = np.full(x.shape, np.inf)  # corners of a grid may lie beyond the Earth: no ground there
    factors = Proj(known).get_factors(longitude[on_earth], latitude[on_earth], errcheck=False)
    scale[on_earth] = factors.areal_scale
    if axes[0] == axes[1]:
        scale[on_earth] *= axes[0] ** 2 / _curvature(latitude[on_earth])
    return scale


def _curvature(latitude: FloatArray) -> FloatArray:
    """The product of WGS84's two radii of curvature at latitudes, m2."""
    major, minor = WGS84
    squared = 1.0 - (minor / major) ** 2
    root = 1.0 - squared * np.sin(np.radians(latitude)) ** 2
    return np.asarray(minor**2 / root**2)


def _pyproj_crs(text: str) -> Any:
    from pyproj import CRS

    return CRS.from_wkt(parse_crs(text).to_wkt())


def _keeps_areas(known: Any) -> bool:
    operation = known.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    return "equal area" in method or method in (
        *("sinusoidal", "mollweide", "equal earth", "eckert iv", "eckert vi", "hammer"),
        *("goode homolosine", "interrupted goode homolosine"),
    )
