# ruff: noqa: RUF001 - Chinese has a punctuation of its own
"""The abstracts of a dataset, in English and in Chinese, made from what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wco2_engine.analysis.series import WINTER_UNITS
from wco2_engine.learning.region_model import STRICT_FIRST
from wco2_engine.naming import proper_name
from wco2_engine.publication.dataset import Dataset
from wco2_engine.season import MONTH_NAMES, format_years

METHOD_NAMES: Mapping[str, tuple[str, str]] = {
    "knndm": ("kNNDM folds", "kNNDM 交叉验证"),
    "blocks": ("blocks of 500 km held out", "留出 500 公里区块的交叉验证"),
    "site": ("whole sites held out", "留出整个站点的交叉验证"),
    "random": ("random folds (too hopeful for a map)", "随机划分的交叉验证（对制图而言过于乐观）"),
    "year": ("winters held out, at known sites", "留出整个冬季的交叉验证（站点已知）"),
    "decade": ("decades held out, at known sites", "留出整个年代的交叉验证（站点已知）"),
    "method": ("methods held out, at known sites", "留出整种测量方法的交叉验证（站点已知）"),
    "source": ("sources held out", "留出整个数据来源的交叉验证"),
}


def abstract_en(dataset: Dataset) -> str:
    """What the dataset is, in English."""
    flux, model = dataset.flux, dataset.model
    west, south, east, north = dataset.bounds
    sentences = []
    if dataset.simulated:
        sentences.append(
            "SIMULATED DATA: made up to try the software; nothing here says anything about the "
            "real world."
        )
    sentences.append(
        f"Maps of the CO2 flux from the ground in {len(flux.years)} winter"
        f"{'s' if len(flux.years) > 1 else ''} ({format_years(flux.years)}), between "
        f"{latitude(south)} and {latitude(north)} and {longitude(west)} and {longitude(east)}, "
        f"on cells of {cell_size(dataset)}. A value is "
        f"the sum of a winter in {WINTER_UNITS}, positive when CO2 leaves the ground."
    )
    for region in model.get("regions", []):
        sentences.append(
            f"{proper_name(region['name'])}: {region['rows']:,} winter site-months of "
            f"{region['sites']} sites from {span(region['years'])} trained "
            f"{region['trees']} Extremely Randomized "
            f"Trees on {len(model['predictors'])} predictors; a winter is "
            f"{months(region['winter_months'])}."
        )
    for row in best_scores(model):
        sentences.append(
            f"{proper_name(row['region'])}, {METHOD_NAMES[row['validation']][0]}: "
            f"R2 {two_digits(row['r2'])}, MAE {two_digits(row['mae'])}, "
            f"RMSE {two_digits(row['rmse'])} g C m-2 month-1."
        )
    if dataset.about.abstract_en:
        sentences.append(dataset.about.abstract_en)
    return " ".join(sentences)


def abstract_zh(dataset: Dataset) -> str:
    """What the dataset is, in Chinese."""
    flux, model = dataset.flux, dataset.model
    west, south, east, north = dataset.bounds
    sentences = []
    if dataset.simulated:
        sentences.append("【模拟数据】本数据集为试用软件而虚构，不反映任何真实情况。")
    sentences.append(
        f"本数据集给出 {len(flux.years)} 个冬季（{format_years(flux.years)}）的"
        f"地表 CO2 通量分布图，"
        f"空间范围为 {latitude(south)} 至 {latitude(north)}、{longitude(west)} 至 "
        f"{longitude(east)}，网格大小为 {cell_size(dataset, '度', '米')}。"
        f"数值为整个冬季的累积碳通量，单位为 {WINTER_UNITS}，正值表示 CO2 由地面排放到大气。"
    )
    for region in model.get("regions", []):
        name, winter = proper_name(region["name"]), region["winter_months"]
        sentences.append(
            f"区域“{name}”：用 {region['sites']} 个站点 {span(region['years'])} 年的 "
            f"{region['rows']:,} 条冬季月观测值和 {len(model['predictors'])} 个预测变量，"
            f"训练极端随机树（Extremely Randomized Trees，{region['trees']} 棵）；"
            f"冬季为 {winter[0]} 月至 {winter[-1]} 月。"
        )
    for row in best_scores(model):
        sentences.append(
            f"区域“{proper_name(row['region'])}”的{METHOD_NAMES[row['validation']][1]}：R2 为 "
            f"{two_digits(row['r2'])}，MAE 为 {two_digits(row['mae'])}，RMSE 为 "
            f"{two_digits(row['rmse'])} g C m-2 month-1。"
        )
    if dataset.about.abstract_zh:
        sentences.append(dataset.about.abstract_zh)
    return "".join(sentences)


def scores(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The scores over all months, zones and methods."""
    keys = ("region", "validation", "n", "sites", "r2", "mae", "rmse", "bias")
    return [
        {key: row[key] for key in keys}
        for row in model.get("scores", [])
        if all(row.get(key, "all") == "all" for key in ("month", "zone", "method"))
    ]


def best_scores(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each region the score that can speak for a map: of the strictest validation."""
    rows = scores(model)
    found = []
    for region in dict.fromkeys(row["region"] for row in rows):
        of_region = {row["validation"]: row for row in rows if row["region"] == region}
        found += [of_region[name] for name in STRICT_FIRST if name in of_region][:1]
    return found


def cell_size(dataset: Dataset, degrees: str = "degrees", metres: str = "m") -> str:
    """The size of a cell and its unit."""
    grid = dataset.flux.grid
    return f"{grid.dx:g} {degrees if grid.geographic else metres}"


def latitude(value: float) -> str:
    """As 67.3° N."""
    return f"{abs(value):g}° {'N' if value >= 0 else 'S'}"


def longitude(value: float) -> str:
    """As 149.6° W."""
    return f"{abs(value):g}° {'E' if value >= 0 else 'W'}"


def months(months: Sequence[int]) -> str:
    """The first and the last month."""
    return f"{MONTH_NAMES[months[0] - 1]} to {MONTH_NAMES[months[-1] - 1]}"


def span(years: Sequence[int]) -> str:
    """The first and the last year."""
    return f"{years[0]}-{years[-1]}" if years[0] != years[-1] else str(years[0])


def two_digits(value: float | None) -> str:
    """A number; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"
