"""TOML files: read as people write them by hand, and written anew."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.inputs.texts import text_of
from wco2_engine.schema import check_plain

MOST_BYTES = 10_000_000
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    Wco2Error : when the file is missing, or is no TOML (with the line that is wrong), or holds
        what can't be meant: see `check_plain`.
    """
    text = text_of(existing_file(path, what), what, MOST_BYTES)
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise Wco2Error(f"{path} is not valid TOML: it is nested too deep.") from error
    except ValueError as error:  # of more digits than Python reads, too
        raise Wco2Error(f"{path} is not valid TOML: {error}.", "Mend that line.") from error
    check_plain(tables, str(path))
    return tables


def toml_text(tables: Mapping[str, Any]) -> str:
    """The text of a TOML file that reads as these tables: values first, then tables below headings.

    Examples
    --------
    >>> toml_text({"title": "A study", "map": {"years": "2001"}, "region": [{"name": "a"}]})
    'title = "A study"\\n\\n[map]\\nyears = "2001"\\n\\n[[region]]\\nname = "a"\\n'
    """
    return "\n".join(_lines(tables, "")).lstrip("\n") + "\n"


def _lines(tables: Mapping[str, Any], above: str) -> Iterator[str]:
    below: list[tuple[str, Any]] = []
    for key, value in tables.items():
        listed = isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value)
        if isinstance(value, Mapping) or listed:
            below.append((key, value))
        else:
            yield f"{_key(key)} = {toml_value(value)}"
    for key, value in below:
        name = f"{above}{_key(key)}"
        listed = isinstance(value, list)
        for each in value if listed else [value]:
            yield from ("", f"[[{name}]]" if listed else f"[{name}]")
            yield from _lines(each, f"{name}.")


def toml_value(value: Any) -> str:
    """A value as TOML writes it on one line, tables within braces."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):  # as in JSON, but for the character that JSON lets stand
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)  # nan and inf are TOML's words too
    return str(value.isoformat())  # a date or a time


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else toml_value(key)
