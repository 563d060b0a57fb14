"""Which library code may open which raster: a closed list, chosen by a path's ending.

GDAL asks a file's content which of its hundred and more drivers is to read it, and some contents
make it fetch addresses or read any file of this machine. Here the path that the user wrote decides,
and what a file says of other files is looked at before GDAL sees it.
"""

from __future__ import annotations

import os
import re
import struct
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree  # nosec B405 - definitions end the parsing, see _Tree

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import AS_STATED, is_crs_text
from wco2_engine.inputs.classic import MAGIC, check_classic
from wco2_engine.inputs.imagine import MAGIC as IMAGINE
from wco2_engine.inputs.imagine import check_imagine
from wco2_engine.inputs.trial import try_apart
from wco2_engine.processes import may_start_processes

SETTINGS: dict[str, str] = {
    **AS_STATED,
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",  # what lies beside a file is asked for by its name
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
}
# What lies beside a file on another machine is not fetched: it could name any address.
ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}

MAX_BLOCK_BYTES = 512_000_000  # that GDAL decodes at once
MAX_BANDS = 65_536
MAX_SIDE = 10_000_000  # pixels
MAX_XML_BYTES = 64_000_000
MAX_XML_DEPTH = 16
MAX_SOURCES = 100_000
MAX_HDF_OBJECTS = 1_000_000
MAX_CHUNK_BYTES = 2_000_000_000  # of HDF5, which are decoded at once

_DRIVERS = {
    **dict.fromkeys((".tif", ".tiff"), "GTiff"),
    ".vrt": "VRT",
    **dict.fromkeys((".nc", ".nc4", ".cdf", ".netcdf", ".grd"), "netCDF"),
    **dict.fromkeys((".h5", ".hdf5", ".he5"), "HDF5"),
    **dict.fromkeys((".hdf", ".hdf4", ".h4"), "HDF4"),
    **dict.fromkeys((".grb", ".grib", ".grb2", ".grib2"), "GRIB"),
    ".img": "HFA",
    **dict.fromkeys((".asc", ".txt"), "AAIGrid"),
    ".sdat": "SAGA",
    **dict.fromkeys((".bil", ".bip", ".bsq", ".flt"), "EHdr"),
    **dict.fromkeys((".dat", ".envi"), "ENVI"),
    ".hgt": "SRTMHGT",
}
_PREFIXES = {
    "NETCDF": "netCDF",
    "HDF5": "HDF5Image",
    "HDF4_SDS": "HDF4Image",
    "HDF4_EOS": "HDF4Image",
    "GTIFF_DIR": "GTiff",
}
_NAMED = re.compile(r'([A-Za-z0-9_]{2,}):(?:[A-Z_]+:)?(?:"([^"]*)"|(.*?))(?::.*|$)', re.DOTALL)
_ADDRESS = re.compile(r"(https?|ftp|s3|gs|az)://", re.IGNORECASE)
_FAR = {
    **{name: f"/vsicurl/{name}://" for name in ("http", "https", "ftp")},
    **{"s3": "/vsis3/", "gs": "/vsigs/", "az": "/vsiaz/"},
}
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HDF4 = b"\x0e\x03\x13\x01"
_HDF5 = b"\x89HDF\r\n\x1a\n"
# What the first bytes of a file tell people, the surest first.
_LOOKS: tuple[tuple[bytes, str], ...] = (
    *((start, "a GeoTIFF") for start in _TIFF),
    (_HDF5, "HDF5 or netCDF-4"),
    (MAGIC, "netCDF"),
    (_HDF4, "HDF4"),
    (b"GRIB", "GRIB"),
    (b"PK", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself"),
)
_LOOKS_WITHIN: tuple[tuple[bytes, str], ...] = (
    (b"<vrtdataset", "a virtual raster (VRT), which reads other files"),
    (b"<gdal_wms", "the description of a web service"),
    (b"<wcs_gdal", "the description of a web service"),
    (b"<gdal_wmts", "the description of a web service"),
    (b"<ogrvrtdatasource", "a virtual table, which reads other files"),
    (b"<!doctype html", "a web page, as a failed download leaves it"),
    (b"<html", "a web page, as a failed download leaves it"),
    (b"<?xml", "XML"),
    (b"{", "JSON"),
)


def keep_off_network() -> None:
    """Have PROJ, in this process and its children, fetch no grids of shifts.

    For a process of our own, before PROJ is loaded. Coordinates are the same everywhere then.
    """
    os.environ["PROJ_NETWORK"] = "OFF"


def open_raster(path: Path | str, *, settled: bool = False, most_block: float = 0.0) -> Any:
    """A rasterio dataset, to read. All rasters of the engine are opened here.

    Parameters
    ----------
    path : of a file, or a GDAL name that the user's own catalogue gave.
    settled : whether the calling thread has `SETTINGS` already, which takes longer than opening.
    most_block : bytes that a block may take; 0 for `MAX_BLOCK_BYTES`.

    Raises
    ------
    Wco2Error : when the ending is not one that is read, the content is of another kind or names
        files and addresses that it must not, or sizes are beyond bounds.
    RasterioIOError : when the file is damaged.
    """
    import rasterio

    path = str(path)
    driver, file = driver_of(path)
    remote = file.startswith("/vsi")
    name = path
    if not remote:
        driver, name = _looked_at(path, file, driver)
    asked = {**SETTINGS, **ALONE} if remote else {} if settled else SETTINGS
    settings: AbstractContextManager[Any] = rasterio.Env(**asked) if asked else nullcontext()
    with settings:
        dataset = _opener(path)(name, driver=driver)
        try:
            if remote and driver == "VRT":
                _check_remote_vrt(path, dataset)
            _check_domains(path, dataset)
            check_sizes(path, dataset, most_block or MAX_BLOCK_BYTES)
        except BaseException:
            dataset.close()
            raise
    return dataset


def _opener(path: str) -> Callable[..., Any]:
    """What opens a raster with the settings that this thread has.

    `rasterio.open` first makes all of GDAL's settings anew, in case the path asks for credentials
    (s3://…), and that takes four times as long as opening a file.
    """
    import rasterio

    if "://" in path:
        return rasterio.open
    opener: Callable[..., Any] = getattr(rasterio.open, "__wrapped__", rasterio.open)
    return opener


def driver_of(path: str) -> tuple[str, str]:
    """The one driver that may open what a path names, and the file in it.

    Raises
    ------
    Wco2Error : when the path names none that is read.
    """
    address = _ADDRESS.match(path)
    if address:
        raise Wco2Error(
            f"{path:.200} is an address, not a file.",
            f"Download it, or have it read where it is: {_FAR[address[1].lower()]}….",
        )
    named = None if path.startswith("/") else _NAMED.fullmatch(path)
    if named and not Path(path).is_file():
        prefix, file = named[1].upper(), named[2] or named[3]
        if prefix == "GTIFF_DIR":
            file = path.split(":", 2)[2]
        if prefix not in _PREFIXES:
            raise Wco2Error(
                f"'{path:.200}' begins with '{named[1]}:', which names no file that is read.",
                f"Name a file, or a part of one by {', '.join(_PREFIXES)}.",
            )
        if "://" in file and not file.startswith("/vsi"):
            raise Wco2Error(
                f"'{path:.200}' names an address within a file's name.",
                "Download the file, or name it by /vsicurl/.",
            )
        return _PREFIXES[prefix], file
    ending = Path(path.partition("?")[0]).suffix.lower()
    if ending not in _DRIVERS:
        looks = f" It looks like {looks_like(path)}." if Path(path).is_file() else ""
        raise Wco2Error(
            f"{path} ends in '{ending}', which is no kind of raster that is read.{looks}",
            "Name it by what it holds (.tif, .nc, .hdf, .img, .asc, …), or convert it with "
            "gdal_translate to .tif.",
        )
    return _DRIVERS[ending], path


def _looked_at(path: str, file: str, driver: str) -> tuple[str, str]:
    """The driver and the name for GDAL of a local file, once its content is of its kind."""
    try:
        with Path(file).open("rb") as handle:
            start = handle.read(1024)
            if driver == "GTiff":
                _must_start(file, start, _TIFF, "a GeoTIFF")
            elif driver == "VRT":
                return "VRT", _checked_vrt(file, _state(file))
            elif driver.startswith("HDF4") and start.startswith(_HDF5):
                driver = "HDF5" if driver == "HDF4" else "HDF5Image"
            elif driver == "HDF4":
                _must_start(file, start, (_HDF4,), "HDF4")
                check_hdf4(file, handle)
            elif driver == "HDF4Image":
                check_hdf4(file, handle)
            elif driver == "netCDF":
                _must_start(file, start, (MAGIC, _HDF5), "netCDF")
            elif driver == "GRIB":
                _must_hold(file, start, b"GRIB", "GRIB")
            elif driver == "HFA":
                _must_start(file, start, (IMAGINE,), "an ERDAS Imagine file")
                _checked_imagine(file, _state(file))
            elif driver == "AAIGrid":
                _must_hold(file, start.lower(), b"ncols", "an ASCII grid")
                _check_ascii_header(file, start)
            elif driver == "EHdr" and _header(file).startswith(b"ENVI"):
                driver = "ENVI"
            if driver.startswith(("netCDF", "HDF")):
                _check_container(file, handle)
    except OSError as error:
        raise Wco2Error(
            f"{path} can't be opened as a raster: {error.strerror or error}.",
            "Check that the file is there, and that you may read it.",
        ) from error
    check_sidecars(file)
    return driver, path


def _header(file: str) -> bytes:
    """The start of the header that lies beside raw numbers, nothing where there is none."""
    header = Path(file).with_suffix(".hdr")
    if not header.is_file():
        return b""
    with header.open("rb") as handle:
        return handle.read(16)


def _must_start(file: str, start: bytes, known: tuple[bytes, ...], what: str) -> None:
    if not start.startswith(known):
        raise _other_content(file, start, what)


def _must_hold(file: str, start: bytes, mark: bytes, what: str) -> None:
    if mark not in start:
        raise _other_content(file, start, what)


def _check_ascii_header(file: str, start: bytes) -> None:
    """Refuse numbers with commas, which GDAL reads up to the comma: 25,067.53 as 25."""
    odd = re.search(rb"^\s*([A-Za-z_]+)\s+([+-]?\d+,[\d.,]*)\s*$", start, re.MULTILINE)
    if odd:
        raise Wco2Error(
            f"{file}: its header says {odd[1].decode()} {odd[2].decode()}, and a comma may stand "
            "for thousands or for decimals.",
            "Write the number without a comma in the file's header.",
        )


def _other_content(file: str, start: bytes, what: str) -> Wco2Error:
    if not start:
        return Wco2Error(f"{file} is empty.", "Copy or download it again.")
    return Wco2Error(
        f"{file} is not {what}, as its name says: it looks like {_looks(start)}.",
        "Give it the ending of what it is, or download it again.",
    )


def looks_like(path: str) -> str:
    """What the first bytes of a file look like, in words."""
    try:
        with Path(path).open("rb") as handle:
            return _looks(handle.read(1024))
    except OSError:
        return "nothing that can be read"


def _looks(start: bytes) -> str:
    for mark, words in _LOOKS:
        if start.startswith(mark):
            return words
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, words in _LOOKS_WITHIN:
        if mark in text if mark.startswith(b"<v") else text.startswith(mark):
            return words
    if not start:
        return "an empty file"
    return "text" if all(byte >= 32 or byte in b"\t\r\n" for byte in start) else "other data"


def names_of(dataset: Any) -> tuple[str, ...]:
    """The descriptions of a raster's bands, empty where there are none.

    What is no UTF-8, as older programs write it, says nothing.
    """
    try:
        return tuple(str(name or "") for name in dataset.descriptions)
    except UnicodeDecodeError:
        return ("",) * dataset.count


def units_of(dataset: Any) -> tuple[str, ...]:
    """The units of a raster's bands, empty where there are none; see `names_of`."""
    try:
        return tuple(str(unit or "") for unit in dataset.units)
    except UnicodeDecodeError:
        return ("",) * dataset.count


def tags_of(dataset: Any, band: int = 0, ns: str | None = None) -> dict[str, str]:
    """The tags of a raster, or of one of its bands; see `names_of`."""
    try:
        return dict(dataset.tags(band, ns=ns))
    except UnicodeDecodeError:
        return {}


def check_sizes(path: str, dataset: Any, most_block: float = MAX_BLOCK_BYTES) -> None:
    """Refuse a raster that asks for more memory than is meant for one, before it takes any.

    Raises
    ------
    Wco2Error : naming what is too large, or that its numbers are complex.
    """
    import numpy as np

    if dataset.count > MAX_BANDS:
        raise Wco2Error(f"{path} has {dataset.count} bands, more than {MAX_BANDS}.")
    if max(dataset.width, dataset.height) > MAX_SIDE:
        raise Wco2Error(
            f"{path} has {dataset.width} x {dataset.height} pixels, and a side may have {MAX_SIDE}."
        )
    if not dataset.count:
        return
    complex_bands = [k for k, kind in enumerate(dataset.dtypes, 1) if "complex" in kind]
    if complex_bands:
        raise Wco2Error(
            f"{path}, band {complex_bands[0]}, holds complex numbers.",
            "Write the part that is meant as a raster of real numbers first.",
        )
    together = dataset.count if getattr(dataset.interleaving, "value", "") == "PIXEL" else 1
    for (height, width), kind in zip(dataset.block_shapes, dataset.dtypes, strict=True):
        size = height * width * np.dtype(kind).itemsize * together
        if size > most_block:
            raise Wco2Error(
                f"{path} is stored in blocks of {height} x {width} pixels: {size / 1e9:.2g} GB are "
                f"read at once, and {most_block / 1e9:.2g} GB are meant for one.",
                "Write it in tiles first: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE.",
            )


# ------------------------------------------------------------------ what lies beside a raster

_ASIDE = re.compile(r"overviews|geolocation", re.IGNORECASE)


def check_sidecars(file: str) -> None:
    """Refuse masks, overviews and facts beside a raster that would have GDAL open something else.

    Raises
    ------
    Wco2Error : naming the file beside it.
    """
    for ending in (".msk", ".MSK", ".ovr", ".OVR"):
        beside = Path(file + ending)
        if beside.is_file():
            with beside.open("rb") as handle:
                start = handle.read(1024)
            if not start.startswith((*_TIFF, IMAGINE)):
                raise Wco2Error(
                    f"{beside} is not a GeoTIFF, and GDAL would open it with {file}: "
                    f"it looks like {_looks(start)}.",
                    "Delete it, or make it anew with gdaladdo.",
                )
            _checked_aside(str(beside), _state(str(beside)))
    for facts in (Path(f"{file}.aux.xml"), Path(file).with_suffix(".aux.xml")):
        if facts.is_file():
            _checked_aux(str(facts), _state(str(facts)))


@lru_cache(maxsize=1024)
def _checked_imagine(file: str, state: tuple[int, int]) -> None:
    check_imagine(file)


@lru_cache(maxsize=1024)
def _checked_aside(file: str, state: tuple[int, int]) -> None:
    """Look at a mask or overviews, which are a GeoTIFF or an Imagine file."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with Path(file).open("rb") as handle:
        if handle.read(len(IMAGINE)) == IMAGINE:
            check_imagine(file)
            return
    with warnings.catch_warnings(), rasterio.Env(**{**SETTINGS, **ALONE}):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(file, driver="GTiff") as dataset:
            _check_domains(file, dataset)


def _check_domains(path: str, dataset: Any) -> None:
    """Refuse a raster whose own metadata names a file of overviews, which GDAL would open."""
    for domain in ("OVERVIEWS", "ProxyOverviewRequest"):
        if tags_of(dataset, ns=domain):
            raise _leads_away(path, f"the file that its metadata domain {domain} names")


@lru_cache(maxsize=4096)
def _checked_aux(file: str, state: tuple[int, int]) -> None:
    for element in read_xml(file).iter():
        tag = element.tag.lower()
        domain = element.get("domain", "")
        if tag == "metadata" and _ASIDE.search(domain):
            raise _leads_away(file, f"a metadata domain {domain:.40}")
        if tag == "srs" and element.text and element.text.strip():
            _check_srs(file, element.text)
        if tag == "gcplist" and element.get("Projection"):
            _check_srs(file, element.get("Projection", ""))
        if tag in ("sourcefilename", "sourcedataset"):
            raise _leads_away(file, "another file")


def _check_srs(file: str, text: str) -> None:
    if not is_crs_text(text.strip()):
        raise Wco2Error(
            f"{file} states the CRS '{text.strip():.80}', which is neither a code, WKT nor PROJ "
            "text.",
            "State the CRS in the catalogue, and delete it there.",
        )


def _leads_away(file: str, what: str) -> Wco2Error:
    return Wco2Error(
        f"{file} makes GDAL read {what:.120}, which is not allowed.",
        "Read what it names by itself, or make a plain GeoTIFF of it with gdal_translate.",
    )


def _state(file: str) -> tuple[int, int]:
    """Size and time of change, so that a file is looked at again once it is another."""
    found = Path(file).stat()
    return found.st_size, found.st_mtime_ns


def read_xml(file: str) -> ElementTree.Element:
    """The root of an XML file of unknown origin.

    Raises
    ------
    Wco2Error : when it is no XML, too large, too deep, or defines entities.
    """
    if Path(file).stat().st_size > MAX_XML_BYTES:
        raise Wco2Error(f"{file} has more than {MAX_XML_BYTES / 1e6:.0f} MB of XML.")
    with Path(file).open("rb") as handle:
        return _parsed(file, handle.read())


class _Tree(ElementTree.TreeBuilder):
    """Builds a tree that is not deep, of a text that defines nothing of its own.

    The parser tells of definitions, whatever encoding they are written in.
    """

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file
        self._depth = 0

    def doctype(self, *_: str | None) -> None:
        raise Wco2Error(f"{self._file} defines entities, which no raster's XML does.")

    def start(self, tag: str, attributes: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > MAX_XML_DEPTH:
            raise Wco2Error(f"{self._file} nests XML deeper than {MAX_XML_DEPTH}.")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _parsed(file: str, content: bytes) -> ElementTree.Element:
    if not content.strip():
        raise Wco2Error(f"{file} is empty.", "Copy or download it again.")
    parser = ElementTree.XMLParser(target=_Tree(file))  # nosec B314 - see _Tree
    try:
        for first in range(0, len(content), 65_536):
            parser.feed(content[first : first + 65_536])
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise Wco2Error(f"{file} can't be read as XML: {error}.") from error
    return root


# ------------------------------------------------------------------ virtual rasters

_VRT_SOURCES = ("SimpleSource", "ComplexSource", "AveragedSource")
_VRT_BAND = (
    *("NoDataValue", "HideNoDataValue", "ColorInterp", "Scale", "Offset", "UnitType"),
    *("Description", "ColorTable", "CategoryNames", *_VRT_SOURCES),
)
_VRT_SOURCE = (
    *("SourceFilename", "SourceBand", "SourceProperties", "SrcRect", "DstRect", "NODATA"),
    *("ScaleOffset", "ScaleRatio", "LUT", "UseMaskBand", "Exponent", "SrcMin", "SrcMax", "DstMin"),
    *("DstMax", "ColorTableComponent", "Clamp"),
)
_VRT_UNUSED = ("Metadata", "Histograms", "OverviewList", "Overview", "GDALRasterAttributeTable")


@lru_cache(maxsize=256)
def _checked_vrt(file: str, state: tuple[int, int]) -> str:
    """A virtual raster as the XML that GDAL is given: parts that are known, paths in full.

    Its bands may be put together of GeoTIFFs in its own folder and below. Nothing that it says can
    reach other files: GDAL does not read the file itself, whose XML another reader might take in
    another way.

    Raises
    ------
    Wco2Error : naming what it has that is not read.
    """
    root = read_xml(file)
    folder = Path(file).absolute().parent.resolve()
    _rebuild_vrt(file, root)
    sources = list(root.iter("SourceFilename"))
    if len(sources) > MAX_SOURCES:
        raise Wco2Error(f"{file} is made of {len(sources)} files, more than {MAX_SOURCES}.")
    for name in sorted({(part.text or "", part.get("relativeToVRT", "0")) for part in sources}):
        _check_source(file, folder, *name)
    for part in sources:
        part.text = str(folder / (part.text or ""))
        part.attrib.clear()
        part.set("relativeToVRT", "0")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _check_source(file: str, folder: Path, name: str, relative: str) -> None:
    source = folder / name
    if not name or "\0" in name or name.startswith(("<", "/vsi")) or "://" in name:
        raise _leads_away(file, f"'{name}'")
    if not Path(name).is_absolute() and relative != "1":
        raise Wco2Error(
            f"{file} names '{name:.120}' relative to wherever the program runs.",
            'Write relativeToVRT="1", or make it anew with gdalbuildvrt.',
        )
    if source.suffix.lower() not in (".tif", ".tiff"):
        raise _leads_away(file, f"'{name}', which is no GeoTIFF")
    resolved = source.resolve()
    if folder not in resolved.parents:
        raise Wco2Error(
            f"{file} names '{name:.120}', which is outside of its own folder.",
            "Put the files and the virtual raster into one folder, or name them in the catalogue.",
        )
    if not resolved.is_file():
        raise Wco2Error(f"{file} is made of {source}, which is not there.")
    with open_raster(source):  # its content, what lies beside it, and its sizes
        pass


def _rebuild_vrt(file: str, root: ElementTree.Element) -> None:
    """Leave in a virtual raster only what is known to be harmless, and refuse what matters."""
    if root.tag != "VRTDataset":
        raise Wco2Error(f"{file} is no virtual raster: its XML begins with <{root.tag:.40}>.")
    if root.get("subClass"):
        raise _leads_away(file, f"by way of a {root.get('subClass')}")
    for part in list(root):
        if part.tag == "SRS":
            _check_srs(file, part.text or "")
        elif part.tag == "MaskBand":
            for band in part:
                _rebuild_band(file, band)
        elif part.tag == "VRTRasterBand":
            _rebuild_band(file, part)
        elif part.tag in _VRT_UNUSED:
            root.remove(part)
        elif part.tag not in ("GeoTransform", "BlockXSize", "BlockYSize"):
            raise _leads_away(file, f"by way of <{part.tag}>")


def _rebuild_band(file: str, band: ElementTree.Element) -> None:
    if band.tag != "VRTRasterBand" or band.get("subClass", "VRTSourcedRasterBand") != (
        "VRTSourcedRasterBand"
    ):
        raise _leads_away(file, f"by way of a {band.get('subClass') or band.tag}")
    for part in list(band):
        if part.tag in _VRT_UNUSED:
            band.remove(part)
        elif part.tag == "MaskBand":
            for inner in part:
                _rebuild_band(file, inner)
        elif part.tag not in _VRT_BAND:
            raise _leads_away(file, f"by way of <{part.tag}>")
        elif part.tag in _VRT_SOURCES:
            for inner in part:
                if inner.tag not in _VRT_SOURCE:
                    raise _leads_away(file, f"by way of <{inner.tag}>")


def _check_remote_vrt(path: str, dataset: Any) -> None:
    """Refuse a virtual raster behind a /vsi path whose parts are elsewhere than beside it."""
    xml = tags_of(dataset, ns="xml:VRT")
    root = _parsed(path, next(iter(xml.values()), "").encode())
    _rebuild_vrt(path, root)
    for part in root.iter("SourceFilename"):
        name = part.text or ""
        inside = part.get("relativeToVRT") == "1" and ".." not in Path(name).parts
        if not inside or name.startswith(("/", "<")) or ":" in name:
            raise _leads_away(path, f"'{name}'")


# ------------------------------------------------------------------ HDF


def check_hdf4(file: str, handle: BinaryIO) -> None:
    """Refuse an HDF4 file whose numbers lie in another file.

    Its table of contents is walked as the format's specification lays it out: blocks of entries of
    12 bytes (tag, number, place, length), where a tag with the bit 0x4000 is special, and the
    special kind 2 names an external file.

    Raises
    ------
    Wco2Error : when it has such an entry, or its table of contents is damaged.
    """
    size = Path(file).stat().st_size
    place, seen = 4, 0
    while place:
        handle.seek(place)
        head = handle.read(6)
        if len(head) < 6:
            raise Wco2Error(f"{file} is cut short or damaged.", "Copy or download it again.")
        count, following = struct.unpack(">hi", head)
        seen += max(count, 1)
        if count < 0 or following < 0 or seen * 12 > size + 12 * 4096:
            raise Wco2Error(f"{file} is cut short or damaged.", "Copy or download it again.")
        entries = handle.read(12 * count)
        for tag, _, start, length in struct.iter_unpack(
            ">HHii", entries[: len(entries) // 12 * 12]
        ):
            if tag & 0xC000 == 0x4000 and length >= 2 and 0 <= start < size:
                handle.seek(start)
                if handle.read(2) == b"\0\2":
                    raise _leads_away(file, "another file in its place")
        place = following


def check_content(path: Path) -> None:
    """Refuse a file of netCDF, HDF4 or HDF5 that is damaged or leads to others, whatever reads it.

    Raises
    ------
    Wco2Error : naming what it leads to, or what is damaged.
    """
    with path.open("rb") as handle:
        start = handle.read(8)
        if start.startswith(_HDF4):
            check_hdf4(str(path), handle)
        _check_container(str(path), handle)


def _check_container(file: str, handle: BinaryIO) -> None:
    """Look at what may be HDF5 or netCDF before its library does.

    HDF5 may begin behind another 512 bytes, or twice that, and so on.
    """
    state = _state(file)
    handle.seek(0)
    if handle.read(len(MAGIC)) == MAGIC:
        _checked_classic(file, state)
    place = 0
    while place < state[0]:
        handle.seek(place)
        if handle.read(len(_HDF5)) == _HDF5:
            _checked_hdf5(file, state)
            return
        place = 2 * place or 512


@lru_cache(maxsize=1024)
def _checked_classic(file: str, state: tuple[int, int]) -> None:
    check_classic(file)


@lru_cache(maxsize=1024)
def _checked_hdf5(file: str, state: tuple[int, int]) -> None:
    """Look at a file of HDF5 in a process that it may end, where there can be another."""
    if may_start_processes():
        try_apart(file)
    else:
        check_hdf5(file)


def _check_chunk(file: str, where: str, item: Any) -> None:
    size = prod(item.chunks) * item.dtype.itemsize
    if size > MAX_CHUNK_BYTES:
        raise Wco2Error(
            f"{file} stores its variable {where} in chunks of {size / 1e9:.2g} GB, which are read "
            f"at once; {MAX_CHUNK_BYTES / 1e9:.0f} GB are the most.",
            "Write it in smaller chunks first: nccopy -c.",
        )


def check_hdf5(file: str) -> None:
    """Refuse an HDF5 or netCDF-4 file that links to other files, or whose numbers lie in them.

    Raises
    ------
    Wco2Error : naming the link or variable, or when the file is damaged.
    """
    try:
        import h5py
    except ImportError as error:
        raise Wco2Error(
            f"{file} can't be looked at before it is read: the library h5py is missing.",
            "Install h5py.",
        ) from error
    try:
        with h5py.File(file, "r") as content:
            waiting, seen = [content["/"]], set()
            while waiting:
                group = waiting.pop()
                for name in group:
                    link = group.get(name, getlink=True)
                    where = f"{group.name.rstrip('/')}/{name}"
                    if isinstance(link, h5py.ExternalLink):
                        raise _leads_away(file, f"'{link.filename}' by its link {where}")
                    if isinstance(link, h5py.SoftLink):
                        continue  # to what is met by its own name, or is not there
                    item = group[name]
                    key = h5py.h5o.get_info(item.id).addr
                    if key in seen:
                        continue
                    seen.add(key)
                    if len(seen) > MAX_HDF_OBJECTS:
                        raise Wco2Error(f"{file} has more than {MAX_HDF_OBJECTS} variables.")
                    if isinstance(item, h5py.Group):
                        waiting.append(item)
                    elif isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                        raise _leads_away(file, f"another file in place of its variable {where}")
                    if isinstance(item, h5py.Dataset) and item.chunks:
                        _check_chunk(file, where, item)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise Wco2Error(
            f"{file} can't be read as HDF5: {str(error).splitlines()[0] if str(error) else error}.",
            "The file looks truncated or damaged: copy or download it again.",
        ) from error
