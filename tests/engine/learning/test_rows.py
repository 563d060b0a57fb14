"""Training rows: subsets keep all that belongs to a row, and what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.rows import TrainingRows, is_simulated, rows_by_region
from wco2_engine.options import Hyperparameters

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
    first, second = rows_by_region(table, ["air"], [west, east])
    # Sites 0 to 2 lie at 5, 7 and 9 degrees; nine of each site's ten months are Januaries.
    assert (len(first), first.n_sites) == (27, 3)
    assert (len(second), second.n_sites) == (27, 3)
    assert set(first.longitude.tolist()) == {5.0, 7.0, 9.0}
    weight = first.training(Hyperparameters(weights="sites")).sample_weight
    assert weight is not None
    np.testing.assert_allclose(weight, 1 / 9)
    assert not is_simulated(table)
    assert is_simulated(table.assign(source="Simulated fluxes"))


SUMMERS = TrainingRows.from_arrays(
    np.arange(6.0)[:, None],
    [1.0, 2.0, 30.0, 3.0, 40.0, 50.0],
    ["a", "b", "a", "a", "b", "c"],
    scored=[True, True, False, True, False, False],
)


def test_rows_that_are_not_scored_are_kept_apart_with_the_sites_of_all() -> None:
    assert SUMMERS.target.tolist() == [1.0, 2.0, 3.0]
    assert SUMMERS.others is not None
    assert SUMMERS.others.target.tolist() == [30.0, 40.0, 50.0]
    assert (SUMMERS.site.tolist(), SUMMERS.others.site.tolist()) == ([0, 1, 0], [0, 1, 2])
    assert SUMMERS.with_predictors([0]).others is not None


def test_what_trains_is_the_winter_and_what_was_asked_for() -> None:
    everything = SUMMERS.training(Hyperparameters(train_months="all", weights="sites"))
    assert everything.target.tolist() == [1.0, 2.0, 3.0, 30.0, 40.0, 50.0]
    # Three rows of the site a, two of b, one of c.
    np.testing.assert_allclose(everything.sample_weight, [1 / 3, 1 / 2, 1 / 3, 1 / 3, 1 / 2, 1])
    assert everything.others is None
    assert SUMMERS.training(Hyperparameters()).target.tolist() == [1.0, 2.0, 3.0]


def test_a_site_that_is_held_out_takes_its_summers_with_it() -> None:
    left = SUMMERS.subset(SUMMERS.site != 0)
    assert left.training(Hyperparameters(train_months="all")).target.tolist() == [2.0, 40.0, 50.0]
    # With a row left, the site is not held out.
    left = SUMMERS.subset(np.array([False, True, True]))
    assert len(left.training(Hyperparameters(train_months="all"))) == 5


def test_months_by_number_need_to_be_known() -> None:
    with pytest.raises(Wco2Error, match="Which months the rows are of is not known"):
        SUMMERS.training(Hyperparameters(train_months=(5, 9)))


def test_what_does_not_belong_together_is_refused() -> None:
    other = TrainingRows.from_arrays(FEATURES, np.zeros(4), np.arange(4))
    with pytest.raises(ValueError, match="other predictors"):
        replace(SUMMERS, others=other)
    with pytest.raises(ValueError, match="only some of the rows have weights"):
        replace(SUMMERS, sample_weight=np.ones(3))


def test_other_months_of_a_table_train_with_the_nearest_site_of_the_winter(
    world: SimpleNamespace,
) -> None:
    n = 60
    table = pd.DataFrame(
        {
            "site": [f"site {k % 6}" for k in range(n)],
            "longitude": 5.0 + 2.0 * (np.arange(n) % 6),
            "latitude": 60.0,
            "year": 2001,
            "month": np.where(np.arange(n) < 48, 1, np.where(np.arange(n) < 54, 5, 7)),
            "flux_g_m2_month": np.arange(n, dtype=float),
            "air": -1.0 * np.arange(n),
        }
    )
    # Site 5, at 15 degrees, was measured in July alone: it goes with site 4, at 13.
    table = table[(table["site"] != "site 5") | (table["month"] == 7)]
    region = world.box("all", [12, 1], [0, 50, 30, 70])
    (rows,) = rows_by_region(table, ["air"], [region], train_months=(7, 1))
    (bare,) = rows_by_region(table, ["air"], [region])
    assert rows.others is not None
    assert bare.others is None
    assert rows.others.site.tolist() == [0, 1, 2, 3, 4, 4]
    assert set(rows.others.month.tolist()) == {7}
    np.testing.assert_array_equal(rows.site, bare.site)
    (rows,) = rows_by_region(table, ["air"], [region], train_months="all")
    assert rows.others is not None
    assert len(rows.others) == 11
