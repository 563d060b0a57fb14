"""Vector data through OGR, with the CRS that the file states, by a closed list of formats.

OGR asks a file's content which of its many drivers is to read it, and some contents are no data but
an address to fetch it from. Here the ending that the user wrote decides; what the content says of
other places is looked at before OGR sees it, and refused.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import AS_STATED

if TYPE_CHECKING:
    import geopandas

MAX_JSON_BYTES = 1 << 27  # 128 MB; GeoPackage and FlatGeobuf have no such bound
_SETTINGS = {**AS_STATED, "GML_DOWNLOAD_WFS_SCHEMA": "NO", "GML_SKIP_RESOLVE_ELEMS": "ALL"}
_HINT = "Save it as a GeoPackage, GeoJSON, Shapefile or FlatGeobuf."
_GEOMETRIES = ("Point", "LineString", "Polygon", "GeometryCollection")
_JSON_TYPES = (
    *("FeatureCollection", "Feature", *_GEOMETRIES),
    *("MultiPoint", "MultiLineString", "MultiPolygon"),
)
_CRS_NAME = re.compile(
    r"(urn:(x-)?ogc:def:crs:[\w.:-]+|(EPSG|OGC|ESRI|IGNF)::?\w+|CRS84|WGS ?84"
    r"|https?://www\.opengis\.net/(def/crs/[\w./]+|gml/srs/epsg\.xml#\d+))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*(https?:|ftp:|/vsi|<)", re.IGNORECASE)
_RUNS = re.compile(r"\b(ogr_|gdal_|load_extension|readfile|writefile|edit\s*\()", re.IGNORECASE)
_INDEXES = re.compile(r"using\s+\"?(rtree|fts[345])\b", re.IGNORECASE)


def read_features(path: Path, where: str, layer: str | None = None) -> geopandas.GeoDataFrame:
    """All features of a file of one layer, or of a layer of it.

    Raises
    ------
    Wco2Error : when it is of no known format, says that it is something else, refers to other
        places, has several layers and none is named, or can't be read.
    """
    if layer is None:
        layers = layer_names(path, where, spatial=True)
        if len(layers) > 1:
            raise Wco2Error(
                f"{where}: {path} has {len(layers)} layers: {', '.join(layers)}.",
                "Save the one that is meant to a file of its own.",
            )
        options: dict[str, Any] = {"layer": layers[0]} if layers else {}
    else:
        options = {"layer": layer}
    import geopandas

    with _opening(path, where) as (file, driver):
        if driver:
            options["driver"] = driver
        return geopandas.read_file(file, **options)


def layer_names(path: Path, where: str, *, spatial: bool = False) -> list[str]:
    """The layers of a file, but for QGIS's styles; those with geometries alone where asked for.

    Raises
    ------
    Wco2Error : as for `read_features`.
    """
    with _opening(path, where) as (file, _):
        if find_spec("pyogrio"):
            import pyogrio

            found = [str(n) for n, kind in pyogrio.list_layers(file) if kind or not spatial]
        else:
            import fiona

            found = list(fiona.listlayers(file))
            if spatial and len(found) > 1:
                found = [name for name in found if _has_geometry(fiona, file, name)]
    return [name for name in found if name != "layer_styles"]


def _has_geometry(fiona: Any, file: str, layer: str) -> bool:
    with fiona.open(file, layer=layer) as opened:
        return bool(opened.schema["geometry"] != "None")


@contextmanager
def _opening(path: Path, where: str) -> Iterator[tuple[str, str]]:
    """The file's absolute path and, where the library takes one, the only driver that may open it.

    An absolute path is never taken for the name of a database or a service.
    """
    driver, check = _format_of(path, where)
    try:
        check(path)
    except (OSError, ValueError, RecursionError, sqlite3.Error) as error:
        raise _unreadable(path, where, error) from error
    except _ElsewhereError as error:
        raise Wco2Error(f"{where}: {path} can't be read as vector data: {error}.", _HINT) from error
    with ExitStack() as settings:
        one = ""
        if find_spec("pyogrio"):
            import pyogrio

            pyogrio.set_gdal_config_options(_SETTINGS)
        if find_spec("fiona"):
            import fiona

            settings.enter_context(fiona.Env(**_SETTINGS))
            one = "" if find_spec("pyogrio") else driver
        try:
            yield str(path.absolute()), one
        except Exception as error:  # the drivers of fiona and pyogrio share no root of their own
            raise _unreadable(path, where, error) from error


def _unreadable(path: Path, where: str, error: Exception) -> Wco2Error:
    return Wco2Error(f"{where}: {path} can't be read as vector data ({error}).", _HINT)


class _ElsewhereError(Exception):
    """A file that is not what its ending says, or leads elsewhere: how."""


def _format_of(path: Path, where: str) -> tuple[str, Callable[[Path], None]]:
    known = _FORMATS.get(path.suffix.lower())
    if known is None:
        raise Wco2Error(
            f"{where}: {path} can't be read as vector data: its ending is none of "
            f"{', '.join(VECTOR_SUFFIXES)}.",
            _HINT,
        )
    return known


def _starts(path: Path, *starts: bytes) -> None:
    with path.open("rb") as opened:
        start = opened.read(64)
    if not start.startswith(starts):
        raise _ElsewhereError(f"it is no {path.suffix} file")


def _check_geopackage(path: Path) -> None:
    """Views and virtual tables of a hostile database open addresses and files by functions."""
    _starts(path, b"SQLite format 3\0")
    # Read as it lies there where nothing is beside it, so that a folder may be read-only.
    alone = not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with closing(sqlite3.connect(address, uri=True)) as database:
        database.execute("pragma trusted_schema = off")
        made = database.execute("select type, name, sql from sqlite_master").fetchall()
        if not any(kind == "table" and name == "gpkg_contents" for kind, name, _ in made):
            raise _ElsewhereError("it is no GeoPackage")
        for kind, name, sql in made:
            text = str(sql or "")
            virtual = re.match(r"\s*create\s+virtual\s", text, re.IGNORECASE)
            if (virtual and not _INDEXES.search(text)) or (kind == "view" and _RUNS.search(text)):
                raise _ElsewhereError(f"it has a {kind} '{name}' that runs more than a query")
        texts = database.execute("select definition from gpkg_spatial_ref_sys").fetchall()
        if any(_ADDRESS.match(str(text)) for (text,) in texts):
            raise _ElsewhereError("it has a CRS that is an address")


def _check_geodatabase(path: Path) -> None:
    if not (path / "a00000001.gdbtable").is_file():
        raise _ElsewhereError("it is no file geodatabase, a folder")


def _check_geojson(path: Path) -> None:
    size = path.stat().st_size
    if size > MAX_JSON_BYTES:
        raise _ElsewhereError(f"it has {size / 1e6:,.0f} MB, too much for GeoJSON")
    data = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_once)
    if not isinstance(data, Mapping) or data.get("type") not in _JSON_TYPES:
        raise _ElsewhereError("it is no GeoJSON")
    features = data.get("features")
    for part in (data, *(features if isinstance(features, list) else ())):
        if isinstance(part, Mapping):
            _check_crs(part.get("crs"))
            geometry = part.get("geometry")
            _check_crs(geometry.get("crs") if isinstance(geometry, Mapping) else None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose `type` and `crs` no reader can take for another of the same name."""
    names = [name.lower() for name, _ in pairs]
    if names.count("type") > 1 or names.count("crs") > 1:
        raise _ElsewhereError("it has an object with two types or CRSs")
    return dict(pairs)


def _check_crs(crs: Any) -> None:
    if crs is None:
        return
    kind = crs.get("type") if isinstance(crs, Mapping) else None
    named = crs.get("properties") if isinstance(crs, Mapping) else None
    name = named.get("name", "") if isinstance(named, Mapping) else ""
    if kind == "name" and isinstance(name, str) and _CRS_NAME.fullmatch(name):
        return
    if kind == "EPSG" and isinstance(named, Mapping) and set(named) == {"code"}:
        return
    raise _ElsewhereError(f"it has a CRS that is no code: {json.dumps(crs)[:80]}")


def _check_xml(path: Path) -> None:
    """No document type, no schema and no data that lies elsewhere."""
    with path.open("rb") as opened:
        start = opened.read(1 << 16).replace(b"\0", b"").lower()
        text = start + opened.read().lower() if path.suffix.lower() == ".kml" else start
    elements = re.sub(rb"<[?!].*?>", b"", start, flags=re.DOTALL)
    root = re.search(rb"<\s*(?:\w+:)?([a-z]\w*)", elements)
    names = (b"kml",) if path.suffix.lower() == ".kml" else (b"featurecollection", b"feature")
    if root is None or not root[1].startswith(names):
        raise _ElsewhereError(f"it is no {path.suffix} file")
    for word in (b"<!doctype", b"<!entity", b"describefeaturetype", b"<networklink"):
        if word in text:
            raise _ElsewhereError(f"it refers to other places ({word.decode()})")


_FORMATS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    ".gpkg": ("GPKG", _check_geopackage),
    ".geojson": ("GeoJSON", _check_geojson),
    ".json": ("GeoJSON", _check_geojson),
    ".shp": ("ESRI Shapefile", lambda path: _starts(path, b"\0\0\x27\x0a")),
    ".fgb": ("FlatGeobuf", lambda path: _starts(path, b"fgb\x03")),
    ".kml": ("KML", _check_xml),
    ".gml": ("GML", _check_xml),
    ".parquet": ("Parquet", lambda path: _starts(path, b"PAR1")),
    ".gdb": ("OpenFileGDB", _check_geodatabase),
}
VECTOR_SUFFIXES = tuple(_FORMATS)
