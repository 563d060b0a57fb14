"""A folder of maps, one a winter: what there is, on which cells, read a piece at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.escaping import one_line
from wco2_engine.grid import Grid, Tile, parse_crs
from wco2_engine.inputs.opening import open_raster, tags_of, units_of
from wco2_engine.inputs.rasters import Encoding, RasterInfo, Rasters
from wco2_engine.mapping.record import RECORD, PredictionRecord
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, format_years
from wco2_engine.units import flux_conversion

FloatArray = NDArray[np.float64]
FLUX, MEAN_FLUX = "winter_flux", "winter_flux_mean"
WINTER_UNITS = "g C m-2 winter-1"
IMPOSSIBLE = 9000.0  # g C m-2 winter-1; what is beyond says "missing" and is not declared as such

_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_A_WINTER = re.compile(r"(?:\s|^)(?:/\s*)?(winter|season|year|yr|a)(-1|\^-1)?$")


@dataclass(frozen=True, repr=False)
class MapSeries:
    """Maps of one quantity, one a winter, on the same cells. Made by `read`.

    Attributes
    ----------
    folder : as it was named.
    maps : by year, the file; members : by year, the file with a band a member, where there is one.
    record : what prediction.json says of the run that made the maps; empty for others' maps.
    factor : what stored values are multiplied by to be in g C m-2 winter-1; 1 for what is no flux.
    """

    folder: Path
    quantity: str
    grid: Grid
    maps: Mapping[int, Path]
    members: Mapping[int, Path]
    record: Mapping[str, Any]
    encoding: Encoding
    factor: float = 1.0

    @classmethod
    def read(
        cls,
        folder: Path | str,
        quantity: str = FLUX,
        crs: str | None = None,
        units: str | None = None,
    ) -> MapSeries:
        """The maps of a folder that `wco2 predict` made, or of any folder with a GeoTIFF a year.

        Parameters
        ----------
        folder : with `prediction.json` and a folder for the quantity, or with the maps themselves,
            whose names hold the year; or one such map.
        crs : of maps that state none.
        units : of maps that state none, e.g. "g C m-2" or "kg CO2 m-2", a winter being understood.

        Raises
        ------
        Wco2Error : when there are no maps, two for one year, maps on different cells, or maps
            without a CRS or unit that is not given either.

        Examples
        --------
        >>> from wco2_engine import MapSeries
        >>> series = MapSeries.read("results/maps")
        >>> series
        MapSeries(winter_flux, winters 2001-2002,
            Grid(EPSG:4326, 10 x 10 cells of 1 x 1, west 100, south 60, east 110, north 70))
        >>> series.map_of(2001).shape
        (10, 10)
        """
        if crs is not None:
            parse_crs(crs)
        folder = Path(folder)
        home: Path
        record: Mapping[str, Any]
        if folder.is_file():
            home, record, maps = folder.parent, {}, _one(folder)
        elif folder.is_dir():
            home, record = _record(folder, quantity)
            maps = _maps(folder, home, quantity, record)
        else:
            raise Wco2Error(f"{folder} is no folder of maps.", "Name the folder that holds them.")
        members = _members(home, quantity, maps, record) if record else {}
        encoding = Encoding(crs=crs)
        with Rasters() as rasters:
            if crs is not None:
                _check_stated(rasters, next(iter(maps.values())), crs)
            found = {year: _described(rasters, path, encoding) for year, path in maps.items()}
            for path in members.values():
                _described(rasters, path, encoding)
        first = min(maps)
        grid = found[first].georeference
        for year, info in found.items():
            if not grid.is_like(info.georeference):
                raise Wco2Error(
                    f"{maps[year]} lies on other cells than {maps[first]}.",
                    "Give a folder whose maps share one grid.",
                )
        factor = _factor(maps[first], units) if quantity.startswith(FLUX) else 1.0
        return cls(folder, quantity, grid, maps, members, record, encoding, factor)

    def __repr__(self) -> str:
        return f"MapSeries({self.quantity}, winters {format_years(self.years)}, {self.grid})"

    @property
    def years(self) -> tuple[int, ...]:
        """The winters, from the first to the last."""
        return tuple(self.maps)

    @property
    def model_fingerprint(self) -> str:
        """Of the model that made the maps; empty for others' maps."""
        return one_line(str(self.record.get("model", "")))

    @property
    def simulated(self) -> bool:
        """Whether the maps are of a simulated study."""
        return self.record.get("simulated") is True

    @property
    def members_corrected(self) -> bool:
        """Whether members were moved by what they err at sites that they did not see."""
        return self.record.get("members_corrected") is True

    @property
    def is_of_means(self) -> bool:
        """Whether the maps are of means, which alone add up; others' maps are taken to be."""
        if self.quantity != FLUX:
            return True
        told = self.record.get("aggregate") or {}
        return all(each.get("name") == "mean" for each in told.values())

    @property
    def added_up(self) -> str:
        """What is to be told where maps are added up, over winters or cells; "" for nothing."""
        if self.quantity == MEAN_FLUX:
            return f"{self.folder}: of {MEAN_FLUX}, as means alone add up."
        if self.is_of_means:
            return ""
        return (
            f"{self.folder}: a winter is the sum of monthly medians or trimmed means, which is "
            f"neither of the sum and falls short of the mean. There is no {MEAN_FLUX}: predict "
            "with mean = true."
        )

    @cached_property
    def n_members(self) -> int:
        """Bands of the members' maps; 0 unless every winter has one with as many."""
        if set(self.members) != set(self.maps):
            return 0
        with Rasters() as rasters:
            counts = {
                rasters.info(str(path), self.encoding).count for path in self.members.values()
            }
        return counts.pop() if len(counts) == 1 else 0

    def values(self, year: int, tile: Tile, band: int = 1) -> FloatArray:
        """A piece of a winter's map, `(height, width)` float64, NaN where there is no value.

        Raises
        ------
        Wco2Error : when it can't be read, or holds what no flux is, such as -9999.
        """
        path = self.maps[year]
        with Rasters() as rasters:
            info = rasters.info(str(path), self.encoding)
            values = rasters.window(info, band, *tile) * self.factor
        return self._possible(values, path)

    def map_of(self, year: int) -> FloatArray:
        """All of a winter's map, read by strips: `(height, width)`, NaN where there is no value."""
        return np.concatenate([self.values(year, strip) for strip in self.grid.strips()])

    def member_values(self, year: int, tile: Tile) -> FloatArray:
        """A piece of all members' maps of a winter, `(n_members, height, width)` float64.

        Raises
        ------
        Wco2Error : see `values`.
        """
        path = self.members[year]
        with Rasters() as rasters:
            info = rasters.info(str(path), self.encoding)
            bands = [rasters.window(info, band, *tile) for band in range(1, info.count + 1)]
        return self._possible(np.stack(bands) * self.factor, path)

    def _possible(self, values: FloatArray, path: Path) -> FloatArray:
        if self.quantity.startswith(FLUX):
            with np.errstate(invalid="ignore"):
                strange = values[np.abs(values) >= IMPOSSIBLE]
            if strange.size:
                raise Wco2Error(
                    f"{path} holds {strange[0] / self.factor:g}, which is no flux of a winter.",
                    "If it means that there is no value, say so in the file: "
                    "gdal_edit.py -a_nodata. Else look at the unit.",
                )
        return values


def quantity_of_totals(folder: Path | str) -> str:
    """What is added up of a folder of maps: the means, where its run mapped them beside the fluxes.

    A region may predict medians, and only means add up. Whoever names the folder of the fluxes
    themselves has those.
    """
    folder = Path(folder)
    if not (folder / RECORD).is_file():
        return FLUX
    names = PredictionRecord.read(folder).names or ()
    return MEAN_FLUX if any(name.parent == Path(MEAN_FLUX) for name in names) else FLUX


def _record(folder: Path, quantity: str) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the run that made the maps, and what it recorded; others' maps have none.

    The quantity's own folder stands for that of the run; the folder of another quantity does not.
    """
    place = folder.resolve()
    for home in (folder, place.parent) if place.name == quantity else (folder,):
        if (home / RECORD).is_file():
            found = PredictionRecord.read(home)
            if home == folder or found.names is not None:
                return home, found.entries
    return folder, {}


def _maps(folder: Path, home: Path, quantity: str, record: Mapping[str, Any]) -> dict[int, Path]:
    """The files of a quantity by year, sorted."""
    place = home / quantity if record else folder
    listed = record.get("maps")
    if isinstance(listed, list):  # maps of earlier runs may lie beside those of this one
        names = [Path(str(name)) for name in listed]
        files = [place / name.name for name in names if name.parent.name == quantity]
    else:
        files = sorted(p for p in place.glob("*") if p.suffix.lower() in (".tif", ".tiff"))
    years = _years_in([path.stem for path in files])
    found: dict[int, Path] = {}
    for path, year in zip(files, years, strict=True):
        if year is None:
            continue
        if year in found:
            raise Wco2Error(
                f"{found[year].name} and {path.name} in {place} are both of {year}.",
                "Give a folder with one map a winter.",
            )
        if not path.is_file():
            raise Wco2Error(
                f"{home / RECORD} names {path}, which is not there.",
                "Make the maps again with wco2 predict.",
            )
        found[year] = path
    if not found:
        there = sorted(p.name for p in home.iterdir() if p.is_dir() and not p.name.startswith("."))
        raise Wco2Error(
            f"{place} holds no map of a year (GeoTIFF with the year in its name).",
            nearest_name(quantity, there) if record and there else "Name another folder.",
        )
    return dict(sorted(found.items()))


def _one(path: Path) -> dict[int, Path]:
    """A single map by its year."""
    [year] = _years_in([path.stem])
    if year is None:
        raise Wco2Error(f"The name of {path} holds no year.", "Put the year into the file's name.")
    return {year: path}


def _years_in(names: list[str]) -> list[int | None]:
    """The year of each name; where several stand in it, the one that few other names share."""
    candidates = [
        [int(y) for y in _YEAR.findall(name) if FIRST_YEAR <= int(y) <= LAST_YEAR] for name in names
    ]
    shared = Counter(year for years in candidates for year in set(years))
    return [min(years, key=lambda y: shared[y]) if years else None for years in candidates]


def _members(
    home: Path, quantity: str, maps: Mapping[int, Path], record: Mapping[str, Any]
) -> dict[int, Path]:
    """The members' maps by year. Those that the record does not name are of an earlier run."""
    named = {str(name) for name in record.get("maps") or ()}
    quantity = FLUX if quantity == MEAN_FLUX else quantity  # members predict means
    places = {year: f"{quantity}_members/{quantity}_members_{year}.tif" for year in maps}
    found = {year: home / place for year, place in places.items() if place in named}
    for path in found.values():
        if not path.is_file():
            raise Wco2Error(
                f"{home / RECORD} names {path}, which is not there.",
                "Make the maps again with wco2 predict.",
            )
    return found


def _check_stated(rasters: Rasters, path: Path, crs: str) -> None:
    """Raise when a map states another CRS than the one that is given for maps without."""
    try:
        stated = rasters.info(str(path), Encoding()).georeference.crs
    except Wco2Error:  # it states none
        return
    if parse_crs(stated) != parse_crs(crs):
        raise Wco2Error(
            f"{path} states that it is in {stated}, not {crs}.",
            "Leave --crs out: it is for maps that state none.",
        )


def _described(rasters: Rasters, path: Path, encoding: Encoding) -> RasterInfo:
    try:
        return rasters.info(str(path), encoding)
    except Wco2Error as error:
        if "states no coordinate reference system" not in error.message:
            raise
        raise Wco2Error(
            error.message, "If you know it, give it: --crs EPSG:4326 for degrees, for example."
        ) from error


def _factor(path: Path, units: str | None) -> float:
    """What turns the numbers of a map into g C m-2 winter-1."""
    with open_raster(path) as source:
        stated = units or units_of(source)[0] or tags_of(source, 1).get("units", "")
    if not stated:
        raise Wco2Error(
            f"{path} states no unit.",
            "If you know it, give it: --units 'g C m-2', a winter being understood.",
        )
    amount = _A_WINTER.sub("", stated.strip())
    if amount == stated.strip() and re.search(
        r"(month|day|s|h)(-1|\^-1)|/\s*(month|day|s|h)\b", amount
    ):
        raise Wco2Error(
            f"{path} is in '{stated}', which is a rate and not the sum of a winter.",
            f"Maps of winters are in {WINTER_UNITS}, or give the unit that is meant with --units.",
        )
    return flux_conversion(f"{amount} month-1", str(path)).factor
