"""Finished tiles and maps on disk, so that a run which was killed goes on where it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from wco2_engine.errors import disk_errors
from wco2_engine.files import written_whole
from wco2_engine.grid import Tile
from wco2_engine.mapping.blocks import Block


@dataclass(frozen=True)
class Parts:
    """The tiles of one run, and its maps until all of them are whole, in a hidden folder.

    The folder lies beside the maps, and its name holds the run's key: a run with other inputs never
    meets these tiles.
    """

    folder: Path

    @classmethod
    def of(cls, output: Path, key: str) -> Parts:
        """The parts of the run `key`; those of other runs are removed."""
        for other in output.glob(".parts-*"):
            if other.name != f".parts-{key}":
                shutil.rmtree(other, ignore_errors=True)
        folder = output / f".parts-{key}"
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def has(self, tile: Tile) -> bool:
        """Whether a tile is finished."""
        return self._facts(tile).is_file()

    def write(self, tile: Tile, block: Block) -> None:
        """Keep a finished tile. What says that it is finished is written last.

        Raises
        ------
        Wco2Error : when the disk is full.
        """
        if block.values is not None:
            with written_whole(self._values(tile)) as partial, partial.open("wb") as handle:
                # Not np.save: on a full disk its error does not say that the disk is full.
                npy.write_array_header_1_0(handle, npy.header_data_from_array_1_0(block.values))
                handle.write(np.ascontiguousarray(block.values).data)
        with written_whole(self._facts(tile)) as partial:
            facts = {"cells": block.cells, "missing": block.missing}
            partial.write_text(json.dumps(facts), encoding="utf-8")

    def facts(self, tile: Tile) -> dict[str, Any]:
        """The counts of a finished tile: `cells`, and `missing` by predictor."""
        found: dict[str, Any] = json.loads(self._facts(tile).read_text(encoding="utf-8"))
        return found

    def layer(self, tile: Tile, index: int) -> NDArray[np.float32] | None:
        """One layer `(height, width)` of a finished tile; None where it has no cell."""
        path = self._values(tile)
        if not path.exists():
            return None
        values: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.asarray(values[index])

    def map_path(self, name: Path) -> Path:
        """Where a finished map waits until all of them are."""
        return self.folder / "maps" / name

    def remove(self) -> None:
        """Drop the tiles, once the maps are in their places."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _values(self, tile: Tile) -> Path:
        return self.folder / f"{tile.row}-{tile.column}.npy"

    def _facts(self, tile: Tile) -> Path:
        return self.folder / f"{tile.row}-{tile.column}.json"
