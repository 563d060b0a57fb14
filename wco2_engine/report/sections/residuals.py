"""Section: where held-out predictions are off, by month, by site and along each predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED, Panel, draw_maps
from wco2_engine.report.context import SHORT, ReportContext, shown
from wco2_engine.report.drawing import (
    FLUX_LABEL,
    GREY,
    INK,
    boxes,
    cloud,
    label,
    new_figure,
    new_panels,
    quantity,
    title,
)
from wco2_engine.report.layers import Marks
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    number,
    place,
    value,
)
from wco2_engine.report.ramps import BIAS, Ramp
from wco2_engine.season import MONTH_NAMES

PREDICTORS_SHOWN = 6
BINS = 8
FloatArray = NDArray[np.float64]


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Residuals under the quoted validation; None where nothing was held out."""
    model = context.model
    regions = [region for region in model.regions if region.predictions]
    if not regions:
        return None
    sites = [row for region in regions for row in residuals_by_site(region)]
    columns = (
        place(),
        count("site", "site"),
        Column("longitude", lambda row: number(row["longitude"], 2)),
        Column("latitude", lambda row: number(row["latitude"], 2)),
        count("n", "months"),
        value("observed", "mean observed", 1),
        value("predicted", "mean predicted", 1),
        value("bias", "bias", 1),
        value("rmse", "RMSE", 1),
    )
    return Section(
        "residuals",
        "Residuals",
        facts={"methods": {proper_name(r.region.name): SHORT[shown(r)] for r in regions}},
        tables=(
            PageTable(
                "residuals_by_site",
                "The sites of the largest bias (predicted minus observed), in g C m-2 month-1: "
                "look there first for units, gap-filling, disturbance or a wrong place.",
                columns,
                sorted(sites, key=lambda row: -abs(row["bias"])),
                most=10,
            ),
            PageTable(
                "residuals_by_predictor",
                "Mean residual in eighths of each predictor's values.",
                (),
                [row for region in regions for row in residuals_by_predictor(model, region)],
                most=0,
            ),
        ),
        pictures=(
            Picture(
                "residuals_by_month",
                "Residuals (predicted minus observed) by month. Boxes hold half of all, "
                "whiskers 90 %.",
                lambda: draw_months(regions),
            ),
            Picture(
                "residuals_by_site",
                "Bias of each site (predicted minus observed), in g C m-2 month-1; larger marks "
                "have more months. Neighbours of one colour mean that something is missing among "
                f"the predictors there. {MAPPED}",
                lambda: draw_sites(context, regions),
            ),
            Picture(
                "residuals_by_predictor",
                "Residuals along the most important predictors; the darker a hexagon, the more "
                "site-months (few are drawn as dots); of classes, boxes hold half of all. "
                "Line: mean in eighths of the values; a slope means that the model has not caught "
                "all of this predictor's effect, or that extremes are smoothed.",
                lambda: draw_predictors(model, regions),
            ),
        ),
    )


def residual(region: RegionModel) -> FloatArray:
    """Predicted minus observed under the shown validation; NaN for rows never held out."""
    return np.asarray(region.predictions[shown(region)] - region.target)


def residuals_by_site(region: RegionModel) -> list[dict[str, Any]]:
    """A row a site that was held out."""
    off, rows = residual(region), []
    for site in np.unique(region.site):
        own = (region.site == site) & np.isfinite(off)
        if own.any():
            observed = float(region.target[own].mean())
            rows.append(
                {
                    "region": region.region.name,
                    "validation": shown(region),
                    "site": int(site),
                    "longitude": float(region.longitude[own].mean()),
                    "latitude": float(region.latitude[own].mean()),
                    "n": int(own.sum()),
                    "observed": observed,
                    "predicted": observed + float(off[own].mean()),
                    "bias": float(off[own].mean()),
                    "rmse": float(np.sqrt(np.mean(off[own] ** 2))),
                }
            )
    return rows


def residuals_by_predictor(model: Model, region: RegionModel) -> list[dict[str, Any]]:
    """A row a predictor and eighth of its values."""
    off = residual(region)
    rows = []
    for column, predictor in enumerate(model.predictors):
        values = region.features[:, column].astype(np.float64)
        for low, high, mean, n in binned(values, off):
            rows.append(
                {
                    "region": region.region.name,
                    "predictor": predictor.name,
                    "units": predictor.units,
                    "from": low,
                    "to": high,
                    "n": n,
                    "mean_residual": mean,
                }
            )
    return rows


def binned(values: FloatArray, off: FloatArray) -> list[tuple[float, float, float, int]]:
    """From, to, mean residual and number of rows of bins with about equally many rows."""
    known = np.isfinite(off)
    values, off = values[known], off[known]
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
    if len(edges) == 1:
        return [(float(edges[0]), float(edges[0]), float(off.mean()), len(off))]
    own = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return [
        (float(edges[k]), float(edges[k + 1]), float(off[own == k].mean()), int((own == k).sum()))
        for k in range(len(edges) - 1)
        if (own == k).any()
    ]


def most_important(region: RegionModel, most: int) -> list[int]:
    """The columns of the most important predictors, the most important first."""
    kinds: Mapping[str, Any] = region.importances
    shares = kinds.get("permutation", kinds.get("impurity"))
    if shares is None:
        return list(range(region.features.shape[1]))[:most]
    return [int(column) for column in np.argsort(-shares, kind="stable")[:most]]


def draw_months(regions: list[RegionModel]) -> Any:
    """A box a month, a panel a region."""
    figure, axes = new_panels(len(regions), 2, 50)
    for axis, region in zip(axes, regions, strict=True):
        off = residual(region)
        months = [
            m for m in region.region.winter.months if np.isfinite(off[region.month == m]).any()
        ]
        boxes(axis, [off[(region.month == m) & np.isfinite(off)] for m in months])
        axis.set_xticks(range(1, len(months) + 1), [MONTH_NAMES[m - 1] for m in months])
        axis.axhline(0, color=GREY, linewidth=0.8)
        title(axis, f"{proper_name(region.region.name)}, {SHORT[shown(region)]}")
        label(axis, "", f"residual ({FLUX_LABEL})")
    return figure


def draw_sites(context: ReportContext, regions: list[RegionModel]) -> Any:
    """A map of the bias by site."""
    rows = [row for region in regions for row in residuals_by_site(region)]
    longitude, latitude, bias, n = (
        np.array([row[key] for row in rows], np.float64)
        for key in ("longitude", "latitude", "bias", "n")
    )
    ramp = Ramp.of_both_signs(bias, f"bias, predicted minus observed ({FLUX_LABEL})", BIAS)
    # In grey both ends of the colours are dark, so the marks' shapes tell the sign.
    shapes = (("^", bias >= 0, "predicted too high"), ("v", bias < 0, "predicted too low"))
    marks = [
        Marks(
            longitude[own],
            latitude[own],
            8 + 1.5 * n[own],
            marker=marker,
            values=bias[own],
            ramp=ramp,
            words=words,
        )
        for marker, own, words in shapes
    ]
    return draw_maps(
        [Panel(marks, ramp)],
        (longitude, latitude),
        setting=context.setting,
        width=context.width,
        margin=0.06,
    )


def _draw_means(axis: Any, bins: list[tuple[float, float, float, int]]) -> None:
    middles = [(low + high) / 2 for low, high, _, _ in bins]
    means = [mean for _, _, mean, _ in bins]
    axis.plot(middles, means, "o-", color=INK, markersize=3, linewidth=1.2)


def draw_predictors(model: Model, regions: list[RegionModel]) -> Any:
    """A row a region, a panel for each of the most important predictors."""
    columns = 3
    lines = -(-min(PREDICTORS_SHOWN, len(model.predictors)) // columns)
    figure, axes = new_figure(lines * len(regions), columns, 44)
    for axis in axes.ravel():
        axis.set_visible(False)
    for k, region in enumerate(regions):
        off = residual(region)
        for at, column in enumerate(most_important(region, PREDICTORS_SHOWN)):
            axis = axes[k * lines + at // columns][at % columns]
            axis.set_visible(True)
            values = region.features[:, column].astype(np.float64)
            known = np.isfinite(off)
            if region.forest.classes.of(column):
                kinds = np.unique(values[known])
                boxes(axis, [off[known & (values == kind)] for kind in kinds], kinds)
                axis.set_xticks(kinds)
            else:
                cloud(axis, values, off, gridsize=24)
                _draw_means(axis, binned(values, off))
            axis.axhline(0, color=GREY, linewidth=0.8)
            predictor = model.predictors[column]
            title(axis, proper_name(region.region.name) if at == 0 else "")
            label(axis, quantity(predictor), f"residual ({FLUX_LABEL})")
    return figure
