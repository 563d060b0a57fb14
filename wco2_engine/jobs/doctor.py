"""The job that tells which libraries are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class DoctorJob:
    """Which libraries are there, in which versions, and what is amiss with them."""

    verb: ClassVar[str] = "doctor"
    warm: bool = option("Compile the forest's code now, so that no run has to wait for it.", False)

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.doctor import examine

        if not self.warm:
            return examine()
        from wco2_engine.learning.compiling import cache_folder, ready

        ready(progress)
        return {**examine(), "compiled": str(cache_folder() or "")}
