"""Section: regions, recipe and predictors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.names import titles_of
from wco2_engine.report.page import Column, PageTable, Section, count, named, place, text

BARE = (
    "bare Extremely Randomized Trees (Geurts et al. 2006): fully grown trees, all predictors tried "
    "at each split, no bootstrap"
)


def build(context: ReportContext, progress: Progress) -> Section:
    """How the forests were grown, and from what."""
    model = context.model
    regions = [
        {
            "region": each.region.name,
            "winter": str(each.region.winter),
            "site_months": each.n_rows,
            "sites": each.n_sites,
            "others": each.n_others,
            "first_year": int(each.year.min()),
            "last_year": int(each.year.max()),
            "trees": each.forest.n_trees,
            "nodes": each.forest.n_nodes,
            "members": each.n_members,
            "predicts": str(each.aggregate),
        }
        for each in model.regions
    ]
    predictors = [
        {
            "predictor": predictor.name,
            "group": predictor.group,
            "units": predictor.units,
            "region": each.region.name,
            "lowest": float(each.ranges[column, 0]),
            "highest": float(each.ranges[column, 1]),
        }
        for column, predictor in enumerate(model.predictors)
        for each in model.regions
    ]
    return Section(
        "settings",
        "Regions, settings and predictors",
        facts={
            "settings": model.settings,
            "recipe": recipe(model.settings),
            "sampling": model.settings.get("sampling", {"at": "point"}),
        },
        tables=(
            PageTable(
                "regions",
                "A forest for each region. The first region that holds a place owns it. Members "
                "predict means, of which totals are sums.",
                (
                    place(),
                    text("winter", "winter"),
                    count("site_months", "site-months"),
                    count("sites", "sites"),
                    count("others", "site-months of other months that train"),
                    Column("years", lambda row: f"{row['first_year']}–{row['last_year']}"),
                    count("trees", "trees"),
                    count("nodes", "nodes"),
                    text("predicts", "predicts"),
                    Column("members", lambda row: str(row["members"] or "–")),
                ),
                regions,
            ),
            PageTable(
                "predictors",
                "Predictors, and the range of their values in training. A forest can't tell what "
                "happens beyond these ranges: there it says what it says at their edge.",
                (
                    named("predictor", "Predictor", titles_of(model)),
                    text("group", "group"),
                    text("units", "units"),
                    place("region", "region"),
                    Column("lowest", lambda row: f"{row['lowest']:.4g}"),
                    Column("highest", lambda row: f"{row['highest']:.4g}"),
                ),
                predictors,
                most=60,
            ),
        ),
    )


def recipe(settings: Mapping[str, Any]) -> str:
    """The name of the way in which the forests were grown."""
    if isinstance(settings.get("recipe"), str):
        return str(settings["recipe"])
    is_bare = (
        settings["min_samples_leaf"] == 1
        and settings["max_features"] == 1.0
        and settings.get("transform", "none") == "none"
        and settings.get("aggregate", "mean") == "mean"
        and settings.get("weights", "rows") == "rows"
        and settings.get("train_months", "winter") == "winter"
        and not settings.get("tune")
    )
    return BARE if is_bare else "Extremely Randomized Trees with settings other than the bare ones"
