"""Section: scores on held-out rows side by side, and which of them to quote for a map."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.learning.folds import METHODS
from wco2_engine.learning.labels import COMMON
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import (
    PARTS,
    SHORT,
    WHOLE,
    ReportContext,
    is_whole,
    quoted,
    score_of,
    shown,
)
from wco2_engine.report.drawing import (
    FLUX_LABEL,
    GREY,
    METHOD_LOOKS,
    label,
    legend_beside,
    new_figure,
    plain,
    title,
)
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    named,
    number,
    place,
    ranged,
    text,
    with_interval,
)
from wco2_engine.season import MONTH_NAMES

NAMES = ("r2", "nse", "kge", "mae", "rmse", "bias")
FEW_SITES = 5  # below which the page tells no interval


def build(context: ReportContext, progress: Progress) -> Section:
    """Scores by region and validation, by month, zone and method."""
    model = context.model
    methods = list(model.settings["validation"])
    if not model.scores:
        return Section("scores", "Scores on held-out rows", facts={"methods": {}})
    rows = score_rows(model)
    overall = [row for row in rows if is_whole(row)]
    months = [row for row in rows if row["month"] != WHOLE]
    has_intervals = any(row["r2_low"] is not None for row in overall)
    tables = [
        PageTable(
            "scores",
            (
                "Scores of held-out predictions, pooled over all folds, with 90 % intervals by "
                "bootstrap of sites."
                if has_intervals
                else "Scores of held-out predictions, pooled over all folds. The model holds no "
                "intervals of them."
            )
            + " MAE, RMSE and bias (predicted minus observed) in g C m-2 month-1.",
            (
                place(),
                named("validation", "validation", SHORT),
                count("n", "site-months"),
                count("sites", "sites"),
                ranged("r2", "R²"),
                ranged("kge", "KGE"),
                ranged("mae", "MAE"),
                ranged("rmse", "RMSE"),
                ranged("bias", "bias"),
            ),
            overall,
        ),
    ]
    pictures = [
        Picture(
            "scores",
            "R² and RMSE under each validation, with 90 % intervals by bootstrap of sites.",
            lambda: draw_scores(model),
        )
    ]
    if months:
        tables.append(
            PageTable(
                "scores_by_month",
                "The same by month.",
                (
                    place(),
                    named("validation", "validation", SHORT),
                    text("month", "month"),
                    count("n", "site-months"),
                    count("sites", "sites"),
                    ranged("r2", "R²"),
                    ranged("rmse", "RMSE"),
                    ranged("bias", "bias"),
                ),
                months,
                most=0,
            )
        )
        pictures.append(
            Picture(
                "scores_by_month",
                "RMSE, and bias (predicted minus observed), by month. Bars: 90 % intervals by "
                "bootstrap of sites.",
                lambda: draw_months(model),
            )
        )
    for part, words in (("zone", "permafrost zone"), ("method", "method of measurement")):
        some = [row for row in rows if row[part] != WHOLE]
        if some:
            tables.append(
                _by_part(part, words, some, {r.region.name: shown(r) for r in model.regions})
            )
    return Section(
        "scores",
        "Scores on held-out rows",
        facts={
            "methods": {name: METHODS[name] for name in methods if name in METHODS},
            "sentences": [sentence(model, region) for region in model.regions],
            **{
                key: [
                    (proper_name(region.region.name), SHORT[method])
                    for region in model.regions
                    for method in methods
                    if method not in region.predictions and (method in COMMON) == by_label
                ]
                for key, by_label in (("lacking", False), ("alike", True))
            },
            "same": [
                (proper_name(region.region.name), " and ".join(SHORT[name] for name in names))
                for region in model.regions
                if (names := same_folds(region))
            ],
            "has_intervals": has_intervals,
        },
        tables=tuple(tables),
        pictures=tuple(pictures),
    )


def _by_part(
    part: str, words: str, rows: list[dict[str, Any]], methods: dict[str, str]
) -> PageTable:
    """The page shows a region's rows under one validation, and the file all."""
    first = [row for row in rows if methods[row["region"]] == row["validation"]]
    others = [row for row in rows if methods[row["region"]] != row["validation"]]
    return PageTable(
        f"scores_by_{part}",
        f"The same by {words}, under the validation to quote; all others are in the file. R² "
        "within a part compares with that part's own mean, so it is lower where fluxes vary "
        f"little: compare RMSE and bias. With fewer than {FEW_SITES} sites no interval is shown.",
        (
            place(),
            named("validation", "validation", SHORT),
            text(part, words),
            count("n", "site-months"),
            count("sites", "sites"),
            _ranged_of_many("r2", "R²"),
            _ranged_of_many("rmse", "RMSE"),
            _ranged_of_many("bias", "bias"),
        ),
        [*first, *others],
        most=min(60, len(first)),
    )


def _ranged_of_many(key: str, title: str) -> Column:
    with_interval_of = ranged(key, title).form
    return Column(
        title,
        lambda row: number(row[key]) if row["sites"] < FEW_SITES else with_interval_of(row),
    )


def same_folds(region: RegionModel) -> list[str]:
    """Validations that hold out the same groups of rows of a region, from two on."""
    found: dict[tuple[int, ...], list[str]] = {}
    for name, folds in region.folds.items():
        _, first, group = np.unique(folds, return_index=True, return_inverse=True)
        # by the row at which each group begins, so that numbers of folds do not matter
        found.setdefault(tuple(first[group.reshape(-1)].tolist()), []).append(name)
    return next((names for names in found.values() if len(names) > 1), [])


def score_rows(model: Model) -> list[dict[str, Any]]:
    """The model's scores, all with the same keys."""
    ends = [f"{name}{end}" for name in NAMES for end in ("", "_low", "_high")]
    return [
        {
            "region": row["region"],
            "validation": row["validation"],
            **{part: row.get(part, WHOLE) for part in PARTS},
            "n": row["n"],
            "sites": row["sites"],
            **{end: row.get(end) for end in ends},
        }
        for row in model.scores
    ]


def sentence(model: Model, region: RegionModel) -> str:
    """Which score to quote for a map of a region, and by how much the random one flatters."""
    name, method = region.region.name, quoted(region)
    found = score_of(model, name, method)
    if not found:
        return (
            f"{proper_name(name)}: "
            f"no score here tells how good a map is, because no validation held whole "
            "sites out. Train again with validation = site or knndm."
        )
    told = (
        f"{proper_name(name)}: "
        f"quote R² {with_interval(found, 'r2')}, RMSE {with_interval(found, 'rmse')} and "
        f"bias {with_interval(found, 'bias')} g C m-2 month-1 ({SHORT[method]}, {found['n']} "
        f"site-months at {found['sites']} sites)."
    )
    low = found.get("r2_low")
    if low is not None and low <= 0:
        told += (
            " The interval of R² reaches 0: these sites don't show that the map is better than one "
            "constant value."
        )
    random = score_of(model, name, "random")
    if random and random["r2"] is not None and found["r2"] is not None:
        more = random["r2"] - found["r2"]
        if more > 0.005:
            told += (
                f" Random folds say R² {number(random['r2'])}, {number(more)} more, and RMSE "
                f"{number(random['rmse'])}: this is not how good the map is."
            )
        else:
            told += f" Random folds say R² {number(random['r2'])}, which does not flatter here."
    return told


def _limits(row: Any, key: str) -> tuple[float, float] | None:
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    return None if low is None or high is None else (float(low), float(high))


def draw_scores(model: Model) -> Any:
    """R² and RMSE by region, a mark a validation."""
    names = [region.region.name for region in model.regions]
    methods = [m for m in METHODS if m in model.settings["validation"]]
    height = 18 + 4 * len(names) * (len(methods) + 0.8)
    figure, axes = new_figure(1, 2, height, sharey=True)
    units = ("R²", f"RMSE ({FLUX_LABEL})")
    for axis, key, unit in zip(axes[0], ("r2", "rmse"), units, strict=True):
        for k, method in enumerate(methods):
            color, marker = METHOD_LOOKS[method]
            for at, name in enumerate(names):
                row = score_of(model, name, method)
                if not row or row[key] is None:
                    continue
                y = -at + (0.5 - (k + 0.5) / len(methods)) * 0.75
                limits = _limits(row, key)
                if limits:
                    axis.plot(limits, [y, y], color=color, linewidth=1.2)
                axis.plot([row[key]], [y], marker, color=color, markersize=4)
        axis.set_yticks([-at for at in range(len(names))])
        axis.set_yticklabels([plain(proper_name(name)) for name in names])
        axis.set_ylim(-len(names) + 0.5, 0.5)
        axis.grid(axis="x", color="#eeeeee", linewidth=0.8)
        axis.set_axisbelow(True)
        label(axis, unit)
        if key == "rmse":
            axis.set_xlim(left=0)
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=METHOD_LOOKS[m][0], marker=METHOD_LOOKS[m][1], label=SHORT[m])
        for m in methods
    ]
    legend_beside(axes[0][1], handles=handles)
    return figure


def draw_months(model: Model) -> Any:
    """RMSE and bias by month: a row a region."""
    figure, axes = new_figure(len(model.regions), 2, 46)
    methods = [m for m in METHODS if m in model.settings["validation"]]
    for region, pair in zip(model.regions, axes, strict=True):
        months = region.region.winter.months
        for axis, key in zip(pair, ("rmse", "bias"), strict=True):
            for k, method in enumerate(methods):
                rows = {
                    row["month"]: row
                    for row in model.scores
                    if (row["region"], row["validation"]) == (region.region.name, method)
                    and row["month"] != WHOLE
                }
                there = [(at, rows[m]) for at, m in enumerate(months) if m in rows]
                color, marker = METHOD_LOOKS[method]
                shift = (k - (len(methods) - 1) / 2) * 0.14
                for at, row in there:
                    limits = _limits(row, key)
                    if limits:
                        axis.plot([at + shift] * 2, limits, color=color, linewidth=1, alpha=0.7)
                axis.plot(
                    [at + shift for at, _ in there],
                    [row[key] for _, row in there],
                    marker=marker,
                    linewidth=0.8,
                    markersize=3,
                    color=color,
                    label=SHORT[method],
                )
            axis.set_xticks(range(len(months)), [MONTH_NAMES[m - 1] for m in months])
            axis.axhline(0, color=GREY, linewidth=0.8)
            title(axis, proper_name(region.region.name))
            label(axis, "", f"{'RMSE' if key == 'rmse' else key} ({FLUX_LABEL})")
    legend_beside(axes[0][1])
    return figure
