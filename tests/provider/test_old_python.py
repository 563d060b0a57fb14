"""The plugin in a QGIS whose Python is as old as 3.9, which the engine is too new for.

There is no such QGIS here: this one's Python is made to lack what came after 3.9, and to say that
it is 3.9, before QGIS loads the plugin.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.qgis
AS_OLD = """
import builtins, itertools, sys

class No311:
    def find_spec(self, name, path=None, target=None):
        if name == "tomllib":
            raise ModuleNotFoundError("No module named 'tomllib'", name=name)

sys.meta_path.insert(0, No311())
del itertools.pairwise
modern = builtins.zip

class zip(modern):
    def __new__(cls, *iterables, **more):
        if more:
            raise TypeError("zip() takes no keyword arguments")
        return modern(*iterables)

def isinstance_39(value, kinds, modern=builtins.isinstance, union=type(int | str)):
    if modern(kinds, union) and sys._getframe(1).f_globals["__name__"].startswith("wco2_"):
        raise TypeError("isinstance() arg 2 must be a type or tuple of types")
    return modern(value, kinds)

builtins.zip, builtins.isinstance = zip, isinstance_39
parts = dict(major=3, minor=9, micro=18, releaselevel="final", serial=0)
sys.version_info = type("Version", (tuple,), parts)(parts.values())
sys.version = "3.9.18 (main) [made to look old]"
"""


@pytest.fixture(scope="module")
def old(qgis, tmp_path_factory):
    """QGIS with the Python made old, its engine not set up."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "sitecustomize.py").write_text(AS_OLD, encoding="utf-8")
    return qgis.with_profile(folder / "profile").with_path(folder)


def test_the_plugin_loads_and_lists_its_algorithms(old):
    listed = old.call("list")
    assert "wco2:setupengine" in listed.said and "wco2:predictwinterflux" in listed.said
    assert "Traceback" not in listed.said and "Couldn't load" not in listed.said


def test_every_algorithm_explains_itself(old):
    for name in ("setupengine", "checkenvironment", "predictwinterflux", "zonalbudget"):
        told = old.call("help", f"wco2:{name}")
        assert told.code == 0 and "Traceback" not in told.said


def test_the_environment_is_checked_and_says_what_to_do(old, tmp_path):
    found = old.run("checkenvironment", REPORT=tmp_path / "page.html").ok()
    assert found["PROBLEMS"] == 1
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "3.9.18" in page and "3.11 or newer" in page and "Set up the engine" in page


def test_a_job_in_qgis_own_process_is_refused_with_the_way_out(old, chain, tmp_path):
    run = old.run("describemodel", MODEL=chain.model["MODEL"], DESCRIPTION=tmp_path / "page.html")
    assert run.code == 1
    assert "3.11 or newer" in run.said and "setupengine" in run.said
    assert "Traceback" not in run.said


def test_maps_are_made_by_the_engine_outside_and_are_the_same(
    old, qgis, chain, study, corner, tmp_path
):
    folder = tmp_path / "again"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(AS_OLD, encoding="utf-8")
    outside = qgis.with_profile(tmp_path / "profile", sys.executable).with_path(folder)
    outside.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        OUTPUT=tmp_path / "maps",
        **corner,
    ).ok()
    (made,) = (tmp_path / "maps/winter_flux").glob("*.tif")
    with (
        rasterio.open(made) as mine,
        rasterio.open(f"{chain.maps['OUTPUT']}/winter_flux/winter_flux_2001.tif") as other,
    ):
        np.testing.assert_array_equal(mine.read(), other.read())
