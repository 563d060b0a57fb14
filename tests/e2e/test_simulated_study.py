"""The simulated study from its making to its report, compared with the truth that it hides."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.e2e
Wco2 = Callable[..., Any]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("year", [2001, 2002])
def test_the_map_is_near_the_truth(simulated: SimpleNamespace, year: int) -> None:
    with rasterio.open(simulated.results / f"maps/winter_flux/winter_flux_{year}.tif") as source:
        found, transform = source.read(1).astype(float), source.transform
    with rasterio.open(simulated.folder / f"truth/true_winter_flux_{year}.tif") as source:
        truth, none = source.read(1).astype(float), source.nodata
        assert source.transform == transform
        assert source.shape == found.shape
    both = (found != -9999) & (truth != none)
    # The map misses only cells that lack a predictor: 3 % here.
    assert 0.95 < both.sum() / (truth != none).sum() <= 1.0
    assert not ((found != -9999) & (truth == none)).any()
    mapped, true = found[both], truth[both]
    # A third of the spread, the site effect, is beyond all predictors: a perfect model of the rest
    # would correlate by about 0.9. Measured: 0.83.
    assert np.corrcoef(mapped, true)[0, 1] > 0.75
    # Fluxes are skewed and few sites lie where they are large, so some bias is honest: here 4 %.
    assert abs(mapped.mean() / true.mean() - 1) < 0.12
    # Far better than the best constant.
    assert np.sqrt(np.mean((mapped - true) ** 2)) < 0.7 * true.std()


def test_counts_add_up_from_the_table_to_the_training_rows(simulated: SimpleNamespace) -> None:
    read = simulated.stages["observations"]["counts"]
    lines = len((simulated.folder / "fluxes.csv").read_text().splitlines()) - 1
    rejected = sum(n for name, n in read.items() if name.startswith("rejected"))
    assert read["rows_read"] == lines == read["rows_kept"] + rejected
    sampled = simulated.stages["sample"]["counts"]
    assert sampled["site_months_read"] == read["site_months"]
    rejected = sum(n for name, n in sampled.items() if name.startswith("rejected"))
    assert sampled["site_months_read"] == sampled["site_months_kept"] + rejected
    table = (simulated.results / "observations_rejected.csv").read_text().splitlines()
    assert len(table) - 1 == lines - read["rows_kept"]


def test_held_out_sites_score_worse_than_random_rows(simulated: SimpleNamespace) -> None:
    scores = {(s["region"], s["validation"]): s for s in simulated.stages["train"]["scores"]}
    for region in ("tibetan_plateau", "arctic"):
        random, site = scores[region, "random"], scores[region, "site"]
        assert scores[region, "knndm"]["r2"] < site["r2"]
        assert random["n"] == site["n"]
        # Rows of a site share an effect that no predictor explains: random folds leak it.
        assert 0.3 < site["r2"] < random["r2"] - 0.05 < 0.9


def test_everything_that_comes_out_says_that_it_is_simulated(
    simulated: SimpleNamespace, wco2: Wco2
) -> None:
    maps = sorted(simulated.results.rglob("*.tif"))
    assert len(maps) == 2 * 5  # the flux, its two bounds, its members, applicability
    for path in maps:
        with rasterio.open(path) as source:
            assert source.tags()["SIMULATED"] == "yes"
    assert json.loads((simulated.results / "maps/prediction.json").read_text())["simulated"] is True
    assert "<strong>Simulated.</strong>" in (simulated.results / "report.html").read_text("utf-8")
    described = wco2("describe", simulated.results / "model.wco2", "--json")
    assert json.loads(described.stdout.splitlines()[-1])["simulated"] is True
    import geopandas

    for name in ("observations.gpkg", "training.gpkg"):
        frame = geopandas.read_file(simulated.results / name)
        assert frame["source"].str.startswith("simulated").all()


def test_the_report_stands_alone(simulated: SimpleNamespace) -> None:
    text = (simulated.results / "report.html").read_text("utf-8")
    links = re.findall(r"(?:src|href)\s*=\s*[\"']([^\"']{0,60})", text)
    assert links
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in links)
    # Those of the interactive map, which load nothing.
    scripts = re.findall(r"<script[^>]*>", text)
    assert scripts == ['<script type="application/json" id="explorer-data">', "<script>"]
    files = {path.name for path in (simulated.results / "report_files").iterdir()}
    assert text.count("<svg") == sum(name.endswith(".svg") for name in files) > 12
    assert {"scores.csv", "residuals_by_site.csv", "winter_flux.png"} <= files
    drawn = re.findall(r"<text[^>]*>([^<]+)</text>", text)
    for title in ("Arctic, random", "leave-site-out", "winter 2001"):
        assert title in drawn


def test_a_second_run_skips_everything(simulated: SimpleNamespace, wco2: Wco2) -> None:
    before = contents(simulated.results)
    done = wco2("run", simulated.folder, "--json")
    assert done.returncode == 0
    stages = json.loads(done.stdout.splitlines()[-1])["stages"]
    assert all(facts["skipped"] for facts in stages.values())
    assert contents(simulated.results) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process")
def test_ctrl_c_is_exit_130_leaves_nothing_partial_and_the_same_command_goes_on(
    simulated: SimpleNamespace, start_wco2: Wco2, wco2: Wco2, tmp_path: Path
) -> None:
    command = (
        *("predict", simulated.results / "model.wco2", simulated.folder / "catalogue.toml"),
        *("-o", tmp_path / "maps", "--years", "2001-2002", "--resolution", "0.5", "--jobs", "1"),
        *("--domain", simulated.folder / "rasters/permafrost_extent.tif"),
        *("--domain-values", "1,2,3,4", "--interval", "0.9", "--applicability", "--members"),
        "--json",
    )
    running = start_wco2(*command)
    for line in running.stdout:
        event = json.loads(line)
        # There are three tiles, one after the other, in what preparing leaves of the way.
        if event.get("message", "").startswith("Predicting") and event["fraction"] > 0.6:
            break
    running.send_signal(signal.SIGINT)
    rest, errors = running.communicate(timeout=1800)  # ends what hangs
    assert running.returncode == 130, errors
    last = json.loads(rest.splitlines()[-1])
    assert last["event"] == "error"
    assert last["message"] == "Cancelled. What was finished is kept."
    assert last["hint"] == "Run the same command again to go on."
    left = contents(tmp_path / "maps")
    assert not [name for name in left if "partial" in name or name.endswith(".tif")]
    assert [name for name in left if name.endswith(".json")]  # a tile that was finished

    again = wco2(*command)
    assert again.returncode == 0, again.stdout
    assert any("tiles are there already" in line for line in again.stdout.splitlines())
    made, whole = contents(tmp_path / "maps"), contents(simulated.results / "maps")
    assert made == whole
