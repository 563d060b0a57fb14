"""The report: one file, with everything in it, of a study or of a model alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report import figures
from wco2_engine.report.html import Material, write_report


class Page(HTMLParser):
    """What a browser would load, and which elements are left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href") and not (value or "").startswith("#"):
                self.loads.append(str(value))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in ("meta", "img", "br", "link"):
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(path: Path, model: Model, **material: Any) -> str:
    write_report(path, Material(model=model, **material), Silent())
    return path.read_text(encoding="utf-8")


@pytest.fixture
def model(finished_study: Path) -> Model:
    return Model.read(finished_study.parent / "results/model.wco2")


def test_a_report_of_a_study_holds_everything_within_itself(finished_study: Path) -> None:
    text = (finished_study.parent / "results/report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert all(link.startswith("data:image/png;base64,") for link in page.loads)
    assert not re.search(r"@import|url\(\s*[\"']?http", text)
    assert page.tags.count("svg") == 4
    assert page.tags.count("img") == 1
    assert "<script" not in text


def test_it_shows_counts_scores_settings_and_origin(finished_study: Path, model: Model) -> None:
    text = (finished_study.parent / "results/report.html").read_text(encoding="utf-8")
    assert "<h1>Small study</h1>" in text
    assert "<td>rejected: not winter</td><td>10</td>" in text
    assert model.fingerprint in text
    assert "CC-BY-4.0" in text
    for row in model.scores:
        if row["month"] == "all":
            assert f"<td>{figures.number(row['r2'])}</td>" in text
    assert "winters 2001, 2002" in text
    assert "Simulated" not in text


def test_a_report_of_a_model_alone_has_no_maps(model: Model, tmp_path: Path) -> None:
    text = report(tmp_path / "r.html", model)
    assert "<h2>Maps</h2>" not in text
    assert "<h2>Data</h2>" not in text
    assert "<h1>Small study</h1>" in text


def test_a_simulated_model_is_marked(model: Model, tmp_path: Path) -> None:
    text = report(tmp_path / "r.html", replace(model, simulated=True))
    assert "<strong>Simulated.</strong>" in text


def test_scores_that_do_not_exist_are_dashes(model: Model, tmp_path: Path) -> None:
    scores = tuple({**row, "r2": None} for row in model.scores)
    text = report(tmp_path / "r.html", replace(model, scores=scores))
    assert "<td>–</td>" in text
    assert "R² –" in text


def test_a_model_without_validation_says_that_nothing_is_known(
    model: Model, tmp_path: Path
) -> None:
    regions = tuple(
        replace(r, folds={}, predictions={}, importances={"impurity": r.importances["impurity"]})
        for r in model.regions
    )
    bare = replace(model, scores=(), regions=regions, settings={**model.settings, "validation": []})
    text = report(tmp_path / "r.html", bare)
    assert "No validation was asked for" in text
    assert Page(text).tags.count("svg") == 2


def test_names_are_text_and_neither_markup_nor_formulas(model: Model, tmp_path: Path) -> None:
    name = "a<b> & $\\frac{"
    regions = tuple(replace(r, region=replace(r.region, name=name)) for r in model.regions)
    scores = tuple({**row, "region": name} for row in model.scores)
    text = report(
        tmp_path / "r.html",
        replace(model, regions=regions, scores=scores),
        title="<script>alert(1)</script>",
    )
    assert "<script" not in text
    assert "<td>a&lt;b&gt; &amp; $\\frac{</td>" in text
    assert Page(text).open == []


def test_more_regions_than_colours_are_all_shown(model: Model, tmp_path: Path) -> None:
    part = model.regions[0]
    names = [f"region {k}" for k in range(7)]
    regions = tuple(replace(part, region=replace(part.region, name=name)) for name in names)
    scores = tuple({**row, "region": name} for name in names for row in model.scores)
    drawn = figures.sites(replace(model, regions=regions, scores=scores))
    assert all(f"{name}: 40 months" in drawn for name in names)


@pytest.mark.parametrize("text", ["{", "[]", '{"maps": []}'])
def test_a_damaged_record_of_maps_is_named(model: Model, tmp_path: Path, text: str) -> None:
    (tmp_path / "prediction.json").write_text(text)
    with pytest.raises(Wco2Error, match=r"prediction\.json can't be read"):
        report(tmp_path / "r.html", model, maps_folder=tmp_path)
    assert not (tmp_path / "r.html").exists()


def test_a_map_that_is_gone_is_named(finished_study: Path, model: Model, tmp_path: Path) -> None:
    maps = finished_study.parent / "results/maps"
    name = json.loads((maps / "prediction.json").read_text())["maps"][0]
    (maps / name).unlink()
    with pytest.raises(Wco2Error, match=rf"{Path(name).name} can't be read"):
        report(tmp_path / "r.html", model, maps_folder=maps)


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (3, 3)])
def test_maps_of_any_shape_and_without_values_are_drawn(
    world: SimpleNamespace, tmp_path: Path, shape: tuple[int, int]
) -> None:
    path = world.write_raster(
        tmp_path / "winter_flux_2001.tif", np.full(shape, np.nan), 0.0, 80.0, 0.01
    )
    assert figures.winter_maps([path]).startswith('<img alt="map" src="data:image/png;base64,')


def test_the_same_model_gives_the_same_report(model: Model, tmp_path: Path) -> None:
    assert report(tmp_path / "1.html", model) == report(tmp_path / "2.html", model)
