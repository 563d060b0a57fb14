"""Measured fluxes: from a table as people keep it to one row a site and month, each loss counted.

The rules, in their order (`REASONS`); the first that hits a row rejects it, with its name: no site;
no coordinates, or impossible ones; an unreadable date, none, or an impossible one; no flux, or one
that is no number; then what the user's `Screen` leaves out: treatments, years, fluxes outside a
range.

What is left is merged: rows of one site, year and month whose coordinates agree when rounded to
0.01 degree become one, of their mean coordinates and mean (or median) flux. A name that is used
for places more than 0.1 degree apart is not one site: its places get their coordinates added to
the name, as in "JP-TEF @42.40N 141.40E".
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.formats import choose_format
from wco2_engine.inputs.formats.canonical import COLUMNS
from wco2_engine.inputs.formats.mapping import Format, check_columns
from wco2_engine.inputs.tables import Numbers, Table, numbers, plain_text, read_table, write_table
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, Month, parse_years
from wco2_engine.units import flux_conversion

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
BadRows = Literal["auto", "error", "reject"]
Merge = Literal["mean", "median"]

# Texts of a treatment column that surely say "nothing was done here". Each stands for itself and,
# before a hyphen, for a control that is told apart from others: "Control-tussock". A name of a
# stand ("natural forest"), an average over plots ("AVG") and "un-control" are not sure.
CONTROL_WORDS = frozenset(
    (
        *("control", "ck", "untreated", "no treatment", "none", "reference", "natural"),
        *("ambient", "ambient plot", "unburned", "not burned", "unfertilized", "undisturbed"),
        "unfertilized plot",
    )
)

REASONS = (
    *("no_site", "no_coordinates", "coordinates_outside", "date_unreadable", "no_date"),
    *("year_outside", "month_outside", "no_flux", "flux_unreadable", "n_outside"),
    *("treatment", "year_not_wanted", "flux_outside"),
)
SAME_PLACE_DEGREES = 0.1
_DATE = r"^(\d{4})[-/]?(\d{2})(?:[-/]?(\d{2}))?(?:[T ].*)?$"
_JOINT = "; "
_SHOWN = 5


@dataclass(frozen=True)
class Screen:
    """What to leave out, and how to merge. Every field is plain, so JSON and TOML can hold it.

    Parameters
    ----------
    treatments : "control" keeps rows without a treatment and those of `CONTROL_WORDS`; "all" keeps
        everything; a list keeps the treatments that it names, where "" names rows without one.
    flux_range : the lowest and highest flux of a row to keep, g C m-2 month-1.
    years : the years to keep, as in "1990-1999".
    bad_rows : what becomes of rows with impossible values: "error", "reject", or "auto", which is
        "reject" for published formats, that a user can't mend, and else "error".
    merge : how the fluxes of one site and month become one. In a mean, a row of a table that this
        engine wrote weighs as the n rows that it stands for.

    Raises
    ------
    Wco2Error : for values that mean nothing.
    """

    treatments: str | tuple[str, ...] = "control"
    flux_range: tuple[float, float] | None = None
    years: str | None = None
    bad_rows: BadRows = "auto"
    merge: Merge = "mean"

    def __post_init__(self) -> None:
        if isinstance(self.treatments, str):
            _check_choice("treatments", self.treatments, ("control", "all"))
        else:
            object.__setattr__(self, "treatments", tuple(map(str, self.treatments)))
        _check_choice("bad_rows", self.bad_rows, get_args(BadRows))
        _check_choice("merge", self.merge, get_args(Merge))
        if self.flux_range is not None:
            object.__setattr__(self, "flux_range", _checked_range(self.flux_range))
        if self.years is not None:
            parse_years(self.years)


@dataclass(frozen=True)
class Observations:
    """Fluxes of sites and months, and what became of every row that was read.

    Parameters
    ----------
    table : one row a site and month, by site, year and month: site, longitude, latitude (degrees,
        -180 to 180), year, month, flux_g_m2_month (g C m-2 month-1, positive = release), n (rows
        merged), method, source.
    rejected : row (line in a text file, its header being line 1, or number of the feature), reason
        (one of `REASONS`), detail (what offended), and the columns of the file.
    counts : rows_read, rows_kept, site_months, and "rejected: <reason>" for each reason met.
        rows_read = rows_kept + all rejected, and the sum of n is rows_kept. A row of a table that
        this engine wrote counts as the n rows that it stands for.
    """

    table: pandas.DataFrame
    rejected: pandas.DataFrame
    counts: dict[str, int]

    def write(self, path: Path, rejected_path: Path | None = None) -> None:
        """Write the table as .gpkg (points, EPSG:4326) or .csv, and the rejected rows as .csv.

        Raises
        ------
        Wco2Error : for another kind of file, a full disk or a folder that can't be written to.
        """
        if rejected_path is not None and rejected_path.suffix.lower() != ".csv":
            raise Wco2Error(
                f"Rejected rows can't be written as {rejected_path.name}.", "Name it .csv."
            )
        write_table(self.table, path)
        if rejected_path is not None:
            write_table(self.rejected, rejected_path)


def read_observations(
    path: Path | str,
    format: str = "auto",
    columns: Mapping[str, str] | None = None,
    flux_units: str | None = None,
    screen: Screen | None = None,
    crs: str | None = None,
) -> Observations:
    """Observations from a CSV or TSV file, or a point layer in any format that OGR reads.

    Parameters
    ----------
    path : the file; a layer of several as "points.gpkg|layername=sites".
    format : "auto", or a name of `wco2_engine.inputs.formats.FORMATS`.
    columns : for a table of one's own, its columns: site, longitude, latitude, year, month, flux;
        and, where it has them, day_of_year, date (ISO 8601), treatment, method, source. A point
        layer needs no coordinates; a date or day of the year stands in where the month is missing.
    flux_units : the unit of the flux that `columns` names, as in "umol CO2 m-2 s-1". A rate is
        turned into a month's flux by the real days of the row's month.
    screen : what to leave out, and how to merge.
    crs : the CRS of a point layer that states none.

    Raises
    ------
    Wco2Error : when the table can't be read, a column is missing, a value is impossible (see
        `Screen.bad_rows`), or no row is left.
    """
    screen = screen or Screen()
    table = read_table(path, crs)
    where = str(table.path)
    chosen = choose_format(format, columns, flux_units, tuple(table.cells.columns), where)
    cells = chosen.prepare(table.cells)
    check_columns(chosen.columns, tuple(cells.columns), table.longitude is not None, where)
    rows = _rows(table, cells, chosen)
    rules = (*_rules_of_values(rows), *_rules_of_screen(rows, screen))
    first = _first_hit(rules, len(table.rows))
    if (chosen.bad_rows if screen.bad_rows == "auto" else screen.bad_rows) == "error":
        _raise_for_bad_rows(rules, first, rows, table)
    counts = _counts(rules, first, rows.weight)
    if not counts["rows_kept"]:
        reasons = ", ".join(f"{n} {what}" for what, n in counts.items() if "rejected" in what)
        raise Wco2Error(
            f"{where}: none of {counts['rows_read']} rows is left ({reasons}).",
            "Look at the columns, the units and the screen that are asked for.",
        )
    merged = _merged(rows.frame(first < 0), screen.merge)
    return Observations(
        table=merged,
        rejected=_rejected(rules, first, rows, table),
        counts={**counts, "site_months": len(merged)},
    )


class _Rule(NamedTuple):
    """Why a row is rejected, and the rows that it hits."""

    reason: str
    hits: Mask
    keys: tuple[str, ...]  # the columns that offend
    impossible: str = ""  # what such values are, where they are not missing or unwanted


@dataclass(frozen=True)
class _Rows:
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
    n: Numbers
    treatment: NDArray[np.object_]
    method: NDArray[np.object_]
    source: NDArray[np.object_]

    @property
    def weight(self) -> NDArray[np.int64]:
        """How many measurements a row counts as."""
        return np.where(_whole_within(self.n, 1, 2**31), self.n.values, 1).astype(np.int64)

    def detail(self, keys: Iterable[str], row: int) -> str:
        """The cells of a row as the file has them: "Measure_Month = 1993"."""
        cells = (
            (name, texts[row]) for name, texts in (self.shown[k] for k in keys if k in self.shown)
        )
        return ", ".join(f"{name} = {text or 'missing'}" for name, text in cells)

    def frame(self, keep: Mask) -> pandas.DataFrame:
        """The rows to keep, in the columns of the table of observations."""
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
        }
        kept = pandas.DataFrame({name: values[keep] for name, values in columns.items()})
        return kept.astype({"year": np.int64, "month": np.int64})


def _rows(table: Table, cells: pandas.DataFrame, chosen: Format) -> _Rows:
    """The meaning of the cells, by the columns of the format."""
    texts = {key: plain_text(cells[column]) for key, column in chosen.columns.items()}
    shown = {key: (chosen.columns[key], cells[chosen.columns[key]].tolist()) for key in texts}

    def text(key: str, default: str = "") -> NDArray[np.object_]:
        if key not in texts:
            return np.full(len(cells), default, object)
        values: NDArray[np.object_] = texts[key].to_numpy(object)
        return values

    def number(key: str, default: float = np.nan) -> Numbers:
        if key in texts:
            return numbers(texts[key], table.decimal_comma)
        return Numbers(np.full(len(cells), default), np.full(len(cells), np.isnan(default)))

    if "longitude" in texts or table.longitude is None or table.latitude is None:
        longitude, latitude = number("longitude"), number("latitude")
    else:
        x, y = table.longitude, table.latitude
        longitude, latitude = Numbers(x, np.isnan(x)), Numbers(y, np.isnan(y))
        points = ["" if np.isnan(a) else f"{a} {b}" for a, b in zip(x, y, strict=True)]
        shown["latitude"] = ("geometry", points)
    year, month, unreadable = number("year"), number("month"), np.zeros(len(cells), bool)
    if "date" in texts:
        year, month, unreadable = _with_dates(year, month, texts["date"])
    if "day_of_year" in texts:
        month, outside = _with_days_of_year(year, month, number("day_of_year"))
        unreadable = unreadable | outside
    flux = number("flux")
    units = flux_conversion(chosen.flux_units, f"{table.path}, column '{chosen.columns['flux']}'")
    return _Rows(
        shown=shown,
        site=text("site"),
        longitude=longitude,
        latitude=latitude,
        year=year,
        month=month,
        date_unreadable=unreadable,
        flux=flux,
        flux_g_m2_month=np.asarray(units(flux.values, _days_in_month(year, month))),
        n=number("n", default=1),
        treatment=text("treatment"),
        method=text("method"),
        source=text("source", table.path.name),
    )


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
    wanted = month.missing & ~day.missing & _whole_within(year, FIRST_YEAR, LAST_YEAR)
    leap = _days_in_month(year, Numbers(np.full(year.values.shape, 2.0), year.missing)) == 29
    inside = _whole_within(day, 1, 366) & ((day.values <= 365) | leap)
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
    there = _whole_within(year, FIRST_YEAR, LAST_YEAR) & _whole_within(month, 1, 12)
    for k in np.flatnonzero(there):
        days[k] = Month(int(year.values[k]), int(month.values[k])).days
    return days


def _whole_within(column: Numbers, low: int, high: int) -> Mask:
    """Where a column holds a whole number from `low` to `high`."""
    values = column.values
    with np.errstate(invalid="ignore"):
        return (values >= low) & (values <= high) & (values == np.floor(values))


def _west_to_east(longitude: Floats) -> Floats:
    """Degrees from -180 to below 180, of those from -180 to 360."""
    return np.where(longitude >= 180, longitude - 360, longitude)


def _within(values: Floats, low: float, high: float) -> Mask:
    return (values >= low) & (values <= high)


def _rules_of_values(rows: _Rows) -> tuple[_Rule, ...]:
    """What no row may lack, and what no value may be."""
    lacks_place = rows.longitude.missing | rows.latitude.missing
    on_earth = _within(rows.latitude.values, -90, 90) & _within(rows.longitude.values, -180, 360)
    dates = ("year", "month", "day_of_year", "date")
    places = ("latitude", "longitude")
    return (
        _Rule("no_site", rows.site == "", ("site",)),
        _Rule("no_coordinates", lacks_place, places),
        _Rule(
            *("coordinates_outside", ~on_earth, places),
            "a latitude outside -90 to 90 or a longitude outside -180 to 360",
        ),
        _Rule(
            *("date_unreadable", rows.date_unreadable, dates),
            "a date that is not written as 1984-02-29, or a day that its year lacks",
        ),
        _Rule("no_date", rows.year.missing | rows.month.missing, dates),
        _Rule(
            *("year_outside", ~_whole_within(rows.year, FIRST_YEAR, LAST_YEAR), ("year", "date")),
            f"a year outside {FIRST_YEAR} to {LAST_YEAR}",
        ),
        _Rule(
            *("month_outside", ~_whole_within(rows.month, 1, 12), ("month", "date")),
            "a month outside 1 to 12",
        ),
        _Rule("no_flux", rows.flux.missing, ("flux",)),
        _Rule("flux_unreadable", rows.flux.unreadable, ("flux",), "a flux that is no number"),
        _Rule(
            *("n_outside", ~_whole_within(rows.n, 1, 2**31), ("n",)),
            "a count that is not a whole number above 0",
        ),
    )


def _rules_of_screen(rows: _Rows, screen: Screen) -> tuple[_Rule, ...]:
    """What the user leaves out."""
    wanted = np.ones(rows.site.shape, bool)
    years, fluxes = wanted, wanted
    if screen.years is not None:
        years = np.isin(rows.year.values, parse_years(screen.years))
    if screen.flux_range is not None:
        fluxes = _within(rows.flux_g_m2_month, *screen.flux_range)
    return (
        _Rule("treatment", ~_treatment_wanted(rows.treatment, screen.treatments), ("treatment",)),
        _Rule("year_not_wanted", ~years, ("year", "date")),
        _Rule("flux_outside", ~fluxes, ("flux",)),
    )


def _treatment_wanted(treatment: NDArray[np.object_], wanted: str | tuple[str, ...]) -> Mask:
    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    def is_control(text: str) -> bool:
        return not text or text in CONTROL_WORDS or text.split("-")[0].strip() in CONTROL_WORDS

    if wanted == "all":
        return np.ones(treatment.shape, bool)
    texts = {text: plain(text) for text in set(treatment.tolist())}
    if wanted == "control":
        keep = {text for text, simple in texts.items() if is_control(simple)}
    else:
        named = {plain(text) for text in wanted}
        keep = {text for text, simple in texts.items() if simple in named}
    return np.array([text in keep for text in treatment], bool)


def _first_hit(rules: Sequence[_Rule], n_rows: int) -> NDArray[np.int64]:
    """The index of the first rule that hits each row, -1 for none."""
    first = np.full(n_rows, -1, np.int64)
    for k, rule in enumerate(rules):
        first[(first < 0) & rule.hits] = k
    return first


def _raise_for_bad_rows(
    rules: Sequence[_Rule], first: NDArray[np.int64], rows: _Rows, table: Table
) -> None:
    for k, rule in enumerate(rules):
        bad = np.flatnonzero(first == k)
        if not rule.impossible or not bad.size:
            continue
        shown = "; ".join(
            f"{table.row_word} {table.rows[i]} ({rows.detail(rule.keys, i)})" for i in bad[:_SHOWN]
        )
        swapped = rule.reason == "coordinates_outside" and bool(
            np.all(
                _within(rows.longitude.values[bad], -90, 90)
                & _within(rows.latitude.values[bad], -180, 360)
            )
        )
        raise Wco2Error(
            f"{table.path}: {bad.size} row{'s' if bad.size > 1 else ''} with {rule.impossible}: "
            f"{shown}{'; …' if bad.size > _SHOWN else '.'}",
            "Latitude and longitude look swapped: name their columns the other way round."
            if swapped
            else 'Mend the table, or set bad_rows = "reject" to leave such rows out.',
        )


def _counts(
    rules: Sequence[_Rule], first: NDArray[np.int64], weight: NDArray[np.int64]
) -> dict[str, int]:
    rejected = {
        f"rejected: {rule.reason}": int(weight[first == k].sum())
        for k, rule in enumerate(rules)
        if (first == k).any()
    }
    return {"rows_read": int(weight.sum()), "rows_kept": int(weight[first < 0].sum()), **rejected}


def _rejected(
    rules: Sequence[_Rule], first: NDArray[np.int64], rows: _Rows, table: Table
) -> pandas.DataFrame:
    """The rejected rows with their reasons, in the order of the file."""
    lost = np.flatnonzero(first >= 0)
    ours = {
        "row": table.rows[lost],
        "reason": [rules[first[i]].reason for i in lost],
        "detail": [rows.detail(rules[first[i]].keys, int(i)) for i in lost],
    }
    cells = table.cells.iloc[lost].reset_index(drop=True)
    cells = cells.rename(columns={name: f"{name} (in the file)" for name in ours})
    for position, (name, values) in enumerate(ours.items()):
        cells.insert(position, name, values)
    return cells


def _merged(kept: pandas.DataFrame, merge: Merge) -> pandas.DataFrame:
    """One row a site, year, month and place; see the module's first lines."""
    kept = kept.assign(
        site=_names_of_places(kept),
        longitude_key=_hundredths(kept["longitude"]),
        latitude_key=_hundredths(kept["latitude"]),
    )
    key = ["site", "year", "month", "latitude_key", "longitude_key"]
    groups = kept.groupby(key, sort=True)
    merged = groups.first()  # and the rows of `merged` are in the order of `ngroup`
    group = groups.ngroup().to_numpy()
    n = np.bincount(group, kept["n"])
    for name in ("longitude", "latitude", "flux_g_m2_month"):
        # Summed as distances from the group's first value: the mean of equal values is that value.
        start = merged[name].to_numpy()
        distance = (kept[name].to_numpy() - start[group]) * kept["n"].to_numpy()
        merged[name] = start + np.bincount(group, distance) / n
    if merge == "median":
        merged["flux_g_m2_month"] = groups["flux_g_m2_month"].median()
    merged["n"] = n.astype(np.int64)
    for name in ("method", "source"):
        found: list[set[str]] = [set() for _ in range(len(merged))]
        for k, text in zip(group, kept[name], strict=True):
            found[k].update(part for part in text.split(_JOINT) if part)
        merged[name] = [_JOINT.join(sorted(parts)) for parts in found]
    return merged.reset_index()[list(COLUMNS)]


def _hundredths(degrees: pandas.Series) -> list[int]:
    return [round(value * 100) for value in degrees.tolist()]


def _names_of_places(kept: pandas.DataFrame) -> list[str]:
    """The site of each row; with its place where the name is used for several far apart."""
    at = list(zip(_hundredths(kept["latitude"]), _hundredths(kept["longitude"]), strict=True))
    positions: dict[str, set[tuple[int, int]]] = {}
    for site, position in zip(kept["site"], at, strict=True):
        positions.setdefault(site, set()).add(position)
    names: dict[tuple[str, tuple[int, int]], str] = {}
    for site, found in positions.items():
        anchors: dict[tuple[int, int], tuple[int, int]] = {}
        for position in sorted(found):
            near = (a for a in anchors.values() if _is_near(a, position))
            anchors[position] = next(near, position)
        several = len(set(anchors.values())) > 1
        for position, anchor in anchors.items():
            names[site, position] = f"{site} @{_place(*anchor)}" if several else site
    return [names[site, position] for site, position in zip(kept["site"], at, strict=True)]


def _is_near(a: tuple[int, int], b: tuple[int, int]) -> bool:
    east = abs(a[1] - b[1])
    return max(abs(a[0] - b[0]), min(east, 36000 - east)) <= 100 * SAME_PLACE_DEGREES


def _place(latitude: int, longitude: int) -> str:
    """ "42.40N 141.40E" of hundredths of degrees."""
    north, east = "NS"[latitude < 0], "EW"[longitude < 0]
    return f"{abs(latitude) / 100:.2f}{north} {abs(longitude) / 100:.2f}{east}"


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise Wco2Error(f"{name} is '{value}'.", f"Choose one of {', '.join(choices)}.")


def _checked_range(values: Any) -> tuple[float, float]:
    try:
        low, high = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise Wco2Error(
            f"flux_range {values} is not two numbers.", "Write e.g. [0, 100]."
        ) from error
    if not low < high:
        raise Wco2Error(f"flux_range {[low, high]} is empty.", "Write the lower flux first.")
    return low, high
