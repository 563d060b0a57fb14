"""A look at downloads that are not prepared yet: what is there, and what it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, project
from wco2_engine.inputs.availability import (
    REPLACED,
    THERE,
    Availability,
    Sanity,
    grid_text,
    units_text,
)
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.predictors import listed_months, needed_months
from wco2_engine.inputs.rasters import FloatArray, Points
from wco2_engine.season import Month
from wco2_engine.stack.combining import MonthOfSteps
from wco2_engine.stack.extent import Window
from wco2_engine.stack.opening import closed, opened, units_and_conversion
from wco2_engine.stack.shares import shares_by_month
from wco2_engine.stack.source import Source, parts_of


def look(
    predictor: Predictor,
    why: str,
    months_by_year: Mapping[int, Sequence[Month]],
    points: Points | None,
    folder: Path,
    scratch: Path,
    where: str,
) -> Availability:
    """What there is of a predictor that has to be prepared, by names and by one month of it.

    Parameters
    ----------
    points : cells of the map to look the month up at, for the sanity table; None to open only.
    """
    problems: dict[str, None] = {}
    instead: dict[str, None] = {}
    years: dict[int, str] = {}
    seen = _Seen()
    try:
        source = Source.of(predictor, folder, scratch, where)
        for year, months in months_by_year.items():
            years[year], replaced = _year(predictor, months, source)
            instead |= dict.fromkeys(replaced)
        stored = {m for ms in months_by_year.values() for m in ms}
        wanted = {m for month in stored for m in needed_months(predictor, month)}
        there = sorted(wanted & source.available) or sorted(source.available)
        if there:
            seen = _seen(predictor, source, there[len(there) // 2], points, scratch, where)
    except Wco2Error as error:
        problems[str(error)] = None
        years = {year: years.get(year, "unreadable") for year in months_by_year}
    return Availability(
        predictor.name,
        predictor.when,
        seen.units or units_text(predictor),
        seen.grid,
        years,
        tuple(instead),
        tuple(problems),
        why,
        seen.sanity,
    )


@dataclass(frozen=True)
class _Seen:
    units: str = ""
    grid: str = ""
    sanity: Sanity | None = None


def _year(predictor: Predictor, months: Iterable[Month], source: Source) -> tuple[str, list[str]]:
    """What there is of a winter, and what stands for what is not there."""
    stored = {m for month in months for m in needed_months(predictor, month)}
    lacking = sorted(stored - source.available)
    if not lacking:
        return THERE, []
    replaced: list[Month] = []
    gaps: list[Month] = []
    for month in lacking:
        others = source.needed(predictor, [month]) if predictor.window is None else set()
        (replaced if others and predictor.missing != "error" else gaps).append(month)
    if gaps:
        return f"no {listed_months(predictor, gaps)}", []
    named = listed_months(predictor, replaced)
    return REPLACED, [f"{named} from other years ({predictor.missing})"]


def _seen(
    predictor: Predictor,
    source: Source,
    month: Month,
    points: Points | None,
    scratch: Path,
    where: str,
) -> _Seen:
    """One month of the first variable, at the points."""
    first = parts_of(predictor)[0]
    files = source.for_months([month])[0].files
    series = opened(first, files, scratch, where)
    try:
        shares = shares_by_month(first, series, where)
        units, convert = units_and_conversion(first, series, where)
        grid: Grid = series[0][1].grid
        stored = series[0][1].units or first.units
        told = units if stored == units else f"{stored} -> {units}"
        if month not in shares or points is None:
            return _Seen(told, grid_text(grid))
        made = MonthOfSteps(shares[month], first.details.steps, month.days)
        places = _Places.of(grid, points)
        for share in shares[month]:
            plane = series[share.series][1].plane(share.step, places.window)
            made.add(share, np.asarray(plane))
        values = np.asarray(convert(made.value(), month.days))[places.rows, places.columns]
        single = not (predictor.layers or predictor.operation)
        sanity = Sanity.of(values, str(month) if predictor.when == "monthly" else "")
        return _Seen(told if single else "", grid_text(grid), sanity if single else None)
    finally:
        closed(series)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where points lie in a window of a grid."""

    window: Window
    rows: Any
    columns: Any

    @classmethod
    def of(cls, grid: Grid, points: Points) -> _Places:
        column, row = _inside(grid, points)
        if not column.size:
            return cls(Window(0, 0, 1, 1), np.zeros(0, int), np.zeros(0, int))
        columns = np.clip(column.astype(np.int64), 0, grid.width - 1)
        rows = np.clip(row.astype(np.int64), 0, grid.height - 1)
        top, left = int(rows.min()), int(columns.min())
        window = Window(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)
        return cls(window, rows - top, columns - left)


def _inside(grid: Grid, points: Points) -> tuple[FloatArray, FloatArray]:
    column, row = grid.pixel_coordinates(*project(points.x, points.y, points.crs, grid.crs))
    there = ~np.isnan(column)
    return column[there], row[there]
