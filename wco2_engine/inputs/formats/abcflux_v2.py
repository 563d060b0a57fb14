"""ABCflux version 2: monthly CO2 and CH4 fluxes of Arctic and boreal sites, `ABCFluxv2.csv`.

All fields are quoted; missing is -9999 in numbers and NA in texts. A site is a `site_name` and
`site_reference`. `nee` and `reco` are positive when CO2 leaves the ground, and so is `gpp` here.
What was wrong in version 1 its authors took out or put right before they published this one; the
rule is kept for working copies, which still have `site_id`.

Rows of lakes, ponds and rivers (`waterbody_type`) are no land and are rejected. Some rows have only
a sum over a season (`nee_seasonal`, over `nee_seasonal_interval`, as "06/01-06/30" or "2019/06/01 -
2019/06/30"): where that season is one whole calendar month, the sum is the month's; others are of
no month and are rejected.

Source: the authors' scripts in https://github.com/annvirkk/arcticborealCflux.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.cells import numbers
from wco2_engine.inputs.formats.abcflux import KNOWN_ERROR, SITE, SOURCE, kind_of, site_names
from wco2_engine.inputs.formats.mapping import Format, FormatRule, Mend, Reading, texts_of
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, Month

if TYPE_CHECKING:
    import pandas

_SEASONAL, _INTERVAL = "nee_seasonal", "nee_seasonal_interval"
_DATES = r"^(?:(\d{4})/)?(\d{2})/(\d{2})\s*-\s*(?:(\d{4})/)?(\d{2})/(\d{2})$"


def _prepared(cells: pandas.DataFrame) -> pandas.DataFrame:
    origin = texts_of(cells, "extraction_source_co2", "extraction_source")
    return cells.assign(
        **{
            SITE: site_names(cells),
            SOURCE: ("ABCflux v2 " + origin).mask(origin == "", "ABCflux v2"),
        }
    )


def _only_seasonal(reading: Reading) -> NDArray[np.bool_]:
    if reading.columns.get("flux") != "nee" or _SEASONAL not in reading.cells:
        return np.zeros(len(reading.cells), bool)
    flux, seasonal = numbers(reading.cells["nee"]), numbers(reading.cells[_SEASONAL])
    return flux.missing & ~seasonal.missing


def _season_of_one_month(reading: Reading) -> tuple[pandas.DataFrame, NDArray[np.bool_]]:
    """Where the season is the row's own month, or the row has none, its sum is that month's."""
    cells, only = reading.cells, _only_seasonal(reading)
    if not only.any():
        return cells, only
    interval = texts_of(cells, _INTERVAL)
    year, month = texts_of(cells, "year"), texts_of(cells, "month")
    found = [
        _whole_month(text, y, m) if wanted else 0
        for wanted, text, y, m in zip(only, interval, year, month, strict=True)
    ]
    hit = np.array(found) > 0
    months = month.where(~hit, [str(m) for m in found])
    return cells.assign(nee=cells["nee"].mask(hit, cells[_SEASONAL]), month=months), hit


def _whole_month(interval: str, year: str, month: str) -> int:
    """The month that an interval covers from its first to its last day; 0 for any other."""
    match = re.match(_DATES, interval)
    if match is None or not year.isdigit() or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return 0
    first_year, first, start, last_year, last, end = match.groups()
    if any(text not in (None, year) for text in (first_year, last_year)):
        return 0
    if first != last or not 1 <= int(first) <= 12 or month not in ("", first, str(int(first))):
        return 0
    days = Month(int(year), int(first)).days
    return int(first) if (int(start), int(end)) == (1, days) else 0


def _is_aquatic(reading: Reading) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (texts_of(reading.cells, "waterbody_type") != "").to_numpy(bool)
    return found


FORMAT = Format(
    name="abcflux-v2",
    title="Arctic-Boreal CO2 flux database, version 2",
    columns={
        "site": SITE,
        "longitude": "longitude",
        "latitude": "latitude",
        "year": "year",
        "month": "month",
        "method": ("flux_method",),
        "gap_fill": ("gap_fill_perc_co2", "gap_fill_perc_nee", "gap_fill_perc"),
        "source": SOURCE,
    },
    flux_units="g C m-2 month-1",
    signatures=(
        frozenset(("site_name", "site_reference", "year", "month", "nee", "reco", "flux_method")),
    ),
    targets={"reco": "reco", "nee": "nee"},
    bad_rows="reject",
    prepare=_prepared,
    mends=(Mend("season_of_one_month", _season_of_one_month),),
    rules=(
        KNOWN_ERROR,
        FormatRule("aquatic", ("waterbody_type",), _is_aquatic),
        FormatRule("seasonal", (_SEASONAL, _INTERVAL), _only_seasonal),
    ),
    kind_of=kind_of,
    monthly=True,
)
