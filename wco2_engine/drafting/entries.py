"""Entries of a catalogue as text: the keys of a predictor, and what a person should know of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wco2_engine.escaping import one_line
from wco2_engine.inputs.catalogue import TAKEN_NAMES
from wco2_engine.inputs.toml import toml_value
from wco2_engine.season import format_years

if TYPE_CHECKING:
    from wco2_engine.drafting.sanity import Look

START = (
    "# The catalogue of predictors: what each is called, where it lies, how it is stored.\n"
    "# Paths are relative to this file; {year} and {month:02d} are filled in.\n"
)


@dataclass(frozen=True)
class Entry:
    """A drafted predictor.

    Attributes
    ----------
    keys : of its `[[predictor]]` table, besides its name, in their order.
    about : what it is, for comments above it.
    todo : what only a person can decide.
    files, years, absent : what was found of it, and which years lack; no years where it has no
        time, or nothing says them.
    """

    name: str
    keys: Mapping[str, Any]
    about: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    files: int = 0
    years: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()

    def text(self) -> str:
        """Its table, with comments above it."""
        lines = [f"# {one_line(line)}" for line in self.about]
        lines += [f"# TODO {one_line(line)}" for line in self.todo]
        lines.append("[[predictor]]")
        lines += [
            f"{key} = {toml_value(value)}"
            for key, value in {"name": self.name, **self.keys}.items()
        ]
        return "\n" + "\n".join(lines) + "\n"

    def with_look(self, look: Look | None) -> Entry:
        """The same, with what its values are like among the comments."""
        if look is None:
            return self
        doubts = (f"Look at this: {doubt}" for doubt in look.doubts)
        lines = filter(None, (look.text, *doubts))
        return replace(self, about=(*self.about, *lines))

    def facts(self) -> dict[str, Any]:
        """What was drafted, as plain values."""
        return {
            "name": self.name,
            "group": self.keys.get("group"),
            "product": self.keys.get("product"),
            "variable": self.keys.get("variable"),
            "when": self.keys.get("when"),
            "path": self.keys.get("path"),
            "files": self.files,
            "years": format_years(self.years) if self.years else None,
            "missing_years": list(self.absent),
            "todo": list(self.todo),
        }


def named_path(path: Path, folder: Path) -> str:
    """`shown_path` of a folder, by the links that it was named by where these lie in `folder`."""
    named, home = (Path(os.path.normpath(each.absolute())) for each in (path, folder))
    if named.is_relative_to(home):
        return shown_path(named, home)
    return shown_path(path.resolve(), folder.resolve())


def shown_path(path: Path | str, folder: Path) -> str:
    """A path as a catalogue in `folder` names it: relative to it where both are of one disk.

    GDAL's own names of archives and the like (/vsizip/…) stay as they are.
    """
    if str(path).startswith("/vsi"):
        return str(path)
    path = Path(path)
    if not path.is_absolute():
        return path.as_posix()
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    if os.name != "nt" and path.parts[1:2] == folder.parts[1:2]:
        return os.path.relpath(path, folder)
    return path.as_posix()


def free_name(name: str, taken: Sequence[str], *prefixes: str) -> str:
    """A name that no other predictor has: with a prefix, else with a number behind it."""
    used = {each.lower() for each in (*taken, *TAKEN_NAMES)}
    for candidate in (name, *(f"{prefix}_{name}" for prefix in prefixes)):
        plain = re.sub(r"\W+", "_", candidate.lower()).strip("_")
        plain = plain if plain.isidentifier() else f"p_{plain}"
        if plain not in used:
            return plain
    number = 2
    while f"{plain}_{number}" in used:
        number += 1
    return f"{plain}_{number}"
