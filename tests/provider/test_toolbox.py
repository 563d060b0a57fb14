"""What the toolbox offers, and how it presents itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

import pytest

from wco2_engine.analysis.trend import PREWHITENINGS
from wco2_engine.inputs.catalogue import GROUPS
from wco2_engine.inputs.formats import FORMATS
from wco2_engine.inputs.formats.mapping import TARGETS
from wco2_engine.inputs.screen import Chambers, Seasons
from wco2_engine.jobs.figure import KINDS
from wco2_engine.learning.folds import METHODS
from wco2_engine.learning.selection import CRITERIA, SELECTIONS
from wco2_engine.options import (
    AGGREGATES,
    TOTALS,
    TRAIN_MONTHS,
    TRANSFORMS,
    WEIGHTS,
    MapProducts,
    TrainingSettings,
)
from wco2_engine.schema import keys_of

pytestmark = pytest.mark.qgis

ALGORITHMS = {
    "prepareobservations",
    "buildcatalogue",
    "preparepredictors",
    "samplepredictors",
    "selectpredictors",
    "validatemodel",
    "trainmodel",
    "describemodel",
    "predictwinterflux",
    "zonalbudget",
    "fluxtrend",
    "comparemaps",
    "nextsites",
    "figure",
    "publishdataset",
    "mapfromlayers",
    "createsamplestudy",
    "checkstudy",
    "runstudy",
    "checkenvironment",
    "setupengine",
}
MODELS = {"fluxestowintermaps", "wintermapsfromamodel", "totalsandtrendsfromamodel"}
LOOK = """
import json, sys
sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
from wco2_qgis.plugin import Plugin
plugin = Plugin(None)
plugin.initProcessing()
found = {}
for algorithm in QgsApplication.processingRegistry().providerById("wco2").algorithms():
    found[algorithm.name()] = {
        "group": algorithm.group(),
        "help": algorithm.shortHelpString(),
        "summary": algorithm.shortDescription(),
        "page": algorithm.helpUrl(),
        "issues": algorithm.create().validate()[1] if hasattr(algorithm, "validate") else [],
        "parameters": {
            p.name(): {
                "help": p.help(),
                "label": p.description(),
                "options": p.options() if hasattr(p, "options") else [],
                "default": p.defaultValue() if not p.isDestination() else None,
                "bounds": [p.minimum(), p.maximum()] if hasattr(p, "minimum") else None,
                "needed": p.name() if not p.flags() & p.FlagOptional
                and p.defaultValue() is None and not p.isDestination() else "",
            }
            for p in algorithm.parameterDefinitions()
        },
    }
plugin.unload()
sys.stdout.write(json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def toolbox(qgis):
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", LOOK, qgis.plugins],
        env=qgis.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_algorithms_and_models_are_listed(qgis):
    listed = qgis.call("list").said
    assert {name for name in ALGORITHMS | MODELS if f"wco2:{name}\t" in listed} == (
        ALGORITHMS | MODELS
    )
    assert listed.count("\twco2:") == len(ALGORITHMS | MODELS)


def test_every_parameter_has_help(toolbox):
    silent = [
        f"{name}: {parameter}"
        for name in ALGORITHMS
        for parameter, facts in toolbox[name]["parameters"].items()
        if len(facts["help"]) < 9
    ]
    assert not silent


def test_no_label_is_wider_than_the_dialog_that_qgis_opens(toolbox):
    wide = [
        f"{name}: {facts['label']}"
        for name in ALGORITHMS
        for facts in toolbox[name]["parameters"].values()
        if len(facts["label"]) > 35  # at 688 pixels, with the button beside it
    ]
    assert not wide


def test_every_algorithm_says_what_goes_in_and_what_comes_out(toolbox):
    for name in ALGORITHMS:
        text = toolbox[name]["help"]
        assert toolbox[name]["summary"].endswith(".")
        assert "In: " in text and "Out: " in text, name


def test_the_help_button_opens_a_page_that_came_along(toolbox):
    for name in ALGORITHMS | MODELS:
        assert Path(urlsplit(unquote(toolbox[name]["page"])).path).is_file(), name
    assert toolbox["zonalbudget"]["page"].endswith("/help/findings.html")


def test_the_models_are_valid_to_the_designer(toolbox):
    assert {name: toolbox[name]["issues"] for name in MODELS} == {name: [] for name in MODELS}


def test_only_what_cannot_be_guessed_has_to_be_given(toolbox):
    def needed(name):
        return {facts["needed"] for facts in toolbox[name]["parameters"].values()} - {""}

    assert needed("predictwinterflux") == {"MODEL", "CATALOGUE", "YEARS"}
    assert needed("trainmodel") == {"TRAINING", "CATALOGUE"}
    assert needed("validatemodel") == needed("selectpredictors") == needed("trainmodel")
    assert needed("zonalbudget") == needed("fluxtrend") == {"MAPS"}
    assert needed("comparemaps") == {"MAPS_A", "MAPS_B"}
    assert needed("figure") == set()  # a file, or a folder of maps
    assert needed("publishdataset") == set()  # a study, or a folder of maps
    assert needed("prepareobservations") == set()  # a layer, or a folder of FLUXNET files
    assert needed("mapfromlayers") == {"FLUXES", "RASTERS", "YEARS"}
    assert needed("setupengine") == needed("checkenvironment") == set()


def test_choices_are_those_of_the_engine(toolbox):
    def options(name, parameter):
        return toolbox[name]["parameters"][parameter]["options"]

    assert options("prepareobservations", "FORMAT") == ["auto", *FORMATS]
    assert options("prepareobservations", "TARGET") == list(TARGETS)
    assert options("prepareobservations", "CHAMBERS") == list(get_args(Chambers))
    assert options("prepareobservations", "SEASONS") == list(get_args(Seasons))
    for name in ("trainmodel", "validatemodel"):
        assert options(name, "VALIDATION") == list(METHODS)
        assert options(name, "TRANSFORM") == list(TRANSFORMS)
        assert options(name, "AGGREGATE") == list(AGGREGATES)
        assert options(name, "TRAIN_MONTHS") == list(TRAIN_MONTHS)
        assert options(name, "WEIGHTS") == list(WEIGHTS)
    assert options("trainmodel", "TOTALS") == list(TOTALS)
    assert options("selectpredictors", "METHOD") == list(SELECTIONS)
    assert options("selectpredictors", "CRITERION") == list(CRITERIA)
    assert options("fluxtrend", "PREWHITENING") == list(PREWHITENINGS)
    assert options("buildcatalogue", "GROUP") == list(GROUPS)
    assert options("figure", "KIND") == list(KINDS)


def test_options_are_offered_with_the_engines_defaults_and_within_its_bounds(toolbox):
    own = {"validation": ["random", "site", "blocks", "knndm"]}  # all, as a page shows them
    left_out = {"tune_budget", "mean"}  # means are mapped where another aggregate is predicted
    for name, kind in (("trainmodel", TrainingSettings), ("predictwinterflux", MapProducts)):
        parameters = toolbox[name]["parameters"]
        for key in keys_of(kind).values():
            if key.name in left_out:
                continue
            found = parameters[key.name.upper()]
            assert found["default"] == own.get(key.name, key.default), key.name
            if found["bounds"] and key.option.least is not None:
                assert found["bounds"][0] >= key.option.least, key.name
            if key.option.choices:
                assert found["options"] == list(key.option.choices)
