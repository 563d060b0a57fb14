"""Files of netCDF, HDF5 and Zarr, opened so that nothing is decoded behind one's back."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.downloads.layers import damaged
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.opening import check_content
from wco2_engine.inputs.zarr_folders import MOST_VARIABLES, zarr_groups


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

    for name, folder in zarr_groups(path):
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
