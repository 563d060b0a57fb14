"""What the cells of a table of fluxes mean, by the columns of its format."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import printable
from wco2_engine.inputs.cells import Numbers, is_missing_code, numbers, plain_text
from wco2_engine.inputs.coordinates import degrees
from wco2_engine.inputs.formats.mapping import Format
from wco2_engine.inputs.plausible import LEAST, MOST
from wco2_engine.inputs.tables import Table
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, MONTH_WORDS, Month
from wco2_engine.units import FLUX_UNITS, flux_conversion

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_DATE = r"^(\d{4})[-/]?(\d{2})(?:[-/]?(\d{2}))?(?:[T ].*)?$"


@dataclass(frozen=True)
class Rows:
    """What the columns say, `(n_rows,)` each."""

    shown: Mapping[str, tuple[str, Sequence[str]]]  # by key: the column's name and its text
    site: NDArray[np.object_]
    longitude: Numbers
    latitude: Numbers
    year: Numbers
    month: Numbers
    date_unreadable: Mask
    flux: Numbers
    flux_g_m2_month: Floats
    codes: Mask  # where the flux is a code for a missing one; these are missing
    n: Numbers
    gap_fill: Numbers
    quality: Numbers
    treatment: NDArray[np.object_]
    method: NDArray[np.object_]
    source: NDArray[np.object_]
    target: NDArray[np.object_]
    kind: NDArray[np.object_]
    notes: tuple[str, ...] = ()

    @property
    def weight(self) -> NDArray[np.int64]:
        """How many measurements a row counts as."""
        return np.where(whole_within(self.n, 1, 2**31), self.n.values, 1).astype(np.int64)

    def detail(self, keys: Iterable[str], row: int) -> str:
        """The cells of a row as the file has them: "Measure_Month = 1993"."""
        cells = (
            (name, texts[row]) for name, texts in (self.shown[k] for k in keys if k in self.shown)
        )
        return ", ".join(f"{name} = {text or 'missing'}" for name, text in cells)

    def frame(self, keep: Mask) -> pandas.DataFrame:
        """The rows to keep, in the columns of the table of observations and what merging needs."""
        import pandas

        columns = {
            "site": self.site,
            "longitude": _west_to_east(self.longitude.values),
            "latitude": self.latitude.values,
            "year": self.year.values,
            "month": self.month.values,
            "flux_g_m2_month": self.flux_g_m2_month,
            "n": self.weight,
            "method": self.method,
            "source": self.source,
            "target": self.target,
            "kind": self.kind,
            "row": np.arange(len(self.site)),
        }
        kept = pandas.DataFrame({name: values[keep] for name, values in columns.items()})
        return kept.astype({"year": np.int64, "month": np.int64})


def rows_of(
    table: Table,
    cells: pandas.DataFrame,
    columns: Mapping[str, str],
    chosen: Format,
    target: str,
    source: str,
) -> Rows:
    """The meaning of the cells.

    Parameters
    ----------
    cells : those of the table, prepared and mended by its format.
    columns : the column for each key.
    target : what the flux is, where no column says it.
    source : where the rows come from, where no column says it.
    """
    texts = {key: plain_text(cells[column]) for key, column in columns.items()}
    shown = {key: (columns[key], cells[columns[key]].tolist()) for key in texts}

    def text(key: str, default: str = "") -> NDArray[np.object_]:
        if key not in texts:
            return np.full(len(cells), default, object)
        shown_as = {name: printable(name) for name in set(texts[key])}
        return np.array([shown_as[name] for name in texts[key]], object)

    def number(key: str, default: float = np.nan) -> Numbers:
        if key in texts:
            where = f"{table.path}, column '{columns[key]}'"
            return numbers(texts[key], table.decimal_comma, where)
        return Numbers(np.full(len(cells), default), np.full(len(cells), np.isnan(default)))

    def place(axis: str) -> Numbers:
        if axis not in texts:
            return number(axis)
        where = f"{table.path}, column '{columns[axis]}'"
        return degrees(texts[axis], axis, table.decimal_comma, where)

    if "longitude" in texts or table.longitude is None or table.latitude is None:
        longitude, latitude = place("longitude"), place("latitude")
    else:
        x, y = table.longitude, table.latitude
        longitude, latitude = Numbers(x, np.isnan(x)), Numbers(y, np.isnan(y))
        points = ["" if np.isnan(a) else f"{a} {b}" for a, b in zip(x, y, strict=True)]
        shown["latitude"] = ("geometry", points)
    notes: list[str] = []

    def share(key: str) -> tuple[Numbers, Mask]:
        """A column of shares, and where they have the sign %."""
        if key not in texts:
            return number(key), np.zeros(len(cells), bool)
        marked = texts[key].str.endswith("%").to_numpy(bool)
        texts[key] = texts[key].str.rstrip("% ")
        return number(key), marked

    gap_fill, marked = share("gap_fill")
    if "gap_fill" in texts:
        is_own = chosen.name == "mapping"
        gap_fill, told = _percent(gap_fill, marked, is_own, table.path, columns["gap_fill"])
        notes += told
    quality, marked = share("quality")
    quality = replace(quality, values=np.where(marked, quality.values / 100, quality.values))
    if "month" in texts:
        texts["month"] = texts["month"].map(_month_text)
    year, month, unreadable = number("year"), number("month"), np.zeros(len(cells), bool)
    if "date" in texts:
        year, month, unreadable = _with_dates(year, month, texts["date"])
    if "day_of_year" in texts:
        month, outside = _with_days_of_year(year, month, number("day_of_year"))
        unreadable = unreadable | outside
    flux = number("flux")
    units = flux_conversion(chosen.flux_units, f"{table.path}, column '{columns['flux']}'")
    with np.errstate(over="ignore"):  # what is infinite then is no plausible flux
        flux_g_m2_month = np.asarray(units(flux.values, _days_in_month(year, month)))
    codes = missing_codes(flux.values, flux_g_m2_month)
    kept = is_missing_code(flux.values) & ~codes
    if codes.any():
        notes.append(f"fluxes that are codes for missing ones: {_told_codes(flux.values[codes])}")
    if kept.any():
        notes.append(f"fluxes that are kept, but may be codes: {_told_codes(flux.values[kept])}")
    shown["flux_g_m2_month"] = (f"in {FLUX_UNITS}", [f"{f:.4g}" for f in flux_g_m2_month])
    method = text("method")
    kinds = {name: chosen.kind_of(name) for name in set(method.tolist())}
    return Rows(
        shown=shown,
        site=text("site"),
        longitude=longitude,
        latitude=latitude,
        year=year,
        month=month,
        date_unreadable=unreadable,
        flux=Numbers(np.where(codes, np.nan, flux.values), flux.missing | codes),
        flux_g_m2_month=flux_g_m2_month,
        codes=codes,
        n=number("n", default=1),
        gap_fill=gap_fill,
        quality=quality,
        treatment=text("treatment"),
        method=method,
        source=text("source", source),
        target=text("target", target),
        kind=np.array([kinds[name] for name in method], object),
        notes=tuple(notes),
    )


def missing_codes(values: Floats, flux_g_m2_month: Floats) -> Mask:
    """Where fluxes are codes for a missing one, by their number and what the others are.

    A code such as -99 may be a flux of a month. It counts as a code where that month's flux is
    none that can be, where it is there twice, or where it is far from all other fluxes.
    """
    may_be = is_missing_code(values)
    codes = np.zeros(values.shape, bool)
    if not may_be.any():
        return codes
    others = np.abs(values[~may_be & np.isfinite(values)])
    reach = float(others.max(initial=0.0))
    for code in np.unique(values[may_be]):
        here = values == code
        impossible = ~within(flux_g_m2_month[here], LEAST, MOST)
        if impossible.any() or here.sum() > 1 or abs(code) > 1.5 * reach:
            codes |= here
    return codes


def _told_codes(codes: Floats) -> str:
    values, counts = np.unique(codes, return_counts=True)
    return ", ".join(f"{v:g} ({n} times)" for v, n in zip(values, counts, strict=True))


def _percent(
    shares: Numbers, marked: Mask, is_own: bool, path: Path, column: str
) -> tuple[Numbers, list[str]]:
    """Gap-filled shares in %, and what is to be told of them.

    Parameters
    ----------
    marked : where the cell has the sign %.
    is_own : whether the table is the user's own, for whose shares nothing says that they are in %.

    Raises
    ------
    Wco2Error : where they may be shares of 1 as well, and nothing tells.
    """
    plain = shares.values[~marked & ~shares.missing]
    plain = plain[np.isfinite(plain)]
    if not plain.size or plain.max() > 1 or plain.max() <= 0 or plain.min() < 0:
        return shares, []
    if not is_own:
        return shares, [f"no gap-filled share in '{column}' is above 1, though they are in %"]
    if not np.any((plain > 0) & (plain < 1)):
        raise Wco2Error(
            f"{path}, column '{column}': gap-filled shares are 0 or 1, in % or as parts of 1.",
            "Write 100% where a month is wholly filled.",
        )
    share = Numbers(np.where(marked, shares.values, 100.0 * shares.values), shares.missing)
    return share, [f"no gap-filled share in '{column}' is above 1: they are taken as parts of 1"]


def _month_text(text: str) -> str:
    """A month's name as its number; any other text as it is."""
    number = MONTH_WORDS.get(text.rstrip(".").lower())
    return text if number is None else str(number)


def _with_dates(
    year: Numbers, month: Numbers, dates: pandas.Series
) -> tuple[Numbers, Numbers, Mask]:
    """Year and month, from the date where they are missing; and where the date is no date."""
    parts = dates.str.extract(_DATE)
    date_year, date_month = numbers(parts[0].fillna("")), numbers(parts[1].fillna(""))
    day = numbers(parts[2].fillna(""))
    known = ~date_year.missing
    day_outside = ~day.missing & (
        (day.values < 1) | (day.values > _days_in_month(date_year, date_month))
    )
    unreadable = (dates != "").to_numpy(bool) & (~known | day_outside)
    return _filled(year, date_year), _filled(month, date_month), unreadable


def _with_days_of_year(year: Numbers, month: Numbers, day: Numbers) -> tuple[Numbers, Mask]:
    """Month, from the day of the year where it is missing; and where the year lacks that day."""
    wanted = month.missing & ~day.missing & whole_within(year, FIRST_YEAR, LAST_YEAR)
    leap = _days_in_month(year, Numbers(np.full(year.values.shape, 2.0), year.missing)) == 29
    inside = whole_within(day, 1, 366) & ((day.values <= 365) | leap)
    found = np.full(month.values.shape, np.nan)
    for k in np.flatnonzero(wanted & inside):
        first = datetime.date(int(year.values[k]), 1, 1)
        found[k] = (first + datetime.timedelta(int(day.values[k]) - 1)).month
    return _filled(month, Numbers(found, np.isnan(found))), wanted & ~inside


def _filled(first: Numbers, second: Numbers) -> Numbers:
    """`first`, and `second` where that is missing."""
    return Numbers(
        np.where(first.missing, second.values, first.values), first.missing & second.missing
    )


def _days_in_month(year: Numbers, month: Numbers) -> NDArray[np.int64]:
    """The days of each row's month; 0 where that is no month."""
    days = np.zeros(year.values.shape, np.int64)
    there = whole_within(year, FIRST_YEAR, LAST_YEAR) & whole_within(month, 1, 12)
    for k in np.flatnonzero(there):
        days[k] = Month(int(year.values[k]), int(month.values[k])).days
    return days


def whole_within(column: Numbers, low: int, high: int) -> Mask:
    """Where a column holds a whole number from `low` to `high`."""
    values = column.values
    with np.errstate(invalid="ignore"):
        return (values >= low) & (values <= high) & (values == np.floor(values))


def _west_to_east(longitude: Floats) -> Floats:
    """Degrees from -180 to below 180, of those from -180 to 360."""
    return np.where(longitude >= 180, longitude - 360, longitude)


def within(values: Floats, low: float, high: float) -> Mask:
    """Where values lie from `low` to `high`."""
    return (values >= low) & (values <= high)
