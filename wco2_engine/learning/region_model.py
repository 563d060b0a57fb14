"""A region of the model: its forest, what that was trained on, and what it tells of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import one_line
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.checks import fixed, number_of, text_of
from wco2_engine.learning.forest import Estimates, Forest
from wco2_engine.learning.judged import checked_level, level_text
from wco2_engine.learning.readiness import winters_of
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.winters import winter_bounds
from wco2_engine.options import KEEP_SITES_WHOLE, MAX_ENSEMBLE
from wco2_engine.season import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from wco2_engine.learning.rows import TrainingRows

MAX_SITE_CODE = 10_000_000
MAX_FOLDS = 1_000

# From strict to loose: the one by which applicability is told, and which a map's score is quoted.
# Folds of winters, methods and sources are not among them: their sites go on training, so they say
# nothing of places without one.
STRICT_FIRST = (*KEEP_SITES_WHOLE[::-1], "random")

# Of training rows, besides their features: each array and its type.
ROW_ARRAYS: dict[str, str] = {
    "target": "f8",
    "site": "i4",
    "longitude": "f8",
    "latitude": "f8",
    "year": "i2",
    "month": "i1",
}
_BOUNDS: dict[str, tuple[float, float]] = {
    "site": (0, MAX_SITE_CODE),
    "longitude": (-360, 360),
    "latitude": (-90, 90),
    "year": (FIRST_YEAR, LAST_YEAR),
    "month": (1, 12),
}


@dataclass(frozen=True, eq=False)
class OtherMonths:
    """Rows of other months than the winter's that a forest was fitted to, all `(n_rows,)` but
    `features`, as those of `RegionModel` are.

    Raises
    ------
    ValueError : when an array has another type or length, or a value is out of bounds.
    """

    features: NDArray[np.float32]
    target: NDArray[np.float64]
    site: NDArray[np.int32]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    year: NDArray[np.int16]
    month: NDArray[np.int8]

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        _fix_rows(self, "other months")

    @classmethod
    def of(cls, rows: TrainingRows) -> OtherMonths | None:
        """Of rows for training; None for no rows."""
        if not len(rows):
            return None
        return cls(rows.features, **{key: getattr(rows, key) for key in ROW_ARRAYS})


@dataclass(frozen=True, eq=False)
class RegionModel:
    """One region's forest and what it was trained on; all arrays are by training row of the winter.

    So whatever is told of training rows is told of the winter, which is what is mapped.

    Parameters
    ----------
    features : `(n_rows, n_features)` float32, in the units of the model's predictors.
    target : `(n_rows,)` float64, g C m-2 month-1.
    site : `(n_rows,)` int32, equal for rows of one site.
    longitude, latitude : `(n_rows,)` float64, degrees.
    year, month : `(n_rows,)` int16 and int8.
    folds : by validation, `(n_rows,)` int16, the fold that held the row out; -1 for none.
    predictions : by validation, `(n_rows,)` float64, predicted while held out; NaN for none.
    importances : by kind ("impurity", "permutation"), `(n_features,)` float64.
    members, n_members : the trees of equally large forests, each grown on other sites, one forest
        after the other; None and 0 where there are none. They predict means.
    calibration : by level as text ("0.9", see `level_text`), what the bounds of this level are
        moved outward by, g C m-2 month-1; inward where negative.
    others : the rows of other months that the forest was fitted to too; None for none.
    winter_calibration : by level as text, the factor of a winter's bounds, see `winter_bounds`.

    Raises
    ------
    ValueError : when an array has another type or length, or a value is out of bounds.
    """

    region: Region
    forest: Forest
    features: NDArray[np.float32]
    target: NDArray[np.float64]
    site: NDArray[np.int32]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    year: NDArray[np.int16]
    month: NDArray[np.int8]
    folds: Mapping[str, NDArray[np.int16]]
    predictions: Mapping[str, NDArray[np.float64]]
    importances: Mapping[str, NDArray[np.float64]]
    members: Forest | None = None
    n_members: int = 0
    calibration: Mapping[str, float] = field(default_factory=dict)
    others: OtherMonths | None = None
    winter_calibration: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"RegionModel({one_line(self.region.name)!r}, {self.n_rows} rows, {self.n_sites} "
            f"sites, {self.features.shape[1]} features, {self.forest.n_trees} trees, "
            f"{self.n_members} members)"
        )

    def __post_init__(self) -> None:
        name = self.region.name
        _fix_rows(self, f"region '{name}'")
        n_rows, n_features = self.features.shape
        if n_features != self.forest.n_features:
            raise ValueError(f"region '{name}': features and forest differ in columns")
        if self.others is not None and self.others.features.shape[1] != n_features:
            raise ValueError(f"region '{name}': rows of other months differ in columns")
        for key, dtype, length in (
            ("folds", "i2", n_rows),
            ("predictions", "f8", n_rows),
            ("importances", "f8", n_features),
        ):
            arrays = {
                text_of(kind, f"a name in {key}"): fixed(array, dtype, (length,), f"{name} {key}")
                for kind, array in getattr(self, key).items()
            }
            object.__setattr__(self, key, arrays)
        for fold in self.folds.values():
            if (fold < -1).any() or (fold >= MAX_FOLDS).any():
                raise ValueError(f"region '{name}': a fold is not within -1 to {MAX_FOLDS - 1}")
            if fold[0] >= 0 and (fold == fold[0]).all():
                raise ValueError(f"region '{name}': a fold holds all rows, so that none trains")
        if any(np.isinf(predicted).any() for predicted in self.predictions.values()):
            raise ValueError(f"region '{name}': predictions hold infinity")
        if not all(np.isfinite(shares).all() for shares in self.importances.values()):
            raise ValueError(f"region '{name}': importances hold NaN or infinity")
        self._check_members()
        for key in ("calibration", "winter_calibration"):
            of_level = {checked_level(k): number_of(v, k) for k, v in getattr(self, key).items()}
            if not all(map(math.isfinite, of_level.values())):
                raise ValueError(f"region '{name}': {key} holds NaN or infinity")
            object.__setattr__(self, key, of_level)
        if any(factor < 0 for factor in self.winter_calibration.values()):
            raise ValueError(f"region '{name}': winter_calibration holds a negative factor")

    def _check_members(self) -> None:
        name = self.region.name
        if type(self.n_members) is not int or not 0 <= self.n_members <= MAX_ENSEMBLE:
            raise ValueError(f"region '{name}': {self.n_members!r:.40} members")
        if (self.members is None) != (self.n_members == 0) or self.n_members == 1:
            raise ValueError(f"region '{name}': {self.n_members} members don't fit its forests")
        if self.members is None:
            return
        alike = self.members.n_features == self.forest.n_features
        if not alike or self.members.classes != self.forest.classes:
            raise ValueError(f"region '{name}': members and forest differ in columns")
        if not self.members.aggregate.is_mean:
            raise ValueError(f"region '{name}': its members predict no means")
        if self.members.n_trees % self.n_members:
            raise ValueError(f"region '{name}': its members differ in trees")

    @property
    def n_rows(self) -> int:
        return len(self.features)

    @property
    def n_sites(self) -> int:
        return int(np.unique(self.site).size)

    @property
    def n_others(self) -> int:
        """How many rows of other months the forest was fitted to."""
        return 0 if self.others is None else len(self.others.features)

    def training_arrays(self) -> dict[str, NDArray[Any]]:
        """The training rows by name; those of other months, where there are any, as `others_…`."""
        names = ("features", *ROW_ARRAYS)
        own = {key: getattr(self, key) for key in names}
        if self.others is None:
            return own
        return {**own, **{f"others_{key}": getattr(self.others, key) for key in names}}

    @property
    def aggregate(self) -> Aggregate:
        """What the forest predicts of the training fluxes in its leaves."""
        return self.forest.aggregate

    @cached_property
    def interval_forest(self) -> Forest:
        """The forest with the training targets of its leaves, which all but means need.

        Raises
        ------
        Wco2Error : when the forest was trained on other rows than these.
        """
        if self.forest.targets is not None:
            return self.forest
        features, target = self.features, self.target
        if self.others is not None:
            features = np.concatenate([features, self.others.features])
            target = np.concatenate([target, self.others.target])
        try:
            return self.forest.with_targets(features, target)
        except ValueError as error:
            raise Wco2Error(
                f"Region '{self.region.name}' of the model can't tell what its leaves hold: "
                f"{error}.",
                "Get the file again from where it came, or train it again.",
            ) from error

    @cached_property
    def ranges(self) -> NDArray[np.float32]:
        """`(n_features, 2)`: the smallest and largest training value of each feature."""
        return np.column_stack([self.features.min(axis=0), self.features.max(axis=0)])

    @property
    def winters(self) -> tuple[int, int]:
        """The first and the last winter of training, by their names."""
        return winters_of(self.region.winter, self.year, self.month)

    def is_calibrated(self, level: float) -> bool:
        """Whether intervals of this level were calibrated on held-out sites."""
        return level_text(level) in self.calibration

    def winter_bounds(
        self,
        estimate: NDArray[np.float64],
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        level: float = 0.9,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bounds that hold a share `level` of winters, from sums over a winter's months.

        Parameters
        ----------
        estimate, lower, upper : of one shape, what `predict_interval` tells of the months, added
            up, g C m-2 winter-1.

        Returns
        -------
        lower, upper : of that shape; the sums as they are where the model does not know how errors
            of months add up. That is as if they went together, the cautious side.
        """
        factor = self.winter_calibration.get(level_text(level))
        return (lower, upper) if factor is None else winter_bounds(estimate, lower, upper, factor)

    @property
    def predicting_forest(self) -> Forest:
        """The forest with all that its own aggregate needs; raises what `interval_forest` does."""
        return self.forest if self.aggregate.is_mean else self.interval_forest

    def estimates(
        self, rows: NDArray[np.float32], level: float | None = None, threads: int = 1
    ) -> Estimates:
        """The flux by the region's aggregate, bounds of a level if one is given, and the mean.

        Bounds are calibrated where known; see `predict_interval`, also for parameters and errors.
        """
        forest = self.predicting_forest if level is None else self.interval_forest
        found = forest.estimates(rows, level, threads)
        if level is None:
            return found
        correction = self.calibration.get(level_text(level), 0.0)
        lower, upper = found.bounds
        return found._replace(bounds=np.stack(corrected_bounds(lower, upper, correction)))

    def predict_interval(
        self, rows: NDArray[np.float32], level: float = 0.9, threads: int = 1
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The flux, and bounds that hold a share `level` of the fluxes, calibrated where known.

        Bounds that calibration moves inward meet in their middle at most.

        Parameters
        ----------
        rows : `(n_rows, n_features)`, no NaN.

        Returns
        -------
        flux, lower, upper : `(n_rows,)` float64, g C m-2 month-1.

        Raises
        ------
        ValueError : for a level that is not between 0 and 1.
        """
        flux, (lower, upper), _ = self.estimates(rows, level, threads)
        return flux, lower, upper

    def predict_members(self, rows: NDArray[np.float32], threads: int = 1) -> NDArray[np.float64]:
        """What each member predicts, means `(n_members, n_rows)` float64, g C m-2 month-1.

        Raises
        ------
        Wco2Error : when the model was trained without members.
        """
        if self.members is None:
            raise Wco2Error(
                f"Region '{self.region.name}' of the model has no members.",
                "Train it anew with members = 20.",
            )
        return self.members.predict_members(rows, self.n_members, threads)

    @property
    def applicability_folds(self) -> str:
        """The strictest validation by places in the model; empty where it has none."""
        held_out = [method for method, fold in self.folds.items() if (fold >= 0).any()]
        return next((method for method in STRICT_FIRST if method in held_out), "")

    @cached_property
    def applicability(self) -> AreaOfApplicability | None:
        """Where this forest knows its way, by the folds of the strictest validation.

        Predictors weigh by their permutation importances, which are of that validation, else by
        impurity; equally where none of those that vary is above 0. None without folds.

        Raises
        ------
        Wco2Error : when no predictor varies.
        """
        method = self.applicability_folds
        if not method:
            return None
        kinds = (kind for kind in ("permutation", "impurity") if kind in self.importances)
        weights = self.importances.get(next(kinds, ""))
        if weights is not None and not (weights[np.ptp(self.ranges, axis=1) > 0] > 0).any():
            weights = None
        return AreaOfApplicability().fit(
            self.features, weights, self.folds[method], classes=self.forest.classes
        )

    def without_unknown(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The rows `(n_rows, n_features)`, with NaN for classes that training did not meet."""
        if not self.forest.classes:
            return rows
        return np.where(self.forest.classes.unknown(rows), np.float32(np.nan), rows)


def _fix_rows(rows: RegionModel | OtherMonths, where: str) -> None:
    """Check the arrays of training rows, and let nobody write to them."""
    if np.ndim(rows.features) != 2 or not len(rows.features):
        raise ValueError(f"{where}: features are no table of rows")
    shape = rows.features.shape
    found = {"features": fixed(rows.features, "f4", shape, f"{where}: features")}
    for key, dtype in ROW_ARRAYS.items():
        array = fixed(getattr(rows, key), dtype, shape[:1], f"{where}: {key}")
        low, high = _BOUNDS.get(key, (-math.inf, math.inf))
        if not ((array >= low) & (array <= high)).all():
            raise ValueError(f"{where}: {key} is not within {low:g} to {high:g}")
        found[key] = array
    for key in ("features", "target"):
        if not np.isfinite(found[key]).all():
            raise ValueError(f"{where}: {key} holds NaN or infinity")
    for key, array in found.items():
        object.__setattr__(rows, key, array)


def corrected_bounds(
    lower: NDArray[np.float64], upper: NDArray[np.float64], correction: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both bounds moved outward by a correction; where it is negative they meet in their middle at
    most."""
    middle = (lower + upper) / 2
    return np.minimum(lower - correction, middle), np.maximum(upper + correction, middle)
