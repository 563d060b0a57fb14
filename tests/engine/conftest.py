"""A small world for tests: rasters of a few cells, and forests whose answers are known by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.joining import join_forests
from wco2_engine.learning.model import Model
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.progress import Silent
from wco2_engine.season import Winter
from wco2_engine.study import Study

OCTOBER_TO_APRIL = (10, 11, 12, 1, 2, 3, 4)
NOVEMBER_TO_APRIL = (11, 12, 1, 2, 3, 4)


def write_raster(
    path: Path,
    values: Any,
    west: float,
    north: float,
    step: float,
    crs: str | None = "EPSG:4326",
    nodata: float | None = -9999.0,
    **profile: Any,
) -> Path:
    """A GeoTIFF of `(height, width)` or `(bands, height, width)` values, NaN being nodata.

    Twelve bands are named as the months that they are.
    """
    bands = np.asarray(values, np.float64)
    bands = bands[np.newaxis] if bands.ndim == 2 else bands
    if nodata is not None:
        bands = np.where(np.isnan(bands), nodata, bands)
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "driver": "GTiff",
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": "float32",
        "crs": crs,
        "nodata": nodata,
        "transform": rasterio.Affine(step, 0, west, 0, -step, north),
        **profile,
    }
    with rasterio.open(path, "w", **settings) as target:
        target.write(bands.astype(settings["dtype"]))
        if len(bands) == 12:
            target.descriptions = [f"month {month}" for month in range(1, 13)]
    return path


def staircase(thresholds: Sequence[float], values: Sequence[float], n_features: int = 1) -> Forest:
    """One tree: `values[k]` where the first feature is at most `thresholds[k]`, else the last."""
    steps = len(thresholds)
    assert len(values) == steps + 1
    nodes = 2 * steps + 1
    threshold = np.full(nodes, np.inf, np.float32)
    left = np.arange(nodes, dtype=np.uint32)
    value = np.zeros(nodes)
    for k in range(steps):
        threshold[2 * k] = thresholds[k]
        left[2 * k] = 2 * k + 1
        value[2 * k + 1] = values[k]
    value[nodes - 1] = values[-1]
    return Forest(
        feature=np.zeros(nodes, np.uint16),
        threshold=threshold,
        left=left,
        value=value,
        root=np.zeros(1, np.uint32),
        n_features=n_features,
    )


def region_model(
    region: Region, forest: Forest, low: float | Sequence[float], high: float | Sequence[float]
) -> RegionModel:
    """A region with a given forest, whose two training rows span `low` to `high`."""
    features = np.empty((2, forest.n_features), np.float32)
    features[0], features[1] = low, high
    return RegionModel(
        region=region,
        forest=forest,
        features=features,
        target=np.array([1.0, 2.0]),
        site=np.array([0, 1], np.int32),
        longitude=np.array([100.0, 101.0]),
        latitude=np.array([60.0, 61.0]),
        year=np.array([2003, 2004], np.int16),
        month=np.array([1, 2], np.int8),
        folds={},
        predictions={},
        importances={"impurity": np.full(forest.n_features, 1 / forest.n_features)},
    )


def make_model(
    parts: Sequence[RegionModel], predictors: Mapping[str, str], **changes: Any
) -> Model:
    """A model of these regions; `predictors` gives each one's units."""
    settings = {
        "trees": 1,
        "min_samples_leaf": 1,
        "max_features": 1.0,
        "seed": 0,
        "validation": [],
        "sampling": {"at": "point"},
    }
    values: dict[str, Any] = {
        "predictors": tuple(
            ModelPredictor(name, units, "climate") for name, units in predictors.items()
        ),
        "regions": tuple(parts),
        "settings": settings,
        "provenance": {"title": "By hand", "licence": "CC-BY-4.0"},
        "scores": (),
        "simulated": False,
        **changes,
    }
    return Model(**values)


def write_catalogue(path: Path, *predictors: str) -> Catalogue:
    """A catalogue file of the given `[[predictor]]` tables, read again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(f"[[predictor]]\n{text}" for text in predictors), encoding="utf-8")
    return Catalogue.read(path)


def box(name: str, months: Sequence[int], bbox: Sequence[float], label: Any = "january") -> Region:
    return Region(name, Winter(tuple(months), label), Box(*bbox))


@pytest.fixture(scope="session")
def world() -> SimpleNamespace:
    """The builders of this file, for test modules, which can't import from here."""
    return SimpleNamespace(
        write_raster=write_raster,
        staircase=staircase,
        region_model=region_model,
        make_model=make_model,
        write_catalogue=write_catalogue,
        box=box,
    )


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A model and a catalogue for all the north, on rasters of two awkward layouts.

    The monthly one runs from 0 to 360 degrees, the static one is polar with the pole inside.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    folder = tmp_path_factory.mktemp("wide")
    longitude = np.arange(0, 360, 3.0) + 1.5
    latitude = 90.0 - (np.arange(0, 30) * 3.0 + 1.5)
    rng = np.random.default_rng(1)
    for year in (2000, 2001):
        bands = [
            20 * np.cos(np.radians(latitude))[:, None]
            + 3 * np.sin(np.radians(longitude * 2 + month * 30))
            + rng.normal(0, 0.5, (30, 120))
            for month in range(12)
        ]
        write_raster(folder / f"t_{year}.tif", bands, 0.0, 90.0, 3.0)
    carbon = rng.uniform(0, 30, (60, 60))
    carbon[10:25, 10:25] = np.nan
    write_raster(folder / "carbon.tif", carbon, -6e6, 6e6, 2e5, "EPSG:6931")
    catalogue = write_catalogue(
        folder / "catalogue.toml",
        'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
    )
    x = np.column_stack([rng.uniform(-5, 25, 300), rng.uniform(0, 30, 300)]).astype(np.float32)
    y = x[:, 0] + 0.3 * x[:, 1] + rng.normal(0, 1, 300)
    parts = [
        region_model(
            box(name, months, bbox),
            Forest.from_sklearn(ExtraTreesRegressor(20, random_state=seed).fit(x, y)),
            x.min(axis=0).tolist(),
            x.max(axis=0).tolist(),
        )
        for seed, (name, months, bbox) in enumerate(
            (
                ("plateau", NOVEMBER_TO_APRIL, (70.0, 40.0, 110.0, 60.0)),
                ("arctic", OCTOBER_TO_APRIL, (-180.0, 45.0, 180.0, 90.0)),
            )
        )
    ]
    model = make_model(parts, {"temperature": "degC", "carbon": "%"})
    model.write(folder / "model.wco2")
    return SimpleNamespace(folder=folder, model=model, catalogue=catalogue)


@pytest.fixture(scope="session")
def able(wide: SimpleNamespace, world: SimpleNamespace) -> SimpleNamespace:
    """The catalogue of `wide`, and a model of its regions with members, folds and calibration."""
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(2)
    x = np.column_stack([rng.uniform(-5, 15, 200), rng.uniform(0, 20, 200)]).astype(np.float32)
    y = x[:, 0] + 0.3 * x[:, 1] + rng.normal(0, 2, 200)

    def forest(seed: int, rows: Any = slice(None)) -> Forest:
        return Forest.from_sklearn(ExtraTreesRegressor(12, random_state=seed).fit(x[rows], y[rows]))

    parts = [
        RegionModel(
            region=part.region,
            forest=forest(seed),
            features=x,
            target=y,
            site=np.arange(200, dtype=np.int32) // 10,
            longitude=np.full(200, 100.0),
            latitude=np.full(200, 60.0),
            year=np.full(200, 2001, np.int16),
            month=np.ones(200, np.int8),
            folds={"site": (np.arange(200) // 10 % 5).astype(np.int16)},
            predictions={},
            importances={"impurity": np.array([0.8, 0.2])},
            members=join_forests(
                [forest(10 * seed + k, slice(k * 50, k * 50 + 150)) for k in range(2)]
            ),
            n_members=2,
            calibration={"0.9": 0.25} if part.region.name == "arctic" else {},
        )
        for seed, part in enumerate(wide.model.regions)
    ]
    model = world.make_model(parts, {"temperature": "degC", "carbon": "%"})
    model.write(wide.folder / "able.wco2")
    return SimpleNamespace(
        folder=wide.folder, file=wide.folder / "able.wco2", model=model, catalogue=wide.catalogue
    )


@pytest.fixture
def pixels() -> Callable[[Path], bytes]:
    """The raw pixels of the one band of a raster."""

    def read(path: Path) -> bytes:
        with rasterio.open(path) as source:
            return source.read(1).tobytes()

    return read


STUDY = """
title = "Small study"
licence = "CC-BY-4.0"
catalogue = "catalogue.toml"
output = "results"

[observations]
file = "fluxes.csv"
flux_units = "g m-2 month-1"

[observations.columns]
site = "Site"
longitude = "Lon"
latitude = "Lat"
year = "Year"
month = "Month"
flux = "Flux"

[winter]
months = [11, 12, 1, 2]

[[region]]
name = "siberia"
bbox = [100, 60, 110, 70]

[model]
trees = 5

[map]
extent = [100, 60, 110, 70]
resolution = 1.0
years = "2001-2002"
# nothing more
"""


def write_study(folder: Path) -> Path:
    """A study of 10 sites, two predictors and 10 x 10 cells, which runs in about a second."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((12, 12)).astype(float)
    for year in (2000, 2001, 2002):
        bands = [columns - rows - 10 + month / 10 + year - 2000 for month in range(12)]
        write_raster(folder / f"t_{year}.tif", np.stack(bands), 99.0, 71.0, 1.0)
    write_raster(folder / "carbon.tif", 3 * rows, 99.0, 71.0, 1.0)
    write_catalogue(
        folder / "catalogue.toml",
        'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n'
        "valid = [-90, 60]\n",
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\nvalid = [0, 100]\n',
    )
    lines = ["Site,Lon,Lat,Year,Month,Flux"]
    for site in range(10):
        for month in (11, 12, 1, 2, 7):
            flux = 10 + site + rng.normal()
            lines.append(f"site {site},{100.5 + site},{60.5 + site},2001,{month},{flux:.3f}")
    (folder / "fluxes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture
def small_study(tmp_path: Path) -> Path:
    """The file of a small study that was not run."""
    return write_study(tmp_path / "study")


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small study that was run once, and a copy of it."""
    folder = tmp_path_factory.mktemp("finished")
    Study.read(write_study(folder / "study")).run(Silent())
    shutil.copytree(folder / "study", folder / "copy")
    return folder


@pytest.fixture
def finished_study(_finished: Path) -> Path:
    """The file of a small study that was run. A study knows its files by place and time."""
    shutil.rmtree(_finished / "study")
    shutil.copytree(_finished / "copy", _finished / "study")
    return _finished / "study" / "study.toml"
