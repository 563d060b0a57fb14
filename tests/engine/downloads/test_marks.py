"""Numbers that look like marks for missing values."""

from __future__ import annotations

import numpy as np
import pytest

from wco2_engine.downloads.marks import mark_among, may_be_marks


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
