"""Section: what more sites would bring, as the ones there are show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.curve import CurvePoint, learning_curve
from wco2_engine.learning.metrics import Score
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.report.context import SHORT, ReportContext, hyperparameters_of, quoted
from wco2_engine.report.drawing import HALF, PALETTE, label, legend, new_figure, plain
from wco2_engine.report.page import PageTable, Picture, Section, percent, place, ranged, value

TREES = 50

Curves = Mapping[str, Sequence[CurvePoint]]


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Learning curves by region; None where no region has sites enough."""
    model = context.model
    found: dict[str, Sequence[CurvePoint]] = {}
    lacking = []
    for k, region in enumerate(model.regions):
        part = SubProgress(progress, k / len(model.regions), (k + 1) / len(model.regions))
        if not quoted(region):
            continue
        try:
            found[region.region.name] = _curve(model, region, context.threads, part)
        except Wco2Error as error:
            lacking.append(f"{proper_name(region.region.name)}: {error.message}")
    if not found:
        return None
    rows = [_row(region, point) for region, points in found.items() for point in points]
    return Section(
        "curve",
        "What more sites would bring",
        facts={
            "sentences": [_sentence(region, points) for region, points in found.items()] + lacking,
            "methods": {
                proper_name(r.region.name): SHORT[quoted(r)] for r in model.regions if quoted(r)
            },
            "trees": TREES,
        },
        tables=(
            PageTable(
                "learning_curve",
                "Scores at the same held-out sites by forests of some of the others; RMSE in "
                "g C m-2 month-1.",
                (
                    place(),
                    percent("share", "of the sites"),
                    value("sites", "sites that train", 0),
                    ranged("r2", "R²"),
                    ranged("rmse", "RMSE"),
                    ranged("gain", "RMSE gained on the line before"),
                ),
                rows,
            ),
        ),
        pictures=(
            Picture(
                "learning_curve",
                "R² at held-out sites by the number of sites that train, with 90 % intervals by "
                "bootstrap of sites.",
                lambda: draw(found),
            ),
        ),
    )


def _curve(
    model: Model, region: RegionModel, threads: int, progress: Progress
) -> Sequence[CurvePoint]:
    names = [predictor.name for predictor in model.predictors]
    growth = hyperparameters_of(model, region)
    return learning_curve(
        TrainingRows.of_region(region, names),
        region.folds[quoted(region)],
        replace(growth, trees=min(TREES, growth.trees)),
        RunContext(int(model.settings["seed"]), threads, progress),
    )


def _row(region: str, point: CurvePoint) -> dict[str, Any]:
    row: dict[str, Any] = {"region": region, "share": point.share, "sites": point.sites}
    nothing = Score(np.nan, np.nan, np.nan)
    scored = {"r2": point.scores.r2, "rmse": point.scores.rmse, "gain": point.gain or nothing}
    for name, score in scored.items():
        for key, number in zip((name, f"{name}_low", f"{name}_high"), score, strict=True):
            row[key] = float(number) if np.isfinite(number) else None
    return row


def _sentence(region: str, points: Sequence[CurvePoint]) -> str:
    last = points[-1]
    gain = last.gain
    if gain is not None and gain.lower > 0:
        told = "still rises: more sites would help"
    elif gain is not None and gain.upper < 0:
        told = "falls: the last sites differ from what the others tell of them"
    else:
        told = "is flat at its end as far as these sites can show"
    return (
        f"{proper_name(region)}: "
        f"the curve {told}. From {points[-2].sites:.0f} to {last.sites:.0f} sites R² "
        f"goes from {points[-2].scores.r2.value:.2f} to {last.scores.r2.value:.2f}."
    )


def draw(curves: Curves) -> Any:
    """A line a region."""
    figure, axes = new_figure(1, 1, 62, HALF)
    axis = axes[0, 0]
    for k, (region, points) in enumerate(curves.items()):
        colour = PALETTE[k % len(PALETTE)]
        sites = [point.sites for point in points]
        r2 = [point.scores.r2 for point in points]
        axis.plot(
            sites,
            [score.value for score in r2],
            color=colour,
            marker="o",
            label=plain(proper_name(region)),
        )
        for at, score in zip(sites, r2, strict=True):
            axis.plot([at, at], [score.lower, score.upper], color=colour, linewidth=1.0)
    legend(axis)
    label(axis, "sites that train", "R²")
    return figure
