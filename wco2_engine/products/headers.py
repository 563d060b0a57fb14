"""What a downloaded file says of itself: its variables, their units and its grid, no values."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape  # nosec B406 - replaces text, parses nothing

import numpy as np

from wco2_engine.errors import Wco2Error, archive_errors, reason_of
from wco2_engine.grid import crs_text, is_crs_text, parse_crs
from wco2_engine.inputs.opening import check_content, names_of, open_raster, tags_of, units_of
from wco2_engine.inputs.patterns import Found
from wco2_engine.inputs.unpacking import unpacked
from wco2_engine.inputs.zarr_folders import zarr_groups

_MOST_OF_CRS = 20_000  # signs that a CRS is written in
_GRIB_MESSAGES = 2000  # looked at for the names in a file; they repeat every month
_MAGIC = {
    b"CDF": "netcdf",
    b"\x89HDF": "netcdf",
    b"GRIB": "grib",
    b"\x0e\x03\x13\x01": "hdf4",
    b"II*\0": "geotiff",
    b"MM\0*": "geotiff",
    b"II+\0": "geotiff",
    b"MM\0+": "geotiff",
    b"PK\x03\x04": "zip",
    b"\x1f\x8b": "gz",
    b"<VRT": "vrt",
    b"EHFA_HEADER_TAG": "imagine",
}
# Numbers without a word: what they are stands in a file beside them.
_DESCRIBED = {
    **dict.fromkeys((".bil", ".bip", ".bsq", ".flt", ".dat", ".envi"), ".hdr"),
    ".sdat": ".sgrd",
}
_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar", ".bz2", ".xz")
_TILE = re.compile(r"<SourceFilename[^>]*relativeToVRT=\"1\"[^>]*>([^<]+)<")
_LATITUDES, _LONGITUDES = ("latitude", "lat", "y"), ("longitude", "lon", "x")


@dataclass(frozen=True)
class Layer:
    """One variable, or the bands of a raster.

    Attributes
    ----------
    name : in the file; empty for the bands of a GeoTIFF.
    shape : of the variable as stored, or bands, rows and columns.
    scaled : whether the file states a scale or offset.
    bands : what the bands of a raster are called; empty where none has a name.
    """

    name: str
    units: str
    shape: tuple[int, ...]
    dims: tuple[str, ...] = ()
    dtype: str = ""
    scaled: bool = False
    codes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridSeen:
    """The grid of a file, as far as its header shows it.

    Attributes
    ----------
    crs : EPSG code or PROJ text; empty where none is stated.
    cell : width and height, in the units of the CRS.
    north_first : whether the first row is the northern one; None where that is not said.
    """

    columns: int
    rows: int
    cell: tuple[float, float] | None = None
    crs: str = ""
    north_first: bool | None = None


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes
    ----------
    step_days : the time between its first two steps.
    years : all years from its first step to its last, where its time axis says them.
    reads : the files that a virtual raster is made of.
    """

    path: Path
    member: str
    form: str
    layers: tuple[Layer, ...]
    grid: GridSeen | None = None
    step_days: float | None = None
    years: tuple[int, ...] = ()
    reads: tuple[Path, ...] = ()

    def layer(self, name: str) -> Layer | None:
        """The layer of that name; the last part of a name counts too (`Grid/tas`)."""
        for layer in self.layers:
            if name in (layer.name, layer.name.rpartition("/")[2]):
                return layer
        return None


def form_of(path: Path, member: str = "") -> str:
    """The kind of a file by its first bytes; "" for none that is known.

    Raises
    ------
    Wco2Error : when the file can't be read.
    """
    if path.is_dir():
        return "zarr"
    start = _start(path, member)
    for magic, form in _MAGIC.items():
        if start.startswith(magic):
            return form
    if b"ncols" in start[:200].lower():
        return "ascii"
    at = start[:2048].find(b"GRIB")  # behind a heading of a weather service, at times
    if at >= 0 and start[at + 7 : at + 8] in (b"\1", b"\2"):
        return "grib"
    beside = _DESCRIBED.get(path.suffix.lower())
    return "raw" if beside and not member and path.with_suffix(beside).is_file() else ""


def header(path: Path, member: str = "") -> Header:
    """What a file says of itself; `member` is its name in a zip archive.

    Raises
    ------
    Wco2Error : when it is damaged, or of no kind that is read.
    """
    name = f"{path}/{member}" if member else str(path)
    form = form_of(path, member)
    packed = form == "gz" and name.endswith((".nc.gz", ".nc4.gz"))
    if name.lower().endswith(_ARCHIVES):
        raise Wco2Error(f"{name} is an archive that is not looked into: unpack it.")
    if not form or form == "zip" or (form == "gz" and not packed):
        raise Wco2Error(f"{name} is no raster that is known.")
    if not member and not packed:
        return _read(path, form, name)
    with tempfile.TemporaryDirectory() as room:
        file = unpacked(Found(path, member, {}), Path(room))
        found = _read(file, form_of(file), name)
    return replace(found, path=path, member=member, reads=())


def _read(file: Path, form: str, name: str) -> Header:
    """The header of a file that lies by itself, called `name` in messages."""
    readers = {"netcdf": _netcdf, "grib": _grib, "zarr": _zarr, "ascii": _ascii}
    try:
        found: Header = readers.get(form, _raster)(file, form)
        return found
    except Wco2Error as error:
        raise Wco2Error(error.message.replace(str(file), name), error.hint) from error
    except Exception as error:  # each library has its own errors for a damaged file
        raise Wco2Error(
            f"{name} can't be read: {_first_line(error)}.".replace(str(file), name),
            "It looks truncated or damaged: download it again.",
        ) from error


def _start(path: Path, member: str = "") -> bytes:
    try:
        if member:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                return file.read(4096)
        with path.open("rb") as file:
            return file.read(4096)
    except archive_errors() as error:
        raise Wco2Error(
            f"{path} can't be read: {_first_line(error)}.",
            "It looks truncated or damaged: download it again.",
        ) from error


def _netcdf(path: Path, form: str) -> Header:
    import netCDF4

    check_content(path)
    with netCDF4.Dataset(str(path)) as opened:
        variables = dict(_variables(opened, ""))
        coordinates = _coordinates(variables)
        layers = tuple(
            Layer(
                name=name,
                units=str(getattr(v, "units", "")),
                shape=tuple(int(n) for n in v.shape),
                dims=tuple(v.dimensions),
                dtype=str(v.dtype),
                scaled=hasattr(v, "scale_factor") or hasattr(v, "add_offset"),
                codes=tuple(str(getattr(v, "flag_meanings", "")).split()),
            )
            for name, v in variables.items()
            if len(v.shape) >= 2 and not name.endswith(("_bnds", "_bounds"))
        )
        grid = _grid_of(variables, coordinates, layers)
        return Header(path, "", form, layers, grid, *_times(variables))


def _variables(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, variable in group.variables.items():
        yield f"{prefix}{name}", variable
    for name, below in group.groups.items():
        yield from _variables(below, f"{prefix}{name}/")


def _coordinates(variables: dict[str, Any]) -> dict[str, Any]:
    """The variables of latitude or y, and of longitude or x, that are axes."""
    found: dict[str, Any] = {}
    for name, variable in variables.items():
        short = name.rpartition("/")[2].lower()
        if len(variable.shape) != 1:
            continue
        for kind, names in (("y", _LATITUDES), ("x", _LONGITUDES)):
            if short in names:
                found.setdefault(kind, variable)
    return found


def _grid_of(
    variables: dict[str, Any], coordinates: dict[str, Any], layers: tuple[Layer, ...]
) -> GridSeen | None:
    if {"x", "y"} - coordinates.keys():
        shapes = [layer.shape for layer in layers]
        return GridSeen(shapes[0][-1], shapes[0][-2]) if shapes else None
    units = str(getattr(coordinates["y"], "units", ""))
    return _grid_of_axes(coordinates, units, _stated_crs(variables))


def _grid_of_axes(axes: dict[str, Any], units: str, stated: str) -> GridSeen:
    """A grid from the middles of its columns and rows, of which the first and last are read."""
    width, height = (int(axes[each].shape[0]) for each in "xy")
    if width < 2 or height < 2:
        return GridSeen(width, height)
    x, y = (
        np.array([np.ma.filled(axes[each][at], np.nan) for at in (0, -1)], float) for each in "xy"
    )
    metres = 1000.0 if units == "km" else 1.0
    cell = (
        float(abs(x[1] - x[0]) / (width - 1)) * metres,
        float(abs(y[1] - y[0]) / (height - 1)) * metres,
    )
    crs = "EPSG:4326" if units.startswith("degree") else stated
    return GridSeen(width, height, cell, crs, bool(y[0] > y[1]))


_DAYS = {"d": 1.0, "h": 1 / 24, "m": 1 / 1440, "s": 1 / 86400}


def _times(variables: dict[str, Any]) -> tuple[float | None, tuple[int, ...]]:
    """Days between the first two steps of a time axis, and the years that it covers."""
    for name, variable in variables.items():
        units = str(getattr(variable, "units", ""))
        if len(variable.shape) != 1 or not variable.shape[0] or " since " not in units:
            continue
        if "time" not in name.lower():
            continue
        numbers = [float(value) for value in (variable[0], variable[-1])]
        years = _years_since(numbers, units, str(getattr(variable, "calendar", "standard")))
        unit = units.split()[0].lower()
        factor = 30.0 if unit.startswith("month") else _DAYS.get(unit[0])
        if variable.shape[0] < 2 or not factor:
            return None, years
        return abs(float(variable[1]) - numbers[0]) * factor, years
    return None, ()


def _years_since(numbers: list[float], units: str, calendar: str) -> tuple[int, ...]:
    import cftime

    try:
        first, last = cftime.num2date(numbers, units, calendar)
    except ValueError:
        return ()  # months of no certain length, or no date: who reads the file says more
    low, high = sorted((int(first.year), int(last.year)))
    return tuple(range(low, high + 1)) if high - low < 1000 else ()


def _stated_crs(variables: dict[str, Any]) -> str:
    for variable in variables.values():
        for key in ("spatial_ref", "crs_wkt"):
            if hasattr(variable, key):
                return str(getattr(variable, key))
    return ""


def _grib(path: Path, form: str) -> Header:
    from wco2_engine.inputs.grib import eccodes as library

    eccodes = library()
    layers: dict[str, Layer] = {}
    grid = None
    dates: list[int] = []
    with path.open("rb") as file:
        for _ in range(_GRIB_MESSAGES):
            message = eccodes.codes_grib_new_from_file(file, headers_only=True)
            if message is None:
                break
            try:
                get = lambda key, of=message: eccodes.codes_get(of, key)  # noqa: E731
                shape = (1, int(get("Nj")), int(get("Ni")))
                dates.append(int(get("dataDate")))
                name = str(get("shortName"))
                if name in layers:
                    steps = layers[name].shape[0] + 1
                    layers[name] = replace(layers[name], shape=(steps, *shape[1:]))
                    continue
                layers[name] = Layer(name, str(get("units")), shape)
                cells = tuple(float(get(f"{each}DirectionIncrementInDegrees")) for each in "ij")
                first, last = (float(get(f"latitudeOf{e}GridPointInDegrees")) for e in _ENDS)
                grid = GridSeen(shape[2], shape[1], (cells[0], cells[1]), "EPSG:4326", first > last)
            finally:
                eccodes.codes_release(message)
    years = tuple(sorted({date // 10000 for date in dates}))
    return Header(path, "", form, tuple(layers.values()), grid, _days_apart(dates), years)


def _days_apart(dates: list[int]) -> float | None:
    """Days between the first two of dates such as 19820101."""
    days = sorted(
        {np.datetime64(f"{d // 10000:04d}-{d // 100 % 100:02d}-{d % 100:02d}", "D") for d in dates}
    )
    return float((days[1] - days[0]).astype(int)) if len(days) > 1 else None


_ENDS = ("First", "Last")


def _zarr(path: Path, form: str) -> Header:
    from wco2_engine.inputs.grib import xarray

    for _ in zarr_groups(path):
        pass  # each is looked at before the library sees it
    with xarray().open_zarr(str(path), decode_times=False, consolidated=None) as opened:
        variables = {str(name): opened[name] for name in opened.variables}
        layers = tuple(
            Layer(
                name=name,
                units=str(v.attrs.get("units", "")),
                shape=tuple(v.shape),
                dims=tuple(map(str, v.dims)),
                dtype=str(v.dtype),
            )
            for name, v in variables.items()
            if len(v.shape) >= 2
        )
        axes = _coordinates(variables)
        grid = None
        if len(axes) == 2:
            grid = _grid_of_axes(axes, str(axes["y"].attrs.get("units", "")), "")
    return Header(path, "", form, layers, grid)


def _ascii(path: Path, form: str) -> Header:
    """A text grid, from the lines of its header."""
    said: dict[str, str] = {}
    for line in _start(path).decode("ascii", "replace").splitlines()[:10]:
        words = line.split()
        if len(words) >= 2 and words[0][0].isalpha():
            said[words[0].lower()] = words[-1].replace(",", "")
    columns, rows, cell = int(said["ncols"]), int(said["nrows"]), float(said["cellsize"])
    layer = Layer("", "", (1, rows, columns))
    beside = path.with_suffix(".prj")
    crs = ""
    if beside.is_file():
        with beside.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_MOST_OF_CRS)
        crs = crs_text(parse_crs(text)) if is_crs_text(text) else ""  # ArcInfo has words of its own
    return Header(path, "", form, (layer,), GridSeen(columns, rows, (cell, cell), crs))


def _raster(path: Path, form: str) -> Header:
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with open_raster(str(path)) as opened:
            inner = list(opened.subdatasets)
            if not inner:
                layer = _bands(opened, "")
                reads = _tiles(path) if form == "vrt" else ()
                return Header(path, "", form, (layer,), _grid_seen(opened), reads=reads)
        layers, grid = [], None
        for subdataset in inner:
            with open_raster(subdataset) as opened:
                layers.append(_bands(opened, subdataset.rpartition(":")[2].strip('"')))
                grid = grid or _grid_seen(opened)
    return Header(path, "", form, tuple(layers), grid)


def _tiles(path: Path) -> tuple[Path, ...]:
    """The files that a virtual raster names beside itself."""
    text = path.read_text("utf-8", "replace")
    return tuple(path.parent / unescape(name) for name in _TILE.findall(text))


def _bands(opened: Any, name: str) -> Layer:
    tags = tags_of(opened)
    units = next((each for each in units_of(opened) if each), str(tags.get("units", "")))
    shape = (opened.count, opened.height, opened.width)
    scaled = any(s != 1 for s in opened.scales) or any(o != 0 for o in opened.offsets)
    names = names_of(opened)
    bands = names if any(names) else ()
    return Layer(name, units, shape, dtype=opened.dtypes[0], scaled=scaled, bands=bands)


def _grid_seen(opened: Any) -> GridSeen:
    transform = opened.transform
    if transform.is_identity:
        return GridSeen(opened.width, opened.height, None, _crs_text(opened.crs))
    cell = (abs(transform.a), abs(transform.e))
    north_first = transform.e < 0
    return GridSeen(opened.width, opened.height, cell, _crs_text(opened.crs), north_first)


def _crs_text(crs: Any) -> str:
    return crs_text(crs) if crs else ""


def _first_line(error: BaseException) -> str:
    return reason_of(error).replace(str(Path.cwd()) + os.sep, "")
