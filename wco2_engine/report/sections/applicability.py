"""Section: where the model knows its way, and how much ground lies outside."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED
from wco2_engine.report.context import SHORT, ReportContext
from wco2_engine.report.drawing import (
    BLUE,
    VERMILION,
    label,
    legend,
    legend_beside,
    new_figure,
    new_panels,
    plain,
    region_looks,
    title,
)
from wco2_engine.report.mapped import draw_reach
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    percent,
    place,
    share,
    value,
)


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
                place(),
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
                f"{proper_name(region)}: "
                f"{share(some, 1)} of the mapped ground is outside in at least one month "
                f"of a winter; over all months, {share(months, 1)} of ground and time."
            )
        tables.append(
            PageTable(
                "outside_area",
                "Ground outside the area of applicability, as a share of the mapped ground (true "
                "areas of cells, not their number).",
                (
                    place(),
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
                "Left: dissimilarity index of the last winter's worst month. Right: how many of "
                f"its months are outside the area of applicability. {MAPPED}",
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
    figure, axes = new_panels(len(regions), 3, 46)
    for axis, region in zip(axes, regions, strict=True):
        found = region.applicability
        di = found.training_di_[np.isfinite(found.training_di_)]
        axis.hist(di, bins=40, color=BLUE)
        axis.axvline(found.threshold_, color=VERMILION, linewidth=1.2, label="threshold")
        title(axis, proper_name(region.region.name))
        label(axis, "dissimilarity index", "training rows")
    legend(axes[0], loc="upper right")
    return figure


def draw_outside(rows: list[Any], context: ReportContext) -> Any:
    """Lines over the years, a colour a region."""
    figure, axes = new_figure(1, 1, 55)
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
            markersize=3,
            linewidth=1,
            label=plain(f"{proper_name(region.region.name)}: in at least one month"),
        )
        axis.plot(
            years,
            [100 * row["outside_months"] for row in own],
            ":",
            marker=marker,
            color=color,
            markersize=2,
            linewidth=1,
            label=plain(f"{proper_name(region.region.name)}: of ground and months"),
        )
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylim(bottom=0)
    axis.grid(axis="y", color="#eeeeee")
    label(axis, "winter", "% of the ground")
    legend_beside(axis)
    return figure


def draw_map(context: ReportContext) -> Any:
    """The dissimilarity index of the last winter's worst month, and its months outside."""
    paths = context.maps.by_year("applicability") if context.maps else {}
    year, path = list(paths.items())[-1]
    most = max(len(region.region.winter.months) for region in context.model.regions)
    return draw_reach(path, most, f"winter {year}", context.setting)
