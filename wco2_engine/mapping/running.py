"""The tiles of a run, several at a time, in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from wco2_engine.errors import Cancelled
from wco2_engine.grid import Tile
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.mapping.blocks import Block, Work, predict_block
from wco2_engine.mapping.parts import Parts
from wco2_engine.progress import Progress, stop_if_cancelled


def run_tiles(
    work: Work,
    catalogue: Catalogue,
    tiles: Sequence[Tile],
    parts: Parts,
    jobs: int,
    progress: Progress,
) -> None:
    """Predict the tiles that are not finished, `jobs` at a time.

    Raises
    ------
    Whatever failed first, once no thread works on a tile any more.
    """
    from joblib import Parallel, delayed

    waiting = [tile for tile in tiles if not parts.has(tile)]
    months = len(work.schedule.months)
    message = f"Predicting {work.grid.width} x {work.grid.height} cells"
    watch = _Watch(progress, (len(tiles) - len(waiting)) * months, len(tiles) * months, message)
    tasks = (delayed(_predict_tile)(work, catalogue, tile, parts, watch) for tile in waiting)
    try:
        Parallel(n_jobs=max(1, jobs), backend="threading", batch_size=1)(tasks)
    except BaseException as error:
        raise watch.settled(error) from None


def _predict_tile(
    work: Work, catalogue: Catalogue, tile: Tile, parts: Parts, watch: _Watch
) -> None:
    months = len(work.schedule.months)
    counted = 0

    def each_month() -> None:
        nonlocal counted
        counted += 1
        watch.add(1)

    with watch.tile(), Rasters() as rasters:
        watch.add(0)
        block: Block = predict_block(work, Sources(catalogue, rasters), rasters, tile, each_month)
        parts.write(tile, block)
        watch.add(months - counted)


class _Watch:
    """Counts the steps of several threads for one progress, and stops all when one fails."""

    def __init__(self, progress: Progress, done: int, steps: int, message: str) -> None:
        self._progress, self._done, self._steps = progress, done, steps
        self._message = message
        self._changed = threading.Condition()
        self._running = 0
        self._failure: BaseException | None = None

    @contextmanager
    def tile(self) -> Iterator[None]:
        """Around the work on one tile."""
        with self._changed:
            self._running += 1
        try:
            yield
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def add(self, steps: int) -> None:
        """Tell that steps are done.

        Raises
        ------
        Cancelled : when the user asked to stop, or another thread failed.
        """
        with self._changed:
            if self._failure is not None:
                raise Cancelled("Another tile failed.")
            stop_if_cancelled(self._progress)
            self._done += steps
            self._progress.update(self._done / max(1, self._steps), self._message)

    def settled(self, error: BaseException) -> BaseException:
        """The failure that came first, once no thread works on a tile any more."""
        self._fail(error)
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0)
        return self._failure or error

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
