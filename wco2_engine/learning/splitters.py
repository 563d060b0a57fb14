"""Folds as scikit-learn's splitters: for `cross_val_score`, `GridSearchCV` and their like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.folds import (
    BLOCK_KM,
    FEW_FOLDS,
    FOLDS,
    FoldArray,
    Labels,
    block_folds,
    random_folds,
    site_folds,
)
from wco2_engine.learning.knndm import knndm
from wco2_engine.learning.locations import Locations


class _FoldSplitter(BaseCrossValidator):  # type: ignore[misc]
    """What all have in common: splits come from the fold number of each row."""

    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def fold_numbers(self, X: Any, groups: ArrayLike | None = None) -> FoldArray:  # noqa: N803
        """The fold `(n_rows,)` from 0 that holds each row out."""
        raise NotImplementedError

    def get_n_splits(
        self,
        X: Any = None,  # noqa: N803
        y: Any = None,
        groups: ArrayLike | None = None,
    ) -> int:
        """How many folds there are, for these rows."""
        if X is None and groups is None:
            raise ValueError("how many folds there are depends on the rows: give X and groups")
        return int(self.fold_numbers(groups if X is None else X, groups).max()) + 1

    def _iter_test_masks(
        self,
        X: Any = None,  # noqa: N803
        y: Any = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[NDArray[np.bool_]]:
        folds = self.fold_numbers(X, groups)
        for fold in range(int(folds.max()) + 1):
            yield folds == fold


class RandomKFold(_FoldSplitter):
    """Shuffled rows in folds of equal size: the validation "random".

    Rows of one site may be on both sides, so scores flatter. Its folds are those of a model's
    validation "random" with the same seed.

    Parameters
    ----------
    n_splits : how many folds.
    random_state : the seed.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import RandomKFold
    >>> [len(test) for train, test in RandomKFold(n_splits=3).split(np.zeros((7, 2)))]
    [3, 2, 2]
    """

    def __init__(self, n_splits: int = FOLDS, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def fold_numbers(self, X: Any, groups: ArrayLike | None = None) -> FoldArray:  # noqa: N803
        _check_splits(self.n_splits, len(X), "rows")
        return random_folds(len(X), self.n_splits, self.random_state)


class SiteKFold(_FoldSplitter):
    """Whole sites are held out: the validation "site".

    With winters, decades, methods or sources as groups its folds are those of the validations
    "year", "decade", "method" and "source".

    Parameters
    ----------
    n_splits : how many folds of nearly equally many rows. None holds each site out by itself where
        there are at most 20, and else deals them into 10 folds, as a model's validation does.
    random_state : the seed, which decides among sites of equal size.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import ExtraTreesRegressor
    >>> from sklearn.model_selection import cross_val_score
    >>> from wco2_engine import SiteKFold
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(np.arange(6), 10)
    >>> X = rng.normal(size=(60, 2))
    >>> y = 3 * X[:, 0] + rng.normal(size=60)
    >>> forest = ExtraTreesRegressor(50, random_state=0)
    >>> scores = cross_val_score(forest, X, y, groups=site, cv=SiteKFold(n_splits=3))
    >>> len(scores), bool(scores.min() > 0.5)
    (3, True)
    """

    def __init__(self, n_splits: int | None = None, random_state: int = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def fold_numbers(self, X: Any, groups: ArrayLike | None = None) -> FoldArray:  # noqa: N803
        group = _group(X, groups)
        _check_splits(self.n_splits or 2, len(np.unique(group)), "sites")
        return site_folds(group, self.n_splits, self.random_state)


class BlockKFold(_FoldSplitter):
    """Blocks of the Earth are held out whole: the validation "blocks".

    Blocks have nearly the same area; a site belongs to the block of its middle. The splitter knows
    where the rows lie, since scikit-learn hands it predictors alone.

    Parameters
    ----------
    points : where the rows lie: `Locations`, or an array `(n_rows, 2)` of longitude and latitude.
    n_splits : how many folds of nearly equally many rows.
    size_km : length of a block's sides.
    random_state : the seed, which decides among blocks of equal size.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import BlockKFold
    >>> points = np.array([[-150.0, 68.0], [-149.0, 68.0], [25.0, 69.0], [129.0, 72.0]])
    >>> blocks = BlockKFold(points, n_splits=3)
    >>> sorted(test.tolist() for train, test in blocks.split(np.zeros((4, 1))))
    [[0, 1], [2], [3]]
    """

    def __init__(
        self,
        points: Locations | ArrayLike,
        n_splits: int = FOLDS,
        size_km: float = BLOCK_KM,
        random_state: int = 0,
    ) -> None:
        self.points = points
        self.n_splits = n_splits
        self.size_km = size_km
        self.random_state = random_state

    def fold_numbers(self, X: Any, groups: ArrayLike | None = None) -> FoldArray:  # noqa: N803
        points = _locations(self.points, len(X))
        group = np.arange(len(X)) if groups is None else _group(X, groups)
        return block_folds(points, group, self.size_km, self.n_splits, self.random_state)

    def __repr__(self) -> str:
        return f"BlockKFold(n_splits={self.n_splits}, size_km={self.size_km:g})"


class KNNDMSplit(_FoldSplitter):
    """Rows are held out as far from the others as the map's cells lie from the rows: "knndm".

    k-fold nearest-neighbour distance matching (Linnenbrink et al. 2024,
    doi 10.5194/gmd-17-5897-2024); see `knndm`, which tells how well distances match.

    Parameters
    ----------
    training_points, prediction_points : where the rows, and a sample of the cells to predict, lie:
        `Locations`, or an array `(n, 2)` of longitude and latitude.
    n_splits : how many folds.
    maxp : no fold holds more than this share of the rows.
    random_state : the seed of random folds, which are right where rows lie as the cells do.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import KNNDMSplit
    >>> rng = np.random.default_rng(0)
    >>> sites = np.column_stack([rng.normal(-150, 2, 30), rng.normal(68, 1, 30)])
    >>> cells = np.column_stack([rng.uniform(-180, -120, 500), rng.uniform(60, 75, 500)])
    >>> folds = KNNDMSplit(sites, cells)
    >>> folds.get_n_splits(np.zeros((30, 3)), groups=np.arange(30))
    5
    """

    def __init__(
        self,
        training_points: Locations | ArrayLike,
        prediction_points: Locations | ArrayLike,
        n_splits: int = FEW_FOLDS,
        maxp: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.training_points = training_points
        self.prediction_points = prediction_points
        self.n_splits = n_splits
        self.maxp = maxp
        self.random_state = random_state

    def fold_numbers(self, X: Any, groups: ArrayLike | None = None) -> FoldArray:  # noqa: N803
        points, cells = _locations(self.training_points, len(X)), _locations(self.prediction_points)
        group = None if groups is None else _group(X, groups)
        found = knndm(points, cells, group, self.n_splits, self.maxp, self.random_state)
        return found.folds

    def __repr__(self) -> str:
        return f"KNNDMSplit(n_splits={self.n_splits}, maxp={self.maxp:g})"


def _check_splits(n_splits: int, count: int, what: str) -> None:
    if not 2 <= n_splits <= count:
        raise Wco2Error(
            f"{count} {what} can't be dealt into {n_splits} folds.",
            f"Take from 2 to as many folds as there are {what}.",
        )


def _group(X: Any, groups: ArrayLike | None) -> Labels:  # noqa: N803
    if groups is None:
        raise Wco2Error("Holding sites out needs to know them.", "Give groups, a site a row.")
    found = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    if len(found) != len(X):
        raise Wco2Error(f"There are {len(found)} groups for {len(X)} rows.", "Give one a row.")
    return found


def _locations(points: Locations | ArrayLike, n_rows: int | None = None) -> Locations:
    if not isinstance(points, Locations):
        table = np.asarray(points, np.float64)
        if table.ndim != 2 or table.shape[1] != 2:
            raise Wco2Error(
                f"The points have the shape {table.shape}, not (n, 2).",
                "Give longitude and latitude in degrees.",
            )
        points = Locations(table[:, 0], table[:, 1])
    if n_rows is not None and len(points) != n_rows:
        raise Wco2Error(
            f"There are {len(points)} points for {n_rows} rows.", "Give the place of each row."
        )
    return points
