"""What products ask to be cited goes with a model, its maps and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import DEFAULT_WINTER, Region
from wco2_engine.learning.model import Model
from wco2_engine.learning.training import train
from wco2_engine.mapping.plan import Products
from wco2_engine.mapping.record import tags_of
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.products.citing import asked_by
from wco2_engine.report.sections.origin import data

ERA5_LAND = "10.24381/cds.68d2bb30"
ATTRIBUTION = "Contains modified Copernicus Climate Change Service information."


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    """A tiny model of one predictor from ERA5-Land, and one of nobody's product."""
    folder = tmp_path_factory.mktemp("citing")
    (folder / "c.toml").write_text(
        '[[predictor]]\nname = "air"\nproduct = "era5-land-monthly"\n'
        'variable = "air_temperature"\npath = "era5_{year}.nc"\n'
        '[[predictor]]\nname = "own"\npath = "own.tif"\n'
    )
    rng = np.random.default_rng(0)
    n = 40
    table = pd.DataFrame(
        {
            "site": [f"s{k}" for k in range(n)],
            "longitude": np.arange(n, dtype=float),
            "latitude": 60.0,
            "year": 2000,
            "month": 1,
            "flux_g_m2_month": rng.uniform(5, 15, n),
            "source": "A. Person 2001",
            "air": rng.uniform(-30, 0, n),
            "own": rng.uniform(0, 1, n),
        }
    )
    settings = TrainingSettings(Hyperparameters(trees=5), validation=(), members=0)
    region = Region("all", DEFAULT_WINTER, Box(-180.0, 45.0, 180.0, 84.0))
    return train(table, Catalogue.read(folder / "c.toml"), [region], settings)


def test_each_product_is_asked_once_in_order():
    asked = asked_by(["vcf5kyr-1", "", "era5-land-monthly", "vcf5kyr-1"])
    assert [product["id"] for product in asked] == ["vcf5kyr-1", "era5-land-monthly"]
    with pytest.raises(Wco2Error, match="no product"):
        asked_by(["no-such-product"])


def test_a_model_keeps_what_to_cite_in_its_file(model, tmp_path):
    model.write(tmp_path / "m.wco2")
    (product,) = Model.read(tmp_path / "m.wco2").provenance["products"]
    assert product["id"] == "era5-land-monthly"
    assert any(ERA5_LAND in work for work in product["cite"])
    assert product["attribution"].startswith(ATTRIBUTION)


def test_maps_say_in_their_tags_what_to_cite(model):
    tags = tags_of(model, Products(), "winter_flux")
    assert any(ERA5_LAND in work for work in json.loads(tags["WCO2_PREDICTORS_CITE"]))
    assert tags["ATTRIBUTION"].startswith(ATTRIBUTION)


def test_a_model_of_no_product_says_nothing_of_any(model):
    provenance = {key: value for key, value in model.provenance.items() if key != "products"}
    tags = tags_of(replace(model, provenance=provenance), Products(), "winter_flux")
    assert not {"WCO2_PREDICTORS_CITE", "ATTRIBUTION"} & tags.keys()


def test_the_report_cites_the_products(model):
    rows = data(SimpleNamespace(model=model))
    assert any(ERA5_LAND in work for _, work in rows)
    assert any(work.startswith(ATTRIBUTION) for _, work in rows)


@pytest.mark.parametrize("products", [["x"], [{"id": 1}], {}, [{"id": "a", "title": "t"}]])
def test_a_model_file_with_odd_products_is_refused(model, tmp_path, products):
    odd = replace(model, provenance={**model.provenance, "products": products})
    with pytest.raises(Wco2Error):
        odd.write(tmp_path / "m.wco2")
        Model.read(tmp_path / "m.wco2")
