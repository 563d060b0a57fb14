"""The job that looks at everything a study needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wco2_engine.files import refuse_overwriting_inputs
from wco2_engine.jobs.base import PAGE, Facts, files, page_path
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option


@dataclass(frozen=True)
class CheckJob:
    """Open everything that a study needs, before anything runs."""

    verb: ClassVar[str] = "check"
    study: str = option("The study file.", path="read", argument="STUDY")
    years: str | None = option("Winters to check instead of the study's, e.g. 1983-2014.", None)
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.study import Study

        page = page_path(self.page)
        refuse_overwriting_inputs(files(self.page), [self.study])
        facts = Study.read(self.study).check(progress, self.years)
        if page is None:
            return facts
        from wco2_engine.report.pages.check import write_check_page

        written = write_check_page(page, facts, SubProgress(progress, 1.0, 1.0))
        return {"outputs": list(map(str, written)), **facts}
