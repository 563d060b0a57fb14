"""Predictions killed at random instants and run again: how many end with the pixels of a whole one.

`python benchmarks/kills.py [--kills N] [--seed S]` makes a simulated study with its model, predicts
it once undisturbed, and then N times with a SIGKILL on the way. Leaves 1 unless all are the same.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rasterio

from wco2_engine.jobs import NewJob, RunJob
from wco2_engine.progress import Silent

WCO2 = [sys.executable, "-m", "wco2_engine", "--json"]


def command(study: Path, output: Path) -> list[str]:
    """A prediction of some seconds, a good part of them for tiles and a good part for maps."""
    model, catalogue = study / "results" / "model.wco2", study / "catalogue.toml"
    options = f"predict {model} {catalogue} --years 2001-2002 --monthly --jobs 2".split()
    return [*WCO2, *options, "--resolution", "0.5", "-o", str(output)]


def pixels(folder: Path) -> dict[str, bytes]:
    """The raw pixels of every map in a folder."""
    found = {}
    for path in sorted(folder.rglob("*.tif")):
        with rasterio.open(path) as source:
            found[path.relative_to(folder).as_posix()] = source.read().tobytes()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    say = sys.stdout.write
    chance = random.Random(options.seed)

    with tempfile.TemporaryDirectory() as name:
        study = Path(name) / "study"
        NewJob(str(study), 0).run(Silent())
        RunJob(str(study / "study.toml")).run(Silent())
        start = time.monotonic()
        subprocess.run(command(study, study / "whole"), check=True, capture_output=True)
        whole, took = pixels(study / "whole"), time.monotonic() - start
        say(f"{len(whole)} maps in {took:.1f} s, undisturbed\n")
        identical = 0
        for number in range(options.kills):
            output = study / f"killed-{number}"
            instant = chance.uniform(0.0, took)
            run = subprocess.Popen(command(study, output), stdout=subprocess.DEVNULL)
            try:
                run.wait(instant)
                state = "done before"
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                tiles = len(list(output.glob(".parts-*/*-*.json")))
                maps = len(list(output.glob(".parts-*/maps/*/*.tif")))
                state = f"killed with {tiles} tiles and {maps} maps finished"
            subprocess.run(command(study, output), check=True, capture_output=True)
            same = pixels(output) == whole and not list(output.glob(".*"))
            identical += same
            say(f"{instant:6.2f} s: {state}; {'identical' if same else 'DIFFERENT'}\n")
        say(f"{identical} of {options.kills} identical\n")
    sys.exit(identical != options.kills)


if __name__ == "__main__":
    main()
