"""A page and the files beside it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.language import speaking
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.page import (
    csv_text,
    number,
    share,
    typeset,
    with_interval,
)
from wco2_engine.report.sections import limits, scores, settings


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.005, "1.00"),
        (-3.146, "−3.15"),
        (-0.001, "0.00"),
        (1234.5, "1,234.50"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_have_two_digits_and_no_negative_nought(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_share_is_told_in_percent() -> None:
    assert (share(0.125), share(0.125, 1), share(None)) == ("12 %", "12.5 %", "–")


def test_a_number_comes_with_its_interval_where_it_has_one() -> None:
    assert with_interval({"x": 0.5, "x_low": -0.1, "x_high": 0.9}, "x") == "0.50 (−0.10 to 0.90)"
    assert with_interval({"x": 0.5, "x_low": None, "x_high": None}, "x") == "0.50"
    assert with_interval({"x": 0.5}, "x") == "0.50"
    assert with_interval({"x": None}, "x") == "–"


def test_units_are_typeset_as_in_print() -> None:
    assert typeset("3 g C m-2 month-1") == "3 g C m⁻² month⁻¹"


def test_csv_keeps_all_digits_and_leaves_gaps_empty() -> None:
    rows = [{"a": 1 / 3, "b": None, "c": "x,y", "d": math.nan, "e": 7}]
    assert csv_text(rows) == 'a,b,c,d,e\n0.3333333333333333,,"x,y",,7\n'


def test_files_of_an_earlier_page_go_and_no_others_in_or_outside_of_the_folder(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "r_files"
    folder.mkdir()
    outside = tmp_path / "precious.csv"
    for path in (outside, folder / "gone.csv", folder / "notes.txt", folder / "mine.csv"):
        path.write_text("kept?")
    listed = "file,shows\n../precious.csv,x\ngone.csv,x\nnotes.txt,x\n"
    (folder / "contents.csv").write_text(listed)
    write_report(tmp_path / "r.html", ReportContext(judged), Silent(), (settings.build,))
    assert outside.exists()
    assert not (folder / "gone.csv").exists()
    assert (folder / "notes.txt").exists()
    assert (folder / "mine.csv").exists()
    names = {row["file"] for row in pages.read_csv(folder / "contents.csv")}
    assert names == {"regions.csv", "predictors.csv"}


def test_a_page_is_chinese_but_for_names_and_units(judged: Model, tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    parts = (settings.build, scores.build, limits.build)
    with speaking("zh"):
        write_report(path, ReportContext(judged), Silent(), parts, kind="Report")
    text = re.sub(r"<svg.*?</svg>|<code>.*?</code>", "", path.read_text("utf-8"), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", text[text.index("<body>") :])
    assert "留出行上的评分" in words and "不应得出的结论" in words
    english = re.findall(r"(?:[A-Za-z]{2,} ){3,}[A-Za-z]{2,}", words)
    assert not english


def test_a_file_where_the_folder_should_be_is_named(judged: Model, tmp_path: Path) -> None:
    (tmp_path / "r_files").write_text("in the way")
    with pytest.raises(Wco2Error, match="r_files is a file, not a folder"):
        write_report(tmp_path / "r.html", ReportContext(judged), Silent(), (settings.build,))
