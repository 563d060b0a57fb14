"""Figures of maps: panels on land and sea, framed by what they show, with bars and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.inputs.domain import Domain, parse_domain
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.inputs.regions import Region, assign_region
from wco2_engine.inputs.zones import parse_zones
from wco2_engine.naming import proper_name
from wco2_engine.report.coast import Kind, shapes_in
from wco2_engine.report.drawing import (
    FULL,
    INK,
    LETTER,
    SCREEN_DPI,
    SMALL,
    TEXT,
    empty_figure,
    legend,
    plain,
)
from wco2_engine.report.insets import Inset, with_room
from wco2_engine.report.layers import (
    CROSSED,
    LINES,
    OF_COAST,
    Borders,
    Cells,
    Hatched,
    Layer,
    Paper,
)
from wco2_engine.report.net import draw_lines, label_edges, label_net, net_pieces, thinned
from wco2_engine.report.ramps import DIFFERENCE, Ramp
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import MARGIN, SOUTHERN, View, views_of

FloatArray = NDArray[np.float64]
Places = tuple[FloatArray, FloatArray]
LAND, SEA, SHORE, NET = "#dadada", "#ffffff", "#5a5a5a", "#a8a8a8"
# mm: around maps for labels of the net, for words, between maps, for a bar, a line of the legend
LABELS, HEAD, GAP, BAR, LINE = 4.5, 5.0, 2.0, 11.0, 4.2
LETTER_MM = 1.6  # a letter of a mark at a bar
GRAIN = 0.09  # mm, finer than which outlines are not drawn
SMALLEST = {"land": 0.4, "lakes": 1.4}  # mm, of an island or a lake that is drawn
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MAPPED = "Lambert's azimuthal equal-area projection; coasts and lakes: Natural Earth."
_LEAST, _LEAST_WITH_BAR = 40.0, 55.0  # mm of a figure for a map, and for one with its own bar


@dataclass(frozen=True)
class Setting:
    """What all maps of a study show besides.

    Attributes
    ----------
    regions : of the study, one of which may name an inset.
    domain : of the maps, where they don't fill the regions.
    layers : drawn above all others, e.g. the borders of permafrost zones.
    has_gaps : whether cells lack a value because a predictor is missing there.
    months : that maps are of; regions whose winter lacks one of them have no value for that.
    """

    regions: tuple[Region, ...] = ()
    domain: Domain | None = None
    layers: tuple[Layer, ...] = ()
    has_gaps: bool = False
    months: tuple[int, ...] = ()

    @classmethod
    def of(cls, regions: Sequence[Region], domain: Any, zones: Any, *, has_gaps: bool) -> Setting:
        """The setting of a study's maps.

        Parameters
        ----------
        domain, zones : as a study says them, or None: `parse_domain` and `parse_zones`. Without a
            domain nobody knows where values lack.

        Raises
        ------
        Wco2Error : when a file is missing or keys are wrong.
        """
        found = parse_zones(zones, Path(), "Figures")
        return cls(
            regions=tuple(regions),
            domain=parse_domain(domain, Path(), "Figures"),
            layers=() if found is None else (Borders(found.at, found.all_names),),
            has_gaps=has_gaps and domain is not None,
        )

    def cells(self, sheet: Sheet, ramp: Ramp) -> list[Layer]:
        """A map in classes of colour, with crosses where a predictor is missing."""
        shown: list[Layer] = [Cells(sheet, ramp)]
        if self.has_gaps:
            shown.append(Hatched(sheet.of(self._gaps(sheet)), "a predictor is missing", CROSSED))
        return shown

    def _gaps(self, sheet: Sheet) -> FloatArray:
        """1 for cells that regions and domain hold, and that have no value nonetheless."""
        gaps = np.zeros(sheet.values.shape)
        rows, columns = np.nonzero(np.isnan(sheet.values))
        x, y = sheet.centres(rows, columns)
        longitude, latitude = project(x, y, sheet.crs, GEOGRAPHIC)
        winters = [set(region.winter.months) for region in self.regions]
        # The last one is of those that no region owns.
        mapped = np.array([*(winter.issuperset(self.months) for winter in winters), False])
        owned = mapped[assign_region(self.regions, longitude, latitude)]
        if self.domain is not None and owned.any():
            with Rasters() as rasters:
                here = Points(x[owned], y[owned], sheet.crs)
                owned[owned] = self.domain.mask(rasters, here, longitude[owned], latitude[owned])
        gaps[rows[owned], columns[owned]] = 1.0
        return gaps

    def name_of(self, places: Places) -> str:
        """The region that most of some places lie in; empty for none."""
        owners = assign_region(self.regions, *places) if self.regions else np.zeros(0, np.int16)
        counts = np.bincount(owners[owners >= 0], minlength=len(self.regions))
        return proper_name(self.regions[int(counts.argmax())].name) if counts.sum() else ""


PLAIN = Setting()


@dataclass(frozen=True)
class Panel:
    """A map of a figure.

    Parameters
    ----------
    layers : drawn one above the other.
    ramp : of its colour bar, if any; panels with the same one share the bar.
    words : above it.
    """

    layers: Sequence[Layer]
    ramp: Ramp | None = None
    words: str = ""


def draw_maps(
    panels: Sequence[Panel],
    places: Places,
    *,
    setting: Setting = PLAIN,
    width: float = FULL,
    heading: str = "",
    dpi: int = SCREEN_DPI,
    margin: float = MARGIN,
) -> Any:
    """A figure of maps, framed by some places.

    Parameters
    ----------
    places : longitude and latitude of what has to be seen.
    setting : what all maps of the study show.
    width : of the figure, mm.
    heading : above all panels.
    dpi : that pictures in it are made for.
    margin : around what has to be seen, as a share of the frame.
    """
    panels = [replace(panel, layers=(*panel.layers, *setting.layers)) for panel in panels]
    view, apart = views_of(*places, margin=margin)
    across = _Layout.across(panels, width)
    inset, name = None, ""
    if apart is not None:
        south = places[1] < SOUTHERN
        name = setting.name_of((places[0][south], places[1][south]))
        view, inset = with_room(view, apart, places, across, has_title=bool(name))
    layout = _Layout.of(panels, view, width, heading)
    shown = thinned(view, *view.place(*places))
    figure = empty_figure(width, layout.height)
    for k, panel in enumerate(panels):
        left, upper = layout.corner(k)
        paper = Paper(layout.axis(figure, left, upper, across, layout.tall), view, across, dpi)
        _draw_panel(panel, paper)
        label_net(paper, shown, layout.sides(k))
        if inset is not None:
            _draw_inset(panel, inset, name, dpi, layout, figure, (left, upper))
        _draw_words(figure, layout, k, panel.words)
        if panel.ramp and layout.has_bars:
            below = upper + layout.tall + LABELS + 1.0
            bar = layout.axis(figure, left + 0.1 * across, below, 0.8 * across, 2.2)
            _draw_bar(figure, bar, panel.ramp, 0.8 * across)
    if panels[0].ramp and not layout.has_bars:
        long = min(110.0, 0.8 * width)
        bar = layout.axis(figure, (width - long) / 2, layout.below + 1.0, long, 2.4)
        _draw_bar(figure, bar, panels[0].ramp, long)
    legend(
        figure,
        handles=[handle for handle, _ in layout.handles],
        labels=[words for _, words in layout.handles],
        ncol=layout.in_line,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        borderpad=0.1,
        columnspacing=1.4,
    )
    if heading:
        figure.text(1 / width, 1 - 3.4 / layout.height, plain(heading), fontsize=TEXT)
    return figure


@dataclass(frozen=True)
class _Layout:
    """Where everything lies on paper; mm from the upper left corner.

    Attributes
    ----------
    columns : how many maps lie side by side.
    wide, tall : of each map.
    head : above each map, for its words.
    has_bars : whether each panel has its own bar, and not all of them one.
    handles : of the legend.
    """

    n: int
    columns: int
    width: float
    wide: float
    tall: float
    top: float
    head: float
    has_bars: bool
    has_bar: bool
    handles: tuple[tuple[Any, str], ...]

    @classmethod
    def of(cls, panels: Sequence[Panel], view: View, width: float, heading: str) -> _Layout:
        """The layout of panels that show one view."""
        wide = cls.across(panels, width)
        ramps = _ramps(panels)
        has_words = len(panels) > 1 or bool(panels[0].words)
        return cls(
            n=len(panels),
            columns=cls.columns_of(panels, width),
            width=width,
            wide=wide,
            tall=wide * view.height / view.width,
            top=HEAD if heading else 0.0,
            head=HEAD if has_words else 1.0,
            has_bars=len(ramps) > 1,
            has_bar=len(ramps) == 1,
            handles=tuple(_handles(panels)),
        )

    @staticmethod
    def columns_of(panels: Sequence[Panel], width: float) -> int:
        """How many panels lie side by side, as far as there is room for their words."""
        usual = {1: 1, 2: 2, 4: 2, 7: 4, 8: 4, 10: 4, 11: 4, 12: 4}.get(len(panels), 3)
        least = _LEAST_WITH_BAR if len(_ramps(panels)) > 1 else _LEAST
        return max(1, min(usual, int(width // least)))

    @classmethod
    def across(cls, panels: Sequence[Panel], width: float) -> float:
        """The width of each of some maps."""
        columns = cls.columns_of(panels, width)
        return (width - 2 * LABELS - (columns - 1) * GAP) / columns

    @property
    def cell(self) -> float:
        """From a row to the next one."""
        return self.head + self.tall + (LABELS + BAR if self.has_bars else 0.0) + GAP

    @property
    def below(self) -> float:
        """The lower end of the maps and of the words around them."""
        rows = -(-self.n // self.columns)
        return self.top + LABELS + rows * self.cell - GAP + (0.0 if self.has_bars else LABELS)

    @property
    def in_line(self) -> int:
        """How many things of the legend stand side by side."""
        return max(1, int(self.width // 55))

    @property
    def height(self) -> float:
        """Of the figure."""
        lines = -(-len(self.handles) // self.in_line)
        return self.below + (BAR if self.has_bar else 0.0) + lines * LINE + 1.0

    def corner(self, k: int) -> tuple[float, float]:
        """Left and upper edge of a map."""
        row, column = divmod(k, self.columns)
        left = LABELS + column * (self.wide + GAP)
        return left, self.top + LABELS + row * self.cell + self.head

    def sides(self, k: int) -> tuple[str, ...]:
        """Those of a map that have degrees: the outer ones."""
        row, column = divmod(k, self.columns)
        outer = {
            "left": column == 0,
            "top": row == 0,
            "right": column == self.columns - 1 or k == self.n - 1,
            "bottom": k + self.columns >= self.n or self.has_bars,
        }
        return tuple(side for side, is_outer in outer.items() if is_outer)

    def axis(self, figure: Any, left: float, upper: float, wide: float, high: float) -> Any:
        """An axis of a figure."""
        width, height = self.width, self.height
        return figure.add_axes(
            (left / width, 1 - (upper + high) / height, wide / width, high / height)
        )


def _ramps(panels: Sequence[Panel]) -> set[Ramp]:
    return {panel.ramp for panel in panels if panel.ramp}


def _draw_panel(panel: Panel, paper: Paper) -> None:
    _ground(paper)
    for layer in panel.layers:
        layer.draw(paper)
    west, south, east, north = paper.view.frame
    paper.axis.set(xlim=(west, east), ylim=(south, north))
    _without_ticks(paper.axis)
    for side in paper.axis.spines.values():
        side.set(linewidth=0.5, edgecolor=INK)


def _without_ticks(axis: Any) -> None:
    axis.xaxis.set_visible(False)
    axis.yaxis.set_visible(False)


def _draw_inset(
    panel: Panel,
    inset: Inset,
    words: str,
    dpi: int,
    layout: _Layout,
    figure: Any,
    corner: tuple[float, float],
) -> None:
    """A map of its own in a corner, on white with its labels around it."""
    left, upper, wide, high = inset.box
    behind = layout.axis(figure, corner[0] + left, corner[1] + upper, wide, high)
    behind.set_facecolor("white")
    _without_ticks(behind)
    for side in behind.spines.values():
        side.set(linewidth=0.5, edgecolor=INK)
    left, upper, across, tall = inset.map
    axis = layout.axis(figure, corner[0] + left, corner[1] + upper, across, tall)
    paper = Paper(axis, inset.view, across, dpi)
    _draw_panel(panel, paper)
    if inset.has_labels:
        label_edges(paper, ("left", "bottom"))
        place = {"ha": "center", "va": "center", "transform": behind.transAxes}
        behind.text(0.5, 1 - 2.2 / high, plain(words), fontsize=SMALL, **place)


def _draw_words(figure: Any, layout: _Layout, k: int, words: str) -> None:
    """The letter of a panel and what it shows, above it."""
    left, upper = layout.corner(k)
    above = upper - 1.2 - (LABELS if "top" in layout.sides(k) else 0.0)
    y = 1 - above / layout.height
    if layout.n > 1:
        looks = {"fontsize": LETTER, "fontweight": "bold"}
        figure.text((left - 3) / layout.width, y, LETTERS[k % len(LETTERS)], **looks)
        left += 4.5
    figure.text((left - 3) / layout.width, y, plain(words), fontsize=TEXT)


def _ground(paper: Paper) -> None:
    """Land and lakes, and above the data their outlines."""
    from matplotlib.collections import PathCollection

    axis, view = paper.axis, paper.view
    axis.set_facecolor(SEA)
    axis.set_rasterization_zorder(0)
    grounds: tuple[tuple[Kind, str, int], ...] = (("land", LAND, -3), ("lakes", SEA, -2))
    for kind, color, order in grounds:
        shapes, lines = shapes_in(view, kind, GRAIN * paper.mm, SMALLEST[kind] * paper.mm)
        looks = {"facecolors": color, "edgecolors": "none", "zorder": order}
        axis.add_collection(PathCollection(shapes, **looks), autolim=False)
        draw_lines(axis, lines, SHORE, OF_COAST)
    draw_lines(axis, net_pieces(view), NET, 0.5)


def _draw_bar(figure: Any, axis: Any, ramp: Ramp, long: float) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(**ramp.looks),
        cax=axis,
        orientation="horizontal",
        extend=ramp.extend,
        extendfrac=0.05,
        spacing="uniform",
        drawedges=bool(ramp.names),
    )
    at, words = ramp.ticks
    # Every mark that there is room for, 0 among them.
    room = max(1, int(long / (LETTER_MM * (1 + max(map(len, words))))))
    step = -(-len(words) // room)
    first = words.index("0") % step if "0" in words else 0
    bar.set_ticks(at[first::step], labels=words[first::step])
    bar.ax.tick_params(labelsize=SMALL, width=0.5, length=0 if ramp.names else 2.0, pad=1.5)
    bar.ax.minorticks_off()
    bar.outline.set_linewidth(0.5)
    if ramp.colors == DIFFERENCE:  # lined below 0, as the map is
        for color, wide in LINES:
            for y in (0.3, 0.7):
                bar.ax.plot([ramp.breaks[0], 0], [y, y], color=color, linewidth=wide)
    bar.set_label(plain(ramp.label), fontsize=SMALL, labelpad=1.5)


def _handles(panels: Sequence[Panel]) -> list[tuple[Any, str]]:
    """What the legend says, each word once."""
    from matplotlib.patches import Patch

    has_cells = any(isinstance(layer, Cells) for panel in panels for layer in panel.layers)
    land = "land without a value" if has_cells else "land"
    found: dict[str, Any] = {
        words: Patch(facecolor=color, edgecolor=SHORE, linewidth=0.4)
        for words, color in ((land, LAND), ("sea and lakes", SEA))
    }
    for panel in panels:
        for layer in panel.layers:
            for handle, words in layer.handles():
                found.setdefault(words, handle)
    return [(handle, plain(words)) for words, handle in found.items()]
