"""What a job is: a frozen value that a command, QGIS or a subprocess runs.

The fields of a job are plain (texts, numbers, lists), so that a job can be written as JSON; paths
are texts for the same reason. `run` does the work and gives back plain facts.
"""

from __future__ import annotations

import json
import os
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, Union, get_args, get_origin, get_type_hints

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.files import file_state
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import read_regions
from wco2_engine.progress import Progress
from wco2_engine.season import Month

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
    return {"job": job.verb, **asdict(job)}


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
        raise Wco2Error(f"There is no job '{verb}'.", nearest_name(verb, kinds))
    kind = kinds[verb]
    values = {name: value for name, value in data.items() if name != "job"}
    known = {item.name: item for item in fields(kind)}
    where = where or f"Job '{verb}'"
    check_names(values, known, where)
    needed = [
        name
        for name, item in known.items()
        if item.default is MISSING and item.default_factory is MISSING and name not in values
    ]
    if needed:
        raise Wco2Error(f"{where} lacks {', '.join(needed)}.")
    hints = get_type_hints(kind)
    for name, value in values.items():
        if not fits(value, hints[name]):
            raise Wco2Error(f"{where}: {name} = {value!r} is not {kind_name(hints[name])}.")
    return kind(**values)


def fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in get_args(hint))
    if origin is list:
        return isinstance(value, list) and all(fits(v, get_args(hint)[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(k, str) and fits(v, get_args(hint)[1]) for k, v in value.items()
        )
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def kind_name(hint: Any) -> str:
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(kind_name(o) for o in get_args(hint) if o is not type(None))
    if get_origin(hint) is list:
        return f"a list, each {kind_name(get_args(hint)[0])}"
    return names.get(hint, "a table")


def files(*paths: str | None) -> list[str]:
    return [path for path in paths if path]


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
