"""Rows down the trees, compiled by numba. Importing this module compiles, or reads numba's cache.

Eight rows go down a tree side by side, so that the processor waits for eight nodes at once instead
of one after the other. Indices are unsigned because numba tests signed ones for wrap-around.
Nothing here is bounds-checked: `Forest` checks its nodes and its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import from_dtype, njit, types

from wco2_engine.learning.forest import LARGE_NODE, SMALL_NODE

_ONE, _EIGHT = np.uint64(1), np.uint64(8)


def _read(scalar: Any, dimensions: int = 1) -> Any:
    return types.Array(scalar, dimensions, "C", readonly=True)


def _compiled(signatures: list[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`njit` for `signatures`, kept on disk where numba finds a folder that it may write to."""

    def compile_now(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return njit(signatures, nogil=True, cache=True)(function)
        except (RuntimeError, OSError):
            return njit(signatures, nogil=True)(function)

    return compile_now


@njit(nogil=True)
def _step(tree, cells, row_start, node):  # type: ignore[no-untyped-def]
    at = tree[node]
    return np.uint64(at.left) + np.uint64(cells[row_start + np.uint64(at.feature)] > at.threshold)


@njit(nogil=True)
def _leaf(tree, cells, row_start):  # type: ignore[no-untyped-def]
    node = np.uint64(0)
    while True:
        below = _step(tree, cells, row_start, node)
        if below == node:
            return node
        node = below


@njit(nogil=True)
def _eight_leaves(tree, cells, s0, width):  # type: ignore[no-untyped-def]
    s1 = s0 + width
    s2 = s1 + width
    s3 = s2 + width
    s4 = s3 + width
    s5 = s4 + width
    s6 = s5 + width
    s7 = s6 + width
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = np.uint64(0)
    while True:
        # Two steps for one test of "all at a leaf"; a row that is there steps onto itself.
        b0 = _step(tree, cells, s0, a0)
        b1 = _step(tree, cells, s1, a1)
        b2 = _step(tree, cells, s2, a2)
        b3 = _step(tree, cells, s3, a3)
        b4 = _step(tree, cells, s4, a4)
        b5 = _step(tree, cells, s5, a5)
        b6 = _step(tree, cells, s6, a6)
        b7 = _step(tree, cells, s7, a7)
        a0 = _step(tree, cells, s0, b0)
        a1 = _step(tree, cells, s1, b1)
        a2 = _step(tree, cells, s2, b2)
        a3 = _step(tree, cells, s3, b3)
        a4 = _step(tree, cells, s4, b4)
        a5 = _step(tree, cells, s5, b5)
        a6 = _step(tree, cells, s6, b6)
        a7 = _step(tree, cells, s7, b7)
        if (
            (a0 == b0)
            and (a1 == b1)
            and (a2 == b2)
            and (a3 == b3)
            and (a4 == b4)
            and (a5 == b5)
            and (a6 == b6)
            and (a7 == b7)
        ):
            return a0, a1, a2, a3, a4, a5, a6, a7


_NODES = [_read(from_dtype(dtype)) for dtype in (SMALL_NODE, LARGE_NODE)]


@_compiled(
    [
        types.void(
            nodes,
            _read(types.uint64),
            _read(types.float64),
            _read(types.float32, 2),
            types.float64[::1],
        )
        for nodes in _NODES
    ]
)
def add_leaf_values(nodes, bounds, values, rows, total):  # type: ignore[no-untyped-def]
    """See `_walk_numpy.add_leaf_values`."""
    cells = rows.reshape(-1)
    n_rows, width = np.uint64(rows.shape[0]), np.uint64(rows.shape[1])
    in_eights = n_rows - n_rows % _EIGHT
    for t in range(bounds.size - 1):
        tree = nodes[bounds[t] : bounds[t + 1]]
        value = values[bounds[t] : bounds[t + 1]]
        row = np.uint64(0)
        while row < in_eights:
            leaves = _eight_leaves(tree, cells, row * width, width)
            for leaf in leaves:
                total[row] += value[leaf]
                row += _ONE
        while row < n_rows:
            total[row] += value[_leaf(tree, cells, row * width)]
            row += _ONE


@_compiled(
    [
        types.void(nodes, _read(types.uint64), _read(types.float32, 2), types.uint32[:, :])
        for nodes in _NODES
    ]
)
def find_leaves(nodes, bounds, rows, found):  # type: ignore[no-untyped-def]
    """See `_walk_numpy.find_leaves`."""
    cells = rows.reshape(-1)
    n_rows, width = np.uint64(rows.shape[0]), np.uint64(rows.shape[1])
    in_eights = n_rows - n_rows % _EIGHT
    for t in range(bounds.size - 1):
        tree = nodes[bounds[t] : bounds[t + 1]]
        row = np.uint64(0)
        while row < in_eights:
            leaves = _eight_leaves(tree, cells, row * width, width)
            for leaf in leaves:
                found[row, t] = bounds[t] + leaf
                row += _ONE
        while row < n_rows:
            found[row, t] = bounds[t] + _leaf(tree, cells, row * width)
            row += _ONE
