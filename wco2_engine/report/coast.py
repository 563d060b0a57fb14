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
    box = Bbox([[west, south], [east, north]])
    shapes: list[Any] = []
    lines: list[FloatArray] = []
    for ring in _placed(kind, view.longitude, view.latitude):
        low, high = ring.min(axis=0), ring.max(axis=0)
        beyond = high[0] < west or low[0] > east or high[1] < south or low[1] > north
        if beyond or max(high - low) < least:
            continue
        points = _thinned(ring, grain)
        clipped = Path(points, closed=True).clip_to_bbox(box)
        if len(clipped.vertices):
            shapes.append(clipped)
        lines += view.pieces(points)
    return shapes, lines


@lru_cache(maxsize=8)
def _placed(kind: Kind, longitude: float, latitude: float) -> tuple[FloatArray, ...]:
    """The outlines in views with some middle, but for what lies on the other side of the Earth."""
    whole = rings(kind)
    east, north = np.concatenate(whole).T
    points = np.column_stack(View(longitude, latitude).place(east, north))
    up, at = np.radians(north), np.radians(latitude)
    towards = np.sin(at) * np.sin(up)
    towards += np.cos(at) * np.cos(up) * np.cos(np.radians(east - longitude))
    ends = np.cumsum([len(ring) for ring in whole])
    nearest = np.maximum.reduceat(towards, ends - [len(ring) for ring in whole])
    parts = zip(np.split(points, ends[:-1]), nearest, strict=True)
    return tuple(part for part, cosine in parts if cosine > FAR)


def _thinned(points: FloatArray, grain: float) -> FloatArray:
    """A line without the points that fall on the same grain as the one before."""
    cells = np.rint(points / grain)
    kept = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(axis=1)])
    kept[-1] = True
    return points[kept]
