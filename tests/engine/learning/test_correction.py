"""Corrected members are right on average at sites that they did not see."""

from __future__ import annotations

import numpy as np
import pytest

from wco2_engine.learning.correction import TREES, corrected
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.members import fit_members
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters

RUN = RunContext(seed=3)


def rows_of(sites: int, each: int = 4, seed: int = 0) -> TrainingRows:
    """Fluxes whose logarithm follows the first predictor, and differs from site to site."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), each)
    features = (rng.normal(size=(sites, 3))[site] + 0.1 * rng.normal(size=(len(site), 3))).astype(
        "f4"
    )
    flux = np.exp(1.0 + 0.8 * features[:, 0] + 0.3 * rng.normal(size=sites)[site])
    return TrainingRows.from_arrays(features, flux, site)


def test_a_constant_error_is_taken_off_everywhere() -> None:
    rows = rows_of(60)
    forest = fit_forest(rows.features, rows.target, Hyperparameters(7), RUN)
    same = TrainingRows.from_arrays(rows.features, rows.target - 2.5, rows.site)
    better = corrected(forest, same, RUN)
    assert better.n_trees == 7 + TREES
    # Fully grown trees repeat what they were grown from, so that they err by 2.5 at each row.
    new = rows_of(20, seed=9).features
    np.testing.assert_allclose(better.predict(new), forest.predict(new) - 2.5, rtol=1e-12)


def test_errors_of_places_are_told_apart_where_there_are_sites_enough() -> None:
    rows = rows_of(200).with_predictors([0])
    forest = fit_forest(rows.features, np.zeros(len(rows)), Hyperparameters(3), RUN)
    warm = rows.features[:, 0] > 0
    held = TrainingRows.from_arrays(rows.features, np.where(warm, 4.0, -4.0), rows.site)
    found = corrected(forest, held, RUN).predict(rows.features)
    assert found[warm].mean() > 0.25
    assert found[~warm].mean() < -0.25
    few = held.subset(held.site < 6)  # five sites a leaf can't be split off from six
    found = corrected(forest, few, RUN).predict(rows.features)
    assert np.ptp(found) < 1e-9
    assert found[0] == pytest.approx(few.target.mean())


def test_every_site_counts_as_one_however_long_its_record() -> None:
    site = np.repeat([0, 1], [30, 2])
    features = np.zeros((32, 1), np.float32)
    forest = fit_forest(features, np.zeros(32), Hyperparameters(2), RUN)
    held = TrainingRows.from_arrays(features, np.where(site == 0, 1.0, 3.0), site)
    assert corrected(forest, held, RUN).predict(features)[0] == pytest.approx(2.0)


def test_corrected_members_share_trees_and_differ_from_plain_ones_by_their_correction() -> None:
    rows = rows_of(30)
    logarithmic = Hyperparameters(20, transform="log1p")
    plain = fit_members(rows, logarithmic, RUN, 4, "halves")
    moved = fit_members(rows, Hyperparameters(20), RUN, 4, "halves", correct=True)
    assert np.array_equal(plain.drawn, moved.drawn)
    assert [forest.n_trees for forest in moved.forests] == [5 + TREES] * 4
    for one, other, drawn in zip(plain.forests, moved.forests, moved.drawn, strict=True):
        unseen = rows.subset(np.isin(rows.site, np.flatnonzero(drawn == 0)))
        off, left = (unseen.target - f.predict(unseen.features) for f in (one, other))
        assert abs(left.mean()) < 0.3 * abs(off.mean()) + 0.05
