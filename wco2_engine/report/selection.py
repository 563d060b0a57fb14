"""The page of a selection of predictors: what was chosen, on which way, and what tells the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.learning.selection import Collinearity, Selection
from wco2_engine.naming import display_name, proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.drawing import (
    BLUE,
    FLUX_LABEL,
    GREY,
    SMALL,
    VERMILION,
    label,
    new_panels,
    plain,
    title,
)
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    in_words,
    number,
    place,
    text,
    value,
    write_page,
)


@dataclass(frozen=True)
class RegionSelection:
    """What was found in a region, and of how many rows and sites."""

    selection: Selection
    collinearity: Collinearity
    n_rows: int
    n_sites: int


def write_selection(
    path: Path,
    found: Mapping[str, RegionSelection],
    catalogue: str,
    heading: str,
    simulated: bool,
    progress: Progress,
) -> list[Path]:
    """Write the page of a selection, and its tables and figures beside it; see `write_page`.

    Parameters
    ----------
    found : by region.
    catalogue : name of the file that holds the chosen predictors only.
    """
    sections = [_chosen(found, catalogue), _path(found), _collinear(found), _rows(found)]
    return write_page(path, heading, "Selection of predictors", simulated, sections, progress)


def chosen_rows(found: Mapping[str, RegionSelection]) -> list[dict[str, Any]]:
    """A row a region and predictor: whether it was chosen, and if set aside, why."""
    return [
        {
            "region": region,
            "predictor": name,
            "chosen": "yes" if name in each.selection.chosen else "no",
            "set_aside": each.selection.set_aside.get(name, ""),
            "vif": float(each.collinearity.vif[k]),
        }
        for region, each in found.items()
        for k, name in enumerate(each.collinearity.names)
    ]


def path_rows(found: Mapping[str, RegionSelection]) -> list[dict[str, Any]]:
    """A row a round."""
    return [
        {
            "region": region,
            "round": k,
            "changed": ", ".join(step.changed),
            "predictors": len(step.predictors),
            "rmse": step.rmse,
            "sets_compared": step.tried,
            "kept": "yes" if step.kept else "no",
            "set": ", ".join(step.predictors),
        }
        for region, each in found.items()
        for k, step in enumerate(each.selection.steps, start=1)
    ]


def _chosen(found: Mapping[str, RegionSelection], catalogue: str) -> Section:
    sentences = []
    for region, each in found.items():
        found_here = each.selection
        sentences.append(
            f"{proper_name(region)}: "
            f"{len(found_here.chosen)} of {len(each.collinearity.names)} predictors by "
            f"{found_here.method}: {', '.join(map(display_name, found_here.chosen))}. "
            "Held-out RMSE "
            f"{number(found_here.rmse)} with these, {number(found_here.rmse_of_all)} with all "
            f"usable ones, g C m-2 month-1. It ended because {found_here.stopped}; "
            f"{found_here.fits:,} forests were grown."
        )
        if found_here.rmse > found_here.rmse_of_all:
            sentences.append(
                f"{proper_name(region)}: "
                f"all usable predictors together do better than the chosen ones, by no "
                "more than chance may bring, or the selection ended before it met them."
            )
    criteria = {each.selection.criterion for each in found.values()}
    return Section(
        "chosen",
        "Chosen predictors",
        facts={"sentences": sentences, "criteria": sorted(criteria), "catalogue": catalogue},
        tables=(
            PageTable(
                "chosen",
                "Predictors and whether they were chosen. Variance inflation: from 5 or 10 on, a "
                "predictor follows from the others.",
                (
                    place(),
                    in_words("predictor", "predictor"),
                    text("chosen", "chosen"),
                    text("set_aside", "set aside because"),
                    Column("variance inflation", lambda row: _vif(row["vif"])),
                ),
                chosen_rows(found),
            ),
        ),
    )


def _vif(found: float) -> str:
    return "∞" if np.isinf(found) else number(found, 1)


def _path(found: Mapping[str, RegionSelection]) -> Section:
    return Section(
        "path",
        "The way there",
        tables=(
            PageTable(
                "path",
                "Rounds of the selection; RMSE at held-out sites in g C m-2 month-1.",
                (
                    place(),
                    count("round", "round"),
                    in_words("changed", "added or taken away"),
                    count("predictors", "predictors then"),
                    value("rmse", "RMSE", 2),
                    count("sets_compared", "sets compared"),
                    text("kept", "kept"),
                ),
                path_rows(found),
                most=80,
            ),
        ),
        pictures=(
            Picture(
                "path",
                "Held-out RMSE by number of predictors. Filled: the chosen set. Dotted: all usable "
                "predictors.",
                lambda: draw_path(found),
            ),
        ),
    )


def _collinear(found: Mapping[str, RegionSelection]) -> Section:
    pairs = [
        {"region": region, "one": one, "other": other, "spearman": rank}
        for region, each in found.items()
        for one, other, rank in each.collinearity.pairs
    ]
    matrix = [
        {"region": region, "one": one, "other": other, "spearman": float(rank)}
        for region, each in found.items()
        for one, ranks in zip(each.collinearity.names, each.collinearity.spearman, strict=True)
        for other, rank in zip(each.collinearity.names, ranks, strict=True)
    ]
    threshold = next(iter(found.values())).collinearity.threshold
    return Section(
        "collinearity",
        "Predictors that tell the same",
        facts={"threshold": threshold},
        tables=(
            PageTable(
                "collinear_pairs",
                f"Pairs whose rank correlation is {threshold:g} or beyond."
                if pairs
                else f"No two predictors have a rank correlation of {threshold:g} or beyond.",
                (
                    place(),
                    in_words("one", "one"),
                    in_words("other", "other"),
                    value("spearman", "rank correlation", 2),
                ),
                pairs,
                most=60,
            ),
            PageTable("rank_correlations", "Rank correlations of all pairs.", (), matrix, most=0),
        ),
        pictures=(
            Picture(
                "rank_correlations",
                "Spearman's rank correlations among training rows. Grey: a predictor that doesn't "
                "vary.",
                lambda: draw_ranks(found),
            ),
        ),
    )


def _rows(found: Mapping[str, RegionSelection]) -> Section:
    rows = [
        {"region": region, "site_months": each.n_rows, "sites": each.n_sites}
        for region, each in found.items()
    ]
    return Section(
        "rows",
        "Rows",
        tables=(
            PageTable(
                "rows",
                "Site-months and sites that the selection rests on.",
                (
                    place(),
                    count("site_months", "site-months"),
                    count("sites", "sites"),
                ),
                rows,
            ),
        ),
    )


def draw_path(found: Mapping[str, RegionSelection]) -> Any:
    """RMSE by number of predictors, a panel a region."""
    figure, axes = new_panels(len(found), 2, 66)
    for axis, (region, each) in zip(axes, found.items(), strict=True):
        selection = each.selection
        sizes = [len(step.predictors) for step in selection.steps]
        rmse = [step.rmse for step in selection.steps]
        axis.plot(sizes, rmse, "o-", color=BLUE, markerfacecolor="white", markersize=4, linewidth=1)
        axis.plot([len(selection.chosen)], [selection.rmse], "o", color=VERMILION, markersize=5)
        axis.axhline(selection.rmse_of_all, color=GREY, linestyle=":", linewidth=1)
        for step in selection.steps:
            words = "\n+ ".join(map(display_name, step.changed)) if len(step.changed) < 3 else "all"
            axis.annotate(
                plain(words),
                (len(step.predictors), step.rmse),
                xytext=(2, 6),
                textcoords="offset points",
                fontsize=SMALL,
                rotation=35,
                color=GREY,
            )
        low, high = min([*rmse, selection.rmse_of_all]), max([*rmse, selection.rmse_of_all])
        axis.set_ylim(low - 0.08 * (high - low + 0.1), high + 0.5 * (high - low + 0.1))
        axis.set_xlim(min(sizes) - 0.5, max(sizes) + 1.2)
        _whole_numbers(axis)
        title(axis, proper_name(region))
        label(axis, "number of predictors", f"held-out RMSE ({FLUX_LABEL})")
    return figure


def _whole_numbers(axis: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_ranks(found: Mapping[str, RegionSelection]) -> Any:
    """A square of rank correlations a region."""
    size = len(next(iter(found.values())).collinearity.names)
    figure, axes = new_panels(len(found), 2 if size <= 12 else 1, min(60 + 4 * size, 170))
    for axis, (region, each) in zip(axes, found.items(), strict=True):
        names = [plain(display_name(name)) for name in each.collinearity.names]
        axis.set_facecolor("#bbbbbb")
        image = axis.imshow(each.collinearity.spearman, cmap="PuOr", vmin=-1, vmax=1)
        axis.set_xticks(range(size), names, rotation=90, fontsize=SMALL)
        axis.set_yticks(range(size), names, fontsize=SMALL)
        if size <= 16:
            for (row, column), rank in np.ndenumerate(each.collinearity.spearman):
                if np.isfinite(rank):
                    axis.text(
                        column,
                        row,
                        f"{rank:.1f}".replace("-", "−"),
                        ha="center",
                        va="center",
                        fontsize=6,
                        color="white" if abs(rank) > 0.7 else "#222222",
                    )
        title(axis, proper_name(region))
    bar = figure.colorbar(image, ax=axes, shrink=0.6)
    bar.set_label("rank correlation", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure
