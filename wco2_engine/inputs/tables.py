"""Tables of rows as people keep them: delimited text, sheets of workbooks, or point layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.escaping import from_table_cell, table_cell
from wco2_engine.files import atomic_write, existing_file
from wco2_engine.inputs.cells import has_decimal_comma
from wco2_engine.inputs.delimited import read_delimited
from wco2_engine.inputs.records import Account, Records
from wco2_engine.inputs.vectors import layer_names, read_features
from wco2_engine.inputs.workbooks import WORKBOOK_SUFFIXES, read_sheet

if TYPE_CHECKING:
    import geopandas
    import pandas

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".dat")
_OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers")
_LAYER = "|layername="


@dataclass(frozen=True)
class Table:
    """A table as it was read, nothing of it judged yet.

    Parameters
    ----------
    path : the file.
    cells : every cell as text, `(n_rows, n_columns)`; what was empty is "".
    rows : `(n_rows,)` the line of each row in a text file (the header is line 1), or the number of
        the feature, from 1.
    row_word : "line", "feature" or, of a sheet, "row".
    longitude, latitude : `(n_rows,)` degrees from the geometry, NaN where it is missing; None for a
        table without geometry.
    decimal_comma : whether some column's numbers surely have a decimal comma.
    files : `(n_rows,)` the name of each row's file, for a table that several make up; else empty.
    aliases : what else a column may be called, where its name in the file holds a line end.
    units : what a row below the header says of each column, where there is one.
    account : where each line of a text file went; None for other tables.
    notes : what a reader should know of how it was read, in sentences.
    """

    path: Path
    cells: pandas.DataFrame
    rows: NDArray[np.int64]
    row_word: str
    longitude: NDArray[np.float64] | None = None
    latitude: NDArray[np.float64] | None = None
    decimal_comma: bool = False
    files: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    notes: tuple[str, ...] = ()

    def place(self, row: int) -> str:
        """Where a row stands, for messages: "line 3"."""
        place = f"{self.row_word} {self.rows[row]}"
        return f"{place} of {self.files[row]}" if self.files else place


def read_table(path: Path | str, crs: str | None = None) -> Table:
    """The rows of a CSV or TSV file, a sheet of a workbook or a point layer.

    A layer or sheet is named as in "points.gpkg|layername=sites", "fluxes.xlsx|layername=2003";
    without a name a workbook's first sheet is read.

    Text is separated by commas, semicolons, tabs or vertical bars, see `delimited`; in UTF-8 or
    what `encodings` finds. Rows without any content are no rows.

    Parameters
    ----------
    crs : the CRS of a point layer that states none.

    Raises
    ------
    Wco2Error : when the file is missing, unreadable or empty, has a damaged row, a geometry that is
        no point, or a CRS that is missing, or given though it is known.
    """
    text, _, layer = str(path).partition(_LAYER)
    file = Path(text)
    ending = file.suffix.lower()
    if ending in (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES):
        if crs is not None:
            raise Wco2Error(
                f"A CRS is given for {file}, whose coordinates are degrees in columns.",
                "Leave the CRS out, or save the points as a GeoPackage.",
            )
        existing_file(file, "Table")
        if ending in WORKBOOK_SUFFIXES:
            table = _table(file, read_sheet(file, layer), "row")
        else:
            table = _table(file, read_delimited(file), "line")
    elif ending in _OTHER_SHEETS:
        raise Wco2Error(
            f"{file} is a spreadsheet of a kind that is not read.",
            "Save the sheet as .xlsx or as CSV (UTF-8).",
        )
    else:
        table = _read_layer(_existing(file), layer, crs)
    if not len(table.rows):
        raise Wco2Error(f"{file} has no rows.", "Give a table that holds data.")
    return table


def _table(path: Path, found: Records, word: str) -> Table:
    import pandas

    columns = list(zip(*found.rows, strict=True)) or [()] * len(found.header)
    different = (set(column) for column in columns)
    return Table(
        path=path,
        cells=pandas.DataFrame(found.rows, columns=list(found.header), dtype=object),
        rows=np.array(found.lines, np.int64),
        row_word=word,
        decimal_comma=any(has_decimal_comma(texts) for texts in different),
        aliases=found.aliases,
        units=found.units,
        account=found.account,
        notes=found.notes,
    )


def _existing(path: Path) -> Path:
    """A path that may be opened: a file, or the folder of a file geodatabase."""
    return path if path.is_dir() else existing_file(path, "Table")


def _read_layer(path: Path, layer: str, crs: str | None) -> Table:
    import geopandas
    import pandas

    name = _layer_name(path, layer)
    frame = read_features(path, "Table", name)
    has_geometry = isinstance(frame, geopandas.GeoDataFrame) and frame.geometry.notna().any()
    longitude, latitude = _coordinates(frame, path, crs) if has_geometry else (None, None)
    cells = pandas.DataFrame(
        {str(c): _as_text(frame[c]) for c in frame.columns if c != "geometry"},
        index=range(len(frame)),
        dtype=object,
    )
    return Table(
        path=path,
        cells=cells,
        rows=np.arange(1, len(frame) + 1, dtype=np.int64),
        row_word="feature",
        longitude=longitude,
        latitude=latitude,
    )


def _layer_name(path: Path, layer: str) -> str:
    """The layer asked for, or the only one (QGIS keeps its styles in a layer of their own).

    It is always a table of the file: no path inside an archive and no driver's option.
    """
    names = layer_names(path, "Table")
    if layer and layer not in names:
        raise Wco2Error(f"{path} has no layer '{layer}'.", nearest_name(layer, names))
    if not layer and len(names) != 1:
        raise Wco2Error(
            f"{path} has {len(names)} layers: {', '.join(names)}.",
            f"Say which one: '{path}{_LAYER}{names[0]}'." if names else "Give a file with points.",
        )
    return layer or str(names[0])


def _coordinates(
    frame: geopandas.GeoDataFrame, path: Path, crs: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude in degrees of every point, NaN where there is none."""
    if frame.crs is None and crs is None:
        raise Wco2Error(f"{path} states no CRS.", "Give its CRS, e.g. crs = 'EPSG:4326'.")
    if frame.crs is not None and crs is not None:
        raise Wco2Error(
            f"A CRS is given for {path}, which states its own ({frame.crs.to_string()}).",
            "Leave the CRS out, or correct the one in the file.",
        )
    points = frame.geometry
    if crs is not None:
        try:
            points = points.set_crs(crs)
        except Exception as error:  # pyproj's error, which not every version lets us name
            raise Wco2Error(
                f"'{crs}' is no CRS that PROJ knows.", "Write e.g. 'EPSG:3408'."
            ) from error
    single = [_point(shape, path, k) for k, shape in enumerate(points, start=1)]
    degrees = type(points)(single, crs=points.crs).to_crs("EPSG:4326")
    there = [(p.x, p.y) if p is not None else (np.nan, np.nan) for p in degrees]
    x, y = np.array(there, np.float64).reshape(-1, 2).T
    return x, y


def _point(shape: Any, path: Path, feature: int) -> Any:
    """The point that a geometry is; None for an empty one."""
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
        return shape.geoms[0]
    if shape.geom_type != "Point":
        raise Wco2Error(
            f"{path}, feature {feature}: the geometry is a {shape.geom_type}, not a point.",
            "Give a layer of points, e.g. the centroids.",
        )
    return shape


def _as_text(column: pandas.Series) -> list[str]:
    """Every value as the text that reads back as it; "" where there is none."""

    def text(value: Any) -> str:
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))  # whole numbers with gaps arrive as floats
        return repr(value) if isinstance(value, float) else str(value)

    values = column.astype(object).tolist()
    return ["" if gap else text(v) for gap, v in zip(column.isna(), values, strict=True)]


def own_cells(table: Table) -> pandas.DataFrame:
    """The cells of a table that this engine wrote, texts as they were before `write_table`.

    In CSV, a text that a spreadsheet would run begins with an apostrophe.
    """
    if table.row_word != "line":
        return table.cells
    cells = table.cells.copy()
    for name in cells:
        known = {text: from_table_cell(text) for text in set(cells[name])}
        cells[name] = [known[text] for text in cells[name]]
    cells.columns = [from_table_cell(name) for name in table.cells.columns]
    return cells


def write_table(frame: pandas.DataFrame, path: Path) -> None:
    """Write rows as .csv, or as points (EPSG:4326, from longitude and latitude) in a .gpkg.

    In CSV, texts that a spreadsheet would run are made harmless, see `own_cells`.

    Raises
    ------
    Wco2Error : for another kind of file, a full disk or a folder that can't be written to.
    """
    suffix = path.suffix.lower()
    if suffix not in (".gpkg", ".csv"):
        raise Wco2Error(f"A table can't be written as {path.name}.", "Name it .gpkg or .csv.")
    with atomic_write(path) as partial:
        if suffix == ".csv":
            plain = frame.copy()
            for name in frame:
                if frame[name].dtype.kind not in "iufb":
                    plain[name] = frame[name].map(table_cell)
            plain.columns = [table_cell(str(name)) for name in frame]
            plain.to_csv(partial, index=False, encoding="utf-8", lineterminator="\n")
        else:
            import geopandas

            geometry = geopandas.points_from_xy(frame["longitude"], frame["latitude"])
            points = geopandas.GeoDataFrame(frame.copy(), geometry=geometry, crs="EPSG:4326")
            try:
                points.to_file(partial, driver="GPKG", layer=path.stem)
            except Exception as error:  # as for reading
                raise Wco2Error(
                    f"{path} could not be written ({error}).",
                    "Look at the free space of the disk, then run the same command again.",
                ) from error
