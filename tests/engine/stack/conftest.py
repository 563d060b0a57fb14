"""Series that count what is read of them, in place of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wco2_engine.downloads.reading import NamedFile
from wco2_engine.downloads.series import Step
from wco2_engine.grid import GEOGRAPHIC, Grid
from wco2_engine.season import Month
from wco2_engine.stack.extent import Window

GRID = Grid.of_pixels(GEOGRAPHIC, -180.0, 90.0, 10.0, 10.0, 36, 18)


def value_of(month: Month) -> float:
    return 100.0 * (month.year - 2000) + month.month


@dataclass
class FakeSeries:
    """Monthly planes whose value is that of their month, plus a thousandth of the column."""

    steps: tuple[Step, ...]
    values: dict[tuple[str, int], float]
    units: str | None = "K"
    grid: Any = GRID
    block: tuple[int, int, int] = (1, 18, 36)
    inflated: Counter[tuple[str, int, int, int]] = field(default_factory=Counter)
    attributes: dict[str, Any] = field(default_factory=dict)
    is_open: bool = True

    def plane(self, step: Step, window: Window | None = None) -> Any:
        return self.planes([step], window)[0]

    def planes(self, steps: Sequence[Step], window: Window | None = None) -> Any:
        assert self.is_open
        place = window or Window(0, 0, self.grid.height, self.grid.width)
        deep, rows, columns = self.block
        blocks = {
            (str(step.source), step.index // deep, row // rows, column // columns)
            for step in steps
            for row in range(place.row, place.row + place.height)
            for column in range(place.column, place.column + place.width)
        }
        self.inflated.update(blocks)
        across = np.arange(place.column, place.column + place.width) / 1000
        return np.stack(
            [
                np.broadcast_to(
                    np.float32(self.values[str(s.source), s.index] + across),
                    (place.height, place.width),
                ).astype(np.float32)
                for s in steps
            ]
        )

    def close(self) -> None:
        self.is_open = False


def monthly_steps(path: Path, first: Month, count: int) -> tuple[Step, ...]:
    steps = []
    for k in range(count):
        month = first.shift(k)
        begin = np.datetime64(f"{month.year:04d}-{month.month:02d}-01", "D")
        end = (np.datetime64(begin, "M") + 1).astype("datetime64[D]")
        steps.append(Step(path, k, begin, end, month))
    return tuple(steps)


@dataclass
class Downloads:
    """What stands for the files of a test: by name, their steps; and what was opened."""

    files: dict[str, Callable[[Path], FakeSeries]] = field(default_factory=dict)
    opened: list[FakeSeries] = field(default_factory=list)

    def open(self, files: Sequence[Any], reading: Any, where: str) -> FakeSeries:
        series = [
            self.files[(f.path if isinstance(f, NamedFile) else f).name](
                f.path if isinstance(f, NamedFile) else f
            )
            for f in files
        ]
        whole = series[0]
        for other in series[1:]:
            whole.steps += other.steps
            whole.values |= other.values
        self.opened.append(whole)
        return whole

    @property
    def inflated(self) -> Counter[tuple[str, int, int, int]]:
        return sum((series.inflated for series in self.opened), Counter())


def monthly(first: Month, count: int, **about: Any) -> Callable[[Path], FakeSeries]:
    def made(path: Path) -> FakeSeries:
        steps = monthly_steps(path, first, count)
        values = {(str(path), s.index): value_of(s.month) for s in steps if s.month is not None}
        return FakeSeries(steps, values, **about)

    return made


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> Downloads:
    found = Downloads()
    monkeypatch.setattr("wco2_engine.downloads.series.open_series", found.open)
    return found
