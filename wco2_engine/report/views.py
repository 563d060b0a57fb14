"""Where places lie in a figure's map: an equal-area view, framed by what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.inputs.areas import Area, Box, Polygons

FloatArray = NDArray[np.float64]
Frame = tuple[float, float, float, float]
WIDE = 120.0  # degrees of longitude, from which on the view is from above the pole
FAR_SOUTH = 12.0  # degrees of latitude beyond the southernmost site
SOUTHERN, NARROW = 45.0, 60.0  # what lies south of the one within so many degrees is apart
MARGIN = 0.03  # of the frame, around what it shows
LEAST = 0.02  # of the sphere's radius, as wide as a frame is at least
FLATTEST = 0.4  # the shorter side over the longer one
POINTS_A_SIDE = 24


@lru_cache(maxsize=2)  # a map and its inset, whose panels are alike
def pixel_degrees(view: View, across: int) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude of the pixels of a view; not to be written to."""
    return view.degrees(*view.pixels(across))


@dataclass(frozen=True)
class View:
    """Lambert's azimuthal equal-area projection of a sphere of radius 1 (Snyder 1987, p. 185).

    Parameters
    ----------
    longitude, latitude : of the middle, degrees.
    frame : west, south, east and north edge of what is shown, in the view.
    """

    longitude: float
    latitude: float
    frame: Frame = (-2.0, -2.0, 2.0, 2.0)

    @classmethod
    def of(cls, longitude: FloatArray, latitude: FloatArray, margin: float = MARGIN) -> View:
        """The view that shows all of some places: from above the pole where they go far around."""
        west, span = span_of(longitude)
        if span > WIDE:
            view = cls(0.0, 90.0 if latitude.mean() >= 0 else -90.0)
        else:
            middle = (west + span / 2 + 180) % 360 - 180
            view = cls(middle, float(latitude.min() + latitude.max()) / 2)
        return view.framing(*view.place(longitude, latitude), margin)

    def framing(self, x: FloatArray, y: FloatArray, margin: float = MARGIN) -> View:
        """The same view, framed around places in it."""
        middle = np.array([x.min() + x.max(), y.min() + y.max()]) / 2
        size = np.array([np.ptp(x), np.ptp(y)])
        size = np.maximum(size * (1 + 2 * margin), LEAST)
        size = np.maximum(size, FLATTEST * size.max())
        (west, south), (east, north) = middle - size / 2, middle + size / 2
        return replace(self, frame=(float(west), float(south), float(east), float(north)))

    @property
    def is_polar(self) -> bool:
        return abs(self.latitude) == 90.0

    @property
    def width(self) -> float:
        """From the west edge to the east edge, in radii of the sphere."""
        return self.frame[2] - self.frame[0]

    @property
    def height(self) -> float:
        """From the south edge to the north edge, in radii of the sphere."""
        return self.frame[3] - self.frame[1]

    def place(self, longitude: FloatArray, latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Where places in degrees lie in the view."""
        east = np.radians(longitude - self.longitude)
        up, middle = np.radians(latitude), np.radians(self.latitude)
        towards = np.sin(middle) * np.sin(up) + np.cos(middle) * np.cos(up) * np.cos(east)
        k = np.sqrt(2.0 / np.maximum(1.0 + towards, 1e-9))
        x = k * np.cos(up) * np.sin(east)
        y = k * (np.cos(middle) * np.sin(up) - np.sin(middle) * np.cos(up) * np.cos(east))
        return x, y

    def degrees(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The longitude and latitude of places in the view; NaN beyond the sphere."""
        away = np.hypot(x, y)
        angle = 2.0 * np.arcsin(np.where(away <= 2.0, away / 2.0, np.nan))
        middle = np.radians(self.latitude)
        ratio = np.divide(np.sin(angle), away, out=np.ones_like(away), where=away > 0)
        latitude = np.arcsin(
            np.clip(np.cos(angle) * np.sin(middle) + y * ratio * np.cos(middle), -1, 1)
        )
        east = np.arctan2(x * ratio, np.cos(middle) * np.cos(angle) - y * ratio * np.sin(middle))
        return (np.degrees(east) + self.longitude + 180) % 360 - 180, np.degrees(latitude)

    def pixels(self, across: int) -> tuple[FloatArray, FloatArray]:
        """x and y `(rows, across)` of the centres of square pixels that fill the frame."""
        west, south, east, north = self.frame
        down = max(1, round(across * self.height / self.width))
        x = west + (np.arange(across) + 0.5) / across * (east - west)
        y = north - (np.arange(down) + 0.5) / down * (north - south)
        return np.broadcast_to(x, (down, across)), np.repeat(y[:, None], across, axis=1)

    def holds(self, x: FloatArray, y: FloatArray, margin: float = 0.0) -> NDArray[np.bool_]:
        """Whether places in the view lie in the frame, or that near to it."""
        west, south, east, north = self.frame
        inside = (x >= west - margin) & (x <= east + margin)
        return np.asarray(inside & (y >= south - margin) & (y <= north + margin))

    def pieces(self, points: FloatArray) -> list[FloatArray]:
        """The parts of a line `(n, 2)` in the view that lie in the frame or just beside it."""
        near = self.holds(points[:, 0], points[:, 1], MARGIN * self.width)
        near |= np.roll(near, 1) | np.roll(near, -1)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
        return [points[a:b] for a, b in ends.reshape(-1, 2) if b - a > 1]


def views_of(
    longitude: FloatArray, latitude: FloatArray, margin: float = MARGIN
) -> tuple[View, View | None]:
    """The view of some places, and that of those that lie far south of all others in one spot.

    So the Tibetan Plateau does not have a map of the Arctic reach down to it.
    """
    south = latitude < SOUTHERN - 1e-6  # edges of cells lie on round degrees
    if south.any() and not south.all():
        _, apart = span_of(longitude[south])
        _, around = span_of(longitude[~south])
        if apart <= NARROW and around > WIDE:
            return (
                View.of(longitude[~south], latitude[~south], margin),
                View.of(longitude[south], latitude[south], margin),
            )
    return View.of(longitude, latitude, margin), None


def span_of(longitude: FloatArray) -> tuple[float, float]:
    """The westernmost of some longitudes and how far they go to the east of it, degrees."""
    around = np.sort(np.unique(longitude % 360.0))
    gaps = np.diff(np.append(around, around[0] + 360.0))
    widest = int(np.argmax(gaps))
    return float(around[(widest + 1) % len(around)]), 360.0 - float(gaps[widest])


def edges_of(area: Area) -> Iterator[tuple[FloatArray, FloatArray]]:
    """The sides of an area as lines of longitude and latitude."""
    if isinstance(area, Box):
        span = (area.east - area.west) % 360.0 or 360.0
        across = area.west + np.linspace(0, span, 181)
        for latitude in (area.south, area.north):
            if abs(latitude) < 90:
                yield across, np.full(181, latitude)
        if span < 360:
            up = np.linspace(area.south, min(area.north, 89.9), 61)
            for longitude in (area.west, area.west + span):
                yield np.full(61, longitude), up
    elif isinstance(area, Polygons):
        for ring in area.rings:
            corners = np.asarray([*ring, ring[0]], np.float64)
            if len(corners) < 200:  # a long side bends in the view
                at = np.linspace(0, len(corners) - 1, (len(corners) - 1) * POINTS_A_SIDE + 1)
                known = np.arange(len(corners))
                corners = np.column_stack([np.interp(at, known, side) for side in corners.T])
            yield project(corners[:, 0], corners[:, 1], area.crs, GEOGRAPHIC)
