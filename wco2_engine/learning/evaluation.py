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
from wco2_engine.learning.judged import SCORES
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.region_model import corrected_bounds
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.winters import (
    HeldOutMonths,
    correlation_of_months,
    winter_factor,
    winters_of_sites,
)
from wco2_engine.season import Winter

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


def winter_factors(
    rows: TrainingRows, held: HeldOutPredictions, winter: Winter, corrections: Mapping[float, float]
) -> dict[float, float]:
    """By level, the factor of a winter's bounds; without levels for which the sites are too few.

    Parameters
    ----------
    corrections : by level, what the bounds of months are moved outward by.
    """
    found = {}
    for level, moved in corrections.items():
        months = _held_out_months(rows, held, winter, level, moved)
        found[level] = winter_factor(months, level, winter)
    return {level: factor for level, factor in found.items() if factor is not None}


def winter_coverage_rows(
    region: str, validation: str, rows: TrainingRows, held: HeldOutPredictions, winter: Winter
) -> list[dict[str, Any]]:
    """How often held-out winters of sites lie within bounds, as `Model.winter_coverage` has it.

    A row a calibrated level. Of each winter it is the sum over the months that the site has, two
    at least. Both calibrations are of the sites of other folds.
    """
    found = []
    for level, score in _conformity(rows.target, held):
        moved = cross_conformal_corrections(score, rows.site, held.folds, level)
        if moved is None:
            continue
        parts = [
            _judged(rows, held, winter, level, fold, float(moved[held.folds == fold][0]))
            for fold in np.unique(held.folds[held.known])
        ]
        whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        if not len(whole["site"]):
            continue
        told = bool(np.isfinite(whole["width"]).all())
        found.append(
            {
                **{"region": region, "validation": validation, "level": level},
                **{"n": len(whole["site"]), "sites": len(np.unique(whole["site"]))},
                "months": float(whole["months"].mean()),
                "correlation": correlation_of_months(
                    _held_out_months(rows, held, winter, level, moved[held.known])
                ),
                "sum_coverage": float(whole["held_by_sums"].mean()),
                "sum_width": float(whole["sum_width"].mean()),
                "coverage": float(whole["held"].mean()) if told else None,
                "width": float(whole["width"].mean()) if told else None,
            }
        )
    return found


def _judged(
    rows: TrainingRows,
    held: HeldOutPredictions,
    winter: Winter,
    level: float,
    fold: int,
    moved: float,
) -> dict[str, NDArray[Any]]:
    """The winters of one fold `(n_winters,)`, within bounds that the other folds calibrate."""
    months = _held_out_months(rows, held, winter, level, moved)
    own = np.isin(months.site, np.unique(rows.site[held.folds == fold]))
    factor = winter_factor(months.subset(~own), level, winter)
    tested = months.subset(own)
    observed = tested.sums(tested.observed)
    sums, bounds = (tested.summed_bounds(f) for f in (1.0, np.nan if factor is None else factor))
    return {
        "site": tested.site_of_winter,
        "months": tested.sums(np.ones(len(tested.site))),
        "held_by_sums": (sums[0] <= observed) & (observed <= sums[1]),
        "sum_width": sums[1] - sums[0],
        "held": (bounds[0] <= observed) & (observed <= bounds[1]),
        "width": bounds[1] - bounds[0],
    }


def _held_out_months(
    rows: TrainingRows,
    held: HeldOutPredictions,
    winter: Winter,
    level: float,
    moved: FloatArray | float,
) -> HeldOutMonths:
    """What was held out of winters with two months or more, with bounds moved outward.

    `moved` is one number, or one of each row that was held out.
    """
    known = held.known
    raw_lower, raw_upper = held.bounds[level][:, known]
    lower, upper = corrected_bounds(raw_lower, raw_upper, moved)
    months = HeldOutMonths(
        rows.site[known],
        winters_of_sites(rows.site[known], rows.year[known], rows.month[known], winter),
        rows.month[known],
        rows.target[known],
        held.predicted[known],
        lower,
        upper,
    )
    return months.subset(months.winter >= 0)


def _conformity(target: FloatArray, held: HeldOutPredictions) -> Iterator[tuple[float, FloatArray]]:
    for level, (lower, upper) in held.bounds.items():
        yield level, conformity_scores(target, lower, upper)
