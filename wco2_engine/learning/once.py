"""What a forest predicts of rows that are known beforehand: its trees are grown, asked and dropped.

Most forests of a training only judge: they predict a few held-out rows, once. Here they skip what
serves forests that are kept: scikit-learn's copies and checks of each tree, and our own layout of
nodes. numba grows their trees where it is used, else scikit-learn, which also does where rows have
weights. The trees, and so the predictions, are those of `fit_forest` to the last bit either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.fitting import TRANSFORMS, check_rows, leaf_means
from wco2_engine.learning.forest import kernel, sort_keys, summaries_of_codes
from wco2_engine.learning.intervals import LeafTargets
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Features = NDArray[np.float32]

_LARGEST_SEED = 2**31 - 1


class Answers(NamedTuple):
    """What `predict_once` gives.

    Attributes
    ----------
    predicted : `(n_rows,)` of each table that was asked for, in units of the flux.
    bounds : `(n_levels, 2, n_rows)` of the first table, lower and upper.
    aggregated : `(n_aggregates, n_rows)` of the first table, by the aggregates asked for.
    """

    predicted: tuple[FloatArray, ...]
    bounds: FloatArray
    aggregated: FloatArray


def predict_once(
    train: TrainingRows,
    hyperparameters: Hyperparameters,
    seed: int,
    tables: Sequence[Features],
    levels: Sequence[float] = (),
    now_and_then: Callable[[], None] = lambda: None,
    aggregates: Sequence[Aggregate] = (),
) -> Answers:
    """What `fit_forest` would predict of the rows of some tables, in one thread.

    Parameters
    ----------
    tables : `(n_rows, n_features)` each.
    levels : of the intervals of the first table, as `Forest.predict_interval` defines them.
    now_and_then : is called after each tree; may raise to stop it.
    aggregates : by which the first table is predicted besides that of the hyperparameters.

    Raises
    ------
    Wco2Error : when a predictor or the target of the training rows has a gap.
    ValueError : when a row that is asked for has one.
    """
    if any(not np.isfinite(table).all() for table in tables):
        raise ValueError("rows hold NaN or infinity; mask missing cells before predicting")
    tables = [np.ascontiguousarray(train.classes.expanded(table), np.float32) for table in tables]
    train = train.expanded()
    aggregate = Aggregate.of(hyperparameters)
    # Of these it is kept which training rows are in the leaves that they reach.
    looks_up = len(levels) > 0 or not all(each.is_mean for each in aggregates)
    to_look_up = tables[:looks_up] if aggregate.is_mean else tables
    totals = [np.zeros(len(table)) for table in tables]
    places = [np.empty((hyperparameters.trees, len(table)), np.uint32) for table in to_look_up]
    of_train = np.empty((hyperparameters.trees if places else 0, len(train)), np.uint32)
    is_leaf = []
    n_nodes = 0
    for k, tree in enumerate(_trees(train, hyperparameters, seed, tables)):
        value = tree.value
        if hyperparameters.transform != "none":
            value = leaf_means(tree.of_train, train.target, train.sample_weight, len(value))
        for number, total in enumerate(totals):
            reached = tree.reached(number)
            total += value[reached]
            if number < len(places):
                places[number][k] = reached + n_nodes
        if places:
            of_train[k] = tree.of_train + n_nodes
            is_leaf.append(tree.is_leaf)
            n_nodes += len(value)
        now_and_then()
    predicted = [total / hyperparameters.trees for total in totals]
    bounds = np.empty((len(levels), 2, len(tables[0])))
    aggregated = np.empty((len(aggregates), len(tables[0])))
    mean = predicted[0]
    if places:
        targets = LeafTargets.of_rows(of_train.T, train.target, np.concatenate(is_leaf))
        shares = [(1 + end * level) / 2 for level in levels for end in (-1, 1)]
        for k, place in enumerate(places):
            asked = shares if k == 0 else []
            median = [0.5] if aggregate.name == "median" else []
            found = summaries_of_codes(
                targets.code[place], targets, np.array(asked + median), aggregate.trim
            )
            if k == 0:
                bounds[:] = found[: len(asked)].reshape(bounds.shape)
            if not aggregate.is_mean:
                predicted[k] = found[-1]
    for row, each in zip(aggregated, aggregates, strict=True):
        if each.is_mean:
            row[:] = mean
        else:
            middle = np.array([0.5] if each.name == "median" else [])
            row[:] = summaries_of_codes(targets.code[places[0]], targets, middle, each.trim)[-1]
    return Answers(tuple(predicted), bounds, aggregated)


class _Tree(NamedTuple):
    """A tree as it was grown.

    Attributes
    ----------
    value : `(n_nodes,)`, the mean of what it was grown on.
    is_leaf : `(n_nodes,)`.
    of_train : `(n_rows,)`, the leaves of the training rows.
    reached : gives the leaves of the rows of a table, by its number.
    """

    value: FloatArray
    is_leaf: NDArray[np.bool_]
    of_train: NDArray[np.integer[Any]]
    reached: Callable[[int], NDArray[np.integer[Any]]]


def _trees(
    train: TrainingRows, hyperparameters: Hyperparameters, seed: int, tables: Sequence[Features]
) -> Iterator[_Tree]:
    """The trees that scikit-learn's forest of this seed grows."""
    features = np.ascontiguousarray(train.features, np.float32)
    check_rows(features, train.target)
    moved = np.ascontiguousarray(TRANSFORMS[hyperparameters.transform](train.target))
    # A forest draws a whole number for each of its trees.
    chance = np.random.RandomState(seed)
    seeds = (chance.randint(_LARGEST_SEED) for _ in range(hyperparameters.trees))
    if train.sample_weight is None and kernel() == "numba":
        return _by_numba(features, moved, hyperparameters, seeds, tables)
    return _by_sklearn(features, moved, train.sample_weight, hyperparameters, seeds, tables)


def _by_numba(
    features: Features,
    target: FloatArray,
    hyperparameters: Hyperparameters,
    seeds: Iterable[int],
    tables: Sequence[Features],
) -> Iterator[_Tree]:
    from wco2_engine.learning._grow_numba import grow, leaves

    n_rows, n_features = features.shape
    keys = np.ascontiguousarray(sort_keys(features).T)
    asked = [sort_keys(table) for table in tables]
    tried = max(1, int(hyperparameters.max_features * n_features))
    feature, limit, right = (np.empty(2 * n_rows, np.int32) for _ in range(3))
    value = np.empty(2 * n_rows)
    chance = np.random.RandomState(0)
    for seed in seeds:
        chance.seed(seed)
        drawn = np.uint32(chance.randint(_LARGEST_SEED))
        of_train = np.empty(n_rows, np.uint32)
        size = grow(
            *(keys, target, tried, hyperparameters.min_samples_leaf, drawn),
            *(feature, limit, right, value, of_train),
        )

        def reached(number: int, n_nodes: int = size) -> NDArray[np.uint32]:
            found = np.empty(len(asked[number]), np.uint32)
            leaves(feature[:n_nodes], limit[:n_nodes], right[:n_nodes], asked[number], found)
            return found

        yield _Tree(value[:size], feature[:size] < 0, of_train, reached)


def _by_sklearn(
    features: Features,
    target: FloatArray,
    sample_weight: FloatArray | None,
    hyperparameters: Hyperparameters,
    seeds: Iterable[int],
    tables: Sequence[Features],
) -> Iterator[_Tree]:
    chance = np.random.RandomState(0)
    estimator = _bare_tree()(
        min_samples_leaf=hyperparameters.min_samples_leaf,
        max_features=hyperparameters.max_features,
        random_state=chance,
    )
    for seed in seeds:
        chance.seed(seed)
        estimator.fit(features, target[:, None], sample_weight, check_input=False)
        tree = estimator.tree_
        yield _Tree(
            tree.value[:, 0, 0],
            tree.children_left < 0,
            tree.apply(features),
            lambda number, tree=tree: tree.apply(tables[number]),  # type: ignore[misc]
        )


@cache
def _bare_tree() -> Any:
    from sklearn.tree import ExtraTreeRegressor

    class BareTree(ExtraTreeRegressor):  # type: ignore[misc]
        """A tree that does not check its parameters at each fit: `Hyperparameters` did."""

        def _validate_params(self) -> None:
            return None

    return BareTree
