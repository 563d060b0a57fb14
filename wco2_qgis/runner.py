"""One function that runs a job, in a process of its own wherever there is a Python for it.

A process can be ended whatever it is at, and it never takes the interpreter's lock from QGIS's
windows. Where there is no Python but that inside QGIS, a thread does it. Both ways work at the side
and report events: dictionaries with `event` = "progress", "note", and at the end one of "result",
"error", "cancelled" or "bug". The thread that called reads them, so that QGIS's feedback is told
things from one thread only, and a cancel is heard at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Protocol

from qgis.core import QgsProcessingException, QgsProcessingFeedback
from qgis.PyQt.QtCore import QCoreApplication

from wco2_qgis import libraries, settings
from wco2_qgis.feedback import Teller
from wco2_qgis.i18n import tr
from wco2_qgis.inside import Inside
from wco2_qgis.outside import Outside, own_python
from wco2_qgis.wording import in_toolbox_words

Facts = dict[str, Any]
_LOOK_SECONDS = 0.1


class Worker(Protocol):
    """A job at work; its last event says how it ended."""

    events: SimpleQueue[Facts]

    def cancel(self) -> None:
        """Ask it to stop soon."""

    def wait(self) -> None:
        """Return when nothing of it runs any more."""


def run_job(
    job: Mapping[str, Any],
    feedback: QgsProcessingFeedback,
    names: Mapping[str, str] | None = None,
    percents: tuple[float, float] = (0.0, 100.0),
) -> Facts:
    """The facts of a finished job.

    Parameters
    ----------
    job : its fields, and its verb as `job`; what `wco2_engine.jobs.job_from_json` reads.
    percents : of the progress bar that this job takes, where others come before or after it.
    names : what to call temporary files in messages, e.g. by the layer that they were made from.

    Raises
    ------
    QgsProcessingException : with the engine's message and hint, or because it was cancelled.
    """
    interpreter = settings.interpreter()
    if interpreter is None:
        obstacle = libraries.obstacle(job["job"])
        if obstacle:
            raise QgsProcessingException(obstacle)
    worker: Worker = Outside(job, interpreter) if interpreter or own_python() else Inside(job)
    last = _follow(worker, feedback, Teller(feedback, percents))
    kind = last.pop("event")
    if kind == "result":
        return last
    if kind == "cancelled":
        raise QgsProcessingException(cancelled())
    if kind == "error":
        text = "\n".join(part for part in (last["message"], last["hint"]) if part)
    else:
        feedback.pushDebugInfo(last["message"])
        text = (
            last["message"].strip().splitlines()[-1]
            + "\n"
            + tr("This is a bug in wco2, not in your input. Please report it with the log above.")
        )
    for path, name in (names or {}).items():
        text = text.replace(path, name)
    raise QgsProcessingException(in_toolbox_words(text))


def cancelled() -> str:
    """What a run that was cancelled ends with."""
    return tr("Cancelled. What was finished is kept; run the same again to go on.")


def _follow(worker: Worker, feedback: QgsProcessingFeedback, teller: Teller) -> Facts:
    """Pass on what a worker reports until it ends; its last event."""
    asked = False
    # Models run in the main thread of QGIS 3.22: while it waits here, windows live on.
    in_main_thread = threading.current_thread() is threading.main_thread()
    with interrupts(feedback):
        while True:
            if in_main_thread:
                QCoreApplication.processEvents()
            if feedback.isCanceled() and not asked:
                asked = True
                teller.stopping()
                worker.cancel()
            try:
                event = worker.events.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if event["event"] not in ("progress", "note"):
                worker.wait()
                return event
            teller.tell(event)


@contextmanager
def interrupts(feedback: QgsProcessingFeedback) -> Iterator[None]:
    """Let Ctrl-C cancel in qgis_process, where the algorithm runs in the main thread."""

    def cancel(number: int, frame: FrameType | None) -> None:
        feedback.cancel()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
