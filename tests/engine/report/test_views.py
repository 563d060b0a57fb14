"""Maps in figures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import Box, Polygons
from wco2_engine.report.drawing import finish, new_figure
from wco2_engine.report.views import Sheet, View


@given(
    st.floats(-180, 180),
    st.floats(-60, 89.9),
    st.sampled_from([(0.0, 90.0), (100.0, 35.0), (-150.0, 65.0)]),
)
def test_a_place_comes_back_from_the_view(
    longitude: float, latitude: float, middle: tuple[float, float]
) -> None:
    view = View(*middle, 2.0)
    x, y = view.place(np.array([longitude]), np.array([latitude]))
    if np.hypot(x, y)[0] > 1.95:  # about the antipode
        return
    east, north = view.degrees(x, y)
    assert north[0] == pytest.approx(latitude, abs=1e-6)
    apart = (east[0] - longitude + 180) % 360 - 180
    assert apart * np.cos(np.radians(latitude)) == pytest.approx(0, abs=1e-6)


def test_the_equator_is_the_root_of_two_from_the_pole() -> None:
    """The hemisphere's area is 2 pi, and the view keeps areas: pi r^2 = 2 pi."""
    x, y = View(0.0, 90.0, 2.0).place(np.array([0.0, 90.0]), np.array([0.0, 0.0]))
    assert np.hypot(x, y) == pytest.approx([2**0.5, 2**0.5])
    assert (x[0], y[0]) == pytest.approx((0, -(2**0.5)))
    assert x[1] > 1.4


def test_sites_all_around_are_seen_from_above_the_pole_and_near_ones_from_above_them() -> None:
    around = View.of(np.array([-150.0, 20.0, 140.0]), np.array([60.0, 60.0, 60.0]))
    assert (around.longitude, around.latitude) == (0.0, 90.0)
    across = View.of(np.array([170.0, -170.0]), np.array([60.0, 70.0]))
    assert (abs(across.longitude), across.latitude) == (180.0, 65.0)
    assert across.reach < 0.2
    one = View.of(np.array([30.0]), np.array([70.0]))
    assert (one.longitude, one.latitude) == (30.0, 70.0)


@pytest.mark.parametrize(
    "area",
    [
        Box(-180, 45, 180, 90),
        Box(170, 60, -160, 72),
        Polygons("EPSG:6931", (((-4e6, -4e6), (4e6, -4e6), (4e6, 4e6), (-4e6, 4e6)),)),
    ],
)
def test_outlines_of_all_kinds_of_areas_are_drawn(area: Box | Polygons) -> None:
    figure, axes = new_figure(1, 1, 3, 3)
    view = View.of_regions(np.array([-100.0, 0.0, 100.0]), np.array([60.0, 65.0, 70.0]), [area])
    view.prepare(axes[0][0])
    before = len(axes[0][0].lines)
    view.outline(axes[0][0], area, "red")
    assert len(axes[0][0].lines) > before
    assert finish(figure, "a", 'words & "quotes"').svg.startswith("<svg")


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (3, 3)])
def test_maps_of_any_shape_and_without_values_are_drawn(
    world: SimpleNamespace, tmp_path: Path, shape: tuple[int, int]
) -> None:
    path = world.write_raster(tmp_path / "m.tif", np.full(shape, np.nan), 0.0, 80.0, 0.01)
    sheet = Sheet.read(path)
    assert not sheet.is_polar
    figure, axes = new_figure(1, 1, 3, 3)
    sheet.show(axes[0][0], vmin=0, vmax=1)
    assert finish(figure, "m", "m").png.startswith(b"\x89PNG")


def test_a_hemisphere_is_seen_from_above_the_pole_with_each_cell_in_its_place(
    world: SimpleNamespace, tmp_path: Path
) -> None:
    values = np.arange(36 * 6, dtype=float).reshape(6, 36)
    sheet = Sheet.read(world.write_raster(tmp_path / "m.tif", values, -180.0, 90.0, 10.0))
    assert sheet.is_polar
    figure, axes = new_figure(1, 1, 3, 3)
    seen = np.asarray(sheet.show(axes[0][0]).get_array().filled(np.nan))
    view = View(0.0, 90.0, 1.02 * 2 * float(np.sin(np.radians(60) / 2)))
    for longitude, latitude in ((5.0, 55.0), (-95.0, 75.0), (174.0, 33.0)):
        x, y = view.place(np.array([longitude]), np.array([latitude]))
        column = int((x[0] / view.reach + 1) / 2 * seen.shape[1])
        row = int((1 - y[0] / view.reach) / 2 * seen.shape[0])
        cell = values[int((90 - latitude) // 10), int((longitude + 180) // 10)]
        assert seen[row, column] == cell
    assert np.isnan(seen[0, 0])
    del figure


def test_a_map_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_text("no raster")
    with pytest.raises(Wco2Error, match=r"x\.tif can't be read"):
        Sheet.read(tmp_path / "x.tif")
