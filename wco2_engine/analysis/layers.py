"""Small rasters of what analyses find: all of their cells are in memory already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.files import atomic_write
from wco2_engine.grid import Grid, parse_crs

NODATA = -9999.0


class Layer(NamedTuple):
    """One band: what it shows, in which unit, and its values `(rows, columns)`, NaN for none."""

    about: str
    units: str
    values: NDArray[np.float64]


def write_layers(path: Path, grid: Grid, layers: Sequence[Layer], tags: Mapping[str, str]) -> None:
    """Write layers as the bands of a cloud-optimised GeoTIFF, float32, nodata -9999.

    Raises
    ------
    Wco2Error : when it can't be written. No partial file stays.
    """
    import rasterio
    from rasterio import shutil as raster_files
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(layers),
        "dtype": "float32",
        "nodata": NODATA,
        "crs": parse_crs(grid.crs),
        "transform": rasterio.Affine(*grid.transform),
    }
    try:
        with disk_errors(path), atomic_write(path) as partial, MemoryFile() as memory:
            with memory.open(**profile) as target:
                for band, layer in enumerate(layers, start=1):
                    values = np.where(np.isfinite(layer.values), layer.values, NODATA)
                    target.write(values.astype(np.float32), band)
                    target.set_band_description(band, layer.about)
                    target.update_tags(band, **statistics(layer.values))
                target.units = tuple(layer.units for layer in layers)
                target.update_tags(**tags)
            with memory.open() as source:
                raster_files.copy(
                    source, partial, driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES"
                )
    except (RasterioError, CPLE_BaseError) as error:
        raise Wco2Error(
            f"{path} could not be written: {str(error).rstrip('.')}.",
            "Look at the free space of the disk, then run the same command again.",
        ) from error


def statistics(values: NDArray[np.float64]) -> dict[str, str]:
    """Extremes, mean and standard deviation under GDAL's names; none where there is no value."""
    valid = values[np.isfinite(values)]
    if not valid.size:
        return {}
    facts = {
        "MINIMUM": valid.min(),
        "MAXIMUM": valid.max(),
        "MEAN": valid.mean(),
        "STDDEV": valid.std(),
    }
    return {f"STATISTICS_{name}": f"{value:.9g}" for name, value in facts.items()}
