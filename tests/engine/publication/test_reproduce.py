"""How maps were made is published too: without a word of this machine, and so that it works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from wco2_engine.cli import main
from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.toml import toml_text
from wco2_engine.progress import Silent
from wco2_engine.publication.about import About
from wco2_engine.publication.recipe import Input, Recipe
from wco2_engine.publication.reproduction import write_reproduction
from wco2_engine.publication.works import Work, parsed
from wco2_engine.season import Month

pytest.importorskip("pystac", reason="the extra publish is not installed")

REPOSITORY = Path(__file__).resolve().parents[3]
MONTHS = [Month(2001, 1), Month(2001, 11)]


def run_script(folder: Path, *words: str) -> Any:
    """The script of a published folder, as another person would run it."""
    return subprocess.run(
        [sys.executable, "reproduce.py", *words],
        cwd=folder / "reproduce",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.e2e
def test_a_published_study_is_made_again_elsewhere_to_the_same_hashes(
    finished_study: Path, tmp_path: Path
) -> None:
    home = finished_study.parent
    home.joinpath("publication.toml").write_text("tables = true\n", encoding="utf-8")
    call = ["publish", str(home), "-o", str(tmp_path / "out")]
    call += ["--facts", str(home / "publication.toml")]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "another machine" / "dataset"
    shutil.copytree(tmp_path / "out", folder)
    lacking = run_script(folder, "--check")
    assert lacking.returncode == 2
    assert "missing: carbon.tif (predictor carbon)" in lacking.stdout
    assert "fluxes.csv" not in lacking.stdout  # tables may be published here, so it is there
    for raster in home.glob("*.tif"):
        shutil.copyfile(raster, folder / "reproduce/study" / raster.name)
    done = run_script(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 maps are the same to the last byte." in done.stdout
    assert "Another version" not in done.stdout
    # One value of one input changed: the input is named, and nothing is run.
    raster = folder / "reproduce/study/carbon.tif"
    kept = raster.rename(raster.with_suffix(".kept"))
    raster.write_bytes(kept.read_bytes()[:-1] + b"\x01")
    changed = run_script(folder)
    assert changed.returncode == 2 and "another file: carbon.tif" in changed.stdout
    # Another map in the dataset: it is named, with how far it is from what was made.
    import rasterio

    kept.replace(raster)  # with its time, so that nothing is run anew
    changed_map = folder / "winter_flux/winter_flux_2001.tif"
    with rasterio.open(changed_map, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as target:
        values = target.read(1)
        values[0, 0] += 0.5
        target.write(values, 1)
    sums = folder / "SHA256SUMS"
    sums.write_text(re.sub("^.(?=.*_2001.tif)", "x", sums.read_text("utf-8"), flags=re.MULTILINE))
    environment = folder / "reproduce/environment.json"
    told = re.sub('"numpy": "[^"]*"', '"numpy": "1.0"', environment.read_text("utf-8"))
    environment.write_text(re.sub('(_sources": ")...', r"\1abc", told), encoding="utf-8")
    differs = run_script(folder)
    assert differs.returncode == 1
    assert "Another version: numpy is " in differs.stdout and ", and was 1.0." in differs.stdout
    assert "the engine's own modules are not those" in differs.stdout
    assert "differs: winter_flux/winter_flux_2001.tif in 1 values, by 0.5" in differs.stdout


def test_what_is_published_of_a_study_is_whole_and_as_its_licences_allow(
    finished_study: Path, tmp_path: Path
) -> None:
    home, out = finished_study.parent, tmp_path / "out"
    facts = home / "publication.toml"
    facts.write_text('tables = false\ndate = "2024-05-01"\n', encoding="utf-8")
    call = ["publish", str(home), "-o", str(out), "--facts", str(facts)]
    assert CliRunner().invoke(main, call).exit_code == 0
    inputs = json.loads((out / "reproduce/inputs.json").read_text("utf-8"))
    names = [each["name"] for each in inputs["inputs"]]
    assert names == ["carbon.tif", "fluxes.csv", "t_2000.tif", "t_2001.tif", "t_2002.tif"]
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    # Neither the fluxes, nor what holds them.
    assert not any("fluxes.csv" in name or name.startswith("tables/") for name in files)
    assert not files & {"model/model.wco2", "report/report_files/held_out_predictions.csv"}
    crate = json.loads((out / "ro-crate-metadata.json").read_text("utf-8"))
    entities = {each["@id"]: each for each in crate["@graph"]}
    assert entities["ro-crate-metadata.json"]["conformsTo"]["@id"].endswith("/ro/crate/1.1")
    assert entities["./"]["datePublished"] == "2024-05-01"
    described = {name for name, each in entities.items() if "File" in each["@type"]}
    assert described == {f for f in files if "zarr" not in f} - {"ro-crate-metadata.json"}
    script = entities["reproduce/reproduce.py"]
    assert script["contentSize"] == str((out / script["@id"]).stat().st_size)
    zenodo = json.loads((out / ".zenodo.json").read_text("utf-8"))
    assert (zenodo["license"], zenodo["upload_type"]) == ("cc-by-4.0", "dataset")
    environment = json.loads((out / "reproduce/environment.json").read_text("utf-8"))
    assert {"numpy", "scikit-learn", "rasterio"} <= set(environment["libraries"])
    methods = (out / "methods.md").read_text("utf-8")
    assert "40 site-months of winter (Nov to Feb) from 10 sites" in methods
    for heading in ("Data", "Predictors", "Model", "Validation", "Uncertainty", "Limits"):
        assert f"## {heading}\n" in methods
    assert "10 个站点" in (out / "methods.zh.md").read_text("utf-8")
    assert "@misc{geurts2006," in (out / "references.bib").read_text("utf-8")


def test_where_nobody_said_so_tables_are_not_published(
    finished_study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(main, ["publish", str(finished_study), "-o", str(out)]).exit_code == 0
    files = {path.name for path in out.rglob("*")}
    assert not files & {"fluxes.csv", "observations.gpkg", "held_out_predictions.csv"}
    unknown = json.loads((out / "card.json").read_text("utf-8"))["not_known"]
    assert any("tables of observations may be published is not stated" in each for each in unknown)


def test_paths_outside_of_the_study_get_a_number_and_the_recipe_still_finds_them(
    finished_study: Path, tmp_path: Path
) -> None:
    home = finished_study.parent
    secret = tmp_path / "ada" / "her thesis"
    (secret / "deep").mkdir(parents=True)
    for year in (2000, 2001, 2002):
        shutil.move(home / f"t_{year}.tif", secret / f"deep/t_{year}.tif")
    shutil.move(home / "carbon.tif", secret / "carbon.tif")
    catalogue = f"""
    # to be asked: the old one
    [[predictor]]
    name = "temperature"
    root = "{secret.as_posix()}/deep"
    path = "t_{{year}}.tif"
    when = "monthly"
    units = "degC"
    valid = [-90, 60]
    [[predictor]]
    name = "carbon"
    path = "{secret.as_posix()}/carbon.tif"
    units = "%"
    valid = [0, 100]
    """
    (home / "catalogue.toml").write_text(catalogue, encoding="utf-8")
    text = finished_study.read_text("utf-8")
    text = text.replace("[map]", f'[map]\ndomain = "{secret.as_posix()}/carbon.tif"')
    finished_study.write_text(text, encoding="utf-8")
    recipe = Recipe.of_study(finished_study, MONTHS)
    assert "ada" not in recipe.study + recipe.catalogue and "asked" not in recipe.catalogue
    places = [each.place for each in recipe.inputs]
    assert places == ["elsewhere/1/carbon.tif", "elsewhere/1/deep/t_2001.tif", "fluxes.csv"]
    assert recipe.inputs[0].used_by == ("domain", "predictor carbon")
    assert tomllib.loads(recipe.study)["map"]["domain"] == "elsewhere/1/carbon.tif"
    # A catalogue that is read from the new folder finds the files that were put there.
    there = tmp_path / "there"
    there.mkdir()
    (there / "catalogue.toml").write_text(recipe.catalogue, encoding="utf-8")
    for each in recipe.inputs:
        (there / each.place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each.path, there / each.place)
    temperature, carbon = Catalogue.read(there / "catalogue.toml").predictors
    assert (there / temperature.path_at(MONTHS[0])).is_file()
    assert (there / carbon.path).is_file()


def test_a_name_of_gdals_that_would_tell_a_folder_is_refused(finished_study: Path) -> None:
    folder = finished_study.parent.as_posix()
    text = finished_study.read_text("utf-8")
    domain = f'[map]\ndomain = {{ path = "/vsizip/{folder}/x.zip/x.tif" }}'
    finished_study.write_text(text.replace("[map]", domain), encoding="utf-8")
    with pytest.raises(Wco2Error, match="name of GDAL's that says where on this machine"):
        Recipe.of_study(finished_study, MONTHS)


def test_checksums_stop_when_asked_to(finished_study: Path, tmp_path: Path) -> None:
    class Stops(Silent):
        def cancelled(self) -> bool:
            return True

    recipe = Recipe.of_study(finished_study, MONTHS)
    assert isinstance(recipe.inputs[0], Input)
    with pytest.raises(Cancelled):
        write_reproduction(recipe, About(), tmp_path, Stops())


SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
)
KEYS = st.text("aZ0.-é ", max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("aZ0.-é ", max_size=4), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_toml_reads_back_as_it_was_written(tables: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(tables)) == tables


@pytest.mark.parametrize(
    ("text", "work"),
    [
        (
            "Obu, J., Westermann, S. and Kääb, A. et al. (2019): Northern Hemisphere permafrost "
            "map. Earth-Science Reviews 193, 299-316. https://doi.org/10.1016/j.earscirev.2019.04.023",
            Work(
                ("Obu, J.", "Westermann, S.", "Kääb, A.", "et al."),
                "2019",
                "Northern Hemisphere permafrost map",
                "Earth-Science Reviews 193, 299-316",
                "10.1016/j.earscirev.2019.04.023",
            ),
        ),
        (
            "NOAA (2022): ETOPO 2022? 15 arc-second relief.",
            Work(("NOAA",), "2022", "ETOPO 2022?", "15 arc-second relief"),
        ),
        ("fluxes.csv", None),
        ("DGRsD study 17", None),
    ],
)
def test_citations_are_taken_apart(text: str, work: Work | None) -> None:
    assert parsed(text) == work


def test_what_a_field_of_bibtex_would_not_hold_is_taken_out() -> None:
    from wco2_engine.publication.works import References

    work = Work(("A {group} \\x",), "2020", "100 % of } it_", doi="10.1/a_b")
    found = References((work, work), (), (), ("no form } at all",), (), ()).as_bibtex()
    assert "author = {{A group x}}," in found and r"title = {{100 \% of  it\_}}," in found
    assert "doi = {10.1/a_b}," in found and "note = {no form  at all}," in found
    assert found.count("{") == found.count("}")
    assert re.findall(r"@misc\{(\w+),", found) == ["x2020", "x2020b", "source"]
