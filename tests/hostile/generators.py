"""Seeded generators of hostile inputs: files in a folder, and how to call `wco2` there.

A generator takes a source of chance, the base study and an empty folder, and gives the calls to
make there, one after the other. The same seed gives the same input.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .base import MAPPING, Base

Call = list[str]
Generator = Callable[[random.Random, Base, Path, str], list[Call]]

_HUGE = 10**400
TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\x1b[31mred",
        "a\nb",
        "a" * 300,
        "a" * 70_000,
        "\u202eab",
        "\ufeff",
        "\ud800",
    ),
    *(
        "../..",
        "..",
        "/etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        "~nosuchuser/x",
        "~",
        ".",
        "/",
        "//",
    ),
    *("{year}", "{year:99999999d}", "{year!r}", "{0}", "{month.__class__}", "{year", "{}", "%s%n"),
    *(
        "EPSG:4326",
        "EPSG:0",
        "EPSG:" + "9" * 30,
        "+proj=longlat",
        "GEOGCS[" * 500,
        "+init=epsg:4326",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "[x](javascript:a)",
        "';--",
        "$x^2$",
        "\\frac",
    ),
    *(
        "g m-2 day-1",
        "m**9999999",
        "1e999 m",
        "kg/kg/kg",
        "__import__('os')",
        "degC",
        "nan",
        "month",
    ),
    *("1990-2050", "1-2147483647", "9999999999", "2000-", "-", "2000,2000", "a-b", "99990101"),
    *(
        "fluxes.csv",
        "results/model.wco2",
        "elevation.tif",
        "catalogue.toml",
        "point",
        "cell",
        "site",
    ),
)
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 13, 255, 65_536, 2**31, 2**32, 2**63, -(2**63), 2**64, _HUGE, -_HUGE),
    *(0.0, -0.0, 0.1, 0.5, 1e-300, 1e300, -1e300, 1.5, 90.1, 180.1, 360.0, 1e15),
    *(float("nan"), float("inf"), float("-inf"), True, False, None),
)


def addresses(address: str) -> tuple[str, ...]:
    """Texts that would have a careless reader call an address."""
    return (
        f"{address}/a.tif",
        f"/vsicurl/{address}/a",
        f"/vsicurl_streaming/{address}/a",
        f"WMS:{address}/wms?",
        f"<GDAL_WMS><Service name='TMS'><ServerUrl>{address}</ServerUrl></Service></GDAL_WMS>",
        f'NETCDF:"{address}/a.nc":t',
        f"vrt://{address}/a.tif",
        f'STACIT:"{address}/a"',
    )


def hostile_value(chance: random.Random, address: str, depth: int = 0) -> Any:
    """A value of any kind that a TOML or JSON file can hold, and some that it should not."""
    kind = chance.random()
    if kind < 0.4:
        return chance.choice(TEXTS)
    if kind < 0.45:
        # Without /vsi, by which the user's own texts may name an address.
        return chance.choice(addresses(address)).replace("/vsi", "vsi")
    if kind < 0.8:
        return chance.choice(NUMBERS)
    if depth > 3:
        return []
    if kind < 0.85:
        return json.loads("[" * 60 + "]" * 60)
    if kind < 0.93:
        return [hostile_value(chance, address, depth + 1) for _ in range(chance.randrange(4))]
    return {
        str(chance.choice(("name", "path", "year", "a b", "", "0"))): hostile_value(
            chance, address, depth + 1
        )
        for _ in range(chance.randrange(3))
    }


def changed_tree(chance: random.Random, tree: Any, address: str) -> Any:
    """A copy of plain values with some of them exchanged, dropped, doubled or renamed."""
    tree = json.loads(json.dumps(tree))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        spots = list(_spots(tree))
        if not spots:
            return hostile_value(chance, address)
        holder, key = chance.choice(spots)
        act = chance.random()
        if act < 0.7:
            holder[key] = hostile_value(chance, address)
        elif act < 0.8:
            del holder[key]
        elif act < 0.9 and isinstance(holder, dict):
            holder[str(chance.choice(TEXTS))[:80]] = holder.pop(key)
        elif isinstance(holder, list):
            holder.extend([holder[key]] * chance.choice((1, 3, 200)))
        else:
            holder[key] = [holder[key]] * chance.choice((1, 2, 50))
    return tree


def _spots(tree: Any) -> Any:
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(entries):
        yield tree, key
        if isinstance(value, (dict, list)):
            yield from _spots(value)


def changed_bytes(chance: random.Random, content: bytes, other: bytes = b"") -> bytes:
    """Bytes with bits turned, and pieces cut, doubled, emptied, exchanged or put in."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not data:
            break
        at, length = chance.randrange(len(data)), chance.choice((1, 2, 4, 8, 64, 1024))
        # Half of all changes hit the start, where headers are.
        at = at if chance.random() < 0.5 else at % min(len(data), 512)
        act = chance.randrange(8)
        if act == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif act == 1:
            del data[at:]
        elif act == 2:
            del data[at : at + length]
        elif act == 3:
            data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))
        elif act == 4:
            data[at : at + length] = bytes(min(length, len(data) - at))
        elif act == 5:
            data[at : at + length] = b"\xff" * min(length, len(data) - at)
        elif act == 6:
            data[at : at + length] = chance.randbytes(min(length, len(data) - at))
        elif other:
            start = chance.randrange(len(other))
            data[at : at + length] = other[start : start + length]
    return bytes(data)


# ---------------------------------------------------------------- tables


def tables(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Tables of fluxes: cells, lines, separators, quotes, encodings and whole formats."""
    text = (base.folder / "fluxes.csv").read_text("utf-8")
    (folder / "m.toml").write_text(MAPPING, encoding="utf-8")
    call = ["observations", "t.csv", "--mapping", "m.toml", "-o", "o.csv"]
    act = chance.randrange(9)
    if act < 3:
        rows = [line.split(",") for line in text.splitlines()]
        for _ in range(chance.choice((1, 2, 8))):
            row = chance.choice(rows)
            cell = chance.choice((*TEXTS, *NUMBERS, '"', '"a', "'", ",", ";", "1,5", "-9999"))
            row[chance.randrange(len(row))] = str(cell)[:5000]
        text = "\n".join(",".join(row) for row in rows)
    elif act == 3:
        text = text.replace(",", chance.choice((";", "\t", " ", "|", ",,", '","')))
    elif act == 4:
        text = (
            chance.choice(('"', "#", "\n\n\n", "\r", "\x00", "\ufeff", ",".join("abc" * 60_000)))
            + text
        )
    elif act == 5:
        lines = text.splitlines()
        chance.shuffle(lines)
        text = chance.choice(("\n", "\r\n", "\r", "\x0b", "\u2028")).join(lines)
    if act in (6, 7):
        name = chance.choice(("t.csv", "t.gpkg", "t.geojson", "t.xlsx", "t.shp", "t.tsv"))
        other = (base.folder / "results" / "observations.gpkg").read_bytes()
        source = other if name == "t.gpkg" else text.encode()
        if name == "t.geojson":
            source = (base.folder / "region.geojson").read_bytes()
        if name == "t.xlsx":
            source = _zip({"xl/workbook.xml": b"<a/>", "[Content_Types].xml": b"<a/>"})
        (folder / name).write_bytes(changed_bytes(chance, source, other))
        call[1] = name
    else:
        coding = chance.choice(("utf-8", "utf-8", "utf-16", "utf-16-le", "gb18030", "latin-1"))
        content = text.encode(coding, "ignore")
        if act == 8:
            content = changed_bytes(chance, content, content)
        (folder / "t.csv").write_bytes(content)
    return [call]


def _zip(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


# ---------------------------------------------------------------- rasters


def rasters(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Rasters of all formats, changed or under each other's names."""
    source = chance.choice(base.rasters)
    for path in source.parent.glob(f"{source.stem}.*"):
        shutil.copy(path, folder)
    shutil.copy(source.parent / "tiled.tif", folder)
    other = chance.choice(base.rasters).read_bytes()
    name, content = source.name, source.read_bytes()
    act = chance.random()
    if act < 0.6:
        content = changed_bytes(chance, content, other)
    elif act < 0.75:
        content = other
    elif act < 0.85:
        content = chance.choice(addresses(address)).encode()
    elif source.suffix == ".vrt":
        content = _changed_xml(chance, content.decode(), address).encode()
    else:
        beside = folder / f"{name}{chance.choice(('.aux.xml', '.msk', '.ovr'))}"
        text = f"<PAMDataset><SRS>{chance.choice(addresses(address))}</SRS></PAMDataset>"
        beside.write_bytes(changed_bytes(chance, text.encode(), other))
    (folder / name).write_bytes(content)
    predictor = {"name": "elevation", "group": "terrain", "when": "static", "units": "m"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**predictor, "path": name}.items()]
    (folder / "c.toml").write_text("[[predictor]]\n" + "\n".join(lines) + "\n")
    observations = str(base.folder / "results" / "observations.gpkg")
    return [["sample", observations, "c.toml", "-o", "t.csv", "--at", "point"]]


def _changed_xml(chance: random.Random, text: str, address: str) -> str:
    tags = re.findall(r"<[^>]*>", text)
    for _ in range(chance.choice((1, 2, 4))):
        old = chance.choice(tags)
        new = chance.choice(
            (
                *(
                    "",
                    "<a>" * 2000,
                    old * 2,
                    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
                    "<?xml version='1.0'?>",
                ),
                '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">',
                *("<SourceFilename>/etc/passwd</SourceFilename>", "<KernelFilteredSource>"),
                *(f"<SourceFilename>{a}</SourceFilename>" for a in addresses(address)),
                old.replace("24", str(chance.choice((0, -1, 2**31, _HUGE)))),
            )
        )
        text = text.replace(old, new, 1)
    return text


def vectors(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Regions from files of vectors."""
    for path in base.folder.glob("*.*"):
        if path.is_file():
            (folder / path.name).symlink_to(path)
    tree = json.loads((base.folder / "region.geojson").read_text())
    content = json.dumps(changed_tree(chance, tree, address), default=str).encode()
    act = chance.random()
    if act < 0.2:
        link = {"type": "link", "properties": {"href": f"{address}/crs", "type": "ogcwkt"}}
        content = json.dumps({**tree, "crs": link}).encode()
    elif act < 0.4:
        content = changed_bytes(chance, content)
    elif act < 0.5:
        content = (
            f"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>"
            f"{chance.choice(addresses(address))}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        ).encode()
    name = chance.choice(("r.geojson", "r.gpkg", "r.shp", "r.json", "r.kml", "r.gml", "r.vrt"))
    if name == "r.gpkg" and act > 0.5:
        content = changed_bytes(
            chance, (base.folder / "results" / "observations.gpkg").read_bytes()
        )
    (folder / name).write_bytes(content)
    text = (base.folder / "study.toml").read_text()
    text = text.replace("bbox = [100, 60, 120, 70]", f'geometry = "{name}"')
    (folder / "study.toml").unlink()
    (folder / "study.toml").write_text(text)
    return [["check", "study.toml"]]


# ---------------------------------------------------------------- TOML and JSON


def toml(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Study files, catalogues, mappings and facts of a publication."""
    for path in base.folder.glob("*.*"):
        if path.is_file():
            (folder / path.name).symlink_to(path)
    name = chance.choice(
        ("study.toml", "study.toml", "catalogue.toml", "mapping.toml", "publication.toml")
    )
    text = (base.folder / name).read_text("utf-8")
    content = _changed_toml(chance, text, address).encode("utf-8", "surrogatepass")
    if chance.random() < 0.2:
        content = changed_bytes(chance, content, text.encode())
    (folder / name).unlink()
    (folder / name).write_bytes(content)
    return {
        "mapping.toml": [
            ["observations", "fluxes.csv", "--mapping", "mapping.toml", "-o", "o.csv"]
        ],
        "publication.toml": [
            [
                "publish",
                str(base.folder / "results/maps"),
                "-o",
                "pub",
                "--facts",
                "publication.toml",
            ]
        ],
    }.get(name, [["check", "study.toml"]])


def _changed_toml(chance: random.Random, text: str, address: str) -> str:
    lines = text.splitlines()
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(lines))
        act = chance.random()
        if act < 0.7 and "=" in lines[at]:
            key = lines[at].partition("=")[0]
            lines[at] = f"{key} = {toml_of(hostile_value(chance, address))}"
        elif act < 0.8:
            del lines[at]
            lines = lines or [""]
        elif act < 0.9:
            lines.insert(at, lines[chance.randrange(len(lines))])
        else:
            key = chance.choice(
                ("lag", "scale", "nodata", "crs", "window", "a", '"\\u0000"', "band")
            )
            lines.insert(at, f"{key} = {toml_of(hostile_value(chance, address))}")
    return "\n".join(lines)


def toml_of(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)} = {toml_of(v)}' for k, v in value.items())}}}"
    return json.dumps(value)


def _jobs(base: Base) -> list[dict[str, Any]]:
    home, results = base.folder, base.folder / "results"
    model, catalogue = str(base.model), str(home / "catalogue.toml")
    training = str(results / "training.gpkg")
    return [
        {"job": "describe", "model": model},
        {"job": "check", "study": str(home / "study.toml"), "years": "2001"},
        {
            **{"job": "observations", "input": str(home / "fluxes.csv"), "output": "o.csv"},
            "mapping": str(home / "mapping.toml"),
        },
        {
            **{"job": "sample", "observations": str(results / "observations.gpkg")},
            **{"catalogue": catalogue, "output": "t.gpkg", "at": "cell", "resolution": 2.0},
        },
        {
            **{"job": "train", "training": training, "catalogue": catalogue, "output": "m.wco2"},
            **{"trees": 3, "validation": ["random"], "members": 0, "jobs": 1, "seed": 0},
        },
        {
            **{"job": "predict", "model": model, "catalogue": catalogue, "output": "maps"},
            **{"years": "2001", "extent": [100, 60, 120, 70], "resolution": 5.0, "jobs": 1},
            **{"memory": 1.0},
        },
        {"job": "budget", "maps": str(results / "maps"), "output": "b.csv"},
        {"job": "trend", "maps": str(results / "maps"), "output": "t.tif"},
        {"job": "compare", "a": str(results / "maps"), "b": str(results / "maps"), "output": "c"},
        {"job": "publish", "source": str(results / "maps"), "output": "pub"},
        {"job": "validate", "training": training, "catalogue": catalogue, "output": "v.html"},
        {"job": "products", "name": "era5-land"},
        {"job": "doctor"},
    ]


def jobs(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Jobs as JSON."""
    job = chance.choice(_jobs(base))
    kept = {"job": job["job"]} if chance.random() < 0.8 else {}
    changed = changed_tree(chance, job, address)
    if isinstance(changed, dict):
        changed = {**changed, **kept}
    content = json.dumps(changed).encode("utf-8", "surrogatepass")
    if chance.random() < 0.15:
        content = changed_bytes(chance, content)
    (folder / "j.json").write_bytes(content)
    return [["job", "j.json"]]


# ---------------------------------------------------------------- models and what runs left


def models(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Model files: their bytes, their JSON and arrays, and their zip."""
    content = base.model.read_bytes()
    act = chance.random()
    if act < 0.3:
        content = changed_bytes(chance, content, content)
    else:
        with zipfile.ZipFile(base.model) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        if act < 0.65:
            facts = changed_tree(chance, json.loads(members["model.json"]), address)
            if isinstance(facts, dict):
                facts.pop("checksum", None)
            members["model.json"] = json.dumps(facts).encode("utf-8", "surrogatepass")
        elif act < 0.9:
            name = chance.choice(list(members))
            members[name] = _changed_array(chance, name, members[name])
        else:
            name = chance.choice(
                ("../a.npy", "/etc/a", "regions/0/a.npy", "model.json/", "a" * 500)
            )
            members[name] = chance.choice(list(members.values()))
        content = _zip(members)
    (folder / "m.wco2").write_bytes(content)
    catalogue = str(base.folder / "catalogue.toml")
    options = "--years 2001 --extent 100 60 120 70 --resolution 5 --interval 0.9 --applicability"
    return [
        ["describe", "m.wco2"],
        ["predict", "m.wco2", catalogue, *options.split(), "--jobs", "1", "-o", "maps"],
    ]


def _changed_array(chance: random.Random, name: str, content: bytes) -> bytes:
    if chance.random() < 0.3 or not name.endswith(".npy"):
        return changed_bytes(chance, content)
    array = np.lib.format.read_array(io.BytesIO(content)).copy()
    if array.size:
        kind = np.array([0, 1, 2**15, 2**31, 1e38, 1e300, np.inf, -np.inf, np.nan])
        with np.errstate(all="ignore"):
            array.flat[chance.randrange(array.size)] = kind.astype(array.dtype)[
                chance.randrange(kind.size)
            ]
    act = chance.random()
    if act < 0.2:
        array = array[: chance.randrange(array.shape[0] + 1)]
    elif act < 0.3:
        array = array.astype(chance.choice(("f2", "f4", "f8", "i8", "u1", "c8", ">f8", "S4")))
    out = io.BytesIO()
    np.lib.format.write_array(out, array, (1, 0))
    return out.getvalue()


def records(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Folders of maps whose record or maps are not what a run wrote."""
    maps = folder / "maps"
    shutil.copytree(base.folder / "results" / "maps", maps)
    if chance.random() < 0.7:
        path = maps / "prediction.json"
        content = json.dumps(
            changed_tree(chance, json.loads(path.read_text("utf-8")), address)
        ).encode("utf-8", "surrogatepass")
    else:
        path = chance.choice(sorted(maps.rglob("*.tif")))
        content = changed_bytes(chance, path.read_bytes())
    path.write_bytes(content)
    call = chance.choice(
        (
            ["budget", "maps", "-o", "b.csv"],
            ["trend", "maps", "-o", "t.tif"],
            ["compare", "maps", str(base.folder / "results" / "maps"), "-o", "c"],
            ["publish", "maps", "-o", "pub"],
        )
    )
    page = ["--page", "p.html"] if call[0] != "compare" and chance.random() < 0.5 else []
    return [[*call, *page]]


def downloads(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Folders of downloads, of which a catalogue is drafted."""
    home = folder / "downloads"
    home.mkdir()
    for _ in range(chance.choice((1, 2))):
        source = chance.choice(base.rasters)
        content = changed_bytes(chance, source.read_bytes(), base.rasters[0].read_bytes())
        name = chance.choice((source.name, f"x{chance.choice(base.rasters).suffix}", "x.zip"))
        if name == "x.zip":
            inner = chance.choice(
                (source.name, "../../x.tif", "/etc/x.tif", "a" * 300, "x.tif\x00.nc")
            )
            content = _zip({inner: content})
            content = content if chance.random() < 0.5 else changed_bytes(chance, content)
        (home / name).write_bytes(content)
    return [["catalogue", "downloads", "-o", "c.toml"]]
