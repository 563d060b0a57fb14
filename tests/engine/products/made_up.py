"""Made-up downloads, laid out as their providers publish them, with a truth that is known.

Names, variables, units, packing, codes, axes and stamps are those of the descriptions; values are
made up, and only a small part of the world is there: 100 to 104 E, 60 to 63 N. Every field is
linear in longitude and latitude, so that bilinear values are exact but for packing.
"""

from __future__ import annotations

import calendar
import gzip
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine, from_origin
from rasterio.warp import transform

WEST, SOUTH, EAST, NORTH = 100.0, 60.0, 104.0, 63.0
YEARS = (2008, 2009)
WINTER = [(2008, 10), (2008, 11), (2008, 12), (2009, 1), (2009, 2), (2009, 3), (2009, 4)]
Array = NDArray[np.float64]
Truth = Callable[[Array, Array, int, int], Array]


def linear(
    base: float, *, lat: float = 0.1, lon: float = 0.01, month: float = 0.0, year: float = 0.0
) -> Truth:
    """A field that is linear in place and time."""

    def value(longitude: Array, latitude: Array, y: int, m: int) -> Array:
        return (
            base
            + lat * (np.asarray(latitude) - 60)
            + lon * (np.asarray(longitude) - 100)
            + month * m
            + year * (y - 2008)
        )

    return value


# By product and variable, in the units that a model sees.
TRUTH: Mapping[tuple[str, str], Truth] = {
    ("era5-land-monthly", "air_temperature"): linear(-30, month=2, year=0.5),
    ("era5-land-monthly", "soil_temperature_level_1"): linear(-10, month=1),
    ("era5-land-monthly", "snow_depth"): linear(20, lat=2, month=3),  # cm
    ("era5-land-monthly", "precipitation"): linear(30, lat=1, lon=0.5),  # mm month-1
    ("gimms-ndvi3g-1", "ndvi"): linear(0.3, lat=0.02, month=0.01),
    ("pku-gimms-ndvi-1.2", "ndvi"): linear(0.4, lat=0.02, month=0.01),
    ("soilgrids-2", "soil_carbon_0_30cm"): linear(50, lat=5, lon=1),  # g kg-1
    ("snow-cci-swe", "snow_water_equivalent"): linear(40, lat=4, month=2),  # mm
    ("globsnow-swe-3", "snow_water_equivalent"): linear(60, lat=4, month=2),  # mm
    ("cmc-snow-depth", "snow_depth"): linear(30, lat=3, month=2),  # cm
    ("permafrost-cci-4", "ground_temperature_1m"): linear(-4, lat=-0.5, year=0.2),  # degC
    ("permafrost-cci-4", "permafrost_extent"): linear(60, lat=5, lon=1),  # %
    ("obu-2018", "ground_temperature"): linear(-5, lat=-0.5),  # degC
    ("vcf5kyr-1", "tree_cover"): linear(40, lat=4, lon=2),  # %
    ("ncscd-2", "soil_carbon_stock_0_100cm"): linear(20, lat=2, lon=1),  # kg m-2
    ("terraclimate", "snow_water_equivalent"): linear(50, lat=3, month=1),  # mm
    ("chelsa-2.1-monthly", "air_temperature"): linear(-28, month=2),  # degC
    ("cru-ts-4", "air_temperature"): linear(-29, month=2),  # degC
    ("merra-2-monthly", "snow_depth"): linear(25, lat=2, month=2),  # cm
    ("che-snow-depth-china", "snow_depth"): linear(15, lat=2, month=1),  # cm
    ("land-cover-cci", "land_cover"): linear(70, lat=0, lon=0),  # class
}


def centres(cell: float, *, nodes: bool = False) -> tuple[Array, Array]:
    """Longitudes, and latitudes from the north; of nodes at whole multiples, or of cells."""
    shift = 0.0 if nodes else 0.5
    columns = round((EAST - WEST) / cell) + (1 if nodes else 0)
    rows = round((NORTH - SOUTH) / cell) + (1 if nodes else 0)
    return WEST + (np.arange(columns) + shift) * cell, NORTH - (np.arange(rows) + shift) * cell


def field(key: tuple[str, str], lon: Array, lat: Array, year: int, month: int) -> Array:
    """The truth on a grid of longitudes and latitudes, `(rows, columns)`."""
    return np.asarray(TRUTH[key](lon[None, :], lat[:, None], year, month), np.float64)


def days_of(year: int, month: int) -> Iterator[date]:
    first = date(year, month, 1)
    for k in range(calendar.monthrange(year, month)[1]):
        yield first + timedelta(days=k)


def new_dataset(path: Path, kind: str = "NETCDF4") -> netCDF4.Dataset:
    path.parent.mkdir(parents=True, exist_ok=True)
    return netCDF4.Dataset(path, "w", format=kind)


def axes(file: netCDF4.Dataset, lon: Array, lat: Array, names: tuple[str, str], kind: str) -> None:
    """Coordinate variables of longitude and latitude."""
    for name, values, units in (
        (names[1], lat, "degrees_north"),
        (names[0], lon, "degrees_east"),
    ):
        file.createDimension(name, values.size)
        variable = file.createVariable(name, kind, (name,))
        variable.units = units
        variable.standard_name = "latitude" if units.endswith("north") else "longitude"
        variable[:] = values


def geotiff(
    path: Path, bands: Array, to_world: Affine, crs: str | None, kind: str, nodata: float | None
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=bands.shape[2],
        height=bands.shape[1],
        count=bands.shape[0],
        dtype=kind,
        crs=crs,
        transform=to_world,
        nodata=nodata,
    ) as file:
        file.write(bands.astype(kind))
    return path


def projected(
    key: tuple[str, str], crs: str, cell: float, margin: int = 6
) -> tuple[Array, Array, Affine, Callable[[int, int], Array]]:
    """Columns, rows and the truth of a grid in metres that covers the part of the world."""
    edge = np.linspace(0, 1, 25)
    lons = np.concatenate([WEST + edge * 4, WEST + edge * 4, np.full(25, WEST), np.full(25, EAST)])
    lats = np.concatenate(
        [np.full(25, SOUTH), np.full(25, NORTH), SOUTH + edge * 3, SOUTH + edge * 3]
    )
    xs, ys = (np.asarray(v) for v in transform("EPSG:4326", crs, lons, lats))
    west = np.floor(xs.min() / cell - margin) * cell
    north = np.ceil(ys.max() / cell + margin) * cell
    columns = int(np.ceil((xs.max() - west) / cell)) + margin
    rows = int(np.ceil((north - ys.min()) / cell)) + margin
    x = west + (np.arange(columns) + 0.5) * cell
    y = north - (np.arange(rows) + 0.5) * cell
    gx, gy = np.meshgrid(x, y)
    lon, lat = (
        np.asarray(v).reshape(gx.shape) for v in transform(crs, "EPSG:4326", gx.ravel(), gy.ravel())
    )
    return x, y, from_origin(west, north, cell, cell), lambda yy, m: TRUTH[key](lon, lat, yy, m)


ERA5 = {
    # name in the file: variable, stored unit, what stored = used * factor + offset, per day
    "t2m": ("air_temperature", "K", 1.0, 273.15, False),
    "stl1": ("soil_temperature_level_1", "K", 1.0, 273.15, False),
    "sde": ("snow_depth", "m", 0.01, 0.0, False),
    "tp": ("precipitation", "m", 0.001, 0.0, True),
}


def era5_field(name: str, lon: Array, lat: Array, year: int, month: int) -> Array:
    variable, _, factor, offset, per_day = ERA5[name]
    used = field(("era5-land-monthly", variable), lon, lat, year, month)
    days = calendar.monthrange(year, month)[1] if per_day else 1
    return used / days * factor + offset


def era5_land_new(folder: Path) -> None:
    """As the new CDS sends it: a zip of a file of states and one of accumulations, at 06:00."""
    lon, lat = centres(0.1, nodes=True)
    months = [(y, m) for y in YEARS for m in range(1, 13)]
    parts = {"avgua": (("t2m", "stl1", "sde"), 0), "avgad": (("tp",), 6)}
    inner = []
    for step_type, (names, hour) in parts.items():
        path = folder / f"data_stream-moda_stepType-{step_type}.nc"
        with new_dataset(path) as file:
            file.createDimension("valid_time", len(months))
            axes(file, lon, lat, ("longitude", "latitude"), "f8")
            time = file.createVariable("valid_time", "i8", ("valid_time",))
            time.units, time.calendar = "seconds since 1970-01-01", "proleptic_gregorian"
            time.standard_name = "time"
            time[:] = [calendar.timegm((y, m, 1, hour, 0, 0)) for y, m in months]
            number = file.createVariable("number", "i8")
            number.standard_name = "realization"
            number[:] = 0
            expver = file.createVariable("expver", str, ("valid_time",))
            expver[:] = np.array(["0001"] * len(months), object)
            for name in names:
                stored = file.createVariable(
                    name,
                    "f4",
                    ("valid_time", "latitude", "longitude"),
                    zlib=True,
                    fill_value=np.nan,
                )
                stored.units = ERA5[name][1]
                stored.standard_name = "unknown"
                stored.GRIB_stepType = step_type
                stored.coordinates = "number valid_time latitude longitude expver"
                for k, (y, m) in enumerate(months):
                    stored[k] = era5_field(name, lon, lat, y, m)
        inner.append(path)
    with zipfile.ZipFile(folder / "era5-land-monthly_2008.zip", "w") as archive:
        for path in inner:
            archive.write(path, path.name)
            path.unlink()


def era5_land_old(folder: Path) -> None:
    """As the old CDS sent it: netCDF 3, short numbers packed in each file by its own scale."""
    lon, lat = centres(0.1, nodes=True)
    for year in YEARS:
        with new_dataset(folder / f"era5land_{year}.nc", "NETCDF3_64BIT_OFFSET") as file:
            file.createDimension("time", 12)
            axes(file, lon, lat, ("longitude", "latitude"), "f4")
            time = file.createVariable("time", "i4", ("time",))
            time.units, time.calendar = "hours since 1900-01-01 00:00:00.0", "gregorian"
            start = date(1900, 1, 1)
            time[:] = [(date(year, m, 1) - start).days * 24 for m in range(1, 13)]
            for name in ERA5:
                planes = np.stack([era5_field(name, lon, lat, year, m) for m in range(1, 13)])
                low, high = planes.min(), planes.max()
                scale = (high - low) / 65000 or 1.0
                packed = file.createVariable(
                    name, "i2", ("time", "latitude", "longitude"), fill_value=-32767
                )
                packed.missing_value = np.int16(-32767)
                packed.units = ERA5[name][1]
                packed.scale_factor, packed.add_offset = scale, (low + high) / 2
                packed[:] = planes


def era5_land_grib(folder: Path) -> None:
    """As the CDS sends GRIB: edition 1, a message for each variable and month."""
    import eccodes

    from wco2_engine.inputs.grib import kept_environment

    lon, lat = centres(0.1, nodes=True)
    folder.mkdir(parents=True, exist_ok=True)
    parameters = {"t2m": 167, "stl1": 139, "tp": 228}  # of table 128
    with kept_environment(), (folder / "era5land.grib").open("wb") as file:
        for year in YEARS:
            for month in range(1, 13):
                for name, number in parameters.items():
                    message = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib1")
                    for key, value in {
                        "centre": "ecmf",
                        "table2Version": 128,
                        "indicatorOfParameter": number,
                        "dataDate": year * 10000 + month * 100 + 1,
                        "dataTime": 0,
                        "stream": "moda",
                        "Ni": lon.size,
                        "Nj": lat.size,
                        "latitudeOfFirstGridPointInDegrees": float(lat[0]),
                        "longitudeOfFirstGridPointInDegrees": float(lon[0]),
                        "latitudeOfLastGridPointInDegrees": float(lat[-1]),
                        "longitudeOfLastGridPointInDegrees": float(lon[-1]),
                        "iDirectionIncrementInDegrees": 0.1,
                        "jDirectionIncrementInDegrees": 0.1,
                        "bitsPerValue": 24,
                    }.items():
                        eccodes.codes_set(message, key, value)
                    eccodes.codes_set_values(
                        message, era5_field(name, lon, lat, year, month).ravel()
                    )
                    eccodes.codes_write(message, file)
                    eccodes.codes_release(message)


def gimms_ndvi3g(folder: Path) -> None:
    """Two files a year of twelve half-months; months as numbers 1, 1.5 ...; no CF scale or fill."""
    lon, lat = centres(1 / 12)
    for year in YEARS:
        for first, name in ((1, "0106"), (7, "0712")):
            with new_dataset(folder / f"ndvi3g_geo_v1_{year}_{name}.nc4") as file:
                file.createDimension("time", 12)
                axes(file, lon, lat, ("lon", "lat"), "f8")
                time = file.createVariable("time", "f4", ("time",))
                time.units = "months"
                time.long_name = "time"
                time[:] = first + 0.5 * np.arange(12)
                ndvi = file.createVariable("ndvi", "i2", ("time", "lat", "lon"), zlib=True)
                percentile = file.createVariable("percentile", "i2", ("time", "lat", "lon"))
                ndvi.units = "1"
                for k in range(12):
                    truth = field(("gimms-ndvi3g-1", "ndvi"), lon, lat, year, first + k // 2)
                    lower = 0.0 if k % 2 else 0.02  # the month's largest value is its second half's
                    ndvi[k] = np.round((truth - lower) * 10000)
                    percentile[k] = 0
                file.setncattr("Year", str(year))
                file.setncattr("_fill_val", np.int16(-32768))


def pku_gimms(folder: Path) -> None:
    """A zip a decade of GeoTIFFs a half-month: NDVI and quality; no scale, the fill is snow too."""
    lon, lat = centres(1 / 12)
    to_world = from_origin(WEST, NORTH, 1 / 12, 1 / 12)
    inner = folder / "consolidated_2001_2010"
    for year in YEARS:
        for month in range(1, 13):
            truth = field(("pku-gimms-ndvi-1.2", "ndvi"), lon, lat, year, month)
            for half, lower in ((1, 0.03), (2, 0.0)):
                ndvi = np.round((truth - lower) * 1000)
                name = f"PKU_GIMMS_NDVI_V1.2_{year}{month:02d}{half:02d}.tif"
                geotiff(
                    *(inner / name, np.stack([ndvi, np.zeros_like(ndvi)]), to_world),
                    *("EPSG:4326", "uint16", None),
                )
    with zipfile.ZipFile(folder / "PKU_GIMMS_NDVI_V1.2_2001_2010.zip", "w") as archive:
        for path in sorted(inner.iterdir()):
            archive.write(path, f"{inner.name}/{path.name}")
    shutil.rmtree(inner)


def soilgrids(folder: Path) -> None:
    """A VRT a layer in the interrupted Goode homolosine, with a tile beside it; dg kg-1."""
    crs = "+proj=igh +lat_0=0 +lon_0=0 +datum=WGS84 +units=m +no_defs"
    key = ("soilgrids-2", "soil_carbon_0_30cm")
    _, _, to_world, truth = projected(key, crs, 250.0)
    for depth, factor in (("0-5cm", 1.5), ("5-15cm", 1.25), ("15-30cm", 2 / 3)):
        # 5 * 1.5 + 10 * 1.25 + 15 * 2/3 = 30: the mean by thickness is the truth.
        name = f"soc_{depth}_mean"
        values = np.round(truth(2008, 1) * 10 * factor)[None]
        tile = folder / "soc" / name / "tileSG-001-001" / "tileSG-001-001_1-1.tif"
        geotiff(tile, values, to_world, crs, "int16", -32768)
        with rasterio.open(tile) as file:
            wkt, width, height = file.crs.to_wkt(), file.width, file.height
        a = to_world
        (folder / "soc" / f"{name}.vrt").write_text(
            f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">\n'
            f"  <SRS>{wkt.replace('&', '&amp;').replace('<', '&lt;')}</SRS>\n"
            f"  <GeoTransform>{a.c}, {a.a}, 0, {a.f}, 0, {a.e}</GeoTransform>\n"
            '  <VRTRasterBand dataType="Int16" band="1">\n'
            "    <NoDataValue>-32768</NoDataValue>\n"
            "    <SimpleSource>\n"
            f'      <SourceFilename relativeToVRT="1">{tile.relative_to(folder / "soc")}'
            "</SourceFilename>\n"
            "      <SourceBand>1</SourceBand>\n"
            f'      <SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>\n'
            f'      <DstRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>\n'
            "    </SimpleSource>\n"
            "  </VRTRasterBand>\n"
            "</VRTDataset>\n"
        )


def snow_cci_swe(folder: Path) -> None:
    """A file a day; flags below 0, and 0 outside of the file's own valid_range; sensors change."""
    lon, lat = centres(0.1)
    for year, month in WINTER:
        truth = field(("snow-cci-swe", "snow_water_equivalent"), lon, lat, year, month)
        for day in days_of(year, month):
            if day.day % 7 == 0:
                continue  # days are missing
            sensor = "SSMI-DMSP" if year < 2009 else "SSMIS-DMSP"
            name = f"{day:%Y%m%d}-ESACCI-L3C_SNOW-SWE-{sensor}-fv2.0.nc"
            with new_dataset(folder / f"{year}/{month:02d}" / name) as file:
                file.createDimension("time", 1)
                axes(file, lon, lat, ("lon", "lat"), "f8")
                time = file.createVariable("time", "f8", ("time",))
                time.units, time.calendar = "days since 1970-01-01", "standard"
                time[:] = [(day - date(1970, 1, 1)).days]
                swe = file.createVariable(
                    "swe", "i4", ("time", "lat", "lon"), zlib=True, fill_value=-100000
                )
                swe.missing_value = np.int32(-100000)
                swe.units = "mm"
                swe.valid_range = np.array([1, 500], np.int32)
                swe.flag_values = np.array([-30, -20, -10, -1, 0], np.int32)
                swe.flag_meanings = "Glacier Mountain Water no_data no_snow"
                values = np.round(truth)
                values[-1, :] = 0  # the southern row is free of snow
                values[-2, :] = -20  # the one above is mountains
                swe[0] = values


def globsnow(folder: Path) -> None:
    """A file a month on a polar EASE-Grid in metres; no time in it; flags below 0."""
    crs = "EPSG:3408"
    key = ("globsnow-swe-3", "snow_water_equivalent")
    x, y, _, truth = projected(key, crs, 25067.53)
    for year, month in WINTER:
        name = f"{year}{month:02d}_northern_hemisphere_monthly_biascorrected_swe_0.25grid.nc"
        with new_dataset(folder / name) as file:
            for axis, values in (("y", y), ("x", x)):
                file.createDimension(axis, values.size)
                variable = file.createVariable(axis, "f8", (axis,))
                variable.units, variable.standard_name = "m", f"projection_{axis}_coordinate"
                variable[:] = values
            mapping = file.createVariable("crs", "i4")
            with rasterio.Env(OSR_USE_NON_DEPRECATED="NO"):
                mapping.spatial_ref = rasterio.crs.CRS.from_user_input(crs).to_wkt()
            swe = file.createVariable("swe", "i4", ("y", "x"), zlib=True)
            swe.units, swe.grid_mapping = "mm", "crs"
            swe[:] = np.round(truth(year, month))


def cmc(folder: Path) -> None:
    """A GeoTIFF a year with a band a day, polar stereographic on a sphere, cm."""
    crs = "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=10 +x_0=0 +y_0=0 +R=6371200 +units=m +no_defs"
    _, _, to_world, truth = projected(("cmc-snow-depth", "snow_depth"), crs, 23812.498583569406)
    for year in YEARS:
        months = [day.month for m in range(1, 13) for day in days_of(year, m)]
        bands = np.stack([truth(year, m) for m in months])
        path = folder / f"cmc_sdepth_dly_{year}_v01.2.tif"
        geotiff(path, bands, to_world, crs, "float64", -1.7e308)


def permafrost_cci(folder: Path) -> None:
    """A file a year at 0.01 degree; the depth stands in the variable's name."""
    lon, lat = centres(0.01)
    for year in YEARS:
        for code, names, units in (
            ("GTD", {"T1m": ("ground_temperature_1m", 0.01)}, "celsius"),
            ("PFR", {"PFR": ("permafrost_extent", 1.0)}, "percent"),
        ):
            product = f"ESACCI-PERMAFROST-L4-{code}-MODISLST_CRYOGRID-AREA4_PP-{year}-fv04.0.nc"
            with new_dataset(folder / product) as file:
                file.createDimension("time", 1)
                axes(file, lon, lat, ("lon", "lat"), "f8")
                time = file.createVariable("time", "f8", ("time",))
                time.units = "days since 1950-01-01"
                time[:] = [(date(year, 1, 1) - date(1950, 1, 1)).days]
                for name, (variable, scale) in names.items():
                    stored = file.createVariable(
                        name, "i2", ("time", "lat", "lon"), zlib=True, fill_value=-32768
                    )
                    stored.units = units
                    stored.scale_factor, stored.add_offset = scale, 0.0
                    stored[0] = field(("permafrost-cci-4", variable), lon, lat, year, 1)


def obu(folder: Path) -> None:
    """Polar GeoTIFF of the mean of 2000 to 2016; the missing value is a huge negative number."""
    key = ("obu-2018", "ground_temperature")
    _, _, to_world, truth = projected(key, "EPSG:3995", 926.6254)
    values = truth(2008, 1)
    values[0, :] = -3.4e38
    path = folder / "UiO_PEX_MAGTM_5.0_20181127_2000_2016_NH.tif"
    geotiff(path, values[None], to_world, "EPSG:3995", "float32", None)


def vcf(folder: Path) -> None:
    """A GeoTIFF a year of three bytes; 1994 and 2000 do not exist; water is 0 in all three."""
    lon, lat = centres(0.05)
    to_world = from_origin(WEST, NORTH, 0.05, 0.05)
    for year in (1993, 1995, 1999, 2001, *YEARS):
        trees = np.round(field(("vcf5kyr-1", "tree_cover"), lon, lat, year, 1))
        bands = np.stack([trees, 60 - trees / 2, 40 - trees / 2])
        path = folder / f"VCF5KYR_{year}001_001_2018224204211.tif"
        geotiff(path, bands, to_world, "EPSG:4326", "uint8", None)


def ncscd(folder: Path) -> None:
    """hg C m-2; the variable has the same name in all files; zeros are no data."""
    lon, lat = centres(0.05)
    truth = field(("ncscd-2", "soil_carbon_stock_0_100cm"), lon, lat, 2008, 1)
    with new_dataset(folder / "NCSCDv2_Circumpolar_WGS84_SOCC100_005deg.nc") as file:
        axes(file, lon, lat, ("lon", "lat"), "f8")
        stored = file.createVariable("NCSCDv2", "i2", ("lat", "lon"), fill_value=-32768)
        stored.units = "hg C m-2"
        values = np.round(truth * 10)
        values[0, :] = 0
        stored[:] = values


def terraclimate(folder: Path) -> None:
    """A file a variable and year, packed whole numbers, days since 1900."""
    lon, lat = centres(1 / 24)
    for year in YEARS:
        with new_dataset(folder / f"TerraClimate_swe_{year}.nc") as file:
            file.createDimension("time", 12)
            axes(file, lon, lat, ("lon", "lat"), "f8")
            time = file.createVariable("time", "f8", ("time",))
            time.units, time.calendar = "days since 1900-01-01 00:00:00", "standard"
            time[:] = [(date(year, m, 1) - date(1900, 1, 1)).days for m in range(1, 13)]
            swe = file.createVariable(
                "swe", "i4", ("time", "lat", "lon"), zlib=True, fill_value=-2147483648
            )
            swe.units, swe.scale_factor, swe.add_offset = "mm", 0.1, 0.0
            for m in range(1, 13):
                key = ("terraclimate", "snow_water_equivalent")
                swe[m - 1] = field(key, lon, lat, year, m)


def chelsa(folder: Path) -> None:
    """A GeoTIFF a month, named by month before year; 0.1 K, no scale in the file."""
    cell = 1 / 120
    lon, lat = centres(cell)
    for year in YEARS:
        for month in range(1, 13):
            key = ("chelsa-2.1-monthly", "air_temperature")
            values = np.round((field(key, lon, lat, year, month) + 273.15) * 10)
            path = folder / f"CHELSA_tas_{month:02d}_{year}_V.2.1.tif"
            to_world = from_origin(WEST, NORTH, cell, cell)
            geotiff(path, values[None], to_world, "EPSG:4326", "uint16", None)


def cru(folder: Path) -> None:
    """A gzip of netCDF 3 for all years; latitude ascends; 'degrees Celsius'; stations beside it."""
    lon, lat = centres(0.5)
    lat = lat[::-1]
    path = folder / "cru_ts4.07.1901.2022.tmp.dat.nc"
    months = [(y, m) for y in YEARS for m in range(1, 13)]
    with new_dataset(path, "NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        axes(file, lon, lat, ("lon", "lat"), "f4")
        time = file.createVariable("time", "f4", ("time",))
        time.units, time.calendar = "days since 1900-1-1", "gregorian"
        for name in ("tmp", "stn"):
            stored = file.createVariable(
                name, "f4" if name == "tmp" else "i4", ("time", "lat", "lon")
            )
            stored.units = "degrees Celsius" if name == "tmp" else "1"
            for k, (y, m) in enumerate(months):
                stored[k] = (
                    field(("cru-ts-4", "air_temperature"), lon, lat, y, m) if name == "tmp" else 8
                )
        time[:] = [(date(y, m, 16) - date(1900, 1, 1)).days for y, m in months]
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    path.unlink()


def merra(folder: Path) -> None:
    """A file a month whose stream number changes; latitude ascends; minutes since its own month."""
    lon = WEST + 0.625 * np.arange(7)
    lat = SOUTH - 0.5 + 0.5 * np.arange(9)
    for year, month in [(y, m) for y in YEARS for m in range(1, 13)]:
        stream = 300 if year < 2009 else 400
        with new_dataset(folder / f"MERRA2_{stream}.tavgM_2d_lnd_Nx.{year}{month:02d}.nc4") as file:
            file.createDimension("time", 1)
            axes(file, lon, lat, ("lon", "lat"), "f8")
            time = file.createVariable("time", "i4", ("time",))
            time.units = f"minutes since {year}-{month:02d}-01 00:30:00"
            time[:] = [0]
            depth = file.createVariable("SNODP", "f4", ("time", "lat", "lon"), fill_value=1e15)
            depth.units, depth.missing_value = "m", np.float32(1e15)
            key = ("merra-2-monthly", "snow_depth")
            depth[0] = field(key, lon, lat, year, month) / 100


def che(folder: Path) -> None:
    """A text grid a day by day of the year; the lower left centre; -1 is missing."""
    columns, rows, cell = 20, 16, 0.25
    west, south = 99.75, 59.75  # centres
    lon = west + cell * np.arange(columns)
    lat = south + cell * np.arange(rows)[::-1]
    for year, month in WINTER:
        truth = field(("che-snow-depth-china", "snow_depth"), lon, lat, year, month)
        values = truth.copy()
        values[0, :] = -1
        for day in days_of(year, month):
            path = folder / str(year) / f"{day:%Y%j}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            body = "\n".join(" ".join(f"{v:.3f}" for v in row) for row in values)
            path.write_text(
                f"ncols {columns}\nnrows {rows}\nxllcenter {west}\nyllcenter {south}\n"
                f"cellsize {cell}\nNODATA_value -1\n{body}\n"
            )


def land_cover(folder: Path) -> None:
    """Classes in unsigned bytes, a file a year; name and version change in 2016."""
    cell = 1 / 360
    lon, lat = centres(cell)
    for name in (
        *(f"ESACCI-LC-L4-LCCS-Map-300m-P1Y-{year}-v2.0.7cds.nc" for year in YEARS),
        "C3S-LC-L4-LCCS-Map-300m-P1Y-2016-v2.1.1.nc",
    ):
        with new_dataset(folder / name) as file:
            file.createDimension("time", 1)
            axes(file, lon, lat, ("lon", "lat"), "f8")
            time = file.createVariable("time", "f8", ("time",))
            time.units = "days since 1970-01-01"
            year = int(name.partition("P1Y-")[2][:4])
            time[:] = [(date(year, 1, 1) - date(1970, 1, 1)).days]
            stored = file.createVariable("lccs_class", "u1", ("time", "lat", "lon"), zlib=True)
            stored.units = "1"
            stored.flag_values = np.array([0, 10, 70, 210], np.uint8)
            stored.flag_meanings = "no_data cropland_rainfed tree_needleleaved water"
            stored[0] = np.full((lat.size, lon.size), 70, np.uint8)


BUILDERS: Mapping[str, Callable[[Path], None]] = {
    "era5land": era5_land_new,
    "ndvi3g": gimms_ndvi3g,
    "pku": pku_gimms,
    "soilgrids": soilgrids,
    "snow_cci": snow_cci_swe,
    "globsnow": globsnow,
    "cmc": cmc,
    "permafrost_cci": permafrost_cci,
    "obu": obu,
    "vcf": vcf,
    "ncscd": ncscd,
    "terraclimate": terraclimate,
    "chelsa": chelsa,
    "cru": cru,
    "merra": merra,
    "che": che,
    "land_cover": land_cover,
}


def make_downloads(folder: Path, *names: str) -> Path:
    """A folder of downloads, a folder below it for each; all of them where none is named."""
    for name in names or BUILDERS:
        below = folder / name
        below.mkdir(parents=True, exist_ok=True)
        BUILDERS[name](below)
    return folder
