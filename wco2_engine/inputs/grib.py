"""Imports ecCodes, which reads GRIB, without the harm that its packaging does to PROJ."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wco2_engine.errors import Wco2Error

# Debian's ecmwflibs, which ecCodes imports, points these at folders that don't exist: after that
# PROJ finds no definition of any CRS, in rasterio, pyproj and QGIS alike.
_POINTED_ELSEWHERE = ("PROJ_LIB", "PROJ_DATA", "MAGPLUS_HOME", "FONTCONFIG_FILE")


@contextmanager
def kept_environment() -> Iterator[None]:
    """Around an import of ecCodes or cfgrib: PROJ's settings are as before it afterwards."""
    before = {name: os.environ.get(name) for name in _POINTED_ELSEWHERE}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def xarray() -> Any:
    """The library xarray, with its readers found: one of them, cfgrib, imports ecCodes."""
    with kept_environment():
        import xarray as library

        library.backends.list_engines()
    return library


def eccodes() -> Any:
    """The library ecCodes.

    Raises
    ------
    Wco2Error : when it isn't installed, or does not start.
    """
    try:
        with kept_environment():
            import eccodes as library
    except Exception as error:  # Debian's asks dpkg-architecture, and raises any error without it
        raise Wco2Error(
            f"GRIB files need the library ecCodes: {error}.",
            "Install cfgrib (apt install python3-cfgrib, or pip install cfgrib).",
        ) from error
    return library
