"""What fluxes and places can be, and what a whole table tells of its unit and of where it is from.

A single value can't show that a unit is wrong by a factor of 42, and a single place can't show that
it is a cell's centre; all of them together can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.units import FLUX_UNITS

if TYPE_CHECKING:
    import pandas

# What a month's respiration or net exchange of a site may be, g C m-2 month-1. The daily soil
# respiration of DGRsD (28,166 published values, all climates) reaches -28 to 956; maize takes up
# 490 to 690 g C m-2 in a whole growing season (Li et al. 2017, https://doi.org/10.4236/oje.2017.76027).
LEAST, MOST = -500.0, 1000.0

# The median of winter months (October to April) in the north is 12 g C m-2 month-1 above 60 N and
# 25 above 45 N in DGRsD, and a winter's mean 12 to 16 in the permafrost region (Natali et al. 2019,
# https://doi.org/10.1038/s41558-019-0592-8). Outside of these bounds a unit is likely to be wrong:
# a rate of a day taken for that of a month is 30 times too small.
LEAST_MEDIAN, MOST_MEDIAN = 1.0, 150.0
_WINTER, _NORTH, _ENOUGH = (10, 11, 12, 1, 2, 3, 4), 45.0, 10
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

_STEPS = (5.0, 2.5, 2.0, 1.0, 0.5, 0.25)  # degrees of coarse grids
_FEWEST_PLACES = 10
_KM_PER_DEGREE = 111.2


def flux_facts(table: pandas.DataFrame) -> dict[str, Any]:
    """Counts and quantiles of fluxes, with their unit: what shows that a unit is wrong.

    Parameters
    ----------
    table : observations, with site, latitude, month and flux_g_m2_month; all or those of a region.

    Returns
    -------
    `unit`; `all` and `winter` (October to April), each with `site_months`, `sites` and
    `quantiles` by share ("0.5" is the median; empty without rows); and `warning`, "" where the
    winter's median is plausible.
    """
    winter = table[table["month"].isin(_WINTER)]
    north = winter[winter["latitude"] >= _NORTH]
    return {
        "unit": FLUX_UNITS,
        "all": _summary(table),
        "winter": _summary(winter),
        "warning": _unit_warning(north["flux_g_m2_month"].to_numpy(np.float64)),
    }


def _summary(table: pandas.DataFrame) -> dict[str, Any]:
    flux = table["flux_g_m2_month"].to_numpy(np.float64)
    values = np.quantile(flux, _QUANTILES).tolist() if flux.size else []
    return {
        "site_months": len(table),
        "sites": int(table["site"].nunique()),
        "quantiles": {f"{q:g}": v for q, v in zip(_QUANTILES, values, strict=False)},
    }


def _unit_warning(flux: NDArray[np.float64]) -> str:
    if flux.size < _ENOUGH:
        return ""
    median = float(np.median(np.abs(flux)))
    if LEAST_MEDIAN <= median <= MOST_MEDIAN:
        return ""
    return (
        f"the median size of {flux.size} fluxes of October to April north of {_NORTH:g} N is "
        f"{median:.3g} {FLUX_UNITS}, where {LEAST_MEDIAN:g} to {MOST_MEDIAN:g} is usual: look at "
        "flux_units"
    )


def told(facts: Mapping[str, Any]) -> list[str]:
    """The quantiles of `flux_facts` in sentences."""
    found = []
    for name, what in (("all", "months"), ("winter", "winter months (October to April)")):
        quantiles = facts[name]["quantiles"]
        if quantiles:
            found.append(
                f"{facts[name]['site_months']} {what} of {facts[name]['sites']} sites: median flux "
                f"{quantiles['0.5']:.3g}, 5 to 95 % {quantiles['0.05']:.3g} to "
                f"{quantiles['0.95']:.3g}, all {quantiles['0']:.3g} to {quantiles['1']:.3g} "
                f"{facts['unit']}"
            )
    return found


def coarse_grid(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> float | None:
    """The step, in degrees, of the coarsest grid that all places lie on; None where there is none.

    Ten places at least; whole degrees are a grid like the centres of cells.

    Parameters
    ----------
    longitude, latitude : `(n,)` degrees.
    """
    places = np.unique(np.column_stack([longitude, latitude]), axis=0)
    if len(places) < _FEWEST_PLACES:
        return None
    return next((step for step in _STEPS if all(_on_steps(axis, step) for axis in places.T)), None)


def _on_steps(degrees: NDArray[np.float64], step: float) -> bool:
    steps = degrees / step
    return any(
        bool(np.all(np.abs(steps - offset - np.round(steps - offset)) < 1e-6 / step))
        for offset in (0.0, 0.5)
    )


def grid_note(n_places: int, step: float) -> str:
    """What it means that all places lie on a grid."""
    return (
        f"all {n_places} places lie on a grid of {step:g} degree, as centres of cells or rounded "
        f"coordinates do: up to {0.5 * step * _KM_PER_DEGREE:.0f} km from where was measured, so "
        "that predictors finer than this are those of another place"
    )
