"""A process that was asked to stop, and what it had started."""

from __future__ import annotations

import subprocess
import sys

HELD = """
import multiprocessing, sys, time
from wco2_engine.terminal.ending import ends_soon

if __name__ == "__main__":
    with ends_soon(as_json=True):
        multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,)).start()
        sys.exit(130)
"""


def test_helpers_end_with_the_process_that_they_work_for() -> None:
    """Else whoever reads its output waits until they are done."""
    done = subprocess.run(
        [sys.executable, "-c", HELD], capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 130, done.stderr
