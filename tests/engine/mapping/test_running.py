"""Tiles in several threads: files stay open from tile to tile, and all end when one fails."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rasterio

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs import opening
from wco2_engine.inputs import rasters as reading
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.mapping import running
from wco2_engine.mapping.blocks import Block
from wco2_engine.mapping.running import run_tiles
from wco2_engine.progress import Silent

GRID = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 5.0)


class Kept:
    """Stands in for the folder of parts."""

    def __init__(self) -> None:
        self.tiles: list[Any] = []

    def has(self, tile: Any) -> bool:
        return tile in self.tiles

    def write(self, tile: Any, block: Block) -> None:
        self.tiles.append(tile)


def go(catalogue: Any, jobs: int, progress: Any = None, size: int = 8) -> Kept:
    work, kept = SimpleNamespace(grid=GRID), Kept()
    run_tiles(work, catalogue, GRID.tiles(size), kept, jobs, progress or Silent())  # type: ignore[arg-type]
    return kept


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_thread_opens_a_file_once_for_all_its_tiles(
    wide: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    path = str(wide.folder / "carbon.tif")
    opened: Counter[int] = Counter()
    datasets: list[Any] = []

    def opener(_: str) -> Any:
        def open_it(path: str, driver: str) -> Any:
            opened[threading.get_ident()] += 1
            datasets.append(rasterio.open(path, driver=driver))
            return datasets[-1]

        return open_it

    def predict(work: Any, sources: Any, rasters: Rasters, tile: Any, tell: Any) -> Block:
        rasters.info(path, reading.AS_STORED)
        tell(0.5)
        return Block()

    monkeypatch.setattr(opening, "_opener", opener)
    monkeypatch.setattr(running, "predict_block", predict)
    kept = go(wide.catalogue, jobs)
    assert sorted(kept.tiles) == sorted(GRID.tiles(8))
    assert set(opened.values()) == {1} and len(opened) <= jobs
    assert all(dataset.closed for dataset in datasets)


def test_threads_share_what_is_known_and_read_the_same(
    wide: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = set()

    def predict(work: Any, sources: Any, rasters: Rasters, tile: Any, tell: Any) -> Block:
        known.add(id(sources._cache))
        return Block()

    monkeypatch.setattr(running, "predict_block", predict)
    go(wide.catalogue, 4)
    assert len(known) == 1


def test_the_first_failure_is_raised_once_all_threads_have_stopped(
    wide: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, inside = threading.Event(), []

    def predict(work: Any, sources: Any, rasters: Any, tile: Any, tell: Any) -> Block:
        inside.append(tile)
        try:
            if tile == GRID.tiles(8)[1]:
                failed.set()
                raise Wco2Error("a raster is cut short")
            assert failed.wait(1800)  # ends what hangs
            time.sleep(0.1)
            tell(0.5)  # raises: another tile failed
            return Block()
        finally:
            inside.remove(tile)

    monkeypatch.setattr(running, "predict_block", predict)
    with pytest.raises(Wco2Error, match="cut short"):
        go(wide.catalogue, 2)
    assert not inside


@pytest.mark.parametrize("jobs", [1, 2])
def test_cancelling_ends_all_threads(wide: SimpleNamespace, jobs: int) -> None:
    class Never(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        go(wide.catalogue, jobs, Never())


def test_an_interrupt_is_handed_on(wide: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    told = threading.Event()

    def predict(work: Any, sources: Any, rasters: Any, tile: Any, tell: Any) -> Block:
        while True:  # until the interrupt has got through
            time.sleep(0.01)
            try:
                tell(0.0)
            except Cancelled:
                told.set()
                raise

    monkeypatch.setattr(running, "wait", interrupted)
    monkeypatch.setattr(running, "predict_block", predict)
    with pytest.raises(KeyboardInterrupt):
        go(wide.catalogue, 2)
    assert told.is_set()


ARENAS = """
import ctypes, os, sys, tempfile, threading
import numpy as np
from wco2_engine.mapping.running import share_one_heap

if sys.argv[1] == "shared":
    share_one_heap()
together = threading.Barrier(6)

def work():
    held = [np.ones(1000) for _ in range(10)]
    together.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heaps are looked at")
def test_new_threads_share_one_heap() -> None:
    def heaps(how: str) -> int:
        call = [sys.executable, "-c", ARENAS, how]
        said = subprocess.run(call, check=True, capture_output=True, text=True).stderr
        return said.count("Arena ")

    assert 1 <= heaps("shared") < heaps("each") - 2


def test_finished_tiles_are_not_predicted_again(
    wide: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tiles, kept, seen = GRID.tiles(8), Kept(), []
    kept.tiles += tiles[:3]

    def predict(work: Any, sources: Any, rasters: Any, tile: Any, tell: Any) -> Block:
        seen.append(tile)
        return Block()

    monkeypatch.setattr(running, "predict_block", predict)
    work: Any = SimpleNamespace(grid=GRID)
    run_tiles(work, wide.catalogue, tiles, kept, 2, Silent())  # type: ignore[arg-type]
    assert sorted(seen) == sorted(tiles[3:])
    assert sorted(kept.tiles) == sorted(tiles)
