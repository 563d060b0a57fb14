"""Paths of a catalogue that stand for many files: dates in their names, wildcards, zip archives."""

from __future__ import annotations

import os
import re
import string
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from wco2_engine.errors import Wco2Error, archive_errors, nearest_name
from wco2_engine.schema import check_path
from wco2_engine.season import MONTHS_IN_FULL

# Digits of each date in a name where the path gives no width: {year}, {doy:03d}.
_DIGITS: Mapping[str, str] = {
    "year": r"\d{4}",
    "month": r"\d{1,2}",
    "half": r"[12]",
    "day": r"\d{1,2}",
    "doy": r"\d{1,3}",
}
# Names of months, January first, as each token writes them.
MONTHS: Mapping[str, tuple[str, ...]] = {
    "mon": tuple(name[:3].lower() for name in MONTHS_IN_FULL),
    "Mon": tuple(name[:3] for name in MONTHS_IN_FULL),
    "MON": tuple(name[:3].upper() for name in MONTHS_IN_FULL),
    "month_name": tuple(name.lower() for name in MONTHS_IN_FULL),
    "Month_name": MONTHS_IN_FULL,
}
TOKENS: Mapping[str, str] = {
    **_DIGITS,
    **{name: "|".join(of) for name, of in MONTHS.items()},
}
MAX_LENGTH = 1000  # of a path
MAX_FILES = 200_000  # that one path may stand for
MAX_MEMBERS = 1_000_000  # names in a zip archive
MAX_WILDCARDS = 8  # in one name, where each may cost as much as the others together
_WIDTH = re.compile(r"0[1-9]d")


@dataclass(frozen=True)
class Found:
    """One file that a path stands for.

    Attributes
    ----------
    path : of the file, or of the zip archive that holds it.
    member : its name in the archive; empty where the file stands by itself.
    dates : what the name says: year, month, half, day, doy.
    """

    path: Path
    member: str
    dates: Mapping[str, int] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)


@dataclass(frozen=True)
class Pattern:
    """A path with dates such as {year} and {month:02d}, and the wildcards *, ? and **."""

    text: str

    @classmethod
    def parse(cls, text: str, where: str) -> Pattern:
        """The pattern in a text of a catalogue.

        Raises
        ------
        Wco2Error : for an unknown date, or one that is written in another way than {month:02d}.
        """
        if len(text) > MAX_LENGTH:
            raise Wco2Error(f"{where} is no path: '{text:.80}…'.", "Write a shorter path.")
        check_path(text, where)
        how = "Use {year} and {month:02d}; write {{ and }} for braces of the name itself."
        try:
            pieces = list(string.Formatter().parse(text))
        except ValueError as error:
            raise Wco2Error(f"{where} '{text}' can't be filled in.", how) from error
        for _, name, width, conversion in pieces:
            if name is None:
                continue
            if name not in TOKENS:
                raise Wco2Error(
                    f"{where}: unknown key '{name:.40}'.", nearest_name(name[:40], TOKENS)
                )
            # Anything else could ask for a text of any length: {year:0999999999d}.
            if conversion or (width and (name in MONTHS or not _WIDTH.fullmatch(width))):
                raise Wco2Error(f"{where} '{text}' can't be filled in.", how)
        if any(len(re.findall(r"\*+|\?", part)) > MAX_WILDCARDS for part in text.split("/")):
            raise Wco2Error(f"{where} '{text:.80}' has too many wildcards.", "Name more of it.")
        return cls(text)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The dates that it names; the name of a month is a month."""
        names = (name for _, name, _, _ in string.Formatter().parse(self.text) if name)
        return frozenset("month" if name in MONTHS else name for name in names)

    @cached_property
    def wild(self) -> bool:
        """Whether it has wildcards."""
        plain = "".join(literal for literal, _, _, _ in string.Formatter().parse(self.text))
        return "*" in plain or "?" in plain

    @cached_property
    def packed(self) -> bool:
        """Whether it leads into a zip archive, or names a file that is packed by gzip."""
        parts = [part.lower() for part in self.text.replace("\\", "/").split("/")]
        return any(part.endswith(".zip") for part in parts) or parts[-1].endswith(".gz")

    def at(self, **dates: int) -> str:
        """The path with its dates filled in."""
        month = dates.get("month")
        named = {} if month is None else {name: of[month - 1] for name, of in MONTHS.items()}
        return self.text.format(**dates, **named)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(_expression(self.text))

    def dates_in(self, path: str) -> Mapping[str, int] | None:
        """What a path says of its dates where it is one of these; None where it is not.

        Parameters
        ----------
        path : with slashes, through zip archives: "ndvi.zip/1982/ndvi_19820102.tif".
        """
        return _agreeing(self._whole.fullmatch(path), {})

    def find(self, folder: Path) -> tuple[Found, ...]:
        """All files that it stands for, sorted by name. Nothing is opened but zip archives.

        Parameters
        ----------
        folder : what a relative path starts from.

        Raises
        ------
        Wco2Error : for an archive that can't be read, or more files than one path may stand for.
        """
        whole = Path(self.text).expanduser()
        parts = list(whole.parts)
        base = Path(parts.pop(0)) if whole.is_absolute() else folder
        found = []
        for item in _matching(base, parts, {}):
            found.append(item)
            if len(found) > MAX_FILES:
                raise Wco2Error(
                    f"{self.text} stands for more than {MAX_FILES} files.",
                    "Name the folder more closely.",
                )
        return tuple(sorted(found, key=lambda item: (str(item.path), item.member)))


def _matching(base: Path, parts: list[str], dates: Mapping[str, int]) -> Iterator[Found]:
    if not parts:
        if base.is_file() or is_store(base):
            yield Found(base, "", dates)
        return
    if base.suffix.lower() == ".zip" and base.is_file():
        yield from _members(base, "/".join(parts), dates)
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _matching(base, rest, dates)
        for entry in _entries(base):
            if entry.is_dir() and not entry.is_symlink():
                yield from _matching(Path(entry.path), parts, dates)
        return
    if not _is_special(part):
        yield from _matching(base / part.format(), rest, dates)
        return
    expression = re.compile(_expression(part))
    for entry in _entries(base):
        told = _agreeing(expression.fullmatch(entry.name), dates)
        if told is not None:
            yield from _matching(Path(entry.path), rest, told)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise Wco2Error(f"{folder} can't be looked through: {error.strerror}.") from error


def _members(archive: Path, inner: str, dates: Mapping[str, int]) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except archive_errors() as error:
        raise Wco2Error(
            f"{archive} can't be read as a zip archive: {error}.",
            "It looks truncated or damaged: download it again.",
        ) from error
    if len(names) > MAX_MEMBERS:
        raise Wco2Error(f"{archive} holds more than {MAX_MEMBERS} files.", "Unpack it yourself.")
    expression = re.compile(_expression(inner))
    for name in sorted(names):
        told = None if name.endswith("/") else _agreeing(expression.fullmatch(name), dates)
        if told is not None:
            yield Found(archive, name, told)


def _agreeing(match: re.Match[str] | None, dates: Mapping[str, int]) -> Mapping[str, int] | None:
    """The dates of a path so far with those of a match; None where these differ."""
    if match is None:
        return None
    told = dict(dates)
    for name, text in match.groupdict().items():
        number = MONTHS[name].index(text) + 1 if name in MONTHS else int(text)
        if told.setdefault("month" if name in MONTHS else name, number) != number:
            return None
    return told


def _is_special(part: str) -> bool:
    return "*" in part or "?" in part or any(n for _, n, _, _ in string.Formatter().parse(part))


def _expression(text: str) -> str:
    """A regular expression of a part of a path, with a group for each date."""
    pieces, seen = [], set[str]()
    for literal, name, width, _ in string.Formatter().parse(text):
        pieces.append(_wildcards(literal))
        if not name:
            continue
        if name in seen:
            pieces.append(f"(?P={name})" if not width else TOKENS[name])
            continue
        seen.add(name)
        digits = rf"\d{{{width[1]}}}" if width else TOKENS[name]
        if name == "half" and width:
            digits = "0" * (int(width[1]) - 1) + TOKENS[name]
        pieces.append(f"(?P<{name}>{digits})")
    return "".join(pieces)


def _wildcards(text: str) -> str:
    pieces = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?)", text):
        if piece == "**/":
            pieces.append("(?:[^/]*/)*")
        elif piece == "**":
            pieces.append(".*")
        elif piece == "*":
            pieces.append("[^/]*")
        elif piece == "?":
            pieces.append("[^/]")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)


def is_store(path: Path) -> bool:
    """Whether a folder is one data set: a Zarr store."""
    return path.is_dir() and (
        path.suffix.lower() == ".zarr"
        or any((path / name).is_file() for name in (".zgroup", ".zmetadata", "zarr.json"))
    )
