"""What a map in a figure shows, one thing above the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.areas import Area
from wco2_engine.report.drawing import INK, SCREEN_DPI, SMALL
from wco2_engine.report.ramps import Ramp
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import View, edges_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
RISING, CROSSED, LEVEL = "/", "x", "-"  # matplotlib's words for lines
HATCHES = {RISING: 6, CROSSED: 5, LEVEL: 5}  # lines in a mark of the legend
# On dark colours the light edge of the lines shows, on light ones the lines do.
LINES = (("white", 0.9), (INK, 0.4))  # points wide
HATCH_MM, DOT_MM = 1.0, 1.0  # from line to line, and from dot to dot
BORDER_A_MM = 3  # pixels of the zones whose borders are drawn
BORDERS: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
A_MM = 4  # pixels of a mask, from which lines and dots are made
OF_DATA, OF_COAST, OF_MARKS = 2.0, 3.0, 4.0  # what is drawn above what


@dataclass(frozen=True)
class Paper:
    """What a layer is drawn on.

    Attributes
    ----------
    axis : of matplotlib, in the coordinates of the view.
    width : of the axis, mm.
    dpi : that pictures in it are made for.
    """

    axis: Any
    view: View
    width: float
    dpi: int = SCREEN_DPI

    @property
    def mm(self) -> float:
        """A millimetre on paper in the coordinates of the view."""
        return self.view.width / self.width


class Layer(Protocol):
    """One thing that a map shows."""

    def draw(self, paper: Paper) -> None:
        """Draw it."""

    def handles(self) -> Sequence[tuple[Any, str]]:
        """What a legend has to say of it: marks of matplotlib and words."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A raster in classes of colour."""

    sheet: Sheet
    ramp: Ramp

    def draw(self, paper: Paper) -> None:
        across = max(2, round(paper.width / 25.4 * paper.dpi))
        west, south, east, north = paper.view.frame
        paper.axis.imshow(
            np.ma.masked_invalid(self.sheet.on(paper.view, across)),
            extent=(west, east, south, north),
            interpolation="nearest",
            zorder=OF_DATA,
            **self.ramp.looks,
        )

    def handles(self) -> Sequence[tuple[Any, str]]:
        return ()


@dataclass(frozen=True, eq=False)
class Hatched:
    """Lines where a raster is 1.

    Parameters
    ----------
    way : that they run: "/" rising, "x" rising and falling, "-" level.
    """

    sheet: Sheet
    words: str
    way: str = RISING

    def draw(self, paper: Paper) -> None:
        from matplotlib.collections import LineCollection

        mask = _mask(self.sheet, paper)
        lines = _level(mask) if self.way == LEVEL else _lines(mask, turned=False)
        lines += _lines(mask, turned=True) if self.way == CROSSED else []
        if lines:
            placed = [_placed(np.asarray(line), mask.shape, paper.view) for line in lines]
            for color, wide in LINES:
                looks = {"colors": color, "linewidths": wide, "zorder": OF_DATA + 0.5}
                paper.axis.add_collection(LineCollection(placed, **looks), autolim=False)

    def handles(self) -> Sequence[tuple[Any, str]]:
        return [(_patch(hatch=self.way * HATCHES[self.way]), self.words)]


@dataclass(frozen=True, eq=False)
class Dotted:
    """Dots where a raster is 1."""

    sheet: Sheet
    words: str

    def draw(self, paper: Paper) -> None:
        mask = _mask(self.sheet, paper)
        step = max(1, round(DOT_MM * A_MM))
        rows, columns = np.nonzero(mask)
        chosen = (rows % step == 0) & ((columns + rows // step % 2 * (step // 2)) % step == 0)
        at = np.column_stack([columns[chosen] + 0.5, rows[chosen] + 0.5])
        x, y = _placed(at, mask.shape, paper.view).T
        looks = {"color": INK, "markeredgecolor": "white", "zorder": OF_DATA + 0.5}
        paper.axis.plot(x, y, "o", markersize=1.3, markeredgewidth=0.2, **looks)

    def handles(self) -> Sequence[tuple[Any, str]]:
        return [(_mark(marker="o", markersize=1.6, color=INK, linestyle=""), self.words)]


@dataclass(frozen=True, eq=False)
class Borders:
    """Lines around zones, e.g. of permafrost, each in a way of its own.

    A line goes around a zone and all before it, so that no border is drawn twice.

    Parameters
    ----------
    at : gives the zones' names at `(n,)` longitudes and latitudes.
    names : of the zones, in their order.
    """

    at: Callable[[FloatArray, FloatArray], list[str]]
    names: tuple[str, ...]
    _seen: dict[View, NDArray[np.object_]] = field(default_factory=dict, init=False)

    def draw(self, paper: Paper) -> None:
        across = max(2, round(paper.width * BORDER_A_MM))
        x, y = paper.view.pixels(across)
        seen = self._names_on(paper.view, x, y)
        inside = np.zeros(seen.shape, bool)
        for name, look in zip(self.names, BORDERS, strict=False):
            inside |= seen == name
            if inside.any() and not inside.all():
                looks = {"colors": INK, "linewidths": 0.6, "zorder": OF_COAST + 0.5}
                shown = _smooth(inside.astype(np.float64))
                paper.axis.contour(x[0], y[:, 0], shown, levels=[0.5], linestyles=[look], **looks)

    def _names_on(self, view: View, x: FloatArray, y: FloatArray) -> NDArray[np.object_]:
        if view not in self._seen:
            longitude, latitude = view.degrees(x, y)
            known = np.isfinite(longitude)
            found = np.full(x.shape, "", dtype=object)
            found[known] = self.at(longitude[known], latitude[known])
            self._seen[view] = found
        return self._seen[view]

    def handles(self) -> Sequence[tuple[Any, str]]:
        return [
            (_mark(color=INK, linewidth=0.8, linestyle=look), f"edge of zone: {name}")
            for name, look in zip(self.names, BORDERS, strict=False)
        ]


@dataclass(frozen=True, eq=False)
class Outline:
    """The edge of an area."""

    area: Area
    color: str
    words: str = ""

    def draw(self, paper: Paper) -> None:
        for longitude, latitude in edges_of(self.area):
            x, y = paper.view.place(longitude, latitude)
            near = paper.view.holds(x, y, paper.view.width)
            x, y = (np.where(near, side, np.nan) for side in (x, y))
            paper.axis.plot(x, y, color=self.color, linewidth=0.9, zorder=OF_COAST + 0.5)

    def handles(self) -> Sequence[tuple[Any, str]]:
        return [(_mark(color=self.color, linewidth=1.0), self.words)] if self.words else ()


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks at places, of a colour or with a ramp for their values.

    Parameters
    ----------
    sizes : of each mark, points squared.
    """

    longitude: FloatArray
    latitude: FloatArray
    sizes: FloatArray
    color: str = INK
    marker: str = "o"
    values: FloatArray | None = None
    ramp: Ramp | None = None
    words: str = ""

    def draw(self, paper: Paper) -> None:
        x, y = paper.view.place(self.longitude, self.latitude)
        inside = paper.view.holds(x, y)
        looks: dict[str, Any] = {"color": self.color}
        if self.values is not None and self.ramp is not None:
            looks = {"c": self.values[inside], **self.ramp.looks}
        paper.axis.scatter(
            x[inside],
            y[inside],
            s=self.sizes[inside],
            marker=self.marker,
            edgecolors="white" if self.values is None else INK,
            linewidths=0.3,
            zorder=OF_MARKS,
            **looks,
        )

    def handles(self) -> Sequence[tuple[Any, str]]:
        if not self.words:
            return ()
        looks = {"marker": self.marker, "color": self.color, "linestyle": "", "markersize": 4}
        return [(_mark(**looks), self.words)]


@dataclass(frozen=True, eq=False)
class Numbered:
    """Short names at places, in discs of a colour."""

    longitude: FloatArray
    latitude: FloatArray
    names: tuple[str, ...]
    color: str
    words: str = ""

    def draw(self, paper: Paper) -> None:
        x, y = paper.view.place(self.longitude, self.latitude)
        for at, (name, inside) in enumerate(zip(self.names, paper.view.holds(x, y), strict=True)):
            if inside:
                paper.axis.text(
                    *(x[at], y[at], name),
                    color="white",
                    fontsize=SMALL - 2,
                    fontweight="bold",
                    ha="center",
                    va="center",
                    zorder=OF_MARKS + 1.0 - 0.5 * at / len(self.names),  # the first on top
                    bbox={
                        **{"boxstyle": "circle,pad=0.15", "facecolor": self.color},
                        **{"edgecolor": "white", "linewidth": 0.4},
                    },
                )

    def handles(self) -> Sequence[tuple[Any, str]]:
        looks = {"marker": "o", "color": self.color, "linestyle": "", "markersize": 5}
        return [(_mark(**looks), self.words)] if self.words and self.names else ()


def _mask(sheet: Sheet, paper: Paper) -> BoolArray:
    """Where a sheet is 1, on a coarse raster over the frame."""
    seen = sheet.on(paper.view, max(2, round(paper.width * A_MM)))
    with np.errstate(invalid="ignore"):
        return np.asarray(seen >= 0.5)


def _level(mask: BoolArray) -> list[list[tuple[float, float]]]:
    """Level lines through what is true: columns and rows of their ends."""
    found = []
    for row in range(0, len(mask), max(1, round(HATCH_MM * A_MM))):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], mask[row].astype(np.int8), [0]])))
        found += [
            [(float(begin), row + 0.5), (float(end), row + 0.5)]
            for begin, end in edges.reshape(-1, 2)
        ]
    return found


def _lines(mask: BoolArray, turned: bool) -> list[list[tuple[float, float]]]:
    """Rising diagonals through what is true, or falling ones: columns and rows of their ends."""
    shown = mask[:, ::-1] if turned else mask
    height, width = shown.shape
    found = []
    for across in range(-height, width, max(1, round(HATCH_MM * A_MM * 2**0.5))):
        # Columns go on with rows upward: column = across + (height - 1 - row).
        line = _diagonal(shown, across)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
        first = max(0, across)
        for begin, end in edges.reshape(-1, 2):
            columns = np.array([first + begin, first + end], np.float64)
            rows = height - (columns - across)
            columns = width - columns if turned else columns
            found.append(list(zip(columns.tolist(), rows.tolist(), strict=True)))
    return found


def _diagonal(mask: BoolArray, across: int) -> BoolArray:
    """What lies on the rising line that meets the lowest row at a column, from the left."""
    return np.asarray(mask[::-1].diagonal(across))


def _placed(points: FloatArray, shape: tuple[int, ...], view: View) -> FloatArray:
    """Columns and rows `(n, 2)` of a raster over the frame as places in the view."""
    west, south, east, north = view.frame
    x = west + points[:, 0] / shape[1] * (east - west)
    y = north - points[:, 1] / shape[0] * (north - south)
    return np.column_stack([x, y])


def _smooth(values: FloatArray) -> FloatArray:
    """Means of three by three pixels, so that a border has no stairs."""
    padded = np.pad(values, 1, mode="edge")
    height, width = values.shape
    parts = [padded[i : i + height, k : k + width] for i in range(3) for k in range(3)]
    return np.asarray(np.mean(parts, axis=0))


def _patch(**looks: Any) -> Any:
    from matplotlib.patches import Patch

    return Patch(**{"facecolor": "none", "edgecolor": INK, "linewidth": 0.4, **looks})


def _mark(**looks: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **looks)
