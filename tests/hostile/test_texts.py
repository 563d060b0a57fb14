"""Texts from data that would do something where they are shown."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.regions import parse_regions
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.progress import Silent
from wco2_engine.publication.about import About
from wco2_engine.publication.dataset import read_dataset
from wco2_engine.publication.folder import publish
from wco2_engine.report.drawing import finish, new_figure, plain
from wco2_engine.report.page import csv_text
from wco2_engine.season import Winter

BAD = 'x <script>alert(1)</script>\n# head [a](javascript:b) \x1b[31m\u202e"> | `c`'
FACTS = f"""
title = {json.dumps(BAD)}
version = {json.dumps(BAD)}
licence = {json.dumps(BAD)}
publisher = {json.dumps(BAD)}
contact = {json.dumps(BAD)}
funding = {json.dumps(BAD)}
predictors = {json.dumps(BAD)}
abstract_en = {json.dumps(BAD)}
abstract_zh = {json.dumps(BAD)}
keywords = [{json.dumps(BAD)}]
references = [{json.dumps(BAD)}]
[[creators]]
name = {json.dumps(BAD)}
given = {json.dumps(BAD)}
affiliation = {json.dumps(BAD)}
"""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder of which every text that its authors give is hostile."""
    folder = tmp_path_factory.mktemp("texts")
    grid = Grid.of_pixels("EPSG:4326", 100.0, 70.0, 0.5, 0.5, 9, 6)
    band = Band("flux", "g C m-2 winter-1")
    values = [(grid.whole, np.ones((1, 6, 9)))]
    write_cog(folder / "maps/winter_flux/winter_flux_2001.tif", grid, [band], values, {})
    record = {"model": BAD, "title": BAD, "maps": ["winter_flux/winter_flux_2001.tif"]}
    (folder / "maps/prediction.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "publication.toml").write_text(FACTS, encoding="utf-8")
    about = About.read(folder / "publication.toml")
    publish(read_dataset(folder / "maps", about), folder / "out", False, Silent())
    return folder / "out"


def test_the_card_shows_hostile_texts_as_they_are(out: Path) -> None:
    text = (out / "README.md").read_text("utf-8")
    assert "alert(1)" in text
    assert "<script" not in text and "](javascript" not in text.replace(r"\](", "")
    assert not CONTROL.search(text)
    known = {"Abstract", "摘要", "What is here", "Coverage and units", "How it was made"}
    known |= {"What is not known", "Licence", "Citation", "References", "Checks", "How good it is"}
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert {line.lstrip("# ") for line in headings[1:]} <= known


@pytest.mark.parametrize(
    "name", ["CITATION.cff", "card.json", "collection.json", "items/winter_flux_2001.json"]
)
def test_files_for_programs_hold_no_control_characters(out: Path, name: str) -> None:
    text = (out / name).read_text("utf-8")
    assert not CONTROL.search(text)
    assert "\\u001b" not in text and "\\u202e" not in text


def test_attributes_of_netcdf_hold_no_control_characters(out: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(out / "winter_flux.nc") as found:
        texts = [str(found.getncattr(name)) for name in found.ncattrs()]
    assert any("alert(1)" in text for text in texts)
    assert not any(CONTROL.search(text) for text in texts)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('url = "javascript:alert(1)"', "no address of the web"),
        ('url = "file:///etc/passwd"', "no address of the web"),
        ('doi = "10.1234/\\"><script>"', "is none"),
        ('include = ["/etc/hostname"]', "outside of its folder"),
        ('include = ["../outside.csv"]', "outside of its folder"),
        ('include = ["link.csv"]', "outside of its folder"),
        ('include = ["a/x.csv", "b/x.csv"]', "which are of one name"),
        ('include = ["a/x.csv", "b/X.csv"]', "which are of one name"),
    ],
)
def test_facts_that_lead_elsewhere_are_refused(tmp_path: Path, line: str, message: str) -> None:
    home = tmp_path / "study"
    for name in ("a/x.csv", "b/x.csv", "b/X.csv"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    (tmp_path / "outside.csv").touch()
    (home / "link.csv").symlink_to(tmp_path / "outside.csv")
    (home / "publication.toml").write_text(line)
    with pytest.raises(Wco2Error, match=message):
        About.read(home / "publication.toml")


def test_a_file_that_is_included_twice_is_included_once(tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()
    (tmp_path / "p.toml").write_text('include = ["x.csv", "x.csv"]')
    assert About.read(tmp_path / "p.toml").include == (tmp_path / "x.csv",)


def test_a_figure_with_hostile_names_is_xml() -> None:
    figure, axes = new_figure(1, 1, 40)
    axes[0][0].set_title("a\x1bb\x00c\ufffe")
    axes[0][0].set_xlabel(plain("x\x1b $\\frac"))
    drawn = finish(figure, "a", 'caption \x00"><script>')
    found = ElementTree.fromstring(drawn.svg)
    assert "<script>" not in drawn.svg and found.get("aria-label") == 'caption "><script>'


def test_cells_of_a_report_run_nowhere() -> None:
    rows = [{"name": "=HYPERLINK(1)", "n": -5, "x": -0.5, "t": "-5"}]
    [row] = csv.DictReader(io.StringIO(csv_text(rows)))
    assert row == {"name": "'=HYPERLINK(1)", "n": "-5", "x": "-0.5", "t": "-5"}


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\nb", "a\u202eb", "x" * 300, "", "a\ud800"])
def test_a_region_with_such_a_name_is_refused(name: str) -> None:
    table = {"name": name, "bbox": [0, 50, 10, 60]}
    with pytest.raises(Wco2Error, match="no usable name"):
        parse_regions([table], Winter((1,)), Path())
