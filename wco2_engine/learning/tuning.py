"""Hyperparameters chosen at held-out sites, and scored on sites that had no say in the choice.

One problem is solved for each outer fold, by the rows of the others, and one for all rows: which
way to grow predicts sites that it has not seen? Candidates differ by the size of leaves, by what is
tried at a split, by which months train, by scale and weights, and by what is made of the fluxes in
the leaves. Many are judged by few trees in few folds, and the best for each size of leaf and choice
of months go on to more (successive halving: Jamieson and Talwalkar 2016, http://proceedings.mlr.press/v51/jamieson16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.cross_validation import cross_val_predict, rmse, side_by_side
from wco2_engine.learning.fitting import check_target
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import Score, Scores, rmse_gain, scores
from wco2_engine.learning.once import predict_once
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows, check_gaps
from wco2_engine.learning.run import RunContext
from wco2_engine.options import AGGREGATES, TUNE_BUDGET, Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]
Check = Callable[[], None]  # now and then, whether to go on

INNER_FOLDS = 4
FOREST = 100  # trees that the budget counts as one forest
FIRST_TREES, LAST_TREES = 20, 100  # of a candidate's forests, in the first rounds and in the last
FIRST_FOLDS = 2
FEWEST_TREES = 4  # of which two halves still tell something
CLEARLY, STANDARD_ERROR = 0.9, 0.68  # levels of intervals that tell a difference
COMPARING = "Tuning: comparing ways to grow"


@dataclass(frozen=True)
class SearchSpace:
    """The values that tuning tries.

    Every size of leaf is combined with every choice of months that train and every share of the
    predictors; the best share then with the scales and weights, and what is best with every
    aggregate. Values of the untuned hyperparameters are always among them.
    """

    min_samples_leaf: tuple[int, ...] = (1, 3, 5, 10, 20)
    max_features: tuple[float, ...] = (0.33, 0.66, 1.0)
    train_months: tuple[str | tuple[int, ...], ...] = ("winter", "all")
    transform: tuple[str, ...] = ("none", "log1p")
    weights: tuple[str, ...] = ("rows", "sites")
    aggregate: tuple[str, ...] = AGGREGATES

    def growths(self, untuned: Hyperparameters, has_others: bool) -> list[Hyperparameters]:
        """What the first round compares; all have the trees, scale and weights of the untuned.

        Parameters
        ----------
        has_others : whether there are rows of other months than the winter's.

        Raises
        ------
        Wco2Error : for a value out of its range.
        """
        leaves = dict.fromkeys((untuned.min_samples_leaf, *self.min_samples_leaf))
        shares = dict.fromkeys((untuned.max_features, *self.max_features))
        months = dict.fromkeys((untuned.train_months, *(self.train_months if has_others else ())))
        return [
            replace(untuned, min_samples_leaf=leaf, max_features=share, train_months=month)
            for leaf, share, month in product(leaves, shares, months)
        ]

    def variants(self, growth: Hyperparameters) -> list[Hyperparameters]:
        """The same growth on other scales of the flux and with other weights."""
        every = product((growth.transform, *self.transform), (growth.weights, *self.weights))
        made = (replace(growth, transform=scale, weights=weights) for scale, weights in every)
        return [each for each in dict.fromkeys(made) if each != growth]

    def aggregated(self, growth: Hyperparameters) -> list[Hyperparameters]:
        """The same growth by every aggregate."""
        names = dict.fromkeys((growth.aggregate, *self.aggregate))
        return [replace(growth, aggregate=name) for name in names]


@dataclass(frozen=True)
class Trial:
    """A candidate, and how it fared at held-out sites of all rows.

    Parameters
    ----------
    hyperparameters : with the trees that it was tried with.
    round : how far it came, from 1 to 3. Errors of different rounds are of other folds and trees.
    rmse : in rounds 1 and 2 that of endless trees, told by two halves of few.
    bias, r2 : of the last round; NaN in the others.
    """

    hyperparameters: Hyperparameters
    round: int
    rmse: float
    bias: float
    r2: float


@dataclass(frozen=True, eq=False)
class Tuning:
    """What `tune` found.

    Parameters
    ----------
    chosen : of all rows, by the rule of `tune`, which may keep the untuned ones.
    trials : all that were tried on all rows, by round, the last first. Their RMSE had a say in the
        choice, so it flatters: quote `nested`.
    nested : scores of tuning itself: each outer fold is predicted by what the other folds chose
        among themselves, so neither choosing nor training saw its sites.
    untuned : scores of the untuned hyperparameters on the same folds.
    gain : RMSE of the untuned minus that of tuning, nested; an interval around 0 says that tuning
        brings nothing that these sites can show.
    chosen_by_fold : what each outer fold's other folds chose. When they differ much, the choice is
        chance.
    predicted : `(n_rows,)`, the predictions behind `nested`; NaN for rows never held out.
    trees, budget : trees that candidates were grown with, and allowed.
    """

    chosen: Hyperparameters
    trials: tuple[Trial, ...]
    nested: Scores
    untuned: Scores
    gain: Score
    chosen_by_fold: tuple[Hyperparameters, ...]
    predicted: FloatArray
    trees: int
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
        tuned, bare = self.nested, self.untuned
        return (
            f"{brought}: under nested site folds R2 is {tuned.r2.value:.3f} tuned and "
            f"{bare.r2.value:.3f} untuned, RMSE {tuned.rmse.value:.3g} and {bare.rmse.value:.3g} "
            f"(difference {self.gain.value:.2g}, {self.gain.lower:.2g} to {self.gain.upper:.2g}), "
            f"bias {tuned.bias.value:.2g} and {bare.bias.value:.2g}, KGE {tuned.kge.value:.2f} and "
            f"{bare.kge.value:.2f}. Chosen: {described(self.chosen)}; {len(self.trials)} ways were "
            "tried."
        )


def described(chosen: Hyperparameters) -> str:
    """What tuning chooses, in words."""
    months = chosen.train_months
    trained = months if isinstance(months, str) else f"winter and {', '.join(map(str, months))}"
    return (
        f"min_samples_leaf {chosen.min_samples_leaf}, max_features {chosen.max_features:g}, "
        f"{Aggregate.of(chosen)} of the leaves, months that train: {trained}, target transform "
        f"{chosen.transform}, weights by {chosen.weights}"
    )


def smoothness(hyperparameters: Hyperparameters) -> tuple[int, int]:
    """What orders ways to grow from rough to smooth: larger leaves, then the aggregate.

    Leaves come first, because they say of how many fluxes a prediction is made; then how much what
    is made of them varies with which fluxes happen to be there. A mean follows rare large ones; a
    median does not, but rests on the few in the middle; a trimmed mean does neither. What is
    smoother promises less, and so has less to break at sites that nobody has seen. The other
    hyperparameters have no such order, and the error alone decides about them.
    """
    aggregates = ("mean", "median", "trimmed")
    return hyperparameters.min_samples_leaf, aggregates.index(hyperparameters.aggregate)


def tune(
    rows: TrainingRows,
    folds: Labels,
    untuned: Hyperparameters,
    run: RunContext | None = None,
    space: SearchSpace | None = None,
    budget: int = TUNE_BUDGET,
    inner_folds: int = INNER_FOLDS,
) -> Tuning:
    """The way to grow that predicts held-out sites well, with a score that choosing can't flatter.

    Nested cross-validation (Varma and Simon 2006, doi 10.1186/1471-2105-7-91). Of the best
    candidate for each size of leaf and choice of months, by each aggregate, the smoothest is taken
    that is not clearly worse than the best, and whose bias is no larger: which of many is the best
    by a little is chance. Clearly means that the 90 % interval of the difference in RMSE, by paired
    bootstrap of sites, is above 0. With few sites hardly anything is clearly worse, and what
    smooths much draws skewed fluxes down; the bias tells of it. The choice also has to be better
    than the untuned one by more than a standard error, as Breiman et al. (1984, Classification and
    Regression Trees) choose among trees: the 68 % interval is above 0. Where none is, the untuned
    one is kept.

    Months out of the winter are tried where the rows have `others`.

    Parameters
    ----------
    folds : `(n_rows,)`, the outer ones: whole sites from 0; rows of fold -1 only train.
    untuned : what tuning is compared with, and what it keeps where nothing is better enough.
    budget : forests of 100 trees that candidates may grow, at most; smaller ones count by their
        trees. The forests behind `nested` and `untuned` come on top.
    inner_folds : into how many the other outer folds are dealt, by which an outer fold's training
        rows are held out in their turn: so what is near is apart here too where outer folds are
        blocks or clusters.

    Raises
    ------
    Wco2Error : when the flux does not vary, a site is in two folds, sites are too few, or the
        budget is too small.
    Cancelled : when the user asks to stop.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import Hyperparameters, SiteKFold, TrainingRows, tune
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(np.arange(20), 6)
    >>> features = rng.normal(size=(120, 2))
    >>> rows = TrainingRows.from_arrays(features, features[:, 0] + rng.normal(0, 4, 120), site)
    >>> folds = SiteKFold(n_splits=4).fold_numbers(rows, groups=site)
    >>> found = tune(rows, folds, Hyperparameters(trees=20), budget=50)
    >>> found.chosen.min_samples_leaf > 1, found.nested.rmse.value < found.untuned.rmse.value
    (True, True)
    """
    run, space = run or RunContext(), space or SearchSpace()
    check_target(rows.target, "Tuning")
    check_gaps(rows.features, rows.names)
    outer = np.unique(folds[folds >= 0])
    _check_sites(rows.site, folds, len(outer))
    problems = [
        (rows.subset(kept), _inner(folds[kept], rows.site[kept], inner_folds, run.seed))
        for kept in (*(folds != fold for fold in outer), np.ones(len(rows), bool))
    ]
    ladder = _Ladder.within(budget, len(problems), space, untuned, rows, inner_folds)
    ends = np.linspace(0.0, 1.0, len(problems) + 3).tolist()
    *parts, to_score, to_compare = (run.part(*stretch) for stretch in pairwise(ends))
    solved = [ladder.climbed(*problem, part) for problem, part in zip(problems, parts, strict=True)]
    *by_fold, (chosen, trials) = solved
    winners = tuple(winner for winner, _ in by_fold)
    nested = cross_val_predict(rows, folds, winners, to_score).predicted
    bare = cross_val_predict(rows, folds, untuned, to_compare).predicted
    known = folds >= 0
    observed, site = rows.target[known], rows.site[known]
    return Tuning(
        chosen=chosen,
        trials=trials,
        nested=scores(observed, nested[known], site, seed=run.seed),
        untuned=scores(observed, bare[known], site, seed=run.seed),
        gain=rmse_gain(observed, bare[known], nested[known], site, seed=run.seed),
        chosen_by_fold=winners,
        predicted=nested,
        trees=len(problems) * ladder.cost,
        budget=FOREST * budget,
    )


def _inner(outer: Labels, site: Labels, inner_folds: int, seed: int) -> Labels:
    """Inner folds `(n_rows,)` of whole outer ones, or of sites where one outer fold is left.

    Rows of outer fold -1 only train.
    """
    known = outer >= 0
    groups = outer if len(np.unique(outer[known])) > 1 else site
    inner = np.full(len(outer), -1)
    inner[known] = deal_groups(groups[known], inner_folds, seed)
    return inner


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


def smoothest(
    candidates: Sequence[Hyperparameters],
    predicted: Sequence[FloatArray],
    observed: FloatArray,
    site: Labels,
    seed: int = 0,
) -> int:
    """Which candidate to take, by the rule of `tune`; the first one is the untuned.

    Parameters
    ----------
    predicted : of each candidate, `(n_rows,)` at held-out sites.
    observed, site : `(n_rows,)`.
    """
    errors = [rmse(observed, each) for each in predicted]
    biases = [abs(float(np.mean(each - observed))) for each in predicted]
    best = int(np.argmin(errors))

    def is_better(one: int, than: int, level: float) -> bool:
        gain = rmse_gain(observed, predicted[than], predicted[one], site, level, seed=seed)
        return gain.lower > 0

    order = sorted(
        range(1, len(candidates)), key=lambda k: (*smoothness(candidates[k]), -errors[k])
    )
    good = (
        k
        for k in order[::-1]
        if k == best or (biases[k] <= biases[best] and not is_better(best, k, CLEARLY))
    )
    return next((k for k in good if is_better(k, 0, STANDARD_ERROR)), 0)


@dataclass(frozen=True)
class _Ladder:
    """How candidates are compared in one problem.

    Its rungs are the sizes of leaves with the choices of months: what is best on a rung is told by
    few trees, which rung to stand on by many.

    Parameters
    ----------
    first_trees, last_trees : of a candidate's forests in rounds 1 and 2, and in round 3.
    """

    space: SearchSpace
    untuned: Hyperparameters
    inner_folds: int
    has_others: bool
    first_trees: int
    last_trees: int

    @classmethod
    def within(
        cls,
        budget: int,
        problems: int,
        space: SearchSpace,
        untuned: Hyperparameters,
        rows: TrainingRows,
        inner_folds: int,
    ) -> _Ladder:
        """With as many trees as the budget allows.

        Raises
        ------
        Wco2Error : when these are too few, or there is nothing to compare.
        """
        trees = FIRST_TREES, min(LAST_TREES, untuned.trees)
        whole = cls(space, untuned, inner_folds, rows.others is not None, *trees)
        share = min(1.0, FOREST * budget / (problems * whole.cost))
        first, last = (int(share * each) for each in trees)
        if first < FEWEST_TREES or last < 1:
            least = -(-problems * whole.cost * FEWEST_TREES // (FOREST * FIRST_TREES))
            raise Wco2Error(
                f"A budget of {budget} forests is too small for tuning in {problems - 1} folds.",
                f"Allow {max(least, 1)} or more.",
            )
        return replace(whole, first_trees=first, last_trees=last)

    @property
    def cost(self) -> int:
        """Trees that one problem takes at most."""
        growths = self.space.growths(self.untuned, self.has_others)
        rungs = {_rung(growth) for growth in growths}
        variants = self.space.variants(self.untuned)
        in_first = FIRST_FOLDS * (len(growths) + len(rungs) * len(variants))
        return self.first_trees * in_first + self.last_trees * self.inner_folds * (len(rungs) + 1)

    def climbed(
        self, rows: TrainingRows, inner: Labels, run: RunContext
    ) -> tuple[Hyperparameters, tuple[Trial, ...]]:
        """What these rows choose by their folds, and what was tried."""
        known, few = inner >= 0, np.where(inner < FIRST_FOLDS, inner, -1)
        growths = self.space.growths(self.untuned, self.has_others)
        first = dict(
            zip(growths, self._few_trees(growths, rows, few, run.part(0, 0.4)), strict=True)
        )
        variants = [each for best in _best_of_rungs(first) for each in self.space.variants(best)]
        second = dict(
            zip(variants, self._few_trees(variants, rows, few, run.part(0.4, 0.6)), strict=True)
        )
        last = list(dict.fromkeys((self.untuned, *_best_of_rungs(first | second))))
        every: list[Hyperparameters] = []
        predicted: list[FloatArray] = []
        for growth, found in zip(
            last, self._many(last, rows, inner, run.part(0.6, 1)), strict=True
        ):
            every += self.space.aggregated(growth)
            predicted += [values[known] for values in found]
        target, site = rows.target[known], rows.site[known]
        taken = every[smoothest(every, predicted, target, site, run.seed)]
        return taken, (
            *self._finals(every, predicted, target),
            *(
                Trial(replace(growth, trees=self.first_trees), number, error, np.nan, np.nan)
                for number, errors in ((2, second), (1, first))
                for growth, error in errors.items()
            ),
        )

    def _few_trees(
        self, growths: Sequence[Hyperparameters], rows: TrainingRows, folds: Labels, run: RunContext
    ) -> list[float]:
        """The held-out RMSE of each growth, were its trees endless.

        Two halves of the trees err independently of each other by their being few, so that the mean
        product of their errors lacks what few trees add to the mean square.
        """

        half = self.first_trees // 2

        def error(growth: Hyperparameters, check: Check) -> float:
            grown = replace(growth, trees=half, aggregate="mean")
            products = []
            for test, train in _held_out(rows, folds, growth):
                tables, target = [rows.features[test]], rows.target[test]
                one, other = (
                    predict_once(train, grown, run.seed + k, tables, (), check).predicted[0]
                    for k in range(2)
                )
                products.append((one - target) * (other - target))
            return float(np.sqrt(max(0.0, np.concatenate(products).mean())))

        return list(side_by_side(error, [(growth,) for growth in growths], run, COMPARING))

    def _many(
        self, growths: Sequence[Hyperparameters], rows: TrainingRows, folds: Labels, run: RunContext
    ) -> Iterator[list[FloatArray]]:
        """Of each growth, what it predicts while held out `(n_rows,)`, by each aggregate."""

        def predictions(growth: Hyperparameters, check: Check) -> list[FloatArray]:
            ways = [Aggregate.of(each) for each in self.space.aggregated(growth)]
            grown = replace(growth, trees=self.last_trees, aggregate="mean")
            found = np.full((len(ways), len(rows)), np.nan)
            for test, train in _held_out(rows, folds, growth):
                tables = [rows.features[test]]
                answers = predict_once(train, grown, run.seed, tables, (), check, ways)
                found[:, test] = answers.aggregated
            return list(found)

        return side_by_side(predictions, [(growth,) for growth in growths], run, COMPARING)

    def _finals(
        self,
        candidates: Sequence[Hyperparameters],
        predicted: Sequence[FloatArray],
        observed: FloatArray,
    ) -> list[Trial]:
        """The last round, the best first."""
        spread = float(observed.std())
        trials = [
            Trial(
                replace(candidate, trees=self.last_trees),
                3,
                error := rmse(observed, values),
                float(np.mean(values - observed)),
                1.0 - (error / spread) ** 2,
            )
            for candidate, values in zip(candidates, predicted, strict=True)
        ]
        return sorted(trials, key=lambda trial: trial.rmse)


def _rung(growth: Hyperparameters) -> tuple[Any, ...]:
    return growth.min_samples_leaf, growth.train_months


def _best_of_rungs(errors: dict[Hyperparameters, float]) -> list[Hyperparameters]:
    """On each rung, the growth of the lowest error; the first of equals."""
    rungs = dict.fromkeys(map(_rung, errors))
    return [
        min((each for each in errors if _rung(each) == rung), key=errors.__getitem__)
        for rung in rungs
    ]


def _held_out(
    rows: TrainingRows, folds: Labels, growth: Hyperparameters
) -> Iterator[tuple[NDArray[np.bool_], TrainingRows]]:
    """For each fold, which rows it holds out, and what the growth then trains on."""
    for fold in np.unique(folds[folds >= 0]):
        test = folds == fold
        yield test, rows.subset(~test).training(growth)
