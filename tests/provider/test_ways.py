"""Layers that are no files, and the ways in which jobs run: see `ways_in_qgis.py`."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def cases(qgis, chain, tmp_path_factory):
    script = Path(__file__).with_name("ways_in_qgis.py")
    folder = tmp_path_factory.mktemp("ways")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", script, qgis.plugins, chain.model["MODEL"], folder],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_layer_that_is_no_file_is_refused_by_name(cases):
    assert "'Hintergrund' is no raster file (it is wms)" in cases["tiles_of_a_server"]["error"]
    formula = cases["raster_that_is_a_formula"]
    assert formula["provider"] == "virtualraster"
    assert "'Formel' is no raster file (it is virtualraster)" in formula["told"]["error"]


def test_a_raster_in_a_zip_keeps_its_path(cases):
    (predictor,) = tomllib.loads(cases["raster_in_a_zip"])["predictor"]
    assert predictor["path"].startswith("/vsizip//") and predictor["path"].endswith(
        "/n.zip/ndvi.tif"
    )


def test_what_only_the_layer_knows_goes_into_the_catalogue(cases):
    found = tomllib.loads(cases["crs_and_names_that_only_the_layers_have"])["predictor"]
    assert [predictor["name"] for predictor in found] == ["höhe", "schnee_tief"]
    assert [predictor["crs"] for predictor in found] == ["EPSG:4326", "EPSG:4326"]


def test_windows_live_while_a_model_runs_on_the_main_thread(cases):
    found = cases["windows_live_while_a_job_runs_on_the_main_thread"]
    assert found["ticks"] > 1 and found["ROWS"] > 0


def test_a_qgis_without_a_python_program_works_in_its_own_process(cases):
    with_program = cases["windows_live_while_a_job_runs_on_the_main_thread"]
    assert cases["where_qgis_has_no_python_program"]["FINGERPRINT"] == with_program["FINGERPRINT"]


def test_an_engine_that_hears_nothing_is_ended(cases):
    found = cases["engine_that_hears_nothing"]
    assert found["error"].startswith("Cancelled.") and found["left"] == []


def test_a_cancel_does_not_wait_for_what_the_engine_had_started(cases):
    found = cases["engine_whose_helpers_outlive_it"]
    assert found["error"].startswith("Cancelled.") and found["seconds"] < 300  # of their 600
