"""A job run for the command line: its progress and result are told, and how it ended."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from wco2_engine.errors import Cancelled, Wco2Error, disk_errors
from wco2_engine.escaping import printable, printable_all
from wco2_engine.jobs.base import Job
from wco2_engine.language import translated
from wco2_engine.terminal.ending import CANCELLED, GO_ON, SIGNALLED
from wco2_engine.terminal.lines import JsonLines, say
from wco2_engine.terminal.streams import OutputClosed, noise

if TYPE_CHECKING:
    from wco2_engine.terminal.progress import Terminal

OURS = "This is a bug in wco2, not in your input. Please report it."
OUR_BUG, WRONG_INPUT = 1, 2


class _Asked:
    """Which signal asked to stop."""

    signal: int = signal.SIGINT


@contextmanager
def interruptible(progress: Terminal | JsonLines) -> Iterator[_Asked]:
    """Let the first Ctrl-C (or SIGTERM) ask the job to stop; a second one breaks off."""
    asked = _Asked()

    def handle(number: int, frame: FrameType | None) -> None:
        asked.signal = number
        if progress.cancelled():
            raise KeyboardInterrupt
        progress.stop()

    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_job(make: Callable[[], Job], as_json: bool) -> None:
    """Make a job and run it, tell its progress and result, and leave with the right exit code."""
    progress = JsonLines() if as_json else _for_people()
    asked = _Asked()
    try:
        with progress, interruptible(progress) as asked, disk_errors("The output"):
            job = make()
            facts = job.run(progress)
    except Wco2Error as error:
        fail(error.message, error.hint, as_json, WRONG_INPUT)
    except (Cancelled, KeyboardInterrupt):
        fail(CANCELLED, GO_ON, as_json, SIGNALLED + asked.signal)
    except OutputClosed:
        raise
    except Exception:
        told = "\n".join(filter(None, (noise(), traceback.format_exc())))
        if as_json:
            say(event="bug", message=told)
        else:
            click.echo(told, err=True)
            click.echo(translated(OURS), err=True)
        sys.exit(OUR_BUG)
    if as_json:
        say(event="result", **facts)
    else:
        from rich.console import Console

        from wco2_engine.terminal.summaries import summary

        summary(job.verb, printable_all(facts), Console())
    if facts.get("problems"):
        sys.exit(WRONG_INPUT)


def _for_people() -> Terminal:
    # Machines ask for JSON, and QGIS's Python has no rich.
    from rich.console import Console

    from wco2_engine.terminal.progress import Terminal

    return Terminal(Console(stderr=True))


def fail(message: str, hint: str, as_json: bool, code: int) -> NoReturn:
    """Say what went wrong, and leave with an exit code."""
    message, hint = translated(message), translated(hint)
    if as_json:
        say(event="error", message=message, hint=hint)
    else:
        message, hint = printable(message), printable(hint)
        told = f"{translated('Error')}: {message}" if code == WRONG_INPUT else message
        click.echo(told, err=True)
        if hint:
            click.echo(f"  {hint}", err=True)
    sys.exit(code)
