"""ABCflux, both versions: files made to the published columns, with each known quirk."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.observations import Observations, read_observations
from wco2_engine.inputs.screen import Screen

V1_COLUMNS = (
    *("study_id", "site_name", "site_reference", "latitude", "longitude", "country", "biome"),
    *("meas_year", "interval_month", "nee", "gpp", "reco", "flux_method", "partition_method"),
    *("gap_fill_perc", "tair_int", "precip_int", "par_ppfd", "tsoil", "tsoil_depth", "sol_depth"),
    *("soil_perc_carbon", "disturbance", "disturb_year"),
)
V1_TOWER = {
    **{"study_id": "Schuur_US-EML_tower1", "site_name": "Eight Mile Lake"},
    **{"site_reference": "US-EML", "latitude": "63.8784", "longitude": "-149.2536"},
    **{"meas_year": "2009", "interval_month": "1", "nee": "7.5", "gpp": "-0.5", "reco": "8"},
    **{"flux_method": "EC", "gap_fill_perc": "60", "tair_int": "-18", "tsoil": "-4"},
}
V1_CHAMBER = {
    **V1_TOWER,
    **{"study_id": "Smith_Hill_Ch01", "site_name": "Hill", "site_reference": "Hollow"},
    **{"latitude": "70", "longitude": "20", "flux_method": "Ch", "gap_fill_perc": "-9999"},
}
V2_COLUMNS = (
    *("id", "site_name", "site_reference", "extraction_source", "country", "latitude"),
    *("longitude", "year", "month", "nee", "gpp", "reco", "nee_seasonal", "nee_seasonal_interval"),
    *("ch4_flux_total", "flux_method", "flux_method_detail", "partition_method"),
    *("gap_fill_perc_co2", "diurnal_coverage", "chamber_nr_measurement_days_co2", "data_usage"),
    *("tair", "precip", "ppfd", "tsoil_surface", "tsoil_deep", "soil_moisture", "snow_depth"),
    *("thaw_depth", "alt", "permafrost", "waterbody_type"),
)
V2_TOWER = {
    **{"site_name": "Scotty Creek Bog", "site_reference": "Scotty Creek Bog_CA-SCB_tower"},
    **{"latitude": "61.3089", "longitude": "-121.2984", "year": "2015", "month": "2"},
    **{"nee": "4", "gpp": "0.5", "reco": "4.5", "flux_method": "EC", "gap_fill_perc_co2": "70"},
    **{"extraction_source": "CO2: Ameriflux CH4: NA", "tair": "-20"},
}


def v1(folder: Path, *rows: Mapping[str, str], name: str = "Arctic_Boreal_CO2_Flux.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, V1_COLUMNS, restval="NA")
        writer.writeheader()
        writer.writerows(rows)
    return path


def v2(folder: Path, *rows: Mapping[str, str], columns: Sequence[str] = V2_COLUMNS) -> Path:
    """Quoted throughout, -9999 for a missing number and NA for a missing text."""
    path = folder / "ABCFluxv2.csv"
    texts = ("site", "flux_method", "partition", "waterbody", "interval", "source", "permafrost")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        for row in rows:
            missing = {c: "NA" if any(t in c for t in texts) else "-9999" for c in columns}
            writer.writerow([row.get(column, missing[column]) for column in columns])
    return path


def fluxes(found: Observations) -> list[float]:
    return [float(flux) for flux in found.table["flux_g_m2_month"]]


def reasons(found: Observations) -> list[tuple[int, str]]:
    return list(zip(found.rejected["row"], found.rejected["reason"], strict=True))


def assert_adds_up(found: Observations) -> None:
    counts = found.counts
    rejected = sum(n for what, n in counts.items() if what.startswith("rejected: "))
    assert counts["rows_read"] == counts["rows_kept"] + rejected
    assert counts["rows_kept"] == found.table["n"].sum()
    assert len(found.rejected) == rejected


# --- Version 1


def test_v1_is_known_by_its_columns_and_gives_respiration(tmp_path: Path) -> None:
    found = read_observations(v1(tmp_path, V1_TOWER))
    assert found.table.iloc[0].to_dict() == {
        **{"site": "Eight Mile Lake US-EML", "longitude": -149.2536, "latitude": 63.8784},
        **{"year": 2009, "month": 1, "flux_g_m2_month": 8.0, "n": 1, "method": "EC"},
        **{"source": "ABCflux v1 Schuur_US-EML_tower1", "target": "reco"},
    }


def test_net_exchange_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    found = read_observations(v1(tmp_path, V1_TOWER), target="nee")
    assert fluxes(found) == [7.5]
    assert found.target == "nee"
    assert found.table["target"].tolist() == ["nee"]


def test_respiration_is_not_filled_from_net_exchange(tmp_path: Path) -> None:
    path = v1(tmp_path, V1_TOWER, {**V1_TOWER, "interval_month": "2", "reco": "-9999"})
    found = read_observations(path)
    assert reasons(found) == [(3, "no_flux")]


def test_the_older_names_of_the_columns_are_known(tmp_path: Path) -> None:
    path = tmp_path / "older.csv"
    path.write_text(
        "Study_ID,Study_ID_Short,Latitude,Longitude,Meas_year,Interval,NEE_gC_m2,GPP_gC_m2,"
        "Reco_gC_m2,Flux_method,Gap_perc,Tower_QA.QC.NEE.flag\n"
        "Welp_US-Bn1_tower1,Welp_US-Bn1_tower1,63.9,-145.7,2003,1,5,NA,6,EC,40,0.8\n"
        "Welp_US-Bn1_tower1,Welp_US-Bn1_tower1,63.9,-145.7,2003,2,5,NA,6,EC,100,0.8\n"
        "Welp_US-Bn1_tower1,Welp_US-Bn1_tower1,63.9,-145.7,2003,3,5,NA,6,EC,40,0.2\n"
        "Lund_Kobbefjord_Ch,Lund_Kobbefjord_Ch,64.1,-51.4,2010,3,5,NA,6,Ch,NA,NA\n",
        "utf-8",
    )
    found = read_observations(path)
    assert found.table["site"].tolist() == ["Welp_US-Bn1_tower1"]
    assert fluxes(found) == [6.0]
    assert reasons(found) == [(3, "gap_filled"), (4, "low_quality"), (5, "known_error")]


def test_months_that_hold_no_measurement_are_left_out_and_the_bound_can_be_moved(
    tmp_path: Path,
) -> None:
    path = v1(
        tmp_path,
        V1_TOWER,
        {**V1_TOWER, "interval_month": "2", "gap_fill_perc": "100"},
        {**V1_TOWER, "interval_month": "3", "gap_fill_perc": "80"},
        {**V1_TOWER, "interval_month": "4", "gap_fill_perc": "80%"},
        {**V1_TOWER, "interval_month": "5", "gap_fill_perc": "NA"},
    )
    assert reasons(read_observations(path)) == [(3, "gap_filled")]
    strict = read_observations(path, screen=Screen(gap_fill_below=80))
    assert reasons(strict) == [(3, "gap_filled"), (4, "gap_filled"), (5, "gap_filled")]
    assert strict.rejected["detail"].tolist() == [
        *("gap_fill_perc = 100", "gap_fill_perc = 80", "gap_fill_perc = 80%")
    ]


def test_a_share_that_cannot_be_is_rejected(tmp_path: Path) -> None:
    path = v1(tmp_path, V1_TOWER, {**V1_TOWER, "interval_month": "2", "gap_fill_perc": "160"})
    assert reasons(read_observations(path)) == [(3, "share_outside")]


@pytest.mark.parametrize(
    ("study", "year", "month", "wrong"),
    [
        ("Lund_Kobbefjord_Ch01", "2010", "7", True),
        ("Lund_Kobbefjord_Ch02", "2010", "7", False),
        ("Goulden_CA-NS2_tower2", "2002", "1", True),
        ("Goulden_CA-NS3_tower3", "2002", "1", True),
        ("Goulden_CA-NS3_tower3", "2002", "2", False),
        ("Goulden_CA-NS2_tower2", "2003", "1", False),
        ("Goulden_CA-NS4_tower4", "2002", "1", False),
        ("McCaughey_CA-Man_tower1", "1997", "1", True),
        ("McCaughey_CA-Man_tower1", "1997", "2", True),
        ("McCaughey_CA-Man_tower1", "1997", "3", False),
    ],
)
def test_what_the_authors_know_to_be_wrong_is_rejected(
    tmp_path: Path, study: str, year: str, month: str, wrong: bool
) -> None:
    row = {**V1_TOWER, "study_id": study, "meas_year": year, "interval_month": month}
    found = read_observations(v1(tmp_path, {**V1_TOWER, "meas_year": "1990"}, row))
    assert reasons(found) == ([(3, "known_error")] if wrong else [])
    assert found.counts.get("rejected: known_error", 0) == wrong
    if wrong:
        assert found.rejected["detail"].tolist() == [f"study_id = {study}"]


def test_a_gpp_that_is_net_exchange_is_put_right_and_counted(tmp_path: Path) -> None:
    wrong = {**V1_TOWER, "study_id": "Humphreys_CA-CB_tower1", "site_name": "Churchill"}
    wrong |= {"latitude": "58.7", "nee": "NA", "gpp": "3.25", "reco": "NA"}
    path = v1(tmp_path, V1_TOWER, wrong)
    found = read_observations(path, target="nee")
    assert sorted(fluxes(found)) == [3.25, 7.5]
    assert found.counts["mended: gpp_is_nee"] == 1
    assert reasons(read_observations(path)) == [(3, "no_flux")]


def test_chambers_of_one_site_month_are_averaged(tmp_path: Path) -> None:
    path = v1(tmp_path, V1_CHAMBER, {**V1_CHAMBER, "study_id": "Smith_Hill_Ch02", "reco": "2"})
    found = read_observations(path)
    assert fluxes(found) == [5.0]
    assert found.table["n"].tolist() == [2]


def test_of_two_rows_of_a_tower_and_month_the_fuller_is_kept(tmp_path: Path) -> None:
    path = v1(
        tmp_path,
        {**V1_TOWER, "reco": "10", "tair_int": "NA"},
        V1_TOWER,
        {**V1_TOWER, "reco": "30"},
    )
    found = read_observations(path)
    assert fluxes(found) == [8.0]
    assert reasons(found) == [(2, "fuller_row"), (4, "fuller_row")]
    assert found.rejected["detail"].tolist() == [
        "line 3 is kept: it lacks 10 cells, this 11",
        "line 3 is kept: it lacks 10 cells, this 10",
    ]


def test_a_chamber_gives_way_to_a_tower_of_its_place_and_month(tmp_path: Path) -> None:
    near = {**V1_CHAMBER, "latitude": "63.8800", "longitude": "-149.25"}
    path = v1(
        tmp_path,
        V1_TOWER,
        near,
        {**near, "interval_month": "2"},
        {**near, "latitude": "63.8884"},
        {**near, "site_reference": "Hummock", "flux_method": "Diffusion"},
    )
    found = read_observations(path)
    assert reasons(found) == [(3, "tower_there")]
    assert "tower Eight Mile Lake US-EML is 0.2" in found.rejected["detail"][0]
    assert read_observations(path, screen=Screen(chambers="all")).rejected.empty


def test_two_towers_at_places_apart_stay_two(tmp_path: Path) -> None:
    path = v1(tmp_path, V1_TOWER, {**V1_TOWER, "latitude": "63.90"})
    assert len(read_observations(path).table) == 2


# --- Version 2


def test_v2_is_known_by_its_columns_and_a_reference_that_repeats_the_name_is_the_site(
    tmp_path: Path,
) -> None:
    found = read_observations(v2(tmp_path, V2_TOWER))
    assert found.table.iloc[0].to_dict() == {
        **{"site": "Scotty Creek Bog_CA-SCB_tower", "longitude": -121.2984, "latitude": 61.3089},
        **{"year": 2015, "month": 2, "flux_g_m2_month": 4.5, "n": 1, "method": "EC"},
        **{"source": "ABCflux v2 CO2: Ameriflux CH4: NA", "target": "reco"},
    }


def test_v2_needs_neither_an_order_nor_all_of_its_columns(tmp_path: Path) -> None:
    needed = {
        *("site_name", "site_reference", "latitude", "longitude", "year", "month"),
        *("nee", "reco", "flux_method"),
    }
    path = v2(tmp_path, V2_TOWER, columns=sorted(needed, reverse=True))
    assert fluxes(read_observations(path)) == [4.5]


def test_lakes_and_rivers_are_no_land(tmp_path: Path) -> None:
    path = v2(tmp_path, V2_TOWER, {**V2_TOWER, "month": "3", "waterbody_type": "Lentic"})
    found = read_observations(path)
    assert reasons(found) == [(3, "aquatic")]
    assert found.rejected["detail"].tolist() == ["waterbody_type = Lentic"]


@pytest.mark.parametrize(
    ("interval", "year", "month", "read_as"),
    [
        ("06/01-06/30", "2019", "6", 6),
        ("06/01-06/30", "2019", "-9999", 6),
        ("2019/06/01 - 2019/06/30", "2019", "6", 6),
        ("02/01-02/29", "2020", "2", 2),
        ("02/01-02/28", "2020", "2", None),
        ("06/01-06/30", "2019", "7", None),
        ("06/01-09/30", "2019", "6", None),
        ("06/02-06/30", "2019", "6", None),
        ("13/01-13/31", "2019", "1", None),
        ("2018/06/01 - 2019/06/30", "2019", "6", None),
        ("June", "2019", "6", None),
        ("NA", "2019", "6", None),
    ],
)
def test_a_sum_over_a_season_counts_only_where_the_season_is_one_whole_month(
    tmp_path: Path, interval: str, year: str, month: str, read_as: int | None
) -> None:
    row = {**V2_TOWER, "nee": "-9999", "nee_seasonal": "-31", "nee_seasonal_interval": interval}
    path = v2(tmp_path, V2_TOWER, {**row, "year": year, "month": month, "latitude": "70"})
    found = read_observations(path, target="nee")
    assert_adds_up(found)
    if read_as is None:
        assert len(found.table) == 1
        assert found.rejected["reason"].tolist() == ["seasonal"]
        assert "nee_seasonal = -31" in found.rejected["detail"][0]
    else:
        assert found.counts["mended: season_of_one_month"] == 1
        assert found.table[["month", "flux_g_m2_month"]].to_numpy().tolist()[-1] == [read_as, -31]


def test_a_season_without_a_month_is_no_date_when_respiration_is_asked_for(tmp_path: Path) -> None:
    row = {**V2_TOWER, "month": "-9999", "reco": "-9999", "nee_seasonal": "3"}
    assert reasons(read_observations(v2(tmp_path, V2_TOWER, row))) == [(3, "no_date")]


def test_a_working_copy_of_v2_with_ids_has_its_known_errors_rejected(tmp_path: Path) -> None:
    wrong = {**V2_TOWER, "site_id": "Goulden_CA-NS2_tower2", "year": "2002", "month": "1"}
    path = v2(tmp_path, V2_TOWER, wrong, columns=(*V2_COLUMNS, "site_id"))
    assert reasons(read_observations(path)) == [(3, "known_error")]


def test_v2_read_as_v1_is_named(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match=r"is not 'abcflux-v1'.*probably 'abcflux-v2'") as caught:
        read_observations(v2(tmp_path, V2_TOWER), format="abcflux-v1")
    assert caught.value.hint == 'Set format = "abcflux-v2", or leave it out.'


_CELL = st.sampled_from(["NA", "-9999", "", "1.5", "-2", "x"])


@settings(max_examples=50)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "study_id": st.sampled_from(
                    ["A_tower1", "Lund_Kobbefjord_Ch01", "Humphreys_CA-CB_tower1", "NA"]
                ),
                "site_name": st.sampled_from(["A", "B", "NA"]),
                "latitude": st.sampled_from(["60", "60.005", "60.3", "NA", "95"]),
                "meas_year": st.sampled_from(["2002", "1997", "NA", "20"]),
                "interval_month": st.sampled_from(["1", "2", "13", "NA"]),
                "nee": _CELL,
                "gpp": _CELL,
                "reco": _CELL,
                "flux_method": st.sampled_from(["EC", "Ch", "NA", "Other"]),
                "gap_fill_perc": st.sampled_from(["NA", "0", "99.5", "100", "120", "some"]),
            }
        ),
        max_size=25,
    ),
    st.sampled_from([None, "reco", "nee"]),
    st.sampled_from(["all", "without_tower"]),
)
def test_the_counts_of_any_table_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, str]],
    target: str | None,
    chambers: str,
) -> None:
    path = v1(
        tmp_path_factory.mktemp("abcflux"),
        {**V1_TOWER, "latitude": "10"},
        *({**V1_TOWER, **row} for row in rows),
    )
    found = read_observations(path, screen=Screen(chambers=chambers), target=target)  # type: ignore[arg-type]
    assert_adds_up(found)
    assert found.counts["rows_read"] == 1 + len(rows)
    assert not found.table.duplicated(["site", "year", "month", "latitude", "longitude"]).any()
