"""A page of what a model file holds, to be read before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.page import (
    Column,
    PageTable,
    Section,
    count,
    place,
    text,
    value,
    write_page,
)
from wco2_engine.season import MONTH_NAMES

Row = Mapping[str, Any]


def write_description(path: Path, facts: Mapping[str, Any], progress: Progress) -> list[Path]:
    """Write the page of what `Model.describe` tells."""
    sections = [
        Section.plain(
            "regions", "Regions", _regions(facts), key=[f"Fingerprint {facts['fingerprint']}"]
        ),
        Section.plain("predictors", "Predictors", _predictors(facts)),
        *(
            [Section.plain("scores", "Scores on held-out rows", _scores(facts))]
            if facts["scores"]
            else []
        ),
        Section.plain(
            "origin",
            "Settings and origin",
            _pairs("settings", "How the forests were grown and judged.", facts["settings"]),
            _pairs("origin", "What the model was made of, and by what.", facts["provenance"]),
        ),
    ]
    heading = str(facts["title"] or "Model")
    simulated = facts["simulated"]
    return write_page(path, heading, "Description", simulated, sections, progress, with_files=False)


def _regions(facts: Mapping[str, Any]) -> PageTable:
    columns = (
        place("name"),
        Column(
            "winter",
            lambda row: " ".join(MONTH_NAMES[month - 1] for month in row["winter_months"]),
            is_text=True,
        ),
        text("winter_label", "named by"),
        count("rows", "rows"),
        count("sites", "sites"),
        Column("years", lambda row: f"{row['years'][0]}–{row['years'][1]}"),
        count("trees", "trees"),
        Column("members", lambda row: str(row["members"] or "–")),
    )
    return PageTable("regions", "A forest for each region.", columns, facts["regions"])


def _predictors(facts: Mapping[str, Any]) -> PageTable:
    rows = [
        {
            "name": predictor["name"],
            "units": predictor["units"],
            "region": region["name"],
            "range": region["ranges"][predictor["name"]],
        }
        for predictor in facts["predictors"]
        for region in facts["regions"]
    ]
    columns = (
        text("name", "Predictor"),
        text("units", "unit"),
        place("region", "region"),
        Column("lowest", lambda row: f"{row['range'][0]:.4g}"),
        Column("highest", lambda row: f"{row['range'][1]:.4g}"),
    )
    return PageTable("predictors", "The values that each region was trained on.", columns, rows)


def _scores(facts: Mapping[str, Any]) -> PageTable:
    columns = (
        place(),
        text("validation", "validation"),
        text("month", "month"),
        count("n", "site-months"),
        count("sites", "sites"),
        value("r2", "R²"),
        value("mae", "MAE"),
        value("rmse", "RMSE"),
        value("bias", "bias"),
    )
    rows = [{"month": "all", **row} for row in facts["scores"]]
    return PageTable("scores", "MAE, RMSE and bias in g C m-2 month-1.", columns, rows)


def _pairs(name: str, caption: str, values: Mapping[str, Any]) -> PageTable:
    rows = [{"what": key.replace("_", " "), "is": _told(value)} for key, value in values.items()]
    return PageTable(name, caption, (text("what", "What"), text("is", "Value")), rows)


def _told(found: Any) -> str:
    """A plain value as people read it."""
    if isinstance(found, Mapping):
        return "; ".join(f"{key}: {_told(each)}" for key, each in found.items())
    if isinstance(found, list | tuple):
        return ", ".join(map(_told, found))
    return "–" if found is None else f"{found:.6g}" if isinstance(found, float) else str(found)
