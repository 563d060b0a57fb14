"""Respiration and net exchange in one table, and units that only the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.observations import read_observations

COLUMNS = {
    **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
    **{"year": "Year", "month": "Month", "flux": "Flux"},
}


def table(path: Path, kinds: list[str], below: str = "") -> Path:
    lines = ["Site,Lon,Lat,Year,Month,Flux,Kind", *([below] if below else [])]
    lines += [f"S{k},{10 + k}.3,65.1,2001,1,12,{kind}" for k, kind in enumerate(kinds)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("kinds", [["nee", "reco"], ["NEE", "Respiration", "", "NEE"]])
def test_rows_of_both_kinds_are_not_put_together_unseen(tmp_path: Path, kinds: list[str]) -> None:
    with pytest.raises(Wco2Error, match=r"column 'Kind' says .* unseen"):
        read_observations(table(tmp_path / "f.csv", kinds), "auto", COLUMNS, "g C m-2 month-1")


@pytest.mark.parametrize("kinds", [["nee", "nee"], ["NEE", "tower"], ["reco", "Rs"], ["", ""]])
def test_words_of_one_kind_or_of_something_else_are_no_matter(
    tmp_path: Path, kinds: list[str]
) -> None:
    found = read_observations(table(tmp_path / "f.csv", kinds), "auto", COLUMNS, "g C m-2 month-1")
    assert len(found.table) == 2


@pytest.mark.parametrize(
    ("below", "hint"),
    [
        (",degrees,degrees,-,-,g C m-2 mo-1,-", 'flux_units = "g C m-2 mo-1"'),
        (",degrees,degrees,-,-,K,-", 'flux_units = "g C m-2 day-1"'),
    ],
)
def test_a_line_of_units_is_asked_about_and_not_believed(
    tmp_path: Path, below: str, hint: str
) -> None:
    with pytest.raises(Wco2Error, match="the unit of the flux is not given") as asked:
        read_observations(table(tmp_path / "f.csv", ["a", "b"], below), "auto", COLUMNS)
    assert hint in asked.value.hint
