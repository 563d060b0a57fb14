"""A raster as a figure shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, parse_crs, project
from wco2_engine.inputs.opening import open_raster
from wco2_engine.report.views import View, pixel_degrees

FloatArray = NDArray[np.float64]
MAX_PIXELS = 3600  # across or down, of a map that is read
MANY_PLACES = 20_000  # of which some tell the frame
LATTICE = 48  # points across a view at which a projection is computed, linear between them


@dataclass(frozen=True, eq=False)
class Sheet:
    """A raster, in whichever projection.

    Parameters
    ----------
    values : `(height, width)`, NaN where nodata.
    bounds : west, south, east, north in `crs`.
    """

    values: FloatArray
    bounds: tuple[float, float, float, float]
    crs: str = GEOGRAPHIC

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

    def of(self, values: FloatArray) -> Sheet:
        """Other values on the same cells."""
        return Sheet(values, self.bounds, self.crs)

    def minus(self, other: Sheet) -> Sheet:
        """The difference of two bands of one grid."""
        return self.of(self.values - other.values)

    @property
    def known(self) -> FloatArray:
        """The values that there are, in a row."""
        return self.values[np.isfinite(self.values)]

    @property
    def places(self) -> tuple[FloatArray, FloatArray]:
        """Longitude and latitude of the corners of cells that have a value.

        Of some cells where they are very many; of all where none has a value.
        """
        has = np.isfinite(self.values)
        rows, columns = np.nonzero(has if has.any() else np.ones_like(has))
        chosen = list(range(0, len(rows), max(1, len(rows) // MANY_PLACES)))
        # What lies outermost in the raster is never left out.
        chosen += [int(f(side)) for f in (np.argmin, np.argmax) for side in (rows, columns)]
        west, south, east, north = self.bounds
        height, width = self.values.shape
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        row, column = (
            side[chosen][:, None] + at for side, at in zip((rows, columns), corners.T, strict=True)
        )
        x = west + column.ravel() / width * (east - west)
        y = north - row.ravel() / height * (north - south)
        longitude, latitude = project(x, y, self.crs, GEOGRAPHIC)
        finite = np.isfinite(longitude) & np.isfinite(latitude)
        return longitude[finite], np.clip(latitude[finite], -90, 90)

    def centres(self, rows: Any, columns: Any) -> tuple[FloatArray, FloatArray]:
        """x and y of the centres of some cells in the sheet's CRS."""
        west, south, east, north = self.bounds
        height, width = self.values.shape
        x = west + (columns + 0.5) / width * (east - west)
        y = north - (rows + 0.5) / height * (north - south)
        return np.asarray(x), np.asarray(y)

    def on(self, view: View, across: int) -> FloatArray:
        """The value of the cell that each pixel of a view lies in, NaN where there is none."""
        column, row = self._cells(view, across)
        height, width = self.values.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        seen = np.full(column.shape, np.nan)
        seen[inside] = self.values[row[inside].astype(int), column[inside].astype(int)]
        return seen

    def _cells(self, view: View, across: int) -> tuple[FloatArray, FloatArray]:
        """Column and row of the cell under each pixel; NaN beyond the Earth."""
        west, south, east, north = self.bounds
        height, width = self.values.shape
        if parse_crs(self.crs).is_geographic:
            longitude, latitude = pixel_degrees(view, across)
            x, y = west + (longitude - west) % 360.0, latitude
        else:
            x, y = self._projected(view, across)
        with np.errstate(invalid="ignore"):
            column = np.floor((x - west) / (east - west) * width)
            row = np.floor((north - y) / (north - south) * height)
        return column, row

    def _projected(self, view: View, across: int) -> tuple[FloatArray, FloatArray]:
        coarse_x, coarse_y = view.pixels(min(LATTICE, across))
        longitude, latitude = view.degrees(coarse_x, coarse_y)
        known = np.isfinite(longitude)
        found = [np.full(longitude.shape, np.nan) for _ in range(2)]
        there = project(longitude[known], latitude[known], GEOGRAPHIC, self.crs)
        for side, values in zip(found, there, strict=True):
            side[known] = np.where(np.isfinite(values), values, np.nan)
        fine_x, fine_y = view.pixels(across)
        return tuple(  # type: ignore[return-value]
            _between(side, coarse_x[0], coarse_y[:, 0], fine_x[0], fine_y[:, 0]) for side in found
        )


def _between(
    values: FloatArray, x: FloatArray, y: FloatArray, new_x: FloatArray, new_y: FloatArray
) -> FloatArray:
    """Values on a lattice, linear between its points and beyond the outermost ones."""
    if min(values.shape) == 1:
        return np.resize(values, (len(new_y), len(new_x)))
    left, across = _part(x, new_x)
    upper, down = _part(-y, -new_y)
    rows, columns = np.ix_(upper, left)
    above = values[rows, columns] * (1 - across) + values[rows, columns + 1] * across
    below = values[rows + 1, columns] * (1 - across) + values[rows + 1, columns + 1] * across
    return np.asarray(above * (1 - down[:, None]) + below * down[:, None])


def _part(at: FloatArray, new: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """The rising point before each new one, and how far on it lies towards the next."""
    before = np.clip(np.searchsorted(at, new, side="right") - 1, 0, len(at) - 2)
    return before, (new - at[before]) / (at[before + 1] - at[before])
