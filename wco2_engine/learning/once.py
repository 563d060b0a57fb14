"""What a forest predicts of rows that are known beforehand: its trees are grown, asked and dropped.

Most forests of a training only judge: they predict a few held-out rows, once. Here they skip what
serves forests that are kept: scikit-learn's copies and checks of each tree, and our own layout of
nodes. The trees, and so the predictions, are those of `fit_forest` to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.fitting import TRANSFORMS, check_rows, leaf_means
from wco2_engine.learning.forest import summaries_of_codes
from wco2_engine.learning.intervals import LeafTargets
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Features = NDArray[np.float32]


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
    of_train, is_leaf = [], []
    n_nodes = 0
    for k, (tree, value) in enumerate(_trees(train, hyperparameters, seed)):
        reached = [tree.apply(table) for table in tables]
        for total, leaves in zip(totals, reached, strict=True):
            total += value[leaves]
        for place, leaves in zip(places, reached, strict=False):
            place[k] = leaves + n_nodes
        if places:
            of_train.append((tree.apply(train.features) + n_nodes).astype(np.uint32))
            is_leaf.append(tree.children_left < 0)
            n_nodes += tree.node_count
        now_and_then()
    predicted = [total / hyperparameters.trees for total in totals]
    bounds = np.empty((len(levels), 2, len(tables[0])))
    aggregated = np.empty((len(aggregates), len(tables[0])))
    mean = predicted[0]
    if places:
        leaves = np.ascontiguousarray(np.stack(of_train).T)
        targets = LeafTargets.of_rows(leaves, train.target, np.concatenate(is_leaf))
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


def _trees(
    train: TrainingRows, hyperparameters: Hyperparameters, seed: int
) -> Iterator[tuple[Any, FloatArray]]:
    """The trees that scikit-learn's forest of this seed grows, with what each node says."""
    features = np.ascontiguousarray(train.features, np.float32)
    check_rows(features, train.target)
    moved = np.ascontiguousarray(TRANSFORMS[hyperparameters.transform](train.target))
    chance = np.random.RandomState(0)
    estimator = _bare_tree()(
        min_samples_leaf=hyperparameters.min_samples_leaf,
        max_features=hyperparameters.max_features,
        random_state=chance,
    )
    # A forest draws a whole number for each of its trees.
    seeds = np.random.RandomState(seed)
    for _ in range(hyperparameters.trees):
        chance.seed(seeds.randint(np.iinfo(np.int32).max))
        estimator.fit(features, moved[:, None], train.sample_weight, check_input=False)
        tree = estimator.tree_
        value = tree.value[:, 0, 0]
        if hyperparameters.transform != "none":
            leaves = tree.apply(features)
            value = leaf_means(leaves, train.target, train.sample_weight, tree.node_count)
        yield tree, value


@cache
def _bare_tree() -> Any:
    from sklearn.tree import ExtraTreeRegressor

    class BareTree(ExtraTreeRegressor):  # type: ignore[misc]
        """A tree that does not check its parameters at each fit: `Hyperparameters` did."""

        def _validate_params(self) -> None:
            return None

    return BareTree
