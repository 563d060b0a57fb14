"""The numbers of maps, worked by hand on a few cells over two years, one of them a leap year.

One predictor is a rate of 1 mm a day, which the model sees as mm a month: 28, 29, 30 or 31. The
tree makes of them 1 (28 days), 10 (29), 100 (30), 1000 (31 days) and 5 (anything more) g C m-2.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.grid import Grid
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.mapping.prediction import Prediction, predict

OCTOBER_TO_APRIL = (10, 11, 12, 1, 2, 3, 4)
NOVEMBER_TO_APRIL = (11, 12, 1, 2, 3, 4)
WEST, NORTH, ROWS, COLUMNS = 100.0, 63.0, 3, 4
GRID = Grid.from_extent((100.0, 60.0, 104.0, 63.0), 1.0)
# Oct, Nov, Dec, Jan, Feb of 28 or 29 days, Mar, Apr
COMMON_WINTER = 1000 + 100 + 1000 + 1000 + 1 + 1000 + 100  # 4201
LEAP_WINTER = 1000 + 100 + 1000 + 1000 + 10 + 1000 + 100  # 4210


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory, world: SimpleNamespace) -> SimpleNamespace:
    """Rain and carbon for 2002 to 2005; November 2003 is wetter in one cell, and two have gaps."""
    folder = tmp_path_factory.mktemp("land")
    for year in range(2002, 2006):
        rain = np.ones((12, ROWS, COLUMNS))
        if year == 2003:
            rain[10, 0, 2] = 2.0  # November: 60 mm
            rain[11, 0, 0] = np.nan  # December
        world.write_raster(folder / f"rain_{year}.tif", rain, WEST, NORTH, 1.0)
    carbon = np.full((ROWS, COLUMNS), 7.0)
    carbon[2, 3] = np.nan
    world.write_raster(folder / "carbon.tif", carbon, WEST, NORTH, 1.0)
    catalogue = world.write_catalogue(
        folder / "catalogue.toml",
        'name = "rain"\npath = "rain_{year}.tif"\nwhen = "monthly"\n'
        'units = "mm day-1"\nto = "mm month-1"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
    )
    return SimpleNamespace(folder=folder, catalogue=catalogue)


def model_of(world: SimpleNamespace, *regions: Any) -> Any:
    forest = world.staircase([28.5, 29.5, 30.5, 31.5], [1.0, 10.0, 100.0, 1000.0, 5.0], 2)
    parts = [world.region_model(region, forest, (20.0, 0.0), (60.0, 10.0)) for region in regions]
    return world.make_model(parts, {"rain": "mm month-1", "carbon": "%"})


def everywhere(world: SimpleNamespace, label: str) -> Any:
    return model_of(world, world.box("north", OCTOBER_TO_APRIL, (-180, 45, 180, 84), label))


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as source:
        return np.asarray(source.read(1))


def run(
    land: SimpleNamespace, model: Any, years: tuple[int, ...], output: Path, **options: Any
) -> Prediction:
    return predict(model, land.catalogue, GRID, years, output, **options)


@pytest.mark.parametrize(
    ("label", "year", "usual", "wet"),
    [
        # October 2003 to April 2004, with 29 days of February; the wet November gives 5, not 100.
        ("january", 2004, LEAP_WINTER, LEAP_WINTER - 95),
        ("start", 2003, LEAP_WINTER, LEAP_WINTER - 95),
        # October 2004 to April 2005.
        ("january", 2005, COMMON_WINTER, COMMON_WINTER),
        ("start", 2004, COMMON_WINTER, COMMON_WINTER),
        # January to April and October to December of one year.
        ("calendar", 2004, LEAP_WINTER, LEAP_WINTER),
        ("calendar", 2003, COMMON_WINTER, COMMON_WINTER - 95),
    ],
)
def test_a_winter_is_the_sum_of_its_months_under_each_label(
    world: SimpleNamespace,
    land: SimpleNamespace,
    tmp_path: Path,
    label: str,
    year: int,
    usual: float,
    wet: float,
) -> None:
    run(land, everywhere(world, label), (year,), tmp_path)
    found = read(tmp_path / f"winter_flux/winter_flux_{year}.tif")
    assert found[0, 1] == usual
    assert found[0, 2] == wet


def test_monthly_maps_hold_the_flux_of_each_month(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    result = run(land, everywhere(world, "january"), (2004,), tmp_path, monthly=True)
    by_month = {
        "2003-10": 1000,
        "2003-11": 100,
        "2003-12": 1000,
        "2004-01": 1000,
        "2004-02": 10,
        "2004-03": 1000,
        "2004-04": 100,
    }
    names = [f"monthly_flux/monthly_flux_{month}.tif" for month in by_month]
    assert [path.relative_to(tmp_path).as_posix() for path in result.maps[1:]] == names
    for name, flux in zip(names, by_month.values(), strict=True):
        assert read(tmp_path / name)[1, 1] == flux
    assert read(tmp_path / "monthly_flux/monthly_flux_2003-11.tif")[0, 2] == 5


def test_a_cell_that_lacks_one_month_has_no_winter_but_its_other_months(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    result = run(land, everywhere(world, "january"), (2004, 2005), tmp_path, monthly=True)
    winter = read(tmp_path / "winter_flux/winter_flux_2004.tif")
    assert winter[0, 0] == -9999
    assert (winter == -9999).sum() == 2  # this one, and the one without carbon
    assert read(tmp_path / "winter_flux/winter_flux_2005.tif")[0, 0] == COMMON_WINTER
    assert read(tmp_path / "monthly_flux/monthly_flux_2003-12.tif")[0, 0] == -9999
    assert read(tmp_path / "monthly_flux/monthly_flux_2004-01.tif")[0, 0] == 1000
    # One December; and carbon in one cell for all seven months of two winters.
    assert dict(result.missing) == {"rain": 1, "carbon": 14}
    assert result.cells == 12


def test_the_first_region_owns_a_cell_and_has_a_winter_of_its_own(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    west = world.box("west", NOVEMBER_TO_APRIL, (100, 60, 102, 63))
    east = world.box("east", OCTOBER_TO_APRIL, (100, 60, 104, 63))
    result = run(land, model_of(world, west, east), (2004,), tmp_path, monthly=True)
    found = read(tmp_path / "winter_flux/winter_flux_2004.tif")
    assert found[1].tolist() == [LEAP_WINTER - 1000] * 2 + [LEAP_WINTER] * 2
    october = read(tmp_path / "monthly_flux/monthly_flux_2003-10.tif")
    assert october[1].tolist() == [-9999, -9999, 1000, 1000]
    assert dict(result.missing) == {"rain": 1, "carbon": 7}

    swapped = run(land, model_of(world, east, west), (2004,), tmp_path / "swapped")
    assert (read(swapped.maps[0])[1] == LEAP_WINTER).all()


def test_regions_may_name_their_winters_differently(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    west = world.box("west", OCTOBER_TO_APRIL, (100, 60, 102, 63), "start")
    east = world.box("east", OCTOBER_TO_APRIL, (102, 60, 104, 63), "january")
    run(land, model_of(world, west, east), (2004,), tmp_path)
    found = read(tmp_path / "winter_flux/winter_flux_2004.tif")
    assert found[1].tolist() == [COMMON_WINTER] * 2 + [LEAP_WINTER] * 2
    with rasterio.open(tmp_path / "winter_flux/winter_flux_2004.tif") as source:
        assert source.tags()["WCO2_VALID_FROM"] == "2003-10-01"
        assert source.tags()["WCO2_VALID_TO"] == "2005-04-30"


def test_cells_outside_all_regions_are_nodata_and_not_counted(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    east = world.box("east", OCTOBER_TO_APRIL, (102, 60, 104, 63))
    result = run(land, model_of(world, east), (2004,), tmp_path)
    assert result.cells == 6
    assert dict(result.missing) == {"rain": 0, "carbon": 7}
    assert read(result.maps[0])[1].tolist() == [-9999, -9999, LEAP_WINTER, LEAP_WINTER]


def test_a_raster_domain_keeps_the_pixels_whose_values_count(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    zones = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [0, 0, np.nan, 5]])
    path = world.write_raster(tmp_path / "zones.tif", zones, WEST, NORTH, 1.0, nodata=255.0)
    model = everywhere(world, "january")
    some = parse_domain({"path": str(path), "values": [2, 3]}, Path(), "Test")
    result = run(land, model, (2005,), tmp_path / "some", domain=some)
    assert (read(result.maps[0]) != -9999).tolist() == [
        [False, True, True, False],
        [False, True, True, False],
        [False] * 4,
    ]
    assert result.cells == 4
    all_but_zero = parse_domain(str(path), Path(), "Test")
    result = run(land, model, (2005,), tmp_path / "all", domain=all_but_zero)
    assert result.cells == 9
    assert read(result.maps[0])[2].tolist() == [-9999, -9999, -9999, -9999]  # the last: no carbon


def test_a_vector_domain_keeps_the_cells_whose_centre_it_holds(
    world: SimpleNamespace, land: SimpleNamespace, tmp_path: Path
) -> None:
    # A triangle with the corners (100, 60), (104, 60), (100, 63): a centre (x, y) lies inside
    # where (x - 100) / 4 + (y - 60) / 3 < 1.
    path = tmp_path / "triangle.geojson"
    path.write_text(
        '{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": '
        "[[[100, 60], [104, 60], [100, 63], [100, 60]]]}}"
    )
    domain = parse_domain(str(path), Path(), "Test")
    result = run(land, everywhere(world, "january"), (2005,), tmp_path / "out", domain=domain)
    assert (read(result.maps[0]) != -9999).tolist() == [
        [True, False, False, False],  # 0.125 + 0.833
        [True, True, False, False],  # 0.375 + 0.5
        [True, True, True, False],  # 0.625 + 0.167; 0.875 + 0.167 is too much
    ]
