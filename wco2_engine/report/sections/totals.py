"""Section: totals of winters, where the table of a budget lies beside the report."""

from __future__ import annotations

from typing import Any

from wco2_engine.analysis.budget import read_budget
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.figures import draw_totals
from wco2_engine.report.page import Column, PageTable, Picture, Section, ranged, value, zone

# Of a budget's table, and what they are called here.
TOTAL = {
    **{"total": "total_tg", "total_low": "total_lower_tg", "total_high": "total_upper_tg"},
    "map": "map_tg",
}


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Totals by zone and winter; None without a budget that is newer than the maps."""
    path, maps = context.budget, context.maps
    if path is None or maps is None or not path.is_file():
        return None
    if maps.is_newer_than(path):
        return Section("totals", "Totals", facts={"file": path.name, "is_old": True})
    budget = read_budget(path, "map_tg")
    rows = [
        {
            "kind": row["kind"],
            "zone": row["zone"],
            "year": row["year"],
            **{k: row[v] for k, v in TOTAL.items()},
        }
        for row in budget
    ]
    return Section(
        "totals",
        "Totals",
        facts={
            "file": path.name,
            "is_old": False,
            "has_intervals": any(row["total_low"] is not None for row in rows),
            "is_corrected": is_corrected(budget),
        },
        tables=(
            PageTable("totals", "Totals of all zones and winters.", (), rows, most=0),
            PageTable(
                "totals_first_and_last",
                "Totals of the first and the last winter of each zone, positive when CO₂ leaves "
                "the ground.",
                (
                    zone(),
                    Column("winter", lambda row: str(row["year"])),
                    ranged("total", "total, Tg C", 1),
                    value("map", "sum of the map, Tg C", 1),
                ),
                first_and_last(rows),
                most=60,
            ),
        ),
        pictures=(Picture("totals", "Winter totals by zone, Tg C.", lambda: draw_totals(budget)),),
    )


def is_corrected(budget: list[dict[str, Any]]) -> bool:
    """Whether any total is another than the sum of the map."""
    return any(row["map_tg"] != row["total_tg"] for row in budget)


def first_and_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of each zone's first and last winter."""
    years: dict[str, list[int]] = {}
    for row in rows:
        years.setdefault(row["zone"], []).append(row["year"])
    return [r for r in rows if r["year"] in (min(years[r["zone"]]), max(years[r["zone"]]))]
