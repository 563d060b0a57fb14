"""Models whose parts do not belong together, or ask for more work than they are worth."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.archive import read_archive
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.model import Model
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.region_model import RegionModel

SCORE = {"region": "arctic", "validation": "site", "month": "all", "n": 24, "sites": 6, "r2": 0.5}
TUNING = {
    "sentence": "Tuning helps.",
    "trials": [
        {"trees": 3, "min_samples_leaf": 1, "max_features": 1.0, "transform": "none", "rmse": 1.0}
    ],
    "nested": {"n": 24, "r2": 0.5},
    "untuned": {"n": 24, "r2": None},
}


def model() -> Model:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(24, 2)).astype("f4")
    target = features[:, 0] + rng.normal(size=24)
    region = Region.from_json(
        {"name": "arctic", "months": [12, 1], "label": "january", "bbox": [-180.0, 45, 180, 84]}
    )
    each = RegionModel(
        region=region,
        forest=Forest.from_sklearn(ExtraTreesRegressor(3, random_state=0).fit(features, target)),
        features=features,
        target=target,
        site=(np.arange(24) // 4).astype("i4"),
        longitude=np.zeros(24),
        latitude=np.full(24, 60.0),
        year=np.full(24, 2000, "i2"),
        month=np.full(24, 1, "i1"),
        folds={"site": (np.arange(24) % 4).astype("i2")},
        predictions={"site": target + 0.1},
        importances={"impurity": np.array([0.5, 0.5])},
    )
    return Model(
        predictors=(ModelPredictor("air", "degC", "climate"), ModelPredictor("snow", "m", "")),
        regions=(each,),
        settings={
            **{"trees": 3, "min_samples_leaf": 1, "max_features": 1.0, "seed": 0},
            **{"validation": ["site"], "sampling": {"at": "point"}},
        },
        provenance={"title": "A model", "sources": ["a"], "tuning": {"arctic": TUNING}},
        scores=(SCORE,),
        simulated=False,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    model().write(tmp_path / "m.wco2")
    return tmp_path / "m.wco2"


def pack(path: Path, facts: Any, arrays: dict[str, Any]) -> None:
    """Write parts as a model file, with the right fingerprint where there is one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", facts if isinstance(facts, str) else json.dumps(facts))
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, (1, 0))
            archive.writestr(name, content.getvalue())


def change(path: Path, act: Callable[[dict[str, Any]], Any], whole: bool = False) -> None:
    """Change what a model says, and take its checksum away, as a forger would."""
    facts, arrays = read_archive(path)
    act(facts)
    if not whole:
        facts.pop("checksum", None)
    pack(path, facts, arrays)


def refusal(path: Path) -> str:
    with pytest.raises(Wco2Error) as caught:
        Model.read(path)
    return str(caught.value)


def test_the_model_itself_is_usable(path: Path) -> None:
    assert Model.read(path).checksum == model().checksum
    change(path, lambda facts: None)
    assert Model.read(path).fingerprint == model().fingerprint  # without a checksum, as early ones


@pytest.mark.parametrize(
    "act",
    [
        lambda f: f["scores"][0].update(r2=0.9),
        lambda f: f["provenance"].update(licence="CC0-1.0"),
        lambda f: f.update(simulated=True),
        lambda f: f["regions"][0]["importances"].update(impurity=[0.9, 0.1]),
        lambda f: f.update(coverage=[]) or f.update(scores=[]),
    ],
)
def test_what_the_fingerprint_leaves_out_can_not_be_changed_by_hand(path: Path, act: Any) -> None:
    change(path, act, whole=True)
    assert "does not match its checksum" in refusal(path)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda f: f["scores"][0].update(region="nowhere"), "no region"),
        (lambda f: f["scores"][0].update(validation="luck"), "validation 'luck'"),
        (lambda f: f["scores"][0].update(n=25), "has 24 rows"),
        (lambda f: f["scores"][0].update(sites=25), "at 25 sites"),
        (lambda f: f["scores"][0].update(r2=1.5), "above 1"),
        (lambda f: f["scores"][0].update(rmse=-1.0), "negative"),
        (lambda f: f["scores"].append(dict(f["scores"][0])), "there twice"),
        (lambda f: f["scores"][0].update(zone="x" * 200_000), "200000 letters"),
        (lambda f: f["scores"][0].update(n=10**30), "number beyond"),
        (lambda f: f["provenance"].update(title=["a"]), "'title' is list"),
        (lambda f: f["provenance"].update(sources="a"), "'sources' is str"),
        (lambda f: f["provenance"].update(sources=[1]), "'source' is int"),
        (lambda f: f["provenance"].update(rows=10**40), "number beyond"),
        (lambda f: f["provenance"].update({"a\x1b": 1}), "has the key"),
        (lambda f: f["provenance"]["tuning"].update(nowhere={}), "which is no region"),
        (lambda f: f["provenance"]["tuning"]["arctic"].pop("nested"), "'nested' is missing"),
        (lambda f: f["provenance"]["tuning"]["arctic"].update(trials=[3]), "missing"),
        (lambda f: f["regions"][0].update(folds=["luck"], predictions=["luck"]), "'luck'"),
        (lambda f: f["regions"][0]["importances"].update({"\n": [1.0, 1.0]}), "importances named"),
        (lambda f: f["provenance"].update(a=json.loads("[" * 15 + "]" * 15)), "nested deeper"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(path: Path, act: Any, message: str) -> None:
    change(path, act)
    assert message in refusal(path)


@pytest.mark.parametrize(
    ("change_settings", "message"),
    [
        ({"trees": 0}, "trees = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"min_samples_leaf": 0}, "min_samples_leaf = 0"),
        ({"validation": ["luck"]}, "unknown validation"),
        ({"sampling": {"at": "everywhere"}}, "neither point nor cell"),
        ({"sampling": {"at": "cell", "crs": "EPSG:4326"}}, "resolution"),
        ({"sampling": "cell"}, "'sampling' is str"),
        ({"max_features": "all"}, "max_features"),
        ({"tuned": {"arctic": 3}}, "'arctic' is int"),
    ],
)
def test_settings_that_can_not_be_are_refused(
    tmp_path: Path, change_settings: dict[str, Any], message: str
) -> None:
    made = model()
    object.__setattr__(made, "settings", {**made.settings, **change_settings})
    made.write(tmp_path / "m.wco2")  # with the fingerprint of what it holds
    assert message in refusal(tmp_path / "m.wco2")


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("forest_threshold", 0, np.inf, "infinite in a node with children"),
        ("forest_threshold", 0, -np.inf, "infinite in a node with children"),
        ("target", 0, 1e300, "target is beyond"),
        ("features", (0, 0), 1e30, "features is beyond"),
        ("predictions_0", 0, 1e300, "predictions is beyond"),
    ],
)
def test_numbers_beyond_all_bounds_are_refused(
    path: Path, name: str, index: Any, value: float, message: str
) -> None:
    facts, arrays = read_archive(path)
    member = f"regions/0/{name}.npy"
    arrays[member] = arrays[member].copy()
    arrays[member][index] = value
    facts.pop("checksum")
    pack(path, facts, arrays)
    found = refusal(path)
    assert message in found or "fingerprint" in found
    if name.startswith("forest"):
        assert message in found


def test_a_forest_of_other_rows_is_an_error_that_people_can_read() -> None:
    each = model().regions[0]
    other = np.zeros_like(each.features)
    object.__setattr__(each, "features", other)
    object.__setattr__(each.forest, "one_row_leaves", False)
    with pytest.raises(Wco2Error, match="can't tell what its leaves hold"):
        each.interval_forest.predict_interval(other)


# ---------------------------------------------------------------- work in proportion


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" + "[]," * 4_000_000 + "0]", "values"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested deeper"),
        ("[" * 40_000, "nested deeper"),
        ('"' + '\\"' * 500_000, "can't be read"),
        ('{"a": 1e999}', "it holds the number"),
        ('{"a": NaN}', "it holds the number"),
        ('{"a": ' + "9" * 5000 + "}", "can't be read"),
        ("[]", "no table"),
    ],
)
def test_json_beyond_all_proportion_is_refused_at_once(
    tmp_path: Path, text: str, message: str
) -> None:
    pack(tmp_path / "m.wco2", text, {})
    start = time.process_time()
    found = refusal(tmp_path / "m.wco2")
    assert message in found or "claim to unpack" in found
    assert time.process_time() - start < 5


def test_a_small_file_can_not_unpack_to_a_large_one(tmp_path: Path) -> None:
    pack(tmp_path / "m.wco2", "{}", {"regions/0/target.npy": np.zeros(4_000_000)})
    assert "claim to unpack" in refusal(tmp_path / "m.wco2")
