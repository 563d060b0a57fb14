"""The compiled code of forests: whether it is there already, where numba keeps it, and who is told.

Compiling takes many seconds. numba does it when the code is first needed on a machine, and keeps
the result on disk where it finds a folder that it may write to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wco2_engine.learning.forest import Walker, walker
from wco2_engine.progress import Progress

_MODULES = ("_walk_numba", "_alike_numba", "_leaves_numba", "_nearest_numba", "_grow_numba")


def ready(progress: Progress) -> Walker:
    """The way to walk through forests, its code compiled; tells where that takes long.

    numba keeps nothing where it may not write: that is told too, because each run then waits.
    """
    folder = cache_folder()
    if folder is not None and not is_kept(folder):
        progress.update(0.0, "Compiling the forest's code, once")
    found = walker()
    if found.name == "numba":
        from wco2_engine.learning import _grow_numba, _nearest_numba  # noqa: F401 - they compile

        if folder is None or not is_kept(folder):
            progress.note(
                "The forest's code was compiled for this run alone: numba found no folder that it "
                "may write to. Name one in the environment variable NUMBA_CACHE_DIR."
            )
    return found


def cache_folder() -> Path | None:
    """Where numba keeps the compiled code; None where it is not used, or has no place for it."""
    if os.environ.get("WCO2_NUMBA") == "0":
        return None
    try:
        from numba import njit

        return Path(njit(cache=True)(_nothing).stats.cache_path)
    except Exception:  # a numba that does not fit fails in many ways: `walker` says in which
        return None


def is_kept(folder: Path) -> bool:
    """Whether all code was compiled by this numba, from the sources as they are."""
    return all(any(_kept(folder, module)) for module in _MODULES)


def _kept(folder: Path, module: str) -> Iterator[bool]:
    """For each list of compiled functions, whether it is of this source and this numba."""
    import numba

    source = Path(__file__).with_name(f"{module}.py")
    tag = f"py{sys.version_info.major}{sys.version_info.minor}"
    for index in folder.glob(f"{module}.*.{tag}*.nbi"):
        with index.open("rb") as file:
            version = numba.__version__.encode() in file.read(64)
        yield version and index.stat().st_mtime >= source.stat().st_mtime


def _nothing() -> Any:
    """A function of this folder, whose compiled code numba would keep where that of others is."""
