from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from pyproj import Geod, Transformer
from shapely.geometry import MultiPolygon, Point, Polygon, box

from wco2_engine.analysis.ground import cell_areas, zone_areas
from wco2_engine.analysis.polygons import polygon_zoning
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile

EARTH = Geod(ellps="WGS84")
DEGREES = Grid.of_pixels("EPSG:4326", -180.0, 90.0, 0.5, 0.5, 720, 180)
POLAR = Grid.of_pixels("EPSG:6931", -9e6, 9e6, 100_000.0, 100_000.0, 180, 180)
FROM_0_TO_360 = Grid.of_pixels("EPSG:4326", 0.0, 90.0, 1.0, 1.0, 360, 90)


def saved(folder: Path, shapes: Sequence[Any], crs: str = "EPSG:4326", **columns: Any) -> str:
    path = folder / "zones.gpkg"
    path.unlink(missing_ok=True)
    frame = geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    frame.to_file(path, driver="GPKG")
    return str(path)


def shares_of(path: str, grid: Grid, field: str | None = None) -> Any:
    """The shares of all cells, `(n_zones, height, width)`, put together from pieces."""
    zoning = polygon_zoning(path, field, grid)
    found = np.zeros((len(zoning.names), *grid.shape))
    for tile in grid.tiles(100):
        place = np.s_[:, tile.row : tile.row + tile.height, tile.column : tile.column + tile.width]
        found[place] = zoning.fractions(tile).toarray().reshape(-1, tile.height, tile.width)
    return found


def areas_of(path: str, grid: Grid, field: str | None = None) -> Any:
    """m2 of each zone on the cells of a map."""
    return (shares_of(path, grid, field) * cell_areas(grid)).sum(axis=(1, 2))


def cap(longitude: float, latitude: float, radius: float) -> tuple[Polygon, float]:
    """All within a distance of a point as a polygon in EPSG:6931, and its area, m2."""
    azimuth = np.linspace(0, 360, 2000, endpoint=False)
    same = np.ones(2000)
    x, y, _ = EARTH.fwd(longitude * same, latitude * same, azimuth, radius * same)
    area, _ = EARTH.polygon_area_perimeter(x, y)
    to_polar = Transformer.from_crs("EPSG:4326", "EPSG:6931", always_xy=True)
    return Polygon(np.column_stack(to_polar.transform(x, y))), abs(area)


@pytest.mark.parametrize(
    ("longitude", "latitude", "radius"),
    [(0, 90, 2e6), (-150, 86, 1e6), (179, 66, 8e5), (90, 35, 7e5)],
    ids=["around the pole", "with the pole inside", "across the antimeridian", "far from both"],
)
@pytest.mark.parametrize("grid", [DEGREES, POLAR, FROM_0_TO_360], ids=["degrees", "polar", "360"])
def test_a_geodesic_cap_has_its_area_on_any_grid(
    tmp_path: Path, grid: Grid, longitude: float, latitude: float, radius: float
) -> None:
    shape, area = cap(longitude, latitude, radius)
    path = saved(tmp_path, [shape], "EPSG:6931", name=["cap"])
    assert areas_of(path, grid) == pytest.approx([area], rel=1e-4)
    zoning = polygon_zoning(path, None, grid)
    assert zoning.ground == pytest.approx([area], rel=1e-6)


def test_a_cell_that_is_cut_counts_with_its_share(tmp_path: Path) -> None:
    """One and a half by three quarters of a cell, whose south has more ground than its north."""
    grid = Grid.of_pixels("EPSG:4326", 10.0, 70.0, 1.0, 1.0, 4, 3)
    path = saved(tmp_path, [box(11.5, 68.25, 13.0, 69.0)], name=["z"])
    part = float(zone_areas(68.25, 69, 1.0) / zone_areas(68, 69, 1.0))
    assert 0.74 < part < 0.75
    expected = [[0, 0, 0, 0], [0, part / 2, part, 0], [0, 0, 0, 0]]
    assert shares_of(path, grid)[0] == pytest.approx(np.array(expected), rel=1e-4)


def test_the_sides_of_a_box_in_degrees_follow_parallels_on_a_polar_map(tmp_path: Path) -> None:
    path = saved(tmp_path, [box(-180, 60, 180, 84), box(20, 60, 80, 70)], name=["ring", "part"])
    expected = [float(zone_areas(60, 84, 360.0)), float(zone_areas(60, 70, 60.0))]
    assert areas_of(path, POLAR) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("grid", [DEGREES, POLAR])
def test_a_zone_of_the_whole_earth_is_cut_to_the_map(tmp_path: Path, grid: Grid) -> None:
    path = saved(tmp_path, [box(-180, -90, 180, 90)], name=["earth"])
    shares = shares_of(path, grid)[0]
    assert np.all(shares[60:90, 60:90] > 0.999999)
    if grid == DEGREES:
        assert shares == pytest.approx(np.ones(grid.shape))


@pytest.mark.parametrize("grid", [DEGREES, FROM_0_TO_360])
def test_longitudes_beyond_180_are_those_on_the_other_side(tmp_path: Path, grid: Grid) -> None:
    path = saved(tmp_path, [box(170, 60, 200, 70), box(-190, 60, -160, 70)], name=["a", "b"])
    assert areas_of(path, grid) == pytest.approx([float(zone_areas(60, 70, 30.0))] * 2, rel=1e-9)
    halves = MultiPolygon([box(170, 60, 180, 70), box(-180, 60, -160, 70)])
    path = saved(tmp_path, [halves], name=["split as GeoJSON asks for"])
    assert areas_of(path, grid) == pytest.approx([float(zone_areas(60, 70, 30.0))], rel=1e-9)


@pytest.mark.parametrize("grid", [DEGREES, POLAR])
def test_a_hole_is_left_out_and_the_pole_with_it(tmp_path: Path, grid: Grid) -> None:
    disk = Point(0, 0).buffer(3e6, 256)
    hole = Point(0, 0).buffer(1e6, 256)
    path = saved(tmp_path, [disk.difference(hole)], "EPSG:6931", name=["ring"])
    # the projection keeps areas
    assert areas_of(path, grid) == pytest.approx([disk.area - hole.area], rel=1e-5)


def test_an_invalid_polygon_is_repaired(tmp_path: Path) -> None:
    """A bow tie: two triangles that meet in the middle."""
    bow = Polygon([(10, 60), (12, 62), (12, 60), (10, 62)])
    path = saved(tmp_path, [bow], name=["bow"])
    grid = Grid.of_pixels("EPSG:4326", 10.0, 62.0, 1.0, 1.0, 2, 2)
    assert shares_of(path, grid)[0] == pytest.approx(np.full((2, 2), 0.5), abs=0.005)


def test_polygons_of_one_name_are_one_zone(tmp_path: Path) -> None:
    """They overlap, and no ground counts twice."""
    path = saved(tmp_path, [box(10, 60, 12, 61), box(11, 60, 13, 61)], zone=[3.0, 3.0])
    zoning = polygon_zoning(path, "zone", DEGREES)
    assert zoning.names == ("3",)
    assert areas_of(path, DEGREES, "zone") == pytest.approx([float(zone_areas(60, 61, 3.0))])


def test_zones_elsewhere_have_no_cells(tmp_path: Path) -> None:
    path = saved(tmp_path, [box(10, 10, 11, 11), box(100, 60, 101, 61)], name=["south", "here"])
    grid = Grid.of_pixels("EPSG:4326", 90.0, 80.0, 0.5, 0.5, 60, 60)
    found = areas_of(path, grid)
    assert found[0] == 0
    assert found[1] == pytest.approx(zone_areas(60, 61, 1.0))
    assert polygon_zoning(path, None, grid).fractions(Tile(0, 0, 2, 2)).shape == (2, 4)


def test_what_is_wrong_with_zones_is_said(tmp_path: Path) -> None:
    square = box(10, 60, 11, 61)
    shapefile = tmp_path / "zones.shp"
    geopandas.GeoDataFrame({"name": ["z"]}, geometry=[square]).to_file(shapefile)
    with pytest.raises(Wco2Error, match="states no CRS"):
        polygon_zoning(str(shapefile), None, DEGREES)
    with pytest.raises(Wco2Error, match=r"no column 'zon'.*'zone'"):
        polygon_zoning(saved(tmp_path, [square], zone=["z"]), "zon", DEGREES)
    with pytest.raises(Wco2Error, match=r"--name-field; there are kind, zone"):
        polygon_zoning(saved(tmp_path, [square] * 2, kind=[1, 2], zone=["a", "b"]), None, DEGREES)
    with pytest.raises(Wco2Error, match="feature 2, has no name"):
        polygon_zoning(saved(tmp_path, [square] * 2, name=["a", None]), None, DEGREES)
    with pytest.raises(Wco2Error, match="holds no polygon"):
        polygon_zoning(saved(tmp_path, [Point(1, 1)], name=["a"]), None, DEGREES)
    with pytest.raises(Wco2Error, match="does not exist"):
        polygon_zoning(str(tmp_path / "none.gpkg"), None, DEGREES)
