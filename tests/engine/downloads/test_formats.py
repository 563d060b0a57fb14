"""What a download is, told by its content."""

from __future__ import annotations

import gzip
import sys
import zipfile
from pathlib import Path

import pytest

from wco2_engine.downloads.reading import Reading
from wco2_engine.downloads.series import open_series
from wco2_engine.errors import Wco2Error


def refusal(path: Path) -> Wco2Error:
    with pytest.raises(Wco2Error) as told:
        open_series([path], Reading(), "catalogue.toml: predictor 'x'")
    assert path.name in told.value.message
    return told.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>Login</html>", "is a web page, not data"),
        (b"\n  <HTML>", "is a web page, not data"),
        (b'{"error": "no such product"}', "is a text in JSON, not data"),
        (b"\0" * 5000, "begins with zeros"),
        (b"CDF\x01" + b"\xff" * 50, "can't be read"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "can't be read"),
        (b"GRIB\0\0\x10\x01", "can't be read"),
    ],
)
def test_what_is_no_data_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "era5.nc"
    path.write_bytes(content)
    assert words in refusal(path).message


def test_archives_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.nc", b"CDF")
    assert "is a zip archive" in refusal(path).message
    path.write_bytes(gzip.compress(b"CDF\x01"))
    assert "is compressed by gzip" in refusal(path).message


def test_a_file_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "era5_2003.nc").write_bytes(b"CDF\x01")
    error = refusal(tmp_path / "era5_2030.nc")
    assert error.hint == "Did you mean 'era5_2003.nc'?"


def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.nc"
    path.write_bytes(b"CDF\x01" + bytes(60))
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    error = refusal(path)
    assert "as the library netCDF4" in error.message
    assert "Set up the engine" in error.hint
