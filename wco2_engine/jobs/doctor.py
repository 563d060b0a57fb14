"""The job that tells which libraries are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress


@dataclass(frozen=True)
class DoctorJob:
    """Which libraries are there, in which versions, and what is amiss with them."""

    verb: ClassVar[str] = "doctor"

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.doctor import examine

        return examine()
