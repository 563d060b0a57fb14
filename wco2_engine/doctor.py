"""A look at the libraries: which are there, from where, and what is amiss."""

from __future__ import annotations

import importlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wco2_engine import __version__

# import name: (distribution, what it is needed for)
PREDICTING = {"numpy": "numpy", "rasterio": "rasterio", "joblib": "joblib"}
TRAINING = {
    "sklearn": "scikit-learn",
    "scipy": "scipy",
    "pandas": "pandas",
    "geopandas": "geopandas",
    "pint": "pint",
}
DOWNLOADS = {
    "xarray": "xarray",
    "cftime": "cftime",
    "netCDF4": "netCDF4",
    "cfgrib": "cfgrib",
    "zarr": "zarr",
    "openpyxl": "openpyxl",
}
REPORTING = {"matplotlib": "matplotlib", "jinja2": "Jinja2"}
COMMANDS = {"click": "click", "rich": "rich"}
OPTIONAL = {"numba": "numba"}
PUBLISHING = {
    **{name: DOWNLOADS[name] for name in ("xarray", "netCDF4", "zarr")},
    "pystac": "pystac",
    "jsonschema": "jsonschema",
}


def examine() -> dict[str, Any]:
    """Versions and places of all libraries, and a sentence for each problem found."""
    libraries = []
    for purpose, names in (
        ("predicting", PREDICTING),
        ("training", TRAINING),
        ("reading downloads (optional)", DOWNLOADS),
        ("reports", REPORTING),
        ("command line", COMMANDS),
        ("speed (optional)", OPTIONAL),
        ("publishing (optional)", PUBLISHING),
    ):
        for module, distribution in names.items():
            libraries.append(_look(module, distribution, purpose))
    problems = [
        f"{row['library']} is missing or broken, so {row['purpose']} will not work: {row['error']}."
        for row in libraries
        if row["error"] and not row["purpose"].endswith("(optional)")
    ]
    gdal = _gdal()
    problems += [
        f"GDAL has no {name} driver, so maps can't be written."
        for name in ("GTiff", "COG")
        if gdal and not gdal["drivers"][name]
    ]
    return {
        "engine": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "libraries": libraries,
        "gdal": gdal,
        "problems": problems,
    }


def _look(module: str, distribution: str, purpose: str) -> dict[str, str]:
    row = {"library": distribution, "purpose": purpose, "version": "", "place": "", "error": ""}
    try:
        found = importlib.import_module(module)
    except Exception as error:  # a broken library may raise anything; that is what we look for
        row["error"] = f"{type(error).__name__}: {error}"
        return row
    try:
        row["version"] = version(distribution)
    except PackageNotFoundError:
        row["version"] = str(getattr(found, "__version__", "unknown"))
    row["place"] = str(Path(found.__file__ or "").parent)
    return row


def _gdal() -> dict[str, Any]:
    """GDAL's version and whether it can read and write what the engine needs."""
    try:
        import rasterio
        from rasterio.drivers import raster_driver_extensions
    except ImportError:
        return {}
    drivers = set(raster_driver_extensions().values())
    with rasterio.Env() as env:
        drivers |= set(env.drivers())
    return {
        "version": rasterio.__gdal_version__,
        "drivers": {name: name in drivers for name in ("GTiff", "COG", "netCDF", "HDF5")},
    }
