"""What can't be a flux, what shows a wrong unit, and what shows that places are none of sites."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.cells import is_missing_code
from wco2_engine.inputs.observations import Observations, Source, read_observations, read_sources
from wco2_engine.inputs.plausible import coarse_grid, flux_facts, told
from wco2_engine.inputs.rows import missing_codes
from wco2_engine.inputs.screen import Screen

HEADER = "Site,Lon,Lat,Year,Month,Flux"
MAPPING = {
    **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
    **{"year": "Year", "month": "Month", "flux": "Flux"},
}
DAILY = "g C m-2 day-1"
MONTHLY = "g C m-2 month-1"


def table(
    folder: Path, *fluxes: object, header: str = HEADER, more: str = "", name: str = "f.csv"
) -> Path:
    path = folder / name
    rows = [f"S{k},{10.01 * k},60.3,2001,1,{flux}{more}" for k, flux in enumerate(fluxes)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def read(path: Path, units: str = DAILY, screen: Screen | None = None, **also: str) -> Observations:
    return read_observations(path, columns={**MAPPING, **also}, flux_units=units, screen=screen)


# --- Codes for missing fluxes


@pytest.mark.parametrize(
    "word",
    [
        *("-999", "-99", "-6999", "9999", "-9999.99", "-99999", "1e20", "-9999", "-999.9", "1e30"),
        *("-8888", "9.96921e+36", "3.4028235e38", "-32768", "NA", "N/A", "nan", "None", "-", "--"),
    ],
)
@pytest.mark.parametrize("units", [DAILY, MONTHLY])
def test_words_for_a_missing_flux_are_no_fluxes(tmp_path: Path, word: str, units: str) -> None:
    found = read(table(tmp_path, 0.5, 0.25, word, 0.75), units)
    assert found.counts["rows_read"] == 4
    assert found.counts["rejected: no_flux"] == 1
    assert found.rejected["detail"].tolist() == [f"Flux = {word}"]


def test_codes_are_told(tmp_path: Path) -> None:
    found = read(table(tmp_path, 0.5, -999, -999, -6999))
    assert "f.csv: fluxes that are codes for missing ones: -6999 (1 times), -999 (2 times)" in (
        found.notes
    )


def test_a_code_that_may_be_a_flux_is_one_where_it_is_alone_among_the_like() -> None:
    values = np.array([-120.0, -99.0, -85.5, 3.0])
    assert not missing_codes(values, values).any()
    twice = np.array([-120.0, -99.0, -99.0, 3.0])
    assert missing_codes(twice, twice).tolist() == [False, True, True, False]
    apart = np.array([-12.0, -99.0, 30.5, 3.0])
    assert missing_codes(apart, apart).tolist() == [False, True, False, False]


def test_large_numbers_are_no_codes_where_they_can_be_fluxes() -> None:
    # 999 ug C m-2 day-1 are 0.03 g C m-2 month-1.
    values = np.array([999.0, 850.0, 1203.0])
    assert is_missing_code(values).tolist() == [True, False, False]
    assert not missing_codes(values, values * 31e-6).any()


# --- Fluxes that can't be


@pytest.mark.parametrize(
    ("flux", "shown"), [("1e308", "inf"), ("50", "1550"), ("-17", "-527"), ("1e15", "3.1e+16")]
)
def test_a_flux_that_can_not_be_is_refused_with_its_size(
    tmp_path: Path, flux: str, shown: str
) -> None:
    path = table(tmp_path, 0.5, flux)
    with pytest.raises(
        Wco2Error, match=r"1 row with a flux outside -500 to 1000 g C m-2"
    ) as caught:
        read(path)
    assert f"line 3 (Flux = {flux}, in g C m-2 month-1 = {shown})" in caught.value.message
    found = read(path, screen=Screen(bad_rows="reject"))
    assert found.counts["rejected: flux_implausible"] == 1
    assert np.isfinite(found.table["flux_g_m2_month"]).all()


def test_a_wider_range_of_the_user_widens_what_can_be(tmp_path: Path) -> None:
    path = table(tmp_path, 0.5, 50)
    assert read(path, screen=Screen(flux_range=(0, 2000))).counts["rows_kept"] == 2
    narrow = read(path.with_name(table(tmp_path, 0.5, 30).name), screen=Screen(flux_range=(0, 100)))
    assert narrow.counts["rejected: flux_outside"] == 1


# --- Units


def many(folder: Path, factor: float, header: str = HEADER) -> Path:
    """Thirty winter months of 7 to 36 g C m-2 month-1 times a factor."""
    return table(folder, *(factor * (7 + k) for k in range(30)), header=header)


def test_facts_count_and_rank_the_fluxes(tmp_path: Path) -> None:
    facts = read(many(tmp_path, 1.0), MONTHLY).fluxes
    assert facts["unit"] == MONTHLY
    assert facts["all"] == facts["winter"]
    assert (facts["winter"]["site_months"], facts["winter"]["sites"]) == (30, 30)
    assert facts["winter"]["quantiles"]["0.5"] == pytest.approx(21.5)
    assert facts["winter"]["quantiles"]["0"] == 7
    assert facts["warning"] == ""
    assert told(facts)[1] == (
        "30 winter months (October to April) of 30 sites: median flux 21.5, 5 to 95 % 8.45 to "
        "34.5, all 7 to 36 g C m-2 month-1"
    )


@pytest.mark.parametrize("factor", [1 / 42, 1 / 31, 31.0])
def test_a_wrong_unit_is_seen_by_the_median(tmp_path: Path, factor: float) -> None:
    found = read(many(tmp_path, factor), MONTHLY, Screen(bad_rows="reject"))
    assert "look at flux_units" in found.fluxes["warning"]
    assert found.notes[-1] == found.fluxes["warning"]


def test_facts_of_no_rows_are_no_error(tmp_path: Path) -> None:
    none = read(many(tmp_path, 1.0), MONTHLY).table.iloc[:0]
    assert flux_facts(none)["all"] == {"site_months": 0, "sites": 0, "quantiles": {}}
    assert told(flux_facts(none)) == []


def test_a_unit_that_the_header_contradicts_is_refused(tmp_path: Path) -> None:
    header = HEADER.replace("Flux", "Flux [umol m-2 s-1]")
    columns = {**MAPPING, "flux": "Flux [umol m-2 s-1]"}
    path = table(tmp_path, 0.5, header=header)
    with pytest.raises(Wco2Error, match=r"says 'umol m-2 s-1', but flux_units is 'g C m-2 day-1'"):
        read_observations(path, columns=columns, flux_units=DAILY)
    found = read_observations(path, columns=columns, flux_units="µmol CO2 m-2 s-1")
    assert found.table["flux_g_m2_month"].tolist() == [pytest.approx(0.5 * 1.0377504 * 31)]


def test_a_unit_that_a_row_of_units_contradicts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"{HEADER}\n-,deg,deg,yyyy,,g C m-2 mo-1\na,10,60,2001,1,5\nb,1,60,2001,1,5\n")
    with pytest.raises(Wco2Error, match="says 'g C m-2 mo-1'"):
        read(path)
    assert read(path, MONTHLY).table["flux_g_m2_month"].tolist() == [5.0, 5.0]


def test_a_published_column_keeps_its_published_unit(tmp_path: Path) -> None:
    header = (
        "Study_number,Site_ID,Longitude,Latitude,Measure_Year,Measure_Month,RS_Norm,Measure_DOY"
    )
    path = tmp_path / "dgrsd.csv"
    path.write_text(f"{header}\n1,A,10,60,2001,1,0.5,\n")
    columns = {
        **{"site": "Site_ID", "longitude": "Longitude", "latitude": "Latitude"},
        **{"year": "Measure_Year", "month": "Measure_Month", "flux": "RS_Norm"},
    }
    with pytest.raises(Wco2Error, match=r"'RS_Norm' of 'dgrsd'.* is published in g C m-2 day-1"):
        read_observations(path, columns=columns, flux_units="mg C m-2 h-1")
    assert read_observations(path, columns=columns, flux_units=DAILY).target == "reco"


# --- Respiration or net exchange


def test_the_name_of_a_column_says_what_the_flux_is(tmp_path: Path) -> None:
    for column, target in (("NEE_month", "nee"), ("Reco", "reco"), ("soilResp", "reco")):
        path = table(tmp_path, 0.5, header=HEADER.replace("Flux", column))
        assert read(path, flux=column).target == target
    path = table(tmp_path, 0.5, header=HEADER.replace("Flux", "NEE"))
    with pytest.raises(Wco2Error, match="taken from 'NEE', which is nee by its name, but reco is"):
        read_observations(path, columns={**MAPPING, "flux": "NEE"}, flux_units=DAILY, target="reco")


@pytest.mark.parametrize("column", ["GPP", "NEP_gC"])
def test_what_counts_uptake_is_no_flux(tmp_path: Path, column: str) -> None:
    path = table(tmp_path, 0.5, header=HEADER.replace("Flux", column))
    with pytest.raises(Wco2Error, match="counts what the ground takes up"):
        read(path, flux=column)


def test_a_target_that_only_the_user_states_is_told(tmp_path: Path) -> None:
    path = table(tmp_path, 0.5)
    found = read_observations(path, columns=MAPPING, flux_units=DAILY, target="nee")
    assert found.target == "nee"
    assert "f.csv: that its flux is nee is as you say; nothing in the table does" in found.notes


def test_a_table_that_says_nothing_is_not_put_together_with_one_that_does(tmp_path: Path) -> None:
    silent = table(tmp_path, 0.5)
    stated = table(tmp_path, 0.4, header=HEADER.replace("Flux", "NEE"), name="nee.csv")
    other = table(tmp_path, 0.4, header=HEADER.replace("Flux", "F2"), name="other.csv")
    ours = Source(str(silent), columns=MAPPING, flux_units=DAILY)
    for path, column in ((stated, "NEE"), (other, "F2")):
        also = Source(str(path), columns={**MAPPING, "flux": column}, flux_units=DAILY)
        with pytest.raises(Wco2Error, match=r"f\.csv.*respiration or net exchange") as caught:
            read_sources([ours, also])
        assert 'target = "reco" or "nee"' in caught.value.hint
        assert read_sources([ours, also], target="nee").target == "nee"


# --- Gap-filled shares


def shares(folder: Path, *cells: str) -> Observations:
    lines = [f"S{k},{10 + k},60,2001,1,0.5,{cell}" for k, cell in enumerate(cells)]
    path = folder / "f.csv"
    path.write_text("\n".join([f"{HEADER},Gap", *lines]) + "\n")
    return read(path, gap_fill="Gap")


def test_shares_of_which_none_is_above_1_are_parts_of_1(tmp_path: Path) -> None:
    found = shares(tmp_path, "0.95", "1.0", "100%", "5 %", "")
    assert found.rejected["Site"].tolist() == ["S1", "S2"]
    assert found.rejected["reason"].tolist() == ["gap_filled"] * 2
    assert any("taken as parts of 1" in note for note in found.notes)


def test_shares_above_1_are_in_percent(tmp_path: Path) -> None:
    found = shares(tmp_path, "0.95", "1.0", "55", "100")
    assert found.rejected["Site"].tolist() == ["S3"]
    assert found.notes == ()


def test_shares_of_0_and_1_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="gap-filled shares are 0 or 1") as caught:
        shares(tmp_path, "0", "1", "0")
    assert "100%" in caught.value.hint
    assert shares(tmp_path, "0", "0").counts["rows_kept"] == 2


# --- Places on a grid


@pytest.mark.parametrize(("step", "offset"), [(0.5, 0.25), (0.5, 0.0), (1.0, 0.5), (2.5, 0.0)])
def test_places_on_a_grid_are_seen(step: float, offset: float) -> None:
    k = np.arange(20)
    longitude, latitude = -150 + step * k + offset, 60 + step * (7 * k % 11) + offset
    assert coarse_grid(longitude, latitude) == step


def test_places_of_sites_are_on_no_grid() -> None:
    rng = np.random.default_rng(1)
    longitude, latitude = rng.uniform(-180, 180, 50).round(2), rng.uniform(50, 70, 50).round(2)
    assert coarse_grid(longitude, latitude) is None
    assert coarse_grid(np.array([10.5, 20.5]), np.array([60.5, 70.5])) is None  # too few to tell


def test_a_table_on_a_grid_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    lines = [f"S{k},{10.25 + k / 2},{60.75 + k % 3},2001,1,0.5" for k in range(12)]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    note = next(note for note in read(path).notes if "grid" in note)
    assert note.startswith("f.csv: all 12 places lie on a grid of 0.5 degree")
    assert "28 km" in note


def test_facts_of_the_job_hold_them(tmp_path: Path) -> None:
    frame = pandas.DataFrame(
        {"site": ["a"], "latitude": [60.0], "month": [7], "flux_g_m2_month": [5.0]}
    )
    facts = flux_facts(frame)
    assert facts["winter"]["site_months"] == 0
    assert facts["all"]["quantiles"]["1"] == 5.0
