"""Excel workbooks: what the cells hold, within bounds, and nothing that they would run or fetch."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs import workbooks
from wco2_engine.inputs.observations import Observations, read_observations
from wco2_engine.inputs.tables import read_table
from wco2_engine.inputs.workbooks import read_sheet

HEADER = ("Site", "Lon", "Lat", "Year", "Month", "Flux")
MAPPING = {
    **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
    **{"year": "Year", "month": "Month", "flux": "Flux"},
}
ROWS = (("Aa", -149.55, 68.62, 2003, 1, 0.21), ("Bb", 25.05, 67.53, 2003, 2, 0.3))


def workbook(folder: Path, *rows: tuple[Any, ...], name: str = "f.xlsx", **also: list[Any]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "fluxes"
    for row in rows:
        sheet.append(row)
    for title, more in also.items():
        other = book.create_sheet(title)
        for row in more:
            other.append(row)
    book.save(folder / name)
    return folder / name


def read(path: Path | str, **also: str) -> Observations:
    return read_observations(path, columns={**MAPPING, **also}, flux_units="g C m-2 day-1")


def repacked(path: Path, change: dict[str, bytes]) -> Path:
    """The same archive with parts replaced or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | change).items():
            archive.writestr(name, content)
    return path


def test_a_sheet_that_holds_no_table_is_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("Winter fluxes",), ("by month",), data=[HEADER, *ROWS])
    found = read(path)
    assert found.table["flux_g_m2_month"].tolist() == [pytest.approx(6.51), pytest.approx(8.4)]
    assert "f.xlsx: of its sheets, 'data' is read (not fluxes)" in found.notes


def test_a_title_above_the_header_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("Winter fluxes of two sites",), (), HEADER, *ROWS)
    with pytest.raises(Wco2Error, match="row 1 is no header: 'Winter fluxes of two sites'") as told:
        read(path)
    assert told.value.hint == "Delete what stands above the header, or begin those lines with #."


def test_the_first_sheet_is_read_and_said(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS, readme=[("note",), ("x",)])
    found = read(path)
    assert found.table["flux_g_m2_month"].tolist() == [pytest.approx(6.51), pytest.approx(8.4)]
    assert found.table["longitude"].tolist() == [-149.55, 25.05]
    assert "f.xlsx: of its sheets, 'fluxes' is read (not readme)" in found.notes


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("note",), ("x",), data=[HEADER, *ROWS])
    assert read(f"{path}|layername=data").counts["rows_kept"] == 2
    with pytest.raises(Wco2Error, match="has no sheet 'dat'") as caught:
        read(f"{path}|layername=dat")
    assert "'data'" in caught.value.hint


def test_blank_rows_above_the_header_are_no_header(tmp_path: Path) -> None:
    path = workbook(tmp_path, (), (None, " "), ("# made up",), HEADER, (), ROWS[0], ("Cc", 1, 2))
    table = read_table(path)
    assert table.rows.tolist() == [6, 7]
    assert table.place(0) == "row 6"
    assert table.account is not None
    assert table.account.adds_up
    assert (table.account.blank, table.account.comments) == (3, 1)
    assert any("1 row has 3 cells" in note for note in table.notes)


def test_dates_numbers_and_words_are_what_the_cells_hold(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("a", "b", "c", "d", "e", "f"),
        (datetime.datetime(2003, 1, 15), datetime.date(2003, 2, 1), 0.1, 3.0, True, "01"),
        (datetime.datetime(2003, 1, 15, 12, 30), None, 1e-7, 2**40, False, "x"),
    )
    cells = read_sheet(path).rows
    assert cells[0] == ["2003-01-15", "2003-02-01", "0.1", "3", "1", "01"]
    assert cells[1][:5] == ["2003-01-15T12:30:00", "", "1e-07", str(2**40), "0"]


def test_a_column_of_dates_gives_year_and_month(tmp_path: Path) -> None:
    rows = [("Aa", 10, 60, datetime.datetime(2003, m, 15), 0.5) for m in (1, 2)]
    path = workbook(tmp_path, ("Site", "Lon", "Lat", "When", "Flux"), *rows)
    columns = {k: v for k, v in MAPPING.items() if k not in ("year", "month")} | {"date": "When"}
    found = read_observations(path, columns=columns, flux_units="g C m-2 day-1")
    assert found.table["month"].tolist() == [1, 2]


def test_shares_shown_in_percent_are_percent(tmp_path: Path) -> None:
    path = workbook(tmp_path, (*HEADER, "Gap", "Q"), *((*row, 1.0, 0.85) for row in ROWS))
    book = openpyxl.load_workbook(path)
    for column in "GH":
        book["fluxes"][f"{column}2"].number_format = "0%"
    book["fluxes"]["G3"].number_format = "0.0%"
    book["fluxes"]["G3"] = 0.5
    book.save(path)
    found = read(path, gap_fill="Gap", quality="Q")
    assert found.table["site"].tolist() == ["Bb"]
    assert found.rejected["detail"].tolist() == ["Gap = 100%"]


def test_formulas_count_by_their_saved_values(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    saved = sheet.replace(b"<v>0.21</v>", b"<f>A1*2</f><v>0.25</v>")
    assert saved != sheet
    assert read(repacked(path, {"xl/worksheets/sheet1.xml": saved})).counts["rows_kept"] == 2
    unsaved = sheet.replace(b"<v>0.21</v>", b"<f>A1*2</f><v></v>")
    with pytest.raises(Wco2Error, match=r"cell F2 of 'fluxes' holds a formula without a saved"):
        read(repacked(path, {"xl/worksheets/sheet1.xml": unsaved}))


def test_errors_of_formulas_are_missing_numbers(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, ROWS[0], ("Bb", 25.05, 67.53, 2003, 2, "#DIV/0!"))
    assert read(path).counts["rejected: no_flux"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "can't be read as an Excel workbook"),
        (b"PK\x03\x04 nothing", "can't be read as an Excel workbook"),
        (b"Site,Flux\na,1\n", "can't be read as an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "can't be read as an Excel workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "f.xlsx"
    path.write_bytes(content)
    with pytest.raises(Wco2Error, match=said) as caught:
        read(path)
    assert "CSV" in caught.value.hint


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS)
    with pytest.raises(Wco2Error, match="can't be read as an Excel workbook"):
        read(repacked(path, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}))
    path = workbook(tmp_path, HEADER, *ROWS)
    with pytest.raises(Wco2Error, match="has no sheet with cells"):
        read(repacked(path, {"xl/workbook.xml": b"<a/>"}))


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS)
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'
    with pytest.raises(Wco2Error, match="has a document type"):
        read(repacked(path, {"xl/worksheets/sheet1.xml": bomb}))


def test_sizes_are_checked_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repacked(workbook(tmp_path, HEADER, *ROWS), {"xl/media/x.bin": bytes(3_000_000)})
    assert path.stat().st_size < 30_000
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 2_000_000)
    with pytest.raises(Wco2Error, match="unpacks to 3 MB"):
        read(path)


def test_a_size_that_a_sheet_only_claims_is_not_believed(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    wide = sheet.replace(b'ref="A1:F3"', b'ref="A1:XFD1048576"')
    assert wide != sheet
    assert read(repacked(path, {"xl/worksheets/sheet1.xml": wide})).counts["rows_read"] == 2


def test_other_spreadsheets_are_named(tmp_path: Path) -> None:
    for name in ("f.xls", "f.ods"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(Wco2Error, match="spreadsheet of a kind that is not read"):
            read(tmp_path / name)
