"""A regression forest as plain arrays: made from scikit-learn's, checked, predicting without it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning._nodes import LARGE_NODE, SMALL_NODE
from wco2_engine.learning.aggregation import MEAN, Aggregate
from wco2_engine.learning.classes import NUMBERS, Classes
from wco2_engine.learning.intervals import LeafTargets
from wco2_engine.learning.partings import Partings, partings

FloatArray = NDArray[np.float64]

# Deeper trees are refused: the largest real ones stay below a hundred, and walking has no end else.
MAX_DEPTH = 10_000
MAX_NODES = 2**32 - 1
MAX_FEATURES = 2**16

# Rows that go through all trees together: large enough that a tree, once in the processor's cache,
# serves many rows, small enough that the rows stay there too.
BLOCK_ROWS = 8_192
# Rows among which those that are alike are brought together.
SORTED_ROWS = 8 * BLOCK_ROWS
# Below this a thread costs more than it saves.
LEAST_ROWS_PER_THREAD = 512

ARRAYS: dict[str, np.dtype[Any]] = {
    "feature": np.dtype("u2"),
    "threshold": np.dtype("f4"),
    "left": np.dtype("u4"),
    "value": np.dtype("f8"),
    "root": np.dtype("u4"),
}


class Estimates(NamedTuple):
    """What a forest tells of some rows, float64 in the units of the target.

    Attributes
    ----------
    flux : `(n_rows,)`, the prediction, by the forest's aggregate.
    bounds : `(2, n_rows)`, lower and upper; `(0, n_rows)` where no level was asked for.
    mean : `(n_rows,)` of the trees' leaf values; that is `flux` where the aggregate is the mean.
    """

    flux: NDArray[np.float64]
    bounds: NDArray[np.float64]
    mean: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees that predict together; the nodes of all trees stand one after the other.

    A row goes left where its value is at most the threshold. Children follow their parent, the
    right one next to the left one. A leaf is its own left child and has threshold +inf, so walking
    on from a leaf stays there. Making a `Forest` checks all of this, because prediction reads
    memory without looking.

    Parameters
    ----------
    feature : `(n_nodes,)` uint16, the column that an inner node compares.
    threshold : `(n_nodes,)` float32.
    left : `(n_nodes,)` uint32, the left child, counted from its tree's first node.
    value : `(n_nodes,)` float64, what a leaf predicts; 0 in inner nodes.
    root : `(n_trees,)` uint32, each tree's first node.
    n_features : columns that a row has.
    classes : which of these are classes; trees see each class as a column of its own.
    targets : the training targets of the leaves, which intervals need, and aggregates other than
        the mean; see `with_targets`.
    one_row_leaves : whether every leaf's value is the target of a single training row.
    aggregate : what is predicted of the targets in the leaves that a row reaches.

    Raises
    ------
    ValueError : when the arrays are no such forest; the message says which and why.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import ExtraTreesRegressor
    >>> from wco2_engine import Forest
    >>> rows = np.linspace(-30, 0, 40)[:, None]
    >>> estimator = ExtraTreesRegressor(10, random_state=0).fit(rows, rows[:, 0] ** 2)
    >>> forest = Forest.from_sklearn(estimator)
    >>> forest
    Forest(10 trees, 790 nodes, depth ..., 1 features)
    >>> forest.predict([[-30.0], [0.0]]).tolist()
    [900.0, 0.0]
    >>> mean, lower, upper = forest.predict_interval([[-15.2]], level=0.9)
    >>> bool(lower[0] <= mean[0] <= upper[0])
    True
    """

    feature: NDArray[np.uint16]
    threshold: NDArray[np.float32]
    left: NDArray[np.uint32]
    value: NDArray[np.float64]
    root: NDArray[np.uint32]
    n_features: int
    targets: LeafTargets | None = None
    one_row_leaves: bool = False
    aggregate: Aggregate = MEAN
    classes: Classes = NUMBERS
    depth: int = field(init=False)

    def __repr__(self) -> str:
        return (
            f"Forest({self.n_trees} trees, {self.n_nodes} nodes, depth {self.depth}, "
            f"{self.n_features} features)"
        )

    def __post_init__(self) -> None:
        for name, array in self.arrays().items():
            if not isinstance(array, np.ndarray) or array.dtype != ARRAYS[name]:
                raise ValueError(f"forest {name} is not an array of {ARRAYS[name].name}")
            if array.ndim != 1:
                raise ValueError(f"forest {name} has {array.ndim} dimensions, not 1")
            fixed = np.ascontiguousarray(array).view()
            fixed.flags.writeable = False
            object.__setattr__(self, name, fixed)
        object.__setattr__(self, "depth", self._check())

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Forest:
        """The same forest from a fitted scikit-learn regressor, which predicts the same.

        Thresholds become float32 rounded down, which decides alike for every float32 value. Nodes
        are in depth-first order, the child with more training rows first: the usual way down then
        runs through neighbouring memory.

        Parameters
        ----------
        estimator : ExtraTreesRegressor, RandomForestRegressor or a single tree, for one target.

        Raises
        ------
        ValueError : when it is something else, or not fitted.
        """
        kinds = {kind.__name__ for kind in type(estimator).__mro__}
        if not kinds & {"ForestRegressor", "DecisionTreeRegressor"}:
            raise ValueError(f"{type(estimator).__name__} is no forest or tree for regression")
        try:
            members = estimator.estimators_ if "ForestRegressor" in kinds else [estimator]
            trees = [member.tree_ for member in members]
        except AttributeError as error:
            raise ValueError(f"{type(estimator).__name__} is not fitted") from error
        if any(tree.n_outputs != 1 for tree in trees):
            raise ValueError("the forest has several targets; one is needed")

        sizes = np.array([tree.node_count for tree in trees], np.int64)
        root = np.cumsum(sizes) - sizes
        start = np.repeat(root, sizes)
        left = np.concatenate([tree.children_left for tree in trees]) + start
        right = np.concatenate([tree.children_right for tree in trees]) + start
        inner = np.concatenate([tree.children_left for tree in trees]) >= 0
        samples = np.concatenate([tree.n_node_samples for tree in trees])
        place = _depth_first(left, right, inner, samples, root)

        to = start + place
        n_nodes = int(sizes.sum())
        arrays: dict[str, Any] = {k: np.zeros(n_nodes, dtype) for k, dtype in ARRAYS.items()}
        feature, threshold, value = (
            np.concatenate([getattr(tree, name).reshape(-1) for tree in trees])
            for name in ("feature", "threshold", "value")
        )
        arrays["feature"][to[inner]] = feature[inner]
        arrays["threshold"][to] = np.where(inner, round_down(threshold), np.float32(np.inf))
        arrays["left"][to] = place
        arrays["left"][to[inner]] = place[left[inner]]
        arrays["value"][to[~inner]] = value[~inner]
        return cls(
            **{**arrays, "root": root.astype("u4")},
            n_features=int(trees[0].n_features),
            one_row_leaves=bool((samples[~inner] == 1).all()),
        )

    def with_targets(self, features: ArrayLike, target: ArrayLike, threads: int = 1) -> Forest:
        """The same forest, able to predict intervals, and by other aggregates than the mean.

        Parameters
        ----------
        features, target : `(n_rows, n_features)` and `(n_rows,)`, the rows it was trained on, each
            of which counts once.

        Raises
        ------
        ValueError : when they have other shapes, are not finite, or are not those rows.
        """
        leaves = self.apply(features, threads)
        targets = LeafTargets.of_rows(leaves, np.asarray(target, np.float64), self._is_leaf)
        return replace(self, targets=targets)

    def predict(
        self, rows: ArrayLike, threads: int = 1, kernel: str | None = None
    ) -> NDArray[np.float64]:
        """The aggregate of the leaves reached, the same bits whatever `threads` and `kernel`.

        The mean is that of the trees' leaf values; see `Aggregate` for the others.

        Parameters
        ----------
        rows : `(n_rows, n_features)`, taken as float32. Mask missing values beforehand.
        threads : how many work at once.
        kernel : "numba" or "numpy"; see `walker`.

        Returns
        -------
        `(n_rows,)` float64 in the units of the target.

        Raises
        ------
        ValueError : when `rows` has another shape, or holds NaN or infinity; when the aggregate is
            not the mean, leaves hold several rows and there are no `targets`.
        """
        if self.aggregate.is_mean:
            return self.predict_members(rows, 1, threads, kernel)[0]
        return self.estimates(rows, None, threads, kernel).flux

    def predict_members(
        self, rows: ArrayLike, members: int, threads: int = 1, kernel: str | None = None
    ) -> NDArray[np.float64]:
        """The means of `members` forests that were joined to this one, each of equally many trees.

        Each has the same bits as `predict` of its own forest, but rows are prepared only once.

        Takes and raises what `predict` does, besides a ValueError when the trees can't be shared
        equally.

        Returns
        -------
        `(members, n_rows)` float64, in the order in which they were joined.
        """
        if members < 1 or self.n_trees % members:
            raise ValueError(f"{self.n_trees} trees are not {members} forests of equally many")
        matrix = self._matrix(rows)
        means = np.empty((members, len(matrix)))
        walk = walker(kernel)
        unused = self.left  # a code for every node, of which nothing is kept

        def work(block: slice) -> None:
            for part, keys in self._alike(walk, matrix[block]):
                total = np.zeros((members, len(keys)))
                walk.walk(self._nodes, self._bounds, self.value, unused, keys, total, _NOTHING)
                means[:, block][:, part] = total / (self.n_trees // members)

        _in_blocks(work, len(matrix), threads)
        return means

    def predict_interval(
        self, rows: ArrayLike, level: float = 0.9, threads: int = 1, kernel: str | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """What `predict` gives, and the bounds that hold a share `level` of the targets.

        The bounds are the quantiles (1 - level) / 2 and (1 + level) / 2 of the training targets,
        each weighted by 1 / (rows in its leaf), averaged over the trees (Meinshausen 2006,
        doi:10.5555/1248547.1248582). Weights add up to N, the rows in all leaves reached; the
        quantile q lies at p = 1 + q (N - 1). It is the largest target whose cumulative weight is
        at most p, not counting rounding, and of the step to the next one the part that p is beyond
        it, at most 1. With one row in every leaf this is numpy's linear quantile of the trees'
        values. The package quantile-forest has the same definition (`weighted_leaves=True`).

        Takes and raises what `predict` does, besides a ValueError for a level that is not between
        0 and 1, and for a forest without `targets` whose leaves hold several rows.

        Returns
        -------
        flux, lower, upper : `(n_rows,)` float64.
        """
        flux, (lower, upper), _ = self.estimates(rows, level, threads, kernel)
        return flux, lower, upper

    def estimates(
        self,
        rows: ArrayLike,
        level: float | None = None,
        threads: int = 1,
        kernel: str | None = None,
    ) -> Estimates:
        """The prediction, bounds of a level where one is given, and the mean, in one pass.

        Takes and raises what `predict_interval` does; without a level, what `predict` does.
        """
        if level is not None and not 0 < level < 1:
            raise ValueError(f"a level of {level} is not between 0 and 1")
        shares = [] if level is None else [(1 - level) / 2, (1 + level) / 2]
        trim = self.aggregate.trim
        if self.aggregate.name == "median":
            shares.append(0.5)
        if not shares and not trim:
            mean = self.predict_members(rows, 1, threads, kernel)[0]
            return Estimates(mean, np.empty((0, len(mean))), mean)
        mean, found = self._of_leaves(rows, np.array(shares), trim, threads, kernel)
        bounds = found[: 0 if level is None else 2]
        return Estimates(mean if self.aggregate.is_mean else found[-1], bounds, mean)

    def _of_leaves(
        self,
        rows: ArrayLike,
        shares: NDArray[np.float64],
        trim: float,
        threads: int,
        kernel: str | None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The mean `(n_rows,)`, and `(n_found, n_rows)`: quantiles, then a trimmed mean if any."""
        matrix = self._matrix(rows)
        targets = self._leaf_targets
        mean = np.empty(len(matrix))
        answers = np.empty((len(shares) + (trim > 0), len(matrix)))
        walk = walker(kernel)

        def work(block: slice) -> None:
            room = walk.room(min(len(matrix[block]), BLOCK_ROWS), self.n_trees)
            for part, keys in self._alike(walk, matrix[block]):
                total = np.zeros((1, len(keys)))
                reached = walk.reach(
                    self._nodes, self._bounds, self.value, targets.code, keys, total, room
                )
                mean[block][part] = total[0] / self.n_trees
                out = np.empty((len(keys), len(answers)))
                walk.summaries(reached, targets.target, targets.several, shares, trim, out)
                answers[:, block][:, part] = out.T

        _in_blocks(work, len(matrix), threads)
        return mean, answers

    def apply(
        self, rows: ArrayLike, threads: int = 1, kernel: str | None = None
    ) -> NDArray[np.uint32]:
        """The leaf, as an index of node, at which each row ends in each tree.

        Takes and raises what `predict` does. Returns `(n_rows, n_trees)` uint32.
        """
        matrix = self._matrix(rows)
        leaves = np.empty((len(matrix), self.n_trees), np.uint32)
        walk = walker(kernel)
        number = np.arange(self.n_nodes, dtype=np.uint32)

        def work(block: slice) -> None:
            for part, keys in self._alike(walk, matrix[block]):
                found = np.empty((self.n_trees, len(keys)), np.uint32)
                total = np.zeros((1, len(keys)))
                walk.walk(self._nodes, self._bounds, self.value, number, keys, total, found)
                leaves[block][part] = found.T

        _in_blocks(work, len(matrix), threads)
        return leaves

    @property
    def n_trees(self) -> int:
        return int(self.root.size)

    @property
    def n_nodes(self) -> int:
        return int(self.left.size)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that make up the forest."""
        return sum(array.nbytes for array in self.arrays().values())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name; with `n_features` they make the forest again."""
        return {name: getattr(self, name) for name in ARRAYS}

    @property
    def _is_leaf(self) -> NDArray[np.bool_]:
        bounds = self._bounds.astype(np.int64)
        start = np.repeat(self.root.astype(np.int64), bounds[1:] - bounds[:-1])
        return self.left + start == np.arange(self.n_nodes)

    @cached_property
    def _leaf_targets(self) -> LeafTargets:
        if self.targets is not None:
            return self.targets
        if not self.one_row_leaves:
            raise ValueError(
                "intervals, medians and trimmed means need the training rows: give them by "
                "with_targets first"
            )
        return LeafTargets.of_values(self.value, self._is_leaf)

    @cached_property
    def _bounds(self) -> NDArray[np.uint64]:
        return np.append(self.root, self.n_nodes).astype(np.uint64)

    @cached_property
    def _nodes(self) -> NDArray[Any]:
        small = np.diff(self._bounds).max() <= 2**16
        nodes = np.empty(self.n_nodes, SMALL_NODE if small else LARGE_NODE)
        for name in ("feature", "left"):
            nodes[name] = getattr(self, name)
        nodes["threshold"] = sort_keys(self.threshold)
        return nodes

    @cached_property
    def _partings(self) -> Partings:
        return partings(self._nodes, self._bounds, len(self.classes.source(self.n_features)))

    def _alike(
        self, walk: Walker, matrix: NDArray[np.float32]
    ) -> Iterator[tuple[Any, NDArray[np.int32]]]:
        """Which rows go through the trees together, and their keys."""
        keys = sort_keys(matrix)
        order = walk.order(self._nodes, self._bounds, keys, self._partings)
        for first in range(0, len(keys), BLOCK_ROWS):
            part = slice(first, first + BLOCK_ROWS)
            if order is not None:
                part = order[part]
            yield part, np.ascontiguousarray(keys[part])

    def _matrix(self, rows: ArrayLike) -> NDArray[np.float32]:
        if np.ma.is_masked(rows):
            raise ValueError("rows hold masked cells; leave them out before predicting")
        with np.errstate(over="ignore"):  # beyond float32 is infinity, which is refused below
            matrix = np.ascontiguousarray(rows, np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != self.n_features:
            raise ValueError(
                f"rows have the shape {matrix.shape}; the forest needs (n_rows, {self.n_features})"
            )
        if not np.isfinite(matrix).all():
            raise ValueError("rows hold NaN or infinity; mask missing cells before predicting")
        return self.classes.expanded(matrix)

    def _check(self) -> int:
        """The depth of the deepest tree, after proof that every walk ends at a leaf in bounds."""
        n_nodes = self.left.size
        for name in ("feature", "threshold", "value"):
            if getattr(self, name).size != n_nodes:
                raise ValueError(f"forest {name} and left differ in length")
        if not 1 <= self.n_features <= MAX_FEATURES:
            raise ValueError(f"a forest of {self.n_features} features is out of bounds")
        if not 1 <= self.root.size <= n_nodes <= MAX_NODES:
            raise ValueError(f"a forest of {self.root.size} trees and {n_nodes} nodes is no forest")
        root = self.root.astype(np.int64)
        if root[0] != 0 or root[-1] >= n_nodes or (np.diff(root) < 1).any():
            raise ValueError("forest root is not sorted from 0 within the nodes")

        sizes = np.diff(np.append(root, n_nodes))
        start = np.repeat(root, sizes)
        left = self.left + start
        inner = left != np.arange(n_nodes)
        if (left[inner] <= np.flatnonzero(inner)).any():
            raise ValueError("forest left points back: a node must come before its children")
        if (left[inner] + 1 >= (start + np.repeat(sizes, sizes))[inner]).any():
            raise ValueError("forest left points out of its tree")
        parents = np.bincount(left[inner], minlength=n_nodes)
        parents[1:] += parents[:-1].copy()  # the right child has its parent from its left sibling
        parents[root] += 1
        if (parents != 1).any():
            raise ValueError("forest left does not give every node one parent")
        if self.classes and len(self.classes.codes) != self.n_features:
            raise ValueError(f"classes of {len(self.classes.codes)} features")
        columns = len(self.classes.source(self.n_features))
        if (self.feature >= columns).any():
            raise ValueError(f"forest feature is beyond the {columns} features")
        if np.isnan(self.threshold).any():
            raise ValueError("forest threshold holds NaN")
        if (self.threshold[~inner] != np.inf).any():
            raise ValueError("forest threshold is not +inf in a leaf")
        if np.isinf(self.threshold[inner]).any():
            raise ValueError("forest threshold is infinite in a node with children")
        if not np.isfinite(self.value).all():
            raise ValueError("forest value holds NaN or infinity")
        return sum(1 for _ in _levels(left, left + 1, inner, root)) - 1


def round_down(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each threshold.

    For a float32 `x`, `x <= threshold` and `x <= round_down(threshold)` are the same question:
    no float32 lies between the two.
    """
    with np.errstate(over="ignore", under="ignore"):
        nearest = threshold.astype(np.float32)
        below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest > threshold, below, nearest)


def sort_keys(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Whole numbers in the same order as the float32 values; +0 and -0 have the same.

    The bits of a positive float32 are in order already; those of a negative one run backwards.
    """
    bits = (values + np.float32(0)).view(np.int32)
    return bits ^ ((bits >> 31) & np.int32(2**31 - 1))


def _levels(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    inner: NDArray[np.bool_],
    root: NDArray[np.int64],
) -> Iterator[NDArray[np.int64]]:
    """The inner nodes of all trees, depth by depth from the roots; the last array is empty."""
    nodes = root
    for _ in range(MAX_DEPTH + 1):
        parents = nodes[inner[nodes]]
        yield parents
        if not parents.size:
            return
        nodes = np.concatenate([left[parents], right[parents]])
    raise ValueError(f"a tree of the forest is deeper than {MAX_DEPTH} nodes")


def _depth_first(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    inner: NDArray[np.bool_],
    samples: NDArray[np.int64],
    root: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Each node's place in its tree: siblings adjacent, the child with more samples walked first.

    The k-th inner node met on the way has its children at places 1 + 2k and 2 + 2k.
    """
    levels = list(_levels(left, right, inner, root))
    inner_below = np.zeros(left.size, np.int64)
    for parents in reversed(levels):
        inner_below[parents] = 1 + inner_below[left[parents]] + inner_below[right[parents]]
    rank = np.zeros(left.size, np.int64)
    place = np.zeros(left.size, np.int64)
    for parents in levels:
        one, other = left[parents], right[parents]
        place[one] = 1 + 2 * rank[parents]
        place[other] = 2 + 2 * rank[parents]
        swap = samples[other] > samples[one]
        first, second = np.where(swap, other, one), np.where(swap, one, other)
        rank[first] = rank[parents] + 1
        rank[second] = rank[parents] + 1 + inner_below[first]
    return place


def summaries_of_codes(
    codes: NDArray[np.uint32], targets: LeafTargets, shares: FloatArray, trim: float = 0.0
) -> FloatArray:
    """Quantiles as `Forest.predict_interval` defines them, and a trimmed mean if `trim` is not 0.

    Parameters
    ----------
    codes : `(n_trees, n_rows)`, of the leaves that rows reach, as `targets` has them.
    shares : `(n_shares,)`, of the quantiles, from 0 to 1.

    Returns
    -------
    `(n_found, n_rows)`.
    """
    walk = walker()
    out = np.empty((codes.shape[1], len(shares) + (trim > 0)))
    reached = walk.reached(codes)
    walk.summaries(reached, targets.target, targets.several, shares, trim, out)
    return out.T


_NOTHING = np.empty((0, 0), np.uint32)


class Walker(NamedTuple):
    """One of the two ways down the trees."""

    name: str  # "numba" or "numpy"
    about: str  # for notes to the user: with its version, and why it is not the faster one
    order: Callable[..., Any]
    walk: Callable[..., None]
    room: Callable[..., Any]
    reach: Callable[..., Any]
    reached: Callable[..., Any]
    summaries: Callable[..., None]


def walker(kernel: str | None = None) -> Walker:
    """The way to walk: numba's where it is installed, else numpy's, with the same results.

    Parameters
    ----------
    kernel : "numba" or "numpy" to have that one; None chooses, and keeps off numba where the
        environment says `WCO2_NUMBA=0`.

    Raises
    ------
    Wco2Error : when numba is asked for and can't be used.
    """
    if kernel == "numpy":
        return _numpy_walker("as asked for")
    if kernel is None and os.environ.get("WCO2_NUMBA") == "0":
        return _numpy_walker("WCO2_NUMBA=0")
    if kernel not in (None, "numba"):
        raise ValueError(f"no kernel is called '{kernel}'")
    found = _numba_walker()
    if isinstance(found, Walker):
        return found
    if kernel == "numba":
        raise Wco2Error(f"numba can't be used: {found}.", "Install it, or do without it.")
    return _numpy_walker(f"slower than with numba, which can't be used: {found}")


def kernel() -> str:
    """What prediction uses here: "numba", or "numpy" with the same results, only slower."""
    return walker().name


def _numpy_walker(why: str) -> Walker:
    from wco2_engine.learning import _walk_numpy as walk

    about = f"numpy {np.__version__} ({why})"
    return Walker(
        "numpy", about, walk.order, walk.walk, walk.room, walk.reach, walk.reached, walk.summaries
    )


@cache
def _numba_walker() -> Walker | str:
    """numba's walker, or the reason why there is none."""
    try:
        import numba

        from wco2_engine.learning import _alike_numba as alike
        from wco2_engine.learning import _leaves_numba as leaves
        from wco2_engine.learning import _walk_numba as walk
    except Exception as error:  # a numba that does not fit its numpy or LLVM fails in many ways
        return f"{type(error).__name__}: {error}"
    about = f"numba {numba.__version__}"
    return Walker(
        "numba",
        about,
        alike.order,
        walk.walk,
        walk.room,
        walk.reach,
        walk.reached,
        leaves.summaries,
    )


def _in_blocks(work: Callable[[slice], None], n_rows: int, threads: int) -> None:
    """Call `work` for blocks of consecutive rows, `threads` of them at a time."""
    if threads < 1:
        raise ValueError(f"{threads} threads can't work")
    threads = max(1, min(threads, n_rows // LEAST_ROWS_PER_THREAD))
    size = min(SORTED_ROWS, -(-n_rows // threads))
    blocks = [slice(first, first + size) for first in range(0, n_rows, max(1, size))]
    if threads == 1:
        for block in blocks:
            work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, blocks):
            pass
