"""Every verb that writes, killed at random instants and run again: `python -m tests.hostile.kills`.

Half of the kills are SIGKILL, the others SIGTERM and SIGINT. Leaves 1 unless each run afterwards
ends with the files of an undisturbed one, and nothing else is left.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .base import Base
from .fuzz import load, make_base_apart

ENDS = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130, -2)}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT)


def verbs(base: Base) -> dict[str, tuple[int, list[str], str]]:
    """By verb, how often it is killed of ten times, how it is called, and what it writes."""
    results = base.folder / "results"
    catalogue, model = str(base.folder / "catalogue.toml"), str(base.model)
    training = str(results / "training.gpkg")
    tables = ["observations", str(base.folder / "fluxes.csv"), "-o", "o.gpkg"]
    sample = ["sample", str(results / "observations.gpkg"), catalogue, "-o", "t.gpkg"]
    train = ["train", training, catalogue, "-o", "m.wco2", "--trees", "20", "--jobs", "1"]
    maps = ["predict", model, catalogue, "-o", "maps", "--years", "2001-2002", "--jobs", "2"]
    return {
        "observations": (1, [*tables, "--mapping", str(base.folder / "mapping.toml")], "o.gpkg"),
        "sample": (1, [*sample, "--at", "point"], "t.gpkg"),
        "train": (2, train, "m.wco2"),
        "predict": (3, [*maps, "--resolution", "0.5", "--monthly"], "maps"),
        "budget": (1, ["budget", str(results / "maps"), "-o", "b.csv"], "b.csv"),
        "publish": (1, ["publish", str(results / "maps"), "-o", "out", "--replace"], "out"),
        "report": (1, ["report", str(base.folder / "study.toml"), "-o", "r.html"], "r.html"),
    }


def digest(folder: Path) -> dict[str, str]:
    """What the files of a folder hold; not those that say when they were made."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".tif", ".wco2", ".csv", ".png", ".svg", ".md")
    }


def run(room: Path, call: list[str], end: signal.Signals | None, after: float) -> tuple[int, str]:
    """How a call ends in a process of its own that gets a signal after some seconds."""
    out = room.parent / "said"
    child = os.fork()
    if not child:
        code = 1
        try:
            descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            os.chdir(room)
            from wco2_engine.cli import main as command

            command(call, prog_name="wco2")
        except SystemExit as over:
            code = over.code if isinstance(over.code, int) else int(over.code is not None)
        finally:
            os._exit(code)
    start, sent = time.monotonic(), False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), out.read_text("utf-8", "replace")
        if end is not None and not sent and time.monotonic() - start > after:
            os.kill(child, end)
            sent = True
        if time.monotonic() - start > 300:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    say = sys.stdout.write
    load()
    good: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        base = make_base_apart(Path(name) / "base")
        known = verbs(base)
        wholes: dict[str, tuple[dict[str, str], float]] = {}
        order = [verb for verb, (often, *_) in known.items() for _ in range(often)]
        for number in range(options.kills):
            verb = order[number % len(order)]
            _, call, _ = known[verb]
            room = Path(name) / verb
            room.mkdir(exist_ok=True)
            if verb not in wholes:
                start = time.monotonic()
                code, said = run(room, call, None, 0.0)
                assert code == 0, said
                wholes[verb] = digest(room), time.monotonic() - start
            whole, took = wholes[verb]
            if verb != "publish":  # which replaces what is there
                shutil.rmtree(room)
                room.mkdir()
            end, instant = SIGNALS[number // len(order) % 4], chance.uniform(0.0, took)
            code, said = run(room, call, end, instant)
            again, _ = run(room, call, None, 0.0)
            left = [path.name for path in room.rglob(".*") if ".zarr" not in str(path)]
            same = digest(room) == whole
            fine = code in (*ENDS[end], 0) and "Traceback" not in said and not again
            good[verb] += fine and same and not left
            say(
                f"{number:3} {verb} {end.name} at {instant:.2f} of {took:.2f} s: {code}, "
                f"then {again}, {'identical' if same else 'DIFFERENT'} {left or ''}\n"
            )
            if "Traceback" in said:
                say(said)
            sys.stdout.flush()
    say(f"{sum(good.values())} of {options.kills} good: {dict(good)}\n")
    sys.exit(sum(good.values()) != options.kills)


if __name__ == "__main__":
    main()
