"""Figures of totals and of trends, as a report shows them and as they lie beside their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.files import atomic_write
from wco2_engine.report.drawing import (
    GREY,
    PALETTE,
    finish,
    keep_used,
    label,
    new_figure,
    plain,
    title,
)
from wco2_engine.report.views import Sheet

Row = Mapping[str, Any]
MAX_PANELS = 12  # of zones those with the largest totals
SLOPE, SIGNIFICANT = 1, 3  # bands of a map of trends
STRONGEST = 98  # percentile of the slopes' sizes that colours span


def save_figure(figure: Any, stem: Path, caption: str) -> list[Path]:
    """Write a figure as PNG and SVG.

    Parameters
    ----------
    caption : told to those who can't see it.

    Raises
    ------
    Wco2Error : when it can't be written.
    """
    drawn = finish(figure, "figure", caption)
    paths = []
    for suffix, content in ((".png", drawn.png), (".svg", drawn.svg.encode())):
        paths.append(stem.with_name(stem.name + suffix))
        with atomic_write(paths[-1]) as partial:
            partial.write_bytes(content)
    return paths


def draw_totals(rows: Sequence[Row], summary: Sequence[Row] = (), heading: str = "") -> Any:
    """Totals of winters with their intervals, a panel a zone.

    Parameters
    ----------
    rows : of a budget, a row a zone and winter.
    summary : of a budget, a row a zone: mean winter and slope are told above the zone's panel.
    """
    series: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["total_tg"] is not None:
            series.setdefault((row["kind"], row["zone"]), []).append(row)
    of_zones = [key for key in series if key[0] == "zone"]
    shown = [key for key in series if key[0] != "zone"][:MAX_PANELS]
    largest = sorted(of_zones, key=lambda key: -abs(_mean(series[key])))
    shown += largest[: MAX_PANELS - len(shown)]
    told = {(line["kind"], line["zone"]): _in_short(line) for line in summary}
    columns = max(1, min(2, len(shown)))
    figure, axes = new_figure(max(1, -(-len(shown) // columns)), columns, 8.4 / columns, 2.1)
    for k, (axis, key) in enumerate(zip(axes.ravel(), shown, strict=False)):
        years = [row["year"] for row in series[key]]
        total, low, high = (
            np.array([np.nan if row[name] is None else row[name] for row in series[key]])
            for name in ("total_tg", "total_lower_tg", "total_upper_tg")
        )
        color = PALETTE[k % len(PALETTE)]
        axis.plot(years, total, color=color, marker="o", markersize=2.5, lw=1.2)
        axis.fill_between(years, low, high, color=color, alpha=0.2, lw=0)
        axis.margins(y=0.12)
        axis.xaxis.get_major_locator().set_params(integer=True)
        title(axis, key[1])
        axis.set_title(told.get(key, ""), fontsize=8, loc="right", color=GREY)
    keep_used(axes, len(shown))
    for axis in axes[:, 0]:
        label(axis, "", "Tg C winter$^{-1}$")
    left_out = len(series) - len(shown)
    if left_out:
        heading = f"{heading}{'; ' if heading else ''}{left_out} smaller zones not shown"
    if heading:
        figure.suptitle(heading, fontsize=10, x=0.02, ha="left")
    return figure


def _mean(rows: Sequence[Row]) -> float:
    return float(np.mean([row["total_tg"] for row in rows]))


def _in_short(line: Row) -> str:
    """The mean winter and the trend of a zone."""
    if line["total_tg"] is None:
        return ""
    if line["slope_tg_a"] is None:
        return f"{line['total_tg']:.4g}"
    p = "" if line["slope_p"] is None else f" (p {line['slope_p']:.2g})"
    return f"{line['total_tg']:.4g}, {line['slope_tg_a']:+.2g} a$^{{-1}}${p}"


def draw_trend(path: Path, heading: str = "") -> Any:
    """All slopes of a map of trends, and the significant ones, in the same colours."""
    slope, sure = Sheet.read(path, SLOPE), Sheet.read(path, SIGNIFICANT)
    known = np.abs(slope.values[np.isfinite(slope.values)])
    reach = float(np.percentile(known, STRONGEST)) if known.size else 0.0
    reach = reach or 1.0
    # A pixel of a large map stands for several cells: most of them decide.
    shown = Sheet(np.where(sure.values >= 0.5, slope.values, np.nan), slope.bounds, slope.crs)
    figure, axes = new_figure(1, 2, 4.9, 4.6)
    for axis, sheet, words in (
        (axes[0][0], slope, "all cells"),
        (axes[0][1], shown, "significant"),
    ):
        image = sheet.show(axis, cmap="RdBu_r", vmin=-reach, vmax=reach)
        title(axis, words)
    bar = figure.colorbar(image, ax=list(axes[0]), shrink=0.7, extend="both")
    bar.set_label("g C m$^{-2}$ winter$^{-1}$ a$^{-1}$", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    if heading:
        figure.suptitle(plain(heading), fontsize=10, x=0.02, ha="left")
    return figure
