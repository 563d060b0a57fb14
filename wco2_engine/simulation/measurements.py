"""The simulated measurements: sites in clusters, uneven in time, noisy, and with the usual gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from wco2_engine.season import Month
from wco2_engine.simulation.designs import YEARS, choose_spots
from wco2_engine.simulation.world import ARCTIC, REGIONS, TIBETAN_PLATEAU, World

YEAR_WEIGHTS = np.array([1, 1, 2, 3, 4, 4, 5]) / 20  # of `YEARS`
PREFIX = {TIBETAN_PLATEAU: "SIM-TP", ARCTIC: "SIM-AR"}
N_SITES = {TIBETAN_PLATEAU: 15, ARCTIC: 60}
WINTER_SITE_MONTHS = 700

METHODS = ("chamber", "eddy covariance")
SPREAD = {"chamber": 0.25, "eddy covariance": 0.15}  # of the logarithm of a measured flux
FLOOR = 0.015  # g C m-2 day-1: what an instrument is off, whatever the flux
MISSING_FLUX = -9999.0
FLAWS = {"no flux": 12, "no coordinates": 6, "flux -9999": 3, "warmed": 10}
WARMED_BY = 1.5


@dataclass(frozen=True)
class Site:
    """Where is measured, and how."""

    name: str
    region: int  # index into `REGIONS`
    longitude: float
    latitude: float
    method: str
    years: tuple[int, ...] = YEARS  # in which it may be visited


@dataclass(frozen=True)
class Row:
    """A row of the table of measurements, with the truth behind it. Fluxes in g C m-2 day-1.

    `longitude`, `latitude` and `flux` are what the table says, None where it says nothing; `flaw`
    is what was done to the row on purpose, one of `FLAWS`.
    """

    site: Site
    month: Month
    true_flux: float
    longitude: float | None
    latitude: float | None
    flux: float | None
    treatment: str = "Control"
    flaw: str = ""


def draw_sites(
    world: World, rng: np.random.Generator, design: str = "clustered"
) -> tuple[Site, ...]:
    """Sites on the permafrost of both regions, by a design of `choose_spots`."""
    sites: list[Site] = []
    for region in (ARCTIC, TIBETAN_PLATEAU):
        spots = choose_spots(world, rng, region, N_SITES[region], design)
        for number, spot in enumerate(spots, start=1):
            method = METHODS[int(rng.random() < 0.3)]
            name = f"{PREFIX[region]}-{number:02d}"
            sites.append(Site(name, region, spot.longitude, spot.latitude, method, spot.years))
    return tuple(sites)


def draw_rows(world: World, sites: tuple[Site, ...], rng: np.random.Generator) -> list[Row]:
    """The table: about 700 winter site-months, some twice or thrice, summers, and flawed rows."""
    rows: list[Row] = []
    for site, month in _visits(sites, rng):
        repeats = 1 + int(rng.random() < 0.12) + int(rng.random() < 0.04)
        rows += [_unmeasured(site, month)] * repeats
    rows.sort(key=lambda row: (row.site.name, row.month))
    measured = [_measured(row, rng) for row in _with_truth(world, rows)]
    return _flawed(measured, rng)


def _visits(sites: tuple[Site, ...], rng: np.random.Generator) -> list[tuple[Site, Month]]:
    """Site-months: every site has a winter, a few are measured for years, later years more."""
    liked = rng.dirichlet(np.full(len(sites), 0.8))
    order = list(range(len(sites)))
    visits: list[tuple[Site, Month]] = []
    winter = 0
    while winter < WINTER_SITE_MONTHS:
        site = sites[order.pop() if order else int(rng.choice(len(sites), p=liked))]
        weights = YEAR_WEIGHTS if site.years == YEARS else None
        year = int(rng.choice(site.years, p=weights))
        months = REGIONS[site.region].winter.months
        size = int(rng.integers(2, len(months) + 1))
        for month in rng.choice(months, size=size, replace=False).tolist():
            visit = (site, Month(year, month))
            if visit not in visits and winter < WINTER_SITE_MONTHS:
                visits.append(visit)
                winter += 1
        summer = (site, Month(year, int(rng.integers(6, 9))))
        if rng.random() < 0.25 and summer not in visits:
            visits.append(summer)
    return visits


def _unmeasured(site: Site, month: Month) -> Row:
    nan = float("nan")
    return Row(site, month, nan, site.longitude, site.latitude, nan)


def _with_truth(world: World, rows: list[Row]) -> Iterator[Row]:
    place = world.at(
        np.array([row.site.longitude for row in rows]),
        np.array([row.site.latitude for row in rows]),
    )
    weather = {year: place.weather(year) for year in {row.month.year for row in rows}}
    flux = {
        month: place.daily_flux(month, weather[month.year]) for month in {row.month for row in rows}
    }
    for index, row in enumerate(rows):
        yield replace(row, true_flux=float(flux[row.month][index]))


def _measured(row: Row, rng: np.random.Generator) -> Row:
    spread = SPREAD[row.site.method]
    factor = float(np.exp(spread * rng.standard_normal() - spread**2 / 2))
    return replace(row, flux=row.true_flux * factor + FLOOR * float(rng.standard_normal()))


def _flawed(rows: list[Row], rng: np.random.Generator) -> list[Row]:
    """The rows, with a few spoilt in the ways that such tables are."""
    flaws = [flaw for flaw, count in FLAWS.items() for _ in range(count)]
    chosen = rng.choice(len(rows), size=len(flaws), replace=False)
    spoilt = list(rows)
    for index, flaw in zip(chosen.tolist(), flaws, strict=True):
        spoilt[index] = _spoilt(rows[index], flaw)
    return spoilt


def _spoilt(row: Row, flaw: str) -> Row:
    row = replace(row, flaw=flaw)
    if flaw == "no coordinates":
        return replace(row, longitude=None, latitude=None)
    if flaw == "flux -9999":
        return replace(row, flux=MISSING_FLUX)
    if flaw == "warmed" and row.flux is not None:
        return replace(row, flux=row.flux * WARMED_BY, treatment="Warmed")
    return replace(row, flux=None)
