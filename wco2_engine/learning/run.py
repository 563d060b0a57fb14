"""What every fit of a run shares: the seed, the threads, and whom it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wco2_engine.progress import Progress, Silent, SubProgress, stop_if_cancelled


@dataclass(frozen=True)
class RunContext:
    """The seed of all chance, how many threads fit trees, and the progress that is told.

    Results are the same for any number of threads.

    Examples
    --------
    >>> from wco2_engine.learning.run import RunContext
    >>> run = RunContext(seed=7, threads=2)
    >>> run.part(0.0, 0.5).seed
    7
    """

    seed: int = 0
    threads: int = 1
    progress: Progress = field(default_factory=Silent, repr=False)

    def part(self, start: float, end: float) -> RunContext:
        """The same run in a stretch of its progress."""
        return replace(self, progress=SubProgress(self.progress, start, end))

    def step(self, fraction: float, message: str = "") -> None:
        """Tell the fraction done, 0 to 1.

        Raises
        ------
        Cancelled : when the user asked to stop.
        """
        stop_if_cancelled(self.progress)
        self.progress.update(fraction, message)
