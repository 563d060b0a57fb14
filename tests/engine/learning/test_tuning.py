"""Tuning finds what helps, and its score is one that choosing could not flatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.learning.sites import site_weights
from wco2_engine.learning.tuning import SearchSpace, Tuning, tune
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent

BARE = Hyperparameters(trees=10)
LEAVES = SearchSpace((10,), (1.0,), (1, 5, 15), ("none",))


def study(sites: int = 20, rows: int = 6, seed: int = 0, noise: float = 4.0) -> dict[str, Any]:
    """A flux with much noise, for which larger leaves are better."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(sites), rows)
    features = rng.normal(size=(len(group), 3)).astype(np.float32)
    target = 20 + 2 * features[:, 0] + rng.normal(0, noise, len(group))
    return {
        "features": features,
        "target": target,
        "group": group,
        "folds": deal_groups(group, 4, seed),
        "untuned": BARE,
        "space": LEAVES,
    }


def rows_of(case: dict[str, Any], weight: Any = None) -> TrainingRows:
    return TrainingRows.from_arrays(
        case["features"], case["target"], case["group"], sample_weight=weight
    )


def tuned(case: dict[str, Any], run: RunContext | None = None, **options: Any) -> Tuning:
    return tune(rows_of(case), case["folds"], case["untuned"], run, space=case["space"], **options)


def test_larger_leaves_are_chosen_for_a_noisy_flux() -> None:
    found = tuned(study())
    assert found.chosen.min_samples_leaf > 1
    assert found.gain.lower > 0
    assert found.sentence().startswith("Tuning helps: under nested site folds the RMSE is ")
    assert found.whole_grid


def test_scores_are_those_of_the_nested_and_the_untuned_predictions() -> None:
    case = study()
    found = tuned(case)
    target, group, folds = case["target"], case["group"], case["folds"]
    assert found.nested == scores(target, found.predicted, group)
    bare = cross_val_predict(rows_of(case), folds, BARE).predicted
    assert found.untuned == scores(target, bare, group)
    assert found.trials[0].hyperparameters == BARE
    assert found.trials[0].rmse == pytest.approx(found.untuned.rmse.value)
    assert found.trials[0].r2 == pytest.approx(found.untuned.r2.value)
    assert found.gain.value == pytest.approx(found.untuned.rmse.value - found.nested.rmse.value)


def test_the_held_out_fluxes_of_a_fold_have_no_say_in_what_predicts_it() -> None:
    case = study()
    before = tuned(case)
    fold = case["folds"] == 2
    spoiled = {**case, "target": np.where(fold, 1e4 * case["features"][:, 1], case["target"])}
    after = tuned(spoiled)
    assert before.chosen_by_fold[2] == after.chosen_by_fold[2]
    np.testing.assert_array_equal(before.predicted[fold], after.predicted[fold])
    assert (before.predicted[~fold] != after.predicted[~fold]).any()


def test_what_a_fold_is_predicted_by_is_what_the_others_chose() -> None:
    case = study()
    found = tuned(case)
    for number, chosen in enumerate(found.chosen_by_fold):
        fold = case["folds"] == number
        alone = cross_val_predict(rows_of(case), np.where(fold, 0, -1), chosen).predicted
        np.testing.assert_array_equal(found.predicted[fold], alone[fold])


def test_the_nested_score_does_not_flatter_where_there_is_nothing_to_find() -> None:
    best_of_many, nested = [], []
    for seed in range(4):
        case = study(sites=12, seed=seed)
        rng = np.random.default_rng(seed)
        case["target"] = rng.normal(0, 1, len(case["target"]))
        case["space"] = SearchSpace((2,), (0.3, 1.0), (1, 4, 12), ("none", "sqrt"))
        found = tuned(case, budget=1000)
        best_of_many.append(min(trial.rmse for trial in found.trials))
        nested.append(found.nested.rmse.value)
    assert np.mean(nested) > np.mean(best_of_many)
    assert np.mean([score >= best for score, best in zip(nested, best_of_many, strict=True)]) == 1


def test_forests_are_counted_and_the_budget_is_kept() -> None:
    case = study()
    found = tuned(case, inner_folds=3)
    # Three ways to grow, each in four outer folds and in three inner folds of each.
    assert found.fits == 3 * (4 + 4 * 3)
    case["space"] = SearchSpace((10,), (0.3, 0.6, 1.0), (1, 2, 4, 8), ("none", "sqrt", "log1p"))
    sampled = tuned(case, inner_folds=3, budget=50)
    assert (len(sampled.trials), sampled.fits, sampled.whole_grid) == (3, 48, False)
    assert sampled.trials[0].hyperparameters == BARE
    assert len({trial.hyperparameters for trial in sampled.trials}) == 3


def test_the_same_call_gives_the_same_result_for_any_number_of_threads() -> None:
    case = study()
    one, two = tuned(case), tuned(case, RunContext(threads=2))
    np.testing.assert_array_equal(one.predicted, two.predicted)
    assert one.trials == two.trials
    assert one.sentence() == two.sentence()


def test_no_difference_is_told_as_none() -> None:
    # More trees of a forest that is large already bring nothing.
    case = study()
    case["untuned"], case["space"] = (
        Hyperparameters(60),
        SearchSpace((60, 70), (1.0,), (1,), ("none",)),
    )
    assert "brings no difference that these sites can show" in tuned(case).sentence()


def test_weights_reach_the_forests() -> None:
    case = study()
    case["group"] = np.sort(np.random.default_rng(0).integers(0, 20, len(case["group"])))
    case["folds"] = deal_groups(case["group"], 4, 0)
    rows = rows_of(case, site_weights(case["group"]))
    found = tune(rows, case["folds"], BARE, space=LEAVES)
    bare = cross_val_predict(rows, case["folds"], BARE).predicted
    assert found.untuned == scores(case["target"], bare, case["group"])


def test_rows_that_are_never_held_out_train_only() -> None:
    case = study()
    case["folds"] = np.where(case["group"] < 3, -1, case["folds"])
    found = tuned(case)
    np.testing.assert_array_equal(np.isnan(found.predicted), case["folds"] == -1)
    assert found.nested.n == int((case["folds"] >= 0).sum())


def test_five_sites_are_enough_to_tune_and_two_are_not() -> None:
    found = tuned(study(sites=5, rows=12))
    assert np.isfinite(found.nested.rmse.value)
    with pytest.raises(Wco2Error, match="with 2 sites in 2 folds is impossible"):
        tuned(study(sites=2))


def test_constant_and_copied_predictors_do_no_harm() -> None:
    case = study()
    x = case["features"]
    case["features"] = np.hstack([x, x[:, :1], np.ones_like(x[:, :1])])
    assert np.isfinite(tuned(case).nested.r2.value)


def test_what_can_not_be_tuned_is_refused_with_the_reason() -> None:
    case = study()
    with pytest.raises(Wco2Error, match="the flux is the same in all 120 rows"):
        tuned({**case, "target": np.full(120, 3.0)})
    with pytest.raises(Wco2Error, match="one site is in two folds"):
        tuned({**case, "folds": np.arange(120) % 4})
    with pytest.raises(Wco2Error, match="Each costs 20 with these folds: allow 40 or more"):
        tuned(case, budget=39)
    case["features"][3, 1] = np.nan
    with pytest.raises(Wco2Error, match="Predictor 2 has no value"):
        tuned(case)


def test_tuning_tells_how_far_it_is_and_stops_when_the_user_asks() -> None:
    class Watch(Silent):
        def __init__(self, stop_at: float) -> None:
            self.told: list[float] = []
            self.stop_at = stop_at

        def update(self, fraction: float, message: str = "") -> None:
            self.told.append(fraction)

        def cancelled(self) -> bool:
            return bool(self.told) and self.told[-1] >= self.stop_at

    with pytest.raises(Cancelled):
        tuned(study(), RunContext(progress=Watch(0.5)))
    patient = Watch(2.0)
    found = tuned(study(), RunContext(progress=patient))
    assert patient.told == sorted(patient.told)
    assert len(patient.told) == 3 * 5 + found.fits
