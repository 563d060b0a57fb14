"""What all tests share: where the real case lies, and how hypothesis searches."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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


# Of tests that run side by side (`pytest -n 2`), these share what they made: the provider's a
# profile and a chain of results, those below it a study that was simulated and run once.
SHARED = {
    "tests/provider": "provider",
    "tests/e2e/test_bad_input.py": "simulated",
    "tests/e2e/test_documentation.py": "simulated",
    "tests/e2e/test_python.py": "simulated",
    "tests/e2e/test_simulated_study.py": "simulated",
}
# What takes longest goes first, so that short files fill up what is left of each process.
LONGEST = ("provider", "simulated", "tests/e2e/test_real_case.py", "tests/hostile/test_fuzz.py")


def together(nodeid: str) -> str:
    """The group of a test, whose tests stay in one process: its file, or several that share."""
    file = nodeid.split("::")[0]
    return SHARED.get(file) or SHARED.get(file.rpartition("/")[0]) or file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the groups that take longest first."""
    place = {group: k for k, group in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(together(item.nodeid), len(place)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler that keeps groups together and in their order.

    It goes by names of tests: xdist's own marks of groups are lost with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    config.option.loadscopereorder = False
    return Together(config, log)


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
