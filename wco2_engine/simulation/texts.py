"""The texts of a simulated study: its study file, its catalogue, and what explains them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wco2_engine.season import format_years
from wco2_engine.simulation.geography import PLATEAU
from wco2_engine.simulation.world import (
    ARCTIC,
    DEEP_SNOW_MM,
    REGIONS,
    RESPONSES,
    SITE_EFFECT,
    SITE_EFFECT_LENGTH_KM,
    TIBETAN_PLATEAU,
)

STUDY = """\
# A SIMULATED study. No number in it was measured; the truth behind it is in truth/.
# Run it with:  wco2 run study.toml
# Take it as a pattern for a study of your own.

title = "Simulated study: winter CO2 of a stylised permafrost region"
simulated = true               # maps and report are marked as simulated
catalogue = "catalogue.toml"   # the predictors
output = "results"

[observations]
file = "fluxes.csv"
format = "auto"
flux_units = "g m-2 day-1"     # of carbon; positive when CO2 leaves the ground

[observations.columns]         # our name = the table's name
site = "Site"
longitude = "Lon"
latitude = "Lat"
year = "Year"
month = "Month"
flux = "Flux_gC_m2_day"
treatment = "Treatment"        # only untreated rows ("Control") are used
method = "Method"
source = "Source"

[winter]
months = {arctic_months}
label = "january"              # a winter is named by the year of its January

[[region]]                     # the first region that holds a point or a cell owns it
name = "tibetan_plateau"
geometry = "plateau.geojson"
months = {plateau_months}   # a winter of its own

[[region]]
name = "arctic"
bbox = {arctic_bbox}

[model]                        # one model a region
trees = 100
min_samples_leaf = 1
max_features = 1.0
seed = 0
validation = ["random", "site", "knndm"]   # side by side, from too hopeful to the map's own
members = 20                   # forests on halves of the sites, for the intervals of totals

[zones]                        # scores are told by zone too
path = "rasters/permafrost_extent.tif"
names = {{ 1 = "continuous", 2 = "discontinuous", 3 = "sporadic", 4 = "isolated" }}

[map]
extent = {extent}
resolution = {resolution}
crs = "EPSG:4326"
years = "{years}"
domain = {{ path = "rasters/permafrost_extent.tif", values = [1, 2, 3, 4] }}
monthly = false
interval = 0.9                 # bounds that hold nine of ten fluxes, calibrated on held-out sites
applicability = true           # where the model knows its way
members = true                 # a map of each member
"""

CATALOGUE = """\
# The predictors of a SIMULATED study: what each is called, where it lies, how it is stored.
# Paths are relative to this file. The files differ on purpose in grid, layout and units, because
# real ones do; each note says what is special, and none of it needs a conversion by hand.

[[predictor]]
name = "air_temperature"
group = "climate"
path = "rasters/air_temperature/t2m_{year}.tif"   # no {month}: 12 bands, one a month
when = "monthly"
units = "K"                    # as stored
to = "degC"                    # what the model sees
valid = [-90, 60]              # in degC; a value outside stops the run and names the file
# Longitudes run 0..360 here. That is seen from the file.

[[predictor]]
name = "air_temperature_before"
group = "climate"
path = "rasters/air_temperature/t2m_{year}.tif"   # two predictors may share their files
when = "monthly"
lag = 1                        # the month before the one predicted
units = "K"
to = "degC"
valid = [-90, 60]

[[predictor]]
name = "soil_temperature"
group = "soil"
path = "rasters/soil_temperature/stl1_{year}-{month:02d}.tif"   # a file a month
when = "monthly"
units = "degC"                 # stored as whole hundredths; the file itself says so
valid = [-60, 60]
# The southernmost row comes first here (latitude ascending).

[[predictor]]
name = "snow_water_equivalent"
group = "snow"
path = "rasters/snow/swe_{year}.tif"
when = "monthly"
units = "m"
to = "mm"
valid = [0, 20000]
# A polar equal-area grid with the pole inside.

[[predictor]]
name = "precipitation"
group = "climate"
path = "rasters/precipitation.tif"
when = "climatology"           # the same 12 months in every year
crs = "EPSG:4326"              # this file does not state its CRS, so it is said here
units = "mm day-1"
to = "mm month-1"              # by each month's number of days
valid = [0, 2000]

[[predictor]]
name = "summer_ndvi"
group = "vegetation"
path = "rasters/ndvi/ndvi_{year}_{month:02d}.tif"
when = "monthly"
scale = 1e-4                   # stored as whole ten-thousandths, and the file does not say so ...
nodata = -3000                 # ... nor what means "missing"
window = { months = [6, 7, 8], of = "previous", reduce = "max" }   # the summer before the winter
valid = [-0.3, 1]
# Cell centres, not edges, lie on multiples of the cell size here.

[[predictor]]
name = "soil_organic_carbon"
group = "soil"
path = "rasters/soil_organic_carbon.tif"
when = "static"
units = "dg kg-1"
to = "g kg-1"
valid = [0, 600]

[[predictor]]
name = "elevation"
group = "terrain"
path = "rasters/elevation.tif"
when = "static"
units = "m"
valid = [-500, 9000]

[[predictor]]
name = "permafrost_extent"
group = "permafrost"
path = "rasters/permafrost_extent.tif"
when = "static"
resampling = "nearest"         # a mean of classes means nothing
valid = [0, 5]
# 1 continuous, 2 discontinuous, 3 sporadic, 4 isolated, 5 ice sheet, 0 no permafrost.
"""

README = """\
A SIMULATED STUDY
=================
Everything in this folder is simulated: the coasts, the climate, the soil, the measurements and the
sites. No number was measured, and no site exists. It shows how a study is laid out, and lets a map
be compared with a truth that is known to the last cell. Never use it as data on the Earth.

Made with seed {seed}; the same seed makes the same files.

  study.toml        the study; run it with: wco2 run study.toml
  catalogue.toml    the predictors and how they are stored
  fluxes.csv        {n_rows} rows of simulated flux measurements at {n_sites} sites, with flaws on
                    purpose: months outside the winter, repeated months, treated plots,
                    missing fluxes (some as -9999) and missing coordinates
  plateau.geojson   the outline of the plateau's region
  rasters/          the predictors, {raster_years}
  truth/            what no real study has:
    true_winter_flux_YEAR.tif          g C m-2 a winter, on the map's grid
    true_monthly_flux_YEAR-MONTH.tif   g C m-2 a month
    observations_truth.csv             the true flux of each row of fluxes.csv, and what was
                                       done to the row

Every raster carries the tag SIMULATED=yes, every row of fluxes.csv the source "simulated".

The truth
---------
The flux in g C m-2 day-1, positive when CO2 leaves the ground:

  rate * q10^(T / 10) * C / (C + half) * (0.3 + plants * NDVI)
       * (1 + snow * (1 - exp(-SWE / {deep_snow:g}))) * exp(e)

  T     soil temperature of the month, degC
  C     organic carbon of the topsoil, g kg-1
  NDVI  the highest monthly NDVI of the summer before
  SWE   snow water equivalent of the month, mm
  e     a site effect that no predictor explains: spread {site_effect:g}, alike over about
        {site_length:g} km; so a model that has seen a site's neighbours seems better than it is

                    rate    q10   half   plants   snow
  tibetan_plateau {plateau}
  arctic          {arctic}

Air temperature, precipitation, elevation and permafrost extent are not in the formula, though they
go along with what is. A measurement is the truth times a random factor (spread 0.25 for chambers,
0.15 for eddy covariance) plus a random error of 0.015 g C m-2 day-1. The truth of a map cell is
that of its centre; it is given where there is permafrost (1 to 4) in a region, for the months of
its winter.
"""


def study_text(extent: Sequence[float], resolution: float, years: Sequence[int]) -> str:
    """The study file."""
    box = REGIONS[ARCTIC].area.to_json()["bbox"]
    return STUDY.format(
        arctic_months=list(REGIONS[ARCTIC].winter.months),
        plateau_months=list(REGIONS[TIBETAN_PLATEAU].winter.months),
        arctic_bbox=[round(edge) for edge in box],
        extent=list(extent),
        resolution=resolution,
        years=format_years(years),
    )


def readme_text(seed: int, n_rows: int, n_sites: int, raster_years: Sequence[int]) -> str:
    """The explanation, with the truth's own numbers."""

    def numbers(region: int) -> str:
        r = RESPONSES[region]
        return f"{r.rate:8.2f}{r.q10:7.1f}{r.half_carbon:7.0f}{r.plants:9.1f}{r.snow:7.1f}"

    return README.format(
        seed=seed,
        n_rows=n_rows,
        n_sites=n_sites,
        raster_years=format_years(raster_years),
        deep_snow=DEEP_SNOW_MM,
        site_effect=SITE_EFFECT,
        site_length=SITE_EFFECT_LENGTH_KM,
        plateau=numbers(TIBETAN_PLATEAU),
        arctic=numbers(ARCTIC),
    )


def plateau_geojson() -> str:
    """The plateau's region as GeoJSON, which is WGS 84 by definition."""
    region = REGIONS[TIBETAN_PLATEAU]
    outline = [list(xy) for xy in (*PLATEAU, PLATEAU[0])]
    feature = {
        "type": "Feature",
        "properties": {"name": region.name, "source": "simulated"},
        "geometry": {"type": "Polygon", "coordinates": [outline]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=1) + "\n"
