"""All jobs by their verb, a module each: the stages of a study, and what else can be done.

A job is imported when it is first asked for, because predicting has to do without the libraries
that the others need. A new one is a module here, and its line in `_JOBS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wco2_engine.jobs.base import Facts, Job, job_to_json, make_job

if TYPE_CHECKING:
    from wco2_engine.jobs.begin import BeginJob
    from wco2_engine.jobs.budget import BudgetJob
    from wco2_engine.jobs.catalogue import CatalogueJob
    from wco2_engine.jobs.check import CheckJob
    from wco2_engine.jobs.compare import CompareJob
    from wco2_engine.jobs.describe import DescribeJob
    from wco2_engine.jobs.doctor import DoctorJob
    from wco2_engine.jobs.figure import FigureJob
    from wco2_engine.jobs.new import NewJob
    from wco2_engine.jobs.next_sites import NextSitesJob
    from wco2_engine.jobs.observations import ObservationsJob
    from wco2_engine.jobs.predict import PredictJob
    from wco2_engine.jobs.prepare import PrepareJob
    from wco2_engine.jobs.products import ProductsJob
    from wco2_engine.jobs.publish import PublishJob
    from wco2_engine.jobs.report import ReportJob
    from wco2_engine.jobs.run import RunJob
    from wco2_engine.jobs.sample import SampleJob
    from wco2_engine.jobs.select import SelectJob
    from wco2_engine.jobs.train import TrainJob
    from wco2_engine.jobs.trend import TrendJob
    from wco2_engine.jobs.validate import ValidateJob

# By verb, which is the name of the module too.
_JOBS = {
    "observations": "ObservationsJob",
    "prepare": "PrepareJob",
    "sample": "SampleJob",
    "train": "TrainJob",
    "predict": "PredictJob",
    "report": "ReportJob",
    "figure": "FigureJob",
    "validate": "ValidateJob",
    "select": "SelectJob",
    "new": "NewJob",
    "begin": "BeginJob",
    "check": "CheckJob",
    "run": "RunJob",
    "describe": "DescribeJob",
    "doctor": "DoctorJob",
    "budget": "BudgetJob",
    "trend": "TrendJob",
    "compare": "CompareJob",
    "next_sites": "NextSitesJob",
    "publish": "PublishJob",
    "products": "ProductsJob",
    "catalogue": "CatalogueJob",
}
_VERBS = {name: verb for verb, name in _JOBS.items()}


class _ByVerb(Mapping[str, Any]):
    """The kinds of jobs, each imported when it is looked up."""

    def __getitem__(self, verb: str) -> Any:
        return getattr(import_module(f"{__name__}.{verb}"), _JOBS[verb])

    def __contains__(self, verb: object) -> bool:
        return verb in _JOBS

    def __iter__(self) -> Iterator[str]:
        return iter(_JOBS)

    def __len__(self) -> int:
        return len(_JOBS)


JOBS: Mapping[str, Any] = _ByVerb()


def job_from_json(data: Any) -> Job:
    """The job in `{"job": verb, field: value, …}`.

    Raises
    ------
    Wco2Error : for an unknown verb or field, one that is missing, or a value of another kind.
    """
    job: Job = make_job(JOBS, data)
    return job


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        return JOBS[_VERBS[name]]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


__all__ = [
    "JOBS",
    "BeginJob",
    "BudgetJob",
    "CatalogueJob",
    "CheckJob",
    "CompareJob",
    "DescribeJob",
    "DoctorJob",
    "Facts",
    "FigureJob",
    "Job",
    "NewJob",
    "NextSitesJob",
    "ObservationsJob",
    "PredictJob",
    "PrepareJob",
    "ProductsJob",
    "PublishJob",
    "ReportJob",
    "RunJob",
    "SampleJob",
    "SelectJob",
    "TrainJob",
    "TrendJob",
    "ValidateJob",
    "job_from_json",
    "job_to_json",
]
