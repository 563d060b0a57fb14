"""Folds as scikit-learn takes them, and equal to those of a model's validations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.folds import make_folds
from wco2_engine.learning.locations import Locations
from wco2_engine.learning.splitters import BlockKFold, KNNDMSplit, RandomKFold, SiteKFold

SITE = np.repeat(np.arange(30), 4)
NAMES = np.array([f"site {k:02d}" for k in SITE])
RNG = np.random.default_rng(0)
POINTS = Locations(RNG.normal(-150, 25, 30)[SITE], RNG.normal(62, 6, 30)[SITE])
CELLS = Locations(RNG.uniform(-180, -120, 400), RNG.uniform(55, 75, 400))
X = RNG.normal(size=(120, 3))
Y = 3 * X[:, 0] + RNG.normal(size=120)

SPLITTERS = {
    "random": RandomKFold(random_state=3),
    "site": SiteKFold(random_state=3),
    "blocks": BlockKFold(POINTS, random_state=3),
    "knndm": KNNDMSplit(POINTS, CELLS, random_state=3),
}


def folds_of(splitter: Any) -> np.ndarray:
    folds = np.full(len(X), -1)
    for fold, (train, test) in enumerate(splitter.split(X, Y, groups=NAMES)):
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(X)
        assert (folds[test] == -1).all()
        folds[test] = fold
    assert (folds >= 0).all()
    return folds


@pytest.mark.parametrize("method", SPLITTERS)
def test_splits_are_the_folds_of_the_validation_of_that_name(method: str) -> None:
    expected = make_folds(method, SITE.astype(np.int32), 3, POINTS, CELLS)
    np.testing.assert_array_equal(folds_of(SPLITTERS[method]), expected)
    assert SPLITTERS[method].get_n_splits(X, Y, NAMES) == expected.max() + 1


@pytest.mark.parametrize("method", ["site", "blocks", "knndm"])
def test_sites_are_held_out_whole(method: str) -> None:
    folds = folds_of(SPLITTERS[method])
    assert len(set(zip(SITE.tolist(), folds.tolist(), strict=True))) == 30


@pytest.mark.parametrize("method", SPLITTERS)
def test_scikit_learn_takes_them(method: str) -> None:
    splitter = SPLITTERS[method]
    forest = ExtraTreesRegressor(5, random_state=0)
    scores = cross_val_score(forest, X, Y, groups=NAMES, cv=splitter)
    assert len(scores) == splitter.get_n_splits(X, Y, NAMES)
    search = GridSearchCV(clone(forest), {"min_samples_leaf": [1, 5]}, cv=splitter)
    assert search.fit(X, Y, groups=NAMES).best_params_["min_samples_leaf"] in (1, 5)


def test_points_may_be_an_array_of_longitude_and_latitude() -> None:
    table = np.column_stack([POINTS.x, POINTS.y])
    np.testing.assert_array_equal(
        folds_of(BlockKFold(table, random_state=3)), folds_of(SPLITTERS["blocks"])
    )


@pytest.mark.parametrize(
    ("splitter", "groups", "told"),
    [
        (SiteKFold(), None, "needs to know them"),
        (SiteKFold(n_splits=31), NAMES, "30 sites can't be dealt into 31 folds"),
        (RandomKFold(n_splits=1), None, "120 rows can't be dealt into 1 folds"),
        (BlockKFold(POINTS.at(slice(9))), NAMES, "9 points for 120 rows"),
        (BlockKFold(np.zeros((120, 3))), NAMES, r"shape \(120, 3\), not \(n, 2\)"),
        (BlockKFold(POINTS, n_splits=50), NAMES, "too few for 50 folds"),
        (KNNDMSplit(POINTS, CELLS, n_splits=40), NAMES, "30 sites are too few for the 40 folds"),
    ],
)
def test_what_can_not_be_split_is_refused(splitter: Any, groups: Any, told: str) -> None:
    with pytest.raises(Wco2Error, match=told):
        list(splitter.split(X, Y, groups))


@pytest.mark.parametrize("method", SPLITTERS)
def test_they_show_themselves_on_a_line(method: str) -> None:
    shown = repr(SPLITTERS[method])
    assert shown.startswith(type(SPLITTERS[method]).__name__)
    assert len(shown) < 100
    assert "\n" not in shown
