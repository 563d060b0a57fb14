"""Which steps of which files make up a month, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.predictors import NO_TIME
from wco2_engine.season import Month

if TYPE_CHECKING:
    from wco2_engine.downloads.series import Step

MONTH_LONG = 17  # days: a step that is longer belongs to one month as a whole


@dataclass(frozen=True)
class Share:
    """What a step gives to a month.

    Attributes
    ----------
    series : which of the predictor's open series it is of.
    days : of the month that it covers.
    length : its days, of this month and others.
    """

    series: int
    step: Step
    days: float
    length: float


def shares_by_month(
    predictor: Predictor, series: Sequence[tuple[int, Any]], where: str
) -> dict[Month, tuple[Share, ...]]:
    """The shares of all months that open series have; the first of them that has a month wins.

    Parameters
    ----------
    series : each with the number of the path that it belongs to.

    Raises
    ------
    Wco2Error : for two steps of one time, steps within a month where the catalogue does not say
        how these become one, or steps without the time that the predictor needs.
    """
    by_part: dict[int, dict[Month, list[Share]]] = {}
    for index, (part, one) in enumerate(series):
        months = by_part.setdefault(part, {})
        steps = one.steps
        if predictor.band is not None and len(steps) > 1:  # a step of an array, by its number
            steps = [step for step in steps if step.index == predictor.band - 1]
        for step in steps:
            for month, share in _of_step(predictor, index, step, where):
                months.setdefault(month, []).append(share)
    found: dict[Month, list[Share]] = {}
    for part in sorted(by_part, reverse=True):
        found |= by_part[part]
    return {m: _checked(predictor, m, found[m], where) for m in sorted(found)}


def _of_step(
    predictor: Predictor, index: int, step: Step, where: str
) -> Iterable[tuple[Month, Share]]:
    begin, end = step.begin, step.end
    length = 1.0 if begin is None or end is None else float((end - begin).astype(int))
    whole = Share(index, step, length, length)
    if predictor.when == "static":
        return [(NO_TIME, whole)]
    if predictor.when == "yearly":
        if begin is None:
            raise _timeless(predictor, step, "year", where)
        middle = begin if end is None else begin + (end - begin) // 2
        return [(Month(int(str(middle)[:4]), 1), whole)]
    if predictor.when == "climatology" and step.calendar_month is not None:
        return [(Month(NO_TIME.year, step.calendar_month), whole)]
    parts = list(_over_months(step, index, length))
    if not parts:
        raise _timeless(predictor, step, "month", where)
    if predictor.when == "climatology":
        return [(Month(NO_TIME.year, month.month), share) for month, share in parts]
    return parts


def _over_months(step: Step, index: int, length: float) -> Iterable[tuple[Month, Share]]:
    begin, end = step.begin, step.end
    if begin is None or end is None or length > MONTH_LONG:
        if step.month is not None:
            yield step.month, Share(index, step, float(step.month.days), float(step.month.days))
        return
    month = begin.astype("datetime64[M]")
    while month.astype("datetime64[D]") < end:
        first, last = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
        days = float((min(end, last) - max(begin, first)).astype(int))
        number = int(month.astype(int))
        if days > 0:
            yield Month(1970 + number // 12, number % 12 + 1), Share(index, step, days, length)
        month = month + 1


def _checked(
    predictor: Predictor, month: Month, shares: list[Share], where: str
) -> tuple[Share, ...]:
    if len(shares) == 1:
        return tuple(shares)
    shares = sorted(shares, key=lambda s: (str(s.step.begin), str(s.step.source), s.step.index))
    for a, b in pairwise(shares):
        first, second = a.step, b.step
        timeless = first.begin is None or first.end is None or second.begin is None
        if timeless or bool(second.begin < first.end):  # type: ignore[operator]
            if predictor.when == "static":
                raise Wco2Error(
                    f"{where}: {_shown(shares)} hold several steps, and the predictor is static.",
                    "Choose one with band or select, or say when.",
                )
            raise Wco2Error(
                f"{where}: two steps are of {_time(predictor, month)}: "
                f"{_shown_step(a)} and {_shown_step(b)}.",
                "Remove one of them, or name the files more closely in path.",
            )
    if predictor.when == "yearly":
        raise Wco2Error(
            f"{where}: {_shown(shares)} has several steps in {month.year}, but the predictor is "
            "yearly.",
            'Say when = "monthly", with a window where one value a year is meant.',
        )
    if predictor.details.steps is None:
        raise Wco2Error(
            f"{where}: {_shown(shares)} has {len(shares)} steps in {_time(predictor, month)}: "
            f"{_days(shares[0])}, {_days(shares[1])}{', …' if len(shares) > 2 else ''}.",
            'Say how they become a month, e.g. steps = { reduce = "mean" }.',
        )
    return tuple(shares)


def _time(predictor: Predictor, month: Month) -> str:
    if predictor.when == "climatology":
        return f"month {month.month}"
    return str(month.year) if predictor.when == "yearly" else str(month)


def _shown(shares: Sequence[Share]) -> str:
    names = dict.fromkeys(str(share.step.source) for share in shares)
    return ", ".join(list(names)[:2]) + (", …" if len(names) > 2 else "")


def _days(share: Share) -> str:
    if share.step.begin is None or share.step.end is None:
        return f"step {share.step.index + 1}"
    last = share.step.end - np.timedelta64(1, "D")
    return str(share.step.begin) if last <= share.step.begin else f"{share.step.begin} to {last}"


def _shown_step(share: Share) -> str:
    return f"{share.step.source}, step {share.step.index + 1} ({_days(share)})"


def _timeless(predictor: Predictor, step: Step, what: str, where: str) -> Wco2Error:
    found = (
        f"is of month {step.calendar_month} of no year"
        if step.calendar_month
        else f"is of {step.begin} to {step.end}"
        if step.begin is not None
        else "says no time"
    )
    return Wco2Error(
        f"{where}: {step.source}, step {step.index + 1}, {found}, but a {predictor.when} predictor "
        f"needs the {what}.",
        "Name it in the path ({year}, {month:02d}), or correct when.",
    )
