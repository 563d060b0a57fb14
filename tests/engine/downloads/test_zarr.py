"""Zarr folders of both formats, and those made to harm."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

from wco2_engine.downloads.reading import Reading
from wco2_engine.downloads.series import open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.season import Month

NEWEST = int(zarr.__version__.partition(".")[0])
LATITUDE, LONGITUDE = np.array([60.5, 61.5, 62.5]), np.arange(10.5, 14.5)


def write(folder: Path, values: Any, group: str | None = None, **settings: Any) -> Path:
    dataset = xr.Dataset(
        {"t": (("time", "lat", "lon"), values, {"units": "degC"})},
        {
            "time": ("time", np.arange(len(values)) * 30 + 10, {"units": "days since 2003-01-01"}),
            "lat": ("lat", LATITUDE, {"units": "degrees_north"}),
            "lon": ("lon", LONGITUDE, {"units": "degrees_east"}),
        },
    )
    encoding = {"t": {"chunks": (2, 3, 4), **settings.pop("encoding", {})}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.to_zarr(folder, group=group, encoding=encoding, **settings)
    return folder


def values(count: int = 4) -> Any:
    return np.arange(count * 12, dtype=np.float32).reshape(count, 3, 4)


FORMATS = [{"zarr_format": 2}, {"zarr_format": 3}] if NEWEST >= 3 else [{}]


@pytest.mark.parametrize("consolidated", [True, False])
@pytest.mark.parametrize("form", FORMATS)
def test_a_zarr_folder_is_read_north_up(
    tmp_path: Path, form: dict[str, Any], consolidated: bool
) -> None:
    folder = write(tmp_path / "e.zarr", values(), consolidated=consolidated, **form)
    with open_series([folder], Reading(variable="t"), "x") as series:
        assert series.block == (2, 3, 4)
        assert series.steps[3].month == Month(2003, 4)
        np.testing.assert_array_equal(series.planes(series.steps), values()[:, ::-1])


@pytest.mark.parametrize("form", FORMATS)
def test_groups_in_a_zarr_folder_are_found(tmp_path: Path, form: dict[str, Any]) -> None:
    folder = write(tmp_path / "e.zarr", values(), group="deep/er", **form)
    with open_series([folder], Reading(variable="deep/er/t"), "x") as series:
        assert len(series.steps) == 4
    with open_series([folder], Reading(variable="t"), "x") as series:
        assert len(series.steps) == 4


def test_zero_as_the_fill_of_zarr_is_asked_about(tmp_path: Path) -> None:
    form: dict[str, Any] = {"zarr_format": 2} if NEWEST >= 3 else {}
    folder = write(tmp_path / "e.zarr", values().astype(np.int16), consolidated=False, **form)
    meta = folder / "t" / ".zarray"
    content = json.loads(meta.read_text())
    content["fill_value"] = 0
    meta.write_text(json.dumps(content))
    with open_series([folder], Reading(), "x") as series:
        with pytest.raises(Wco2Error, match="0 is what its Zarr array holds") as told:
            series.plane(series.steps[0])
        assert series.plane(series.steps[1]).min() == 12
    assert "keep = [0]" in told.value.hint
    with open_series([folder], Reading(keep=((0, 0),)), "x") as series:
        assert series.plane(series.steps[0]).min() == 0
    with open_series([folder], Reading(nodata=((0, 0),)), "x") as series:
        assert np.isnan(series.plane(series.steps[0])).sum() == 1


def test_pickled_objects_are_refused_before_they_are_touched(tmp_path: Path) -> None:
    folder = write(tmp_path / "e.zarr", values(), **({"zarr_format": 2} if NEWEST >= 3 else {}))
    evil = folder / "names"
    evil.mkdir()
    (evil / ".zarray").write_text(
        '{"zarr_format": 2, "shape": [3], "chunks": [3], "dtype": "|O", "compressor": null, '
        '"fill_value": null, "order": "C", "filters": [{"id": "pi\\u0063kle", "protocol": 5}]}'
    )
    (evil / ".zattrs").write_text('{"_ARRAY_DIMENSIONS": ["lat"]}')
    with pytest.raises(Wco2Error, match="pickled objects, which could run any code"):
        open_series([folder], Reading(variable="t"), "x")


@pytest.mark.parametrize("text", ["{", "[]", '{"shape": [1e12]}', '{"shape": [1000000000000]}'])
def test_damaged_and_boundless_arrays_are_refused(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "e.zarr", values(), **({"zarr_format": 2} if NEWEST >= 3 else {}))
    (folder / "lat" / ".zarray").write_text(text)
    with pytest.raises(Wco2Error, match="lat"):
        open_series([folder], Reading(variable="t"), "x")


def test_a_folder_that_is_no_zarr_is_named(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="is a folder, and no Zarr"):
        open_series([tmp_path], Reading(), "x")
