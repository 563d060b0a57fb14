"""Made-up inputs of the product's real shape: 0.1 degree, 25 predictors, 12 of them monthly.

`python benchmarks/inputs.py FOLDER WINTERS` writes rasters, a catalogue, a domain and a model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from wco2_engine.grid import Grid
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.training import train
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.season import Month, Winter

EXTENT = (-180.0, 27.1, 180.0, 83.7)  # 3600 x 566 cells
STATIC, MONTHLY = 13, 12
SAMPLES, TREES = 2487, 500
LAND_CELLS = 400_000
FIRST_WINTER = 1983
WINTER = Winter((10, 11, 12, 1, 2, 3, 4))


def smooth(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """A smooth random field with mean 0 and standard deviation 1, as climate and soil are."""
    from scipy.ndimage import gaussian_filter

    small = tuple(max(8, side // 6) for side in shape)
    field = sum(gaussian_filter(rng.normal(size=small), s, mode="wrap") * s for s in (2, 8, 30))
    rows = np.linspace(0, small[0] - 1, shape[0]).astype(int)
    columns = np.linspace(0, small[1] - 1, shape[1]).astype(int)
    spread = field[np.ix_(rows, columns)]
    fine = rng.normal(0.0, 0.02, shape)  # without it the files would compress far too well
    return (spread - spread.mean()) / spread.std() + fine


def write(path: Path, values: NDArray[np.float64], grid: Grid, stored: str = "int16") -> None:
    """A tiled, deflated GeoTIFF; int16 in hundredths, as reanalyses are packed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    west, north = grid.corner
    profile = {
        "driver": "GTiff",
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": stored,
        "crs": grid.crs,
        "transform": rasterio.Affine(grid.resolution, 0, west, 0, -grid.resolution, north),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 1,
        "nodata": -32768 if stored == "int16" else 0,
    }
    with rasterio.open(path, "w", **profile) as target:
        if stored == "int16":
            target.write((values * 1000).round().clip(-32767, 32767).astype("int16"), 1)
            target.scales = (0.001,)
        else:
            target.write(values.astype(stored), 1)


def make(folder: Path, winters: int, seed: int = 0) -> None:
    """Write everything that a prediction of `winters` winters needs."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    grid = Grid.from_extent(EXTENT, 0.1)
    months = sorted({m for k in range(winters) for m in WINTER.months_of(FIRST_WINTER + k)})
    lines, statics, bases = [], [], []
    for k in range(STATIC):
        field = smooth(rng, grid.shape)
        statics.append(field)
        write(folder / f"static_{k}.tif", field, grid)
        lines.append(f'[[predictor]]\nname = "static_{k}"\npath = "static_{k}.tif"\n')
    for k in range(MONTHLY):
        bases.append((smooth(rng, grid.shape), smooth(rng, grid.shape)))
        lines.append(
            f'[[predictor]]\nname = "monthly_{k}"\nwhen = "monthly"\n'
            f'path = "monthly_{k}/{{year}}_{{month:02d}}.tif"\n'
        )
    for month in months:
        for k, (mean, season) in enumerate(bases):
            write(
                folder / f"monthly_{k}/{month.year}_{month.month:02d}.tif",
                monthly_field(mean, season, month),
                grid,
            )
    land = np.argsort(statics[0].ravel())[-LAND_CELLS:]
    mask = np.zeros(grid.height * grid.width)
    mask[land] = 1
    write(folder / "domain.tif", mask.reshape(grid.shape), grid, "uint8")
    (folder / "catalogue.toml").write_text("\n".join(lines))

    catalogue = Catalogue.read(folder / "catalogue.toml")
    cells = rng.choice(land, SAMPLES)
    table = pd.DataFrame(
        {
            "site": [f"s{n}" for n in rng.integers(0, 300, SAMPLES)],
            "longitude": rng.uniform(-180, 180, SAMPLES),
            "latitude": 60.0 + rng.uniform(0, 20, SAMPLES),
            "year": FIRST_WINTER,
            "month": 1,
        }
    )
    for k, field in enumerate(statics):
        table[f"static_{k}"] = field.ravel()[cells].round(3)
    for k, (mean, season) in enumerate(bases):
        table[f"monthly_{k}"] = monthly_field(mean, season, Month(FIRST_WINTER, 1)).ravel()[cells]
    signal = table["monthly_0"] + table["static_1"] * table["monthly_1"] + table["static_2"]
    table["flux_g_m2_month"] = np.exp(signal * 0.4) * 10 + rng.normal(0, 2, SAMPLES)
    region = Region("arctic", WINTER, Box(-180.0, 27.0, 180.0, 84.0))
    # Folds by site: the area of applicability is told by them.
    settings = TrainingSettings(Hyperparameters(trees=TREES), validation=("site",))
    train(table, catalogue, [region], settings, threads=2).write(folder / "model.wco2")


def monthly_field(
    mean: NDArray[np.float64], season: NDArray[np.float64], month: Month
) -> NDArray[np.float64]:
    """A field that moves through the months and drifts over the years."""
    phase = 2 * np.pi * month.month / 12
    return mean + np.cos(phase) * season + 0.02 * (month.year - FIRST_WINTER)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
