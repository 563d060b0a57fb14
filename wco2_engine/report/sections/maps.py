"""Section: the maps, and how wide their intervals are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.mapping.plan import LOWER, UPPER, WINTER_FLUX
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import WINTER_LABEL
from wco2_engine.report.mapped import MONTHS_OUTSIDE, draw_fluxes, draw_widths
from wco2_engine.report.names import titles_of
from wco2_engine.report.page import PageTable, Picture, Section, count, named, number, share
from wco2_engine.report.sheets import Sheet
from wco2_engine.season import format_years

SUMS = (
    "Where a region predicts medians or trimmed means, a winter is the sum of these over its "
    "months: neither of the winter, and below its mean. Totals, trends and comparisons are of "
    "means."
)


def build(context: ReportContext, progress: Progress) -> Section | None:
    """The first and the last winter, and the width of the last one's interval."""
    maps = context.maps
    if maps is None:
        return None
    record = maps.entries
    winters = maps.by_year(WINTER_FLUX)
    if not winters:
        return None
    shown = dict([next(iter(winters.items())), list(winters.items())[-1]])
    told = record.get("aggregate") or {}
    others = {each["name"] for each in told.values()} - {"mean"}
    pictures = [
        Picture(
            "winter_flux",
            f"Winter flux; classes span the middle 96 % of the values. {MAPPED}"
            + (f" {SUMS}" if others else ""),
            lambda: draw_flux(context, shown),
        )
    ]
    has_bounds = year_of_bounds(maps) is not None
    if has_bounds:
        pictures.append(
            Picture(
                "interval_width",
                f"Width of the {share(maps.level)} interval of the winter flux, and "
                f"this width over the flux. {MAPPED}",
                lambda: draw_width(context, maps),
            )
        )
    gaps = [
        {"predictor": name, "cell_months": cells}
        for name, cells in record["missing_cell_months"].items()
        if cells
    ]
    tables = (
        (
            PageTable(
                "missing_cells",
                "Cell-months without a value, by the predictor that was missing.",
                (
                    named("predictor", "Predictor", titles_of(context.model)),
                    count("cell_months", "cell-months"),
                ),
                gaps,
            ),
        )
        if gaps
        else ()
    )
    return Section(
        "maps",
        "Maps",
        facts={
            "record": record,
            "years": format_years(list(winters)),
            "is_another_model": record.get("model") not in (None, context.model.fingerprint),
            "raw": [proper_name(name) for name, done in maps.calibrated.items() if not done],
            "nearer": [
                f"{proper_name(name)} {number(factor, 2)}"
                for name, factor in maps.winter_factors.items()
                if factor is not None
            ],
        },
        tables=tables,
        pictures=tuple(pictures),
    )


def year_of_bounds(maps: PredictionRecord) -> int | None:
    """The last winter that has both bounds; None where none has."""
    both = set(maps.by_year(WINTER_FLUX + LOWER)) & set(maps.by_year(WINTER_FLUX + UPPER))
    return max(both, default=None)


def draw_flux(context: ReportContext, paths: Mapping[int, Path]) -> Any:
    """Winters side by side, in the same colours."""
    sheets = {f"winter {year}": Sheet.read(path) for year, path in paths.items()}
    return draw_fluxes(sheets, f"winter CO₂ flux ({WINTER_LABEL})", context.setting)


def draw_width(context: ReportContext, maps: PredictionRecord) -> Any:
    """The width of the last winter's interval, as it is and as a share of the flux."""
    year = year_of_bounds(maps) or 0
    lower, upper, flux = (
        Sheet.read(maps.by_year(WINTER_FLUX + end)[year]) for end in (LOWER, UPPER, "")
    )
    reach = maps.by_year("applicability").get(year)
    outside = None if reach is None else Sheet.read(reach, MONTHS_OUTSIDE)
    return draw_widths(flux, lower, upper, outside, f"winter {year}", maps.level, context.setting)
