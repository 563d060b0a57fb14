"""What a written map is, as any GIS reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile
from wco2_engine.mapping import writer as module
from wco2_engine.mapping.plan import Output, Products
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.season import Month

REPOSITORY = Path(__file__).resolve().parents[3]
GRID = Grid.from_extent((-180.0, 27.07, 180.0, 83.67), 0.1)  # 3600 x 567
FLUX = Products().bands("winter_flux")
WINTER = Output("winter_flux", "2004", Month(2003, 10), Month(2004, 4), FLUX)
MONTH = Products().bands("monthly_flux")
FEBRUARY = Output("monthly_flux", "2004-02", Month(2004, 2), Month(2004, 2), MONTH)
TAGS = {"WCO2_MODEL_FINGERPRINT": "0123456789abcdef", "LICENSE": "CC-BY-4.0", "SIMULATED": "yes"}


def blocks(grid: Grid, size: int = 256) -> list[tuple[Tile, Any]]:
    """Values that tell where they are; nothing in the tiles of the first column."""
    return [
        (
            tile,
            (
                1000.0 * (tile.row + np.arange(tile.height))[:, None]
                + (tile.column + np.arange(tile.width))
            ).astype(np.float32)[np.newaxis],
        )
        for tile in grid.tiles(size)
        if tile.column
    ]


@pytest.fixture(scope="module")
def winter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "winter_flux" / "winter_flux_2004.tif"
    write_cog(path, GRID, WINTER.bands, blocks(GRID), {**WINTER.tags, **TAGS})
    return path


def test_cells_are_where_they_belong_and_all_others_are_nodata(winter: Path) -> None:
    with rasterio.open(winter) as source:
        found = source.read(1)
        assert source.nodata == -9999
        assert source.dtypes == ("float32",)
        assert source.count == 1
    rows, columns = np.indices(found.shape)
    expected = np.where(columns < 256, -9999, 1000.0 * rows + columns).astype(np.float32)
    np.testing.assert_array_equal(found, expected)


def test_the_corner_and_the_cell_size_are_exact(winter: Path) -> None:
    with rasterio.open(winter) as source:
        assert source.transform.to_gdal() == (-180.0, 0.1, 0.0, 83.7, 0.0, -0.1)
        assert source.shape == (567, 3600)
        assert source.crs.to_epsg() == 4326


def test_the_file_is_a_cloud_optimised_geotiff_with_overviews(winter: Path) -> None:
    with rasterio.open(winter) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"
        assert source.block_shapes == [(512, 512)]
        assert source.overviews(1) == [2, 4, 8]


def test_overviews_are_means_that_leave_nodata_out(winter: Path) -> None:
    with rasterio.open(winter, overview_level=0) as small:
        found = small.read(1)
    assert (found[:, :128] == -9999).all()
    # The mean of rows 0 and 1 and columns 512 and 513; and, as 567 rows have no half, 0.35 % more.
    assert found[0, 256] == pytest.approx(500.0 + 512.5, rel=4e-3)


def test_it_says_what_it_shows_in_which_unit_and_when(winter: Path) -> None:
    with rasterio.open(winter) as source:
        assert source.descriptions == ("Winter CO2 flux, positive = release",)
        assert source.units == ("g C m-2 winter-1",)
        tags = source.tags()
    assert tags.items() >= TAGS.items()
    assert tags["WCO2_QUANTITY"] == "winter_flux"
    assert tags["WCO2_TIME"] == "2004"
    assert (tags["WCO2_VALID_FROM"], tags["WCO2_VALID_TO"]) == ("2003-10-01", "2004-04-30")


def test_a_month_ends_with_its_last_day_in_leap_years_too(tmp_path: Path) -> None:
    grid = Grid.from_extent((0, 60, 2, 62), 1.0)
    write_cog(
        tmp_path / "m.tif",
        grid,
        FEBRUARY.bands,
        [(grid.whole, np.ones((1, 2, 2), "f4"))],
        FEBRUARY.tags,
    )
    with rasterio.open(tmp_path / "m.tif") as source:
        assert source.units == ("g C m-2 month-1",)
        assert source.tags()["WCO2_VALID_TO"] == "2004-02-29"
        assert source.overviews(1) == []


def test_statistics_are_those_of_the_cells_with_a_value(winter: Path) -> None:
    with rasterio.open(winter) as source:
        values = source.read(1).astype(np.float64)
        tags = source.tags(1)
    values = values[values != -9999]
    for name, expected in (
        ("MINIMUM", values.min()),
        ("MAXIMUM", values.max()),
        ("MEAN", values.mean()),
        ("STDDEV", values.std()),
    ):
        assert float(tags[f"STATISTICS_{name}"]) == pytest.approx(expected, rel=1e-6)


def test_the_file_is_the_same_whatever_the_blocks(tmp_path: Path) -> None:
    grid = Grid.from_extent((0.0, 20.0, 70.0, 80.0), 0.1)
    rng = np.random.default_rng(0)
    values = rng.normal(30, 20, (1, *grid.shape)).astype(np.float32)
    for size in (100, 700):
        given = [
            (t, values[:, t.row : t.row + t.height, t.column : t.column + t.width])
            for t in grid.tiles(size)
        ]
        write_cog(tmp_path / f"{size}.tif", grid, WINTER.bands, given, TAGS)
    assert (tmp_path / "100.tif").read_bytes() == (tmp_path / "700.tif").read_bytes()


def test_a_map_without_any_value_is_all_nodata_and_has_no_statistics(tmp_path: Path) -> None:
    write_cog(tmp_path / "empty.tif", GRID, WINTER.bands, [], TAGS)
    with rasterio.open(tmp_path / "empty.tif") as source:
        assert (source.read(1) == -9999).all()
        assert not [name for name in source.tags(1) if name.startswith("STATISTICS")]


def test_a_failure_half_way_leaves_the_earlier_map_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "winter_flux_2004.tif"
    path.write_bytes(b"the earlier map")

    def broken() -> Any:
        yield blocks(GRID)[0]
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_cog(path, GRID, WINTER.bands, broken(), TAGS)
    assert [p.name for p in tmp_path.iterdir()] == ["winter_flux_2004.tif"]
    assert path.read_bytes() == b"the earlier map"


def test_a_file_that_reads_back_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._statistics

    def spoil(target: Any, band: int) -> dict[str, str]:
        values = target.read(1)
        values[0, 0] += 1
        target.write(values, 1)
        return real(target, band)

    monkeypatch.setattr(module, "_statistics", spoil)
    grid = Grid.from_extent((0, 60, 2, 62), 1.0)
    with pytest.raises(Wco2Error, match=r"winter.tif does not read back as it was written"):
        write_cog(
            tmp_path / "winter.tif",
            grid,
            WINTER.bands,
            [(Tile(0, 0, 2, 2), np.ones((1, 2, 2), "f4"))],
            {},
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("limit", [100_000, 1_000_000, 1_200_000, 1_300_000, 1_400_000])
def test_a_disk_that_takes_no_more_is_an_error_at_every_step_of_writing(
    tmp_path: Path, limit: int
) -> None:
    # The file ends with 1.48 MB, a little more than the one that it is copied from: these limits
    # hit the first block, the last one, the end of that file, and the copy.
    script = f"""
import resource, signal, sys
from pathlib import Path
import numpy as np
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile
from wco2_engine.mapping.writer import Band, write_cog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
values = np.random.default_rng(0).normal(10, 3, (1, 600, 600)).astype("f4")
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    write_cog(Path("winter.tif"), Grid.from_extent((0, 20, 60, 80), 0.1), [Band("flux", "g")],
              [(Tile(0, 0, 600, 600), values)], {{}})
except Wco2Error as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("winter.tif ")
    assert "disk" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_values_in_double_precision_and_nan_are_stored_as_single_precision_and_nodata(
    tmp_path: Path,
) -> None:
    grid = Grid.from_extent((0, 60, 2, 61), 1.0)
    values = np.array([[[0.1, np.nan]], [[np.nan, np.nan]]])
    write_cog(
        tmp_path / "two.tif",
        grid,
        [Band("one", "g"), Band("other", "m")],
        [(grid.whole, values)],
        {"WCO2_QUANTITY": "trial"},
    )
    with rasterio.open(tmp_path / "two.tif") as source:
        assert source.read().ravel().tolist() == [np.float32(0.1), -9999, -9999, -9999]
        assert source.descriptions == ("one", "other")
        assert source.units == ("g", "m")
        assert source.tags(1)["STATISTICS_MAXIMUM"] == "0.100000001"
        assert source.tags()["WCO2_QUANTITY"] == "trial"
