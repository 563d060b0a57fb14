"""What machines of repositories read: an RO-Crate, and the form that Zenodo fills in."""

from __future__ import annotations

import datetime as dt
import html
import json
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error
from wco2_engine.publication.about import Creator
from wco2_engine.publication.abstracts import abstract_en, abstract_zh
from wco2_engine.publication.dataset import Dataset
from wco2_engine.publication.reproduction import FOLDER, SCRIPT
from wco2_engine.publication.series_files import ZARR

CRATE, ZENODO = "ro-crate-metadata.json", ".zenodo.json"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_SPDX = "https://spdx.org/licenses/"
_TYPES = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".nc": "application/x-netcdf",
    ".gpkg": "application/geopackage+sqlite3",
    ".wco2": "application/zip",
    ".md": "text/markdown",
    ".bib": "application/x-bibtex",
    ".cff": "application/yaml",
    ".toml": "application/toml",
    ".py": "text/x-python",
}


def published_on(dataset: Dataset) -> str:
    """The day of the publication, as its authors say, or today."""
    return dataset.about.date or dt.datetime.now(dt.UTC).date().isoformat()


def write_crate(dataset: Dataset, folder: Path) -> None:
    """Write the metadata of an RO-Crate 1.1 about all files that are in the folder.

    A Zarr store is one entity. See https://www.researchobject.org/ro-crate/specification/1.1/.
    """
    about = dataset.about
    places = sorted(
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and ZARR not in path.parts and path.name != CRATE
    )
    parts = [{"@id": place.as_posix()} for place in places]
    parts += [{"@id": f"{ZARR}/"}] * (folder / ZARR).is_dir()
    people = [_person(each, number) for number, each in enumerate(about.creators, start=1)]
    licence = f"{_SPDX}{dataset.licence}" if dataset.licence else ""
    west, south, east, north = dataset.bounds
    years = dataset.flux.years
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": dataset.title,
        "description": abstract_en(dataset),
        "datePublished": published_on(dataset),
        "license": {"@id": licence} if licence else "not stated",
        "version": about.version,
        "identifier": f"https://doi.org/{about.doi}" if about.doi else "",
        "url": about.url,
        "publisher": about.publisher,
        "keywords": [*about.keywords, *(["simulated"] if dataset.simulated else [])],
        "author": [{"@id": each["@id"]} for each in people],
        "temporalCoverage": f"{years[0]}/{years[-1]}",
        "spatialCoverage": {"@id": "#extent"},
        "hasPart": parts,
        "mentions": [{"@id": "#run"}],
    }
    graph: list[dict[str, Any]] = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _PROFILE},
            "about": {"@id": "./"},
        },
        {key: value for key, value in root.items() if value},
        *people,
        {
            "@id": "#extent",
            "@type": "Place",
            "geo": {"@id": "#box"},
        },
        {"@id": "#box", "@type": "GeoShape", "box": f"{south} {west} {north} {east}"},
        {
            "@id": "#engine",
            "@type": "SoftwareApplication",
            "name": "wco2_engine",
            "version": __version__,
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": "The study was run",
            "instrument": {"@id": "#engine"},
            "result": {"@id": "./"},
        },
        *(_file(place, folder) for place in places),
    ]
    if licence:
        graph.append({"@id": licence, "@type": "CreativeWork", "name": dataset.licence})
    if (folder / ZARR).is_dir():
        graph.append({"@id": f"{ZARR}/", "@type": "Dataset", "name": "all winters, Zarr"})
    _write(folder / CRATE, {"@context": f"{_PROFILE}/context", "@graph": graph})


def check_crate(folder: Path) -> str:
    """Check that the crate describes what is there and no more; what it was checked by.

    Raises
    ------
    Wco2Error : naming what it lacks or names in vain.
    """
    found = json.loads((folder / CRATE).read_text(encoding="utf-8"))
    entities = {each["@id"]: each for each in found["@graph"]}
    root = entities["./"]
    for key in ("name", "description", "datePublished", "license"):
        if not root.get(key):
            raise Wco2Error(f"{CRATE} has no {key}, which RO-Crate asks for.")
    for part in root["hasPart"]:
        if part["@id"] not in entities or not (folder / part["@id"]).exists():
            raise Wco2Error(f"{CRATE} names {part['@id']}, which is not in the folder.")
    for name in _references(found["@graph"]):
        if name not in entities and not name.startswith("https://"):
            raise Wco2Error(f"{CRATE} refers to {name}, which it does not describe.")
    return "RO-Crate 1.1: what it asks for is there, and each name leads to a file or an entity"


def _references(value: Any) -> Iterable[str]:
    """All names that entities refer to each other by."""
    if isinstance(value, Mapping):
        if set(value) == {"@id"}:
            yield value["@id"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _person(creator: Creator, number: int) -> dict[str, Any]:
    name = f"{creator.given} {creator.name}".strip()
    found = {
        "@id": f"https://orcid.org/{creator.orcid}" if creator.orcid else f"#creator-{number}",
        "@type": "Person" if creator.given or creator.orcid else "Organization",
        "name": name,
        "affiliation": creator.affiliation,
    }
    return {key: value for key, value in found.items() if value}


def _file(place: Path, folder: Path) -> dict[str, Any]:
    kind = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0]
    is_script = place == FOLDER / SCRIPT
    found: dict[str, Any] = {
        "@id": place.as_posix(),
        "@type": ["File", "SoftwareSourceCode"] if is_script else "File",
        "name": place.name,
        "contentSize": str((folder / place).stat().st_size),
    }
    return {**found, "encodingFormat": kind} if kind else found


def write_zenodo(dataset: Dataset, folder: Path) -> None:
    """Write .zenodo.json, by which Zenodo fills in its form.

    Its keys are those of https://developers.zenodo.org/#representation: what is not known is left
    out, and asked for there.
    """
    about = dataset.about
    creators = [
        {
            "name": f"{each.name}, {each.given}" if each.given else each.name,
            "affiliation": each.affiliation,
            "orcid": each.orcid,
        }
        for each in about.creators
    ]
    found: dict[str, Any] = {
        "title": dataset.title,
        "upload_type": "dataset",
        "description": "".join(
            f"<p>{html.escape(text)}</p>" for text in (abstract_en(dataset), abstract_zh(dataset))
        ),
        "creators": [{k: v for k, v in each.items() if v} for each in creators],
        "license": dataset.licence.lower(),
        "access_right": "open" if dataset.licence else "",
        "publication_date": published_on(dataset),
        "version": about.version,
        "keywords": [*about.keywords, *(["simulated"] if dataset.simulated else [])],
        "references": list(about.references),
        "notes": about.funding,
        "language": "eng",
    }
    _write(folder / ZENODO, {key: value for key, value in found.items() if value})


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
