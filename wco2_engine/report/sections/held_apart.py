"""Section: what a map is worth in winters, or by methods, that did not train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.labels import COMMON, winter_names
from wco2_engine.learning.metrics import Score, rmse_gain, scores
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, WHOLE, ReportContext, score_of
from wco2_engine.report.drawing import (
    FLUX_LABEL,
    FULL,
    GREY,
    METHOD_LOOKS,
    label,
    new_figure,
    title,
)
from wco2_engine.report.page import (
    PageTable,
    Picture,
    Row,
    Section,
    count,
    number,
    place,
    ranged,
    text,
    with_interval,
)

OF_TIME = ("year", "decade")
FEW_SITES = 5  # below which no interval is told
MOST_ROWS = 24  # of winters that the page lists; the figure has them all


def build(context: ReportContext, progress: Progress) -> Section | None:
    """By region and validation, by winter and by method; None where nothing was so held out."""
    model = context.model
    told = [
        sentence(model, region, validation)
        for region in model.regions
        for validation in COMMON
        if validation in region.predictions
    ]
    if not told:
        return None
    shown: list[PageTable | Picture] = []
    of_time = [row for region in model.regions for row in rows_of_time(model, region)]
    if of_time:
        shown += [
            Picture(
                "scores_by_winter",
                "Bias (predicted minus observed) in held-out winters and decades, with 90 % "
                "intervals by bootstrap of sites where there are five sites or more.",
                lambda: draw(model, of_time),
            ),
            _table("scores_by_winter", "By held-out winter or decade.", "held out", of_time),
        ]
    of_methods = list(_rows_of_methods(model))
    if of_methods:
        shown.append(
            _table("scores_of_methods", "By held-out method.", "method of measurement", of_methods)
        )
    notes = [
        "Sites of the rows that are held out go on training by their other rows, if they have "
        "any. So these scores are in part of known sites and in part of new ones, and none of them "
        "is quoted for a map. What other winters or other methods cost by themselves is told by "
        "rows of sites that go on training, against random folds, whose sites train too.",
    ]
    return Section.plain(
        "held_apart", "Other winters, methods and sources", *shown, key=told, notes=notes
    )


def sentence(model: Model, region: RegionModel, validation: str) -> str:
    """By how much errors grow against random folds at the same rows, where there are some."""
    name = region.region.name
    found = score_of(model, name, validation)
    told = (
        f"{name}, {SHORT[validation]}: R² {with_interval(found, 'r2')}, RMSE "
        f"{with_interval(found, 'rmse')} and bias {with_interval(found, 'bias')} g C m-2 month-1."
    )
    loss = loss_of(region, validation)
    if loss is None and "random" in region.predictions:
        return f"{told} No site of what is held out goes on training: this is of other sites too."
    if loss is None:
        return f"{told} Validate by random folds too, to see what of this is lost."
    stay = at_known_sites(region, validation)
    rows, sites = int(stay.sum()), len(np.unique(region.site[stay]))
    by = f"{number(loss.value)} ({number(loss.lower)} to {number(loss.upper)})"
    told += (
        f" At the {rows} site-months of {sites} sites that go on training, RMSE minus that under "
        f"random folds is {by}."
    )
    return f"{told} Its interval holds 0." if loss.lower <= 0 <= loss.upper else told


def at_known_sites(region: RegionModel, validation: str) -> NDArray[np.bool_]:
    """Which rows `(n_rows,)` are held out while other rows of their sites train."""
    folds = region.folds[validation]
    pairs = np.unique(np.column_stack([region.site, folds]), axis=0)
    sites, n_folds = np.unique(pairs[:, 0], return_counts=True)
    return np.asarray((folds >= 0) & np.isin(region.site, sites[n_folds > 1]))


def loss_of(region: RegionModel, validation: str) -> Score | None:
    """RMSE under a validation minus that under random folds, at sites that train in both.

    Where a site's rows are all held out together, what is lost is the site: that is another
    question, and such rows don't count. None where there are no others, or no random folds.
    """
    if "random" not in region.predictions:
        return None
    random, apart = region.predictions["random"], region.predictions[validation]
    known = np.isfinite(random) & np.isfinite(apart) & at_known_sites(region, validation)
    if not known.any():
        return None
    return rmse_gain(region.target[known], apart[known], random[known], region.site[known])


def rows_of_time(model: Model, region: RegionModel) -> Iterator[dict[str, Any]]:
    """Errors in each held-out winter and decade of a region."""
    winters = winter_names(region.region.winter, region.year, region.month)
    for validation, step in (("year", 1), ("decade", 10)):
        if validation not in region.predictions:
            continue
        predicted = region.predictions[validation]
        for start in np.unique(winters // step * step).tolist():
            chosen = (winters // step * step == start) & np.isfinite(predicted)
            if not chosen.any():
                continue
            found = scores(
                region.target[chosen],
                predicted[chosen],
                region.site[chosen],
                seed=int(model.settings["seed"]),
            )
            row = {
                "region": region.region.name,
                "validation": validation,
                "held_out": str(start) if step == 1 else f"{start}-{start + step - 1}",
                "first": start,
                "n": found.n,
                "sites": found.sites,
            }
            yield row | _numbers({"rmse": found.rmse, "bias": found.bias}, found.sites)


def _numbers(found: dict[str, Score], sites: int) -> dict[str, Any]:
    """Each number with its interval, which few sites don't have."""
    told: dict[str, Any] = {}
    for name, score in found.items():
        for key, told_of in zip((name, f"{name}_low", f"{name}_high"), score, strict=True):
            known = np.isfinite(told_of) and (key == name or sites >= FEW_SITES)
            told[key] = float(told_of) if known else None
    return told


def _rows_of_methods(model: Model) -> Iterator[dict[str, Any]]:
    keys = ("rmse", "bias")
    for row in model.scores:
        if row["validation"] != "method" or row["method"] == WHOLE:
            continue
        few = row["sites"] < FEW_SITES
        yield {
            **{key: row[key] for key in ("region", "validation", "n", "sites")},
            "held_out": row["method"],
            **{key: row[key] for key in keys},
            **{
                f"{key}{end}": None if few else row[f"{key}{end}"]
                for key in keys
                for end in ("_low", "_high")
            },
        }


def _table(name: str, caption: str, what: str, rows: Sequence[Row]) -> PageTable:
    columns = (
        place(),
        text("held_out", what),
        count("n", "site-months"),
        count("sites", "sites"),
        ranged("rmse", "RMSE"),
        ranged("bias", "bias"),
    )
    return PageTable(name, caption, columns, rows, MOST_ROWS if len(rows) > MOST_ROWS else None)


def draw(model: Model, rows: Sequence[Row]) -> Any:
    """Bias by winter: a panel a region, decades as bars across their winters."""
    names = list(dict.fromkeys(row["region"] for row in rows))
    figure, axes = new_figure(len(names), 1, 46, FULL, sharex=True)
    for name, axis in zip(names, axes[:, 0], strict=True):
        axis.axhline(0, color=GREY, linewidth=0.8)
        for row in (row for row in rows if row["region"] == name):
            color, marker = METHOD_LOOKS[row["validation"]]
            decade = row["validation"] == "decade"
            at = row["first"] + (4.5 if decade else 0)
            if decade:
                axis.plot([at - 4.9, at + 4.9], [row["bias"]] * 2, color=color, linewidth=1.6)
            if row["bias_low"] is not None:
                limits = [row["bias_low"], row["bias_high"]]
                axis.plot([at, at], limits, color=color, linewidth=1.6 if decade else 0.9)
            axis.plot([at], [row["bias"]], marker, color=color, markersize=3)
        title(axis, proper_name(name))
        label(axis, "", f"bias ({FLUX_LABEL})")
    label(axes[-1, 0], "winter")
    return figure
