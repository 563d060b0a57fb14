"""Hyperparameters chosen by site folds, and scored on sites that had no say in the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.cross_validation import cross_val_predict, rmse
from wco2_engine.learning.fitting import check_target
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import Score, Scores, rmse_gain, scores
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

INNER_FOLDS = 4
TUNE_BUDGET = 500  # forests


@dataclass(frozen=True)
class SearchSpace:
    """The values that tuning tries: all their combinations, or as many as the budget allows."""

    trees: tuple[int, ...] = (100, 300)
    max_features: tuple[float, ...] = (0.33, 0.66, 1.0)
    min_samples_leaf: tuple[int, ...] = (1, 3, 8)
    transform: tuple[str, ...] = ("none", "sqrt", "log1p")

    def combinations(self) -> tuple[Hyperparameters, ...]:
        """Every combination, each once.

        Raises
        ------
        Wco2Error : for a value out of its range.
        """
        every = product(self.trees, self.min_samples_leaf, self.max_features, self.transform)
        return tuple(dict.fromkeys(Hyperparameters(*values) for values in every))


@dataclass(frozen=True)
class Trial:
    """Hyperparameters, and their held-out RMSE and R2 over all outer folds."""

    hyperparameters: Hyperparameters
    rmse: float
    r2: float


@dataclass(frozen=True, eq=False)
class Tuning:
    """What `tune` found.

    Parameters
    ----------
    chosen : those of the lowest held-out RMSE; the untuned ones unless others are better.
    trials : all that were tried, the untuned first. The RMSE of the chosen one is the least of
        many, so it flatters: quote `nested`.
    whole_grid : whether all combinations were tried, or a random sample of them.
    nested : scores of tuning itself: each outer fold is predicted by what the other folds chose
        among themselves, so neither choosing nor training saw its sites.
    untuned : scores of the untuned hyperparameters on the same folds.
    gain : RMSE of the untuned minus that of tuning, nested; an interval around 0 says that tuning
        brings nothing that these sites can show.
    chosen_by_fold : what each outer fold's other folds chose. When they differ much, the choice is
        chance.
    predicted : `(n_rows,)`, the predictions behind `nested`; NaN for rows never held out.
    fits, budget : forests grown, and allowed.
    """

    chosen: Hyperparameters
    trials: tuple[Trial, ...]
    whole_grid: bool
    nested: Scores
    untuned: Scores
    gain: Score
    chosen_by_fold: tuple[Hyperparameters, ...]
    predicted: FloatArray
    fits: int
    budget: int

    def __repr__(self) -> str:
        return short_repr(self)

    def sentence(self) -> str:
        """What tuning brought, for a report."""
        brought = (
            "Tuning helps"
            if self.gain.lower > 0
            else "Tuning harms"
            if self.gain.upper < 0
            else "Tuning brings no difference that these sites can show"
        )
        best = self.chosen
        return (
            f"{brought}: under nested site folds the RMSE is {self.nested.rmse.value:.3g} tuned "
            f"and {self.untuned.rmse.value:.3g} untuned (difference {self.gain.value:.2g}, "
            f"{self.gain.lower:.2g} to {self.gain.upper:.2g}). Chosen: {best.trees} trees, "
            f"min_samples_leaf {best.min_samples_leaf}, max_features {best.max_features:g}, "
            f"target transform {best.transform}; {len(self.trials)} ways were tried with "
            f"{self.fits} forests."
        )


def tune(
    rows: TrainingRows,
    folds: Labels,
    untuned: Hyperparameters,
    run: RunContext | None = None,
    space: SearchSpace | None = None,
    budget: int = TUNE_BUDGET,
    inner_folds: int = INNER_FOLDS,
) -> Tuning:
    """The hyperparameters that predict held-out sites best, with a score that choosing can't
    flatter.

    Nested cross-validation (Varma and Simon 2006, doi 10.1186/1471-2105-7-91). With K outer folds
    and L inner ones, each candidate costs K (L + 1) forests; when the budget does not reach for
    all combinations, a random sample of them is tried (Bergstra and Bengio 2012, JMLR 13). The
    untuned hyperparameters are always among them, and win ties.

    Parameters
    ----------
    folds : `(n_rows,)`, the outer ones: whole sites from 0; rows of fold -1 only train.
    untuned : what tuning is compared with.
    inner_folds : into how many the sites of an outer fold's training rows are dealt.
    budget : forests that may be fitted, at most.

    Raises
    ------
    Wco2Error : when the flux does not vary, a site is in two folds, sites are too few, or the
        budget is too small to compare two candidates.
    Cancelled : when the user asks to stop.
    """
    run = run or RunContext()
    check_target(rows.target, "Tuning")
    outer = np.unique(folds[folds >= 0])
    _check_sites(rows.site, folds, len(outer))
    inner = [deal_groups(rows.site[folds != fold], inner_folds, run.seed) for fold in outer]
    cost = len(outer) + sum(int(own.max()) + 1 for own in inner)
    candidates, whole_grid = _candidates(untuned, space or SearchSpace(), budget // cost, run.seed)
    if len(candidates) < 2:
        raise Wco2Error(
            f"Tuning with a budget of {budget} forests can't compare two sets of hyperparameters.",
            f"Each costs {cost} with these folds: allow {2 * cost} or more, and name a second set.",
        )
    ends = np.linspace(0.0, 1.0, len(outer) + 2).tolist()
    parts = [run.part(*stretch) for stretch in pairwise(ends)]
    held = _predictions(candidates, rows, folds, parts[0])
    nested, winners = np.full(len(rows), np.nan), []
    for fold, own, part in zip(outer, inner, parts[1:], strict=True):
        train = rows.subset(folds != fold)
        within = _predictions(candidates, train, own, part)
        winner = int(np.argmin([rmse(train.target, predicted) for predicted in within]))
        # The forest of this candidate and these very rows has predicted the fold already.
        nested[folds == fold] = held[winner][folds == fold]
        winners.append(candidates[winner])
    known = folds >= 0
    observed, site = rows.target[known], rows.site[known]
    errors = [rmse(observed, predicted[known]) for predicted in held]
    spread = float(observed.std())
    return Tuning(
        chosen=candidates[int(np.argmin(errors))],
        trials=tuple(
            Trial(candidate, error, 1.0 - (error / spread) ** 2 if spread > 0 else float("nan"))
            for candidate, error in zip(candidates, errors, strict=True)
        ),
        whole_grid=whole_grid,
        nested=scores(observed, nested[known], site, seed=run.seed),
        untuned=scores(observed, held[0][known], site, seed=run.seed),
        gain=rmse_gain(observed, held[0][known], nested[known], site, seed=run.seed),
        chosen_by_fold=tuple(winners),
        predicted=nested,
        fits=cost * len(candidates),
        budget=budget,
    )


def _candidates(
    untuned: Hyperparameters, space: SearchSpace, most: int, seed: int
) -> tuple[tuple[Hyperparameters, ...], bool]:
    """The untuned ones and `most - 1` others at most, in the grid's order; whether it is all."""
    others = [each for each in space.combinations() if each != untuned]
    if len(others) < most:
        return (untuned, *others), True
    some = np.random.default_rng(seed).permutation(len(others))[: max(0, most - 1)]
    return (untuned, *(others[k] for k in sorted(some))), False


def _check_sites(group: Labels, folds: Labels, outer: int) -> None:
    pairs = np.unique(np.column_stack([group, folds]), axis=0)
    if len(pairs) > len(np.unique(group)):
        raise Wco2Error(
            "Tuning needs folds that keep the rows of a site together; one site is in two folds.",
            "Take site folds.",
        )
    if outer < 2 or len(pairs) < 3:
        raise Wco2Error(
            f"Tuning with {len(pairs)} sites in {outer} folds is impossible.",
            "It holds out a site, then another one: bring observations of 3 sites or more.",
        )


def _predictions(
    candidates: Sequence[Hyperparameters], rows: TrainingRows, folds: Labels, run: RunContext
) -> FloatArray:
    """Held-out predictions `(n_candidates, n_rows)`."""
    found = np.empty((len(candidates), len(rows)))
    size = len(candidates)
    for k, candidate in enumerate(candidates):
        run.step(k / size, f"Tuning: {size} sets of hyperparameters")
        part = run.part(k / size, (k + 1) / size)
        found[k] = cross_val_predict(rows, folds, candidate, part).predicted
    return found
