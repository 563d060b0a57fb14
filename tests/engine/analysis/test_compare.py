"""Two products compared: numbers worked by hand, and products of others' shape."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from shapely.geometry import box

from wco2_engine.analysis.budget import budget
from wco2_engine.analysis.compare import ALL, MEAN, Comparison, compare
from wco2_engine.analysis.ground import zone_areas
from wco2_engine.analysis.series import MapSeries
from wco2_engine.analysis.zoning import zoning_of
from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.progress import Silent

UNITS = "g C m-2 winter-1"
AREAS = zone_areas([69.0, 68.0], [70.0, 69.0], 1.0)  # m2 of the cells of two rows


def product(
    folder: Path, world: SimpleNamespace, maps: dict[int, Any], step: float = 1.0, **more: Any
) -> Path:
    """A folder with a map a year, from 10 E, 70 N on."""
    units = more.pop("units", UNITS)
    for year, values in maps.items():
        path = world.write_raster(folder / f"flux_{year}.tif", values, 10.0, 70.0, step, **more)
        if units:
            with rasterio.open(path, "r+") as target:
                target.units = (units,)
    return folder


def compared(a: Path, b: Path, folder: Path, zones: Any = None) -> Comparison:
    return compare(MapSeries.read(a), MapSeries.read(b), folder / "maps", zones, Silent())


def row(found: Comparison, winter: object, zone: str = ALL) -> Any:
    return next(r for r in found.rows if (r["winter"], r["zone"]) == (str(winter), zone))


def test_means_scores_and_totals_are_weighted_by_area(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    a = product(tmp_path / "a", world, {2001: [[10.0, np.nan], [40.0, 5.0]]})
    b = product(tmp_path / "b", world, {2001: [[12.0, 7.0], [30.0, np.nan]]})
    found = row(compared(a, b, tmp_path), 2001)
    north, south = AREAS
    area = north + south
    assert found["cells"] == 2
    assert found["area"] == pytest.approx(area / 1e12)
    assert found["share_of_a"] == pytest.approx(area / (north + 2 * south))
    assert found["share_of_b"] == pytest.approx(area / (2 * north + south))
    assert found["mean_a"] == pytest.approx((10 * north + 40 * south) / area)
    assert found["bias"] == pytest.approx((-2 * north + 10 * south) / area)
    assert found["rmse"] == pytest.approx(((4 * north + 100 * south) / area) ** 0.5)
    assert found["total_b"] == pytest.approx((12 * north + 30 * south) / 1e12)
    assert found["correlation"] == pytest.approx(1.0)  # of two points


def test_a_product_does_not_differ_from_itself(tmp_path: Path, world: SimpleNamespace) -> None:
    values = np.random.default_rng(0).gamma(2, 20, (6, 6))
    a = product(tmp_path / "a", world, {2001: values, 2002: values + 1})
    found = compared(a, a, tmp_path)
    assert row(found, MEAN)["bias"] == row(found, 2001)["rmse"] == 0.0
    assert row(found, 2002)["correlation"] == pytest.approx(1.0)
    with rasterio.open(found.differences[2001]) as source:
        assert not source.read(1).any()


def test_a_product_does_not_differ_from_itself_on_coarser_cells(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    values = np.random.default_rng(0).gamma(2, 20, (4, 4))
    blocks = values.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(2, 2, 4)
    weights = zone_areas([69.0, 68.0, 67.0, 66.0], [70.0, 69.0, 68.0, 67.0], 1.0)
    by_block = np.stack([weights[[0, 0, 1, 1]], weights[[2, 2, 3, 3]]])[:, np.newaxis]
    coarse = (blocks * by_block).sum(-1) / by_block.sum(-1)
    a = product(tmp_path / "a", world, {2001: values})
    b = product(tmp_path / "b", world, {2001: coarse}, step=2.0)
    for first, second in ((a, b), (b, a)):
        found = compared(first, second, tmp_path)
        assert found.grid.shape == (2, 2)
        assert row(found, 2001)["rmse"] == pytest.approx(0.0, abs=1e-5)  # float32 files
        assert row(found, 2001)["total_a"] == pytest.approx(row(found, 2001)["total_b"], rel=1e-6)


def test_on_polar_cells_the_total_is_that_of_the_finer_product(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    values = np.random.default_rng(0).gamma(2, 20, (40, 60))
    a = product(tmp_path / "a", world, {2001: values}, step=0.1)
    b = world.write_raster(
        tmp_path / "b" / "x_2001.tif", np.full((120, 120), 3.0), -3e6, 3e6, 5e4, crs="EPSG:6931"
    )
    with rasterio.open(b, "r+") as target:
        target.units = (UNITS,)
    found = row(compared(a, b.parent, tmp_path), 2001)
    rows = zone_areas(70 - 0.1 * np.arange(1, 41), 70 - 0.1 * np.arange(40), 0.1)
    expected = float((values.astype(np.float32).sum(axis=1) * rows).sum())
    assert found["total_a"] == pytest.approx(expected / 1e12, rel=1e-6)
    assert found["share_of_a"] == pytest.approx(1.0)
    assert found["mean_b"] == pytest.approx(3.0)


def test_zones_have_rows_of_their_own(tmp_path: Path, world: SimpleNamespace) -> None:
    a = product(tmp_path / "a", world, {2001: [[1.0, 2.0], [3.0, 4.0]]})
    b = product(tmp_path / "b", world, {2001: [[0.0, 0.0], [0.0, 0.0]]})
    world.write_raster(tmp_path / "zones.tif", [[1, 2], [2, 9]], 10.0, 70.0, 1.0)
    zones = {"path": str(tmp_path / "zones.tif"), "names": {"1": "cold", "2": "warm"}}
    found = compared(a, b, tmp_path, zones)
    assert row(found, 2001, "cold")["mean_a"] == 1.0
    north, south = AREAS
    assert row(found, MEAN, "warm")["bias"] == pytest.approx(
        (2 * north + 3 * south) / (north + south)
    )
    assert row(found, 2001, "warm")["share_of_b"] == pytest.approx(1.0)
    assert {r["zone"] for r in found.rows} == {ALL, "cold", "warm"}


def test_a_zone_smaller_than_a_cell_has_the_same_total_as_in_a_budget(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    # A glacier over the eastern 0.3 degrees of one cell, whose centre it does not hold, and over
    # the western 0.1 of the next: of 10 and 20 g C m-2 it has 0.3 and 0.1 of the ground.
    a = product(tmp_path / "a", world, {2001: [[10.0, 20.0], [7.0, 7.0]]})
    b = product(tmp_path / "b", world, {2001: [[1.0, 1.0], [1.0, 1.0]]})
    path = tmp_path / "zones.gpkg"
    frame = geopandas.GeoDataFrame(
        {"name": ["glacier", "ice cap"]},
        geometry=[box(10.7, 69.0, 11.1, 70.0), box(40.0, 69.0, 41.0, 70.0)],
        crs="EPSG:4326",
    )
    frame.to_file(path, driver="GPKG")
    entry = {"path": str(path), "name_field": "name"}
    found = compared(a, b, tmp_path, entry)
    of_zone = row(found, 2001, "glacier")
    north = AREAS[0]
    by_hand = (0.3 * 10 + 0.1 * 20) * north / 1e12
    series = MapSeries.read(a)
    totals = budget(series, [zoning_of(entry, series.grid)])
    of_budget = totals.totals[1, 0] / 1e12
    assert of_zone["total_a"] == pytest.approx(by_hand, rel=1e-4)
    assert of_zone["total_a"] == pytest.approx(of_budget, rel=1e-12)
    assert of_zone["total_b"] == pytest.approx(0.4 * north / 1e12, rel=1e-4)
    assert of_zone["mean_a"] == pytest.approx(5.0 / 0.4, rel=1e-4)
    assert of_zone["area"] == pytest.approx(0.4 * north / 1e12, rel=1e-4)
    assert of_zone["cells"] == 2
    assert of_zone["share_of_a"] == pytest.approx(1.0)
    assert {each["zone"] for each in found.rows} == {ALL, "glacier"}  # no cell lies in the other


def test_the_mean_map_has_a_b_and_the_share_as_bands(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    a = product(tmp_path / "a", world, {2001: [[10.0, 1.0]], 2002: [[20.0, np.nan]]})
    b = product(tmp_path / "b", world, {2001: [[1.0, 1.0]], 2002: [[2.0, 2.0]], 2003: [[9.0, 9.0]]})
    found = compared(a, b, tmp_path)
    assert found.years == (2001, 2002) and found.between_winters is None
    with rasterio.open(found.mean) as source:
        assert source.crs.to_epsg() == 4326 and source.units[0] == UNITS
        np.testing.assert_allclose(
            source.read()[:, 0], [[13.5, 0.0], [15.0, 1.0], [1.5, 1.0], [1.0, 1.0]], rtol=1e-6
        )


def test_winters_correlate_by_the_cells_that_are_always_there(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    # A third cell comes and goes; the totals of both follow it, the means of the others do not.
    gaps = {2001: np.nan, 2002: 900.0, 2003: np.nan, 2004: 900.0}
    up = dict(zip(gaps, (1.0, 2.0, 3.0, 4.0), strict=True))
    a = product(tmp_path / "a", world, {y: [[v, v, gaps[y]]] for y, v in up.items()})
    b = product(tmp_path / "b", world, {y: [[9 - v, 9 - v, gaps[y]]] for y, v in up.items()})
    flat = product(tmp_path / "c", world, {y: [[5.0, 5.0, gaps[y]]] for y in gaps})
    assert compared(a, b, tmp_path).between_winters == pytest.approx(-1.0)
    assert compared(a, flat, tmp_path).between_winters is None


def test_products_without_a_common_winter_or_cell_are_refused(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    a = product(tmp_path / "a", world, {2001: [[1.0, np.nan]]})
    other_years = product(tmp_path / "b", world, {1999: [[1.0, 1.0]]})
    with pytest.raises(Wco2Error, match=r"winters 2001 and .* 1999: none in common"):
        compared(a, other_years, tmp_path)
    other_cells = product(tmp_path / "c", world, {2001: [[np.nan, 1.0]]})
    with pytest.raises(Wco2Error, match="no cell in common"):
        compared(a, other_cells, tmp_path)


@pytest.fixture
def published(tmp_path: Path, world: SimpleNamespace) -> Path:
    """Three winters of the published shape: no CRS, no unit, edges at 83.67, another nodata."""
    values = np.full((566, 3600), 50.0, np.float32)
    values[:, :1800] = np.nan
    for year in (2000, 2001, 2002):
        world.write_raster(
            tmp_path / "published" / f"{year}.tif",
            values,
            -180.0,
            83.67,
            0.1,
            crs=None,
            nodata=-3e38,
        )
    return tmp_path / "published"


def test_a_missing_crs_or_unit_is_asked_for_by_the_option_of_its_side(
    tmp_path: Path, world: SimpleNamespace, published: Path
) -> None:
    ours = product(tmp_path / "ours", world, {2001: np.full((4, 4), 20.0)})
    call = ["compare", str(ours), str(published), "-o", str(tmp_path / "c.html")]
    without = CliRunner().invoke(main, call)
    assert without.exit_code == 2
    assert "states no coordinate reference system" in without.output
    assert "--crs-b EPSG:4326" in without.output
    call += ["--crs-b", "EPSG:4326"]
    assert "--units-b" in CliRunner().invoke(main, call).output


def test_the_command_writes_page_tables_and_maps(
    tmp_path: Path, world: SimpleNamespace, published: Path
) -> None:
    ours = product(tmp_path / "ours", world, {2001: np.full((4, 4), 20.0), 2002: [[5.0] * 4] * 4})
    page = tmp_path / "out" / "comparison.html"
    world.write_raster(tmp_path / "zones.tif", [[1, 2], [1, 2]], 10.0, 70.0, 2.0)
    call = ["compare", ours, published, "-o", page, "--crs-b", "EPSG:4326", "--units-b", "gC/m2"]
    call += ["--zones", tmp_path / "zones.tif", "--zone-names", "1=west,2=$east", "--json"]
    result = CliRunner().invoke(main, [str(word) for word in call])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.output.splitlines()[-1])
    assert facts["winters"] == [2001, 2002]
    assert all(Path(path).is_file() for path in facts["outputs"])
    html = page.read_text("utf-8")
    assert "no, given by the user" in html and "$east" in html
    with (tmp_path / "out/comparison_files/winters.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["winter"] for r in rows] == ["2001", "2002", MEAN]
    assert float(rows[0]["bias"]) == pytest.approx(-30.0)
    assert float(rows[2]["mean_b"]) == pytest.approx(50.0)
    assert (tmp_path / "out/comparison_maps/difference_2002.tif").is_file()


def test_single_maps_of_one_winter_compare_too(tmp_path: Path, world: SimpleNamespace) -> None:
    a = product(tmp_path / "a", world, {2001: [[3.0, 1.0]]}) / "flux_2001.tif"
    b = product(tmp_path / "b", world, {2001: [[1.0, 1.0]]}) / "flux_2001.tif"
    assert row(compared(a, b, tmp_path), 2001)["bias"] == pytest.approx(1.0)
