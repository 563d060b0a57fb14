"""Several tables of fluxes: what is double is found, reported and counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.observations import (
    Observations,
    Source,
    read_observations,
    read_sources,
)
from wco2_engine.inputs.screen import Screen

HEADER = "site,lon,lat,year,month,flux"
COLUMNS = {
    **{"site": "site", "longitude": "lon", "latitude": "lat"},
    **{"year": "year", "month": "month", "flux": "flux"},
}
MONTHLY = "g C m-2 month-1"
V1 = (
    "study_id,site_name,site_reference,latitude,longitude,meas_year,interval_month,nee,gpp,reco,"
    "flux_method"
)


def table(folder: Path, name: str, *rows: str) -> Source:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return Source(str(path), columns=COLUMNS, flux_units=MONTHLY)


def abcflux(folder: Path, *rows: str) -> Source:
    path = folder / "abcflux.csv"
    path.write_text("\n".join([V1, *rows]) + "\n", "utf-8")
    return Source(str(path))


def assert_adds_up(found: Observations) -> None:
    counts = found.counts
    rejected = sum(n for what, n in counts.items() if what.startswith("rejected: "))
    assert counts["rows_read"] == counts["rows_kept"] + rejected
    assert counts["rows_kept"] == found.table["n"].sum()
    assert counts["site_months"] == len(found.table)


def test_tables_are_put_together_and_say_where_each_row_comes_from(tmp_path: Path) -> None:
    found = read_sources(
        [
            table(tmp_path, "a.csv", "A,20,68,2001,1,3", "A,20,68,2001,2,NA"),
            table(tmp_path, "b.csv", "B,30,68,2001,1,4", ",30,68,2001,1,4"),
        ]
    )
    assert found.table[["site", "source"]].values.tolist() == [["A", "a.csv"], ["B", "b.csv"]]
    assert found.rejected[["file", "row", "reason"]].values.tolist() == [
        ["a.csv", 3, "no_flux"],
        ["b.csv", 3, "no_site"],
    ]
    assert found.counts == {
        **{"rows_read": 4, "rows_kept": 2, "rejected: no_site": 1, "rejected: no_flux": 1},
        "site_months": 2,
    }


@pytest.mark.parametrize(
    ("row", "is_double"),
    [
        ("B,20,68,2001,1,10", True),
        ("B,20.0237,68,2001,1,10.09", True),  # 0.99 km; 1 % of 10.09
        ("B,20.0243,68,2001,1,10", False),  # 1.01 km
        ("B,20,68.0089,2001,1,10", True),  # 0.99 km
        ("B,20,68.0091,2001,1,10", False),  # 1.01 km
        ("B,20,68,2001,1,10.2", False),
        ("B,20,68,2001,2,10", False),
        ("B,20,68,2002,1,10", False),
    ],
)
def test_the_same_place_month_and_flux_in_a_later_table_is_double(
    tmp_path: Path, row: str, is_double: bool
) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,20,68,2001,1,10"),
        table(tmp_path, "b.csv", row, "C,1,1,2001,1,1"),
    ]
    found = read_sources(sources)
    assert_adds_up(found)
    assert found.counts.get("rejected: other_source", 0) == is_double
    if is_double:
        assert found.rejected[["file", "row", "detail"]].values.tolist() == [
            ["b.csv", 2, "A in a.csv has this place, month and flux (10 g C m-2 month-1)"]
        ]


@pytest.mark.parametrize(("flux", "is_double"), [("0.14", True), ("0.16", False), ("0.06", True)])
def test_small_fluxes_are_the_same_within_a_twentieth_of_a_gram(
    tmp_path: Path, flux: str, is_double: bool
) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,20,68,2001,1,0.1"),
        table(tmp_path, "b.csv", f"B,20,68,2001,1,{flux}", "C,1,1,2001,1,1"),
    ]
    assert read_sources(sources).counts.get("rejected: other_source", 0) == is_double


def test_all_rows_of_a_double_month_are_left_out(tmp_path: Path) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,20,68,2001,1,10"),
        table(tmp_path, "b.csv", "B,20,68,2001,1,9", "B,20,68,2001,1,11", "B,20,68,2001,2,3"),
    ]
    found = read_sources(sources)
    assert found.counts["rejected: other_source"] == 2
    assert found.table[["site", "month", "flux_g_m2_month"]].values.tolist() == [
        ["A", 1, 10.0],
        ["B", 2, 3.0],
    ]


def test_the_same_month_with_another_flux_stays_and_is_counted(tmp_path: Path) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,20,68,2001,1,10"),
        table(tmp_path, "b.csv", "B,20,68,2001,1,20"),
    ]
    found = read_sources(sources)
    assert found.counts == {
        **{"rows_read": 2, "rows_kept": 2, "site_months": 2},
        "same_place_other_flux": 1,
    }


def test_doubles_across_the_antimeridian_are_found(tmp_path: Path) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,179.999,68,2001,1,10"),
        table(tmp_path, "b.csv", "B,-179.999,68,2001,1,10", "C,1,1,2001,1,1"),
    ]
    assert read_sources(sources).counts["rejected: other_source"] == 1


def test_doubles_within_one_table_are_its_own_affair(tmp_path: Path) -> None:
    found = read_sources([table(tmp_path, "a.csv", "A,20,68,2001,1,10", "B,20,68,2001,1,10")])
    assert len(found.table) == 2


def test_a_table_given_twice_adds_nothing(tmp_path: Path) -> None:
    source = table(tmp_path, "a.csv", "A,20,68,2001,1,10", "A,20,68,2001,1,12", "B,1,2,2003,2,1")
    once, twice = read_sources([source]), read_sources([source, source])
    assert twice.table.to_dict("records") == once.table.to_dict("records")
    assert twice.counts["rejected: other_source"] == 3
    assert_adds_up(twice)


def test_chambers_of_one_table_give_way_to_towers_of_another(tmp_path: Path) -> None:
    chambers = abcflux(tmp_path, "X_Ch01,Hill,P1,68,20,2001,1,3,NA,3.5,Ch")
    towers = tmp_path / "towers"
    towers.mkdir()
    (towers / "FLX_FI-Sod_FLUXNET2015_FULLSET_MM_2001-2014_1-4.csv").write_text(
        "TIMESTAMP,NEE_VUT_REF,NEE_VUT_REF_QC,RECO_NT_VUT_REF\n200101,0.1,0.8,0.2\n", "utf-8"
    )
    sites = tmp_path / "sites.csv"
    sites.write_text("SITE_ID,LOCATION_LAT,LOCATION_LONG\nFI-Sod,68.005,20\n", "utf-8")
    fluxnet = Source(str(towers), site_table=str(sites))
    found = read_sources([chambers, fluxnet])
    assert found.table["site"].tolist() == ["FI-Sod"]
    assert found.rejected[["file", "reason"]].values.tolist() == [["abcflux.csv", "tower_there"]]
    assert_adds_up(found)
    both = read_sources([chambers, fluxnet], Screen(chambers="all"))
    assert both.table["site"].tolist() == ["FI-Sod", "Hill P1"]


def test_respiration_and_net_exchange_are_not_mixed(tmp_path: Path) -> None:
    ours = tmp_path / "ours.csv"
    read_sources([abcflux(tmp_path, "X_t,Hill,P1,68,20,2001,1,3,NA,3.5,EC")], target="nee").write(
        ours
    )
    with pytest.raises(Wco2Error, match=r"nee in ours\.csv, reco in abcflux\.csv"):
        read_sources([Source(str(ours)), abcflux(tmp_path, "Y_t,Y,P,50,2,2001,1,3,NA,3.5,EC")])


def test_a_table_that_states_another_target_than_is_asked_for_is_refused(tmp_path: Path) -> None:
    ours = tmp_path / "ours.csv"
    read_sources([abcflux(tmp_path, "X_t,Hill,P1,68,20,2001,1,3,NA,3.5,EC")], target="nee").write(
        ours
    )
    with pytest.raises(Wco2Error, match=r"reco is asked for, but the tables hold nee in ours\.csv"):
        read_sources([Source(str(ours))], target="reco")
    assert read_sources([Source(str(ours))], target="nee").target == "nee"


def test_two_files_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    one = table(tmp_path, "2001/fluxes.csv", "A,20,68,2001,1,10", ",1,1,2001,1,1")
    two = table(tmp_path, "2002/fluxes.csv", "A,20,68,2002,1,10", ",1,1,2001,1,1")
    assert read_sources([one, two]).rejected["file"].tolist() == [one.file, two.file]


def test_a_table_of_which_nothing_is_left_is_named(tmp_path: Path) -> None:
    sources = [
        table(tmp_path, "a.csv", "A,20,68,2001,1,10"),
        table(tmp_path, "b.csv", "B,20,68,2001,1,NA"),
    ]
    with pytest.raises(Wco2Error, match=r"b\.csv: none of 1 rows is left"):
        read_sources(sources)


def test_no_table_at_all_is_refused() -> None:
    with pytest.raises(Wco2Error, match="no table of observations"):
        read_sources([])


_ROWS = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.sampled_from(["20", "20.001", "20.3", "NA"]),
        st.sampled_from(["2001", "2002"]),
        st.sampled_from(["1", "2", "13"]),
        st.sampled_from(["1", "1.02", "5", "NA", "x"]),
    ),
    max_size=15,
)


@settings(max_examples=25)
@given(st.lists(_ROWS, min_size=1, max_size=3))
def test_the_counts_of_any_tables_add_up(
    tmp_path_factory: pytest.TempPathFactory, tables: Sequence[Sequence[Sequence[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    sources = [
        table(
            folder,
            f"{k}.csv",
            f"S{k},{k},50,1999,1,1",
            *(f"{site},{x},68,{y},{m},{f}" for site, x, y, m, f in rows),
        )
        for k, rows in enumerate(tables)
    ]
    found = read_sources(sources, Screen(bad_rows="reject"))
    assert_adds_up(found)
    assert found.counts["rows_read"] == sum(1 + len(rows) for rows in tables)
    assert len(found.rejected) == found.counts["rows_read"] - found.counts["rows_kept"]
    assert read_sources([*sources, *sources], Screen(bad_rows="reject")).table.equals(found.table)


# --- Texts that a spreadsheet would run

RUNNING = ["=1+1", "+cmd|x", "-A1", "@SUM(1)", "'=1", "''-A1", "it's", "' quoted'", "-5", "Aa"]


@pytest.mark.parametrize("ending", [".csv", ".gpkg"])
def test_texts_that_run_are_written_harmless_and_read_as_they_were(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / "f.csv"
    rows = [f'"{text}",{10 + k},60,2001,1,5,"{text}"' for k, text in enumerate(RUNNING)]
    path.write_text("\n".join(["Site,Lon,Lat,Year,Month,Flux,How", *rows]) + "\n")
    columns = {
        **{"site": "Site", "longitude": "Lon", "latitude": "Lat", "year": "Year"},
        **{"month": "Month", "flux": "Flux", "method": "How"},
    }
    found = read_observations(path, columns=columns, flux_units="g C m-2 month-1")
    ours = tmp_path / f"o{ending}"
    found.write(ours)
    again = read_observations(ours)
    assert set(again.table["site"]) == set(RUNNING)
    assert again.table.to_dict("records") == found.table.to_dict("records")
    if ending == ".csv":
        for line in ours.read_text().splitlines()[1:]:
            assert line.lstrip('"').startswith(("'", "-5,", "Aa,", "it's"))


def test_rejected_rows_are_harmless_with_their_header(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        'Site,Lon,Lat,Year,Month,Flux,=x\n=1+1,10,60,2001,1,NA,"=2,2"\na,1,60,2001,1,5,\n'
    )
    columns = {
        **{"site": "Site", "longitude": "Lon", "latitude": "Lat", "year": "Year"},
        **{"month": "Month", "flux": "Flux"},
    }
    found = read_observations(path, columns=columns, flux_units="g C m-2 month-1")
    found.write(tmp_path / "o.csv", tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text().splitlines() == [
        "row,reason,detail,Site,Lon,Lat,Year,Month,Flux,'=x",
        "2,no_flux,Flux = NA,'=1+1,10,60,2001,1,NA,\"'=2,2\"",
    ]


def test_signs_that_are_not_seen_are_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("site,lon,lat,year,month,flux\nA\x14a\x1b[31m,10,60,2001,1,5\n")
    found = read_observations(path, columns=COLUMNS, flux_units=MONTHLY)
    assert found.table["site"].tolist() == ["Aa"]
