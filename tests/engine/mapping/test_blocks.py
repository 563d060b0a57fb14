"""The numbers of maps, worked by hand on a few cells over two years, one of them a leap year.

One predictor is a rate of 1 mm a day, which the model sees as mm a month: 28, 29, 30 or 31. The
tree makes of them 1 (28 days), 10 (29), 100 (30), 1000 (31 days) and 5 (anything more) g C m-2.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.grid import Grid, Tile
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.inputs.predictors import PredictorReader, Sources, needed_months
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.learning.aggregation import Aggregate
from wco2_engine.learning.joining import join_forests
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.mapping.blocks import Work, predict_block
from wco2_engine.mapping.plan import Products, Schedule
from wco2_engine.mapping.prediction import Prediction, predict
from wco2_engine.mapping.writer import NODATA

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


# Training rows of rain, two a leaf, in two folds: the first of each leaf, and the second. While
# held out, the nearest row of the other fold is 0.25, 0.25, 0.25, 0.5 and 1 mm away, each twice. So
# the quartiles are 0.25 and 0.5, and the threshold is 0.5 + 1.5 x 0.25 = 0.875 mm.
RAIN = (28.0, 28.25, 29.0, 29.25, 30.0, 30.25, 31.0, 31.5, 60.0, 61.0)
STEPS = [28.5, 29.5, 30.5, 31.5]
FLUXES = np.array([1.0, 10.0, 100.0, 1000.0, 5.0])


def able_model(world: SimpleNamespace, *regions: Any) -> Any:
    """Leaves hold their flux minus and plus 2; the second member has 1 more in each leaf."""
    parts = [
        RegionModel(
            region=region,
            forest=world.staircase(STEPS, FLUXES, 2),
            features=np.column_stack([RAIN, np.full(10, 7.0)]).astype(np.float32),
            target=np.repeat(FLUXES, 2) + np.tile([-2.0, 2.0], 5),
            site=np.arange(10, dtype=np.int32),
            longitude=np.full(10, 100.0),
            latitude=np.full(10, 60.0),
            year=np.full(10, 2003, np.int16),
            month=np.ones(10, np.int8),
            folds={"site": np.tile([0, 1], 5).astype(np.int16)},
            predictions={},
            importances={"impurity": np.array([1.0, 0.0])},
            members=join_forests([world.staircase(STEPS, FLUXES + k, 2) for k in range(2)]),
            n_members=2,
            calibration={"0.5": 0.25},
        )
        for region in regions
    ]
    return world.make_model(parts, {"rain": "mm month-1", "carbon": "%"})


@pytest.fixture(scope="module")
def flood(tmp_path_factory: pytest.TempPathFactory, world: SimpleNamespace) -> SimpleNamespace:
    """Rain for 2003 to 2005; in one cell 90 mm in November and 124 mm in December 2003."""
    folder = tmp_path_factory.mktemp("flood")
    for year in (2003, 2004, 2005):
        rain = np.ones((12, ROWS, COLUMNS))
        if year == 2003:
            rain[10, 0, 2], rain[11, 0, 2] = 3.0, 4.0
            rain[11, 0, 0] = np.nan
        world.write_raster(folder / f"rain_{year}.tif", rain, WEST, NORTH, 1.0)
    world.write_raster(folder / "carbon.tif", np.full((ROWS, COLUMNS), 7.0), WEST, NORTH, 1.0)
    catalogue = world.write_catalogue(
        folder / "catalogue.toml",
        'name = "rain"\npath = "rain_{year}.tif"\nwhen = "monthly"\n'
        'units = "mm day-1"\nto = "mm month-1"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
    )
    return SimpleNamespace(catalogue=catalogue)


def bands(path: Path) -> np.ndarray:
    with rasterio.open(path) as source:
        return np.asarray(source.read())


NORTH_ONLY = ("north", OCTOBER_TO_APRIL, (-180, 45, 180, 84))


def test_a_winters_bounds_are_the_sums_of_its_months_calibrated_bounds(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    # Of a leaf's two targets, flux - 2 and flux + 2, the quartiles are flux - 1 and flux + 1;
    # calibration moves them to 1.25 away. A winter has seven months.
    model = able_model(world, world.box(*NORTH_ONLY))
    run(flood, model, (2004, 2005), tmp_path, monthly=True, interval=0.5)
    for year, winter in ((2004, LEAP_WINTER), (2005, COMMON_WINTER)):
        assert read(tmp_path / f"winter_flux/winter_flux_{year}.tif")[1, 1] == winter
        lower = read(tmp_path / f"winter_flux_lower/winter_flux_lower_{year}.tif")
        upper = read(tmp_path / f"winter_flux_upper/winter_flux_upper_{year}.tif")
        assert (lower[1, 1], upper[1, 1]) == (winter - 8.75, winter + 8.75)
        assert (lower[0, 0] == -9999) == (upper[0, 0] == -9999) == (year == 2004)
    for name, bound in (("lower", 98.75), ("upper", 101.25)):
        path = tmp_path / f"monthly_flux_{name}/monthly_flux_{name}_2003-11.tif"
        assert read(path)[1, 1] == bound


def test_bounds_of_winters_are_nearer_than_sums_by_what_held_out_winters_ask_for(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    """Seven months of 1.25 either way are 8.75; 0.4 of that is 3.5. Months stay as they are."""
    model = able_model(world, world.box(*NORTH_ONLY))
    told = replace(model.regions[0], winter_calibration={"0.5": 0.4})
    model = replace(model, regions=(told,))
    result = run(flood, model, (2005,), tmp_path, monthly=True, interval=0.5)
    assert not any("Bounds" in note for note in result.notes)
    for name, winter, month in (("lower", -3.5, 98.75), ("upper", 3.5, 101.25)):
        path = tmp_path / f"winter_flux_{name}/winter_flux_{name}_2005.tif"
        assert read(path)[1, 1] == COMMON_WINTER + winter
        assert (
            read(tmp_path / f"monthly_flux_{name}/monthly_flux_{name}_2004-11.tif")[1, 1] == month
        )
        with rasterio.open(path) as source:
            assert source.tags()["WCO2_INTERVAL_OF_WINTER"].startswith("Distances from")
            assert source.tags()["WCO2_INTERVAL_OF_WINTER_FACTOR"] == '{"north": 0.4}'
    record = json.loads((tmp_path / "prediction.json").read_text())
    assert record["interval_of_winter"] == {"north": 0.4}


def test_a_level_that_is_not_calibrated_has_raw_bounds_and_says_so(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    model = able_model(world, world.box(*NORTH_ONLY))
    result = run(flood, model, (2005,), tmp_path, interval=0.25)
    # The quantiles 0.375 and 0.625 lie 0.5 from the flux.
    lower = tmp_path / "winter_flux_lower/winter_flux_lower_2005.tif"
    assert read(lower)[1, 1] == COMMON_WINTER - 3.5
    assert result.notes[:-1] == (
        "Bounds of 0.25 are not calibrated in region 'North': the model is calibrated for 0.5.",
    )
    assert result.notes[-1].startswith("Winters 2005 of region 'North' lie outside of those")
    with rasterio.open(lower) as source:
        assert source.tags()["WCO2_INTERVAL_LEVEL"] == "0.25"
        assert source.tags()["WCO2_TRAINING_WINTERS"] == '{"north": [2003, 2003]}'
        assert source.tags()["WCO2_INTERVAL_CALIBRATION"] == '{"north": "raw"}'
        assert source.tags()["WCO2_INTERVAL_OF_WINTER"].startswith("Sum of the months' bounds")


def test_what_a_region_predicts_lies_beside_the_mean_of_its_leaves(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    """Means of leaves say 7 more than the medians of the targets in them, seven months a winter."""
    model = able_model(world, world.box(*NORTH_ONLY))
    part = model.regions[0]
    forest = world.staircase(STEPS, FLUXES + 7, 2)
    of_medians = replace(
        model,
        regions=(replace(part, forest=replace(forest, aggregate=Aggregate("median"))),),
    )
    run(flood, of_medians, (2004,), tmp_path, monthly=True, interval=0.5, members=True)
    for end, winter, month in (("", 0, 0), ("_mean", 49, 7), ("_lower", -8.75, -1.25)):
        path = tmp_path / f"winter_flux{end}/winter_flux{end}_2004.tif"
        assert read(path)[1, 1] == LEAP_WINTER + winter
        assert (read(path) == -9999).sum() == 1
        path = tmp_path / f"monthly_flux{end}/monthly_flux{end}_2003-11.tif"
        assert read(path)[1, 1] == 100 + month
    path = tmp_path / "winter_flux_members/winter_flux_members_2004.tif"
    assert bands(path)[:, 1, 1].tolist() == [LEAP_WINTER, LEAP_WINTER + 7]
    record = json.loads((tmp_path / "prediction.json").read_text())
    assert record["aggregate"] == {"north": {"name": "median", "trim": 0.0}}
    with rasterio.open(tmp_path / "winter_flux/winter_flux_2004.tif") as source:
        assert source.tags()["WCO2_AGGREGATE"] == '{"north": "median"}'
        assert source.tags()["WCO2_AGGREGATE_OF_WINTER"].startswith(
            "Sum of what the months predict"
        )
    with rasterio.open(tmp_path / "winter_flux_mean/winter_flux_mean_2004.tif") as source:
        assert "WCO2_AGGREGATE" not in source.tags()
        assert source.descriptions == ("Winter CO2 flux, mean of the leaves, positive = release",)


@pytest.mark.parametrize(
    ("aggregate", "mean", "maps"),
    [
        ("mean", None, ["winter_flux"]),
        ("mean", True, ["winter_flux", "winter_flux_mean"]),
        ("median", None, ["winter_flux", "winter_flux_mean"]),
        ("median", False, ["winter_flux"]),
    ],
)
def test_the_mean_is_mapped_where_it_is_not_what_is_predicted_or_as_asked_for(
    world: SimpleNamespace,
    flood: SimpleNamespace,
    tmp_path: Path,
    aggregate: str,
    mean: bool | None,
    maps: list[str],
) -> None:
    model = able_model(world, world.box(*NORTH_ONLY))
    part = model.regions[0]
    forest = replace(part.forest, aggregate=Aggregate(aggregate))
    result = run(
        flood,
        replace(model, regions=(replace(part, forest=forest),)),
        (2005,),
        tmp_path,
        mean=mean,
    )
    assert [path.parent.name for path in result.maps] == maps


def test_each_member_has_a_band_of_its_own_sum(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    run(flood, able_model(world, world.box(*NORTH_ONLY)), (2004,), tmp_path, members=True)
    path = tmp_path / "winter_flux_members/winter_flux_members_2004.tif"
    assert bands(path)[:, 1, 1].tolist() == [LEAP_WINTER, LEAP_WINTER + 7]
    assert bands(path)[:, 0, 0].tolist() == [-9999, -9999]
    with rasterio.open(path) as source:
        assert source.tags()["WCO2_MEMBERS"] == "2"


def test_applicability_tells_the_worst_month_the_months_outside_and_the_least_density(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    model = able_model(world, world.box(*NORTH_ONLY))
    result = run(flood, model, (2004, 2005), tmp_path, applicability=True)
    rain = np.array(RAIN)
    apart = np.abs(rain[:, None] - rain).sum() / 90  # the mean of all pairs, in mm
    leap = bands(tmp_path / "applicability/applicability_2004.tif")
    # 31, 30 and 29 mm are training rows, with three rows nearer than 0.875 mm (31, 31.5 and 30.25).
    assert leap[:, 1, 1].tolist() == [0, 0, 3]
    # 90 mm is 29 and 124 mm is 63 from the nearest row, 61 mm; no row is near.
    np.testing.assert_allclose(leap[:, 0, 2], [63 / apart, 2, 0], rtol=1e-6)
    assert leap[:, 0, 0].tolist() == [-9999, -9999, -9999]  # a month is missing
    # February of 28 mm has two rows near, 28 and 28.25.
    common = bands(tmp_path / "applicability/applicability_2005.tif")
    assert common[:, 0, 2].tolist() == [0, 0, 2]
    # 12 cells of 7 months, of which one lacks December 2003.
    assert list(result.cell_months) == [
        {"region": "north", "year": 2004, "predicted": 83, "outside": 2},
        {"region": "north", "year": 2005, "predicted": 84, "outside": 0},
    ]
    with rasterio.open(tmp_path / "applicability/applicability_2004.tif") as source:
        assert source.tags()["WCO2_APPLICABILITY_FOLDS"] == '{"north": "site"}'
        threshold = json.loads(source.tags()["WCO2_APPLICABILITY_THRESHOLD"])["north"]
    assert threshold == pytest.approx(0.875 / apart, rel=1e-6)


def test_a_tile_that_lacks_a_predictor_everywhere_is_nodata_in_all_maps(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    nothing = np.full((ROWS, COLUMNS), np.nan)
    path = world.write_raster(tmp_path / "carbon.tif", nothing, WEST, NORTH, 1.0)
    folder = flood.catalogue.folder.as_posix()
    catalogue = world.write_catalogue(
        tmp_path / "catalogue.toml",
        f'name = "rain"\npath = "{folder}/rain_{{year}}.tif"\nwhen = "monthly"\n'
        'units = "mm day-1"\nto = "mm month-1"\n',
        f'name = "carbon"\npath = "{path.as_posix()}"\nunits = "%"\n',
    )
    model = able_model(world, world.box(*NORTH_ONLY))
    result = run(
        SimpleNamespace(catalogue=catalogue),
        model,
        (2005,),
        tmp_path / "out",
        interval=0.5,
        members=True,
        applicability=True,
    )
    assert len(result.maps) == 5
    for path in result.maps:
        assert (bands(path) == -9999).all()
    assert dict(result.missing) == {"rain": 0, "carbon": 84}
    assert result.cell_months[0]["predicted"] == 0


def test_cell_months_are_counted_by_region_and_year_without_applicability_too(
    world: SimpleNamespace, flood: SimpleNamespace, tmp_path: Path
) -> None:
    west = world.box("west", NOVEMBER_TO_APRIL, (100, 60, 101, 63))
    east = world.box("east", OCTOBER_TO_APRIL, (101, 60, 104, 63))
    nowhere = world.box("nowhere", OCTOBER_TO_APRIL, (0, 60, 1, 63))
    result = run(flood, able_model(world, west, east, nowhere), (2004,), tmp_path)
    assert [tuple(row.values()) for row in result.cell_months] == [
        ("west", 2004, 3 * 6 - 1, None),
        ("east", 2004, 9 * 7, None),
        ("nowhere", 2004, 0, None),
    ]


def test_what_does_not_change_is_read_once_and_a_month_once(
    world: SimpleNamespace, land: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = world.write_catalogue(
        land.folder / "summer.toml",
        'name = "rain"\npath = "rain_{year}.tif"\nwhen = "monthly"\n'
        'units = "mm day-1"\nto = "mm month-1"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
        'name = "summer"\npath = "rain_{year}.tif"\nwhen = "monthly"\n'
        'window = { months = [6, 7, 8], of = "previous", reduce = "max" }\n',
    )
    region = world.box("north", OCTOBER_TO_APRIL, (-180, 45, 180, 84))
    forest = world.staircase([30.5], [1.0, 2.0], 3)
    model = world.region_model(region, forest, (20.0, 0.0, 0.0), (60.0, 10.0, 10.0))

    real, seen = PredictorReader.values, []

    def counting(self: Any, predictor: Any, month: Any) -> Any:
        seen.append((predictor.name, needed_months(predictor, month)))
        return real(self, predictor, month)

    monkeypatch.setattr(PredictorReader, "values", counting)
    for stack in (1, 24, 36, 10_000):  # of 12 cells: one winter at a time, two, three, all
        seen.clear()
        schedule = Schedule.of((region.winter,), (2003, 2004, 2005))
        work = Work(GRID, (model,), catalogue.predictors, schedule, None, stack)
        with Rasters() as rasters:
            predict_block(work, Sources(catalogue, rasters), rasters, GRID.tiles(64)[0])
        assert len(seen) == len(set(seen))
        assert Counter(name for name, _ in seen) == {"rain": 21, "carbon": 1, "summer": 3}


def test_neither_stacks_nor_their_company_change_a_bit(able: SimpleNamespace) -> None:
    grid = Grid.from_extent((60.0, 40.0, 130.0, 80.0), 1.0)
    regions = able.model.regions
    products = Products(True, 0.9, True, 2)
    schedule = Schedule.of([part.region.winter for part in regions], (2001,), products)

    def values(stack: int, tile: Any) -> np.ndarray:
        work = Work(grid, regions, able.catalogue.predictors, schedule, None, stack)
        with Rasters() as rasters:
            block = predict_block(work, Sources(able.catalogue, rasters), rasters, tile)
        layers = np.full((len(block.values), tile.height * tile.width), NODATA)
        layers[:, block.cells] = block.values
        return layers.reshape(-1, tile.height, tile.width)

    whole = values(65_536, Tile(0, 0, 40, 70))
    assert (whole != -9999).any(axis=(1, 2)).all()
    assert values(1, Tile(0, 0, 40, 70)).tobytes() == whole.tobytes()
    part = values(100, Tile(7, 13, 20, 30))
    assert part.tobytes() == whole[:, 7:27, 13:43].tobytes()


def test_the_share_that_is_done_grows_to_one(able: SimpleNamespace) -> None:
    grid = Grid.from_extent((60.0, 40.0, 130.0, 80.0), 1.0)
    schedule = Schedule.of([part.region.winter for part in able.model.regions], (2001,))
    work = Work(grid, able.model.regions, able.catalogue.predictors, schedule, None)
    told: list[float] = []
    with Rasters() as rasters:
        sources = Sources(able.catalogue, rasters)
        predict_block(work, sources, rasters, grid.tiles(128)[0], told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=1e-12)
    assert len(told) == 2 * (6 + 7)  # each region's months, read and predicted
