"""The forest's prediction against scikit-learn's, on made-up rows: a table of ratios.

Run `python benchmarks/kernel.py [--repeats N] [--numpy]`. Both predict the same rows in turn, so
that whatever else the machine does meets both; the table has medians of processor time, one core.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import __version__ as sklearn_version
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.learning.forest import Forest, walker

Rows = NDArray[np.float32]
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

    def training(self) -> tuple[Rows, NDArray[np.float64]]:
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


def medians(calls: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median processor seconds of each call, all called in turn."""
    taken = []
    for _ in range(repeats):
        now = []
        for call in calls:
            start = time.process_time()
            call()
            now.append(time.process_time() - start)
        taken.append(now)
    return np.median(taken, axis=0).tolist()


def visits(estimator: ExtraTreesRegressor, rows: Rows) -> float:
    """Nodes that a row meets in all trees, by scikit-learn's own account."""
    return estimator.decision_path(rows[:: max(1, len(rows) // 500)])[0].sum(axis=1).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--numpy", action="store_true", help="without numba")
    options = parser.parse_args()
    kernel = "numpy" if options.numpy else "numba"
    say = sys.stdout.write

    world = World()
    estimator = ExtraTreesRegressor(TREES, random_state=0, n_jobs=-1).fit(*world.training())
    estimator.n_jobs = 1
    forest = Forest.from_sklearn(estimator)
    forest.predict_interval(world.training()[0][:300], kernel=kernel)  # compiles, and derives

    month = world.rows(5, 0, slice(100, 228), slice(300, 556)).reshape(-1, 25)
    tile = [world.rows(k, 0, slice(200, 264), slice(400, 464)) for k in range(WINTERS)]
    cases = {
        "one month of 128 x 256 cells, by lines": month,
        "the same, shuffled": np.random.default_rng(0).permutation(month),
        f"a tile of 64 x 64, {WINTERS} winters at once": np.concatenate(tile).reshape(-1, 25),
        "a tile of 64 x 64, one month": tile[3].reshape(-1, 25),
        f"the {WINTERS} winters, in blocks of 16 x 16 cells": np.stack(tile)
        .reshape(WINTERS, 4, 16, 4, 16, 25)
        .transpose(0, 1, 3, 2, 4, 5)
        .reshape(-1, 25),
    }
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


if __name__ == "__main__":
    main()
