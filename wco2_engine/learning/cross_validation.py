"""What forests predict of rows that they never saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Cancelled
from wco2_engine.learning.once import Answers, predict_once
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]
Seed = int | tuple[int, ...]
Found = TypeVar("Found")

SHUFFLES = 5
LOOKING_UP = 0.2  # seconds between looks at whether the user asked to stop


@dataclass(frozen=True, eq=False)
class HeldOutPredictions:
    """What `cross_val_predict` gives. All is NaN for rows of fold -1, which only train.

    Parameters
    ----------
    folds : `(n_rows,)`.
    predicted : `(n_rows,)`, g C m-2 month-1, by the aggregate of the hyperparameters.
    bounds : by level, `(2, n_rows)`, lower and upper.
    permuted_errors : `(n_sets, n_rows)`, squared errors while each set of predictors is shuffled.
    """

    folds: Labels
    predicted: FloatArray
    bounds: Mapping[float, FloatArray]
    permuted_errors: FloatArray

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def known(self) -> NDArray[np.bool_]:
        """`(n_rows,)`, which rows were held out."""
        return np.asarray(self.folds >= 0)

    def excess_errors(self, target: FloatArray) -> FloatArray:
        """`(n_sets, n_known)`: by how much shuffling makes each held-out squared error larger."""
        excess = self.permuted_errors - (self.predicted - target) ** 2
        return np.asarray(excess[:, self.known])


def cross_val_predict(
    rows: TrainingRows,
    folds: Labels,
    hyperparameters: Hyperparameters | Sequence[Hyperparameters],
    run: RunContext | None = None,
    levels: Sequence[float] = (),
    permute: Sequence[Sequence[int]] = (),
    permutation_seeds: Sequence[Seed] | None = None,
    others_folds: Labels | None = None,
) -> HeldOutPredictions:
    """Predictions of each fold's rows by a forest of all the others.

    Where rows of other months than the winter's train, those of held-out sites don't, nor those
    that `others_folds` says.

    One seed serves the forests of all folds and of all calls, so that two sets of hyperparameters
    differ by what they are, and less by chance.

    Parameters
    ----------
    folds : `(n_rows,)` from 0, see `make_folds`; rows of fold -1 always train.
    hyperparameters : of all forests, or one a fold.
    levels : of the intervals to predict.
    permute : columns of the predictors that are shuffled together, set by set.
    permutation_seeds : one a fold; `(seed of the run, fold)` where None.
    others_folds : `(n_others,)`, the fold that each row of other months is held out with, where
        that is not its site's; -1 for none.

    Raises
    ------
    Cancelled : when the user asks to stop.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import Hyperparameters, SiteKFold, TrainingRows, cross_val_predict
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(np.arange(8), 6)
    >>> features = rng.normal(size=(48, 2))
    >>> rows = TrainingRows.from_arrays(features, 20 + 4 * features[:, 0], site)
    >>> folds = SiteKFold(n_splits=4).fold_numbers(rows, groups=site)
    >>> held_out = cross_val_predict(rows, folds, Hyperparameters(trees=30), levels=[0.9])
    >>> held_out.predicted.shape, held_out.bounds[0.9].shape
    ((48,), (2, 48))
    """
    run = run or RunContext()
    numbers = np.unique(folds[folds >= 0])
    if isinstance(hyperparameters, Hyperparameters):
        hyperparameters = [hyperparameters] * len(numbers)
    n_rows = len(rows)
    predicted = np.full(n_rows, np.nan)
    bounds = {level: np.full((2, n_rows), np.nan) for level in levels}
    permuted = np.full((len(permute), n_rows), np.nan)
    seeds = permutation_seeds or [(run.seed, k) for k in range(len(numbers))]
    tests = [folds == number for number in numbers]

    def held_out(
        number: int, of_fold: Hyperparameters, seed: Seed, check: Callable[[], None]
    ) -> Answers:
        test = folds == number
        train = rows if others_folds is None else rows.with_others(others_folds != number)
        train = train.subset(~test).training(of_fold)
        tables = [rows.features[test]]
        if permute:
            tables.append(shuffled(rows, test, permute, seed))
        return predict_once(train, of_fold, run.seed, tables, levels, check)

    calls = list(zip(numbers.tolist(), hyperparameters, seeds, strict=True))
    for test, answers in zip(tests, side_by_side(held_out, calls, run), strict=True):
        target = rows.target[test]
        predicted[test] = answers.predicted[0]
        for level, found in zip(levels, answers.bounds, strict=True):
            bounds[level][:, test] = found
        if permute:
            each = answers.predicted[1].reshape(len(permute), SHUFFLES, len(target))
            permuted[:, test] = np.mean((each - target) ** 2, axis=1)
    return HeldOutPredictions(folds, predicted, bounds, permuted)


def side_by_side(
    work: Callable[..., Found], calls: Sequence[tuple[Any, ...]], run: RunContext, message: str = ""
) -> Iterator[Found]:
    """What `work` gives for each call, in their order; as many at a time as the run has threads.

    Its last argument is a function to call now and then, which stops it when nobody waits any more.
    """
    unwanted = Event()

    def check() -> None:
        if unwanted.is_set():
            raise Cancelled("Cancelled.")

    with ThreadPoolExecutor(run.threads) as pool:
        futures = [pool.submit(work, *call, check) for call in calls]
        try:
            for k, future in enumerate(futures):
                run.step(k / len(futures), message)
                while wait([future], LOOKING_UP).not_done:
                    run.step(k / len(futures), message)
                yield future.result()
        finally:
            unwanted.set()
            pool.shutdown(cancel_futures=True)


def shuffled(
    rows: TrainingRows, test: NDArray[np.bool_], sets: Sequence[Sequence[int]], seed: Seed
) -> NDArray[np.float32]:
    """The held-out rows with each set of columns shuffled in turn, `SHUFFLES` times.

    Permutation importance (Breiman 2001, doi 10.1023/A:1010933404324) is the excess of their errors
    over those without shuffling. The shuffled values come from all rows: among the rows of one
    held-out site a static predictor would not change at all.

    Returns
    -------
    `(n_sets * SHUFFLES * n_test, n_features)`, set by set, shuffle by shuffle.
    """
    rng = np.random.default_rng(seed)
    features = rows.features[test]
    stacks = np.tile(features, (len(sets), SHUFFLES, 1))
    for stack, columns in zip(stacks, sets, strict=True):
        donors = rng.integers(len(rows), size=len(stack))
        stack[:, columns] = rows.features[donors][:, columns]
    return stacks.reshape(-1, features.shape[1])


def rmse(observed: FloatArray, predicted: FloatArray) -> float:
    """Root mean squared error, in units of the flux."""
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))
