"""What a user leaves out of a table of fluxes, and how what is left is merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.season import parse_years

BadRows = Literal["auto", "error", "reject"]
Chambers = Literal["without_tower", "all"]
Merge = Literal["mean", "median"]
Seasons = Literal["reject", "middle_month"]

# Texts of a treatment column that surely say "nothing was done here". Each stands for itself and,
# before a hyphen, for a control that is told apart from others: "Control-tussock". A name of a
# stand ("natural forest"), an average over plots ("AVG") and "un-control" are not sure.
CONTROL_WORDS = frozenset(
    (
        *("control", "ck", "untreated", "no treatment", "none", "reference", "natural"),
        *("ambient", "ambient plot", "unburned", "not burned", "unfertilized", "undisturbed"),
        "unfertilized plot",
    )
)


@dataclass(frozen=True)
class Screen:
    """What to leave out, and how to merge. Every field is plain, so JSON and TOML can hold it.

    Parameters
    ----------
    treatments : "control" keeps rows without a treatment and those of `CONTROL_WORDS`; "all" keeps
        everything; a list keeps the treatments that it names, where "" names rows without one.
    flux_range : the lowest and highest flux of a row to keep, g C m-2 month-1.
    years : the years to keep, as in "1990-1999".
    gap_fill_below : keep a row only if less than this share of it was filled, %; 100 leaves out
        what holds no measurement at all. Rows that say nothing of it are kept.
    min_quality : keep a row only if at least this share of it was measured or filled with
        confidence, 0 to 1. Rows that say nothing of it are kept.
    chambers : "without_tower" leaves a chamber out where a tower within 1 km has the same month;
        "all" keeps both. Only formats that say how a flux was measured are looked at.
    seasons : "reject" leaves out means of a season, which are of no month; "middle_month" takes
        a winter's mean as that of its middle month.
    bad_rows : what becomes of rows with impossible values: "error", "reject", or "auto", which is
        "reject" for published formats, that a user can't mend, and else "error".
    merge : how the fluxes of one site and month become one. In a mean, a row of a table that this
        engine wrote weighs as the n rows that it stands for.

    Raises
    ------
    Wco2Error : for values that mean nothing.
    """

    treatments: str | tuple[str, ...] = "control"
    flux_range: tuple[float, float] | None = None
    years: str | None = None
    gap_fill_below: float = 100.0
    min_quality: float = 0.5
    chambers: Chambers = "without_tower"
    seasons: Seasons = "reject"
    bad_rows: BadRows = "auto"
    merge: Merge = "mean"

    def __post_init__(self) -> None:
        if isinstance(self.treatments, str):
            _check_choice("treatments", self.treatments, ("control", "all"))
        else:
            object.__setattr__(self, "treatments", tuple(map(str, self.treatments)))
        _check_choice("chambers", self.chambers, get_args(Chambers))
        _check_choice("seasons", self.seasons, get_args(Seasons))
        _check_choice("bad_rows", self.bad_rows, get_args(BadRows))
        _check_choice("merge", self.merge, get_args(Merge))
        _check_share("gap_fill_below", self.gap_fill_below, 100.0, "in %, e.g. 80")
        _check_share("min_quality", self.min_quality, 1.0, "e.g. 0.5")
        if self.flux_range is not None:
            object.__setattr__(self, "flux_range", _checked_range(self.flux_range))
        if self.years is not None:
            parse_years(self.years)


def treatment_wanted(
    treatment: NDArray[np.object_], wanted: str | tuple[str, ...]
) -> NDArray[np.bool_]:
    """Which rows `Screen.treatments` keeps, `(n_rows,)`."""

    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    def is_control(text: str) -> bool:
        return not text or text in CONTROL_WORDS or text.split("-")[0].strip() in CONTROL_WORDS

    if wanted == "all":
        return np.ones(treatment.shape, bool)
    texts = {text: plain(text) for text in set(treatment.tolist())}
    if wanted == "control":
        keep = {text for text, simple in texts.items() if is_control(simple)}
    else:
        named = {plain(text) for text in wanted}
        keep = {text for text, simple in texts.items() if simple in named}
    return np.array([text in keep for text in treatment], bool)


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise Wco2Error(f"{name} is '{value}'.", f"Choose one of {', '.join(choices)}.")


def _check_share(name: str, value: Any, most: float, example: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Wco2Error(
            f"{name} is {value!r}, not a number from 0 to {most:g}.", f"Write it {example}."
        )


def _checked_range(values: Any) -> tuple[float, float]:
    try:
        low, high = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise Wco2Error(
            f"flux_range {values} is not two numbers.", "Write e.g. [0, 100]."
        ) from error
    if not low < high:
        raise Wco2Error(f"flux_range {[low, high]} is empty.", "Write the lower flux first.")
    return low, high
