"""Texts from data, made harmless for where they go: pages, cards, figures, tables, terminals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

MAX_NAME = 200  # letters of a name of a site, region, zone, method or predictor

# What writes nothing itself but moves the cursor, hides or turns what is beside it, or is no letter
# at all: C0 and C1, lone surrogates, marks of direction, and what XML has no place for.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff"
    "\ufffe\uffff\ud800-\udfff]"
)
_NO_NAME = re.compile(f"[\t\r\n]|{_CONTROL.pattern}")
_ESCAPE_SEQUENCE = re.compile(
    # as terminals read them: a sequence of control, a command of the operating system, two letters
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")
# A heading, a list, a rule, and a numbered list, whose sign stands after the number.
_BLOCK_START = re.compile(
    r"^(\s*)(?=#{1,6}(?:\s|$)|[+-](?:\s|$)|[-=+]+\s*$)|^(\s*\d{1,9})(?=[.)](?:\s|$))"
)
_RUNS_IN_A_CELL = ("=", "+", "-", "@", "\t", "\r", "\n")


def printable(text: str) -> str:
    """A text without control characters; line ends stay."""
    return _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", text))


def printable_all(value: Any) -> Any:
    """Plain values with all their texts, keys too, without control characters."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable_all(key): printable_all(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(printable_all(each) for each in value)
    return value


def one_line(text: str) -> str:
    """A text on one line, without control characters."""
    return " ".join(printable(text).split())


def is_plain_name(text: str) -> bool:
    """Whether a name fits on a line and holds nothing but what is seen."""
    return bool(text.strip()) and len(text) <= MAX_NAME and not _NO_NAME.search(text)


def markdown(text: str) -> str:
    """A text that Markdown shows as it is: no tags, links, emphasis, headings, lists or cells."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BLOCK_START.sub(r"\1\2\\", _MARKDOWN.sub(r"\\\1", plain))


def markdown_code(text: str) -> str:
    """A text for between backticks, which nothing within can end."""
    return one_line(text).replace("`", "'")


def web_address(text: str) -> str:
    """The address when it is one of the web, else nothing."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    whole = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    return text if whole and not re.search(r"[\s<>\"'`\\]", printable_or_space(text)) else ""


def printable_or_space(text: str) -> str:
    """A text in which a space stands for each control character."""
    return _CONTROL.sub(" ", text)


def table_cell(value: Any) -> Any:
    """A cell of a CSV file: text that a spreadsheet would run begins with an apostrophe.

    Numbers stay numbers, also where they were text: a spreadsheet reads -5 as it is.
    """
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    return f"'{text}" if _runs(text.lstrip("'")) else text


def from_table_cell(text: str) -> str:
    """What `table_cell` made harmless, as it was, its own apostrophes included."""
    return text[1:] if text.startswith("'") and _runs(text.lstrip("'")) else text


def _runs(text: str) -> bool:
    return text.lstrip(" ").startswith(_RUNS_IN_A_CELL) and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
