"""What of a catalogue is there: a look at every file needed, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import Recipe, Slice, Sources, converted, listed_months
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.season import Month

THERE, REPLACED = "ok", "replaced"


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
    """

    name: str
    when: str
    units: str
    grid: str
    years: dict[int, str]
    instead: tuple[str, ...]
    problems: tuple[str, ...]


def availability(
    catalogue: Catalogue,
    months_by_year: Mapping[int, Sequence[Month]],
    progress: Progress,
) -> tuple[Availability, ...]:
    """Open every file that the months of some winters need, and read its outermost rows.

    Parameters
    ----------
    months_by_year : by the name of a winter, the months to predict.
    """
    rows = []
    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        for number, predictor in enumerate(catalogue.predictors):
            progress.update(number / len(catalogue.predictors), f"Checking {predictor.name}")
            rows.append(_look(predictor, sources, rasters, months_by_year, progress))
    return tuple(rows)


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
            recipes = [r for m in months if (r := sources.recipe(predictor, m)) is not None]
            for recipe in recipes:
                for part in _slices(recipe):
                    grid = grid or _grid_text(part)
                    if (part.info.path, part.band) not in read:
                        read.add((part.info.path, part.band))
                        _read_edges(predictor, part, rasters)
        except Wco2Error as error:
            years[year] = "unreadable"
            problems[str(error)] = None
            continue
        replaced = dict.fromkeys(recipe.instead for recipe in recipes if recipe.instead)
        instead |= replaced
        years[year] = (
            f"no {listed_months(predictor, gaps)}" if gaps else REPLACED if replaced else THERE
        )
    stored = (
        predictor.units
        if predictor.units == predictor.to
        else (f"{predictor.units} -> {predictor.to}")
    )
    return Availability(
        predictor.name, predictor.when, stored, grid, years, tuple(instead), tuple(problems)
    )


def _slices(part: Slice | Recipe) -> list[Slice]:
    if isinstance(part, Slice):
        return [part]
    return [found for inner in part.parts for found in _slices(inner)]


def _grid_text(part: Slice) -> str:
    reference = part.info.georeference
    size = f"{reference.dx:.6g}"
    crs = reference.crs.split('"')[1] if '"' in reference.crs else reference.crs
    unit = "deg" if reference.geographic else "m"
    return f"{size} {unit}, {reference.width} x {reference.height}, {crs}"


def _read_edges(predictor: Predictor, part: Slice, rasters: Rasters) -> None:
    """Read the first, middle and last row: a truncated file shows at its end."""
    reference = part.info.georeference
    for row in sorted({0, reference.height // 2, reference.height - 1}):
        stored = rasters.window(part.info, part.band, row, 0, 1, reference.width)
        converted(predictor, stored, part)
