"""What a user would write: rasterio and scikit-learn, whole rasters, a loop over the months.

`python benchmarks/plain_script.py FOLDER WINTERS OUTPUT` is the bar that the pipeline is held
against. The forest is grown from the model's own training data with its own settings.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from wco2_engine.learning.model import Model

folder, winters, output = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
model = Model.read(folder / "model.wco2")
part = model.regions[0]
names = [predictor.name for predictor in model.predictors]
forest = ExtraTreesRegressor(
    n_estimators=model.settings["trees"],
    max_features=model.settings["max_features"],
    random_state=model.settings["seed"],
    n_jobs=2,
).fit(part.features, part.target)


def values(path: Path) -> NDArray[np.float32]:
    """A raster's values in the domain, scaled in float64 and rounded once, to what a forest takes.

    Scaled in float32, more than half of them would differ in the last bit from what the model was
    trained on.
    """
    with rasterio.open(path) as source:
        return (source.read(1)[domain] * source.scales[0]).astype(np.float32)


with rasterio.open(folder / "domain.tif") as source:
    domain = source.read(1) == 1
    profile = source.profile | {"dtype": "float32", "nodata": -9999.0}
static = {}
for name in names:
    if name.startswith("static"):
        static[name] = values(folder / f"{name}.tif")
output.mkdir(parents=True, exist_ok=True)
for year in range(1983, 1983 + winters):
    total = np.zeros(int(domain.sum()))
    months = [(year - 1, m) for m in (10, 11, 12)] + [(year, m) for m in (1, 2, 3, 4)]
    for y, m in months:
        columns = []
        for name in names:
            if name in static:
                columns.append(static[name])
                continue
            columns.append(values(folder / name / f"{y}_{m:02d}.tif"))
        total += forest.predict(np.column_stack(columns))
    winter = np.full(domain.shape, -9999.0, np.float32)
    winter[domain] = total
    with rasterio.open(output / f"winter_flux_{year}.tif", "w", **profile) as target:
        target.write(winter, 1)
