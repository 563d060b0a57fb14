"""Models and pages that the tests of reports share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.learning.forest import Forest
from wco2_engine.learning.metrics import Scores, scores
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel

NAMES = ("soil_temperature", "snow", "carbon")
VOID = ("meta", "img", "br", "link", "input")


class Page(HTMLParser):
    """What a browser would load, which elements are left open, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "xlink:href"):
                inside = (value or "").startswith("#")
                (self.links if inside else self.loads).append(str(value).removeprefix("#"))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="session")
def pages() -> SimpleNamespace:
    """How tests read a page and the tables beside it."""
    return SimpleNamespace(Page=Page, read_csv=read_csv)


def _region(world: Any, name: str, seed: int) -> tuple[RegionModel, list[dict[str, Any]]]:
    """40 rows of 8 sites whose flux doubles with 10 degC, and two validations of them."""
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(8, dtype=np.int32), 5)
    features = np.column_stack(
        [rng.uniform(-20, 2, 40), rng.uniform(0, 300, 40), rng.uniform(0, 30, 8)[site]]
    ).astype(np.float32)
    target = 20 * 2 ** (features[:, 0] / 10) + rng.normal(0, 0.5, 40)
    forest = ExtraTreesRegressor(10, random_state=seed).fit(features, target)
    month = np.tile(np.array([11, 12, 1, 2, 3], np.int8), 8)
    folds = {
        "random": np.tile(np.arange(5, dtype=np.int16), 8),
        "site": (site % 4).astype(np.int16),
    }
    predictions = {
        "random": target + rng.normal(0, 1, 40),
        "site": target + rng.normal(0, 3, 40),
    }
    model = RegionModel(
        region=world.box(name, (11, 12, 1, 2, 3), (100, 55, 140, 75)),
        forest=Forest.from_sklearn(forest),
        features=features,
        target=target,
        site=site,
        longitude=np.linspace(101, 139, 8)[site],
        latitude=np.linspace(74, 56, 8)[site],
        year=np.repeat(np.array([2003, 2004], np.int16), 20),
        month=month,
        folds=folds,
        predictions=predictions,
        importances={
            "impurity": np.array([0.7, 0.2, 0.1]),
            "permutation": np.array([9.0, 1.0, -0.5]),
        },
        calibration={"0.9": 1.25},
    )
    zone = np.where(site < 4, "cold", "warm")
    parts: list[tuple[dict[str, Any], Any]] = [
        ({}, site >= 0),
        *(({"month": number}, month == number) for number in (11, 12, 1, 2, 3)),
        *(({"zone": each}, zone == each) for each in ("cold", "warm")),
    ]
    rows = [
        {"region": name, "validation": method, "month": "all", **part, **_score(told)}
        for method, predicted in predictions.items()
        for part, own in parts
        for told in (scores(target[own], predicted[own], site[own]),)
    ]
    return model, rows


def _score(told: Scores) -> dict[str, Any]:
    row: dict[str, Any] = {"n": told.n, "sites": told.sites}
    for name in ("r2", "nse", "kge", "mae", "rmse", "bias"):
        row[name], row[f"{name}_low"], row[f"{name}_high"] = told.labelled(name)
    return row


@pytest.fixture(scope="session")
def make_judged(world: SimpleNamespace) -> Callable[..., Model]:
    """Models with all that a report can show, of regions of some names."""

    def make(*names: str, **changes: Any) -> Model:
        built = [_region(world, name, seed) for seed, name in enumerate(names)]
        coverage = tuple(
            {
                "region": name,
                "validation": "site",
                "level": level,
                "n": 40,
                "sites": 8,
                "raw_coverage": level - 0.125,
                "raw_width": 10 * level,
                "coverage": level + 0.025,
                "width": 12 * level,
            }
            for name in names
            for level in (0.5, 0.9)
        )
        units = dict(zip(NAMES, ("degC", "mm", "%"), strict=True))
        model: Model = world.make_model(
            [part for part, _ in built],
            units,
            scores=tuple(row for _, rows in built for row in rows),
            coverage=coverage,
        )
        settings = {**model.settings, "trees": 10, "validation": ["random", "site"]}
        return replace(model, settings=settings, **changes)

    return make


@pytest.fixture(scope="session")
def judged(make_judged: Callable[..., Model]) -> Model:
    """A model of one region with all that a report can show."""
    return make_judged("siberia")
