"""Cells of text as numbers: with points or commas throughout, and asked where both may be meant."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.cells import has_decimal_comma, numbers


def read(*texts: str, decimal_comma: bool = False) -> list[float]:
    column = pandas.Series(texts, dtype=object, name="Flux")
    return numbers(column, decimal_comma).values.tolist()


def refused(*texts: str, decimal_comma: bool = False) -> str:
    with pytest.raises(Wco2Error) as caught:
        read(*texts, decimal_comma=decimal_comma)
    assert "point for decimals" in caught.value.hint
    return caught.value.message


def test_points_and_commas_are_read_where_all_are_alike() -> None:
    assert read("0.21", "-1.5e-3", "3") == [0.21, -0.0015, 3.0]
    assert read("0,21", "-1,5e-3", "3") == [0.21, -0.0015, 3.0]


def test_both_signs_in_one_column_are_quoted() -> None:
    assert "Column 'Flux' has numbers with both signs: '1,234' and '0.33'" in (
        refused("1,234", "0.33")
    )
    assert "'0,2' and '0.33'" in refused("0.33", "0,2")


def test_a_comma_that_may_stand_for_thousands_is_asked_about() -> None:
    assert "'1,234' may be 1.234 or 1234" in refused("1,234", "2,345")
    assert "'1,234' may be 1.234 or 1234" in refused("1,234", "567")
    assert "'1,234,567' may be" in refused("1,234,567", "0,5")


def test_a_comma_is_decimal_where_another_cell_or_column_proves_it() -> None:
    assert read("1,234", "0,21") == [1.234, 0.21]
    assert read("1,234", "2,345", decimal_comma=True) == [1.234, 2.345]
    assert read("0,234") == [0.234]  # no thousand begins with 0


@pytest.mark.parametrize("text", ["1,234.5", "1.234,5", "12,345,678.9"])
def test_both_signs_in_one_number_are_refused(text: str) -> None:
    assert f"'{text}' has a sign for thousands" in refused(text, "1")


def test_points_that_may_stand_for_thousands_are_asked_about_beside_decimal_commas() -> None:
    assert "'1.234' may be 1.234 or 1234" in refused("1.234", decimal_comma=True)
    assert read("1.23", "1.234", decimal_comma=True) == [1.23, 1.234]
    assert read("1.234") == [1.234]


def test_a_column_proves_decimal_commas() -> None:
    assert has_decimal_comma({"0,21", "3"})
    assert not has_decimal_comma({"1,234"})
    assert not has_decimal_comma({"0,21", "0.5"})
    assert not has_decimal_comma({"Tsoil, 5 cm"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "NA", "n/a", "#N/A", "NaN", "null", "None", "-9999", "-9999.0", "-", "--", "."),
        *("missing", "#DIV/0!", "#VALUE!", "no data"),
    ],
)
def test_words_for_nothing_are_missing(text: str) -> None:
    column = numbers(pandas.Series([text, "1"], dtype=object))
    assert column.missing.tolist() == [True, False]


def test_minus_signs_of_typesetters_are_minus_signs() -> None:
    assert read("\u22120.5", "\u20130.5") == [-0.5, -0.5]


@pytest.mark.parametrize("text", ["1 234", "1'234", "0.3 b", "1_000", "inf", "5 %", "n.d.", "<0.1"])
def test_what_is_no_number_is_unreadable(text: str) -> None:
    column = numbers(pandas.Series([text], dtype=object))
    assert column.unreadable.tolist() == [True]
    assert np.isnan(column.values[0])
