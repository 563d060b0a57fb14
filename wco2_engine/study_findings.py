"""What a study file asks for beyond maps: totals, trends, comparisons, a folder to publish."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.grid import Grid
from wco2_engine.jobs.base import StageJob
from wco2_engine.jobs.budget import BudgetJob
from wco2_engine.jobs.compare import CompareJob
from wco2_engine.jobs.publish_maps import PublishMapsJob
from wco2_engine.jobs.trend import TrendJob
from wco2_engine.options import ZONES
from wco2_engine.schema import Key, build, keys_of, option, same_option

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


@dataclass(frozen=True)
class Comparison:
    """A table of [[compare]]: another product of winter flux."""

    name: str = option("A short name, for the files.")
    maps: str = option("Folder of yearly maps, one map, or a product's TOML file.", path="read")
    crs: str | None = option("CRS where its files state none, e.g. EPSG:4326.", None)
    units: str | None = option("Unit where its files state none, e.g. 'g C m-2'.", None)
    zones: dict[str, Any] | None = option(
        "Zones to compare by.", None, unset="those of [zones]", table=ZONES
    )
    title: str = option("Title of the page.", "", unset="the two names")


@dataclass(frozen=True)
class Totals:
    """The table of [budget]."""

    zones: dict[str, Any] | None = option(
        "Zones to add up by.", None, unset="those of [zones]", table=ZONES
    )
    fraction: str | None = same_option(BudgetJob, "fraction")
    level: float = same_option(BudgetJob, "level")


@dataclass(frozen=True)
class Publication:
    """The table of [publish]."""

    facts: str | None = same_option(PublishMapsJob, "facts")
    output: str | None = option(
        "Folder to write.", None, unset="`published` in the study's output", path="written"
    )


# The keys of these tables: those of the jobs that they become.
KEYS: Mapping[str, Mapping[str, Key]] = {
    "budget": keys_of(Totals),
    "trend": {name: keys_of(TrendJob)[name] for name in ("alpha", "correlated", "prewhitening")},
    "compare": keys_of(Comparison),
    "publish": keys_of(Publication),
}
Whole = Callable[[Any], Any]


def finding_jobs(
    tables: Mapping[str, Any], out: Callable[[str], str], whole: Whole, where: str
) -> dict[str, StageJob]:
    """The jobs of [budget], [trend] and [[compare]], by the names of their stages.

    Parameters
    ----------
    tables : the study file's.
    out : the path of a result by its name.
    whole : makes the path in a value, or in its table, one that holds wherever it is run from.

    Raises
    ------
    Wco2Error : for unknown keys, values of another kind, and files that are not there.
    """
    maps, zones = out("maps"), whole(tables.get("zones"))
    found: dict[str, StageJob] = {}
    if "budget" in tables:
        said = f"{where}: [budget]"
        table = _checked(tables, "budget", said)
        paths = {name: whole(table[name]) for name in ("zones", "fraction") if name in table}
        values = {"zones": zones, **table, **paths, "maps": maps, "output": out("budget.csv")}
        found["budget"] = build(BudgetJob, values, said)
    if "trend" in tables:
        said = f"{where}: [trend]"
        table = _checked(tables, "trend", said)
        budget = out("budget.csv") if "budget" in tables else None
        values = {**table, "maps": maps, "output": out("trend.tif"), "budget": budget}
        found["trend"] = build(TrendJob, values, said)
    for other in _comparisons(tables.get("compare", []), f"{where}: [[compare]]"):
        name = f"compare {other.name}"
        if name in found:
            raise Wco2Error(f"{where}: two of [[compare]] are named '{other.name}'.")
        found[name] = CompareJob(
            maps,
            whole(other.maps),
            out(f"compare_{other.name}.html"),
            crs_b=other.crs,
            units_b=other.units,
            zones=whole(other.zones) if other.zones else zones,
            title=other.title,
        )
    return found


def publishing_job(
    tables: Mapping[str, Any], out: Callable[[str], str], whole: Whole, where: str, study: str
) -> dict[str, StageJob]:
    """The job of [publish], by the name of its stage; none where the study has no such table."""
    if "publish" not in tables:
        return {}
    table = _checked(tables, "publish", f"{where}: [publish]")
    values = {
        "output": whole(table["output"]) if "output" in table else out("published"),
        "facts": whole(table.get("facts")),
        "maps": out("maps"),
        "model": out("model.wco2"),
        "report": out("report.html"),
        "study": study,
        "replace": True,  # only ever a folder that was published before
    }
    return {"publish": build(PublishMapsJob, values, f"{where}: [publish]")}


def problems(jobs: Mapping[str, StageJob], grid: Grid) -> Iterator[str]:
    """What would keep these jobs from running once the maps are there, in sentences."""
    for name, job in jobs.items():
        try:
            _look_at(job, grid)
        except Wco2Error as error:
            yield f"Stage {name}: {error}"


def _look_at(job: StageJob, grid: Grid) -> None:
    from wco2_engine.analysis.zoning import cell_fraction, zoning_of

    if isinstance(job, BudgetJob | CompareJob) and job.zones:
        zoning_of(job.zones, grid)
    if isinstance(job, BudgetJob) and job.fraction:
        cell_fraction(job.fraction, grid)
    if isinstance(job, PublishMapsJob):
        from wco2_engine.publication.folder import check_apart

        check_apart(Path(job.output), [Path(job.maps)])
    if isinstance(job, CompareJob | PublishMapsJob):
        job.depends_on()  # opens what is compared, and the facts


def _comparisons(found: Any, where: str) -> list[Comparison]:
    if not isinstance(found, list):
        raise Wco2Error(f"{where} is no list of tables.", 'Write [[compare]] and name = "…".')
    made = [build(Comparison, each, where) for each in found]
    for each in made:
        if not _NAME.fullmatch(each.name):
            raise Wco2Error(
                f"{where}: name = '{each.name[:60]}' can't be part of a file's name.",
                "Use letters, digits, _ and -, 60 at most.",
            )
    return made


def _checked(tables: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = tables[name]
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where} is no table.", "Write it in brackets on a line of its own.")
    check_names(table, KEYS[name], where)
    return table
