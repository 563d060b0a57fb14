"""What stands in a model's file: plain facts and arrays of a model, and the parts of one from them.

What comes in may come from anywhere: every value is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import is_crs_text
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.aggregation import MEAN, Aggregate
from wco2_engine.learning.archive import Arrays, Facts
from wco2_engine.learning.checks import get, number_of, text_of
from wco2_engine.learning.classes import Classes
from wco2_engine.learning.forest import ARRAYS as FOREST_ARRAYS
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.model_predictor import FEATURE_KEYS, ModelPredictor
from wco2_engine.learning.region_model import ROW_ARRAYS, OtherMonths, RegionModel

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model

FORMAT_VERSION = 2

# By format version: what makes a file's contents those of the next version. Once a version was
# given to users its entry stays for good.
UPGRADES: dict[int, Callable[[Facts, Arrays], tuple[Facts, Arrays]]] = {
    1: lambda facts, arrays: (facts, arrays),  # 2 may say another aggregate than the mean
}


def contents_of(model: Model) -> tuple[Facts, Arrays]:
    """The earliest format that can hold the model, so that earlier versions can read it too."""
    facts: dict[str, Any] = {
        "format": 2 if any(map(_is_of_format_2, model.regions)) else 1,
        "fingerprint": model.fingerprint,
        "checksum": model.checksum,
        "simulated": model.simulated,
        "predictors": [asdict(predictor) for predictor in model.predictors],
        "settings": model.settings,
        "provenance": model.provenance,
        "scores": list(model.scores),
        "coverage": list(model.coverage),
        "winter_coverage": list(model.winter_coverage),
        "regions": [
            {
                "aggregate": each.aggregate.to_json(),
                "n_members": each.n_members,
                **({"others": True} if each.others else {}),
                **({"classes": each.forest.classes.codes} if each.forest.classes else {}),
                "calibration": dict(each.calibration),
                "winter_calibration": dict(each.winter_calibration),
                "folds": list(each.folds),
                "predictions": list(each.predictions),
                "importances": {k: v.tolist() for k, v in each.importances.items()},
                "region": each.region.to_json(),
            }
            for each in model.regions
        ],
    }
    arrays = {
        f"regions/{index}/{name}.npy": array
        for index, each in enumerate(model.regions)
        for name, array in arrays_of(each).items()
    }
    return facts, arrays


def parts_of(facts: Facts, arrays: Arrays) -> dict[str, Any]:
    """What a model is made of, from a file of this format version or an earlier one.

    Raises
    ------
    Wco2Error, or one of `archive.DAMAGE` : for a version that can't be read, and for anything that
        a model does not hold.
    """
    facts, arrays = _upgraded(facts, arrays)
    left = dict(arrays)
    predictors = tuple(
        ModelPredictor(
            **{key: get(entry, key, str) for key in FEATURE_KEYS},
            label=get(entry, "label", str) if "label" in entry else "",
        )
        for entry in get(facts, "predictors", list)
    )
    regions = tuple(
        _region_from(entry, index, len(predictors), left)
        for index, entry in enumerate(get(facts, "regions", list))
    )
    if left:
        raise Wco2Error(f"it holds {min(left)}, which its model.json does not mention")
    return {
        "predictors": predictors,
        "regions": regions,
        "settings": get(facts, "settings", dict),
        "provenance": get(facts, "provenance", dict),
        "scores": tuple(get(facts, "scores", list)),
        "simulated": get(facts, "simulated", bool),
        "coverage": tuple(get({"coverage": [], **facts}, "coverage", list)),
        "winter_coverage": tuple(get({"winter_coverage": [], **facts}, "winter_coverage", list)),
    }


def check_unchanged(model: Model, facts: Facts) -> None:
    """Raise a Wco2Error where a model is not the one that its file states."""
    if get(facts, "fingerprint", str) != model.fingerprint:
        raise Wco2Error("its content does not match its fingerprint: it was changed by hand")
    if facts.get("checksum", model.checksum) != model.checksum:  # early models state none
        raise Wco2Error("its content does not match its checksum: it was changed by hand")


def _region_from(entry: Any, index: int, n_features: int, left: Arrays) -> RegionModel:
    def array(name: str) -> NDArray[Any]:
        member = f"regions/{index}/{name}.npy"
        if member not in left:
            raise Wco2Error(f"it lacks {member}")
        return left.pop(member)

    def by_name(key: str) -> dict[str, NDArray[Any]]:
        names = [text_of(name, f"a name in {key}") for name in get(entry, key, list)]
        if len(set(names)) != len(names):
            raise Wco2Error(f"{key} of region {index} has a name twice")
        return {name: array(f"{key}_{k}") for k, name in enumerate(names)}

    where = get(entry, "region", dict)
    if "crs" in where and not is_crs_text(get(where, "crs", str)):
        raise Wco2Error(f"region {index} has a CRS that is no code, WKT or PROJ text")
    region = Region.from_json(where)

    classes = Classes(
        tuple(tuple(_list(own, "codes")) for own in get({"classes": [], **entry}, "classes", list))
    )

    def forest(what: str, aggregate: Aggregate = MEAN) -> Forest:
        arrays: dict[str, Any] = {name: array(f"{what}_{name}") for name in FOREST_ARRAYS}
        return Forest(**arrays, n_features=n_features, aggregate=aggregate, classes=classes)

    # Models of before there were members, calibration, other months and aggregates lack them.
    missing = {"n_members": 0, "calibration": {}, "others": False, "aggregate": MEAN.to_json()}
    entry = {**missing, **entry}
    n_members = get(entry, "n_members", int)
    return RegionModel(
        region=region,
        forest=forest("forest", Aggregate.from_json(get(entry, "aggregate", dict))),
        features=array("features"),
        **{key: array(key) for key in ROW_ARRAYS},
        folds=by_name("folds"),
        predictions=by_name("predictions"),
        importances={
            kind: np.array([number_of(value, kind) for value in get({kind: values}, kind, list)])
            for kind, values in get(entry, "importances", dict).items()
        },
        members=forest("members") if n_members else None,
        n_members=n_members,
        calibration=get(entry, "calibration", dict),
        winter_calibration=get({"winter_calibration": {}, **entry}, "winter_calibration", dict),
        others=OtherMonths(
            array("others_features"), **{key: array(f"others_{key}") for key in ROW_ARRAYS}
        )
        if get(entry, "others", bool)
        else None,
    )


def _list(value: Any, what: str) -> list[Any]:
    return list(get({what: value}, what, list))


def _is_of_format_2(each: RegionModel) -> bool:
    """Whether a reader of format 1 would take the region for something else."""
    return not each.aggregate.is_mean or bool(each.forest.classes)


def arrays_of(each: RegionModel) -> Arrays:
    """Name in the file, without folder and ending, and array."""
    return {
        **_forests_of(each),
        **each.training_arrays(),
        **{f"folds_{k}": array for k, array in enumerate(each.folds.values())},
        **{f"predictions_{k}": array for k, array in enumerate(each.predictions.values())},
    }


def _forests_of(each: RegionModel) -> Arrays:
    forests = {"forest": each.forest, "members": each.members}
    return {
        f"{what}_{name}": array
        for what, forest in forests.items()
        if forest is not None
        for name, array in forest.arrays().items()
    }


def _upgraded(facts: Facts, arrays: Arrays) -> tuple[Facts, Arrays]:
    version = facts.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Wco2Error(f"it states no format version ({version!r:.40})")
    if version > FORMAT_VERSION:
        raise Wco2Error(
            f"it was written by a newer version (format {version}; this one reads up to "
            f"{FORMAT_VERSION})",
            "Update to the newest version.",
        )
    for earlier in range(version, FORMAT_VERSION):
        facts, arrays = UPGRADES[earlier](facts, arrays)
    return facts, arrays
