"""What of observations a region could be trained on, and how many cells it maps."""

from __future__ import annotations

import pandas as pd
import pytest

from wco2_engine.errors import Cancelled
from wco2_engine.grid import Grid
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.regions import Region
from wco2_engine.learning import readiness
from wco2_engine.learning.readiness import beyond_measured, cells_by_region, observations_by_region
from wco2_engine.progress import Silent
from wco2_engine.season import Winter

SOUTH = Region("south", Winter((12, 1, 2)), Box(0.0, 50.0, 10.0, 60.0))
NORTH = Region("north", Winter((11, 12, 1, 2)), Box(0.0, 50.0, 10.0, 70.0))  # what SOUTH leaves


def table(*rows: tuple[str, float, float, int, float]) -> pd.DataFrame:
    columns = ["site", "longitude", "latitude", "month", "flux_g_m2_month"]
    return pd.DataFrame(rows, columns=columns).assign(year=2000)


def test_observations_are_counted_by_region_and_month_of_its_winter() -> None:
    south, north = observations_by_region(
        table(
            ("a", 5.0, 55.0, 1, 1.0),
            ("a", 5.0, 55.0, 2, 3.0),
            ("b", 6.0, 55.0, 1, 5.0),
            ("c", 6.0, 55.001, 1, 7.0),  # 0.1 km from b: the same site
            ("a", 5.0, 55.0, 11, 99.0),  # no winter month of this region
            ("d", 5.0, 65.0, 11, 9.0),
            ("e", 50.0, 65.0, 1, 99.0),  # in no region
        ),
        [SOUTH, NORTH],
    )
    assert (south.site_months, south.sites) == (4, 2)
    assert south.by_month == {12: (0, 0), 1: (3, 2), 2: (1, 1)}
    assert south.quantiles[0.5] == 4.0  # of 1, 3, 5, 7
    assert south.quantiles[0.25] == 2.5
    assert (north.site_months, north.sites) == (1, 1)
    assert north.by_month == {11: (1, 1), 12: (0, 0), 1: (0, 0), 2: (0, 0)}
    assert "4 winter site-months at 2 sites; training needs 20 at 3" in south.problem
    assert (south.winters, north.winters) == ((2000, 2000), (2001, 2001))


def test_a_region_without_observations_is_a_problem_and_one_with_enough_is_none() -> None:
    rows = [(f"s{k}", 1.0 + k, 55.0, 1 + m % 2, 10.0) for k in range(5) for m in range(4)]
    south, north = observations_by_region(table(*rows), [SOUTH, NORTH])
    assert (south.problem, south.site_months, south.sites) == ("", 20, 5)
    assert (north.site_months, dict(north.quantiles)) == (0, {})
    assert "'north' has 0 winter site-months at 0 sites" in north.problem
    assert north.to_json()["by_month"]["11"] == {"site_months": 0, "sites": 0}
    assert north.winters is None


def test_winters_that_nobody_measured_are_told() -> None:
    assert beyond_measured("north", (1990, 2000), [1990, 1995, 2000]) == ""
    told = beyond_measured("north", (1990, 2000), [1982, 1983, 1990, 2001])
    assert told.startswith("Winters 1982-1983, 2001 of region 'North' lie outside of those that")
    assert "measured, 1990 to 2000" in told


def test_cells_are_counted_by_the_region_that_owns_them(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid.from_extent((0.0, 50.0, 20.0, 70.0), 1.0)
    expected = {"south": 100, "north": 100}  # 10 x 10 each; the other half is in no region
    assert cells_by_region(grid, [SOUTH, NORTH], None, Silent()) == expected
    monkeypatch.setattr(readiness, "_STRIP", 30)  # a row at a time
    assert cells_by_region(grid, [SOUTH, NORTH], None, Silent()) == expected
    monkeypatch.setattr(readiness, "MOST_CELLS", 399)
    assert cells_by_region(grid, [SOUTH, NORTH], None, Silent()) is None


def test_only_cells_of_the_domain_count() -> None:
    class Half(Domain):
        def mask(self, rasters, points, longitude, latitude):  # type: ignore[no-untyped-def]
            return longitude < 5.0

    grid = Grid.from_extent((0.0, 50.0, 20.0, 70.0), 1.0)
    found = cells_by_region(grid, [SOUTH, NORTH], Half(), Silent())
    assert found == {"south": 50, "north": 50}


def test_counting_stops_when_asked_to() -> None:
    class Stopped(Silent):
        def cancelled(self) -> bool:
            return True

    grid = Grid.from_extent((0.0, 50.0, 20.0, 70.0), 1.0)
    with pytest.raises(Cancelled):
        cells_by_region(grid, [SOUTH], None, Stopped())
