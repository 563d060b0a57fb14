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
