"""What each piece of tuning is worth: all of it, and each piece switched off in turn.

`python benchmarks/ablation.py [--first N] [--worlds N] [--study STUDY] [--trees N]` tunes the cases
of `benchmarks/skill.py` by nested folds, of whole sites and of kNNDM: with everything that
`SearchSpace` tries, and then with one of its parts held at the bare recipe's value. So the
difference to all of it is what that part brings.

Prints a table in Markdown: pooled R2, KGE, MAE, RMSE and bias of held-out predictions, how many
fluxes the 90 % interval holds as it comes and calibrated, and the calibrated width. Forests that
two searches have in common are grown once.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import skill
from numpy.typing import NDArray

from wco2_engine.learning import cross_validation, tuning
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.evaluation import coverage_rows
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.once import Answers, predict_once
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.tuning import SearchSpace, tune
from wco2_engine.options import AGGREGATES, Hyperparameters

LEVEL = 0.9
BUDGET = 5000  # so that no search has fewer trees because it tries more
WAYS = tuple(Aggregate.of(Hyperparameters(aggregate=name)) for name in AGGREGATES)
NUMBERS = ("R2", "KGE", "MAE", "RMSE", "bias", "raw holds", "90 % holds", "width")


class Remembered:
    """`predict_once`, which grows no forest twice.

    Asked for one aggregate, it finds all, since another search will ask for them.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Answers] = {}

    def __call__(
        self,
        train: TrainingRows,
        hyperparameters: Hyperparameters,
        seed: int,
        tables: Sequence[NDArray[np.float32]],
        levels: Sequence[float] = (),
        now_and_then: Callable[[], None] = lambda: None,
        aggregates: Sequence[Aggregate] = (),
    ) -> Answers:
        wanted = WAYS if aggregates else ()
        key = hashlib.blake2b(repr((hyperparameters, seed, tuple(levels), wanted)).encode())
        for array in (train.features, train.target, train.site, *tables):
            key.update(np.ascontiguousarray(array))
        if (found := self._known.get(key.digest())) is None:
            found = predict_once(train, hyperparameters, seed, tables, levels, now_and_then, wanted)
            self._known[key.digest()] = found
        asked = [WAYS.index(each) for each in aggregates]
        return found._replace(aggregated=found.aggregated[asked])


def spaces(has_others: bool) -> Iterator[tuple[str, SearchSpace | None]]:
    """By name: nothing tried, all, and all but one part."""
    yield "bare", None
    yield "tuned, all", SearchSpace()
    for part in fields(SearchSpace):
        if has_others or part.name != "train_months":
            yield f"without {part.name}", replace(SearchSpace(), **{part.name: ()})


def judged(
    rows: TrainingRows, folds: NDArray[Any], space: SearchSpace | None, trees: int
) -> tuple[float, ...]:
    """`NUMBERS` of held-out rows."""
    bare = Hyperparameters(trees=trees)
    chosen: Hyperparameters | tuple[Hyperparameters, ...] = bare
    if space is not None:
        chosen = tune(rows, folds, bare, space=space, budget=BUDGET).chosen_by_fold
    held = cross_val_predict(rows, folds, chosen, levels=(LEVEL,))
    known = held.known
    found = scores(rows.target[known], held.predicted[known], rows.site[known], draws=2)
    (told,) = coverage_rows("", "", rows, held)
    values = (each.value for each in (found.r2, found.kge, found.mae, found.rmse, found.bias))
    cover = (told[key] for key in ("raw_coverage", "coverage", "width"))
    return (*values, *(float("nan") if each is None else each for each in cover))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--worlds", type=int, default=3)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--trees", type=int, default=100)
    options = parser.parse_args()
    told: dict[tuple[str, str, str], list[tuple[float, ...]]] = {}
    for case, rows, folds in skill.cases(options.first, options.worlds, options.study):
        tuning.predict_once = cross_validation.predict_once = Remembered()  # type: ignore[assignment]
        for method, labels in folds.items():
            for name, space in spaces(rows.others is not None):
                found = judged(rows, labels, space, options.trees)
                told.setdefault((case, method, name), []).append(found)
                numbers = ", ".join(f"{v:.2f}" for v in found)
                sys.stderr.write(f"{case}, {method}, {name}: {numbers}\n")
                sys.stderr.flush()
    say = sys.stdout.write
    say("| case | folds | | " + " | ".join(NUMBERS) + " |\n")
    say("|---" * (3 + len(NUMBERS)) + "|\n")
    for (case, method, name), several in told.items():
        r2, kge, *errors, raw, held, width = np.nanmean(several, axis=0).tolist()
        middle = " | ".join(f"{value:.1f}" for value in errors)
        shares = f"{100 * raw:.0f} % | {100 * held:.0f} %"
        say(f"| {case} | {method} | {name} | {r2:.2f} | {kge:.2f} | {middle} | {shares} ")
        say(f"| {width:.0f} |\n")


if __name__ == "__main__":
    main()
