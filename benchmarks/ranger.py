"""The whole way from rasters to a winter's map: against R's terra::predict with ranger.

`python benchmarks/ranger.py [--inputs FOLDER] [--months N]` takes inputs that
`benchmarks/inputs.py` made, or makes them. Needs R with terra and ranger (Debian: r-cran-terra,
r-cran-ranger), and says so where they are missing. The forests are not the same, only grown alike
from the same rows: the fluxes are compared by their mean and correlation.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from inputs import FIRST_WINTER, WINTER, make
from pipeline import EXTENTS, Run, extent, measured, ours, say

from wco2_engine.learning.model import Model

HERE = Path(__file__).parent
THREADS = 2
WHOLE = len(WINTER.months)
ABOUT = 'cat(R.version$major, ".", R.version$minor, sep = ""); for (p in c("terra", "ranger"))'
ABOUT += ' cat(",", p, format(packageVersion(p)))'


def versions() -> str | None:
    """R and its two packages, or None where one is missing."""
    if shutil.which("Rscript") is None:
        return None
    asked = subprocess.run(["Rscript", "-e", ABOUT], capture_output=True, text=True)
    return f"R {asked.stdout}" if asked.returncode == 0 else None


def write_training(folder: Path) -> None:
    """The rows that the model in the folder was trained on, as a table for R."""
    model = Model.read(folder / "model.wco2")
    part = model.regions[0]
    with (folder / "training.csv").open("w", newline="") as target:
        rows = csv.writer(target)
        rows.writerow([predictor.name for predictor in model.predictors] + ["flux"])
        for features, flux in zip(part.features.tolist(), part.target.tolist(), strict=True):
            rows.writerow([*features, flux])


def alike(mine: Path, theirs: Path) -> str:
    """How the two maps agree, over the cells that both have."""
    with rasterio.open(mine) as a, rasterio.open(theirs) as b:
        ours, other = a.read(1, masked=True), b.read(1, masked=True)
    both = ~np.ma.getmaskarray(ours) & ~np.ma.getmaskarray(other) & np.isfinite(other.data)
    if not both.any():
        raise SystemExit("the two maps have no cell in common")
    x, y = ours.data[both].astype(float), other.data[both].astype(float)
    return (
        f"{both.sum():,} cells of both, means {x.mean():.2f} and {y.mean():.2f}, "
        f"correlation {np.corrcoef(x, y)[0, 1]:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, help="folder from benchmarks/inputs.py")
    parser.add_argument(
        "--months", type=int, default=len(WINTER.months), help="how many R predicts"
    )
    options = parser.parse_args()
    about = versions()
    if about is None:
        say("\nR with terra and ranger is not installed, and not measured.\n")
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = options.inputs or scratch / "inputs"
        if options.inputs is None:
            make(folder, 1)
        write_training(folder)
        call = ["Rscript", str(HERE / "ranger.R"), str(folder), str(FIRST_WINTER)]
        call += [str(options.months), str(THREADS), str(scratch / "ranger.tif")]
        theirs = measured(call)
        domain = ["--domain", str(folder / "domain.tif"), "--jobs", str(THREADS)]
        mine = measured(ours(folder, 1, scratch / "ours", *extent(*EXTENTS[-1]), *domain))
        table(about, options.months, theirs, mine)
        if options.months == WHOLE:
            winter = f"winter_flux_{FIRST_WINTER}.tif"
            say(f"\n{alike(scratch / 'ours' / 'winter_flux' / winter, scratch / 'ranger.tif')}\n")


def table(about: str, months: int, theirs: Run, mine: Run) -> None:
    seconds = theirs.seconds - theirs.working + theirs.working / months * WHOLE
    note = "" if months == WHOLE else f", the rasters of {months} of {WHOLE} months, extrapolated"
    say(
        f"\n| one winter, {THREADS} threads | seconds | peak MB | ratio of seconds |\n"
        "|---|---|---|---|\n"
        f"| {about}{note} | {seconds:.0f} | {theirs.megabytes:.0f} | |\n"
        f"| ours | {mine.seconds:.0f} | {mine.megabytes:.0f} | {seconds / mine.seconds:.1f} |\n"
    )


if __name__ == "__main__":
    main()
