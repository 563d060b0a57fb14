"""Which months a prediction needs, and what it writes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.predictors import Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.mapping.plan import Schedule, check_complete, predictors_of
from wco2_engine.season import Month, Winter

LONG, SHORT = Winter((10, 11, 12, 1, 2, 3, 4)), Winter((11, 12, 1))


def test_the_months_are_those_of_all_winters_by_time_and_each_once() -> None:
    schedule = Schedule.of((SHORT, LONG), (2004, 2005), False)
    assert schedule.months[0] == Month(2003, 10)
    assert schedule.months[-1] == Month(2005, 4)
    assert len(schedule.months) == 14
    assert list(schedule.months) == sorted(set(schedule.months))


def test_a_month_counts_to_the_winter_of_each_region() -> None:
    schedule = Schedule.of((SHORT, LONG), (2004, 2005), False)
    assert schedule.winter_of(0, Month(2003, 10)) is None
    assert schedule.winter_of(1, Month(2003, 10)) == 0
    assert schedule.winter_of(0, Month(2005, 1)) == 1


def test_a_month_of_a_winter_that_is_not_asked_for_counts_to_none() -> None:
    by_start = Winter((11, 12, 1), "start")
    schedule = Schedule.of((LONG, by_start), (2004,), False)
    assert schedule.winter_of(1, Month(2003, 11)) is None
    assert schedule.winter_of(1, Month(2004, 11)) == 0


def test_the_outputs_are_winters_then_months() -> None:
    outputs = Schedule.of((SHORT,), (2004,), True).outputs
    assert [item.name.as_posix() for item in outputs] == [
        "winter_flux/winter_flux_2004.tif",
        "monthly_flux/monthly_flux_2003-11.tif",
        "monthly_flux/monthly_flux_2003-12.tif",
        "monthly_flux/monthly_flux_2004-01.tif",
    ]
    assert (outputs[0].first, outputs[0].last) == (Month(2003, 11), Month(2004, 1))


def test_a_model_finds_its_predictors_by_name_in_any_order(
    wide: SimpleNamespace, world: SimpleNamespace
) -> None:
    reordered = world.write_catalogue(
        wide.folder / "reordered.toml",
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
        'name = "unused"\npath = "nowhere.tif"\n',
        'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n',
    )
    found = predictors_of(wide.model, reordered)
    assert [p.name for p in found] == ["temperature", "carbon"]


def test_a_predictor_that_the_catalogue_lacks_is_named_with_the_nearest(
    wide: SimpleNamespace, world: SimpleNamespace
) -> None:
    other = world.write_catalogue(
        wide.folder / "renamed.toml",
        'name = "temperatures"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
    )
    with pytest.raises(Wco2Error, match=r"no predictor 'temperature'.*'temperatures'"):
        predictors_of(wide.model, other)


def test_what_is_replaced_is_noted(world: SimpleNamespace, tmp_path: Path) -> None:
    for year in (2000, 2002):
        world.write_raster(tmp_path / f"cover_{year}.tif", np.ones((3, 3)), 0, 60, 1.0)
    catalogue = world.write_catalogue(
        tmp_path / "catalogue.toml",
        'name = "cover"\npath = "cover_{year}.tif"\nwhen = "yearly"\nmissing = "nearest"\n',
    )
    with Rasters() as rasters:
        notes = check_complete(
            Sources(catalogue, rasters), catalogue.predictors, [Month(2000, 1), Month(2001, 1)]
        )
    assert notes == ("cover: 2001 from 2000",)
