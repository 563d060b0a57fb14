"""Variables of netCDF, HDF5 and Zarr, read by xarray with nothing decoded behind one's back."""

from __future__ import annotations

import json
import re
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.decoding import decoding, numbers
from wco2_engine.downloads.grids import (
    MOST_COORDINATES,
    MOST_CURVILINEAR,
    Coordinates,
    place,
)
from wco2_engine.downloads.layers import (
    Layer,
    check_size,
    damaged,
    placed_part,
    turned,
)
from wco2_engine.downloads.quantities import agreed_units
from wco2_engine.downloads.reading import FIRST, NamedFile, Reading
from wco2_engine.downloads.times import (
    MOST_STEPS,
    Axis,
    Stamp,
    from_axis,
    from_order,
    named_stamp,
)
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.grid import Tile
from wco2_engine.inputs.hdf5 import apart
from wco2_engine.inputs.opening import check_hdf5

MOST_VARIABLES = 10_000  # in one file
_LONGITUDE = ("degrees_east", "degree_east", "degrees_e", "degree_e", "degreese", "degreee")
_LATITUDE = ("degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn", "degreen")
_X_NAMES = ("lon", "longitude", "long", "x", "rlon", "easting", "xc", "xdim", "west_east", "nx")
_Y_NAMES = ("lat", "latitude", "y", "rlat", "northing", "yc", "ydim", "south_north", "ny")
_TIME_NAMES = (
    *("time", "valid_time", "t", "date", "month", "months", "month_of_year", "year", "years"),
    *("time_counter", "day", "doy", "times"),
)


@dataclass(frozen=True, eq=False)
class Group:
    """What a group holds: xarray's variables, which read nothing yet, and its attributes."""

    variables: Mapping[str, Any]
    attrs: Mapping[str, Any]


Groups = Iterator[tuple[str, Group]]  # by the path of the group, "" for the root


class Store:
    """Variables of a file by their path in it, opened when needed.

    All of it runs in the thread for HDF5, whose library is made for one at a time.
    """

    def __init__(self, path: Path, open_groups: Callable[[ExitStack], Groups]) -> None:
        self.path = path
        self._open_groups = open_groups
        self._groups: dict[str, Group] | None = None
        self._held = ExitStack()

    @property
    def groups(self) -> dict[str, Group]:
        """By their path, "" for the root."""
        if self._groups is None:
            # A bad file may warn of its encodings; what is wrong is said by what follows.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._groups = dict(self._open_groups(self._held))
        return self._groups

    def variables(self, group: str) -> dict[str, Any]:
        """What a group sees: its own variables, and those of the groups around it."""
        seen: dict[str, Any] = {}
        parts = group.split("/") if group else []
        for depth in range(len(parts) + 1):
            found = self.groups.get("/".join(parts[:depth]))
            if found is not None:
                seen.update(found.variables)
        return seen

    def close(self) -> None:
        self._groups = None
        self._held.close()


@dataclass(frozen=True, eq=False)
class _Found:
    """A variable, and which of its dimensions is what."""

    group: str
    name: str
    variable: Any
    seen: Mapping[str, Any]
    x: str
    y: str
    times: tuple[str, ...]
    chosen: Mapping[str, int]  # step of each further dimension
    first: str | None  # the dimension of which the first that is not missing counts


def netcdf_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A variable of a netCDF or HDF5 file.

    Raises
    ------
    Wco2Error : when the file is damaged, lacks the variable, or contradicts the catalogue.
    """
    store = Store(named.path, lambda held: _netcdf_groups(named.path, held))
    return _in_one_thread(store, named, reading, where, netcdf=True)


def zarr_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A variable of a Zarr folder; see `netcdf_layer`."""
    store = Store(named.path, lambda held: _zarr_groups(named.path, held))
    return _in_one_thread(store, named, reading, where, netcdf=False)


def variable_names(path: Path, *, zarr: bool = False) -> list[str]:
    """The variables of a file with rows and columns, by their paths in it."""

    def listed() -> list[str]:
        opener = _zarr_groups if zarr else _netcdf_groups
        store = Store(path, lambda held: opener(path, held))
        if not zarr:
            _check_netcdf(path)
        try:
            return [f"{group}/{name}".lstrip("/") for group, name in _of_maps(store)]
        finally:
            store.close()

    return apart(str(path), listed)


def _in_one_thread(
    store: Store, named: NamedFile, reading: Reading, where: str, *, netcdf: bool
) -> Layer:
    def build() -> Layer:
        try:
            if netcdf:
                _check_netcdf(named.path)
            return _layer(store, named, reading, where, netcdf=netcdf)
        except BaseException:
            store.close()
            raise

    return apart(str(named.path), build)


def _layer(store: Store, named: NamedFile, reading: Reading, where: str, *, netcdf: bool) -> Layer:
    found = _find(store, reading, where)
    variable, what = found.variable, f"{where}: {named.path}, {found.name}"
    attributes = dict(variable.attrs)
    root = store.groups.get("")
    if root is not None and "_fill_val" in root.attrs:  # GIMMS says it once for the file
        attributes.setdefault("_fill_val", root.attrs["_fill_val"])
    if not netcdf and numbers(attributes.get("_FillValue")) == [0.0]:
        del attributes["_FillValue"]
        attributes["zarr_fill_is_zero"] = True
    sizes = dict(zip(variable.dims, variable.shape, strict=True))
    shape = (sizes[found.y], sizes[found.x])
    placement = place(_coordinates(found, shape, what), reading, what)
    units = agreed_units(attributes, named.path.name, reading, what)
    flips = (placement.flip_rows, placement.flip_columns)
    counts = tuple(sizes[name] for name in found.times)

    def stored(steps: Sequence[int], part: Tile) -> NDArray[Any]:
        return apart(str(named.path), lambda: read(steps, part))

    def read(steps: Sequence[int], part: Tile) -> NDArray[Any]:
        alternatives = sizes[found.first] if found.first else 1
        check_size(len(steps) * alternatives * part.height * part.width, what)
        source = store.variables(found.group)[found.name]
        rows, columns = placed_part(part, shape, flips)
        order = [*([found.first] if found.first else []), found.y, found.x]
        planes = []
        for run in _runs(steps):
            chosen = {**found.chosen, found.y: rows, found.x: columns}
            if len(counts) == 1:
                chosen[found.times[0]] = slice(run[0], run[-1] + 1)
                piece = source.isel(chosen).transpose(found.times[0], *order)
                planes.append(np.asarray(piece.values))
                continue
            for step in run:
                if counts:
                    place_ = np.unravel_index(step, counts)
                    chosen.update(zip(found.times, map(int, place_), strict=True))
                planes.append(np.asarray(source.isel(chosen).transpose(*order).values)[None])
        block = np.concatenate(planes) if len(planes) > 1 else planes[0]
        if not found.first:
            block = block[:, None]
        return turned(block, flips)

    def close() -> None:
        apart(str(named.path), store.close)

    return Layer(
        path=named.path,
        grid=placement.grid,
        stamps=_stamps(found, sizes, store, reading, named, what),
        decoding=decoding(attributes, variable.dtype, units, reading, what, netcdf=netcdf),
        units=units,
        block=_block(variable, found, sizes),
        stored=stored,
        close=close,
        attributes=attributes,
    )


def _runs(steps: Sequence[int]) -> Iterator[list[int]]:
    """Steps that follow each other, together."""
    run: list[int] = []
    for step in steps:
        if run and step != run[-1] + 1:
            yield run
            run = []
        run.append(step)
    if run:
        yield run


def _block(variable: Any, found: _Found, sizes: Mapping[str, int]) -> tuple[int, int, int]:
    """How many steps, rows and columns one stored block holds."""
    encoding = variable.encoding
    chunks = encoding.get("chunksizes") or encoding.get("chunks")
    stored = dict(zip(variable.dims, chunks, strict=False)) if chunks else {}
    time = found.times[0] if found.times else None
    # What is not cut into blocks is stored row by row, and each row can be read by itself.
    return (
        int(stored.get(time, 1)) if len(found.times) == 1 else 1,
        int(stored.get(found.y, 1)),
        int(stored.get(found.x, sizes[found.x])),
    )


def _netcdf_groups(path: Path, held: ExitStack) -> Groups:
    import netCDF4

    from wco2_engine.inputs.grib import xarray

    xr = xarray()
    left = MOST_VARIABLES

    def walk(group: Any, name: str) -> Groups:
        nonlocal left
        left -= len(group.variables) + 1
        if left < 0:
            raise Wco2Error(f"{path} holds more than {MOST_VARIABLES} variables.")
        # No dataset is made of them: that would read and compare every coordinate of every file.
        backend = xr.backends.NetCDF4DataStore(group)
        seen = {
            each: backend.open_store_variable(each, variable)
            for each, variable in group.variables.items()
            if not _is_no_array(variable)
        }
        yield name, Group(seen, dict(backend.get_attrs()))
        for key, inner in group.groups.items():
            yield from walk(inner, f"{name}/{key}".lstrip("/"))

    yield from walk(held.enter_context(netCDF4.Dataset(str(path), "r")), "")


def _check_netcdf(path: Path) -> None:
    """Refuse a file that leads to others, or that ends before its last value."""
    with path.open("rb") as file:
        classic = file.read(3) == b"CDF"
    if classic:
        _check_classic(path)
    else:
        check_hdf5(str(path))


def _check_classic(path: Path) -> None:
    """Refuse a classic netCDF file that ends early: its library reads zeros beyond the end.

    Raises
    ------
    Wco2Error : naming the file.
    """
    from scipy.io import netcdf_file

    with path.open("rb") as file:
        if file.read(4) == b"CDF\5":
            return  # of another layout, which no product was seen in
    try:
        netcdf_file(str(path), "r", mmap=True)  # lays out each variable, and reads none
    except (ValueError, TypeError, IndexError, OverflowError, struct.error) as error:
        raise damaged(path, EOFError("it ends before its last value")) from error


def _is_no_array(variable: Any) -> bool:
    """Whether a variable has a type or form that xarray can't open: its own, or a dimension twice.

    Texts are opened: a dimension may be named by them.
    """
    plain = isinstance(variable.dtype, np.dtype) or variable.dtype is str
    return not plain or len(set(variable.dimensions)) < len(variable.dimensions)


def _zarr_groups(path: Path, held: ExitStack) -> Groups:
    from wco2_engine.inputs.grib import xarray

    xr = xarray()

    for name, folder in _zarr_folders(path, ""):
        settings: dict[str, Any] = {"consolidated": (folder / ".zmetadata").is_file()}
        try:
            dataset = xr.open_zarr(str(folder), decode_cf=False, chunks=None, **settings)
        except (ValueError, TypeError, NotImplementedError) as error:
            if (folder / "zarr.json").is_file():
                raise Wco2Error(
                    f"{path} is Zarr of format 3, which the library zarr here can't read: {error}.",
                    "Use Python with zarr 3 (pip install -U zarr xarray).",
                ) from error
            raise damaged(path, error) from error
        held.enter_context(dataset)
        yield name, Group(dict(dataset.variables), dict(dataset.attrs))


def _zarr_folders(folder: Path, name: str, depth: int = 0) -> Iterator[tuple[str, Path]]:
    """Groups of a Zarr folder, each looked through for objects that would run code."""
    if depth > 8:
        return
    arrays = 0
    inner = []
    for child in sorted(folder.iterdir()):
        if not child.is_dir():
            continue
        meta = _zarr_meta(child)
        is_array = "shape" in meta
        arrays += is_array
        if meta and not is_array:
            inner.append(child)
        if arrays + len(inner) > MOST_VARIABLES:
            raise Wco2Error(f"{folder} holds more than {MOST_VARIABLES} arrays.")
    _zarr_meta(folder)
    if arrays:
        yield name, folder
    for child in inner:
        yield from _zarr_folders(child, f"{name}/{child.name}".lstrip("/"), depth + 1)


def _zarr_meta(folder: Path) -> dict[str, Any]:
    """What a folder of Zarr says of itself; empty where it is none.

    Raises
    ------
    Wco2Error : when it holds pickled objects, or a variable beyond any file's size.
    """
    found: dict[str, Any] = {}
    for name in (".zmetadata", ".zgroup", ".zarray", "zarr.json"):
        file = folder / name
        if not file.is_file():
            continue
        try:
            meta = json.loads(file.read_text("utf-8"))
        except (ValueError, OSError, RecursionError) as error:
            raise damaged(file, error) from error
        if not isinstance(meta, dict):
            raise damaged(file, ValueError("it is no JSON object"))
        if _has_pickle(meta):
            raise Wco2Error(
                f"{file} has pickled objects, which could run any code.",
                "Such an array is not read: use another file of the product.",
            )
        if name != ".zmetadata":
            found.update(meta or {"zarr": 1})
    if "shape" in found and _is_huge(folder, found):
        raise Wco2Error(f"{folder} says it has the shape {found['shape']}: it is damaged.")
    return found


def _is_huge(folder: Path, meta: Mapping[str, Any]) -> bool:
    shape = meta["shape"]
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    return not whole or (len(shape) == 1 and shape[0] > MOST_COORDINATES)


def _has_pickle(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_pickle(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_pickle(each) for each in value)
    return isinstance(value, str) and value.lower().rpartition(".")[2] == "pickle"


def _of_maps(store: Store) -> Iterator[tuple[str, str]]:
    """Variables of at least two dimensions that are no coordinates or bounds."""
    for group, dataset in store.groups.items():
        aside = set()
        for variable in dataset.variables.values():
            for key in ("bounds", "climatology", "coordinates", "grid_mapping", "cell_measures"):
                aside.update(str(variable.attrs.get(key, "")).split())
        for name, variable in dataset.variables.items():
            if (
                variable.ndim >= 2
                and name not in aside
                and name not in variable.dims
                and variable.dtype.kind in "iufb"
                and not _is_longitude(name, variable)
                and not _is_latitude(name, variable)
            ):
                yield group, str(name)


def _find(store: Store, reading: Reading, where: str) -> _Found:
    maps = list(_of_maps(store))
    paths = {f"{group}/{name}".lstrip("/"): (group, name) for group, name in maps}
    if reading.variable is None:
        if len(paths) != 1:
            raise Wco2Error(
                f"{where}: {store.path} holds several variables and none is chosen."
                if paths
                else f"{where}: {store.path} holds no variable with rows and columns.",
                f'Add variable = "{next(iter(paths))}"; there are {_listed(store, maps)}.'
                if paths
                else "Look whether it is the right file.",
            )
        group, name = next(iter(paths.values()))
    else:
        wanted = reading.variable.strip("/")
        group, _, name = wanted.rpartition("/")
        if group not in store.groups or name not in store.groups[group].variables:
            same = [path for path in paths if path.rpartition("/")[2] == wanted]
            if len(same) != 1:
                raise _no_variable(store, wanted, paths, same, where)
            group, name = paths[same[0]]
    variable = store.groups[group].variables[name]
    what = f"{where}: {store.path}, {name}"
    if variable.ndim < 2:
        raise Wco2Error(f"{what} has no rows and columns.", f"There are {_listed(store, maps)}.")
    return _sorted_dimensions(store, group, name, variable, reading, what)


def _no_variable(
    store: Store, wanted: str, paths: Mapping[str, Any], same: list[str], where: str
) -> Wco2Error:
    titles: dict[str, str] = {}
    for path, (group, name) in paths.items():
        attributes = store.groups[group].variables[name].attrs
        for key in ("standard_name", "long_name", "GRIB_shortName", "GRIB_cfName"):
            titles.setdefault(str(attributes.get(key, "")).lower(), path)
    called = titles.get(wanted.lower()) or titles.get(wanted.lower().replace("_", " "))
    if same:
        hint = f"Say which: {', '.join(same)}."
    elif called:
        hint = f"Did you mean '{called}'?"
    else:
        hint = nearest_name(wanted, paths)
    return Wco2Error(f"{where}: {store.path} has no variable '{wanted}'.", hint)


def _listed(store: Store, maps: Sequence[tuple[str, str]]) -> str:
    shown = []
    for group, name in maps[:20]:
        title = store.groups[group].variables[name].attrs.get("long_name")
        shown.append(f"{group}/{name}".lstrip("/") + (f" ({title})" if title else ""))
    return ", ".join(shown) + (", …" if len(maps) > 20 else "")


def _sorted_dimensions(
    store: Store, group: str, name: str, variable: Any, reading: Reading, what: str
) -> _Found:
    seen = store.variables(group)
    along = {dim: _coordinate(str(dim), seen) for dim in variable.dims}
    x = _one_of(along, _is_x, _X_NAMES)
    y = _one_of(along, _is_y, _Y_NAMES)
    if x is None or y is None:
        both = _two_dimensional(variable, seen)
        if both is None:
            raise Wco2Error(
                f"{what} has the dimensions {', '.join(map(str, variable.dims))}, and no "
                "coordinates say which of them are rows and columns.",
                "The file does not say where its cells lie: choose another variable or file.",
            )
        y, x = (str(dim) for dim in both[0].dims)
    times = tuple(
        str(dim) for dim in variable.dims if dim not in (x, y) and _is_time(str(dim), along[dim])
    )
    if len(times) > 2 or (len(times) == 2 and not _year_and_month(times)):
        raise Wco2Error(f"{what} has the time axes {' and '.join(times)}.", "Choose with select.")
    rest = [str(dim) for dim in variable.dims if dim not in (x, y, *times)]
    sizes = dict(zip(variable.dims, variable.shape, strict=True))
    # A step of the time axis may be chosen too, as of any other.
    asked = [dim for dim in times if dim in reading.select]
    chosen, first = _choices([*rest, *asked], sizes, along, reading, what)
    kept = tuple(dim for dim in times if dim not in asked)
    return _Found(group, name, variable, seen, x, y, kept, chosen, first)


def _year_and_month(times: Sequence[str]) -> bool:
    lowered = [name.lower() for name in times]
    return any("year" in n for n in lowered) and any("month" in n for n in lowered)


def _choices(
    dims: Sequence[str],
    sizes: Mapping[Any, int],
    along: Mapping[Any, Any],
    reading: Reading,
    what: str,
) -> tuple[dict[str, int], str | None]:
    unknown = set(reading.select) - set(map(str, sizes))
    if unknown and dims:
        raise Wco2Error(
            f"{what} has no dimension '{min(unknown)}'.", nearest_name(min(unknown), map(str, dims))
        )
    chosen: dict[str, int] = {}
    first = None
    for dim in dims:
        if sizes[dim] > MOST_STEPS:
            raise Wco2Error(f"{what} has {sizes[dim]} steps along '{dim}'.")
        wanted = reading.select.get(dim, FIRST[0] if dim == "expver" else None)
        if sizes[dim] == 1:
            chosen[dim] = 0
        elif wanted in FIRST:
            if first is not None:
                raise Wco2Error(f'{what}: "first-valid" is taken along one dimension, not two.')
            first = dim
        elif wanted is None:
            raise Wco2Error(
                f"{what} has {sizes[dim]} steps along '{dim}': "
                f"{_values_of(along[dim], sizes[dim])}.",
                f"Choose one, e.g. select = {{ {dim} = {_example(along[dim])} }}.",
            )
        else:
            chosen[dim] = _step_of(wanted, along[dim], dim, sizes[dim], what)
    return chosen, first


def _step_of(wanted: float | str, coordinate: Any, dim: str, size: int, what: str) -> int:
    if coordinate is None:
        values: NDArray[Any] = np.arange(size)
    else:
        values = np.asarray(coordinate.values).ravel()
    if values.dtype.kind in "iuf" and not isinstance(wanted, str):
        same = np.flatnonzero(np.isclose(values.astype(float), float(wanted), rtol=1e-5, atol=1e-9))
    else:
        same = np.flatnonzero([_text(value) == str(wanted) for value in values])
    if len(same) != 1:
        raise Wco2Error(
            f"{what} has no step {dim} = {wanted}; there are {_values_of(coordinate, size)}.",
            f"Correct select, e.g. select = {{ {dim} = {_example(coordinate)} }}.",
        )
    return int(same[0])


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    return str(value).strip()


def _values_of(coordinate: Any, size: int) -> str:
    if coordinate is None:
        return f"0 to {size - 1}, without names"
    values = np.asarray(coordinate.values).ravel()
    return ", ".join(_text(value) for value in values[:12]) + (", …" if values.size > 12 else "")


def _example(coordinate: Any) -> str:
    if coordinate is None:
        return "0"
    value = np.asarray(coordinate.values).ravel()[0]
    return _text(value) if np.asarray(value).dtype.kind in "iuf" else f'"{_text(value)}"'


def _coordinate(dim: str, seen: Mapping[str, Any]) -> Any:
    """The variable that says where the steps of a dimension are; None where there is none."""
    own = seen.get(dim)
    if own is not None and own.dims == (dim,):
        return own
    others = [
        (name, v)
        for name, v in seen.items()
        if v.dims == (dim,)
        and (_is_x(name, v) or _is_y(name, v) or " since " in str(v.attrs.get("units", "")))
    ]
    return others[0][1] if others else None


def _one_of(along: Mapping[Any, Any], told: Callable[[str, Any], bool], names: Any) -> str | None:
    by_coordinate = [str(d) for d, c in along.items() if c is not None and told("", c)]
    if len(by_coordinate) == 1:
        return by_coordinate[0]
    by_name = [str(d) for d in along if str(d).lower() in names]
    by_name = by_name or [str(d) for d in along if str(d).lower().partition(":")[0] in names]
    return by_name[0] if len(by_name) == 1 else None


def _units(variable: Any) -> str:
    return str(variable.attrs.get("units", "")).strip().lower()


def _is_longitude(name: str, variable: Any) -> bool:
    return _units(variable) in _LONGITUDE or variable.attrs.get("standard_name") == "longitude"


def _is_latitude(name: str, variable: Any) -> bool:
    return _units(variable) in _LATITUDE or variable.attrs.get("standard_name") == "latitude"


def _is_x(name: str, variable: Any) -> bool:
    return (
        _is_longitude(name, variable)
        or variable.attrs.get("axis") == "X"
        or variable.attrs.get("standard_name") in ("projection_x_coordinate", "grid_longitude")
    )


def _is_y(name: str, variable: Any) -> bool:
    return (
        _is_latitude(name, variable)
        or variable.attrs.get("axis") == "Y"
        or variable.attrs.get("standard_name") in ("projection_y_coordinate", "grid_latitude")
    )


def _is_time(name: str, coordinate: Any) -> bool:
    if coordinate is not None:
        units = str(coordinate.attrs.get("units", ""))
        if " since " in units or "%Y" in units or coordinate.dtype.kind == "M":
            return True
        if coordinate.attrs.get("standard_name") == "time" or coordinate.attrs.get("axis") == "T":
            return True
    return name.lower() in _TIME_NAMES


def _two_dimensional(variable: Any, seen: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Latitude and longitude of each cell."""
    named = str(variable.attrs.get("coordinates", "")).split()
    order = [*(n for n in named if n in seen), *(n for n in seen if n not in named)]

    def first(told: Callable[[str, Any], bool], names: tuple[str, ...]) -> Any:
        fit = [
            seen[n]
            for n in order
            if seen[n].ndim == 2
            and set(seen[n].dims) <= set(variable.dims)
            and (told(n, seen[n]) or str(n).lower() in names)
        ]
        return fit[0] if fit else None

    latitude = first(_is_latitude, ("lat", "latitude", "nav_lat", "xlat", "tlat"))
    longitude = first(_is_longitude, ("lon", "longitude", "nav_lon", "xlong", "tlong"))
    if latitude is None or longitude is None or set(latitude.dims) != set(longitude.dims):
        return None
    return latitude, longitude


def _coordinates(found: _Found, shape: tuple[int, int], what: str) -> Coordinates:
    x, y = _coordinate(found.x, found.seen), _coordinate(found.y, found.seen)
    for coordinate in (x, y):
        if coordinate is not None and coordinate.size > MOST_COORDINATES:
            raise Wco2Error(f"{what}: a coordinate of {coordinate.size} values is not read.")
    geographic = x is not None and y is not None and _degrees(x, "lon") and _degrees(y, "lat")
    both = None if geographic else _two_dimensional(found.variable, found.seen)
    longitude = latitude = None
    if both is not None and shape[0] * shape[1] <= MOST_CURVILINEAR:
        latitude, longitude = (_degrees_of(each, found) for each in both)
    return Coordinates(
        shape=shape,
        x=_values(x),
        y=_values(y),
        x_units=_units(x) if x is not None else "",
        y_units=_units(y) if y is not None else "",
        longitude=longitude,
        latitude=latitude,
        mapping=_mapping(found),
        geographic=geographic,
    )


def _degrees(variable: Any, kind: str) -> bool:
    """Whether a coordinate is longitude or latitude."""
    told = _is_longitude("", variable) if kind == "lon" else _is_latitude("", variable)
    stated = variable.attrs.get("standard_name")
    name = str(variable.dims[0]).lower()
    plain = not _units(variable) or _units(variable) in ("degrees", "degree", "deg")
    return told or (
        stated is None
        and plain
        and name in (("lon", "longitude", "long") if kind == "lon" else ("lat", "latitude"))
    )


def _values(variable: Any) -> NDArray[np.float64] | None:
    if variable is None or variable.dtype.kind not in "iuf":
        return None
    scale = next(iter(numbers(variable.attrs.get("scale_factor"))), 1.0)
    offset = next(iter(numbers(variable.attrs.get("add_offset"))), 0.0)
    plain: NDArray[np.float64] = np.asarray(variable.values, np.float64).ravel() * scale + offset
    return plain


def _degrees_of(variable: Any, found: _Found) -> NDArray[np.float64]:
    raw = np.asarray(variable.transpose(found.y, found.x).values)
    values = raw.astype(np.float64)
    for name in ("_FillValue", "missing_value"):
        for mark in numbers(variable.attrs.get(name)):
            values[raw == np.asarray(mark, raw.dtype)] = np.nan
    scale = next(iter(numbers(variable.attrs.get("scale_factor"))), 1.0)
    values = values * scale + next(iter(numbers(variable.attrs.get("add_offset"))), 0.0)
    values[~(np.abs(values) <= 360.0)] = np.nan
    return values


def _mapping(found: _Found) -> Mapping[str, Any]:
    name = str(found.variable.attrs.get("grid_mapping", "")).partition(":")[0].strip()
    if name in found.seen:
        return dict(found.seen[name].attrs)
    own = [
        v
        for v in found.seen.values()
        if v.ndim <= 1
        and (
            v.attrs.get("grid_mapping_name") or v.attrs.get("crs_wkt") or v.attrs.get("spatial_ref")
        )
    ]
    # Not linked to the variable, and still all that the file says.
    return dict(own[0].attrs) if len(own) == 1 else {}


def _stamps(
    found: _Found,
    sizes: Mapping[Any, int],
    store: Store,
    reading: Reading,
    named: NamedFile,
    what: str,
) -> tuple[Stamp, ...]:
    if len(found.times) == 2:
        return _years_by_months(found, sizes, reading, named, what)
    if found.times:
        dim = found.times[0]
        if sizes[dim] > MOST_STEPS:
            raise Wco2Error(f"{what} has {sizes[dim]} steps along '{dim}'.")
        coordinate = _coordinate(dim, found.seen)
        if coordinate is None:
            if reading.bands is not None:
                return from_order(sizes[dim], reading, named, what)
            if sizes[dim] == 1:
                return (named_stamp(named),)
            raise Wco2Error(
                f"{what} has {sizes[dim]} steps along '{dim}', and nothing says what time they are "
                "of.",
                f'If they are months in order, add bands = "months"; or choose one: select = {{ '
                f"{dim} = 0 }}.",
            )
        return from_axis(_axis(dim, coordinate, found, store), reading, named, what)
    names = str(found.variable.attrs.get("coordinates", "")).split()
    for name in dict.fromkeys([*names, "valid_time", "time"]):
        scalar = found.seen.get(name)
        if scalar is not None and scalar.size == 1 and _is_time(name, scalar):
            axis = _axis(name, scalar, found, store)
            if " since " in axis.units or axis.values.dtype.kind == "M":
                return from_axis(axis, reading, named, what)
    return (named_stamp(named),)


def _years_by_months(
    found: _Found, sizes: Mapping[Any, int], reading: Reading, named: NamedFile, what: str
) -> tuple[Stamp, ...]:
    year_dim = next(dim for dim in found.times if "year" in dim.lower())
    month_dim = next(dim for dim in found.times if dim != year_dim)
    values = {}
    for dim in found.times:
        coordinate = _values(_coordinate(dim, found.seen))
        if coordinate is None or coordinate.size != sizes[dim]:
            raise Wco2Error(f"{what} has the time axes {' and '.join(found.times)} without values.")
        values[dim] = coordinate
    years, months = values[year_dim], values[month_dim]
    if not (((months >= 1) & (months <= 12)).all() and ((years > 0) & (years < 9999)).all()):
        raise Wco2Error(f"{what}: its axes {year_dim} and {month_dim} hold no years and months.")
    stamps: list[Stamp] = []
    for step in range(sizes[found.times[0]] * sizes[found.times[1]]):
        at = dict(
            zip(found.times, np.unravel_index(step, [sizes[d] for d in found.times]), strict=True)
        )
        number = int(years[at[year_dim]]) * 100 + int(months[at[month_dim]])
        axis = Axis("time", np.array([number]), "YYYYMM")
        stamps.extend(from_axis(axis, reading, named, what))
    return tuple(stamps)


def _axis(dim: str, coordinate: Any, found: _Found, store: Store) -> Axis:
    attributes = coordinate.attrs
    bounds_name = str(attributes.get("bounds") or attributes.get("climatology") or "")
    bounds = found.seen.get(bounds_name)
    edges = None
    if bounds is not None and bounds.shape == (coordinate.size, 2):
        edges = np.asarray(bounds.values)
    elif bounds is not None and bounds.shape == (2,) and coordinate.size == 1:
        edges = np.asarray(bounds.values)[None]
    values = np.asarray(coordinate.values).reshape(-1)
    root = store.groups.get("")
    year = numbers(root.attrs.get("Year")) if root is not None else []
    title = str(attributes.get("long_name", "")).lower()
    return Axis(
        name=dim,
        values=values,
        units=str(attributes.get("units", "")),
        calendar=str(attributes.get("calendar", "")),
        bounds=edges,
        bounds_missing=bounds_name if bounds_name and bounds is None else "",
        climatological="climatology" in attributes,
        year=int(year[0]) if year and re.fullmatch(r"\d{4}", f"{year[0]:g}") else None,
        says_months="month" in title and "since" not in str(attributes.get("units", "")),
    )
