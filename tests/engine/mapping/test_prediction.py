"""Whole predictions: the same maps whatever the tiling, and nothing lost or half done."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Grid, project
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import Region
from wco2_engine.lock import locked
from wco2_engine.mapping import output_folder, running
from wco2_engine.mapping import prediction as module
from wco2_engine.mapping.memory import CACHE
from wco2_engine.mapping.prediction import Prediction, predict

REPOSITORY = Path(__file__).resolve().parents[3]
AROUND = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 5.0)
FIJI_SIDE = Grid.from_extent((150.0, 50.0, -150.0, 80.0), 2.0)
POLE = Grid.from_extent((-4e6, -4e6, 4e6, 4e6), 1e5, "EPSG:6931")
Pixels = Callable[[Path], bytes]


class Told:
    """A progress that keeps what it is told, and may break off or be cancelled on the way."""

    def __init__(self, breaks_at: int = 10**9, cancels_at: int = 10**9) -> None:
        self.fractions: list[float] = []
        self.notes: list[str] = []
        self._breaks_at, self._cancels_at = breaks_at, cancels_at

    def update(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)
        if len(self.fractions) == self._breaks_at:
            raise RuntimeError("power cut")

    def note(self, message: str) -> None:
        self.notes.append(message)

    @property
    def of_the_run(self) -> list[str]:
        """Without those on winters that nobody measured, which most of these maps are of."""
        return [note for note in self.notes if "lie outside of those" not in note]

    def cancelled(self) -> bool:
        return len(self.fractions) >= self._cancels_at


def run(wide: SimpleNamespace, grid: Grid, output: Path, **options: Any) -> Prediction:
    return predict(wide.model, wide.catalogue, grid, (2001,), output, monthly=True, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("grid", [AROUND, FIJI_SIDE, POLE], ids=["around", "antimeridian", "pole"])
def test_tilings_and_numbers_of_jobs_change_no_bit(
    wide: SimpleNamespace, tmp_path: Path, pixels: Pixels, grid: Grid
) -> None:
    whole = run(wide, grid, tmp_path / "whole")
    assert whole.cells > 100
    for tile_size, jobs in ((16, 1), (16, 2), (27, 3)):
        output = tmp_path / f"{tile_size}-{jobs}"
        other = run(wide, grid, output, tile_size=tile_size, jobs=jobs)
        assert (other.cells, other.missing) == (whole.cells, whole.missing)
        assert len(other.maps) == 8
        for mine, theirs in zip(whole.maps, other.maps, strict=True):
            assert pixels(mine) == pixels(theirs)
        # Not only the pixels: statistics and all else are the same, too.
        assert contents(output) == contents(tmp_path / "whole")


EVERYTHING = {"monthly": True, "interval": 0.9, "applicability": True, "members": True}


@pytest.mark.parametrize("grid", [AROUND, POLE], ids=["around", "pole"])
def test_bounds_members_and_applicability_are_the_same_in_any_tiling(
    able: SimpleNamespace, tmp_path: Path, grid: Grid
) -> None:
    for name, options in (
        ("whole", {}),
        ("small", {"tile_size": 16, "jobs": 2}),
        ("odd", {"tile_size": 27, "jobs": 3}),
    ):
        predict(able.model, able.catalogue, grid, (2001,), tmp_path / name, **EVERYTHING, **options)
    whole = contents(tmp_path / "whole")
    assert len(whole) == 5 + 3 * 7 + 1
    assert contents(tmp_path / "small") == whole
    assert contents(tmp_path / "odd") == whole


def test_the_estimate_is_the_same_with_bounds_and_lies_between_none_that_cross(
    able: SimpleNamespace, tmp_path: Path
) -> None:
    grid, years = AROUND, (2001,)
    predict(able.model, able.catalogue, grid, years, tmp_path / "plain", monthly=True)
    predict(able.model, able.catalogue, grid, years, tmp_path / "all", **EVERYTHING)
    plain, everything = contents(tmp_path / "plain"), contents(tmp_path / "all")
    for name in (name for name in plain if name.endswith(".tif")):
        assert everything[name] == plain[name]

    def read(name: str) -> Any:
        with rasterio.open(tmp_path / "all" / name / f"{name}_2001.tif") as source:
            return source.read(masked=True)

    lower, upper = read("winter_flux_lower")[0], read("winter_flux_upper")[0]
    assert (lower < upper).sum() > 200
    assert (lower <= upper).all()
    assert (lower.mask == read("winter_flux")[0].mask).all()
    members = read("winter_flux_members")
    assert len(members) == 2
    assert (members.mask == lower.mask).all()
    outside = read("applicability")[1]
    assert outside.min() == 0
    assert 1 <= outside.max() <= 7


def test_a_run_with_all_maps_that_broke_off_goes_on(able: SimpleNamespace, tmp_path: Path) -> None:
    def start(output: Path, **options: Any) -> None:
        predict(
            able.model, able.catalogue, AROUND, (2001,), output, tile_size=16, **EVERYTHING,
            **options,
        )  # fmt: skip

    start(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="power cut"):
        start(tmp_path / "broken", progress=Told(breaks_at=60))
    told = Told()
    start(tmp_path / "broken", progress=told)
    assert any("tiles are there already" in note for note in told.notes)
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


def test_tiles_of_a_run_with_other_maps_or_folds_are_not_taken(
    able: SimpleNamespace, tmp_path: Path
) -> None:
    def changed(model: Any, **options: Any) -> str:
        with pytest.raises(RuntimeError):
            predict(
                able.model, able.catalogue, AROUND, (2001,), tmp_path, applicability=True,
                tile_size=16, progress=Told(breaks_at=60),
            )  # fmt: skip
        told = Told()
        predict(model, able.catalogue, AROUND, (2001,), tmp_path, progress=told, **options)
        return " ".join(told.notes)

    notes = changed(able.model, applicability=True, interval=0.9)
    assert "this changed: tags, maps (winter_flux_lower and 1 more), interval. " in notes
    parts = [replace(part, folds={"site": part.folds["site"] % 2}) for part in able.model.regions]
    other = replace(able.model, regions=tuple(parts))
    assert other.fingerprint == able.model.fingerprint
    assert "this changed: tags, applicability. " in changed(other, applicability=True)


def test_what_a_model_can_not_tell_is_refused_before_anything_is_made(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    for options, words in (
        ({"members": True}, "holds no members"),
        ({"applicability": True}, "holds no validation"),
        ({"interval": 1.5}, "An interval of 1.5 is no share"),
    ):
        with pytest.raises(Wco2Error, match=words):
            run(wide, AROUND, tmp_path, **options)
    assert contents(tmp_path) == {}


def test_a_small_map_has_a_tile_for_every_job(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tiles = running.predict_block, []

    def looking(work: Any, sources: Any, rasters: Any, tile: Any, tell: Any) -> Any:
        tiles.append(tile)
        return real(work, sources, rasters, tile, tell)

    monkeypatch.setattr(running, "predict_block", looking)
    for jobs, number in ((1, 1), (2, 2), (3, 3)):  # of 256, 64 and 32 cells: 72 x 10 cells
        tiles.clear()
        run(wide, AROUND, tmp_path / str(jobs), jobs=jobs)
        assert len(tiles) == number


def test_a_map_across_the_antimeridian_joins_what_lies_on_either_side(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    joined = run(wide, FIJI_SIDE, tmp_path / "joined")
    halves = [
        run(wide, Grid.from_extent(extent, 2.0), tmp_path / name)
        for name, extent in (
            ("east", (150.0, 50.0, 180.0, 80.0)),
            ("west", (-180.0, 50.0, -150.0, 80.0)),
        )
    ]
    with rasterio.open(joined.maps[0]) as source:
        found = source.read(1)
        assert source.bounds == (150.0, 50.0, 210.0, 80.0)
    sides = []
    for half in halves:
        with rasterio.open(half.maps[0]) as source:
            sides.append(source.read(1))
    assert (found != -9999).sum() > 300
    # 179.0 and 181.0 - 360 are the same place to rounding alone.
    np.testing.assert_allclose(found, np.concatenate(sides, axis=1), rtol=1e-5)


def test_a_polar_map_has_values_around_the_pole_and_the_wide_ones_where_they_meet(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    polar = run(wide, POLE, tmp_path)
    with rasterio.open(polar.maps[0]) as source:
        found = source.read(1)
        assert source.crs.to_epsg() == 6931
        assert source.transform.to_gdal() == (-4e6, 1e5, 0.0, 4e6, 0.0, -1e5)
    assert (found[38:42, 38:42] != -9999).all()  # the four cells around the pole, and more
    # What the forest says for the very centre of one cell, asked for in degrees.
    row, column = 55, 60
    x, y = np.array([-4e6 + (column + 0.5) * 1e5]), np.array([4e6 - (row + 0.5) * 1e5])
    longitude, latitude = (float(v[0]) for v in project(x, y, "EPSG:6931", "EPSG:4326"))
    step = 1e-4
    extent = (longitude - step / 2, latitude - step / 2, longitude + step / 2, latitude + step / 2)
    single = run(wide, Grid.from_extent(extent, step, snap=False), tmp_path / "single")
    with rasterio.open(single.maps[0]) as source:
        assert source.shape == (1, 1)
        assert source.read(1)[0, 0] == pytest.approx(found[row, column], abs=1e-3)


def test_a_run_that_broke_off_goes_on_and_ends_with_the_same_files(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    run(wide, AROUND, tmp_path / "whole", tile_size=16)
    with pytest.raises(RuntimeError, match="power cut"):
        run(wide, AROUND, tmp_path / "broken", tile_size=16, progress=Told(breaks_at=20))
    left = contents(tmp_path / "broken")
    assert any(name.endswith(".npy") for name in left)
    assert not any("partial" in name for name in left)
    told = Told()
    run(wide, AROUND, tmp_path / "broken", tile_size=16, progress=told)
    assert any("tiles are there already" in note for note in told.notes)
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


def test_a_run_broken_off_between_two_maps_goes_on_too(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(wide, AROUND, tmp_path / "whole")
    write, written = output_folder.write_cog, []

    def write_three(path: Path, *rest: Any) -> None:
        if len(written) == 3:
            raise RuntimeError("power cut")
        written.append(path)
        write(path, *rest)

    monkeypatch.setattr(output_folder, "write_cog", write_three)
    with pytest.raises(RuntimeError):
        run(wide, AROUND, tmp_path / "broken")
    written.clear()
    monkeypatch.setattr(
        output_folder, "write_cog", lambda path, *r: written.append(path) or write(path, *r)
    )
    run(wide, AROUND, tmp_path / "broken")
    assert len(written) == 5
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


def test_maps_of_an_unfinished_run_never_mix_with_those_of_another_licence(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "move_into_place", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(wide, AROUND, tmp_path)
    monkeypatch.undo()
    model = replace(wide.model, provenance={**wide.model.provenance, "licence": "CC0"})
    assert model.fingerprint == wide.model.fingerprint
    for path in predict(model, wide.catalogue, AROUND, (2001,), tmp_path, monthly=True).maps:
        with rasterio.open(path) as source:
            assert source.tags()["LICENSE"] == "CC0"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_a_killed_process_leaves_what_the_next_one_goes_on_with(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    script = f"""
import os, signal
from pathlib import Path
from wco2_engine.grid import Grid
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.model import Model
from wco2_engine.mapping.prediction import predict
from wco2_engine.progress import Silent
class Killer(Silent):
    seen = 0
    def update(self, fraction, message=""):
        self.seen += 1
        if self.seen == 40:
            os.kill(os.getpid(), signal.SIGKILL)
folder = Path({str(wide.folder)!r})
predict(Model.read(folder / "model.wco2"), Catalogue.read(folder / "catalogue.toml"),
        Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 5.0), (2001,),
        Path({str(tmp_path)!r}) / "out",
        monthly=True, jobs=2, tile_size=16, progress=Killer())
"""
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    left = contents(tmp_path / "out")
    assert any(name.endswith(".json") for name in left)
    assert not any(name.endswith(".tif") for name in left)
    run(wide, AROUND, tmp_path / "out", tile_size=16)
    run(wide, AROUND, tmp_path / "whole", tile_size=16)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("jobs", [1, 2])
def test_cancelling_keeps_finished_tiles_and_earlier_maps(
    wide: SimpleNamespace, tmp_path: Path, jobs: int
) -> None:
    run(wide, AROUND, tmp_path, tile_size=16)
    before = contents(tmp_path)
    told = Told(cancels_at=25)
    with pytest.raises(Cancelled):
        predict(
            wide.model,
            wide.catalogue,
            AROUND,
            (2001,),
            tmp_path,
            jobs=jobs,
            tile_size=16,
            progress=told,
        )
    after = contents(tmp_path)
    assert before.items() <= after.items()
    assert not any("partial" in name or "plain" in name for name in after)
    assert any("/.parts-" in f"/{name}" and name.endswith(".json") for name in after)


def test_a_failing_tile_is_told_as_it_is_and_stops_the_others(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = running.predict_block, []

    def failing(work: Any, sources: Any, rasters: Any, tile: Any, tell: Any) -> Any:
        calls.append(tile)
        if tile.column == 16:
            raise Wco2Error("a raster is cut short")
        return real(work, sources, rasters, tile, tell)

    monkeypatch.setattr(running, "predict_block", failing)
    with pytest.raises(Wco2Error, match="cut short"):
        run(wide, AROUND, tmp_path, tile_size=8, jobs=2)
    number = len(calls)
    assert number < len(AROUND.tiles(8))
    time.sleep(0.2)
    assert len(calls) == number  # nothing goes on behind our back


def test_progress_grows_from_0_to_1(wide: SimpleNamespace, tmp_path: Path) -> None:
    told = Told()
    run(wide, AROUND, tmp_path, tile_size=16, jobs=2, progress=told)
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[0] == 0.0
    assert told.fractions[-1] == 1.0


def test_another_prediction_drops_the_tiles_of_an_unfinished_one_and_says_why(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError):
        run(wide, AROUND, tmp_path, tile_size=16, progress=Told(breaks_at=20))
    told = Told()
    run(wide, FIJI_SIDE, tmp_path, progress=told)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    (note,) = told.of_the_run
    assert note.startswith("Since the unfinished run there, this changed: grid. Its ")


def test_a_raster_that_changed_since_is_named(
    wide: SimpleNamespace, world: SimpleNamespace, tmp_path: Path
) -> None:
    for year in (2000, 2001):
        shutil.copy(wide.folder / f"t_{year}.tif", tmp_path)
    shutil.copy(wide.folder / "carbon.tif", tmp_path)
    shutil.copy(wide.folder / "catalogue.toml", tmp_path)
    catalogue, output = Catalogue.read(tmp_path / "catalogue.toml"), tmp_path / "out"
    with pytest.raises(RuntimeError):
        predict(wide.model, catalogue, AROUND, (2001,), output, progress=Told(breaks_at=5))
    os.utime(tmp_path / "t_2001.tif", (1, 1))
    told = Told()
    predict(wide.model, catalogue, AROUND, (2001,), output, progress=told)
    (note,) = told.of_the_run
    assert f"this changed: files ({tmp_path / 't_2001.tif'} " in note


def test_a_second_run_in_the_same_folder_is_refused_and_harms_nothing(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError):
        run(wide, AROUND, tmp_path, tile_size=16, progress=Told(breaks_at=20))
    before = contents(tmp_path)
    with locked(tmp_path), pytest.raises(Wco2Error, match="Another run is writing to"):
        run(wide, FIJI_SIDE, tmp_path)
    assert contents(tmp_path) == before


def test_a_run_goes_on_with_its_tiles_when_memory_would_now_make_others(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    run(wide, AROUND, tmp_path / "whole")
    fine = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 1.0)
    with pytest.raises(RuntimeError):  # in the second of two tiles of 256
        run(wide, fine, tmp_path / "broken", progress=Told(breaks_at=36))
    told = Told()
    run(wide, fine, tmp_path / "broken", memory=0.64, progress=told)
    assert told.of_the_run == ["1 of 2 tiles are there already."]


def test_too_little_memory_is_refused_before_anything_is_made(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(Wco2Error, match=r"8 bands of maps, 2 predictors and 2 jobs takes 0\.7"):
        run(wide, AROUND, tmp_path, jobs=2, memory=0.2)
    assert contents(tmp_path) == {}


def test_gdal_keeps_no_more_blocks_than_are_counted_on(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rasterio._env import get_gdal_config

    real, seen = running.predict_block, set()

    def looking(*arguments: Any) -> Any:
        seen.add(get_gdal_config("GDAL_CACHEMAX"))
        return real(*arguments)

    monkeypatch.setattr(running, "predict_block", looking)
    run(wide, AROUND, tmp_path, tile_size=16, jobs=2, memory=0.8)
    assert seen == {CACHE}


def test_the_record_beside_the_maps_says_what_they_are(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    result = run(wide, AROUND, tmp_path)
    record = json.loads((tmp_path / "prediction.json").read_text())
    assert record["model"] == wide.model.fingerprint
    assert record["grid"]["bounds"] == [-180.0, 40.0, 180.0, 90.0]
    assert record["years"] == [2001]
    assert record["maps"] == [path.relative_to(tmp_path).as_posix() for path in result.maps]
    assert record["missing_cell_months"] == dict(result.missing)
    assert record["missing_cell_months"]["carbon"] > 0
    assert record["simulated"] is False
    assert record["interval"] is None
    assert record["applicability"] is None
    assert record["members"] == 0
    assert all(row["outside"] is None for row in record["cell_months"])


def test_the_record_tells_level_threshold_folds_members_and_cell_months(
    able: SimpleNamespace, tmp_path: Path
) -> None:
    result = predict(able.model, able.catalogue, AROUND, (2001,), tmp_path, **EVERYTHING)
    record = json.loads((tmp_path / "prediction.json").read_text())
    assert record["interval"] == 0.9
    assert record["interval_calibrated"] == {"plateau": False, "arctic": True}
    assert [Region.from_json(each).name for each in record["regions"]] == ["plateau", "arctic"]
    areas = {part.region.name: part.applicability for part in able.model.regions}
    assert record["applicability"] == {
        "threshold": {name: area.threshold_ for name, area in areas.items()},
        "folds": {"plateau": "site", "arctic": "site"},
    }
    assert record["members"] == 2
    plateau, arctic = record["cell_months"]
    assert (plateau["region"], arctic["year"]) == ("plateau", 2001)
    missing = record["missing_cell_months"]["carbon"]
    # 8 x 4 cells of six months in the plateau; the rest of the cells has seven.
    assert plateau["predicted"] + arctic["predicted"] == 6 * 32 + 7 * (result.cells - 32) - missing
    assert 0 < arctic["outside"] <= arctic["predicted"]
    assert record["notes"] == [
        "Bounds of 0.9 are not calibrated in region 'Plateau': the model is calibrated for "
        "no level.",
        "Bounds of winters are sums of the months' bounds in region 'Arctic', which is too wide: "
        "the model does not know how errors of months add up.",
    ]


def test_the_record_tells_one_catalogue_from_another_without_places_on_this_machine(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    def identity(folder: str, output: str) -> dict[str, str]:
        catalogue = Catalogue.read(tmp_path / folder / "catalogue.toml")
        predict(wide.model, catalogue, FIJI_SIDE, (2001,), tmp_path / output)
        text = (tmp_path / output / "prediction.json").read_text()
        assert str(tmp_path) not in text
        return dict(json.loads(text)["catalogue"])

    shutil.copytree(wide.folder, tmp_path / "now")  # with the times of files
    shutil.copytree(wide.folder, tmp_path / "then")
    now, then = identity("now", "a"), identity("then", "b")
    assert (now["file"], now["folder"], then["folder"]) == ("catalogue.toml", "now", "then")
    assert now["fingerprint"] == then["fingerprint"]
    os.utime(tmp_path / "then" / "t_2001.tif", (1, 1))
    assert identity("then", "c")["fingerprint"] != now["fingerprint"]


def test_an_extent_that_meets_no_region_is_refused_and_leaves_nothing(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(Wco2Error, match=r"No cell .*\[0.0, -60.0, 20.0, -40.0\].* meets no region"):
        run(wide, Grid.from_extent((0.0, -60.0, 20.0, -40.0), 5.0), tmp_path)
    assert contents(tmp_path) == {}


def test_a_year_without_rasters_is_refused_with_all_that_is_missing(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(Wco2Error) as caught:
        predict(wide.model, wide.catalogue, AROUND, (2000, 2001, 2002, 2003), tmp_path)
    for month in ("1999-10", "1999-12", "2002-01", "2002-10", "2003-04"):
        assert month in caught.value.message
    assert "2001-" not in caught.value.message
    assert "carbon" not in caught.value.message


def test_a_predictor_in_kelvin_is_refused_by_the_range_that_the_model_was_trained_on(
    wide: SimpleNamespace, world: SimpleNamespace, tmp_path: Path
) -> None:
    for year in (2000, 2001):
        values = np.full((12, 30, 120), 265.0)
        world.write_raster(tmp_path / f"t_{year}.tif", values, 0.0, 90.0, 3.0)
    catalogue = world.write_catalogue(
        tmp_path / "catalogue.toml",
        'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n',
        f'name = "carbon"\npath = "{(wide.folder / "carbon.tif").as_posix()}"\nunits = "%"\n',
    )
    with pytest.raises(Wco2Error, match=r"'temperature' has a median of 265.*looks like K"):
        predict(wide.model, catalogue, AROUND, (2001,), tmp_path / "out")


def test_who_says_a_predictors_valid_range_may_go_far_beyond_the_training(
    wide: SimpleNamespace, world: SimpleNamespace, tmp_path: Path
) -> None:
    # The training has -5 to 25 degrees; a tenth of 150 would lie inside, and look like a mistake.
    for year in (2000, 2001):
        world.write_raster(tmp_path / f"t_{year}.tif", np.full((12, 30, 120), 150.0), 0.0, 90.0, 3)

    def catalogue(valid: str) -> Any:
        return world.write_catalogue(
            tmp_path / "catalogue.toml",
            'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\n'
            + valid,
            f'name = "carbon"\npath = "{(wide.folder / "carbon.tif").as_posix()}"\nunits = "%"\n',
        )

    with pytest.raises(Wco2Error, match="10 times too large") as caught:
        predict(wide.model, catalogue(""), AROUND, (2001,), tmp_path / "out")
    assert "valid = [lowest, highest]" in caught.value.hint
    predict(wide.model, catalogue("valid = [-90, 200]\n"), AROUND, (2001,), tmp_path / "out")


def test_a_predictor_in_another_unit_than_in_training_is_refused(
    wide: SimpleNamespace, world: SimpleNamespace, tmp_path: Path
) -> None:
    catalogue = world.write_catalogue(
        wide.folder / "other.toml",
        'name = "temperature"\npath = "t_{year}.tif"\nwhen = "monthly"\nunits = "degC"\nto = "K"\n',
        'name = "carbon"\npath = "carbon.tif"\nunits = "%"\n',
    )
    with pytest.raises(Wco2Error, match=r"'temperature' is in K .* trained on degC"):
        predict(wide.model, catalogue, AROUND, (2001,), tmp_path)


def test_predicting_needs_no_scikit_learn_pandas_or_geopandas(
    wide: SimpleNamespace, tmp_path: Path
) -> None:
    script = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sklearn", "scipy", "pandas", "geopandas", "shapely", "pint",
                                      "matplotlib", "jinja2", "pyproj", "fiona", "rich"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from wco2_engine.jobs import PredictJob
from wco2_engine.progress import Silent
print(PredictJob(sys.argv[1], sys.argv[2], sys.argv[3], "2001", [0, 60, 30, 70], resolution=5.0)
      .run(Silent())["cells"])
"""
    arguments = ["model.wco2", "catalogue.toml"]
    done = subprocess.run(
        [sys.executable, "-c", script, *(str(wide.folder / a) for a in arguments), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "12"


@pytest.fixture
def tight_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if made.returncode:
        pytest.skip("mounting a file system needs more rights than we have")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_the_maps_before_it_stay(
    wide: SimpleNamespace, tight_disk: Path
) -> None:
    predict(wide.model, wide.catalogue, AROUND, (2001,), tight_disk)
    before = contents(tight_disk)
    assert "winter_flux/winter_flux_2001.tif" in before
    fine = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 1.0)
    with pytest.raises(Wco2Error, match=r"full|could not be written"):
        predict(wide.model, wide.catalogue, fine, (2001,), tight_disk, monthly=True, tile_size=64)
    after = {name: data for name, data in contents(tight_disk).items() if ".parts" not in name}
    assert after == before
    assert not any("partial" in name or "plain" in name for name in contents(tight_disk))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
@pytest.mark.parametrize("limit", [10_000, 52_000])
def test_a_file_that_may_not_grow_is_said_and_nothing_half_written_stays(
    wide: SimpleNamespace, tmp_path: Path, limit: int
) -> None:
    # A file of a tile has 46,328 bytes, of 11,550 cells; a map has more, of 360 columns, not 256.
    script = f"""
import resource, signal, sys
from wco2_engine.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
main()
"""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            "predict",
            "model.wco2",
            "catalogue.toml",
            "--years",
            "2001",
            "--extent",
            "-180",
            "40",
            "180",
            "90",
            "--resolution",
            "1",
            "-o",
            str(tmp_path / "out"),
        ],
        cwd=wide.folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [n for n in contents(tmp_path) if "partial" in n or "plain" in n or "tif" in n]


def test_what_an_earlier_run_made_of_the_same_winter_does_not_lie_beside_the_new_maps(
    able: SimpleNamespace, tmp_path: Path
) -> None:
    predict(able.model, able.catalogue, AROUND, (2001,), tmp_path, monthly=True, interval=0.9)
    own = tmp_path / "winter_flux_lower" / "notes.txt"
    own.write_text("of the user", encoding="utf-8")
    record = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    record["maps"].append("winter_flux/winter_flux_1999.tif")
    (tmp_path / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    statistics = tmp_path / "winter_flux/winter_flux_2001.tif.aux.xml"
    statistics.touch()
    other = tmp_path / "winter_flux/winter_flux_1999.tif"
    other.touch()
    told = Told()
    predict(able.model, able.catalogue, AROUND, (2001,), tmp_path, progress=told)
    assert sorted(contents(tmp_path)) == [
        "prediction.json",
        "winter_flux/winter_flux_1999.tif",
        "winter_flux/winter_flux_2001.tif",
        "winter_flux_lower/notes.txt",
    ]
    assert any("1 maps of other winters of an earlier run stay" in note for note in told.notes)


@pytest.mark.parametrize("name", ["../winter_flux_2001.tif", "/etc/winter_flux_2001.tif", 3])
def test_an_earlier_record_that_is_none_removes_nothing_and_that_is_told(
    able: SimpleNamespace, tmp_path: Path, name: object
) -> None:
    outside = tmp_path / "winter_flux_2001.tif"
    outside.touch()
    folder = tmp_path / "maps"
    earlier = folder / "winter_flux_lower/winter_flux_lower_2001.tif"
    earlier.parent.mkdir(parents=True)
    earlier.touch()
    record = {"maps": ["winter_flux_lower/winter_flux_lower_2001.tif", name]}
    (folder / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    told = Told()
    predict(able.model, able.catalogue, AROUND, (2001,), folder, progress=told)
    assert outside.is_file()
    assert earlier.is_file()
    assert any("What an earlier run made may lie beside the new maps" in n for n in told.notes)
