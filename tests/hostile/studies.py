"""Seeded generators about whole studies: their tables, what a run left, figures, new studies."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

from .base import Base
from .generators import (
    NUMBERS,
    TEXTS,
    Call,
    addresses,
    changed_bytes,
    changed_tree,
    hostile_value,
    toml_of,
)

FINDINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("[budget]", {"level": 0.9, "fraction": "elevation.tif", "zones": {"path": "zones.tif"}}),
    ("[trend]", {"alpha": 0.1, "correlated": False, "prewhitening": "none"}),
    (
        "[[compare]]",
        {"name": "other", "maps": "other", "title": "a", "units": "g C m-2", "crs": "EPSG:4326"},
    ),
    ("[publish]", {"facts": "publication.toml", "output": "published"}),
)
# Keys of a predictor that the small study has no use for, each with a value that could be meant.
KEYS: dict[str, Any] = {
    "label": "air",
    "root": ".",
    "product": "era5-land",
    "variable": "t2m",
    "band": 1,
    "when": "yearly",
    "to": "K",
    "per": "month",
    "scale": 0.1,
    "offset": -273.15,
    "nodata": [-9999, 0],
    "zero": [255],
    "keep": [254],
    "quality": {"band": 2, "good": [0]},
    "crs": "EPSG:3413",
    "select": {"depth": 0},
    "bands": "months",
    "time": "start",
    "steps": "mean",
    "layers": {"depth": [0, 1]},
    "derive": {"what": "snow_depth", "from": ["a", "b"]},
    "overrule": ["units"],
    "kind": "class",
    "resampling": "mode",
    "lag": 3,
    "window": {"of": "previous", "months": [6, 7, 8], "statistic": "mean"},
    "missing": "nearest",
    "valid": [0, 1],
    "path": ["air_{year}.tif", "air_{year}_{month:02d}.tif"],
}


def _linked(base: Base, folder: Path, *besides: str) -> None:
    """The files of the base study by links, but for some."""
    for path in base.folder.glob("*.*"):
        if path.is_file() and path.name not in besides:
            (folder / path.name).symlink_to(path)


def findings(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Tables of a study about what is made of its maps."""
    _linked(base, folder, "study.toml")
    lines = [(base.folder / "study.toml").read_text("utf-8")]
    for title, table in chance.sample(FINDINGS, chance.choice((1, 1, 2, 4))):
        table = dict(table)
        for _ in range(chance.choice((0, 1, 1, 2))):
            key = chance.choice((*table, chance.choice(TEXTS)[:60]))
            act = chance.random()
            if act < 0.2 and key in table:
                del table[key]
            elif act < 0.5:
                table[key] = chance.choice(
                    (*("..", ".", "results", "results/maps", "study.toml", "fluxes.csv", "/"),)
                )
            else:
                table[key] = hostile_value(chance, address)
        lines.append(title if chance.random() < 0.95 else title.replace("]", ".a]", 1))
        lines += [f"{json.dumps(key)} = {toml_of(value)}" for key, value in table.items()]
        if chance.random() < 0.1:
            lines += lines[-len(table) - 1 :]
    shutil.copytree(base.folder / "results", folder / "results")
    shutil.copytree(base.folder / "results" / "maps", folder / "other")
    text = "\n".join(lines)
    (folder / "study.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    return [["check", "study.toml"], ["run", "study.toml"]]


def catalogues(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Keys of a catalogue, of all kinds, together as they are never meant."""
    _linked(base, folder, "catalogue.toml")
    lines = []
    for number in range(chance.choice((1, 2, 3))):
        table: dict[str, Any] = {
            **{"name": f"p{number}", "group": "climate", "path": "air_{year}.tif"},
            **{"when": "monthly", "bands": "months", "units": "K"},
        }
        if chance.random() < 0.5:
            table.update(path=chance.choice(base.rasters).as_posix(), when="static", units="m")
        for key in chance.sample(list(KEYS), chance.choice((0, 1, 2, 3))):
            table[key] = KEYS[key]
        if chance.random() < 0.6:
            table = changed_tree(chance, table, address)
        if isinstance(table, dict):
            lines.append("[[predictor]]")
            lines += [f"{json.dumps(key)} = {toml_of(value)}" for key, value in table.items()]
    text = "\n".join(lines)
    (folder / "catalogue.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    observations = str(base.folder / "results" / "observations.gpkg")
    return [
        chance.choice(
            (
                ["check", "study.toml"],
                ["sample", observations, "catalogue.toml", "-o", "t.gpkg", "--at", "point"],
                ["prepare", "catalogue.toml", "-o", "stack", "--years", "2001", "--jobs", "1"],
            )
        )
    ]


def _placed(base: Base, folder: Path) -> str:
    """The base study with its results, as if it had been run in a folder; its state as text."""
    for path in base.folder.glob("*.*"):
        if path.is_file():
            shutil.copy(path, folder)
    shutil.copytree(base.folder / "results", folder / "results")
    text = (folder / "results" / "study-state.json").read_text("utf-8")
    return text.replace(str(base.folder), str(folder))


def states(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """What a run left behind in its results: its state, counts, records and tables."""
    text = _placed(base, folder)
    state = folder / "results" / "study-state.json"
    state.write_text(text, encoding="utf-8")
    act = chance.random()
    if act < 0.5:
        tree = changed_tree(chance, json.loads(text), address)
        state.write_bytes(json.dumps(tree).encode("utf-8", "surrogatepass"))
    elif act < 0.6:
        state.write_bytes(changed_bytes(chance, text.encode()))
    else:
        files = sorted(p for p in (folder / "results").rglob("*") if p.is_file() and p != state)
        path = chance.choice(files)
        path.write_bytes(
            changed_bytes(chance, path.read_bytes(), chance.choice(files).read_bytes())
        )
    return [
        chance.choice(
            (
                ["run", "study.toml"],
                ["report", "study.toml", "-o", "r.html"],
                ["report", "results/model.wco2", "-o", "r.html", "--maps", "results/maps"],
                ["publish", "study.toml", "-o", "pub", "--facts", "publication.toml"],
                ["check", "study.toml", "--page", "p.html"],
                ["describe", "results/model.wco2", "--page", "p.html"],
            )
        )
    ]


def figures(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """Figures of tables and maps that no analysis wrote."""
    from wco2_engine.jobs.figure import KINDS

    shutil.copytree(base.folder / "analyses", folder / "analyses")
    shutil.copytree(base.folder / "results" / "maps", folder / "maps")
    shutil.copy(base.model, folder / "model.wco2")
    sources = [*sorted((folder / "analyses").iterdir()), folder / "maps", folder / "model.wco2"]
    source = chance.choice(sources)
    path = chance.choice(sorted(source.rglob("*.*"))) if source.is_dir() else source
    content = path.read_bytes()
    if path.suffix == ".json":
        content = json.dumps(changed_tree(chance, json.loads(content), address)).encode(
            "utf-8", "surrogatepass"
        )
    elif path.suffix == ".csv" and chance.random() < 0.7:
        rows = [line.split(",") for line in content.decode().splitlines()]
        for _ in range(chance.choice((1, 2, 8))):
            row = chance.choice(rows)
            row[chance.randrange(len(row))] = str(chance.choice((*TEXTS, *NUMBERS)))[:5000]
        content = "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
    else:
        content = changed_bytes(chance, content, content)
    path.write_bytes(content)
    kinds = {".csv": "totals", ".wco2": chance.choice(KINDS), "": "winter_flux"}
    kind = kinds.get(source.suffix, "trend") if chance.random() < 0.7 else chance.choice(KINDS)
    output = f"f{chance.choice(('.png', '.svg', '.pdf'))}"
    call = ["figure", kind, str(source.relative_to(folder)), "-o", output, "--dpi", "72"]
    if chance.random() < 0.3:
        call += [
            chance.choice(("--years", "--width", "--dpi", "--names")),
            str(chance.choice((*TEXTS, *NUMBERS)))[:5000].replace("\x00", ""),
        ]
    return [call]


def begins(chance: random.Random, base: Base, folder: Path, address: str) -> list[Call]:
    """New studies from any table and raster, with any words."""
    text = (base.folder / "fluxes.csv").read_text("utf-8")
    if chance.random() < 0.5:
        text = changed_bytes(chance, text.encode()).decode("utf-8", "replace")
    (folder / "fluxes.csv").write_text(text, encoding="utf-8")
    raster = chance.choice(base.rasters)
    content = raster.read_bytes()
    if chance.random() < 0.4:
        content = changed_bytes(chance, content, base.rasters[0].read_bytes())
    name = chance.choice((raster.name, f"r {{year}}{raster.suffix}", f'a"b{raster.suffix}'))
    (folder / name).write_bytes(content)
    options: dict[str, list[str]] = {
        "--fluxes": ["fluxes.csv"],
        "--raster": [name],
        "--years": ["2001"],
        "--extent": ["100", "60", "120", "70"],
        "--flux-units": ["g m-2 day-1"],
        "--resolution": ["5"],
        "--title": ["Small"],
    }
    for _ in range(chance.choice((0, 1, 1, 2))):
        key = chance.choice((*options, "--column", "--interval", "--trees", "--language"))
        value = str(chance.choice((*TEXTS, *NUMBERS, *addresses(address))))
        # As a shell hands it over; what begins by /vsi is the user's own wish.
        value = value.replace("\x00", "").replace("/vsi", "vsi").replace("\ud800", "")[:5000]
        options[key] = [value] * len(options.get(key, [""]))
    flags = [each for key, values in options.items() for each in (key, *values)]
    call = ["begin", "new", *flags, *(["--copy"] if chance.random() < 0.3 else [])]
    return [call, ["check", "new"]]
