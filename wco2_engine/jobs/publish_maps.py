"""The job that makes a folder for a repository, of maps and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.files import file_state
from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option

FLUXES_OF_SITES = "held_out_predictions.csv"  # of a report


@dataclass(frozen=True)
class PublishMapsJob:
    """A folder that is ready for a repository, from a folder of maps, its model and its report."""

    verb: ClassVar[str] = "publish"
    maps: str = option("Folder of maps.", path="read")
    output: str = option("Folder to write; must not be there yet.", path="written")
    model: str | None = option("The model that made the maps.", None, path="read")
    report: str | None = option("A report to publish with them.", None, path="read")
    facts: str | None = option(
        "TOML file with creators, licence, doi, …: what only you know.", None, path="read"
    )
    crs: str | None = option("CRS of maps that state none, e.g. EPSG:4326.", None)
    units: str | None = option("Unit of maps that state none, e.g. 'g C m-2'.", None)
    study: str | None = option(
        "The study that made the maps: how to make them again is published too.", None, path="read"
    )
    replace: bool = option("Replace an earlier published folder.", False)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.publication.about import About
        from wco2_engine.publication.dataset import read_dataset
        from wco2_engine.publication.folder import describe, publish, size_of
        from wco2_engine.publication.recipe import Recipe, months_of

        about = About.read(Path(self.facts)) if self.facts else About()
        model = Path(self.model) if self.model else None
        extras = self._extras(about.tables)
        extras |= {Path("extras") / path.name: path for path in about.include}
        dataset = read_dataset(Path(self.maps), about, model, extras, self.crs, self.units)
        recipe = None
        if self.study is not None:
            recipe = Recipe.of_study(Path(self.study), months_of(dataset.flux.record))
        folder = Path(self.output)
        files = publish(dataset, folder, self.replace, progress, recipe)
        return {
            "outputs": [str(path) for path in files],
            "bytes": size_of(folder),
            "winters": list(dataset.flux.years),
            **describe(folder),
        }

    def depends_on(self) -> list[str]:
        from wco2_engine.mapping.record import RECORD
        from wco2_engine.publication.about import About

        about = About.read(Path(self.facts)) if self.facts else About()
        paths = [str(Path(self.maps) / RECORD), self.model, self.report, self.facts, self.study]
        return [file_state(path) for path in (*filter(None, paths), *map(str, about.include))]

    def _extras(self, tables: bool | None) -> dict[Path, Path]:
        """The files that go with the maps, by their place in the folder.

        The model holds the fluxes that it was trained on, and one table of the report names them
        with their sites: they don't go where these may not.
        """
        found = {}
        if self.model and tables is not False:
            found[Path("model") / Path(self.model).name] = Path(self.model)
        report = Path(self.report) if self.report else None
        if report is None or not report.is_file():
            return found
        beside = sorted(report.with_name(f"{report.stem}_files").glob("*.*"))
        if tables is not True:
            beside = [path for path in beside if path.name != FLUXES_OF_SITES]
        places = {Path("report") / path.parent.name / path.name: path for path in beside}
        return {**found, Path("report") / report.name: report, **places}
