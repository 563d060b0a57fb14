"""What it costs to prepare downloads of different layouts, beside two other ways to do it.

`python benchmarks/layouts.py FOLDER [--months 12] [--only planes,grib]` makes one variable at 0.1
degree (3600 x 1801, as the Climate Data Store sends it) in each layout, and turns it into tiled
GeoTIFFs of the north: with `prepare`, with xarray and rasterio as a user would write it, and with
gdal_translate. Each is a process of its own with one job; the table tells MB of stored numbers a
second of wall clock, processor seconds and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 3600, 1801
NORTH = 640  # rows down to 26 N
FIRST = 2001
EXTENT = (-180.0, 27.0, 180.0, 84.0)


def plane(month: int) -> NDArray[np.float32]:
    """A smooth field with noise in its last digits, in K."""
    latitude = np.linspace(90, -90, HEIGHT)[:, None]
    longitude = np.arange(WIDTH)[None, :] * 0.1
    smooth = 250 + 40 * np.cos(np.radians(latitude)) + 5 * np.sin(np.radians(longitude * 3 + month))
    noise = np.random.default_rng(month).integers(0, 64, (HEIGHT, WIDTH)) / 64
    return np.asarray(smooth + noise, np.float32)


def netcdf(path: Path, months: range, chunk: tuple[int, int, int]) -> None:
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        for name, values, units in (
            ("valid_time", np.array([_seconds(m) for m in months]), _SINCE),
            ("latitude", np.linspace(90, -90, HEIGHT), "degrees_north"),
            ("longitude", np.arange(WIDTH) * 0.1, "degrees_east"),
        ):
            file.createDimension(name, len(values))
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = values
            axis.units = units
        stored = file.createVariable(
            "t2m",
            "f4",
            ("valid_time", "latitude", "longitude"),
            zlib=True,
            complevel=1,
            shuffle=True,
            chunksizes=(min(chunk[0], len(months)), *chunk[1:]),
        )
        stored.units = "K"
        if chunk[0] == 1:
            for k, month in enumerate(months):
                stored[k] = plane(month)
        else:
            whole = np.stack([plane(month) for month in months])
            for row in range(0, HEIGHT, chunk[1]):
                stored[:, row : row + chunk[1]] = whole[:, row : row + chunk[1]]


_SINCE = "seconds since 1970-01-01"


def _seconds(month: int) -> float:
    date = np.datetime64(f"{FIRST}-01", "M") + month
    return float(date.astype("datetime64[s]").astype(np.int64))


def geotiff(path: Path, months: range, tiled: bool) -> None:
    import rasterio

    size = {"blockxsize": 256, "blockysize": 256} if tiled else {}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=WIDTH,
        height=HEIGHT,
        count=len(months),
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(0.1, 0, -0.05, 0, -0.1, 90.05),
        compress="deflate",
        zlevel=1,
        tiled=tiled,
        interleave="band",
        **size,
    ) as file:
        for k, month in enumerate(months, start=1):
            file.write(plane(month), k)
            file.set_band_description(k, f"t2m_{FIRST + month // 12}_{month % 12 + 1}")


def grib(path: Path, months: range) -> None:
    from wco2_engine.inputs.grib import eccodes as library

    eccodes = library()
    with path.open("wb") as out:
        for month in months:
            handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib1")
            for key, value in {
                "Ni": WIDTH,
                "Nj": HEIGHT,
                "latitudeOfFirstGridPointInDegrees": 90.0,
                "latitudeOfLastGridPointInDegrees": -90.0,
                "longitudeOfFirstGridPointInDegrees": 0.0,
                "longitudeOfLastGridPointInDegrees": 359.9,
                "iDirectionIncrementInDegrees": 0.1,
                "jDirectionIncrementInDegrees": 0.1,
                "indicatorOfParameter": 167,
                "table2Version": 128,
                "dataDate": (FIRST + month // 12) * 10000 + (month % 12 + 1) * 100 + 1,
                "bitsPerValue": 16,
            }.items():
                eccodes.codes_set(handle, key, value)
            eccodes.codes_set_values(handle, plane(month).ravel().astype(float))
            eccodes.codes_write(handle, out)
            eccodes.codes_release(handle)


def zarr(path: Path, months: range) -> None:
    import xarray

    axes = {
        "time": np.array([np.datetime64(f"{FIRST}-01", "M") + m for m in months], "datetime64[ns]"),
        "latitude": np.linspace(90, -90, HEIGHT),
        "longitude": np.arange(WIDTH) * 0.1,
    }
    data = np.stack([plane(month) for month in months])
    dataset = xarray.Dataset({"t2m": (tuple(axes), data, {"units": "K"})}, axes)
    dataset.to_zarr(path, encoding={"t2m": {"chunks": (1, 600, 600)}})


def by_year(write: Callable[[Path, range], None], name: str) -> Callable[[Path, int], None]:
    """A file a year."""

    def written(folder: Path, months: int) -> None:
        for first in range(0, months, 12):
            write(folder / name.format(year=FIRST + first // 12), range(first, first + 12))

    return written


# By layout: how it is written, and its path in a catalogue.
LAYOUTS: dict[str, tuple[Callable[[Path, int], None], str]] = {
    "planes": (
        by_year(lambda p, m: netcdf(p, m, (1, HEIGHT, WIDTH)), "t_{year}.nc"),
        "t_{year}.nc",
    ),
    "one file": (
        lambda folder, n: netcdf(folder / "t.nc", range(n), (1, HEIGHT, WIDTH)),
        "t.nc",
    ),
    "along time": (lambda folder, n: netcdf(folder / "t.nc", range(n), (10**6, 50, 50)), "t.nc"),
    "small chunks": (lambda folder, n: netcdf(folder / "t.nc", range(n), (1, 200, 400)), "t.nc"),
    "grib": (by_year(grib, "t_{year}.grib"), "t_{year}.grib"),
    "strips": (by_year(lambda p, m: geotiff(p, m, False), "t_{year}.tif"), "t_{year}.tif"),
    "tiles": (by_year(lambda p, m: geotiff(p, m, True), "t_{year}.tif"), "t_{year}.tif"),
    "zarr": (lambda folder, n: zarr(folder / "t.zarr", range(n)), "t.zarr"),
}


def prepare_way(folder: Path, layout: str, months: int, out: Path) -> None:
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.season import Month
    from wco2_engine.stack.extent import Extent
    from wco2_engine.stack.prepare import prepare

    path = LAYOUTS[layout][1]
    table = {"name": "t2m", "path": path, "when": "monthly", "units": "K", "to": "degC"}
    if layout not in ("strips", "tiles"):
        table["variable"] = "2t" if layout == "grib" else "t2m"
    catalogue = Catalogue.from_tables([table], folder)
    wanted = [Month(FIRST, 1).shift(k) for k in range(months)]
    done = prepare(catalogue, wanted, [Extent(EXTENT)], out)
    assert len(done.made) == months // 12, done


def xarray_way(folder: Path, layout: str, months: int, out: Path) -> None:
    """What a user writes: open, select, write month by month."""
    import rasterio

    from wco2_engine.inputs.grib import xarray as library

    xarray = library()  # a user's own import of cfgrib would keep rasterio from knowing any CRS
    names = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    for path in names:
        if layout in ("strips", "tiles"):
            with rasterio.open(path) as source:
                array = source.read()[:, :NORTH]
        else:
            engine = {"grib": "cfgrib", "zarr": "zarr"}.get(layout, "netcdf4")
            more = {"backend_kwargs": {"indexpath": ""}} if layout == "grib" else {}
            dataset = xarray.open_dataset(path, engine=engine, **more)
            array = dataset["t2m"].isel(latitude=slice(0, NORTH))
        for k in range(array.shape[0]):
            values = np.asarray(array[k]) - np.float32(273.15)
            profile = {
                "driver": "GTiff",
                "width": values.shape[1],
                "height": values.shape[0],
                "count": 1,
                "dtype": "float32",
                "crs": "EPSG:4326",
                "transform": rasterio.Affine(0.1, 0, -0.05, 0, -0.1, 90.05),
                "tiled": True,
                "compress": "zstd",
                "zstd_level": 1,
                "predictor": 3,
            }
            with rasterio.open(out / f"{path.stem}_{k}.tif", "w", **profile) as target:
                target.write(values.astype(np.float32), 1)


def gdal_way(folder: Path, layout: str, months: int, out: Path) -> None:
    """gdal_translate, a call a file; it neither reads dates nor turns K into degC."""
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        if path.suffix == ".nc":
            name = f'NETCDF:"{path}":t2m'
        elif path.suffix == ".zarr":
            name = f'ZARR:"{path}":/t2m'
        else:
            name = str(path)
        options = ["-q", "-co", "TILED=YES", "-co", "COMPRESS=ZSTD", "-co", "ZSTD_LEVEL=1"]
        options += ["-co", "PREDICTOR=3", "-co", "INTERLEAVE=BAND", "-ot", "Float32"]
        window = ["-srcwin", "0", "0", str(WIDTH), str(NORTH)]
        command = ["gdal_translate", *options, *window, name, str(out / f"{path.stem}.tif")]
        subprocess.run(command, check=True)


WAYS = {"prepare": prepare_way, "xarray": xarray_way, "gdal_translate": gdal_way}


def measure(way: str, folder: Path, layout: str, months: int) -> dict[str, float | str]:
    """One way on one layout, in a process of its own."""
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    command = [sys.executable, __file__, str(folder), "--way", way, "--layout", layout]
    command += ["--months", str(months), "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = months * WIDTH * HEIGHT * 4 / 1e6
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"layout": layout, "way": way, "failed": lines[-1][:60] if lines else "failed"}
    told = json.loads(done.stdout.strip().splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "layout": layout,
        "way": way,
        "MB/s": round(size / wall, 1),
        "wall s": round(wall, 1),
        "processor s": round(cpu, 1),
        "peak MB": round(told["peak"] / 1e3),
        "out MB": round(sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--months", type=int, default=12, help="A multiple of 12.")
    parser.add_argument("--only", default="")
    parser.add_argument("--way")
    parser.add_argument("--layout", default="")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.way:
        WAYS[given.way](given.folder, given.layout, given.months, given.out)
        # ru_maxrss would count what this process was before it became another program.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        own = int(status.partition("VmHWM:")[2].split()[0])
        children = 0
        if given.way == "gdal_translate":
            children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        sys.stdout.write(json.dumps({"peak": max(own, children)}) + "\n")
        return
    os.environ.setdefault("CPL_LOG", os.devnull)
    wanted = [name for name in LAYOUTS if not given.only or name in given.only.split(",")]
    keys = ("MB/s", "wall s", "processor s", "peak MB", "out MB")
    sys.stdout.write(f"| layout | way | {' | '.join(keys)} |\n|---|---|{'---|' * len(keys)}\n")
    for layout in wanted:
        source = given.folder / layout.replace(" ", "_")
        if not source.is_dir():
            source.mkdir(parents=True)
            LAYOUTS[layout][0](source, given.months)
        for way in WAYS:
            row = measure(way, source, layout, given.months)
            shown = [str(row.get(key, "")) for key in keys]
            if "failed" in row:
                shown[0] = "could not read it"
            sys.stdout.write(f"| {layout} | {way} | {' | '.join(shown)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
