"""Section: whether the flux follows temperature as respiration does."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.learning.explanation import (
    ApparentQ10,
    apparent_q10,
    plausibility,
)
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext, shown
from wco2_engine.report.drawing import (
    BLUE,
    FLUX_LABEL,
    VERMILION,
    dots,
    label,
    legend,
    new_panels,
    quantity,
    title,
)
from wco2_engine.report.names import title_of
from wco2_engine.report.page import PageTable, Picture, Section, count, place, ranged, text

TEMPERATURES = ("degc", "°c", "celsius", "k", "kelvin", "deg_c")
# How predictors of soil, then of air temperature are often named.
SIGNS = (("soil", "tsoil", "stl", "ground"), ("air", "t2m", "tair", "tas"))


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Apparent Q10, measured and modelled; None where no predictor is a temperature."""
    model = context.model
    column = temperature_of(model)
    if column is None:
        return None
    name = title_of(model.predictors[column])
    rows: list[dict[str, Any]] = []
    sentences = []
    for region in model.regions:
        measured, modelled = q10s(region, column)
        effect = context.effects[region.region.name][column]
        for kind, found in (("measured", measured), ("modelled", modelled)):
            if found is not None:
                rows.append(_row(region.region.name, kind, found))
        if modelled is not None:
            sentences.append(
                (proper_name(region.region.name), plausibility(effect, measured, modelled, name))
            )
    columns = (
        place(),
        text("flux", "flux"),
        count("site_months", "site-months"),
        count("sites", "sites"),
        count("left_out", "left out (flux not above 0)"),
        ranged("q10", "apparent Q10"),
    )
    return Section(
        "temperature",
        "Flux and temperature",
        facts={"predictor": name, "sentences": sentences},
        tables=(
            PageTable(
                "apparent_q10",
                f"Apparent Q10 against {name}, with 90 % intervals by site. Modelled: "
                "held-out predictions.",
                columns,
                rows,
            ),
        ),
        pictures=(
            Picture(
                "flux_and_temperature",
                f"Observed and held-out predicted fluxes against {name}.",
                lambda: draw(model, column),
            ),
        ),
    )


def temperature_of(model: Model) -> int | None:
    """The column of soil temperature, or of air temperature where there is none."""
    warm = [k for k, p in enumerate(model.predictors) if p.units.strip().lower() in TEMPERATURES]
    for signs in SIGNS:
        for column in warm:
            if any(sign in model.predictors[column].name.lower() for sign in signs):
                return column
    return None


def q10s(region: RegionModel, column: int) -> tuple[ApparentQ10, ApparentQ10 | None]:
    """Of measured and of held-out modelled fluxes, of the same rows."""
    temperature = region.features[:, column].astype(np.float64)
    method = shown(region)
    if not method:
        return apparent_q10(region.target, temperature, region.site), None
    predicted = region.predictions[method]
    held = np.isfinite(predicted)
    return (
        apparent_q10(region.target[held], temperature[held], region.site[held]),
        apparent_q10(predicted[held], temperature[held], region.site[held]),
    )


def _row(region: str, kind: str, found: ApparentQ10) -> dict[str, Any]:
    value, low, high = (float(x) if np.isfinite(x) else None for x in found.q10)
    return {
        "region": region,
        "flux": kind,
        "site_months": found.rows,
        "sites": found.sites,
        "left_out": found.left_out,
        "q10": value,
        "q10_low": low,
        "q10_high": high,
    }


def draw(model: Model, column: int) -> Any:
    """Measured and modelled fluxes, a panel a region."""
    figure, axes = new_panels(len(model.regions), 2, 56)
    predictor = model.predictors[column]
    for axis, region in zip(axes, model.regions, strict=True):
        values = region.features[:, column]
        dots(axis, values, region.target, BLUE, label="observed")
        if shown(region):
            held = region.predictions[shown(region)]
            dots(axis, values, held, VERMILION, label="predicted while held out")
        title(axis, proper_name(region.region.name))
        label(axis, quantity(predictor), f"flux ({FLUX_LABEL})")
        legend(axis, loc="upper left", markerscale=2)
    return figure
