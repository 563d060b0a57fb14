"""Kinds of figures that are drawn from maps: months, parts of a winter, and what they need."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.report import kinds
from wco2_engine.report.atlas import Setting
from wco2_engine.report.sheets import Sheet

MONTHS = ("2001-10", "2001-11", "2001-12", "2002-01", "2002-02", "2002-03")


@pytest.fixture
def maps(world: SimpleNamespace, tmp_path: Path) -> kinds.Maps:
    """The winter of 2002 of 2 x 2 cells, each month's flux being its place in the winter."""
    names = ["winter_flux/winter_flux_2002.tif"]
    names += [f"monthly_flux/monthly_flux_{month}.tif" for month in (*MONTHS, "2002-10")]
    for k, name in enumerate(names):
        world.write_raster(tmp_path / name, np.full((2, 2), float(k)), 100.0, 75.0, 5.0)
    (tmp_path / "prediction.json").write_text(json.dumps({"maps": names, "interval": 0.9}))
    region = world.box("siberia", (10, 11, 12, 1, 2, 3), (90, 50, 120, 80))
    return kinds.Maps(PredictionRecord.read(tmp_path), Setting((region,)))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sheet]:
    """The panels that were to be drawn."""
    found: dict[str, Sheet] = {}

    def keep(sheets: dict[str, Sheet], *_: Any) -> None:
        found.update(sheets)

    monkeypatch.setattr(kinds, "draw_fluxes", keep)
    return found


def test_months_are_those_of_one_winter_in_their_order(
    maps: kinds.Maps, drawn: dict[str, Sheet]
) -> None:
    maps.draw("monthly_flux")
    assert list(drawn) == ["Oct 2001", "Nov 2001", "Dec 2001", "Jan 2002", "Feb 2002", "Mar 2002"]
    assert [float(sheet.values[0, 0]) for sheet in drawn.values()] == [1, 2, 3, 4, 5, 6]


def test_parts_of_a_winter_are_sums_of_their_months(
    maps: kinds.Maps, drawn: dict[str, Sheet]
) -> None:
    maps.draw("season_flux")
    assert {words: float(sheet.values[0, 0]) for words, sheet in drawn.items()} == {
        "autumn (Oct to Nov)": 1.0 + 2.0,
        "winter (Dec to Feb)": 3.0 + 4.0 + 5.0,
        "spring (Mar)": 6.0,
    }


def test_what_maps_lack_is_told_with_the_option_that_makes_it(maps: kinds.Maps) -> None:
    with pytest.raises(Wco2Error, match="winter_flux_lower") as lacking:
        maps.draw("interval_width")
    assert "--interval" in lacking.value.hint
    with pytest.raises(Wco2Error, match="applicability") as reach:
        maps.draw("outside_map")
    assert "--applicability" in reach.value.hint
