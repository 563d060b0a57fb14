"""What a job is: a frozen value that a command, QGIS or a subprocess runs.

The fields of a job are plain (texts, numbers, lists), so that a job can be written as JSON; paths
are texts for the same reason. `run` does the work and gives back plain facts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import check_ending, file_state
from wco2_engine.progress import Progress
from wco2_engine.schema import build, shown, to_plain
from wco2_engine.season import Month

if TYPE_CHECKING:
    from wco2_engine.inputs.catalogue import Catalogue

Facts = dict[str, Any]


class Job(Protocol):
    """What can be run."""

    verb: ClassVar[str]

    def run(self, progress: Progress) -> Facts:
        """Do the work. Plain facts about the result; the files among them under `outputs`."""


class StageJob(Job, Protocol):
    """A job that a study skips when nothing changed that its result depends on."""

    def depends_on(self) -> list[str]:
        """The state of every file that the result depends on, besides the job's own fields."""


def job_to_json(job: Any) -> dict[str, Any]:
    """Plain values that `job_from_json` reads back."""
    return {"job": job.verb, **to_plain(job)}


def make_job(kinds: Mapping[str, Any], data: Any, where: str = "") -> Any:
    """The job in `{"job": verb, field: value, …}`, of one of `kinds` by verb.

    Parameters
    ----------
    where : what the values come from, for messages; the job itself where empty.

    Raises
    ------
    Wco2Error : for an unknown verb or field, one that is missing, or a value of another kind.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("job"), str):
        raise Wco2Error('A job is an object with a "job".', f"Known: {', '.join(sorted(kinds))}.")
    verb = data["job"]
    if verb not in kinds:
        raise Wco2Error(f"There is no job {shown(verb)}.", nearest_name(verb[:100], kinds))
    values = {name: value for name, value in data.items() if name != "job"}
    return build(kinds[verb], values, where or f"Job '{verb}'")


PAGE = "Page (HTML) about it to write too."


def page_path(page: str | None) -> Path | None:
    """Where a page goes that a job writes besides its result; None where none is asked for.

    Raises
    ------
    Wco2Error : when its name is not that of a page.
    """
    if page is None:
        return None
    check_ending(page, ".html", ".htm")
    return Path(page)


def files(*paths: str | None) -> list[str]:
    return [path for path in paths if path]


def record_of(maps: str) -> str:
    """The file by which a folder of our maps says what run made it."""
    from wco2_engine.mapping.record import RECORD

    return str(Path(maps) / RECORD)


def threads(jobs: int) -> int:
    """How many threads a job may use: as many as asked for, or all processors for 0.

    Raises
    ------
    Wco2Error : for a negative number.
    """
    if jobs < 0:
        raise Wco2Error(f"jobs = {jobs} is negative.", "Use 0 for all processors.")
    return jobs or os.cpu_count() or 1


def regions_state(path: str) -> str:
    """The regions that a file describes, geometry files included."""
    from wco2_engine.inputs.regions import read_regions

    return json.dumps([region.to_json() for region in read_regions(Path(path))])


def raster_states(catalogue: Catalogue, months: list[Month]) -> list[str]:
    from wco2_engine.inputs.predictors import Sources
    from wco2_engine.inputs.rasters import Rasters

    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        return sources.states(catalogue.predictors, months)


def path_of(entry: Any) -> str | None:
    path = entry if isinstance(entry, str) else (entry or {}).get("path")
    return path if isinstance(path, str) else None


def domain_states(entry: Any) -> list[str]:
    path = path_of(entry)
    return [file_state(path)] if path else []
