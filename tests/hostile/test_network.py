"""A server that must hear nothing, whatever format of GDAL points to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.opening import driver_of
from wco2_engine.inputs.rasters import AS_STORED, Points, Rasters, Sampler
from wco2_engine.inputs.vectors import read_features
from wco2_engine.report.sheets import Sheet

from .listening import Listener

# Endings under which drivers of GDAL look for their files, and those of ours.
ENDINGS = (
    *("tif", "vrt", "nc", "h5", "hdf", "img", "asc", "bil", "dat", "sdat", "grb2", "hgt", "grd"),
    *("xml", "wms", "wmts", "mrf", "json", "mbtiles", "pdf", "kml", "svg", "toc", "til", "gti"),
    *("zarr", "jp2", "png", "gpkg", "sqlite", "db", "s2", "dim", "ers", "tile", "txt"),
)
VECTORS = (
    *("geojson", "json", "gpkg", "shp", "kml", "kmz", "gml", "gpx", "vrt", "fgb", "csv", "xml"),
    *("dxf", "tab", "mif", "sqlite", "gdb", "rss", "topojson", "esrijson", "jml", "mvt", "pbf"),
)


def contents(address: str) -> Iterator[bytes]:
    """What makes one driver or another ask an address."""
    far = f"{address}/a.tif"
    service = (
        f'<Service name="TMS"><ServerUrl>{address}/${{z}}/${{x}}/${{y}}</ServerUrl></Service>'
        "<DataWindow><UpperLeftX>10</UpperLeftX><UpperLeftY>60</UpperLeftY><LowerRightX>14"
        "</LowerRightX><LowerRightY>56</LowerRightY><TileLevel>3</TileLevel><TileCountX>1"
        "</TileCountX><TileCountY>1</TileCountY></DataWindow><BandsCount>1</BandsCount>"
    )
    yield f"<GDAL_WMS>{service}</GDAL_WMS>".encode()
    coverage = f"<ServiceURL>{address}/wcs?</ServiceURL><CoverageName>a</CoverageName>"
    yield f"<WCS_GDAL>{coverage}</WCS_GDAL>".encode()
    yield f"<GDAL_WMTS><GetCapabilitiesUrl>{address}/c</GetCapabilitiesUrl></GDAL_WMTS>".encode()
    yield f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>".encode()
    yield f"<OGRCSWDataSource><URL>{address}/csw</URL></OGRCSWDataSource>".encode()
    yield (
        "<OGRVRTDataSource><OGRVRTLayer name='a'>"
        f"<SrcDataSource>/vsicurl/{far}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    ).encode()
    for source in (f"/vsicurl/{far}", far, f"WMS:{address}/wms", f"vrt://{far}"):
        yield (
            '<VRTDataset rasterXSize="4" rasterYSize="4"><GeoTransform>10, 1, 0, 60, 0, -1'
            f'</GeoTransform><SRS>{address}/crs</SRS><VRTRasterBand dataType="Byte" band="1">'
            f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource>"
            "</VRTRasterBand></VRTDataset>"
        ).encode()
    yield (
        f"<MRF_META><CachedSource><Source>/vsicurl/{far}</Source></CachedSource><Raster>"
        '<Size x="4" y="4" c="1"/></Raster></MRF_META>'
    ).encode()
    yield (
        f"<kml><GroundOverlay><Icon><href>{far}</href></Icon></GroundOverlay><NetworkLink><Link>"
        f"<href>{address}/a.kml</href></Link></NetworkLink></kml>"
    ).encode()
    yield (
        '<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{address}/a {address}/a.xsd"><gml:featureMember><a><gml:Point '
        f'srsName="{address}/crs"><gml:pos xlink:href="{address}/p">1 2</gml:pos></gml:Point></a>'
        "</gml:featureMember></gml:FeatureCollection>"
    ).encode()
    yield f'<!DOCTYPE a SYSTEM "{address}/a.dtd"><a/>'.encode()
    item = {"type": "Feature", "stac_version": "1.0.0", "assets": {"a": {"href": far}}}
    yield json.dumps({**item, "geometry": None, "properties": {}}).encode()
    collection = {"type": "FeatureCollection", "features": [item], "links": [{"href": far}]}
    yield json.dumps(collection).encode()
    geometry = {"type": "Point", "coordinates": [1, 2]}
    point = {"type": "Feature", "properties": {}, "geometry": geometry}
    for crs in (
        {"type": "link", "properties": {"href": f"{address}/crs", "type": "ogcwkt"}},
        {"type": "name", "properties": {"name": f"{address}/crs"}},
        {"type": "url", "properties": {"url": f"{address}/crs"}},
    ):
        yield json.dumps({"type": "FeatureCollection", "crs": crs, "features": [point]}).encode()


def look(path: str) -> str:
    """What comes of a raster: "read", or why not."""
    try:
        with Rasters() as rasters:
            info = rasters.info(path, AS_STORED)
            points = Points(np.array([10.5]), np.array([59.5]), "EPSG:4326", 2.0)
            Sampler(rasters, points).values(info, 1, "average")
    except Wco2Error as error:
        return str(error)
    return "read"


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_content_under_any_name_of_a_raster_is_heard(
    tmp_path: Path, ending: str, deaf: Listener
) -> None:
    for number, content in enumerate(contents(deaf.address)):
        path = tmp_path / f"{number}.{ending}"
        path.write_bytes(content)
        assert look(str(path)) != "read"


def test_no_name_of_a_driver_is_heard(deaf: Listener) -> None:
    with rasterio.Env() as env:
        drivers = sorted(env.drivers())
    assert len(drivers) > 20
    for driver in drivers:
        for name in (
            f"{driver}:{deaf.address}/a",
            f'{driver}:"{deaf.address}/a"',
            f'{driver}:"/vsicurl/{deaf.address}/a":t',
            f"{driver}://{deaf.address}/a",
        ):
            if not _asks(name):
                assert look(name) != "read"
    for name in ("WMS:{}/wms?", "ZARR:{}/a", "STACTA:{}/a", "DERIVED_SUBDATASET:LOGAMPLITUDE:{}/a"):
        assert look(name.format(deaf.address)) != "read"


def _asks(name: str) -> bool:
    """Whether the name itself says by a /vsi path that an address is to be asked."""
    try:
        return driver_of(name)[1].startswith("/vsi")
    except Wco2Error:
        return False


@pytest.mark.parametrize("ending", VECTORS)
def test_no_content_under_any_name_of_a_vector_file_is_heard(
    tmp_path: Path, ending: str, deaf: Listener
) -> None:
    for number, content in enumerate(contents(deaf.address)):
        path = tmp_path / f"{number}.{ending}"
        path.write_bytes(content)
        try:
            read_features(path, "Regions")
        except Wco2Error:
            continue


def test_facts_within_a_geotiff_are_not_followed(tmp_path: Path, deaf: Listener) -> None:
    path = tmp_path / "a.tif"
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "float32"}
    place = {"crs": "EPSG:4326", "transform": from_origin(10, 60, 1, 1)}
    with rasterio.open(path, "w", **profile, **place) as file:
        file.write(np.ones((1, 4, 4), "f4"))
        far = f"/vsicurl/{deaf.address}/a.tif"
        file.update_tags(ns="ProxyOverviewRequest", FILENAME=far)  # which GDAL does not keep
        file.update_tags(ns="GEOLOCATION", X_DATASET=far, Y_DATASET=far, SRS=f"{deaf.address}/crs")
    assert look(str(path)) == "read"
    assert Sheet.read(path).values.shape == (4, 4)
    with rasterio.open(path, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=far)  # asked when a map is drawn smaller
    assert "metadata domain OVERVIEWS" in look(str(path))
    with pytest.raises(Wco2Error, match=r"a\.tif can't be read"):
        Sheet.read(path)


def test_a_crs_within_netcdf_is_not_fetched(tmp_path: Path, deaf: Listener) -> None:
    netcdf = pytest.importorskip("netCDF4")
    path = tmp_path / "a.nc"
    with netcdf.Dataset(path, "w") as file:
        for name, values in (("lat", [60.0, 59.0]), ("lon", [10.0, 11.0])):
            file.createDimension(name, 2)
            file.createVariable(name, "f8", (name,))[:] = values
        file.createVariable("crs", "i4").setncatts(
            {
                "spatial_ref": f"{deaf.address}/crs",
                "crs_wkt": f"{deaf.address}/crs",
                "GeoTransform": "9.5 1 0 60.5 0 -1",
                "grid_mapping_name": "latitude_longitude",
            }
        )
        file.createVariable("t", "f4", ("lat", "lon")).grid_mapping = "crs"
        file["t"][:] = 1.0
    look(str(path))
    look(f'NETCDF:"{path}":t')


def test_a_crs_within_a_geopackage_is_not_fetched(tmp_path: Path, deaf: Listener) -> None:
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import Point

    path = tmp_path / "a.gpkg"
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs="EPSG:3413")
    frame.to_file(path, driver="GPKG")
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE gpkg_spatial_ref_sys SET definition = ?, organization = 'x' "
            "WHERE srs_id = 3413",
            (f"{deaf.address}/crs",),
        )
    database.close()
    try:
        read_features(path, "Regions")
    except Wco2Error:
        return
