"""How much ground lies outside a model's area of applicability, by region and winter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.series import MapSeries
from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.inputs.regions import assign_region
from wco2_engine.learning.model import Model

ROWS = 256  # of a map at a time, so that memory does not grow with it
MONTHS_BAND = 2
KM2 = 1e-6


def outside_area(
    model: Model, folder: Path, each_strip: Callable[[], None] = lambda: None
) -> list[dict[str, Any]]:
    """Rows of `region`, `year`, `mapped_km2`, and as shares of that ground: `outside_any`, where at
    least one month is outside, `outside_all`, where all are, and `outside_months`, the mean share
    of the winter's months.

    Parameters
    ----------
    folder : of the prediction whose `applicability/` maps are read.
    each_strip : called now and then; may raise to stop.

    Raises
    ------
    Wco2Error : when the maps can't be read.
    """
    series = MapSeries.read(folder, "applicability")
    regions = [part.region for part in model.regions]
    months = np.array([len(region.winter.months) for region in regions], np.float64)
    sums = np.zeros((len(series.years), len(regions), 4))
    for tile in series.grid.strips(ROWS):
        each_strip()
        x, y = series.grid.centres(tile)
        owners = assign_region(regions, *project(x, y, series.grid.crs, GEOGRAPHIC))
        area = np.asarray(cell_areas(series.grid, tile), np.float64).reshape(-1)
        for k, year in enumerate(series.years):
            found = series.values(year, tile, MONTHS_BAND).reshape(-1)
            here = np.flatnonzero(np.isfinite(found) & (owners >= 0))
            own, ground, count = owners[here], area[here], found[here]
            every = months[own]
            parts = (np.ones(len(here)), count > 0, count >= every, count / every)
            for column, part in enumerate(np.asarray(parts, np.float64)):
                sums[k, :, column] += np.bincount(own, ground * part, minlength=len(regions))
    rows = []
    for at, region in enumerate(regions):
        for k, year in enumerate(series.years):
            ground, some, all_, share = sums[k, at]
            if ground > 0:
                rows.append(
                    {
                        "region": region.name,
                        "year": year,
                        "mapped_km2": float(ground * KM2),
                        "outside_any": float(some / ground),
                        "outside_all": float(all_ / ground),
                        "outside_months": float(share / ground),
                    }
                )
    return rows
