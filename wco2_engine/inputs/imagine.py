"""What an ERDAS Imagine file (.img) says of other files, looked at before GDAL follows it.

Its numbers or overviews may lie in a file beside it (.ige, .rrd), whose name it holds: a path or
an address would be followed as well. The layout is that of the format HFA: a header, and a tree of
entries, each with places of the next one, of its first child and of its data.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from wco2_engine.errors import Wco2Error

MAGIC = b"EHFA_HEADER_TAG"
MOST_ENTRIES = 200_000
_MOST_DATA = 1_000_000  # bytes of an entry that names files
_ENTRY = struct.Struct("<6I64s32s")  # next, previous, parent, child, data, its size; name and type
_NAME = re.compile(rb"[\x20-\x7e]{1,300}")
_NAMING = (b"imgexternalraster", b"eimg_dependentfile", b"eimg_rrdnameslist")


def check_imagine(file: str) -> None:
    """Refuse an Imagine file whose parts are named as anything but files beside it.

    Raises
    ------
    Wco2Error : naming what it leads to, or when it is damaged.
    """
    waiting, seen = [Path(file)], set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += _beside(path, file)


def _beside(path: Path, file: str) -> list[Path]:
    """The Imagine files that one names, which lie beside it."""
    found: list[Path] = []
    with path.open("rb") as handle:

        def read(place: int, count: int) -> bytes:
            handle.seek(place)
            found = handle.read(count)
            if len(found) < count:
                raise Wco2Error(f"{file} is cut short or damaged.", "Copy or download it again.")
            return found

        (header,) = struct.unpack("<I", read(16, 4))
        (root,) = struct.unpack("<I", read(header + 8, 4))
        waiting, seen = [root], set[int]()
        while waiting:
            place = waiting.pop()
            if not place or place in seen:
                continue
            seen.add(place)
            if len(seen) > MOST_ENTRIES:
                raise Wco2Error(f"{file} has more than {MOST_ENTRIES} entries.")
            following, _, _, child, data, size, _, kind = _ENTRY.unpack(read(place, _ENTRY.size))
            waiting += [following, child]
            if kind.partition(b"\0")[0].lower() in _NAMING:
                handle.seek(data)
                content = handle.read(min(size, _MOST_DATA))
                found += _named(path.parent, content)
                if b"/" in content or b"\\" in content:
                    raise Wco2Error(
                        f"{file} makes GDAL read a file elsewhere, which is not allowed.",
                        "Put its .ige or .rrd file beside it and name that without a folder, or "
                        "make a plain GeoTIFF of it with gdal_translate.",
                    )
    return found


def _named(folder: Path, content: bytes) -> list[Path]:
    """Files of a folder whose names stand in an entry, and that begin as Imagine's do."""
    found = []
    for run in _NAME.findall(content):
        # What stands before a name may be printable too.
        for text in {run, run.partition(b"(")[0]}:
            for start in range(len(text)):
                path = folder / text[start:].decode("latin-1")
                if path.is_file():
                    with path.open("rb") as handle:
                        found += [path] if handle.read(len(MAGIC)) == MAGIC else []
    return found
