"""Recognises public products among downloads: by their names, and by what is in them.

A name is no proof. What a file holds has to agree with the product's description too; where it does
not, it is said what the file is named as, what disagrees, and what else it looks like.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wco2_engine.downloads.times import times_in_names
from wco2_engine.drafting.looking import BESIDE, Damaged, Item
from wco2_engine.drafting.wholeness import whole_header
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import parse_crs
from wco2_engine.inputs.patterns import Pattern
from wco2_engine.products.headers import GridSeen, Header, header
from wco2_engine.products.keys import patterns_of
from wco2_engine.products.names import series_of_names
from wco2_engine.products.product import FileSet, GridFacts, Product, Variable
from wco2_engine.products.reading import all_products
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.units import conversion

CELLS_AGREE = 0.01  # of the size of a cell, which files round
SMALLER_LOOKS_BROKEN = 0.5  # of the usual size of a series' files
MOST_OPENED = 1500  # files of one series that are all opened
IN_OTHER_UNITS = 500.0  # times wider or narrower: degrees for metres
_SHORTEST_MONTH_STEP = 27.0  # days


@dataclass(frozen=True)
class Group:
    """Files of one kind of a product that hold one variable.

    Attributes
    ----------
    root : the folder that the product's patterns start from.
    doubt : in what the files' grid is not the product's, though all else agrees: a copy of it.
    items, dates, patterns : the files, what the name of each says, and which pattern it has.
    """

    product: Product
    variable: Variable
    kind: FileSet
    root: Path
    items: tuple[Item, ...]
    dates: tuple[Mapping[str, int], ...]
    patterns: tuple[str, ...]
    header: Header
    doubt: str = ""


@dataclass(frozen=True)
class Unknown:
    """A series of files of no known product: one pattern, one header."""

    folder: Path
    pattern: str
    items: tuple[Item, ...]
    header: Header


@dataclass
class Findings:
    """What was found in folders.

    Attributes
    ----------
    disagreements : what files that are named as a product, and are of none, hold instead: the
        words, and the files.
    ignored : numbers of files beside downloads that hold no values, by ending.
    """

    groups: list[Group] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    disagreements: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    not_understood: list[str] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)


def recognise(items: Sequence[Item], damaged: Sequence[Damaged], progress: Progress) -> Findings:
    """Which products the files are of, and what the rest looks like.

    Files of a series are each opened and read at their end, so that one that broke off is found; of
    more than `MOST_OPENED` only those that are smaller than the others, and the first.
    """
    findings = Findings(damaged=list(damaged))
    opened = _Opened(findings)
    left = dict.fromkeys(items)
    named = _named(items)
    for k, found in enumerate(named):
        stop_if_cancelled(progress)
        progress.update(0.7 * k / len(named), f"Looking at {found.product.id}")
        for item in found.items:
            left.pop(item, None)
        _check(found, opened, findings)
    sure = {item for group in findings.groups if not group.doubt for item in group.items}
    findings.groups = [g for g in findings.groups if not (g.doubt and sure & set(g.items))]
    known = {item for group in findings.groups for item in group.items}
    findings.disagreements = {
        text: files for text, files in findings.disagreements.items() if not known & set(files)
    }
    tiles = {path.resolve() for group in findings.groups for path in group.header.reads}
    rest = _series(item for item in left if item.path.resolve() not in tiles)
    for k, ((folder, pattern), members) in enumerate(rest.items()):
        stop_if_cancelled(progress)
        progress.update(0.7 + 0.3 * k / len(rest), f"Looking at {members[0].name}")
        _look_at(folder, pattern, members, opened, findings)
    return findings


def disagreements(
    product: Product, variable: Variable, seen: Header, *, any_cell: bool = False
) -> list[str]:
    """In what a file contradicts the description of a product, in words; none where it agrees.

    Parameters
    ----------
    any_cell : let copies on other cells pass.
    """
    found = []
    wanted = variable.read_as.get(seen.form, variable.read)
    layer = seen.layer(wanted) if wanted else None
    if wanted and layer is None:
        names = ", ".join(each.name for each in seen.layers if each.name) or "none"
        found.append(f"it has no variable '{wanted}' (it has {names})")
    elif variable.band and (not seen.layers or seen.layers[0].shape[0] < variable.band):
        found.append(f"it has no band {variable.band}")
    if layer is not None and not _same_units(layer.units, variable):
        units = variable.file_units[0] if variable.file_units else variable.units
        found.append(f"its unit is '{layer.units}' instead of '{units}'")
    found += _other_crs(product, seen)
    if not found and not any_cell:
        found += _other_cells(product, seen)
    if product.step == "month" and seen.step_days and seen.step_days < _SHORTEST_MONTH_STEP:
        found.append(f"its steps are {seen.step_days:.3g} days apart, not months")
    return found


def looks_like(seen: Header) -> list[str]:
    """Products, each with a variable, that a file agrees with by what is in it."""
    return [
        f"{product.id} ({variable.name})"
        for product in all_products()
        for variable in product.variables
        if variable.read
        and product.grid.cell
        and seen.grid is not None
        and seen.grid.cell is not None
        and not disagreements(product, variable, seen)
    ]


@dataclass(frozen=True)
class _Named:
    """Files whose names are those of a product."""

    product: Product
    variable: Variable
    kind: FileSet
    items: tuple[Item, ...]
    dates: tuple[Mapping[str, int], ...]
    patterns: tuple[str, ...]


class _Opened:
    """Headers of files, each looked at once; what can't be read is noted."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._headers: dict[Item, Header | None] = {}

    def __call__(self, item: Item, whole: bool = True) -> Header | None:
        if item not in self._headers:
            try:
                look = whole_header if whole else header
                self._headers[item] = look(item.path, item.member)
            except Wco2Error as error:
                self._headers[item] = None
                self._findings.damaged.append(Damaged(item, error.message))
        return self._headers[item]

    def first_whole(self, items: Sequence[Item]) -> Header | None:
        """The header of the first file that can be read; the others are looked at too."""
        usual = sorted(item.size for item in items)[len(items) // 2]
        found = None
        for item in items:
            small = item.size < usual * SMALLER_LOOKS_BROKEN
            if found is None or small or len(items) <= MOST_OPENED:
                found = self(item) or found
        return found


def _named(items: Sequence[Item]) -> list[_Named]:
    """Files by product and variable, of those products that name their files themselves."""
    relatives = [(item, item.relative) for item in items]
    found: dict[str, list[tuple[Item, Mapping[str, int]]]] = {}
    result = []
    for product in all_products():
        for kind in product.files:
            for variable in product.variables:
                if kind.any_name or kind not in product.files_of(variable):
                    continue
                members: dict[Item, tuple[Mapping[str, int], str]] = {}
                for part in (variable, *map(product.variable, variable.layers)):
                    for text in [] if part.layers else patterns_of(product, part, kind):
                        if text not in found:
                            found[text] = _matching(text, relatives)
                        members |= {item: (dates, text) for item, dates in found[text]}
                if members and _complete(product, variable, kind, found):
                    dates, patterns = zip(*members.values(), strict=True)
                    result.append(_Named(product, variable, kind, tuple(members), dates, patterns))
    return result


def _complete(
    product: Product, variable: Variable, kind: FileSet, found: Mapping[str, Sequence[object]]
) -> bool:
    """Whether there are files of every layer that a variable is the mean of."""
    return all(
        any(found[text] for text in patterns_of(product, product.variable(name), kind))
        for name in variable.layers
    )


def _matching(
    text: str, relatives: Sequence[tuple[Item, str]]
) -> list[tuple[Item, Mapping[str, int]]]:
    pattern = Pattern(text)
    # A plain search for the longest fixed piece comes first: it is far cheaper.
    pieces = [
        p for literal, *_ in string.Formatter().parse(text) for p in re.split(r"[*?]+", literal)
    ]
    longest = max(pieces, key=len).strip("/")
    matched = []
    for item, relative in relatives:
        dates = pattern.dates_in(relative) if longest in relative else None
        if dates is not None:
            matched.append((item, dates))
    return matched


def _check(found: _Named, opened: _Opened, findings: Findings) -> None:
    """Compare what the files hold with the product; note the group, or what disagrees."""
    if found.kind.form == "raw":  # bytes without a header say nothing of themselves
        findings.not_understood.append(
            f"{_some(found.items)} named as {found.product.id}. {found.product.unreadable}"
        )
        return
    seen = opened.first_whole(found.items)
    if seen is None:
        return
    wrong = disagreements(found.product, found.variable, seen, any_cell=True)
    if not wrong:
        root = _root(found.items, found.patterns)
        findings.groups.append(
            Group(
                *(found.product, found.variable, found.kind, root),
                *(found.items, found.dates, found.patterns, seen),
                " and ".join(_other_cells(found.product, seen)),
            )
        )
        return
    others = [name for name in looks_like(seen) if not name.startswith(f"{found.product.id} ")]
    like = f" It looks like {' or '.join(others[:3])}." if others else ""
    text = f"{_some(found.items)} named as {found.product.id}, but {' and '.join(wrong)}.{like}"
    findings.disagreements[text] = found.items


def _series(items: Iterable[Item]) -> dict[tuple[Path, str], list[Item]]:
    """Files by folder and pattern: those whose names differ in a date only are one series."""
    by_folder: dict[Path, dict[str, Item]] = {}
    for item in items:
        by_folder.setdefault(item.folder, {})[item.relative] = item
    return {
        (folder, pattern): [here[name] for name in names]
        for folder, here in by_folder.items()
        for pattern, names in series_of_names(here).items()
    }


def _look_at(
    folder: Path, pattern: str, members: Sequence[Item], opened: _Opened, findings: Findings
) -> None:
    """Recognise a series by what is in it, or note it as unknown."""
    ending = Path(members[0].name).suffix.lower()
    if ending in BESIDE:
        findings.ignored[ending] = findings.ignored.get(ending, 0) + len(members)
        return
    before = len(findings.damaged)
    seen = opened.first_whole(members)
    if seen is None:
        if "no raster that is known" in findings.damaged[-1].reason:
            del findings.damaged[before:]
            findings.not_understood.append(f"{_some(members)} no raster that is known.")
        elif "not looked into" in findings.damaged[-1].reason:
            del findings.damaged[before:]
            findings.not_understood.append(f"{_some(members)} packed: unpack first.")
        return
    groups = [
        Group(
            *(product, variable, kind, folder, tuple(members)),
            *(({},) * len(members), (pattern,) * len(members), seen),
        )
        for product in all_products()
        for kind in product.files
        if kind.any_name and kind.form == seen.form and _suits(kind, members[0])
        for variable in product.variables
        if variable.read and not disagreements(product, variable, seen)
    ]
    findings.groups += groups
    names = [layer.name for layer in seen.layers]
    if not groups and len(names) > 1 and times_in_names(names):
        findings.not_understood.append(
            f"{_some(members)} of a variable for each month ({', '.join(names[:3])}, …): make one "
            "of them, with a time axis."
        )
    elif not groups:
        findings.unknown.append(Unknown(folder, pattern, tuple(members), seen))


def _suits(kind: FileSet, item: Item) -> bool:
    return (kind.pack == "zip") == bool(item.member)


def _same_units(stated: str, variable: Variable) -> bool:
    """Whether what a file states is the product's unit, as far as that can be told."""
    if not stated or stated in variable.file_units:
        return True
    plain = variable.units
    if variable.per:
        plain = plain.removesuffix(f"{variable.per}-1").strip()
    try:
        return conversion(stated, plain, variable.name).identity
    except Wco2Error:
        return not variable.file_units  # a spelling that is no unit, where none is known


def _other_crs(product: Product, seen: Header) -> Iterator[str]:
    grid, described = seen.grid, product.grid
    if grid is None or not described.cell:
        return
    stated = grid.crs and described.crs and not described.state_crs
    if stated and not _same_crs(grid.crs, described.crs):
        yield "it is in another coordinate reference system"
    elif (
        not grid.crs
        and grid.cell
        and not 1 / IN_OTHER_UNITS < _ratio(grid, described) < (IN_OTHER_UNITS)
    ):
        yield f"its cells are {grid.cell[0]:.6g} wide, not {described.cell:.6g}"


def _ratio(grid: GridSeen, described: GridFacts) -> float:
    """How much wider the cells are than those of the product."""
    return (grid.cell or (0.0, 0.0))[0] / described.cell


def _other_cells(product: Product, seen: Header) -> Iterator[str]:
    grid, described = seen.grid, product.grid
    if grid is None or not described.cell:
        return
    if grid.cell is not None:
        cells = (described.cell, *described.other_cells)
        if not any(abs(grid.cell[0] - cell) <= CELLS_AGREE * cell for cell in cells):
            yield f"its cells are {grid.cell[0]:.6g} wide, not {described.cell:.6g}"
    if described.columns and not described.other_cells and grid.columns > described.columns:
        yield f"it has {grid.columns} columns, more than {described.columns}"


@cache
def _same_crs(one: str, other: str) -> bool:
    try:
        return bool(parse_crs(one) == parse_crs(other)) or _proj(one) == _proj(other)
    except Wco2Error:
        return True  # one that is not understood is no proof of another


def _proj(text: str) -> dict[str, object]:
    """The projection alone: names and axes differ by who wrote them."""
    terms = parse_crs(text).to_dict()
    skipped = ("no_defs", "wktext", "type", "init", "datum", "ellps", "units")
    return {
        key: round(value, 6) if isinstance(value, float | int) else value
        for key, value in terms.items()
        if key not in skipped and value not in (0, 0.0, True)
    }


def _root(items: Sequence[Item], patterns: Sequence[str]) -> Path:
    """The deepest folder that holds all files, each with the folders that its pattern names."""
    tops = []
    for item, pattern in zip(items, patterns, strict=True):
        named = pattern.removeprefix("**/").count("/")
        inside = item.member.count("/") + 1 if item.member else 0
        up = max(0, named - inside)
        tops.append(item.path.resolve().parents[up].parts)
    shared = []
    for level in zip(*tops, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return Path(*shared)


def _some(items: Sequence[Item]) -> str:
    """'a.nc is' or '41 files, a.nc to b.nc, are', to begin a sentence with."""
    if len(items) == 1:
        return f"{items[0].relative} is"
    return f"{len(items)} files, {items[0].relative} to {items[-1].relative}, are"
