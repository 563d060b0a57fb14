"""From downloads to maps at full size: what preparing and predicting take together.

`python benchmarks/whole_product.py FOLDER [--winters N] [--products]` makes, where FOLDER has none,
12 monthly variables as reanalyses are downloaded (netCDF of the whole globe at 0.1 degree, a file a
year, one compressed chunk a month) beside the static rasters, the model of 500 trees and the domain
of 400,000 cells of `benchmarks/inputs.py`. It maps N winters once with an empty predictor stack and
once with the stack there, and scales both to 41 winters: fixed costs once, the rest by the winter.
`--products` adds interval, applicability and members.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import inputs
import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import Grid
from wco2_engine.season import Month

WINTERS = 41
GLOBE = Grid.from_extent((-180.0, -90.0, 180.0, 90.0), 0.1)
VARIABLE = "t2m"


def download(path: Path, year: int, mean: NDArray[np.float64], season: NDArray[np.float64]) -> None:
    """A year of one variable, laid out as the Climate Data Store sends it."""
    import netCDF4

    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(year)
    west, north = inputs.EXTENT[0], inputs.EXTENT[3]
    top, left = round((90.0 - north) * 10), round((west + 180.0) * 10)
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("valid_time", 12)
        for name, values in (
            ("latitude", 89.95 - 0.1 * np.arange(GLOBE.height)),
            ("longitude", -179.95 + 0.1 * np.arange(GLOBE.width)),
        ):
            file.createDimension(name, len(values))
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = np.round(values, 2)
            axis.units = "degrees_north" if name == "latitude" else "degrees_east"
            axis.standard_name = name
        when = file.createVariable("valid_time", "i8", ("valid_time",))
        when.units, when.calendar = "seconds since 1970-01-01", "proleptic_gregorian"
        when.standard_name = "time"
        months = [np.datetime64(f"{year}-{month:02d}", "s") for month in range(1, 13)]
        when[:] = [int(month.astype("datetime64[s]").astype(int)) for month in months]
        shape = (1, GLOBE.height, GLOBE.width)
        values = file.createVariable(
            VARIABLE,
            "f4",
            ("valid_time", "latitude", "longitude"),
            zlib=True,
            complevel=1,
            shuffle=True,
            chunksizes=shape,
            fill_value=np.float32("nan"),
        )
        values.units = "1"
        for number in range(12):
            # Two thirds of the rest are missing, as the sea is; the other is noise.
            plane = rng.normal(0.0, 1.0, shape[1:]).astype(np.float32)
            plane[:, : 2 * GLOBE.width // 3] = np.nan
            field = inputs.monthly_field(mean, season, Month(year, number + 1))
            plane[top : top + field.shape[0], left : left + field.shape[1]] = field
            values[number] = np.round(plane, 3)


def make(folder: Path, winters: int) -> None:
    """The inputs of `benchmarks/inputs.py`, their monthly ones as downloads."""
    inputs.make(folder, 1)
    rng = np.random.default_rng(1)
    grid = Grid.from_extent(inputs.EXTENT, 0.1)
    lines = [
        f'[[predictor]]\nname = "static_{k}"\npath = "static_{k}.tif"\n'
        for k in range(inputs.STATIC)
    ]
    for k in range(inputs.MONTHLY):
        shutil.rmtree(folder / f"monthly_{k}")
        mean, season = inputs.smooth(rng, grid.shape), inputs.smooth(rng, grid.shape)
        for year in range(inputs.FIRST_WINTER - 1, inputs.FIRST_WINTER + winters):
            download(folder / f"monthly_{k}/era_{year}.nc", year, mean, season)
        lines.append(
            f'[[predictor]]\nname = "monthly_{k}"\nwhen = "monthly"\n'
            f'path = "monthly_{k}/era_{{year}}.nc"\nvariable = "{VARIABLE}"\ncrs = "EPSG:4326"\n'
        )
    (folder / "catalogue.toml").write_text("\n".join(lines), encoding="utf-8")


def measured(command: list[str]) -> tuple[float, float, float, dict[str, float]]:
    """Seconds by the clock, processor seconds, peak MB of all processes, seconds by message."""
    start = last = time.monotonic()
    phases: dict[str, float] = {}
    phase = "Start"
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            now = time.monotonic()
            phases[phase] = phases.get(phase, 0.0) + now - last
            last = now
            if event["event"] == "progress" and event["message"]:
                phase = event["message"].split()[0]
            if event["event"] == "error":
                raise SystemExit(f"{event['message']} {event['hint']}")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    seconds = time.monotonic() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, phases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--winters", type=int, default=4)
    parser.add_argument("--products", action="store_true")
    options = parser.parse_args()
    folder: Path = options.folder
    if not (folder / "model.wco2").is_file():
        start = time.monotonic()
        make(folder, options.winters)
        sys.stdout.write(f"Made the inputs in {time.monotonic() - start:.0f} s.\n")
    size = sum(path.stat().st_size for path in folder.glob("monthly_*/*.nc")) / 1e9
    sys.stdout.write(f"{size:.1f} GB of netCDF; load {os.getloadavg()[0]:.1f}\n\n")
    sys.stdout.write("| winters | stack | seconds | processor | peak MB | phases |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    stack = folder / "stack"
    taken: dict[tuple[int, bool], float] = {}
    more = ["--interval", "0.9", "--applicability", "--members"] if options.products else []
    for winters in (1, options.winters):
        shutil.rmtree(stack, ignore_errors=True)
        for there in (False, True):
            output = folder / "maps"
            shutil.rmtree(output, ignore_errors=True)
            years = f"{inputs.FIRST_WINTER}-{inputs.FIRST_WINTER + winters - 1}"
            call = [sys.executable, "-m", "wco2_engine", "--json", "predict"]
            call += [str(folder / "model.wco2"), str(folder / "catalogue.toml"), "-o", str(output)]
            call += ["--years", years, "--domain", str(folder / "domain.tif")]
            call += ["--extent", *(f"{side:.1f}" for side in inputs.EXTENT)]
            call += ["--stack", str(stack), "--jobs", "2", *more]
            seconds, processor, peak, phases = measured(call)
            taken[winters, there] = seconds
            told = ", ".join(f"{name} {value:.0f}" for name, value in phases.items() if value > 1)
            sys.stdout.write(
                f"| {winters} | {'there' if there else 'to be made'} | {seconds:.0f} "
                f"| {processor:.0f} | {peak:.0f} | {told} |\n"
            )
            sys.stdout.flush()
    size = sum(path.stat().st_size for path in stack.rglob("*.tif")) / 1e9
    sys.stdout.write(f"\nThe stack of {options.winters} winters takes {size:.1f} GB.\n")
    for there in (False, True):
        few, many = taken[1, there], taken[options.winters, there]
        each = (many - few) / (options.winters - 1)
        whole = (few + each * (WINTERS - 1)) / 60
        sys.stdout.write(
            f"Scaled to {WINTERS} winters, stack {'there' if there else 'to be made'}: "
            f"{whole:.1f} minutes ({each:.1f} s a winter).\n"
        )


if __name__ == "__main__":
    main()
