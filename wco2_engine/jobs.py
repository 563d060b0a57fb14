"""All jobs by their verb: the stages of a study, and what is done with studies and models."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import check_ending, file_state, keep_apart, written_whole
from wco2_engine.progress import Part, Progress
from wco2_engine.stages import (
    STAGES,
    Facts,
    Job,
    ObservationsJob,
    PredictJob,
    ReportJob,
    SampleJob,
    TrainJob,
    job_to_json,
    make_job,
    threads,
)
from wco2_engine.study import Study


@dataclass(frozen=True)
class NewJob:
    """A simulated study with a known truth, to try everything on."""

    verb: ClassVar[str] = "new"
    folder: str
    seed: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.simulation.study import create_study

        return create_study(Path(self.folder), seed=self.seed, progress=progress)

    def depends_on(self) -> list[str]:
        return []


@dataclass(frozen=True)
class CheckJob:
    """Open everything that a study needs, before anything runs."""

    verb: ClassVar[str] = "check"
    study: str
    years: str | None = None

    def run(self, progress: Progress) -> Facts:
        return Study.read(self.study).check(progress, self.years)

    def depends_on(self) -> list[str]:
        return [file_state(self.study)]


@dataclass(frozen=True)
class RunJob:
    """All stages of a study; finished ones are skipped, stale ones done again."""

    verb: ClassVar[str] = "run"
    study: str

    def run(self, progress: Progress) -> Facts:
        return Study.read(self.study).run(progress)

    def depends_on(self) -> list[str]:
        return [file_state(self.study)]


@dataclass(frozen=True)
class DescribeJob:
    """What a model file holds."""

    verb: ClassVar[str] = "describe"
    model: str

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model

        return Model.read(Path(self.model)).describe()

    def depends_on(self) -> list[str]:
        return [file_state(self.model)]


@dataclass(frozen=True)
class DoctorJob:
    """Which libraries are there, in which versions, and what is amiss with them."""

    verb: ClassVar[str] = "doctor"

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.doctor import examine

        return examine()

    def depends_on(self) -> list[str]:
        return []


@dataclass(frozen=True)
class CompareJob:
    """Two products of winter flux, put on the coarser one's cells and compared.

    `a` and `b` are folders of yearly maps, ours or anybody's, or one map each; `crs_*` and
    `units_*` say what their files do not. Tables and figures go to `{stem}_files/` beside the page,
    maps to `{stem}_maps/`.
    """

    verb: ClassVar[str] = "compare"
    a: str
    b: str
    output: str
    crs_a: str | None = None
    crs_b: str | None = None
    units_a: str | None = None
    units_b: str | None = None
    zones: dict[str, Any] | None = None
    title: str = ""

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.compare import compare
        from wco2_engine.inputs.zones import parse_zones
        from wco2_engine.progress import Part
        from wco2_engine.report.comparison import write_comparison

        check_ending(self.output, ".html", ".htm")
        page = Path(self.output)
        a = self._series(self.a, self.crs_a, self.units_a, "a")
        b = self._series(self.b, self.crs_b, self.units_b, "b")
        maps = page.with_name(f"{page.stem}_maps")
        read = [path.parent for path in (*a.maps.values(), *b.maps.values())]
        keep_apart([str(maps)], map(str, read))
        zones = parse_zones(self.zones, Path(), "Comparison")
        found = compare(a, b, maps, zones, Part(progress, 0.0, 0.8))
        heading = self.title or f"{a.folder.resolve().name} and {b.folder.resolve().name} compared"
        written = write_comparison(page, heading, a, b, found, Part(progress, 0.8, 1.0))
        return {
            "outputs": [*map(str, written), *map(str, found.differences.values()), str(found.mean)],
            "rows": [dict(row) for row in found.rows],
            "winters": list(found.years),
            "between_winters": found.between_winters,
            "simulated": a.simulated or b.simulated,
        }

    @staticmethod
    def _series(path: str, crs: str | None, units: str | None, letter: str) -> Any:
        from wco2_engine.analysis.series import Series

        try:
            return Series.read(Path(path), crs=crs, units=units)
        except Wco2Error as error:  # there are two of the option that it names
            hint = re.sub(r"--(crs|units)\b", rf"--\1-{letter}", error.hint)
            raise Wco2Error(error.message, hint) from error

    def depends_on(self) -> list[str]:
        zones = [self.zones["path"]] if self.zones else []
        return [file_state(path) for path in (self.a, self.b, *zones)]


@dataclass(frozen=True)
class ValidateJob:
    """Scores of all validations side by side, on a page of their own; no model is kept."""

    verb: ClassVar[str] = "validate"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"
    seed: int = 0
    validation: list[str] = field(default_factory=lambda: ["random", "site", "blocks", "knndm"])
    weights: str = "rows"
    zones: Any = None
    title: str = ""
    simulated: bool = False
    domain: Any = None
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.report.html import VALIDATION, Material, write_report

        keep_apart([self.output], self._train().inputs())
        check_ending(self.output, ".html", ".htm")
        if not self.validation:
            raise Wco2Error("No validation is named.", "Name e.g. random,site.")
        model = self._train().trained(Part(progress, 0.0, 0.9))
        material = Material(model, self.title or "Validation", threads=threads(self.jobs))
        written = write_report(
            Path(self.output), material, Part(progress, 0.9, 1.0), VALIDATION, "Validation"
        )
        return {
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "outputs": [str(path) for path in written],
        }

    def depends_on(self) -> list[str]:
        return self._train().depends_on()

    def _train(self) -> TrainJob:
        shared = {item.name: getattr(self, item.name) for item in fields(self)}
        return TrainJob(**shared, members=0)


@dataclass(frozen=True)
class SelectJob:
    """Which predictors help at held-out sites, by region, and a catalogue of these alone."""

    verb: ClassVar[str] = "select"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    method: str = "forward"
    criterion: str = "clear"
    trees: int = 50
    budget: int = 10_000
    seed: int = 0
    title: str = ""
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.catalogue_text import only_predictors
        from wco2_engine.learning.growing import Growth
        from wco2_engine.learning.selection import SELECTIONS, collinearity
        from wco2_engine.report.selection import Found, write_selection

        page = Path(self.output)
        chosen_catalogue = page.with_name(f"{page.stem}_catalogue.toml")
        inputs = TrainJob(self.training, self.catalogue, self.output, self.regions).inputs()
        keep_apart([self.output, str(chosen_catalogue)], inputs)
        check_ending(self.output, ".html", ".htm")
        if self.method not in SELECTIONS:
            raise Wco2Error(
                f"Unknown method '{self.method}'.", nearest_name(self.method, SELECTIONS)
            )
        growth = Growth(trees=self.trees)
        # A model of one tree brings each region's rows, sites and folds, checked as in training.
        rows = TrainJob(
            *(self.training, self.catalogue, self.output, self.regions),
            trees=1,
            seed=self.seed,
            validation=["site"],
            members=0,
            jobs=self.jobs,
        )
        model = rows.trained(Part(progress, 0.0, 0.05))
        names = [predictor.name for predictor in model.predictors]
        only_predictors(Path(self.catalogue), names)  # what can't be cut shows before the work
        found = {}
        for k, part in enumerate(model.regions):
            step = 0.9 / len(model.regions)
            try:
                selection = SELECTIONS[self.method](
                    *(part.features, part.target, names, part.site, part.folds["site"], growth),
                    criterion=self.criterion,
                    budget=self.budget,
                    seed=self.seed,
                    threads=threads(self.jobs),
                    progress=Part(progress, 0.05 + k * step, 0.05 + (k + 1) * step),
                )
            except Wco2Error as error:
                raise Wco2Error(
                    f"Region '{part.region.name}': {error.message}", error.hint
                ) from error
            found[part.region.name] = Found(selection, collinearity(part.features, names))
        wanted = [n for n in names if any(n in each.selection.chosen for each in found.values())]
        text = only_predictors(Path(self.catalogue), wanted)
        written = write_selection(
            page,
            model,
            found,
            chosen_catalogue.name,
            self.title or "Selection of predictors",
            Part(progress, 0.95, 1.0),
        )
        with written_whole(chosen_catalogue) as partial:
            partial.write_text(text, encoding="utf-8")
        return {
            "chosen": {region: list(each.selection.chosen) for region, each in found.items()},
            "rmse": {
                region: {"chosen": each.selection.rmse, "all": each.selection.rmse_of_all}
                for region, each in found.items()
            },
            "catalogue": str(chosen_catalogue),
            "outputs": [*map(str, written), str(chosen_catalogue)],
        }

    def depends_on(self) -> list[str]:
        return TrainJob(self.training, self.catalogue, self.output, self.regions).depends_on()


@dataclass(frozen=True)
class BudgetJob:
    """Totals and means of winters, of all cells, by region and by zone.

    `maps` is a folder of yearly maps, ours or anybody's; `crs` and `units` say what they do not.
    `zones` has `path`, and `name_field` for polygons or `names` (by pixel value) for a raster;
    `regions` is a model or a TOML file. A summary, a figure and, for polygons, a GeoPackage are
    written beside the output.
    """

    verb: ClassVar[str] = "budget"
    maps: str
    output: str
    zones: dict[str, Any] | None = None
    fraction: str | None = None
    regions: str | None = None
    level: float = 0.9
    crs: str | None = None
    units: str | None = None

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.budget import budget, write_budget, write_zones
        from wco2_engine.analysis.coverage import Cover, Everything, fraction_cover, region_cover
        from wco2_engine.analysis.figures import draw_budget
        from wco2_engine.analysis.polygons import PolygonCover
        from wco2_engine.analysis.series import Series
        from wco2_engine.analysis.zones import zone_cover
        from wco2_engine.progress import Part

        path = Path(self.output)
        check_ending(self.output, ".csv")
        beside = path.with_suffix(".gpkg")  # the polygons, which may be named as the zones are
        keep_apart([self.output, *([str(beside)] if self.zones else [])], self._inputs())
        series = Series.read(Path(self.maps), crs=self.crs, units=self.units)
        layout = series.layout
        regions = region_cover(self.regions, series.record, layout)
        zones = zone_cover(self.zones, layout) if self.zones else None
        fraction = fraction_cover(self.fraction, layout) if self.fraction else None
        covers: list[Cover] = [Everything()]
        covers += [cover for cover in (regions, zones) if cover is not None]
        found = budget(series, covers, fraction, self.level, Part(progress, 0.0, 0.9))
        summary = found.summary()
        written = [path, write_budget(found, summary, path)]
        if isinstance(zones, PolygonCover):
            written.append(path.with_suffix(".gpkg"))
            write_zones(zones.frame, summary, written[-1])
        written += draw_budget(found, summary, path.with_suffix(""))
        progress.update(1.0, "Totals are ready")
        return {
            "outputs": [str(file) for file in written],
            "winters": list(series.years),
            "level": self.level if found.of_members is not None else None,
            "summary": summary,
            "notes": found.notes(),
            "simulated": series.simulated,
        }

    def depends_on(self) -> list[str]:
        return [*_map_states(self.maps, self.crs, self.units), *map(file_state, self._inputs())]

    def _inputs(self) -> list[str]:
        zones = (self.zones or {}).get("path")
        return [path for path in (zones, self.fraction, self.regions) if isinstance(path, str)]


@dataclass(frozen=True)
class TrendJob:
    """The trend of each cell of a series of maps, and of each zone of a budget.

    `alpha` is the rate of false discoveries among significant cells, or half of it where cells go
    together (`correlated`). `budget` is the table of a budget, whose trends by zone are written
    beside the output.
    """

    verb: ClassVar[str] = "trend"
    maps: str
    output: str
    alpha: float = 0.05
    correlated: bool = False
    prewhitening: str = "residuals"
    budget: str | None = None
    crs: str | None = None
    units: str | None = None

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.budget import trends_by_zone, write_rows
        from wco2_engine.analysis.figures import draw_trend
        from wco2_engine.analysis.series import Series
        from wco2_engine.analysis.trend import as_prewhitening, map_trends, write_trends
        from wco2_engine.progress import Part

        check_ending(self.output, ".tif", ".tiff")
        path = Path(self.output)
        keep_apart([self.output], [self.budget] if self.budget else [])
        how = as_prewhitening(self.prewhitening)
        by_zone = trends_by_zone(Path(self.budget), how) if self.budget else []
        series = Series.read(Path(self.maps), crs=self.crs, units=self.units)
        keep_apart([self.output], [str(file) for file in series.maps.values()])
        rate = self.alpha * (2 if self.correlated else 1)
        found = map_trends(series, rate, how, Part(progress, 0.0, 0.9))
        write_trends(path, series, found, how)
        written = [path, *draw_trend(found, series, path.with_suffix(""))]
        if by_zone:
            written.append(path.with_name(f"{path.stem}_zones.csv"))
            write_rows(by_zone, written[-1])
        progress.update(1.0, "Trends are ready")
        return {
            "outputs": [str(file) for file in written],
            "winters": list(series.years),
            **found.facts(),
            "prewhitening": how,
            "zones": by_zone,
            "simulated": series.simulated,
        }

    def depends_on(self) -> list[str]:
        states = _map_states(self.maps, self.crs, self.units)
        return [*states, *([file_state(self.budget)] if self.budget else [])]


def _map_states(folder: str, crs: str | None, units: str | None) -> list[str]:
    from wco2_engine.analysis.series import Series

    series = Series.read(Path(folder), crs=crs, units=units)
    return [file_state(str(path)) for path in (*series.maps.values(), *series.members.values())]


@dataclass(frozen=True)
class PublishJob:
    """A folder that is ready for a repository, from a study or a folder of maps.

    `facts` is a TOML file with what only the authors know. A study brings its model and report;
    `crs` and `units` are those of maps that state none.
    """

    verb: ClassVar[str] = "publish"
    source: str
    output: str
    facts: str | None = None
    crs: str | None = None
    units: str | None = None
    replace: bool = False

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.publication.about import About
        from wco2_engine.publication.dataset import read_dataset
        from wco2_engine.publication.folder import describe, publish, size_of

        about = About.read(Path(self.facts)) if self.facts else About()
        maps, model, extras = self._sources()
        extras |= {Path("extras") / path.name: path for path in about.include}
        dataset = read_dataset(maps, about, model, extras, self.crs, self.units)
        folder = Path(self.output)
        files = publish(dataset, folder, self.replace, progress)
        return {
            "outputs": [str(path) for path in files],
            "bytes": size_of(folder),
            "winters": list(dataset.flux.years),
            **describe(folder),
        }

    def _sources(self) -> tuple[Path, Path | None, dict[Path, Path]]:
        """The maps, the model that made them, and the files that go with it."""
        source = Path(self.source)
        if not (source.suffix == ".toml" or (source / "study.toml").is_file()):
            return source, None, {}
        study = Study.read(source)
        model, report = Path(study.train.output), Path(study.report.output)
        for path in (model, Path(study.predict.output)):
            if not path.exists():
                raise Wco2Error(
                    f"The study {study.file} has not been run: {path} is missing.",
                    f"Run it first: wco2 run {self.source}",
                )
        extras = {Path("model") / model.name: model}
        if report.is_file():
            beside = sorted(report.with_name(f"{report.stem}_files").glob("*.*"))
            extras |= {Path("report") / path.name: path for path in [report]}
            extras |= {Path("report") / path.parent.name / path.name: path for path in beside}
        return Path(study.predict.output), model, extras

    def depends_on(self) -> list[str]:
        maps, model, extras = self._sources()
        files = [maps, *([model] if model else []), *extras.values()]
        return [file_state(str(path)) for path in (*files, *([self.facts] if self.facts else []))]


JOBS: dict[str, Any] = {
    **STAGES,
    **{kind.verb: kind for kind in (ValidateJob, SelectJob)},
    **{kind.verb: kind for kind in (NewJob, CheckJob, RunJob, DescribeJob, DoctorJob)},
    **{kind.verb: kind for kind in (BudgetJob, TrendJob)},
    CompareJob.verb: CompareJob,
    PublishJob.verb: PublishJob,
}


def job_from_json(data: Any) -> Job:
    """The job in `{"job": verb, field: value, …}`.

    Raises
    ------
    Wco2Error : for an unknown verb or field, one that is missing, or a value of another kind.
    """
    job: Job = make_job(JOBS, data)
    return job


__all__ = [
    "JOBS",
    "BudgetJob",
    "CheckJob",
    "CompareJob",
    "DescribeJob",
    "DoctorJob",
    "Facts",
    "Job",
    "NewJob",
    "ObservationsJob",
    "PredictJob",
    "PublishJob",
    "ReportJob",
    "RunJob",
    "SampleJob",
    "SelectJob",
    "TrainJob",
    "TrendJob",
    "ValidateJob",
    "job_from_json",
    "job_to_json",
]
