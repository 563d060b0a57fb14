"""Regions: who owns a point or a cell, and which winter it has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.escaping import is_plain_name
from wco2_engine.inputs.areas import (
    Area,
    Box,
    FloatArray,
    area_from_json,
    latitudes,
    parse_box,
    read_polygons,
)
from wco2_engine.inputs.toml import read_toml
from wco2_engine.season import MONTH_NAMES, Winter

NO_REGION = -1
DEFAULT_WINTER = Winter((10, 11, 12, 1, 2, 3, 4))


@dataclass(frozen=True)
class Region:
    """A part of the Earth with a model and a winter of its own."""

    name: str
    winter: Winter
    area: Area

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return {
            "name": self.name,
            "months": list(self.winter.months),
            "label": self.winter.label,
            **self.area.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Region:
        """The region that `to_json` wrote; everything in it is checked.

        Raises
        ------
        Wco2Error : when a value is missing, of the wrong kind or out of bounds.
        """
        if not isinstance(data, Mapping):
            raise Wco2Error("A region is no table of values.")
        name = _checked_name(data.get("name"))
        where = f"Region '{name}'"
        if "months" not in data:
            raise Wco2Error(f"{where} has no list of months.")
        winter = _winter(data, DEFAULT_WINTER, where, checked=False)
        return cls(name, winter, area_from_json(data, where))


EVERYWHERE = (Region("everywhere", DEFAULT_WINTER, Box(-180.0, -90.0, 180.0, 90.0)),)


def assign_region(
    regions: Sequence[Region], longitude: FloatArray, latitude: FloatArray
) -> NDArray[np.int16]:
    """The index of the first region that holds each point, or `NO_REGION`; `(n,)` int16."""
    owners = np.full(longitude.shape, NO_REGION, np.int16)
    for index, region in enumerate(regions):
        free = np.flatnonzero((owners == NO_REGION) & np.isfinite(longitude))
        owners[free[region.area.contains(longitude[free], latitude[free])]] = index
    return owners


def parse_regions(
    tables: Sequence[Mapping[str, Any]], default: Winter, folder: Path
) -> tuple[Region, ...]:
    """Regions from the `[[region]]` tables of a study or region file.

    Parameters
    ----------
    tables : each with `name`, `geometry` (an OGR source, relative to `folder`) or `bbox`, and
        optionally `months` and `label`.
    default : the winter of a region that names none.

    Raises
    ------
    Wco2Error : for unknown keys, a repeated name, or a geometry that can't be read.
    """
    regions: list[Region] = []
    if not isinstance(tables, Sequence) or not all(isinstance(t, Mapping) for t in tables):
        raise Wco2Error("region is no list of tables.", "Write [[region]] above its keys.")
    for table in tables:
        name = _checked_name(table.get("name"))
        where = f"Region '{name}'"
        check_names(table, ("name", "geometry", "bbox", "months", "label"), where)
        if name in (region.name for region in regions):
            raise Wco2Error(f"{where} is there twice.", "Give each region a name of its own.")
        if ("bbox" in table) == ("geometry" in table):
            raise Wco2Error(f"{where} needs either bbox or geometry.", "Keep one of them.")
        winter = _winter(table, default, where)
        area: Area = (
            parse_box(table["bbox"], where)
            if "bbox" in table
            else read_polygons(folder / _text(table["geometry"], where), where)
        )
        _check_season(winter, area, where)
        regions.append(Region(name, winter, area))
    if not regions:
        raise Wco2Error("No region is given.", "Add a [[region]] with a name and a bbox.")
    return tuple(regions)


def _check_season(winter: Winter, area: Area, where: str) -> None:
    """Raise for a winter that holds its region's summer.

    Raises
    ------
    Wco2Error : for July or August north of the equator, January or February south of it.
    """
    south, north = latitudes(area)
    summer = (7, 8) if south >= 0 else (1, 2) if north <= 0 else ()
    held = [MONTH_NAMES[m - 1] for m in winter.months if m in summer]
    if held:
        raise Wco2Error(
            f"{where}: its winter of {len(winter.months)} months, {winter}, holds "
            f"{' and '.join(held)}, which are summer there.",
            "Give the months of winter, e.g. [10, 11, 12, 1, 2, 3, 4].",
        )


def parse_winter(table: Mapping[str, Any], where: str) -> Winter:
    """The winter of a `[winter]` table; October to April, named by January, where it says nothing.

    Raises
    ------
    Wco2Error : for unknown keys, or months and labels that are none.
    """
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where}: winter is no table.", "Write [winter] above its keys.")
    check_names(table, ("months", "label"), f"{where}: [winter]")
    return _winter(table, DEFAULT_WINTER, where)


def _winter(
    table: Mapping[str, Any], default: Winter, where: str, *, checked: bool = True
) -> Winter:
    """The winter of a table; that of a model file is taken as it was trained with."""
    months = table.get("months", default.months)
    if not isinstance(months, Sequence) or isinstance(months, str):
        raise Wco2Error(f"{where}: months = {months!r} is no list.", "Write [10, 11, 12, 1, 2].")
    try:
        winter = Winter(tuple(months), table.get("label", default.label))
    except Wco2Error as error:
        raise Wco2Error(f"{where}: {error.message}", error.hint) from error
    if checked and winter.label == "january" and 1 not in winter.months:
        raise Wco2Error(
            f"{where}: winters are named by the year of their January, but the months "
            f"{list(winter.months)} hold none.",
            'Add January to the months, or set label = "start" (the year of the first month).',
        )
    return winter


def read_regions(path: Path | str) -> tuple[Region, ...]:
    """Regions from a TOML file with `[[region]]` and `[winter]` tables; a study file will do.

    Raises
    ------
    Wco2Error : see `parse_regions`.

    Examples
    --------
    >>> from wco2_engine import read_regions
    >>> [region.name for region in read_regions("study.toml")]
    ['siberia']
    """
    path = Path(path)
    tables = read_toml(path, "Regions")
    default = parse_winter(tables.get("winter", {}), str(path))
    return parse_regions(tables.get("region", []), default, path.parent)


def geometry_files(path: Path) -> list[str]:
    """The files that the regions of a TOML file take their polygons from.

    Raises
    ------
    Wco2Error : when the file can't be read.
    """
    tables = read_toml(path, "Regions").get("region", [])
    named = [table.get("geometry") for table in tables if isinstance(table, Mapping)]
    return [str(path.parent / name) for name in named if isinstance(name, str)]


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not is_plain_name(name) or any(c in name for c in "/\\"):
        raise Wco2Error(f"A region has no usable name ({name!r}).", 'Give it e.g. name = "arctic".')
    return name


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Wco2Error(f"{where}: geometry = {value!r} is no path.", "Put it in quotes.")
    return value
