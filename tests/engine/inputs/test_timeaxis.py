"""What the names of bands say of their time, and what they don't."""

from __future__ import annotations

import pytest

from wco2_engine.inputs.timeaxis import TimeAxis, named_bands
from wco2_engine.season import Month

ENGLISH = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def test_dates_are_months_in_whatever_order_they_stand() -> None:
    assert named_bands(["2003-10", "2003-1", "x"]) == TimeAxis()
    found = named_bands(["2003-10", "2003-01", "2002-12-01"])
    assert found.months == {Month(2003, 10): 1, Month(2003, 1): 2, Month(2002, 12): 3}


@pytest.mark.parametrize(
    "names",
    [
        ENGLISH,
        [name.lower() for name in ENGLISH],
        [name[:3] for name in ENGLISH],
        [f"month {k}" for k in range(1, 13)],
        [f"month {k:02d}" for k in range(1, 13)],
    ],
)
def test_names_of_months_are_those_of_any_year(names: list[str]) -> None:
    assert named_bands(names).calendar_months == {k: k for k in range(1, 13)}


def test_an_empty_band_is_of_no_month() -> None:
    found = named_bands(["2003-01", "2003-02 (empty)", "2003-03"])
    assert found.months == {Month(2003, 1): 1, Month(2003, 3): 3}
    assert named_bands(["month 1 (empty)", "month 2"]).calendar_months == {2: 2}


def test_years_are_years_where_there_are_several() -> None:
    assert named_bands(["1999", "2001"]).years == {1999: 1, 2001: 2}
    assert not named_bands(["1999"]).known


@pytest.mark.parametrize(
    "names",
    [
        [None] * 12,
        [""] * 12,
        [str(k) for k in range(1, 13)],
        [f"t_2003_{k}" for k in (1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9)],
        ["tmean", "tmin", "tmax", "prec", "sun", "wind", "snow", "rh", "vap", "p", "q", "r"],
        ["2003-01", "2003-01"],
        ["January", "Jan"],
        ["2003-13", "2003-14"],
    ],
)
def test_other_names_say_nothing_however_many_there_are(names: list[str | None]) -> None:
    assert not named_bands(names).known
