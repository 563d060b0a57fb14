"""The reader of rasters against fields that are known everywhere, in every awkward layout."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.transform import Affine
from scipy.io import netcdf_file

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import AS_STATED, GEOGRAPHIC, Cells, Grid, Tile, parse_crs, project
from wco2_engine.inputs import opening
from wco2_engine.inputs import rasters as module
from wco2_engine.inputs.rasters import (
    AS_STORED,
    RESAMPLINGS,
    Encoding,
    Points,
    Rasters,
    Sampler,
    gdal_path,
)
from wco2_engine.products.headers import header

Array = NDArray[np.float64]
POLAR = "EPSG:6931"
SPHERE = "EPSG:3408"


def write_tif(
    path: Path,
    values: NDArray[np.generic],
    x0: float,
    y0: float,
    dx: float,
    dy: float,
    crs: str | None = GEOGRAPHIC,
    **options: object,
) -> Path:
    """A GeoTIFF of one band `(rows, columns)` or of several; `dy` below 0 is north-up."""
    scale, offset = options.pop("scale", 1.0), options.pop("offset", 0.0)
    bands = np.atleast_3d(values) if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff",
        "count": len(bands),
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        "transform": Affine(dx, 0.0, x0, 0.0, dy, y0),
        **({} if crs is None else {"crs": parse_crs(crs)}),
    }
    with rasterio.Env(**AS_STATED), rasterio.open(path, "w", **profile, **options) as file:
        file.write(bands)
        file.scales, file.offsets = (scale,) * len(bands), (offset,) * len(bands)
    return path


def look_up(
    path: Path | str,
    points: Points,
    resampling: str = "bilinear",
    encoding: Encoding = AS_STORED,
    band: int = 1,
) -> Array:
    with Rasters() as rasters:
        info = rasters.info(str(path), encoding)
        return Sampler(rasters, points).values(info, band, resampling)  # type: ignore[arg-type]


def at(*places: tuple[float, float], crs: str = GEOGRAPHIC, cell: float = 0.0) -> Points:
    x, y = np.array(places, float).T
    return Points(x, y, crs, cell)


# ---------------------------------------------------------------- a field known everywhere


def field(longitude: Array, latitude: Array) -> Array:
    """Smooth on the whole sphere, the pole included."""
    a, b = np.radians(longitude), np.radians(latitude)
    return 20 + 5 * np.sin(a) * np.cos(b) + 3 * np.cos(2 * a) * np.cos(b) ** 2 + 8 * np.sin(b)


# Derivatives per radian, worked out from `field`: twice by longitude at most 5 + 12, twice by
# latitude at most 5 + 6 + 8, once by latitude at most 5 + 3 + 8.
CURVATURE, SLOPE = 17.0 + 19.0, 16.0
STEP = 2.0  # degrees
# Linear interpolation over h is off by at most h^2 / 8 times the second derivative, on each axis.
BOUND = math.radians(STEP) ** 2 / 8 * CURVATURE
# Beyond the outermost centres the value goes on unchanged for half a pixel.
OUTER_BOUND = BOUND + math.radians(STEP / 2) * SLOPE
SOUTH = 20.0


@dataclass(frozen=True)
class Layout:
    """A file, and how exact interpolation in it can be."""

    path: Path
    bound: float = BOUND
    outer: float = OUTER_BOUND
    crs: str = GEOGRAPHIC


def centres(
    x0: float, y0: float, dx: float, dy: float, shape: tuple[int, int]
) -> tuple[Array, Array]:
    return np.meshgrid(x0 + (np.arange(shape[1]) + 0.5) * dx, y0 + (np.arange(shape[0]) + 0.5) * dy)


def geographic(
    folder: Path, name: str, x0: float, y0: float, dy: float, columns: int = 180, rows: int = 35
) -> Layout:
    values = field(*centres(x0, y0, STEP, dy, (rows, columns)))
    return Layout(write_tif(folder / f"{name}.tif", values, x0, y0, STEP, dy))


def packed(folder: Path, name: str) -> Layout:
    values = field(*centres(-180, 90, STEP, -STEP, (35, 180)))
    stored = np.round((values - 20) / 0.001).astype(np.int16)
    path = write_tif(
        folder / f"{name}.tif",
        stored,
        -180,
        90,
        STEP,
        -STEP,
        nodata=-32768,
        scale=0.001,
        offset=20.0,
    )
    return Layout(path, BOUND + 0.0005, OUTER_BOUND + 0.0005)


def netcdf(folder: Path, name: str, ascending: bool, west: float) -> Layout:
    latitude = np.arange(SOUTH + 1, 90, STEP)
    latitude = latitude if ascending else latitude[::-1]
    longitude = west + STEP / 2 + STEP * np.arange(180)
    path = folder / f"{name}.nc"
    with netcdf_file(path, "w") as file:
        for axis, values, units in (
            ("lat", latitude, "degrees_north"),
            ("lon", longitude, "degrees_east"),
        ):
            file.createDimension(axis, len(values))
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:] = values
            variable.units = units
        variable = file.createVariable("t", "f8", ("lat", "lon"))
        variable[:] = field(*np.meshgrid(longitude, latitude))
    return Layout(path)


def polar(folder: Path, name: str, crs: str) -> Layout:
    half, step = 8e6, 100e3
    count = int(2 * half / step)
    x, y = centres(-half, half, step, -step, (count, count))
    longitude, latitude = project(x.ravel(), y.ravel(), crs, GEOGRAPHIC)
    values = field(longitude, latitude).reshape(count, count)
    # The second differences of the stored values are h^2 times the second derivatives.
    along = [np.abs(np.diff(values, 2, axis=axis)).max() for axis in (0, 1)]
    bound = 1.1 * sum(along) / 8
    return Layout(
        write_tif(folder / f"{name}.tif", values, -half, half, step, -step, crs), bound, bound, crs
    )


LAYOUTS: dict[str, Callable[[Path, str], Layout]] = {
    "from -180 to 180": lambda f, n: geographic(f, n, -180, 90, -STEP),
    "from 0 to 360": lambda f, n: geographic(f, n, 0, 90, -STEP),
    "south up": lambda f, n: geographic(f, n, -180, SOUTH, STEP),
    "south up from 0 to 360": lambda f, n: geographic(f, n, 0, SOUTH, STEP),
    "first centre at -180, north row at the pole": lambda f, n: geographic(
        f, n, -181, 91, -STEP, rows=36
    ),
    "both -180 and 180": lambda f, n: geographic(f, n, -181, 91, -STEP, columns=181, rows=36),
    "whole numbers with scale and offset": packed,
    "netCDF": lambda f, n: netcdf(f, n, False, -180),
    "netCDF, latitude ascending, 0 to 360": lambda f, n: netcdf(f, n, True, 0),
    "polar": lambda f, n: polar(f, n, POLAR),
    "polar on a sphere": lambda f, n: polar(f, n, SPHERE),
}

SEAM = [179.99, -180.0, 180.0, 0.0, 359.99, -0.01, 0.01, -179.99, 181.0, 190.0, -170.0]
generator = np.random.default_rng(7)
LONGITUDE = np.concatenate(
    [np.repeat(SEAM, 3), generator.uniform(-180, 360, 300), [0.0, 77.0, 5.0]]
)
LATITUDE = np.concatenate(
    [np.tile([33.3, 61.0, 88.7], len(SEAM)), generator.uniform(22, 89, 300), [90.0, 90.0, 89.999]]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rasters")


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request: pytest.FixtureRequest, folder: Path) -> Layout:
    name = "".join(c if c.isalnum() else "_" for c in request.param)
    return LAYOUTS[request.param](folder, name)


SUPPORTS = {
    "points": None,
    "geographic cells": Cells.square(GEOGRAPHIC, 0.25),
    "polar cells": Cells.square(POLAR, 25_000.0),
    "cells on a sphere": Cells.square(SPHERE, 12_500.0),
}


@pytest.mark.parametrize("support", SUPPORTS)
def test_a_known_field_is_recovered_from_every_layout(layout: Layout, support: str) -> None:
    cells = SUPPORTS[support]
    points = (
        Points(LONGITUDE, LATITUDE, GEOGRAPHIC)
        if cells is None
        else Points.in_cells(LONGITUDE, LATITUDE, cells)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = look_up(layout.path, points)
    longitude, latitude = project(points.x, points.y, points.crs, GEOGRAPHIC)
    error = np.abs(found - field(longitude, latitude))
    inner = latitude <= 89.0
    assert np.isfinite(found).all()
    assert error[inner].max() <= layout.bound
    assert error.max() <= layout.outer


def test_the_pole_itself_is_exact_where_a_row_lies_on_it(folder: Path) -> None:
    layout = geographic(folder, "pole", -181, 91, -STEP, rows=36)
    found = look_up(layout.path, at((0, 90), (123.4, 90), (-180, 90)))
    assert found == pytest.approx(28.0, abs=1e-12)


def test_all_layouts_of_the_same_pixels_agree(folder: Path) -> None:
    """Stored from the north or the south, from -180 or 0: nothing but the order differs."""
    values = np.random.default_rng(0).normal(size=(20, 72))
    files = [
        write_tif(folder / "a.tif", values, -180, 90, 5, -3),
        write_tif(folder / "b.tif", values[::-1], -180, 30, 5, 3),
        write_tif(folder / "c.tif", np.roll(values, 36, axis=1), 0, 90, 5, -3),
        write_tif(folder / "d.tif", np.hstack([values, values[:, :3]]), -180, 90, 5, -3),
    ]
    x = np.concatenate([np.arange(-180, 180, 2.5), generator.integers(-720, 720, 300) / 4])
    y = np.concatenate([np.tile([45.0, 46.5], 72), generator.integers(30 * 4, 90 * 4, 300) / 4])
    for resampling in RESAMPLINGS:
        for cell in (0.0, 10.0):
            found = [look_up(f, Points(x, y, GEOGRAPHIC, cell), resampling) for f in files]
            assert not np.isnan(found[0]).any()
            for other in found[1:]:
                if resampling == "bilinear":  # the weights come from other sums
                    assert np.allclose(found[0], other, rtol=0, atol=1e-12)
                else:
                    assert np.array_equal(found[0], other), (resampling, cell)


def test_outside_is_missing_and_the_outer_edges_are_inside(folder: Path) -> None:
    path = write_tif(folder / "part.tif", np.arange(6.0).reshape(2, 3), 10, 60, 1, -1)
    inside = [(10, 59.5), (13, 59.5), (11.5, 60), (11.5, 58), (10, 60), (13, 58), (370, 59)]
    outside = [(9.99, 59.5), (13.01, 59.5), (11.5, 60.01), (11.5, 57.99), (-170, 59), (10, -59)]
    for resampling in RESAMPLINGS:
        assert not np.isnan(look_up(path, at(*inside), resampling)).any()
        assert np.isnan(look_up(path, at(*outside), resampling)).all()


@pytest.mark.parametrize("step", [0.7, 1 / 12, 0.1])
def test_the_western_edge_is_inside_on_every_turn(folder: Path, step: float) -> None:
    path = write_tif(folder / "step.tif", np.array([[1.0, 2.0, 3.0]]), 10.1, 60, step, -1)
    assert look_up(path, at((10.1, 59.5), (370.1, 59.5), (-349.9, 59.5)), "nearest").tolist() == [
        *(1.0, 1.0, 1.0)
    ]


def test_an_edge_belongs_to_the_pixel_in_the_east_in_spite_of_rounding(folder: Path) -> None:
    # 0.3 / 0.1 is 2.9999999999999996 in binary.
    path = write_tif(folder / "edges.tif", np.arange(3600.0)[None], 0, 60, 0.1, -1)
    x = np.arange(3600) / 10
    found = look_up(path, Points(x, np.full(3600, 59.5), GEOGRAPHIC), "nearest")
    assert np.array_equal(found, np.arange(3600))


def test_columns_of_a_rounded_size_still_close_around_the_earth(folder: Path) -> None:
    # As 1/12 degree was rounded, 4320 columns end 0.00014 degrees short of the full turn.
    values = np.arange(4320.0)[None]
    path = write_tif(folder / "rounded.tif", values, -180, 60, 0.0833333, -1)
    found = look_up(path, at((179.99999, 59.5), (-180, 59.5), (180, 59.5), (0.01, 59.5)), "nearest")
    assert found.tolist() == [4319.0, 0.0, 0.0, 2160.0]


def test_points_that_lie_nowhere_are_missing(folder: Path) -> None:
    for crs, name in ((GEOGRAPHIC, "n"), (POLAR, "p")):
        path = write_tif(folder / f"nowhere_{name}.tif", np.ones((4, 4)), -180, 90, 90, -45, crs)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            points = at((np.inf, np.inf), (np.nan, 60), (0, np.nan), crs=crs, cell=1.0)
            for resampling in RESAMPLINGS:
                assert np.isnan(look_up(path, points, resampling)).all()


def test_a_regional_grid_across_the_antimeridian_is_one_piece(folder: Path) -> None:
    layout = geographic(folder, "chukotka", 170, 72, -STEP, columns=10, rows=5)
    longitude = np.array([171.0, 179.99, 180.0, -180.0, -179.5, 181.0, -171.01, 188.99])
    latitude = np.full(8, 66.0)
    found = look_up(layout.path, Points(longitude, latitude, GEOGRAPHIC))
    assert np.abs(found - field(longitude, latitude)).max() <= BOUND
    assert np.isnan(look_up(layout.path, at((169.9, 66), (-169.9, 66), (0, 66)))).all()


def test_a_grid_with_a_gap_at_the_seam_stays_missing_there(folder: Path) -> None:
    path = write_tif(folder / "gap.tif", np.ones((2, 358)), -179, 61, 1, -1)
    found = look_up(path, at((-179.5, 60), (179.5, 60), (180, 60), (-178.9, 60), (178.9, 60)))
    assert np.isnan(found[:3]).all()
    assert found[3:].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("resampling", RESAMPLINGS)
@pytest.mark.parametrize(
    ("extent", "size", "crs"),
    [
        ((-180, 60, 180, 90), 0.5, GEOGRAPHIC),
        ((170, 60, -170, 80), 0.5, GEOGRAPHIC),
        ((-3e6, -3e6, 3e6, 3e6), 50_000.0, POLAR),
    ],
)
def test_a_site_sees_what_the_cell_that_holds_it_sees(
    layout: Layout, extent: tuple[float, ...], size: float, crs: str, resampling: str
) -> None:
    grid = Grid.from_extent(extent, size, crs)  # type: ignore[arg-type]
    x, y = grid.centres(Tile(0, 0, grid.height, grid.width))
    cells = look_up(layout.path, Points(x, y, crs, size), resampling)
    by_centre = dict(zip(zip(x, y, strict=True), cells, strict=True))
    sites = Points.in_cells(LONGITUDE, LATITUDE, grid.cells)
    seen = look_up(layout.path, sites, resampling)
    pairs = [
        (value, by_centre[key])
        for key, value in zip(zip(sites.x, sites.y, strict=True), seen, strict=True)
        if key in by_centre
    ]
    assert len(pairs) > 10
    assert all(one == other for one, other in pairs)


# ---------------------------------------------------------------- resampling worked by hand

SMALL = np.array(
    [[1.0, 2.0, 5.0, 5.0], [3.0, 4.0, 5.0, 7.0], [0.0, 8.0, 9.0, 9.0], [2.0, 2.0, 1.0, 3.0]]
)


@pytest.fixture(scope="module")
def small(folder: Path) -> Path:
    """Pixels of 1 degree from 10 E, 60 N."""
    return write_tif(folder / "small.tif", SMALL, 10, 60, 1, -1)


def test_nearest_takes_the_pixel_that_holds_the_point(small: Path) -> None:
    points = at((10.1, 59.9), (11.9, 58.1), (12.0, 59.0), (13.99, 56.01))
    # (12, 59) is a corner of four pixels: it belongs to the one in the south-east.
    assert look_up(small, points, "nearest").tolist() == [1.0, 4.0, 5.0, 3.0]


def test_bilinear_weighs_four_centres(small: Path) -> None:
    points = at((10.5, 59.5), (11.0, 59.0), (10.75, 59.25), (10.0, 60.0), (10.0, 59.0))
    # 1; the mean of 1, 2, 3, 4; 1 + 0.25 * 1 + 0.25 * 2; the corner's pixel; half of 1 and 3.
    assert look_up(small, points).tolist() == [1.0, 2.5, 1.75, 1.0, 2.0]


def test_cells_of_two_by_two_pixels_by_hand(small: Path) -> None:
    cells = at((11, 59), (13, 59), (11, 57), (13, 57), cell=2.0)
    assert look_up(small, cells, "average").tolist() == [2.5, 5.5, 3.0, 5.5]
    assert look_up(small, cells, "min").tolist() == [1.0, 5.0, 0.0, 1.0]
    assert look_up(small, cells, "max").tolist() == [4.0, 7.0, 8.0, 9.0]
    # 1, 2, 3, 4 come once each: the smallest; 5 three times; 2 twice; 9 twice.
    assert look_up(small, cells, "mode").tolist() == [1.0, 5.0, 2.0, 9.0]


def test_an_average_of_aligned_pixels_is_their_exact_mean(folder: Path) -> None:
    stored = np.random.default_rng(3).integers(-1000, 1000, (40, 60)).astype(np.float64)
    path = write_tif(folder / "fine.tif", stored, 10, 60, 0.05, -0.05)
    grid = Grid.from_extent((10, 58, 13, 60), 0.1)
    x, y = grid.centres(Tile(0, 0, grid.height, grid.width))
    found = look_up(path, Points(x, y, GEOGRAPHIC, 0.1), "average")
    by_hand = stored.reshape(20, 2, 30, 2).mean(axis=(1, 3))  # sums of whole numbers are exact
    assert np.array_equal(found.reshape(20, 30), by_hand)


def test_a_coarser_source_is_looked_up_at_the_centre(small: Path) -> None:
    cells = at((10.3, 59.7), (11.6, 58.2), cell=0.1)
    for resampling in ("average", "mode", "min", "max"):
        assert look_up(small, cells, resampling).tolist() == [1.0, 4.0]


@pytest.fixture(scope="module")
def coast(folder: Path) -> Path:
    """Two by two pixels, the eastern two missing in three ways of saying so."""
    stored = np.array([[1.0, np.nan, 7.0], [3.0, -9999.0, 5.0]], np.float32)
    return write_tif(folder / "coast.tif", stored, 10, 60, 1, -1, nodata=-9999.0)


def test_a_point_on_a_missing_pixel_is_missing(coast: Path) -> None:
    points = at((11.5, 59.5), (11.1, 59.2), (11.5, 58.4))
    assert np.isnan(look_up(coast, points, "nearest")).all()
    assert np.isnan(look_up(coast, points, "bilinear")).all()


def test_missing_neighbours_have_no_weight(coast: Path) -> None:
    # At (10.9, 59) the east weighs 0.4 and is missing: the mean of 1 and 3 is left.
    assert look_up(coast, at((10.9, 59.0), (10.9, 59.5))) == pytest.approx([2.0, 1.0])


def test_reductions_leave_missing_pixels_out(coast: Path) -> None:
    cells = at((11.0, 59.0), cell=2.0)
    assert look_up(coast, cells, "average").tolist() == [2.0]
    assert look_up(coast, cells, "min").tolist() == [1.0]
    assert look_up(coast, cells, "max").tolist() == [3.0]
    assert look_up(coast, cells, "mode").tolist() == [1.0]
    only_missing = at((11.5, 59.0), cell=0.9)
    for resampling in ("average", "mode", "min", "max"):
        assert np.isnan(look_up(coast, only_missing, resampling)).all()


# ---------------------------------------------------------------- each point on its own


@pytest.fixture(scope="module")
def noise(folder: Path) -> Path:
    """Random pixels all around the Earth, a fifth of them missing."""
    random = np.random.default_rng(11)
    stored = random.normal(size=(90, 240))
    stored[random.random(stored.shape) < 0.2] = np.nan
    stored = np.round(stored, 1)  # so that mode has equals to choose from
    return write_tif(folder / "noise.tif", stored, 0, 90, 1.5, -0.75)


MANY = 400


def many(kind: str) -> Points:
    random = np.random.default_rng(5)
    longitude, latitude = random.uniform(-180, 180, MANY), random.uniform(15, 90, MANY)
    if kind == "points":
        return Points(longitude, latitude, GEOGRAPHIC)
    return Points.in_cells(longitude, latitude, SUPPORTS[kind] or Cells.square(GEOGRAPHIC, 5.0))


def part_of(points: Points, chosen: NDArray[np.int64]) -> Points:
    return Points(points.x[chosen], points.y[chosen], points.crs, points.cell)


@settings(max_examples=25)
@given(
    chosen=st.lists(st.integers(0, MANY - 1), min_size=1, max_size=MANY),
    kind=st.sampled_from(["points", "polar cells", "geographic cells"]),
    resampling=st.sampled_from(RESAMPLINGS),
    pixels=st.sampled_from([1, 50, 10_000, 4_000_000]),
    lookups=st.sampled_from([1, 300, 2_000_000]),
)
def test_no_choice_order_or_window_of_points_changes_a_value(
    noise: Path, chosen: list[int], kind: str, resampling: str, pixels: int, lookups: int
) -> None:
    points = many(kind)
    points = Points(points.x, points.y, points.crs, 3 * points.cell)
    expected = look_up(noise, points, resampling)
    with (
        mock.patch.object(module, "MAX_WINDOW_PIXELS", pixels),
        mock.patch.object(module, "MAX_LOOKUPS", lookups),
    ):
        found = look_up(noise, part_of(points, np.array(chosen)), resampling)
    assert np.array_equal(found, expected[chosen], equal_nan=True)


def test_windows_stay_small_for_sites_far_apart(noise: Path) -> None:
    points = many("points")
    windows: list[int] = []
    read = Rasters.window

    def counted(self: Rasters, *arguments: int, **places: object) -> Array:
        windows.append(arguments[-1] * arguments[-2])
        return read(self, *arguments, **places)  # type: ignore[arg-type]

    with (
        mock.patch.object(module, "MAX_WINDOW_PIXELS", 500),
        mock.patch.object(Rasters, "window", counted),
    ):
        look_up(noise, points)
    assert len(windows) > 10
    assert max(windows) <= 500


def test_points_on_both_sides_of_the_seam_need_few_pixels(noise: Path) -> None:
    # The file's seam lies at 0 E. Two points beside it are neighbours, not the ends of the file.
    with mock.patch.object(Rasters, "window", autospec=True, side_effect=Rasters.window) as read:
        look_up(noise, at((-0.1, 60), (0.1, 60)), "nearest")
    *_, height, width = read.call_args.args
    assert (height, width) == (1, 2)


def test_more_files_than_may_be_open_can_be_read(folder: Path) -> None:
    files = [
        write_tif(folder / f"one_{k}.tif", np.full((2, 2), float(k)), 10, 60, 1, -1)
        for k in range(9)
    ]
    with mock.patch.object(module, "OPEN_FILES", 3), Rasters() as rasters:
        for _ in range(2):
            for k, path in enumerate(files):
                info = rasters.info(str(path), AS_STORED)
                found = Sampler(rasters, at((11, 59))).values(info, 1, "nearest")
                assert found.tolist() == [k]
        assert len(rasters._open) == 3


def test_the_bytes_that_open_files_hold_are_bounded_too(folder: Path) -> None:
    # A file of one block of 64 x 64 float64: 50,000 + 32,768 + 16 bytes.
    files = [
        str(write_tif(folder / f"held_{k}.tif", np.full((64, 64), float(k)), 10, 60, 1, -1))
        for k in range(9)
    ]
    with rasterio.open(files[0]) as file:
        assert math.prod(file.block_shapes[0]) * 8 == 8 * 64 * 16  # strips
    each = 50_000 + 8 * 64 * 16 + 16 * 4
    with mock.patch.object(module, "OPEN_BYTES", 4 * each), Rasters() as rasters:
        for path in files:
            rasters.info(path, AS_STORED)
        assert list(rasters._open) == [*files[:3], files[8]]  # the first ones, and the latest
        assert rasters._held == 4 * each


def test_readers_share_what_may_be_open(folder: Path) -> None:
    files = [
        str(write_tif(folder / f"share_{k}.tif", np.full((2, 2), float(k)), 10, 60, 1, -1))
        for k in range(9)
    ]
    with mock.patch.object(module, "OPEN_FILES", 9), Rasters(readers=3) as rasters:
        for path in files:
            rasters.info(path, AS_STORED)
        assert len(rasters._open) == 3
    with mock.patch.object(module, "OPEN_FILES", 2), Rasters(readers=64) as rasters:
        assert rasters.info(files[0], AS_STORED).count == 1  # one file can always be open


def test_files_read_again_and_again_stay_open(folder: Path) -> None:
    files = [
        str(write_tif(folder / f"again_{k}.tif", np.full((2, 2), float(k)), 10, 60, 1, -1))
        for k in range(6)
    ]
    opened: list[str] = []

    def opener(path: str) -> Callable[[str], object]:
        opened.append(path)
        return rasterio.open

    with (
        mock.patch.object(module, "OPEN_FILES", 4),
        mock.patch.object(opening, "_opener", opener),
        Rasters() as rasters,
    ):
        for _ in range(10):
            for path in files:
                rasters.info(path, AS_STORED)
    assert len(opened) <= 6 + 9 * 3  # and not all 60: the best that four places allow


def test_all_files_are_closed_at_the_end(folder: Path) -> None:
    files = [
        str(write_tif(folder / "end.tif", np.ones((2, 2)), 10, 60, 1, -1)),
        str(netcdf(folder, "end", False, -180).path),
    ]
    with Rasters() as rasters:
        for path in files:
            rasters.info(path, AS_STORED)
        datasets = [opened.dataset for opened in rasters._open.values()]
        assert [dataset.closed for dataset in datasets] == [False, False]
    assert [dataset.closed for dataset in datasets] == [True, True]


def test_a_file_that_is_replaced_is_seen_by_the_next_reader(folder: Path) -> None:
    path, point = folder / "replaced.tif", at((11, 59))
    write_tif(path, np.full((2, 2), 1.0), 10, 60, 1, -1)
    assert look_up(path, point).tolist() == [1.0]
    write_tif(folder / "newer.tif", np.full((2, 2), 2.0), 10, 60, 1, -1).replace(path)
    assert look_up(path, point).tolist() == [2.0]


@pytest.mark.parametrize("south_up", [False, True])
def test_chosen_pixels_of_a_window_are_the_ones_of_the_whole_window(
    folder: Path, south_up: bool
) -> None:
    stored = np.arange(-40, 40, dtype=np.int16).reshape(8, 10)
    path = write_tif(
        folder / f"chosen_{south_up}.tif",
        stored,
        -180,
        -8 if south_up else 0,
        36,
        1 if south_up else -1,
        nodata=-7,
        scale=0.1,
        offset=3.0,
    )
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.where(stored % 5 == 0, 0, 255).astype(np.uint8))
    view = (2, 7, 5, 6)  # across the seam
    places = np.array([29, 0, 3, 3, 17])
    with Rasters() as rasters:
        info = rasters.info(str(path), AS_STORED)
        whole = rasters.window(info, 1, *view)
        chosen = rasters.window(info, 1, *view, places=places)
    assert np.isnan(whole).any()
    assert chosen.tobytes() == whole.ravel()[places].tobytes()


def test_credentials_are_asked_for_far_files_alone() -> None:
    assert opening._opener("s3://bucket/a.tif") is rasterio.open
    assert opening._opener("/data/a.tif") is rasterio.open.__wrapped__


# ---------------------------------------------------------------- what is stored


def test_scale_and_offset_of_the_catalogue_take_the_place_of_those_of_the_file(
    folder: Path,
) -> None:
    stored = np.array([[100, -1]], np.int16)
    path = write_tif(folder / "scaled.tif", stored, 0, 60, 1, -1, nodata=-1, scale=0.1, offset=5.0)
    points = at((0.5, 59.5), (1.5, 59.5))
    own = look_up(path, points, "nearest")
    assert own == pytest.approx([15.0, np.nan], nan_ok=True)
    other = look_up(path, points, "nearest", Encoding(scale=2.0, offset=5.0, nodata=100))
    assert other == pytest.approx([np.nan, 3.0], nan_ok=True)  # -1 * 2 + 5
    # Whose offset belongs to the catalogue's scale, nobody knows.
    with pytest.raises(Wco2Error, match=r"states offset 5, and the catalogue scale = 2"):
        look_up(path, points, "nearest", Encoding(scale=2.0))


def test_nodata_is_found_in_the_precision_of_the_file(folder: Path) -> None:
    lowest = float(np.finfo(np.float32).min)
    for name, stated in (("lowest", lowest), ("tenth", -9999.9), ("beyond", -1.7e308)):
        stored = np.array([[1.0, stated if abs(stated) < 1e300 else -np.inf]], np.float32)
        path = write_tif(folder / f"{name}.tif", stored, 0, 60, 1, -1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = look_up(path, at((0.5, 59.5), (1.5, 59.5)), "nearest", Encoding(nodata=stated))
        assert found[0] == 1.0
        assert np.isnan(found[1])


def test_a_mask_band_hides_pixels(folder: Path) -> None:
    path = write_tif(folder / "masked.tif", np.array([[1.0, 2.0]]), 0, 60, 1, -1)
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.array([[255, 0]], np.uint8))
    found = look_up(path, at((0.5, 59.5), (1.5, 59.5)), "nearest")
    assert found == pytest.approx([1.0, np.nan], nan_ok=True)


# ---------------------------------------------------------------- what can't be read


def refused(path: Path | str, encoding: Encoding = AS_STORED) -> Wco2Error:
    with pytest.raises(Wco2Error) as caught:
        look_up(path, at((10.5, 59.5)), encoding=encoding)
    return caught.value


def test_a_raster_without_crs_is_refused_and_read_when_the_catalogue_states_it(
    folder: Path,
) -> None:
    path = write_tif(folder / "no_crs.tif", np.ones((2, 2)), 10, 60, 1, -1, crs=None)
    error = refused(path)
    assert "no_crs.tif states no coordinate reference system" in error.message
    assert 'crs = "EPSG:4326"' in error.hint
    assert look_up(path, at((10.5, 59.5)), encoding=Encoding(crs=GEOGRAPHIC)).tolist() == [1.0]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lies_nowhere_is_refused(folder: Path) -> None:
    for crs in (None, GEOGRAPHIC):
        path = write_tif(folder / "nowhere.tif", np.ones((2, 2)), 0, 0, 1, 1, crs=crs)
        assert "no georeference" in refused(path, Encoding(crs=GEOGRAPHIC)).message


@pytest.mark.parametrize(
    "transform",
    [
        Affine(0.8, -0.6, 10, -0.6, -0.8, 60),
        Affine(0, 1, 10, 1, 0, 60),
        Affine(-1, 0, 10, 0, -1, 60),
    ],
)
def test_a_rotated_raster_is_refused(folder: Path, transform: Affine) -> None:
    path = write_tif(folder / "rotated.tif", np.ones((2, 2)), 10, 60, 1, -1)
    with rasterio.open(path, "r+") as file:
        file.transform = transform
    error = refused(path)
    assert "rotated" in error.message
    assert "follow the axes of their CRS" in error.hint


def test_rounding_in_a_transform_is_no_rotation(folder: Path) -> None:
    path = write_tif(folder / "nearly.tif", np.ones((2, 2)), 10, 60, 1, -1)
    with rasterio.open(path, "r+") as file:
        file.transform = Affine(1, 1e-15, 10, -1e-15, -1, 60)
    assert look_up(path, at((10.5, 59.5))).tolist() == [1.0]


def test_a_truncated_file_is_refused_by_name_and_row(folder: Path) -> None:
    path = write_tif(
        folder / "cut.tif", np.random.default_rng(0).random((400, 50)), 10, 60, 0.1, -0.1
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Wco2Error) as caught:
        look_up(path, at((10.5, 59.5), (10.5, 20.5)))
    assert "cut.tif" in caught.value.message


def test_a_damaged_strip_is_refused_by_name_band_and_row(folder: Path) -> None:
    stored = np.random.default_rng(0).random((400, 50))
    path = write_tif(folder / "bad.tif", stored, 10, 60, 0.1, -0.1, compress="deflate")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    path.write_bytes(content)
    points = Points(np.full(200, 12.5), np.linspace(59.9, 20.1, 200), GEOGRAPHIC)
    with pytest.raises(Wco2Error, match=r"bad\.tif, band 1, can't be read near row \d+") as caught:
        look_up(path, points)
    assert "download it again" in caught.value.hint


def test_what_is_no_raster_is_refused(folder: Path) -> None:
    path = folder / "notes.tif"
    path.write_text("no raster at all")
    assert "notes.tif is not a GeoTIFF, as its name says" in refused(path).message


@pytest.fixture(scope="module")
def two_variables(folder: Path) -> Path:
    path = folder / "two.nc"
    with netcdf_file(path, "w") as file:
        for axis, values, units in (
            ("lat", [58.5, 59.5], "degrees_north"),
            ("lon", [10.5, 11.5, 12.5], "degrees_east"),
        ):
            file.createDimension(axis, len(values))
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:] = values
            variable.units = units
        for name, value in (("t2m", 1.0), ("swvl1", 2.0)):
            variable = file.createVariable(name, "f4", ("lat", "lon"))
            variable[:] = value
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_several_variables_need_a_choice(two_variables: Path) -> None:
    error = refused(two_variables)
    assert "two.nc holds several variables" in error.message
    assert "t2m, swvl1" in error.hint
    for name, value in (("t2m", 1.0), ("swvl1", 2.0)):
        path = gdal_path("two.nc", name, two_variables.parent, "File")
        assert look_up(path, at((10.5, 59.5))).tolist() == [value]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_misspelt_variable_is_named_with_the_nearest_one(two_variables: Path) -> None:
    error = refused(gdal_path("two.nc", "t2n", two_variables.parent, "File"))
    assert "two.nc has no variable 't2n'" in error.message
    assert error.hint == "Did you mean 't2m'?"


def test_a_missing_file_is_named_with_the_nearest_one(small: Path) -> None:
    with pytest.raises(Wco2Error, match=r"Did you mean \'small\.tif\'"):
        gdal_path("smal.tif", None, small.parent, "File")


@pytest.mark.parametrize(
    "path", ["/vsicurl/https://x.org/a.tif", "https://x.org/a.tif", 'HDF4_EOS:EOS_GRID:"a.hdf":g:v']
)
def test_gdal_names_pass_as_they_are(path: str, folder: Path) -> None:
    assert gdal_path(path, None, folder, "File") == path


def test_a_sphere_and_an_ellipsoid_are_not_confused(folder: Path) -> None:
    """EPSG:3408 and 6931 look alike, and are 10 km apart at 60 N."""
    found = {}
    for crs in (POLAR, SPHERE):
        path = write_tif(folder / f"{crs[-4:]}.tif", np.ones((4, 4)), -1, 1, 1, -1, crs)
        with Rasters() as rasters:
            found[crs] = rasters.info(str(path), AS_STORED).georeference.crs
        x, _ = project(np.array([90.0]), np.array([60.0]), GEOGRAPHIC, found[crs])
        expected, _ = project(np.array([90.0]), np.array([60.0]), GEOGRAPHIC, crs)
        assert x == pytest.approx(expected, abs=1e-3)
    assert found[POLAR] != found[SPHERE]


# ---------------------------------------------------------------- the real grids


def test_real_grids_agree_where_they_say_the_same(realcase: Path) -> None:
    """The permafrost zones of a geographic and of a polar grid, inland."""
    zones = realcase / "grids" / "permafrost_extent_brown_nh010.tif"
    points = at((129.7, 62.0), (105.0, 66.0), (-150.0, 69.0), (37.6, 55.8))  # Yakutia ... Moscow
    assert look_up(zones, points, "nearest").tolist() == [1.0, 1.0, 1.0, 0.0]
    land = realcase / "grids" / "fractional_land_05deg.nc"
    found = look_up(land, at((129.7, 62.0), (-150.0, 66.0), (-30.0, 50.0)), "nearest")
    assert found == pytest.approx([1.0, 1.0, 0.0], abs=1e-6)


# ---------------------------------------------------------------- threads


def test_all_but_geotiffs_are_read_in_one_thread_of_their_own() -> None:
    def name_of_thread(path: str) -> str:
        return module.apart(path, lambda: threading.current_thread().name)

    here = threading.current_thread().name
    apart = {
        name_of_thread(path)
        for path in ("a.nc", 'NETCDF:"a.nc":t', 'HDF5:"a.h5"://t', "a.vrt", "a.hdf", "a")
    }
    assert len(apart) == 1 and here not in apart
    for path in ("a.tif", "/vsicurl/https://x.org/A.TIFF"):
        assert name_of_thread(path) == here
    nested = module.apart("a.nc", lambda: module.apart("b.nc", lambda: "no deadlock"))
    assert nested == "no deadlock"


def test_a_file_is_closed_in_the_thread_that_it_was_read_in(folder: Path) -> None:
    scientific = str(netcdf(folder, "closed", False, -180).path)
    plain = str(write_tif(folder / "closed.tif", np.ones((2, 2)), 10, 60, 1, -1))
    with mock.patch.object(module, "OPEN_FILES", 1), Rasters() as rasters:
        rasters.info(scientific, AS_STORED)
        with mock.patch.object(module, "apart", side_effect=module.apart) as apart:
            rasters.info(plain, AS_STORED)  # has to close the other one
        assert [call.args[0] for call in apart.call_args_list] == [plain, scientific]


def test_threads_with_readers_of_their_own_agree(folder: Path) -> None:
    files = [netcdf(folder, f"threads_{k}", bool(k % 2), -180).path for k in range(3)]
    expected = look_up(files[0], Points(LONGITUDE, LATITUDE, GEOGRAPHIC))

    def read(number: int) -> Array:
        with Rasters() as rasters:
            for _ in range(5):
                for path in files:
                    info = rasters.info(str(path), AS_STORED)
                    sampler = Sampler(rasters, Points(LONGITUDE, LATITUDE, GEOGRAPHIC))
                    values = sampler.values(info, 1, "bilinear")
            return values

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(read, range(8)):
            assert np.allclose(found, expected, rtol=0, atol=1e-12)


def test_texts_that_are_no_utf8_say_nothing(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "old.tif", np.ones((2, 2)), 10, 60, 1, -1)
    with rasterio.open(path, "r+") as file:
        file.descriptions, file.units = ("Jäner",), ("gä",)
        file.update_tags(who="Jäner")
        file.update_tags(1, who="Jäner")
    # As programs write it that know one code page only.
    Path(path).write_bytes(Path(path).read_bytes().replace("ä".encode(), b"\xe4\xe4"))
    with Rasters() as rasters:
        info = rasters.info(str(path), AS_STORED)
        assert (info.units, info.time.known) == ("", False)
        assert Sampler(rasters, Points(np.array([10.5]), np.array([59.5]), GEOGRAPHIC)).values(
            info, 1, "nearest"
        ) == [1.0]
    assert header(Path(path)).layers[0].units == ""
