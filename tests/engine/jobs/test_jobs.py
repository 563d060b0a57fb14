"""Every verb as a job that JSON can hold."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import (
    JOBS,
    BeginJob,
    BudgetJob,
    CatalogueJob,
    CheckJob,
    CompareJob,
    DescribeJob,
    DoctorJob,
    FigureJob,
    NewJob,
    NextSitesJob,
    ObservationsJob,
    PredictJob,
    PrepareJob,
    ProductsJob,
    PublishJob,
    ReportJob,
    RunJob,
    SampleJob,
    SelectJob,
    TrainJob,
    TrendJob,
    ValidateJob,
    job_from_json,
    job_to_json,
)
from wco2_engine.options import Hyperparameters, MapProducts, TrainingSettings
from wco2_engine.progress import Silent

EXAMPLES: list[Any] = [
    NewJob("demo", 3),
    BeginJob(
        *("s", "f.csv", "1990", [0, 50, 10, 60]),
        rasters=[{"source": "a.tif"}],
        columns={"flux": "F"},
    ),
    CheckJob("study.toml", "1990-1992"),
    RunJob("study.toml"),
    ObservationsJob(
        "in.csv", "out.gpkg", columns={"site": "S"}, screen={"treatments": ["", "Control"]}
    ),
    PrepareJob("c.toml", "stack", "1990", [0, 50, 10, 60], observations="o.gpkg"),
    SampleJob("o.gpkg", "c.toml", "t.gpkg", origin=[0.5, 0.25]),
    TrainJob(
        *("t.gpkg", "c.toml", "m.wco2"),
        settings=TrainingSettings(Hyperparameters(trees=7), validation=("site",)),
        simulated=True,
    ),
    PredictJob(
        *("m.wco2", "c.toml", "maps", "1990", [0, 50, 10, 60]),
        domain={"path": "z.tif"},
        products=MapProducts(monthly=True, interval=0.9),
    ),
    ReportJob("m.wco2", "r.html"),
    DescribeJob("m.wco2"),
    DoctorJob(),
    FigureJob("winter_flux", "study.toml", "f.pdf", years="1990", width=90.0, zones=True),
    ValidateJob("t.gpkg", "c.toml", "v.html", validation=("site",), zones={"path": "z.gpkg"}),
    SelectJob("t.gpkg", "c.toml", "s.html", method="elimination", criterion="any"),
    BudgetJob("maps", "budget.csv", zones={"path": "z.gpkg"}, fraction="land.tif", level=0.8),
    TrendJob("maps", "trend.tif", alpha=0.1, correlated=True, budget="budget.csv"),
    NextSitesJob("m.wco2", "n.csv", "c.toml", 1990, sites=5, weigh="interval"),
    CompareJob("maps", "others", "c.html", crs_b="EPSG:4326", zones={"path": "z.gpkg"}),
    ProductsJob("request", "era5-land-monthly", extent=[0, 50, 10, 60]),
    CatalogueJob("catalogue.toml", ["downloads"], variables=["t2m"], years="1990-1992"),
    PublishJob("study.toml", "published", facts="publication.toml"),
]


def test_there_is_an_example_of_every_job() -> None:
    assert {job.verb for job in EXAMPLES} == set(JOBS)


@pytest.mark.parametrize("job", EXAMPLES, ids=lambda job: job.verb)
def test_a_job_comes_back_from_json(job: Any) -> None:
    assert job_from_json(json.loads(json.dumps(job_to_json(job)))) == job


@pytest.mark.parametrize("job", EXAMPLES, ids=lambda job: job.verb)
def test_a_job_is_frozen(job: Any) -> None:
    assert is_dataclass(job)
    for item in fields(job):
        with pytest.raises(AttributeError):
            setattr(job, item.name, None)


@pytest.mark.parametrize("verb", JOBS)
def test_the_module_of_a_job_has_the_name_of_its_verb(verb: str) -> None:
    assert JOBS[verb].verb == verb
    assert JOBS[verb].__module__ == f"wco2_engine.jobs.{verb}"


@pytest.mark.parametrize("data", [None, [], "run", {}, {"job": 3}, {"study": "s"}])
def test_what_is_no_job_is_refused(data: Any) -> None:
    with pytest.raises(Wco2Error, match="A job is an object"):
        job_from_json(data)


def test_an_unknown_verb_or_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(Wco2Error, match=r"no job 'predit'.*'predict'"):
        job_from_json({"job": "predit"})
    with pytest.raises(Wco2Error, match=r"Job 'run': unknown key 'studi'.*'study'"):
        job_from_json({"job": "run", "studi": "study.toml"})


def test_jobs_run_one_after_the_other_do_what_the_study_does(
    finished_study: Path, tmp_path: Path
) -> None:
    study = finished_study.parent
    catalogue = str(study / "catalogue.toml")
    steps = [
        {
            "job": "observations",
            "input": str(study / "fluxes.csv"),
            "output": str(tmp_path / "observations.gpkg"),
            "columns": {
                **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
                **{"year": "Year", "month": "Month", "flux": "Flux"},
            },
            "flux_units": "g m-2 month-1",
        },
        {
            "job": "sample",
            "observations": str(tmp_path / "observations.gpkg"),
            "catalogue": catalogue,
            "output": str(tmp_path / "training.gpkg"),
            "regions": str(finished_study),
            "resolution": 1.0,
        },
        {
            "job": "train",
            "training": str(tmp_path / "training.gpkg"),
            "catalogue": catalogue,
            "output": str(tmp_path / "model.wco2"),
            "regions": str(finished_study),
            "trees": 5,
        },
        {
            "job": "predict",
            "model": str(tmp_path / "model.wco2"),
            "catalogue": catalogue,
            "output": str(tmp_path / "maps"),
            "years": "2001",
            "extent": [100, 60, 110, 70],
            "resolution": 1.0,
        },
    ]
    for step in steps:
        facts = job_from_json(step).run(Silent())
        assert all(Path(path).is_file() for path in facts["outputs"])
    described = job_from_json({"job": "describe", "model": str(study / "results/model.wco2")}).run(
        Silent()
    )
    assert described["fingerprint"] == facts_of_model(tmp_path / "model.wco2")


def facts_of_model(path: Path) -> str:
    return str(DescribeJob(str(path)).run(Silent())["fingerprint"])
