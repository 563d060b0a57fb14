"""Tiles shrink with the memory that a run may take, and too little is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.mapping.memory import Budget, free_memory

# 7 winters of 7 months, each month written: 56 maps of 25 predictors. A cell takes
# 400 + 25 x 40 + 56 x 12 = 2072 bytes.
MODEL = 50_000_000  # 150 MB in memory


@pytest.mark.parametrize(
    ("total", "jobs", "size"),
    [
        # 300 + 150 + 2 x 120 MB, an eighth for GDAL, and two tiles.
        (1.11e9, 2, 256),  # 690 + 139 + 272 = 1101
        (1.09e9, 2, 128),  # 690 + 136 + 272 = 1098; 68 for two of 128
        (0.87e9, 2, 128),  # 690 + 109 + 68 = 867
        (0.86e9, 2, 64),  # 690 + 107.5 + 68 = 865.5; 17 for two of 64
        (0.80e9, 2, 32),  # 690 + 100 + 17 = 807; 4 for two of 32
        (0.70e9, 1, 128),  # 570 + 87.5 + 34 = 691.5
        (64e9, 2, 256),
        (64e9, 0, 256),
    ],
)
def test_the_largest_tile_that_fits_is_taken(total: float, jobs: int, size: int) -> None:
    assert Budget(total).tile_size(outputs=56, predictors=25, jobs=jobs, model=MODEL) == size


def test_too_little_memory_is_said_with_what_is_needed() -> None:
    # 300 + 150 + 2 x 120 + 50 for GDAL and 4.2 for two tiles of 32 x 32.
    with pytest.raises(Wco2Error, match=r"takes 0.74 GB of memory at least, and 0.40 GB") as caught:
        Budget(0.4e9).tile_size(outputs=56, predictors=25, jobs=2, model=MODEL)
    assert "fewer jobs" in caught.value.hint


@pytest.mark.parametrize(
    ("total", "cache"), [(1.6e9, 200_000_000), (0.1e9, 32_000_000), (64e9, 512_000_000)]
)
def test_gdal_gets_an_eighth_within_bounds(total: float, cache: int) -> None:
    assert Budget(total).cache == cache


def test_free_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1e7 < free_memory() < 1e14
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    monkeypatch.setattr(
        Path, "read_text", lambda *_, **__: "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"
    )
    assert free_memory() == 2048 * 1024
