"""The plugin: registers the provider when QGIS starts it, and takes it away again."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon

from wco2_qgis import engine, i18n
from wco2_qgis.compat import QAction
from wco2_qgis.i18n import tr
from wco2_qgis.icons import ICON
from wco2_qgis.provider import Provider


class Plugin:
    """What QGIS and qgis_process hold on to."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._provider: Provider | None = None
        self._action: Any = None
        self._page: Any = None

    def initGui(self) -> None:
        """Called by the QGIS application."""
        self.initProcessing()
        window = self._iface.mainWindow()
        self._action = action = QAction(QIcon(ICON), tr("First steps"), window)
        action.triggered.connect(self._show_first_steps)
        self._iface.addPluginToMenu(tr("Winter CO2"), action)

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
        if self._action is not None:
            self._iface.removePluginMenu(tr("Winter CO2"), self._action)
            self._action = None
        if self._page is not None:
            self._page.close()
            self._page = None
        i18n.remove()
        engine.forget()

    def _show_first_steps(self, *_: object) -> None:
        from wco2_qgis.firststeps import FirstSteps

        self._page = FirstSteps(self._iface.mainWindow())
        self._page.show()
