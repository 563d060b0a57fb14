"""The one writer of maps: cloud-optimised GeoTIFFs that any GIS shows right."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.files import atomic_write
from wco2_engine.grid import Grid, Tile, parse_crs
from wco2_engine.inputs.opening import open_raster
from wco2_engine.mapping.blocks import NODATA
from wco2_engine.mapping.plan import Output

BLOCK = 512


def write_map(
    path: Path,
    grid: Grid,
    output: Output,
    blocks: Iterable[tuple[Tile, NDArray[np.float32]]],
    tags: Mapping[str, str],
) -> None:
    """Write one map from its blocks; tiles that are not given are nodata.

    The file is tiled, deflated, has overviews, and says for each band what it shows, in which unit
    and with which statistics, and for which time.

    Parameters
    ----------
    blocks : tiles and their values `(n_bands, height, width)`.

    Raises
    ------
    Wco2Error : when it can't be written, e.g. on a full disk. No partial file stays.
    """
    import rasterio
    from rasterio import shutil as raster_files
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError, RasterioIOError
    from rasterio.windows import Window

    west, north = grid.corner
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(output.bands),
        "interleave": "band",
        "dtype": "float32",
        "nodata": float(NODATA),
        "crs": parse_crs(grid.crs),
        "transform": rasterio.Affine(grid.resolution, 0, west, 0, -grid.resolution, north),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,
        "bigtiff": "if_safer",
        "sparse_ok": True,
    }
    written = _Checksum()
    plain = path.with_name(f".{path.stem}.plain.tif")
    try:
        with rasterio.Env(), disk_errors(path), atomic_write(path) as partial:
            with rasterio.open(plain, "w", **profile) as target:
                for tile, values in blocks:
                    window = Window(tile.column, tile.row, tile.width, tile.height)
                    target.write(values, window=window)
                    written.add(values)
                for number, band in enumerate(output.bands, 1):
                    target.set_band_description(number, band.description)
                target.units = tuple(band.units for band in output.bands)
                target.update_tags(**_time_tags(output), **tags)
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
    except (RasterioError, RasterioIOError, CPLE_BaseError) as error:
        raise Wco2Error(
            f"{path} could not be written: {str(error).rstrip('.')}.",
            "Look at the free space of the disk, then run the same command again.",
        ) from error
    finally:
        plain.unlink(missing_ok=True)


def _time_tags(output: Output) -> dict[str, str]:
    last = output.last
    return {
        "WCO2_QUANTITY": output.quantity,
        "WCO2_TIME": output.time,
        "WCO2_VALID_FROM": f"{output.first}-01",
        "WCO2_VALID_TO": f"{last}-{calendar.monthrange(*last)[1]:02d}",
    }


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
