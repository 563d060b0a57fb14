"""The page about the environment, which is there before the engine runs: so it is no page of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

_STYLE = (
    "body{font-family:sans-serif;margin:1em;color:#222}h1{font-size:1.3em}h2{font-size:1.1em}"
    "table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #bbb;padding:.2em .5em;"
    "text-align:left;vertical-align:top}th{background:#eee}.bad{color:#a00}.good{color:#060}"
)


def write_page(path: str, title: str, parts: Iterable[str]) -> None:
    """Write a page of a title and parts of HTML."""
    Path(path).write_text(
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}</body>"
        "</html>",
        encoding="utf-8",
    )


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def verdict(problems: Sequence[str], well: str) -> str:
    """The problems as a list, or the sentence that all is well."""
    if not problems:
        return f"<p class='good'>{escape(well)}</p>"
    return f"<ul class='bad'>{''.join(f'<li>{escape(text)}</li>' for text in problems)}</ul>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows of cells under their columns' names."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(c)}</td>' for c in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def facts(values: Mapping[str, Any]) -> str:
    """Names and values side by side."""
    rows = "".join(
        f"<tr><th>{escape(str(name).replace('_', ' '))}</th><td>{_cell(value)}</td></tr>"
        for name, value in values.items()
    )
    return f"<table>{rows}</table>"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return facts(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    return escape(str(value))
