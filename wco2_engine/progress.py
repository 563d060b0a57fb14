"""How long work tells its caller where it is, and hears that it should stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wco2_engine.errors import Cancelled


class Progress(Protocol):
    """What a job reports to: a terminal, QGIS's feedback, a pipe, or nothing."""

    def update(self, fraction: float, message: str = "") -> None:
        """Work done so far, 0 to 1; a message only where it changes."""

    def note(self, message: str) -> None:
        """A thing that the user should know though the work goes on."""

    def cancelled(self) -> bool:
        """Whether the user asked to stop."""


class Silent:
    """Progress that nobody watches."""

    def update(self, fraction: float, message: str = "") -> None:
        return None

    def note(self, message: str) -> None:
        return None

    def cancelled(self) -> bool:
        return False


@dataclass(frozen=True)
class SubProgress:
    """A stretch of a longer job: its 0 to 1 is the whole's `start` to `end`."""

    whole: Progress
    start: float
    end: float

    def update(self, fraction: float, message: str = "") -> None:
        self.whole.update(self.start + (self.end - self.start) * fraction, message)

    def note(self, message: str) -> None:
        self.whole.note(message)

    def cancelled(self) -> bool:
        return self.whole.cancelled()


def stop_if_cancelled(progress: Progress) -> None:
    """Raise `Cancelled` when the user asked to stop."""
    if progress.cancelled():
        raise Cancelled("Cancelled.")
