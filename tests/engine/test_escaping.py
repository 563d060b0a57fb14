"""Texts that would do something where they are shown."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.escaping import (
    from_table_cell,
    is_plain_name,
    markdown,
    markdown_code,
    one_line,
    printable,
    table_cell,
    web_address,
)


def test_what_moves_the_cursor_or_turns_text_around_is_gone() -> None:
    sent = "a\x1b[31mb\x1b[0m\x1b]8;;http://x\x07c\x9b2Jd\u202ee\x00f\ud800g"
    assert printable(sent) == "abcdefg"
    assert printable("two\nlines\tand a tab") == "two\nlines\tand a tab"
    assert one_line(" a\r\n# b\t c ") == "a # b c"


@given(st.text())
def test_what_is_printable_has_a_place_in_xml(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = printable(text)
    assert ElementTree.fromstring(ElementTree.tostring(element)) is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[x](javascript:a)", r"\[x\](javascript:a)"),
        ("a\n# b", "a # b"),
        ("# b", r"\# b"),
        ("- b", r"\- b"),
        ("1. b", r"1\. b"),
        ("7.59", "7.59"),
        ("-0.58", "-0.58"),
        ("2000-2001", "2000-2001"),
        ("---", r"\---"),
        ("a | b_c *d* `e`", r"a \| b\_c \*d\* \`e\`"),
        ("R&D", "R&amp;D"),
        ("Toolik Lake, 68.6° N", "Toolik Lake, 68.6° N"),
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str, shown: str) -> None:
    assert markdown(text) == shown


def test_code_can_not_be_left() -> None:
    assert markdown_code("a`<b>`\n") == "a'<b>'"


def test_addresses_are_those_of_the_web() -> None:
    assert web_address("https://doi.org/10.1234/a") == "https://doi.org/10.1234/a"
    for text in (
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.org", "x.org"),
        *("https://x.org/\n", 'https://x.org/"><b>', "http://", "http://[", ""),
    ):
        assert web_address(text) == ""


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "  =1", "-2+3"])
def test_a_cell_that_would_run_is_text_and_comes_back(text: str) -> None:
    assert table_cell(text).startswith("'")
    assert from_table_cell(table_cell(text)) == table_cell(text)[1:]


@pytest.mark.parametrize(
    "value", [-5, 1.5, None, "-5", "+0.3", "-1e-9", "Toolik", "", "a=b", "'x'"]
)
def test_other_cells_stay(value: object) -> None:
    assert table_cell(value) == value
    assert not isinstance(value, str) or from_table_cell(value) == value


def test_names_fit_on_a_line() -> None:
    assert is_plain_name("Seward peninsula $2, n=3") and is_plain_name("西伯利亚")
    for name in ("", " ", "a\nb", "a\x1bb", "a\u202eb", "a\ud800", "x" * 201):
        assert not is_plain_name(name)
