"""Which names are one series, and what in them is a date."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.inputs.patterns import Pattern
from wco2_engine.products.names import plain_name, series_of_names

YEARS = (2001, 2002, 2003)
TWELVE = range(1, 13)


def named(text: str, years: Iterable[int] = YEARS, months: Iterable[int] = TWELVE) -> list[str]:
    return [Pattern(text).at(year=year, month=month) for year in years for month in months]


@pytest.mark.parametrize(
    "text",
    [
        "tas_{year}-{month:02d}.tif",
        "{year}/{month:02d}/tmean.tif",
        "{year}/tmean_{month:02d}.tif",
        "{year}/ndvi_{year}{month:02d}.tif",
        "{year}/{month:02d}/ndvi_{year}{month:02d}15.tif",
        "ndvi_{month:02d}{year}.tif",
        "CHELSA_tas_{month:02d}_{year}_V.2.1.tif",
        "气温_{year}年{month:02d}月.tif",
        "气温{year}年{month}月.tif",
        "tas_{Mon}{year}.tif",
        "tas_{Month_name}_{year}.tif",
        "swe_y{year}m{month:02d}.nc",
        "tmin_2000-2009.zip/wc2.1_2.5m_tmin_{year}-{month:02d}.tif",
        "snow depth_{year}_{month:02d} (1).tif",
        "{{x}}_{year}{month:02d}.tif",
    ],
)
def test_a_date_is_what_differs(text):
    names = named(text)
    assert series_of_names(names) == {text: names}


@pytest.mark.parametrize(
    ("names", "patterns"),
    [
        # several predictors that only their folders, versions, depths or tiles tell apart
        (["tmin/2001.tif", "tmax/2001.tif", "tmin/2002.tif", "tmax/2002.tif"],
         ["tmin/{year}.tif", "tmax/{year}.tif"]),
        (named("snow_v1.0_{year}.tif", months=[1]) + named("snow_v2.0_{year}.tif", months=[1]),
         ["snow_v1.0_{year}.tif", "snow_v2.0_{year}.tif"]),
        (named("stl1_{year}_{month:02d}.nc") + named("stl2_{year}_{month:02d}.nc"),
         ["stl1_{year}_{month:02d}.nc", "stl2_{year}_{month:02d}.nc"]),
        (["stl1_2001.nc", "stl2_2001.nc", "stl1_2002.nc", "stl2_2002.nc"],
         ["stl1_{year}.nc", "stl2_{year}.nc"]),
        # when a file was made differs too, and says nothing of what it holds
        (["M.A2001001.h25v03.2019011.hdf", "M.A2001032.h25v03.2019014.hdf"],
         ["M.A{year}{doy:03d}.h25v03.*.hdf"]),
        # hours of days
        (["e_20010101_00.nc", "e_20010101_12.nc", "e_20010102_00.nc", "e_20010102_12.nc"],
         ["e_{year}{month:02d}{day:02d}_*.nc"]),
        (["x_2001_0115.tif", "x_2001_0216.tif"], ["x_{year}_{month:02d}{day:02d}.tif"]),
        (["x_2001_001.tif", "x_2001_033.tif"], ["x_{year}_{doy:03d}.tif"]),
        (["x_2001-1-9.tif", "x_2001-12-10.tif"], ["x_{year}-{month}-{day}.tif"]),
        # the middle of the month is no day that a file begins on
        (["t_20010115.nc", "t_20010215.nc"], ["t_{year}{month:02d}15.nc"]),
        # spans, whose files say their dates themselves
        (["t_199001-199912.nc", "t_200001-200912.nc"], ["t_*.nc"]),
        (["t_2001to2005.nc", "t_2006to2010.nc"], ["t_*to*.nc"]),
        (["cru_ts4.07.2001.2010.tmp.dat.nc", "cru_ts4.07.2011.2020.tmp.dat.nc"],
         ["cru_ts4.07.*.*.tmp.dat.nc"]),
        (["n_v1_2_2001_0106.nc4", "n_v1_2_2001_0712.nc4"], ["n_v1_2_{year}_*.nc4"]),
        # all of one year
        (named("tas_2001_{month:02d}.tif", [2001]), ["tas_{year}_{month:02d}.tif"]),
        # a climatology; 1981-2010 is of all of its files
        (named("CHELSA_tas_{month:02d}_1981-2010_V.2.1.tif", [0]),
         ["CHELSA_tas_{month:02d}_1981-2010_V.2.1.tif"]),
        (named("t{month}.bil", [0], [10, 11, 12, 1, 2, 3]), ["t{month}.bil"]),
        # Januaries alone
        (["tas_2001_01.tif", "tas_2002_01.tif"], ["tas_{year}_{month:02d}.tif"]),
    ],
)  # fmt: skip
def test_what_is_a_series_and_what_is_not(names, patterns):
    assert list(series_of_names(names)) == patterns


@pytest.mark.parametrize(
    "names",
    [
        [f"bio_{k}.tif" for k in range(1, 20)],
        [f"bio_{k:02d}.tif" for k in range(1, 20)],
        [f"layer_{k:02d}.tif" for k in range(1, 5)],
        [f"t{k}.tif" for k in range(1, 7)],
        ["clay_2019.tif", "sand_2019.tif"],
        ["t_2001.tif"],
        ["h08v05.tif", "h09v05.tif"],
    ],
)
def test_numbers_that_nothing_proves_to_be_dates_stay(names):
    assert series_of_names(names) == {name: [name] for name in names}


def test_a_person_may_say_that_numbers_are_months():
    names = ["rain_01.tif", "rain_02.tif"]
    assert list(series_of_names(names)) == names
    assert list(series_of_names(names, months=True)) == ["rain_{month:02d}.tif"]


@given(
    st.sampled_from(["", "b2_", "v1.0/", "雪_"]),
    st.sampled_from(["{year}{sep}{month:02d}", "{month:02d}{sep}{year}", "{year}/{sep}{month}"]),
    st.sampled_from(["", "_", "-", "."]),
    st.sets(st.integers(1850, 2150), min_size=2, max_size=5),
    st.sets(st.integers(1, 12), min_size=2),
)
def test_dates_are_read_back_from_any_series(lead, text, sep, years, months):
    pattern = lead + text.replace("{sep}", sep) + ".tif"
    names = named(pattern, sorted(years), sorted(months))
    (found,) = series_of_names(names)
    told = [Pattern(found).dates_in(name) for name in names]
    assert told == [{"year": y, "month": m} for y in sorted(years) for m in sorted(months)]


@given(st.lists(st.text("a_-./{}0129年Jn", min_size=1, max_size=12), max_size=12, unique=True))
def test_every_name_is_in_one_series_that_stands_for_it(names):
    found = series_of_names(names)
    assert sorted(name for series in found.values() for name in series) == sorted(names)
    for text, series in found.items():
        if all("." != part != ".." for name in series for part in name.split("/")):
            assert all(Pattern(text).dates_in(name) is not None for name in series)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("tmax/{year}.tif", "tmax"),
        ("{year}/{month:02d}/tmean.tif", "tmean"),
        ("气温_{year}年{month:02d}月.tif", "气温"),
        ("t_{year}{month:02d}15.nc", "t"),
        ("{year}.tif", "predictor"),
        ("12.tif", "p_12"),
        ("wc2.1_tavg_{month:02d}.tif", "wc2_1_tavg"),
    ],
)
def test_a_predictor_is_called_by_what_is_no_date(pattern, name):
    assert plain_name(pattern) == name
