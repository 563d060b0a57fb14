"""A model file of unknown origin, asked whether every later step can use what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wco2_engine.escaping import is_plain_name
from wco2_engine.learning.checks import get, number_of

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model
    from wco2_engine.learning.region_model import RegionModel

MAX_FLUX = 1e6  # g C m-2 month-1, far beyond what any ground gives
MAX_FACTOR = 1e6  # of the bounds of winters
MAX_FEATURE = 1e15  # in any unit; its square is still a number in single precision
MAX_WHOLE = 2**63
MAX_TEXT = 100_000
MAX_DEPTH = 12
MAX_SCORES = 200_000
MAX_TREES = 1_000_000
_AT_MOST_ONE = ("r2", "nse", "kge")
_NEVER_NEGATIVE = ("mae", "rmse")


def check_usable(model: Model, validations: tuple[str, ...]) -> None:
    """Raise when a part of a model can't be what training wrote.

    Parameters
    ----------
    validations : the names of all validations that there are.

    Raises
    ------
    ValueError : naming the part and what is wrong.
    """
    for predictor in model.predictors:
        if not is_plain_name(predictor.name):
            raise ValueError(f"a predictor is named {predictor.name[:80]!r}")
        for what in ("units", "group", "label"):
            text = getattr(predictor, what)
            if text and not is_plain_name(text):
                raise ValueError(f"predictor {what} {text[:80]!r} are not plain text")
    for each in model.regions:
        _check_region(each, validations)
    for what in ("settings", "provenance"):
        _check_values(getattr(model, what), what)
    _check_settings(model.settings, validations)
    _check_provenance(model.provenance, {each.region.name for each in model.regions})
    _check_scores(model, validations)


def _check_region(each: RegionModel, validations: tuple[str, ...]) -> None:
    name = each.region.name
    for kind in each.folds:
        if kind not in validations:
            raise ValueError(f"region '{name}' has folds of an unknown validation {kind[:80]!r}")
    if not set(each.predictions) <= set(each.folds):
        raise ValueError(f"region '{name}' has predictions of a validation without folds")
    for kind in each.importances:
        if not is_plain_name(kind):
            raise ValueError(f"region '{name}' has importances named {kind[:80]!r}")
    others = each.others
    for what, values, most in (
        ("target of other months", [] if others is None else others.target, MAX_FLUX),
        ("features of other months", [] if others is None else others.features, MAX_FEATURE),
        ("target", each.target, MAX_FLUX),
        ("features", each.features, MAX_FEATURE),
        ("predictions", [p[~np.isnan(p)] for p in each.predictions.values()], MAX_FLUX),
        ("importances", list(each.importances.values()), MAX_FEATURE),
        ("calibration", np.array(list(each.calibration.values())), MAX_FLUX),
        ("winter calibration", np.array(list(each.winter_calibration.values())), MAX_FACTOR),
        ("forest value", each.forest.value, MAX_FLUX),
        ("members value", [] if each.members is None else each.members.value, MAX_FLUX),
    ):
        for array in values if isinstance(values, list) else [values]:
            if array.size and not (np.abs(array) <= most).all():
                raise ValueError(f"region '{name}': {what} is beyond {most:g}")


def _check_values(value: Any, where: str, depth: int = 0) -> None:
    """Raise for what is nested too deep, for texts without end, and for numbers that are none."""
    if depth > MAX_DEPTH:
        raise ValueError(f"{where} is nested deeper than {MAX_DEPTH}")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(f"{where} holds a text of {len(value)} letters")
    if isinstance(value, int) and abs(value) >= MAX_WHOLE:
        raise ValueError(f"{where} holds a whole number beyond 2**63")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} holds {value}")
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not is_plain_name(key):
                raise ValueError(f"{where} has the key {key[:80]!r}")
            _check_values(each, where, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_values(each, where, depth + 1)


def _check_settings(settings: Mapping[str, Any], validations: tuple[str, ...]) -> None:
    for key, low, high in (
        ("trees", 1, MAX_TREES),
        ("min_samples_leaf", 1, MAX_WHOLE),
        ("seed", 0, 2**32 - 1),
    ):
        if not low <= get(settings, key, int) <= high:
            raise ValueError(f"settings: {key} = {settings[key]} is not within {low} to {high}")
    number_of(settings["max_features"], "max_features")
    for key, kind in (
        *(("sampling", dict), ("tuned", dict), ("recipe", str), ("transform", str)),
        *(("weights", str), ("tune", bool), ("members", int), ("aggregate", str)),
    ):
        if key in settings:
            get(settings, key, kind)
    _check_months(settings)
    for region, growth in settings.get("tuned", {}).items():
        get({region: growth}, region, dict)
    _check_sampling(settings.get("sampling", {"at": "point"}))
    for name in settings["validation"]:
        if name not in validations:
            raise ValueError(f"settings name an unknown validation {name[:80]!r}")


def _check_months(table: Mapping[str, Any]) -> None:
    """Raise where `train_months` is neither text nor a list of months; it may be missing."""
    months = table.get("train_months", "winter")
    if not isinstance(months, str):
        for month in get(table, "train_months", list):
            number_of(month, "train_months")


def _check_sampling(sampling: Mapping[str, Any]) -> None:
    at = get(sampling, "at", str)
    if at not in ("point", "cell"):
        raise ValueError(f"settings: sampling is at {at[:80]!r}, neither point nor cell")
    if at == "cell":
        get(sampling, "crs", str)
        if not 0 < number_of(sampling.get("resolution"), "resolution") < MAX_FEATURE:
            raise ValueError("settings: sampling has no resolution above 0")


def _check_provenance(provenance: Mapping[str, Any], regions: set[str]) -> None:
    for key in ("title", "licence"):
        if provenance.get(key) is not None:
            get(provenance, key, str)
    for source in get({"sources": [], **provenance}, "sources", list):
        get({"source": source}, "source", str)
    for product in get({"products": [], **provenance}, "products", list):
        for key in ("id", "title", "version", "licence", "attribution"):
            get(product, key, str)
        for work in get(product, "cite", list):
            get({"cite": work}, "cite", str)
    for region, told in get({"tuning": {}, **provenance}, "tuning", dict).items():
        if region not in regions:
            raise ValueError(f"provenance tells of tuning in {region[:80]!r}, which is no region")
        get(told, "sentence", str)
        for kind in ("nested", "untuned"):
            for key, value in get(told, kind, dict).items():
                if value is not None:
                    number_of(value, key)
        for trial in get(told, "trials", list):
            get(trial, "transform", str)
            for key in ("trees", "min_samples_leaf", "max_features", "rmse"):
                number_of(trial.get(key), key)
            _check_months(trial)
            for key in ("aggregate", "weights"):
                get({key: "", **trial}, key, str)
            for key in ("round", "bias", "r2"):
                if trial.get(key) is not None:
                    number_of(trial[key], key)


def _check_scores(model: Model, validations: tuple[str, ...]) -> None:
    regions = {each.region.name: each for each in model.regions}
    told = {
        "score": model.scores,
        "coverage": model.coverage,
        "coverage of winters": model.winter_coverage,
    }
    if sum(map(len, told.values())) > MAX_SCORES:
        raise ValueError(f"it has more than {MAX_SCORES} scores")
    seen = set()
    for what, rows in told.items():
        for row in rows:
            _check_values(row, f"a {what}")
            region = regions.get(row["region"])
            if region is None:
                raise ValueError(f"a {what} is of {row['region'][:80]!r}, which is no region")
            if row["validation"] not in validations:
                raise ValueError(f"a {what} is of a validation {row['validation'][:80]!r}")
            if not row["sites"] <= row["n"] <= region.n_rows:
                raise ValueError(
                    f"a {what} of '{row['region']}' is of {row['n']} rows at {row['sites']} sites, "
                    f"and the region has {region.n_rows} rows"
                )
            parts = ("region", "validation", "level", "month", "zone", "method")
            key = (what, *(row.get(part) for part in parts))
            if key in seen:
                raise ValueError(f"a {what} of '{row['region']}' is there twice")
            seen.add(key)
    for row in model.scores:
        for name in _AT_MOST_ONE:
            if row[name] is not None and row[name] > 1 + 1e-9:
                raise ValueError(f"a score's {name} is {row[name]}, above 1")
        for name in _NEVER_NEGATIVE:
            if row[name] is not None and row[name] < 0:
                raise ValueError(f"a score's {name} is negative")
