"""The tiles of a run, several at a time, in threads of this process."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from queue import SimpleQueue

from wco2_engine.errors import Cancelled
from wco2_engine.grid import Tile
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import FileCache, Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.mapping.blocks import Work, predict_block
from wco2_engine.mapping.checkpoints import TileCheckpoints
from wco2_engine.progress import Progress, stop_if_cancelled

M_ARENA_MAX = -8  # its number in glibc's malloc.h


def run_tiles(
    work: Work,
    catalogue: Catalogue,
    tiles: Sequence[Tile],
    checkpoints: TileCheckpoints,
    jobs: int,
    progress: Progress,
) -> None:
    """Predict the tiles that are not finished, `jobs` at a time.

    A thread keeps its files open from tile to tile, and all threads share what is known of them.

    Raises
    ------
    Whatever failed first, once no thread works on a tile any more.
    """
    waiting = [tile for tile in tiles if not checkpoints.has(tile)]
    message = f"Predicting {work.grid.width} x {work.grid.height} cells"
    watch = _Watch(progress, len(tiles) - len(waiting), len(tiles), message)
    threads = max(1, min(jobs, len(waiting)))
    queue: SimpleQueue[Tile | None] = SimpleQueue()
    for tile in [*waiting, *[None] * threads]:  # None: nothing left for one of the threads
        queue.put(tile)
    cache = FileCache()

    def work_off() -> None:
        try:
            with Rasters(readers=threads) as rasters:
                sources = Sources(catalogue, rasters, cache)
                for tile in iter(queue.get, None):
                    _predict_tile(work, sources, rasters, tile, checkpoints, watch)
        except BaseException as error:
            watch.fail(error)

    with ThreadPoolExecutor(threads, thread_name_prefix="wco2-tiles") as pool:
        try:
            wait([pool.submit(work_off) for _ in range(threads)])
        except BaseException as error:  # an interrupt: threads stop at their next step
            watch.fail(error)
    if watch.failure is not None:
        raise watch.failure


def _predict_tile(
    work: Work,
    sources: Sources,
    rasters: Rasters,
    tile: Tile,
    checkpoints: TileCheckpoints,
    watch: _Watch,
) -> None:
    told = 0.0

    def tell(share: float) -> None:
        nonlocal told
        watch.add(share - told)
        told = share

    tell(0.0)
    block = predict_block(work, sources, rasters, tile, tell)
    checkpoints.write(tile, block)
    tell(1.0)


def share_one_heap() -> None:
    """Have this process's new threads take memory from the heap that is there, for good.

    glibc gives each thread a heap of its own, and what one frees no other can have. Pixels come and
    go in all threads, so after a large map these heaps are mostly holes, 60 MB of them. mallopt(3).
    Not for a process of others, such as QGIS.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
        if mallopt is not None:
            mallopt(M_ARENA_MAX, 1)


class _Watch:
    """Adds up what several threads did for one progress, and stops all when one fails.

    Attributes
    ----------
    failure : the first one; None as long as all is well.
    """

    def __init__(self, progress: Progress, done: float, tiles: int, message: str) -> None:
        self._progress, self._done, self._tiles = progress, done, tiles
        self._message = message
        self._lock = threading.Lock()
        self.failure: BaseException | None = None

    def add(self, share: float) -> None:
        """Tell that a share of a tile is done.

        Raises
        ------
        Cancelled : when the user asked to stop, or another thread failed.
        """
        with self._lock:
            if self.failure is not None:
                raise Cancelled("Another tile failed.")
            stop_if_cancelled(self._progress)
            self._done += share
            self._progress.update(min(1.0, self._done / max(1, self._tiles)), self._message)

    def fail(self, error: BaseException) -> None:
        """Remember a failure if it is the first one."""
        with self._lock:
            self.failure = self.failure or error
