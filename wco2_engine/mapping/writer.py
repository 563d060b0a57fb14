"""The one writer of rasters: cloud-optimised GeoTIFFs that any GIS shows right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, disk_errors, gdal_errors
from wco2_engine.files import atomic_write, beside
from wco2_engine.grid import BLOCK, Grid, Tile, parse_crs
from wco2_engine.inputs.opening import open_raster

NODATA = np.float32(-9999.0)


class Band(NamedTuple):
    """What a band of a raster shows, and in which unit."""

    description: str
    units: str


def write_cog(
    path: Path,
    grid: Grid,
    bands: Sequence[Band],
    blocks: Iterable[tuple[Tile, NDArray[np.floating[Any]]]],
    tags: Mapping[str, str],
) -> None:
    """Write a raster from its blocks; tiles that are not given are nodata.

    The file is tiled, deflated, float32, has overviews, and says for each band what it shows, in
    which unit and with which statistics.

    Parameters
    ----------
    blocks : tiles and their values `(n_bands, height, width)`, -9999 or NaN where there are none.

    Raises
    ------
    Wco2Error : when it can't be written, e.g. on a full disk. No partial file stays.
    """
    import rasterio
    from rasterio import shutil as raster_files
    from rasterio.windows import Window

    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(bands),
        "interleave": "band",
        "dtype": "float32",
        "nodata": float(NODATA),
        "crs": parse_crs(grid.crs),
        "transform": rasterio.Affine(*grid.transform),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,
        "bigtiff": "if_safer",
        "sparse_ok": True,
    }
    written = _Checksum()
    plain = beside(path.with_name(f"{path.stem}-plain.tif"), "partial")
    try:
        with rasterio.Env(), disk_errors(path), atomic_write(path) as partial:
            with rasterio.open(plain, "w", **profile) as target:
                for tile, values in blocks:
                    window = Window(tile.column, tile.row, tile.width, tile.height)
                    stored = np.where(np.isnan(values), NODATA, values).astype(np.float32)
                    target.write(stored, window=window)
                    written.add(stored)
                for number, band in enumerate(bands, 1):
                    target.set_band_description(number, band.description)
                target.units = tuple(band.units for band in bands)
                target.update_tags(**tags)
            with rasterio.open(plain, "r+") as target:
                for number in target.indexes:
                    target.update_tags(number, **_statistics(target, number))
            raster_files.copy(
                plain,
                partial,
                driver="COG",
                COMPRESS="DEFLATE",
                PREDICTOR="YES",
                BLOCKSIZE=str(BLOCK),
                OVERVIEW_RESAMPLING="AVERAGE",
                BIGTIFF="IF_SAFER",
            )
            _check_written(partial, path, written)
    except gdal_errors() as error:
        raise Wco2Error(
            f"{path} could not be written: {str(error).rstrip('.')}.",
            "Look at the free space of the disk, then run the same command again.",
        ) from error
    finally:
        plain.unlink(missing_ok=True)


def _check_written(path: Path, name: Path, expected: _Checksum) -> None:
    """A full disk can make GDAL close a file without a word, so what was written is read again."""
    found = _Checksum()
    with open_raster(path) as written:
        for _, window in written.block_windows(1):
            found.add(written.read(window=window))
    if found != expected:
        raise Wco2Error(
            f"{name} does not read back as it was written.",
            "The disk may be full or failing: make space and run the same command again.",
        )


@dataclass
class _Checksum:
    """What the cells with a value have in common in whatever order they come."""

    count: int = 0
    bits: int = 0

    def add(self, values: NDArray[np.float32]) -> None:
        valid = np.ascontiguousarray(values[values != NODATA])
        self.count += valid.size
        self.bits += int(valid.view(np.uint32).sum(dtype=np.uint64))


def _statistics(source: Any, band: int) -> dict[str, str]:
    """Extremes, mean and standard deviation under GDAL's names; none where no cell has a value.

    They are taken from the file, block by block: in the order of the tiles that were predicted,
    rounding would make the last digits depend on the tiling.
    """
    low, high, count, total, squares = np.inf, -np.inf, 0, 0.0, 0.0
    for _, window in source.block_windows(band):
        values = source.read(band, window=window)
        valid = values[values != NODATA].astype(np.float64)
        if valid.size:
            low, high = min(low, float(valid.min())), max(high, float(valid.max()))
            count += valid.size
            total += float(valid.sum())
            squares += float((valid**2).sum())
    if not count:
        return {}
    mean = total / count
    deviation = max(0.0, squares / count - mean**2) ** 0.5
    facts = {"MINIMUM": low, "MAXIMUM": high, "MEAN": mean, "STDDEV": deviation}
    return {f"STATISTICS_{name}": f"{value:.9g}" for name, value in facts.items()}
