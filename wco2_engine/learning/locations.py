"""Where rows and cells lie, and how far they are apart, on the sphere or on a plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import EARTH_RADIUS_M
from wco2_engine.learning.reprs import short_repr

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Locations:
    """Where training rows, or cells to predict, lie.

    Parameters
    ----------
    x, y : `(n,)`. Longitude and latitude in degrees on the sphere, else metres on a plane.
    on_sphere : distances are along great circles of a sphere of 6 371 010 m, else straight.

    Raises
    ------
    ValueError : when they differ in length, are not finite, or are no degrees where they should be.

    Examples
    --------
    >>> from wco2_engine import Locations
    >>> sites = Locations([0.0, 0.0, 90.0], [60.0, 61.0, 60.0])
    >>> (sites.nearest_other_m() / 1000).round(1).tolist()
    [111.2, 111.2, 4532.4]
    """

    x: FloatArray
    y: FloatArray
    on_sphere: bool = True

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(f"locations have {self.x.shape} x and {self.y.shape} y")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("a location is not finite")
        if self.on_sphere and ((np.abs(self.x) > 360).any() or (np.abs(self.y) > 90).any()):
            raise ValueError("a location is not in degrees of longitude and latitude")

    def __len__(self) -> int:
        return len(self.x)

    def at(self, rows: Any) -> Locations:
        """Some of them."""
        return Locations(self.x[rows], self.y[rows], self.on_sphere)

    def centres(self, label: Labels, count: int) -> Locations:
        """The middle of the locations of each label from 0, also across the antimeridian."""
        size = np.bincount(label, minlength=count)
        mean = np.column_stack([np.bincount(label, c, count) / size for c in self._vectors.T])
        if not self.on_sphere:
            return Locations(mean[:, 0], mean[:, 1], False)
        longitude = np.arctan2(mean[:, 1], mean[:, 0])
        latitude = np.arctan2(mean[:, 2], np.hypot(mean[:, 0], mean[:, 1]))
        return Locations(np.degrees(longitude), np.degrees(latitude))

    def distance_m(self, other: Locations) -> FloatArray:
        """From each location to the other's of the same index; a single one stands for all."""
        if not self.on_sphere:
            return np.hypot(self.x - other.x, self.y - other.y)
        lon, lat, lon2, lat2 = map(np.radians, (self.x, self.y, other.x, other.y))
        # Haversine, which is exact for near places, and the same bits both ways.
        half = np.sin(np.abs(lat - lat2) / 2.0) ** 2
        half += np.cos(lat) * np.cos(lat2) * np.sin(np.abs(lon - lon2) / 2.0) ** 2
        return 2.0 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))

    def nearest(self, others: Locations) -> NDArray[np.intp]:
        """`(n,)`: which of `others` is nearest to each location."""
        return self._nearest(others, 1)[:, 0]

    def nearest_m(self, others: Locations) -> FloatArray:
        """`(n,)`: from each location to the nearest of `others`, to within 1e-8 m."""
        return self.distance_m(others.at(self.nearest(others)))

    def nearest_other_m(self) -> FloatArray:
        """`(n,)`: from each location to the nearest of the rest, 0 where two are the same."""
        index = self._nearest(self, 2)
        itself = index[:, 0] == np.arange(len(self))
        return self.distance_m(self.at(np.where(itself, index[:, 1], index[:, 0])))

    def nearest_of_another_m(self, label: Labels) -> FloatArray:
        """`(n,)`: from each location to the nearest that bears another label."""
        found = np.empty(len(self))
        for each in np.unique(label):
            inside = label == each
            found[inside] = self.at(inside).nearest_m(self.at(~inside))
        return found

    @cached_property
    def _vectors(self) -> FloatArray:
        """Coordinates whose straight distance orders locations as `distance_m` does."""
        if not self.on_sphere:
            return np.column_stack([self.x, self.y])
        lon, lat = np.radians(self.x), np.radians(self.y)
        return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    def _nearest(self, others: Locations, count: int) -> NDArray[np.intp]:
        from scipy.spatial import cKDTree

        if self.on_sphere != others.on_sphere:
            raise ValueError("locations on the sphere and on a plane can't be compared")
        if len(others) < count:
            raise ValueError(f"{len(others)} locations have no {count} nearest")
        index = cKDTree(others._vectors).query(self._vectors, k=range(1, count + 1))[1]
        return np.asarray(index, np.intp)
