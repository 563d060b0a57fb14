"""A drafted catalogue as text, and what is told of everything that did not become a predictor."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.drafting.entries import START, Entry, shown_path
from wco2_engine.drafting.recognising import Findings
from wco2_engine.drafting.series import ChosenRaster, series_of
from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import one_line
from wco2_engine.files import existing_file

_HEADINGS = {
    "damaged": "Can't be read; get these again:",
    "disagreements": "Named as a product, but something else:",
    "not_understood": "Not understood:",
    "ignored": "Beside the data:",
}


def findings_facts(findings: Findings) -> dict[str, list[str]]:
    """In words, what did not become a predictor, by why."""
    return {
        "damaged": [f"{_shown(each.item)}: {each.reason}" for each in findings.damaged],
        "disagreements": list(findings.disagreements),
        "not_understood": list(findings.not_understood),
        "ignored": [f"{count} {ending}" for ending, count in sorted(findings.ignored.items())],
    }


def _shown(item: object) -> str:
    """A name as it can be shown, whatever bytes it is made of."""
    return one_line(str(item).encode("utf-8", "replace").decode("utf-8"))


def catalogue_text(
    entries: Sequence[Entry], also: Sequence[str], told: Mapping[str, Sequence[str]]
) -> str:
    """The whole catalogue, with what else was found as comments at its end."""
    lines = [START + "# Drafted from downloads: look it over, above all where it says TODO.\n"]
    lines += [entry.text() for entry in entries]
    for title, texts in (
        ("Here too, for [[predictor]] tables with product, variable and root:", also),
        *((title, told.get(key, ())) for key, title in _HEADINGS.items()),
    ):
        if texts:
            lines.append(f"\n# {title}\n" + "".join(f"#   {one_line(text)}\n" for text in texts))
    return "".join(lines)


def raster_entries(
    rasters: Sequence[ChosenRaster],
    when: str,
    name: str | None,
    values: Mapping[str, Any],
    target: Path,
) -> list[Entry]:
    """Entries of rasters that a person chose, and of which they said what they are.

    Raises
    ------
    Wco2Error : when one name is given for several predictors, or is no name.
    """
    found = series_of(rasters, when)
    if name is not None and len(found) > 1:
        listed = ", ".join(series.path for series in found)
        raise Wco2Error(
            f"One name, '{name}', is given for {len(found)} predictors: {listed}.",
            "Leave the name empty, or add them one after the other.",
        )
    if name is not None and not name.isidentifier():
        raise Wco2Error(f"'{name}' is no name of a predictor.", "Use letters, digits and _.")
    return [
        Entry(
            name or series.name,
            {
                "path": shown_path(series.path, target.parent),
                **({"variable": series.variable} if series.variable else {}),
                "when": series.when,
                **({"crs": series.crs} if series.crs else {}),
                **values,
            },
            files=series.files,
        )
        for series in found
    ]


def added_to(
    existing: Path | None, entries: Sequence[Entry], target: Path
) -> tuple[str, list[str]]:
    """The text of a catalogue with entries added to it, and all names in it.

    Raises
    ------
    Wco2Error : when `existing` is no catalogue or lies elsewhere, or a name is there twice.
    """
    text, names = START, []
    if existing is not None:
        if existing.absolute().parent != target.absolute().parent:
            raise Wco2Error(
                f"{existing} and {target} lie in different folders, but paths in a catalogue are "
                "relative to it.",
                "Write the new catalogue beside the old one.",
            )
        existing_file(existing, "Catalogue")
        try:
            text = existing.read_text(encoding="utf-8")
            names = [str(table["name"]) for table in tomllib.loads(text).get("predictor", [])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Wco2Error(f"{existing} is no catalogue: {error}.") from error
        text = text.rstrip("\n") + "\n"
    names = [*names, *(entry.name for entry in entries)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Wco2Error(
            f"Two predictors would be called '{twice}'.", "Give a name, or rename a file."
        )
    return text + "".join(entry.text() for entry in entries), names
