"""A small study that was run, whose files the generators change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import netCDF4
import numpy as np
import rasterio
import rasterio.shutil
from rasterio.transform import from_origin

from wco2_engine.jobs.budget import BudgetJob
from wco2_engine.jobs.compare import CompareJob
from wco2_engine.jobs.run import RunJob
from wco2_engine.jobs.trend import TrendJob
from wco2_engine.progress import Silent

YEARS = (2000, 2001, 2002)
MAPPING = """flux_units = "g m-2 day-1"
[columns]
site = "Site"
longitude = "Lon"
latitude = "Lat"
year = "Year"
month = "Month"
flux = "Flux"
method = "Method"
source = "Source"
"""
CATALOGUE = """[[predictor]]
name = "air_temperature"
group = "climate"
path = "air_{year}.tif"
when = "monthly"
bands = "months"
units = "K"
to = "degC"
valid = [-90, 60]

[[predictor]]
name = "elevation"
group = "terrain"
path = "elevation.tif"
when = "static"
units = "m"
valid = [-500, 9000]
"""
STUDY = """title = "Small"
licence = "CC-BY-4.0"
simulated = true
catalogue = "catalogue.toml"
output = "results"

[observations]
file = "fluxes.csv"
flux_units = "g m-2 day-1"

[observations.columns]
site = "Site"
longitude = "Lon"
latitude = "Lat"
year = "Year"
month = "Month"
flux = "Flux"
method = "Method"
source = "Source"

[winter]
months = [12, 1, 2]

[[region]]
name = "arctic"
bbox = [100, 60, 120, 70]

[model]
trees = 4
validation = ["random", "site"]
members = 2

[zones]
path = "zones.tif"
names = { 1 = "continuous", 2 = "discontinuous" }

[map]
extent = [100.0, 60.0, 120.0, 70.0]
resolution = 2.0
years = "2001-2002"
domain = { path = "zones.tif", values = [1, 2] }
members = true
"""
PUBLICATION = """title = "Small"
licence = "CC-BY-4.0"
doi = "10.1234/abcd"
url = "https://example.org/data"
include = ["fluxes.csv"]
keywords = ["winter"]
[[creators]]
name = "Muster"
given = "Ada"
"""
REGION = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "arctic", "zone": "a"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[100, 60], [120, 60], [120, 70], [100, 70], [100, 60]]],
            },
        }
    ],
}


@dataclass(frozen=True)
class Base:
    """The folder of the study; `rasters` are the same elevations in several formats."""

    folder: Path
    rasters: tuple[Path, ...]

    @property
    def model(self) -> Path:
        return self.folder / "results" / "model.wco2"


def _tif(path: Path, bands: Any, **options: Any) -> None:
    bands = np.asarray(bands)
    profile = {
        "driver": "GTiff",
        "count": len(bands),
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        "crs": "EPSG:4326",
        "transform": from_origin(98, 72, 1, 1),
        **options,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)


def make_base(folder: Path) -> Base:
    """Write the study into a folder and run it: some seconds."""
    rng = np.random.default_rng(0)
    elevation = rng.uniform(0, 500, (1, 14, 24)).astype("f4")
    _tif(folder / "elevation.tif", elevation)
    _tif(folder / "zones.tif", rng.integers(1, 3, (1, 14, 24)).astype("u1"))
    for year in range(YEARS[0] - 1, YEARS[-1] + 1):
        _tif(folder / f"air_{year}.tif", rng.uniform(230, 280, (12, 14, 24)).astype("f4"))
    lines = ["Site,Lon,Lat,Year,Month,Flux,Method,Source"]
    for site in range(12):
        lon, lat = rng.uniform(101, 119), rng.uniform(61, 69)
        for year in YEARS[:2]:
            for month in (12, 1, 2):
                flux = rng.gamma(2, 0.2)
                lines.append(f"S{site},{lon:.4f},{lat:.4f},{year},{month},{flux:.4f},chamber,a")
    texts = {
        "fluxes.csv": "\n".join(lines) + "\n",
        "mapping.toml": MAPPING,
        "catalogue.toml": CATALOGUE,
        "study.toml": STUDY,
        "publication.toml": PUBLICATION,
        "region.geojson": json.dumps(REGION),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    RunJob(str(folder / "study.toml")).run(Silent())
    _analyse(folder)
    return Base(folder, _formats(folder, elevation[0]))


def _analyse(folder: Path) -> None:
    """What is made of maps: totals, trends of ten winters, and the difference of two products."""
    home, maps = folder / "analyses", folder / "results" / "maps"
    home.mkdir()
    BudgetJob(str(maps), str(home / "budget.csv")).run(Silent())
    CompareJob(str(maps), str(maps), str(home / "compare.html")).run(Silent())
    values = np.random.default_rng(1).uniform(10, 90, (10, 1, 5, 10)).astype("f4")
    with TemporaryDirectory() as name:
        for year, plane in enumerate(values, 2001):
            grid = {"transform": from_origin(100, 70, 2, 2), "nodata": -9999}
            _tif(Path(name) / f"winter_flux_{year}.tif", plane, **grid)
        TrendJob(name, str(home / "trend.tif"), units="g C m-2").run(Silent())


def _formats(folder: Path, values: Any) -> tuple[Path, ...]:
    """The same values in what rasters come in."""
    home = folder / "formats"
    home.mkdir()
    made = [home / "tiled.tif", home / "virtual.vrt"]
    _tif(made[0], values[None], tiled=True, blockxsize=16, blockysize=16, compress="deflate")
    made[1].write_text(
        '<VRTDataset rasterXSize="24" rasterYSize="14"><SRS>EPSG:4326</SRS><GeoTransform>98, 1, 0, '
        '72, 0, -1</GeoTransform><VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="1">tiled.tif</SourceFilename><SourceBand>1</SourceBand>'
        '<SrcRect xOff="0" yOff="0" xSize="24" ySize="14"/><DstRect xOff="0" yOff="0" xSize="24" '
        'ySize="14"/></SimpleSource></VRTRasterBand></VRTDataset>'
    )
    for driver, name in (
        *(("AAIGrid", "a.asc"), ("HFA", "a.img"), ("EHdr", "a.bil"), ("ENVI", "a.dat")),
        *(("netCDF", "a.nc"), ("GRIB", "a.grb2"), ("SAGA", "a.sdat")),
    ):
        with rasterio.Env() as env:
            if env.drivers().get(driver, "").find("w") >= 0:
                rasterio.shutil.copy(made[0], home / name, driver=driver)
                made.append(home / name)
    for form in ("NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4"):
        made.append(home / f"{form.lower()}.nc")
        _months(made[-1], form)
    made.append(home / "groups.h5")
    with h5py.File(made[-1], "w") as file:
        file.create_dataset("a/b/t", data=values, chunks=(4, 4), compression="gzip")
        file["a/names"] = ["one", "two"]
    return tuple(made)


def _months(path: Path, form: str) -> None:
    """A download as a climate centre writes it: a year of months, packed."""
    kinds = {"zlib": True} if form == "NETCDF4" else {}
    with netCDF4.Dataset(path, "w", format=form) as file:
        for name, length in (("time", None), ("latitude", 14), ("longitude", 24)):
            file.createDimension(name, length)
        axes = {"time": "days since 2000-01-01", "latitude": "degrees_north"}
        for name, units in {**axes, "longitude": "degrees_east"}.items():
            file.createVariable(name, "f8", (name,)).units = units
        file["time"][:] = np.arange(12) * 30.5 + 15
        file["latitude"][:] = np.arange(71.5, 57.5, -1)
        file["longitude"][:] = np.arange(98.5, 122.5)
        stored = file.createVariable("t2m", "i2", ("time", "latitude", "longitude"), **kinds)
        stored.setncatts({"units": "K", "scale_factor": 0.01, "add_offset": 250.0})
        stored[:] = np.random.default_rng(2).uniform(230, 280, (12, 14, 24))
