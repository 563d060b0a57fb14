"""A model file gives back what was written, and a file that is none is refused with its reason."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.regions import Region
from wco2_engine.learning import archive
from wco2_engine.learning import model_file as module
from wco2_engine.learning.aggregation import MEAN, Aggregate
from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.joining import split_forest
from wco2_engine.learning.model import Model
from wco2_engine.learning.model_file import FORMAT_VERSION
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.season import Winter

REPOSITORY = Path(__file__).resolve().parents[3]
PREDICTORS = (
    ModelPredictor("air_temperature", "degC", "climate"),
    ModelPredictor("snow_depth", "m", "snow"),
    ModelPredictor("organic_carbon", "%", "soil"),
)


COVERAGE = {
    "region": "arctic",
    "validation": "site",
    "level": 0.9,
    "n": 39,
    "sites": 10,
    "raw_coverage": 0.8,
    "raw_width": 2.5,
    "coverage": 0.9,
    "width": 4.5,
}
OF_WINTERS = {
    **{key: COVERAGE[key] for key in ("region", "validation", "level", "coverage", "width")},
    **{"n": 12, "sites": 8, "months": 3.5, "correlation": 0.4},
    **{"sum_coverage": 1.0, "sum_width": 20.0},
}


def region_model(region: Region, seed: int, n_rows: int = 40) -> RegionModel:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_rows, 3)).astype(np.float32)
    target = features[:, 0] * 2.0 + rng.normal(size=n_rows)
    estimator = ExtraTreesRegressor(3, random_state=seed).fit(features, target)
    members = ExtraTreesRegressor(4, random_state=seed + 100).fit(features, target)
    predictions = target + 0.5
    predictions[-1] = np.nan
    return RegionModel(
        region=region,
        forest=Forest.from_sklearn(estimator),
        features=features,
        target=target,
        site=(np.arange(n_rows) // 4).astype(np.int32),
        longitude=rng.uniform(-180, 180, n_rows),
        latitude=rng.uniform(45, 84, n_rows),
        year=rng.integers(1982, 2023, n_rows).astype(np.int16),
        month=rng.choice([10, 11, 12, 1, 2, 3, 4], n_rows).astype(np.int8),
        folds={"site": (np.arange(n_rows) % 5 - 1).astype(np.int16)},
        predictions={"site": predictions},
        importances={"impurity": np.array([0.5, 0.25, 0.25])},
        members=Forest.from_sklearn(members),
        n_members=2,
        calibration={"0.5": -0.25, "0.9": 1.5},
        winter_calibration={"0.9": 0.6},
    )


def small_model(**changes: Any) -> Model:
    ring = [[80.0, 30.0], [100.0, 30.0], [90.0, 40.0]]
    plateau = Region.from_json(
        {
            "name": "plateau: 青藏, no path",
            "months": [11, 12, 1, 2, 3, 4],
            "label": "start",
            "crs": "EPSG:4326",
            "rings": [ring],
        }
    )
    arctic = Region.from_json(
        {
            "name": "arctic",
            "months": [10, 11, 12, 1],
            "label": "january",
            "bbox": [-180.0, 45.0, 180.0, 84.0],
        }
    )
    score = {"region": "arctic", "validation": "site", "month": "all", "n": 40, "sites": 10}
    parts: dict[str, Any] = {
        "predictors": PREDICTORS,
        "regions": (region_model(plateau, 1), region_model(arctic, 2)),
        "settings": {
            "trees": 3,
            "min_samples_leaf": 1,
            "max_features": 1.0,
            "seed": 0,
            "validation": ["site"],
            "sampling": {"at": "cell", "resolution": 0.1, "crs": "EPSG:4326"},
        },
        "provenance": {"title": "Test", "versions": {"engine": "0.1.0"}, "rows": {"read": 99}},
        "scores": ({**score, "r2": 0.25, "mae": 1.5, "rmse": 2, "bias": -0.5},),
        "simulated": True,
        "coverage": (COVERAGE,),
        "winter_coverage": (OF_WINTERS,),
    }
    return Model(**{**parts, **changes})


def small_forest(n_features: int) -> Forest:
    rows = np.arange(10 * n_features, dtype=np.float32).reshape(10, n_features)
    return Forest.from_sklearn(ExtraTreesRegressor(2).fit(rows, rows[:, 0]))


MODEL = small_model()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    MODEL.write(tmp_path / "model.wco2")
    return tmp_path / "model.wco2"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def rewrite(path: Path, **changes: bytes | None) -> None:
    """Replace members, or leave them out where None."""
    content: dict[str, bytes | None] = {**members(path), **changes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            if value is not None:
                archive.writestr(name, value)


def change_json(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    facts = json.loads(members(path)["model.json"])
    change(facts)
    rewrite(path, **{"model.json": json.dumps(facts).encode()})


def npy(array: Any, *, allow_pickle: bool = False) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=allow_pickle)
    return content.getvalue()


def array_in(path: Path, name: str) -> Any:
    return np.load(io.BytesIO(members(path)[name]), allow_pickle=False).copy()


def refused(path: Path) -> str:
    with pytest.raises(Wco2Error) as caught:
        Model.read(path)
    message = caught.value.message
    assert message.startswith(f"{path} is not a usable model: ")
    assert caught.value.hint
    return message


def signed(model: Model) -> bytes:
    """Everything in a model, through what it writes."""
    content = io.BytesIO()
    for each in model.regions:
        for name, array in module.arrays_of(each).items():
            content.write(f"{name}{array.dtype}{array.shape}".encode() + array.tobytes())
    content.write(json.dumps(model.describe(), sort_keys=True).encode())
    return hashlib.sha256(content.getvalue()).digest()


# What goes in comes out


def test_a_path_may_be_a_text_as_in_the_readme(tmp_path: Path) -> None:
    MODEL.write(str(tmp_path / "model.wco2"))
    assert Model.read(str(tmp_path / "model.wco2")).fingerprint == MODEL.fingerprint


def test_a_model_that_was_written_is_read_back_whole(path: Path) -> None:
    read = Model.read(path)
    assert read.predictors == MODEL.predictors
    assert read.settings == MODEL.settings
    assert read.provenance == MODEL.provenance
    assert read.scores == MODEL.scores
    assert read.coverage == MODEL.coverage == (COVERAGE,)
    assert read.winter_coverage == MODEL.winter_coverage == (OF_WINTERS,)
    assert read.simulated is True
    assert read.fingerprint == MODEL.fingerprint
    for ours, theirs in zip(MODEL.regions, read.regions, strict=True):
        assert theirs.region == ours.region
        assert theirs.forest.depth == ours.forest.depth
        for name, array in module.arrays_of(ours).items():
            again = module.arrays_of(theirs)[name]
            assert again.dtype == array.dtype
            assert again.tobytes() == array.tobytes()
        assert theirs.importances["impurity"].tolist() == [0.5, 0.25, 0.25]
        assert theirs.n_members == ours.n_members == 2
        assert theirs.calibration == {"0.5": -0.25, "0.9": 1.5}
        assert theirs.winter_calibration == {"0.9": 0.6}
    rows = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    assert np.array_equal(
        read.regions[1].forest.predict(rows), MODEL.regions[1].forest.predict(rows)
    )


def test_the_same_model_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    small_model().write(tmp_path / "again.wco2")
    Model.read(path).write(tmp_path / "read.wco2")
    assert (tmp_path / "again.wco2").read_bytes() == path.read_bytes()
    assert (tmp_path / "read.wco2").read_bytes() == path.read_bytes()


def test_the_file_is_a_zip_of_json_and_arrays(path: Path) -> None:
    assert sorted(members(path)) == sorted(
        ["model.json"]
        + [
            f"regions/{k}/{name}.npy"
            for k in (0, 1)
            for name in (
                *("forest_feature", "forest_threshold", "forest_left", "forest_value"),
                *("forest_root", "members_feature", "members_threshold", "members_left"),
                *("members_value", "members_root", "features", "target", "site"),
                *("longitude", "latitude"),
                *("year", "month", "folds_0", "predictions_0"),
            )
        ]
    )
    assert json.loads(members(path)["model.json"])["format"] == 1


def of_medians(model: Model) -> Model:
    """The model with a region that predicts medians."""
    first, second = model.regions
    forest = replace(first.forest, aggregate=Aggregate("median"))
    return replace(model, regions=(replace(first, forest=forest), second))


def test_only_a_model_of_other_aggregates_has_the_format_that_says_them(path: Path) -> None:
    model = of_medians(MODEL)
    model.write(path)
    assert json.loads(members(path)["model.json"])["format"] == FORMAT_VERSION == 2
    read = Model.read(path)
    assert signed(read) == signed(model)
    assert [each.aggregate.name for each in read.regions] == ["median", "mean"]
    assert [each["aggregate"]["name"] for each in read.describe()["regions"]] == ["median", "mean"]
    rows = model.regions[0].features[:5] + np.float32(0.1)
    for each in (read, model):
        told = each.regions[0].estimates(rows, 0.9)
        assert each.predict(rows, each.regions[0].region.name).tobytes() == told.flux.tobytes()
        assert (told.flux == np.median([t.predict(rows) for t in trees(each)], axis=0)).all()
        assert told.mean.tobytes() == MODEL.regions[0].forest.predict(rows).tobytes()


def trees(model: Model) -> tuple[Forest, ...]:
    forest = model.regions[0].forest
    return split_forest(replace(forest, aggregate=MEAN, targets=None), forest.n_trees)


def test_a_failed_write_leaves_the_earlier_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(Wco2Error, match="disk is full"):
        MODEL.write(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["model.wco2"]


# The fingerprint


def test_the_fingerprint_stays_when_only_the_record_changes() -> None:
    assert len(MODEL.fingerprint) == 16
    int(MODEL.fingerprint, 16)
    assert small_model().fingerprint == MODEL.fingerprint
    for changes in (
        {"provenance": {"made": "2031-01-01", "versions": {"engine": "9"}}},
        {"scores": ()},
        {"coverage": ()},
        {"winter_coverage": ()},
        {"regions": tuple(replace(each, importances={}) for each in MODEL.regions)},
    ):
        assert small_model(**changes).fingerprint == MODEL.fingerprint


def test_labels_are_kept_and_have_no_part_in_the_fingerprint(path: Path) -> None:
    labelled = tuple(replace(each, label=f"the {each.name}") for each in PREDICTORS)
    model = small_model(predictors=labelled)
    assert model.fingerprint == MODEL.fingerprint
    model.write(path)
    assert Model.read(path).predictors == labelled
    change_json(path, lambda facts: facts["predictors"][0].update(label="something else"))
    assert "does not match its checksum" in refused(path)
    MODEL.write(path)  # files of before there were labels lack the key
    change_json(path, lambda facts: [each.pop("label") for each in facts["predictors"]])
    assert [each.label for each in Model.read(path).predictors] == ["", "", ""]


def test_the_fingerprint_changes_with_what_is_predicted_from() -> None:
    first, second = MODEL.regions
    year = first.year.copy()
    year[0] = 1800
    moved = {
        "features": first.features + np.float32(1),
        "target": first.target + 1e-9,
        "site": first.site + np.int32(1),
        "longitude": first.longitude / 2,
        "latitude": first.latitude / 2,
        "year": year,
        "month": first.month[::-1].copy(),
    }
    other = region_model(second.region, 3)
    narrower = replace(first.region, winter=Winter((12, 1)))
    units = (ModelPredictor("air_temperature", "K", "climate"), *PREDICTORS[1:])
    found = {MODEL.fingerprint} | {
        small_model(**changes).fingerprint
        for changes in (
            *({"regions": (replace(first, **{k: v}), second)} for k, v in moved.items()),
            {"regions": (replace(first, forest=other.forest), second)},
            {"regions": of_medians(MODEL).regions},
            {"regions": (replace(first, members=other.members), second)},
            {"regions": (replace(first, n_members=4), second)},
            {"regions": (replace(first, members=None, n_members=0), second)},
            {"regions": (replace(first, calibration={"0.9": 1.5}), second)},
            {"regions": (replace(first, winter_calibration={}), second)},
            {"regions": (replace(first, region=narrower), second)},
            {"regions": (second, first)},
            {"regions": (first,)},
            {"predictors": units},
            {"settings": {**MODEL.settings, "seed": 1}},
        )
    }
    assert len(found) == 20


# Its facts


def test_training_ranges_are_the_extremes_of_the_features() -> None:
    each = MODEL.regions[0]
    assert each.ranges.shape == (3, 2)
    assert each.ranges[1].tolist() == [min(each.features[:, 1]), max(each.features[:, 1])]


def test_a_description_is_plain_and_says_what_the_model_is() -> None:
    facts = json.loads(json.dumps(MODEL.describe(), allow_nan=False))
    assert facts["simulated"] is True
    assert facts["title"] == "Test"
    assert facts["fingerprint"] == MODEL.fingerprint
    snow = {"name": "snow_depth", "units": "m", "group": "snow", "label": ""}
    assert facts["predictors"][1] == snow
    arctic = facts["regions"][1]
    assert (arctic["name"], arctic["rows"], arctic["sites"], arctic["trees"]) == (
        "arctic",
        40,
        10,
        3,
    )
    assert arctic["winter_months"] == [10, 11, 12, 1]
    assert arctic["nodes"] == MODEL.regions[1].forest.n_nodes
    assert arctic["ranges"]["snow_depth"] == MODEL.regions[1].ranges[1].tolist()
    assert arctic["importances"]["impurity"]["air_temperature"] == 0.5
    assert facts["scores"][0]["r2"] == 0.25


def test_numpys_numbers_become_plain_and_nan_becomes_none() -> None:
    score = {**MODEL.scores[0], "r2": np.float64("nan"), "n": np.int64(3), "month": np.int8(12)}
    kept = small_model(scores=[score]).scores[0]
    assert kept["r2"] is None
    assert type(kept["n"]) is int
    assert type(kept["month"]) is int


# Intervals, members, applicability


ROWS = np.random.default_rng(5).normal(size=(30, 3)).astype(np.float32)


def test_winters_are_bounded_by_a_factor_where_it_is_known_and_else_by_sums() -> None:
    each = MODEL.regions[0]
    estimate, lower, upper = np.array([10.0]), np.array([0.0]), np.array([30.0])
    assert np.array_equal(each.winter_bounds(estimate, lower, upper, 0.9), [[4.0], [22.0]])
    assert np.array_equal(each.winter_bounds(estimate, lower, upper, 0.5), [[0.0], [30.0]])


def test_a_calibrated_level_moves_both_bounds_and_another_one_stays() -> None:
    each = MODEL.regions[0]
    raw = each.interval_forest.predict_interval(ROWS, 0.9)
    mean, lower, upper = each.predict_interval(ROWS, 0.9)
    assert each.is_calibrated(0.9)
    assert np.array_equal(mean, raw[0])
    assert np.array_equal(lower, raw[1] - 1.5)
    assert np.array_equal(upper, raw[2] + 1.5)
    assert not each.is_calibrated(0.8)
    for got, expected in zip(
        each.predict_interval(ROWS, 0.8),
        each.interval_forest.predict_interval(ROWS, 0.8),
        strict=True,
    ):
        assert np.array_equal(got, expected)


def test_bounds_moved_inward_never_cross() -> None:
    narrow = replace(MODEL.regions[0], calibration={"0.9": -100.0})
    _, low, high = MODEL.regions[0].interval_forest.predict_interval(ROWS, 0.9)
    _, lower, upper = narrow.predict_interval(ROWS, 0.9)
    assert np.array_equal(lower, upper)
    assert np.allclose(lower, (low + high) / 2)


def test_members_predict_one_by_one_and_are_missed_where_there_are_none() -> None:
    each = MODEL.regions[0]
    assert each.members is not None
    predicted = each.predict_members(ROWS)
    assert predicted.shape == (2, 30)
    for got, forest in zip(predicted, split_forest(each.members, 2), strict=True):
        assert np.array_equal(got, forest.predict(ROWS))
    with pytest.raises(Wco2Error, match="has no members") as caught:
        replace(each, members=None, n_members=0).predict_members(ROWS)
    assert "members = 20" in caught.value.hint


def test_applicability_is_told_by_the_strictest_folds_and_permutation_importances() -> None:
    each = MODEL.regions[0]
    blocks = (np.arange(40) // 20).astype(np.int16)
    importances = {**each.importances, "permutation": np.array([2.0, 0.0, -1.0])}
    folds = {"random": each.folds["site"][::-1].copy(), "blocks": blocks, **each.folds}
    both = replace(each, folds=folds, importances=importances)
    assert both.applicability_folds == "blocks"
    expected = AreaOfApplicability().fit(each.features, [2.0, 0.0, 0.0], blocks)
    assert both.applicability is not None
    assert both.applicability.threshold_ == expected.threshold_
    assert both.applicability.weights_.tolist() == [2.0, 0.0, 0.0]
    assert each.applicability is not None
    assert each.applicability.weights_.tolist() == [0.5, 0.25, 0.25]


def test_without_any_importance_all_predictors_weigh_alike() -> None:
    useless = replace(MODEL.regions[0], importances={"permutation": np.array([-1.0, 0.0, -2.0])})
    assert useless.applicability is not None
    assert useless.applicability.weights_.tolist() == [1.0, 1.0, 1.0]


def test_without_folds_there_is_no_applicability() -> None:
    never = {"site": np.full(40, -1, np.int16)}
    for folds in ({}, never):
        each = replace(MODEL.regions[0], folds=folds)
        assert each.applicability_folds == ""
        assert each.applicability is None


def test_scores_have_all_their_keys_however_few_were_given() -> None:
    row = MODEL.scores[0]
    assert (row["zone"], row["nse"], row["kge_low"], row["r2"]) == ("all", None, None, 0.25)


# Models that can't be


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"predictors": ()}, "needs predictors"),
        ({"predictors": PREDICTORS[:2]}, "has 3 features for 2 predictors"),
        ({"predictors": (*PREDICTORS[:2], PREDICTORS[0])}, "'air_temperature' is there twice"),
        ({"regions": ()}, "needs predictors and regions"),
        ({"regions": (MODEL.regions[0],) * 2}, "is there twice"),
        ({"simulated": 1}, "neither true nor false"),
        ({"settings": {}}, "'trees' is missing"),
        ({"settings": {**MODEL.settings, "seed": True}}, "'seed' is bool, not int"),
        ({"settings": {**MODEL.settings, "validation": [1]}}, "name in validation"),
        ({"settings": []}, "settings is not a table"),
        ({"provenance": {"x": np.inf}}, "holds infinity"),
        ({"provenance": {"x": {1, 2}}}, "holds a set"),
        ({"provenance": {1: 2}}, "not text"),
        ({"scores": [{**MODEL.scores[0], "month": 13}]}, "month is 13"),
        ({"scores": [{**MODEL.scores[0], "n": -1}]}, "n is negative"),
        ({"scores": [{**MODEL.scores[0], "r2": "good"}]}, "'good', not a number"),
        ({"scores": [{**MODEL.scores[0], "mood": 1}]}, "unknown 'mood'"),
        ({"scores": ["good"]}, "'region' is missing"),
        ({"scores": [{**MODEL.scores[0], "zone": ""}]}, "zone is '', not text"),
        ({"scores": [{**MODEL.scores[0], "zone": "x", "month": 1}]}, "of several of month"),
        ({"scores": [{**MODEL.scores[0], "zone": "x", "method": "y"}]}, "of several of month"),
        ({"scores": [{**MODEL.scores[0], "kge_low": "low"}]}, "'low', not a number"),
        ({"coverage": ["good"]}, "'region' is missing"),
        ({"coverage": [{**COVERAGE, "level": 1.0}]}, "not between 0 and 1"),
        ({"coverage": [{**COVERAGE, "coverage": 1.1}]}, "coverage is above 1"),
        ({"coverage": [{**COVERAGE, "raw_width": -1.0}]}, "raw_width is missing or negative"),
        ({"coverage": [{**COVERAGE, "sites": -1}]}, "sites is negative"),
        ({"coverage": [{**COVERAGE, "mood": 1}]}, "unknown 'mood'"),
        ({"winter_coverage": [COVERAGE]}, "months is missing"),
        ({"winter_coverage": [{**OF_WINTERS, "correlation": 1.5}]}, "correlation is above 1"),
    ],
)
def test_a_model_of_parts_that_do_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small_model(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": MODEL.regions[0].features.astype(np.float64)}, "float64, not float32"),
        ({"features": MODEL.regions[0].features[:, :2].copy()}, "differ in columns"),
        ({"features": np.zeros((0, 3), np.float32)}, "no table of rows"),
        ({"features": np.full((40, 3), np.nan, np.float32)}, "features holds NaN"),
        ({"target": np.zeros(39)}, r"shape \(39,\), not \(40,\)"),
        ({"target": np.full(40, np.inf)}, "target"),
        ({"site": np.full(40, -1, np.int32)}, "site is not within 0"),
        ({"site": np.full(40, 2**31 - 1, np.int32)}, "site is not within 0"),
        ({"latitude": np.full(40, 91.0)}, "latitude is not within -90 to 90"),
        ({"longitude": np.full(40, np.nan)}, "longitude is not within"),
        ({"year": np.full(40, 19, np.int16)}, "year is not within 1800 to 2300"),
        ({"month": np.full(40, 13, np.int8)}, "month is not within 1 to 12"),
        ({"folds": {"site": np.full(40, -2, np.int16)}}, "fold is not within -1 to 999"),
        ({"folds": {"site": np.full(40, 1000, np.int16)}}, "fold is not within -1 to 999"),
        ({"folds": {"site": np.full(40, 3, np.int16)}}, "fold holds all rows"),
        ({"members": None}, "2 members don't fit"),
        ({"n_members": 0}, "0 members don't fit"),
        ({"n_members": 1}, "1 members don't fit"),
        ({"n_members": 3}, "differ in trees"),
        ({"n_members": -2}, "-2 members"),
        ({"n_members": 10**9}, "1000000000 members"),
        ({"n_members": True}, "True members"),
        ({"members": small_forest(2)}, "members and forest differ in columns"),
        ({"members": replace(small_forest(3), aggregate=Aggregate("median"))}, "predict no means"),
        ({"calibration": {"0.90": 1.0}}, "level is 0.90"),
        ({"calibration": {"1.5": 1.0}}, "not between 0 and 1"),
        ({"calibration": {"high": 1.0}}, "could not convert"),
        ({"calibration": {"0.9": np.inf}}, "calibration holds NaN or infinity"),
        ({"winter_calibration": {"0.9": np.nan}}, "winter_calibration holds NaN or infinity"),
        ({"winter_calibration": {"0.9": -0.5}}, "winter_calibration holds a negative factor"),
        ({"calibration": {"0.9": "1"}}, "'1', not a number"),
        ({"folds": {"site": np.zeros(40, np.int64)}}, "int64, not int16"),
        ({"folds": {"": np.zeros(40, np.int16)}}, "not text"),
        ({"predictions": {"site": np.full(40, np.inf)}}, "predictions hold infinity"),
        ({"importances": {"impurity": np.zeros(2)}}, r"shape \(2,\), not \(3,\)"),
        ({"importances": {"impurity": np.full(3, np.nan)}}, "importances hold NaN"),
    ],
)
def test_training_data_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(MODEL.regions[0], **changes)


def test_arrays_of_a_model_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        MODEL.regions[0].target[0] = 1


# Files that are no model


def test_a_file_that_is_not_there_is_named_with_its_neighbour(path: Path) -> None:
    with pytest.raises(Wco2Error, match=r"modle\.wco2 does not exist.*'model\.wco2'"):
        Model.read(path.with_name("modle.wco2"))


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="is a folder"):
        Model.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\x80\x04\x95\x00", "it is a Python pickle, which may run code"),
        (b"title = 'study'", "it is no zip archive"),
        (b"PK\x03\x04" + b"\0" * 40, "cut short or damaged"),
        (b"PK", "cut short or damaged"),
    ],
)
def test_what_is_no_zip_is_said_to_be_what_it_is(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    assert said in refused(path)


def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    content = path.read_bytes()
    for part in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(content[: int(len(content) * part)])
        assert "cut short or damaged" in refused(path)


def test_another_zip_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", "<kml/>")
    assert "it holds 'doc.kml', which belongs in no model" in refused(path)
    with zipfile.ZipFile(path, "w"):
        pass
    assert "it holds no model.json" in refused(path)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.npy",
        "/model.json",
        "regions/0/../../evil.npy",
        "regions\\0\\target.npy",
        "regions/0/",
        "regions/0/evil.py",
        "regions/7/target.npy\0.npy",
        "model.json\n",
        "regions/99999/target.npy",
    ],
)
def test_a_member_by_any_other_name_is_refused(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name.replace("\0", "~"), b"x")
    path.write_bytes(path.read_bytes().replace(b"npy~.npy", b"npy\0.npy"))
    assert "which belongs in no model" in refused(path)


def test_an_array_that_nothing_mentions_is_refused(path: Path) -> None:
    rewrite(path, **{"regions/0/extra.npy": npy(np.zeros(3))})
    assert "it holds regions/0/extra.npy, which its model.json does not mention" in refused(path)


def test_a_member_that_is_there_twice_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("regions/0/target.npy", b"x")
    assert "it holds regions/0/target.npy twice" in refused(path)


@pytest.mark.parametrize("name", ["regions/0/target.npy", "regions/1/forest_left.npy"])
def test_a_missing_array_is_named(path: Path, name: str) -> None:
    rewrite(path, **{name: None})
    assert f"it lacks {name}" in refused(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b" " * 150_000_000)
    assert "which no model does" in refused(path)


def test_members_that_overlap_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", b" " * 1000)
        info = archive.infolist()[0]
        for k in range(5):
            again = zipfile.ZipInfo(f"regions/{k}/target.npy")
            again.header_offset, again.CRC = info.header_offset, info.CRC
            again.file_size, again.compress_size = info.file_size, info.compress_size
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
    assert "which no model does" in refused(path)


def test_more_members_than_any_model_has_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 20)
    assert "members, more than 20" in refused(path)


def test_a_json_larger_than_any_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_JSON_BYTES", 100)
    assert "bytes, more than 100" in refused(path)


def test_other_compression_and_encryption_are_refused(path: Path) -> None:
    content = members(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("model.json", content["model.json"])
    assert "compressed in a way that models don't use" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", content["model.json"])
    marked = bytearray(path.read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        marked[marked.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    path.write_bytes(bytes(marked))
    assert "encrypted" in refused(path)


# Arrays that are no array


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    body = text.encode() + b"\n"
    return b"\x93NUMPY" + version + len(body).to_bytes(2, "little") + body


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy(np.array([{"a": 1}] * 40), allow_pickle=True), "holds Python objects"),
        (npy(np.zeros(40, "f4")), "plateau: 青藏, no path': target is float32, not float64"),
        (npy(np.zeros(40, ">f8")), "holds >f8 values"),
        (npy(np.zeros(40, "c16")), "holds complex128 values"),
        (npy(np.zeros(40, "S8")), "holds |S8 values"),
        (npy(np.zeros(40, [("a", "f4"), ("b", "f4")])), "values, which no model does"),
        (npy(np.zeros((40, 1))), "shape (40, 1), not (40,)"),
        (npy(np.asfortranarray(np.zeros((20, 2)))), "which no model does"),
        (npy(np.zeros((1, 1, 40))), "claims the shape"),
        (npy(np.zeros(39)), "shape (39,), not (40,)"),
        (npy(np.full(40, np.nan)), "target"),
        (npy(np.zeros(40))[:-1], "claims the shape (40,)"),
        (npy(np.zeros(40)) + b"x", "claims the shape (40,)"),
        (b"", "has no readable array header"),
        (b"not an array", "has no readable array header"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (10**15,)}"), "no readable"),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
            "claims the shape (1000000000000,) of float64, 8000000000000 bytes, but holds 0",
        ),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}") + b"0" * 8, "shape"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}") + b"0" * 8, "shape"),
        (header("{'descr': 'O', 'fortran_order': False, 'shape': (1,)}"), "Python objects"),
        (header("{'descr': 7, 'fortran_order': False, 'shape': (1,)}"), "no readable"),
        (header("__import__('os').abort()"), "has no readable array header"),
        (header("(" * 3000), "has no readable array header"),
        (header("{" + "'a':{" * 200), "has no readable array header"),
        (header("{}", b"\x09\x00"), "version (9, 0)"),
        (header("{}", b"\x02\x00"), "version (2, 0)"),
    ],
)
def test_an_array_that_is_not_what_it_must_be_is_refused(
    path: Path, content: bytes, said: str
) -> None:
    rewrite(path, **{"regions/0/target.npy": content})
    assert said in refused(path)


def test_a_flipped_node_is_refused(path: Path) -> None:
    name = "regions/0/forest_left.npy"
    left = array_in(path, name)
    for at, to in ((0, 10_000_000), (1, 0), (0, 3)):
        changed = left.copy()
        changed[at] = to
        rewrite(path, **{name: npy(changed)})
        assert "forest left" in refused(path)


def test_a_flipped_node_of_a_member_is_refused(path: Path) -> None:
    name = "regions/1/members_left.npy"
    left = array_in(path, name)
    left[0] = 10_000_000
    rewrite(path, **{name: npy(left)})
    assert "forest left" in refused(path)


def test_a_changed_calibration_is_noticed(path: Path) -> None:
    change_json(path, lambda facts: facts["regions"][0]["calibration"].update({"0.9": 0.0}))
    assert "does not match its fingerprint" in refused(path)


def test_a_threshold_that_is_nan_is_refused(path: Path) -> None:
    name = "regions/0/forest_threshold.npy"
    threshold = array_in(path, name)
    threshold[0] = np.nan
    rewrite(path, **{name: npy(threshold)})
    assert "forest threshold holds NaN" in refused(path)


def test_a_changed_value_is_noticed(path: Path) -> None:
    name = "regions/0/target.npy"
    target = array_in(path, name)
    target[0] += 1
    rewrite(path, **{name: npy(target)})
    assert "does not match its fingerprint" in refused(path)


# JSON that is no model's


def nested(depth: int) -> bytes:
    return b'{"format": 1, "provenance": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "model.json can't be read"),
        (b"\xff\xfe", "model.json can't be read"),
        (b"[]", "no table of names and values"),
        (b"{}", "states no format version"),
        (b'{"format": true}', "states no format version"),
        (b'{"format": 0}', "states no format version"),
        (b'{"format": "1"}', "states no format version"),
        (b'{"format": 1}', "'predictors' is missing"),
        (b'{"format": 1, "predictors": NaN}', "it holds the number NaN"),
        (b'{"format": 1, "predictors": 1e999}', "it holds the number 1e999"),
        (b'{"format": 1' + b"0" * 5000 + b"}", "model.json can't be read"),
        (nested(100_000), "model.json can't be read"),
    ],
)
def test_json_that_is_no_model_is_refused(path: Path, content: bytes, said: str) -> None:
    rewrite(path, **{"model.json": content})
    assert said in refused(path)


KINDS = [None, True, -1, 10**400, 1.5, "", "x", [], [1], ["x"], [None], {}, {"x": 1}, {"x": [[]]}]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every value inside nested tables and lists."""
    found = [at] if at else []
    if isinstance(value, dict):
        return found + [w for k, v in value.items() for w in places(v, (*at, k))]
    if isinstance(value, list):
        return found + [w for k, v in enumerate(value[:2]) for w in places(v, (*at, k))]
    return found


# What the fingerprint doesn't stand for, so that another right value is as good.
UNSIGNED = {
    *("provenance", "scores", "coverage", "winter_coverage", "simulated"),
    *("folds", "predictions", "importances"),
}


def test_a_value_of_another_kind_anywhere_is_refused_or_harmless(path: Path) -> None:
    """Whatever stands in whatever place of model.json, nothing but a Wco2Error comes of it."""
    facts, arrays = archive.read_archive(path)
    text = json.dumps(facts)
    for place in places(facts):
        for kind in KINDS:
            changed = json.loads(text)
            inside = changed
            for key in place[:-1]:
                inside = inside[key]
            if inside[place[-1]] == kind:
                continue
            inside[place[-1]] = kind
            rewrite_json_only(path, changed, arrays)
            try:
                read = Model.read(path)
            except Wco2Error as error:
                assert "is not a usable model: " in error.message
            else:
                assert read.fingerprint == MODEL.fingerprint
                assert UNSIGNED & set(place), place


def rewrite_json_only(path: Path, facts: dict[str, Any], arrays: dict[str, Any]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps(facts))
        for name, array in arrays.items():
            archive.writestr(name, npy(array))


@pytest.mark.parametrize(
    "crs", ["http://127.0.0.1:9/crs.prj", "/etc/hostname", "+init=/etc/hostname:1", "[1]", ""]
)
def test_a_crs_that_would_be_opened_as_a_file_is_refused(path: Path, crs: str) -> None:
    change_json(path, lambda facts: facts["regions"][0]["region"].update(crs=crs))
    assert "has a CRS that is no code, WKT or PROJ text" in refused(path)


def test_a_file_of_before_there_were_members_is_read(path: Path, tmp_path: Path) -> None:
    none: dict[str, Any] = {"members": None, "n_members": 0}
    none |= {"calibration": {}, "winter_calibration": {}}
    bare = tuple(replace(each, **none) for each in MODEL.regions)
    early = small_model(regions=bare, coverage=(), winter_coverage=())
    early.write(path)

    def forget(facts: dict[str, Any]) -> None:
        del facts["coverage"], facts["winter_coverage"]
        for row in facts["scores"]:
            for key in ("zone", "nse", "kge", "r2_low"):
                del row[key]
        for region in facts["regions"]:
            del region["n_members"], region["calibration"], region["aggregate"]
            del region["winter_calibration"]

    change_json(path, forget)
    assert signed(Model.read(path)) == signed(early)


def test_a_missing_key_anywhere_is_refused(path: Path) -> None:
    facts, arrays = archive.read_archive(path)
    for key in facts.keys() - {
        "coverage",
        "winter_coverage",
        "checksum",
    }:  # which early models lack
        rewrite_json_only(path, {k: v for k, v in facts.items() if k != key}, arrays)
        assert refused(path)


# Versions


def test_a_model_of_a_newer_version_asks_for_an_update(path: Path) -> None:
    change_json(path, lambda facts: facts.update(format=FORMAT_VERSION + 1, novel={}))
    with pytest.raises(Wco2Error, match="written by a newer version") as caught:
        Model.read(path)
    assert "Update" in caught.value.hint


def test_a_model_of_an_earlier_version_is_upgraded_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_1(facts: Any, arrays: Any) -> Any:
        return {**facts, "scores": facts["results"]}, arrays

    def from_2(facts: Any, arrays: Any) -> Any:
        old = "regions/0/flux.npy"
        return facts, {name.replace("flux", "target"): a for name, a in arrays.items() if old}

    arrays = {f"regions/0/{'flux'}.npy": members(path)["regions/0/target.npy"]}
    rewrite(path, **arrays, **{"regions/0/target.npy": None})
    change_json(path, lambda facts: facts.update(results=facts.pop("scores")))
    assert refused(path)
    monkeypatch.setattr(module, "FORMAT_VERSION", 3)
    monkeypatch.setattr(module, "UPGRADES", {1: from_1, 2: from_2})
    assert signed(Model.read(path)) == signed(MODEL)


def test_every_earlier_version_has_its_upgrade() -> None:
    assert sorted(module.UPGRADES) == list(range(1, FORMAT_VERSION))


# Damage by chance


def test_flipped_bytes_are_refused_or_change_nothing(path: Path) -> None:
    content = path.read_bytes()
    expected = signed(MODEL)
    rng = random.Random(7)
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 2, 8])):
            damaged[rng.randrange(len(damaged))] ^= rng.randrange(1, 256)
        path.write_bytes(bytes(damaged))
        try:
            read = Model.read(path)
        except Wco2Error as error:
            assert "is not a usable model" in error.message
        else:
            assert signed(read) == expected


def test_flipped_bytes_in_the_zips_directory_are_refused_or_change_nothing(path: Path) -> None:
    content = path.read_bytes()
    expected = signed(MODEL)
    start = content.index(b"PK\x01\x02")
    for at in range(start, len(content), 5):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(bytes(damaged))
        try:
            read = Model.read(path)
        except Wco2Error as error:
            assert "is not a usable model" in error.message
        else:
            assert signed(read) == expected


# Without the libraries that training needs


DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("name", "fingerprint", "n_members"),
    [("format-1-bare.wco2", "e3b504f86726efe0", 0), ("format-1.wco2", "ed6c5caf272cf3fc", 2)],
)
def test_files_of_earlier_versions_are_read_for_good(
    name: str, fingerprint: str, n_members: int
) -> None:
    model = Model.read(DATA / name)
    arctic = model.regions[1]
    at_zero = np.zeros((1, 3), np.float32)
    assert (model.fingerprint, arctic.n_members) == (fingerprint, n_members)
    assert arctic.forest.predict(at_zero).tolist() == [-0.4631614178103985]
    if n_members:
        bounds = arctic.predict_interval(at_zero, 0.9)[1:]
        assert [each.tolist() for each in bounds] == [[-2.3162708948100836], [1.322870697845358]]
        members = arctic.predict_members(at_zero).tolist()
        assert members == [[-0.5110738187703476], [-1.0549896202099998]]


READ = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sklearn", "scipy", "pandas", "geopandas", "shapely", "numba"):
            raise ImportError(name + " is hidden")
sys.meta_path.insert(0, Missing())
from pathlib import Path
import numpy as np
from wco2_engine.learning.model import Model
model = Model.read(Path(sys.argv[1]))
rows = np.linspace(-2, 2, 300, dtype=np.float32).reshape(-1, 3)
predicted = model.regions[1].forest.predict(rows)
model.regions[1].predict_interval(rows, 0.9)
model.regions[1].predict_members(rows)
model.regions[1].applicability.predict(rows)
sys.stdout.write(model.fingerprint + predicted.tobytes().hex())
"""


def test_reading_and_predicting_need_no_library_of_training(path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    rows = np.linspace(-2, 2, 300, dtype=np.float32).reshape(-1, 3)
    predicted = MODEL.regions[1].forest.predict(rows)
    assert result.stdout == MODEL.fingerprint + predicted.tobytes().hex()
