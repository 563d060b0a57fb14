"""Rows down the trees, compiled by numba. Importing this module compiles, or reads numba's cache.

Rows that are alike go together (`order`), because most nodes then send all of them the same way.
A tree is first trimmed to what some thousand rows can reach, so that it fits the nearest cache.
Then, for about a hundred rows at a time, it is cut down to the nodes that part them: those whose
threshold lies within the rows' range. These few are put to all these rows at once, one node after
the other, in vector instructions. A tree that would keep too many nodes is walked instead, eight
rows side by side, so that the processor waits for eight nodes at once.

Indices are unsigned because numba tests signed ones for wrap-around. Nothing here is
bounds-checked: `Forest` checks its nodes and its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import from_dtype, njit, types
from numpy.typing import NDArray

from wco2_engine.learning._nodes import LARGE_NODE, SMALL_NODE, TOGETHER

# Steps after which a tree is walked as it is: cutting it down would no longer pay.
MOST_STEPS = 256
# Steps after which a tree is not trimmed for all rows of a call: it would fill the cache anyway.
MOST_TRIMMED = 8_192
# Trees whose leaves tell which rows are alike, and trees on which that is tried.
ORDERING_TREES, TRIAL_TREES = 2, 4

_ONE, _TWO, _THREE, _EIGHT = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(8)
_TOGETHER = np.uint64(TOGETHER)
_SIXTY_FOUR = np.uint64(64)
_LEAF_SIZES = 64  # whose weights are kept: larger leaves are rare


def order(nodes: NDArray[Any], bounds: NDArray[np.uint64], keys: NDArray[np.int32]) -> Any:
    """An order of the rows in which neighbours are alike, or None where they already are.

    Rows are put in the order of their leaves in the first trees. The given order stays where it
    leaves fewer nodes of the next trees: cells of a small tile are often more alike than that.
    """
    first, trial = bounds[: ORDERING_TREES + 1], bounds[ORDERING_TREES:][: TRIAL_TREES + 1]
    if trial.size < 2 or len(keys) <= TOGETHER:
        return None
    found = np.empty((ORDERING_TREES, len(keys)), np.uint32)
    number = np.arange(first[-1], dtype=np.uint32)
    walk(nodes, first, np.zeros(number.size), number, keys, np.zeros((1, len(keys))), found)
    leaf, next_leaf = found
    by_leaf = np.argsort(leaf.astype(np.uint64) << np.uint64(32) | next_leaf, kind="stable")
    return by_leaf if steps(nodes, trial, keys[by_leaf]) < steps(nodes, trial, keys) else None


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


@njit(nogil=True)
def _leaves(tree, cells, width, first, last, leaf):  # type: ignore[no-untyped-def]
    """Put in `leaf` where the rows from `first` to `last` end."""
    row = first
    while row + _EIGHT <= last:
        for found in _eight_leaves(tree, cells, row * width, width):
            leaf[row - first] = found
            row += _ONE
    while row < last:
        leaf[row - first] = _leaf(tree, cells, row * width)
        row += _ONE


@njit(nogil=True)
def _cut_down(tree, low, high, kept, leaf_of, queue):  # type: ignore[no-untyped-def]
    """Put in `kept` the nodes of `tree` that part rows between `low` and `high`.

    Returns how many steps it took, more than `MOST_STEPS` when it was given up, and how many nodes
    were kept. Rows are marked by a number: all begin with 0, and the kept node k gives those of its
    own mark that go right the mark k + 1. `leaf_of` gives the leaf of each mark in the end.

    The steps take no decision that the processor could guess wrong: a node that parts the rows puts
    both children in the queue, one that does not puts the child that all go to, a leaf none. What
    is written beyond the end is written again or never read.
    """
    queue[0, 0] = queue[0, 1] = 0
    head, tail, n_kept = np.uint64(0), _ONE, np.uint64(0)
    while head < tail and tail <= np.uint64(MOST_STEPS):
        node, mark = np.uint64(queue[head, 0]), queue[head, 1]
        head += _ONE
        at = tree[node]
        left, threshold = np.uint64(at.left), at.threshold
        right = np.uint64(low[np.uint64(at.feature)] > threshold)
        parts = np.uint64(high[np.uint64(at.feature)] > threshold) - right
        leaf_of[mark] = node
        kept[n_kept].threshold = threshold
        kept[n_kept].feature = at.feature
        kept[n_kept].left = mark
        n_kept += parts
        queue[tail, 0] = left + right
        queue[tail, 1] = mark
        queue[tail + _ONE, 0] = left + _ONE
        queue[tail + _ONE, 1] = n_kept
        tail += np.uint64(left != node) + parts
    return tail, n_kept


@njit(nogil=True)
def _part(mark, column, threshold, own, new):  # type: ignore[no-untyped-def]
    for i in range(mark.size):
        mark[i] = new if (mark[i] == own) & (column[i] > threshold) else mark[i]


@njit(nogil=True)
def _boxes(keys):  # type: ignore[no-untyped-def]
    """The smallest and the largest value of each feature in every `TOGETHER` rows."""
    n_rows, width = keys.shape
    n_boxes = (n_rows + TOGETHER - 1) // TOGETHER
    low = np.empty((n_boxes, width), np.int32)
    high = np.empty((n_boxes, width), np.int32)
    for box in range(n_boxes):
        for k in range(width):
            low[box, k] = high[box, k] = keys[box * TOGETHER, k]
        for row in range(box * TOGETHER + 1, min((box + 1) * TOGETHER, n_rows)):
            for k in range(width):
                low[box, k] = min(low[box, k], keys[row, k])
                high[box, k] = max(high[box, k], keys[row, k])
    return low, high


@njit(nogil=True)
def _columns(keys, n_boxes):  # type: ignore[no-untyped-def]
    """The keys of every `TOGETHER` rows, feature by feature; 0 after the last row."""
    n_rows, width = keys.shape
    columns = np.zeros((n_boxes, width, TOGETHER), np.int32)
    for row in range(n_rows):
        for k in range(width):
            columns[row // TOGETHER, k, row % TOGETHER] = keys[row, k]
    return columns


_SMALL = from_dtype(SMALL_NODE)
_NODES = [_read(_SMALL), _read(from_dtype(LARGE_NODE))]
_FOUND = [types.uint16[:, ::1], types.uint32[:, ::1]]
# Trees of many nodes have more leaves than 16 bits can tell apart, and compiling takes seconds.
_WALKS = [(_NODES[0], _FOUND[0]), (_NODES[0], _FOUND[1]), (_NODES[1], _FOUND[1])]


@njit(nogil=True)
def _trim(tree, value, code, low, high, small, small_value, small_code, queue):  # type: ignore[no-untyped-def]
    """Put in `small` the tree that rows between `low` and `high` can reach; False if too large.

    The steps are those of `_cut_down`, but the result is a tree again.
    """
    queue[0, 0] = queue[0, 1] = 0
    head, tail, places = np.uint64(0), _ONE, _ONE
    while head < tail:
        if tail > np.uint64(MOST_TRIMMED):
            return False
        node, place = np.uint64(queue[head, 0]), np.uint64(queue[head, 1])
        head += _ONE
        at = tree[node]
        left, threshold = np.uint64(at.left), at.threshold
        right = np.uint64(low[np.uint64(at.feature)] > threshold)
        parts = np.uint64(high[np.uint64(at.feature)] > threshold) - right
        below = places if parts else place
        small[place].threshold = threshold
        small[place].feature = at.feature
        small[place].left = below
        small_value[place] = value[node]
        small_code[place] = code[node]
        queue[tail, 0] = left + right
        queue[tail, 1] = below
        queue[tail + _ONE, 0] = left + _ONE
        queue[tail + _ONE, 1] = places + _ONE
        tail += np.uint64(left != node) + parts
        places += parts + parts
    return True


@njit(nogil=True)
def _walk_tree(t, tree, value, code, keys, columns, low, high, scratch, total, found):  # type: ignore[no-untyped-def]
    """`walk` for one tree."""
    kept, leaf_of, queue, value_of, code_of, mark, leaf = scratch
    cells = keys.reshape(-1)
    n_rows, width = np.uint64(keys.shape[0]), np.uint64(keys.shape[1])
    for box in range(low.shape[0]):
        first = np.uint64(box) * _TOGETHER
        last = min(first + _TOGETHER, n_rows)
        steps, n_kept = _cut_down(tree, low[box], high[box], kept, leaf_of, queue)
        if steps <= np.uint64(MOST_STEPS):
            mark[:] = 0
            for k in range(n_kept):
                at = kept[k]
                column = columns[box, np.uint64(at.feature)]
                _part(mark, column, at.threshold, np.int32(at.left), np.int32(k + _ONE))
            for k in range(n_kept + _ONE):
                value_of[k] = value[leaf_of[k]]
            for k in range(last - first):
                total[first + k] += value_of[np.uint64(mark[k])]
            if found.size:
                for k in range(n_kept + _ONE):
                    code_of[k] = code[leaf_of[k]]
                for k in range(last - first):
                    found[t, first + k] = code_of[np.uint64(mark[k])]
        else:
            _leaves(tree, cells, width, first, last, leaf)
            for k in range(last - first):
                total[first + k] += value[leaf[k]]
            if found.size:
                for k in range(last - first):
                    found[t, first + k] = code[leaf[k]]


@_compiled(
    [
        types.void(
            nodes,
            _read(types.uint64),
            _read(types.float64),
            _read(types.uint32),
            _read(types.int32, 2),
            types.float64[:, ::1],
            found,
        )
        for nodes, found in _WALKS
    ]
)
def walk(nodes, bounds, values, codes, keys, total, found):  # type: ignore[no-untyped-def]
    """See `_walk_numpy.walk`."""
    low, high = _boxes(keys)
    columns = _columns(keys, low.shape[0])
    n_boxes, width = low.shape
    lowest, highest = low[0].copy(), high[0].copy()
    for box in range(n_boxes):
        for k in range(width):
            lowest[k] = min(lowest[k], low[box, k])
            highest[k] = max(highest[k], high[box, k])
    small = np.empty(MOST_TRIMMED + 2, _SMALL)
    small_value = np.empty(MOST_TRIMMED + 2, np.float64)
    small_code = np.empty(MOST_TRIMMED + 2, np.uint32)
    queue = np.empty((MOST_TRIMMED + 2, 2), np.uint32)
    scratch = (
        np.empty(MOST_STEPS + 2, _SMALL),
        np.empty(MOST_STEPS + 2, np.uint32),
        queue,
        np.empty(MOST_STEPS + 2, np.float64),
        np.empty(MOST_STEPS + 2, np.uint32),
        np.empty(TOGETHER, np.int32),
        np.empty(TOGETHER, np.uint32),
    )
    share = (bounds.size - 1) // total.shape[0]
    for t in range(bounds.size - 1):
        own = total[t // share]
        tree = nodes[bounds[t] : bounds[t + 1]]
        value = values[bounds[t] : bounds[t + 1]]
        code = codes[bounds[t] : bounds[t + 1]]
        if _trim(tree, value, code, lowest, highest, small, small_value, small_code, queue):
            _walk_tree(
                t, small, small_value, small_code, keys, columns, low, high, scratch, own, found
            )
        else:
            _walk_tree(t, tree, value, code, keys, columns, low, high, scratch, own, found)


@_compiled([types.int64(nodes, _read(types.uint64), _read(types.int32, 2)) for nodes in _NODES])
def steps(nodes, bounds, keys):  # type: ignore[no-untyped-def]
    """How many steps it takes to cut down all trees for the rows in this order."""
    low, high = _boxes(keys)
    kept = np.empty(MOST_STEPS + 2, _SMALL)
    leaf_of = np.empty(MOST_STEPS + 2, np.uint32)
    queue = np.empty((MOST_STEPS + 2, 2), np.uint32)
    count = np.uint64(0)
    for t in range(bounds.size - 1):
        tree = nodes[bounds[t] : bounds[t + 1]]
        for box in range(low.shape[0]):
            count += _cut_down(tree, low[box], high[box], kept, leaf_of, queue)[0]
    return np.int64(count)


@njit(nogil=True)
def _copy(to, values):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        to[i] = values[i]


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
def _of_ranks(found, first, target, shares, codes, scratch, out):  # type: ignore[no-untyped-def]
    """The quantiles of equally heavy targets, for `TOGETHER` rows from `first`, found bit by bit.

    Where fewer than n codes of a row are below a bound, its n-th smallest is the bound or above.
    `codes` has room for them, with a multiple of four rows. Rows of `found` with codes that are
    not ranks get anything.
    """
    n_trees, n_rows = found.shape
    bound, count, at, before, under = scratch
    last_rank = np.uint64(target.size - 1)
    top = _ONE
    while top <= last_rank:
        top *= _TWO
    n = min(TOGETHER, n_rows - first)
    for t in range(n_trees):
        _copy(codes[t], found[t, first : first + n])
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
        for i in range(n):
            if at[i] <= last_rank:
                upper = target[at[i]]
                lower = target[before[i]] if under[i] == below else upper
                out[first + i, k] = lower + (place - below) * (upper - lower)


# The place of the only bit of a number: its product with this constant has another six bits on top
# for each place (de Bruijn sequence; Leiserson, Prokop and Randall 1998).
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, np.uint8)
for _place in range(64):
    _PLACES[((1 << _place) * int(_DE_BRUIJN) % 2**64) >> 58] = _place


@njit(nogil=True)
def _weigh(codes, several, table, weight, touched):  # type: ignore[no-untyped-def]
    """Add to `weight` what each training row has in the leaves of these codes.

    Ranks with a weight have their bit in `touched`. `table` has room for the weights of a row in
    leaves of each size, which are divided only once.
    """
    n_targets = np.uint64(weight.size)
    n_members = np.int64(0)
    for code in codes:
        n_members += (
            np.int64(1) if code < n_targets else np.int64(several[np.uint64(code) - n_targets])
        )
    for length in range(1, table.size):
        table[length] = 1 / length * n_members / codes.size
    one = table[1]
    for code in codes:
        rank = np.uint64(code)
        if rank < n_targets:
            weight[rank] += one
            touched[rank // _SIXTY_FOUR] |= _ONE << (rank % _SIXTY_FOUR)
            continue
        begin = rank - n_targets
        size = np.int64(several[begin])
        each = table[size] if size < table.size else 1 / size * n_members / codes.size
        for k in range(size):
            rank = np.uint64(several[begin + _ONE + np.uint64(k)])
            weight[rank] += each
            touched[rank // _SIXTY_FOUR] |= _ONE << (rank % _SIXTY_FOUR)


@njit(nogil=True)
def _add_up(weight, touched, rank_of, reached_of):  # type: ignore[no-untyped-def]
    """Put the ranks with a weight, ascending, and the weights up to each; how many there are.

    Leaves `weight` and `touched` empty.
    """
    n = 0
    reached = 0.0
    for block in range(touched.size):
        bits = touched[block]
        touched[block] = 0
        while bits:
            lowest = bits & (~bits + _ONE)
            bits ^= lowest
            place = np.uint64(_PLACES[(lowest * _DE_BRUIJN) >> np.uint64(58)])
            rank = np.uint64(block) * _SIXTY_FOUR + place
            reached += weight[rank]
            weight[rank] = 0.0
            rank_of[n] = rank
            reached_of[n] = reached
            n += 1
    return n


@njit(nogil=True)
def _of_weights(target, share, rank_of, reached_of, n):  # type: ignore[no-untyped-def]
    """The quantile of the first `n` ranks, whose weights add up to `reached_of`."""
    place = share * (reached_of[n - 1] - 1) + 1
    low, high = 0, n  # of the first that is reached beyond the place
    while low < high:
        middle = (low + high) // 2
        if reached_of[middle] <= place:
            low = middle + 1
        else:
            high = middle
    if low == 0 or low == n:
        return target[rank_of[min(low, n - 1)]]
    lower, upper = target[rank_of[low - 1]], target[rank_of[low]]
    return lower + min(1.0, place - reached_of[low - 1]) * (upper - lower)


@njit(nogil=True)
def _trimmed(target, trim, rank_of, reached_of, n):  # type: ignore[no-untyped-def]
    """The mean of the first `n` ranks, whose weights add up to `reached_of`, without the ends."""
    low, high = trim * reached_of[n - 1], (1 - trim) * reached_of[n - 1]
    before, total = low, 0.0
    for k in range(n):
        kept = min(max(reached_of[k], low), high)
        total += (kept - before) * target[rank_of[k]]
        before = kept
    return total / (high - low)


@_compiled(
    [
        types.void(
            codes,
            _read(types.float64),
            _read(types.uint32),
            types.float64[::1],
            types.float64,
            types.float64[:, ::1],
        )
        for codes in _FOUND
    ]
)
def summaries(found, target, several, shares, trim, out):  # type: ignore[no-untyped-def]
    """See `_walk_numpy.summaries`."""
    n_trees, n_rows = found.shape
    kind = found.dtype
    by_rank = np.empty(((n_trees + 3) // 4 * 4, TOGETHER), kind)
    by_rank[:] = target.size - 1
    scratch = (
        np.empty(TOGETHER, kind),
        np.empty(TOGETHER, kind),
        np.empty(TOGETHER, kind),
        np.empty(TOGETHER, kind),
        np.empty(TOGETHER, kind),
    )
    weighs = several.size > 0 or trim > 0
    by_row = np.empty((TOGETHER if weighs else 0, n_trees), kind)
    largest = np.zeros(TOGETHER, kind)
    weight = np.zeros(target.size if weighs else 0, np.float64)
    touched = np.zeros(weight.size // 64 + 1, np.uint64)
    rank_of, reached_of = np.empty(weight.size, np.uint32), np.empty(weight.size, np.float64)
    table = np.empty(_LEAF_SIZES, np.float64)
    for first in range(0, n_rows, TOGETHER):
        n = min(TOGETHER, n_rows - first)
        alone = n
        if weighs:
            largest[:] = 0
            for t in range(n_trees):
                for i in range(n):
                    by_row[i, t] = found[t, first + i]
                    largest[i] = max(largest[i], found[t, first + i])
            for i in range(n):
                alone -= largest[i] >= target.size or trim > 0
        if alone:
            _of_ranks(found, first, target, shares, by_rank, scratch, out)
        if alone == n:
            continue
        for i in range(n):
            if largest[i] < target.size and trim == 0:
                continue
            _weigh(by_row[i], several, table, weight, touched)
            length = _add_up(weight, touched, rank_of, reached_of)
            for k in range(shares.size):
                out[first + i, k] = _of_weights(target, shares[k], rank_of, reached_of, length)
            if trim > 0:
                out[first + i, shares.size] = _trimmed(target, trim, rank_of, reached_of, length)
