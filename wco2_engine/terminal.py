"""How a job goes, told to people on a terminal or to machines in JSON lines."""

from __future__ import annotations

import json
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from wco2_engine.errors import Cancelled, Wco2Error, disk_errors
from wco2_engine.jobs import Job
from wco2_engine.summaries import summary

DONE, OUR_BUG, WRONG_INPUT, CANCELLED = 0, 1, 2, 130


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
        self._console.print(f"Note: {message}", highlight=False, markup=False, soft_wrap=True)

    def cancelled(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True


class JsonLines:
    """Progress for machines: one JSON object a line on standard output."""

    def __init__(self) -> None:
        self._stop = False
        self._last = (-1.0, "")

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, fraction: float, message: str = "") -> None:
        now = (round(fraction, 3), message)
        if now != self._last:
            self._last = now
            say(event="progress", fraction=now[0], message=message)

    def note(self, message: str) -> None:
        say(event="note", message=message)

    def cancelled(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True


def say(**facts: Any) -> None:
    """One JSON object on a line of standard output, at once."""
    click.echo(json.dumps(facts, default=str))
    sys.stdout.flush()


@contextmanager
def interruptible(progress: Terminal | JsonLines) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) ask the job to stop; a second one breaks off."""

    def handle(number: int, frame: FrameType | None) -> None:
        if progress.cancelled():
            raise KeyboardInterrupt
        progress.stop()

    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_job(make: Callable[[], Job], as_json: bool) -> None:
    """Make a job and run it, tell its progress and result, and leave with the right exit code."""
    errors = Console(stderr=True)
    progress = JsonLines() if as_json else Terminal(errors)
    try:
        with progress, interruptible(progress), disk_errors("The output"):
            job = make()
            facts = job.run(progress)
    except Wco2Error as error:
        fail(error.message, error.hint, as_json, WRONG_INPUT)
    except (Cancelled, KeyboardInterrupt):
        fail(
            "Cancelled. What was finished is kept.",
            "Run the same command again to go on.",
            as_json,
            CANCELLED,
        )
    except Exception:
        if as_json:
            say(event="bug", message=traceback.format_exc())
        else:
            errors.print(traceback.format_exc(), markup=False, highlight=False)
            errors.print("This is a bug in wco2, not in your input. Please report it.")
        sys.exit(OUR_BUG)
    if as_json:
        say(event="result", **facts)
    else:
        summary(job.verb, facts, Console())
    if facts.get("problems"):
        sys.exit(WRONG_INPUT)


def fail(message: str, hint: str, as_json: bool, code: int) -> NoReturn:
    """Say what went wrong, and leave with an exit code."""
    if as_json:
        say(event="error", message=message, hint=hint)
    else:
        click.echo(f"Error: {message}" if code == WRONG_INPUT else message, err=True)
        if hint:
            click.echo(f"  {hint}", err=True)
    sys.exit(code)
