"""A look at all predictors of a catalogue, before anything is prepared or read."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Grid, project
from wco2_engine.inputs.availability import Availability, availability
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.season import Month
from wco2_engine.stack.looking import look
from wco2_engine.stack.tame import needs

PROBES = 4000  # cells of a map that are looked at, before its regions and domain are


def look_at(
    catalogue: Catalogue,
    by_year: Mapping[int, Sequence[Month]],
    points: Points | None,
    progress: Progress,
) -> list[Availability]:
    """What there is of each predictor, to be read as it is or to be prepared.

    Parameters
    ----------
    by_year : by the name of a winter, the months to predict.
    points : cells of the map, to see what predictors look like there.
    """
    months = sorted({month for each in by_year.values() for month in each})
    rows: dict[str, Availability] = {}
    tame = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, predictor in enumerate(catalogue.predictors):
            progress.update(0.5 * number / len(catalogue.predictors), f"Checking {predictor.name}")
            stop_if_cancelled(progress)
            try:
                (need,) = needs(replace(catalogue, predictors=(predictor,)), months)
            except Wco2Error:
                tame.append(predictor)  # what is wrong with it is told by the look at its files
                continue
            if not need.why:
                tame.append(need.predictor)
                continue
            where = f"{catalogue.file or 'The catalogue'}: predictor '{predictor.name}'"
            rows[predictor.name] = look(
                predictor, need.why, by_year, points, catalogue.folder, Path(scratch), where
            )
    plain = replace(catalogue, predictors=tuple(tame))
    for row in availability(plain, by_year, SubProgress(progress, 0.5, 1.0), points):
        rows[row.name] = row
    return [rows[name] for name in catalogue.names]


def probes(grid: Grid, regions: Sequence[Region], domain: Domain | None) -> Points:
    """Some cells of a map that are predicted, regularly over all of it."""
    step = max(1, math.ceil(math.sqrt(grid.width * grid.height / PROBES)))
    columns = np.arange(step // 2, grid.width, step)
    rows = np.arange(step // 2, grid.height, step)
    across, down = np.meshgrid(columns, rows)
    x = grid.cells.x(grid.first_column + across.ravel())
    y = grid.cells.y(grid.first_row + down.ravel())
    longitude, latitude = project(x, y, grid.crs, GEOGRAPHIC)
    held = np.ones(x.size, bool)
    if regions:
        held = assign_region(regions, longitude, latitude) != NO_REGION
    if domain is not None and held.any():
        chosen = np.flatnonzero(held)
        here = Points(x[chosen], y[chosen], grid.crs, grid.resolution)
        with Rasters() as rasters:
            held[chosen] = domain.mask(rasters, here, longitude[chosen], latitude[chosen])
    return Points(x[held], y[held], grid.crs, grid.resolution)
