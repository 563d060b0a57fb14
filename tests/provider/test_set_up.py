"""The engine's own environment: made only whole, and never by halves."""

from __future__ import annotations

import shutil
import sys

import pytest

pytestmark = pytest.mark.qgis


def environments(qgis):
    return list((qgis.profile / "profiles/default/wco2").glob("*"))


def test_the_environment_is_reported(qgis, outside, tmp_path):
    inside = qgis.run("checkenvironment", REPORT=tmp_path / "inside.html").ok()
    assert (inside["PROBLEMS"], inside["INTERPRETER"]) == (0, "QGIS")
    page = (tmp_path / "inside.html").read_text("utf-8")
    assert "All is well" in page and "scikit-learn" in page and "dist-packages" in page
    other = outside.run("checkenvironment", REPORT=tmp_path / "outside.html").ok()
    assert (other["PROBLEMS"], other["INTERPRETER"]) == (0, sys.executable)


def test_a_folder_without_wheels_is_refused_with_the_way_to_fill_it(qgis, tmp_path):
    run = qgis.run("setupengine", WHEELS=tmp_path)
    assert run.code == 1
    assert "holds no wheel" in run.said and "pip download" in run.said
    assert not environments(qgis)


def test_a_library_that_cannot_be_installed_leaves_nothing(qgis, tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/other-1.0-py3-none-any.whl").write_bytes(b"")
    fresh = qgis.with_profile(tmp_path / "profile")
    run = fresh.run("setupengine", WHEELS=tmp_path / "wheels")
    assert run.code == 1
    assert "No matching distribution" in run.said and "Traceback" not in run.said
    assert not environments(fresh)
    assert "bin/python" not in fresh.settings.read_text("utf-8")


def test_an_environment_that_lacks_libraries_is_not_used(qgis, tmp_path):
    shutil.copytree(qgis.plugins, tmp_path / "plugins")
    (tmp_path / "plugins/wco2_qgis/bundled/requirements.txt").write_text("pip\n")
    fresh = type(qgis)(qgis.program, tmp_path / "plugins", qgis.profile).with_profile(
        tmp_path / "profile"
    )
    run = fresh.run("setupengine")
    assert run.code == 1
    assert "numpy is missing or broken" in run.said
    assert not environments(fresh)
    assert "bin/python" not in fresh.settings.read_text("utf-8")
