"""Help of the commands, and what is said of a wrong call, in the language that is spoken.

click writes both in English, and counts letters where Chinese ones are two columns wide.
"""

from __future__ import annotations

import inspect
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import click

from wco2_engine.language import ENGLISH, of_locale, speaking, spoken, translated

LANGUAGE = f"{__name__}.language"  # what a call asks for, in what click keeps of it
# What click says, as translations have it: its newer versions and older ones.
OF_CLICK = (
    "Show this message and exit.",
    "Show the version and exit.",
    "Missing option {0}.",
    "Missing argument {0}.",
    "Missing parameter: {0}",
    "No such command {0}.",
    "No such option: {0}",
    "No such option '{0}'.",
    "Option {0} requires an argument.",
    "Option {0} requires {1} arguments.",
    "Got unexpected extra argument ({0})",
    "Got unexpected extra arguments ({0})",
    "Invalid value for {0}: {1}",
    "'{0}' is not a valid integer.",
    "'{0}' is not a valid float.",
    "'{0}' is not one of {1}.",
    "Did you mean {0}?",
    "(Possible options: {0})",
)
_EXTRA = re.compile(r"(.*?)(?:  \[([^\]]*)\])?", re.DOTALL)
_WIDE = "WF"  # classes of Unicode whose letters take two columns
_FIRST = 2  # columns between names and what is said of them


class Formatter(click.HelpFormatter):
    """Wraps text of wide letters, which no spaces part."""

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        for k, paragraph in enumerate(paragraphs(text)):
            if k:
                self.write("\n")
            for line in wrapped(paragraph, self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = _FIRST
    ) -> None:
        rows = list(rows)
        first = min(max((width_of(name) for name, _ in rows), default=0), col_max) + col_spacing
        for name, text in rows:
            self.write(f"{'':{self.current_indent}}{name}")
            lines = list(wrapped(text, max(self.width - first - self.current_indent, 10)))
            gap = first - width_of(name)
            for line in lines:
                if gap < col_spacing:
                    self.write("\n")
                    gap = first + self.current_indent
                self.write(f"{'':{gap}}{line}")
                gap = 0
            self.write("\n")


def width_of(text: str) -> int:
    """Columns that a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in _WIDE else 1 for letter in text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """The lines of a paragraph: broken at spaces, and between wide letters, of which no line
    begins with what closes a clause."""
    line = ""
    for piece in _pieces(text):
        if line and width_of(line) + width_of(piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that must not be broken: words, wide letters, both with what closes them."""
    piece, before = "", ""
    for letter in text:
        wide = unicodedata.east_asian_width(letter) in _WIDE
        closes = unicodedata.category(letter) in ("Pe", "Pf", "Po")
        opened = bool(before) and unicodedata.category(before) in ("Ps", "Pi")
        new = before.isspace() or (wide or unicodedata.east_asian_width(before or "a") in _WIDE)
        if piece and new and not closes and not letter.isspace() and not opened:
            yield piece
            piece = ""
        piece, before = piece + letter, letter
    if piece:
        yield piece


class Context(click.Context):
    """Of a call in a language whose letters may be wide."""

    def make_formatter(self) -> click.HelpFormatter:
        if spoken() == ENGLISH:
            return super().make_formatter()
        return Formatter(width=self.terminal_width, max_width=self.max_content_width)


class Told(click.Command):
    """A command whose help is in the language that is asked for."""

    context_class = Context

    def get_help(self, ctx: click.Context) -> str:
        with speaking(language_of(ctx)):
            return super().get_help(ctx)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if spoken() == ENGLISH:
            super().format_usage(ctx, formatter)
            return
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, f"{translated('Usage')}: ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if spoken() == ENGLISH:
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(map(translated, paragraphs(self.help or ""))))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if spoken() == ENGLISH:
            super().format_options(ctx, formatter)
            return
        records = (parameter.get_help_record(ctx) for parameter in self.get_params(ctx))
        rows = [(record[0], _said_of(record[1])) for record in records if record]
        with formatter.section(translated("Options")):
            formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class ToldGroup(Told, click.Group):
    """A group of such commands."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if spoken() == ENGLISH:
            super().format_commands(ctx, formatter)
            return
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [
            (name, _in_short(command))
            for name, command in commands.items()
            if command is not None and not command.hidden
        ]
        with formatter.section(translated("Commands")):
            formatter.write_dl(rows)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise _told(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _told(error) from error


class WrongCall(click.UsageError):
    """That a call is wrong, in the language that is spoken."""

    def show(self, file: Any = None) -> None:
        with speaking(language_of(self.ctx)):
            if self.ctx is not None:
                click.echo(self.ctx.get_usage(), file=file, err=file is None)
            told = f"{translated('Error')}: {translated(self.format_message())}"
            click.echo(f"\n{told}", file=file, err=file is None)


def language_of(context: click.Context | None) -> str:
    """The language that a call asks for, or that of the system."""
    asked = context.find_root().meta.get(LANGUAGE) if context is not None else None
    return asked or of_locale(os.environ)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a command's documentation, in one line each."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return [" ".join(part.split()) for part in parts]


def _told(error: click.UsageError) -> click.UsageError:
    if language_of(error.ctx) == ENGLISH:
        return error
    return WrongCall(error.format_message(), error.ctx)


def _said_of(text: str) -> str:
    """What is said of an option, with what click adds: its default, and whether it is needed."""
    match = _EXTRA.fullmatch(text)
    if match is None:
        return translated(text)
    if not match[2]:
        return translated(match[1])
    added = []
    for part in match[2].split("; "):
        what, colon, value = part.partition(": ")
        if value.startswith("("):  # words for what no value means
            value = translated(value[1:-1])
        added.append(f"{translated(what)}{colon}{value}")
    return f"{translated(match[1])}  [{'; '.join(added)}]"


def _in_short(command: click.Command) -> str:
    """The first sentence of what a command does."""
    whole = translated(paragraphs(command.help or "")[0])
    stop = "\N{IDEOGRAPHIC FULL STOP}"
    return whole.partition(stop)[0]
