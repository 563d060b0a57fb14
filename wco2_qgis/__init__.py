"""The QGIS plugin: a Processing provider over `wco2_engine`, and nothing that computes."""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:
    """What QGIS calls to get the plugin; `iface` is None in qgis_process."""
    from wco2_qgis.plugin import Plugin

    return Plugin(iface)
