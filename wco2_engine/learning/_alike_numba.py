"""Which rows go down the trees together, compiled by numba.

Rows are halved again and again at the feature by whose thresholds they are most often parted, until
as few are left as go together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from wco2_engine.learning._nodes import TOGETHER
from wco2_engine.learning._walk_numba import compiled, read_only, steps
from wco2_engine.learning.partings import COUNTED_TREES, Partings

# Trees and rows on which it is tried whether the order is better, and by how much it has to be.
TRIAL_TREES, TRIAL_ROWS, WORTH_IT = 8, 8_192, 0.9
# Rows that are looked at for the range of a feature.
LOOKED_AT = 64

_ONE = np.uint64(1)


def order(
    nodes: NDArray[Any], bounds: NDArray[np.uint64], keys: NDArray[np.int32], partings: Partings
) -> Any:
    """An order of the rows in which neighbours are alike, or None where they already are.

    The given order stays where the other would not leave clearly fewer nodes of some trees for the
    first rows: cells of a small tile are often more alike than others.
    """
    trial = bounds[COUNTED_TREES:][: TRIAL_TREES + 1]
    if trial.size < 2 or len(keys) <= TOGETHER:
        return None
    first = keys[:TRIAL_ROWS]
    alike = _halved(first, partings)
    if steps(nodes, trial, first[alike]) > WORTH_IT * steps(nodes, trial, first):
        return None
    return alike if len(first) == len(keys) else _halved(keys, partings)


def _halved(keys: NDArray[np.int32], partings: Partings) -> NDArray[np.uint32]:
    order = np.arange(len(keys), dtype=np.uint32)
    _halve(keys, *partings, order)
    return order


@njit(nogil=True)
def _most_parted(keys, rows, threshold, up_to, begin, low, high):  # type: ignore[no-untyped-def]
    """The feature by whose thresholds some rows are most often parted, -1 where by none."""
    low[:] = keys[np.uint64(rows[0])]
    high[:] = low
    for i in range(0, rows.size, max(1, rows.size // LOOKED_AT)):
        row = np.uint64(rows[i])
        for k in range(low.size):
            low[k] = min(low[k], keys[row, k])
            high[k] = max(high[k], keys[row, k])
    most, best = 0.0, -1
    for k in range(low.size):
        own = threshold[begin[k] : begin[k + 1]]
        share = up_to[begin[k] + np.searchsorted(own, high[k])]
        share -= up_to[begin[k] + np.searchsorted(own, low[k])]
        if share > most:
            most, best = share, k
    return best


@njit(nogil=True)
def _select(values, nth):  # type: ignore[no-untyped-def]
    """Bring the `nth` smallest of values that all differ to its place, smaller ones before it.

    As `np.partition`, but without branches that depend on the values.
    """
    first, last = np.uint64(0), np.uint64(values.size - 1)
    while first < last:
        a, b, c = values[first], values[(first + last) >> _ONE], values[last]
        pivot = max(min(a, b), min(max(a, b), c)) if last > first + _ONE else min(a, c)
        middle = first
        for i in range(first, last + _ONE):
            value = values[i]
            values[i] = values[middle]
            values[middle] = value
            middle += np.uint64(value <= pivot)
        if nth < middle:
            last = middle - _ONE
        else:
            first = middle


@compiled(
    [
        types.void(
            read_only(types.int32, 2),
            types.int32[::1],
            types.float64[::1],
            types.int64[::1],
            types.uint32[::1],
        )
    ]
)
def _halve(keys, threshold, up_to, begin, order):  # type: ignore[no-untyped-def]
    """Bring rows that are alike together in `order`; the parts are multiples of `TOGETHER`."""
    low, high = np.empty(keys.shape[1], np.int32), np.empty(keys.shape[1], np.int32)
    room = np.empty(order.size, np.int64)
    waiting = [(0, order.size)]
    while waiting:
        first, last = waiting.pop()
        rows = order[first:last]
        if rows.size <= TOGETHER:
            rows.sort()  # those that follow each other in the given order are the most alike
            continue
        k = _most_parted(keys, rows, threshold, up_to, begin, low, high)
        if k < 0:
            continue
        numbered = room[: rows.size]
        for i in range(rows.size):
            numbered[i] = np.int64(keys[np.uint64(rows[i]), k]) << 32 | np.int64(rows[i])
        half = (rows.size // TOGETHER + 1) // 2 * TOGETHER
        _select(numbered, np.uint64(half))
        for i in range(rows.size):
            rows[i] = np.uint32(numbered[i])
        waiting.append((first, first + half))
        waiting.append((first + half, last))
