"""Numbers that look like marks for missing values."""

from __future__ import annotations

import numpy as np
import pytest

from wco2_engine.inputs.marks import bytes_of_percent, mark_among, may_be_marks, plain_mark


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        ([-9999, 1, 2, 3], -9999),
        ([-9999, -9999], -9999),
        ([-32768, -20, 30], -32768),
        ([1e20, 1, 2], 1e20),
        ([-3.4e38, 1, 2], -3.4e38),
        ([-99, -99, 0, 5], -99),
        ([255, 255, 3, 100], 255),
        ([65535, 65535, 1000], 65535),
        ([-99, 0, 5], None),  # once: a value may be so
        ([-99, -99, -80, 0], None),  # others are near
        ([-9999, -9999, -8000, 0], None),
        ([255, 255, 254, 253], None),
        ([255, 255], None),  # a class that is everywhere
        ([0, 100], None),
        ([], None),
    ],
)
def test_a_mark_lies_far_from_all_other_numbers(values: list[float], mark: float | None) -> None:
    stored = np.array(values, np.float64)
    assert mark_among(stored) == mark
    if mark is not None:
        assert may_be_marks(stored.min(), stored.max())


@pytest.mark.parametrize("mark", [-999.0, -9999.0, -32768.0, 1e20, -3.4e38])
def test_some_marks_are_known_wherever_they_are_met(mark: float) -> None:
    assert plain_mark(np.array([[3.0, mark], [np.nan, 4.0]])) == pytest.approx(mark)


@pytest.mark.parametrize("value", [-99.0, 255.0, 9999.0, 32767.0, -1200.0, np.nan])
def test_what_may_be_a_value_is_no_plain_mark(value: float) -> None:
    assert plain_mark(np.array([3.0, value])) is None


def test_bytes_in_percent_may_hold_codes() -> None:
    assert bytes_of_percent("%", "uint8", 1.0)
    assert not bytes_of_percent("%", "uint8", 0.5)
    assert not bytes_of_percent("%", "int16", 1.0)
    assert not bytes_of_percent(None, "uint8", 1.0)
