"""Vector data comes with the CRS that its file states, whatever GDAL's version thinks of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import read_polygons
from wco2_engine.inputs.vectors import read_features

# 100 E 50 N in EPSG:3408, the EASE-Grid on a sphere, by PROJ 9.1 (cs2cs EPSG:4326 EPSG:3408). In
# EPSG:6931, its successor on the ellipsoid, the same place is 13 km away.
EAST, NORTH = 4291966.13, 756789.43


def write_square(path: Path, half_width: float) -> None:
    import geopandas
    import pyproj
    from shapely.geometry import box

    square = box(EAST - half_width, NORTH - half_width, EAST + half_width, NORTH + half_width)
    geopandas.GeoDataFrame(geometry=[square], crs="EPSG:6931").to_file(path, driver="GPKG")
    # Some versions can't write the code 3408, so it is put into the file's table of CRSs.
    with sqlite3.connect(path) as database:
        database.execute(
            "update gpkg_spatial_ref_sys set srs_id = 3408, organization_coordsys_id = 3408, "
            "srs_name = 'NSIDC EASE-Grid North', definition = ? where srs_id = 6931",
            (pyproj.CRS.from_epsg(3408).to_wkt("WKT1_GDAL"),),
        )
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            database.execute(f"update {table} set srs_id = 3408 where srs_id = 6931")


def test_a_crs_that_was_once_deprecated_is_not_replaced_by_its_successor(tmp_path: Path) -> None:
    write_square(tmp_path / "square.gpkg", half_width=2000.0)
    area = read_polygons(tmp_path / "square.gpkg", "Region")
    assert area.contains(np.array([100.0]), np.array([50.0])).tolist() == [True]


def test_a_file_that_is_no_vector_data_is_named(tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    path.write_text("no database")
    with pytest.raises(Wco2Error, match=r"zones\.gpkg can't be read as vector data"):
        read_features(path, "Region")
