"""Tiles on a real Dask scheduler with worker processes: the same bytes, whoever dies."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.mapping import cluster as module
from wco2_engine.mapping.prediction import predict
from wco2_engine.progress import Silent

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

REPOSITORY = Path(__file__).resolve().parents[3]
FINE = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 1.0)
TILE, TILES = 16, 92  # 23 x 4


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes of one thread each."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    try:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as running:
            yield running
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(wide: SimpleNamespace, output: Path, **options: Any) -> None:
    predict(wide.model, wide.catalogue, FINE, (2001,), output, tile_size=TILE, **options)


def finished(output: Path) -> int:
    return len(list(output.glob(".parts-*/*-*.json")))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_a_killed_worker_changes_no_byte(
    wide: SimpleNamespace, tmp_path: Path, cluster: Any
) -> None:
    run(wide, tmp_path / "threads", jobs=2)
    with distributed.Client(cluster) as client:
        victim = sorted(client.run(os.getpid).values())[0]
    seen: list[int] = []

    def kill_halfway() -> None:
        deadline = time.monotonic() + 1800  # ends what hangs; a worker may have to compile first
        while finished(tmp_path / "dask") < TILES // 4 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(victim, signal.SIGKILL)
        seen.append(finished(tmp_path / "dask"))

    killer = threading.Thread(target=kill_halfway)
    killer.start()
    run(wide, tmp_path / "dask", scheduler=cluster.scheduler_address)
    killer.join()
    assert TILES // 4 <= seen[0] < TILES
    assert contents(tmp_path / "dask") == contents(tmp_path / "threads")


def test_bounds_members_and_applicability_are_those_of_threads(
    able: SimpleNamespace, tmp_path: Path, cluster: Any
) -> None:
    grid = Grid.from_extent((-180.0, 40.0, 180.0, 90.0), 5.0)
    for name, options in (
        ("threads", {"jobs": 2}),
        ("dask", {"scheduler": cluster.scheduler_address}),
    ):
        predict(
            able.model,
            able.catalogue,
            grid,
            (2001,),
            tmp_path / name,
            tile_size=TILE,
            interval=0.9,
            applicability=True,
            members=True,
            **options,
        )
    assert contents(tmp_path / "dask") == contents(tmp_path / "threads")


class Stopping(Silent):
    """Asks to stop after some tiles."""

    def __init__(self) -> None:
        self.seen = 0

    def update(self, fraction: float, message: str = "") -> None:
        self.seen += 1

    def cancelled(self) -> bool:
        return self.seen > 12


def test_a_cancelled_run_keeps_its_tiles_and_goes_on_in_threads(
    wide: SimpleNamespace, tmp_path: Path, cluster: Any
) -> None:
    with pytest.raises(Cancelled):
        run(wide, tmp_path, scheduler=cluster.scheduler_address, progress=Stopping())
    assert 0 < finished(tmp_path) < TILES
    run(wide, tmp_path)
    assert (tmp_path / "winter_flux" / "winter_flux_2001.tif").is_file()


def test_what_a_worker_can_not_do_is_said_by_the_run(
    wide: SimpleNamespace, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "__version__", "0.0.other")
    with pytest.raises(Wco2Error, match=r"A worker runs version .*, and this run 0\.0\.other"):
        run(wide, tmp_path, scheduler=cluster.scheduler_address)


def test_a_scheduler_that_does_not_answer_is_named(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    with pytest.raises(Wco2Error, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run(wide, tmp_path, scheduler="tcp://127.0.0.1:9")


def test_without_dask_a_scheduler_is_refused_with_what_to_install(
    wide: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(Wco2Error, match="pip install distributed"):
        run(wide, tmp_path, scheduler="tcp://127.0.0.1:9")
