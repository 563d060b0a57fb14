"""The simulated world: plausible, seamless, and the formula that it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.season import Month
from wco2_engine.simulation.geography import is_land
from wco2_engine.simulation.noise import Anomalies, SmoothField, on_sphere
from wco2_engine.simulation.world import (
    ARCTIC,
    CONTINUOUS,
    DISCONTINUOUS,
    GLACIER,
    ISOLATED,
    NO_PERMAFROST,
    SEA,
    SPORADIC,
    TIBETAN_PLATEAU,
    Place,
    Response,
    World,
    check_years,
    daily_flux,
    winter_months,
)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=0)


@pytest.fixture(scope="module")
def place(world: World) -> Place:
    """The centres of 1 degree cells from 25 to 84 N."""
    longitude, latitude = np.meshgrid(np.arange(-179.5, 180), np.arange(25.5, 84))
    return world.at(longitude.ravel(), latitude.ravel())


def at(world: World, longitude: float, latitude: float) -> Place:
    return world.at(np.array([longitude]), np.array([latitude]))


@pytest.mark.parametrize(
    ("name", "longitude", "latitude", "land"),
    [
        ("Yakutsk", 129.7, 62.0, True),
        ("the middle of Alaska", -152.0, 65.0, True),
        ("the middle of Greenland", -41.0, 72.0, True),
        ("Lhasa", 91.1, 29.7, True),
        ("Chukotka east of the antimeridian", -175.0, 66.8, True),
        ("the same, in 0 to 360", 185.0, 66.8, True),
        ("the Arctic Ocean", 0.0, 84.0, False),
        ("the Atlantic", -35.0, 45.0, False),
        ("the Pacific at the antimeridian", 180.0, 40.0, False),
        ("Hudson Bay", -85.0, 60.0, False),
        ("the Caspian", 51.0, 42.0, False),
        ("the Mediterranean", 18.0, 35.0, False),
    ],
)
def test_the_outline_has_land_and_sea_where_the_earth_has(
    name: str, longitude: float, latitude: float, land: bool
) -> None:
    assert is_land(np.array([longitude]), np.array([latitude]))[0] == land, name


def test_the_two_conventions_of_longitude_are_one_place(world: World) -> None:
    west, east = at(world, -120.25, 60.25), at(world, 239.75, 60.25)
    month = Month(2001, 1)
    np.testing.assert_array_equal(west.air_temperature(month), east.air_temperature(month))
    np.testing.assert_array_equal(west.organic_carbon, east.organic_carbon)


def test_fields_have_no_seam_at_the_antimeridian(world: World) -> None:
    sides = world.at(np.array([179.999, -179.999]), np.array([67.0, 67.0]))
    for values in (
        sides.air_temperature(Month(2001, 1)),
        sides.elevation / 100.0,
        sides.precipitation[6],
        sides.site_effect,
    ):
        assert abs(values[0] - values[1]) < 0.01


def test_a_point_is_the_same_alone_and_among_others(world: World, place: Place) -> None:
    chosen = np.flatnonzero(place.mapped)[::400]
    alone = world.at(place.longitude[chosen], place.latitude[chosen])
    np.testing.assert_allclose(
        alone.true_winter_flux(2001), place.true_winter_flux(2001)[chosen], rtol=1e-12
    )


def test_january_falls_with_latitude(place: Place) -> None:
    air = place.air_temperature(Month(2001, 1))
    belts = [
        air[place.land & (np.abs(place.latitude - middle) < 5)].mean()
        for middle in (30, 45, 60, 75)
    ]
    assert belts == sorted(belts, reverse=True)
    assert belts[0] > 3
    assert belts[-1] < -20


def test_siberia_is_colder_in_january_than_norway_and_warmer_in_july(world: World) -> None:
    siberia, norway = at(world, 129.7, 62.0), at(world, 7.0, 62.0)
    assert siberia.air_temperature(Month(2001, 1)) < norway.air_temperature(Month(2001, 1)) - 25
    assert siberia.air_temperature(Month(2001, 7)) > norway.air_temperature(Month(2001, 7))


def test_the_plateau_is_high_and_colder_than_its_surroundings(place: Place) -> None:
    belt = place.land & (place.latitude > 31) & (place.latitude < 35)
    on_top = belt & (place.region == TIBETAN_PLATEAU)
    east = belt & (place.longitude > 107) & (place.longitude < 118)
    assert 4000 < np.median(place.elevation[on_top]) < 5200
    air = place.mean_air_temperature
    assert air[on_top].mean() < air[east].mean() - 12


def test_zones_are_ordered_by_the_temperature_of_the_ground(place: Place) -> None:
    means = [
        place.ground_temperature[place.permafrost_zone == zone].mean()
        for zone in (CONTINUOUS, DISCONTINUOUS, SPORADIC, ISOLATED, NO_PERMAFROST)
    ]
    assert means == sorted(means)


def test_zones_cover_about_what_they_cover_on_earth(place: Place) -> None:
    """Brown et al. (2002): permafrost of all zones has some 23 million km2 of the north."""
    cell_km2 = 111.2**2 * np.cos(np.radians(place.latitude))
    zone = place.permafrost_zone
    permafrost = cell_km2[(zone >= CONTINUOUS) & (zone <= ISOLATED)].sum() / 1e6
    assert 18 < permafrost < 30
    assert 1 < cell_km2[zone == GLACIER].sum() / 1e6 < 2.5
    np.testing.assert_array_equal(zone == SEA, ~place.land)


def test_snow_lies_in_march_and_is_gone_in_july(place: Place) -> None:
    snow = place.weather(2001).snow_water
    cold = place.soil & (place.latitude > 60) & (place.latitude < 70)
    assert 50 < np.median(snow[2][cold]) < 400
    assert np.median(snow[6][cold]) == 0
    assert snow.min() == 0


def test_snow_keeps_the_soil_warmer_than_the_air_in_january(place: Place) -> None:
    weather = place.weather(2001)
    cold = place.soil & (place.latitude > 60)
    gap = (weather.soil_temperature[0] - weather.air_temperature[0])[cold]
    assert np.median(gap) > 5
    swing = np.ptp(weather.soil_temperature, axis=0)[cold]
    assert np.all(swing < np.ptp(weather.air_temperature, axis=0)[cold])


def test_two_years_meet_without_a_jump(place: Place) -> None:
    """January's soil remembers December's air, though the years are made one by one."""
    january = place.weather(2002)
    december = place.air_temperature(Month(2001, 12))
    again = place._soil_temperature(january.air_temperature[0], december, january.snow_water[0])
    np.testing.assert_array_equal(january.soil_temperature[0], again)


def test_the_world_warms(place: Place) -> None:
    def mean_of(years: range) -> float:
        air = [place.air_temperature(Month(y, m)) for y in years for m in (1, 4, 7, 10)]
        return float(np.mean(air))

    assert 0.6 < mean_of(range(2000, 2020)) - mean_of(range(1980, 2000)) < 1.4


def test_ndvi_falls_with_cold_and_dryness(world: World) -> None:
    july = Month(2000, 7)
    taiga, tundra, desert = (
        at(world, *where).ndvi(july)[0] for where in ((40.0, 58.0), (110.0, 74.5), (15.0, 27.0))
    )
    assert taiga > 0.6
    assert tundra < 0.35
    assert desert < 0.2


def test_half_of_a_summers_greenness_persists() -> None:
    rng = np.random.default_rng(1)
    series = Anomalies.draw(rng, 800.0, steps=4000, memory=0.5).series[:, 0]
    assert np.corrcoef(series[:-1], series[1:])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_carbon_is_high_in_the_lowlands_of_the_taiga(place: Place) -> None:
    lowland = place.soil & (place.elevation < 500)
    taiga = lowland & (place.latitude > 58) & (place.latitude < 67)
    south = lowland & (place.latitude < 45)
    carbon = place.organic_carbon
    assert np.median(carbon[taiga]) > 3 * np.median(carbon[south])
    assert carbon.max() <= 400


def test_the_flux_follows_its_formula() -> None:
    """2 * 2^(-10/10) * 30/(30+30) * (0.3 + 1 * 0.7) * (1 + 0.5 * 0) * 1 = 0.5."""
    response = Response(rate=2.0, q10=2.0, half_carbon=30.0, plants=1.0, snow=0.5)
    one = np.ones(1)
    bare = daily_flux(response, -10 * one, 30 * one, 0.7 * one, 0 * one, 0 * one)
    assert bare[0] == pytest.approx(0.5, rel=1e-12)
    under_snow = daily_flux(response, -10 * one, 30 * one, 0.7 * one, 60 * one, 0 * one)
    assert under_snow[0] == pytest.approx(0.5 * (1 + 0.5 * (1 - math.exp(-1))), rel=1e-12)
    odd_site = daily_flux(response, -10 * one, 30 * one, 0.7 * one, 0 * one, math.log(2) * one)
    assert odd_site[0] == pytest.approx(1.0, rel=1e-12)


def test_winter_fluxes_are_of_the_published_size(place: Place) -> None:
    """Natali et al. (2019): about 1,660 Tg C a winter, 12 to 16 g C m-2 month-1."""
    flux = place.true_winter_flux(2001)
    for region, months, low, high in ((ARCTIC, 7, 5, 30), (TIBETAN_PLATEAU, 6, 5, 20)):
        monthly = flux[place.mapped & (place.region == region)] / months
        assert low < monthly.mean() < high
        assert monthly.min() > 0
        assert monthly.max() < 130
    cell_m2 = 111.2e3**2 * np.cos(np.radians(place.latitude))
    assert 1000 < np.nansum(flux * cell_m2) / 1e12 < 3500


def test_the_regions_respond_differently(world: World) -> None:
    plateau = at(world, 90.0, 33.0)
    assert plateau.region[0] == TIBETAN_PLATEAU
    weather = plateau.weather(2001)
    ratio = plateau.daily_flux(Month(2001, 1), weather) / daily_flux(
        Response(rate=0.95, q10=1.9, half_carbon=18.0, plants=2.2, snow=0.2),
        weather.soil_temperature[0],
        plateau.organic_carbon,
        plateau.summer_ndvi(Month(2001, 1)),
        weather.snow_water[0],
        plateau.site_effect,
    )
    assert ratio[0] == 1.0


def test_the_summer_before_is_that_of_the_same_year_from_october_on(world: World) -> None:
    taiga = at(world, 40.0, 58.0)
    for month, year in ((Month(2001, 1), 2000), (Month(2001, 10), 2001), (Month(2001, 7), 2000)):
        highest = max(taiga.ndvi(Month(year, m))[0] for m in (6, 7, 8))
        assert taiga.summer_ndvi(month)[0] == highest


def test_a_winter_sums_the_months_of_its_region_only(world: World) -> None:
    """October belongs to the Arctic's winter and not to the plateau's."""
    both = world.at(np.array([120.0, 87.0]), np.array([64.0, 35.0]))
    assert both.region.tolist() == [ARCTIC, TIBETAN_PLATEAU]
    assert both.mapped.all()
    october = both.true_monthly_flux(Month(2000, 10), both.weather(2000))
    assert np.isfinite(october).tolist() == [True, False]
    weather = {y: both.weather(y) for y in (2000, 2001)}
    months = [Month(2000, 11), Month(2000, 12), *(Month(2001, m) for m in (1, 2, 3, 4))]
    total = sum(both.daily_flux(m, weather[m.year]) * m.days for m in months)
    total[0] += october[0]
    np.testing.assert_allclose(both.true_winter_flux(2001), total, rtol=1e-12)
    assert winter_months(2001) == (Month(2000, 10), *months)


def test_smooth_fields_are_standard_and_correlated_over_their_length() -> None:
    rng = np.random.default_rng(3)
    fields = [SmoothField.draw(rng, 500.0) for _ in range(300)]
    degrees = np.degrees(500.0 / 6371.0)
    points = on_sphere(np.array([10.0, 10.0]), np.array([50.0, 50.0 + degrees]))
    values = np.array([field.at(points) for field in fields])
    assert values.std() == pytest.approx(1.0, abs=0.1)
    correlation = np.corrcoef(values.T)[0, 1]
    assert correlation == pytest.approx(math.exp(-0.5), abs=0.1)


def test_another_seed_is_another_world(world: World) -> None:
    where = np.array([120.0]), np.array([64.0])
    assert World(1).at(*where).site_effect[0] != world.at(*where).site_effect[0]


@pytest.mark.parametrize("years", [(), (1900,), (2001, 2101)])
def test_years_out_of_reach_are_refused(years: tuple[int, ...]) -> None:
    with pytest.raises(Wco2Error, match="no winters"):
        check_years(years)
