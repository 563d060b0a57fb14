"""How skill at held-out sites grows with the number of sites that train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.cross_validation import side_by_side
from wco2_engine.learning.metrics import Score, Scores, rmse_gain, scores
from wco2_engine.learning.once import predict_once
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

SHARES = (0.25, 0.5, 0.75, 1.0)
FEWEST_SITES = 2  # that train


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """Skill with some of the sites.

    Parameters
    ----------
    share : of the sites of the other folds that trained.
    sites : how many that were, on average over the folds.
    scores : of all held-out rows.
    gain : RMSE with the share before minus that with this one; None for the first.
    """

    share: float
    sites: float
    scores: Scores
    gain: Score | None


def learning_curve(
    rows: TrainingRows,
    folds: Labels,
    hyperparameters: Hyperparameters,
    run: RunContext | None = None,
    shares: Sequence[float] = SHARES,
) -> tuple[CurvePoint, ...]:
    """Scores at the same held-out sites by forests of more and more of the others.

    In each fold sites are drawn once, so that a larger share has the sites of a smaller one and
    more, and what is gained from share to share is told by pairs.

    Parameters
    ----------
    folds : `(n_rows,)`, whole sites from 0; rows of fold -1 only train.
    shares : of the sites that may train, rising, each above 0 and at most 1.

    Raises
    ------
    Wco2Error : when the least share of some fold's sites are fewer than two.
    Cancelled : when the user asks to stop.
    """
    run = run or RunContext()
    numbers = np.unique(folds[folds >= 0])
    order = {}
    for number in numbers.tolist():
        sites = np.unique(rows.site[folds != number])
        order[number] = np.random.default_rng((run.seed, number)).permutation(sites)
    least = min(round(min(shares) * len(sites)) for sites in order.values())
    if least < FEWEST_SITES:
        raise Wco2Error(
            f"A learning curve of {rows.n_sites} sites is impossible: {min(shares):.0%} of those "
            f"that train are {least}.",
            "Bring more sites, or larger shares.",
        )
    calls = [(share, number) for share in shares for number in numbers.tolist()]

    def held_out(share: float, number: int, check: Any) -> FloatArray:
        some = order[number][: round(share * len(order[number]))]
        train = rows.subset((folds != number) & np.isin(rows.site, some)).training(hyperparameters)
        asked = [rows.features[folds == number]]
        return predict_once(train, hyperparameters, run.seed, asked, (), check).predicted[0]

    found = side_by_side(held_out, calls, run, "Learning curve")
    predicted = np.full((len(shares), len(rows)), np.nan)
    for (share, number), values in zip(calls, found, strict=True):
        predicted[list(shares).index(share), folds == number] = values
    known = folds >= 0
    target, site = rows.target[known], rows.site[known]
    points = []
    for k, (share, values) in enumerate(zip(shares, predicted[:, known], strict=True)):
        before = predicted[k - 1, known]
        trained = [round(share * len(each)) for each in order.values()]
        points.append(
            CurvePoint(
                share,
                float(np.mean(trained)),
                scores(target, values, site, seed=run.seed),
                rmse_gain(target, before, values, site, seed=run.seed) if k else None,
            )
        )
    return tuple(points)
