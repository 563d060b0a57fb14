"""Looks through folders of downloads: every file by its name, those in zip archives too."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.errors import Wco2Error, archive_errors
from wco2_engine.inputs.patterns import is_store

MAX_FILES = 500_000
# What lies beside downloads and holds no values.
BESIDE = (
    *(".xml", ".txt", ".pdf", ".md", ".csv", ".json", ".idx", ".toml", ".html", ".png", ".jpg"),
    *(".prj", ".hdr", ".stx", ".py", ".sh", ".md5", ".sha256", ".ovr", ".log", ".qgz", ".qml"),
    *(".tfw", ".sgrd", ".dbf", ".cpg", ".shx", ".docx", ".xlsx", ".db", ".ini", ".lnk"),
)


@dataclass(frozen=True)
class Item:
    """A file below a folder that was given; or one in a zip archive there.

    Attributes
    ----------
    folder : the folder that was given.
    path : of the file or of its archive.
    member : its name in the archive, or "".
    size : bytes, unpacked.
    """

    folder: Path
    path: Path
    member: str
    size: int

    @property
    def relative(self) -> str:
        """Its path below the folder, through the archive, with slashes."""
        path = self.path.relative_to(self.folder).as_posix()
        return f"{path}/{self.member}" if self.member else path

    @property
    def name(self) -> str:
        return self.relative.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)


@dataclass(frozen=True)
class Damaged:
    """A file that can't be read, and why."""

    item: Item
    reason: str


def look_through(folders: Sequence[Path]) -> tuple[list[Item], list[Damaged]]:
    """All files below folders, by name; a folder in another is looked at once.

    Raises
    ------
    Wco2Error : when a folder is none, or holds more files than can be meant.
    """
    items: dict[tuple[Path, str], Item] = {}
    damaged: list[Damaged] = []
    for folder in folders:
        if not folder.is_dir():
            raise Wco2Error(
                f"{folder} is a file, not a folder."
                if folder.exists()
                else f"There is no folder {folder}.",
                "Name the folder of the downloads.",
            )
        for path in _files(folder):
            found = [Item(folder, path, "", _size(path))]
            if path.suffix.lower() == ".zip" and path.is_file():
                found = _members(found[0], damaged)
            for item in found:
                if _is_text(item.relative):
                    items.setdefault((item.path.resolve(), item.member), item)
                else:
                    damaged.append(Damaged(item, "its name is no text; rename it"))
            if len(items) > MAX_FILES:
                raise Wco2Error(
                    f"{folder} holds more than {MAX_FILES} files.", "Name the folders of products."
                )
    return sorted(items.values(), key=lambda item: (str(item.folder), item.relative)), damaged


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        stores = [name for name in folders if is_store(Path(where) / name)]
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in stores)
        for name in sorted([*names, *stores]):
            if not name.startswith("."):
                yield Path(where) / name


def _members(archive: Item, damaged: list[Damaged]) -> list[Item]:
    try:
        with zipfile.ZipFile(archive.path) as opened:
            return [
                Item(archive.folder, archive.path, entry.filename, entry.file_size)
                for entry in opened.infolist()
                if entry.filename and not entry.is_dir()
            ]
    except archive_errors() as error:
        damaged.append(Damaged(archive, f"it can't be read as a zip archive: {error}"))
        return []


def _is_text(name: str) -> bool:
    """Whether a name is one that can be written into a catalogue."""
    return name.isprintable() and not any("\ud800" <= sign <= "\udfff" for sign in name)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
