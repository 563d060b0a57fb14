"""FLUXNET, AmeriFlux and ICOS: folders of monthly files, and a table of their sites."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.formats import fluxnet
from wco2_engine.inputs.observations import Observations, Source, read_observations
from wco2_engine.inputs.screen import Screen

IVOTUK = "FLX_US-Ivo_FLUXNET2015_FULLSET_MM_2004-2007_1-4.csv"
NS1 = "AMF_CA-NS1_FLUXNET_FULLSET_MM_2001-2005_3-5.csv"
KENTTAROVA = "ICOSETC_FI-Ken_FLUXNET_MM_L2.csv"
HEADER = (
    "TIMESTAMP,TA_F,NEE_CUT_REF,NEE_VUT_REF,NEE_VUT_REF_QC,RECO_NT_VUT_REF,RECO_DT_VUT_REF,"
    "GPP_NT_VUT_REF"
)
SITES = "SITE_ID,LOCATION_LAT,LOCATION_LONG\nUS-Ivo,68.4865,-155.7503\nCA-NS1,55.8792,-98.4839\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "fluxnet"
    for name, *rows in (
        (
            f"FLX_US-Ivo_FLUXNET2015_FULLSET_2004-2007_1-4/{IVOTUK}",
            "200401,-24,0.1,0.2,0.9,0.5,0.7,0.3",
            "200402,-25,0.1,0.3,0.49,0.5,0.7,0.3",
            "200403,-20,-9999,-9999,0.9,-9999,-9999,-9999",
        ),
        (NS1, "200112,-20,0.1,-0.1,0.5,0.25,0.3,0.2"),
        ("FLX_US-Ivo_FLUXNET2015_FULLSET_DD_2004-2007_1-4.csv", "20040101,-24,1,1,1,1,1,1"),
        ("AMF_CA-NS1_FLUXNET_ERA5_MM_2001-2005_3-5.csv", "200112,-20,9,9,9,9,9,9"),
    ):
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return made


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    path = tmp_path / "sites.csv"
    path.write_text(SITES, "utf-8")
    return path


def by_site(found: Observations) -> dict[str, float]:
    return dict(zip(found.table["site"], found.table["flux_g_m2_month"], strict=True))


def test_a_folder_of_monthly_files_is_known_by_their_names(folder: Path, sites: Path) -> None:
    found = read_observations(folder, site_table=sites)
    assert found.table.iloc[1].to_dict() == {
        **{"site": "US-Ivo", "longitude": -155.7503, "latitude": 68.4865},
        **{"year": 2004, "month": 1, "flux_g_m2_month": 15.5, "n": 1, "method": "EC"},
        **{"source": IVOTUK, "target": "reco"},
    }
    assert by_site(found) == {"CA-NS1": 7.75, "US-Ivo": 15.5}
    assert found.counts == {
        **{"rows_read": 4, "rows_kept": 2, "rejected: no_flux": 1, "rejected: low_quality": 1},
        "site_months": 2,
    }
    assert found.rejected[["file", "row", "reason"]].values.tolist() == [
        [IVOTUK, 3, "low_quality"],
        [IVOTUK, 4, "no_flux"],
    ]


def test_net_exchange_is_the_reference_of_the_varying_threshold(folder: Path, sites: Path) -> None:
    found = read_observations(folder, site_table=sites, target="nee")
    assert by_site(found) == {"CA-NS1": pytest.approx(-3.1), "US-Ivo": pytest.approx(6.2)}


def test_the_quality_asked_for_can_be_moved(folder: Path, sites: Path) -> None:
    strict = read_observations(folder, site_table=sites, screen=Screen(min_quality=0.8))
    assert strict.counts["rejected: low_quality"] == 2
    lenient = read_observations(folder, site_table=sites, screen=Screen(min_quality=0))
    assert lenient.counts["rows_kept"] == 3


def test_a_single_file_is_known_by_its_name(folder: Path, sites: Path) -> None:
    assert by_site(read_observations(folder / NS1, site_table=sites)) == {"CA-NS1": 7.75}


def test_icos_files_and_a_badm_list_are_read(tmp_path: Path) -> None:
    (tmp_path / KENTTAROVA).write_text(
        "TIMESTAMP,NEE_VUT_REF,NEE_VUT_REF_QC,RECO_NT_VUT_REF\n201901,0.4,0.7,0.5\n", "utf-8"
    )
    badm = tmp_path / "ICOSETC_FI-Ken_SITEINFO_L2.csv"
    badm.write_text(
        "SITE_ID,GROUP_ID,VARIABLE_GROUP,VARIABLE,DATAVALUE\n"
        "FI-Ken,1,GRP_LOCATION,LOCATION_LAT,67.98721\n"
        "FI-Ken,1,GRP_LOCATION,LOCATION_LONG,24.24301\n"
        "FI-Ken,2,GRP_HEADER,SITE_NAME,Kenttarova\n",
        "utf-8",
    )
    found = read_observations(tmp_path, site_table=badm)
    assert found.table[["site", "latitude", "longitude"]].values.tolist() == [
        ["FI-Ken", 67.98721, 24.24301]
    ]


def test_two_editions_of_a_site_do_not_count_twice(folder: Path, sites: Path) -> None:
    newer = folder / "FLX_CA-NS1_FLUXNET2015_FULLSET_MM_2001-2005_beta-3.csv"
    newer.write_text(f"{HEADER}\n200112,-20,-9999,-0.2,0.5,0.35,0.3,0.2\n", "utf-8")
    found = read_observations(folder, site_table=sites)
    assert by_site(found)["CA-NS1"] == 7.75
    lost = found.rejected[found.rejected["reason"] == "fuller_row"]
    assert lost[["file", "row", "detail"]].values.tolist() == [
        [newer.name, 2, f"line 2 of {NS1} is kept: it lacks 0 cells, this 1"]
    ]


def test_a_site_without_coordinates_is_rejected_row_by_row(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("site;lat;lon\nUS-Ivo;68,4865;-155,7503\nCA-NS1;;\n", "utf-8")
    found = read_observations(folder, site_table=path)
    assert found.table["latitude"].tolist() == [68.4865]
    assert found.counts["rejected: no_coordinates"] == 1


def test_no_site_table_is_asked_for(folder: Path) -> None:
    with pytest.raises(Wco2Error, match="don't say where their sites are") as caught:
        read_observations(folder)
    assert "site_table = " in caught.value.hint


def test_a_site_table_of_other_sites_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("SITE_ID,LOCATION_LAT,LOCATION_LONG\nAU-Ade,-13,131\n", "utf-8")
    with pytest.raises(Wco2Error, match=r"names none of the sites of .*: CA-NS1, US-Ivo"):
        read_observations(folder, site_table=path)


def test_a_site_table_without_coordinates_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("SITE_ID,IGBP\nUS-Ivo,WET\n", "utf-8")
    with pytest.raises(Wco2Error, match="no column for the latitude: SITE_ID, IGBP"):
        read_observations(folder, site_table=path)


def test_a_site_table_for_another_table_is_refused(tmp_path: Path, sites: Path) -> None:
    path = tmp_path / "fluxes.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(Wco2Error, match="which only files of FLUXNET need"):
        read_observations(path, site_table=sites)


def test_daily_files_are_named_as_what_they_are(folder: Path, sites: Path) -> None:
    daily = folder / "FLX_US-Ivo_FLUXNET2015_FULLSET_DD_2004-2007_1-4.csv"
    with pytest.raises(Wco2Error, match="It holds daily values"):
        read_observations(daily, site_table=sites)


def test_a_folder_without_such_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fluxes.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(Wco2Error, match="nor a folder with any"):
        read_observations(tmp_path)


def test_a_file_whose_name_was_changed_is_asked_for_by_its_own(folder: Path) -> None:
    path = (folder / NS1).rename(folder.parent / "tower.csv")
    with pytest.raises(Wco2Error, match="its name does not say which site"):
        read_observations(path)
    columns = {"site": "TA_F", "longitude": "TA_F", "latitude": "TA_F", "date": "TIMESTAMP"}
    named = read_observations(
        path, columns={**columns, "flux": "NEE_VUT_REF"}, flux_units="g m-2 day-1"
    )
    assert len(named.table) == 1


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="does not exist"):
        read_observations(tmp_path / "towers", format="fluxnet")


def test_half_hourly_values_are_named_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "tower.csv"
    path.write_text("TIMESTAMP_START,TIMESTAMP_END,NEE_VUT_REF\n200401010000,2004,1\n", "utf-8")
    with pytest.raises(Wco2Error, match="probably a table of half-hourly values of a tower"):
        read_observations(path)


def test_every_monthly_file_and_the_site_table_are_what_is_read(folder: Path, sites: Path) -> None:
    assert Source(str(folder), site_table=str(sites)).files() == [
        *(str(folder / NS1), str(next(folder.rglob(IVOTUK))), str(sites)),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "ICOSETC_US-Ivo_FLUXNET_MM_INTERIM_L2.csv",
        "US-Ivo_monthly.csv",
        "my_US-Ivo.CSV",
        "TERN_US-Ivo_FLUXNET_FULLSET_MM_2004-2007_v2.csv",
    ],
)
def test_a_monthly_file_of_another_naming_is_read(tmp_path: Path, sites: Path, name: str) -> None:
    folder = tmp_path / "towers"
    folder.mkdir()
    (folder / NS1).write_text(f"{HEADER}\n200112,-20,0.1,-0.1,0.5,0.25,0.3,0.2\n")
    (folder / name).write_text(f"{HEADER}\n200401,-24,0.1,0.2,0.9,0.5,0.7,0.3\n")
    assert by_site(read_observations(folder, site_table=sites)) == {"US-Ivo": 15.5, "CA-NS1": 7.75}


def test_a_monthly_file_whose_site_nothing_says_is_an_error(folder: Path, sites: Path) -> None:
    (folder / "tower.csv").write_text(f"{HEADER}\n200401,-24,0.1,0.2,0.9,0.5,0.7,0.3\n")
    with pytest.raises(Wco2Error, match=r"tower\.csv holds monthly values of FLUXNET, but"):
        read_observations(folder, site_table=sites)


def test_what_else_a_folder_holds_is_named(folder: Path, tmp_path: Path) -> None:
    sites = folder / "sites.csv"
    sites.write_text(SITES)
    (folder / "readme.csv").write_text("a,b\n1,2\n")
    (folder / "FLX_CA-NS2.zip").write_bytes(b"PK")
    (folder / "US-Ivo_daily.csv").write_text(f"{HEADER}\n20040101,-24,1,1,1,1,1,1\n")
    found = read_observations(folder, site_table=sites)
    assert "fluxnet: 2 files of other steps are left alone" in found.notes
    assert "fluxnet: left alone, as no files of FLUXNET: FLX_CA-NS2.zip, readme.csv" in found.notes


def test_sites_without_a_place_are_named(folder: Path, tmp_path: Path) -> None:
    sites = tmp_path / "one.csv"
    sites.write_text("SITE_ID,LOCATION_LAT,LOCATION_LONG\nUS-Ivo,68.4865,-155.7503\n")
    found = read_observations(folder, site_table=sites)
    assert any(note.endswith("does not say where these sites are: CA-NS1") for note in found.notes)


def test_half_hours_of_ameriflux_are_named_below_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "AMF_US-Xx1_BASE_HH_1-5.csv"
    path.write_text(
        "# Site: US-Xx1\n# Version: 1-5\nTIMESTAMP_START,TIMESTAMP_END,FC_1_1_1,TA_1_1_1\n"
        "200301010000,200301010030,0.51,-22.1\n"
    )
    with pytest.raises(Wco2Error, match="probably a table of half-hourly values of a tower"):
        read_observations(path)


def test_a_folder_of_a_whole_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt").touch()
    monkeypatch.setattr(fluxnet, "MOST_FILES", 3)
    with pytest.raises(Wco2Error, match=r"holds more than 3 files.*Name the folder"):
        fluxnet.monthly_files(tmp_path)
