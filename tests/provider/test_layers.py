"""Observations from whatever a project holds: see `layers_in_qgis.py` for the layers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def found(qgis, tmp_path_factory):
    script = Path(__file__).with_name("layers_in_qgis.py")
    folder = tmp_path_factory.mktemp("layers")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", script, qgis.plugins, folder],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def places(case):
    """Site, longitude and latitude of every row that came out."""
    rows = [row.split(",") for row in case["rows"]]
    return [(row[0], round(float(row[1]), 6), round(float(row[2]), 6)) for row in rows]


BOTH = [("Tromsø", 18.9, 69.6), ("Сибирь", 100.0, 65.0)]


@pytest.mark.parametrize(
    "name", ["memory_layer", "layer_in_another_crs_than_the_project", "geopackage"]
)
def test_points_come_out_where_they_are(found, name):
    case = found[name]
    assert (case["read"], case["kept"]) == (3, 2), case
    assert places(case) == BOTH


@pytest.mark.parametrize(
    "name",
    [
        *("output_over_the_layers_own_file", "output_over_a_layer_by_its_path"),
        *("output_over_a_layer_by_a_link", "rejected_rows_over_a_text_layer"),
    ],
)
def test_an_output_never_replaces_the_file_of_a_layer(found, name):
    case = found[name]
    assert "is the file of Layer" in case["error"], case
    assert case["as_before"]


def test_rows_come_from_the_layer_and_not_from_a_temporary_file(found):
    for row in found["memory_layer"]["rows"]:
        assert row.endswith(",Layer 'Flüsse / 2001',")


def test_a_folder_of_fluxnet_files_stands_in_for_a_layer(found):
    (row,) = found["folder_of_fluxnet_files"]["rows"]
    assert row == "FI-Ken,24.24,67.99,2019,1,12.4,1,EC,ICOSETC_FI-Ken_FLUXNET_MM_L2.csv,nee"


def test_a_layer_or_a_folder_is_asked_for(found):
    assert "Measured fluxes (INPUT) is empty" in found["neither_layer_nor_folder"]["error"]


def test_a_null_flux_is_listed_as_none(found):
    (row,) = found["memory_layer"]["rejected"]
    assert "no_flux" in row and "Сибирь" in row


def test_only_selected_features_are_read(found):
    assert found["selected_features_only"]["read"] == 1
    assert places(found["selected_features_only"]) == BOTH[:1]


def test_a_table_without_coordinates_names_the_layer_and_what_it_lacks(found):
    error = found["table_without_geometry"]["error"]
    assert "Layer 'Flüsse / 2001'" in error and "longitude" in error


def test_a_layer_without_a_crs_is_refused(found):
    assert "Layer 'Flüsse / 2001' has no CRS" in found["layer_without_a_crs"]["error"]


def test_a_flux_that_is_no_number_names_layer_and_field(found):
    error = found["wrong_field"]["error"]
    assert "Layer 'Flüsse / 2001'" in error and "Messstelle" in error
    assert "/tmp/" not in error
