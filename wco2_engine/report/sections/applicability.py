"""Section: where the model knows its way, and how much ground lies outside."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, ReportContext
from wco2_engine.report.drawing import (
    BLUE,
    VERMILION,
    keep_used,
    label,
    new_figure,
    plain,
    region_looks,
    title,
)
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    percent,
    share,
    text,
    value,
)
from wco2_engine.report.views import Sheet


def build(context: ReportContext, progress: Progress) -> Section:
    """Threshold and training index by region; the share of ground outside by region and year."""
    model = context.model
    name, heading = "applicability", "Area of applicability"
    known = [region for region in model.regions if region.applicability is not None]
    if not known:
        return Section(name, heading, facts={"known": False})
    thresholds = []
    for region in known:
        found = region.applicability
        if found is None:
            continue
        di = found.training_di_[np.isfinite(found.training_di_)]
        thresholds.append(
            {
                "region": region.region.name,
                "folds": region.applicability_folds,
                "threshold": found.threshold_,
                "training_di_median": float(np.median(di)),
                "training_di_q90": float(np.quantile(di, 0.9)),
                "training_di_max": float(di.max()),
                "training_rows_beyond": float((di > found.threshold_).mean()),
                "mean_lpd": found.average_lpd_,
                "constant": ", ".join(found.constant_),
            }
        )
    tables = [
        PageTable(
            "applicability",
            "The dissimilarity index (DI) of training rows, each against rows of other folds, and "
            "the threshold beyond which a cell is outside. LPD: how many training rows lie nearer "
            "than the threshold, on average.",
            (
                text("region", "Region"),
                Column("folds", lambda row: SHORT[row["folds"]], is_text=True),
                value("threshold", "threshold", 3),
                value("training_di_median", "median DI", 3),
                value("training_di_q90", "90 % of DI below", 3),
                value("training_di_max", "largest DI", 3),
                percent("training_rows_beyond", "rows beyond", 1),
                count("mean_lpd", "LPD"),
            ),
            thresholds,
        )
    ]
    pictures = [
        Picture(
            "training_dissimilarity",
            "Dissimilarity index of training rows. Line: the threshold.",
            lambda: draw_training(known),
        )
    ]
    outside = list(context.outside)
    sentences = []
    if outside:
        for region in dict.fromkeys(row["region"] for row in outside):
            rows = [row for row in outside if row["region"] == region]
            area = sum(row["mapped_km2"] for row in rows)
            some = sum(row["outside_any"] * row["mapped_km2"] for row in rows) / area
            months = sum(row["outside_months"] * row["mapped_km2"] for row in rows) / area
            sentences.append(
                f"{region}: {share(some, 1)} of the mapped ground is outside in at least one month "
                f"of a winter; over all months, {share(months, 1)} of ground and time."
            )
        tables.append(
            PageTable(
                "outside_area",
                "Ground outside the area of applicability, as a share of the mapped ground (true "
                "areas of cells, not their number).",
                (
                    text("region", "Region"),
                    Column("winter", lambda row: str(row["year"])),
                    value("mapped_km2", "mapped, km2", 0),
                    percent("outside_any", "outside in any month", 1),
                    percent("outside_all", "outside in all months", 1),
                    percent("outside_months", "of ground and months", 1),
                ),
                outside,
                most=12,
            )
        )
        pictures += [
            Picture(
                "outside_area",
                "Share of the mapped ground that is outside in at least one month (lines), and of "
                "ground and months (dotted).",
                lambda: draw_outside(outside, context),
            ),
            Picture(
                "outside_map",
                "Months of the last winter that are outside the area of applicability.",
                lambda: draw_map(context),
            ),
        ]
    return Section(
        name,
        heading,
        facts={"known": True, "sentences": sentences, "mapped": bool(outside)},
        tables=tuple(tables),
        pictures=tuple(pictures),
    )


def draw_training(regions: list[Any]) -> Any:
    """A histogram a region."""
    columns = min(3, len(regions))
    lines = -(-len(regions) // columns)
    figure, axes = new_figure(lines, max(2, columns), 3.4, 2.2)
    for axis, region in zip(axes.ravel(), regions, strict=False):
        found = region.applicability
        di = found.training_di_[np.isfinite(found.training_di_)]
        axis.hist(di, bins=40, color=BLUE)
        axis.axvline(found.threshold_, color=VERMILION, linewidth=1.5)
        title(axis, region.region.name)
        label(axis, "dissimilarity index", "training rows")
    keep_used(axes, len(regions))
    return figure


def draw_outside(rows: list[Any], context: ReportContext) -> Any:
    """Lines over the years, a colour a region."""
    figure, axes = new_figure(1, 1, 7.0, 2.6)
    axis = axes[0][0]
    for region, color, marker in region_looks(context.model.regions):
        own = [row for row in rows if row["region"] == region.region.name]
        if not own:
            continue
        years = [row["year"] for row in own]
        axis.plot(
            years,
            [100 * row["outside_any"] for row in own],
            marker=marker,
            color=color,
            markersize=4,
            label=plain(region.region.name),
        )
        axis.plot(
            years,
            [100 * row["outside_months"] for row in own],
            ":",
            marker=marker,
            color=color,
            markersize=3,
        )
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylim(bottom=0)
    axis.grid(axis="y", color="#eeeeee")
    label(axis, "winter", "% of the ground")
    axis.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def draw_map(context: ReportContext) -> Any:
    """Months outside, of the last winter."""
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm, ListedColormap

    paths = context.maps.by_year("applicability") if context.maps else {}
    year, path = list(paths.items())[-1]
    figure, axes = new_figure(1, 1, 6.6, 5.4)
    axis = axes[0][0]
    sheet = Sheet.read(path, 2)
    most = max(len(region.region.winter.months) for region in context.model.regions)
    # Light to dark, so that grey scale and any colour vision tell the order.
    colors = colormaps["YlOrBr"](np.linspace(0.08, 0.95, most + 1))
    image = sheet.show(
        axis,
        cmap=ListedColormap(colors),
        norm=BoundaryNorm(np.arange(-0.5, most + 1), most + 1),
    )
    title(axis, f"winter {year}")
    bar = figure.colorbar(image, ax=axis, shrink=0.7, ticks=range(most + 1))
    bar.set_label("months outside", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure
