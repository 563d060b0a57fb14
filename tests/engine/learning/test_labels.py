"""What rows have in common that is no place, and how it is held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.folds import label_folds, make_folds
from wco2_engine.learning.labels import COMMON, labels_of, winter_names
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.splitters import SiteKFold
from wco2_engine.season import Winter

COLD = Winter((10, 11, 12, 1, 2, 3, 4))
TIMES = [(1999, 10), (2000, 1), (2000, 4), (2000, 7), (2000, 10), (2001, 9)]


def rows_of(times: list[tuple[int, int]], **columns: Any) -> TrainingRows:
    from dataclasses import replace

    n = len(times)
    rows = TrainingRows.from_arrays(np.zeros((n, 1)), np.arange(n), np.zeros(n))
    year, month = np.array(times).T
    texts = {name: np.array(column, dtype=str) for name, column in columns.items()}
    return replace(rows, year=year.astype(np.int16), month=month.astype(np.int8), **texts)


def test_a_summer_counts_to_the_winter_before_it() -> None:
    year, month = np.array(TIMES).T
    assert winter_names(COLD, year, month).tolist() == [2000, 2000, 2000, 2000, 2001, 2001]
    by_calendar = Winter((10, 11, 12, 1), label="calendar")
    assert winter_names(by_calendar, year, month).tolist() == [1999, 2000, 2000, 2000, 2000, 2001]


def test_a_decade_is_of_ten_winters_by_their_names() -> None:
    # October 1999 is of the winter of 2000, and so of the decade that begins with it.
    label, others = labels_of("decade", rows_of([*TIMES, (1999, 4)]), COLD)
    assert label.tolist() == [2000, 2000, 2000, 2000, 2000, 2000, 1990]
    assert others.size == 0


@pytest.mark.parametrize("name", ["method", "source"])
def test_what_is_not_known_has_no_label(name: str) -> None:
    rows = rows_of(TIMES[:4], **{name: ["tower", "", "chamber", "tower"]})
    assert labels_of(name, rows, COLD)[0].tolist() == [1, -1, 0, 1]


def test_labels_are_held_out_together_and_unknown_ones_always_train() -> None:
    folds = label_folds(np.array([2003, 2001, -1, 2001, 2003, 2002]), "winter")
    assert folds.tolist() == [2, 0, -1, 0, 2, 1]


def test_more_than_twenty_winters_share_ten_folds() -> None:
    winters = np.repeat(np.arange(1980, 2021), 5)
    folds = make_folds("year", winters, 3)
    assert sorted(set(folds.tolist())) == list(range(10))
    assert len(set(zip(winters.tolist(), folds.tolist(), strict=True))) == 41
    rows = np.zeros((len(winters), 1))
    np.testing.assert_array_equal(
        SiteKFold(random_state=3).fold_numbers(rows, groups=winters), folds
    )


@pytest.mark.parametrize("validation", list(COMMON))
@pytest.mark.parametrize(
    ("labels", "said"), [([1, 1, 1], "All rows are of one"), ([-1, -1, -1], "No row has a known")]
)
def test_rows_that_are_all_alike_can_not_be_held_out(
    validation: str, labels: list[int], said: str
) -> None:
    with pytest.raises(Wco2Error, match=f"{said}.* {COMMON[validation]}"):
        make_folds(validation, np.array(labels), 0)
