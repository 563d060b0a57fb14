"""How a job's progress and notes reach QGIS's feedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import QgsProcessingFeedback

from wco2_qgis.i18n import tr


class Teller:
    """Passes on events, each message once.

    Parameters
    ----------
    percents : of the bar that the job's own 0 to 1 is.
    """

    def __init__(
        self, feedback: QgsProcessingFeedback, percents: tuple[float, float] = (0.0, 100.0)
    ) -> None:
        self._feedback = feedback
        self._first, self._last = percents
        self._percent, self._message = -1.0, ""

    def tell(self, event: Mapping[str, Any]) -> None:
        """Pass on an event of the kinds "progress" and "note"."""
        if event["event"] == "note":
            self._feedback.pushWarning(event["message"])
            return
        percent = round(self._first + (self._last - self._first) * event["fraction"], 1)
        if percent != self._percent:
            self._percent = percent
            self._feedback.setProgress(percent)
        if event["message"] and event["message"] != self._message:
            self._message = event["message"]
            self._feedback.setProgressText(self._message)

    def stopping(self) -> None:
        """Say that a cancel was heard."""
        self._feedback.pushInfo(tr("Stopping; what is finished is kept."))
