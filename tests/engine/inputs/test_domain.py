"""The cells that are to be predicted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.domain import Domain, parse_domain
from wco2_engine.inputs.rasters import Points, Rasters

ZONES = np.array([[1, 2, 3], [0, 4, 255]], np.uint8)
CENTRES = [(x, y) for y in (61.5, 60.5) for x in (10.5, 11.5, 12.5)]


def write_zones(
    path: Path, stored: NDArray[np.generic] = ZONES, crs: str | None = GEOGRAPHIC
) -> Path:
    """Pixels of one degree from 10 E, 62 N; 255 is nodata."""
    bands = stored if stored.ndim == 3 else stored[None]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=3,
        height=2,
        count=len(bands),
        dtype=bands.dtype.name,
        nodata=255,
        transform=Affine(1, 0, 10, 0, -1, 62),
        crs=crs,
    ) as file:
        file.write(bands)
    return path


def held(domain: Domain | None, places: list[tuple[float, float]] = CENTRES) -> list[bool]:
    assert domain is not None
    x, y = np.array(places, float).T
    with Rasters() as rasters:
        mask = domain.mask(rasters, Points(x, y, GEOGRAPHIC, 0.1), x, y)
    return [bool(inside) for inside in mask]


def test_no_domain_is_none() -> None:
    assert parse_domain(None, Path(), "study.toml") is None


def test_without_values_all_but_nodata_and_zero_count(tmp_path: Path) -> None:
    write_zones(tmp_path / "zones.tif")
    domain = parse_domain("zones.tif", tmp_path, "study.toml")
    assert held(domain) == [True, True, True, False, True, False]
    assert held(domain, [(9.9, 61), (11, 62.1), (371.5, 61.5)]) == [False, False, True]


def test_with_values_these_count(tmp_path: Path) -> None:
    write_zones(tmp_path / "zones.tif")
    domain = parse_domain({"path": "zones.tif", "values": [0, 2, 3.0]}, tmp_path, "study.toml")
    assert held(domain) == [False, True, True, True, False, False]


def test_nodata_and_crs_may_be_stated(tmp_path: Path) -> None:
    write_zones(tmp_path / "zones.tif", crs=None)
    with pytest.raises(Wco2Error, match="no coordinate reference system"):
        parse_domain("zones.tif", tmp_path, "study.toml")
    table = {"path": "zones.tif", "crs": GEOGRAPHIC, "nodata": 4}
    domain = parse_domain(table, tmp_path, "study.toml")
    assert held(domain) == [True, True, True, False, False, True]


def test_polygons_hold_the_cells_whose_centre_they_hold(tmp_path: Path) -> None:
    ring = [[10, 60], [12, 60], [12, 62], [10, 62], [10, 60]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    (tmp_path / "zones.geojson").write_text(json.dumps(shape))
    domain = parse_domain("zones.geojson", tmp_path, "study.toml")
    assert held(domain) == [True, True, False, True, True, False]
    assert held(domain, [(11.95, 61), (12.05, 61)]) == [True, False]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "neither a path nor a table"),
        ({}, "neither a path nor a table"),
        ({"path": 3}, "neither a path nor a table"),
        ({"path": "zones.tif", "value": [1]}, "unknown key 'value'"),
        ({"path": "zones.tif", "values": 3}, "are no numbers"),
        ({"path": "zones.tif", "values": "12"}, "are no numbers"),
        ({"path": "zones.tif", "values": [1, "2"]}, "are no numbers"),
        ({"path": "zones.tif", "nodata": "none"}, "nodata 'none' is no number"),
        ({"path": "zones.tif", "crs": 4326}, "is no text"),
        ({"path": "zones.tif", "crs": "nonsense"}, "not a coordinate reference system"),
        ({"path": "zones.geojson", "values": [1]}, "vector file, which takes no values"),
        ({"path": "zones.geojson", "crs": GEOGRAPHIC}, "vector file, which takes no crs"),
        ("zone.tif", "zone.tif does not exist"),
        ("zone.geojson", "zone.geojson does not exist"),
        ("notes.tif", "notes.tif is not a GeoTIFF"),
        ("many.tif", "several bands"),
    ],
)
def test_a_domain_that_cant_be_is_refused(tmp_path: Path, entry: Any, message: str) -> None:
    write_zones(tmp_path / "zones.tif")
    write_zones(tmp_path / "many.tif", np.stack([ZONES, ZONES]))
    (tmp_path / "notes.tif").write_text("no raster")
    with pytest.raises(Wco2Error) as caught:
        parse_domain(entry, tmp_path, "study.toml")
    assert message in caught.value.message


def test_the_real_permafrost_zones(realcase: Path) -> None:
    entry = {"path": "permafrost_extent_brown_nh010.tif", "values": [1, 2, 3, 4]}
    domain = parse_domain(entry, realcase / "grids", "study.toml")
    yakutsk, toolik, paris, pole = (129.7, 62.0), (-149.6, 68.6), (2.3, 48.9), (0.0, 90.0)
    assert held(domain, [yakutsk, toolik, paris, pole]) == [True, True, False, False]
