"""A page of totals: the mean winter of each zone, and totals over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.analysis.literature import PUBLISHED
from wco2_engine.progress import Progress
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    number,
    percent,
    text,
    value,
    with_interval,
    write_page,
    zone,
)
from wco2_engine.season import format_years

Row = Mapping[str, Any]


def write_budget_page(
    path: Path, facts: Mapping[str, Any], figure: Any, progress: Progress
) -> list[Path]:
    """Write the page of a budget.

    Parameters
    ----------
    facts : of the job: `summary` (a row a zone), `winters`, `level`, `notes`, `simulated`.
    figure : of totals over time.
    """
    level = facts["level"]
    told = f"Intervals hold {level:.0%} of what other choices of sites would give." if level else ""
    table = PageTable(
        "summary",
        f"The mean winter of {format_years(facts['winters'])}, and the trend of the totals.",
        (
            zone(),
            Column("winters", lambda row: str(row["winters"])),
            _bounded("total", "tg", "Tg C winter⁻¹"),
            value("map_tg", "sum of the map", 2),
            _bounded("mean", "g_m2", "g C m⁻² winter⁻¹"),
            value("area_km2", "ground, km²", 0),
            percent("missing_share", "without a value", 1),
            value("slope_tg_a", "trend, Tg C winter⁻¹ a⁻¹", 3),
            value("slope_p", "p", 3),
        ),
        facts["summary"],
    )
    beside = PageTable(
        "published",
        "Beside published totals. Months, ground and kind of flux differ, and so do totals.",
        (
            text("what", "Total of"),
            value("total_tg", "Tg C winter⁻¹", 0),
            text("months", "months"),
            text("ground", "ground"),
            text("flux", "flux"),
            text("source", "source"),
        ),
        _published(facts),
    )
    picture = Picture("totals", "Totals over time.", lambda: figure)
    notes: Sequence[str] = [*([told] if told else []), *facts["notes"]]
    section = Section.plain("budget", "Totals", picture, table, beside, notes=notes)
    simulated = facts["simulated"]
    return write_page(
        path, "Winter CO2 budget", "Budget", simulated, [section], progress, with_files=False
    )


def _published(facts: Mapping[str, Any]) -> list[Row]:
    """Published totals below that of all cells."""
    own = next((row for row in facts["summary"] if row["kind"] == "all"), None)
    unsaid = dict.fromkeys(("months", "ground", "flux", "source"), "–")
    first = [{"what": "these maps", "total_tg": own["total_tg"], **unsaid}] if own else []
    keys = ("what", "total_tg", "months", "ground", "flux", "source")
    return [*first, *({key: getattr(each, key) for key in keys} for each in PUBLISHED)]


def _bounded(what: str, unit: str, title: str) -> Column:
    """A column of amounts, each with its interval where it has one."""

    def form(row: Row) -> str:
        amount, low, high = (row[f"{what}{end}_{unit}"] for end in ("", "_lower", "_upper"))
        shown = {"x": amount, "x_low": low, "x_high": high}
        digits = 1 if amount is None or abs(amount) >= 100 else 2
        return with_interval(shown, "x", digits) if amount is not None else number(None)

    return Column(title, form)
