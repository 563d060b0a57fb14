"""Totals and trends of maps as large as the whole product: seconds and peak memory.

`python benchmarks/findings.py [--winters N] [--members N]` makes maps of 3600 x 566 cells up, 22 %
of which have a value, and prints a table for docs/findings.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

ROWS, COLUMNS, FIRST_WINTER, SHARE = 566, 3600, 1982, 0.22
PROFILE = {
    **{"driver": "GTiff", "width": COLUMNS, "height": ROWS, "dtype": "float32", "nodata": -9999.0},
    **{"crs": "EPSG:4326", "transform": rasterio.Affine(0.1, 0, -180, 0, -0.1, 83.7)},
    **{"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "zlevel": 1},
}


def make(folder: Path, winters: int, members: int) -> None:
    """Maps with smooth patterns, trends and years, and with `members` bands beside them."""
    rng = np.random.default_rng(0)

    def smooth(size: float) -> NDArray[np.float64]:
        field = gaussian_filter(rng.normal(size=(ROWS, COLUMNS)), size, mode=("nearest", "wrap"))
        return np.asarray(field / field.std())

    land, trend, patterns = smooth(30), 0.2 * smooth(40), [smooth(20) for _ in range(8)]
    valid = land > np.quantile(land, 1 - SHARE)
    names = []
    for year in range(FIRST_WINTER, FIRST_WINTER + winters):
        flux = 60 + 25 * land + trend * (year - FIRST_WINTER) + 8 * patterns[year % 7]
        flux += rng.normal(size=flux.shape)
        layers = {"winter_flux": [flux]}
        if members:
            layers["winter_flux_members"] = [flux + k * patterns[-1] for k in range(members)]
        for quantity, bands in layers.items():
            path = folder / quantity / f"{quantity}_{year}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.open(path, "w", count=len(bands), **PROFILE) as target:
                for number, band in enumerate(bands, 1):
                    target.write(np.where(valid, band, -9999).astype(np.float32), number)
                target.units = ("g C m-2 winter-1",) * len(bands)
            names.append(path.relative_to(folder).as_posix())
    record = {"model": "", "simulated": True, "maps": names}
    (folder / "prediction.json").write_text(json.dumps(record), encoding="utf-8")


def measure(*arguments: object) -> str:
    """Seconds by the clock, seconds of processor time, and peak memory of a command."""
    start = time.monotonic()
    command = [sys.executable, "-m", "wco2_engine", *map(str, arguments), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed.")
    seconds = time.monotonic() - start
    used = usage.ru_utime + usage.ru_stime
    return f"{seconds:6.1f} s | {used:6.1f} s | {usage.ru_maxrss / 1e6:.2f} GB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--winters", type=int, default=41)
    parser.add_argument("--members", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder / "maps", asked.winters, asked.members)
        sys.stdout.write("| | by the clock | processor | peak memory |\n|---|---|---|---|\n")
        for verb, output in (("budget", "budget.csv"), ("trend", "trend.tif")):
            found = measure(verb, folder / "maps", "-o", folder / output)
            sys.stdout.write(f"| {verb} | {found} |\n")


if __name__ == "__main__":
    main()
