"""How the command ends when it is stopped, or when nobody reads what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
# Sends a signal to itself when a module is first looked for.
SIGNALLED = """
import os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
        return None

sys.meta_path.insert(0, Finder())
sys.argv = ["wco2", *{arguments!r}]
from wco2_engine.__main__ import main
main()
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of bash, `WCO2` standing for ours; the exit code is that of its first part."""
    whole = command.replace("WCO2", f"{sys.executable} -m wco2_engine")
    return subprocess.run(
        ["bash", "-c", f"{whole}; exit ${{PIPESTATUS[0]}}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["wco2_engine.terminal.streams", "wco2_engine.cli", "rich"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_starting_is_one_line_and_its_exit_code(
    module: str, number: int, code: int
) -> None:
    done = run(SIGNALLED.format(module=module, number=int(number), arguments=["doctor"]))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == "Cancelled. Nothing had begun.\n"


def test_a_signal_while_starting_is_told_machines_in_json() -> None:
    code = SIGNALLED.format(module="wco2_engine.cli", number=15, arguments=["doctor", "--json"])
    done = run(code)
    assert (done.returncode, done.stderr) == (143, "")
    assert json.loads(done.stdout)["event"] == "error"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_job_runs_stops_it_and_is_its_exit_code(
    tmp_path: Path, number: int, code: int
) -> None:
    arguments = ["new", str(tmp_path / "made")]
    module = "wco2_engine.simulation.study"  # which the job imports when it begins
    done = run(SIGNALLED.format(module=module, number=int(number), arguments=arguments))
    assert done.returncode == code
    assert "Cancelled. What was finished is kept." in done.stderr
    assert "Traceback" not in done.stderr


# A job that begins a file, and then looks at nothing.
STUCK = """
import os, signal, sys, threading, time
from pathlib import Path
from wco2_engine.files import atomic_write
from wco2_engine.jobs.doctor import DoctorJob

def run(self, progress):
    with atomic_write(Path({target!r})) as partial:
        partial.write_text("half")
        threading.Timer(0.2, os.kill, (os.getpid(), {number})).start()
        {stuck}
    return {{"outputs": []}}

DoctorJob.run = run
sys.argv = ["wco2", *{arguments!r}]
from wco2_engine.__main__ import main
main()
"""
STUCK_IN = {
    "a library": "import hashlib; hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9)",
    "itself": "deadline = time.monotonic() + 60\n        while time.monotonic() < deadline: pass",
    "a thread": "t = threading.Thread(target=time.sleep, args=(60,)); t.start(); t.join()",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a process")
@pytest.mark.parametrize("stuck", STUCK_IN.values(), ids=STUCK_IN)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_job_that_hears_nothing_is_ended_and_leaves_no_file(
    tmp_path: Path, stuck: str, number: int, code: int
) -> None:
    target = str(tmp_path / "made.txt")
    done = run(STUCK.format(target=target, number=int(number), stuck=stuck, arguments=["doctor"]))
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Cancelled. What was finished is kept.")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a process")
def test_threads_that_still_compute_do_not_keep_a_process_that_was_cancelled(
    tmp_path: Path,
) -> None:
    stuck = (
        "threading.Thread(target=time.sleep, args=(3600,)).start()\n"
        "        while not progress.cancelled(): time.sleep(0.01)\n"
        "        raise KeyboardInterrupt"
    )
    words = {"target": str(tmp_path / "made.txt"), "number": 2, "stuck": stuck}
    done = run(STUCK.format(**words, arguments=["doctor"]))
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.count("Cancelled.") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a process")
def test_a_job_that_hears_nothing_ends_with_a_line_for_machines(tmp_path: Path) -> None:
    words = {"target": str(tmp_path / "made.txt"), "number": 2, "stuck": STUCK_IN["a library"]}
    done = run(STUCK.format(**words, arguments=["doctor", "--json"]))
    assert done.returncode == 130
    assert json.loads(done.stdout.splitlines()[-1])["message"].startswith("Cancelled.")


@pytest.mark.parametrize("arguments", ["--help", "doctor", "products --json"])
@pytest.mark.parametrize("way", ["| head -0", "> /dev/full"])
def test_output_that_nobody_takes_is_one_message(arguments: str, way: str) -> None:
    if "full" in way and not Path("/dev/full").exists():
        pytest.skip("no device here is always full")
    done = shell(f"WCO2 {arguments} {way}")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Standard output could not be written: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("way", ["2>&-", "2>&1 >/dev/null | head -0"])
def test_errors_that_nobody_takes_leave_the_exit_code(way: str) -> None:
    done = shell(f"WCO2 describe there-is-none.wco2 {way}")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_what_libraries_print_is_kept_from_people() -> None:
    code = """
import os, sys, warnings
from wco2_engine.terminal.streams import noise, own_streams
with own_streams():
    os.write(2, b"HDF5-DIAG: Error detected\\n")
    warnings.warn("of a library")
    sys.stderr.write("ours\\n")
    assert noise() == "HDF5-DIAG: Error detected\\n", noise()
"""
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "ours\n")
    env = {**os.environ, "CPL_DEBUG": "ON"}
    told = subprocess.run(
        [sys.executable, "-c", code.replace("    assert", "    0 and")],
        **{"cwd": REPOSITORY, "env": env, "capture_output": True, "text": True, "check": True},
    )
    assert "HDF5-DIAG" in told.stderr


def test_an_error_that_a_library_only_prints_is_kept_from_people() -> None:
    """As Cython does where a file is closed: it prints by the hook, and goes on."""
    code = "from wco2_engine.terminal.streams import own_streams, noise\nimport sys\n"
    code += "with own_streams():\n try:\n  1 / 0\n except ZeroDivisionError:\n"
    code += "  sys.excepthook(*sys.exc_info())\n"
    printed = run(code + " print(noise())")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "ZeroDivisionError: division by zero" in printed.stdout
    ours = run(code + " raise KeyError('ours')")
    assert ours.returncode == 1
    assert ours.stderr.endswith("KeyError: 'ours'\n")


def test_letters_that_a_terminal_lacks_are_written_in_another_way() -> None:
    code = "from wco2_engine.terminal.streams import own_streams\nwith own_streams():\n print('–°')"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        **{"cwd": REPOSITORY, "env": env, "capture_output": True, "check": True},
    )
    assert done.stdout == b"\\u2013\\xb0\n"
