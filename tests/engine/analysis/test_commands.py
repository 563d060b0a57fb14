"""Budget and trend as commands: from a folder of maps to the files that people open."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result
from shapely.geometry import box

from wco2_engine.analysis.literature import PUBLISHED
from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import BudgetJob, CompareJob, TrendJob, job_from_json, job_to_json
from wco2_engine.progress import Silent


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def maps(tmp_path: Path, world: SimpleNamespace) -> Path:
    """12 winters of 3 x 2 cells; the westernmost column rises steeply."""
    rng = np.random.default_rng(1)
    names = []
    for year in range(1990, 2002):
        cells = 50 + rng.normal(0, 1, (2, 3))
        cells[:, 0] += 3.0 * (year - 1990)
        cells[1, 2] = np.nan
        name = f"winter_flux/winter_flux_{year}.tif"
        path = world.write_raster(tmp_path / "maps" / name, cells, 10.0, 70.0, 1.0)
        with rasterio.open(path, "r+") as target:
            target.units = ("g C m-2 winter-1",)
        names.append(name)
    record = {"model": "abc", "simulated": True, "maps": names}
    (tmp_path / "maps" / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path / "maps"


def with_means(maps: Path, world: SimpleNamespace) -> None:
    """Put means beside maps that are of medians: twice these."""
    record = json.loads((maps / "prediction.json").read_text(encoding="utf-8"))
    for name in record["maps"]:
        with rasterio.open(maps / name) as source:
            cells = source.read(1)
        path = maps / name.replace("winter_flux", "winter_flux_mean")
        world.write_raster(path, np.where(cells < 0, cells, 2 * cells), 10.0, 70.0, 1.0)
        with rasterio.open(path, "r+") as target:
            target.units = ("g C m-2 winter-1",)
    record["maps"] += [name.replace("winter_flux", "winter_flux_mean") for name in record["maps"]]
    (maps / "prediction.json").write_text(json.dumps(record), encoding="utf-8")


def of_medians(maps: Path) -> None:
    """Let maps say that they are of medians."""
    record = json.loads((maps / "prediction.json").read_text(encoding="utf-8"))
    record["aggregate"] = {"north": {"name": "median"}, "south": {"name": "mean"}}
    (maps / "prediction.json").write_text(json.dumps(record), encoding="utf-8")


class Told(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.mark.parametrize("kind", ["budget", "trend", "compare"])
def test_what_is_added_up_is_means_where_there_are_some_and_is_told(
    maps: Path, world: SimpleNamespace, tmp_path: Path, kind: str
) -> None:
    def found(name: str) -> tuple[float, list[str]]:
        told = Told()
        if kind == "budget":
            BudgetJob(str(maps), str(tmp_path / f"{name}.csv")).run(told)
            return float(rows_of(tmp_path / f"{name}.csv")[0]["total_tg"]), told.notes
        if kind == "trend":
            facts = TrendJob(str(maps), str(tmp_path / f"{name}.tif")).run(told)
            return facts["median_slope"], told.notes
        facts = CompareJob(str(maps), str(other), str(tmp_path / f"{name}.html")).run(told)
        (row,) = [r for r in facts["rows"] if r["zone"] == "all" and r["winter"] == "1990"]
        return row["mean_a"], told.notes

    other = tmp_path / "other"
    shutil.copytree(maps, other)
    plain, notes = found("plain")
    assert notes == []
    of_medians(maps)
    same, notes = found("medians")
    assert same == plain
    assert [("mean = true" in note, str(maps) in note) for note in notes] == [(True, True)]
    with_means(maps, world)
    means, notes = found("means")
    assert means == pytest.approx(2 * plain, rel=1e-6)
    assert [note.endswith("of winter_flux_mean, as means alone add up.") for note in notes] == [
        True
    ]


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    path = tmp_path / "zones.gpkg"
    shapes = [box(10, 68, 11.5, 70), box(11.5, 68, 13, 70)]
    frame = geopandas.GeoDataFrame({"zone_id": [7, 8]}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(path, driver="GPKG")
    return path


def test_a_budget_by_zone_is_one_command(maps: Path, zones: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "budget.csv"
    result = call("budget", maps, "-o", output, "--zones", zones, "--name-field", "zone_id")
    assert result.exit_code == 0, result.output
    for text in ("Mean winter of 1990-2001 (simulated)", "all", "Without maps of members"):
        assert text in result.output
    names = {path.name for path in output.parent.iterdir()}
    assert names == {
        *("budget.csv", "budget_summary.csv", "budget.gpkg", "budget.pdf"),
        *("budget.png", "budget.svg"),
    }
    rows = rows_of(output)
    assert len(rows) == 3 * 12
    by_kind = {(row["kind"], row["zone"], row["year"]): float(row["total_tg"]) for row in rows}
    parts = by_kind["zone", "7", "1995"] + by_kind["zone", "8", "1995"]
    assert parts == pytest.approx(by_kind["all", "all", "1995"], rel=1e-6)
    frame = geopandas.read_file(output.with_suffix(".gpkg"))
    assert list(frame["zone"]) == ["7", "8"]
    summary = {row["zone"]: row for row in rows_of(output.with_name("budget_summary.csv"))}
    assert frame["total_tg"].tolist() == pytest.approx(
        [float(summary[zone]["total_tg"]) for zone in ("7", "8")]
    )
    assert frame["missing_share"].tolist()[0] == pytest.approx(0.0, abs=1e-9)
    drawing = ElementTree.parse(output.with_suffix(".svg")).getroot()
    assert any((node.text or "") == "7" for node in drawing.iter())


def test_a_budget_is_told_on_a_page_too(maps: Path, zones: Path, tmp_path: Path) -> None:
    output, page = tmp_path / "budget.csv", tmp_path / "page.html"
    given = ("--zones", zones, "--name-field", "zone_id", "--page", page)
    assert call("budget", maps, "-o", output, *given).exit_code == 0
    text = page.read_text(encoding="utf-8")
    summary = {row["zone"]: row for row in rows_of(output.with_name("budget_summary.csv"))}
    assert f"{float(summary['7']['total_tg']):.2f}" in text
    assert "The mean winter of 1990-2001" in text and "<svg" in text and "Simulated." in text
    assert not page.with_name("page_files").exists()
    told = page.read_text("utf-8")
    assert "Natali et al. 2019" in told and "these maps" in told and ">1,662<" in told
    over = call("budget", maps, "-o", output, "--zones", zones, "--page", zones)
    assert over.exit_code == 2 and "does not end in .html" in over.output


def test_a_budget_takes_regions_and_shares(
    maps: Path, tmp_path: Path, world: SimpleNamespace
) -> None:
    regions = tmp_path / "regions.toml"
    regions.write_text('[[region]]\nname = "west"\nbbox = [10, 60, 11, 80]\n', encoding="utf-8")
    land = world.write_raster(tmp_path / "land.tif", [[0.5] * 3] * 2, 10.0, 70.0, 1.0)
    output = tmp_path / "budget.csv"
    result = call("budget", maps, "-o", output, "--regions", regions, "--fraction", land)
    assert result.exit_code == 0, result.output
    whole = tmp_path / "whole.csv"
    assert call("budget", maps, "-o", whole).exit_code == 0
    halved = {row["zone"]: float(row["total_tg"]) for row in rows_of(output)}
    assert set(halved) == {"all", "west"}
    first, half = rows_of(whole)[0], rows_of(output)[0]
    assert float(half["total_tg"]) == pytest.approx(float(first["total_tg"]) / 2, rel=1e-6)
    assert float(half["mean_g_m2"]) == pytest.approx(float(first["mean_g_m2"]), rel=1e-6)


def test_a_map_of_trends_is_one_command(maps: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "budget.csv", tmp_path / "trend.tif"
    assert call("budget", maps, "-o", table).exit_code == 0
    page = tmp_path / "trend.html"
    given = ("--budget", table, "--prewhitening", "none", "--page", page)
    result = call("trend", maps, "-o", output, *given)
    assert result.exit_code == 0, result.output
    assert "5 cells, 1990-2001 (simulated): 2 rise and 0 fall significantly" in result.output
    with rasterio.open(output) as source:
        slope, p, significant, winters = source.read(masked=True)
        assert source.descriptions[0] == "Theil-Sen slope of 1990-2001"
        assert source.units[0] == "g C m-2 winter-1 a-1"
        tags = source.tags()
        assert tags["SIMULATED"] == "yes"
        assert tags["WCO2_PREWHITENING"] == "none"
        assert float(source.tags(1)["STATISTICS_MAXIMUM"]) == pytest.approx(slope.max())
    assert slope[0, 0] == pytest.approx(3.0, abs=0.3)
    assert significant[0].tolist() == [1.0, 0.0, 0.0]
    assert winters[0, 0] == 12
    assert p.mask.tolist() == [[False] * 3, [False, False, True]]
    (row,) = rows_of(tmp_path / "trend_zones.csv")
    assert float(row["slope_mean_g_m2_a"]) == pytest.approx(
        float(row["slope_tg_a"]) * 1e12 / (float(rows_of(table)[0]["covered_km2"]) * 1e6), rel=1e-6
    )
    told = page.read_text(encoding="utf-8")
    assert "of 5 cells with a trend 2 rise and 0 fall" in told and "Zones of the budget" in told
    for kind in ("png", "svg", "pdf"):
        assert output.with_suffix(f".{kind}").stat().st_size > 1000


def test_twice_the_rate_is_taken_where_cells_go_together(maps: Path, tmp_path: Path) -> None:
    found: list[dict[str, Any]] = [
        TrendJob(str(maps), str(tmp_path / "t.tif"), correlated=correlated).run(Silent())
        for correlated in (False, True)
    ]
    assert [facts["rate"] for facts in found] == [0.05, 0.1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["budget", "{maps}", "-o", "{tmp}/b.csv", "--level", "2"], "not between 0 and 1"),
        (["budget", "{maps}", "-o", "{tmp}/b.csv", "--zones", "{tmp}/no.gpkg"], "does not exist"),
        (["budget", "{maps}", "-o", "{tmp}/b.csv", "--fraction", "{tmp}/no.tif"], "not exist"),
        (["budget", "{tmp}/no", "-o", "{tmp}/b.csv"], "no folder of maps"),
        (["trend", "{maps}", "-o", "{tmp}/t.tif", "--prewhitening", "pww"], "Did you mean 'pw'"),
        (["trend", "{maps}", "-o", "{tmp}/t.tif", "--budget", "{tmp}/no.csv"], "does not exist"),
        (["trend", "{maps}", "-o", "{tmp}/t.tif", "--alpha", "0"], "not between 0 and 1"),
        (
            ["trend", "{maps}", "-o", "{maps}/winter_flux/winter_flux_1990.tif"],
            "Name another file for the output",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_message(
    maps: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    filled = [a.format(maps=maps, tmp=tmp_path) for a in arguments]
    result = call(*filled)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "t.tif").exists()


def test_jobs_are_plain_values(maps: Path, tmp_path: Path) -> None:
    zones = {"path": str(tmp_path / "z.tif"), "names": {"1": "one"}}
    for job in (
        BudgetJob(str(maps), "b.csv", zones=zones),
        TrendJob(str(maps), "t.tif", alpha=0.1),
    ):
        assert job_from_json(json.loads(json.dumps(job_to_json(job)))) == job


def test_a_wrong_level_is_refused_before_any_file_is_there(maps: Path, tmp_path: Path) -> None:
    with pytest.raises(Wco2Error):
        BudgetJob(str(maps), str(tmp_path / "o" / "b.csv"), level=0.0).run(Silent())
    assert not (tmp_path / "o").exists()


def test_a_budget_never_takes_the_place_of_its_zones_nor_of_a_map(maps: Path, zones: Path) -> None:
    before = zones.read_bytes()
    output = zones.with_suffix(".csv")  # whose polygons would be written as zones.gpkg
    result = call("budget", maps, "-o", output, "--zones", zones, "--name-field", "zone_id")
    assert result.exit_code == 2
    assert "zones.gpkg is read" in result.output
    assert zones.read_bytes() == before
    a_map = maps / "winter_flux/winter_flux_1990.tif"
    result = call("budget", maps, "-o", a_map)
    assert result.exit_code == 2
    assert "does not end in .csv" in result.output


@pytest.mark.parametrize(
    "call_of",
    [
        ["compare", "{maps}", "{maps}", "-o", "{maps}/prediction.json"],
        ["report", "m.wco2", "-o", "r.txt"],
        ["select", "t.gpkg", "c.toml", "-o", "other.toml"],
        ["validate", "t.gpkg", "c.toml", "-o", "other.toml"],
        ["trend", "{maps}", "-o", "{maps}/prediction.json"],
    ],
    ids=lambda words: words[0],
)
def test_an_output_of_another_kind_is_refused_before_anything_is_read(
    call_of: list[str], maps: Path
) -> None:
    result = call(*[word.format(maps=maps) for word in call_of])
    assert result.exit_code == 2
    assert "does not end in" in result.output


def test_training_never_takes_the_place_of_the_study_that_names_its_regions(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text("title = 'mine'", encoding="utf-8")
    result = call("train", "t.gpkg", "c.toml", "-o", study, "--regions", study)
    assert result.exit_code == 2
    assert "study.toml is read" in result.output
    assert study.read_text(encoding="utf-8") == "title = 'mine'"


def test_a_zone_without_a_cell_has_an_empty_summary_and_no_warning(
    maps: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "south.gpkg"
    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(0, -9, 1, -8)], crs="EPSG:4326")
    frame.to_file(path, driver="GPKG")
    for year in range(1990, 2002):
        source = maps / f"winter_flux/winter_flux_{year}.tif"
        place = maps / f"winter_flux_members/winter_flux_members_{year}.tif"
        place.parent.mkdir(exist_ok=True)
        with rasterio.open(source) as given:
            profile, cells = {**given.profile, "count": 3}, given.read(1)
        with rasterio.open(place, "w", **profile) as target:
            target.write(np.stack([cells, cells, cells]))
    record = json.loads((maps / "prediction.json").read_text(encoding="utf-8"))
    record["maps"] += [
        f"winter_flux_members/winter_flux_members_{y}.tif" for y in range(1990, 2002)
    ]
    (maps / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    output = tmp_path / "b.csv"
    assert (
        call("budget", maps, "-o", output, "--zones", path, "--name-field", "name").exit_code == 0
    )
    assert rows_of(tmp_path / "b_summary.csv")[-1]["total_lower_tg"] == ""
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


def test_published_totals_are_told_with_their_sources_in_the_documentation_too() -> None:
    told = (Path(__file__).parents[3] / "docs/literature-totals.md").read_text("utf-8")
    for each in PUBLISHED:
        assert f"| {each.total_tg:,.0f} per winter | {each.months} |" in told
        assert each.source.startswith("https://") and each.source in told
