"""HDF5 and netCDF-4 files, opened in another process before ours does.

HDF5 trusts what its files say of themselves: about one of 1,500 damaged files ends the process or
never gives it back, wherever the damage lies. No look from outside could tell, short of a second
HDF5. So a file is opened and its attributes are read by a process that may end, and what holds
there holds here. One process, of this module run as a program, serves for all files: it answers a
line of JSON for each line, and ends when its input does.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
import signal
import subprocess  # nosec B404 - runs this file, by the interpreter that runs us
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

from wco2_engine.errors import Wco2Error

SECONDS = 30  # for one file, whose variables may be many and whose disk slow
SMALL = 100_000  # values of a variable that are read too: a coordinate, or texts
PROGRAM = Path(__file__).resolve()


def try_apart(file: str) -> None:
    """Have another process look at a file of HDF5, see `look`.

    Raises
    ------
    Wco2Error : when the file is refused, or that process ended with it or did not come to an end.
    OSError : when no process can be started.
    """
    _trier(os.getpid()).ask(file)


class _Trier:
    """The process that tries files, started anew where it ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def ask(self, file: str) -> None:
        whole = os.path.abspath(file)  # noqa: PTH100 - a link stays what it is
        with self._lock:
            process = self._process = self._process or _started()
            start = time.monotonic()
            answer = _answer(process, whole)
            took = time.monotonic() - start
            if not answer:
                self._process = None
        if not answer:
            ended = process.wait()
            why = (
                f"its library did not come to an end within {SECONDS} s"
                if took >= SECONDS
                else f"its library ended the process that tried it ({ended})"
            )
            raise Wco2Error(
                f"{file} can't be read as HDF5: {why}.",
                "The file looks truncated or damaged: copy or download it again.",
            )
        found: dict[str, str] = json.loads(answer)
        if found:
            raise Wco2Error(found["message"].replace(whole, file), found["hint"])

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()


@cache
def _trier(process: int) -> _Trier:
    """One for each process: a forked one shares no pipe with its parent."""
    return _Trier()


def _started() -> subprocess.Popen[str]:
    # -P: nothing is imported from the folder that one is in, where files of strangers may lie.
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(  # nosec B603 - see above
        [sys.executable, "-P", str(PROGRAM), str(SECONDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="ascii",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    cast(IO[str], process.stdout).readline()  # once its libraries are there
    return process


def _answer(process: subprocess.Popen[str], file: str) -> str:
    """The line that answers a file; nothing when the process ended before."""
    try:
        cast(IO[str], process.stdin).write(f"{json.dumps(file)}\n")
        cast(IO[str], process.stdin).flush()
    except BrokenPipeError:
        return ""
    return cast(IO[str], process.stdout).readline()


def look(file: str) -> None:
    """Open a file as later readers will: its links, attributes, and small variables.

    Raises
    ------
    Wco2Error : when it leads to other files, or is damaged.
    """
    from wco2_engine.inputs.opening import check_hdf5

    check_hdf5(file)
    try:
        import netCDF4
    except ImportError:
        return  # who needs it says so
    try:
        with netCDF4.Dataset(file) as opened:
            _walk(opened)
    except Exception:
        # Any library error is one that later readers meet too, and put into words with what they
        # wanted. Here only matters that there was an answer.
        return


def _walk(group: Any) -> None:
    for variable in group.variables.values():
        for name in variable.ncattrs():
            variable.getncattr(name)
        if variable.size <= SMALL:
            variable.set_auto_maskandscale(False)
            variable[...]
    for name in group.ncattrs():
        group.getncattr(name)
    for inner in group.groups.values():
        _walk(inner)


def serve(seconds: float) -> None:
    """Answer files, a line each, until input ends or one of them takes longer than that."""
    # Who interrupts the engine means the engine, which closes our input then.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="ascii") as out, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # libraries may say what they like
        for name in ("h5py", "netCDF4"):
            with suppress(ImportError):  # who needs it says so
                import_module(name)
        _say(out, {})
        for line in sys.stdin:
            # Ends the process from a thread that needs nothing of Python's.
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
            found: dict[str, str] = {}
            try:
                look(json.loads(line))
            except Wco2Error as error:
                found = {"message": error.message, "hint": error.hint or ""}
            faulthandler.cancel_dump_traceback_later()
            _say(out, found)


def _say(out: IO[str], found: dict[str, str]) -> None:
    out.write(f"{json.dumps(found)}\n")
    out.flush()


if __name__ == "__main__":
    serve(float(sys.argv[1]))
