"""A page of what a study needs: what is there by predictor and winter, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.page import Column, PageTable, Section, count, place, text, write_page

Row = Mapping[str, Any]
ALL_THERE = "Everything that the study needs is there."


def write_check_page(path: Path, facts: Mapping[str, Any], progress: Progress) -> list[Path]:
    """Write the page of what `Study.check` found."""
    sections = [
        Section.plain("result", "In short", key=facts["problems"] or [ALL_THERE]),
        _by_winter(facts["predictors"]),
        *_at_cells(facts["predictors"]),
        *_observations(facts),
        _map(facts),
    ]
    return write_page(
        path, facts["title"], "Check of a study", False, sections, progress, with_files=False
    )


def _by_winter(rows: Sequence[Row]) -> Section:
    years = list(rows[0]["years"]) if rows else []
    columns = (
        text("name", "Predictor"),
        text("when", "varies"),
        text("units", "unit"),
        text("grid", "grid"),
        *map(_winter, years),
    )
    table = PageTable("predictors", "What is there for each winter of the map.", columns, rows)
    notes = [f"{row['name']}: {instead}" for row in rows for instead in row["instead"]]
    notes += [
        f"{row['name']} is prepared first: {row['prepared']}" for row in rows if row["prepared"]
    ]
    return Section.plain("predictors", "Predictors by winter", table, notes=notes)


def _winter(year: str) -> Column:
    return Column(year, lambda row: str(row["years"][year]), is_text=True)


def _at_cells(rows: Sequence[Row]) -> list[Section]:
    """What predictors look like at cells of the map."""
    looked = [{"name": row["name"], **row["sanity"]} for row in rows if row["sanity"]]
    if not looked:
        return []
    columns = (
        text("name", "Predictor"),
        text("month", "month"),
        *(
            _four_digits(k, t)
            for k, t in (("low", "lowest"), ("middle", "median"), ("high", "highest"))
        ),
        Column("missing", lambda row: f"{row['missing']:.0%}"),
    )
    table = PageTable("values", "Values in a month at cells of the map.", columns, looked)
    return [Section.plain("values", "At cells of the map", table)]


def _four_digits(key: str, title: str) -> Column:
    return Column(title, lambda row: "–" if row[key] is None else f"{row[key]:.4g}")


def _observations(facts: Mapping[str, Any]) -> list[Section]:
    rows = [
        {"what": name.replace("_", " "), "rows": number}
        for name, number in facts.get("observations", {}).items()
    ]
    if not rows:
        return []
    regions = [
        {**row, "cells": facts.get("cells", {}).get(row["region"])}
        for row in facts.get("by_region", ())
    ]
    columns = (
        place(),
        count("site_months", "winter site-months"),
        count("sites", "sites"),
        Column(
            "median flux, g C m⁻² month⁻¹",
            lambda row: f"{row['quantiles']['0.5']:.3g}" if row["quantiles"] else "–",
        ),
        count("cells", "cells of the map"),
    )
    return [
        Section.plain(
            "observations",
            "Observations",
            PageTable(
                "regions", "What each region has in the months of its winter.", columns, regions
            ),
            PageTable(
                "rows",
                "Rows read, kept and set aside.",
                (text("what", "Rows"), count("rows", "number")),
                rows,
            ),
            notes=facts.get("notes", ()),
        )
    ]


def _map(facts: Mapping[str, Any]) -> Section:
    grid = facts["grid"]
    return Section.plain(
        "map",
        "Map",
        key=[
            f"{grid['width']:,} x {grid['height']:,} cells of {grid['resolution']:g} in "
            f"{grid['crs']}; domain: {facts['domain']}.",
            *facts["regions"],
        ],
    )
