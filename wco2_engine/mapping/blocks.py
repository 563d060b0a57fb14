"""The numbers of one tile for all months and winters: what maps hold, before any file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, project
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.predictors import PredictorReader, Sources, needed_months
from wco2_engine.inputs.rasters import FloatArray, Points, Rasters
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.mapping.plan import (
    APPLICABILITY,
    MEMBERS,
    MONTHLY_FLUX,
    WINTER_FLUX,
    Products,
    Schedule,
)
from wco2_engine.mapping.writer import NODATA
from wco2_engine.season import Month

# Rows that go to the forest in one call. It brings those together that are alike among so many.
STACK_ROWS = 65_536
# Cells go to the forest in squares of so many along a side: near cells are alike, and their rows
# then take the same ways through the trees.
SQUARE = 16

CellMonths = Mapping[str, Mapping[str, Sequence[int]]]


@dataclass(frozen=True)
class Work:
    """Everything that predicting a tile needs; the same for all tiles of a run.

    Attributes
    ----------
    models : one a region; the first region that holds a cell owns it.
    stack : rows to predict at once, where a tile has fewer cells than that.
    """

    grid: Grid
    models: tuple[RegionModel, ...]
    predictors: tuple[Predictor, ...]
    schedule: Schedule
    domain: Domain | None
    stack: int = STACK_ROWS

    @property
    def regions(self) -> tuple[Region, ...]:
        return tuple(model.region for model in self.models)


@dataclass(frozen=True, eq=False)
class Block:
    """The layers of one tile.

    Attributes
    ----------
    cells : `(n_cells,)`, those that a region owns and that the domain holds, by their place in the
        tile, counted by lines; ascending.
    values : `(n_layers, n_cells)` float32 as in `Schedule.layers`, nodata -9999.
    missing : by predictor, the cell-months that it left without a value.
    cell_months : by region and year, how many cell-months were predicted, and how many of these lie
        outside the area of applicability (0 where this is not asked for).
    """

    cells: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    values: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    missing: Mapping[str, int] = field(default_factory=dict)
    cell_months: CellMonths = field(default_factory=dict)


def predict_block(
    work: Work,
    sources: Sources,
    rasters: Rasters,
    tile: Tile,
    tell: Callable[[float], None] = lambda _: None,
) -> Block:
    """Monthly fluxes and winter sums of a tile, in g C m-2.

    A winter's sum adds its months by time in float64; a cell that lacks one month has no sum.
    `tell` is called often with the share of the tile that is done, and may raise to stop.
    """
    x, y = work.grid.centres(tile)
    cells, owners = cells_to_predict(work, rasters, x, y)
    values = np.full((work.schedule.n_layers, cells.size), NODATA, np.float32)
    missing: Counter[str] = Counter({predictor.name: 0 for predictor in work.predictors})
    cell_months: dict[str, dict[str, list[int]]] = {}
    steps = _Steps(tell, cells.size * len(work.schedule.years))
    for k, model in enumerate(work.models):
        owned = np.flatnonzero(owners == k)
        if owned.size:
            owned = owned[_by_squares(cells[owned], tile.width)]
            here = cells[owned]
            points = Points(x[here], y[here], work.grid.crs, work.grid.resolution)
            reader = PredictorReader(sources, rasters, points)
            part = _RegionTile(work, model, _Columns(work.predictors, reader, owned.size), owned)
            cell_months[model.region.name] = part.predict(values, missing, steps)
    return Block(cells, values, dict(missing), cell_months)


def cells_to_predict(
    work: Work, rasters: Rasters, x: FloatArray, y: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """Which of some cell centres `(n,)` a region owns and the domain holds, and who owns them."""
    longitude, latitude = project(x, y, work.grid.crs, GEOGRAPHIC)
    owners = assign_region(work.regions, longitude, latitude)
    cells = np.flatnonzero(owners != NO_REGION)
    if work.domain is not None and cells.size:
        here = Points(x[cells], y[cells], work.grid.crs, work.grid.resolution)
        cells = cells[work.domain.mask(rasters, here, longitude[cells], latitude[cells])]
    return cells, owners[cells]


def winter_rows(
    work: Work,
    sources: Sources,
    rasters: Rasters,
    model: RegionModel,
    x: FloatArray,
    y: FloatArray,
    year: int,
) -> NDArray[np.float32]:
    """What a region's forest would be asked about cells `(n_cells,)` in the months of a winter.

    Returns
    -------
    `(n_cells, n_months, n_predictors)`, NaN where a predictor is missing.
    """
    months = model.region.winter.months_of(year)
    reader = PredictorReader(sources, rasters, Points(x, y, work.grid.crs, work.grid.resolution))
    columns = _Columns(work.predictors, reader, len(x))
    columns.hold(sorted(months), lambda: None)
    rows = model.without_unknown(columns.at(months))
    return np.ascontiguousarray(
        rows.reshape(len(months), len(x), len(work.predictors)).swapaxes(0, 1)
    )


def prepare(models: Sequence[RegionModel], products: Products) -> None:
    """Derive from the models what all threads share, so that none waits or does it again.

    Raises
    ------
    Wco2Error : when a model can't tell what is asked for.
    """
    for model in models:
        _fluxes(model, products, model.features[:1])
        if products.applicability:
            _applicability(model, model.features[:1])


@dataclass(frozen=True, eq=False)
class _RegionTile:
    """A region's cells of a tile, `owned` being their columns in the tile's layers."""

    work: Work
    model: RegionModel
    columns: _Columns
    owned: NDArray[np.intp]

    def predict(
        self, values: NDArray[np.float32], missing: Counter[str], steps: _Steps
    ) -> dict[str, list[int]]:
        """Fill the cells' layers `(n_layers, n_cells of the tile)`, and count what is missing.

        Winters are taken in groups. For all of a group, the same month of the year goes to the
        forest at once: what does not change from year to year is then equal, and the forest is fast
        where rows are alike. What a row becomes does not depend on its company.

        Returns
        -------
        By year, the cell-months predicted, and those outside the area of applicability.
        """
        schedule, winter = self.work.schedule, self.model.region.winter
        products, n_cells = schedule.products, self.owned.size
        step = n_cells / (2 * len(winter.months))  # each month is read, and predicted
        counts: dict[str, list[int]] = {}
        for years in _groups(schedule.years, max(1, self.work.stack // n_cells)):
            winters = [winter.months_of(year) for year in years]
            by_time = sorted(month for months in winters for month in months)
            self.columns.hold(by_time, lambda: steps.add(step))
            sums = _Sums.of(products, len(years), n_cells)
            for months in zip(*winters, strict=True):
                rows = self.model.without_unknown(self.columns.at(months))
                gaps = np.isnan(rows)
                for name, count in zip(missing, gaps.sum(axis=0).tolist(), strict=True):
                    missing[name] += count
                whole: NDArray[np.bool_] = ~np.any(gaps, axis=1)
                fluxes = sums.add(self.model, products, rows, whole)
                if products.monthly:
                    for end, flux in zip(products.ends, fluxes, strict=False):
                        for month, each in zip(months, flux, strict=True):
                            self._write(values, MONTHLY_FLUX + end, str(month), each[np.newaxis])
                steps.add(step * len(months))
            sums.calibrate(self.model, products)
            for k, year in enumerate(map(str, years)):
                for end, total in zip(products.ends, sums.fluxes, strict=False):
                    self._write(values, WINTER_FLUX + end, year, total[np.newaxis, k])
                if products.members:
                    members = sums.fluxes[len(products.ends) :, k]
                    self._write(values, MEMBERS, year, members)
                if products.applicability:
                    self._write(values, APPLICABILITY, year, sums.applicability[:, k])
                counts[year] = [int(sums.predicted[k]), int(sums.outside[k])]
        return counts

    def _write(
        self, values: NDArray[np.float32], quantity: str, time: str, found: FloatArray
    ) -> None:
        """Put `(n_bands, n_cells)` into the layers of a quantity at one time."""
        layers = values[self.work.schedule.layers[quantity, time]]
        layers[:, self.owned] = np.where(np.isnan(found), NODATA, found)


@dataclass(frozen=True, eq=False)
class _Sums:
    """What some winters have added up to, month after month; NaN where a month is missing.

    Attributes
    ----------
    fluxes : `(n_fluxes, n_winters, n_cells)`: estimate, bounds, mean and members.
    applicability : `(3, n_winters, n_cells)`: the worst dissimilarity index, months outside, and
        the least local point density.
    predicted, outside : `(n_winters,)`, cell-months.
    """

    fluxes: FloatArray
    applicability: FloatArray
    predicted: NDArray[np.int64]
    outside: NDArray[np.int64]

    @classmethod
    def of(cls, products: Products, n_winters: int, n_cells: int) -> _Sums:
        shape = n_winters, n_cells
        applicability = np.zeros((3 if products.applicability else 0, *shape))
        applicability[2:] = np.inf
        return cls(
            fluxes=np.zeros((len(products.ends) + products.members, *shape)),
            applicability=applicability,
            predicted=np.zeros(n_winters, np.int64),
            outside=np.zeros(n_winters, np.int64),
        )

    def add(
        self,
        model: RegionModel,
        products: Products,
        rows: NDArray[np.float32],
        whole: NDArray[np.bool_],
    ) -> FloatArray:
        """Predict a month of each winter and add it.

        Parameters
        ----------
        rows : `(n_winters * n_cells, n_features)`.
        whole : which of them lack no predictor.

        Returns
        -------
        Of this month, what `fluxes` adds up.
        """
        complete = rows if whole.all() else rows[whole]
        found = _fluxes(model, products, complete)
        fluxes = _spread(found, whole).reshape(self.fluxes.shape)
        self.fluxes[...] += fluxes
        self.predicted[...] += whole.reshape(len(self.predicted), -1).sum(axis=1)
        if products.applicability:
            found = _applicability(model, complete)
            di, outside, density = _spread(found, whole).reshape(self.applicability.shape)
            worst, months, least = self.applicability
            np.maximum(worst, di, out=worst)
            months += outside
            np.minimum(least, density, out=least)
            self.outside[...] += np.count_nonzero(outside > 0, axis=1)
        return fluxes

    def calibrate(self, model: RegionModel, products: Products) -> None:
        """Make bounds of winters of the sums of months' bounds, when all months are added."""
        if products.interval is not None:
            estimate, lower, upper = self.fluxes[:3]
            self.fluxes[1:3] = model.winter_bounds(estimate, lower, upper, products.interval)


class _Columns:
    """Predictors at one set of cells, each read once for all months that see the same of it."""

    def __init__(
        self, predictors: Sequence[Predictor], reader: PredictorReader, n_cells: int
    ) -> None:
        self._predictors = predictors
        self._reader = reader
        self._n_cells = n_cells
        self._held: dict[tuple[str, tuple[Month, ...]], NDArray[np.float32]] = {}

    def hold(self, months: Sequence[Month], each_month: Callable[[], None]) -> None:
        """Read what some months need and was not held, by time, and let go of all else."""
        wanted = {_key(p, month) for p in self._predictors for month in months}
        self._held = {key: values for key, values in self._held.items() if key in wanted}
        for month in months:
            for predictor in self._predictors:
                key = _key(predictor, month)
                if key not in self._held:
                    self._held[key] = self._reader.values(predictor, month).astype(np.float32)
            each_month()

    def at(self, months: Sequence[Month]) -> NDArray[np.float32]:
        """Values `(n_months * n_cells, n_predictors)` of months that are held, NaN if missing."""
        rows = np.empty((len(months), self._n_cells, len(self._predictors)), np.float32)
        for k, month in enumerate(months):
            for column, predictor in enumerate(self._predictors):
                rows[k, :, column] = self._held[_key(predictor, month)]
        return rows.reshape(-1, len(self._predictors))


class _Steps:
    """Tells the share of a tile that is done."""

    def __init__(self, tell: Callable[[float], None], total: float) -> None:
        self._tell, self._total, self._done = tell, total, 0.0

    def add(self, steps: float) -> None:
        self._done += steps
        self._tell(min(1.0, self._done / self._total))


def _fluxes(
    model: RegionModel, products: Products, rows: NDArray[np.float32]
) -> NDArray[np.float64]:
    """What is summed over a winter: estimate, bounds, mean and members, one a line."""
    flux, bounds, mean = model.estimates(rows, products.interval)
    found = [flux, *bounds, *([mean] if products.mean else [])]
    if products.members:
        found += list(model.predict_members(rows))
    return np.stack(found)


def _applicability(model: RegionModel, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """`(3, n_rows)`: dissimilarity index, whether it is outside, and local point density."""
    area = model.applicability
    found = None if area is None else area.predict(rows)
    if found is None or found.lpd is None:  # which `products_of` refuses before a run
        raise ValueError(f"region '{model.region.name}' can't tell its area of applicability")
    return np.stack([found.di, ~found.inside, found.lpd]).astype(np.float64)


def _spread(found: FloatArray, whole: NDArray[np.bool_]) -> FloatArray:
    """`(n, n_rows)` from `(n, n_whole)`: NaN for rows that are not whole."""
    if whole.all():
        return found
    spread = np.full((len(found), whole.size), np.nan)
    spread[:, whole] = found
    return spread


def _key(predictor: Predictor, month: Month) -> tuple[str, tuple[Month, ...]]:
    return predictor.name, needed_months(predictor, month)


def _groups(years: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(years), size):
        yield years[first : first + size]


def _by_squares(cells: NDArray[np.intp], width: int) -> NDArray[np.intp]:
    """The order of a tile's cells by its squares, and by lines within them."""
    row, column = np.divmod(cells, width)
    return np.lexsort((column, row, column // SQUARE, row // SQUARE))
