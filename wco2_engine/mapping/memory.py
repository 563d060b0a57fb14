"""How much memory a run may take, and how large its tiles may be for that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.errors import Wco2Error

# From the largest down. Each tile opens every file of its months anew, so large ones open fewer;
# beyond 256 there is little left to gain, and a cancelled run loses more.
TILE_SIZES = (256, 128, 64, 32)

# Bytes, measured rather than derived, and rounded up.
PROGRAM = 300_000_000  # Python, its libraries and a compiled kernel, before any data
THREAD = 120_000_000  # the largest window of pixels that is read at once, thrice in float64
CELL = 400  # coordinates, regions and places in rasters
CELL_PREDICTOR = 40  # a value as read, float64, and as the forest takes it, float32 and sorted
CELL_OUTPUT = 12  # a map's float32 and a winter's sum
MODEL_COPIES = 3  # as read, as checked and as walked

UNKNOWN = 4e9  # bytes free, where Python's own library can't say, as on Windows

CACHE_SHARE, LEAST_CACHE, MOST_CACHE = 8, 32_000_000, 512_000_000


@dataclass(frozen=True)
class Budget:
    """What a run does with the bytes that it may take."""

    total: float

    @property
    def cache(self) -> int:
        """Bytes for GDAL's blocks, which else take a twentieth of the machine's memory."""
        return int(min(MOST_CACHE, max(LEAST_CACHE, self.total / CACHE_SHARE)))

    def tile_size(self, outputs: int, predictors: int, jobs: int, model: int) -> int:
        """Cells along the side of a tile, so that `jobs` tiles at a time stay within the budget.

        Parameters
        ----------
        outputs : maps of the run, each of which a tile holds a layer of.
        model : bytes of the arrays that the forests are made of.

        Raises
        ------
        Wco2Error : when it does not suffice for the smallest tiles.
        """
        threads = max(1, jobs)
        fixed = PROGRAM + self.cache + MODEL_COPIES * model + threads * THREAD
        cell = CELL + predictors * CELL_PREDICTOR + outputs * CELL_OUTPUT
        for size in TILE_SIZES:
            needed = fixed + threads * size * size * cell
            if needed <= self.total:
                return size
        raise Wco2Error(
            f"A run of {outputs} maps, {predictors} predictors and {threads} jobs takes "
            f"{needed / 1e9:.2f} GB of memory at least, and {self.total / 1e9:.2f} GB are allowed.",
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
