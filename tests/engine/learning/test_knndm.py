"""kNNDM gives the folds of CAST, or ones that keep sites whole; blocks are equal and whole."""

from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.stats import wasserstein_distance

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import EARTH_RADIUS_M
from wco2_engine.learning.folds import block_folds
from wco2_engine.learning.knndm import (
    KnndmFolds,
    _ward,
    knndm,
    merge_clusters,
    one_sided_ks_test,
    wasserstein,
)
from wco2_engine.learning.locations import Locations

REPOSITORY = Path(__file__).resolve().parents[3]
CAST = REPOSITORY.parent / "shared" / "reference" / "cast"
CLUSTERED = [
    "great_circle_hierarchical",
    "great_circle_hierarchical_maxp_strict",
    "projected_hierarchical",
    "repeated_coordinates_hierarchical",
    "projected_kmeans",
]
RANDOM = ["random_cv_great_circle", "small_sample_great_circle"]
DEGREE_M = EARTH_RADIUS_M * np.pi / 180


class Reference:
    """The synthetic case on which CAST was run, and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.settings = json.loads((folder / "settings.json").read_text("utf-8"))
        self.expected = json.loads((folder / "expected.json").read_text("utf-8"))["knndm"]
        self.training = self.read(folder / "training.csv")
        self.prediction = self.read(folder / "prediction.csv")

    @staticmethod
    def read(path: Path) -> dict[str, NDArray[np.float64]]:
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}

    def places(self, run: str) -> tuple[Locations, Locations]:
        """Training and prediction places."""
        names = self.settings["coordinates"]
        if run in RANDOM:
            key = run.removesuffix("_great_circle")
            ranges = self.settings["knndm"][key]
            everywhere = Locations(*(self.prediction[name] for name in names["geographic"]))
            (first, last), (start, end) = (
                ranges[f"{side}_rows_of_prediction_csv"] for side in ("training", "prediction")
            )
            return everywhere.at(slice(first - 1, last)), everywhere.at(slice(start - 1, end))
        kind = "projected" if run.startswith("projected") else "geographic"
        of_training = names["site" if run.startswith("repeated") else kind]
        sphere = kind == "geographic"
        return (
            Locations(*(self.training[name] for name in of_training), sphere),
            Locations(*(self.prediction[name] for name in names[kind]), sphere),
        )

    def folds(self, run: str) -> KnndmFolds:
        expected = self.expected[run]
        clusters = None
        if expected["clustering"] == "kmeans":
            clusters = {c["nk"]: np.array(c["clusters"]) for c in expected["candidates"]}
        return knndm(*self.places(run), None, expected["k"], expected["maxp"], 0, clusters)


@pytest.fixture(scope="module")
def reference() -> Reference:
    if not CAST.is_dir():
        pytest.skip("CAST's answers are not beside the checkout, in ../shared/reference/cast")
    return Reference(CAST)


def partition(folds: Any) -> set[tuple[int, ...]]:
    """Which rows are together, whatever the numbers of the folds."""
    return {tuple(np.flatnonzero(folds == each).tolist()) for each in np.unique(folds)}


@pytest.mark.parametrize("run", CLUSTERED + RANDOM)
def test_distances_test_and_decision_are_those_of_cast(reference: Reference, run: str) -> None:
    expected, found = reference.expected[run], reference.folds(run)
    assert found.decision == expected["decision"]
    assert found.q == expected["q"]
    np.testing.assert_allclose(found.sample_to_sample_m, expected["gj"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found.prediction_to_sample_m, expected["gij"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found.ks_statistic, expected["ks_statistic"], rtol=1e-14)
    np.testing.assert_allclose(found.ks_p_value, expected["ks_p_value"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.w_leave_one_out_m, expected["W_leave_one_out"], rtol=1e-12)


@pytest.mark.parametrize("run", CLUSTERED)
def test_folds_and_w_are_those_of_cast(reference: Reference, run: str) -> None:
    expected, found = reference.expected[run], reference.folds(run)
    assert partition(found.folds) == partition(np.array(expected["folds"]))
    assert sorted(np.bincount(found.folds)) == sorted(expected["fold_sizes"])
    np.testing.assert_allclose(found.w_m, expected["W"], rtol=1e-12)
    np.testing.assert_allclose(found.cv_distance_m, expected["gjstar"], rtol=0, atol=1e-8)


@pytest.mark.parametrize("run", CLUSTERED)
def test_every_candidate_is_that_of_cast(reference: Reference, run: str) -> None:
    expected, found = reference.expected[run]["candidates"], reference.folds(run).candidates
    assert [each.q for each in found] == [each["nk"] for each in expected]
    comparable = [
        pair for pair in zip(found, expected, strict=True) if pair[1].get("comparable", True)
    ]
    assert len(comparable) > 10
    for ours, theirs in comparable:
        assert ours.largest_cluster == theirs["largest_cluster"]
        assert ours.large_clusters == theirs["n_large_clusters"]
        if theirs["W"] is None:
            assert ours.w_m is None
        else:
            assert partition(ours.folds) == partition(np.array(theirs["folds"]))
            np.testing.assert_allclose(ours.w_m, theirs["W"], rtol=1e-12)


@pytest.mark.parametrize("run", CLUSTERED[:1] + CLUSTERED[2:4] + RANDOM)
def test_w_of_other_folds_is_that_of_cast(reference: Reference, run: str) -> None:
    expected = reference.expected[run]
    training, prediction = reference.places(run)
    to_predict = prediction.nearest_m(training)
    given_folds = [(expected["folds"], "gjstar", "W")]
    if run not in RANDOM:
        given_folds += [
            (reference.training["fold"], "gjstar_given_folds", "W_given_folds"),
            (reference.training["random_fold"], "gjstar_random_folds", "W_random_folds"),
        ]
    for folds, distances, w in given_folds:
        held_out = training.nearest_of_another_m(np.array(folds))
        np.testing.assert_allclose(held_out, expected[distances], rtol=0, atol=1e-8)
        np.testing.assert_allclose(wasserstein(held_out, to_predict), expected[w], rtol=1e-12)


def test_calls_that_cast_refuses_are_refused_or_can_not_be_made(reference: Reference) -> None:
    assert {name for name, run in reference.expected.items() if run.get("refused")} == {
        "maxp_too_small",
        # k-means is not ours to do, and degrees on the sphere are never taken for a plane.
        "great_circle_kmeans",
        "geographic_euclidean",
    }
    training, prediction = reference.places("great_circle_hierarchical")
    for maxp in (0.1, 0.2, 1.0):
        with pytest.raises(Wco2Error, match="maxp"):
            knndm(training, prediction, None, k=5, maxp=maxp)


def test_random_folds_are_balanced_and_decided_by_the_seed(reference: Reference) -> None:
    training, prediction = reference.places("random_cv_great_circle")
    found = [knndm(training, prediction, None, seed=seed) for seed in (1, 1, 2)]
    assert np.bincount(found[0].folds).tolist() == [30] * 5
    assert (found[0].folds == found[1].folds).all()
    assert (found[0].folds != found[2].folds).any()
    assert found[0].candidates == ()
    assert found[0].w_m == wasserstein(
        training.nearest_of_another_m(found[0].folds), found[0].prediction_to_sample_m
    )


def test_with_sites_whole_the_folds_are_those_of_cast_where_these_keep_sites_whole(
    reference: Reference,
) -> None:
    # Rows at their sites' centres: CAST's candidates of up to 15 clusters split none of the sites.
    run = "repeated_coordinates_hierarchical"
    expected = reference.expected[run]
    site = reference.training["site"].astype(int)
    found = knndm(*reference.places(run), site)
    assert found.q == expected["q"]
    assert partition(found.folds) == partition(np.array(expected["folds"]))
    np.testing.assert_allclose(found.w_m, expected["W"], rtol=1e-9)
    theirs = {each["nk"]: each for each in expected["candidates"]}
    assert [each.q for each in found.candidates] == list(range(5, 14))
    for ours in found.candidates:
        w = theirs[ours.q]["W"]
        assert (ours.w_m is None) == (w is None)
        if w is not None:
            np.testing.assert_allclose(ours.w_m, w, rtol=1e-9)


def test_without_sites_of_several_rows_both_ways_are_the_same(reference: Reference) -> None:
    # All longitudes lie on one side of the antimeridian, so none is unwrapped.
    places = reference.places("great_circle_hierarchical")
    one, other = knndm(*places, None), knndm(*places, np.arange(120))
    assert partition(one.folds) == partition(other.folds)
    assert one.w_m == other.w_m
    assert one.w_leave_one_out_m == other.w_leave_one_out_m


def scattered(rng: np.random.Generator, sites: int) -> tuple[Locations, NDArray[np.int64]]:
    """Locations of rows at clustered sites, 1 to 6 rows each a few kilometres apart."""
    site = np.repeat(np.arange(sites), rng.integers(1, 7, sites))
    hub = rng.uniform([-180, 50], [180, 75], (4, 2))[rng.integers(0, 4, sites)]
    centre = hub + rng.normal(0, 3, (sites, 2))
    place = centre[site] + rng.normal(0, 0.05, (len(site), 2))
    return Locations(place[:, 0], place[:, 1]), site


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), sites=st.integers(5, 40), k=st.integers(2, 5))
def test_folds_never_split_a_site(seed: int, sites: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    places, site = scattered(rng, sites)
    cells = Locations(rng.uniform(-180, 180, 200), rng.uniform(50, 75, 200))
    names = rng.permutation(1000)[site]
    blocks = block_folds(places, names, 10.0, k)
    assert all(len(np.unique(blocks[site == each])) == 1 for each in range(sites))
    try:
        found = knndm(places, cells, names, k, maxp=0.9)
    except Wco2Error as error:
        assert "at most 90%" in error.message  # one hub has nearly all the rows
        return
    assert all(len(np.unique(found.folds[site == each])) == 1 for each in range(sites))
    assert set(found.folds.tolist()) == set(range(k))
    assert np.bincount(found.folds).max() <= 0.9 * len(site)
    # Held out with the whole of its site, no row is nearer to training rows than another site.
    assert (found.cv_distance_m >= found.sample_to_sample_m - 1e-6).all()
    best = [each for each in found.candidates if each.q == found.q]
    assert all(each.w_m == found.w_m for each in best)


@settings(max_examples=15)
@given(turn=st.floats(-180, 180), seed=st.integers(0, 2**32 - 1))
def test_turning_the_earth_or_the_rows_changes_no_fold(turn: float, seed: int) -> None:
    rng = np.random.default_rng(7)
    places, site = scattered(rng, 30)
    cells = Locations(rng.uniform(-180, 180, 200), rng.uniform(50, 75, 200))
    first = knndm(places, cells, site)
    order = np.random.default_rng(seed).permutation(len(site))
    turned = [
        Locations((p.x + turn + 540.0) % 360.0 - 180.0, p.y) for p in (places.at(order), cells)
    ]
    second = knndm(*turned, site[order])
    assert partition(second.folds[np.argsort(order)]) == partition(first.folds)
    np.testing.assert_allclose(second.w_m, first.w_m, rtol=1e-9)


def test_too_few_sites_for_the_folds_is_said_with_a_way_out() -> None:
    places = Locations(np.repeat([10.0, 20.0, 30.0, 40.0], 9), np.full(36, 60.0))
    with pytest.raises(Wco2Error, match="4 sites are too few for the 5 folds") as caught:
        knndm(places, places, np.repeat(np.arange(4), 9))
    assert "leave-site-out" in caught.value.hint


def test_five_sites_are_five_folds() -> None:
    longitude = np.array([10.0, 10.1, 10.2, 10.3, 10.4])
    places = Locations(np.repeat(longitude, 8), np.full(40, 60.0))
    cells = Locations(np.linspace(100, 120, 50), np.full(50, 60.0))
    found = knndm(places, cells, np.repeat(np.arange(5), 8))
    assert (found.decision, found.q) == ("clustering", 5)
    assert partition(found.folds) == {tuple(range(8 * k, 8 * k + 8)) for k in range(5)}


def test_a_site_with_most_of_the_rows_leaves_no_candidate() -> None:
    site = np.repeat(np.arange(6), [60, 2, 2, 2, 2, 2])
    places = Locations(10.0 + 0.1 * site, np.full(len(site), 60.0))
    cells = Locations(np.linspace(100, 120, 50), np.full(50, 60.0))
    with pytest.raises(Wco2Error, match="at most 50% of the 70 rows: the sites are too clustered"):
        knndm(places, cells, site)


def test_shapes_that_do_not_fit_are_refused() -> None:
    places = Locations(np.arange(10.0), np.full(10, 60.0))
    flat = Locations(np.arange(10.0), np.full(10, 60.0), on_sphere=False)
    with pytest.raises(ValueError, match="3 groups, 10 training points"):
        knndm(places, places, np.arange(3))
    with pytest.raises(ValueError, match="0 to predict"):
        knndm(places, places.at(slice(0)), np.arange(10))
    with pytest.raises(ValueError, match="on a plane"):
        knndm(places, flat, None)


@pytest.mark.parametrize(
    ("x", "y"), [([0.0], [91.0]), ([400.0], [0.0]), ([np.nan], [0.0]), ([0.0, 1.0], [0.0])]
)
def test_locations_that_are_none_are_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="location"):
        Locations(np.array(x), np.array(y))


def test_great_circles_worked_by_hand() -> None:
    start = Locations(
        np.array([0.0, 0.0, 0.0, 179.5, 10.0]), np.array([0.0, 60.0, 90.0, 0.0, 45.0])
    )
    end = Locations(
        np.array([1.0, 180.0, 77.0, -179.5, 10.0]), np.array([0.0, 60.0, -90.0, 0.0, 45.0])
    )
    found = start.distance_m(end)
    np.testing.assert_allclose(found / DEGREE_M, [1.0, 60.0, 180.0, 1.0, 0.0], rtol=1e-14)
    np.testing.assert_array_equal(end.distance_m(start), found)


def test_nearest_places_worked_by_hand() -> None:
    places = Locations(np.array([179.0, -179.0, 0.0, 0.0, 3.0]), np.zeros(5))
    np.testing.assert_allclose(places.nearest_other_m() / DEGREE_M, [2, 2, 0, 0, 3], rtol=1e-12)
    another = places.nearest_of_another_m(np.array([0, 1, 2, 2, 0]))
    np.testing.assert_allclose(another / DEGREE_M, [2, 2, 3, 3, 3], rtol=1e-12)
    plane = Locations(np.array([0.0, 3.0, 0.0]), np.array([0.0, 4.0, 12.0]), on_sphere=False)
    np.testing.assert_array_equal(plane.nearest_other_m(), [5.0, 5.0, np.hypot(3.0, 8.0)])


@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([1e-7, 1e-3, 10.0]))
def test_the_nearest_is_the_least_of_all_distances(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    places = Locations(120 + spread * rng.uniform(-1, 1, 40), 65 + spread * rng.uniform(-1, 1, 40))
    every = np.stack([places.at([k]).distance_m(places) for k in range(40)])
    np.testing.assert_array_equal(every, every.T)
    np.fill_diagonal(every, np.inf)
    np.testing.assert_allclose(places.nearest_other_m(), every.min(axis=1), rtol=0, atol=1e-8)


def test_the_middle_of_a_site_across_the_antimeridian_lies_there() -> None:
    places = Locations(np.array([179.0, -179.0, 20.0, 40.0]), np.array([60.0, 60.0, 10.0, 10.0]))
    middle = places.centres(np.array([0, 0, 1, 1]), 2)
    np.testing.assert_allclose(np.abs(middle.x), [180.0, 30.0])
    np.testing.assert_allclose(places.nearest_m(middle)[:2], 1.0 * DEGREE_M * 0.5, rtol=2e-3)


def test_clusters_are_merged_as_worked_by_hand() -> None:
    # 20 rows in 4 folds: clusters of 5 and more stand alone, in the order of their scores; the
    # others, by score c, f, a, d, e, are dealt to the two folds left.
    size = np.array([2, 6, 1, 2, 1, 1, 7])
    score = np.array([0.3, 0.9, -2.0, 0.4, 5.0, -1.0, -3.0])
    assert merge_clusters(size, score, 4).tolist() == [2, 1, 2, 3, 2, 3, 0]


def test_clusters_that_all_are_large_are_the_folds() -> None:
    assert merge_clusters(np.array([5, 5, 5]), np.array([3.0, 1.0, 2.0]), 3).tolist() == [2, 0, 1]


values = st.lists(st.integers(0, 6), min_size=1, max_size=9).map(lambda v: np.array(v, float))


@given(one=values, other=values)
def test_w_is_that_of_scipy(one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(
        wasserstein(one, other), wasserstein_distance(one, other), atol=1e-12
    )


@settings(max_examples=50)
@given(one=values.filter(lambda v: len(v) < 6), other=values.filter(lambda v: len(v) < 6))
def test_p_is_the_share_of_all_ways_to_deal_the_values(
    one: NDArray[np.float64], other: NDArray[np.float64]
) -> None:
    both, n, m = np.concatenate([one, other]), len(one), len(other)

    def largest(chosen: tuple[int, ...]) -> int:
        first = np.isin(np.arange(n + m), chosen)
        return max(
            int((both[first] <= v).sum()) * m - int((both[~first] <= v).sum()) * n for v in both
        )

    ways = [largest(chosen) for chosen in combinations(range(n + m), n)]
    statistic, p = one_sided_ks_test(one, other)
    assert statistic * n * m == pytest.approx(ways[0])
    np.testing.assert_allclose(p, np.mean(np.array(ways) >= ways[0]), rtol=0, atol=1e-12)


def test_the_asymptotic_p_worked_by_hand() -> None:
    # Half of 100 values lie below all of the other 100: D = 0.5 and p = exp(-2 x 0.25 x 50).
    one = np.r_[np.arange(50.0), np.arange(200.0, 250.0)]
    statistic, p = one_sided_ks_test(one, np.arange(100.0, 200.0))
    assert statistic == 0.5
    np.testing.assert_allclose(p, np.exp(-25.0))


def test_clusters_of_weighted_places_are_those_of_repeated_ones() -> None:
    rng = np.random.default_rng(3)
    places = Locations(rng.uniform(90, 150, 60), rng.uniform(50, 75, 60))
    for weight in (np.ones(60, int), rng.integers(1, 9, 60)):
        rows = places.at(np.repeat(np.arange(60), weight))
        every = np.concatenate(
            [rows.at([k]).distance_m(rows.at(slice(k + 1, None))) for k in range(len(rows) - 1)]
        )
        clusters = _ward(places, weight, 5)
        assert (min(clusters), max(clusters)) == (5, 58)
        theirs = cut_tree(linkage(every, "ward"), list(clusters))
        for (q, ours), labels in zip(clusters.items(), theirs.T, strict=True):
            assert len(np.unique(ours)) == q
            assert partition(ours[np.repeat(np.arange(60), weight)]) == partition(labels)


def test_blocks_worked_by_hand() -> None:
    # 2,001.5 km are 18 degrees. The belt from 54 to 72 N, with its middle at 63 N, has 20 cos(63)
    # = 9 blocks of 40 degrees; the one from 36 to 54 N 20 cos(45) = 14.
    longitude = np.array([1.0, 39.0, 41.0, 359.0, -1.0, 1.0, 25.0, 26.0])
    latitude = np.array([55.0, 71.0, 55.0, 60.0, 60.0, 53.0, 53.0, 53.0])
    folds = block_folds(
        Locations(longitude, latitude), np.arange(8), 18 * DEGREE_M / 1000, n_folds=5
    )
    assert partition(folds) == {(0, 1), (2,), (3, 4), (5, 6), (7,)}


def test_blocks_have_nearly_the_same_area() -> None:
    # Four belts of 1000 km from the pole: circles of 3139, 9340, 15,311 and 20,904 km in their
    # middles hold 3 + 9 + 15 + 21 = 48 blocks, on 48.7 million km2.
    rng = np.random.default_rng(0)
    z = rng.uniform(np.cos(4e6 / EARTH_RADIUS_M), 1.0, 50_000)
    places = Locations(rng.uniform(-180, 180, z.size), np.degrees(np.arcsin(z)))
    folds = block_folds(places, np.arange(z.size), 1000.0, n_folds=48)
    area = np.bincount(folds) * 48.7 / z.size
    assert area.min() > 0.85
    assert area.max() < 1.15
    with pytest.raises(Wco2Error, match="48 blocks of 1000 km, too few for 49 folds"):
        block_folds(places, np.arange(z.size), 1000.0, n_folds=49)


def test_blocks_fill_folds_of_nearly_the_same_size() -> None:
    rng = np.random.default_rng(1)
    places = Locations(rng.uniform(-180, 180, 1000), rng.uniform(50, 80, 1000))
    site = np.arange(1000)
    first, again, other = (block_folds(places, site, 500.0, 10, seed) for seed in (0, 0, 1))
    assert set(np.bincount(first)) == {100}
    assert (first == again).all()
    assert (first != other).any()


def test_blocks_that_can_not_be_are_refused() -> None:
    places = Locations(np.arange(10.0), np.full(10, 60.0))
    site = np.arange(10)
    with pytest.raises(Wco2Error, match="1 blocks of 20000 km, too few for 5 folds"):
        block_folds(places, site, 20_000.0, 5)
    for size, k in ((0.0, 5), (np.inf, 5), (np.nan, 5), (100.0, 1)):
        with pytest.raises(Wco2Error, match="not possible"):
            block_folds(places, site, size, k)
    with pytest.raises(ValueError, match="longitudes and latitudes"):
        block_folds(Locations(places.x, places.y, on_sphere=False), site, 100.0)
