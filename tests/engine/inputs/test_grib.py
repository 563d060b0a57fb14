"""Reading GRIB leaves the rest of the libraries as they were."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from wco2_engine.inputs.grib import eccodes
eccodes()
from wco2_engine.grid import parse_crs
print(parse_crs("EPSG:6931").to_epsg())
"""


LOOKED_FOR = """
import xarray, wco2_engine
from xarray.backends.plugins import list_engines
list_engines()
from wco2_engine.grid import parse_crs
print(parse_crs("EPSG:6931").to_epsg())
"""


def test_a_crs_is_still_known_after_xarray_looked_for_what_can_read_a_file():
    result = subprocess.run([sys.executable, "-c", LOOKED_FOR], capture_output=True, text=True)
    assert result.stdout.strip() == "6931", result.stderr


def test_a_crs_is_still_known_after_grib_was_read():
    # In a process of its own: once PROJ has looked for its files, it does not look again.
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert result.stdout.strip() == "6931", result.stderr
