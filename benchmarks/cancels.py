"""Cancels at random instants in QGIS, over the algorithms and models: seconds until each has ended.

    /usr/bin/python3 benchmarks/cancels.py PLUGINS STUDY MODEL [COUNT]

PLUGINS is a folder with the plugin from its zip, STUDY a simulated study (`wco2 new`), MODEL one
that was trained on it. Every algorithm runs once to its end, then COUNT runs are cancelled at an
instant that is drawn evenly from the time that it took. Algorithms run in a task, as their dialogs
run them; models on the main thread, as QGIS 3.22 does. Meanwhile a timer of 100 ms in the main
thread tells how long windows would have stood still. All is written to standard output, with the
load of the machine.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QEventLoop, QTimer  # noqa: E402

STUDY, MODEL = Path(sys.argv[2]), sys.argv[3]
COUNT = int(sys.argv[4]) if sys.argv[4:] else 100
TICK_SECONDS = 0.1
LONGEST = 20.0  # seconds of a run within which it is cancelled
MODELS = ("wintermapsfromamodel", "totalsandtrendsfromamodel")


@dataclass
class Watch:
    """The longest time between two ticks of a timer in the main thread."""

    longest: float = 0.0
    last: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now


@dataclass(frozen=True)
class Run:
    """How a run went: its seconds, those since it was cancelled, the timer's longest gap."""

    name: str
    seconds: float
    after_cancel: float | None
    gap: float
    left: list[str]
    was_cold: bool


def parameters(name: str, out: Path, maps: Path, training: Path) -> dict[str, Any]:
    """What an algorithm is given; it writes to `out` alone."""
    catalogue = str(STUDY / "catalogue.toml")
    regions = str(STUDY / "study.toml")
    trained = {"TRAINING": str(training), "CATALOGUE": catalogue, "REGIONS": regions}
    mapped = {"MODEL": MODEL, "CATALOGUE": catalogue, "YEARS": "2001-2002"}
    region = {"EXTENT": "60,180,50,75 [EPSG:4326]", "RESOLUTION": 0.25}
    columns = {
        **{"SITE": "Site", "LONGITUDE": "Lon", "LATITUDE": "Lat", "YEAR": "Year"},
        **{"MONTH": "Month", "FLUX": "Flux_gC_m2_day", "FLUX_UNITS": "g C m-2 day-1"},
    }
    fluxes = str(STUDY / "fluxes.csv")
    rasters = [str(STUDY / f"rasters/{n}.tif") for n in ("elevation", "soil_organic_carbon")]
    html = str(out / "page.html")
    return {
        "createsamplestudy": {"FOLDER": str(out / "made")},
        "prepareobservations": {
            **{"INPUT": fluxes, "OBSERVATIONS": str(out / "o.gpkg"), **columns},
            "REJECTED": str(out / "r.csv"),
        },
        "samplepredictors": {
            "OBSERVATIONS": str(training.with_name("observations.gpkg")),
            **{"CATALOGUE": catalogue, "REGIONS": regions, "RESOLUTION": 0.5},
            **{"TRAINING": str(out / "t.gpkg"), "REJECTED": str(out / "r.csv")},
        },
        "trainmodel": {**trained, "TREES": 200, "MODEL": str(out / "m.wco2"), "REPORT": html},
        "validatemodel": {**trained, "TREES": 200, "REPORT": html},
        "selectpredictors": {**trained, "TREES": 20, "REPORT": html},
        "describemodel": {"MODEL": MODEL, "DESCRIPTION": html},
        "predictwinterflux": {**mapped, **region, "INTERVAL": 0.9, "OUTPUT": str(out / "maps")},
        "zonalbudget": {
            **{"MAPS": str(maps), "BUDGET": str(out / "budget.csv"), "REPORT": html},
            "ZONE_RASTER": str(STUDY / "rasters/permafrost_extent.tif"),
        },
        "comparemaps": {"MAPS_A": str(maps), "MAPS_B": str(maps), "REPORT": html},
        "checkstudy": {"STUDY": regions, "CHECK": html},
        "mapfromlayers": {
            **{"FLUXES": fluxes, "RASTERS": rasters, "YEARS": "2001-2002", "TREES": 100},
            **{"OUTPUT": str(out / "study"), **region},
        },
        "wintermapsfromamodel": {
            **mapped,
            **region,
            "describemodel:Description": html,
            "predictwinterflux:Maps": str(out / "maps"),
        },
    }[name]


class Bench:
    """Runs algorithms as QGIS does."""

    def __init__(self, application: QgsApplication) -> None:
        self._application = application
        self._folder = Path(tempfile.mkdtemp(prefix="cancels-"))
        self.maps, self.training = self._folder / "maps", self._folder / "training.gpkg"

    def prepare(self) -> None:
        """What other algorithms read."""
        given = parameters("prepareobservations", self._folder, self.maps, self.training)
        given["OBSERVATIONS"] = str(self._folder / "observations.gpkg")
        self._finished("prepareobservations", given)
        given = parameters("samplepredictors", self._folder, self.maps, self.training)
        self._finished("samplepredictors", {**given, "TRAINING": str(self.training)})
        given = parameters("predictwinterflux", self._folder, self.maps, self.training)
        self._finished("predictwinterflux", {**given, "OUTPUT": str(self.maps)})

    def _finished(self, name: str, given: dict[str, Any]) -> None:
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"wco2:{name}")
        _, done = algorithm.run(given, context, QgsProcessingFeedback(), {}, False)
        if not done:
            sys.exit(f"{name} failed")

    def run(self, name: str, cancel_after: float | None, cold: bool) -> Run:
        """A run, cancelled after some seconds or let to its end."""
        out = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
        caches = tempfile.mkdtemp(prefix="numba-") if cold else None
        if caches:
            os.environ["NUMBA_CACHE_DIR"] = caches
        given = parameters(name, out, self.maps, self.training)
        feedback, watch = QgsProcessingFeedback(), Watch()
        asked: list[float] = []
        timer = QTimer()
        timer.timeout.connect(watch.tick)
        timer.start(int(1000 * TICK_SECONDS))
        start = time.monotonic()
        watch.last = start

        def cancel() -> None:
            asked.append(time.monotonic())
            feedback.cancel()

        if cancel_after is not None:
            QTimer.singleShot(int(1000 * cancel_after), cancel)
        way: Callable[..., None] = self._on_main_thread if name in MODELS else self._in_task
        way(name, given, feedback)
        end = time.monotonic()
        watch.tick()
        timer.stop()
        os.environ.pop("NUMBA_CACHE_DIR", None)
        if caches:
            shutil.rmtree(caches, ignore_errors=True)
        left = [str(path.relative_to(out)) for path in out.rglob("*") if "partial" in path.name]
        shutil.rmtree(out, ignore_errors=True)
        heard = end - asked[0] if asked and asked[0] < end else None
        return Run(name, end - start, heard, watch.longest, left, cold)

    def _in_task(self, name: str, given: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"wco2:{name}")
        task = QgsProcessingAlgRunnerTask(algorithm, given, context, feedback)
        loop = QEventLoop()
        task.executed.connect(lambda *_: loop.quit())
        QgsApplication.taskManager().addTask(task)
        loop.exec()

    def _on_main_thread(
        self, name: str, given: dict[str, Any], feedback: QgsProcessingFeedback
    ) -> None:
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"wco2:{name}")
        try:
            algorithm.run(given, context, feedback, {}, False)
        except QgsProcessingException:
            return  # cancelled


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    from wco2_qgis.plugin import Plugin

    plugin = Plugin(None)
    plugin.initProcessing()
    bench = Bench(application)
    bench.prepare()
    draw = random.Random(1)
    names = [
        *("createsamplestudy", "prepareobservations", "samplepredictors", "trainmodel"),
        *("validatemodel", "selectpredictors", "describemodel", "predictwinterflux"),
        *("zonalbudget", "comparemaps", "checkstudy", "mapfromlayers", "wintermapsfromamodel"),
    ]
    whole = {name: bench.run(name, None, cold=False) for name in names}
    tell = sys.stdout.write
    for run in whole.values():
        tell(f"{run.name}: {run.seconds:.1f} s, longest gap {run.gap:.2f} s\n")
    runs = []
    for number in range(COUNT):
        name = names[number % len(names)]
        instant = draw.uniform(0.0, min(LONGEST, whole[name].seconds))
        cold = name in ("predictwinterflux", "mapfromlayers") and number % 2 == 0
        run = bench.run(name, instant, cold)
        runs.append(run)
        heard = "had ended" if run.after_cancel is None else f"{run.after_cancel:.2f} s"
        note = f" LEFT {run.left}" if run.left else ""
        tell(f"{number} {name} at {instant:.1f} s{' cold' if cold else ''}: {heard}{note}\n")
        sys.stdout.flush()
    seconds = sorted(run.after_cancel for run in runs if run.after_cancel is not None)
    centiles = statistics.quantiles(seconds, n=100, method="inclusive")
    tell(
        f"{len(seconds)} cancels: median {statistics.median(seconds):.2f} s, 95th percentile "
        f"{centiles[94]:.2f} s, longest {seconds[-1]:.2f} s; longest gap of the timer "
        f"{max(run.gap for run in runs):.2f} s; files left {sum(len(r.left) for r in runs)}; "
        f"load {os.getloadavg()[0]:.1f}\n"
    )
    plugin.unload()
    sys.stdout.flush()
    os._exit(0)  # QGIS may wait for what was cancelled


main()
