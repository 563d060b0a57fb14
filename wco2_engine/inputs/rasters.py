"""Values of rasters at points: the one reader for measured sites and for the cells of maps.

Every point is looked up on its own, by its own coordinates. So a site and the cell that holds it,
and the same cell in two tilings, get the same value to the last bit.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import existing_file
from wco2_engine.grid import GEOGRAPHIC, Cells, parse_crs, project
from wco2_engine.inputs.timeaxis import months_of_axis
from wco2_engine.season import Month

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
Resampling = Literal["nearest", "bilinear", "average", "mode", "min", "max"]
RESAMPLINGS: tuple[str, ...] = get_args(Resampling)

MAX_WINDOW_PIXELS = 4_000_000  # read at once, so that memory does not follow the source's size
MAX_LOOKUPS = 8_000_000  # of sub-cell points at once, for the same reason
MAX_SUBCELLS = 16  # along one side of a cell
OPEN_FILES = 48
METRES_A_DEGREE = 111_319.5
_EDGE = 1e-6  # of a pixel: nearer than this, a point lies on the pixel's edge

# libnetcdf and libhdf5 are not made for threads, and GDAL guards each by a lock of its own only.
_HDF5_LOCK = threading.RLock()


@dataclass(frozen=True)
class Georeference:
    """Where the pixels of a north-up or south-up raster lie.

    `x0`, `y0` are the outer corner of the first pixel, `dx`, `dy` the steps to the next one; `dy`
    is negative where the first row is the northernmost.
    """

    crs: str
    x0: float
    y0: float
    dx: float
    dy: float
    width: int
    height: int

    @property
    def geographic(self) -> bool:
        return bool(parse_crs(self.crs).is_geographic)

    @property
    def turn(self) -> float:
        """Pixels in 360 degrees of longitude; 0 for a projected raster."""
        if not self.geographic:
            return 0.0
        turn = 360.0 / self.dx
        return float(self.width) if abs(turn - self.width) < 0.01 else turn

    @property
    def wraps(self) -> bool:
        """Whether the last column's eastern neighbour is the first column."""
        return self.turn == self.width

    @property
    def metres(self) -> float:
        """The rough size of a pixel, to compare it with that of a cell."""
        return min(abs(self.dx), abs(self.dy)) * (METRES_A_DEGREE if self.geographic else 1.0)

    def pixel_coordinates(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Columns and rows as fractions, NaN where a point lies outside the raster."""
        column, row = (x - self.x0) / self.dx, (y - self.y0) / self.dy
        column, row = _snapped(column), _snapped(row)
        if self.geographic:
            column = _snapped(column % self.turn)
            column = np.where(column >= self.turn, column - self.turn, column)
        inside = (column >= 0) & (column <= self.width) & (row >= 0) & (row <= self.height)
        return np.where(inside, column, np.nan), np.where(inside, row, np.nan)


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
    georeference: Georeference
    count: int
    nodata: float | None
    scale: float
    offset: float
    units: str
    months: Mapping[Month, int] = field(compare=False)  # band by date, where there is a time axis
    calendar_months: Mapping[int, int] = field(compare=False)  # band by month 1 to 12, likewise
    steps_per_month: int = 1


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
        x, y = cells.holding(*project(longitude, latitude, GEOGRAPHIC, cells.crs))
        return cls(x, y, cells.crs, cells.resolution)

    def __len__(self) -> int:
        return len(self.x)


class Rasters:
    """Open raster files, a bounded number at a time. Belongs to one thread."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Any] = OrderedDict()

    def __enter__(self) -> Rasters:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _HDF5_LOCK:
            while self._open:
                self._open.popitem()[1].close()

    def info(self, path: str, encoding: Encoding) -> RasterInfo:
        """What the raster at a GDAL path says of itself, amended by the catalogue.

        Raises
        ------
        Wco2Error : when it can't be opened, has no CRS, is rotated, or has several variables.
        """
        with _guard(path):
            return _describe(path, self._dataset(path), encoding)

    def window(
        self, info: RasterInfo, band: int, row: int, column: int, height: int, width: int
    ) -> FloatArray:
        """Values of a rectangle of pixels, scaled, NaN where missing; it may cross the seam.

        Raises
        ------
        Wco2Error : when the file can't be read there, e.g. because it is truncated.
        """
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        full = info.georeference.width
        pieces = []
        try:
            with _guard(info.path):
                dataset = self._dataset(info.path)
                while width > 0:
                    first = column % full
                    step = min(width, full - first)
                    view = Window(first, row, step, height)
                    stored = dataset.read(band, window=view)
                    mask = _own_mask(dataset, band, view)
                    pieces.append(_decoded(stored, mask, info))
                    column, width = column + step, width - step
        except (RasterioError, IndexError) as error:
            raise Wco2Error(
                f"{info.path}, band {band}, can't be read near row {row}: {_first_line(error)}.",
                "The file looks truncated or damaged: copy or download it again.",
            ) from error
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def _dataset(self, path: str) -> Any:
        import rasterio
        from rasterio.errors import RasterioError

        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        try:
            dataset = rasterio.open(path)
        except RasterioError as error:
            raise Wco2Error(
                f"{path} can't be opened as a raster: {_first_line(error)}.",
                "Check that the file is whole, and that gdalinfo reads it.",
            ) from error
        self._open[path] = dataset
        if len(self._open) > OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        return dataset


class Sampler:
    """Looks rasters up at one set of points, and remembers where their pixels are."""

    def __init__(self, rasters: Rasters, points: Points) -> None:
        self._rasters = rasters
        self._points = points
        self._stencils: dict[tuple[Georeference, str], list[_Stencil]] = {}

    def values(self, info: RasterInfo, band: int, resampling: Resampling) -> FloatArray:
        """Values `(n,)` at the points, NaN where the raster has none.

        bilinear: a point is missing where the pixel that holds it is; missing neighbours have no
        weight. average, mode, min and max: over the pixels under a regular set of sub-points of
        the cell, as dense as the pixels (exact where pixels and cells share their edges).
        """
        key = (info.georeference, resampling)
        if key not in self._stencils:
            self._stencils[key] = _stencils(info.georeference, self._points, resampling)
        values = np.full(len(self._points), np.nan)
        for part in self._stencils[key]:
            pixels = self._rasters.window(info, band, *part.window).ravel()
            values[part.points] = part.combine(pixels)
        return values


@dataclass(frozen=True, eq=False)
class _Stencil:
    """The pixels that some of the points need: a window, and for each point places within it."""

    points: IndexArray
    window: tuple[int, int, int, int]
    combine: Callable[[FloatArray], FloatArray]


def _stencils(source: Georeference, points: Points, resampling: Resampling) -> list[_Stencil]:
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

        def build(chosen: IndexArray) -> _Stencil:
            part = Points(points.x[held[chosen]], points.y[held[chosen]], points.crs, points.cell)
            places = [_source_pixels(source, part, dx, -dy) for dy in steps for dx in steps]
            return _gathered(source, held[chosen], places, reduce)

        order = _compact_order(column[held], row[held])
    return _split(order, build, lookups) if order.size else []


def subcell_count(source: Georeference, points: Points) -> int:
    """Sub-points along one side of a cell, so that they are as dense as the source's pixels."""
    geographic = parse_crs(points.crs).is_geographic
    if geographic == source.geographic:
        ratio = points.cell / min(abs(source.dx), abs(source.dy))
    else:
        ratio = points.cell * (METRES_A_DEGREE if geographic else 1.0) / source.metres
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
    source: Georeference, points: Points, dx: float, dy: float
) -> tuple[FloatArray, FloatArray]:
    x = points.x + dx * points.cell
    y = points.y + dy * points.cell
    return source.pixel_coordinates(*project(x, y, points.crs, source.crs))


def _bilinear(
    source: Georeference, chosen: IndexArray, column: FloatArray, row: FloatArray
) -> _Stencil:
    left, top = np.floor(column - 0.5), np.floor(row - 0.5)
    to_right, to_bottom = column - 0.5 - left, row - 0.5 - top
    columns = [_column_index(source, left + k) for k in (0, 1)]
    rows = [np.clip(top + k, 0, source.height - 1).astype(np.int64) for k in (0, 1)]
    window, start, width = _window(source, np.stack(columns), np.stack(rows))
    places = [
        (rows[j] - window[0]) * width + (columns[i] - start) % source.width
        for j in (0, 1)
        for i in (0, 1)
    ]
    weights = [
        (to_bottom if j else 1 - to_bottom) * (to_right if i else 1 - to_right)
        for j in (0, 1)
        for i in (0, 1)
    ]
    own_column = _column_index(source, np.floor(column))
    own_row = np.clip(np.floor(row), 0, source.height - 1).astype(np.int64)
    own = (own_row - window[0]) * width + (own_column - start) % source.width

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

    return _Stencil(chosen, window, combine)


def _gathered(
    source: Georeference,
    chosen: IndexArray,
    places: list[tuple[FloatArray, FloatArray]],
    reduce: Callable[[list[FloatArray]], FloatArray],
) -> _Stencil:
    """A stencil that takes whole pixels under several sub-points of each cell."""
    outside = [np.isnan(column) for column, _ in places]
    columns = [_column_index(source, np.floor(np.nan_to_num(column))) for column, _ in places]
    rows = [
        np.clip(np.floor(np.nan_to_num(row)), 0, source.height - 1).astype(np.int64)
        for _, row in places
    ]
    inside = ~np.stack(outside)
    window, start, width = _window(source, np.stack(columns)[inside], np.stack(rows)[inside])
    size = window[2] * width
    flat = [
        np.where(out, size, (row - window[0]) * width + (column - start) % source.width)
        for row, column, out in zip(rows, columns, outside, strict=True)
    ]

    def combine(pixels: FloatArray) -> FloatArray:
        padded = np.append(pixels, np.nan)
        return reduce([padded[place] for place in flat])

    return _Stencil(chosen, window, combine)


def _column_index(source: Georeference, column: FloatArray) -> IndexArray:
    whole = column.astype(np.int64)
    return whole % source.width if source.wraps else np.clip(whole, 0, source.width - 1)


def _window(
    source: Georeference, columns: IndexArray, rows: IndexArray
) -> tuple[tuple[int, int, int, int], int, int]:
    """The smallest window (row, column, height, width) of all pixels; it may cross the seam."""
    top, bottom = int(rows.min()), int(rows.max())
    start, end = int(columns.min()), int(columns.max())
    if source.wraps:
        half = source.width // 2
        turned = (columns + half) % source.width
        if int(turned.max()) - int(turned.min()) < end - start:
            start, end = int(turned.min()) - half, int(turned.max()) - half
    width = end - start + 1
    return (top, start, bottom - top + 1, width), start, width


def _average(values: list[FloatArray]) -> FloatArray:
    total, count = np.zeros(values[0].shape), np.zeros(values[0].shape)
    for value in values:
        known = ~np.isnan(value)
        total += np.where(known, value, 0.0)
        count += known
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _mode(values: list[FloatArray]) -> FloatArray:
    """The most frequent value, the smallest one among equals."""
    stack = np.sort(np.stack(values), axis=0)  # missing values sort to the end
    best, best_count = stack[0].copy(), np.zeros(stack.shape[1])
    run = np.zeros(stack.shape[1])
    previous = np.full(stack.shape[1], np.nan)
    for value in stack:
        run = np.where(value == previous, run + 1, np.where(np.isnan(value), 0.0, 1.0))
        better = run > best_count
        best, best_count = np.where(better, value, best), np.where(better, run, best_count)
        previous = value
    return best


def _extreme(choose: Callable[[FloatArray, FloatArray], FloatArray]) -> Any:
    def reduce(values: list[FloatArray]) -> FloatArray:
        result = values[0]
        for value in values[1:]:
            result = choose(result, value)
        return result

    return reduce


_REDUCERS: dict[str, Callable[[list[FloatArray]], FloatArray]] = {
    "nearest": lambda values: values[0],
    "average": _average,
    "mode": _mode,
    "min": _extreme(np.fmin),
    "max": _extreme(np.fmax),
}


def _snapped(values: FloatArray) -> FloatArray:
    """Fractions of a pixel, with those within rounding of an edge put onto it."""
    nearest = np.rint(values)
    return np.where(np.abs(values - nearest) < _EDGE, nearest, values)


def gdal_path(path: str, variable: str | None, folder: Path, what: str) -> str:
    """The GDAL name of a file, or of one variable in it.

    Raises
    ------
    Wco2Error : when a local file is not there.
    """
    if path.startswith("/vsi") or "://" in path:
        full = path
    else:
        local = Path(path).expanduser()
        full = str(existing_file(local if local.is_absolute() else folder / local, what))
    if variable is None:
        return full
    if full.lower().endswith((".h5", ".hdf5", ".he5")):
        return f'HDF5:"{full}"://{variable.lstrip("/")}'
    return f'NETCDF:"{full}":{variable}'


def _guard(path: str) -> AbstractContextManager[Any]:
    named = path.lower()
    scientific = named.startswith(("netcdf:", "hdf5:")) or named.endswith(
        (".nc", ".nc4", ".h5", ".hdf5", ".he5")
    )
    return _HDF5_LOCK if scientific else nullcontext()


def _describe(path: str, dataset: Any, encoding: Encoding) -> RasterInfo:
    tags = dataset.tags()
    if dataset.count == 0:
        names = [name.rsplit(":", 1)[-1].lstrip("/") for name in dataset.subdatasets]
        raise Wco2Error(
            f"{path} holds several variables and none is chosen.",
            f'Add variable = "{names[0] if names else "…"}"; there are {", ".join(names)}.',
        )
    transform = dataset.transform
    if transform.b or transform.d:
        raise Wco2Error(f"{path} is rotated.", "Warp it to a north-up grid first (gdalwarp).")
    if transform.is_identity and dataset.crs is None:
        raise Wco2Error(
            f"{path} has no georeference: neither CRS nor pixel size.",
            "Set them with gdal_edit.py -a_srs … -a_ullr …, or take another variable.",
        )
    months, calendar_months, steps = months_of_axis(path, dataset)
    if not months and not calendar_months and dataset.count == 12:
        calendar_months = {month: month for month in range(1, 13)}
    scales, offsets = set(dataset.scales), set(dataset.offsets)
    if (len(scales) > 1 or len(offsets) > 1) and encoding.scale is None:
        raise Wco2Error(
            f"{path} has bands of different scale or offset.", "State scale and offset."
        )
    nodata = dataset.nodata if encoding.nodata is None else encoding.nodata
    return RasterInfo(
        path=path,
        georeference=Georeference(
            _crs_of(path, dataset, tags, encoding),
            transform.c,
            transform.f,
            transform.a,
            transform.e,
            dataset.width,
            dataset.height,
        ),
        count=dataset.count,
        nodata=nodata,
        scale=float(dataset.scales[0] if encoding.scale is None else encoding.scale),
        offset=float(dataset.offsets[0] if encoding.offset is None else encoding.offset),
        units=(dataset.units[0] or tags.get("units", "")) if dataset.units else "",
        months=months,
        calendar_months=calendar_months,
        steps_per_month=steps,
    )


def _crs_of(path: str, dataset: Any, tags: Mapping[str, str], encoding: Encoding) -> str:
    if encoding.crs is not None:
        return encoding.crs
    if dataset.crs:
        return str(dataset.crs.to_string())
    stated = {value for key, value in tags.items() if key.endswith("#units")}
    # CF conventions, section 4: these units say that a coordinate is latitude or longitude.
    if "degrees_north" in stated and "degrees_east" in stated:
        return GEOGRAPHIC
    raise Wco2Error(
        f"{path} states no coordinate reference system.",
        f'If you know it, add it to the catalogue, e.g. crs = "{GEOGRAPHIC}".',
    )


def _own_mask(dataset: Any, band: int, view: Any) -> NDArray[np.bool_] | None:
    """Where a mask band of the file hides pixels; None where nodata says it all."""
    from rasterio.enums import MaskFlags

    flags = dataset.mask_flag_enums[band - 1]
    if MaskFlags.per_dataset in flags or MaskFlags.alpha in flags:
        return np.asarray(dataset.read_masks(band, window=view)) == 0
    return None


def _decoded(stored: NDArray[Any], mask: NDArray[np.bool_] | None, info: RasterInfo) -> FloatArray:
    values = stored.astype(np.float64)
    missing = ~np.isfinite(values)
    if info.nodata is not None and not math.isnan(info.nodata):
        # A float32 file says -3.4e38 in its own precision, not in the tag's.
        narrow = stored.dtype == np.float32
        missing |= values == float(np.float32(info.nodata) if narrow else info.nodata)
    if mask is not None:
        missing |= mask
    if info.scale != 1.0 or info.offset != 0.0:
        values = values * info.scale + info.offset
    values[missing] = np.nan
    return values


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def check_resampling(name: str, where: str) -> Resampling:
    """`name` when it is a way to resample; else a `Wco2Error`."""
    if name not in RESAMPLINGS:
        raise Wco2Error(f"{where}: unknown resampling '{name}'.", nearest_name(name, RESAMPLINGS))
    return name  # type: ignore[return-value]
