"""How maps look in QGIS: see `maps_in_qgis.py` for the run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def loaded(qgis, chain, study, tmp_path_factory):
    script = Path(__file__).with_name("maps_in_qgis.py")
    maps = tmp_path_factory.mktemp("maps")
    arguments = [qgis.plugins, chain.model["MODEL"], study / "catalogue.toml", maps]
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", script, *arguments],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def layers(loaded):
    """The winters, without their bounds and the like."""
    return [layer for layer in loaded["layers"] if layer["name"].startswith("Winter")]


def test_each_winter_is_a_layer_that_says_what_it_is(layers):
    assert [layer["name"] for layer in layers] == [
        "Winter 2001 (simulated)",
        "Winter 2002 (simulated)",
    ]


def test_all_winters_of_a_run_share_their_classes(layers):
    first, second = layers
    assert first["breaks"] == second["breaks"]
    steps = {round(b - a, 6) for a, b in zip(first["breaks"], first["breaks"][1:], strict=False)}
    assert len(steps) == 1 and 4 <= len(first["labels"]) <= 15


def test_the_ramp_runs_evenly_from_dark_to_light(layers):
    def lightness(colour):
        red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    shades = [lightness(colour) for colour in layers[0]["colours"]]
    assert shades == sorted(shades)
    assert (layers[0]["colours"][0], layers[0]["colours"][-1]) == ("#440154", "#fde725")


def test_the_legend_states_the_unit_and_nodata_is_known(layers):
    assert all(label.endswith(" g C m⁻² winter⁻¹") for label in layers[0]["labels"])
    assert layers[0]["nodata"] == -9999


def test_a_winter_shows_from_its_first_month_to_its_last(layers):
    # October to April, named by January; the region of the corner is the arctic one.
    assert [(layer["from"], layer["to"]) for layer in layers] == [
        ("2000-10-01", "2001-04-30"),
        ("2001-10-01", "2002-04-30"),
    ]
    assert all(layer["is_timed"] for layer in layers)


def test_the_fluxes_lie_on_top_and_the_rest_is_switched_off(loaded):
    assert [(name, group["is_shown"]) for name, group in loaded["groups"].items()] == [
        ("Winter CO2 flux (g C m⁻² winter⁻¹)", True),
        ("Upper bounds (g C m⁻² winter⁻¹)", False),
        ("Lower bounds (g C m⁻² winter⁻¹)", False),
        ("Applicability of the model", False),
    ]
    assert loaded["groups"]["Upper bounds (g C m⁻² winter⁻¹)"]["layers"] == [
        "Upper bound of 0.9 2002 (simulated)",
        "Upper bound of 0.9 2001 (simulated)",
    ]


def test_bounds_have_classes_of_their_own_which_their_winters_share(loaded, layers):
    for bound in ("Lower", "Upper"):
        first, second = (
            layer for layer in loaded["layers"] if layer["name"].startswith(f"{bound} bound")
        )
        assert first["breaks"] == second["breaks"] != layers[0]["breaks"]


def test_the_flux_fills_its_classes_though_bounds_reach_further(layers):
    assert len(layers[0]["labels"]) <= 9  # eight classes of its own range, rounded outward


def test_the_temporal_controller_goes_from_winter_to_winter(loaded):
    assert loaded["time"] == {
        "step": 1.0,
        "is_years": True,
        "from": "2000-10-01",
        "to": "2002-04-30",
    }


def test_applicability_is_shown_by_the_months_outside(loaded):
    first, _ = (layer for layer in loaded["layers"] if layer["name"].startswith("Applicability"))
    assert first["breaks"] == [0.5, 2.5, 4.5]
    assert first["labels"][0] == "inside in all months"
    assert (first["from"], first["to"]) == ("2000-10-01", "2001-04-30")
