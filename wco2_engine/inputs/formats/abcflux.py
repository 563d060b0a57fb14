"""What the editions of ABCflux, the Arctic-Boreal CO2 flux database, have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.cells import numbers
from wco2_engine.inputs.formats.mapping import FormatRule, Kind, Reading, texts_of

if TYPE_CHECKING:
    import pandas

SITE = "site of the row"
SOURCE = "source of the row"
_IDS = ("study_id", "Study_ID", "study_id_short", "Study_ID_Short", "site_id")

# Rows that the authors of the database take out because they are wrong: the start of a site's id,
# the year (None: all) and the months.
_WRONG: tuple[tuple[str, int | None, tuple[int, ...]], ...] = (
    (r"Lund_Kobbefjord_Ch(01)?$", None, ()),
    (r"Goulden_CA-NS[23](_|$)", 2002, (1,)),
    (r"McCaughey_CA-Man(_|$)", 1997, (1, 2)),
)


def kind_of(method: str) -> Kind:
    """Of the words that the column `flux_method` has."""
    word = method.strip().lower()
    if word in ("ec", "eddy covariance"):
        return "tower"
    return "chamber" if word in ("ch", "chamber") else ""


def site_names(cells: pandas.DataFrame) -> pandas.Series:
    """Site name and reference as one; without them, the id of the study."""
    name = texts_of(cells, "site_name", "Site_name")
    reference = texts_of(cells, "site_reference", "Site_reference")
    repeats = [r.startswith(n) for n, r in zip(name, reference, strict=True)]
    both = (name + " " + reference).str.strip().mask(repeats, reference)
    both = both.mask(reference == "", name)
    ids = texts_of(cells, "study_id_short", "Study_ID_Short", *_IDS)
    return both.mask((name == "") & (reference == ""), ids)


def ids(cells: pandas.DataFrame) -> pandas.Series:
    """The id of each row's study, "" where the edition has none."""
    return texts_of(cells, *_IDS)


def _is_wrong(reading: Reading) -> NDArray[np.bool_]:
    study = ids(reading.cells)
    year = numbers(reading.cells[reading.columns["year"]]).values
    month = numbers(reading.cells[reading.columns["month"]]).values
    wrong = np.zeros(len(study), bool)
    for pattern, wrong_year, months in _WRONG:
        hit = study.str.match(pattern).to_numpy(bool)
        if wrong_year is not None:
            hit = hit & (year == wrong_year) & np.isin(month, months)
        wrong = wrong | hit
    return wrong


KNOWN_ERROR = FormatRule("known_error", _IDS, _is_wrong)
