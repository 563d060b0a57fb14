"""Classes: a column for each, whatever their codes, and none for what training did not meet."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.classes import MAX_CLASSES, NUMBERS, Classes
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.explanation import accumulated_effects
from wco2_engine.learning.fitting import fit_forest, fit_with_importances
from wco2_engine.learning.model import Model
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.training import train
from wco2_engine.mapping.prediction import predict
from wco2_engine.mapping.writer import NODATA
from wco2_engine.options import Hyperparameters, TrainingSettings

COVER = Classes(((), (1, 7, 30)))
TABLE = np.array([[0.5, 7.0], [0.6, 30.0], [0.7, 1.0], [0.8, 9.0]], np.float32)


def test_classes_become_columns_of_0_and_1() -> None:
    assert COVER.expanded(TABLE).tolist() == [
        [pytest.approx(0.5), 0, 1, 0],
        [pytest.approx(0.6), 0, 0, 1],
        [pytest.approx(0.7), 1, 0, 0],
        [pytest.approx(0.8), 0, 0, 0],
    ]
    assert COVER.source(2).tolist() == [0, 1, 1, 1]
    assert COVER.unknown(TABLE).tolist() == [[False, False]] * 3 + [[False, True]]
    assert COVER.columns == (1,)
    assert COVER.only([1]).codes == ((1, 7, 30),)


def test_without_classes_nothing_changes() -> None:
    assert not NUMBERS
    assert NUMBERS.expanded(TABLE) is TABLE
    assert NUMBERS.source(2).tolist() == [0, 1]
    assert not NUMBERS.unknown(TABLE).any()
    assert Classes.among([TABLE], ("a", "b"), ()) is NUMBERS


def test_codes_are_those_of_all_tables_and_have_to_be_whole_and_few() -> None:
    more = np.array([[0.0, 2.0]], np.float32)
    assert Classes.among([TABLE, more], ("a", "b"), ("b",)).codes == ((), (1, 2, 7, 9, 30))
    with pytest.raises(Wco2Error, match=r"Predictor 'a' is a class, but holds 0\.5"):
        Classes.among([TABLE], ("a", "b"), ("a",))
    many = np.arange(MAX_CLASSES + 1, dtype=np.float32)[:, None]
    with pytest.raises(Wco2Error, match=f"has {MAX_CLASSES + 1} classes"):
        Classes.among([many], ("a",), ("a",))
    for codes in ((2, 1), (1, 1), (1.5,), (True,), (2**30,)):
        with pytest.raises(ValueError, match="codes of classes"):
            Classes((codes,))  # type: ignore[arg-type]


def classified(names: tuple[int, ...], n: int = 300) -> tuple[Any, Any, Classes]:
    """A flux by class, 4 classes in the order of their codes, and a number that is noise."""
    rng = np.random.default_rng(0)
    kind = rng.integers(4, size=n)
    features = np.column_stack([rng.normal(size=n), np.array(names)[kind]]).astype(np.float32)
    target = np.array([10.0, 50.0, 10.0, 10.0])[kind]
    return features, target, Classes.among([features], ("noise", "cover"), ("cover",))


def test_one_split_takes_one_class_from_the_rest_however_it_is_numbered() -> None:
    # As a number, a class in the middle needs two splits; leaves of 60 rows allow one.
    features, target, classes = classified((3, 4, 8, 9))
    one_split = Hyperparameters(50, min_samples_leaf=60)
    forest = fit_forest(features, target, one_split, classes=classes)
    assert forest.predict([[0.0, 4.0], [0.0, 8.0]]).round().tolist() == [50.0, 10.0]
    moved, _, others = classified((9, 3, 4, 8))
    again = fit_forest(moved, target, one_split, classes=others)
    assert again.predict([[0.0, 3.0]]).round().tolist() == [50.0]


def test_importances_of_classes_are_those_of_their_predictor() -> None:
    features, target, classes = classified((3, 4, 8, 9))
    forest, impurity = fit_with_importances(features, target, Hyperparameters(20), classes=classes)
    assert forest.n_features == 2
    assert impurity.sum() == pytest.approx(1.0)
    assert impurity[1] > 0.9


def test_held_out_predictions_of_classes_are_those_of_the_forest_itself() -> None:
    features, target, _ = classified((3, 4, 8, 9))
    site = np.repeat(np.arange(30), 10)
    rows = TrainingRows.from_arrays(features, target, site, ("noise", "cover"), classes=["cover"])
    folds, few = site % 3, Hyperparameters(10)
    held = cross_val_predict(rows, folds, few, levels=[0.8])
    train_rows = rows.subset(folds != 1)
    forest = fit_forest(
        train_rows.features, train_rows.target, few, classes=rows.classes
    ).with_targets(train_rows.features, train_rows.target)
    test = rows.features[folds == 1]
    np.testing.assert_array_equal(held.predicted[folds == 1], forest.predict(test))
    np.testing.assert_array_equal(
        held.bounds[0.8][:, folds == 1], forest.predict_interval(test, 0.8)[1:]
    )


def test_the_effect_of_a_class_is_what_all_rows_would_have() -> None:
    features, target, classes = classified((3, 4, 8, 9))
    forest = fit_forest(features, target, Hyperparameters(10), classes=classes)
    _, effect = accumulated_effects(forest, features, ("noise", "cover"))
    assert effect.is_class
    assert effect.edges.tolist() == [3.0, 4.0, 8.0, 9.0]
    assert effect.rows.sum() == 300
    assert np.ptp(effect.effect[[0, 2, 3]]) < 1
    assert effect.effect[1] - effect.effect[0] == pytest.approx(40, abs=1)
    assert np.average(effect.effect, weights=effect.rows) == pytest.approx(0, abs=1e-9)


def test_two_classes_are_as_far_apart_as_any_other_two() -> None:
    features = np.array([[0, 1], [0, 2], [0, 90], [1, 1], [1, 2], [1, 90]], np.float32)
    classes = Classes(((), (1, 2, 90)))
    area = AreaOfApplicability().fit(features, folds=[0, 0, 0, 1, 1, 1], classes=classes)
    known = area.predict(np.array([[0.0, 2.0], [0.0, 90.0]]))
    assert known.di.tolist() == [0.0, 0.0]
    near = AreaOfApplicability().fit(features[:3], classes=classes, weights=[0.0, 1.0])
    assert np.ptp(near.training_di_) == pytest.approx(0)


NAMES = ("air", "cover")


def table_of(codes: tuple[int, ...]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    site = np.repeat(np.arange(12), 5)
    cover = np.array(codes)[site % len(codes)]
    return pd.DataFrame(
        {
            "site": [f"site {k}" for k in site],
            "longitude": 10.0 + site,
            "latitude": 60.0,
            "year": 2000,
            "month": np.tile([11, 12, 1, 2, 3], 12),
            "flux_g_m2_month": np.where(cover == codes[1], 30.0, 5.0),
            "air": rng.normal(size=60),
            "cover": cover,
        }
    )


@pytest.fixture
def catalogue(world: SimpleNamespace, tmp_path: Path) -> Catalogue:
    return world.write_catalogue(
        tmp_path / "catalogue.toml",
        'name = "air"\npath = "air.tif"\n',
        'name = "cover"\npath = "cover.tif"\nkind = "class"\n',
    )


def test_a_model_tells_nothing_of_a_class_that_it_has_not_met(
    world: SimpleNamespace, catalogue: Catalogue, tmp_path: Path
) -> None:
    region = world.box("west", [11, 12, 1, 2, 3], [0.0, 50.0, 30.0, 70.0])
    settings = TrainingSettings(Hyperparameters(4), validation=("site",), members=2)
    made = train(table_of((3, 5, 9)), catalogue, [region], settings)
    made.write(tmp_path / "model.wco2")
    model = Model.read(tmp_path / "model.wco2")
    assert model.fingerprint == made.fingerprint
    assert model.region_model().forest.classes.codes == ((), (3, 5, 9))
    rows = pd.DataFrame({"air": [0.0, 0.0, 0.0], "cover": [5, 3, 4]})
    flux = model.predict(rows)
    assert flux[:2].tolist() == [30.0, 5.0]
    assert np.isnan(flux[2])
    assert np.isnan(model.predict_interval(rows)[1]).tolist() == [False, False, True]
    assert model.area_of_applicability().predict(rows[:2]).inside.all()
    other = train(table_of((3, 5, 10)), catalogue, [region], settings)
    assert other.fingerprint != model.fingerprint


def test_a_class_in_a_catalogue_is_looked_up_without_mixing(
    world: SimpleNamespace, tmp_path: Path
) -> None:
    def read(keys: str) -> Catalogue:
        return world.write_catalogue(
            tmp_path / "c.toml", f'name = "cover"\npath = "cover.tif"\nkind = "class"\n{keys}\n'
        )

    assert read("").predictors[0].resampling == "nearest"
    assert read('resampling = "mode"').classes == ("cover",)
    for keys, said in (
        ('resampling = "bilinear"', "would mix its codes"),
        ('units = "%"', "units is for numbers"),
        ("scale = 0.1", "scale is for numbers"),
    ):
        with pytest.raises(Wco2Error, match=said):
            read(keys)


def test_the_month_is_a_predictor_that_needs_no_file(
    world: SimpleNamespace, tmp_path: Path
) -> None:
    from wco2_engine.learning.sampling import sample

    world.write_raster(tmp_path / "height.tif", np.ones((4, 4)), 0.0, 64.0, 1.0)
    catalogue = world.write_catalogue(
        tmp_path / "catalogue.toml",
        'name = "height"\npath = "height.tif"\n',
        'name = "season"\nkind = "month"\n',
    )
    observations = table_of((1, 2)).head(5).assign(longitude=1.5, latitude=62.5)
    found = sample(observations[["site", "longitude", "latitude", "year", "month"]], catalogue)
    # From July: November is the 5th month, March the 9th.
    assert found.table["season"].tolist() == [5.0, 6.0, 7.0, 8.0, 9.0]
    with pytest.raises(Wco2Error, match="path"):
        world.write_catalogue(
            tmp_path / "c.toml", 'name = "season"\nkind = "month"\npath = "a.tif"\n'
        )


def test_a_cell_of_an_unknown_class_has_no_flux_and_is_counted(
    world: SimpleNamespace, catalogue: Catalogue, tmp_path: Path
) -> None:
    months = [11, 12, 1, 2, 3]
    region = world.box("west", months, [0.0, 50.0, 30.0, 70.0])
    settings = TrainingSettings(Hyperparameters(4), validation=("site",), members=0)
    model = train(table_of((3, 5, 9)), catalogue, [region], settings)
    world.write_raster(tmp_path / "air.tif", np.zeros((1, 3)), 10.0, 61.0, 1.0)
    world.write_raster(tmp_path / "cover.tif", np.array([[3.0, 4.0, 5.0]]), 10.0, 61.0, 1.0)
    grid = Grid.from_extent((10.0, 60.0, 13.0, 61.0), 1.0)
    made = predict(model, catalogue, grid, (2001,), tmp_path / "maps")
    with rasterio.open(tmp_path / "maps/winter_flux/winter_flux_2001.tif") as source:
        assert source.read(1).tolist() == [[25.0, NODATA, 150.0]]
    assert made.missing == {"air": 0, "cover": 5}
    number = world.write_catalogue(
        tmp_path / "numbers.toml",
        'name = "air"\npath = "air.tif"\n',
        'name = "cover"\npath = "cover.tif"\n',
    )
    with pytest.raises(Wco2Error, match=r"'cover' is a number .* trained on it as a class"):
        predict(model, number, grid, (2001,), tmp_path / "other")
