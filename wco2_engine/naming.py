"""What names of files, tables and catalogues are called where people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SMALL = {"of", "the", "and", "in"}


def display_name(identifier: str) -> str:
    """A name of a file, table or catalogue as words: `air_temperature` is "air temperature"."""
    return " ".join(identifier.replace("_", " ").split()) or identifier


def proper_name(identifier: str) -> str:
    """The name of a place: `tibetan_plateau` is "Tibetan Plateau". Capitals of its own are kept."""
    words = display_name(identifier)
    if words != words.lower():
        return words
    return " ".join(
        word if at and word in _SMALL else word[:1].upper() + word[1:]
        for at, word in enumerate(words.split(" "))
    )


def zone_name(row: Mapping[str, Any]) -> str:
    """What a row of a budget or of trends is of: a region's proper name, a zone's own words."""
    name = str(row["zone"])
    return proper_name(name) if row.get("kind") == "region" else name
