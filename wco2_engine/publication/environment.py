"""What computed a dataset: versions and platform, without a word about the machine or its user."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wco2_engine import __version__

# What numbers may depend on. numba is not among them: with or without it, maps are the same.
LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "pandas", "geopandas", "shapely", "pyproj", "rasterio"),
    *("joblib", "pint", "xarray", "netCDF4", "cfgrib", "zarr", "h5py"),
)


def environment() -> dict[str, Any]:
    """Versions of the engine, of Python, of libraries and of GDAL, and the platform."""
    from rasterio import __gdal_version__

    libraries = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "wco2_engine": __version__,
        "wco2_engine_sources": sources_checksum(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "gdal": __gdal_version__,
        "system": platform.system(),
        "processor": platform.machine(),
        "libraries": libraries,
    }


def sources_checksum() -> str:
    """The SHA-256 of the engine's own modules, 64 hexadecimal digits.

    It tells versions apart that have one number, as those between two releases do.
    """
    home = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*.py"), key=lambda each: each.relative_to(home).as_posix()):
        digest.update(path.relative_to(home).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
