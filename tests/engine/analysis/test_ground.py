from __future__ import annotations

import math

import numpy as np
import pytest
from pyproj import Geod, Transformer

from wco2_engine.analysis.ground import cell_areas, zone_areas
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile

EARTH = 510_065_621_724_088.4  # m2, surface of WGS84: DMA TR 8350.2, and Geod of all eight octants
SPHERE = "+proj=longlat +R=6371229 +type=crs"


def geographic(step: float, crs: str = "EPSG:4326") -> Grid:
    return Grid.of_pixels(crs, -180.0, 90.0, step, step, round(360 / step), round(180 / step))


@pytest.mark.parametrize("step", [10.0, 1.5, 0.25])
@pytest.mark.parametrize("crs", ["EPSG:4326", SPHERE])
def test_all_cells_together_are_the_earth(step: float, crs: str) -> None:
    grid = geographic(step, crs)
    assert cell_areas(grid).sum() == pytest.approx(EARTH, rel=1e-9)


def test_a_cell_of_a_tenth_of_a_degree_is_what_geodesics_enclose() -> None:
    grid = geographic(0.1)
    row, column = 250, 1700  # 65.0 to 64.9 N, 10.0 to 9.9 W
    (area,) = cell_areas(grid, Tile(row, column, 1, 1)).ravel()
    # the north and south side follow parallels: many short geodesics
    west = np.linspace(-10.0, -9.9, 200)
    longitude = np.concatenate([west, west[::-1]])
    latitude = np.repeat([64.9, 65.0], 200)
    expected, _ = Geod(ellps="WGS84").polygon_area_perimeter(longitude, latitude)
    assert area == pytest.approx(expected, rel=1e-7)


def test_a_sphere_has_the_area_of_archimedes() -> None:
    """A zone of a sphere is 2 pi r h."""
    area = zone_areas(30.0, 90.0, 360.0, (6371000.0, 6371000.0))
    assert area == pytest.approx(2 * math.pi * 6371000.0**2 * 0.5, rel=1e-12)


def test_rows_beyond_the_pole_have_only_what_is_on_this_side() -> None:
    """Centres at the pole itself, as climate models have them: half of the row's width is there."""
    grid = Grid.of_pixels("EPSG:4326", -180.0, 90.5, 1.0, 1.0, 360, 181)
    areas = cell_areas(grid)
    assert areas.sum() == pytest.approx(EARTH, rel=1e-9)
    assert areas[0, 0] == pytest.approx(zone_areas(89.5, 90.0, 1.0))


def test_cells_of_an_equal_area_grid_have_their_nominal_area() -> None:
    grid = Grid.of_pixels("EPSG:6931", -9e6, 9e6, 25000.0, 25000.0, 720, 720)
    assert np.all(cell_areas(grid, Tile(0, 300, 4, 5)) == 625e6)


@pytest.mark.parametrize("crs", ["EPSG:3413", "EPSG:32606", "EPSG:3408"])
def test_cells_of_other_projections_have_the_area_between_their_corners(crs: str) -> None:
    """Polar stereographic, UTM, and EASE-Grid, which keeps areas on a sphere only."""
    x0, y0 = (400000.0, 7600000.0) if crs == "EPSG:32606" else (-2e6, 1e6)
    grid = Grid.of_pixels(crs, x0, y0, 12500.0, 12500.0, 40, 40)
    areas = cell_areas(grid)
    to_earth = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    for row, column in ((0, 0), (17, 33), (39, 39)):
        x, y = x0 + 12500.0 * column, y0 - 12500.0 * row
        side = np.linspace(0, 12500.0, 50)
        ring_x = np.concatenate([x + side, 0 * side + x + 12500, x + side[::-1], 0 * side + x])
        ring_y = np.concatenate([0 * side + y, y - side, 0 * side + y - 12500, y - side[::-1]])
        area, _ = Geod(ellps="WGS84").polygon_area_perimeter(*to_earth.transform(ring_x, ring_y))
        assert areas[row, column] == pytest.approx(abs(area), rel=2e-5)


def test_a_grid_in_feet_has_square_metres() -> None:
    crs = "+proj=laea +lat_0=90 +datum=WGS84 +units=us-ft +type=crs"
    grid = Grid.of_pixels(crs, 0.0, 0.0, 1000.0, 1000.0, 3, 3)
    assert cell_areas(grid)[1, 1] == pytest.approx((1000 * 1200 / 3937) ** 2)


def test_a_polar_grid_with_the_pole_at_a_centre_has_no_hole() -> None:
    grid = Grid.of_pixels("EPSG:3413", -37500.0, 37500.0, 25000.0, 25000.0, 3, 3)
    areas = cell_areas(grid)
    assert areas[1, 1] == pytest.approx(areas[0, 1], rel=1e-3)


def test_corners_of_a_grid_beyond_the_earth_have_no_ground() -> None:
    grid = Grid.of_pixels("+proj=ortho +lat_0=90 +type=crs", -7e6, 7e6, 1e6, 1e6, 14, 14)
    areas = cell_areas(grid)
    assert areas[0, 0] == 0
    assert areas[7, 7] > 1e12 * 0.99


def test_a_local_crs_is_refused() -> None:
    crs = 'LOCAL_CS["site",UNIT["metre",1]]'
    with pytest.raises(Wco2Error):
        cell_areas(Grid.of_pixels(crs, 0, 0, 1.0, 1.0, 2, 2))
