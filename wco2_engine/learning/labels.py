"""What rows have in common that is no place: their winter, decade, method and source.

Validations of these names hold such rows out together, at sites that go on training by their other
rows. So they tell what a map is worth in winters that were not measured, or by another method; not
what it is worth at places without a site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.rows import TrainingRows
from wco2_engine.season import Month, Winter

Labels = NDArray[np.integer[Any]]

# By validation, what rows that are held out together have in common, as one says it.
COMMON: Mapping[str, str] = {
    "year": "winter",
    "decade": "decade",
    "method": "method of measurement",
    "source": "source",
}
UNKNOWN = -1


def winter_names(winter: Winter, year: Labels, month: Labels) -> NDArray[np.int64]:
    """The name of the winter `(n_rows,)` that holds each month, or else of the one before it."""
    times, time = np.unique(np.column_stack([year, month]), axis=0, return_inverse=True)
    names = [winter.last_begun(Month(*each)) for each in times.tolist()]
    return np.array(names, np.int64)[time.reshape(-1)]


def labels_of(validation: str, rows: TrainingRows, winter: Winter) -> tuple[Labels, Labels]:
    """What is equal for rows to be held out together, of the rows and of those of other months.

    Parameters
    ----------
    validation : a name of `COMMON`.

    Returns
    -------
    `(n_rows,)` and `(n_others,)`: names of winters, first years of decades, or numbers of methods
    or sources; -1 where a row's is not known.
    """
    parts = (rows,) if rows.others is None else (rows, rows.others)
    if validation in ("year", "decade"):
        found = [winter_names(winter, part.year, part.month) for part in parts]
        if validation == "decade":
            found = [names // 10 * 10 for names in found]
    else:
        texts = [getattr(part, validation) for part in parts]
        known = sorted(set().union(*texts) - {""})
        number = {text: k for k, text in enumerate(known)}
        found = [
            np.array([number.get(text, UNKNOWN) for text in part.tolist()], np.int64)
            for part in texts
        ]
    return found[0], found[1] if len(found) > 1 else np.empty(0, np.int64)
