"""Regridding keeps totals, whatever the CRSs, and gives each cell what lies in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.regrid import Overlap, is_coarser, overlap
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.progress import Silent

DEGREES = "EPSG:4326"
EASE = Grid.of_pixels("EPSG:6931", -9e6, 9e6, 25000.0, 25000.0, 720, 720)


def degrees(west: float, north: float, step: float, width: int, height: int) -> Grid:
    return Grid.of_pixels(DEGREES, west, north, step, step, width, height)


def shared(source: Grid, target: Grid) -> Overlap:
    return overlap(source, target, np.ones(source.shape, np.bool_), Silent())


def fluxes(grid: Grid, seed: int = 0) -> np.ndarray:
    """Noise with gaps."""
    random = np.random.default_rng(seed)
    values = random.gamma(2.0, 20.0, grid.shape)
    values[random.random(grid.shape) < 0.3] = np.nan
    return values


def test_from_a_tenth_of_a_degree_to_25_km_polar_cells_the_total_stays() -> None:
    tenth = degrees(60.0, 75.0, 0.1, 200, 100)
    values = fluxes(tenth)
    before = np.nansum(values * cell_areas(tenth))
    found = shared(tenth, EASE)
    means, areas = found.regrid(values)
    assert np.nansum(means * areas) == pytest.approx(before, rel=1e-12)
    # The ground itself, and the polar cells' own areas where they are covered.
    covered = found.sums(np.ones(tenth.shape))
    assert covered.sum() == pytest.approx(cell_areas(tenth).sum(), rel=1e-12)
    inside = covered > 0.9 * cell_areas(EASE)
    assert covered[inside].sum() == pytest.approx(cell_areas(EASE)[inside].sum(), rel=2e-3)


def test_from_polar_cells_to_degrees_the_total_stays() -> None:
    around = degrees(-180.0, 90.0, 1.0, 360, 90)
    polar = Grid.of_pixels("EPSG:6931", -3e6, 3e6, 100000.0, 100000.0, 60, 60)
    values = fluxes(polar)
    means, areas = shared(polar, around).regrid(values)
    assert np.nansum(means * areas) == pytest.approx(np.nansum(values) * 1e10, rel=1e-12)


def test_cells_at_the_pole_and_the_antimeridian_get_their_share() -> None:
    polar = Grid.of_pixels("EPSG:6931", -1e6, 1e6, 50000.0, 50000.0, 40, 40)
    quarters = degrees(-180.0, 90.0, 90.0, 4, 1)
    _, areas = shared(polar, quarters).regrid(np.ones(polar.shape))
    np.testing.assert_allclose(areas, 1e12, rtol=1e-3)  # the square is cut into four


def test_a_constant_stays_a_constant() -> None:
    tenth = degrees(60.0, 75.0, 0.1, 100, 100)
    means, areas = shared(tenth, EASE).regrid(np.full(tenth.shape, 7.0))
    np.testing.assert_allclose(means[areas > 0], 7.0, rtol=1e-12)


def test_four_cells_in_one_are_averaged_by_their_areas() -> None:
    fine, coarse = degrees(10.0, 70.0, 1.0, 2, 2), degrees(10.0, 70.0, 2.0, 1, 1)
    area = cell_areas(fine)
    means, areas = shared(fine, coarse).regrid(np.array([[1.0, 3.0], [10.0, np.nan]]))
    north, south = area[0, 0], area[1, 0]
    assert areas[0, 0] == pytest.approx(2 * north + south)
    assert means[0, 0] == pytest.approx((4 * north + 10 * south) / (2 * north + south))


def test_cells_that_straddle_an_edge_are_cut_there() -> None:
    # Edges at 27.07 + k 0.1, as published, against edges at whole tenths.
    published, tenth = degrees(10.0, 70.07, 0.1, 1, 3), degrees(10.0, 70.1, 0.1, 1, 4)
    rows = shared(published, tenth).rows.toarray()
    np.testing.assert_allclose(rows.sum(axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(rows[:, 0], [0.7, 0.3, 0, 0], atol=1e-3)  # a little less up north


def test_degrees_from_0_to_360_meet_those_from_minus_180() -> None:
    east, west = degrees(0.0, 80.0, 2.0, 180, 5), degrees(-180.0, 80.0, 2.0, 180, 5)
    values = np.broadcast_to(np.arange(180.0), (5, 180))
    means, _ = shared(east, west).regrid(values)
    np.testing.assert_allclose(means[0], np.roll(np.arange(180.0), 90), rtol=1e-12)


@given(
    west=st.floats(-5, 5), north=st.floats(66, 75), step=st.floats(0.2, 3.0), seed=st.integers(0, 9)
)
def test_on_any_grid_that_holds_it_the_total_stays(
    west: float, north: float, step: float, seed: int
) -> None:
    fine = degrees(10.0, 65.0, 0.5, 12, 9)
    coarse = degrees(west, north, step, int(40 / step), int(35 / step))
    values = fluxes(fine, seed)
    means, areas = shared(fine, coarse).regrid(values)
    assert np.nansum(means * areas) == pytest.approx(np.nansum(values * cell_areas(fine)), rel=1e-9)


def test_cells_without_a_value_are_no_ground() -> None:
    fine, coarse = degrees(10.0, 70.0, 1.0, 2, 2), degrees(10.0, 70.0, 2.0, 1, 1)
    means, areas = shared(fine, coarse).regrid(np.full((2, 2), np.nan))
    assert np.isnan(means).all() and not areas.any()


def test_maps_that_do_not_meet_are_refused() -> None:
    with pytest.raises(Wco2Error, match="do not meet"):
        shared(degrees(10.0, 70.0, 1.0, 2, 2), degrees(50.0, 70.0, 2.0, 2, 2))
    with pytest.raises(Wco2Error, match="do not meet"):
        shared(degrees(10.0, -40.0, 1.0, 2, 2), EASE)


def test_the_grid_of_the_larger_cells_is_the_coarser() -> None:
    tenth, half = degrees(0.0, 70.0, 0.1, 50, 50), degrees(0.0, 70.0, 0.5, 10, 10)
    assert is_coarser(half, tenth) and is_coarser(EASE, tenth) and is_coarser(half, EASE)
    assert not is_coarser(tenth, tenth)
