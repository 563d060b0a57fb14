"""Maps as cloud-optimised GeoTIFFs: ours are that already, others' are written anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from wco2_engine.errors import Wco2Error, gdal_errors, reason_of
from wco2_engine.inputs.opening import open_raster
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.publication.dataset import LONG_NAMES, STORED_UNITS, Dataset

SMALL = 512  # cells along a side, up to which a map needs no overviews


def place_of(quantity: str, year: int) -> Path:
    """Where the map of a winter lies in the published folder."""
    return Path(quantity) / f"{quantity}_{year}.tif"


def put_map(dataset: Dataset, quantity: str, year: int, folder: Path) -> Path:
    """Put the map of a winter into the published folder; its place there.

    Raises
    ------
    Wco2Error : when it can't be read or written.
    """
    series, place = dataset.series[quantity], place_of(quantity, year)
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if series.factor == 1.0 and series.encoding.crs is None and not problem_of(series.maps[year]):
        shutil.copyfile(series.maps[year], target)
        return place
    strips = ((strip, series.values(year, strip)[np.newaxis]) for strip in series.grid.strips())
    tags = {"WCO2_QUANTITY": quantity, "WCO2_TIME": str(year)}
    tags["LICENSE"] = dataset.licence or "not stated"
    if dataset.simulated:
        tags["SIMULATED"] = "yes"
    write_cog(target, series.grid, [Band(LONG_NAMES[quantity], STORED_UNITS)], strips, tags)
    return place


def problem_of(path: Path) -> str:
    """Why a file is no cloud-optimised GeoTIFF that says what it holds; empty when it is one.

    GDAL marks files of its COG driver as such, and takes the mark away when one is changed.
    """
    try:
        with open_raster(path) as source:
            facts = source.tags(ns="IMAGE_STRUCTURE")
            tiled = source.block_shapes[0][1] < source.width or source.width <= SMALL
            overviews = source.overviews(1)
            if source.driver != "GTiff" or facts.get("LAYOUT") != "COG":
                return "it is not laid out as a cloud-optimised GeoTIFF"
            if not tiled or (max(source.shape) > SMALL and not overviews):
                return "it has no tiles or no overviews"
            if source.crs is None:
                return "it states no CRS"
            if source.nodata is None:
                return "it states no nodata value"
            if not all(source.units) or not all(source.descriptions):
                return "a band lacks its unit or description"
    except gdal_errors() as error:
        raise Wco2Error(
            f"{path} can't be read: {reason_of(error)}.", "Make the maps again."
        ) from error
    return ""
