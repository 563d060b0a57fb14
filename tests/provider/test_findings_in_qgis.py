"""How findings look in QGIS, from zones of a memory layer: see `findings_in_qgis.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def cases(qgis, series, tmp_path_factory):
    script = Path(__file__).with_name("findings_in_qgis.py")
    folder = tmp_path_factory.mktemp("findings")
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", script, qgis.plugins, series, folder],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("field", ["Ort", "fid"])
def test_zones_are_those_that_the_layer_shows_by_the_chosen_field(cases, field):
    _, layers = cases[field]
    (zones,) = [layer for layer in layers if "zones" in layer]
    assert zones["zones"] == ["East", "West"]
    assert zones["name"] == "Mean winter CO2 flux by zone"
    assert all(label.endswith(" g C m⁻² winter⁻¹") for label in zones["labels"])


def test_the_table_is_loaded_with_a_row_a_zone_and_winter(cases):
    _, layers = cases["Ort"]
    (table,) = [layer for layer in layers if "zones" not in layer]
    assert (table["name"], table["rows"]) == ("Ort", 3 * 12)


def test_zones_without_a_named_field_name_the_choices(cases):
    assert "Which field of the zones 'Hälften' names them" in cases["unnamed"]
    assert "ZONE_FIELD" in cases["unnamed"] and "Ort, kind" in cases["unnamed"]


def test_a_trend_is_coloured_about_zero_below_a_veil_on_what_is_chance(cases):
    results, layers = cases["trend"]
    slope, veil = layers
    assert slope["name"] == "Trend of winter CO2 flux 1991-2002"
    assert veil["name"] == "Pale: not significant (false discoveries 5%)"
    tops = slope["tops"]
    assert 0.0 in tops and [-top for top in reversed(tops)] == tops
    assert (slope["colours"][0], slope["colours"][-1]) == ("#0072b2", "#d55e00")
    assert all(label.endswith(" g C m⁻² winter⁻¹ a⁻¹") for label in slope["labels"])
    assert Path(results["TREND"]).suffix == ".tif"


def test_a_difference_is_one_layer_about_zero(cases):
    (layer,) = cases["difference"][1]
    assert " minus " in layer["name"] and layer["name"].endswith("1991-2002")
    assert 0.0 in layer["tops"]
