"""Prediction: from a model and a catalogue to a folder of maps.

Each tile is computed for all its months and winters and kept on disk; then each map is put together
from the tiles, and all maps take their places at once. So memory follows the tile and not the
extent, inputs that do not change are read once a tile, a run that was killed goes on with the tiles
that it has, and the maps of an earlier run stay until all of the new ones are whole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.files import file_state, writable_folder, written_whole
from wco2_engine.grid import Grid, Tile
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.predictors import PredictorReader, Sources, likely_unit
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.learning.forest import walker
from wco2_engine.learning.model import Model
from wco2_engine.mapping.blocks import Work, cells_to_predict
from wco2_engine.mapping.cluster import run_on_cluster
from wco2_engine.mapping.lock import locked
from wco2_engine.mapping.memory import Budget, free_memory
from wco2_engine.mapping.parts import Facts, Parts
from wco2_engine.mapping.plan import (
    Schedule,
    check_complete,
    predictors_of,
    regions_of,
)
from wco2_engine.mapping.running import run_tiles
from wco2_engine.mapping.writer import write_map
from wco2_engine.progress import Part, Progress, Silent, stop_if_cancelled

RECORD = "prediction.json"
PROBE_CELLS = 4000  # looked at before a run, to find another unit than that of the training


@dataclass(frozen=True)
class Prediction:
    """What a run made.

    Attributes
    ----------
    maps : the files, in the order of time, winters first.
    cells : cells predicted.
    missing : by predictor, the cell-months that it left without a value.
    notes : what was replaced by other years.
    """

    maps: tuple[Path, ...]
    cells: int
    missing: Mapping[str, int]
    notes: tuple[str, ...]


def predict(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    years: Sequence[int],
    output: Path,
    domain: Domain | None = None,
    monthly: bool = False,
    jobs: int = 1,
    tile_size: int | None = None,
    progress: Progress | None = None,
    memory: float = 0.0,
    scheduler: str | None = None,
) -> Prediction:
    """Map winter fluxes.

    Parameters
    ----------
    years : names of winters, as the model's regions name them.
    output : folder for `winter_flux/` and, with `monthly`, `monthly_flux/`.
    domain : the cells to predict; None for all that a region owns.
    jobs : tiles at a time, or with a scheduler, threads of one worker.
    tile_size : cells along the side of a tile; None for what `memory` allows. Tiles of an
        unfinished run keep their size. Nothing of this and of `jobs` changes a bit of the maps.
    memory : GB that the run, or one worker, may take; 0 for half of what is free here.
    scheduler : address of a Dask scheduler whose workers see the same files; None for threads.

    Raises
    ------
    Wco2Error : when inputs are missing or in other units than in training, no cell is to be
        predicted, another run writes to the folder, or memory or disk do not suffice.
    Cancelled : when the user asked to stop. Finished tiles stay, and the next run of the same
        prediction uses them.
    """
    import rasterio

    progress = progress or Silent()
    regions = regions_of(model)
    schedule = Schedule.of([region.winter for region in regions], years, monthly)
    predictors = predictors_of(model, catalogue)
    work = Work(
        grid=grid,
        regions=regions,
        forests=tuple(part.forest for part in model.regions),
        predictors=predictors,
        schedule=schedule,
        domain=domain,
    )
    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        notes = check_complete(sources, predictors, schedule.months)
        progress.update(0.0, "Checking inputs")
        _check_likeness(model, work, sources, rasters)
        facts = _facts(model, work, sources)
    for note in notes:
        progress.note(f"Missing data replaced. {note}")
    walk = walker()
    if walk.name == "numpy":
        progress.note(f"Predicting with {walk.about}. The maps are the same.")

    budget = Budget(memory * 1e9 or free_memory() / 2)
    size = tile_size or budget.tile_size(
        outputs=len(schedule.outputs),
        predictors=len(predictors),
        jobs=jobs,
        model=sum(part.forest.nbytes + part.features.nbytes for part in model.regions),
    )
    with locked(writable_folder(output)) as held, rasterio.Env(GDAL_CACHEMAX=budget.cache):
        if not held:
            progress.note(f"{output} knows no locks. Start no second run in it.")
        parts = Parts.of(output, facts, size, progress.note)
        tiles = grid.tiles(parts.tile_size)
        there = sum(map(parts.has, tiles))
        if there:
            progress.note(f"{there} of {len(tiles)} tiles are there already.")
        first = Part(progress, 0.0, 0.9)
        if scheduler is None:
            run_tiles(work, catalogue, tiles, parts, jobs, first)
        else:
            run_on_cluster(scheduler, model, work, catalogue, tiles, parts, budget.cache, first)
        counts = [parts.facts(tile) for tile in tiles]
        cells = sum(count["cells"] for count in counts)
        if not cells:
            parts.remove()
            raise Wco2Error(
                f"No cell is to be predicted: extent {list(grid.bounds)} ({grid.crs}) meets no "
                f"region{' or no domain' if domain else ''}.",
                "Check the extent and its CRS against the model's regions and the domain.",
            )
        missing = {p.name: sum(c["missing"].get(p.name, 0) for c in counts) for p in predictors}
        _assemble(model, work, tiles, parts, Part(progress, 0.9, 1.0))
        names = [item.name for item in schedule.outputs]
        prediction = Prediction(tuple(output / name for name in names), cells, missing, notes)
        _write_record(parts.map_path(Path(RECORD)), model, work, prediction, names)
        _publish(parts, [*names, Path(RECORD)], output)
        parts.remove()
    progress.update(1.0, "Maps are written")
    return prediction


def _assemble(
    model: Model,
    work: Work,
    tiles: Sequence[Tile],
    parts: Parts,
    progress: Progress,
) -> None:
    """Put the maps together that an earlier, unfinished run did not."""
    outputs = work.schedule.outputs
    tags = _tags(model)
    for index, item in enumerate(outputs):
        stop_if_cancelled(progress)
        progress.update(index / len(outputs), f"Writing {item.name.name}")
        path = parts.map_path(item.name)
        if path.is_file():
            continue
        layers = ((tile, parts.layer(tile, index)) for tile in tiles)
        blocks = ((tile, values) for tile, values in layers if values is not None)
        write_map(path, work.grid, item, blocks, tags)


def _publish(parts: Parts, names: Sequence[Path], output: Path) -> None:
    """Move all finished maps to their places, and what describes them last."""
    for name in names:
        path = output / name
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            parts.map_path(name).replace(path)


def _tags(model: Model) -> dict[str, str]:
    """What every map says of its origin."""
    title = str(model.provenance.get("title", ""))
    return {
        "TIFFTAG_SOFTWARE": f"wco2_engine {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": title or "Winter CO2 flux",
        "WCO2_MODEL_FINGERPRINT": model.fingerprint,
        "WCO2_REGIONS": json.dumps(
            {part.region.name: str(part.region.winter) for part in model.regions}
        ),
        "LICENSE": str(model.provenance.get("licence", "")) or "not stated",
        **({"SIMULATED": "yes"} if model.simulated else {}),
    }


def _facts(model: Model, work: Work, sources: Sources) -> Facts:
    """What makes one run the same as another: everything that its tiles depend on.

    Not the tile's size, which changes no cell.
    """
    schedule = work.schedule
    domain = [repr(work.domain)] if work.domain is not None else []
    if work.domain is not None and work.domain.raster:
        domain.append(file_state(work.domain.raster))
    return {
        "version": [__version__],
        "model": [model.fingerprint, json.dumps(_tags(model), sort_keys=True)],
        "catalogue": [repr(predictor) for predictor in work.predictors],
        "files": sources.states(work.predictors, schedule.months),
        "grid": [repr(work.grid)],
        "years": [str(year) for year in schedule.years],
        "winters": [repr(schedule.winters)],
        "monthly": [str(schedule.monthly)],
        "domain": domain,
    }


def _check_likeness(model: Model, work: Work, sources: Sources, rasters: Rasters) -> None:
    """Compare the inputs, at some cells of the first month, with what the forests were trained on.

    Raises
    ------
    Wco2Error : when a predictor's median lies far outside the training range and another unit would
        bring it inside.
    """
    grid = work.grid
    step = max(1, math.ceil(math.sqrt(grid.width * grid.height / PROBE_CELLS)))
    columns = np.arange(step // 2, grid.width, step)
    rows = np.arange(step // 2, grid.height, step)
    across, down = np.meshgrid(columns, rows)
    x = grid.cells.x(grid.first_column + across.ravel())
    y = grid.cells.y(grid.first_row + down.ravel())
    held, _ = cells_to_predict(work, rasters, x, y)
    if not held.size:
        return
    points = Points(x[held], y[held], grid.crs, grid.resolution)
    reader = PredictorReader(sources, rasters, points)
    month = work.schedule.months[0]
    low = np.min([part.features.min(axis=0) for part in model.regions], axis=0)
    high = np.max([part.features.max(axis=0) for part in model.regions], axis=0)
    for k, predictor in enumerate(work.predictors):
        values = reader.values(predictor, month)
        if np.isnan(values).all():
            continue
        median, span = float(np.nanmedian(values)), float(high[k] - low[k])
        near = float(low[k]) - span, float(high[k]) + span
        hint = likely_unit(median, *near)
        if not near[0] <= median <= near[1] and hint:
            raise Wco2Error(
                f"Predictor '{predictor.name}' has a median of {median:.4g} {predictor.to} in "
                f"{month}, but the model was trained on {low[k]:.4g} to {high[k]:.4g}.",
                hint,
            )


def _write_record(
    path: Path, model: Model, work: Work, prediction: Prediction, names: Sequence[Path]
) -> None:
    """A file beside the maps that says what they are and what is missing in them."""
    record: dict[str, Any] = {
        "model": model.fingerprint,
        "title": model.provenance.get("title", ""),
        "simulated": model.simulated,
        "grid": work.grid.to_json(),
        "years": list(work.schedule.years),
        "months": [str(month) for month in work.schedule.months],
        "cells": prediction.cells,
        "missing_cell_months": dict(prediction.missing),
        "notes": list(prediction.notes),
        "maps": [name.as_posix() for name in names],
    }
    with written_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
