"""Tables of rows as people keep them: delimited text, or points in any format that OGR reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.escaping import table_cell
from wco2_engine.files import atomic_write, existing_file
from wco2_engine.inputs.vectors import read_features

if TYPE_CHECKING:
    import geopandas
    import pandas

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".dat")
_MISSING = frozenset(("", "na", "nan", "nat", "null", "<na>", "-9999", "-9999.0"))
_MISSING_NUMBER = -9999.0
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
    row_word : "line" or "feature".
    longitude, latitude : `(n_rows,)` degrees from the geometry, NaN where it is missing; None for a
        table without geometry.
    decimal_comma : whether numbers may be written with a comma.
    files : `(n_rows,)` the name of each row's file, for a table that several make up; else empty.
    """

    path: Path
    cells: pandas.DataFrame
    rows: NDArray[np.int64]
    row_word: str
    longitude: NDArray[np.float64] | None = None
    latitude: NDArray[np.float64] | None = None
    decimal_comma: bool = False
    files: tuple[str, ...] = ()

    def place(self, row: int) -> str:
        """Where a row stands, for messages: "line 3"."""
        place = f"{self.row_word} {self.rows[row]}"
        return f"{place} of {self.files[row]}" if self.files else place


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: `(n_rows,)` each; NaN where missing or unreadable."""

    values: NDArray[np.float64]
    missing: NDArray[np.bool_]

    @property
    def unreadable(self) -> NDArray[np.bool_]:
        """Where something stands that is no finite number."""
        return ~self.missing & ~np.isfinite(self.values)


def read_table(path: Path | str, crs: str | None = None) -> Table:
    """The rows of a CSV or TSV file, or of a point layer ("points.gpkg|layername=sites").

    Text is separated by commas, semicolons or tabs, in UTF-8 or else Latin-1; where semicolons
    separate, numbers may have a decimal comma. Rows without any content are no rows.

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
    if file.suffix.lower() in TEXT_SUFFIXES:
        if crs is not None:
            raise Wco2Error(
                f"A CRS is given for {file}, whose coordinates are degrees in columns.",
                "Leave the CRS out, or save the points as a GeoPackage.",
            )
        table = _read_text(existing_file(file, "Table"))
    else:
        table = _read_layer(_existing(file), layer, crs)
    if not len(table.rows):
        raise Wco2Error(f"{file} has no rows.", "Give a table that holds data.")
    return table


def is_missing(texts: pandas.Series) -> NDArray[np.bool_]:
    """Where a column of text says nothing: empty, NA, NaN, null or -9999; `(n_rows,)`."""
    return np.array([text == "" for text in _plain(texts)], bool)


def plain_text(texts: pandas.Series) -> pandas.Series:
    """A column of text without spaces at its ends, "" where it says nothing."""
    import pandas

    return pandas.Series(_plain(texts), index=texts.index, dtype=object)


def _plain(texts: pandas.Series) -> list[str]:
    """A column has few different texts and many rows: each text is looked at once."""
    plain = {text: "" if text.strip().lower() in _MISSING else text.strip() for text in set(texts)}
    return [plain[text] for text in texts]


def numbers(texts: pandas.Series, decimal_comma: bool = False) -> Numbers:
    """A column of text as numbers."""
    plain = plain_text(texts)
    if decimal_comma:
        plain = plain.str.replace(",", ".", regex=False)
    values = np.array([_number(text) for text in plain], np.float64)
    missing = (plain == "").to_numpy(bool) | (values == _MISSING_NUMBER)
    return Numbers(np.where(missing, np.nan, values), missing)


def _number(text: str) -> float:
    """The float nearest to a text, which pandas before 2 misses by a bit; NaN for no finite one."""
    try:
        value = np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan


def _read_text(path: Path) -> Table:
    import pandas

    data = path.read_bytes()
    if b"\0" in data[:4096]:
        raise Wco2Error(f"{path} is no text.", "Save the table as CSV in UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    separator = _separator(text, path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records: list[list[str]] = []
    lines: list[int] = []
    try:
        first_line = 1
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append(record)
                lines.append(first_line)
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise Wco2Error(
            f"{path}, line {reader.line_num}: {error}.", "Look for a quote that is not closed."
        ) from error
    if not records:
        raise Wco2Error(f"{path} is empty.", "Give a table with a header line and rows.")
    header = _header(records[0], path)
    rows = [
        _fitted(record, len(header), path, line)
        for record, line in zip(records[1:], lines[1:], strict=True)
    ]
    return Table(
        path=path,
        cells=pandas.DataFrame(rows, columns=header, dtype=object),
        rows=np.array(lines[1:], np.int64),
        row_word="line",
        decimal_comma=separator == ";",
    )


def _separator(text: str, path: Path) -> str:
    """The sign that cuts the first line with content into most columns."""
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise Wco2Error(f"{path} is empty.", "Give a table with a header line and rows.")
    widths = {sign: len(next(csv.reader([first], delimiter=sign))) for sign in ",;\t"}
    best = max(widths, key=lambda sign: widths[sign])
    if widths[best] == 1:
        raise Wco2Error(
            f"{path} has a single column: '{first.strip()[:60]}'.",
            "Separate columns by commas, semicolons or tabs, under a header line.",
        )
    return best


def _header(names: Sequence[str], path: Path) -> list[str]:
    header = [name.strip() or f"column {k}" for k, name in enumerate(names, start=1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise Wco2Error(f"{path} has two columns '{twice}'.", "Rename one of them.")
    return header


def _fitted(record: list[str], width: int, path: Path, line: int) -> list[str]:
    """A record of `width` cells; empty ones at the end may be too few or too many."""
    if any(cell.strip() for cell in record[width:]):
        raise Wco2Error(
            f"{path}, line {line}: {len(record)} cells where the header names {width} columns.",
            "Quote the cell that holds the separator.",
        )
    return (record + [""] * width)[:width]


def _existing(path: Path) -> Path:
    """A path that OGR may open: a file, or a folder such as a file geodatabase."""
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
    import geopandas

    try:
        if hasattr(geopandas, "list_layers"):
            found = list(geopandas.list_layers(path)["name"])
        else:  # geopandas before 1.0 leaves it to fiona
            import fiona

            found = fiona.listlayers(path)
    except Exception as error:  # the drivers of fiona and pyogrio share no root of their own
        raise _unreadable(path, error) from error
    names = [name for name in found if name != "layer_styles"]
    if layer and layer not in names:
        raise Wco2Error(f"{path} has no layer '{layer}'.", nearest_name(layer, names))
    if not layer and len(names) != 1:
        raise Wco2Error(
            f"{path} has {len(names)} layers: {', '.join(names)}.",
            f"Say which one: '{path}{_LAYER}{names[0]}'." if names else "Give a file with points.",
        )
    return layer or str(names[0])


def _unreadable(path: Path, error: Exception) -> Wco2Error:
    return Wco2Error(
        f"{path} can't be read as a table or a point layer ({error}).",
        "Use CSV, GeoPackage, GeoJSON or another format that OGR reads.",
    )


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


def write_table(frame: pandas.DataFrame, path: Path) -> None:
    """Write rows as .csv, or as points (EPSG:4326, from longitude and latitude) in a .gpkg.

    Raises
    ------
    Wco2Error : for another kind of file, a full disk or a folder that can't be written to.
    """
    suffix = path.suffix.lower()
    if suffix not in (".gpkg", ".csv"):
        raise Wco2Error(f"A table can't be written as {path.name}.", "Name it .gpkg or .csv.")
    with atomic_write(path) as partial:
        if suffix == ".csv":
            texts = {name: frame[name].map(table_cell) for name in frame.select_dtypes("object")}
            frame.assign(**texts).to_csv(
                partial, index=False, encoding="utf-8", lineterminator="\n"
            )
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
