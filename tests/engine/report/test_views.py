"""Maps in figures: where places lie, what frames them, and rasters of any projection."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import project
from wco2_engine.inputs.areas import Box, Polygons
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import View, edges_of, views_of


@given(
    st.floats(-180, 180),
    st.floats(-60, 89.9),
    st.sampled_from([(0.0, 90.0), (100.0, 35.0), (-150.0, 65.0)]),
)
def test_a_place_comes_back_from_the_view(
    longitude: float, latitude: float, middle: tuple[float, float]
) -> None:
    view = View(*middle)
    x, y = view.place(np.array([longitude]), np.array([latitude]))
    if np.hypot(x, y)[0] > 1.95:  # about the antipode
        return
    east, north = view.degrees(x, y)
    assert north[0] == pytest.approx(latitude, abs=1e-6)
    apart = (east[0] - longitude + 180) % 360 - 180
    assert apart * np.cos(np.radians(latitude)) == pytest.approx(0, abs=1e-6)


def test_the_equator_is_the_root_of_two_from_the_pole() -> None:
    """The hemisphere's area is 2 pi, and the view keeps areas: pi r^2 = 2 pi."""
    x, y = View(0.0, 90.0).place(np.array([0.0, 90.0]), np.array([0.0, 0.0]))
    assert np.hypot(x, y) == pytest.approx([2**0.5, 2**0.5])
    assert (x[0], y[0]) == pytest.approx((0, -(2**0.5)))
    assert x[1] > 1.4


def test_places_all_around_are_seen_from_above_the_pole_and_near_ones_from_above_them() -> None:
    around = View.of(np.array([-150.0, 20.0, 140.0]), np.array([60.0, 60.0, 60.0]))
    assert (around.longitude, around.latitude) == (0.0, 90.0)
    across = View.of(np.array([170.0, -170.0]), np.array([60.0, 70.0]))
    assert (abs(across.longitude), across.latitude) == (180.0, 65.0)
    assert across.width < 0.4
    one = View.of(np.array([30.0]), np.array([70.0]))
    assert (one.longitude, one.latitude) == (30.0, 70.0)
    south = View.of(np.array([-150.0, 20.0, 140.0]), np.array([-60.0, -60.0, -60.0]))
    assert south.latitude == -90.0


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(30, 89)), min_size=1, max_size=20))
def test_a_frame_holds_all_that_it_is_made_for(places: list[tuple[float, float]]) -> None:
    longitude, latitude = np.array(places).T
    view, apart = views_of(longitude, latitude)
    seen = view.holds(*view.place(longitude, latitude), 1e-9)
    if apart is not None:
        seen |= apart.holds(*apart.place(longitude, latitude), 1e-9)
    assert seen.all()
    assert 0.39 < min(view.width, view.height) / max(view.width, view.height) <= 1


def test_what_lies_far_south_in_one_spot_gets_a_view_of_its_own() -> None:
    around = np.arange(-180.0, 180.0, 20.0)
    north = np.full(len(around), 60.0)
    main, plateau = views_of(np.append(around, [80.0, 100.0]), np.append(north, [30.0, 36.0]))
    assert plateau is not None
    assert (plateau.longitude, plateau.latitude) == (90.0, 33.0)
    assert main.frame == pytest.approx(View.of(around, north).frame)
    # Cells that begin at 45 degrees are no far south, and what goes around is no spot.
    assert views_of(around, np.full(len(around), 45.0))[1] is None
    assert views_of(np.append(around, around), np.append(north, north - 30.0))[1] is None


@pytest.mark.parametrize(
    ("area", "n"),
    [
        (Box(-180, 45, 180, 90), 1),
        (Box(170, 60, -160, 72), 4),
        (Polygons("EPSG:6931", (((-4e6, -4e6), (4e6, -4e6), (4e6, 4e6), (-4e6, 4e6)),)), 1),
    ],
)
def test_areas_of_all_kinds_have_edges_in_degrees(area: Box | Polygons, n: int) -> None:
    edges = list(edges_of(area))
    assert len(edges) == n
    for longitude, latitude in edges:
        assert longitude.shape == latitude.shape
        assert (np.abs(latitude) <= 90).all()


def test_a_hemisphere_is_seen_from_above_the_pole_with_each_cell_in_its_place(
    world: SimpleNamespace, tmp_path: Path
) -> None:
    values = np.arange(36 * 6, dtype=float).reshape(6, 36)
    sheet = Sheet.read(world.write_raster(tmp_path / "m.tif", values, -180.0, 90.0, 10.0))
    view = View.of(*sheet.places)
    seen = sheet.on(view, 300)
    assert (view.longitude, view.latitude) == (0.0, 90.0)
    for longitude, latitude in ((5.0, 55.0), (-95.0, 75.0), (174.0, 33.0)):
        cell = values[int((90 - latitude) // 10), int((longitude + 180) // 10)]
        assert _value_at(seen, view, longitude, latitude) == cell
    assert np.isnan(seen[0, 0])  # south of 30 degrees


def test_a_map_in_metres_is_seen_as_one_in_degrees_is() -> None:
    """The same function of the place, on a polar grid in metres and on one in degrees."""
    size = 8e6
    at = (np.arange(400) + 0.5) / 400 * size - size / 2
    x, y = np.meshgrid(at, -at)
    longitude, latitude = project(x.ravel(), y.ravel(), "EPSG:6931", "EPSG:4326")
    values = (latitude + np.cos(np.radians(longitude))).reshape(x.shape)
    sheet = Sheet(values, (-size / 2, -size / 2, size / 2, size / 2), "EPSG:6931")
    view = View.of(*sheet.places)
    assert view.is_polar
    seen = sheet.on(view, 200)
    for east, north in ((10.0, 80.0), (-100.0, 65.0), (150.0, 70.0)):
        truth = north + np.cos(np.radians(east))
        assert _value_at(seen, view, east, north) == pytest.approx(truth, abs=0.5)


def _value_at(seen: np.ndarray, view: View, longitude: float, latitude: float) -> float:
    x, y = view.place(np.array([longitude]), np.array([latitude]))
    west, _, _, north = view.frame
    column = int((x[0] - west) / view.width * seen.shape[1])
    row = int((north - y[0]) / view.height * seen.shape[0])
    return float(seen[row, column])


def test_a_map_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_text("no raster")
    with pytest.raises(Wco2Error, match=r"x\.tif can't be read"):
        Sheet.read(tmp_path / "x.tif")
