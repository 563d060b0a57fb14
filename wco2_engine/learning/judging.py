"""What held-out rows tell: predictions, importances, scores, and how wide intervals must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.calibration import (
    beyond,
    cross_fitted,
    enough_sites,
    outward,
    share_within,
)
from wco2_engine.learning.explanation import shuffled_errors
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.growing import Features, FloatArray, Growth, grow
from wco2_engine.learning.model import SCORES, moved_outward
from wco2_engine.learning.skill import scores
from wco2_engine.progress import Progress, stop_if_cancelled

WHOLE: Mapping[str, Any] = {"month": "all", "zone": "all", "method": "all"}
MAX_PARTS = 20  # zones, or methods, that are scored each by itself
SCORE_LEVEL = 0.9  # of the intervals of scores


@dataclass(frozen=True, eq=False)
class Rows:
    """A region's training rows.

    Parameters
    ----------
    features : `(n_rows, n_features)`.
    target : `(n_rows,)`, g C m-2 month-1.
    site : `(n_rows,)` int32, equal for rows of one site.
    month, year : `(n_rows,)` int8 and int16.
    longitude, latitude : `(n_rows,)`, degrees.
    zone, method : `(n_rows,)`, where each row lies, and how it was measured; "" outside or unknown.
    weight : `(n_rows,)`, what a row counts in growing trees; None for all alike.
    """

    features: Features
    target: FloatArray
    site: NDArray[np.int32]
    month: NDArray[np.int8]
    year: NDArray[np.int16]
    longitude: FloatArray
    latitude: FloatArray
    zone: NDArray[np.str_]
    method: NDArray[np.str_]
    weight: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What forests say of the rows that they never saw. All is NaN for rows of fold -1.

    Parameters
    ----------
    folds : `(n_rows,)`.
    predicted : `(n_rows,)`.
    bounds : by level, `(2, n_rows)`, lower and upper.
    importance : `(n_features,)`, by how much the mean squared error grows when the predictor is
        shuffled; None where it was not asked for.
    """

    folds: NDArray[np.int16]
    predicted: FloatArray
    bounds: Mapping[float, FloatArray]
    importance: FloatArray | None


def hold_out(
    rows: Rows,
    folds: NDArray[np.int16],
    growths: Sequence[Growth],
    seed: int,
    progress: Progress,
    threads: int = 1,
    levels: Sequence[float] = (),
    importance: bool = False,
) -> HeldOut:
    """Grow a forest for each fold from 0, without its rows, and ask it about them.

    Parameters
    ----------
    growths : one a fold.
    levels : of the intervals to predict.
    importance : whether to shuffle predictors.

    Raises
    ------
    Cancelled : when the user asks to stop.
    """
    n_rows, n_features = rows.features.shape
    predicted = np.full(n_rows, np.nan)
    bounds = {level: np.full((2, n_rows), np.nan) for level in levels}
    shuffled = np.full((n_features, n_rows), np.nan)
    each_alone = [[column] for column in range(n_features)]
    for number, growth in enumerate(growths):
        stop_if_cancelled(progress)
        progress.update(number / len(growths))
        test = folds == number
        features = rows.features[test]
        forest = _grow_without(rows, test, growth, seed, threads)
        predicted[test] = forest.predict(features, threads=threads)
        for level, found in bounds.items():
            found[:, test] = forest.predict_interval(features, level, threads)[1:]
        if importance:
            shuffled[:, test] = shuffled_errors(
                forest, rows.features, rows.target, test, each_alone, seed + number, threads
            )
    excess = None
    if importance:
        excess = (shuffled - (predicted - rows.target) ** 2)[:, folds >= 0].mean(axis=1)
    return HeldOut(folds, predicted, bounds, excess)


def _grow_without(
    rows: Rows, test: NDArray[np.bool_], growth: Growth, seed: int, threads: int
) -> Forest:
    train = ~test
    weight = None if rows.weight is None else rows.weight[train]
    features, target = rows.features[train], rows.target[train]
    forest = grow(features, target, growth, seed, weight, threads)
    return forest.with_targets(features, target, threads)


def score_rows(
    region: str, validation: str, rows: Rows, held: HeldOut, seed: int = 0
) -> list[dict[str, Any]]:
    """The scores of held-out predictions, as `Model.scores` has them.

    One row for all, then one a month in the order of a winter, one a zone, and one a method of
    measurement, by name. The intervals are of level 0.9, by bootstrap of sites.
    """
    known = held.folds >= 0
    found = []
    for part, chosen in _parts(rows, known):
        told = scores(
            rows.target[chosen], held.predicted[chosen], rows.site[chosen], SCORE_LEVEL, seed=seed
        )
        row = {"region": region, "validation": validation, **WHOLE, **part}
        row |= {"n": told.n, "sites": told.sites}
        for name in SCORES:
            score = getattr(told, name)
            row |= {name: score.value, f"{name}_low": score.lower, f"{name}_high": score.upper}
        found.append(row)
    return found


def _parts(
    rows: Rows, known: NDArray[np.bool_]
) -> Iterator[tuple[dict[str, Any], NDArray[np.bool_]]]:
    """What a part is called by, and which rows `(n_rows,)` it has."""
    yield {}, known
    for month in sorted(set(rows.month[known].tolist()), key=lambda m: (m - 7) % 12):
        yield {"month": month}, known & (rows.month == month)
    for key, labels in (("zone", rows.zone), ("method", rows.method)):
        counts = Counter(label for label in labels[known].tolist() if label)
        for name in sorted(name for name, _ in counts.most_common(MAX_PARTS)):
            yield {key: name}, known & (labels == name)


def calibrate(rows: Rows, held: HeldOut) -> dict[float, float]:
    """By level, what bounds move outward by; without levels for which the sites are too few."""
    known = held.folds >= 0
    found = {
        level: outward(distance[known], rows.site[known], level)
        for level, distance in _distances(rows.target, held)
        if enough_sites(rows.site[known], level)
    }
    return {level: moved for level, moved in found.items() if moved is not None}


def coverage_rows(region: str, validation: str, rows: Rows, held: HeldOut) -> list[dict[str, Any]]:
    """How often held-out rows lie within bounds, as `Model.coverage` has it, a row a level."""
    known = held.folds >= 0
    target, site, folds = rows.target[known], rows.site[known], held.folds[known]
    found = []
    for level, all_distances in _distances(rows.target, held):
        distance = all_distances[known]
        lower, upper = held.bounds[level][:, known]
        row: dict[str, Any] = {"region": region, "validation": validation, "level": level}
        row |= {"n": len(target), "sites": len(np.unique(site))}
        row |= {"raw_coverage": share_within(distance, 0.0)}
        row |= {"raw_width": float(np.mean(upper - lower)), "coverage": None, "width": None}
        moved = cross_fitted(distance, site, folds, level)
        if moved is not None:
            low, high = moved_outward(lower, upper, moved)
            row["coverage"] = share_within(distance, moved)
            row["width"] = float(np.mean(high - low))
        found.append(row)
    return found


def _distances(target: FloatArray, held: HeldOut) -> Iterator[tuple[float, FloatArray]]:
    for level, (lower, upper) in held.bounds.items():
        yield level, beyond(target, lower, upper)
