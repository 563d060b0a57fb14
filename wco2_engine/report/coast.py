"""Outlines of land and lakes, which maps in figures are drawn on.

Made by `scripts/make-coastlines` from Natural Earth's land and lakes at 1:50 million, which is in
the public domain; see there for how far they are generalised.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@cache
def rings(kind: Literal["land", "lakes"]) -> tuple[FloatArray, ...]:
    """The closed outlines, each `(n, 2)` of longitude and latitude in degrees.

    Longitudes run on beyond 180 where land does.
    """
    written = json.loads(files(__package__).joinpath("coast.json").read_text("utf-8"))
    found = []
    for apart in written[kind]:  # each point as its distance from the one before
        ring = np.cumsum(np.reshape(apart, (-1, 2)), axis=0) / written["steps_a_degree"]
        found.append(np.vstack([ring, ring[:1]]))
    return tuple(found)
