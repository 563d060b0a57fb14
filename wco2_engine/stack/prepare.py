"""From a catalogue of downloads to one of plain GeoTIFFs: what is fresh stays, the rest is made."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wco2_engine.files import file_state, writable_folder
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import Sources, needed_months
from wco2_engine.inputs.rasters import Rasters, is_local
from wco2_engine.lock import locked
from wco2_engine.progress import Progress, Silent, SubProgress, stop_if_cancelled
from wco2_engine.season import Month
from wco2_engine.stack.candidates import candidates
from wco2_engine.stack.described import NAME, prepared_keys, tame_keys, write_catalogue
from wco2_engine.stack.extent import Extent, window_of
from wco2_engine.stack.files import FORMAT, Told, target_path
from wco2_engine.stack.making import BUDGET, Made, Task
from wco2_engine.stack.opening import closed, opened, units_and_conversion
from wco2_engine.stack.running import run_tasks
from wco2_engine.stack.source import Source, parts_of
from wco2_engine.stack.tame import Need, needs

UNPACKED = ".unpacked"
ROUNDS = 3  # of looking for what replaces months that turn out to be missing


@dataclass(frozen=True)
class Prepared:
    """A catalogue that can be read as it is, and what was done for it.

    Attributes
    ----------
    why : by predictor, why it was prepared; empty for those that are read where they are.
    made : files that were made now.
    kept : files that were fresh.
    """

    catalogue: Catalogue
    why: Mapping[str, str]
    made: tuple[Path, ...]
    kept: tuple[Path, ...]


def prepare(
    catalogue: Catalogue,
    months: Iterable[Month] | None,
    extents: Sequence[Extent],
    folder: Path,
    progress: Progress | None = None,
    jobs: int = 1,
) -> Prepared:
    """A catalogue of plain GeoTIFFs for some months and places.

    Parameters
    ----------
    months : to sample or predict; what lags and windows need besides is found out. None for all
        that is there.
    extents : where; the whole source where there is none.
    folder : of the stack; not touched where nothing has to be prepared.
    jobs : processes at a time.

    Raises
    ------
    Wco2Error : when a source is missing or wrong, naming file, variable and month. Files of an
        earlier stack stay.
    Cancelled : when the user asked to stop; finished files stay, and are not made again.
    """
    progress = progress or Silent()
    wanted = None if months is None else sorted(set(months))
    found = needs(catalogue, wanted)
    why = {need.predictor.name: need.why for need in found}
    if not any(why.values()):
        told = tuple(need.predictor for need in found)
        return Prepared(replace(catalogue, predictors=told), why, (), ())
    with locked(writable_folder(folder)) as held:
        if not held:
            progress.note(f"{folder} knows no locks. Start no second run in it.")
        scratch = folder / UNPACKED
        try:
            work = _Work(catalogue, wanted, tuple(extents), folder.absolute(), scratch, jobs)
            return work.done(found, why, progress)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def prepared(
    catalogue: Catalogue,
    months: Iterable[Month],
    extents: Sequence[Extent],
    folder: Path,
    progress: Progress | None = None,
    jobs: int = 1,
) -> Catalogue:
    """The same predictors as plain GeoTIFFs; the same catalogue where they are so already."""
    return prepare(catalogue, months, extents, folder, progress, jobs).catalogue


@dataclass(frozen=True)
class _Work:
    catalogue: Catalogue
    months: list[Month] | None
    extents: tuple[Extent, ...]
    folder: Path
    scratch: Path
    jobs: int

    def done(self, found: Sequence[Need], why: Mapping[str, str], progress: Progress) -> Prepared:
        shared = _shared(need.predictor for need in found if need.why)
        made: list[Made] = []
        kept: list[Path] = []
        start = 0.0
        absent: dict[str, set[Month]] = {}
        for _ in range(ROUNDS):
            tasks: list[Task] = []
            for number, (first, users) in enumerate(shared):
                stop_if_cancelled(progress)
                looked = start + 0.05 * number / len(shared)
                progress.update(looked, f"Looking at {first.name}")
                new, fresh = self._tasks(first, users, absent.get(first.name, set()))
                tasks += new
                kept += fresh
            if not tasks:
                break
            end = start + (0.97 - start) * 0.9
            for one in run_tasks(tasks, self.jobs, SubProgress(progress, start + 0.05, end)):
                made.append(one)
                absent.setdefault(one.name, set()).update(one.absent)
            start = end
            if all(user.missing == "error" for _, users in shared for user in users):
                break
        self._remove_outdated(shared)
        catalogue = self._described(found, shared)
        progress.update(1.0, "Predictors are prepared")
        files = tuple(dict.fromkeys(path for each in made for path in each.files))
        before = tuple(path for path in dict.fromkeys(kept) if path not in files)
        return Prepared(catalogue, why, files, before)

    def _where(self, predictor: Predictor) -> str:
        return f"{self.catalogue.file or 'The catalogue'}: predictor '{predictor.name}'"

    def _tasks(
        self, first: Predictor, users: Sequence[Predictor], absent: set[Month]
    ) -> tuple[list[Task], list[Path]]:
        """What has to be made for predictors that share their files, and what is fresh.

        Parameters
        ----------
        absent : months that files turned out to lack.
        """
        where, keys = self._where(first), _keys(first)
        key = _short(keys)
        source = Source.of(first, self.catalogue.folder, self.scratch, where)
        told = {
            year: about
            for year in source.years
            if (about := Told.read(target_path(self.folder, first.name, first.when, year)))
            and about.key == key
        }
        source = source.without(told, absent)
        wanted = set(source.available)
        if self.months is not None:
            wanted = {m for user in users for m in source.needed(user, self.months)}
        tasks, kept = [], []
        for years in source.together({month.year for month in wanted}):
            fill = {m for m in wanted if m.year in years}
            fill |= {m for year in years if year in told for m in told[year].filled}
            if all(
                year in told and self._fresh(told[year], fill, year, source, where)
                for year in years
            ):
                kept += [target_path(self.folder, first.name, first.when, y) for y in years]
                continue
            windows = [told[year].window for year in years if year in told]
            window = windows[0] if windows else None
            for other in windows[1:]:
                window = window.union(other) if window else other
            tasks.append(
                Task(
                    predictor=first,
                    ingredients=source.for_months(fill),
                    months=tuple(sorted(fill)),
                    extents=self.extents,
                    window=window,
                    key=key,
                    keys=keys,
                    sources={
                        year: source.states(m for m in fill if m.year == year) for year in years
                    },
                    stack=self.folder,
                    scratch=self.scratch,
                    where=where,
                    budget=BUDGET,
                )
            )
        return tasks, kept

    def _fresh(self, told: Told, fill: set[Month], year: int, source: Source, where: str) -> bool:
        months = {month for month in fill if month.year == year}
        if not months <= {*told.filled, *told.absent} or told.sources != source.states(months):
            return False
        return told.window.holds(window_of(told.grid, self.extents, where))

    def _remove_outdated(self, shared: Sequence[tuple[Predictor, list[Predictor]]]) -> None:
        """Remove files of earlier keys, which the names in the catalogue would find too."""
        for first, _ in shared:
            key = _short(_keys(first))
            for path in sorted((self.folder / first.name).glob(f"{first.name}*.tif")):
                told = Told.read(path)
                if told is not None and told.key != key:
                    path.unlink(missing_ok=True)

    def _described(
        self, found: Sequence[Need], shared: Sequence[tuple[Predictor, list[Predictor]]]
    ) -> Catalogue:
        first_of = {user.name: first for first, users in shared for user in users}
        entries = []
        origins = {}
        for need in found:
            predictor = need.predictor
            if not need.why:
                entries.append((tame_keys(predictor, self.catalogue.folder), ""))
                continue
            first = first_of[predictor.name]
            origins[predictor.name] = _origin(first)
            path = f"{first.name}/{first.name}.tif"
            if first.when in ("monthly", "yearly"):
                path = f"{first.name}/{first.name}_{{year}}.tif"
            units = self._units(first)
            comment = f"{need.why}: {origins[predictor.name]}"
            entries.append((prepared_keys(predictor, path, units), comment))
        catalogue = Catalogue.read(write_catalogue(self.folder, entries))
        told = tuple(replace(p, origin=origins.get(p.name, "")) for p in catalogue.predictors)
        return replace(catalogue, predictors=told)

    def _units(self, first: Predictor) -> str:
        for path in sorted((self.folder / first.name).glob(f"{first.name}*.tif")):
            told = Told.read(path)
            if told is not None:
                return told.units
        return first.to


def _shared(predictors: Iterable[Predictor]) -> list[tuple[Predictor, list[Predictor]]]:
    """Predictors that are made of the same values, such as a month and the one before it."""
    found: dict[str, tuple[Predictor, list[Predictor]]] = {}
    for predictor in predictors:
        _, users = found.setdefault(_short(_keys(predictor)), (predictor, []))
        users.append(predictor)
    return list(found.values())


def _keys(predictor: Predictor) -> dict[str, Any]:
    """Everything of a predictor that its stored values depend on."""
    plain = Predictor("", "", "static")
    values = replace(
        predictor,
        name="",
        **{name: getattr(plain, name) for name in _OF_THE_MODEL},
    )
    # Grids that are regular in no CRS take the four neighbours, or the nearest.
    neighbours = 4 if predictor.resampling == "bilinear" else 1
    return {"format": FORMAT, "neighbours": neighbours, **asdict(values)}


_OF_THE_MODEL = (
    *("label", "group", "resampling", "lag", "missing", "valid", "window", "origin", "product"),
)


def _short(keys: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()[:20]


def _origin(predictor: Predictor) -> str:
    shown = [f"{p.path}{f' {p.variable}' if p.variable else ''}" for p in parts_of(predictor)]
    return ", ".join(dict.fromkeys(shown))


def states(catalogue: Catalogue, months: Iterable[Month] | None) -> list[str]:
    """Name, size and time of change of every file that predicted months may need, sorted.

    Nothing is opened but what is read as it is: of a download, all files count whose names leave
    room for such a month.
    """
    return sorted({state for _, _, state in _files(catalogue, months)})


def files_behind(catalogue: Catalogue, months: Iterable[Month]) -> dict[str, set[str]]:
    """By file, or archive of files, the predictors that may need it for some predicted months.

    What `states` says of opening holds here too. GDAL's names of what is on another machine stay.
    """
    found: dict[str, set[str]] = {}
    for name, path, _ in _files(catalogue, months):
        found.setdefault(path, set()).add(name)
    return found


def _files(catalogue: Catalogue, months: Iterable[Month] | None) -> Iterator[tuple[str, str, str]]:
    """Predictor, path and state of every file that predicted months may need."""
    wanted = None if months is None else sorted(set(months))
    found = needs(catalogue, wanted)
    plain = replace(catalogue, predictors=tuple(n.predictor for n in found if not n.why))
    if wanted is not None:
        with Rasters() as rasters:
            sources = Sources(plain, rasters)
            for predictor in plain.predictors:
                for path in set[str]().union(*(sources.paths(predictor, m) for m in wanted)):
                    yield predictor.name, path, file_state(path)
    for need in found:
        if not need.why:
            continue
        predictor = need.predictor
        where = f"{catalogue.file or 'The catalogue'}: predictor '{predictor.name}'"
        stored = {m for month in wanted or () for m in needed_months(predictor, month)}
        for part in parts_of(predictor):
            files = candidates(part, catalogue.folder, where)
            # Other years may stand for those that lack.
            others = predictor.missing != "error" or wanted is None
            for file in files:
                if others or any(map(file.may_hold, stored)):
                    yield predictor.name, str(file.found.path), file.state


def with_units(catalogue: Catalogue, stack: Path | None = None) -> Catalogue:
    """The catalogue with the units that the model sees, where it leaves these to the files.

    Parameters
    ----------
    stack : a folder that may have the predictors prepared, and so their units.
    """
    if all(predictor.to_said for predictor in catalogue.predictors):
        return catalogue
    told = {}
    if stack is not None and (stack / NAME).is_file():
        told = {p.name: p.to for p in Catalogue.read(stack / NAME).predictors}
    found = []
    for predictor in catalogue.predictors:
        if not predictor.to_said:
            units = told.get(predictor.name) or _units_of_files(predictor, catalogue)
            predictor = replace(predictor, to=units, to_said=True)
        found.append(predictor)
    return replace(catalogue, predictors=tuple(found))


def _units_of_files(predictor: Predictor, catalogue: Catalogue) -> str:
    """What the first file of a predictor says of its units, in the end."""
    where = f"{catalogue.file or 'The catalogue'}: predictor '{predictor.name}'"
    if not all(is_local(pattern.text) for part in parts_of(predictor) for pattern in part.patterns):
        return predictor.to
    part = parts_of(predictor)[0]
    if predictor.operation:
        return predictor.units
    first = candidates(part, catalogue.folder, where)[0]
    with tempfile.TemporaryDirectory() as scratch:
        series = opened(part, [first], Path(scratch), where)
        try:
            return units_and_conversion(part, series, where)[0]
        finally:
            closed(series)
