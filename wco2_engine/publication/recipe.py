"""How a dataset was made: its study and catalogue with paths that name no machine, and its inputs.

The study's folder becomes a folder that anyone may have. What lies in it keeps its name there; each
folder elsewhere gets a number, because its name may say whose it is.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.details import OPERANDS
from wco2_engine.inputs.observations import Source, read_observations
from wco2_engine.inputs.opening import read_xml
from wco2_engine.inputs.rasters import is_local
from wco2_engine.inputs.toml import read_toml, toml_text
from wco2_engine.learning.rows import sources_of_rows
from wco2_engine.season import Month
from wco2_engine.stack.prepare import files_behind

RESULTS = "results"  # of the study, wherever it is run again
ELSEWHERE = "elsewhere"
LEFT_OUT = ("publish", "compare")  # no map depends on them
_BESIDE = (".aux.xml", ".msk", ".ovr")  # what GDAL keeps beside a raster, behind its whole name
_HEADERS = (".hdr", ".prj", ".tfw", ".tifw", ".wld")  # and in place of its ending
_TABLES = ("observations.gpkg", "observations_rejected.csv")
_TRAINING = ("training.gpkg", "training_rejected.csv")


def months_of(record: Mapping[str, Any]) -> list[Month]:
    """The months that maps are made of, by their record."""
    return [Month(*map(int, str(text).split("-"))) for text in record.get("months", [])]


@dataclass(frozen=True)
class Input:
    """A file that a study reads.

    Attributes
    ----------
    place : its name from the study's folder on, with slashes.
    path : where it is here.
    used_by : what for, e.g. "predictor temperature".
    is_table : whether it holds measured fluxes, which may be others' to publish.
    """

    place: str
    path: Path
    used_by: tuple[str, ...]
    is_table: bool


@dataclass(frozen=True)
class Recipe:
    """A study as it was run, told so that it can be run elsewhere.

    Attributes
    ----------
    study_name, catalogue_name : of the two files, which lie side by side.
    study, catalogue : their texts.
    inputs : all files on this machine that the study reads, by place.
    remote : GDAL's names of what it reads from other machines.
    tables : the tables of observations and training rows that it made.
    sources : what the observations say that they come from.
    """

    study_name: str
    catalogue_name: str
    study: str
    catalogue: str
    inputs: tuple[Input, ...]
    remote: tuple[str, ...]
    tables: tuple[Path, ...]
    sources: tuple[str, ...]

    @classmethod
    def of_study(cls, file: Path, mapped: Iterable[Month]) -> Recipe:
        """The recipe of a study that was run.

        Parameters
        ----------
        file : of the study.
        mapped : the months that its maps are made of.

        Raises
        ------
        Wco2Error : when the study can't be read, or reads a file in a way that would tell where on
            this machine it lies.
        """
        file = Path(os.path.abspath(file))  # noqa: PTH100 - resolve() would follow links
        tables = read_toml(file, "Study")
        results = file.parent / str(tables.get("output", RESULTS))
        catalogue_file = file.parent / str(tables["catalogue"])
        name = catalogue_file.name
        catalogue_name = name if name != file.name else f"catalogue_{name}"
        places = _Places(file.parent)
        for _ in range(2):  # once more, when all folders are known
            places = places.outermost()
            found = _Found(places)
            study, catalogue = _study(tables, found), _catalogue(catalogue_file, places)
        table = read_observations(results / _TABLES[0]).table
        dates = zip(table["year"].tolist(), table["month"].tolist(), strict=True)
        months = sorted({*mapped, *(Month(int(year), int(month)) for year, month in dates)})
        for path, names in files_behind(Catalogue.read(catalogue_file), months).items():
            found.add(path, *(f"predictor {each}" for each in names))
        made = [results / each for each in (*_TABLES, *_TRAINING)]
        note = "# As it was run, with other paths; without its comments"
        return cls(
            study_name=file.name,
            catalogue_name=catalogue_name,
            study=f"{note}, {' and '.join(f'[{each}]' for each in LEFT_OUT)}.\n"
            + toml_text({**study, "catalogue": catalogue_name, "output": RESULTS}),
            catalogue=f"{note}.\n{toml_text(catalogue)}",
            inputs=found.inputs(),
            remote=tuple(sorted(found.remote)),
            tables=tuple(path for path in made if path.is_file()),
            sources=tuple(sources_of_rows(table)),
        )


@dataclass(frozen=True)
class _Places:
    """Where files of a study go in a folder that anyone may have."""

    home: Path
    elsewhere: dict[Path, str] = field(default_factory=dict)

    def of_folder(self, folder: Path) -> str:
        """The name of a folder from the study's on; "" for that itself."""
        folder = Path(os.path.normpath(folder))
        if folder.is_relative_to(self.home):
            found = folder.relative_to(self.home).as_posix()
            return "" if found == "." else found
        for above in (folder, *folder.parents):
            if above in self.elsewhere:
                inner = folder.relative_to(above).as_posix()
                return self.elsewhere[above] + ("" if inner == "." else f"/{inner}")
        self.elsewhere[folder] = f"{self._free}/{len(self.elsewhere) + 1}"
        return self.elsewhere[folder]

    def outermost(self) -> _Places:
        """The same with a number for each folder that lies in no other: so the names of a folder
        and of one within it go together.
        """
        outer = [f for f in self.elsewhere if not self.elsewhere.keys() & set(f.parents)]
        return _Places(self.home, {f: f"{self._free}/{k}" for k, f in enumerate(outer, start=1)})

    @property
    def _free(self) -> str:
        """A name that the study's folder has not."""
        name = ELSEWHERE
        while (self.home / name).exists():
            name += "_"
        return name

    def of_file(self, path: Path) -> str:
        """The name of a file from the study's folder on."""
        return _joined(self.of_folder(path.parent), path.name)

    def of_text(self, text: str, folder: Path) -> str:
        """A path, or a pattern of paths, as a study or a catalogue in the study's folder names it.

        Parameters
        ----------
        folder : what it starts from where it is relative.

        Raises
        ------
        Wco2Error : for a name of GDAL's that holds a path of this machine.
        """
        if not is_local(text):
            return _remote(text)
        whole = Path(os.path.normpath(folder / Path(text).expanduser()))
        literal = whole.parent
        for above in whole.parents:  # the folder before what stands for many names
            if any(sign in above.name for sign in "{}*?") or above.suffix.lower() == ".zip":
                literal = above.parent
        return _joined(self.of_folder(literal), whole.relative_to(literal).as_posix())


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _remote(text: str) -> str:
    if text.startswith(("/vsicurl/", "/vsis3/", "/vsigs/", "/vsiaz/")) or "://" in text:
        return text
    raise Wco2Error(
        f"'{text:.120}' is a name of GDAL's that says where on this machine a file lies.",
        "Name the file itself, and a variable in it by variable = …; then publish again.",
    )


@dataclass
class _Found:
    """The inputs as they are met."""

    places: _Places
    uses: dict[Path, set[str]] = field(default_factory=dict)
    tables: set[Path] = field(default_factory=set)
    remote: set[str] = field(default_factory=set)

    def add(self, name: str, *uses: str, is_table: bool = False) -> None:
        """Add a file, with all that it can't be read without."""
        quoted = name.split('"')
        name = quoted[1] if len(quoted) > 2 else name
        if not is_local(name):
            self.remote.add(_remote(name))
            return
        for path in _with_companions(Path(os.path.normpath(name))):
            self.uses.setdefault(path, set()).update(uses)
            if is_table:
                self.tables.add(path)

    def inputs(self) -> tuple[Input, ...]:
        made = [
            Input(self.places.of_file(path), path, tuple(sorted(uses)), path in self.tables)
            for path, uses in self.uses.items()
        ]
        return tuple(sorted(made, key=lambda each: each.place))


def _with_companions(path: Path) -> Iterator[Path]:
    """A file and the files that belong to it; what a folder holds where it stands for one file."""
    if path.is_dir():
        yield from (each for each in sorted(path.rglob("*")) if each.is_file())
    elif path.suffix.lower() == ".shp":
        yield from (each for each in sorted(path.parent.iterdir()) if each.stem == path.stem)
    else:
        yield path
        beside = [path.with_name(path.name + ending) for ending in _BESIDE]
        beside += [path.with_suffix(ending) for ending in _HEADERS]
        yield from (each for each in beside if each.is_file() and each != path)
        if path.suffix.lower() == ".vrt":
            for part in read_xml(str(path)).iter("SourceFilename"):
                yield Path(os.path.normpath(path.parent / (part.text or "")))


def _study(tables: Mapping[str, Any], found: _Found) -> dict[str, Any]:
    """The tables of a study with their paths made relative; its files go to `found`."""
    study = {k: v for k, v in copy.deepcopy(dict(tables)).items() if k not in LEFT_OUT}
    home = found.places.home
    observations = study["observations"]
    for source in observations.get("sources", [observations]):
        names: dict[str, Any] = {
            key: str(home / source[key]) for key in ("file", "site_table") if key in source
        }
        options = {key: source[key] for key in ("format", "columns", "crs") if key in source}
        for path in Source(**names, **options).files():
            found.add(path, "observations", is_table=True)
        for key in names:
            file, mark, layer = str(source[key]).partition("|")
            source[key] = f"{found.places.of_text(file, home)}{mark}{layer}"
    for region in study.get("region", []):
        if "geometry" in region:
            _put(region, "geometry", found, f"region {region['name']}")
    budget = study.get("budget", {})
    for table, key, use in (
        (study.get("map", {}), "domain", "domain"),
        (study, "zones", "zones"),
        (budget, "zones", "zones of the budget"),
        (budget, "fraction", "share of ground"),
    ):
        if isinstance(table.get(key), Mapping):
            _put(table[key], "path", found, use)
        elif key in table:
            _put(table, key, found, use)
    return study


def _put(table: dict[str, Any], key: str, found: _Found, use: str) -> None:
    """Put a relative path into a table, and its file to the others."""
    home, text = found.places.home, str(table[key])
    found.add(str(home / Path(text).expanduser()) if is_local(text) else text, use)
    table[key] = found.places.of_text(text, home)


def _catalogue(file: Path, places: _Places) -> dict[str, Any]:
    """The tables of a catalogue with their paths made relative."""
    predictors = copy.deepcopy(read_toml(file, "Catalogue").get("predictor", []))
    for table in predictors:
        if "product" in table and "root" not in table:
            table["root"] = "."  # where its files are looked for
        root = str(table.get("root", ""))
        parts = [each for each in _parts(table) if isinstance(each, dict)]
        for part in parts:
            _relative(part, root, file.parent, places)
        _relative(table, "", file.parent, places)
    return {"predictor": predictors}


def _parts(table: Mapping[str, Any]) -> Iterator[Any]:
    """The tables of layers and of what a predictor is derived from."""
    layers, derive = table.get("layers", []), table.get("derive", {})
    yield from layers if isinstance(layers, list) else ()
    yield from (derive.get(key) for keys in OPERANDS.values() for key in keys)


def _relative(table: dict[str, Any], inherited: str, folder: Path, places: _Places) -> None:
    """Make the root, or else the paths, of a table relative.

    Parameters
    ----------
    inherited : the root of the whole, which holds where the table has none of its own.
    """
    root = str(table.get("root", inherited))

    def put(path: str) -> str:
        within = root and is_local(path) and not Path(path).expanduser().is_absolute()
        return path if within else places.of_text(path, folder)

    if "path" in table:
        path = table["path"]
        table["path"] = [put(each) for each in path] if isinstance(path, list) else put(path)
    if "root" in table:
        table["root"] = places.of_folder(folder / Path(root).expanduser()) or "."
