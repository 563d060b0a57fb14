"""Messages of GRIB, as the Climate Data Store sends them, read by ecCodes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.dates import Date, Stamp, month_of
from wco2_engine.downloads.decoding import decoding
from wco2_engine.downloads.grids import Coordinates, Placement, place
from wco2_engine.downloads.layers import Layer, check_size, damaged, placed_part, turned
from wco2_engine.downloads.quantities import agreed_units
from wco2_engine.downloads.reading import FIRST, NamedFile, Reading
from wco2_engine.downloads.times import named_stamp
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.grid import Tile
from wco2_engine.inputs.grib import eccodes
from wco2_engine.inputs.hdf5 import apart

MOST_MESSAGES = 1_000_000
MISSING = 1e34  # what ecCodes is asked to write for a missing value
# Streams of monthly means, in which accumulations are per day though their units do not say so.
_MONTHLY = ("moda", "mnth", "edmo", "edmm")
_ACCUMULATED = ("accum", "avgad", "avgas")
# Parameters of ECMWF that are accumulated: precipitation, snow, runoff, fluxes, radiation.
_ACCUMULATIONS = frozenset(
    (*range(142, 148), 169, *range(175, 183), 8, 9, 205, 228, 44, 45, 50, 57, 58, 239, 240)
)
_AXES = (
    ("typeOfLevel", "typeOfLevel"),
    ("level", "level"),
    ("number", "number"),
    ("expver", "experimentVersionNumber"),
)
_KEYS = (
    *("shortName", "cfVarName", "name", "paramId", "units", "stepType", "stream", "gridType"),
    *("dataDate", "dataTime", "startStep", "endStep", "md5GridSection"),
    *(key for _, key in _AXES),
)


@dataclass(frozen=True)
class _Message:
    """Where a message lies in its file, and what its header says."""

    offset: int
    length: int
    keys: Mapping[str, Any] = field(default_factory=dict)

    def axis(self, name: str) -> Any:
        return self.keys.get(dict(_AXES)[name])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(
            str(self.keys[k])
            for k in ("shortName", "cfVarName", "name", "paramId")
            if self.keys.get(k) not in (None, "unknown")
        )

    def stamp(self) -> Stamp:
        """The middle of what the message is of, or its instant."""
        text = str(self.keys["dataDate"]).zfill(8)
        year, month, day = int(text[:-4]), int(text[-4:-2]), max(1, int(text[-2:]))
        hours = int(self.keys.get("dataTime") or 0) / 100
        first, last = (int(self.keys.get(k) or 0) for k in ("startStep", "endStep"))
        monthly = self.keys.get("stream") in _MONTHLY
        hours += 0 if monthly else (first + last) / 2
        start = Date(year, month, day).real_day
        moved = start + np.timedelta64(int(hours // 24), "D")
        at = month_of(moved)
        first_day = Date(*at).real_day
        number = int((moved - first_day).astype(int)) + 1
        return Stamp(Date(at.year, at.month, number + hours % 24 / 24))


def grib_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A variable in a GRIB file, by its short name ("2t"), name or number.

    Raises
    ------
    Wco2Error : when the file is damaged, lacks the variable, or contradicts the catalogue.
    """
    return apart(str(named.path), lambda: _layer(named, reading, where))


def _layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    what = f"{where}: {named.path}"
    messages = _chosen(list(_messages(named.path, where)), reading, what)
    first = messages[0]
    what = f"{what}, {first.keys['shortName']}"
    if len({m.keys.get("md5GridSection") for m in messages}) > 1:
        raise Wco2Error(
            f"{what} is there on several grids.", "Name files of one grid and extent each."
        )
    moments: dict[Stamp, list[_Message]] = {}
    for message in messages:
        moments.setdefault(message.stamp(), []).append(message)
    stamps = sorted(moments, key=lambda stamp: stamp.at.days if stamp.at else 0.0)
    groups = [sorted(moments[s], key=lambda m: str(m.axis("expver"))) for s in stamps]
    _check_alternatives(groups, stamps, reading, what)
    with _handle(named.path, first) as (library, handle):
        shape, coordinates, order = _coordinates(library, handle, what)
    placement: Placement = place(coordinates, reading, what)
    flips = (placement.flip_rows, placement.flip_columns)
    attributes = _attributes(first)
    units = agreed_units(attributes, named.path.name, reading, what)
    most = max(map(len, groups))

    def stored(steps: Sequence[int], part: Tile) -> NDArray[Any]:
        check_size(len(steps) * most * shape[0] * shape[1], what)
        rows, columns = placed_part(part, shape, flips)

        def read() -> NDArray[Any]:
            planes = np.full((len(steps), most, part.height, part.width), np.nan)
            for k, step in enumerate(steps):
                for n, message in enumerate(groups[step]):
                    with _handle(named.path, message) as (library, handle):
                        plane = _values(library, handle, shape, order, named.path)
                    planes[k, n] = plane[rows, columns]
            return planes

        return turned(apart(str(named.path), read), flips)

    unstamped = named.begin is not None and "time" in reading.overrule and len(stamps) == 1
    return Layer(
        path=named.path,
        grid=placement.grid,
        stamps=(named_stamp(named),) if unstamped else tuple(stamps),
        decoding=decoding(attributes, np.dtype(np.float64), units, reading, what),
        units=units,
        block=(1, *shape),
        stored=stored,
        close=lambda: None,
        attributes=attributes,
    )


def _messages(path: Path, where: str) -> Iterator[_Message]:
    """All messages of a file, by their headers alone."""
    library = eccodes()
    size = path.stat().st_size
    with path.open("rb") as file:
        for count in itertools.count(1):
            if count > MOST_MESSAGES:
                raise Wco2Error(f"{where}: {path} has more than {MOST_MESSAGES} messages.")
            try:
                handle = library.codes_grib_new_from_file(file, headers_only=True)
            except library.CodesInternalError as error:
                raise damaged(path, error, f", message {count},") from error
            if handle is None:
                return
            try:
                keys = {key: _get(library, handle, key) for key in _KEYS}
                offset = int(library.codes_get(handle, "offset"))
                length = int(library.codes_get(handle, "totalLength"))
            finally:
                library.codes_release(handle)
            if offset + length > size:
                raise damaged(path, EOFError("it ends within a message"), f", message {count},")
            yield _Message(offset, length, keys)
            file.seek(offset + length)


def _get(library: Any, handle: Any, key: str) -> Any:
    try:
        value = library.codes_get(handle, key)
    except library.CodesInternalError:
        return None  # this edition or table has no such key
    return value


@contextmanager
def _handle(path: Path, message: _Message) -> Iterator[tuple[Any, Any]]:
    library = eccodes()
    with path.open("rb") as file:
        file.seek(message.offset)
        whole = file.read(message.length)
    try:
        handle = library.codes_new_from_message(whole)
    except library.CodesInternalError as error:
        raise damaged(path, error) from error
    try:
        yield library, handle
    except library.CodesInternalError as error:
        raise damaged(path, error, f", {message.keys.get('shortName')},") from error
    finally:
        library.codes_release(handle)


def _chosen(messages: list[_Message], reading: Reading, what: str) -> list[_Message]:
    """The messages of the variable asked for, at the level asked for."""
    if not messages:
        raise Wco2Error(f"{what} holds no message.", "Download it again.")
    known = {str(m.keys["shortName"]): str(m.keys["name"]) for m in messages}
    listed = ", ".join(f"{short} ({name})" for short, name in list(known.items())[:20])
    if reading.variable is None:
        if len(known) > 1:
            raise Wco2Error(
                f"{what} holds several variables and none is chosen.",
                f'Add variable = "{next(iter(known))}"; there are {listed}.',
            )
        found = messages
    else:
        found = [m for m in messages if reading.variable in m.names]
        if not found:
            every = {name for m in messages for name in m.names if not name.isdigit()}
            raise Wco2Error(
                f"{what} has no variable '{reading.variable}'; there are {listed}.",
                nearest_name(reading.variable, every),
            )
    for name, wanted in reading.select.items():
        if name not in dict(_AXES):
            raise Wco2Error(
                f"{what}: select: GRIB has no '{name}'.", nearest_name(name, dict(_AXES))
            )
        if wanted in FIRST:
            continue
        there = {str(m.axis(name)) for m in found}
        found = [m for m in found if _same(m.axis(name), wanted)]
        if not found:
            raise Wco2Error(
                f"{what} has no {name} = {wanted}; there are {', '.join(sorted(there)[:20])}.",
                "Correct select.",
            )
    return found


def _same(value: Any, wanted: float | str) -> bool:
    if isinstance(wanted, str):
        return str(value) == wanted or str(value).lstrip("0") == wanted.lstrip("0")
    try:
        return float(value) == wanted
    except (TypeError, ValueError):
        return False


def _check_alternatives(
    groups: Sequence[Sequence[_Message]], stamps: Sequence[Stamp], reading: Reading, what: str
) -> None:
    """Refuse several messages of one time, unless they are a final and a preliminary version."""
    for group, stamp in zip(groups, stamps, strict=True):
        if len(group) == 1:
            continue
        differing = [
            name
            for name, _ in _AXES
            if len({str(m.axis(name)) for m in group}) > 1 and reading.select.get(name) not in FIRST
        ]
        others = [name for name in differing if name != "expver"]
        if others:
            name = others[-1]
            values = sorted({str(m.axis(name)) for m in group})
            raise Wco2Error(
                f"{what} has {len(group)} messages of {stamp}, of {name} {', '.join(values[:12])}.",
                f"Choose one, e.g. select = {{ {name} = {values[0]} }}.",
            )
        chosen = [n for n, _ in _AXES if len({str(m.axis(n)) for m in group}) > 1]
        if not chosen:
            raise Wco2Error(
                f"{what} has {stamp} twice.", "Download the file again, or leave it out."
            )


def _attributes(message: _Message) -> dict[str, Any]:
    keys = message.keys
    units = str(keys.get("units") or "")
    monthly = keys.get("stream") in _MONTHLY
    parameter = int(keys["paramId"]) if str(keys.get("paramId", "")).isdigit() else 0
    kind = str(keys.get("stepType") or "")
    daily = monthly and (kind in _ACCUMULATED or parameter in _ACCUMULATIONS)
    return {
        "units": "" if units in ("unknown", "~") else units,
        "long_name": str(keys.get("name") or ""),
        "GRIB_shortName": str(keys.get("shortName") or ""),
        "GRIB_stepType": "avgad" if daily else kind,
        "missing_value": MISSING,
    }


def _coordinates(
    library: Any, handle: Any, what: str
) -> tuple[tuple[int, int], Coordinates, tuple[bool, bool]]:
    """Rows and columns, where they lie, and whether points run along columns or to and fro."""
    kind = str(library.codes_get(handle, "gridType"))
    count = int(library.codes_get(handle, "numberOfPoints"))
    check_size(count, what)

    def key(name: str) -> int:
        value = _get(library, handle, name)
        return int(value) if value is not None else 0

    order = (bool(key("jPointsAreConsecutive")), bool(key("alternativeRowScanning")))
    width, height = key("Ni") or key("Nx"), key("Nj") or key("Ny")
    if kind in ("regular_ll", "regular_gg") and width * height == count:
        first, last = (
            float(library.codes_get(handle, f"longitudeOf{end}GridPointInDegrees"))
            for end in ("First", "Last")
        )
        backward = bool(key("iScansNegatively"))
        span = (first - last if backward else last - first) % 360.0
        step = span / (width - 1) if width > 1 else 1.0
        x = first + np.arange(width, dtype=np.float64) * (-step if backward else step)
        if kind == "regular_gg":
            y = np.asarray(library.codes_get_array(handle, "distinctLatitudes"))
            y = np.sort(y)[:: 1 if key("jScansPositively") else -1]
        else:
            ends = [
                float(library.codes_get(handle, f"latitudeOf{end}GridPointInDegrees"))
                for end in ("First", "Last")
            ]
            y = np.linspace(ends[0], ends[1], height)
        return (
            (height, width),
            Coordinates((height, width), x, y.astype(np.float64), geographic=True),
            order,
        )
    longitude = np.asarray(library.codes_get_array(handle, "longitudes"), np.float64)
    latitude = np.asarray(library.codes_get_array(handle, "latitudes"), np.float64)
    longitude = (longitude + 180.0) % 360.0 - 180.0
    shape = (height, width) if width * height == count else (1, count)
    if shape[0] == 1:
        order = (False, False)
    found = Coordinates(
        shape,
        longitude=_arranged(longitude, shape, order),
        latitude=_arranged(latitude, shape, order),
    )
    return shape, found, order


def _values(
    library: Any, handle: Any, shape: tuple[int, int], order: tuple[bool, bool], path: Path
) -> NDArray[np.float64]:
    library.codes_set(handle, "missingValue", MISSING)
    values = np.asarray(library.codes_get_values(handle), np.float64)
    if values.size != shape[0] * shape[1]:
        raise damaged(path, ValueError(f"{values.size} values on a grid of {shape}"))
    return _arranged(values, shape, order)


def _arranged(
    values: NDArray[np.float64], shape: tuple[int, int], order: tuple[bool, bool]
) -> NDArray[np.float64]:
    along_columns, to_and_fro = order
    plane = values.reshape(shape[::-1] if along_columns else shape)
    if to_and_fro:
        plane = plane.copy()
        plane[1::2] = plane[1::2, ::-1]
    return plane.T if along_columns else plane
