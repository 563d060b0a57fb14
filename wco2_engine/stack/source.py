"""What the files behind a predictor hold: which months, and which years are stored together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.predictors import NEAREST_REACH, NO_TIME, needed_months
from wco2_engine.season import Month
from wco2_engine.stack.candidates import Candidate, candidates, months_named
from wco2_engine.stack.files import Told
from wco2_engine.stack.making import Ingredient
from wco2_engine.stack.opening import closed, opened
from wco2_engine.stack.planes import groups
from wco2_engine.stack.shares import shares_by_month


@dataclass(frozen=True)
class Source:
    """The files behind a predictor.

    Attributes
    ----------
    ingredients : the variables that it is made of, each with all its files.
    held : the months of those files whose names say no year: these were opened.
    available : all months, by names or by what was opened.
    joined : years whose steps are stored together, set by set.
    """

    predictor: Predictor
    ingredients: tuple[Ingredient, ...]
    held: Mapping[Candidate, frozenset[Month]]
    available: frozenset[Month]
    joined: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, predictor: Predictor, folder: Path, scratch: Path, where: str) -> Source:
        """Find the files; open those whose names do not say what year they are of.

        Raises
        ------
        Wco2Error : when there is no file, or one can't be read.
        """
        ingredients = tuple(
            Ingredient(part, candidates(part, folder, where)) for part in parts_of(predictor)
        )
        held: dict[Candidate, frozenset[Month]] = {}
        joined: list[frozenset[int]] = []
        months: set[Month] | None = None
        for item in ingredients:
            here = months_named(item.files)
            if predictor.when == "yearly":
                here = {month for month in here if month.month == 1}
            undated = [c for c in item.files if c.begin is None]
            if predictor.when in ("monthly", "yearly") and undated:
                told, together = _look(item.predictor, undated, scratch, where)
                held |= told
                joined += together
                here = here.union(*told.values())
            months = here if months is None else months & here
        available = frozenset(months or ())
        if predictor.when == "static":
            available = frozenset({NO_TIME})
        elif predictor.when == "climatology":
            available = frozenset(Month(NO_TIME.year, month) for month in range(1, 13))
        return cls(predictor, ingredients, held, available, tuple(joined))

    @property
    def years(self) -> list[int]:
        return sorted({month.year for month in self.available})

    def without(self, told: Mapping[int, Told], more: set[Month]) -> Source:
        """The same without the months that files turned out to lack, now or before."""
        absent = more | {
            month
            for year, about in told.items()
            if about.sources == self.states([*about.filled, *about.absent])
            for month in about.absent
        }
        return replace(self, available=self.available - absent)

    def needed(self, user: Predictor, months: Iterable[Month]) -> set[Month]:
        """The stored months that predicted months need, with those that replace missing ones."""
        found = set()
        for month in {m for each in months for m in needed_months(user, each)}:
            if month in self.available:
                found.add(month)
            elif user.missing == "nearest":
                near = (
                    Month(year, month.month)
                    for away in range(1, NEAREST_REACH + 1)
                    for year in (month.year - away, month.year + away)
                )
                found |= set(next(([m] for m in near if m in self.available), ()))
            elif user.missing == "climatology":
                found |= {m for m in self.available if m.month == month.month}
        return found

    def together(self, years: set[int]) -> list[tuple[int, ...]]:
        """Years in sets that are made at once, because their steps are stored together."""
        left, found = set(years), []
        while left:
            group, grown = {min(left)}, True
            while grown:
                more = {y for s in self.joined if s & group for y in s & years}
                grown = not more <= group
                group |= more
            left -= group
            found.append(tuple(sorted(group)))
        return found

    def for_months(self, months: Iterable[Month]) -> tuple[Ingredient, ...]:
        """The variables, each with the files that may hold some of these months."""
        wanted = set(months)
        return tuple(
            replace(item, files=tuple(c for c in item.files if self._may_hold(c, wanted)))
            for item in self.ingredients
        )

    def states(self, months: Iterable[Month]) -> tuple[str, ...]:
        """Name, size and time of change of the files that may hold some of these months."""
        found = {c.state for item in self.for_months(months) for c in item.files}
        return tuple(sorted(found))

    def _may_hold(self, candidate: Candidate, months: set[Month]) -> bool:
        if candidate in self.held:
            return not months.isdisjoint(self.held[candidate])
        return any(candidate.may_hold(month) for month in months)


def parts_of(predictor: Predictor) -> tuple[Predictor, ...]:
    """The variables that a predictor is made of: itself, its layers, or what it is derived from."""
    made = (*predictor.layers, *predictor.operands)
    return tuple(part for _, part in made) or (predictor,)


def _look(
    predictor: Predictor, files: list[Candidate], scratch: Path, where: str
) -> tuple[dict[Candidate, frozenset[Month]], list[frozenset[int]]]:
    """The months of each file, and the years that share stored blocks."""
    held: dict[Candidate, frozenset[Month]] = {}
    joined: list[frozenset[int]] = []
    for candidate in files:
        series = opened(predictor, [candidate], scratch, where)
        try:
            shares = shares_by_month(predictor, series, where)
            held[candidate] = frozenset(shares)
            for index, (_, one) in enumerate(series):
                years: dict[int, set[int]] = {}
                steps = {}
                for month, each in shares.items():
                    for share in each:
                        if share.series == index:
                            years.setdefault(share.step.index, set()).add(month.year)
                            steps[share.step.index] = share.step
                for group in groups(one, list(steps.values())):
                    if len(group) > 1:
                        joined.append(frozenset(y for step in group for y in years[step.index]))
        finally:
            closed(series)
    return held, joined
