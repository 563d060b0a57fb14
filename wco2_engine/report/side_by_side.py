"""The pictures of a page drawn by several processes: matplotlib draws on one core at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from wco2_engine.language import speaking, spoken
from wco2_engine.processes import may_start_processes
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.report.drawing import Drawn

if TYPE_CHECKING:
    from wco2_engine.report.page import Picture

FEW = 8  # pictures that do not pay for starting processes
MOST = 4  # processes, each of which reads the libraries for itself
AHEAD = 2  # pictures that wait for each process, so that none is idle while this one draws
WAIT = 0.2  # seconds until the next look whether the work is to stop


class Helpers(NamedTuple):
    """Processes that draw for this one."""

    executor: Any
    number: int


def helpers(jobs: int) -> Helpers | None:
    """Processes that read the libraries while the page's facts are gathered; None for none."""
    if jobs < 2 or not may_start_processes():
        return None
    from joblib.externals.loky import get_reusable_executor

    number = min(jobs, MOST) - 1
    executor = get_reusable_executor(max_workers=number, timeout=60)
    for _ in range(number):
        executor.submit(_ready)
    return Helpers(executor, number)


def draw_all(
    pictures: Sequence[Picture], progress: Progress, others: Helpers | None = None
) -> dict[str, Drawn]:
    """Each picture by its name.

    Parameters
    ----------
    others : of `helpers`.

    Raises
    ------
    Wco2Error : when a picture can't be drawn.
    Cancelled : when the user asks to stop.
    """
    drawn: dict[str, Drawn] = {}

    def draw(picture: Picture) -> None:
        stop_if_cancelled(progress)
        words = f"Drawing {picture.name.replace('_', ' ')}"
        progress.update(len(drawn) / len(pictures), words)
        drawn[picture.name] = picture.drawn()

    if others is None or len(pictures) < FEW:
        for picture in pictures:
            draw(picture)
        return drawn
    try:
        _share_out(pictures, others, drawn, draw, progress)
    except BaseException:
        others.executor.shutdown(wait=True, kill_workers=True)
        raise
    return drawn


def _share_out(
    pictures: Sequence[Picture],
    others: Helpers,
    drawn: dict[str, Drawn],
    draw: Callable[[Picture], None],
    progress: Progress,
) -> None:
    """This process draws the first pictures, the others the last ones, until they meet."""
    from joblib.externals.cloudpickle import dumps

    with TemporaryDirectory() as folder:
        path = Path(folder) / "pictures"
        path.write_bytes(dumps(tuple(pictures)))
        waiting = deque(range(len(pictures)))
        given: dict[Future[Drawn], int] = {}
        while waiting or given:
            while waiting and len(given) < AHEAD * others.number:
                last = waiting.pop()
                given[others.executor.submit(_drawn, str(path), last, spoken())] = last
            if waiting:
                draw(pictures[waiting.popleft()])
            done, _ = wait(given, 0 if waiting else WAIT, FIRST_COMPLETED)
            stop_if_cancelled(progress)
            for future in done:
                picture = pictures[given.pop(future)]
                if future.exception() is None:
                    drawn[picture.name] = future.result()
                else:  # whatever it was is told as this process meets it
                    draw(picture)


def _ready() -> None:
    """Read what drawing needs, in a process of its own."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg  # noqa: F401

    import wco2_engine.report.atlas
    import wco2_engine.report.kinds  # noqa: F401


@lru_cache(maxsize=1)
def _pictures(path: str) -> tuple[Picture, ...]:
    from joblib.externals.cloudpickle import loads

    pictures: tuple[Picture, ...] = loads(Path(path).read_bytes())  # nosec B301 - written above
    return pictures


def _drawn(path: str, number: int, language: str) -> Drawn:
    with speaking(language):
        return _pictures(path)[number].drawn()
