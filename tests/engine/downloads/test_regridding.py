"""Cells that are regular nowhere, put onto longitude and latitude."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.downloads.grids import Curvilinear
from wco2_engine.downloads.reading import Reading
from wco2_engine.downloads.regridding import (
    neighbours,
    regridded,
    regular_grid,
    spacing,
    unit_vectors,
)
from wco2_engine.downloads.series import open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile


def rotated(step: float = 0.5, half: float = 8.0, pole: float = 40.0) -> Curvilinear:
    """A square of `step` degrees about 90 - `pole` degrees north on the meridian of 18 E."""
    side = np.arange(-half, half + step / 2, step)
    x, y = np.meshgrid(np.radians(side), np.radians(side))
    tilt = np.radians(pole)
    up, north, east = np.sin(y), np.cos(y) * np.cos(x), np.cos(y) * np.sin(x)
    latitude = np.arcsin(np.clip(np.sin(tilt) * up + np.cos(tilt) * north, -1, 1))
    away = np.arctan2(east, np.sin(tilt) * north - np.cos(tilt) * up)
    return Curvilinear((np.degrees(away) + 18.0 + 180) % 360 - 180, np.degrees(latitude))


def smooth(longitude: Any, latitude: Any) -> Any:
    """A plane through the sphere: nearly linear within a cell, wherever it lies."""
    vectors = unit_vectors(np.asarray(longitude), np.asarray(latitude))
    return 5 * vectors[..., 0] - 3 * vectors[..., 1] + 7 * vectors[..., 2]


@pytest.mark.parametrize("pole", [40.0, 2.0, -20.0])  # one grid holds the north pole
def test_bilinear_gives_back_what_is_linear(pole: float) -> None:
    source = rotated(pole=pole)
    target = regular_grid(source, "x")
    x, y = target.centres()
    plane = smooth(source.longitude, source.latitude).astype(np.float32)
    near = neighbours(source, x, y, bilinear=False).values(plane)
    fine = neighbours(source, x, y, bilinear=True).values(plane)
    assert (np.isnan(near) == np.isnan(fine)).all()
    error = np.abs(fine - smooth(x, y))
    middle = source.longitude.shape[0] // 2
    centre = unit_vectors(source.longitude, source.latitude)[middle, middle]
    inside = np.degrees(np.arccos(np.clip(unit_vectors(x, y) @ centre, -1, 1))) < 7.5
    assert not np.isnan(fine[inside]).any()
    # Half a cell of 0.5 degrees along the steepest way, 9.1 a radian, is 0.04 for the nearest.
    assert error[inside].max() < 3e-4
    assert np.nanmax(np.abs(near - smooth(x, y))) < 0.06


def test_nearest_gives_only_values_that_are_there() -> None:
    source = rotated()
    x, y = regular_grid(source, "x").centres()
    plane = np.arange(source.longitude.size, dtype=np.float32).reshape(source.longitude.shape)
    found = neighbours(source, x, y, bilinear=False).values(plane)
    there = found[~np.isnan(found)]
    assert np.isin(there, plane).all()
    # By hand: the nearest of all, for one target.
    k = int(np.flatnonzero(~np.isnan(found))[100])
    target = unit_vectors(x[k : k + 1], y[k : k + 1])[0]
    dots = unit_vectors(source.longitude, source.latitude) @ target
    assert found[k] == plane.ravel()[dots.argmax()]


def test_what_lies_farther_than_a_cell_is_missing() -> None:
    source = rotated()
    away = neighbours(source, np.array([100.0, 18.0]), np.array([50.0, 50.0]), bilinear=True)
    found = away.values(np.ones(source.longitude.shape, np.float32))
    assert np.isnan(found[0]) and found[1] == 1.0


def test_missing_cells_stay_missing_and_have_no_weight() -> None:
    source = rotated(pole=40.0)
    plane = smooth(source.longitude, source.latitude).astype(np.float32)
    plane[10, 12] = np.nan
    at = np.array([source.longitude[10, 12]]), np.array([source.latitude[10, 12]])
    assert np.isnan(neighbours(source, *at, bilinear=True).values(plane)[0])
    share = 0.3  # of the way from its neighbour to the missing one
    x = (1 - share) * source.longitude[10, 11] + share * source.longitude[10, 12]
    y = (1 - share) * source.latitude[10, 11] + share * source.latitude[10, 12]
    beside = neighbours(source, np.array([x]), np.array([y]), bilinear=True).values(plane)[0]
    assert beside == pytest.approx(plane[10, 11], abs=5e-3)


@given(st.floats(0.05, 2.0), st.floats(-80, 80), st.floats(-180, 180), st.integers(5, 20))
def test_the_regular_grid_covers_all_cells(
    step: float, latitude: float, longitude: float, count: int
) -> None:
    side = (np.arange(count) - count / 2) * step
    x, y = np.meshgrid(longitude + side, np.clip(latitude + side, -89.9, 89.9))
    source = Curvilinear((x + 180) % 360 - 180, y)
    grid = regular_grid(source, "x")
    column, row = grid.pixel_coordinates(x.ravel(), y.ravel())
    assert np.isfinite(column).all() and np.isfinite(row).all()


def test_a_grid_all_around_has_a_whole_number_of_columns() -> None:
    x, y = np.meshgrid(np.arange(0.5, 360), np.array([70.0, 68.9, 67.7, 66.6]))
    grid = regular_grid(Curvilinear(x, y), "x")
    assert grid.period == grid.width == 360
    assert grid.dy == pytest.approx(1.1, abs=0.05)


def test_the_spacing_of_cells_is_along_a_great_circle() -> None:
    x, y = np.meshgrid(np.arange(0.0, 10.0), np.array([59.0, 60.0, 61.0]))
    assert spacing(Curvilinear(x, y)) == pytest.approx(0.5, abs=0.02)  # 1 degree at 60 N


def test_cells_without_place_are_refused() -> None:
    nowhere = np.full((3, 3), np.nan)
    with pytest.raises(Wco2Error, match="missing or all the same"):
        regular_grid(Curvilinear(nowhere, nowhere), "x")
    least = np.nextafter(0.0, 1.0) * np.arange(3.0)  # of which one over it is infinite
    with pytest.raises(Wco2Error, match="missing or all the same"):
        regular_grid(Curvilinear(*np.meshgrid(least, 60.0 + least)), "x")
    with pytest.raises(Wco2Error, match="missing or all the same"):
        regular_grid(Curvilinear(*np.meshgrid(least, np.array([60.0, 61.0, 62.0]))), "x")
    with pytest.raises(Wco2Error, match="would become"):
        fine = np.linspace(0, 1e-4, 4)
        x, y = np.meshgrid(np.append(fine, 170.0), np.append(fine, 60.0))
        regular_grid(Curvilinear(x, y), "x")


def test_a_series_on_a_rotated_pole_is_read_as_any_other(tmp_path: Path) -> None:
    source = rotated()
    height, width = source.longitude.shape
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in (("time", 2), ("rlat", height), ("rlon", width)):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time[:] = "days since 2003-01-01", [15, 45]
        for name, values, units in (
            ("lat", source.latitude, "degrees_north"),
            ("lon", source.longitude, "degrees_east"),
        ):
            made = file.createVariable(name, "f8", ("rlat", "rlon"))
            made.units, made[:] = units, values
        tas = file.createVariable("tas", "f4", ("time", "rlat", "rlon"))
        tas.units, tas.coordinates = "1", "lat lon"
        plane = smooth(source.longitude, source.latitude)
        tas[:] = np.stack([plane, plane + 1])
    with open_series([tmp_path / "a.nc"], Reading(), "x") as bare:
        series = regridded(bare, "bilinear", "x")
        assert isinstance(series.grid, Grid) and series.grid.crs == "EPSG:4326"
        planes = series.planes(series.steps)
        x, y = series.grid.centres()
        error = np.abs(planes[0].ravel() - smooth(x, y))
        assert np.nanmedian(error) < 2e-4
        np.testing.assert_allclose(
            planes[1] - planes[0], np.where(np.isnan(planes[0]), np.nan, 1), atol=1e-5
        )
        part = series.plane(series.steps[1], Tile(4, 5, 6, 7))
        np.testing.assert_array_equal(part, planes[1, 4:10, 5:12])
