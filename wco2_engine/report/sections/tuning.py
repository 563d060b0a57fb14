"""Section: what tuning tried, and what it brought at sites that had no say in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import Column, PageTable, Row, Section, count, ranged, text, value


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Nested scores and all trials by region; None where the model was not tuned."""
    model = context.model
    found: Mapping[str, Mapping[str, Any]] = model.provenance.get("tuning") or {}
    if not found:
        return None
    chosen: Mapping[str, Mapping[str, Any]] = model.settings.get("tuned", {})
    nested = [
        {
            "region": region,
            "growth": growth,
            **{key: told[kind].get(key) for key in ("n", "sites")},
            **{
                f"{score}{ours}": told[kind].get(f"{score}{theirs}")
                for score in ("r2", "rmse", "bias")
                for ours, theirs in (("", ""), ("_low", "_lower"), ("_high", "_upper"))
            },
        }
        for region, told in found.items()
        for growth, kind in (("tuned, nested", "nested"), ("untuned", "untuned"))
    ]
    trials = [
        {
            "region": region,
            **trial,
            "chosen": "yes"
            if all(trial.get(key) == value for key, value in chosen.get(region, {}).items())
            else "no",
        }
        for region, told in found.items()
        for trial in sorted(told["trials"], key=lambda trial: trial["rmse"])
    ]
    return Section(
        "tuning",
        "Tuning",
        facts={"sentences": {region: told["sentence"] for region, told in found.items()}},
        tables=(
            PageTable(
                "tuning",
                "Scores of tuning itself, each outer fold predicted by what the other folds chose, "
                "and of growing without it on the same folds; RMSE and bias in g C m-2 month-1.",
                (
                    text("region", "Region"),
                    text("growth", "growth"),
                    count("n", "site-months"),
                    count("sites", "sites"),
                    ranged("r2", "R²"),
                    ranged("rmse", "RMSE"),
                    ranged("bias", "bias"),
                ),
                nested,
            ),
            PageTable(
                "tuning_trials",
                "Ways to grow that were tried, the best first. These errors flatter: they are the "
                "least of many on the same sites.",
                (
                    text("region", "Region"),
                    count("trees", "trees"),
                    count("min_samples_leaf", "least rows a leaf"),
                    Column("share of predictors", _share),
                    text("transform", "target transform"),
                    value("rmse", "RMSE", 2),
                    value("r2", "R²", 3),
                    text("chosen", "chosen"),
                ),
                trials,
                most=12,
            ),
        ),
    )


def _share(row: Row) -> str:
    return f"{row['max_features']:g}"
