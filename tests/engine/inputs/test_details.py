"""How a catalogue says how downloads are to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import parse_predictor
from wco2_engine.inputs.details import Quality, Steps, parse_codes

BASE = {"name": "x", "path": "x.nc", "when": "monthly"}


def parsed(**keys: Any) -> Any:
    return parse_predictor({**BASE, **keys}, "catalogue.toml")


def test_codes_are_numbers_and_ranges() -> None:
    assert parse_codes([200, "101-120", "-30..-1", 2.5], "nodata") == (
        *((200.0, 200.0), (101.0, 120.0)),
        *((-30.0, -1.0), (2.5, 2.5)),
    )


@pytest.mark.parametrize("value", ["five", ["2-1"], [True], [[1]], ["1-2-3"], [1] * 101])
def test_what_is_no_code_is_refused(value: object) -> None:
    with pytest.raises(Wco2Error, match="nodata"):
        parse_codes(value, "nodata")


def test_everything_that_is_said_of_a_download_is_kept() -> None:
    found = parsed(
        select={"expver": "first", "depth": 0.1},
        nodata=[200, 253],
        zero=254,
        keep=0,
        quality={"band": 2, "keep": [0], "bits": [2, 2]},
        time="end",
        bands="months",
        steps={"reduce": "max", "least": 0.8},
        overrule=["units"],
    ).details
    assert found.select == (("expver", "first"), ("depth", 0.1))
    assert found.nodata == ((200.0, 200.0), (253.0, 253.0))
    assert (found.zero, found.keep) == (((254.0, 254.0),), ((0.0, 0.0),))
    assert found.quality == Quality(None, 2, ((0.0, 0.0),), (2, 2))
    assert (found.time, found.bands, found.overrule) == ("end", "months", ("units",))
    assert found.steps == Steps("max", 0.8)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"steps": {"reduce": "avg"}}, "reduce = 'avg'"),
        ({"steps": {"least": 1.5}}, "no share of 0 to 1"),
        ({"steps": "mean"}, "steps is no table"),
        ({"quality": {"band": 2}}, "keeps nothing"),
        ({"quality": {"keep": [0]}}, "variable or band"),
        ({"quality": {"band": 1, "keep": [0], "bits": [60, 9]}}, "no bits"),
        ({"select": {"depth": [1]}}, "no coordinate"),
        ({"bands": "month"}, "bands = 'month'"),
        ({"time": "begin"}, "time = 'begin'"),
        ({"per": "week"}, "per = 'week'"),
        ({"overrule": ["unit"]}, "'unit'"),
        ({"layers": {"a": 0}}, "no positive number"),
        ({"layers": [{"variable": "a", "thickness": 1, "lag": 1}]}, "belongs to the whole"),
        ({"derive": {"what": "snow"}}, "what = 'snow'"),
        ({"derive": {"what": "snow_depth", "water": "sd"}}, "needs density"),
        ({"derive": {"what": "sum", "of": "a", "and": "b"}}, "needs units"),
        ({"lag": 10**9}, "1200 or less"),
        ({"path": []}, "path"),
        ({"path": ["a.nc", 3]}, "path = 3"),
    ],
)
def test_what_can_not_be_is_refused_by_its_key(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(Wco2Error) as caught:
        parsed(**keys)
    assert message in caught.value.message
    assert "'x'" in caught.value.message


def test_parts_of_a_series_and_their_root() -> None:
    found = parsed(path=["a_{year}.nc", "b_{year}.nc"], root="downloads/era5")
    assert [pattern.text for pattern in found.patterns] == [
        "downloads/era5/a_{year}.nc",
        "downloads/era5/b_{year}.nc",
    ]


def test_an_accumulation_is_per_what_is_said() -> None:
    found = parsed(units="m", per="day", to="mm month-1")
    assert found.units == "m day-1"
    # A metre a day in a month of 31 days.
    assert found.convert(0.001, 31) == pytest.approx(31.0)


def test_layers_are_means_of_predictors() -> None:
    found = parsed(layers={"swvl1": 7, "swvl2": 21}, units="m3 m-3")
    assert [(weight, layer.variable, layer.path) for weight, layer in found.layers] == [
        (7.0, "swvl1", "x.nc"),
        (21.0, "swvl2", "x.nc"),
    ]
    named = parsed(path="soc_{variable}_mean.vrt", when="static", layers={"0-5cm": 5, "5-15cm": 10})
    assert [layer.path for _, layer in named.layers] == [
        "soc_0-5cm_mean.vrt",
        "soc_5-15cm_mean.vrt",
    ]
    assert [layer.variable for _, layer in named.layers] == [None, None]


def test_snow_depth_is_made_of_water_in_mm_and_density() -> None:
    found = parsed(derive={"what": "snow_depth", "water": "sd", "density": {"variable": "rsn"}})
    (water, density) = (operand for _, operand in found.operands)
    assert (found.operation, found.units) == ("snow_depth", "m")
    assert (water.variable, water.to) == ("sd", "mm")
    assert (density.variable, density.to) == ("rsn", "kg m-3")


def test_a_catalogue_of_no_paths_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="path"):
        parse_predictor({"name": "x"}, str(tmp_path / "catalogue.toml"))
