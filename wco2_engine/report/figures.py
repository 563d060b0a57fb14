"""Figures of totals, and figures as files beside their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.files import atomic_write
from wco2_engine.naming import proper_name
from wco2_engine.report.drawing import (
    GREY,
    PALETTE,
    PRINT_DPI,
    SMALL,
    TEXT,
    file_content,
    label,
    new_panels,
    plain,
    title,
)

Row = Mapping[str, Any]
MAX_PANELS = 12  # of zones those with the largest totals


def save_figure(figure: Any, stem: Path, caption: str) -> list[Path]:
    """Write a figure as SVG, PDF and PNG.

    Parameters
    ----------
    caption : told to those who can't see it.

    Raises
    ------
    Wco2Error : when it can't be written.
    """
    paths = []
    for suffix in (".pdf", ".svg", ".png"):
        content = file_content(figure, suffix, "figure", caption, PRINT_DPI)
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
    figure, axes = new_panels(len(shown), 2, 42)
    for k, (axis, key) in enumerate(zip(axes, shown, strict=True)):
        years = [row["year"] for row in series[key]]
        total, low, high = (
            np.array([np.nan if row[name] is None else row[name] for row in series[key]])
            for name in ("total_tg", "total_lower_tg", "total_upper_tg")
        )
        color = PALETTE[k % len(PALETTE)]
        axis.plot(years, total, color=color, marker="o", markersize=2, lw=1)
        of_map = [row["map_tg"] for row in series[key]]
        if of_map != total.tolist():
            axis.plot(years, of_map, ":", color=GREY, lw=1.0)
        axis.fill_between(years, low, high, color=color, alpha=0.2, lw=0)
        axis.margins(y=0.12)
        axis.xaxis.get_major_locator().set_params(integer=True)
        title(axis, proper_name(key[1]) if key[0] == "region" else key[1])
        axis.set_title(told.get(key, ""), fontsize=SMALL, loc="right", y=1.0, color=GREY)
    for axis in axes[::2]:
        label(axis, "", "Tg C winter⁻¹")
    left_out = len(series) - len(shown)
    if left_out:
        heading = f"{heading}{'; ' if heading else ''}{left_out} smaller zones not shown"
    if heading:
        figure.suptitle(plain(heading), fontsize=TEXT, x=0.02, ha="left")
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
    return f"{line['total_tg']:.4g}, {line['slope_tg_a']:+.2g} a⁻¹{p}"
