"""Forests that are right on average at sites they did not see, so that totals have no bias."""

from __future__ import annotations

import math
from dataclasses import replace

from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.joining import join_forests
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.learning.sites import site_weights
from wco2_engine.options import Hyperparameters

TREES = 5  # that tell a correction
SHARE = 0.2  # of the rows that a leaf of these has at least
SITES = 5  # that a leaf of these has at least, on average
ONE_AT_RANDOM = 1e-9  # share of the predictors that are tried at a split: one is, the least


def corrected(forest: Forest, held_out: TrainingRows, run: RunContext) -> Forest:
    """A forest whose predictions are right on average at sites that it did not see.

    Splits that isolate large fluxes own more of a map than they should, so that totals of forests
    come out too high. What a forest errs by at other sites tells by how much: a difference
    estimator, or prediction-powered inference (Angelopoulos et al. 2023,
    doi 10.1126/science.adi6000). Its errors are weighted to the map by trees that split at random
    (Geurts et al. 2006), in whose large leaves each cell meets the sites that are like it; each
    site counts as one.

    These few trees join those of the forest, all leaves being scaled so that the mean over all
    trees is the forest's prediction plus the mean error. There is one tree without a split where
    the sites are too few to tell places apart.

    Parameters
    ----------
    forest : that predicts means.
    held_out : rows of sites that it did not see, one at least.

    Returns
    -------
    A forest of five trees more.
    """
    rows = held_out
    error = rows.target - forest.predict(rows.features, threads=run.threads)
    share = max(SHARE, SITES / rows.n_sites)
    trees = Hyperparameters(
        TREES,
        min_samples_leaf=max(1, math.ceil(share * len(rows))),
        max_features=ONE_AT_RANDOM,
    )
    weights = site_weights(rows.site)
    added = fit_forest(rows.features, error, trees, run, weights, rows.classes)
    n_trees = forest.n_trees + added.n_trees  # the mean over all is the sum of both means
    parts = (forest, added)
    return join_forests([replace(p, value=p.value * (n_trees / p.n_trees)) for p in parts])
