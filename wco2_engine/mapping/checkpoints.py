"""Finished tiles and maps on disk, so that a run which was killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from wco2_engine.errors import disk_errors
from wco2_engine.files import atomic_write
from wco2_engine.grid import Tile
from wco2_engine.mapping.blocks import Block
from wco2_engine.mapping.run_key import RunKey
from wco2_engine.mapping.writer import NODATA

RUN = "run.json"


@dataclass(frozen=True)
class TileCheckpoints:
    """The tiles of one run, and its maps until all of them are whole, in a hidden folder.

    The folder lies beside the maps, and its name holds the run's key: a run with other inputs never
    meets these tiles.

    Attributes
    ----------
    tile_size : of the tiles that lie there, whatever would be chosen now.
    """

    folder: Path
    tile_size: int

    @classmethod
    def of(
        cls, output: Path, key: RunKey, tile_size: int, note: Callable[[str], None]
    ) -> TileCheckpoints:
        """The checkpoints of a run; those of other runs are removed, and noted.

        Parameters
        ----------
        key : everything that the tiles depend on, in texts, by what it is about.
        tile_size : of the tiles, unless an earlier run has begun with others.
        """
        text = json.dumps(key, sort_keys=True)
        folder = output / f".parts-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        for other in sorted(output.glob(".parts-*")):
            if other != folder:
                note(_stale(other, key))
                shutil.rmtree(other, ignore_errors=True)
        begun = _read(folder / RUN).get("tile_size")
        if isinstance(begun, int) and begun > 0:
            return cls(folder, begun)
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / RUN) as partial:
            run = {"tile_size": tile_size, "key": key}
            partial.write_text(json.dumps(run), encoding="utf-8")
        return cls(folder, tile_size)

    def has(self, tile: Tile) -> bool:
        """Whether a tile is finished."""
        return self._counts_path(tile).is_file()

    def write(self, tile: Tile, block: Block) -> None:
        """Keep a finished tile. What says that it is finished is written last.

        Raises
        ------
        Wco2Error : when the disk is full.
        """
        if block.cells.size:
            self._write_array(tile, "cells", block.cells.astype(np.uint32))
            self._write_array(tile, "values", block.values)
        with atomic_write(self._counts_path(tile)) as partial:
            counts = {
                "cells": int(block.cells.size),
                "missing": block.missing,
                "cell_months": block.cell_months,
            }
            partial.write_text(json.dumps(counts), encoding="utf-8")

    def counts(self, tile: Tile) -> dict[str, Any]:
        """The counts of a finished tile: `cells`, `missing` and `cell_months`, as in `Block`."""
        found: dict[str, Any] = json.loads(self._counts_path(tile).read_text(encoding="utf-8"))
        return found

    def layers(self, tile: Tile, which: slice) -> NDArray[np.float32] | None:
        """Some layers `(n, height, width)` of a finished tile; None where it has no cell."""
        if not self._array(tile, "values").exists():
            return None
        cells = np.load(self._array(tile, "cells"), allow_pickle=False)
        values = np.load(self._array(tile, "values"), mmap_mode="r", allow_pickle=False)[which]
        layers = np.full((len(values), tile.height * tile.width), NODATA, np.float32)
        layers[:, cells] = values
        return layers.reshape(-1, tile.height, tile.width)

    def map_path(self, name: Path) -> Path:
        """Where a finished map waits until all of them are."""
        return self.folder / "maps" / name

    def remove(self) -> None:
        """Drop the tiles, once the maps are in their places."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_array(self, tile: Tile, name: str, array: NDArray[Any]) -> None:
        with atomic_write(self._array(tile, name)) as partial, partial.open("wb") as handle:
            # Not np.save: on a full disk its error does not say that the disk is full.
            npy.write_array_header_1_0(handle, npy.header_data_from_array_1_0(array))
            handle.write(np.ascontiguousarray(array).data)

    def _array(self, tile: Tile, name: str) -> Path:
        return self.folder / f"{tile.row}-{tile.column}.{name}.npy"

    def _counts_path(self, tile: Tile) -> Path:
        return self.folder / f"{tile.row}-{tile.column}.json"


def _stale(folder: Path, key: RunKey) -> str:
    """What becomes of another run's tiles, and why they are of no use any more."""
    tiles = len(list(folder.glob("*-*.json")))
    then = _read(folder / RUN).get("key")
    if not isinstance(then, dict):
        return f"An unfinished run of another kind lay there; its {tiles} tiles are removed."
    changed = [name for name in key if then.get(name) != key[name]]
    said = ", ".join(_change(name, then.get(name), key[name]) for name in changed)
    return f"Since the unfinished run there, this changed: {said}. Its {tiles} tiles are removed."


def _change(name: str, then: Any, now: list[str]) -> str:
    """What a text is about, with its parts that were not so before, where there are several."""
    before = set(map(str, then)) if isinstance(then, list) else set()
    new = [item for item in now if item not in before]
    if len(now) < 2 or not new:
        return name
    return f"{name} ({new[0][:200]}{f' and {len(new) - 1} more' if len(new) > 1 else ''})"


def _read(path: Path) -> dict[str, Any]:
    """What a run says of itself; nothing where it was killed before it could."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
