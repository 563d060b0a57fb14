"""How a job goes, told to machines: without the libraries that terminals are painted with."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from wco2_engine.language import translated


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
        now = (round(fraction, 3), translated(message))
        if now != self._last:
            self._last = now
            say(event="progress", fraction=now[0], message=now[1])

    def note(self, message: str) -> None:
        say(event="note", message=translated(message))

    def cancelled(self) -> bool:
        return self._stop

    def stop(self) -> None:
        self._stop = True


def say(**facts: Any) -> None:
    """One JSON object on a line of standard output, at once."""
    click.echo(json.dumps(facts, default=str))
    sys.stdout.flush()
