"""Entries of a catalogue drafted from the names of raster files. Knows no QGIS."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_YEAR_MONTH = re.compile(r"(?<!\d)(1[89]\d\d|2[012]\d\d)([-_.]?)(0[1-9]|1[0-2])(?!\d)")
_VARIABLE = re.compile(r"(?:NETCDF|HDF5):\"?(.+?)\"?:/{0,2}([^:/]+)")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|2[012]\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(0[1-9]|1[0-2])(?!\d)")


@dataclass(frozen=True)
class Draft:
    """A predictor as its file names show it; `path` may have {year} and {month:02d}.

    `variable` is that of a netCDF or HDF5 file, "" for others.
    """

    name: str
    path: str
    when: str
    files: int
    variable: str = ""


def drafts(files: Mapping[str, int], when: str = "auto") -> list[Draft]:
    """Predictors from files and their numbers of bands; a series of years or months is one.

    A series is told by two or more names that differ in it: `t2m_2001.tif`, `stl1_2001-01.tif`,
    `ndvi_2001_06.tif`. A file of 12 bands, or times 12, has a band a month.
    """
    found: dict[tuple[str, str], list[tuple[Path, int]]] = {}
    for source, bands in files.items():
        match = _VARIABLE.fullmatch(source)
        file, variable = (Path(match[1]), match[2]) if match else (Path(source), "")
        pattern = f"{_literal(str(file.parent))}/{_pattern(file.name)}"
        found.setdefault((pattern, variable), []).append((file, bands))
    result: list[Draft] = []
    for (pattern, variable), members in found.items():
        first, bands = members[0]
        # What one file alone has in its name may be a year, or be when it was made.
        alone = f"{_literal(str(first.parent))}/{_literal(first.name)}"
        path = pattern if len(members) > 1 else alone
        chosen = _when(path, bands) if when == "auto" else when
        name = _name(variable or Path(path).name)
        result.append(Draft(name, path, chosen, len(members), variable))
    return result


def entry(draft: Draft, values: Mapping[str, Any], folder: Path) -> str:
    """The `[[predictor]]` table of a draft, its path relative to `folder` where it lies below."""
    path = Path(draft.path)
    shown = path.as_posix()
    if path.is_absolute() and path.is_relative_to(folder):
        shown = path.relative_to(folder).as_posix()
    elif path.is_absolute() and os.name != "nt":
        shown = os.path.relpath(path, folder) if path.parts[1:2] == folder.parts[1:2] else shown
    variable = {"variable": draft.variable} if draft.variable else {}
    lines = {"name": draft.name, "path": shown, **variable, "when": draft.when, **values}
    body = "".join(f"{key} = {_toml(value)}\n" for key, value in lines.items())
    return f"\n[[predictor]]\n{body}"


def repeated(names: Sequence[str]) -> str | None:
    """The first name that is there twice."""
    return next((name for name in names if names.count(name) > 1), None)


def _literal(text: str) -> str:
    """A text in which braces stand for themselves."""
    return text.replace("{", "{{").replace("}", "}}")


def _pattern(name: str) -> str:
    safe = _literal(name)
    if _YEAR_MONTH.search(safe):
        return _YEAR_MONTH.sub(r"{year}\2{month:02d}", safe, count=1)
    if _YEAR.search(safe):
        return _YEAR.sub("{year}", safe, count=1)
    return _MONTH.sub("{month:02d}", safe, count=1)


def _when(pattern: str, bands: int) -> str:
    if "{year" in pattern:
        by_month = "{month" in pattern or (bands > 0 and bands % 12 == 0)
        return "monthly" if by_month else "yearly"
    if "{month" in pattern or bands == 12:
        return "climatology"
    return "monthly" if bands > 12 else "static"


def _name(pattern: str) -> str:
    """A name of letters, digits and _ from a file name without its dates."""
    plain = re.sub(r"\{.*?\}", " ", Path(pattern).stem)
    name = re.sub(r"\W+", "_", plain.lower()).strip("_")
    name = re.sub(r"_+", "_", name) or "predictor"
    return name if name.isidentifier() else f"p_{name}"


def _toml(value: Any) -> str:
    """Texts, numbers and lists are written in TOML as in JSON."""
    return json.dumps(value, ensure_ascii=False)
