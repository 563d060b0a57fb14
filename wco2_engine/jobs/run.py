"""The job that runs all stages of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class RunJob:
    """All stages of a study; finished ones are skipped, stale ones done again."""

    verb: ClassVar[str] = "run"
    study: str = option("The study file.", path="read", argument="STUDY")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.study import Study

        return Study.read(self.study).run(progress)
