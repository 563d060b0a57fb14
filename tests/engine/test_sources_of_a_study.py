"""Tables of observations as a study, the command line and a job name them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest
from click.testing import CliRunner, Result

from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import ObservationsJob
from wco2_engine.progress import Silent
from wco2_engine.study import Study

FILE = 'file = "fluxes.csv"'
V1 = (
    "study_id,site_name,site_reference,latitude,longitude,meas_year,interval_month,nee,gpp,reco,"
    "flux_method\n"
)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def said(study: Path, old: str, new: str) -> Study:
    text = study.read_text("utf-8")
    assert text.count(old) == 1
    study.write_text(text.replace(old, new), "utf-8")
    return Study.read(study)


@pytest.fixture
def observations(small_study: Path) -> str:
    """The lines of [observations] in the small study."""
    text = small_study.read_text("utf-8")
    start = text.index(FILE)
    return text[start : text.index("\n[winter]", start)]


@pytest.fixture
def abcflux(tmp_path: Path) -> Path:
    path = tmp_path / "abcflux.csv"
    path.write_text(f"{V1}A_tower1,Hill,US-Hil,68,20,2001,1,3,-0.5,3.5,EC\n", "utf-8")
    return path


@pytest.fixture
def towers(tmp_path: Path) -> Path:
    folder = tmp_path / "towers"
    folder.mkdir()
    (folder / "ICOSETC_FI-Ken_FLUXNET_MM_L2.csv").write_text(
        "TIMESTAMP,NEE_VUT_REF,NEE_VUT_REF_QC,RECO_NT_VUT_REF\n201901,0.4,0.7,0.5\n", "utf-8"
    )
    (tmp_path / "sites.csv").write_text(
        "SITE_ID,LOCATION_LAT,LOCATION_LONG\nFI-Ken,67.99,24.24\n", "utf-8"
    )
    return folder


def test_sources_of_a_study_are_a_list_with_paths_of_its_folder(
    small_study: Path, observations: str
) -> None:
    study = said(
        small_study,
        observations,
        'target = "nee"\nsources = [\n  { file = "v1.csv", format = "abcflux-v1" },\n'
        '  { file = "towers", format = "fluxnet", site_table = "sites.csv" },\n]\n',
    )
    folder = small_study.parent.absolute()
    assert study.observations.target == "nee"
    first, second = study.observations.sources()
    assert (first.file, first.format) == (str(folder / "v1.csv"), "abcflux-v1")
    assert (second.file, second.site_table) == (str(folder / "towers"), str(folder / "sites.csv"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('file = "a.csv"\nsources = [{ file = "b.csv" }]', "both sources and keys of a single"),
        ('sources = "a.csv"', "sources is no list of tables"),
        ("sources = []", "sources is empty"),
        ('sources = [{ format = "dgrsd" }]', "has no file"),
        ('sources = [{ file = "a.csv", fromat = "dgrsd" }]', "unknown key 'fromat'"),
        ('sources = [{ file = "a.csv", format = 3 }]', "format = 3 is not a text"),
        ('file = "a.csv"\nscreen = { min_quality = 50 }', "min_quality is 50, not a number from"),
    ],
)
def test_sources_that_cannot_be_are_refused_with_the_file(
    small_study: Path, observations: str, lines: str, message: str
) -> None:
    with pytest.raises(Wco2Error) as caught:
        said(small_study, observations, lines + "\n")
    assert message in caught.value.message
    assert str(small_study) in caught.value.message


def test_several_tables_on_the_command_line_are_put_together(
    tmp_path: Path, abcflux: Path, towers: Path
) -> None:
    output = tmp_path / "out.csv"
    result = call(
        *("observations", abcflux, towers, "--site-table", tmp_path / "sites.csv"),
        *("--target", "nee", "-o", output),
    )
    assert result.exit_code == 0, result.output
    table = pandas.read_csv(output)
    assert table[["site", "flux_g_m2_month", "target"]].values.tolist() == [
        ["FI-Ken", 12.4, "nee"],
        ["Hill US-Hil", 3.0, "nee"],
    ]


def test_the_target_is_among_the_facts(tmp_path: Path, abcflux: Path) -> None:
    result = call("observations", abcflux, "-o", tmp_path / "out.gpkg", "--json")
    assert json.loads(result.output.splitlines()[-1])["target"] == "reco"


def test_a_site_table_for_one_table_that_needs_none_is_refused(
    tmp_path: Path, abcflux: Path, towers: Path
) -> None:
    result = call(
        *("observations", abcflux, "-o", tmp_path / "o.csv"),
        *("--site-table", tmp_path / "sites.csv"),
    )
    assert result.exit_code == 2
    assert "which only files of FLUXNET need" in result.output


@pytest.mark.parametrize(
    "taken", ["abcflux.csv", "sites.csv", "towers/ICOSETC_FI-Ken_FLUXNET_MM_L2.csv"]
)
def test_an_output_does_not_take_the_place_of_any_source(
    tmp_path: Path, abcflux: Path, towers: Path, taken: str
) -> None:
    job = ObservationsJob(
        str(towers),
        str(tmp_path / taken),
        site_table=str(tmp_path / "sites.csv"),
        more=[{"file": str(abcflux)}],
    )
    with pytest.raises(Wco2Error, match="is read, or written by something else"):
        job.run(Silent())


def test_a_job_depends_on_all_of_its_files(tmp_path: Path, abcflux: Path, towers: Path) -> None:
    job = ObservationsJob(
        str(towers),
        "out.csv",
        site_table=str(tmp_path / "sites.csv"),
        more=[{"file": str(abcflux)}],
    )
    before = job.depends_on()
    assert len(before) == 3
    with abcflux.open("a", encoding="utf-8") as file:
        file.write("B_tower1,Hill,US-Hil,60,20,2001,1,3,-0.5,3.5,EC\n")
    assert job.depends_on() != before


def test_rows_are_said_to_come_from_the_name_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "copy_7f3.csv"
    path.write_text("S,X,Y,T,M,F\nA,20,68,2001,1,3\n", "utf-8")
    columns = {"site": "S", "longitude": "X", "latitude": "Y"}
    job = ObservationsJob(
        str(path),
        str(tmp_path / "out.csv"),
        columns={**columns, "year": "T", "month": "M", "flux": "F"},
        flux_units="g C m-2 month-1",
        name="Layer 'fluxes'",
    )
    assert job.read().table["source"].tolist() == ["Layer 'fluxes'"]
