"""A file of plain facts and arrays, a zip of JSON and `.npy`, read without trust in its maker."""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write

Facts = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

# What a file may ask of a reader. Real models have a few hundred megabytes, shrunk to a half.
MAX_MEMBERS = 10_000
MAX_BYTES = 8 * 2**30
MAX_JSON_BYTES = 64 * 2**20
# Bytes unpacked, and values in JSON, for each byte of the file, and besides for any file: so what a
# file can make a reader do stays in proportion to what it is. Real ones have 3 and a hundredth.
MAX_RATIO, RATIO_FREE_BYTES = 100, 4 * 2**20
MAX_VALUES_A_BYTE, FREE_VALUES = 1, 50_000
MAX_JSON_DEPTH = 20

FACTS = "model.json"
# A text that never ends runs to the end, so that each letter is looked at once.
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.?)*(?:"|\Z)|[\[{\]}]', re.DOTALL)
_MEMBER = re.compile(r"model\.json|regions/\d{1,4}/[a-z]+(_[a-z0-9]+)*\.npy")

# What reading a damaged file can raise besides `Wco2Error`.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,  # an encrypted member, and JSON or a header nested without end
    NotImplementedError,
    OverflowError,
)


def write_archive(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write facts, and arrays by their names in the file; the same content gives the same bytes.

    Raises
    ------
    Wco2Error : when the disk is full or the folder can't be written to.
    """
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_write(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        _add(archive, FACTS, text.encode())
        for name, array in arrays.items():
            content = io.BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            _add(archive, name, content.getvalue())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a member without a date of its own, so that the same content gives the same file."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=1)


def read_archive(path: Path) -> tuple[Facts, Arrays]:
    """The facts and arrays of a file that may come from anywhere.

    It can't run code, and sizes are compared before memory is taken.

    Raises
    ------
    Wco2Error : with the reason alone, for what no model file holds; or one of `DAMAGE`.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        start = handle.read(4)
    if not size:
        raise Wco2Error("it is empty")
    if start[:1] == b"\x80":
        raise Wco2Error(
            "it is a Python pickle, which may run code when opened",
            "Train the model again with wco2 train, which writes a .wco2 file.",
        )
    if start[:2] != b"PK":
        raise Wco2Error("it is no zip archive", "A model is a .wco2 file from wco2 train.")
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise Wco2Error(f"it is cut short or damaged ({error})") from error
    with archive:
        members = _checked_members(archive, size)
        facts = _read_json(archive, members.pop(FACTS), size)
        return facts, {name: _read_array(archive, info) for name, info in members.items()}


def _checked_members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Wco2Error(f"it has {len(infos)} members, more than {MAX_MEMBERS}")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        if not _MEMBER.fullmatch(name) or info.orig_filename != name:
            raise Wco2Error(f"it holds {name[:80]!r}, which belongs in no model")
        if name in members:
            raise Wco2Error(f"it holds {name} twice")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Wco2Error(f"{name} is compressed in a way that models don't use")
        members[name] = info
    if FACTS not in members:
        raise Wco2Error("it holds no model.json", "A model is a .wco2 file from wco2 train.")
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > MAX_BYTES or unpacked > RATIO_FREE_BYTES + MAX_RATIO * size or packed > size:
        raise Wco2Error(f"its {size} bytes claim to unpack to {unpacked}, which no model does")
    return members


def _read_json(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> Facts:
    if info.file_size > MAX_JSON_BYTES:
        raise Wco2Error(f"its model.json has {info.file_size} bytes, more than {MAX_JSON_BYTES}")
    try:
        content = archive.read(info)
        _check_amount(content, size)
        text = content.decode()
        facts = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise Wco2Error(f"its model.json can't be read ({error})") from error
    if not isinstance(facts, dict):
        raise Wco2Error("its model.json is no table of names and values")
    return facts


def _check_amount(content: bytes, size: int) -> None:
    """Raise for JSON of so many values or so deep that reading it is work beyond all proportion.

    Signs within texts are counted too, which makes the count too large at most.
    """
    values = sum(content.count(sign) for sign in (b",", b"[", b"{"))
    if values > FREE_VALUES + MAX_VALUES_A_BYTE * size:
        raise ValueError(f"it holds {values} values, which no model of {size} bytes does")
    depth = deepest = 0
    for found in _TEXT_OR_BRACKET.finditer(content):
        sign = found[0][:1]
        depth += sign in b"[{"
        deepest = max(deepest, depth)
        depth -= sign in b"]}"
    if deepest > MAX_JSON_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_JSON_DEPTH}")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"it holds the number {text:.40}")
    return value


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """The array, once the shape and type that its header claims match the member's size."""
    name = info.filename
    with archive.open(info) as stream:
        try:
            version = npy.read_magic(stream)
            if version != (1, 0):
                raise Wco2Error(f"{name} is an array file of version {version}, not (1, 0)")
            shape, fortran, dtype = npy.read_array_header_1_0(stream)
        except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, TokenError) as error:
            raise Wco2Error(f"{name} has no readable array header ({error})") from error
        if dtype.hasobject:
            raise Wco2Error(f"{name} holds Python objects, which may run code when opened")
        if dtype.kind not in "iuf" or dtype.itemsize > 8 or not dtype.isnative or fortran:
            raise Wco2Error(f"{name} holds {dtype} values, which no model does")
        header = stream.tell()
        claimed = math.prod(shape) * dtype.itemsize
        natural = all(type(length) is int and length >= 0 for length in shape)
        if len(shape) > 2 or not natural or header + claimed != info.file_size:
            raise Wco2Error(
                f"{name} claims the shape {shape} of {dtype}, {claimed} bytes, "
                f"but holds {info.file_size - header}"
            )
        return np.frombuffer(stream.read(claimed), dtype).reshape(shape)
