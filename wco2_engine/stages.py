"""The stages of a study as jobs: frozen values that a command, QGIS or a subprocess runs.

The fields of a job are plain (texts, numbers, lists), so that a job can be written as JSON; paths
are texts for the same reason. `run` does the work and gives back plain facts; `depends_on` names
everything that its result depends on besides its own fields.
"""

from __future__ import annotations

import json
import math
import os
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Protocol,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.files import check_ending, file_state, keep_apart, writable_folder, written_whole
from wco2_engine.grid import GEOGRAPHIC, Cells, Grid, parse_crs
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.inputs.regions import DEFAULT_WINTER, Region, read_regions
from wco2_engine.inputs.zones import Zones, parse_zones
from wco2_engine.progress import Progress
from wco2_engine.season import Month, parse_years

if TYPE_CHECKING:
    from wco2_engine.inputs.observations import Observations, Source
    from wco2_engine.inputs.screen import Screen
    from wco2_engine.learning.model import Model
    from wco2_engine.learning.training import ForestRecipe

Facts = dict[str, Any]
EVERYWHERE = (Region("everywhere", DEFAULT_WINTER, Box(-180.0, -90.0, 180.0, 90.0)),)
WHOLE_REGION = (-180.0, 27.0, 180.0, 84.0)  # of northern permafrost, where no extent is given
MAX_CELLS = 10**10  # of a map; more is a resolution in another unit than was meant


class Job(Protocol):
    """What can be run."""

    verb: ClassVar[str]

    def run(self, progress: Progress) -> Facts:
        """Do the work. Plain facts about the result; the files among them under `outputs`."""

    def depends_on(self) -> list[str]:
        """The state of every file that the result depends on."""


@dataclass(frozen=True)
class ObservationsJob:
    """Read, convert, screen and merge tables of fluxes."""

    verb: ClassVar[str] = "observations"
    input: str
    output: str
    format: str = "auto"
    columns: dict[str, str] | None = None
    flux_units: str | None = None
    screen: dict[str, Any] = field(default_factory=dict)
    crs: str | None = None
    rejected: str | None = None
    site_table: str | None = None
    name: str | None = None  # what the rows are said to come from; else the file's name
    target: str | None = None
    more: list[dict[str, Any]] = field(default_factory=list)  # further tables, as `Source`

    def sources(self) -> list[Source]:
        """The tables in their order: the first, then `more`.

        Raises
        ------
        Wco2Error : for unknown keys or values.
        """
        return sources_of(
            [
                {
                    "file": self.input,
                    "format": self.format,
                    "columns": self.columns,
                    "flux_units": self.flux_units,
                    "crs": self.crs,
                    "site_table": self.site_table,
                    "name": self.name,
                },
                *self.more,
            ]
        )

    def read(self) -> Observations:
        """The observations, not written yet."""
        from wco2_engine.inputs.observations import read_sources

        return read_sources(self.sources(), screen_of(self.screen), self.target)

    def run(self, progress: Progress) -> Facts:
        sources = self.sources()
        inputs = [file for source in sources for file in source.files()]
        keep_apart(_files(self.output, self.rejected), inputs)
        progress.update(0.0, f"Reading {', '.join(source.path.name for source in sources)}")
        observations = self.read()
        progress.update(0.8, "Writing observations")
        rejected = None if self.rejected is None else Path(self.rejected)
        observations.write(Path(self.output), rejected)
        progress.update(1.0, "Observations are ready")
        return {
            "counts": observations.counts,
            "target": observations.target,
            "outputs": _files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        return [file_state(file) for source in self.sources() for file in source.files()]


@dataclass(frozen=True)
class SampleJob:
    """Look predictors up at the observations."""

    verb: ClassVar[str] = "sample"
    observations: str
    catalogue: str
    output: str
    regions: str | None = None
    at: str = "cell"
    resolution: float = 0.1
    crs: str = GEOGRAPHIC
    rejected: str | None = None
    origin: list[float] | None = None  # x and y of a cell's corner, where the grid is not snapped

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.observations import read_observations
        from wco2_engine.inputs.tables import write_table
        from wco2_engine.learning.sampling import sample

        inputs = _files(self.observations, self.catalogue, self.regions)
        keep_apart(_files(self.output, self.rejected), inputs)
        training = sample(
            read_observations(self.observations).table,
            Catalogue.read(self.catalogue),
            read_regions(Path(self.regions)) if self.regions else (),
            self.cells(),
            progress,
        )
        write_table(training.table, Path(self.output))
        if self.rejected:
            write_table(training.rejected, Path(self.rejected))
        return {
            "counts": training.counts,
            "outputs": _files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        from wco2_engine.inputs.observations import read_observations

        table = read_observations(self.observations).table
        dates = set(zip(table["year"].tolist(), table["month"].tolist(), strict=True))
        months = sorted(Month(int(year), int(month)) for year, month in dates)
        return [
            file_state(self.observations),
            file_state(self.catalogue),
            *([_regions_state(self.regions)] if self.regions else []),
            *_raster_states(Catalogue.read(self.catalogue), months),
        ]

    def cells(self) -> Cells | None:
        """The cells to look up; None for the exact points.

        Raises
        ------
        Wco2Error : when `at`, the resolution or the origin can't be.
        """
        if self.at not in ("cell", "point"):
            raise Wco2Error(f"at = '{self.at}'.", nearest_name(self.at, ("cell", "point")))
        if self.at == "point":
            return None
        if self.origin is not None and len(self.origin) != 2:
            raise Wco2Error(f"Origin {self.origin} is not x and y.")
        return Cells(self.crs, self.resolution, *(self.origin or ()))


@dataclass(frozen=True)
class TrainJob:
    """Grow a forest for each region, and judge it on held-out rows."""

    verb: ClassVar[str] = "train"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"
    seed: int = 0
    validation: list[str] = field(default_factory=lambda: ["random", "site"])
    members: int | None = None  # 20 where there are 100 trees or more
    tune: bool = False
    tune_budget: int = 500
    weights: str = "rows"
    zones: Any = None
    title: str = ""
    licence: str = ""
    simulated: bool = False
    domain: Any = None
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        keep_apart([self.output], self.inputs())
        model = self.trained(progress)
        model.write(Path(self.output))
        return {
            "fingerprint": model.fingerprint,
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "tuning": {
                region: told["sentence"]
                for region, told in model.provenance.get("tuning", {}).items()
            },
            "outputs": [self.output],
        }

    def trained(self, progress: Progress) -> Model:
        """The model, which is not written.

        Raises
        ------
        Wco2Error : when an input is missing or wrong, or a region has too few rows or sites.
        """
        from wco2_engine.learning.sampling import read_training
        from wco2_engine.learning.training import train

        recipe = self.recipe()
        regions = read_regions(Path(self.regions)) if self.regions else EVERYWHERE
        catalogue = Catalogue.read(self.catalogue)
        return train(
            read_training(Path(self.training), catalogue.names),
            catalogue,
            regions,
            recipe,
            {"title": self.title, "licence": self.licence},
            self.simulated,
            threads(self.jobs),
            progress,
            parse_domain(self.domain, Path(), "Training"),
            self.parsed_zones(),
        )

    def inputs(self) -> list[str]:
        """The files that are named, which no output may replace."""
        places = (_path_of(self.domain), _path_of(self.zones))
        return _files(self.training, self.catalogue, self.regions, *places)

    def recipe(self) -> ForestRecipe:
        """How the forests are grown and judged.

        Raises
        ------
        Wco2Error : for a number out of bounds, or an unknown validation.
        """
        from wco2_engine.learning.training import ForestRecipe

        return ForestRecipe(
            trees=self.trees,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            transform=self.transform,
            seed=self.seed,
            validation=tuple(self.validation),
            members=self.members,
            tune=self.tune,
            tune_budget=self.tune_budget,
            weights=self.weights,
        )

    def parsed_zones(self) -> Zones | None:
        """The zones that scores are told by.

        Raises
        ------
        Wco2Error : when the file is missing, or doesn't name its zones.
        """
        return parse_zones(self.zones, Path(), "Training")

    def depends_on(self) -> list[str]:
        return [
            file_state(self.training),
            file_state(self.catalogue),
            *([_regions_state(self.regions)] if self.regions else []),
            *_domain_states(self.domain),
            *_domain_states(self.zones),
        ]


@dataclass(frozen=True)
class PredictJob:
    """Map the winters of some years."""

    verb: ClassVar[str] = "predict"
    model: str
    catalogue: str
    output: str
    years: str
    extent: list[float] | None = None
    crs: str = GEOGRAPHIC
    resolution: float = 0.1
    snap: bool = True
    domain: Any = None
    monthly: bool = False
    interval: float | None = None
    applicability: bool = False
    members: bool = False
    jobs: int = 0
    memory: float = 0.0  # GB; 0 for half of what is free
    scheduler: str | None = None

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.prediction import RECORD, predict

        if not 0 <= self.memory < math.inf:
            raise Wco2Error(f"memory = {self.memory} is no number of GB.", "Give e.g. 1.5.")
        years = parse_years(self.years)
        grid = self.grid()
        domain = parse_domain(self.domain, Path(), "Prediction")
        prediction = predict(
            Model.read(Path(self.model)),
            Catalogue.read(self.catalogue),
            grid,
            years,
            writable_folder(Path(self.output)),
            domain,
            self.monthly,
            threads(self.jobs),
            progress=progress,
            memory=self.memory,
            scheduler=self.scheduler,
            interval=self.interval,
            applicability=self.applicability,
            members=self.members,
        )
        return {
            **prediction.counts,
            "grid": grid.to_json(),
            "outputs": [str(path) for path in prediction.maps],
            "record": str(Path(self.output) / RECORD),
        }

    def grid(self) -> Grid:
        """The grid of the maps; the whole permafrost region where no extent is given.

        Raises
        ------
        Wco2Error : when extent, CRS and resolution make no grid, or a huge one.
        """
        parse_crs(self.crs)
        if self.extent is None and self.crs != GEOGRAPHIC:
            raise Wco2Error(
                f"An extent in {self.crs} is needed.", "Give west, south, east, north in its units."
            )
        extent = self.extent if self.extent is not None else WHOLE_REGION
        if len(extent) != 4:
            raise Wco2Error(f"Extent {list(extent)} is not west, south, east, north.")
        west, south, east, north = extent
        grid = Grid.from_extent((west, south, east, north), self.resolution, self.crs, self.snap)
        if grid.width * grid.height > MAX_CELLS:
            raise Wco2Error(
                f"A map of {grid.width} x {grid.height} cells is too large.",
                f"The resolution of {self.resolution:g} counts in units of {self.crs}.",
            )
        return grid

    def check_interval(self) -> None:
        """Raise a Wco2Error for an interval that is no share."""
        from wco2_engine.mapping.plan import Products

        Products(interval=self.interval)

    def depends_on(self) -> list[str]:
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.plan import Schedule, predictors_of, regions_of
        from wco2_engine.mapping.record import areas_of

        model = Model.read(Path(self.model))
        winters = [region.winter for region in regions_of(model)]
        months = Schedule.of(winters, parse_years(self.years)).months
        catalogue = Catalogue.read(self.catalogue)
        used = catalogue.only([p.name for p in predictors_of(model, catalogue)])
        return [
            model.fingerprint,
            *([areas_of(model)] if self.applicability else []),
            json.dumps([model.simulated, model.provenance], sort_keys=True),  # maps repeat some
            file_state(self.catalogue),
            *_domain_states(self.domain),
            *_raster_states(used, list(months)),
        ]


@dataclass(frozen=True)
class ReportJob:
    """A report of a model, and of the study and the maps around it, as one HTML file.

    Its tables and figures are files beside it too.
    """

    verb: ClassVar[str] = "report"
    model: str
    output: str
    title: str = ""
    state: str | None = None
    maps: str | None = None
    scenarios: list[str] = field(default_factory=list)  # folders of maps of the same model

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model
        from wco2_engine.report.html import Material, write_report

        state = StudyState.read(Path(self.state)) if self.state else StudyState({})
        keep_apart([self.output], [self.model])
        check_ending(self.output, ".html", ".htm")
        record = Path(self.maps) / "prediction.json" if self.maps else None
        material = Material(
            model=Model.read(Path(self.model)),
            title=self.title,
            observations=state.facts("observations").get("counts", {}),
            sampling=state.facts("sample").get("counts", {}),
            maps_folder=record.parent if record and record.is_file() else None,
            budget=self._budget(),
            trend=self._trend(),
            scenarios=tuple(map(Path, self.scenarios)),
            threads=threads(0),
        )
        written = write_report(Path(self.output), material, progress)
        return {"outputs": [str(path) for path in written]}

    def depends_on(self) -> list[str]:
        folders = [*([self.maps] if self.maps else []), *self.scenarios]
        maps = [str(Path(folder) / "prediction.json") for folder in folders]
        findings = [str(self._budget()), str(self._trend())]
        return [file_state(path) for path in (self.model, *maps, *findings)]

    def _budget(self) -> Path:
        return Path(self.output).with_name("budget.csv")

    def _trend(self) -> Path:
        here = Path(self.output).with_name("trend.tif")
        return Path(self.maps).with_name("trend.tif") if self.maps and not here.is_file() else here


@dataclass(frozen=True)
class StudyState:
    """Which stages are done, with which key and outputs. An immutable value, kept as JSON."""

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> StudyState:
        """The state in a file; a missing or damaged one means that nothing is done."""
        try:
            stages = json.loads(path.read_text(encoding="utf-8"))["stages"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return cls({})
        if not isinstance(stages, dict):
            return cls({})
        return cls({name: stage for name, stage in stages.items() if _is_stage(stage)})

    def write(self, path: Path) -> None:
        with written_whole(path) as partial:
            partial.write_text(json.dumps({"stages": self.stages}, indent=1), encoding="utf-8")

    def key(self, name: str) -> str:
        return str(self.stages.get(name, {}).get("key", ""))

    def facts(self, name: str) -> Facts:
        return dict(self.stages.get(name, {}).get("facts", {}))

    def is_done(self, name: str, key: str) -> bool:
        """Whether a stage ran with this key and its outputs are untouched since."""
        stage = self.stages.get(name)
        return (
            stage is not None
            and stage.get("key") == key
            and all(file_state(path) == seen for path, seen in stage.get("outputs", {}).items())
        )

    def with_stage(self, name: str, key: str, facts: Facts) -> StudyState:
        made = [*facts.get("outputs", []), *_files(facts.get("record"))]
        outputs = {path: file_state(path) for path in made}
        return replace(
            self, stages={**self.stages, name: {"key": key, "facts": facts, "outputs": outputs}}
        )


def _is_stage(stage: Any) -> bool:
    return (
        isinstance(stage, dict)
        and isinstance(stage.get("key"), str)
        and isinstance(stage.get("facts"), dict)
        and isinstance(stage.get("outputs"), dict)
    )


STAGES: dict[str, Any] = {
    kind.verb: kind for kind in (ObservationsJob, SampleJob, TrainJob, PredictJob, ReportJob)
}


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
        if not _fits(value, hints[name]):
            raise Wco2Error(f"{where}: {name} = {value!r} is not {_kind_name(hints[name])}.")
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is list:
        return isinstance(value, list) and all(_fits(v, get_args(hint)[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(k, str) and _fits(v, get_args(hint)[1]) for k, v in value.items()
        )
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _kind_name(hint: Any) -> str:
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_kind_name(o) for o in get_args(hint) if o is not type(None))
    if get_origin(hint) is list:
        return f"a list, each {_kind_name(get_args(hint)[0])}"
    return names.get(hint, "a table")


def _files(*paths: str | None) -> list[str]:
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


def sources_of(tables: list[dict[str, Any]]) -> list[Source]:
    """The tables of observations that a study or job names.

    Raises
    ------
    Wco2Error : for unknown keys, or a value of another kind.
    """
    from wco2_engine.inputs.observations import Source

    hints = get_type_hints(Source)
    for table in tables:
        check_names(table, hints, "Source of observations")
        if not table.get("file"):
            raise Wco2Error("A source of observations has no file.", 'Add file = "…".')
        for name, value in table.items():
            kind = dict[str, str] | None if name == "columns" else hints[name]
            if not _fits(value, kind):
                raise Wco2Error(
                    f"Source of observations {table['file']}: {name} = {value!r} is not "
                    f"{_kind_name(kind)}."
                )
    return [Source(**table) for table in tables]


def screen_of(table: Mapping[str, Any]) -> Screen:
    """The screening rules in a table of a study or job.

    Raises
    ------
    Wco2Error : for unknown keys or values.
    """
    from wco2_engine.inputs.screen import Screen

    check_names(table, (item.name for item in fields(Screen)), "Screening rules")
    try:
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in table.items()
        }
        return Screen(**plain)
    except (TypeError, ValueError) as error:
        raise Wco2Error(f"Screening rules {dict(table)} can't be used: {error}.") from error


def _regions_state(path: str) -> str:
    """The regions that a file describes, geometry files included."""
    return json.dumps([region.to_json() for region in read_regions(Path(path))])


def _raster_states(catalogue: Catalogue, months: list[Month]) -> list[str]:
    from wco2_engine.inputs.predictors import Sources
    from wco2_engine.inputs.rasters import Rasters

    with Rasters() as rasters:
        sources = Sources(catalogue, rasters)
        return sources.states(catalogue.predictors, months)


def _path_of(entry: Any) -> str | None:
    path = entry if isinstance(entry, str) else (entry or {}).get("path")
    return path if isinstance(path, str) else None


def _domain_states(entry: Any) -> list[str]:
    path = _path_of(entry)
    return [file_state(path)] if path else []
