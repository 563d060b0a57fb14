"""DGRsD, the Daily Global Soil Respiration Database, as published with SRDB.

Its flux `RS_Norm` is in g C m-2 day-1. `Measure_Month` is missing in a fifth of the rows, most of
which have `Measure_DOY`; where both are there they always agree. The 44 rows with a month above 12
(study 1432) have a year in that column, which for 20 of them is not the one in `Measure_Year`: as
their date is then in doubt, they are rejected, not mended.

`Treatment` often names a stand or a plot ("Oak", "Plot II"), which no rule can tell from a
treatment: the default screen leaves these out, `treatments = "all"` takes everything.

It holds soil respiration, which in winter, without leaves at work, stands for the ecosystem's.

Source: the table as it lies in the repository of SRDB, https://github.com/bpbond/srdb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wco2_engine.inputs.formats.mapping import Format

if TYPE_CHECKING:
    import pandas

_SOURCE = "source of the row"


def _with_source(cells: pandas.DataFrame) -> pandas.DataFrame:
    study = cells["Study_number"].str.strip()
    return cells.assign(**{_SOURCE: ("DGRsD study " + study).mask(study == "", "DGRsD")})


FORMAT = Format(
    name="dgrsd",
    title="Daily Global Soil Respiration Database",
    columns={
        "site": "Site_ID",
        "longitude": "Longitude",
        "latitude": "Latitude",
        "year": "Measure_Year",
        "month": "Measure_Month",
        "day_of_year": "Measure_DOY",
        "treatment": "Treatment",
        "method": "Meas_Method",
        "source": _SOURCE,
    },
    flux_units="g C m-2 day-1",
    signatures=(
        frozenset(
            ("Study_number", "Site_ID", "RS_Norm", "Measure_Year", "Measure_Month", "Measure_DOY")
        ),
    ),
    targets={"reco": "RS_Norm"},
    bad_rows="reject",
    prepare=_with_source,
    kind_of=lambda method: "chamber",
)
