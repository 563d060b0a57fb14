"""Predictions of the same model from other inputs, side by side in a report."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import rasterio
from click.testing import CliRunner

from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model
from wco2_engine.options import MapProducts
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.outside import outside_area
from wco2_engine.report.sections import scenarios
from wco2_engine.study import Study


@pytest.fixture
def results(finished_study: Path) -> Path:
    """The results of a study whose maps tell of bounds and applicability."""
    job = Study.read(finished_study).predict
    products = MapProducts(interval=0.9, applicability=True)
    replace(job, products=products).run(Silent())
    return finished_study.parent / "results"


@pytest.fixture
def warmer(results: Path, tmp_path: Path) -> Path:
    """The study's maps, but that every cell is outside in one month of each winter."""
    folder = tmp_path / "warmer"
    shutil.copytree(results / "maps", folder)
    for path in (folder / "applicability").glob("*.tif"):
        with rasterio.open(path) as source:
            profile, values = source.profile, source.read()
        held = values[1] != profile["nodata"]
        values[1][held] = 1
        with rasterio.open(path, "w", **{**profile, "driver": "GTiff"}) as target:
            target.write(values)
    return folder


def change_record(folder: Path, **changes: object) -> None:
    path = folder / "prediction.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_each_prediction_has_its_share_outside(
    results: Path, warmer: Path, tmp_path: Path, pages: SimpleNamespace
) -> None:
    model = Model.read(results / "model.wco2")
    context = ReportContext(model, maps_folder=results / "maps", scenarios=(warmer,))
    write_report(tmp_path / "r.html", context, Silent(), (scenarios.build,))
    rows = pages.read_csv(tmp_path / "r_files" / "scenarios.csv")
    assert [row["maps"] for row in rows] == ["these maps", "warmer"] * len(model.regions)
    for region, ours, theirs in zip(
        sorted(part.region.name for part in model.regions), rows[::2], rows[1::2], strict=True
    ):
        assert ours["region"] == theirs["region"] == region
        own = [r for r in outside_area(model, results / "maps") if r["region"] == region]
        ground = sum(row["mapped_km2"] for row in own)
        told = sum(row["outside_any"] * row["mapped_km2"] for row in own) / ground
        assert float(ours["outside_any"]) == pytest.approx(told)
        assert told < 0.5
        assert float(theirs["outside_any"]) == pytest.approx(1.0)
        months = {p.region.name: len(p.region.winter.months) for p in model.regions}[region]
        assert float(theirs["outside_months"]) == pytest.approx(1 / months)


def test_the_command_takes_a_model_its_maps_and_scenarios(
    results: Path, warmer: Path, tmp_path: Path, pages: SimpleNamespace
) -> None:
    page = tmp_path / "r.html"
    arguments = ["report", results / "model.wco2", "-o", page, "--maps", results / "maps"]
    done = CliRunner().invoke(main, [*map(str, arguments), "--scenario", str(warmer)])
    assert done.exit_code == 0, done.output
    shown = pages.Page(page.read_text(encoding="utf-8")).text
    assert "Scenarios" in shown and "warmer" in shown
    assert "Width of the 90 % interval of the winter flux" in shown


def test_without_scenarios_there_is_no_such_section(results: Path) -> None:
    context = ReportContext(Model.read(results / "model.wco2"), maps_folder=results / "maps")
    assert scenarios.build(context, Silent()) is None


def test_maps_of_another_model_are_refused(results: Path, warmer: Path) -> None:
    change_record(warmer, model="0123456789abcdef")
    with pytest.raises(Wco2Error, match="warmer are of another model"):
        scenarios.of_scenario(Model.read(results / "model.wco2"), warmer)


def test_maps_without_applicability_are_refused_with_the_fix(results: Path, warmer: Path) -> None:
    maps = json.loads((warmer / "prediction.json").read_text())["maps"]
    change_record(warmer, maps=[name for name in maps if not name.startswith("applicability")])
    with pytest.raises(Wco2Error, match="tell nothing of applicability") as caught:
        scenarios.of_scenario(Model.read(results / "model.wco2"), warmer)
    assert "--applicability" in caught.value.hint
