"""Checksums of files, large ones too."""

from __future__ import annotations

import hashlib
from pathlib import Path

from wco2_engine.progress import Progress, stop_if_cancelled

_PIECE = 1 << 20  # bytes read at once


def sha256_of(path: Path, progress: Progress) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits.

    Raises
    ------
    Cancelled : when the user asks to stop, also in the midst of a file.
    """
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            stop_if_cancelled(progress)
            digest.update(piece)
    return digest.hexdigest()
