"""Scripts that download a product: what they ask for, and that they are scripts."""

from __future__ import annotations

import ast
import subprocess
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import ProductsJob
from wco2_engine.products.reading import all_products, product_of
from wco2_engine.products.request import request, years_of
from wco2_engine.progress import Silent

PRODUCTS = all_products()


def values(script: str) -> dict[str, Any]:
    """The constants that a Python script begins with."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict | ast.List)
    }


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.id)
def test_every_product_has_a_script_that_names_what_to_cite(product):
    has = years_of(product)
    years = "1982-2022" if not has or set(has) & set(range(1982, 2023)) else str(has[0])
    script = request(product.id, years, (-180, 27, 180, 84))
    assert all(citation.text in script for citation in product.cite)
    if script.startswith("#!/usr/bin/env python3"):
        ast.parse(script)
    else:
        assert product.access.client in ("addresses", "page")
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_a_request_to_the_climate_data_store_is_by_year_with_the_providers_names():
    script = request(
        "era5-land-monthly", "1982-1984", (-180, 27, 180, 84), ["snow_depth", "precipitation"]
    )
    assert values(script) == {
        "YEARS": [1982, 1983, 1984],
        "REQUEST": {
            "product_type": ["monthly_averaged_reanalysis"],
            "time": ["00:00"],
            "data_format": "netcdf",
            "download_format": "unarchived",
            "variable": ["snow_depth", "total_precipitation"],
            "month": [f"{month:02d}" for month in range(1, 13)],
            "area": [84.0, -180.0, 27.0, 180.0],  # north, west, south, east
        },
    }
    assert "'reanalysis-era5-land-monthly-means'" in script


def test_the_script_runs_against_the_providers_client(tmp_path):
    # A stand-in for cdsapi that writes what it was asked for; of the second year a zip, as happens.
    (tmp_path / "cdsapi.py").write_text(
        "import json, zipfile\n"
        "class Client:\n"
        "    def retrieve(self, name, order):\n"
        "        self.order = order\n"
        "        return self\n"
        "    def download(self, path):\n"
        "        if self.order['year'] == ['1983']:\n"
        "            zipfile.ZipFile(path, 'w').writestr('a.nc', 'x')\n"
        "        else:\n"
        "            open(path, 'w').write(json.dumps(self.order))\n"
    )
    (tmp_path / "get.py").write_text(request("era5-land-monthly", "1982-1983"))
    for _ in range(2):  # the second time finds all there
        subprocess.run(["python3", "get.py"], cwd=tmp_path, check=True)
        names = sorted(path.name for path in (tmp_path / "era5-land-monthly").iterdir())
        assert names == ["era5-land-monthly_1982.nc", "era5-land-monthly_1983.zip"]


def test_a_version_that_changes_by_year_is_asked_for_by_year():
    script = request("land-cover-cci", "2015-2016")
    assert values(script)["OF_YEAR"] == {
        2015: {"version": ["v2_0_7cds"]},
        2016: {"version": ["v2_1_1"]},
    }


def test_addresses_are_filled_in_for_each_year_and_month():
    script = request("chelsa-2.1-monthly", "1999", variables=["air_temperature"])
    lines = [line for line in script.splitlines() if line.startswith("get http")]
    assert len(lines) == 12
    assert lines[1].split()[1].endswith("/monthly/tas/CHELSA_tas_02_1999_V.2.1.tif")


def test_a_mean_of_layers_asks_for_each_layer():
    script = request("soilgrids-2-5000m", variables=["clay_0_30cm"])
    files = [line.split()[2] for line in script.splitlines() if line.startswith("get http")]
    assert files == [f"clay/clay_{d}_mean_5000.tif" for d in ("0-5cm", "5-15cm", "15-30cm")]


def test_years_that_do_not_exist_are_left_out_and_said():
    script = request("vcf5kyr-1", "1993-2001")
    assert "Years 1993, 1995-1999, 2001" in script
    assert "nothing of 1994, 2000" in script


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"years": "1700"}, "years"),
        ({"years": "1981", "product_id": "vcf5kyr-1"}, "none of the years 1981"),
        ({"extent": (0, 50, 10, 40)}, "no part of the world"),
        ({"variables": ["'; rm -rf ~; '"]}, "no variable"),
        ({"product_id": "../../etc/passwd"}, "no product"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(arguments, message):
    with pytest.raises(Wco2Error, match=message):
        request(**{"product_id": "era5-land-monthly", **arguments})


def test_the_job_lists_shows_and_requests():
    listed = ProductsJob().run(Silent())["products"]
    assert {"gimms-ndvi3g-1", "obu-2018"} <= {row["id"] for row in listed}
    shown = ProductsJob("show", "vcf5kyr-1").run(Silent())["product"]
    assert shown["absent_years"] == (1994, 2000)
    script = ProductsJob("request", "vcf5kyr-1", "1990").run(Silent())["script"]
    assert "short_name='VCF5KYR'" in script
    assert product_of("vcf5kyr-1").access.dataset == "VCF5KYR"
    with pytest.raises(Wco2Error, match="No product is named"):
        ProductsJob("show").run(Silent())
