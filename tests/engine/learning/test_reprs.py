"""What a console and a notebook show fits a screen, and runs nothing of a file's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.knndm import knndm
from wco2_engine.learning.locations import Locations
from wco2_engine.learning.members import fit_members
from wco2_engine.learning.model import Model
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.tuning import SearchSpace, tune
from wco2_engine.options import Hyperparameters

SCREEN = 80 * 24  # letters


def values(world: SimpleNamespace) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    site = np.repeat(np.arange(40), 10)
    rows = TrainingRows.from_arrays(rng.normal(size=(400, 30)), rng.normal(size=400), site)
    folds = site % 4
    few = Hyperparameters(trees=4)
    points = Locations(rng.normal(-150, 4, 40)[site], rng.normal(68, 2, 40)[site])
    cells = Locations(rng.uniform(-180, -120, 400), rng.uniform(55, 75, 400))
    model = make(world, 200)
    return {
        "rows": rows,
        "held out": cross_val_predict(rows, folds, few, levels=[0.9]),
        "members": fit_members(rows, few, members=2),
        "tuning": tune(rows, folds, few, space=SearchSpace((2, 4), (1.0,), (1, 9), ("none",))),
        "points": points,
        "knndm": knndm(points, cells, site),
        "model": model,
        "region": model.regions[0],
        "forest": model.regions[0].forest,
        "area": AreaOfApplicability().fit(rng.normal(size=(40, 3))),
    }


def make(world: SimpleNamespace, regions: int, name: str = "region") -> Model:
    forest = world.staircase([-10.0], [1.0, 7.0], n_features=60)
    parts = [
        world.region_model(world.box(f"{name} {k}", [1], [0, 0, 10, 10]), forest, -20, 1)
        for k in range(regions)
    ]
    units = {f"predictor_with_a_long_name_{k}": "m" for k in range(60)}
    made: Model = world.make_model(parts, units)
    return made


def test_every_value_fits_a_screen_and_says_what_it_is(world: SimpleNamespace) -> None:
    for what, value in values(world).items():
        shown = repr(value)
        assert len(shown) < SCREEN, what
        assert shown.count("\n") < 20, what
        assert type(value).__name__ in shown, what


def test_a_model_tells_its_regions_and_predictors(world: SimpleNamespace) -> None:
    shown = repr(make(world, 2))
    assert "predictors (60): predictor_with_a_long_name_0" in shown
    assert "region region 1: " in shown
    many = repr(make(world, 15))
    assert many.endswith("and 3 regions more")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=y>"])
def test_texts_of_a_file_are_escaped_in_a_notebook(world: SimpleNamespace, text: str) -> None:
    page = make(world, 1, name=text.replace("/", ""))._repr_html_()
    assert "<table>" in page
    assert "<script" not in page
    assert "<img" not in page
    assert len(page) < 5_000
