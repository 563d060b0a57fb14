"""The job that puts the scores of all validations side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, threads
from wco2_engine.jobs.train import TrainJob
from wco2_engine.progress import Part, Progress


@dataclass(frozen=True)
class ValidateJob:
    """Scores of all validations side by side, on a page of their own; no model is kept."""

    verb: ClassVar[str] = "validate"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"
    seed: int = 0
    validation: list[str] = field(default_factory=lambda: ["random", "site", "blocks", "knndm"])
    weights: str = "rows"
    zones: Any = None
    title: str = ""
    simulated: bool = False
    domain: Any = None
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.report.html import VALIDATION, Material, write_report

        refuse_overwriting_inputs([self.output], self._train().inputs())
        check_ending(self.output, ".html", ".htm")
        if not self.validation:
            raise Wco2Error("No validation is named.", "Name e.g. random,site.")
        model = self._train().trained(Part(progress, 0.0, 0.9))
        material = Material(model, self.title or "Validation", threads=threads(self.jobs))
        written = write_report(
            Path(self.output), material, Part(progress, 0.9, 1.0), VALIDATION, "Validation"
        )
        return {
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "outputs": [str(path) for path in written],
        }

    def _train(self) -> TrainJob:
        shared = {item.name: getattr(self, item.name) for item in fields(self)}
        return TrainJob(**shared, members=0)
