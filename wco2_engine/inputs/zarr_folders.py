"""Folders of Zarr, whose metadata is looked at before its library sees them.

An array of Zarr may ask for a codec that runs code (pickle), and xarray reads coordinates as soon
as a folder is opened. So every folder of Zarr passes here first, whoever wants to read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error, reason_of

MOST_VARIABLES = 10_000  # in one group
MOST_ALONG = 20_000_000  # values of an array of one axis, which xarray may read whole
MOST_IN_CHUNK = 250_000_000  # values that are decoded at once
MOST_BYTES = 64_000_000  # of one file of metadata
_DEEPEST = 8
_FILES = (".zmetadata", ".zgroup", ".zarray", "zarr.json")


def zarr_groups(folder: Path) -> Iterator[tuple[str, Path]]:
    """The groups with arrays in a folder of Zarr, of format 2 or 3, each by its name and folder.

    Raises
    ------
    Wco2Error : when one holds pickled objects, a size that no file has, or too many arrays.
    """
    yield from _groups(folder, "", 0)


def _groups(folder: Path, name: str, depth: int) -> Iterator[tuple[str, Path]]:
    if depth > _DEEPEST:
        return
    arrays = 0
    inner = []
    for child in sorted(folder.iterdir()):
        if not child.is_dir():
            continue
        meta = _checked(child)
        is_array = "shape" in meta
        arrays += is_array
        if meta and not is_array:
            inner.append(child)
        if arrays + len(inner) > MOST_VARIABLES:
            raise Wco2Error(f"{folder} holds more than {MOST_VARIABLES} arrays.")
    _checked(folder)
    if arrays:
        yield name, folder
    for child in inner:
        yield from _groups(child, f"{name}/{child.name}".lstrip("/"), depth + 1)


def _checked(folder: Path) -> dict[str, Any]:
    """What a folder of Zarr says of itself; empty where it is none."""
    found: dict[str, Any] = {}
    for name in _FILES:
        file = folder / name
        if not file.is_file():
            continue
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES / 1e6:.0f} MB")
            meta = json.loads(file.read_text("utf-8"))
            if not isinstance(meta, dict):
                raise ValueError("it is no JSON object")
            _check(file, meta)
        except (ValueError, OSError, RecursionError) as error:
            raise Wco2Error(
                f"{file} can't be read: {reason_of(error)}.",
                "The file looks truncated or damaged: copy or download it again.",
            ) from error
        if name != ".zmetadata":
            found.update(meta or {"zarr": 1})
    return found


def _check(file: Path, value: Any) -> None:
    """Look at metadata of one array or of many, at any depth."""
    if isinstance(value, dict):
        if "shape" in value:
            _check_sizes(file, value)
        for each in value.values():
            _check(file, each)
    elif isinstance(value, list):
        for each in value:
            _check(file, each)
    elif isinstance(value, str) and value.lower().rpartition(".")[2] == "pickle":
        raise Wco2Error(
            f"{file} has pickled objects, which could run any code.",
            "Such an array is not read: use another file of the product.",
        )


def _check_sizes(file: Path, array: dict[str, Any]) -> None:
    shape = array["shape"]
    if not _are_lengths(shape) or (len(shape) == 1 and shape[0] > MOST_ALONG):
        raise Wco2Error(f"{file} says it has the shape {shape!s:.200}: it is damaged.")
    grid = array.get("chunk_grid")
    settings = grid.get("configuration") if isinstance(grid, dict) else None
    of_grid = settings.get("chunk_shape") if isinstance(settings, dict) else None
    for chunk in (array.get("chunks"), of_grid):
        if chunk is not None and (not _are_lengths(chunk) or prod(chunk) > MOST_IN_CHUNK):
            raise Wco2Error(
                f"{file} has chunks of {chunk!s:.200}: {MOST_IN_CHUNK:,} values may be read at "
                "once.",
                "Write it in smaller chunks first.",
            )


def _are_lengths(shape: Any) -> bool:
    return isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
