"""The folder of a simulated study: whole, marked, the same each time, and true to its world."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Cells
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.observations import Observations, read_observations
from wco2_engine.inputs.regions import parse_regions
from wco2_engine.learning.sampling import TrainingTable, sample
from wco2_engine.season import Month
from wco2_engine.simulation.study import create_study
from wco2_engine.simulation.world import REGIONS, World

MONTHS_OF_WINTER = {"SIM-AR": {10, 11, 12, 1, 2, 3, 4}, "SIM-TP": {11, 12, 1, 2, 3, 4}}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "study"
    create_study(folder, seed=0)
    return folder


@pytest.fixture(scope="module")
def rows(study: Path) -> list[dict[str, str]]:
    with (study / "fluxes.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truths(study: Path) -> list[dict[str, str]]:
    with (study / "truth/observations_truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def observations(study: Path) -> Observations:
    asked = tomllib.loads((study / "study.toml").read_text(encoding="utf-8"))["observations"]
    return read_observations(
        study / asked["file"], asked["format"], asked["columns"], asked["flux_units"]
    )


@pytest.fixture(scope="module")
def training(study: Path, observations: Observations) -> TrainingTable:
    catalogue = Catalogue.read(study / "catalogue.toml")
    cells = Cells.square("EPSG:4326", 0.5)
    return sample(observations.table, catalogue, REGIONS, cells)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def is_winter(site: str, month: str) -> bool:
    return int(month) in MONTHS_OF_WINTER[site[:6]]


def test_the_same_seed_makes_the_same_bytes_into_an_empty_folder_too(
    study: Path, tmp_path: Path
) -> None:
    again = tmp_path / "of another name"
    again.mkdir()
    made = create_study(again, seed=0)
    assert digest(again) == digest(study)
    assert list(tmp_path.iterdir()) == [again]
    assert made["simulated"] is True
    assert made["study"] == str(again / "study.toml")
    assert made["bytes"] == sum(p.stat().st_size for p in again.rglob("*") if p.is_file())
    assert made["bytes"] < 40e6


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Wco2Error, match="not empty") as error:
        create_study(tmp_path)
    assert "new folder" in error.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study").write_text("x")
    with pytest.raises(Wco2Error, match="is a file"):
        create_study(tmp_path / "study")


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="Seed -1"):
        create_study(tmp_path / "study", seed=-1)


class StopsSoon:
    """Progress whose user gives up after a few steps."""

    def __init__(self) -> None:
        self.fractions: list[float] = []

    def update(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)

    def note(self, message: str) -> None: ...

    def cancelled(self) -> bool:
        return len(self.fractions) >= 3


def test_nothing_is_left_of_a_cancelled_study(tmp_path: Path) -> None:
    progress = StopsSoon()
    with pytest.raises(Cancelled):
        create_study(tmp_path / "study", progress=progress)
    assert list(tmp_path.iterdir()) == []
    assert progress.fractions == sorted(progress.fractions)


def test_everything_says_that_it_is_simulated(study: Path, rows: list[dict[str, str]]) -> None:
    rasters = sorted(study.rglob("*.tif"))
    assert len(rasters) == 8 + 96 + 8 + 24 + 4 + 14 + 2
    for path in rasters:
        with rasterio.open(path) as file:
            assert file.tags()["SIMULATED"] == "yes", path
            assert "SIMULATED" in file.tags()["TIFFTAG_IMAGEDESCRIPTION"], path
            assert all(file.units), path
            assert all(file.descriptions), path
    assert {row["Source"] for row in rows} == {"simulated"}
    assert all(row["Site"].startswith("SIM-") for row in rows)
    written = tomllib.loads((study / "study.toml").read_text(encoding="utf-8"))
    assert written["simulated"] is True
    assert "Simulated" in written["title"]
    for name in ("README.txt", "catalogue.toml", "study.toml"):
        assert "SIMULATED" in (study / name).read_text(encoding="utf-8")


def test_air_temperature_runs_from_0_to_360_in_kelvin(study: Path) -> None:
    with rasterio.open(study / "rasters/air_temperature/t2m_2001.tif") as file:
        assert file.count == 12
        assert file.descriptions[0] == "2001-01"
        assert file.bounds == (0, 24, 360, 85)
        january = file.read(1)
    assert 200 < january.min() < 240 < 280 < january.max() < 310


def test_soil_temperature_ascends_and_is_scaled_by_the_file(study: Path) -> None:
    with rasterio.open(study / "rasters/soil_temperature/stl1_2001-02.tif") as file:
        assert file.transform.e == 0.5
        assert file.transform.f == 24.0
        assert (file.dtypes, file.scales, file.nodata) == (("int16",), (0.01,), -32768)
        stored = file.read(1)
    north = stored[-30:][stored[-30:] != -32768]
    south = stored[:30][stored[:30] != -32768]
    assert north.mean() < -500 < 500 < south.mean()


def test_snow_has_the_pole_in_the_middle(study: Path) -> None:
    with rasterio.open(study / "rasters/snow/swe_2001.tif") as file:
        assert file.crs.to_epsg() == 6931
        assert file.index(0.0, 0.0) == (144, 144)
        assert file.shape == (288, 288)
        march = file.read(3)
    assert 0.3 < march.max() < 3.0  # metres
    assert march[144, 144] == -9999


def test_ndvi_has_its_centres_on_multiples_and_says_neither_scale_nor_nodata(study: Path) -> None:
    with rasterio.open(study / "rasters/ndvi/ndvi_2000_07.tif") as file:
        assert file.bounds.left == -180.25
        assert file.nodata is None
        assert file.scales == (1.0,)
        stored = file.read(1)
    land = stored[stored != -3000]
    assert 0 < land.min() < land.max() < 9500
    assert 0.2 < land.size / stored.size < 0.6


def test_precipitation_states_no_crs(study: Path) -> None:
    with rasterio.open(study / "rasters/precipitation.tif") as file:
        assert file.crs is None
        assert file.count == 12


def test_the_rasters_hold_what_the_world_holds(study: Path) -> None:
    """One inland cell, looked up by hand in each layout."""
    longitude, latitude = 100.25, 64.25
    place = World(0).at(np.array([longitude]), np.array([latitude]))
    weather = place.weather(2001)

    def stored(name: str, band: int = 1) -> float:
        with rasterio.open(study / "rasters" / name) as file:
            row, column = file.index(longitude, latitude)
            return float(file.read(band)[row, column])

    kelvin = place.air_temperature(Month(2001, 2))[0] + 273.15
    assert stored("air_temperature/t2m_2001.tif", 2) == pytest.approx(kelvin, abs=0.051)
    assert stored("soil_temperature/stl1_2001-02.tif") == round(
        weather.soil_temperature[1][0] * 100
    )
    assert stored("permafrost_extent.tif") == place.permafrost_zone[0]


def test_the_true_maps_are_the_formula_at_the_cells_centres(study: Path) -> None:
    with rasterio.open(study / "truth/true_winter_flux_2001.tif") as file:
        assert file.bounds == (-180, 27, 180, 84)
        assert file.res == (0.5, 0.5)
        assert file.nodata == -9999
        winter = file.read(1)
    with rasterio.open(study / "truth/true_monthly_flux_2001-01.tif") as file:
        january = file.read(1)
    chosen = np.argwhere(winter != -9999)[::500]
    latitude, longitude = 83.75 - 0.5 * chosen[:, 0], -179.75 + 0.5 * chosen[:, 1]
    place = World(0).at(longitude, latitude)
    np.testing.assert_allclose(winter[tuple(chosen.T)], place.true_winter_flux(2001), rtol=1e-6)
    expected = place.daily_flux(Month(2001, 1), place.weather(2001)) * 31
    np.testing.assert_allclose(january[tuple(chosen.T)], expected, rtol=1e-6)


def test_the_truth_lies_where_the_domain_has_permafrost(study: Path) -> None:
    with rasterio.open(study / "truth/true_winter_flux_2002.tif") as file:
        known = file.read(1) != -9999
    with rasterio.open(study / "rasters/permafrost_extent.tif") as file:
        rows, columns = np.mgrid[0 : known.shape[0], 0 : known.shape[1]]
        longitude, latitude = -179.75 + 0.5 * columns, 83.75 - 0.5 * rows
        inverse = ~file.transform
        column, row = inverse.a * longitude + inverse.c, inverse.e * latitude + inverse.f
        zone = file.read(1)[np.floor(row).astype(int), np.floor(column).astype(int)]
    assert np.isin(zone[known], (1, 2, 3, 4)).all()
    north = (latitude > 45) & (latitude < 84)
    np.testing.assert_array_equal(known[north], np.isin(zone, (1, 2, 3, 4))[north])


def test_seven_hundred_winter_site_months_at_75_sites(truths: list[dict[str, str]]) -> None:
    months = {
        (r["site"], r["year"], r["month"]) for r in truths if is_winter(r["site"], r["month"])
    }
    assert len(months) == 700
    sites = {r["site"] for r in truths}
    assert Counter(site[:6] for site in sites) == {"SIM-AR": 60, "SIM-TP": 15}
    assert {int(r["year"]) for r in truths} == set(range(1998, 2005))
    assert len({r["site"] for r in truths if is_winter(r["site"], r["month"])}) == 75


def test_the_table_has_its_flaws_in_known_numbers(
    rows: list[dict[str, str]], truths: list[dict[str, str]]
) -> None:
    assert len(rows) == len(truths)
    assert Counter(r["flaw"] for r in truths if r["flaw"]) == {
        "no flux": 12,
        "no coordinates": 6,
        "flux -9999": 3,
        "warmed": 10,
    }
    assert sum(row["Flux_gC_m2_day"] == "" for row in rows) == 12
    assert sum(row["Flux_gC_m2_day"] == "-9999" for row in rows) == 3
    assert sum(row["Lon"] == "" for row in rows) == 6
    assert sum(row["Treatment"] == "Warmed" for row in rows) == 10
    assert sum(not is_winter(row["Site"], row["Month"]) for row in rows) > 20
    repeated = Counter((r["Site"], r["Year"], r["Month"]) for r in rows)
    assert sum(n > 1 for n in repeated.values()) > 50


def test_measurements_scatter_about_the_truth(
    rows: list[dict[str, str]], truths: list[dict[str, str]]
) -> None:
    pairs = [
        (float(row["Flux_gC_m2_day"]), float(truth["true_flux_gC_m2_day"]))
        for row, truth in zip(rows, truths, strict=True)
        if truth["flaw"] in ("", "no coordinates")
    ]
    measured, true = np.array(pairs).T
    assert np.mean(measured / true) == pytest.approx(1.0, abs=0.05)
    assert 0.15 < np.std(np.log(measured[true > 0.2] / true[true > 0.2])) < 0.3


def test_the_truth_of_a_row_is_the_formula_at_its_site(truths: list[dict[str, str]]) -> None:
    row = next(r for r in truths if r["site"].startswith("SIM-TP"))
    place = World(0).at(np.array([float(row["longitude"])]), np.array([float(row["latitude"])]))
    month = Month(int(row["year"]), int(row["month"]))
    flux = place.daily_flux(month, place.weather(month.year))[0]
    assert float(row["true_flux_gC_m2_day"]) == pytest.approx(flux, abs=1e-6)
    assert float(row["true_flux_gC_m2_month"]) == pytest.approx(flux * month.days, abs=1e-5)


def test_the_study_names_files_that_are_there(study: Path) -> None:
    written = tomllib.loads((study / "study.toml").read_text(encoding="utf-8"))
    catalogue = tomllib.loads((study / written["catalogue"]).read_text(encoding="utf-8"))
    header = (study / written["observations"]["file"]).read_text(encoding="utf-8").split("\n")[0]
    assert set(written["observations"]["columns"].values()) <= set(header.split(","))
    assert (study / written["map"]["domain"]["path"]).is_file()
    assert (study / written["region"][0]["geometry"]).is_file()
    named = set()
    for predictor in catalogue["predictor"]:
        for year in range(1998, 2005):
            path = study / predictor["path"].format(year=year, month=7)
            assert path.is_file(), predictor["name"]
        named.add(study / predictor["path"].split("{")[0])
    assert len(catalogue["predictor"]) == 9
    for raster in (study / "rasters").rglob("*.tif"):
        assert any(str(raster).startswith(str(start)) for start in named), raster


def test_the_engine_reads_the_table_and_counts_its_flaws(
    observations: Observations, rows: list[dict[str, str]]
) -> None:
    counts = observations.counts
    assert counts["rows_read"] == len(rows)
    assert counts["rejected: no_coordinates"] == 6
    assert counts["rejected: no_flux"] == 12 + 3
    assert counts["rejected: treatment"] == 10
    assert counts["rows_kept"] == len(rows) - 31


def test_the_engine_reads_the_regions_that_the_truth_knows(study: Path) -> None:
    written = tomllib.loads((study / "study.toml").read_text(encoding="utf-8"))
    regions = parse_regions(written["region"], REGIONS[1].winter, study)
    longitude, latitude = (a.ravel() for a in np.meshgrid(np.arange(70, 110), np.arange(26, 50)))
    longitude, latitude = longitude + 0.25, latitude + 0.25
    for read, known in zip(regions, REGIONS, strict=True):
        assert (read.name, read.winter) == (known.name, known.winter)
        np.testing.assert_array_equal(
            read.area.contains(longitude, latitude), known.area.contains(longitude, latitude)
        )


def test_the_engine_finds_the_world_in_every_layout(training: TrainingTable) -> None:
    """What the reader samples is the world at the cell's centre, but for rounding and blending."""
    table = training.table
    assert len(table) > 600
    assert training.counts["rejected: not_winter"] > 20
    centre = [(np.floor(table[name] * 2) + 0.5) / 2 for name in ("longitude", "latitude")]
    place = World(0).at(*(values.to_numpy() for values in centre))
    weather = {year: place.weather(year) for year in range(1997, 2005)}
    months = [Month(y, m) for y, m in zip(table["year"], table["month"], strict=True)]

    def of_world(name: str, lag: int = 0) -> np.ndarray:
        wanted = [month.shift(-lag) for month in months]
        return np.array(
            [getattr(weather[m.year], name)[m.month - 1][k] for k, m in enumerate(wanted)]
        )

    ndvi = np.array([place.summer_ndvi(month)[k] for k, month in enumerate(months)])
    for name, expected, tolerance in (
        ("air_temperature", of_world("air_temperature"), 0.4),
        ("air_temperature_before", of_world("air_temperature", lag=1), 0.4),
        ("soil_temperature", of_world("soil_temperature"), 0.3),
        ("snow_water_equivalent", of_world("snow_water"), 6.0),
        ("summer_ndvi", ndvi, 0.02),
        ("soil_organic_carbon", place.organic_carbon, 3.0),
        ("elevation", place.elevation, 60.0),
    ):
        difference = np.abs(table[name] - expected)
        assert np.quantile(difference, 0.9) < tolerance, name
    zone = table["permafrost_extent"]
    np.testing.assert_array_equal(zone, place.permafrost_zone)


def test_random_folds_flatter_the_skill(training: TrainingTable) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    selection = pytest.importorskip("sklearn.model_selection")
    arctic = training.table[training.table["region"] == "arctic"]
    features = arctic.loc[:, "air_temperature":].to_numpy()
    flux = arctic["flux_g_m2_month"].to_numpy()
    trees = ensemble.ExtraTreesRegressor(30, random_state=0)

    def skill(folds: object, groups: object = None) -> float:
        predicted = selection.cross_val_predict(trees, features, flux, cv=folds, groups=groups)
        return 1 - float(np.var(flux - predicted) / np.var(flux))

    random = skill(selection.KFold(10, shuffle=True, random_state=0))
    by_site = skill(selection.GroupKFold(10), arctic["site"])
    assert 0.2 < by_site < random - 0.1
    assert random < 0.95
