"""Every description of a product is read strictly, and says things that fit together."""

from __future__ import annotations

import re
import string
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import parse_crs
from wco2_engine.inputs.catalogue import GROUPS, Reduce
from wco2_engine.inputs.rasters import check_resampling
from wco2_engine.products.page import page
from wco2_engine.products.reading import all_products, product_ids, product_of, read_product
from wco2_engine.units import conversion

PRODUCTS = all_products()
VARIABLES = [pytest.param(p, v, id=f"{p.id}:{v.name}") for p in PRODUCTS for v in p.variables]
DOI = re.compile(r"10\.\d{4,}/\S+[^.\s]")
TOKENS = {"year": 4, "month": 2, "half": 2, "doy": 3, "day": 2, "file": None}
SMALLEST = """
id = "x"
title = "t"
producer = "p"
version = "1"
step = "month"
checked = "documents"
cite = [{ text = "c" }]
licence = { name = "l" }
access = { login = "none", client = "page", page = "https://x" }
grid = { crs = "EPSG:4326", cell = 1 }
files = [{ form = "netcdf", match = ["a_{year}.nc"], holds = "year" }]
variables = [{ name = "a", title = "A", measures = "a", group = "snow", units = "m" }]
"""


def test_the_products_that_a_study_of_1982_to_2022_needs_are_described():
    measured = {v.measures for p in PRODUCTS for v in p.variables}
    assert len(PRODUCTS) >= 40
    assert {"air_temperature", "ndvi", "snow_depth", "soil_carbon_stock", "permafrost_extent"} <= (
        measured
    )
    assert {v.group for p in PRODUCTS for v in p.variables} == set(GROUPS)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.id)
def test_a_product_says_who_to_cite_and_where_it_is(product):
    assert product.cite
    for citation in product.cite:
        assert not citation.doi or DOI.fullmatch(citation.doi), citation.doi
        assert citation.text[-1] in ".0123456789" or "http" in citation.text
    assert re.match(r"https?://\S+$", product.access.page)
    assert all(re.match(r"https?://\S+$", each) for each in product.access.addresses)
    assert product.licence.name
    assert not product.grid.crs or parse_crs(product.grid.crs)
    assert not product.superseded_by or product.superseded_by in product_ids()
    assert (product.access.client == "addresses") == bool(product.access.addresses)
    assert not product.access.client.startswith(("cds", "earth")) or product.access.dataset


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.id)
def test_names_of_files_are_patterns_of_known_dates(product):
    for kind in product.files:
        for pattern in (*kind.match, *product.access.addresses):
            for _, name, width, _ in string.Formatter().parse(pattern):
                assert name is None or name in TOKENS, f"{pattern}: {name}"
                assert name not in ("month", "half", "doy", "day") or width == f"0{TOKENS[name]}d"
        assert not set(kind.variables) - {v.name for v in product.variables}
    per_step = {"month": {"year", "month"}, "day": {"year"}, "half-month": {"half"}}
    for kind in product.files:
        for pattern in kind.match:
            named = {name for _, name, _, _ in string.Formatter().parse(pattern) if name}
            if product.step != "climatology":
                assert per_step.get(kind.holds, set()) <= named | (
                    {"month"} if "doy" in named else set()
                )


@pytest.mark.parametrize(("product", "variable"), VARIABLES)
def test_a_variable_can_be_converted_and_looked_up(product, variable):
    assert variable.name.isidentifier()
    assert variable.group in GROUPS
    convert = conversion(variable.units, variable.used_units, variable.name)
    over_months = product.step not in ("static", "year")
    assert not convert.month_power or over_months
    check_resampling(variable.resampling, variable.name)
    assert (
        variable.read
        or variable.band
        or variable.layers
        or variable.derive
        or ({kind.form for kind in product.files} <= {"ascii", "raw", "vrt", "geotiff"})
    )
    assert product.files_of(variable)
    if any("{file}" in m for kind in product.files_of(variable) for m in kind.match):
        assert variable.file or variable.read or variable.layers
    assert not variable.layers or all(product.variable(n) for n in variable.layers)
    if variable.derive:
        assert all(product.variable(n) for key, n in variable.derive.items() if key != "what")
    if variable.per:
        assert variable.units.endswith(f"{variable.per}-1")
    if variable.valid and variable.usual:
        low, high = variable.valid
        assert low <= variable.usual[0] < variable.usual[1] <= high
    if variable.window:
        assert set(variable.window) == {"months", "of", "reduce"}
        assert variable.window["reduce"] in Reduce.__args__
    if variable.depth:
        assert 0 <= variable.depth[0] <= variable.depth[1]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.id)
def test_what_is_doubtful_is_a_key_of_the_description(product):
    for key in product.doubtful:
        value = product
        for part in key.split("."):
            if part.isdigit():
                value = value[int(part)]
            elif isinstance(value, tuple):
                value = next(each for each in value if each.name == part)
            else:
                assert is_dataclass(value) and part in {item.name for item in fields(value)}, key
                value = getattr(value, part)
        assert value not in ("", (), None), f"{key} says nothing"


def test_what_no_file_confirmed_is_said_to_be_from_documents():
    assert {p.checked for p in PRODUCTS} == {"documents"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("units =", "unit ="), "unknown key 'unit'"),
        (('id = "x"', ""), "id is missing"),
        (('step = "month"', 'step = "fortnight"'), "step = 'fortnight'"),
        (("cell = 1", 'cell = "1"'), "cell = '1' is no float"),
        (('match = ["a_{year}.nc"]', 'match = "a.nc"'), "is no list"),
        (('group = "snow"', 'group = "snow", valid = [1, 2, 3]'), "has not 2 values"),
        (('group = "snow"', 'group = "snow", nodata = [true]'), "nodata"),
        (("[{ text", "[[{ text"), "not valid TOML"),
    ],
)
def test_a_description_with_a_fault_is_refused_by_name(change, message):
    assert read_product(SMALLEST, "x.toml").variables[0].units == "m"
    with pytest.raises(Wco2Error, match=re.escape(message)):
        read_product(SMALLEST.replace(*change), "x.toml")


def test_a_product_that_is_not_there_is_told_by_its_nearest_name():
    with pytest.raises(Wco2Error, match="Did you mean 'era5-land-monthly'") as error:
        product_of("era5land-monthly")
    assert "wco2 products" in error.value.hint


def test_a_variable_that_is_not_there_is_told_by_its_nearest_name():
    with pytest.raises(Wco2Error, match="Did you mean 'snow_depth'"):
        product_of("era5-land-monthly").variable("snowdepth")


def test_the_page_of_the_documentation_is_made_from_the_descriptions():
    written = Path(__file__).resolve().parents[3] / "docs/products.md"
    assert written.read_text("utf-8") == page(PRODUCTS), "run scripts/make-products-page"


def test_doubt_is_shown_where_it_applies():
    text = page([product_of("pku-gimms-ndvi-1.2")])
    assert "Licence: CC-BY-4.0 *(?)*" in text
    assert "V1.2. Peking University" in text and "University *(?)*" not in text
