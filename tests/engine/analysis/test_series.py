from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.analysis.series import MapSeries, quantity_of_totals
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile

PIXELS = [[1.0, 2.0, np.nan], [4.0, 5.0, 6.0]]


def stated(path: Path, units: str) -> Path:
    with rasterio.open(path, "r+") as target:
        target.units = (units,) * target.count
    return path


@pytest.fixture
def others(tmp_path: Path, world: SimpleNamespace) -> Path:
    """Somebody's maps: off-grid, in kg CO2, with two years in each name."""
    for year in (1990, 1991, 1993):
        path = tmp_path / f"co2_1982-2022_v{year}.tif"
        world.write_raster(path, np.array(PIXELS) * (year / 1e5), -180.0, 83.67, 0.1)
        stated(path, "kg CO2 m-2")
    (tmp_path / "legend.tif").write_bytes(b"no map of a year")
    return tmp_path


@pytest.fixture
def ours(tmp_path: Path, world: SimpleNamespace) -> Path:
    names = []
    for year in (2001, 2002):
        name = f"winter_flux/winter_flux_{year}.tif"
        path = world.write_raster(tmp_path / name, np.array(PIXELS) * year / 100, 100.0, 70.0, 0.5)
        stated(path, "g C m-2 winter-1")
        names.append(name)
    # of an earlier run, which the record does not name
    world.write_raster(tmp_path / "winter_flux/winter_flux_1999.tif", PIXELS, 0.0, 70.0, 0.5)
    record = {"model": "abc", "simulated": True, "maps": names, "years": [2001, 2002]}
    (tmp_path / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


def test_maps_of_anybody_are_read_by_the_year_in_their_names(others: Path) -> None:
    series = MapSeries.read(others)
    assert series.years == (1990, 1991, 1993)
    assert series.grid.transform == pytest.approx((0.1, 0, -180.0, 0, -0.1, 83.67))
    assert series.grid.shape == (2, 3)
    assert not series.record
    assert series.n_members == 0


def test_another_unit_is_turned_into_grams_of_carbon(others: Path) -> None:
    """1 kg of CO2 holds 12.011 / 44.009 kg of carbon."""
    series = MapSeries.read(others)
    values = series.values(1990, Tile(1, 1, 1, 2)) / 0.0199
    assert values == pytest.approx(np.array([[5.0, 6.0]]) * 1000 * 12.011 / 44.009)


def test_a_cell_without_a_value_is_nan(ours: Path) -> None:
    values = MapSeries.read(ours).values(2001, Tile(0, 1, 2, 2))
    assert values == pytest.approx(np.array([[40.02, np.nan], [100.05, 120.06]]), nan_ok=True)


def test_our_maps_are_those_that_the_record_names(ours: Path) -> None:
    series = MapSeries.read(ours)
    assert series.years == (2001, 2002)
    assert series.model_fingerprint == "abc"
    assert series.simulated
    assert series.factor == 1.0


def test_the_folder_of_the_quantity_itself_will_do(ours: Path) -> None:
    series = MapSeries.read(ours / "winter_flux")
    assert series.years == (2001, 2002)
    assert series.model_fingerprint == "abc"


def name_in_record(home: Path, path: Path) -> None:
    record = json.loads((home / "prediction.json").read_text(encoding="utf-8"))
    record["maps"].append(path.relative_to(home).as_posix())
    (home / "prediction.json").write_text(json.dumps(record), encoding="utf-8")


def test_totals_are_sums_of_means_where_the_run_mapped_them(
    ours: Path, world: SimpleNamespace
) -> None:
    assert quantity_of_totals(ours) == "winter_flux"
    for quantity, bands in (
        ("winter_flux_mean", [np.array(PIXELS) + 7]),
        ("winter_flux_members", 2),
    ):
        for year in (2001, 2002):
            path = ours / f"{quantity}/{quantity}_{year}.tif"
            cells = [np.array(PIXELS)] * bands if isinstance(bands, int) else bands
            stated(world.write_raster(path, cells, 100.0, 70.0, 0.5), "g C m-2 winter-1")
            name_in_record(ours, path)
    assert quantity_of_totals(str(ours)) == "winter_flux_mean"
    assert quantity_of_totals(ours / "winter_flux") == "winter_flux"
    series = MapSeries.read(ours, "winter_flux_mean")
    assert series.n_members == 2
    both = (MapSeries.read(ours), series)
    first, second = (each.values(2001, Tile(0, 0, 1, 1)).item() for each in both)
    assert second - first * 100 / 2001 == pytest.approx(7)


def test_members_of_an_earlier_run_are_not_taken_for_those_of_the_maps(
    ours: Path, world: SimpleNamespace
) -> None:
    for year in (2001, 2002):
        path = ours / f"winter_flux_members/winter_flux_members_{year}.tif"
        world.write_raster(path, [np.array(PIXELS)] * 4, 100.0, 70.0, 0.5)
    assert not MapSeries.read(ours).members
    assert MapSeries.read(ours).n_members == 0


def test_a_member_map_that_the_record_names_and_nobody_finds_is_an_error(ours: Path) -> None:
    name_in_record(ours, ours / "winter_flux_members/winter_flux_members_2001.tif")
    with pytest.raises(Wco2Error, match=r"winter_flux_members_2001\.tif, which is not there"):
        MapSeries.read(ours)


def test_the_folder_of_another_quantity_is_not_taken_for_the_winter_flux(
    ours: Path, world: SimpleNamespace
) -> None:
    path = ours / "winter_flux_lower/winter_flux_lower_2001.tif"
    stated(world.write_raster(path, PIXELS, 100.0, 70.0, 0.5), "g C m-2 winter-1")
    assert list(MapSeries.read(path.parent).maps.values()) == [path]


def test_a_crs_that_the_maps_contradict_is_refused(ours: Path) -> None:
    assert MapSeries.read(ours, crs="EPSG:4326").years == (2001, 2002)
    with pytest.raises(Wco2Error, match="states that it is in EPSG:4326, not EPSG:6931"):
        MapSeries.read(ours, crs="EPSG:6931")


def test_members_are_read_as_a_stack(ours: Path, world: SimpleNamespace) -> None:
    for year in (2001, 2002):
        path = ours / f"winter_flux_members/winter_flux_members_{year}.tif"
        bands = [np.array(PIXELS) + member for member in range(4)]
        world.write_raster(path, bands, 100.0, 70.0, 0.5)
        stated(path, "g C m-2 winter-1")
        name_in_record(ours, path)
        series = MapSeries.read(ours)
        assert series.n_members == (0 if year == 2001 else 4)  # of one winter alone: none
    values = series.member_values(2002, Tile(1, 0, 1, 2))
    assert values.shape == (4, 1, 2)
    assert values[:, 0, 0].tolist() == [4, 5, 6, 7]


def test_a_map_without_crs_asks_for_it(tmp_path: Path, world: SimpleNamespace) -> None:
    path = world.write_raster(tmp_path / "flux1982.tif", PIXELS, 0.0, 70.0, 0.1, crs=None)
    with pytest.raises(Wco2Error, match=r"flux1982.tif states no coordinate.*--crs EPSG:4326"):
        MapSeries.read(tmp_path)
    stated(path, "g C m-2")
    assert MapSeries.read(tmp_path, crs="EPSG:4326").grid.geographic


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ("", "states no unit.*--units"),
        ("g C m-2 month-1", "a rate and not the sum of a winter"),
        ("umol m-2 s-1", "a rate and not the sum of a winter"),
        ("degC", "no unit of a CO2 flux"),
    ],
)
def test_maps_that_are_no_sums_of_winters_are_refused(
    tmp_path: Path, world: SimpleNamespace, units: str, message: str
) -> None:
    stated(world.write_raster(tmp_path / "flux1982.tif", PIXELS, 0.0, 70.0, 0.1), units)
    with pytest.raises(Wco2Error, match=message):
        MapSeries.read(tmp_path)


@pytest.mark.parametrize("units", ["g C m-2", "g m-2 winter-1", "gC m-2 a-1", "g C m-2 /season"])
def test_a_unit_that_is_given_makes_up_for_one_that_is_not_stated(
    tmp_path: Path, world: SimpleNamespace, units: str
) -> None:
    world.write_raster(tmp_path / "flux1982.tif", PIXELS, 0.0, 70.0, 0.1)
    assert MapSeries.read(tmp_path, units=units).factor == 1.0


def test_a_number_that_means_missing_is_found(tmp_path: Path, world: SimpleNamespace) -> None:
    values = np.where(np.isnan(PIXELS), -9999.0, PIXELS)
    path = world.write_raster(tmp_path / "f1982.tif", values, 0.0, 70.0, 0.1, nodata=None)
    stated(path, "g C m-2")
    series = MapSeries.read(tmp_path)
    with pytest.raises(Wco2Error, match=r"f1982.tif holds -9999, .*a_nodata"):
        series.values(1982, series.grid.whole)


def test_two_maps_of_one_year_are_refused(others: Path, world: SimpleNamespace) -> None:
    world.write_raster(others / "old_1991.tif", PIXELS, 0.0, 70.0, 0.1)
    with pytest.raises(
        Wco2Error, match=r"co2_1982-2022_v1991.tif and old_1991.tif .* both of 1991"
    ):
        MapSeries.read(others)


@pytest.mark.parametrize("change", [{"west": -179.95}, {"step": 0.2}, {"crs": "EPSG:3857"}])
def test_a_map_on_other_cells_is_refused(
    others: Path, world: SimpleNamespace, change: dict[str, Any]
) -> None:
    where = {"west": -180.0, "north": 83.67, "step": 0.1, **change}
    world.write_raster(others / "co2_1982-2022_v1994.tif", PIXELS, **where)
    with pytest.raises(Wco2Error, match=r"v1994.tif lies on other cells than"):
        MapSeries.read(others)


def test_a_record_names_no_file_elsewhere(ours: Path) -> None:
    record = {
        "maps": ["../../winter_flux/winter_flux_2001.tif", "winter_flux/winter_flux_2003.tif"]
    }
    (ours / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(Wco2Error, match=r"lies outside of its folder"):
        MapSeries.read(ours)


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000])
def test_a_damaged_record_is_refused(ours: Path, text: str) -> None:
    (ours / "prediction.json").write_text(text, encoding="utf-8")
    with pytest.raises(Wco2Error, match=r"prediction.json"):
        MapSeries.read(ours)


def test_a_folder_without_maps_is_refused(tmp_path: Path, ours: Path) -> None:
    with pytest.raises(Wco2Error, match="is no folder"):
        MapSeries.read(tmp_path / "none")
    with pytest.raises(Wco2Error, match="Did you mean 'winter_flux'"):
        MapSeries.read(ours, "winter_fluxes")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_cover_the_map_once(size: int) -> None:
    grid = Grid.of_pixels("EPSG:4326", 0, 0, 1.0, 1.0, 5, 4)
    for pieces in (grid.tiles(size), grid.strips(size)):
        seen = np.zeros(grid.shape, int)
        for row, column, height, width in pieces:
            seen[row : row + height, column : column + width] += 1
        assert np.all(seen == 1)


def test_centres_lie_in_the_middle_of_their_cells() -> None:
    grid = Grid.of_pixels("EPSG:4326", 100.0, 70.0, 0.5, 0.25, 4, 4)
    x, y = grid.centres(Tile(1, 2, 2, 2))
    assert x.tolist() == [101.25, 101.75, 101.25, 101.75]
    assert y.tolist() == [69.625, 69.625, 69.375, 69.375]
    assert grid.bounds_of(Tile(1, 2, 2, 2)) == (101.0, 69.25, 102.0, 69.75)
