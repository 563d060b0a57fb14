"""Where cells lie, from the coordinates that files have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest

from wco2_engine.downloads.grids import Coordinates, Curvilinear, place
from wco2_engine.downloads.reading import Reading
from wco2_engine.downloads.regridding import unit_vectors
from wco2_engine.downloads.series import open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, project

NOTHING = Reading()
CELL = 25_000.0
X = (np.arange(40) - 19.5) * CELL
Y = (19.5 - np.arange(30)) * CELL  # north-up rows, and none south of -262.5 km


def lonlat(crs: str, x: Any = X, y: Any = Y) -> tuple[Any, Any]:
    to = pyproj.Transformer.from_crs(pyproj.CRS(crs), "EPSG:4326", always_xy=True)
    longitude, latitude = to.transform(*np.meshgrid(x, y))
    return np.asarray(longitude), np.asarray(latitude)


def coordinates(crs: str, x: Any = X, y: Any = Y, **more: Any) -> Coordinates:
    longitude, latitude = lonlat(crs, X, Y)
    if y[0] < y[-1]:
        longitude, latitude = longitude[::-1], latitude[::-1]
    settings: dict[str, Any] = {
        "x": x,
        "y": y,
        "x_units": "m",
        "y_units": "m",
        "longitude": longitude,
        "latitude": latitude,
        **more,
    }
    return Coordinates((len(Y), len(X)), **settings)


def assert_polar(grid: Any, crs: str, cells: float = 1e-3) -> None:
    """The grid's cells lie where those of X and Y in the CRS do, but for a part of a cell."""
    assert isinstance(grid, Grid)
    x, y = (axis.ravel() for axis in np.meshgrid(*grid.axes()))
    longitude, latitude = project(x, y, grid.crs, "EPSG:4326")
    there = unit_vectors(*lonlat(crs)).reshape(-1, 3)
    apart = np.linalg.norm(unit_vectors(longitude, latitude) - there, axis=1) * 6_371_000
    assert apart.max() < cells * CELL


POLAR = ("EPSG:6931", "EPSG:3408", "EPSG:3413", "EPSG:3411", "EPSG:3995")


@pytest.mark.parametrize("crs", POLAR)
def test_a_polar_grid_is_recognised_by_its_longitudes_and_latitudes(crs: str) -> None:
    assert_polar(place(coordinates(crs), NOTHING, "x").grid, crs)
    found = coordinates(crs)  # and without x and y
    bare = Coordinates(found.shape, longitude=found.longitude, latitude=found.latitude)
    assert_polar(place(bare, NOTHING, "x").grid, crs)


def test_a_polar_grid_about_any_meridian_is_recognised() -> None:
    crs = "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=10 +R=6371200 +units=m"  # as CMC's snow depth
    assert_polar(place(coordinates(crs), NOTHING, "x").grid, crs)


def test_ascending_rows_are_turned() -> None:
    placed = place(coordinates("EPSG:6931", y=Y[::-1]), NOTHING, "x")
    assert placed.flip_rows and not placed.flip_columns
    assert_polar(placed.grid, "EPSG:6931")


@pytest.mark.parametrize(("units", "factor"), [("m", 1), ("km", 1000), ("", 1), ("", 1000)])
def test_metres_and_kilometres_are_told_apart(units: str, factor: int) -> None:
    found = coordinates("EPSG:6931", X / factor, Y / factor, x_units=units, y_units=units)
    for reading in (NOTHING, Reading(crs="EPSG:6931")):
        assert_polar(place(found, reading, "x").grid, "EPSG:6931")


def test_a_crs_of_the_catalogue_that_does_not_fit_is_refused_with_what_fits() -> None:
    with pytest.raises(Wco2Error, match="crs of the catalogue puts its cells elsewhere") as told:
        place(coordinates("EPSG:6931"), Reading(crs="EPSG:3413"), "x")
    assert told.value.hint == 'They fit crs = "EPSG:6931".'
    forced = Reading(crs="EPSG:3413", overrule=frozenset({"crs"}))
    assert place(coordinates("EPSG:6931"), forced, "x").regular.crs == "EPSG:3413"


def test_rows_that_run_both_ways_are_refused_with_both() -> None:
    found = coordinates("EPSG:6931")
    assert found.y is not None
    wrong = replace(found, y=found.y[::-1])
    with pytest.raises(Wco2Error, match="y says that the first row is the southernmost, and its"):
        place(wrong, Reading(crs="EPSG:6931"), "x")
    forced = place(wrong, Reading(crs="EPSG:6931", overrule=frozenset({"crs"})), "x")
    assert forced.flip_rows


def test_a_grid_mapping_of_cf_is_read() -> None:
    mapping = {
        "grid_mapping_name": "lambert_azimuthal_equal_area",
        "latitude_of_projection_origin": 90.0,
        "longitude_of_projection_origin": np.array([0.0]),
        "semi_major_axis": 6378137.0,
        "inverse_flattening": 298.257223563,
    }
    found = coordinates("EPSG:6931", mapping=mapping, longitude=None, latitude=None)
    assert_polar(place(found, NOTHING, "x").grid, "EPSG:6931")


def test_two_systems_in_one_file_are_refused_or_settled_by_its_coordinates() -> None:
    # Permafrost CCI 3: crs_wkt is EPSG:3995, spatial_ref another polar projection.
    wrong = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=45 +lon_0=-170 +datum=WGS84").to_wkt(
        "WKT1_GDAL"
    )
    mapping = {"crs_wkt": pyproj.CRS("EPSG:3995").to_wkt(), "spatial_ref": wrong}
    alone = coordinates("EPSG:3995", mapping=mapping, longitude=None, latitude=None)
    with pytest.raises(Wco2Error, match="states two coordinate reference systems") as told:
        place(alone, NOTHING, "x")
    assert 'crs = "EPSG:3995"' in told.value.hint
    assert_polar(place(alone, Reading(crs="EPSG:3995"), "x").grid, "EPSG:3995")
    for order in (mapping, dict(reversed(mapping.items()))):
        both = coordinates("EPSG:3995", mapping=order)
        assert_polar(place(both, NOTHING, "x").grid, "EPSG:3995")


def test_x_and_y_that_nothing_explains_are_asked_about() -> None:
    found = coordinates("EPSG:6931", longitude=None, latitude=None)
    with pytest.raises(Wco2Error, match="states no coordinate reference system") as told:
        place(found, NOTHING, "x")
    assert 'crs = "EPSG:6931"' in told.value.hint
    unknown = coordinates(
        "EPSG:6931", X / 1000, Y / 1000, x_units="", y_units="", longitude=None, latitude=None
    )
    with pytest.raises(Wco2Error, match="they may be m or km"):
        place(unknown, Reading(crs="EPSG:6931"), "x")
    km = "+proj=laea +lat_0=90 +lon_0=0 +datum=WGS84 +units=km"
    assert place(
        coordinates(
            "EPSG:6931",
            X / 1000,
            Y / 1000,
            x_units="km",
            y_units="km",
            longitude=None,
            latitude=None,
        ),
        Reading(crs=km),
        "x",
    ).regular.bounds == pytest.approx((-500, -250, 500, 500))


def test_what_has_no_coordinates_is_refused() -> None:
    with pytest.raises(Wco2Error, match="has no coordinates: it does not say where"):
        place(Coordinates((4, 5)), NOTHING, "x")


# ------------------------------------------------------------------ rotated pole, curvilinear

POLE = {
    "grid_mapping_name": "rotated_latitude_longitude",
    "grid_north_pole_latitude": 39.25,
    "grid_north_pole_longitude": -162.0,
}
R_LON, R_LAT = np.arange(-5.0, 5.5, 0.5), np.arange(-4.0, 4.5, 0.5)


def rotated_degrees() -> tuple[Any, Any]:
    """Rotation of a sphere: the grid's pole lies at 39.25 N, 162 W, its meridian 0 at 18 E."""
    x, y = np.meshgrid(np.radians(R_LON), np.radians(R_LAT))
    tilt = np.radians(39.25)
    up, north, east = np.sin(y), np.cos(y) * np.cos(x), np.cos(y) * np.sin(x)
    latitude = np.arcsin(np.sin(tilt) * up + np.cos(tilt) * north)
    away = np.arctan2(east, np.sin(tilt) * north - np.cos(tilt) * up)
    return np.degrees(away) + 18.0, np.degrees(latitude)


def test_a_rotated_pole_is_placed_by_where_its_pole_lies() -> None:
    found = Coordinates((R_LAT.size, R_LON.size), R_LON, R_LAT, mapping=POLE)
    grid = place(found, NOTHING, "x").grid
    assert isinstance(grid, Curvilinear)
    longitude, latitude = rotated_degrees()
    # The middle, 0 and 0 of the grid, lies on the meridian of 18 E, 90 - 39.25 degrees north.
    assert (grid.longitude[8, 10], grid.latitude[8, 10]) == pytest.approx((18.0, 50.75))
    np.testing.assert_allclose(grid.latitude, latitude, atol=1e-9)
    np.testing.assert_allclose(grid.longitude, longitude, atol=1e-9)


def test_a_rotated_pole_beside_other_longitudes_is_refused_with_both() -> None:
    longitude, latitude = rotated_degrees()
    shape = (R_LAT.size, R_LON.size)
    right = Coordinates(shape, R_LON, R_LAT, longitude=longitude, latitude=latitude, mapping=POLE)
    assert isinstance(place(right, NOTHING, "x").grid, Curvilinear)
    x, y = np.meshgrid(R_LON, R_LAT)
    wrong = Coordinates(shape, R_LON, R_LAT, longitude=x, latitude=y, mapping=POLE)
    with pytest.raises(Wco2Error, match=r"first cell at .*, and its 2-D .* put it at -5.00, -4.00"):
        place(wrong, NOTHING, "x")
    settled = place(wrong, Reading(overrule=frozenset({"crs"})), "x").grid
    assert isinstance(settled, Curvilinear) and settled.latitude[0, 0] == -4.0


def test_cells_that_are_regular_nowhere_are_known_by_their_longitude_and_latitude() -> None:
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(10.0), 60 + np.arange(8.0))
    bent = Coordinates(
        (8, 10), longitude=x + 0.3 * rng.random(x.shape), latitude=y + 0.3 * rng.random(x.shape)
    )
    assert isinstance(place(bent, NOTHING, "x").grid, Curvilinear)


# ------------------------------------------------------------------ as files have them


def polar_file(path: Path, *, mapping: bool, twice: bool) -> Path:
    """Rows from the south, kilometres, and longitude and latitude of each cell."""
    longitude, latitude = lonlat("EPSG:6931")
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 2)
        file.createDimension("y", len(Y))
        file.createDimension("x", len(X))
        time = file.createVariable("time", "f8", ("time",))
        time.units, time[:] = "days since 2003-01-01", [0, 31]
        for name, values in (("x", X), ("y", Y[::-1])):
            made = file.createVariable(name, "f8", (name,))
            made.standard_name, made.units = f"projection_{name}_coordinate", "km"
            made[:] = values / 1000
        if twice:  # and the first of them was never written
            for name, units in (("lat", "degrees_north"), ("lon", "degrees_east")):
                file.createVariable(name, "f4", ("y", "x")).units = units
        names = [("latitude", "longitude") if twice else ("lat", "lon")]
        for lat_name, lon_name in names:
            for name, values, units in (
                (lat_name, latitude, "degrees_north"),
                (lon_name, longitude, "degrees_east"),
            ):
                made = file.createVariable(name, "f4", ("y", "x"))
                made.units, made[:] = units, values[::-1]
        swe = file.createVariable("swe", "f4", ("time", "y", "x"), fill_value=-999.0)
        swe.units, swe.coordinates = "mm", "lat lon"
        swe[:] = np.stack([latitude[::-1], 2 * latitude[::-1]])
        if mapping:
            swe.grid_mapping = "crs"
            crs = file.createVariable("crs", "i4", ())
            crs.setncatts(pyproj.CRS("EPSG:6931").to_cf())
            crs.GeoTransform = "-500000 25000 0 500000 0 -25000"  # contradicts its rows
    return path


@pytest.mark.parametrize("mapping", [False, True])
@pytest.mark.parametrize("twice", [False, True])
def test_a_polar_file_is_read_whatever_it_says_of_its_projection(
    tmp_path: Path, mapping: bool, twice: bool
) -> None:
    path = polar_file(tmp_path / "swe.nc", mapping=mapping, twice=twice)
    with open_series([path], Reading(variable="swe"), "x") as series:
        assert_polar(series.grid, "EPSG:6931")
        plane = series.plane(series.steps[1])
        np.testing.assert_allclose(plane, 2 * lonlat("EPSG:6931")[1], rtol=1e-6)
