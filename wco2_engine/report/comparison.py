"""A page that shows how two products of winter flux differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.analysis.compare import ALL, MEAN, Comparison
from wco2_engine.analysis.series import MapSeries
from wco2_engine.grid import crs_name
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED
from wco2_engine.report.drawing import (
    BLUE,
    GREY,
    HALF,
    SMALL,
    VERMILION,
    WINTER_LABEL,
    label,
    legend,
    legend_beside,
    new_figure,
    plain,
)
from wco2_engine.report.mapped import draw_difference
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    percent,
    text,
    value,
    write_page,
    zone,
)
from wco2_engine.report.sheets import Sheet
from wco2_engine.season import format_years

Row = Mapping[str, Any]


def write_comparison(
    path: Path,
    heading: str,
    a: MapSeries,
    b: MapSeries,
    comparison: Comparison,
    names: tuple[str, str],
    progress: Progress,
) -> list[Path]:
    """Write the page, and its tables and figures beside it; see `report.page.write_page`.

    Parameters
    ----------
    names : of the products.
    """
    called = f"A: {names[0]}", f"B: {names[1]}"
    has_zones = any(row["zone"] != ALL for row in comparison.rows)
    sections = [
        _products(a, b, comparison, names),
        _winters(comparison, called),
        *([_zones(comparison, called)] if has_zones else []),
        _maps(comparison, called),
    ]
    simulated = a.simulated or b.simulated
    return write_page(path, heading, "comparison", simulated, sections, progress)


def _products(
    a: MapSeries, b: MapSeries, comparison: Comparison, names: tuple[str, str]
) -> Section:
    rows = [
        {
            "product": letter,
            "name": name,
            "folder": series.folder.name,
            "winters": format_years(series.years),
            "cells": f"{series.grid.width} x {series.grid.height}",
            "size": f"{series.grid.dx:g}",
            "crs": crs_name(series.grid.crs),
            "stated": "yes" if series.encoding.crs is None else "no, given by the user",
            "model": series.model_fingerprint or "not known",
        }
        for letter, name, series in (("A", names[0], a), ("B", names[1], b))
    ]
    columns = (
        text("product", "Product"),
        text("name", "name"),
        text("folder", "folder"),
        text("winters", "winters"),
        text("cells", "cells"),
        text("size", "cell size"),
        text("crs", "CRS"),
        text("stated", "CRS stated by the files"),
        text("model", "model"),
    )
    mean = _row(comparison.rows, MEAN)
    facts = {
        "mean": mean,
        "years": format_years(comparison.years),
        "n_years": len(comparison.years),
        "between_winters": comparison.between_winters,
        "coarser": "A" if a.grid.is_like(comparison.grid) else "B",
        "same_grid": a.grid.is_like(b.grid),
        "least_share": {
            name: min(row[f"share_of_{name}"] or 0.0 for row in comparison.rows if _yearly(row))
            for name in ("a", "b")
        },
    }
    table = PageTable("products", "What was compared.", columns, rows)
    return Section("comparison", "In short", facts=facts, tables=(table,))


def _winters(comparison: Comparison, names: tuple[str, str]) -> Section:
    rows = [row for row in comparison.rows if row["zone"] == ALL]
    table = PageTable(
        "winters",
        "By winter, where both have a value. Bias is A minus B. Means, bias, RMSE and correlation "
        "are weighted by area.",
        (text("winter", "Winter"), *_columns()),
        rows,
    )
    pictures = []
    if len(comparison.years) > 1:
        pictures.append(
            Picture(
                "totals",
                "Totals of both products on the area that both cover in that winter.",
                lambda: draw_totals(rows, names),
            )
        )
    return Section("comparison_winters", "Winters", tables=(table,), pictures=tuple(pictures))


def _zones(comparison: Comparison, names: tuple[str, str]) -> Section:
    of_zones = [row for row in comparison.rows if row["zone"] != ALL]
    mean = [row for row in of_zones if row["winter"] == MEAN]
    rows = mean + [row for row in of_zones if row["winter"] != MEAN]
    table = PageTable(
        "zones",
        "By zone, the mean of the winters; a cell counts in a zone with the share of it that lies "
        "there.",
        (zone(), *(c for c in _columns() if not c.title.startswith("of "))),
        rows,
        most=len(mean),
    )
    picture = Picture(
        "zone_means",
        "Mean flux of both products by zone, over the winters that both have.",
        lambda: draw_zones(mean, names),
    )
    return Section("comparison_zones", "Zones", tables=(table,), pictures=(picture,))


def _maps(comparison: Comparison, called: tuple[str, str]) -> Section:
    pictures = (
        Picture(
            "mean_maps",
            "Mean of the winters of A and of B on the same cells and in the same colours, and A "
            f"minus B; classes span the middle 96 % of the values. {MAPPED}",
            lambda: draw_difference(comparison.mean, called),
        ),
        Picture(
            "cells",
            "A against B, cell by cell, the mean of the winters. The line is where both are equal.",
            lambda: draw_cells(comparison.mean, called),
        ),
    )
    names = [path.name for path in (*comparison.differences.values(), comparison.mean)]
    facts = {"names": names, "folder": comparison.mean.parent.name}
    return Section("comparison_maps", "Maps", facts=facts, pictures=pictures)


def _columns() -> tuple[Column, ...]:
    return (
        count("cells", "cells"),
        value("area", "area, million km2"),
        percent("share_of_a", "of A's area"),
        percent("share_of_b", "of B's area"),
        value("mean_a", "mean A"),
        value("mean_b", "mean B"),
        value("bias", "bias"),
        value("rmse", "RMSE"),
        value("correlation", "correlation"),
        value("total_a", "total A, Tg C", 1),
        value("total_b", "total B, Tg C", 1),
    )


def draw_totals(rows: Sequence[Row], names: tuple[str, str]) -> Any:
    """The yearly totals of both as lines."""
    yearly = [row for row in rows if row["winter"] != MEAN]
    figure, axes = new_figure(1, 1, 60)
    axis = axes[0][0]
    years = [int(row["winter"]) for row in yearly]
    for key, name, color, marker in (
        ("total_a", names[0], BLUE, "o"),
        ("total_b", names[1], VERMILION, "s"),
    ):
        totals = [row[key] for row in yearly]
        looks = {"color": color, "marker": marker, "markersize": 3, "linewidth": 1}
        axis.plot(years, totals, label=plain(name), **looks)
    axis.xaxis.get_major_locator().set_params(integer=True)
    low, high = axis.get_ylim()
    axis.set_ylim(min(0.0, low), high + 0.05 * abs(high))
    legend(axis)
    label(axis, "winter", "Tg C winter⁻¹")
    return figure


def draw_zones(rows: Sequence[Row], names: tuple[str, str]) -> Any:
    """The mean flux of both by zone as pairs of bars."""
    shown = [row for row in rows if row["mean_a"] is not None]
    figure, axes = new_figure(1, 1, 20 + 8 * max(1, len(shown)))
    axis = axes[0][0]
    at = np.arange(len(shown))
    for key, name, color, away in (
        ("mean_a", names[0], BLUE, -0.2),
        ("mean_b", names[1], VERMILION, 0.2),
    ):
        axis.barh(at + away, [row[key] for row in shown], 0.38, color=color, label=plain(name))
    axis.set_yticks(at, [plain(row["zone"]) for row in shown])
    axis.invert_yaxis()
    axis.axvline(0, color=GREY, linewidth=0.8)
    legend_beside(axis)
    label(axis, f"mean flux ({WINTER_LABEL})")
    return figure


def draw_cells(path: Path, names: tuple[str, str]) -> Any:
    """How often cells have which values in A and B."""
    on_a, on_b = (Sheet.read(path, band).values for band in (2, 3))
    both = np.isfinite(on_a) & np.isfinite(on_b)
    figure, axes = new_figure(1, 1, 78, HALF)
    axis = axes[0][0]
    image = axis.hexbin(on_b[both], on_a[both], gridsize=60, bins="log", cmap="viridis", mincnt=1)
    ends = min(axis.get_xlim()[0], axis.get_ylim()[0]), max(axis.get_xlim()[1], axis.get_ylim()[1])
    axis.plot(ends, ends, color=GREY, linewidth=0.8)
    axis.set_aspect("equal", "box")
    label(axis, *(plain(f"{name} ({WINTER_LABEL})") for name in names[::-1]))
    bar = figure.colorbar(image, ax=axis, shrink=0.8)
    bar.set_label("cells", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _row(rows: Sequence[Row], winter: str) -> Row:
    return next(row for row in rows if row["winter"] == winter and row["zone"] == ALL)


def _yearly(row: Row) -> bool:
    return bool(row["zone"] == ALL and row["winter"] != MEAN)
