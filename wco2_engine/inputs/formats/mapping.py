"""What a format of observations is, and the one that a user describes by naming columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.inputs.cells import plain_text
from wco2_engine.inputs.screen import Screen
from wco2_engine.season import MONTH_WORDS

if TYPE_CHECKING:
    import pandas

BadRows = Literal["error", "reject"]
Kind = Literal["", "tower", "chamber"]
Names = str | tuple[str, ...]

# What a flux may be: ecosystem respiration, or net ecosystem exchange.
TARGETS = ("reco", "nee")
DEFAULT_TARGET = "reco"

# What may be named, by the word that names it. A flux needs each of the first line; coordinates may
# also come from the geometry, the year and month from a date, the month from the day of the year.
KEYS = (
    *("site", "longitude", "latitude", "year", "month", "flux"),
    *("day_of_year", "date", "treatment", "method", "source", "gap_fill", "quality"),
)
_WORDS = {
    "nee": frozenset(("nee",)),
    "reco": frozenset(("reco", "respiration", "resp", "rs", "rsoil")),
}
_COLUMNS_OF_MONTHS = 6  # from which on a table has one for each month
EXAMPLE = (
    'Name the columns, e.g. columns = { site = "Site", longitude = "Lon", latitude = "Lat", '
    'year = "Year", month = "Month", flux = "Flux" }, and flux_units = "g C m-2 day-1".'
)


@dataclass(frozen=True)
class Reading:
    """A table while it is read by a format: all that the format's own rules may look at.

    Parameters
    ----------
    cells : every cell as text, "" where empty.
    columns : the column for each of `KEYS` that was found.
    screen : what the user leaves out.
    """

    cells: pandas.DataFrame
    columns: Mapping[str, str]
    screen: Screen


@dataclass(frozen=True)
class FormatRule:
    """A reason to reject rows that only this format knows.

    Parameters
    ----------
    reason : its name, in the counts and among the rejected rows.
    shows : the columns whose cells a rejected row shows, where the table has them.
    hits : the rows that it rejects, `(n_rows,)`.
    """

    reason: str
    shows: tuple[str, ...]
    hits: Callable[[Reading], NDArray[np.bool_]]


@dataclass(frozen=True)
class Mend:
    """An error of the published table that its authors say how to put right.

    Parameters
    ----------
    name : its name in the counts.
    apply : the cells put right, and the rows that changed, `(n_rows,)`.
    """

    name: str
    apply: Callable[[Reading], tuple[pandas.DataFrame, NDArray[np.bool_]]]


def unchanged(cells: pandas.DataFrame) -> pandas.DataFrame:
    """The table as it is."""
    return cells


def unknown_kind(method: str) -> Kind:
    """For tables that don't say how a flux was measured."""
    return ""


@dataclass(frozen=True)
class Format:
    """How one kind of table says what an observation is.

    Parameters
    ----------
    name : what a user calls it by.
    title : what people call it.
    columns : the column for each of `KEYS` that the table has (after `prepare`). Several names are
        tried in their order, without regard to case and punctuation, and may all be missing where
        the key is not needed; a single name has to be there.
    flux_units : the unit of its fluxes.
    signatures : columns that no other kind of table has together; another set for each edition.
    targets : the flux column of each of `TARGETS` that the table has; empty where its one flux
        column is all that can be said.
    bad_rows : what becomes of impossible values where the user doesn't say.
    prepare : adds columns that the table has only in pieces; cells are text, "" where empty.
    mends : what is put right before rows are judged.
    rules : what is rejected, beside what no row of any format may lack.
    kind_of : whether a method is a tower or a chamber.
    monthly : rows are months, so that two of a tower and month are editions of one measurement.
    hint : what to do when no row is left.
    """

    name: str
    title: str
    columns: Mapping[str, Names]
    flux_units: str
    signatures: tuple[frozenset[str], ...] = ()
    targets: Mapping[str, Names] = field(default_factory=dict)
    bad_rows: BadRows = "error"
    prepare: Callable[[pandas.DataFrame], pandas.DataFrame] = unchanged
    mends: tuple[Mend, ...] = ()
    rules: tuple[FormatRule, ...] = ()
    kind_of: Callable[[str], Kind] = unknown_kind
    monthly: bool = False
    hint: str = "Look at the columns, the units and the screen that are asked for."

    def looks_like(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns is of this format."""
        return any(signature <= set(columns) for signature in self.signatures)

    def lacks(self, columns: Collection[str]) -> frozenset[str]:
        """What a table with these columns lacks of the edition that it is nearest to."""
        there = frozenset(columns)
        return min((signature - there for signature in self.signatures), key=len)

    def share(self, columns: Collection[str]) -> float:
        """How much of the nearest edition a table with these columns has, 0 to 1."""
        there = frozenset(columns)
        return max((len(s & there) / len(s) for s in self.signatures), default=0.0)

    def found(self, available: Collection[str]) -> dict[str, str]:
        """The column for each key: the one that is there, or that should be."""
        there = {_plain(name): name for name in reversed(list(available))}
        columns = {}
        for key, names in self.columns.items():
            if isinstance(names, str):
                columns[key] = names
                continue
            exact = (name for name in names if name in available)
            near = (there[_plain(name)] for name in names if _plain(name) in there)
            column = next(exact, None) or next(near, None)
            if column is not None:
                columns[key] = column
        return columns


def target_of(column: str) -> str:
    """What a flux column says by its name that it holds: "reco", "nee", or "" where it doesn't."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column)}
    return next((target for target, known in _WORDS.items() if words & known), "")


def check_is_flux(column: str, where: str) -> None:
    """Raise for a column whose name says that it is of the other sign or no flux that is mapped.

    Raises
    ------
    Wco2Error : for gross or net production.
    """
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column)}
    production = words & {"gpp", "nep", "nbp"}
    if production:
        raise Wco2Error(
            f"{where}: by its name, '{column}' is {min(production).upper()}, which counts what the "
            "ground takes up.",
            "Name a column of respiration or net exchange, positive when CO2 leaves the ground.",
        )


def described(columns: Mapping[str, str], flux_units: str | None, where: str) -> Format:
    """The format of a user's own table.

    Raises
    ------
    Wco2Error : for an unknown key, or without the unit of the flux.
    """
    check_names(columns, KEYS, f"{where}: columns")
    if not flux_units:
        raise Wco2Error(
            f"{where}: the unit of the flux is not given.", 'Add flux_units = "g C m-2 day-1".'
        )
    return Format("mapping", "a mapping of columns", dict(columns), flux_units)


def check_columns(
    columns: Mapping[str, str],
    available: Collection[str],
    has_geometry: bool,
    where: str,
    format_: Format | None = None,
) -> None:
    """Raise unless every column named is there, and together they say site, place, time and flux.

    Raises
    ------
    Wco2Error : with the nearest column, or with what is not named.
    """
    for key, column in columns.items():
        if column not in available:
            raise Wco2Error(
                f"{where} has no column '{column}' for the {key.replace('_', ' ')}.",
                hint_of_months(available) or nearest_name(column, available),
            )
    needed = {
        "site": "site" in columns,
        "longitude and latitude": {"longitude", "latitude"} <= columns.keys()
        or (has_geometry and not {"longitude", "latitude"} & columns.keys()),
        "year (or date)": bool({"year", "date"} & columns.keys()),
        "month (or day_of_year, or date)": bool({"month", "day_of_year", "date"} & columns.keys()),
        "flux": "flux" in columns,
    }
    missing = [what for what, there in needed.items() if not there]
    if missing and format_ is not None and format_.name != "mapping":
        raise Wco2Error(
            f"{where}, read as '{format_.name}' ({format_.title}): no column is known to hold "
            f"{', '.join(missing)}. It has: {_listed(available)}.",
            f'Name what is missing beside the format, e.g. format = "{format_.name}", '
            'columns = { flux = "…" }.',
        )
    if missing:
        means = " Of means over several years, say the year that they stand for: year = 2005."
        hint = EXAMPLE if needed["year (or date)"] else EXAMPLE + means
        raise Wco2Error(f"{where}: no column is named for {', '.join(missing)}.", hint)


def texts_of(cells: pandas.DataFrame, *names: str) -> pandas.Series:
    """The first of several columns that is there, without spaces and missing words; else ""."""
    import pandas

    for name in names:
        if name in cells:
            return plain_text(cells[name])
    return pandas.Series([""] * len(cells), index=cells.index, dtype=object)


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:30]) + (", …" if len(shown) > 30 else "")


def hint_of_months(available: Collection[str]) -> str:
    """What to do with a table that has a column for each month; "" for others."""
    months = [name for name in available if name.strip().rstrip(".").lower() in MONTH_WORDS]
    if len(months) < _COLUMNS_OF_MONTHS:
        return ""
    return (
        f"It has a column for each month ({', '.join(months[:3])}, …): make a row of each month, "
        "with columns year, month and flux."
    )
