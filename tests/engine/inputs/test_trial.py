"""Files whose library ends the process that opens them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from wco2_engine import processes
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs import opening, trial

STAND_IN = """
import json, os, sys
print("{}", flush=True)
for line in sys.stdin:
    if "abort" in line:
        os.abort()
    print(json.dumps({"message": json.loads(line) + " is bad.", "hint": "So it is."}), flush=True)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "program.py").write_text(STAND_IN)
    monkeypatch.setattr(trial, "PROGRAM", tmp_path / "program.py")


def test_what_the_other_process_says_is_said_of_the_file_as_it_was_named(
    stand_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Wco2Error) as caught:
        trial._Trier().ask("x.nc")
    assert (caught.value.message, caught.value.hint) == ("x.nc is bad.", "So it is.")


def test_a_process_that_ended_is_one_message_and_the_next_file_has_another(stand_in: None) -> None:
    trier = trial._Trier()
    with pytest.raises(Wco2Error, match=r"abort.nc can't be read .* tried it \(-6\)"):
        trier.ask("abort.nc")
    with pytest.raises(Wco2Error, match=r"y.nc is bad"):
        trier.ask("y.nc")
    trier.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a file that is never read to its end")
def test_a_file_without_end_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1)
    os.mkfifo(tmp_path / "x.nc")
    trier = trial._Trier()
    with pytest.raises(Wco2Error, match="did not come to an end within 1 s"):
        trier.ask(str(tmp_path / "x.nc"))


def test_a_heap_that_goes_in_circles_is_one_message_or_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 1.10 never comes back from an object of a heap whose number is that of free room."""
    monkeypatch.setattr(trial, "SECONDS", 3)
    path = tmp_path / "x.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name in ("lat", "lon"):
            file.createDimension(name, 2)
            file.createVariable(name, "f4", (name,))[:] = [0, 1]
        file.createVariable("t", "f4", ("lat", "lon"))[:] = np.zeros((2, 2))
    content = bytearray(path.read_bytes())
    second = content.index(b"GCOL") + 16 + 24  # behind the heading and the first object
    assert content[second] == 2
    content[second] = 0
    trier = trial._Trier()
    trier.ask(str(path))
    path.write_bytes(content)
    try:
        trier.ask(str(path))
    except Wco2Error as error:
        assert "did not come to an end within 3 s" in error.message
    trier.close()


def test_a_link_is_found_by_the_other_process(tmp_path: Path) -> None:
    assert processes.may_start_processes()
    with h5py.File(tmp_path / "x.nc", "w") as file:
        file["t"] = h5py.ExternalLink("/data/other.nc", "/t")
    with pytest.raises(Wco2Error) as caught:
        opening.check_content(tmp_path / "x.nc")
    assert str(caught.value).startswith(f"{tmp_path / 'x.nc'} makes GDAL read '/data/other.nc'")


def test_inside_qgis_files_are_looked_at_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "qgis", object())
    monkeypatch.setattr(trial, "PROGRAM", tmp_path / "there-is-none.py")
    with h5py.File(tmp_path / "x.nc", "w") as file:
        file["t"] = h5py.ExternalLink("/data/other.nc", "/t")
    with pytest.raises(Wco2Error, match="by its link /t"):
        opening.check_content(tmp_path / "x.nc")


def test_nothing_is_imported_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "h5py.py").write_text("open('ran', 'w')")
    with h5py.File(tmp_path / "x.nc", "w") as file:
        file["t"] = [1.0]
    monkeypatch.chdir(tmp_path)
    trial._Trier().ask("x.nc")
    assert not (tmp_path / "ran").exists()
