"""The flux of one tile for all months and winters: the numbers of a map, before any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, project
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.predictors import PredictorReader, Sources, needed_months
from wco2_engine.inputs.rasters import FloatArray, Points, Rasters
from wco2_engine.inputs.regions import NO_REGION, Region, owner
from wco2_engine.learning.forest import Forest
from wco2_engine.mapping.plan import Schedule
from wco2_engine.season import Month

NODATA = np.float32(-9999.0)


@dataclass(frozen=True)
class Work:
    """Everything that predicting a tile needs; the same for all tiles of a run."""

    grid: Grid
    regions: tuple[Region, ...]
    forests: tuple[Forest, ...]
    predictors: tuple[Predictor, ...]
    schedule: Schedule
    domain: Domain | None


@dataclass(frozen=True, eq=False)
class Block:
    """The layers of one tile.

    Attributes
    ----------
    values : `(n_outputs, height, width)` float32 in the order of `Schedule.outputs`, nodata -9999;
        None where no cell is to be predicted.
    cells : cells that a region owns and that the domain holds.
    missing : by predictor, the cell-months that it left without a value.
    """

    values: NDArray[np.float32] | None
    cells: int = 0
    missing: dict[str, int] = field(default_factory=dict)


def predict_block(
    work: Work,
    sources: Sources,
    rasters: Rasters,
    tile: Tile,
    each_month: Callable[[], None] = lambda: None,
) -> Block:
    """Monthly fluxes and winter sums of a tile, in g C m-2.

    A winter's sum adds its months by time in float64; a cell that lacks one month has no sum.
    `each_month` is called before every month, and may raise to stop.
    """
    x, y = work.grid.centres(tile)
    cells, owners = cells_to_predict(work, rasters, x, y)
    if not cells.size:
        return Block(None)
    points = Points(x[cells], y[cells], work.grid.crs, work.grid.resolution)
    owned = [np.flatnonzero(owners == k) for k in range(len(work.regions))]
    columns = _Columns(work.predictors, PredictorReader(sources, rasters, points))

    schedule = work.schedule
    sums = np.zeros((len(schedule.years), cells.size))
    values = np.full((len(schedule.outputs), tile.height * tile.width), NODATA, np.float32)
    missing = dict.fromkeys((p.name for p in work.predictors), 0)
    for number, month in enumerate(schedule.months):
        each_month()
        flux = np.full(cells.size, np.nan)
        winters = [schedule.winter_of(k, month) for k in range(len(work.regions))]
        active = [k for k, year in enumerate(winters) if year is not None and owned[k].size]
        if active:
            features = columns.at(month)
            gaps = np.isnan(features)
            whole = ~np.any(gaps, axis=1)
        for k in active:
            for name, count in zip(missing, gaps[owned[k]].sum(axis=0), strict=True):
                missing[name] += int(count)
            rows = owned[k][whole[owned[k]]]
            flux[rows] = work.forests[k].predict(features[rows])
            sums[winters[k], owned[k]] += flux[owned[k]]
        if schedule.monthly:
            values[len(sums) + number, cells] = np.where(np.isnan(flux), NODATA, flux)
    values[: len(sums), cells] = np.where(np.isnan(sums), NODATA, sums)
    return Block(values.reshape(-1, tile.height, tile.width), int(cells.size), missing)


def cells_to_predict(
    work: Work, rasters: Rasters, x: FloatArray, y: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """Which of some cell centres `(n,)` a region owns and the domain holds, and who owns them."""
    longitude, latitude = project(x, y, work.grid.crs, GEOGRAPHIC)
    owners = owner(work.regions, longitude, latitude)
    cells = np.flatnonzero(owners != NO_REGION)
    if work.domain is not None and cells.size:
        here = Points(x[cells], y[cells], work.grid.crs, work.grid.resolution)
        cells = cells[work.domain.mask(rasters, here, longitude[cells], latitude[cells])]
    return cells, owners[cells]


class _Columns:
    """The feature matrix of one tile, of which only what changes with the month is read anew."""

    def __init__(self, predictors: Sequence[Predictor], reader: PredictorReader) -> None:
        self._predictors = predictors
        self._reader = reader
        self._latest: dict[str, tuple[tuple[Month, ...], NDArray[np.float32]]] = {}
        self._yearly: dict[tuple[str, tuple[Month, ...]], NDArray[np.float32]] = {}

    def at(self, month: Month) -> NDArray[np.float32]:
        """Values `(n_cells, n_predictors)` for one month, NaN where missing."""
        return np.column_stack([self._column(p, month) for p in self._predictors])

    def _column(self, predictor: Predictor, month: Month) -> NDArray[np.float32]:
        needed = needed_months(predictor, month)
        if predictor.when == "climatology":  # comes again every year, unlike what is dated
            key = (predictor.name, needed)
            if key not in self._yearly:
                self._yearly[key] = self._read(predictor, month)
            return self._yearly[key]
        latest = self._latest.get(predictor.name)
        if latest is None or latest[0] != needed:
            latest = (needed, self._read(predictor, month))
            self._latest[predictor.name] = latest
        return latest[1]

    def _read(self, predictor: Predictor, month: Month) -> NDArray[np.float32]:
        return self._reader.values(predictor, month).astype(np.float32)
