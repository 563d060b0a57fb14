"""Totals and means of winters, of all cells and by zone, with what is missing in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.polygons import PolygonZoning
from wco2_engine.analysis.series import MapSeries
from wco2_engine.analysis.tables import Row, read_rows, write_rows
from wco2_engine.analysis.trend import Prewhitening, trends
from wco2_engine.analysis.zoning import AllCells, Fraction, Zoning
from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write
from wco2_engine.learning.members import total_interval
from wco2_engine.progress import Progress, Silent, stop_if_cancelled
from wco2_engine.season import format_years

FloatArray = NDArray[np.float64]
GRAMS_IN_TG, M2_IN_KM2 = 1e12, 1e6


@dataclass(frozen=True)
class Zone:
    """What a total is of: a kind ("all", "region", "zone") and a name."""

    kind: str
    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Budget:
    """Totals of winters by zone.

    Attributes
    ----------
    zones : the first is all cells.
    years : the winters.
    map_totals : g C, `(n_zones, n_years)`, of the map's cells that have a value.
    of_members : the same of each member, `(n_members, n_zones, n_years)`; None without members.
    level : of the intervals.
    area : m2 that count, `(n_zones,)`: of a zone all of its cells in the maps' extent; of regions
        and of all cells those that have a value in any winter.
    covered : m2 of the cells with a value, `(n_zones, n_years)`.
    outside : m2 of ground of each zone beyond the maps' extent, `(n_zones,)`; NaN where unknown.
    without_fraction : m2 of cells with a value that were left out because their share is unknown.
    simulated : whether the maps are of a simulated study.
    corrected : whether the members are, so that `totals` are their means and not the map's.
    """

    zones: tuple[Zone, ...]
    years: tuple[int, ...]
    map_totals: FloatArray
    of_members: FloatArray | None
    level: float
    area: FloatArray
    covered: FloatArray
    outside: FloatArray
    without_fraction: float
    simulated: bool
    corrected: bool = False

    @cached_property
    def totals(self) -> FloatArray:
        """g C, `(n_zones, n_years)`: means of corrected members where there are any, else sums of
        the map. Errors that members make at sites that they did not see are taken out of them."""
        if self.corrected and self.of_members is not None:
            return self.of_members.mean(axis=0)
        return self.map_totals

    def __repr__(self) -> str:
        shown = ", ".join(zone.name for zone in self.zones[:6])
        more = f" and {len(self.zones) - 6} more" if len(self.zones) > 6 else ""
        how = f", {self.level:.0%} intervals" if self.of_members is not None else ""
        return f"Budget(winters {format_years(self.years)}, zones {shown}{more}{how})"

    def rows(self) -> list[Row]:
        """A row a zone and winter: Tg C, g C m-2 and km2, None where there is nothing to say."""
        low, high = self._interval(self.totals, self.of_members)
        return [
            {
                "kind": zone.kind,
                "zone": zone.name,
                "year": year,
                **_amounts(
                    *(float(part[z, y]) for part in (self.totals, low, high, self.covered)),
                ),
                **self._of_map(float(self.map_totals[z, y]), float(self.covered[z, y])),
                **self._areas(z, float(self.covered[z, y])),
            }
            for z, zone in enumerate(self.zones)
            for y, year in enumerate(self.years)
        ]

    def summary(self, prewhitening: Prewhitening = "residuals") -> list[Row]:
        """A row a zone: the mean winter with its interval, and the trend of totals and means.

        The mean winter's interval comes from each member's mean winter, and the slope's from each
        member's slope. Winters without any covered cell of a zone are left out.
        """
        means = np.full(self.totals.shape, np.nan)
        np.divide(self.totals, self.covered, out=means, where=self.covered > 0)
        totals = np.where(self.covered > 0, self.totals, np.nan)
        years = np.array(self.years)
        of_total, of_mean = (trends(v.T, years, prewhitening) for v in (totals, means))
        slope_low, slope_high = self._slope_interval(of_total.slope, totals, years)
        rows = []
        for z, zone in enumerate(self.zones):
            there = self.covered[z] > 0
            n = int(there.sum())
            total, covered = (
                float(v[z, there].mean()) if n else 0.0 for v in (self.totals, self.covered)
            )
            members = None
            if self.of_members is not None and n:
                members = self.of_members[:, z, there].mean(axis=1)
            low, high = self._interval(np.array(total), members)
            rows.append(
                {
                    "kind": zone.kind,
                    "zone": zone.name,
                    "winters": n,
                    "first": int(years[there].min()) if n else None,
                    "last": int(years[there].max()) if n else None,
                    **_amounts(total, float(low), float(high), covered),
                    **self._of_map(float(self.map_totals[z, there].mean()) if n else 0.0, covered),
                    "slope_tg_a": _or_none(of_total.slope[z] / GRAMS_IN_TG),
                    "slope_lower_tg_a": _or_none(slope_low[z] / GRAMS_IN_TG),
                    "slope_upper_tg_a": _or_none(slope_high[z] / GRAMS_IN_TG),
                    "slope_p": _or_none(of_total.p[z]),
                    "slope_mean_g_m2_a": _or_none(of_mean.slope[z]),
                    "slope_mean_p": _or_none(of_mean.p[z]),
                    **self._areas(z, covered),
                    "least_covered_km2": float(self.covered[z].min()) / M2_IN_KM2,
                    "outside_km2": _or_none(self.outside[z] / M2_IN_KM2),
                }
            )
        return rows

    def notes(self) -> list[str]:
        """What a reader of the totals has to know of them."""
        notes = []
        if self.of_members is None:
            notes.append("Without maps of members there is no interval (wco2 predict --members).")
        elif self.corrected:
            notes.append(
                "Totals are corrected by what members err at sites that they did not see. The map "
                f"itself adds up to {abs(self._excess):.1%} "
                f"{'more' if self._excess > 0 else 'less'} (map_tg)."
            )
        if self.without_fraction:
            notes.append(
                f"{self.without_fraction / M2_IN_KM2:,.0f} km2 with a value were left out, for the "
                "raster of shares has none there."
            )
        for zone, ground, area in zip(self.zones, self.outside, self.area, strict=True):
            if ground > 0:
                notes.append(
                    f"Zone '{zone.name}' reaches beyond the maps by {ground / M2_IN_KM2:,.0f} km2."
                )
            if not area:
                notes.append(f"{zone.kind.capitalize()} '{zone.name}' has no cell in the maps.")
        return notes

    def _of_map(self, total: float, covered: float) -> Row:
        """What the map itself adds up to, in Tg C."""
        return {"map_tg": _or_none(total / GRAMS_IN_TG) if covered else None}

    def _areas(self, zone: int, covered: float) -> Row:
        area = float(self.area[zone])
        missing = max(0.0, area - covered)
        return {
            "area_km2": area / M2_IN_KM2,
            "covered_km2": covered / M2_IN_KM2,
            "missing_km2": missing / M2_IN_KM2,
            "missing_share": missing / area if area else None,
        }

    @property
    def _excess(self) -> float:
        """By how much the map's sum of all cells is above the corrected one, as a share of it."""
        corrected, of_map = float(self.totals[0].sum()), float(self.map_totals[0].sum())
        return of_map / corrected - 1 if corrected else 0.0

    def _interval(
        self, total: FloatArray, members: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        if members is None:
            none = np.full(total.shape, np.nan)
            return none, none
        return total_interval(total, members, self.level)

    def _slope_interval(
        self, slope: FloatArray, totals: FloatArray, years: NDArray[np.int64]
    ) -> tuple[FloatArray, FloatArray]:
        if self.of_members is None:
            return self._interval(slope, None)
        missing = np.isnan(totals)
        each = [trends(np.where(missing, np.nan, m).T, years).slope for m in self.of_members]
        return self._interval(slope, np.stack(each))


def budget(
    series: MapSeries,
    zonings: Sequence[Zoning] = (),
    fraction: Fraction | None = None,
    level: float = 0.9,
    progress: Progress | None = None,
) -> Budget:
    """Sum a series of maps over all cells, and over zones.

    The map is gone through in pieces, so memory follows neither its size nor its winters. A total
    is the sum of flux x ground under the cell x the cell's share in the zone x the share that
    counts.

    Parameters
    ----------
    zonings : zones of one kind or several, e.g. by `zoning_of`; all cells are summed first.
    fraction : the share of each cell that counts, e.g. of land; None for all of it.
    level : of intervals, which are there when every winter has a map of the members. Where these
        are corrected, totals are their means, and what the map itself adds up to stands beside.

    Raises
    ------
    Wco2Error : when a map can't be read, members lack cells that the map has, or the level is none.
    Cancelled : when the user asked to stop.

    Examples
    --------
    >>> from wco2_engine import MapSeries, budget, zoning_of
    >>> series = MapSeries.read("results/maps")
    >>> found = budget(series)
    >>> found
    Budget(winters 2001-2002, zones all)
    >>> [(row["year"], round(row["covered_km2"])) for row in found.rows()]
    [(2001, 525264), (2002, 525264)]
    """
    from scipy.sparse import vstack

    progress = progress or Silent()
    zonings = [AllCells(), *zonings]
    if not 0 < level < 1:
        raise Wco2Error(f"Level {level} is not between 0 and 1.", "Give e.g. 0.9.")
    zones = tuple(Zone(zoning.kind, name) for zoning in zonings for name in zoning.names)
    whole = np.concatenate([np.full(len(zoning.names), zoning.whole) for zoning in zonings])
    n_members = series.n_members if series.n_members > 1 else 0
    shape = (len(zones), len(series.years))
    totals, covered, area = np.zeros(shape), np.zeros(shape), np.zeros(len(zones))
    ground = np.zeros(len(zones))
    of_members = np.zeros((n_members, *shape)) if n_members else None
    without_fraction = 0.0
    tiles = list(series.grid.tiles())
    for number, tile in enumerate(tiles):
        progress.update(number / len(tiles), "Adding up")
        shares = vstack([zoning.fractions(tile) for zoning in zonings], format="csr")
        areas = cell_areas(series.grid, tile).ravel()
        ground += shares @ areas
        known = areas
        if fraction is not None:
            part = fraction.of(tile)
            known = areas * np.nan_to_num(part)
        weights = shares.multiply(known[np.newaxis, :]).tocsr()
        ever = np.zeros(areas.size, bool)
        for y, year in enumerate(series.years):
            stop_if_cancelled(progress)
            values = series.values(year, tile).ravel()
            valid = np.isfinite(values)
            if not valid.any():
                continue
            ever |= valid
            totals[:, y] += weights @ np.where(valid, values, 0.0)
            covered[:, y] += weights @ valid
            if of_members is not None:
                draws = series.member_values(year, tile).reshape(n_members, -1)
                if np.isnan(draws[:, valid]).any():
                    raise Wco2Error(
                        f"{series.members[year]} lacks cells that {series.maps[year].name} has.",
                        "Make the maps again with wco2 predict --members.",
                    )
                of_members[:, :, y] += (weights @ np.where(valid, draws, 0.0).T).T
        area += np.where(whole, weights @ np.ones(areas.size), weights @ ever)
        if fraction is not None:
            without_fraction += float(areas[ever & np.isnan(part)].sum())
    progress.update(1.0, "Totals are ready")
    return Budget(
        zones,
        series.years,
        totals,
        of_members,
        level,
        area,
        covered,
        _outside(zonings, ground),
        without_fraction,
        series.simulated,
        bool(n_members) and series.members_corrected,
    )


def _outside(zonings: Sequence[Zoning], within: FloatArray) -> FloatArray:
    """m2 of each zone beyond the maps; what is less than a millionth of it is rounding."""
    stated = np.concatenate(
        [
            zoning.ground
            if isinstance(zoning, PolygonZoning)
            else np.full(len(zoning.names), np.nan)
            for zoning in zonings
        ]
    )
    beyond = stated - within
    return np.where(beyond > 1e-4 * stated, beyond, np.where(np.isnan(stated), np.nan, 0.0))


def write_budget(budget: Budget, summary: Sequence[Row], path: Path) -> Path:
    """Write a row a zone and winter to `path`, and a row a zone to the file that is returned."""
    short = path.with_name(f"{path.stem}_summary.csv")
    write_rows(budget.rows(), path)
    write_rows(summary, short)
    return short


def write_zones(outlines: Any, summary: Sequence[Row], path: Path) -> None:
    """Write the outlines of zones with their row of the summary as a GeoPackage.

    Raises
    ------
    Wco2Error : when the file can't be written.
    """
    by_zone = {row["zone"]: row for row in summary if row["kind"] == "zone"}
    frame = outlines.copy()
    for key in next(iter(by_zone.values())):
        if key not in ("kind", "zone"):
            frame[key] = [
                math.nan if by_zone[zone][key] is None else by_zone[zone][key]
                for zone in frame["zone"]
            ]
    with atomic_write(path) as partial:
        try:
            frame.to_file(partial, driver="GPKG", layer="zones")
        except Exception as error:  # the drivers of fiona and pyogrio share no root of their own
            raise Wco2Error(
                f"{path} could not be written ({error}).",
                "Look at the free space of the disk, then run the same command again.",
            ) from error


def read_budget(path: Path, *more: str) -> list[Row]:
    """The rows of a table of `write_budget`: kind, zone, year, totals in Tg C, and more columns.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    names = ("total_tg", "total_lower_tg", "total_upper_tg", *more)
    columns = {"kind": str, "zone": str, "year": int, **dict.fromkeys(names, float)}
    return read_rows(path, columns, "a budget", "wco2 budget")


def read_summary(path: Path, *names: str) -> list[Row]:
    """Kind and zone of the summary of a budget, and the columns of numbers that are asked for.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    columns = {"kind": str, "zone": str, **dict.fromkeys(names, float)}
    return read_rows(path, columns, "the summary of a budget", "wco2 budget")


def trends_by_zone(path: Path, prewhitening: Prewhitening) -> list[Row]:
    """The trend of each zone's totals and means in a table of `write_budget`, a row a zone.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    series: dict[Zone, dict[int, tuple[float, float]]] = {}
    for row in read_budget(path, "mean_g_m2"):
        amounts = (math.nan if row[key] is None else row[key] for key in ("total_tg", "mean_g_m2"))
        total, mean = amounts
        series.setdefault(Zone(row["kind"], row["zone"]), {})[row["year"]] = (total, mean)
    years = sorted({year for winters in series.values() for year in winters})
    none = (math.nan, math.nan)
    table = np.array([[winters.get(year, none) for winters in series.values()] for year in years])
    of_total, of_mean = (trends(table[..., k], years, prewhitening) for k in (0, 1))
    return [
        {
            "kind": zone.kind,
            "zone": zone.name,
            "winters": int(of_total.winters[z]),
            "first": years[0],
            "last": years[-1],
            "slope_tg_a": _or_none(of_total.slope[z]),
            "slope_p": _or_none(of_total.p[z]),
            "slope_mean_g_m2_a": _or_none(of_mean.slope[z]),
            "slope_mean_p": _or_none(of_mean.p[z]),
            "lag1": _or_none(of_total.lag1[z]),
        }
        for z, zone in enumerate(series)
    ]


def _amounts(total: float, low: float, high: float, covered: float) -> Row:
    """Totals in Tg C and means in g C m-2, with their bounds."""
    amounts: Row = {}
    for name, value in (("", total), ("_lower", low), ("_upper", high)):
        amounts[f"total{name}_tg"] = _or_none(value / GRAMS_IN_TG) if covered else None
    for name, value in (("", total), ("_lower", low), ("_upper", high)):
        amounts[f"mean{name}_g_m2"] = _or_none(value / covered) if covered else None
    return amounts


def _or_none(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
