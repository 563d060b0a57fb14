"""How figures look, and how a finished one becomes SVG and PNG."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Any, NamedTuple

from wco2_engine.escaping import printable
from wco2_engine.learning.model import RegionModel

FLUX_LABEL = "g C m$^{-2}$ month$^{-1}$"
WINTER_LABEL = "g C m$^{-2}$ winter$^{-1}$"
GREY, LIGHT, INK = "#767676", "#dddddd", "#222222"
# Okabe and Ito's colours, told apart by people of any colour vision.
BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY = (
    *("#0072B2", "#D55E00", "#009E73"),
    *("#E69F00", "#CC79A7", "#56B4E9"),
)
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
METHOD_LOOKS: Mapping[str, tuple[str, str]] = {
    "random": (GREY, "x"),
    "site": (BLUE, "o"),
    "blocks": (ORANGE, "s"),
    "knndm": (VERMILION, "D"),
}
MANY_POINTS = 300  # beyond which dots are drawn as pixels
DPI = 150


class Drawn(NamedTuple):
    """A figure as the text of an SVG element and as the bytes of a PNG file."""

    svg: str
    png: bytes


def new_figure(rows: int, columns: int, width: float, height: float, **subplots: Any) -> Any:
    """A figure and its axes `(rows, columns)`, each axis of a size in inches.

    It belongs to no window, so that drawing is safe in any thread and in QGIS.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **subplots)
    for axis in axes.ravel():
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def finish(figure: Any, name: str, caption: str) -> Drawn:
    """The figure as SVG and PNG.

    Parameters
    ----------
    name : makes the SVG's ids its own, because a page holds many.
    caption : told to those who can't see it.
    """
    from matplotlib import rc_context

    picture, vector = io.BytesIO(), io.StringIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    figure.set_layout_engine("none")  # laid out by now, which takes long
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "wco2"}):
        figure.savefig(vector, format="svg", dpi=DPI, metadata={"Date": None, "Creator": None})
    svg = printable(vector.getvalue())
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    label = html.escape(printable(caption), quote=True)
    return Drawn(
        svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1), picture.getvalue()
    )


def plain(name: str) -> str:
    """A name as it is: between dollars matplotlib would see a formula."""
    return printable(name).replace("$", r"\$")


def quantity(name: str, units: str) -> str:
    """What an axis shows: a name and its units, where it has some."""
    return plain(name if units.strip() in ("", "1") else f"{name}, {units}")


def title(axis: Any, words: str) -> None:
    """A title above an axis, at its left."""
    axis.set_title(plain(words), fontsize=10, loc="left")


def label(axis: Any, x: str = "", y: str = "") -> None:
    """What an axis shows across and upward."""
    axis.set_xlabel(x, fontsize=8)
    axis.set_ylabel(y, fontsize=8)


def dots(axis: Any, x: Any, y: Any, color: str = BLUE, **looks: Any) -> None:
    """Many points, as pixels where they would make the page heavy."""
    looks = {"s": 9, "alpha": 0.4, "linewidths": 0, **looks}
    axis.scatter(x, y, color=color, rasterized=len(x) > MANY_POINTS, **looks)


def region_looks(regions: Iterable[RegionModel]) -> list[tuple[RegionModel, str, str]]:
    """Each region with a colour and a marker; together they tell 42 regions apart."""
    return [
        (region, color, MARKERS[k // len(PALETTE) % len(MARKERS)])
        for k, (region, color) in enumerate(zip(regions, cycle(PALETTE), strict=False))
    ]


def keep_used(axes: Any, used: int) -> None:
    """Hide the axes beyond those used."""
    for axis in axes.ravel()[used:]:
        axis.axis("off")
