"""Files that appear whole or not at all."""

from __future__ import annotations

import glob
import hashlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path

from wco2_engine.errors import Cancelled, Wco2Error, disk_errors, full_disk, nearest_name
from wco2_engine.schema import check_path

FULL = 500_000  # bytes free, below which a failure to write is one of the disk


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """As `disk_errors`, for what libraries write too.

    They say of a full disk what they were doing, each in its own words.
    """
    try:
        with disk_errors(path):
            yield
    except Exception as error:
        told = isinstance(error, Cancelled) or isinstance(error.__cause__, OSError)
        if told or not _is_full(path.parent):
            raise
        raise full_disk(path) from error


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; on success it takes the name `path`, else it goes.

    An earlier file of that name stays as it was until the new one is complete.

    Raises
    ------
    Wco2Error : when the disk is full or the folder can't be written to.
    """
    partial = beside(path, "partial")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_once(path.parent, os.getpid())
            yield partial
            with partial.open("rb+") as handle:
                os.fsync(handle.fileno())
            partial.replace(path)
    finally:
        # GDAL and SQLite leave files beside it: .aux.xml, -journal
        for leftover in path.parent.glob(glob.escape(partial.name) + "*"):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text whole; a file that holds it already stays, and the time of its change.

    Raises
    ------
    Wco2Error : when the disk is full or the folder can't be written to.
    """
    if path.is_file() and path.read_bytes() == text.encode("utf-8"):
        return
    with atomic_write(path) as partial:
        partial.write_bytes(text.encode("utf-8"))


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < FULL
    except OSError:
        return False


def beside(path: Path, what: str) -> Path:
    """A hidden name beside `path` that says which process of which machine makes it."""
    _begun_in[path.parent] = None
    return path.with_name(f".{path.stem}.{what}-{_machine()}-{os.getpid()}{path.suffix}")


_begun_in: dict[Path, None] = {}  # folders in which this process begins files


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that are gone had begun in a folder.

    A folder that such a process had moved aside is given back where nothing took its place.
    """
    _sweep(folder, lambda process: not _is_alive(process))


def sweep_own() -> None:
    """Remove what this process has begun, which is about to end in the midst of it."""
    for folder in list(_begun_in):
        _sweep(folder, lambda process: process == os.getpid())


def _sweep(folder: Path, is_over: Callable[[int], bool]) -> None:
    try:
        names = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    except OSError:
        return  # what can't be listed is said by whoever writes there
    for name in names:
        found = _BEGUN.fullmatch(name)
        if not found or found["machine"] != _machine() or not is_over(int(found["process"])):
            continue
        path, place = folder / name, folder / f"{found['stem']}{found['ending']}"
        with suppress(OSError):  # another process may sweep at the same time
            if found["what"] == "earlier" and not place.exists():
                path.replace(place)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


# .name.partial-MACHINE-PROCESS.ending, and what libraries leave beside it
_BEGUN = re.compile(
    r"\.(?P<stem>.+)\.(?P<what>partial|earlier)-(?P<machine>[0-9a-f]{8})-(?P<process>\d{1,9})"
    r"(?P<ending>(?:[.-].*)?)"
)


@cache
def _machine() -> str:
    """What tells this machine from others that write to the same folder."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


@lru_cache(maxsize=4096)
def _sweep_once(folder: Path, process: int) -> None:
    """Sweep a folder once in this process: it may hold thousands of files that are written so."""
    sweep(folder)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # where asking whether a process lives ends it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def existing_file(path: Path, what: str) -> Path:
    """`path` when it is a file.

    Raises
    ------
    Wco2Error : otherwise, naming what was looked for and the nearest name in its folder.
    """
    check_path(str(path), what)
    if path.is_file():
        return path
    if path.is_dir():
        raise Wco2Error(f"{what} {path} is a folder, not a file.")
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = nearest_name(path.name, siblings) if siblings else f"The folder {path.parent} is empty."
    if not path.parent.is_dir():
        hint = f"There is no folder {path.parent}."
    raise Wco2Error(f"{what} {path} does not exist.", hint)


def writable_folder(path: Path) -> Path:
    """`path` as a folder, made where it is not there.

    Raises
    ------
    Wco2Error : when it is a file, or can't be made.
    """
    if path.exists() and not path.is_dir():
        raise Wco2Error(f"{path} is a file, not a folder.", "Name another folder for the output.")
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def file_state(path: str) -> str:
    """Name, size and time of change of a file, to see later whether it is still the same.

    A GDAL name of a variable in a file stands for the file. A shapefile stands for all of its
    files, because the numbers of its table are in another one; a folder (a file geodatabase) for
    what it holds. What is not on this machine (e.g. /vsi) is known by its name alone.
    """
    local = Path(path.split('"')[1] if '"' in path else path)
    if local.suffix.lower() == ".shp":
        files = sorted(local.parent.glob(f"{glob.escape(local.stem)}.*"))
    else:
        files = sorted(local.iterdir()) if local.is_dir() else [local]
    states = [file.stat() for file in files if file.is_file()]
    return " ".join([path, *(f"{state.st_size} {state.st_mtime_ns}" for state in states)])


def check_ending(output: str, *endings: str) -> None:
    """Refuse an output whose name says that it is something else than what is written.

    Raises
    ------
    Wco2Error : naming the endings that will do.
    """
    if Path(output).suffix.lower() not in endings or output.endswith(("/", os.sep)):
        raise Wco2Error(
            f"The output {output} does not end in {' or '.join(endings)}.",
            f"Name it e.g. {Path(output).stem or 'output'}{endings[0]}.",
        )


def refuse_overwriting_inputs(outputs: Iterable[str], inputs: Iterable[str]) -> None:
    """Refuse an output that would take the place of an input or of another output.

    Raises
    ------
    Wco2Error : naming the file.
    """
    taken: set[object] = set()
    for path in inputs:
        taken |= _known_as(path.partition("|")[0])
    for output in outputs:
        names = _known_as(output)
        if names & taken:
            raise Wco2Error(
                f"{output} is read, or written by something else, in the same step.",
                "Name another file for the output.",
            )
        taken |= names


def _known_as(path: str) -> set[object]:
    """A file's resolved path and, where it is there, the file itself by whatever name.

    So a hard link, or another spelling where case doesn't count, is the same file.
    """
    resolved = _resolved(path)
    found: set[object] = {os.path.normcase(resolved)}
    try:
        state = resolved.stat()
    except OSError:  # it is not there
        return found
    return {*found, (state.st_dev, state.st_ino)} if state.st_ino else found


def _resolved(path: str) -> Path:
    try:
        return Path(path).resolve()
    except RuntimeError as error:  # of Python before 3.13
        raise Wco2Error(
            f"{path} is a symbolic link that leads back to itself.", "Name another file."
        ) from error
