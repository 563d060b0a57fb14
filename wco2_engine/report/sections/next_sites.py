"""Section: where the next sites would help most, where their table lies beside the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wco2_engine.analysis.next_sites import read_facts
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.mapped import draw_next_sites
from wco2_engine.report.page import (
    PageTable,
    Picture,
    Row,
    Section,
    count,
    number,
    percent,
    share,
    text,
    value,
)

TITLE = "Where the next sites would help most"
MAPPED = (
    "Fall of the map's mean dissimilarity index if one site stood in a cell, the next sites by "
    "rank, and the sites that there are."
)
NOTES = (
    "A site is taken to measure all months of this winter. The first brings the mean dissimilarity "
    "index (DI) down most, the second most of what is left, and so on. Gains are exact for the "
    "cells that were drawn; with another seed neighbours of like conditions may be named.",
    "This is about conditions that were not measured, by the predictors of this model and their "
    "importance. It says nothing of fluxes, of how a site is reached, and of whether a cell's "
    "mean can be measured at one place. Rank is of a set: without the first, others would follow.",
)


def key_of(facts: Mapping[str, Any]) -> list[str]:
    """What the sites would bring together."""
    rows = facts["sites"]
    last = rows[-1]
    return [
        f"{len(rows)} sites would bring the mean dissimilarity index of the map from "
        f"{number(facts['mean_di'], 3)} to {number(last['mean_di'], 3)}, and ground and months "
        f"outside the area of applicability from {share(facts['outside_share'], 1)} to "
        f"{share(last['outside_share'], 1)}.",
        f"Told by the conditions of winter {facts['winter']} in {facts['sampled']:,} of "
        f"{facts['cells']:,} cells.",
    ]


def table_of(rows: Sequence[Row]) -> PageTable:
    columns = (
        count("rank", "rank"),
        text("region", "Region"),
        value("longitude", "longitude"),
        value("latitude", "latitude"),
        value("di", "DI of the cell", 3),
        count("months_outside", "its months outside"),
        value("interval_width", "width of its interval", 0),
        value("gain", "fall of the mean DI", 4),
        value("mean_di", "mean DI then", 3),
        percent("outside_share", "outside then", 1),
        value("nearer_km2", "ground nearer, km²", 0),
    )
    caption = (
        "The next sites, best first. DI: dissimilarity index, mean of the winter's months. Ground "
        "nearer: where it falls by a tenth or more. Width of the winter's interval of 90 % in "
        "g C m-2 winter-1."
    )
    return PageTable("next_sites", caption, columns, rows)


def section_of(facts: Mapping[str, Any], draw: Callable[[], Any]) -> Section:
    """The part of a page about next sites."""
    shown = Picture("next_sites_map", MAPPED, draw), table_of(facts["sites"])
    return Section.plain("next_sites", TITLE, *shown, key=key_of(facts), notes=NOTES)


def build(context: ReportContext, progress: Progress) -> Section | None:
    """The next sites; None where no table of them, made by this model, lies beside the report."""
    path = context.next_sites
    if path is None or not path.is_file():
        return None
    facts = read_facts(path)
    if facts["model"] != context.model.fingerprint:
        note = f"{path.name} is of another model: run wco2 next-sites again."
        return Section.plain("next_sites", TITLE, notes=[note])
    model, setting = context.model, context.setting
    return section_of(
        facts, lambda: draw_next_sites(path.with_suffix(".tif"), facts["sites"], model, setting)
    )
