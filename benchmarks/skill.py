"""Skill at held-out sites, beside what else one could train.

`python benchmarks/skill.py [--first N] [--worlds N] [--study STUDY] [--trees N]` holds out sites,
and kNNDM folds, in simulated worlds (as `benchmarks/honesty.py` draws them) and in a study that was
run up to its training table. On the same folds: Extremely Randomized Trees, bare and tuned
(nested); scikit-learn's random forest and histogram boosting, as they come; quantile-forest's
median and R's ranger, where they are installed; a linear model; and the mean of the rows that
train. Everything trains on the rows of the winter alone but the tuned trees, which may choose all
months where the table has them.

Prints a table in Markdown: pooled R2, KGE, MAE, RMSE and bias, the share of fluxes within the 90 %
interval for what gives one (as it comes, not calibrated), and processor seconds. These want
`OMP_NUM_THREADS=1` where others work too: the threads of histogram boosting wait by counting.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import honesty
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.learning.sampling import read_training
from wco2_engine.learning.training import rows_and_folds
from wco2_engine.learning.tuning import tune
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.simulation.world import REGIONS, World
from wco2_engine.study import Study

FOLDS = ("site", "knndm")
LEVEL, LOW, HIGH = 0.9, 0.05, 0.95
Held = tuple[NDArray[np.float64], NDArray[np.float64] | None]  # predictions, bounds `(n, 2)`
Way = Callable[[TrainingRows, NDArray[Any]], Held]


def processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    return sum(os.times()[:4])


def by_fold(fit: Callable[[Any, Any], Callable[[Any], tuple[Any, Any]]]) -> Way:
    """A way that is fitted to the other folds' rows, fold by fold."""

    def held_out(rows: TrainingRows, folds: NDArray[Any]) -> Held:
        predicted = np.full(len(rows), np.nan)
        bounds = np.full((len(rows), 2), np.nan)
        for fold in range(int(folds.max()) + 1):
            test = folds == fold
            predict = fit(rows.features[~test], rows.target[~test])
            predicted[test], bounds[test] = predict(rows.features[test])
        return predicted, bounds if np.isfinite(bounds).any() else None

    return held_out


def mean(_: Any, target: Any) -> Callable[[Any], tuple[Any, Any]]:
    return lambda features: (
        np.full(len(features), target.mean()),
        np.tile(np.quantile(target, (LOW, HIGH)), (len(features), 1)),
    )


def linear(features: Any, target: Any) -> Callable[[Any], tuple[Any, Any]]:
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LinearRegression()).fit(features, target)
    ends = np.quantile(target - model.predict(features), (LOW, HIGH))

    def predict(features: Any) -> tuple[Any, Any]:
        found = model.predict(features)
        return found, found[:, None] + ends

    return predict


def without_bounds(model: Any) -> Callable[[Any, Any], Callable[[Any], tuple[Any, Any]]]:
    def fit(features: Any, target: Any) -> Callable[[Any], tuple[Any, Any]]:
        model.fit(features, target)
        return lambda features: (model.predict(features), np.full((len(features), 2), np.nan))

    return fit


def quantile_forest(trees: int) -> Callable[[Any, Any], Callable[[Any], tuple[Any, Any]]]:
    from quantile_forest import RandomForestQuantileRegressor

    def fit(features: Any, target: Any) -> Callable[[Any], tuple[Any, Any]]:
        model = RandomForestQuantileRegressor(trees, random_state=0).fit(features, target)

        def predict(features: Any) -> tuple[Any, Any]:
            low, middle, high = model.predict(features, [LOW, 0.5, HIGH]).T
            return middle, np.column_stack([low, high])

        return predict

    return fit


RANGER = """
library(ranger)
given <- commandArgs(TRUE)
forest <- ranger(flux ~ ., read.csv(given[1]), num.trees = as.integer(given[4]), quantreg = TRUE,
                 seed = 1, num.threads = 1)
rows <- read.csv(given[2])
ends <- predict(forest, rows, type = "quantiles", quantiles = as.numeric(given[5:6]))$predictions
found <- cbind(predict(forest, rows)$predictions, ends)
write.table(found, given[3], sep = ",", row.names = FALSE, col.names = FALSE)
"""


def has_ranger() -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = subprocess.run(["Rscript", "-e", "library(ranger)"], capture_output=True)
    return asked.returncode == 0


def ranger(trees: int) -> Callable[[Any, Any], Callable[[Any], tuple[Any, Any]]]:
    def fit(features: Any, target: Any) -> Callable[[Any], tuple[Any, Any]]:
        def predict(asked: Any) -> tuple[Any, Any]:
            names = [f"x{k}" for k in range(features.shape[1])]
            with tempfile.TemporaryDirectory() as folder:
                train, test, found = (Path(folder) / f"{name}.csv" for name in "abc")
                pd.DataFrame(features, columns=names).assign(flux=target).to_csv(train, index=False)
                pd.DataFrame(asked, columns=names).to_csv(test, index=False)
                numbers = map(str, (trees, LOW, HIGH))
                subprocess.run(["Rscript", "-e", RANGER, train, test, found, *numbers], check=True)
                told = np.loadtxt(found, delimiter=",", ndmin=2)
            return told[:, 0], told[:, 1:]

        return predict

    return fit


def bare(trees: int) -> Way:
    def held_out(rows: TrainingRows, folds: NDArray[Any]) -> Held:
        found = cross_val_predict(rows, folds, Hyperparameters(trees=trees), levels=(LEVEL,))
        return found.predicted, found.bounds[LEVEL].T

    return held_out


def tuned(trees: int) -> Way:
    def held_out(rows: TrainingRows, folds: NDArray[Any]) -> Held:
        return tune(rows, folds, Hyperparameters(trees=trees), RunContext()).predicted, None

    return held_out


def ways(trees: int) -> dict[str, Way]:
    """What is compared, by name."""
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

    forest = RandomForestRegressor(trees, random_state=0)
    boosting = HistGradientBoostingRegressor(random_state=0)
    found: dict[str, Way] = {
        "mean": by_fold(mean),
        "linear model": by_fold(linear),
        "random forest": by_fold(without_bounds(forest)),
        "histogram boosting": by_fold(without_bounds(boosting)),
    }
    try:
        found["quantile-forest, median"] = by_fold(quantile_forest(trees))
    except ImportError:
        sys.stderr.write("quantile-forest is not installed.\n")
    if has_ranger():
        found["R's ranger"] = by_fold(ranger(trees))
    else:
        sys.stderr.write("R's ranger is not installed (Debian: r-cran-ranger).\n")
    return {**found, "ERT, bare": bare(trees), "ERT, tuned (nested)": tuned(trees)}


def cases(
    first: int, worlds: int, study: Path | None
) -> Iterator[tuple[str, TrainingRows, dict[str, NDArray[Any]]]]:
    """Rows and folds by region: of worlds, by their seeds, and of a study."""
    yield from simulated(first, worlds)
    if study:
        yield from of_study(study)


def simulated(
    first: int, worlds: int
) -> Iterator[tuple[str, TrainingRows, dict[str, NDArray[Any]]]]:
    """By world and region, rows and folds."""
    settings = TrainingSettings(validation=FOLDS)
    for seed in range(first, first + worlds):
        world = World(seed)
        table = honesty.measured(world, 0, honesty.NAMES)
        parts = rows_and_folds(
            table, honesty.NAMES, REGIONS, settings, domain=honesty.Mapped(world)
        )
        for part in parts:
            yield f"simulated, {part.region.name}", part.rows, part.folds


def of_study(path: Path) -> Iterator[tuple[str, TrainingRows, dict[str, NDArray[Any]]]]:
    """The regions of a study that has a training table."""
    from wco2_engine.inputs.catalogue import Catalogue

    study = Study.read(path)
    names = Catalogue.read(study.catalogue).names
    table = read_training(Path(study.train.training), names)
    settings = TrainingSettings(validation=FOLDS, tune=True)
    domain = parse_domain(study.train.domain, Path(), "Skill")
    regions: tuple[Region, ...] = study.regions
    for part in rows_and_folds(table, names, regions, settings, domain=domain):
        yield f"{study.title}, {part.region.name}", part.rows, part.folds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--trees", type=int, default=100)
    options = parser.parse_args()
    say = sys.stdout.write
    say("| case | folds | way | R2 | KGE | MAE | RMSE | bias | 90 % holds | seconds |\n")
    say("|---|---|---|---|---|---|---|---|---|---|\n")
    told: dict[tuple[str, str, str], list[tuple[float, ...]]] = {}
    for case, rows, folds in cases(options.first, options.worlds, options.study):
        for method, labels in folds.items():
            for name, way in ways(options.trees).items():
                start = processor_seconds()
                try:
                    predicted, bounds = way(rows, labels)
                except Wco2Error as error:
                    sys.stderr.write(f"{case}, {method}, {name}: {error}\n")
                    continue
                seconds = processor_seconds() - start
                found = scores(rows.target, predicted, rows.site, draws=2)
                inside = np.nan
                if bounds is not None:
                    within = (rows.target >= bounds[:, 0]) & (rows.target <= bounds[:, 1])
                    inside = 100 * float(within[np.isfinite(bounds[:, 0])].mean())
                numbers = (found.r2, found.kge, found.mae, found.rmse, found.bias)
                told.setdefault((case, method, name), []).append(
                    (*(each.value for each in numbers), inside, seconds)
                )
    for (case, method, name), several in told.items():
        r2, kge, mae, rmse, bias, inside, seconds = np.mean(several, axis=0)
        held = "–" if np.isnan(inside) else f"{inside:.0f} %"
        say(
            f"| {case} | {method} | {name} | {r2:.2f} | {kge:.2f} | {mae:.1f} | {rmse:.1f} "
            f"| {bias:.1f} | {held} | {seconds:.1f} |\n"
        )


if __name__ == "__main__":
    main()
