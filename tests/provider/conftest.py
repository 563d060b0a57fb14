"""The provider as a user gets it: the built zip in a profile of its own, run by qgis_process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

REPOSITORY = Path(__file__).resolve().parents[2]
COLUMNS = {
    "SITE": "Site",
    "LONGITUDE": "Lon",
    "LATITUDE": "Lat",
    "YEAR": "Year",
    "MONTH": "Month",
    "FLUX": "Flux_gC_m2_day",
    "TREATMENT": "Treatment",
    "FLUX_UNITS": "g C m-2 day-1",
}
# Seconds after which a call of QGIS is held to hang. It ends what never would and measures nothing:
# a busy machine is many times slower than a quiet one.
HANGS = 1800
# A corner of the simulated world with sites and soil, 30 x 18 cells of half a degree.
CORNER = {"EXTENT": "100,115,60,69 [EPSG:4326]", "RESOLUTION": 0.5}


@dataclass(frozen=True)
class Run:
    """How a call of qgis_process ended."""

    code: int
    results: Mapping[str, Any]
    said: str

    def ok(self) -> Mapping[str, Any]:
        """The results, of a call that has to have worked."""
        assert self.code == 0, self.said
        return self.results


@dataclass(frozen=True)
class Qgis:
    """A profile with the plugin, and how to run things in it."""

    program: str
    plugins: Path
    profile: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {
            **kept,
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
            "QGIS_PLUGINPATH": str(self.plugins),
            "QGIS_CUSTOM_CONFIG_PATH": str(self.profile),
            **self.more,
        }

    @property
    def settings(self) -> Path:
        return self.profile / "profiles/default/QGIS/QGIS3.ini"

    def with_profile(self, folder: Path, interpreter: str = "") -> Qgis:
        """The same plugin in another profile, its engine run by `interpreter`."""
        other = replace(self, profile=folder)
        other.settings.parent.mkdir(parents=True)
        other.settings.write_text(
            "[PythonPlugins]\nwco2_qgis=true\n"
            f"[Processing]\nConfiguration\\WCO2_INTERPRETER={interpreter}\n",
            encoding="utf-8",
        )
        return other

    def with_path(self, folder: Path) -> Qgis:
        """The same, with a folder that QGIS's Python imports from first."""
        return replace(self, more={"PYTHONPATH": str(folder)})

    def call(self, *arguments: str) -> Run:
        """qgis_process with these arguments."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )
        return Run(done.returncode, _results(done.stdout), done.stdout + done.stderr)

    def run(self, algorithm: str, **parameters: Any) -> Run:
        """An algorithm of the provider."""
        return self.call(*("--json", "run", f"wco2:{algorithm}", "--"), *_arguments(parameters))

    def interrupted(self, algorithm: str, folder: Path, **parameters: Any) -> Run:
        """An algorithm that gets Ctrl-C once a part of its work is in `folder`."""
        process = subprocess.Popen(
            [self.program, "run", f"wco2:{algorithm}", "--", *_arguments(parameters)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + HANGS
        while not list(folder.rglob("*.npy")):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "nothing was written"
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=HANGS)[0]
        return Run(process.returncode, {}, said)


def _arguments(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        for each in value if isinstance(value, list) else [value]:
            yield f"{name}={each}"


def _results(output: str) -> Mapping[str, Any]:
    start = output.find("{")
    if start < 0:
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(output[start:])
    except json.JSONDecodeError:
        return {}
    return found.get("results", {}) if isinstance(found, dict) else {}


def find_program() -> str | None:
    """qgis_process; Debian 12's is a wrapper that its own QGIS does not know."""
    for name in ("qgis_process.bin", "qgis_process"):
        found = shutil.which(name, path="/usr/bin")
        if found:
            return found
    return None


@pytest.fixture(scope="session")
def columns() -> Mapping[str, Any]:
    """The fields of the simulated fluxes, and their unit."""
    return COLUMNS


@pytest.fixture(scope="session")
def corner() -> Mapping[str, Any]:
    """The extent and cell size of the small maps."""
    return CORNER


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin's zip."""
    target = tmp_path_factory.mktemp("dist") / "wco2_qgis.zip"
    subprocess.run([sys.executable, "scripts/package", target], cwd=REPOSITORY, check=True)
    return target


@pytest.fixture(scope="session")
def qgis(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """QGIS with the plugin from its zip in a fresh profile; its own Python runs the engine."""
    program = find_program()
    if program is None:
        pytest.skip("QGIS is not installed")
    folder = tmp_path_factory.mktemp("QGIS profile é")
    plugins = folder / "plugins"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(plugins)
    return Qgis(program, plugins, folder / "unused").with_profile(folder / "inside")


@pytest.fixture(scope="session")
def outside(qgis: Qgis, tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """The same with the engine in another interpreter: the one that runs this test."""
    return qgis.with_profile(tmp_path_factory.mktemp("outside") / "profile", sys.executable)


@pytest.fixture(scope="session")
def study(qgis: Qgis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study, made by the provider; its folder has a space and an accent."""
    folder = tmp_path_factory.mktemp("study") / "Étude simulée"
    results = qgis.run("createsamplestudy", FOLDER=folder).ok()
    assert Path(results["FLUXES"]).is_file()
    return Path(results["STUDY"]).parent


@dataclass(frozen=True)
class Chain:
    """What each step of the way gave back."""

    observations: Mapping[str, Any]
    training: Mapping[str, Any]
    model: Mapping[str, Any]
    maps: Mapping[str, Any]


@pytest.fixture(scope="session")
def chain(qgis: Qgis, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Observations to maps, each step on the former's output, to paths with an accent."""
    folder = tmp_path_factory.mktemp("chain") / "pas à pas"
    folder.mkdir()
    shared = {"CATALOGUE": study / "catalogue.toml"}
    observations = qgis.run(
        "prepareobservations",
        INPUT=study / "fluxes.csv",
        OBSERVATIONS=folder / "observations.gpkg",
        REJECTED=folder / "rejected.csv",
        **COLUMNS,
    ).ok()
    training = qgis.run(
        "samplepredictors",
        OBSERVATIONS=observations["OBSERVATIONS"],
        REGIONS=study / "study.toml",
        RESOLUTION=0.5,
        TRAINING=folder / "training.gpkg",
        REJECTED=folder / "not sampled.csv",
        **shared,
    ).ok()
    model = qgis.run(
        "trainmodel",
        TRAINING=training["TRAINING"],
        REGIONS=study / "study.toml",
        TREES=20,
        MEMBERS=4,
        MODEL_TITLE="Küste",
        SIMULATED="true",
        MODEL=folder / "modèle.wco2",
        REPORT=folder / "rapport.html",
        **shared,
    ).ok()
    maps = qgis.run(
        "predictwinterflux",
        MODEL=model["MODEL"],
        YEARS="2001-2002",
        OUTPUT=folder / "cartes d'hiver",
        **CORNER,
        **shared,
    ).ok()
    return Chain(observations, training, model, maps)


@pytest.fixture(scope="session")
def products(
    qgis: Qgis, chain: Chain, study: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """Two winters with bounds, applicability and members."""
    return qgis.run(
        "predictwinterflux",
        MODEL=chain.model["MODEL"],
        CATALOGUE=study / "catalogue.toml",
        YEARS="2001-2002",
        INTERVAL=0.9,
        APPLICABILITY="true",
        MEMBERS="true",
        MEMORY=1,
        OUTPUT=tmp_path_factory.mktemp("products") / "maps",
        **CORNER,
    ).ok()


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps of 12 winters on 20 x 10 cells of a degree; the western half rises by 2 a year."""
    folder = tmp_path_factory.mktemp("series")
    noise = np.random.default_rng(0).normal(50.0, 0.1, (12, 10, 20))
    profile = {
        "driver": "GTiff",
        "width": 20,
        "height": 10,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": rasterio.Affine(1, 0, 100, 0, -1, 70),
        "nodata": -9999,
    }
    for number, values in enumerate(noise):
        values[:, :10] += 2.0 * number
        with rasterio.open(folder / f"flux_{1991 + number}.tif", "w", **profile) as file:
            file.write(values.astype("float32"), 1)
            file.units = ("g C m-2 winter-1",)
    return folder
