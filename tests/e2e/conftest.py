"""Studies that are run as a user runs them: by the command, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
Wco2 = Callable[..., "subprocess.CompletedProcess[str]"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def wco2() -> Wco2:
    """Runs the command with some arguments."""

    def run(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
        script = f"{before}\nfrom wco2_engine.cli import main\nmain(prog_name='wco2')"
        return subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment(),
        )

    return run


@pytest.fixture(scope="session")
def start_wco2() -> Callable[..., Any]:
    """Starts the command and gives the running process."""

    def start(*arguments: object) -> Any:
        return subprocess.Popen(
            [sys.executable, "-m", "wco2_engine", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    return start


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory, wco2: Wco2) -> SimpleNamespace:
    """A simulated study that was made and run to its end once, for all tests to look at."""
    folder = tmp_path_factory.mktemp("simulated") / "demo"
    made = wco2("new", folder, "--json")
    assert made.returncode == 0, made.stdout + made.stderr
    done = wco2("run", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    return SimpleNamespace(folder=folder, results=folder / "results", stages=facts["stages"])
