"""The net of meridians and parallels on a map, with degrees where they hide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.report.drawing import GREY, SMALL
from wco2_engine.report.layers import OF_COAST, Paper
from wco2_engine.report.views import Frame, View

FloatArray = NDArray[np.float64]
Places = tuple[FloatArray, FloatArray]
STEPS, MANY_LINES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0), 5.5  # of the net, degrees
NEAR_POLE = 1.1  # how far a polar frame may reach for the net to be close
LABEL_MM = (9.0, 3.2)  # the room of a label
AWAY = 0.7  # mm of a label from the frame
SIDES, UPRIGHT = ("left", "bottom", "right", "top"), ("left", "right")


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


def net_lines(view: View) -> Iterator[tuple[str, float, FloatArray, FloatArray]]:
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


def thinned(view: View, x: FloatArray, y: FloatArray) -> Places:
    """One of the places in the frame for each hundredth of its width, which tell what is hidden."""
    grain = view.width / 100
    inside = view.holds(x, y)
    cells = np.unique(np.rint(np.column_stack([x, y])[inside] / grain), axis=0)
    return cells[:, 0] * grain, cells[:, 1] * grain


def net_pieces(view: View) -> Iterator[FloatArray]:
    """The net as lines `(n, 2)` in and around the frame."""
    for _, _, x, y in net_lines(view):
        yield from view.pieces(np.column_stack([x, y]))


def draw_lines(axis: Any, lines: Iterable[FloatArray], color: str, order: float) -> None:
    """Draw lines as one path, which keeps files small."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    paths = [Path(line) for line in lines]
    if paths:
        looks = {"facecolors": "none", "edgecolors": color, "linewidths": 0.3, "zorder": order}
        path = Path.make_compound_path(*paths)
        axis.add_collection(PathCollection([path], **looks), autolim=False)


def label_net(paper: Paper, shown: Places, sides: Sequence[str] = SIDES) -> None:
    """Degrees where lines leave the frame; parallels around the pole where nothing is shown.

    Parameters
    ----------
    shown : x and y in the view of what is not to be hidden.
    sides : of the frame that may have degrees.
    """
    label_edges(paper, sides)
    if not paper.view.is_polar:
        return
    # Between meridians, so that they don't run through the words.
    along = [*range(-165, 180, 30), *range(-180, 180, 5)]
    free = [_free(paper, longitude, shown) for longitude in along]
    looks = {"fontsize": SMALL, "color": GREY, "zorder": OF_COAST + 2}
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.75}
    for x, y, words in max(free, key=len):
        paper.axis.text(x, y, words, ha="center", va="center", bbox=behind, **looks)


def _free(paper: Paper, longitude: float, shown: Places) -> list[tuple[float, float, str]]:
    """Where the words of parallels along a meridian lie in the frame and hide nothing."""
    wide, high = (side * paper.mm for side in LABEL_MM)
    parallels = np.array(_net(paper.view)[1])
    at_x, at_y = paper.view.place(np.full(len(parallels), float(longitude)), parallels)
    inside = paper.view.holds(at_x, at_y, -0.6 * wide)
    found = []
    for x, y, latitude in zip(at_x[inside], at_y[inside], parallels[inside], strict=True):
        hides = (np.abs(shown[0] - x) < 0.55 * wide) & (np.abs(shown[1] - y) < 0.7 * high)
        if not hides.any():
            found.append((float(x), float(y), _degrees(float(latitude), "NS")))
    return found


def label_edges(paper: Paper, sides: Sequence[str]) -> None:
    """Degrees outside of the frame, where lines of the net cross it."""
    view, axis = paper.view, paper.axis
    west, south, east, north = view.frame
    wide = LABEL_MM[0] * paper.mm
    taken: list[tuple[float, float]] = []
    away = AWAY * paper.mm
    for kind, at, x, y in net_lines(view):
        upright = kind == "parallel"
        if upright and view.is_polar:
            continue
        words = _degrees(at, "NS") if upright else _degrees((at + 180) % 360 - 180, "EW")
        for side, (px, py) in _crossings(x, y, view.frame):
            if side not in sides or (not view.is_polar and upright != (side in UPRIGHT)):
                continue
            if any(abs(px - tx) < wide and abs(py - ty) < wide for tx, ty in taken):
                continue
            place: dict[str, Any] = {
                "left": {"x": west - away, "y": py, "ha": "right", "va": "center"},
                "right": {"x": east + away, "y": py, "ha": "left", "va": "center"},
                "bottom": {"x": px, "y": south - away, "ha": "center", "va": "top"},
                "top": {"x": px, "y": north + away, "ha": "center", "va": "bottom"},
            }[side]
            if side in UPRIGHT:
                place |= {"rotation": 90, "ha": "right" if side == "left" else "left"}
            axis.text(s=words, fontsize=SMALL, color=GREY, clip_on=False, **place)
            taken.append((px, py))


def _crossings(
    x: FloatArray, y: FloatArray, frame: Frame
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
