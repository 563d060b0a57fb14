"""A job at work in QGIS's own process, in a thread of its own: where QGIS has no Python program."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any

from wco2_qgis.i18n import engines_language


class Inside:
    """The engine's progress turned into events."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(job,), name="wco2", daemon=True)
        self._thread.start()

    def update(self, fraction: float, message: str = "") -> None:
        told = self._told(message)
        self.events.put({"event": "progress", "fraction": fraction, "message": told})

    def note(self, message: str) -> None:
        self.events.put({"event": "note", "message": self._told(message)})

    @staticmethod
    def _told(message: str) -> str:
        from wco2_engine.language import translated

        return translated(message)

    def cancelled(self) -> bool:
        return self._stop.is_set()

    def cancel(self) -> None:
        self._stop.set()

    def wait(self) -> None:
        self._thread.join()

    def _work(self, job: Mapping[str, Any]) -> None:
        try:
            last = _run(job, self)
        except BaseException:  # whatever it is, the thread that waits has to hear of it
            last = {"event": "bug", "message": traceback.format_exc()}
        self.events.put(last)


def _run(job: Mapping[str, Any], progress: Inside) -> dict[str, Any]:
    """The last event of a job."""
    from wco2_engine.errors import Cancelled, Wco2Error, disk_errors
    from wco2_engine.jobs import job_from_json
    from wco2_engine.language import speaking, translated

    try:
        with speaking(engines_language()), disk_errors("The output"):
            return {"event": "result", **job_from_json(job).run(progress)}
    except Wco2Error as error:
        language = engines_language()
        told = (translated(text, language) for text in (error.message, error.hint))
        return dict(zip(("event", "message", "hint"), ("error", *told)))
    except Cancelled:
        return {"event": "cancelled"}
