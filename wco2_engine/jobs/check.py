"""The job that looks at everything a study needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class CheckJob:
    """Open everything that a study needs, before anything runs."""

    verb: ClassVar[str] = "check"
    study: str = option("The study file.", path="read", argument="STUDY")
    years: str | None = option("Winters to check instead of the study's, e.g. 1983-2014.", None)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.study import Study

        return Study.read(self.study).check(progress, self.years)
