"""ORNL DAAC 1692: CO2 fluxes outside the growing season, 1989 to 2017 (Natali et al. 2019).

`nongrowing_season_CO2_flux.csv` has `latitude` and `longitude`, and fluxes of September to April in
g C m-2 day-1. What its other columns are called is not known for sure: likely names are tried, and
where none is there the error lists what there is and asks for it. So it is never recognised by its
columns alone, only by its name.

Source: https://doi.org/10.3334/ORNLDAAC/1692.
"""

from __future__ import annotations

from wco2_engine.inputs.formats.mapping import Format

FILE_NAME = "nongrowing_season_CO2_flux.csv"

FORMAT = Format(
    name="ornl-1692",
    title="ORNL DAAC 1692, CO2 fluxes outside the growing season",
    columns={
        "site": ("site_id", "study_id", "site", "site_name", "sitename"),
        "longitude": ("longitude", "lon", "long"),
        "latitude": ("latitude", "lat"),
        "year": ("year", "meas_year", "flux_year"),
        "month": ("month", "meas_month", "interval_month"),
        "flux": (
            *("flux", "co2_flux", "co2flux", "flux_gc_m2_d", "flux_gc_m2_day", "flux_g_c_m2_day"),
            *("mean_flux", "average_flux", "daily_flux", "carbon_flux"),
        ),
        "method": ("method", "flux_method", "meas_method"),
        "source": ("reference", "citation", "source"),
    },
    flux_units="g C m-2 day-1",
    bad_rows="reject",
)
