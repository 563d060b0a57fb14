"""The engine's own environment: a virtual environment in the user's profile."""

from __future__ import annotations

import shutil
import subprocess  # nosec B404 - for its constants and errors
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from wco2_qgis import engine, settings
from wco2_qgis.interpreters import OLDEST, candidates, this_machine
from wco2_qgis.libraries import SETUP
from wco2_qgis.outside import environment, interrupt, start
from wco2_qgis.runner import cancelled, interrupts

_LOOK = f"import sys; sys.exit(sys.version_info < {OLDEST})"
_CHECK = (
    "import sys; from wco2_engine.doctor import examine; "
    "found = examine()['problems']; print(*found, sep='\\n'); sys.exit(bool(found))"
)
# Does nothing where there is no numba.
_WARM = (
    "from wco2_engine.learning.compiling import ready; from wco2_engine.progress import Silent; "
    "ready(Silent())"
)
_CHECK_TO_PREDICT = "import numpy, rasterio, joblib, click, rich, wco2_engine.mapping.prediction"
# Measured on Linux with the newest wheels.
_SIZES = {True: "430 MB", False: "1.3 GB"}


def make_environment(
    folder: Path,
    python: str | None,
    wheels: Path | None,
    with_numba: bool,
    predicting_only: bool,
    feedback: QgsProcessingFeedback,
) -> str:
    """The interpreter of a new environment, which replaces an earlier one only once it works.

    Without `python`, those that the computer has are tried one after the other until one makes an
    environment. What pip has downloaded it keeps in its cache, so a second try goes on from there.

    Raises
    ------
    QgsProcessingException : when no Python fits, a library can't be installed, or on cancel;
        nothing new is left then.
    """
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise QgsProcessingException(
            f"{wheels} holds no wheel.\nFill it on a machine with network, of the same system and "
            f"Python: python3 -m pip download -d {wheels} {' '.join(engine.requirements())}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A virtual environment can't be moved, so each has a name of its own.
    made = Path(tempfile.mkdtemp(prefix="engine-", dir=folder.parent))
    interpreter = made / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = False
    try:
        _make(made, [python] if python else candidates(this_machine()), feedback)
        wanted = engine.requirements(predicting_only)
        requirements = [each for each in wanted if with_numba or "numba" not in each]
        if wheels is None:
            size = _SIZES[predicting_only]
            feedback.pushInfo(f"Fetching libraries of about {size}; this takes some minutes.")
        offline = [] if wheels is None else ["--no-index", "--find-links", str(wheels)]
        pip = [str(interpreter), "-m", "pip", "--disable-pip-version-check", "install"]
        pip += ["--only-binary", ":all:", "--progress-bar", "off", *offline, *requirements]
        _run(pip, feedback, 10, 90)
        check = _CHECK_TO_PREDICT if predicting_only else _CHECK
        path = f"import sys; sys.path.insert(0, {str(engine.folder())!r}); {check}"
        _run([str(interpreter), "-c", path], feedback, 90, 95)
        if with_numba:
            feedback.pushInfo("Compiling the forest's code, once")
            warm = f"import sys; sys.path.insert(0, {str(engine.folder())!r}); {_WARM}"
            _run([str(interpreter), "-c", warm], feedback, 95, 100)
        done = True
    finally:
        if not done:
            shutil.rmtree(made, ignore_errors=True)
    for other in folder.parent.glob("engine-*"):
        if other != made:
            shutil.rmtree(other, ignore_errors=True)
    return str(interpreter)


def _make(folder: Path, pythons: Sequence[str], feedback: QgsProcessingFeedback) -> None:
    """An empty environment in `folder`, from the first Python that can make one."""
    failures = []
    for base in pythons:
        if not Path(base).is_file():
            if len(pythons) == 1:  # the one that the user named
                raise QgsProcessingException(f"There is no program {base}.")
            continue
        if not _succeeds([base, "-c", _LOOK]):
            continue
        feedback.pushInfo(f"Making an environment from {base} in {folder}")
        try:
            return _run([base, "-m", "venv", "--clear", str(folder)], feedback, 0, 10)
        except QgsProcessingException as error:
            if feedback.isCanceled():
                raise
            failures.append(f"{base}: {str(error).splitlines()[-1]}")
    tried = "\n".join(failures)
    hint = (
        f"These can't make one (on Debian, sudo apt install python3-venv):\n{tried}"
        if failures
        else f"Install Python {'.'.join(map(str, OLDEST))} or newer from your system or from "
        "python.org, or name it here."
    )
    raise QgsProcessingException(f"No Python was found to make an environment from.\n{hint}")


def _succeeds(command: list[str]) -> bool:
    process = start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=20) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        return False


def _run(command: list[str], feedback: QgsProcessingFeedback, begin: float, end: float) -> None:
    """Run a step to its end, its output shown, unless the user cancels."""
    feedback.setProgress(begin)
    variables = {**environment(), **settings.proxy()}
    process = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables)
    said: list[str] = []
    share = 0.0
    with interrupts(feedback):
        for line in _lines(process, feedback):
            said.append(line)
            feedback.pushConsoleInfo(line)
            share += (1 - share) * 0.03
            feedback.setProgress(begin + (end - begin) * share)
    if feedback.isCanceled():
        raise QgsProcessingException(cancelled())
    if process.wait():
        raise QgsProcessingException(
            f"'{SETUP}' failed: {' '.join(command[:4])} … ended with code {process.returncode}.\n"
            + "\n".join(said[-12:])
        )
    feedback.setProgress(end)


def _lines(process: subprocess.Popen[str], feedback: QgsProcessingFeedback) -> Iterator[str]:
    """What a process says, line by line, while a cancel is heard."""
    lines: SimpleQueue[str | None] = SimpleQueue()

    def read() -> None:
        with process.stdout or tempfile.TemporaryFile("r") as output:
            for line in output:
                lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    asked = False
    while True:
        if feedback.isCanceled() and not asked:
            asked = True
            interrupt(process)
        try:
            line = lines.get(timeout=0.1)
        except Empty:
            continue
        if line is None:
            return
        yield line
