"""Where the cells of a variable lie, from its coordinates: a regular grid, or middles of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.reading import Reading
from wco2_engine.errors import Wco2Error, reason_of
from wco2_engine.grid import GEOGRAPHIC, Grid, parse_crs, project

FloatArray = NDArray[np.float64]
MOST_COORDINATES = 20_000_000  # along one axis
MOST_CURVILINEAR = 50_000_000  # cells whose middles are held in memory
_UNEVEN = 0.02  # of a cell: what coordinates may be off, rounded as they are
_SNAP = 1e-3  # of a cell: nearer than this, an edge lies on a whole number of half cells
_LEAST_METRES = 20_000.0  # smaller coordinates may be kilometres
_OFF = 0.1  # of a cell: how far coordinates and 2-D longitude and latitude may differ
_CERTAIN = 1e-3  # of a cell: nearer than this, a projection is the right one
_EQUAL = 1e-4  # of a cell: what single precision makes of longitudes and latitudes
_SAMPLES = 17  # along each side, of cells that a projection is tried on
# Projections of public grids over cold regions: EASE-Grids, polar stereographic, Lambert azimuthal.
_CANDIDATES = (
    *("EPSG:6931", "EPSG:3408", "EPSG:6933", "EPSG:3410", "EPSG:6932", "EPSG:3409"),
    *("EPSG:3413", "EPSG:3411", "EPSG:3995", "EPSG:3031", "EPSG:3412", "EPSG:3976"),
    *(f"EPSG:{code}" for code in range(3571, 3577)),
)
_SPHERES = ("+ellps=WGS84", "+R=6371200", "+R=6371229", "+R=6371228", "+R=6370000")
_TRUE_LATITUDES = (60, 70, 71, 90)
_LENGTHS = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
}


@dataclass(frozen=True, eq=False)
class Curvilinear:
    """A grid that is regular in no known CRS: the middle of each cell, `(height, width)`, degrees.

    NaN where a cell lies nowhere. `regridding.regridded` puts a series of it onto longitude and
    latitude.
    """

    longitude: FloatArray
    latitude: FloatArray


@dataclass(frozen=True)
class Placement:
    """A grid, and what turns stored rows and columns into its own: from the north and the west."""

    grid: Grid | Curvilinear
    flip_rows: bool = False
    flip_columns: bool = False

    @property
    def regular(self) -> Grid:
        """The grid, where it is known to be regular."""
        if not isinstance(self.grid, Grid):
            raise TypeError("the grid is curvilinear")
        return self.grid


@dataclass(frozen=True, eq=False)
class Coordinates:
    """What a file says of where cells lie.

    Attributes
    ----------
    x, y : along columns and rows, `(width,)` and `(height,)`; None where there are none.
    x_units, y_units : of them.
    longitude, latitude : of each cell, `(height, width)`; None where there are none.
    mapping : the attributes of its grid mapping; empty where it has none.
    geographic : whether x and y are longitude and latitude.
    shape : rows, columns.
    """

    shape: tuple[int, int]
    x: FloatArray | None = None
    y: FloatArray | None = None
    x_units: str = ""
    y_units: str = ""
    longitude: FloatArray | None = None
    latitude: FloatArray | None = None
    mapping: Mapping[str, Any] | None = None
    geographic: bool = False


@dataclass(frozen=True)
class _Even:
    first: float
    step: float  # more than 0
    falling: bool


def place(found: Coordinates, reading: Reading, where: str) -> Placement:
    """The grid that coordinates lie on.

    Raises
    ------
    Wco2Error : when they do not say where cells lie, or say two different things.
    """
    if found.geographic and found.x is not None and found.y is not None:
        return _on_longitude_and_latitude(found.x, found.y, reading, where)
    both = found.longitude is not None and found.latitude is not None
    rotated = (found.mapping or {}).get("grid_mapping_name") == "rotated_latitude_longitude"
    if rotated:
        return Placement(_on_rotated_pole(found, reading, where))
    if found.x is not None and found.y is not None:
        projected = _projected(found, reading, where)
        if projected is not None:
            return projected
    if not both:
        raise Wco2Error(
            f"{where} states no coordinate reference system for its coordinates x and y."
            if found.x is not None
            else f"{where} has no coordinates: it does not say where its cells lie.",
            'Say it in the catalogue, e.g. crs = "EPSG:6931".'
            if found.x is not None
            else "Choose another variable, or another file of the product.",
        )
    return _recognised(found, [reading.crs] if reading.crs else ()) or Placement(_of_middles(found))


def _on_longitude_and_latitude(
    x: FloatArray, y: FloatArray, reading: Reading, where: str
) -> Placement:
    if reading.crs and not parse_crs(reading.crs).is_geographic:
        raise Wco2Error(
            f"{where}: its coordinates are longitudes and latitudes, and the catalogue says crs = "
            f"'{reading.crs:.60}'.",
            "Leave crs out.",
        )
    longitude = np.unwrap(x.astype(np.float64), period=360.0)
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or np.abs(y).max() > 90.001:
        raise Wco2Error(
            f"{where}: its latitudes {y.min():g} to {y.max():g} and longitudes {x.min():g} to "
            f"{x.max():g} are not on Earth.",
            "The file looks damaged: download it again.",
        )
    columns, rows = _even(longitude), _even(y)
    if len(x) == 1 and rows is not None:
        columns = _Even(float(x[0]), rows.step, False)
    if len(y) == 1 and columns is not None:
        rows = _Even(float(y[0]), columns.step, False)
    if columns is None or rows is None:
        if x.size * y.size > MOST_CURVILINEAR:
            raise Wco2Error(f"{where}: its {x.size} x {y.size} coordinates are not evenly spaced.")
        both = np.meshgrid(longitude, y)
        return Placement(Curvilinear(both[0], both[1]))
    width, height = x.size, y.size
    dx = 360.0 / width if abs(columns.step * width - 360.0) < _UNEVEN * columns.step else 0.0
    return _placed(columns, rows, width, height, reading.crs or GEOGRAPHIC, 1.0, dx)


def _placed(
    columns: _Even,
    rows: _Even,
    width: int,
    height: int,
    crs: str,
    unit: float = 1.0,
    dx: float = 0.0,
) -> Placement:
    dx, dy = dx or _tidy(columns.step * unit), _tidy(rows.step * unit)
    west = columns.first * unit - dx / 2
    north = (rows.first + rows.step * (height - 1)) * unit + dy / 2
    grid = Grid.of_pixels(crs, _snapped(west, dx), _snapped(north, dy), dx, dy, width, height)
    return Placement(grid, flip_rows=not rows.falling, flip_columns=columns.falling)


def _even(values: FloatArray) -> _Even | None:
    """Even spacing, counted upward; None where values are uneven or not in order."""
    if values.size < 2:
        return None
    values = values.astype(np.float64)
    step = (values[-1] - values[0]) / (values.size - 1)
    if step == 0 or not np.isfinite(step):
        return None
    ideal = values[0] + step * np.arange(values.size)
    if np.abs(values - ideal).max() > _UNEVEN * abs(step):
        return None
    return _Even(float(min(values[0], values[-1])), abs(float(step)), step < 0)


def _tidy(step: float) -> float:
    """A spacing without the dust of single precision: 0.1, 1 / 12, 25067.525."""
    whole = round(1 / step) if step < 1 else 0
    for candidate in (round(step, 3), 1 / whole if whole else 0.0):
        if candidate and abs(candidate - step) < 2e-6 * step:
            return float(candidate)
    return step


def _snapped(edge: float, step: float) -> float:
    """An edge at a whole number of half cells, where it is that but for dust."""
    halves = round(2 * edge / step)
    exact = round(halves * step / 2, 9)
    return exact if abs(exact - edge) < _SNAP * step else edge


def _projected(found: Coordinates, reading: Reading, where: str) -> Placement | None:
    """The grid of x and y in a CRS that catalogue, file or 2-D coordinates say."""
    if found.x is None or found.y is None:
        return None
    columns, rows = _even(found.x), _even(found.y)
    if columns is None or rows is None:
        return None
    height, width = found.shape
    stated = _stated(found.mapping or {}, where) if not reading.crs else []
    choices = [("crs of the catalogue", reading.crs)] if reading.crs else stated
    sample = _sample(found)
    if not choices:
        return _recognised(found, ()) if sample is not None else None
    if parse_crs(choices[0][1]).is_geographic:
        return _on_longitude_and_latitude(found.x, found.y, reading, where)
    unit = _length(found.x_units, found.y_units, where)
    lengths = (
        [unit]
        if unit
        else [1.0, 1000.0]
        if sample is not None
        else [_metres(found.x, found.y, where)]
    )
    placed = [
        (name, _placed(columns, rows, width, height, crs, length / _unit_of(crs)))
        for name, crs in choices
        for length in lengths
    ]
    if sample is not None and "crs" not in reading.overrule:
        fits = [each for _, each in placed if _distance(each, sample, found.shape) < _OFF]
        if fits:
            return fits[0]
        turned = replace(placed[0][1], flip_rows=not placed[0][1].flip_rows)
        if _distance(turned, sample, found.shape) < _OFF:
            raise Wco2Error(
                f"{where}: its coordinate y says that the first row is the "
                f"{'northern' if turned.flip_rows else 'southern'}most, and its 2-D latitudes "
                "that it is the last.",
                'Only one of them can be right: if it is y, add overrule = ["crs"].',
            )
        other = _recognised(found, ())
        raise Wco2Error(
            f"{where}: the {placed[0][0]} puts its cells elsewhere than its longitudes and "
            f"latitudes do, {_distance(placed[0][1], sample, found.shape):.3g} cells off.",
            f'They fit crs = "{_short(other.regular)}".'
            if other is not None
            else 'Correct crs; if it is right, add overrule = ["crs"].',
        )
    name, first = placed[0]
    for other_name, second in placed[1:]:
        apart = _apart(first.regular, second.regular)
        if apart > _OFF:
            raise Wco2Error(
                f"{where} states two coordinate reference systems, {name} and {other_name}, "
                f"which are {apart:.3g} cells apart.",
                f'Say which is right: crs = "{_short(first.regular)}" or '
                f'crs = "{_short(second.regular)}".',
            )
    return first


def _unit_of(crs: str) -> float:
    """Metres in the unit of a CRS's coordinates."""
    import pyproj

    axes = pyproj.CRS(crs).axis_info
    return float(axes[0].unit_conversion_factor) if axes else 1.0


def _metres(x: FloatArray, y: FloatArray, where: str) -> float:
    """1, for coordinates without units that are large enough to be metres."""
    if max(np.abs(x).max(), np.abs(y).max()) < _LEAST_METRES:
        raise Wco2Error(
            f"{where}: its coordinates x, {x.min():g} to {x.max():g}, have no units: "
            "they may be m or km.",
            'Say the unit in crs, e.g. crs = "+proj=laea +lat_0=90 +datum=WGS84 +units=km".',
        )
    return 1.0


def _length(x_units: str, y_units: str, where: str) -> float | None:
    """Metres in a unit of x and y; None where they state none."""
    if x_units.strip() != y_units.strip():
        raise Wco2Error(f"{where}: x is in '{x_units}' and y in '{y_units}'.")
    name = x_units.strip().lower()
    if not name or name == "1" or name.startswith("degree"):
        return None
    if name not in _LENGTHS:
        raise Wco2Error(
            f"{where}: its coordinates x and y are in '{x_units}'.", "Only m and km are read."
        )
    return _LENGTHS[name]


def _stated(mapping: Mapping[str, Any], where: str) -> list[tuple[str, str]]:
    """The CRS that a grid mapping states, as often as it states one (CF conventions 5.6)."""
    import pyproj
    from pyproj.exceptions import CRSError

    found = []
    for name in ("crs_wkt", "spatial_ref"):
        text = mapping.get(name)
        if isinstance(text, str) and text.strip():
            try:
                parse_crs(text.strip())
            except Wco2Error as error:
                raise Wco2Error(
                    f"{where}: its grid mapping has a {name} that is no coordinate reference "
                    f"system: {text:.60}…",
                    'Say it in the catalogue, e.g. crs = "EPSG:6931".',
                ) from error
            found.append((f"{name} of the file", text.strip()))
    plain = {k: v for k, v in mapping.items() if k not in ("crs_wkt", "spatial_ref")}
    if plain.get("grid_mapping_name"):
        try:
            # Arrays of one number are numbers to pyproj, too.
            text = pyproj.CRS.from_cf({k: _scalar(v) for k, v in plain.items()}).to_wkt()
            parse_crs(text)
            found.append(("grid mapping of the file", text))
        except (CRSError, KeyError, TypeError, ValueError, Wco2Error) as error:
            if not found:
                raise Wco2Error(
                    f"{where}: its grid mapping '{plain['grid_mapping_name']}' is not understood: "
                    f"{reason_of(error)}.",
                    'Say it in the catalogue, e.g. crs = "EPSG:6931".',
                ) from error
    epsg = mapping.get("epsg_code") or mapping.get("epsg")
    if not found and epsg is not None:
        digits = "".join(c for c in str(_scalar(epsg)) if c.isdigit())
        if digits:
            parse_crs(f"EPSG:{digits}")
            found.append(("epsg_code of the file", f"EPSG:{digits}"))
    return found


def _scalar(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.item() if value.size == 1 else value.tolist()
    return value


@dataclass(frozen=True, eq=False)
class _Sample:
    """Some cells: their stored rows and columns, and where they lie."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    longitude: FloatArray
    latitude: FloatArray


def _sample(found: Coordinates) -> _Sample | None:
    if found.longitude is None or found.latitude is None:
        return None
    height, width = found.shape
    if min(height, width) < 3:
        return None
    rows = np.unique(np.linspace(0, height - 1, _SAMPLES).astype(np.int64))
    columns = np.unique(np.linspace(0, width - 1, _SAMPLES).astype(np.int64))
    row, column = (a.ravel() for a in np.meshgrid(rows, columns, indexing="ij"))
    longitude, latitude = found.longitude[row, column], found.latitude[row, column]
    good = np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(latitude) < 89.99)
    if good.sum() < 9:
        return None
    return _Sample(row[good], column[good], longitude[good], latitude[good])


def _distance(placed: Placement, sample: _Sample, shape: tuple[int, int]) -> float:
    """How many cells a grid and the longitudes and latitudes of its cells are apart, at most."""
    grid = placed.regular
    x, y = project(sample.longitude, sample.latitude, GEOGRAPHIC, grid.crs)
    rows = shape[0] - 1 - sample.rows if placed.flip_rows else sample.rows
    columns = shape[1] - 1 - sample.columns if placed.flip_columns else sample.columns
    west, north = grid.corner
    dx = (x - west) / grid.dx - columns - 0.5
    dy = (north - y) / grid.dy - rows - 0.5
    apart = np.hypot(dx, dy)
    return float(apart.max()) if np.isfinite(apart).all() else np.inf


def _recognised(found: Coordinates, candidates: Sequence[str]) -> Placement | None:
    """A projected grid that is regular, told by the longitude and latitude of its cells.

    Its coordinates x and y have to fit too, where the file has them.

    Parameters
    ----------
    candidates : projections to try; none for those of public grids.
    """
    sample = _sample(found)
    if sample is None:
        return None
    x_and_y = _x_and_y(found)
    best: tuple[float, Placement] | None = None
    for public, search in ((True, candidates or _CANDIDATES), (False, _polar(sample, found))):
        if not public and (candidates or (best is not None and best[0] <= _CERTAIN)):
            break
        for crs in search:
            for error, placed in _fits(found, sample, crs, x_and_y):
                # Of equals the first: one about the opposite meridian is as good.
                if best is None or error < best[0] - _EQUAL:
                    best = (error, placed)
    return None if best is None else best[1]


def _x_and_y(found: Coordinates) -> tuple[_Even, _Even] | None:
    """x and y where they are even, and lengths as far as their units tell."""
    if found.x is None or found.y is None or found.x_units.startswith("degree"):
        return None
    columns, rows = _even(found.x), _even(found.y)
    # Numbers of rows and columns are no lengths.
    if columns is None or rows is None or (not found.x_units and columns.step == 1.0):
        return None
    return columns, rows


def _polar(sample: _Sample, found: Coordinates) -> Iterator[str]:
    """Polar projections about any meridian, for grids around one pole, as far as they may fit."""
    if not (sample.latitude.min() > 0 or sample.latitude.max() < 0):
        return
    north = sample.latitude.min() > 0
    pole = 90 if north else -90
    meridians = sorted({*range(-180, 180, 10), -45, 45, 135, -135, -105, -175})
    shapes = [f"+proj=laea +lat_0={pole}"] + [
        f"+proj=stere +lat_0={pole} +lat_ts={true if north else -true}" for true in _TRUE_LATITUDES
    ]
    for shape in shapes:
        for sphere in _SPHERES:
            crs = f"{shape} {sphere} +units=m +no_defs"
            x, y = project(sample.longitude, sample.latitude, GEOGRAPHIC, f"{crs} +lon_0=0")
            for meridian in meridians:
                # Another central meridian turns the plane about the pole.
                turn = np.radians(meridian if north else -meridian)
                turned_x = x * np.cos(turn) + y * np.sin(turn)
                turned_y = y * np.cos(turn) - x * np.sin(turn)
                errors = (
                    _line(sample.columns, turned_x, found.shape[1])[1],
                    _line(sample.rows, turned_y, found.shape[0])[1],
                )
                if max(errors) < _OFF:
                    yield f"{crs} +lon_0={meridian}"


def _fits(
    found: Coordinates, sample: _Sample, crs: str, x_and_y: tuple[_Even, _Even] | None
) -> Iterator[tuple[float, Placement]]:
    height, width = found.shape
    if x_and_y is not None:
        unit = _LENGTHS.get(found.x_units.strip().lower())
        for length in [unit] if unit else [1.0, 1000.0]:
            placed = _placed(*x_and_y, width, height, crs, length / _unit_of(crs))
            error = _distance(placed, sample, found.shape)
            if error < _OFF:
                yield error, placed
        return
    x, y = project(sample.longitude, sample.latitude, GEOGRAPHIC, crs)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return
    columns, x_error = _line(sample.columns, x, width)
    rows, y_error = _line(sample.rows, y, height)
    if columns is None or rows is None or max(x_error, y_error) > _OFF:
        return
    placed = _placed(columns, rows, width, height, crs)
    error = _distance(placed, sample, found.shape)
    if error < _OFF:
        yield error, placed


def _line(index: NDArray[np.int64], values: FloatArray, count: int) -> tuple[_Even | None, float]:
    """Values as a straight line over their index, and how far they are off it, in its steps."""
    middle = index.mean()
    slope = float(((index - middle) * values).sum() / ((index - middle) ** 2).sum())
    if slope == 0:
        return None, np.inf
    start = float(values.mean()) - slope * middle
    error = np.abs(values - (start + slope * index)).max() / abs(slope)
    ends = (start, start + slope * (count - 1))
    # Cells of so many metres, if they nearly are that.
    return _Even(round(min(ends), 1), round(abs(slope), 2), slope < 0), float(error)


def _apart(first: Grid, second: Grid) -> float:
    """How many cells two grids of the same shape are apart, at most."""
    rows, columns = np.meshgrid(
        np.linspace(0, first.height, 9), np.linspace(0, first.width, 9), indexing="ij"
    )
    west, north = first.corner
    x = (west + columns * first.dx).ravel()
    y = (north - rows * first.dy).ravel()
    there = project(*project(x, y, first.crs, GEOGRAPHIC), GEOGRAPHIC, second.crs)
    apart = np.hypot(there[0] - x, there[1] - y) / first.dx
    finite = apart[np.isfinite(apart)]
    return float(finite.max()) if finite.size else np.inf


def _short(grid: Grid) -> str:
    crs = parse_crs(grid.crs)
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_proj4())


def _of_middles(found: Coordinates) -> Curvilinear:
    if found.longitude is None or found.latitude is None:
        raise TypeError("the cells have no 2-D longitudes and latitudes")
    return Curvilinear(found.longitude, found.latitude)


def _on_rotated_pole(found: Coordinates, reading: Reading, where: str) -> Curvilinear:
    """The middles of cells on a rotated pole, by their longitude and latitude or by the pole."""
    both = found.longitude is not None and found.latitude is not None
    if found.x is None or found.y is None or (both and "crs" in reading.overrule):
        if not both:
            raise Wco2Error(f"{where} has a rotated pole, and no coordinates.")
        return _of_middles(found)
    computed = _rotated(found.x, found.y, found.mapping or {}, where)
    if not both:
        return computed
    stated = _of_middles(found)
    apart = _degrees_apart(stated, computed)
    cell = abs(float(found.y[-1] - found.y[0])) / max(1, found.y.size - 1)
    if apart > _OFF * cell:
        raise Wco2Error(
            f"{where}: its rotated pole puts its first cell at {_shown_place(computed)}, and its "
            f"2-D longitudes and latitudes put it at {_shown_place(stated)}.",
            "Only one of them can be right: if it is the longitudes and latitudes, add overrule = "
            '["crs"].',
        )
    return stated


def _rotated(x: FloatArray, y: FloatArray, mapping: Mapping[str, Any], where: str) -> Curvilinear:
    """The middles of cells on a rotated pole, computed from where the pole lies."""
    import pyproj
    from pyproj.exceptions import CRSError

    if x.size * y.size > MOST_CURVILINEAR:
        raise Wco2Error(f"{where}: a rotated grid of {x.size} x {y.size} cells.")
    # The figure of the Earth is left out: longitude and latitude are turned, and nothing else.
    names = ("grid_north_pole_latitude", "grid_north_pole_longitude", "north_pole_grid_longitude")
    pole = {name: _scalar(mapping[name]) for name in names if name in mapping}
    try:
        crs = pyproj.CRS.from_cf({"grid_mapping_name": "rotated_latitude_longitude", **pole})
        turn = pyproj.Transformer.from_crs(crs, pyproj.CRS(GEOGRAPHIC), always_xy=True)
    except (CRSError, KeyError, TypeError, ValueError) as error:
        raise Wco2Error(
            f"{where} has a rotated pole, and does not say where it lies.",
            "Its grid mapping lacks grid_north_pole_latitude or grid_north_pole_longitude.",
        ) from error
    longitude, latitude = turn.transform(*np.meshgrid(x, y))
    return Curvilinear(np.asarray(longitude), np.asarray(latitude))


def _degrees_apart(first: Curvilinear, second: Curvilinear) -> float:
    """How far cells of two grids of the same shape are apart, at most, in degrees."""
    apart = np.hypot(
        first.latitude - second.latitude,
        ((first.longitude - second.longitude + 180.0) % 360.0 - 180.0)
        * np.cos(np.radians(np.clip(second.latitude, -90, 90))),
    )
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else 0.0


def _shown_place(grid: Curvilinear) -> str:
    return f"{grid.longitude[0, 0]:.2f}, {grid.latitude[0, 0]:.2f}"
