"""Files of netCDF, HDF5 and Zarr, opened so that nothing is decoded behind one's back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.downloads.grids import MOST_COORDINATES
from wco2_engine.downloads.layers import damaged
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.opening import check_content

MOST_VARIABLES = 10_000  # in one file


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


def netcdf_store(path: Path) -> Store:
    """A netCDF or HDF5 file, looked at before its library reads it.

    Raises
    ------
    Wco2Error : when it leads to other files, or ends before its last value.
    """
    check_content(path)
    return Store(path, lambda held: _netcdf_groups(path, held))


def zarr_store(path: Path) -> Store:
    """A Zarr folder, of format 2 or 3."""
    return Store(path, lambda held: _zarr_groups(path, held))


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
