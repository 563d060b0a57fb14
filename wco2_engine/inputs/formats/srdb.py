"""SRDB, the global soil respiration database: `srdb-data.csv`, a row a study and year.

Its winter value `Rs_winter` is a mean over a season in umol CO2 m-2 s-1, and "seasons are defined
by authors": the table says neither which months they are nor which winter. So no row is a month's
flux by definition, and all are rejected unless the user chooses `seasons = "middle_month"`: then a
winter's mean is taken as that of the middle of the meteorological winter (January; July south of
the equator) in the year of `Study_midyear`. Means over several years stay out even then
(`YearsOfData` above 1), as do rows that the database flags as known to be wrong (Q12) or double
(Q13, `Duplicate_record`).

Source: srdb-data_fields.txt in https://github.com/bpbond/srdb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.cells import numbers
from wco2_engine.inputs.formats.mapping import Format, FormatRule, Reading, texts_of

if TYPE_CHECKING:
    import pandas

_YEAR, _MONTH = "year of Study_midyear", "middle month of winter"
_SITE, _SOURCE = "site of the row", "source of the row"


def _prepared(cells: pandas.DataFrame) -> pandas.DataFrame:
    middle = numbers(cells["Study_midyear"]).values
    south = numbers(cells["Latitude"]).values < 0
    study, site = texts_of(cells, "Study_number"), texts_of(cells, "Site_ID")
    return cells.assign(
        **{
            _SITE: site.mask(site == "", texts_of(cells, "Site_name")),
            _YEAR: ["" if np.isnan(y) else str(int(np.floor(y))) for y in middle],
            _MONTH: np.where(south, "7", "1").astype(object),
            _SOURCE: ("SRDB study " + study).mask(study == "", "SRDB"),
        }
    )


def _winter(reading: Reading) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (texts_of(reading.cells, reading.columns["flux"]) != "").to_numpy(
        bool
    )
    return found


def _is_seasonal(reading: Reading) -> NDArray[np.bool_]:
    if reading.screen.seasons == "middle_month":
        return np.zeros(len(reading.cells), bool)
    return _winter(reading)


def _of_several_years(reading: Reading) -> NDArray[np.bool_]:
    return _winter(reading) & (numbers(reading.cells["YearsOfData"]).values > 1)


def _is_flagged(reading: Reading) -> NDArray[np.bool_]:
    flags = texts_of(reading.cells, "Quality_flag").str.contains(r"Q1[23]\b", regex=True)
    twice = texts_of(reading.cells, "Duplicate_record") != ""
    return _winter(reading) & (flags | twice).to_numpy(bool)


FORMAT = Format(
    name="srdb",
    title="global soil respiration database, winter means",
    columns={
        "site": _SITE,
        "longitude": "Longitude",
        "latitude": "Latitude",
        "year": _YEAR,
        "month": _MONTH,
        "treatment": ("Manipulation",),
        "method": ("Meas_method",),
        "source": _SOURCE,
    },
    flux_units="umol CO2 m-2 s-1",
    signatures=(
        frozenset(("Record_number", "Study_midyear", "YearsOfData", "Rs_annual", "Rs_winter")),
    ),
    targets={"reco": "Rs_winter"},
    bad_rows="reject",
    prepare=_prepared,
    rules=(
        FormatRule("known_error", ("Quality_flag", "Duplicate_record"), _is_flagged),
        FormatRule("several_years", ("Study_midyear", "YearsOfData"), _of_several_years),
        FormatRule("seasonal", ("Rs_winter",), _is_seasonal),
    ),
    kind_of=lambda method: "chamber",
    hint=(
        "SRDB gives means over a season that its authors chose. To take a winter's mean as that of "
        'January, set screen = { seasons = "middle_month" }.'
    ),
)
