"""DI, area of applicability and LPD are those of CAST, in the same bits however rows are cut up."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning import applicability, nearest
from wco2_engine.learning.applicability import AreaOfApplicability, splits_of
from wco2_engine.learning.forest import walker

REPOSITORY = Path(__file__).resolve().parents[3]
CAST = REPOSITORY.parent / "shared" / "reference" / "cast"
RUNS = ["i_plain", "ii_weights_folds", "iii_weights_folds_lpd", "iv_negative_weight"]
RUNS += ["v_partial_folds", "vi_subset_threshold_at_maximum"]

Table = NDArray[np.float64]


class Reference:
    """The synthetic case on which CAST was run, and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.settings = json.loads((folder / "settings.json").read_text("utf-8"))
        self.expected = json.loads((folder / "expected.json").read_text("utf-8"))["aoa"]
        self.names: list[str] = self.settings["predictors"]
        self.training, self.folds = self.read(folder / "training.csv")
        self.prediction, _ = self.read(folder / "prediction.csv")

    def read(self, path: Path) -> tuple[Table, NDArray[np.int64]]:
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        table = np.array([[float(row[name]) for name in self.names] for row in rows])
        return table, np.array([int(row.get("fold", 0)) for row in rows])

    def fitted(self, run: str) -> AreaOfApplicability:
        weights = self.settings["weights_with_negative" if run.startswith("iv") else "weights"]
        rows, splits = slice(None), None
        if run.startswith("vi_"):
            first, last = self.settings["subset_rows"]
            rows = slice(first - 1, last)
        elif run.startswith("v_"):
            partial = self.settings["partial_folds"]
            splits = [
                (np.array(train) - 1, np.array(test) - 1)
                for train, test in zip(partial["train_rows"], partial["test_rows"], strict=True)
            ]
        elif not run.startswith("i_"):
            splits = splits_of(self.folds - 1)
        return AreaOfApplicability().fit(
            self.training[rows],
            None if run.startswith("i_") else [weights[name] for name in self.names],
            splits,
            self.names,
        )


@pytest.fixture(scope="module", params=["numba", "numpy"])
def kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways to search, whatever else a test does."""
    if request.param == "numba" and walker().name != "numba":
        pytest.skip(f"numba can't be used: {walker().about}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WCO2_NUMBA", "1" if request.param == "numba" else "0")
        yield request.param


@pytest.fixture(scope="module")
def reference() -> Reference:
    if not CAST.is_dir():
        pytest.skip("CAST's answers are not beside the checkout, in ../shared/reference/cast")
    return Reference(CAST)


def with_gaps(values: list[float | None]) -> Table:
    return np.array([np.nan if value is None else value for value in values])


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("run", RUNS)
def test_di_threshold_and_aoa_are_those_of_cast(reference: Reference, run: str) -> None:
    expected, fitted = reference.expected[run], reference.fitted(run)
    found = fitted.predict(reference.prediction, lpd=False)
    for array, key in (
        (fitted.mean_, "center"),
        (fitted.sd_, "scale"),
        (fitted.weights_, "weights_used"),
    ):
        np.testing.assert_allclose(array, [expected[key][n] for n in reference.names], rtol=1e-13)
    np.testing.assert_allclose(fitted.mean_distance_, expected["train_dist_avrgmean"], rtol=1e-13)
    np.testing.assert_allclose(
        fitted.training_di_, with_gaps(expected["train_di"]), rtol=1e-12, atol=0
    )
    np.testing.assert_allclose(fitted.threshold_, expected["threshold"], rtol=1e-13)
    np.testing.assert_allclose(found.di, with_gaps(expected["di"]), rtol=1e-12, atol=0)
    np.testing.assert_array_equal(found.inside, np.array(expected["aoa"], bool))
    assert found.inside.mean() == expected["fraction_inside"]
    assert found.lpd is None
    assert fitted.constant_ == ()


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("run", ["iii_weights_folds_lpd", "v_partial_folds", RUNS[-1]])
def test_lpd_is_that_of_cast(reference: Reference, run: str) -> None:
    expected, fitted = reference.expected[run], reference.fitted(run)
    found = fitted.predict(reference.prediction)
    np.testing.assert_array_equal(found.lpd, expected["lpd"])
    train_lpd = [-1 if count is None else count for count in expected["train_lpd"]]
    np.testing.assert_array_equal(fitted.training_lpd_, train_lpd)
    assert fitted.average_lpd_ == expected["avrg_lpd"]


@pytest.mark.usefixtures("kernel")
def test_a_copy_of_a_training_row_has_a_di_of_exactly_0(reference: Reference) -> None:
    found = reference.fitted("ii_weights_folds").predict(reference.prediction)
    np.testing.assert_array_equal(np.flatnonzero(found.di == 0), [10, 76, 204])


# One predictor at 0, 1 and 3: distances 1, 2, 3 with mean 2, whatever its spread.
LINE = np.array([[0.0], [1.0], [3.0]])


@pytest.mark.usefixtures("kernel")
def test_one_predictor_worked_by_hand() -> None:
    fitted = AreaOfApplicability().fit(LINE)
    np.testing.assert_allclose(fitted.sd_, np.sqrt(7 / 3))
    np.testing.assert_allclose(fitted.mean_distance_, 2 / np.sqrt(7 / 3))
    np.testing.assert_allclose(fitted.training_di_, [0.5, 0.5, 1.0])
    # Q75 + 1.5 (Q75 - Q25) = 0.75 + 1.5 x 0.25 is above the largest.
    np.testing.assert_allclose(fitted.threshold_, 1.0)
    found = fitted.predict([[1.9], [2.1], [4.9], [5.1], [-1.1]])
    np.testing.assert_allclose(found.di, [0.45, 0.45, 0.95, 1.05, 0.55])
    assert found.inside.tolist() == [True, True, True, False, True]
    assert found.lpd is not None
    assert found.lpd.tolist() == [3, 2, 1, 0, 1]


def test_folds_worked_by_hand() -> None:
    rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    # All distances: 1, 3, 7, 2, 6, 4 with mean 23 / 6. Rows 0 and 1 share a fold; the last row is
    # never held out, and always trains.
    fitted = AreaOfApplicability().fit(rows, folds=splits_of([0, 0, 1, -1]))
    np.testing.assert_allclose(fitted.training_di_ * 23 / 6, [3.0, 2.0, 2.0, np.nan])
    assert fitted.average_lpd_ is None
    # Q25 = 2, Q75 = 2.5, so 2.5 + 1.5 x 0.5 is above the largest.
    np.testing.assert_allclose(fitted.threshold_ * 23 / 6, 3.0)
    # The pair at 0 and 3 is just as far apart as the threshold, which does not count.
    assert fitted.training_lpd_.tolist() == [0, 1, 1, -1]


def test_a_constant_predictor_is_left_out_and_named() -> None:
    rows = np.column_stack([LINE[:, 0], np.full(3, 0.1, np.float32)])
    fitted = AreaOfApplicability().fit(rows, names=["air", "slope"])
    assert fitted.constant_ == ("slope",)
    assert fitted.weights_.tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(fitted.training_di_, AreaOfApplicability().fit(LINE).training_di_)
    np.testing.assert_allclose(fitted.predict([[2.0, 99.0]]).di, [0.5])


def test_a_table_of_constant_predictors_is_refused() -> None:
    with pytest.raises(Wco2Error, match="none of the predictors that vary"):
        AreaOfApplicability().fit(np.ones((5, 2)))


@pytest.mark.parametrize("weights", [[0.0, 0.0], [-1.0, 0.0], [-1.0, -2.0]])
def test_importances_of_which_none_is_above_0_are_refused(weights: list[float]) -> None:
    with pytest.raises(Wco2Error, match="equal weights") as caught:
        AreaOfApplicability().fit(np.eye(2), weights)
    assert caught.value.hint


def test_a_gap_in_the_training_rows_is_refused_with_its_predictor_and_row() -> None:
    rows = np.eye(4)
    rows[2, 1] = np.nan
    with pytest.raises(Wco2Error, match=r"'snow' has no value in training row 3 \(1 gaps"):
        AreaOfApplicability().fit(rows, names=["air", "snow", "soil", "ndvi"])


def test_an_importance_that_is_no_number_is_refused() -> None:
    with pytest.raises(Wco2Error, match="importance of 'predictor 2' is nan"):
        AreaOfApplicability().fit(np.eye(2), [1.0, np.nan])


@pytest.mark.parametrize(
    ("splits", "fault"),
    [
        ([([0, 1], [1])], "trains with a row that it holds out"),
        ([([1], [0]), ([2], [0])], "another one held out"),
        ([([], [0])], "no row to train"),
        ([], "hold no row out"),
    ],
)
def test_splits_that_are_none_are_refused(splits: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        AreaOfApplicability().fit(LINE, folds=splits)


@pytest.mark.parametrize(
    "arguments",
    [
        {"X": np.ones(3)},
        {"X": np.ones((1, 3))},
        {"X": LINE, "weights": [1.0, 2.0]},
        {"X": LINE, "names": ["a", "b"]},
    ],
)
def test_shapes_that_do_not_fit_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"features|weights"):
        AreaOfApplicability().fit(**arguments)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(Wco2Error, match=r"shape \(2, 2\), not \(n_rows, 1\)"):
        AreaOfApplicability().fit(LINE).predict(np.ones((2, 2)))


def normal(n_rows: int, n_features: int = 4, seed: int = 0) -> Table:
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


@pytest.mark.usefixtures("kernel")
def test_where_a_predictor_is_missing_so_is_all_else() -> None:
    fitted = AreaOfApplicability().fit(normal(50), [1.0, 2.0, 0.0, 3.0])
    rows = normal(6, seed=1).astype(np.float32)
    whole = fitted.predict(rows)
    # Also in a predictor of weight 0, as in CAST.
    rows[1, 0], rows[3, 2], rows[4, 1] = np.nan, np.nan, np.inf
    found = fitted.predict(rows)
    assert found.lpd is not None
    assert whole.lpd is not None
    gone = np.isin(np.arange(6), [1, 3, 4])
    assert np.isnan(found.di[gone]).all()
    assert not found.inside[gone].any()
    assert (found.lpd[gone] == -1).all()
    np.testing.assert_array_equal(found.di[~gone], whole.di[~gone])
    np.testing.assert_array_equal(found.lpd[~gone], whole.lpd[~gone])


@pytest.mark.usefixtures("kernel")
def test_no_rows_give_no_answers() -> None:
    found = AreaOfApplicability().fit(normal(50)).predict(np.empty((0, 4)))
    assert found.di.shape == found.inside.shape == (0,)
    assert found.lpd is not None
    assert found.lpd.shape == (0,)


def test_predictors_given_twice_change_no_di() -> None:
    training, rows = normal(80), normal(40, seed=1)
    once = AreaOfApplicability().fit(training).predict(rows)
    twice = AreaOfApplicability().fit(np.hstack([training] * 2)).predict(np.hstack([rows] * 2))
    np.testing.assert_allclose(once.di, twice.di, rtol=1e-12)
    np.testing.assert_array_equal(once.lpd, twice.lpd)


def measured_one_by_one(
    fitted: AreaOfApplicability, rows: Table
) -> tuple[Table, NDArray[np.int64]]:
    """DI and LPD from every distance, each added up predictor by predictor."""
    used = fitted._factor > 0
    scaled = (rows[:, used] - fitted.mean_[used]) * fitted._factor[used]
    squared = np.zeros((len(rows), fitted.points_.shape[1]))
    with np.errstate(over="ignore"):
        for values, points in zip(scaled.T, fitted.points_, strict=True):
            squared += (values[:, None] - points) ** 2
    distance = np.sqrt(squared)
    return distance.min(axis=1), (distance < fitted.threshold_).sum(axis=1)


# Values that single precision can't tell apart, far ones, and ones beyond what it can hold.
AWKWARD = st.sampled_from([0.0, 1.0, 1.0 + 1e-9, 1.0 - 1e-12, -3.0, 1e4, 1e4 + 1e-6, 1e-30])
FARTHER = st.one_of(AWKWARD, st.sampled_from([1e12, -1e20, 1e37, 1e160, 3e307]))


@pytest.mark.usefixtures("kernel")
@settings(max_examples=200)
@given(data=st.data(), n_rows=st.integers(2, 30), n_features=st.integers(1, 4))
def test_the_quick_search_finds_what_measuring_every_distance_finds(
    data: st.DataObject, n_rows: int, n_features: int
) -> None:
    # The first two rows differ everywhere, so that no predictor is constant.
    training = data.draw(arrays(np.float64, (n_rows, n_features), elements=AWKWARD))
    training[:2] = [[2.0], [-2.0]]
    rows = data.draw(arrays(np.float64, (20, n_features), elements=FARTHER))
    fitted = AreaOfApplicability().fit(training)
    found = fitted.predict(rows)
    di, lpd = measured_one_by_one(fitted, rows)
    np.testing.assert_array_equal(found.di, di)
    np.testing.assert_array_equal(found.lpd, lpd)
    np.testing.assert_array_equal(fitted.predict(rows).di, di)
    np.testing.assert_array_equal(fitted.predict(training).di, 0.0)


def alike(n_rows: int, n_features: int) -> Table:
    """Rows as of cells side by side: a box around them holds little, and most points are far."""
    steps = np.random.default_rng(2).normal(scale=0.02, size=(n_rows, n_features))
    return np.cumsum(steps, axis=0)


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("n_rows", [1, 7, 8, 129, 1_000])
def test_rows_that_are_alike_are_measured_right(n_rows: int) -> None:
    training = np.repeat(normal(150, 6), 2, axis=0)  # each twice, so that the nearest are tied
    fitted = AreaOfApplicability().fit(
        training, np.arange(1.0, 7.0), splits_of(np.arange(300) // 2 % 5)
    )
    rows = alike(n_rows, 6)
    found = fitted.predict(rows)
    di, lpd = measured_one_by_one(fitted, rows)
    np.testing.assert_array_equal(found.di, di)
    np.testing.assert_array_equal(found.lpd, lpd)


def test_numba_is_used_where_it_can_be(kernel: str) -> None:
    search = type(AreaOfApplicability().fit(LINE)._search)
    assert search is (nearest.CompiledSearch if kernel == "numba" else nearest.NearestSearch)


@given(st.floats(0.0, 1e200))
@example(0.0)
@example(5e-324)
@example(1e-160)
def test_a_square_is_below_the_least_one_just_when_its_root_is_below_the_radius(
    radius: float,
) -> None:
    least = nearest._least_square(radius)
    assert math.sqrt(least) >= radius
    assert least == 0.0 or math.sqrt(math.nextafter(least, 0.0)) < radius


@pytest.mark.usefixtures("kernel")
def test_a_map_sized_table_is_measured_right_in_bounded_memory() -> None:
    fitted = AreaOfApplicability().fit(
        normal(2_500, 25), np.arange(25.0), splits_of(np.arange(2_500) % 10)
    )
    rows = normal(40_000, 25, seed=1).astype(np.float32)
    fitted.predict(rows[:10])
    tracemalloc.start()
    found = fitted.predict(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6, "one table of all distances would take 0.8 GB"
    some = slice(None, None, 97)
    di, lpd = measured_one_by_one(fitted, rows[some].astype(np.float64))
    assert found.lpd is not None
    np.testing.assert_array_equal(found.di[some], di)
    np.testing.assert_array_equal(found.lpd[some], lpd)


@pytest.mark.usefixtures("kernel")
@settings(max_examples=50)
@given(
    cuts=st.lists(st.integers(0, 300), max_size=8),
    block=st.sampled_from([1, 1_000, 2**18]),
    chunk=st.sampled_from([1, 5_000, 2**21]),
)
def test_cutting_up_the_rows_changes_no_bit(cuts: list[int], block: int, chunk: int) -> None:
    training, rows = normal(90), normal(300, seed=1).astype(np.float32)
    fitted = AreaOfApplicability().fit(training, [3.0, 1.0, 0.2, 1.0])
    whole = fitted.predict(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "BLOCK_PAIRS", block)
        patch.setattr(applicability, "CHUNK_PAIRS", chunk)
        pieces = [fitted.predict(p) for p in np.split(rows, sorted(cuts))]
    for k in range(3):
        np.testing.assert_array_equal(np.concatenate([p[k] for p in pieces]), whole[k])


@pytest.mark.usefixtures("kernel")
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    training, rows, folds = normal(60), normal(80, seed=1), np.arange(60) % 7 - 1
    first = AreaOfApplicability().fit(training, folds=splits_of(folds))
    order, turned = rng.permutation(60), rng.permutation(80)
    second = AreaOfApplicability().fit(training[order], folds=splits_of(folds[order]))
    np.testing.assert_allclose(second.training_di_, first.training_di_[order], rtol=1e-12)
    np.testing.assert_allclose(second.threshold_, first.threshold_, rtol=1e-12)
    np.testing.assert_array_equal(first.predict(rows[turned]).di, first.predict(rows).di[turned])
    np.testing.assert_allclose(second.predict(rows).di, first.predict(rows).di, rtol=1e-12, atol=0)


@given(scale=st.floats(1e-200, 1e200), offset=st.floats(-1e3, 1e3), factor=st.floats(1e-3, 1e3))
def test_units_of_importances_and_predictors_do_not_matter(
    scale: float, offset: float, factor: float
) -> None:
    training, rows, weights = normal(60), normal(80, seed=1), np.array([3.0, 1.0, -0.2, 0.5])
    first = AreaOfApplicability().fit(training, weights)
    scaled = AreaOfApplicability().fit(training, weights * scale)
    np.testing.assert_allclose(scaled.predict(rows).di, first.predict(rows).di, rtol=1e-12)
    np.testing.assert_allclose(scaled.mean_distance_, first.mean_distance_ * scale, rtol=1e-12)
    other = AreaOfApplicability().fit(training * factor + offset, weights)
    np.testing.assert_allclose(
        other.predict(rows * factor + offset).di, first.predict(rows).di, rtol=1e-6
    )


def test_every_training_row_is_inside_of_what_it_made_with_each_row_held_out_by_itself() -> None:
    training = normal(100)
    fitted = AreaOfApplicability().fit(training)
    found = fitted.predict(training)
    assert (found.di == 0).all()
    assert found.inside.all()
    # Each row counts itself too when it is predicted.
    np.testing.assert_array_equal(found.lpd, fitted.training_lpd_ + 1)


def test_evaluating_without_numba_loads_numpy_alone() -> None:
    script = """
import sys
before = set(sys.modules)
import numpy
known = set(sys.modules)
from wco2_engine.learning.applicability import AreaOfApplicability
fitted = AreaOfApplicability().fit(numpy.eye(5))
fitted.predict(numpy.eye(5))
heavy = {"scipy", "sklearn", "pandas", "numba", "geopandas", "matplotlib", "pyproj", "shapely"}
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
assert not loaded & heavy, loaded & heavy
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "WCO2_NUMBA": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_frame_is_taken_by_the_names_of_its_columns() -> None:
    training = pd.DataFrame(normal(30, 2), columns=["air", "snow"])
    area = AreaOfApplicability().fit(training, weights=[1.0, 3.0])
    assert area.feature_names_in_ == ("air", "snow")
    rows = pd.DataFrame(normal(9, 2, seed=1), columns=["air", "snow"])
    turned = rows.assign(other="text")[["other", "snow", "air"]]
    np.testing.assert_array_equal(area.predict(turned).di, area.predict(rows.to_numpy()).di)
    with pytest.raises(Wco2Error, match=r"no column 'snow'.*'snows'"):
        area.predict(rows.rename(columns={"snow": "snows"}))


def test_folds_are_numbers_or_what_a_splitter_gives() -> None:
    folds = np.arange(30) % 3
    numbers = AreaOfApplicability().fit(normal(30), folds=folds)
    splits = AreaOfApplicability().fit(normal(30), folds=iter(splits_of(folds)))
    assert numbers.threshold_ == splits.threshold_
    with pytest.raises(ValueError, match="not of 30 rows"):
        AreaOfApplicability().fit(normal(30), folds=[0, 1])


def test_fitting_again_forgets_the_rows_of_before() -> None:
    area = AreaOfApplicability().fit(normal(30))
    before = (area.training_lpd_, area.predict(normal(5)))
    again = area.fit(normal(40, seed=3))
    assert again is area
    assert len(area.training_lpd_) == 40 != len(before[0])
    fresh = AreaOfApplicability().fit(normal(40, seed=3))
    np.testing.assert_array_equal(area.predict(normal(5)).di, fresh.predict(normal(5)).di)


def test_nothing_is_told_before_it_is_fitted() -> None:
    with pytest.raises(Wco2Error, match="has seen no training rows"):
        AreaOfApplicability().predict(LINE)
    assert repr(AreaOfApplicability()) == "AreaOfApplicability()"
