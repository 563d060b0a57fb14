"""The job that tells where the next sites would help most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import PAGE, Facts, files, page_path, path_of, threads
from wco2_engine.jobs.predict import PredictJob
from wco2_engine.options import DOMAIN, Run
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option, same_option


@dataclass(frozen=True)
class NextSitesJob:
    """The cells of a map whose measuring would bring its conditions nearest to what is measured.

    Beside the table go the same as GeoPackage, a GeoTIFF of what one site would bring in each
    cell, and a figure.
    """

    verb: ClassVar[str] = "next_sites"
    model: str = option("A model file.", path="read", argument="STUDY_OR_MODEL")
    output: str = option("next_sites.csv to write.", path="written")
    catalogue: str | None = option(
        "Catalogue of predictors; a study has its own.", None, path="read"
    )
    year: int | None = option(
        "Winter whose conditions count, by its name.",
        None,
        unset="the last one that a study maps",
        least=1800,
        most=2300,
    )
    sites: int = option("How many sites to find.", 10, least=1, most=1000)
    sample: int = option(
        "Cells that are compared, drawn alike; memory grows with their square.",
        1000,
        least=2,
        most=3000,
    )
    weigh: str = option(
        "What ground counts by: area, or interval for area times the width of its interval.",
        "area",
        choices=("area", "interval"),
    )
    seed: int = option("Seed by which cells are drawn.", 0, least=0, most=2**32 - 1)
    extent: list[float] | None = same_option(PredictJob, "extent")
    crs: str = same_option(PredictJob, "crs")
    resolution: float = same_option(PredictJob, "resolution")
    snap: bool = same_option(PredictJob, "snap")
    domain: str | dict[str, Any] | None = option(
        "Cells that count.", None, unset="all cells of the regions", table=DOMAIN
    )
    stack: str | None = same_option(PredictJob, "stack")
    jobs: int = same_option(Run, "jobs")
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.next_sites import find_next_sites, write_next_sites
        from wco2_engine.inputs.domain import parse_domain
        from wco2_engine.learning.compiling import ready
        from wco2_engine.learning.model import Model
        from wco2_engine.report.figures import save_figure
        from wco2_engine.report.mapped import draw_next_sites
        from wco2_engine.report.pages.next_sites import write_next_sites_page
        from wco2_engine.report.sections.next_sites import MAPPED

        path = Path(self.output)
        check_ending(self.output, ".csv")
        page = page_path(self.page)
        beside = [str(path.with_suffix(end)) for end in (".csv", ".gpkg", ".tif")]
        inputs = files(self.model, self.catalogue, path_of(self.domain))
        refuse_overwriting_inputs([*beside, *files(self.page)], inputs)
        predict = self._predict()
        grid = predict.grid()
        domain = parse_domain(self.domain, Path(), "Next sites")
        model = Model.read(Path(self.model))
        catalogue = predict.readable(model, grid, SubProgress(progress, 0.0, 0.2))
        ready(progress)
        found = find_next_sites(
            model,
            catalogue,
            grid,
            int(predict.years),
            self.sites,
            self.sample,
            self.seed,
            self.weigh,
            domain,
            SubProgress(progress, 0.2, 0.5),
        )
        for note in found.notes:
            progress.note(note)
        written = write_next_sites(found, model, path, SubProgress(progress, 0.5, 0.95))
        words = f"{MAPPED} Winter {found.year}."
        words += " Simulated." if model.simulated else ""
        figure = draw_next_sites(path.with_suffix(".tif"), found.rows, model)
        written += save_figure(figure, path.with_suffix(""), words)
        facts: Facts = {**found.facts(), "weigh": self.weigh, "simulated": model.simulated}
        if page is not None:
            written += write_next_sites_page(page, facts, figure, SubProgress(progress, 0.95, 1.0))
        progress.update(1.0, "Next sites are told")
        return {"outputs": [str(file) for file in written], **facts}

    def _predict(self) -> PredictJob:
        """The map that the sites are for.

        Raises
        ------
        Wco2Error : when the catalogue or the winter is not known.
        """
        if self.catalogue is None or self.year is None:
            lacks = "catalogue" if self.catalogue is None else "year"
            raise Wco2Error(
                f"Next sites need a {lacks}.", f"Give --{lacks}, or name a study, which has both."
            )
        return PredictJob(
            model=self.model,
            catalogue=self.catalogue,
            output=str(Path(self.output).parent),
            years=str(self.year),
            extent=self.extent,
            crs=self.crs,
            resolution=self.resolution,
            snap=self.snap,
            domain=self.domain,
            jobs=threads(self.jobs),
            stack=self.stack,
        )
