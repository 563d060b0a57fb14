"""Whether each region has enough observations to be trained on, and for what is to be mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, Grid, project
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.learning.labels import winter_names
from wco2_engine.learning.rows import MIN_SITE_MONTHS, MIN_SITES
from wco2_engine.learning.sites import site_groups
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.season import Winter, format_years
from wco2_engine.units import FLUX_UNITS

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_CELLS = 50_000_000  # that are counted; more would take as long as some maps
_STRIP = 1_000_000  # cells looked at together


@dataclass(frozen=True)
class RegionObservations:
    """What observations a region has in the months of its winter.

    Attributes
    ----------
    site_months, sites : how many; sites less than 1 km apart are one.
    by_month : site-months and sites of each month of the winter.
    quantiles : of the monthly fluxes, by share; empty where there are none.
    winters : the first and the last that was measured; None where none was.
    units : of these.
    """

    region: str
    site_months: int
    sites: int
    by_month: Mapping[int, tuple[int, int]]
    quantiles: Mapping[float, float]
    winters: tuple[int, int] | None = None
    units: str = FLUX_UNITS

    @property
    def problem(self) -> str:
        """Why training would refuse the region; "" where it would not."""
        if self.site_months >= MIN_SITE_MONTHS and self.sites >= MIN_SITES:
            return ""
        return (
            f"Region '{self.region}' has {self.site_months} winter site-months at {self.sites} "
            f"sites; training needs {MIN_SITE_MONTHS} at {MIN_SITES} that lie apart."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, months and shares as texts."""
        return {
            "region": self.region,
            "site_months": self.site_months,
            "sites": self.sites,
            "by_month": {
                str(month): {"site_months": rows, "sites": sites}
                for month, (rows, sites) in self.by_month.items()
            },
            "quantiles": {f"{share:g}": flux for share, flux in self.quantiles.items()},
            "winters": list(self.winters or ()),
            "units": self.units,
        }


def observations_by_region(
    table: pd.DataFrame, regions: Sequence[Region]
) -> tuple[RegionObservations, ...]:
    """What of a table of observations each region could be trained on.

    Sampling may leave rows out whose predictors are missing; it never adds any.

    Parameters
    ----------
    table : one row a site and month, with site, longitude, latitude, year, month and
        flux_g_m2_month.
    """
    longitude = table["longitude"].to_numpy(np.float64)
    latitude = table["latitude"].to_numpy(np.float64)
    year, month = (table[name].to_numpy(np.int64) for name in ("year", "month"))
    flux = table["flux_g_m2_month"].to_numpy(np.float64)
    site = site_groups(table["site"].astype(str).tolist(), longitude, latitude)
    owner = assign_region(regions, longitude, latitude)
    found = []
    for index, region in enumerate(regions):
        held = (owner == index) & np.isin(month, region.winter.months)
        of_month = {m: site[held & (month == m)] for m in region.winter.months}
        quantiles = np.quantile(flux[held], QUANTILES).tolist() if held.any() else []
        found.append(
            RegionObservations(
                region.name,
                int(held.sum()),
                len(np.unique(site[held])),
                {m: (sites.size, len(np.unique(sites))) for m, sites in of_month.items()},
                dict(zip(QUANTILES, quantiles, strict=False)),
                winters_of(region.winter, year[held], month[held]) if held.any() else None,
            )
        )
    return tuple(found)


def winters_of(
    winter: Winter, year: NDArray[np.integer[Any]], month: NDArray[np.integer[Any]]
) -> tuple[int, int]:
    """The names of the first and of the last winter of some of its months `(n,)`."""
    names = winter_names(winter, year, month)
    return int(names.min()), int(names.max())


def beyond_measured(region: str, measured: tuple[int, int], years: Sequence[int]) -> str:
    """What is to be told of winters before the first measured one and after the last; "" for none.

    Parameters
    ----------
    years : of the winters to be mapped, by their names.
    """
    first, last = measured
    beyond = [year for year in years if not first <= year <= last]
    if not beyond:
        return ""
    return (
        f"Winters {format_years(beyond)} of region '{proper_name(region)}' lie outside of those "
        f"that were measured, {first} to {last}: what a forest learned there is carried to other "
        "years. Of all scores only those by year and by decade tell what that is worth."
    )


def cells_by_region(
    grid: Grid, regions: Sequence[Region], domain: Domain | None, progress: Progress
) -> dict[str, int] | None:
    """How many cells of a map each region would predict; None for a grid too large to count.

    Raises
    ------
    Wco2Error : when the domain can't be read.
    Cancelled : when the user asked to stop.
    """
    if grid.width * grid.height > MOST_CELLS:
        return None
    counts = np.zeros(len(regions), np.int64)
    with Rasters() as rasters:
        for strip in grid.strips(max(1, _STRIP // grid.width)):
            stop_if_cancelled(progress)
            progress.update(strip.row / grid.height, "Counting cells")
            x, y = grid.centres(strip)
            longitude, latitude = project(x, y, grid.crs, GEOGRAPHIC)
            owner = assign_region(regions, longitude, latitude)
            held = np.flatnonzero(owner != NO_REGION)
            if domain is not None and held.size:
                here = Points(x[held], y[held], grid.crs, grid.resolution)
                held = held[domain.mask(rasters, here, longitude[held], latitude[held])]
            counts += np.bincount(owner[held], minlength=len(regions))
    progress.update(1.0, "Counting cells")
    return {region.name: int(n) for region, n in zip(regions, counts, strict=True)}
