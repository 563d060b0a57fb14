"""What kind of file a download is, told by its first bytes and not by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file

Format = Literal["netcdf", "zarr", "grib", "raster"]
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ZARR = (".zgroup", ".zarray", ".zmetadata", "zarr.json")
_HEAD = 4096


def format_of(path: Path, where: str) -> Format:
    """The format of a file or folder.

    Raises
    ------
    Wco2Error : when it is not there, is empty, or is a web page, an archive or an index file.
    """
    if path.is_dir():
        if any((path / name).is_file() for name in _ZARR):
            return "zarr"
        raise Wco2Error(
            f"{where}: {path} is a folder, and no Zarr: it has no .zgroup and no zarr.json.",
            'Name the files in it, e.g. path = "folder/*.nc".',
        )
    existing_file(path, f"{where}: file")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise Wco2Error(f"{where}: {path} can't be read: {error.strerror}.") from error
    if head[:3] == b"CDF" or any(head[at : at + 8] == _HDF5 for at in (0, 512, 1024, 2048)):
        return "netcdf"
    if b"GRIB" in head[:256]:
        return "grib"
    if head[:4] in _TIFF or head[:4] == b"\x0e\x03\x13\x01" or head.lstrip()[:11] == b"<VRTDataset":
        return "raster"
    _refuse(path, head, where)
    return "raster"  # GDAL knows more formats than have a mark: ASCII grids, BIL, ENVI


def _refuse(path: Path, head: bytes, where: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise Wco2Error(f"{where}: {path} is empty.", "Download it again.")
    if not head.strip(b"\0"):
        raise Wco2Error(
            f"{where}: {path} begins with zeros.", "The download was not finished: repeat it."
        )
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")) and b"<vrtdataset" not in start:
        raise Wco2Error(
            f"{where}: {path} is a web page, not data.",
            "Providers send one where a login is missing or failed: download the file again.",
        )
    if start.startswith((b"{", b"[")):
        raise Wco2Error(
            f"{where}: {path} is a text in JSON, not data: {_first_words(head)}",
            "It may be a provider's answer: download the file again.",
        )
    if head[:4] == b"PK\x03\x04":
        raise Wco2Error(
            f"{where}: {path} is a zip archive.",
            f'Name the files in it: path = "{path.name}/*.nc".',
        )
    if head[:2] == b"\x1f\x8b":
        raise Wco2Error(f"{where}: {path} is compressed by gzip.", "Unpack it.")


def _first_words(head: bytes) -> str:
    text = "".join(c for c in head.decode("utf-8", "replace") if c.isprintable())
    return f"{text[:80]}…" if len(text) > 80 else text
