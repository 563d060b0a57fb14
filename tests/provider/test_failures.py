"""What goes wrong is said with a fix, ends with exit code 1, and leaves nothing half done."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.qgis


def partial_files(folder):
    return [path for path in folder.rglob("*") if "partial" in path.name or "plain" in path.name]


@pytest.fixture(params=["inside", "outside"])
def either(request, qgis):
    """QGIS with the engine in its process, and with the engine in another interpreter."""
    return qgis if request.param == "inside" else request.getfixturevalue("outside")


def test_a_missing_file_is_named_with_the_nearest_one(either, chain, study, tmp_path):
    wrong = chain.model["MODEL"].replace("modèle", "modele")
    run = either.run("describemodel", MODEL=wrong, DESCRIPTION=tmp_path / "page.html")
    assert run.code == 1
    assert "does not exist" in run.said and "Did you mean 'modèle.wco2'?" in run.said
    assert "Traceback" not in run.said
    assert not run.results


def test_missing_winters_are_named(qgis, chain, study, tmp_path, corner):
    run = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="1950",
        OUTPUT=tmp_path,
        **corner,
    )
    assert run.code == 1
    assert "Predictors are missing for 1949-1950" in run.said.replace("\n", " ")
    assert "Traceback" not in run.said


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"YEARS": "next"}, "names no years"),
        ({"YEARS": "2001", "CRS": "EPSG:6931"}, "An extent in EPSG:6931 is needed"),
        ({"YEARS": "2001", "MASK_VALUES": "1"}, "but no mask"),
        ({"YEARS": "2001", "EXTENT": "100,115,60,69", "RESOLUTION": "40"}, ""),
    ],
)
def test_what_makes_no_sense_is_refused(qgis, chain, study, tmp_path, parameters, message):
    run = qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        OUTPUT=tmp_path,
        **parameters,
    )
    assert (run.code, message in run.said) == (0 if not message else 1, True)
    assert "Traceback" not in run.said


def test_control_c_stops_before_any_map_and_the_next_run_goes_on(either, chain, study, tmp_path):
    maps = tmp_path / "maps"
    parameters = {
        "MODEL": chain.model["MODEL"],
        "CATALOGUE": study / "catalogue.toml",
        "YEARS": "2001-2002",
        "RESOLUTION": 0.2,
        "OUTPUT": maps,
        "JOBS": 1,
    }
    run = either.interrupted("predictwinterflux", maps, **parameters)
    assert run.code == 1, run.said
    assert "Cancelled. What was finished is kept" in run.said
    assert "Traceback" not in run.said
    assert not partial_files(maps) and not list(maps.rglob("*.tif"))
    assert "tiles are there already" in either.run("predictwinterflux", **parameters).said


def test_an_interpreter_that_is_gone_is_named(qgis, chain, tmp_path):
    broken = qgis.with_profile(tmp_path / "profile", "/nowhere/python")
    run = broken.run("describemodel", MODEL=chain.model["MODEL"], DESCRIPTION=tmp_path / "p.html")
    assert run.code == 1
    assert "/nowhere/python can't be started" in run.said and "setupengine" in run.said
    assert "Traceback" not in run.said


def test_wheels_that_would_crash_qgis_are_never_imported(qgis, chain, tmp_path):
    (tmp_path / "rasterio.libs").mkdir()
    (tmp_path / "rasterio").mkdir()
    (tmp_path / "rasterio/__init__.py").write_text("import os\nos.abort()\n")
    mixed = qgis.with_path(tmp_path)
    run = mixed.run("describemodel", MODEL=chain.model["MODEL"], DESCRIPTION=tmp_path / "p.html")
    assert run.code == 1
    assert "QGIS would crash: rasterio" in run.said and str(tmp_path / "rasterio") in run.said
    assert "wco2:setupengine" in run.said
    looked = mixed.run("checkenvironment", REPORT=tmp_path / "environment.html").ok()
    assert looked["PROBLEMS"] == 1
    assert "crashes inside QGIS" in (tmp_path / "environment.html").read_text("utf-8")


def test_missing_libraries_are_named_with_their_packages(qgis, chain, study, tmp_path, corner):
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "found = PathFinder.find_spec\n"
        "def find_spec(name, path=None, target=None):\n"
        "    return None if name in ('sklearn', 'pint') else found(name, path, target)\n"
        "PathFinder.find_spec = staticmethod(find_spec)\n"
    )
    bare = qgis.with_path(tmp_path)
    assert "wco2:trainmodel" in bare.call("list").said
    run = bare.run(
        "trainmodel",
        TRAINING=chain.training["TRAINING"],
        CATALOGUE=study / "catalogue.toml",
        MODEL=tmp_path / "m.wco2",
        REPORT=tmp_path / "r.html",
    )
    assert run.code == 1
    assert "lacks scikit-learn, pint" in run.said
    assert "sudo apt install python3-sklearn python3-pint" in run.said
    assert "Traceback" not in run.said
    # Mapping needs neither.
    bare.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001",
        OUTPUT=tmp_path / "maps",
        **corner,
    ).ok()
