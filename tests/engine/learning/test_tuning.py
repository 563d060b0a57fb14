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
from wco2_engine.learning.tuning import SearchSpace, Tuning, smoothest, smoothness, tune
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent

BARE = Hyperparameters(trees=10)
LEAVES = SearchSpace((1, 5, 15), (1.0,), (), (), (), ("mean",))


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
    assert found.sentence().startswith("Tuning helps: under nested site folds R2 is ")
    assert {trial.round for trial in found.trials} == {1, 3}


def test_the_untuned_is_kept_where_nothing_is_better() -> None:
    # A flux without noise, which smaller leaves follow best.
    found = tuned(study(noise=0.0))
    assert found.chosen == BARE
    assert found.chosen_by_fold == (BARE,) * 4
    assert found.gain == (0.0, 0.0, 0.0)
    assert "brings no difference that these sites can show" in found.sentence()


SITES = np.repeat(np.arange(30), 2)
OBSERVED = np.zeros(60)
WITHOUT_BIAS = np.tile([1.0, -1.0], 30)  # of the two rows of a site


def rule(*candidates: tuple[int, str, Any], signs: Any = WITHOUT_BIAS) -> int:
    """The rule on candidates by leaves and aggregate with an error that each row has."""
    ways = [Hyperparameters(min_samples_leaf=leaf, aggregate=name) for leaf, name, _ in candidates]
    found = [OBSERVED + error * signs for _, _, error in candidates]
    return smoothest(ways, found, OBSERVED, SITES)


def test_the_smoothest_that_is_not_clearly_worse_is_taken() -> None:
    bare, best = (1, "mean", 4.0), (3, "mean", 2.0)
    # By site the difference is as often above as below 0, and the error a little larger.
    even = np.where(SITES % 2 == 0, 2.5, 1.55)
    assert rule(bare, best, (10, "mean", even)) == 2
    assert rule(bare, best, (10, "mean", 2.1)) == 1  # worse at each site, so not by chance
    assert rule(bare, best, (10, "mean", even), (10, "median", even)) == 3
    assert rule(bare, (10, "median", even), best, (5, "mean", even)) == 1


def test_what_is_smoother_is_not_taken_with_a_larger_bias() -> None:
    bare, best = (1, "mean", 4.0), (3, "mean", 2.0)
    even = np.where(SITES % 2 == 0, 2.5, 1.55)  # no clearly larger error, and 2.025 on average
    too_low, too_high = -np.ones(60), np.ones(60)
    for signs in (too_low, too_high):
        assert rule(bare, best, (10, "mean", even), signs=signs) == 1
    # An error of 1.05 less at one of 30 sites makes it 1.99.
    less = np.where(SITES == 0, even - 1.05, even)
    assert rule(bare, best, (10, "mean", less), signs=too_high) == 2
    # One of -1 there makes it 1.91: errors of both signs are one mean.
    assert rule(bare, best, (10, "mean", np.where(SITES == 0, -1.0, less)), signs=too_high) == 2
    # What is best is taken, however large its bias.
    assert rule((1, "mean", 4.0 * WITHOUT_BIAS), best, signs=too_high) == 1


def test_what_is_not_better_than_the_untuned_is_not_taken() -> None:
    even = np.where(SITES % 2 == 0, 2.5, 1.4)  # 2.03 in the root of the mean square
    assert rule((1, "mean", 2.0), (10, "mean", even)) == 0
    # The mean of 30 squares of 6.25 or 1.96 has a standard error of 0.39, the root 0.10.
    assert rule((1, "mean", 2.06), (10, "mean", even)) == 0
    assert rule((1, "mean", 2.2), (10, "mean", even)) == 1
    assert rule((1, "mean", 2.0), (10, "mean", even), (5, "mean", 1.9)) == 2
    assert rule((1, "mean", 2.0), (10, "mean", 3.0)) == 0


def test_larger_leaves_are_smoother_and_then_trimmed_means() -> None:
    order = [(1, "mean"), (1, "median"), (1, "trimmed"), (3, "mean"), (20, "trimmed")]
    keys = [
        smoothness(Hyperparameters(min_samples_leaf=leaf, aggregate=name)) for leaf, name in order
    ]
    assert keys == sorted(keys)
    assert len(set(keys)) == 5


def test_scores_are_those_of_the_nested_and_the_untuned_predictions() -> None:
    case = study()
    found = tuned(case)
    target, group, folds = case["target"], case["group"], case["folds"]
    assert found.nested == scores(target, found.predicted, group)
    bare = cross_val_predict(rows_of(case), folds, BARE).predicted
    assert found.untuned == scores(target, bare, group)
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
    for seed in range(3):
        case = study(sites=8, seed=seed)
        rng = np.random.default_rng(seed)
        case["target"] = rng.normal(0, 1, len(case["target"]))
        found = tuned(case)
        best_of_many.append(min(trial.rmse for trial in found.trials))
        nested.append(found.nested.rmse.value)
    assert np.mean(nested) > np.mean(best_of_many)
    assert np.mean([score >= best for score, best in zip(nested, best_of_many, strict=True)]) == 1


def test_trees_are_counted_and_the_budget_is_kept() -> None:
    case = study()
    case["untuned"], case["space"] = Hyperparameters(30), SearchSpace((1, 5), (1.0,))
    # Two leaves, each with a second scale, other weights and both: 8 growths of 20 trees in two
    # folds. Then the best of each size of leaf and the untuned with 30 in three: in five problems.
    whole = 5 * (8 * 2 * 20 + 3 * 3 * 30)
    found = tuned(case, inner_folds=3)
    assert (found.trees, found.budget) == (whole, 100_000)
    third = tuned(case, inner_folds=3, budget=10)
    assert third.trees <= 1_000
    assert {t.hyperparameters.trees for t in third.trials} == {6, 10}


def test_every_kind_of_candidate_is_tried() -> None:
    case = study(sites=8)
    summer = np.tile([True, False], len(case["group"]) // 2)
    rows = TrainingRows.from_arrays(case["features"], case["target"], case["group"], scored=~summer)
    space = SearchSpace((1, 5), (0.5, 1.0))
    found = tune(rows, deal_groups(rows.site, 2, 0), Hyperparameters(4), space=space)
    tried = [trial.hyperparameters for trial in found.trials]
    for name, values in (
        ("min_samples_leaf", {1, 5}),
        ("max_features", {0.5, 1.0}),
        ("train_months", {"winter", "all"}),
        ("transform", {"none", "log1p"}),
        ("weights", {"rows", "sites"}),
        ("aggregate", {"mean", "trimmed", "median"}),
    ):
        assert {getattr(each, name) for each in tried} == values
    assert len(found.predicted) == len(rows)
    assert np.isfinite(found.predicted).all()


def test_months_that_tell_a_site_s_level_are_chosen() -> None:
    """Five summers of a site tell how it is, where one winter hardly does."""
    rng = np.random.default_rng(1)
    site = np.repeat(np.arange(60), 6)
    carbon = rng.uniform(0, 10, 60)[site]
    target = 3 * carbon + rng.normal(0, 8, len(site))
    rows = TrainingRows.from_arrays(
        carbon[:, None], target, site, scored=np.arange(len(site)) % 6 == 0
    )
    space = SearchSpace((1,), (1.0,), ("winter", "all"), (), (), ("mean",))
    found = tune(rows, deal_groups(rows.site, 3, 0), Hyperparameters(20), space=space)
    assert found.chosen.train_months == "all"
    assert found.gain.lower > 0


def test_the_error_of_endless_trees_is_told_by_few() -> None:
    case = study(sites=30, rows=10, noise=1.0)
    case["space"] = SearchSpace((1,), (0.33,), (), (), (), ("mean",))
    case["untuned"] = Hyperparameters(400, max_features=0.33)
    errors = {trial.round: trial.rmse for trial in tuned(case, inner_folds=2).trials}
    # Round 1 has 20 trees and the same two folds as round 3, which has 100.
    few = cross_val_predict(
        rows_of(case), deal_groups(case["group"], 2, 0), Hyperparameters(20, max_features=0.33)
    ).predicted
    plain = np.sqrt(np.mean((few - case["target"]) ** 2))
    assert abs(errors[1] - errors[3]) < 0.5 * (plain - errors[3])


def test_the_same_call_gives_the_same_result_for_any_number_of_threads() -> None:
    case = study()
    one, two = tuned(case), tuned(case, RunContext(threads=2))
    np.testing.assert_array_equal(one.predicted, two.predicted)
    assert one.trials == two.trials
    assert one.sentence() == two.sentence()


def test_no_difference_is_told_as_none() -> None:
    case = study()
    case["space"] = SearchSpace((1,), (1.0,), (), (), (), ("mean",))
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
    # Three leaves in two folds and four in four, with 4 of 20 and 2 of 10 trees, in five problems.
    with pytest.raises(Wco2Error, match=r"too small for tuning in 4 folds\. Allow 3 or"):
        tuned(case, budget=2)
    tuned(case, budget=3)
    case["features"][3, 1] = np.nan
    with pytest.raises(Wco2Error, match="Predictor 'predictor 2' has no value"):
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
    tuned(study(), RunContext(progress=patient))
    assert patient.told == sorted(patient.told)
    assert patient.told[-1] > 0.95
