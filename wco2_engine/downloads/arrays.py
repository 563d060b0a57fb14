"""Layers of netCDF, HDF5 and Zarr: variables read by xarray, as stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.dates import Stamp
from wco2_engine.downloads.decoding import decoding, numbers
from wco2_engine.downloads.dimensions import (
    Found,
    coordinate_of,
    find,
    is_latitude,
    is_longitude,
    is_time,
    latitudes_and_longitudes,
    units_of,
)
from wco2_engine.downloads.grids import (
    MOST_COORDINATES,
    MOST_CURVILINEAR,
    Coordinates,
    place,
)
from wco2_engine.downloads.layers import (
    Layer,
    check_size,
    placed_part,
    turned,
)
from wco2_engine.downloads.quantities import agreed_units
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.stores import Store, netcdf_store, zarr_store
from wco2_engine.downloads.times import MOST_STEPS, Axis, from_axis, from_order, named_stamp
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Tile
from wco2_engine.inputs.hdf5 import apart


def netcdf_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A variable of a netCDF or HDF5 file.

    Raises
    ------
    Wco2Error : when the file is damaged, lacks the variable, or contradicts the catalogue.
    """
    return _in_one_thread(netcdf_store, named, reading, where)


def zarr_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A variable of a Zarr folder; see `netcdf_layer`."""
    return _in_one_thread(zarr_store, named, reading, where)


def _in_one_thread(
    opener: Callable[[Path], Store], named: NamedFile, reading: Reading, where: str
) -> Layer:
    def build() -> Layer:
        store = opener(named.path)
        try:
            return _layer(store, named, reading, where, netcdf=opener is netcdf_store)
        except BaseException:
            store.close()
            raise

    return apart(str(named.path), build)


def _layer(store: Store, named: NamedFile, reading: Reading, where: str, *, netcdf: bool) -> Layer:
    found = find(store, reading, where)
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


def _block(variable: Any, found: Found, sizes: Mapping[str, int]) -> tuple[int, int, int]:
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


def _coordinates(found: Found, shape: tuple[int, int], what: str) -> Coordinates:
    x, y = coordinate_of(found.x, found.seen), coordinate_of(found.y, found.seen)
    for coordinate in (x, y):
        if coordinate is not None and coordinate.size > MOST_COORDINATES:
            raise Wco2Error(f"{what}: a coordinate of {coordinate.size} values is not read.")
    geographic = x is not None and y is not None and _degrees(x, "lon") and _degrees(y, "lat")
    mapping = _mapping(found)
    longitude = latitude = None
    if not geographic and shape[0] * shape[1] <= MOST_CURVILINEAR:
        for pair in latitudes_and_longitudes(found.variable, found.seen):
            latitude, longitude = (_degrees_of(each, found) for each in pair)
            written = np.isfinite(latitude).any() and np.isfinite(longitude).any()
            if written or mapping:
                break  # others count where neither those named nor a projection say anything
    return Coordinates(
        shape=shape,
        x=_values(x),
        y=_values(y),
        x_units=units_of(x) if x is not None else "",
        y_units=units_of(y) if y is not None else "",
        longitude=longitude,
        latitude=latitude,
        mapping=mapping,
        geographic=geographic,
    )


def _degrees(variable: Any, kind: str) -> bool:
    """Whether a coordinate is longitude or latitude."""
    told = is_longitude("", variable) if kind == "lon" else is_latitude("", variable)
    stated = variable.attrs.get("standard_name")
    name = str(variable.dims[0]).lower()
    plain = not units_of(variable) or units_of(variable) in ("degrees", "degree", "deg")
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


def _degrees_of(variable: Any, found: Found) -> NDArray[np.float64]:
    raw = np.asarray(variable.transpose(found.y, found.x).values)
    values = raw.astype(np.float64)
    for name in ("_FillValue", "missing_value"):
        for mark in numbers(variable.attrs.get(name)):
            values[raw == np.asarray(mark, raw.dtype)] = np.nan
    scale = next(iter(numbers(variable.attrs.get("scale_factor"))), 1.0)
    values = values * scale + next(iter(numbers(variable.attrs.get("add_offset"))), 0.0)
    values[~(np.abs(values) <= 360.0)] = np.nan
    return values


def _mapping(found: Found) -> Mapping[str, Any]:
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
    found: Found,
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
        coordinate = coordinate_of(dim, found.seen)
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
        if scalar is not None and scalar.size == 1 and is_time(name, scalar):
            axis = _axis(name, scalar, found, store)
            if " since " in axis.units or axis.values.dtype.kind == "M":
                return from_axis(axis, reading, named, what)
    return (named_stamp(named),)


def _years_by_months(
    found: Found, sizes: Mapping[Any, int], reading: Reading, named: NamedFile, what: str
) -> tuple[Stamp, ...]:
    year_dim = next(dim for dim in found.times if "year" in dim.lower())
    month_dim = next(dim for dim in found.times if dim != year_dim)
    values = {}
    for dim in found.times:
        coordinate = _values(coordinate_of(dim, found.seen))
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


def _axis(dim: str, coordinate: Any, found: Found, store: Store) -> Axis:
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
