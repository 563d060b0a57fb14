"""Tables that are not what was said, and files in odd shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.formats import FORMATS
from wco2_engine.inputs.observations import read_observations
from wco2_engine.inputs.rules import REASONS

OURS = "site,longitude,latitude,year,month,flux_g_m2_month,n,method,source"
PUBLISHED = {
    "wco2": (OURS, "A,20,68,2001,1,3.5,1,,x"),
    "abcflux-v1": (
        "study_id,site_name,site_reference,latitude,longitude,meas_year,interval_month,nee,gpp,"
        "reco,flux_method,gap_fill_perc",
        "A_B_tower1,Ä,B,68,20,2001,1,3,-0.5,3.5,EC,40",
    ),
    "abcflux-v2": (
        "site_name,site_reference,latitude,longitude,year,month,nee,gpp,reco,flux_method",
        "Ä,B,68,20,2001,1,3,0.5,3.5,Chamber",
    ),
    "dgrsd": (
        "Study_number,Site_ID,Site_name,Measure_Year,Measure_Month,Measure_DOY,RS_Norm,"
        "Treatment,Meas_Method,Latitude,Longitude",
        "1,A,Ä,2001,1,15,0.1,,IRGA,68,20",
    ),
    "srdb": (
        "Record_number,Study_number,Site_ID,Site_name,Study_midyear,YearsOfData,Latitude,"
        "Longitude,Rs_annual,Rs_winter,Manipulation,Meas_method",
        "1,2,A,Ä,2001.5,1,68,20,500,0.1,None,IRGA",
    ),
}


def written(folder: Path, name: str, encoding: str = "utf-8", separator: str = ",") -> Path:
    path = folder / f"{name}.csv"
    text = "\n".join(PUBLISHED[name]) + "\n"
    path.write_text(text.replace(",", separator), encoding)
    return path


@pytest.mark.parametrize("asked", [name for name in FORMATS if FORMATS[name].signatures])
@pytest.mark.parametrize("real", PUBLISHED)
def test_a_table_of_another_format_is_named_as_what_it_is(
    tmp_path: Path, asked: str, real: str
) -> None:
    if asked in (real, "fluxnet"):  # FLUXNET is known by names of files, not by columns
        return
    with pytest.raises(Wco2Error, match=f"is not '{asked}'.* but probably '{real}'"):
        read_observations(written(tmp_path, real), format=asked)


def test_a_table_of_no_format_says_what_the_one_asked_for_has(tmp_path: Path) -> None:
    path = tmp_path / "fluxes.csv"
    path.write_text("site,flux\nA,1\n", "utf-8")
    with pytest.raises(Wco2Error, match=r"is not 'srdb'.*it lacks Record_number, Rs_annual"):
        read_observations(path, format="srdb")
    with pytest.raises(Wco2Error, match="nearest is 'wco2'"):
        read_observations(path)
    path.write_text("a,b\nA,1\n", "utf-8")
    with pytest.raises(Wco2Error, match=r"is of no known format\. Name the columns"):
        read_observations(path)


def test_annual_sums_are_named_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "annual_growingseason_CO2flux.csv"
    path.write_text("site,sitenr,lat,lon,year,end_year,anngpp_all\nA,1,68,20,2001,2001,3\n")
    with pytest.raises(Wco2Error, match="annual and growing-season sums"):
        read_observations(path)


@pytest.mark.parametrize("name", ["abcflux-v1", "abcflux-v2", "dgrsd", "wco2"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_published_table_saved_by_a_spreadsheet_reads_the_same(
    tmp_path: Path, name: str, encoding: str, separator: str
) -> None:
    plain = read_observations(written(tmp_path, name)).table
    saved = read_observations(written(tmp_path, name, encoding, separator)).table
    assert saved.to_dict("records") == plain.to_dict("records")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_table_without_rows_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(PUBLISHED[name][0] + "\n", "utf-8")
    with pytest.raises(Wco2Error, match="has no rows"):
        read_observations(path, format=name)


def test_every_reason_and_format_is_explained() -> None:
    text = (Path(__file__).resolve().parents[4] / "docs" / "observations.md").read_text("utf-8")
    own = {rule.reason for known in FORMATS.values() for rule in known.rules}
    assert own <= set(REASONS)
    mends = {mend.name for known in FORMATS.values() for mend in known.mends}
    for name in (*FORMATS, *REASONS, *mends):
        assert f"`{name}`" in text or f": {name}`" in text, name


def test_a_table_of_an_earlier_version_says_no_target(tmp_path: Path) -> None:
    found = read_observations(written(tmp_path, "wco2"))
    assert found.table["target"].tolist() == [""]
    assert found.target == ""


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="target is 'gpp'") as caught:
        read_observations(written(tmp_path, "abcflux-v1"), target="gpp")
    assert "reco, nee" in caught.value.hint


def test_a_column_beside_a_format_replaces_its_flux(tmp_path: Path) -> None:
    found = read_observations(
        written(tmp_path, "abcflux-v1"), format="abcflux-v1", columns={"flux": "nee"}
    )
    assert found.table["flux_g_m2_month"].tolist() == [3.0]
    assert found.target == "nee"
