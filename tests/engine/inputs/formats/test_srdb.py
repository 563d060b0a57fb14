"""SRDB: means of a season, which are of a month only where the user says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.observations import read_observations
from wco2_engine.inputs.screen import Screen

HEADER = (
    "Record_number,Study_number,Duplicate_record,Quality_flag,Site_name,Site_ID,Study_midyear,"
    "YearsOfData,Latitude,Longitude,Manipulation,Meas_method,Rs_annual,Rs_winter"
)
MIDDLE = Screen(seasons="middle_month")


def srdb(folder: Path, *rows: str) -> Path:
    path = folder / "srdb-data.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return path


def test_a_mean_of_a_season_is_of_no_month_and_the_way_out_is_named(tmp_path: Path) -> None:
    path = srdb(
        tmp_path,
        "1,10,NA,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4",
        "2,10,NA,Q0,Hyytiala,FI-HYY,2001.5,1,61.8,24.3,None,IRGA,600,NA",
    )
    with pytest.raises(Wco2Error, match=r"1 rejected: seasonal, 1 rejected: no_flux") as caught:
        read_observations(path)
    assert 'seasons = "middle_month"' in caught.value.hint


def test_a_winters_mean_can_be_taken_as_that_of_its_middle_month(tmp_path: Path) -> None:
    path = srdb(
        tmp_path,
        "1,10,NA,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4",
        "2,11,NA,Q01,Ridge,,2001,1,-45,170,NA,IRGA,600,1",
    )
    found = read_observations(path, screen=MIDDLE)
    assert found.table[["site", "year", "month", "source", "target"]].values.tolist() == [
        ["FI-HYY", 2000, 1, "SRDB study 10", "reco"],
        ["Ridge", 2001, 7, "SRDB study 11", "reco"],
    ]
    # 1 umol m-2 s-1 is 1e-6 x 12.011 g x 86,400 s = 1.03775 g C m-2 day-1
    assert found.table["flux_g_m2_month"].tolist() == pytest.approx(
        [0.4 * 1.0377504 * 31, 1.0377504 * 31]
    )


def test_what_is_of_several_years_flagged_or_treated_stays_out(tmp_path: Path) -> None:
    good = "1,10,NA,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4"
    path = srdb(
        tmp_path,
        good,
        "2,10,NA,Q0,Hyytiala,FI-HYY,2000.5,3,61.8,24.3,None,IRGA,600,0.4",
        "3,10,NA,Q01 Q12,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4",
        "4,10,NA,Q13,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4",
        "5,10,812,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4",
        "6,10,NA,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,CO2,IRGA,600,0.4",
        "7,10,NA,Q0,Hyytiala,FI-HYY,NA,1,61.8,24.3,None,IRGA,600,0.4",
    )
    found = read_observations(path, screen=MIDDLE)
    assert found.rejected["reason"].tolist() == [
        *("several_years", "known_error", "known_error", "known_error", "treatment", "no_date"),
    ]
    assert found.rejected["detail"].tolist()[:2] == [
        "Study_midyear = 2000.5, YearsOfData = 3",
        "Quality_flag = Q01 Q12",
    ]
    assert found.counts["rows_read"] == 7


def test_soil_respiration_is_no_net_exchange(tmp_path: Path) -> None:
    path = srdb(tmp_path, "1,10,NA,Q0,Hyytiala,FI-HYY,2000.5,1,61.8,24.3,None,IRGA,600,0.4")
    with pytest.raises(Wco2Error, match=r"'srdb'.* holds no nee, only reco"):
        read_observations(path, screen=MIDDLE, target="nee")
