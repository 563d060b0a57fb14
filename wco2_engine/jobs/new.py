"""The job that makes a simulated study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class NewJob:
    """A simulated study with a known truth, to try everything on."""

    verb: ClassVar[str] = "new"
    folder: str = option("Folder to make it in.", path="written", argument="FOLDER")
    seed: int = option("Another seed, another world.", 0, least=0, most=2**32 - 1)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.simulation.study import create_study

        return create_study(Path(self.folder), seed=self.seed, progress=progress)
