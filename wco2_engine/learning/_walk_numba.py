"""Rows down the trees, compiled by numba. Importing this module compiles, or reads numba's cache.

Rows that are alike go together (`_alike_numba`), because most nodes then send all of them the same
way. A tree is first trimmed to what some thousand rows can reach, to fit the nearest cache. Then,
for about a hundred rows at a time, it is cut down to the nodes that part them: those whose
threshold lies within the rows' range. These few are put to all these rows at once, one node after
the other, in vector instructions. A tree that would keep too many nodes is walked instead, eight
rows side by side, so that the processor waits for eight nodes at once.

Indices are unsigned because numba tests signed ones for wrap-around. Nothing here is
bounds-checked: `Forest` checks its nodes and its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import from_dtype, njit, types
from numpy.typing import NDArray

from wco2_engine.learning._nodes import LARGE_NODE, SMALL_NODE, TOGETHER

# Steps after which a tree is walked as it is: cutting it down would no longer pay.
MOST_STEPS = 256
# Steps after which a tree is not trimmed for all rows of a call: it would fill the cache anyway.
MOST_TRIMMED = 8_192

_ONE, _EIGHT, _TOGETHER = np.uint64(1), np.uint64(8), np.uint64(TOGETHER)


def read_only(scalar: Any, dimensions: int = 1) -> Any:
    return types.Array(scalar, dimensions, "C", readonly=True)


def compiled(signatures: list[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
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
_NODES = [read_only(_SMALL), read_only(from_dtype(LARGE_NODE))]


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
def copy_into(to, values):  # type: ignore[no-untyped-def]
    for i in range(to.size):
        to[i] = values[i]


@njit(nogil=True)
def _mark_runs(codes, n, mark, told):  # type: ignore[no-untyped-def]
    """Mark the first `n` codes by runs of equal ones; put the runs' codes in `told`, return how
    many."""
    runs = np.uint64(0)
    for i in range(n):
        if i == 0 or codes[i] != codes[i - 1]:
            told[runs] = codes[i]
            runs += _ONE
        mark[i] = runs - _ONE
    for i in range(n, mark.size):
        mark[i] = 0
    return runs


@njit(nogil=True)
def _walk_tree(t, tree, value, code, rows, scratch, total, marks, told, begin):  # type: ignore[no-untyped-def]
    """`_walk` for one tree."""
    kept, leaf_of, queue, value_of, mark, leaf = scratch
    end = np.uint64(begin[t, 0]) if marks.size else np.uint64(0)
    keys, columns, low, high = rows
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
            if marks.size:
                copy_into(marks[box, t], mark)
                for k in range(n_kept + _ONE):
                    told[end + np.uint64(k)] = code[leaf_of[k]]
                end += n_kept + _ONE
        else:
            _leaves(tree, cells, width, first, last, leaf)
            for k in range(last - first):
                total[first + k] += value[leaf[k]]
            if marks.size:
                for k in range(last - first):
                    leaf[k] = code[leaf[k]]
                end += _mark_runs(leaf, last - first, marks[box, t], told[end:])
        if marks.size:
            begin[t, box + 1] = end


@compiled(
    [
        types.void(
            nodes,
            read_only(types.uint64),
            read_only(types.float64),
            read_only(types.uint32),
            read_only(types.int32, 2),
            types.float64[:, ::1],
            types.uint8[:, :, ::1],
            types.uint32[::1],
            types.uint32[:, ::1],
        )
        for nodes in _NODES
    ]
)
def _walk(nodes, bounds, values, codes, keys, total, marks, told, begin):  # type: ignore[no-untyped-def]
    """Add up `total` as `_walk_numpy.walk` does, and fill a `Reached` where it has room."""
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
        np.empty(TOGETHER, np.int32),
        np.empty(TOGETHER, np.uint32),
    )
    share = (bounds.size - 1) // total.shape[0]
    for t in range(bounds.size - 1):
        own = total[t // share]
        tree = nodes[bounds[t] : bounds[t + 1]]
        value = values[bounds[t] : bounds[t + 1]]
        code = codes[bounds[t] : bounds[t + 1]]
        if marks.size and t:
            begin[t, 0] = begin[t - 1, n_boxes]
        rows = keys, columns, low, high
        if _trim(tree, value, code, lowest, highest, small, small_value, small_code, queue):
            _walk_tree(t, small, small_value, small_code, rows, scratch, own, marks, told, begin)
        else:
            _walk_tree(t, tree, value, code, rows, scratch, own, marks, told, begin)


class Reached(NamedTuple):
    """Which leaves rows reach, by boxes of `TOGETHER` rows.

    Attributes
    ----------
    n_rows : how many; what is told of rows beyond is of no meaning.
    marks : `(n_boxes, n_trees, TOGETHER)` uint8, which of the leaves of box and tree each row
        reaches.
    told : uint32, the codes of the leaves; those of a tree and box begin at `begin[tree, box]` and
        end where those of the next box begin.
    begin : `(n_trees, n_boxes + 1)` uint32.
    """

    n_rows: int
    marks: NDArray[np.uint8]
    told: NDArray[np.uint32]
    begin: NDArray[np.uint32]

    @classmethod
    def room(cls, n_rows: int, n_trees: int) -> Reached:
        """Room for as many leaves as there can be; what is never used takes no memory."""
        n_boxes = -(-n_rows // TOGETHER)
        return cls(
            n_rows,
            np.empty((n_boxes, n_trees, TOGETHER), np.uint8),
            np.empty(n_boxes * n_trees * TOGETHER, np.uint32),
            np.zeros((n_trees, n_boxes + 1), np.uint32),
        )

    def part(self, n_rows: int) -> Reached:
        """A part of the room, for so many rows."""
        n_trees, n_boxes = len(self.begin), -(-n_rows // TOGETHER)
        begin = self.begin.reshape(-1)[: n_trees * (n_boxes + 1)].reshape(n_trees, n_boxes + 1)
        return Reached(n_rows, self.marks[:n_boxes], self.told, begin)


room = Reached.room
_NOT_ASKED = room(0, 0)


def walk(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    values: NDArray[np.float64],
    codes: NDArray[np.uint32],
    keys: NDArray[np.int32],
    total: NDArray[np.float64],
    found: NDArray[np.uint32],
) -> None:
    """See `_walk_numpy.walk`."""
    if not found.size:
        _walk(nodes, bounds, values, codes, keys, total, *_NOT_ASKED[1:])
        return
    anew = room(len(keys), bounds.size - 1)
    _spread(*reach(nodes, bounds, values, codes, keys, total, anew)[1:], found)


def reach(
    nodes: NDArray[Any],
    bounds: NDArray[np.uint64],
    values: NDArray[np.float64],
    codes: NDArray[np.uint32],
    keys: NDArray[np.int32],
    total: NDArray[np.float64],
    room: Reached,
) -> Reached:
    """See `_walk_numpy.reach`."""
    reached = room.part(len(keys))
    reached.begin[:1, 0] = 0
    _walk(nodes, bounds, values, codes, keys, total, *reached[1:])
    return reached


def reached(codes: NDArray[np.uint32]) -> Reached:
    """See `_walk_numpy.reached`."""
    n_trees, n_rows = codes.shape
    found = room(n_rows, n_trees)
    _gather(np.ascontiguousarray(codes, np.uint32), *found[1:])
    return found


REACHED = types.uint8[:, :, ::1], types.uint32[::1], types.uint32[:, ::1]


@compiled([types.void(*REACHED, types.uint32[:, ::1])])
def _spread(marks, told, begin, found):  # type: ignore[no-untyped-def]
    """Put in `found` `(n_trees, n_rows)` the codes of what was reached."""
    n_trees, n_rows = found.shape
    for box in range(marks.shape[0]):
        first = box * TOGETHER
        for t in range(n_trees):
            mark = marks[box, t]
            for i in range(min(TOGETHER, n_rows - first)):
                found[t, first + i] = told[begin[t, box] + np.uint64(mark[i])]


@compiled([types.void(types.uint32[:, ::1], *REACHED)])
def _gather(codes, marks, told, begin):  # type: ignore[no-untyped-def]
    """The reverse of `_spread`."""
    n_trees, n_rows = codes.shape
    end = np.uint64(0)
    for t in range(n_trees):
        for box in range(marks.shape[0]):
            first = box * TOGETHER
            n = min(TOGETHER, n_rows - first)
            begin[t, box] = end
            end += _mark_runs(codes[t, first : first + n], n, marks[box, t], told[end:])
        begin[t, marks.shape[0]] = end


@compiled(
    [types.int64(nodes, read_only(types.uint64), read_only(types.int32, 2)) for nodes in _NODES]
)
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
