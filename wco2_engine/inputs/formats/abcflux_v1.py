"""ABCflux version 1: monthly CO2 fluxes of Arctic and boreal sites (Virkkala et al. 2022).

Fluxes are in g C m-2 month-1; `nee` and `reco` are positive when CO2 leaves the ground, `gpp` is
negative. Missing is NA or -9999. Tables made with an earlier edition have other names for the same
columns (Study_ID, Meas_year, Interval, NEE_gC_m2 ...).

What its authors know to be wrong, in their own scripts: the chambers Lund_Kobbefjord_Ch01, the
towers Goulden_CA-NS2 and CA-NS3 in January 2002 and McCaughey_CA-Man in January and February 1997;
and `gpp` of Humphreys_CA-CB_tower1, which is its `nee`.

Sources: https://doi.org/10.5194/essd-14-179-2022; the authors' scripts in
https://github.com/annvirkk/arcticborealCflux (ReformattingV1toV2.R).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.formats.abcflux import (
    KNOWN_ERROR,
    SITE,
    SOURCE,
    ids,
    kind_of,
    site_names,
)
from wco2_engine.inputs.formats.mapping import Format, Mend, Reading, texts_of

if TYPE_CHECKING:
    import pandas

_NEE = ("nee", "NEE_gC_m2")
_GPP = ("gpp", "GPP_gC_m2")
_GPP_IS_NEE = "Humphreys_CA-CB_tower1"


def _prepared(cells: pandas.DataFrame) -> pandas.DataFrame:
    study = ids(cells)
    return cells.assign(
        **{
            SITE: site_names(cells),
            SOURCE: ("ABCflux v1 " + study).mask(study == "", "ABCflux v1"),
        }
    )


def _gpp_is_nee(reading: Reading) -> tuple[pandas.DataFrame, NDArray[np.bool_]]:
    cells = reading.cells
    gpp = texts_of(cells, *_GPP)
    hit = ((ids(cells) == _GPP_IS_NEE) & (gpp != "")).to_numpy(bool)
    mended = {name: cells[name].mask(hit, gpp) for name in _NEE if name in cells}
    mended |= {name: cells[name].mask(hit, "") for name in _GPP if name in cells}
    return cells.assign(**mended), hit


FORMAT = Format(
    name="abcflux-v1",
    title="Arctic-Boreal CO2 flux database, version 1",
    columns={
        "site": SITE,
        "longitude": ("longitude", "Longitude"),
        "latitude": ("latitude", "Latitude"),
        "year": ("meas_year", "Meas_year"),
        "month": ("interval_month", "Interval"),
        "method": ("flux_method", "Flux_method"),
        "gap_fill": ("gap_fill_perc", "Gap_perc"),
        "quality": ("tower_qa_qc_nee_flag", "Tower_QA.QC.NEE.flag"),
        "source": SOURCE,
    },
    flux_units="g C m-2 month-1",
    signatures=(
        frozenset(("study_id", "meas_year", "interval_month", "nee", "reco")),
        frozenset(("Meas_year", "Interval", "NEE_gC_m2", "Reco_gC_m2")),
    ),
    targets={"reco": ("reco", "Reco_gC_m2"), "nee": _NEE},
    bad_rows="reject",
    prepare=_prepared,
    mends=(Mend("gpp_is_nee", _gpp_is_nee),),
    rules=(KNOWN_ERROR,),
    kind_of=kind_of,
    monthly=True,
)
