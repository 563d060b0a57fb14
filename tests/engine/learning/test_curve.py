"""Learning curves: more sites, the same held-out rows."""

from __future__ import annotations

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.curve import learning_curve
from wco2_engine.learning.folds import deal_groups
from wco2_engine.learning.metrics import scores
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

FEW = Hyperparameters(10)


def rows_of(sites: int, noise: float = 0.0) -> TrainingRows:
    """A flux of a static predictor, so that each new site tells of another value of it."""
    rng = np.random.default_rng(0)
    site = np.repeat(np.arange(sites), 3)
    carbon = rng.uniform(0, 10, sites)[site]
    flux = np.sin(carbon) + rng.normal(0, noise, len(site))
    return TrainingRows.from_arrays(carbon[:, None], flux, site)


def test_more_sites_tell_more() -> None:
    rows = rows_of(64)
    points = learning_curve(rows, deal_groups(rows.site, 4, 0), FEW)
    assert [point.sites for point in points] == [12, 24, 36, 48]
    errors = [point.scores.rmse.value for point in points]
    assert errors[0] > 2 * errors[-1]
    assert points[0].gain is None
    last = points[-1].gain
    assert last is not None
    assert last.value == pytest.approx(errors[-2] - errors[-1])


def test_all_sites_are_those_of_the_validation_itself() -> None:
    rows = rows_of(20, noise=0.5)
    folds = np.where(rows.site < 2, -1, deal_groups(rows.site, 4, 0))
    point = learning_curve(rows, folds, FEW, RunContext(threads=2))[-1]
    predicted = cross_val_predict(rows, folds, FEW).predicted
    known = folds >= 0
    assert point.scores == scores(rows.target[known], predicted[known], rows.site[known])


def test_too_few_sites_are_refused() -> None:
    rows = rows_of(6)
    with pytest.raises(Wco2Error, match="A learning curve of 6 sites is impossible: 25% of those"):
        learning_curve(rows, deal_groups(rows.site, 3, 0), FEW)
