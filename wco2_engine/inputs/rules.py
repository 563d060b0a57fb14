"""The rules that a row of fluxes has to pass, in their order; the first that hits rejects it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.cells import Numbers, plain_text
from wco2_engine.inputs.formats.mapping import FormatRule, Reading
from wco2_engine.inputs.plausible import LEAST, MOST
from wco2_engine.inputs.rows import Mask, Rows, whole_within, within
from wco2_engine.inputs.screen import Screen, treatment_wanted
from wco2_engine.inputs.tables import Table
from wco2_engine.season import FIRST_YEAR, LAST_YEAR, parse_years
from wco2_engine.units import FLUX_UNITS

# Why rows are rejected: what no row may lack or be; what only one format knows; what the screen
# leaves out; and what another row says already.
REASONS = (
    *("no_site", "no_coordinates", "coordinates_outside", "date_unreadable", "no_date"),
    *("year_outside", "month_outside"),
    *("known_error", "aquatic", "several_years", "seasonal"),
    *("no_flux", "flux_unreadable", "flux_implausible", "n_outside", "share_outside"),
    *("treatment", "year_not_wanted", "flux_outside", "gap_filled", "low_quality"),
    *("fuller_row", "tower_there", "other_source"),
)
_SHOWN = 5


class Rejection(NamedTuple):
    """Why a row is rejected, and what offended."""

    reason: str
    detail: str


class Rule(NamedTuple):
    """Why rows are rejected, and the rows that it hits."""

    reason: str
    hits: Mask
    keys: tuple[str, ...]  # the columns that offend
    impossible: str = ""  # what such values are, where they are not missing or unwanted
    columns: tuple[str, ...] = ()  # for a rule of a format: the columns of the table to show


def rules_of(rows: Rows, reading: Reading, own: Iterable[FormatRule]) -> tuple[Rule, ...]:
    """All rules for a table; those of its format, `own`, come once site, place and time are sure.

    A missing flux comes after these: what is of no month has no month's flux either.
    """
    return (
        *_of_places_and_dates(rows),
        *(Rule(rule.reason, rule.hits(reading), (), columns=rule.shows) for rule in own),
        *_of_values(rows, reading.screen),
        *_of_screen(rows, reading.screen),
    )


def rejections(
    rules: Sequence[Rule],
    first: NDArray[np.int64],
    rows: Rows,
    reading: Reading,
) -> dict[int, Rejection]:
    """The reason of each row that a rule hits."""
    texts = {
        name: plain_text(reading.cells[name]).tolist()
        for rule in rules
        for name in rule.columns
        if name in reading.cells
    }
    found = {}
    for row in np.flatnonzero(first >= 0):
        rule = rules[first[row]]
        shown = [
            f"{name} = {texts[name][row]}"
            for name in rule.columns
            if name in texts and texts[name][row]
        ]
        detail = ", ".join(shown) or rows.detail(rule.keys, int(row))
        found[int(row)] = Rejection(rule.reason, detail)
    return found


def first_hit(rules: Sequence[Rule], n_rows: int) -> NDArray[np.int64]:
    """The index of the first rule that hits each row, -1 for none."""
    first = np.full(n_rows, -1, np.int64)
    for k, rule in enumerate(rules):
        first[(first < 0) & rule.hits] = k
    return first


def raise_for_bad_rows(
    rules: Sequence[Rule], first: NDArray[np.int64], rows: Rows, table: Table
) -> None:
    """Raise for rows with impossible values.

    Raises
    ------
    Wco2Error : naming the first few.
    """
    for k, rule in enumerate(rules):
        bad = np.flatnonzero(first == k)
        if not rule.impossible or not bad.size:
            continue
        shown = "; ".join(
            f"{table.place(int(i))} ({rows.detail(rule.keys, int(i))})" for i in bad[:_SHOWN]
        )
        swapped = rule.reason == "coordinates_outside" and bool(
            np.all(
                within(rows.longitude.values[bad], -90, 90)
                & within(rows.latitude.values[bad], -180, 360)
            )
        )
        raise Wco2Error(
            f"{table.path}: {bad.size} row{'s' if bad.size > 1 else ''} with {rule.impossible}: "
            f"{shown}{'; …' if bad.size > _SHOWN else '.'}",
            "Latitude and longitude look swapped: name their columns the other way round."
            if swapped
            else 'Mend the table, or set bad_rows = "reject" to leave such rows out.',
        )


def _of_places_and_dates(rows: Rows) -> tuple[Rule, ...]:
    lacks_place = rows.longitude.missing | rows.latitude.missing
    on_earth = within(rows.latitude.values, -90, 90) & within(rows.longitude.values, -180, 360)
    dates = ("year", "month", "day_of_year", "date")
    places = ("latitude", "longitude")
    return (
        Rule("no_site", rows.site == "", ("site",)),
        Rule("no_coordinates", lacks_place, places),
        Rule(
            *("coordinates_outside", ~on_earth, places),
            "a latitude outside -90 to 90 or a longitude outside -180 to 360",
        ),
        Rule(
            *("date_unreadable", rows.date_unreadable, dates),
            "a date that is not written as 1984-02-29, or a day that its year lacks",
        ),
        Rule("no_date", rows.year.missing | rows.month.missing, dates),
        Rule(
            *("year_outside", ~whole_within(rows.year, FIRST_YEAR, LAST_YEAR), ("year", "date")),
            f"a year outside {FIRST_YEAR} to {LAST_YEAR}",
        ),
        Rule(
            *("month_outside", ~whole_within(rows.month, 1, 12), ("month", "date")),
            "a month outside 1 to 12",
        ),
    )


def _of_values(rows: Rows, screen: Screen) -> tuple[Rule, ...]:
    least, most = screen.flux_range or (LEAST, MOST)
    least, most = min(least, LEAST), max(most, MOST)
    plausible = within(rows.flux_g_m2_month, least, most)
    shares = _outside(rows.gap_fill, 100.0) | _outside(rows.quality, 1.0)
    return (
        Rule("no_flux", rows.flux.missing, ("flux",)),
        Rule("flux_unreadable", rows.flux.unreadable, ("flux",), "a flux that is no number"),
        Rule(
            *("flux_implausible", ~plausible, ("flux", "flux_g_m2_month")),
            f"a flux outside {least:g} to {most:g} {FLUX_UNITS}; flux_units may be wrong, or "
            "flux_range too small",
        ),
        Rule(
            *("n_outside", ~whole_within(rows.n, 1, 2**31), ("n",)),
            "a count that is not a whole number above 0",
        ),
        Rule(
            *("share_outside", shares, ("gap_fill", "quality")),
            "a gap-filled share outside 0 to 100 % or a quality outside 0 to 1",
        ),
    )


def _outside(share: Numbers, most: float) -> Mask:
    return ~share.missing & ~within(share.values, 0.0, most)


def _of_screen(rows: Rows, screen: Screen) -> tuple[Rule, ...]:
    wanted = np.ones(rows.site.shape, bool)
    years, fluxes = wanted, wanted
    if screen.years is not None:
        years = np.isin(rows.year.values, parse_years(screen.years))
    if screen.flux_range is not None:
        fluxes = within(rows.flux_g_m2_month, *screen.flux_range)
    return (
        Rule("treatment", ~treatment_wanted(rows.treatment, screen.treatments), ("treatment",)),
        Rule("year_not_wanted", ~years, ("year", "date")),
        Rule("flux_outside", ~fluxes, ("flux",)),
        Rule("gap_filled", rows.gap_fill.values >= screen.gap_fill_below, ("gap_fill",)),
        Rule("low_quality", rows.quality.values < screen.min_quality, ("quality",)),
    )
