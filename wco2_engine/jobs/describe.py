"""The job that tells what a model file holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.jobs.base import Facts
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class DescribeJob:
    """What a model file holds."""

    verb: ClassVar[str] = "describe"
    model: str = option("A model file.", path="read", argument="MODEL")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model

        return Model.read(Path(self.model)).describe()
