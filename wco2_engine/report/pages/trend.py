"""A page of trends: the map of slopes, and the trends of a budget's zones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.page import (
    PageTable,
    Picture,
    Section,
    count,
    value,
    write_page,
    zone,
)
from wco2_engine.season import format_years


def write_trend_page(
    path: Path, facts: Mapping[str, Any], figure: Any, progress: Progress
) -> list[Path]:
    """Write the page of a map of trends.

    Parameters
    ----------
    facts : of the job: counts of cells, `winters`, `rate`, `threshold`, `zones`, `simulated`.
    figure : the map.
    """
    key = (
        f"Winters {format_years(facts['winters'])}: of {facts['cells']:,} cells with a trend "
        f"{facts['rising']:,} rise and {facts['falling']:,} fall significantly, with false "
        f"discoveries kept at {facts['rate']:.0%} (p up to {facts['threshold']:.3g}).",
        f"The median slope is {facts['median_slope']:.3g} g C m⁻² winter⁻¹ a⁻¹.",
    )
    caption = "Theil-Sen slope; dots: the trend is significant."
    shown: list[Picture | PageTable] = [Picture("trend", caption, lambda: figure)]
    notes = [
        "These are trends of the maps, not of measured fluxes, and a p tells nothing of the "
        "model's errors: read a zone's slope together with its interval in the budget's summary."
    ]
    if facts["zones"]:
        columns = (
            zone(),
            count("winters", "winters"),
            value("slope_tg_a", "total, Tg C winter⁻¹ a⁻¹", 3),
            value("slope_p", "p", 3),
            value("slope_mean_g_m2_a", "mean, g C m⁻² winter⁻¹ a⁻¹", 3),
            value("slope_mean_p", "p of the mean", 3),
        )
        shown.append(PageTable("zones", "Zones of the budget.", columns, facts["zones"]))
    section = Section.plain("trends", "Trends", *shown, key=key, notes=notes)
    heading = "Trends of winter CO2 flux"
    simulated = facts["simulated"]
    return write_page(path, heading, "Trends", simulated, [section], progress, with_files=False)
