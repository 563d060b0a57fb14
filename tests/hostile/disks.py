"""Every verb that writes, where it can't: `python -m tests.hostile.disks` (root, for small disks).

On file systems of several sizes that fill up, on one that is read-only, with an output that nobody
reads, and twice at once. Leaves 1 unless each ends in one message and a code that is promised,
leaves nothing half-written, keeps what was there before, and does its work once it can.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .base import Base
from .fuzz import make_base_apart
from .kills import digest, verbs

SIZES = (4, 40, 120, 400, 1200, 4000)  # kB


def calls(base: Base) -> dict[str, list[str]]:
    """A call of every verb that writes; relative paths are its outputs."""
    results, catalogue = base.folder / "results", str(base.folder / "catalogue.toml")
    training, maps = str(results / "training.gpkg"), str(results / "maps")
    more = {
        "prepare": ["prepare", catalogue, "-o", "stack", "--years", "2001"],
        "trend": ["trend", str(base.folder / "ten"), "-o", "t.tif", "--units", "g C m-2"],
        "compare": ["compare", maps, maps, "-o", "c.html"],
        "catalogue": ["catalogue", str(base.folder / "formats"), "-o", "c.toml"],
        "validate": ["validate", training, catalogue, "-o", "v.csv", "--trees", "4"],
        "new": ["new", "study"],
        "page": ["budget", maps, "-o", "b.csv", "--page", "p.html"],
    }
    return {**{verb: call for verb, (_, call, _) in verbs(base).items()}, **more}


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def leftovers(room: Path) -> list[str]:
    """What is half-written, or hidden and not a lock or finished tiles."""
    names = [path.relative_to(room).as_posix() for path in room.rglob("*")]
    return [name for name in names if "partial" in name or "earlier-" in name]


def command(room: Path, call: list[str], **streams: int) -> subprocess.Popen[str]:
    """The command as people call it, in a folder; what it says is one stream unless told."""
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **streams}
    arguments = [sys.executable, "-m", "wco2_engine", *call]
    return subprocess.Popen(arguments, cwd=room, text=True, **said)


def on_a_full_disk(room: Path, call: list[str], size: int) -> str:
    """What is wrong with a run on a disk of some kB; empty where nothing is."""
    with mounted(room, f"size={size}k") as disk:
        run = command(disk, call)
        said, _ = run.communicate()
        left = leftovers(disk)
    if run.returncode == 2 and not any(word in said for word in ("full", "written", "space")):
        return f"no word of the disk: {said[-300:]}"
    return _wrong(run.returncode, said, (0, 2), left)


def on_a_read_only_disk(room: Path, call: list[str], _: int) -> str:
    with mounted(room, "size=1m,ro") as disk:
        run = command(disk, call)
        said, _ = run.communicate()
    nothing_to_do = call[0] == "prepare"  # these predictors are read as they are
    return _wrong(run.returncode, said, (0,) if nothing_to_do else (2,))


def with_a_closed_output(room: Path, call: list[str], _: int) -> str:
    """Nobody reads what is said; what is written is whole all the same, or not there."""
    room.mkdir()
    reader, writer = os.pipe()
    os.close(reader)
    run = command(room, call, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, said = run.communicate()
    return _wrong(run.returncode, said, (0, 2), leftovers(room))


def twice_at_once(room: Path, call: list[str], _: int) -> str:
    """Two runs of one output: both are right or one is refused, and the result is whole."""
    room.mkdir()
    both = [command(room, call) for _ in range(2)]
    told = [(each.communicate()[0], each.returncode) for each in both]
    wrong = next(filter(None, (_wrong(code, said, (0, 2)) for said, code in told)), "")
    if wrong or all(code for _, code in told):
        return wrong or f"both were refused: {told[0][0][-300:]}"
    left = leftovers(room)
    before = digest(room)
    shutil.rmtree(room)
    room.mkdir()
    alone = command(room, call)
    said, _ = alone.communicate()
    if digest(room) != before:
        return "the result is not that of one run"
    return _wrong(alone.returncode, said, (0,), left)


def _wrong(code: int, said: str, right: tuple[int, ...], left: Sequence[str] = ()) -> str:
    if "Traceback" in said or "Exception ignored" in said:
        return f"traceback: {said[-600:]}"
    if code not in right:
        return f"exit {code}: {said[-300:]}"
    return f"left {list(left)}" if left else ""


WAYS: dict[str, Callable[[Path, list[str], int], str]] = {
    "read-only": on_a_read_only_disk,
    "closed output": with_a_closed_output,
    "twice at once": twice_at_once,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verb", action="append")
    options = parser.parse_args()
    tried: Counter[str] = Counter()
    found = 0
    with tempfile.TemporaryDirectory() as name:
        base = make_base_apart(Path(name) / "base")
        _ten_winters(base)
        ways = {**{f"{size} kB": on_a_full_disk for size in SIZES}, **WAYS}
        for verb, call in calls(base).items():
            if options.verb and verb not in options.verb:
                continue
            for how, way in ways.items():
                room = Path(name) / "room"
                shutil.rmtree(room, ignore_errors=True)
                size = int(how.split()[0]) if how.endswith("kB") else 0
                wrong = way(room, call, size)
                tried[how] += 1
                if wrong:
                    found += 1
                    sys.stdout.write(f"{verb}, {how}: {wrong}\n")
                    sys.stdout.flush()
    sys.stdout.write(f"{sum(tried.values())} tried, {found} wrong: {dict(tried)}\n")
    sys.exit(bool(found))


def _ten_winters(base: Base) -> None:
    """Maps enough for a trend: copies of one."""
    folder = base.folder / "ten"
    folder.mkdir()
    (source,) = (base.folder / "results/maps/winter_flux").glob("*_2001.tif")
    for year in range(2001, 2012):
        shutil.copyfile(source, folder / f"flux_{year}.tif")


if __name__ == "__main__":
    main()
