"""Prediction points: spread evenly over the cells of a region and its domain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.rasters import FloatArray, Points, Rasters
from wco2_engine.inputs.regions import Region, assign_region
from wco2_engine.learning.locations import Locations

ENOUGH = 1000  # points to tell the distances from a region's cells to the sites
MOST_ON_EARTH = 2_000_000  # about 16 km apart
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def prediction_points(regions: Sequence[Region], index: int, domain: Domain | None) -> Locations:
    """Points of equal area each, at least 1000 where the region is not tiny.

    They are those of a Fibonacci lattice on the sphere (Gonzalez 2010, doi
    10.1007/s11004-009-9257-x), made denser until enough of them lie in the region and
    the domain. Without chance in it, the same region gives the same points.

    Raises
    ------
    Wco2Error : when no point is to be predicted.
    """
    count = 20_000
    while True:
        longitude, latitude = fibonacci_lattice(count)
        held = np.flatnonzero(assign_region(regions, longitude, latitude) == index)
        if domain is not None and held.size:
            points = Points(longitude[held], latitude[held], GEOGRAPHIC)
            with Rasters() as rasters:
                inside = domain.mask(rasters, points, longitude[held], latitude[held])
            held = held[inside]
        if held.size >= ENOUGH or count >= MOST_ON_EARTH:
            break
        count *= 10
    if not held.size:
        raise Wco2Error(
            f"Region '{regions[index].name}' meets no cell of the domain.",
            "Check the domain, or validate without knndm.",
        )
    step = max(1, held.size // (2 * ENOUGH))
    return Locations(longitude[held][::step], latitude[held][::step])


def fibonacci_lattice(count: int) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes `(count,)` in degrees, each point with the same area around it."""
    number = np.arange(count, dtype=np.float64)
    latitude = np.degrees(np.arcsin(1.0 - (2.0 * number + 1.0) / count))
    return (number * GOLDEN % 1.0) * 360.0 - 180.0, latitude
