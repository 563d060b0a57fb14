"""What forests predict of rows that they never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]
Seed = int | tuple[int, ...]

SHUFFLES = 5


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
) -> HeldOutPredictions:
    """Predictions of each fold's rows by a forest of all the others.

    Where rows of other months than the winter's train, those of held-out sites don't.

    One seed serves the forests of all folds and of all calls, so that two sets of hyperparameters
    differ by what they are, and less by chance.

    Parameters
    ----------
    folds : `(n_rows,)` from 0, see `make_folds`; rows of fold -1 always train.
    hyperparameters : of all forests, or one a fold.
    levels : of the intervals to predict.
    permute : columns of the predictors that are shuffled together, set by set.
    permutation_seeds : one a fold; `(seed of the run, fold)` where None.

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
    for k, (number, of_fold) in enumerate(zip(numbers, hyperparameters, strict=True)):
        run.step(k / len(numbers))
        test = folds == number
        train = rows.subset(~test).training(of_fold)
        forest = fit_forest(train.features, train.target, of_fold, run, train.sample_weight)
        features = rows.features[test]
        predicted[test] = forest.predict(features, threads=run.threads)
        if bounds and forest.targets is None:
            forest = forest.with_targets(train.features, train.target, run.threads)
        for level, found in bounds.items():
            found[:, test] = forest.predict_interval(features, level, run.threads)[1:]
        if permute:
            seed = permutation_seeds[k] if permutation_seeds else (run.seed, k)
            permuted[:, test] = permuted_errors(forest, rows, test, permute, seed, run.threads)
    return HeldOutPredictions(folds, predicted, bounds, permuted)


def permuted_errors(
    forest: Forest,
    rows: TrainingRows,
    test: NDArray[np.bool_],
    sets: Sequence[Sequence[int]],
    seed: Seed,
    threads: int = 1,
) -> FloatArray:
    """Squared errors `(n_sets, n_test)` of held-out rows, each set of columns shuffled in turn.

    Permutation importance (Breiman 2001, doi 10.1023/A:1010933404324) is their excess over the
    errors without shuffling. The shuffled values come from all rows: among the rows of one held-out
    site a static predictor would not change at all.
    """
    rng = np.random.default_rng(seed)
    features, target = rows.features[test], rows.target[test]
    errors = np.zeros((len(sets), len(target)))
    for number, columns in enumerate(sets):
        stack = np.tile(features, (SHUFFLES, 1))
        donors = rng.integers(len(rows), size=len(stack))
        stack[:, columns] = rows.features[donors][:, columns]
        predicted = forest.predict(stack, threads=threads).reshape(SHUFFLES, len(target))
        errors[number] = np.mean((predicted - target) ** 2, axis=0)
    return errors


def rmse(observed: FloatArray, predicted: FloatArray) -> float:
    """Root mean squared error, in units of the flux."""
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))
