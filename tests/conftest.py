"""What all tests share: where the real case lies, and how hypothesis searches."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

os.environ["MPLBACKEND"] = "Agg"  # figures are drawn where there is no screen

# The same examples in every run: a failure on one machine is a failure on all. The time in which an
# example is made or tried says more about the machine, and about what else runs there, than about
# the code.
settings.register_profile(
    "wco2", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("wco2")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what has to stay in one process when tests run side by side (`pytest -n 2`).

    Tests of a file share what they made, those of the provider share a profile and a chain of
    results, and the simulated study is run once for all that look at it.
    """
    for item in items:
        parts = item.path.relative_to(REPOSITORY).parts
        shared = parts[1] if parts[1] == "provider" else "/".join(parts)
        if "simulated" in getattr(item, "fixturenames", ()) and parts[1] == "e2e":
            shared = "simulated"
        item.add_marker(pytest.mark.xdist_group(shared))


def pytest_report_header() -> str:
    """The versions that decide what a result may look like."""
    found = []
    for name in ("numpy", "rasterio", "geopandas", "shapely", "pandas", "scikit-learn", "numba"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return f"libraries: {', '.join(found)}"


@pytest.fixture(scope="session")
def realcase() -> Path:
    """The folder of measured fluxes and real grids, which is kept beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "realcase"
    if not folder.is_dir():
        pytest.skip("the real case is not beside the checkout, in ../shared/realcase")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of small inputs of many layouts, which is kept beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not beside the checkout, in ../shared/cases")
    return folder
