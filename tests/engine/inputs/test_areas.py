"""Boxes and polygons: which points lie inside, in whatever plane they were drawn."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.areas import Area, Box, Polygons, area_from_json, parse_box, read_polygons

POLAR = "EPSG:6931"


def holds(area: Area, *places: tuple[float, float]) -> list[bool]:
    longitude, latitude = np.array(places, float).T
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [bool(inside) for inside in area.contains(longitude, latitude)]


# ---------------------------------------------------------------- boxes


def test_the_edges_of_a_box_are_inside() -> None:
    inside = [(10, 50), (20, 60), (10, 60), (20, 50), (15, 55), (370, 55), (-345, 55)]
    outside = [(9.999, 55), (20.001, 55), (15, 49.999), (15, 60.001), (-15, 55), (195, 55)]
    assert all(holds(Box(10, 50, 20, 60), *inside))
    assert not any(holds(Box(10, 50, 20, 60), *outside))


def test_rounding_takes_nothing_from_the_edges_of_a_box() -> None:
    area = Box(-179.95, 27.05, 179.95, 27.15)
    north, east = 271.5 * 0.1, 1799.5 * 0.1  # as centres of cells are worked out
    assert (north, east) == (27.150000000000002, 179.95000000000002)
    assert all(holds(area, (0, north), (east, 27.1), (-east, 27.1)))


@pytest.mark.parametrize("values", [(170, 50, -160, 70), (170, 50, 200, 70), (-190, 50, -160, 70)])
def test_a_box_may_cross_the_antimeridian(values: tuple[float, ...]) -> None:
    area = parse_box(values, "Region 'a'")
    assert all(holds(area, (170, 60), (179.9, 60), (180, 60), (-180, 60), (-160, 60), (200, 60)))
    assert not any(holds(area, (169.9, 60), (-159.9, 60), (0, 60)))


@pytest.mark.parametrize("west", [-180, 0, -37.5])
def test_a_box_may_go_around_the_earth(west: float) -> None:
    area = parse_box([west, 45, west + 360, 90], "Region 'a'")
    assert all(holds(area, (-180, 50), (180, 50), (0, 90), (-37.5, 45), (359.99, 80)))
    assert not any(holds(area, (0, 44.9)))


def test_points_that_lie_nowhere_are_in_no_area() -> None:
    square = Polygons(GEOGRAPHIC, (((0, 0), (10, 0), (10, 10), (0, 10)),))
    polar = Polygons(POLAR, (((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)),))
    nowhere = [(math.inf, math.inf), (math.nan, 5), (5, math.nan), (-math.inf, 5)]
    for area in (Box(-180, -90, 180, 90), square, polar):
        assert not any(holds(area, *nowhere))
    assert holds(square, (5, 5), *nowhere, (5, 11)) == [True, *[False] * 5]


@pytest.mark.parametrize(
    "values",
    [
        *(None, 3, "here", [1, 2, 3], [1, 2, 3, 4, 5], ["a", 1, 2, 3], [10, 60, 20, 50]),
        *([10, 50, 10, 60], [0, -91, 10, 0], [0, 0, 10, 91], [-200, 0, 200, 10], [0, 0, 400, 10]),
        *([180, 50, -180, 60], [0, 0, math.nan, 10], [0, 0, math.inf, 10]),
    ],
)
def test_what_is_no_box_is_refused(values: Any) -> None:
    with pytest.raises(Wco2Error, match="Region 'a': bbox"):
        parse_box(values, "Region 'a'")


# ---------------------------------------------------------------- polygons


def save(path: Path, *shapes: Any, crs: str | None = None) -> Path:
    content = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": mapping(shape)} for shape in shapes
        ],
    }
    if crs is not None:
        name = f"urn:ogc:def:crs:EPSG::{crs.removeprefix('EPSG:')}"
        content["crs"] = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps(content))
    return path


def read(path: Path) -> Polygons:
    return read_polygons(path, "Region 'a'")


def test_holes_and_several_parts(tmp_path: Path) -> None:
    holed = Polygon(box(0, 40, 20, 60).exterior, [box(5, 45, 15, 55).exterior])
    island = box(8, 48, 12, 52)  # in the hole
    area = read(save(tmp_path / "a.geojson", MultiPolygon([holed, island]), box(30, 40, 40, 50)))
    assert all(holds(area, (2, 42), (10, 50), (35, 45), (4.9, 50)))
    assert not any(holds(area, (6, 46), (25, 45), (14, 54), (35, 55)))


def test_overlapping_features_are_one_area(tmp_path: Path) -> None:
    area = read(save(tmp_path / "a.geojson", box(0, 40, 20, 60), box(10, 50, 30, 70)))
    assert all(holds(area, (5, 45), (15, 55), (25, 65)))


def test_a_bow_tie_keeps_both_of_its_wings(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 40), (10, 50), (10, 40), (0, 50)])
    assert not bow_tie.is_valid
    area = read(save(tmp_path / "a.geojson", bow_tie))
    assert all(holds(area, (1, 45), (9, 45)))
    assert not any(holds(area, (5, 41), (5, 49), (11, 45)))


def test_a_spike_and_a_collection_leave_their_polygons(tmp_path: Path) -> None:
    spiked = Polygon([(0, 40), (10, 40), (10, 50), (10, 80), (10, 50), (0, 50)])
    area = read(save(tmp_path / "a.geojson", spiked, Point(50, 50)))
    assert holds(area, (5, 45), (50, 50), (10.1, 60)) == [True, False, False]


def test_a_polygon_around_the_pole_stays_whole_in_its_own_projection(tmp_path: Path) -> None:
    # A square of 4000 km around the pole; its corners lie on the diagonals.
    path = save(tmp_path / "a.geojson", box(-2e6, -2e6, 2e6, 2e6), crs=POLAR)
    area = read(path)
    assert area.crs == POLAR
    ring = [(longitude, 75.0) for longitude in range(-180, 181, 7)]
    assert all(holds(area, (0, 90), (123, 90), (180, 80), (-180, 80), *ring))
    # 68 N lies 2444 km from the pole: inside on the diagonals only, 2828 km away.
    assert holds(area, (0, 68), (90, 68), (180, 68), (45, 68), (-135, 68)) == [
        *(False, False, False),
        *(True, True),
    ]


@pytest.mark.parametrize("offset", [0, 360])
def test_a_polygon_across_the_antimeridian(tmp_path: Path, offset: float) -> None:
    whole = read(save(tmp_path / "a.geojson", box(170 - offset, 60, 190 - offset, 70)))
    halves = read(save(tmp_path / "b.geojson", box(170, 60, 180, 70), box(-180, 60, -170, 70)))
    inside = [(175, 65), (179.99, 65), (180, 65), (-180, 65), (-179.99, 65), (-175, 65), (185, 65)]
    outside = [(169, 65), (-169, 65), (0, 65), (-10, 65), (175, 71)]
    for area in (whole, halves):
        assert all(holds(area, *inside))
        assert not any(holds(area, *outside))


def test_neighbours_share_no_point_and_leave_none_out() -> None:
    """A point on the border of two squares belongs to one of them."""
    squares = [
        Polygons(GEOGRAPHIC, (((x, y), (x + 10.0, y), (x + 10.0, y + 10.0), (x, y + 10.0)),))
        for x in (0.0, 10.0)
        for y in (40.0, 50.0)
    ]
    x, y = (found.ravel() for found in np.meshgrid(np.arange(0.0, 20.0), np.arange(40.0, 60.0)))
    owners = sum(square.contains(x, y).astype(int) for square in squares)
    assert np.array_equal(owners, np.ones(x.size, int))


coordinate = st.floats(-20, 20)


@settings(max_examples=60)
@given(
    corners=st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_agrees_with_shapely_away_from_the_edges(
    corners: list[tuple[float, float]], seed: int
) -> None:
    hull = MultiPolygon([Polygon(corners).convex_hull]) if len(set(corners)) > 2 else None
    shape = Polygon(corners)
    if not shape.is_valid or shape.area < 1e-3:
        shape = shape.convex_hull if hull is not None else box(0, 0, 1, 1)
    if shape.geom_type != "Polygon" or shape.area < 1e-3:
        shape = box(0, 0, 1, 1)
    area = Polygons(GEOGRAPHIC, (tuple(shape.exterior.coords[:-1]),))
    points = np.random.default_rng(seed).uniform(-22, 22, (2, 50))
    found = area.contains(*points)
    for x, y, inside in zip(*points, found, strict=True):
        if shape.exterior.distance(Point(x, y)) > 1e-6:
            assert inside == shape.contains(Point(x, y))


@settings(max_examples=40)
@given(chosen=st.lists(st.integers(0, 899), min_size=1, max_size=60), crs=st.sampled_from([1, 0]))
def test_no_choice_of_points_changes_an_answer(chosen: list[int], crs: int) -> None:
    random = np.random.default_rng(1)
    angle = np.sort(random.uniform(0, 2 * np.pi, 300))
    size = random.uniform(0.2, 1.0, 300)
    star = np.column_stack([size * np.cos(angle), size * np.sin(angle)])
    area = (
        Polygons(POLAR, (tuple(map(tuple, 3e6 * star)),))
        if crs
        else Polygons(GEOGRAPHIC, (tuple(map(tuple, 30 * star + (0, 55))),))
    )
    x, y = random.uniform(-40, 40, 900), random.uniform(40, 90, 900)
    x[:300] = np.round(x[:300])  # on the height of one another
    y[:300] = np.round(y[:300])
    x[300:600], y[300:600] = 30 * star[:, 0], 30 * star[:, 1] + 55  # on the corners
    everywhere = area.contains(x, y)
    assert 0 < everywhere.sum() < 900
    assert np.array_equal(area.contains(x[chosen], y[chosen]), everywhere[chosen])


def test_an_area_survives_being_written_and_read() -> None:
    for area in (
        Box(170, 50, -160, 70),
        Polygons(POLAR, (((0.0, 0.0), (1e6, 0.0), (0.0, 1e6)),)),
    ):
        assert area_from_json(json.loads(json.dumps(area.to_json())), "Region 'a'") == area


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"crs": GEOGRAPHIC},
        {"rings": [[[0, 0], [1, 0], [0, 1]]]},
        {"crs": GEOGRAPHIC, "rings": []},
        {"crs": GEOGRAPHIC, "rings": [[[0, 0], [1, 0]]]},
        {"crs": GEOGRAPHIC, "rings": [[[0, 0], [1, 0], [0, float("nan")]]]},
        {"crs": GEOGRAPHIC, "rings": [[[0, 0], [1, 0], [0, "x"]]]},
        {"crs": GEOGRAPHIC, "rings": [[[0, 0], [1, 0], [0, 1, 2]]]},
        {"crs": GEOGRAPHIC, "rings": 3},
        {"crs": "nonsense", "rings": [[[0, 0], [1, 0], [0, 1]]]},
        {"bbox": [0, 0, 1]},
    ],
)
def test_what_is_no_area_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Wco2Error):
        area_from_json(data, "Region 'a'")


def test_a_vector_file_that_cant_be_used_is_refused_by_name(tmp_path: Path) -> None:
    points = save(tmp_path / "points.geojson", Point(0, 0))
    with pytest.raises(Wco2Error, match=r"points\.geojson holds no polygon"):
        read(points)
    broken = tmp_path / "broken.geojson"
    broken.write_text("{")
    with pytest.raises(Wco2Error, match=r"broken\.geojson can't be read"):
        read(broken)
    with pytest.raises(Wco2Error, match=r"Did you mean 'points\.geojson'"):
        read(tmp_path / "point.geojson")


def test_a_vector_file_without_crs_is_refused(tmp_path: Path) -> None:
    import geopandas

    geopandas.GeoDataFrame(geometry=[box(0, 0, 1, 1)]).to_file(tmp_path / "a.shp")
    with pytest.raises(Wco2Error, match="states no CRS"):
        read(tmp_path / "a.shp")


# ---------------------------------------------------------------- the real outlines


def test_the_tibetan_plateau_holds_lhasa_and_not_kathmandu(realcase: Path) -> None:
    plateau = read(realcase / "boundaries" / "tibetan_plateau_geocn.geojson")
    lhasa, nagqu, qinghai_lake = (91.1, 29.65), (92.05, 31.48), (100.1, 36.9)
    kathmandu, chengdu, kashgar, everest_south = (
        (85.3, 27.7),
        (104.1, 30.7),
        (76.0, 39.5),
        (86.7, 27.2),
    )
    assert all(holds(plateau, lhasa, nagqu, qinghai_lake))
    assert not any(holds(plateau, kathmandu, chengdu, kashgar, everest_south))


def test_the_tibetan_plateau_keeps_its_area(realcase: Path) -> None:
    plateau = read(realcase / "boundaries" / "tibetan_plateau_geocn.geojson")
    step = 0.05
    x, y = np.meshgrid(np.arange(65, 110, step), np.arange(24, 42, step))
    inside = plateau.contains(x.ravel(), y.ravel())
    cell = (6371.0 * math.radians(step)) ** 2 * np.cos(np.radians(y.ravel()))
    assert cell[inside].sum() == pytest.approx(2.60e6, rel=0.02)


def test_the_permafrost_zones_lie_where_the_raster_has_them(realcase: Path) -> None:
    """Drawn on a sphere: taken for the ellipsoid they would lie up to 20 km off."""
    zones = read(realcase / "boundaries" / "permafrost_zones_brown_ease.gpkg")
    import rasterio

    with rasterio.open(realcase / "grids" / "permafrost_extent_brown_nh010.tif") as file:
        stored = file.read(1)[::7, ::7]
        row, column = np.indices(stored.shape) * 7
        x = file.transform.c + (column + 0.5) * file.transform.a
        y = file.transform.f + (row + 0.5) * file.transform.e
    inside = zones.contains(x.ravel(), y.ravel())
    agreed = (inside == ((stored.ravel() >= 1) & (stored.ravel() <= 5))).mean()
    assert agreed > 0.99


@pytest.mark.parametrize("axes", [(95.0, 30.0), (200.0, 400.0)])
def test_a_polygon_with_latitudes_that_can_not_be_is_refused(
    tmp_path: Path, axes: tuple[float, float]
) -> None:
    import geopandas
    from shapely.geometry import box

    latitude, longitude = axes
    shape = box(longitude, latitude - 10, longitude + 10, latitude)
    path = tmp_path / "swapped.gpkg"
    geopandas.GeoDataFrame(geometry=[shape], crs="EPSG:4326").to_file(path, driver="GPKG")
    with pytest.raises(
        Wco2Error, match=f"latitudes from {latitude - 10:g} to {latitude:g}"
    ) as caught:
        read_polygons(path, "Region 'a'")
    assert ("swapped" in caught.value.hint) == (longitude == 30.0)


def test_the_latitudes_of_an_area_are_those_of_its_corners() -> None:
    from wco2_engine.inputs.areas import Box, Polygons, latitudes

    assert latitudes(Box(0, 50, 10, 60)) == (50, 60)
    square = ((1e6, 1e6), (-1e6, 1e6), (-1e6, -1e6), (1e6, -1e6))
    low, high = latitudes(Polygons("EPSG:3413", (square,)))
    assert low == pytest.approx(high)
    assert 76 < low < 78  # 1,414 km from the pole


@pytest.mark.parametrize("corner", ["NaN", "Infinity", "1e400"])
def test_a_corner_that_is_no_number_is_said(tmp_path: Path, corner: str) -> None:
    path = tmp_path / "odd.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
        '"geometry": {"type": "Polygon", "coordinates": '
        f"[[[100, 60], [120, 60], [{corner}, 70], [100, 70], [100, 60]]]}}}}]}}"
    )
    with pytest.raises(Wco2Error, match=r"odd\.geojson"):
        read_polygons(path, "Region")
