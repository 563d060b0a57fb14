"""Predictors by month: which file and band hold them, and their values at points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce as fold
from pathlib import Path

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.files import file_state
from wco2_engine.grid import project
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.marks import LARGEST_VALUE, plain_mark
from wco2_engine.inputs.rasters import (
    FloatArray,
    Points,
    RasterInfo,
    Rasters,
    Sampler,
    gdal_path,
    is_local,
)
from wco2_engine.season import MONTH_NAMES, Month, format_years
from wco2_engine.units import conversion

CLIMATOLOGY_YEARS = range(1901, 2101)
NEAREST_REACH = 60  # years
PERCENT = (-0.5, 100.5)  # where a catalogue gives no valid range; rounding may pass 100
NO_TIME = Month(1, 1)  # what a static predictor is asked for
_LOOKS = 50  # points that are looked at closely
_FAR = 998.0  # beyond which a value may be such a mark
_BANDS = (
    'If they are the months January to December in this order, add bands = "months"; else use '
    "{year} and {month:02d} in the path, or prepare it first (wco2 prepare)."
)


@dataclass(frozen=True)
class BandReference:
    """One band of one file, and the days of the month that it stands for."""

    info: RasterInfo
    band: int
    days: int


@dataclass(frozen=True)
class Composite:
    """How a predictor's value for a month is made: of which bands, and how they become one.

    `substitute` says in words what was taken for what is not there; empty where all is there.
    """

    reduce: str
    parts: tuple[BandReference | Composite, ...]
    substitute: str = ""


@dataclass(frozen=True, eq=False)
class FileCache:
    """What the files behind a catalogue have said of themselves, for as long as they don't change.

    Only grows, and by values that never change, so the threads of a run may share one.
    """

    infos: dict[tuple[str, str], RasterInfo] = field(default_factory=dict)
    bands: dict[tuple[str, Month], BandReference | None] = field(default_factory=dict)


class Sources:
    """The files behind a catalogue: what exists for which month. Asks each file once.

    Parameters
    ----------
    cache : what was found before, by this thread or another; it is added to.
    """

    def __init__(
        self, catalogue: Catalogue, rasters: Rasters, cache: FileCache | None = None
    ) -> None:
        self._folder = catalogue.folder
        self._rasters = rasters
        self._cache = cache or FileCache()

    def info(self, predictor: Predictor, month: Month) -> RasterInfo:
        """What the file of a predictor for a month says of itself."""
        if not _is_plain(predictor):
            raise Wco2Error(
                f"Predictor '{predictor.name}' has to be prepared before it is read.",
                "Use wco2 prepare, or wco2_engine.stack.prepare.prepared from Python.",
            )
        path = predictor.path_at(month)
        key = (path, predictor.name)
        infos = self._cache.infos
        if key not in infos:
            try:
                infos[key] = self._rasters.info(
                    self._gdal_path(predictor, path), predictor.encoding
                )
            except Wco2Error as error:
                raise Wco2Error(
                    f"Predictor '{predictor.name}': {error.message}", error.hint
                ) from error
        return infos[key]

    def composite(self, predictor: Predictor, month: Month) -> Composite | None:
        """How to make a predictor for a predicted month, or None where it can't be made.

        Raises
        ------
        Wco2Error : when a file that exists can't be understood.
        """
        if predictor.kind == "month":
            return Composite("mean", ())
        parts = [self._part(predictor, needed) for needed in needed_months(predictor, month)]
        if any(part is None for part in parts):
            return None
        reduce = predictor.window.reduce if predictor.window else "mean"
        substitute = "; ".join(
            dict.fromkeys(p.substitute for p in parts if isinstance(p, Composite))
        )
        return Composite(reduce, tuple(part for part in parts if part is not None), substitute)

    def paths(self, predictor: Predictor, month: Month) -> set[str]:
        """The files behind a predictor for a predicted month; none where it can't be made."""
        composite = self.composite(predictor, month)
        return set() if composite is None else set(_paths(composite))

    def states(self, predictors: Iterable[Predictor], months: Iterable[Month]) -> list[str]:
        """Name, size and time of change of every file that predicted months need, sorted."""
        wanted = list(months)
        paths = {path for p in predictors for month in wanted for path in self.paths(p, month)}
        return [file_state(path) for path in sorted(paths)]

    def missing(self, predictor: Predictor, months: Iterable[Month]) -> list[Month]:
        """The stored months that predicted months need and that are neither there nor replaced."""
        if predictor.kind == "month":
            return []
        needed = {m for month in months for m in needed_months(predictor, month)}
        return [m for m in sorted(needed) if self._part(predictor, m) is None]

    def _part(self, predictor: Predictor, month: Month) -> BandReference | Composite | None:
        found = self._band_reference(predictor, month)
        if found is not None or predictor.missing == "error":
            return found
        if predictor.when not in ("yearly", "monthly"):
            return None
        if predictor.missing == "nearest":
            for distance in range(1, NEAREST_REACH + 1):
                for year in (month.year - distance, month.year + distance):
                    other = self._band_reference(predictor, Month(year, month.month))
                    if other is not None:
                        return Composite("mean", (other,), f"{_name(predictor, month)} from {year}")
            return None
        others = [self._band_reference(predictor, Month(y, month.month)) for y in CLIMATOLOGY_YEARS]
        parts = tuple(other for other in others if other is not None)
        if not parts:
            return None
        return Composite(
            "mean", parts, f"{_name(predictor, month)} from a mean of {len(parts)} years"
        )

    def _band_reference(self, predictor: Predictor, month: Month) -> BandReference | None:
        key = (predictor.name, month)
        bands = self._cache.bands
        if key not in bands:
            bands[key] = self._find(predictor, month)
        return bands[key]

    def _find(self, predictor: Predictor, month: Month) -> BandReference | None:
        if predictor.fields and _is_plain(predictor) and not self._exists(predictor, month):
            return None
        info = self.info(predictor, month)
        band = _band(predictor, info, month)
        return None if band is None else BandReference(info, band, month.days)

    def _exists(self, predictor: Predictor, month: Month) -> bool:
        path = predictor.path_at(month)
        if is_local(path):
            return (self._folder / Path(path).expanduser()).is_file()
        # A remote file tells that it is missing only by failing to open.
        return self._rasters.opens(self._gdal_path(predictor, path))

    def _gdal_path(self, predictor: Predictor, path: str) -> str:
        return gdal_path(path, predictor.variable, self._folder, "File")


def _is_plain(predictor: Predictor) -> bool:
    """Whether a predictor is made of single files, each named by year and month at most."""
    if predictor.layers or predictor.operation or predictor.more_paths:
        return False
    return not any(pattern.wild or pattern.packed for pattern in predictor.patterns)


def _paths(part: BandReference | Composite) -> Iterator[str]:
    if isinstance(part, BandReference):
        yield part.info.path
    else:
        for inner in part.parts:
            yield from _paths(inner)


def _band(predictor: Predictor, info: RasterInfo, month: Month) -> int | None:
    where = f"Predictor '{predictor.name}': {info.path}"
    if predictor.band is not None:
        if predictor.band > info.count:
            raise Wco2Error(
                f"{where} has {info.count} bands, not {predictor.band}.", "Correct band."
            )
        return predictor.band
    if "month" in predictor.fields or predictor.when == "static":
        return _only_band(where, info)
    if "year" in predictor.fields and predictor.when == "yearly":
        return _only_band(where, info)
    if predictor.when == "yearly":
        return _band_of_year(where, info, month.year)
    twelve = predictor.details.bands == "months" and info.count == 12
    by_month = {k: k for k in range(1, 13)} if twelve else info.time.calendar_months
    if predictor.when == "climatology":
        dated = {date.month: band for date, band in info.time.months.items()}
        by_month = by_month or (dated if len(dated) == len(info.time.months) else {})
        if not by_month:
            raise Wco2Error(
                f"{where} has {info.count} bands, which are not named as the 12 months of a "
                "climatology.",
                _BANDS,
            )
        return by_month.get(month.month)
    if info.time.months:
        return info.time.months.get(month)
    if "year" in predictor.fields and by_month:
        return by_month.get(month.month)
    raise Wco2Error(
        f"{where} has {info.count} bands whose names say no months, so {month} can't be found.",
        _BANDS,
    )


def _band_of_year(where: str, info: RasterInfo, year: int) -> int | None:
    if info.time.years:
        return info.time.years.get(year)
    bands = [band for date, band in info.time.months.items() if date.year == year]
    if not info.time.months or len(bands) > 1:
        raise Wco2Error(
            f"{where} has {info.count} bands that are not named by years, so the year {year} "
            "can't be found.",
            "Use {year} in the path.",
        )
    return bands[0] if bands else None


def _only_band(where: str, info: RasterInfo) -> int:
    if info.count > 1:
        raise Wco2Error(f"{where} has {info.count} bands.", "Choose one, e.g. band = 1.")
    return 1


def _name(predictor: Predictor, month: Month) -> str:
    return str(month.year) if predictor.when == "yearly" else str(month)


def needed_months(predictor: Predictor, month: Month) -> tuple[Month, ...]:
    """The stored months behind a predicted month; a year or all time counts as its January."""
    if predictor.when == "static":
        return (NO_TIME,)
    if predictor.when == "yearly":
        return (Month(month.year, 1),)
    months = predictor.months_for(month)
    if predictor.when == "climatology":
        return tuple(Month(NO_TIME.year, m.month) for m in months)
    return months


def month_from_july(month: int) -> int:
    """The number of a month counted from July, 1 to 12, so that a northern winter is one run."""
    return (month - 7) % 12 + 1


class PredictorReader:
    """Values of predictors at one set of points."""

    def __init__(self, sources: Sources, rasters: Rasters, points: Points) -> None:
        self._sources = sources
        self._rasters = rasters
        self._points = points
        self._sampler = Sampler(rasters, points)

    def values(self, predictor: Predictor, month: Month) -> FloatArray:
        """Values `(n,)` in the units that the model sees, NaN where missing.

        Raises
        ------
        Wco2Error : when the month is not there, a file can't be read, or a value is not valid.
        """
        if predictor.kind == "month":
            return np.full(len(self._points), float(month_from_july(month.month)))
        composite = self._sources.composite(predictor, month)
        if composite is None:
            raise missing_error(predictor, self._sources.missing(predictor, [month]))
        return self._made(predictor, composite)

    def _made(self, predictor: Predictor, part: BandReference | Composite) -> FloatArray:
        if isinstance(part, Composite):
            return _REDUCE[part.reduce]([self._made(predictor, p) for p in part.parts])
        stored = self._sampler.values(part.info, part.band, predictor.resampling)
        if part.info.nodata is None and predictor.valid is None:
            self._refuse_marks(predictor, part, stored)
        return converted(predictor, stored, part)

    def _refuse_marks(self, predictor: Predictor, part: BandReference, stored: FloatArray) -> None:
        """Refuse what looks like a mark for missing values in a file that names none."""
        far = np.flatnonzero((stored < -_FAR) | (stored >= LARGEST_VALUE))
        grid = part.info.georeference
        for k in far[:_LOOKS].tolist():
            x, y = project(
                self._points.x[k : k + 1], self._points.y[k : k + 1], self._points.crs, grid.crs
            )
            column, row = grid.pixel_coordinates(x, y)
            if np.isnan(column[0]):
                continue
            left = min(max(int(column[0]) - 1, 0), max(grid.width - 3, 0))
            top = min(max(int(row[0]) - 1, 0), max(grid.height - 3, 0))
            high, wide = min(3, grid.height), min(3, grid.width)
            near = self._rasters.window(part.info, part.band, top, left, high, wide)
            raw = (near - part.info.offset) / part.info.scale
            mark = plain_mark(raw)
            if mark is not None:
                raise Wco2Error(
                    f"Predictor '{predictor.name}': {part.info.path}, band {part.band}, holds "
                    f"{mark:g}, which looks like a missing value, and names none.",
                    f"Set nodata = {mark:g}; or if it is a value, say valid = [lowest, highest].",
                )


def converted(predictor: Predictor, stored: FloatArray, part: BandReference) -> FloatArray:
    """Stored values in the units that the model sees.

    Raises
    ------
    Wco2Error : when one lies outside the predictor's valid range, naming predictor, file, band,
        value and range, and what it looks like.
    """
    convert = predictor.convert
    if predictor.to_said and not predictor.units_said:
        convert = conversion(part.info.units or "1", predictor.to, f"'{predictor.name}'")
    values = np.asarray(convert(stored, part.days))
    if predictor.valid is None and predictor.to != "%":
        return values
    low, high = predictor.valid or PERCENT
    outside = np.flatnonzero((values < low) | (values > high))
    if outside.size:
        worst = outside[np.argmax(np.abs(values.ravel()[outside]))]
        value, as_stored = float(values.ravel()[worst]), float(stored.ravel()[worst])
        shown = f"{value:.6g} {predictor.to}"
        if value != as_stored:
            shown += f" (stored: {as_stored:.6g} {predictor.units})"
        holds = f"Predictor '{predictor.name}': {part.info.path}, band {part.band}, holds {shown}"
        if predictor.valid is None:
            raise Wco2Error(
                f"{holds}, which is no share of a whole.",
                f"If {as_stored:g} is a code, e.g. of water or of missing values, set nodata = "
                f"[{as_stored:g}]; if values may exceed 100 %, say valid = [lowest, highest].",
            )
        raise Wco2Error(
            f"{holds}, outside its valid range {low:g} to {high:g}.",
            _like_missing(as_stored)
            or likely_unit(value, low, high)
            or "Correct units, scale, offset, nodata or valid.",
        )
    return values


def _like_missing(value: float) -> str:
    if value <= -999 and value == round(value):
        return f"It looks like a missing value: set nodata = {value:g}."
    return ""


def likely_unit(value: float, low: float, high: float) -> str:
    """What a value outside a range would have to be to lie inside; empty where nothing fits."""
    guesses = (
        (value - 273.15, 'It looks like K where degC is expected: set units = "K".'),
        (value + 273.15, 'It looks like degC where K is expected: set units = "degC".'),
        (value / 10, "It looks 10 times too large: check scale and units."),
        (value / 100, "It looks 100 times too large: check scale and units."),
        (value / 1000, "It looks 1000 times too large: check scale and units."),
        (value / 10000, "It looks 10000 times too large: set scale = 1e-4?"),
        (value * 1000, "It looks 1000 times too small: check scale and units."),
    )
    return next((hint for guess, hint in guesses if low <= guess <= high), "")


def missing_error(predictor: Predictor, months: list[Month]) -> Wco2Error:
    """The error for months that a predictor lacks, all of them listed."""
    return Wco2Error(
        f"Predictor '{predictor.name}' ({predictor.origin or predictor.path}) has no data for "
        f"{listed_months(predictor, months)}.",
        'Supply the files, ask for other years, or set missing = "nearest" or "climatology".',
    )


def listed_months(predictor: Predictor, months: Iterable[Month]) -> str:
    """Months in words, every one of them: "2012-10 to 2013-04, 2014-02", for a year "2013"."""
    wanted = sorted(set(months))
    if predictor.when == "static":
        return "any time"
    if predictor.when == "climatology":
        return ", ".join(MONTH_NAMES[m.month - 1] for m in wanted)
    if predictor.when == "yearly":
        return format_years([m.year for m in wanted])
    runs: list[list[Month]] = []
    for month in wanted:
        if runs and month == runs[-1][-1].shift(1):
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)


def _mean(values: list[FloatArray]) -> FloatArray:
    return values[0] if len(values) == 1 else fold(np.add, values) / len(values)


_REDUCE = {
    "mean": _mean,
    "sum": lambda values: fold(np.add, values),
    "max": lambda values: fold(np.maximum, values),
    "min": lambda values: fold(np.minimum, values),
}
