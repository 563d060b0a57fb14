"""A grid in the words of the CF conventions: axes, and the CRS."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC, Grid, parse_crs, project

CONVENTIONS = "CF-1.8"
UNITS = "g m-2"  # udunits knows no "C" but the coulomb; the name says that it is carbon


def axis_names(grid: Grid) -> tuple[str, str]:
    """Names of the axes, down first."""
    return ("lat", "lon") if grid.geographic else ("y", "x")


def axis_values(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles of rows `(height,)` and of columns `(width,)`, free of binary dust."""
    x, y = grid.axes()
    return np.round(y, 10), np.round(x, 10)


def axis_attributes(grid: Grid, axis: str) -> dict[str, str]:
    """What the axis "X" or "Y" of a grid is."""
    if grid.geographic:
        name = "latitude" if axis == "Y" else "longitude"
        units = "degrees_north" if axis == "Y" else "degrees_east"
        return {"standard_name": name, "long_name": name, "units": units, "axis": axis}
    unit = parse_crs(grid.crs).linear_units
    return {
        "standard_name": f"projection_{axis.lower()}_coordinate",
        "long_name": f"{axis.lower()} of the projection",
        "units": "m" if unit in ("metre", "meter", "m", "unknown") else unit,
        "axis": axis,
    }


def longitudes_latitudes(grid: Grid) -> dict[str, Any]:
    """Longitude and latitude of cells whose axes are neither, as variables of xarray."""
    x, y = grid.centres()
    longitude, latitude = project(x, y, grid.crs, GEOGRAPHIC)
    return {
        name: (
            ("y", "x"),
            values.reshape(grid.shape),
            {"standard_name": full, "long_name": full, "units": units},
        )
        for name, full, units, values in (
            ("lat", "latitude", "degrees_north", latitude),
            ("lon", "longitude", "degrees_east", longitude),
        )
    }


def grid_mapping(grid: Grid) -> dict[str, Any]:
    """The CRS in the words of CF, and as WKT and GDAL's corner for those who read these."""
    from pyproj import CRS

    wkt = parse_crs(grid.crs).to_wkt()
    a, b, c, d, e, f = grid.transform
    crs = CRS.from_wkt(wkt)
    attributes = dict(crs.to_cf())
    if "reference_ellipsoid_name" in attributes and crs.datum is not None:
        attributes.setdefault("horizontal_datum_name", crs.datum.name)  # CF wants both or neither
    attributes = {key: list(v) if isinstance(v, tuple) else v for key, v in attributes.items()}
    return {**attributes, "spatial_ref": wkt, "GeoTransform": f"{c} {a} {b} {f} {d} {e}"}
