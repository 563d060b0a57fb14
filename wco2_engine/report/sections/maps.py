"""Section: the maps, and how wide their intervals are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.mapping.plan import LOWER, UPPER, WINTER_FLUX
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import WINTER_LABEL, new_figure, title
from wco2_engine.report.page import PageTable, Picture, Section, count, number, share, text
from wco2_engine.report.views import Sheet
from wco2_engine.season import format_years

MIDDLE = (2, 98)  # percentiles that colours span


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
    pictures = [
        Picture(
            "winter_flux",
            "Winter flux; colours span the middle 96 % of the values. Grey: outside of the regions "
            "or the domain, or a predictor is missing.",
            lambda: draw_flux(shown),
        )
    ]
    has_bounds = year_of_bounds(maps) is not None
    if has_bounds:
        pictures.append(
            Picture(
                "interval_width",
                f"Width of the {share(maps.level)} interval of the winter flux, and "
                "this width over the flux.",
                lambda: draw_width(maps),
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
                (text("predictor", "Predictor"), count("cell_months", "cell-months")),
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
            "raw": [name for name, done in maps.calibrated.items() if not done],
            "nearer": [
                f"{name} {number(factor, 2)}"
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


def draw_flux(paths: dict[int, Path]) -> Any:
    """Maps side by side, in the same colours."""
    sheets = [Sheet.read(path) for path in paths.values()]
    low, high = spread([sheet.values for sheet in sheets])
    figure, axes = new_figure(1, max(2, len(sheets)), 4.9, 4.6)
    for axis, year, sheet in zip(axes[0], paths, sheets, strict=False):
        image = sheet.show(axis, cmap="viridis", vmin=low, vmax=high)
        title(axis, f"winter {year}")
    for axis in axes[0][len(sheets) :]:
        axis.set_visible(False)
    bar = figure.colorbar(image, ax=list(axes[0][: len(sheets)]), shrink=0.7, extend="both")
    _words(bar, WINTER_LABEL)
    return figure


def draw_width(maps: PredictionRecord) -> Any:
    """The width of the last winter's interval, as it is and as a share of the flux."""
    year = year_of_bounds(maps) or 0
    lower = Sheet.read(maps.by_year(WINTER_FLUX + LOWER)[year])
    upper = Sheet.read(maps.by_year(WINTER_FLUX + UPPER)[year])
    width = upper.minus(lower)
    flux = Sheet.read(maps.by_year(WINTER_FLUX)[year]).values
    ratio = np.divide(width.values, flux, out=np.full(flux.shape, np.nan), where=flux > 0)
    figure, axes = new_figure(1, 2, 5.3, 4.6)
    for axis, sheet, unit in (
        (axes[0][0], width, WINTER_LABEL),
        (axes[0][1], Sheet(ratio, width.bounds, width.crs), "width / flux"),
    ):
        low, high = spread([sheet.values])
        image = sheet.show(axis, cmap="cividis", vmin=low, vmax=high)
        title(axis, f"winter {year}")
        _words(figure.colorbar(image, ax=axis, shrink=0.7, extend="both"), unit)
    return figure


def spread(values: list[Any]) -> tuple[float, float]:
    """What the middle of all values spans; 0 to 1 where there are none."""
    known = np.concatenate([each[np.isfinite(each)] for each in values])
    low, high = np.percentile(known, MIDDLE) if known.size else (0.0, 1.0)
    return float(low), float(high) if high > low else float(low) + 1.0


def _words(bar: Any, unit: str) -> None:
    bar.set_label(unit, fontsize=8)
    bar.ax.tick_params(labelsize=8)
