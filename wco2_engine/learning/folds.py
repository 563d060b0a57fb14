"""Folds: which rows are held out together, by the names that a study gives its validations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.grid import EARTH_RADIUS_M
from wco2_engine.learning.knndm import knndm
from wco2_engine.learning.labels import COMMON, UNKNOWN
from wco2_engine.learning.locations import Locations

FoldArray = NDArray[np.int16]
Labels = NDArray[np.integer[Any]]

METHODS: Mapping[str, str] = {
    "random": "random 10-fold: rows of a site may be on both sides, which flatters",
    "site": "leave-site-out: all rows of a site are held out together",
    "blocks": "blocks of 500 km are held out whole: how well it does far from any site",
    "knndm": "whole sites are held out so that they lie as far from the others as the cells of the "
    "map lie from the sites (kNNDM)",
    "year": "whole winters are held out, while their sites train by other winters: how well a "
    "winter without measurements is known at sites that have some",
    "decade": "the winters of a decade are held out together, while their sites train by other "
    "decades: the same, farther from what was measured",
    "method": "what one method measured is held out together: whether what the others measured "
    "tells it",
    "source": "what comes from one source (a campaign, a study, a data set) is held out together",
}
MAY_LACK = ("blocks", "knndm", *COMMON)  # which not every region has the rows for
BLOCK_KM = 500.0
FEW_FOLDS = 5
FOLDS = 10
LEAVE_ONE_SITE_UP_TO = 20  # sites; more of them share folds, because each fold costs a forest


def make_folds(
    method: str,
    group: Labels,
    seed: int,
    training_points: Locations | None = None,
    prediction_points: Locations | None = None,
) -> FoldArray:
    """Fold numbers `(n_rows,)` from 0 by a validation's name; see the function of each.

    Parameters
    ----------
    method : one of `METHODS`.
    group : `(n_rows,)`, equal for rows of one site; for "year", "decade", "method" and "source",
        for rows that have this in common, -1 for those that have none, see `labels_of`.
    training_points : of the rows, for "blocks" and "knndm".
    prediction_points : a sample of the map's cells, for "knndm".

    Raises
    ------
    Wco2Error : for an unknown method, or when the sites are too few, or too near each other, for
        "blocks" or "knndm", or all rows are of one winter, decade, method or source.
    ValueError : when a method lacks the points that it needs.
    """
    if method not in METHODS:
        raise Wco2Error(f"Unknown validation '{method}'.", nearest_name(method, METHODS))
    if method == "random":
        return random_folds(len(group), seed=seed)
    if method == "site":
        return site_folds(group, seed=seed)
    if method in COMMON:
        return label_folds(group, COMMON[method], seed)
    if training_points is None:
        raise ValueError(f"{method} needs to know where the rows lie")
    if method == "blocks":
        try:
            return block_folds(training_points, group, seed=seed)
        except Wco2Error:  # fewer blocks than folds
            return block_folds(training_points, group, n_folds=FEW_FOLDS, seed=seed)
    if prediction_points is None:
        raise ValueError("knndm needs to know where the map's cells lie")
    return knndm(training_points, prediction_points, group, FEW_FOLDS, seed=seed).folds


def random_folds(n_rows: int, n_folds: int = FOLDS, seed: int = 0) -> FoldArray:
    """Fold numbers `(n_rows,)` from 0: shuffled rows in folds of equal size.

    Rows of one site may be on both sides, so scores flatter.
    """
    folds = np.empty(n_rows, np.int16)
    folds[np.random.default_rng(seed).permutation(n_rows)] = np.arange(n_rows) % min(
        n_folds, n_rows
    )
    return folds


def site_folds(group: Labels, n_folds: int | None = None, seed: int = 0) -> FoldArray:
    """Fold numbers `(n_rows,)` from 0: whole sites are held out.

    Parameters
    ----------
    group : `(n_rows,)`, equal for rows of one site.
    n_folds : None holds each site out by itself where there are at most 20, and else deals them
        into 10 folds.
    """
    sites = np.unique(group)
    if n_folds is None and len(sites) <= LEAVE_ONE_SITE_UP_TO:
        return np.searchsorted(sites, group).astype(np.int16)
    return deal_groups(group, n_folds or FOLDS, seed)


def label_folds(label: Labels, what: str, seed: int = 0) -> FoldArray:
    """Fold numbers `(n_rows,)` from 0: rows of one label are held out together, -1 for never.

    Each label by itself where there are at most 20, else dealt into 10 folds, as sites are.

    Parameters
    ----------
    label : `(n_rows,)`; rows of -1 have none, and always train.
    what : a label is called.

    Raises
    ------
    Wco2Error : when there are fewer than two labels.
    """
    known = label != UNKNOWN
    if len(np.unique(label[known])) < 2:
        raise Wco2Error(
            f"All rows are of one {what}, so that none can be held out."
            if known.any()
            else f"No row has a known {what}, so that none can be held out.",
            f"Leave it out, or bring another {what}.",
        )
    folds = np.full(len(label), -1, np.int16)
    folds[known] = site_folds(label[known], seed=seed)
    return folds


def deal_groups(group: Labels, n_folds: int, seed: int) -> FoldArray:
    """Fold numbers `(n_rows,)` from 0: whole groups in folds of nearly equally many rows.

    As many folds as there are groups where these are fewer. Larger groups are dealt first, each to
    the fold that has the fewest rows yet; the seed decides among groups of equal size.
    """
    groups, row_group, size = np.unique(group, return_inverse=True, return_counts=True)
    filled = np.zeros(min(n_folds, len(groups)), np.int64)
    fold_of = np.empty(len(groups), np.int16)
    shuffled = np.random.default_rng(seed).permutation(len(groups))
    for each in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of[each] = np.argmin(filled)
        filled[fold_of[each]] += size[each]
    return fold_of[row_group.reshape(-1)]


def blocks_of_sites(points: Locations, site: Labels, size_km: float = BLOCK_KM) -> Labels:
    """The block `(n_sites,)` from 0 of the middle of each site.

    Blocks lie in belts of latitude, as many in each as fit, so all have nearly the same area.

    Parameters
    ----------
    points, site : of rows `(n,)`, sites being numbered from 0 without a gap.
    """
    middle = points.centres(site, int(site.max(initial=-1)) + 1)
    step = size_km * 1000.0 / EARTH_RADIUS_M
    belt = np.floor(np.radians(90.0 - middle.y) / step)
    around = 2.0 * np.pi * np.abs(np.sin(np.minimum((belt + 0.5) * step, np.pi)))
    blocks_in_belt = np.maximum(1.0, np.round(around / step))
    column = np.floor((middle.x % 360.0) / 360.0 * blocks_in_belt)
    block = np.unique(np.column_stack([belt, column]), axis=0, return_inverse=True)[1]
    return np.asarray(block).reshape(-1)


def block_folds(
    points: Locations,
    group: Labels,
    size_km: float = BLOCK_KM,
    n_folds: int = FOLDS,
    seed: int = 0,
) -> FoldArray:
    """Folds `(n,)` from 0 of whole blocks of about `size_km` by `size_km`, see `blocks_of_sites`.

    They are dealt to `n_folds` folds of nearly equal numbers of rows.

    Parameters
    ----------
    points : of the rows, on the sphere.
    group : `(n,)`, equal for rows of one site.

    Raises
    ------
    Wco2Error : when the size is not above 0, or there are fewer blocks with rows than folds.
    """
    if not points.on_sphere:
        raise ValueError("blocks are for longitudes and latitudes")
    if not 0 < size_km < np.inf or n_folds < 2:
        raise Wco2Error(f"Blocks of {size_km:g} km in {n_folds} folds are not possible.")
    site = np.unique(group, return_inverse=True)[1].reshape(-1)
    block = blocks_of_sites(points, site, size_km)[site]
    n_blocks = int(block.max(initial=-1)) + 1
    if n_blocks < n_folds:
        raise Wco2Error(
            f"The rows lie in {n_blocks} blocks of {size_km:g} km, too few for {n_folds} folds.",
            "Take smaller blocks or fewer folds.",
        )
    return deal_groups(block, n_folds, seed)
