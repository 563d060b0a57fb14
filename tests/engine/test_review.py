"""Validating a training table and selecting its predictors, through the command line."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from wco2_engine.cli import main
from wco2_engine.errors import Cancelled
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs import SelectJob, ValidateJob
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Silent
from wco2_engine.report import html
from wco2_engine.report.sections import scores, settings

PREDICTORS = ("cause", "copy", "noise", "constant")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A training table of 12 sites, whose flux is that of `cause`, and its catalogue."""
    rng = np.random.default_rng(3)
    lines = [
        "site,longitude,latitude,year,month,flux_g_m2_month,cause,copy,noise,constant",
    ]
    for site in range(12):
        for month in (11, 12, 1, 2):
            cause, noise = rng.uniform(0, 10), rng.uniform(0, 10)
            flux = 3 * cause + rng.normal(0, 0.3)
            place = f"{100 + 3 * site},{60 + site % 4}"
            lines.append(f"s{site},{place},2003,{month},{flux},{cause},{2 * cause},{noise},1")
    (tmp_path / "training.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "catalogue.toml").write_text(
        "".join(
            f'[[predictor]]\nname = "{name}"   # of the test\npath = "{name}.tif"\nunits = "1"\n\n'
            for name in PREDICTORS
        )
    )
    return tmp_path


def arguments(verb: str, folder: Path, output: str) -> list[object]:
    return [verb, folder / "training.csv", folder / "catalogue.toml", "-o", folder / output]


@pytest.fixture
def _one_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without the sections whose figures would take most of the time of these tests."""
    monkeypatch.setattr(html, "VALIDATION", (settings.build, scores.build))


@pytest.mark.usefixtures("_one_section")
def test_validate_scores_all_validations_side_by_side_and_keeps_no_model(folder: Path) -> None:
    result = call(*arguments("validate", folder, "v.html"), "--trees", 10)
    assert result.exit_code == 0, result.output
    assert "Scores on held-out rows" in result.output
    rows = read_csv(folder / "v_files/scores.csv")
    assert [row["validation"] for row in rows][:2] == ["random", "site"]
    assert float(rows[1]["r2"]) > 0.8
    assert float(rows[1]["rmse_low"]) <= float(rows[1]["rmse"]) <= float(rows[1]["rmse_high"])
    assert "quote R²" in (folder / "v.html").read_text(encoding="utf-8")
    assert not list(folder.glob("*.wco2"))


@pytest.mark.usefixtures("_one_section")
def test_validate_tells_machines_the_same_scores(folder: Path) -> None:
    options = ("--trees", 5, "--validation", "site,random", "--json")
    result = call(*arguments("validate", folder, "v.html"), *options)
    done = json.loads(result.output.splitlines()[-1])
    told = {row["validation"]: row["rmse"] for row in done["scores"]}
    rows = read_csv(folder / "v_files/scores.csv")
    assert told == {row["validation"]: float(row["rmse"]) for row in rows}
    assert str(folder / "v.html") in done["outputs"]


@pytest.mark.usefixtures("_one_section")
def test_a_whole_validation_page_shows_no_maps_and_no_conclusions_of_them(folder: Path) -> None:
    job = ValidateJob(
        str(folder / "training.csv"),
        str(folder / "catalogue.toml"),
        str(folder / "v.html"),
        hyperparameters=Hyperparameters(trees=5),
        validation=("site",),
    )
    job.run(Silent())
    assert not {"maps", "limits"} & {p.stem for p in (folder / "v_files").iterdir()}


def test_select_finds_the_cause_and_sets_copies_and_constants_aside(folder: Path) -> None:
    result = call(*arguments("select", folder, "s.html"), "--trees", 10, "--title", "A <choice>")
    assert result.exit_code == 0, result.output
    rows = {row["predictor"]: row for row in read_csv(folder / "s_files/chosen.csv")}
    assert rows["cause"]["chosen"] == "yes"
    assert rows["copy"]["set_aside"] == "same as cause"
    assert rows["constant"]["set_aside"] == "constant"
    text = (folder / "s.html").read_text(encoding="utf-8")
    assert "<h1>A &lt;choice&gt;</h1>" in text
    assert "Don't quote this RMSE" in text
    pairs = read_csv(folder / "s_files/collinear_pairs.csv")
    assert (pairs[0]["one"], pairs[0]["other"]) == ("cause", "copy")
    assert float(pairs[0]["spearman"]) == pytest.approx(1.0)


def test_select_writes_a_catalogue_of_the_chosen_alone_which_trains(folder: Path) -> None:
    options = ("--trees", 10, "--method", "elimination")
    result = call(*arguments("select", folder, "new/s.html"), *options)
    assert result.exit_code == 0, result.output
    path = folder / "new/s_catalogue.toml"
    assert Catalogue.read(path).names == ("cause",)
    assert "# of the test" in path.read_text(encoding="utf-8")
    (table,) = tomllib.loads(path.read_text(encoding="utf-8"))["predictor"]
    assert table["path"] == (folder / "cause.tif").as_posix()
    trained = call(*("train", folder / "training.csv", path, "-o", folder / "m.wco2", "--trees", 5))
    assert trained.exit_code == 0, trained.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--method", "forwards"), "Unknown method 'forwards'. Did you mean 'forward'?"),
        (("--criterion", "clean"), "Unknown criterion 'clean'. Did you mean 'clear'?"),
        (("--budget", "3"), "Region 'everywhere': Forward selection of 2 predictors"),
        (("--trees", "0"), "trees = 0 is not from 1"),
    ],
)
def test_what_can_not_be_selected_is_told(
    folder: Path, options: tuple[str, ...], told: str
) -> None:
    result = call(*arguments("select", folder, "s.html"), *options)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert not (folder / "s.html").exists()


def test_a_flux_that_is_the_same_everywhere_is_told_with_its_region(folder: Path) -> None:
    path = folder / "training.csv"
    head, *rows = path.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    path.write_text("\n".join([head, *(",".join([*c[:5], "4.0", *c[6:]]) for c in cells)]))
    result = call(*arguments("select", folder, "s.html"))
    assert result.exit_code == 2
    assert "Region 'everywhere': Selecting predictors is impossible: the flux is the same" in (
        " ".join(result.output.split())
    )


def test_no_validation_is_told(folder: Path) -> None:
    result = call(*arguments("validate", folder, "v.html"), "--validation", "")
    assert result.exit_code == 2
    assert "No validation is named." in result.output


def test_the_inputs_are_not_overwritten(folder: Path) -> None:
    for verb in ("validate", "select"):
        result = call(*arguments(verb, folder, "training.csv"))
        assert result.exit_code == 2
        assert "training.csv is read, or written by something else" in " ".join(
            result.output.split()
        )


class StopsAfter(Silent):
    """Progress whose user stops after a while."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("looks", [0, 3, 12])
def test_both_stop_when_asked_to_and_leave_nothing(folder: Path, looks: int) -> None:
    paths = [str(folder / name) for name in ("training.csv", "catalogue.toml")]
    before = sorted(folder.iterdir())
    jobs: list[Any] = [
        ValidateJob(
            *(*paths, str(folder / "v.html")),
            hyperparameters=Hyperparameters(trees=3),
            validation=("site",),
        ),
        SelectJob(*paths, str(folder / "s.html"), trees=3),
    ]
    for job in jobs:
        with pytest.raises(Cancelled):
            job.run(StopsAfter(looks))
    assert sorted(folder.iterdir()) == before
