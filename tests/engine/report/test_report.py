"""The report: one file, with everything in it, of a study or of a model alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.html import ReportContext, write_report
from wco2_engine.report.page import number
from wco2_engine.report.sections import (
    coverage,
    curve,
    held_apart,
    importances,
    limits,
    maps,
    observed,
    residuals,
    scores,
    settings,
    sites,
    summary,
    temperature,
    tuning,
)


def report(path: Path, model: Model, *only: ModuleType, **context: Any) -> str:
    """The text of a report; of all sections where it is not said which."""
    sections = tuple(module.build for module in only) or None
    write_report(path, ReportContext(model=model, **context), Silent(), sections)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def model(finished_study: Path) -> Model:
    return Model.read(finished_study.parent / "results/model.wco2")


def test_a_report_of_a_study_holds_everything_within_itself(
    finished_study: Path, pages: SimpleNamespace
) -> None:
    text = (finished_study.parent / "results/report.html").read_text(encoding="utf-8")
    page = pages.Page(text)
    assert page.open == []
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert not re.search(r"@import|url\(\s*[\"']?http", text)
    scripts = re.findall(r"<script[^>]*>", text)  # those of the interactive map, which load nothing
    assert scripts == ['<script type="application/json" id="explorer-data">', "<script>"]
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import|eval)\s*\(", text)


def test_every_id_is_there_once_and_every_link_within_the_page_leads_somewhere(
    finished_study: Path, pages: SimpleNamespace
) -> None:
    text = (finished_study.parent / "results/report.html").read_text(encoding="utf-8")
    page = pages.Page(text)
    assert len(page.ids) == len(set(page.ids))
    used = [*page.links, *re.findall(r"url\(#([^)]+)\)", text)]
    assert set(used) <= set(page.ids)


def test_it_shows_counts_scores_settings_and_origin(
    finished_study: Path, model: Model, pages: SimpleNamespace
) -> None:
    text = (finished_study.parent / "results/report.html").read_text(encoding="utf-8")
    assert "<h1>Small study</h1>" in text
    assert ">rejected: not winter</td><td>10</td>" in text
    assert model.fingerprint in text
    assert "CC-BY-4.0" in text
    assert "bare Extremely Randomized Trees (Geurts et al. 2006)" in text
    shown = pages.Page(text).text
    for row in model.scores:
        if row["month"] == "all":
            assert number(row["rmse"]) in shown
    assert "winters 2001-2002" in shown
    assert "Simulated" not in text


def test_its_files_lie_beside_it_and_are_outputs_of_the_job(
    finished_study: Path, pages: SimpleNamespace
) -> None:
    results = finished_study.parent / "results"
    state = json.loads((results / "study-state.json").read_text())
    outputs = {Path(path) for path in state["stages"]["report"]["outputs"]}
    listed = pages.read_csv(results / "report_files/contents.csv")
    assert outputs == {
        results / "report.html",
        results / "report_files/contents.csv",
        *(results / "report_files" / row["file"] for row in listed),
    }
    assert all(path.stat().st_size > 0 for path in outputs)


def test_tables_beside_it_hold_the_numbers_of_the_model(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    report(tmp_path / "r.html", judged, scores, observed, residuals, coverage)
    files = tmp_path / "r_files"
    whole = [row for row in judged.scores if row["month"] == row["zone"] == "all"]
    for told, row in zip(pages.read_csv(files / "scores.csv"), whole, strict=True):
        assert told["validation"] == row["validation"]
        for key in ("r2", "r2_low", "r2_high", "mae", "rmse", "rmse_high", "bias", "kge"):
            assert float(told[key]) == row[key]
    zones = [row["zone"] for row in pages.read_csv(files / "scores_by_zone.csv")]
    assert zones == ["cold", "warm"] * 2
    assert len(pages.read_csv(files / "scores_by_month.csv")) == 10
    for told, row in zip(pages.read_csv(files / "coverage.csv"), judged.coverage, strict=True):
        assert float(told["coverage_before"]) == row["raw_coverage"]
        assert float(told["coverage_after"]) == row["coverage"]
        assert float(told["width_after"]) == row["width"]
    (region,) = judged.regions
    held = pages.read_csv(files / "held_out_predictions.csv")
    assert [float(row["observed"]) for row in held] == region.target.tolist()
    assert [float(row["predicted_site"]) for row in held] == region.predictions["site"].tolist()
    by_site = {int(row["site"]): row for row in pages.read_csv(files / "residuals_by_site.csv")}
    for site, row in by_site.items():
        own = region.site == site
        off = region.predictions["site"][own] - region.target[own]
        assert float(row["bias"]) == pytest.approx(off.mean())
        assert float(row["rmse"]) == pytest.approx(np.sqrt((off**2).mean()))
    assert [float(row["moved_outward"]) for row in pages.read_csv(files / "calibration.csv")] == [
        1.25
    ]


def test_people_read_names_and_files_hold_identifiers(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    path = report(tmp_path / "r.html", judged)
    shown = pages.Page(path).text
    for identifier in ("siberia", *(predictor.name for predictor in judged.predictors)):
        if "_" in identifier or identifier == "siberia":
            assert identifier not in shown
    assert "Siberia" in shown and "soil temperature" in shown
    rows = pages.read_csv(tmp_path / "r_files" / "predictors.csv")
    assert {row["region"] for row in rows} == {"siberia"}
    assert "soil_temperature" in {row["predictor"] for row in rows}


def test_what_bounds_of_winters_hold_is_told_beside_sums_of_months(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    told = {
        **{"region": "siberia", "validation": "site", "level": 0.9, "n": 31, "sites": 8},
        **{"months": 3.25, "correlation": 0.4, "sum_coverage": 0.97, "sum_width": 40.0},
        **{"coverage": 0.9, "width": 28.0},
    }
    (region,) = judged.regions
    region = replace(region, winter_calibration={"0.9": 0.625})
    model = replace(judged, regions=(region,), winter_coverage=(told,))
    shown = pages.Page(report(tmp_path / "r.html", model, coverage)).text
    assert (
        "Siberia: of 31 winters at 8 held-out sites, with 3.2 months each, sums of the months' 90 "
        "% bounds held 97 %, and bounds of winters 90 %. In maps these are 0.62 times as wide"
    ) in shown
    (row,) = pages.read_csv(tmp_path / "r_files/winter_coverage.csv")
    assert (float(row["factor"]), float(row["sum_width"])) == (0.625, 40.0)
    few = replace(judged, winter_coverage=({**told, "coverage": None, "width": None},))
    shown = pages.Page(report(tmp_path / "r.html", few, coverage)).text
    assert "Bounds of winters are sums of the months' bounds" in shown


def test_the_score_to_quote_is_the_one_of_whole_sites_and_the_random_one_flatters(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    shown = pages.Page(report(tmp_path / "r.html", judged, summary)).text
    by_method = {
        row["validation"]: row for row in judged.scores if row["month"] == row["zone"] == "all"
    }
    assert f"Siberia: quote R² {number(by_method['site']['r2'])} (" in shown
    more = by_method["random"]["r2"] - by_method["site"]["r2"]
    assert more > 0.01
    assert f"Random folds say R² {number(by_method['random']['r2'])}, {number(more)} more" in shown


def test_a_model_with_random_folds_alone_has_no_score_to_quote(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    (region,) = judged.regions
    region = replace(
        region,
        folds={"random": region.folds["random"]},
        predictions={"random": region.predictions["random"]},
    )
    model = replace(
        judged,
        regions=(region,),
        coverage=(),
        scores=tuple(row for row in judged.scores if row["validation"] == "random"),
        settings={**judged.settings, "validation": ["random"]},
    )
    shown = pages.Page(
        report(tmp_path / "r.html", model, summary, scores, importances, limits)
    ).text
    assert "Siberia: no score here tells how good a map is" in shown
    assert "quote R²" not in shown
    rows = pages.read_csv(tmp_path / "r_files/importance_by_predictor.csv")
    assert {row["excess"] for row in rows} == {""}


def test_coverage_and_intervals_are_told_in_a_sentence(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    shown = pages.Page(report(tmp_path / "r.html", judged, coverage)).text
    assert (
        "Siberia: intervals that should hold 90 % of the fluxes held 78 % at held-out places "
        "(leave-site-out) as the forest gives them, and 92 % after calibration." in shown
    )
    # 9 wide as the forest gives them, and 1.25 outward at either end in maps
    assert "from 9 to 11 g C m⁻² month⁻¹, where the mean measured flux is" in shown
    [_, row] = pages.read_csv(tmp_path / "r_files/coverage.csv")
    assert float(row["width_in_maps"]) == 11.5
    assert "differ in width" not in shown
    bare = pages.Page(report(tmp_path / "b.html", replace(judged, coverage=()), coverage)).text
    assert "This model holds no measured coverage" in bare


def test_widths_of_trials_that_differ_much_from_those_of_maps_are_told(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    (region,) = judged.regions
    moved = replace(judged, regions=(replace(region, calibration={"0.9": 6.0}),))
    shown = pages.Page(report(tmp_path / "r.html", moved, coverage)).text
    assert "differ in width (90 %: 11 and 21 g C m⁻² month⁻¹)" in shown


def test_of_zones_the_page_shows_the_validation_to_quote_and_the_file_all(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    page = report(tmp_path / "r.html", judged, scores)
    table = page[page.index('id="table-scores_by_zone"') :].split("</table>")[0].split("<tbody>")[1]
    assert "leave-site-out" in table
    assert "random" not in table
    assert " to " not in table  # four sites a zone are too few for an interval
    rows = pages.read_csv(tmp_path / "r_files/scores_by_zone.csv")
    assert [row["validation"] for row in rows] == ["site"] * 2 + ["random"] * 2
    assert all(row["rmse_low"] for row in rows)


def test_validations_that_hold_out_the_same_groups_are_told(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    (region,) = judged.regions
    assert scores.same_folds(region) == []
    folds = {**region.folds, "blocks": (3 - region.folds["site"]).astype(np.int16)}
    same = replace(judged, regions=(replace(region, folds=folds),))
    shown = pages.Page(report(tmp_path / "r.html", same, scores)).text
    assert "Siberia: leave-site-out and 500 km blocks hold out the same groups of sites" in shown


def test_what_a_held_out_winter_costs_is_told_at_sites_that_go_on_training(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    (region,) = judged.regions
    # November and December of 2003 are of the winter of 2004, as January to March of 2004 are.
    year = np.where(region.site < 6, np.where(region.month >= 11, 2003, 2004), 2004)
    winter = year + (region.month >= 11)
    alone = region.site == 7  # a site of one winter, which is held out with it
    year = np.where(alone & (region.month >= 11), 2003, year)
    winter = np.where(alone, 2004, winter)
    off = np.where(alone, 90.0, np.where(winter == 2005, 3.0, -1.0))
    predictions = {"random": region.target, "year": region.target + off}
    folds = {"random": region.folds["random"], "year": (winter - 2004).astype(np.int16)}
    fields = {"year": year.astype(np.int16), "folds": folds, "predictions": predictions}
    told = {"validation": "year", "n": 40, "sites": 8, "r2": 0.5, "rmse": 2.0, "bias": 0.0}
    model = replace(
        judged,
        regions=(replace(region, **fields),),
        scores=(*judged.scores, {**judged.scores[0], **told}),
    )
    shown = pages.Page(report(tmp_path / "r.html", model, held_apart)).text
    # Sites 0 to 5 have the winter of 2004 alone, and site 7 too; site 6 has two months of 2005.
    assert (
        "At the 5 site-months of 1 sites that go on training, RMSE minus that under random folds "
        f"is {np.sqrt((2 * 9 + 3) / 5):.2f}" in shown
    )
    found = pages.read_csv(tmp_path / "r_files/scores_by_winter.csv")
    assert [(row["held_out"], row["sites"]) for row in found] == [("2004", "8"), ("2005", "1")]
    assert [float(row["bias"]) for row in found] == [
        pytest.approx((-33 + 5 * 90) / 38),
        pytest.approx(3),
    ]
    assert [row["bias_low"] == "" for row in found] == [False, True]  # one site is few
    assert held_apart.build(ReportContext(model=judged), Silent()) is None


def test_the_apparent_q10_of_a_flux_that_doubles_with_10_degrees_is_2(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    shown = pages.Page(report(tmp_path / "r.html", judged, temperature)).text
    measured, modelled = pages.read_csv(tmp_path / "r_files/apparent_q10.csv")
    assert float(measured["q10"]) == pytest.approx(2.0, rel=0.08)
    assert (measured["flux"], modelled["flux"]) == ("measured", "modelled")
    assert "The modelled flux rises with soil temperature, as is expected of respiration" in shown


def test_a_model_without_a_temperature_has_no_apparent_q10(judged: Model, tmp_path: Path) -> None:
    first, *others = judged.predictors
    model = replace(judged, predictors=(replace(first, units="mm"), *others))
    assert "Flux and temperature" not in report(tmp_path / "r.html", model, temperature, limits)
    assert not (tmp_path / "r_files/apparent_q10.csv").exists()


def test_importances_at_held_out_sites_name_the_predictor_that_makes_the_flux(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    report(tmp_path / "r.html", judged, importances)
    first, *others = pages.read_csv(tmp_path / "r_files/importance_by_predictor.csv")
    assert first["predictor"] == "soil_temperature"
    assert float(first["excess_low"]) > max(float(row["excess"]) for row in others)
    assert (first["impurity"], first["permutation"]) == ("0.7", "9.0")
    (group,) = pages.read_csv(tmp_path / "r_files/importance_by_group.csv")
    assert group["predictors"] == "soil_temperature, snow, carbon"


def test_what_tuning_brought_is_told_where_the_model_was_tuned(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    ways = [
        {"trees": 100, "min_samples_leaf": leaf, "max_features": 0.33, "transform": "none"}
        for leaf in (1, 3)
    ]
    row = {"n": 40, "sites": 8, "r2": 0.5, "rmse": 4.0, "rmse_lower": 3.0, "rmse_upper": 5.0}
    told = {
        "sentence": "Tuning brings no difference.",
        "trials": [{**way, "round": 3, "rmse": 5.0 - k, "r2": 0.1} for k, way in enumerate(ways)],
        "nested": row,
        "untuned": {**row, "rmse": 4.5},
    }
    model = replace(
        judged,
        settings={**judged.settings, "tune": True, "tuned": {"siberia": ways[1]}},
        provenance={**judged.provenance, "tuning": {"siberia": told}},
    )
    shown = pages.Page(report(tmp_path / "r.html", model, tuning)).text
    assert "Siberia: Tuning brings no difference." in shown
    nested, untuned = pages.read_csv(tmp_path / "r_files/tuning.csv")
    assert (nested["rmse"], nested["rmse_low"], untuned["rmse"]) == ("4.0", "3.0", "4.5")
    best, other = pages.read_csv(tmp_path / "r_files/tuning_trials.csv")
    assert (best["rmse"], best["chosen"], other["chosen"]) == ("4.0", "yes", "no")
    assert (best["months"], best["of_leaves"]) == ("winter", "mean")


def test_what_more_sites_would_bring_is_told(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    shown = pages.Page(report(tmp_path / "r.html", judged, curve)).text
    assert "Siberia: the curve " in shown
    rows = pages.read_csv(tmp_path / "r_files/learning_curve.csv")
    assert [row["share"] for row in rows] == ["0.25", "0.5", "0.75", "1.0"]
    assert [row["gain"] == "" for row in rows] == [True, False, False, False]
    sites = [float(row["sites"]) for row in rows]
    assert sites == sorted(sites)


def test_a_report_of_a_model_alone_has_neither_maps_nor_counts(
    judged: Model, tmp_path: Path
) -> None:
    text = report(tmp_path / "r.html", judged)
    assert "<h2>Maps</h2>" not in text
    assert "<h2>Data</h2>" not in text
    assert "<h1>By hand</h1>" in text


def test_a_simulated_model_is_marked(judged: Model, tmp_path: Path) -> None:
    text = report(tmp_path / "r.html", replace(judged, simulated=True), limits)
    assert "<strong>Simulated.</strong>" in text
    assert "That anything here is true of the real world" in text


def test_scores_that_do_not_exist_are_dashes(judged: Model, tmp_path: Path) -> None:
    names = ("r2", "r2_low", "r2_high", "kge", "kge_low", "kge_high")
    rows = tuple({**row, **dict.fromkeys(names)} for row in judged.scores)
    text = report(tmp_path / "r.html", replace(judged, scores=rows), summary, scores, observed)
    assert "<td>–</td>" in text
    assert "R² –" in text
    assert "None" not in text


def test_a_model_without_validation_says_that_nothing_is_known(
    judged: Model, pages: SimpleNamespace, tmp_path: Path
) -> None:
    regions = tuple(
        replace(r, folds={}, predictions={}, importances={"impurity": r.importances["impurity"]})
        for r in judged.regions
    )
    bare = replace(
        judged,
        scores=(),
        coverage=(),
        regions=regions,
        settings={**judged.settings, "validation": []},
    )
    page = pages.Page(report(tmp_path / "r.html", bare))
    assert "No validation was asked for, so nothing is known" in page.text
    assert "it can't be told where it knows its way" in page.text
    assert "Observed against predicted" not in page.text
    assert page.open == []


def any_name(number: int) -> str:
    return f'<b>{number}</b> & "q" $\\frac{{'


def test_names_are_text_and_neither_markup_nor_formulas(
    make_judged: Callable[..., Model], pages: SimpleNamespace, tmp_path: Path
) -> None:
    names = [any_name(0), any_name(1)]
    text = report(tmp_path / "r.html", make_judged(*names), title="<script>alert(1)</script>")
    page = pages.Page(text)
    assert page.open == []
    assert "<script" not in text
    assert "b" not in page.tags
    for name in names:
        assert page.text.count(name) > 15


def test_more_regions_than_colours_are_all_shown(
    make_judged: Callable[..., Model], pages: SimpleNamespace, tmp_path: Path
) -> None:
    names = [any_name(k) for k in range(12)]
    page = pages.Page(report(tmp_path / "r.html", make_judged(*names), settings, sites, summary))
    assert all(f"{name}: 40 months at 8 sites" in page.text for name in names)
    rows = pages.read_csv(tmp_path / "r_files/regions.csv")
    assert [row["region"] for row in rows] == names


@pytest.mark.parametrize("text", ["{", "[]", '{"maps": []}'])
def test_a_damaged_record_of_maps_is_named(judged: Model, tmp_path: Path, text: str) -> None:
    (tmp_path / "prediction.json").write_text(text)
    with pytest.raises(Wco2Error, match=r"prediction\.json (is not JSON|is \[\]|lacks grid)"):
        report(tmp_path / "r.html", judged, maps_folder=tmp_path)
    assert not (tmp_path / "r.html").exists()


def test_a_map_that_is_gone_is_named(finished_study: Path, model: Model, tmp_path: Path) -> None:
    folder = finished_study.parent / "results/maps"
    name = json.loads((folder / "prediction.json").read_text())["maps"][0]
    (folder / name).unlink()
    with pytest.raises(Wco2Error, match=rf"{Path(name).name} can't be read"):
        report(tmp_path / "r.html", model, maps, maps_folder=folder)


def test_maps_of_another_model_are_marked(
    finished_study: Path, judged: Model, tmp_path: Path
) -> None:
    folder = finished_study.parent / "results/maps"
    assert "The maps were made by another model" in report(
        tmp_path / "r.html", judged, maps, maps_folder=folder
    )


def test_the_same_model_gives_the_same_report(judged: Model, tmp_path: Path) -> None:
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        report(tmp_path / folder / "r.html", judged, sites, scores, observed, residuals)
    first = sorted((tmp_path / "1").rglob("*.*"))
    assert len(first) > 15
    for path in first:
        other = tmp_path / "2" / path.relative_to(tmp_path / "1")
        assert other.read_bytes() == path.read_bytes(), path.name


def test_a_cancelled_report_leaves_nothing(judged: Model, tmp_path: Path) -> None:
    class Stops(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        write_report(tmp_path / "r.html", ReportContext(judged), Stops())
    assert list(tmp_path.iterdir()) == []
