"""Finished tiles come back as they were, and only finished ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wco2_engine.grid import Tile
from wco2_engine.mapping.blocks import Block
from wco2_engine.mapping.parts import Parts

TILE = Tile(256, 512, 3, 4)


def block() -> Block:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    return Block(values, 11, {"snow": 3, "carbon": 0})


def test_a_finished_tile_comes_back(tmp_path: Path) -> None:
    parts = Parts.of(tmp_path / "maps", "key")
    assert not parts.has(TILE)
    parts.write(TILE, block())
    again = Parts.of(tmp_path / "maps", "key")
    assert again.has(TILE)
    assert again.facts(TILE) == {"cells": 11, "missing": {"snow": 3, "carbon": 0}}
    layer = again.layer(TILE, 1)
    assert layer is not None
    assert layer.dtype == np.float32
    np.testing.assert_array_equal(layer, np.arange(12, 24).reshape(3, 4))


def test_a_tile_without_cells_takes_no_room(tmp_path: Path) -> None:
    parts = Parts.of(tmp_path, "key")
    parts.write(TILE, Block(None))
    assert parts.has(TILE)
    assert parts.layer(TILE, 0) is None
    assert [path.suffix for path in parts.folder.iterdir()] == [".json"]


def test_values_without_their_facts_are_no_finished_tile(tmp_path: Path) -> None:
    parts = Parts.of(tmp_path, "key")
    parts.write(TILE, block())
    next(parts.folder.glob("*.json")).unlink()
    assert not parts.has(TILE)


def test_a_tile_that_can_not_be_written_leaves_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts.of(tmp_path, "key")

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RuntimeError):
        parts.write(TILE, block())
    assert list(parts.folder.iterdir()) == []


def test_parts_of_another_run_go(tmp_path: Path) -> None:
    Parts.of(tmp_path, "one").write(TILE, block())
    (tmp_path / "winter_flux").mkdir()
    other = Parts.of(tmp_path, "two")
    assert not other.has(TILE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".parts-two", "winter_flux"]
    other.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["winter_flux"]
