"""Tables of analyses: rows of one kind as CSV, written and read back."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import from_table_cell, table_cell
from wco2_engine.files import atomic_write, existing_file

Row = dict[str, Any]


def write_rows(rows: Sequence[Row], path: Path, columns: Sequence[str] = ()) -> None:
    """Write rows of one kind as CSV; numbers have up to 10 digits, and what is None is empty.

    Parameters
    ----------
    columns : their names; those of the first row where not said.

    Raises
    ------
    Wco2Error : when the file can't be written.
    """
    with atomic_write(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns or rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _written(value) for key, value in row.items()})


def read_rows(path: Path, columns: Mapping[str, type], what: str, verb: str) -> list[Row]:
    """Some columns of a table.

    Parameters
    ----------
    columns : by name, what they hold: `str`, `int`, or `float`, which may be empty and then is
        None.
    what : "a budget", for messages.
    verb : the command that makes such tables: "wco2 budget".

    Raises
    ------
    Wco2Error : when it is missing, lacks a column, holds no rows, or a word where a number belongs.
    """
    hint = f"Make it with {verb}."
    existing_file(path, what.capitalize())
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                {name: _read(row[name], kind) for name, kind in columns.items()}
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        reason = f"it has no column {error}" if isinstance(error, KeyError) else str(error)
        raise Wco2Error(f"{path} can't be read as {what} ({reason}).", hint) from error
    if not rows:
        raise Wco2Error(f"{path} holds no rows.", hint)
    return rows


def _read(word: str | None, kind: type) -> Any:
    if word is None:
        raise ValueError("a row is too short")
    if kind is str:
        return from_table_cell(word)
    return None if kind is float and not word else kind(word)


def _written(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else table_cell(value)
