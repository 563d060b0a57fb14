"""Bands of GeoTIFFs, and other rasters, as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.downloads.grids import Curvilinear
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.series import Series, open_series
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.details import Quality
from wco2_engine.season import Month

HEIGHT, WIDTH = 4, 5


def write(
    path: Path,
    values: Any,
    names: list[str] | None = None,
    units: str | None = None,
    scale: tuple[float, float] | None = None,
    tags: dict[str, str] | None = None,
    **profile: Any,
) -> Path:
    bands = np.asarray(values)
    bands = bands[None] if bands.ndim == 2 else bands
    settings: dict[str, Any] = {
        "driver": "GTiff",
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        "crs": "EPSG:4326",
        "transform": rasterio.Affine(1, 0, -10, 0, -1, 70),
        **profile,
    }
    with rasterio.open(path, "w", **settings) as target:
        target.write(bands)
        for k, name in enumerate(names or [], start=1):
            target.set_band_description(k, name)
        if units:
            target.units = [units] * bands.shape[0]
        if scale:
            target.scales, target.offsets = ([each] * bands.shape[0] for each in scale)
        target.update_tags(**(tags or {}))
    return path


def months(first: float = 0.0, count: int = 12) -> Any:
    return first + np.arange(count, dtype=np.float32)[:, None, None] * np.ones((HEIGHT, WIDTH))


def opened(path: Path | NamedFile, **reading: Any) -> Series:
    return open_series([path], Reading(**reading), "x")


def of_year(path: Path, year: int = 2003) -> NamedFile:
    return NamedFile(path, np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01"))


def test_bands_in_the_order_of_their_names_text_are_taken_by_their_months(tmp_path: Path) -> None:
    order = sorted(range(1, 13), key=lambda m: f"t_2003_{m}")
    values = np.stack([np.full((HEIGHT, WIDTH), m, np.float32) for m in order])
    path = write(tmp_path / "t_2003.tif", values, [f"t_2003_{m}" for m in order])
    with opened(of_year(path)) as series:
        assert [step.month for step in series.steps] == [Month(2003, m) for m in range(1, 13)]
        assert [series.plane(step)[0, 0] for step in series.steps] == list(range(1, 13))


@pytest.mark.parametrize("names", [None, [f"bio_{k}" for k in range(1, 13)]])
def test_twelve_bands_are_no_months_unless_someone_says_so(
    tmp_path: Path, names: list[str] | None
) -> None:
    path = of_year(write(tmp_path / "t.tif", months(1).astype(np.float32), names))
    with pytest.raises(Wco2Error, match=r"has 12 bands, and .* say.* what time") as told:
        opened(path)
    assert 'bands = "months"' in told.value.hint
    with opened(path, bands="months") as series:
        assert series.steps[11].month == Month(2003, 12)
        assert series.plane(series.steps[11])[0, 0] == 12
    with opened(path, band=3) as series:
        assert len(series.steps) == 1 and series.plane(series.steps[0])[0, 0] == 3


def test_a_band_is_chosen_by_its_name(tmp_path: Path) -> None:
    values = np.stack([np.full((HEIGHT, WIDTH), k, np.float32) for k in range(3)])
    path = write(tmp_path / "a.tif", values, ["tmean", "prec", "snow"])
    with opened(path, variable="snow") as series:
        assert series.plane(series.steps[0])[0, 0] == 2
    with pytest.raises(Wco2Error, match="no variable 'snwo': its bands are tmean, prec, snow"):
        opened(path, variable="snwo")


def test_dates_that_netcdf_left_in_tags_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write(
        path,
        months(count=2).astype(np.float32),
        tags={
            "NETCDF_DIM_EXTRA": "{time}",
            "time#units": "days since 2003-01-01",
            "time#calendar": "noleap",
        },
    )
    with rasterio.open(path, "r+") as target:
        for band, value in ((1, "14"), (2, "45")):
            target.update_tags(band, NETCDF_DIM_time=value)
    with opened(path) as series:
        assert [step.month for step in series.steps] == [Month(2003, 1), Month(2003, 2)]


def test_a_second_code_is_missing_where_it_is_said(tmp_path: Path) -> None:
    values = np.full((HEIGHT, WIDTH), 40, np.uint8)
    values[0, :2] = 200, 253
    path = write(tmp_path / "VCF5KYR_2003.tif", values, nodata=253)
    with opened(path, units="%") as series, pytest.raises(Wco2Error, match="holds 200"):
        series.plane(series.steps[0])
    with opened(path, units="%", nodata=((200, 200),)) as series:
        plane = series.plane(series.steps[0])
        assert np.isnan(plane[0, :2]).all() and (plane.ravel()[2:] == 40).all()


def test_scale_and_offset_of_a_file_belong_together(tmp_path: Path) -> None:
    values = np.full((HEIGHT, WIDTH), 2500, np.uint16)
    path = write(tmp_path / "tas.tif", values, scale=(0.1, -273.15))
    with opened(path, units="degC") as series:
        assert series.plane(series.steps[0])[0, 0] == pytest.approx(250 - 273.15)
    with pytest.raises(Wco2Error, match=r"scale = 0.1, and the file offset = -273.15"):
        opened(path, scale=0.1, units="K")
    with pytest.raises(Wco2Error, match=r"units are K, and the file adds -273.15"):
        opened(path, units="K")


def test_units_of_bands_are_compared(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", months(count=1).astype(np.float32), units="K")
    with pytest.raises(Wco2Error, match="the file says units = 'K', and the catalogue"):
        opened(path, units="degC")


def test_a_mask_hides_cells(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.ones((HEIGHT, WIDTH), np.int16))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
        mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
        mask[1, 1] = 0
        target.write_mask(mask)
    with opened(path) as series:
        plane = series.plane(series.steps[0])
        assert np.isnan(plane[1, 1]) and np.isnan(plane).sum() == 1


def test_a_quality_band_beside_the_values_is_heard(tmp_path: Path) -> None:
    ndvi = np.full((HEIGHT, WIDTH), 500, np.uint16)
    quality = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    path = write(tmp_path / "ndvi.tif", np.stack([ndvi, quality]))
    told = Quality(None, 2, ((0, 3),))
    with opened(path, band=1, scale=0.001, quality=told) as series:
        plane = series.plane(series.steps[0])
        assert np.flatnonzero(~np.isnan(plane.ravel())).tolist() == [0, 1, 2, 3]
        assert plane[0, 0] == pytest.approx(0.5)


def test_a_raster_with_its_south_first_is_turned(tmp_path: Path) -> None:
    values = np.arange(HEIGHT, dtype=np.float32)[:, None] * np.ones((1, WIDTH), np.float32)
    path = write(tmp_path / "a.tif", values, transform=rasterio.Affine(1, 0, -10, 0, 1, 66))
    with opened(path) as series:
        assert isinstance(series.grid, Grid)
        assert series.grid.bounds == (-10, 66, -5, 70)
        assert series.plane(series.steps[0])[:, 0].tolist() == [3, 2, 1, 0]


def test_a_rotated_raster_is_known_by_the_middles_of_its_pixels(tmp_path: Path) -> None:
    turned = rasterio.Affine(0.8, 0.6, 20, 0.6, -0.8, 65)
    path = write(tmp_path / "a.tif", np.ones((HEIGHT, WIDTH), np.float32), transform=turned)
    with opened(path) as series:
        grid = series.grid
        assert isinstance(grid, Curvilinear)
        # Column 0, row 0: 20 + 0.5 (0.8 + 0.6), 65 + 0.5 (0.6 - 0.8).
        assert (grid.longitude[0, 0], grid.latitude[0, 0]) == pytest.approx((20.7, 64.9))


def test_a_raster_that_does_not_say_where_it_lies_is_refused(tmp_path: Path) -> None:
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = write(
            tmp_path / "a.tif",
            np.ones((HEIGHT, WIDTH), np.float32),
            transform=rasterio.Affine.identity(),
            crs=None,
        )
        with pytest.raises(Wco2Error, match="does not say where its pixels lie"):
            opened(path)


def test_a_raster_without_a_system_takes_that_of_the_catalogue(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.ones((HEIGHT, WIDTH), np.float32), crs=None)
    with pytest.raises(Wco2Error, match="states no coordinate reference system"):
        opened(path)
    with opened(path, crs="EPSG:4326") as series:
        assert isinstance(series.grid, Grid) and series.grid.geographic


def test_bands_of_different_packing_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.ones((2, HEIGHT, WIDTH), np.int16), ["2003-01", "2003-02"])
    with rasterio.open(path, "r+") as target:
        target.scales = [0.1, 0.01]
    with pytest.raises(Wco2Error, match="bands 1 and 2 differ in scale"):
        opened(path)


def test_a_truncated_raster_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = write(tmp_path / "whole.tif", rng.normal(size=(200, 200)).astype(np.float32))
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:90_000])
    with pytest.raises(Wco2Error, match=r"cut.tif.* can't be"), opened(cut) as series:
        series.plane(series.steps[0])


def test_a_file_a_month_makes_a_series(tmp_path: Path) -> None:
    files = []
    for month in (1, 2, 3):
        path = write(
            tmp_path / f"CHELSA_tas_{month:02d}_2003.tif",
            np.full((HEIGHT, WIDTH), 2500 + month, np.uint16),
        )
        first = np.datetime64(f"2003-{month:02d}")
        files.append(
            NamedFile(path, first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]"))
        )
    with open_series(files[::-1], Reading(scale=0.1, units="K"), "x") as series:
        assert [step.month for step in series.steps] == [Month(2003, m) for m in (1, 2, 3)]
        values = [series.plane(step)[0, 0] for step in series.steps]
    assert values == pytest.approx([250.1, 250.2, 250.3])


def test_a_text_grid_of_a_day_is_read_by_its_header(tmp_path: Path) -> None:
    # Snow depth of Che: lower left centre, a key for missing values that GDAL does not know.
    path = tmp_path / "2005001.txt"
    path.write_text(
        "Ncols 3\nNrows 2\nXllcenter 60\nYllcenter 15\nCellsize 0.25\nNoData_ Value -1\n"
        "1 2 3\n-1 5 6\n"
    )
    named = NamedFile(path, np.datetime64("2005-01-01"), np.datetime64("2005-01-02"))
    with opened(named, crs="EPSG:4326", nodata=((-1, -1),), units="cm") as series:
        assert isinstance(series.grid, Grid)
        assert series.grid.bounds == (59.875, 14.875, 60.625, 15.375)
        plane = series.plane(series.steps[0])
        np.testing.assert_array_equal(plane, np.array([[1, 2, 3], [np.nan, 5, 6]], np.float32))
        assert str(series.steps[0].end) == "2005-01-02"


def test_a_comma_in_the_header_of_a_text_grid_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "2005001.txt"
    path.write_text("ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 25,067.53\n1\n")
    with pytest.raises(Wco2Error, match=r"says cellsize 25,067.53, and a comma"):
        opened(path, crs="EPSG:3410")
