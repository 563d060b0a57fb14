"""All jobs by their verb: the stages of a study, and what is done with studies and models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.files import file_state
from wco2_engine.progress import Progress
from wco2_engine.stages import (
    STAGES,
    Facts,
    Job,
    ObservationsJob,
    PredictJob,
    ReportJob,
    SampleJob,
    TrainJob,
    job_to_json,
    make_job,
)
from wco2_engine.study import Study


@dataclass(frozen=True)
class NewJob:
    """A simulated study with a known truth, to try everything on."""

    verb: ClassVar[str] = "new"
    folder: str
    seed: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.simulation.study import create_study

        return create_study(Path(self.folder), seed=self.seed, progress=progress)

    def depends_on(self) -> list[str]:
        return []


@dataclass(frozen=True)
class CheckJob:
    """Open everything that a study needs, before anything runs."""

    verb: ClassVar[str] = "check"
    study: str
    years: str | None = None

    def run(self, progress: Progress) -> Facts:
        return Study.read(self.study).check(progress, self.years)

    def depends_on(self) -> list[str]:
        return [file_state(self.study)]


@dataclass(frozen=True)
class RunJob:
    """All stages of a study; finished ones are skipped, stale ones done again."""

    verb: ClassVar[str] = "run"
    study: str

    def run(self, progress: Progress) -> Facts:
        return Study.read(self.study).run(progress)

    def depends_on(self) -> list[str]:
        return [file_state(self.study)]


@dataclass(frozen=True)
class DescribeJob:
    """What a model file holds."""

    verb: ClassVar[str] = "describe"
    model: str

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model

        return Model.read(Path(self.model)).describe()

    def depends_on(self) -> list[str]:
        return [file_state(self.model)]


@dataclass(frozen=True)
class DoctorJob:
    """Which libraries are there, in which versions, and what is amiss with them."""

    verb: ClassVar[str] = "doctor"

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.doctor import examine

        return examine()

    def depends_on(self) -> list[str]:
        return []


JOBS: dict[str, Any] = {
    **STAGES,
    **{kind.verb: kind for kind in (NewJob, CheckJob, RunJob, DescribeJob, DoctorJob)},
}


def job_from_json(data: Any) -> Job:
    """The job in `{"job": verb, field: value, …}`.

    Raises
    ------
    Wco2Error : for an unknown verb or field, one that is missing, or a value of another kind.
    """
    job: Job = make_job(JOBS, data)
    return job


__all__ = [
    "JOBS",
    "CheckJob",
    "DescribeJob",
    "DoctorJob",
    "Facts",
    "Job",
    "NewJob",
    "ObservationsJob",
    "PredictJob",
    "ReportJob",
    "RunJob",
    "SampleJob",
    "TrainJob",
    "job_from_json",
    "job_to_json",
]
