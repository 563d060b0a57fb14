"""A study: one TOML file that names everything, and the stages that lead from it to the maps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.escaping import one_line
from wco2_engine.files import existing_file, writable_folder
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import Region, parse_regions, parse_winter
from wco2_engine.inputs.toml import read_toml
from wco2_engine.jobs.base import Facts, StageJob, job_to_json, make_job
from wco2_engine.jobs.observations import ObservationsJob
from wco2_engine.jobs.predict import PredictJob
from wco2_engine.jobs.prepare import PrepareJob
from wco2_engine.jobs.report import ReportJob
from wco2_engine.jobs.sample import SampleJob
from wco2_engine.jobs.state import StudyState
from wco2_engine.jobs.train import TrainJob
from wco2_engine.language import ENGLISH, LANGUAGES
from wco2_engine.lock import locked
from wco2_engine.naming import proper_name
from wco2_engine.options import ZONES, MapProducts, TrainingSettings
from wco2_engine.progress import Progress, Silent, SubProgress, stop_if_cancelled
from wco2_engine.schema import check_table, check_value, keys_of, option, shown
from wco2_engine.season import Month, parse_years
from wco2_engine.study_findings import finding_jobs, publishing_job
from wco2_engine.study_findings import problems as findings_problems

if TYPE_CHECKING:
    from wco2_engine.inputs.domain import Domain

STAGES: dict[str, Any] = {
    kind.verb: kind
    for kind in (ObservationsJob, PrepareJob, SampleJob, TrainJob, PredictJob, ReportJob)
}
STATE = "study-state.json"
_SHOWN = 12  # regions, on a screen
LOCK = ".run.lock"  # beside that of maps, which a run of the study holds for a while too
_SOURCE = ("file", "format", "columns", "flux_units", "crs", "site_table", "year")
OBSERVATION_KEYS = (*_SOURCE, "sources", "target", "screen")
# The keys of [model] and [map]: those of the jobs that they become.
MODEL_KEYS = {**keys_of(TrainingSettings), "at": keys_of(SampleJob)["at"]}
MAP_KEYS = {
    name: keys_of(PredictJob)[name]
    for name in (
        *("years", "extent", "resolution", "crs", "snap", "domain"),
        *keys_of(MapProducts),
    )
}
_TABLES = {  # whose values a job's fields are
    "observations": "[observations]",
    "prepare": "[map]",
    "sample": "[model] and [map]",
    "train": "[model]",
    "predict": "[map]",
    "report": "its names",
}
_WEIGHTS = {
    **{"observations": 0.05, "prepare": 0.2, "sample": 0.05},
    **{"train": 0.25, "predict": 0.4, "report": 0.05, "publish": 0.2},
}
_FINDING = 0.05


@dataclass(frozen=True)
class _Top:
    """The keys of a study file; its larger tables are looked at each by itself."""

    catalogue: str = option("The catalogue of predictors.", path="read")
    title: str | None = option("Title of model, maps and report.", None)
    language: str = option("Language of the report.", ENGLISH, choices=LANGUAGES)
    licence: str = option("Licence of the maps.", "")
    simulated: bool = option("Whether the fluxes are simulated.", False)
    output: str = option("Folder of all results.", "results", path="written")
    observations: Any = option("Tables of fluxes.", None)
    winter: Any = option("The months of a winter.", None)
    region: Any = option("Regions, a table each.", None)
    model: Any = option("How forests are trained.", None)
    zones: dict[str, Any] | None = option("Zones that scores are told by.", None, table=ZONES)
    map: Any = option("What is mapped.", None)
    budget: Any = option("Totals of the maps.", None)
    trend: Any = option("Trends of the maps.", None)
    compare: Any = option("Other products to compare with, a table each.", None)
    publish: Any = option("A folder for a repository.", None)


@dataclass(frozen=True)
class Stage:
    """One step of a study: a job, and the name it goes by."""

    name: str
    job: StageJob


@dataclass(frozen=True)
class Study:
    """What a study file says, checked and with its paths made absolute.

    So a study is the same, and what is done of it stays done, wherever it is run from.

    Attributes
    ----------
    file : the study file itself.
    output : folder of all results.
    observations, prepare, sample, train, predict, report : the stages in their order; each reads
        what the ones before it wrote.
    findings : what is asked of the maps before the report tells of them, by the name of the stage.
    publication : what is published after it.
    """

    file: Path
    title: str
    catalogue: Path
    output: Path
    regions: tuple[Region, ...]
    observations: ObservationsJob
    prepare: PrepareJob
    sample: SampleJob
    train: TrainJob
    predict: PredictJob
    report: ReportJob
    findings: Mapping[str, StageJob]
    publication: Mapping[str, StageJob]

    @classmethod
    def read(cls, path: Path | str) -> Study:
        """The study in a TOML file; paths in it are relative to its folder.

        Raises
        ------
        Wco2Error : for unknown or missing keys and values that can't be, naming file and key.
        """
        path = Path(path)
        if path.is_dir():
            path = path / "study.toml"
        tables = read_toml(path, "Study")
        where = str(path)
        check_table(_Top, tables, where)
        path = path.absolute()
        folder = path.parent
        observations = _table(tables, "observations", OBSERVATION_KEYS, where)
        model = _table(tables, "model", MODEL_KEYS, where, required=False)
        maps = _table(tables, "map", MAP_KEYS, where)
        title = tables.get("title", path.stem)
        catalogue = existing_file(folder / tables["catalogue"], "Catalogue")
        output = folder / tables.get("output", "results")
        winter = parse_winter(tables.get("winter", {}), where)
        with _said_of(where):
            regions = parse_regions(tables.get("region", []), winter, folder)

        check_value(maps.get("domain"), keys_of(PredictJob)["domain"], f"{where}: [map]")
        domain = _domain_entry(maps.get("domain"), folder)
        zones = _domain_entry(tables.get("zones"), folder)

        def out(name: str) -> str:
            return str(output / name)

        def whole(entry: Any) -> Any:
            return _domain_entry(entry, folder)

        jobs: dict[str, dict[str, Any]] = {
            "observations": {
                **_observations(observations, folder, f"{where}: [observations]"),
                "output": out("observations.gpkg"),
                "rejected": out("observations_rejected.csv"),
            },
            "predict": {
                "model": out("model.wco2"),
                "catalogue": str(catalogue),
                "output": out("maps"),
                "stack": out("stack"),
                **{k: v for k, v in maps.items() if k not in ("years", "domain")},
                "years": _years_text(maps, where),
                "domain": domain,
            },
            "train": {
                "training": out("training.gpkg"),
                "catalogue": str(catalogue),
                "output": out("model.wco2"),
                "stack": out("stack"),
                "regions": str(path),
                "title": title,
                "licence": tables.get("licence", ""),
                "simulated": tables.get("simulated", False),
                "domain": domain,
                "zones": zones,
                **{k: v for k, v in model.items() if k != "at"},
            },
            "report": {
                "model": out("model.wco2"),
                "output": out("report.html"),
                "title": title,
                "language": tables.get("language", ENGLISH),
                "state": out(STATE),
                "maps": out("maps"),
                "domain": domain,
            },
        }
        # What can't be shows now, and not when the stages before it have run.
        with _said_of(where):
            made: dict[str, Any] = {
                name: make_job(STAGES, {"job": name, **values}, _TABLES[name])
                for name, values in jobs.items()
            }
            made["observations"].screening()
            made["observations"].sources()
            if made["predict"].products.members and not made["train"].settings.n_members:
                raise Wco2Error(
                    "[map] asks for members, and [model] has no members.",
                    "Say members = 20 and 100 trees or more in [model], or leave them out.",
                )
            made["train"].parsed_zones()
            grid = made["predict"].grid()
            cells = grid.cells
            made["prepare"] = make_job(
                STAGES,
                {
                    "job": "prepare",
                    "catalogue": str(catalogue),
                    "output": out("stack"),
                    "years": made["predict"].years,
                    "extent": list(grid.bounds),
                    "crs": cells.crs,
                    "resolution": cells.dx,
                    "regions": str(path) if regions else None,
                    "observations": out("observations.gpkg"),
                },
                _TABLES["prepare"],
            )
            made["sample"] = make_job(
                STAGES,
                {
                    "job": "sample",
                    "observations": out("observations.gpkg"),
                    "catalogue": str(catalogue),
                    "output": out("training.gpkg"),
                    "regions": str(path),
                    "rejected": out("training_rejected.csv"),
                    "resolution": cells.dx,
                    "crs": cells.crs,
                    "origin": [cells.x0, cells.y0],
                    "stack": out("stack"),
                    "train_months": made["train"].settings.months,
                    **{k: model[k] for k in ("at",) if k in model},
                },
                _TABLES["sample"],
            )
        return cls(
            file=path,
            title=title,
            catalogue=catalogue,
            output=output,
            regions=regions,
            findings=finding_jobs(tables, out, whole, where),
            publication=publishing_job(tables, out, whole, where, str(path)),
            **made,
        )

    def __repr__(self) -> str:
        stages = ", ".join(stage.name for stage in self.stages)
        return (
            f"<Study {shown(self.title)}: winters {shown(self.predict.years)[1:-1]} of "
            f"{len(self.regions)} regions; stages {stages}; {self.file}>"
        )

    def _repr_html_(self) -> str:
        """The study in a notebook: its regions and stages, and which of these were done."""
        state = StudyState.read(self.output / STATE)
        rows = "".join(
            f"<tr><td>{escape(proper_name(region.name))}</td><td>{escape(str(region.winter))}</td></tr>"
            for region in self.regions[:_SHOWN]
        )
        more = len(self.regions) - _SHOWN
        rest = f"<p>and {more} regions more</p>" if more > 0 else ""
        stages = ", ".join(
            f"{stage.name}{' (done before)' if state.key(stage.name) else ''}"
            for stage in self.stages
        )
        return (
            f"<p><strong>{escape(one_line(self.title)[:200])}</strong>, winters "
            f"{escape(shown(self.predict.years)[1:-1])}</p>"
            "<table><thead><tr><th>region</th><th>winter</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>{rest}"
            f"<p>Stages: {stages}. <code>{escape(one_line(str(self.file)))}</code></p>"
        )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in their order."""
        before = [Stage(name, getattr(self, name)) for name in STAGES if name != "report"]
        found = [Stage(name, job) for name, job in self.findings.items()]
        after = [Stage(name, job) for name, job in self.publication.items()]
        return (*before, *found, Stage("report", self.report), *after)

    def run(self, progress: Progress | None = None) -> Facts:
        """Run all stages: those whose inputs, settings and outputs are as they were are skipped.

        Raises
        ------
        Wco2Error : when something needed is missing, before anything has run.
        Cancelled : when the user asked to stop; finished stages stay finished.
        """
        from wco2_engine.inputs.domain import parse_domain

        progress = progress or Silent()
        problems = self.check(SubProgress(progress, 0.0, 0.015), None, tables_too=False)["problems"]
        if not StudyState.read(self.output / STATE).key("predict"):
            domain = parse_domain(self.predict.domain, Path(), f"{self.file}: [map]")
            self._check_cells(domain, problems, SubProgress(progress, 0.015, 0.02))
        if problems:
            raise Wco2Error(" ".join(problems), f"See wco2 check {self.file}.")
        with locked(writable_folder(self.output), LOCK):
            facts = self._run_stages(self.stages, SubProgress(progress, 0.02, 1.0))
        progress.update(1.0, "The study is complete")
        return {"study": str(self.file), "output": str(self.output), "stages": facts}

    def write_report(self, progress: Progress) -> None:
        """Write the report anew where it is older than what it tells of."""
        with locked(writable_folder(self.output), LOCK):
            self._run_stages([Stage("report", self.report)], progress)

    def stale(self) -> list[str]:
        """The stages that a run would do, by name: never done, or of other inputs or settings."""
        state = StudyState.read(self.output / STATE)
        return [
            stage.name
            for stage in self.stages
            if not state.is_done(stage.name, self._key(stage, state))
        ]

    def _run_stages(self, stages: Sequence[Stage], progress: Progress) -> Facts:
        state = StudyState.read(self.output / STATE)
        start, facts = 0.0, {}
        total = sum(_weight(stage) for stage in stages)
        for stage in stages:
            stop_if_cancelled(progress)
            end = min(1.0, start + _weight(stage) / total)
            part = SubProgress(progress, start, end)
            start = end
            key = self._key(stage, state)
            if state.is_done(stage.name, key):
                part.update(1.0, f"{stage.name}: done before")
                facts[stage.name] = {**state.facts(stage.name), "skipped": True}
                continue
            part.update(0.0, stage.name)
            found = stage.job.run(part)
            if not found.get("skipped"):  # there may be nothing to prepare
                state = state.with_stage(stage.name, key, found)
                state.write(self.output / STATE)
            facts[stage.name] = found
        return facts

    def _key(self, stage: Stage, state: StudyState) -> str:
        """What a stage's result depends on, as one short text."""
        depends = stage.job.depends_on()
        if stage.name in ("report", "publish"):  # they tell of the stages before them
            names = [other.name for other in self.stages]
            depends += [state.key(name) for name in names[: names.index(stage.name)]]
        job = json.dumps(job_to_json(stage.job), sort_keys=True)
        text = "\n".join([__version__, job, *depends])
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def check(self, progress: Progress, years: str | None = None, tables_too: bool = True) -> Facts:
        """Look at everything that the study needs.

        Parameters
        ----------
        years : winters to check instead of those of the map.
        tables_too : read the observations too.

        Returns
        -------
        Facts with `predictors` (a row each, by winter), `observations` (counts), `by_region` (what
        observations each region has in its winter, and the quantiles of their fluxes), `cells` (of
        the map, by region), `notes`, and `problems`, which keep the study from running.
        """
        from wco2_engine.inputs.availability import REPLACED, THERE
        from wco2_engine.inputs.domain import parse_domain
        from wco2_engine.stack.checking import look_at, probes

        grid = self.predict.grid()
        domain = parse_domain(self.predict.domain, Path(), f"{self.file}: [map]")
        winters = [region.winter for region in self.regions]
        by_year: dict[int, list[Month]] = {
            year: sorted({m for winter in winters for m in winter.months_of(year)})
            for year in parse_years(years if years is not None else self.predict.years)
        }
        points = probes(grid, self.regions, domain) if tables_too else None
        catalogue = Catalogue.read(self.catalogue)
        rows = look_at(catalogue, by_year, points, SubProgress(progress, 0.0, 0.7))
        problems = [problem for row in rows for problem in row.problems]
        lacking = [
            f"'{row.name}' {year}: {text}"
            for row in rows
            for year, text in row.years.items()
            if text not in (THERE, REPLACED, "unreadable")
        ]
        if lacking:
            problems.append(f"Predictors are missing: {'; '.join(lacking)}.")
        problems += findings_problems({**self.findings, **self.publication}, grid)
        facts: Facts = {
            "study": str(self.file),
            "title": self.title,
            "grid": grid.to_json(),
            "domain": "all cells of the regions" if domain is None else str(domain),
            "regions": [f"{proper_name(region.name)}: {region.winter}" for region in self.regions],
            "predictors": [_plain(row) for row in rows],
            "problems": problems,
        }
        if tables_too:
            facts |= self._check_observations(
                list(by_year), problems, SubProgress(progress, 0.7, 0.9)
            )
            facts["cells"] = self._check_cells(domain, problems, SubProgress(progress, 0.9, 1.0))
        return facts

    def _check_observations(
        self, years: Sequence[int], problems: list[str], progress: Progress
    ) -> Facts:
        from wco2_engine.learning.readiness import beyond_measured, observations_by_region

        progress.update(0.0, "Checking observations")
        try:
            read = self.observations.read()
        except Wco2Error as error:
            problems.append(str(error))
            return {"observations": {}, "by_region": [], "notes": []}
        found = observations_by_region(read.table, self.regions)
        problems += [each.problem for each in found if each.problem]
        beyond = (
            beyond_measured(each.region, each.winters, years) for each in found if each.winters
        )
        return {
            "observations": read.counts,
            "by_region": [each.to_json() for each in found],
            "notes": [*read.notes, *(note for note in beyond if note)],
        }

    def _check_cells(
        self, domain: Domain | None, problems: list[str], progress: Progress
    ) -> dict[str, int]:
        from wco2_engine.learning.readiness import cells_by_region

        counts = cells_by_region(self.predict.grid(), self.regions, domain, progress)
        if counts is not None and not any(counts.values()):
            problems.append(
                f"No cell of the map lies in a region and the domain: extent "
                f"{list(self.predict.grid().bounds)} in {self.predict.crs}."
            )
        return counts or {}


def _weight(stage: Stage) -> float:
    """How much of a run's time a stage may take, more or less."""
    return _WEIGHTS.get(stage.name, _FINDING)


def _table(
    tables: Mapping[str, Any],
    name: str,
    known: Iterable[str],
    where: str,
    required: bool = True,
) -> dict[str, Any]:
    found = tables.get(name)
    if found is None and not required:
        return {}
    if not isinstance(found, dict):
        raise Wco2Error(
            f"{where} has no table [{name}].",
            f"Write [{name}] on a line of its own, and its keys below.",
        )
    check_names(found, known, f"{where}: [{name}]")
    return found


def _observations(table: Mapping[str, Any], folder: Path, where: str) -> dict[str, Any]:
    """The fields of the job that reads the tables of [observations]: one file, or `sources`."""
    sources = table.get("sources")
    if sources is None:
        sources = [{k: v for k, v in table.items() if k in _SOURCE}]
    elif any(key in table for key in _SOURCE):
        raise Wco2Error(
            f"{where} has both sources and keys of a single one.",
            "Write file, format and the like into each of the sources.",
        )
    if not isinstance(sources, list) or not all(isinstance(one, dict) for one in sources):
        raise Wco2Error(
            f"{where}: sources is no list of tables.", 'Write sources = [ { file = "…" }, … ].'
        )
    made = []
    for one in sources:
        check_names(one, _SOURCE, f"{where}: sources")
        paths = {
            key: str(folder / _text(one, key, where))
            for key in ("file", "site_table")
            if key == "file" or key in one
        }
        made.append({**one, **paths})
    if not made:
        raise Wco2Error(f"{where}: sources is empty.", 'Add { file = "…" }.')
    first, *more = made
    shared = {k: v for k, v in table.items() if k in ("target", "screen")}
    fields = {("input" if k == "file" else k): v for k, v in first.items()}
    return {**fields, **shared} | ({"more": more} if more else {})


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise Wco2Error(f"{where} has no {key}.", f'Add {key} = "…".')
    return value


def _years_text(maps: Mapping[str, Any], where: str) -> str:
    years = maps.get("years")
    if isinstance(years, list):
        years = ",".join(map(str, years))
    elif isinstance(years, int) and not isinstance(years, bool):
        years = str(years)
    if not isinstance(years, str):
        raise Wco2Error(f"{where}: [map] has no years.", 'Add years = "1983-2022".')
    with _said_of(f"{where}: [map]"):
        parse_years(years)
    return years


def _domain_entry(entry: Any, folder: Path) -> Any:
    """The domain, or the zones, with the path made whole."""

    def whole(path: str) -> str:
        return path if path.startswith("/vsi") else str(folder / path)

    if isinstance(entry, str):
        return whole(entry)
    if isinstance(entry, dict) and isinstance(entry.get("path"), str):
        return {**entry, "path": whole(entry["path"])}
    return entry


@contextmanager
def _said_of(where: str) -> Iterator[None]:
    """Put the file before what is wrong."""
    try:
        yield
    except Wco2Error as error:
        raise Wco2Error(f"{where}: {error.message}", error.hint) from error


def _plain(row: Any) -> dict[str, Any]:
    return {
        item.name: (
            {str(k): v for k, v in value.items()}
            if isinstance(value := getattr(row, item.name), dict)
            else list(value)
            if isinstance(value, tuple)
            else asdict(value)
            if is_dataclass(value) and not isinstance(value, type)
            else value
        )
        for item in fields(row)
    }
