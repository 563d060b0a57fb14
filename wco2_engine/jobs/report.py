"""The job that writes the report of a model and of what is around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.files import check_ending, file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, domain_states, threads
from wco2_engine.jobs.state import StudyState
from wco2_engine.language import ENGLISH, LANGUAGES, speaking
from wco2_engine.options import DOMAIN
from wco2_engine.progress import Progress
from wco2_engine.schema import option

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model
    from wco2_engine.report.context import ReportContext


@dataclass(frozen=True)
class ReportJob:
    """A report of a model, and of the study and the maps around it, as one HTML file.

    Its tables and figures are files beside it too.
    """

    verb: ClassVar[str] = "report"
    model: str = option("A model file.", path="read", argument="STUDY_OR_MODEL")
    output: str = option("report.html to write.", path="written")
    title: str = option("Title of the page.", "")
    language: str = option("Language of the page.", ENGLISH, choices=LANGUAGES)
    state: str | None = option("What a study has done, as its state file.", None, path="read")
    maps: str | None = option(
        "Folder of a model's maps, to show them; a study knows its own.", None, path="read"
    )
    scenarios: list[str] = option(
        "Folder of maps of the same model from other inputs; may be repeated.",
        [],
        path="read",
        flag="scenario",
    )

    domain: str | dict[str, Any] | None = option(
        "Cells that were to be predicted, which tells where a predictor was missing.",
        None,
        unset="all cells of the regions",
        table=DOMAIN,
    )

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.compiling import ready
        from wco2_engine.learning.model import Model
        from wco2_engine.report.html import write_report

        ready(progress)
        refuse_overwriting_inputs([self.output], [self.model])
        check_ending(self.output, ".html", ".htm")
        context = self.context(Model.read(Path(self.model)))
        with speaking(self.language):
            written = write_report(Path(self.output), context, progress)
        return {"outputs": [str(path) for path in written]}

    def context(self, model: Model) -> ReportContext:
        """What the report shows of a model."""
        from wco2_engine.mapping.record import RECORD
        from wco2_engine.report.context import ReportContext

        state = StudyState.read(Path(self.state)) if self.state else StudyState({})
        record = Path(self.maps) / RECORD if self.maps else None
        return ReportContext(
            model=model,
            title=self.title,
            observations=state.counts("observations"),
            sampling=state.counts("sample"),
            maps_folder=record.parent if record and record.is_file() else None,
            budget=self.budget_file,
            trend=self.trend_file,
            next_sites=self.next_sites_file,
            scenarios=tuple(map(Path, self.scenarios)),
            domain=self.domain,
            threads=threads(0),
        )

    def depends_on(self) -> list[str]:
        from wco2_engine.mapping.record import RECORD

        folders = [*([self.maps] if self.maps else []), *self.scenarios]
        maps = [str(Path(folder) / RECORD) for folder in folders]
        found = (self.budget_file, self.trend_file, self.next_sites_file)
        findings = [str(path) for path in found]
        states = [file_state(path) for path in (self.model, *maps, *findings)]
        return [*states, *domain_states(self.domain)]

    @property
    def budget_file(self) -> Path:
        """Where totals lie that the report shows."""
        return Path(self.output).with_name("budget.csv")

    @property
    def next_sites_file(self) -> Path:
        """Where a table of next sites lies that the report shows."""
        return Path(self.output).with_name("next_sites.csv")

    @property
    def trend_file(self) -> Path:
        """Where a map of trends lies that the report shows."""
        here = Path(self.output).with_name("trend.tif")
        return Path(self.maps).with_name("trend.tif") if self.maps and not here.is_file() else here
