"""Rows down the trees with numpy alone. Same results as `_walk_numba`, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows that have reached their leaf are set aside every few steps: each time costs about a step.
STEPS_BETWEEN_CHECKS = 4


def add_leaf_values(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    values: NDArray[np.float64],
    rows: NDArray[np.float32],
    total: NDArray[np.float64],
) -> None:
    """Add to `total` `(n_rows,)` the value of each row's leaf, tree after tree."""
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        total += values[first:last][_leaves(nodes[first:last], rows)]


def find_leaves(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    rows: NDArray[np.float32],
    found: NDArray[np.uint32],
) -> None:
    """Put in `found` `(n_rows, n_trees)` the node at which each row ends in each tree."""
    for tree, (first, last) in enumerate(
        zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ):
        found[:, tree] = first + _leaves(nodes[first:last], rows)


def _leaves(tree: NDArray[Any], rows: NDArray[np.float32]) -> NDArray[np.intp]:
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
