"""Which variable of a file is meant, and which of its dimensions are rows, columns and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.reading import FIRST, Reading
from wco2_engine.downloads.stores import Store
from wco2_engine.downloads.times import MOST_STEPS
from wco2_engine.errors import Wco2Error, nearest_name

_LONGITUDE = ("degrees_east", "degree_east", "degrees_e", "degree_e", "degreese", "degreee")
_LATITUDE = ("degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn", "degreen")
_X_NAMES = ("lon", "longitude", "long", "x", "rlon", "easting", "xc", "xdim", "west_east", "nx")
_Y_NAMES = ("lat", "latitude", "y", "rlat", "northing", "yc", "ydim", "south_north", "ny")
_TIME_NAMES = (
    *("time", "valid_time", "t", "date", "month", "months", "month_of_year", "year", "years"),
    *("time_counter", "day", "doy", "times"),
)


@dataclass(frozen=True, eq=False)
class Found:
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


def maps_in(store: Store) -> Iterator[tuple[str, str]]:
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
                and not is_longitude(name, variable)
                and not is_latitude(name, variable)
            ):
                yield group, str(name)


def find(store: Store, reading: Reading, where: str) -> Found:
    maps = list(maps_in(store))
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
) -> Found:
    seen = store.variables(group)
    along = {dim: coordinate_of(str(dim), seen) for dim in variable.dims}
    x = _one_of(along, _is_x, _X_NAMES)
    y = _one_of(along, _is_y, _Y_NAMES)
    if x is None or y is None:
        both = latitudes_and_longitudes(variable, seen)
        if not both:
            raise Wco2Error(
                f"{what} has the dimensions {', '.join(map(str, variable.dims))}, and no "
                "coordinates say which of them are rows and columns.",
                "The file does not say where its cells lie: choose another variable or file.",
            )
        y, x = (str(dim) for dim in both[0][0].dims)
    times = tuple(
        str(dim) for dim in variable.dims if dim not in (x, y) and is_time(str(dim), along[dim])
    )
    if len(times) > 2 or (len(times) == 2 and not _year_and_month(times)):
        raise Wco2Error(f"{what} has the time axes {' and '.join(times)}.", "Choose with select.")
    rest = [str(dim) for dim in variable.dims if dim not in (x, y, *times)]
    sizes = dict(zip(variable.dims, variable.shape, strict=True))
    # A step of the time axis may be chosen too, as of any other.
    asked = [dim for dim in times if dim in reading.select]
    chosen, first = _choices([*rest, *asked], sizes, along, reading, what)
    kept = tuple(dim for dim in times if dim not in asked)
    return Found(group, name, variable, seen, x, y, kept, chosen, first)


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


def coordinate_of(dim: str, seen: Mapping[str, Any]) -> Any:
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


def units_of(variable: Any) -> str:
    return str(variable.attrs.get("units", "")).strip().lower()


def is_longitude(name: str, variable: Any) -> bool:
    return units_of(variable) in _LONGITUDE or variable.attrs.get("standard_name") == "longitude"


def is_latitude(name: str, variable: Any) -> bool:
    return units_of(variable) in _LATITUDE or variable.attrs.get("standard_name") == "latitude"


def _is_x(name: str, variable: Any) -> bool:
    return (
        is_longitude(name, variable)
        or variable.attrs.get("axis") == "X"
        or variable.attrs.get("standard_name") in ("projection_x_coordinate", "grid_longitude")
    )


def _is_y(name: str, variable: Any) -> bool:
    return (
        is_latitude(name, variable)
        or variable.attrs.get("axis") == "Y"
        or variable.attrs.get("standard_name") in ("projection_y_coordinate", "grid_latitude")
    )


def is_time(name: str, coordinate: Any) -> bool:
    if coordinate is not None:
        units = str(coordinate.attrs.get("units", ""))
        if " since " in units or "%Y" in units or coordinate.dtype.kind == "M":
            return True
        if coordinate.attrs.get("standard_name") == "time" or coordinate.attrs.get("axis") == "T":
            return True
    return name.lower() in _TIME_NAMES


def latitudes_and_longitudes(variable: Any, seen: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Latitude and longitude of each cell, as often as they are there; those named come first."""
    named = str(variable.attrs.get("coordinates", "")).split()
    order = [*(n for n in named if n in seen), *(n for n in seen if n not in named)]

    def fitting(told: Callable[[str, Any], bool], names: tuple[str, ...]) -> list[Any]:
        return [
            seen[n]
            for n in order
            if seen[n].ndim == 2
            and set(seen[n].dims) <= set(variable.dims)
            and (told(n, seen[n]) or str(n).lower() in names)
        ]

    latitudes = fitting(is_latitude, ("lat", "latitude", "nav_lat", "xlat", "tlat"))
    longitudes = fitting(is_longitude, ("lon", "longitude", "nav_lon", "xlong", "tlong"))
    return [
        (latitude, longitude)
        for latitude, longitude in zip(latitudes, longitudes, strict=False)
        if set(latitude.dims) == set(longitude.dims)
    ]
