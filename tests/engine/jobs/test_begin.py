"""A study begun of a table and rasters: by its command, and what it keeps and refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from wco2_engine.cli import main
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.guesses import guess
from wco2_engine.study import Study


@pytest.fixture
def given(tmp_path: Path, world: SimpleNamespace) -> Path:
    """A folder with a table of fluxes and the rasters of two winters."""
    (tmp_path / "flüsse.csv").write_text(
        "Site,Lon,Lat,Year,Month,Flux_gC\nA,100.5,65.5,2001,1,0.25\n", encoding="utf-8"
    )
    for year in (2000, 2001):
        world.write_raster(tmp_path / f"swe_{year}.tif", [[1.0, 2.0]] * 2, 100.0, 66.0, 1.0)
    world.write_raster(tmp_path / "height.tif", [[5.0, 6.0]] * 2, 100.0, 66.0, 1.0)
    return tmp_path


def begin(folder: Path, *more: object) -> Result:
    rasters = [
        ("--raster", folder / name) for name in ("swe_2000.tif", "swe_2001.tif", "height.tif")
    ]
    words = ["begin", folder / "study", "--fluxes", folder / "flüsse.csv", "--years", "2001"]
    words += [word for pair in rasters for word in pair]
    words += ["--extent", 100, 64, 102, 66, *more]
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_study_is_begun_whose_columns_are_guessed_and_told(given: Path) -> None:
    result = begin(given, "--interval", "0.9")
    assert result.exit_code == 0, result.output
    assert "flux: Flux_gC (guessed)" in result.output and "swe: yearly" in result.output
    study = Study.read(given / "study")
    assert study.observations.input == str(given / "flüsse.csv")
    assert (study.observations.columns or {})["month"] == "Month"
    assert study.observations.flux_units == "g C m-2 day-1"
    assert study.observations.screen == {"bad_rows": "reject"}
    assert (study.predict.years, study.predict.products.interval) == ("2001", 0.9)
    assert study.predict.grid().bounds == (100.0, 64.0, 102.0, 66.0)


def test_sites_may_train_that_lie_outside_of_the_map(given: Path) -> None:
    assert begin(given, "--region", -180, 40, 180, 84).exit_code == 0
    written = tomllib.loads((given / "study/study.toml").read_text("utf-8"))
    assert [region["bbox"] for region in written["region"]] == [[-180.0, 40.0, 180.0, 84.0]]
    study = Study.read(given / "study")
    assert study.predict.grid().bounds == (100.0, 64.0, 102.0, 66.0)


def test_what_a_person_changed_is_kept_where_it_is_written_anew(given: Path) -> None:
    begin(given)
    study = given / "study/study.toml"
    changed = study.read_text("utf-8").replace("trees = 200", "trees = 77")
    study.write_text(changed, "utf-8")
    result = begin(given)
    assert result.exit_code == 0 and "it is study_before.toml now" in result.output
    assert study.with_name("study_before.toml").read_text("utf-8") == changed
    assert "trees = 200" in study.read_text("utf-8")
    assert not study.with_name("catalogue_before.toml").exists()


def test_files_may_be_named_from_where_one_is(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given)
    result = begin(Path())
    assert result.exit_code == 0, result.output
    study = Study.read(given / "study")
    catalogue = Catalogue.read(study.catalogue)
    paths = {each.name: catalogue.folder / each.path for each in catalogue.predictors}
    assert paths["height"].is_file() and paths["swe"].parent.samefile(given)
    assert Path(study.observations.input).is_file()


def test_a_study_that_is_the_same_is_not_touched(given: Path) -> None:
    begin(given)
    before = {path: path.stat().st_mtime_ns for path in (given / "study").iterdir()}
    begin(given)
    assert {path: path.stat().st_mtime_ns for path in (given / "study").iterdir()} == before


def test_any_title_and_name_of_a_column_is_good_toml(given: Path) -> None:
    title = 'A "study" \\ of \x7f 冬季'
    assert begin(given, "--title", title, "--column", "flux=Flux_gC").exit_code == 0
    assert tomllib.loads((given / "study/study.toml").read_text("utf-8"))["title"] == title


def test_a_column_that_no_name_tells_is_asked_for_before_anything_is_written(given: Path) -> None:
    (given / "flüsse.csv").write_text("where,lon,lat,y,m,value\nA,1,2,3,4,5\n", "utf-8")
    result = begin(given)
    assert result.exit_code == 2
    assert "which column is site, year, month, flux? There are where" in result.output
    assert not (given / "study").exists()


@pytest.mark.parametrize(
    ("what", "fields", "found"),
    [
        ("flux", ["Site", "RS_Norm", "Year"], "RS_Norm"),
        ("flux", ["reco", "nee"], ""),  # two that are as likely
        ("flux", ["Flux_gC_m2_day", "Flux"], "Flux"),
        ("year", ["Measure_Year", "disturb_year"], "Measure_Year"),
        ("year", ["start_year", "end_year"], ""),
        ("month", ["Measure_Month"], "Measure_Month"),
        ("site", ["Site_ID", "Site_name"], "Site_ID"),
        ("site", ["Site_ID", "Site_code"], ""),
        ("site", ["Site", "Site_name"], "Site"),
        ("latitude", ["纬度", "经度"], "纬度"),
    ],
)
def test_a_field_is_guessed_by_its_name_where_only_one_will_do(what, fields, found):
    assert guess(what, fields) == found


def test_days_of_the_year_are_found_and_treatments_are_told(given: Path) -> None:
    table = given / "flüsse.csv"
    header, *rows = table.read_text("utf-8").splitlines()
    rows = [f"{row},15,Control" for row in rows]
    table.write_text("\n".join([f"{header},Measure_DOY,Treatment", *rows]) + "\n", "utf-8")
    result = begin(given)
    assert "day_of_year: Measure_DOY (guessed)" in result.output
    assert "Rows of every treatment are taken." in " ".join(result.output.split())
    text = (given / "study/study.toml").read_text("utf-8")
    assert "treatment" not in tomllib.loads(text)["observations"]["columns"]
    mended = tomllib.loads(text.replace("# treatment", "treatment"))["observations"]["columns"]
    assert mended["treatment"] == "Treatment"
    said = begin(given, "--column", "treatment=Treatment")
    assert "Rows of every treatment" not in " ".join(said.output.split())


def test_a_raster_that_broke_off_is_one_message(given: Path) -> None:
    whole = (given / "height.tif").read_bytes()
    (given / "height.tif").write_bytes(whole[:20])
    result = begin(given)
    assert result.exit_code == 2, result.output
    assert "height.tif can't be opened as a raster" in result.output
    assert not (given / "study" / "study.toml").exists()


def test_a_study_is_begun_of_a_catalogue_that_stays_where_it_is(given: Path) -> None:
    catalogue = given / "catalogue.toml"
    catalogue.write_text(
        '[[predictor]]\nname = "height"\npath = "height.tif"\nwhen = "static"\nunits = "m"\n',
        encoding="utf-8",
    )
    words = ["begin", given / "study", "--fluxes", given / "flüsse.csv", "--years", "2001"]
    words += ["--catalogue", catalogue, "--extent", 100, 64, 102, 66]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "height: static, height.tif" in result.output
    study = Study.read(given / "study")
    assert Path(study.sample.catalogue).resolve() == catalogue.resolve()
    assert "../catalogue.toml" in (given / "study/study.toml").read_text("utf-8")
    assert not (given / "study/catalogue.toml").exists()


def test_rasters_or_a_catalogue_are_needed_and_not_both(given: Path) -> None:
    words = ["begin", given / "study", "--fluxes", given / "flüsse.csv", "--years", "2001"]
    neither = CliRunner().invoke(
        main, [str(word) for word in [*words, *(["--extent", "1", "2", "3", "4"])]]
    )
    assert neither.exit_code == 2 and "No raster is given." in neither.output
    both = begin(given, "--catalogue", given / "flüsse.csv")
    assert both.exit_code == 2 and "Rasters and a catalogue are given." in both.output
