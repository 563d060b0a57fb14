"""From observations to a training table: the predictors at each measured site and month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.grid import GEOGRAPHIC, Cells
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import NO_TIME, PredictorReader, Sources
from wco2_engine.inputs.rasters import FloatArray, Points, Rasters
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.options import other_months
from wco2_engine.progress import Progress, Silent, stop_if_cancelled
from wco2_engine.season import Month

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TrainingTable:
    """A training table, and the site-months that could not join it.

    Attributes
    ----------
    table : the observations that were kept, with columns `region`, `cell_size` and `cell_crs` (of
        the cells that were looked up; size 0 for the exact points) and one for each predictor.
    rejected : the others, with `reason` (outside_regions, not_winter, no_data_for_date or
        missing_predictor) and `detail` (the month or the predictors concerned).
    """

    table: pd.DataFrame
    rejected: pd.DataFrame

    def __repr__(self) -> str:
        return f"TrainingTable({len(self.table)} rows, {len(self.rejected)} rejected)"

    @property
    def counts(self) -> dict[str, int]:
        """Site-months read, kept, and rejected by reason; they add up."""
        reasons = self.rejected["reason"].value_counts().sort_index()
        return {
            "site_months_read": len(self.table) + len(self.rejected),
            "site_months_kept": len(self.table),
            **{f"rejected: {reason}": int(count) for reason, count in reasons.items()},
        }


def sample(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    regions: Sequence[Region] = (),
    cells: Cells | None = None,
    progress: Progress | None = None,
    train_months: str | tuple[int, ...] = "winter",
) -> TrainingTable:
    """The predictors at every observation.

    Parameters
    ----------
    observations : the canonical table (site, longitude, latitude, year, month, flux …).
    catalogue : predictors, in the order of the columns to add.
    regions : where given, observations outside all of them, or not in the winter of the one that
        owns them nor of `train_months`, are set aside.
    cells : sample at the centre of the cell that holds a site, so that training and map have the
        same support; None samples at the exact point.
    train_months : "winter", "all", or the months, 1 to 12, that are kept beside the winter's.

    Raises
    ------
    Wco2Error : when nothing is left, or a predictor's file can't be read.

    Examples
    --------
    >>> from wco2_engine import Catalogue, read_observations, sample
    >>> observations = read_observations("results/observations.gpkg")
    >>> training = sample(observations.table, Catalogue.read("catalogue.toml"))
    >>> training.counts
    {'site_months_read': 50, 'site_months_kept': 50}
    >>> training.table[["temperature", "carbon"]].shape
    (50, 2)
    """
    progress = progress or Silent()
    table = observations.reset_index(drop=True)
    reason = np.full(len(table), "", object)
    detail = np.full(len(table), "", object)
    longitude = table["longitude"].to_numpy(np.float64)
    latitude = table["latitude"].to_numpy(np.float64)
    months = [Month(int(y), int(m)) for y, m in zip(table["year"], table["month"], strict=True)]
    may_train = np.isin(table["month"], other_months(train_months))
    region_name = np.full(len(table), "", object)
    if regions:
        owners = assign_region(regions, longitude, latitude)
        for row, index in enumerate(owners):
            if index == NO_REGION:
                reason[row] = "outside_regions"
                continue
            region_name[row] = regions[index].name
            if not may_train[row] and months[row].month not in regions[index].winter.months:
                reason[row], detail[row] = "not_winter", str(months[row])
    points = (
        Points(longitude, latitude, GEOGRAPHIC)
        if cells is None
        else Points.in_cells(longitude, latitude, cells)
    )
    support = {
        "cell_size": 0.0 if cells is None else cells.dx,
        "cell_crs": GEOGRAPHIC if cells is None else cells.crs,
    }
    columns = {name: np.full(len(table), np.nan) for name in catalogue.names}
    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        wanted = np.flatnonzero(reason == "")
        for row in wanted.tolist():
            lacking = [
                predictor.name
                for predictor in catalogue.predictors
                if sources.composite(predictor, months[row]) is None
            ]
            if lacking:
                reason[row] = "no_data_for_date"
                detail[row] = f"{months[row]}: {', '.join(lacking)}"
        wanted = np.flatnonzero(reason == "")
        _fill(columns, catalogue, sources, rasters, points, months, wanted, progress)
    absent = np.zeros(len(table), bool)
    for name, values in columns.items():
        hit = (reason == "") & np.isnan(values)
        detail[hit] = [f"{before}, {name}" if before else name for before in detail[hit]]
        absent |= hit
    reason[absent] = "missing_predictor"
    kept = reason == ""
    result = TrainingTable(
        table=table.assign(region=region_name, **support, **columns)[kept].reset_index(drop=True),
        rejected=table.assign(reason=reason, detail=detail)[~kept].reset_index(drop=True),
    )
    if not len(result.table):
        counts = ", ".join(f"{k} {v}" for k, v in result.counts.items())
        raise Wco2Error(
            f"No observation is left for training ({counts}).",
            "Check that regions, winter months, years and rasters cover the measured sites.",
        )
    return result


def _fill(
    columns: dict[str, FloatArray],
    catalogue: Catalogue,
    sources: Sources,
    rasters: Rasters,
    points: Points,
    months: Sequence[Month],
    wanted: NDArray[np.int64],
    progress: Progress,
) -> None:
    """Read every predictor at the wanted rows, all rows of one month (or of all time) at once."""
    static = [p for p in catalogue.predictors if p.when == "static"]
    dated = [p for p in catalogue.predictors if p.when != "static"]
    by_month: dict[Month, list[int]] = {}
    for row in wanted:
        by_month.setdefault(months[row], []).append(int(row))
    groups: list[tuple[Month, list[Predictor], NDArray[np.int64]]] = [(NO_TIME, static, wanted)]
    groups += [(m, dated, np.asarray(rows)) for m, rows in sorted(by_month.items())]
    for done, (month, predictors, rows) in enumerate(groups):
        stop_if_cancelled(progress)
        progress.update(done / len(groups), "Sampling predictors")
        if not rows.size or not predictors:
            continue
        here = Points(points.x[rows], points.y[rows], points.crs, points.cell)
        reader = PredictorReader(sources, rasters, here)
        for predictor in predictors:
            columns[predictor.name][rows] = reader.values(predictor, month)
    progress.update(1.0, "Sampling predictors")


def read_training(path: Path | str, predictors: Sequence[str]) -> pd.DataFrame:
    """The training table in a file that `sample` made, or one like it.

    Parameters
    ----------
    path : a GeoPackage, CSV or whatever tables are read from.
    predictors : the names of the columns that hold them.

    Raises
    ------
    Wco2Error : when a column is missing or holds something that is no number.

    Examples
    --------
    >>> from wco2_engine import read_training
    >>> table = read_training("results/training.gpkg", ["temperature", "carbon"])
    >>> list(table[["site", "flux_g_m2_month", "carbon"]].columns)
    ['site', 'flux_g_m2_month', 'carbon']
    """
    from wco2_engine.inputs.cells import numbers
    from wco2_engine.inputs.tables import own_cells, read_table

    read = read_table(Path(path))
    table = own_cells(read).copy()
    own = [name for name in ("cell_size",) if name in table.columns]
    if read.longitude is not None and "longitude" not in table.columns:
        table = table.assign(longitude=read.longitude, latitude=read.latitude)
    for column in ("longitude", "latitude", "year", "month", "flux_g_m2_month", *own, *predictors):
        if column not in table.columns:
            raise Wco2Error(
                f"{path} has no column '{column}'.", nearest_name(column, map(str, table.columns))
            )
        if column in read.cells.columns:
            found = numbers(table[column], read.decimal_comma)
            if found.unreadable.any():
                row = int(np.argmax(found.unreadable))
                raise Wco2Error(
                    f"{path}, {read.row_word} {read.rows[row]}: {column} = "
                    f"'{table[column].iloc[row]}' is no number.",
                    "Make the training table anew with wco2 sample.",
                )
            table[column] = found.values
    return table
