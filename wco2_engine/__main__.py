"""The command `wco2`, also as `python -m wco2_engine`.

Signals are answered before anything large is imported, which takes seconds on a busy machine.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

CANCELLED = "Cancelled. Nothing had begun."


def main() -> None:
    """Run the command line of this process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    from wco2_engine.terminal.ending import ends_soon
    from wco2_engine.terminal.streams import own_streams

    with own_streams(), ends_soon(as_json="--json" in sys.argv[1:]):
        from wco2_engine.cli import main as command

        command(prog_name="wco2")


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once, before a job has begun."""
    if "--json" in sys.argv[1:]:
        os.write(1, f'{{"event": "error", "message": "{CANCELLED}", "hint": ""}}\n'.encode())
    else:
        with suppress(OSError):  # closed by whoever started this process
            os.write(sys.stderr.fileno() if sys.stderr else 2, f"{CANCELLED}\n".encode())
    os._exit(128 + number)


if __name__ == "__main__":
    main()
