"""What users get wrong: exit 2, one message that names it, and every earlier result as it was."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from wco2_engine.cli import main

pytestmark = pytest.mark.e2e
FLUX = "Flux_gC_m2_day"


@pytest.fixture
def study(simulated: SimpleNamespace, tmp_path: Path) -> Path:
    """A copy of the simulated study with its results; its rasters are links, to be replaced."""
    folder = tmp_path / "study"
    shutil.copytree(simulated.folder, folder, copy_function=_link, ignore=_not_rasters)
    for name in ("study.toml", "catalogue.toml", "fluxes.csv", "plateau.geojson"):
        (folder / name).unlink()
        shutil.copy2(simulated.folder / name, folder / name)
    shutil.rmtree(folder / "results")
    shutil.copytree(simulated.results, folder / "results")
    return folder


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def _not_rasters(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "truth"]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def fails(*arguments: object) -> str:
    """What the command says while it ends with exit 2, and no traceback."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return _message(result.output)


def _message(output: str) -> str:
    """The one message at the end."""
    lines = output.splitlines()
    (first,) = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    assert len(lines) - first <= 2, output
    return "\n".join(lines[first:])


def run_fails(study: Path, retrained: bool = False) -> str:
    """The same of `wco2 run`, which leaves maps and report, and the model, as they were."""
    before = contents(study / "results")
    said = fails("run", study)
    after = contents(study / "results")
    assert after.keys() == before.keys()
    kept = ["report.html", *(name for name in before if name.startswith("maps/"))]
    for name in kept if retrained else [*kept, "model.wco2"]:
        assert after[name] == before[name]
    return said


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def quick(study: Path) -> None:
    """Let a study that has to train do so without validation."""
    edit(study / "study.toml", 'validation = ["random", "site", "knndm"]', "validation = []")
    edit(study / "study.toml", "applicability = true", "applicability = false")


def rewrite(path: Path, change: Any = None, **profile: Any) -> None:
    """Put another raster in the place of a linked one."""
    with rasterio.open(path) as source:
        values, old = source.read(), source.profile
    path.unlink()
    with rasterio.open(path, "w", **{**old, **profile}) as target:
        target.write(values if change is None else change(values))


# The table of fluxes.


def test_a_missing_column_with_the_nearest_name(study: Path) -> None:
    edit(study / "fluxes.csv", FLUX, "Flux_gC_m2_d")
    said = run_fails(study)
    assert f"'{FLUX}'" in said
    assert "'Flux_gC_m2_d'" in said
    assert "fluxes.csv" in said


@pytest.mark.parametrize("unit", ["g m-2 fortnite-1", "K", "mm day-1"])
def test_a_unit_that_is_unknown_or_of_no_flux(study: Path, unit: str) -> None:
    edit(study / "study.toml", '"g m-2 day-1"', f'"{unit}"')
    assert f"'{unit}'" in run_fails(study)


def test_swapped_coordinates(study: Path) -> None:
    edit(study / "study.toml", 'longitude = "Lon"', 'longitude = "Lat"')
    edit(study / "study.toml", 'latitude = "Lat"', 'latitude = "Lon"')
    said = run_fails(study)
    assert "line " in said
    assert "swapped" in said


def test_a_coordinate_outside_the_earth(study: Path) -> None:
    edit(study / "fluxes.csv", ",150.1935,61.4078,", ",150.1935,161.4078,")
    said = run_fails(study)
    assert "line 2" in said
    assert "161.4078" in said


def test_month_13(study: Path) -> None:
    edit(study / "fluxes.csv", ",61.4078,1998,1,", ",61.4078,1998,13,")
    said = run_fails(study)
    assert "line 2" in said
    assert "13" in said


@pytest.mark.parametrize("lines", [0, 1])
def test_an_empty_table(study: Path, lines: int) -> None:
    table = study / "fluxes.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:lines]))
    said = run_fails(study)
    assert "fluxes.csv" in said
    assert "empty" in said or "no rows" in said


def test_a_workbook_in_the_place_of_a_table(study: Path) -> None:
    (study / "fluxes.xlsx").write_bytes(b"PK\x03\x04 not really one")
    edit(study / "study.toml", 'file = "fluxes.csv"', 'file = "fluxes.xlsx"')
    said = run_fails(study)
    assert "fluxes.xlsx" in said
    assert "CSV" in said


# Rasters.


def test_missing_years_are_all_listed(study: Path) -> None:
    (study / "rasters/air_temperature/t2m_2000.tif").unlink()
    (study / "rasters/soil_temperature/stl1_2002-02.tif").unlink()
    said = run_fails(study)
    assert "'air_temperature'" in said
    assert "2000-10" in said
    assert "2000-12" in said
    assert "'soil_temperature'" in said
    assert "2002-02" in said


def test_a_raster_without_crs(study: Path) -> None:
    rewrite(study / "rasters/elevation.tif", crs=None)
    said = run_fails(study)
    assert "'elevation'" in said
    assert "elevation.tif states no coordinate reference system" in said


def test_values_in_another_unit_than_stated(study: Path) -> None:
    edit(study / "catalogue.toml", 'units = "K"', 'units = "degC"')
    said = run_fails(study)
    assert "'air_temperature'" in said
    for text in ("'K'", "'degC'", "the catalogue", "overrule"):  # both are quoted, with the fix
        assert text in said


def test_an_unknown_unit_of_a_predictor(study: Path) -> None:
    edit(study / "catalogue.toml", 'units = "K"', 'units = "Kelwin"')
    said = run_fails(study)
    assert "'air_temperature'" in said
    assert "Kelwin" in said


@pytest.mark.parametrize("share", [0.0, 0.02, 0.6, 0.95])
def test_a_truncated_geotiff(study: Path, share: float) -> None:
    path = study / "rasters/snow/swe_2001.tif"
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: int(len(data) * share)])
    assert "swe_2001.tif" in run_fails(study)


def test_a_text_in_the_place_of_a_raster(study: Path) -> None:
    path = study / "rasters/elevation.tif"
    path.unlink()
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    said = run_fails(study)
    assert "elevation.tif is not a GeoTIFF" in said
    assert "a pointer of Git LFS, not the file itself" in said


# Regions, extents, models.


def test_a_region_with_too_few_observations(study: Path) -> None:
    edit(study / "study.toml", "bbox = [-180, 45, 180, 84]", "bbox = [-180, 80, 180, 84]")
    said = run_fails(study)
    assert "'arctic'" in said
    assert "needs 20" in said


def test_a_region_drawn_with_lines(study: Path) -> None:
    (study / "plateau.geojson").write_text(
        '{"type": "Feature", "properties": {}, "geometry": {"type": "LineString", '
        '"coordinates": [[80, 30], [90, 35]]}}'
    )
    said = run_fails(study)
    assert "'tibetan_plateau'" in said
    assert "plateau.geojson holds no polygon" in said


def test_an_extent_that_meets_no_data(study: Path) -> None:
    quick(study)
    edit(study / "study.toml", "extent = [-180.0, 27.0, 180.0, 84.0]", "extent = [0, -40, 20, -20]")
    said = run_fails(study, retrained=True)
    assert "[0.0, -40.0, 20.0, -20.0]" in said
    assert "meets no region" in said


def test_an_extent_in_degrees_for_a_map_in_metres(study: Path) -> None:
    edit(study / "study.toml", 'crs = "EPSG:4326"', 'crs = "EPSG:6931"')
    edit(study / "study.toml", "resolution = 0.5", "resolution = 25000.0")
    quick(study)
    said = run_fails(study, retrained=True)
    assert "EPSG:6931" in said
    assert "is in degrees, and EPSG:6931 counts in other units" in said


def test_a_resolution_in_degrees_for_a_map_in_metres(study: Path) -> None:
    edit(study / "study.toml", 'crs = "EPSG:4326"', 'crs = "EPSG:6931"')
    edit(study / "study.toml", "[-180.0, 27.0, 180.0, 84.0]", "[-5e6, -5e6, 5e6, 5e6]")
    said = run_fails(study)
    assert "too large" in said
    assert "0.5 counts in units of EPSG:6931" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.wco2", b"site,flux\n"),
        ("old.pkl", pickle.dumps({"forest": [1, 2, 3]})),
        ("empty.wco2", b""),
        ("short.wco2", None),
    ],
)
def test_a_model_file_that_is_none(study: Path, tmp_path: Path, name: str, content: Any) -> None:
    path = tmp_path / name
    model = (study / "results/model.wco2").read_bytes()
    path.write_bytes(model[: len(model) // 2] if content is None else content)
    catalogue, output = study / "catalogue.toml", tmp_path / "maps"
    said = fails("predict", path, catalogue, "-o", output, "--years", "2001")
    assert f"{name} is not a usable model" in said
    assert not output.exists() or not list(output.rglob("*"))
    assert name in fails("describe", path)
    assert name in fails("report", path, "-o", tmp_path / "r.html")


# Outputs.


def test_an_output_that_would_take_the_place_of_the_users_own_table(study: Path) -> None:
    before = (study / "fluxes.csv").read_bytes()
    said = fails("observations", study / "fluxes.csv", "-o", study / "fluxes.csv")
    assert "fluxes.csv is read" in said
    assert (study / "fluxes.csv").read_bytes() == before


def test_an_output_folder_that_is_a_file(study: Path) -> None:
    edit(study / "study.toml", 'output = "results"', 'output = "fluxes.csv"')
    before = (study / "fluxes.csv").read_bytes()
    assert "fluxes.csv is a file, not a folder" in fails("run", study)
    assert (study / "fluxes.csv").read_bytes() == before


def test_a_folder_that_is_in_use_for_a_new_study(study: Path) -> None:
    before = contents(study)
    assert "is not empty" in fails("new", study)
    assert contents(study) == before


def _run_with_limit(study: Path, limit: int) -> subprocess.CompletedProcess[str]:
    script = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "from wco2_engine.cli import main\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", script, "run", str(study)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("limit", [2_000, 90_000, 200_000])
def test_a_file_system_that_takes_no_more(study: Path, limit: int) -> None:
    # These limits hit the first table, the second one, and the model.
    shutil.rmtree(study / "results")
    quick(study)
    done = _run_with_limit(study, limit)
    assert done.returncode == 2, done.stderr
    # Above it fiona may print what it met while it closed its file.
    assert "could not be written" in _message(done.stderr)
    assert not [name for name in contents(study / "results") if "partial" in name]


@pytest.fixture
def tight_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a file system of so many kB."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def make(size: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)]
        try:
            made = subprocess.run(command, capture_output=True)
        except FileNotFoundError:
            pytest.skip("there is no mount")
        if made.returncode:
            pytest.skip("mounting a file system needs more rights than we have")
        return folder

    yield make
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("size", [100, 1500])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # fiona, closing
def test_a_full_disk(study: Path, tight_disk: Callable[[int], Path], size: int) -> None:
    # Enough for half a table; for the model, but not for the tiles and the maps.
    disk = tight_disk(size)
    quick(study)
    edit(study / "study.toml", 'output = "results"', f'output = "{disk.as_posix()}"')
    result = CliRunner().invoke(main, ["run", str(study)])
    assert result.exit_code == 2, result.output
    said = _message(result.output)
    assert "full" in said or "could not be written" in said
    left = contents(disk)
    assert not [name for name in left if "partial" in name or "plain" in name]
    assert not [name for name in left if name.endswith(".tif")]


def test_a_mended_study_runs_to_its_end(study: Path, simulated: SimpleNamespace) -> None:
    quick(study)
    edit(study / "fluxes.csv", ",61.4078,1998,1,", ",61.4078,1998,13,")
    run_fails(study)
    edit(study / "fluxes.csv", ",61.4078,1998,13,", ",61.4078,1998,1,")
    result = CliRunner().invoke(main, ["run", str(study)])
    assert result.exit_code == 0, result.output
    for year in (2001, 2002):
        name = f"maps/winter_flux/winter_flux_{year}.tif"
        with (
            rasterio.open(study / "results" / name) as mended,
            rasterio.open(simulated.results / name) as first,
        ):
            np.testing.assert_array_equal(mended.read(), first.read())
