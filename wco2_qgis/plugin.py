"""The plugin: registers the provider when QGIS starts it, and takes it away again."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication

from wco2_qgis import engine, i18n
from wco2_qgis.provider import Provider


class Plugin:
    """What QGIS and qgis_process hold on to."""

    def __init__(self, iface: Any) -> None:
        self._provider: Provider | None = None

    def initGui(self) -> None:
        """Called by the QGIS application."""
        self.initProcessing()

    def initProcessing(self) -> None:
        """Called by qgis_process, which has no windows."""
        engine.make_importable()
        i18n.install()
        self._provider = Provider()
        QgsApplication.processingRegistry().addProvider(self._provider)
        # A model finds the algorithms in it only once they are registered, so it loads now.
        self._provider.add_models()

    def unload(self) -> None:
        """Called when the plugin is switched off or replaced by another version."""
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        i18n.remove()
        engine.forget()
