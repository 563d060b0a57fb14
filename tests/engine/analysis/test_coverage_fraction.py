from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box, mapping
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from wco2_engine.analysis.coverage_fraction import coverage_fractions

ROWS, COLUMNS = 7, 9


def shares(shape: Any) -> Any:
    polygons = [orient(p) for p in getattr(shape, "geoms", [shape])]
    rings = [ring for p in polygons for ring in (p.exterior, *p.interiors)]
    return coverage_fractions([np.asarray(ring.coords) for ring in rings], ROWS, COLUMNS)


def test_a_triangle_by_hand() -> None:
    """Below the diagonal of two by one cells: a quarter of the first and three of the second."""
    found = shares(Polygon([(0, 1), (2, 1), (2, 0)]))
    assert found[0, :2].tolist() == [0.25, 0.75]
    assert found.sum() == pytest.approx(1.0)


def test_a_cell_that_is_covered_has_the_share_one() -> None:
    found = shares(box(1, 2, 4, 5))
    expected = np.zeros((ROWS, COLUMNS))
    expected[2:5, 1:4] = 1.0
    assert np.array_equal(found, expected)
    assert np.array_equal(shares(box(0, 0, COLUMNS, ROWS)), np.ones((ROWS, COLUMNS)))


def test_a_hole_is_left_out() -> None:
    found = shares(box(0, 0, 3, 3).difference(box(1.25, 1, 2, 2)))
    assert found[:3, :3].tolist() == [[1, 1, 1], [1, 0.25, 1], [1, 1, 1]]


def test_the_direction_of_rings_does_not_matter() -> None:
    ring = np.array([[0.5, 0.5], [3.5, 1.0], [2.0, 4.5], [0.5, 0.5]])
    one, other = coverage_fractions([ring], 5, 5), coverage_fractions([ring[::-1]], 5, 5)
    assert one == pytest.approx(other)


circles = st.builds(
    lambda x, y, r, n: Point(x, y).buffer(r, n),
    st.floats(0, COLUMNS),
    st.floats(0, ROWS),
    st.floats(0.01, 5),
    st.integers(1, 8),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(circles, min_size=1, max_size=3), circles)
def test_shares_are_those_that_geometry_cuts_out(add: list[Any], leave_out: Any) -> None:
    """What shapely finds cell by cell, and what exactextract finds, where it is there."""
    frame = box(0, 0, COLUMNS, ROWS)
    shape = unary_union(add).difference(leave_out).intersection(frame)
    polygons = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
    shape = unary_union(polygons)
    if shape.is_empty or shape.area < 1e-6:
        return
    found = shares(shape)
    for row in range(ROWS):
        for column in range(COLUMNS):
            cell = box(column, row, column + 1, row + 1)
            assert found[row, column] == pytest.approx(shape.intersection(cell).area, abs=1e-8)


def test_shares_are_those_of_exactextract() -> None:
    exactextract = pytest.importorskip("exactextract")
    rng = np.random.default_rng(3)
    disks = [
        Point(x, y).buffer(r)
        for x, y, r in zip(
            rng.uniform(0, 60, 80), rng.uniform(0, 40, 80), rng.uniform(0.2, 6, 80), strict=True
        )
    ]
    shape = unary_union(disks[:50]).difference(unary_union(disks[50:]))
    shape = shape.intersection(box(0, 0, 60, 40))
    source = exactextract.raster.NumPyRasterSource(np.zeros((40, 60)), 0, 0, 60, 40)
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(shape)}
    (found,) = exactextract.exact_extract(source, feature, ["cell_id", "coverage"])
    expected = np.zeros(40 * 60)
    expected[found["properties"]["cell_id"]] = found["properties"]["coverage"]
    rings = [
        np.column_stack([ring.xy[0], 40 - np.asarray(ring.xy[1])])
        for polygon in map(orient, shape.geoms)
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    ours = coverage_fractions(rings, 40, 60)
    assert 0 < ours.sum() < 40 * 60
    # it holds shares as float32
    assert ours.ravel() == pytest.approx(expected, abs=1e-6)
