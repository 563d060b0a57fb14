"""Sheets of Excel workbooks as tables: what their cells hold, never what they would compute.

A workbook is an archive of XML. Its sizes are checked before anything of it is unpacked, a document
type (by which XML grows or reaches other files) is refused, links to other workbooks are not
followed, and no formula or macro is run: a formula counts as the value that was last saved for it.
"""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error, archive_errors, nearest_name
from wco2_engine.inputs.records import MAX_CELLS, Raw, Records, records

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
MAX_UNPACKED = 1 << 29  # 512 MB of XML
MAX_PARTS = 10_000
MAX_SIGNS = 32_767  # that Excel allows in a cell
_SHEETS = 20  # that are looked through for a table
_COLUMNS_OF_A_TABLE = 3
_HINT = "Open it in a spreadsheet program and save the sheet as CSV (UTF-8)."


def read_sheet(path: Path, sheet: str = "") -> Records:
    """The rows of a sheet: of that name, or of the first one that holds a table.

    Raises
    ------
    Wco2Error : when the file is no workbook, too large, has no such sheet, or a formula in it has
        no saved value.
    """
    _check_archive(path)
    with _opened(path, values=True) as book:
        names = [one.title for one in book.worksheets]
        if sheet and sheet not in names:
            raise Wco2Error(f"{path} has no sheet '{sheet}'.", nearest_name(sheet, names))
        if not names:
            raise Wco2Error(f"{path} has no sheet with cells.", _HINT)
        name, raw = (sheet, _raw(book[sheet], path)) if sheet else _first_table(book, path)
    _check_formulas(path, name, raw)
    notes = []
    if not sheet and len(names) > 1:
        others = [other for other in names if other != name]
        notes.append(f"of its sheets, '{name}' is read (not {', '.join(others[:5])})")
    return records(raw, path, "row", notes)


def _check_archive(path: Path) -> None:
    """Sizes and document types, before anything is unpacked whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS:
                raise Wco2Error(
                    f"{path} unpacks to {unpacked / 1e6:,.0f} MB in {len(parts)} parts, too much "
                    "for a table of sites and months.",
                    "Save the sheet that is needed as CSV.",
                )
            texts = [p for p in parts if p.filename.lower().endswith((".xml", ".rels"))]
            for part in texts:
                with archive.open(part) as opened:
                    start = opened.read(4096).replace(b"\0", b"")  # UTF-16, too
                if b"<!DOCTYPE" in start.upper():
                    raise Wco2Error(
                        f"{path} is no workbook: {part.filename} has a document type.", _HINT
                    )
    except archive_errors() as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> Wco2Error:
    return Wco2Error(f"{path} can't be read as an Excel workbook ({error}).", _HINT)


@contextmanager
def _opened(path: Path, *, values: bool) -> Iterator[Any]:
    """The workbook, its formulas as values or as they are written."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that no table needs
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)
        except Exception as error:  # what openpyxl raises for damaged parts shares no root
            raise _unreadable(path, error) from error
        try:
            yield book
        except Wco2Error:
            raise
        except Exception as error:  # parts are read as they are needed
            raise _unreadable(path, error) from error
        finally:
            book.close()


def _first_table(book: Any, path: Path) -> tuple[str, Raw]:
    """The first sheet with a header and rows; what people say of a table stands in one column."""
    first, *others = book.worksheets[:_SHEETS]
    of_first = _raw(first, path)
    if not _is_table(of_first):
        for sheet in others:
            raw = _raw(sheet, path)
            if _is_table(raw):
                return sheet.title, raw
    return first.title, of_first


def _is_table(raw: Raw) -> bool:
    return sum(len(cells) >= _COLUMNS_OF_A_TABLE for cells in raw.cells) > 1


def _raw(sheet: Any, path: Path) -> Raw:
    cells: list[list[str]] = []
    lines: list[int] = []
    comments = blank = n_cells = 0
    sheet.reset_dimensions()  # what it says of its size need not be true
    for number, row in enumerate(sheet.iter_rows(), start=1):
        texts = [_text(cell, path) for cell in row]
        while texts and not texts[-1].strip():
            texts.pop()
        n_cells += len(texts) + 1
        if n_cells > MAX_CELLS:
            raise Wco2Error(
                f"{path} has more than {MAX_CELLS:,} cells, too many for a table of observations.",
                "Save the columns and rows that are needed.",
            )
        if not texts:
            blank += 1
        elif not cells and texts[0].startswith("#"):
            comments += 1
        else:
            cells.append(texts)
            lines.append(number)
    return Raw(cells, lines, [1] * len(cells), comments, blank)


def _text(cell: Any, path: Path) -> str:
    """What a cell holds, as the text that reads back as it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float | int):
        if "%" in (cell.number_format or ""):
            return f"{100 * value:.15g}%"
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
        return str(int(value)) if whole else repr(value)
    text = str(value)
    if len(text) > MAX_SIGNS:
        raise Wco2Error(
            f"{path}, cell {cell.coordinate}: more than {MAX_SIGNS:,} signs.", "Shorten the cell."
        )
    return text


def _check_formulas(path: Path, name: str, raw: Raw) -> None:
    """Raise where a formula has no saved value, as in workbooks that a program wrote.

    Raises
    ------
    Wco2Error : naming the first such cell.
    """
    there = dict(zip(raw.lines, raw.cells, strict=True))
    with _opened(path, values=False) as book:
        sheet = book[name]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(), start=1):
            texts = there.get(number, [])
            for k, cell in enumerate(row):
                if cell.data_type == "f" and not (k < len(texts) and texts[k].strip()):
                    raise Wco2Error(
                        f"{path}, cell {cell.coordinate} of '{name}' holds a formula without a "
                        "saved value.",
                        "Open the workbook in a spreadsheet program and save it.",
                    )
