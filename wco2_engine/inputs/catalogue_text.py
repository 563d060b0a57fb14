"""A catalogue cut down to some of its predictors, with its comments, to be kept elsewhere."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.rasters import is_local
from wco2_engine.inputs.toml import read_toml

_HEADING = re.compile(r"^[ \t]*\[\[[ \t]*predictor[ \t]*\]\]", re.MULTILINE)
_ROOT = re.compile(r"""^([ \t]*root[ \t]*=[ \t]*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*')""", re.MULTILINE)
_PATH = re.compile(r"""^([ \t]*path[ \t]*=[ \t]*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*')""", re.MULTILINE)


def only_predictors(catalogue: Path, names: Collection[str]) -> str:
    """The text of a catalogue with some of its predictors, good in any folder.

    What else the file says of them stays as it is; paths become absolute.

    Raises
    ------
    Wco2Error : when the file can't be read, or is written in such a way that it can't be cut.
    """
    expected = [
        _with_whole_path(table, catalogue.absolute().parent)
        for table in read_toml(catalogue, "Catalogue").get("predictor", [])
        if table.get("name") in names
    ]
    text = catalogue.read_text(encoding="utf-8-sig")
    starts = [found.start() for found in _HEADING.finditer(text)]
    kept = text[: starts[0] if starts else len(text)]
    for start, end in pairwise([*starts, len(text)]):
        block = text[start:end]
        try:
            (table,) = tomllib.loads(block)["predictor"]
        except (tomllib.TOMLDecodeError, KeyError, ValueError):
            continue  # which shows below
        if table.get("name") in names:
            block = _whole_in_text(block, _with_whole_path(table, catalogue.absolute().parent))
            kept += block
    try:
        same = tomllib.loads(kept).get("predictor", []) == expected
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise Wco2Error(
            f"{catalogue} can't be cut down to some of its predictors.",
            "Write each as a [[predictor]] heading with a line for each key below it.",
        )
    return kept


def _whole_in_text(block: str, table: Mapping[str, Any]) -> str:
    """A block of text with the root or the path that a table has."""
    by_root = "root" in table
    stands = (_ROOT if by_root else _PATH).search(block)
    quoted = json.dumps(table["root" if by_root else "path"], ensure_ascii=False)
    if stands:
        return block[: stands.start(2)] + quoted + block[stands.end(2) :]
    end = block.index("]]") + 2
    return f"{block[:end]}\nroot = {quoted}{block[end:]}"


def _with_whole_path(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A table that can be read from any folder: its path made whole, or the root of its paths."""
    path = table.get("path")
    if isinstance(path, str) and "root" not in table and "product" not in table:
        whole = (folder / Path(path).expanduser()).as_posix() if is_local(path) else path
        return {**table, "path": whole}
    root = table.get("root", "")
    return {**table, "root": (folder / Path(str(root)).expanduser()).as_posix()}
