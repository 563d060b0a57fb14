"""Rasters whose content is not what their name says, or leads elsewhere."""

from __future__ import annotations

import shutil
import struct
import urllib.request
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import parse_crs
from wco2_engine.inputs import opening
from wco2_engine.inputs.opening import check_hdf4, driver_of, open_raster
from wco2_engine.inputs.rasters import AS_STORED, Points, Rasters, Sampler
from wco2_engine.publication import cogs, dataset

from .listening import Listener

VALUES = np.arange(16, dtype="float32").reshape(4, 4)


def tif(path: Path, values: Any = VALUES, **options: Any) -> Path:
    """A GeoTIFF of 4 by 4 degrees whose first pixel lies at 10 E, 60 N."""
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype.name,
        "crs": "EPSG:4326",
        "transform": from_origin(10, 60, 1, 1),
        **options,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
    return path


def read(path: Path | str) -> Any:
    """The value in the middle of the first pixel."""
    with Rasters() as rasters:
        info = rasters.info(str(path), AS_STORED)
        points = Points(np.array([10.5]), np.array([59.5]), "EPSG:4326")
        return Sampler(rasters, points).values(info, 1, "nearest")[0]


def refusal(path: Path | str) -> str:
    with pytest.raises(Wco2Error) as caught:
        read(path)
    return str(caught.value)


# ---------------------------------------------------------------- what a name says


def vrt(source: str, band: str = "", inner: str = "", relative: int = 1) -> str:
    """A virtual raster of one band out of one source."""
    band = band or (
        f'<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename>{inner}'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>"
    )
    return (
        '<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>10, 1, 0, 60, 0, -1</GeoTransform>{band}</VRTDataset>"
    )


def raw(file: str) -> str:
    """A virtual raster of the bytes of any file."""
    return vrt(
        "",
        '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f"<SourceFilename>{file}</SourceFilename><ImageOffset>0</ImageOffset>"
        "<PixelOffset>1</PixelOffset><LineOffset>4</LineOffset></VRTRasterBand>",
    )


@pytest.mark.parametrize("name", ["x.tif", "x.TIF", "x.nc", "x.img", "x.asc", "x.hdf", "x.grb"])
def test_a_virtual_raster_under_another_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(raw("/etc/passwd"))
    assert "it looks like a virtual raster (VRT)" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"<GDAL_WMS><Service/></GDAL_WMS>", "the description of a web service"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"),
        (b'{"type": "STAC"}', "JSON"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 or netCDF-4"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x00\x01\x02", "other data"),
    ],
)
def test_what_a_wrong_file_looks_like_is_said(tmp_path: Path, content: bytes, looks: str) -> None:
    (tmp_path / "x.tif").write_bytes(content)
    assert f"it looks like {looks}" in refusal(tmp_path / "x.tif")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "x.tif").touch()
    assert "x.tif is empty" in refusal(tmp_path / "x.tif")


@pytest.mark.parametrize("name", ["WMS:http://x.org", "PG:dbname=x", "vrt://x.tif", "DERIVED:a:b"])
def test_names_that_are_no_files_are_refused(name: str) -> None:
    with pytest.raises(Wco2Error):
        open_raster(name)


def test_a_name_tells_the_driver() -> None:
    assert driver_of("a/b.tif") == ("GTiff", "a/b.tif")
    assert driver_of("/vsicurl/https://x.org/b.TIFF") == ("GTiff", "/vsicurl/https://x.org/b.TIFF")
    assert driver_of('NETCDF:"a b.nc":t2m') == ("netCDF", "a b.nc")
    assert driver_of('HDF5:"a.h5"://g/v') == ("HDF5Image", "a.h5")
    assert driver_of('HDF4_EOS:EOS_GRID:"a.hdf":grid:v') == ("HDF4Image", "a.hdf")
    assert driver_of("GTIFF_DIR:2:a.tif") == ("GTiff", "a.tif")
    with pytest.raises(Wco2Error, match=r"ends in '\.xyz'"):
        driver_of("a.xyz")
    with pytest.raises(Wco2Error, match="names an address"):
        driver_of('NETCDF:"http://x.org/a.nc":t')


# ---------------------------------------------------------------- virtual rasters


def test_a_virtual_raster_of_files_in_its_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    tif(tmp_path / "tiles" / "a & b.tif", VALUES + 7)
    (tmp_path / "x.vrt").write_text(vrt("tiles/a &amp; b.tif"))
    assert read(tmp_path / "x.vrt") == 7.0
    (tmp_path / "y.vrt").write_text(vrt(f"{tmp_path}/tiles/a &amp; b.tif", relative=0))
    assert read(tmp_path / "y.vrt") == 7.0


@pytest.mark.parametrize(
    "text",
    [
        raw("/etc/passwd"),
        raw("here.tif"),
        vrt("../outside.tif"),
        vrt("/etc/passwd", relative=0),
        vrt("link.tif"),
        vrt("/vsicurl/http://127.0.0.1:9/x.tif", relative=0),
        vrt("http://127.0.0.1:9/x.tif", relative=0),
        vrt("NETCDF:here.nc:t", relative=0),
        vrt("service.tif"),
        vrt("notes.txt"),
        vrt("here.tif", relative=0),
        vrt("here.tif", inner="<OpenOptions><OOI key='A'>B</OOI></OpenOptions>"),
        vrt("&lt;GDAL_WMS&gt;.tif", relative=0),
        vrt("").replace("<VRTDataset", '<VRTDataset subClass="VRTWarpedDataset"'),
        vrt("here.tif").replace("EPSG:4326", "http://127.0.0.1:9/crs"),
        vrt("here.tif").replace("<SRS>", "<!DOCTYPE a><SRS>"),
        vrt("here.tif").replace('band="1"', 'band="1" subClass="VRTDerivedRasterBand"'),
        vrt("here.tif").replace("SimpleSource", "KernelFilteredSource"),
        vrt("here.tif").replace("</VRTDataset>", "<Group/></VRTDataset>"),
        "<a>" * 5000,
        "<VRTDataset",
        "",
    ],
)
def test_virtual_rasters_that_lead_elsewhere_are_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    tif(folder / "here.tif")
    tif(tmp_path / "outside.tif")
    (folder / "link.tif").symlink_to(tmp_path / "outside.tif")
    (folder / "service.tif").write_text("<GDAL_WMS></GDAL_WMS>")
    (folder / "x.vrt").write_text(text)
    with pytest.raises(Wco2Error):
        read(folder / "x.vrt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_entities_are_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    declared = '<?xml version="1.0" encoding="{}"?>'.format(
        "utf-16" if encoding.startswith("utf-16") else encoding
    )
    tif(tmp_path / "a.tif")
    plain = declared + vrt("a.tif")
    hostile = declared + "<!DOCTYPE a [<!ENTITY b 'a.tif'>]>" + vrt("&b;")
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    (tmp_path / "plain.vrt").write_bytes(mark + plain.encode(encoding))
    (tmp_path / "x.vrt").write_bytes(mark + hostile.encode(encoding))
    assert read(tmp_path / "plain.vrt") == VALUES[0, 0]
    with pytest.raises(Wco2Error, match="defines entities"):
        read(tmp_path / "x.vrt")


def test_a_virtual_raster_is_looked_at_again_once_it_changed(tmp_path: Path) -> None:
    tif(tmp_path / "a.tif", VALUES + 3)
    (tmp_path / "x.vrt").write_text(vrt("a.tif"))
    assert read(tmp_path / "x.vrt") == 3.0
    (tmp_path / "x.vrt").write_text(raw("/etc/passwd"))
    assert "VRTRawRasterBand" in refusal(tmp_path / "x.vrt")


# ---------------------------------------------------------------- what lies beside


@pytest.mark.parametrize("ending", [".msk", ".ovr"])
def test_a_service_beside_a_raster_is_refused(tmp_path: Path, ending: str, deaf: Listener) -> None:
    path = tif(tmp_path / "x.tif")
    service = (
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{deaf.address}/${{z}}</ServerUrl></Service>'
        "<DataWindow><UpperLeftX>10</UpperLeftX><UpperLeftY>60</UpperLeftY><LowerRightX>14"
        "</LowerRightX><LowerRightY>56</LowerRightY><TileLevel>3</TileLevel><TileCountX>1"
        "</TileCountX><TileCountY>1</TileCountY></DataWindow><BandsCount>1</BandsCount></GDAL_WMS>"
    )
    (tmp_path / f"x.tif{ending}").write_text(service)
    assert f"x.tif{ending} is not a GeoTIFF" in refusal(path)


def test_facts_beside_a_raster_are_read_and_checked(tmp_path: Path, deaf: Listener) -> None:
    path = tif(tmp_path / "x.tif", crs=None)
    beside = tmp_path / "x.tif.aux.xml"
    beside.write_text("<PAMDataset><SRS>EPSG:4326</SRS></PAMDataset>")
    assert read(path) == 0.0
    beside.write_text(f"<PAMDataset><SRS>{deaf.address}/crs</SRS></PAMDataset>")
    assert "x.tif.aux.xml states the CRS" in refusal(path)
    beside.write_text(
        '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">'
        f"/vsicurl/{deaf.address}/x.tif</MDI></Metadata></PAMDataset>"
    )
    assert "metadata domain OVERVIEWS" in refusal(path)


def test_a_geotiff_whose_own_tags_name_overviews_is_refused(tmp_path: Path, deaf: Listener) -> None:
    path = tif(tmp_path / "x.tif")
    with rasterio.open(path, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=f"/vsicurl/{deaf.address}/o.tif")
    assert "the file that its metadata domain OVERVIEWS names" in refusal(path)
    path.rename(tmp_path / "y.tif.ovr")
    assert "the file that its metadata domain OVERVIEWS names" in refusal(tif(tmp_path / "y.tif"))


def imagine(path: Path, elsewhere: str) -> Path:
    """An Imagine file whose numbers lie in another one, named in as many characters as before."""
    stem = "b" * 40
    with warnings.catch_warnings(), rasterio.Env():
        warnings.simplefilter("ignore")
        grid = {"height": 4, "width": 4, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
        whole = path.parent / f"{stem}.img"
        place = from_origin(10, 60, 1, 1)
        with rasterio.open(
            whole, "w", driver="HFA", transform=place, USE_SPILL="YES", **grid
        ) as file:
            file.write(VALUES, 1)
    if not elsewhere:
        return whole
    old = f"{stem}.ige".encode()
    new = f"{elsewhere}{'z' * (len(old) - len(elsewhere))}".encode()
    content = whole.read_bytes()
    assert content.count(old) == 1 and len(new) == len(old)
    path.write_bytes(content.replace(old, new))
    return path


def test_an_imagine_file_may_have_its_numbers_beside_it_and_nowhere_else(
    tmp_path: Path, deaf: Listener
) -> None:
    assert read(imagine(tmp_path / "a.img", "")) == 0.0
    for elsewhere in (f"/vsicurl/{deaf.address}/", "../", "C:\\", "/etc/passwd"):
        path = imagine(tmp_path / "a.img", elsewhere)
        assert "makes GDAL read a file elsewhere" in refusal(path)
    shutil.copy(path, tmp_path / "y.tif.ovr")
    assert "makes GDAL read a file elsewhere" in refusal(tif(tmp_path / "y.tif"))


def test_what_an_imagine_file_names_beside_it_is_looked_at_too(tmp_path: Path) -> None:
    inner = imagine(tmp_path / "inner.img", "../")
    outer = imagine(tmp_path / "outer.img", "inner2.img")
    content = outer.read_bytes()
    name = b"inner2.img" + b"z" * 34
    assert content.count(name) == 1
    inner.rename(tmp_path / name.decode())
    assert "makes GDAL read a file elsewhere" in refusal(outer)


@pytest.mark.parametrize("length", [20, 60, 400])
def test_an_imagine_file_that_breaks_off_is_one_message(tmp_path: Path, length: int) -> None:
    whole = imagine(tmp_path / "a.img", "")
    whole.write_bytes(whole.read_bytes()[:length])
    assert "cut short or damaged" in refusal(whole)


def test_the_server_is_listening(ear: Listener) -> None:
    with pytest.raises(OSError, match="404"):
        urllib.request.urlopen(f"{ear.address}/hello", timeout=5)
    assert "GET /hello" in ear.heard[-1]


# ---------------------------------------------------------------- HDF


def test_hdf5_whose_numbers_lie_in_another_file_is_refused(tmp_path: Path) -> None:
    plain, outside, link = tmp_path / "a.h5", tmp_path / "b.h5", tmp_path / "c.nc"
    with h5py.File(plain, "w") as file:
        file.create_dataset("g/v", data=VALUES)
    opening.check_hdf5(str(plain))
    with h5py.File(outside, "w") as file:
        file.create_dataset("g/v", (4, 4), "u1", external=[("/etc/passwd", 0, 16)])
    assert "another file in place of its variable /g/v" in refusal(outside)
    with h5py.File(link, "w") as file:
        file["t"] = h5py.ExternalLink("/data/other.nc", "/t")
    assert "'/data/other.nc' by its link /t" in refusal(f'NETCDF:"{link}":t')
    layout = h5py.VirtualLayout((4, 4), "f4")
    layout[:] = h5py.VirtualSource(str(plain), "g/v", (4, 4))
    with h5py.File(outside, "w") as file:
        file.create_virtual_dataset("v", layout)
    assert "another file in place of its variable /v" in refusal(outside)


@pytest.mark.parametrize("start", [b"", b"CDF\1"])
def test_hdf5_that_begins_later_is_looked_at_too(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=1024) as file:
        file["t"] = h5py.ExternalLink("/data/other.nc", "/t")
    assert path.read_bytes().find(b"\x89HDF") == 1024
    whole = bytes(28 - len(start)) if start else b""  # a classic header of nothing
    with path.open("r+b") as file:
        file.write(start + whole)
    with pytest.raises(Wco2Error, match="by its link /t"):
        open_raster(path)
    with pytest.raises(Wco2Error, match="by its link /t"):
        opening.check_content(path)


def test_hdf5_with_a_circle_of_groups_is_walked_once(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_group("a")["back"] = file["/"]
        file["a/soft"] = h5py.SoftLink("/a")
    opening.check_hdf5(str(path))


def hdf4(entries: list[tuple[int, int, int, int]], rest: bytes = b"", following: int = 0) -> bytes:
    head = b"\x0e\x03\x13\x01" + struct.pack(">hi", len(entries), following)
    return head + b"".join(struct.pack(">HHii", *entry) for entry in entries) + rest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (hdf4([(0x42BE, 1, 22, 20)], b"\0\2" + bytes(18)), "another file"),
        (hdf4([], following=4), "damaged"),  # its table of contents never ends
        (hdf4([])[:7], "damaged"),
    ],
)
def test_hdf4_is_walked_without_trust(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.hdf"
    path.write_bytes(content)
    assert message in refusal(path)


def test_ordinary_hdf4_passes(tmp_path: Path) -> None:
    path = tmp_path / "x.hdf"
    path.write_bytes(hdf4([(0x02BE, 1, 22, 4), (0x42BE, 2, 22, 4)], b"\0\3ab"))
    with path.open("rb") as handle:
        check_hdf4(str(path), handle)


# ---------------------------------------------------------------- bounds before work


def test_a_raster_in_one_huge_block_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path, side = tmp_path / "big.tif", 12_000
    profile = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32"}
    options = {"sparse_ok": True, "blockysize": side, "compress": "deflate"}
    place = {"crs": "EPSG:4326", "transform": from_origin(10, 60, 1e-3, 1e-3)}
    with rasterio.open(path, "w", **profile, **options, **place):
        pass
    assert "blocks of 12000 x 12000 pixels: 0.58 GB" in refusal(path)
    with Rasters(most_block=1e9) as rasters:
        assert rasters.info(str(path), AS_STORED).georeference.width == side
    (tmp_path / "x.vrt").write_text(vrt("big.tif"))
    assert "blocks of 12000 x 12000 pixels" in refusal(tmp_path / "x.vrt")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    path = tif(tmp_path / "x.tif", VALUES.astype("complex64"))
    assert "band 1, holds complex numbers" in refusal(path)


@pytest.mark.parametrize(
    "transform",
    [
        rasterio.Affine(1e-300, 0, 10, 0, -1e-300, 60),
        rasterio.Affine(1e300, 0, 10, 0, -1e300, 60),
        rasterio.Affine(1, 0, 1e200, 0, -1, 60),
    ],
)
def test_impossible_georeferences_are_refused(tmp_path: Path, transform: Any) -> None:
    assert refusal(tif(tmp_path / "x.tif", transform=transform))


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 0.0])
def test_impossible_scales_are_refused(tmp_path: Path, scale: float) -> None:
    path = tif(tmp_path / "x.tif")
    with rasterio.open(path, "r+") as file:
        file.scales = (scale,)
    assert "make no values" in refusal(path)


# ---------------------------------------------------------------- CRS texts


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:9/crs",
        "file:///etc/passwd",
        "ab:cd",
        "/etc/passwd",
        "+proj=longlat +nadgrids=shift.gsb",
        "+proj=longlat +init=epsg",
        'GEOGCS["x",EXTENSION["PROJ4_GRIDS","/etc/passwd"]]',
        'BOUNDCRS[SOURCECRS[],PARAMETERFILE["a","http://127.0.0.1:9/g"]]',
        "GEOGCS[" * 5000,
        "GEOGCS[" + "x" * 200_000,
    ],
)
def test_crs_texts_that_name_files_are_refused(text: str, deaf: Listener) -> None:
    with pytest.raises(Wco2Error, match="not a coordinate reference system"):
        parse_crs(text)


def test_ordinary_crs_texts_are_read() -> None:
    for text in ("EPSG:4326", "epsg:6931", "ESRI:54030", "OGC:CRS84", "+proj=laea +lat_0=90"):
        assert parse_crs(text).to_wkt()
    mercator = parse_crs("EPSG:3857").to_wkt()
    assert "@null" in mercator and parse_crs(mercator).to_wkt() == mercator


def test_a_map_that_broke_off_is_one_message_where_it_is_published(tmp_path: Path) -> None:
    path = tif(tmp_path / "winter_flux_2001.tif")
    path.write_bytes(path.read_bytes()[:20])
    for read_map in (cogs.problem_of, dataset._tags):
        with pytest.raises(Wco2Error, match=r"winter_flux_2001\.tif can't be read"):
            read_map(path)
