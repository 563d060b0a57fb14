"""Jobs as plain values: what they may be, what they depend on, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import job_from_json
from wco2_engine.jobs.base import make_job, threads
from wco2_engine.jobs.observations import ObservationsJob
from wco2_engine.jobs.predict import PredictJob
from wco2_engine.jobs.report import ReportJob
from wco2_engine.jobs.sample import SampleJob
from wco2_engine.jobs.state import StudyState
from wco2_engine.jobs.train import TrainJob
from wco2_engine.progress import Silent
from wco2_engine.study import STAGES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"stages": 5}',
        '{"stages": {"observations": 5, "train": {"key": 3}}}',
        '{"stages": {"observations": {"key": "a", "facts": [], "outputs": {}}}}',
        '{"stages": {"observations": {"key": "a", "facts": {}, "outputs": []}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_state_file_means_that_nothing_is_done(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    state = StudyState.read(path)
    assert not state.is_done("observations", "a")
    assert state.facts("observations") == {}
    assert state.key("train") == ""
    path.write_bytes(b"\xff\xfe\x00")
    assert StudyState.read(path).stages == {}


def test_a_state_comes_back_from_its_file(tmp_path: Path) -> None:
    made = tmp_path / "out.csv"
    made.write_text("1")
    state = StudyState({}).with_stage("sample", "k", {"outputs": [str(made)], "counts": {"n": 3}})
    state.write(tmp_path / "state.json")
    again = StudyState.read(tmp_path / "state.json")
    assert again == state
    assert again.is_done("sample", "k")
    assert not again.is_done("sample", "other")
    made.write_text("22")
    assert not again.is_done("sample", "k")


def test_a_job_needs_what_has_no_default() -> None:
    with pytest.raises(Wco2Error, match="Job 'train' lacks catalogue, output"):
        make_job(STAGES, {"job": "train", "training": "t.gpkg"})


@pytest.mark.parametrize(
    ("verb", "field", "value", "kind"),
    [
        ("train", "trees", "500", "a whole number"),
        ("train", "trees", 1.5, "a whole number"),
        ("train", "trees", True, "a whole number"),
        ("train", "simulated", 1, "true or false"),
        ("train", "validation", ["site", 3], "a list, each a text"),
        ("predict", "extent", [1, 2, "x", 4], "a list of west, south, east, north"),
        ("predict", "years", 1990, "a text"),
        ("observations", "columns", {"site": 3}, "a table"),
        ("sample", "resolution", None, "a number"),
    ],
)
def test_a_value_of_another_kind_is_refused(verb: str, field: str, value: Any, kind: str) -> None:
    needed = {
        "train": {"training": "t", "catalogue": "c", "output": "o"},
        "predict": {"model": "m", "catalogue": "c", "output": "o", "years": "1990"},
        "observations": {"input": "i", "output": "o"},
        "sample": {"observations": "b", "catalogue": "c", "output": "o"},
    }[verb]
    with pytest.raises(Wco2Error) as caught:
        make_job(STAGES, {"job": verb, **needed, field: value})
    assert caught.value.message == f"Job '{verb}': {field} = {value!r} is not {kind}."


def test_a_whole_number_is_a_number() -> None:
    job = make_job(
        STAGES,
        {"job": "sample", "observations": "b", "catalogue": "c", "output": "o", "resolution": 1},
    )
    assert job.cells().dx == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda f: ObservationsJob(f, f),
        lambda f: ObservationsJob("other.csv", "out.csv", rejected="out.csv"),
        lambda f: SampleJob(f, "c.toml", f),
        lambda f: SampleJob("o.gpkg", f, f),
        lambda f: TrainJob(f, "c.toml", f),
        lambda f: ReportJob(f, f),
    ],
)
def test_no_output_takes_the_place_of_an_input(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "precious.csv"
    path.write_text("years of work")
    with pytest.raises(Wco2Error, match="Name another file"):
        make(str(path)).run(Silent())
    assert path.read_text() == "years of work"


def test_a_table_in_a_shapefile_is_stale_when_its_numbers_change(tmp_path: Path) -> None:
    for suffix in (".shp", ".shx", ".dbf"):
        (tmp_path / f"sites{suffix}").write_text("before")
    job = ObservationsJob(str(tmp_path / "sites.shp"), "out.csv")
    before = job.depends_on()
    assert job.depends_on() == before
    (tmp_path / "sites.dbf").write_text("after it")
    assert job.depends_on() != before


def test_a_layer_of_a_file_depends_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    path.write_text("before")
    job = ObservationsJob(f"{path}|layername=sites", "out.csv")
    before = job.depends_on()
    path.write_text("after it")
    assert job.depends_on() != before


def test_a_prediction_depends_on_model_catalogue_domain_and_rasters(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    domain = tmp_path / "domain.geojson"
    domain.write_text("{}")
    model, catalogue = str(wide.folder / "model.wco2"), str(wide.folder / "catalogue.toml")
    job = PredictJob(model, catalogue, "out", "2001", domain={"path": str(domain)})
    found = " ".join(job.depends_on())
    assert wide.model.fingerprint in found
    for name in ("catalogue.toml", "domain.geojson", "t_2000.tif", "t_2001.tif", "carbon.tif"):
        assert name in found


def test_without_an_extent_the_map_is_that_of_the_northern_permafrost_region() -> None:
    assert PredictJob("m", "c", "o", "2001").grid().bounds == (-180.0, 27.0, 180.0, 84.0)
    with pytest.raises(Wco2Error, match="extent in EPSG:6931 is needed"):
        PredictJob("m", "c", "o", "2001", crs="EPSG:6931", resolution=1000.0).grid()


def test_a_resolution_in_another_unit_than_the_crs_is_refused_at_once() -> None:
    job = PredictJob("m", "c", "o", "2001", [-4e6, -4e6, 4e6, 4e6], "EPSG:6931")
    with pytest.raises(Wco2Error, match=r"80000000 x 80000000 cells is too large.*EPSG:6931"):
        job.grid()


def test_the_number_of_threads_is_that_asked_for_or_all() -> None:
    assert threads(3) == 3
    assert threads(0) >= 1
    with pytest.raises(Wco2Error, match="jobs = -1 is negative"):
        threads(-1)


@pytest.mark.parametrize("memory", [-1.0, float("nan"), float("inf")])
def test_memory_that_is_no_number_of_gigabytes_is_refused(memory: float) -> None:
    job = {"job": "predict", "model": "m", "catalogue": "c", "output": "o", "years": "2001"}
    with pytest.raises(Wco2Error, match=r"memory = .* is not (a number|from 0 to 1000000)"):
        job_from_json({**job, "memory": memory})
