"""ORNL DAAC 1692, of which only coordinates and unit are sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.observations import read_observations

NAME = "nongrowing_season_CO2_flux.csv"


def test_it_is_known_by_its_name_and_likely_columns(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(
        "Site_Name,latitude,longitude,Year,Month,Flux_gC_m2_d,Reference\n"
        "Toolik,68.6,-149.6,2012,2,0.5,Someone 2013\n",
        "utf-8",
    )
    found = read_observations(path)
    assert found.table.iloc[0].to_dict() == {
        **{"site": "Toolik", "longitude": -149.6, "latitude": 68.6, "year": 2012, "month": 2},
        **{"flux_g_m2_month": 14.5, "n": 1, "method": "", "source": "Someone 2013"},
        "target": "",
    }


def test_columns_of_other_names_are_asked_for_and_then_taken(tmp_path: Path) -> None:
    path = tmp_path / "winter.csv"
    path.write_text("plot,latitude,longitude,yr,mon,F\nA,68.6,-149.6,2012,1,0.5\n", "utf-8")
    with pytest.raises(
        Wco2Error, match=r"no column is known to hold site, year .*, flux"
    ) as caught:
        read_observations(path, format="ornl-1692")
    assert "plot, latitude, longitude, yr, mon, F" in caught.value.message
    assert "columns = { flux" in caught.value.hint
    columns = {"site": "plot", "year": "yr", "month": "mon", "flux": "F"}
    found = read_observations(path, format="ornl-1692", columns=columns)
    assert found.table["flux_g_m2_month"].tolist() == [15.5]


def test_what_the_flux_is_can_be_stated(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("site,lat,lon,year,month,flux\nA,68.6,-149.6,2012,1,0.5\n", "utf-8")
    assert read_observations(path, target="nee").target == "nee"
