"""The training table: predictors at each site and month, and why rows are left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Cells
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.tables import write_table
from wco2_engine.learning.sampling import read_training, sample


@pytest.fixture(scope="module")
def catalogue(world: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Height is 10 x column + row on 1-degree cells from 0 E, 70 N; warmth is the month + year."""
    folder = tmp_path_factory.mktemp("rasters")
    rows, columns = np.indices((10, 20)).astype(float)
    height = 10 * columns + rows
    height[5, 5] = np.nan
    world.write_raster(folder / "height.tif", height, 0.0, 70.0, 1.0)
    for year in (2000, 2001):
        bands = np.stack(
            [np.full((10, 20), month + (year - 2000) * 100.0) for month in range(1, 13)]
        )
        world.write_raster(folder / f"warmth_{year}.tif", bands, 0.0, 70.0, 1.0)
    return world.write_catalogue(
        folder / "catalogue.toml",
        'name = "height"\npath = "height.tif"\nunits = "m"\n',
        'name = "warmth"\npath = "warmth_{year}.tif"\nwhen = "monthly"\nlag = 1\n',
    )


def observations(*rows: tuple[float, float, int, int]) -> pd.DataFrame:
    longitude, latitude, year, month = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "site": [f"s{k}" for k in range(len(rows))],
            "longitude": np.array(longitude, float),
            "latitude": np.array(latitude, float),
            "year": year,
            "month": month,
            "flux_g_m2_month": 1.0,
        }
    )


def test_predictors_are_those_of_the_place_and_the_month(catalogue: Catalogue) -> None:
    table = sample(observations((2.5, 67.5, 2000, 3), (3.5, 67.5, 2001, 1)), catalogue).table
    assert table["height"].tolist() == [22.0, 32.0]
    assert table["warmth"].tolist() == [2.0, 12.0]  # the month before: February, December 2000
    assert table["cell_size"].tolist() == [0.0, 0.0]


def test_a_site_gets_the_value_of_its_cell_or_of_its_very_point(catalogue: Catalogue) -> None:
    rows = observations((2.9, 67.5, 2000, 3))
    point = sample(rows, catalogue).table
    cell = sample(rows, catalogue, cells=Cells.square("EPSG:4326", 1.0)).table
    assert point["height"].tolist() == pytest.approx([26.0])  # 0.4 of the way to the next column
    assert cell["height"].tolist() == [22.0]
    assert (cell["cell_size"].tolist(), cell["cell_crs"].tolist()) == ([1.0], ["EPSG:4326"])
    # Cells that begin at 0.4 instead of 0: the centre is 2.9 itself.
    shifted = sample(rows, catalogue, cells=Cells.square("EPSG:4326", 1.0, 0.4, 0.0)).table
    assert shifted["height"].tolist() == pytest.approx([26.0])


def test_every_row_is_kept_or_rejected_with_its_reason(
    world: SimpleNamespace, catalogue: Catalogue
) -> None:
    regions = [
        world.box("south", (12, 1), (0, 60, 20, 63)),
        world.box("north", (11, 12, 1, 2), (0, 60, 20, 70)),
    ]
    result = sample(
        observations(
            (2.5, 67.5, 2001, 1),  # kept
            (2.5, 61.5, 2001, 1),  # kept, by the south
            (2.5, 61.5, 2001, 2),  # no winter month of the south, which owns it
            (2.5, 50.5, 2001, 1),  # outside
            (2.5, 67.5, 2000, 1),  # warmth of December 1999 is not there
            (5.5, 64.5, 2001, 1),  # no height
            (2.5, 69.5, 2003, 2),  # no file for the year
        ),
        catalogue,
        regions,
    )
    assert result.table["region"].tolist() == ["north", "south"]
    rejected = result.rejected
    assert dict(zip(rejected["site"], rejected["reason"], strict=True)) == {
        "s2": "not_winter",
        "s3": "outside_regions",
        "s4": "no_data_for_date",
        "s5": "missing_predictor",
        "s6": "no_data_for_date",
    }
    detail = dict(zip(rejected["site"], rejected["detail"], strict=True))
    assert detail["s2"] == "2001-02"
    assert detail["s4"] == "2000-01: warmth"
    assert detail["s5"] == "height"
    assert result.counts == {
        "site_months_read": 7,
        "site_months_kept": 2,
        "rejected: missing_predictor": 1,
        "rejected: no_data_for_date": 2,
        "rejected: not_winter": 1,
        "rejected: outside_regions": 1,
    }


def test_nothing_left_is_an_error_that_says_where_all_went(
    world: SimpleNamespace, catalogue: Catalogue
) -> None:
    region = world.box("far", (1,), (100, 60, 120, 63))
    with pytest.raises(Wco2Error, match=r"No observation is left.*outside_regions 1"):
        sample(observations((2.5, 67.5, 2001, 1)), catalogue, [region])


@pytest.mark.parametrize("suffix", [".csv", ".gpkg"])
def test_a_training_table_comes_back_from_its_file(
    catalogue: Catalogue, tmp_path: Path, suffix: str
) -> None:
    table = sample(observations((2.5, 67.5, 2000, 3), (3.7, 67.5, 2001, 1)), catalogue).table
    write_table(table, tmp_path / f"training{suffix}")
    again = read_training(tmp_path / f"training{suffix}", catalogue.names)
    for column in ("longitude", "latitude", "year", "month", "height", "warmth"):
        assert again[column].tolist() == table[column].tolist()
    assert again["site"].tolist() == table["site"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.rename(columns={"height": "hight"}), r"no column 'height'.*'hight'"),
        (lambda t: t.assign(warmth="warm"), r"line 2: warmth = 'warm' is no number"),
    ],
)
def test_a_training_table_that_is_none_is_refused(
    catalogue: Catalogue, tmp_path: Path, change: Any, message: str
) -> None:
    table = sample(observations((2.5, 67.5, 2000, 3)), catalogue).table
    write_table(change(table), tmp_path / "training.csv")
    with pytest.raises(Wco2Error, match=message):
        read_training(tmp_path / "training.csv", catalogue.names)


def test_months_out_of_the_winter_are_kept_where_they_are_to_train(
    world: SimpleNamespace, catalogue: Catalogue
) -> None:
    rows = observations(*((2.5, 67.5, 2000, month) for month in (3, 4, 6, 7)))
    north = [world.box("north", (2, 3), (0, 60, 20, 70))]
    kept = {
        months: sample(rows, catalogue, north, train_months=months).table["month"].tolist()
        for months in ("winter", "all", (6, 1))
    }
    assert kept == {"winter": [3], "all": [3, 4, 6, 7], (6, 1): [3, 6]}
