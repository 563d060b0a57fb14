"""Several forests as one, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wco2_engine.learning.forest import Forest


def join_forests(forests: Sequence[Forest]) -> Forest:
    """One forest of all the trees, in the order of the forests. `split_forest` undoes it."""
    sizes = [forest.n_nodes for forest in forests]
    starts = np.cumsum([0, *sizes[:-1]])
    arrays: dict[str, Any] = {
        name: np.concatenate([forest.arrays()[name] for forest in forests])
        for name in ("feature", "threshold", "left", "value")
    }
    root = np.concatenate([f.root + np.uint32(s) for f, s in zip(forests, starts, strict=True)])
    return replace(forests[0], **arrays, root=root.astype(np.uint32), targets=None)


def split_forest(forest: Forest, parts: int) -> tuple[Forest, ...]:
    """The forest's trees, in their order, as `parts` forests of equally many.

    Raises
    ------
    ValueError : when the trees can't be shared equally.
    """
    if parts < 1 or forest.n_trees % parts:
        raise ValueError(f"{forest.n_trees} trees are not {parts} forests of equally many")
    bounds = [*forest.root[:: forest.n_trees // parts].tolist(), forest.n_nodes]
    roots = np.split(forest.root, parts)
    return tuple(
        Forest(
            feature=forest.feature[first:last],
            threshold=forest.threshold[first:last],
            left=forest.left[first:last],
            value=forest.value[first:last],
            root=(root - root[0]).astype(np.uint32),
            n_features=forest.n_features,
            classes=forest.classes,
        )
        for first, last, root in zip(bounds[:-1], bounds[1:], roots, strict=True)
    )
