"""A variable in downloaded files as a series of planes, read right or refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.arrays import netcdf_layer, zarr_layer
from wco2_engine.downloads.dates import Stamp
from wco2_engine.downloads.formats import format_of
from wco2_engine.downloads.grib import grib_layer
from wco2_engine.downloads.grids import Curvilinear
from wco2_engine.downloads.intervals import Interval, check_name, intervals
from wco2_engine.downloads.layers import DAMAGE, Layer, check_size, damaged, grid_shape
from wco2_engine.downloads.rasters import raster_layer
from wco2_engine.downloads.reading import NamedFile, Reading, matching
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile
from wco2_engine.inputs.details import Quality
from wco2_engine.season import Month

Plane = NDArray[np.float32]
OPEN_FILES = 8  # of one series at a time
_SAME_CELL = 1e-2  # of a cell: how far coordinates of two files may differ


@dataclass(frozen=True)
class Step:
    """One plane of a series, and the time that it stands for.

    Attributes
    ----------
    begin, end : first day and the day after the last; None where the file has no time.
    month : the month that it is of; None for what is longer than a month or has no year.
    calendar_month : 1 to 12 for a step of a climatology.
    source, index : the file, and which step of it this is, from 0.
    """

    source: Path
    index: int
    begin: np.datetime64 | None = None
    end: np.datetime64 | None = None
    month: Month | None = None
    calendar_month: int | None = None

    @property
    def year(self) -> int | None:
        """The year that its middle lies in."""
        if self.month is not None:
            return self.month.year
        if self.begin is None or self.end is None:
            return None
        middle = self.begin + (self.end - self.begin) // 2
        return int(middle.astype("datetime64[Y]").astype(np.int64)) + 1970


class Series:
    """Planes of one variable, from one file or many. Belongs to one thread.

    Attributes
    ----------
    units : as the files state them; None where they don't.
    grid : of all its planes.
    steps : by time.
    attributes : what the first file says of the variable.
    block : how many steps, rows and columns are stored together, and so inflated together.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        quality: Sequence[Layer],
        steps: Sequence[Step],
        reading: Reading,
        where: str,
    ) -> None:
        self._layers = {layer.path: layer for layer in layers}
        self._quality = {layer.path: layer for layer in quality}
        self._reading = reading
        self._where = where
        self._open: OrderedDict[Path, None] = OrderedDict()
        first = layers[0]
        self.units: str | None = first.units
        self.grid: Grid | Curvilinear = first.grid
        self.steps: tuple[Step, ...] = tuple(steps)
        self.attributes: Mapping[str, Any] = first.attributes
        self.block: tuple[int, int, int] = first.block

    def __enter__(self) -> Series:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self._layers)

    def plane(self, step: Step, part: Tile | None = None) -> Plane:
        """Values `(height, width)`, north row first, NaN where missing, in the file's units.

        Parameters
        ----------
        part : of the grid; all of it where None.

        Raises
        ------
        Wco2Error : when the file is damaged, or holds numbers that nobody explained.
        """
        plane: Plane = self.planes([step], part)[0]
        return plane

    def planes(self, steps: Sequence[Step], part: Tile | None = None) -> Plane:
        """Values `(steps, height, width)`; steps of one file that lie together are read at once.

        So a block that several of them share is read and inflated once.
        """
        height, width = grid_shape(self.grid)
        part = part or Tile(0, 0, height, width)
        check_size(len(steps) * part.height * part.width, self._where)
        values = np.empty((len(steps), part.height, part.width), np.float32)
        for path in dict.fromkeys(step.source for step in steps):
            places = [k for k, step in enumerate(steps) if step.source == path]
            layer = self._layers[path]
            self._opened(path)
            try:
                stored = layer.stored([steps[k].index for k in places], part)
            except DAMAGE as error:
                raise damaged(path, error, f", {_step_name(steps[places[0]])},") from error
            for k, alternatives in zip(places, stored, strict=True):
                values[k] = self._decoded(layer, alternatives, steps[k])
            if self._reading.quality is not None:
                self._judge(self._reading.quality, values, places, steps, part)
        return values

    def close(self) -> None:
        """Close the files; they are opened again where they are needed."""
        for layer in (*self._layers.values(), *self._quality.values()):
            layer.close()
        self._open.clear()

    def _opened(self, path: Path) -> None:
        self._open[path] = None
        self._open.move_to_end(path)
        while len(self._open) > OPEN_FILES:
            oldest, _ = self._open.popitem(last=False)
            self._layers[oldest].close()
            if oldest in self._quality:
                self._quality[oldest].close()

    def _decoded(self, layer: Layer, alternatives: NDArray[Any], step: Step) -> Plane:
        what = f"{self._where}: {layer.path}, {_step_name(step)},"
        values = layer.decoding(alternatives[0], what)
        for other in alternatives[1:]:
            decoded = layer.decoding(other, what)
            values = np.where(np.isnan(values), decoded, values)
        return values

    def _judge(
        self,
        quality: Quality,
        values: Plane,
        places: Sequence[int],
        steps: Sequence[Step],
        part: Tile,
    ) -> None:
        """Take out what the quality layer does not vouch for."""
        layer = self._quality[steps[places[0]].source]
        stored = layer.stored([steps[k].index for k in places], part)[:, 0]
        for k, marks in zip(places, stored, strict=True):
            found = marks
            if quality.bits is not None:
                if marks.dtype.kind not in "iu":
                    raise Wco2Error(f"{self._where}: its quality is {marks.dtype}: it has no bits.")
                first, count = quality.bits
                found = (marks.astype(np.int64) >> first) & ((1 << count) - 1)
            values[k][~matching(found, quality.keep)] = np.nan


def open_series(files: Sequence[Path | NamedFile], reading: Reading, where: str) -> Series:
    """A variable in files as a series of planes.

    Parameters
    ----------
    files : one or many; the names of `NamedFile` say what time they are of, where files do not.
    where : who asks, for messages: "catalogue.toml: predictor 'snow'".

    Raises
    ------
    Wco2Error : when a file can't be read, lacks the variable, contradicts its name, the catalogue
        or another file, or holds a time that another one holds too.
    """
    if not files:
        raise Wco2Error(f"{where} has no files.")
    named = [file if isinstance(file, NamedFile) else NamedFile(Path(file)) for file in files]
    layers: list[Layer] = []
    try:
        return _series(named, reading, where, layers)
    except BaseException:
        for layer in layers:
            layer.close()
        raise


def _series(
    named: Sequence[NamedFile], reading: Reading, where: str, layers: list[Layer]
) -> Series:
    """What `open_series` gives; every layer that was opened is added to `layers`."""
    found: list[tuple[Layer, int, Stamp]] = []
    values: list[Layer] = []
    for file in named:
        layer = open_layer(file, reading, where)
        layers.append(layer)
        if len(named) > 1:
            layer.close()
        if values:
            _check_alike(values[0], layer, where)
        values.append(layer)
        kept = check_name(layer.stamps, file, reading, f"{where}: {file.path}")
        found.extend((layer, k, stamp) for k, stamp in enumerate(kept) if stamp is not None)
    times = intervals([stamp for _, _, stamp in found], reading)
    steps = [
        Step(layer.path, index, *time) for (layer, index, _), time in zip(found, times, strict=True)
    ]
    _check_doubles(steps, [stamp for _, _, stamp in found], where)
    order = sorted(range(len(steps)), key=lambda k: _order(steps[k], found[k][2]))
    quality = _quality_layers(named, reading, values[0], where)
    return Series(values, quality, [steps[k] for k in order], reading, where)


def open_layer(file: NamedFile, reading: Reading, where: str) -> Layer:
    """The variable of one file, by what kind of file it is."""
    kind = format_of(file.path, where)
    try:
        if kind == "netcdf":
            return netcdf_layer(file, reading, where)
        if kind == "zarr":
            return zarr_layer(file, reading, where)
        if kind == "grib":
            return grib_layer(file, reading, where)
        return raster_layer(file, reading, where)
    except ImportError as error:
        raise Wco2Error(
            f"{where}: {file.path} can't be read here, as the library {error.name} is missing.",
            f"Install it (pip install {error.name}). In QGIS, let the plugin run the engine in its "
            "own Python: 'Set up the engine'.",
        ) from error
    except DAMAGE as error:
        raise damaged(file.path, error) from error


def _quality_layers(
    files: Sequence[NamedFile], reading: Reading, first: Layer, where: str
) -> list[Layer]:
    quality = reading.quality
    if quality is None:
        return []
    asked = Reading(
        variable=quality.variable or reading.variable,
        band=quality.band,
        select=reading.select,
        crs=reading.crs,
        bands=reading.bands,
        overrule=frozenset({"units", "valid", "scale", *reading.overrule}),
        scale=1.0,
        offset=0.0,
    )
    layers = []
    for file in files:
        layer = open_layer(file, asked, f"{where}: quality")
        if len(files) > 1:
            layer.close()
        if layer.shape != first.shape:
            raise Wco2Error(
                f"{where}: {file.path}: the quality layer has {layer.shape[0]} x {layer.shape[1]} "
                f"cells, and the values {first.shape[0]} x {first.shape[1]}."
            )
        layers.append(layer)
    return layers


def _check_alike(first: Layer, other: Layer, where: str) -> None:
    """Refuse a file on another grid or in another unit than the first."""
    same = (
        _same_grid(first.grid, other.grid)
        if isinstance(first.grid, Grid) and isinstance(other.grid, Grid)
        else _same_middles(first.grid, other.grid)
    )
    if not same:
        raise Wco2Error(
            f"{where}: {other.path} lies on another grid than {first.path}: {_shown(other.grid)}, "
            f"and {_shown(first.grid)}.",
            "Give each grid a path of its own, or leave out files of another extent or version.",
        )
    if first.units != other.units:
        raise Wco2Error(
            f"{where}: {first.path} is in {first.units or 'no units'}, and {other.path} in "
            f"{other.units or 'no units'}.",
            'If the units of all are known, say them, with overrule = ["units"].',
        )


def _same_grid(first: Grid, other: Grid) -> bool:
    if first.shape != other.shape:
        return False
    cell = _SAME_CELL * min(first.dx, first.dy)
    near = all(abs(a - b) < cell for a, b in zip(first.bounds, other.bounds, strict=True))
    return near and (first.crs == other.crs or _in_crs_of(first, other).is_like(first))


def _in_crs_of(first: Grid, other: Grid) -> Grid:
    """The first grid's cells in the other one's CRS, to compare these alone."""
    return replace(first, cells=replace(first.cells, crs=other.crs))


def _same_middles(first: Grid | Curvilinear, other: Grid | Curvilinear) -> bool:
    if not (isinstance(first, Curvilinear) and isinstance(other, Curvilinear)):
        return False
    if first.longitude.shape != other.longitude.shape:
        return False
    same_x = np.allclose(first.longitude, other.longitude, rtol=0, atol=1e-3, equal_nan=True)
    same_y = np.allclose(first.latitude, other.latitude, rtol=0, atol=1e-3, equal_nan=True)
    return bool(same_x and same_y)


def _shown(grid: Grid | Curvilinear) -> str:
    if isinstance(grid, Grid):
        return repr(grid)
    height, width = grid.longitude.shape
    return f"{height} x {width} cells known by their longitude and latitude"


def _check_doubles(steps: Sequence[Step], stamps: Sequence[Stamp], where: str) -> None:
    """Refuse two planes of the same time, and several planes without any."""
    seen: dict[Any, Step] = {}
    for step, stamp in zip(steps, stamps, strict=True):
        other = seen.setdefault(_identity(step, stamp), step)
        if other is step:
            continue
        if step.begin is None and step.calendar_month is None:
            raise Wco2Error(
                f"{where}: {other.source} and {step.source} have no time that tells them apart.",
                "Name the year or month in the path, or one file only.",
            )
        if other.source == step.source:
            raise Wco2Error(
                f"{where}: {step.source} has {_step_name(step)} twice, as steps {other.index + 1} "
                f"and {step.index + 1}.",
                "Choose one with select, or leave the file out.",
            )
        raise Wco2Error(
            f"{where}: {_step_name(step)} is in {other.source} and in {step.source}.",
            "Leave one of them out of the path.",
        )


def _identity(step: Step, stamp: Stamp) -> Any:
    """What no two steps may share: a month or day; the instant, of several within a day."""
    if step.calendar_month is not None:
        return step.calendar_month
    if step.begin is None or step.end is None:
        return None
    a_day = step.end - step.begin == np.timedelta64(1, "D")
    instant = round(stamp.at.days, 4) if a_day and stamp.at is not None else None
    day = str(stamp.at) if instant is not None else None  # a 30 February is a day of its own
    return step.begin, step.end, instant, day


def _order(step: Step, stamp: Stamp) -> tuple[int, float, int, int]:
    if step.begin is not None and step.calendar_month is None:
        at = stamp.at.days if stamp.at is not None else 0.0
        return 1, float(step.begin.astype(np.int64)), round(at * 1e4), step.index
    return 0, step.calendar_month or 0, 0, step.index


def _step_name(step: Step) -> str:
    if step.calendar_month is not None:
        return f"month {step.calendar_month}"
    if step.begin is None or step.end is None:
        return f"step {step.index + 1}"
    if step.month is not None and (step.end - step.begin) > np.timedelta64(26, "D"):
        return str(step.month)
    last = step.end - np.timedelta64(1, "D")
    return str(step.begin) if last == step.begin else f"{step.begin} to {last}"


__all__ = ["Curvilinear", "Interval", "NamedFile", "Reading", "Series", "Step", "open_series"]
