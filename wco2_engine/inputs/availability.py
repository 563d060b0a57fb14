"""What of a catalogue is there: a look at every file needed, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import (
    BandReference,
    Composite,
    PredictorReader,
    Sources,
    converted,
    listed_months,
)
from wco2_engine.inputs.rasters import FloatArray, Points, Rasters
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.season import Month

THERE, REPLACED = "ok", "replaced"


@dataclass(frozen=True)
class Sanity:
    """What a predictor looks like at cells of the map, so that a wrong unit is seen.

    Attributes
    ----------
    month : that was looked at; empty where it does not matter.
    low, middle, high : of the values, in the units that the model sees; None where there is none.
    missing : share of the cells without a value.
    """

    month: str
    low: float | None
    middle: float | None
    high: float | None
    missing: float

    @classmethod
    def of(cls, values: FloatArray, month: str) -> Sanity:
        """Of values `(n,)`, NaN where missing."""
        there = values[~np.isnan(values)]
        if not there.size:
            return cls(month, None, None, None, 1.0)
        found = (float(there.min()), float(np.median(there)), float(there.max()))
        return cls(month, *found, round(1 - there.size / values.size, 4))


@dataclass(frozen=True)
class Availability:
    """One predictor's row of the table.

    Attributes
    ----------
    units : as stored, and as the model sees them.
    grid : pixel size, shape and CRS of its first file.
    years : by winter, "ok", "replaced" or the months that are not there.
    instead : what is taken for what is not there.
    problems : what is wrong with its files, a sentence each.
    prepared : why it is prepared first; empty where it is read as it is.
    sanity : what it looks like; None where no cells were given, or it can't be read.
    """

    name: str
    when: str
    units: str
    grid: str
    years: dict[int, str]
    instead: tuple[str, ...]
    problems: tuple[str, ...]
    prepared: str = ""
    sanity: Sanity | None = None


def availability(
    catalogue: Catalogue,
    months_by_year: Mapping[int, Sequence[Month]],
    progress: Progress,
    points: Points | None = None,
) -> tuple[Availability, ...]:
    """Open every file that the months of some winters need, and read its outermost rows.

    Parameters
    ----------
    months_by_year : by the name of a winter, the months to predict.
    points : cells of the map to look one month up at.
    """
    rows = []
    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        for number, predictor in enumerate(catalogue.predictors):
            progress.update(number / len(catalogue.predictors), f"Checking {predictor.name}")
            row = _look(predictor, sources, rasters, months_by_year, progress)
            if points is not None and len(points) and not row.problems:
                row = replace(
                    row, sanity=_sanity(predictor, sources, rasters, row, points, months_by_year)
                )
            rows.append(row)
    return tuple(rows)


def _sanity(
    predictor: Predictor,
    sources: Sources,
    rasters: Rasters,
    row: Availability,
    points: Points,
    months_by_year: Mapping[int, Sequence[Month]],
) -> Sanity | None:
    whole = [year for year, text in row.years.items() if text in (THERE, REPLACED)]
    if not whole:
        return None
    months = months_by_year[whole[len(whole) // 2]]
    month = months[len(months) // 2]
    values = PredictorReader(sources, rasters, points).values(predictor, month)
    return Sanity.of(values, str(month) if predictor.when == "monthly" else "")


def _look(
    predictor: Predictor,
    sources: Sources,
    rasters: Rasters,
    months_by_year: Mapping[int, Sequence[Month]],
    progress: Progress,
) -> Availability:
    years: dict[int, str] = {}
    instead: dict[str, None] = {}
    problems: dict[str, None] = {}
    read: set[tuple[str, int]] = set()
    grid = ""
    for year, months in months_by_year.items():
        stop_if_cancelled(progress)
        try:
            gaps = sources.missing(predictor, months)
            composites = [r for m in months if (r := sources.composite(predictor, m)) is not None]
            for composite in composites:
                for part in _band_references(composite):
                    grid = grid or grid_text(part.info.georeference)
                    if (part.info.path, part.band) not in read:
                        read.add((part.info.path, part.band))
                        _read_edges(predictor, part, rasters)
        except Wco2Error as error:
            years[year] = "unreadable"
            problems[str(error)] = None
            continue
        replaced = dict.fromkeys(
            composite.substitute for composite in composites if composite.substitute
        )
        instead |= replaced
        years[year] = (
            f"no {listed_months(predictor, gaps)}" if gaps else REPLACED if replaced else THERE
        )
    told = (units_text(predictor), grid, years, tuple(instead), tuple(problems))
    return Availability(predictor.name, predictor.when, *told)


def units_text(predictor: Predictor) -> str:
    """Units as stored, and as the model sees them where these are others."""
    if predictor.units == predictor.to:
        return predictor.units
    return f"{predictor.units} -> {predictor.to}"


def _band_references(part: BandReference | Composite) -> list[BandReference]:
    if isinstance(part, BandReference):
        return [part]
    return [found for inner in part.parts for found in _band_references(inner)]


def grid_text(reference: Grid) -> str:
    """Pixel size, shape and CRS."""
    size = f"{reference.dx:.6g}"
    crs = reference.crs.split('"')[1] if '"' in reference.crs else reference.crs
    unit = "deg" if reference.geographic else "m"
    return f"{size} {unit}, {reference.width} x {reference.height}, {crs}"


def _read_edges(predictor: Predictor, part: BandReference, rasters: Rasters) -> None:
    """Read the first, middle and last row: a truncated file shows at its end."""
    reference = part.info.georeference
    for row in sorted({0, reference.height // 2, reference.height - 1}):
        stored = rasters.window(part.info, part.band, row, 0, 1, reference.width)
        converted(predictor, stored, part)
