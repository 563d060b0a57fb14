"""Section: held-out predictions against observations."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.learning.model import Model
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, ReportContext, score_of
from wco2_engine.report.drawing import (
    FLUX_LABEL,
    GREY,
    SMALL,
    cloud,
    label,
    new_figure,
    title,
)
from wco2_engine.report.page import PageTable, Picture, Section, number


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Every held-out prediction beside its observation; None where nothing was held out."""
    model = context.model
    if not any(region.predictions for region in model.regions):
        return None
    rows = held_out_rows(model)
    return Section(
        "observed",
        "Observed against predicted",
        tables=(PageTable("held_out_predictions", "Every held-out prediction.", (), rows, most=0),),
        pictures=(
            Picture(
                "observed_against_predicted",
                "Held-out predictions against observations, in g C m-2 month-1; the darker a "
                "hexagon, the more site-months (few are drawn as dots). Line: both are equal.",
                lambda: draw(model),
            ),
        ),
    )


def held_out_rows(model: Model) -> list[dict[str, Any]]:
    """A row a site-month: where and when it is, observed, and predicted under each validation."""
    methods = list(dict.fromkeys(m for region in model.regions for m in region.predictions))
    rows = []
    for region in model.regions:
        for k in range(region.n_rows):
            rows.append(
                {
                    "region": region.region.name,
                    "site": int(region.site[k]),
                    "longitude": float(region.longitude[k]),
                    "latitude": float(region.latitude[k]),
                    "year": int(region.year[k]),
                    "month": int(region.month[k]),
                    "observed": float(region.target[k]),
                    **{
                        f"predicted_{method}": float(region.predictions[method][k])
                        if method in region.predictions
                        else None
                        for method in methods
                    },
                }
            )
    return rows


def draw(model: Model) -> Any:
    """A row a region, a column a validation."""
    methods = list(dict.fromkeys(m for region in model.regions for m in region.predictions))
    columns = max(2, len(methods))
    figure, axes = new_figure(len(model.regions), columns, 180 / columns + 8)
    for region, line in zip(model.regions, axes, strict=True):
        known = [p[np.isfinite(p)] for p in region.predictions.values()]
        both = np.concatenate([region.target, *known])
        low, high = float(both.min()), float(both.max())
        for axis in line[len(methods) :]:
            axis.axis("off")
        for axis, method in zip(line, methods, strict=False):
            if method not in region.predictions:  # too few sites for it
                axis.axis("off")
                continue
            axis.plot([low, high], [low, high], color=GREY, linewidth=1)
            cloud(axis, region.target, region.predictions[method])
            score = score_of(model, region.region.name, method)
            axis.text(
                0.03,
                0.97,
                f"R² {number(score.get('r2'))}\nRMSE {number(score.get('rmse'))}",
                transform=axis.transAxes,
                va="top",
                fontsize=SMALL,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
            )
            # Both would not fit over each of four panels.
            first = axis is line[0]
            title(axis, f"{proper_name(region.region.name) + ', ' if first else ''}{SHORT[method]}")
            label(axis, f"observed ({FLUX_LABEL})", f"predicted ({FLUX_LABEL})")
            axis.set_aspect("equal", "box")
    return figure
