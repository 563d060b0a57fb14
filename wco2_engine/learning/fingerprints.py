"""Digests of a model: of what it predicts, and of what it tells besides."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.model_predictor import FEATURE_KEYS

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model


def fingerprint_of(model: Model) -> str:
    """See `Model.fingerprint`."""
    digest = hashlib.sha256()
    facts: list[Any] = [
        [{key: getattr(p, key) for key in FEATURE_KEYS} for p in model.predictors],
        model.settings,
        [each.region.to_json() for each in model.regions],
    ]
    if any(each.n_members or each.calibration for each in model.regions):
        facts.append([[each.n_members, dict(each.calibration)] for each in model.regions])
    if any(each.forest.classes for each in model.regions):
        facts.append([each.forest.classes.codes for each in model.regions])
    if not all(each.aggregate.is_mean for each in model.regions):
        facts.append([each.aggregate.to_json() for each in model.regions])
    if any(each.winter_calibration for each in model.regions):
        facts.append([dict(each.winter_calibration) for each in model.regions])
    digest.update(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode())
    for each in model.regions:
        training = each.training_arrays()
        members = {} if each.members is None else each.members.arrays()
        forests = {**each.forest.arrays(), **{f"members_{k}": a for k, a in members.items()}}
        for name, array in {**training, **forests}.items():
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def checksum_of(model: Model) -> str:
    """See `Model.checksum`."""
    digest = hashlib.sha256()
    facts = [
        model.fingerprint,
        model.simulated,
        model.provenance,
        list(model.scores),
        list(model.coverage),
        [[list(each.folds), list(each.predictions)] for each in model.regions],
        [{k: v.tolist() for k, v in each.importances.items()} for each in model.regions],
        *([list(model.winter_coverage)] if model.winter_coverage else []),
    ]
    if any(predictor.label for predictor in model.predictors):
        facts.append([predictor.label for predictor in model.predictors])
    digest.update(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode())
    for each in model.regions:
        held_out: list[NDArray[Any]] = [*each.folds.values(), *each.predictions.values()]
        for array in held_out:
            digest.update(f"{array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
