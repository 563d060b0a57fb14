"""How figures look, and how a finished one becomes SVG, PNG or PDF."""

from __future__ import annotations

import html
import io
import re
import textwrap
from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from wco2_engine.escaping import printable
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.report.names import title_of, with_units

FLUX_LABEL = "g C m⁻² month⁻¹"
WINTER_LABEL = "g C m⁻² winter⁻¹"
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
    "year": (GREEN, "^"),
    "decade": (PURPLE, "v"),
    "method": (SKY, "P"),
    "source": (INK, "X"),
}
LEAST_PANEL, LEAST_OF_MANY = 58.0, 42.0  # mm that an axis and its words take up
MANY_PANELS = 6
FULL, HALF = 180.0, 90.0  # mm, the width of two columns of a journal and of one
MM = 1 / 25.4  # inches
SMALL, TEXT, LETTER = 7, 8, 9  # points
LINE = 36  # letters of words across an axis, where three of them stand side by side
MANY_POINTS = 300  # beyond which dots are drawn as hexagons that count them
SCREEN_DPI, PRINT_DPI = 200, 600
PANEL = "panel"  # what an axis is called that gets a letter
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PATH = re.compile(r' d="([^"]*)"')
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_DIGITS = re.compile(r"(\.\d\d)\d+")
_SPACES = re.compile(r"\s*([MLCQZ])\s*")
# Fonts are embedded whole enough to edit, and files of the same figure are the same.
_STYLE: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "wco2",
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.4,
}
_AXES: Mapping[str, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    **{f"{side}tick.labelsize": SMALL for side in "xy"},
    **{f"{side}tick.major.width": 0.6 for side in "xy"},
    **{f"{side}tick.major.size": 2.5 for side in "xy"},
}
_NO_DATES: Mapping[str, Mapping[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


class Drawn(NamedTuple):
    """A figure as the text of an SVG element and as the bytes of a PNG file."""

    svg: str
    png: bytes


def empty_figure(width: float, height: float) -> Any:
    """A figure without axes, of a size in mm.

    It belongs to no window, so that drawing is safe in any thread and in QGIS.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * MM, height * MM))
    FigureCanvasAgg(figure)
    return figure


def new_figure(
    rows: int, columns: int, height: float, width: float = FULL, **subplots: Any
) -> tuple[Any, Any]:
    """A figure and its axes `(rows, columns)`, which are laid out when it is finished.

    Parameters
    ----------
    height : of a row, mm.
    width : of the figure, mm: `FULL` or `HALF`.
    """
    from matplotlib import rc_context

    figure = empty_figure(width, rows * height)
    figure.set_layout_engine("constrained")
    with rc_context(dict(_AXES)):  # far quicker than to change axes that are there
        axes = figure.subplots(rows, columns, squeeze=False, **subplots)
    for axis in axes.ravel():
        axis.set_label(PANEL)
        axis.set_title("", y=1.0)  # matplotlib would look for a free place in each drawing
    return figure, axes


def new_panels(n: int, most: int, height: float) -> tuple[Any, list[Any]]:
    """A figure and its `n` axes, at most so many side by side; of one column's width for one.

    Parameters
    ----------
    height : of a row, mm.
    """
    columns = max(1, min(most, n))
    width = HALF if columns == 1 else FULL
    figure, axes = new_figure(max(1, -(-n // columns)), columns, height, width)
    keep_used(axes, n)
    return figure, list(axes.ravel()[:n])


def finish(figure: Any, name: str, caption: str, dpi: int = SCREEN_DPI) -> Drawn:
    """The figure as SVG and PNG.

    Parameters
    ----------
    name : makes the SVG's ids its own, because a page holds many.
    caption : told to those who can't see it.
    dpi : of the PNG, and of pictures within the others.
    """
    png, svg = (file_content(figure, end, name, caption, dpi) for end in (".png", ".svg"))
    return Drawn(svg.decode(), png)


def file_content(figure: Any, ending: str, name: str, caption: str, dpi: int) -> bytes:
    """The content of a file of a figure, by its ending: ".svg", ".png" or ".pdf"; see `finish`."""
    from matplotlib import rc_context

    _put_letters(figure)
    kind = ending.removeprefix(".")
    content = io.BytesIO()
    with rc_context({**_STYLE, **_AXES}):  # how many ticks there are depends on their letters
        _lay_out(figure, dpi)
        figure.savefig(content, format=kind, dpi=dpi, metadata=dict(_NO_DATES[kind]))
    if kind != "svg":
        return content.getvalue()
    return _element(content.getvalue().decode(), name, caption).encode()


def _lay_out(figure: Any, dpi: int) -> None:
    """Place the axes, once: matplotlib would draw the figure for it, and again for each file."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    figure.dpi, before = dpi, figure.dpi  # letters are as wide as in the file
    engine.execute(figure)
    figure.dpi = before
    figure.set_layout_engine(None)  # with any, each file costs a drawing more


def widen(figure: Any, width: float) -> None:
    """Give a figure that is yet to be laid out another width in mm, and a height that fits it.

    Panels that would become too narrow for their words go below each other.
    """
    if figure.get_layout_engine() is None:
        return
    wide, high = figure.get_size_inches()
    share = width * MM / wide
    panels = [axis for axis in figure.axes if axis.get_label() == PANEL]
    rows, columns = panels[0].get_subplotspec().get_gridspec().get_geometry()
    many = len(panels) > MANY_PANELS  # one below the other they would not fit a page
    fewer = max(1, min(columns, int(width // (LEAST_OF_MANY if many else LEAST_PANEL))))
    if share < 1 and fewer < columns:
        shown = [axis for axis in panels if axis.axison]
        for axis in panels:
            if axis not in shown:
                axis.remove()
        grid = figure.add_gridspec(-(-len(shown) // fewer), fewer)
        for place, axis in zip(grid, shown, strict=False):
            axis.set_subplotspec(place)
            axis.tick_params(labelleft=True)  # what was told by the panel beside it
        figure.set_size_inches(width * MM, high * grid.nrows / rows)
        return
    figure.set_size_inches(width * MM, high * (share if share > 1 else max(share, 0.7)))


def _element(svg: str, name: str, caption: str) -> str:
    """An SVG element that stands in a page."""
    svg = printable(svg)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    svg = _PATH.sub(_short, svg)
    label = html.escape(printable(caption), quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _short(path: re.Match[str]) -> str:
    """A path to hundredths of a point, without spaces that it can do without."""
    return _SPACES.sub(r"\1", _DIGITS.sub(r"\1", path[0]))


def _put_letters(figure: Any) -> None:
    """Name the panels a, b, c, where there are several, once."""
    from matplotlib.transforms import ScaledTranslation

    panels = [each for each in figure.axes if each.get_label() == PANEL]
    panels = [each for each in panels if each.get_visible() and each.axison]
    if not 1 < len(panels) <= len(_LETTERS) or any(each.get_gid() for each in panels):
        return
    away = ScaledTranslation(-16 / 72, 4 / 72, figure.dpi_scale_trans)
    for axis, letter in zip(panels, _LETTERS, strict=False):
        axis.set_gid(letter)
        axis.text(
            *(0, 1, letter),
            transform=axis.transAxes + away,
            fontsize=LETTER,
            fontweight="bold",
            ha="left",
            va="bottom",
        )


def plain(name: str) -> str:
    """A name as it is: between dollars matplotlib would see a formula."""
    return printable(name).replace("$", r"\$")


def quantity(predictor: ModelPredictor) -> str:
    """What an axis shows: a predictor and its units, where it has some."""
    return plain(with_units(title_of(predictor), predictor.units))


def title(axis: Any, words: str) -> None:
    """A title above an axis, at its left."""
    axis.set_title(plain(words), fontsize=TEXT, loc="left", y=1.0)


def label(axis: Any, x: str = "", y: str = "") -> None:
    """What an axis shows across and upward."""
    whole = _IN_BRACKETS.sub(lambda units: units[0].replace(" ", "\u00a0"), x)  # stays on a line
    axis.set_xlabel(textwrap.fill(whole, LINE).replace("\u00a0", " "), fontsize=SMALL, labelpad=2)
    axis.set_ylabel(y, fontsize=SMALL, labelpad=2)


def legend(owner: Any, **looks: Any) -> Any:
    """A legend in an axis or a figure."""
    return owner.legend(
        **{"fontsize": SMALL, "frameon": False, "handlelength": 1.6, "borderaxespad": 0.2, **looks}
    )


def legend_beside(axis: Any, **looks: Any) -> Any:
    """A legend at the right of an axis."""
    return legend(axis, loc="center left", bbox_to_anchor=(1.01, 0.5), **looks)


def dots(axis: Any, x: Any, y: Any, color: str = BLUE, **looks: Any) -> None:
    """Points; see `cloud` for many."""
    looks = {"s": 6, "alpha": 0.5, "linewidths": 0, **looks}
    axis.scatter(x, y, color=color, rasterized=len(x) > MANY_POINTS, **looks)


def cloud(axis: Any, x: Any, y: Any, gridsize: int = 32) -> Any:
    """Points as dots, or where they are many as hexagons that count them; what a bar needs.

    None where they are dots.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = np.asarray(x)[known], np.asarray(y)[known]
    if len(x) <= MANY_POINTS:
        dots(axis, x, y)
        return None
    return axis.hexbin(
        x, y, gridsize=gridsize, bins="log", cmap="Blues", mincnt=1, linewidths=0.1, vmin=0.3
    )


def boxes(axis: Any, groups: Iterable[Any], at: Any = None, width: float = 0.6) -> None:
    """Boxes that hold half of each group, with whiskers over 90 %."""
    axis.boxplot(
        list(groups),
        positions=at,
        widths=width,
        whis=(5, 95),
        showfliers=False,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": "#cfe3f2", "edgecolor": BLUE, "linewidth": 0.8},
        medianprops={"color": INK},
        whiskerprops={"color": BLUE, "linewidth": 0.8},
        capprops={"color": BLUE, "linewidth": 0.8},
    )


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
