"""Bands of GeoTIFF, VRT, HDF4 and what else only GDAL reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.dates import Stamp
from wco2_engine.downloads.decoding import decoding
from wco2_engine.downloads.grids import MOST_CURVILINEAR, Curvilinear, Placement
from wco2_engine.downloads.layers import Layer, check_size, damaged, placed_part, turned
from wco2_engine.downloads.quantities import agreed_units
from wco2_engine.downloads.reading import NamedFile, Reading
from wco2_engine.downloads.times import Axis, from_axis, from_names, from_order, named_stamp
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.grid import EDGE, GEOGRAPHIC, Grid, Tile, crs_text, project
from wco2_engine.inputs.hdf5 import apart
from wco2_engine.inputs.opening import SETTINGS, driver_of, names_of, open_raster, tags_of, units_of

MOST_BANDS = 100_000


def raster_layer(named: NamedFile, reading: Reading, where: str) -> Layer:
    """A band, or a series of bands, of a raster that GDAL opens.

    Raises
    ------
    Wco2Error : when the file is damaged, says nothing of where or when its bands are, or
        contradicts the catalogue.
    """
    return apart(str(named.path), lambda: _Bands(named, reading, where).layer())


class _Bands:
    """One open dataset; opened again after it was closed."""

    def __init__(self, named: NamedFile, reading: Reading, where: str) -> None:
        self.named = named
        self.reading = reading
        self.where = where
        self.what = f"{where}: {named.path}"
        self.name = self._subdataset()
        self.dataset: Any = None

    def _subdataset(self) -> str:
        """The GDAL name of the file, or of the variable in it."""
        with _opened(str(self.named.path), self.named.path, self.where) as whole:
            if whole.count and not whole.subdatasets:
                return str(self.named.path)
            described = tags_of(whole, ns="SUBDATASETS")
            names = {
                _variable(name, described.get(f"SUBDATASET_{k + 1}_DESC", "")): name
                for k, name in enumerate(whole.subdatasets)
            }
        if not names:
            raise Wco2Error(f"{self.what} holds no raster.", "Look whether it is the right file.")
        listed = ", ".join(list(names)[:20])
        wanted = self.reading.variable
        if wanted is None:
            if len(names) == 1:
                return next(iter(names.values()))
            raise Wco2Error(
                f"{self.what} holds several variables and none is chosen.",
                f'Add variable = "{next(iter(names))}"; there are {listed}.',
            )
        if wanted in names:
            return names[wanted]
        raise Wco2Error(f"{self.what} has no variable '{wanted}'.", nearest_name(wanted, names))

    def layer(self) -> Layer:
        dataset = self.open()
        bands = self._bands(dataset)
        attributes = _attributes(dataset, bands, self.what)
        units = agreed_units(attributes, self.named.path.name, self.reading, self.what)
        placement = _place(dataset, self.reading, self.what)
        flips = (placement.flip_rows, placement.flip_columns)
        dtype = np.dtype(dataset.dtypes[bands[0] - 1])
        if dtype.kind == "c":
            raise Wco2Error(f"{self.what} holds complex numbers.")
        height, width = dataset.block_shapes[bands[0] - 1]
        together = dataset.count if str(dataset.interleaving).lower().endswith("pixel") else 1
        masked = _is_masked(dataset)
        shape = (dataset.height, dataset.width)

        def stored(steps: Sequence[int], part: Tile) -> NDArray[Any]:
            check_size(len(steps) * part.height * part.width, self.what)
            numbers = [bands[step] for step in steps]
            return apart(
                str(self.named.path),
                lambda: self.read(numbers, placed_part(part, shape, flips), flips, masked),
            )

        return Layer(
            path=self.named.path,
            grid=placement.grid,
            stamps=self._stamps(dataset, bands),
            decoding=decoding(attributes, dtype, units, self.reading, self.what),
            units=units,
            block=(min(together, len(bands)), int(height), int(width)),
            stored=stored,
            close=lambda: apart(str(self.named.path), self.close),
            attributes=attributes,
        )

    def open(self) -> Any:
        if self.dataset is None:
            self.dataset = _opened(self.name, self.named.path, self.where)
        return self.dataset

    def close(self) -> None:
        if self.dataset is not None:
            self.dataset.close()
            self.dataset = None

    def read(
        self, bands: list[int], places: tuple[Any, Any], flips: tuple[bool, bool], masked: bool
    ) -> NDArray[Any]:
        import rasterio
        from rasterio.errors import RasterioError, RasterioIOError
        from rasterio.windows import Window

        rows, columns = places
        view = Window(
            columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
        )
        try:
            with rasterio.Env(**SETTINGS):
                dataset = self.open()
                planes = dataset.read(bands, window=view)
                if masked:
                    hidden = dataset.read_masks(bands, window=view) == 0
                    planes = np.where(hidden, np.nan, planes.astype(np.float64))
        except (RasterioError, RasterioIOError, IndexError) as error:
            raise damaged(self.named.path, error, f", band {bands[0]},") from error
        return turned(planes[:, None], flips)

    def _bands(self, dataset: Any) -> list[int]:
        band = self.reading.band
        if dataset.count > MOST_BANDS:
            raise Wco2Error(f"{self.what} has {dataset.count} bands.")
        if band is None and self.reading.variable is not None and self.name == str(self.named.path):
            return self._named_bands(dataset, self.reading.variable)
        if band is None:
            return list(range(1, dataset.count + 1))
        if band > dataset.count:
            raise Wco2Error(f"{self.what} has {dataset.count} bands, not {band}.", "Correct band.")
        return [band]

    def _named_bands(self, dataset: Any, variable: str) -> list[int]:
        """Bands of a stack of variables that are called as the variable is."""
        names = names_of(dataset)
        same = [k + 1 for k, name in enumerate(names) if name == variable]
        if len(same) == 1:
            return same
        known = [name for name in names if name]
        raise Wco2Error(
            f"{self.what} has no variable '{variable}': its bands are {', '.join(known[:12])}."
            if known
            else f"{self.what} has no variable '{variable}', and no names of bands.",
            nearest_name(variable, known) if known else "Leave out variable, or say band.",
        )

    def _stamps(self, dataset: Any, bands: list[int]) -> tuple[Stamp, ...]:
        if len(bands) == 1 and (self.reading.band is not None or dataset.count == 1):
            described = names_of(dataset)[bands[0] - 1]
            axis = _netcdf_axis(dataset, bands)
            if axis is not None and " since " in axis.units:
                return from_axis(axis, self.reading, self.named, self.what)
            if self.named.begin is None and self.named.calendar_month is None and described:
                return _perhaps(described, self.reading, self.named, self.what)
            return (named_stamp(self.named),)
        if len(bands) == 1:
            return (named_stamp(self.named),)
        axis = _netcdf_axis(dataset, bands)
        if axis is not None:
            return from_axis(axis, self.reading, self.named, self.what)
        told = names_of(dataset)
        names = [told[band - 1] for band in bands]
        if any(names):
            return from_names(names, self.reading, self.named, self.what)
        if self.reading.bands is not None:
            return from_order(len(bands), self.reading, self.named, self.what)
        raise Wco2Error(
            f"{self.what} has {len(bands)} bands, and nothing says what time they are of.",
            'Choose one with band; if they are months in order, add bands = "months".',
        )


def _perhaps(name: str, reading: Reading, named: NamedFile, what: str) -> tuple[Stamp, ...]:
    """The time in a single band's name, where it has one: it may be called anything."""
    try:
        return from_names([name], reading, named, what)
    except Wco2Error:
        return (named_stamp(named),)


def _opened(name: str, path: Path, where: str) -> Any:
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError

    try:
        return open_raster(name)
    except (RasterioError, RasterioIOError) as error:
        with rasterio.Env() as env:
            drivers = env.drivers()
        kind = driver_of(name)[0]
        if kind not in drivers:
            raise Wco2Error(
                f"{where}: {path} needs the driver {kind}, which the GDAL here does not have.",
                f"Debian's GDAL has it (apt install python3-rasterio); the wheels of rasterio lack "
                f"{kind}. In QGIS, choose its own Python for this.",
            ) from error
        raise damaged(path, error) from error
    except Wco2Error as error:
        raise Wco2Error(f"{where}: {error.message}", error.hint) from error


def _variable(name: str, description: str) -> str:
    """The name of a variable, from GDAL's name for it, or what GDAL says of it."""
    last = name.rsplit(":", 1)[-1].strip('"')
    if name.startswith("HDF4_SDS") or last.isdigit():
        match = re.match(r"\[[^\]]*\]\s*(.+?)\s*\([^()]*\)\s*$", description)
        return match[1] if match else last
    return last.lstrip("/")


def _attributes(dataset: Any, bands: Sequence[int], what: str) -> dict[str, Any]:
    """What GDAL knows of bands, by the names that CF has for it."""
    tags = {**tags_of(dataset), **tags_of(dataset, bands[0])}
    found: dict[str, Any] = {}
    for band in bands[1:]:
        same = all(
            getattr(dataset, each)[band - 1] == getattr(dataset, each)[bands[0] - 1]
            for each in ("scales", "offsets", "dtypes", "units")
        )
        if not same:
            raise Wco2Error(
                f"{what}: bands {bands[0]} and {band} differ in scale, offset, units or type.",
                "Choose one with band.",
            )
    first = bands[0] - 1
    for key in ("units", "valid_range", "valid_min", "valid_max", "_FillValue", "long_name"):
        if key in tags:
            found[key] = tags[key]
    nodata = {dataset.nodatavals[band - 1] for band in bands}
    found["missing_value"] = [value for value in nodata if value is not None]
    if units_of(dataset)[first]:
        found["units"] = units_of(dataset)[first]
    scale, offset = dataset.scales[first], dataset.offsets[first]
    found["scale_factor"] = tags.get("scale_factor", scale) if scale == 1.0 else scale
    found["add_offset"] = tags.get("add_offset", offset) if offset == 0.0 else offset
    if str(tags.get("_Unsigned", "")):
        found["_Unsigned"] = tags["_Unsigned"]
    return found


def _is_masked(dataset: Any) -> bool:
    from rasterio.enums import MaskFlags

    hidden = {MaskFlags.per_dataset, MaskFlags.alpha}
    return any(hidden.intersection(flags) for flags in dataset.mask_flag_enums)


def _netcdf_axis(dataset: Any, bands: Sequence[int]) -> Axis | None:
    """The time axis in the tags of what GDAL made of a netCDF file."""
    tags = tags_of(dataset)
    for name in re.findall(r"[^{},\s]+", tags.get("NETCDF_DIM_EXTRA", "")):
        stated = [tags_of(dataset, band).get(f"NETCDF_DIM_{name}", "") for band in bands]
        units = tags.get(f"{name}#units", "")
        if all(stated) and (" since " in units or name == "time"):
            try:
                values: NDArray[Any] = np.array([float(value) for value in stated])
            except ValueError:
                values = np.array(stated)
            return Axis(name, values, units, tags.get(f"{name}#calendar", ""))
    return None


def _place(dataset: Any, reading: Reading, what: str) -> Placement:
    transform = dataset.transform
    if transform.is_identity:
        raise Wco2Error(
            f"{what} does not say where its pixels lie.",
            "Choose another variable, or another file of the product.",
        )
    crs = _crs(dataset, reading, what)
    skew, step = max(abs(transform.b), abs(transform.d)), min(abs(transform.a), abs(transform.e))
    if step == 0 or skew > EDGE * step:
        return Placement(_skewed(dataset, crs, what))
    grid = Grid.of_pixels(
        crs=crs,
        x0=min(transform.c, transform.c + transform.a * dataset.width),
        y0=max(transform.f, transform.f + transform.e * dataset.height),
        dx=abs(transform.a),
        dy=abs(transform.e),
        width=dataset.width,
        height=dataset.height,
    )
    return Placement(grid, flip_rows=transform.e > 0, flip_columns=transform.a < 0)


def _skewed(dataset: Any, crs: str, what: str) -> Curvilinear:
    """The middles of the pixels of a raster whose rows do not run west to east."""
    height, width = dataset.height, dataset.width
    if height * width > MOST_CURVILINEAR:
        raise Wco2Error(f"{what}: a rotated raster of {width} x {height} pixels is not read.")
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    rows, columns = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    x, y = a * columns + b * rows + c, d * columns + e * rows + f
    longitude, latitude = project(x.ravel(), y.ravel(), crs, GEOGRAPHIC)
    nowhere = ~(np.isfinite(longitude) & np.isfinite(latitude))
    longitude, latitude = (np.where(nowhere, np.nan, each) for each in (longitude, latitude))
    return Curvilinear(longitude.reshape(height, width), latitude.reshape(height, width))


def _crs(dataset: Any, reading: Reading, what: str) -> str:
    if reading.crs:
        return reading.crs
    if dataset.crs:
        return crs_text(dataset.crs)
    raise Wco2Error(
        f"{what} states no coordinate reference system.",
        f'Say it in the catalogue, e.g. crs = "{GEOGRAPHIC}".',
    )
