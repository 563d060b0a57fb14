"""The grids that the simulated rasters lie on, and the one function that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.simulation.noise import Array

SOUTHERN_EDGE = 24.0


@dataclass(frozen=True)
class Layout:
    """Where the pixels of a raster lie: outer corner of the first one, and the steps to the next.

    `dy` is positive where the first row is the southernmost.
    """

    crs: str
    x0: float
    y0: float
    dx: float
    dy: float
    width: int
    height: int

    @cached_property
    def centres(self) -> tuple[Array, Array]:
        """Longitude and latitude of the pixels' centres, both `(height * width,)`, row-major."""
        x = self.x0 + (np.arange(self.width) + 0.5) * self.dx
        y = self.y0 + (np.arange(self.height) + 0.5) * self.dy
        all_x, all_y = np.tile(x, self.height), np.repeat(y, self.width)
        return project(all_x, all_y, self.crs, GEOGRAPHIC)


# The reader of rasters meets every layout that it has to understand.
EAST_OF_GREENWICH = Layout(GEOGRAPHIC, 0.0, 85.0, 0.5, -0.5, 720, 122)  # 0..360
SOUTH_UP = Layout(GEOGRAPHIC, -180.0, 24.0, 0.5, 0.5, 720, 122)  # latitude ascending
HALF_A_CELL_OFF = Layout(GEOGRAPHIC, -180.25, 85.25, 0.5, -0.5, 720, 122)
POLAR = Layout("EPSG:6931", -7.2e6, 7.2e6, 5e4, -5e4, 288, 288)  # the pole in the middle
COARSE = Layout(GEOGRAPHIC, -180.0, 85.0, 1.0, -1.0, 360, 61)
FINE = Layout(GEOGRAPHIC, -180.0, 85.0, 0.25, -0.25, 1440, 244)
# Centres on multiples of a quarter degree: the centres of 0.5 degree cells are among them.
FINE_ON_CENTRES = Layout(GEOGRAPHIC, -180.125, 85.125, 0.25, -0.25, 1440, 245)


@dataclass(frozen=True)
class Encoding:
    """How values are stored: stored * scale = value, in `units`.

    With `says_so` false the file states neither scale nor nodata, as many older files do not.
    """

    dtype: str
    units: str
    nodata: float
    scale: float = 1.0
    says_so: bool = True


def with_coast(land: NDArray[np.bool_], layout: Layout) -> NDArray[np.bool_]:
    """Land and the pixels beside it, `(n,)`; coarse products reach out over the coast like this."""
    grid = land.reshape(layout.height, layout.width)
    wide = grid.copy()
    wide[1:] |= grid[:-1]
    wide[:-1] |= grid[1:]
    tall = wide.copy()
    wide |= np.roll(tall, 1, axis=1) | np.roll(tall, -1, axis=1)
    return wide.ravel()


def write_raster(
    path: Path,
    layout: Layout,
    bands: Array,
    encoding: Encoding,
    description: str,
    band_names: tuple[str, ...] = (),
    valid_time: str = "",
    crs_known: bool = True,
) -> None:
    """Write a GeoTIFF that says of itself that it is simulated.

    Parameters
    ----------
    bands : values `(n_bands, height * width)` in `encoding.units`, NaN where missing.
    description : what the values are; the word "simulated" is put before it.
    band_names : one name a band; without it every band has the description.
    crs_known : False leaves the file without a CRS.
    """
    import rasterio
    from rasterio.transform import Affine

    stored = bands / encoding.scale
    if np.issubdtype(np.dtype(encoding.dtype), np.integer):
        stored = np.rint(stored)
    stored = np.where(np.isnan(stored), encoding.nodata, stored).astype(encoding.dtype)
    floating = np.issubdtype(stored.dtype, np.floating)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=layout.width,
        height=layout.height,
        count=len(bands),
        dtype=encoding.dtype,
        crs=layout.crs if crs_known else None,
        transform=Affine(layout.dx, 0.0, layout.x0, 0.0, layout.dy, layout.y0),
        nodata=encoding.nodata if encoding.says_so else None,
        compress="deflate",
        predictor=3 if floating else 2,
        interleave="band",
    ) as file:
        file.write(stored.reshape(len(bands), layout.height, layout.width))
        file.descriptions = band_names or (f"simulated {description}",) * len(bands)
        file.units = (encoding.units,) * len(bands)
        if encoding.says_so and encoding.scale != 1.0:
            file.scales = (encoding.scale,) * len(bands)
        file.update_tags(
            SIMULATED="yes",
            TIFFTAG_IMAGEDESCRIPTION=f"SIMULATED, not measured: {description}",
            UNITS=encoding.units,
            **({"VALID_TIME": valid_time} if valid_time else {}),
        )
