"""What a run leaves that was killed, and two runs at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wco2_engine.errors import Cancelled, Wco2Error, disk_errors
from wco2_engine.files import _machine, atomic_write, beside, sweep
from wco2_engine.lock import locked
from wco2_engine.publication.folder import _made_whole


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that is over."""
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    done.wait()
    return done.pid


def test_what_a_killed_process_began_is_swept_by_the_next_write(tmp_path: Path, gone: int) -> None:
    left = f".model.partial-{_machine()}-{gone}"
    for name in (f"{left}.wco2", f"{left}.gpkg-journal", f"{left}.tif.aux.xml"):
        (tmp_path / name).write_text("half")
    (tmp_path / f"{left}.zarr").mkdir()
    (tmp_path / f"{left}.zarr" / "a").write_text("half")
    with atomic_write(tmp_path / "model.wco2") as partial:
        partial.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["model.wco2"]


@pytest.mark.parametrize(
    "name",
    [
        ".model.partial-{machine}-{me}.wco2",  # of a process that lives
        ".model.partial-00000000-{gone}.wco2",  # of another machine
        ".model.partial-{gone}.wco2",
        "model.partial-{machine}-{gone}.wco2",
        ".lock",
        ".git",
    ],
)
def test_nothing_else_is_swept(tmp_path: Path, gone: int, name: str) -> None:
    path = tmp_path / name.format(machine=_machine(), me=os.getpid(), gone=gone)
    path.write_text("kept")
    sweep(tmp_path)
    assert path.read_text() == "kept"


def test_a_folder_that_a_killed_process_moved_aside_is_given_back(
    tmp_path: Path, gone: int
) -> None:
    aside = tmp_path / f".out.earlier-{_machine()}-{gone}.v1"
    aside.mkdir()
    (aside / "README.md").write_text("earlier")
    sweep(tmp_path)
    assert (tmp_path / "out.v1" / "README.md").read_text() == "earlier"
    aside.mkdir()
    sweep(tmp_path)  # by now there is a folder in its place
    assert (tmp_path / "out.v1" / "README.md").read_text() == "earlier" and not aside.exists()


def test_an_earlier_folder_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").write_text("earlier")

    def make_half() -> None:
        with _made_whole(out) as folder:
            (folder / "a").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_half()
    assert (out / "a").read_text() == "earlier"
    with _made_whole(out) as folder:
        (folder / "a").write_text("new")
    assert (out / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_process_is_named_in_what_it_begins(tmp_path: Path) -> None:
    assert beside(tmp_path / "a.b.tif", "partial").name.startswith(f".a.b.partial-{_machine()}-")
    assert beside(tmp_path / "a.b.tif", "partial").suffix == ".tif"


def test_locks_of_different_names_go_on_beside_each_other(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def other(name: str) -> None:
        try:
            with locked(tmp_path, name):
                pass
        except Wco2Error as error:
            failed.append(error)

    with locked(tmp_path, ".run.lock"):
        for name in (".lock", ".run.lock"):
            thread = threading.Thread(target=other, args=(name,))
            thread.start()
            thread.join()
    assert [str(error).startswith("Another run is writing") for error in failed] == [True]
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(Wco2Error, match="can't be written: File name too long"), disk_errors(path):
        path.write_text("")


def test_a_full_disk_is_said_whatever_a_library_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(error: Exception) -> None:
        with atomic_write(tmp_path / "a.gpkg"):
            raise error

    with pytest.raises(RuntimeError, match="commit"):
        write(RuntimeError("can't commit"))
    monkeypatch.setattr("wco2_engine.files.FULL", float("inf"))
    with pytest.raises(Wco2Error, match="The disk is full"):
        write(RuntimeError("can't commit"))
    with pytest.raises(Cancelled):
        write(Cancelled())
    with pytest.raises(Wco2Error, match="The disk is full"), _made_whole(tmp_path / "folder"):
        raise RuntimeError("NetCDF: HDF error")
    assert list(tmp_path.iterdir()) == []
