"""Units: known answers, pint's agreement, and what a month is."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine import units
from wco2_engine.errors import Wco2Error
from wco2_engine.units import (
    COMMON,
    FLUX_UNITS,
    Conversion,
    conversion,
    flux_conversion,
    is_unit,
)

PAIRS = [(a, b) for a, b in product(COMMON, COMMON) if COMMON[a][0] == COMMON[b][0] and a != b]
VALUES = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("stored", "wanted", "value", "days", "expected"),
    [
        ("K", "degC", 273.15, 31, 0.0),
        ("degC", "K", -40.0, 31, 233.15),
        ("kelvin", "Celsius", 263.15, 31, -10.0),
        ("m", "mm", 0.25, 31, 250.0),
        ("mm", "cm", 250.0, 31, 25.0),
        ("%", "1", 45.0, 31, 0.45),
        ("percent", "1", 45.0, 31, 0.45),
        ("1", "%", 0.5, 31, 50.0),
        ("m3 m-3", "%", 0.31, 31, 31.0),
        ("J m-2 day-1", "W m-2", 8_640_000.0, 31, 100.0),
        ("J m**-2 d^-1", "W/m2", 8_640_000.0, 31, 100.0),
        ("m day-1", "mm month-1", 0.002, 31, 62.0),
        ("m day-1", "mm month-1", 0.002, 29, 58.0),
        ("mm month-1", "mm day-1", 62.0, 31, 2.0),
        ("mm s-1", "mm month-1", 1 / 86400, 30, 30.0),
        ("MJ m-2 month-1", "W m-2", 8.64 * 28, 28, 100.0),
        ("g/kg", "%", 250.0, 31, 25.0),
        ("dg kg-1", "g kg-1", 123.0, 31, 12.3),
        ("cg cm-3", "kg m-3", 130.0, 31, 1300.0),
        ("cg cm⁻³", "g cm−3", 130.0, 31, 1.3),
        ("hPa", "Pa", 1013.0, 31, 101_300.0),
        ("mm year-1", "mm month-1", 365.25, 31, 31.0),
    ],
)
def test_a_predictor_is_converted_as_worked_by_hand(
    stored: str, wanted: str, value: float, days: int, expected: float
) -> None:
    convert = conversion(stored, wanted, "here")
    assert convert(value, days) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("stored", "value", "days", "expected"),
    [
        ("g C m-2 day-1", 0.5, 29, 14.5),
        ("g m-2 day-1", 0.5, 28, 14.0),
        ("gC m-2 month-1", 14.5, 29, 14.5),
        ("g C m-2 month-1", 14.5, 29, 14.5),
        ("kg C ha-1 day-1", 5.0, 30, 15.0),
        ("mg C m-2 h-1", 10.0, 31, 7.44),
        ("mg CO2 m-2 h-1", 10.0, 31, 7.44 * 12.011 / 44.009),
        ("g CO2-C m-2 day-1", 0.5, 28, 14.0),
        ("g C-CO2 m-2 day-1", 0.5, 28, 14.0),
        ("gCO2/m2/day", 44.009, 30, 30 * 12.011),
        ("mol m-2 month-1", 1.0, 30, 12.011),
        ("mol C m-2 month-1", 1.0, 30, 12.011),
        # 1e-6 mol x 86,400 s x 12.011 g = 1.0377504 g a day
        ("umol CO2 m-2 s-1", 1.0, 31, 1.0377504 * 31),
        ("umol m-2 s-1", 1.0, 31, 1.0377504 * 31),
        ("µmolCO2 m⁻² s⁻¹", 1.0, 31, 1.0377504 * 31),
        ("umol CO2-C m-2 s-1", 1.0, 31, 1.0377504 * 31),
        ("nmol m-2 s-1", 1000.0, 31, 1.0377504 * 31),
        ("t C ha-1 year-1", 365.25, 30, 100.0 * 30),
        ("g C m-2 a-1", 365.25, 30, 30.0),
    ],
)
def test_a_flux_is_converted_as_worked_by_hand(
    stored: str, value: float, days: int, expected: float
) -> None:
    convert = flux_conversion(stored, "here")
    assert convert.offset == 0
    assert convert(value, days) == pytest.approx(expected, rel=1e-9)


def test_a_gram_of_co2_holds_the_carbon_that_the_literature_says() -> None:
    assert flux_conversion("g CO2 m-2 month-1", "here").factor == pytest.approx(0.27292, abs=5e-6)


def test_the_engines_own_flux_unit_is_left_as_it_is() -> None:
    assert flux_conversion(FLUX_UNITS, "here").identity


def test_arrays_take_the_days_of_each_value() -> None:
    convert = flux_conversion("g C m-2 day-1", "here")
    result = convert(np.array([0.5, 0.5, 2.0]), np.array([29, 28, 31]))
    assert isinstance(result, np.ndarray)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, [14.5, 14.0, 62.0])


@pytest.mark.parametrize(("stored", "wanted"), PAIRS)
def test_the_table_says_what_pint_says(stored: str, wanted: str) -> None:
    have, want = units._parse(stored, "here"), units._parse(wanted, "here")
    expected = units._by_pint(have, want, "", "here")
    assert units._by_table(stored, wanted) == pytest.approx(expected, rel=1e-12)


def test_every_unit_of_the_table_is_written_as_the_parser_writes_it() -> None:
    assert [units._text(units._parse(text, "here")) for text in COMMON] == list(COMMON)


def test_common_conversions_and_identical_units_need_no_pint() -> None:
    program = """
import sys
sys.modules["pint"] = None  # an import of pint now fails
from wco2_engine.errors import Wco2Error
from wco2_engine.units import Conversion, conversion, flux_conversion
assert conversion("K", "degC", "t2m").offset == -273.15
assert conversion("m day-1", "mm month-1", "tp") == Conversion(1000.0, 0.0, 1)
assert conversion("furlong", "furlong", "fence").identity
assert conversion("W/m2", "W m-2", "ssrd").identity
assert flux_conversion("umol m-2 s-1", "flux").month_power == 1
try:
    conversion("furlong", "m", "fence")
except Wco2Error as error:
    assert "fence" in error.message and "pint" in error.hint
else:
    raise SystemExit("furlongs were converted")
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.sampled_from(PAIRS), VALUES, st.integers(28, 31))
def test_there_and_back_gives_the_value_again(
    pair: tuple[str, str], value: float, days: int
) -> None:
    there, back = conversion(*pair, "here"), conversion(*reversed(pair), "here")
    assert back(there(value, days), days) == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(VALUES, st.integers(28, 31))
def test_a_month_there_and_back_gives_the_value_again(value: float, days: int) -> None:
    there = conversion("m day-1", "mm month-1", "here")
    back = conversion("mm month-1", "m day-1", "here")
    assert back(there(value, days), days) == pytest.approx(value, rel=1e-12)


@given(
    st.sampled_from(["umol CO2 m-2 s-1", "g C m-2 day-1", "mg CO2 m-2 h-1", "kg C ha-1 day-1"]),
    VALUES,
    VALUES,
    st.integers(28, 31),
)
def test_a_flux_conversion_is_linear(stored: str, a: float, b: float, days: int) -> None:
    convert = flux_conversion(stored, "here")
    assert convert(0.0, days) == 0
    assert convert(a + b, days) == pytest.approx(
        convert(a, days) + convert(b, days), rel=1e-9, abs=1e-3
    )


@given(st.floats(-10, 10), st.floats(-300, 300), st.integers(-1, 1), VALUES)
def test_a_conversion_is_what_its_fields_say(
    factor: float, offset: float, power: int, value: float
) -> None:
    result = Conversion(factor, offset, power)(value, 31)
    assert result == pytest.approx(value * factor * 31.0**power + offset, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("stored", "wanted", "hint"),
    [
        ("C", "K", "degC"),
        ("degc", "K", "degC"),
        ("pecent", "1", "percent"),
        ("0-1", "%", "'1'"),
        ("mm dya-1", "mm day-1", "day"),
        ("m -1", "m", "'1'"),
    ],
)
def test_an_unknown_unit_names_the_nearest_known_one(stored: str, wanted: str, hint: str) -> None:
    with pytest.raises(Wco2Error, match=r"soil\.nc: t2m") as caught:
        conversion(stored, wanted, "soil.nc: t2m")
    assert "unit" in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [("K", "m"), ("m", "mm day-1"), ("J m-2", "W m-2"), ("kg m-2", "mm"), ("degC day-1", "K")],
)
def test_units_of_different_things_are_refused_by_name(stored: str, wanted: str) -> None:
    with pytest.raises(Wco2Error) as caught:
        conversion(stored, wanted, "soil.nc: t2m")
    for part in ("soil.nc: t2m", stored, wanted):
        assert part in caught.value.message


@pytest.mark.parametrize("text", ["%s%n", "%x", "m%", "g C m-2 %d"])
def test_signs_that_are_no_unit_are_named(text: str) -> None:
    with pytest.raises(Wco2Error, match="unit") as caught:
        flux_conversion(text, "t.csv")
    assert "%" in caught.value.message


@pytest.mark.parametrize(
    "stored",
    [
        *("W m-2", "g C m-2", "umol mol-1", "ppm", "m C day-1", "", "1", "C m-2 day-1"),
        *("g CH4 m-2 day-1", "g C CO2 m-2 day-1", "g m-2 C day-1", "g C2 m-2 day-1", "degC"),
    ],
)
def test_what_is_no_flux_is_refused(stored: str) -> None:
    with pytest.raises(Wco2Error, match="is no unit of a CO2 flux") as caught:
        flux_conversion(stored, "fluxes.csv, column 'RS'")
    assert "fluxes.csv, column 'RS'" in caught.value.message
    assert "g C m-2 day-1" in caught.value.hint


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ("g C m-2 mo-1", "g C m-2 month-1"),
        ("gC/m2/mo", "g C m-2 month-1"),
        ("gC/m2/d", "g C m-2 day-1"),
        ("[gC m^{-2} d^{-1}]", "g C m-2 day-1"),
        ("g C m^(-2) d^(-1)", "g C m-2 day-1"),
        ("gCm-2d-1", "g C m-2 day-1"),
        ("g(C) m -2 d -1", "g C m-2 day-1"),
        ("g C m–2 d–1", "g C m-2 day-1"),
        ("g C/(m2 month)", "g C m-2 month-1"),
        ("g C m-2 per month", "g C m-2 month-1"),
        ("µmol m-2 s-1", "umol CO2 m-2 s-1"),
        ("umolm-2s-1", "umol CO2 m-2 s-1"),
        ("mumol CO2 m-2s-1", "umol CO2 m-2 s-1"),
    ],
)
def test_the_spellings_of_a_flux_unit_mean_the_same(stored: str, plain: str) -> None:
    assert flux_conversion(stored, "here") == flux_conversion(plain, "here")


@pytest.mark.parametrize(
    "text", ["deg", "degrees_north", "g C m-2 d-1", "umol CO2 m-2 s-1", "°C", "%", "1", "yyyy"]
)
def test_a_unit_is_known_as_one(text: str) -> None:
    assert is_unit(text)


@pytest.mark.parametrize("text", ["", "Toolik", "text", "-", "Site 3", "0.5", "CO2", "http://x"])
def test_what_is_no_unit_is_not_taken_for_one(text: str) -> None:
    assert not is_unit(text)
