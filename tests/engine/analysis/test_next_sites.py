"""Next sites of a study: from its model and map to the files that people open."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result

from wco2_engine.analysis.next_sites import (
    COLUMNS,
    find_next_sites,
    read_facts,
    write_next_sites,
)
from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs import NextSitesJob
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.study import Study


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def of_study(study: Path) -> tuple[Model, Catalogue, Any, int]:
    predict = Study.read(study).predict
    model = Model.read(Path(predict.model))
    return model, Catalogue.read(predict.catalogue), predict.grid(), 2001


def test_a_study_tells_its_next_sites(finished_study: Path, tmp_path: Path) -> None:
    results = finished_study.parent / "results"
    output = results / "next_sites.csv"
    result = call(
        "next-sites", finished_study, "-o", output, "--sites", 3, "--page", tmp_path / "p.html"
    )
    assert result.exit_code == 0, result.output
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    points = geopandas.read_file(output.with_suffix(".gpkg"))
    assert points["longitude"].tolist() == points.geometry.x.tolist()
    for end in (".png", ".svg", ".pdf"):
        assert output.with_suffix(end).is_file()
    assert "Where the next sites would help most" in (tmp_path / "p.html").read_text("utf-8")

    # The map says of each cell what one site there would bring: nowhere more than the first.
    facts = read_facts(output)
    with rasterio.open(output.with_suffix(".tif")) as source:
        gain, di = source.read(masked=True)
        row, column = source.index(float(rows[0]["longitude"]), float(rows[0]["latitude"]))
        assert source.tags()["WCO2_QUANTITY"] == "next_sites"
    assert facts["cells"] == facts["sampled"] == gain.count()  # all cells of so small a map
    assert gain.max() == pytest.approx(float(rows[0]["gain"]), rel=1e-5)
    assert gain[row, column] == pytest.approx(float(rows[0]["gain"]), rel=1e-5)
    assert di[row, column] == pytest.approx(float(rows[0]["di"]), rel=1e-5)
    falls = [facts["mean_di"] - float(rows[0]["gain"]), float(rows[0]["mean_di"])]
    assert falls[0] == pytest.approx(falls[1])

    # The report of the study shows them, and not those of another model.
    report = call("report", finished_study, "-o", results / "report.html")
    assert report.exit_code == 0, report.output
    page = (results / "report.html").read_text("utf-8")
    assert "3 sites would bring the mean dissimilarity index" in page
    anew = {"IGNORE_COG_LAYOUT_BREAK": "YES"}  # newer GDAL asks
    with rasterio.open(output.with_suffix(".tif"), "r+", **anew) as target:
        target.update_tags(WCO2_MODEL_FINGERPRINT="0123456789abcdef")
    call("report", finished_study, "-o", results / "report.html")
    page = (results / "report.html").read_text("utf-8")
    assert "next_sites.csv is of another model" in page


def test_the_same_seed_draws_the_same_cells(finished_study: Path) -> None:
    model, catalogue, grid, year = of_study(finished_study)
    one, same, other = (
        find_next_sites(model, catalogue, grid, year, 2, 12, seed) for seed in (1, 1, 2)
    )
    assert one.rows == same.rows and one.sampled == 12
    assert one.mean_di != other.mean_di  # told by other cells
    assert one.area_km2 == other.area_km2
    whole = find_next_sites(model, catalogue, grid, year, 2, 3000)
    assert one.mean_di == pytest.approx(whole.mean_di, rel=0.5)


def test_ground_may_count_by_the_width_of_its_interval(finished_study: Path) -> None:
    model, catalogue, grid, year = of_study(finished_study)
    by_area = find_next_sites(model, catalogue, grid, year, 1)
    by_width = find_next_sites(model, catalogue, grid, year, 1, weigh="interval")
    assert by_area.mean_di != by_width.mean_di
    (demand,) = [each for each in by_width.demands if each is not None]
    assert demand.weight.sum() == pytest.approx(1)
    assert np.ptp(demand.weight, axis=1).max() > 0  # months differ by their widths


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["{model}"], "Next sites need a catalogue"),
        (["{model}", "--catalogue", "{catalogue}"], "Next sites need a year"),
        (["{study}", "--year", "1850"], "Predictors are missing for 18"),
        (["{study}", "--sample", "1"], "sample"),
        (["{study}", "--weigh", "interwal"], "Did you mean 'interval'"),
        (["{study}", "-o", "sites.gpkg"], ".csv"),
    ],
)
def test_a_wrong_call_is_told(
    finished_study: Path, tmp_path: Path, given: list[str], said: str
) -> None:
    predict = Study.read(finished_study).predict
    places = {"model": predict.model, "catalogue": predict.catalogue, "study": finished_study}
    arguments = [each.format(**places) for each in given]
    if "-o" not in arguments:
        arguments += ["-o", str(tmp_path / "next_sites.csv")]
    result = call("next-sites", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert not (tmp_path / "next_sites.csv").exists()


def test_a_model_without_validation_knows_no_distances(
    finished_study: Path, tmp_path: Path
) -> None:
    model, catalogue, grid, year = of_study(finished_study)
    bare = replace(
        model, regions=tuple(replace(r, folds={}, predictions={}) for r in model.regions)
    )
    with pytest.raises(Wco2Error, match="holds no validation"):
        find_next_sites(bare, catalogue, grid, year)


def test_a_region_without_a_cell_of_the_map_brings_nothing(
    finished_study: Path, world: SimpleNamespace, tmp_path: Path
) -> None:
    model, catalogue, grid, year = of_study(finished_study)
    (part,) = model.regions
    far = replace(part, region=world.box("far", part.region.winter.months, (0, -80, 10, -70)))
    both = replace(model, regions=(far, part), scores=(), coverage=(), winter_coverage=())
    found = find_next_sites(both, catalogue, grid, year, 2)
    assert found.demands[0] is None
    assert found.rows == find_next_sites(model, catalogue, grid, year, 2).rows
    written = write_next_sites(found, both, tmp_path / "n.csv", Silent())
    assert [path.suffix for path in written] == [".csv", ".gpkg", ".tif"]


def test_it_does_not_write_over_its_inputs(finished_study: Path, tmp_path: Path) -> None:
    predict = Study.read(finished_study).predict
    table = tmp_path / "c.csv"
    shutil.copy(predict.catalogue, table)
    job = NextSitesJob(predict.model, str(table), str(table), 2001)
    with pytest.raises(Wco2Error, match=r"c\.csv"):
        job.run(Silent())
