"""Which rows are one site: by name, by nearness, and by chains of both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.grid import EARTH_RADIUS_M
from wco2_engine.learning.sites import site_groups, site_weights

KM_NORTH = 1.0 / (EARTH_RADIUS_M / 1000 * np.pi / 180.0)  # degrees of latitude


def groups(*rows: tuple[str, float, float]) -> list[int]:
    names, longitude, latitude = zip(*rows, strict=True)
    return site_groups(list(names), np.array(longitude), np.array(latitude)).tolist()


def test_one_name_is_one_site_wherever_its_rows_lie() -> None:
    assert groups(("a", 10, 60), ("b", 20, 60), ("a", 30, 60)) == [0, 1, 0]


@pytest.mark.parametrize(("km", "together"), [(0.0, True), (0.99, True), (1.01, False)])
def test_two_names_within_one_kilometre_are_one_site(km: float, together: bool) -> None:
    found = groups(("a", 10, 60), ("b", 10, 60 + km * KM_NORTH))
    assert found == ([0, 0] if together else [0, 1])


def test_a_kilometre_is_a_kilometre_at_the_antimeridian_and_the_pole() -> None:
    degrees = 0.9 * KM_NORTH / np.cos(np.radians(80))
    assert groups(("a", 180 - degrees / 2, 80), ("b", -180 + degrees / 2, 80)) == [0, 0]
    assert groups(("a", 0, 90 - 0.4 * KM_NORTH), ("b", 180, 90 - 0.4 * KM_NORTH)) == [0, 0]


def test_a_chain_of_near_sites_is_one_site() -> None:
    chain = [(f"s{k}", 10.0, 60 + 0.8 * k * KM_NORTH) for k in range(6)]
    assert groups(*chain) == [0] * 6
    assert groups(*chain[:2], *chain[4:]) == [0, 0, 1, 1]


def test_a_name_ties_two_places_and_what_is_near_to_them() -> None:
    # b lies near the first a, c near the second one, 1000 km away.
    rows = [("b", 10.001, 60.0), ("a", 10.0, 60.0), ("a", 28.0, 60.0), ("c", 28.001, 60.0)]
    assert groups(*rows) == [0, 0, 0, 0]


def test_no_rows_are_no_groups() -> None:
    assert site_groups([], np.zeros(0), np.zeros(0)).size == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.integers(0, 12), st.sampled_from([60.0, 60.004, 60.02])
        ),
        min_size=1,
        max_size=25,
    )
)
def test_rows_of_different_groups_share_no_name_and_lie_apart(
    rows: list[tuple[str, int, float]],
) -> None:
    names = [name for name, _, _ in rows]
    longitude = np.array([10 + column * 0.01 for _, column, _ in rows])  # 0.56 km apart
    latitude = np.array([latitude for _, _, latitude in rows])
    found = site_groups(names, longitude, latitude)
    assert list(dict.fromkeys(found.tolist())) == list(range(int(found.max()) + 1))
    metres = EARTH_RADIUS_M * np.pi / 180
    for i in range(len(rows)):
        for j in range(i):
            if found[i] != found[j]:
                assert names[i] != names[j]
                dy = (latitude[i] - latitude[j]) * metres
                dx = (longitude[i] - longitude[j]) * metres * np.cos(np.radians(60.02))
                assert np.hypot(dx, dy) > 995


def test_the_weights_of_each_site_add_up_to_1() -> None:
    np.testing.assert_array_equal(
        site_weights(np.array([5, 2, 5, 5, 5])), [0.25, 1, 0.25, 0.25, 0.25]
    )
