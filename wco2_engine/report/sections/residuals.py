"""Section: where held-out predictions are off, by month, by site and along each predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.model import Model, RegionModel
from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, ReportContext, shown
from wco2_engine.report.drawing import (
    BLUE,
    FLUX_LABEL,
    GREY,
    INK,
    dots,
    label,
    new_figure,
    quantity,
    title,
)
from wco2_engine.report.page import Column, PageTable, Picture, Section, count, number, text, value
from wco2_engine.report.views import View
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
        text("region", "Region"),
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
        facts={"methods": {r.region.name: SHORT[shown(r)] for r in regions}},
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
                "Bias of each site (predicted minus observed), in g C m-2 month-1. Neighbours of "
                "one colour mean that something is missing among the predictors there.",
                lambda: draw_sites(regions),
            ),
            Picture(
                "residuals_by_predictor",
                "Residuals along the most important predictors. Line: mean in eighths of the "
                "values; a slope means that the model has not caught all of this predictor's "
                "effect, or that extremes are smoothed.",
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
    columns = min(2, len(regions))
    lines = -(-len(regions) // columns)
    figure, axes = new_figure(lines, columns, 4.8, 2.5)
    for axis, region in zip(axes.ravel(), regions, strict=False):
        off = residual(region)
        months = [
            m for m in region.region.winter.months if np.isfinite(off[region.month == m]).any()
        ]
        boxes = [off[(region.month == m) & np.isfinite(off)] for m in months]
        axis.boxplot(
            boxes,
            whis=(5, 95),
            showfliers=False,
            widths=0.6,
            patch_artist=True,
            boxprops={"facecolor": "#cfe3f2", "edgecolor": BLUE},
            medianprops={"color": INK},
            whiskerprops={"color": BLUE},
            capprops={"color": BLUE},
        )
        axis.set_xticks(range(1, len(months) + 1), [MONTH_NAMES[m - 1] for m in months])
        axis.axhline(0, color=GREY, linewidth=0.8)
        title(axis, f"{region.region.name}, {SHORT[shown(region)]}")
        label(axis, "", FLUX_LABEL)
    for axis in axes.ravel()[len(regions) :]:
        axis.axis("off")
    return figure


def draw_sites(regions: list[RegionModel]) -> Any:
    """A map of the bias by site."""
    rows = [row for region in regions for row in residuals_by_site(region)]
    longitude = np.array([row["longitude"] for row in rows])
    latitude = np.array([row["latitude"] for row in rows])
    bias = np.array([row["bias"] for row in rows])
    figure, axes = new_figure(1, 1, 6.6, 5.6)
    axis = axes[0][0]
    view = View.of(longitude, latitude)
    view.prepare(axis)
    x, y = view.place(longitude, latitude)
    most = float(np.percentile(np.abs(bias), 95)) or 1.0
    shown_dots = axis.scatter(
        x,
        y,
        c=bias,
        cmap="PuOr",
        vmin=-most,
        vmax=most,
        s=[14 + 3 * row["n"] for row in rows],
        edgecolors=GREY,
        linewidths=0.5,
        zorder=2,
    )
    bar = figure.colorbar(shown_dots, ax=axis, extend="both", shrink=0.7)
    bar.set_label(f"bias, {FLUX_LABEL}", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def draw_predictors(model: Model, regions: list[RegionModel]) -> Any:
    """A row a region, a panel for each of the most important predictors."""
    columns = 3
    lines = -(-min(PREDICTORS_SHOWN, len(model.predictors)) // columns)
    figure, axes = new_figure(lines * len(regions), columns, 3.2, 2.2)
    for axis in axes.ravel():
        axis.set_visible(False)
    for k, region in enumerate(regions):
        off = residual(region)
        for place, column in enumerate(most_important(region, PREDICTORS_SHOWN)):
            axis = axes[k * lines + place // columns][place % columns]
            axis.set_visible(True)
            values = region.features[:, column].astype(np.float64)
            dots(axis, values, off, alpha=0.3)
            bins = binned(values, off)
            axis.plot(
                [(low + high) / 2 for low, high, _, _ in bins],
                [mean for _, _, mean, _ in bins],
                "o-",
                color=INK,
                markersize=3,
                linewidth=1.2,
            )
            axis.axhline(0, color=GREY, linewidth=0.8)
            predictor = model.predictors[column]
            title(axis, region.region.name if place == 0 else "")
            label(axis, quantity(predictor.name, predictor.units), FLUX_LABEL)
    return figure
