"""The whole way from rasters to maps: against a plain script, as extent grows, and on Dask.

`python benchmarks/pipeline.py [--inputs FOLDER] [--winters N]` takes inputs that
`benchmarks/inputs.py` made, or makes them, and prints tables for docs/performance.md. What is
compared runs in turn, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import rasterio
from inputs import EXTENT, FIRST_WINTER, make
from rasterio import __gdal_version__
from sklearn import __version__ as sklearn_version

HERE = Path(__file__).parent
MONTHS = 7
# Columns and rows of cells: 1, 4, 16 and, for all that the inputs hold, 62 times.
EXTENTS = ((256, 128), (512, 256), (1024, 512), (3600, 566))

# Without a bound, tiles are larger, and the smallest extent would be a single one.
BOUND = ("--jobs", "2", "--memory", "1.0")


@dataclass(frozen=True)
class Run:
    """What a process took: seconds by the clock, of these after its start-up, and peak memory."""

    seconds: float
    working: float
    megabytes: float
    cells: int


def measured(command: list[str]) -> Run:
    """Run a command, and watch the JSON lines that it may tell its progress by."""
    start = time.monotonic()
    begun, cells = start, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["message"].startswith("Predicting"):
                begun = time.monotonic() if begun == start else begun
            cells = event.get("cells", cells)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    end = time.monotonic()
    return Run(end - start, end - begun, usage.ru_maxrss / 1024, cells)


def ours(folder: Path, winters: int, output: Path, *options: str) -> list[str]:
    """The command that predicts some winters of the inputs in a folder."""
    years = f"{FIRST_WINTER}-{FIRST_WINTER + winters - 1}"
    files = [str(folder / name) for name in ("model.wco2", "catalogue.toml")]
    call = [sys.executable, "-m", "wco2_engine", "--json", "predict", *files]
    return [*call, "--years", years, "-o", str(output), *options]


def extent(columns: int, rows: int) -> list[str]:
    """The option for an extent at the north-west of the inputs."""
    west, _, _, north = EXTENT
    sides = (west, north - rows / 10, west + columns / 10, north)
    return ["--extent", *(f"{side:.1f}" for side in sides)]


def against_plain_script(folder: Path, winters: int, scratch: Path) -> None:
    domain = ["--domain", str(folder / "domain.tif")]
    whole = extent(*EXTENTS[-1])
    say("\n| what | seconds | peak MB | ratio of seconds |\n|---|---|---|---|\n")
    script = [sys.executable, str(HERE / "plain_script.py"), str(folder), str(winters)]
    plain = measured([*script, str(scratch / "plain")])
    say(f"| plain script, 2 threads | {plain.seconds:.0f} | {plain.megabytes:.0f} | |\n")
    for jobs in ("1", "2"):
        run = measured(ours(folder, winters, scratch / jobs, *whole, *domain, "--jobs", jobs))
        say(
            f"| ours, {jobs} jobs | {run.seconds:.0f} | {run.megabytes:.0f} "
            f"| {plain.seconds / run.seconds:.2f} |\n"
        )
    same, winters_of_cells = 0, 0
    for path in sorted((scratch / "2" / "winter_flux").iterdir()):
        with rasterio.open(path) as mine, rasterio.open(scratch / "plain" / path.name) as theirs:
            a, b = mine.read(1), theirs.read(1)
        held = a != -9999
        if (held != (b != -9999)).any():
            raise SystemExit(f"{path.name}: other cells than those of the plain script")
        worst = np.abs(a[held] - b[held]).max()
        if worst > 1e-3:
            raise SystemExit(f"{path.name} differs from the plain script's by {worst} g C m-2")
        same, winters_of_cells = same + int((a == b)[held].sum()), winters_of_cells + held.sum()
    say(f"\n{same:,} of {winters_of_cells:,} winters are the same to the last bit.\n")


def as_extent_grows(folder: Path, scratch: Path) -> None:
    say(
        "\n| cells | times | peak MB | seconds | of these for tiles and maps "
        "| microseconds a cell-month |\n|---|---|---|---|---|---|\n"
    )
    first = 0
    for columns, rows in EXTENTS:
        output = scratch / f"{columns}"
        run = measured(ours(folder, 1, output, *extent(columns, rows), *BOUND))
        first = first or run.cells
        each = run.working / run.cells / MONTHS * 1e6
        say(
            f"| {run.cells:,} | {run.cells / first:.0f} | {run.megabytes:.0f} "
            f"| {run.seconds:.1f} | {run.working:.1f} | {each:.2f} |\n"
        )


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a scheduler with some worker processes of one thread."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running.scheduler_address


def on_dask(folder: Path, scratch: Path) -> None:
    if find_spec("distributed") is None:
        say("\nDask is not installed, and not measured.\n")
        return
    say("\n| Dask | seconds | ratio |\n|---|---|---|\n")
    one = 0.0
    for workers in (1, 2):
        output = scratch / f"dask-{workers}"
        with cluster(workers) as address:
            options = [*extent(1024, 512), "--scheduler", address]
            run = measured(ours(folder, 1, output, *options))
        one = one or run.working
        say(f"| {workers} workers | {run.working:.1f} | {one / run.working:.2f} |\n")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, help="folder from benchmarks/inputs.py")
    parser.add_argument("--winters", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = options.inputs or scratch / "inputs"
        if options.inputs is None:
            make(folder, options.winters)
        say(
            f"GDAL {__gdal_version__}, scikit-learn {sklearn_version}, numpy {np.__version__}, "
            f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, "
            f"load {os.getloadavg()[0]:.1f}\n"
        )
        against_plain_script(folder, options.winters, scratch)
        as_extent_grows(folder, scratch)
        on_dask(folder, scratch)
        say(f"\nLoad at the end: {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
