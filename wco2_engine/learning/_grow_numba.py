"""Extremely randomised trees, grown by numba: those of scikit-learn to the last bit, and sooner.

A tree that scikit-learn grows for a seed follows from the order in which it draws, in which rows
lie after each trial of a threshold, and in which their target is added up. All three are kept here
(`tests/engine/learning/test_growing.py` compares every node), for one target, rows that count alike
and predictors without gaps. What is saved: values are compared as whole numbers in the order of the
floats (`forest.sort_keys`), rows are moved without a branch that depends on data, and two rows are
parted without a loop.

Indices are unsigned because numba tests signed ones for wrap-around.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

from wco2_engine.learning._walk_numba import compiled, read_only

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_SIGN = np.int32(2**31 - 1)
_LARGEST_DRAW = np.uint32(2**31 - 1)
_SAME = np.float32(1e-7)  # values of a predictor that differ by less are one
_EPSILON = 2.0**-52
_LEAF = np.int32(-1)


@njit(nogil=True)
def _draw(state):  # type: ignore[no-untyped-def]
    """The next number of Marsaglia's xorshift (2003, doi 10.18637/jss.v008.i14), 0 to 2**31 - 1."""
    drawn = state[0]
    if drawn == 0:
        drawn = np.uint32(1)
    drawn = np.uint32(drawn ^ (drawn << np.uint32(13)))
    drawn = np.uint32(drawn ^ (drawn >> np.uint32(17)))
    drawn = np.uint32(drawn ^ (drawn << np.uint32(5)))
    state[0] = drawn
    return np.uint32(drawn & _LARGEST_DRAW)


@njit(nogil=True)
def _value(key, bits, value):  # type: ignore[no-untyped-def]
    """The float32 of a sort key; `bits` and `value` are one place in memory."""
    bits[0] = key ^ ((key >> 31) & _SIGN)
    return value[0]


@njit(nogil=True)
def _limit(low, high, drawn, bits, value):  # type: ignore[no-untyped-def]
    """The key of the largest float32 that goes left, of a threshold drawn between two values."""
    width = np.float64(high) - np.float64(low)
    threshold = width * np.float64(drawn) / np.float64(_LARGEST_DRAW) + np.float64(low)
    if threshold == high:
        threshold = np.float64(low)
    nearest = np.float32(threshold)
    value[0] = nearest + np.float32(0)
    key = bits[0] ^ ((bits[0] >> 31) & _SIGN)
    return key - np.int32(np.float64(nearest) > threshold)


@njit(nogil=True)
def _gather(key, row, column, start, end):  # type: ignore[no-untyped-def]
    """Put in `key` a predictor's keys of the rows in a node; their least and largest."""
    low = high = column[np.uint64(row[start])]
    place = start
    while place < end:
        own = column[np.uint64(row[place])]
        key[place] = own
        low = min(low, own)
        high = max(high, own)
        place += _ONE
    return low, high


@njit(nogil=True)
def _part(key, row, target, start, end, limit, total):  # type: ignore[no-untyped-def]
    """Bring the rows up to a limit to the front; where the others begin, and the front's sum.

    A row beyond the limit changes places with the last one not looked at, which is looked at next.
    The sum is added up on the smaller side, or taken from the total.
    """
    place, last = start, end - _ONE
    key_here, row_here = key[place], row[place]
    front, rest = 0.0, total
    left = end - start
    while left:
        left -= _ONE
        goes = np.uint64(key_here <= limit)
        mask = _ZERO - goes
        own = target[np.uint64(row_here)]
        share = np.float64(goes)
        front += own * share
        rest -= own * (1.0 - share)
        key_up, row_up = key[place + _ONE], row[place + _ONE]
        key_down, row_down = key[last], row[last]
        to = last ^ ((place ^ last) & mask)
        key[to], row[to] = key_here, row_here
        key_here = key_down ^ ((key_up ^ key_down) & np.int32(mask))
        row_here = row_down ^ ((row_up ^ row_down) & np.uint32(mask))
        place += goes
        last -= _ONE - goes
    return place, front if place - start <= end - place else rest


@compiled(
    [
        types.int64(
            read_only(types.int32, 2),
            read_only(types.float64),
            types.int64,
            types.int64,
            types.uint32,
            types.int32[::1],
            types.int32[::1],
            types.int32[::1],
            types.float64[::1],
            types.uint32[::1],
        )
    ]
)
def grow(keys, target, max_features, min_leaf, seed, feature, limit, right, value, leaf_of):  # type: ignore[no-untyped-def]
    """Grow a tree, and tell how many nodes it has.

    Parameters
    ----------
    keys : `(n_features, n_rows)`, sort keys of the predictors.
    target : `(n_rows,)`.
    max_features : how many predictors are tried at a split, besides those that don't vary there.
    min_leaf : rows that a leaf has at least.
    seed : what scikit-learn's splitter draws first from its random state.
    feature, limit, right, value : `(2 n_rows,)`, filled node by node: the predictor compared, -1 in
        a leaf; the largest key that goes left; the right child, the left one being the next node;
        the mean of the target.
    leaf_of : `(n_rows,)`, filled with the leaf of each row.
    """
    n_features, n_rows = keys.shape
    state = np.full(1, seed, np.uint32)
    bits = np.empty(1, np.int32)
    as_float = bits.view(np.float32)
    row = np.zeros(n_rows + 1, np.uint32)  # one beyond the last is read, and not used
    key = np.zeros(n_rows + 1, np.int32)
    for k in range(n_rows):
        row[k] = k
    # The order of predictors to draw from: first those known not to vary in a node, then the rest.
    order = np.arange(n_features).astype(np.int32)
    constants = np.empty(n_features, np.int32)
    waiting = np.empty((n_rows + 1, 4), np.int32)  # start, end, parent of a right child, constants
    impurities = np.empty(n_rows + 1, np.float64)
    waiting[0] = (0, n_rows, -1, 0)
    n_waiting, n_nodes = 1, 0
    while n_waiting:
        n_waiting -= 1
        start, end = np.int64(waiting[n_waiting, 0]), np.int64(waiting[n_waiting, 1])
        known = np.int64(waiting[n_waiting, 3])
        size = end - start
        first, beyond = np.uint64(start), np.uint64(end)
        total = squares = 0.0
        for k in range(size):
            own = target[np.uint64(row[first + np.uint64(k)])]
            total += own
            squares += own * own
        mean = total / size
        impurity = impurities[n_waiting] if n_nodes else squares / size - mean**2.0
        best, best_limit, best_at, best_front = _LEAF, np.int32(0), end, 0.0
        best_gain = -np.inf
        best_low, best_high, best_drawn = np.float32(0), np.float32(0), np.uint32(0)
        last, constant = _LEAF, known
        if size >= 2 * min_leaf and size >= 2 and impurity > _EPSILON:
            unseen, found, drawn, tried = n_features, 0, 0, 0
            while unseen > constant and (tried < max_features or tried <= found + drawn):
                tried += 1
                choice = drawn + np.int64(_draw(state) % np.uint32(unseen - found - drawn))
                if choice < known:
                    order[drawn], order[choice] = order[choice], order[drawn]
                    drawn += 1
                    continue
                choice += found
                last = order[choice]
                column = keys[last]
                if size == 2:
                    one, other = row[first], row[first + _ONE]
                    least, most = column[np.uint64(one)], column[np.uint64(other)]
                    if least > most:
                        least, most = most, least
                        one, other = other, one
                else:
                    least, most = _gather(key, row, column, first, beyond)
                low, high = _value(least, bits, as_float), _value(most, bits, as_float)
                if high <= low + _SAME:
                    order[choice], order[constant] = order[constant], order[choice]
                    found += 1
                    constant += 1
                    continue
                unseen -= 1
                order[unseen], order[choice] = order[choice], order[unseen]
                chance = _draw(state)
                if size == 2:
                    row[first], row[first + _ONE] = one, other
                    at, front, cut = start + 1, target[np.uint64(one)], np.int32(0)
                else:
                    cut = _limit(low, high, chance, bits, as_float)
                    place, front = _part(key, row, target, first, beyond, cut, total)
                    at = np.int64(place)
                if at - start < min_leaf or end - at < min_leaf:
                    continue
                rest = total - front
                gain = front * front / (at - start) + rest * rest / (end - at)
                if gain > best_gain:
                    best_gain, best, best_at, best_front, best_limit = gain, last, at, front, cut
                    best_low, best_high, best_drawn = low, high, chance
            order[:known] = constants[:known]
            constants[known:constant] = order[known:constant]
        node = n_nodes
        n_nodes += 1
        parent = waiting[n_waiting, 2]
        if parent >= 0:
            right[parent] = node
        value[node] = mean
        splits = best >= 0
        if splits:
            if size == 2:
                best_limit = _limit(best_low, best_high, best_drawn, bits, as_float)
            if last != best:  # else the rows lie as the best split left them
                column = keys[best]
                _gather(key, row, column, first, beyond)
                place, best_front = _part(key, row, target, first, beyond, best_limit, total)
            n_left, n_right = best_at - start, end - best_at
            squares_left = 0.0
            for k in range(n_left):
                own = target[np.uint64(row[first + np.uint64(k)])]
                squares_left += own * own
            left_impurity = squares_left / n_left - (best_front / n_left) ** 2.0
            best_rest = (total - best_front) / n_right
            right_impurity = (squares - squares_left) / n_right - best_rest**2.0
            gained = impurity - n_right / size * right_impurity - n_left / size * left_impurity
            splits = size / n_rows * gained + _EPSILON >= 0.0
        if not splits:
            feature[node] = _LEAF
            for k in range(size):
                leaf_of[np.uint64(row[first + np.uint64(k)])] = node
            continue
        feature[node], limit[node] = best, best_limit
        waiting[n_waiting] = (best_at, end, node, constant)
        impurities[n_waiting] = right_impurity
        waiting[n_waiting + 1] = (start, best_at, -1, constant)
        impurities[n_waiting + 1] = left_impurity
        n_waiting += 2
    return n_nodes


@compiled(
    [
        types.void(
            read_only(types.int32),
            read_only(types.int32),
            read_only(types.int32),
            read_only(types.int32, 2),
            types.uint32[::1],
        )
    ]
)
def leaves(feature, limit, right, keys, leaf_of):  # type: ignore[no-untyped-def]
    """Put in `leaf_of` where each row of `keys` `(n_rows, n_features)` ends in a tree of `grow`."""
    for row in range(len(keys)):
        own = keys[row]
        node = _ZERO
        while feature[node] >= 0:
            goes = own[np.uint64(feature[node])] <= limit[node]
            node = node + _ONE if goes else np.uint64(right[node])
        leaf_of[row] = node
