"""What a forest and its walks agree on: the layout of nodes, and how many rows go together."""

from __future__ import annotations

import numpy as np

# Rows for which a tree is cut down together: fewer are more alike, but it is done more often.
TOGETHER = 128

# What the walk reads: both child indices and the feature fit 16 bits unless a tree is very large,
# and eight bytes a node instead of twelve make the walk about a fifth faster. Thresholds are
# sort keys (see `forest.sort_keys`), because integers compare in fewer instructions than floats.
SMALL_NODE = np.dtype([("threshold", "i4"), ("feature", "u2"), ("left", "u2")])
LARGE_NODE = np.dtype([("threshold", "i4"), ("feature", "u4"), ("left", "u4")])

# What sums of weights, and the weight at which a quantile lies, may be off by rounding, in units,
# besides one for each row of the leaves; see `unit_of`.
SLACK = 4_096


def unit_of(n_trees: int) -> int:
    """The weight that a tree gives to the leaf that a row reaches.

    It is a power of two, as large as allows all trees' together within 62 bits. A leaf's rows share
    it as whole numbers; what is left, less than one a row, goes to the row of the lowest target.
    Whole numbers have the same sum in any order.
    """
    return int(2 ** (62 - max(n_trees - 1, 0).bit_length()))
