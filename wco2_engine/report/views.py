"""Maps in figures: an equal-area view from above, with latitudes, longitudes and outlines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, parse_crs, project
from wco2_engine.inputs.areas import Area, Box, Polygons
from wco2_engine.inputs.opening import open_raster
from wco2_engine.report.drawing import GREY, LIGHT

FloatArray = NDArray[np.float64]
WIDE = 120.0  # degrees of longitude, from which on the view is from above the pole
MAX_PIXELS = 1600
VIEW_PIXELS = 700
POINTS_A_SIDE = 24
FAR_SOUTH = 12.0  # degrees of latitude beyond the southernmost site


@dataclass(frozen=True)
class View:
    """Lambert's azimuthal equal-area projection of a sphere of radius 1 (Snyder 1987, p. 185).

    Parameters
    ----------
    longitude, latitude : of the middle, degrees.
    reach : from the middle to each edge.
    """

    longitude: float
    latitude: float
    reach: float

    @classmethod
    def of(cls, longitude: FloatArray, latitude: FloatArray) -> View:
        """The view that shows all of some places: from above the pole where they go far around."""
        around = np.sort(np.unique(longitude % 360.0))
        gaps = np.diff(np.append(around, around[0] + 360.0))
        widest = int(np.argmax(gaps))
        span = 360.0 - float(gaps[widest])
        if span > WIDE:
            view = cls(0.0, 90.0, 2.0)
        else:
            middle = float(around[(widest + 1) % len(around)]) + span / 2
            view = cls((middle + 180) % 360 - 180, float(latitude.min() + latitude.max()) / 2, 2.0)
        x, y = view.place(longitude, latitude)
        return cls(view.longitude, view.latitude, max(1.08 * float(np.hypot(x, y).max()), 0.01))

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

    def prepare(self, axis: Any) -> None:
        """Draw latitudes and longitudes into an axis without other marks."""
        axis.set_aspect("equal", "box")
        axis.set_xlim(-self.reach, self.reach)
        axis.set_ylim(-self.reach, self.reach)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
        polar = self.latitude == 90.0
        step = 15.0 if self.reach > 0.5 else 10.0 if self.reach > 0.25 else 5.0
        if self.reach < 0.08:
            step = 1.0
        along = np.linspace(-180, 180, 361)
        around = 30.0 if polar else step
        lows = np.arange(-90 + step, 90, step)
        for latitude in lows:
            self._line(axis, along, np.full(361, latitude))
            at = -45.0 if polar else self.longitude
            self._mark(axis, at, latitude, f"{abs(latitude):g}°{'N' if latitude >= 0 else 'S'}")
        upward = np.linspace(-80 if not polar else 0, 90 if not polar else 90 - step / 3, 181)
        for longitude in np.arange(-180, 180, around):
            self._line(axis, np.full(181, longitude), upward)
            name = f"{abs(longitude):g}°{'E' if longitude > 0 else 'W' if longitude < 0 else ''}"
            if polar:
                edge = np.degrees(2 * np.arcsin(min(0.97 * self.reach, 2.0) / 2))
                self._mark(axis, longitude, 90 - edge, "180°" if longitude == -180 else name)
            else:
                _, low = self.degrees(np.zeros(1), np.array([-0.94 * self.reach]))
                self._mark(axis, longitude, float(low[0]), name)

    @classmethod
    def of_regions(cls, longitude: FloatArray, latitude: FloatArray, areas: Iterable[Area]) -> View:
        """The view of some places and of the areas around them, but for what lies far south."""
        edges = [np.column_stack(edge) for area in areas for edge in _edges(area)]
        places = np.concatenate([np.column_stack([longitude, latitude]), *edges])
        places = places[np.isfinite(places).all(axis=1)]
        near = places[places[:, 1] >= latitude.min() - FAR_SOUTH]
        return cls.of(near[:, 0], near[:, 1])

    def outline(self, axis: Any, area: Area, color: str, **looks: Any) -> None:
        """Draw the edge of a region."""
        looks = {"linewidth": 1.2, "color": color, **looks}
        for longitude, latitude in _edges(area):
            self._line(axis, longitude, latitude, **looks)

    def _line(self, axis: Any, longitude: FloatArray, latitude: FloatArray, **looks: Any) -> None:
        x, y = self.place(longitude, latitude)
        beyond = np.hypot(x, y) > min(1.6 * self.reach, 1.99)
        looks = {"color": LIGHT, "linewidth": 0.6, "zorder": 0.5, **looks}
        axis.plot(np.where(beyond, np.nan, x), np.where(beyond, np.nan, y), **looks)

    def _mark(self, axis: Any, longitude: float, latitude: float, words: str) -> None:
        x, y = self.place(np.array([longitude]), np.array([latitude]))
        if max(abs(x[0]), abs(y[0])) < 0.99 * self.reach:
            axis.text(
                x[0],
                y[0],
                words,
                fontsize=6,
                color=GREY,
                ha="center",
                va="center",
                zorder=0.6,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.7},
            )


def _edges(area: Area) -> Iterator[tuple[FloatArray, FloatArray]]:
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


@dataclass(frozen=True, eq=False)
class Sheet:
    """A raster as a figure shows it.

    Parameters
    ----------
    values : `(height, width)`, NaN where nodata.
    bounds : west, south, east, north in `crs`.
    """

    values: FloatArray
    bounds: tuple[float, float, float, float]
    crs: str

    @classmethod
    def read(cls, path: Path, band: int = 1) -> Sheet:
        """A band of a map, of at most `MAX_PIXELS` across.

        Raises
        ------
        Wco2Error : when the map can't be read.
        """
        from rasterio.errors import RasterioError, RasterioIOError

        try:
            with open_raster(path) as source:
                step = max(1, -(-max(source.shape) // MAX_PIXELS))
                shape = (max(1, source.height // step), max(1, source.width // step))
                values = source.read(band, out_shape=shape).astype(np.float64)
                bounds = tuple(source.bounds)
                crs = str(source.crs) if source.crs else GEOGRAPHIC
                nodata = source.nodata
        except (RasterioError, RasterioIOError, IndexError, Wco2Error) as error:
            raise Wco2Error(
                f"The map {path} can't be read.",
                "Make the maps anew with wco2 predict or wco2 run.",
            ) from error
        if nodata is not None:
            values[values == nodata] = np.nan
        return cls(values, bounds, crs)

    def minus(self, other: Sheet) -> Sheet:
        """The difference of two bands of one grid."""
        return Sheet(self.values - other.values, self.bounds, self.crs)

    @property
    def is_polar(self) -> bool:
        """Whether it goes so far around that a view from above the pole shows it best."""
        west, _, east, north = self.bounds
        return parse_crs(self.crs).is_geographic and east - west > WIDE and north > 30

    def show(self, axis: Any, **looks: Any) -> Any:
        """Draw it into an axis; what a colour bar needs."""
        looks = {"interpolation": "nearest", **looks}
        west, south, east, north = self.bounds
        if not self.is_polar:
            axis.set_facecolor("#f2f2f2")
            geographic = parse_crs(self.crs).is_geographic
            squeeze = np.cos(np.radians((south + north) / 2)) if geographic else 1.0
            aspect = 1.0 / max(squeeze, 0.1)
            ratio = (north - south) * aspect / (east - west)
            unit = "degrees" if geographic else "m"
            axis.set_xlabel(f"{unit}, {self.crs[:30]}", fontsize=7)
            return axis.imshow(
                self.values,
                extent=(west, east, south, north),
                aspect=aspect if 0.1 < ratio < 10 else "auto",
                **looks,
            )
        low = max(south, 0.0)
        view = View(0.0, 90.0, 1.02 * 2 * float(np.sin(np.radians(90 - low) / 2)))
        view.prepare(axis)
        edge = (np.arange(VIEW_PIXELS) + 0.5) / VIEW_PIXELS * 2 - 1
        x, y = np.meshgrid(edge * view.reach, -edge * view.reach)
        longitude, latitude = view.degrees(x, y)
        height, width = self.values.shape
        column = np.floor((longitude - west) % 360.0 / (east - west) * width)
        row = np.floor((north - latitude) / (north - south) * height)
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        seen = np.full(x.shape, np.nan)
        seen[inside] = self.values[row[inside].astype(int), column[inside].astype(int)]
        axis.add_patch(_disc(view, low))
        return axis.imshow(
            seen, extent=(-view.reach, view.reach, -view.reach, view.reach), zorder=1, **looks
        )


def _disc(view: View, latitude: float) -> Any:
    from matplotlib.patches import Circle

    _, y = view.place(np.zeros(1), np.array([latitude]))
    return Circle((0, 0), abs(float(y[0])), facecolor="#f2f2f2", edgecolor="none", zorder=0)
