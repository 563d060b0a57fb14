"""All that people wait for, beside what else they could use: one table in docs/performance.md.

`python benchmarks/everything.py [--only training,kernel] [--folder build/benchmark]` runs every
part in turn, in less than half an hour on two cores, and writes the table between its marks in
docs/performance.md. With `--only` it prints the table and writes nothing. What is not installed is
left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import inputs
import kernel
import layouts
import numpy as np
import pipeline
import ranger
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.folds import make_folds
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/performance.md"
BEGIN, END = "<!-- written by make benchmark -->", "<!-- to here -->"
LIBRARIES = ("numpy", "scikit-learn", "numba", "rasterio", "joblib", "matplotlib")
TREES = 200  # of the forests that are only validated
WINTERS = 3
NOISY, NOISES = 16, (0.05, 0.2)  # predictors, and their cell-to-cell noise in standard deviations
LAYOUTS = ("planes", "grib", "tiles")


class Row(NamedTuple):
    """What was measured: two figures in the same unit, the second of somebody else's way."""

    part: str
    what: str
    unit: str
    ours: float
    theirs: float | None = None
    whose: str = ""

    def __str__(self) -> str:
        larger_is_better = self.unit.endswith("/s")
        ratio = ""
        if self.theirs is not None:
            times = self.ours / self.theirs if larger_is_better else self.theirs / self.ours
            ratio = f"{times:.1f}"
        theirs = "" if self.theirs is None else _digits(self.theirs)
        cells = (self.part, self.what, self.unit, _digits(self.ours), theirs, self.whose, ratio)
        return f"| {' | '.join(cells)} |"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def start(folder: Path) -> Iterator[Row]:
    """The command from nothing to its first words, and to its first tile, by the clock."""
    call = [sys.executable, "-m", "wco2_engine", "--help"]

    def run() -> None:
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)

    (seconds,) = kernel.medians([run], 5, time.perf_counter)
    yield Row("start", "wco2 --help", "s", seconds)
    made = _made(folder)
    call = pipeline.ours(made, 1, folder / "first", *pipeline.extent(*pipeline.EXTENTS[-1]))
    (seconds,) = kernel.medians([lambda: _until_predicting(call)], 5, time.perf_counter)
    yield Row("start", "wco2 predict until its first tile begins, 25 rasters", "s", seconds)
    shutil.rmtree(folder / "first", ignore_errors=True)


def _until_predicting(call: list[str]) -> None:
    """Run a command until it says so, and end it."""
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = any('"Predicting' in line for line in process.stdout)
        process.kill()
    if not said:
        raise SystemExit(f"{' '.join(call)} failed")


def _made(folder: Path) -> Path:
    """Inputs of the product's shape, in a folder of their own."""
    made = folder / f"inputs_of_{WINTERS}"
    if not (made / "model.wco2").is_file():
        inputs.make(made, WINTERS)
    return made


def training(folder: Path) -> Iterator[Row]:
    """Ten folds by site: held-out predictions, by the clock's processor time in one thread."""
    features, target = kernel.World().training()
    site = np.random.default_rng(1).integers(0, kernel.SITES, kernel.SAMPLES)
    rows = TrainingRows.from_arrays(features, target, site)
    folds = make_folds("site", rows.site, 0)

    def theirs() -> None:
        for fold in range(int(folds.max()) + 1):
            test = folds == fold
            forest = ExtraTreesRegressor(TREES, random_state=0).fit(features[~test], target[~test])
            forest.predict(features[test])

    def ours(**asked: object) -> None:
        cross_val_predict(rows, folds, Hyperparameters(TREES), RunContext(), **asked)  # type: ignore[arg-type]

    each = [[column] for column in range(features.shape[1])]
    alone, more, other = kernel.medians(
        [ours, lambda: ours(levels=(0.5, 0.8, 0.9, 0.95), permute=each), theirs], 1
    )
    what = f"10 folds of {TREES} trees, {len(rows):,} rows, 25 predictors"
    yield Row("training", what, "processor s", alone, other, "scikit-learn")
    yield Row("training", "the same with 4 intervals and 25 importances", "processor s", more)


def kernels(folder: Path) -> Iterator[Row]:
    """Predictions of forests of 500 trees, in one thread, and what bounds cost beside them."""
    world = kernel.World()
    cases = kernel.orders_of_rows(world)
    lines, *_, blocks = cases
    for told, (features, target), leaf, tried in kernel.forests(world):
        estimator = ExtraTreesRegressor(
            kernel.TREES, min_samples_leaf=leaf, max_features=tried, random_state=0, n_jobs=-1
        ).fit(features, target)
        estimator.n_jobs = 1
        forest = Forest.from_sklearn(estimator).with_targets(features, target)
        forest.predict_interval(features[:300])
        is_plain = told == "of one row"
        asked = cases | _noisy(cases) if is_plain else {k: cases[k] for k in (lines, blocks)}
        for name, rows in asked.items():
            difference = np.abs(forest.predict(rows) - estimator.predict(rows)).max()
            if difference > 1e-6:
                raise SystemExit(f"{name}: predictions differ by {difference}")
            theirs, ours, bounds = kernel.medians(
                [
                    lambda r=rows, e=estimator: e.predict(r),
                    lambda r=rows, f=forest: f.predict(r),
                    lambda r=rows, f=forest: f.predict_interval(r),
                ],
                3,
            )
            what = name if is_plain else f"{name}, leaves {told}"
            thousand = len(rows) / 1000
            yield Row(
                *("kernel", what, "1000 rows/s", thousand / ours, thousand / theirs),
                "scikit-learn",
            )
            yield Row("bounds", what, "times the mean", bounds / ours)
        if is_plain:
            yield from _quantile_forest(cases[lines][:4096], features, target)


def _noisy(cases: dict[str, kernel.Rows]) -> dict[str, kernel.Rows]:
    """The first rows with noise in some of the predictors, as real soil and vegetation have it."""
    name, rows = next(iter(cases.items()))
    drawn = np.random.default_rng(2).normal(size=(len(rows), NOISY)).astype(np.float32)
    found = {}
    for share in NOISES:
        noisy = rows.copy()
        noisy[:, :NOISY] += share * rows[:, :NOISY].std(axis=0) * drawn
        found[f"{name}, {100 * share:.0f} % of noise in {NOISY} predictors"] = noisy
    return found


def _quantile_forest(
    rows: kernel.Rows, features: kernel.Rows, target: kernel.Targets
) -> Iterator[Row]:
    if find_spec("quantile_forest") is None:
        return
    from quantile_forest import ExtraTreesQuantileRegressor

    estimator = ExtraTreesQuantileRegressor(kernel.TREES, random_state=0, n_jobs=-1)
    estimator.fit(features, target)
    estimator.n_jobs = 1
    forest = Forest.from_sklearn(estimator)
    theirs, ours = kernel.medians(
        [
            lambda: estimator.predict(rows, [0.05, 0.95], weighted_leaves=True),
            lambda: forest.predict_interval(rows, 0.9),
        ],
        3,
    )
    thousand = len(rows) / 1000
    yield Row(
        *("bounds", f"{len(rows):,} rows of the month", "1000 rows/s"),
        *(thousand / ours, thousand / theirs, "quantile-forest"),
    )


def maps(folder: Path) -> Iterator[Row]:
    """Winters of 400,000 cells from rasters, as a user calls it."""
    made = _made(folder)
    domain = ["--domain", str(made / "domain.tif")]
    whole = pipeline.extent(*pipeline.EXTENTS[-1])
    with tempfile.TemporaryDirectory() as scratch:
        for winters, asked in ((1, ("1", "2")), (WINTERS, ("2",))):
            script = [sys.executable, str(HERE / "plain_script.py"), str(made), str(winters)]
            plain = pipeline.measured([*script, f"{scratch}/plain{winters}"])
            for jobs in asked:
                output = Path(scratch) / f"{winters}_{jobs}"
                options = (*whole, *domain, "--jobs", jobs)
                run = pipeline.measured(pipeline.ours(made, winters, output, *options))
                what = f"winters of 400,000 cells: {winters}; jobs: {jobs}"
                figures = run.seconds, plain.seconds
                yield Row("maps", what, "s", *figures, "plain script, 2 threads")
                if (winters, jobs) == (1, "2"):
                    one = run.seconds
        about = ranger.versions()
        if about is not None:
            ranger.write_training(made)
            call = [
                "Rscript",
                str(HERE / "ranger.R"),
                str(made),
                *(str(inputs.FIRST_WINTER), "1", "2"),
            ]
            theirs = pipeline.measured([*call, f"{scratch}/ranger.tif"])
            months = len(inputs.WINTER.months)
            seconds = theirs.seconds + theirs.working * (months - 1)
            what = f"winters of 400,000 cells: 1; jobs: 2; R's one month times {months}"
            yield Row("maps", what, "s", one, seconds, about)


def preparing(folder: Path) -> Iterator[Row]:
    """A year of one variable as it is downloaded, into plain GeoTIFFs."""
    for name in LAYOUTS:
        source = folder / "layouts" / name
        if not source.is_dir():
            source.mkdir(parents=True)
            layouts.LAYOUTS[name][0](source, 12)
        ours, theirs = (layouts.measure(way, source, name, 12) for way in ("prepare", "xarray"))
        if "failed" not in theirs:
            seconds = (float(found["wall s"]) for found in (ours, theirs))
            yield Row("preparing", f"12 months, {name}", "s", *seconds, "xarray and rasterio")


def report(folder: Path) -> Iterator[Row]:
    """A simulated study's report, and the study as a whole."""
    study = folder / "study"
    shutil.rmtree(study, ignore_errors=True)
    wco2 = [sys.executable, "-m", "wco2_engine"]
    subprocess.run([*wco2, "--json", "new", str(study)], check=True, stdout=subprocess.DEVNULL)
    yield Row(
        "study",
        "wco2 run of the simulated study",
        "s",
        _seconds([*wco2, "--json", "run", str(study)]),
    )
    model, maps = study / "results/model.wco2", study / "results/maps"
    call = [
        *wco2,
        "--json",
        "report",
        str(model),
        "--maps",
        str(maps),
        "-o",
        str(study / "again.html"),
    ]
    yield Row("report", "its report", "s", _seconds(call))


def _seconds(call: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "start": start,
    "training": training,
    "kernel": kernels,
    "maps": maps,
    "preparing": preparing,
    "report": report,
}


def machine() -> str:
    """The processor, what it can add at once, and the versions of what matters."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if os.name == "posix" else []
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = facts.get("flags", "").split()
    vectors = next((n for n in ("avx512f", "avx2") if n in flags), "neither AVX2 nor AVX-512")
    libraries = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            libraries.append(f"no {name}")
    return (
        f"{facts.get('model name', platform.machine())} with {vectors}, {os.cpu_count()} cores; "
        f"{', '.join(libraries)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help=", ".join(PARTS))
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build/benchmark")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(PARTS)
    begun, load = time.monotonic(), os.getloadavg()[0]
    head = "| | what | in | ours | others | whose | times |\n|---|---|---|---|---|---|---|"
    told = [head]
    kernel.say(f"{head}\n")
    about = ""
    for name in wanted:
        for row in PARTS[name](options.folder):
            told.append(str(row))
            kernel.say(f"{row}\n")
        minutes = (time.monotonic() - begun) / 60
        about = (
            f"{machine()}; load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end of "
            f"{minutes:.0f} minutes."
        )
        if not options.only:  # what is done is kept if the rest fails
            before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
            after = rest.partition(END)[2]
            block = f"{BEGIN}\n{about}\n\n" + "\n".join(told)
            PAGE.write_text(f"{before}{block}\n{END}{after}", encoding="utf-8")
    kernel.say(f"\n{about}\n")


if __name__ == "__main__":
    main()
