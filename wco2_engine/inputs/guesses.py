"""Which column of a table is what, guessed from the columns' names.

QGIS's plugin guesses by it before anything runs, in whatever Python that QGIS has: 3.9 or newer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wco2_engine.errors import Wco2Error

if TYPE_CHECKING:
    from wco2_engine.inputs.tables import Table

# By what is looked for: patterns of names, the surest first.
_NAMES = {
    "site": (
        r"site",
        r"site_?(id|code)",  # which tell sites apart where two have one name
        r"site_?name",
        r"station(_?(id|name))?",
        r"plot(_?id)?",
        r"地点|站点",
    ),
    "year": (r"year", r"(meas(ure)?_?)?year", r".*_year|yr", r"年份?"),
    "month": (r"month", r"(meas(ure)?_?)?month", r".*_month|mon|interval", r"月份?"),
    "longitude": (r"lon(g(itude)?)?", r".*lon(g(itude)?)?", r"x", r"经度"),
    "latitude": (r"lat(itude)?", r".*lat(itude)?", r"y", r"纬度"),
    "flux": (
        r"flux",
        r"(reco|nee|rs_norm)",
        r".*(co2.*flux|flux.*co2).*|fco2",
        r".*(reco|nee|flux).*",
        r".*通量.*",
    ),
    # What not every table has, or needs.
    "date": (r"date|timestamp", r"(sampling_?|meas(ure(ment)?)?_?)date", r"日期|时间"),
    "day_of_year": (r"(meas(ure)?_?)?(doy|day_of_year)",),
    "treatment": (r"treatment|处理",),
}
NEEDED = ("site", "year", "month", "longitude", "latitude", "flux")
PLACE = ("longitude", "latitude")
TIME = ("year", "month")


def guess(what: str, names: Sequence[str]) -> str:
    """The column that is most likely this, or "" where none or several are as likely.

    Parameters
    ----------
    what : one of NEEDED, "date", "day_of_year" or "treatment".
    """
    for pattern in _NAMES[what]:
        found = [name for name in names if re.fullmatch(pattern, name.strip(), re.IGNORECASE)]
        if len(found) == 1:
            return found[0]
        if found:
            return ""
    return ""


def guessed(table: Table, known: Mapping[str, str]) -> dict[str, str]:
    """The columns of a table of fluxes that are not known, guessed.

    Days of the year come along where there are any: many tables have rows without a month.

    Parameters
    ----------
    known : which column is which, as far as a person said it.

    Raises
    ------
    Wco2Error : naming what no column's name tells, and the columns that there are.
    """
    names = [str(name) for name in table.cells.columns]
    found = _guessed(names, known)
    if table.longitude is not None:  # points need no columns
        found = {what: name for what, name in found.items() if what not in PLACE}
    missing = [what for what, name in found.items() if not name]
    if missing:
        raise Wco2Error(
            f"{Path(table.path)}: which column is {', '.join(missing)}? There are "
            f"{', '.join(names)}.",
            "Name each, e.g. --column flux=NAME.",
        )
    days = guess("day_of_year", names)
    return {**found, "day_of_year": days} if days and "day_of_year" not in known else found


def example(names: Sequence[str]) -> str:
    """What to write so that a table is read, with those of its columns that can be guessed."""
    columns = ", ".join(f'{what} = "{name or "…"}"' for what, name in _guessed(names, {}).items())
    units = 'and say the unit of the flux, e.g. flux_units = "g C m-2 day-1"'
    return f"Name the columns: columns = {{ {columns} }}, {units}."


def _guessed(names: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """The column of each that is needed and not known; of a date where none tells its parts."""
    found = {what: guess(what, names) for what in NEEDED if what not in known}
    date = known.get("date") or guess("date", names)
    if not date or all(found.get(what, known.get(what)) for what in TIME):
        return found
    found = {what: name for what, name in found.items() if what not in TIME}
    return found if "date" in known else {**found, "date": date}
