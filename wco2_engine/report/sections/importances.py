"""Section: which predictors and groups of predictors held-out predictions live on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wco2_engine.learning.explanation import GroupImportance, group_importances
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.report.context import SHORT, ReportContext, hyperparameters_of, quoted
from wco2_engine.report.drawing import (
    BLUE,
    GREY,
    INK,
    SKY,
    SMALL,
    label,
    new_figure,
    new_panels,
    plain,
    title,
)
from wco2_engine.report.names import titles_of
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    named,
    percent,
    place,
    ranged,
    text,
    value,
)

# They rank as large forests do, and the page should not take longer than the model.
TREES = 50
IN_TRAINING = "Share of the variance that each predictor's splits remove in training."
HELD_OUT = (
    "Importance of each predictor. Left: by how much the mean squared error at held-out places "
    "grows, in (g C m-2 month-1)², when the predictor is shuffled, with 90 % intervals by "
    "site; at 0 it does not help at new places. Right: share of the variance that its splits "
    "remove in training."
)


def build(context: ReportContext, progress: Progress) -> Section:
    """Importance of each predictor in the model, and of predictors and groups at held-out sites."""
    model = context.model
    alone, together = [], []
    titles = titles_of(model)
    for k, region in enumerate(model.regions):
        part = SubProgress(progress, k / len(model.regions), (k + 1) / len(model.regions))
        found = at_held_out_sites(model, region, context.threads, part)
        for column, predictor in enumerate(model.predictors):
            held = found.get(("predictor", predictor.name))
            alone.append(
                {
                    "region": region.region.name,
                    "predictor": predictor.name,
                    "group": predictor.group,
                    "impurity": _of(region, "impurity", column),
                    "permutation": _of(region, "permutation", column),
                    **_excess(held),
                }
            )
        groups = {key[1]: each for key, each in found.items() if key[0] == "group"}
        for name, each in groups.items():
            together.append(
                {
                    "region": region.region.name,
                    "group": name,
                    "predictors": ", ".join(each.predictors),
                    **_excess(each),
                }
            )
    tables = [
        PageTable(
            "importance_by_predictor",
            "Importance of each predictor by itself.",
            (
                place(),
                named("predictor", "predictor", titles),
                text("group", "group"),
                percent("impurity", "impurity", 1),
                value("permutation", "permutation", 2),
                ranged("excess", "permutation again, 90 % interval", 2),
            ),
            sorted(
                alone, key=lambda row: (row["region"], -(row["excess"] or row["impurity"] or 0))
            ),
            most=0,
        )
    ]
    pictures = [
        Picture(
            "importance_by_predictor",
            HELD_OUT if any(row["excess"] is not None for row in alone) else IN_TRAINING,
            lambda: draw_alone(model, alone),
        )
    ]
    if together:
        tables.append(
            PageTable(
                "importance_by_group",
                "Importance of groups of predictors, shuffled together: by how much the mean "
                "squared error at held-out places grows.",
                (
                    place(),
                    text("group", "group"),
                    Column(
                        "predictors",
                        lambda row: ", ".join(
                            titles[name] for name in row["predictors"].split(", ")
                        ),
                        is_text=True,
                    ),
                    ranged("excess", "growth, (g C m-2 month-1)²", 2),
                    percent("share_of_error", "of the error"),
                ),
                together,
                most=80,
            )
        )
        pictures.append(
            Picture(
                "importance_by_group",
                "Importance of groups of predictors: growth of the mean squared error in percent "
                "when the group is shuffled, with 90 % intervals by bootstrap of sites.",
                lambda: draw_groups(together),
            )
        )
    return Section(
        "importances",
        "Importance of predictors",
        facts={
            "trees": min(TREES, int(model.settings["trees"])),
            "methods": {
                proper_name(r.region.name): SHORT[quoted(r)] for r in model.regions if quoted(r)
            },
        },
        tables=tuple(tables),
        pictures=tuple(pictures),
    )


def at_held_out_sites(
    model: Model, region: RegionModel, threads: int, progress: Progress
) -> dict[tuple[str, str], GroupImportance]:
    """By ("predictor" or "group", name); none where no validation held whole sites out."""
    method = quoted(region)
    if not method:
        return {}
    names = [predictor.name for predictor in model.predictors]
    sets: dict[tuple[str, str], list[str]] = {("predictor", name): [name] for name in names}
    for predictor in model.predictors:
        sets.setdefault(("group", predictor.group), []).append(predictor.name)
    settings = model.settings
    hyperparameters = hyperparameters_of(model, region)
    found = group_importances(
        TrainingRows.of_region(region, names),
        region.folds[method],
        {str(k): members for k, members in enumerate(sets.values())},
        replace(hyperparameters, trees=min(TREES, hyperparameters.trees)),
        RunContext(int(settings["seed"]), threads, progress),
    )
    keys = list(sets)
    return {keys[int(each.group)]: each for each in found}


def _excess(found: GroupImportance | None) -> dict[str, float | None]:
    if found is None:
        return dict.fromkeys(("excess", "excess_low", "excess_high", "share_of_error"))
    low, high = found.excess.lower, found.excess.upper
    return {
        "excess": found.excess.value,
        "excess_low": low if np.isfinite(low) else None,
        "excess_high": high if np.isfinite(high) else None,
        "share_of_error": found.share if np.isfinite(found.share) else None,
    }


def _of(region: RegionModel, kind: str, column: int) -> float | None:
    return float(region.importances[kind][column]) if kind in region.importances else None


def draw_alone(model: Model, rows: list[dict[str, Any]]) -> Any:
    """A row a region: impurity, and at its left held-out sites where any were."""
    height = 18 + 4 * len(model.predictors)
    is_judged = any(row["excess"] is not None for row in rows)
    figure, axes = new_figure(len(model.regions), 2 if is_judged else 1, height)
    titles = titles_of(model)
    for region, panels in zip(model.regions, axes, strict=True):
        own = [row for row in rows if row["region"] == region.region.name]
        key = "excess" if own[0]["excess"] is not None else "impurity"
        own.sort(key=lambda row: row[key] or 0.0)
        at = range(len(own))
        for panel in panels:
            panel.set_yticks(at, [plain(titles[row["predictor"]]) for row in own], fontsize=SMALL)
            panel.set_ylim(-0.6, len(own) - 0.4)
        if is_judged:
            panels[1].set_yticklabels([])
            label(panels[0], "growth of the mean squared error ((g C m⁻² month⁻¹)²)")
            if key == "excess":
                _bars(panels[0], own, 1.0)
        panels[-1].barh(at, [row["impurity"] or 0.0 for row in own], color=SKY)
        label(panels[-1], "share of the variance removed in training")
        title(panels[0], proper_name(region.region.name))
    return figure


def draw_groups(rows: list[dict[str, Any]]) -> Any:
    """Bars by group, a panel a region."""
    names = list(dict.fromkeys(row["region"] for row in rows))
    most = max(sum(row["region"] == name for row in rows) for name in names)
    figure, axes = new_panels(len(names), 2, 18 + 5 * most)
    for axis, name in zip(axes, names, strict=True):
        own = [row for row in rows if row["region"] == name][::-1]
        error = next((r["excess"] / r["share_of_error"] for r in own if r["share_of_error"]), 1.0)
        _bars(axis, own, 100.0 / error)
        axis.set_yticks(range(len(own)), [plain(row["group"]) for row in own], fontsize=SMALL)
        label(axis, "growth of the mean squared error (%)")
        title(axis, proper_name(name))
    return figure


def _bars(axis: Any, rows: list[dict[str, Any]], factor: float) -> None:
    for at, row in enumerate(rows):
        axis.barh(at, row["excess"] * factor, color=BLUE)
        if row["excess_low"] is not None and row["excess_high"] is not None:
            limits = [row["excess_low"] * factor, row["excess_high"] * factor]
            axis.plot(limits, [at, at], color=INK, linewidth=1)
    axis.axvline(0, color=GREY, linewidth=0.8)
