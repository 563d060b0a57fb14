"""Section: how the modelled flux changes along the most important predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wco2_engine.learning.explanation import AccumulatedEffect
from wco2_engine.learning.model import Model
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import (
    BLUE,
    FLUX_LABEL,
    GREY,
    INK,
    SMALL,
    label,
    new_figure,
    quantity,
    title,
)
from wco2_engine.report.page import PageTable, Picture, Section
from wco2_engine.report.sections.residuals import most_important

SHOWN = 6


def build(context: ReportContext, progress: Progress) -> Section:
    """Accumulated local effects of every predictor; the most important ones as figures."""
    model = context.model
    effects = context.effects
    units = {predictor.name: predictor.units for predictor in model.predictors}
    rows = [
        {
            "region": region,
            "predictor": effect.name,
            "units": units[effect.name],
            "at": float(edge),
            "effect": float(height),
        }
        for region, found in effects.items()
        for effect in found
        for edge, height in zip(effect.edges, effect.effect, strict=True)
    ]
    return Section(
        "effects",
        "Effects of the most important predictors",
        tables=(
            PageTable("effects", "Accumulated local effects of all predictors.", (), rows, most=0),
        ),
        pictures=(
            Picture(
                "effects",
                "Accumulated local effects: by how much the modelled flux lies above or below its "
                "mean because of this predictor. Ticks: tenths of the training rows; where they "
                "are far apart, the curve rests on few rows. Bars: of a class, what all rows would "
                "have on average were they of it.",
                lambda: draw(model, effects),
            ),
        ),
    )


def draw(model: Model, effects: Mapping[str, Sequence[AccumulatedEffect]]) -> Any:
    """A panel a predictor, the most important first; rows for each region."""
    columns = 3
    shown = min(SHOWN, len(model.predictors))
    lines = -(-shown // columns)
    figure, axes = new_figure(lines * len(model.regions), columns, 44)
    for axis in axes.ravel():
        axis.set_visible(False)
    for k, region in enumerate(model.regions):
        found = effects[region.region.name]
        chosen = most_important(region, SHOWN)
        low = min(float(found[column].effect.min()) for column in chosen)
        high = max(float(found[column].effect.max()) for column in chosen)
        room = 0.06 * (high - low) or 1.0
        for place, column in enumerate(chosen):
            axis = axes[k * lines + place // columns][place % columns]
            axis.set_visible(True)
            effect = found[column]
            axis.axhline(0, color=GREY, linewidth=0.8)
            axis.set_ylim(low - room, high + room)
            if effect.is_class:
                places = range(len(effect.edges))
                axis.bar(places, effect.effect, color=BLUE, width=0.7)
                axis.set_xticks(places, [f"{code:g}" for code in effect.edges], fontsize=SMALL)
            else:
                looks = {"color": BLUE, "linewidth": 1.2, "marker": ".", "markersize": 3}
                axis.plot(effect.edges, effect.effect, **looks)
                tenths = np.quantile(region.features[:, column], np.linspace(0, 1, 11))
                axis.plot(tenths, np.full(11, low - room), "|", color=INK, markersize=5)
            predictor = model.predictors[column]
            title(axis, proper_name(region.region.name) if place == 0 else "")
            label(axis, quantity(predictor), f"effect ({FLUX_LABEL})")
    return figure
