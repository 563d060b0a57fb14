"""Pictures drawn by several processes: the same as by one, and what fails is told here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.language import speaking
from wco2_engine.learning.model import Model
from wco2_engine.progress import Cancelled, Progress, Silent
from wco2_engine.report.context import ReportContext
from wco2_engine.report.html import write_report
from wco2_engine.report.page import Picture
from wco2_engine.report.side_by_side import FEW, draw_all, helpers


class Stopped(Silent):
    def cancelled(self) -> bool:
        return True


def picture(name: str) -> Picture:
    def draw() -> Any:
        from wco2_engine.report.drawing import label, new_figure

        figure, axes = new_figure(1, 1, 40.0)
        axes[0, 0].plot([1, 2], [3, 4])
        label(axes[0, 0], "site-months", name)
        return figure

    return Picture(name, "A line.", draw)


def failing() -> Any:
    raise Wco2Error("The map can't be read.", "Make it anew.")


def test_a_report_is_the_same_however_many_processes_draw_it(judged: Model, tmp_path: Path) -> None:
    written = []
    for jobs in (1, 3):
        page = tmp_path / str(jobs) / "r.html"
        page.parent.mkdir()
        paths = write_report(page, ReportContext(judged, threads=jobs), Silent())
        written.append({path.name: path.read_bytes() for path in paths})
    assert written[0] == written[1]


def test_pictures_speak_the_language_of_the_page_in_every_process() -> None:
    pictures = [picture(f"p{k}") for k in range(FEW)]
    with speaking("zh"):
        alone = draw_all(pictures, Silent())
        together = draw_all(pictures, Silent(), helpers(2))
    assert alone == together


def test_what_fails_in_a_process_is_told_in_its_own_words() -> None:
    pictures = [picture(f"p{k}") for k in range(FEW)]
    with pytest.raises(Wco2Error, match=r"The map can't be read") as told:
        draw_all([*pictures, Picture("failing", "", failing)], Silent(), helpers(2))
    assert told.value.hint == "Make it anew."


def test_drawing_stops_when_it_is_asked_to() -> None:
    progress: Progress = Stopped()
    with pytest.raises(Cancelled):
        draw_all([picture(f"p{k}") for k in range(FEW)], progress, helpers(2))


def test_one_job_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert helpers(1) is None
    monkeypatch.setattr("wco2_engine.report.side_by_side.may_start_processes", lambda: False)
    assert helpers(4) is None
