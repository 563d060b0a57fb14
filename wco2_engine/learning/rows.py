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
from wco2_engine.learning.locations import Locations
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.sites import site_groups, site_weights
from wco2_engine.season import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from wco2_engine.inputs.zones import Zones
    from wco2_engine.learning.model import RegionModel

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

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.features.shape[1] != len(self.names):
            raise ValueError(f"features {self.features.shape} are not of {len(self.names)} names")
        for item in fields(self):
            array = getattr(self, item.name)
            if item.name in ("names", "features") or array is None:
                continue
            if np.shape(array) != (len(self),):
                raise ValueError(f"{item.name} {np.shape(array)} is not of {len(self)} rows")

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
        """Some of the rows, by a mask `(n_rows,)` or by their numbers, which may repeat."""
        arrays = {
            item.name: getattr(self, item.name)[which]
            for item in fields(self)
            if item.name != "names" and getattr(self, item.name) is not None
        }
        return replace(self, **arrays)

    def with_predictors(self, columns: Sequence[int]) -> TrainingRows:
        """The same rows with some of the predictors, by column."""
        return replace(
            self,
            names=tuple(self.names[column] for column in columns),
            features=np.ascontiguousarray(self.features[:, columns]),
        )

    @classmethod
    def from_arrays(
        cls,
        features: ArrayLike,
        target: ArrayLike,
        site: ArrayLike,
        names: Sequence[str] | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TrainingRows:
        """Rows of which place and time are unknown (NaN and 0), as notebooks have them.

        They can be cross-validated, tuned and selected from; what asks where or when they were
        measured refuses them.

        Parameters
        ----------
        features : `(n_rows, n_features)`, taken as float32.
        target, site, sample_weight : `(n_rows,)`; sites are any labels.
        names : of the predictors; "predictor 1" and so on where None.

        Raises
        ------
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
        return cls(
            names=tuple(names or (f"predictor {k + 1}" for k in range(n_features))),
            features=table,
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

    @classmethod
    def of_region(
        cls, region: RegionModel, names: Sequence[str], weights: str = "rows"
    ) -> TrainingRows:
        """The rows that a model keeps; of zones and methods it knows nothing.

        Parameters
        ----------
        weights : "rows", or "sites" for each site to count as one.
        """
        unknown = np.full(region.n_rows, "", dtype=str)
        return cls(
            names=tuple(names),
            features=region.features,
            target=region.target,
            site=region.site,
            longitude=region.longitude,
            latitude=region.latitude,
            year=region.year,
            month=region.month,
            zone=unknown,
            method=unknown,
            sample_weight=site_weights(region.site) if weights == "sites" else None,
        )


def rows_by_region(
    table: pd.DataFrame,
    names: Sequence[str],
    regions: Sequence[Region],
    weights: str = "rows",
    zones: Zones | None = None,
) -> tuple[TrainingRows, ...]:
    """Each region's rows of a training table; rows outside, or out of the winter, are in none.

    Parameters
    ----------
    table : see `train`.
    names : of the predictors, which are columns of the table.
    weights : "rows", or "sites" for each site to count as one.
    zones : which zone each row lies in.

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, or a region has too few rows or sites.
    """
    check_table(table, names)
    assigned = assigned_regions(table, regions)
    month = table["month"].to_numpy(np.int64)
    parts = [
        table[(assigned == k) & np.isin(month, region.winter.months)]
        for k, region in enumerate(regions)
    ]
    sites = [_sites(part) for part in parts]
    for region, site in zip(regions, sites, strict=True):
        _check_enough(region, site)
    return tuple(
        _rows_of(part, names, site, weights, zones) for part, site in zip(parts, sites, strict=True)
    )


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


def sources_of_rows(table: pd.DataFrame) -> list[str]:
    """The different sources of a table's observations, sorted; none where it names none."""
    return sorted({str(text) for text in table["source"]}) if "source" in table.columns else []


def is_simulated(table: pd.DataFrame) -> bool:
    """Whether observations in a table say of themselves that they were made up."""
    return any(text.lower().startswith(SIMULATED) for text in sources_of_rows(table))


def _rows_of(
    table: pd.DataFrame,
    names: Sequence[str],
    site: NDArray[np.int32],
    weights: str,
    zones: Zones | None,
) -> TrainingRows:
    longitude, latitude = _coordinates(table)
    unknown = [""] * len(table)
    return TrainingRows(
        names=tuple(names),
        features=table[list(names)].to_numpy(np.float32),
        target=table[TARGET].to_numpy(np.float64),
        site=site,
        longitude=longitude,
        latitude=latitude,
        year=table["year"].to_numpy(np.int16),
        month=table["month"].to_numpy(np.int8),
        zone=np.array(zones.at(longitude, latitude) if zones else unknown, dtype=str),
        method=np.array(_texts(table["method"]) if "method" in table else unknown, dtype=str),
        sample_weight=site_weights(site) if weights == "sites" else None,
    )


def _coordinates(table: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    return table["longitude"].to_numpy(np.float64), table["latitude"].to_numpy(np.float64)


def _texts(column: pd.Series[Any]) -> list[str]:
    """A column's texts; "" where it has a gap, or "all", which stands for all rows."""
    texts = (str(v).strip() if t else "" for v, t in zip(column, column.notna(), strict=True))
    return ["" if text == "all" else text for text in texts]


def _sites(table: pd.DataFrame) -> NDArray[np.int32]:
    return site_groups(table["site"].astype(str).tolist(), *_coordinates(table))


def _check_enough(region: Region, site: NDArray[np.int32]) -> None:
    sites = len(np.unique(site))
    if len(site) < MIN_SITE_MONTHS or sites < MIN_SITES:
        raise Wco2Error(
            f"Region '{region.name}' has {len(site)} winter site-months at {sites} sites; "
            f"training needs {MIN_SITE_MONTHS} at {MIN_SITES} that lie apart.",
            "Bring more observations, widen the region or its winter, or leave the region out.",
        )
