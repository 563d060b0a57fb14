"""Where a map of its own fits into a corner of another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wco2_engine.report.views import View

FloatArray = NDArray[np.float64]
Places = tuple[FloatArray, FloatArray]
SPOTS = ("south-west", "south-east", "north-west", "north-east")
WIDEST, TALLEST = 0.34, 0.3  # of the map's width and height
GROWN = (0.0, 0.06, 0.12, 0.18, 0.24)  # shares of its height that a map gets more, if need be
SMALL_MAP = 55.0  # mm, below which an inset has no words


@dataclass(frozen=True)
class Inset:
    """A box in a corner of a map, and the map within it; mm from the upper left corner.

    Attributes
    ----------
    box, map : left and upper edge, width and height.
    """

    view: View
    box: tuple[float, float, float, float]
    map: tuple[float, float, float, float]
    has_labels: bool

    @classmethod
    def in_corner(
        cls, spot: str, view: View, across: float, tall: float, *, has_title: bool
    ) -> Inset:
        """The inset in a corner of a map of some size."""
        has_labels = across >= SMALL_MAP
        left, right, below = (4.5, 2.0, 4.2) if has_labels else (1.2, 1.2, 1.2)
        above = 4.4 if has_title and has_labels else 1.2
        wide = min(WIDEST * across, TALLEST * tall * view.width / view.height)
        high = wide * view.height / view.width
        box = left + wide + right, above + high + below
        x = 0.0 if "west" in spot else across - box[0]
        y = 0.0 if "north" in spot else tall - box[1]
        return cls(view, (x, y, *box), (x + left, y + above, wide, high), has_labels)


def with_room(
    view: View, apart: View, places: Places, across: float, *, has_title: bool
) -> tuple[View, Inset]:
    """A view with room for an inset, and the inset in the corner where it hides least.

    Parameters
    ----------
    places : longitude and latitude of what is shown.
    across : width of the map, mm.
    """
    x, y = view.place(*places)
    best: tuple[int, View, Inset] | None = None
    for grown in GROWN:
        for spot in SPOTS:
            taller = _grown(view, spot, grown)
            tall = across * taller.height / taller.width
            inset = Inset.in_corner(spot, apart, across, tall, has_title=has_title)
            hidden = _hidden(taller, inset, x, y, across)
            if best is None or hidden < best[0]:
                best = hidden, taller, inset
        if best is not None and best[0] == 0:
            return best[1:]
    if best is None:
        raise ValueError("there is no corner")
    return best[1:]


def _grown(view: View, spot: str, share: float) -> View:
    """The view with more of the Earth at the side of a corner."""
    west, south, east, north = view.frame
    more = share * view.height
    if "south" in spot:
        return replace(view, frame=(west, south - more, east, north))
    return replace(view, frame=(west, south, east, north + more))


def _hidden(view: View, inset: Inset, x: FloatArray, y: FloatArray, across: float) -> int:
    """How many places an inset would hide."""
    left, upper, wide, high = inset.box
    at, down = ((side * across / view.width) for side in (x - view.frame[0], view.frame[3] - y))
    under = (at > left) & (at < left + wide) & (down > upper) & (down < upper + high)
    return int((under & view.holds(x, y)).sum())
