"""A dataset to be published: its maps, and all that is known of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.analysis.series import FLUX, WINTER_UNITS, MapSeries
from wco2_engine.errors import Wco2Error, gdal_errors, reason_of
from wco2_engine.escaping import one_line
from wco2_engine.grid import GEOGRAPHIC, project
from wco2_engine.inputs.opening import open_raster, tags_of
from wco2_engine.mapping.record import RECORD
from wco2_engine.publication.about import About

LOWER, UPPER = f"{FLUX}_lower", f"{FLUX}_upper"
# Quantities of one band a winter, which go into one file of all winters.
LONG_NAMES: Mapping[str, str] = {
    FLUX: "Winter sum of CO2 flux, as mass of carbon, positive = release",
    LOWER: "Lower bound of the winter sum of CO2 flux",
    UPPER: "Upper bound of the winter sum of CO2 flux",
}
STORED_UNITS = WINTER_UNITS
SMALL = 1e-6  # degrees
WIDEST_GAP = 30.0  # degrees of longitude without a cell, in what still goes all around


@dataclass(frozen=True)
class Dataset:
    """What is published.

    Attributes
    ----------
    series : by quantity, maps of one band a winter, the winter flux first.
    files : further maps of the same run, by their place in the folder of the maps.
    model : what `Model.describe` says; empty where there is no model.
    extras : other files, by their place in the published folder.
    """

    about: About
    series: Mapping[str, MapSeries]
    files: Mapping[Path, Path] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[Path, Path] = field(default_factory=dict)

    @property
    def flux(self) -> MapSeries:
        """The winter flux."""
        return self.series[FLUX]

    @property
    def title(self) -> str:
        """As its authors, the run or the model name it."""
        known = (self.about.title, self.flux.record.get("title"), self.model.get("title"))
        return next((one_line(str(title)) for title in known if title), "Winter CO2 flux")

    @property
    def licence(self) -> str:
        """Empty where it is not known."""
        provenance = self.model.get("provenance", {})
        return self.about.licence or one_line(str(provenance.get("licence") or ""))

    @cached_property
    def simulated(self) -> bool:
        """Whether nothing in it was measured."""
        tagged = _tags(self.flux.maps[self.flux.years[0]]).get("SIMULATED") == "yes"
        return self.flux.simulated or tagged or self.model.get("simulated") is True

    @property
    def bounds_hold(self) -> str:
        """What bounds are, in a sentence; empty where there are none."""
        record = self.flux.record
        level, calibrated = record.get("interval"), record.get("interval_calibrated")
        if LOWER not in self.series or not isinstance(level, float):
            return ""
        known = calibrated.items() if isinstance(calibrated, Mapping) else ()
        raw = [one_line(str(name)).replace("_", " ") for name, yes in known if not yes]
        how = f"not calibrated in {', '.join(raw)}" if raw else "calibrated on held-out sites"
        factors = record.get("interval_of_winter")
        whole = isinstance(factors, Mapping) and factors and all(factors.values())
        winters = (
            "a winter's are meant to hold as many winters"
            if whole
            else "a winter's are the sums of its months', as if errors went together"
        )
        return (
            f"Bounds of months are meant to hold {level:.0%} of the fluxes of a cell"
            f"{f' ({how})' if known else ''}; {winters}. "
            "They are of single cells: never add them up to the interval of a total."
        )

    @cached_property
    def periods(self) -> Mapping[int, tuple[dt.date, dt.date] | None]:
        """By year, the first and the last day of the winter; None where the maps do not say."""
        return {year: _period(path) for year, path in self.flux.maps.items()}

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees: the edges of the grid, or in a projection, of the
        cells that have a value in the first or the last winter; all around where the pole is in.
        """
        grid, years = self.flux.grid, self.flux.years
        west, south, east, north = grid.bounds
        if grid.geographic:
            south, north = max(south, -90.0), min(north, 90.0)
            if east - west >= 360.0 - SMALL:
                return -180.0, south, 180.0, north
            return _wrapped(west), south, _wrapped(east), north
        held = np.concatenate(
            [
                np.isfinite(self.flux.values(years[0], strip))
                | np.isfinite(self.flux.values(years[-1], strip))
                for strip in grid.strips(512)
            ]
        ).ravel()
        x, y = grid.centres()
        half = grid.dx / 2
        across = np.concatenate([x[held] + dx * half for dx in (-1, -1, 1, 1)])
        down = np.concatenate([y[held] + dy * half for dy in (-1, 1, -1, 1)])
        longitude, latitude = project(across, down, grid.crs, GEOGRAPHIC)
        there = np.isfinite(longitude) & np.isfinite(latitude)
        longitude, latitude = np.unique(longitude[there]), latitude[there]
        south, north = round(float(latitude.min()), 4), round(float(latitude.max()), 4)
        gaps = np.diff(longitude, append=longitude[0] + 360.0)
        if gaps.max() < WIDEST_GAP:
            return -180.0, south, 180.0, north
        at = int(np.argmax(gaps))  # the ground begins after the widest gap, and ends before it
        west, east = float(longitude[(at + 1) % longitude.size]), float(longitude[at])
        return round(west, 4), south, round(east, 4), north


def _wrapped(longitude: float) -> float:
    return round((longitude + 180.0) % 360.0 - 180.0, 9) if abs(longitude) > 180.0 else longitude


def _period(path: Path) -> tuple[dt.date, dt.date] | None:
    """What our own maps say of the time that they stand for."""
    tags = _tags(path)
    try:
        first = dt.date.fromisoformat(tags["WCO2_VALID_FROM"])
        last = dt.date.fromisoformat(tags["WCO2_VALID_TO"])
    except (KeyError, ValueError):
        return None
    return first, last


def _tags(path: Path) -> Mapping[str, str]:
    try:
        with open_raster(path) as source:
            return tags_of(source)
    except gdal_errors() as error:
        raise Wco2Error(
            f"{path} can't be read: {reason_of(error)}.",
            "Make the maps anew with wco2 predict or wco2 run.",
        ) from error


def read_dataset(
    maps: Path,
    about: About,
    model: Path | None = None,
    extras: Mapping[Path, Path] | None = None,
    crs: str | None = None,
    units: str | None = None,
) -> Dataset:
    """The dataset in a folder of maps.

    Parameters
    ----------
    maps : a folder that `wco2 predict` made, or any with a GeoTIFF a year.
    model : the `.wco2` file that made the maps; None where there is none.
    extras : other files, by their place in the published folder.

    Raises
    ------
    Wco2Error : when maps or model can't be read, or the model is not the one that made the maps.
    """
    from wco2_engine.learning.model import Model

    flux = MapSeries.read(maps, crs=crs, units=units)
    if flux.record and not (maps / RECORD).is_file():
        maps = maps.resolve().parent  # the folder of the winter flux was named, not that of the run
    series = {FLUX: flux}
    for quantity in (LOWER, UPPER):
        if _has(flux, quantity):
            series[quantity] = MapSeries.read(maps, quantity, crs=crs, units=units)
    described: dict[str, Any] = {}
    if model is not None:
        described = Model.read(model).describe()
        made_by = flux.model_fingerprint
        if made_by and made_by != described["fingerprint"]:
            raise Wco2Error(
                f"{maps} was made by model {made_by}, and {model} is {described['fingerprint']}.",
                "Run the study again, so that model and maps belong together.",
            )
    return Dataset(about, series, _further(maps, flux, series), described, dict(extras or {}))


def _has(flux: MapSeries, quantity: str) -> bool:
    return any(str(name).startswith(f"{quantity}/") for name in flux.record.get("maps", []))


def _further(maps: Path, flux: MapSeries, series: Mapping[str, MapSeries]) -> dict[Path, Path]:
    """Maps of the run that are in no series: months, members, applicability."""
    found: dict[Path, Path] = {}
    for name in flux.record.get("maps", []):
        place = Path(str(name))
        if place.is_absolute() or ".." in place.parts or len(place.parts) != 2:
            raise Wco2Error(f"{maps}: {RECORD} names {name}, which is no map of the folder.")
        if place.parts[0] not in series:
            if not (maps / place).is_file():
                raise Wco2Error(
                    f"{maps} lacks {place}, which {RECORD} names.",
                    "Make the maps again with wco2 predict.",
                )
            found[place] = maps / place
    return found


def plain_record(dataset: Dataset) -> str:
    """What the run recorded of its maps, as JSON, without names of folders; empty for others'."""
    record = dict(dataset.flux.record)
    if isinstance(record.get("catalogue"), Mapping):
        record["catalogue"] = {k: v for k, v in record["catalogue"].items() if k != "folder"}
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n" if record else ""
