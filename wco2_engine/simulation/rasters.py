"""The grids that the simulated rasters lie on, and the one function that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, Grid, project
from wco2_engine.simulation.noise import Array

SOUTHERN_EDGE = 24.0


def centres(grid: Grid) -> tuple[Array, Array]:
    """Longitude and latitude of the pixels' centres, both `(height * width,)`, row by row."""
    x, y = grid.axes()
    return project(np.tile(x, grid.height), np.repeat(y, grid.width), grid.crs, GEOGRAPHIC)


# The reader of rasters meets every layout that it has to understand.
EAST_OF_GREENWICH = Grid.of_pixels(GEOGRAPHIC, 0.0, 85.0, 0.5, 0.5, 720, 122)  # 0..360
FROM_MINUS_180 = Grid.of_pixels(GEOGRAPHIC, -180.0, 85.0, 0.5, 0.5, 720, 122)
HALF_A_CELL_OFF = Grid.of_pixels(GEOGRAPHIC, -180.25, 85.25, 0.5, 0.5, 720, 122)
POLAR = Grid.of_pixels("EPSG:6931", -7.2e6, 7.2e6, 5e4, 5e4, 288, 288)  # the pole in the middle
COARSE = Grid.of_pixels(GEOGRAPHIC, -180.0, 85.0, 1.0, 1.0, 360, 61)
FINE = Grid.of_pixels(GEOGRAPHIC, -180.0, 85.0, 0.25, 0.25, 1440, 244)
# Centres on multiples of a quarter degree: the centres of 0.5 degree cells are among them.
FINE_ON_CENTRES = Grid.of_pixels(GEOGRAPHIC, -180.125, 85.125, 0.25, 0.25, 1440, 245)


@dataclass(frozen=True)
class Storage:
    """How values are stored: stored * scale = value, in `units`.

    With `says_so` false the file states neither scale nor nodata, as many older files do not. With
    `south_up` its first row is the southernmost, as in many climate data.
    """

    dtype: str
    units: str
    nodata: float
    scale: float = 1.0
    says_so: bool = True
    south_up: bool = False


def with_coast(land: NDArray[np.bool_], grid: Grid) -> NDArray[np.bool_]:
    """Land and the pixels beside it, `(n,)`; coarse products reach out over the coast like this."""
    rows = land.reshape(grid.shape)
    wide = rows.copy()
    wide[1:] |= rows[:-1]
    wide[:-1] |= rows[1:]
    tall = wide.copy()
    wide |= np.roll(tall, 1, axis=1) | np.roll(tall, -1, axis=1)
    return wide.ravel()


def write_raster(
    path: Path,
    grid: Grid,
    bands: Array,
    storage: Storage,
    description: str,
    band_names: tuple[str, ...] = (),
    valid_time: str = "",
    crs_known: bool = True,
) -> None:
    """Write a GeoTIFF that says of itself that it is simulated.

    Parameters
    ----------
    bands : values `(n_bands, height * width)` in `storage.units`, NaN where missing.
    description : what the values are; the word "simulated" is put before it.
    band_names : one name a band; without it every band has the description.
    crs_known : False leaves the file without a CRS.
    """
    import rasterio
    from rasterio.transform import Affine

    stored = bands / storage.scale
    if np.issubdtype(np.dtype(storage.dtype), np.integer):
        stored = np.rint(stored)
    stored = np.where(np.isnan(stored), storage.nodata, stored).astype(storage.dtype)
    floating = np.issubdtype(stored.dtype, np.floating)
    stored = stored.reshape(len(bands), *grid.shape)
    west, south, _, north = grid.bounds
    transform = Affine(grid.dx, 0.0, west, 0.0, -grid.dy, north)
    if storage.south_up:
        stored = stored[:, ::-1]
        transform = Affine(grid.dx, 0.0, west, 0.0, grid.dy, south)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=len(bands),
        dtype=storage.dtype,
        crs=grid.crs if crs_known else None,
        transform=transform,
        nodata=storage.nodata if storage.says_so else None,
        compress="deflate",
        predictor=3 if floating else 2,
        interleave="band",
    ) as file:
        file.write(stored)
        file.descriptions = band_names or (f"simulated {description}",) * len(bands)
        file.units = (storage.units,) * len(bands)
        if storage.says_so and storage.scale != 1.0:
            file.scales = (storage.scale,) * len(bands)
        file.update_tags(
            SIMULATED="yes",
            TIFFTAG_IMAGEDESCRIPTION=f"SIMULATED, not measured: {description}",
            UNITS=storage.units,
            **({"VALID_TIME": valid_time} if valid_time else {}),
        )
