"""The end of a process that was asked to stop: within a moment, whatever it is at.

A job looks between its steps whether it is to stop, and some steps are long: a forest that grows, a
library that compiles. Python itself answers a signal only between two of its own steps. So a thread
listens to the signals too, and ends the process where the job has not ended by itself; files are
written beside their place, and those that were begun are removed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wco2_engine.files import sweep_own
from wco2_engine.terminal.streams import OutputClosed

SIGNALLED = 128  # and the signal's number is the exit code: 130 for Ctrl-C, 143 for SIGTERM
_BY_SIGNAL = (SIGNALLED + signal.SIGINT, SIGNALLED + signal.SIGTERM)
GRACE_SECONDS = 0.5
CANCELLED = "Cancelled. What was finished is kept."
GO_ON = "Run the same command again to go on."
_SHOW_CURSOR = "\r\x1b[K\x1b[?25h"  # a bar of progress hides it


@contextmanager
def ends_soon(as_json: bool) -> Iterator[None]:
    """End this process a moment after SIGINT or SIGTERM, unless it does so by itself.

    Parameters
    ----------
    as_json : whether that is told to machines.
    """
    theirs, ours = socket.socketpair()  # which signals write to on Windows too
    theirs.setblocking(False)
    told = threading.Event()
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(ours, told, as_json), daemon=True)
    listener.start()
    try:
        yield
    except SystemExit as error:
        if error.code in _BY_SIGNAL:
            # Python's own end would wait for threads that compute, and take what is there apart.
            _end_helpers()
            sweep_own()
            with suppress(OSError, OutputClosed):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(error.code)
        raise
    finally:
        told.set()
        signal.set_wakeup_fd(before)
        with suppress(OSError):
            theirs.close()


def _listen(signals: socket.socket, told: threading.Event, as_json: bool) -> None:
    number = 0
    while number not in (signal.SIGINT, signal.SIGTERM):
        received = signals.recv(1)
        if not received:  # nothing asked this process to stop, and it is at its end
            return
        number = received[0]
    if not told.wait(GRACE_SECONDS):
        _end(as_json, SIGNALLED + number)


def _end(as_json: bool, code: int) -> None:
    """Leave nothing half done, say so, and end."""
    _end_helpers()
    sweep_own()
    with suppress(OSError, OutputClosed):  # nobody may be there to hear it
        if as_json:
            event = {"event": "error", "message": CANCELLED, "hint": GO_ON}
            sys.stdout.write(f"\n{json.dumps(event)}\n")
            sys.stdout.flush()
        else:
            start = _SHOW_CURSOR if sys.stderr.isatty() else ""
            sys.stderr.write(f"{start}{CANCELLED}\n  {GO_ON}\n")
            sys.stderr.flush()
    os._exit(code)


def _end_helpers() -> None:
    """End the processes that work for this one: who reads its output would wait for them."""
    if "multiprocessing" in sys.modules:
        from multiprocessing import active_children

        for worker in active_children():
            worker.kill()
