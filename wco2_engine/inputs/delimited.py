"""Tables of delimited text, read strictly: every line is accounted for, none swallowed by another.

Python's `csv` takes a quote that is never closed for the start of a cell that holds the rest of the
file. So it is asked to be strict here, a cell that holds whole rows is refused, and the line where
a quote opened is looked for by hand when something is wrong.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.encodings import decoded
from wco2_engine.inputs.records import MAX_CELLS, Raw, Records, is_number, places, records

MAX_BYTES = 1 << 29  # 512 MB of text
MAX_SIGNS = 1_000_000  # of one cell
MAX_COLUMNS = 100_000
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_QUOTE_HINT = "Close the quote, or write two quotes where a cell holds one."
# 'a,b' as a cell, '' in it standing for one such sign
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])'(?:[^',;\t|]|'')*[,;\t|](?:[^']|'')*'(?:[,;\t|]|$)")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKED = re.compile(r"sep=(.)\s*$")  # how Excel is told the separator


def read_delimited(path: Path) -> Records:
    """The rows of a text file.

    Raises
    ------
    Wco2Error : when it is too large, of no known encoding, empty, of a single column, cut by no one
        separator, or damaged; naming the line.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Wco2Error(
            f"{path} has {size / 1e6:,.0f} MB, too much for a table of sites and months.",
            "Save the columns and rows that are needed.",
        )
    found = decoded(path.read_bytes(), path)
    lines = list(io.StringIO(found.text, newline=""))
    _check_widths(lines, path)
    _check_lone_returns(lines, path)
    with _long_cells():
        top, separator = _top(lines, path)
        raw, told = _raw(lines, top, separator, path)
    notes = []
    if found.evidence:
        notes.append(
            f"read as {found.encoding}, by which it says e.g. '{found.evidence}'; if it should say "
            "something else, save it in UTF-8"
        )
    elif found.encoding != "UTF-8":
        notes.append(f"read as {found.encoding}, by its mark")
    return records(raw, path, "line", [*notes, *told])


def _check_widths(lines: Sequence[str], path: Path) -> None:
    """Before any line is cut: no line may make more cells than a table has columns."""
    for k, line in enumerate(lines):
        if len(line) > MAX_COLUMNS and any(line.count(s) > MAX_COLUMNS for s in SEPARATORS):
            raise Wco2Error(
                f"{path}, line {k + 1} has more than {MAX_COLUMNS:,} cells.",
                "Save the columns that are needed.",
            )


@contextmanager
def _long_cells() -> Iterator[None]:
    """Cells may be longer than the 131,072 signs that `csv` allows, up to a bound of our own."""
    before = csv.field_size_limit(MAX_SIGNS)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Top(NamedTuple):
    """What stands above the first row of data, and where the header is."""

    start: int  # the first line of the first record, from 0
    comments: list[int]  # lines, from 0
    blank: int
    header: str | None  # a comment that is the header, without its sign


def _top(lines: Sequence[str], path: Path) -> tuple[_Top, str]:
    comments: list[int] = []
    blank, start = 0, 0
    marked: str | None = None
    for start, line in enumerate(lines):
        match = _MARKED.match(line)
        if match and match[1] in SEPARATORS and not comments and marked is None:
            marked = match[1]
            comments.append(start)
        elif line.startswith("#"):
            comments.append(start)
        elif not _is_hollow(line):
            break
        else:
            blank += 1
    else:
        raise Wco2Error(f"{path} is empty.", "Give a table with a header line and rows.")
    for k in comments:
        if any(_record([lines[k]], sign) is None for sign in SEPARATORS):
            raise _quote_in_comment(k, path)
    separator = marked or _separator(lines[start:], start, path)
    if not _record(lines[start:], separator):
        raise _damaged(lines, start, start, separator, path)
    header = _commented_header(lines, comments, start, separator, path) if not marked else None
    if header is not None:
        comments = comments[:-1]
    return _Top(start, comments, blank, header), separator


def _is_hollow(line: str) -> bool:
    """Whether a line holds nothing, or one kind of separators alone."""
    signs = set(line) - set(" \r\n")
    return len(signs) <= 1 and signs <= set(SEPARATORS)


def _record(lines: Sequence[str], separator: str) -> list[str] | None:
    """The first record with content; None where the lines can't be cut by that separator."""
    reader = csv.reader(iter(lines), delimiter=separator, strict=True)
    try:
        return next((record for record in reader if any(cell.strip() for cell in record)), [])
    except csv.Error:
        return None


def _separator(lines: Sequence[str], start: int, path: Path) -> str:
    """The sign that cuts the first record, and the others likewise.

    A sign that cuts the header counts where it cuts most records into as many cells: a header may
    hold a comma though semicolons separate.
    """
    firsts = {sign: _record(lines, sign) for sign in SEPARATORS}
    widths = {sign: len(first or []) for sign, first in firsts.items()}
    cutting = [sign for sign, width in widths.items() if width > 1]
    failed = next((sign for sign, first in firsts.items() if first is None), None)
    several = len(cutting) > 1 or failed is not None
    shares = {sign: _share(lines, sign, widths[sign]) if several else 1.0 for sign in cutting}
    best = max(shares.values(), default=0.0)
    if len(cutting) > 1:
        widest = max(cutting, key=lambda sign: widths[sign])
        cutting = [sign for sign in cutting if shares[sign] == best] if best else [widest]
    if len(cutting) == 1 and (failed is None or best > 0.5):
        return cutting[0]
    if len(cutting) > 1:
        first, *others = (f"{widths[sign]} columns by {SEPARATORS[sign]}" for sign in cutting)
        readings = ", ".join([first, *(f"or {other}" for other in others)])
        raise Wco2Error(
            f"{path} may have {readings}; every line fits both.",
            "Quote cells that hold such a sign, or save the table with tabs between the columns.",
        )
    if failed is not None:
        raise _damaged(lines, 0, start, failed, path)
    if not any(widths.values()):
        raise Wco2Error(f"{path} is empty.", "Give a table with a header line and rows.")
    first = lines[0].strip()
    by_spaces = len(first.split()) > 2 and len({len(line.split()) for line in lines[:20]}) == 1
    raise Wco2Error(
        f"{path} has a single column: '{first[:60]}'.",
        "Its columns seem to be separated by spaces: save it with commas or tabs between them."
        if by_spaces
        else "Separate columns by commas, semicolons or tabs, under a header line.",
    )


def _share(lines: Sequence[str], separator: str, width: int) -> float:
    """The share of records with content that have `width` cells; 0 where one can't be read."""
    fit = there = 0
    try:
        for record in csv.reader(iter(lines), delimiter=separator, strict=True):
            if any(cell.strip() for cell in record):
                there += 1
                fit += len(record) == width
    except csv.Error:
        return 0.0
    return fit / there


def _commented_header(
    lines: Sequence[str], comments: Sequence[int], start: int, separator: str, path: Path
) -> str | None:
    """The last comment, where it is the header: "# Site,Lon,Lat" right above rows of numbers."""
    if not comments or comments[-1] != start - 1:
        return None
    text = lines[comments[-1]].lstrip("#")
    names, first = _record([text], separator) or [], _record(lines[start:], separator) or []
    if len(names) != len(first) or len(names) < 2:
        return None
    below = csv.reader(iter(lines[start:]), delimiter=separator, strict=True)
    next(below)
    try:
        second = next(below, [])
    except csv.Error:
        second = []
    if any(map(is_number, first)) and not any(map(is_number, names)):
        return text
    if any(map(is_number, second)) and not any(map(is_number, first)):
        return None
    raise Wco2Error(
        f"{path}, line {start}: a line that begins with # has as many cells as the next one, so "
        "that either may be the header.",
        "Leave the sign # out where the header is meant, or the line where it is a comment.",
    )


def _raw(lines: Sequence[str], top: _Top, separator: str, path: Path) -> tuple[Raw, list[str]]:
    """All records below the top, and what is to be told of them."""
    cells: list[list[str]] = []
    at: list[int] = []
    spans: list[int] = []
    below: list[int] = []  # comments among the rows
    signed: list[int] = []  # rows that begin with #
    blank, n_cells = top.blank, 0
    if top.header is not None:
        cells.append(_record([top.header], separator) or [])
        at.append(top.start)
        spans.append(1)
    source = lines[top.start :] if top.start else lines
    reader = csv.reader(iter(source), delimiter=separator, strict=True)
    while True:
        start = reader.line_num
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise _damaged(source, start, top.start, separator, path) from error
        if record is None:
            break
        span = reader.line_num - start
        if not any(cell.strip() for cell in record):
            blank += span
            continue
        if cells and source[start].startswith("#"):
            if top.comments:
                below.append(top.start + start + 1)
                if span > 1:
                    raise _quote_in_comment(top.start + start, path)
                continue
            signed.append(top.start + start + 1)
        if span > 1:
            width = len(cells[0]) if cells else len(record)
            lines_of_it = slice(start, start + span)
            _check_swallowed(record, width, source, lines_of_it, top.start, path)
        n_cells += len(record)
        if n_cells > MAX_CELLS:
            raise Wco2Error(
                f"{path} has more than {MAX_CELLS:,} cells, too many for a table of observations.",
                "Save the columns and rows that are needed.",
            )
        cells.append(record)
        at.append(top.start + start + 1)
        spans.append(span)
    if signed and len(signed) < len(cells) - 1:
        raise Wco2Error(
            f"{path}: {places('line', signed)} begin{'s' if len(signed) == 1 else ''} with #, and "
            "may be comments or rows.",
            'Leave comments out; quote the cell where # belongs to a name: "#1".',
        )
    _check_escapes(source, top.start, separator, path)
    if cells:
        _check_single_quotes(source, top.start, cells, at, path)
    told = []
    n_comments = len(top.comments) + len(below)
    if n_comments:
        where = [*(k + 1 for k in top.comments), *below]
        told.append(f"{places('line', where)} skipped as comment{'s' if n_comments > 1 else ''}")
    return Raw(cells, at, spans, n_comments, blank), told


def _quote_in_comment(line: int, path: Path) -> Wco2Error:
    """For a cell that begins in a comment, `line` of the file from 0, and ends in another line."""
    return Wco2Error(
        f"{path}, line {line + 1}: a quote opens in a comment and is closed in another line.",
        _QUOTE_HINT,
    )


def _check_swallowed(
    record: Sequence[str], width: int, source: Sequence[str], span: slice, above: int, path: Path
) -> None:
    """Refuse a cell that holds what looks like rows: its quote was closed by another one's.

    Parameters
    ----------
    width : how many columns the header names.
    span : the lines of `source` that the record takes up.
    """
    for cell in record:
        parts = _LINE_END.split(cell)
        if len(parts) > 1 and any(_is_like_a_row(part, width) for part in parts[1:]):
            first = parts[0].replace('"', '""')
            lines = range(span.start, span.stop)
            opened = next(
                (k for k in lines if source[k].rstrip("\r\n").endswith(f'"{first}')), span.start
            )
            raise Wco2Error(
                f"{path}, line {above + opened + 1}: a quote opens here, and the cell that it "
                "begins holds whole rows of the table.",
                _QUOTE_HINT,
            )


def _is_like_a_row(text: str, width: int) -> bool:
    """Whether a line within a cell has as many cells as a row, or half of them and numbers."""
    for sign in SEPARATORS:
        cells = text.split(sign)
        if len(cells) >= width > 1:
            return True
        if 2 * len(cells) > width and sum(map(is_number, cells)) >= 2:
            return True
    return False


def _damaged(
    source: Sequence[str], start: int, above: int, separator: str, path: Path
) -> Wco2Error:
    """What is wrong with the record that begins in a line of `source`.

    Parameters
    ----------
    start : the line of `source`, from 0.
    above : how many lines of the file stand above `source`.
    """
    state = _scan(source, start, separator)
    opened = above + state.opened + 1
    if state.long:
        return Wco2Error(
            f"{path}, line {opened}: a cell has more than {MAX_SIGNS:,} signs.",
            "Look for a quote that is not closed, or shorten the cell.",
        )
    if state.after:
        at = above + state.line + 1
        where = "" if at == opened else f", which opened in line {opened}"
        return Wco2Error(
            f"{path}, line {at}: text follows a quote that closes a cell{where}.", _QUOTE_HINT
        )
    return Wco2Error(
        f"{path}, line {opened}: a quote opens here and is never closed, so that the lines below "
        "it would be no rows.",
        _QUOTE_HINT,
    )


class _Scan(NamedTuple):
    """Where a record goes wrong: `line` and `opened` are lines of the source, from 0."""

    line: int
    opened: int
    after: bool = False  # text after a quote that closes
    long: bool = False


def _scan(source: Sequence[str], start: int, separator: str) -> _Scan:
    """Look at signs one by one from the start of a record to where it goes wrong."""
    quoted = closing = False
    beginning = True
    opened = start
    length = 0
    line = start
    for line in range(start, len(source)):
        for sign in source[line]:
            length += 1
            if length > MAX_SIGNS:
                return _Scan(line, opened, long=True)
            if closing:
                closing = False
                if sign == '"':
                    continue
                quoted = False
                if sign != separator and sign not in "\r\n":
                    return _Scan(line, opened, after=True)
            if quoted:
                closing = sign == '"'
            elif sign == separator or sign in "\r\n":
                beginning, length = True, 0
            elif beginning and sign == '"':
                quoted, beginning, opened = True, False, line
            else:
                beginning = False
        if closing:
            quoted = closing = False
            beginning, length = True, 0
    return _Scan(line, opened)


def _check_escapes(source: Sequence[str], above: int, separator: str, path: Path) -> None:
    """Refuse a backslash before a separator, quote or line end: it may mean that sign itself."""
    pattern = re.compile(rf"\\(?=[{re.escape(separator)}'\"\r\n])")
    for k, line in enumerate(source):
        if "\\" in line and pattern.search(line):
            raise Wco2Error(
                f"{path}, line {above + k + 1}: a backslash stands before a separator, a quote or "
                "the end of the line, which some programs write to keep that sign in the cell.",
                "Save the table with quotes around such cells, without backslashes.",
            )


def _check_single_quotes(
    source: Sequence[str],
    above: int,
    cells: Sequence[Sequence[str]],
    at: Sequence[int],
    path: Path,
) -> None:
    """Refuse cells in single quotes: a separator inside of them would cut a cell in two."""
    for k, text in enumerate(source):
        if "'" in text and _SINGLE_QUOTED.search(text.rstrip("\r\n")):
            raise _in_single_quotes(above + k + 1, text.strip(), path)
    wrapped = any(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells[0])
    opening = fits = False
    for record, line in zip(cells, at, strict=True):
        fitted, fits = fits, len(record) == len(cells[0])
        opening = opening and not (fitted and fits)  # a cell may hold a line end, too
        if not any("'" in cell for cell in record):
            continue
        for cell in record:
            begins, ends = cell.startswith("'"), cell.endswith("'")
            is_whole = begins and ends and len(cell) > 1
            cut = opening and ends
            doubled = is_whole and "''" in cell[1:-1]
            opening = opening or (begins and not is_whole)
            if cut or doubled or (is_whole and wrapped):
                raise _in_single_quotes(line, cell, path)


def _in_single_quotes(line: int, text: str, path: Path) -> Wco2Error:
    return Wco2Error(
        f"{path}, line {line}: cells are in single quotes ({text[:40]}).",
        "Save the table with double quotes, or without any.",
    )


def _check_lone_returns(lines: Sequence[str], path: Path) -> None:
    """Where lines end in a line feed, a carriage return alone may be a part of a cell."""
    lone = [
        k
        for k, line in enumerate(lines)
        if line.endswith("\r") and line != "\r" and lines[k + 1 : k + 2] != ["\r\n"]
    ]
    if lone and any(line.endswith("\n") for line in lines):
        raise Wco2Error(
            f"{path}, line {lone[0] + 1} ends in a carriage return, other lines in a line feed: it "
            "may be cut in two.",
            "Save the table with one kind of line ends.",
        )
