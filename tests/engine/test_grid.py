"""Cells, grids and tiles: what makes any two maps agree to the last bit."""

from __future__ import annotations

import doctest
import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import wco2_engine.grid
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC, Cells, Grid, Tile, parse_crs, project

POLAR = "EPSG:6931"


def whole(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    return grid.centres(Tile(0, 0, grid.height, grid.width))


def test_an_extent_snaps_outward_to_multiples_of_the_resolution() -> None:
    grid = Grid.from_extent((-180, 27.07, 180, 83.67), 0.1)
    assert grid.bounds == (-180.0, 27.0, 180.0, 83.7)
    assert grid.shape == (567, 3600)


def test_an_extent_that_is_snapped_already_gains_no_row_from_rounding() -> None:
    # 83.7 / 0.1 is 836.9999999999999 in binary.
    grid = Grid.from_extent((10.1, 83.6, 10.3, 83.7), 0.1)
    assert grid.shape == (1, 2)
    assert grid.bounds == (10.1, 83.6, 10.3, 83.7)


def test_an_off_grid_origin_is_kept_when_asked() -> None:
    # The grid of the published dataset: 27.07 to 83.67 N in 566 rows of 0.1 degrees.
    grid = Grid.from_extent((-180, 27.07, 180, 83.67), 0.1, snap=False)
    assert grid.shape == (566, 3600)
    assert grid.corner == (-180.0, 83.67)
    x, y = whole(grid)
    assert x[0] == pytest.approx(-179.95)
    assert y[0] == pytest.approx(83.62)
    assert y[-1] == pytest.approx(27.12)


def test_an_extent_may_cross_the_antimeridian() -> None:
    grid = Grid.from_extent((170, 60, -170, 61), 0.5)
    assert grid.bounds == (170.0, 60.0, 190.0, 61.0)
    assert grid.shape == (2, 40)
    x, _ = grid.centres(Tile(0, 18, 1, 4))
    assert x.tolist() == [179.25, 179.75, -179.75, -179.25]


@given(
    west=st.integers(-1800, 1700),
    south=st.integers(-900, 880),
    width=st.integers(1, 60),
    height=st.integers(1, 20),
    resolution=st.sampled_from([0.1, 0.05, 0.25, 0.5, 1 / 12]),
)
def test_a_cell_has_the_same_centre_bits_in_every_extent(
    west: int, south: int, width: int, height: int, resolution: float
) -> None:
    small = Grid.from_extent(
        (west / 10, south / 10, west / 10 + width / 10, min(90.0, (south + height) / 10)),
        resolution,
    )
    globe = Grid.from_extent((-180, -90, 180, 90), resolution)
    x, y = whole(small)
    all_x = globe.cells.x(np.arange(globe.first_column, globe.first_column + globe.width))
    all_y = globe.cells.y(np.arange(globe.first_row, globe.first_row + globe.height))
    assert np.isin(x, all_x).all()
    assert np.isin(y, all_y).all()


@given(height=st.integers(1, 70), width=st.integers(1, 70), size=st.integers(1, 80))
def test_tiles_cover_every_cell_once(height: int, width: int, size: int) -> None:
    grid = Grid(Cells.square(GEOGRAPHIC, 0.1), -35, 12, width, height)
    count = np.zeros(grid.shape, int)
    x, y = np.empty(grid.shape), np.empty(grid.shape)
    for tile in grid.tiles(size):
        assert 1 <= tile.height <= size
        assert 1 <= tile.width <= size
        part = np.s_[tile.row : tile.row + tile.height, tile.column : tile.column + tile.width]
        count[part] += 1
        tile_x, tile_y = grid.centres(tile)
        x[part] = tile_x.reshape(tile.height, tile.width)
        y[part] = tile_y.reshape(tile.height, tile.width)
    assert (count == 1).all()
    assert np.array_equal(x.ravel(), whole(grid)[0])
    assert np.array_equal(y.ravel(), whole(grid)[1])


@pytest.mark.parametrize(
    ("longitude", "latitude", "centre"),
    [
        (10.0, 60.0, (10.05, 59.95)),  # a corner belongs to the cell in the south-east
        (10.1, 60.0, (10.15, 59.95)),  # though 10.1 / 0.1 is 101.00000000000001 or less
        (179.99, 60.05, (179.95, 60.05)),
        (180.0, 60.05, (-179.95, 60.05)),
        (-180.0, 60.05, (-179.95, 60.05)),
        (359.99, 60.05, (-0.05, 60.05)),
        (190.0, 60.05, (-169.95, 60.05)),
        (0.0, 90.0, (0.05, 89.95)),
    ],
)
def test_a_point_lies_in_one_cell(
    longitude: float, latitude: float, centre: tuple[float, float]
) -> None:
    x, y = Cells.square(GEOGRAPHIC, 0.1).centres_of(np.array([longitude]), np.array([latitude]))
    assert (x[0], y[0]) == pytest.approx(centre, abs=1e-9)


@given(st.floats(-360, 360), st.floats(-89, 90), st.sampled_from([0.1, 0.25, 1 / 12, 0.7]))
@example(180.0, 60.0, 0.1)
def test_a_point_lies_within_half_a_cell_of_its_centre(
    longitude: float, latitude: float, size: float
) -> None:
    x, y = Cells.square(GEOGRAPHIC, size).centres_of(np.array([longitude]), np.array([latitude]))
    off = (x[0] - longitude + 180.0) % 360.0 - 180.0
    assert abs(off) <= size / 2 * (1 + 1e-5)
    assert abs(y[0] - latitude) <= size / 2 * (1 + 1e-5)


@given(st.floats(150, 209.9), st.floats(50, 89.9))
def test_the_cell_of_a_point_is_a_cell_of_the_map_to_the_last_bit(
    longitude: float, latitude: float
) -> None:
    usual = longitude if longitude <= 180 else longitude - 360
    x, y = Cells.square(GEOGRAPHIC, 0.1).centres_of(np.array([usual]), np.array([latitude]))
    across = Grid.from_extent((150, 49.9, -150, 90), 0.1)
    columns = across.cells.x(np.arange(across.first_column, across.first_column + across.width))
    rows = across.cells.y(np.arange(across.first_row, across.first_row + across.height))
    assert x[0] in columns
    assert y[0] in rows


def test_points_that_lie_nowhere_lie_in_no_cell() -> None:
    nowhere = np.array([np.inf, np.nan, -np.inf])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cells in (Cells.square(GEOGRAPHIC, 0.1), Cells.square(POLAR, 25_000.0)):
            x, y = cells.centres_of(nowhere, nowhere)
            assert not np.isfinite(x).any()
            assert not np.isfinite(y).any()


@pytest.mark.parametrize(
    ("extent", "crs"),
    [
        ((0, 10, 10, 10), GEOGRAPHIC),
        ((0, 20, 10, 10), GEOGRAPHIC),
        ((0, 80, 10, 91), GEOGRAPHIC),
        ((-190, 10, 190, 20), GEOGRAPHIC),
        ((400, 10, 410, 20), GEOGRAPHIC),
        ((10, 10, 10, 20), GEOGRAPHIC),
        ((0, 10, float("inf"), 20), GEOGRAPHIC),
        ((float("nan"), 10, 10, 20), GEOGRAPHIC),
        ((0, 10, 10), GEOGRAPHIC),
        (("a", 10, 10, 20), GEOGRAPHIC),
        (None, GEOGRAPHIC),
        ((1e6, 0, -1e6, 1e6), POLAR),
        ((0, 1e6, 1e6, 0), POLAR),
    ],
)
def test_an_extent_that_is_none_is_refused(extent: tuple[float, ...], crs: str) -> None:
    with pytest.raises(Wco2Error, match="Extent"):
        Grid.from_extent(extent, 0.1, crs)  # type: ignore[arg-type]


@pytest.mark.parametrize("resolution", [0.0, -0.1, float("nan"), float("inf")])
def test_a_cell_needs_a_size(resolution: float) -> None:
    with pytest.raises(Wco2Error, match="Resolution"):
        Grid.from_extent((0, 0, 1, 1), resolution)


def test_a_map_around_the_earth_has_each_column_once() -> None:
    for west in (-180.0, 0.0, -37.35):
        grid = Grid.from_extent((west, 60, west + 360, 61), 0.1)
        assert grid.width == 3600
        assert np.unique(whole(grid)[0]).size == 3600


def test_a_projected_grid_counts_metres_from_its_origin() -> None:
    grid = Grid.from_extent((-60_001, -30_000, 49_000, 60_000), 25_000, POLAR)
    assert grid.bounds == (-75_000.0, -50_000.0, 50_000.0, 75_000.0)
    assert grid.shape == (5, 5)


def test_grids_are_values() -> None:
    one, other = (Grid.from_extent((0, 0, 1, 1), 0.1) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one.to_json() == {
        "crs": GEOGRAPHIC,
        "resolution": 0.1,
        "bounds": [0.0, 0.0, 1.0, 1.0],
        "width": 10,
        "height": 10,
    }


def test_a_grid_shows_itself_in_a_line() -> None:
    assert repr(Grid.from_extent((-180, 27, 180, 83.7), 0.1)) == (
        "Grid(EPSG:4326, 567 x 3600 cells of 0.1 x 0.1, west -180, south 27, east 180, north 83.7)"
    )
    wkt = Grid.of_pixels(parse_crs("+proj=laea +lat_0=90").to_wkt(), 0, 0, 1, 1, 2, 3)
    assert len(repr(wkt)) < 120  # and not the thousand characters of its CRS


def test_a_map_read_back_as_a_raster_has_the_same_centres() -> None:
    made = Grid.from_extent((-180, 27, -170, 30), 0.1)
    west, north = made.corner
    read = Grid.of_pixels(GEOGRAPHIC, west, north, 0.1, 0.1, made.width, made.height)
    assert read != made  # its columns are counted from its own corner
    assert read.is_like(made)
    assert made.is_like(read)
    for one, other in zip(read.centres(), made.centres(), strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    columns, rows = read.pixel_coordinates(*made.centres())
    row, column = np.indices(made.shape)
    assert columns.tolist() == (column.ravel() + 0.5).tolist()
    assert rows.tolist() == (row.ravel() + 0.5).tolist()


def test_pixels_may_be_wider_than_high() -> None:
    grid = Grid.of_pixels(GEOGRAPHIC, 100.0, 70.0, 0.5, 0.25, 4, 2)
    assert grid.bounds == (100.0, 69.5, 102.0, 70.0)
    assert grid.transform == (0.5, 0.0, 100.0, 0.0, -0.25, 70.0)
    assert grid.resolution == 0.5
    x, y = grid.axes()
    assert x.tolist() == [100.25, 100.75, 101.25, 101.75]
    assert y.tolist() == [69.875, 69.625]


def test_axes_run_on_where_centres_turn_back() -> None:
    grid = Grid.of_pixels(GEOGRAPHIC, 0.0, 90.0, 90.0, 90.0, 4, 2)  # a raster of 0 to 360 degrees
    assert grid.axes()[0].tolist() == [45.0, 135.0, 225.0, 315.0]
    assert grid.centres(Tile(0, 0, 1, 4))[0].tolist() == [45.0, 135.0, -135.0, -45.0]
    assert grid.period == 4


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (Grid.of_pixels(GEOGRAPHIC, 10.0 + 1e-8, 70.0, 0.1, 0.1, 30, 20), True),
        (Grid.of_pixels(GEOGRAPHIC, 10.05, 70.0, 0.1, 0.1, 30, 20), False),  # half a cell off
        (Grid.of_pixels(GEOGRAPHIC, 10.0, 70.0, 0.1, 0.1, 30, 21), False),
        (Grid.of_pixels("EPSG:4269", 10.0, 70.0, 0.1, 0.1, 30, 20), False),
    ],
)
def test_grids_are_alike_where_their_cells_are(other: Grid, alike: bool) -> None:
    assert Grid.of_pixels(GEOGRAPHIC, 10.0, 70.0, 0.1, 0.1, 30, 20).is_like(other) is alike


def test_the_examples_of_the_module_run() -> None:
    found = doctest.testmod(wco2_engine.grid, extraglobs={"np": np})
    assert found.attempted >= 5
    assert not found.failed


def test_projecting_to_the_pole_and_back_by_hand() -> None:
    # In EPSG:6931 the pole is the origin, 90 E runs to the right and 0 E downward.
    x, y = project(np.array([0.0, 90.0, 0.0]), np.array([90.0, 80.0, 80.0]), GEOGRAPHIC, POLAR)
    assert x[0] == pytest.approx(0, abs=1e-6)
    assert y[0] == pytest.approx(0, abs=1e-6)
    assert x[1] > 1.1e6
    assert y[1] == pytest.approx(0, abs=1e-6)
    assert y[2] == pytest.approx(-x[1])


def test_points_beyond_a_projection_are_inf_and_leave_the_others_as_they_are() -> None:
    orthographic = "+proj=ortho +lat_0=90 +lon_0=0"  # shows the northern half of the Earth only
    longitude = np.linspace(-180, 180, 201)
    latitude = np.where(np.arange(201) % 3 == 0, -20.0, 50.0)
    x, y = project(longitude, latitude, GEOGRAPHIC, orthographic)
    seen = latitude > 0
    assert np.isinf(x[~seen]).all()
    assert np.isinf(y[~seen]).all()
    alone = project(longitude[seen], latitude[seen], GEOGRAPHIC, orthographic)
    assert np.array_equal(x[seen], alone[0])
    assert np.array_equal(y[seen], alone[1])
    none = project(longitude[~seen], latitude[~seen], GEOGRAPHIC, orthographic)
    assert np.isinf(none[0]).all()


@pytest.mark.parametrize("target", [POLAR, "EPSG:3408", "EPSG:4269", "EPSG:3978", "EPSG:4267"])
def test_a_point_is_projected_alike_alone_and_among_others(target: str) -> None:
    generator = np.random.default_rng(0)
    longitude, latitude = generator.uniform(-180, 180, 60), generator.uniform(30, 89, 60)
    together = project(longitude, latitude, GEOGRAPHIC, target)
    alone = [
        project(longitude[k : k + 1], latitude[k : k + 1], GEOGRAPHIC, target) for k in range(60)
    ]
    assert np.array_equal(together[0], np.concatenate([x for x, _ in alone]))
    assert np.array_equal(together[1], np.concatenate([y for _, y in alone]))


def test_a_code_means_that_crs_and_not_its_successor() -> None:
    # EPSG:3408 is on a sphere of 6,371,228 m; an old GDAL takes EPSG:6931, on an ellipsoid, for it.
    x, y = project(np.array([90.0]), np.array([60.0]), GEOGRAPHIC, "EPSG:3408")
    assert x[0] == pytest.approx(2 * 6_371_228 * np.sin(np.radians(15)), abs=1)
    assert y[0] == pytest.approx(0, abs=1)


@pytest.mark.parametrize("text", ["", "EPSG:99999999", "nonsense", "EPSG:", "/etc/passwd"])
def test_what_is_no_crs_is_refused(text: str) -> None:
    with pytest.raises(Wco2Error, match="coordinate reference system"):
        parse_crs(text)
