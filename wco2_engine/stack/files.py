"""The files of a stack: a tiled GeoTIFF a predictor and year, and what its tags tell."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.files import atomic_write
from wco2_engine.grid import AS_STATED, Cells, Grid, parse_crs
from wco2_engine.inputs.opening import open_raster
from wco2_engine.inputs.predictors import NO_TIME
from wco2_engine.inputs.timeaxis import EMPTY
from wco2_engine.season import Month
from wco2_engine.stack.extent import TILE, Window, cropped

FORMAT = 1  # of a stack; another one is made anew
CACHE = 128_000_000  # bytes of blocks that GDAL holds while a file is written


@dataclass(frozen=True)
class Told:
    """What a file of a stack tells of itself.

    Attributes
    ----------
    key : of everything that the catalogue says of how the values are made.
    sources : the files that they come from, with size and time of change.
    filled, absent : the months that it holds, and those that the sources lack.
    grid, window : of the source, and the part of it that the file covers.
    """

    key: str
    sources: tuple[str, ...]
    filled: tuple[Month, ...]
    absent: tuple[Month, ...]
    grid: Grid
    window: Window
    units: str

    @classmethod
    def read(cls, path: Path) -> Told | None:
        """What a file tells; None where it is not there, or no file of a stack."""
        from rasterio.errors import RasterioError, RasterioIOError

        if not path.is_file():
            return None
        try:
            with open_raster(path) as source:
                tags = source.tags()
            about = json.loads(tags["WCO2_STACK"])
            grid = _grid(about["grid"])
            return cls(
                key=str(about["key"]),
                sources=tuple(map(str, json.loads(tags["WCO2_SOURCES"]))),
                filled=_months(about["filled"]),
                absent=_months(about["absent"]),
                grid=grid,
                window=Window(*(int(value) for value in about["window"])),
                units=str(tags["WCO2_UNITS"]),
            )
        except (Wco2Error, RasterioError, RasterioIOError, KeyError, ValueError, TypeError):
            return None  # it is made anew

    def tags(self, name: str, keys: Mapping[str, Any]) -> dict[str, str]:
        about = {
            "format": FORMAT,
            "key": self.key,
            "filled": [list(month) for month in self.filled],
            "absent": [list(month) for month in self.absent],
            "window": list(self.window),
            "grid": asdict(self.grid),
        }
        return {
            "TIFFTAG_SOFTWARE": f"wco2_engine {__version__}",
            "WCO2_PREDICTOR": name,
            "WCO2_UNITS": self.units,
            "WCO2_SOURCES": json.dumps(list(self.sources)),
            "WCO2_KEYS": json.dumps(keys, sort_keys=True),
            "WCO2_VERSION": __version__,
            "WCO2_STACK": json.dumps(about),
        }


def _grid(told: Any) -> Grid:
    cells = Cells(**told.pop("cells"))
    return Grid(cells, **told)


def _months(listed: Any) -> tuple[Month, ...]:
    return tuple(Month(int(year), int(month)) for year, month in listed)


def band_names(when: str, months: Sequence[Month], filled: Sequence[Month]) -> list[str]:
    """What the bands of a file are called: "1983-01", of months that it does not hold too."""

    def name(month: Month) -> str:
        if when == "static":
            return "static"
        if when == "yearly":
            return str(month.year)
        return f"month {month.month}" if when == "climatology" else str(month)

    return [name(m) if m in filled else f"{name(m)} {EMPTY}" for m in months]


def bands_of(when: str, year: int) -> tuple[Month, ...]:
    """The months that the bands of a file stand for, in their order."""
    if when == "static":
        return (NO_TIME,)
    if when == "yearly":
        return (Month(year, 1),)
    return tuple(Month(year, month) for month in range(1, 13))


def target_path(folder: Path, name: str, when: str, year: int) -> Path:
    """The file of a predictor for a year; one for all time where nothing changes by year."""
    stem = name if when in ("static", "climatology") else f"{name}_{year:04d}"
    return folder / name / f"{stem}.tif"


class Writer:
    """An open file of a stack, filled piece by piece."""

    def __init__(self, dataset: Any, bands: Sequence[Month]) -> None:
        self._dataset = dataset
        self._bands = {month: band for band, month in enumerate(bands, start=1)}

    def write(self, month: Month, row: int, values: NDArray[np.float32]) -> None:
        """Rows of a month, from `row` on."""
        from rasterio.windows import Window as Pixels

        if np.isnan(values).all():
            return  # stays sparse
        place = Pixels(0, row, values.shape[1], values.shape[0])
        self._dataset.write(values, self._bands[month], window=place)


@contextmanager
def written(
    path: Path, when: str, bands: Sequence[Month], told: Told, tags: Mapping[str, str]
) -> Iterator[Writer]:
    """A file to fill, which takes its name when it is whole."""
    import rasterio
    from rasterio.transform import Affine

    part = cropped(told.grid, told.window)
    block = min(TILE, 16 * math.ceil(max(part.width, part.height) / 16))
    names = band_names(when, bands, told.filled)
    with (
        disk_errors(path),
        atomic_write(path) as partial,
        rasterio.Env(GDAL_CACHEMAX=CACHE, **AS_STATED),
    ):
        with rasterio.open(
            partial,
            "w",
            driver="GTiff",
            width=part.width,
            height=part.height,
            count=len(bands),
            dtype="float32",
            crs=parse_crs(part.crs),
            transform=Affine(*part.transform),
            nodata=float("nan"),
            tiled=True,
            blockxsize=block,
            blockysize=block,
            interleave="band",
            predictor=3,
            sparse_ok=True,
            BIGTIFF="IF_SAFER",
            **compression(),
        ) as dataset:
            dataset.update_tags(**tags)
            empty = [name for name in names if name.endswith(EMPTY)]
            if empty:
                dataset.update_tags(WCO2_EMPTY=", ".join(n.removesuffix(EMPTY) for n in empty))
            dataset.descriptions = tuple(names)
            dataset.units = (told.units,) * len(names)
            yield Writer(dataset, bands)
        _check_whole(partial, path)


def _check_whole(partial: Path, path: Path) -> None:
    """Read the last row of each band: GDAL may close a file on a full disk without a word."""
    from rasterio.errors import RasterioError, RasterioIOError

    try:
        with open_raster(partial) as dataset:
            last = ((dataset.height - 1, dataset.height), (0, dataset.width))
            dataset.read(window=last)
    except (RasterioError, RasterioIOError) as error:
        raise Wco2Error(
            f"{path} could not be written whole.", "The disk is full, or it failed: make space."
        ) from error


@cache
def compression() -> dict[str, Any]:
    """ZSTD at its quickest, which reads fast; DEFLATE where GDAL was built without it."""
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError
    from rasterio.io import MemoryFile

    about: dict[str, Any] = {"driver": "GTiff", "width": 16, "height": 16, "count": 1}
    about |= {"dtype": "uint8", "transform": rasterio.Affine.scale(2.0)}
    try:
        with rasterio.Env(), MemoryFile() as memory, memory.open(**about, compress="zstd") as test:
            if test.profile.get("compress") == "zstd":
                return {"compress": "zstd", "zstd_level": 1}
    except (RasterioError, RasterioIOError):
        pass
    return {"compress": "deflate", "zlevel": 1}
