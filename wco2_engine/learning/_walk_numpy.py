"""Rows down the trees with numpy alone. Same results as `_walk_numba`, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows that have reached their leaf are set aside every few steps: each time costs about a step.
STEPS_BETWEEN_CHECKS = 4


def order(nodes: NDArray[Any], bounds: NDArray[np.uint64], keys: NDArray[np.int32]) -> Any:
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


def summaries(
    found: NDArray[np.uint32],
    target: NDArray[np.float64],
    several: NDArray[np.uint32],
    shares: NDArray[np.float64],
    trim: float,
    out: NDArray[np.float64],
) -> None:
    """Put in `out` the quantiles that `Forest.predict_interval` defines, and a trimmed mean.

    `out` is `(n_rows, n_shares)`, with one column more for the mean without the share `trim` at
    each end, where that is above 0. `found` is what `walk` fills, with codes of leaves; see
    `LeafTargets` for the rest.
    """
    if trim:
        for row, codes in enumerate(found.T.tolist()):
            reached, values = _weighted(codes, target, several)
            out[row, -1] = _trimmed(reached, values, trim)
    n_trees = len(found)
    alone = (found < target.size).all(axis=0)
    ranks = np.sort(found[:, alone], axis=0)
    for k, share in enumerate(shares.tolist()):
        place = share * (n_trees - 1) + 1
        below = int(place)
        lower, upper = (target[ranks[at]] for at in (below - 1, min(below, n_trees - 1)))
        out[alone, k] = lower + (place - below) * (upper - lower)
    for row in np.flatnonzero(~alone).tolist():
        reached, values = _weighted(found[:, row].tolist(), target, several)
        out[row, : len(shares)] = _weighted_quantiles(reached, values, shares)


def _weighted(
    codes: list[int], target: NDArray[np.float64], several: NDArray[np.uint32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weights up to each target in the leaves of these codes, and the targets, ascending."""
    members = []
    for code in codes:
        begin = code - target.size
        members.append(
            np.array([code]) if begin < 0 else several[begin + 1 : begin + 1 + several[begin]]
        )
    n_members = sum(each.size for each in members)
    weight = np.zeros(target.size)
    for each in members:
        weight[each] += 1 / each.size * n_members / len(members)
    used = np.flatnonzero(weight)
    return np.cumsum(weight[used]), target[used]


def _trimmed(reached: NDArray[np.float64], values: NDArray[np.float64], trim: float) -> np.float64:
    """The mean of the values whose weights add up to `reached`, without the ends."""
    low, high = trim * reached[-1], (1 - trim) * reached[-1]
    kept = np.diff(np.clip(reached, low, high), prepend=low)
    return np.cumsum(kept * values)[-1] / (high - low)


def _weighted_quantiles(
    reached: NDArray[np.float64], values: NDArray[np.float64], shares: NDArray[np.float64]
) -> list[float]:
    answers = []
    for share in shares.tolist():
        place = share * (reached[-1] - 1) + 1
        below = int(np.searchsorted(reached, place, side="right")) - 1
        lower, upper = values[max(below, 0)], values[min(below + 1, values.size - 1)]
        answers.append(lower + min(1, place - reached[below]) * (upper - lower))
    return answers


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
