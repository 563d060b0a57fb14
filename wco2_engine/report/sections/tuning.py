"""Section: what tuning tried, and what it brought at sites that had no say in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import (
    Column,
    PageTable,
    Row,
    Section,
    count,
    place,
    ranged,
    text,
    value,
)


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
                for score in ("r2", "kge", "rmse", "bias")
                for ours, theirs in (("", ""), ("_low", "_lower"), ("_high", "_upper"))
            },
        }
        for region, told in found.items()
        for growth, kind in (("tuned, nested", "nested"), ("untuned", "untuned"))
    ]
    trials = [
        {
            "region": region,
            "bias": None,
            "weights": "rows",
            **trial,
            "of_leaves": trial.get("aggregate", "mean"),
            "months": _months(trial.get("train_months", "winter")),
            "chosen": "yes" if _is_chosen(trial, chosen.get(region, {})) else "no",
        }
        for region, told in found.items()
        for trial in sorted(told["trials"], key=lambda trial: (-_round(trial), trial["rmse"]))
    ]
    return Section(
        "tuning",
        "Tuning",
        facts={
            "sentences": {proper_name(region): told["sentence"] for region, told in found.items()}
        },
        tables=(
            PageTable(
                "tuning",
                "Scores of tuning itself, each outer fold predicted by what the other folds chose, "
                "and of growing without it on the same folds; RMSE and bias in g C m-2 month-1.",
                (
                    place(),
                    text("growth", "growth"),
                    count("n", "site-months"),
                    count("sites", "sites"),
                    ranged("r2", "R²"),
                    ranged("kge", "KGE"),
                    ranged("rmse", "RMSE"),
                    ranged("bias", "bias"),
                ),
                nested,
            ),
            PageTable(
                "tuning_trials",
                "Ways to grow that were tried, by round, the best first. The smoothest is chosen "
                "that is not clearly worse than the best, has no larger bias, and is better than "
                "growing without tuning by more than a standard error. These errors flatter, "
                "because they had a say in that; those of rounds 1 and 2 are of few folds.",
                (
                    place(),
                    Column("round", lambda row: str(row.get("round") or "–")),
                    count("trees", "trees"),
                    count("min_samples_leaf", "least rows a leaf"),
                    text("of_leaves", "of the leaves"),
                    text("months", "months that train"),
                    Column("share of predictors", _share),
                    text("transform", "target transform"),
                    text("weights", "what counts alike"),
                    value("rmse", "RMSE", 2),
                    value("bias", "bias", 2),
                    value("r2", "R²", 3),
                    text("chosen", "chosen"),
                ),
                trials,
                most=12,
            ),
        ),
    )


def _round(trial: Mapping[str, Any]) -> int:
    """How far a trial came; those of early models had one round."""
    return int(trial.get("round") or 0)


def _is_chosen(trial: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    """Whether it is what was chosen, which goes on with more trees than it was tried with."""
    alike = (trial.get(key) == value for key, value in chosen.items() if key != "trees")
    return bool(chosen) and _round(trial) in (0, 3) and all(alike)


def _months(months: Any) -> str:
    return months if isinstance(months, str) else f"winter, {', '.join(map(str, months))}"


def _share(row: Row) -> str:
    return f"{row['max_features']:g}"
