"""The job that begins a study of a table of fluxes and rasters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error, gdal_errors, reason_of
from wco2_engine.files import atomic_write, writable_folder, write_text
from wco2_engine.jobs.base import Facts
from wco2_engine.language import ENGLISH, LANGUAGES
from wco2_engine.progress import Progress
from wco2_engine.schema import option

FLUXES, CATALOGUE, STUDY = "fluxes.csv", "catalogue.toml", "study.toml"


@dataclass(frozen=True)
class BeginJob:
    """A folder with a catalogue and a study file, ready to be run.

    `rasters` are as for a catalogue, or there is a `catalogue`, which stays where it is. Columns
    that are not named are guessed by their names. A study that is there is written anew: what
    differs is kept beside it as study_before.toml, and what was run of it stays done as far as it
    is the same.
    """

    verb: ClassVar[str] = "begin"
    folder: str = option("Folder of the study.", path="written", argument="FOLDER")
    fluxes: str = option("Table or points of measured fluxes.", path="read")
    years: str = option("Winters to map, e.g. 1990-1999 or 1990,1995.")
    extent: list[float] = option(
        "West south east north of the map, degrees.", items=("west", "south", "east", "north")
    )
    region: list[float] | None = option(
        "West south east north of the sites that train, degrees.",
        None,
        items=("west", "south", "east", "north"),
        unset="the map's",
    )
    rasters: list[dict[str, Any]] = option(
        "Rasters that the flux may depend on.",
        [],
        table="wco2_engine.drafting.series.ChosenRaster",
    )
    catalogue: str | None = option("A catalogue, instead of rasters.", None, path="read")
    columns: dict[str, str] | None = option("Which column is which; others are guessed.", None)
    flux_units: str = option("Unit of the flux column.", "g C m-2 day-1")
    resolution: float = option("Cell size, degrees.", 0.5, above=0.0)
    trees: int = option("Trees of the forest.", 200, least=1)
    interval: float | None = option("Level of bounds, e.g. 0.9.", None, above=0.0, below=1.0)
    title: str = option("Title of model, maps and report.", "Winter maps")
    language: str = option("Language of the report.", ENGLISH, choices=LANGUAGES)
    copy: bool = option("Copy the table into the folder.", False)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.drafting.entries import shown_path
        from wco2_engine.drafting.study_text import study_text
        from wco2_engine.inputs.guesses import guess, guessed
        from wco2_engine.inputs.tables import read_table
        from wco2_engine.season import parse_years

        if not self.rasters and self.catalogue is None:
            raise Wco2Error(
                "No raster is given.", "Name some that the flux may depend on, or a catalogue."
            )
        if self.rasters and self.catalogue is not None:
            raise Wco2Error(
                "Rasters and a catalogue are given.", "Name one of them: a catalogue has rasters."
            )
        parse_years(self.years)
        columns = dict(self.columns or {})
        table = read_table(self.fluxes)
        added = guessed(table, columns)
        columns |= added
        treatment = "" if "treatment" in columns else guess("treatment", [*table.cells.columns])
        if treatment:
            progress.note(
                "Rows of every treatment are taken. To keep untreated plots alone, say treatment = "
                f"'{treatment}' among the columns in {STUDY}."
            )
        folder = writable_folder(Path(self.folder)).absolute()
        fluxes = Path(self.fluxes).absolute().as_posix()
        if self.copy:
            _copy(Path(self.fluxes), folder / FLUXES)
            fluxes = FLUXES
        study = folder / STUDY
        catalogue, predictors = self._catalogue(folder, progress)
        with _kept(study, progress):
            text = study_text(
                shown_path(catalogue, folder),
                *(self.title, fluxes, self.flux_units, columns, self.region or self.extent),
                *(self.extent, self.resolution, self.years, self.trees, self.interval),
                *(self.language, treatment),
            )
            write_text(study, text)
        progress.update(1.0, "The study is ready to be run")
        return {
            "outputs": [str(study), *([] if self.catalogue else [str(catalogue)])],
            "study": str(study),
            "predictors": predictors,
            "columns": columns,
            "guessed": added,
        }

    def _catalogue(self, folder: Path, progress: Progress) -> tuple[Path, list[Facts]]:
        """The study's catalogue, and what is told of each of its predictors."""
        from wco2_engine.inputs.catalogue import Catalogue
        from wco2_engine.jobs.catalogue import CatalogueJob

        if self.catalogue is not None:
            path = Path(self.catalogue).absolute()
            predictors = Catalogue.read(path).predictors
            return path, [
                {"name": each.name, "when": each.when, "path": each.path} for each in predictors
            ]
        path = folder / CATALOGUE
        with _kept(path, progress):
            drafted = CatalogueJob(
                str(path), replace=True, rasters=[*map(_with_bands, self.rasters)]
            ).run(progress)
        return path, drafted["predictors"]


def _with_bands(raster: dict[str, Any]) -> dict[str, Any]:
    """A raster with the number of its bands, which tells months of a climatology."""
    from wco2_engine.inputs.opening import open_raster

    if "bands" in raster or not Path(raster["source"]).is_file():
        return raster
    try:
        with open_raster(Path(raster["source"])) as source:
            return {**raster, "bands": source.count}
    except gdal_errors() as error:
        raise Wco2Error(
            f"{raster['source']} can't be opened as a raster: {reason_of(error)}.",
            "Check that the file is whole, and that gdalinfo reads it.",
        ) from error


def _copy(source: Path, target: Path) -> None:
    """Copy a file; one that is the same already stays, and the time of its change."""
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    with atomic_write(target) as partial:
        partial.write_bytes(content)


@contextmanager
def _kept(path: Path, progress: Progress) -> Iterator[None]:
    """Keep what a person may have changed in a file, where it is written anew and differs."""
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    yield
    if before is not None and before != path.read_text(encoding="utf-8"):
        kept = path.with_name(f"{path.stem}_before{path.suffix}")
        write_text(kept, before)
        progress.note(f"{path.name} was there and differed: as it was, it is {kept.name} now.")
