"""Tiles shrink with the memory that a run may take, and too little is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.mapping.memory import Load, MemoryBudget, free_memory

# 7 winters of 7 months, each month written: 56 bands of 25 predictors. A cell takes
# 400 + 56 x 4 = 624 bytes, a row 25 x (7 x 4 + 24) + 32 = 1332.
PLAIN = Load(layers=56, fluxes=1, predictors=25, months=7, model=50_000_000)  # 150 MB in memory
# The same with bounds, 20 members and applicability, without months: 7 x (3 + 20 + 3) = 182 bands.
# A cell takes 1128 bytes, a row 2036.
FULL = Load(layers=182, fluxes=23, predictors=25, months=7, model=50_000_000)


@pytest.mark.parametrize(
    ("load", "total", "jobs", "room"),
    [
        # 300 + 128 for open files + 150 + 2 x 120 + 64 for GDAL = 882 MB, and for each job a tile
        # and its rows.
        (PLAIN, 1.14e9, 2, (256, 65_536)),  # 882 + 2 x (41 + 87) = 1138
        (PLAIN, 1.10e9, 2, (128, 65_536)),  # 882 + 2 x (10 + 87) = 1077
        (PLAIN, 1.00e9, 2, (128, 16_384)),  # 882 + 2 x (10 + 22) = 946
        (PLAIN, 0.94e9, 2, (64, 16_384)),  # 882 + 2 x (2.6 + 22) = 931
        (PLAIN, 0.89e9, 2, (32, 1_024)),  # 882 + 2 x (0.6 + 1.4) = 886; 894 for 4096 rows
        (PLAIN, 0.80e9, 1, (128, 16_384)),  # 762 + 10 + 22 = 794
        (PLAIN, 64e9, 2, (256, 65_536)),
        (PLAIN, 64e9, 0, (256, 65_536)),
        (FULL, 1.19e9, 2, (128, 65_536)),  # 882 + 2 x (18 + 133) = 1186; 1297 for 256
        (FULL, 1.10e9, 2, (128, 16_384)),  # 882 + 2 x (18 + 33) = 986
    ],
)
def test_the_largest_tile_that_fits_is_taken_and_then_the_most_rows(
    load: Load, total: float, jobs: int, room: tuple[int, int]
) -> None:
    assert MemoryBudget(total).room(load, jobs) == room


def test_too_little_memory_is_said_with_what_is_needed() -> None:
    # 300 + 128 + 150 + 2 x 120 + 64 for GDAL, and 2 x (0.6 + 1.4) for tiles of 32 x 32.
    with pytest.raises(Wco2Error, match=r"takes 0.89 GB of memory at least, and 0.40 GB") as caught:
        MemoryBudget(0.4e9).room(PLAIN, 2)
    assert "fewer jobs" in caught.value.hint


def test_free_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1e7 < free_memory() < 1e14
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    monkeypatch.setattr(
        Path, "read_text", lambda *_, **__: "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"
    )
    assert free_memory() == 2048 * 1024
