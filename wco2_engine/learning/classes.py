"""Predictors that are classes: codes without an order, which trees split one against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error

MAX_CLASSES = 64  # of a predictor; each is a column of its own where trees are grown
MAX_CODE = 2**24  # whole numbers up to this are exact in single precision


@dataclass(frozen=True)
class Classes:
    """Which columns of a table of predictors are classes, and which codes each has.

    Trees see a column of 0 and 1 for each class in place of the codes, so that a split is between
    one class and the rest, however the codes are numbered. A class that is not among the codes is
    none of them: 0 in all these columns.

    Parameters
    ----------
    codes : by column, ascending; none for a column of numbers.

    Raises
    ------
    ValueError : when codes are no whole numbers in ascending order, or too many.
    """

    codes: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        for own in self.codes:
            whole = all(type(code) is int and abs(code) <= MAX_CODE for code in own)
            if not whole or list(own) != sorted(set(own)) or len(own) > MAX_CLASSES:
                raise ValueError("codes of classes are not ascending whole numbers, or too many")

    @classmethod
    def among(
        cls, tables: Sequence[NDArray[np.float32]], names: Sequence[str], classes: Sequence[str]
    ) -> Classes:
        """Those that are met in tables `(n_rows, n_columns)`.

        Parameters
        ----------
        names : of the columns.
        classes : of the columns that are classes.

        Raises
        ------
        Wco2Error : when a class is no whole number, or a predictor has too many.
        """
        if not classes:
            return NUMBERS
        return cls(
            tuple(
                _codes(np.concatenate([table[:, k] for table in tables]), name)
                if name in classes
                else ()
                for k, name in enumerate(names)
            )
        )

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that are classes."""
        return tuple(k for k, own in enumerate(self.codes) if own)

    def __bool__(self) -> bool:
        return bool(self.columns)

    def of(self, column: int) -> tuple[int, ...]:
        """The codes of a column; none for numbers."""
        return self.codes[column] if self else ()

    def only(self, columns: Sequence[int]) -> Classes:
        """Those of some of the columns, in this order."""
        return Classes(tuple(self.codes[column] for column in columns)) if self else NUMBERS

    @cached_property
    def _source(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.codes)), [max(1, len(own)) for own in self.codes])

    def source(self, n_columns: int) -> NDArray[np.intp]:
        """Of each column that trees see, which one of the table's it comes from."""
        return self._source if self else np.arange(n_columns)

    def expanded(self, table: NDArray[Any]) -> NDArray[Any]:
        """What trees see of a table `(n_rows, n_columns)`: classes as columns of 0 and 1."""
        if not self:
            return table
        source = self._source
        wide = table[:, source]
        code = np.array([c for own in self.codes for c in (own or (0,))], table.dtype)
        is_class = np.isin(source, self.columns)
        wide[:, is_class] = wide[:, is_class] == code[is_class]
        return np.ascontiguousarray(wide)

    def unknown(self, table: NDArray[Any]) -> NDArray[np.bool_]:
        """Where a table `(n_rows, n_columns)` holds a class that is not among the codes."""
        found = np.zeros(table.shape, bool)
        for column in self.columns:
            found[:, column] = ~np.isin(table[:, column], self.codes[column])
        return found & ~np.isnan(table)


NUMBERS = Classes()  # no column is a class


def _codes(column: NDArray[np.float32], name: str) -> tuple[int, ...]:
    values = np.unique(column[np.isfinite(column)])
    odd = values[(values != np.round(values)) | (np.abs(values) > MAX_CODE)]
    if odd.size:
        raise Wco2Error(
            f"Predictor '{name}' is a class, but holds {odd[0]:g}.",
            'Classes are whole numbers; take resampling = "nearest" or "mode", or leave out kind.',
        )
    if len(values) > MAX_CLASSES:
        raise Wco2Error(
            f"Predictor '{name}' has {len(values)} classes in training; at most {MAX_CLASSES} are "
            "told apart.",
            "Merge classes, or take it as a number by leaving out kind.",
        )
    return tuple(int(value) for value in values)
