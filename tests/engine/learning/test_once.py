"""Forests that are asked and dropped predict what forests that are kept would, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.fitting import TRANSFORMS, fit_forest
from wco2_engine.learning.once import predict_once
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import AGGREGATES, Hyperparameters


def made_up(weighted: bool = False) -> TrainingRows:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(80, 3)).astype(np.float32)
    features[20:40] = features[:20]  # leaves of several rows, however far trees grow
    target = np.exp(features[:, 0].astype(np.float64)) + rng.normal(0, 0.1, 80)
    weight = rng.uniform(0.2, 3.0, 80) if weighted else None
    return TrainingRows.from_arrays(features, target, np.arange(80), sample_weight=weight)


ASKED = [np.random.default_rng(seed).normal(size=(30, 3)).astype(np.float32) for seed in (1, 2)]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("leaf", [1, 5])
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_predictions_and_bounds_are_those_of_a_forest_that_is_kept(
    transform: str, weighted: bool, leaf: int, aggregate: str
) -> None:
    rows = made_up(weighted)
    hyperparameters = Hyperparameters(
        7, min_samples_leaf=leaf, max_features=0.7, transform=transform, aggregate=aggregate
    )
    answers = predict_once(rows, hyperparameters, 3, ASKED, levels=(0.5, 0.9))
    kept = fit_forest(
        rows.features, rows.target, hyperparameters, RunContext(3), rows.sample_weight
    ).with_targets(rows.features, rows.target)
    for asked, found in zip(ASKED, answers.predicted, strict=True):
        assert found.tobytes() == kept.predict(asked).tobytes()
    for level, found in zip((0.5, 0.9), answers.bounds, strict=True):
        _, lower, upper = kept.predict_interval(ASKED[0], level)
        assert found.tobytes() == np.stack([lower, upper]).tobytes()


def test_several_aggregates_are_asked_of_the_same_trees() -> None:
    rows, few = made_up(), Hyperparameters(7, min_samples_leaf=5)
    ways = [replace(few, aggregate=name) for name in AGGREGATES]
    found = predict_once(rows, few, 3, ASKED, aggregates=list(map(Aggregate.of, ways))).aggregated
    for way, of_way in zip(ways, found, strict=True):
        alone = predict_once(rows, way, 3, ASKED).predicted[0]
        assert of_way.tobytes() == alone.tobytes()


def test_a_gap_is_refused() -> None:
    rows = made_up()
    asked = ASKED[0].copy()
    asked[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        predict_once(rows, Hyperparameters(2), 0, [asked])
    rows.features[4, 2] = np.nan
    with pytest.raises(Wco2Error, match="Predictor 3 has no value in row 5"):
        predict_once(rows, Hyperparameters(2), 0, ASKED)


def test_it_stops_after_any_tree() -> None:
    trees = []

    def stop() -> None:
        trees.append(1)
        if len(trees) == 3:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        predict_once(made_up(), Hyperparameters(50), 0, ASKED, now_and_then=stop)
    assert len(trees) == 3
