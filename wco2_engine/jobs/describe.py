"""The job that tells what a model file holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.files import refuse_overwriting_inputs
from wco2_engine.jobs.base import PAGE, Facts, files, page_path
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class DescribeJob:
    """What a model file holds."""

    verb: ClassVar[str] = "describe"
    model: str = option("A model file.", path="read", argument="MODEL")
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model

        page = page_path(self.page)
        refuse_overwriting_inputs(files(self.page), [self.model])
        facts = Model.read(Path(self.model)).describe()
        if page is None:
            return facts
        from wco2_engine.report.pages.description import write_description

        return {"outputs": list(map(str, write_description(page, facts, progress))), **facts}
