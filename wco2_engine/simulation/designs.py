"""Where and when is measured in a simulated world: the designs by which sites are chosen.

Real sites lie in clusters, along roads, and where somebody had a project in some decade. Each of
these samples a map in its own way; even sites, which nobody has, tell what is left without that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wco2_engine.simulation.geography import wrapped
from wco2_engine.simulation.noise import Array
from wco2_engine.simulation.world import ARCTIC, TIBETAN_PLATEAU, World

DESIGNS = ("clustered", "even", "roads", "decades")
YEARS = tuple(range(1998, 2005))
DECADES = tuple(tuple(range(first, first + 10)) for first in (1975, 1985, 1995))
SEARCHED = {TIBETAN_PLATEAU: (73.0, 27.0, 105.0, 40.0), ARCTIC: (-180.0, 52.0, 180.0, 80.0)}
SITES_PER_CLUSTER = 4
CLUSTER_SPREAD_KM = 140.0
CLUSTER_DISTANCE_KM = {TIBETAN_PLATEAU: 180.0, ARCTIC: 600.0}
SITES_PER_ROAD = 10
ROAD_KM, BESIDE_ROAD_KM = 800.0, 5.0
KM_A_DEGREE = 111.2
TRIES = 400


@dataclass(frozen=True)
class Spot:
    """A place that was chosen, and the years in which it may be visited."""

    longitude: float
    latitude: float
    years: tuple[int, ...] = YEARS


def choose_spots(
    world: World, rng: np.random.Generator, region: int, count: int, design: str = "clustered"
) -> Iterator[Spot]:
    """So many spots on a region's permafrost.

    Parameters
    ----------
    design : "clustered", in clusters that lie apart; "even" over the ground; "roads", near lines of
        some hundred km; "decades", clustered, all of a cluster visited in one decade.
    """
    if design == "even":
        for _ in range(count):
            yield Spot(*_anywhere(world, rng, region))
    elif design == "roads":
        yield from _along_roads(world, rng, region, count)
    elif design in ("clustered", "decades"):
        yield from _in_clusters(world, rng, region, count, design == "decades")
    else:
        raise ValueError(f"no design '{design}', only {', '.join(DESIGNS)}")


def _in_clusters(
    world: World, rng: np.random.Generator, region: int, count: int, by_decade: bool
) -> Iterator[Spot]:
    centres: list[tuple[float, float]] = []
    while count:
        centre = _anywhere(world, rng, region)
        if any(_distance_km(centre, other) < CLUSTER_DISTANCE_KM[region] for other in centres):
            continue
        centres.append(centre)
        size = min(count, 1 + int(rng.poisson(SITES_PER_CLUSTER - 1)))
        years = DECADES[int(rng.integers(len(DECADES)))] if by_decade else YEARS
        count -= size
        for _ in range(size):
            yield Spot(*_around(world, rng, region, centre), years)


def _along_roads(world: World, rng: np.random.Generator, region: int, count: int) -> Iterator[Spot]:
    while count:
        centre, bearing = _anywhere(world, rng, region), rng.uniform(0.0, np.pi)
        size = min(count, SITES_PER_ROAD)
        count -= size
        for _ in range(size):
            yield Spot(*_beside(world, rng, region, centre, bearing))


def _anywhere(world: World, rng: np.random.Generator, region: int) -> tuple[float, float]:
    """A random position on the region's permafrost."""
    west, south, east, north = SEARCHED[region]
    while True:
        longitude = rng.uniform(west, east, TRIES)
        sines = np.sin(np.radians([south, north])).tolist()  # evenly over the area
        latitude = np.degrees(np.arcsin(rng.uniform(sines[0], sines[1], TRIES)))
        found = _first_on_permafrost(world, region, longitude, latitude)
        if found is not None:
            return found


def _around(
    world: World, rng: np.random.Generator, region: int, centre: tuple[float, float]
) -> tuple[float, float]:
    """The same near a centre."""
    while True:
        north, east = rng.standard_normal((2, TRIES)) * (CLUSTER_SPREAD_KM / KM_A_DEGREE)
        found = _first_on_permafrost(world, region, *_shifted(centre, north, east))
        if found is not None:
            return found


def _beside(
    world: World,
    rng: np.random.Generator,
    region: int,
    centre: tuple[float, float],
    bearing: float,
) -> tuple[float, float]:
    """The same near a road through a centre, which leads there in radians from the east."""
    while True:
        along = rng.uniform(-0.5, 0.5, TRIES) * (ROAD_KM / KM_A_DEGREE)
        beside = rng.standard_normal(TRIES) * (BESIDE_ROAD_KM / KM_A_DEGREE)
        north = along * np.sin(bearing) + beside * np.cos(bearing)
        east = along * np.cos(bearing) - beside * np.sin(bearing)
        found = _first_on_permafrost(world, region, *_shifted(centre, north, east))
        if found is not None:
            return found


def _shifted(centre: tuple[float, float], north: Array, east: Array) -> tuple[Array, Array]:
    """Longitudes and latitudes away from a centre, by degrees of a meridian."""
    latitude = centre[1] + north
    longitude = wrapped(centre[0] + east / np.cos(np.radians(centre[1])))
    return longitude, latitude


def _first_on_permafrost(
    world: World, region: int, longitude: Array, latitude: Array
) -> tuple[float, float] | None:
    """The first of some positions that the region's map has, to 4 decimals; None for none."""
    longitude, latitude = longitude.round(4), latitude.round(4)
    place = world.at(longitude, latitude)
    fitting = np.flatnonzero(place.mapped & (place.region == region))
    if not fitting.size:
        return None
    return float(longitude[fitting[0]]), float(latitude[fitting[0]])


def _distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = ((a[0] - b[0] + 180.0) % 360.0 - 180.0) * np.cos(np.radians((a[1] + b[1]) / 2))
    return float(np.hypot(east, a[1] - b[1]) * KM_A_DEGREE)
