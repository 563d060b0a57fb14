"""Which months a prediction needs, and what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.predictors import Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.learning.joining import join_forests
from wco2_engine.mapping.plan import (
    Band,
    Products,
    Schedule,
    check_complete,
    predictors_of,
    products_of,
)
from wco2_engine.season import Month, Winter

LONG, SHORT = Winter((10, 11, 12, 1, 2, 3, 4)), Winter((11, 12, 1))


def test_the_months_are_those_of_all_winters_by_time_and_each_once() -> None:
    schedule = Schedule.of((SHORT, LONG), (2004, 2005))
    assert schedule.months[0] == Month(2003, 10)
    assert schedule.months[-1] == Month(2005, 4)
    assert len(schedule.months) == 14
    assert list(schedule.months) == sorted(set(schedule.months))


def test_the_outputs_are_winters_then_months() -> None:
    outputs = Schedule.of((SHORT,), (2004,), Products(monthly=True)).outputs
    assert [item.name.as_posix() for item in outputs] == [
        "winter_flux/winter_flux_2004.tif",
        "monthly_flux/monthly_flux_2003-11.tif",
        "monthly_flux/monthly_flux_2003-12.tif",
        "monthly_flux/monthly_flux_2004-01.tif",
    ]
    assert (outputs[0].first, outputs[0].last) == (Month(2003, 11), Month(2004, 1))


def test_bounds_members_and_applicability_have_maps_of_their_own() -> None:
    products = Products(monthly=True, interval=0.9, applicability=True, members=3)
    schedule = Schedule.of((Winter((1,)),), (2004, 2005), products)
    assert [(item.quantity, item.time, len(item.bands)) for item in schedule.outputs] == [
        *(("winter_flux", year, 1) for year in ("2004", "2005")),
        *(("winter_flux_lower", year, 1) for year in ("2004", "2005")),
        *(("winter_flux_upper", year, 1) for year in ("2004", "2005")),
        *(("winter_flux_members", year, 3) for year in ("2004", "2005")),
        *(("applicability", year, 3) for year in ("2004", "2005")),
        *(("monthly_flux", month, 1) for month in ("2004-01", "2005-01")),
        *(("monthly_flux_lower", month, 1) for month in ("2004-01", "2005-01")),
        *(("monthly_flux_upper", month, 1) for month in ("2004-01", "2005-01")),
    ]
    assert schedule.n_layers == 6 + 6 + 6 + 6
    assert schedule.layers["winter_flux_members", "2005"] == slice(9, 12)
    assert schedule.layers["applicability", "2004"] == slice(12, 15)
    assert schedule.layers["monthly_flux_upper", "2005-01"] == slice(23, 24)


def test_a_band_says_what_it_shows_and_in_which_unit() -> None:
    products = Products(monthly=True, interval=0.9, applicability=True, members=2)
    assert products.bands("winter_flux_lower") == (
        Band("Winter CO2 flux, lower bound of 0.9, positive = release", "g C m-2 winter-1"),
    )
    assert products.bands("monthly_flux_upper")[0].units == "g C m-2 month-1"
    second = products.bands("winter_flux_members")[1]
    assert second.description == "Winter CO2 flux, member 2 of 2, positive = release"
    assert [band.units for band in products.bands("applicability")] == [
        "1",
        "months",
        "training rows",
    ]


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 90.0, float("nan")])
def test_an_interval_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(Wco2Error, match="is no share of the fluxes between 0 and 1"):
        Products(interval=level)


def test_what_the_model_can_not_tell_is_refused(
    world: SimpleNamespace, wide: SimpleNamespace
) -> None:
    with pytest.raises(Wco2Error, match="no members for region 'plateau'") as caught:
        products_of(wide.model, False, None, False, True)
    assert "Train it" in caught.value.hint
    with pytest.raises(Wco2Error, match="no validation of region 'plateau'") as caught:
        products_of(wide.model, False, None, True, False)
    assert 'validation = ["site"]' in caught.value.hint
    counts = (2, 3)
    parts = [
        replace(part, members=join_forests([part.forest] * count), n_members=count)
        for part, count in zip(wide.model.regions, counts, strict=True)
    ]
    uneven = world.make_model(parts, {"temperature": "degC", "carbon": "%"})
    with pytest.raises(Wco2Error, match="different numbers of members: 'plateau' 2, 'arctic' 3"):
        products_of(uneven, False, None, False, True)


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
