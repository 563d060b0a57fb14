"""All winters in one file: netCDF after the CF conventions, and Zarr, written winter by winter."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine import __version__
from wco2_engine.analysis.series import FLUX, MapSeries
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.grib import xarray as readers
from wco2_engine.mapping.cf import (
    CONVENTIONS,
    UNITS,
    axis_attributes,
    axis_names,
    axis_values,
    grid_mapping,
    longitudes_latitudes,
)
from wco2_engine.mapping.writer import NODATA
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.publication.dataset import LONG_NAMES, Dataset

EPOCH = dt.date(1900, 1, 1)
CHUNK = 512  # cells along a side of what is stored together
NETCDF, ZARR = f"{FLUX}.nc", f"{FLUX}.zarr"


def need(*names: str) -> list[Any]:
    """Libraries that only publishing needs.

    Raises
    ------
    Wco2Error : when one is missing, naming what to install.
    """
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise Wco2Error(
            f"Publishing needs the library {error.name}, which is missing.",
            'Install it: pip install "wco2-engine[publish]".',
        ) from error


def write_netcdf(dataset: Dataset, path: Path, progress: Progress) -> None:
    """Write all winters as one netCDF-4 file; memory holds one winter of one quantity.

    Raises
    ------
    Wco2Error : when a library is missing, or the file can't be written.
    """
    xarray, netcdf = need("xarray", "netCDF4")
    first, *others = dataset.flux.years
    _with_maps(xarray, dataset, first).to_netcdf(
        path,
        engine="netcdf4",
        format="NETCDF4",
        unlimited_dims=["time"],
        encoding=_encoding(dataset, {"zlib": True, "complevel": 4, "shuffle": True}, "chunksizes"),
    )
    with netcdf.Dataset(path, "a") as target:
        for at, year in enumerate(others, start=1):
            stop_if_cancelled(progress)
            progress.update(at / len(dataset.flux.years), f"netCDF: winter {year}")
            target["time"][at], bounds = _days(dataset, year)
            if bounds is not None:
                target["time_bnds"][at] = bounds
            target["winter"][at] = year
            for name, series in dataset.series.items():
                target[name][at] = _stored(series, year)


def write_zarr(dataset: Dataset, path: Path, progress: Progress) -> None:
    """Write all winters as one Zarr store of format 2; memory holds one winter.

    Raises
    ------
    Wco2Error : when a library is missing, or the store can't be written.
    """
    xarray, zarr = need("xarray", "zarr")
    old = {} if zarr.__version__.startswith("2.") else {"zarr_format": 2}
    first, *others = dataset.flux.years
    one = _with_maps(xarray, dataset, first)
    encoding = _encoding(dataset, {}, "chunks")
    one.to_zarr(path, mode="w", consolidated=True, encoding=encoding, **old)
    still = [name for name in one.variables if "time" not in one[name].dims]
    for at, year in enumerate(others, start=1):
        stop_if_cancelled(progress)
        progress.update(at / len(dataset.flux.years), f"Zarr: winter {year}")
        more = _with_maps(xarray, dataset, year).drop_vars(still)
        more.to_zarr(path, append_dim="time", consolidated=True, **old)


def check_values(dataset: Dataset, folder: Path, progress: Progress) -> None:
    """Compare what both files hold with the maps, winter by winter.

    Raises
    ------
    Wco2Error : when a value differs, or axes lie elsewhere.
    """
    for part, (opened, name) in enumerate(_opened(folder)):
        with opened as found:
            _check_axes(dataset, found, folder / name)
            for at, year in enumerate(dataset.flux.years):
                stop_if_cancelled(progress)
                share = (at / len(dataset.flux.years) + part) / 2
                progress.update(share, f"Reading {name} back")
                if int(found["winter"][at]) != year:
                    raise _differs(folder / name, year)
                for quantity, series in dataset.series.items():
                    values = found[quantity][at].to_numpy()
                    stored = _stored(series, year)
                    expected = np.where(stored == NODATA, np.nan, stored)
                    if not np.array_equal(values, expected, equal_nan=True):
                        raise _differs(folder / name, year)


def _opened(folder: Path) -> Iterator[tuple[Any, str]]:
    need("xarray")
    xarray = readers()
    yield xarray.open_dataset(folder / NETCDF, engine="netcdf4", cache=False), NETCDF
    yield xarray.open_zarr(folder / ZARR, chunks=None, consolidated=True), ZARR


def _check_axes(dataset: Dataset, found: Any, path: Path) -> None:
    grid = dataset.flux.grid
    names, (y, x) = axis_names(grid), axis_values(grid)
    near = 1e-6 * grid.dx
    if not (
        np.allclose(found[names[1]], x, rtol=0, atol=near)
        and np.allclose(found[names[0]], y, rtol=0, atol=near)
        and found.sizes["time"] == len(dataset.flux.years)
    ):
        raise Wco2Error(
            f"The axes of {path} do not read back as they were written.", "Look at the disk."
        )


def _differs(path: Path, year: int) -> Wco2Error:
    return Wco2Error(
        f"{path} does not hold winter {year} as the maps do.",
        "The disk may be full or failing: make space and run the same command again.",
    )


def _with_maps(xarray: Any, dataset: Dataset, year: int) -> Any:
    """An `xarray.Dataset` of one winter, with axes, CRS and all that describes them."""
    grid = dataset.flux.grid
    (down, across), (y, x) = axis_names(grid), axis_values(grid)
    days, bounds = _days(dataset, year)
    time = {
        "standard_name": "time",
        "long_name": "middle of the winter" if bounds else "1 January of the year of the winter",
        "axis": "T",
        "units": f"days since {EPOCH.isoformat()}",
        "calendar": "standard",
        **({"bounds": "time_bnds"} if bounds else {}),
    }
    variables: dict[str, Any] = {
        "crs": ((), np.int32(0), grid_mapping(grid)),
        f"{down}_bnds": ((down, "bnds"), _cell_edges(y, -grid.dy)),
        f"{across}_bnds": ((across, "bnds"), _cell_edges(x, grid.dx)),
    }
    if bounds is not None:
        variables["time_bnds"] = (("time", "bnds"), np.array([bounds], np.float64))
    also = ["winter"]
    if not grid.geographic:
        variables |= longitudes_latitudes(grid)
        also += ["lat", "lon"]
    for name, series in dataset.series.items():
        variables[name] = (
            ("time", down, across),
            _stored(series, year)[np.newaxis],
            {
                "long_name": LONG_NAMES[name],
                "units": UNITS,
                "grid_mapping": "crs",
                "cell_methods": f"time: sum {down}: {across}: mean",
                "coordinates": " ".join(also),
                "coverage_content_type": "modelResult",
                **_about_bounds(dataset, name),
            },
        )
    coordinates = {
        "time": (("time",), np.array([days]), time),
        "winter": (
            ("time",),
            np.array([year], np.int32),
            {"long_name": "year that names the winter"},
        ),
        down: ((down,), y, axis_attributes(grid, "Y") | {"bounds": f"{down}_bnds"}),
        across: ((across,), x, axis_attributes(grid, "X") | {"bounds": f"{across}_bnds"}),
    }
    found = xarray.Dataset(variables, attrs=_facts(dataset))
    for name, (dims, values, facts) in coordinates.items():
        found[name] = xarray.Variable(dims, values, facts)
    return found


def _about_bounds(dataset: Dataset, name: str) -> dict[str, str]:
    """What ties the flux to its bounds, and says what these are."""
    others = [other for other in dataset.series if other != FLUX]
    if name == FLUX:
        return {"ancillary_variables": " ".join(others)} if others else {}
    return {"comment": dataset.bounds_hold} if dataset.bounds_hold else {}


def _encoding(dataset: Dataset, packing: dict[str, Any], chunks: str) -> dict[str, dict[str, Any]]:
    grid = dataset.flux.grid
    size = (1, min(CHUNK, grid.height), min(CHUNK, grid.width))
    names = [*axis_names(grid), "time"]
    without = {name: {"_FillValue": None} for name in (*names, *(f"{n}_bnds" for n in names))}
    if None in dataset.periods.values():
        del without["time_bnds"]
    if not grid.geographic:
        without |= {"lat": {"_FillValue": None}, "lon": {"_FillValue": None}}
    maps = {
        name: {"dtype": "float32", "_FillValue": NODATA, chunks: size, **packing}
        for name in dataset.series
    }
    return {**without, **maps}


def _stored(series: MapSeries, year: int) -> NDArray[np.float32]:
    """A winter's map as it is stored, nodata -9999."""
    values = series.map_of(year)
    return np.where(np.isfinite(values), values, NODATA).astype(np.float32)


def _days(dataset: Dataset, year: int) -> tuple[float, tuple[float, float] | None]:
    """The time of a winter in days since the epoch, and from when to when it lasts."""
    period = dataset.periods[year]
    if period is None or None in dataset.periods.values():
        return float((dt.date(year, 1, 1) - EPOCH).days), None
    start = float((period[0] - EPOCH).days)
    end = float((period[1] + dt.timedelta(days=1) - EPOCH).days)
    return (start + end) / 2.0, (start, end)


def _cell_edges(middles: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    edges = np.stack([middles - step / 2, middles + step / 2], axis=1)
    return np.asarray(np.round(edges, 10), np.float64)


def _facts(dataset: Dataset) -> dict[str, str | float]:
    """Global attributes; those that CF does not name have the names of ACDD."""
    about = dataset.about
    west, south, east, north = dataset.bounds
    fingerprint = dataset.flux.model_fingerprint
    known = {
        "Conventions": CONVENTIONS,
        "title": dataset.title,
        "summary": LONG_NAMES[FLUX] + ", by winter.",
        "source": (
            f"Extremely Randomized Trees, model {fingerprint}" if fingerprint else "not stated"
        ),
        "history": f"written by wco2_engine {__version__} from GeoTIFFs of the same folder",
        "institution": "; ".join(
            dict.fromkeys(each.affiliation for each in about.creators if each.affiliation)
        ),
        "creator_name": "; ".join(each.cited for each in about.creators),
        "references": "; ".join(about.references),
        "license": dataset.licence or "not stated",
        "keywords": ", ".join(about.keywords),
        "product_version": about.version,
        "id": about.doi,
        "publisher_name": about.publisher,
        "comment": (
            "SIMULATED: made up to try the software; says nothing about the real world."
            if dataset.simulated
            else ""
        ),
        "simulated": "yes" if dataset.simulated else "",
    }
    limits = {
        "geospatial_lat_min": south,
        "geospatial_lat_max": north,
        "geospatial_lon_min": west,
        "geospatial_lon_max": east,
    }
    return {**{key: value for key, value in known.items() if value}, **limits}
