"""Makes some files of a stack from their sources: one task, which any process can do by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.season import Month
from wco2_engine.stack.candidates import Candidate
from wco2_engine.stack.combining import MonthOfSteps, derived, layered
from wco2_engine.stack.extent import Extent, Window, strips, window_of
from wco2_engine.stack.files import Told, Writer, bands_of, target_path, written
from wco2_engine.stack.opening import closed, opened, units_and_conversion
from wco2_engine.stack.planes import VALUE, Unrolled, largest_group, planes
from wco2_engine.stack.shares import Share, shares_by_month
from wco2_engine.units import Conversion, conversion

BUDGET = 256_000_000  # bytes of planes in memory at once, of one task
MAX_PIXELS = 2 * 10**10  # of a band: 250 m for all the north are a quarter of it
Watch = Callable[[float], None]  # told the share that is done; raises when the work is to stop


@dataclass(frozen=True)
class Ingredient:
    """One variable that a predictor is made of, and the files that may hold it."""

    predictor: Predictor
    files: tuple[Candidate, ...]


@dataclass(frozen=True)
class Task:
    """Some files of one predictor, which share their sources.

    Attributes
    ----------
    months : to fill.
    window : what earlier files cover, which the new ones have to cover too.
    key, keys : what the catalogue says of how the values are made, short and in full.
    sources : by year, the files that its months come from, with size and time of change.
    stack : the folder of the stack, and `scratch` one to unpack into.
    where : the catalogue and the predictor, for messages.
    """

    predictor: Predictor
    ingredients: tuple[Ingredient, ...]
    months: tuple[Month, ...]
    extents: tuple[Extent, ...]
    window: Window | None
    key: str
    keys: Mapping[str, Any]
    sources: Mapping[int, tuple[str, ...]]
    stack: Path
    scratch: Path
    where: str
    budget: int = BUDGET

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({month.year for month in self.months}))


@dataclass(frozen=True)
class Made:
    """What a task made: its files, and the months that the sources lack."""

    name: str
    files: tuple[Path, ...]
    absent: tuple[Month, ...]
    units: str
    pixels: int


@dataclass(frozen=True, eq=False)
class _Variable:
    """An ingredient, open."""

    predictor: Predictor
    series: list[tuple[int, Any]]
    shares: Mapping[Month, tuple[Share, ...]]
    units: str
    convert: Conversion

    @property
    def grid(self) -> Grid:
        grid: Grid = self.series[0][1].grid
        return grid


def make(task: Task, watch: Watch) -> Made:
    """Read the sources, write the files.

    Raises
    ------
    Wco2Error : naming the file and what is wrong with it. Earlier files stay.
    """
    variables: list[_Variable] = []
    try:
        for item in task.ingredients:
            variables.append(_open(task, item))
        return _made(task, variables, watch)
    finally:
        for variable in variables:
            closed(variable.series)


def _open(task: Task, item: Ingredient) -> _Variable:
    series = opened(item.predictor, item.files, task.scratch, task.where)
    try:
        numbered = [(part, one) for part, one in series]
        shares = shares_by_month(item.predictor, numbered, task.where)
        wanted = {month: shares[month] for month in task.months if month in shares}
        units, convert = units_and_conversion(item.predictor, series, task.where)
    except BaseException:
        closed(series)
        raise
    return _Variable(item.predictor, series, wanted, units, convert)


def _made(task: Task, variables: list[_Variable], watch: Watch) -> Made:
    there = [m for m in task.months if all(m in variable.shares for variable in variables)]
    absent = tuple(m for m in task.months if m not in set(there))
    grid = _one_grid(task, variables, there)
    units, finish = _units(task, variables)
    window = window_of(grid, task.extents, task.where)
    if task.window is not None:
        window = window.union(task.window)
    pixels = window.height * window.width
    if pixels > MAX_PIXELS:
        raise Wco2Error(
            f"{task.where}: its files have {window.width} x {window.height} pixels in the extent.",
            "Take a coarser version of the product, or name a smaller extent.",
        )
    name, when = task.predictor.name, task.predictor.when
    paths = {}
    with ExitStack() as stack:
        writers: dict[int, Writer] = {}
        for year in task.years:
            mine = [m for m in task.months if m.year == year]
            held = [m for m in mine if m in there]
            if not held:
                continue
            told = Told(
                key=task.key,
                sources=task.sources[year],
                filled=tuple(held),
                absent=tuple(m for m in mine if m not in held),
                grid=grid,
                window=window,
                units=units,
            )
            paths[year] = target_path(task.stack, name, when, year)
            tags = told.tags(name, task.keys)
            file = written(paths[year], when, bands_of(when, year), told, tags)
            writers[year] = stack.enter_context(file)
        _fill(task, variables, there, window, writers, finish, watch, stack)
    return Made(name, tuple(paths.values()), absent, units, pixels)


def _one_grid(task: Task, variables: list[_Variable], months: Sequence[Month]) -> Grid:
    grids = [
        variable.series[share.series][1].grid
        for variable in variables
        for month in months
        for share in variable.shares[month]
    ] or [variable.grid for variable in variables]
    first: Grid = grids[0]
    for grid in grids:
        if grid != first:
            raise Wco2Error(
                f"{task.where}: its files lie on different grids: {_grid_text(first)} and "
                f"{_grid_text(grid)}.",
                "Make a predictor of each, or leave out the files of one of them.",
            )
    return first


def _grid_text(grid: Grid) -> str:
    name = grid.crs if '"' not in grid.crs else grid.crs.split('"')[1]
    return f"{grid.width} x {grid.height} pixels of {grid.dx:.6g} from {grid.corner} ({name})"


def _units(
    task: Task, variables: list[_Variable]
) -> tuple[str, Callable[[list[NDArray[Any]], Month], NDArray[Any]]]:
    """The unit of the files, and what makes a month of those of the variables."""
    predictor = task.predictor
    if predictor.layers:
        weights = [weight for weight, _ in predictor.layers]
        several = sorted({variable.units for variable in variables})
        if len(several) > 1:
            raise Wco2Error(
                f"{task.where}: its layers are in several units: {', '.join(several)}.",
                "Say to: what the model is to see.",
            )
        return several[0], lambda values, month: layered(weights, values)
    if predictor.operation:
        to = predictor.to if predictor.to_said else predictor.units
        convert = conversion(predictor.units, to, task.where)
        return to, lambda values, month: convert(derived(predictor.operation, values), month.days)
    return variables[0].units, lambda values, month: values[0]


def _fill(
    task: Task,
    variables: list[_Variable],
    months: Sequence[Month],
    window: Window,
    writers: Mapping[int, Writer],
    finish: Callable[[list[NDArray[Any]], Month], NDArray[Any]],
    watch: Watch,
    stack: ExitStack,
) -> None:
    variables = [_readable(task, variable, months, window, stack) for variable in variables]
    together = max(
        [
            largest_group(one, _steps(variable, months, index))
            for variable in variables
            for index, (_, one) in enumerate(variable.series)
        ],
        default=1,
    )
    rows = max(one.block[1] for variable in variables for _, one in variable.series)
    # A month that is made of steps holds its total and its count, in double precision.
    each = sum(6 if variable.predictor.details.steps else 1 for variable in variables)
    most = task.budget // (VALUE * window.width * (len(months) * each + together + 2))
    pieces = list(strips(window, max(1, min(rows, window.height)), max(1, most)))
    steps = sum(
        len(_steps(variable, months, index))
        for variable in variables
        for index in range(len(variable.series))
    )
    counter = _Counter(watch, max(1, steps * len(pieces)))
    for piece in pieces:
        found: dict[Month, list[NDArray[Any]]] = {month: [] for month in months}
        for variable in variables:
            for month, values in _months(variable, months, piece, counter):
                found[month].append(values)
        for month in months:
            whole = _narrow(finish(found.pop(month), month))
            writers[month.year].write(month, piece.row - window.row, whole)
    watch(1.0)


def _narrow(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = np.asarray(values, np.float32)
    endless = np.isinf(narrow)
    return np.where(endless, np.float32(np.nan), narrow) if endless.any() else narrow


@dataclass
class _Counter:
    """Tells how many of all planes were read."""

    watch: Watch
    whole: int
    done: int = 0

    def add(self) -> None:
        self.done += 1
        self.watch(self.done / self.whole)


def _readable(
    task: Task, variable: _Variable, months: Sequence[Month], window: Window, stack: ExitStack
) -> _Variable:
    """A variable whose planes can be read in strips, each stored block once."""
    series = []
    for index, (part, one) in enumerate(variable.series):
        steps = _steps(variable, months, index)
        group = largest_group(one, steps)
        many_years = len({month.year for month in months}) > 1
        too_large = VALUE * group * window.height * window.width > task.budget
        if group > 1 and too_large and (many_years or one.block[2] < window.width):
            task.scratch.mkdir(parents=True, exist_ok=True)
            turned = Unrolled(one, steps, window, task.scratch, task.budget)
            stack.callback(turned.close)
            series.append((part, turned))
        else:
            series.append((part, one))
    return replace(variable, series=series)


def _steps(variable: _Variable, months: Sequence[Month], index: int) -> list[Any]:
    found = {}
    for month in months:
        for share in variable.shares[month]:
            if share.series == index:
                found[str(share.step.source), share.step.index] = share.step
    return list(found.values())


def _months(
    variable: _Variable, months: Sequence[Month], piece: Window, counter: _Counter
) -> list[tuple[Month, NDArray[np.float32]]]:
    """Each month of a piece, in the unit that the model sees."""
    predictor = variable.predictor
    making = {
        month: MonthOfSteps(variable.shares[month], predictor.details.steps, month.days)
        for month in months
    }
    wanted: dict[tuple[int, str, int], list[tuple[Month, Share]]] = {}
    for month in months:
        for share in variable.shares[month]:
            key = (share.series, str(share.step.source), share.step.index)
            wanted.setdefault(key, []).append((month, share))
    for index, (_, one) in enumerate(variable.series):
        for step, plane in planes(one, _steps(variable, months, index), piece):
            counter.add()
            for month, share in wanted[index, str(step.source), step.index]:
                making[month].add(share, plane)
    done = []
    for month in months:
        value = making.pop(month).value()
        if not variable.convert.identity:
            value = variable.convert(value, month.days)
        done.append((month, _narrow(value)))
    return done
