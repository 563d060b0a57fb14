"""Training rows: subsets keep all that belongs to a row, and what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from wco2_engine.learning.rows import TrainingRows, is_simulated, rows_by_region

FEATURES = np.arange(12.0).reshape(4, 3)
ROWS = TrainingRows.from_arrays(
    FEATURES, [1.0, 2.0, 3.0, 4.0], ["b", "a", "b", "c"], ("x", "y", "z"), [1.0, 0.5, 1.0, 2.0]
)


def test_sites_are_numbered_whatever_their_labels_are() -> None:
    assert ROWS.site.tolist() == [1, 0, 1, 2]
    assert (len(ROWS), ROWS.n_sites) == (4, 3)


def test_a_subset_is_by_mask_or_by_numbers_that_may_repeat() -> None:
    some = ROWS.subset(np.array([True, False, False, True]))
    assert some.target.tolist() == [1.0, 4.0]
    assert some.features.tolist() == [[0.0, 1.0, 2.0], [9.0, 10.0, 11.0]]
    twice = ROWS.subset(np.array([3, 3, 0]))
    assert twice.target.tolist() == [4.0, 4.0, 1.0]
    assert twice.site.tolist() == [2, 2, 1]
    assert twice.sample_weight is not None
    assert twice.sample_weight.tolist() == [2.0, 2.0, 1.0]
    assert twice.names == ROWS.names
    assert replace(ROWS, sample_weight=None).subset(np.array([0])).sample_weight is None


def test_columns_are_chosen_with_their_names() -> None:
    some = ROWS.with_predictors((2, 0))
    assert some.names == ("z", "x")
    assert some.features[1].tolist() == [5.0, 3.0]
    assert some.features.flags.c_contiguous


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not of 2 names"):
        TrainingRows.from_arrays(FEATURES, np.zeros(4), np.arange(4), ("x", "y"))
    with pytest.raises(ValueError, match=r"target \(3,\) is not of 4 rows"):
        TrainingRows.from_arrays(FEATURES, np.zeros(3), np.arange(4))
    with pytest.raises(ValueError, match="no table of rows"):
        TrainingRows.from_arrays(np.zeros(4), np.zeros(4), np.arange(4))


def test_rows_of_unknown_place_have_no_locations() -> None:
    with pytest.raises(ValueError, match="a location is not finite"):
        _ = ROWS.locations


def test_each_region_has_its_rows_of_its_winter(world: SimpleNamespace) -> None:
    n = 60
    table = pd.DataFrame(
        {
            "site": [f"site {k % 6}" for k in range(n)],
            "longitude": 5.0 + 2.0 * (np.arange(n) % 6),
            "latitude": 60.0,
            "year": 2001,
            "month": np.where(np.arange(n) < 54, 1, 7),
            "flux_g_m2_month": np.arange(n, dtype=float),
            "air": -1.0 * np.arange(n),
        }
    )
    west, east = world.box("west", [12, 1], [0, 50, 10, 70]), world.box("all", [1], [0, 50, 30, 70])
    first, second = rows_by_region(table, ["air"], [west, east], weights="sites")
    # Sites 0 to 2 lie at 5, 7 and 9 degrees; nine of each site's ten months are Januaries.
    assert (len(first), first.n_sites) == (27, 3)
    assert (len(second), second.n_sites) == (27, 3)
    assert set(first.longitude.tolist()) == {5.0, 7.0, 9.0}
    assert first.sample_weight is not None
    np.testing.assert_allclose(first.sample_weight, 1 / 9)
    assert not is_simulated(table)
    assert is_simulated(table.assign(source="Simulated fluxes"))
