"""The header of a classic netCDF file (CDF-1, CDF-2 and CDF-5), compared with the file itself.

The netCDF library writes beyond its own memory when a header ends early or counts more than there
is, and reads zeros where values are missing. So the header is walked here before any library opens
the file: every count, name, type and place has to fit the file's size. Nothing is read but the
header, and of it no value of an attribute.

The layout is that of the "NetCDF Classic Format Specification" of Unidata's user guide.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import BinaryIO, TypeVar

from wco2_engine.errors import Wco2Error

MAGIC = b"CDF"
MOST_ENTRIES = 200_000  # dimensions, variables and attributes together
MOST_DIMENSIONS = 1024  # of one variable, as in the library
LONGEST_NAME = 256  # bytes, as in the library

_VERSIONS = (1, 2, 5)
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
# Bytes of a value by its type; the last five are of CDF-5 alone.
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
_TYPES_OF_ALL = 6

_Made = TypeVar("_Made")


class _Damaged(Exception):
    """What a header says that can't be."""


@dataclass(frozen=True)
class _Stored:
    """Where a variable's values lie; of one record, for a variable that has records."""

    name: str
    begin: int
    size: int
    has_records: bool


def check_classic(file: str) -> None:
    """Refuse a classic netCDF file whose header is damaged, or that ends before its last value.

    Raises
    ------
    Wco2Error : naming what is wrong.
    OSError : when the file can't be read.
    """
    with Path(file).open("rb") as handle:
        try:
            _Header(handle).check()
        except _Damaged as damage:
            raise Wco2Error(
                f"{file} can't be read as netCDF: {damage}.",
                "The file looks truncated or damaged: copy or download it again.",
            ) from damage


class _Header:
    """Walks a header once, from its first byte to its last."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._size = os.fstat(handle.fileno()).st_size
        self._left = MOST_ENTRIES
        magic = self._bytes(4, "its first bytes")
        self._version = magic[3]
        if magic[:3] != MAGIC or self._version not in _VERSIONS:
            raise _Damaged("it does not begin as a classic netCDF file")

    def check(self) -> None:
        records = self._count("its number of records", most=None)
        lengths = self._entries(_DIMENSION, "dimensions", self._dimension)
        if lengths.count(0) > 1:
            raise _Damaged("two of its dimensions are unlimited")
        if 0 in lengths and records == (2**64 - 1 if self._version == 5 else 2**32 - 1):
            raise _Damaged("what wrote it never closed it, and its number of records is open")
        self._entries(_ATTRIBUTE, "attributes", self._attribute)
        self._check_places(
            self._entries(_VARIABLE, "variables", partial(self._variable, lengths)), records
        )

    def _check_places(self, stored: list[_Stored], records: int) -> None:
        """Values lie behind the header, before the end, and on no others."""
        places = [(s.begin, s.begin + s.size, s.name) for s in stored if not s.has_records]
        rows = [s for s in stored if s.has_records and s.size and records]
        if rows:
            # Records of a variable that is alone are not filled up to four bytes.
            step = rows[0].size if len(rows) == 1 else sum(_filled(s.size) for s in rows)
            first = min(s.begin for s in rows)
            ends = [s.begin + s.size for s in rows]
            if max(ends) > first + step:
                raise _Damaged("its records lie further apart than they are long")
            _check_apart([(s.begin, s.begin + s.size, s.name) for s in rows])
            places.append((first, max(ends) + (records - 1) * step, rows[0].name))
        places = [(0, self._handle.tell(), "")] + [p for p in places if p[0] < p[1]]
        _check_apart(places)
        last = max(end for _, end, _ in places)
        if last > self._size:
            raise _Damaged(
                f"it ends before its last value: it has {self._size:,} bytes, and its header "
                f"tells of {last:,}"
            )

    # -------------------------------------------------------------- lists and what is in them

    def _entries(self, tag: int, what: str, entry: Callable[[], _Made]) -> list[_Made]:
        found = self._number(4, what)
        count = self._count(f"its number of {what}")
        if found not in (0, tag) or (not found and count):
            raise _Damaged(f"its list of {what} does not begin as one")
        self._left -= count
        if self._left < 0:
            raise _Damaged(f"it has more than {MOST_ENTRIES:,} dimensions, variables, attributes")
        return [entry() for _ in range(count)]

    def _dimension(self) -> int:
        name = self._name()
        return self._count(f"the length of {name}", most=None)

    def _attribute(self) -> None:
        name = self._name()
        width = self._type(name)
        self._skip(_filled(self._count(f"the values of {name}") * width), name)

    def _variable(self, lengths: list[int]) -> _Stored:
        name = self._name()
        count = self._count(f"the dimensions of {name}")
        if count > MOST_DIMENSIONS:
            raise _Damaged(f"its variable {name} has {count} dimensions")
        ids = [self._count(f"the dimensions of {name}", most=None) for _ in range(count)]
        if any(each >= len(lengths) for each in ids):
            raise _Damaged(f"its variable {name} has a dimension that is not there")
        shape = [lengths[each] for each in ids]
        if 0 in shape[1:]:
            raise _Damaged(f"its variable {name} has its unlimited dimension behind another")
        self._entries(_ATTRIBUTE, f"attributes of {name}", self._attribute)
        width = self._type(name)
        # The size that is stated is not used: it can't tell those of more than 4 GB.
        self._count(f"the size of {name}", most=None)
        begin = self._number(4 if self._version == 1 else 8, f"the place of {name}")
        has_records = shape[:1] == [0]
        return _Stored(name, begin, prod(shape[has_records:]) * width, has_records)

    def _type(self, name: str) -> int:
        number = self._number(4, f"the type of {name}")
        if number not in _BYTES or (self._version != 5 and number > _TYPES_OF_ALL):
            raise _Damaged(f"the type of {name} is {number}, which is none")
        return _BYTES[number]

    def _name(self) -> str:
        length = self._count("the length of a name")
        if not 0 < length <= LONGEST_NAME:
            raise _Damaged(f"a name has {length:,} bytes")
        text = self._bytes(length, "a name")
        self._skip(_filled(length) - length, "a name")
        try:
            name = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Damaged(f"{text.decode('latin-1')!a} is no name") from error
        if "\0" in name:
            raise _Damaged(f"{name!a} is no name")
        return name

    # -------------------------------------------------------------- numbers and bytes

    def _count(self, what: str, most: int | None = -1) -> int:
        """A number that is no less than 0; of things that take a byte each, unless `most` is None.

        Numbers have 8 bytes in CDF-5 and 4 before.
        """
        number = self._number(8 if self._version == 5 else 4, what)
        if most is not None and number > self._size:
            raise _Damaged(f"{what}: {number:,} are more than fit into its {self._size:,} bytes")
        return number

    def _number(self, width: int, what: str) -> int:
        (number,) = struct.unpack(">I" if width == 4 else ">Q", self._bytes(width, what))
        return int(number)

    def _bytes(self, count: int, what: str) -> bytes:
        found = self._handle.read(count)
        if len(found) < count:
            raise _Damaged(f"it ends within {what}")
        return found

    def _skip(self, count: int, what: str) -> None:
        if count > self._size - self._handle.tell():
            raise _Damaged(f"it ends within {what}")
        self._handle.seek(count, os.SEEK_CUR)


def _check_apart(places: list[tuple[int, int, str]]) -> None:
    """Refuse places, each with its first byte, the byte after its last and a name, that overlap."""
    for (_, end, before), (begin, _, name) in pairwise(sorted(places)):
        if begin < end:
            other = f"its variable {before}" if before else "its header"
            raise _Damaged(f"its variable {name} lies on {other}")


def _filled(size: int) -> int:
    """A size with the bytes that fill it up to a multiple of four."""
    return size + -size % 4
