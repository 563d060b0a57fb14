"""Figures of totals over time and of trends on the map, as PNG and SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.budget import Budget, Row
from wco2_engine.analysis.series import Series
from wco2_engine.analysis.trend import TrendMap
from wco2_engine.files import atomic_write

MAX_PIXELS = 1600  # along the longer side of a picture of a map
MAX_PANELS = 12  # of zones those with the largest totals
DPI = 150
# Okabe and Ito's colours, told apart by people of any colour vision.
_COLORS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7"),
    *("#E69F00", "#56B4E9", "#444444", "#999933"),
)
_GREY = "#767676"


def draw_budget(budget: Budget, summary: Sequence[Row], stem: Path) -> list[Path]:
    """Totals of winters with their intervals, a panel a zone."""
    rows = budget.rows()
    lines = [line for line in summary if line["winters"]]
    zones = [line for line in lines if line["kind"] == "zone"]
    shown = [line for line in lines if line["kind"] != "zone"]
    room = max(0, MAX_PANELS - len(shown))
    shown += sorted(zones, key=lambda line: -abs(line["total_tg"]))[:room]
    columns = min(2, len(shown))
    figure, axes = _figure(-(-len(shown) // columns), columns, 8.4 / columns, 2.1)
    for k, (axis, line) in enumerate(zip(axes.ravel(), shown, strict=False)):
        mine = [r for r in rows if (r["kind"], r["zone"]) == (line["kind"], line["zone"])]
        years = [r["year"] for r in mine]
        total, low, high = (
            np.array([np.nan if r[key] is None else r[key] for r in mine])
            for key in ("total_tg", "total_lower_tg", "total_upper_tg")
        )
        color = _COLORS[k % len(_COLORS)]
        axis.plot(years, total, color=color, marker="o", markersize=2.5, lw=1.2)
        axis.fill_between(years, low, high, color=color, alpha=0.2, lw=0)
        axis.margins(y=0.12)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set_title(_plain(line["zone"]), fontsize=9, loc="left", color=color)
        axis.set_title(_in_short(line), fontsize=8, loc="right", color=_GREY)
    for axis in axes.ravel()[len(shown) :]:
        axis.axis("off")
    for axis in axes[:, 0]:
        axis.set_ylabel("Tg C winter$^{-1}$", fontsize=8)
    bounds = f", band: {budget.level:.0%} interval" if budget.of_members is not None else ""
    left_out = len(lines) - len(shown)
    more = f"; {left_out} smaller zones not shown" if left_out else ""
    made_up = " (simulated)" if budget.simulated else ""
    figure.suptitle(f"Winter CO$_2$ release{bounds}{more}{made_up}", fontsize=10, x=0.02, ha="left")
    return _save(figure, stem)


def _in_short(line: Row) -> str:
    """The mean winter and the trend of a zone."""
    if line["slope_tg_a"] is None:
        return f"{line['total_tg']:.4g}"
    p = "" if line["slope_p"] is None else f" (p {line['slope_p']:.2g})"
    return f"{line['total_tg']:.4g}, {line['slope_tg_a']:+.2g} a$^{{-1}}${p}"


def draw_trend(found: TrendMap, series: Series, stem: Path) -> list[Path]:
    """The slopes on the map; cells without a significant trend are pale."""
    grid = series.grid
    step = max(1, -(-max(grid.shape) // MAX_PIXELS))
    slope, significant = (part[::step, ::step] for part in (found.slope, found.significant))
    west, south, east, north = grid.bounds
    ratio = (north - south) / (east - west)
    width = 9.0 if ratio < 0.7 else 6.0
    figure, axes = _figure(1, 1, width, min(9.0, max(2.2, width * ratio + 0.9)))
    axis = axes[0, 0]
    known = np.abs(slope[np.isfinite(slope)])
    reach = float(np.percentile(known, 98)) if known.size else 1.0
    image = axis.imshow(
        _shaded(slope, significant, reach or 1.0),
        extent=(west, east, south, north),
        interpolation="nearest",
        aspect="auto" if grid.geographic else "equal",
    )
    image.set_rasterized(True)
    axis.set_facecolor("#f2f2f2")
    made_up = " (simulated)" if series.simulated else ""
    title = f"Trend of winter CO$_2$ release, {series.years[0]}-{series.years[-1]}{made_up}"
    axis.set_title(title, fontsize=10, loc="left")
    unit = "degrees" if grid.geographic else "m"
    axis.set_xlabel(f"x, {unit}" if not grid.geographic else "longitude", fontsize=8)
    axis.set_ylabel(f"y, {unit}" if not grid.geographic else "latitude", fontsize=8)
    bar = figure.colorbar(_colors(reach or 1.0), ax=axis, pad=0.01, extend="both")
    bar.set_label("g C m$^{-2}$ winter$^{-1}$ a$^{-1}$", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    share = float(np.nanmean(found.significant)) if found.cells else 0.0
    axis.annotate(
        f"Full colour: significant, false discoveries kept at {found.rate:.0%} "
        f"({share:.1%} of the cells). Pale: not significant.",
        (0, 0),
        xytext=(0, -34),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=_GREY,
    )
    return _save(figure, stem)


def _shaded(
    slope: NDArray[np.float64], significant: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """Colours of cells `(height, width, 4)`."""
    colors = np.asarray(_colors(reach).to_rgba(slope))
    pale = significant != 1
    colors[pale, :3] = 1.0 - 0.3 * (1.0 - colors[pale, :3])
    colors[..., 3] = np.isfinite(slope)
    return colors


def _colors(reach: float) -> Any:
    from matplotlib import cm, colors

    return cm.ScalarMappable(colors.Normalize(-reach, reach), "RdBu_r")


def _figure(rows: int, columns: int, width: float, height: float) -> Any:
    """A figure that belongs to no window, so that drawing is safe in any thread and in QGIS."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel():
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, stem: Path) -> list[Path]:
    from matplotlib import rc_context

    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "svg")]
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "wco2"}):
        for path in paths:
            with atomic_write(path) as partial:
                metadata = {"Date": None} if path.suffix == ".svg" else None
                figure.savefig(partial, format=path.suffix[1:], dpi=DPI, metadata=metadata)
    return paths


def _plain(name: str) -> str:
    """A name as it is: between dollars matplotlib would see a formula."""
    return name.replace("$", r"\$")
