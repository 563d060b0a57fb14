"""Regions: who owns a place, and what their tables may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.regions import (
    DEFAULT_WINTER,
    NO_REGION,
    Region,
    assign_region,
    parse_regions,
    parse_winter,
    read_regions,
)
from wco2_engine.season import Winter

ARCTIC = {"name": "arctic", "bbox": [-180, 45, 180, 84]}
PLATEAU = {"name": "plateau", "bbox": [70, 26, 105, 50], "months": [11, 12, 1, 2, 3, 4]}


def test_the_first_region_that_holds_a_point_owns_it() -> None:
    regions = parse_regions([PLATEAU, ARCTIC], DEFAULT_WINTER, Path())
    longitude = np.array([90.0, 90.0, 90.0, 90.0, np.inf, np.nan])
    latitude = np.array([30.0, 48.0, 60.0, 20.0, np.inf, 60.0])
    owners = assign_region(regions, longitude, latitude)
    assert owners.tolist() == [0, 0, 1, NO_REGION, NO_REGION, NO_REGION]
    turned = assign_region(regions[::-1], longitude, latitude)
    assert turned.tolist() == [1, 0, 0, NO_REGION, NO_REGION, NO_REGION]


def test_a_region_has_the_winter_of_the_study_unless_it_says_otherwise() -> None:
    study = Winter((9, 10, 11, 12, 1), "start")
    plateau, arctic = parse_regions([PLATEAU, ARCTIC], study, Path())
    assert plateau.winter == Winter((11, 12, 1, 2, 3, 4), "start")
    assert arctic.winter == study


def test_regions_are_read_from_a_study_file(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        """
        title = "ignored here"
        [winter]
        months = [12, 1, 2]
        label = "calendar"
        [[region]]
        name = "arctic"
        bbox = [-180, 45, 180, 84]
        """
    )
    assert read_regions(file) == (
        Region("arctic", Winter((12, 1, 2), "calendar"), Box(-180, 45, 180, 84)),
    )


def test_geometries_are_found_beside_the_file(tmp_path: Path) -> None:
    ring = [[0, 40], [10, 40], [10, 50], [0, 50], [0, 40]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    (tmp_path / "a.geojson").write_text(json.dumps(shape))
    (region,) = parse_regions([{"name": "a", "geometry": "a.geojson"}], DEFAULT_WINTER, tmp_path)
    assert region.area.contains(np.array([5.0, 15.0]), np.array([45.0, 45.0])).tolist() == [
        True,
        False,
    ]
    with pytest.raises(Wco2Error, match=r"Region 'a'.*b\.geojson does not exist.*'a\.geojson'"):
        parse_regions([{"name": "a", "geometry": "b.geojson"}], DEFAULT_WINTER, tmp_path)


def test_a_region_survives_being_written_and_read() -> None:
    for region in parse_regions([PLATEAU, ARCTIC], DEFAULT_WINTER, Path()):
        assert Region.from_json(json.loads(json.dumps(region.to_json()))) == region


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nmae": "x"}, "unknown key 'nmae'"),
        ({"name": ""}, "no usable name"),
        ({"name": "a/b"}, "no usable name"),
        ({"name": 3}, "no usable name"),
        ({"bbox": None}, "bbox"),
        ({"geometry": "a.gpkg"}, "either bbox or geometry"),
        ({"months": 5}, "months = 5 is no list"),
        ({"months": "10-4"}, "is no list"),
        ({"months": [1, 3]}, "not one run"),
        ({"months": [1.5]}, "not months of the year"),
        ({"label": "december"}, "Unknown winter label"),
        ({"label": ["january"]}, "Unknown winter label"),
    ],
)
def test_a_region_that_cant_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Wco2Error) as caught:
        parse_regions([{**ARCTIC, **changes}], DEFAULT_WINTER, Path())
    assert message in caught.value.message
    if "name" not in changes:
        assert "arctic" in caught.value.message


@pytest.mark.parametrize("tables", [3, "arctic", ["arctic"], {"name": "arctic"}])
def test_regions_have_to_be_tables(tables: Any) -> None:
    with pytest.raises(Wco2Error, match="no list of tables"):
        parse_regions(tables, DEFAULT_WINTER, Path())


def test_some_regions_are_refused_together() -> None:
    with pytest.raises(Wco2Error, match="'arctic' is there twice"):
        parse_regions([ARCTIC, ARCTIC], DEFAULT_WINTER, Path())
    with pytest.raises(Wco2Error, match="No region is given"):
        parse_regions([], DEFAULT_WINTER, Path())
    with pytest.raises(Wco2Error, match="needs either bbox or geometry"):
        parse_regions([{"name": "a"}], DEFAULT_WINTER, Path())
    with pytest.raises(Wco2Error, match="geometry = 3 is no path"):
        parse_regions([{"name": "a", "geometry": 3}], DEFAULT_WINTER, Path())


def test_a_winter_says_october_to_april_by_itself() -> None:
    assert parse_winter({}, "study.toml") == Winter((10, 11, 12, 1, 2, 3, 4), "january")
    with pytest.raises(Wco2Error, match=r"unknown key 'month'.*'months'"):
        parse_winter({"month": [1]}, "study.toml")
    with pytest.raises(Wco2Error, match=r"study\.toml: winter is no table"):
        parse_winter([1, 2], "study.toml")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"name": "a"},
        {"name": "a", "months": [1]},
        {"name": "a", "months": 3, "bbox": [0, 0, 1, 1]},
        {"name": "a", "months": [True], "bbox": [0, 0, 1, 1]},
        {"name": "a", "months": [1], "label": "x", "bbox": [0, 0, 1, 1]},
        {"name": "../a", "months": [1], "bbox": [0, 0, 1, 1]},
    ],
)
def test_what_is_no_region_is_refused(data: Any) -> None:
    with pytest.raises(Wco2Error):
        Region.from_json(data)


# --- Winters that are none


def test_a_winter_that_holds_its_regions_summer_is_refused() -> None:
    months = [4, 5, 6, 7, 8, 9, 10]
    with pytest.raises(Wco2Error, match=r"Region 'arctic'.* holds Jul and Aug, which are summer"):
        parse_regions([{**ARCTIC, "months": months, "label": "start"}], DEFAULT_WINTER, Path())
    south = {**ARCTIC, "bbox": [-180, -80, 180, -50]}
    (region,) = parse_regions(
        [{**south, "months": [6, 7, 8], "label": "start"}], DEFAULT_WINTER, Path()
    )
    assert region.winter.months == (6, 7, 8)
    with pytest.raises(Wco2Error, match="holds Jan and Feb"):
        parse_regions([south], DEFAULT_WINTER, Path())
    both = {**ARCTIC, "bbox": [-180, -80, 180, 80]}
    assert len(parse_regions([both], DEFAULT_WINTER, Path())) == 1


def test_a_polar_polygons_summer_is_known_by_its_latitudes(tmp_path: Path) -> None:
    import geopandas
    from shapely.geometry import box

    path = tmp_path / "polar.gpkg"
    frame = geopandas.GeoDataFrame(geometry=[box(-1e6, -1e6, 1e6, 1e6)], crs="EPSG:3413")
    frame.to_file(path, driver="GPKG")
    table = {"name": "a", "geometry": "polar.gpkg", "months": [6, 7, 8], "label": "start"}
    with pytest.raises(Wco2Error, match="holds Jul and Aug"):
        parse_regions([table], DEFAULT_WINTER, tmp_path)


def test_a_winter_named_by_a_january_that_it_lacks_is_refused() -> None:
    with pytest.raises(Wco2Error, match=r"months \[10, 11, 12\] hold none") as caught:
        parse_regions([{**ARCTIC, "months": [10, 11, 12]}], DEFAULT_WINTER, Path())
    assert 'label = "start"' in caught.value.hint
    with pytest.raises(Wco2Error, match="hold none"):
        parse_winter({"months": [2, 3]}, "study.toml")
    named = {**ARCTIC, "months": [10, 11, 12], "label": "start"}
    assert parse_regions([named], DEFAULT_WINTER, Path())[0].winter.months == (10, 11, 12)


def test_a_model_keeps_the_winter_that_it_was_trained_with() -> None:
    data = {"name": "a", "months": [7, 8], "label": "january", "bbox": [0, 50, 10, 60]}
    assert Region.from_json(data).winter.months == (7, 8)
