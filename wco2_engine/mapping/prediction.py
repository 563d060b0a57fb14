"""Prediction: from a model and a catalogue to a folder of maps.

Each tile is computed for all its months and winters and kept on disk; then each map is put together
from the tiles, and all maps take their places at once. So memory follows the tile and not the
extent, inputs that do not change are read once a tile, a run that was killed goes on with the tiles
that it has, and the maps of an earlier run stay until all of the new ones are whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, overload

from wco2_engine.errors import Wco2Error
from wco2_engine.files import writable_folder
from wco2_engine.grid import Grid, Tile
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.opening import MAX_BLOCK_BYTES
from wco2_engine.inputs.predictors import Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.learning.compiling import ready
from wco2_engine.learning.model import Model
from wco2_engine.lock import locked
from wco2_engine.mapping.blocks import CellMonths, Work, prepare
from wco2_engine.mapping.checkpoints import TileCheckpoints
from wco2_engine.mapping.cluster import run_on_cluster
from wco2_engine.mapping.labelled import check_room, to_dataset
from wco2_engine.mapping.likeness import check_likeness
from wco2_engine.mapping.memory import CACHE, TILE_SIZES, Load, MemoryBudget, free_memory
from wco2_engine.mapping.output_folder import move_into_place, remove_outdated, write_maps
from wco2_engine.mapping.plan import (
    Schedule,
    check_complete,
    predictors_of,
    products_of,
    regions_of,
)
from wco2_engine.mapping.record import RECORD, beyond_training, uncalibrated, write_record
from wco2_engine.mapping.run_key import RunKey, identity_of, run_key
from wco2_engine.mapping.running import run_tiles
from wco2_engine.progress import Progress, Silent, SubProgress


@dataclass(frozen=True, repr=False)
class Prediction:
    """What a run made.

    Attributes
    ----------
    maps : the files, those of winters first, by quantity and time.
    cells : cells predicted.
    missing : by predictor, the cell-months that it left without a value.
    cell_months : rows of `region`, `year`, `predicted` and `outside`: how many cell-months were
        predicted, and how many of them lie outside the area of applicability (None where this was
        not asked for).
    notes : what was replaced by other years, which bounds are not calibrated, and which winters lie
        outside of those of training.
    """

    maps: tuple[Path, ...]
    cells: int
    missing: Mapping[str, int]
    cell_months: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Prediction({len(self.maps)} maps, {self.cells:,} cells, notes {list(self.notes)})"

    @property
    def counts(self) -> dict[str, Any]:
        """All but the files, as plain values."""
        return {
            "cells": self.cells,
            "cell_months": [dict(row) for row in self.cell_months],
            "missing_cell_months": dict(self.missing),
            "notes": list(self.notes),
        }


@overload
def predict(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    years: Sequence[int],
    output: Path | str,
    domain: Domain | None = ...,
    monthly: bool = ...,
    jobs: int = ...,
    tile_size: int | None = ...,
    progress: Progress | None = ...,
    memory: float = ...,
    scheduler: str | None = ...,
    interval: float | None = ...,
    applicability: bool = ...,
    members: bool = ...,
    mean: bool | None = ...,
) -> Prediction: ...


@overload
def predict(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    years: Sequence[int],
    output: None = None,
    domain: Domain | None = ...,
    monthly: bool = ...,
    jobs: int = ...,
    tile_size: int | None = ...,
    progress: Progress | None = ...,
    memory: float = ...,
    scheduler: str | None = ...,
    interval: float | None = ...,
    applicability: bool = ...,
    members: bool = ...,
    mean: bool | None = ...,
) -> Any: ...


def predict(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    years: Sequence[int],
    output: Path | str | None = None,
    domain: Domain | None = None,
    monthly: bool = False,
    jobs: int = 1,
    tile_size: int | None = None,
    progress: Progress | None = None,
    memory: float = 0.0,
    scheduler: str | None = None,
    interval: float | None = None,
    applicability: bool = False,
    members: bool = False,
    mean: bool | None = None,
) -> Any:
    """Map winter fluxes.

    Parameters
    ----------
    years : names of winters, as the model's regions name them.
    output : folder for `winter_flux/` and, with `monthly`, `monthly_flux/`; with `interval`,
        `winter_flux_lower/` and `winter_flux_upper/`, and the same of months; `applicability/` and
        `winter_flux_members/`; with `mean`, `winter_flux_mean/`. None for an `xarray.Dataset`
        instead of files.
    domain : the cells to predict; None for all that a region owns.
    jobs : tiles at a time, or with a scheduler, threads of one worker.
    tile_size : cells along the side of a tile; None for what `memory` allows. Tiles of an
        unfinished run keep their size. Nothing of this and of `jobs` changes a bit of the maps.
    memory : GB that the run, or one worker, may take; 0 for half of what is free here.
    scheduler : address of a Dask scheduler whose workers see the same files; None for threads.
    interval : the share of fluxes that the bounds hold, e.g. 0.9; None for no bounds. A winter's
        bound is the sum of its months' bounds: as if the errors of a cell's months went together,
        which is the cautious choice.
    applicability : map three bands: the dissimilarity index of the winter's worst month, how many
        of its months lie outside the area of applicability, and the local data point density of its
        least dense month.
    members : map the winters' sums of each member of the model's ensemble, a band each.
    mean : map the mean of the leaves too, of which totals are sums, in `winter_flux_mean/`; with
        `monthly`, of months too. None for where a region predicts another aggregate.

    Returns
    -------
    What was made and counted; without `output`, an `xarray.Dataset` with the same values: the
    quantities by name, `winter_flux (winter, lat, lon)` and so on, of applicability
    `dissimilarity_index`, `months_outside` and `local_point_density`; with coordinates, CRS and
    units as the CF conventions have them, float32, NaN where there is no value.

    Raises
    ------
    Wco2Error : when the model can't tell what is asked for, inputs are missing or in other units
        than in training, no cell is to be predicted, another run writes to the folder, or memory or
        disk do not suffice.
    Cancelled : when the user asked to stop. Finished tiles stay, and the next run of the same
        prediction uses them; without `output` nothing stays.

    Examples
    --------
    >>> from wco2_engine import Catalogue, Grid, Model, predict
    >>> model, catalogue = Model.read("results/model.wco2"), Catalogue.read("catalogue.toml")
    >>> grid = Grid.from_extent((100, 60, 110, 65), resolution=1.0)
    >>> maps = predict(model, catalogue, grid, years=[2001])
    >>> dict(maps.winter_flux.sizes)
    {'winter': 1, 'lat': 5, 'lon': 10}
    >>> predict(model, catalogue, grid, [2001], "maps_of_2001")
    Prediction(1 maps, 50 cells, notes [])
    """
    import rasterio

    progress = progress or Silent()
    products = products_of(model, monthly, interval, applicability, members, mean)
    schedule = Schedule.of([region.winter for region in regions_of(model)], years, products)
    budget = MemoryBudget(memory * 1e9 or free_memory() / 2)
    if output is None:
        check_room(schedule, grid, budget.total / 2)
    run = _prepared(model, catalogue, grid, domain, schedule, budget, jobs, progress)
    size = tile_size or _for_all(grid, run.tile_size, jobs)
    first, last = SubProgress(progress, 0.0, 0.9), SubProgress(progress, 0.9, 1.0)
    if output is None:
        with TemporaryDirectory(prefix="wco2-") as folder, rasterio.Env(GDAL_CACHEMAX=CACHE):
            computed = _compute(run, Path(folder), size, jobs, scheduler, first)
            last.update(0.0, "Putting maps together")
            maps = to_dataset(model, run.work, computed.tiles, computed.checkpoints, run.notes)
        progress.update(1.0, "Maps are ready")
        return maps
    output = Path(output)
    with locked(writable_folder(output)) as held, rasterio.Env(GDAL_CACHEMAX=CACHE):
        if not held:
            progress.note(f"{output} knows no locks. Start no second run in it.")
        computed = _compute(run, output, size, jobs, scheduler, first)
        checkpoints = computed.checkpoints
        write_maps(model, run.work, computed.tiles, checkpoints, jobs, last)
        names = [item.name for item in schedule.outputs]
        prediction = Prediction(
            tuple(output / name for name in names),
            computed.cells,
            computed.missing,
            computed.cell_months,
            run.notes,
        )
        path = checkpoints.map_path(Path(RECORD))
        write_record(path, model, grid, schedule, prediction.counts, run.identity)
        remove_outdated(output, schedule, progress)
        move_into_place(checkpoints, [*names, Path(RECORD)], output)
        checkpoints.remove()
    progress.update(1.0, "Maps are written")
    return prediction


@dataclass(frozen=True, eq=False)
class _Run:
    """What is known of a run before it computes anything; its inputs are checked.

    Attributes
    ----------
    key : everything that its tiles depend on.
    identity : of the catalogue.
    notes : what was replaced by other years, and which bounds are not calibrated.
    tile_size : the largest that memory allows.
    """

    model: Model
    catalogue: Catalogue
    work: Work
    key: RunKey
    identity: Mapping[str, str]
    notes: tuple[str, ...]
    tile_size: int


@dataclass(frozen=True, eq=False)
class _Computed:
    """Finished tiles, and what was counted in them; see `Prediction`."""

    checkpoints: TileCheckpoints
    tiles: Sequence[Tile]
    cells: int
    missing: Mapping[str, int]
    cell_months: tuple[Mapping[str, Any], ...]


def _prepared(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    domain: Domain | None,
    schedule: Schedule,
    budget: MemoryBudget,
    jobs: int,
    progress: Progress,
) -> _Run:
    """A run whose inputs are there and look like those of the training."""
    import rasterio

    predictors = predictors_of(model, catalogue)
    room = budget.room(_load(model, schedule), jobs)
    work = Work(grid, model.regions, predictors, schedule, domain, room.stack)
    most_block = min(budget.total / 4, MAX_BLOCK_BYTES)
    # From the first file on: the check looks at all parts of the map.
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Rasters(most_block=most_block) as rasters:
        sources = Sources(catalogue, rasters)
        replaced = check_complete(sources, predictors, schedule.months)
        progress.update(0.0, "Checking inputs")
        check_likeness(model, work, sources, rasters)
        key = run_key(model, work, sources)
    walk = ready(progress)
    prepare(model.regions, schedule.products)
    raw = uncalibrated(model, schedule.products)
    beyond = beyond_training(model, schedule.years)
    for note in (*(f"Missing data replaced. {note}" for note in replaced), *raw, *beyond):
        progress.note(note)
    if walk.name == "numpy":
        progress.note(f"Predicting with {walk.about}. The maps are the same.")
    identity = identity_of(catalogue, key)
    return _Run(model, catalogue, work, key, identity, (*replaced, *raw, *beyond), room.tile_size)


def _compute(
    run: _Run, folder: Path, tile_size: int, jobs: int, scheduler: str | None, progress: Progress
) -> _Computed:
    """Predict the tiles that a folder does not hold yet."""
    work = run.work
    checkpoints = TileCheckpoints.of(folder, run.key, tile_size, progress.note)
    tiles = work.grid.tiles(checkpoints.tile_size)
    there = sum(map(checkpoints.has, tiles))
    if there:
        progress.note(f"{there} of {len(tiles)} tiles are there already.")
    if scheduler is None:
        run_tiles(work, run.catalogue, tiles, checkpoints, jobs, progress)
    else:
        run_on_cluster(
            scheduler, run.model, work, run.catalogue, tiles, checkpoints, jobs, progress
        )
    counts = [checkpoints.counts(tile) for tile in tiles]
    cells = sum(count["cells"] for count in counts)
    if not cells:
        checkpoints.remove()
        raise Wco2Error(
            f"No cell is to be predicted: extent {list(work.grid.bounds)} ({work.grid.crs}) meets "
            f"no region{' or no domain' if work.domain else ''}.",
            "Check the extent and its CRS against the model's regions and the domain.",
        )
    missing = {p.name: sum(c["missing"].get(p.name, 0) for c in counts) for p in work.predictors}
    months = _cell_months(work, [count["cell_months"] for count in counts])
    return _Computed(checkpoints, tiles, cells, missing, months)


def _load(model: Model, schedule: Schedule) -> Load:
    products = schedule.products
    forests = [
        forest.nbytes
        for part in model.regions
        for forest in (part.forest, part.members)
        if forest is not None
    ]
    return Load(
        layers=schedule.n_layers,
        fluxes=len(products.ends) + products.members,
        predictors=len(model.predictors),
        months=max(len(winter.months) for winter in schedule.winters),
        model=sum(forests) + sum(part.features.nbytes for part in model.regions),
    )


def _for_all(grid: Grid, size: int, jobs: int) -> int:
    """The size of tiles, smaller where there would be fewer than jobs, down to the smallest."""
    return next(
        (each for each in TILE_SIZES if each <= size and len(grid.tiles(each)) >= jobs),
        min(size, TILE_SIZES[-1]),
    )


def _cell_months(work: Work, counts: Sequence[CellMonths]) -> tuple[Mapping[str, Any], ...]:
    """Cell-months predicted, and those outside, of all tiles together."""
    asked = work.schedule.products.applicability
    rows = []
    for region in work.regions:
        of_tiles = [count[region.name] for count in counts if region.name in count]
        for year in work.schedule.years:
            predicted, outside = (sum(c[str(year)][k] for c in of_tiles) for k in (0, 1))
            rows.append(
                {
                    "region": region.name,
                    "year": year,
                    "predicted": predicted,
                    "outside": outside if asked else None,
                }
            )
    return tuple(rows)
