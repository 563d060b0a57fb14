"""Rows down the trees with numpy alone. Same results as `_walk_numba`, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning._nodes import SLACK, unit_of
from wco2_engine.learning.partings import Partings

# Rows that have reached their leaf are set aside every few steps: each time costs about a step.
STEPS_BETWEEN_CHECKS = 4


def order(
    nodes: NDArray[Any], bounds: NDArray[np.uint64], keys: NDArray[np.int32], partings: Partings
) -> Any:
    """None: all rows go down a tree together, in whatever order they are."""
    return None


def walk(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    values: NDArray[np.float64],
    codes: NDArray[np.uint32],
    keys: NDArray[np.int32],
    total: NDArray[np.float64],
    found: NDArray[np.uint32],
) -> None:
    """Add the value of each row's leaf to `total` `(members, n_rows)`, tree after tree.

    The trees are the members', equally many each, one member after the other. Where `found`
    `(n_trees, n_rows)` is not empty, the leaf's code goes there.
    """
    share = (bounds.size - 1) // len(total)
    for tree, (first, last) in enumerate(
        zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ):
        leaves = _leaves(nodes[first:last], keys)
        total[tree // share] += values[first:last][leaves]
        if found.size:
            found[tree] = codes[first:last][leaves]


def room(n_rows: int, n_trees: int) -> NDArray[np.uint32]:
    """Room for what `reach` finds of at most so many rows, to be used again and again."""
    return np.empty((n_trees, n_rows), np.uint32)


def reach(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    values: NDArray[np.float64],
    codes: NDArray[np.uint32],
    keys: NDArray[np.int32],
    total: NDArray[np.float64],
    room: NDArray[np.uint32],
) -> Any:
    """What `summaries` takes: which leaves the rows reach. Adds to `total` as `walk` does."""
    found = room[:, : len(keys)]
    walk(nodes, bounds, values, codes, keys, total, found)
    return found


def reached(codes: NDArray[np.uint32]) -> Any:
    """What `reach` returns, from the codes `(n_trees, n_rows)` of the leaves."""
    return codes


def summaries(
    reached: NDArray[np.uint32],
    target: NDArray[np.float64],
    several: NDArray[np.uint32],
    shares: NDArray[np.float64],
    trim: float,
    out: NDArray[np.float64],
) -> None:
    """Put in `out` the quantiles that `Forest.predict_interval` defines, and a trimmed mean.

    `out` is `(n_rows, n_shares)`, with one column more for the mean without the share `trim` at
    each end, where that is above 0. `reached` is what `reach` returns; see `LeafTargets` for the
    rest.
    """
    unit = unit_of(len(reached))
    for row, codes in enumerate(reached.T.tolist()):
        values, up_to, n_members = _weighed(codes, target, several, unit)
        for k, share in enumerate(shares.tolist()):
            out[row, k] = _quantile(values, up_to, share, n_members, len(codes), unit)
        if trim:
            out[row, -1] = _trimmed(values, up_to, trim)


def _weighed(
    codes: list[int], target: NDArray[np.float64], several: NDArray[np.uint32], unit: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """The targets in the leaves of these codes, the weights up to each, and how many rows."""
    weight = np.zeros(target.size, np.int64)
    n_members = 0
    for code in codes:
        at = code - target.size
        ranks = np.array([code]) if at < 0 else several[at + 1 : at + 1 + several[at]]
        each, left = divmod(unit, ranks.size)
        weight[ranks] += each
        weight[ranks[0]] += left
        n_members += ranks.size
    used = np.flatnonzero(weight)
    return target[used], np.cumsum(weight[used]), n_members


def _quantile(
    values: NDArray[np.float64],
    up_to: NDArray[np.int64],
    share: float,
    n_members: int,
    n_trees: int,
    unit: int,
) -> float:
    place = share * (n_members - 1) + 1
    scale = n_trees * float(unit) / n_members  # units, of which the definition counts one
    # Where all leaves have one row, sums are exact. Else what is as large but for rounding is.
    slack = 0 if n_members == n_trees else n_members + SLACK
    above = int(np.searchsorted(up_to, int(place * scale) + slack, side="right"))
    if above in (0, up_to.size):
        return float(values[min(above, up_to.size - 1)])
    lower, upper = float(values[above - 1]), float(values[above])
    step = place - float(up_to[above - 1]) / scale
    return upper if step >= 1 else lower + max(0.0, step) * (upper - lower)


def _trimmed(values: NDArray[np.float64], up_to: NDArray[np.int64], trim: float) -> float:
    whole = float(up_to[-1])
    low, high = int(trim * whole), int((1 - trim) * whole)
    kept = np.diff(np.clip(up_to, low, high), prepend=low)
    return float(np.cumsum(kept * values)[-1] / (high - low))


def _leaves(tree: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[np.intp]:
    threshold = np.ascontiguousarray(tree["threshold"])
    feature = tree["feature"].astype(np.intp)
    left = tree["left"].astype(np.intp)
    n_rows, n_features = rows.shape
    cells = rows.reshape(-1)
    leaves = np.zeros(n_rows, np.intp)
    walking = np.arange(n_rows)
    row_start = walking * n_features
    at = np.zeros(n_rows, np.intp)
    while walking.size:
        for _ in range(STEPS_BETWEEN_CHECKS):
            before = at
            at = left.take(before)
            at += cells.take(row_start + feature.take(before)) > threshold.take(before)
        moved = at != before
        leaves[walking] = at
        walking, row_start, at = walking[moved], row_start[moved], at[moved]
    return leaves
