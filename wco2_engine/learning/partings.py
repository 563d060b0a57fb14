"""How often the thresholds of a forest part rows that lie between two values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Trees whose thresholds are counted; the others of the forest are much the same.
COUNTED_TREES = 8


class Partings(NamedTuple):
    """The thresholds of some trees, each with the share of its tree's leaves that lie below it.

    A threshold far down parts only rows that come there: those leaves tell how many.

    Attributes
    ----------
    threshold : int32 sort keys, those of each feature in order, one feature after the other.
    up_to : float64, the sum of the shares before each threshold, and of all.
    begin : `(n_features + 1,)` int64, where each feature's thresholds begin.
    """

    threshold: NDArray[np.int32]
    up_to: NDArray[np.float64]
    begin: NDArray[np.int64]


def partings(nodes: NDArray[Any], bounds: NDArray[np.uint64], n_features: int) -> Partings:
    """Those of the first trees of a forest; `nodes` as `_nodes` lays them out."""
    ends = bounds[: COUNTED_TREES + 1].astype(np.int64)
    root, sizes = ends[:-1], ends[1:] - ends[:-1]
    nodes = nodes[: sizes.sum()]
    left = nodes["left"] + np.repeat(root, sizes)
    inner = left != np.arange(left.size)
    leaves = np.ones(left.size)
    levels, level = [], root[inner[root]]
    while level.size:
        levels.append(level)
        below = np.concatenate([left[level], left[level] + 1])
        level = below[inner[below]]
    for parents in reversed(levels):
        leaves[parents] = leaves[left[parents]] + leaves[left[parents] + 1]
    share = leaves / np.repeat(leaves[root], sizes)
    threshold, feature = nodes["threshold"][inner], nodes["feature"][inner]
    by_value = np.lexsort((threshold, feature))
    return Partings(
        threshold[by_value],
        np.append(0, np.cumsum(share[inner][by_value])),
        np.searchsorted(feature[by_value], np.arange(n_features + 1)),
    )
