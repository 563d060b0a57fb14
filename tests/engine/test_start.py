"""What starting costs, counted in libraries that are imported and not in seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = {
    *("numpy", "scipy", "pandas", "xarray", "sklearn", "joblib", "numba", "rasterio", "pyproj"),
    *("shapely", "geopandas", "fiona", "pyogrio", "matplotlib", "jinja2", "pint", "rich"),
    *("netCDF4", "h5py", "zarr", "cfgrib", "eccodes", "dask", "distributed", "pystac"),
}


def imported(code: str) -> set[str]:
    """The libraries that a process of its own has imported after `code`."""
    told = (
        f"{code}\nimport sys\nsys.stdout.write(' '.join({{n.split('.')[0] for n in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "most"),
    [
        ("import wco2_engine", set()),
        ("import wco2_engine.__main__", set()),
        ("import wco2_engine.jobs as jobs\nfor verb in jobs.JOBS: jobs.JOBS[verb]", set()),
        ("from wco2_engine.cli import main\nmain(['--help'], standalone_mode=False)", {"click"}),
        (
            "from wco2_engine.cli import main\nmain(['train', '--help'], standalone_mode=False)",
            {"click"},
        ),
    ],
)
def test_what_only_tells_about_the_engine_imports_no_large_library(
    code: str, most: set[str]
) -> None:
    found = imported(code)
    assert not found & HEAVY
    assert found & {"click"} <= most


def test_a_job_told_to_machines_needs_none_of_what_terminals_are_painted_with() -> None:
    code = "from wco2_engine.cli import main\nmain(['products', '--json'], standalone_mode=False)"
    assert not imported(code) & {"rich", "numpy", "rasterio"}


def test_the_count_sees_what_is_imported() -> None:
    assert "numpy" in imported("from wco2_engine import Grid")
