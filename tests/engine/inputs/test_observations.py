"""Observations: tables as people keep them, each row kept or accounted for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.cells import numbers
from wco2_engine.inputs.formats import FORMATS
from wco2_engine.inputs.formats.canonical import COLUMNS
from wco2_engine.inputs.observations import Observations, Source, read_observations, read_sources
from wco2_engine.inputs.rules import REASONS
from wco2_engine.inputs.screen import Screen, treatment_wanted

HEADER = "Site,Lon,Lat,Year,Month,Flux"
MAPPING = {
    **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
    **{"year": "Year", "month": "Month", "flux": "Flux"},
}
DAILY = "g C m-2 day-1"
MONTHLY = "g C m-2 month-1"
GOOD = "Toolik,-149.6,68.63,1984,2,0.5"
REJECT = Screen(bad_rows="reject")


def table(folder: Path, *lines: str, header: str = HEADER, name: str = "fluxes.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def read(path: Path, screen: Screen | None = None, **also: str) -> Observations:
    """Read a table of `HEADER` and of the columns `also`, in g C m-2 day-1."""
    return read_observations(path, columns={**MAPPING, **also}, flux_units=DAILY, screen=screen)


def reasons(found: Observations) -> dict[int, str]:
    return dict(zip(found.rejected["row"], found.rejected["reason"], strict=True))


def assert_adds_up(found: Observations) -> None:
    counts = found.counts
    rejected = sum(n for what, n in counts.items() if what.startswith("rejected: "))
    assert counts["rows_read"] == counts["rows_kept"] + rejected
    assert counts["rows_kept"] == found.table["n"].sum()
    assert counts["site_months"] == len(found.table)
    assert set(found.rejected["reason"]) <= set(REASONS)


# --- Time and units


@pytest.mark.parametrize(
    ("year", "month", "expected"), [(1984, 2, 14.5), (1985, 2, 14.0), (1984, 1, 15.5)]
)
def test_a_daily_flux_becomes_that_of_the_real_days_of_its_month(
    tmp_path: Path, year: int, month: int, expected: float
) -> None:
    found = read(table(tmp_path, f"Toolik,-149.6,68.63,{year},{month},0.5"))
    assert found.table["flux_g_m2_month"].tolist() == [expected]


@pytest.mark.parametrize("word", ["Feb", "february", "FEB.", "2月", "二月", "02", "2.0"])
def test_a_month_may_have_its_name(tmp_path: Path, word: str) -> None:
    found = read(table(tmp_path, f"Toolik,-149.6,68.63,1984,{word},0.5"))
    assert found.table["month"].tolist() == [2]
    assert found.table["flux_g_m2_month"].tolist() == [14.5]


def test_places_may_have_letters_for_their_hemispheres(tmp_path: Path) -> None:
    found = read(table(tmp_path, "Toolik,149°36'W,68.63N,1984,2,0.5"))
    assert found.table[["longitude", "latitude"]].values.tolist() == [[-149.6, 68.63]]


def test_a_column_for_each_month_is_named_with_the_way_out(tmp_path: Path) -> None:
    months = "Jan,Feb,Mar,Apr,May,Jun"
    path = table(tmp_path, "a,10,60,1984,1,2,3,4,5,6", header=f"Site,Lon,Lat,Year,{months}")
    for columns in (MAPPING, None):
        with pytest.raises(Wco2Error) as told:
            read_observations(path, columns=columns, flux_units=columns and DAILY)
        assert "a column for each month (Jan, Feb, Mar, …)" in told.value.hint


def test_a_table_of_no_known_format_is_told_with_its_own_columns(tmp_path: Path) -> None:
    path = table(tmp_path, "a,10,60,1984-01,2", header="站点,Lon,Lat,Date,CO2_flux")
    with pytest.raises(Wco2Error, match="no known format") as told:
        read_observations(path)
    assert (
        'columns = { site = "站点", longitude = "Lon", latitude = "Lat", flux = "CO2_flux", '
        'date = "Date" }'
    ) in told.value.hint


def test_a_monthly_flux_stays_as_it_is(tmp_path: Path) -> None:
    path = table(tmp_path, "Toolik,-149.6,68.63,1984,2,14.5")
    found = read_observations(path, columns=MAPPING, flux_units=MONTHLY)
    assert found.table["flux_g_m2_month"].tolist() == [14.5]


def test_a_table_has_the_canonical_columns_and_types(tmp_path: Path) -> None:
    found = read(table(tmp_path, GOOD))
    assert tuple(found.table.columns) == COLUMNS
    assert found.table.iloc[0].to_dict() == {
        **{"site": "Toolik", "longitude": -149.6, "latitude": 68.63, "year": 1984, "month": 2},
        **{"flux_g_m2_month": 14.5, "n": 1, "method": "", "source": "fluxes.csv"},
        "target": "",
    }
    for name in ("year", "month", "n"):
        assert found.table[name].dtype == np.int64
    assert found.rejected.empty
    assert found.counts == {"rows_read": 1, "rows_kept": 1, "site_months": 1}


@pytest.mark.parametrize(
    ("day", "year", "month"),
    [
        (1, 1985, 1),
        (31, 1985, 1),
        (32, 1985, 2),
        (59, 1985, 2),
        (60, 1985, 3),
        (60, 1984, 2),
        (366, 1984, 12),
    ],
)
def test_a_missing_month_comes_from_the_day_of_the_year(
    tmp_path: Path, day: int, year: int, month: int
) -> None:
    path = table(tmp_path, f"a,10,60,{year},,1,{day}", header=f"{HEADER},Day")
    assert read(path, day_of_year="Day").table["month"].tolist() == [month]


def test_a_month_wins_over_the_day_of_the_year(tmp_path: Path) -> None:
    path = table(tmp_path, "a,10,60,1985,4,1,1", header=f"{HEADER},Day")
    assert read(path, day_of_year="Day").table["month"].tolist() == [4]


@pytest.mark.parametrize(
    "date", ["1984-02-29", "1984-02", "198402", "19840229", "1984/02/29", "1984-02-29T12:30:00Z"]
)
def test_a_date_gives_year_and_month(tmp_path: Path, date: str) -> None:
    path = table(tmp_path, f"a,10,60,{date},1", header="Site,Lon,Lat,When,Flux")
    columns = {k: v for k, v in MAPPING.items() if k not in ("year", "month")}
    found = read_observations(path, columns={**columns, "date": "When"}, flux_units=DAILY)
    assert found.table[["year", "month"]].to_numpy().tolist() == [[1984, 2]]


@pytest.mark.parametrize("date", ["29.02.1984", "1985-02-29", "1984-13", "spring", "2/29/84"])
def test_a_date_that_is_none_is_refused(tmp_path: Path, date: str) -> None:
    path = table(tmp_path, f"a,10,60,{date},1", header="Site,Lon,Lat,When,Flux")
    columns = {k: v for k, v in MAPPING.items() if k not in ("year", "month")}
    with pytest.raises(Wco2Error, match=r"date|month") as caught:
        read_observations(path, columns={**columns, "date": "When"}, flux_units=DAILY)
    assert f"line 2 (When = {date})" in caught.value.message


@pytest.mark.parametrize(("day", "year"), [(0, 1984), (366, 1985), (400, 1984), (3.5, 1984)])
def test_a_day_that_its_year_lacks_is_refused(tmp_path: Path, day: float, year: int) -> None:
    path = table(tmp_path, f"a,10,60,{year},,1,{day}", header=f"{HEADER},Day")
    with pytest.raises(Wco2Error, match="a day that its year lacks"):
        read(path, day_of_year="Day")


# --- Merging


def test_a_table_without_years_is_of_the_year_that_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, "Toolik,-149.6,68.63,2,0.5", header="Site,Lon,Lat,Month,Flux")
    columns = {key: name for key, name in MAPPING.items() if key != "year"}
    source = Source(str(path), columns=columns, flux_units=DAILY, year=2004)
    found = read_sources([source])
    assert found.table[["year", "month", "flux_g_m2_month"]].to_numpy().tolist() == [
        [2004, 2, 14.5]
    ]
    assert any("its rows are of 2004 is as you say" in note for note in found.notes)
    with pytest.raises(Wco2Error, match="no column is named for year") as raised:
        read_sources([dataclasses.replace(source, year=None)])
    assert "year = 2005" in raised.value.hint


def test_a_year_beside_a_column_of_years_is_refused(tmp_path: Path) -> None:
    source = Source(str(table(tmp_path, GOOD)), columns=MAPPING, flux_units=DAILY, year=2004)
    with pytest.raises(Wco2Error, match=r"year = 2004 is for tables without years; .* 'Year'"):
        read_sources([source])


def test_days_of_a_site_month_are_averaged_before_they_become_a_month(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "b,20,50,1985,1,1.0,EC",
        "a,10,60,1984,2,0.25,Chamber",
        "a,10,60,1984,2,0.75,EC",
        "a,10,60,1984,2,0.5,Chamber",
        "a,10,60,1984,3,1.0,EC",
        header=f"{HEADER},How",
    )
    found = read(path, method="How")
    assert found.table[
        ["site", "year", "month", "flux_g_m2_month", "n", "method"]
    ].values.tolist() == [
        ["a", 1984, 2, 14.5, 3, "Chamber; EC"],
        ["a", 1984, 3, 31.0, 1, "EC"],
        ["b", 1985, 1, 31.0, 1, "EC"],
    ]
    assert_adds_up(found)


def test_a_median_is_taken_where_it_is_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, *(f"a,10,60,1984,1,{flux}" for flux in (1, 2, 9)))
    assert read(path).table["flux_g_m2_month"].tolist() == [pytest.approx(4 * 31)]
    assert read(path, Screen(merge="median")).table["flux_g_m2_month"].tolist() == [2 * 31]


def test_positions_within_a_hundredth_of_a_degree_are_merged_at_their_mean(tmp_path: Path) -> None:
    found = read(table(tmp_path, "a,10.001,60.002,1984,1,1", "a,10.003,60.004,1984,1,3"))
    row = found.table.iloc[0]
    assert (row["longitude"], row["latitude"]) == pytest.approx((10.002, 60.003))
    assert (row["n"], row["flux_g_m2_month"]) == (2, 62.0)


def test_near_positions_of_one_name_stay_one_site_with_a_row_each(tmp_path: Path) -> None:
    found = read(table(tmp_path, "a,10.00,60.00,1984,1,1", "a,10.05,60.00,1984,1,3"))
    assert found.table["site"].tolist() == ["a", "a"]
    assert found.table["longitude"].tolist() == [10.0, 10.05]


def test_one_name_for_places_far_apart_is_two_sites(tmp_path: Path) -> None:
    found = read(
        table(
            tmp_path,
            "a,10.00,60.00,1984,1,1",
            "a,10.05,60.00,1984,1,3",
            "a,-70.5,-50.25,1984,1,5",
            "b,0,0,1984,1,7",
        )
    )
    assert found.table["site"].tolist() == ["a @50.25S 70.50W", *["a @60.00N 10.00E"] * 2, "b"]


def test_places_on_both_sides_of_the_antimeridian_are_near(tmp_path: Path) -> None:
    found = read(table(tmp_path, "a,179.98,65,1984,1,1", "a,-179.98,65,1984,2,1"))
    assert found.table["site"].tolist() == ["a", "a"]


def test_longitudes_of_0_to_360_are_wrapped(tmp_path: Path) -> None:
    found = read(table(tmp_path, "a,210.4,68,1984,1,1", "b,180,68,1984,1,1", "c,360,68,1984,1,1"))
    assert found.table["longitude"].tolist() == pytest.approx([-149.6, -180.0, 0.0])


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from([10.0, 10.004, 10.3, -120.0]),
            st.integers(1980, 1982),
            st.sampled_from(["1", "2", "12", "13", "", "x"]),
            st.sampled_from(["0.5", "1.25", "-9999", "NA", "much"]),
            st.sampled_from(["", "control", "Burned"]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_rows_kept_and_rejected_add_up_to_the_rows_read(
    tmp_path_factory: pytest.TempPathFactory, rows: Sequence[Iterable[object]]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    lines = ["ok,0,60,1980,1,1,", *(f"{s},{x},60,{y},{m},{f},{t}" for s, x, y, m, f, t in rows)]
    found = read(table(folder, *lines, header=f"{HEADER},T"), REJECT, treatment="T")
    assert_adds_up(found)
    assert found.counts["rows_read"] == len(lines)
    key = ["site", "year", "month", "longitude", "latitude"]
    assert not found.table.duplicated(key).any()
    assert found.table["flux_g_m2_month"].between(0.5 * 28, 1.25 * 31).all()


# --- Rows that are left out


def test_each_row_is_rejected_by_the_first_rule_that_hits_it(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        GOOD + ",",
        ",10,60,1984,1,1,",
        "a,NA,60,1984,1,1,",
        "a,10,95,1984,1,1,",
        "a,10,60,,13,,Burned",
        "a,10,60,19.5,1,1,",
        "a,10,60,1984,13,1,",
        "a,10,60,1984,1,-9999,Burned",
        "a,10,60,1984,1,-9999.00,",
        "a,10,60,1984,1,<0.1,",
        "a,10,60,1984,1,inf,",
        "a,10,60,1984,1,1,Burned",
        "a,10,60,1991,1,1,",
        "a,10,60,1984,1,9,",
        header=f"{HEADER},T",
    )
    screen = Screen(bad_rows="reject", years="1980-1989", flux_range=(-10, 100))
    found = read(path, screen, treatment="T")
    assert reasons(found) == {
        **{3: "no_site", 4: "no_coordinates", 5: "coordinates_outside", 6: "no_date"},
        **{7: "year_outside", 8: "month_outside", 9: "no_flux", 10: "no_flux"},
        **{11: "flux_unreadable", 12: "flux_unreadable", 13: "treatment"},
        **{14: "year_not_wanted", 15: "flux_outside"},
    }
    assert found.counts["rejected: no_flux"] == 2
    assert_adds_up(found)


def test_a_rejected_row_keeps_what_the_file_says(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD + ",x", 'a,10,60,1984,1993.0,1,"kept, too"', header=f"{HEADER},row")
    found = read(path, REJECT)
    assert found.rejected.to_dict("records") == [
        {
            **{"row": 3, "reason": "month_outside", "detail": "Month = 1993.0"},
            **{"Site": "a", "Lon": "10", "Lat": "60", "Year": "1984", "Month": "1993.0"},
            **{"Flux": "1", "row (in the file)": "kept, too"},
        }
    ]


def test_blank_lines_and_quoted_line_breaks_do_not_shift_the_lines(tmp_path: Path) -> None:
    lines = (GOOD + ",", "", 'a,10,60,1984,1,1,"two\nlines"', ",,,,,,", "a,10,60,1984,1,,")
    found = read(table(tmp_path, *lines, header=f"{HEADER},Note"))
    assert reasons(found) == {7: "no_flux"}
    assert found.counts["rows_read"] == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,10,60,1984,13,1", "1 row with a month outside 1 to 12: line 3 (Month = 13)"),
        ("a,10,60,1984,0,1", "line 3 (Month = 0)"),
        ("a,10,60,1984,1.5,1", "line 3 (Month = 1.5)"),
        ("a,10,60,1984,Jänner,1", "line 3 (Month = Jänner)"),
        ("a,10,60,84,1,1", "a year outside 1800 to 2300: line 3 (Year = 84)"),
        ("a,400,60,1984,1,1", "line 3 (Lat = 60, Lon = 400)"),
        ("a,-181,60,1984,1,1", "line 3 (Lat = 60, Lon = -181)"),
        ("a,10,60X,1984,1,1", "line 3 (Lat = 60X, Lon = 10)"),
        ("a,10,60,1984,1,n.d.", "a flux that is no number: line 3 (Flux = n.d.)"),
    ],
)
def test_an_impossible_value_in_ones_own_table_is_refused_with_its_row(
    tmp_path: Path, line: str, said: str
) -> None:
    path = table(tmp_path, GOOD, line)
    with pytest.raises(Wco2Error) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert said in caught.value.message
    assert 'bad_rows = "reject"' in caught.value.hint
    assert reasons(read(path, REJECT)).keys() == {3}


def test_many_impossible_values_are_counted_and_the_first_few_are_shown(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="7 rows with a month outside") as caught:
        read(table(tmp_path, GOOD, *["a,10,60,1984,13,1"] * 7))
    assert "line 7 (Month = 13); …" in caught.value.message
    assert "line 8" not in caught.value.message


def test_swapped_coordinates_are_seen_to_be_swapped(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="latitude outside") as caught:
        read(table(tmp_path, "a,68.63,-149.6,1984,1,1", "b,35.1,92.3,1984,1,1"))
    assert "look swapped" in caught.value.hint


def test_a_table_of_which_nothing_is_left_is_an_error_with_the_counts(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match=r"none of 2 rows is left.*1 rejected: no_flux") as caught:
        read(table(tmp_path, "a,10,60,1984,1,", ",10,60,1984,1,1"))
    assert "1 rejected: no_site" in caught.value.message


# --- Treatments


@pytest.mark.parametrize(
    "text",
    [
        *("", "Control", "CK", " control ", "Not  burned", "Unburned", "Ambient plot", "none"),
        *("Control-tussock", "control- high biocrust cover", "CK-no fertilizer"),
    ],
)
def test_a_control_is_kept(text: str) -> None:
    assert treatment_wanted(np.array([text.strip()], object), "control").all()


@pytest.mark.parametrize(
    "text",
    [
        *("Burned", "un-control", "AVG", "Average of three", "natural forest", "Oak", "Plot II"),
        *("biomass removal (a) control", "control disturbed", "Pine-Control", "controlled burn"),
    ],
)
def test_what_is_not_surely_a_control_is_left_out(text: str) -> None:
    assert not treatment_wanted(np.array([text], object), "control").any()


@pytest.mark.parametrize(
    ("treatments", "kept"),
    [
        ("control", ["", "CK"]),
        ("all", ["", "Burned", "CK", "Oak"]),
        (("oak", "Burned"), ["Burned", "Oak"]),
        (("", "oak"), ["", "Oak"]),
    ],
)
def test_a_screen_keeps_the_treatments_it_names(
    tmp_path: Path, treatments: Any, kept: list[str]
) -> None:
    texts = ["", "CK", "Burned", "Oak"]
    lines = [f"site {t},10,60,1984,1,1,{t}" for t in texts]
    screen = Screen(treatments=treatments)
    found = read(table(tmp_path, *lines, header=f"{HEADER},T"), screen, treatment="T")
    assert found.table["site"].tolist() == [f"site {t}".strip() for t in kept]
    assert set(found.rejected["detail"]) == {
        f"T = {t or 'missing'}" for t in texts if t not in kept
    }


# --- The screen itself


def test_a_screen_survives_json() -> None:
    screen = Screen(treatments=("", "Oak"), flux_range=(0, 50), years="1982-2022", merge="median")
    assert Screen(**json.loads(json.dumps(dataclasses.asdict(screen)))) == screen


@pytest.mark.parametrize(
    "fields",
    [
        *({"treatments": "controls"}, {"bad_rows": "drop"}, {"merge": "sum"}),
        *({"flux_range": (5, 1)}, {"flux_range": (5,)}, {"flux_range": 3}, {"years": "199"}),
    ],
)
def test_a_screen_that_means_nothing_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Wco2Error):
        Screen(**fields)


# --- Text tables


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_seen(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "fluxes.txt"
    path.write_text("\n".join([HEADER, GOOD]).replace(",", separator), encoding="utf-8")
    assert read(path).table["flux_g_m2_month"].tolist() == [14.5]


def test_semicolons_allow_a_decimal_comma(tmp_path: Path) -> None:
    path = table(tmp_path, "Toolik;-149,6;68,63;1984;2;0,5", header=HEADER.replace(",", ";"))
    row = read(path).table.iloc[0]
    assert (row["longitude"], row["latitude"], row["flux_g_m2_month"]) == (-149.6, 68.63, 14.5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_the_encoding_is_seen(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "fluxes.csv"
    path.write_bytes(f"{HEADER}\r\nNorðurland,-18,65,1984,2,0.5\r\n".encode(encoding))
    assert read(path).table["site"].tolist() == ["Norðurland"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b",,,\n", "is empty"),
        (HEADER.encode(), "has no rows"),
        (b"just some words\nof prose\n", "a single column"),
        (b"PK\x03\x04\0\0\0", "is no text"),
        (b"Site,Lat,Lat\na,1,2\n", "two columns 'Lat'"),
        (HEADER.encode() + b"\na,10,60,1984,1,1,5\n", "line 2: 7 cells where the header names 6"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "fluxes.csv"
    path.write_bytes(content)
    with pytest.raises(Wco2Error) as caught:
        read(path)
    assert said in caught.value.message
    assert "fluxes.csv" in caught.value.message


def test_empty_cells_at_the_end_of_a_line_may_be_left_away(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD, GOOD + ",,", header=f"{HEADER},Note")
    assert read(path).counts["rows_kept"] == 2


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    with pytest.raises(Wco2Error, match="does not exist") as caught:
        read(tmp_path / "flux.csv")
    assert "fluxes.csv" in caught.value.hint


# --- Formats and mappings


def test_an_unknown_key_of_a_mapping_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="unknown key 'lattitude'") as caught:
        read(table(tmp_path, GOOD), lattitude="Lat")
    assert "latitude" in caught.value.hint


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="no column 'Fluxx' for the flux") as caught:
        read(table(tmp_path, GOOD), flux="Fluxx")
    assert "'Flux'" in caught.value.hint


@pytest.mark.parametrize("key", ["site", "longitude", "latitude", "year", "month", "flux"])
def test_a_mapping_without_what_is_needed_says_so(tmp_path: Path, key: str) -> None:
    columns = {k: v for k, v in MAPPING.items() if k != key}
    with pytest.raises(Wco2Error, match=f"no column is named for .*{key}") as caught:
        read_observations(table(tmp_path, GOOD), columns=columns, flux_units=DAILY)
    assert "columns = {" in caught.value.hint


def test_a_mapping_needs_the_unit_of_its_flux(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="unit of the flux is not given"):
        read_observations(table(tmp_path, GOOD), columns=MAPPING)
    with pytest.raises(Wco2Error, match="'W m-2' is no unit of a CO2 flux"):
        read_observations(table(tmp_path, GOOD), columns=MAPPING, flux_units="W m-2")


def test_a_table_of_no_known_format_names_the_nearest_and_what_it_lacks(tmp_path: Path) -> None:
    header = "Study_number,Site_ID,RS_Norm,Measure_Year,Measure_Month"
    with pytest.raises(Wco2Error, match=r"nearest is 'dgrsd'.*lacks: Measure_DOY") as caught:
        read_observations(table(tmp_path, "1,a,2,1984,1", header=header))
    assert "columns = {" in caught.value.hint


def test_an_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="unknown format 'dgrs'") as caught:
        read_observations(table(tmp_path, GOOD), format="dgrs")
    assert "dgrsd" in caught.value.hint


def test_units_that_contradict_a_format_are_refused(tmp_path: Path) -> None:
    path = dgrsd(tmp_path, "1,a,1984,1,15,0.5,,IRGA")
    with pytest.raises(Wco2Error, match="fluxes of the format 'dgrsd'"):
        read_observations(path, flux_units="g C m-2 month-1")
    assert len(read_observations(path, flux_units="gC/m2/d").table) == 1


def test_columns_beside_a_named_format_replace_its_own(tmp_path: Path) -> None:
    path = dgrsd(tmp_path, "1,a,1984,1,15,0.5,,IRGA")
    also = {"flux": "Study_number"}
    found = read_observations(path, format="dgrsd", columns=also, flux_units=MONTHLY)
    assert found.table["flux_g_m2_month"].tolist() == [1.0]


def test_every_format_knows_itself_and_no_other() -> None:
    for name, one in FORMATS.items():
        assert one.name == name
        for signature in one.signatures:
            assert [f.name for f in FORMATS.values() if f.looks_like(signature)] == [name]


# --- DGRsD


def dgrsd(folder: Path, *lines: str) -> Path:
    header = (
        "Study_number,Site_ID,Measure_Year,Measure_Month,Measure_DOY,RS_Norm,Treatment,Meas_Method"
    )
    placed = [f"{line},51.81,-0.36" for line in lines]
    return table(folder, *placed, header=f"{header},Latitude,Longitude", name="dgrsd.csv")


def test_dgrsd_is_known_by_its_columns(tmp_path: Path) -> None:
    found = read_observations(
        dgrsd(
            tmp_path,
            "17,GB-ROT,1984,2,35,0.25,,Soda lime",
            "18,GB-ROT,1984,,36,0.75,Control,IRGA",
            "18,GB-ROT,1984,1984,36,0.75,,IRGA",
            "18,GB-ROT,1984,2,36,0.75,Oak,IRGA",
        )
    )
    assert found.table.iloc[0].to_dict() == {
        **{"site": "GB-ROT", "longitude": -0.36, "latitude": 51.81, "year": 1984, "month": 2},
        **{"flux_g_m2_month": 14.5, "n": 2, "method": "IRGA; Soda lime"},
        **{"source": "DGRsD study 17; DGRsD study 18", "target": "reco"},
    }
    assert reasons(found) == {4: "month_outside", 5: "treatment"}
    assert "source of the row" not in found.rejected


def test_impossible_values_of_a_published_format_are_an_error_where_that_is_asked(
    tmp_path: Path,
) -> None:
    path = dgrsd(tmp_path, "18,GB-ROT,1984,1984,36,0.75,,IRGA")
    with pytest.raises(Wco2Error, match=r"line 2 \(Measure_Month = 1984\)"):
        read_observations(path, screen=Screen(bad_rows="error"))


# --- Point layers


def layer(
    folder: Path, geometry: Sequence[Any], crs: str | None = "EPSG:3408", **columns: Any
) -> Path:
    count = len(geometry)
    values = {"Site": list("abcdefgh")[:count], "Year": [1984] * count, "Flux": [0.5] * count}
    frame = pandas.DataFrame({**values, "Month": [2] * count, **columns})
    path = folder / "points.gpkg"
    geopandas.GeoDataFrame(frame, geometry=list(geometry), crs=crs).to_file(
        path, driver="GPKG", layer="sites"
    )
    return path


LAYER_MAPPING = {k: v for k, v in MAPPING.items() if k not in ("longitude", "latitude")}


def test_points_give_the_coordinates_in_degrees(tmp_path: Path) -> None:
    # In the equal-area projection of the north the x axis runs along 90 E, the pole is at 0, 0.
    path = layer(tmp_path, [Point(2e6, 0), MultiPoint([(0, 0)]), None])
    found = read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY)
    assert found.table["latitude"].tolist() == pytest.approx([72.0, 90.0], abs=0.1)
    assert found.table["longitude"].iloc[0] == pytest.approx(90.0)
    assert found.table["flux_g_m2_month"].tolist() == [14.5, 14.5]
    assert found.rejected[["row", "reason", "detail"]].values.tolist() == [
        [3, "no_coordinates", "geometry = missing"]
    ]
    assert "geometry" not in found.rejected


def test_numbers_with_gaps_and_times_are_read_from_a_layer(tmp_path: Path) -> None:
    when = pandas.to_datetime(["1984-02-29", "1985-03-01"])
    path = layer(
        tmp_path,
        [Point(10, 60), Point(11, 60)],
        "EPSG:4326",
        Month=[1, None],
        When=when,
        Site=[7, 8],
    )
    columns = {**LAYER_MAPPING, "date": "When"}
    table_read = read_observations(path, columns=columns, flux_units=DAILY).table
    assert table_read[["site", "year", "month"]].values.tolist() == [["7", 1984, 1], ["8", 1984, 3]]


def test_a_layer_without_a_crs_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "points.shp"
    frame = geopandas.GeoDataFrame(
        {"Site": ["a"], "Year": [1984], "Month": [2], "Flux": [0.5]}, geometry=[Point(10, 60)]
    )
    frame.to_file(path)
    with pytest.raises(Wco2Error, match="states no CRS"):
        read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY)
    with pytest.raises(Wco2Error, match="no CRS that PROJ knows"):
        read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY, crs="EPSG:nine")
    found = read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY, crs="EPSG:4326")
    assert found.table[["longitude", "latitude"]].values.tolist() == [[10.0, 60.0]]


def test_a_crs_where_none_is_needed_is_refused(tmp_path: Path) -> None:
    path = layer(tmp_path, [Point(0, 0)])
    with pytest.raises(Wco2Error, match="which states its own"):
        read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY, crs="EPSG:4326")
    with pytest.raises(Wco2Error, match="coordinates are degrees in columns"):
        read_observations(table(tmp_path, GOOD), columns=MAPPING, flux_units=DAILY, crs="EPSG:4326")


def test_a_line_is_no_point(tmp_path: Path) -> None:
    path = layer(tmp_path, [Point(0, 0), LineString([(0, 0), (1, 1)])])
    with pytest.raises(Wco2Error, match="feature 2: the geometry is a LineString"):
        read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY)


def test_one_of_several_layers_is_asked_for_by_name(tmp_path: Path) -> None:
    path = layer(tmp_path, [Point(0, 0)])
    geopandas.read_file(path).to_file(path, driver="GPKG", layer="copy")
    with pytest.raises(Wco2Error, match="has 2 layers") as caught:
        read_observations(path, columns=LAYER_MAPPING, flux_units=DAILY)
    assert "|layername=" in caught.value.hint
    with pytest.raises(Wco2Error, match="no layer 'site'") as caught:
        read_observations(f"{path}|layername=site", columns=LAYER_MAPPING, flux_units=DAILY)
    assert "sites" in caught.value.hint
    found = read_observations(f"{path}|layername=sites", columns=LAYER_MAPPING, flux_units=DAILY)
    assert len(found.table) == 1


def test_a_file_that_ogr_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    path.write_text("not a GeoPackage")
    with pytest.raises(Wco2Error, match=r"can't be read as vector data: it is no \.gpkg"):
        read_observations(path)


# --- The engine's own table


@pytest.fixture
def some(tmp_path: Path) -> Observations:
    lines = [
        *(
            "a,10.1,60.2,1984,2,0.1,EC,",
            "a,10.1,60.2,1984,2,0.2,Chamber,",
            "a,10.1,60.2,1984,2,0.4,EC,",
        ),
        *("b,200.3,70.7,1990,11,0.3,EC,", "b,10.3,50.7,1990,11,0.3,EC,", "b,10.3,50,1990,11,,EC,"),
    ]
    return read(table(tmp_path, *lines, header=f"{HEADER},How,T"), method="How", treatment="T")


@pytest.mark.parametrize("name", ["observations.csv", "observations.gpkg"])
def test_what_was_written_reads_back_as_it_was(
    tmp_path: Path, some: Observations, name: str
) -> None:
    path = tmp_path / "out" / name
    some.write(path, tmp_path / "out" / "rejected.csv")
    again = read_observations(path)
    pandas.testing.assert_frame_equal(again.table, some.table, check_dtype=False, check_exact=True)
    assert again.counts == {"rows_read": 5, "rows_kept": 5, "site_months": 3}
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv")
    assert rejected[["row", "reason", "detail"]].values.tolist() == [
        [7, "no_flux", "Flux = missing"]
    ]
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([name, "rejected.csv"])


def test_writing_leaves_the_table_as_it_was(tmp_path: Path, some: Observations) -> None:
    some.write(tmp_path / "observations.gpkg")
    assert tuple(some.table.columns) == COLUMNS


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_as_text_is_that_number_again(value: float) -> None:
    read_back = numbers(pandas.Series([repr(value)], dtype=object))
    assert read_back.values[0] == value or value == -9999


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "-9999", "-9999.0", "-9999.00", "NULL"])
def test_what_is_missing_is_no_number(text: str) -> None:
    read_back = numbers(pandas.Series([text], dtype=object))
    assert read_back.missing[0]
    assert not read_back.unreadable[0]


@pytest.mark.parametrize("text", ["n.d.", "1_000", "inf", "1,5,6", "5 %"])
def test_what_is_no_number_is_unreadable_and_not_missing(text: str) -> None:
    read_back = numbers(pandas.Series([text], dtype=object))
    assert read_back.unreadable[0]
    assert not read_back.missing[0]


def test_a_written_layer_is_points_in_degrees(tmp_path: Path, some: Observations) -> None:
    some.write(tmp_path / "observations.gpkg")
    layer_read = geopandas.read_file(tmp_path / "observations.gpkg")
    assert layer_read.crs.to_epsg() == 4326
    assert [(p.x, p.y) for p in layer_read.geometry] == some.table[["longitude", "latitude"]].apply(
        tuple, axis=1
    ).tolist()


def test_merged_rows_weigh_by_what_they_stand_for(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "a,10,60,1984,1,10,3,EC; Soda lime,x",
        "a,10,60,1984,1,20,1,EC,y",
        header=",".join(COLUMNS),
    )
    found = read_observations(path)
    assert found.table[["flux_g_m2_month", "n", "method", "source"]].values.tolist() == [
        [12.5, 4, "EC; Soda lime", "x; y"]
    ]
    assert_adds_up(found)


def test_a_count_that_is_none_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "a,10,60,1984,1,10,0.5,EC,x", header=",".join(COLUMNS))
    with pytest.raises(Wco2Error, match=r"whole number above 0: line 2 \(n = 0\.5\)"):
        read_observations(path)


def test_an_output_of_another_kind_is_refused(tmp_path: Path, some: Observations) -> None:
    with pytest.raises(Wco2Error, match=r"can't be written as a\.shp"):
        some.write(tmp_path / "a.shp")
    with pytest.raises(Wco2Error, match=r"can't be written as b\.gpkg"):
        some.write(tmp_path / "a.csv", tmp_path / "b.gpkg")
    assert not (tmp_path / "a.csv").exists()


# --- The real case


@pytest.fixture(scope="module")
def real_table(realcase: Path) -> Path:
    return realcase / "observations" / "dgrsd_daily_soil_respiration.csv"


@pytest.mark.parametrize(("treatments", "kept"), [("all", 26_381), ("control", 16_612)])
def test_every_row_of_the_real_case_is_accounted_for(
    real_table: Path, treatments: str, kept: int
) -> None:
    found = read_observations(real_table, screen=Screen(treatments=treatments))
    left_out = {} if treatments == "all" else {"rejected: treatment": 26_381 - kept}
    assert {k: v for k, v in found.counts.items() if k != "site_months"} == {
        **{"rows_read": 28_166, "rows_kept": kept},
        **{"rejected: no_coordinates": 127, "rejected: coordinates_outside": 8},
        **{"rejected: no_date": 1_266, "rejected: month_outside": 44, "rejected: no_flux": 340},
        **left_out,
    }
    assert_adds_up(found)
    assert not found.table.duplicated(["site", "year", "month", "longitude", "latitude"]).any()


def test_the_real_cases_winter_months_are_those_counted_by_hand(real_table: Path) -> None:
    found = read_observations(real_table, screen=Screen(treatments="all")).table
    raw = pandas.read_csv(real_table, low_memory=False)
    day = raw["Measure_DOY"].fillna(1).astype(int) - 1
    dates = pandas.to_datetime(raw["Measure_Year"].astype(str)) + pandas.to_timedelta(day, unit="D")
    of_day = dates.dt.month.where(raw["Measure_DOY"].notna())
    raw["month"] = raw["Measure_Month"].fillna(of_day)
    usable = raw["RS_Norm"].notna() & raw["Latitude"].between(45, 90)
    raw = raw[usable & raw["month"].isin([10, 11, 12, 1, 2, 3, 4])]
    expected = raw.groupby(["Site_ID", "Latitude", "Longitude", "Measure_Year", "month"])
    north = found[(found["latitude"] >= 45) & found["month"].isin([10, 11, 12, 1, 2, 3, 4])]
    assert len(north) == expected.ngroups == 3_037
    assert north["n"].sum() == len(raw)
    daily = expected["RS_Norm"].mean().reset_index()
    in_month = pandas.to_datetime(
        {"year": daily["Measure_Year"], "month": daily["month"], "day": 1}
    ).dt.days_in_month
    assert north["flux_g_m2_month"].sum() == pytest.approx((daily["RS_Norm"] * in_month).sum())


def test_without_days_of_the_year_the_winters_are_those_that_the_real_case_states(
    real_table: Path,
) -> None:
    """2,776 site-months at 291 sites are stated; two, at one site, lie at a latitude of 119.23."""
    columns = {
        **{"site": "Site_ID", "longitude": "Longitude", "latitude": "Latitude"},
        **{"year": "Measure_Year", "month": "Measure_Month", "flux": "RS_Norm"},
    }
    found = read_observations(real_table, columns=columns, flux_units=DAILY, screen=REJECT).table
    north = found[(found["latitude"] >= 45) & found["month"].isin([10, 11, 12, 1, 2, 3, 4])]
    site = north["site"].str.split(" @").str[0]
    assert len(set(zip(site, north["year"], north["month"], strict=True))) == 2_776 - 2
    assert site.nunique() == 291 - 1
