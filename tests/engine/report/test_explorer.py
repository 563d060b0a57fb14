"""The interactive map of a report: what its data hold, and that a browser shows it."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.learning.model import Model
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.progress import Silent
from wco2_engine.report.atlas import PLAIN
from wco2_engine.report.explorer import evenly, explorer_data
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.sections import explore

YEARS = (2001, 2002, 2003)
BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def maps(world: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three winters of 4 x 8 cells of 5 degrees: a flux, its bounds and months outside."""
    folder = tmp_path_factory.mktemp("explorer") / "maps"
    flux = np.arange(32, dtype=float).reshape(4, 8)
    flux[0, 0] = np.nan
    kinds = {"": 0.0, "_lower": -4.0, "_upper": 6.0}
    names = []
    for year in YEARS:
        for end, more in kinds.items():
            names.append(f"winter_flux{end}/winter_flux{end}_{year}.tif")
            values = flux * (year - 2000) + more
            world.write_raster(folder / names[-1], values, 100.0, 75.0, 5.0)
        names.append(f"applicability/applicability_{year}.tif")
        months = np.where(np.isnan(flux), np.nan, flux % 3)
        world.write_raster(folder / names[-1], np.stack([months, months, months]), 100.0, 75.0, 5.0)
    record = {"maps": names, "missing_cell_months": {}, "interval": 0.9, "cells": 31, "notes": []}
    record |= {"grid": {"width": 8, "height": 4, "resolution": 5.0, "crs": "EPSG:4326"}}
    (folder / "prediction.json").write_text(json.dumps({**record, "years": list(YEARS)}))
    return folder


def unpacked(text: str, rows: int) -> np.ndarray:
    """What the page makes of packed values."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).astype(np.uint16)
    apart = (raw[: raw.size // 2] + (raw[raw.size // 2 :] << 8)).reshape(rows, -1)
    return np.cumsum(apart, axis=0, dtype=np.uint16)


def cells_of(plate: dict[str, Any]) -> np.ndarray:
    raw = np.frombuffer(zlib.decompress(base64.b64decode(plate["cells"])), np.uint8)
    steps = np.ascontiguousarray(raw.reshape(4, -1).T).view("<i4").ravel()
    return np.cumsum(steps, dtype=np.int32).reshape(plate["height"], plate["width"])


def test_each_pixel_leads_to_the_values_of_the_cell_below_it(maps: Path) -> None:
    data = explorer_data(PredictionRecord.read(maps), PLAIN, [])
    plate = data["plates"][0]
    cells = cells_of(plate)
    flux, width = data["quantities"]
    counts = unpacked(flux["values"], 3)
    assert counts.shape == (3, 31)
    x, y = 120.0, 62.0  # of the fifth column and third row: the value 20 in 2001
    from wco2_engine.report.views import View

    view = View(plate["longitude"], plate["latitude"], tuple(plate["frame"]))
    at_x, at_y = view.place(np.array([x + 1]), np.array([y + 1]))
    column = int((at_x[0] - view.frame[0]) / view.width * plate["width"])
    row = int((view.frame[3] - at_y[0]) / view.height * plate["height"])
    cell = cells[row, column]
    for k, year in enumerate(YEARS):
        told = flux["low"] + (counts[k, cell] - 1.0) * flux["step"]
        assert told == pytest.approx(20.0 * (year - 2000), abs=flux["step"])
    wide = width["low"] + (unpacked(width["values"], 3)[0, cell] - 1.0) * width["step"]
    assert wide == pytest.approx(10.0)
    assert unpacked(data["outside"], 3)[0, cell] == 20 % 3 + 1
    assert (cells == -1).any()


def test_winters_are_left_out_evenly_where_they_are_too_many() -> None:
    assert evenly([1, 2, 3], 5) == [1, 2, 3]
    assert evenly(list(range(1982, 2013)), 3) == [1982, 1997, 2012]


@pytest.fixture(scope="module")
def page(maps: Path, judged: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "r.html"
    context = ReportContext(model=judged, maps_folder=maps)
    write_report(path, context, Silent(), (explore.build,))
    return path


def test_the_page_loads_nothing_and_is_light(page: Path, pages: SimpleNamespace) -> None:
    text = page.read_text(encoding="utf-8")
    assert pages.Page(text).loads == []
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    assert page.stat().st_size < 1_000_000
    data = json.loads(re.findall(r'id="explorer-data">(.*?)</script>', text, re.DOTALL)[0])
    assert len(data["sites"]) == 8


def test_what_can_be_moved_has_a_name_for_those_who_can_t_see_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for control in re.findall(r"<(?:input|select)\b[^>]*>", text):
        before = text[: text.index(control)]
        assert before.rindex("<label") > before.rfind("</label")
    assert re.search(r'<canvas[^>]*tabindex="0"[^>]*aria-label="[^"]+"', text)
    assert 'role="status" aria-live="polite"' in text


def test_a_browser_shows_values_and_sites(page: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium is installed")
    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=5000"),
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert 'data-ready="yes"' in done.stdout
    told = re.findall(r'<p id="explorer-told"[^>]*>([^<]*)', done.stdout)[0]
    # The cross stands at the first site, 101 E 74 N: the first column, where there is no value
    # at 75 to 70 N.
    assert re.match(r"winter 2003; 7[34]\.\d\d°N 10[01]\.\d\d°E; no value here", told)
    assert "Siberia, site 0: 5 months, observed" in told
