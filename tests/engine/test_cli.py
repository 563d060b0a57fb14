"""The command line as a person and as a machine meet it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from wco2_engine.cli import main
from wco2_engine.jobs import JOBS
from wco2_engine.learning.model import Model
from wco2_engine.terminal.progress import Terminal

REPOSITORY = Path(__file__).resolve().parents[2]


def call(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], input=text)


def process(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wco2_engine", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


COMMANDS = [*(verb.replace("_", "-") for verb in sorted(JOBS)), "job"]


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_explains_itself(verb: str) -> None:
    result = call(verb, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {verb} [OPTIONS]")
    assert len(result.output.splitlines()) > 5


def test_the_command_without_arguments_lists_all_verbs() -> None:
    output = call("--help").output
    assert all(f"  {verb} " in output for verb in COMMANDS)
    assert call("--version").output.startswith("wco2, version ")


@pytest.mark.parametrize("arguments", [["predit"], ["run"], ["run", "s.toml", "--speed", "9"]])
def test_a_wrong_call_is_exit_2(arguments: list[str]) -> None:
    assert call(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["predit"], "predit"), (["run"], "STUDY"), (["run", "s.toml", "--speed", "9"], "--speed")],
)
def test_machines_read_of_a_wrong_call_too(arguments: list[str], named: str) -> None:
    result = call("--json", *arguments)
    (told,) = lines(result.stdout)
    assert (result.exit_code, told["event"]) == (2, "error")
    assert named in told["message"]


def test_check_prints_the_table_and_is_exit_0(finished_study: Path) -> None:
    result = call("check", finished_study)
    assert result.exit_code == 0, result.output
    for text in (
        "Small study",
        "temperature",
        "carbon",
        "degC",
        "2001-2002",
        "ok",
        "50  rows read",
    ):
        assert text in result.output
    assert "Everything that the study needs is there." in result.output


def test_check_lists_all_that_is_missing_and_is_exit_2(finished_study: Path) -> None:
    page = finished_study.with_name("check.html")
    result = call("check", finished_study, "--years", "2002-2004", "--page", page)
    assert result.exit_code == 2
    told = page.read_text(encoding="utf-8")
    assert "Predictors are missing" in told and "2003-11" in told and "cells of the map" in told
    for month in ("2003-01", "2003-11", "2004-02"):
        assert month in result.output
    assert "Traceback" not in result.output


def test_run_tells_what_was_done_before(finished_study: Path) -> None:
    result = call("run", finished_study)
    assert result.exit_code == 0, result.output
    assert result.output.count("(done before)") == 5
    assert "report.html" in result.output


def test_machines_get_json_lines_that_end_with_the_result(finished_study: Path) -> None:
    done = process("run", finished_study, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    events = lines(done.stdout)
    assert {event["event"] for event in events} == {"progress", "result"}
    assert events[-1]["event"] == "result"
    assert set(events[-1]["stages"]) == {
        *("observations", "prepare", "sample", "train", "predict", "report"),
    }
    fractions = [event["fraction"] for event in events[:-1]]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_machines_get_errors_as_the_last_line_too(tmp_path: Path) -> None:
    done = process("--json", "describe", tmp_path / "no.wco2")
    assert done.returncode == 2
    (event,) = lines(done.stdout)
    assert event["event"] == "error"
    assert "no.wco2 does not exist" in event["message"]
    assert done.stderr == ""


def test_people_get_plain_lines_and_one_message_without_a_terminal(tmp_path: Path) -> None:
    done = process("describe", tmp_path / "no.wco2")
    assert done.returncode == 2
    assert done.stdout == ""
    first = done.stderr.strip().splitlines()[0]
    assert first == f"Error: Model {tmp_path / 'no.wco2'} does not exist."
    assert "\x1b" not in done.stderr


def test_plain_progress_has_no_escapes_and_keeps_brackets() -> None:
    text = io.StringIO()
    with Terminal(Console(file=text, width=40)) as terminal:
        terminal.update(0.25, "Reading fluxes [draft] of a long, long file name.csv")
        terminal.update(0.5, "Reading fluxes [draft] of a long, long file name.csv")
        terminal.note("[/b] is no markup")
    assert text.getvalue().splitlines()[:2] == [
        " 25% Reading fluxes [draft] of a long, long file name.csv",
        "Note: [/b] is no markup",
    ]


def test_a_bar_on_a_terminal_takes_any_message() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Terminal(console) as terminal:
        terminal.update(0.25, "Reading [/b] of [draft]")
    assert "[/b]" in console.file.getvalue()  # type: ignore[attr-defined]


def test_names_with_brackets_show_in_tables(finished_study: Path) -> None:
    text = finished_study.read_text()
    finished_study.write_text(
        text.replace('"Small study"', '"Small [/b] study"').replace('"siberia"', '"siberia [x]"')
    )
    result = call("check", finished_study)
    assert result.exit_code == 0, result.output
    assert "Small [/b] study" in result.output
    result = call("run", finished_study)
    assert result.exit_code == 0, result.output
    assert "Siberia [x]" in result.output


def test_a_job_is_read_from_a_file_and_from_standard_input(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    data = json.dumps({"job": "describe", "model": str(wide.folder / "model.wco2")})
    (tmp_path / "job.json").write_text(data)
    from_file = call("job", tmp_path / "job.json", "--json")
    from_input = call("job", "-", "--json", text=data)
    assert from_file.exit_code == from_input.exit_code == 0
    assert lines(from_file.output)[-1] == lines(from_input.output)[-1]
    assert lines(from_file.output)[-1]["fingerprint"] == wide.model.fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Standard input is not JSON"),
        ("[" * 100_000, "Standard input is not JSON"),
        ("[]", "A job is an object"),
        ('{"job": "describ"}', "'describe'"),
        ('{"job": "describe", "modell": "m"}', "'model'"),
        ('{"job": "describe"}', "lacks model"),
        ('{"job": "describe", "model": 3}', "model = 3 is not a text"),
    ],
)
def test_a_job_that_is_none_is_exit_2(text: str, said: str) -> None:
    result = call("job", "-", text=text)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_job_file_that_is_no_text_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_bytes(b"\xff\xfe\x00\x80")
    result = call("job", tmp_path / "job.json")
    assert result.exit_code == 2
    assert "job.json is not in UTF-8" in result.output


PREDICT = ("predict", "model.wco2", "catalogue.toml", "-o", "out", "--resolution", "5")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--years", "abc"], "'abc' names no years"),
        (["--years", "2001-2000"], "run backwards"),
        (["--years", "2005"], "lacks 2004-10 to 2005-04"),
        (["--years", "2001", "--extent", "10", "60", "5", "50"], "[10.0, 60.0, 5.0, 50.0]"),
        (["--years", "2001", "--extent", "0", "-60", "20", "-40"], "meets no region"),
        (
            ["--years", "2001", "--resolution", "0"],
            "resolution = 0.0 is not from 1e-06",
        ),
        (["--years", "2001", "--crs", "EPSG:6931"], "extent in EPSG:6931 is needed"),
        (["--years", "2001", "--crs", "moon"], "'moon'"),
        (["--years", "2001", "--jobs", "-1"], "jobs = -1"),
        (["--years", "2001", "--interval", "1.5"], "interval = 1.5 is not between 0 and 1"),
        (["--years", "2001", "--members"], "The model holds no members for region 'plateau'"),
        (["--years", "2001", "--applicability"], "no validation of region 'plateau'"),
        (["--years", "2001", "--domain", "no.tif"], "no.tif"),
        (["--years", "2001", "--domain-values", "1"], "--domain"),
        (["--years", "2001", "--domain", "carbon.tif", "--domain-values", "1,b"], "1,b"),
    ],
)
def test_a_wrong_prediction_is_exit_2_and_names_what_is_wrong(
    wide: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(wide.folder)
    command = [str(tmp_path / "out") if word == "out" else word for word in PREDICT]
    result = call(*command, *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_prediction_by_hand_is_that_of_the_engine(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wide.folder)
    command = [str(tmp_path / "out") if word == "out" else word for word in PREDICT]
    result = call(*command, "--years", "2001", "--extent", "-10", "50", "20", "70", "--monthly")
    assert result.exit_code == 0, result.output
    assert "cells of 6 x 4 at 5 in EPSG:4326" in result.output
    assert len(list((tmp_path / "out").rglob("*.tif"))) == 8


def test_a_prediction_tells_how_much_lies_outside_the_area_of_applicability(
    able: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(able.folder)
    command = ["predict", able.file.name, *PREDICT[2:4], tmp_path / "out", *PREDICT[5:]]
    result = call(
        *command, "--years", "2001", "--extent", "-10", "50", "20", "70", "--interval", "0.9",
        "--applicability", "--members",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Arctic: " in result.output
    assert " of 168 cell-months lie outside the area of applicability" in result.output
    assert "not calibrated in region 'Plateau'" in result.output
    assert len(list((tmp_path / "out").rglob("*.tif"))) == 5


def test_every_step_by_hand(finished_study: Path, tmp_path: Path) -> None:
    study = finished_study.parent
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'flux_units = "g m-2 month-1"\n[columns]\nsite = "Site"\nlongitude = "Lon"\n'
        'latitude = "Lat"\nyear = "Year"\nmonth = "Month"\nflux = "Flux"\n'
    )
    catalogue = study / "catalogue.toml"
    table, training, model = (tmp_path / n for n in ("o.csv", "t.csv", "m.wco2"))
    for arguments in (
        ["observations", study / "fluxes.csv", "-o", table, "--mapping", mapping],
        ["sample", table, catalogue, "-o", training, "--regions", finished_study],
        ["train", training, catalogue, "-o", model, "--regions", finished_study, "--trees", "5"],
        ["report", model, "-o", tmp_path / "r.html"],
        ["report", finished_study, "-o", tmp_path / "study.html"],
        ["describe", model, "--page", tmp_path / "model.html"],
    ):
        result = call(*arguments)
        assert result.exit_code == 0, result.output
    assert (tmp_path / "o_rejected.csv").is_file()
    assert (tmp_path / "t_rejected.csv").is_file()
    assert '"siberia"' in result.output
    told = (tmp_path / "model.html").read_text(encoding="utf-8")
    assert "Siberia" in told and "Scores on held-out rows" in told and "temperature" in told
    assert "Maps" in (tmp_path / "study.html").read_text(encoding="utf-8")


def test_a_model_is_trained_with_all_that_tells_how_far_to_trust_it(
    finished_study: Path, tmp_path: Path
) -> None:
    training = finished_study.parent / "results" / "training.gpkg"
    zones = tmp_path / "zones.geojson"
    ring = [[-180, 0], [180, 0], [180, 90], [-180, 90], [-180, 0]]
    north = {
        "type": "Feature",
        "properties": {"zone": "north"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [north]}))
    model = tmp_path / "model.wco2"
    result = call(
        *("train", training, finished_study.parent / "catalogue.toml", "-o", model),
        *("--regions", finished_study, "--trees", "6", "--members", "3", "--weights", "sites"),
        *("--validation", "random,site", "--zones", zones, "--zone-field", "zone"),
    )
    assert result.exit_code == 0, result.output
    assert "Scores on held-out rows" in result.output
    assert "Intervals on held-out rows" in result.output
    read = Model.read(model)
    assert {row["zone"] for row in read.scores} == {"all", "north"}
    assert {each.n_members for each in read.regions} == {3}
    assert read.settings["weights"] == "sites"


def test_a_zone_field_without_zones_is_exit_2() -> None:
    result = call("train", "t.gpkg", "c.toml", "-o", "m.wco2", "--zone-field", "zone")
    assert result.exit_code == 2
    assert "--zone-field needs --zones" in result.output


def test_a_mapping_with_an_unknown_key_is_named(finished_study: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text('unit = "g m-2 month-1"')
    result = call(
        *("observations", finished_study.parent / "fluxes.csv", "-o", tmp_path / "o.csv"),
        *("--mapping", tmp_path / "mapping.toml"),
    )
    assert result.exit_code == 2
    assert "mapping.toml: unknown key 'unit'" in result.output


def test_the_doctor_is_well() -> None:
    result = call("doctor")
    assert result.exit_code == 0, result.output
    assert "All is well." in result.output
    assert "rasterio" in result.output


def test_a_bug_of_ours_is_exit_1_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("wco2_engine.doctor.examine", broken)
    result = call("doctor")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.output
    assert "This is a bug in wco2" in result.output
    result = call("doctor", "--json")
    assert result.exit_code == 1
    assert lines(result.stdout)[-1]["event"] == "bug"


def test_what_ends_as_cancelled_is_exit_130_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wco2_engine.doctor.examine", interrupted)
    result = call("doctor")
    assert result.exit_code == 130
    assert "Cancelled. What was finished is kept." in result.output
    assert "Run the same command again to go on." in result.output
