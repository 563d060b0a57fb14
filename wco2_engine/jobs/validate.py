"""The job that puts the scores of all validations side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, threads
from wco2_engine.jobs.train import TrainJob
from wco2_engine.options import BY_PLACE, DOMAIN, ZONES, Hyperparameters, Run, TrainingSettings
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import group, option, same_option


@dataclass(frozen=True)
class ValidateJob:
    """Scores of all validations side by side, on a page of their own; no model is kept."""

    verb: ClassVar[str] = "validate"
    training: str = option("Training table.", path="read", argument="TRAINING")
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str = option("validation.html to write.", path="written")
    regions: str | None = option(
        "TOML file with [[region]] tables; a study file will do.", None, path="read"
    )
    hyperparameters: Hyperparameters = group(Hyperparameters)
    seed: int = same_option(TrainingSettings, "seed")
    validation: tuple[str, ...] = same_option(TrainingSettings, "validation", BY_PLACE)
    zones: dict[str, Any] | None = option("Zones that scores are told by too.", None, table=ZONES)
    title: str = option("Title of the page.", "")
    simulated: bool = option("Whether the fluxes are simulated.", False)
    domain: str | dict[str, Any] | None = option(
        "Cells to be mapped, for knndm.", None, table=DOMAIN
    )
    jobs: int = same_option(Run, "jobs")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.report.html import VALIDATION, ReportContext, write_report

        refuse_overwriting_inputs([self.output], self._train().inputs())
        check_ending(self.output, ".html", ".htm")
        if not self.validation:
            raise Wco2Error("No validation is named.", "Name e.g. random,site.")
        model = self._train().trained(SubProgress(progress, 0.0, 0.9))
        context = ReportContext(model, self.title or "Validation", threads=threads(self.jobs))
        written = write_report(
            Path(self.output), context, SubProgress(progress, 0.9, 1.0), VALIDATION, "Validation"
        )
        return {
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "winter_coverage": [dict(row) for row in model.winter_coverage],
            "outputs": [str(path) for path in written],
        }

    def _train(self) -> TrainJob:
        shared = ("training", "catalogue", "output", "regions", "zones", "title", "simulated")
        values = {name: getattr(self, name) for name in (*shared, "domain", "jobs")}
        settings = TrainingSettings(self.hyperparameters, self.seed, self.validation, members=0)
        return TrainJob(**values, settings=settings)
