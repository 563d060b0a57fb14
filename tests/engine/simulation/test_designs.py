"""Sites of a simulated world lie and are visited as their design says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from wco2_engine.learning.locations import Locations
from wco2_engine.simulation.designs import (
    DECADES,
    DESIGNS,
    ROAD_KM,
    SITES_PER_ROAD,
    YEARS,
    Spot,
    choose_spots,
)
from wco2_engine.simulation.measurements import draw_rows, draw_sites
from wco2_engine.simulation.world import ARCTIC, TIBETAN_PLATEAU, World

WORLD = World(seed=3)


def spots_of(design: str, count: int = 40) -> list[Spot]:
    return list(choose_spots(WORLD, np.random.default_rng(5), ARCTIC, count, design))


def places(spots: list[Spot]) -> Locations:
    return Locations(np.array([s.longitude for s in spots]), np.array([s.latitude for s in spots]))


@pytest.mark.parametrize("design", DESIGNS)
def test_all_sites_lie_on_the_permafrost_of_their_region(design: str) -> None:
    for site in draw_sites(WORLD, np.random.default_rng(1), design):
        place = WORLD.at(np.array([site.longitude]), np.array([site.latitude]))
        assert place.mapped.all()
        assert place.region.tolist() == [site.region]


def test_even_sites_lie_farthest_apart_and_those_of_roads_nearest() -> None:
    apart = {q: float(np.median(places(spots_of(q)).nearest_other_m())) / 1e3 for q in DESIGNS}
    assert apart["roads"] < apart["clustered"] < apart["even"]
    assert apart["decades"] == pytest.approx(apart["clustered"], rel=0.5)


def test_a_road_holds_ten_sites_in_a_line() -> None:
    spots = spots_of("roads")
    for k in range(0, len(spots), SITES_PER_ROAD):
        road = spots[k : k + SITES_PER_ROAD]
        longitude = np.array([(s.longitude - road[0].longitude + 180) % 360 - 180 for s in road])
        latitude = np.array([s.latitude for s in road])
        flat = np.column_stack([longitude * np.cos(np.radians(latitude.mean())), latitude]) * 111.2
        along, beside = np.linalg.svd(flat - flat.mean(axis=0))[1] / np.sqrt(len(road))
        assert beside < 60 < along < ROAD_KM  # km; a degree of longitude changes along it


def test_sites_of_a_cluster_are_visited_in_one_decade() -> None:
    spots = spots_of("decades")
    assert {spot.years for spot in spots} == set(DECADES)
    changes = sum(a.years != b.years for a, b in pairwise(spots))
    assert changes < 20  # of 39, where clusters have four sites on average
    rng = np.random.default_rng(2)
    sites = draw_sites(WORLD, rng, "decades")
    rows = [row for row in draw_rows(WORLD, sites, rng) if row.site.region == TIBETAN_PLATEAU]
    assert rows
    assert all(row.month.year in row.site.years for row in rows)
    assert {spot.years for spot in spots_of("even")} == {YEARS}


def test_another_design_is_refused() -> None:
    with pytest.raises(ValueError, match="no design 'random'"):
        spots_of("random")
