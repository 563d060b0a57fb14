"""Series of planes from netCDF files of the layouts that people download."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.series import Series, open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile
from wco2_engine.inputs.details import Quality
from wco2_engine.season import Month

LATITUDE = np.array([70.5, 69.5, 68.5, 67.5])
LONGITUDE = np.array([-10.5, -9.5, -8.5, -7.5, -6.5])
Extra = Callable[[Any, Any], None]


def truth(month: int, latitude: Any = LATITUDE, longitude: Any = LONGITUDE) -> Any:
    """-30 + 2 month + 0.1 latitude + 0.01 longitude, `(latitude, longitude)`."""
    return -30 + 2 * month + 0.1 * np.asarray(latitude)[:, None] + 0.01 * np.asarray(longitude)


def write(
    path: Path,
    values: Any = None,
    *,
    dims: Sequence[str] = ("time", "lat", "lon"),
    latitude: Any = LATITUDE,
    longitude: Any = LONGITUDE,
    time: Any = None,
    time_units: str | None = "days since 2003-01-01",
    attributes: Mapping[str, Any] = {},
    dtype: str = "f4",
    fill: Any = None,
    file_format: str = "NETCDF4",
    extra: Extra | None = None,
    **storage: Any,
) -> Path:
    """A file with one variable `t` of `dims`; without values three months of `truth`."""
    months = 3
    if values is None:
        values = np.stack([truth(m, latitude, longitude) for m in range(1, months + 1)])
    if time is None:
        time = [14.0, 45.0, 73.0]
    with netCDF4.Dataset(path, "w", format=file_format) as file:
        for name, size in zip(dims, np.shape(values), strict=True):
            file.createDimension(name, size)
        for name, coordinate, units in (
            ("lat", latitude, "degrees_north"),
            ("lon", longitude, "degrees_east"),
            ("time", time, time_units),
        ):
            if name in dims and coordinate is not None:
                made = file.createVariable(name, np.asarray(coordinate).dtype, (name,))
                if units is not None:
                    made.units = units
                made[:] = coordinate
        variable = file.createVariable("t", dtype, dims, fill_value=fill, **storage)
        variable.set_auto_maskandscale(False)
        variable.setncatts({"units": "degC", **attributes})
        variable[:] = values
        if extra is not None:
            extra(file, variable)
    return path


def opened(path: Path | NamedFile, **reading: Any) -> Series:
    return open_series([path], Reading(**reading), "catalogue.toml: predictor 'x'")


def only_plane(path: Path, **reading: Any) -> Any:
    with opened(path, **reading) as series:
        return series.plane(series.steps[0])


def of_year(path: Path, year: int = 2003) -> NamedFile:
    return NamedFile(path, np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))


def same_as_truth(series: Series, places: slice | None = None) -> None:
    for step in series.steps:
        assert step.month is not None
        expected = truth(step.month.month)
        np.testing.assert_allclose(series.plane(step), expected, atol=1e-4)


# ------------------------------------------------------------------ orientation


def test_a_plain_file_is_read_with_its_months_units_and_grid(tmp_path: Path) -> None:
    with opened(write(tmp_path / "a.nc")) as series:
        assert [step.month for step in series.steps] == [Month(2003, m) for m in (1, 2, 3)]
        assert series.units == "degC"
        assert isinstance(series.grid, Grid)
        assert series.grid.bounds == (-11.0, 67.0, -6.0, 71.0)
        assert series.grid.crs == "EPSG:4326"
        plane = series.plane(series.steps[0])
        assert plane.dtype == np.float32
        # 1 January at 70.5 N, 10.5 W: -30 + 2 + 7.05 - 0.105.
        assert plane[0, 0] == pytest.approx(-21.055, abs=1e-4)
        same_as_truth(series)


@pytest.mark.parametrize("file_format", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF4"])
@pytest.mark.parametrize(
    "dims", [("time", "lat", "lon"), ("time", "lon", "lat"), ("lat", "lon", "time")]
)
@pytest.mark.parametrize("south_up", [False, True])
@pytest.mark.parametrize("westward", [False, True])
def test_planes_are_north_up_and_west_to_east_however_they_are_stored(
    tmp_path: Path, file_format: Any, dims: tuple[str, ...], south_up: bool, westward: bool
) -> None:
    rows = LATITUDE[::-1] if south_up else LATITUDE
    columns = LONGITUDE[::-1] if westward else LONGITUDE
    planes = np.stack([truth(m, rows, columns) for m in (1, 2, 3)])
    order = [("time", "lat", "lon").index(name) for name in dims]
    path = write(
        tmp_path / "a.nc",
        planes.transpose(order),
        dims=dims,
        latitude=rows,
        longitude=columns,
        file_format=file_format,
    )
    with opened(path) as series:
        assert isinstance(series.grid, Grid)
        assert series.grid.bounds == (-11.0, 67.0, -6.0, 71.0)
        same_as_truth(series)


def test_a_part_of_a_plane_is_the_part_of_the_whole(tmp_path: Path) -> None:
    rows, columns = LATITUDE[::-1], LONGITUDE[::-1]
    planes = np.stack([truth(m, rows, columns) for m in (1, 2, 3)])
    path = write(tmp_path / "a.nc", planes, latitude=rows, longitude=columns)
    with opened(path) as series:
        whole = series.planes(series.steps)
        part = series.planes(series.steps[1:], Tile(1, 2, 2, 3))
        np.testing.assert_array_equal(part, whole[1:, 1:3, 2:5])


def test_steps_are_given_in_the_order_that_they_are_asked_for(tmp_path: Path) -> None:
    with opened(write(tmp_path / "a.nc", chunksizes=(3, 4, 5), zlib=True)) as series:
        assert series.block == (3, 4, 5)
        back = series.planes([series.steps[2], series.steps[0]])
        np.testing.assert_allclose(back[0] - back[1], 4.0, atol=1e-4)


def test_longitudes_of_0_to_360_and_those_that_wrap_are_one_row(tmp_path: Path) -> None:
    around = np.arange(0.5, 360)
    planes = np.zeros((1, 4, 360))
    for longitude in (around, np.where(around > 180, around - 360, around)):
        path = write(tmp_path / "a.nc", planes, longitude=longitude, time=[0.0])
        with opened(path) as series:
            assert isinstance(series.grid, Grid)
            assert series.grid.bounds == (0.0, 67.0, 360.0, 71.0)
            assert series.grid.period == 360


def test_coordinates_in_single_precision_give_clean_edges(tmp_path: Path) -> None:
    latitude = np.linspace(90, -90, 1801, dtype=np.float32)[:400]
    longitude = (np.arange(3600) * 0.1).astype(np.float32)
    path = write(
        tmp_path / "a.nc",
        np.zeros((1, 400, 3600), np.float32),
        latitude=latitude,
        longitude=longitude,
        time=[0.0],
    )
    with opened(path) as series:
        grid = series.grid
        assert isinstance(grid, Grid)
        assert (grid.dx, grid.dy) == (0.1, 0.1)
        assert grid.corner == (-0.05, 90.05)


def test_uneven_latitudes_are_known_by_their_coordinates(tmp_path: Path) -> None:
    gaussian = np.array([70.0, 68.5, 67.2, 65.0])
    path = write(tmp_path / "a.nc", latitude=gaussian)
    with opened(path) as series:
        assert not isinstance(series.grid, Grid)
        np.testing.assert_array_equal(series.grid.latitude[:, 0], gaussian)


def test_latitudes_beyond_the_pole_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", latitude=LATITUDE + 30)
    with pytest.raises(Wco2Error, match=r"latitudes 97.5 to 100.5 .* are not on Earth"):
        opened(path)


def test_degrees_are_in_no_projection(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="are longitudes and latitudes, and the catalogue says"):
        opened(write(tmp_path / "a.nc"), crs="EPSG:6931")


# ------------------------------------------------------------------ missing values


def test_fill_and_missing_value_both_mean_missing(tmp_path: Path) -> None:
    values = np.zeros((1, 4, 5), np.float32)
    values[0, 0, :3] = -9999, -99, np.inf
    path = write(
        tmp_path / "a.nc", values, fill=-9999.0, attributes={"missing_value": -99.0}, time=[0.0]
    )
    assert np.isnan(only_plane(path)[0]).tolist() == [True, True, True, False, False]


def test_several_codes_and_ranges_are_missing_and_others_zero(tmp_path: Path) -> None:
    values = np.array([[[0, 40, 100, 101, 200, 254, 253, 7]]], np.uint8)
    path = write(
        tmp_path / "a.nc",
        values,
        dtype="u1",
        latitude=[60.0],
        longitude=np.arange(8.0),
        time=[0.0],
        attributes={"units": "%"},
    )
    plane = only_plane(path, nodata=((101, 252), (254, 254)), zero=((253, 253),))
    np.testing.assert_array_equal(
        plane[0], np.array([0, 40, 100, np.nan, np.nan, np.nan, 0, 7], np.float32)
    )


@pytest.mark.parametrize("mark", [-9999.0, 1e20, -3.4e38, -32768.0])
def test_a_mark_that_nothing_explains_is_asked_about(tmp_path: Path, mark: float) -> None:
    values = np.full((1, 4, 5), 3.5)
    values[0, 1:3] = mark
    path = write(tmp_path / "a.nc", values, dtype="f8", time=[0.0])
    with pytest.raises(Wco2Error, match=r"t.*2003-01, holds .* in 10 of 20 cells") as told:
        only_plane(path)
    assert told.value.hint.startswith(f"Add nodata = [{mark:.7g}]")
    plane = only_plane(path, nodata=((mark, mark),))
    assert np.isnan(plane[1:3]).all() and (plane[0] == 3.5).all()
    if mark > -1e6 and mark < 1e6:
        assert only_plane(path, keep=((mark, mark),))[1, 0] == mark


def test_a_number_among_its_like_is_no_mark(tmp_path: Path) -> None:
    depths = np.linspace(-11000, 0, 20).reshape(1, 4, 5)
    depths[0, 1, :2] = -9999
    path = write(tmp_path / "a.nc", depths, time=[0.0])
    assert only_plane(path)[1, 0] == -9999


def test_cells_never_written_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"

    def part(file: Any, variable: Any) -> None:
        other = file.createVariable("u", "f4", ("time", "lat", "lon"))
        other.units = "mm"
        other[0, 0] = 5.0

    plane = only_plane(write(path, extra=part), variable="u")
    assert (plane[0] == 5).all() and np.isnan(plane[1:]).all()


def test_a_valid_range_is_of_values_or_of_stored_numbers_by_its_type(tmp_path: Path) -> None:
    stored = np.array([[[1500, 5000, -3000, 12000, -9999]]], np.int16)
    common: dict[str, Any] = {
        "dtype": "i2",
        "fill": np.int16(-9999),
        "latitude": [60.0],
        "time": [0.0],
    }
    scaled = {"units": "1", "scale_factor": 1e-4}
    expected = np.array([0.15, 0.5, np.nan, np.nan, np.nan], np.float32)
    for valid in (
        {"valid_min": -0.2, "valid_max": 1.0},
        {"valid_range": np.array([-2000, 10000], np.int16)},
        {"valid_min": np.int16(-2000), "valid_max": np.int16(10000)},
    ):
        path = write(tmp_path / "a.nc", stored, attributes={**scaled, **valid}, **common)
        np.testing.assert_allclose(only_plane(path)[0], expected, rtol=1e-6)
        np.testing.assert_allclose(
            only_plane(path, overrule=frozenset({"valid"}))[0, 2:4], [-0.3, 1.2], rtol=1e-6
        )


def test_a_valid_range_that_leaves_nothing_and_fits_the_other_scale_is_refused(
    tmp_path: Path,
) -> None:
    stored = np.full((1, 1, 5), 5000, np.int16)
    path = write(
        tmp_path / "a.nc",
        stored,
        dtype="i2",
        latitude=[60.0],
        time=[0.0],
        attributes={"units": "1", "scale_factor": 1e-4, "valid_max": np.int16(1)},
    )
    with pytest.raises(Wco2Error, match="every value lies outside the valid range -inf to 1"):
        only_plane(path)


def test_unsigned_bytes_and_their_attributes_are_unsigned(tmp_path: Path) -> None:
    # Snow CCI: a byte of percent, fill 255 stored as -1, flags above 200 inside the valid range.
    stored = np.array([[[0, 100, -56, -1, 50]]], np.int8)
    attributes = {
        "units": "percent",
        "_Unsigned": "true",
        "valid_range": np.array([0, -2], np.int8),
        "flag_values": np.array([-56, -46], np.int8),
        "flag_meanings": "cloud water",
    }
    path = write(
        tmp_path / "a.nc",
        stored,
        dtype="i1",
        fill=np.int8(-1),
        latitude=[60.0],
        time=[0.0],
        attributes=attributes,
    )
    with pytest.raises(Wco2Error, match="holds codes beside values: 200 cloud"):
        only_plane(path)
    plane = only_plane(path, nodata=((101, 254),))
    np.testing.assert_array_equal(plane[0], np.array([0, 100, np.nan, np.nan, 50], np.float32))


def test_codes_outside_of_the_valid_range_are_asked_about_too(tmp_path: Path) -> None:
    # Snow CCI: valid_range 1 to 500 mm leaves out 0, which means no snow.
    stored = np.array([[[0, 120, -10, -20, 300]]], np.int32)
    attributes = {
        "units": "mm",
        "valid_range": np.array([1, 500], np.int32),
        "flag_values": np.array([-20, -10, 0], np.int32),
        "flag_meanings": "mountain water no_snow",
    }
    path = write(
        tmp_path / "a.nc",
        stored,
        dtype="i4",
        latitude=[60.0],
        time=[0.0],
        attributes=attributes,
    )
    with pytest.raises(Wco2Error, match="-20 mountain, -10 water, 0 no_snow"):
        only_plane(path)
    plane = only_plane(path, nodata=((-20, -10),), keep=((0, 0),))
    np.testing.assert_array_equal(plane[0], np.array([0, 120, np.nan, np.nan, 300], np.float32))


def test_percent_above_100_in_bytes_is_a_code(tmp_path: Path) -> None:
    values = np.full((1, 4, 5), 40, np.uint8)
    values[0, 0, 0] = 200
    path = write(tmp_path / "a.nc", values, dtype="u1", time=[0.0], attributes={"units": "%"})
    with pytest.raises(Wco2Error, match="is in %, and holds 200"):
        only_plane(path)


def test_a_quality_layer_says_what_to_believe(tmp_path: Path) -> None:
    def quality(file: Any, variable: Any) -> None:
        flags = file.createVariable("qa", "u1", ("time", "lat", "lon"))
        flags[:] = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)

    path = write(tmp_path / "a.nc", extra=quality)
    by_code = Quality("qa", None, ((0, 2), (7, 7)))
    plane = only_plane(path, variable="t", quality=by_code)
    assert np.flatnonzero(~np.isnan(plane.ravel())).tolist() == [0, 1, 2, 7]
    by_bits = Quality("qa", None, ((1, 1),), (2, 2))  # bits 2 and 3 hold 1: 4 to 7 of 16
    plane = only_plane(path, variable="t", quality=by_bits)
    assert np.flatnonzero(~np.isnan(plane.ravel())).tolist() == [4, 5, 6, 7]


# ------------------------------------------------------------------ units and scale


def test_units_that_contradict_the_catalogue_are_refused_with_both(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", attributes={"units": "K"})
    with pytest.raises(Wco2Error, match=r"the file says units = 'K', and the catalogue.* 'degC'"):
        opened(path, units="degC")
    assert opened(path, units="kelvin").units == "kelvin"
    assert opened(path, units="degC", overrule=frozenset({"units"})).units == "degC"
    assert opened(path).units == "K"


def test_an_amount_may_be_one_per_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", attributes={"units": "m"})
    assert opened(path, units="m day-1").units == "m day-1"
    with pytest.raises(Wco2Error, match="'m', and the catalogue units = 'mm day-1'"):
        opened(path, units="mm day-1")
    daily = {"units": "J m**-2", "GRIB_stepType": "avgad"}
    assert opened(write(tmp_path / "b.nc", attributes=daily)).units == "J m**-2 day-1"


def test_a_packed_file_is_scaled_once(tmp_path: Path) -> None:
    stored = np.array([[[0, 1000, -32767, 500, 1]]], np.int16)
    path = write(
        tmp_path / "a.nc",
        stored,
        dtype="i2",
        fill=np.int16(-32767),
        latitude=[60.0],
        time=[0.0],
        attributes={"units": "K", "scale_factor": 0.01, "add_offset": 250.0},
    )
    np.testing.assert_allclose(only_plane(path)[0], [250, 260, np.nan, 255, 250.01], rtol=1e-6)


def test_scale_of_the_catalogue_beside_an_offset_of_the_file_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.nc",
        np.zeros((1, 4, 5)),
        dtype="i2",
        time=[0.0],
        attributes={"units": "degC", "scale_factor": 0.1, "add_offset": -273.15},
    )
    with pytest.raises(Wco2Error, match=r"scale = 0.1, and the file offset = -273.15"):
        opened(path, scale=0.1)
    with pytest.raises(Wco2Error, match=r"offset = 0, and the file scale = 0.1"):
        opened(path, offset=0.0)
    assert only_plane(path, scale=0.1, offset=1.0)[0, 0] == 1.0


def test_kelvin_with_an_offset_that_gives_celsius_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.nc",
        np.zeros((1, 4, 5)),
        dtype="i2",
        time=[0.0],
        attributes={"units": "K", "scale_factor": 0.1, "add_offset": -273.15},
    )
    with pytest.raises(Wco2Error, match=r"units are K, and the file adds -273.15"):
        opened(path)


def test_a_divisor_called_scale_is_asked_about(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.nc",
        np.full((1, 4, 5), 5000),
        dtype="i2",
        time=[0.0],
        attributes={"units": "1", "scale_factor": 10000.0},
    )
    with pytest.raises(Wco2Error, match="scale = 10000 of whole numbers") as told:
        opened(path)
    assert "scale = 0.0001" in told.value.hint
    assert only_plane(path, scale=1e-4)[0, 0] == pytest.approx(0.5)


# ------------------------------------------------------------------ further dimensions


def test_the_final_version_comes_before_the_preliminary_one(tmp_path: Path) -> None:
    planes = np.full((3, 2, 4, 5), np.nan, np.float32)
    for k in range(3):
        planes[k, 0 if k < 2 else 1] = truth(k + 1)

    def expver(file: Any, variable: Any) -> None:
        made = file.createVariable("expver", "i4", ("expver",))
        made[:] = [1, 5]

    path = write(tmp_path / "a.nc", planes, dims=("time", "expver", "lat", "lon"), extra=expver)
    with opened(path) as series:
        same_as_truth(series)
    with opened(path, select={"expver": 5.0}) as series:
        assert np.isnan(series.plane(series.steps[0])).all()
        np.testing.assert_allclose(series.plane(series.steps[2]), truth(3), atol=1e-4)


def test_a_depth_is_asked_for_and_taken(tmp_path: Path) -> None:
    planes = np.stack([np.full((2, 4, 5), k) for k in range(3)]) + np.array([0, 10])[:, None, None]

    def depth(file: Any, variable: Any) -> None:
        made = file.createVariable("depth", "f4", ("depth",))
        made[:] = [0.05, 0.3]

    path = write(tmp_path / "a.nc", planes, dims=("time", "depth", "lat", "lon"), extra=depth)
    with pytest.raises(Wco2Error, match=r"2 steps along 'depth': 0.05, 0.3") as told:
        opened(path)
    assert "select = { depth = 0.05 }" in told.value.hint
    assert only_plane(path, select={"depth": 0.3})[0, 0] == 10
    with pytest.raises(Wco2Error, match=r"no step depth = 0.1; there are 0.05, 0.3"):
        opened(path, select={"depth": 0.1})
    with pytest.raises(Wco2Error, match="no dimension 'dept'"):
        opened(path, select={"dept": 0.1})


def test_years_and_months_as_two_dimensions_are_one_axis(tmp_path: Path) -> None:
    planes = np.arange(2 * 12 * 20, dtype=float).reshape(2, 12, 4, 5)

    def axes(file: Any, variable: Any) -> None:
        file.createVariable("year", "i4", ("year",))[:] = [2003, 2004]
        file.createVariable("month", "i4", ("month",))[:] = np.arange(1, 13)

    path = write(tmp_path / "a.nc", planes, dims=("year", "month", "lat", "lon"), extra=axes)
    with opened(path) as series:
        assert series.steps[13].month == Month(2004, 2)
        np.testing.assert_array_equal(series.plane(series.steps[13]), planes[1, 1])


def test_a_variable_in_a_group_is_found_by_its_name_alone_where_it_is_the_only_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, value in (("lat", LATITUDE), ("lon", LONGITUDE)):
            file.createDimension(name, len(value))
            made = file.createVariable(name, "f8", (name,))
            made[:] = value
            made.units = "degrees_north" if name == "lat" else "degrees_east"
        for group, variable in (("Grid", "tas"), ("Grid", "pr"), ("Other", "pr")):
            inner = file.groups.get(group) or file.createGroup(group)
            made = inner.createVariable(variable, "f4", ("lat", "lon"))
            made.standard_name = "air_temperature" if variable == "tas" else "precipitation_flux"
            made[:] = truth(1)
    for name in ("tas", "Grid/tas", "/Grid/tas"):
        np.testing.assert_allclose(only_plane(path, variable=name), truth(1), atol=1e-4)
    with pytest.raises(Wco2Error, match="no variable 'pr'") as told:
        opened(path, variable="pr")
    assert told.value.hint == "Say which: Grid/pr, Other/pr."
    with pytest.raises(Wco2Error, match="no variable 'air_temperature'") as told:
        opened(path, variable="air_temperature")
    assert told.value.hint == "Did you mean 'Grid/tas'?"
    with pytest.raises(Wco2Error, match="several variables and none is chosen"):
        opened(path)


# ------------------------------------------------------------------ several files


def test_a_file_a_year_and_their_own_packing_make_one_series(tmp_path: Path) -> None:
    files = []
    for year, offset in ((2003, 250.0), (2004, 260.0)):
        stored = np.round((truth(1)[None] + 273.15 - offset) / 0.01)
        files.append(
            of_year(
                write(
                    tmp_path / f"t_{year}.nc",
                    stored,
                    dtype="i2",
                    time=[0.0],
                    time_units=f"days since {year}-01-01",
                    attributes={"units": "K", "scale_factor": 0.01, "add_offset": offset},
                ),
                year,
            )
        )
    with open_series(files[::-1], Reading(), "x") as series:
        assert [step.month for step in series.steps] == [Month(2003, 1), Month(2004, 1)]
        planes = series.planes(series.steps)
    np.testing.assert_allclose(planes[0], truth(1) + 273.15, atol=6e-3)
    np.testing.assert_allclose(planes[1], planes[0], atol=1e-3)


def test_a_month_in_two_files_is_refused_with_both_names(tmp_path: Path) -> None:
    first, second = write(tmp_path / "first.nc"), write(tmp_path / "second.nc")
    with pytest.raises(Wco2Error, match=r"2003-01 is in .*first.nc and in .*second.nc"):
        open_series([first, second], Reading(), "x")


def test_a_month_twice_in_a_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", time=[0.0, 31.0, 31.25])
    with pytest.raises(Wco2Error, match="2003-02 twice, as steps 2 and 3"):
        opened(path)


def test_instants_of_one_month_in_two_files_are_doubles_too(tmp_path: Path) -> None:
    # ERA5: accumulations are stamped 06:00, all else 00:00 of the month's first day.
    first = write(tmp_path / "first.nc", time=[0.0, 31.0, 59.0])
    second = write(tmp_path / "second.nc", time=[0.25, 31.25, 59.25])
    with pytest.raises(Wco2Error, match="2003-01"):
        open_series([first, second], Reading(), "x")


def test_another_grid_among_the_files_is_refused_with_both(tmp_path: Path) -> None:
    first = write(tmp_path / "first.nc")
    second = write(tmp_path / "second.nc", latitude=LATITUDE + 1, time=[400.0, 430.0, 460.0])
    with pytest.raises(Wco2Error, match=r"second.nc lies on another grid than .*first.nc"):
        open_series([first, second], Reading(), "x")


def test_another_unit_among_the_files_is_refused_with_both(tmp_path: Path) -> None:
    first = write(tmp_path / "first.nc")
    second = write(tmp_path / "second.nc", attributes={"units": "K"}, time=[400.0, 430.0, 460.0])
    with pytest.raises(Wco2Error, match=r"first.nc is in degC, and .*second.nc in K"):
        open_series([first, second], Reading(), "x")


def test_files_without_time_are_told_apart_by_nothing(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{k}.nc", truth(1), dims=("lat", "lon")) for k in (1, 2)]
    with pytest.raises(Wco2Error, match="have no time that tells them apart"):
        open_series(files, Reading(), "x")


def test_a_name_says_the_time_of_a_file_without_any(tmp_path: Path) -> None:
    path = write(tmp_path / "swe_200302.nc", truth(2), dims=("lat", "lon"))
    named = NamedFile(path, np.datetime64("2003-02-01"), np.datetime64("2003-03-01"))
    with opened(named) as series:
        assert series.steps[0].month == Month(2003, 2)


def test_days_in_names_make_days_of_files_with_one_date_each(tmp_path: Path) -> None:
    path = write(tmp_path / "20030115.nc", truth(1)[None], time=[14.5])
    named = NamedFile(path, np.datetime64("2003-01-15"), np.datetime64("2003-01-16"))
    with opened(named) as series:
        step = series.steps[0]
        assert (str(step.begin), str(step.end)) == ("2003-01-15", "2003-01-16")


def test_a_name_that_contradicts_the_axis_is_refused_with_both(tmp_path: Path) -> None:
    path = of_year(write(tmp_path / "t_2004.nc"), 2004)
    with pytest.raises(Wco2Error, match="2004-01-01 to 2004-12-31, and its time axis 2003-01-15"):
        opened(path)


# ------------------------------------------------------------------ damage


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    whole = write(tmp_path / "whole.nc", rng.normal(size=(3, 4, 5)), zlib=True)
    cut = tmp_path / "cut.nc"
    cut.write_bytes(whole.read_bytes()[:3000])
    with pytest.raises(Wco2Error, match=r"cut.nc can't be read") as told:
        open_series([whole, cut], Reading(), "x")
    assert "truncated or damaged" in told.value.hint


def test_a_netcdf_3_file_that_ends_early_is_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.nc", file_format="NETCDF3_CLASSIC")
    cut = tmp_path / "cut.nc"
    cut.write_bytes(whole.read_bytes()[:-150])
    with pytest.raises(Wco2Error, match=r"cut.nc"), opened(cut) as series:
        series.planes(series.steps)


def test_a_variable_beyond_any_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("lat", 1_000_000), ("lon", 1_000_000)):
            file.createDimension(name, size)
            made = file.createVariable(name, "f8", (name,), zlib=True)
            made.units = "degrees_north" if name == "lat" else "degrees_east"
            made[:] = np.linspace(60, 61, size)
        file.createVariable("t", "f4", ("lat", "lon"), chunksizes=(1000, 1000))
    with opened(path) as series, pytest.raises(Wco2Error, match=r"1e\+12 cells would be read"):
        series.plane(series.steps[0])
    with opened(path) as series:
        assert series.plane(series.steps[0], Tile(0, 0, 2, 2)).shape == (2, 2)


def test_attributes_of_any_kind_are_no_traps(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.nc",
        attributes={
            "scale_factor": "two",
            "missing_value": "none",
            "valid_range": np.array([1.0, 2.0, 3.0]),
            "flag_values": "a b",
            "coordinates": "nowhere lat",
            "grid_mapping": "lost",
        },
    )
    with opened(path) as series:
        same_as_truth(series)
