"""Vector files that lead elsewhere: a server that must hear nothing listens meanwhile."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import pytest
from shapely.geometry import Point, box

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import read_polygons
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.inputs.observations import read_observations
from wco2_engine.inputs.regions import parse_regions
from wco2_engine.inputs.vectors import read_features
from wco2_engine.season import Winter

SQUARE = {"type": "Polygon", "coordinates": [[[60, 50], [80, 50], [80, 74], [60, 74], [60, 50]]]}
WINTER = Winter((11, 12, 1))


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    heard: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(404)
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    running = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{running.server_port}/x", heard=heard)
    running.shutdown()
    running.server_close()


def geojson(path: Path, crs: Any, *, within: str = "") -> Path:
    geometry: dict[str, Any] = dict(SQUARE)
    feature: dict[str, Any] = {"type": "Feature", "properties": {}, "geometry": geometry}
    data: dict[str, Any] = {"type": "FeatureCollection", "features": [feature]}
    {"": data, "feature": feature, "geometry": geometry}[within]["crs"] = crs
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def contents(url: str) -> dict[str, bytes]:
    """Texts that some driver of OGR takes for the description of other data."""
    return {
        "vrt": (
            f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{url}.geojson'
            "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        ).encode(),
        "wfs": f"<OGRWFSDataSource><URL>{url}?SERVICE=WFS</URL></OGRWFSDataSource>".encode(),
        "gml": (
            '<wfs:FeatureCollection xmlns:wfs="w" xmlns:gml="http://www.opengis.net/gml" '
            f'xsi:schemaLocation="a {url}?SERVICE=WFS&amp;REQUEST=DescribeFeatureType" '
            'xmlns:xsi="x">'
            "<gml:featureMember/></wfs:FeatureCollection>"
        ).encode(),
        "kml": (
            '<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>'
            f"{url}.kml</href></Link></NetworkLink></kml>"
        ).encode(),
        "entity": f'<!DOCTYPE kml SYSTEM "{url}"><kml/>'.encode(),
        "stac": json.dumps({"type": "Catalog", "links": [{"href": url, "rel": "child"}]}).encode(),
        "gdalg": json.dumps(
            {
                "type": "gdal_streamed_alg",
                "command_line": f"gdal vector pipeline ! read /vsicurl/{url}",
            }
        ).encode(),
        "topology": json.dumps({"type": "Topology", "objects": {"a": {"href": url}}}).encode(),
        "geopackage": b"SQLite format 3\0" + bytes(84),
        "address": url.encode(),
    }


ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".gml", ".parquet")


@pytest.mark.parametrize("kind", list(contents("")))
def test_what_a_file_says_never_chooses_who_reads_it(
    tmp_path: Path, server: SimpleNamespace, kind: str
) -> None:
    for ending in (*ENDINGS, ".vrt", ".xml", ".tab.gz", ".sqlite", ".gpx", ".url", ""):
        path = tmp_path / f"a{ending}"
        path.write_bytes(contents(server.url)[kind])
        with pytest.raises(Wco2Error, match=r"vector data|other places") as caught:
            read_features(path, "Region 'a'")
        assert str(path) in caught.value.message
        assert caught.value.hint
    assert server.heard == []


@pytest.mark.parametrize("within", ["", "feature", "geometry"])
@pytest.mark.parametrize("kind", ["link", "LINK", "url", "URL", "name", "OGC", "EPSG"])
def test_a_crs_that_is_an_address_is_refused(
    tmp_path: Path, server: SimpleNamespace, kind: str, within: str
) -> None:
    properties = dict.fromkeys(("href", "url", "name", "urn", "code"), server.url)
    path = geojson(tmp_path / "a.geojson", {"type": kind, "properties": properties}, within=within)
    with pytest.raises(Wco2Error, match="a CRS that is no code"):
        read_polygons(path, "Region 'a'")
    with pytest.raises(Wco2Error, match="a CRS that is no code"):
        parse_regions([{"name": "a", "geometry": "a.geojson"}], WINTER, tmp_path)
    with pytest.raises(Wco2Error, match="a CRS that is no code"):
        parse_domain("a.geojson", tmp_path, "Map")
    with pytest.raises(Wco2Error, match="a CRS that is no code"):
        read_observations(path)
    assert server.heard == []


@pytest.mark.parametrize(
    "name",
    [
        *("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"),
        *("http://www.opengis.net/def/crs/OGC/1.3/CRS84",),
    ],
)
def test_a_crs_that_is_a_code_is_read(tmp_path: Path, name: str) -> None:
    path = geojson(tmp_path / "a.geojson", {"type": "name", "properties": {"name": name}})
    assert read_features(path, "Region").crs.is_geographic


def test_two_crss_of_one_object_are_refused(tmp_path: Path, server: SimpleNamespace) -> None:
    path = geojson(tmp_path / "a.geojson", {"type": "name", "properties": {"name": "EPSG:4326"}})
    link = json.dumps({"type": "link", "properties": {"href": server.url}})
    path.write_text(path.read_text()[:-1] + f', "CRS": {link}' + "}")
    with pytest.raises(Wco2Error, match="two types or CRSs"):
        read_features(path, "Region")
    assert server.heard == []


def geopackage(path: Path, *statements: str) -> Path:
    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(60, 50, 80, 74)], crs="EPSG:4326")
    frame.to_file(path, driver="GPKG", layer="a")
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    return path


def test_a_database_that_runs_functions_is_refused(tmp_path: Path, server: SimpleNamespace) -> None:
    view = (
        "create view b as select 1 as fid, "
        f"ogr_geocode('a', 'geometry', 'QUERY_TEMPLATE={server.url}?q=%s') as geom",
        "insert into gpkg_contents (table_name, identifier, data_type, srs_id) "
        "values ('b', 'b', 'features', 4326)",
        "insert into gpkg_geometry_columns values ('b', 'geom', 'GEOMETRY', 4326, 0, 0)",
    )
    with pytest.raises(Wco2Error, match="has a view 'b' that runs more than a query"):
        read_features(geopackage(tmp_path / "a.gpkg", *view), "Region")
    assert server.heard == []


def test_a_crs_of_a_database_that_is_an_address_is_refused(
    tmp_path: Path, server: SimpleNamespace
) -> None:
    change = f"update gpkg_spatial_ref_sys set definition = '{server.url}'"
    with pytest.raises(Wco2Error, match="a CRS that is an address"):
        read_features(geopackage(tmp_path / "a.gpkg", change), "Region")
    assert server.heard == []


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("create table a (b)")
    with pytest.raises(Wco2Error, match="is no GeoPackage"):
        read_features(path, "Region")


def test_a_plain_view_is_a_layer(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", "create view b as select * from a")
    assert len(read_features(path, "Region", "a")) == 1


def test_several_layers_are_asked_about(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    frame = geopandas.GeoDataFrame(geometry=[Point(1, 2)], crs="EPSG:4326")
    frame.to_file(path, driver="GPKG", layer="b")
    with pytest.raises(Wco2Error, match="has 2 layers: a, b"):
        read_polygons(path, "Region")


def test_formats_of_the_list_are_read(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"n": ["a"]}, geometry=[box(60, 50, 80, 74)], crs="EPSG:4326")
    for driver, ending in (
        *(("GPKG", ".gpkg"), ("GeoJSON", ".geojson"), ("GeoJSON", ".json")),
        *(("ESRI Shapefile", ".shp"), ("FlatGeobuf", ".fgb")),
    ):
        path = tmp_path / f"a b{ending}"
        frame.to_file(path, driver=driver)
        assert read_features(path, "Region").geometry.iloc[0].area == pytest.approx(480)


def test_a_read_only_folder_and_a_journal_beside_are_no_matter(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode = wal")
    database.execute("create table b (c)")
    database.commit()
    assert read_features(path, "Region")["name"].tolist() == ["a"]
    database.close()
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    assert len(read_features(path, "Region")) == 1
    tmp_path.chmod(0o700)
