"""Where the next sites would help most: on a sample of a map's cells, and for each of its cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.tables import Row, read_rows, write_rows
from wco2_engine.errors import Wco2Error, gdal_errors
from wco2_engine.files import atomic_write
from wco2_engine.grid import GEOGRAPHIC, Grid, Tile, project
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.opening import open_raster
from wco2_engine.inputs.predictors import Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.learning.representation import Demand, Pick, next_sites
from wco2_engine.mapping.blocks import Work, cells_to_predict, winter_rows
from wco2_engine.mapping.likeness import check_likeness
from wco2_engine.mapping.memory import CACHE
from wco2_engine.mapping.plan import (
    Products,
    Schedule,
    check_complete,
    predictors_of,
    products_of,
    regions_of,
)
from wco2_engine.mapping.record import tags_of
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled

FloatArray = NDArray[np.float64]

LEVEL = 0.9  # of intervals
NEARER = 0.1  # a cell gets nearer when its DI falls by this share
KM2 = 1e-6
TILE = 256  # cells along the side of what is looked at together
QUANTITY = "next_sites"
VERB = "wco2 next-sites"
OF_MAP = ("mean_di", "outside_share", "area_km2", "cells", "sampled", "incomplete")
BANDS = (
    Band("Fall of the map's mean dissimilarity index if a site stood here", "1"),
    Band("Dissimilarity index, mean of the winter's months", "1"),
)
COLUMNS: Mapping[str, type] = {
    **{"rank": int, "region": str, "longitude": float, "latitude": float, "di": float},
    **{"months_outside": int, "interval_width": float, "gain": float, "mean_di": float},
    **{"outside_share": float, "nearer_km2": float},
}


@dataclass(frozen=True, eq=False)
class NextSites:
    """What was found.

    Parameters
    ----------
    rows : the sites, best first; see `COLUMNS`.
    mean_di, outside_share : of the map as it is, by weight: the mean over cells and months, and how
        many of these are outside the area of applicability.
    area_km2 : ground of all cells to be predicted.
    cells, sampled, incomplete : cells of the map, cells that were looked at, and those among them
        that lack a predictor and were left out.
    """

    work: Work
    catalogue: Catalogue
    year: int
    demands: tuple[Demand | None, ...]
    rows: tuple[Row, ...]
    mean_di: float
    outside_share: float
    area_km2: float
    cells: int
    sampled: int
    incomplete: int
    notes: tuple[str, ...]

    def of_map(self) -> dict[str, float]:
        """What is told of the map as it is."""
        return {key: getattr(self, key) for key in OF_MAP}

    def facts(self) -> dict[str, Any]:
        """All but the maps, as plain values."""
        return {
            "winter": self.year,
            **self.of_map(),
            "sites": list(self.rows),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class _Sample:
    """Cells drawn alike: where they are `(n,)`, who owns them, and their ground, m2."""

    x: FloatArray
    y: FloatArray
    owner: NDArray[np.int16]
    area: FloatArray


def find_next_sites(
    model: Model,
    catalogue: Catalogue,
    grid: Grid,
    year: int,
    count: int = 10,
    sample: int = 1000,
    seed: int = 0,
    weigh: str = "area",
    domain: Domain | None = None,
    progress: Progress | None = None,
) -> NextSites:
    """The cells whose measuring through a winter would bring the map's mean DI down most.

    Parameters
    ----------
    year : the winter whose conditions count, by its name.
    sample : cells that are looked at, drawn alike; all where there are no more.
    weigh : "area", or "interval" for ground to count by the width of its months' intervals too.

    Raises
    ------
    Wco2Error : when the model holds no validation by places, inputs are missing or in other units
        than in training, or no cell is to be predicted.
    Cancelled : when the user asks to stop.
    """
    import rasterio

    from wco2_engine.progress import Silent

    progress = progress or Silent()
    products_of(model, False, None, True, False)
    schedule = Schedule.of([region.winter for region in regions_of(model)], [year], Products())
    work = Work(grid, model.regions, predictors_of(model, catalogue), schedule, domain)
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        notes = check_complete(sources, work.predictors, schedule.months)
        check_likeness(model, work, sources, rasters)
        drawn, cells, ground = _drawn(work, rasters, sample, seed, SubProgress(progress, 0.0, 0.2))
        demands: list[Demand | None] = []
        places: list[NDArray[np.intp]] = []
        rows_of: list[NDArray[np.float32]] = []
        for k, part in enumerate(model.regions):
            stop_if_cancelled(progress)
            progress.update(0.2 + 0.3 * k / len(model.regions), "Reading conditions")
            own = np.flatnonzero(drawn.owner == k)
            rows = winter_rows(work, sources, rasters, part, drawn.x[own], drawn.y[own], year)
            whole = np.isfinite(rows).all(axis=(1, 2))
            places.append(own[whole])
            rows_of.append(rows[whole])
            demands.append(_demand(part, rows[whole], drawn.area[own[whole]], weigh))
    demands = _normalised(demands)
    there = [k for k, demand in enumerate(demands) if demand is not None]
    if not there:
        raise Wco2Error(
            f"None of the {len(drawn.x)} cells that were looked at has all predictors.",
            "Look at their coverage with wco2 check, or at the domain.",
        )
    known = [demand for demand in demands if demand is not None]
    rest = SubProgress(progress, 0.5, 1.0)

    def check(share: float) -> None:
        stop_if_cancelled(rest)
        rest.update(share, "Comparing sites")

    picks = next_sites(known, count, check)
    if not picks:
        raise Wco2Error(
            "No cell that was looked at would bring the dissimilarity index down: all are like the "
            "training.",
            "Look at more cells (sample), or at another winter.",
        )
    thresholds = [_area_of(model.regions[k]).threshold_ for k in there]
    sites = _rows(model, work, drawn, picks, there, known, thresholds, places, rows_of, ground)
    return NextSites(
        work,
        catalogue,
        year,
        tuple(demands),
        tuple(sites),
        _mean([demand.di for demand in known], known),
        _outside([demand.di for demand in known], known, thresholds),
        float(ground * KM2),
        cells,
        len(drawn.x),
        len(drawn.x) - sum(map(len, places)),
        tuple(f"Missing data replaced. {note}" for note in notes),
    )


def _drawn(
    work: Work, rasters: Rasters, sample: int, seed: int, progress: Progress
) -> tuple[_Sample, int, float]:
    """Cells drawn from a map in one pass, how many there are, and their ground in m2.

    Each cell gets a random number, and those of the smallest are kept: so memory follows the
    sample and not the map.
    """
    rng = np.random.default_rng(seed)
    kept = [np.empty(0) for _ in range(5)]
    cells, ground = 0, 0.0
    tiles = work.grid.tiles(TILE)
    for k, tile in enumerate(tiles):
        stop_if_cancelled(progress)
        progress.update(k / len(tiles), "Drawing cells")
        x, y = work.grid.centres(tile)
        held, owner = cells_to_predict(work, rasters, x, y)
        area = np.asarray(cell_areas(work.grid, tile), np.float64).reshape(-1)[held]
        cells += held.size
        ground += float(area.sum())
        found = [rng.random(held.size), x[held], y[held], owner.astype(np.float64), area]
        kept = [np.concatenate(pair) for pair in zip(kept, found, strict=True)]
        chosen = np.argsort(kept[0], kind="stable")[:sample]
        kept = [each[chosen] for each in kept]
    if not cells:
        raise Wco2Error(
            f"No cell is to be predicted: extent {list(work.grid.bounds)} ({work.grid.crs}) meets "
            f"no region{' or no domain' if work.domain else ''}.",
            "Check the extent and its CRS against the model's regions and the domain.",
        )
    return _Sample(kept[1], kept[2], kept[3].astype(np.int16), kept[4]), cells, ground


def _area_of(part: RegionModel) -> Any:
    area = part.applicability
    if area is None:  # which `products_of` refuses before a run
        raise ValueError(f"region '{part.region.name}' can't tell its area of applicability")
    return area


def _demand(
    part: RegionModel, rows: NDArray[np.float32], ground: FloatArray, weigh: str
) -> Demand | None:
    """What a region's cells are like; None for no cell. Weights are not yet of all regions."""
    if not len(rows):
        return None
    area = _area_of(part)
    n_cells, n_months, n_predictors = rows.shape
    flat = rows.reshape(-1, n_predictors)
    weight = np.repeat(ground[:, None] / n_months, n_months, axis=1)
    if weigh == "interval":
        lower, upper = part.estimates(flat, LEVEL).bounds
        weight = weight * (upper - lower).reshape(n_cells, n_months)
    di = area.predict(flat, lpd=False).di.reshape(n_cells, n_months)
    return Demand(_by_cell(area.places(flat), n_months), di, weight)


def _by_cell(rows: FloatArray, n_months: int) -> FloatArray:
    """`(n_cells, n_months, n_columns)` of rows that are cell by cell."""
    return rows.reshape(len(rows) // n_months, n_months, rows.shape[1])


def _normalised(demands: Sequence[Demand | None]) -> list[Demand | None]:
    """With weights of all regions together 1."""
    total = math.fsum(float(demand.weight.sum()) for demand in demands if demand is not None)
    return [
        None if demand is None else Demand(demand.places, demand.di, demand.weight / total)
        for demand in demands
    ]


def _mean(di: Sequence[FloatArray], demands: Sequence[Demand]) -> float:
    parts = (np.sum(d * demand.weight) for d, demand in zip(di, demands, strict=True))
    return math.fsum(map(float, parts))


def _outside(
    di: Sequence[FloatArray], demands: Sequence[Demand], thresholds: Sequence[float]
) -> float:
    parts = (
        np.sum(demand.weight[d > threshold])
        for d, demand, threshold in zip(di, demands, thresholds, strict=True)
    )
    return math.fsum(map(float, parts))


def _rows(
    model: Model,
    work: Work,
    drawn: _Sample,
    picks: Sequence[Pick],
    there: Sequence[int],
    demands: Sequence[Demand],
    thresholds: Sequence[float],
    places: Sequence[NDArray[np.intp]],
    rows_of: Sequence[NDArray[np.float32]],
    ground: float,
) -> list[Row]:
    before = [demand.di for demand in demands]
    sampled = sum(float(drawn.area[places[k]].sum()) for k in there)
    found = []
    for rank, pick in enumerate(picks, 1):
        k = there[pick.region]
        part = model.regions[k]
        cell = places[k][pick.cell]
        own = demands[pick.region].di[pick.cell]
        longitude, latitude = project(drawn.x[[cell]], drawn.y[[cell]], work.grid.crs, GEOGRAPHIC)
        was, now = (di[pick.region].mean(axis=1) for di in (before, pick.di))
        nearer = drawn.area[places[k]][now < (1 - NEARER) * was].sum() / sampled * ground
        flux, (lower, upper), _ = part.estimates(rows_of[k][pick.cell], LEVEL)
        sums = [np.array([each.sum()]) for each in (flux, lower, upper)]
        low, high = part.winter_bounds(sums[0], sums[1], sums[2], LEVEL)
        found.append(
            {
                "rank": rank,
                "region": part.region.name,
                "longitude": float(longitude[0]),
                "latitude": float(latitude[0]),
                "di": float(own.mean()),
                "months_outside": int(np.count_nonzero(own > thresholds[pick.region])),
                "interval_width": float(high[0] - low[0]),
                "gain": pick.gain,
                "mean_di": _mean(pick.di, demands),
                "outside_share": _outside(pick.di, demands, thresholds),
                "nearer_km2": float(nearer * KM2),
            }
        )
        before = list(pick.di)
    return found


def write_next_sites(found: NextSites, model: Model, path: Path, progress: Progress) -> list[Path]:
    """Write the sites as CSV and GeoPackage, and what a first site would bring as a GeoTIFF.

    Raises
    ------
    Wco2Error : when a file can't be written.
    Cancelled : when the user asks to stop.
    """
    write_rows(found.rows, path, list(COLUMNS))
    points, raster = path.with_suffix(".gpkg"), path.with_suffix(".tif")
    _write_points(found.rows, points)
    tags = {
        **tags_of(model, Products(), QUANTITY),
        "WCO2_QUANTITY": QUANTITY,
        "WCO2_TIME": str(found.year),
        **{f"WCO2_{key.upper()}": f"{value:.10g}" for key, value in found.of_map().items()},
    }
    write_cog(raster, found.work.grid, BANDS, _blocks(found, progress), tags)
    return [path, points, raster]


def _blocks(found: NextSites, progress: Progress) -> Iterator[tuple[Tile, NDArray[np.float32]]]:
    import rasterio

    work = found.work
    tiles = work.grid.tiles(TILE)
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Rasters() as rasters:
        sources = Sources(found.catalogue, rasters)
        for number, tile in enumerate(tiles):
            stop_if_cancelled(progress)
            progress.update(number / len(tiles), "Mapping what a site would bring")
            x, y = work.grid.centres(tile)
            held, owner = cells_to_predict(work, rasters, x, y)
            values = np.full((len(BANDS), tile.height * tile.width), np.nan, np.float32)
            for k, (part, demand) in enumerate(zip(work.models, found.demands, strict=True)):
                own = held[owner == k]
                if demand is None or not own.size:
                    continue
                rows = winter_rows(work, sources, rasters, part, x[own], y[own], found.year)
                whole = np.isfinite(rows).all(axis=(1, 2))
                area, complete = _area_of(part), rows[whole]
                flat = complete.reshape(-1, rows.shape[2])
                places = _by_cell(area.places(flat), rows.shape[1])
                values[0, own[whole]] = _in_steps(demand, places, progress)
                di = area.predict(flat, lpd=False).di.reshape(complete.shape[:2])
                values[1, own[whole]] = di.mean(axis=1)
            yield tile, values.reshape(len(BANDS), tile.height, tile.width)
    progress.update(1.0, "Mapping what a site would bring")


def _in_steps(demand: Demand, places: FloatArray, progress: Progress) -> FloatArray:
    """The gains of a tile's cells; a cancel is heard between some hundred of them."""
    step = 512
    parts = []
    for start in range(0, len(places), step):
        stop_if_cancelled(progress)
        parts.append(demand.gains(places[start : start + step]))
    return np.concatenate(parts) if parts else np.empty(0)


def _write_points(rows: Sequence[Row], path: Path) -> None:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {name: [row[name] for row in rows] for name in COLUMNS},
        geometry=gpd.points_from_xy(
            [row["longitude"] for row in rows], [row["latitude"] for row in rows]
        ),
        crs=GEOGRAPHIC,
    )
    with atomic_write(path) as partial:
        try:
            frame.to_file(partial, driver="GPKG", layer=QUANTITY)
        except Exception as error:  # the drivers of fiona and pyogrio share no root of their own
            raise Wco2Error(
                f"{path} could not be written ({error}).",
                "Look at the free space of the disk, then run the same command again.",
            ) from error


def read_facts(path: Path) -> dict[str, Any]:
    """What a table of `write_next_sites` and the map beside it tell: the facts, and the `model`.

    Raises
    ------
    Wco2Error : when they are no such files.
    """
    rows = read_rows(path, COLUMNS, "a table of next sites", VERB)
    raster = path.with_suffix(".tif")
    try:
        with open_raster(raster) as source:
            tags = source.tags()
    except gdal_errors() as error:
        raise Wco2Error(f"{raster} can't be read ({error}).", f"Make it with {VERB}.") from error
    try:
        of_map = {key: float(tags[f"WCO2_{key.upper()}"]) for key in OF_MAP}
        winter = int(tags["WCO2_TIME"])
    except (KeyError, ValueError) as error:
        raise Wco2Error(
            f"{raster} does not say what it is of ({error}).", f"Make it with {VERB}."
        ) from error
    counts = {key: int(of_map[key]) for key in ("cells", "sampled", "incomplete")}
    model = tags.get("WCO2_MODEL_FINGERPRINT", "")
    return {"winter": winter, **of_map, **counts, "sites": rows, "model": model}
