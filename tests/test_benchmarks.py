"""Benchmarks are run by hand, rarely: at least they have to find what they measure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def test_all_that_is_measured_is_there() -> None:
    # Imports inputs, kernel, layouts, pipeline and ranger too.
    code = "import everything, findings, honesty, kills, skill, whole_product"
    environment = {**os.environ, "PYTHONPATH": f"{FOLDER}{os.pathsep}{FOLDER.parent}"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
