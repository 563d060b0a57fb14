"""Figures at the widths of a journal's columns."""

from __future__ import annotations

from typing import Any

import pytest

from wco2_engine.report.atlas import _Layout
from wco2_engine.report.drawing import FULL, HALF, MM, PANEL, keep_used, new_figure, widen


def columns_and_rows(figure: Any) -> tuple[int, int]:
    places = [axis.get_subplotspec() for axis in figure.axes if axis.get_label() == PANEL]
    starts = {(place.rowspan.start, place.colspan.start) for place in places}
    assert len(starts) == len(places)  # no panel lies on another
    return len({column for _, column in starts}), len({row for row, _ in starts})


@pytest.mark.parametrize(
    ("rows", "columns", "width", "expected"),
    [
        (1, 2, HALF, (1, 2)),  # below each other
        (2, 3, HALF, (1, 6)),
        (4, 3, HALF, (2, 6)),  # one below the other they would not fit a page
        (1, 2, FULL, (2, 1)),
        (4, 3, FULL, (3, 4)),
        (1, 2, 126.0, (2, 1)),
    ],
)
def test_panels_go_below_each_other_where_they_would_be_too_narrow(rows, columns, width, expected):
    figure, _ = new_figure(rows, columns, 50)
    widen(figure, width)
    assert columns_and_rows(figure) == expected
    wide, high = figure.get_size_inches() / MM
    assert wide == pytest.approx(width)
    if columns != expected[0]:
        assert high == pytest.approx(50 * expected[1])


def test_an_empty_place_is_not_kept(tmp_path):
    figure, axes = new_figure(2, 3, 50)
    keep_used(axes, 5)
    widen(figure, HALF)
    assert columns_and_rows(figure) == (1, 5)


def test_what_the_panel_beside_told_is_told_again():
    figure, axes = new_figure(1, 2, 40, sharey=True)
    axes[0][0].set_yticks([0, 1], ["Arctic", "Plateau"])
    widen(figure, HALF)
    assert [text.get_visible() for text in axes[0][1].get_yticklabels()] == [True, True]


class Ramped:
    def __init__(self, ramp: str) -> None:
        self.ramp = ramp


@pytest.mark.parametrize(
    ("ramps", "width", "expected"),
    [("aa", FULL, 2), ("ab", FULL, 2), ("aa", HALF, 2), ("ab", HALF, 1), ("a" * 7, HALF, 2)],
)
def test_maps_have_room_for_their_words_and_bars(ramps, width, expected):
    assert _Layout.columns_of([Ramped(ramp) for ramp in ramps], width) == expected
