"""Quantiles and trimmed means of the targets in the leaves reached, compiled by numba.

A weight is a whole number of units (see `_nodes.unit_of`), so that sums are the same whatever their
order. So the weights of the training rows are kept from one row to the next: only trees that the
two leave by different leaves are looked at, and what comes out is the same as if all were.

Indices are unsigned because numba tests signed ones for wrap-around. Nothing here is
bounds-checked: what is read was made by `LeafTargets` and `_walk_numba`.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from wco2_engine.learning._nodes import SLACK, TOGETHER, unit_of
from wco2_engine.learning._walk_numba import REACHED, Reached, compiled, copy_into, read_only

_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_STRETCH = 64  # ranks whose weights are added up at once
_ROWS = 16  # whose codes are looked up at once; a part of a box


def summaries(
    reached: Reached,
    target: NDArray[np.float64],
    several: NDArray[np.uint32],
    shares: NDArray[np.float64],
    trim: float,
    out: NDArray[np.float64],
) -> None:
    """See `_walk_numpy.summaries`."""
    n_rows, *leaves = reached
    unit = unit_of(reached.marks.shape[1])
    _summaries(*leaves, n_rows, target, several, shares, trim, unit, out)


# A box of rows whose leaves hold one row each: their ranks weigh alike


# Four rows of codes at a time, in a function of its own, become vector instructions with numba 0.56
# as with 0.68; with the older one, eight do not, nor does the same loop inside another.
@njit(nogil=True)
def _four_below(codes, t, bound, count):  # type: ignore[no-untyped-def]
    for i in range(TOGETHER):
        count[i] += (
            (codes[t, i] < bound[i])
            + (codes[t + _ONE, i] < bound[i])
            + (codes[t + _TWO, i] < bound[i])
            + (codes[t + _THREE, i] < bound[i])
        )


@njit(nogil=True)
def _count_below(codes, bound, count):  # type: ignore[no-untyped-def]
    """Put in `count` how many codes of each column are below its bound."""
    count[:] = 0
    for t in range(0, codes.shape[0], 4):
        _four_below(codes, np.uint64(t), bound, count)


@njit(nogil=True)
def _last_below(codes, bound, last):  # type: ignore[no-untyped-def]
    """Put in `last` the largest code of each column that is below its bound, or 0."""
    last[:] = 0
    for t in range(0, codes.shape[0], 4):
        _four_last(codes, np.uint64(t), bound, last)


@njit(nogil=True)
def _four_last(codes, t, bound, last):  # type: ignore[no-untyped-def]
    for i in range(TOGETHER):
        a = codes[t, i] if codes[t, i] < bound[i] else last[i]
        b = codes[t + _ONE, i] if codes[t + _ONE, i] < bound[i] else last[i]
        c = codes[t + _TWO, i] if codes[t + _TWO, i] < bound[i] else last[i]
        d = codes[t + _THREE, i] if codes[t + _THREE, i] < bound[i] else last[i]
        last[i] = max(last[i], max(max(a, b), max(c, d)))


@njit(nogil=True)
def _add(bound, at, bit):  # type: ignore[no-untyped-def]
    for i in range(at.size):
        bound[i] = at[i] | bit


@njit(nogil=True)
def _take(count, nth, bound, at, under):  # type: ignore[no-untyped-def]
    for i in range(at.size):
        at[i] = bound[i] if count[i] < nth else at[i]
        under[i] = count[i] if count[i] < nth else under[i]


@njit(nogil=True)
def _of_ranks(box, marks, told, begin, target, shares, codes, out):  # type: ignore[no-untyped-def]
    """Put in `out` `(n, n_shares)` the quantiles of equally heavy targets, found bit by bit.

    Where fewer than n codes of a row are below a bound, its n-th smallest is the bound or above.
    `codes` has room for those of the box, and five lines more, after a multiple of four.
    """
    n_trees = marks.shape[1]
    bound, count, at, before, under = codes[-5], codes[-4], codes[-3], codes[-2], codes[-1]
    codes = codes[:-5]
    last_rank = np.uint64(target.size - 1)
    top = _ONE
    while top <= last_rank:
        top *= _TWO
    for t in range(n_trees):
        first, mark = np.uint64(begin[t, box]), marks[box, t]
        for i in range(mark.size):
            codes[t, i] = told[first + np.uint64(mark[i])]
    for k in range(shares.size):
        place = shares[k] * (n_trees - 1) + 1
        below = np.int64(place)
        nth = min(below + 1, n_trees)
        at[:] = 0
        under[:] = 0
        bit = top
        while bit > _ONE:
            bit //= _TWO
            _add(bound, at, bit)
            _count_below(codes, bound, count)
            _take(count, nth, bound, at, under)
        _last_below(codes, at, before)
        for i in range(out.shape[0]):
            upper = target[at[i]]
            lower = target[before[i]] if under[i] == below else upper
            out[i, k] = lower + (place - below) * (upper - lower)


# Rows whose leaves hold several


@njit(nogil=True)
def _equal_shares(several, unit):  # type: ignore[no-untyped-def]
    """By the size of a leaf, what each of its rows has of a tree's weight, and what is left."""
    largest, at = np.int64(1), np.int64(0)
    while at < several.size:
        largest = max(largest, np.int64(several[at]))
        at += np.int64(several[at]) + 1
    each, left = np.zeros(largest + 1, np.int64), np.zeros(largest + 1, np.int64)
    for size in range(1, largest + 1):
        each[size], left[size] = unit // size, unit % size
    return each, left


@njit(nogil=True)
def _codes(box, first, marks, told, begin, codes):  # type: ignore[no-untyped-def]
    """Put in `codes` `(rows, n_trees)` those of some rows of a box, from `first` on."""
    for t in range(codes.shape[1]):
        start, mark = np.uint64(begin[t, box]), marks[box, t]
        for i in range(codes.shape[0]):
            codes[i, t] = told[start + np.uint64(mark[first + i])]


@njit(nogil=True)
def _changes(held, own, changed):  # type: ignore[no-untyped-def]
    """List the trees that a row leaves by another leaf than the row before, and how many."""
    n = np.uint64(0)
    for t in range(own.size):
        changed[n] = t
        n += np.uint64(own[t] != held[t])
    return n


@njit(nogil=True)
def _split(codes, trees, n_targets, ranks, leaves):  # type: ignore[no-untyped-def]
    """List the codes of some trees: `ranks`, and where `leaves` of several rows begin."""
    n_ranks, n_leaves = np.uint64(0), np.uint64(0)
    for t in trees:
        code = codes[np.uint64(t)]
        is_rank = np.uint64(code < n_targets)
        ranks[n_ranks] = code
        leaves[n_leaves] = code - n_targets
        n_ranks += is_rank
        n_leaves += _ONE - is_rank
    return ranks[:n_ranks], leaves[:n_leaves]


@njit(nogil=True)
def _weigh(ranks, leaves, sign, several, each_of, left_of, weight):  # type: ignore[no-untyped-def]
    """Add to `weight` what the rows in some leaves have, or take it away. How many rows these are.

    The row of the lowest rank in a leaf has what is left.
    """
    n = np.int64(ranks.size)
    unit = sign * each_of[_ONE]
    for rank in ranks:
        weight[np.uint64(rank)] += unit
    for at in leaves:
        begin = np.uint64(at) + _ONE
        size = np.uint64(several[at])
        each = sign * each_of[size]
        weight[np.uint64(several[begin])] += sign * left_of[size]
        for k in range(size):
            weight[np.uint64(several[begin + np.uint64(k)])] += each
        n += np.int64(size)
    return sign * n


@njit(nogil=True)
def _total(values):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for i in range(values.size):
        total += values[i]
    return total


@njit(nogil=True)
def _add_up(weight, reached_of):  # type: ignore[no-untyped-def]
    """Put the weights up to the end of each stretch of ranks."""
    reached = np.int64(0)
    for k in range(reached_of.size):
        reached += _total(weight[k * _STRETCH : (k + 1) * _STRETCH])
        reached_of[k] = reached


@njit(nogil=True)
def _first_beyond(limit, weight, reached_of):  # type: ignore[no-untyped-def]
    """The first rank that is reached beyond a limit, and the weight before it.

    It is the last rank and all the weight where none is.
    """
    low, high = 0, reached_of.size
    while low < high:
        middle = (low + high) // 2
        if reached_of[middle] <= limit:
            low = middle + 1
        else:
            high = middle
    reached = reached_of[low - 1] if low else np.int64(0)
    for rank in range(low * _STRETCH, weight.size):
        if reached + weight[rank] > limit:
            return rank, reached
        reached += weight[rank]
    return weight.size - 1, reached


@njit(nogil=True)
def _last_used(rank, weight):  # type: ignore[no-untyped-def]
    """The last rank up to `rank` that has a weight; -1 for none."""
    while rank >= 0 and weight[rank] == 0:
        rank -= 1
    return rank


@njit(nogil=True)
def _quantile(target, share, n_members, n_trees, unit, weight, reached_of):  # type: ignore[no-untyped-def]
    """See `_walk_numpy._quantile`."""
    place = share * (n_members - 1) + 1
    scale = n_trees * np.float64(unit) / n_members
    slack = 0 if n_members == n_trees else n_members + SLACK
    rank, reached = _first_beyond(np.int64(place * scale) + slack, weight, reached_of)
    if reached == reached_of[-1]:
        return target[_last_used(rank, weight)]
    upper = target[rank]
    step = place - reached / scale
    if step >= 1:
        return upper
    lower = target[_last_used(rank - 1, weight)]
    return lower + max(0.0, step) * (upper - lower)


@njit(nogil=True)
def _trimmed(target, trim, weight, reached_of):  # type: ignore[no-untyped-def]
    """See `_walk_numpy._trimmed`."""
    whole = np.float64(reached_of[-1])
    low, high = np.int64(trim * whole), np.int64((1 - trim) * whole)
    rank, reached = _first_beyond(low, weight, reached_of)
    before, total = low, 0.0
    while before < high:
        reached += weight[rank]
        kept = min(reached, high)
        total += (kept - before) * target[rank]
        before = kept
        rank += 1
    return total / (high - low)


@compiled(
    [
        types.void(
            *REACHED,
            types.int64,
            read_only(types.float64),
            read_only(types.uint32),
            types.float64[::1],
            types.float64,
            types.int64,
            types.float64[:, ::1],
        )
    ]
)
def _summaries(marks, told, begin, n_rows, target, several, shares, trim, unit, out):  # type: ignore[no-untyped-def]
    n_trees, n_targets = marks.shape[1], np.uint32(target.size)
    lines = (n_trees + 3) // 4 * 4 + 5
    is_small = max(target.size, lines) < 2**16
    by_rank = np.full((lines if is_small else 5, TOGETHER), target.size - 1, np.uint16)
    by_large_rank = np.full((5 if is_small else lines, TOGETHER), target.size - 1, np.uint32)
    each_of, left_of = _equal_shares(several, unit)
    codes = np.empty((_ROWS, n_trees), np.uint32)
    held = np.full(n_trees, target.size + several.size, np.uint32)
    changed = np.empty(n_trees + 1, np.uint32)
    ranks, leaves = np.empty(n_trees + 1, np.uint32), np.empty(n_trees + 1, np.uint32)
    n_members = np.int64(0)
    weight = np.zeros(target.size, np.int64)
    reached_of = np.empty((target.size + _STRETCH - 1) // _STRETCH, np.int64)
    for box in range(marks.shape[0]):
        first = box * TOGETHER
        n = min(TOGETHER, n_rows - first)
        largest = np.uint32(0)
        for t in range(n_trees if several.size else 0):
            for k in range(begin[t, box], begin[t, box + 1]):
                largest = max(largest, told[k])
        if largest < n_targets and trim == 0:
            part = out[first : first + n]
            if is_small:
                _of_ranks(box, marks, told, begin, target, shares, by_rank, part)
            else:
                _of_ranks(box, marks, told, begin, target, shares, by_large_rank, part)
            continue
        for i in range(n):
            if i % _ROWS == 0:
                _codes(box, i, marks, told, begin, codes)
            own = codes[i % _ROWS]
            trees = changed[: _changes(held, own, changed)]
            if n_members:
                some, crowds = _split(held, trees, n_targets, ranks, leaves)
                n_members += _weigh(some, crowds, -1, several, each_of, left_of, weight)
            some, crowds = _split(own, trees, n_targets, ranks, leaves)
            n_members += _weigh(some, crowds, 1, several, each_of, left_of, weight)
            copy_into(held, own)
            _add_up(weight, reached_of)
            for k in range(shares.size):
                out[first + i, k] = _quantile(
                    target, shares[k], n_members, n_trees, unit, weight, reached_of
                )
            if trim > 0:
                out[first + i, shares.size] = _trimmed(target, trim, weight, reached_of)
