"""GRIB as the Climate Data Store sends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.series import Series, open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.grib import eccodes
from wco2_engine.season import Month

LATITUDE = np.array([70.5, 69.5, 68.5])
LONGITUDE = np.array([0.5, 1.5, 2.5, 3.5])


def message(values: Any, date: int, edition: int = 1, parameter: int = 167, **keys: Any) -> bytes:
    """A message of a regular grid; `values` `(latitude, longitude)`, NaN being missing."""
    library = eccodes()
    handle = library.codes_grib_new_from_samples(f"regular_ll_sfc_grib{edition}")
    try:
        settings = {
            "Ni": len(LONGITUDE),
            "Nj": len(LATITUDE),
            "latitudeOfFirstGridPointInDegrees": LATITUDE[0],
            "latitudeOfLastGridPointInDegrees": LATITUDE[-1],
            "longitudeOfFirstGridPointInDegrees": LONGITUDE[0],
            "longitudeOfLastGridPointInDegrees": LONGITUDE[-1],
            "iDirectionIncrementInDegrees": 1.0,
            "jDirectionIncrementInDegrees": 1.0,
            "dataDate": date,
            "dataTime": 0,
            "paramId": parameter,
            "bitmapPresent": 1,
            "missingValue": 9999.0,
            **keys,
        }
        for key, value in settings.items():
            library.codes_set(handle, key, value)
        flat = np.where(np.isnan(values), 9999.0, values).ravel()
        library.codes_set_values(handle, flat.astype(np.float64))
        content: bytes = library.codes_get_message(handle)
        return content
    finally:
        library.codes_release(handle)


def plane(month: int) -> Any:
    return 240.0 + 2 * month + np.arange(12.0).reshape(3, 4) / 10


def write(path: Path, messages: Sequence[bytes]) -> Path:
    path.write_bytes(b"".join(messages))
    return path


def opened(path: Path | NamedFile, **reading: Any) -> Series:
    return open_series([path], Reading(**reading), "x")


@pytest.mark.parametrize("edition", [1, 2])
def test_months_of_two_variables_in_one_file_are_told_apart(tmp_path: Path, edition: int) -> None:
    messages = []
    for month in (1, 2, 3):
        for parameter in (167, 235 if edition == 2 else 141):
            sign = 1 if parameter == 167 else -1
            messages.append(
                message(sign * plane(month), 20030000 + month * 100 + 1, edition, parameter)
            )
    path = write(tmp_path / "all.bin", messages)  # the ending does not matter
    with pytest.raises(Wco2Error, match="several variables and none is chosen") as told:
        opened(path)
    assert "2t (2 metre temperature)" in told.value.hint
    for name in ("2t", "t2m", "2 metre temperature", "167"):
        with opened(path, variable=name) as series:
            assert [s.month for s in series.steps] == [Month(2003, m) for m in (1, 2, 3)]
            assert series.units == "K"
            assert isinstance(series.grid, Grid)
            assert series.grid.bounds == (0.0, 68.0, 4.0, 71.0)
            np.testing.assert_allclose(series.plane(series.steps[1]), plane(2), atol=0.01)
    with pytest.raises(Wco2Error, match="no variable '3t'"):
        opened(path, variable="3t")


def test_missing_values_and_scanning_from_the_south_are_read(tmp_path: Path) -> None:
    values = plane(1)
    values[0, 1] = np.nan
    upward = {
        "jScansPositively": 1,
        "latitudeOfFirstGridPointInDegrees": LATITUDE[-1],
        "latitudeOfLastGridPointInDegrees": LATITUDE[0],
    }
    path = write(tmp_path / "a.grib", [message(values[::-1], 20030101, **upward)])
    with opened(path) as series:
        np.testing.assert_allclose(series.plane(series.steps[0]), values, atol=0.01)


def test_a_level_is_asked_for_and_taken(tmp_path: Path) -> None:
    levels = [
        message(plane(k), 20030101, 1, 130, typeOfLevel="isobaricInhPa", level=level)
        for k, level in enumerate((500, 850))
    ]
    path = write(tmp_path / "a.grib", levels)
    with pytest.raises(Wco2Error, match=r"2 messages of 2003-01-01, of level 500, 850") as told:
        opened(path)
    assert "select = { level = 500 }" in told.value.hint
    with opened(path, select={"level": 850.0}) as series:
        np.testing.assert_allclose(series.plane(series.steps[0]), plane(1), atol=0.01)
    with pytest.raises(Wco2Error, match=r"no level = 700.0; there are 500, 850"):
        opened(path, select={"level": 700.0})


def test_a_month_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.grib", [message(plane(1), 20030101), message(plane(2), 20030101)])
    with pytest.raises(Wco2Error, match="2003-01-01 twice"):
        opened(path)


def test_the_final_version_comes_before_the_preliminary_one(tmp_path: Path) -> None:
    holes = plane(1)
    holes[0] = np.nan
    ecmwf = {"setLocalDefinition": 1, "localDefinitionNumber": 1}
    messages = [
        message(plane(5), 20030101, **ecmwf, experimentVersionNumber="0005"),
        message(holes, 20030101, **ecmwf, experimentVersionNumber="0001"),
    ]
    with opened(write(tmp_path / "a.grib", messages)) as series:
        found = series.plane(series.steps[0])
    np.testing.assert_allclose(found[0], plane(5)[0], atol=0.01)
    np.testing.assert_allclose(found[1:], plane(1)[1:], atol=0.01)


def test_accumulations_of_monthly_means_are_per_day(tmp_path: Path) -> None:
    ecmwf = {"setLocalDefinition": 1, "localDefinitionNumber": 1, "stream": "moda"}
    path = write(tmp_path / "a.grib", [message(plane(1) / 1e5, 20030101, 1, 228, **ecmwf)])
    with opened(path) as series:
        assert series.units == "m day-1"
        assert series.steps[0].month == Month(2003, 1)


def test_a_truncated_file_is_named_with_the_message(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.grib", [message(plane(m), 20030001 + m * 100) for m in (1, 2, 3)])
    cut = tmp_path / "cut.grib"
    cut.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(Wco2Error, match=r"cut.grib, message 3, can't be read"):
        opened(cut)


def test_a_reduced_gaussian_grid_is_known_by_its_points(tmp_path: Path) -> None:
    library = eccodes()
    handle = library.codes_grib_new_from_samples("reduced_gg_pl_32_grib2")
    latitude = library.codes_get_array(handle, "latitudes")
    library.codes_set_values(handle, 250 + latitude)
    path = tmp_path / "a.grib"
    path.write_bytes(library.codes_get_message(handle))
    library.codes_release(handle)
    with opened(path) as series:
        assert not isinstance(series.grid, Grid)
        found = series.plane(series.steps[0])
        np.testing.assert_allclose(found - 250, series.grid.latitude, atol=0.01)
