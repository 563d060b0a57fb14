"""How models and values with arrays show themselves in a console or notebook, on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from wco2_engine.escaping import one_line

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model

FULL_LENGTH = 60  # characters of a field that is shown as it is
MOST_LINES = 12  # of regions
MOST_NAMES = 8  # of predictors on a line


def short_repr(value: Any) -> str:
    """`Class(field=…)` of a dataclass, its arrays by type and shape, long fields by their length.

    For `__repr__` of values that hold arrays, so that it fits a screen.
    """
    shown = ", ".join(
        f"{item.name}={_short(getattr(value, item.name))}"
        for item in fields(value)
        if item.repr and item.init
    )
    return f"{type(value).__name__}({shown})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {'x'.join(map(str, value.shape))}>"
    text = repr(value)
    if len(text) <= FULL_LENGTH:
        return text
    if isinstance(value, Mapping):
        return f"<{len(value)} entries>"
    if isinstance(value, (tuple, list)):
        return f"<{len(value)} values>"
    return f"{text[: FULL_LENGTH - 1]}…"


def model_text(model: Model) -> str:
    """A model in a console: what it is of, a line a region."""
    head = f"Model {model.fingerprint}{' of simulated fluxes' if model.simulated else ''}"
    lines = [f"<{head}>", f"predictors ({len(model.predictors)}): {_some(_names(model))}"]
    for row in _region_rows(model)[:MOST_LINES]:
        lines.append(f"region {row['region']}: " + ", ".join(f"{row[k]} {k}" for k in _COUNTS))
        lines[-1] += f", {row['score']}" if row["score"] else ""
    if len(model.regions) > MOST_LINES:
        lines.append(f"and {len(model.regions) - MOST_LINES} regions more")
    return "\n".join(lines)


def model_html(model: Model) -> str:
    """A model in a notebook, as a small table. Texts of the file are escaped."""
    title = one_line(str(model.provenance.get("title") or "Model"))[:200]
    simulated = " <em>Simulated fluxes.</em>" if model.simulated else ""
    columns = ("region", *_COUNTS, "score")
    heads = "".join(f"<th>{column}</th>" for column in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(row[column]))}</td>" for column in columns) + "</tr>"
        for row in _region_rows(model)[:MOST_LINES]
    )
    more = len(model.regions) - MOST_LINES
    rest = f"<p>and {more} regions more</p>" if more > 0 else ""
    return (
        f"<p><strong>{escape(title)}</strong> <code>{model.fingerprint}</code>{simulated}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{rest}"
        f"<p>{len(model.predictors)} predictors: {escape(_some(_names(model)))}</p>"
    )


_COUNTS = ("site-months", "sites", "trees", "members")


def _region_rows(model: Model) -> list[dict[str, Any]]:
    return [
        {
            "region": one_line(each.region.name)[:FULL_LENGTH],
            "site-months": each.n_rows,
            "sites": each.n_sites,
            "trees": each.forest.n_trees,
            "members": each.n_members,
            "score": _score_text(model, each.region.name, each.applicability_folds),
        }
        for each in model.regions
    ]


def _score_text(model: Model, region: str, validation: str) -> str:
    """The R2 under the strictest validation; nothing where there is none."""
    for row in model.scores:
        whole = row["month"] == row["zone"] == row["method"] == "all"
        if whole and (row["region"], row["validation"]) == (region, validation):
            return "" if row["r2"] is None else f"R2 {row['r2']:.2f} ({validation})"
    return ""


def _names(model: Model) -> list[str]:
    return [one_line(predictor.name)[:FULL_LENGTH] for predictor in model.predictors]


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
