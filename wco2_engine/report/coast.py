"""Outlines of land and lakes, which maps in figures are drawn on.

Made by `scripts/make-coastlines` from Natural Earth's land and lakes at 1:50 million, which is in
the public domain; see there for how far they are generalised.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wco2_engine.report.views import View

FloatArray = NDArray[np.float64]
Kind = Literal["land", "lakes"]
FAR = -0.2  # cosine of the angle from a view's middle, beyond which nothing is drawn


@cache
def rings(kind: Kind) -> tuple[FloatArray, ...]:
    """The closed outlines, each `(n, 2)` of longitude and latitude in degrees.

    Longitudes run on beyond 180 where land does.
    """
    written = json.loads(files(__package__).joinpath("coast.json").read_text("utf-8"))
    found = []
    for apart in written[kind]:  # each point as its distance from the one before
        ring = np.cumsum(np.reshape(apart, (-1, 2)), axis=0) / written["steps_a_degree"]
        found.append(np.vstack([ring, ring[:1]]))
    return tuple(found)


@lru_cache(maxsize=16)
def shapes_in(
    view: View, kind: Kind, grain: float, least: float
) -> tuple[list[Any], list[FloatArray]]:
    """Land or lakes in a frame: matplotlib's paths of their shapes, and lines along their shores.

    Parameters
    ----------
    grain : finer than which shores are not drawn, in the view.
    least : size of the smallest ones that are drawn, in the view.
    """
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

    west, south, east, north = view.frame
    middle = view.degrees(np.array([(west + east) / 2]), np.array([(south + north) / 2]))
    box = Bbox([[west, south], [east, north]])
    shapes: list[Any] = []
    lines: list[FloatArray] = []
    for ring in rings(kind):
        if _cosine(ring, *middle).max() < FAR:
            continue
        x, y = view.place(ring[:, 0], ring[:, 1])
        beyond = x.max() < west or x.min() > east or y.max() < south or y.min() > north
        if beyond or max(np.ptp(x), np.ptp(y)) < least:
            continue
        points = _thinned(np.column_stack([x, y]), grain)
        clipped = Path(points, closed=True).clip_to_bbox(box)
        if len(clipped.vertices):
            shapes.append(clipped)
        lines += view.pieces(points)
    return shapes, lines


def _cosine(ring: FloatArray, longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """Of the angle between the points of a ring and a place."""
    east, up = np.radians(ring[:, 0] - longitude), np.radians(ring[:, 1])
    at = np.radians(latitude)
    return np.asarray(np.sin(at) * np.sin(up) + np.cos(at) * np.cos(up) * np.cos(east))


def _thinned(points: FloatArray, grain: float) -> FloatArray:
    """A line without the points that fall on the same grain as the one before."""
    cells = np.rint(points / grain)
    kept = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(axis=1)])
    kept[-1] = True
    return points[kept]
