"""Training rows: what a forest is fitted to, checked once where a table comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.inputs.regions import Region, assign_region
from wco2_engine.learning.classes import NUMBERS, Classes
from wco2_engine.learning.locations import Locations
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.sites import site_groups, site_weights
from wco2_engine.options import Hyperparameters, other_months
from wco2_engine.season import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from wco2_engine.inputs.zones import Zones
    from wco2_engine.learning.region_model import OtherMonths, RegionModel

FloatArray = NDArray[np.float64]

MIN_SITE_MONTHS = 20
MIN_SITES = 3
SIMULATED = "simulated"  # how the `source` of a simulated observation begins
TARGET = "flux_g_m2_month"
BOUNDS = {
    "longitude": (-360, 360),
    "latitude": (-90, 90),
    "year": (FIRST_YEAR, LAST_YEAR),
    "month": (1, 12),
}


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """The rows that a region's forests are fitted to and validated on.

    Parameters
    ----------
    names : of the predictors, one a column of the features.
    features : `(n_rows, n_features)` float32, in the predictors' units.
    target : `(n_rows,)` float64, g C m-2 month-1.
    site : `(n_rows,)` int32, equal for rows of one site.
    longitude, latitude : `(n_rows,)`, degrees.
    year, month : `(n_rows,)` int16 and int8.
    zone, method : `(n_rows,)`, where each row lies, and how it was measured; "" outside or unknown.
    sample_weight : `(n_rows,)`, what a row counts in fitting trees; None for all alike.
    others : rows of other months than the winter's, which no score is of. A forest may be fitted to
        them too (`training`), unless the site that they are of is held out.
    classes : which of the predictors are classes.
    source : `(n_rows,)`, the study or campaign that each row comes from; "" for unknown.

    Raises
    ------
    ValueError : when shapes don't fit together.
    """

    names: tuple[str, ...]
    features: NDArray[np.float32]
    target: FloatArray
    site: NDArray[np.int32]
    longitude: FloatArray
    latitude: FloatArray
    year: NDArray[np.int16]
    month: NDArray[np.int8]
    zone: NDArray[np.str_]
    method: NDArray[np.str_]
    sample_weight: FloatArray | None = None
    others: TrainingRows | None = None
    classes: Classes = NUMBERS
    source: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.features.shape[1] != len(self.names):
            raise ValueError(f"features {self.features.shape} are not of {len(self.names)} names")
        for name in _ARRAYS:
            array = getattr(self, name)
            if name == "features" or array is None:
                continue
            if np.shape(array) != (len(self),):
                raise ValueError(f"{name} {np.shape(array)} is not of {len(self)} rows")
        if self.others is not None:
            self._check_others(self.others)

    def _check_others(self, others: TrainingRows) -> None:
        if others.others is not None or others.names != self.names:
            raise ValueError("rows of other months have other predictors, or others of their own")
        if (others.sample_weight is None) != (self.sample_weight is None):
            raise ValueError("only some of the rows have weights")

    def __len__(self) -> int:
        return len(self.features)

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def n_sites(self) -> int:
        """The different sites among the rows."""
        return len(np.unique(self.site))

    @cached_property
    def locations(self) -> Locations:
        """Where the rows lie."""
        return Locations(self.longitude, self.latitude)

    def subset(self, which: NDArray[np.bool_] | NDArray[np.integer[Any]]) -> TrainingRows:
        """Some of the rows, by a mask `(n_rows,)` or by their numbers, which may repeat.

        A site that loses all of its rows loses those of other months too.
        """
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        kept = {name: array[which] for name, array in arrays.items() if array is not None}
        some = replace(self, **{**kept, "others": None})
        if self.others is None:
            return some
        gone = np.setdiff1d(self.site, some.site)
        return replace(some, others=self.others.subset(~np.isin(self.others.site, gone)))

    def with_others(self, which: NDArray[np.bool_]) -> TrainingRows:
        """The same rows with some of those of other months, by a mask `(n_others,)`."""
        return replace(self, others=self.others and self.others.subset(which))

    def with_predictors(self, columns: Sequence[int]) -> TrainingRows:
        """The same rows with some of the predictors, by column."""
        return replace(
            self,
            names=tuple(self.names[column] for column in columns),
            features=np.ascontiguousarray(self.features[:, columns]),
            classes=self.classes.only(columns),
            others=None if self.others is None else self.others.with_predictors(columns),
        )

    def training(self, hyperparameters: Hyperparameters) -> TrainingRows:
        """What a forest is fitted to: these rows, then those of other months that it asks for, with
        the weights that it asks for.

        Raises
        ------
        Wco2Error : when it asks for months by number and those of the rows are not known.
        """
        found = replace(self, others=None)
        more = self.others and self.others.of_months(hyperparameters.train_months)
        if more is not None:
            named = {name: (getattr(self, name), getattr(more, name)) for name in _ARRAYS}
            arrays: dict[str, Any] = {
                name: np.concatenate(pair) for name, pair in named.items() if pair[0] is not None
            }
            found = replace(found, **arrays)
        if hyperparameters.weights == "sites":
            weight = site_weights(found.site)
            if found.sample_weight is not None:
                weight = weight * found.sample_weight
            found = replace(found, sample_weight=weight)
        return found

    def expanded(self) -> TrainingRows:
        """The rows as trees see them: classes as columns of 0 and 1."""
        if not self.classes:
            return self
        source = self.classes.source(len(self.names))
        return replace(
            self,
            names=tuple(self.names[column] for column in source),
            features=self.classes.expanded(self.features),
            classes=NUMBERS,
            others=None,
        )

    def of_months(self, months: str | tuple[int, ...]) -> TrainingRows | None:
        """Of rows of other months than the winter's, those that train by `train_months`; None for
        none.

        Raises
        ------
        Wco2Error : for months by number where those of the rows are not known.
        """
        if months == "all":
            return self
        wanted = other_months(months)
        if wanted and not self.month.all():
            raise Wco2Error(
                "Which months the rows are of is not known.", 'Take train_months = "all".'
            )
        chosen = np.isin(self.month, wanted)
        return self.subset(chosen) if chosen.any() else None

    @classmethod
    def from_arrays(
        cls,
        features: ArrayLike,
        target: ArrayLike,
        site: ArrayLike,
        names: Sequence[str] | None = None,
        sample_weight: ArrayLike | None = None,
        scored: ArrayLike | None = None,
        classes: Sequence[str] = (),
    ) -> TrainingRows:
        """Rows of which place and time are unknown (NaN and 0), as notebooks have them.

        They can be cross-validated, tuned and selected from; what asks where or when they were
        measured refuses them.

        Parameters
        ----------
        features : `(n_rows, n_features)`, taken as float32.
        target, site, sample_weight : `(n_rows,)`; sites are any labels.
        names : of the predictors; "predictor 1" and so on where None.
        scored : `(n_rows,)` bool, which rows are of the winter. The others go to `others`, so that
            the rows, and folds of them, are fewer. None for all.
        classes : names of the predictors that are classes.

        Raises
        ------
        Wco2Error : when a class is no whole number, or a predictor has too many.
        ValueError : when shapes don't fit together.

        Examples
        --------
        >>> from wco2_engine import TrainingRows
        >>> rows = TrainingRows.from_arrays([[-20.0], [-5.0], [-4.0]], [2.0, 7.0, 8.0], [0, 1, 1])
        >>> len(rows), rows.n_sites, rows.names
        (3, 2, ('predictor 1',))
        """
        table = np.ascontiguousarray(features, np.float32)
        if table.ndim != 2:
            raise ValueError(f"features {table.shape} are no table of rows")
        n_rows, n_features = table.shape
        nowhere, unknown = np.full(n_rows, np.nan), np.full(n_rows, "", dtype=str)
        names = tuple(names or (f"predictor {k + 1}" for k in range(n_features)))
        rows = cls(
            names=names,
            features=table,
            classes=Classes.among([table], names, classes),
            target=np.asarray(target, np.float64),
            site=np.unique(site, return_inverse=True)[1].reshape(-1).astype(np.int32),
            longitude=nowhere,
            latitude=nowhere,
            year=np.zeros(n_rows, np.int16),
            month=np.zeros(n_rows, np.int8),
            zone=unknown,
            method=unknown,
            sample_weight=None if sample_weight is None else np.asarray(sample_weight, np.float64),
        )
        if scored is None:
            return rows
        mask = np.asarray(scored, bool)
        return replace(rows.subset(mask), others=None if mask.all() else rows.subset(~mask))

    @classmethod
    def of_region(cls, region: RegionModel, names: Sequence[str]) -> TrainingRows:
        """The rows that a model keeps; of zones and methods it knows nothing."""

        def made(kept: RegionModel | OtherMonths) -> TrainingRows:
            unknown = np.full(len(kept.features), "", dtype=str)
            own = ("features", "target", "site", "longitude", "latitude", "year", "month")
            arrays = {name: getattr(kept, name) for name in own}
            classes = region.forest.classes
            return cls(names=tuple(names), zone=unknown, method=unknown, classes=classes, **arrays)

        rows = made(region)
        return rows if region.others is None else replace(rows, others=made(region.others))


# The fields that hold a value a row.
_ARRAYS = tuple(
    item.name for item in fields(TrainingRows) if item.name not in ("names", "others", "classes")
)


def rows_by_region(
    table: pd.DataFrame,
    names: Sequence[str],
    regions: Sequence[Region],
    zones: Zones | None = None,
    train_months: str | tuple[int, ...] = "winter",
    classes: Sequence[str] = (),
) -> tuple[TrainingRows, ...]:
    """Each region's rows of a training table; rows outside are in none.

    Parameters
    ----------
    table : see `train`.
    names : of the predictors, which are columns of the table.
    zones : which zone each row lies in.
    train_months : which rows out of the winter are kept as `others`; see `Hyperparameters`.
    classes : names of the predictors that are classes.

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, a region has too few rows or sites, or a class
        is no whole number.
    """
    check_table(table, names)
    assigned = assigned_regions(table, regions)
    month = table["month"].to_numpy(np.int64)
    may_train = np.isin(month, other_months(train_months))
    found = []
    for k, region in enumerate(regions):
        own, winter = assigned == k, np.isin(month, region.winter.months)
        scored = np.flatnonzero(own & winter)
        only_train = np.flatnonzero(own & ~winter & may_train)
        # The winter's rows come first, so that sites are numbered as they are without others.
        whole = _rows_of(table.iloc[np.append(scored, only_train)], names, zones)
        whole = replace(whole, classes=Classes.among([whole.features], names, classes))
        rows = whole.subset(np.arange(len(scored)))
        _check_enough(region, rows)
        if len(only_train):
            others = whole.subset(np.arange(len(scored), len(whole)))
            rows = replace(rows, others=_held_out_with(rows, others))
        found.append(rows)
    return tuple(found)


def assigned_regions(table: pd.DataFrame, regions: Sequence[Region]) -> NDArray[np.int16]:
    """The region `(n_rows,)` that each row of a table lies in, see `assign_region`."""
    longitude, latitude = _coordinates(table)
    return assign_region(regions, longitude, latitude)


def check_table(table: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise when a training table can't be trained from.

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, or a value is out of its bounds.
    """
    numbers = ("longitude", "latitude", "year", "month", TARGET, *names)
    for column in ("site", *numbers):
        if column not in table.columns:
            raise Wco2Error(
                f"The training table has no column '{column}'.",
                nearest_name(column, map(str, table.columns)),
            )
    with np.errstate(over="ignore"):  # beyond float32 is infinity, which is a gap
        gaps = ~np.isfinite(table[list(numbers)].to_numpy(np.float32))
    columns = ("site", *numbers)
    gaps = np.column_stack([table["site"].astype(str).str.strip() == "", gaps])
    if gaps.any():
        row, column = np.argwhere(gaps)[0]
        raise Wco2Error(
            f"The training table has no value of '{columns[column]}' in row {row + 1} "
            f"({int(gaps.sum())} gaps in all).",
            "Leave such rows out; wco2 sample does.",
        )
    for column, (low, high) in BOUNDS.items():
        values = table[column].to_numpy(np.float64)
        wrong = (values < low) | (values > high)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise Wco2Error(
                f"The training table has {column} = {values[row]:g} in row {row + 1}, which is not "
                f"from {low:g} to {high:g}.",
                "Make the training table anew with wco2 sample.",
            )


def check_gaps(features: NDArray[np.float32], names: Sequence[str]) -> None:
    """Raise when a predictor lacks a value.

    Raises
    ------
    Wco2Error : naming the first predictor, and how many gaps it has.
    """
    for column, name in enumerate(names):
        gaps = np.flatnonzero(~np.isfinite(features[:, column]))
        if gaps.size:
            raise Wco2Error(
                f"Predictor '{name}' has no value in row {gaps[0] + 1} ({gaps.size} gaps in all).",
                "Leave such rows or this predictor out.",
            )


def sources_of_rows(table: pd.DataFrame) -> list[str]:
    """The different sources of a table's observations, sorted; none where it names none."""
    return sorted({str(text) for text in table["source"]}) if "source" in table.columns else []


def is_simulated(table: pd.DataFrame) -> bool:
    """Whether observations in a table say of themselves that they were made up."""
    return any(text.lower().startswith(SIMULATED) for text in sources_of_rows(table))


def _rows_of(table: pd.DataFrame, names: Sequence[str], zones: Zones | None) -> TrainingRows:
    longitude, latitude = _coordinates(table)
    unknown = [""] * len(table)
    return TrainingRows(
        names=tuple(names),
        features=table[list(names)].to_numpy(np.float32),
        target=table[TARGET].to_numpy(np.float64),
        site=site_groups(table["site"].astype(str).tolist(), longitude, latitude),
        longitude=longitude,
        latitude=latitude,
        year=table["year"].to_numpy(np.int16),
        month=table["month"].to_numpy(np.int8),
        zone=np.array(zones.at(longitude, latitude) if zones else unknown, dtype=str),
        method=np.array(_texts(table["method"]) if "method" in table else unknown, dtype=str),
        source=np.array(_texts(table["source"]) if "source" in table else unknown, dtype=str),
    )


def _held_out_with(rows: TrainingRows, others: TrainingRows) -> TrainingRows:
    """The others, those of sites without a winter's row counted to the nearest site that has one.

    So they are held out with it, and what trains is as far from held-out rows as folds say.
    """
    alone = ~np.isin(others.site, rows.site)
    site = others.site.copy()
    site[alone] = rows.site[others.locations.at(alone).nearest(rows.locations)]
    return replace(others, site=site)


def _coordinates(table: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    return table["longitude"].to_numpy(np.float64), table["latitude"].to_numpy(np.float64)


def _texts(column: pd.Series[Any]) -> list[str]:
    """A column's texts; "" where it has a gap, or "all", which stands for all rows."""
    texts = (str(v).strip() if t else "" for v, t in zip(column, column.notna(), strict=True))
    return ["" if text == "all" else text for text in texts]


def _check_enough(region: Region, rows: TrainingRows) -> None:
    if len(rows) < MIN_SITE_MONTHS or rows.n_sites < MIN_SITES:
        raise Wco2Error(
            f"Region '{region.name}' has {len(rows)} winter site-months at {rows.n_sites} sites; "
            f"training needs {MIN_SITE_MONTHS} at {MIN_SITES} that lie apart.",
            "Bring more observations, widen the region or its winter, or leave the region out.",
        )
