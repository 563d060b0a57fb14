"""Whether work may go on in processes of its own."""

from __future__ import annotations

import sys
from pathlib import Path


def may_start_processes() -> bool:
    """Whether this program is Python itself: inside QGIS, another process would be another QGIS."""
    return "qgis" not in sys.modules and Path(sys.executable or "").stem.startswith("python")
