"""The one thread in which netCDF and HDF5 are read, whose libraries are not made for several."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from wco2_engine.inputs.opening import SETTINGS

Result = TypeVar("Result")
_THREAD = "wco2-hdf5"


def apart(path: str, act: Callable[[], Result]) -> Result:
    """What `act` gives, done in the one thread for netCDF and HDF5 where the file may be theirs.

    Their libraries are not made for threads, GDAL guards each by a lock of its own only, and HDF5
    writes what it merely asked itself to the terminal from any thread but its first. All but
    GeoTIFFs may be theirs, a virtual raster too.
    """
    if path.lower().endswith((".tif", ".tiff")):
        return act()
    if in_hdf5_thread():
        return act()
    return _hdf5_thread(os.getpid()).submit(act).result()


def in_hdf5_thread() -> bool:
    return threading.current_thread().name.startswith(_THREAD)


@cache
def _hdf5_thread(process: int) -> ThreadPoolExecutor:
    """One thread for each process: a forked one does not have its parent's."""
    import rasterio

    def settle() -> None:
        rasterio.Env(**SETTINGS).__enter__()  # for as long as the thread lives

    return ThreadPoolExecutor(1, thread_name_prefix=_THREAD, initializer=settle)
