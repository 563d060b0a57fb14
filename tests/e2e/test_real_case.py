"""Measured fluxes and real grids, from the table to maps: numbers that nobody here made up.

The data lies beside the checkout and is read from there; see `realcase` in tests/conftest.py.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.e2e
ROWS = 28_166  # of the published table

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dgrsd"


def write_study(folder: Path, data: Path, resolution: float) -> Path:
    """The example study, with the data beside it; fewer trees make it quicker."""
    folder.mkdir()
    (folder / "data").symlink_to(data.resolve())
    for name in ("catalogue.toml", "study.toml"):
        text = (EXAMPLE / name).read_text(encoding="utf-8")
        text = text.replace("trees = 100 ", "trees = 40\nmembers = 10 ")
        text = text.replace("resolution = 0.5", f"resolution = {resolution}")
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def real(
    realcase: Path, tmp_path_factory: pytest.TempPathFactory, wco2: Callable[..., Any]
) -> SimpleNamespace:
    """The study at half a degree, run to its end."""
    folder = write_study(tmp_path_factory.mktemp("real") / "study", realcase, 0.5)
    done = wco2("run", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    stages = json.loads(done.stdout.splitlines()[-1])["stages"]
    return SimpleNamespace(folder=folder, results=folder / "results", stages=stages)


def rejected(path: Path) -> Counter[str]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as table:
        return Counter(row["reason"] for row in csv.DictReader(table))


def test_every_row_is_kept_or_rejected_with_its_reason(real: SimpleNamespace) -> None:
    counts = real.stages["observations"]["counts"]
    reasons = {k.removeprefix("rejected: "): n for k, n in counts.items() if "rejected" in k}
    assert counts["rows_read"] == ROWS == counts["rows_kept"] + sum(reasons.values())
    assert rejected(real.results / "observations_rejected.csv") == reasons
    # Counted in the table by other means: 127 rows have no latitude; 5,589 have no month, of which
    # 4,323 have a day of the year; 44 have a month above 12; and 345 have no flux. A row counts for
    # the first of its reasons, so the last of them may lose a few to the others.
    assert reasons["no_coordinates"] == 127
    assert reasons["no_date"] == 5_589 - 4_323
    assert reasons["month_outside"] == 44
    assert 330 < reasons["no_flux"] <= 345
    assert set(reasons) <= {
        *("no_coordinates", "coordinates_outside", "no_date"),
        *("month_outside", "no_flux"),
    }


def test_site_months_are_sampled_or_set_aside_and_add_up(real: SimpleNamespace) -> None:
    counts = real.stages["sample"]["counts"]
    assert counts["site_months_read"] == real.stages["observations"]["counts"]["site_months"]
    reasons = {k.removeprefix("rejected: "): n for k, n in counts.items() if "rejected" in k}
    assert counts["site_months_read"] == counts["site_months_kept"] + sum(reasons.values())
    assert rejected(real.results / "training_rejected.csv") == reasons
    # The only yearly grid runs from January 1982 to March 2013.
    assert reasons["no_data_for_date"] > 0
    assert set(reasons) <= {
        "outside_regions",
        "not_winter",
        "no_data_for_date",
        "missing_predictor",
    }


def test_scores_of_held_out_sites_are_low_as_they_are_on_real_fluxes(
    real: SimpleNamespace,
) -> None:
    scores = {(s["region"], s["validation"]): s for s in real.stages["train"]["scores"]}
    # North of 45 N 2,776 winter site-months at 291 names of sites state their month, and some more
    # a day of the year; some are from after March 2013. Names within 1 km are one site here.
    arctic = scores["arctic", "site"]
    assert 2_500 < arctic["n"] < 3_200
    assert 100 < arctic["sites"] < 291
    # 0.1 to 0.3 is normal with whole sites held out; much more would be a leak.
    assert 0.0 < arctic["r2"] < 0.4
    assert scores["arctic", "random"]["r2"] > arctic["r2"] + 0.15
    # On the plateau 142 at 18 names state their month: too few for a bound of R2 from below.
    plateau = scores["tibetan_plateau", "site"]
    assert 100 < plateau["n"] < 200
    assert 5 <= plateau["sites"] <= 18
    assert plateau["r2"] < scores["tibetan_plateau", "random"]["r2"] <= 1.0
    assert abs(arctic["bias"]) < 10


@pytest.mark.parametrize("year", [1990, 1991, 1992])
def test_the_maps_are_plausible(real: SimpleNamespace, realcase: Path, year: int) -> None:
    with rasterio.open(real.results / f"maps/winter_flux/winter_flux_{year}.tif") as source:
        found = source.read(1)
        assert source.shape == (114, 720)
        assert source.bounds == (-180.0, 27.0, 180.0, 84.0)
        assert source.tags()["WCO2_VALID_FROM"] == f"{year - 1}-10-01"
    rows, columns = np.nonzero(found != -9999)
    latitude, longitude = 84 - 0.5 * (rows + 0.5), -180 + 0.5 * (columns + 0.5)
    area = 6371.0**2 * np.radians(0.5) ** 2 * np.cos(np.radians(latitude))
    # Permafrost of all four zones covers 23.3 million km2, some of it in neither region (south of
    # 45 N beside the plateau), and some without soil data.
    assert 15e6 < area.sum() < 23.5e6
    assert ((latitude > 45) | ((longitude > 67) & (longitude < 105))).all()
    values = found[rows, columns]
    assert values.min() > 0
    # 12 to 16 g C m-2 month-1 were found for seven months at other sites; these are mostly of
    # forests and meadows of the boreal zone, where more is lost.
    assert 60 < np.average(values, weights=area) < 350


def test_the_plateau_is_mapped_though_its_outline_is_invalid_as_published(
    real: SimpleNamespace,
) -> None:
    with rasterio.open(real.results / "maps/winter_flux/winter_flux_1991.tif") as source:
        found = source.read(1)
    rows, columns = np.nonzero(found != -9999)
    latitude, longitude = 84 - 0.5 * (rows + 0.5), -180 + 0.5 * (columns + 0.5)
    here = (latitude < 41) & (longitude > 70) & (longitude < 105)
    area = 6371.0**2 * np.radians(0.5) ** 2 * np.cos(np.radians(latitude[here]))
    # 2.60 million km2, of which something over a half has permafrost.
    assert 0.8e6 < area.sum() < 2.6e6


def test_cells_without_a_predictor_are_counted_by_predictor(real: SimpleNamespace) -> None:
    missing = real.stages["predict"]["missing_cell_months"]
    assert missing["air_temperature"] == missing["air_temperature_climatology"] == 0
    assert missing["soil_organic_carbon"] > 0  # no soil under water and ice


def test_check_shows_what_is_there(real: SimpleNamespace, wco2: Callable[..., Any]) -> None:
    done = wco2("check", real.folder)
    assert done.returncode == 0, done.stdout
    for text in ("air_temperature", "soil_organic", "1990-1992", "28166  rows read"):
        assert text in done.stdout
    assert "Everything that the study needs is there." in done.stdout


def test_a_winter_that_the_grids_do_not_reach_is_refused_with_what_is_missing(
    real: SimpleNamespace, wco2: Callable[..., Any]
) -> None:
    done = wco2("check", real.folder, "--years", "2014", "--json")
    assert done.returncode == 2
    (problem,) = json.loads(done.stdout.splitlines()[-1])["problems"]
    # Of October 2013 to April 2014 the temperatures are all missing; the rest needs no year.
    assert "'air_temperature'" in problem
    assert "2013-10" in problem
    assert "2014-04" in problem
    for other in ("precipitation", "carbon", "ndvi", "elevation", "permafrost"):
        assert other not in problem
    done = wco2("check", real.folder, "--years", "2013", "--json")
    (problem,) = json.loads(done.stdout.splitlines()[-1])["problems"]
    assert "2013-04" in problem
    assert "2013-03" not in problem


@pytest.mark.skipif(
    os.environ.get("WCO2_FULL_E2E") != "1", reason="takes minutes; set WCO2_FULL_E2E=1"
)
def test_the_map_of_a_tenth_of_a_degree(
    real: SimpleNamespace, realcase: Path, tmp_path: Path, wco2: Callable[..., Any]
) -> None:
    folder = write_study(tmp_path / "fine", realcase, 0.1)
    done = wco2("run", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    name = "maps/winter_flux/winter_flux_1991.tif"
    with rasterio.open(folder / "results" / name) as source:
        assert source.shape == (570, 3600)
        assert source.transform.to_gdal() == (-180.0, 0.1, 0.0, 84.0, 0.0, -0.1)
        fine = source.read(1).astype(float)
    with rasterio.open(real.results / name) as source:
        coarse = source.read(1).astype(float)
    fine[fine == -9999] = np.nan
    blocks = fine.reshape(114, 5, 720, 5)
    whole = ~np.isnan(blocks).any(axis=(1, 3)) & (coarse != -9999)
    means = blocks.mean(axis=(1, 3))
    assert whole.sum() > 5_000
    # Sites were looked up in other cells, so the forests differ too.
    assert np.corrcoef(means[whole], coarse[whole])[0, 1] > 0.8
