"""Measured fluxes: from tables as people keep them to one row a site and month, each loss counted.

A table's format (`formats`) says which column is which, puts right what its authors know to be
wrong, and may have rules of its own. `rules` judges each row; the first that hits rejects it, with
its name. `merging` leaves out what another row says already and merges the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.formats import canonical, choose_format, fluxnet
from wco2_engine.inputs.formats.mapping import Reading, check_columns, target_of
from wco2_engine.inputs.merging import (
    chambers_at_towers,
    fuller_rows,
    merged,
    repeats_of_others,
)
from wco2_engine.inputs.plausible import coarse_grid, flux_facts, grid_note
from wco2_engine.inputs.rows import Rows, rows_of
from wco2_engine.inputs.rules import (
    REASONS,
    Rejection,
    first_hit,
    raise_for_bad_rows,
    rejections,
    rules_of,
)
from wco2_engine.inputs.screen import Screen
from wco2_engine.inputs.tables import Table, own_cells, read_table, write_table
from wco2_engine.season import parse_years
from wco2_engine.units import flux_conversion

if TYPE_CHECKING:
    import pandas

__all__ = ["Observations", "Screen", "Source", "read_observations", "read_sources"]

MOST_WORDS = 10  # of a column that says what fluxes are


@dataclass(frozen=True)
class Source:
    """A table of fluxes, and how to read it.

    Parameters
    ----------
    file : a CSV or TSV file, an Excel workbook, points in a format of `inputs.vectors` (a sheet or
        layer of several as "points.gpkg|layername=sites"), or a folder of monthly FLUXNET files.
    format : "auto", or a name of `wco2_engine.inputs.formats.FORMATS`.
    columns : for a table of one's own, its columns: site, longitude, latitude, year, month, flux;
        and, where it has them, day_of_year, date (ISO 8601), treatment, method, source, gap_fill
        (%), quality (0 to 1). A point layer needs no coordinates; a date or day of the year stands
        in where the month is missing.
    flux_units : the unit of the flux that `columns` names, as in "umol CO2 m-2 s-1". A rate is
        turned into a month's flux by the real days of the row's month.
    crs : the CRS of a point layer that states none.
    site_table : where the sites of FLUXNET files are, see `formats.fluxnet`.
    name : what its rows are said to come from where no column says it; else the file's name.
    year : the year that the rows of a table without years are taken as of, which are means of each
        month over several: the middle one of these, as a rule. Their months have this year's days,
        and this year's predictors. None for tables that say their years.
    """

    file: str
    format: str = "auto"
    columns: Mapping[str, str] | None = None
    flux_units: str | None = None
    crs: str | None = None
    site_table: str | None = None
    name: str | None = None
    year: int | None = None

    @property
    def path(self) -> Path:
        """The file itself, without the name of a layer in it."""
        return Path(self.file.partition("|")[0])

    def is_fluxnet(self) -> bool:
        """Whether it is read as files of FLUXNET."""
        if self.format != "auto" or self.columns:
            return self.format == fluxnet.FORMAT.name
        return fluxnet.is_fluxnet(self.path)

    def files(self) -> list[str]:
        """Every file that is read."""
        files = fluxnet.monthly_files(self.path) if self.is_fluxnet() else [self.path]
        return [*map(str, files), *([self.site_table] if self.site_table else [])]

    def table(self) -> Table:
        """Its rows, nothing of them judged yet.

        Raises
        ------
        Wco2Error : when it can't be read.
        """
        if self.is_fluxnet():
            return fluxnet.read_monthly(self.path, self.site_table)
        if self.site_table is not None:
            raise Wco2Error(
                f"{self.file}: a site table is given, which only files of FLUXNET need.",
                f'Set format = "{fluxnet.FORMAT.name}", or leave the site table out.',
            )
        if self.path.is_dir() and self.path.suffix.lower() != ".gdb":
            fluxnet.monthly_files(self.path)  # says what the folder lacks
        return read_table(self.file, self.crs)


@dataclass(frozen=True)
class Observations:
    """Fluxes of sites and months, and what became of every row that was read.

    Parameters
    ----------
    table : one row a site and month, by site, year and month: site, longitude, latitude (degrees,
        -180 to 180), year, month, flux_g_m2_month (g C m-2 month-1, positive = release), n (rows
        merged), method, source, target ("reco", "nee", or "" where nobody said).
    rejected : row (line in a text file, its header being line 1, or number of the feature), reason
        (one of `rules.REASONS`), detail (what offended), and the columns of the file; before
        these, file where there are several.
    counts : rows_read, rows_kept, site_months, and "rejected: <reason>" for each reason met.
        rows_read = rows_kept + all rejected, and the sum of n is rows_kept. A row of a table that
        this engine wrote counts as the n rows that it stands for. "mended: <name>" are rows that
        the format put right; "same_place_other_flux" are site-months that two tables have with
        different fluxes, and which both stay.
    notes : what a reader should know of how the tables were read, in sentences.
    fluxes : `plausible.flux_facts` of the table.
    """

    table: pandas.DataFrame
    rejected: pandas.DataFrame
    counts: dict[str, int]
    notes: tuple[str, ...] = ()
    fluxes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """What the fluxes are: "reco", "nee", or "" where nobody said."""
        return next(iter(sorted({text for text in self.table["target"] if text})), "")

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
    site_table: Path | str | None = None,
    target: str | None = None,
) -> Observations:
    """Observations from one table; see `Source` and `read_sources` for the parameters."""
    sites = None if site_table is None else str(site_table)
    source = Source(str(path), format, columns, flux_units, crs, sites)
    return read_sources([source], screen, target)


def read_sources(
    sources: Sequence[Source], screen: Screen | None = None, target: str | None = None
) -> Observations:
    """Observations from one or several tables.

    Where two have the same place, month and flux, the one named first is kept.

    Parameters
    ----------
    screen : what to leave out, and how to merge.
    target : "reco" (ecosystem respiration) or "nee" (net ecosystem exchange), for tables that have
        both; None is "reco".

    Raises
    ------
    Wco2Error : when a table can't be read, a column is missing, a value is impossible (see
        `Screen.bad_rows`), tables hold different targets, or no row is left of one.
    """
    import pandas

    if not sources:
        raise Wco2Error("There is no table of observations.", "Name at least one.")
    screen = screen or Screen()
    names = _names(sources)
    judged = [
        _judged(source, name, screen, target) for source, name in zip(sources, names, strict=True)
    ]
    frames = [one.passed().assign(table=k) for k, one in enumerate(judged)]
    passed = pandas.concat(frames, ignore_index=True)
    lost: dict[int, Rejection] = {}
    if screen.chambers == "without_tower":
        lost = chambers_at_towers(passed)
    left = np.setdiff1d(np.arange(len(passed)), list(lost))
    again, n_other = repeats_of_others(passed.iloc[left].reset_index(drop=True), names)
    lost |= {int(left[position]): rejection for position, rejection in again.items()}
    judged = [one.without(_of_table(lost, passed, k)) for k, one in enumerate(judged)]
    kept = passed.drop(index=list(lost)).reset_index(drop=True)
    _check_targets(kept, judged, names, target)
    table = merged(kept, screen.merge)
    counts = _counts(judged)
    counts["site_months"] = len(table)
    if n_other:
        counts["same_place_other_flux"] = n_other
    fluxes = flux_facts(table)
    notes = _notes(judged, kept, target)
    if fluxes["warning"]:
        notes = (*notes, fluxes["warning"])
    return Observations(table, _rejected(judged), counts, notes, fluxes)


def _of_table(
    lost: Mapping[int, Rejection], passed: pandas.DataFrame, table: int
) -> dict[int, Rejection]:
    """What is lost of one table, by its own rows instead of the positions among all."""
    tables, rows = passed["table"].to_numpy(), passed["row"].to_numpy()
    return {int(rows[k]): rejection for k, rejection in lost.items() if tables[k] == table}


@dataclass(frozen=True)
class _Judged:
    """A table, and the rows of it that are rejected."""

    name: str
    table: Table
    rows: Rows
    rejected: Mapping[int, Rejection]
    mended: Mapping[str, int]
    says_target: bool  # whether the table itself says what its flux is

    def without(self, more: Mapping[int, Rejection]) -> _Judged:
        return replace(self, rejected={**self.rejected, **more})

    @property
    def kept(self) -> NDArray[np.bool_]:
        keep = np.ones(len(self.table.rows), bool)
        keep[list(self.rejected)] = False
        return keep

    def passed(self) -> pandas.DataFrame:
        frame = self.rows.frame(self.kept)
        return frame.assign(place=[self.table.place(int(row)) for row in frame["row"]])


def _judged(source: Source, name: str, screen: Screen, target: str | None) -> _Judged:
    table = source.table()
    where = str(table.path)
    named = source.columns and {
        key: table.aliases.get(column, column) for key, column in source.columns.items()
    }
    if named and not source.flux_units:
        _ask_for_stated_unit(table, named.get("flux", ""))
    chosen, target = choose_format(
        fluxnet.FORMAT.name if source.is_fluxnet() else source.format,
        named,
        source.flux_units,
        tuple(table.cells.columns),
        where,
        target,
    )
    is_own = chosen.name == canonical.FORMAT.name
    cells = chosen.prepare(own_cells(table) if is_own else table.cells)
    columns = chosen.found(tuple(cells.columns))
    if source.year is not None:
        cells, columns = _of_one_year(cells, columns, source.year, where)
    has_geometry = table.longitude is not None
    check_columns(columns, tuple(cells.columns), has_geometry, where, chosen)
    reading = Reading(cells, columns, screen)
    mended: dict[str, int] = {}
    for mend in chosen.mends:
        cells, changed = mend.apply(reading)
        reading = replace(reading, cells=cells)
        mended[mend.name] = int(changed.sum())
    _check_unit(table, columns["flux"], chosen.flux_units)
    if "target" not in columns and not chosen.targets:
        _check_one_target(cells, set(columns.values()), where)
    rows = rows_of(table, cells, columns, chosen, target, source.name or table.path.name)
    rules = rules_of(rows, reading, chosen.rules)
    first = first_hit(rules, len(table.rows))
    if (chosen.bad_rows if screen.bad_rows == "auto" else screen.bad_rows) == "error":
        raise_for_bad_rows(rules, first, rows, table)
    says = bool(chosen.targets) or "target" in columns or bool(target_of(columns["flux"]))
    if source.year is not None:
        note = f"that its rows are of {source.year} is as you say; the table has no years"
        rows = replace(rows, notes=(*rows.notes, note))
    judged = _Judged(name, table, rows, rejections(rules, first, rows, reading), mended, says)
    if not judged.kept.any():
        counts = _counts([judged])
        reasons = ", ".join(f"{n} {what}" for what, n in counts.items() if "rejected" in what)
        raise Wco2Error(
            f"{where}: none of {counts['rows_read']} rows is left ({reasons}).", chosen.hint
        )
    if not chosen.monthly:
        return judged
    passed = judged.passed()
    return judged.without(
        {int(passed["row"].iloc[k]): r for k, r in fuller_rows(passed, table.cells).items()}
    )


def _of_one_year(
    cells: pandas.DataFrame, columns: Mapping[str, str], year: int, where: str
) -> tuple[pandas.DataFrame, dict[str, str]]:
    """Cells and columns of a table without years, with the year that it is taken as of.

    Raises
    ------
    Wco2Error : when the table says its years, or this is none.
    """
    says = [columns[key] for key in ("year", "date") if key in columns]
    if says:
        raise Wco2Error(
            f"{where}: year = {year} is for tables without years; this one has '{says[0]}'.",
            "Leave year out.",
        )
    parse_years(year)
    name = "year that was said"
    return cells.assign(**{name: str(year)}), {**columns, "year": name}


def _check_unit(table: Table, column: str, flux_units: str) -> None:
    """Raise where the header, or a row of units below it, gives the flux another unit."""
    in_header = re.search(r"[\[(]([^\[\]]+)[\])]\s*$", column)
    wanted = flux_conversion(flux_units, f"{table.path}, column '{column}'")
    for text in (table.units.get(column, ""), in_header[1] if in_header else ""):
        try:
            stated = flux_conversion(text, column)
        except Wco2Error:  # a remark, or the unit of something else
            continue
        if not stated.is_close(wanted):
            raise Wco2Error(
                f"{table.path}: column '{column}' says '{text}', but flux_units is '{flux_units}'.",
                "Correct the one that is wrong.",
            )


def _ask_for_stated_unit(table: Table, column: str) -> None:
    """Raise where only the table itself says the unit of the flux: it may be of something else.

    Raises
    ------
    Wco2Error : with the unit to write, where it can be that of a flux.
    """
    text = table.units.get(column, "")
    try:
        flux_conversion(text, column)
    except Wco2Error:  # a remark, or the unit of something else
        return
    raise Wco2Error(
        f"{table.path}: the unit of the flux is not given.",
        f"Its line of units says '{text}': if that is right, add flux_units = \"{text}\".",
    )


def _check_one_target(cells: pandas.DataFrame, used: set[str], where: str) -> None:
    """Raise where a column that nobody named says of some rows respiration, of others exchange.

    Raises
    ------
    Wco2Error : naming the column.
    """
    for column in cells.columns.difference(sorted(used)):
        words = {word for word in cells[column].str.strip().unique() if word}
        if not 1 < len(words) <= MOST_WORDS:
            continue
        said = {target_of(word) for word in words}
        if said == {"nee", "reco"}:
            raise Wco2Error(
                f"{where}: column '{column}' says of some fluxes that they are net exchange and of "
                f"others that they are respiration ({', '.join(sorted(words))}), which are not put "
                "together unseen.",
                "Keep the rows of one of them in a table of their own.",
            )


def _notes(judged: Sequence[_Judged], kept: pandas.DataFrame, asked: str | None) -> tuple[str, ...]:
    """What a reader should know of how each table was read."""
    found = []
    for k, one in enumerate(judged):
        rows = kept[kept["table"] == k]
        told = [*one.table.notes, *one.rows.notes]
        if not asked and not one.says_target and len(judged) > 1:
            told.append("nothing says whether its flux is respiration or net exchange")
        if asked and not one.says_target:
            told.append(f"that its flux is {asked} is as you say; nothing in the table does")
        step = coarse_grid(rows["longitude"].to_numpy(), rows["latitude"].to_numpy())
        if step is not None:
            told.append(grid_note(len(rows[["longitude", "latitude"]].drop_duplicates()), step))
        found += [f"{one.name}: {note}" for note in told]
    return tuple(found)


def _names(sources: Iterable[Source]) -> list[str]:
    """What to call each table: by its file's name, or its path where two have the same name."""
    short = [source.name or source.path.name for source in sources]
    return [
        name if short.count(name) == 1 else source.file
        for source, name in zip(sources, short, strict=True)
    ]


def _check_targets(
    kept: pandas.DataFrame, judged: Sequence[_Judged], names: Sequence[str], target: str | None
) -> None:
    """Respiration and net exchange are not put together, nor what may be either.

    Tables that don't say which are taken for the same where their flux columns have one name.
    """
    stated = kept[kept["target"] != ""].drop_duplicates("target")
    held = ", ".join(
        f"{found} in {names[table]}"
        for found, table in zip(stated["target"], stated["table"], strict=True)
    )
    if target is not None and set(stated["target"]) - {target}:
        raise Wco2Error(
            f"{target} is asked for, but the tables hold {held}.",
            "Leave that table out, or ask for what it holds.",
        )
    if len(stated) > 1:
        raise Wco2Error(
            f"These tables hold different fluxes: {held}.",
            'A model learns one of them: set target = "reco" or "nee", or leave a table out.',
        )
    silent = kept[kept["target"] == ""].drop_duplicates("table")["table"].tolist()
    columns = {judged[table].rows.shown["flux"][0] for table in silent}
    if silent and (len(stated) or len(columns) > 1):
        raise Wco2Error(
            f"{', '.join(names[table] for table in silent)}: nothing says whether the flux is "
            "respiration or net exchange, which are not put together unseen.",
            'Set target = "reco" or "nee" where all tables hold it, or leave a table out.',
        )


def _counts(judged: Iterable[_Judged]) -> dict[str, int]:
    read = kept = 0
    rejected = dict.fromkeys(REASONS, 0)
    mended: dict[str, int] = {}
    for one in judged:
        weight = one.rows.weight
        read += int(weight.sum())
        kept += int(weight[one.kept].sum())
        for row, rejection in one.rejected.items():
            rejected[rejection.reason] += int(weight[row])
        for name, n in one.mended.items():
            mended[name] = mended.get(name, 0) + n
    return {
        "rows_read": read,
        "rows_kept": kept,
        **{f"rejected: {reason}": n for reason, n in rejected.items() if n},
        **{f"mended: {name}": n for name, n in mended.items() if n},
    }


def _rejected(judged: Sequence[_Judged]) -> pandas.DataFrame:
    """The rejected rows with their reasons, in the order of the tables and their rows."""
    import pandas

    several = len(judged) > 1 or any(one.table.files for one in judged)
    parts = []
    for one in judged:
        lost = sorted(one.rejected)
        ours: dict[str, object] = {
            "row": one.table.rows[lost],
            "reason": [one.rejected[row].reason for row in lost],
            "detail": [one.rejected[row].detail for row in lost],
        }
        if several:
            files = one.table.files
            ours = {"file": [files[row] if files else one.name for row in lost], **ours}
        cells = one.table.cells.iloc[lost].reset_index(drop=True)
        if one.table.files:
            cells = cells.drop(columns=fluxnet.SOURCE)
        cells = cells.rename(columns={name: f"{name} (in the file)" for name in ours})
        for position, (name, values) in enumerate(ours.items()):
            cells.insert(position, name, values)
        parts.append(cells)
    if len(parts) == 1:
        return parts[0]
    return pandas.concat(parts, ignore_index=True).fillna("")
