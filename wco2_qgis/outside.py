"""A job at work in another interpreter, which speaks one JSON object a line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess  # nosec B404 - starts the user's own interpreter, never a shell
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from qgis.core import QgsProcessingException

from wco2_qgis import engine
from wco2_qgis.i18n import engines_language
from wco2_qgis.interpreters import own, this_machine
from wco2_qgis.libraries import SETUP

_CANCELLED = 130  # the engine's exit code
_PATIENCE_SECONDS = 0.9
# What QGIS sets for its own libraries and another interpreter's must not see.
_OF_QGIS = ("GDAL_DATA", "GDAL_DRIVER_PATH", "PROJ_LIB", "PROJ_DATA")
_CERTIFICATES = "SSL_CERT_FILE"  # QGIS names its own; a user's own serves other programs too


def environment() -> dict[str, str]:
    """The variables for another interpreter: none of those by which QGIS steers its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in _OF_QGIS
    }
    if kept.get(_CERTIFICATES, "").startswith(sys.prefix):
        del kept[_CERTIFICATES]
    return kept


def start(command: list[str], **more: Any) -> subprocess.Popen[str]:
    """A process of its own: it hears no Ctrl-C but ours, and opens no window.

    Raises
    ------
    QgsProcessingException : when the program is not there or can't be started.
    """
    hidden = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
    try:
        return subprocess.Popen(  # nosec B603 - a list of arguments, no shell
            command,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            **{"env": environment(), **hidden, **more},
        )
    except OSError as error:
        raise QgsProcessingException(
            f"{command[0]} can't be started: {error}.\n"
            f"Run '{SETUP}' (wco2:setupengine) again, or empty the interpreter under Settings > "
            "Options > Processing > Providers > Winter CO2."
        ) from error


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ask a process to stop, as Ctrl-C does; Windows knows no gentler way than to end it."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)


@lru_cache(maxsize=1)
def own_python() -> str | None:
    """QGIS's own Python as a program; None where there is none that works by itself."""
    for program in own(this_machine()):
        if Path(program).is_file() and (sys.platform == "linux" or _works(program)):
            return program
    return None


def _works(program: str) -> bool:
    """Whether a program is QGIS's Python, with its libraries: macOS and Windows pack it freely."""
    look = f"import sys, rasterio; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = start([program, "-c", look], **quiet, env=dict(os.environ))
    try:
        return process.wait(timeout=20) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        return False


class Outside:
    """The lines of the engine's process turned into events.

    Parameters
    ----------
    interpreter : that the user set up; None for QGIS's own Python, which needs QGIS's variables.
    """

    def __init__(self, job: Mapping[str, Any], interpreter: str | None) -> None:
        command = [str(interpreter or own_python()), "-m", "wco2_engine"]
        paths = [str(engine.folder())]
        variables = environment() if interpreter else dict(os.environ)
        if variables.get("PYTHONPATH"):
            paths.append(variables["PYTHONPATH"])
        self.events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._job = job
        self._cancelled = False
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - _read closes it
        self._process = start(
            [*command, "--language", engines_language(), "job", "-", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**variables, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"},
        )
        self._thread = threading.Thread(target=self._work, args=(json.dumps(job),), daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        self._cancelled = True
        interrupt(self._process)
        # The engine ends within a moment of being asked; one that can't is ended.
        timer = threading.Timer(_PATIENCE_SECONDS, self._end)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        """End the process and those that it started, which may outlive it and hold its output."""
        if sys.platform == "win32":
            if self._process.poll() is not None:
                return
            self._process.kill()
        else:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:  # none is left
                return
        self._process.wait()
        remove_begun(self._job, self._process.pid)

    def wait(self) -> None:
        self._thread.join()

    def _work(self, job: str) -> None:
        try:
            last = self._read(job)
        except Exception:  # the thread that waits has to hear of it
            last = {"event": "bug", "message": traceback.format_exc()}
        self.events.put(last)

    def _read(self, job: str) -> dict[str, Any]:
        """Pass events on; the last one."""
        last: dict[str, Any] | None = None
        with self._process as process, self._errors as errors:
            try:
                if process.stdin is not None:
                    process.stdin.write(job)
                    process.stdin.close()
                for line in process.stdout or ():
                    event = _event(line)
                    if event.get("event") in ("progress", "note"):
                        self.events.put(event)
                    elif "event" in event:
                        last = event
            except OSError as error:  # it ended before it had read the job
                errors.write(f"\n{error}")
            code = process.wait()
            errors.seek(0)
            said = errors.read()[-4000:].strip()
        if code == _CANCELLED or (self._cancelled and code != 0):
            return {"event": "cancelled"}
        return last or _death(code, said)


def remove_begun(job: Mapping[str, Any], process: int) -> None:
    """Remove what a process was writing beside its outputs when it was ended.

    A later run there would remove it too; it knows such files by their names, as is done here.
    """
    for path in (Path(value) for value in job.values() if isinstance(value, str)):
        is_study = path.suffix == ".toml"  # whose outputs lie in folders beside it
        folder = path if path.is_dir() else path.parent
        for depth in range(4 if path.is_dir() or is_study else 1):
            for begun in folder.glob(f"{'*/' * depth}.*.partial-*-{process}*"):
                if begun.is_dir():
                    shutil.rmtree(begun, ignore_errors=True)
                else:
                    begun.unlink(missing_ok=True)


def _event(line: str) -> dict[str, Any]:
    """The event in a line; none where a library printed something of its own."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _death(code: int, said: str) -> dict[str, Any]:
    """What to say of a process that ended without telling how."""
    message = said.splitlines()[-1] if said else "It said nothing."
    return {
        "event": "error",
        "message": f"The engine's interpreter ended with code {code}: {message}",
        "hint": (
            f"Run '{SETUP}' (wco2:setupengine) again if libraries are missing there; a code below "
            "0 or 137 often means that memory ran out: use fewer threads."
        ),
    }
