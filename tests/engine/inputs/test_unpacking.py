"""Files out of archives: whatever their names say, they come into one folder."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs import unpacking as module
from wco2_engine.inputs.patterns import Found
from wco2_engine.inputs.unpacking import unpacked


def archive(folder: Path, member: str, content: bytes) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member, content)
    return path


@pytest.mark.parametrize("member", ["/etc/x.tif", "../../x.tif", "a/b/x.tif", "C:\\x.tif"])
def test_a_member_stays_in_the_folder(tmp_path: Path, member: str) -> None:
    room = tmp_path / "room"
    room.mkdir()
    file = unpacked(Found(archive(tmp_path, member, b"1"), member, {}), room)
    assert file.read_bytes() == b"1"
    assert room.resolve() in file.resolve().parents
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "room"]


def test_members_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("1982/x.tif", b"1")
        file.writestr("1983/x.tif", b"2")
    found = [unpacked(Found(path, f"{year}/x.tif", {}), tmp_path) for year in (1982, 1983)]
    assert [file.read_bytes() for file in found] == [b"1", b"2"]


def test_a_bomb_is_no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RATIO", 100)
    path = tmp_path / "b.nc.gz"
    path.write_bytes(gzip.compress(bytes(3_000_000)))  # a thousand times its size
    with pytest.raises(Wco2Error, match="more than 100 times its size"):
        unpacked(Found(path, "", {}), tmp_path)
    assert not list(tmp_path.glob("*/*"))


def test_an_archive_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.nc.gz"
    path.write_bytes(gzip.compress(b"netCDF" * 1000)[:30])
    with pytest.raises(Wco2Error, match=r"b\.nc\.gz can't be unpacked"):
        unpacked(Found(path, "", {}), tmp_path)
