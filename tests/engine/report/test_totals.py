"""Totals in a report, from the table of a budget beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.sections import totals

HEAD = "kind,zone,year,total_tg,total_lower_tg,total_upper_tg,map_tg\n"
BUDGET = f"{HEAD}all,all,2001,12.5,10,15,12.5\nall,all,2002,13.5,,,13.5\n"


@dataclass(frozen=True)
class Place:
    """Where a budget, maps and a page lie."""

    budget: Path
    maps: Path
    page: Path


@pytest.fixture
def place(finished_study: Path, tmp_path: Path) -> Place:
    budget = tmp_path / "budget.csv"
    budget.write_text(BUDGET)
    return Place(budget, finished_study.parent / "results/maps", tmp_path / "r.html")


def report(place: Place, model: Model) -> str:
    context = ReportContext(model, maps_folder=place.maps, budget=place.budget)
    write_report(place.page, context, Silent(), (totals.build,))
    return place.page.read_text(encoding="utf-8")


def test_totals_and_their_intervals_are_those_of_the_budget(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    shown = pages.Page(report(place, judged)).text
    assert "12.5 (10.0 to 15.0)" in shown
    first, second = pages.read_csv(place.page.with_name("r_files") / "totals.csv")
    assert (first["zone"], first["year"], first["total_high"]) == ("all", "2001", "15.0")
    assert (second["total"], second["total_low"]) == ("13.5", "")
    assert "moved by what it errs" not in shown


def test_what_the_map_adds_up_to_stands_beside_a_corrected_total(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    place.budget.write_text(f"{HEAD}all,all,2001,12.5,10,15,14.25\n")
    shown = pages.Page(report(place, judged)).text
    assert "moved by what it errs at sites that it did not see" in shown
    assert "14.2" in shown


def test_a_budget_that_is_older_than_the_maps_is_not_shown(place: Place, judged: Model) -> None:
    os.utime(place.budget, (1, 1))
    text = report(place, judged)
    assert "is older than the maps and so is not shown" in text
    assert "12.5" not in text


def test_without_a_budget_there_is_no_such_section(place: Place, judged: Model) -> None:
    place.budget.unlink()
    assert "<h2>Totals</h2>" not in report(place, judged)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", f"{HEAD}all,all,now,1,,,1\n", f"{HEAD}all,all\n"])
def test_a_table_that_is_no_budget_is_named(place: Place, judged: Model, text: str) -> None:
    place.budget.write_text(text)
    with pytest.raises(Wco2Error, match=r"budget\.csv can't be read as a budget"):
        report(place, judged)


def test_the_page_shows_the_first_and_the_last_winter_and_the_file_all(
    place: Place, judged: Model, pages: SimpleNamespace
) -> None:
    rows = [
        f"{z},{z},{y},{y - 1990}.37,,,{y}\n" for z in ("all", "bog") for y in (2001, 2002, 2003)
    ]
    place.budget.write_text(HEAD + "".join(rows))
    shown = pages.Page(report(place, judged)).text
    assert "11.4" in shown
    assert "13.4" in shown
    assert "12.4" not in shown
    assert len(pages.read_csv(place.page.with_name("r_files") / "totals.csv")) == 6
