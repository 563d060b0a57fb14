"""Tables that a model predicts: by name from frames and datasets, in order from arrays."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model

xarray = pytest.importorskip("xarray")


@pytest.fixture
def model(world: SimpleNamespace) -> Model:
    """The flux is 1 where `air` is at most -10, and 7 above; `snow` tells nothing."""
    forest = world.staircase([-10.0], [1.0, 7.0], n_features=2)
    part = world.region_model(world.box("arctic", [1], [0, 0, 10, 10]), forest, -20, 1)
    made: Model = world.make_model([part], {"air": "degC", "snow": "m"})
    return made


FRAME = pd.DataFrame({"snow": [0.1, 0.2, 0.3], "note": ["a", "b", "c"], "air": [-20, -5, -11]})
FLUX = [1.0, 7.0, 1.0]


def test_a_frame_is_taken_by_name_in_whatever_order(model: Model) -> None:
    assert model.predict(FRAME).tolist() == FLUX
    assert model.predict(FRAME[["air", "snow"]], region="arctic").tolist() == FLUX
    assert model.predict(FRAME[["air", "snow"]].to_numpy()).tolist() == FLUX
    assert model.predict([[-20, 0.1], [-5, 0.2], [-11, 0.3]]).tolist() == FLUX


def test_a_row_without_a_value_has_no_flux(model: Model) -> None:
    gaps = FRAME.assign(snow=[np.nan, 0.2, 0.3])
    np.testing.assert_array_equal(model.predict(gaps), [np.nan, 7.0, 1.0])
    nullable = FRAME.assign(air=pd.array([-20, None, -11], dtype="Int64"))
    np.testing.assert_array_equal(model.predict(nullable), [1.0, np.nan, 1.0])
    masked = np.ma.masked_equal(FRAME[["air", "snow"]].to_numpy(np.float64), -5.0)
    np.testing.assert_array_equal(model.predict(masked), [1.0, np.nan, 1.0])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.rename(columns={"air": "aire"}), r"no column 'air'\. Did you mean 'aire'"),
        (lambda t: t.assign(air=["x", "y", "z"]), "column 'air' holds something that is no number"),
        (lambda t: pd.concat([t, t[["air"]]], axis=1), "column 'air' twice"),
        (lambda t: t.assign(snow=[0.1, np.inf, 0.3]), "Predictor 'snow' is infinite in row 2"),
        (lambda t: t.assign(snow=[0.1, 1e300, 0.3]), "Predictor 'snow' is infinite in row 2"),
        (lambda t: np.zeros((3, 3)), r"shape \(3, 3\), not \(n_rows, 2\).*2 columns: air, snow"),
        (lambda t: np.zeros(2), r"shape \(2,\)"),
        (lambda t: [["a", "b"]], "no table of numbers"),
        (lambda t: [[1.0, 2.0], [1.0]], "no table of numbers"),
    ],
)
def test_what_is_no_table_of_the_predictors_is_refused(
    model: Model, change: Callable[[pd.DataFrame], Any], told: str
) -> None:
    with pytest.raises(Wco2Error, match=told):
        model.predict(change(FRAME))


def dataset(**attributes: str) -> Any:
    time = np.array(["2001-01-01", "2001-02-01"], dtype="datetime64[ns]")
    air = np.array([[[-20.0, -5.0, np.nan]], [[-5.0, -11.0, -12.0]]])
    snow = np.array([[0.1, 0.2, 0.3]])
    return xarray.Dataset(
        {
            "snow": (("y", "x"), snow),
            "air": (("time", "y", "x"), air, attributes),
            "text": ("x", ["a", "b", "c"]),
        },
        coords={"time": time, "y": [68.5], "x": [0.5, 1.5, 2.5]},
    )


def test_a_dataset_gives_a_data_array_with_its_dimensions(model: Model) -> None:
    found = model.predict(dataset(units="degC"))
    assert isinstance(found, xarray.DataArray)
    assert dict(found.sizes) == {"time": 2, "y": 1, "x": 3}
    expected = xarray.DataArray(
        [[[1.0, 7.0, np.nan]], [[7.0, 1.0, 1.0]]], dims=("time", "y", "x"), name="flux"
    )
    np.testing.assert_array_equal(found.transpose("time", "y", "x"), expected)
    assert found.name == "flux"
    assert found.attrs["units"] == "g C m-2 month-1"
    np.testing.assert_array_equal(found["x"], [0.5, 1.5, 2.5])


def test_a_dataset_without_units_or_with_the_same_in_other_words_is_taken(model: Model) -> None:
    assert model.predict(dataset()).notnull().sum() == 5
    assert model.predict(dataset(units="degrees_Celsius")).notnull().sum() == 5


def test_a_dataset_that_does_not_fit_is_refused(model: Model) -> None:
    with pytest.raises(Wco2Error, match=r"'air' is in 'K', the model's predictor in 'degC'"):
        model.predict(dataset(units="K"))
    with pytest.raises(Wco2Error, match=r"no variable 'snow'"):
        model.predict(dataset().drop_vars("snow"))
    with pytest.raises(Wco2Error, match="'snow' holds"):
        model.predict(dataset().drop_vars("snow").rename(text="snow"))


def test_the_region_may_be_left_out_where_there_is_one(
    model: Model, world: SimpleNamespace
) -> None:
    with pytest.raises(Wco2Error, match=r"no region 'artic'\. Did you mean 'arctic'"):
        model.predict(FRAME, "artic")
    forest = world.staircase([-10.0], [1.0, 7.0], n_features=2)
    parts = [
        world.region_model(world.box(name, [1], [0, 0, 10, 10]), forest, -20, 1)
        for name in ("a", "b")
    ]
    both = world.make_model(parts, {"air": "degC", "snow": "m"})
    with pytest.raises(Wco2Error, match=r"2 regions: which one is meant.*a, b"):
        both.predict(FRAME)
    assert both.predict(FRAME, "b").tolist() == FLUX


def test_intervals_come_as_the_flux_does(model: Model) -> None:
    mean, lower, upper = model.predict_interval(FRAME.assign(snow=[np.nan, 0.2, 0.3]))
    np.testing.assert_array_equal(np.isnan([mean, lower, upper]), [[True, False, False]] * 3)
    rows = FRAME[["air", "snow"]].to_numpy(np.float32)[1:]
    expected = model.regions[0].predict_interval(rows)
    np.testing.assert_array_equal([mean[1:], lower[1:], upper[1:]], expected)
    arrays = model.predict_interval(dataset())
    assert [each.name for each in arrays] == ["flux", "flux_lower", "flux_upper"]
    assert all(dict(each.sizes) == {"time": 2, "y": 1, "x": 3} for each in arrays)


def test_a_model_without_folds_has_no_area_of_applicability(model: Model) -> None:
    with pytest.raises(Wco2Error, match="no folds by which an area of applicability"):
        model.area_of_applicability()


def test_the_area_of_a_model_takes_frames_by_its_predictors_names(able: Any) -> None:
    name = able.model.regions[0].region.name
    area = able.model.area_of_applicability(name)
    assert area.feature_names_in_ == ("temperature", "carbon")
    rows = able.model.regions[0].features[:5]
    frame = pd.DataFrame(rows, columns=["temperature", "carbon"])[["carbon", "temperature"]]
    plain = able.model.regions[0].applicability
    np.testing.assert_array_equal(area.predict(frame).di, plain.predict(rows).di)
    assert plain.feature_names_in_ == ("predictor 1", "predictor 2")
