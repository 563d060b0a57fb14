"""Tables of predictors as scikit-learn's users have them: columns by name, or in order."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name


@dataclass(frozen=True, eq=False)
class PredictorTable:
    """Rows to predict, taken by name where they have names.

    Parameters
    ----------
    values : `(n_rows, n_features)` float32, NaN where missing.
    like : the DataArray whose shape a result takes; None for rows of a table.
    """

    values: NDArray[np.float32]
    like: Any = None

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, rows: Any, units: Mapping[str, str]) -> PredictorTable:
        """From a DataFrame, an `xarray.Dataset`, or an array.

        Parameters
        ----------
        units : of each predictor by its name, in the order of the columns.

        Raises
        ------
        Wco2Error : see `feature_table` and `variables_of`, and for an infinite value.
        """
        names = tuple(units)
        if _is_a(rows, "xarray", "Dataset"):
            variables = variables_of(rows, names, units)
            columns = [np.asarray(each.values, np.float64).reshape(-1) for each in variables]
            return cls(_single(np.column_stack(columns), names), variables[0])
        return cls(_single(feature_table(rows, names), names))

    def like_rows(self, values: NDArray[np.float64], name: str, attributes: Any) -> Any:
        """A value a row `(n_rows,)`, as a DataArray where the rows came from a Dataset."""
        if self.like is None:
            return values
        found = self.like.copy(data=values.reshape(self.like.shape)).rename(name)
        found.attrs = dict(attributes)
        return found


def _single(table: NDArray[np.floating[Any]], names: Sequence[str]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # beyond float32 is infinity
        values = table.astype(np.float32)
    infinite = np.argwhere(np.isinf(values))
    if infinite.size:
        row, column = infinite[0]
        raise Wco2Error(
            f"Predictor '{names[column]}' is infinite in row {row + 1}.",
            "Set such values to NaN, or leave the row out.",
        )
    return values


def feature_names(table: Any) -> tuple[str, ...]:
    """The names of a DataFrame's columns; none for an array."""
    return tuple(map(str, table.columns)) if _is_a(table, "pandas", "DataFrame") else ()


def feature_table(table: Any, names: Sequence[str]) -> NDArray[np.floating[Any]]:
    """The predictors of a table, `(n_rows, n_features)` in the order of `names`.

    A DataFrame is taken by the names of its columns, whatever their order; others are left out.
    Anything else has to have one column for each name, in their order. Masked values are NaN.

    Raises
    ------
    Wco2Error : when a column is missing, is no number or is there twice, or the shape is another.
    """
    if _is_a(table, "pandas", "DataFrame"):
        return _from_frame(table, names)
    try:
        values = np.asarray(np.ma.filled(table, np.nan) if np.ma.is_masked(table) else table)
    except ValueError as error:
        raise Wco2Error(f"The rows are no table of numbers: {error}.") from error
    if values.dtype.kind not in "fiub":
        raise Wco2Error(
            f"The rows are no table of numbers but of {values.dtype}.",
            f"Give {_columns_wanted(names)}.",
        )
    if values.ndim != 2 or values.shape[1] != len(names):
        raise Wco2Error(
            f"The rows have the shape {values.shape}, not (n_rows, {len(names)}).",
            f"Give {_columns_wanted(names)}.",
        )
    return values if values.dtype.kind == "f" else values.astype(np.float64)


def variables_of(dataset: Any, names: Sequence[str], units: Mapping[str, str]) -> list[Any]:
    """The predictors of an `xarray.Dataset` as DataArrays of one shape, in the order of `names`.

    Raises
    ------
    Wco2Error : when a variable is missing, states other units than the model's, or coordinates of
        variables differ.
    """
    import xarray

    from wco2_engine.units import conversion

    found = []
    for name in names:
        if name not in dataset.data_vars:
            raise Wco2Error(
                f"The dataset has no variable '{name}'.",
                nearest_name(name, map(str, dataset.data_vars)),
            )
        variable = dataset[name]
        stated = str(variable.attrs.get("units", "")).strip()
        where = f"The dataset's variable '{name}'"
        if stated and stated != units[name] and not conversion(stated, units[name], where).identity:
            raise Wco2Error(
                f"{where} is in '{stated}', the model's predictor in '{units[name]}'.",
                "Convert the variable and its attribute 'units'.",
            )
        if variable.dtype.kind not in "fiub":
            raise Wco2Error(f"{where} holds {variable.dtype}, no numbers.")
        found.append(variable)
    try:
        found = list(xarray.align(*found, join="exact"))
    except ValueError as error:
        raise Wco2Error(
            "The dataset's variables have different coordinates.",
            "Bring them to one grid, e.g. by reindex_like with method='nearest'.",
        ) from error
    return list(xarray.broadcast(*found))


def _from_frame(frame: Any, names: Sequence[str]) -> NDArray[np.floating[Any]]:
    columns = list(map(str, frame.columns))
    values = np.empty((len(frame), len(names)))
    for k, name in enumerate(names):
        if name not in columns:
            raise Wco2Error(f"The table has no column '{name}'.", nearest_name(name, columns))
        if columns.count(name) > 1:
            raise Wco2Error(f"The table has the column '{name}' twice.", "Keep one of them.")
        column = frame.iloc[:, columns.index(name)]
        try:
            values[:, k] = column.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise Wco2Error(
                f"The table's column '{name}' holds something that is no number: {error}.",
                "Make the column numbers, with NaN for gaps.",
            ) from error
    return values


def _columns_wanted(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{len(names)} columns: {shown}{', …' if len(names) > 12 else ''}, or a DataFrame"


def _is_a(value: Any, library: str, kind: str) -> bool:
    """Whether a value is of a library's class, without importing the library."""
    module = sys.modules.get(library)
    return module is not None and isinstance(value, getattr(module, kind))
