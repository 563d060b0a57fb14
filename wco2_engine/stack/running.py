"""Tasks one after another, or several at a time in processes of their own."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.processes import may_start_processes
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.stack.making import Made, Task, Watch, make

WAIT = 0.2  # seconds until the next look whether the work is to stop
WORKER = 700_000_000  # bytes that a process takes: its libraries, and the planes of a task
FEW = 4  # tasks that do not pay for starting processes


def run_tasks(tasks: Sequence[Task], jobs: int, progress: Progress) -> Iterator[Made]:
    """What each task made, in the order in which they end.

    Parameters
    ----------
    jobs : how many at a time, where processes can be started; netCDF and HDF5 let one thread of a
        process read at a time, so threads would not do.

    Raises
    ------
    Wco2Error : of the first task that fails; those that run are stopped.
    Cancelled : when the user asked to stop.
    """
    if jobs < 2 or len(tasks) < FEW or not may_start_processes():
        for number, task in enumerate(tasks):
            yield make(task, _watch(task, number, len(tasks), progress))
        return
    yield from _in_processes(tasks, jobs, progress)


def _watch(task: Task, number: int, whole: int, progress: Progress) -> Watch:
    said = _said(task)

    def watch(share: float) -> None:
        stop_if_cancelled(progress)
        progress.update((number + share) / whole, said)

    return watch


def _said(task: Task) -> str:
    name, years = task.predictor.name, task.years
    if years[-1] < 1000:
        return f"Preparing {name}"
    shown = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
    return f"Preparing {name} {shown}"


def _in_processes(tasks: Sequence[Task], jobs: int, progress: Progress) -> Iterator[Made]:
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    executor = get_reusable_executor(max_workers=_workers(jobs, len(tasks)), timeout=60)
    waiting: dict[Future[Made | _Failed], Task] = {
        executor.submit(_alone, task): task for task in tasks
    }
    done = 0
    ended = False
    try:
        while waiting:
            finished, _ = wait(waiting, timeout=WAIT, return_when=FIRST_COMPLETED)
            stop_if_cancelled(progress)
            for future in finished:
                task = waiting.pop(future)
                done += 1
                said = _said(task)
                progress.update(done / len(tasks), said)
                try:
                    made = future.result()
                except BrokenProcessPool as error:
                    raise Wco2Error(
                        f"A process that prepared {task.predictor.name} ended before it was done.",
                        "It may have taken too much memory: try again with --jobs 1.",
                    ) from error
                if isinstance(made, _Failed):
                    raise made.error()
                yield made
        ended = True
    finally:
        if not ended:
            executor.shutdown(wait=True, kill_workers=True)


def _workers(jobs: int, tasks: int) -> int:
    """As many as asked for, and as there is memory for."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = {line.split(":")[0]: int(line.split()[1]) * 1000 for line in lines}["MemAvailable"]
    except (OSError, ValueError, KeyError, IndexError):  # another system
        free = 8 * WORKER
    return max(1, min(jobs, tasks, free // WORKER))


@dataclass(frozen=True)
class _Failed:
    """Why a task failed, in texts: errors of GDAL don't come whole through a pipe."""

    message: str
    hint: str
    trace: str = ""

    def error(self) -> Exception:
        return RuntimeError(self.trace) if self.trace else Wco2Error(self.message, self.hint)


def _alone(task: Task) -> Made | _Failed:
    """A task in a process of its own, which a signal to the whole group does not reach twice."""
    try:
        return make(task, _nobody)
    except Wco2Error as error:
        return _Failed(error.message, error.hint)
    except Exception as error:
        return _Failed(str(error), "", traceback.format_exc())


def _nobody(share: float) -> None:
    return None
