# ruff: noqa: RUF001 - Chinese has a punctuation of its own
"""The methods of a paper about a dataset, in English and in Chinese, ready to be edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wco2_engine.analysis.series import WINTER_UNITS
from wco2_engine.escaping import markdown
from wco2_engine.naming import display_name, proper_name
from wco2_engine.publication.abstracts import (
    METHOD_NAMES,
    cell_size,
    months,
    scores,
    span,
    two_digits,
)
from wco2_engine.publication.dataset import Dataset
from wco2_engine.publication.works import References
from wco2_engine.season import format_years

ENGLISH, CHINESE = "methods.md", "methods.zh.md"
_GROUPS_ZH = {
    "climate": "气候",
    "vegetation": "植被",
    "snow": "积雪",
    "soil": "土壤",
    "permafrost": "冻土",
    "terrain": "地形",
}
_AGGREGATES_ZH = {"mean": "均值", "trimmed": "截尾均值", "median": "中位数"}
_TRANSFORMS = {
    "sqrt": ("its square root", "平方根"),
    "log1p": ("its logarithm, log(1 + flux),", "对数 log(1 + 通量)"),
}
Part = tuple[str, Iterable[str]]


def methods_en(dataset: Dataset, references: References) -> str:
    """Data, predictors, model, validation, uncertainty and limits, in English Markdown."""
    model, record = dataset.model, dataset.flux.record
    settings = model["settings"]
    parts: list[Part] = [
        ("Data", _data_en(dataset, references)),
        ("Predictors", _predictors_en(model, references)),
        ("Model", _model_en(dataset, settings)),
        ("Validation", _validation_en(model)),
        ("Uncertainty", _uncertainty_en(dataset)),
        ("Limits", _limits_en(model, record)),
        ("Software", [_software_en(model)]),
    ]
    first = (
        "A draft, filled in from the study. Edit it. What stands in [brackets] only its authors "
        "know. References are in `references.bib`."
    )
    return _text("Methods", first, parts, " ", "SIMULATED DATA. " if dataset.simulated else "")


def _data_en(dataset: Dataset, references: References) -> Iterable[str]:
    for region in dataset.model["regions"]:
        yield (
            f"In {_place(region['name'])} the forest was trained on {region['rows']:,} site-months "
            f"of winter ({months(region['winter_months'])}) from {region['sites']} sites, measured "
            f"in {span(region['years'])}."
        )
        if region["rows_of_other_months"]:
            yield f"{region['rows_of_other_months']:,} site-months of other months trained too."
    if references.observations:
        number = len(references.observations)
        yield f"The observations name {number} source{'s' * (number > 1)}."
    yield "Fluxes are in g C m-2 month-1, positive when CO2 leaves the ground."
    yield "[Which tables the fluxes were taken from, and how they were screened.]"


def _predictors_en(model: Mapping[str, Any], references: References) -> Iterable[str]:
    names = [f"{_name(each['name'])} ({each['units']})" for each in model["predictors"]]
    yield f"There were {len(names)} predictors: {', '.join(names)}."
    if references.products:
        works = "; ".join(markdown(work.text) for work in references.products)
        yield f"They come from these products: {works}"
    sampling = model["settings"].get("sampling") or {}
    if sampling.get("at") == "cell":
        yield (
            "Each observation was paired with the predictors of its month at the centre of the "
            f"map's cell that holds the site (cells of {sampling.get('resolution')} in "
            f"{sampling.get('crs')})."
        )
    elif sampling:
        yield "Each observation was paired with the predictors of its month at the site itself."
    yield "[Why these predictors were chosen, and how each was averaged to months.]"


def _model_en(dataset: Dataset, settings: Mapping[str, Any]) -> Iterable[str]:
    flux = dataset.flux
    yield (
        f"For each region, {settings['trees']} Extremely Randomized Trees (Geurts et al. 2006) "
        f"were grown, with at least {settings['min_samples_leaf']} row"
        f"{'s' * (settings['min_samples_leaf'] > 1)} in a leaf, "
        f"{settings['max_features']:.0%} of the predictors tried at each split, and seed "
        f"{settings['seed']}."
    )
    if settings.get("transform", "none") in _TRANSFORMS:
        yield f"Splits compared {_TRANSFORMS[settings['transform']][0]} instead of the flux."
    if settings.get("weights") == "sites":
        yield "Each site had the same weight, however many months it has."
    for region in dataset.model["regions"]:
        found = dataset.model.get("provenance", {}).get("tuning", {}).get(region["name"])
        if found:
            yield markdown(str(found["sentence"]))
    yield (
        f"The forests predicted each month on cells of {cell_size(dataset)}; a winter's flux "
        f"({WINTER_UNITS}) is the sum of its months. Winters {format_years(flux.years)} were "
        "mapped."
    )
    names = {each["aggregate"]["name"] for each in dataset.model["regions"]}
    if names != {"mean"}:
        yield (
            f"What is predicted is the {' or '.join(sorted(names))} of the fluxes in the leaves. A "
            "winter is the sum of these over its months, which is neither of the winter and falls "
            "short of its mean: totals are of means."
        )


def _validation_en(model: Mapping[str, Any]) -> Iterable[str]:
    found = scores(model)
    if not found:
        yield "The model was not validated."
        return
    for row in found:
        yield (
            f"{_place(row['region'])}, {METHOD_NAMES[row['validation']][0]}: "
            f"R2 {two_digits(row['r2'])}, MAE {two_digits(row['mae'])} and RMSE "
            f"{two_digits(row['rmse'])} g C m-2 month-1, bias {two_digits(row['bias'])} "
            f"({row['n']:,} site-months of {row['sites']} sites)."
        )
    yield (
        "Random folds leave months of one site on both sides, so their scores say little of places "
        "without a site; scores of whole held-out sites are to be quoted for the map."
    )


def _uncertainty_en(dataset: Dataset) -> Iterable[str]:
    level, record = dataset.flux.record.get("interval"), dataset.flux.record
    if level:
        yield (
            f"Bounds are quantiles of the training fluxes that share leaves with a cell "
            f"(Meinshausen 2006), for a nominal coverage of {level:.0%}."
        )
        for row in _coverage_of(dataset.model, level):
            yield (
                f"Coverage of the {level:.0%} interval at held-out sites of "
                f"{_place(row['region'])}: {row['raw_coverage']:.0%} before calibration"
                + (
                    f", {row['coverage']:.0%} after it (Romano et al. 2019)."
                    if row["coverage"] is not None
                    else "; there were too few sites to test calibrated bounds."
                )
            )
    yield dataset.bounds_hold or "The maps have no bounds."
    if record.get("members"):
        yield (
            f"An ensemble of {record['members']} forests, each grown on half of the sites, gives "
            "totals their intervals; it tells what the choice of sites does, and no more."
        )
    if record.get("applicability"):
        yield (
            "The area of applicability (Meyer and Pebesma 2021) tells where predictors are unlike "
            "those of the training data."
        )


def _limits_en(model: Mapping[str, Any], record: Mapping[str, Any]) -> Iterable[str]:
    yield (
        "Winter fluxes are no carbon balance: they leave out the summer's uptake, methane, fires "
        "and water."
    )
    yield (
        "Beyond the ranges of the training data a forest predicts the values at their edge, so "
        "trends driven by new conditions are underestimated."
    )
    yield "Scores do not hold outside of the area of applicability."
    if "knndm" not in model["settings"]["validation"]:
        yield (
            "Sites lie closer together than the map's cells lie to sites, so scores of held-out "
            "sites may be too good for much of the map."
        )
    lacking = {_name(k): v for k, v in (record.get("missing_cell_months") or {}).items() if v}
    if lacking:
        told = ", ".join(f"{name}: {number:,}" for name, number in lacking.items())
        yield f"Cell-months without a predictor are empty ({told})."
    yield "[What else a reader must not conclude.]"


def _software_en(model: Mapping[str, Any]) -> str:
    made = model.get("provenance", {})
    versions = [f"{name} {made[name]}" for name in ("numpy", "scikit-learn") if name in made]
    return (
        f"wco2_engine {made.get('engine', '')}, Python {made.get('python', '')}"
        f"{''.join(f', {each}' for each in versions)}. The folder `reproduce` makes the maps again."
    )


def methods_zh(dataset: Dataset, references: References) -> str:
    """Data, predictors, model, validation, uncertainty and limits, in Chinese Markdown."""
    model, record = dataset.model, dataset.flux.record
    parts: list[Part] = [
        ("数据", _data_zh(dataset, references)),
        ("预测变量", _predictors_zh(model, references)),
        ("模型", _model_zh(dataset, model["settings"])),
        ("验证", _validation_zh(model)),
        ("不确定性", _uncertainty_zh(dataset)),
        ("局限", _limits_zh(model, record)),
        ("软件", [_software_zh(model)]),
    ]
    first = (
        "本文为根据研究文件自动填写的草稿，请修改。【】中的内容只有作者知道。参考文献见 "
        "`references.bib`。"
    )
    return _text("方法", first, parts, "", "【模拟数据】" if dataset.simulated else "")


def _data_zh(dataset: Dataset, references: References) -> Iterable[str]:
    for region in dataset.model["regions"]:
        winter = region["winter_months"]
        yield (
            f"区域“{_place(region['name'])}”的训练数据为 {region['sites']} 个站点 "
            f"{span(region['years'])} 年的 {region['rows']:,} 条冬季（{winter[0]} 月至 "
            f"{winter[-1]} 月）站点月观测值。"
        )
        if region["rows_of_other_months"]:
            yield f"另有 {region['rows_of_other_months']:,} 条其他月份的观测值参与训练。"
    if references.observations:
        yield f"观测值共列出 {len(references.observations)} 个来源。"
    yield "通量单位为 g C m-2 month-1，正值表示 CO2 由地面排放到大气。"
    yield "【通量数据取自哪些表，如何筛选。】"


def _predictors_zh(model: Mapping[str, Any], references: References) -> Iterable[str]:
    found = [
        f"{_name(each['name'])}（{_GROUPS_ZH.get(each['group'], each['group'])}，{each['units']}）"
        for each in model["predictors"]
    ]
    yield f"共有 {len(found)} 个预测变量：{'、'.join(found)}。"
    if references.products:
        yield f"数据产品：{'；'.join(markdown(work.text) for work in references.products)}。"
    sampling = model["settings"].get("sampling") or {}
    if sampling.get("at") == "cell":
        yield (
            f"每条观测值取站点所在网格（{sampling.get('crs')}，{sampling.get('resolution')}）"
            "中心处当月的预测变量值。"
        )
    elif sampling:
        yield "每条观测值取站点位置处当月的预测变量值。"
    yield "【为什么选择这些预测变量，各变量如何得到月值。】"


def _model_zh(dataset: Dataset, settings: Mapping[str, Any]) -> Iterable[str]:
    yield (
        f"每个区域用极端随机树（Extremely Randomized Trees，Geurts 等，2006）建模："
        f"{settings['trees']} 棵树，叶节点至少 {settings['min_samples_leaf']} 条观测值，"
        f"每次分裂尝试 {settings['max_features']:.0%} 的预测变量，随机种子为 {settings['seed']}。"
    )
    if settings.get("transform", "none") in _TRANSFORMS:
        yield f"分裂时比较通量的{_TRANSFORMS[settings['transform']][1]}。"
    if settings.get("weights") == "sites":
        yield "每个站点权重相同，与其月数无关。"
    if dataset.model.get("provenance", {}).get("tuning"):
        yield "超参数由嵌套的站点交叉验证选定。"
    yield (
        f"模型在 {cell_size(dataset, '度', '米')}的网格上逐月预测，冬季通量（{WINTER_UNITS}）"
        f"为各月之和，共 {len(dataset.flux.years)} 个冬季（{format_years(dataset.flux.years)}）。"
    )
    names = {each["aggregate"]["name"] for each in dataset.model["regions"]}
    if names != {"mean"}:
        which = "或".join(_AGGREGATES_ZH[each] for each in sorted(names))
        yield (
            f"预测值为叶节点中通量的{which}。冬季值为各月之和，它既不是冬季的{which}，也低于其均值："
            "总量按均值计算。"
        )


def _validation_zh(model: Mapping[str, Any]) -> Iterable[str]:
    found = scores(model)
    if not found:
        yield "模型未经验证。"
        return
    for row in found:
        yield (
            f"区域“{_place(row['region'])}”，{METHOD_NAMES[row['validation']][1]}：R2 为 "
            f"{two_digits(row['r2'])}，MAE 为 {two_digits(row['mae'])}，RMSE 为 "
            f"{two_digits(row['rmse'])}，偏差为 {two_digits(row['bias'])} g C m-2 month-1"
            f"（{row['sites']} 个站点，{row['n']:,} 条观测值）。"
        )
    yield (
        "随机划分使同一站点的月份同时出现在训练集和验证集中，其得分不能说明没有站点的地方；"
        "评价地图时应引用留出整个站点的得分。"
    )


def _uncertainty_zh(dataset: Dataset) -> Iterable[str]:
    level, record = dataset.flux.record.get("interval"), dataset.flux.record
    if level:
        yield (
            f"上下界为与网格落入相同叶节点的训练通量的分位数（Meinshausen，2006），名义覆盖率为 "
            f"{level:.0%}。"
        )
        for row in _coverage_of(dataset.model, level):
            after = (
                f"，校准后为 {row['coverage']:.0%}（Romano 等，2019）。"
                if row["coverage"] is not None
                else "；站点太少，无法检验校准后的覆盖率。"
            )
            yield (
                f"区域“{_place(row['region'])}”留出站点上 {level:.0%} 区间的覆盖率，校准前为 "
                f"{row['raw_coverage']:.0%}{after}"
            )
        factors = record.get("interval_of_winter") or {}
        yield (
            "冬季的上下界按留出站点的冬季校准。"
            if factors and all(factors.values())
            else "冬季的上下界为各月上下界之和。"
        )
        yield "上下界针对单个网格，不能相加作为总量的区间。"
    else:
        yield "地图没有上下界。"
    if record.get("members"):
        yield (
            f"总量的区间来自 {record['members']} 个集合成员，每个成员用一半站点训练；"
            "它只反映站点选择的影响。"
        )
    if record.get("applicability"):
        yield (
            "适用范围（area of applicability，Meyer 和 Pebesma，2021）指出预测变量与训练数据不同"
            "的地方。"
        )


def _limits_zh(model: Mapping[str, Any], record: Mapping[str, Any]) -> Iterable[str]:
    yield "冬季通量不是碳平衡：不包括夏季吸收、甲烷、火灾和水体。"
    yield "超出训练数据范围时，森林给出边缘处的值，因此新条件引起的趋势会被低估。"
    yield "得分在适用范围之外不成立。"
    if "knndm" not in model["settings"]["validation"]:
        yield "站点之间的距离小于网格到站点的距离，因此留出站点的得分对大部分地图可能过于乐观。"
    lacking = {_name(k): v for k, v in (record.get("missing_cell_months") or {}).items() if v}
    if lacking:
        told = "，".join(f"{name} {number:,}" for name, number in lacking.items())
        yield f"缺少预测变量的网格月为空值（{told}）。"
    yield "【读者还不应得出哪些结论。】"


def _software_zh(model: Mapping[str, Any]) -> str:
    made = model.get("provenance", {})
    versions = [f"{name} {made[name]}" for name in ("numpy", "scikit-learn") if name in made]
    return (
        f"wco2_engine {made.get('engine', '')}，Python {made.get('python', '')}"
        f"{''.join(f'，{each}' for each in versions)}。用文件夹 `reproduce` 可重新生成地图。"
    )


def _name(name: str) -> str:
    """A name from data, as Markdown shows it."""
    return markdown(display_name(name))


def _place(name: str) -> str:
    """The name of a region, as Markdown shows it."""
    return markdown(proper_name(name))


def _coverage_of(model: Mapping[str, Any], level: float) -> list[Mapping[str, Any]]:
    return [row for row in model.get("coverage", []) if abs(row["level"] - level) < 1e-9]


def _text(title: str, first: str, parts: Sequence[Part], between: str, mark: str) -> str:
    lines = [f"# {title}", "", f"> {mark}{first}", ""]
    for heading, sentences in parts:
        lines += [f"## {heading}", "", between.join(sentences), ""]
    return "\n".join(lines)
