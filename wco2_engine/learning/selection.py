"""Which predictors help at sites that a model has not seen, and which of them tell the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.learning.cross_validation import HeldOutPredictions, cross_val_predict, rmse
from wco2_engine.learning.fitting import check_target
from wco2_engine.learning.metrics import rmse_gain
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows, check_gaps
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

# Small forests rank sets of predictors as large ones do, for a tenth of the time.
SMALL = Hyperparameters(trees=50)
SELECT_BUDGET = 10_000
# Two predictors are one when they correlate up to single precision, as degC and K do.
SAME = 1e-9

CRITERIA: Mapping[str, str] = {
    "clear": "the fewest than which no set that was met is clearly better: by more than chance, "
    "the 90 % interval by site of the gain in held-out RMSE being above 0",
    "any": "held-out RMSE lower, by however little",
}

Columns = tuple[int, ...]


@dataclass(frozen=True)
class SelectionStep:
    """One round of a selection.

    Parameters
    ----------
    changed : the predictors that it added or took away; all, when it is the start.
    predictors : the set that it came to, in the table's order.
    rmse : held out, of that set.
    tried : how many sets were compared in this round.
    kept : whether what the round added is among the chosen (forward), or the set is the chosen one
        (elimination).
    """

    changed: tuple[str, ...]
    predictors: tuple[str, ...]
    rmse: float
    tried: int
    kept: bool


@dataclass(frozen=True)
class Selection:
    """What a selection found.

    Parameters
    ----------
    method, criterion : in words.
    chosen : predictors, in the table's order.
    rmse : held out, of the chosen; the lowest of many, so it flatters. Score the chosen set anew
        by nested folds, or on other sites, before quoting it.
    rmse_of_all : of all usable predictors, with the same folds and seed.
    steps : by round.
    set_aside : predictors that could not be told apart beforehand, and why.
    stopped : why it ended.
    fits, budget : forests grown, and allowed.
    """

    method: str
    criterion: str
    chosen: tuple[str, ...]
    rmse: float
    rmse_of_all: float
    steps: tuple[SelectionStep, ...]
    set_aside: Mapping[str, str]
    stopped: str
    fits: int
    budget: int


def forward_selection(
    rows: TrainingRows,
    folds: Labels,
    hyperparameters: Hyperparameters = SMALL,
    run: RunContext | None = None,
    criterion: str = "clear",
    budget: int = SELECT_BUDGET,
) -> Selection:
    """Forward selection as CAST's `ffs` does it (Meyer et al. 2018,
    doi 10.1016/j.envsoft.2017.12.001).

    It starts with the pair of the lowest held-out RMSE, then adds the predictor that lowers it most
    or raises it least. So at least two are chosen. The RMSE is pooled over all held-out rows
    (`globalval = TRUE` there).

    How far it goes is the criterion. "any", the default there, ends when none lowers the RMSE; but
    the best of several predictors of pure noise often lowers it a little, and 9 of 12 simulated
    studies with six such predictors chose one. "clear" goes on until all are in, because several
    predictors together may bring what none brings first, and takes the fewest than which no larger
    set is clearly better. The error is told by site and by pairs, as in tuning.

    Otherwise than there, predictors that are constant or copies of another are set aside first.

    With P predictors and K folds the pairs cost K P (P - 1) / 2 forests, and the further rounds as
    many again.

    Parameters
    ----------
    folds : `(n_rows,)`, whole sites from 0; rows of fold -1 only train.
    criterion : "clear" or "any".
    budget : forests that may be grown; the selection ends before a round that would exceed it.

    Raises
    ------
    Wco2Error : when the flux or all predictors don't vary, a predictor has a gap, the criterion is
        unknown, or the budget does not reach for the pairs.
    Cancelled : when the user asks to stop.
    """
    scorer = _SubsetScorer(rows, folds, hyperparameters, run or RunContext(), criterion, budget)
    usable = scorer.usable
    pairs: list[Columns] = list(combinations(usable, 2)) or [usable]
    scorer.check_budget(len(pairs) + 1, "Forward selection")
    rmse_of_all = scorer.rmse(scorer.held_out(usable).predicted)
    path = [(scorer.best(pairs), len(pairs))]
    stopped = "all predictors are in"
    while left := [column for column in usable if column not in path[-1][0][0]]:
        if not scorer.reaches(len(left)):
            stopped = "the budget is used up"
            break
        best, predicted = path[-1][0]
        wider = scorer.best([tuple(sorted((*best, column))) for column in left])
        path.append((wider, len(left)))
        if criterion == "any" and not scorer.is_better(wider[1], predicted):
            stopped = "no further predictor lowers the error"
            break
    chosen, predicted = scorer.fewest([found for found, _ in path])
    steps = []
    before: Columns = ()
    for (columns, held_out), tried in path:
        added = tuple(column for column in columns if column not in before)
        kept = set(added) <= set(chosen)
        error = scorer.rmse(held_out)
        steps.append(SelectionStep(scorer.named(added), scorer.named(columns), error, tried, kept))
        before = columns
    return Selection(
        method="forward selection",
        criterion=CRITERIA[criterion],
        chosen=scorer.named(chosen),
        rmse=scorer.rmse(predicted),
        rmse_of_all=rmse_of_all,
        steps=tuple(steps),
        set_aside=scorer.set_aside,
        stopped=stopped,
        fits=scorer.fits,
        budget=budget,
    )


def recursive_elimination(
    rows: TrainingRows,
    folds: Labels,
    hyperparameters: Hyperparameters = SMALL,
    run: RunContext | None = None,
    criterion: str = "clear",
    budget: int = SELECT_BUDGET,
) -> Selection:
    """Recursive elimination (Gregorutti et al. 2017, doi 10.1007/s11222-016-9646-1).

    Starting from all, it takes away the predictor of the lowest permutation importance at held-out
    sites, told anew each round, until one is left. With "any", the set of the lowest held-out RMSE
    is chosen; with "clear", the smallest set than which that one is not clearly better. With P
    predictors and K folds it costs K P forests. Parameters and errors are those of
    `forward_selection`.
    """
    scorer = _SubsetScorer(rows, folds, hyperparameters, run or RunContext(), criterion, budget)
    scorer.check_budget(len(scorer.usable), "Recursive elimination")
    rounds: list[tuple[Columns, Columns, FloatArray]] = []
    columns, gone = scorer.usable, scorer.usable
    while columns:
        held = scorer.held_out(columns, permute=True)
        rounds.append((gone, columns, held.predicted))
        importance = held.permuted_errors[:, held.known].sum(axis=1)
        gone = (columns[int(np.argmin(importance))],)
        columns = tuple(column for column in columns if column not in gone)
    best, predicted = scorer.fewest([(columns, found) for _, columns, found in rounds[::-1]])
    steps = [
        SelectionStep(
            scorer.named(gone), scorer.named(columns), scorer.rmse(each), 1, columns == best
        )
        for gone, columns, each in rounds
    ]
    return Selection(
        method="recursive elimination",
        criterion=CRITERIA[criterion],
        chosen=scorer.named(best),
        rmse=scorer.rmse(predicted),
        rmse_of_all=scorer.rmse(rounds[0][2]),
        steps=tuple(steps),
        set_aside=scorer.set_aside,
        stopped="one predictor is left",
        fits=scorer.fits,
        budget=budget,
    )


SELECTIONS: Mapping[str, Callable[..., Selection]] = {
    "forward": forward_selection,
    "elimination": recursive_elimination,
}


@dataclass(frozen=True, eq=False)
class Collinearity:
    """How far predictors tell the same.

    Parameters
    ----------
    names : of the predictors.
    spearman : `(n_features, n_features)`, rank correlations; NaN for a predictor that is constant.
    pairs : two names and their correlation, where it is at or beyond the threshold, strongest
        first.
    vif : `(n_features,)`, variance inflation factors: 1 / (1 - R2) of a predictor from all others
        by linear regression. Infinite for a linear combination of others, NaN for a constant one.
    threshold : of the correlation's size.
    """

    names: tuple[str, ...]
    spearman: FloatArray
    pairs: tuple[tuple[str, str, float], ...]
    vif: FloatArray
    threshold: float

    def __repr__(self) -> str:
        return short_repr(self)


def collinearity(
    features: NDArray[np.float32], names: Sequence[str], threshold: float = 0.7
) -> Collinearity:
    """Rank correlations and variance inflation (Dormann et al. 2013,
    doi 10.1111/j.1600-0587.2012.07348.x, who warn from 0.7 on).

    Parameters
    ----------
    features : `(n_rows, n_features)`.

    Raises
    ------
    Wco2Error : when a predictor has a gap.
    """
    from scipy.stats import rankdata

    check_gaps(features, names)
    table = features.astype(np.float64)
    varies = np.flatnonzero(np.ptp(table, axis=0) > 0)
    size = len(names)
    spearman = np.full((size, size), np.nan)
    vif = np.full(size, np.nan)
    standard = _standardised(table[:, varies])
    ranks = _standardised(rankdata(table[:, varies], axis=0))
    spearman[np.ix_(varies, varies)] = np.clip(ranks.T @ ranks / len(table), -1.0, 1.0)
    for k, column in enumerate(varies):
        others = np.delete(standard, k, axis=1)
        left = standard[:, k] - others @ np.linalg.lstsq(others, standard[:, k], rcond=None)[0]
        unexplained = float(np.mean(left**2))
        vif[column] = 1.0 / unexplained if unexplained > SAME else np.inf
    pairs = [
        (names[i], names[j], float(spearman[i, j]))
        for i, j in combinations(range(size), 2)
        if abs(spearman[i, j]) >= threshold
    ]
    strongest = tuple(sorted(pairs, key=lambda pair: -abs(pair[2])))
    return Collinearity(tuple(names), spearman, strongest, vif, threshold)


@dataclass(eq=False)
class _SubsetScorer:
    """Scores sets of columns by held-out predictions, and counts what that costs."""

    rows: TrainingRows
    folds: Labels
    hyperparameters: Hyperparameters
    run: RunContext
    criterion: str
    budget: int
    usable: Columns = field(init=False)
    set_aside: dict[str, str] = field(init=False)
    n_folds: int = field(init=False)
    fits: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            raise Wco2Error(
                f"Unknown criterion '{self.criterion}'.", nearest_name(self.criterion, CRITERIA)
            )
        names = self.rows.names
        check_target(self.rows.target, "Selecting predictors")
        check_gaps(self.rows.features, names)
        self.set_aside = _indistinct(self.rows.features, names)
        self.usable = tuple(k for k, name in enumerate(names) if name not in self.set_aside)
        if not self.usable:
            raise Wco2Error(
                "Selecting predictors is impossible: none of them varies among the rows.",
                "Check how the predictors were sampled.",
            )
        self.n_folds = len(np.unique(self.folds[self.folds >= 0]))

    def check_budget(self, sets: int, purpose: str) -> None:
        """Raise when the budget does not reach for so many sets."""
        if not self.reaches(sets):
            raise Wco2Error(
                f"{purpose} of {len(self.usable)} predictors with {self.n_folds} folds needs "
                f"{sets * self.n_folds} forests, and {self.budget} are allowed.",
                "Allow more, take fewer folds, or leave out predictors that tell the same.",
            )

    def reaches(self, sets: int) -> bool:
        return self.fits + sets * self.n_folds <= self.budget

    def best(self, sets: Sequence[Columns]) -> tuple[Columns, FloatArray]:
        """The set of the lowest RMSE, the first of equals, and what it predicts."""
        found = [(columns, self.held_out(columns).predicted) for columns in sets]
        return min(found, key=lambda each: self.rmse(each[1]))

    def fewest(self, sets: Sequence[tuple[Columns, FloatArray]]) -> tuple[Columns, FloatArray]:
        """Of sets from few to many columns, the first that the best is not better than."""
        lowest = min(sets, key=lambda each: self.rmse(each[1]))
        return next(each for each in sets if not self.is_better(lowest[1], each[1]))

    def rmse(self, predicted: FloatArray) -> float:
        known = self.folds >= 0
        return rmse(self.rows.target[known], predicted[known])

    def is_better(self, predicted: FloatArray, than: FloatArray) -> bool:
        """Whether it is by the criterion."""
        known = self.folds >= 0
        target, site = self.rows.target[known], self.rows.site[known]
        gain = rmse_gain(target, than[known], predicted[known], site)
        return gain.value > 0 and (self.criterion == "any" or gain.lower > 0)

    def held_out(self, columns: Columns, permute: bool = False) -> HeldOutPredictions:
        """Held-out predictions from these columns, and where asked for, with each shuffled."""
        done = min(1.0, self.fits / self.budget)
        self.run.step(done, f"{self.fits} of at most {self.budget} forests")
        self.fits += self.n_folds
        return cross_val_predict(
            self.rows.with_predictors(columns),
            self.folds,
            self.hyperparameters,
            self.run.part(done, min(1.0, self.fits / self.budget)),
            permute=[[k] for k in range(len(columns))] if permute else (),
        )

    def named(self, columns: Columns) -> tuple[str, ...]:
        return tuple(self.rows.names[column] for column in columns)


def _indistinct(features: NDArray[np.float32], names: Sequence[str]) -> dict[str, str]:
    """The predictors that are constant, or a straight line of one before, and why."""
    reasons: dict[str, str] = {}
    constant = np.ptp(features, axis=0) == 0
    standard = _standardised(features.astype(np.float64))
    for column, name in enumerate(names):
        if constant[column]:
            reasons[name] = "constant"
            continue
        for earlier in range(column):
            agree = abs(float(np.mean(standard[:, earlier] * standard[:, column])))
            if names[earlier] not in reasons and agree > 1 - SAME:
                reasons[name] = f"same as {names[earlier]}"
                break
    return reasons


def _standardised(table: FloatArray) -> FloatArray:
    """Columns of mean 0 and mean square 1; those that don't vary become 0."""
    centred = table - table.mean(axis=0)
    size = np.sqrt(np.mean(centred**2, axis=0))
    return np.asarray(np.divide(centred, size, out=np.zeros_like(centred), where=size > 0))
