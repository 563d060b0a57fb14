"""A STAC collection with an item a winter, with relative links only."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.analysis.series import FLUX, WINTER_UNITS
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import parse_crs
from wco2_engine.mapping.writer import NODATA
from wco2_engine.publication.cogs import place_of
from wco2_engine.publication.dataset import LONG_NAMES, Dataset
from wco2_engine.publication.series_files import NETCDF, ZARR, need

COLLECTION = "collection.json"
ITEMS = "items"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_TYPES: Mapping[str, str] = {
    ".nc": "application/x-netcdf",
    ".html": "text/html",
    ".csv": "text/csv",
    ".gpkg": "application/geopackage+sqlite3",
    ".wco2": "application/zip",
    ".png": "image/png",
    ".tif": "image/tiff; application=geotiff",
    ".json": "application/json",
    ".md": "text/markdown",
}
# Licences that STAC knows by their SPDX identifier, and data are published under.
_SPDX = (
    *("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"),
    *("CC-BY-NC-ND-4.0", "CC-BY-3.0", "CC0-1.0", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "MIT"),
    *("Apache-2.0", "GPL-2.0-or-later", "GPL-3.0-or-later"),
)


def write_stac(dataset: Dataset, folder: Path, abstract: str) -> list[Path]:
    """Write the collection and its items; their places in the folder.

    Raises
    ------
    Wco2Error : when pystac is missing, or what it made breaks the STAC specification.
    """
    [pystac] = need("pystac")
    collection = _collection(pystac, dataset, abstract)
    collection.set_self_href(str(folder / COLLECTION))
    for year in dataset.flux.years:
        item = _item(pystac, dataset, year)
        collection.add_item(item)
        item.set_self_href(str(folder / ITEMS / f"{item.id}.json"))
    collection.save(catalog_type=pystac.CatalogType.SELF_CONTAINED)
    return [Path(COLLECTION), *(Path(ITEMS) / f"{FLUX}_{year}.json" for year in dataset.flux.years)]


def check_stac(folder: Path) -> str:
    """Check all STAC files of a folder; what they were checked by.

    The core's schemas are those that pystac brings. Those of extensions are on no machine but their
    own, so what the projection extension asks for is checked here.

    Raises
    ------
    Wco2Error : naming the file and what is wrong.
    """
    need("pystac", "jsonschema", "referencing")
    from jsonschema import Draft7Validator
    from pystac.validation.local_validator import get_local_schema_cache
    from referencing import Registry, Resource

    schemas = get_local_schema_cache()
    known = Registry().with_resources(  # without a way to fetch what it lacks
        [(name, Resource.from_contents(schema)) for name, schema in schemas.items()]
    )
    version = ""
    for path in [folder / COLLECTION, *sorted((folder / ITEMS).glob("*.json"))]:
        found = json.loads(path.read_text(encoding="utf-8"))
        version, kind = (
            found["stac_version"],
            "item" if found["type"] == "Feature" else "collection",
        )
        name = f"https://schemas.stacspec.org/v{version}/{kind}-spec/json-schema/{kind}.json"
        if name not in schemas:
            raise Wco2Error(
                f"pystac brings no schema of STAC {version}.", "Install another version of it."
            )
        for error in Draft7Validator(schemas[name], registry=known).iter_errors(found):
            raise Wco2Error(
                f"{path.name} breaks the STAC specification: {error.message:.300}."
            ) from error
        _check_links(found, path)
        if kind == "item":
            _check_projection(found, path)
    return f"STAC {version} core schemas; links, assets and projection fields by our own rules"


def _check_links(found: Mapping[str, Any], path: Path) -> None:
    """Every link within the folder leads to a file that is there, and none is absolute."""
    hrefs = [link["href"] for link in found["links"]]
    hrefs += [asset["href"] for asset in found.get("assets", {}).values()]
    for href in hrefs:
        if href.startswith("https://"):
            continue
        if href.startswith(("/", "file:")) or not (path.parent / href).exists():
            raise Wco2Error(f"{path.name} links to {href}, which is not in the folder.")


def _check_projection(found: Mapping[str, Any], path: Path) -> None:
    facts = found["properties"]
    shape, transform = facts["proj:shape"], facts["proj:transform"]
    if len(shape) != 2 or len(transform) != 6 or not {"proj:code", "proj:wkt2"} & set(facts):
        raise Wco2Error(f"{path.name} says too little of its projection.")


def _collection(pystac: Any, dataset: Dataset, abstract: str) -> Any:
    about = dataset.about
    first = _interval(dataset, dataset.flux.years[0])[0]
    last = _interval(dataset, dataset.flux.years[-1])[1]
    west, south, east, north = dataset.bounds
    names = [
        each.name if not each.given else f"{each.given} {each.name}" for each in about.creators
    ]
    collection = pystac.Collection(
        id=_identifier(dataset.title),
        title=dataset.title,
        description=abstract,
        license=dataset.licence if dataset.licence in _SPDX else "other",
        keywords=[*about.keywords, *(["simulated"] if dataset.simulated else [])] or None,
        providers=[pystac.Provider(name, roles=["producer"]) for name in names] or None,
        extent=pystac.Extent(
            pystac.SpatialExtent([[west, south, east, north]]),
            pystac.TemporalExtent([[first, last]]),
        ),
        extra_fields={
            "wco2:simulated": dataset.simulated,
            "wco2:engine": __version__,
            "wco2:licence": dataset.licence or "not stated",
            "wco2:model": dataset.flux.model_fingerprint or "not known",
        },
    )
    if about.doi:
        collection.add_link(pystac.Link("cite-as", f"https://doi.org/{about.doi}"))
    assets: dict[str, tuple[Path, str, list[str], str]] = {
        "netcdf": (Path(NETCDF), "all winters, netCDF", ["data"], _TYPES[".nc"]),
        "zarr": (Path(ZARR), "all winters, Zarr", ["data"], "application/vnd+zarr"),
        "thumbnail": (Path("thumbnail.png"), "the last winter", ["thumbnail"], "image/png"),
        "card": (Path("README.md"), "dataset card", ["metadata"], _TYPES[".md"]),
        "checksums": (Path("SHA256SUMS"), "SHA-256 of all files", ["metadata"], "text/plain"),
    }
    for place in sorted(dataset.extras):
        if len(place.parts) == 2:
            kind = _TYPES.get(place.suffix, "application/octet-stream")
            assets[place.name] = (place, place.name, ["metadata"], kind)
    for key, (place, title, roles, kind) in assets.items():
        collection.add_asset(
            key, pystac.Asset(f"./{place.as_posix()}", title=title, roles=roles, media_type=kind)
        )
    return collection


def _item(pystac: Any, dataset: Dataset, year: int) -> Any:
    grid = dataset.flux.grid
    start, end = _interval(dataset, year)
    crs = parse_crs(grid.crs)
    code = crs.to_epsg()
    a, b, c, d, e, f = grid.transform
    facts = {
        "title": f"{dataset.title}: winter {year}",
        "proj:code": f"EPSG:{code}" if code else None,
        **({} if code else {"proj:wkt2": _wkt2(grid.crs)}),
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [a, b, c, d, e, f],
        "proj:bbox": list(grid.bounds),
        "wco2:winter": year,
        "wco2:simulated": dataset.simulated,
    }
    item = pystac.Item(
        id=f"{FLUX}_{year}",
        geometry=_geometry(dataset.bounds),
        bbox=list(dataset.bounds),
        datetime=None,
        start_datetime=start,
        end_datetime=end,
        properties=facts,
        stac_extensions=[PROJECTION],
    )
    for quantity in dataset.series:
        band = {
            "name": quantity,
            "description": LONG_NAMES[quantity],
            "unit": WINTER_UNITS,
            "data_type": "float32",
            "nodata": float(NODATA),
        }
        item.add_asset(quantity, _asset(pystac, place_of(quantity, year), quantity, [band]))
    for place in dataset.files:
        key = _key(dataset, place, year)
        if key:
            item.add_asset(key, _asset(pystac, place, key.replace("_", " "), []))
    return item


def _key(dataset: Dataset, place: Path, year: int) -> str:
    """What a further map is called in the item of a winter; empty where it is of another."""
    if place.stem == f"{place.parts[0]}_{year}":
        return place.parts[0]
    month = re.fullmatch(r"(\d{4})-(\d{2})", place.stem.removeprefix(f"{place.parts[0]}_"))
    period = dataset.periods[year]
    if month is None or period is None:
        return ""
    day = dt.date(int(month[1]), int(month[2]), 1)
    return place.stem if period[0] <= day <= period[1] else ""


def _asset(pystac: Any, place: Path, title: str, bands: list[dict[str, Any]]) -> Any:
    extra = {"bands": bands} if bands else {}
    return pystac.Asset(
        f"../{place.as_posix()}", title=title, media_type=COG, roles=["data"], extra_fields=extra
    )


def _interval(dataset: Dataset, year: int) -> tuple[dt.datetime, dt.datetime]:
    """From when to when a winter lasts; the year that names it where no more is known."""
    first, last = dataset.periods[year] or (dt.date(year, 1, 1), dt.date(year, 12, 31))
    return (
        dt.datetime.combine(first, dt.time.min, dt.UTC),
        dt.datetime.combine(last, dt.time(23, 59, 59), dt.UTC),
    )


def _geometry(bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    """The bounds as GeoJSON; two polygons where they cross the antimeridian."""
    west, south, east, north = bounds

    def ring(left: float, right: float) -> list[list[list[float]]]:
        corners = [(left, south), (right, south), (right, north), (left, north), (left, south)]
        return [[[x, y] for x, y in corners]]

    if west <= east:
        return {"type": "Polygon", "coordinates": ring(west, east)}
    return {"type": "MultiPolygon", "coordinates": [ring(west, 180.0), ring(-180.0, east)]}


def _wkt2(crs: str) -> str:
    from pyproj import CRS

    return str(CRS.from_wkt(parse_crs(crs).to_wkt()).to_wkt())


def _identifier(title: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in title)
    return "-".join(filter(None, plain.lower().split("-"))) or "winter-co2-flux"
