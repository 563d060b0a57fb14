from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from scipy.stats import t as student
from shapely.geometry import box

from wco2_engine.analysis.budget import Budget, Zone, budget, trends_by_zone, write_budget
from wco2_engine.analysis.ground import zone_areas
from wco2_engine.analysis.series import MapSeries
from wco2_engine.analysis.trend import trends
from wco2_engine.analysis.zoning import cell_fraction, region_zoning, zoning_of
from wco2_engine.errors import Wco2Error
from wco2_engine.progress import Silent

NORTH, SOUTH = (float(zone_areas(a, a + 1, 1.0)) for a in (69, 68))  # m2 of a cell of either row


def write_maps(
    folder: Path,
    world: SimpleNamespace,
    winters: Mapping[int, Any],
    members: Sequence[float] = (),
    missing_member: bool = False,
) -> Path:
    """Maps of 3 x 2 cells from 10 E, 70 N on; members differ from the map by constant offsets."""
    names = []
    for year, values in winters.items():
        cells = np.array(values, float)
        name = f"winter_flux/winter_flux_{year}.tif"
        paths = [world.write_raster(folder / name, cells, 10.0, 70.0, 1.0)]
        if members:
            bands = [cells + offset for offset in members]
            if missing_member:
                bands[0][0, 0] = np.nan
            place = folder / f"winter_flux_members/winter_flux_members_{year}.tif"
            paths.append(world.write_raster(place, bands, 10.0, 70.0, 1.0))
        for path in paths:
            with rasterio.open(path, "r+") as target:
                target.units = ("g C m-2 winter-1",) * target.count
        names += [path.relative_to(folder).as_posix() for path in paths]
    (folder / "prediction.json").write_text(json.dumps({"maps": names}), encoding="utf-8")
    return folder


def totals(folder: Path, *more: Any, fraction: str | None = None, level: float = 0.9) -> Budget:
    series = MapSeries.read(folder)
    zonings = [zoning_of(entry, series.grid) for entry in more]
    part = cell_fraction(fraction, series.grid) if fraction else None
    return budget(series, zonings, part, level, Silent())


def test_a_total_is_flux_times_ground(tmp_path: Path, world: SimpleNamespace) -> None:
    folder = write_maps(
        tmp_path, world, {2000: [[10, 20, np.nan], [40, 50, 60]], 2001: [[1, 1, 1], [1, 1, 1]]}
    )
    found = totals(folder)
    expected = [30 * NORTH + 150 * SOUTH, 3 * NORTH + 3 * SOUTH]
    assert found.totals[0] == pytest.approx(expected, rel=1e-6)
    first, second = found.rows()
    assert first["total_tg"] == pytest.approx(expected[0] / 1e12, rel=1e-6)
    assert first["mean_g_m2"] == pytest.approx(expected[0] / (2 * NORTH + 3 * SOUTH), rel=1e-6)
    assert first["total_lower_tg"] is None
    # the cell that has a value in 2001 alone is missing in 2000
    assert first["missing_km2"] == pytest.approx(NORTH / 1e6)
    assert first["missing_share"] == pytest.approx(NORTH / (3 * NORTH + 3 * SOUTH))
    assert second["missing_km2"] == pytest.approx(0.0, abs=1e-9)


def test_a_zone_misses_its_cells_without_any_value(tmp_path: Path, world: SimpleNamespace) -> None:
    """Of a region only cells that have a value at some time count, of a zone all that it holds."""
    folder = write_maps(tmp_path, world, {2000: [[10, np.nan, 30], [40, 50, 60]]})
    classes = world.write_raster(tmp_path / "z.tif", [[1, 1, 2], [1, 2, 2]], 10.0, 70.0, 1.0)
    series = MapSeries.read(folder)
    region = world.box("west", (1,), (10, 68, 12, 70))
    regions = region_zoning(None, {"regions": [region.to_json()]}, series.grid)
    assert regions is not None
    zones = zoning_of({"path": str(classes), "names": {"1": "one"}}, series.grid)
    found = budget(series, [regions, zones])
    assert found.zones == (Zone("all", "all"), Zone("region", "west"), Zone("zone", "one"))
    everything, west, one = found.rows()
    assert everything["missing_km2"] == pytest.approx(0.0, abs=1e-9)
    assert west["area_km2"] == pytest.approx((NORTH + 2 * SOUTH) / 1e6)
    assert one["area_km2"] == pytest.approx((2 * NORTH + SOUTH) / 1e6)
    assert one["missing_km2"] == pytest.approx(NORTH / 1e6)
    assert one["total_tg"] == pytest.approx((10 * NORTH + 40 * SOUTH) / 1e12)


def test_zones_that_share_a_cell_share_its_flux(tmp_path: Path, world: SimpleNamespace) -> None:
    folder = write_maps(tmp_path, world, {2000: [[10, 20, 30], [40, 50, 60]]})
    zones = tmp_path / "zones.gpkg"
    frame = geopandas.GeoDataFrame(
        {"kind": ["a", "b", "c"]},
        geometry=[box(10, 68, 11.25, 70), box(11.25, 68, 13, 70), box(12, 69, 20, 70)],
        crs="EPSG:4326",
    )
    frame.to_file(zones, driver="GPKG")
    found = totals(folder, {"path": str(zones), "name_field": "kind"})
    assert found.totals[1] + found.totals[2] == pytest.approx(found.totals[0])
    assert found.totals[1] == pytest.approx([15 * NORTH + 52.5 * SOUTH], rel=1e-6)
    assert found.outside[:3] == pytest.approx([np.nan, 0.0, 0.0], nan_ok=True)
    assert found.outside[3] == pytest.approx(7 * NORTH, rel=1e-5)
    assert any("Zone 'c' reaches beyond the maps" in note for note in found.notes())


def test_a_share_of_land_multiplies_cells_and_areas(tmp_path: Path, world: SimpleNamespace) -> None:
    folder = write_maps(tmp_path, world, {2000: [[10, 20, 30], [40, 50, np.nan]]})
    land = [[1.0, 0.5, np.nan], [0.0, 0.25, 1.0]]
    fraction = str(world.write_raster(tmp_path / "land.tif", land, 10.0, 70.0, 1.0))
    found = totals(folder, fraction=fraction)
    (row,) = found.rows()
    assert row["total_tg"] == pytest.approx((20 * NORTH + 12.5 * SOUTH) / 1e12)
    assert row["area_km2"] == pytest.approx((1.5 * NORTH + 0.25 * SOUTH) / 1e6)
    assert row["mean_g_m2"] == pytest.approx(
        (20 * NORTH + 12.5 * SOUTH) / (1.5 * NORTH + 0.25 * SOUTH)
    )
    assert found.without_fraction == pytest.approx(NORTH)
    assert any("km2 with a value were left out" in note for note in found.notes())


def test_an_interval_comes_of_the_members_totals(tmp_path: Path, world: SimpleNamespace) -> None:
    """Members that are 3 below and 3 above all over: a standard deviation of sqrt(18) each."""
    winters = {2000: [[10, 20, 30], [40, 50, np.nan]], 2001: [[1, 1, 1], [1, 1, np.nan]]}
    folder = write_maps(tmp_path, world, winters, members=(-3, 3))
    found = totals(folder, level=0.8)
    area = 3 * NORTH + 2 * SOUTH
    reach = student.ppf(0.9, 1) * math.sqrt(18) * area
    row = found.rows()[0]
    assert row["total_upper_tg"] - row["total_tg"] == pytest.approx(reach / 1e12)
    assert row["mean_lower_g_m2"] == pytest.approx(row["mean_g_m2"] - reach / area)
    (summary,) = found.summary()
    # the offsets are those of all winters, so a mean of winters is no surer than one
    assert summary["total_upper_tg"] - summary["total_tg"] == pytest.approx(reach / 1e12)


def test_a_total_is_the_mean_of_corrected_members_and_the_maps_sum_stands_beside(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    """Members 3 and 1 below the map: 2 below it on average, in each of six cells of 10."""
    folder = write_maps(tmp_path, world, {2000: [[10, 10, 10]] * 2}, members=(-3, -1))
    record = json.loads((folder / "prediction.json").read_text("utf-8"))
    plain = totals(folder)
    assert not plain.corrected
    assert plain.rows()[0]["total_tg"] == plain.rows()[0]["map_tg"]
    record["members_corrected"] = True
    (folder / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    found = totals(folder)
    area = 3 * (NORTH + SOUTH)
    reach = student.ppf(0.95, 1) * math.sqrt(2) * area
    for row in (*found.rows(), *found.summary()):
        assert row["map_tg"] == pytest.approx(10 * area / 1e12)
        assert row["total_tg"] == pytest.approx(8 * area / 1e12)
        assert row["mean_g_m2"] == pytest.approx(8.0)
        assert row["total_upper_tg"] - row["total_tg"] == pytest.approx(reach / 1e12)
    assert any("The map itself adds up to 25.0% more (map_tg)." in note for note in found.notes())


def test_members_that_lack_cells_are_refused(tmp_path: Path, world: SimpleNamespace) -> None:
    winters = {2000: [[10, 20, 30], [40, 50, 60]]}
    folder = write_maps(tmp_path, world, winters, members=(-3, 3), missing_member=True)
    with pytest.raises(Wco2Error, match=r"members_2000.tif lacks cells that winter_flux_2000.tif"):
        totals(folder)


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
def test_a_level_that_is_none_is_refused(
    tmp_path: Path, world: SimpleNamespace, level: float
) -> None:
    with pytest.raises(Wco2Error, match="is not between 0 and 1"):
        totals(write_maps(tmp_path, world, {2000: [[1, 1, 1]] * 2}), level=level)


def test_pieces_change_nothing(
    tmp_path: Path, world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    winters = {2000: [[10, 20, np.nan], [40, 50, 60]], 2001: [[1, np.nan, 3], [4, 5, 6]]}
    folder = write_maps(tmp_path, world, winters, members=(-1, 0, 2))
    classes = world.write_raster(tmp_path / "z.tif", [[1, 1, 2], [1, 2, 2]], 10.0, 70.0, 1.0)
    whole = totals(folder, {"path": str(classes)})
    grid = type(MapSeries.read(folder).grid)
    plain = grid.tiles
    monkeypatch.setattr(grid, "tiles", lambda self: plain(self, 2))
    parts = totals(folder, {"path": str(classes)})
    assert parts.totals == pytest.approx(whole.totals)
    assert parts.area == pytest.approx(whole.area)
    assert parts.of_members == pytest.approx(whole.of_members)


def test_the_summary_has_the_trend_of_the_series(tmp_path: Path, world: SimpleNamespace) -> None:
    rng = np.random.default_rng(2)
    flux = {year: 50 + 0.3 * (year - 1990) + rng.normal() for year in range(1990, 2005)}
    winters = {year: [[value] * 3] * 2 for year, value in flux.items()}
    folder = write_maps(tmp_path, world, winters, members=(-1, 1))
    found = totals(folder)
    (row,) = found.summary()
    values = np.array(list(flux.values()))[:, np.newaxis]
    expected = trends(values, np.array(list(flux)))
    assert row["winters"] == 15
    assert row["slope_mean_g_m2_a"] == pytest.approx(float(expected.slope[0]), rel=1e-4)
    assert row["slope_p"] == pytest.approx(float(expected.p[0]), rel=1e-3)
    area = 3 * NORTH + 3 * SOUTH
    assert row["slope_tg_a"] == pytest.approx(float(expected.slope[0]) * area / 1e12, rel=1e-4)
    # all members have the same slope
    assert row["slope_upper_tg_a"] == pytest.approx(row["slope_tg_a"], rel=1e-4)

    path = tmp_path / "budget.csv"
    write_budget(found, found.summary(), path)
    (again,) = trends_by_zone(path, "residuals")
    for key in ("slope_tg_a", "slope_mean_g_m2_a", "slope_p", "winters"):
        assert again[key] == pytest.approx(row[key], rel=1e-6)


def test_the_table_is_written_with_empty_cells_for_what_is_unknown(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    folder = write_maps(tmp_path, world, {2000: [[1, 1, 1]] * 2, 2001: [[np.nan] * 3] * 2})
    found = totals(folder)
    short = write_budget(found, found.summary(), tmp_path / "budget.csv")
    with (tmp_path / "budget.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["kind"], first["zone"] == ("all", "all")
    assert float(first["mean_g_m2"]) == pytest.approx(1.0)
    assert (second["total_tg"], second["mean_g_m2"]) == ("", "")
    assert float(second["missing_share"]) == 1.0
    with short.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["winters"], row["first"], row["last"]) == ("1", "2000", "2000")
    assert row["slope_tg_a"] == ""


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "kind,zone,year,total_tg,mean_g_m2\nall,all,199x,1,1\n"]
)
def test_another_table_is_no_budget(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Wco2Error, match=r"b.csv (can't be read as a budget|holds no rows)"):
        trends_by_zone(path, "residuals")
