"""The forest's prediction against scikit-learn's and quantile-forest's: tables of ratios.

Run `python benchmarks/kernel.py [--repeats N] [--numpy]`. All predict the same made-up rows in
turn, so that whatever else the machine does meets all. Figures are medians: of processor time for
one thread, of time by the clock for two, which other work on the machine makes longer.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from sklearn import __version__ as sklearn_version
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.forest import BLOCK_ROWS, Forest, walker
from wco2_engine.learning.joining import split_forest
from wco2_engine.options import MEMBERS

Rows = NDArray[np.float32]
Targets = NDArray[np.float64]
HEIGHT, WIDTH = 512, 1024
STATIC, MONTHLY, SAMPLES, SITES, TREES = 13, 12, 2487, 300, 500
WINTERS = 16


def field(rng: np.random.Generator, roughness: float) -> NDArray[np.float64]:
    """A random field whose variance falls with the wave number to the power `-roughness`."""
    down = np.fft.fftfreq(HEIGHT)[:, None] * HEIGHT
    along = np.fft.rfftfreq(WIDTH)[None] * WIDTH
    wave = np.hypot(down, along)
    wave[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.normal(size=(HEIGHT, WIDTH))) * wave ** (-roughness / 2)
    values = np.fft.irfft2(spectrum, (HEIGHT, WIDTH))
    return values / values.std()


class World:
    """A region of 512 x 1024 cells: rough static predictors, smooth ones that change monthly."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.static = np.stack([field(rng, k) for k in np.linspace(2, 4, STATIC)])
        self.normal = np.stack([field(rng, k) for k in np.linspace(3, 5, MONTHLY)])

    def rows(self, winter: int, month: int, y: slice, x: slice) -> NDArray[np.float32]:
        """`(height, width, 25)` of the cells in `y` and `x`."""
        rng = np.random.default_rng(1000 + 12 * winter + month)
        season = np.cos(np.pi * month / 6 + np.arange(MONTHLY) / 4)
        odd = np.stack([field(rng, 4.5)[y, x] for _ in range(MONTHLY)])
        monthly = self.normal[:, y, x] + season[:, None, None] + 0.35 * odd
        columns = np.concatenate([self.static[:, y, x], monthly])
        return np.moveaxis(columns, 0, -1).astype(np.float32)

    def training(self) -> tuple[Rows, Targets]:
        rng = np.random.default_rng(1)
        site = rng.integers(0, SITES, SAMPLES)
        y, x = rng.integers(0, HEIGHT, SITES), rng.integers(0, WIDTH, SITES)
        when = rng.integers(0, 42, SAMPLES)
        rows = np.empty((SAMPLES, STATIC + MONTHLY), np.float32)
        for each in range(42):
            there = site[when == each]
            month = self.rows(each // 7, each % 7, slice(None), slice(None))
            rows[when == each] = month[y[there], x[there]]
        rows[:, STATIC:] += rng.normal(scale=0.05, size=(SAMPLES, MONTHLY))
        flux = 5 + 3 * rows[:, 13] + 2 * np.tanh(rows[:, 14]) * rows[:, 1] + rows[:, 15]
        return rows, flux + rng.normal(scale=2.5, size=SAMPLES)


def orders_of_rows(world: World) -> dict[str, Rows]:
    """Rows by the order in which a map may ask for them; the first is a month by lines."""
    month = world.rows(5, 0, slice(100, 228), slice(300, 556)).reshape(-1, 25)
    tile = [world.rows(k, 0, slice(200, 264), slice(400, 464)) for k in range(WINTERS)]
    return {
        "one month of 128 x 256 cells, by lines": month,
        "the same, shuffled": np.random.default_rng(0).permutation(month),
        f"a tile of 64 x 64, {WINTERS} winters at once": np.concatenate(tile).reshape(-1, 25),
        "a tile of 64 x 64, one month": tile[3].reshape(-1, 25),
        f"the {WINTERS} winters, in blocks of 16 x 16 cells": np.stack(tile)
        .reshape(WINTERS, 4, 16, 4, 16, 25)
        .transpose(0, 1, 3, 2, 4, 5)
        .reshape(-1, 25),
    }


def medians(
    calls: list[Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """Median seconds of each call, all called in turn."""
    taken = []
    for _ in range(repeats):
        now = []
        for call in calls:
            start = clock()
            call()
            now.append(clock() - start)
        taken.append(now)
    return np.median(taken, axis=0).tolist()


def with_threads(
    estimator: ExtraTreesRegressor, forest: Forest, rows: Rows, kernel: str, repeats: int
) -> None:
    """A table of one and two threads, by the clock."""
    calls: list[Callable[[], object]] = []
    for threads in (1, 2):
        calls.append(lambda n=threads: estimator.set_params(n_jobs=n).predict(rows))
        calls.append(lambda n=threads: forest.predict(rows, n, kernel))
        calls.append(lambda n=threads: forest.predict_interval(rows, 0.9, n, kernel))
    taken = medians(calls, repeats, time.perf_counter)
    estimator.n_jobs = 1
    say(
        "\n| the month by lines, by the clock | scikit-learn, 1000 rows/s | ours | ratio "
        "| interval / mean | times as fast as one thread |\n|---|---|---|---|---|---|\n"
    )
    for threads, (theirs, ours, interval) in ((1, taken[:3]), (2, taken[3:])):
        say(
            f"| {threads} threads | {len(rows) / theirs / 1000:.0f} "
            f"| {len(rows) / ours / 1000:.0f} | {theirs / ours:.1f} | {interval / ours:.2f} "
            f"| {taken[1] / ours:.2f} |\n"
        )


def of_members(forest: Forest, rows: Rows, kernel: str, repeats: int) -> None:
    """What members cost: in one pass, and each by itself."""
    forests = split_forest(forest, MEMBERS)
    mean, together, apart = medians(
        [
            lambda: forest.predict(rows, kernel=kernel),
            lambda: forest.predict_members(rows, MEMBERS, kernel=kernel),
            lambda: [each.predict(rows, kernel=kernel) for each in forests],
        ],
        repeats,
    )
    say(
        f"\n{MEMBERS} members of {TREES // MEMBERS} trees on the month by lines: together "
        f"{together / mean:.2f} times the mean of all trees, each by itself {apart / mean:.2f}.\n"
    )


def against_quantile_forest(rows: Rows, kernel: str, repeats: int) -> None:
    """Bounds of 90 % from the same trees and rows, by both."""
    if find_spec("quantile_forest") is None:
        say("\nquantile-forest is not installed, and not measured.\n")
        return
    from quantile_forest import ExtraTreesQuantileRegressor, __version__

    features, target = World().training()
    estimator = ExtraTreesQuantileRegressor(TREES, random_state=0, n_jobs=-1).fit(features, target)
    estimator.n_jobs = 1
    same = Forest.from_sklearn(estimator)
    shares = [0.05, 0.95]
    _, lower, upper = same.predict_interval(rows, 0.9, kernel=kernel)
    for weighted, name in ((True, "as we define them"), (False, "its default")):
        theirs, ours = medians(
            [
                lambda w=weighted: estimator.predict(rows, shares, weighted_leaves=w),
                lambda: same.predict_interval(rows, 0.9, kernel=kernel),
            ],
            repeats,
        )
        if weighted:
            bounds = estimator.predict(rows, shares, weighted_leaves=True)
            difference = np.abs(bounds - np.column_stack([lower, upper])).max()
            if difference > 1e-6:
                raise SystemExit(f"bounds differ by {difference}")
            say(
                f"\n| bounds of 90 %, {len(rows):,} rows of the month "
                f"| quantile-forest {__version__}, 1000 rows/s | ours, with the mean | ratio |\n"
                "|---|---|---|---|\n"
            )
        say(
            f"| {name} | {len(rows) / theirs / 1000:.1f} | {len(rows) / ours / 1000:.0f} "
            f"| {theirs / ours:.0f} |\n"
        )


def forests(world: World) -> list[tuple[str, tuple[Rows, Targets], int, float]]:
    """What leaves hold, training rows and targets, fewest rows of a leaf, share of features tried.

    Sites share cells in the second: three of ten training rows have the predictors of another one.
    """
    features, target = world.training()
    rng = np.random.default_rng(7)
    copies, others = np.split(rng.permutation(SAMPLES), [SAMPLES * 3 // 10])
    shared = features.copy()
    shared[copies] = features[rng.choice(others, len(copies))]
    return [
        ("of one row", (features, target), 1, 1.0),
        ("of one row, sites share cells", (shared, target), 1, 1.0),
        ("of five rows or more", (features, target), 5, 0.66),
        ("of twenty rows or more", (features, target), 20, 0.66),
    ]


def by_leaves(world: World, rows: Rows, kernel: str, repeats: int) -> None:
    """What bounds, medians and trimmed means cost with leaves of several rows, and with noise.

    Noise is added to 16 of the 25 predictors of each cell, in parts of their spread.
    """
    features, _ = world.training()
    spread = features.std(axis=0)
    rng = np.random.default_rng(7)
    say(
        f"\n{len(rows):,} rows of the winters in blocks; times of the mean.\n\n"
        "| leaves | noise | mean, 1000 rows/s | bounds | median | bounds, median, mean "
        "| trimmed mean | same leaf as the row before |\n|---|---|---|---|---|---|---|---|\n"
    )
    for name, (trained, target), leaf, tried in forests(world):
        estimator = ExtraTreesRegressor(
            TREES, min_samples_leaf=leaf, max_features=tried, random_state=0, n_jobs=-1
        ).fit(trained, target)
        forest = Forest.from_sklearn(estimator).with_targets(trained, target)
        median = replace(forest, aggregate=Aggregate("median"))
        trimmed = replace(forest, aggregate=Aggregate("trimmed", 0.1))
        for noise in (0.0, 0.05, 0.2):
            noisy = rows.copy()
            noisy[:, :16] += noise * spread[:16] * rng.normal(size=(len(rows), 16))
            mean, *others_taken = medians(
                [
                    lambda f=forest, r=noisy: f.predict(r, kernel=kernel),
                    lambda f=forest, r=noisy: f.predict_interval(r, kernel=kernel),
                    lambda f=median, r=noisy: f.predict(r, kernel=kernel),
                    lambda f=median, r=noisy: f.estimates(r, 0.9, kernel=kernel),
                    lambda f=trimmed, r=noisy: f.predict(r, kernel=kernel),
                ],
                repeats,
            )
            leaves = forest.apply(noisy[:4096], kernel=kernel)
            say(
                f"| {name} | {noise:.0%} | {len(rows) / mean / 1000:.0f} | "
                + " | ".join(f"{taken / mean:.2f}" for taken in others_taken)
                + f" | {(leaves[1:] == leaves[:-1]).mean():.2f} |\n"
            )


def visits(estimator: ExtraTreesRegressor, rows: Rows) -> float:
    """Nodes that a row meets in all trees, by scikit-learn's own account."""
    return estimator.decision_path(rows[:: max(1, len(rows) // 500)])[0].sum(axis=1).mean()


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--numpy", action="store_true", help="without numba")
    options = parser.parse_args()
    kernel = "numpy" if options.numpy else "numba"

    world = World()
    estimator = ExtraTreesRegressor(TREES, random_state=0, n_jobs=-1).fit(*world.training())
    estimator.n_jobs = 1
    forest = Forest.from_sklearn(estimator)
    forest.predict_interval(world.training()[0][:300], kernel=kernel)  # compiles, and derives

    cases = orders_of_rows(world)
    month, *_, blocks = cases.values()
    say(
        f"{walker(kernel).about}, scikit-learn {sklearn_version}, numpy {np.__version__}, "
        f"{platform.machine()}, load {os.getloadavg()[0]:.1f}\n"
        f"{forest.n_trees} trees, {forest.n_nodes:,} nodes, {forest.n_features} features\n\n"
        "| rows | scikit-learn, 1000 rows/s | ours | ratio | interval / mean | nodes a row |\n"
        "|---|---|---|---|---|---|\n"
    )
    for name, rows in cases.items():
        difference = np.abs(forest.predict(rows, kernel=kernel) - estimator.predict(rows)).max()
        if difference > 1e-6:
            raise SystemExit(f"{name}: predictions differ by {difference}")
        theirs, ours, interval = medians(
            [
                lambda r=rows: estimator.predict(r),
                lambda r=rows: forest.predict(r, kernel=kernel),
                lambda r=rows: forest.predict_interval(r, kernel=kernel),
            ],
            options.repeats,
        )
        speeds = [len(rows) / taken / 1000 for taken in (theirs, ours)]
        say(
            f"| {name} | {speeds[0]:.0f} | {speeds[1]:.0f} | {theirs / ours:.1f} "
            f"| {interval / ours:.2f} | {visits(estimator, rows):,.0f} |\n"
        )
    with_threads(estimator, forest, month, kernel, options.repeats)
    of_members(forest, month, kernel, options.repeats)
    against_quantile_forest(month[:4096], kernel, min(options.repeats, 3))
    by_leaves(world, blocks[: 2 * BLOCK_ROWS], kernel, options.repeats)


if __name__ == "__main__":
    main()
