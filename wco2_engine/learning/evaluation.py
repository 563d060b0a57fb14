"""What held-out predictions tell: scores, how far intervals must move, and what they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.conformal import (
    conformal_correction,
    conformity_scores,
    cross_conformal_corrections,
    enough_sites,
    share_covered,
)
from wco2_engine.learning.cross_validation import HeldOutPredictions
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.model import SCORES, corrected_bounds
from wco2_engine.learning.rows import TrainingRows

FloatArray = NDArray[np.float64]

WHOLE: Mapping[str, Any] = {"month": "all", "zone": "all", "method": "all"}
MAX_LABELS = 20  # zones, or methods, that are scored each by itself
SCORE_LEVEL = 0.9  # of the intervals of scores


def score_rows(
    region: str, validation: str, rows: TrainingRows, held: HeldOutPredictions, seed: int = 0
) -> list[dict[str, Any]]:
    """The scores of held-out predictions, as `Model.scores` has them.

    One row for all, then one a month in the order of a winter, one a zone, and one a method of
    measurement, by name. The intervals are of level 0.9, by bootstrap of sites.
    """
    known = held.known
    found = []
    for labels, chosen in _subsets(rows, known):
        scored = scores(
            rows.target[chosen], held.predicted[chosen], rows.site[chosen], SCORE_LEVEL, seed=seed
        )
        row = {"region": region, "validation": validation, **WHOLE, **labels}
        row |= {"n": scored.n, "sites": scored.sites}
        for name in SCORES:
            score = scored.labelled(name)
            row |= {name: score.value, f"{name}_low": score.lower, f"{name}_high": score.upper}
        found.append(row)
    return found


def _subsets(
    rows: TrainingRows, known: NDArray[np.bool_]
) -> Iterator[tuple[dict[str, Any], NDArray[np.bool_]]]:
    """What a subset is called by, and which rows `(n_rows,)` it has."""
    yield {}, known
    for month in sorted(set(rows.month[known].tolist()), key=lambda m: (m - 7) % 12):
        yield {"month": month}, known & (rows.month == month)
    for key, column in (("zone", rows.zone), ("method", rows.method)):
        counts = Counter(label for label in column[known].tolist() if label)
        for name in sorted(name for name, _ in counts.most_common(MAX_LABELS)):
            yield {key: name}, known & (column == name)


def conformal_corrections(rows: TrainingRows, held: HeldOutPredictions) -> dict[float, float]:
    """By level, what bounds move outward by; without levels for which the sites are too few."""
    known = held.known
    found = {
        level: conformal_correction(score[known], rows.site[known], level)
        for level, score in _conformity(rows.target, held)
        if enough_sites(rows.site[known], level)
    }
    return {level: moved for level, moved in found.items() if moved is not None}


def coverage_rows(
    region: str, validation: str, rows: TrainingRows, held: HeldOutPredictions
) -> list[dict[str, Any]]:
    """How often held-out rows lie within bounds, as `Model.coverage` has it, a row a level."""
    known = held.known
    target, site, folds = rows.target[known], rows.site[known], held.folds[known]
    found = []
    for level, all_scores in _conformity(rows.target, held):
        score = all_scores[known]
        lower, upper = held.bounds[level][:, known]
        row: dict[str, Any] = {"region": region, "validation": validation, "level": level}
        row |= {"n": len(target), "sites": len(np.unique(site))}
        row |= {"raw_coverage": share_covered(score, 0.0)}
        row |= {"raw_width": float(np.mean(upper - lower)), "coverage": None, "width": None}
        moved = cross_conformal_corrections(score, site, folds, level)
        if moved is not None:
            low, high = corrected_bounds(lower, upper, moved)
            row["coverage"] = share_covered(score, moved)
            row["width"] = float(np.mean(high - low))
        found.append(row)
    return found


def _conformity(target: FloatArray, held: HeldOutPredictions) -> Iterator[tuple[float, FloatArray]]:
    for level, (lower, upper) in held.bounds.items():
        yield level, conformity_scores(target, lower, upper)
