"""Section: other predictions of the same model, and how much farther they ask it to reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import TOLD_OF_MAPS, ReportContext
from wco2_engine.report.drawing import PALETTE, label, legend_beside, new_figure, plain
from wco2_engine.report.outside import outside_area
from wco2_engine.report.page import PageTable, Picture, Section, percent, place, text, value
from wco2_engine.season import format_years

Row = Mapping[str, Any]


def build(context: ReportContext, progress: Progress) -> Section | None:
    """The ground outside the area of applicability in each prediction, side by side.

    None where no scenario was given.

    Raises
    ------
    Wco2Error : when a scenario is of another model or has no maps of applicability.
    """
    if not context.scenarios:
        return None
    rows: list[Row] = []
    if context.maps is not None and context.outside:
        rows += in_short("these maps", context.outside)
    for folder in context.scenarios:
        rows += of_scenario(context.model, folder, context.now_and_then)
    table = PageTable(
        "scenarios",
        "Ground outside the area of applicability in each prediction, as a share of the mapped "
        "ground, the mean of its winters.",
        (
            place(),
            text("maps", "maps"),
            text("winters", "winters"),
            value("mapped_km2", "mapped, km2", 0),
            percent("outside_any", "outside in any month", 1),
            percent("outside_months", "of ground and months", 1),
        ),
        sorted(rows, key=lambda row: row["region"]),
    )
    picture = Picture(
        "scenarios",
        "Share of ground and months outside the area of applicability, by region and prediction.",
        lambda: draw(rows),
    )
    return Section("scenarios", "Scenarios", tables=(table,), pictures=(picture,))


def of_scenario(
    model: Model, folder: Path, each_strip: Callable[[], None] = lambda: None
) -> list[Row]:
    """The rows of one prediction, by region.

    Raises
    ------
    Wco2Error : when it is of another model or has no maps of applicability.
    """
    maps = PredictionRecord.read(folder, TOLD_OF_MAPS)
    if maps.entries.get("model") != model.fingerprint:
        raise Wco2Error(
            f"The maps in {folder} are of another model.",
            "A scenario is predicted with the model of the report, from another catalogue.",
        )
    if not maps.by_year("applicability"):
        raise Wco2Error(
            f"The maps in {folder} tell nothing of applicability.",
            "Predict them again with --applicability.",
        )
    return in_short(folder.resolve().name, outside_area(model, folder, each_strip))


def in_short(name: str, outside: Sequence[Row]) -> list[Row]:
    """One row a region, weighted by the ground that each winter maps."""
    rows: list[Row] = []
    for region in dict.fromkeys(row["region"] for row in outside):
        own = [row for row in outside if row["region"] == region]
        ground = sum(row["mapped_km2"] for row in own)
        shares = {
            key: sum(row[key] * row["mapped_km2"] for row in own) / ground
            for key in ("outside_any", "outside_months")
        }
        winters = format_years([row["year"] for row in own])
        mean = ground / len(own)
        rows.append(
            {"region": region, "maps": name, "winters": winters, "mapped_km2": mean, **shares}
        )
    return rows


def draw(rows: Sequence[Row]) -> Any:
    """Bars, a group a region and a colour a prediction."""
    regions = list(dict.fromkeys(row["region"] for row in rows))
    names = list(dict.fromkeys(row["maps"] for row in rows))
    figure, axes = new_figure(1, 1, 16 + 5 * len(regions) * (len(names) + 1))
    axis = axes[0][0]
    thick = 0.8 / len(names)
    for k, name in enumerate(names):
        own = [row for row in rows if row["maps"] == name]
        at = [regions.index(row["region"]) + (k - (len(names) - 1) / 2) * thick for row in own]
        shares = [100 * row["outside_months"] for row in own]
        axis.barh(at, shares, thick * 0.95, color=PALETTE[k % len(PALETTE)], label=plain(name))
    axis.set_yticks(range(len(regions)), [plain(proper_name(region)) for region in regions])
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    label(axis, "% of ground and months outside")
    legend_beside(axis)
    return figure
