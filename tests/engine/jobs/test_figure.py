"""One figure for print, of a study, a model, maps or a file of an analysis."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import BudgetJob, FigureJob
from wco2_engine.jobs.figure import KINDS
from wco2_engine.progress import Silent
from wco2_engine.report import kinds


def draw(kind: str, source: Path, output: Path, **more: object) -> dict[str, object]:
    return FigureJob(kind, str(source), str(output), dpi=72, **more).run(Silent())  # type: ignore[arg-type]


def test_kinds_of_the_job_are_those_that_can_be_drawn() -> None:
    assert set(KINDS) == set(kinds.KINDS) and len(KINDS) == len(set(KINDS))


@pytest.mark.parametrize("kind", ["winter_flux", "sites", "residuals_by_site", "scores"])
def test_a_figure_of_a_study_is_a_page_of_pdf_as_wide_as_was_asked(
    kind: str, finished_study: Path, tmp_path: Path
) -> None:
    found = draw(kind, finished_study, tmp_path / "f.pdf", width=90.0)
    assert found["mm"][0] == 90.0  # type: ignore[index]
    content = (tmp_path / "f.pdf").read_bytes()
    box = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+)", content)[0]
    assert float(box) / 72 * 25.4 == pytest.approx(90, abs=0.1)
    assert b"/FontFile2" in content


def test_maps_alone_and_a_model_alone_are_drawn_too(finished_study: Path, tmp_path: Path) -> None:
    results = finished_study.parent / "results"
    draw("winter_flux", results / "maps", tmp_path / "m.png")
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    found = draw("sites", results / "model.wco2", tmp_path / "s.svg")
    assert "training sites" in str(found["caption"]).lower()
    assert (tmp_path / "s.svg").read_text(encoding="utf-8").startswith("<svg")


def test_totals_of_a_budget_are_drawn(finished_study: Path, tmp_path: Path) -> None:
    BudgetJob(str(finished_study.parent / "results/maps"), str(tmp_path / "b.csv")).run(Silent())
    found = draw("totals", tmp_path / "b.csv", tmp_path / "t.svg")
    assert found["caption"] == "Winter totals by zone."
    assert "Tg C winter" in (tmp_path / "t.svg").read_text(encoding="utf-8")


def test_what_is_not_there_is_told_with_the_way_to_have_it(
    finished_study: Path, tmp_path: Path
) -> None:
    output = tmp_path / "f.pdf"
    with pytest.raises(Wco2Error, match=r"no map of winter_flux of winter 1950") as lacking:
        draw("winter_flux", finished_study, output, years="1950")
    assert "It has" in lacking.value.hint
    with pytest.raises(Wco2Error, match=r"no monthly maps") as monthly:
        draw("monthly_flux", finished_study, output)
    assert "--monthly" in monthly.value.hint
    with pytest.raises(Wco2Error, match=r"\[zones\]"):
        draw("winter_flux", finished_study, output, zones=True)
    with pytest.raises(Wco2Error, match=r"is no study"):
        draw("winter_flux", finished_study.parent / "results/maps", output, zones=True)
    with pytest.raises(Wco2Error, match=r"does not end in \.pdf"):
        draw("winter_flux", finished_study, tmp_path / "f.jpg")
    with pytest.raises(Wco2Error, match=r"no file to draw trend of"):
        draw("trend", finished_study.parent / "results/model.wco2", output)
    with pytest.raises(Wco2Error, match=r"of two products"):
        draw("difference", finished_study, output)
    assert not output.exists()
