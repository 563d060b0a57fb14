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
from wco2_engine.report.drawing import (
    BLUE,
    GREY,
    VERMILION,
    WINTER_LABEL,
    label,
    new_figure,
    plain,
    title,
)
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
)
from wco2_engine.report.views import Sheet
from wco2_engine.season import format_years

Row = Mapping[str, Any]
MIDDLE = (2, 98)  # percentiles that colours span


def write_comparison(
    path: Path, heading: str, a: MapSeries, b: MapSeries, comparison: Comparison, progress: Progress
) -> list[Path]:
    """Write the page, and its tables and figures beside it; see `report.page.write_page`."""
    sections = [
        _products(a, b, comparison),
        _winters(comparison),
        *([_zones(comparison)] if any(row["zone"] != ALL for row in comparison.rows) else []),
        _maps(comparison),
    ]
    simulated = a.simulated or b.simulated
    return write_page(path, heading, "comparison", simulated, sections, progress)


def _products(a: MapSeries, b: MapSeries, comparison: Comparison) -> Section:
    rows = [
        {
            "product": name,
            "folder": series.folder.name,
            "winters": format_years(series.years),
            "cells": f"{series.grid.width} x {series.grid.height}",
            "size": f"{series.grid.dx:g}",
            "crs": crs_name(series.grid.crs),
            "stated": "yes" if series.encoding.crs is None else "no, given by the user",
            "model": series.model_fingerprint or "not known",
        }
        for name, series in (("A", a), ("B", b))
    ]
    columns = (
        text("product", "Product"),
        text("folder", "name"),
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


def _winters(comparison: Comparison) -> Section:
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
                lambda: draw_totals(rows),
            )
        )
    return Section("comparison_winters", "Winters", tables=(table,), pictures=tuple(pictures))


def _zones(comparison: Comparison) -> Section:
    of_zones = [row for row in comparison.rows if row["zone"] != ALL]
    mean = [row for row in of_zones if row["winter"] == MEAN]
    rows = mean + [row for row in of_zones if row["winter"] != MEAN]
    table = PageTable(
        "zones",
        "By zone, the mean of the winters; a cell counts in a zone with the share of it that lies "
        "there.",
        (text("zone", "Zone"), *(c for c in _columns() if not c.title.startswith("of "))),
        rows,
        most=len(mean),
    )
    picture = Picture(
        "zone_means",
        "Mean flux of both products by zone, over the winters that both have.",
        lambda: draw_zones(mean),
    )
    return Section("comparison_zones", "Zones", tables=(table,), pictures=(picture,))


def _maps(comparison: Comparison) -> Section:
    pictures = (
        Picture(
            "mean_maps",
            "Mean of the winters of A and of B on the same cells and in the same colours, which "
            "span the middle 96 % of the values, and A minus B.",
            lambda: draw_maps(comparison.mean),
        ),
        Picture(
            "cells",
            "A against B, cell by cell, the mean of the winters. The line is where both are equal.",
            lambda: draw_cells(comparison.mean),
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


def draw_totals(rows: Sequence[Row]) -> Any:
    """The yearly totals of both as lines."""
    yearly = [row for row in rows if row["winter"] != MEAN]
    figure, axes = new_figure(1, 1, 8.0, 3.0)
    axis = axes[0][0]
    years = [int(row["winter"]) for row in yearly]
    for key, name, color, marker in (
        ("total_a", "A", BLUE, "o"),
        ("total_b", "B", VERMILION, "s"),
    ):
        axis.plot(years, [row[key] for row in yearly], color=color, marker=marker, label=name)
    axis.xaxis.get_major_locator().set_params(integer=True)
    low, high = axis.get_ylim()
    axis.set_ylim(min(0.0, low), high + 0.05 * abs(high))
    axis.legend(fontsize=8, frameon=False)
    label(axis, "winter", "Tg C winter$^{-1}$")
    return figure


def draw_zones(rows: Sequence[Row]) -> Any:
    """The mean flux of both by zone as pairs of bars."""
    shown = [row for row in rows if row["mean_a"] is not None]
    figure, axes = new_figure(1, 1, 8.0, 1.0 + 0.45 * max(1, len(shown)))
    axis = axes[0][0]
    at = np.arange(len(shown))
    axis.barh(at - 0.2, [row["mean_a"] for row in shown], 0.38, color=BLUE, label="A")
    axis.barh(at + 0.2, [row["mean_b"] for row in shown], 0.38, color=VERMILION, label="B")
    axis.set_yticks(at, [plain(row["zone"]) for row in shown])
    axis.invert_yaxis()
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.legend(fontsize=8, frameon=False)
    label(axis, WINTER_LABEL)
    return figure


def draw_maps(path: Path) -> Any:
    """A, B and their difference side by side."""
    difference, on_a, on_b = (Sheet.read(path, band) for band in (1, 2, 3))
    low, high = _spread(on_a, on_b)
    most = max(map(abs, _spread(difference))) or 1.0
    figure, axes = new_figure(1, 3, 4.2, 4.2)
    for axis, sheet, name in ((axes[0][0], on_a, "A"), (axes[0][1], on_b, "B")):
        image = sheet.show(axis, cmap="viridis", vmin=low, vmax=high)
        title(axis, name)
    _bar(figure, image, list(axes[0][:2]))
    image = difference.show(axes[0][2], cmap="RdBu_r", vmin=-most, vmax=most)
    title(axes[0][2], "A minus B")
    _bar(figure, image, [axes[0][2]])
    return figure


def draw_cells(path: Path) -> Any:
    """How often cells have which values in A and B."""
    on_a, on_b = (Sheet.read(path, band).values for band in (2, 3))
    both = np.isfinite(on_a) & np.isfinite(on_b)
    figure, axes = new_figure(1, 1, 4.6, 4.0)
    axis = axes[0][0]
    image = axis.hexbin(on_b[both], on_a[both], gridsize=60, bins="log", cmap="viridis", mincnt=1)
    ends = min(axis.get_xlim()[0], axis.get_ylim()[0]), max(axis.get_xlim()[1], axis.get_ylim()[1])
    axis.plot(ends, ends, color=GREY, linewidth=0.8)
    axis.set_aspect("equal", "box")
    label(axis, f"B, {WINTER_LABEL}", f"A, {WINTER_LABEL}")
    bar = figure.colorbar(image, ax=axis, shrink=0.8)
    bar.set_label("cells", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def _row(rows: Sequence[Row], winter: str) -> Row:
    return next(row for row in rows if row["winter"] == winter and row["zone"] == ALL)


def _yearly(row: Row) -> bool:
    return bool(row["zone"] == ALL and row["winter"] != MEAN)


def _spread(*sheets: Sheet) -> tuple[float, float]:
    known = np.concatenate([each.values[np.isfinite(each.values)] for each in sheets])
    low, high = np.percentile(known, MIDDLE) if known.size else (0.0, 1.0)
    return float(low), float(high) if high > low else float(low) + 1.0


def _bar(figure: Any, image: Any, axes: list[Any]) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.7, extend="both")
    bar.set_label(WINTER_LABEL, fontsize=8)
    bar.ax.tick_params(labelsize=8)
