"""Finished tiles come back as they were, and only finished ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wco2_engine.grid import Tile
from wco2_engine.mapping.blocks import Block
from wco2_engine.mapping.checkpoints import TileCheckpoints

TILE = Tile(256, 512, 3, 4)


def checkpoints_of(
    output: Path, notes: list[str] | None = None, **changes: list[str]
) -> TileCheckpoints:
    facts = {"model": ["a"], "files": ["t.tif 1", "u.tif 1"], "years": ["2001"], **changes}
    return TileCheckpoints.of(output, facts, 64, ([] if notes is None else notes).append)


def block() -> Block:
    values = np.arange(22, dtype=np.float32).reshape(2, 11)
    return Block(np.arange(1, 12), values, {"snow": 3, "carbon": 0}, {"north": {"2001": [77, 5]}})


def test_a_finished_tile_comes_back(tmp_path: Path) -> None:
    checkpoints = checkpoints_of(tmp_path / "maps")
    assert not checkpoints.has(TILE)
    checkpoints.write(TILE, block())
    again = checkpoints_of(tmp_path / "maps")
    assert again.has(TILE)
    assert again.counts(TILE) == {
        "cells": 11,
        "missing": {"snow": 3, "carbon": 0},
        "cell_months": {"north": {"2001": [77, 5]}},
    }
    layers = again.layers(TILE, slice(1, 2))
    assert layers is not None
    assert layers.dtype == np.float32
    np.testing.assert_array_equal(
        layers, [[[-9999, 11, 12, 13], [14, 15, 16, 17], [18, 19, 20, 21]]]
    )


def test_a_tile_without_cells_takes_no_room(tmp_path: Path) -> None:
    checkpoints = checkpoints_of(tmp_path)
    checkpoints.write(TILE, Block())
    assert checkpoints.has(TILE)
    assert checkpoints.layers(TILE, slice(1)) is None
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == [
        "256-512.json",
        "run.json",
    ]


def test_values_without_their_facts_are_no_finished_tile(tmp_path: Path) -> None:
    checkpoints = checkpoints_of(tmp_path)
    checkpoints.write(TILE, block())
    (checkpoints.folder / "256-512.json").unlink()
    assert not checkpoints.has(TILE)


def test_a_tile_that_can_not_be_written_leaves_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = checkpoints_of(tmp_path)

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(RuntimeError):
        checkpoints.write(TILE, block())
    assert [path.name for path in checkpoints.folder.iterdir()] == ["run.json"]


def test_parts_of_another_run_go_and_what_changed_is_told(tmp_path: Path) -> None:
    first = checkpoints_of(tmp_path)
    first.write(TILE, block())
    (tmp_path / "winter_flux").mkdir()
    notes: list[str] = []
    other = checkpoints_of(tmp_path, notes, model=["b"], files=["t.tif 1", "u.tif 2"])
    assert notes == [
        "Since the unfinished run there, this changed: model, files (u.tif 2). "
        "Its 1 tiles are removed."
    ]
    assert not other.has(TILE)
    assert not first.folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.folder.name, "winter_flux"]
    other.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["winter_flux"]


def test_the_same_run_again_has_nothing_to_tell(tmp_path: Path) -> None:
    checkpoints_of(tmp_path).write(TILE, block())
    notes: list[str] = []
    assert checkpoints_of(tmp_path, notes).has(TILE)
    assert notes == []


@pytest.mark.parametrize("content", ["", "[1]", '{"facts": 3}', '{"tile_size": true}'])
def test_parts_that_do_not_say_what_they_are_go_too(tmp_path: Path, content: str) -> None:
    (tmp_path / ".parts-0123").mkdir()
    (tmp_path / ".parts-0123" / "run.json").write_text(content)
    notes: list[str] = []
    checkpoints_of(tmp_path, notes)
    assert notes == ["An unfinished run of another kind lay there; its 0 tiles are removed."]
    assert not (tmp_path / ".parts-0123").exists()


def test_tiles_of_an_unfinished_run_keep_their_size(tmp_path: Path) -> None:
    facts = {"model": ["a"]}
    assert TileCheckpoints.of(tmp_path, facts, 128, print).tile_size == 128
    assert TileCheckpoints.of(tmp_path, facts, 32, print).tile_size == 128
    assert TileCheckpoints.of(tmp_path, {"model": ["b"]}, 32, lambda _: None).tile_size == 32
