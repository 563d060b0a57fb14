"""What a table of text or a sheet holds: a header, rows of as many cells, and an account of all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.units import is_unit

MAX_CELLS = 50_000_000  # of a table: more is no table of sites and months
_SHOWN = 5
_NUMBER = re.compile(r"[+\-\u2212]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?%?")
_NOTHING = frozenset(("", "na", "n/a", "nan", "null", "none", "-", "--"))
_LOOKED_AT = 200  # rows whose numbers tell that a row above them holds units


@dataclass(frozen=True)
class Account:
    """Where each line of a file went; the parts add up to `lines`.

    Parameters
    ----------
    lines : of the file (rows of a sheet).
    comments : those that begin with #.
    blank : those without content.
    header, units, rows : those that the header, a row of units and the rows take up; a quoted cell
        may hold line ends, so that a row has several lines.
    """

    lines: int
    comments: int
    blank: int
    header: int
    units: int
    rows: int

    @property
    def adds_up(self) -> bool:
        return self.lines == sum((self.comments, self.blank, self.header, self.units, self.rows))


@dataclass(frozen=True)
class Records:
    """A table of text as it was read, nothing of it judged.

    Parameters
    ----------
    header : the columns' names, `(n_columns,)`, each once.
    rows : `(n_rows,)` rows of `n_columns` texts.
    lines : `(n_rows,)` the line where each begins, from 1.
    account : where every line went.
    aliases : what a column may be called besides its name, where that held a line end.
    units : what a row below the header says of each column, if there is one.
    notes : what a reader should know, in sentences.
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    account: Account
    aliases: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raw:
    """Records with content in their order, the first being the header.

    Parameters
    ----------
    cells : the texts of each record, as many as it has.
    lines : where each begins, from 1.
    spans : how many lines each takes up.
    comments, blank : lines that are no part of a record.
    """

    cells: list[list[str]]
    lines: list[int]
    spans: list[int]
    comments: int
    blank: int


def records(raw: Raw, path: Path, word: str, notes: Sequence[str] = ()) -> Records:
    """The table that records make up.

    Parameters
    ----------
    word : what a record begins in: "line" or "row".

    Raises
    ------
    Wco2Error : when there is no header, a column's name is there twice, a row has more cells than
        the header names, or the table is too large.
    """
    if not raw.cells:
        raise Wco2Error(f"{path} is empty.", "Give a table with a header line and rows.")
    header, aliases = _header(raw.cells[0], path)
    rows, short = _fitted(raw, len(header), path, word)
    lines, spans = raw.lines[1:], raw.spans[1:]
    units: dict[str, str] = {}
    if _are_units(rows):
        units = dict(zip(header, map(str.strip, rows[0]), strict=True))
        rows, lines, spans = rows[1:], lines[1:], spans[1:]
    account = Account(
        lines=sum(raw.spans) + raw.comments + raw.blank,
        comments=raw.comments,
        blank=raw.blank,
        header=raw.spans[0],
        units=raw.spans[1] if units else 0,
        rows=sum(spans),
    )
    told = [*notes]
    if units:
        said = "; ".join(f"{name}: {text}" for name, text in units.items() if text)
        told.append(f"{word} {raw.lines[1]} holds units and is no row of data ({said[:200]})")
    if short:
        told.append(_told_short(short, len(header), word))
    return Records(header, rows, lines, account, aliases, units, tuple(told))


def is_number(text: str) -> bool:
    """Whether a cell holds a number, in whatever way it is written."""
    return _NUMBER.fullmatch(text.strip()) is not None


def places(word: str, lines: Sequence[int]) -> str:
    """ "line 3", or "lines 3, 5, 9, …": the first few places of many."""
    shown = ", ".join(map(str, lines[:_SHOWN]))
    return f"{word}{'s' if len(lines) > 1 else ''} {shown}{', …' if len(lines) > _SHOWN else ''}"


def _header(cells: Sequence[str], path: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names of the columns, in one line each, and by what else each is known."""
    plain = [cell.strip().strip("\ufeff\u200b").strip() for cell in cells]
    names = [" ".join(cell.split()) or f"column {k}" for k, cell in enumerate(plain, start=1)]
    several = next((name for name, n in Counter(names).items() if n > 1), None)
    if several is not None:
        raise Wco2Error(f"{path} has two columns '{several[:80]}'.", "Rename one of them.")
    called: dict[str, list[str]] = {}
    for cell, name in zip(plain, names, strict=True):
        if cell != name and cell:
            for other in (cell, cell.splitlines()[0].strip()):
                called.setdefault(other, []).append(name)
    aliases = {
        other: found[0]
        for other, found in called.items()
        if other not in names and len(set(found)) == 1
    }
    return tuple(names), aliases


def _fitted(
    raw: Raw, width: int, path: Path, word: str
) -> tuple[list[list[str]], list[tuple[int, int]]]:
    """Rows of `width` cells; empty ones at the end may be too few or too many."""
    if len(raw.cells) * width > MAX_CELLS:
        raise Wco2Error(
            f"{path} has {len(raw.cells) - 1} rows and {width} columns, too many for a table of "
            "observations.",
            "Save the columns and rows that are needed.",
        )
    rows: list[list[str]] = []
    short: list[tuple[int, int]] = []
    long: list[tuple[int, int]] = []
    for cells, line in zip(raw.cells[1:], raw.lines[1:], strict=True):
        if len(cells) == width:
            rows.append(cells)
            continue
        filled = max((k for k, cell in enumerate(cells, start=1) if cell.strip()), default=0)
        if filled > width:
            long.append((line, len(cells)))
        elif len(cells) < width:
            short.append((line, len(cells)))
        rows.append((cells + [""] * width)[:width])
    if len(long) > 1 and len(long) == len(rows) and width == 1:
        raise Wco2Error(
            f"{path}, {word} {raw.lines[0]} is no header: '{raw.cells[0][0].strip()[:80]}' above "
            f"rows of {long[0][1]} cells.",
            "Delete what stands above the header, or begin those lines with #.",
        )
    if long:
        raise _too_long(long, width, len(rows), path, word)
    return rows, short


def _too_long(
    long: Sequence[tuple[int, int]], width: int, n_rows: int, path: Path, word: str
) -> Wco2Error:
    line, found = long[0]
    also = f" ({places(word, [at for at, _ in long])})" if len(long) > 1 else ""
    hint = "Quote the cell that holds the separator."
    if len(long) == n_rows and {n for _, n in long} == {width + 1}:
        hint = (
            "Every row has one cell more: if the first column has no name, as R writes row names, "
            "put a name for it at the start of the header."
        )
    return Wco2Error(
        f"{path}, {word} {line}: {found} cells where the header names {width} columns{also}.", hint
    )


def _told_short(short: Sequence[tuple[int, int]], width: int, word: str) -> str:
    found = sorted({n for _, n in short})
    cells = f"{found[0]} to {found[-1]}" if len(found) > 1 else f"{found[0]}"
    return (
        f"{len(short)} row{'s have' if len(short) > 1 else ' has'} {cells} cells where the header "
        f"names {width}; what is lacking at the end counts as missing "
        f"({places(word, [line for line, _ in short])})"
    )


def _are_units(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds units: no number where the rows below it hold only numbers."""
    if len(rows) < 2:
        return False
    first, below = rows[0], rows[1 : 1 + _LOOKED_AT]
    if any(is_number(cell) for cell in first):
        return False
    found = 0
    for k, cell in enumerate(first):
        text = cell.strip()
        if text.lower() in _NOTHING or not is_unit(text.strip("[]() ")):
            continue
        column = [row[k] for row in below if row[k].strip().lower() not in _NOTHING]
        found += bool(column) and all(map(is_number, column))
    return found > 0
