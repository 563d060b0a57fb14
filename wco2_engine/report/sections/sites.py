"""Section: where and when the training data were measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED, Panel, draw_maps
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import (
    label,
    legend_beside,
    new_figure,
    plain,
    region_looks,
    title,
)
from wco2_engine.report.layers import Layer, Marks, Outline
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Row,
    Section,
    count,
    number,
    place,
)
from wco2_engine.report.views import FAR_SOUTH, edges_of
from wco2_engine.season import MONTH_NAMES


def build(context: ReportContext, progress: Progress) -> Section:
    """A map of sites and a table of them."""
    model = context.model
    rows = [row for region in model.regions for row in site_rows(region)]
    columns = (
        place(),
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
                f"Training sites; larger marks have more winter months. {MAPPED}",
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
    regions = context.model.regions
    layers: list[Layer] = []
    for region, color, marker in region_looks(regions):
        rows = site_rows(region)
        longitude, latitude, months = (
            np.array([row[key] for row in rows]) for key in ("longitude", "latitude", "months")
        )
        name = proper_name(region.region.name)
        layers += [
            Outline(region.region.area, color, f"{name}: edge of the region"),
            Marks(
                longitude,
                latitude,
                6.0 + 1.2 * months,
                color,
                marker,
                words=f"{name}: {region.n_rows} months at {len(rows)} sites",
            ),
        ]
    areas = [np.column_stack(edge) for region in regions for edge in edges_of(region.region.area)]
    places = np.concatenate(
        [*(np.column_stack([each.longitude, each.latitude]) for each in regions), *areas]
    )
    near = places[:, 1] >= min(each.latitude.min() for each in regions) - FAR_SOUTH
    longitude, latitude = places[near & np.isfinite(places).all(axis=1)].T
    return draw_maps(
        [Panel(layers)], (longitude, latitude), setting=context.setting, width=context.width
    )


def draw_months(context: ReportContext) -> Any:
    """How many site-months there are by year, and by month."""
    regions = context.model.regions
    figure, axes = new_figure(1, 2, 50)
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
        name = plain(proper_name(region.region.name))
        by_year.bar(years, in_year, bottom=below_year, color=color, label=name)
        by_month.bar(range(len(months)), in_month, bottom=below_month, color=color, label=name)
        below_year, below_month = below_year + in_year, below_month + in_month
    by_month.set_xticks(range(len(months)), [MONTH_NAMES[m - 1] for m in months])
    from matplotlib.ticker import MaxNLocator

    by_year.set_xlim(first - 1.5, last + 1.5)
    by_year.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    title(by_year, "by year")
    title(by_month, "by month")
    label(by_year, "", "site-months")
    if len(regions) <= 6:
        legend_beside(by_month)
    return figure
