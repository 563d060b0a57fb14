"""The model: regions with their forests and training data, and its file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.escaping import one_line
from wco2_engine.files import existing_file
from wco2_engine.grid import is_crs_text
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.aggregation import MEAN, Aggregate
from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.archive import DAMAGE, Arrays, Facts, read_archive, write_archive
from wco2_engine.learning.checks import fixed, get, number_of, plain, text_of
from wco2_engine.learning.classes import Classes
from wco2_engine.learning.features import PredictorTable
from wco2_engine.learning.forest import ARRAYS as FOREST_ARRAYS
from wco2_engine.learning.forest import Estimates, Forest
from wco2_engine.learning.readiness import winters_of
from wco2_engine.learning.reprs import model_html, model_text, short_repr
from wco2_engine.learning.usable import check_usable
from wco2_engine.learning.winters import winter_bounds
from wco2_engine.options import MAX_ENSEMBLE
from wco2_engine.season import FIRST_YEAR, LAST_YEAR
from wco2_engine.units import FLUX_UNITS

if TYPE_CHECKING:
    from wco2_engine.learning.rows import TrainingRows

FORMAT_VERSION = 2
FLUX_ATTRIBUTES = {"units": FLUX_UNITS, "long_name": "winter CO2 flux to the atmosphere"}

MAX_REGIONS = 1_000
MAX_SITE_CODE = 10_000_000
MAX_FOLDS = 1_000

# From strict to loose: the one by which applicability is told, and which a map's score is quoted.
STRICT_FIRST = ("knndm", "blocks", "site", "random")

_ROW_ARRAYS: dict[str, str] = {
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
_OF_PREDICTORS = ("name", "units", "group")  # what a prediction rests on
SCORES = ("r2", "nse", "kge", "mae", "rmse", "bias")
_COUNTS = ("n", "sites")
_SCORE_NUMBERS = tuple(f"{name}{end}" for name in SCORES for end in ("", "_low", "_high"))
_COVERAGE_NUMBERS = ("raw_coverage", "raw_width", "coverage", "width")
_WINTER_NUMBERS = ("months", "correlation", "sum_coverage", "sum_width", "coverage", "width")


@dataclass(frozen=True)
class ModelPredictor:
    """A column of the features: the model expects it by this name, in these units.

    `label` is what figures call it; empty for its name.
    """

    name: str
    units: str
    group: str
    label: str = ""

    def __post_init__(self) -> None:
        for key, value in asdict(self).items():
            if not isinstance(value, str):
                raise ValueError(f"predictor {key} {value!r} is not text")
        if not self.name.strip():
            raise ValueError("a predictor has no name")


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
        return cls(rows.features, **{key: getattr(rows, key) for key in _ROW_ARRAYS})


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
            of_level = {_level(k): number_of(v, k) for k, v in getattr(self, key).items()}
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
        """The strictest validation in the model; empty where it has none."""
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


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that a map needs but the rasters, and what tells how good the map can be.

    Parameters
    ----------
    predictors : the columns of every region's features, in order.
    regions : the first region that holds a point owns it.
    settings : `trees`, `min_samples_leaf`, `max_features`, `seed`, `validation` (list of names),
        and whatever else decided what the forests became, such as how sites were sampled.
    provenance : plain values: versions, observation counts, sources, title, licence.
    scores : rows of `region`, `validation`, `month` (1 to 12 or "all"), `zone` and `method` of
        measurement (a name or "all"; only one of the three is not "all"), `n`, `sites`, and `r2`,
        `nse`, `kge`, `mae`, `rmse`, `bias`, each with its `_low` and `_high` (None where there is
        none, or where they were left out).
    simulated : whether the observations were made up.
    coverage : rows of `region`, `validation`, `level`, `n`, `sites`; `raw_coverage`, the share of
        held-out rows within the forest's bounds, and `raw_width`, their mean width in
        g C m-2 month-1; `coverage` and `width` of calibrated bounds, each site's by a calibration
        on the other sites (None where these are too few).
    winter_coverage : the same of the winters of held-out sites, each with the months that it has,
        two or more: rows of `region`, `validation`, `level`, `n` winters, `sites`; `months`, how
        many a winter has on average; `correlation` of the errors of two of them; `sum_coverage` and
        `sum_width` (g C m-2) of the months' bounds added up; `coverage` and `width` of bounds of
        winters, each site's by a calibration on the other sites.

    Raises
    ------
    ValueError : when a part is of the wrong kind or the parts don't fit together.

    Examples
    --------
    >>> from wco2_engine import Model
    >>> model = Model.read("results/model.wco2")
    >>> [predictor.name for predictor in model.predictors]
    ['temperature', 'carbon']
    >>> model.region_model("siberia").n_sites
    10
    """

    predictors: tuple[ModelPredictor, ...]
    regions: tuple[RegionModel, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...]
    simulated: bool
    coverage: tuple[Mapping[str, Any], ...] = ()
    winter_coverage: tuple[Mapping[str, Any], ...] = ()

    def __repr__(self) -> str:
        return model_text(self)

    def _repr_html_(self) -> str:
        return model_html(self)

    def __post_init__(self) -> None:
        lists = ("scores", "coverage", "winter_coverage")
        kinds = {"settings": dict, "provenance": dict, **dict.fromkeys(lists, list)}
        for key, kind in kinds.items():
            value = plain(getattr(self, key), key)
            if not isinstance(value, kind):
                raise ValueError(f"{key} is not a {'table' if kind is dict else 'list'}")
            object.__setattr__(self, key, tuple(value) if kind is list else value)
        if not isinstance(self.simulated, bool):
            raise ValueError("simulated is neither true nor false")
        _check_settings(self.settings)
        object.__setattr__(self, "scores", tuple(_score(row) for row in self.scores))
        for row in self.coverage:
            _check_coverage(row, _COVERAGE_NUMBERS)
        for row in self.winter_coverage:
            _check_coverage(row, _WINTER_NUMBERS)
        if not self.predictors or not 1 <= len(self.regions) <= MAX_REGIONS:
            raise ValueError("a model needs predictors and regions")
        for what, names in (
            ("predictor", [predictor.name for predictor in self.predictors]),
            ("region", [each.region.name for each in self.regions]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} '{twice[0]}' is there twice")
        for each in self.regions:
            if each.features.shape[1] != len(self.predictors):
                raise ValueError(
                    f"region '{each.region.name}' has {each.features.shape[1]} features "
                    f"for {len(self.predictors)} predictors"
                )

    @property
    def members_corrected(self) -> bool:
        """Whether members were moved by what they err at sites that they did not see."""
        has_members = any(each.n_members for each in self.regions)
        return has_members and self.settings.get("totals") == "corrected"

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: equal for models that predict the same from the same training.

        They stand for predictors, settings, regions, training data, forests, members and
        calibration; not for when, where and by which versions the model was made, nor for how it
        was scored.
        """
        digest = hashlib.sha256()
        facts: list[Any] = [
            [{key: getattr(p, key) for key in _OF_PREDICTORS} for p in self.predictors],
            self.settings,
            [each.region.to_json() for each in self.regions],
        ]
        if any(each.n_members or each.calibration for each in self.regions):
            facts.append([[each.n_members, dict(each.calibration)] for each in self.regions])
        if any(each.forest.classes for each in self.regions):
            facts.append([each.forest.classes.codes for each in self.regions])
        if not all(each.aggregate.is_mean for each in self.regions):
            facts.append([each.aggregate.to_json() for each in self.regions])
        if any(each.winter_calibration for each in self.regions):
            facts.append([dict(each.winter_calibration) for each in self.regions])
        digest.update(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode())
        for each in self.regions:
            training = _training_of(each)
            members = {} if each.members is None else each.members.arrays()
            forests = {**each.forest.arrays(), **{f"members_{k}": a for k, a in members.items()}}
            for name, array in {**training, **forests}.items():
                digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]

    @cached_property
    def checksum(self) -> str:
        """64 hexadecimal digits of all that the fingerprint leaves out.

        That is where the model comes from and how good it is: whether it is simulated, labels,
        provenance, scores, coverage, folds, what was predicted while held out, and importances.
        """
        digest = hashlib.sha256()
        facts = [
            self.fingerprint,
            self.simulated,
            self.provenance,
            list(self.scores),
            list(self.coverage),
            [[list(each.folds), list(each.predictions)] for each in self.regions],
            [{k: v.tolist() for k, v in each.importances.items()} for each in self.regions],
            *([list(self.winter_coverage)] if self.winter_coverage else []),
        ]
        if any(predictor.label for predictor in self.predictors):
            facts.append([predictor.label for predictor in self.predictors])
        digest.update(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode())
        for each in self.regions:
            held_out: list[NDArray[Any]] = [*each.folds.values(), *each.predictions.values()]
            for array in held_out:
                digest.update(f"{array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def region_model(self, region: str | None = None) -> RegionModel:
        """The model of a region by its name; of the only one where no name is given.

        Raises
        ------
        Wco2Error : when the model has no such region, or several and none is named.
        """
        names = [each.region.name for each in self.regions]
        if region is None and len(names) == 1:
            return self.regions[0]
        if region is None:
            raise Wco2Error(
                f"The model has {len(names)} regions: which one is meant?",
                f"Name one: {', '.join(names[:20])}.",
            )
        if region not in names:
            raise Wco2Error(f"The model has no region '{region}'.", nearest_name(region, names))
        return self.regions[names.index(region)]

    def predict(self, rows: Any, region: str | None = None, threads: int = 1) -> Any:
        """The flux of rows in a region, g C m-2 month-1; NaN where a predictor is missing.

        It is what the region predicts of the fluxes in its leaves: see `RegionModel.aggregate`.

        Parameters
        ----------
        rows : the predictors, in the model's units: a pandas DataFrame, taken by the names of its
            columns in any order; an `xarray.Dataset`, taken by the names of its variables; or an
            array `(n_rows, n_features)` in the order of `predictors`.
        region : the name of the region whose forest predicts; needed where there are several.
        threads : how many work at once; results are the same for any number.

        Returns
        -------
        `(n_rows,)` float64; of a Dataset, a DataArray with the dimensions of all its variables.

        Raises
        ------
        Wco2Error : when the model has no such region; when a column or variable is missing, is no
            number, infinite, or states other units; when an array has another shape.

        Examples
        --------
        >>> import pandas as pd
        >>> from wco2_engine import Model
        >>> model = Model.read("results/model.wco2")
        >>> table = pd.DataFrame({"carbon": [12.0, None], "temperature": [-21.5, -3.0]})
        >>> flux = model.predict(table)
        >>> flux.shape, bool(flux[0] > 0), bool(flux[1] > 0)
        ((2,), True, False)
        """
        part = self.region_model(region)
        table = self._table(rows)
        flux = np.full(len(table), np.nan)
        values = part.without_unknown(table.values)
        complete = np.isfinite(values).all(axis=1)
        flux[complete] = part.predicting_forest.predict(values[complete], threads)
        return table.like_rows(flux, "flux", FLUX_ATTRIBUTES)

    def predict_interval(
        self, rows: Any, region: str | None = None, level: float = 0.9, threads: int = 1
    ) -> tuple[Any, Any, Any]:
        """The flux, and bounds that hold a share `level` of the fluxes; NaN as in `predict`.

        Bounds are quantiles of the training fluxes in the leaves (Meinshausen 2006), moved by what
        calibrates them on held-out sites where the model knows it; see `RegionModel.is_calibrated`.
        Takes and raises what `predict` does, besides a ValueError for a level that is not between 0
        and 1.

        Returns
        -------
        flux, lower, upper : each as `predict` returns it, g C m-2 month-1.

        Examples
        --------
        >>> from wco2_engine import Model
        >>> model = Model.read("results/model.wco2")
        >>> flux, lower, upper = model.predict_interval([[-21.5, 12.0]], level=0.5)
        >>> bool(lower[0] <= flux[0] <= upper[0])
        True
        """
        part = self.region_model(region)
        table = self._table(rows)
        found = np.full((3, len(table)), np.nan)
        values = part.without_unknown(table.values)
        complete = np.isfinite(values).all(axis=1)
        found[:, complete] = part.predict_interval(values[complete], level, threads)
        names = ("flux", "flux_lower", "flux_upper")
        flux, lower, upper = (
            table.like_rows(values, name, FLUX_ATTRIBUTES)
            for values, name in zip(found, names, strict=True)
        )
        return flux, lower, upper

    def area_of_applicability(self, region: str | None = None) -> AreaOfApplicability:
        """Where a region's forest knows its way, fitted; it takes DataFrames by the model's names.

        Raises
        ------
        Wco2Error : when the model has no such region, or was trained without validation.

        Examples
        --------
        >>> import pandas as pd
        >>> from wco2_engine import Model
        >>> area = Model.read("results/model.wco2").area_of_applicability()
        >>> table = pd.DataFrame({"carbon": [18.0, 9e3], "temperature": [-8.8, -8.8]})
        >>> area.predict(table).inside.tolist()
        [True, False]
        """
        area = self.region_model(region).applicability
        if area is None:
            raise Wco2Error(
                "The model has no folds by which an area of applicability is told.",
                "Train it with a validation, e.g. site.",
            )
        return area.named([predictor.name for predictor in self.predictors])

    def _table(self, rows: Any) -> PredictorTable:
        return PredictorTable.of(rows, {p.name: p.units for p in self.predictors})

    def describe(self) -> dict[str, Any]:
        """Plain facts for people and for JSON; ranges are of the training data."""
        return {
            "title": self.provenance.get("title"),
            "fingerprint": self.fingerprint,
            "simulated": self.simulated,
            "predictors": [asdict(predictor) for predictor in self.predictors],
            "regions": [
                {
                    "name": each.region.name,
                    "winter_months": list(each.region.winter.months),
                    "winter_label": each.region.winter.label,
                    "rows": each.n_rows,
                    "rows_of_other_months": each.n_others,
                    "sites": each.n_sites,
                    "years": [int(each.year.min()), int(each.year.max())],
                    "trees": each.forest.n_trees,
                    "nodes": each.forest.n_nodes,
                    "depth": each.forest.depth,
                    "aggregate": each.aggregate.to_json(),
                    "members": each.n_members,
                    "calibration": dict(each.calibration),
                    "winter_calibration": dict(each.winter_calibration),
                    "ranges": {
                        predictor.name: [float(low), float(high)]
                        for predictor, (low, high) in zip(self.predictors, each.ranges, strict=True)
                    },
                    "importances": {
                        kind: dict(
                            zip((p.name for p in self.predictors), shares.tolist(), strict=True)
                        )
                        for kind, shares in each.importances.items()
                    },
                }
                for each in self.regions
            ],
            "scores": [dict(row) for row in self.scores],
            "coverage": [dict(row) for row in self.coverage],
            "winter_coverage": [dict(row) for row in self.winter_coverage],
            "settings": dict(self.settings),
            "provenance": dict(self.provenance),
        }

    def write(self, path: Path | str) -> None:
        """Write the model to `path`, whole or not at all; the same model gives the same bytes.

        It takes the earliest format that can hold it, so that earlier versions can read it too.

        Raises
        ------
        Wco2Error : when the disk is full or the folder can't be written to.
        """
        facts: dict[str, Any] = {
            "format": 2 if any(map(_is_of_format_2, self.regions)) else 1,
            "fingerprint": self.fingerprint,
            "checksum": self.checksum,
            "simulated": self.simulated,
            "predictors": [asdict(predictor) for predictor in self.predictors],
            "settings": self.settings,
            "provenance": self.provenance,
            "scores": list(self.scores),
            "coverage": list(self.coverage),
            "winter_coverage": list(self.winter_coverage),
            "regions": [
                {
                    "aggregate": each.aggregate.to_json(),
                    "n_members": each.n_members,
                    **({"others": True} if each.others else {}),
                    **({"classes": each.forest.classes.codes} if each.forest.classes else {}),
                    "calibration": dict(each.calibration),
                    "winter_calibration": dict(each.winter_calibration),
                    "folds": list(each.folds),
                    "predictions": list(each.predictions),
                    "importances": {k: v.tolist() for k, v in each.importances.items()},
                    "region": each.region.to_json(),
                }
                for each in self.regions
            ],
        }
        arrays = {
            f"regions/{index}/{name}.npy": array
            for index, each in enumerate(self.regions)
            for name, array in _arrays_of(each).items()
        }
        write_archive(Path(path), facts, arrays)

    @classmethod
    def read(cls, path: Path | str) -> Model:
        """The model that `write` wrote, in this format version or an earlier one.

        The file may come from anywhere: it can't run code, sizes are compared before memory is
        taken, and every value is checked before it is used.

        Raises
        ------
        Wco2Error : when the file is missing or is not a usable model, saying why.
        """
        path = existing_file(Path(path), "Model")
        try:
            facts, arrays = _upgraded(*read_archive(path))
            return _model_from(facts, arrays)
        except Wco2Error as error:
            reason, hint = error.message, error.hint
            cause: Exception = error
        except MemoryError as error:
            reason, hint, cause = "it needs more memory than there is", "", error
        except DAMAGE as error:
            reason, hint, cause = str(error) or type(error).__name__, "", error
        raise Wco2Error(
            f"{path} is not a usable model: {reason.rstrip('.')}.",
            hint or "Get the file again from where it came, or train it again.",
        ) from cause


# By format version: what makes a file's contents those of the next version. Once a version was
# given to users its entry stays for good.
UPGRADES: dict[int, Callable[[Facts, Arrays], tuple[Facts, Arrays]]] = {
    1: lambda facts, arrays: (facts, arrays),  # 2 may say another aggregate than the mean
}


def _is_of_format_2(each: RegionModel) -> bool:
    """Whether a reader of format 1 would take the region for something else."""
    return not each.aggregate.is_mean or bool(each.forest.classes)


def _arrays_of(each: RegionModel) -> Arrays:
    """Name in the file, without folder and ending, and array."""
    return {
        **_forests_of(each),
        **_training_of(each),
        **{f"folds_{k}": array for k, array in enumerate(each.folds.values())},
        **{f"predictions_{k}": array for k, array in enumerate(each.predictions.values())},
    }


def _training_of(each: RegionModel) -> Arrays:
    """The training rows; those of other months, where there are any, as `others_…`."""
    names = ("features", *_ROW_ARRAYS)
    own = {key: getattr(each, key) for key in names}
    if each.others is None:
        return own
    return {**own, **{f"others_{key}": getattr(each.others, key) for key in names}}


def _forests_of(each: RegionModel) -> Arrays:
    forests = {"forest": each.forest, "members": each.members}
    return {
        f"{what}_{name}": array
        for what, forest in forests.items()
        if forest is not None
        for name, array in forest.arrays().items()
    }


def _upgraded(facts: Facts, arrays: Arrays) -> tuple[Facts, Arrays]:
    version = facts.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Wco2Error(f"it states no format version ({version!r:.40})")
    if version > FORMAT_VERSION:
        raise Wco2Error(
            f"it was written by a newer version (format {version}; this one reads up to "
            f"{FORMAT_VERSION})",
            "Update to the newest version.",
        )
    for earlier in range(version, FORMAT_VERSION):
        facts, arrays = UPGRADES[earlier](facts, arrays)
    return facts, arrays


def _model_from(facts: Facts, arrays: Arrays) -> Model:
    left = dict(arrays)
    predictors = tuple(
        ModelPredictor(
            **{key: get(entry, key, str) for key in _OF_PREDICTORS},
            label=get(entry, "label", str) if "label" in entry else "",
        )
        for entry in get(facts, "predictors", list)
    )
    regions = tuple(
        _region_from(entry, index, len(predictors), left)
        for index, entry in enumerate(get(facts, "regions", list))
    )
    if left:
        raise Wco2Error(f"it holds {min(left)}, which its model.json does not mention")
    model = Model(
        predictors=predictors,
        regions=regions,
        settings=get(facts, "settings", dict),
        provenance=get(facts, "provenance", dict),
        scores=tuple(get(facts, "scores", list)),
        simulated=get(facts, "simulated", bool),
        coverage=tuple(get({"coverage": [], **facts}, "coverage", list)),
        winter_coverage=tuple(get({"winter_coverage": [], **facts}, "winter_coverage", list)),
    )
    if get(facts, "fingerprint", str) != model.fingerprint:
        raise Wco2Error("its content does not match its fingerprint: it was changed by hand")
    if facts.get("checksum", model.checksum) != model.checksum:  # early models state none
        raise Wco2Error("its content does not match its checksum: it was changed by hand")
    check_usable(model, STRICT_FIRST)
    return model


def _region_from(entry: Any, index: int, n_features: int, left: Arrays) -> RegionModel:
    def array(name: str) -> NDArray[Any]:
        member = f"regions/{index}/{name}.npy"
        if member not in left:
            raise Wco2Error(f"it lacks {member}")
        return left.pop(member)

    def by_name(key: str) -> dict[str, NDArray[Any]]:
        names = [text_of(name, f"a name in {key}") for name in get(entry, key, list)]
        if len(set(names)) != len(names):
            raise Wco2Error(f"{key} of region {index} has a name twice")
        return {name: array(f"{key}_{k}") for k, name in enumerate(names)}

    where = get(entry, "region", dict)
    if "crs" in where and not is_crs_text(get(where, "crs", str)):
        raise Wco2Error(f"region {index} has a CRS that is no code, WKT or PROJ text")
    region = Region.from_json(where)

    classes = Classes(
        tuple(tuple(_list(own, "codes")) for own in get({"classes": [], **entry}, "classes", list))
    )

    def forest(what: str, aggregate: Aggregate = MEAN) -> Forest:
        arrays: dict[str, Any] = {name: array(f"{what}_{name}") for name in FOREST_ARRAYS}
        return Forest(**arrays, n_features=n_features, aggregate=aggregate, classes=classes)

    # Models of before there were members, calibration, other months and aggregates lack them.
    missing = {"n_members": 0, "calibration": {}, "others": False, "aggregate": MEAN.to_json()}
    entry = {**missing, **entry}
    n_members = get(entry, "n_members", int)
    return RegionModel(
        region=region,
        forest=forest("forest", Aggregate.from_json(get(entry, "aggregate", dict))),
        features=array("features"),
        **{key: array(key) for key in _ROW_ARRAYS},
        folds=by_name("folds"),
        predictions=by_name("predictions"),
        importances={
            kind: np.array([number_of(value, kind) for value in get({kind: values}, kind, list)])
            for kind, values in get(entry, "importances", dict).items()
        },
        members=forest("members") if n_members else None,
        n_members=n_members,
        calibration=get(entry, "calibration", dict),
        winter_calibration=get({"winter_calibration": {}, **entry}, "winter_calibration", dict),
        others=OtherMonths(
            array("others_features"), **{key: array(f"others_{key}") for key in _ROW_ARRAYS}
        )
        if get(entry, "others", bool)
        else None,
    )


def _list(value: Any, what: str) -> list[Any]:
    return list(get({what: value}, what, list))


def _fix_rows(rows: RegionModel | OtherMonths, where: str) -> None:
    """Check the arrays of training rows, and let nobody write to them."""
    if np.ndim(rows.features) != 2 or not len(rows.features):
        raise ValueError(f"{where}: features are no table of rows")
    shape = rows.features.shape
    found = {"features": fixed(rows.features, "f4", shape, f"{where}: features")}
    for key, dtype in _ROW_ARRAYS.items():
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


def _check_settings(settings: Mapping[str, Any]) -> None:
    for key in ("trees", "min_samples_leaf", "seed"):
        get(settings, key, int)
    if "max_features" not in settings:
        raise ValueError("'max_features' is missing")
    for name in get(settings, "validation", list):
        text_of(name, "a name in validation")


def _score(row: Any) -> dict[str, Any]:
    """A checked copy with all its keys: rows of early models lack some, which are None."""
    for key in ("region", "validation"):
        get(row, key, str)
    parts = ("month", "zone", "method")
    known = ("region", "validation", *parts, *_COUNTS, *_SCORE_NUMBERS)
    unknown = set(row) - set(known)
    if unknown:
        raise ValueError(f"a score has an unknown '{min(unknown)}'")
    score = {"zone": "all", "method": "all", **row}
    month = row.get("month")
    if month != "all" and (type(month) is not int or not 1 <= month <= 12):
        raise ValueError(f"a score's month is {month!r:.40}, neither 1 to 12 nor 'all'")
    for key in ("zone", "method"):
        text_of(score[key], f"a score's {key}")
    if sum(score[key] != "all" for key in parts) > 1:
        raise ValueError("a score is of several of month, zone and method")
    for key in _COUNTS:
        if get(row, key, int) < 0:
            raise ValueError(f"a score's {key} is negative")
    for key in _SCORE_NUMBERS:
        if score.setdefault(key, None) is not None:
            number_of(score[key], key)
    return {key: score[key] for key in known}


def _check_coverage(row: Any, numbers: tuple[str, ...]) -> None:
    for key in ("region", "validation"):
        get(row, key, str)
    _level(level_text(number_of(get(row, "level", float), "level")))
    for key in _COUNTS:
        if get(row, key, int) < 0:
            raise ValueError(f"a coverage's {key} is negative")
    for key in numbers:
        if key not in row or (row[key] is not None and not number_of(row[key], key) >= 0):
            raise ValueError(f"a coverage's {key} is missing or negative")
        if key.endswith(("coverage", "correlation")) and row[key] is not None and row[key] > 1:
            raise ValueError(f"a coverage's {key} is above 1")
    unknown = set(row) - {"region", "validation", "level", *_COUNTS, *numbers}
    if unknown:
        raise ValueError(f"a coverage has an unknown '{min(unknown)}'")


def level_text(level: float) -> str:
    """How a level is written in `RegionModel.calibration`: "0.9" for 0.9."""
    return f"{level:.6g}"


def _level(text: Any) -> str:
    level = float(text_of(text, "a level"))
    if not 0 < level < 1 or level_text(level) != text:
        raise ValueError(f"a level is {text:.40}, not between 0 and 1")
    return str(text)


def corrected_bounds(
    lower: NDArray[np.float64], upper: NDArray[np.float64], correction: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both bounds moved outward by a correction; where it is negative they meet in their middle at
    most."""
    middle = (lower + upper) / 2
    return np.minimum(lower - correction, middle), np.maximum(upper + correction, middle)
