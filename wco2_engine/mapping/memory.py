"""How much memory a run may take, and how large its tiles may be for that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.rasters import OPEN_BYTES

# From the largest down. Each tile reads every file of its months, so large ones read in fewer
# pieces; beyond 256 there is little left to gain, and a cancelled run loses more.
TILE_SIZES = (256, 128, 64, 32)
# Rows that are predicted at once, from the most down; see `blocks.STACK_ROWS`.
STACKS = (65_536, 16_384, 4_096, 1_024)

# Bytes, measured rather than derived, and rounded up.
PROGRAM = 300_000_000  # Python, its libraries and a compiled kernel, before any data
THREAD = 120_000_000  # the largest window of pixels that is read at once, thrice in float64
CELL = 400  # coordinates, regions and places in rasters
CELL_LAYER = 4  # a value of a map
ROW_MONTH = 4  # a value of a predictor, kept for each month of a winter
ROW_PREDICTOR = 24  # the same as the forest takes it, in two orders, and what is missing
ROW_FLUX = 32  # an estimate, a bound or a member: as predicted, spread over the cells, and summed
MODEL_COPIES = 3  # as read, as checked and as walked

# For GDAL's blocks, which else take a twentieth of the machine. Tiles ask for all files in turn, so
# that more would keep nothing that is asked for again.
CACHE = 64_000_000

UNKNOWN = 4e9  # bytes free, where Python's own library can't say, as on Windows


@dataclass(frozen=True)
class Load:
    """What makes a run large.

    Attributes
    ----------
    layers : bands of all maps of the run, each of which a tile holds.
    fluxes : what is predicted for a row: the estimate, its bounds, and the members.
    months : of a winter.
    model : bytes of the arrays that the forests are made of.
    """

    layers: int
    fluxes: int
    predictors: int
    months: int
    model: int


class Room(NamedTuple):
    """Cells along the side of a tile, and rows that are predicted at once."""

    tile_size: int
    stack: int


@dataclass(frozen=True)
class MemoryBudget:
    """What a run does with the bytes that it may take."""

    total: float

    def room(self, load: Load, jobs: int) -> Room:
        """The largest tiles, and for them most rows at once, with which `jobs` stay within it.

        Raises
        ------
        Wco2Error : when it does not suffice for the smallest tiles.
        """
        threads = max(1, jobs)
        fixed = PROGRAM + CACHE + OPEN_BYTES + MODEL_COPIES * load.model + threads * THREAD
        row = load.predictors * (load.months * ROW_MONTH + ROW_PREDICTOR) + load.fluxes * ROW_FLUX
        for size in TILE_SIZES:
            for stack in STACKS:
                cells = size * size
                needed = fixed + threads * (
                    cells * (CELL + load.layers * CELL_LAYER) + max(cells, stack) * row
                )
                if needed <= self.total:
                    return Room(size, stack)
        raise Wco2Error(
            f"A run of {load.layers} bands of maps, {load.predictors} predictors and {threads} "
            f"jobs takes {needed / 1e9:.2f} GB of memory at least, and {self.total / 1e9:.2f} GB "
            "are allowed.",
            "Allow more memory, or ask for fewer jobs or years at a time.",
        )


def free_memory() -> float:
    """Bytes that programs can have now without others losing theirs.

    Where the system does not say: half of what the machine has, or `UNKNOWN`.
    """
    facts = Path("/proc/meminfo")
    if facts.is_file():
        for line in facts.read_text(encoding="ascii").splitlines():
            name, _, amount = line.partition(":")
            if name == "MemAvailable":
                return float(amount.split()[0]) * 1024
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2
    return UNKNOWN
