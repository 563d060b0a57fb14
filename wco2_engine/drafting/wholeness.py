"""Whether a downloaded file is whole, told without reading all of it."""

from __future__ import annotations

from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.opening import open_raster
from wco2_engine.products.headers import Header, header


def whole_header(path: Path, member: str = "") -> Header:
    """What a file says of itself, after its last value was read.

    A download that broke off often has its beginning, and with it its header. What is stored last
    is missing then.

    Raises
    ------
    Wco2Error : when the header or the end can't be read.
    """
    found = header(path, member)
    if member or path.suffix == ".gz":
        return found  # an archive that broke off was not read at all
    try:
        if found.form == "netcdf":
            _end_of_netcdf(path, found)
        elif found.form == "grib":
            _end_of_grib(path)
        elif found.form == "geotiff":
            _end_of_geotiff(path)
    except Wco2Error:
        raise
    except Exception as error:  # each library has its own errors for a file that ends too early
        raise Wco2Error(f"{path} ends too early.", "Download it again.") from error
    return found


def _end_of_netcdf(path: Path, found: Header) -> None:
    import netCDF4

    with netCDF4.Dataset(str(path)) as opened:
        opened.set_auto_maskandscale(False)
        if opened.data_model.startswith("NETCDF3"):
            return  # its header was compared with its size, see `check_classic`
        for layer in found.layers[-1:]:
            if all(layer.shape):
                opened[layer.name][tuple(length - 1 for length in layer.shape)]


def _end_of_grib(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(-min(4096, path.stat().st_size), 2)
        if b"7777" not in file.read():
            raise Wco2Error(f"{path} ends too early.", "Download it again.")


def _end_of_geotiff(path: Path) -> None:
    from rasterio.windows import Window

    with open_raster(path) as opened:
        last = Window(opened.width - 1, opened.height - 1, 1, 1)
        opened.read(opened.count, window=last)
