"""Values of rasters at points: the one reader for measured sites and for the cells of maps.

Every point is looked up on its own, by its own coordinates. So a site and the cell that holds it,
and the same cell in two tilings, get the same value to the last bit.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce as fold
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name, reason_of
from wco2_engine.files import existing_file
from wco2_engine.grid import (
    EDGE,
    GEOGRAPHIC,
    METRES_A_DEGREE,
    Cells,
    Grid,
    crs_text,
    parse_crs,
    project,
)
from wco2_engine.inputs.hdf5 import apart, in_hdf5_thread
from wco2_engine.inputs.opening import SETTINGS, names_of, open_raster, tags_of, units_of
from wco2_engine.inputs.timeaxis import TimeAxis, named_bands

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.signedinteger[Any]]
Resampling = Literal["nearest", "bilinear", "average", "mode", "min", "max"]
RESAMPLINGS: tuple[str, ...] = get_args(Resampling)
Result = TypeVar("Result")
Reducer = Callable[[Iterable[FloatArray]], FloatArray]  # of the values under each sub-point

MAX_WINDOW_PIXELS = 4_000_000  # read at once, so that memory does not follow the source's size
MAX_LOOKUPS = 2_000_000  # of sub-cell points at once, for the same reason
MAX_SUBCELLS = 16  # along one side of a cell
OPEN_FILES = 512  # in this process, where the system allows twice as many and more
MAX_COORDINATE, MIN_PIXEL = 1e12, 1e-9  # in units of any CRS
OPEN_BYTES = 128_000_000  # that open files hold, in this process, besides GDAL's blocks


@dataclass(frozen=True)
class Encoding:
    """How stored numbers become values where the file itself does not say, or says it wrong."""

    crs: str | None = None
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None


AS_STORED = Encoding()


@dataclass(frozen=True)
class RasterInfo:
    """What a raster says of itself."""

    path: str
    georeference: Grid
    count: int
    nodata: float | None
    scale: float
    offset: float
    time: TimeAxis
    south_up: bool  # whether it is stored with the southernmost row first
    masked: bool  # whether it has a mask or an alpha band
    units: str = ""  # as it states them
    dtype: str = ""  # of its pixels as stored


@dataclass(frozen=True, eq=False)
class Points:
    """Places to look up: coordinates `(n,)` in `crs`; `cell` is the size of the cells around them.

    With `cell` 0 the places are points without extent, and averages are those of the pixel.
    """

    x: FloatArray
    y: FloatArray
    crs: str
    cell: float = 0.0

    @classmethod
    def in_cells(cls, longitude: FloatArray, latitude: FloatArray, cells: Cells) -> Points:
        """The centres of the cells that hold geographic points."""
        x, y = cells.centres_of(*project(longitude, latitude, GEOGRAPHIC, cells.crs))
        return cls(x, y, cells.crs, cells.dx)

    def __len__(self) -> int:
        return len(self.x)


class Rasters:
    """Open raster files, a bounded number at a time. Belongs to one thread.

    Files stay open until others need their place: opening a file and finding its blocks takes as
    long as reading from it, or, with netCDF, twenty times as long.

    Parameters
    ----------
    readers : how many there are in this process at once, which share what may be open.
    most_block : bytes that a file's blocks may take; 0 for what `opening` allows.
    """

    def __init__(self, readers: int = 1, most_block: float = 0.0) -> None:
        self._open: OrderedDict[str, _Opened] = OrderedDict()
        self._most_files = max(1, min(OPEN_FILES, _descriptors() // 2) // readers)
        self._most_bytes = OPEN_BYTES // readers
        self._most_block = most_block
        self._held = 0
        self._settings: Any = None
        self._thread = 0

    def __enter__(self) -> Rasters:
        import rasterio

        # Once, and not for each file: making GDAL's settings takes longer than opening a raster.
        self._settings = rasterio.Env(**SETTINGS)
        self._settings.__enter__()
        self._thread = threading.get_ident()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            self._close_latest()
        self._thread = 0
        self._settings.__exit__(kind, error, trace)

    def info(self, path: str, encoding: Encoding) -> RasterInfo:
        """What the raster at a GDAL path says of itself, amended by the catalogue.

        Raises
        ------
        Wco2Error : when it can't be opened, has no CRS, is rotated, or has several variables.
        """
        return apart(path, lambda: _describe(path, self._dataset(path), encoding))

    def window(
        self,
        info: RasterInfo,
        band: int,
        row: int,
        column: int,
        height: int,
        width: int,
        places: IndexArray | None = None,
    ) -> FloatArray:
        """Values of a rectangle of pixels, scaled, NaN where missing; it may cross the seam.

        Parameters
        ----------
        places : of the pixels that are wanted, counted row by row; None for all of them.

        Returns
        -------
        `(height, width)`, or `(n_places,)`.

        Raises
        ------
        Wco2Error : when the file can't be read there, e.g. because it is truncated.
        """
        from rasterio.errors import RasterioError, RasterioIOError

        try:
            stored, mask = apart(
                info.path, lambda: self._pixels(info, band, row, column, height, width)
            )
        except (RasterioError, RasterioIOError, IndexError) as error:
            raise Wco2Error(
                f"{info.path}, band {band}, can't be read near row {row}: {reason_of(error)}.",
                "The file looks truncated or damaged: copy or download it again.",
            ) from error
        if places is not None:  # before anything is computed: often few of the pixels are wanted
            stored, mask = stored.ravel()[places], None if mask is None else mask.ravel()[places]
        return _decoded(stored, mask, info)

    def _pixels(
        self, info: RasterInfo, band: int, row: int, column: int, height: int, width: int
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Pixels as stored, north up, and which of them a mask hides."""
        from rasterio.windows import Window

        shape = info.georeference
        full = shape.period or shape.width
        first_row = shape.height - row - height if info.south_up else row
        dataset = self._dataset(info.path)
        pieces, masks = [], []
        while width > 0:
            first = column % full
            step = min(width, full - first)
            view = Window(first, first_row, step, height)
            pieces.append(dataset.read(band, window=view))
            if info.masked:
                masks.append(dataset.read_masks(band, window=view) == 0)
            column, width = column + step, width - step
        upward = -1 if info.south_up else 1
        mask = _side_by_side(masks)[::upward] if masks else None
        return _side_by_side(pieces)[::upward], mask

    def opens(self, path: str) -> bool:
        """Whether there is a raster at a GDAL path, for those that are no local files."""
        try:
            apart(path, lambda: self._dataset(path))
        except Wco2Error:
            return False
        return True

    def _dataset(self, path: str) -> Any:
        from rasterio.errors import RasterioError, RasterioIOError

        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path].dataset
        try:
            settled = in_hdf5_thread() or threading.get_ident() == self._thread
            dataset = open_raster(path, settled=settled, most_block=self._most_block)
        except (RasterioError, RasterioIOError) as error:
            raise _not_opened(path, error) from error
        opened = _Opened(dataset, _held_bytes(dataset))
        # Tile after tile, files are read in the same order: the latest one comes again last.
        while self._open and (
            len(self._open) >= self._most_files or self._held + opened.held > self._most_bytes
        ):
            self._close_latest()
        self._open[path] = opened
        self._held += opened.held
        return dataset

    def _close_latest(self) -> None:
        path, opened = self._open.popitem()
        self._held -= opened.held
        apart(path, opened.dataset.close)


@dataclass(frozen=True, eq=False)
class _Opened:
    dataset: Any
    held: int  # bytes


def _held_bytes(dataset: Any) -> int:
    """Roughly what an open file takes besides GDAL's blocks, by what was measured.

    A GeoTIFF holds the places of its blocks and the last one as it was stored; netCDF and HDF5 have
    caches of their own.
    """
    from rasterio.enums import Interleaving

    if dataset.driver not in ("GTiff", "COG") or not dataset.count:
        return 2_000_000
    height, width = dataset.block_shapes[0]
    together = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    block = height * width * np.dtype(dataset.dtypes[0]).itemsize * together
    return 50_000 + int(block) + 16 * (dataset.height * dataset.width // (height * width))


def _descriptors() -> int:
    """How many files the system lets this process open; Windows knows no limit that matters."""
    try:
        import resource
    except ImportError:
        return 2 * OPEN_FILES
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 2 * OPEN_FILES if allowed == resource.RLIM_INFINITY else allowed


class Sampler:
    """Looks rasters up at one set of points, and remembers where their pixels are."""

    def __init__(self, rasters: Rasters, points: Points) -> None:
        self._rasters = rasters
        self._points = points
        self._stencils: dict[tuple[Grid, str], list[_Stencil]] = {}

    def values(self, info: RasterInfo, band: int, resampling: Resampling) -> FloatArray:
        """Values `(n,)` at the points, NaN where the raster has none.

        A point or a cell's centre outside the raster is missing, and so it is, for nearest and
        bilinear, on a missing pixel. bilinear: missing neighbours have no weight, and beyond the
        centres of the outermost pixels their value goes on. average, mode, min and max: over the
        pixels that are not missing under a regular set of sub-points of the cell, as dense as the
        pixels but at most 16 x 16 (exact where pixels and cells share their edges).
        """
        key = (info.georeference, resampling)
        if key not in self._stencils:
            self._stencils[key] = _stencils(info.georeference, self._points, resampling)
        values = np.full(len(self._points), np.nan)
        for part in self._stencils[key]:
            pixels = self._rasters.window(info, band, *part.window, places=part.places)
            values[part.points] = part.combine(pixels.ravel())
        return values


@dataclass(frozen=True, eq=False)
class _Stencil:
    """The pixels that some of the points need, and how they become the points' values.

    Attributes
    ----------
    window : first row and column, height and width.
    places : of the pixels within the window, where each point takes a single one; None for all.
    combine : values of these pixels `(n_pixels,)` to those of the points.
    """

    points: IndexArray
    window: tuple[int, int, int, int]
    places: IndexArray | None
    combine: Callable[[FloatArray], FloatArray]


def _stencils(source: Grid, points: Points, resampling: Resampling) -> list[_Stencil]:
    if resampling == "bilinear":
        column, row = _source_pixels(source, points, 0.0, 0.0)
        lookups, held = 4, np.flatnonzero(~np.isnan(column))
        column, row = column[held], row[held]

        def build(chosen: IndexArray) -> _Stencil:
            return _bilinear(source, held[chosen], column[chosen], row[chosen])

        order = _compact_order(column, row)
    else:
        subcells = 1 if resampling == "nearest" else subcell_count(source, points)
        steps = (np.arange(subcells) + 0.5) / subcells - 0.5
        column, row = _source_pixels(source, points, 0.0, 0.0)
        lookups, held = subcells * subcells, np.flatnonzero(~np.isnan(column))
        reduce = _REDUCERS[resampling]

        column, row = column[held], row[held]

        def build(chosen: IndexArray) -> _Stencil:
            part = Points(points.x[held[chosen]], points.y[held[chosen]], points.crs, points.cell)
            places = (
                [(column[chosen], row[chosen])]
                if subcells == 1
                else [_source_pixels(source, part, dx, -dy) for dy in steps for dx in steps]
            )
            return _gathered(source, held[chosen], places, reduce)

        order = _compact_order(column, row)
    return _split(order, build, lookups) if order.size else []


def subcell_count(source: Grid, points: Points) -> int:
    """Sub-points along one side of a cell, so that they are as dense as the source's pixels."""
    geographic = parse_crs(points.crs).is_geographic
    if geographic == source.geographic:
        ratio = points.cell / min(source.dx, source.dy)
    else:
        ratio = points.cell * (METRES_A_DEGREE if geographic else 1.0) / source.size_m
    return min(MAX_SUBCELLS, max(1, math.ceil(ratio - 1e-3)))


def _split(
    order: IndexArray, build: Callable[[IndexArray], _Stencil], lookups: int
) -> list[_Stencil]:
    """One stencil, or one for each half where the whole would ask for too many pixels at once."""
    if order.size == 1 or order.size * lookups <= MAX_LOOKUPS:
        stencil = build(order)
        if order.size == 1 or stencil.window[2] * stencil.window[3] <= MAX_WINDOW_PIXELS:
            return [stencil]
    half = order.size // 2
    return _split(order[:half], build, lookups) + _split(order[half:], build, lookups)


def _compact_order(column: FloatArray, row: FloatArray) -> IndexArray:
    """An order whose halves are compact, so that a few far sites ask for few pixels."""
    return np.lexsort((column, np.floor(row / 64)))


def _source_pixels(
    source: Grid, points: Points, dx: float, dy: float
) -> tuple[FloatArray, FloatArray]:
    x = points.x + dx * points.cell
    y = points.y + dy * points.cell
    return source.pixel_coordinates(*project(x, y, points.crs, source.crs))


def _bilinear(source: Grid, chosen: IndexArray, column: FloatArray, row: FloatArray) -> _Stencil:
    left, top = np.floor(column - 0.5), np.floor(row - 0.5)
    to_right, to_bottom = column - 0.5 - left, row - 0.5 - top
    columns = [_column_index(source, left + k) for k in (0, 1)]
    rows = [np.clip(top + k, 0, source.height - 1).astype(np.int64) for k in (0, 1)]
    window = _window(source, np.stack(columns), np.stack(rows))
    places = [_places(source, window, rows[j], columns[i]) for j in (0, 1) for i in (0, 1)]
    weights = [
        (to_bottom if j else 1 - to_bottom) * (to_right if i else 1 - to_right)
        for j in (0, 1)
        for i in (0, 1)
    ]
    own_column = _column_index(source, np.floor(column))
    own_row = np.clip(np.floor(row), 0, source.height - 1).astype(np.int64)
    own = _places(source, window, own_row, own_column)
    if not to_right.any() and not to_bottom.any():  # cells are pixels: nothing to weigh
        return _Stencil(chosen, window, own, _as_they_are)

    def combine(pixels: FloatArray) -> FloatArray:
        total = np.zeros(chosen.size)
        weight_sum = np.zeros(chosen.size)
        for place, weight in zip(places, weights, strict=True):
            value = pixels[place]
            known = ~np.isnan(value)
            total += np.where(known, value * weight, 0.0)
            weight_sum += np.where(known, weight, 0.0)
        present = ~np.isnan(pixels[own])
        return np.divide(total, weight_sum, out=np.full(chosen.size, np.nan), where=present)

    return _Stencil(chosen, window, None, combine)


def _gathered(
    source: Grid,
    chosen: IndexArray,
    places: list[tuple[FloatArray, FloatArray]],
    reduce: Reducer,
) -> _Stencil:
    """A stencil that takes whole pixels under several sub-points of each cell."""
    outside = [np.isnan(column) for column, _ in places]
    columns = [_column_index(source, np.floor(np.nan_to_num(column))) for column, _ in places]
    rows = [
        np.clip(np.floor(np.nan_to_num(row)), 0, source.height - 1).astype(np.int64)
        for _, row in places
    ]
    inside = ~np.stack(outside)
    window = _window(source, np.stack(columns)[inside], np.stack(rows)[inside])
    beyond = window[2] * window[3]
    flat = [
        np.where(out, np.int32(beyond), _places(source, window, row, column))
        for row, column, out in zip(rows, columns, outside, strict=True)
    ]

    if reduce is _first:
        return _Stencil(chosen, window, flat[0], _as_they_are)

    def combine(pixels: FloatArray) -> FloatArray:
        padded = np.append(pixels, np.nan)
        return reduce(padded[place] for place in flat)

    return _Stencil(chosen, window, None, combine)


def _as_they_are(values: FloatArray) -> FloatArray:
    return values


def _side_by_side(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)


def _column_index(source: Grid, column: FloatArray) -> IndexArray:
    whole = column.astype(np.int64)
    return whole % source.period if source.period else np.clip(whole, 0, source.width - 1)


def _window(source: Grid, columns: IndexArray, rows: IndexArray) -> tuple[int, int, int, int]:
    """The smallest window (row, column, height, width) of all pixels; it may cross the seam."""
    top, bottom = int(rows.min()), int(rows.max())
    start, end = int(columns.min()), int(columns.max())
    if source.period:
        half = source.period // 2
        turned = (columns + half) % source.period
        if int(turned.max()) - int(turned.min()) < end - start:
            start, end = int(turned.min()) - half, int(turned.max()) - half
    return top, start, bottom - top + 1, end - start + 1


def _places(
    source: Grid, window: tuple[int, int, int, int], row: IndexArray, column: IndexArray
) -> IndexArray:
    """Where pixels lie in a window that was read and laid out row by row."""
    top, start, _, width = window
    places = (row - top) * width + (column - start) % (source.period or source.width)
    return places.astype(np.int32)  # half the memory, and no window has as many pixels


def _first(values: Iterable[FloatArray]) -> FloatArray:
    return next(iter(values))


def _average(values: Iterable[FloatArray]) -> FloatArray:
    total, count = np.zeros(()), np.zeros(())
    for value in values:
        known = ~np.isnan(value)
        total = total + np.where(known, value, 0.0)
        count = count + known
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _mode(values: Iterable[FloatArray]) -> FloatArray:
    """The most frequent value, the smallest one among equals."""
    stack = np.sort(np.stack(list(values)), axis=0)  # missing values sort to the end
    best, best_count = stack[0].copy(), np.zeros(stack.shape[1])
    run = np.zeros(stack.shape[1])
    previous = np.full(stack.shape[1], np.nan)
    for value in stack:
        run = np.where(value == previous, run + 1, np.where(np.isnan(value), 0.0, 1.0))
        better = run > best_count
        best, best_count = np.where(better, value, best), np.where(better, run, best_count)
        previous = value
    return best


_REDUCERS: dict[str, Reducer] = {
    "nearest": _first,
    "average": _average,
    "mode": _mode,
    "min": lambda values: fold(np.fmin, values),
    "max": lambda values: fold(np.fmax, values),
}


def is_local(path: str) -> bool:
    """Whether a path is one of this machine's, not a GDAL name such as /vsicurl/… or HDF4:…"""
    return not (path.startswith("/vsi") or "://" in path or re.match(r"\w\w+:", path))


def gdal_path(path: str, variable: str | None, folder: Path, what: str) -> str:
    """The GDAL name of a file, or of one variable in it.

    Raises
    ------
    Wco2Error : when a local file is not there.
    """
    full = str(existing_file(folder / Path(path).expanduser(), what)) if is_local(path) else path
    if variable is None:
        return full
    if full.lower().endswith((".h5", ".hdf5", ".he5")):
        return f'HDF5:"{full}"://{variable.lstrip("/")}'
    return f'NETCDF:"{full}":{variable}'


def _not_opened(path: str, error: Exception) -> Wco2Error:
    from rasterio.errors import RasterioError, RasterioIOError

    named = re.fullmatch(r'(?:NETCDF|HDF5):"(.*)":(?://)?([^"]*)', path)
    if named:
        try:
            with open_raster(named[1]) as whole:
                names = _variables(whole)
            return Wco2Error(
                f"{named[1]} has no variable '{named[2]}'.", nearest_name(named[2], names)
            )
        except (RasterioError, RasterioIOError, Wco2Error):
            pass  # then it is the file that can't be opened
    return Wco2Error(
        f"{path} can't be opened as a raster: {reason_of(error)}.",
        "Check that the file is whole, and that gdalinfo reads it.",
    )


def _variables(dataset: Any) -> list[str]:
    if dataset.count:
        return [tags_of(dataset, 1).get("NETCDF_VARNAME", "")]
    return [name.rsplit(":", 1)[-1].lstrip("/") for name in dataset.subdatasets]


def _describe(path: str, dataset: Any, encoding: Encoding) -> RasterInfo:
    from rasterio.enums import MaskFlags

    if dataset.count == 0:
        names = _variables(dataset)
        raise Wco2Error(
            f"{path} holds several variables and none is chosen."
            if names
            else f"{path} holds no raster.",
            f'Add variable = "{names[0]}"; there are {", ".join(names)}.' if names else "",
        )
    transform = dataset.transform
    if transform.is_identity:
        raise Wco2Error(
            f"{path} has no georeference: it does not say where its pixels lie.",
            "Name the file itself as path, and its variable: then its own coordinates are read. A "
            "picture without coordinates can't be placed on a map.",
        )
    if not all(abs(number) < MAX_COORDINATE for number in transform[:6]):  # NaN is not either
        raise Wco2Error(
            f"{path} states a georeference of impossible numbers: {tuple(transform[:6])}.",
            "The file is broken, or was written by a faulty program; download it again.",
        )
    skew, step = max(abs(transform.b), abs(transform.d)), min(transform.a, abs(transform.e))
    if skew > EDGE * step or step <= 0:
        raise Wco2Error(
            f"{path} is rotated: its rows do not run from west to east in its own CRS.",
            "Only grids whose rows and columns follow the axes of their CRS are read.",
        )
    if min(transform.a, abs(transform.e)) < MIN_PIXEL:
        raise Wco2Error(
            f"{path} states pixels of {transform.a:g} x {abs(transform.e):g}, which is too small "
            "for any place on Earth.",
            "The file is broken, or was written by a faulty program; download it again.",
        )
    scales, offsets = set(dataset.scales), set(dataset.offsets)
    if (len(scales) > 1 or len(offsets) > 1) and None in (encoding.scale, encoding.offset):
        raise Wco2Error(
            f"{path} has bands of different scale or offset.", "State scale and offset."
        )
    _check_one_source(path, dataset, encoding)
    scale = float(dataset.scales[0] if encoding.scale is None else encoding.scale)
    offset = float(dataset.offsets[0] if encoding.offset is None else encoding.offset)
    if not (math.isfinite(scale) and math.isfinite(offset) and scale):
        raise Wco2Error(
            f"{path}: scale {scale:g} and offset {offset:g} make no values of what is stored.",
            "State scale and offset in the catalogue.",
        )
    hidden = {MaskFlags.per_dataset, MaskFlags.alpha}
    return RasterInfo(
        path=path,
        georeference=Grid.of_pixels(
            crs=_crs_of(path, dataset, encoding),
            x0=transform.c,
            y0=max(transform.f, transform.f + transform.e * dataset.height),
            dx=transform.a,
            dy=abs(transform.e),
            width=dataset.width,
            height=dataset.height,
        ),
        count=dataset.count,
        nodata=dataset.nodata if encoding.nodata is None else encoding.nodata,
        scale=scale,
        offset=offset,
        time=named_bands(names_of(dataset)),
        south_up=transform.e > 0,
        masked=any(hidden.intersection(flags) for flags in dataset.mask_flag_enums),
        dtype=str(dataset.dtypes[0]),
        units=units_of(dataset)[0],
    )


def _check_one_source(path: str, dataset: Any, encoding: Encoding) -> None:
    """Refuse a scale of the catalogue beside an offset of the file, or the other way round."""
    for name, other, stated, plain in (
        ("scale", "offset", dataset.offsets[0], 0.0),
        ("offset", "scale", dataset.scales[0], 1.0),
    ):
        said = getattr(encoding, name)
        if said is not None and getattr(encoding, other) is None and stated != plain:
            raise Wco2Error(
                f"{path} states {other} {stated:g}, and the catalogue {name} = {said:g}: the two "
                "may not belong together.",
                f"Say both: add {other} = {stated:g} or {other} = {plain:g}; or leave {name} out.",
            )


def _crs_of(path: str, dataset: Any, encoding: Encoding) -> str:
    if encoding.crs is not None:
        return encoding.crs
    if dataset.crs:
        return crs_text(dataset.crs)
    stated = {value for key, value in tags_of(dataset).items() if key.endswith("#units")}
    # CF conventions, section 4: these units say that a coordinate is latitude or longitude.
    if "degrees_north" in stated and "degrees_east" in stated:
        return GEOGRAPHIC
    raise Wco2Error(
        f"{path} states no coordinate reference system.",
        f'If you know it, add it to the catalogue, e.g. crs = "{GEOGRAPHIC}".',
    )


def _decoded(stored: NDArray[Any], mask: NDArray[np.bool_] | None, info: RasterInfo) -> FloatArray:
    values = stored.astype(np.float64)
    missing = ~np.isfinite(values)
    if info.nodata is not None and not math.isnan(info.nodata):
        # A float32 file says -3.4e38 in its own precision, not in the tag's.
        narrow = stored.dtype == np.float32
        with np.errstate(over="ignore"):
            missing |= values == float(np.float32(info.nodata) if narrow else info.nodata)
    if mask is not None:
        missing |= mask
    if info.scale != 1.0 or info.offset != 0.0:
        values = values * info.scale + info.offset
    values[missing] = np.nan
    return values


def check_resampling(name: str, where: str) -> Resampling:
    """`name` when it is a way to resample; else a `Wco2Error`."""
    if name not in RESAMPLINGS:
        raise Wco2Error(f"{where}: unknown resampling '{name}'.", nearest_name(name, RESAMPLINGS))
    return name  # type: ignore[return-value]
