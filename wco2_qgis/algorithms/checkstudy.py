"""Check a study: open everything that it needs, before anything runs."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingOutputNumber

from wco2_qgis import pages
from wco2_qgis.algorithms.base import STUDIES, Algorithm, Values, given
from wco2_qgis.runner import Facts, run_job


class CheckStudy(Algorithm):
    """`wco2:checkstudy`."""

    ID = "checkstudy"
    TITLE = "Check a study"
    GROUP = STUDIES
    SUMMARY = "Opens all files of a study, for every year that it needs, before anything runs."
    HELP = (
        "In: a study file (TOML).\n"
        "Out: a page that shows by predictor and winter what is there, in which unit and grid, "
        "and the number of problems. Problems do not fail this algorithm; 'Run a study' refuses "
        "to start with them."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file("STUDY", "Study", "toml", "The study file.")
        self.add_text(
            "YEARS",
            "Winters to check",
            None,
            "1983, 1990-1999 or 1990,1995; empty: those of the study's map.",
            optional=True,
        )
        self.add_output("CHECK", "Result of the check", "HTML (*.html)", "The page.")
        self.addOutput(QgsProcessingOutputNumber("PROBLEMS", "Problems found"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        page = self.target(parameters, "CHECK", context)
        job = {
            "job": "check",
            "study": self.file(parameters, "STUDY", context),
            "years": self.text(parameters, "YEARS", context),
        }
        facts = run_job(given(job), feedback)
        for problem in facts["problems"]:
            feedback.reportError(problem)
        pages.write_page(page, facts["title"], _parts(facts))
        return {"CHECK": page, "PROBLEMS": len(facts["problems"])}


def _sanity(rows: list[Facts]) -> list[str]:
    """What predictors look like at cells of the map, and which are prepared first."""
    columns = ("predictor", "month", "lowest", "median", "highest", "missing", "prepared first")
    told = []
    for row in rows:
        seen = row.get("sanity") or {}
        numbers = [
            "" if seen.get(name) is None else f"{seen[name]:.4g}"
            for name in ("low", "middle", "high")
        ]
        missing = f"{100 * seen['missing']:.0f} %" if seen else ""
        told.append((row["name"], seen.get("month", ""), *numbers, missing, row["prepared"]))
    return [pages.heading("At cells of the map"), pages.table(columns, told)]


def _parts(facts: Facts) -> list[str]:
    rows = facts["predictors"]
    years = list(rows[0]["years"]) if rows else []
    grid = facts["grid"]
    return [
        pages.verdict(facts["problems"], "Everything that the study needs is there."),
        pages.heading("Predictors by winter"),
        pages.table(
            ("predictor", "varies", "unit", "grid", *years),
            [
                (r["name"], r["when"], r["units"], r["grid"], *(r["years"][y] for y in years))
                for r in rows
            ],
        ),
        *_sanity(rows),
        pages.heading("Observations"),
        pages.facts(facts.get("observations", {})),
        pages.table(
            ("region", "winter site-months", "sites", "median flux, g C m-2 month-1", "cells"),
            [
                (
                    *(row["region"], row["site_months"], row["sites"]),
                    f"{row['quantiles']['0.5']:.3g}" if row["quantiles"] else "",
                    facts.get("cells", {}).get(row["region"], ""),
                )
                for row in facts.get("by_region", ())
            ],
        ),
        pages.heading("Map"),
        pages.facts(
            {
                "cells": f"{grid['width']} x {grid['height']} of {grid['resolution']:g}",
                "CRS": grid["crs"],
                "domain": facts["domain"],
                "regions": facts["regions"],
            }
        ),
    ]
