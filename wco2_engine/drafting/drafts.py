"""Predictors drafted from what was recognised: one of each kind, or those that are asked for."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from wco2_engine.downloads.times import times_in_names
from wco2_engine.drafting.entries import Entry, free_name, named_path
from wco2_engine.drafting.looking import Item
from wco2_engine.drafting.recognising import Findings, Group, Unknown, disagreements
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.inputs.patterns import Pattern
from wco2_engine.options import GROUPS
from wco2_engine.products.headers import Layer
from wco2_engine.products.keys import keys_of
from wco2_engine.products.names import literal, plain_name, series_of_names, when_of_pattern
from wco2_engine.products.product import Product, Variable
from wco2_engine.products.reading import all_products
from wco2_engine.products.request import years_of
from wco2_engine.season import format_years
from wco2_engine.units import is_unit

# Beginnings of words in names of files and variables that tell what a predictor is sorted under;
# whole words end with _. Chinese, which parts no words, may stand anywhere.
_WORDS = {
    "permafrost": ("permafrost", "active_layer", "magt_", "ground_ice", "alt_", "冻土", "活动层"),
    "snow": ("snow", "swe_", "snd_", "snw_", "雪"),
    "vegetation": (
        *("ndvi", "evi_", "lai", "gpp_", "tree", "vegetation", "land_cover", "landcover"),
        *("植被", "土地覆盖", "叶面积"),
    ),
    "soil": (
        *("soil", "clay", "sand_", "silt", "t_oc_", "soc", "bulk", "stl", "swvl", "hwsd"),
        *("土壤", "黏土", "有机碳"),
    ),
    "terrain": ("elevation", "dem_", "slope", "etopo", "gmted", "aspect_", "高程", "坡度"),
    "climate": (
        *("t2m_", "tas", "tair", "tmean", "tmin", "tmax", "temp", "precip", "tp_", "ppt"),
        *("radiation", "wind", "koppen", "climat", "气温", "降水", "辐射", "风速"),
    ),
}
MOST_OF_UNKNOWN = 12  # variables of one unknown file that are drafted without being asked for
_FILES_A_YEAR = {"year": 1, "half-year": 2, "month": 12, "half-month": 24}


@dataclass(frozen=True)
class Here:
    """One variable of a product, with all files of it."""

    product: Product
    variable: Variable
    groups: tuple[Group, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(dict.fromkeys(item for group in self.groups for item in group.items))

    @property
    def counts(self) -> Counter[int]:
        """Files by the year in their names; where these say none, the years of a time axis."""
        found: Counter[int] = Counter()
        for group in self.groups:
            named = [_year_of(group, k) for k in range(len(group.items))]
            found.update([year for year in named if year] or group.header.years)
        return found


def _year_of(group: Group, k: int) -> int | None:
    """The year in a file's name; of a file that people named, only if others differ in it."""
    if not group.kind.any_name:
        return group.dates[k].get("year")
    if len(group.items) < 2:
        return None
    dates = Pattern(group.patterns[k]).dates_in(group.items[k].relative)
    return None if dates is None else dates.get("year")


def draft(
    findings: Findings, target: Path, asked: Sequence[str], years: Sequence[int]
) -> tuple[list[Entry], list[str]]:
    """Predictors for a catalogue at `target`, and what else there is, in words.

    Parameters
    ----------
    asked : names of variables, or what they measure; all that is useful where empty.
    years : that are wanted; from the first to the last that is there where empty.

    Raises
    ------
    Wco2Error : when something that was asked for is not there.
    """
    here = _all_here(findings)
    chosen = _asked(here, findings, asked) if asked else _useful(here, years)
    order = {name: k for k, name in enumerate(GROUPS)}
    chosen.sort(key=lambda each: order[each.variable.group])
    entries: list[Entry] = []
    told: set[str] = set()
    for each in chosen:
        names = [entry.name for entry in entries]
        entries.append(_entry(each, target.parent, names, years, each.product.id not in told))
        told.add(each.product.id)
    for unknown in findings.unknown:
        for layer in _layers(unknown, asked):
            entries.append(_unknown_entry(unknown, layer, target.parent, [e.name for e in entries]))
    return entries, list(_also(here, chosen))


def _all_here(findings: Findings) -> list[Here]:
    by_variable: dict[tuple[str, str], list[Group]] = {}
    for group in findings.groups:
        by_variable.setdefault((group.product.id, group.variable.name), []).append(group)
    found = [
        Here(groups[0].product, groups[0].variable, tuple(_one_form(groups)))
        for groups in by_variable.values()
    ]
    return found + list(_derived(found))


def _one_form(groups: Sequence[Group]) -> list[Group]:
    """Of the same variable in several forms, netCDF and GRIB, the form with the most files."""
    files = Counter[str]()
    for group in groups:
        files[group.kind.form] += len(group.items)
    best = max(files, key=lambda form: files[form])
    return [group for group in groups if group.kind.form == best]


def _derived(found: Sequence[Here]) -> Iterator[Here]:
    """Variables that are computed from others, or a mean of others, where all of these are here."""
    names = {(each.product.id, each.variable.name): each for each in found}
    for product in {each.product.id: each.product for each in found}.values():
        for variable in product.variables:
            if (product.id, variable.name) in names:
                continue
            parts = [n for key, n in variable.derive.items() if key != "what"]
            parts += list(variable.layers)
            if parts and all((product.id, part) in names for part in parts):
                groups = [g for part in parts for g in names[product.id, part].groups]
                yield Here(product, variable, tuple(replace(g, variable=variable) for g in groups))


def _useful(here: Sequence[Here], years: Sequence[int]) -> list[Here]:
    """One of each kind: what covers most years, has months, has cells of about 0.1 degree."""
    best: dict[tuple[str, str], Here] = {}
    with_useful = {each.product.id for each in here if each.variable.draft}
    for each in here:
        useful = each.variable.draft or each.product.id not in with_useful
        if not useful or each.product.unreadable:
            continue
        kind = (each.variable.group, each.variable.measures)
        if kind not in best or _rank(each, years) > _rank(best[kind], years):
            best[kind] = each
    return list(best.values())


def _rank(each: Here, years: Sequence[int]) -> tuple[float, ...]:
    covered = set(each.counts)
    return (
        len(covered & set(years)) if years else len(covered),
        each.product.step == "month",
        not each.product.superseded_by,
        -abs(math.log(_degrees(each.product) / 0.1)),
    )


def _degrees(product: Product) -> float:
    """The size of a cell, roughly, in degrees; 0.1 where a product has none of its own."""
    cell = product.grid.cell or 0.1
    return cell / 111_000 if cell > 10 else cell


def _asked(here: Sequence[Here], findings: Findings, asked: Sequence[str]) -> list[Here]:
    chosen = []
    known = {each.variable.name for each in here} | {each.variable.measures for each in here}
    known |= {layer.name for unknown in findings.unknown for layer in unknown.header.layers}
    known |= {
        _name_of(unknown, layer) for unknown in findings.unknown for layer in unknown.header.layers
    }
    for name in asked:
        found = [each for each in here if name in (each.variable.name, each.variable.read)]
        found = found or [each for each in here if each.variable.measures == name]
        if not found and name not in known:
            raise Wco2Error(
                f"There is no variable '{name}' in what was found.",
                nearest_name(name, known - {""}),
            )
        chosen += [each for each in found if each not in chosen]
    return chosen


def _entry(
    each: Here, folder: Path, taken: Sequence[str], wanted: Sequence[int], first: bool
) -> Entry:
    product, variable = each.product, each.variable
    root = each.groups[0].root
    keys: dict[str, Any] = {
        "product": product.id,
        "variable": variable.name,
        "root": named_path(root, folder) or ".",
    }
    paths = _paths(each)
    if paths:
        keys["path"] = paths[0] if len(paths) == 1 else paths
    drafted = keys_of(product.id, variable.name, "", paths=())
    keys |= {key: drafted[key] for key in ("window", "missing") if key in drafted}
    units = (
        variable.units
        if variable.units == variable.used_units
        else (f"{variable.units}, {variable.used_units} for the model")
    )
    about = [f"{product.title}: {variable.title} ({units})."]
    if first:
        about += [f"Cite: {c.text}" + (f" doi:{c.doi}" if c.doi else "") for c in product.cite]
        about += [f"Licence: {product.licence.name}. {product.licence.attribution}".rstrip()]
        about += [f"Trap: {trap}" for trap in product.traps]
    about += [f"Trap: {trap}" for trap in variable.traps]
    doubt = [key for key in product.doubtful if _concerns(key, variable)]
    if doubt:
        about.append(f"Not confirmed by any document, so look at it: {', '.join(doubt)}.")
    for other in dict.fromkeys(group.doubt for group in each.groups if group.doubt):
        about.append(f"Look at this: {other}. Its values may be changed too: {_copy_of(product)}")
    have, absent, said = _years(each, wanted)
    return Entry(
        name=free_name(variable.name, taken, product.id.partition("-")[0], product.id),
        keys=keys,
        about=tuple(about + said),
        todo=tuple(_choices(each, absent)),
        files=len(each.items),
        years=have,
        absent=absent,
    )


def _copy_of(product: Product) -> str:
    return f"it is a copy of {product.id} on other cells, or another product."


def _suggested(unknown: Unknown, layer: Layer) -> str:
    """What an unknown file looks like, but for its cells, of products whose files people name."""
    found = [
        (product, variable)
        for product in all_products()
        if any(kind.any_name for kind in product.files)
        for variable in product.variables
        if layer.name
        and layer.name == variable.read_as.get(unknown.header.form, variable.read)
        and not disagreements(product, variable, unknown.header, any_cell=True)
    ]
    if not found:
        return ""
    names = " or ".join(product.id for product, _ in found)
    product, variable = found[0]
    per = f" It would know that the unit is {variable.units}." if variable.per else ""
    return (
        f"choose: it looks like {names} on other cells. If it is, write product = "
        f'"{product.id}" and variable = "{variable.name}", without variable and units here.{per}'
    )


def _concerns(key: str, variable: Variable) -> bool:
    told = (".traps", ".title", ".request", ".about", ".columns", ".rows")
    return key.startswith(("grid.", f"variables.{variable.name}.")) and not key.endswith(told)


def _paths(each: Here) -> list[str]:
    """Paths below the root of files that people named; the product knows the others."""
    found: list[str] = []
    for group in each.groups:
        if not group.kind.any_name:
            return []
        names = [item.relative for item in group.items]
        for pattern, series in series_of_names(names).items():
            together = len(series) > 1 and ("{year" in pattern or "*" in pattern)
            found += [pattern] if together else [literal(name) for name in series]
    return list(dict.fromkeys(found))


def _years(each: Here, wanted: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], list[str]]:
    """Years that are there, those that are missing, and what is to be said of both."""
    counts, product = each.counts, each.product
    if not counts or product.step in ("static", "climatology"):
        return (), (), []
    have = tuple(sorted(counts))
    span = wanted or range(have[0], have[-1] + 1)
    absent = tuple(year for year in span if year not in counts)
    exist = set(years_of(product))
    count = len(each.items)
    said = [f"Here: {format_years(have)}, {count} file{'s' if count > 1 else ''}."]
    never = [year for year in absent if year not in exist]
    lost = [year for year in absent if year in exist]
    if never:
        said.append(f"The product has nothing of {format_years(never)}.")
    if lost:
        said.append(f"Missing here: {format_years(lost)}.")
    usual = _FILES_A_YEAR.get(each.groups[0].kind.holds, 0)
    months = 12 - len(product.absent_months)
    usual = usual * months // 12 if usual >= 12 else usual
    parts = len(each.variable.layers) or 1
    few = [y for y in have[1:-1] if usual and counts[y] < usual * parts]
    if few:
        said.append(f"Incomplete: {', '.join(f'{y} ({counts[y]} of {usual} files)' for y in few)}.")
    return have, absent, said


def _choices(each: Here, absent: Sequence[int]) -> Iterator[str]:
    """What only a person can decide."""
    for group in each.groups:
        by_date: dict[tuple[str, tuple[tuple[str, int], ...]], list[Item]] = {}
        if group.dates[0] and not each.variable.layers:
            for item, dates, text in zip(group.items, group.dates, group.patterns, strict=True):
                by_date.setdefault((text, tuple(sorted(dates.items()))), []).append(item)
        twice = next((items for items in by_date.values() if len(items) > 1), None)
        if twice:
            yield (
                f"choose: {twice[0].relative} and {twice[1].relative} are of the same time. Name "
                "one kind of them by path."
            )
        elif group.kind.holds in ("all", "static") and not group.kind.any_name:
            yield from _several(each, group)
    gap = [year for year in absent if min(each.counts) < year < max(each.counts)]
    if gap and not each.variable.missing:
        yield (
            f"choose: {format_years(gap)} missing. Get them, or add "
            'missing = "climatology" or "nearest".'
        )


def _several(each: Here, group: Group) -> Iterator[str]:
    if len(group.items) > 1 and not each.variable.layers:
        names = ", ".join(item.name for item in group.items[:4])
        yield (
            f"choose: {len(group.items)} files, {names}. If they are not parts of one series, "
            "name one by path."
        )


def _layers(unknown: Unknown, asked: Sequence[str]) -> list[Layer]:
    layers = [layer for layer in unknown.header.layers if _is_map(unknown, layer)]
    if asked:
        return [
            layer for layer in layers if layer.name in asked or _name_of(unknown, layer) in asked
        ]
    return layers[:MOST_OF_UNKNOWN]


def _is_map(unknown: Unknown, layer: Layer) -> bool:
    """Whether a variable lies on the file's grid, and is no coordinate of it."""
    grid = unknown.header.grid
    if layer.units.startswith("degrees_") or layer.name.lower() in ("lat", "lon", "latitude"):
        return False
    return grid is None or {grid.columns, grid.rows} <= set(layer.shape)


def _name_of(unknown: Unknown, layer: Layer) -> str:
    file = unknown.pattern if len(unknown.items) > 1 else unknown.items[0].relative
    return plain_name(f"{layer.name.rpartition('/')[2]}." if layer.name else file)


def _group_of(name: str) -> str:
    """The group that a name speaks of; empty where it speaks of none."""
    words = "_".join(["", *re.split(r"[\W_]+", name.lower()), ""])
    for group, beginnings in _WORDS.items():
        if any((f"_{begin}" if begin.isascii() else begin) in words for begin in beginnings):
            return group
    return ""


def _unknown_entry(unknown: Unknown, layer: Layer, folder: Path, taken: Sequence[str]) -> Entry:
    """An entry of what no product describes: what its names and header say, and what they don't."""
    several = len(unknown.items) > 1
    path = _path_of(unknown) if several else literal(unknown.items[0].relative)
    root = named_path(unknown.folder, folder)
    steps = layer.shape[0] if len(layer.shape) > 2 else 1
    when = when_of_pattern(path, steps)
    named = times_in_names(layer.bands) if steps > 1 else ()
    dated_axis = bool(unknown.header.years or named)
    by_month = {"year", "month"} <= {name.lower() for name in layer.dims}  # an axis each
    steps_of_months = unknown.header.step_days is not None and unknown.header.step_days < 300
    of_years = any(stamp.calendar_month is None for stamp in named)
    if by_month or of_years or (unknown.header.years and steps_of_months):
        when = "monthly"
    name = _name_of(unknown, layer)
    group = _group_of(name) or _group_of(unknown.items[0].name)
    keys: dict[str, Any] = {"group": group or "climate"}
    if root not in ("", "."):
        keys["root"] = root
    keys["path"] = path
    if layer.name:
        keys["variable"] = layer.name
    keys["when"] = when
    todo = [] if group else [f"choose: group, one of {', '.join(GROUPS)}."]
    suggested = _suggested(unknown, layer)
    todo += [suggested] if suggested else []
    if not layer.units:
        todo.append(
            'choose: units as stored, e.g. units = "K" (and to = "degC"); the files say none.'
        )
    elif not is_unit(layer.units):
        todo.append(f"choose: units as stored; the files say '{layer.units}', which is no unit.")
    else:
        keys["units"] = layer.units
    within = {"day", "doy", "half"} & Pattern(path).fields
    short = unknown.header.step_days is not None and unknown.header.step_days < 27
    if when == "monthly" and (within or short):
        keys["steps"] = {"reduce": "mean"}
        if short or not _is_monthly(unknown):
            todo.append(
                "choose: how the steps of a month become the month (mean, max, min, sum, last)."
            )
    if "{year" not in path and ("{month:02d}" in path or "{month}" in path):
        todo.append("look: files numbered 01 to 12 are read as January to December. Are they?")
    if steps > 1 and not layer.name and not dated_axis:
        todo.append(
            f"choose: {steps} bands. If their names say no dates, say what they are in order: "
            'bands = "months".'
        )
    if unknown.header.grid is not None and not unknown.header.grid.crs:
        todo.append('choose: crs, e.g. crs = "EPSG:4326"; the files state none.')
    return Entry(
        name=free_name(name, taken),
        keys=keys,
        about=(f"Of no known product: {len(unknown.items)} files, {unknown.items[0].relative} …",),
        todo=tuple(todo),
        files=len(unknown.items),
        years=tuple(sorted(_years_of_unknown(unknown))),
    )


def _path_of(unknown: Unknown) -> str:
    """The path of a series; * for the year where a file's own dates go beyond it, as those of a
    winter or a water year do."""
    pattern = Pattern(unknown.pattern)
    named = (pattern.dates_in(unknown.items[0].relative) or {}).get("year")
    own = set(unknown.header.years)
    if pattern.fields != {"year"} or named not in own or own == {named}:
        return unknown.pattern
    return unknown.pattern.replace("{year}", "*")


def _is_monthly(unknown: Unknown) -> bool:
    """Whether no two files are of one month, by their names."""
    pattern = Pattern(unknown.pattern)
    months = Counter(
        _month_of(dates) for item in unknown.items if (dates := pattern.dates_in(item.relative))
    )
    return max(months.values(), default=0) == 1


def _month_of(dates: Mapping[str, int]) -> tuple[int, int]:
    if "doy" in dates and "month" not in dates:
        day = date(dates["year"], 1, 1) + timedelta(days=dates["doy"] - 1)
        return day.year, day.month
    return dates.get("year", 0), dates.get("month", 0)


def _years_of_unknown(unknown: Unknown) -> set[int]:
    found = set(unknown.header.years) if len(unknown.items) == 1 else set()
    if len(unknown.items) == 1 and len(unknown.header.layers) == 1:
        stamps = times_in_names(unknown.header.layers[0].bands)
        found |= {day.astype(object).year for s in stamps if (day := s.middle) is not None}
    pattern = Pattern(unknown.pattern)
    if len(unknown.items) > 1 and "year" in pattern.fields:
        for item in unknown.items:
            dates: Mapping[str, int] = pattern.dates_in(item.relative) or {}
            found |= {dates["year"]} if "year" in dates else set()
    return found


def _also(here: Sequence[Here], chosen: Sequence[Here]) -> Iterator[str]:
    """What else there is that was not drafted, by product."""
    left: dict[str, list[str]] = {}
    taken = {(each.product.id, each.variable.name) for each in chosen}
    for each in here:
        if (each.product.id, each.variable.name) not in taken:
            why = f" ({each.product.unreadable})" if each.product.unreadable else ""
            left.setdefault(f"{each.product.id}{why}", []).append(each.variable.name)
    yield from (f"{product}: {', '.join(names)}" for product, names in left.items())
