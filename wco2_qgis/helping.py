"""The documentation that comes along in the zip."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QUrl
from qgis.utils import iface

_FOLDER = Path(__file__).parent / "help"


def page_address(name: str) -> str:
    """The address of a page; empty in a checkout, where none are built."""
    path = _FOLDER / f"{name}.html"
    return str(QUrl.fromLocalFile(str(path)).toString()) if path.is_file() else ""


def has_windows() -> bool:
    """Whether this is the QGIS application, and not qgis_process or a script."""
    return iface is not None
