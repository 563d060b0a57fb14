"""Two runs never share a folder, and a run that was killed stands in nobody's way."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.lock import locked

REPOSITORY = Path(__file__).resolve().parents[3]
HOLDER = """
import sys
from pathlib import Path
from wco2_engine.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_refused_until_the_first_is_done(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(Wco2Error, match="Another run is writing to") as caught, locked(tmp_path):
        pass
    assert str(tmp_path) in caught.value.message
    holder.communicate()
    with locked(tmp_path) as held:
        assert held
    assert list(tmp_path.iterdir()) == []


def test_a_lock_in_the_same_process_counts_too_and_leaves_the_first_in_force(
    tmp_path: Path,
) -> None:
    with locked(tmp_path):
        for _ in range(2):
            with pytest.raises(Wco2Error), locked(tmp_path):
                pass
    with locked(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_a_killed_run_leaves_no_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    with locked(tmp_path) as held:
        assert held
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of other systems")
def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(tmp_path) as held:
        assert not held


def test_a_folder_that_may_not_be_written_to_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(Wco2Error, match="can't be written"), locked(tmp_path):
        pass
