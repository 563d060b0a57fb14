"""Whether compiled code is there already, and who is told that it is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wco2_engine.learning import compiling
from wco2_engine.learning.compiling import cache_folder, is_kept, ready
from wco2_engine.learning.forest import kernel
from wco2_engine.progress import Silent

pytestmark = pytest.mark.skipif(
    kernel() != "numba" or cache_folder() is None, reason="numba is not used here, or keeps nothing"
)


class Told(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def update(self, fraction: float, message: str = "") -> None:
        self.said.append(message)

    def note(self, message: str) -> None:
        self.said.append(message)


def index(folder: Path, module: str, version: str) -> Path:
    """A list of compiled functions as numba begins it: with its own version."""
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    path = folder / f"{module}.walk-1.{python}.nbi"
    path.write_bytes(b"\x80\x04\x95 " + version.encode() + b" and more")
    return path


def test_code_is_kept_once_all_modules_were_compiled_by_this_numba(tmp_path: Path) -> None:
    import numba

    assert not is_kept(tmp_path)
    first = index(tmp_path, "_walk_numba", numba.__version__)
    assert not is_kept(tmp_path)
    index(tmp_path, "_alike_numba", numba.__version__)
    index(tmp_path, "_leaves_numba", numba.__version__)
    index(tmp_path, "_nearest_numba", numba.__version__)
    assert not is_kept(tmp_path)
    index(tmp_path, "_grow_numba", numba.__version__)
    assert is_kept(tmp_path)
    os.utime(first, (0, 0))  # older than its source
    assert not is_kept(tmp_path)
    index(tmp_path, "_walk_numba", "0.1.0")
    assert not is_kept(tmp_path)


def test_nothing_is_told_where_all_is_kept() -> None:
    ready(Told())  # compiles, where no test did before
    told = Told()
    assert ready(told).name == "numba"
    assert told.said == []


def test_that_it_compiles_is_told_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    told = Told()
    ready(told)
    assert told.said[0] == "Compiling the forest's code, once"


def test_without_numba_there_is_nothing_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() is not None
    monkeypatch.setenv("WCO2_NUMBA", "0")
    assert cache_folder() is None
    told = Told()
    assert ready(told).name == "numpy"
    assert told.said == []
