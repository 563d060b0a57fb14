"""Section: totals of winters, where the table of a budget lies beside the report."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import from_table_cell
from wco2_engine.progress import Progress
from wco2_engine.report.drawing import MARKERS, PALETTE, keep_used, label, new_figure, title
from wco2_engine.report.material import Material
from wco2_engine.report.page import Column, Picture, Section, Table, ranged, text

# Of a budget's table, and what they are called here.
TOTAL = {"total": "total_tg", "total_low": "total_lower_tg", "total_high": "total_upper_tg"}
PANELS = 12


def build(material: Material, progress: Progress) -> Section | None:
    """Totals by zone and winter; None without a budget that is newer than the maps."""
    path, maps = material.budget, material.maps
    if path is None or maps is None or not path.is_file():
        return None
    if path.stat().st_mtime < (maps.folder / "prediction.json").stat().st_mtime:
        return Section("totals", "Totals", facts={"file": path.name, "is_old": True})
    rows = read_budget(path)
    return Section(
        "totals",
        "Totals",
        facts={
            "file": path.name,
            "is_old": False,
            "has_intervals": any(row["total_low"] is not None for row in rows),
        },
        tables=(
            Table("totals", "Totals of all zones and winters.", (), rows, most=0),
            Table(
                "totals_first_and_last",
                "Totals of the first and the last winter of each zone, positive when CO₂ leaves "
                "the ground.",
                (
                    text("zone", "Zone"),
                    Column("winter", lambda row: str(row["year"])),
                    ranged("total", "total, Tg C", 1),
                ),
                first_and_last(rows),
                most=60,
            ),
        ),
        pictures=(Picture("totals", "Winter totals by zone, Tg C.", lambda: draw(rows)),),
    )


def first_and_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of each zone's first and last winter."""
    years: dict[str, list[int]] = {}
    for row in rows:
        years.setdefault(row["zone"], []).append(row["year"])
    return [r for r in rows if r["year"] in (min(years[r["zone"]]), max(years[r["zone"]]))]


def read_budget(path: Path) -> list[dict[str, Any]]:
    """The rows of a budget: zone, year, total and its interval, Tg C.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return [
                {
                    "zone": from_table_cell(row["zone"]),
                    "year": int(row["year"]),
                    **{
                        name: float(row[column]) if row[column] else None
                        for name, column in TOTAL.items()
                    },
                }
                for row in csv.DictReader(handle)
            ]
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise Wco2Error(
            f"{path} can't be read as a budget ({error!r}).",
            "Make it anew with wco2 budget, or move it away.",
        ) from error


def draw(rows: list[dict[str, Any]]) -> Any:
    """A panel a zone, over the winters."""
    from matplotlib.ticker import MaxNLocator

    zones = list(dict.fromkeys(row["zone"] for row in rows))[:PANELS]
    columns = min(3, len(zones))
    figure, axes = new_figure(-(-len(zones) // columns), max(2, columns), 3.4, 2.4)
    for k, (axis, zone) in enumerate(zip(axes.ravel(), zones, strict=False)):
        own = [row for row in rows if row["zone"] == zone and row["total"] is not None]
        color = PALETTE[k % len(PALETTE)]
        for row in own:
            if row["total_low"] is not None and row["total_high"] is not None:
                axis.plot([row["year"]] * 2, [row["total_low"], row["total_high"]], color=color)
        axis.plot(
            [row["year"] for row in own],
            [row["total"] for row in own],
            marker=MARKERS[0],
            markersize=4,
            linewidth=1,
            color=color,
        )
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        title(axis, zone)
        label(axis, "winter", "Tg C")
    keep_used(axes, len(zones))
    return figure
