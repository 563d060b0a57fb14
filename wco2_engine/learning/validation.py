"""Folds, held-out predictions and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.learning.spatial_folds import Places, knndm, spatial_blocks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int16]
METHODS: Mapping[str, str] = {
    "random": "random 10-fold: rows of a site may be on both sides, which flatters",
    "site": "leave-site-out: all rows of a site are held out together",
    "blocks": "blocks of 500 km are held out whole: how well it does far from any site",
    "knndm": "whole sites are held out so that they lie as far from the others as the cells of the "
    "map lie from the sites (kNNDM)",
}
NEEDS_DISTANCE = ("blocks", "knndm")  # which a region with few sites can't give
BLOCK_KM = 500.0
FEW_FOLDS = 5
FOLDS = 10
LEAVE_ONE_SITE_UP_TO = 20  # sites; more of them share folds, because each fold costs a forest


def check_methods(methods: Sequence[str]) -> tuple[str, ...]:
    """The methods when all are known.

    Raises
    ------
    Wco2Error : for an unknown one.
    """
    for method in methods:
        if method not in METHODS:
            raise Wco2Error(f"Unknown validation '{method}'.", nearest_name(method, METHODS))
    return tuple(dict.fromkeys(methods))


def make_folds(
    method: str,
    group: NDArray[np.int32],
    seed: int,
    places: Places | None = None,
    to_predict: Places | None = None,
) -> IntArray:
    """Fold numbers `(n,)` from 0 for rows whose sites are `group`.

    "random" shuffles rows into 10 folds of equal size. "site" holds out each site by itself where
    there are at most 20, and else deals whole sites into 10 folds of nearly equal size. "blocks"
    deals whole blocks of 500 km into 10 folds, or 5 where there are fewer. "knndm" makes 5 folds
    whose distances match those of the map (Linnenbrink et al. 2024, doi
    10.5194/gmd-17-5897-2024).

    Parameters
    ----------
    places : of the rows, for "blocks" and "knndm".
    to_predict : a sample of the map's cells, for "knndm".

    Raises
    ------
    Wco2Error : when the sites are too few, or too near each other, for "blocks" or "knndm".
    ValueError : when a method lacks the places that it needs.
    """
    rows = len(group)
    if method == "blocks":
        if places is None:
            raise ValueError("blocks need to know where the rows lie")
        try:
            folds = spatial_blocks(places, group, BLOCK_KM, FOLDS, seed)
        except Wco2Error:  # fewer blocks than folds
            folds = spatial_blocks(places, group, BLOCK_KM, FEW_FOLDS, seed)
        return folds.astype(np.int16)
    if method == "knndm":
        if places is None or to_predict is None:
            raise ValueError("knndm needs to know where the rows and the map's cells lie")
        return knndm(places, to_predict, group, FEW_FOLDS, seed=seed).folds.astype(np.int16)
    rng = np.random.default_rng(seed)
    if method == "random":
        folds = np.empty(rows, np.int16)
        folds[rng.permutation(rows)] = np.arange(rows) % min(FOLDS, rows)
        return folds
    sites, size = np.unique(group, return_counts=True)
    if len(sites) <= LEAVE_ONE_SITE_UP_TO:
        return np.searchsorted(sites, group).astype(np.int16)
    filled = np.zeros(FOLDS, np.int64)
    fold_of_site = np.empty(len(sites), np.int16)
    shuffled = rng.permutation(len(sites))
    for site in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of_site[site] = np.argmin(filled)
        filled[fold_of_site[site]] += size[site]
    return fold_of_site[np.searchsorted(sites, group)]


def score(observed: FloatArray, predicted: FloatArray) -> dict[str, float]:
    """R2, MAE, RMSE and bias (predicted minus observed), in units of the flux.

    R2 is 1 - sum of squared errors / sum of squares about the mean of the observed: it may be
    negative, and is NaN where the observed do not vary.
    """
    error = predicted - observed
    spread = float(np.sum((observed - observed.mean()) ** 2))
    varies = spread > 1e-12 * max(1.0, float(np.sum(observed**2)))
    return {
        "r2": 1.0 - float(np.sum(error**2)) / spread if varies else float("nan"),
        "mae": float(np.mean(np.abs(error))),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "bias": float(np.mean(error)),
    }


def score_table(
    region: str,
    method: str,
    observed: FloatArray,
    predicted: FloatArray,
    month: NDArray[np.integer[Any]],
    group: NDArray[np.int32],
) -> list[dict[str, Any]]:
    """Pooled scores of held-out predictions: one row for all months, then one a month.

    Each row has region, validation, month ("all" or 1 to 12), n, sites, r2, mae, rmse, bias.
    """
    rows: list[dict[str, Any]] = []
    for name in ("all", *sorted(set(month.tolist()), key=lambda m: (m - 7) % 12)):
        chosen = np.ones(len(month), bool) if name == "all" else month == name
        rows.append(
            {
                "region": region,
                "validation": method,
                "month": name,
                "n": int(chosen.sum()),
                "sites": len(np.unique(group[chosen])),
                **score(observed[chosen], predicted[chosen]),
            }
        )
    return rows
