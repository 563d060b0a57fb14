"""What a format of observations is, and the one that a user describes by naming columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wco2_engine.errors import Wco2Error, check_names, nearest_name

if TYPE_CHECKING:
    import pandas

BadRows = Literal["error", "reject"]

# What may be named, by the word that names it. A flux needs each of the first line; coordinates may
# also come from the geometry, the year and month from a date, the month from the day of the year.
KEYS = (
    *("site", "longitude", "latitude", "year", "month", "flux"),
    *("day_of_year", "date", "treatment", "method", "source"),
)
EXAMPLE = (
    'Name the columns, e.g. columns = { site = "Site", longitude = "Lon", latitude = "Lat", '
    'year = "Year", month = "Month", flux = "Flux" }, and flux_units = "g C m-2 day-1".'
)


def unchanged(cells: pandas.DataFrame) -> pandas.DataFrame:
    """The table as it is."""
    return cells


@dataclass(frozen=True)
class Format:
    """How one kind of table says what an observation is.

    Parameters
    ----------
    name : what a user calls it by.
    title : what people call it.
    columns : the column for each of `KEYS` that the table has (after `prepare`).
    flux_units : the unit of its fluxes.
    signature : columns that no other kind of table has together.
    bad_rows : what becomes of impossible values where the user doesn't say.
    prepare : adds columns that the table has only in pieces; cells are text, "" where empty.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    flux_units: str
    signature: frozenset[str] = frozenset()
    bad_rows: BadRows = "error"
    prepare: Callable[[pandas.DataFrame], pandas.DataFrame] = unchanged

    def looks_like(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns is of this format."""
        return bool(self.signature) and self.signature <= set(columns)


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
    columns: Mapping[str, str], available: Collection[str], has_geometry: bool, where: str
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
                nearest_name(column, available),
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
    if missing:
        raise Wco2Error(f"{where}: no column is named for {', '.join(missing)}.", EXAMPLE)
