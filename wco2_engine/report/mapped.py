"""Maps of fluxes, of their intervals, trends and differences, as all figures show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from wco2_engine.learning.model import Model
from wco2_engine.report.atlas import PLAIN, Panel, Setting, draw_maps
from wco2_engine.report.drawing import BLUE, FULL, INK, WINTER_LABEL
from wco2_engine.report.layers import LEVEL, Cells, Dotted, Hatched, Layer, Marks, Numbered
from wco2_engine.report.ramps import DIFFERENCE, FLUX, REACH, WIDTH, Ramp
from wco2_engine.report.sheets import Sheet

SLOPE, SIGNIFICANT = 1, 3  # bands of a map of trends
INDEX, MONTHS_OUTSIDE = 1, 2  # bands of a map of applicability
OUTSIDE = "outside the area of applicability in at least one month"


def draw_fluxes(
    sheets: Mapping[str, Sheet],
    label: str,
    setting: Setting = PLAIN,
    width: float = FULL,
    months: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
) -> Any:
    """Maps of fluxes by their titles, in the same colours.

    Parameters
    ----------
    label : what the values are, with their unit.
    width : of the figure, mm.
    months : that maps are of, by their titles; of the whole winter where it is not said.
    """
    known = np.concatenate([sheet.known for sheet in sheets.values()])
    ramp = Ramp.of(known, FLUX, label)
    panels = [
        Panel(replace(setting, months=months.get(words, ())).cells(sheet, ramp), ramp, words)
        for words, sheet in sheets.items()
    ]
    return draw_maps(panels, _places(*sheets.values()), setting=setting, width=width)


def draw_widths(
    flux: Sheet,
    lower: Sheet,
    upper: Sheet,
    outside: Sheet | None,
    words: str,
    level: float | None,
    setting: Setting = PLAIN,
    width: float = FULL,
) -> Any:
    """The width of an interval, as it is and in percent of the flux.

    Parameters
    ----------
    outside : months outside the area of applicability, where cells are hatched.
    words : above the maps.
    level : of the interval.
    """
    wide = upper.minus(lower)
    share = np.full(flux.values.shape, np.nan)
    np.divide(100 * wide.values, flux.values, out=share, where=flux.values > 0)
    hatched: list[Layer] = []
    if outside is not None:
        hatched = [Hatched(outside.of((outside.values > 0).astype(float)), OUTSIDE)]
    name = "interval" if level is None else f"{100 * level:g} % interval"
    panels = []
    for sheet, label in (
        (wide, f"width of the {name} ({WINTER_LABEL})"),
        (flux.of(share), f"width of the {name} over the flux (%)"),
    ):
        ramp = Ramp.of(sheet.known, WIDTH, label)
        panels.append(Panel([*setting.cells(sheet, ramp), *hatched], ramp, words))
    return draw_maps(panels, _places(flux), setting=setting, width=width)


def draw_reach(
    path: Path, most: int, words: str, setting: Setting = PLAIN, width: float = FULL
) -> Any:
    """The dissimilarity index of a winter's worst month, and how many of its months are outside.

    Parameters
    ----------
    path : of a map of applicability.
    most : months of a winter.
    words : above the maps.
    """
    index, months = Sheet.read(path, INDEX), Sheet.read(path, MONTHS_OUTSIDE)
    outside = Hatched(index.of((months.values > 0).astype(float)), OUTSIDE)
    of_index = Ramp.of(index.known, REACH, "dissimilarity index of the worst month")
    of_months = Ramp.of_counts(most, REACH, "months outside the area of applicability")
    panels = [
        Panel([Cells(index, of_index), outside], of_index, words),
        Panel([Cells(months, of_months)], of_months, words),
    ]
    return draw_maps(panels, index.places, setting=setting, width=width)


def draw_trend(
    path: Path, heading: str = "", setting: Setting = PLAIN, width: float = FULL * 0.75
) -> Any:
    """The slopes of a map of trends, with dots where they are significant."""
    slope, sure = Sheet.read(path, SLOPE), Sheet.read(path, SIGNIFICANT)
    ramp = Ramp.of_both_signs(slope.known, "trend of the winter CO₂ flux (g C m⁻² winter⁻¹ a⁻¹)")
    layers = [*signed(slope, ramp), Dotted(sure, "significant trend")]
    return draw_maps(
        [Panel(layers, ramp)], _places(slope), setting=setting, width=width, heading=heading
    )


def signed(sheet: Sheet, ramp: Ramp) -> list[Layer]:
    """Values of both signs: in grey both ends of the colours are dark, so lines tell them apart."""
    with np.errstate(invalid="ignore"):
        falling = sheet.of((sheet.values < 0).astype(float))
    return [Cells(sheet, ramp), Hatched(falling, "below 0", LEVEL)]


def draw_difference(
    path: Path, names: tuple[str, str], setting: Setting = PLAIN, width: float = FULL
) -> Any:
    """Two products in the same colours, and the one minus the other.

    Parameters
    ----------
    path : of a map with the difference, the first and the second product as its bands.
    """
    difference, on_a, on_b = (Sheet.read(path, band) for band in (1, 2, 3))
    label = f"winter CO₂ flux ({WINTER_LABEL})"
    ramp = Ramp.of(np.concatenate([on_a.known, on_b.known]), FLUX, label)
    apart = Ramp.of_both_signs(difference.known, f"difference ({WINTER_LABEL})", DIFFERENCE)
    panels = [
        Panel([Cells(on_a, ramp)], ramp, names[0]),
        Panel([Cells(on_b, ramp)], ramp, names[1]),
        Panel(signed(difference, apart), apart, f"{names[0]} minus {names[1]}"),
    ]
    return draw_maps(panels, _places(on_a, on_b), setting=setting, width=width)


def draw_next_sites(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    model: Model,
    setting: Setting = PLAIN,
    width: float = 0.75 * FULL,
) -> Any:
    """What one site would bring in each cell, with the next sites and those that there are.

    Parameters
    ----------
    path : of the map of `wco2 next-sites`.
    rows : of its table.
    """
    sheet = Sheet.read(path)
    ramp = Ramp.of(sheet.known, REACH, "fall of the mean dissimilarity index by one site")
    places = np.unique(
        np.concatenate([np.column_stack([r.longitude, r.latitude]) for r in model.regions]), axis=0
    )
    there = Marks(
        places[:, 0], places[:, 1], np.full(len(places), 4.0), INK, words="sites that there are"
    )
    longitude, latitude = (
        np.array([row[name] for row in rows], np.float64) for name in ("longitude", "latitude")
    )
    names = tuple(str(row["rank"]) for row in rows)
    best = Numbered(longitude, latitude, names, BLUE, "next sites, by rank")
    panel = Panel([Cells(sheet, ramp), there, best], ramp)
    return draw_maps([panel], sheet.places, setting=setting, width=width)


def _places(*sheets: Sheet) -> tuple[Any, Any]:
    """Where any of the sheets has a value."""
    found = [sheet.places for sheet in sheets if sheet.known.size] or [sheets[0].places]
    return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])
