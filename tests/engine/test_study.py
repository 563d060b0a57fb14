"""A study: what its file may say, and that only what is stale runs again."""

from __future__ import annotations

import copy
import json
import math
import os
import random
import re
import shutil
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs.publish import PublishJob
from wco2_engine.learning.model import Model
from wco2_engine.progress import Silent
from wco2_engine.report.drawing import Drawn
from wco2_engine.report.page import Picture
from wco2_engine.schema import check_plain
from wco2_engine.study import MAP_KEYS, MODEL_KEYS, OBSERVATION_KEYS, Study

STAGES = ["observations", "prepare", "sample", "train", "predict", "report"]
DONE = [name for name in STAGES if name != "prepare"]  # there is nothing to prepare here


@pytest.fixture(autouse=True)
def _quick_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report without its figures, which would take most of the time of these tests."""
    monkeypatch.setattr(Picture, "drawn", lambda _: Drawn("<svg></svg>", b"PNG"))


def run(study: Path) -> dict[str, Any]:
    return Study.read(study).run(Silent())


def redone(study: Path) -> list[str]:
    """The stages that a run does, because they were not done or are stale."""
    return [name for name, facts in run(study)["stages"].items() if not facts.get("skipped")]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(study: Path) -> Wco2Error:
    with pytest.raises(Wco2Error) as caught:
        Study.read(study)
    return caught.value


# What is done, and what is stale.


def test_a_run_makes_all_results(small_study: Path) -> None:
    facts = run(small_study)
    assert list(facts["stages"]) == STAGES
    made = {
        p.relative_to(small_study.parent / "results").as_posix()
        for p in (small_study.parent / "results").rglob("*")
        if p.is_file()
    }
    beside = {name for name in made if name.startswith("report_files/")}
    assert beside >= {"report_files/scores.csv", "report_files/sites.svg"}
    assert made - beside == {
        "observations.gpkg",
        "observations_rejected.csv",
        "training.gpkg",
        "training_rejected.csv",
        "model.wco2",
        "maps/prediction.json",
        "maps/winter_flux/winter_flux_2001.tif",
        "maps/winter_flux/winter_flux_2002.tif",
        "report.html",
        "study-state.json",
    }
    assert facts["stages"]["sample"]["counts"] == {
        "site_months_read": 50,
        "site_months_kept": 40,
        "rejected: not_winter": 10,
    }


def test_a_second_run_does_nothing_and_says_the_same(small_study: Path) -> None:
    first = run(small_study)["stages"]
    before = contents(small_study.parent / "results")
    second = run(small_study)["stages"]
    assert all(facts.pop("skipped") for facts in second.values())
    assert first["prepare"].pop("skipped")
    assert json.loads(json.dumps(first)) == second
    assert contents(small_study.parent / "results") == before


def test_what_is_done_stays_done_wherever_the_study_is_run_from(
    finished_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished_study.parent)
    assert redone(Path("study.toml")) == []
    assert redone(Path()) == []
    monkeypatch.chdir(finished_study.parent.parent)
    assert redone(Path("study/study.toml")) == []


def test_other_observations_make_everything_stale(finished_study: Path) -> None:
    fluxes = finished_study.parent / "fluxes.csv"
    text = fluxes.read_text()
    fluxes.write_text(text + "site 3,103.5,63.5,2001,12,30\n")
    assert redone(finished_study) == DONE


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ('years = "2001-2002"', 'years = "2002"', ["predict", "report"]),
        ("extent = [100, 60, 110, 70]", "extent = [100, 60, 105, 70]", ["predict", "report"]),
        ("trees = 5", "trees = 6", ["train", "predict", "report"]),
        # The cells that sites are looked up in are those of the map.
        ("resolution = 1.0", "resolution = 0.5", DONE[1:]),
        # The maps say the licence, though the model that predicts them is the same.
        ('"CC-BY-4.0"', '"CC0"', ["train", "predict", "report"]),
        ("bbox = [100, 60, 110, 70]", "bbox = [100, 60, 111, 70]", DONE[1:]),
        ("# nothing more", "# still nothing", []),
    ],
)
def test_a_change_makes_stale_what_depends_on_it(
    finished_study: Path, old: str, new: str, stale: list[str]
) -> None:
    edit(finished_study, old, new)
    assert redone(finished_study) == stale
    assert redone(finished_study) == []


def test_a_new_licence_stands_in_the_maps(finished_study: Path) -> None:
    edit(finished_study, '"CC-BY-4.0"', '"CC0"')
    run(finished_study)
    with rasterio.open(
        finished_study.parent / "results/maps/winter_flux/winter_flux_2001.tif"
    ) as source:
        assert source.tags()["LICENSE"] == "CC0"


def test_a_raster_that_changed_makes_stale_what_used_it(finished_study: Path) -> None:
    folder = finished_study.parent
    os.utime(folder / "t_2000.tif", ns=(1, 1))  # only the map of 2001 needs November 2000
    assert redone(finished_study) == ["predict", "report"]
    os.utime(folder / "carbon.tif", ns=(1, 1))
    assert redone(finished_study)[:2] == ["sample", "train"]


@pytest.mark.parametrize(
    ("lost", "first"),
    [
        ("observations.gpkg", "observations"),
        ("observations_rejected.csv", "observations"),
        ("training.gpkg", "sample"),
        ("model.wco2", "train"),
        ("maps/winter_flux/winter_flux_2002.tif", "predict"),
        ("report.html", "report"),
    ],
)
def test_an_output_that_is_gone_is_made_again(finished_study: Path, lost: str, first: str) -> None:
    results = finished_study.parent / "results"
    before = contents(results)
    (results / lost).unlink()
    done = redone(finished_study)
    assert done[0] == first
    assert contents(results).keys() == before.keys()
    maps = {name: data for name, data in before.items() if name.endswith(".tif")}
    assert maps.items() <= contents(results).items()  # bit for bit
    assert redone(finished_study) == []


def test_an_output_that_someone_changed_is_made_again(finished_study: Path) -> None:
    model = finished_study.parent / "results/model.wco2"
    right = model.read_bytes()
    model.write_bytes(b"changed by hand")
    assert "train" in redone(finished_study)
    assert model.read_bytes() == right


def test_a_damaged_record_of_the_maps_is_made_again(finished_study: Path) -> None:
    record = finished_study.parent / "results/maps/prediction.json"
    right = record.read_bytes()
    record.write_text("{", encoding="utf-8")
    assert "predict" in redone(finished_study)
    assert record.read_bytes() == right


@pytest.mark.parametrize(
    "damage", ["{", '{"stages": {"observations": {"key": "a", "facts": {}, "outputs": []}}}']
)
def test_a_damaged_state_means_that_nothing_is_done(finished_study: Path, damage: str) -> None:
    state = finished_study.parent / "results/study-state.json"
    state.write_text(damage)
    assert redone(finished_study) == DONE
    assert redone(finished_study) == []


def test_stages_before_a_failure_stay_done(finished_study: Path) -> None:
    edit(finished_study, 'years = "2001-2002"', 'years = "2002"')
    edit(finished_study, "extent = [100, 60, 110, 70]", "extent = [0, 0, 10, 10]")
    before = contents(finished_study.parent / "results")
    with pytest.raises(Wco2Error, match="No cell is to be predicted"):
        run(finished_study)
    assert contents(finished_study.parent / "results") == before
    edit(finished_study, "extent = [0, 0, 10, 10]", "extent = [100, 60, 110, 70]")
    edit(finished_study, 'years = "2002"', 'years = "2001-2002"')
    assert redone(finished_study) == []


def test_a_cancelled_run_keeps_its_finished_stages(small_study: Path) -> None:
    class StopsAtTraining(Silent):
        stop = False

        def update(self, fraction: float, message: str = "") -> None:
            self.stop = self.stop or message == "train"

        def cancelled(self) -> bool:
            return self.stop

    with pytest.raises(Cancelled):
        Study.read(small_study).run(StopsAtTraining())
    assert not (small_study.parent / "results/model.wco2").exists()
    assert redone(small_study) == DONE[2:]


def test_progress_grows_from_0_to_1(small_study: Path) -> None:
    class Keeps(Silent):
        def __init__(self) -> None:
            self.fractions: list[float] = []

        def update(self, fraction: float, message: str = "") -> None:
            self.fractions.append(fraction)

    told = Keeps()
    Study.read(small_study).run(told)
    assert told.fractions == sorted(told.fractions)
    assert (told.fractions[0], told.fractions[-1]) == (0.0, 1.0)


def test_training_and_map_share_their_cells_though_the_grid_is_not_snapped(
    small_study: Path,
) -> None:
    edit(small_study, "extent = [100, 60, 110, 70]", "extent = [100.4, 60.3, 109.4, 69.3]")
    edit(small_study, "resolution = 1.0", "resolution = 1.0\nsnap = false")
    study = Study.read(small_study)
    cells = study.sample.cells()  # type: ignore[attr-defined]
    assert cells == study.predict.grid().cells  # type: ignore[attr-defined]
    assert (cells.x0, cells.y0) == (100.4, 69.3)


# What a study file may say.


@pytest.mark.parametrize(
    ("old", "new", "name", "nearest"),
    [
        ('title = "', 'tilte = "', "tilte", "title"),
        ("flux_units", "flux_unit", "flux_unit", "flux_units"),
        ('Lat"', 'Lat"\naltitude = "A"', "altitude", "latitude"),
        ("[winter]\nmonths", "[winter]\nmonth", "month", "months"),
        ("bbox", "box", "box", "bbox"),
        ("trees = 5", "tree = 5", "tree", "trees"),
        ("resolution", "resolutoin", "resolutoin", "resolution"),
        ("[model]", "[modle]", "modle", "model"),
        (
            'file = "fluxes.csv"',
            'file = "fluxes.csv"\nscreen = { treatment = "all" }',
            "treatment",
            "treatments",
        ),
        ("[map]", '[map]\ndomain = { path = "carbon.tif", value = [1] }', "value", "values"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(
    small_study: Path, old: str, new: str, name: str, nearest: str
) -> None:
    edit(small_study, old, new)
    try:
        said = " ".join(check(small_study)["problems"])
    except Wco2Error as error:
        said = str(error)
    assert f"'{name}'" in said
    assert f"'{nearest}'" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('catalogue = "catalogue.toml"', 'catalogue = "catalog.toml"', "'catalogue.toml'"),
        ('catalogue = "catalogue.toml"', "", "lacks catalogue"),
        ('file = "fluxes.csv"', "", "no file"),
        ("trees = 5", 'trees = "many"', "[model]: trees = 'many' is not a whole number"),
        ("trees = 5", "trees = 0", "trees = 0"),
        ("trees = 5", 'validation = ["sites"]', "'site'"),
        ("trees = 5", 'at = "cel"', "'cell'"),
        ("trees = 5", "trees = 5\nmembers = 6", "members = 6 is not from 2 to 5"),
        ("trees = 5", 'weights = "site"', "'sites'"),
        ("trees = 5", 'tune = true\nvalidation = ["random"]', "keeps sites whole"),
        ("[map]", '[zones]\npath = "zone.tif"\n[map]', "zone.tif does not exist"),
        ("[map]", "[zones]\nnames = { 1 = 'a' }\n[map]", "zones lacks path"),
        ("resolution = 1.0", "resolution = -1.0", "-1.0"),
        ("resolution = 1.0", "resolution = true", "[map]: resolution = True is not a number"),
        ("resolution = 1.0", "resolution = 1e-7", "resolution = 1e-07 is not from"),
        ("resolution = 1.0", 'crs = "EPSG:99999"', "EPSG:99999"),
        ("extent = [100, 60, 110, 70]", "extent = [100, 70, 110, 60]", "[100, 70, 110, 60]"),
        ("extent = [100, 60, 110, 70]", "extent = [100, 60, 110]", "[100, 60, 110]"),
        ("extent = [100, 60, 110, 70]", 'extent = "all"', "[map]: extent = 'all'"),
        ("# nothing more", "interval = 90", "[map]: interval = 90 is not between 0 and 1"),
        ("# nothing more", "members = 20", "[map]: members = 20 is not true or false"),
        ("# nothing more", "members = true", "[model] has no members"),
        ('years = "2001-2002"', "", "no years"),
        ('years = "2001-2002"', 'years = "2002-2001"', "2001-2002"),
        ('years = "2001-2002"', 'years = [2001, "x"]', "2001,x"),
        ("months = [11, 12, 1, 2]", "months = [11, 12, 2]", "[11, 12, 2]"),
        ("months = [11, 12, 1, 2]", "months = 11", "11"),
        ("[[region]]", "[region]", "[[region]]"),
        ("bbox = [100, 60, 110, 70]", "bbox = [100, 60]", "siberia"),
        ("bbox = [100, 60, 110, 70]", 'geometry = "no.gpkg"', "no.gpkg"),
        ('flux_units = "g m-2 month-1"', "screen = 5", "screen = 5"),
        ("[map]", "[maps]", "'map'"),
        ("title =", "title", "line 2"),
    ],
)
def test_a_value_that_can_not_be_is_refused_before_anything_runs(
    small_study: Path, old: str, new: str, said: str
) -> None:
    small_study.write_text(small_study.read_text().replace(old, new, 1), encoding="utf-8")
    error = refused(small_study)
    assert said in str(error)
    assert not (small_study.parent / "results").exists()


def test_a_folder_stands_for_the_study_file_in_it(small_study: Path, tmp_path: Path) -> None:
    assert Study.read(small_study.parent).file == small_study
    assert "does not exist" in refused(tmp_path).message


# How it shows itself.


def test_a_study_and_its_catalogue_fit_a_screen(small_study: Path) -> None:
    edit(small_study, 'title = "', 'title = "<script>')
    study = Study.read(small_study)
    catalogue = Catalogue.read(study.catalogue)
    assert len(repr(study)) < 400
    assert "Siberia" in study._repr_html_()
    assert "&lt;script&gt;" in study._repr_html_()
    assert "<script>" not in study._repr_html_()
    assert repr(catalogue).startswith("<Catalogue of 2 predictors: temperature, carbon; ")
    assert catalogue._repr_html_().count("<tr>") == 3


# What study files say that can't be.


def test_any_value_at_any_key_of_a_study_makes_a_study_or_one_message(
    small_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tomllib.loads(small_study.read_text(encoding="utf-8"))
    places = [(name,) for name in (*whole, "zones", "winter", "simulated")]
    for name, table in (
        ("observations", OBSERVATION_KEYS),
        ("model", MODEL_KEYS),
        ("map", MAP_KEYS),
    ):
        places += [(name, key) for key in table]
    places += [("winter", "months"), ("winter", "label")]
    places += [("region", 0, key) for key in ("name", "bbox", "geometry", "months", "label")]
    odd: list[Any] = [
        *(True, -1, 2.5, 1e308, math.nan, math.inf, 10**400, "", "a", "\0", "\ud800", "a" * 300),
        *("~nosuchuser/x", "a" * 100_000, "EPSG:4326", "1990", [], [1], ["a"], [[]], [1, 2, 3, 4]),
        *([1e308] * 4, [math.nan] * 4, {}, {"path": "x"}, {"path": 1}, [{}], date(2000, 1, 1)),
    ]
    every = [(place, value) for place in places for value in odd]
    for place, value in random.Random(1).sample(every, 500):
        tables: Any = copy.deepcopy(whole)
        within = tables
        for step in place[:-1]:
            within = within.setdefault(step, {}) if isinstance(within, dict) else within[step]
        within[place[-1]] = value

        def read(path: Path, what: str, tables: Any = tables) -> Any:
            check_plain(tables, str(path))  # as is done with those of a file
            return tables

        with monkeypatch.context() as patched:
            patched.setattr("wco2_engine.study.read_toml", read)
            try:
                Study.read(small_study)
            except Wco2Error as error:
                assert str(error).encode()
                assert len(error.message) < 1000


# What check finds.


def check(study: Path, years: str | None = None) -> dict[str, Any]:
    return Study.read(study).check(Silent(), years)


def test_check_finds_nothing_wrong_and_writes_nothing(small_study: Path) -> None:
    before = contents(small_study.parent)
    facts = check(small_study)
    assert facts["problems"] == []
    assert [row["name"] for row in facts["predictors"]] == ["temperature", "carbon"]
    assert facts["predictors"][0]["years"] == {"2001": "ok", "2002": "ok"}
    assert facts["observations"]["rows_read"] == 50
    assert (facts["grid"]["width"], facts["grid"]["height"]) == (10, 10)
    assert facts["regions"] == ["Siberia: Nov-Feb, named by january"]
    assert contents(small_study.parent) == before


def test_check_counts_observations_and_cells_by_region(small_study: Path) -> None:
    facts = check(small_study)
    (row,) = facts["by_region"]
    assert row["site_months"] == sum(n["site_months"] for n in row["by_month"].values())
    assert list(facts["cells"]) == [row["region"]]
    assert facts["cells"][row["region"]] > 0
    assert row["quantiles"]["0.05"] <= row["quantiles"]["0.5"] <= row["quantiles"]["0.95"]


def test_a_region_that_training_would_refuse_is_a_problem_for_check(small_study: Path) -> None:
    before = Study.read(small_study).regions[0].name
    edit(
        small_study,
        "[[region]]",
        '[[region]]\nname = "sea"\nbbox = [-60, 30, -50, 31]\n[[region]]',
    )
    facts = check(small_study)
    assert [row["region"] for row in facts["by_region"]] == ["sea", before]
    assert "Region 'sea' has 0 winter site-months at 0 sites" in " ".join(facts["problems"])


def test_a_map_without_a_cell_is_refused_before_any_stage(small_study: Path) -> None:
    edit(small_study, "extent = [100, 60, 110, 70]", "extent = [100, -70, 110, -60]")
    assert "No cell of the map" in " ".join(check(small_study)["problems"])
    with pytest.raises(Wco2Error, match="No cell of the map"):
        run(small_study)
    assert not (small_study.parent / "results/observations.gpkg").exists()


def test_degrees_as_the_extent_of_a_map_in_metres_are_refused(small_study: Path) -> None:
    edit(small_study, "resolution = 1.0", 'resolution = 25000\ncrs = "EPSG:3408"')
    assert "is in degrees, and EPSG:3408 counts in other units" in str(refused(small_study))


def test_check_lists_all_that_is_missing(small_study: Path) -> None:
    (small_study.parent / "t_2001.tif").unlink()
    facts = check(small_study, "2000-2003")
    (problem,) = facts["problems"]
    for month in ("1999-11", "1999-12", "2001-01", "2001-12", "2003-01", "2003-02"):
        assert month in problem
    assert "2002-11" not in problem
    assert "carbon" not in problem
    assert facts["predictors"][1]["years"] == dict.fromkeys(("2000", "2001", "2002", "2003"), "ok")
    with pytest.raises(Wco2Error, match="2001-12"):
        run(small_study)
    assert not (small_study.parent / "results").exists()


def test_check_names_every_file_that_is_wrong(small_study: Path) -> None:
    folder = small_study.parent
    with rasterio.open(folder / "t_2000.tif") as source:
        kelvin = source.read() + 273.15
        profile = source.profile
    with rasterio.open(folder / "t_2002.tif", "w", **profile) as target:
        target.write(kelvin)
        target.descriptions = [f"month {month}" for month in range(1, 13)]
    with rasterio.open(folder / "carbon.tif") as source:
        carbon, profile = source.read(), source.profile
    del profile["crs"]
    with rasterio.open(folder / "carbon.tif", "w", **profile) as target:
        target.write(carbon)
    (folder / "fluxes.csv").write_text("Site,Lon,Lat,Year,Month\na,1,60,2001,1\n")
    problems = " ".join(check(small_study)["problems"])
    assert "t_2002.tif" in problems
    assert "looks like K" in problems
    assert "carbon.tif states no coordinate reference system" in problems
    assert "'Flux'" in problems


def test_check_says_what_is_replaced(small_study: Path) -> None:
    catalogue = small_study.parent / "catalogue.toml"
    catalogue.write_text(
        catalogue.read_text().replace('when = "monthly"', 'when = "monthly"\nmissing = "nearest"')
    )
    (small_study.parent / "t_2002.tif").unlink()
    facts = check(small_study)
    assert facts["problems"] == []
    assert facts["predictors"][0]["years"] == {"2001": "ok", "2002": "replaced"}
    assert facts["predictors"][0]["instead"] == ["2002-01 from 2001; 2002-02 from 2001"] or facts[
        "predictors"
    ][0]["instead"] == ["2002-01 from 2001", "2002-02 from 2001"]


def test_a_copy_of_a_study_runs_where_it_is(finished_study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished_study.parent, copy)
    (finished_study.parent / "results/model.wco2").unlink()
    facts = run(copy / "study.toml")
    assert all(str(copy) in path for stage in facts["stages"].values() for path in stage["outputs"])
    for year in (2001, 2002):
        name = f"results/maps/winter_flux/winter_flux_{year}.tif"
        with (
            rasterio.open(finished_study.parent / name) as one,
            rasterio.open(copy / name) as other,
        ):
            np.testing.assert_array_equal(one.read(), other.read())


# What is asked of the maps.


def with_findings(study: Path) -> Path:
    """The study asks for totals, a comparison with its own maps, and a folder to publish."""
    other = study.parent / "other"
    shutil.copytree(study.parent / "results/maps/winter_flux", other)
    (study.parent / "facts.toml").write_text('title = "Small"\nlicence = "CC-BY-4.0"\n')
    with study.open("a", encoding="utf-8") as file:
        file.write('\n[budget]\nlevel = 0.8\n\n[[compare]]\nname = "own"\nmaps = "other"\n')
        file.write('\n[publish]\nfacts = "facts.toml"\n')
    return study


def test_totals_comparisons_and_the_published_folder_are_stages(finished_study: Path) -> None:
    study = with_findings(finished_study)
    results = study.parent / "results"
    facts = run(study)["stages"]
    assert list(facts) == [*STAGES[:-1], "budget", "compare own", "report", "publish"]
    assert not facts["report"].get("skipped")  # it tells of the totals
    (mean,) = (
        row
        for row in facts["compare own"]["rows"]
        if (row["winter"], row["zone"]) == ("mean", "all")
    )
    assert mean["bias"] == 0.0
    published = results / "published"
    assert (published / "report/report.html").read_bytes() == (results / "report.html").read_bytes()
    assert "Totals" in (published / "report/report.html").read_text("utf-8")
    assert redone(study) == []


def test_what_tells_of_a_stage_is_made_again_with_it(finished_study: Path) -> None:
    study = with_findings(finished_study)
    run(study)
    edit(study, "level = 0.8", "level = 0.7")
    assert redone(study) == ["budget", "report", "publish"]
    edit(study.parent / "facts.toml", "Small", "Smaller")
    assert redone(study) == ["publish"]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[budget]\nlevels = 0.8\n", "no 'levels'|levels"),
        ("[budget]\nlevel = 2.0\n", "level"),
        ("budget = 3\n", "is no table"),
        ("[trend]\nalpha = 0.0\n", "alpha"),
        ('[[compare]]\nname = "../x"\nmaps = "."\n', "can't be part of a file's name"),
        ('[compare]\nname = "x"\n', "is no list of tables"),
        ('[[compare]]\nname = "x"\n', "lacks maps"),
        ('[[compare]]\nname="x"\nmaps="a"\n[[compare]]\nname="x"\nmaps="a"\n', "two of"),
        ("[publish]\nto = 1\n", "to"),
    ],
)
def test_a_table_that_asks_for_what_can_not_be_is_refused(
    small_study: Path, added: str, said: str
) -> None:
    text = small_study.read_text("utf-8")
    small_study.write_text(added + text if added.startswith("budget") else f"{text}\n{added}")
    assert re.search(said, str(refused(small_study)))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('[budget]\nzones = { path = "none.gpkg" }\n', "Stage budget: .*none.gpkg"),
        ('[budget]\nfraction = "none.tif"\n', "Stage budget: .*none.tif"),
        ('[[compare]]\nname = "x"\nmaps = "nowhere"\n', "Stage compare x: .*nowhere"),
        ('[publish]\nfacts = "none.toml"\n', "Stage publish: .*none.toml"),
        ('[publish]\noutput = "results/maps"\n', "Stage publish: .*holds the maps"),
        ('[publish]\noutput = "."\n', "Stage publish: .*holds the maps"),
    ],
)
def test_what_would_fail_after_the_maps_is_said_before_anything_runs(
    small_study: Path, added: str, said: str
) -> None:
    with small_study.open("a", encoding="utf-8") as file:
        file.write(f"\n{added}")
    (problem,) = Study.read(small_study).check(Silent())["problems"]
    assert re.search(said, problem)
    with pytest.raises(Wco2Error, match=said):
        run(small_study)
    assert not (small_study.parent / "results/observations.gpkg").exists()


def test_a_study_that_has_changed_since_is_not_published(
    finished_study: Path, tmp_path: Path
) -> None:
    job = PublishJob(str(finished_study), str(tmp_path / "out"))
    edit(finished_study, "trees = 5", "trees = 6")
    with pytest.raises(Wco2Error, match="train would be made again"):
        job.run(Silent())
    assert not (tmp_path / "out").exists()
    run(finished_study)
    report = finished_study.parent / "results/report.html"
    report.write_text("older")
    job.run(Silent())
    assert (tmp_path / "out/report/report.html").read_bytes() == report.read_bytes()
    assert report.read_text("utf-8") != "older"


# Months out of the winter


@pytest.mark.parametrize(
    ("said", "sampled"),
    [
        ("", "winter"),
        ('train_months = "all"', "all"),
        ("train_months = [9, 5]", (5, 9)),
        ("tune = true", "all"),  # which tries them
    ],
)
def test_months_that_may_train_are_sampled(small_study: Path, said: str, sampled: Any) -> None:
    edit(small_study, "[model]", f"[model]\n{said}")
    assert Study.read(small_study).sample.train_months == sampled


def test_a_study_trains_on_other_months_and_tells_of_its_winter(small_study: Path) -> None:
    edit(small_study, "[model]", '[model]\ntrain_months = "all"')
    study = Study.read(small_study)
    study.observations.run(Silent())
    counts = study.sample.run(Silent())["counts"]
    assert counts == {"site_months_read": 50, "site_months_kept": 50}
    scores = study.train.run(Silent())["scores"]
    assert {row["n"] for row in scores} == {40}
    region = Model.read(study.train.output).region_model()
    assert (region.n_rows, region.n_others) == (40, 10)
