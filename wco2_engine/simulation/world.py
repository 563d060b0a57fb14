"""The simulated world: its climate, snow, soil and plants, and the CO2 that its soil releases.

Every field is a function of longitude, latitude and time, computed by numpy alone. Rasters on any
grid, measured sites and the true maps are looks at one and the same world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.areas import Box, Polygons
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.season import Month, Winter
from wco2_engine.simulation.geography import (
    ICE,
    PLATEAU,
    bump,
    inside,
    is_land,
    mountain_height,
    plateau_height,
    wrapped,
)
from wco2_engine.simulation.noise import Anomalies, Array, SmoothField, on_sphere

FIRST_YEAR, LAST_YEAR = 1950, 2100
REGIONS = (
    Region("tibetan_plateau", Winter((11, 12, 1, 2, 3, 4)), Polygons(GEOGRAPHIC, (PLATEAU,))),
    Region("arctic", Winter((10, 11, 12, 1, 2, 3, 4)), Box(-180.0, 45.0, 180.0, 84.0)),
)
TIBETAN_PLATEAU, ARCTIC = range(len(REGIONS))

CONTINUOUS, DISCONTINUOUS, SPORADIC, ISOLATED = 1, 2, 3, 4
NO_PERMAFROST, GLACIER, SEA = 0, 5, 255
# Mean annual ground temperature, degC, below which each zone begins.
ZONE_LIMITS = {CONTINUOUS: -5.0, DISCONTINUOUS: -2.6, SPORADIC: -1.0, ISOLATED: 0.5}

WARMING_PER_YEAR = 0.03  # degC, at 45 N; more towards the pole
SUMMER_MONTHS = (6, 7, 8)


@dataclass(frozen=True)
class Response:
    """How the soil of one region releases CO2; see `daily_flux`."""

    rate: float  # g C m-2 day-1, of a soil at 0 degC with much carbon
    q10: float
    half_carbon: float  # g kg-1 of organic carbon at which half of the rate is reached
    plants: float  # growth of the flux per unit of NDVI of the summer before
    snow: float  # growth of the flux under deep snow


RESPONSES = {
    TIBETAN_PLATEAU: Response(rate=0.95, q10=1.9, half_carbon=18.0, plants=2.2, snow=0.2),
    ARCTIC: Response(rate=1.25, q10=2.4, half_carbon=45.0, plants=1.4, snow=0.5),
}
DEEP_SNOW_MM = 60.0  # e-folding depth of the snow's effect
SITE_EFFECT = 0.3  # spread of the logarithm of what no predictor explains
SITE_EFFECT_LENGTH_KM = 90.0


def daily_flux(
    response: Response,
    soil_temperature: Array,
    organic_carbon: Array,
    summer_ndvi: Array,
    snow_water: Array,
    site_effect: Array,
) -> Array:
    """The true CO2 flux in g C m-2 day-1, positive when CO2 leaves the ground; arrays of one shape.

    rate * q10^(T / 10) * C / (C + half_carbon) * (0.3 + plants * NDVI)
         * (1 + snow * (1 - exp(-SWE / 60))) * exp(site effect)

    Parameters
    ----------
    soil_temperature : T, degC, of the month.
    organic_carbon : C, g kg-1.
    summer_ndvi : NDVI, the highest monthly one of the summer before.
    snow_water : SWE, mm, of the month.
    site_effect : logarithm of a factor that no predictor explains.
    """
    warmth = response.q10 ** (soil_temperature / 10.0)
    carbon = organic_carbon / (organic_carbon + response.half_carbon)
    plants = 0.3 + response.plants * summer_ndvi
    cover = 1.0 + response.snow * (1.0 - np.exp(-snow_water / DEEP_SNOW_MM))
    return response.rate * warmth * carbon * plants * cover * np.exp(site_effect)


@dataclass(frozen=True)
class Weather:
    """One calendar year at the points of a `Place`; row `m - 1` is month `m`, `(12, n)` each."""

    air_temperature: Array  # degC
    snow_water: Array  # mm
    soil_temperature: Array  # degC


@dataclass(frozen=True)
class World:
    """A world, known by its seed."""

    seed: int = 0

    def at(self, longitude: Array, latitude: Array) -> Place:
        """The world at points `(n,)` in degrees, longitudes in either convention."""
        return Place(self, wrapped(np.asarray(longitude, float)), np.asarray(latitude, float))

    def _field(self, number: int, length_km: float) -> SmoothField:
        return SmoothField.draw(np.random.default_rng([self.seed, number]), length_km)

    @cached_property
    def coast(self) -> tuple[tuple[SmoothField, float], ...]:
        """Wobbles that make straight outlines look like coasts, with their size in degrees."""
        return tuple(
            (self._field(10 + i, length), size)
            for i, (length, size) in enumerate(((450, 0.7), (450, 0.7), (110, 0.28), (110, 0.28)))
        )

    @cached_property
    def relief(self) -> SmoothField:
        return self._field(1, 260.0)

    @cached_property
    def wetness(self) -> SmoothField:
        return self._field(2, 700.0)

    @cached_property
    def richness(self) -> SmoothField:
        return self._field(3, 220.0)

    @cached_property
    def site_effect(self) -> SmoothField:
        return self._field(4, SITE_EFFECT_LENGTH_KM)

    @cached_property
    def warm_spells(self) -> Anomalies:
        """By month since January of `FIRST_YEAR`."""
        steps = 12 * (LAST_YEAR - FIRST_YEAR + 1)
        return Anomalies.draw(np.random.default_rng([self.seed, 5]), 1500.0, steps, memory=0.4)

    @cached_property
    def wet_spells(self) -> Anomalies:
        steps = 12 * (LAST_YEAR - FIRST_YEAR + 1)
        return Anomalies.draw(np.random.default_rng([self.seed, 6]), 900.0, steps, memory=0.2)

    @cached_property
    def green_summers(self) -> Anomalies:
        """By year since `FIRST_YEAR`; half of a summer's anomaly is still there a year later."""
        steps = LAST_YEAR - FIRST_YEAR + 1
        return Anomalies.draw(np.random.default_rng([self.seed, 7]), 800.0, steps, memory=0.5)


@dataclass(frozen=True)
class Place:
    """A world at points `(n,)`: what stays as properties, what changes as methods of time."""

    world: World
    longitude: Array = field(repr=False)
    latitude: Array = field(repr=False)

    @cached_property
    def points(self) -> Array:
        """Unit vectors `(3, n)`."""
        return on_sphere(self.longitude, self.latitude)

    @cached_property
    def land(self) -> NDArray[np.bool_]:
        east, north = np.zeros(self.latitude.shape), np.zeros(self.latitude.shape)
        for i, (wobble, size) in enumerate(self.world.coast):
            shift = size * wobble.at(self.points)
            if i % 2:
                north += shift
            else:
                east += shift / np.cos(np.radians(np.minimum(self.latitude, 85.0)))
        return is_land(self.longitude + east, self.latitude + north)

    @cached_property
    def ice(self) -> NDArray[np.bool_]:
        """Where an ice sheet lies: neither soil nor plants."""
        return self.land & inside(ICE, self.longitude, self.latitude)

    @cached_property
    def soil(self) -> NDArray[np.bool_]:
        """Land without ice."""
        return self.land & ~self.ice

    @cached_property
    def region(self) -> NDArray[np.int16]:
        """Index into `REGIONS`, or -1."""
        return assign_region(REGIONS, self.longitude, self.latitude)

    @cached_property
    def elevation(self) -> Array:
        """Metres above the sea."""
        rough = self.world.relief.at(self.points)
        plateau = plateau_height(self.longitude, self.latitude)
        mountains = np.minimum(mountain_height(self.longitude, self.latitude), 3200.0)
        hills = (180.0 + mountains) * np.exp(0.3 * rough)
        covered = np.clip(plateau / 4000.0, 0.0, 1.0)
        return np.clip((1.0 - covered) * hills + plateau + 220.0 * covered * rough, 5.0, 6500.0)

    @cached_property
    def continentality(self) -> Array:
        """0 at the coasts of the oceans to 1 in the heart of Siberia."""
        siberia = bump(self.longitude, self.latitude, (122.0, 62.0), (36.0, 13.0))
        asia = bump(self.longitude, self.latitude, (90.0, 48.0), (26.0, 9.0))
        america = bump(self.longitude, self.latitude, (-106.0, 58.0), (24.0, 13.0))
        return np.minimum(1.0, np.maximum(siberia, 0.75 * asia) + 0.7 * america)

    @cached_property
    def maritime(self) -> Array:
        """0 to 1: the warmth that the oceans bring to western coasts."""
        atlantic = bump(self.longitude, self.latitude, (8.0, 61.0), (24.0, 9.0))
        pacific = bump(self.longitude, self.latitude, (-137.0, 55.0), (13.0, 6.5))
        return np.maximum(atlantic, 0.8 * pacific)

    @cached_property
    def mean_air_temperature(self) -> Array:
        """Degrees C, over the year 2000."""
        at_sea_level = (
            35.0
            - 53.0 * np.sin(np.radians(self.latitude)) ** 2
            + 10.0 * self.maritime
            - 4.5 * self.continentality
        )
        return at_sea_level - 0.0052 * self.elevation

    @cached_property
    def temperature_swing(self) -> Array:
        """Half of the difference between July and January, degC."""
        high = np.sin(np.radians(self.latitude))
        swing = 3.5 + 11.5 * high + 12.0 * self.continentality - 5.5 * self.maritime
        return swing - 0.0006 * self.elevation

    @cached_property
    def humidity(self) -> Array:
        """About 1 in a moist temperate climate, near 0.1 in a desert."""
        sahara = bump(self.longitude, self.latitude, (15.0, 25.0), (30.0, 8.0))
        inner_asia = bump(self.longitude, self.latitude, (75.0, 42.0), (28.0, 7.0))
        america = bump(self.longitude, self.latitude, (-113.0, 34.0), (11.0, 8.0))
        west_plateau = bump(self.longitude, self.latitude, (80.0, 34.5), (8.0, 5.0))
        dry = np.maximum.reduce([sahara, 0.92 * inner_asia, 0.8 * america, 0.85 * west_plateau])
        noise = np.exp(0.25 * self.world.wetness.at(self.points))
        return (1.0 + 0.7 * self.maritime - 0.3 * self.continentality) * (1.0 - 0.9 * dry) * noise

    @cached_property
    def precipitation(self) -> Array:
        """Climatology in mm a month, `(12, n)`: falls to the north, most of it in summer."""
        north = np.clip((self.latitude - 52.0) / 30.0, 0.0, 1.0)
        monsoon = plateau_height(self.longitude, self.latitude) / 4800.0
        swing = np.clip(
            0.35 + 0.3 * self.continentality + 0.6 * monsoon - 0.3 * self.maritime, 0, 0.9
        )
        year_round = 62.0 * self.humidity * np.exp(-1.1 * north)
        return np.stack([year_round * (1.0 + swing * _season(month, 7)) for month in range(1, 13)])

    @cached_property
    def snowiness(self) -> Array:
        """Snow of a usual winter, mm of water."""
        total = np.zeros(self.latitude.shape)
        for month in range(1, 13):
            usual = self.mean_air_temperature + self.temperature_swing * _season(month, 7)
            total += self.precipitation[month - 1] * _frozen(usual)
        return total

    @cached_property
    def ground_temperature(self) -> Array:
        """Mean annual temperature of the ground, degC: the air's, kept warmer by snow."""
        shelter = np.where(self.ice, 0.0, 1.0 + 4.5 * (1.0 - np.exp(-self.snowiness / 90.0)))
        return self.mean_air_temperature + shelter

    @cached_property
    def permafrost_zone(self) -> NDArray[np.uint8]:
        """1 continuous, 2 discontinuous, 3 sporadic, 4 isolated, 5 ice, 0 none, 255 sea."""
        zone = np.full(self.latitude.shape, NO_PERMAFROST, np.uint8)
        for code in (ISOLATED, SPORADIC, DISCONTINUOUS, CONTINUOUS):
            zone[self.ground_temperature < ZONE_LIMITS[code]] = code
        zone[self.ice] = GLACIER
        zone[~self.land] = SEA
        return zone

    @cached_property
    def growth(self) -> Array:
        """0 to 1: how well plants grow in a usual summer, by its warmth and its water."""
        summer = self.mean_air_temperature + 0.93 * self.temperature_swing
        rain = self.precipitation[5:8].mean(axis=0)
        need = 14.0 + 2.4 * np.maximum(summer, 0.0)
        warm = 1.0 / (1.0 + np.exp(-(summer - 5.0) / 3.0))
        return warm * (1.0 - np.exp(-((rain / need) ** 1.3)))

    @cached_property
    def organic_carbon(self) -> Array:
        """Of the topsoil, g kg-1: high in cold and wet lowlands that bear plants."""
        cold = 1.0 / (1.0 + np.exp((self.mean_air_temperature - 1.5) / 2.5))
        lowland = np.exp(-self.elevation / 900.0)
        meadows = plateau_height(self.longitude, self.latitude) / 4800.0
        wet = np.clip(self.humidity, 0.0, 1.5)
        stock = 10.0 + 160.0 * cold * lowland * np.sqrt(self.growth * wet)
        stock += 75.0 * meadows * self.growth
        return np.clip(stock * np.exp(0.35 * self.world.richness.at(self.points)), 1.0, 400.0)

    @cached_property
    def site_effect(self) -> Array:
        """Logarithm of the factor on the flux that no predictor explains."""
        return SITE_EFFECT * self.world.site_effect.at(self.points)

    @cached_property
    def _warm_patterns(self) -> Array:
        return self.world.warm_spells.patterns_at(self.points)

    @cached_property
    def _wet_patterns(self) -> Array:
        return self.world.wet_spells.patterns_at(self.points)

    @cached_property
    def _green_patterns(self) -> Array:
        return self.world.green_summers.patterns_at(self.points)

    def air_temperature(self, month: Month) -> Array:
        """Degrees C."""
        polar = 1.0 + np.clip((self.latitude - 45.0) / 40.0, 0.0, 1.0)
        trend = WARMING_PER_YEAR * polar * (month.year + (month.month - 6.5) / 12 - 2000.0)
        spell = self.world.warm_spells.step(self._warm_patterns, _step_of(month))
        spread = 1.5 + 0.7 * _season(month.month, 1)
        usual = self.mean_air_temperature + self.temperature_swing * _season(month.month, 7)
        return usual + trend + spread * spell

    def snowfall(self, month: Month, air: Array) -> Array:
        """mm of water that fall as snow in a month with this air temperature."""
        spell = self.world.wet_spells.step(self._wet_patterns, _step_of(month))
        return self.precipitation[month.month - 1] * np.exp(0.35 * spell - 0.06) * _frozen(air)

    def weather(self, year: int) -> Weather:
        """The calendar year `year`.

        Snow is followed from the August before; what lasts over a summer is cleared.
        """
        air, snow, soil = [], [], []
        lying = np.zeros(self.latitude.shape)
        before = self.air_temperature(Month(year - 1, 7))
        for month in (Month(year - 1, 8).shift(k) for k in range(17)):
            now = self.air_temperature(month)
            if month.month == 8:
                lying = np.zeros(self.latitude.shape)
            lying = np.maximum(lying + self.snowfall(month, now) - _melt(now), 0.0)
            air.append(now)
            snow.append(lying)
            soil.append(self._soil_temperature(now, before, lying))
            before = now
        return Weather(np.stack(air[5:]), np.stack(snow[5:]), np.stack(soil[5:]))

    def _soil_temperature(self, air: Array, air_before: Array, snow: Array) -> Array:
        """The air's departures from the year's mean reach the soil late, and damped by snow."""
        departure = 0.6 * air + 0.4 * air_before - self.mean_air_temperature
        return self.ground_temperature + departure * (0.28 + 0.5 * np.exp(-snow / 45.0))

    def ndvi(self, month: Month) -> Array:
        """Of a summer month, 0 to 1; lowest in June, highest in July."""
        spell = self.world.green_summers.step(self._green_patterns, month.year - FIRST_YEAR)
        share = {6: 0.88, 7: 1.0, 8: 0.96}[month.month]
        greenness = 0.07 + 0.8 * share * self.growth * (1.0 + 0.09 * spell)
        return np.clip(greenness, 0.0, 0.95)

    def summer_ndvi(self, month: Month) -> Array:
        """The highest monthly NDVI of the summer before the winter that holds `month`.

        From October on that is the summer of the same year.
        """
        year = month.year if month.month > max(SUMMER_MONTHS) else month.year - 1
        return np.maximum.reduce([self.ndvi(Month(year, summer)) for summer in SUMMER_MONTHS])

    def daily_flux(self, month: Month, weather: Weather) -> Array:
        """The true flux in g C m-2 day-1, `weather` being that of the month's year.

        The plateau's response holds there, the Arctic's everywhere else.
        """
        at_plateau, elsewhere = (
            daily_flux(
                RESPONSES[region],
                weather.soil_temperature[month.month - 1],
                self.organic_carbon,
                self.summer_ndvi(month),
                weather.snow_water[month.month - 1],
                self.site_effect,
            )
            for region in (TIBETAN_PLATEAU, ARCTIC)
        )
        return np.where(self.region == TIBETAN_PLATEAU, at_plateau, elsewhere)

    @cached_property
    def mapped(self) -> NDArray[np.bool_]:
        """Where a winter flux is defined: permafrost that belongs to a region."""
        has_permafrost = (self.permafrost_zone >= CONTINUOUS) & (self.permafrost_zone <= ISOLATED)
        return has_permafrost & (self.region != NO_REGION)

    def true_monthly_flux(self, month: Month, weather: Weather) -> Array:
        """g C m-2 month-1, of its real number of days; NaN outside `mapped` and of no winter."""
        in_winter = np.zeros(self.latitude.shape, bool)
        for index, region in enumerate(REGIONS):
            if month.month in region.winter.months:
                in_winter |= self.region == index
        flux = self.daily_flux(month, weather) * month.days
        return np.where(self.mapped & in_winter, flux, np.nan)

    def true_winter_flux(self, year: int) -> Array:
        """g C m-2 winter-1 of the winter named `year` by its January; NaN outside `mapped`."""
        weather = {y: self.weather(y) for y in (year - 1, year)}
        total = np.zeros(self.latitude.shape)
        for month in winter_months(year):
            total += np.nan_to_num(self.true_monthly_flux(month, weather[month.year]))
        return np.where(self.mapped, total, np.nan)


def winter_months(year: int) -> tuple[Month, ...]:
    """All months that are winter in some region, in the winter named `year`."""
    return tuple(sorted({m for region in REGIONS for m in region.winter.months_of(year)}))


def check_years(years: tuple[int, ...]) -> None:
    """Raise a `Wco2Error` when the world's weather does not reach to these years."""
    if not years or min(years) < FIRST_YEAR + 3 or max(years) > LAST_YEAR:
        raise Wco2Error(
            f"The simulated world has no winters {list(years)}.",
            f"Choose winters from {FIRST_YEAR + 3} to {LAST_YEAR}.",
        )


def _season(month: int, peak: int) -> float:
    return float(np.cos(2 * np.pi * (month - peak) / 12))


def _frozen(air: Array) -> Array:
    """The share of precipitation that falls as snow."""
    return 1.0 / (1.0 + np.exp(np.clip(air / 1.2, -50.0, 50.0)))


def _melt(air: Array) -> Array:
    """mm of water that a month of this air temperature can melt."""
    return 28.0 * np.logaddexp(0.0, air + 1.0)


def _step_of(month: Month) -> int:
    return (month.year - FIRST_YEAR) * 12 + month.month - 1
