"""How forests should grow, found by site folds, and scored on sites that had no say in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.growing import (
    Features,
    FloatArray,
    Growth,
    Labels,
    check_target,
    held_out,
)
from wco2_engine.learning.skill import Score, Scores, rmse_gain, scores
from wco2_engine.progress import Part, Progress, Silent, stop_if_cancelled

INNER_FOLDS = 4
BUDGET = 500


@dataclass(frozen=True)
class Space:
    """The values to try: all their combinations, or as many as the budget allows."""

    trees: tuple[int, ...] = (100, 300)
    max_features: tuple[float, ...] = (0.33, 0.66, 1.0)
    min_samples_leaf: tuple[int, ...] = (1, 3, 8)
    transform: tuple[str, ...] = ("none", "sqrt", "log1p")

    def growths(self) -> tuple[Growth, ...]:
        """Every combination, each once.

        Raises
        ------
        Wco2Error : for a value out of its range.
        """
        every = product(self.trees, self.min_samples_leaf, self.max_features, self.transform)
        return tuple(dict.fromkeys(Growth(*values) for values in every))


@dataclass(frozen=True)
class Trial:
    """A way to grow, and its held-out RMSE and R2 over all outer folds."""

    growth: Growth
    rmse: float
    r2: float


@dataclass(frozen=True, eq=False)
class Tuning:
    """What `tune` found.

    Parameters
    ----------
    chosen : the growth of the lowest held-out RMSE; the untuned one unless another is better.
    trials : all that were tried, the untuned first. The RMSE of the chosen one is the least of
        many, so it flatters: quote `nested`.
    whole_grid : whether all combinations were tried, or a random sample of them.
    nested : scores of tuning itself: each outer fold is predicted by what the other folds chose
        among themselves, so neither choosing nor training saw its sites.
    untuned : scores of the untuned growth on the same folds.
    gain : RMSE of the untuned minus that of tuning, nested; an interval around 0 says that tuning
        brings nothing that these sites can show.
    chosen_by_fold : what each outer fold's other folds chose. When they differ much, the choice is
        chance.
    predicted : `(n_rows,)`, the predictions behind `nested`; NaN for rows never held out.
    fits, budget : forests grown, and allowed.
    """

    chosen: Growth
    trials: tuple[Trial, ...]
    whole_grid: bool
    nested: Scores
    untuned: Scores
    gain: Score
    chosen_by_fold: tuple[Growth, ...]
    predicted: FloatArray
    fits: int
    budget: int

    def sentence(self) -> str:
        """What tuning brought, for a report."""
        brought = (
            "Tuning helps"
            if self.gain.lower > 0
            else "Tuning harms"
            if self.gain.upper < 0
            else "Tuning brings no difference that these sites can show"
        )
        growth = self.chosen
        return (
            f"{brought}: under nested site folds the RMSE is {self.nested.rmse.value:.3g} tuned "
            f"and {self.untuned.rmse.value:.3g} untuned (difference {self.gain.value:.2g}, "
            f"{self.gain.lower:.2g} to {self.gain.upper:.2g}). Chosen: {growth.trees} trees, "
            f"min_samples_leaf {growth.min_samples_leaf}, max_features {growth.max_features:g}, "
            f"target transform {growth.transform}; {len(self.trials)} ways were tried with "
            f"{self.fits} forests."
        )


def tune(
    features: Features,
    target: FloatArray,
    group: Labels,
    folds: Labels,
    untuned: Growth,
    space: Space | None = None,
    budget: int = BUDGET,
    inner_folds: int = INNER_FOLDS,
    seed: int = 0,
    weight: FloatArray | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Tuning:
    """The growth that predicts held-out sites best, with a score that choosing can't flatter.

    Nested cross-validation (Varma and Simon 2006, doi 10.1186/1471-2105-7-91). With K outer folds
    and L inner ones, each way to grow costs K (L + 1) forests; when the budget does not reach for
    all combinations, a random sample of them is tried (Bergstra and Bengio 2012, JMLR 13). The
    untuned growth is always among them, and wins ties.

    Parameters
    ----------
    features : `(n_rows, n_features)`.
    target, group, weight : `(n_rows,)`.
    folds : `(n_rows,)`, the outer ones: whole sites from 0; rows of fold -1 only train.
    inner_folds : into how many the sites of an outer fold's training rows are dealt.
    budget : forests that may be grown, at most.

    Raises
    ------
    Wco2Error : when the flux does not vary, a site is in two folds, sites are too few, or the
        budget is too small to compare two ways.
    Cancelled : when the user asks to stop.
    """
    progress = progress or Silent()
    check_target(target, "Tuning")
    outer = np.unique(folds[folds >= 0])
    _check_sites(group, folds, len(outer))
    inner = [deal_sites(group[folds != fold], inner_folds, seed) for fold in outer]
    cost = len(outer) + sum(int(own.max()) + 1 for own in inner)
    growths, whole_grid = _growths(untuned, space or Space(), budget // cost, seed)
    if len(growths) < 2:
        raise Wco2Error(
            f"Tuning with a budget of {budget} forests can't compare two ways to grow.",
            f"Each costs {cost} with these folds: allow {2 * cost} or more, and name a second way.",
        )
    ends = np.linspace(0.0, 1.0, len(outer) + 2).tolist()
    parts = [Part(progress, *stretch) for stretch in pairwise(ends)]
    held = _predictions(growths, features, target, folds, seed, weight, threads, parts[0])
    nested, winners = np.full(len(target), np.nan), []
    for fold, own, part in zip(outer, inner, parts[1:], strict=True):
        train = folds != fold
        heft = None if weight is None else weight[train]
        x, y = features[train], target[train]
        within = _predictions(growths, x, y, own, seed, heft, threads, part)
        winner = int(np.argmin([_rmse(y, predicted) for predicted in within]))
        # The forest of this growth and these very rows has predicted the fold already.
        nested[folds == fold] = held[winner][folds == fold]
        winners.append(growths[winner])
    rows = folds >= 0
    observed, site = target[rows], group[rows]
    errors = [_rmse(observed, predicted[rows]) for predicted in held]
    spread = float(observed.std())
    return Tuning(
        chosen=growths[int(np.argmin(errors))],
        trials=tuple(
            Trial(growth, error, 1.0 - (error / spread) ** 2 if spread > 0 else float("nan"))
            for growth, error in zip(growths, errors, strict=True)
        ),
        whole_grid=whole_grid,
        nested=scores(observed, nested[rows], site, seed=seed),
        untuned=scores(observed, held[0][rows], site, seed=seed),
        gain=rmse_gain(observed, held[0][rows], nested[rows], site, seed=seed),
        chosen_by_fold=tuple(winners),
        predicted=nested,
        fits=cost * len(growths),
        budget=budget,
    )


def deal_sites(group: Labels, folds: int, seed: int) -> NDArray[np.int16]:
    """Fold numbers `(n_rows,)` from 0: whole sites in folds of nearly equally many rows.

    As many folds as there are sites where these are fewer. Larger sites are dealt first, each to
    the fold that has the fewest rows yet; the seed decides among sites of equal size.
    """
    sites, site, size = np.unique(group, return_inverse=True, return_counts=True)
    filled = np.zeros(min(folds, len(sites)), np.int64)
    fold_of = np.empty(len(sites), np.int16)
    shuffled = np.random.default_rng(seed).permutation(len(sites))
    for each in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of[each] = np.argmin(filled)
        filled[fold_of[each]] += size[each]
    return fold_of[site.reshape(-1)]


def site_weights(group: Labels) -> FloatArray:
    """Weights `(n_rows,)` that add up to 1 at each site, so that a long record is no more than one.

    In fully grown trees they decide where trees split; a leaf with one row says that row's flux
    whatever its weight.
    """
    _, site, size = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / size[site.reshape(-1)])


def _growths(
    untuned: Growth, space: Space, most: int, seed: int
) -> tuple[tuple[Growth, ...], bool]:
    """The untuned growth and `most - 1` others at most, in the grid's order; whether it is all."""
    others = [growth for growth in space.growths() if growth != untuned]
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
    growths: Sequence[Growth],
    features: Features,
    target: FloatArray,
    folds: Labels,
    seed: int,
    weight: FloatArray | None,
    threads: int,
    progress: Progress,
) -> FloatArray:
    """Held-out predictions `(n_growths, n_rows)`."""
    found = np.empty((len(growths), len(target)))
    for k, growth in enumerate(growths):
        stop_if_cancelled(progress)
        progress.update(k / len(growths), f"Tuning: {len(growths)} ways to grow")
        found[k] = held_out(features, target, folds, growth, seed, weight, threads)
    return found


def _rmse(observed: FloatArray, predicted: FloatArray) -> float:
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))
