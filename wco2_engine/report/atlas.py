"""Figures of maps: panels on land and sea, framed by what they show, with bars and a legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.inputs.domain import Domain, parse_domain
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.inputs.regions import Region, assign_region
from wco2_engine.inputs.zones import parse_zones
from wco2_engine.report.coast import rings
from wco2_engine.report.drawing import (
    FULL,
    GREY,
    INK,
    LETTER,
    SCREEN_DPI,
    SMALL,
    TEXT,
    empty_figure,
    plain,
)
from wco2_engine.report.layers import OF_COAST, Borders, Cells, Hatched, Layer, Paper
from wco2_engine.report.names import proper_name
from wco2_engine.report.ramps import Ramp
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import MARGIN, SOUTHERN, View, views_of

FloatArray = NDArray[np.float64]
Places = tuple[FloatArray, FloatArray]
LAND, SEA, SHORE, NET = "#dadada", "#ffffff", "#5a5a5a", "#a8a8a8"
# mm: around a panel for labels of the net, for a title, between panels, for a bar, a legend's line
LABELS, HEAD, GAP, BAR, LINE = 4.5, 5.0, 2.0, 11.0, 4.2
INSET = 0.34  # of a panel's width, at most
INSET_TALL = 0.3  # of a panel's height, at most
SPOTS = ("south-west", "south-east", "north-west", "north-east")
GRAIN = 0.09  # mm, finer than which outlines are not drawn
SMALLEST = {"land": 0.4, "lakes": 1.4}  # mm, of an island or a lake that is drawn
STEPS, MANY_LINES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0), 5.5  # of the net, degrees
NEAR_POLE = 1.1  # how far a polar frame may reach for the net to be close
LABEL_MM = (9.0, 3.2)  # the room of a label of the net
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MAPPED = "Lambert's azimuthal equal-area projection; coasts and lakes: Natural Earth."


@dataclass(frozen=True)
class Setting:
    """What all maps of a study show besides.

    Attributes
    ----------
    regions : of the study, one of which may name an inset.
    domain : of the maps, where they don't fill the regions.
    layers : drawn above all others, e.g. the borders of permafrost zones.
    has_gaps : whether cells lack a value because a predictor is missing there.
    """

    regions: tuple[Region, ...] = ()
    domain: Domain | None = None
    layers: tuple[Layer, ...] = ()
    has_gaps: bool = False

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
            shown.append(Hatched(sheet.of(self._gaps(sheet)), "a predictor is missing", True))
        return shown

    def _gaps(self, sheet: Sheet) -> FloatArray:
        """1 for cells that regions and domain hold, and that have no value nonetheless."""
        gaps = np.zeros(sheet.values.shape)
        rows, columns = np.nonzero(np.isnan(sheet.values))
        x, y = sheet.centres(rows, columns)
        longitude, latitude = project(x, y, sheet.crs, GEOGRAPHIC)
        owned = assign_region(self.regions, longitude, latitude) >= 0
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
    columns: int = 0,
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
    columns : of panels; as many as there are up to 3 where 0.
    width : of the figure, mm.
    dpi : that pictures in it are made for.
    margin : around what has to be seen, as a share of the frame.
    """
    view, apart = views_of(*places, margin=margin)
    south = np.asarray(places[1]) < SOUTHERN
    inset = setting.name_of((places[0][south], places[1][south])) if apart is not None else ""
    panels = [replace(panel, layers=(*panel.layers, *setting.layers)) for panel in panels]
    columns = columns or min(3, len(panels))
    rows = -(-len(panels) // columns)
    across = (width - columns * 2 * LABELS - (columns - 1) * GAP) / columns
    view, spot = with_room(view, apart, places)
    tall = across * view.height / view.width
    shared = len({panel.ramp for panel in panels if panel.ramp}) < 2
    row_bar = 0.0 if shared else BAR
    handles = _handles(panels)
    in_line = max(1, int(width // 55))
    legend_lines = -(-len(handles) // in_line)
    bottom = (BAR if shared and panels[0].ramp else 0.0) + legend_lines * LINE + 1.0
    head = HEAD if any(panel.words for panel in panels) or len(panels) > 1 else 1.0
    cell = head + tall + 2 * LABELS + row_bar
    top = 5.0 if heading else 0.0
    height = top + rows * cell + bottom
    figure = empty_figure(width, height)

    def axes(left: float, upper: float, wide: float, high: float) -> Any:
        place = (left / width, 1 - (upper + high) / height, wide / width, high / height)
        return figure.add_axes(place)

    for k, panel in enumerate(panels):
        row, column = divmod(k, columns)
        left = column * (across + 2 * LABELS + GAP) + LABELS
        upper = top + row * cell + head + LABELS
        _draw_panel(panel, view, axes(left, upper, across, tall), across, places, dpi)
        if apart is not None and spot is not None:
            box = inset_box(spot, apart, across, tall)
            _draw_inset(panel, apart, axes, (left + box[0], upper + box[1], *box[2:]), inset, dpi)
        letter = LETTERS[k % len(LETTERS)] if len(panels) > 1 else ""
        y = 1 - (upper - LABELS - 0.8) / height
        if letter:
            figure.text((left - 3) / width, y, letter, fontsize=LETTER, fontweight="bold")
        figure.text((left + (2 if letter else -3)) / width, y, plain(panel.words), fontsize=TEXT)
        if panel.ramp and not shared:
            bar = axes(left + 0.1 * across, upper + tall + LABELS + 1.0, 0.8 * across, 2.2)
            _draw_bar(figure, bar, panel.ramp)
    if shared and panels[0].ramp:
        long = min(110.0, 0.8 * width)
        bar = axes((width - long) / 2, top + rows * cell + 1.0, long, 2.4)
        _draw_bar(figure, bar, panels[0].ramp)
    if handles:
        figure.legend(
            *zip(*handles, strict=True),
            fontsize=SMALL,
            frameon=False,
            ncol=in_line,
            loc="lower center",
            bbox_to_anchor=(0.5, 0.0),
            borderpad=0.1,
            borderaxespad=0.1,
            handlelength=2.0,
            columnspacing=1.4,
        )
    if heading:
        figure.text(1 / width, 1 - 3.4 / height, plain(heading), fontsize=TEXT)
    return figure


def _draw_panel(panel: Panel, view: View, axis: Any, wide: float, places: Places, dpi: int) -> None:
    paper = Paper(axis, view, wide, dpi)
    _ground(paper)
    for layer in panel.layers:
        layer.draw(paper)
    _finish_axis(paper)
    _label_net(paper, view.place(*places))


def _draw_inset(panel: Panel, view: View, axes: Any, box: Any, words: str, dpi: int) -> None:
    """A map of its own in a corner, on white with its labels around it."""
    left, upper, wide, high = box
    behind = axes(left, upper, wide, high)
    behind.set_xticks([])
    behind.set_yticks([])
    behind.set_facecolor("white")
    for side in behind.spines.values():
        side.set(linewidth=0.5, edgecolor=INK)
    inner = inside(box, view)
    paper = Paper(axes(*inner), view, inner[2], dpi)
    _ground(paper)
    for layer in panel.layers:
        layer.draw(paper)
    _finish_axis(paper)
    _label_edges(paper, few=True)
    if words:
        behind.text(
            0.5,
            1 - 2.4 / high,
            plain(words),
            fontsize=SMALL,
            ha="center",
            va="center",
            transform=behind.transAxes,
        )


def inside(box: tuple[float, float, float, float], view: View) -> tuple[float, ...]:
    """Where the map of an inset lies in its box, mm."""
    left, upper, wide, high = box
    inner = min(wide - 2 * 5.5, (high - 2 * 4.4) * view.width / view.height)
    tall = inner * view.height / view.width
    return (left + 5.5, upper + high - tall - 4.2, inner, tall)


def inset_box(
    spot: str, view: View, across: float, tall: float
) -> tuple[float, float, float, float]:
    """Left and upper edge, width and height of an inset in its panel, mm."""
    inner = min(INSET * across, INSET_TALL * tall * view.width / view.height)
    wide, high = inner + 2 * 5.5, inner * view.height / view.width + 2 * 4.4
    left = 0.0 if "west" in spot else across - wide
    upper = 0.0 if "north" in spot else tall - high
    return left, upper, wide, high


def with_room(view: View, apart: View | None, places: Places) -> tuple[View, str | None]:
    """The view with room for an inset, and the corner with it: the freest one."""
    if apart is None:
        return view, None
    x, y = view.place(*places)
    x, y = x[view.holds(x, y)], y[view.holds(x, y)]
    tried = [
        _covered(_grown(view, spot, grown), spot, apart, x, y)
        for grown in (0.0, 0.1, 0.2, 0.3)
        for spot in SPOTS
    ]
    _, best, spot = min(tried, key=lambda each: each[0])
    return best, spot


def _grown(view: View, spot: str, share: float) -> View:
    """The view with more of the Earth at the side of a corner."""
    west, south, east, north = view.frame
    more = share * view.width
    if "west" in spot:
        return replace(view, frame=(west - more, south, east, north))
    return replace(view, frame=(west, south, east + more, north))


def _covered(
    view: View, spot: str, apart: View, x: FloatArray, y: FloatArray
) -> tuple[int, View, str]:
    """How many places an inset would cover in a corner of a view."""
    west, _, _, north = view.frame
    across = 80.0  # mm, for which it is tried
    left, upper, wide, high = inset_box(spot, apart, across, across * view.height / view.width)
    at, down = ((side * across / view.width) for side in (x - west, north - y))
    under = (at > left) & (at < left + wide) & (down > upper) & (down < upper + high)
    return int(under.sum()), view, spot


def _ground(paper: Paper) -> None:
    """Land and lakes, and above the data their outlines."""
    from matplotlib.collections import PathCollection

    axis, view = paper.axis, paper.view
    axis.set_facecolor(SEA)
    axis.set_rasterization_zorder(0)
    for kind, color, order in (("land", LAND, -3), ("lakes", SEA, -2)):
        shapes, lines = shapes_in(view, kind, GRAIN * paper.mm)
        looks = {"facecolors": color, "edgecolors": "none", "zorder": order}
        axis.add_collection(PathCollection(shapes, **looks), autolim=False)
        _draw_lines(axis, lines, SHORE, OF_COAST)
    _draw_net(paper)


def _draw_lines(axis: Any, lines: Sequence[FloatArray], color: str, order: float) -> None:
    """Draw lines as one path, which keeps files small."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path as Shape

    if lines:
        path = Shape.make_compound_path(*map(Shape, lines))
        looks = {"facecolors": "none", "edgecolors": color, "linewidths": 0.3, "zorder": order}
        axis.add_collection(PathCollection([path], **looks), autolim=False)


@lru_cache(maxsize=16)
def shapes_in(view: View, kind: Any, grain: float) -> tuple[list[Any], list[FloatArray]]:
    """What of land or lakes lies in a frame: shapes, and lines along their shores."""
    from matplotlib.path import Path as Shape
    from matplotlib.transforms import Bbox

    west, south, east, north = view.frame
    box = Bbox([[west, south], [east, north]])
    middle = view.degrees(*(np.array([(a + b) / 2]) for a, b in ((west, east), (south, north))))
    shapes, lines = [], []
    for ring in rings(kind):
        if not _is_near(ring, middle):
            continue
        x, y = view.place(ring[:, 0], ring[:, 1])
        if x.max() < west or x.min() > east or y.max() < south or y.min() > north:
            continue
        if max(np.ptp(x), np.ptp(y)) < SMALLEST[kind] / GRAIN * grain:
            continue
        points = _thinned(np.column_stack([x, y]), grain)
        if len(points) < 4:
            continue
        clipped = Shape(points, closed=True).clip_to_bbox(box)
        if len(clipped.vertices):
            shapes.append(clipped)
        near = view.holds(points[:, 0], points[:, 1], 0.01 * view.width)
        near |= np.roll(near, 1) | np.roll(near, -1)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
        lines += [points[a:b] for a, b in ends.reshape(-1, 2) if b - a > 1]
    return shapes, lines


def _is_near(ring: FloatArray, middle: Places) -> bool:
    """Whether something of an outline lies within the half of the Earth around a place."""
    east, up = np.radians(ring[:, 0] - middle[0][0]), np.radians(ring[:, 1])
    at = np.radians(middle[1][0])
    towards = np.sin(at) * np.sin(up) + np.cos(at) * np.cos(up) * np.cos(east)
    return bool(towards.max() > -0.2)


def _thinned(points: FloatArray, grain: float) -> FloatArray:
    """A line without the points that fall on the same grain as the one before."""
    cells = np.rint(points / grain)
    kept = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(axis=1)])
    kept[-1] = True
    return points[kept]


def _net(view: View) -> tuple[list[float], list[float]]:
    """The meridians and parallels of a view's net, degrees."""
    if view.is_polar:
        step = 10.0 if max(abs(each) for each in view.frame) < NEAR_POLE else 20.0
        parallels = np.arange(90 - step, -61, -step) * np.sign(view.latitude)
        return list(np.arange(-180.0, 180.0, 30.0)), list(parallels)
    tall = np.degrees(max(view.width, view.height))
    step = next((each for each in STEPS if tall / each < MANY_LINES), STEPS[-1])
    narrow = max(np.cos(np.radians(view.latitude)), 0.15)
    along = next((each for each in STEPS if each >= 0.7 * step / narrow), STEPS[-1])
    first = np.floor((view.longitude - 90) / along) * along
    return (
        list(np.arange(first, view.longitude + 91, along)),
        list(np.arange(np.ceil(-80 / step) * step, 89.9, step)),
    )


def _net_lines(view: View) -> Iterator[tuple[str, float, FloatArray, FloatArray]]:
    """Each line of the net: its kind, degrees, x and y."""
    meridians, parallels = _net(view)
    low, high = (-60.0, 90.0) if view.latitude > 0 else (-90.0, 60.0)
    for longitude in meridians:
        up = np.linspace(low, high, 301)
        if view.is_polar and longitude % 90:  # not all of them meet at the pole
            up = up[np.abs(up) <= 80]
        yield "meridian", longitude, *view.place(np.full(len(up), longitude), up)
    for latitude in parallels:
        around = view.longitude + np.linspace(-180, 180, 721)
        yield "parallel", latitude, *view.place(around, np.full(721, latitude))


def _draw_net(paper: Paper) -> None:
    lines = []
    for _, _, x, y in _net_lines(paper.view):
        near = paper.view.holds(x, y, 0.05 * paper.view.width)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
        points = np.column_stack([x, y])
        lines += [points[a:b] for a, b in ends.reshape(-1, 2) if b - a > 1]
    _draw_lines(paper.axis, lines, NET, 0.5)


def _finish_axis(paper: Paper) -> None:
    west, south, east, north = paper.view.frame
    paper.axis.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    for side in paper.axis.spines.values():
        side.set(linewidth=0.5, edgecolor=INK)


def _label_net(paper: Paper, shown: Places) -> None:
    """Degrees where lines leave the frame; parallels that don't, where nothing is shown."""
    labelled = _label_edges(paper)
    _, parallels = _net(paper.view)
    rest = [each for each in parallels if ("parallel", each) not in labelled]
    if not paper.view.is_polar or not rest:
        return
    wide, high = (side * paper.mm for side in LABEL_MM)
    x, y = shown
    best: tuple[int, list[tuple[float, float, float]]] = (-1, [])
    for longitude in range(-180, 180, 5):
        free = []
        for latitude in rest:
            at_x, at_y = (
                float(each[0])
                for each in paper.view.place(np.array([float(longitude)]), np.array([latitude]))
            )
            inside = paper.view.holds(np.array([at_x]), np.array([at_y]), -0.6 * wide)[0]
            hides = (np.abs(x - at_x) < 0.55 * wide) & (np.abs(y - at_y) < 0.7 * high)
            if inside and not hides.any() and abs(latitude) < 89:
                free.append((at_x, at_y, latitude))
        # between meridians, so that they don't run through the words
        score = 10 * len(free) + (longitude % 30 == 15)
        if score > best[0]:
            best = (score, free)
    for at_x, at_y, latitude in best[1]:
        paper.axis.text(
            at_x,
            at_y,
            _degrees(latitude, "NS"),
            fontsize=SMALL,
            color=GREY,
            ha="center",
            va="center",
            zorder=OF_COAST + 2,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.75},
        )


def _label_edges(paper: Paper, few: bool = False) -> set[tuple[str, float]]:
    """Degrees outside of the frame, where lines of the net cross it; those that got one."""
    view, axis = paper.view, paper.axis
    west, south, east, north = view.frame
    wide = LABEL_MM[0] * paper.mm
    labelled: set[tuple[str, float]] = set()
    taken: list[tuple[float, float]] = []
    sides = ("left", "bottom") if few else ("left", "bottom", "right", "top")
    away = 0.7 * paper.mm
    for kind, at, x, y in _net_lines(view):
        upright = kind == "parallel"
        if upright and view.is_polar:
            continue
        words = _degrees(at, "NS") if upright else _degrees((at + 180) % 360 - 180, "EW")
        for side, (px, py) in _crossings(x, y, view.frame):
            if side not in sides or (few and upright != (side == "left")):
                continue
            if any(abs(px - tx) < wide and abs(py - ty) < wide for tx, ty in taken):
                continue
            if upright and (kind, at) in labelled:
                continue
            place: dict[str, Any] = {
                "left": {"x": west - away, "y": py, "ha": "right", "va": "center"},
                "right": {"x": east + away, "y": py, "ha": "left", "va": "center"},
                "bottom": {"x": px, "y": south - away, "ha": "center", "va": "top"},
                "top": {"x": px, "y": north + away, "ha": "center", "va": "bottom"},
            }[side]
            if side in ("left", "right"):
                place |= {"rotation": 90, "ha": "right" if side == "left" else "left"}
            axis.text(s=words, fontsize=SMALL, color=GREY, clip_on=False, **place)
            taken.append((px, py))
            labelled.add((kind, at))
    return labelled


def _crossings(
    x: FloatArray, y: FloatArray, frame: tuple[float, float, float, float]
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Where a line leaves or enters a frame: the side and the place."""
    west, south, east, north = frame
    for side, along, edge, other, low, high in (
        ("left", x, west, y, south, north),
        ("right", x, east, y, south, north),
        ("bottom", y, south, x, west, east),
        ("top", y, north, x, west, east),
    ):
        beyond = along > edge
        for k in np.flatnonzero(beyond[1:] != beyond[:-1]):
            part = (edge - along[k]) / (along[k + 1] - along[k])
            at = float(other[k] + part * (other[k + 1] - other[k]))
            near = abs(along[k + 1] - along[k]) < 0.5
            if low <= at <= high and near:
                yield side, (edge, at) if side in ("left", "right") else (at, edge)


def _degrees(value: float, names: str) -> str:
    if value in (0.0, -180.0) and names == "EW":
        return f"{abs(value):g}°"
    return f"{abs(value):g}°{'' if value == 0 else names[int(value < 0)]}"


def _draw_bar(figure: Any, axis: Any, ramp: Ramp) -> None:
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
    bar.set_ticks(at, labels=words)
    bar.ax.tick_params(labelsize=SMALL, width=0.5, length=0 if ramp.names else 2.0, pad=1.5)
    bar.ax.minorticks_off()
    bar.outline.set_linewidth(0.5)
    bar.set_label(plain(ramp.label), fontsize=SMALL, labelpad=1.5)


def _handles(panels: Sequence[Panel]) -> list[tuple[Any, str]]:
    """What the legend says, each word once."""
    from matplotlib.patches import Patch

    land = "land without a value" if any(panel.ramp for panel in panels) else "land"
    found: dict[str, Any] = {
        words: Patch(facecolor=color, edgecolor=SHORE, linewidth=0.4)
        for words, color in ((land, LAND), ("sea and lakes", SEA))
    }
    for panel in panels:
        for layer in panel.layers:
            for handle, words in layer.handles():
                found.setdefault(words, handle)
    return [(handle, plain(words)) for words, handle in found.items()]
