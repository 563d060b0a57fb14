"""Points spread evenly over what a map will hold."""

from __future__ import annotations

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.areas import Box, Polygons
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.prediction_points import prediction_points
from wco2_engine.season import Winter

WINTER = Winter((11, 12, 1))
NORTH = Region("north", WINTER, Box(-180.0, 50.0, 180.0, 90.0))
PLATEAU = Region("plateau", WINTER, Box(80.0, 30.0, 100.0, 35.0))


def test_equal_areas_hold_equally_many_points() -> None:
    """The cap north of 60 N has (1 - sin 60) / (1 - sin 50) = 0.5726 of the area north of 50 N."""
    places = prediction_points([NORTH], 0, None)
    assert len(places) >= 1000
    assert np.mean(places.y > 60.0) == pytest.approx(0.5726, abs=0.01)
    assert np.mean(places.x > 0.0) == pytest.approx(0.5, abs=0.01)


def test_a_small_region_gets_enough_points_too_and_only_its_own() -> None:
    places = prediction_points([NORTH, PLATEAU], 1, None)
    assert len(places) >= 1000
    assert places.x.min() >= 80.0 and places.x.max() <= 100.0
    assert places.y.min() >= 30.0 and places.y.max() <= 35.0


def square(west: float, south: float, size: float) -> Domain:
    ring = ((west, south), (west + size, south), (west + size, south + size), (west, south + size))
    return Domain(polygons=Polygons(GEOGRAPHIC, (ring,)))


def test_only_the_domain_counts() -> None:
    places = prediction_points([NORTH], 0, square(10.0, 55.0, 20.0))
    assert places.x.min() >= 10.0 and places.x.max() <= 30.0


def test_a_domain_beside_the_region_is_said() -> None:
    with pytest.raises(Wco2Error, match="'plateau' meets no cell of the domain"):
        prediction_points([PLATEAU], 0, square(10.0, 55.0, 20.0))
