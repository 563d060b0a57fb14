"""Some hundred generated inputs: each ends in a result or in one message, and reaches nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .families import FAMILIES

REPOSITORY = Path(__file__).resolve().parents[2]
ALONE = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
EACH = 10  # inputs of a family in every run of the tests


@pytest.mark.skipif(not hasattr(os, "fork"), reason="inputs run in forked processes")
def test_hostile_inputs_end_in_a_result_or_one_message(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "tests.hostile.fuzz", "--each", str(EACH), "--seed", "7"]
    done = subprocess.run(
        [*call, "--kept", str(tmp_path)], cwd=REPOSITORY, env=ALONE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{EACH * len(FAMILIES)} in all" in done.stdout
