"""Winters worked by hand, and years as people write them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.season import LABELS, Month, Winter, format_years, parse_years

OCT_APR = (10, 11, 12, 1, 2, 3, 4)


def texts(months: tuple[Month, ...]) -> list[str]:
    return [str(month) for month in months]


def test_named_by_january_a_winter_starts_in_the_autumn_before() -> None:
    months = Winter(OCT_APR, "january").months_of(2004)
    assert texts(months) == [
        *("2003-10", "2003-11", "2003-12"),
        *("2004-01", "2004-02", "2004-03", "2004-04"),
    ]
    # October 31, November 30, December 31, January 31, leap February 29, March 31, April 30.
    assert sum(month.days for month in months) == 213


def test_named_by_its_start_a_winter_begins_in_that_year() -> None:
    months = Winter(OCT_APR, "start").months_of(2004)
    assert texts(months)[0] == "2004-10"
    assert texts(months)[-1] == "2005-04"
    assert sum(month.days for month in months) == 212  # February 2005 has 28 days


def test_named_by_the_calendar_a_winter_takes_the_months_of_one_year() -> None:
    months = Winter(OCT_APR, "calendar").months_of(2004)
    assert texts(months) == [
        *("2004-01", "2004-02", "2004-03", "2004-04"),
        *("2004-10", "2004-11", "2004-12"),
    ]


@pytest.mark.parametrize(("label", "first"), [("january", 2004), ("start", 2004)])
def test_a_winter_after_new_year_lies_in_the_year_that_names_it(label: str, first: int) -> None:
    winter = Winter((1, 2, 3), label)  # type: ignore[arg-type]
    assert texts(winter.months_of(first)) == ["2004-01", "2004-02", "2004-03"]


def test_an_autumn_that_ends_before_new_year_is_named_by_the_january_after_it() -> None:
    assert texts(Winter((9, 10, 11), "january").months_of(2004)) == [
        "2003-09",
        "2003-10",
        "2003-11",
    ]
    assert texts(Winter((9, 10, 11), "start").months_of(2004)) == ["2004-09", "2004-10", "2004-11"]


def test_july_is_the_first_month_that_belongs_to_the_next_january() -> None:
    assert Winter((7, 8), "january").months_of(2004)[0] == Month(2003, 7)
    assert Winter((6, 7), "january").months_of(2004)[0] == Month(2004, 6)


def test_months_may_come_in_any_order() -> None:
    assert Winter((1, 4, 12, 2, 10, 3, 11)).months == OCT_APR
    assert Winter((1, 4, 12, 2, 10, 3, 11)) == Winter(OCT_APR)


@given(
    start=st.integers(1, 12),
    length=st.integers(1, 11),
    label=st.sampled_from(LABELS),
    year=st.integers(1900, 2100),
)
def test_every_winter_month_belongs_to_the_winter_that_lists_it(
    start: int, length: int, label: str, year: int
) -> None:
    winter = Winter(tuple((start + k - 1) % 12 + 1 for k in range(length)), label)  # type: ignore[arg-type]
    months = winter.months_of(year)
    assert {month.month for month in months} == set(winter.months)
    assert list(months) == sorted(months)
    assert all(winter.year_of(month) == year for month in months)
    if label != "calendar":
        assert all(b == a.shift(1) for a, b in pairwise(months))


def test_a_summer_month_has_no_winter() -> None:
    with pytest.raises(ValueError, match="2004-07"):
        Winter(OCT_APR).year_of(Month(2004, 7))


@pytest.mark.parametrize(
    "months",
    [(), (0,), (13,), (11, 1), (11, 11, 12), tuple(range(1, 13)), (True, 2), (1.0, 2), ("1",)],
)
def test_months_that_are_no_winter_are_refused(months: tuple[int, ...]) -> None:
    with pytest.raises(Wco2Error, match="Winter months"):
        Winter(months)


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Wco2Error, match="january, start, calendar"):
        Winter((1, 2), "december")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("year", "month", "days"), [(2000, 2, 29), (1900, 2, 28), (2023, 2, 28), (2024, 2, 29)]
)
def test_february_has_the_days_of_its_year(year: int, month: int, days: int) -> None:
    assert Month(year, month).days == days


def test_shifting_a_month_crosses_new_year() -> None:
    assert Month(2003, 12).shift(1) == Month(2004, 1)
    assert Month(2004, 1).shift(-1) == Month(2003, 12)
    assert Month(2004, 1).shift(-13) == Month(2002, 12)
    assert Month(2004, 5).shift(24) == Month(2006, 5)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1983", (1983,)),
        (1983, (1983,)),
        ("1990-1993", (1990, 1991, 1992, 1993)),
        ("1990 - 1993", (1990, 1991, 1992, 1993)),
        ("1990–1991, 1985", (1985, 1990, 1991)),
        ("1990:1991;1990", (1990, 1991)),
        (range(1990, 1993), (1990, 1991, 1992)),
        ([1995, 1990, 1990], (1990, 1995)),
        (np.array([1990, 1991]), (1990, 1991)),
    ],
)
def test_years_are_read_as_people_write_them(text: object, years: tuple[int, ...]) -> None:
    assert parse_years(text) == years  # type: ignore[arg-type]
    assert all(type(year) is int for year in parse_years(text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", " ", "83", "1990-", "1990-91", "nineteen", "1799", "2301", "١٩٩٠", True, [], [1.5]]
)
def test_what_names_no_years_is_refused(text: object) -> None:
    with pytest.raises(Wco2Error, match="names no years"):
        parse_years(text)  # type: ignore[arg-type]


def test_years_that_run_backwards_are_refused_with_the_right_order() -> None:
    with pytest.raises(Wco2Error, match="Write 1990-1999"):
        parse_years("1999-1990")


@given(st.lists(st.integers(1800, 2300), min_size=1))
def test_years_survive_being_written_and_read(years: list[int]) -> None:
    assert parse_years(format_years(years)) == tuple(sorted(set(years)))


def test_years_are_written_as_runs() -> None:
    assert format_years([1995, 1990, 1991, 1992, 1992]) == "1990-1992, 1995"
