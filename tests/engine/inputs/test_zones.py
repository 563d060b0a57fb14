"""The zones that scores are told by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.zones import parse_zones

PIXELS = np.array([[1, 2, 3], [0, 4, 255]], np.uint8)


def write_pixels(path: Path, pixels: Any = PIXELS) -> Path:
    """Pixels of one degree from 10 E, 62 N; 255 is nodata."""
    height, width = pixels.shape
    with rasterio.open(
        *(path, "w"),
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype=pixels.dtype.name,
        nodata=255,
        transform=Affine(1, 0, 10, 0, -1, 62),
        crs="EPSG:4326",
    ) as file:
        file.write(pixels, 1)
    return path


def write_polygons(path: Path, *names: Any) -> Path:
    """A square degree a name, one east of the other from 10 E, 60 N."""
    features = [
        {
            "type": "Feature",
            "properties": {"EXTENT": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 60], [x + 1, 60], [x + 1, 61], [x, 61], [x, 60]]],
            },
        }
        for x, name in enumerate(names, start=10)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def at(entry: Any, folder: Path, x: list[float], y: float) -> list[str]:
    zones = parse_zones(entry, folder, "study.toml")
    assert zones is not None
    return zones.at(np.array(x), np.full(len(x), y))


def test_no_zones_are_none() -> None:
    assert parse_zones(None, Path(), "study.toml") is None


def test_the_pixels_of_a_raster_bear_their_names(tmp_path: Path) -> None:
    write_pixels(tmp_path / "zones.tif")
    entry = {"path": "zones.tif", "names": {"1": "continuous", "3": "sporadic", "0": "none"}}
    assert at(entry, tmp_path, [10.5, 11.5, 12.5, 40.0], 61.5) == ["continuous", "", "sporadic", ""]
    assert at(entry, tmp_path, [10.5, 11.5, 12.5], 60.5) == ["none", "", ""]


def test_values_without_names_stand_for_themselves(tmp_path: Path) -> None:
    write_pixels(tmp_path / "zones.tif")
    assert at({"path": "zones.tif"}, tmp_path, [10.5, 11.5, 12.5], 60.5) == ["0", "4", ""]


def test_a_raster_of_too_many_values_is_no_division_into_zones(tmp_path: Path) -> None:
    write_pixels(tmp_path / "zones.tif", np.arange(60, dtype=np.uint8)[None])
    with pytest.raises(Wco2Error, match="are 60, not 1 to 50"):
        at({"path": "zones.tif"}, tmp_path, list(np.arange(60) + 10.5), 61.5)


def test_polygons_bear_the_names_in_their_column(tmp_path: Path) -> None:
    write_polygons(tmp_path / "zones.geojson", "C", None, "D", "C")
    entry = {"path": "zones.geojson", "name_field": "EXTENT"}
    x = [10.5, 11.5, 12.5, 13.5, 20.0]
    assert at(entry, tmp_path, x, 60.5) == ["C", "", "D", "C", ""]


def test_numbers_in_the_column_are_names_too(tmp_path: Path) -> None:
    write_polygons(tmp_path / "zones.geojson", 1, 2)
    entry = {"path": "zones.geojson", "name_field": "EXTENT"}
    assert at(entry, tmp_path, [10.5, 11.5], 60.5) == ["1", "2"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("zones.tif", "zones have no path"),
        ({"names": {}}, "zones have no path"),
        ({"path": "none.tif"}, "none.tif does not exist"),
        ({"path": "zones.tif", "name_field": "x"}, "unknown key 'name_field'"),
        ({"path": "zones.tif", "names": ["a"]}, "names are no table"),
        ({"path": "zones.tif", "names": {"one": "a"}}, "'one', which is no number"),
        ({"path": "zones.tif", "names": {"1": 2}}, r"zone 1 has no name \(2\)"),
        ({"path": "zones.tif", "names": {"1": "all"}}, "one named 'all'"),
        ({"path": "zones.tif", "names": {}}, "are 0, not 1 to 50"),
        ({"path": "zones.geojson"}, "have no name_field"),
        ({"path": "zones.geojson", "name_field": "EXTEND"}, r"no column 'EXTEND'.*'EXTENT'"),
        ({"path": "zones.geojson", "names": {"1": "a"}}, "unknown key 'names'"),
    ],
)
def test_zones_that_can_not_be_are_refused(tmp_path: Path, entry: Any, said: str) -> None:
    write_pixels(tmp_path / "zones.tif")
    write_polygons(tmp_path / "zones.geojson", "C")
    with pytest.raises(Wco2Error, match=said):
        parse_zones(entry, tmp_path, "study.toml")
