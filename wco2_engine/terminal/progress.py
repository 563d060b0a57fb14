"""How a job goes, told to people on a terminal."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from wco2_engine.escaping import printable
from wco2_engine.language import translated


class Terminal:
    """Progress for people: a bar on a terminal, else a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stop = False
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=1.0)
        self._last_message, self._last_time = "", 0.0

    def __enter__(self) -> Terminal:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def update(self, fraction: float, message: str = "") -> None:
        message = printable(translated(message))
        if self._console.is_terminal:
            self._bar.update(self._task, completed=fraction, description=escape(message))
            return
        now = time.monotonic()
        if message != self._last_message or now - self._last_time > 30:
            self._last_message, self._last_time = message, now
            self._console.print(
                f"{fraction:4.0%} {message}", highlight=False, markup=False, soft_wrap=True
            )

    def note(self, message: str) -> None:
        told = f"{translated('Note')}: {printable(translated(message))}"
        self._console.print(told, highlight=False, markup=False, soft_wrap=True)

    def cancelled(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True
