"""Training on tables whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.learning import tuning
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.model import Model
from wco2_engine.learning.training import train
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.progress import Silent

MONTHS = (10, 11, 12, 1, 2, 3, 4)
NAMES = ("temperature", "carbon", "noise", "dice")


@pytest.fixture(scope="module")
def catalogue(world: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    text = 'name = "{}"\npath = "none.tif"\n'
    return world.write_catalogue(
        tmp_path_factory.mktemp("catalogue") / "catalogue.toml", *map(text.format, NAMES)
    )


@pytest.fixture(scope="module")
def arctic(world: SimpleNamespace) -> Any:
    return world.box("arctic", MONTHS, (-180, 45, 180, 84))


def make_table(sites: int = 30, seed: int = 0) -> pd.DataFrame:
    """Months of sites 1 degree apart: the flux follows temperature and the site's carbon.

    `noise` is a static predictor, one number a site, and `dice` another number in each row: neither
    has to do with the flux.
    """
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), len(MONTHS))
    month = np.tile(MONTHS, sites)
    temperature = rng.uniform(-30, 5, len(site))
    carbon = rng.uniform(0, 40, sites)[site]
    return pd.DataFrame(
        {
            "site": [f"site {k}" for k in site],
            "longitude": site.astype(float),
            "latitude": 60.0,
            "year": 2000,
            "month": month,
            "flux_g_m2_month": 20 + 0.5 * temperature + 0.6 * carbon + rng.normal(0, 1, len(site)),
            "source": "A. Person 2001",
            "temperature": temperature,
            "carbon": carbon,
            "noise": rng.normal(size=sites)[site],
            "dice": rng.normal(size=len(site)),
        }
    )


@pytest.fixture(scope="module")
def model(catalogue: Catalogue, arctic: Any) -> Model:
    return train(make_table(), catalogue, [arctic], made(trees=40))


def made(
    trees: int = 500,
    min_samples_leaf: int = 1,
    max_features: float = 1.0,
    transform: str = "none",
    train_months: Any = "winter",
    weights: str = "rows",
    **settings: Any,
) -> TrainingSettings:
    hyperparameters = Hyperparameters(
        trees,
        min_samples_leaf,
        max_features,
        transform,
        train_months=train_months,
        weights=weights,
    )
    return TrainingSettings(hyperparameters, **settings)


def importance(model: Model, kind: str) -> dict[str, float]:
    return dict(zip(NAMES, model.regions[0].importances[kind].tolist(), strict=True))


def test_scores_are_those_of_the_held_out_predictions(model: Model) -> None:
    region = model.regions[0]
    assert set(region.predictions) == {"random", "site"}
    for method, predicted in region.predictions.items():
        row = next(r for r in model.scores if r["validation"] == method and r["month"] == "all")
        assert row["r2"] == pytest.approx(metrics.r2_score(region.target, predicted))
        assert row["mae"] == pytest.approx(metrics.mean_absolute_error(region.target, predicted))
        assert (row["n"], row["sites"]) == (210, 30)
        assert row["nse"] == row["r2"]
        assert row["r2_low"] < row["r2"] < row["r2_high"]
        assert row["kge_low"] < row["kge"] < row["kge_high"] < 1
        january = next(r for r in model.scores if r["validation"] == method and r["month"] == 1)
        chosen = region.month == 1
        assert january["n"] == 30
        assert january["r2"] == pytest.approx(
            metrics.r2_score(region.target[chosen], predicted[chosen])
        )


def test_held_out_rows_are_predicted_by_a_forest_that_never_saw_their_site(
    model: Model,
) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    region = model.regions[0]
    fold, site = region.folds["site"], region.site
    assert all(len(set(fold[site == k].tolist())) == 1 for k in set(site.tolist()))
    test = fold == 3
    estimator = ExtraTreesRegressor(40, max_features=1.0, random_state=0).fit(
        region.features[~test], region.target[~test]
    )
    np.testing.assert_allclose(
        region.predictions["site"][test], estimator.predict(region.features[test]), rtol=1e-9
    )


def test_the_true_predictors_matter_and_noise_does_not(model: Model) -> None:
    found = importance(model, "permutation")
    # Shuffling a predictor with slope b and variance v adds about 2 b^2 v to the squared error:
    # 2 x 0.25 x 102 = 51 and 2 x 0.36 x 133 = 96, somewhat less through the trees' smoothing.
    assert 15 < found["temperature"] < 60
    assert 25 < found["carbon"] < 115
    assert abs(found["noise"]) < 2
    assert abs(found["dice"]) < 2
    impurity = importance(model, "impurity")
    assert sum(impurity.values()) == pytest.approx(1.0)
    assert impurity["carbon"] > impurity["temperature"] > impurity["noise"]


def test_a_static_predictor_matters_too_when_sites_are_left_out_one_by_one(
    catalogue: Catalogue, arctic: Any
) -> None:
    # Within the rows of one site carbon is constant: shuffling it among them would change nothing.
    model = train(make_table(sites=15), catalogue, [arctic], made(trees=40))
    assert model.regions[0].folds["site"].max() == 14
    found = importance(model, "permutation")
    assert found["carbon"] > 20
    assert abs(found["noise"]) < 6
    assert abs(found["dice"]) < 3


def test_the_same_seed_gives_the_same_model_and_threads_change_nothing(
    catalogue: Catalogue, arctic: Any, tmp_path: Path
) -> None:
    table = make_table()
    files = []
    for threads in (1, 2, 3):
        again = train(table, catalogue, [arctic], made(trees=15, seed=7), threads=threads)
        again.write(tmp_path / f"{threads}.wco2")
        files.append((tmp_path / f"{threads}.wco2").read_bytes())
    assert files[0] == files[1] == files[2]
    other = train(table, catalogue, [arctic], made(trees=15, seed=8))
    assert other.fingerprint != again.fingerprint


def test_the_forest_is_scikit_learns_on_all_rows(model: Model) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    region = model.regions[0]
    estimator = ExtraTreesRegressor(40, max_features=1.0, random_state=0)
    same = Forest.from_sklearn(estimator.fit(region.features, region.target))
    np.testing.assert_array_equal(
        same.predict(region.features), region.forest.predict(region.features)
    )


def test_a_constant_target_trains_and_has_no_r2(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table().assign(flux_g_m2_month=12.5)
    model = train(table, catalogue, [arctic], made(trees=5))
    assert (model.regions[0].forest.predict(model.regions[0].features) == 12.5).all()
    assert {row["r2"] for row in model.scores} == {None}
    assert {row["rmse"] for row in model.scores} == {0.0}
    assert set(importance(model, "permutation").values()) == {0.0}
    # Bounds without width hold everything: there is nothing to move, and no place is unlike.
    assert {(row["raw_coverage"], row["raw_width"]) for row in model.coverage} == {(1.0, 0.0)}
    assert set(model.regions[0].calibration.values()) == {0.0}
    assert model.regions[0].applicability is not None


def test_constant_and_doubled_predictors_do_no_harm(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table()
    table = table.assign(noise=3.0, dice=table["carbon"])
    model = train(table, catalogue, [arctic], made(trees=30))
    found = importance(model, "permutation")
    assert found["noise"] == pytest.approx(0.0, abs=1e-9)
    assert importance(model, "impurity")["noise"] == 0.0
    # Twins stand in for each other: each matters, though less than one of them alone would.
    assert found["carbon"] > 3
    assert found["dice"] > 3


def test_each_region_takes_its_own_rows_and_the_first_owns(
    world: SimpleNamespace, catalogue: Catalogue
) -> None:
    east = world.box("east", (11, 12, 1), (10, 45, 180, 84))
    all_ = world.box("all", MONTHS, (-180, 45, 180, 84))
    model = train(make_table(), catalogue, [east, all_], made(trees=2, validation=()))
    assert [r.n_rows for r in model.regions] == [20 * 3, 10 * 7]
    assert model.regions[0].longitude.min() == 10
    assert set(model.regions[0].month.tolist()) == {11, 12, 1}
    assert model.provenance["rows"] == 210
    assert model.provenance["rows_used"] == 130
    assert model.provenance["rows_outside_regions"] == 0


@pytest.mark.parametrize("sites", [0, 2])
def test_a_region_with_too_few_observations_is_named(
    catalogue: Catalogue, arctic: Any, sites: int
) -> None:
    table = make_table()[: sites * 7]
    with pytest.raises(Wco2Error, match=rf"Region 'arctic' has {sites * 7} winter site-months"):
        train(table, catalogue, [arctic])


def test_sites_of_many_names_at_one_place_are_too_few(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table().assign(longitude=10.0)
    with pytest.raises(Wco2Error, match=r"210 winter site-months at 1 sites"):
        train(table, catalogue, [arctic])


@pytest.mark.parametrize(
    ("column", "value"),
    [("carbon", np.nan), ("flux_g_m2_month", np.nan), ("latitude", np.inf), ("site", " ")],
)
def test_a_gap_in_the_table_is_named_by_column_and_row(
    catalogue: Catalogue, arctic: Any, column: str, value: Any
) -> None:
    table = make_table()
    table.loc[4, column] = value
    with pytest.raises(Wco2Error, match=rf"no value of '{column}' in row 5 \(1 gaps"):
        train(table, catalogue, [arctic])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("month", 13, "month = 13 in row 5, which is not from 1 to 12"),
        ("year", 85, "year = 85 in row 5, which is not from 1800 to 2300"),
        ("latitude", 91.5, "latitude = 91.5 in row 5, which is not from -90 to 90"),
        ("longitude", -400.0, "longitude = -400 in row 5, which is not from -360 to 360"),
    ],
)
def test_a_value_out_of_bounds_is_named_by_column_and_row(
    catalogue: Catalogue, arctic: Any, column: str, value: float, said: str
) -> None:
    table = make_table()
    table.loc[4, column] = value
    with pytest.raises(Wco2Error, match=said):
        train(table, catalogue, [arctic])


def test_a_column_that_is_missing_is_named_with_the_nearest(
    catalogue: Catalogue, arctic: Any
) -> None:
    table = make_table().rename(columns={"carbon": "carbon_1"})
    with pytest.raises(Wco2Error, match=r"no column 'carbon'.*'carbon_1'"):
        train(table, catalogue, [arctic])


def test_rows_of_two_kinds_of_cells_are_refused(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table().assign(cell_size=0.1, cell_crs="EPSG:4326")
    model = train(table, catalogue, [arctic], made(trees=1, validation=()))
    assert model.settings["sampling"] == {"at": "cell", "resolution": 0.1, "crs": "EPSG:4326"}
    table.loc[3, "cell_size"] = 0.5
    with pytest.raises(Wco2Error, match="2 kinds of cells"):
        train(table, catalogue, [arctic])
    with pytest.raises(Wco2Error, match="no 'cell_crs'"):
        train(table.drop(columns="cell_crs"), catalogue, [arctic])


def test_simulated_observations_mark_the_model(catalogue: Catalogue, arctic: Any) -> None:
    settings = made(trees=1, validation=())
    assert not train(make_table(), catalogue, [arctic], settings).simulated
    made_up = make_table().assign(source="Simulated by us")
    assert train(made_up, catalogue, [arctic], settings).simulated
    assert train(make_table(), catalogue, [arctic], settings, simulated=True).simulated


# Intervals, applicability, members


def test_intervals_are_calibrated_by_the_strictest_folds_that_keep_sites_whole(
    model: Model,
) -> None:
    region = model.regions[0]
    assert set(region.calibration) == {"0.5", "0.8", "0.9", "0.95"}
    assert [row["level"] for row in model.coverage] == [0.5, 0.8, 0.9, 0.95]
    for row in model.coverage:
        assert (row["region"], row["validation"]) == ("arctic", "site")
        assert (row["n"], row["sites"]) == (210, 30)
        assert abs(row["coverage"] - row["level"]) < 0.1
    rows = region.features[:5]
    raw = region.interval_forest.predict_interval(rows, 0.9)
    _, lower, upper = region.predict_interval(rows, 0.9)
    assert np.allclose(raw[1] - lower, region.calibration["0.9"])
    assert np.allclose(upper - raw[2], region.calibration["0.9"])


def test_knndm_is_stricter_than_blocks_and_blocks_than_sites(
    catalogue: Catalogue, arctic: Any
) -> None:
    table = make_table(sites=60)
    table["longitude"] *= 5
    strict = {}
    for methods in (("site", "knndm", "blocks", "random"), ("blocks", "site"), ("random",)):
        settings = made(trees=3, validation=methods)
        region = train(table, catalogue, [arctic], settings).regions[0]
        strict[region.applicability_folds] = bool(region.calibration)
        assert set(region.predictions) == set(methods)
    assert strict == {"knndm": True, "blocks": True, "random": False}


def test_without_validation_nothing_is_told_of_errors(catalogue: Catalogue, arctic: Any) -> None:
    model = train(make_table(), catalogue, [arctic], made(trees=2, validation=()))
    assert (model.scores, model.coverage) == ((), ())
    assert set(model.regions[0].importances) == {"impurity"}
    assert model.regions[0].applicability is None


def test_members_share_the_trees_and_each_saw_half_of_the_sites(
    catalogue: Catalogue, arctic: Any
) -> None:
    settings = made(trees=42, members=4, validation=(), totals="plain")
    model = train(make_table(), catalogue, [arctic], settings)
    region = model.regions[0]
    assert region.members is not None
    assert (region.n_members, region.members.n_trees) == (4, 40)
    assert model.settings["totals"] == "plain"
    assert model.settings["members"] == 4
    predicted = region.predict_members(region.features)
    # Fully grown trees give back what they were grown on: half of the rows, by whole sites.
    known = np.isclose(predicted, region.target)
    for saw in known:
        by_site = [saw[region.site == site].mean() for site in range(30)]
        assert sorted(by_site) == [0.0] * 15 + [1.0] * 15


@pytest.mark.parametrize(
    ("trees", "asked", "members"), [(99, None, 0), (100, None, 20), (500, 0, 0), (30, 30, 30)]
)
def test_there_are_twenty_members_where_trees_suffice(
    trees: int, asked: int | None, members: int
) -> None:
    assert made(trees=trees, members=asked).n_members == members


# Weights, zones, methods, tuning


def test_sites_may_weigh_alike(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table()
    long = pd.concat(
        [table, *[table[table["site"] == "site 0"].assign(year=y) for y in range(2001, 2009)]]
    )
    leaves = {"trees": 5, "min_samples_leaf": 20, "validation": ()}
    rows, sites = (
        train(long, catalogue, [arctic], made(**leaves, weights=weights)).regions[0]
        for weights in ("rows", "sites")
    )
    assert not np.allclose(rows.forest.predict(rows.features), sites.forest.predict(rows.features))


def test_scores_are_told_by_zone_and_method_of_measurement(
    catalogue: Catalogue, arctic: Any
) -> None:
    class East:
        """What lies east of 10 degrees, but 20 to 25."""

        def at(self, longitude: np.ndarray, _latitude: np.ndarray) -> list[str]:
            zones = np.where(longitude < 10, "west", np.where(longitude < 20, "east", ""))
            return zones.tolist()

    table = make_table().assign(method=["chamber", None, "all"] * 70)
    settings = made(trees=2, validation=("site",))
    model = train(table, catalogue, [arctic], settings, zones=East())  # type: ignore[arg-type]
    by_zone = {row["zone"]: row["n"] for row in model.scores if row["zone"] != "all"}
    assert by_zone == {"east": 70, "west": 70}
    by_method = {row["method"]: row["n"] for row in model.scores if row["method"] != "all"}
    assert by_method == {"chamber": 70}


@pytest.fixture(scope="module")
def tuned(catalogue: Catalogue, arctic: Any) -> Iterator[Model]:
    settings = made(
        trees=4, min_samples_leaf=20, validation=("random", "site"), tune=True, tune_budget=80
    )
    with pytest.MonkeyPatch.context() as small:
        few = partial(tuning.SearchSpace, (1, 5), (1.0,), ("all",), (), (), ("mean",))
        small.setattr(tuning, "SearchSpace", few)
        yield train(with_summers(make_table(sites=5)), catalogue, [arctic], settings)


def test_tuning_finds_a_better_way_and_says_what_it_brought(tuned: Model) -> None:
    # Leaves of 20 among 28 rows can tell nothing: each forest is a mean.
    chosen = tuned.settings["tuned"]["arctic"]
    assert chosen["min_samples_leaf"] < 20
    assert tuned.regions[0].forest.n_trees == chosen["trees"] == 4
    told = tuned.provenance["tuning"]["arctic"]
    assert told["sentence"].startswith("Tuning helps: under nested site folds")
    assert {trial["min_samples_leaf"] for trial in told["trials"]} == {1, 5, 20}
    assert {trial["train_months"] for trial in told["trials"]} == {"winter", "all"}
    assert told["trees"] <= told["budget"] == 8000


def test_the_score_that_is_told_is_nested_and_not_the_tuned_one(tuned: Model) -> None:
    told = tuned.provenance["tuning"]["arctic"]
    row = next(row for row in tuned.scores if row["validation"] == "site")
    assert row["rmse"] == pytest.approx(told["nested"]["rmse"], rel=1e-12)
    assert row["rmse"] >= min(trial["rmse"] for trial in told["trials"]) - 1e-12


def test_tuning_a_constant_flux_is_impossible(catalogue: Catalogue, arctic: Any) -> None:
    table = make_table().assign(flux_g_m2_month=12.5)
    with pytest.raises(Wco2Error, match="Tuning is impossible: the flux is the same"):
        train(table, catalogue, [arctic], made(trees=2, tune=True))


# Regions that have little to tell


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


def test_a_region_of_five_sites_trains_and_says_what_it_can_not_tell(
    catalogue: Catalogue, arctic: Any
) -> None:
    progress = Notes()
    settings = made(trees=10, validation=("random", "site", "blocks", "knndm"), members=4)
    model = train(make_table(sites=5), catalogue, [arctic], settings, progress=progress)
    assert set(model.regions[0].calibration) == {"0.5", "0.8"}
    assert model.regions[0].n_members == 4
    assert any("5 sites are too few" in note and "0.9, 0.95" in note for note in progress.notes)
    assert any("no scores under blocks" in note for note in progress.notes)
    by_level = {row["level"]: row["coverage"] for row in model.coverage}
    assert by_level[0.5] is not None
    assert by_level[0.9] is None


@pytest.mark.parametrize("method", ["site", "blocks", "knndm"])
def test_no_site_is_on_both_sides_under_several_names_or_within_a_kilometre(
    catalogue: Catalogue, arctic: Any, method: str
) -> None:
    table = make_table(sites=40)
    table["longitude"] = table["longitude"] * 6 - 120
    number = table["site"].str.removeprefix("site ").astype(int).to_numpy()
    # Every third site is called by another name in odd rows, and another third given 600 m off.
    odd = np.arange(len(table)) % 2 == 1
    renamed, moved = odd & (number % 3 == 0), odd & (number % 3 == 1)
    table.loc[renamed, "site"] = "also " + table.loc[renamed, "site"]
    table.loc[moved, "site"] = "near " + table.loc[moved, "site"]
    table.loc[moved, "latitude"] += 600 / 111_200
    settings = made(trees=1, validation=(method,))
    region = train(table, catalogue, [arctic], settings).regions[0]
    fold = region.folds[method]
    assert region.n_sites == 40
    assert fold.max() >= 4
    for site in range(40):
        assert len(set(fold[number == site].tolist())) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trees", 0),
        ("min_samples_leaf", 0),
        ("max_features", 0.0),
        ("max_features", 1.5),
        ("seed", -1),
        ("validation", ("knn",)),
        ("transform", "log"),
        ("weights", "site"),
        ("train_months", "summer"),
        ("train_months", ()),
        ("train_months", (5, 13)),
        ("members", 1),
        ("members", -1),
        ("members", 501),
    ],
)
def test_settings_that_can_not_be_are_refused(field: str, value: Any) -> None:
    with pytest.raises(Wco2Error):
        made(**{field: value})


def test_tuning_needs_folds_that_keep_sites_whole(catalogue: Catalogue, arctic: Any) -> None:
    with pytest.raises(Wco2Error, match="needs a validation that keeps sites whole"):
        made(tune=True, validation=("random",))
    settings = made(trees=2, tune=True, validation=("random", "blocks"))
    with pytest.raises(Wco2Error, match="Region 'arctic' has no folds that keep sites whole"):
        train(make_table(sites=4), catalogue, [arctic], settings)


def test_training_can_be_cancelled_and_tells_how_far_it_is(
    catalogue: Catalogue, arctic: Any
) -> None:
    class Stops(Silent):
        fractions: list[float] = []  # noqa: RUF012

        def update(self, fraction: float, message: str = "") -> None:
            self.fractions.append(fraction)

        def cancelled(self) -> bool:
            return len(self.fractions) >= 5

    with pytest.raises(Cancelled):
        train(make_table(), catalogue, [arctic], made(trees=2), progress=Stops())
    assert Stops.fractions == sorted(Stops.fractions)
    assert 0.0 == Stops.fractions[0] < Stops.fractions[-1] < 1.0


def test_a_model_without_any_validation_is_noted(catalogue: Catalogue, arctic: Any) -> None:
    progress = Notes()
    train(make_table(), catalogue, [arctic], made(trees=2, validation=()), progress=progress)
    assert any(note.startswith("Nothing was validated") for note in progress.notes)
    progress.notes.clear()
    train(make_table(), catalogue, [arctic], made(trees=2, validation=("site",)), progress=progress)
    assert not any("Nothing was validated" in note for note in progress.notes)


def with_summers(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a July of 100 more at every site, and one at a site of its own."""
    july = table[table["month"] == 1].assign(month=7)
    july["flux_g_m2_month"] += 100
    alone = july.iloc[:1].assign(site="site of summers", longitude=0.4)
    return pd.concat([table, july, alone], ignore_index=True)


def test_other_months_train_and_nothing_is_told_of_them(catalogue: Catalogue, arctic: Any) -> None:
    table = with_summers(make_table())
    few = {"trees": 5, "members": 2, "validation": ("random", "site")}
    winter, every = (
        train(table, catalogue, [arctic], made(**few, train_months=months))
        for months in ("winter", "all")
    )
    alone, region = winter.regions[0], every.regions[0]
    assert (alone.n_others, region.n_others) == (0, 31)
    np.testing.assert_array_equal(alone.target, region.target)
    for method in few["validation"]:
        np.testing.assert_array_equal(alone.folds[method], region.folds[method])
    assert {(row["n"], row["sites"]) for row in every.scores if row["month"] == "all"} == {
        (210, 30)
    }
    assert {row["month"] for row in every.scores} == {"all", *MONTHS}
    assert (region.predictions["site"] != alone.predictions["site"]).any()
    assert region.forest.value.max() > 60 > alone.forest.value.max()
    assert every.settings["train_months"] == "all"
    assert every.provenance["rows_of_other_months"] == 31


def test_the_summers_of_a_held_out_site_do_not_predict_its_winters(
    catalogue: Catalogue, arctic: Any
) -> None:
    # Carbon names a site, so that a forest that saw its July would say a flux above 1.
    table = with_summers(make_table())
    richest = table["carbon"] == table["carbon"].max()
    table["flux_g_m2_month"] = np.where(richest & (table["month"] == 7), 1e3, 1.0)
    settings = made(trees=5, train_months="all", validation=("site",), members=0)
    region = train(table, catalogue, [arctic], settings).regions[0]
    assert region.others is not None
    assert region.others.target.max() == 1000
    own = region.features[:, NAMES.index("carbon")] == np.float32(table["carbon"].max())
    assert own.sum() == len(MONTHS)
    np.testing.assert_array_equal(region.predictions["site"][own], 1.0)
    assert region.forest.value.max() > 1


def test_a_model_keeps_the_other_months_that_it_was_trained_on(
    catalogue: Catalogue, arctic: Any, tmp_path: Path
) -> None:
    table = with_summers(make_table())
    settings = made(trees=5, min_samples_leaf=3, train_months=(7,), members=0)
    model = train(table, catalogue, [arctic], settings)
    model.write(tmp_path / "model.wco2")
    read = Model.read(tmp_path / "model.wco2")
    assert read.fingerprint == model.fingerprint
    assert read.regions[0].others is not None
    assert set(read.regions[0].others.month.tolist()) == {7}
    assert read.settings["train_months"] == [7]
    rows = table.loc[:4, list(NAMES)].to_numpy()
    # Bounds come from the leaves' own targets, which are rows of July too.
    np.testing.assert_array_equal(read.predict_interval(rows), model.predict_interval(rows))


def test_asking_for_months_that_the_table_lacks_is_told(catalogue: Catalogue, arctic: Any) -> None:
    class Notes(Silent):
        def __init__(self) -> None:
            self.told: list[str] = []

        def note(self, message: str) -> None:
            self.told.append(message)

    notes = Notes()
    settings = made(trees=2, train_months="all", validation=("site",), members=0)
    model = train(make_table(), catalogue, [arctic], settings, progress=notes)
    assert model.regions[0].others is None
    assert "Arctic trains on its winter alone" in notes.told[0]


def four_winters(table: pd.DataFrame) -> pd.DataFrame:
    """The table in the winters of 2001, 2002, 2003 and 2011; all fluxes are 10, in 2011 30.

    The temperature is the winter, and nothing else varies.
    """
    found = []
    for winter in (2001, 2002, 2003, 2011):
        year = np.where(table["month"] >= 10, winter - 1, winter)
        flux = 30.0 if winter == 2011 else 10.0
        found.append(table.assign(year=year, flux_g_m2_month=flux, temperature=winter - 2000.0))
    return pd.concat(found, ignore_index=True).assign(carbon=0.0, noise=0.0, dice=0.0)


def test_a_winter_that_nobody_measured_is_as_wrong_as_its_folds_say(
    catalogue: Catalogue, arctic: Any, tmp_path: Path
) -> None:
    table = four_winters(make_table())
    ways = ("random", "site", "year", "decade")
    model = train(table, catalogue, [arctic], made(trees=5, members=0, validation=ways))
    region = model.regions[0]
    last = region.features[:, 0] == 11
    for way in ("random", "site"):  # the winter's other rows tell its flux
        np.testing.assert_array_equal(region.predictions[way], region.target)
    for way in ("year", "decade"):  # nobody has seen a flux of 30
        np.testing.assert_array_equal(region.predictions[way][last], 10.0)
    # By decade, the winters of 2000 to 2009 train alone by that of 2011.
    np.testing.assert_array_equal(region.predictions["decade"][~last], 30.0)
    assert len(set(region.folds["year"].tolist())) == 4
    assert len(set(region.folds["decade"].tolist())) == 2
    assert region.applicability_folds == "site"
    model.write(tmp_path / "model.wco2")
    read = Model.read(tmp_path / "model.wco2").regions[0]
    np.testing.assert_array_equal(read.folds["decade"], region.folds["decade"])


def test_the_summer_after_a_held_out_winter_does_not_predict_it(
    catalogue: Catalogue, arctic: Any
) -> None:
    table = four_winters(make_table())
    july = table[(table["month"] == 1) & (table["year"] == 2011)].assign(month=7)
    table = pd.concat([table, july.assign(flux_g_m2_month=500.0)], ignore_index=True)
    settings = made(trees=5, members=0, train_months="all", validation=("random", "year"))
    region = train(table, catalogue, [arctic], settings).regions[0]
    last = region.features[:, 0] == 11
    np.testing.assert_array_equal(region.predictions["year"][last], 10.0)
    assert region.predictions["random"][last].min() > 30  # whose July trains


def test_methods_and_sources_are_held_out_and_rows_without_one_always_train(
    catalogue: Catalogue, arctic: Any
) -> None:
    # Chambers measure 10, towers 30 at the same places, and nothing tells them apart.
    table = four_winters(make_table()).assign(temperature=0.0)
    table["method"] = np.resize(["chamber", "tower", ""], len(table))
    table["flux_g_m2_month"] = np.where(table["method"] == "tower", 30.0, 10.0)
    settings = made(trees=3, members=0, validation=("method", "source", "site"))
    progress = Notes()
    model = train(table, catalogue, [arctic], settings, progress=progress)
    region = model.regions[0]
    tower = region.target == 30
    np.testing.assert_array_equal(region.predictions["method"][tower], 10.0)
    unknown = region.folds["method"] == -1
    assert unknown.sum() == len(table) // 3
    assert np.isnan(region.predictions["method"][unknown]).all()
    chambers = ~tower & ~unknown  # trained by as many towers as rows of no method
    np.testing.assert_allclose(region.predictions["method"][chambers], 20.0)
    (row,) = [
        row for row in model.scores if row["validation"] == "method" and row["method"] == "tower"
    ]
    assert (row["n"], row["bias"]) == (len(table) // 3, -20.0)
    assert "source" not in region.folds
    (note,) = [note for note in progress.notes if "source" in note]
    assert note == (
        "Arctic has no scores under source: All rows are of one source, so that none can be held "
        "out."
    )


@pytest.mark.parametrize("ways", [("year",), ("year", "decade")])
def test_folds_of_winters_alone_say_nothing_of_places(
    catalogue: Catalogue, arctic: Any, ways: tuple[str, ...]
) -> None:
    progress = Notes()
    settings = made(trees=3, members=0, validation=ways)
    model = train(four_winters(make_table()), catalogue, [arctic], settings, progress=progress)
    region = model.regions[0]
    assert region.applicability_folds == "" and region.applicability is None
    assert not region.calibration and not model.coverage
    assert {row["validation"] for row in model.scores} == set(ways)
    assert any("No validation is of places" in note for note in progress.notes)
    with pytest.raises(Wco2Error, match="keeps sites whole"):
        made(validation=ways, tune=True)


def test_places_come_before_winters_in_what_is_quoted(catalogue: Catalogue, arctic: Any) -> None:
    table = four_winters(make_table())
    for ways in (("year", "random", "site"), ("decade", "site", "year")):
        settings = made(trees=3, members=0, validation=ways)
        assert train(table, catalogue, [arctic], settings).regions[0].applicability_folds == "site"
    settings = made(trees=3, members=0, validation=("year", "random"))
    assert train(table, catalogue, [arctic], settings).regions[0].applicability_folds == "random"
