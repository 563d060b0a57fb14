"""The job that makes a folder for a repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs.base import PAGE, Facts, page_path
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option


@dataclass(frozen=True)
class PublishJob:
    """A folder that is ready for a repository, from a study or a folder of maps.

    `facts` is a TOML file with what only the authors know. A study brings its model and report;
    `crs` and `units` are those of maps that state none.
    """

    verb: ClassVar[str] = "publish"
    source: str = option("A study, or a folder of maps.", path="read", argument="STUDY_OR_MAPS")
    output: str = option("Folder to write; must not be there yet.", path="written")
    facts: str | None = option(
        "TOML file with creators, licence, doi, …: what only you know.", None, path="read"
    )
    crs: str | None = option("CRS of maps that state none, e.g. EPSG:4326.", None)
    units: str | None = option("Unit of maps that state none, e.g. 'g C m-2'.", None)
    replace: bool = option("Replace an earlier published folder.", False)
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.publication.about import About
        from wco2_engine.publication.dataset import read_dataset
        from wco2_engine.publication.folder import describe, publish, size_of

        page = page_path(self.page)
        folder = Path(self.output)
        if page is not None and folder.resolve() in page.resolve().parents:
            raise Wco2Error(
                f"The page {page} lies in {folder}, which holds what is published and no more.",
                "Name a page outside of the folder.",
            )
        about = About.read(Path(self.facts)) if self.facts else About()
        maps, model, extras = self._sources()
        extras |= {Path("extras") / path.name: path for path in about.include}
        dataset = read_dataset(maps, about, model, extras, self.crs, self.units)
        files = publish(dataset, folder, self.replace, progress)
        facts: Facts = {
            "outputs": [str(path) for path in files],
            "bytes": size_of(folder),
            "winters": list(dataset.flux.years),
            **describe(folder),
        }
        if page is not None:
            from wco2_engine.report.pages.dataset import write_dataset_page

            write_dataset_page(page, facts, SubProgress(progress, 1.0, 1.0))
        return facts

    def _sources(self) -> tuple[Path, Path | None, dict[Path, Path]]:
        """The maps, the model that made them, and the files that go with it."""
        source = Path(self.source)
        if not (source.suffix == ".toml" or (source / "study.toml").is_file()):
            return source, None, {}
        from wco2_engine.study import Study

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
