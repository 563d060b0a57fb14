"""Two products of winter flux, put on the coarser one's cells and compared winter by winter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.coverage_fraction import sparse_fractions
from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.regrid import Overlap, Regridded, is_coarser, overlap
from wco2_engine.analysis.series import WINTER_UNITS, MapSeries
from wco2_engine.analysis.zoning import Zoning, zoning_of
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.season import format_years

FloatArray = NDArray[np.float64]
Row = Mapping[str, Any]
ALL = "all"  # of the zones
MEAN = "mean"  # of the winters
DIFFERENCE = "difference"
M2_PER_MILLION_KM2 = 1e12
GRAMS_PER_TG = 1e12
STEADY = 1e-6  # of a mean: what changes less between winters does so by rounding


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    grid : the cells of the coarser product, on which everything is.
    years : the winters that both have.
    rows : for each winter and for the mean of all (`winter`), and for each zone and all of them
        (`zone`): `cells` where both have a value, of a zone those that lie in it at least in part;
        the `area` of both there, million km2, and as `share_of_a` and `share_of_b` of all that each
        covers, 0 to 1 (None for the mean); `mean_a`, `mean_b`, `bias` (A minus B) and `rmse`, g C
        m-2 winter-1; `correlation` of cells; `total_a` and `total_b` on the area of both, Tg C
        winter-1. None where there is no number.
    differences : by year, the map of A minus B.
    mean : the map of the mean difference, with the means of A and B and the share of each cell that
        was compared as further bands.
    between_winters : the correlation of the yearly means over the cells that both have in every
        winter; None for fewer than three winters, or where one does not change.
    """

    grid: Grid
    years: tuple[int, ...]
    rows: tuple[Row, ...]
    differences: Mapping[int, Path]
    mean: Path
    between_winters: float | None


def compare(
    a: MapSeries,
    b: MapSeries,
    folder: Path,
    zones: Mapping[str, Any] | None,
    progress: Progress,
) -> Comparison:
    """Compare two products where, and in the winters for which, both have values.

    The finer one is brought to the cells of the coarser by area; where both are equally fine, B is
    brought to A's. All means and scores are weighted by the area that both cover in a cell.

    Parameters
    ----------
    folder : for the maps: difference_1983.tif for each winter, and difference_mean.tif.
    zones : polygons or classes, as `zoning_of` takes them; a cell counts in each zone with the
        share of it that lies there, as in a budget. None for no zones.

    Raises
    ------
    Wco2Error : when both have no winter or no cell in common.
    """
    years = tuple(sorted(set(a.years) & set(b.years)))
    if not years:
        raise Wco2Error(
            f"{a.folder} has winters {format_years(a.years)} and {b.folder} "
            f"{format_years(b.years)}: none in common.",
            "Compare maps of the same winters, named by the same year.",
        )
    grid = b.grid if is_coarser(b.grid, a.grid) else a.grid
    fractions = None if zones is None else _Fractions.of(zoning_of(zones, grid), grid)
    ground = cell_areas(grid)
    side_a = _Side.of(a, grid, ground, years, SubProgress(progress, 0.0, 0.25))
    side_b = _Side.of(b, grid, ground, years, SubProgress(progress, 0.25, 0.5))
    tags = {"WCO2_A": a.folder.name, "WCO2_B": b.folder.name, "WCO2_DIFFERENCE": "A minus B"}
    if a.simulated or b.simulated:
        tags["SIMULATED"] = "yes"
    rows: list[Row] = []
    sums = _WinterSums(*(np.zeros(grid.shape) for _ in range(4)))
    differences = {}
    for number, year in enumerate(years):
        stop_if_cancelled(progress)
        progress.update(0.5 + 0.35 * number / len(years), f"Comparing winter {year}")
        (on_a, own_a), (on_b, own_b) = side_a.on_target(year), side_b.on_target(year)
        if side_a.overlap is not None:
            on_b = _measured_alike(on_b, on_a)
        elif side_b.overlap is not None:
            on_a = _measured_alike(on_a, on_b)
        rows += _rows(str(year), on_a, on_b, fractions, (own_a, own_b))
        sums.add(on_a, on_b)
        differences[year] = folder / f"{DIFFERENCE}_{year}.tif"
        band = Band(f"A minus B, winter {year}", WINTER_UNITS)
        values = (on_a.means - on_b.means)[np.newaxis]
        year_tags = {**tags, "WCO2_TIME": str(year)}
        write_cog(differences[year], grid, [band], [(grid.whole, values)], year_tags)
    mean_a, mean_b = sums.means()
    if not np.isfinite(mean_a.means).any():
        raise Wco2Error(
            f"{a.folder} and {b.folder} have no cell in common in any winter.",
            "Look at the CRS that each of them is said to have, and at their nodata.",
        )
    rows += _rows(MEAN, mean_a, mean_b, fractions, None)
    share = np.divide(mean_a.areas, ground, out=np.zeros(grid.shape), where=ground > 0)
    bands = [
        Band("A minus B, mean of the winters", WINTER_UNITS),
        Band("A, mean of the winters", WINTER_UNITS),
        Band("B, mean of the winters", WINTER_UNITS),
        Band("Share of the cell that both cover", "1"),
    ]
    difference = mean_a.means - mean_b.means
    values = np.stack([difference, mean_a.means, mean_b.means, np.clip(share, 0.0, 1.0)])
    mean = folder / f"{DIFFERENCE}_{MEAN}.tif"
    years_tags = {**tags, "WCO2_TIME": format_years(years)}
    write_cog(mean, grid, bands, [(grid.whole, values)], years_tags)
    weights = np.where(sums.count == len(years), mean_a.areas, 0.0)
    between = _between_winters(side_a, side_b, years, weights, SubProgress(progress, 0.85, 1.0))
    return Comparison(grid, years, tuple(rows), differences, mean, between)


@dataclass(frozen=True)
class _Side:
    """One of the two products, and how it comes to the cells of the coarser."""

    series: MapSeries
    ground: FloatArray
    overlap: Overlap | None  # None where its own cells are those

    @classmethod
    def of(
        cls,
        series: MapSeries,
        grid: Grid,
        ground: FloatArray,
        years: Sequence[int],
        progress: Progress,
    ) -> _Side:
        if series.grid.is_like(grid):
            return cls(series, ground, None)
        held = np.zeros(series.grid.shape, np.bool_)
        for year in years:
            stop_if_cancelled(progress)
            held |= np.isfinite(series.map_of(year))
        return cls(series, ground, overlap(series.grid, grid, held, progress))

    def on_target(self, year: int) -> tuple[Regridded, float]:
        """A winter on the coarser cells, and the m2 that have a value, beyond these too."""
        values = self.series.map_of(year)
        valid = np.isfinite(values)
        if self.overlap is not None:
            return self.overlap.regrid(values), float(self.overlap.areas[valid].sum())
        areas = np.where(valid, self.ground, 0.0)
        return Regridded(values, areas), float(areas.sum())


@dataclass(frozen=True)
class _WinterSums:
    """Sums over winters of what both have, by cell."""

    a: FloatArray
    b: FloatArray
    area: FloatArray
    count: FloatArray

    def add(self, a: Regridded, b: Regridded) -> None:
        both, area = _common(a, b)
        self.a[both] += a.means[both]
        self.b[both] += b.means[both]
        self.area[both] += area[both]
        self.count[both] += 1

    def means(self) -> tuple[Regridded, Regridded]:
        there = self.count > 0

        def mean(sums: FloatArray, empty: float) -> FloatArray:
            return np.divide(sums, self.count, out=np.full(sums.shape, empty), where=there)

        area = mean(self.area, 0.0)
        return Regridded(mean(self.a, np.nan), area), Regridded(mean(self.b, np.nan), area)


def _measured_alike(coarser: Regridded, finer: Regridded) -> Regridded:
    """The coarser product with the finer one's areas where both have a value.

    Those are a sum of parts, each in one cell as a whole, and so come out a little above or below
    the cell's own area. Taken as they are, they keep the finer product's total.
    """
    both = np.isfinite(coarser.means) & np.isfinite(finer.means)
    return coarser._replace(areas=np.where(both, finer.areas, coarser.areas))


def _common(a: Regridded, b: Regridded) -> tuple[NDArray[np.bool_], FloatArray]:
    """The cells that both cover, and how much of each cell."""
    both = np.isfinite(a.means) & np.isfinite(b.means)
    return both, np.where(both, np.minimum(a.areas, b.areas), 0.0)


@dataclass(frozen=True)
class _Fractions:
    """The coverage fractions of all cells of a grid, sparse `(n_zones, n_cells)`."""

    names: tuple[str, ...]
    of_cells: Any

    @classmethod
    def of(cls, zoning: Zoning, grid: Grid) -> _Fractions:
        zones, cells, fractions = [], [], []
        for tile in grid.tiles():
            found = zoning.fractions(tile).tocoo()
            row, column = np.divmod(found.col, tile.width)
            zones.append(found.row)
            cells.append((tile.row + row) * grid.width + tile.column + column)
            fractions.append(found.data)
        zone, cell, fraction = (np.concatenate(part) for part in (zones, cells, fractions))
        n_cells = grid.width * grid.height
        return cls(zoning.names, sparse_fractions(zone, cell, fraction, len(zoning.names), n_cells))

    def __iter__(self) -> Iterator[tuple[str, NDArray[np.int64], FloatArray]]:
        """The name of each zone, its cells and the fraction of each."""
        for zone, name in enumerate(self.names):
            row = self.of_cells.getrow(zone)
            yield name, row.indices, row.data


def _rows(
    winter: str,
    a: Regridded,
    b: Regridded,
    fractions: _Fractions | None,
    own: tuple[float, float] | None,
) -> list[dict[str, Any]]:
    """A row for all cells, and one for each zone that either product reaches.

    `own` are the m2 that A and B cover in all; None leaves the shares of these empty.
    """
    both, areas = _common(a, b)
    on_a, on_b, shared = a.means.ravel(), b.means.ravel(), np.where(both, areas, 0.0).ravel()
    there = np.flatnonzero(both)
    rows = [_row(winter, ALL, on_a[there], on_b[there], shared[there])]
    if own is not None:
        rows[0] |= _shares_of(rows[0]["area"] * M2_PER_MILLION_KM2, *own)
    for name, cells, fraction in fractions or ():
        own_a, own_b = (float(fraction @ part.areas.ravel()[cells]) for part in (a, b))
        if own_a or own_b:
            chosen = both.ravel()[cells]
            cells = cells[chosen]
            row = _row(winter, name, on_a[cells], on_b[cells], fraction[chosen] * shared[cells])
            if own is not None:
                row |= _shares_of(row["area"] * M2_PER_MILLION_KM2, own_a, own_b)
            rows.append(row)
    return rows


def _shares_of(area: float, own_a: float, own_b: float) -> dict[str, float | None]:
    return {
        "share_of_a": min(1.0, area / own_a) if own_a else None,
        "share_of_b": min(1.0, area / own_b) if own_b else None,
    }


def _row(
    winter: str, zone: str, on_a: FloatArray, on_b: FloatArray, weights: FloatArray
) -> dict[str, Any]:
    """Means and scores of the cells `(n,)` that both have, by their m2."""
    area = float(weights.sum())
    row: dict[str, Any] = {
        "winter": winter,
        "zone": zone,
        "cells": int(on_a.size),
        "area": area / M2_PER_MILLION_KM2,
        **dict.fromkeys(("share_of_a", "share_of_b")),
        **dict.fromkeys(("mean_a", "mean_b", "bias", "rmse", "correlation")),
        "total_a": float((weights * on_a).sum()) / GRAMS_PER_TG,
        "total_b": float((weights * on_b).sum()) / GRAMS_PER_TG,
    }
    if area > 0:
        mean_a = float((weights * on_a).sum()) / area
        mean_b = float((weights * on_b).sum()) / area
        spread_a = float((weights * (on_a - mean_a) ** 2).sum())
        spread_b = float((weights * (on_b - mean_b) ** 2).sum())
        together = float((weights * (on_a - mean_a) * (on_b - mean_b)).sum())
        row |= {
            "mean_a": mean_a,
            "mean_b": mean_b,
            "bias": mean_a - mean_b,
            "rmse": (float((weights * (on_a - on_b) ** 2).sum()) / area) ** 0.5,
        }
        if spread_a > 0 and spread_b > 0:
            row["correlation"] = together / (spread_a * spread_b) ** 0.5
    return row


def _between_winters(
    side_a: _Side,
    side_b: _Side,
    years: Sequence[int],
    weights: FloatArray,
    progress: Progress,
) -> float | None:
    """How alike both go up and down, by the means over cells that both have in all winters.

    On ground that changes from winter to winter, what changes with it would go up and down alike.
    """
    there = weights > 0
    if len(years) < 3 or not there.any():
        return None
    means: list[tuple[float, float]] = []
    for number, year in enumerate(years):
        stop_if_cancelled(progress)
        progress.update(number / len(years), f"Means of winter {year}")
        found = (side.on_target(year)[0].means[there] for side in (side_a, side_b))
        on_a, on_b = (float(np.average(values, weights=weights[there])) for values in found)
        means.append((on_a, on_b))
    on_a, on_b = np.array(means).T
    if np.ptp(on_a) <= STEADY * abs(on_a.mean()) or np.ptp(on_b) <= STEADY * abs(on_b.mean()):
        return None
    return float(np.corrcoef(on_a, on_b)[0, 1])
