"""Coordinates as people write them."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.inputs.coordinates import degrees


def read(axis: str, *texts: str, decimal_comma: bool = False) -> list[float]:
    found = degrees(pandas.Series(texts, dtype=object), axis, decimal_comma, "t.csv")
    return found.values.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-149.6", -149.6),
        ("149.6W", -149.6),
        ("149.6 °W", -149.6),
        ("W 149.6°", -149.6),
        ("149,6w", -149.6),
        ("149°36'00\"W", -149.6),
        ("149° 36′ 0″ W", -149.6),
        ("149°36'W", -149.6),
        ("149° 36.5' E", 149 + 36.5 / 60),
        ("-149°36'", -149.6),
        ("\u2212149.6°", -149.6),
        ("93°13'48''E", 93.23),
        ("93度13分48秒东", 93.23),
        ("93.23东", 93.23),
    ],
)
def test_a_longitude_is_read_in_any_common_spelling(text, expected):
    assert read("longitude", text) == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "68.6N",  # of the other axis
        "-149.6W",  # two signs
        "W149.6W",
        "149°60'W",
        "149°10'75\"W",
        "149 degrees west",
        "W",
    ],
)
def test_what_is_no_longitude_is_unreadable(text):
    found = degrees(pandas.Series([text, "12"], dtype=object), "longitude", False, "t.csv")
    assert found.unreadable.tolist() == [True, False]


def test_columns_may_mix_spellings_and_decimal_commas():
    found = read("latitude", "68,63", "68°37'48\"N", "", decimal_comma=True)
    assert found[:2] == pytest.approx([68.63, 68.63])
    assert np.isnan(found[2])


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59), st.sampled_from("NS"))
def test_degrees_minutes_and_seconds_add_up(whole, minutes, seconds, letter):
    (found,) = read("latitude", f"{whole}°{minutes:02d}'{seconds:02d}\"{letter}")
    assert abs(found) == pytest.approx((whole * 3600 + minutes * 60 + seconds) / 3600, abs=1e-12)
    assert found >= 0 if letter == "N" else found <= 0
