"""Hostile inputs for as long as is asked for: `python -m tests.hostile.fuzz --minutes 60`.

Each input runs in a process of its own with limits of memory and time. Leaves 1 when one of them
ended in a traceback, a crash, a hang or a call to the server that must hear nothing; what did it is
kept in build/fuzz/. Set OPENBLAS_NUM_THREADS=1: processes are forked off.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import walk_packages

import wco2_engine
from wco2_engine.learning.forest import kernel

from .base import Base, make_base
from .families import FAMILIES
from .generators import Call
from .listening import Listener, listening

MEMORY = 3 * 2**30  # bytes that an input may take besides what the process has
PATIENCE = 20.0  # seconds until an input is asked to stop
GRACE = 40.0  # and until it must have stopped
# What modules of the engine import only where they need it.
LOADED = ("cfgrib", "geopandas", "h5py", "netCDF4", "openpyxl", "pint", "scipy.stats")
LOADED += ("sklearn.ensemble", "xarray", "zarr")
SLOW = ("findings", "states")  # whole runs: one in four turns, where there is a time to keep to
BAD = ("traceback", "crash", "hang", "memory", "heard")


@dataclass
class Outcome:
    """How an input ended."""

    kind: str
    output: str
    peak: int  # bytes
    seconds: float


def _nothing() -> tuple[int, int]:
    return 0, 0


@dataclass
class Tally:
    """What happened so far."""

    inputs: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, int, Outcome]] = field(default_factory=list)
    peak: defaultdict[str, tuple[int, int]] = field(default_factory=lambda: defaultdict(_nothing))
    slowest: float = 0.0

    def add(self, family: str, seed: int, outcome: Outcome) -> None:
        self.inputs[family] += 1
        self.kinds[outcome.kind] += 1
        self.peak[family] = max(self.peak[family], (outcome.peak, seed))
        self.slowest = max(self.slowest, outcome.seconds)
        if outcome.kind in BAD:
            self.found.append((family, seed, outcome))

    def report(self) -> str:
        lines = [
            f"{name:10} {count:6} inputs, peak memory {self.peak[name][0] / 1e6:6.0f} MB "
            f"(seed {self.peak[name][1]})"
            for name, count in sorted(self.inputs.items())
        ]
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return "\n".join(
            [
                *lines,
                f"{sum(self.inputs.values())} in all: {kinds}",
                f"{self.slowest:.1f} s at most",
            ]
        )


def load() -> None:
    """Import what children need, so that they start with it."""
    for name in LOADED:
        import_module(name)
    for module in walk_packages(wco2_engine.__path__, "wco2_engine."):
        if not module.name.rpartition(".")[2].startswith("_"):
            import_module(module.name)
    kernel()


def _child(calls: list[Call], folder: Path, out: Path) -> int:
    """Make the calls in this process, which ends after them; the exit code."""
    from wco2_engine.cli import main
    from wco2_engine.terminal.streams import own_streams

    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(folder)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["CPL_LOG"] = os.devnull
    code = 0
    for call in calls:
        try:
            with own_streams():
                main(call, prog_name="wco2")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
            code = 1
        if code:
            break
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def run_calls(calls: list[Call], folder: Path, ear: Listener | None = None) -> Outcome:
    """How calls end, made in a process of their own with limits."""
    heard = len(ear.heard) if ear else 0
    out = folder.with_name(f"{folder.name}.out")
    start = time.monotonic()
    child = os.fork()
    if not child:
        code = 1
        try:
            code = _child(calls, folder, out)
        finally:
            os._exit(code)
    stopped = killed = False
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            break
        seconds = time.monotonic() - start
        if seconds > PATIENCE and not stopped:
            os.kill(child, signal.SIGINT)
            stopped = True
        if seconds > PATIENCE + GRACE and not killed:
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.002)
    text = out.read_text("utf-8", "replace") if out.exists() else ""
    out.unlink(missing_ok=True)
    kind = _kind(status, text, killed)
    if ear and len(ear.heard) > heard:
        kind, text = "heard", f"{ear.heard[heard:]}\n{text}"
    return Outcome(kind, text, used.ru_maxrss * 1024, time.monotonic() - start)


def _kind(status: int, text: str, killed: bool) -> str:
    if killed:
        return "hang"
    if os.WIFSIGNALED(status):
        return "crash"
    code = os.WEXITSTATUS(status)
    if "MemoryError" in text:
        return "memory"
    if "Traceback (most recent call last)" in text or code == 1:
        return "traceback"
    return {0: "done", 2: "refused", 130: "stopped"}.get(code, "crash")


def try_one(family: str, seed: int, base: Base, room: Path, ear: Listener) -> Outcome:
    """Make the input of a seed in an empty folder below `room`, and run it."""
    folder = room / f"{family}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    calls = FAMILIES[family](random.Random(f"{family} {seed}"), base, folder, ear.address)
    outcome = run_calls(calls, folder, ear)
    if outcome.kind not in BAD:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        (folder / "CALLS").write_text("\n".join(" ".join(call) for call in calls), errors="replace")
        (folder / "OUTPUT").write_text(outcome.output, errors="replace")
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--each", type=int, help="inputs of each family, instead of minutes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--family", choices=list(FAMILIES), action="append")
    parser.add_argument("--kept", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    load()
    with tempfile.TemporaryDirectory() as name, listening() as ear:
        base = make_base_apart(Path(name) / "base")
        tally, told = Tally(), time.monotonic()
        for family, seed in _plan(options):
            outcome = try_one(family, seed, base, Path(name) / "room", ear)
            tally.add(family, seed, outcome)
            if outcome.kind in BAD:
                _keep(Path(name) / "room" / f"{family}-{seed}", options.kept)
                last = " | ".join(outcome.output.strip().splitlines()[-3:])
                sys.stdout.write(f"{outcome.kind}: {family} {seed}: {last[:300]}\n")
            if time.monotonic() - told > 60:
                told = time.monotonic()
                sys.stdout.write(f"{sum(tally.inputs.values())} inputs, {len(tally.found)} found\n")
                sys.stdout.flush()
    sys.stdout.write(f"{tally.report()}\n")
    sys.exit(bool(tally.found))


def _plan(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Families in turn, with a seed each, until time or inputs are used up."""
    end = time.monotonic() + 60 * options.minutes
    for seed in count(options.seed):
        if options.each is not None and seed >= options.seed + options.each:
            return
        for family in options.family or FAMILIES:
            if not options.family and options.each is None and family in SLOW and seed % 4:
                continue
            if options.each is None and time.monotonic() > end:
                return
            yield family, seed


def _keep(folder: Path, kept: Path) -> None:
    shutil.copytree(folder, kept / folder.name, symlinks=True, dirs_exist_ok=True)


def make_base_apart(folder: Path) -> Base:
    """The base study, run by a process of its own: this one must stay without threads."""
    folder.mkdir(parents=True)
    child = os.fork()
    if not child:
        code = 1
        try:
            make_base(folder)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit("The base study could not be made.")
    formats = folder / "formats"
    names = [p for p in sorted(formats.iterdir()) if p.suffix not in (".hdr", ".prj", ".xml")]
    skipped = (".sgrd", ".mgrd", ".stx", ".aux")
    return Base(folder, tuple(p for p in names if p.suffix not in skipped))


if __name__ == "__main__":
    main()
