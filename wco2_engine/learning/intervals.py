"""Which training targets a leaf stands for: what a forest needs to predict quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.reprs import short_repr


@dataclass(frozen=True, eq=False)
class LeafTargets:
    """The training rows of every leaf, a row being known by the rank of its target.

    Most leaves of a fully grown tree hold one row, so its rank stands at the leaf itself.

    Attributes
    ----------
    target : `(n_rows,)` float64, ascending.
    code : `(n_nodes,)` uint32. Of a leaf with one row, the row's rank; of one with several,
        `n_rows` plus where its entry in `several` begins; 0 in inner nodes.
    several : uint32, the entries of leaves with several rows: their number, then their ranks.
    """

    target: NDArray[np.float64]
    code: NDArray[np.uint32]
    several: NDArray[np.uint32]

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def n_codes(self) -> int:
        """All codes are below this."""
        return self.target.size + self.several.size

    @classmethod
    def of_rows(
        cls, leaves: NDArray[np.uint32], target: NDArray[np.float64], is_leaf: NDArray[np.bool_]
    ) -> LeafTargets:
        """From the leaves `(n_rows, n_trees)` of the training rows, and their targets.

        `is_leaf` `(n_nodes,)` tells which nodes are leaves.

        Raises
        ------
        ValueError : when the shapes differ, a target is not finite, or a leaf has no row, so that
            these are not the rows that the forest was trained on.
        """
        target = np.asarray(target, np.float64) + 0.0  # no -0, which would make equal bits differ
        if target.shape != (len(leaves),):
            raise ValueError(f"{len(leaves)} rows have targets of the shape {target.shape}")
        if not np.isfinite(target).all():
            raise ValueError("targets hold NaN or infinity")
        by_rank = np.argsort(target, kind="stable")
        n_rows, n_trees = leaves.shape
        # Row after row by rank, so that within a leaf the ranks ascend after a stable sort.
        leaf = leaves[by_rank].reshape(-1)
        rank = np.repeat(np.arange(n_rows, dtype=np.uint32), n_trees)
        count = np.bincount(leaf, minlength=is_leaf.size)
        if (count[is_leaf] == 0).any():
            raise ValueError("a leaf has no row: the forest was not trained on these rows")
        code = np.zeros(is_leaf.size, np.uint32)
        alone = count[leaf] == 1
        code[leaf[alone]] = rank[alone]

        crowd, crowd_rank = leaf[~alone], rank[~alone]
        order = np.argsort(crowd, kind="stable")
        crowded = np.flatnonzero(count > 1)
        length = count[crowded]
        end = np.cumsum(length + 1)
        begin = end - length - 1
        if n_rows + int(length.sum()) + crowded.size >= 2**32:
            raise ValueError("the leaves hold too many rows")
        several = np.empty(int(length.sum()) + crowded.size, np.uint32)
        head = np.zeros(several.size, bool)
        head[begin] = True
        several[head], several[~head] = length, crowd_rank[order]
        code[crowded] = n_rows + begin
        return cls(target[by_rank], code, several)

    @classmethod
    def of_values(cls, value: NDArray[np.float64], is_leaf: NDArray[np.bool_]) -> LeafTargets:
        """From the leaves' values `(n_nodes,)`, where every leaf holds one training row."""
        target, rank = np.unique(value[is_leaf] + 0.0, return_inverse=True)
        code = np.zeros(is_leaf.size, np.uint32)
        code[is_leaf] = rank
        return cls(target, code, np.zeros(0, np.uint32))
