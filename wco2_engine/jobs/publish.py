"""The job that makes a folder for a repository, of a study or of maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs.base import PAGE, Facts, page_path
from wco2_engine.jobs.publish_maps import PublishMapsJob
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option, same_option

# What a published folder tells of, in the order of the stages.
_TOLD = ("observations", "sample", "train", "predict", "report")


@dataclass(frozen=True)
class PublishJob:
    """A folder that is ready for a repository, from a study or a folder of maps.

    `facts` is a TOML file with what only the authors know. A study brings its model and report;
    `crs` and `units` are those of maps that state none.
    """

    verb: ClassVar[str] = "publish"
    source: str = option("A study, or a folder of maps.", path="read", argument="STUDY_OR_MAPS")
    output: str = same_option(PublishMapsJob, "output")
    facts: str | None = same_option(PublishMapsJob, "facts")
    crs: str | None = same_option(PublishMapsJob, "crs")
    units: str | None = same_option(PublishMapsJob, "units")
    replace: bool = same_option(PublishMapsJob, "replace")
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        page, folder = page_path(self.page), Path(self.output)
        if page is not None and folder.resolve() in page.resolve().parents:
            raise Wco2Error(
                f"The page {page} lies in {folder}, which holds what is published and no more.",
                "Name a page outside of the folder.",
            )
        job = PublishMapsJob(
            self.source,
            self.output,
            facts=self.facts,
            crs=self.crs,
            units=self.units,
            replace=self.replace,
        )
        source = Path(self.source)
        if source.suffix == ".toml" or (source / "study.toml").is_file():
            job = self._of_study(job, SubProgress(progress, 0.0, 0.2))
            progress = SubProgress(progress, 0.2, 1.0)
        facts = job.run(progress)
        if page is not None:
            from wco2_engine.report.pages.dataset import write_dataset_page

            write_dataset_page(page, facts, SubProgress(progress, 1.0, 1.0))
        return facts

    def _of_study(self, job: PublishMapsJob, progress: Progress) -> PublishMapsJob:
        from wco2_engine.study import Study

        study = Study.read(self.source)
        maps, model = study.predict.output, study.train.output
        for path in (model, maps):
            if not Path(path).exists():
                raise Wco2Error(
                    f"The study {study.file} has not been run: {path} is missing.",
                    f"Run it first: wco2 run {self.source}",
                )
        stale = [name for name in study.stale() if name in _TOLD]
        if stale == ["report"]:  # totals or trends were made since, or it was edited
            study.write_report(progress)
        elif stale:
            raise Wco2Error(
                f"The study {study.file} or its inputs have changed since it was run: "
                f"{', '.join(stale)} would be made again, and nothing is published that is older.",
                f"Run it first: wco2 run {self.source}; or publish the maps alone, by their "
                "folder.",
            )
        return replace(
            job, maps=maps, model=model, report=study.report.output, study=str(study.file)
        )
