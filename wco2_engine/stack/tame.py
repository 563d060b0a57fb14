"""Which predictors can be read as they are, and why the others are prepared first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.details import PLAIN
from wco2_engine.inputs.marks import bytes_of_percent
from wco2_engine.inputs.patterns import Pattern, is_store
from wco2_engine.inputs.predictors import needed_months
from wco2_engine.inputs.rasters import RasterInfo, Rasters, gdal_path, is_local
from wco2_engine.season import Month
from wco2_engine.units import conversion, is_quantity

_SUFFIXES = {
    **dict.fromkeys((".nc", ".nc4", ".cdf", ".netcdf"), "netCDF"),
    **dict.fromkeys((".h5", ".hdf5", ".he5"), "HDF5"),
    **dict.fromkeys((".hdf", ".h4", ".hdf4", ".he4"), "HDF4"),
    **dict.fromkeys((".grib", ".grb", ".grib2", ".grb2", ".grib1"), "GRIB"),
    ".zarr": "Zarr",
}
_MAGIC = {
    b"CDF": "netCDF",
    b"\x89HDF": "netCDF or HDF5",
    b"\x0e\x03\x13\x01": "HDF4",
    b"GRIB": "GRIB",
}
_DETAILS = {
    "select": "select",
    "nodata": "several missing values",
    "zero": "codes of zero",
    "keep": "codes to keep",
    "quality": "a quality layer",
    "time": "times at the start or end of steps",
    "steps": "steps within a month",
}


@dataclass(frozen=True)
class Need:
    """A predictor, and why it is prepared first; empty where it is read as it is."""

    predictor: Predictor
    why: str


def needs(catalogue: Catalogue, months: Iterable[Month] | None) -> tuple[Need, ...]:
    """For each predictor whether it has to be prepared, and why.

    One that has not gets the units that its file states, where the catalogue says none.

    Parameters
    ----------
    months : to predict; the first file that one of them needs is looked at. None for any.
    """
    wanted = None if months is None else list(months)
    with Rasters() as rasters:
        return tuple(_need(p, catalogue.folder, wanted, rasters) for p in catalogue.predictors)


def _need(predictor: Predictor, folder: Path, months: list[Month] | None, rasters: Rasters) -> Need:
    if predictor.kind == "month":  # there is no file
        return Need(predictor, "")
    why = _by_keys(predictor)
    if why:
        return Need(predictor, why)
    path = _first_file(predictor, folder, months)
    if path is None:
        return Need(predictor, _by_name(predictor.path))
    why = _by_name(str(path)) or _by_content(path)
    if why:
        return Need(predictor, why)
    try:
        where = gdal_path(str(path.absolute()), None, folder, "File")
        info = rasters.info(where, predictor.encoding)
    except Wco2Error as error:
        raise Wco2Error(f"Predictor '{predictor.name}': {error.message}", error.hint) from error
    return _by_bands(predictor, info)


def _by_keys(predictor: Predictor) -> str:
    if predictor.layers:
        return "layers"
    if predictor.operation:
        return f"derived: {predictor.operation.replace('_', ' ')}"
    if not is_local(predictor.path):
        return ""
    details = predictor.details
    for name, what in _DETAILS.items():
        if getattr(details, name) != getattr(PLAIN, name):
            return what
    if details.bands not in (None, "months"):
        return details.bands
    if predictor.more_paths:
        return "a series in parts"
    (pattern,) = predictor.patterns
    if pattern.packed:
        return "files in archives"
    if pattern.wild:
        return "wildcards in the path"
    if pattern.fields - {"year", "month"}:
        return "files by half-month or day"
    if predictor.variable is not None:
        return _by_name(predictor.path) or f"a variable: {predictor.variable}"
    return ""


def _by_name(path: str) -> str:
    return _SUFFIXES.get(Path(path).suffix.lower(), "") if is_local(path) else ""


def _by_content(path: Path) -> str:
    if is_store(path):
        return "Zarr"
    if not is_local(str(path)) or not path.is_file():
        return ""
    with path.open("rb") as file:
        start = file.read(8)
    return next((what for magic, what in _MAGIC.items() if start.startswith(magic)), "")


def _first_file(predictor: Predictor, folder: Path, months: list[Month] | None) -> Path | None:
    """The first file that is there of those that predicted months need."""
    if not is_local(predictor.path):
        return None
    fields = predictor.fields
    if months is None and fields:
        return next((found.path for found in predictor.patterns[0].find(folder)), None)
    stored = (
        {m for month in months or () for m in needed_months(predictor, month)} if fields else {None}
    )
    seen = set()
    for month in sorted(stored, key=str):
        path = (
            folder
            / Path(
                Pattern(predictor.path).at() if month is None else predictor.path_at(month)
            ).expanduser()
        )
        if path not in seen and (path.is_file() or is_store(path)):
            return path
        seen.add(path)
    return None


def _by_bands(predictor: Predictor, info: RasterInfo) -> Need:
    fields = predictor.fields
    one_step = (
        predictor.when == "static"
        or "month" in fields
        or (predictor.when == "yearly" and "year" in fields)
    )
    if info.count > 1 and predictor.band is None and not one_step:
        named = info.time.known or (predictor.details.bands == "months" and info.count == 12)
        if not named:
            return Need(predictor, f"{info.count} bands whose names are no plain months")
    elif info.count == 1 and predictor.band is None and not one_step and not info.time.known:
        return Need(predictor, "one band of no stated time")
    units = "%" if "%" in (predictor.units, info.units) else None
    if bytes_of_percent(units, info.dtype, info.scale):
        return Need(predictor, "bytes in %, which may hold codes")
    return _with_units(predictor, info)


def _with_units(predictor: Predictor, info: RasterInfo) -> Need:
    """The predictor with the units of its file, where these need no further look."""
    stated = " ".join(info.units.replace("**", "").replace("^", "").split())
    if stated in ("-", "none", "unknown") or not is_quantity(stated):
        if predictor.to_said and not predictor.units_said:
            conversion("1", predictor.to, f"Predictor '{predictor.name}' states no units")
        return Need(predictor, "")
    if predictor.units_said:
        if "units" in predictor.details.overrule or _same(stated, predictor.units):
            return Need(predictor, "")
        return Need(predictor, f"its files state the unit {info.units}")
    if predictor.to_said or predictor.details.per:
        return Need(predictor, f"its files state the unit {info.units}")
    told = replace(predictor, units=stated, to=stated, units_said=True, to_said=True)
    return Need(told, "")


def _same(stated: str, said: str) -> bool:
    try:
        found = conversion(stated, said, "")
    except Wco2Error:
        return False
    return found.identity
