"""Figures of maps: what they show of land, cells, marks and words, in files that journals take."""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.regions import Region
from wco2_engine.naming import display_name, proper_name
from wco2_engine.report.atlas import Panel, Setting, draw_maps
from wco2_engine.report.coast import rings, shapes_in
from wco2_engine.report.drawing import (
    FULL,
    HALF,
    Drawn,
    file_content,
    finish,
    label,
    new_figure,
    title,
)
from wco2_engine.report.layers import (
    CROSSED,
    LEVEL,
    Borders,
    Cells,
    Dotted,
    Hatched,
    Layer,
    Marks,
    Outline,
)
from wco2_engine.report.mapped import signed
from wco2_engine.report.names import units_name, with_units
from wco2_engine.report.ramps import FLUX, Ramp, round_step
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import View
from wco2_engine.season import Winter


def _inside(ring: np.ndarray, longitude: float, latitude: float) -> bool:
    """By the even-odd rule."""
    x, y = ring[:-1].T
    to_x, to_y = ring[1:].T
    rises = (y > latitude) != (to_y > latitude)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (latitude - y) / (to_y - y) * (to_x - x)
    return bool((rises & (at > longitude)).sum() % 2)


@pytest.mark.parametrize(
    ("kind", "longitude", "latitude", "is_there"),
    [
        ("land", 100.0, 65.0, True),  # Siberia
        ("land", -150.0, 66.0, True),  # Alaska
        ("land", 182.0, 66.5, True),  # Chukotka, whose outline runs on beyond 180
        ("land", 90.0, 32.0, True),  # the Tibetan Plateau
        ("land", 0.0, 75.0, False),  # the Greenland Sea
        ("land", -85.0, 60.0, False),  # Hudson Bay
        ("lakes", -120.5, 66.0, True),  # Great Bear Lake
        ("lakes", 108.0, 53.5, True),  # Lake Baikal
        ("lakes", 100.0, 65.0, False),
    ],
)
def test_land_and_lakes_are_where_they_are(
    kind: str, longitude: float, latitude: float, is_there: bool
) -> None:
    found = [ring for ring in rings(kind) if _inside(ring, longitude, latitude)]  # type: ignore[arg-type]
    assert bool(found) == is_there


def test_no_outline_is_cut_at_180_degrees_north_of_antarctica() -> None:
    for ring in rings("land"):
        if ring[:, 1].min() > -60:
            along = np.abs(np.abs(ring[:, 0]) - 180) < 0.02
            # A cut would be a side along the meridian; a coast only crosses it.
            assert not (along[1:] & along[:-1] & (np.abs(np.diff(ring[:, 1])) > 0.5)).any()


def test_nothing_of_the_other_side_of_the_earth_lies_in_a_view() -> None:
    """Antarctica holds the point opposite the north pole, which has no place in its view."""
    view = View.of(np.arange(-180.0, 180.0, 10.0), np.full(36, 50.0))
    shapes, lines = shapes_in(view, "land", 0.001, 0.001)
    assert shapes and lines
    x, y = view.place(np.array([0.0, 0.0]), np.array([90.0, 75.0]))  # sea
    for place in zip(x.tolist(), y.tolist(), strict=True):
        assert not any(shape.contains_point(place) for shape in shapes)


@pytest.fixture(scope="module")
def north() -> Sheet:
    """A map around the pole and of the plateau, whose values rise to the south."""
    latitude = np.arange(83.0, 27.0, -2.0)[:, None] + 0 * np.arange(180)
    longitude = np.arange(-179.0, 180.0, 2.0) + 0 * latitude
    plateau = (latitude < 40) & (longitude > 75) & (longitude < 103)
    values = np.where((latitude > 55) | plateau, 90 - latitude, np.nan)
    return Sheet(values, (-180.0, 28.0, 180.0, 84.0))


@pytest.fixture(scope="module")
def figure(north: Sheet) -> Any:
    """A figure with all that a map can show."""
    ramp = Ramp.of(north.known, FLUX, "flux")
    part = north.of((north.values > 20).astype(float))
    layers: list[Layer] = [
        Cells(north, ramp),
        Hatched(part, "hatched"),
        Hatched(part, "crossed", CROSSED),
        Hatched(part, "level", LEVEL),
        Dotted(part, "dotted"),
        Borders(lambda x, y: ["cold" if each > 70 else "" for each in y], ("cold",)),
        Outline(Box(-180, 55, 180, 84), "red", "edge"),
        Marks(np.array([100.0]), np.array([65.0]), np.array([9.0]), words="site"),
    ]
    region = Region("tibetan_plateau", Winter((12, 1)), Box(70, 27, 105, 41))
    setting = Setting((region,))
    panels = [Panel(layers, ramp, "winter 1990"), Panel(layers, ramp, "winter 1991")]
    return draw_maps(panels, north.places, setting=setting)


@pytest.fixture(scope="module")
def drawn(figure: Any) -> Drawn:
    return finish(figure, "m", "a map", dpi=72)


def test_a_map_says_what_every_mark_is(drawn: Drawn) -> None:
    words = re.findall(r">([^<>]+)</text>", drawn.svg)
    for each in (
        "hatched",
        "crossed",
        "level",
        "dotted",
        "edge of zone: cold",
        "edge",
        "site",
        "flux",
    ):
        assert words.count(each) == 1
    assert {"land without a value", "sea and lakes", "winter 1990", "a", "b"} <= set(words)
    assert words.count("Tibetan Plateau") == 2  # the inset of each panel
    assert {"90°W", "180°", "0°", "50°N", "90°E"} <= set(words)


def test_figures_are_as_wide_as_a_journal_s_columns(north: Sheet, drawn: Drawn) -> None:
    points = float(re.findall(r'width="([\d.]+)pt"', drawn.svg)[0])
    assert points / 72 * 25.4 == pytest.approx(180, abs=0.1)
    ramp = Ramp.of(north.known, FLUX, "flux")
    narrow = draw_maps([Panel([Cells(north, ramp)], ramp)], north.places, width=HALF)
    assert narrow.get_size_inches()[0] * 25.4 == pytest.approx(90)
    assert new_figure(1, 2, 40)[0].get_size_inches()[0] * 25.4 == pytest.approx(FULL)


def test_words_in_a_pdf_are_words_in_an_embedded_font(drawn: Drawn, figure: Any) -> None:
    pdf = file_content(figure, ".pdf", "m", "a map", dpi=72)
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf + b"".join(_streams(pdf))
    assert b"CreationDate" not in pdf


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for content in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(content))
        except zlib.error:
            continue
    return found


def test_no_word_is_smaller_than_seven_points_or_larger_than_nine(north: Sheet) -> None:
    ramp = Ramp.of(north.known, FLUX, "flux")
    panel = Panel([Cells(north, ramp)], ramp, "x")
    figure = draw_maps([panel, panel], north.places, heading="heading")
    from matplotlib.text import Text

    sizes = {each.get_fontsize() for each in figure.findobj(Text) if each.get_text()}
    assert min(sizes) >= 7 and max(sizes) <= 9


def test_the_label_of_a_parallel_hides_no_cell(north: Sheet) -> None:
    ramp = Ramp.of(north.known, FLUX, "flux")
    figure = draw_maps([Panel([Cells(north, ramp)], ramp)], north.places)
    from wco2_engine.report.views import views_of

    view, _ = views_of(*north.places)
    axis = figure.axes[0]
    for shown in axis.texts:
        x, y = (np.array([each]) for each in shown.get_position())
        if view.holds(x, y)[0]:
            _, latitude = view.degrees(x, y)
            assert latitude[0] < 55  # there is nothing shown


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (3, 3)])
def test_maps_of_any_shape_and_without_values_are_drawn(shape: tuple[int, int]) -> None:
    height, width = shape
    sheet = Sheet(np.full(shape, np.nan), (0.0, 80.0 - height * 0.01, width * 0.01, 80.0))
    ramp = Ramp.of(sheet.known, FLUX, "flux")
    figure = draw_maps([Panel([Cells(sheet, ramp)], ramp)], sheet.places)
    assert finish(figure, "m", "m").png.startswith(b"\x89PNG")


def test_files_of_a_figure_are_the_same_each_time(tmp_path: Path) -> None:
    def make() -> Drawn:
        figure, axes = new_figure(1, 2, 40)
        title(axes[0][0], "one")
        return finish(figure, "f", "f")

    assert make() == make()


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_classes_have_round_bounds_that_span_the_values(low: float, span: float) -> None:
    values = np.linspace(low, low + span, 101)
    ramp = Ramp.of(values, FLUX, "flux")
    step = ramp.breaks[1] - ramp.breaks[0]
    assert 2 <= len(ramp.breaks) <= 12
    assert round_step(step) == pytest.approx(step, rel=1e-6)
    inner = values[3:98]  # what is beyond has colours of its own
    assert (inner >= ramp.breaks[0] - 1e-6 * step).all()
    assert (inner <= ramp.breaks[-1] + 1e-6 * step).all()
    assert ramp.below == (values.min() < ramp.breaks[0])
    assert ramp.above == (values.max() > ramp.breaks[-1])


def test_steps_between_classes_are_one_two_and_a_half_and_five() -> None:
    assert [round_step(each) for each in (0.9, 1.0, 1.1, 2.1, 30, 6000)] == pytest.approx(
        [1, 1, 2, 2.5, 50, 10000]
    )


def test_differences_have_the_same_classes_on_both_sides_of_0() -> None:
    ramp = Ramp.of_both_signs(np.array([-3.0, 1.0, 8.0]), "bias")
    assert ramp.breaks == tuple(-each for each in ramp.breaks[::-1])


def test_colours_of_classes_are_even_in_grey_and_differ_for_every_colour_vision() -> None:
    """Lightness rises from class to class, so that their order shows without any hue."""
    for colors in ("viridis", "cividis"):
        ramp = Ramp.of(np.linspace(0, 100, 50), colors, "flux")
        rgb = ramp.looks["cmap"].colors[:, :3]
        lightness = rgb @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(lightness) > 0.01).all()


def test_a_region_whose_winter_lacks_a_month_misses_no_predictor_in_it() -> None:
    north = Region("north", Winter((10, 11)), Box(0.0, 60.0, 4.0, 70.0))
    south = Region("south", Winter((11,)), Box(0.0, 50.0, 4.0, 60.0))
    sheet = Sheet(np.full((2, 1), np.nan), (0.0, 50.0, 4.0, 70.0))
    setting = Setting(regions=(north, south), has_gaps=True)
    shown = {
        months: replace(setting, months=months).cells(sheet, Ramp.of(np.ones(2), FLUX, ""))[1]
        for months in ((), (10,), (11,))
    }
    found = {months: layer.sheet.values[:, 0].tolist() for months, layer in shown.items()}  # type: ignore[attr-defined]
    assert found == {(): [1.0, 1.0], (10,): [1.0, 0.0], (11,): [1.0, 1.0]}


def test_units_in_brackets_stay_on_one_line() -> None:
    _, axes = new_figure(1, 1, 40.0)
    label(axes[0, 0], "precipitation, mean of 2000-2025 (mm month⁻¹)")
    assert axes[0, 0].get_xlabel() == "precipitation, mean of 2000-2025\n(mm month⁻¹)"


def test_in_grey_what_falls_differs_from_what_rises() -> None:
    """The same size with both signs: only what is below 0 has lines across it."""
    from PIL import Image

    values = np.ones((20, 40))
    values[:, :20] = -1.0
    sheet = Sheet(values, (-20.0, 60.0, 20.0, 70.0), "EPSG:4326")
    ramp = Ramp.of_both_signs(4 * values, "slope")
    figure = draw_maps([Panel(signed(sheet, ramp), ramp)], sheet.places)
    shown = np.asarray(Image.open(io.BytesIO(finish(figure, "slope", "").png)).convert("L"), float)
    height, width = shown.shape
    upper = shown[: height // 2, width // 8 : -width // 8]
    falls, rises = np.array_split(upper, 2, axis=1)
    dark = [float((half < 60).mean()) for half in (falls, rises)]
    assert dark[0] > 2 * dark[1]


@pytest.mark.parametrize(
    ("units", "printed"),
    [
        ("degC", "°C"),
        ("g C m-2 month-1", "g C m⁻² month⁻¹"),
        ("m3 m-3", "m³ m⁻³"),
        ("g CO2 m-2", "g CO₂ m⁻²"),
        ("kg/m2", "kg/m²"),
        ("%", "%"),
        ("1", "1"),
        ("days since 1990-01-01", "days since 1990-01-01"),
    ],
)
def test_units_are_printed_as_in_journals(units: str, printed: str) -> None:
    assert units_name(units) == printed


def test_names_are_words_and_places_have_capitals() -> None:
    assert display_name("air_temperature") == "air temperature"
    assert proper_name("tibetan_plateau") == "Tibetan Plateau"
    assert proper_name("north_of_the_lena") == "North of the Lena"
    assert proper_name("QTP_north") == "QTP north"
    assert proper_name("") == ""
    assert with_units("air temperature", "degC") == "air temperature (°C)"
    assert with_units("class", "1") == "class"
