"""Delimited text: every line is accounted for, and what could be misread is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs import delimited
from wco2_engine.inputs.delimited import read_delimited
from wco2_engine.inputs.records import Account, Records

HEADER = "Site,Lon,Lat,Year,Month,Flux,Notes"
ROWS = (
    "Aa,-149.55,68.62,2003,1,0.21,",
    "Aa,-149.55,68.62,2003,2,0.18,wet",
    "Bb,25.05,67.53,2003,1,0.33,",
)


def written(folder: Path, *lines: str, end: str = "\n", name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes((end.join(lines) + end).encode())
    return path


def read(folder: Path, *lines: str, end: str = "\n") -> Records:
    found = read_delimited(written(folder, *lines, end=end))
    assert found.account.adds_up
    return found


def refused(folder: Path, *lines: str, end: str = "\n") -> Wco2Error:
    with pytest.raises(Wco2Error) as caught:
        read_delimited(written(folder, *lines, end=end))
    assert "f.csv" in caught.value.message
    return caught.value


# --- Quotes


def test_a_quote_that_is_never_closed_is_named_by_the_line_where_it_opens(tmp_path: Path) -> None:
    error = refused(tmp_path, HEADER, ROWS[0], 'Aa,-149.55,68.62,2003,2,0.18,"moved', ROWS[2])
    assert ", line 3: a quote opens here and is never closed" in error.message
    assert "Close the quote" in error.hint


def test_a_quote_that_another_one_closes_is_named_by_the_line_where_it_opens(
    tmp_path: Path,
) -> None:
    opened = 'Aa,-149.55,68.62,2003,2,0.18,"moved'
    error = refused(tmp_path, HEADER, opened, *ROWS, 'Bb,25.05,67.53,2003,2,0.3,"dry"')
    assert "line 6: text follows a quote that closes a cell, which opened in line 2" in (
        error.message
    )
    error = refused(tmp_path, HEADER, opened, *ROWS, 'Bb,25.05,67.53,2003,2,0.3,dry"')
    assert "line 2: a quote opens here, and the cell that it begins holds whole rows" in (
        error.message
    )


def test_a_swallowed_row_is_seen_where_rows_lack_their_last_cells(tmp_path: Path) -> None:
    short = "Bb,25.05,67.53,2003,1,0.33"
    opened = 'Aa,-149.55,68.62,2003,2,0.18,"moved'
    error = refused(tmp_path, HEADER, ROWS[0], opened, short, 'end"')
    assert "line 3: a quote opens here, and the cell that it begins holds whole" in error.message


def test_the_first_of_a_records_quotes_is_not_blamed_for_the_second(tmp_path: Path) -> None:
    error = refused(tmp_path, "Site,a,b", '"x\ny",1,2', '"good\nnote","open', "z,3,4")
    assert ", line 5: a quote opens here and is never closed" in error.message


def test_a_quote_open_in_the_header_is_named(tmp_path: Path) -> None:
    assert ", line 1: a quote opens" in refused(tmp_path, 'Site,"Lon,Lat', "a,1,2").message


def test_text_after_a_closing_quote_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, "a,b", '"x"y,2')
    assert ", line 2: text follows a quote that closes a cell." in error.message


def test_quoted_cells_may_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b,c", '"x,1","say ""no""","two\nlines"', "p,q,r")
    assert found.rows == [["x,1", 'say "no"', "two\nlines"], ["p", "q", "r"]]
    assert found.lines == [2, 4]
    assert (found.account.lines, found.account.rows) == (4, 3)


def test_a_quote_inside_of_a_cell_is_a_sign_like_others(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b", 'x,12" collar').rows == [["x", '12" collar']]


def test_single_quotes_that_would_leave_a_cell_cut_in_two_are_refused(tmp_path: Path) -> None:
    assert "single quotes" in refused(tmp_path, "a,b,c", "'x,y',2", "p,q,r").message
    assert "single quotes" in refused(tmp_path, "'a','b'", "'x','2'").message
    assert read(tmp_path, "a,b", "'s-Gravenhage,5").rows == [["'s-Gravenhage", "5"]]


def test_a_backslash_that_may_keep_a_separator_is_refused(tmp_path: Path) -> None:
    assert "line 2: a backslash" in refused(tmp_path, "a,b", "x\\,2", "y,3").message
    assert read(tmp_path, "a,b", "C:\\data,2").rows == [["C:\\data", "2"]]


# --- What stands above, below and between the rows


def test_comments_above_the_header_are_skipped_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "# a list", "", "# version 1, flux in g C m-2 d-1", HEADER, *ROWS)
    assert found.header == tuple(HEADER.split(","))
    assert found.lines == [5, 6, 7]
    assert found.account == Account(lines=7, comments=2, blank=1, header=1, units=0, rows=3)
    assert "lines 1, 3 skipped as comments" in found.notes


def test_a_header_that_is_a_comment_is_the_header(tmp_path: Path) -> None:
    found = read(tmp_path, "# made up", f"# {HEADER}", *ROWS)
    assert found.header == tuple(HEADER.split(","))
    assert len(found.rows) == 3
    assert found.account.comments == 1


def test_a_comment_of_as_many_words_as_columns_stays_a_comment(tmp_path: Path) -> None:
    found = read(tmp_path, "# from A, B", "Site,Flux", "a,1", "b,2")
    assert found.header == ("Site", "Flux")


def test_a_comment_that_may_be_the_header_is_asked_about(tmp_path: Path) -> None:
    assert "either may be the header" in refused(tmp_path, "#a,b", "x,y", "p,q").message


def test_comments_among_rows_are_skipped_where_the_top_has_some(tmp_path: Path) -> None:
    found = read(tmp_path, "# top", HEADER, ROWS[0], f"#{ROWS[1]}", ROWS[2], "# end")
    assert [row[0] for row in found.rows] == ["Aa", "Bb"]
    assert "lines 1, 4, 6 skipped as comments" in found.notes


def test_a_row_that_begins_with_the_sign_is_asked_about(tmp_path: Path) -> None:
    error = refused(tmp_path, HEADER, ROWS[0], f"#{ROWS[1]}", ROWS[2])
    assert "line 3 begins with #" in error.message
    assert len(read(tmp_path, "Plot,Flux", "#1,2", "#2,3").rows) == 2
    assert read(tmp_path, "Plot,Flux", '"#1",2', "b,3").rows[0] == ["#1", "2"]


def test_a_row_of_units_below_the_header_is_no_row(tmp_path: Path) -> None:
    units = "-,deg,deg,yyyy,,g C m-2 d-1,"
    found = read(tmp_path, HEADER, units, *ROWS)
    assert [row[0] for row in found.rows] == ["Aa", "Aa", "Bb"]
    assert found.units["Flux"] == "g C m-2 d-1"
    assert found.account.units == 1
    assert found.lines == [3, 4, 5]


def test_a_first_row_with_a_word_for_missing_is_a_row(tmp_path: Path) -> None:
    assert len(read(tmp_path, "Site,Flux", "a,NA", "b,2").rows) == 2
    assert len(read(tmp_path, "Site,Flux", "a,broken", "b,2").rows) == 2


def test_rows_without_content_are_counted_as_blank(tmp_path: Path) -> None:
    found = read(tmp_path, "", HEADER, ROWS[0], ",,,,,,", "", ROWS[1], "  ")
    assert (found.account.blank, len(found.rows), found.account.lines) == (4, 2, 7)


# --- Numbers of cells


def test_rows_that_lack_cells_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, "Aa,-149.55,68.62", ROWS[1], "Bb,25.05,67.53,2003,1,0.33")
    assert found.rows[0] == ["Aa", "-149.55", "68.62", "", "", "", ""]
    assert any("2 rows have 3 to 6 cells" in n and "lines 2, 4" in n for n in found.notes)


def test_rows_with_more_cells_are_an_error_that_lists_them(tmp_path: Path) -> None:
    error = refused(tmp_path, "a,b", "1,2", "1,2,3", "1,2,3,4", "1,2,,")
    assert ", line 3: 3 cells where the header names 2 columns (lines 3, 4)" in error.message


def test_row_names_as_r_writes_them_are_explained(tmp_path: Path) -> None:
    error = refused(tmp_path, "Site,Flux", '"1",a,2', '"2",b,3')
    assert "R writes row names" in error.hint


# --- Separators


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_seen(tmp_path: Path, separator: str) -> None:
    lines = (line.replace(",", separator) for line in (HEADER, *ROWS))
    found = read(tmp_path, *lines)
    assert found.header == tuple(HEADER.split(","))
    assert len(found.rows) == 3


def test_a_header_may_hold_other_separators(tmp_path: Path) -> None:
    found = read(tmp_path, "Site;Lon (deg, E);Lat, deg N;n", "a;-149,5;68,6;1", "b;2,5;8;2")
    assert found.header == ("Site", "Lon (deg, E)", "Lat, deg N", "n")
    assert found.rows[0] == ["a", "-149,5", "68,6", "1"]


def test_two_separators_that_both_fit_are_asked_about(tmp_path: Path) -> None:
    error = refused(tmp_path, "x,y;z", "1,2;3", "4,5;6")
    assert "2 columns by commas, or 2 columns by semicolons" in error.message


def test_the_line_that_tells_excel_the_separator_is_heeded(tmp_path: Path) -> None:
    found = read(tmp_path, "sep=;", "a;b,c", "1;2,5")
    assert found.header == ("a", "b,c")
    assert found.account.comments == 1


def test_a_header_cell_may_hold_a_line_end(tmp_path: Path) -> None:
    found = read(tmp_path, '"Site\nID",Lon,Lat,"Flux\n(g C m-2 d-1)"', "a,1,2,3", "b,4,5,6")
    assert found.header == ("Site ID", "Lon", "Lat", "Flux (g C m-2 d-1)")
    assert found.aliases["Site"] == found.aliases["Site\nID"] == "Site ID"
    assert found.lines == [4, 5]
    assert found.account.header == 3


def test_spaces_of_all_kinds_around_names_are_no_part_of_them(tmp_path: Path) -> None:
    assert read(tmp_path, "\u00a0 Site , Lon\u200b", "a,1").header == ("Site", "Lon")


def test_columns_cut_by_spaces_are_explained(tmp_path: Path) -> None:
    assert "separated by spaces" in refused(tmp_path, "Site Lon Lat", "a 1 2").hint


# --- Line ends


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_read(tmp_path: Path, end: str) -> None:
    found = read(tmp_path, HEADER, *ROWS, end=end)
    assert (len(found.rows), found.account.lines, found.lines) == (3, 4, [2, 3, 4])


def test_mixed_line_ends_are_read_where_they_are_sure(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b\r\n1,2\n3,4\r\r\n5,6")
    assert [row[0] for row in read_delimited(path).rows] == ["1", "3", "5"]


def test_a_carriage_return_that_may_cut_a_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b,c\n1,2,0\r.5\n3,4,5\n")
    with pytest.raises(Wco2Error, match="line 2 ends in a carriage return, other lines in a line"):
        read_delimited(path)


# --- Bounds


def test_a_wide_header_is_read(tmp_path: Path) -> None:
    names = [f"c{k}" for k in range(24_000)]  # more signs than the 131,072 that csv allows a cell
    found = read(tmp_path, ",".join(names), ",".join("1" * 24_000))
    assert len(found.header) == 24_000


def test_a_line_with_too_many_cells_is_refused_before_it_is_cut(tmp_path: Path) -> None:
    assert "more than 100,000 cells" in refused(tmp_path, "a,b", f"1{',' * 100_001}").message


def test_a_cell_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MAX_SIGNS", 1000)
    error = refused(tmp_path, "a,b", "1,2", f'"{"x" * 1001}",2')
    assert ", line 3: a cell has more than 1,000 signs" in error.message
    before = csv.field_size_limit()
    refused(tmp_path, "a,b", f'"{"x" * 1001}",2')
    assert csv.field_size_limit() == before


def test_a_file_that_is_too_large_is_refused_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MAX_BYTES", 10)
    assert "too much" in refused(tmp_path, "a,b", "1,2", "3,4").message


# --- Any table comes back equal or is refused

CELL = st.text(st.sampled_from("ab1.,;\t|\n\r\"'#- é"), max_size=6)


@st.composite
def dialects(draw: Any) -> dict[str, Any]:
    return {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quotechar": draw(st.sampled_from("\"'")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELL, min_size=width, max_size=width), min_size=2, max_size=6
        )
    ),
    dialect=dialects(),
    escaped=st.booleans(),
)
def test_any_table_that_csv_writes_comes_back_equal_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    dialect: dict[str, Any],
    escaped: bool,
) -> None:
    if escaped:
        dialect |= {"escapechar": "\\", "doublequote": False}
    assume(all(any(cell.strip() for cell in row) for row in table))  # others are no rows
    assume(all(cell.strip() for cell in table[0]))
    # Cells in single quotes are refused; beside double quotes and line ends, which are signs like
    # others then, one can always find a text that is a sound table of other cells.
    signs = {sign for row in table for cell in row for sign in cell}
    assume(dialect["quotechar"] == '"' or not signs & set('"\r\n'))
    text = io.StringIO()
    try:
        csv.writer(text, **dialect).writerows(table)
    except csv.Error:
        assume(False)
    path = tmp_path_factory.mktemp("any") / "f.csv"
    path.write_bytes(text.getvalue().encode())
    try:
        found = read_delimited(path)
    except Wco2Error as error:
        assert "f.csv" in error.message
        return
    assert found.account.adds_up
    names = [" ".join(name.strip().split()) for name in table[0]]
    assert found.header[1:] == tuple(names[1:])
    assert found.header[0] in (names[0], names[0].lstrip("# ") or "column 1")
    if not found.rows:
        return  # a table without rows is refused where it is used
    # A row ends at a carriage return, so that one at the ends of a row is not seen.
    rows = [[cell.strip("\r") for cell in row] for row in found.rows]
    table = [[cell.strip("\r") for cell in row] for row in table]
    if found.units:
        rows = [list(found.units.values()), *rows]
        table = [table[0], [cell.strip() for cell in table[1]], *table[2:]]
    assert rows == table[1:]
