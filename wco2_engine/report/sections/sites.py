"""Section: where and when the training data were measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.learning.model import RegionModel
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import label, new_figure, plain, region_looks, title
from wco2_engine.report.page import Column, PageTable, Picture, Row, Section, count, number, text
from wco2_engine.report.views import View
from wco2_engine.season import MONTH_NAMES


def build(context: ReportContext, progress: Progress) -> Section:
    """A map of sites and a table of them."""
    model = context.model
    rows = [row for region in model.regions for row in site_rows(region)]
    columns = (
        text("region", "Region"),
        count("site", "site"),
        Column("longitude", lambda row: number(row["longitude"], 2)),
        Column("latitude", lambda row: number(row["latitude"], 2)),
        count("months", "months"),
        Column("years", _years),
        Column("mean flux", lambda row: number(row["mean_flux"], 1)),
    )
    table = PageTable(
        "sites",
        "Training sites (places within 1 km count as one), numbered by region, the most measured "
        "first; mean flux in "
        "g C m-2 month-1.",
        columns,
        sorted(rows, key=lambda row: -row["months"]),
        most=10,
    )
    return Section(
        "sites",
        "Sites",
        facts={"n": len(rows), "months": sum(region.n_rows for region in model.regions)},
        tables=(table,),
        pictures=(
            Picture(
                "sites",
                "Training sites; larger dots have more winter months. Lines: edges of the regions. "
                "Lambert's azimuthal equal-area projection.",
                lambda: draw_sites(context),
            ),
            Picture(
                "months_measured",
                "Site-months by year and by month of the winter.",
                lambda: draw_months(context),
            ),
        ),
    )


def _years(row: Row) -> str:
    first, last = row["first_year"], row["last_year"]
    return str(first) if first == last else f"{first}–{last}"


def site_rows(region: RegionModel) -> list[dict[str, Any]]:
    """A row a site: where it lies, how much of it there is."""
    rows = []
    for site in np.unique(region.site):
        own = region.site == site
        rows.append(
            {
                "region": region.region.name,
                "site": int(site),
                "longitude": float(np.mean(region.longitude[own])),
                "latitude": float(np.mean(region.latitude[own])),
                "months": int(own.sum()),
                "first_year": int(region.year[own].min()),
                "last_year": int(region.year[own].max()),
                "mean_flux": float(region.target[own].mean()),
            }
        )
    return rows


def draw_sites(context: ReportContext) -> Any:
    """The map of sites."""
    figure, axes = new_figure(1, 1, 6.4, 6.4)
    axis, regions = axes[0][0], context.model.regions
    view = View.of_regions(
        np.concatenate([region.longitude for region in regions]),
        np.concatenate([region.latitude for region in regions]),
        [region.region.area for region in regions],
    )
    view.prepare(axis)
    for region, color, marker in region_looks(regions):
        view.outline(axis, region.region.area, color)
        rows = site_rows(region)
        x, y = view.place(
            np.array([row["longitude"] for row in rows]),
            np.array([row["latitude"] for row in rows]),
        )
        axis.scatter(
            x,
            y,
            s=[12 + 3 * row["months"] for row in rows],
            alpha=0.55,
            color=color,
            marker=marker,
            edgecolors="white",
            linewidths=0.4,
            zorder=2,
            label=plain(f"{region.region.name}: {region.n_rows} months at {len(rows)} sites"),
        )
    legend = (
        figure.legend(fontsize=8, loc="outside lower center", ncols=2, frameon=False)
        if (_has_outside())
        else axis.legend(
            fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=2, frameon=False
        )
    )
    for handle in getattr(legend, "legend_handles", None) or legend.legendHandles:
        handle.set_sizes([40])
    return figure


def _has_outside() -> bool:
    """Whether this matplotlib (3.7 and newer) can lay a legend beside all axes."""
    from matplotlib import __version_info__

    return __version_info__[:2] >= (3, 7)


def draw_months(context: ReportContext) -> Any:
    """How many site-months there are by year, and by month."""
    regions = context.model.regions
    figure, axes = new_figure(1, 2, 4.8, 2.5)
    by_year, by_month = axes[0]
    first = min(int(region.year.min()) for region in regions)
    last = max(int(region.year.max()) for region in regions)
    years = np.arange(first, last + 1)
    months = sorted(
        {m for r in regions for m in r.region.winter.months}, key=lambda m: (m - 7) % 12
    )
    below_year, below_month = np.zeros(len(years)), np.zeros(len(months))
    for region, color, _ in region_looks(regions):
        in_year = np.bincount(region.year - first, minlength=len(years))
        in_month = np.array([(region.month == m).sum() for m in months])
        name = plain(region.region.name)
        by_year.bar(years, in_year, bottom=below_year, color=color, label=name)
        by_month.bar(range(len(months)), in_month, bottom=below_month, color=color, label=name)
        below_year, below_month = below_year + in_year, below_month + in_month
    by_month.set_xticks(range(len(months)), [MONTH_NAMES[m - 1] for m in months])
    from matplotlib.ticker import MaxNLocator

    by_year.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    title(by_year, "by year")
    title(by_month, "by month")
    label(by_year, "", "site-months")
    if len(regions) <= 6:
        by_month.legend(fontsize=7, frameon=False)
    return figure
