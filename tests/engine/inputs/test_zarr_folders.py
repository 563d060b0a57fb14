"""Folders of Zarr that would run code or take any memory."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import netCDF4
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.zarr_folders import zarr_groups
from wco2_engine.jobs import CatalogueJob
from wco2_engine.products.headers import header
from wco2_engine.progress import Silent

ARRAY = {
    **{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<f4", "compressor": None},
    **{"fill_value": 0, "order": "C", "filters": None},
}


class Spell:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


def zarr(folder: Path, **arrays: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    for name, changed in arrays.items():
        (folder / name).mkdir()
        (folder / name / ".zarray").write_text(json.dumps({**ARRAY, **changed}))
        (folder / name / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": [name]}))
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(Wco2Error) as caught:
        list(zarr_groups(folder))
    return caught.value.message


def test_a_draft_of_a_catalogue_runs_no_pickle(tmp_path: Path) -> None:
    pickled = {"dtype": "|O", "filters": [{"id": "pickle", "protocol": 4}], "fill_value": None}
    folder = zarr(tmp_path / "downloads" / "x.zarr", lat=pickled, lon={})
    spell = Spell(tmp_path / "made")
    (folder / "lat" / "0").write_bytes(pickle.dumps([spell, spell, "|O", (2,)]))
    with pytest.raises(Wco2Error, match="pickled objects, which could run any code"):
        CatalogueJob(output=str(tmp_path / "c.toml"), folders=[str(tmp_path / "downloads")]).run(
            Silent()
        )
    assert not (tmp_path / "made").exists()


def test_a_plain_folder_has_its_groups(tmp_path: Path) -> None:
    folder = zarr(tmp_path / "x.zarr", lat={}, lon={})
    zarr(folder / "deeper", t={})
    groups = [("", folder), ("deeper", folder / "deeper")]
    assert list(zarr_groups(folder)) == groups
    assert header(folder).form == "zarr"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"shape": [10**12]}, "says it has the shape [1000000000000]: it is damaged."),
        ({"shape": [-1]}, "says it has the shape [-1]: it is damaged."),
        ({"shape": "ab"}, "says it has the shape ab: it is damaged."),
        ({"shape": [9, 10**9], "chunks": [9, 10**9]}, "has chunks of [9, 1000000000]"),
        ({"chunks": None, "chunk_grid": {"configuration": {"chunk_shape": [10**9]}}}, "has chunks"),
    ],
)
def test_what_takes_any_memory_is_refused(
    tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    folder = zarr(tmp_path / "x.zarr", lat=changed)
    assert refused(folder).startswith(f"{folder}/lat/.zarray {says}")


def test_what_metadata_says_of_many_arrays_is_looked_at_too(tmp_path: Path) -> None:
    folder = zarr(tmp_path / "x.zarr", lat={})
    for changed, says in (({"shape": [10**12]}, "the shape"), ({"filters": ["PICKLE"]}, "pickled")):
        told = {"metadata": {"lat/.zarray": {**ARRAY, **changed}}}
        (folder / ".zmetadata").write_text(json.dumps(told))
        assert says in refused(folder)


def test_metadata_that_is_too_long_or_none_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = zarr(tmp_path / "x.zarr", lat={})
    (folder / ".zgroup").write_text("[" * 100_000)
    assert ".zgroup can't be read" in refused(folder)
    monkeypatch.setattr("wco2_engine.inputs.zarr_folders.MOST_BYTES", 10)
    assert "it has more than 0 MB" in refused(folder)


def test_of_axes_only_their_ends_are_read(tmp_path: Path) -> None:
    """An axis of 8 GB that was never written takes 20 kB in its file, and no more of memory."""
    path = tmp_path / "x.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, length in (("lat", 3), ("lon", 1_000_000_000)):
            file.createDimension(name, length)
            file.createVariable(name, "f8", (name,), chunksizes=(min(length, 1000),))
        file["lat"][:] = [50, 60, 70]
        file["lon"][-2:] = [1.0, 2.0]
        file.createVariable("t", "f4", ("lat", "lon"), chunksizes=(3, 1000))
    assert path.stat().st_size < 100_000
    grid = header(path).grid
    assert grid is not None
    assert (grid.columns, grid.rows) == (1_000_000_000, 3)
